/**
 * Signatures over `node:crypto`. OpenSSL gets keys whose shape was checked when they were read, and signatures of the right length; what it throws about one means
 * that it is wrong.
 *
 * @module
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  type SigningOptions,
  verify,
} from 'node:crypto';
import { curveOctets } from '../../suite/public-key-check.js';
import { checkEcPrivateKey, checkEdSeed, edOctets } from '../../suite/sign-private-key.js';
import { ecdsaSha256, ecdsaSha384, ecdsaSha512 } from '../../suite/sign.js';
import { hashes, type SignatureScheme } from '../../suite/sign-scheme.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';
import { toBase64url } from '../../suite/base64url.js';

/** OpenSSL's names; EdDSA has no hash. */
const hashNames = { SHA1: 'sha1', 'SHA2-256': 'sha256', 'SHA2-384': 'sha384', 'SHA2-512': 'sha512', Identity: null } as const;

/** RSASSA-PKCS1-v1_5. */
export function nodeRsaRow(scheme: SignatureScheme): SignatureRow {
  return nodeRow(scheme, { padding: constants.RSA_PKCS1_PADDING }, (key) => (key.type === 'RSA' ? key.modulus.length : undefined));
}

/** RSASSA-PSS. @param scheme says the length of the salt, which OpenSSL would else take from the signature. */
export function nodeRsaPssRow(scheme: SignatureScheme): SignatureRow {
  const saltLength = scheme.hash === 'Identity' ? 0 : hashes[scheme.hash].length;
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return nodeRow(scheme, options, (key) => (key.type === 'RSA' ? key.modulus.length : undefined));
}

/** ECDSA. Its signatures have a random k, where the other engine's are those of RFC 6979. */
export function nodeEcdsaRow(scheme: SignatureScheme): SignatureRow {
  const options = { dsaEncoding: 'ieee-p1363' } as const;
  return {
    ...nodeRow(scheme, options, (key) => (key.type === 'EC' ? 2 * curveOctets(key.curve) : undefined)),
    sign: (key, privateKey, message): Uint8Array => {
      checkEcPrivateKey(scheme, key, privateKey);
      return signWith(scheme, key, privateKey, message, options);
    },
    // OpenSSL by way of Node hashes whatever it signs.
    ...ofHash(scheme),
  };
}

/** The other engine's, for what is a hash already; how long that is does not matter to it. */
function ofHash({ hash }: SignatureScheme): Pick<SignatureRow, 'verifyHash' | 'signHash'> {
  const { verifyHash, signHash } = [ecdsaSha384, ecdsaSha512].find((row) => row.hash === hash) ?? ecdsaSha256;
  return { verifyHash, signHash };
}

/** Ed25519 and Ed448. */
export function nodeEdRow(scheme: SignatureScheme): SignatureRow {
  return {
    ...nodeRow(scheme, {}, (key) => (key.type === scheme.keyType ? 2 * edOctets(scheme) : undefined)),
    sign: (key, seed, message): Uint8Array => {
      checkEdSeed(scheme, key, seed);
      return signWith(scheme, key, seed, message, {});
    },
  };
}

/** @param lengthOf octets of a signature; nothing when the key is of another kind. */
function nodeRow(scheme: SignatureScheme, options: SigningOptions, lengthOf: (key: PublicKey) => number | undefined): SignatureRow {
  const hash = hashNames[scheme.hash];
  return {
    kind: 'sign',
    ...scheme,
    engine: 'node',
    verify: (key, message, signature): boolean => {
      if (signature.length !== lengthOf(key)) return false;
      try {
        return verify(hash, message, { key: importPublicKey(key), ...options }, signature);
      } catch {
        return false; // the key is none after all
      }
    },
  };
}

/** A peer that comes again has the same key. */
const imported = new WeakMap<PublicKey, KeyObject>();

function importPublicKey(key: PublicKey): KeyObject {
  const known = imported.get(key) ?? createPublicKey({ key: toJwk(key), format: 'jwk' });
  imported.set(key, known);
  return known;
}

/** A JSON Web Key: reading DER takes OpenSSL many times as long. */
function toJwk(key: PublicKey): JsonWebKey {
  if (key.type === 'RSA') return { kty: 'RSA', n: toBase64url(key.modulus), e: toBase64url(key.exponent) };
  if (key.type !== 'EC') return { kty: 'OKP', crv: key.type, x: toBase64url(key.point) };
  const octets = curveOctets(key.curve);
  const [x, y] = [key.point.subarray(1, 1 + octets), key.point.subarray(1 + octets)];
  return { kty: 'EC', crv: key.curve, x: toBase64url(x), y: toBase64url(y) };
}

/** The string with the private value is left to the collector. */
function signWith(
  { hash }: SignatureScheme,
  key: PublicKey,
  privateKey: Uint8Array,
  message: Uint8Array,
  options: SigningOptions,
): Uint8Array {
  const ready = createPrivateKey({ key: { ...toJwk(key), d: toBase64url(privateKey) }, format: 'jwk' });
  const signature: Uint8Array = sign(hashNames[hash], message, { key: ready, ...options });
  return Uint8Array.from(signature); // a Buffer may be a part of a pool
}
