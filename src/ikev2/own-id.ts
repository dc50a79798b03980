/**
 * Our own ID payload.
 *
 * @module
 */
import { subjectOfCertificate } from '../suite/public-key.js';
import { decodeDistinguishedName, equalDistinguishedNames, type Identity } from '../traffic-selector.js';
import { attempt } from '../keying/attempt.js';
import type { FurtherProof, LocalAuthentication } from '../keying/connection.js';
import { createIdPayload, type IdPayload } from './peer.js';

/**
 * Makes the ID payload that goes with a proof of ours.
 *
 * RFC 4945 section 3.1.5: "When generating this type, implementations MUST populate the contents of ID with the Subject field from the end-entity certificate, and
 * MUST do so such that a binary comparison of the two will succeed." One name has several forms in DER, so the octets are those of our certificate.
 */
export function createOwnId(type: IdPayload['type'], { id, auth }: FurtherProof): IdPayload {
  const payload = createIdPayload(type, id);
  const subject = subjectFor(id, auth);
  return subject === undefined ? payload : { ...payload, data: subject };
}

function subjectFor(id: Identity, auth: LocalAuthentication): Uint8Array | undefined {
  const certificate = auth.method === 'signature' ? auth.certificates[0] : undefined;
  if (id.type !== 'ID_DER_ASN1_DN' || certificate === undefined) return undefined;
  const subject = attempt(() => subjectOfCertificate(certificate));
  const name = subject instanceof Uint8Array ? attempt(() => decodeDistinguishedName(subject)) : [];
  return subject instanceof Uint8Array && Array.isArray(name) && equalDistinguishedNames(name, id.dn) ? subject : undefined;
}
