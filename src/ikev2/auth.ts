/**
 * Authentication of the IKE SA with a shared key, and what every AUTH payload covers (RFC 7296 section 2.15).
 *
 * @module
 */
import { concat, equalBytes, wipe } from '../bytes.js';
import { prf } from '../suite/prf.js';
import type { PrfRow } from '../suite/types-ike.js';

/** What the octets to be signed are made of: all of one side, but for the nonce. */
export interface SignedOctets {
  /** The side's IKE_SA_INIT message as it was sent: from the first octet of the first SPI to the last octet of the last payload. */
  readonly message: Uint8Array;
  /** RFC 7296 section 2.15: "It is critical to the security of the exchange that each side sign the other side's nonce." */
  readonly nonce: Uint8Array;
  /** The side's whole ID payload without its generic header, as it was sent: `body` of a decoded one. */
  readonly idBody: Uint8Array;
  /** SK_pi of the initiator, SK_pr of the responder. */
  readonly SK_p: Uint8Array;
}

/**
 * The octets that AUTH covers. RFC 7296 section 2.15: "InitiatorSignedOctets = RealMessage1 | NonceRData | MACedIDForI" and
 * "ResponderSignedOctets = RealMessage2 | NonceIData | MACedIDForR".
 *
 * @param row the IKE SA's prf.
 */
export function encodeSignedOctets(row: PrfRow, { message, nonce, idBody, SK_p }: SignedOctets): Uint8Array {
  return concat(message, nonce, prf(row, SK_p, idBody));
}

const keyPad = /* @__PURE__ */ Uint8Array.of(75, 101, 121, 32, 80, 97, 100, 32, 102, 111, 114, 32, 73, 75, 69, 118, 50); // Key Pad for IKEv2

/**
 * The Authentication Data of a shared key. RFC 7296 section 2.15: "AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <InitiatorSignedOctets>)",
 * where the text is 17 ASCII characters without null termination.
 *
 * @param sharedSecret octets as they are; of EAP the MSK, or SK_pi and SK_pr where the method makes no key.
 * @param signedOctets of {@link encodeSignedOctets}.
 *
 * @example
 * ```ts
 * import { computeSharedKeyAuth, encodeSignedOctets, verifySharedKeyAuth } from 'ipsec-ts/ike';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const secret = new TextEncoder().encode('as much unpredictability as the strongest key');
 * const octets = encodeSignedOctets(prfHmacSha256, {
 *   message: new Uint8Array(300), // IKE_SA_INIT request
 *   nonce: new Uint8Array(32), // Nr
 *   idBody: new Uint8Array(8), // of IDi
 *   SK_p: new Uint8Array(32), // SK_pi
 * });
 * const auth = computeSharedKeyAuth(prfHmacSha256, secret, octets);
 * if (!verifySharedKeyAuth(prfHmacSha256, secret, octets, auth)) throw new Error('the same key');
 * ```
 */
export function computeSharedKeyAuth(row: PrfRow, sharedSecret: Uint8Array, signedOctets: Uint8Array): Uint8Array {
  const padded = prf(row, sharedSecret, keyPad);
  const auth = prf(row, padded, signedOctets);
  wipe(padded);
  return auth;
}

/** Whether Authentication Data was made with the shared key, in time that does not depend on where it differs. */
export function verifySharedKeyAuth(row: PrfRow, sharedSecret: Uint8Array, signedOctets: Uint8Array, data: Uint8Array): boolean {
  return equalBytes(computeSharedKeyAuth(row, sharedSecret, signedOctets), data);
}
