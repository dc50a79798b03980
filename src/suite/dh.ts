/**
 * Key exchanges as rows: Curve25519 and Curve448, the random ECP groups, Brainpool curves, MODP groups from 2048 bits. Smaller and
 * suspect groups are in `suite/dh-legacy`.
 *
 * @example
 * ```ts
 * import { curve25519 } from 'ipsec-ts/suite/dh';
 *
 * const random = (target: Uint8Array): void => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
 * const initiator = curve25519.generate(random);
 * const responder = curve25519.generate(random);
 * const a = initiator.shared(responder.publicValue);
 * const b = responder.shared(initiator.publicValue);
 * if (a.length !== 32 || !a.every((octet, i) => octet === b[i])) throw new Error('not the same secret');
 * initiator.destroy();
 * responder.destroy();
 * ```
 *
 * @module
 */
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1, ecp256, ecp384, ecp521 } from './dh-ec.js';
import { modp2048, modp3072, modp4096, modp6144, modp8192 } from './dh-modp.js';
import { curve25519, curve448 } from './dh-montgomery.js';
import type { KeyExchangeRow } from './types-ike.js';

export { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1, ecp256, ecp384, ecp521 } from './dh-ec.js';
export { modp2048, modp3072, modp4096, modp6144, modp8192 } from './dh-modp.js';
export { curve25519, curve448 } from './dh-montgomery.js';
export { findKeyExchange } from './find-ike.js';
export type { KeyExchange, KeyExchangeRow } from './types-ike.js';

/** Every row of this module, in an order that suits a proposal: fast first, large MODP groups last. */
export const keyExchangeRows: readonly KeyExchangeRow[] = /* @__PURE__ */ Object.freeze([
  curve25519,
  ecp256,
  ecp384,
  ecp521,
  curve448,
  modp2048,
  modp3072,
  modp4096,
  brainpoolP256r1,
  brainpoolP384r1,
  brainpoolP512r1,
  modp6144,
  modp8192,
]);
