/**
 * MODP groups below 2048 bits, and those whose subgroups nobody explained. For old peers and old captures; nothing takes them unless
 * the caller hands them in. RFC 8247 section 2.4 on group 1: "It provides no security whatsoever."; on group 2: "It is known to be weak
 * against sufficiently funded attackers using commercially available mass-computing resources, so its security margin is considered too
 * narrow."; on groups 22 to 24: "The seeds for these groups have not been publicly released, resulting in reduced trust in these groups."
 *
 * @example
 * ```ts
 * import { modp1024 } from 'ipsec-ts/suite/dh-legacy';
 *
 * const random = (target: Uint8Array): void => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
 * if (modp1024.generate(random).publicValue.length !== 128) throw new Error('never');
 * ```
 *
 * @module
 */
import { modp1024Group, modp1024s160Group, modp1536Group, modp2048s224Group, modp2048s256Group, modp768Group } from './dh-legacy-groups.js';
import { nobleModpRow } from './dh-modp.js';
import type { KeyExchangeRow } from './types-ike.js';

/** 768-bit MODP Group (RFC 7296 appendix B.1), MUST NOT. */
export const modp768: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp768Group);
/** 1024-bit MODP Group (RFC 7296 appendix B.2), SHOULD NOT. */
export const modp1024: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp1024Group);
/** 1536-bit MODP Group (RFC 3526), SHOULD NOT. */
export const modp1536: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp1536Group);
/** 1024-bit MODP Group with 160-bit Prime Order Subgroup (RFC 5114), MUST NOT. */
export const modp1024s160: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp1024s160Group);
/** 2048-bit MODP Group with 224-bit Prime Order Subgroup (RFC 5114), SHOULD NOT. */
export const modp2048s224: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp2048s224Group);
/** 2048-bit MODP Group with 256-bit Prime Order Subgroup (RFC 5114), SHOULD NOT. */
export const modp2048s256: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp2048s256Group);

/** Every row of this module. */
export const legacyKeyExchangeRows: readonly KeyExchangeRow[] = /* @__PURE__ */ Object.freeze([
  modp1536,
  modp1024,
  modp768,
  modp2048s256,
  modp2048s224,
  modp1024s160,
]);
