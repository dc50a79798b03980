/**
 * Signatures over `node:crypto`. OpenSSL gets keys whose shape was checked when they were read, and signatures of the right length; what it throws about one means
 * that it is wrong.
 *
 * @module
 */
import { constants, createPrivateKey, createPublicKey, type KeyObject, sign, type SigningOptions, verify } from 'node:crypto';
import { wipe } from '../../bytes.js';
import { decodeDer, derFields, derWhole, encodeDer, encodeDerUnsigned, OCTET_STRING, SEQUENCE } from '../../der.js';
import { curveOctets } from '../../suite/public-key-check.js';
import { checkEcPrivateKey, checkEdSeed, edOctets } from '../../suite/sign-private-key.js';
import { hashes, type SignatureScheme } from '../../suite/sign-scheme.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';

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
      // ECPrivateKey ::= SEQUENCE { version INTEGER 1, privateKey OCTET STRING, ... }      (RFC 5915 section 3)
      const inside = encodeDer(SEQUENCE, encodeDerUnsigned(Uint8Array.of(1)), encodeDer(OCTET_STRING, privateKey));
      return signWith(scheme, importPrivateKey(key, inside), message, options);
    },
  };
}

/** Ed25519 and Ed448. */
export function nodeEdRow(scheme: SignatureScheme): SignatureRow {
  return {
    ...nodeRow(scheme, {}, (key) => (key.type === scheme.keyType ? 2 * edOctets(scheme) : undefined)),
    sign: (key, seed, message): Uint8Array => {
      checkEdSeed(scheme, key, seed);
      // CurvePrivateKey ::= OCTET STRING      (RFC 8410 section 7)
      return signWith(scheme, importPrivateKey(key, encodeDer(OCTET_STRING, seed)), message, {});
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

/** Reading a key takes OpenSSL longer than verifying with it, and a peer that comes again has the same one. */
const imported = new WeakMap<PublicKey, KeyObject>();

function importPublicKey(key: PublicKey): KeyObject {
  const known = imported.get(key) ?? createPublicKey({ key: key.spki as Buffer, format: 'der', type: 'spki' });
  imported.set(key, known);
  return known;
}

/** PrivateKeyInfo ::= SEQUENCE { version INTEGER 0, algorithm, privateKey OCTET STRING } (RFC 5208 section 5). @param inside is wiped. */
function importPrivateKey(key: PublicKey, inside: Uint8Array): KeyObject {
  const algorithm = derFields(decodeDer(key.spki, { what: 'a public key', path: 'spki' }), SEQUENCE)[0]!;
  const wrapped = encodeDer(OCTET_STRING, inside);
  const der = encodeDer(SEQUENCE, encodeDerUnsigned(Uint8Array.of(0)), derWhole(algorithm), wrapped);
  try {
    return createPrivateKey({ key: der as Buffer, format: 'der', type: 'pkcs8' });
  } finally {
    wipe(inside, wrapped, der);
  }
}

function signWith({ hash }: SignatureScheme, key: KeyObject, message: Uint8Array, options: SigningOptions): Uint8Array {
  const signature: Uint8Array = sign(hashNames[hash], message, { key, ...options });
  return Uint8Array.from(signature); // a Buffer may be a part of a pool
}
