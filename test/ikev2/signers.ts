/** Pairs of keys for tests: those of the recorded conversations, and a few of nobody's. WebCrypto signs for those that the machine has no private key of. */
import { p384 } from '@noble/curves/nist.js';
import { ed448 } from '@noble/curves/ed448.js';
import { decodeDer, derContents, encodeDer, encodeDerIdentifier, encodeDerUnsigned, derFields, NULL, SEQUENCE } from '../../src/der.js';
import type { Ask } from '../../src/ike.js';
import type { OwnSignature } from '../../src/keying/connection.js';
import { defaultSignatureRows, encodePublicKey, publicKeyOfCertificate, type PublicKey } from '../../src/suite/sign.js';
import keys from '../../vectors/ikev2/keys/strongswan.json' with { type: 'json' };

const files: Readonly<Record<string, string>> = keys.files;

/** The octets between the lines of a PEM file. */
function derOf(file: string): Uint8Array {
  return Uint8Array.from(atob(files[file]!.replace(/-----[^-]+-----|\s/g, '')), (c) => c.charCodeAt(0));
}

/** Someone with a key. */
export interface Signer {
  readonly publicKey: PublicKey;
  readonly certificates: readonly Uint8Array[];
  /** The scalar or the seed. */
  readonly privateKey?: Uint8Array;
  /** PKCS #8, for WebCrypto. */
  readonly pkcs8?: Uint8Array;
}

/** By their name in the recordings: `rsa-a`, `p256-b`, `p521-a`, `ed25519-b`, `big-a` ... */
export function signerOf(name: string): Signer {
  const certificate = derOf(`x509/${name}.crt`);
  const publicKey = publicKeyOfCertificate(certificate);
  const der = derOf(`private/${name}.key`);
  const certificates = [certificate];
  if (publicKey.type === 'RSA')
    return { publicKey, certificates, pkcs8: wrap(der, encodeDerIdentifier('1.2.840.113549.1.1.1'), encodeDer(NULL)) };
  if (publicKey.type !== 'EC') return { publicKey, certificates, privateKey: der.slice(-32) };
  // ECPrivateKey ::= SEQUENCE { version, privateKey OCTET STRING, parameters [0], publicKey [1] }
  const [, scalar] = derFields(decodeDer(der, { what: 'an EC key', path: 'key' }, SEQUENCE));
  const curve = publicKey.curve === 'P-256' ? '1.2.840.10045.3.1.7' : '1.3.132.0.35';
  const pkcs8 = wrap(der, encodeDerIdentifier('1.2.840.10045.2.1'), encodeDerIdentifier(curve));
  return { publicKey, certificates, privateKey: derContents(scalar!).slice(), pkcs8 };
}

function wrap(key: Uint8Array, ...algorithm: readonly Uint8Array[]): Uint8Array {
  return encodeDer(SEQUENCE, encodeDerUnsigned(Uint8Array.of(0)), encodeDer(SEQUENCE, ...algorithm), encodeDer(0x04, key));
}

/** The authority that has signed a certificate, in DER. */
export function authorityOf(name: 'rsa' | 'p256' | 'p521' | 'ed25519'): Uint8Array {
  return derOf(`x509ca/ca-${name}.crt`);
}

/** Without a certificate: P-384. */
export function p384Signer(seed: number): Signer {
  const privateKey = new Uint8Array(48).fill(seed);
  const point = p384.getPublicKey(privateKey, false);
  return { publicKey: encodePublicKey({ type: 'EC', curve: 'P-384', point }), certificates: [], privateKey };
}

/** Without a certificate: Ed448. */
export function ed448Signer(seed: number): Signer {
  const privateKey = new Uint8Array(57).fill(seed);
  return { publicKey: encodePublicKey({ type: 'Ed448', point: ed448.getPublicKey(privateKey) }), certificates: [], privateKey };
}

/** A side that proves itself so. */
export function ownOf({ publicKey, certificates, privateKey }: Signer, more: Partial<OwnSignature> = {}): OwnSignature {
  return { method: 'signature', publicKey, ...(privateKey && { privateKey }), rows: defaultSignatureRows, certificates, ...more };
}

/** Signs what is asked for as WebCrypto does, and trusts every certificate. */
export function answersOf({ pkcs8 }: Signer, verdict: unknown = 'trusted'): (ask: Ask) => unknown {
  return (ask) => (ask.kind === 'sign' && pkcs8 ? webSign(pkcs8, ask) : ask.kind === 'certificates' ? verdict : undefined);
}

async function webSign(pkcs8: Uint8Array, { row, publicKey, octets }: Extract<Ask, { kind: 'sign' }>): Promise<Uint8Array> {
  const hash = row.hash === 'SHA1' ? 'SHA-1' : row.hash.replace('SHA2', 'SHA');
  const [name, namedCurve] =
    publicKey.type === 'EC' ? ['ECDSA', publicKey.curve] : [row.name.startsWith('RSASSA-PSS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', ''];
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('pkcs8', pkcs8.slice(), { name, hash, namedCurve }, false, ['sign']);
  const saltLength = Number(row.hash.slice(-3)) / 8;
  return new Uint8Array(await subtle.sign({ name, hash, saltLength }, key, octets.slice()));
}
