/**
 * Keying material: of the IKE SA, of its Child SAs, and at rekeying.
 *
 * @module
 */
import { concat, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { prf, prfPlus } from '../suite/prf.js';
import type { PrfRow } from '../suite/types-ike.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';

/** The algorithms that the keys are for. */
export interface KeyedAlgorithms {
  /** Encryption, combined-mode or not; absent in AH. */
  readonly encryption?: EncryptionRow;
  /** Integrity; absent with a combined-mode algorithm. */
  readonly integrity?: IntegrityRow;
}

/** The seven secrets of an IKE SA (RFC 7296 section 2.14). With a combined-mode cipher SK_ai and SK_ar are empty. */
export interface IkeKeys {
  /** For the keys of Child SAs, and for SKEYSEED at rekeying. */
  readonly SK_d: Uint8Array;
  /** Integrity of what the original initiator sends. */
  readonly SK_ai: Uint8Array;
  /** Integrity of what the original responder sends. */
  readonly SK_ar: Uint8Array;
  /** Encryption of what the original initiator sends, salt included. */
  readonly SK_ei: Uint8Array;
  /** Encryption of what the original responder sends, salt included. */
  readonly SK_er: Uint8Array;
  /** For the initiator's AUTH payload. */
  readonly SK_pi: Uint8Array;
  /** For the responder's AUTH payload. */
  readonly SK_pr: Uint8Array;
}

/** What an exchange brings to the keys. */
export interface KeyInput {
  /** The initiator's nonce, just the value. */
  readonly Ni: Uint8Array;
  /** The responder's nonce. */
  readonly Nr: Uint8Array;
  /** g^ir: the shared secret, as long as the modulus. */
  readonly gIr: Uint8Array;
}

/**
 * SKEYSEED of the first IKE SA. RFC 7296 section 2.14: "SKEYSEED = prf(Ni | Nr, g^ir)"
 *
 * RFC 7296 section 2.14: "If the negotiated PRF is AES-XCBC-PRF-128 [AESXCBCPRF128] or AES-CMAC-PRF-128 [AESCMACPRF128], only the first 64
 * bits of Ni and the first 64 bits of Nr are used in calculating SKEYSEED".
 *
 * @example
 * ```ts
 * import { computeSkeyseed, deriveIkeKeys } from 'ipsec-ts/ike';
 * import { aes256Gcm16 } from 'ipsec-ts/suite/aead';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const random = (octets: number) => crypto.getRandomValues(new Uint8Array(octets));
 * const [Ni, Nr, gIr, spiI, spiR] = [random(32), random(32), random(32), random(8), random(8)];
 * const SKEYSEED = computeSkeyseed(prfHmacSha256, { Ni, Nr, gIr });
 * const keys = deriveIkeKeys(prfHmacSha256, { encryption: aes256Gcm16 }, SKEYSEED, { Ni, Nr, spiI, spiR });
 * if (keys.SK_ei.length !== 36 || keys.SK_ai.length !== 0) throw new Error('a key of 32 octets with 4 of salt, and no integrity key');
 * ```
 */
export function computeSkeyseed(row: PrfRow, { Ni, Nr, gIr }: KeyInput): Uint8Array {
  checkSecret(gIr);
  const nonces = row.fixedKey ? concat(Ni.subarray(0, 8), Nr.subarray(0, 8)) : concat(Ni, Nr);
  return prf(row, nonces, gIr);
}

/**
 * SKEYSEED of an IKE SA that replaces another. RFC 7296 section 2.18: "SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)"
 *
 * @param oldRow RFC 7296 section 2.18: "it is the old IKE SA's PRF that is used to generate SKEYSEED."
 */
export function computeRekeySkeyseed(oldRow: PrfRow, SK_d: Uint8Array, { Ni, Nr, gIr }: KeyInput): Uint8Array {
  checkSecret(gIr);
  return prf(oldRow, SK_d, gIr, Ni, Nr);
}

/**
 * The keys of an IKE SA. RFC 7296 section 2.14: "{SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)"
 *
 * @param row the new IKE SA's prf.
 * @param algorithms the new IKE SA's.
 * @param input nonces and SPIs; at rekeying the fresh nonces and the new SPIs.
 * @throws IpsecError `invalid-argument`: integrity is missing, or there is one too many (RFC 5282 section 8).
 */
export function deriveIkeKeys(
  row: PrfRow,
  algorithms: KeyedAlgorithms & { readonly encryption: EncryptionRow },
  SKEYSEED: Uint8Array,
  input: { readonly Ni: Uint8Array; readonly Nr: Uint8Array; readonly spiI: Uint8Array; readonly spiR: Uint8Array },
): IkeKeys {
  checkAlgorithms(algorithms);
  // RFC 7296 section 2.14: "The lengths of SK_d, SK_pi, and SK_pr MUST be the preferred key length of the PRF agreed upon."
  const p = row.preferredKeyLength;
  const a = materialLength(algorithms.integrity);
  const e = materialLength(algorithms.encryption);
  const seed = concat(input.Ni, input.Nr, input.spiI, input.spiR);
  const [SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr] = cut(row, SKEYSEED, seed, [p, a, a, e, e, p, p]);
  return { SK_d: SK_d!, SK_ai: SK_ai!, SK_ar: SK_ar!, SK_ei: SK_ei!, SK_er: SK_er!, SK_pi: SK_pi!, SK_pr: SK_pr! };
}

/** The keys of one direction of a Child SA: what `createSa` takes, salts at their ends. */
export interface ChildSaKeys {
  /** Encryption key; empty in AH and with ENCR_NULL. */
  readonly encryption: Uint8Array;
  /** Integrity key; empty with a combined-mode algorithm. */
  readonly integrity: Uint8Array;
}

/** KEYMAT of a pair of Child SAs. */
export interface ChildKeys {
  /** For packets from the initiator of the exchange to its responder. */
  readonly initiator: ChildSaKeys;
  /** For packets from the responder of the exchange to its initiator. */
  readonly responder: ChildSaKeys;
}

/**
 * The keys of a pair of Child SAs. RFC 7296 section 2.17: "KEYMAT = prf+(SK_d, Ni | Nr)", and with a key exchange of its own
 * "KEYMAT = prf+(SK_d, g^ir (new) | Ni | Nr)".
 *
 * RFC 7296 section 2.17: "All keys for SAs carrying data from the initiator to the responder are taken before SAs going from the responder to
 * the initiator." Of each "the encryption key (if any) MUST be taken from the first bits and the integrity key (if any) MUST be taken from the
 * remaining bits."
 *
 * @param row the IKE SA's prf.
 * @param input of the IKE_SA_INIT exchange for the first Child SA, else of the CREATE_CHILD_SA exchange; `gIr` with PFS.
 * @throws IpsecError `invalid-argument` as {@link deriveIkeKeys}.
 */
export function deriveChildKeys(
  row: PrfRow,
  algorithms: KeyedAlgorithms,
  SK_d: Uint8Array,
  { Ni, Nr, gIr }: Omit<KeyInput, 'gIr'> & Partial<Pick<KeyInput, 'gIr'>>,
): ChildKeys {
  checkAlgorithms(algorithms);
  if (gIr !== undefined) checkSecret(gIr);
  const e = materialLength(algorithms.encryption);
  const a = materialLength(algorithms.integrity);
  const seed = gIr === undefined ? concat(Ni, Nr) : concat(gIr, Ni, Nr);
  const [ei, ai, er, ar] = cut(row, SK_d, seed, [e, a, e, a]);
  wipe(seed);
  return { initiator: { encryption: ei!, integrity: ai! }, responder: { encryption: er!, integrity: ar! } };
}

/** Overwrites all keys with zeros. */
export function wipeIkeKeys(keys: IkeKeys): void {
  wipe(...(Object.values(keys) as Uint8Array[]));
}

function materialLength(row: EncryptionRow | IntegrityRow | undefined): number {
  return row === undefined ? 0 : row.keyLength + row.saltLength;
}

/** RFC 7296 section 2.13: "The keys are taken from the output string without regard to boundaries". */
function cut(row: PrfRow, key: Uint8Array, seed: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const material = prfPlus(
    row,
    key,
    seed,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  let at = 0;
  const keys = lengths.map((length) => material.slice(at, (at += length)));
  wipe(material);
  return keys;
}

function checkSecret(gIr: Uint8Array): void {
  if (gIr.length === 0) throw new IpsecError('invalid-argument', 'the shared secret g^ir', { expected: 'at least 1 octet', found: 'none' });
}

/**
 * No key may come out empty because an algorithm is missing. RFC 5282 section 8: "when an authenticated encryption algorithm is selected as the
 * encryption algorithm for any SA (IKE or ESP), an integrity algorithm MUST NOT be selected for that SA."
 */
export function checkAlgorithms({ encryption, integrity }: KeyedAlgorithms): void {
  const isCombined = encryption?.kind === 'aead';
  if (isCombined === (integrity === undefined)) return;
  throw new IpsecError('invalid-argument', `the algorithms of an SA with ${encryption?.name ?? 'no encryption'}`, {
    path: 'integrity',
    expected: isCombined ? 'no integrity algorithm beside a combined-mode one' : 'an integrity algorithm',
    found: integrity?.name ?? 'none',
  });
}
