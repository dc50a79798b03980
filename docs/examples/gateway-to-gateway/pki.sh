#!/bin/sh
# An authority and the certificates of two gateways. Into the folder in which it runs.
set -eu
umask 077

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ca.key
openssl req -x509 -new -key ca.key -subj '/O=Example/CN=Example CA' -days 3650 \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out ca.pem

for name in gw-a gw-b; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"
  openssl req -new -key "$name.key" -subj "/O=Example/CN=$name.example.com" -out "$name.csr"
  # The identity of a gateway has to stand in its certificate as a dNSName.
  cat > "$name.ext" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectAltName=DNS:$name.example.com
END
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile "$name.ext" -out "$name.pem"
done
