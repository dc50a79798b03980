/**
 * OCSP responses (RFC 6960): reading them, and asking for one.
 *
 * @module
 */
import type { AsnType, GeneralizedTime, OctetString } from 'asn1js';
import * as pkijs from 'pkijs';
import { EMPTY, equalBytes, fromHex, toHex } from '../bytes.js';
import { encodeDer, encodeDerIdentifier } from '../der.js';
import { IpsecError } from '../errors.js';
import { sha1 } from '../suite/sha1.js';
import { decodeWith } from './asn1.js';
import type { Algorithm, Certificate } from './certificate.js';
import { reasonName } from './crl.js';
import { children, type DerLimits, readElement } from './der.js';
import { readName } from './names.js';

/** What a responder says of one certificate. */
export interface SingleStatus {
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Hexadecimal. */
  readonly serial: string;
  readonly status: 'good' | 'unknown' | { readonly at: number; readonly reason: string };
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

/** A BasicOCSPResponse. */
export interface OcspResponse {
  readonly tbs: Uint8Array;
  readonly algorithm: Algorithm;
  readonly signature: Uint8Array;
  /** Key of the responder's name, or SHA-1 of its public key. */
  readonly responder: { readonly nameKey: string } | { readonly keyHash: Uint8Array };
  readonly singles: readonly SingleStatus[];
  /** DER of what came along. */
  readonly certificates: readonly Uint8Array[];
}

const what = 'an OCSP response';

/**
 * Reads an OCSPResponse.
 *
 * @throws IpsecError and nothing else; also for a response that is an error (RFC 6960 section 4.2.1).
 */
export function readOcspResponse(der: Uint8Array, maxOctets: number): OcspResponse {
  const limits: DerLimits = { octets: Math.min(maxOctets, 262_144), elements: 8192 };
  const basic = decodeWith(der, what, (schema) => unwrap(new pkijs.OCSPResponse({ schema })), limits);
  return decodeWith(basic, what, (schema) => readBasic(basic, new pkijs.BasicOCSPResponse({ schema })), limits);
}

const statusNames = ['successful', 'malformedRequest', 'internalError', 'tryLater', '4', 'sigRequired', 'unauthorized'];

function unwrap({ responseStatus, responseBytes }: pkijs.OCSPResponse): Uint8Array {
  const status = responseStatus.valueBlock.valueDec;
  if (status !== 0) throw bad('successful', statusNames[status] ?? String(status));
  if (responseBytes?.responseType !== '1.3.6.1.5.5.7.48.1.1') throw bad('id-pkix-ocsp-basic', responseBytes?.responseType ?? 'nothing');
  return responseBytes.response.valueBlock.valueHexView;
}

function readBasic(der: Uint8Array, { tbsResponseData, signatureAlgorithm, signature }: pkijs.BasicOCSPResponse): OcspResponse {
  const { responses, responseExtensions = [], tbsView } = tbsResponseData;
  const responderID: unknown = tbsResponseData.responderID;
  const critical = responseExtensions.find((extension) => extension.critical);
  if (critical) throw bad('no critical extension', critical.extnID);
  return {
    tbs: tbsView,
    algorithm: algorithmOf(signatureAlgorithm),
    signature: signature.valueBlock.valueHexView,
    responder: readResponder(responderID),
    singles: responses.map(readSingle),
    certificates: readCertificates(der),
  };
}

function algorithmOf({ algorithmId, algorithmParams }: pkijs.AlgorithmIdentifier): Algorithm {
  const octets: unknown = (algorithmParams as Partial<AsnType> | undefined)?.valueBeforeDecodeView;
  return { id: algorithmId, parameters: octets instanceof Uint8Array && octets.length > 0 ? octets : undefined };
}

function readResponder(id: unknown): OcspResponse['responder'] {
  if (id instanceof pkijs.RelativeDistinguishedNames) return { nameKey: readName(new Uint8Array(id.valueBeforeDecode)).key };
  return { keyHash: (id as OctetString).valueBlock.valueHexView };
}

function readSingle({ certID, certStatus, thisUpdate, nextUpdate, singleExtensions = [] }: pkijs.SingleResponse): SingleStatus {
  const critical = singleExtensions.find((extension) => extension.critical);
  return {
    hashAlgorithm: certID.hashAlgorithm.algorithmId,
    issuerNameHash: certID.issuerNameHash.valueBlock.valueHexView,
    issuerKeyHash: certID.issuerKeyHash.valueBlock.valueHexView,
    serial: toHex(certID.serialNumber.valueBlock.valueHexView),
    status: critical ? 'unknown' : statusOf(certStatus),
    thisUpdate: thisUpdate.getTime(),
    nextUpdate: nextUpdate?.getTime(),
  };
}

/** CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }, implicit. */
function statusOf(value: unknown): SingleStatus['status'] {
  const { idBlock, valueBlock } = value as { idBlock: { tagNumber: number }; valueBlock: { value?: unknown[] } };
  if (idBlock.tagNumber === 0) return 'good';
  if (idBlock.tagNumber !== 1) return 'unknown';
  const [time, reason] = valueBlock.value ?? [];
  const enumerated = (reason as { valueBlock?: { value?: { valueBlock?: { valueDec?: number } }[] } } | undefined)?.valueBlock?.value?.[0];
  return { at: (time as GeneralizedTime).toDate().getTime(), reason: reasonName(enumerated?.valueBlock?.valueDec ?? 0) };
}

/** The fourth field: [0] EXPLICIT SEQUENCE OF Certificate. Up to four are looked at. */
function readCertificates(der: Uint8Array): Uint8Array[] {
  const field = children(der, readElement(der, 0, der.length, what), what)[3];
  const list = field && children(der, field, what)[0];
  return list
    ? children(der, list, what)
        .slice(0, 4)
        .map(({ at, end }) => der.subarray(at, end))
    : [];
}

const hashNames: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const sha1Id = '1.3.14.3.2.26';

/** Whether a status is that of a certificate (RFC 6960 section 4.1.1: CertID). */
export async function isStatusOf(single: SingleStatus, certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (single.serial !== certificate.serial) return false;
  const hash = async (octets: Uint8Array): Promise<Uint8Array> => {
    if (single.hashAlgorithm === sha1Id) return sha1(octets);
    const name = hashNames[single.hashAlgorithm];
    return name === undefined ? EMPTY : new Uint8Array(await globalThis.crypto.subtle.digest(name, new Uint8Array(octets)));
  };
  return (
    equalBytes(await hash(certificate.issuer.der), single.issuerNameHash) && equalBytes(await hash(issuer.key.bits), single.issuerKeyHash)
  );
}

/** OCSPRequest for one certificate, without a nonce: so responders may answer with what they have signed before. */
export function encodeOcspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const [sequence, octetString] = [0x30, 0x04];
  const id = encodeDer(
    sequence,
    encodeDer(sequence, encodeDerIdentifier(sha1Id), encodeDer(0x05)),
    encodeDer(octetString, sha1(certificate.issuer.der)),
    encodeDer(octetString, sha1(issuer.key.bits)),
    encodeDer(0x02, fromHex(certificate.serial)),
  );
  return encodeDer(sequence, encodeDer(sequence, encodeDer(sequence, encodeDer(sequence, id))));
}

function bad(expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { expected, found, blame: 'peer' });
}
