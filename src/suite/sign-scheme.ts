/**
 * Signature algorithms without an engine: names, object identifiers, and the AlgorithmIdentifiers of RFC 7427.
 *
 * @module
 */
import { EMPTY, fromHex } from '../bytes.js';
import { encodeDer, encodeDerIdentifier, encodeDerUnsigned, NULL, SEQUENCE } from '../der.js';
import type { SignatureHash, SignatureRow } from './types-sign.js';

/** What engines of one algorithm have in common. */
export type SignatureScheme = Pick<SignatureRow, 'name' | 'shortName' | 'keyType' | 'hash' | 'algorithmIdentifier'>;

/** A hash function that signatures begin with. */
export type MessageHash = Exclude<SignatureHash, 'Identity'>;

/** Object identifiers (RFC 8017 appendix B.1) and lengths of digests. */
export const hashes: Readonly<Record<MessageHash, { readonly identifier: string; readonly length: number }>> =
  /* @__PURE__ */ Object.freeze({
    SHA1: { identifier: '1.3.14.3.2.26', length: 20 },
    'SHA2-256': { identifier: '2.16.840.1.101.3.4.2.1', length: 32 },
    'SHA2-384': { identifier: '2.16.840.1.101.3.4.2.2', length: 48 },
    'SHA2-512': { identifier: '2.16.840.1.101.3.4.2.3', length: 64 },
  });

/** id-RSASSA-PSS. */
export const RSASSA_PSS = '1.2.840.113549.1.1.10';
/** id-mgf1. */
export const MGF1 = '1.2.840.113549.1.1.8';

/** An AlgorithmIdentifier. @param parameters DER; none when they are absent. */
export function encodeAlgorithm(identifier: string, parameters: Uint8Array = EMPTY): Uint8Array {
  return encodeDer(SEQUENCE, encodeDerIdentifier(identifier), parameters);
}

/**
 * The AlgorithmIdentifier of a hash, with the NULL that DigestInfo and RSASSA-PSS want (RFC 8017 appendix B.1; RFC 4055 section 2.1).
 */
export function encodeHashAlgorithm(hash: MessageHash): Uint8Array {
  return encodeAlgorithm(hashes[hash].identifier, encodeDer(NULL));
}

/**
 * id-RSASSA-PSS with its parameters: the hash, MGF1 with the same hash, a salt as long as the hash. RFC 4055 section 3.1: "Implementations that perform signature
 * generation MUST omit the trailerField field, indicating that the default trailer field value was used." The example in RFC 7427 appendix A.4.3 has it; peers that
 * compare octets expect it as here.
 */
export function encodePssAlgorithm(hash: MessageHash): Uint8Array {
  const algorithm = encodeHashAlgorithm(hash);
  const mask = encodeAlgorithm(MGF1, algorithm);
  const salt = encodeDerUnsigned(Uint8Array.of(hashes[hash].length));
  const parameters = encodeDer(SEQUENCE, encodeDer(0xa0, algorithm), encodeDer(0xa1, mask), encodeDer(0xa2, salt));
  return encodeAlgorithm(RSASSA_PSS, parameters);
}

function rsaScheme(name: string, shortName: string, hash: MessageHash, algorithmIdentifier: string): SignatureScheme {
  return { name, shortName, keyType: 'RSA', hash, algorithmIdentifier: fromHex(algorithmIdentifier) };
}

function pssScheme(shortName: string, hash: MessageHash): SignatureScheme {
  return { name: `RSASSA-PSS with ${hash}`, shortName, keyType: 'RSA', hash, algorithmIdentifier: encodePssAlgorithm(hash) };
}

function ecdsaScheme(name: string, shortName: string, hash: MessageHash, algorithmIdentifier: string): SignatureScheme {
  return { name, shortName, keyType: 'EC', hash, algorithmIdentifier: fromHex(algorithmIdentifier) };
}

