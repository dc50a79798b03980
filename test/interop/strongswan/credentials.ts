/** Certificates, keys and revocation lists, made with OpenSSL when the tests run. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A key as `openssl req -newkey` takes it, or a curve. */
type KeyKind = 'rsa:2048' | 'rsa:4096' | 'P-256' | 'P-384' | 'ed25519';

/** Becomes NAME.pem, NAME.key and NAME.pub. */
interface Certificate {
  readonly name: string;
  readonly key: KeyKind;
  /** Undefined: itself. */
  readonly issuer: string | undefined;
  /** Undefined: an authority. */
  readonly holder: Holder | undefined;
  /** It names the OCSP responder. */
  readonly ocsp: boolean;
}

/** The initiator and the responder. */
type Holder = 'client' | 'gw';
const holders: readonly Holder[] = ['client', 'gw'];

const namesOf: Readonly<Record<Holder, string>> = {
  client: 'DNS:client.example.org,email:anna@example.org',
  gw: 'DNS:gw.example.org,email:gate@example.org',
};

/** The OCSP responder of `ca`, at strongSwan's end. */
export const ocspPort = 2560;

function authority(name: string, key: KeyKind, issuer?: string): Certificate {
  return { name, key, issuer, holder: undefined, ocsp: false };
}

/** One for the initiator and one for the responder. */
function pair(kind: string, key: KeyKind, issuer = 'ca', ocsp = false): Certificate[] {
  return holders.map((holder) => ({ name: `${holder}-${kind}`, key, issuer, holder, ocsp }));
}

/** Authorities come before what they issue. */
const layers: readonly (readonly Certificate[])[] = [
  [authority('ca', 'P-256'), authority('other-ca', 'P-256'), authority('big-ca', 'P-384')],
  [authority('big-1', 'rsa:4096', 'big-ca')],
  [authority('big-2', 'rsa:4096', 'big-1')],
  [
    ...pair('rsa', 'rsa:2048'),
    ...pair('p256', 'P-256'),
    ...pair('p384', 'P-384'),
    ...pair('ed', 'ed25519'),
    ...pair('big', 'rsa:4096', 'big-2'),
    // The same names again, for other keys.
    ...pair('other', 'P-256'),
    ...pair('stranger', 'P-256', 'other-ca'),
    ...pair('expired', 'P-256'),
    ...pair('revoked', 'P-256'),
    ...pair('ocsp', 'P-256', 'ca', true),
    ...pair('ocsp-revoked', 'P-256', 'ca', true),
  ],
];

/** Makes them all in a folder. What is there already is taken for a day. */
export async function makeCredentials(folder: string): Promise<void> {
  const [stamp, plan] = [join(folder, 'stamp.json'), JSON.stringify([layers, namesOf, settings])];
  try {
    if (readFileSync(stamp, 'utf8') === plan && Date.now() - statSync(stamp).mtimeMs < 86_400_000) return;
  } catch {
    // nothing there
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const openssl = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('openssl', args, { cwd: folder })).stdout;
  for (const [name, text] of Object.entries({ 'ca.cnf': settings, index: '', 'old.index': '', crlnumber: '01\n', serial: '7001\n' }))
    writeFileSync(join(folder, name), text);
  let serial = 0x1000;
  for (const layer of layers) await Promise.all(layer.map((certificate) => make(openssl, certificate, ++serial)));
  for (const holder of holders) await expire(openssl, folder, holder);
  await makeList(openssl, folder);
  writeFileSync(stamp, plan);
}

type OpenSsl = (...args: readonly string[]) => Promise<string>;

const settings = `
[req]
distinguished_name=none
[none]
[ca]
default_ca=list
[list]
database=index
crlnumber=crlnumber
default_md=sha256
default_crl_days=10
crl_extensions=issuer
[issuer]
authorityKeyIdentifier=keyid:always
[old]
database=old.index
serial=serial
new_certs_dir=.
default_md=sha256
policy=any
[any]
organizationName=optional
commonName=supplied
`;

function subjectOf({ name, holder }: Certificate): string[] {
  return ['-subj', `/O=Example/CN=${holder === undefined ? name : `${holder}.example.org`}`];
}

function extensionsOf({ holder, ocsp }: Certificate): string[] {
  if (holder === undefined) return ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  return [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `subjectAltName=${namesOf[holder]}`,
    ...(ocsp ? [`authorityInfoAccess=OCSP;URI:http://192.0.2.2:${ocspPort}`] : []),
  ];
}

async function make(openssl: OpenSsl, certificate: Certificate, serial: number): Promise<void> {
  const { name, key, issuer } = certificate;
  await openssl(
    ...['req', '-config', 'ca.cnf', '-x509', '-noenc', '-days', '20', '-set_serial', String(serial)],
    ...(key.startsWith('P-') ? ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${key}`] : ['-newkey', key]),
    ...['-keyout', `${name}.key`, '-out', `${name}.pem`, ...subjectOf(certificate)],
    ...(issuer === undefined ? [] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`]),
    ...extensionsOf(certificate).flatMap((extension) => ['-addext', extension]),
  );
  await openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`);
}

/** The certificate of HOLDER-expired once more, with other dates: only `openssl ca` makes such. */
async function expire(openssl: OpenSsl, folder: string, holder: Holder): Promise<void> {
  const [certificate] = pair('expired', 'P-256').filter((c) => c.holder === holder);
  const { name } = certificate!;
  writeFileSync(join(folder, 'old.ext'), extensionsOf(certificate!).join('\n'));
  await openssl('req', '-config', 'ca.cnf', '-new', '-key', `${name}.key`, ...subjectOf(certificate!), '-out', `${name}.csr`);
  const by = ['-config', 'ca.cnf', '-name', 'old', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-extfile', 'old.ext'];
  const dates = ['-startdate', '20230101000000Z', '-enddate', '20240101000000Z'];
  await openssl('ca', '-batch', '-notext', ...by, ...dates, '-in', `${name}.csr`, '-out', `${name}.pem`);
}

/** What `ca` has revoked: as a list for both sides, and as the index of its OCSP responder. */
async function makeList(openssl: OpenSsl, folder: string): Promise<void> {
  const issued = layers.flat().filter(({ issuer }) => issuer === 'ca');
  const lines = issued.map(async ({ name }) => {
    const serial = (await openssl('x509', '-in', `${name}.pem`, '-noout', '-serial')).trim().slice('serial='.length);
    const state = name.includes('revoked') ? 'R\t400101000000Z\t250101000000Z,keyCompromise' : 'V\t400101000000Z\t';
    return `${state}\t${serial}\tunknown\t/CN=${name}\n`;
  });
  writeFileSync(join(folder, 'index'), (await Promise.all(lines)).join(''));
  await openssl('ca', '-gencrl', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', 'ca.crl');
}
