/**
 * A private key of ours: octets for the rows that sign by themselves (ECDSA, EdDSA), a function over WebCrypto for RSA and for keys that stay where they are.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { PublicKey, SignatureRow } from '../suite/types-sign.js';

/** A private key of ours and its public half. */
export interface OwnKey {
  /** The public half, which the certificate has to have. */
  readonly publicKey: PublicKey;
  /** EC: the scalar, as long as the order of the curve; Ed25519 and Ed448: the seed. Absent: {@link OwnKey.sign} does it. */
  readonly privateKey?: Uint8Array | undefined;
  /**
   * Signs with a row for this type of key, in the form that the row verifies (ECDSA: r | s).
   *
   * @throws IpsecError `unsupported` for a row that it cannot do, `sa-deleted` after `destroy`.
   */
  readonly sign?: ((row: SignatureRow, octets: Uint8Array) => Promise<Uint8Array>) | undefined;
  /**
   * RSA, where the key is at hand: a copy of it as PKCS #8 in DER, for who can do with it what WebCrypto cannot, such as the signatures of IKEv1. Whoever gets it
   * wipes it.
   *
   * @throws IpsecError `sa-deleted` after `destroy`.
   */
  readonly exportPkcs8?: (() => Uint8Array) | undefined;
  /** Overwrites what there is of the private key, and lets go of the rest. */
  readonly destroy: () => void;
}

/** A key that is at hand as octets, which it owns from now on. */
export function createOctetKey(publicKey: PublicKey, privateKey: Uint8Array): OwnKey {
  return {
    publicKey,
    privateKey,
    destroy: () => {
      wipe(privateKey);
    },
  };
}

/** An RSA key over WebCrypto. `pkcs8` (DER, of rsaEncryption) is its own from now on. */
export function createRsaKey(publicKey: PublicKey, pkcs8: Uint8Array): OwnKey {
  // WebCrypto binds a key to one padding and one hash.
  const keys = new Map<string, Promise<CryptoKey>>();
  let isDestroyed = false;
  return {
    publicKey,
    async sign(row, octets) {
      if (isDestroyed) throw destroyed();
      const algorithm = algorithmOf(row, publicKey);
      const name = `${algorithm.name} ${algorithm.hash}`;
      const key = keys.get(name) ?? subtle().importKey('pkcs8', pkcs8 as Uint8Array<ArrayBuffer>, algorithm, false, ['sign']);
      keys.set(name, key);
      return await signWith(key, row, publicKey, octets);
    },
    exportPkcs8() {
      if (isDestroyed) throw destroyed();
      return pkcs8.slice();
    },
    destroy() {
      isDestroyed = true;
      keys.clear();
      wipe(pkcs8);
    },
  };
}

/**
 * A key that lives in WebCrypto: made there, or kept in the storage of a browser, and perhaps never to leave it.
 *
 * @param publicKey its public half.
 * @param keys an RSA key is bound to one padding and one hash by WebCrypto: as many of the same key as there are rows to sign with. EC, Ed25519: one.
 *
 * @example
 * ```ts
 * import { createWebCryptoSigner, readPublicKeys } from 'ipsec-ts/x509';
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
 * const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
 * const [publicKey] = readPublicKeys(spki);
 * const key = createWebCryptoSigner(publicKey!, [pair.privateKey]);
 * if (key.publicKey.type !== 'EC' || key.privateKey !== undefined) throw new Error('it stays where it is');
 * ```
 */
export function createWebCryptoSigner(publicKey: PublicKey, keys: readonly CryptoKey[]): OwnKey {
  let held = keys;
  return {
    publicKey,
    async sign(row, octets) {
      const algorithm = algorithmOf(row, publicKey);
      const key = held.find((k) => fits(k, algorithm));
      if (key === undefined && held.length === 0) throw destroyed();
      if (key === undefined)
        throw new IpsecError('unsupported', `a signature with ${row.name}`, {
          expected: `a key of WebCrypto for ${algorithm.name}${'hash' in algorithm ? ` with ${algorithm.hash}` : ''}, usable to sign`,
          found: held.map(({ algorithm: has }) => has.name).join(', '),
        });
      return await signWith(Promise.resolve(key), row, publicKey, octets);
    },
    destroy() {
      held = [];
    },
  };
}

interface SigningAlgorithm {
  readonly name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS' | 'ECDSA' | 'Ed25519' | 'Ed448';
  readonly hash: string;
  /** Of PSS. RFC 7427 appendix A.4 has it as long as the hash. */
  readonly saltLength: number;
}

const hashes = /* @__PURE__ */ Object.freeze({
  SHA1: ['SHA-1', 20],
  'SHA2-256': ['SHA-256', 32],
  'SHA2-384': ['SHA-384', 48],
  'SHA2-512': ['SHA-512', 64],
  Identity: ['', 0],
} as const);

function algorithmOf(row: SignatureRow, { type }: PublicKey): SigningAlgorithm {
  if (row.keyType !== type)
    throw new IpsecError('unsupported', `a signature with ${row.name}`, { expected: `a key of type ${row.keyType}`, found: type });
  const [hash, saltLength] = hashes[row.hash];
  const rsa = row.name.startsWith('RSASSA-PSS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  return { name: type === 'RSA' ? rsa : type === 'EC' ? 'ECDSA' : type, hash, saltLength };
}

function fits(key: CryptoKey, { name, hash }: SigningAlgorithm): boolean {
  const bound = (key.algorithm as { readonly hash?: { readonly name: string } }).hash;
  return key.algorithm.name === name && key.usages.includes('sign') && (bound === undefined || bound.name === hash);
}

/** What was signed is verified before it goes out: a signature that went wrong inside can give an RSA key away. */
async function signWith(key: Promise<CryptoKey>, row: SignatureRow, publicKey: PublicKey, octets: Uint8Array): Promise<Uint8Array> {
  let signature: Uint8Array;
  try {
    signature = new Uint8Array(await subtle().sign(algorithmOf(row, publicKey), await key, octets as Uint8Array<ArrayBuffer>));
  } catch (cause) {
    if (cause instanceof IpsecError) throw cause;
    throw new IpsecError('unsupported', `a signature with ${row.name}`, {
      expected: 'that WebCrypto makes it',
      found: 'that it refuses',
      cause,
    });
  }
  if (row.verify(publicKey, octets, signature)) return signature;
  throw new IpsecError('invalid-argument', `a signature with ${row.name}`, {
    expected: 'one that the public key verifies',
    found: 'another: the two halves of the key do not belong together',
  });
}

/** WebCrypto of every runtime; a page that did not come over HTTPS has none. */
export function subtle(): SubtleCrypto {
  const crypto = (globalThis as { readonly crypto?: { readonly subtle?: SubtleCrypto } }).crypto;
  if (crypto?.subtle !== undefined) return crypto.subtle;
  throw new IpsecError('unsupported', 'keys in files and RSA', {
    expected: 'WebCrypto (globalThis.crypto.subtle)',
    found: 'none in this runtime',
  });
}

function destroyed(): IpsecError {
  return new IpsecError('sa-deleted', 'a private key', { expected: 'one in use', found: 'one that was destroyed' });
}
