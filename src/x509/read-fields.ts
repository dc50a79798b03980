/**
 * What stands in a certificate (RFC 5280 section 4.1), read strictly: a certificate comes from a peer, and two readings of one are one too many.
 *
 * @module
 */
import {
  BOOLEAN,
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  derWhole,
  malformedDer,
  OCTET_STRING,
  readDerIdentifier,
  SEQUENCE,
} from '../der.js';
import { decodeDistinguishedName, type DistinguishedName } from '../traffic-selector.js';
import { readTime } from './read-time.js';

/** An extension. */
export interface Extension {
  /** Whether somebody who does not know it has to refuse the certificate. */
  readonly isCritical: boolean;
  /** The DER inside its OCTET STRING. */
  readonly value: Uint8Array;
}

/** The fields of a certificate, views into its octets. */
export interface CertificateFields {
  /** 1, 2 or 3. */
  readonly version: number;
  /** Big-endian, with its sign. */
  readonly serial: Uint8Array;
  /** How it is signed: an object identifier with dots. */
  readonly signatureAlgorithm: string;
  readonly issuer: DistinguishedName;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  /** Milliseconds since 1970; the last moment still counts. */
  readonly notAfter: number;
  readonly subject: DistinguishedName;
  /** DER of the subject, as it is. */
  readonly subjectDer: Uint8Array;
  /** DER of the issuer, as it is. */
  readonly issuerDer: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** By object identifier with dots. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

const subject = { what: 'a certificate', path: 'certificate' };
/** More than any certificate has that somebody uses. */
const MAX_EXTENSIONS = 64;

/**
 * Takes a certificate apart. No signature is looked at.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` with path and offset.
 */
export function readFields(certificate: Uint8Array): CertificateFields {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
  const [tbs, algorithm] = derExactly(decodeDer(certificate, subject, SEQUENCE), SEQUENCE, SEQUENCE, 0x03);
  // TBSCertificate ::= SEQUENCE { version [0] DEFAULT v1, serialNumber INTEGER, signature, issuer Name, validity, subject Name, subjectPublicKeyInfo, ... }
  const hasVersion = certificate[tbs!.start] === 0xa0;
  const fields = derFields(tbs!, ...(hasVersion ? [0xa0] : []), 0x02, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE);
  const [serial, , issuer, validity, name, spki, ...rest] = hasVersion ? fields.slice(1) : fields;
  const [notBefore, notAfter] = derExactly(validity!, ...derFields(validity!).map((time) => time.tag));
  if (notAfter === undefined || derFields(validity!).length !== 2) throw malformedDer(validity!, 'two times', 'others');
  return {
    version: hasVersion ? versionOf(fields[0]!) : 1,
    serial: derContents(serial!),
    signatureAlgorithm: readDerIdentifier(derFields(algorithm!, 0x06)[0]!),
    issuer: decodeDistinguishedName(derWhole(issuer!)),
    issuerDer: derWhole(issuer!),
    notBefore: readTime(notBefore!),
    notAfter: readTime(notAfter),
    subject: decodeDistinguishedName(derWhole(name!)),
    subjectDer: derWhole(name!),
    spki: derWhole(spki!),
    extensions: extensionsOf(rest),
  };
}

function versionOf(element: Der): number {
  const [number] = derExactly(element, 0x02);
  const octets = derContents(number!);
  if (octets.length !== 1 || octets[0]! > 2) throw malformedDer(number!, 'version 1, 2 or 3', 'another');
  return octets[0]! + 1;
}

/** Behind the key: issuerUniqueID [1] and subjectUniqueID [2], which nobody uses, and extensions [3]. */
function extensionsOf(rest: readonly Der[]): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  rest.forEach((element, i) => {
    if ((element.tag === 0x81 || element.tag === 0x82) && i < 2) return;
    if (element.tag !== 0xa3 || i !== rest.length - 1) throw malformedDer(element, 'extensions', 'something else');
    const [list] = derExactly(element, SEQUENCE);
    for (const item of derFields(list!)) {
      if (found.size >= MAX_EXTENSIONS) throw malformedDer(item, `at most ${MAX_EXTENSIONS} extensions`, 'one more');
      addExtension(found, item);
    }
  });
  return found;
}

/** Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function addExtension(found: Map<string, Extension>, item: Der): void {
  const hasFlag = item.source[derFields(item)[1]?.at ?? -1] === BOOLEAN;
  const [type, second, third] = derExactly(item, 0x06, ...(hasFlag ? [BOOLEAN] : []), OCTET_STRING);
  const isCritical = hasFlag && derContents(second!)[0] !== 0;
  const identifier = readDerIdentifier(type!);
  if (found.has(identifier)) throw malformedDer(item, 'one extension of each kind', `${identifier} once more`);
  found.set(identifier, { isCritical, value: derContents(hasFlag ? third! : second!) });
}
