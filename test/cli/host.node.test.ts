import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, test } from 'vitest';
import { folder, ipsec } from './run.js';

/** A command that runs until it is told to end. */
interface Running {
  readonly child: ChildProcess;
  readonly seen: () => string;
  /** Waits for something in its output. */
  readonly until: (what: RegExp) => Promise<RegExpExecArray>;
  /** Ctrl-C. */
  readonly interrupt: () => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    child,
    seen: () => stdout,
    async until(what) {
      const end = performance.now() + 20_000;
      for (;;) {
        const found = what.exec(stdout);
        if (found) return found;
        if (performance.now() > end || child.exitCode !== null) throw new Error(`not seen: ${what.source}\n${stdout}\n${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async interrupt() {
      const closed = once(child, 'close');
      child.kill('SIGINT');
      const [code] = (await closed) as [number | null];
      return { code, stdout, stderr };
    },
  };
}

/** Two configurations that fit together, as files; the peer's ports are known once it runs. */
function config(side: 'a' | 'b', ports: readonly [string, string] | undefined, more: object = {}, connection: object = {}): string {
  const [own, peer] = side === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const);
  const net = { a: '10.1.0.0/16', b: '10.2.0.0/16' };
  const remote = ports && { address: '127.0.0.1', port: Number(ports[0]), natPort: Number(ports[1]) };
  const json = {
    ike: 2,
    addresses: ['127.0.0.1'],
    ports: { ike: 0, nat: 0 },
    connections: [
      {
        name: 'office',
        auth: { psk: 'a long secret that both sides have' },
        local: { id: `${own}.example` },
        remote: { id: `${peer}.example`, ...remote },
        children: [{ name: 'net', local: net[own], remote: net[peer] }],
        ...connection,
      },
    ],
    ...more,
  };
  return write(JSON.stringify(json));
}

function write(text: string): string {
  const path = join(folder(), 'CONFIG.json');
  writeFileSync(path, text);
  return path;
}

async function serve(...args: Parameters<typeof start>): Promise<{ readonly server: Running; readonly ports: [string, string] }> {
  const server = start(...args);
  const [, ike, nat] = await server.until(/UDP ports (\d+) and (\d+)/);
  return { server, ports: [ike!, nat!] };
}

describe('ipsec-ts serve and ipsec-ts connect', () => {
  test('two processes ping each other, and part cleanly', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined)]);
    const ended = await ipsec(['connect', config('a', ports), '--ping', '10.2.0.1', '--count', '3', '--interval', '0.01']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(/office: IKE SA with b\.example at 127\.0\.0\.1:\d+, SPIs [0-9a-f]{16} [0-9a-f]{16}$/m);
    expect(ended.stdout).toMatch(
      /office: Child SA net is up: 10\.1\.0\.0\/16 <-> 10\.2\.0\.0\/16, SPIs in 0x[0-9a-f]{8}, out 0x[0-9a-f]{8}$/m,
    );
    expect(ended.stdout.match(/^64 octets from 10\.2\.0\.1: seq=\d time=[\d.]+ ms$/gm)?.length).toBe(3);
    expect(ended.stdout).toMatch(
      /^--- 10\.2\.0\.1 ping statistics ---\n3 packets transmitted, 3 received, 0% packet loss, time \d+ ms\nrtt min\/avg\/max\/mdev = /m,
    );
    await server.until(/office: IKE SA closed: deleted by the peer/);
    const over = await server.interrupt();
    expect([over.code, over.stderr]).toEqual([0, '']);
  });

  test('the one who serves pings too, once there is a tunnel; the other answers when asked; Ctrl-C deletes', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined), '--ping', '10.1.0.9', '--count', '2', '--interval', '0.01']);
    const client = start(['connect', config('a', ports), '--answer-pings']);
    const ended = once(server.child, 'close');
    await server.until(/2 packets transmitted, 2 received/);
    expect((await ended)[0]).toBe(0);
    // The other side is gone: there is nothing left to be connected to.
    if (client.child.exitCode === null) await once(client.child, 'close');
    expect(client.child.exitCode).toBe(1);
    expect(client.seen()).toMatch(/office: IKE SA closed: deleted by the peer/);
  });

  test('Ctrl-C while connected and while nobody answers', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined)]);
    const client = start(['connect', config('a', ports)]);
    await client.until(/Child SA net is up/);
    expect((await client.interrupt()).code).toBe(0);
    await server.until(/IKE SA closed: deleted by the peer/);
    await server.interrupt();
    const lonely = start(['connect', config('a', ports)]);
    await lonely.until(/Ctrl-C ends/);
    const over = await lonely.interrupt();
    expect([over.code, over.stderr]).toEqual([0, '']);
  });

  test('pings that nobody answers end with 1: the other side was not asked to', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined), '--ping', '10.1.0.1', '--count', '1']);
    const client = start(['connect', config('a', ports)]);
    const [code] = (await once(server.child, 'close')) as [number | null];
    expect([code, server.seen()]).toEqual([1, expect.stringContaining('1 packets transmitted, 0 received, 100% packet loss')]);
    await client.until(/IKE SA closed/);
  });

  test('--json: one object a line, without a key', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined)]);
    const { code, stdout } = await ipsec(['connect', config('a', ports, { keyLog: true }), '--json', '--ping', '10.2.0.1', '--count', '1']);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.every(({ time }) => typeof time === 'string' && !Number.isNaN(Date.parse(time)))).toBe(true);
    const types = lines.map(({ type }) => type);
    expect(types[0]).toBe('ready');
    for (const type of ['established', 'childUp', 'status', 'ping', 'pings', 'closed']) expect(types).toContain(type);
    expect(types).not.toContain('ikeKeys');
    expect(types).not.toContain('childKeys');
    expect(lines.find(({ type }) => type === 'established')).toMatchObject({
      connection: 'office',
      peerId: 'b.example',
      remote: { address: '127.0.0.1' },
    });
    const status = lines
      .filter(({ type }) => type === 'status')
      .find(({ ikeSas }) => (ikeSas as { children: unknown[] }[])[0]?.children.length === 1);
    expect(status).toMatchObject({ ikeSas: [{ state: 'ESTABLISHED', reauthenticateAt: null, children: [{ name: 'net', inUdp: true }] }] });
    await server.interrupt();
  });

  test('--key-log writes tables that nobody else may read, and says so', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined)]);
    const keys = join(folder(), 'keys');
    const { code, stderr } = await ipsec(['connect', config('a', ports), '--key-log', keys, '--ping', '10.2.0.1', '--count', '1']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^ipsec-ts: warning: all keys are written to .*: whoever has them can read everything/),
    ]);
    expect(readFileSync(join(keys, 'ikev2_decryption_table'), 'utf8')).toMatch(
      /^[0-9a-f]{16},[0-9a-f]{16},[0-9a-f]+,[0-9a-f]+,"AES-GCM-256 with 16 octet ICV \[RFC5282\]"/,
    );
    expect(readFileSync(join(keys, 'esp_sa'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    if (process.platform !== 'win32') expect(statSync(join(keys, 'esp_sa')).mode & 0o777).toBe(0o600);
    const clear = await ipsec(['connect', config('a', ports), '--ping', '10.2.0.1', '--count', '1']);
    expect(clear.stderr).toBe('');
    await server.interrupt();
  });

  test('a secret from the environment, and one from a file with Windows line ends and a byte order mark', async () => {
    const secret = 'a long secret that both sides have';
    const path = config('b', undefined, {}, { auth: { psk: { file: 'psk.txt' } } });
    writeFileSync(join(path, '../psk.txt'), `\ufeff${secret}\r\n`);
    writeFileSync(path, `\ufeff${readFileSync(path, 'utf8').replaceAll(',', ',\r\n')}`);
    const { server, ports } = await serve(['serve', path]);
    const client = start(['connect', config('a', ports, {}, { auth: { psk: { env: 'OFFICE_PSK' } } })], { OFFICE_PSK: secret });
    await client.until(/Child SA net is up/);
    expect((await client.interrupt()).code).toBe(0);
    await server.interrupt();
  });

  test('another secret: what went wrong, on both sides', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined)]);
    const { code, stderr } = await ipsec(['connect', config('a', ports, {}, { auth: { psk: 'another long secret' } })]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ipsec-ts: connect: .*AUTHENTICATION_FAILED/m);
    await server.until(/AUTH/);
    expect(server.seen()).not.toContain('secret that both');
    await server.interrupt();
  });

  test('no proposal in common is told at once, with what was offered', async () => {
    const { server, ports } = await serve(['serve', config('b', undefined, {}, { proposals: 'aes128gcm16-prfsha256-ecp256' })]);
    const client = start(['connect', config('a', ports, {}, { proposals: 'aes256gcm16-prfsha256-curve25519' })]);
    await client.until(/NO_PROPOSAL_CHOSEN/);
    await server.until(/no cipher in common: offered ENCR_AES_GCM_16 \(256\), accepted ENCR_AES_GCM_16 \(128\)/);
    expect((await client.interrupt()).code).toBe(0);
    await server.interrupt();
  });
});

describe('wrong configurations are refused before a socket opens', () => {
  const good = JSON.parse(readFileSync(config('a', ['1', '2']), 'utf8')) as { connections: [Record<string, unknown>] };
  const withConnection = (change: object): string =>
    write(JSON.stringify({ ...good, connections: [{ ...good.connections[0], ...change }] }));

  test.each([
    ['{ "ike": 2,\n  "addresses": [127] ', /CONFIG\.json: no JSON at line 2, column \d+: /],
    ['[]', /CONFIG\.json: a configuration: expected an object, found .*\(configuration\)/],
    ['{ "ike": 3 }', /expected 1 to 2, found 3 \(ike\)/],
    [{ addresses: ['127.0.0.300'] }, /an address of this host: expected .*found "127\.0\.0\.300".*\(addresses\.0\)/],
    [{ addresses: ['0.0.0.0'] }, /every address has a socket of its own, found 0\.0\.0\.0 \(addresses\.0\)/],
    [{ ports: { ike: 70_000 } }, /expected \d to 65535, found 70000 \(ports\.ike\)/],
    [{ ports: { ike: 'any', nat: 0 } }, /expected \d to 65535, found "any" \(ports\.ike\)/],
  ])('%j', async (value, message) => {
    const path = write(typeof value === 'string' ? value : JSON.stringify({ ...good, ...value }));
    const { code, stdout, stderr } = await ipsec(['serve', path]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each([
    [{ proposals: 'aes256gcm61-prfsha256-curve25519' }, /\(connections\.0\.proposals\)/],
    [{ children: [{ local: '10.1.0.0/33' }] }, /found "10\.1\.0\.0\/33" \(connections\.0\.children\.0\.local\)/],
    [
      { auth: { psk: { env: 'NO_SUCH_VARIABLE' } } },
      /expected a variable of the environment that is set, found "NO_SUCH_VARIABLE", which is not \(connections\.0\.auth\.psk\.env\)/,
    ],
    [{ auth: { psk: { file: 'nowhere.txt' } } }, /found nowhere\.txt: no such file \(connections\.0\.auth\.psk\.file\)/],
    [
      { auth: { psk: { key: 'hush' } } },
      /expected text, \{ "env": "NAME" \}, \{ "file": "PATH" \} or \{ "prompt": true \}, found an object with key \(connections\.0\.auth\.psk\)/,
    ],
    [{ auth: { ask: true } }, /here nobody can be asked but for \{ "prompt": true \}, found "ask" \(connections\.0\.auth\.ask\)/],
    [{ auth: { secret: 'hush' } }, /\(connections\.0\.auth\)/],
  ])('%j', async (change, message) => {
    const { code, stdout, stderr } = await ipsec(['connect', withConnection(change)]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hush');
  });

  test.each([
    [['--ping', '10.2.0'], /--ping: expected an IPv4 or IPv6 address, found "10\.2\.0"/],
    [['--ping', '10.9.0.1'], /--ping: expected an address at the remote end of a Child SA of the configuration, found 10\.9\.0\.1/],
    [['--ping', '10.2.0.1', '--from', '::1'], /--from: expected an address of the family of --ping/],
    [['--ping', '10.2.0.1', '--count', '0'], /--count: expected a whole number from 1 to 1000000, found "0"/],
    [['--ping', '10.2.0.1', '--interval', 'fast'], /--interval: expected a number from 0\.001/],
    [['--count', '3'], /--count: expected --ping ADDRESS with it/],
    [['--connection', 'ofice'], /a connection to begin: expected office, found "ofice"/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await ipsec(['connect', config('a', ['1', '2']), ...args]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  test('a connection that the peer has to begin', async () => {
    expect((await ipsec(['connect', config('b', undefined)])).stderr).toMatch(/a connection whose "remote" has an "address", found none/);
  });

  test('a port that somebody else has', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const { code, stderr } = await ipsec(['serve', config('b', undefined, { ports: { ike: port, nat: 0 } })]);
    socket.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`UDP port ${port} of 127.0.0.1: expected a port that no other program has, found EADDRINUSE (ports.ike)`),
    ]);
  });

  test('a folder for keys that cannot be', async () => {
    const file = write('{}');
    expect((await ipsec(['serve', config('b', undefined), '--key-log', join(file, 'keys')])).stderr).toMatch(/cannot write keys to /);
  });
});

describe('--check', () => {
  test('says what there is to say, and opens nothing', async () => {
    const fine = await ipsec(['serve', config('b', undefined), '--check']);
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toMatch(/CONFIG\.json: 1 connection, 0 errors, 0 warnings\n$/);
    const weak = config('b', undefined, {}, { auth: { psk: 'short' }, proposals: 'aes256-sha256-modp1024' });
    const found = await ipsec(['serve', weak, '--check']);
    expect(found.stdout).toMatch(/warning: connections\.0\.auth\.psk: a secret of 5 octets/);
    expect(found.stdout).toMatch(/: (error|warning): connections\.0\.proposals\.0\.keyExchange\.0: .*\(RFC 8247 section 2\.4\)/);
    const json = await ipsec(['serve', weak, '--check', '--json']);
    const lines = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string });
    expect(lines.every(({ level }) => level === 'error' || level === 'warning')).toBe(true);
    expect(found.code).toBe(lines.some(({ level }) => level === 'error') ? 1 : 0);
  });

  test('members that nobody knows are told, with what is near', async () => {
    const { code, stderr } = await ipsec(['serve', config('b', undefined, {}, { proposal: 'aes256gcm16-prfsha256-ecp256' }), '--check']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^ipsec-ts: .*CONFIG\.json: warning: .*proposals.*\(connections\.0\.proposal\)\n$/),
    ]);
  });

  test('the configurations of the help fit together', async () => {
    const taken = async (command: string): Promise<Record<string, unknown>> => {
      const text = (await ipsec([command, '--help'])).stdout;
      return JSON.parse(/^ {2}\{\n[^]*?^ {2}\}\n/m.exec(text)![0]) as Record<string, unknown>;
    };
    const [server, client] = [await taken('serve'), await taken('connect')];
    for (const json of [server, client])
      expect((await ipsec(['serve', write(JSON.stringify(json)), '--check'])).stdout).toContain('0 errors, 0 warnings');
    const gateway = await serve(['serve', write(JSON.stringify(server))]);
    const ended = await ipsec([
      'connect',
      write(JSON.stringify({ ...client, ports: { ike: 0, nat: 0 } })),
      '--ping',
      '10.2.0.1',
      '--count',
      '1',
    ]);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    await gateway.server.interrupt();
  });

  test('a folder is no configuration, nor is nothing', async () => {
    const place = folder();
    mkdirSync(join(place, 'x'));
    expect((await ipsec(['serve', join(place, 'x')])).stderr).toMatch(/cannot read .*: it is a directory/);
    expect((await ipsec(['serve', join(place, 'nothing.json')])).stderr).toMatch(/there is no such file/);
    expect(existsSync(join(place, 'nothing.json'))).toBe(false);
  });
});