/** RFC 8420 section 2: the hash is "Identity"; RFC 8410 section 3: parameters are absent. */
function edScheme(name: string, shortName: string, keyType: 'Ed25519' | 'Ed448', algorithmIdentifier: string): SignatureScheme {
  return { name, shortName, keyType, hash: 'Identity', algorithmIdentifier: fromHex(algorithmIdentifier) };
}

// The octets are those of RFC 7427 appendix A, but for RSASSA-PSS and EdDSA

/** RSASSA-PKCS1-v1_5 with SHA-1. */
export const rsaSha1Scheme: SignatureScheme = /* @__PURE__ */ rsaScheme(
  'sha1WithRSAEncryption',
  'rsa-sha1',
  'SHA1',
  '300d06092a864886f70d0101050500',
);
/** RSASSA-PKCS1-v1_5 with SHA-256. */
export const rsaSha256Scheme: SignatureScheme = /* @__PURE__ */ rsaScheme(
  'sha256WithRSAEncryption',
  'rsa-sha256',
  'SHA2-256',
  '300d06092a864886f70d01010b0500',
);
/** RSASSA-PKCS1-v1_5 with SHA-384. */
export const rsaSha384Scheme: SignatureScheme = /* @__PURE__ */ rsaScheme(
  'sha384WithRSAEncryption',
  'rsa-sha384',
  'SHA2-384',
  '300d06092a864886f70d01010c0500',
);
/** RSASSA-PKCS1-v1_5 with SHA-512. */
export const rsaSha512Scheme: SignatureScheme = /* @__PURE__ */ rsaScheme(
  'sha512WithRSAEncryption',
  'rsa-sha512',
  'SHA2-512',
  '300d06092a864886f70d01010d0500',
);
/** RSASSA-PSS with SHA-256. */
export const rsaPssSha256Scheme: SignatureScheme = /* @__PURE__ */ pssScheme('rsa-pss-sha256', 'SHA2-256');
/** RSASSA-PSS with SHA-384. */
export const rsaPssSha384Scheme: SignatureScheme = /* @__PURE__ */ pssScheme('rsa-pss-sha384', 'SHA2-384');
/** RSASSA-PSS with SHA-512. */
export const rsaPssSha512Scheme: SignatureScheme = /* @__PURE__ */ pssScheme('rsa-pss-sha512', 'SHA2-512');
/** ECDSA with SHA-1. */
export const ecdsaSha1Scheme: SignatureScheme = /* @__PURE__ */ ecdsaScheme(
  'ecdsa-with-SHA1',
  'ecdsa-sha1',
  'SHA1',
  '300906072a8648ce3d0401',
);
/** ECDSA with SHA-256. */
export const ecdsaSha256Scheme: SignatureScheme = /* @__PURE__ */ ecdsaScheme(
  'ecdsa-with-SHA256',
  'ecdsa-sha256',
  'SHA2-256',
  '300a06082a8648ce3d040302',
);
/** ECDSA with SHA-384. */
export const ecdsaSha384Scheme: SignatureScheme = /* @__PURE__ */ ecdsaScheme(
  'ecdsa-with-SHA384',
  'ecdsa-sha384',
  'SHA2-384',
  '300a06082a8648ce3d040303',
);
/** ECDSA with SHA-512. */
export const ecdsaSha512Scheme: SignatureScheme = /* @__PURE__ */ ecdsaScheme(
  'ecdsa-with-SHA512',
  'ecdsa-sha512',
  'SHA2-512',
  '300a06082a8648ce3d040304',
);
/** Ed25519. */
export const ed25519Scheme: SignatureScheme = /* @__PURE__ */ edScheme('id-Ed25519', 'ed25519', 'Ed25519', '300506032b6570');
/** Ed448. */
export const ed448Scheme: SignatureScheme = /* @__PURE__ */ edScheme('id-Ed448', 'ed448', 'Ed448', '300506032b6571');
