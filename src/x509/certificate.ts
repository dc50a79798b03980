/**
 * A certificate as values (RFC 5280 section 4.1): read once, by pkijs behind a look at the DER.
 *
 * @module
 */
import type { AsnType } from 'asn1js';
import * as pkijs from 'pkijs';
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { formatDistinguishedName } from '../traffic-selector.js';
import { decodeWith } from './asn1.js';
import { children, readElement } from './der.js';
import { type Extensions, readExtensions } from './extensions.js';
import { type Name, readName } from './names.js';

/** An AlgorithmIdentifier. */
export interface Algorithm {
  readonly id: string;
  /** DER. */
  readonly parameters: Uint8Array | undefined;
}

/** SubjectPublicKeyInfo. */
export interface SubjectKey {
  readonly algorithm: Algorithm;
  /** subjectPublicKey without the octet of unused bits. */
  readonly bits: Uint8Array;
  /** DER of the whole. */
  readonly spki: Uint8Array;
}

/** What path validation has to know of a certificate. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Uint8Array;
  readonly version: number;
  /** Hexadecimal. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: SubjectKey;
  readonly extensions: Extensions;
  /** Its subject, or its first other name, or its serial number: for errors. */
  readonly title: string;
}

/**
 * Reads a certificate.
 *
 * @throws IpsecError `truncated`, `malformed`, `trailing-octets` or `limit-exceeded`, and nothing else, whatever the octets are.
 */
export function readCertificate(der: Uint8Array): Certificate {
  return decodeWith(der, 'a certificate', (schema) => fromPkijs(der, schema));
}

function fromPkijs(der: Uint8Array, schema: AsnType): Certificate {
  const read = new pkijs.Certificate({ schema });
  const signatureAlgorithm = readAlgorithm(read.signatureAlgorithm);
  const inner = readAlgorithm(read.signature);
  // RFC 5280 section 4.1.1.2: both fields hold the same; only the inner one is signed.
  if (inner.id !== signatureAlgorithm.id || toHex(inner.parameters ?? none) !== toHex(signatureAlgorithm.parameters ?? none))
    throw bad('one signature algorithm in both places', `${inner.id} and ${signatureAlgorithm.id}`);
  if (read.extensions && read.version !== 2) throw bad('version 3, as there are extensions', `version ${read.version + 1}`);
  if (read.signatureValue.valueBlock.unusedBits !== 0) throw bad('a signature of whole octets', 'unused bits');
  const [subjectDer, spki] = rawFields(der);
  const subject = readName(subjectDer);
  const extensions = readExtensions(read.extensions ?? []);
  const serial = toHex(read.serialNumber.valueBlock.valueHexView);
  return {
    der,
    tbs: read.tbsView,
    signatureAlgorithm,
    signature: read.signatureValue.valueBlock.valueHexView,
    version: read.version + 1,
    serial,
    issuer: readName(new Uint8Array(read.issuer.valueBeforeDecode)),
    subject,
    notBefore: read.notBefore.value.getTime(),
    notAfter: read.notAfter.value.getTime(),
    key: { algorithm: readAlgorithm(read.subjectPublicKeyInfo.algorithm), bits: keyBits(read.subjectPublicKeyInfo), spki },
    extensions,
    title: titleOf(subject, extensions, serial),
  };
}

const none = new Uint8Array(0);

/** Names an algorithm of pkijs by value. */
export function readAlgorithm({ algorithmId, algorithmParams }: pkijs.AlgorithmIdentifier): Algorithm {
  const octets: unknown = (algorithmParams as Partial<AsnType> | undefined)?.valueBeforeDecodeView;
  return { id: algorithmId, parameters: octets instanceof Uint8Array && octets.length > 0 ? octets : undefined };
}

function keyBits({ subjectPublicKey: { valueBlock } }: pkijs.PublicKeyInfo): Uint8Array {
  if (valueBlock.unusedBits !== 0) throw bad('a public key of whole octets', 'unused bits');
  return valueBlock.valueHexView;
}

/** pkijs keeps no octets of the subject's name and of SubjectPublicKeyInfo as they were; hashes are made of these. */
function rawFields(der: Uint8Array): [subject: Uint8Array, spki: Uint8Array] {
  const what = 'a certificate';
  const outer = readElement(der, 0, der.length, what);
  const parts = children(der, outer, what);
  const fields = children(der, parts[0]!, what);
  const first = fields[0]?.tag === 0xa0 ? 1 : 0; // [0] version
  const [subject, spki] = [fields[first + 4], fields[first + 5]];
  // asn1js does not mind what stands behind the last field of its schema.
  const more = fields.slice(first + 6).map(({ tag }) => tag);
  if (
    !subject ||
    !spki ||
    parts.length !== 3 ||
    more.some((tag, i) => tag < 0x81 || tag > 0xa3 || (tag & 0x1f) <= ((more[i - 1] ?? 0) & 0x1f))
  )
    throw bad('its fields and no more', 'others');
  return [der.subarray(subject.at, subject.end), der.subarray(spki.at, spki.end)];
}

function titleOf({ dn }: Name, { altNames = [] }: Extensions, serial: string): string {
  if (dn.length > 0) return formatDistinguishedName(dn).slice(0, 200);
  const other = altNames.find((name) => 'text' in name);
  return other && 'text' in other ? other.text.slice(0, 200) : `serial number ${serial.slice(0, 40)}`;
}

function bad(expected: string, found: string): IpsecError {
  return new IpsecError('malformed', 'a certificate', { expected, found, blame: 'peer' });
}
