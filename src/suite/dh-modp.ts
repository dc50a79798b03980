/**
 * Diffie-Hellman modulo a prime (RFC 3526): g^x mod p. Private exponents are short, because their length is what the time goes into:
 * the group's strength does not grow with an exponent longer than twice that.
 *
 * Big integers of JavaScript do not take constant time. RFC 6989 section 3 on the attack that needs this: "The blinding factor is only
 * necessary if the exponent x is used more than 100 times."; here each is used once.
 *
 * @module
 */
import { pow } from '@noble/curves/abstract/modular.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { oakleyPrime } from './dh-pi.js';
import { type Engine, type Group, invalidPrivateValue, invalidPublicValue, keyExchangeRow } from './dh-row.js';
import type { KeyExchangeRow } from './types-ike.js';

/** A group of numbers modulo a prime. */
export interface ModpGroup extends Group {
  /** The modulus p. */
  prime(): bigint;
  /** The generator g. */
  generator(): bigint;
}

/** What a {@link ModpGroup} is made of; the numbers only when first used, so that importing costs nothing. */
export interface ModpParameters {
  /** Bits of the modulus. */
  readonly bits: number;
  /** Bits of private exponents, a multiple of 8. */
  readonly exponentBits: number;
  /** The modulus p. */
  readonly prime: () => bigint;
  /** The generator g. */
  readonly generator: () => bigint;
  /** The order q of the subgroup, where it is not (p-1)/2: then every public value is tested against it, too. */
  readonly order?: () => bigint;
}

/**
 * A group whose prime is of the Oakley kind; its generator is 2.
 *
 * @param exponentBits above the smaller estimate of RFC 3526 section 8, in whole octets. RFC 3526 section 1: "It should have double the
 * entropy of the strength of the entire system".
 */
export function oakleyGroup(id: number, bits: number, addend: number, exponentBits: number): ModpGroup {
  let prime: bigint | undefined;
  return modpGroup(`${bits}-bit MODP Group`, `modp${bits}`, id, {
    bits,
    exponentBits,
    prime: () => (prime ??= oakleyPrime(bits, addend)),
    generator: () => 2n,
  });
}

/** A group with its recipient tests. */
export function modpGroup(name: string, shortName: string, id: number, parameters: ModpParameters): ModpGroup {
  const { bits, exponentBits, prime, generator, order } = parameters;
  return {
    name,
    shortName,
    id,
    publicLength: bits / 8,
    sharedLength: bits / 8,
    seedLength: exponentBits / 8,
    prime,
    generator,
    privateOf: (seed) => seed,
    checkPrivate(value): void {
      if (value.length > bits / 8) throw invalidPrivateValue(name, `at most ${bits / 8} octets`, `${value.length}`);
      if (value.every((octet) => octet === 0)) throw invalidPrivateValue(name, 'a number above zero', 'zero');
    },
    checkPublic(value): void {
      checkRange(name, bytesToNumberBE(value), prime());
      if (order !== undefined) checkOrder(name, bytesToNumberBE(value), prime(), order());
    },
  };
}

/**
 * RFC 6989 section 2.1: "Each recipient MUST verify that the peer's public value r is in the legal range (1 < r < p-1)."
 * Section 2.2 wants the same.
 */
function checkRange(name: string, r: bigint, p: bigint): void {
  if (r > 1n && r < p - 1n) return;
  throw invalidPublicValue(name, { expected: 'a number r with 1 < r < p-1', found: r > 1n ? 'p-1 or more' : '0 or 1' });
}

/**
 * RFC 6989 section 2.2: "It MUST check both that the peer's public value is in range (1 < r < p-1) and that r^q = 1 mod p (where q is
 * the size of the subgroup, as listed in the RFC defining the group)."
 * RFC 8247 section 2.4 leaves no choice: "Since groups 23 and 24 have small subgroups, the checks specified in the first bullet point of
 * Section 2.2 of "Additional Diffie-Hellman Tests for the Internet Key Exchange Protocol Version 2 (IKEv2)" [RFC6989] MUST be done when
 * these groups are used."
 */
function checkOrder(name: string, r: bigint, p: bigint, q: bigint): void {
  if (pow(r, q, p) !== 1n) throw invalidPublicValue(name, { expected: 'a number r with r^q = 1 mod p', found: 'one outside the subgroup' });
}

/** A row over big integers. */
export function nobleModpRow(group: ModpGroup): KeyExchangeRow {
  const begin: Engine = (privateValue) => {
    const power = (base: bigint): Uint8Array =>
      numberToBytesBE(pow(base, bytesToNumberBE(privateValue), group.prime()), group.publicLength);
    return {
      // RFC 7296 section 3.4: "The length of the Diffie-Hellman public value for MODP groups MUST be equal to the length of the prime
      // modulus over which the exponentiation was performed, prepending zero bits to the value if necessary."
      publicValue: power(group.generator()),
      // RFC 7296 section 2.14: "g^ir is represented as a string of octets in big endian order padded with zeros if necessary to make it
      // the length of the modulus."
      shared: (peerPublic) => power(bytesToNumberBE(peerPublic)),
    };
  };
  return keyExchangeRow(group, 'noble', begin);
}

/** Group 14. */
export const modp2048Group: ModpGroup = /* @__PURE__ */ oakleyGroup(14, 2048, 124476, 256);
/** Group 15. */
export const modp3072Group: ModpGroup = /* @__PURE__ */ oakleyGroup(15, 3072, 1690314, 280);
/** Group 16. */
export const modp4096Group: ModpGroup = /* @__PURE__ */ oakleyGroup(16, 4096, 240904, 328);
/** Group 17. */
export const modp6144Group: ModpGroup = /* @__PURE__ */ oakleyGroup(17, 6144, 929484, 376);
/** Group 18. */
export const modp8192Group: ModpGroup = /* @__PURE__ */ oakleyGroup(18, 8192, 4743158, 400);

/** 2048-bit MODP Group (RFC 3526), MUST. */
export const modp2048: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp2048Group);
/** 3072-bit MODP Group (RFC 3526). */
export const modp3072: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp3072Group);
/** 4096-bit MODP Group (RFC 3526). */
export const modp4096: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp4096Group);
/** 6144-bit MODP Group (RFC 3526). */
export const modp6144: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp6144Group);
/** 8192-bit MODP Group (RFC 3526): a twentieth of a second on each side. */
export const modp8192: KeyExchangeRow = /* @__PURE__ */ nobleModpRow(modp8192Group);
