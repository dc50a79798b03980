/**
 * Revocation: what is asked of the caller.
 *
 * @module
 */

/** How revocation is looked at. */
export type RevocationMode = 'off' | 'if-available' | 'required';

/** The caps of a fetch, and what is sent. */
export interface FetchOptions {
  /** The most octets: the callback stops there, and longer answers are not looked at. */
  readonly maxOctets: number;
  /** Milliseconds that it may take: the callback stops then. */
  readonly deadline: number;
  /** `crl`: a GET. `ocsp`: a POST of `body` as `application/ocsp-request` (RFC 6960 appendix A.1). */
  readonly purpose: 'crl' | 'ocsp';
  /** DER of an OCSPRequest. */
  readonly body?: Uint8Array | undefined;
}

/**
 * Fetches a revocation list or an OCSP response. The URL stands in a certificate whose path to an anchor is valid, of a peer that has proved to hold the
 * key; it is `http:` or `https:` and up to 2048 characters long. Which hosts may be asked is the callback's business. What it throws counts as no answer.
 */
export type FetchRevocation = (url: string, options: FetchOptions) => Promise<Uint8Array>;
