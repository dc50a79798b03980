/**
 * What two peers may agree on, and what they agreed on, in rows: the numbers stay on the wire.
 *
 * @module
 */
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';

/**
 * Algorithms for an IKE SA, each list in order of preference. Combined-mode ciphers and others may stand in one record: on the wire they
 * become two proposals. RFC 7296 section 3.3: "If an initiator wants to propose both combined-mode ciphers and normal ciphers, it must
 * include two proposals: one will have all the combined-mode ciphers, and the other will have all the normal ciphers with the integrity
 * algorithms."
 */
export interface IkeProposal {
  /** Combined-mode ciphers, other ciphers, or both. */
  readonly encryption: readonly EncryptionRow[];
  /** Integrity algorithms for those ciphers that are not combined-mode ones; empty when all are. */
  readonly integrity: readonly IntegrityRow[];
  /** Pseudorandom functions. */
  readonly prf: readonly PrfRow[];
  /** Groups; the initiator makes its first KE payload of the first one. */
  readonly keyExchange: readonly KeyExchangeRow[];
}

/** Algorithms for a pair of Child SAs, each list in order of preference. */
export interface ChildProposal {
  /** The IPsec protocol. */
  readonly protocol: 'ESP' | 'AH';
  /** Combined-mode ciphers, other ciphers, or both; empty for AH. */
  readonly encryption: readonly EncryptionRow[];
  /** Integrity algorithms for AH, and for those ciphers of ESP that are not combined-mode ones. */
  readonly integrity: readonly IntegrityRow[];
  /**
   * Groups for perfect forward secrecy in CREATE_CHILD_SA. `'none'` stands for "without is fine too", at its place in the order of
   * preference. Empty: without, and nothing else.
   */
  readonly keyExchange: readonly (KeyExchangeRow | 'none')[];
  /** Extended Sequence Numbers: `[true, false]` prefers them, `[true]` insists on them. */
  readonly esn: readonly boolean[];
}

/** The lists of algorithms that a proposal has. */
export type AlgorithmKind = 'encryption' | 'integrity' | 'prf' | 'keyExchange';

/** What was agreed on for an IKE SA. */
export interface ChosenIke {
  /** The cipher. */
  readonly encryption: EncryptionRow;
  /** Absent with a combined-mode cipher. */
  readonly integrity?: IntegrityRow;
  /** The pseudorandom function. */
  readonly prf: PrfRow;
  /** The group; the KE payloads must be of it. */
  readonly keyExchange: KeyExchangeRow;
}

/** What was agreed on for a pair of Child SAs. */
export interface ChosenChild {
  /** The IPsec protocol. */
  readonly protocol: 'ESP' | 'AH';
  /** Absent with AH. */
  readonly encryption?: EncryptionRow;
  /** Absent with a combined-mode cipher. */
  readonly integrity?: IntegrityRow;
  /** Absent without perfect forward secrecy. */
  readonly keyExchange?: KeyExchangeRow;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
}

/** Where in the protocol an IKE proposal stands. */
export interface IkeProposalOptions {
  /** In CREATE_CHILD_SA: then the SPIs stand in the proposals, 8 octets each. Default false. */
  readonly rekey?: boolean | undefined;
}

/** Where in the protocol a Child SA's proposal stands. */
export interface ChildProposalOptions {
  /**
   * True in CREATE_CHILD_SA, false in IKE_AUTH. RFC 7296 section 1.2: "Note that IKE_AUTH messages do not contain KEi/KEr or Ni/Nr
   * payloads. Thus, the SA payloads in the IKE_AUTH exchange cannot contain Transform Type 4 (Diffie-Hellman group) with any value other
   * than NONE. Implementations SHOULD omit the whole transform substructure instead of sending value NONE."
   */
  readonly keyExchange: boolean;
}
