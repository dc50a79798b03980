#!/bin/sh
# An authority, the gateway's certificate, a file of users, and anna's password: all that both sides need. Into the folder in which it runs.
set -eu
umask 077

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
openssl req -x509 -new -key ca.key -subj '/O=Example/CN=Example CA' -days 3650 \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out ca.pem

# The name that clients expect has to stand in the certificate as a dNSName.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out gateway.key
openssl req -new -key gateway.key -subj '/O=Example/CN=vpn.example.com' -out gateway.csr
cat > gateway.ext <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,1.3.6.1.5.5.7.3.17
subjectAltName=DNS:vpn.example.com
END
openssl x509 -req -in gateway.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile gateway.ext -out gateway.pem

password=$(openssl rand -base64 18)
printf '# name : password\nanna : %s\n' "$password" > users.txt
printf '%s\n' "$password" > anna.txt
printf 'secrets {\n  eap-anna {\n    id = anna\n    secret = "%s"\n  }\n}\n' "$password" > swanctl-secrets.conf
