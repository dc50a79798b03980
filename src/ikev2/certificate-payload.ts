/**
 * CERT payloads (RFC 7296 section 3.6, RFC 4806, RFC 7670): ours, and what those of the peer hold.
 *
 * @module
 */
import { concat, equalBytes, toHex } from '../bytes.js';
import { decodeDer, derFields, derWhole, malformedDer, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { sha1 } from '../suite/sha1.js';
import { asksFor, asksForOurs, OCSP_CONTENT, RAW_PUBLIC_KEY, X509_SIGNATURE } from './certificate-request.js';
import type { OwnSignature } from '../keying/connection.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { findNotify } from './pick.js';

type CertificatePayload = PayloadOfType<'CERT'>;
type Encoding = CertificatePayload['encoding'];

const CRL = 'Certificate Revocation List (CRL)';
const URL_OF_CERTIFICATE = 'Hash and URL of X.509 certificate';
const URL_OF_BUNDLE = 'Hash and URL of X.509 bundle';

/** Octets of a SHA-1 hash. */
const HASH_LENGTH = 20;
/** RFC 7296 section 3.6 wants "up to four X.509 certificates"; with cross-signed ones, revocation lists and OCSP responses there may be more. */
const MAX_PAYLOADS = 16;
const MAX_URL = 2048;

/**
 * Our CERT payloads. RFC 7296 section 3.6: "If multiple certificates are sent, the first certificate MUST contain the public key associated with the private key
 * used to sign the AUTH payload."
 *
 * @param payloads of the message that we answer: its CERTREQ.
 */
export function certificatePayloadsOf(own: OwnSignature, payloads: readonly Payload[]): CertificatePayload[] {
  const { certificates, send = 'always', publicKey, sendRawKey, urls = [], ocspResponses = [] } = own;
  if (send === 'never') return [];
  if (certificates.length === 0) {
    const isWanted = sendRawKey === true && (send === 'always' || asksFor(payloads, RAW_PUBLIC_KEY));
    return isWanted ? [certOf(RAW_PUBLIC_KEY, publicKey.spki)] : [];
  }
  if (send === 'if-asked' && !asksForOurs(own, payloads)) return [];
  const looksUp = findNotify(payloads, 'HTTP_CERT_LOOKUP_SUPPORTED') !== undefined;
  const sent = certificates.map((der, i) => {
    const url = looksUp ? urls[i] : undefined;
    return url === undefined ? certOf(X509_SIGNATURE, der) : certOf(URL_OF_CERTIFICATE, concat(sha1(der), new TextEncoder().encode(url)));
  });
  // RFC 4806 section 4.2: "An OCSP response CERT payload is transmitted separate from any other CERT payload in an IKEv2 exchange."
  return [...sent, ...(asksFor(payloads, OCSP_CONTENT) ? ocspResponses.map((der) => certOf(OCSP_CONTENT, der)) : [])];
}

function certOf(encoding: Encoding, data: Uint8Array): CertificatePayload {
  return { type: 'CERT', encoding, data };
}

/** A certificate that is there, or where it is to be had. */
export type CertificateSource =
  | { readonly kind: 'given'; readonly der: Uint8Array }
  | {
      readonly kind: 'url';
      readonly url: string;
      /** SHA-1 of what is there. */
      readonly hash: Uint8Array;
      /** Whether it is a CertificateBundle. */
      readonly isBundle: boolean;
    };

/** What the CERT payloads of a message hold. */
export interface PeerCertificates {
  /** Certificates: the first is the one whose key AUTH is made with. */
  readonly certificates: readonly CertificateSource[];
  /** Revocation lists. */
  readonly crls: readonly Uint8Array[];
  /** OCSPResponses. */
  readonly ocspResponses: readonly Uint8Array[];
  /** SubjectPublicKeyInfos. */
  readonly rawKeys: readonly Uint8Array[];
  /** The encodings of the others, which nobody reads. */
  readonly ignored: readonly string[];
}

/**
 * Reads the CERT payloads of a message. RFC 4945 section 3.3.10.1: "Implementations MUST be able to deal with receiving CERTs with unrecognized or unsupported
 * Certificate Types." Section 3.3.10.4: "Implementations MUST support receiving multiple identical CERTs during an exchange."
 *
 * @param hashAndUrl whether certificates may be named by URL.
 * @throws IpsecError `malformed`: more than 16 of them, or a URL that is none.
 */
export function readCertificatePayloads(payloads: readonly Payload[], hashAndUrl: boolean): PeerCertificates {
  const sent = payloads.filter((payload) => payload.type === 'CERT');
  if (sent.length > MAX_PAYLOADS) throw malformed('CERT payloads', `at most ${MAX_PAYLOADS}`, `${sent.length}`);
  const distinct = sent.filter((payload, i) => !sent.slice(0, i).some((other) => isSame(other, payload)));
  const dataOf = (encoding: Encoding): Uint8Array[] => distinct.filter((payload) => payload.encoding === encoding).map(({ data }) => data);
  const isRead = ({ encoding }: CertificatePayload): boolean => readEncodings.includes(encoding) || (hashAndUrl && isUrl(encoding));
  return {
    certificates: distinct.flatMap((payload) => sourceOf(payload, hashAndUrl)),
    crls: dataOf(CRL),
    ocspResponses: dataOf(OCSP_CONTENT),
    rawKeys: dataOf(RAW_PUBLIC_KEY),
    ignored: distinct.filter((payload) => !isRead(payload)).map(({ encoding }) => nameOf(encoding)),
  };
}

function isSame(a: CertificatePayload, b: CertificatePayload): boolean {
  return a.encoding === b.encoding && equalBytes(a.data, b.data);
}

const readEncodings: readonly Encoding[] = [X509_SIGNATURE, CRL, OCSP_CONTENT, RAW_PUBLIC_KEY];

function isUrl(encoding: Encoding): boolean {
  return encoding === URL_OF_CERTIFICATE || encoding === URL_OF_BUNDLE;
}

function nameOf(encoding: Encoding): string {
  return typeof encoding === 'number' ? `encoding ${encoding}` : encoding;
}

function sourceOf({ encoding, data }: CertificatePayload, hashAndUrl: boolean): CertificateSource[] {
  if (encoding === X509_SIGNATURE) return [{ kind: 'given', der: data }];
  if (!hashAndUrl || !isUrl(encoding)) return [];
  const url = String.fromCharCode(...data.subarray(HASH_LENGTH, HASH_LENGTH + MAX_URL + 1));
  // RFC 7296 section 3.6: "The behavior of other URL schemes [URLS] is not currently specified, and such schemes SHOULD NOT be used".
  if (url.length > MAX_URL || !/^http:\/\/[\x21-\x7e]+$/i.test(url))
    throw malformed(nameOf(encoding), `20 octets of SHA-1 and an http: URL of up to ${MAX_URL} octets`, JSON.stringify(url.slice(0, 80)));
  return [{ kind: 'url', url, hash: data.slice(0, HASH_LENGTH), isBundle: encoding === URL_OF_BUNDLE }];
}

/**
 * Takes what was fetched. RFC 7296 section 3.6: Hash and URL encodings replace "long data structures with a 20-octet SHA-1 hash (see [FIPS.180-4.2012]) of the
 * replaced value followed by a variable-length URL that resolves to the DER-encoded data structure itself."
 *
 * @returns certificates, and revocation lists of a bundle.
 * @throws IpsecError `malformed`: it is not what the peer has hashed, or no bundle.
 */
export function readFetched(
  { url, hash, isBundle }: Extract<CertificateSource, { kind: 'url' }>,
  octets: Uint8Array,
): { readonly certificates: readonly Uint8Array[]; readonly crls: readonly Uint8Array[] } {
  const found = sha1(octets);
  if (!equalBytes(found, hash)) throw malformed(`what is at ${url}`, `SHA-1 ${toHex(hash)}`, toHex(found));
  return isBundle ? readBundle(octets) : { certificates: [octets], crls: [] };
}

// CertificateOrCRL ::= CHOICE { cert [0] Certificate, crl [1] CertificateList }, CertificateBundle ::= SEQUENCE OF CertificateOrCRL
function readBundle(octets: Uint8Array): { certificates: Uint8Array[]; crls: Uint8Array[] } {
  const bundle = decodeDer(octets, { what: 'a bundle of certificates', path: 'bundle' }, SEQUENCE);
  const certificates: Uint8Array[] = [];
  const crls: Uint8Array[] = [];
  for (const choice of derFields(bundle)) {
    const [inside, more] = derFields(choice, SEQUENCE);
    if (more !== undefined || (choice.tag !== 0xa0 && choice.tag !== 0xa1))
      throw malformedDer(choice, 'a certificate or a revocation list', 'another');
    (choice.tag === 0xa0 ? certificates : crls).push(derWhole(inside!));
  }
  if (certificates.length === 0 || certificates.length + crls.length > MAX_PAYLOADS)
    throw malformedDer(bundle, `1 to ${MAX_PAYLOADS} elements, a certificate among them`, `${certificates.length + crls.length}`);
  return { certificates, crls };
}

function malformed(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { blame: 'peer', expected, found });
}
