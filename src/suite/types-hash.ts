/**
 * The shape of a hash algorithm, as IKEv1 negotiates it. Rows like all others: a caller hands in what it wants to negotiate.
 *
 * @module
 */
import type { PrfRow } from './types-ike.js';

/** A hash algorithm (RFC 2409 appendix A). */
export interface HashRow {
  /** Tells rows apart. */
  readonly kind: 'hash';
  /** IANA's name, e.g. `SHA2-256`; SHA-1 is `SHA`. */
  readonly name: string;
  /** IANA's number of the Hash Algorithm attribute of IKEv1. */
  readonly id: number;
  /** Octets of output. */
  readonly outputLength: number;
  /** Its HMAC. RFC 2409 section 4: "the HMAC (see [KBC96]) version of the negotiated hash algorithm is used as a pseudo-random function." */
  readonly prf: PrfRow;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /** The hash of all parts in order: a new array of `outputLength` octets. */
  digest(...parts: readonly Uint8Array[]): Uint8Array;
}
