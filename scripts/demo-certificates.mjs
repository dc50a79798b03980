// Makes the certificates of `ipsec-ts demo` in vectors/demo, with OpenSSL: an authority, below it a gateway and a printer. They are valid until
// 2069. Everybody has the keys, so they prove nothing elsewhere; that of the authority is thrown away.
//   node scripts/demo-certificates.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = 'vectors/demo';
const validity = ['-startdate', '20200101000000Z', '-enddate', '20691231235959Z'];
const endEntity = `basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,1.3.6.1.5.5.7.3.17
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
`;

const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-demo-'));
writeFileSync(join(folder, 'index'), '');
writeFileSync(
  join(folder, 'ca.cnf'),
  `[ca]
default_ca=demo
[demo]
database=index
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
[any]
organizationName=supplied
commonName=supplied
[authority]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[gateway]
${endEntity}subjectAltName=DNS:vpn.example.com
[printer]
${endEntity}subjectAltName=DNS:printer.example.com
`,
);
make('authority', 'ipsec-ts demo CA', ['-selfsign', '-keyfile', 'authority.key']);
const below = ['-cert', 'authority.pem', '-keyfile', 'authority.key'];
make('gateway', 'vpn.example.com', below);
make('printer', 'printer.example.com', below);
for (const name of ['authority.pem', 'gateway.pem', 'gateway.key', 'printer.pem', 'printer.key'])
  copyFileSync(join(folder, name), join(target, name));
rmSync(folder, { recursive: true });

function make(name, commonName, issuer) {
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  openssl('req', '-new', '-key', `${name}.key`, '-subj', `/O=Example/CN=${commonName}`, '-out', `${name}.csr`);
  const certificate = ['-extensions', name, ...validity, '-in', `${name}.csr`, '-out', `${name}.pem`];
  openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...issuer, ...certificate);
}

function openssl(...args) {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}
