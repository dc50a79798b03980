#!/bin/sh
# Unpacks Debian's libreswan with the libraries that it needs beyond a small system into $1/libreswan. Nothing is installed: it would
# conflict with strongSwan. The guest lays the result over its /usr.
set -e
W=$1
[ -x "$W/libreswan/usr/libexec/ipsec/pluto" ] && exit 0
rm -rf "$W/libreswan.part"
mkdir -p "$W/libreswan.part" "$W/deb-libreswan"
cd "$W/deb-libreswan"
apt-get download -qq libreswan libnss3 libnss3-tools libnspr4 libsqlite3-0 libevent-core-2.1-7 libevent-pthreads-2.1-7 libldns3 libunbound8 \
  libcurl3-nss librtmp1 libssh2-1 libpsl5 libnghttp2-14 libldap-2.5-0 libcap-ng0 dns-root-data
for p in *.deb; do dpkg-deb -x "$p" "$W/libreswan.part"; done
if [ -d "$W/libreswan.part/lib" ]; then # a merged /usr
  cp -a "$W/libreswan.part/lib/." "$W/libreswan.part/usr/lib/"
  rm -r "$W/libreswan.part/lib"
fi
mv "$W/libreswan.part" "$W/libreswan"
