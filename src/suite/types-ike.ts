/**
 * The shapes of the algorithms that only IKE uses: pseudorandom functions (Transform Type 2) and key exchanges (Transform Type 4).
 * Rows like those of `types.ts`: a caller hands in what it wants to negotiate, and faster engines are further rows of the same names.
 *
 * @module
 */
import type { FillRandom } from './types.js';

/** A pseudorandom function (RFC 7296 section 2.13). */
export interface PrfRow {
  /** Tells rows apart. */
  readonly kind: 'prf';
  /** IANA's name, e.g. `PRF_HMAC_SHA2_256`. */
  readonly name: string;
  /** IANA's Transform Type 2 number. */
  readonly id: number;
  /** Octets of output. */
  readonly outputLength: number;
  /**
   * Octets of SK_d, SK_pi and SK_pr. RFC 7296 section 2.13: "The preferred key size MUST be used as the length of SK_d, SK_pi, and
   * SK_pr (see Section 2.14)."
   */
  readonly preferredKeyLength: number;
  /**
   * True of AES-XCBC-PRF-128 and AES-CMAC-PRF-128. RFC 7296 section 2.14: "only the first 64 bits of Ni and the first 64 bits of Nr
   * are used in calculating SKEYSEED, but all the bits are used for input to the prf+ function."
   */
  readonly fixedKey: boolean;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /** Keys the function. @param key of any length, copied. */
  create(key: Uint8Array): PrfContext;
}

/** Keyed state of one {@link PrfRow}. */
export interface PrfContext {
  /** prf(key, part | part | ...): a new array of `outputLength` octets. Throws `sa-deleted` after `destroy()`. */
  compute(...parts: readonly Uint8Array[]): Uint8Array;
  /** Overwrites every key and inner state with zeros. */
  destroy(): void;
  /** The buffers that hold key material, for the test that reads them after `destroy`. */
  readonly secrets: readonly (Uint8Array | Uint32Array | Int32Array)[];
}

/** A Diffie-Hellman group, or a curve that serves as one. */
export interface KeyExchangeRow {
  /** Tells rows apart. */
  readonly kind: 'ke';
  /** IANA's name, e.g. `2048-bit MODP Group`. */
  readonly name: string;
  /** What configurations call it, e.g. `modp2048`; the name of the export, too. */
  readonly shortName: string;
  /** IANA's Transform Type 4 number. */
  readonly id: number;
  /** Octets of a public value, which is the Key Exchange Data of a KE payload. */
  readonly publicLength: number;
  /** Octets of the shared secret g^ir. */
  readonly sharedLength: number;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /**
   * Makes a private value and computes its public one: the expensive half.
   * @param random fills a buffer of 25 to 74 octets; the same octets give the same value with every engine.
   */
  generate(random: FillRandom): KeyExchange;
  /**
   * Takes a private value that is already there (vectors, replay of a recorded exchange).
   * @param privateValue copied. MODP: 1 to `publicLength` octets, big-endian, not zero; curves over GF(p): as long as a coordinate,
   * between 1 and the order of the curve; Curve25519 and Curve448: 32 and 56 octets.
   * @throws IpsecError `invalid-argument`: no such value.
   */
  from(privateValue: Uint8Array): KeyExchange;
}

/** One private value and what it is good for: one exchange, then `destroy()`. */
export interface KeyExchange {
  /** `publicLength` octets for the KE payload. */
  readonly publicValue: Uint8Array;
  /**
   * The shared secret g^ir, `sharedLength` octets; a new array, which the caller wipes once SKEYSEED is made.
   * @param peerPublic the peer's Key Exchange Data; all recipient tests of RFC 6989 and RFC 8031 are done on it.
   * @throws IpsecError `invalid-public-value`, blame `peer`: the value is too short or too long, or fails a test. RFC 6989
   * section 2.5: "the recipient MUST drop the message that contains an invalid KE payload". Nothing else is thrown, except
   * `sa-deleted` after `destroy()`.
   */
  shared(peerPublic: Uint8Array): Uint8Array;
  /** Overwrites the private value with zeros. Big integers and objects of OpenSSL made from it are left to the collector. */
  destroy(): void;
  /** The buffer that holds the private value, for the test that reads it after `destroy`. */
  readonly secrets: readonly Uint8Array[];
}
