/**
 * What a certificate's key is for: keyUsage, extendedKeyUsage and basicConstraints (RFC 5280 sections 4.2.1.3, 4.2.1.9, 4.2.1.12).
 *
 * @module
 */
import {
  BIT_STRING,
  BOOLEAN,
  decodeDer,
  derContents,
  derFields,
  derListOf,
  malformedDer,
  OBJECT_IDENTIFIER,
  readDerIdentifier,
  SEQUENCE,
} from '../der.js';
import type { CertificateFields } from './read-fields.js';
import { usageName } from './usages.js';

/** Absent extensions are undefined. */
export interface Usages {
  /** The names of RFC 5280. */
  readonly keyUsage: readonly string[] | undefined;
  /** `serverAuth`, `ipsecIKE` ...; others as object identifiers with dots. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Whether it may issue certificates. */
  readonly isCa: boolean;
}

/** The bits of keyUsage in their order, the highest of the first octet first (RFC 5280). */
export const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** @throws IpsecError `truncated`, `malformed` or `trailing-octets`. */
export function readUsages({ extensions }: Pick<CertificateFields, 'extensions'>): Usages {
  const valueOf = (identifier: string): Uint8Array | undefined => extensions.get(identifier)?.value;
  const [usage, extended, basic] = [valueOf('2.5.29.15'), valueOf('2.5.29.37'), valueOf('2.5.29.19')];
  return {
    keyUsage: usage && readKeyUsage(usage),
    extendedKeyUsage: extended && readPurposes(extended),
    isCa: basic !== undefined && readIsCa(basic),
  };
}

/** KeyUsage ::= BIT STRING, its first bit the highest of the first octet. */
function readKeyUsage(value: Uint8Array): string[] {
  const element = decodeDer(value, { what: 'the keyUsage of a certificate', path: 'certificate.keyUsage' }, BIT_STRING);
  const [unused = 8, ...octets] = derContents(element);
  if (unused > 7) throw malformedDer(element, 'up to 7 unused bits', 'more');
  return keyUsageNames.filter((_, i) => ((octets[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0);
}

/** ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER */
function readPurposes(value: Uint8Array): string[] {
  const list = decodeDer(value, { what: 'the extendedKeyUsage of a certificate', path: 'certificate.extendedKeyUsage' }, SEQUENCE);
  return derListOf(list, OBJECT_IDENTIFIER).map((element) => usageName(readDerIdentifier(element)));
}

/** BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
function readIsCa(value: Uint8Array): boolean {
  const fields = derFields(
    decodeDer(value, { what: 'the basicConstraints of a certificate', path: 'certificate.basicConstraints' }, SEQUENCE),
  );
  return fields[0]?.tag === BOOLEAN && derContents(fields[0])[0] === 0xff;
}
