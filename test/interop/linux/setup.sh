#!/bin/sh
# Unpacks Debian's user-mode-linux, a Linux kernel that runs as an ordinary process, into the folder $1.
# It needs apt-get (to download; the package itself is not installed), dpkg-deb, kmod and python3.
set -e
W=$1
mkdir -p "$W/deb"
cd "$W/deb"
ls user-mode-linux_*.deb >/dev/null 2>&1 || apt-get download -qq user-mode-linux
[ -d "$W/uml" ] || dpkg-deb -x user-mode-linux_*.deb "$W/uml"
V=$(ls "$W/uml/usr/lib/uml/modules")
if [ ! -d "$W/mod/lib/modules/$V" ]; then
  mkdir -p "$W/mod/lib/modules"
  cp -r "$W/uml/usr/lib/uml/modules/$V" "$W/mod/lib/modules/"
  depmod -b "$W/mod" "$V"
fi
mkdir -p /usr/lib/modules
echo "$V"
