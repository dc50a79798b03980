# The guest's work: bring eth0 up with fixed neighbours, then run each script that appears in $KLIVE/in as root.
# NAME.sh is answered by out/NAME.txt; a file named "stop" ends the kernel.
import os, socket, subprocess, time
work = os.environ['KLIVE']
subprocess.run(['bash', '-c', '''
ip link set eth0 address 02:00:00:00:00:aa; ip link set eth0 up
ip addr add 10.99.0.1/24 dev eth0; ip addr add fd99::1/64 dev eth0 nodad
ip addr add 10.1.0.1/32 dev lo; ip addr add fd00:1::1/128 dev lo nodad
ip neigh replace 10.99.0.2 lladdr 02:00:00:00:00:bb nud permanent dev eth0
ip neigh replace fd99::2 lladdr 02:00:00:00:00:bb nud permanent dev eth0
ip route add 10.2.0.0/16 via 10.99.0.2 src 10.1.0.1; ip -6 route add fd00:2::/32 via fd99::2 src fd00:1::1'''])
keep = []
for family, address in ((socket.AF_INET, '10.99.0.1'), (socket.AF_INET6, 'fd99::1')):
    if os.environ.get('KUDP4500') == 'daemon': break  # it opens the port itself
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(17, 100, 2)  # SOL_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP
    s.bind((address, 4500))
    keep.append(s)
open(work + '/out/ready', 'w').write(os.uname().release)
last = time.time()
# Who started it may have died: without work it ends by itself.
while 'stop' not in (names := sorted(os.listdir(work + '/in'))) and time.time() < last + 300:
    for name in names:
        if not name.endswith('.sh'): continue
        last = time.time()
        try:
            r = subprocess.run(['bash', f'{work}/in/{name}'], capture_output=True, text=True, timeout=30)
            answer = f'{r.returncode}\n{r.stdout}{r.stderr}'
        except Exception as e:
            answer = f'99\n{e!r}'
        os.unlink(f'{work}/in/{name}')
        with open(f'{work}/out/{name[:-3]}.tmp', 'w') as f: f.write(answer)
        os.rename(f'{work}/out/{name[:-3]}.tmp', f'{work}/out/{name[:-3]}.txt')
    time.sleep(0.005)
os._exit(0)
