/**
 * Our certificates and private keys.
 *
 * @module
 */
import type { Credential, EndpointAsk, Finding, KeySpec, OwnSpec, PlacedText } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import type { OwnSignature } from '../../keying/connection.js';
import { describePublicKey, equalPublicKeys, publicKeyOfCertificate } from '../../suite/public-key.js';
import type { Identity } from '../../traffic-selector.js';
import type { OwnKey } from '../../x509.js';
import { lintCertificate, lintKey, readX509, titleOf } from './certificate-findings.js';
import { pickRows } from './rows.js';
import { signHash } from './sign-hash.js';
import { placed, readSource } from './sources.js';
import type { LoadContext } from './types.js';
import { loadX509 } from './wings.js';

type OwnKeySpec = Extract<OwnSpec, { form: 'certificate' | 'public-key' }>;

/** A key with its certificates. */
interface LoadedKey {
  readonly key: OwnKey;
  /** DER, ours first. */
  readonly certificates: readonly Uint8Array[];
  readonly findings: readonly Finding[];
  /** Where the certificate stands. */
  readonly path: string;
}

/** Loads what we sign with. Throws IpsecError. */
export async function loadOwnKey(spec: OwnKeySpec, context: LoadContext): Promise<Credential<OwnSignature>> {
  const { key, certificates, findings, path } =
    spec.form === 'certificate' ? await loadWithCertificate(spec.keys, spec.path, context) : await loadRaw(spec, context);
  const { publicKey, privateKey, sign, exportPkcs8 } = key;
  const rows = pickRows(spec.schemes, context.signatureRows, [publicKey], `${spec.path}.schemes`);
  const auth: OwnSignature = {
    method: 'signature',
    publicKey,
    rows,
    certificates,
    ...(privateKey && { privateKey }),
    ...(spec.form === 'certificate' ? { send: spec.send } : { sendRawKey: spec.sendRawKey }),
  };
  const { identitiesOfCertificate, explainCertificateIdentity } = await loadX509();
  const names = certificates[0] ? identitiesOfCertificate(certificates[0]) : [];
  return {
    auth,
    id: bestOf(names),
    answer: (question: EndpointAsk) => {
      if (question.kind === 'sign') return sign?.(question.row, question.octets);
      return question.kind === 'sign-hash' && exportPkcs8 ? signHash(exportPkcs8, question.hash) : undefined;
    },
    findings: ({ localId }) => [
      ...findings,
      ...lintKey(publicKey, path),
      ...certificates.flatMap((der, i) => lintCertificate(der, i, path, context.clock())),
      ...(certificates[0] ? foundOf(explainCertificateIdentity(certificates[0], localId), path) : []),
    ],
  };
}

/** What people call a host, before what a directory calls it. */
function bestOf(names: readonly Identity[]): Identity | undefined {
  return names.find(({ type }) => type !== 'ID_DER_ASN1_DN') ?? names[0];
}

function foundOf(error: IpsecError | undefined, path: string): Finding[] {
  return error ? [{ path, level: 'warning', message: error.message, rfc: 'RFC 4945 section 3.1' }] : [];
}

async function loadWithCertificate(keys: KeySpec, path: string, context: LoadContext): Promise<LoadedKey> {
  if (keys.pkcs12) return await loadPkcs12(keys.pkcs12, keys.keyPassword, context);
  const { readCertificates } = await loadX509();
  const sources = await Promise.all(keys.certificates.map((certificate) => readSource(certificate, context.folder)));
  const certificates = sources.flatMap(({ data, source }) => readCertificates(data, { source }));
  const { key, findings } = await loadPrivateKey(keys.key!, keys.keyPassword, context);
  const [first] = certificates;
  const held = publicKeyOfCertificate(first!);
  if (!equalPublicKeys(held, key.publicKey))
    throw new IpsecError('invalid-config', 'a private key', {
      path: keys.key!.path,
      expected: `that of the certificate of ${titleOf(first!)}, ${describePublicKey(held)}`,
      found: `another, ${describePublicKey(key.publicKey)}`,
    });
  return { key, certificates: withoutRoots(certificates), findings, path: keys.certificates[0]?.path ?? path };
}

async function loadPkcs12(place: PlacedText, password: PlacedText | undefined, context: LoadContext): Promise<LoadedKey> {
  const { readPkcs12 } = await loadX509();
  const { data, source, findings } = await readSource(place, context.folder, true);
  if (typeof data === 'string')
    throw new IpsecError('invalid-config', 'a PKCS#12 file', { path: place.path, expected: 'the name of a file', found: 'PEM' });
  const { key, certificates } = await readPkcs12(data, { password: password?.text ?? '', source }).catch((error: unknown) => {
    throw placed(place.path, error);
  });
  return { key, certificates: withoutRoots(certificates), findings, path: place.path };
}

async function loadRaw(spec: Extract<OwnSpec, { form: 'public-key' }>, context: LoadContext): Promise<LoadedKey> {
  const { readPublicKeys } = await loadX509();
  const { data, source } = await readSource(spec.publicKey, context.folder);
  const [publicKey] = readPublicKeys(data, { source });
  const { key, findings } = await loadPrivateKey(spec.keys.key!, spec.keys.keyPassword, context);
  if (!equalPublicKeys(publicKey!, key.publicKey))
    throw new IpsecError('invalid-config', 'a private key', {
      path: spec.keys.key!.path,
      expected: `that of the public key, ${describePublicKey(publicKey!)}`,
      found: `another, ${describePublicKey(key.publicKey)}`,
    });
  return { key, certificates: [], findings, path: spec.publicKey.path };
}

async function loadPrivateKey(
  place: PlacedText,
  password: PlacedText | undefined,
  context: LoadContext,
): Promise<{ readonly key: OwnKey; readonly findings: readonly Finding[] }> {
  const { readPrivateKey } = await loadX509();
  const { data, source, findings } = await readSource(place, context.folder, true);
  const key = await readPrivateKey(data, { source, password: password?.text }).catch((error: unknown) => {
    throw placed(place.path, error);
  });
  return { key, findings };
}

/** A root is known to the peer, or of no use to it. One that stands first is our own certificate, which vouches for itself. */
function withoutRoots(certificates: readonly Uint8Array[]): readonly Uint8Array[] {
  return certificates.filter((der, i) => i === 0 || !isSelfIssued(der));
}

function isSelfIssued(der: Uint8Array): boolean {
  const certificate = readX509(der);
  return certificate !== undefined && certificate.subject === certificate.issuer;
}
