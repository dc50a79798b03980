/**
 * Certificate Request payloads (RFC 7296 section 3.7, RFC 4806, RFC 7670): which certificates we want, and which the peer wants.
 *
 * @module
 */
import { concat, equalBytes, toHex } from '../bytes.js';
import { sha1 } from '../suite/sha1.js';
import { publicKeyOfCertificate } from '../suite/public-key.js';
import { attempt } from '../keying/attempt.js';
import type { OwnSignature, RemoteAuthentication } from '../keying/connection.js';
import { createNotify } from './notify-data.js';
import type { Payload, PayloadOfType } from './payload-cases.js';

/** Certificate Encoding 4. */
export const X509_SIGNATURE = 'X.509 Certificate - Signature';
/** Certificate Encoding 14 (RFC 4806). */
export const OCSP_CONTENT = 'OCSP Content';
/** Certificate Encoding 15 (RFC 7670). */
export const RAW_PUBLIC_KEY = 'Raw Public Key';

/** Octets of a SHA-1 hash. */
const HASH_LENGTH = 20;
/** More would make an IKE_SA_INIT response, which cannot be fragmented, longer than a packet. */
const MAX_AUTHORITIES = 32;

/**
 * What we ask for. RFC 7296 section 3.7: "The Certification Authority value is a concatenated list of SHA-1 hashes of the public keys of trusted Certification
 * Authorities (CAs)." Above 32 of them: none of them by name. RFC 4945 section 3.2.7.2: "Receiving a CERTREQ payload with an empty Certification Authority
 * field indicates that the recipient should send all/any end-entity certificates it has, regardless of the trust anchor."
 *
 * @param demands all ways by which the peer may have to prove who it is.
 */
export function createCertificateRequests(demands: readonly RemoteAuthentication[]): Payload[] {
  const wanted = demands.filter((demand) => demand.method === 'certificate');
  const authorities = distinct(wanted.flatMap((demand) => demand.authorities));
  const responders = wanted.flatMap(({ ocspResponders }) => (ocspResponders ? [ocspResponders] : []));
  return [
    ...(wanted.some(({ hashAndUrl }) => hashAndUrl) ? [createNotify('HTTP_CERT_LOOKUP_SUPPORTED')] : []),
    ...(authorities.length > 0 ? [request(X509_SIGNATURE, authorities)] : []),
    // RFC 4806 section 4.1: "an OCSP request, as defined in Section 3.1 above, is transmitted separate from any other CERTREQ payloads in an IKEv2 exchange."
    ...(responders.length > 0 ? [request(OCSP_CONTENT, distinct(responders.flat()))] : []),
  ];
}

function request(encoding: PayloadOfType<'CERTREQ'>['encoding'], hashes: readonly Uint8Array[]): Payload {
  return { type: 'CERTREQ', encoding, data: concat(...(hashes.length > MAX_AUTHORITIES ? [] : hashes)) };
}

function distinct(hashes: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(hashes.map((hash) => [toHex(hash), hash])).values()];
}

/** Whether the peer has a CERTREQ payload of this encoding in its message. */
export function asksFor(payloads: readonly Payload[], encoding: string): boolean {
  return payloads.some((payload) => payload.type === 'CERTREQ' && payload.encoding === encoding);
}

/**
 * Whether a peer asks for certificates such as ours: a CERTREQ of X.509 certificates that names an authority in our chain, or none in particular. Where our chain
 * ends below a trust anchor that the configuration does not name (`authorities`), every CERTREQ may mean it. RFC 7296 section 3.7: "Thus, the processing of a
 * CERTREQ should be seen as a suggestion for a certificate to select, not a mandated one."
 */
export function asksForOurs({ certificates, authorities }: OwnSignature, payloads: readonly Payload[]): boolean {
  const requests = payloads.filter(
    (payload): payload is PayloadOfType<'CERTREQ'> => payload.type === 'CERTREQ' && payload.encoding === X509_SIGNATURE,
  );
  if (requests.length === 0) return false;
  if (authorities === undefined) return true;
  const ours = [...authorities, ...certificates.flatMap(keyHash)];
  return requests.some(({ data }) => data.length < HASH_LENGTH || namesOne(data, ours));
}

/** SHA-1 of a certificate's SubjectPublicKeyInfo; nothing for one that cannot be read. */
function keyHash(certificate: Uint8Array): Uint8Array[] {
  const key = attempt(() => publicKeyOfCertificate(certificate));
  return 'spki' in key ? [sha1(key.spki)] : [];
}

function namesOne(data: Uint8Array, hashes: readonly Uint8Array[]): boolean {
  for (let at = 0; at + HASH_LENGTH <= data.length; at += HASH_LENGTH) {
    const named = data.subarray(at, at + HASH_LENGTH);
    if (hashes.some((hash) => equalBytes(hash, named))) return true;
  }
  return false;
}
