/**
 * Diffie-Hellman on Curve25519 and Curve448 (RFC 8031) with the functions X25519 and X448 of RFC 7748: one coordinate, little-endian,
 * and every string of octets is a valid public value but for a handful that give no secret.
 *
 * @module
 */
import { x25519 } from '@noble/curves/ed25519.js';
import { x448 } from '@noble/curves/ed448.js';
import { type Engine, type Group, invalidPrivateValue, keyExchangeRow } from './dh-row.js';
import type { KeyExchangeRow } from './types-ike.js';

/** X25519 or X448 of noble. */
interface Ladder {
  getPublicKey(privateValue: Uint8Array): Uint8Array;
  getSharedSecret(privateValue: Uint8Array, publicValue: Uint8Array): Uint8Array;
}

/** @param octets of everything: private value, public value, shared secret. */
function montgomeryGroup(name: string, shortName: string, id: number, octets: number): Group {
  return {
    name,
    shortName,
    id,
    publicLength: octets,
    sharedLength: octets,
    seedLength: octets,
    privateOf: (seed) => seed,
    checkPrivate(value): void {
      if (value.length !== octets) throw invalidPrivateValue(name, `${octets} octets`, `${value.length}`);
    },
    /**
     * RFC 8031 section 3.2: "receiving entities MUST mask the most-significant bit in the final byte for X25519 (but not X448), and
     * implementations MUST accept non-canonical values." So there is nothing to refuse before the ladder; see {@link withSecret}.
     */
    checkPublic: () => undefined,
  };
}

/**
 * Refuses a shared secret of zeros, which is what every point of low order gives, whatever the private value: RFC 7748 section 6 lets
 * both sides look for it. The time does not depend on where the first other octet stands.
 */
export function withSecret(shared: Uint8Array): Uint8Array {
  let any = 0;
  for (const octet of shared) any |= octet;
  if (any === 0) throw new RangeError('a point of low order');
  return shared;
}

function nobleMontgomeryRow(group: Group, ladder: () => Ladder): KeyExchangeRow {
  const begin: Engine = (privateValue) => {
    const x = ladder();
    return {
      publicValue: x.getPublicKey(privateValue),
      shared: (peerPublic) => withSecret(x.getSharedSecret(privateValue, peerPublic)),
    };
  };
  return keyExchangeRow(group, 'noble', begin);
}

/** Group 31. */
export const curve25519Group: Group = /* @__PURE__ */ montgomeryGroup('Curve25519', 'curve25519', 31, 32);
/** Group 32. */
export const curve448Group: Group = /* @__PURE__ */ montgomeryGroup('Curve448', 'curve448', 32, 56);

/** Curve25519 (RFC 8031): the fastest, and the one to offer first. */
export const curve25519: KeyExchangeRow = /* @__PURE__ */ nobleMontgomeryRow(curve25519Group, () => x25519);
/** Curve448 (RFC 8031). */
export const curve448: KeyExchangeRow = /* @__PURE__ */ nobleMontgomeryRow(curve448Group, () => x448);
