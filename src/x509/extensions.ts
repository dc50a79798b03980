/**
 * Extensions of a certificate as values (RFC 5280 section 4.2).
 *
 * @module
 */
import { toHex } from '../bytes.js';
import {
  BIT_STRING,
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  derListOf,
  expectTag,
  INTEGER,
  malformedDer,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readDerIdentifier,
  SEQUENCE,
} from '../der.js';
import { IpsecError } from '../errors.js';
import { certificateLimits } from './asn1.js';
import { checkDer } from './der.js';
import { type GeneralName, readGeneralName, readGeneralNames } from './names.js';
import type { Extension } from './read-fields.js';

/** Bits of keyUsage (RFC 5280 section 4.2.1.3), of its first octet. */
export const keyUsageBits = { digitalSignature: 0x80, nonRepudiation: 0x40, keyCertSign: 0x04, cRLSign: 0x02 } as const;

/** Where revocation lists are. */
interface DistributionPoint {
  readonly names: readonly GeneralName[];
  /** It is for some reasons only, or another authority signs: such lists are not used here. */
  readonly isPartial: boolean;
}

/** What the extensions say; what is not there is undefined. */
export interface Extensions {
  basicConstraints?: { readonly ca: boolean; readonly pathLength: number | undefined };
  keyUsage?: number;
  extKeyUsage?: readonly string[];
  altNames?: readonly GeneralName[];
  nameConstraints?: { readonly permitted: readonly GeneralName[]; readonly excluded: readonly GeneralName[] };
  policies?: readonly string[];
  policyMappings?: readonly (readonly [issuer: string, subject: string])[];
  policyConstraints?: { readonly requireExplicit: number | undefined; readonly inhibitMapping: number | undefined };
  inhibitAnyPolicy?: number;
  /** Hexadecimal. */
  subjectKeyId?: string;
  /** Hexadecimal. */
  authorityKeyId?: {
    readonly keyId: string | undefined;
    readonly serial: string | undefined;
  };
  distributionPoints?: readonly DistributionPoint[];
  ocspUrls?: readonly string[];
  /** Object identifiers of critical extensions that nobody here knows. */
  unknownCritical?: readonly string[];
}

type Reader = (into: Extensions, value: Der) => void;

const readers: Readonly<Record<string, Reader>> = {
  '2.5.29.14': (into, value) => {
    into.subjectKeyId = toHex(derContents(expectTag(value, OCTET_STRING)));
  },
  '2.5.29.15': (into, value) => {
    into.keyUsage = derContents(expectTag(value, BIT_STRING))[1] ?? 0;
  },
  '2.5.29.17': (into, value) => {
    into.altNames = derFields(expectTag(value, SEQUENCE)).map(readAltName);
  },
  '2.5.29.19': (into, value) => {
    const fields = [...derFields(expectTag(value, SEQUENCE))];
    const flag = fields[0]?.tag === 0x01 ? fields.shift() : undefined;
    const length = fields[0]?.tag === INTEGER ? fields.shift() : undefined;
    if (fields[0]) throw malformedDer(fields[0], 'cA and pathLenConstraint', 'something else');
    into.basicConstraints = { ca: flag !== undefined && derContents(flag)[0] !== 0, pathLength: length && small(length) };
  },
  '2.5.29.30': (into, value) => {
    const [permitted, excluded] = optionals(value, 0xa0, 0xa1);
    into.nameConstraints = { permitted: readSubtrees(permitted), excluded: readSubtrees(excluded) };
  },
  '2.5.29.31': (into, value) => {
    into.distributionPoints = derListOf(expectTag(value, SEQUENCE), SEQUENCE).map((point) => {
      const [name, reasons, issuer] = optionals(point, 0xa0, 0x81, 0xa2);
      return { names: readPlace(name) ?? [], isPartial: reasons !== undefined || issuer !== undefined };
    });
  },
  '2.5.29.32': (into, value) => {
    into.policies = derListOf(expectTag(value, SEQUENCE), SEQUENCE).map((policy) =>
      readDerIdentifier(derFields(policy, OBJECT_IDENTIFIER)[0]!),
    );
  },
  '2.5.29.33': (into, value) => {
    into.policyMappings = derListOf(expectTag(value, SEQUENCE), SEQUENCE).map((pair) => {
      const [issuer, subject] = derExactly(pair, OBJECT_IDENTIFIER, OBJECT_IDENTIFIER);
      return [readDerIdentifier(issuer!), readDerIdentifier(subject!)] as const;
    });
  },
  '2.5.29.35': (into, value) => {
    const [keyId, , serial] = optionals(value, 0x80, 0xa1, 0x82);
    into.authorityKeyId = { keyId: keyId && toHex(derContents(keyId)), serial: serial && toHex(derContents(serial)) };
  },
  '2.5.29.36': (into, value) => {
    const [requireExplicit, inhibitMapping] = optionals(value, 0x80, 0x81);
    into.policyConstraints = {
      requireExplicit: requireExplicit && small(requireExplicit),
      inhibitMapping: inhibitMapping && small(inhibitMapping),
    };
  },
  '2.5.29.37': (into, value) => {
    into.extKeyUsage = derListOf(expectTag(value, SEQUENCE), OBJECT_IDENTIFIER).map(readDerIdentifier);
  },
  '2.5.29.54': (into, value) => {
    into.inhibitAnyPolicy = small(expectTag(value, INTEGER));
  },
  '1.3.6.1.5.5.7.1.1': (into, value) => {
    into.ocspUrls = derListOf(expectTag(value, SEQUENCE), SEQUENCE).flatMap((access) => {
      const [method, place] = derFields(access, OBJECT_IDENTIFIER);
      if (!place) throw malformedDer(access, 'a method and a place', 'less');
      const name = readDerIdentifier(method!) === '1.3.6.1.5.5.7.48.1' ? readGeneralName(place) : undefined;
      return name?.kind === 'uniformResourceIdentifier' ? [name.text] : [];
    });
  },
};

