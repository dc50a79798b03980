#!/bin/sh
# First process of the guest. The host's root is its read-only root; $KWORK is writable; it has no network but eth0.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run
mount -t hostfs none -o "$KWORK" "$KWORK"
mount --bind "$KWORK/mod/lib/modules" /usr/lib/modules
for m in overlay ipv6 xfrm_user xfrm_algo esp4 esp6 ah4 ah6 xfrm4_tunnel xfrm6_tunnel tunnel4 tunnel6 authenc authencesn echainiv seqiv gcm ccm ctr cbc ecb cmac xcbc hmac sha512_generic chacha20poly1305 chacha_generic poly1305_generic ghash-generic des_generic crypto_null deflate xfrm_ipcomp ipcomp ipcomp6; do
  modprobe "$m" 2>/dev/null || echo "no module $m"
done
ip link set lo up
python3 -B "$KGUEST"
sync; echo o > /proc/sysrq-trigger; sleep 2; halt -f
