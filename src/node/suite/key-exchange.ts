/**
 * Key exchanges over `node:crypto`. Private values come from the caller's chance and the recipient tests are those of the other engine,
 * so that both give the same answers; OpenSSL tests once more.
 *
 * @module
 */
import {
  createDiffieHellman,
  createECDH,
  createPrivateKey,
  createPublicKey,
  type DiffieHellman,
  diffieHellman,
  type JsonWebKeyInput,
} from 'node:crypto';
import { fromHex } from '../../bytes.js';
import { type EcGroup, uncompressed } from '../../suite/dh-ec.js';
import type { ModpGroup } from '../../suite/dh-modp.js';
import { withSecret } from '../../suite/dh-montgomery.js';
import { type Engine, type Group, keyExchangeRow } from '../../suite/dh-row.js';
import type { KeyExchangeRow } from '../../suite/types-ike.js';
import { fromBase64url, toBase64url } from '../../suite/base64url.js';

/** A row of a MODP group. */
export function nodeModpRow(group: ModpGroup): KeyExchangeRow {
  /** One object for all exchanges: OpenSSL looks for small factors in primes it does not know, 30 ms for group 2. */
  let dh: DiffieHellman | undefined;
  const octets = (number: bigint): Uint8Array => fromHex(number.toString(16).padStart(2 * group.publicLength, '0'));
  const begin: Engine = (privateValue) => {
    const withKey = (compute: (dh: DiffieHellman) => Uint8Array): Uint8Array => {
      dh ??= createDiffieHellman(octets(group.prime()), octets(group.generator()));
      dh.setPrivateKey(privateValue);
      try {
        return taken(compute(dh), group.publicLength);
      } finally {
        dh.setPrivateKey(ONE); // frees, and thereby cleanses, the other
      }
    };
    return {
      publicValue: withKey((own) => own.generateKeys()),
      shared: (peerPublic) => withKey((own) => own.computeSecret(peerPublic)),
    };
  };
  return keyExchangeRow(group, 'node', begin);
}

/** A row of a curve over GF(p). @param curve OpenSSL's name: `prime256v1`. */
export function nodeEcRow(group: EcGroup, curve: string): KeyExchangeRow {
  const begin: Engine = (privateValue) => {
    const ecdh = createECDH(curve);
    ecdh.setPrivateKey(privateValue);
    return {
      publicValue: taken(ecdh.getPublicKey().subarray(1), group.publicLength),
      shared: (peerPublic) => taken(ecdh.computeSecret(uncompressed(peerPublic)), group.sharedLength),
    };
  };
  return keyExchangeRow(group, 'node', begin);
}

/**
 * A row of Curve25519 or Curve448. Keys go in as JSON Web Keys: three times as fast as DER; the string with the private value is left to
 * the collector.
 */
export function nodeMontgomeryRow(group: Group, crv: 'X25519' | 'X448'): KeyExchangeRow {
  const jwk = (members: Record<string, string>): JsonWebKeyInput => ({ key: { kty: 'OKP', crv, ...members }, format: 'jwk' });
  const begin: Engine = (privateValue) => {
    // Node wants an `x`, but computes it itself
    const privateKey = createPrivateKey(jwk({ d: toBase64url(privateValue), x: '' }));
    const { x = '' } = privateKey.export({ format: 'jwk' });
    return {
      publicValue: fromBase64url(x),
      shared: (peerPublic) => {
        const publicKey = createPublicKey(jwk({ x: toBase64url(peerPublic) }));
        return withSecret(taken(diffieHellman({ privateKey, publicKey }), group.sharedLength));
      },
    };
  };
  return keyExchangeRow(group, 'node', begin);
}

const ONE = Uint8Array.of(1);

/** A copy with zeros in front of it; what OpenSSL gave is wiped. */
function taken(given: Uint8Array, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  octets.set(given, length - given.length);
  given.fill(0);
  return octets;
}
