/**
 * Keying material of IKEv1: SKEYID and what is made of it, and the keys of the SAs that Quick Mode negotiates.
 *
 * @module
 */
import { concat, EMPTY, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { prf } from '../suite/prf.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { PrfRow } from '../suite/types-ike.js';

/** The nonces of an exchange, just the values (Ni_b and Nr_b). */
export interface Nonces {
  /** The initiator's. */
  readonly Ni: Uint8Array;
  /** The responder's. */
  readonly Nr: Uint8Array;
}

/**
 * SKEYID with a pre-shared key. RFC 2409 section 5: "For pre-shared keys:       SKEYID = prf(pre-shared-key, Ni_b | Nr_b)"
 *
 * @param row HMAC of the negotiated hash.
 *
 * @example
 * ```ts
 * import { computeSkeyidPsk, derivePhase1Keys } from 'ipsec-ts/ikev1';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const random = (octets: number) => crypto.getRandomValues(new Uint8Array(octets));
 * const SKEYID = computeSkeyidPsk(prfHmacSha256, new TextEncoder().encode('as much unpredictability as it gets'), { Ni: random(32), Nr: random(32) });
 * const keys = derivePhase1Keys(prfHmacSha256, SKEYID, { gXy: random(256), ckyI: random(8), ckyR: random(8) });
 * if (keys.SKEYID_e.length !== 32) throw new Error('as long as the hash');
 * ```
 */
export function computeSkeyidPsk(row: PrfRow, presharedKey: Uint8Array, { Ni, Nr }: Nonces): Uint8Array {
  return prf(row, presharedKey, Ni, Nr);
}

/**
 * SKEYID with signatures. RFC 2409 section 5: "For signatures:            SKEYID = prf(Ni_b | Nr_b, g^xy)"
 *
 * There is no third one: the modes with public key encryption are refused, since they decrypt whatever a stranger sends.
 *
 * @param gXy the shared secret, as long as the group.
 */
export function computeSkeyidSignatures(row: PrfRow, { Ni, Nr }: Nonces, gXy: Uint8Array): Uint8Array {
  checkSecret(gXy);
  return prf(row, concat(Ni, Nr), gXy);
}

/** The secrets of an ISAKMP SA (RFC 2409 section 5). Each is as long as the output of the prf. */
export interface Phase1Keys {
  /** For HASH_I and HASH_R. */
  readonly SKEYID: Uint8Array;
  /** For the keys of other SAs. */
  readonly SKEYID_d: Uint8Array;
  /** For the hashes of later exchanges. */
  readonly SKEYID_a: Uint8Array;
  /** For encryption: see {@link expandEncryptionKey}. */
  readonly SKEYID_e: Uint8Array;
}

/**
 * The three secrets that SKEYID leads to.
 *
 * RFC 2409 section 5: "SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0) SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)
 * SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)"; "The values of 0, 1, and 2 above are represented by a single octet."
 *
 * @param row HMAC of the negotiated hash.
 * @throws IpsecError `invalid-argument`: an empty secret.
 */
export function derivePhase1Keys(
  row: PrfRow,
  SKEYID: Uint8Array,
  { gXy, ckyI, ckyR }: { readonly gXy: Uint8Array; readonly ckyI: Uint8Array; readonly ckyR: Uint8Array },
): Phase1Keys {
  checkSecret(gXy);
  const context = row.create(SKEYID);
  const next = (previous: Uint8Array, number: number): Uint8Array => context.compute(previous, gXy, ckyI, ckyR, Uint8Array.of(number));
  const SKEYID_d = next(EMPTY, 0);
  const SKEYID_a = next(SKEYID_d, 1);
  const SKEYID_e = next(SKEYID_a, 2);
  context.destroy();
  return { SKEYID, SKEYID_d, SKEYID_a, SKEYID_e };
}

/** Overwrites all secrets with zeros. */
export function wipePhase1Keys({ SKEYID, SKEYID_d, SKEYID_a, SKEYID_e }: Phase1Keys): void {
  wipe(SKEYID, SKEYID_d, SKEYID_a, SKEYID_e);
}

/**
 * The key that messages are encrypted with: the first octets of SKEYID_e if it has enough of them, else of Ka.
 *
 * RFC 2409 appendix B: "Ka = K1 | K2 | K3 and K1 = prf(SKEYID_e, 0) K2 = prf(SKEYID_e, K1) K3 = prf(SKEYID_e, K2)", where 0 "is represented by a single octet".
 *
 * DES keys that are weak are not stepped over, as the appendix wants it of DES: the row refuses them, one in 2^52, and the exchange fails.
 *
 * @param length octets: the `keyLength` of the cipher's row.
 */
export function expandEncryptionKey(row: PrfRow, SKEYID_e: Uint8Array, length: number): Uint8Array {
  if (length <= SKEYID_e.length) return SKEYID_e.slice(0, length);
  return feedBack(row, SKEYID_e, length, (previous) => [previous ?? Uint8Array.of(0)]);
}

/** What the keys of one SA are made of besides SKEYID_d. */
export interface KeymatInput extends Nonces {
  /** RFC 2409 section 5.5: "In either case, "protocol" and "SPI" are from the ISAKMP Proposal Payload that contained the negotiated Transform." 2: AH, 3: ESP. */
  readonly protocol: number;
  /** RFC 2409 section 5.5: "The SPI chosen by the destination of the SA is used to derive KEYMAT for that SA." */
  readonly spi: Uint8Array;
  /** g(qm)^xy, with PFS. */
  readonly gXy?: Uint8Array | undefined;
}

/**
 * KEYMAT of one SA, which is one direction. RFC 2409 section 5.5: "K1 = prf(SKEYID_d, [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b) K2 = prf(SKEYID_d, K1 |
 * [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)", and so on.
 *
 * @param length octets wanted.
 * @throws IpsecError `invalid-argument`: an empty secret.
 */
export function deriveKeymat(row: PrfRow, SKEYID_d: Uint8Array, input: KeymatInput, length: number): Uint8Array {
  const { protocol, spi, Ni, Nr, gXy } = input;
  if (gXy !== undefined) checkSecret(gXy);
  const seed = concat(gXy ?? EMPTY, Uint8Array.of(protocol), spi, Ni, Nr);
  const keymat = feedBack(row, SKEYID_d, length, (previous) => [previous ?? EMPTY, seed]);
  wipe(seed);
  return keymat;
}

/** The keys of one SA: what `createSa` takes, salts at their ends. */
export interface SaKeys {
  /** Encryption key; empty in AH and with ENCR_NULL. */
  readonly encryption: Uint8Array;
  /** Integrity key; empty with a combined-mode algorithm. */
  readonly integrity: Uint8Array;
}

/**
 * The keys of one SA, cut from {@link deriveKeymat}. RFC 4301 section 4.5.2: "the encryption keys MUST be taken from the first (left-most, high-order) bits and
 * the integrity keys MUST be taken from the remaining bits."
 *
 * @param algorithms one of them may be missing: AH has no encryption, a combined-mode algorithm no integrity beside it.
 *
 * @example
 * ```ts
 * import { deriveSaKeys } from 'ipsec-ts/ikev1';
 * import { aes128Cbc } from 'ipsec-ts/suite/encr';
 * import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const algorithms = { encryption: aes128Cbc, integrity: hmacSha256_128 };
 * const nonces = { Ni: new Uint8Array(16).fill(1), Nr: new Uint8Array(16).fill(2) };
 * const keys = deriveSaKeys(prfHmacSha256, algorithms, new Uint8Array(32), { ...nonces, protocol: 3, spi: Uint8Array.of(0, 0, 1, 0) });
 * if (keys.encryption.length !== 16 || keys.integrity.length !== 32) throw new Error('48 octets');
 * ```
 */
export function deriveSaKeys(
  row: PrfRow,
  { encryption, integrity }: { readonly encryption?: EncryptionRow | undefined; readonly integrity?: IntegrityRow | undefined },
  SKEYID_d: Uint8Array,
  input: KeymatInput,
): SaKeys {
  const isCombined = encryption?.kind === 'aead';
  if (isCombined === (integrity !== undefined)) {
    throw new IpsecError('invalid-argument', `the algorithms of an SA with ${encryption?.name ?? 'no encryption'}`, {
      path: 'integrity',
      expected: isCombined ? 'no integrity algorithm beside a combined-mode one' : 'an integrity algorithm',
      found: integrity?.name ?? 'none',
    });
  }
  const e = materialLength(encryption);
  const keymat = deriveKeymat(row, SKEYID_d, input, e + materialLength(integrity));
  const keys = { encryption: keymat.slice(0, e), integrity: keymat.slice(e) };
  wipe(keymat);
  return keys;
}

function materialLength(row: EncryptionRow | IntegrityRow | undefined): number {
  return row === undefined ? 0 : row.keyLength + row.saltLength;
}

/** K1 | K2 | K3 ..., each made from the one before it, cut to `length`. */
function feedBack(
  row: PrfRow,
  key: Uint8Array,
  length: number,
  input: (previous: Uint8Array | undefined) => readonly Uint8Array[],
): Uint8Array {
  const out = new Uint8Array(length);
  const context = row.create(key);
  let block: Uint8Array | undefined;
  for (let at = 0; at < length; at += block.length) {
    const next = context.compute(...input(block));
    if (block !== undefined) wipe(block);
    block = next;
    out.set(block.subarray(0, length - at), at);
  }
  if (block !== undefined) wipe(block);
  context.destroy();
  return out;
}

function checkSecret(gXy: Uint8Array): void {
  if (gXy.length === 0) throw new IpsecError('invalid-argument', 'the shared secret g^xy', { expected: 'at least 1 octet', found: 'none' });
}
