/**
 * From a signature algorithm to an AUTH payload and back: the Auth Methods of RFC 7296 section 3.8, RFC 4754 and RFC 7427.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { describePublicKey } from '../suite/public-key.js';
import { curveOctets } from '../suite/public-key-check.js';
import { decodeEcdsaSignature, encodeEcdsaSignature } from '../suite/sign-ec-form.js';
import { findSignatureRow } from '../suite/sign-find.js';
import type { PublicKey, SignatureRow } from '../suite/types-sign.js';
import { decodeDigitalSignature, encodeDigitalSignature } from './digital-signature.js';
import type { PayloadOfType } from './payload-cases.js';

type AuthPayload = PayloadOfType<'AUTH'>;
type AuthMethod = AuthPayload['method'];

/** Auth Method 1: RSASSA-PKCS1-v1_5, with a hash that is not said. */
const RSA_DIGITAL_SIGNATURE = 'RSA Digital Signature';
/** Auth Method 14 (RFC 7427). */
const DIGITAL_SIGNATURE = 'Digital Signature';

/** RFC 4754 section 4: "Each of these algorithms represents an instantiation of the ECDSA algorithm using a particular elliptic curve group and hash function." */
const ecdsaMethods = [
  { method: 'ECDSA with SHA-256 on the P-256 curve', curve: 'P-256', hash: 'SHA2-256' },
  { method: 'ECDSA with SHA-384 on the P-384 curve', curve: 'P-384', hash: 'SHA2-384' },
  { method: 'ECDSA with SHA-512 on the P-521 curve', curve: 'P-521', hash: 'SHA2-512' },
] as const;

/** The Auth Methods of signatures. */
export const signatureMethods: readonly AuthMethod[] = /* @__PURE__ */ Object.freeze([
  DIGITAL_SIGNATURE,
  RSA_DIGITAL_SIGNATURE,
  'ECDSA with SHA-256 on the P-256 curve',
  'ECDSA with SHA-384 on the P-384 curve',
  'ECDSA with SHA-512 on the P-521 curve',
]);

/** An algorithm, and the Auth Method that says so. */
export interface SignatureChoice {
  /** The algorithm. */
  readonly row: SignatureRow;
  /** The Auth Method. */
  readonly method: AuthMethod;
}

/** Which hash algorithms each side has announced by SIGNATURE_HASH_ALGORITHMS; undefined: it has sent none. */
export interface HashAlgorithms {
  /** Ours. */
  readonly own: readonly (string | number)[] | undefined;
  /** The peer's. */
  readonly peer: readonly (string | number)[] | undefined;
}

/**
 * What we sign with: of the rows for our key the first that the peer can verify. RFC 7427 section 3: "If both ends send and receive SIGNATURE_HASH_ALGORITHMS
 * Notify payloads, and signature authentication is to be used, then the authentication method specified in this Authentication payload MUST be used."
 *
 * @throws IpsecError `unsupported`, blame `peer` or, where there is no row for the key at all, `caller`.
 */
export function chooseSignature(key: PublicKey, rows: readonly SignatureRow[], { own, peer }: HashAlgorithms): SignatureChoice {
  const usable = rows.filter(({ keyType }) => keyType === key.type);
  const what = `a signature with our key, ${describePublicKey(key)}`;
  if (usable.length === 0)
    throw new IpsecError('unsupported', what, { expected: `an algorithm for ${key.type} among ours`, found: namesOf(rows) });
  if (own && peer) {
    // RFC 7427 section 4: "When calculating the digital signature, a peer MUST pick one algorithm sent by the other peer."
    const row = usable.find(({ hash }) => peer.includes(hash));
    if (row) return { row, method: DIGITAL_SIGNATURE };
    const found = `${namesOf(usable)}, but the peer announced ${peer.join(', ') || 'no hash algorithm'}`;
    throw new IpsecError('unsupported', what, { blame: 'peer', expected: 'an algorithm whose hash the peer verifies', found });
  }
  return classicChoice(key, usable) ?? explainNoClassic(key, usable, what, peer ? 'we sent no' : 'the peer sent no');
}

/**
 * RFC 7296 section 3.8 of RSA: implementations "SHOULD use SHA-1 as the default hash function when generating signatures". Nothing says the hash: a peer may know
 * but SHA-1. So a row with SHA-1 comes first, if it is there at all; else our first.
 */
function classicChoice(key: PublicKey, rows: readonly SignatureRow[]): SignatureChoice | undefined {
  if (key.type === 'RSA') {
    const classic = rows.filter(isPkcs1);
    const row = classic.find(({ hash }) => hash === 'SHA1') ?? classic[0];
    return row && { row, method: RSA_DIGITAL_SIGNATURE };
  }
  const fixed = key.type === 'EC' ? ecdsaMethods.find(({ curve }) => curve === key.curve) : undefined;
  const row = fixed && rows.find(({ hash }) => hash === fixed.hash);
  return row && { row, method: fixed.method };
}

