/**
 * CERT and CR payloads of phase 1 (RFC 2408 sections 3.9 and 3.10, RFC 4945 sections 3.2 and 3.3).
 *
 * @module
 */
import { EMPTY, equalBytes } from '../../bytes.js';
import { decodeDer, derFields, derWhole, malformedDer, SEQUENCE } from '../../der.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { Connection, OwnSignature } from '../../keying/connection.js';
import { subjectOfCertificate } from '../../suite/public-key.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { payloadsOf } from './phase1-payloads.js';

const X509 = 'X.509 Certificate - Signature';
const CRL = 'Certificate Revocation List (CRL)';
/** A chain is a few certificates long; with revocation lists there may be more. */
const MAX_CERTIFICATES = 16;
/** More authorities than these are not remembered. */
const MAX_AUTHORITIES = 32;
/** The tag of a certificate's version. */
const VERSION = 0xa0;

/**
 * Our CR payload, where the peer is to show a certificate. It names no authority: of those that are trusted, the connection has the hashes of their keys, which IKEv2 wants, and
 * no names. RFC 4945 section 3.2.7.2: "Receiving a CERTREQ payload with an empty Certification Authority field indicates that the recipient should send all/any
 * end-entity certificates it has, regardless of the trust anchor."
 *
 * RFC 4945 section 3.2.5: "In IKEv1 Main Mode, the CERTREQ payload MUST be in messages 4 and 5."
 */
export function certificateRequests(connections: readonly Connection[]): Payload[] {
  const isWanted = connections.some(({ remoteAuth }) => remoteAuth.method === 'certificate' && remoteAuth.authorities.length > 0);
  return isWanted ? [{ type: 'CR', encoding: X509, data: EMPTY }] : [];
}

/**
 * The authorities that the peer has asked for: Names in DER, copied; empty: any.
 *
 * @param before what it has asked for in earlier messages.
 */
export function readRequests(before: readonly Uint8Array[], payloads: readonly Payload[]): readonly Uint8Array[] {
  const asked = payloadsOf(payloads, 'CR').filter(({ encoding }) => encoding === X509);
  return [...before, ...asked.map(({ data }) => data.slice())].slice(0, MAX_AUTHORITIES);
}

/**
 * Our CERT payloads: the certificate of the key that signs, then those that lead from it to a trust anchor.
 *
 * @param requested of {@link readRequests}.
 */
export function ownCertificates(own: OwnSignature, requested: readonly Uint8Array[]): Payload[] {
  const { certificates, send = 'always' } = own;
  if (send === 'never' || (send === 'if-asked' && !asksForOurs(own, requested))) return [];
  return certificates.map((data) => ({ type: 'CERT', encoding: X509, data }));
}

/**
 * RFC 4945 section 3.2.7.1: authorities are named by "the Subject field of the trust anchor, populated such that binary comparison of the Subject and the Certification
 * Authority will succeed." A name in our chain, or the one that its last certificate was issued by, is ours.
 */
function asksForOurs({ certificates }: OwnSignature, requested: readonly Uint8Array[]): boolean {
  if (requested.some((name) => name.length === 0)) return true;
  const names = certificates.flatMap((der) => [attempt(() => issuerOf(der)), attempt(() => subjectOfCertificate(der))]);
  return requested.some((asked) => names.some((name) => name instanceof Uint8Array && equalBytes(name, asked)));
}

// TBSCertificate ::= SEQUENCE { version [0] OPTIONAL, serialNumber, signature, issuer Name, ... }     (RFC 5280 section 4.1)
function issuerOf(der: Uint8Array): Uint8Array {
  const certificate = decodeDer(der, { what: 'a certificate', path: 'certificate' }, SEQUENCE);
  const [tbs] = derFields(certificate);
  const fields = tbs ? derFields(tbs) : [];
  const issuer = fields[fields[0]?.tag === VERSION ? 3 : 2];
  if (issuer?.tag === SEQUENCE) return derWhole(issuer);
  throw malformedDer(certificate, 'an issuer', 'none');
}

/** What the CERT payloads of a message hold. */
export interface PeerCertificates {
  /** DER: the first is the one whose key the signature is made with. */
  readonly certificates: readonly Uint8Array[];
  /** DER: revocation lists. */
  readonly crls: readonly Uint8Array[];
}

/**
 * Reads the CERT payloads of a message. RFC 4945 section 3.3.10.1: "Implementations MUST be able to deal with receiving CERTs with unrecognized or unsupported
 * Certificate Types." Section 3.3.10.4: "Implementations MUST support receiving multiple identical CERTs during an exchange."
 *
 * @throws IpsecError `malformed`: more than 16 of them.
 */
export function readCertificates(payloads: readonly Payload[]): PeerCertificates {
  const sent = payloadsOf(payloads, 'CERT');
  if (sent.length > MAX_CERTIFICATES) {
    const details = { blame: 'peer', expected: `at most ${MAX_CERTIFICATES}`, found: `${sent.length}` } as const;
    throw new IpsecError('malformed', 'CERT payloads', details);
  }
  const dataOf = (wanted: PayloadOfType<'CERT'>['encoding']): Uint8Array[] =>
    sent.filter(({ encoding }) => encoding === wanted).map(({ data }) => data);
  return { certificates: distinct(dataOf(X509)), crls: distinct(dataOf(CRL)) };
}

function distinct(list: readonly Uint8Array[]): Uint8Array[] {
  return list.filter((data, i) => !list.slice(0, i).some((other) => equalBytes(other, data)));
}