/** Known and without a say here: issuerAltName, privateKeyUsagePeriod (RFC 4945 section 5.1.3.3: "it SHOULD ignore it"), freshestCRL, subjectInfoAccess, id-pkix-ocsp-nocheck. */
const ignored = ['2.5.29.9', '2.5.29.16', '2.5.29.18', '2.5.29.46', '1.3.6.1.5.5.7.1.11', '1.3.6.1.5.5.7.48.1.5'];

/**
 * Reads what a certificate's extensions say.
 *
 * @throws IpsecError `malformed` and the other codes of DER.
 */
export function readExtensions(list: ReadonlyMap<string, Extension>): Extensions {
  const into: Extensions = {};
  const unknown: string[] = [];
  for (const [id, { isCritical, value }] of list) {
    const reader = Object.hasOwn(readers, id) ? readers[id] : undefined;
    if (reader) readOne(reader, into, id, value);
    else if (isCritical && !ignored.includes(id)) unknown.push(id);
  }
  if (unknown.length > 0) into.unknownCritical = unknown;
  return into;
}

function readOne(reader: Reader, into: Extensions, id: string, value: Uint8Array): void {
  try {
    checkDer(value, 'an extension', certificateLimits);
    reader(into, decodeDer(value, { what: 'an extension', path: 'extension' }));
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    const { code, offset = 0, expected = 'its ASN.1', found = 'something else' } = cause;
    throw new IpsecError(code, 'an extension', { path: `extension ${id}`, offset, expected, found, cause });
  }
}

/** The fields of a SEQUENCE whose tags say which they are; each may be missing, and none stands twice or elsewhere. */
export function optionals(value: Der, ...tags: readonly number[]): (Der | undefined)[] {
  const fields = [...derFields(expectTag(value, SEQUENCE))];
  const found = tags.map((tag) => (fields[0]?.tag === tag ? fields.shift() : undefined));
  if (fields[0]) throw malformedDer(fields[0], 'the known fields in their order', `tag 0x${fields[0].tag.toString(16)}`);
  return found;
}

/** DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] }; undefined: there is none, or it is relative. */
export function readPlace(name: Der | undefined): readonly GeneralName[] | undefined {
  const [place] = name ? derFields(name) : [];
  return place?.tag === 0xa0 ? readGeneralNames(place) : undefined;
}

function readAltName(element: Der): GeneralName {
  const name = readGeneralName(element);
  // RFC 4945 section 5.1.3.6.2: "In other words, the CIDR notation MUST NOT be used in the SubjectAltName extension."
  if (name.kind === 'iPAddress' && name.octets.length !== 4 && name.octets.length !== 16)
    throw malformedDer(element, 'an address of 4 or 16 octets', String(name.octets.length));
  return name;
}

/** GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }: the last two never stand there (RFC 5280 section 4.2.1.10). */
function readSubtrees(list: Der | undefined): readonly GeneralName[] {
  return (list ? derListOf(list, SEQUENCE) : []).map((subtree) => {
    const [base, more] = derFields(subtree);
    if (!base || more) throw malformedDer(subtree, 'a name without minimum and maximum', base ? 'one with them' : 'nothing');
    const name = readGeneralName(base);
    if (name.kind === 'iPAddress' && name.octets.length !== 8 && name.octets.length !== 32)
      throw malformedDer(base, 'an address with a mask: 8 or 32 octets', String(name.octets.length));
    return name;
  });
}

function small(element: Der): number {
  const octets = derContents(element);
  if (octets.length === 0 || octets.length > 4 || octets[0]! >= 0x80)
    throw malformedDer(element, 'a number of up to four octets', 'another');
  return octets.reduce((n, octet) => n * 256 + octet, 0);
}