function explainNoClassic(key: PublicKey, rows: readonly SignatureRow[], what: string, who: string): never {
  const expected =
    key.type === 'EC'
      ? `ECDSA with ${ecdsaMethods.find(({ curve }) => curve === key.curve)!.hash} (RFC 4754)`
      : key.type === 'RSA'
        ? 'RSASSA-PKCS1-v1_5 (RFC 7296 section 3.8)'
        : 'a peer that knows RFC 7427: there is no other method for these keys';
  throw new IpsecError('unsupported', what, { blame: 'peer', expected, found: `${namesOf(rows)}; ${who} SIGNATURE_HASH_ALGORITHMS` });
}

/** All names of RFC 7427 appendix A.1 end so; those of RSASSA-PSS do not. */
function isPkcs1({ name }: SignatureRow): boolean {
  return name.endsWith('WithRSAEncryption');
}

function namesOf(rows: readonly SignatureRow[]): string {
  return rows.map(({ name }) => name).join(', ') || 'none';
}

/** Octets of a signature in the form of a row's `verify`. */
export function signatureLength(key: PublicKey): number {
  switch (key.type) {
    case 'RSA':
      return key.modulus.length;
    case 'EC':
      return 2 * curveOctets(key.curve);
    case 'Ed25519':
      return 64;
    case 'Ed448':
      return 114;
  }
}

/** Makes the AUTH payload. @param signature in the form of the row's `verify`. */
export function encodeSignatureAuth({ row, method }: SignatureChoice, signature: Uint8Array): AuthPayload {
  if (method !== DIGITAL_SIGNATURE) return { type: 'AUTH', method, data: signature };
  const value = row.keyType === 'EC' ? encodeEcdsaSignature(signature) : signature;
  return { type: 'AUTH', method, data: encodeDigitalSignature({ algorithmIdentifier: row.algorithmIdentifier, signature: value }) };
}

/** What an AUTH payload may be: an algorithm, and the signature in the form of its `verify`. */
export interface ReadSignature {
  /** Usually one. Method 1 does not say its hash: all that it may be. */
  readonly rows: readonly SignatureRow[];
  /** The signature. */
  readonly signature: Uint8Array;
}

/**
 * Reads an AUTH payload of a signature that is to be verified with a key.
 *
 * @param rows those that are allowed.
 * @throws IpsecError `unknown-algorithm`, `unsupported`, `malformed`, `truncated` or `trailing-octets`.
 */
export function readSignatureAuth(
  { method, data }: AuthPayload,
  key: PublicKey,
  rows: readonly SignatureRow[],
  { own, peer }: HashAlgorithms,
): ReadSignature {
  const usable = rows.filter(({ keyType }) => keyType === key.type);
  if (method === DIGITAL_SIGNATURE) {
    if (!own || !peer)
      throw unsupported('a peer that has sent and received SIGNATURE_HASH_ALGORITHMS', `${peer ? 'we have sent' : 'it has sent'} none`);
    const { algorithmIdentifier, signature } = decodeDigitalSignature(data);
    const row = findSignatureRow(rows, algorithmIdentifier);
    if (row.keyType !== key.type) throw unsupported(`a signature with ${describePublicKey(key)}`, row.name);
    // RFC 7427 section 3: "using one of the hash algorithms sent by the other end in the Notify payload of type SIGNATURE_HASH_ALGORITHMS"
    if (!own.includes(row.hash)) throw unsupported(`one of ${own.join(', ')}, which we announced`, row.hash);
    return { rows: [row], signature: key.type === 'EC' ? decodeEcdsaSignature(signature, key.curve) : signature };
  }
  // Somebody may have taken SIGNATURE_HASH_ALGORITHMS out of our message: then the peer signs by a method that both would not have used.
  if (own && peer) throw unsupported(`${DIGITAL_SIGNATURE}, for both sides announced hash algorithms (RFC 7427 section 3)`, String(method));
  if (method === RSA_DIGITAL_SIGNATURE) {
    const classic = usable.filter(isPkcs1);
    if (key.type !== 'RSA') throw unsupported(`a signature with ${describePublicKey(key)}`, method);
    if (classic.length === 0) throw unsupported(`one of ${namesOf(rows)}`, 'RSASSA-PKCS1-v1_5');
    return { rows: classic, signature: data };
  }
  const fixed = ecdsaMethods.find((entry) => entry.method === method);
  if (fixed === undefined || key.type !== 'EC' || key.curve !== fixed.curve)
    throw unsupported(`a signature with ${describePublicKey(key)}`, String(method));
  const row = usable.find(({ hash }) => hash === fixed.hash);
  if (row === undefined) throw unsupported(`one of ${namesOf(rows)}`, String(method));
  return { rows: [row], signature: data };
}

function unsupported(expected: string, found: string): IpsecError {
  return new IpsecError('unsupported', 'a signature', { blame: 'peer', expected, found });
}
