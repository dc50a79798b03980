/**
 * The hashes that authenticate: HASH_I and HASH_R of phase 1, HASH(1), HASH(2) and HASH(3) of Quick Mode, and HASH(1) of the exchanges of one message.
 *
 * @module
 */
import { equalBytes, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { prf } from '../suite/prf.js';
import type { PrfRow } from '../suite/types-ike.js';
import { decodePayloads, type EncodedPayloads, encodePayloads } from './message.js';
import type { Payload } from './payload-cases.js';

/** What phase 1 is authenticated by: everything that both sides have said. */
export interface Phase1Transcript {
  /** g^xi: the initiator's public value, as it was sent. */
  readonly gXi: Uint8Array;
  /** g^xr: the responder's. */
  readonly gXr: Uint8Array;
  /** CKY-I. */
  readonly ckyI: Uint8Array;
  /** CKY-R. */
  readonly ckyR: Uint8Array;
  /** SAi_b: the body of the initiator's SA payload with all of its offers, as it was sent: `body` of a decoded one. */
  readonly saBody: Uint8Array;
  /** IDii_b or IDir_b: the body of the ID payload of the side that is speaking. */
  readonly idBody: Uint8Array;
}

/**
 * HASH_I. RFC 2409 section 5: "HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b )"
 *
 * What the responder answered to the offers is not in it, nor are Vendor IDs and NAT-D payloads: nothing authenticates those.
 *
 * @param row HMAC of the negotiated hash; with ECDSA of {@link signatureHashName}'s.
 */
export function computeHashI(row: PrfRow, SKEYID: Uint8Array, { gXi, gXr, ckyI, ckyR, saBody, idBody }: Phase1Transcript): Uint8Array {
  return prf(row, SKEYID, gXi, gXr, ckyI, ckyR, saBody, idBody);
}

/** HASH_R. RFC 2409 section 5: "HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b )": the same SA body, the other ID. */
export function computeHashR(row: PrfRow, SKEYID: Uint8Array, { gXi, gXr, ckyI, ckyR, saBody, idBody }: Phase1Transcript): Uint8Array {
  return prf(row, SKEYID, gXr, gXi, ckyR, ckyI, saBody, idBody);
}

/**
 * HASH(1) of Quick Mode, and the hash of Informational, Transaction and New Group exchanges.
 *
 * RFC 2409 section 5.5: "HASH(1) is the prf over the message id (M-ID) from the ISAKMP header concatenated with the entire message that follows the hash including
 * all payload headers, but excluding any padding added for encryption."
 *
 * @param message the octets behind the HASH payload, without padding.
 */
export function computeHash1(row: PrfRow, SKEYID_a: Uint8Array, messageId: number, message: Uint8Array): Uint8Array {
  return prf(row, SKEYID_a, messageIdOctets(messageId), message);
}

/**
 * HASH(2). RFC 2409 section 5.5: "HASH(2) is identical to HASH(1) except the initiator's nonce-- Ni, minus the payload header-- is added after M-ID but before
 * the complete message."
 */
export function computeHash2(row: PrfRow, SKEYID_a: Uint8Array, messageId: number, Ni: Uint8Array, message: Uint8Array): Uint8Array {
  return prf(row, SKEYID_a, messageIdOctets(messageId), Ni, message);
}

/** HASH(3). RFC 2409 section 5.5: "HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)", where 0 is one octet. */
export function computeHash3(row: PrfRow, SKEYID_a: Uint8Array, messageId: number, Ni: Uint8Array, Nr: Uint8Array): Uint8Array {
  return prf(row, SKEYID_a, Uint8Array.of(0), messageIdOctets(messageId), Ni, Nr);
}

/** Whether a HASH payload is right, in time that does not depend on where it differs. */
export function verifyHash(expected: Uint8Array, received: Uint8Array): boolean {
  return equalBytes(expected, received);
}

/** Open payloads that begin with a HASH payload, taken apart. */
export interface HashedPayloads {
  /** What the HASH payload says. */
  readonly hash: Uint8Array;
  /** The octets that it covers: all payloads behind it as they were sent. */
  readonly message: Uint8Array;
  /** Those payloads. */
  readonly payloads: readonly Payload[];
}

const HASH = 8;

/**
 * Takes the HASH payload from the front of an open message. RFC 2409 section 5.5: in Quick Mode "a HASH payload MUST immediately follow the ISAKMP header".
 *
 * @param octets the payloads without padding: `octets` of `openMessage`.
 * @throws IpsecError `malformed`: there is none in front.
 */
export function splitHash(firstPayload: number, octets: Uint8Array): HashedPayloads {
  const { payloads } = decodePayloads(firstPayload, octets);
  const [first, ...others] = payloads;
  if (firstPayload !== HASH || first?.type !== 'HASH')
    throw new IpsecError('malformed', 'a message of phase 2', { expected: 'a HASH payload in front', found: first?.type ?? 'no payload' });
  return { hash: first.data, message: octets.subarray(4 + first.data.length), payloads: others };
}

/**
 * Payloads with a HASH payload in front that covers them.
 *
 * @param compute makes the hash, from the octets of all other payloads: {@link computeHash1} or {@link computeHash2}; {@link computeHash3} with no others.
 */
export function encodeHashed(payloads: readonly Payload[], compute: (message: Uint8Array) => Uint8Array): EncodedPayloads {
  return encodePayloads([{ type: 'HASH', data: compute(encodePayloads(payloads).octets) }, ...payloads]);
}

function messageIdOctets(messageId: number): Uint8Array {
  const out = new Uint8Array(4);
  writeU32(out, 0, messageId);
  return out;
}
