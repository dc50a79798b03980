/**
 * A certificate as values (RFC 5280 section 4.1), read once. It stands on the same reading as its identities do (`read-fields.ts`).
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import {
  decodeDer,
  type Der,
  derExactly,
  derFields,
  derWhole,
  malformedDer,
  OBJECT_IDENTIFIER,
  readDerBits,
  readDerIdentifier,
  SEQUENCE,
} from '../der.js';
import { formatDistinguishedName } from '../traffic-selector.js';
import { certificateLimits } from './asn1.js';
import { checkDer } from './der.js';
import { type Extensions, readExtensions } from './extensions.js';
import { type Name, readName } from './names.js';
import { printable } from './printable.js';
import { readFields } from './read-fields.js';

/** An AlgorithmIdentifier. */
export interface Algorithm {
  /** Object identifier with dots. */
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

const what = 'a certificate';
const place = { what, path: 'certificate' };

/**
 * Reads a certificate. Its octets are not copied.
 *
 * @throws IpsecError `truncated`, `malformed`, `trailing-octets` or `limit-exceeded`, and nothing else, whatever the octets are.
 */
export function readCertificate(der: Uint8Array): Certificate {
  checkDer(der, what, certificateLimits);
  const fields = readFields(der);
  const [tbs, outer, signature] = derExactly(decodeDer(der, place, SEQUENCE), SEQUENCE, SEQUENCE, 0x03);
  const inner = derFields(tbs!)[fields.version === 1 && der[tbs!.start] !== 0xa0 ? 1 : 2]!;
  // RFC 5280 section 4.1.1.2: both fields hold the same; only the inner one is signed.
  if (!equalBytes(derWhole(inner), derWhole(outer!))) throw malformedDer(outer!, 'one signature algorithm in both places', 'two');
  if (fields.extensions.size > 0 && fields.version !== 3)
    throw malformedDer(tbs!, 'version 3, as there are extensions', `version ${fields.version}`);
  const subject = readName(fields.subjectDer);
  const extensions = readExtensions(fields.extensions);
  const serial = toHex(fields.serial);
  return {
    der,
    tbs: derWhole(tbs!),
    signatureAlgorithm: readAlgorithm(outer!),
    signature: readDerBits(signature!),
    version: fields.version,
    serial,
    issuer: readName(fields.issuerDer),
    subject,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    key: readKey(fields.spki),
    extensions,
    title: titleOf(subject, extensions, serial),
  };
}

/** AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL } */
export function readAlgorithm(element: Der): Algorithm {
  const [id, parameters, more] = derFields(element, OBJECT_IDENTIFIER);
  if (more) throw malformedDer(more, 'an algorithm and its parameters', 'more');
  return { id: readDerIdentifier(id!), parameters: parameters && derWhole(parameters) };
}

function readKey(spki: Uint8Array): SubjectKey {
  const [algorithm, bits] = derExactly(decodeDer(spki, place, SEQUENCE), SEQUENCE, 0x03);
  return { algorithm: readAlgorithm(algorithm!), bits: readDerBits(bits!), spki };
}

function titleOf({ dn }: Name, { altNames = [] }: Extensions, serial: string): string {
  if (dn.length > 0) return printable(formatDistinguishedName(dn));
  const other = altNames.find((name) => 'text' in name);
  return other && 'text' in other ? printable(other.text) : `serial number ${serial.slice(0, 40)}`;
}
