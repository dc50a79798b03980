/**
 * Extensions of a certificate as values (RFC 5280 section 4.2).
 *
 * @module
 */
import { BitString, Integer, OctetString } from 'asn1js';
import * as pkijs from 'pkijs';
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { DistinguishedName } from '../traffic-selector.js';
import { decodeWith } from './asn1.js';
import { type GeneralName, readGeneralName } from './names.js';

/** Bits of keyUsage (RFC 5280 section 4.2.1.3), of its first octet. */
export const keyUsageBits = { digitalSignature: 0x80, nonRepudiation: 0x40, keyCertSign: 0x04, cRLSign: 0x02 } as const;

/** Where revocation lists are. */
export interface DistributionPoint {
  readonly names: readonly GeneralName[];
  /** It is for some reasons only, or another authority signs: such lists are not used here. */
  readonly isPartial: boolean;
}

/** What the extensions say; what is not there is undefined or empty. */
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
  subjectKeyId?: string;
  authorityKeyId?: {
    readonly keyId: string | undefined;
    readonly issuer: DistinguishedName | undefined;
    readonly serial: string | undefined;
  };
  distributionPoints?: readonly DistributionPoint[];
  ocspUrls?: readonly string[];
  /** id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1). */
  ocspNoCheck?: boolean;
  /** Object identifiers of critical extensions that nobody here knows. */
  unknownCritical?: readonly string[];
}

type Reader = (into: Extensions, octets: Uint8Array) => void;

const readers: Readonly<Record<string, Reader>> = {
  '2.5.29.14': (into, octets) => {
    into.subjectKeyId = toHex(
      decode(octets, 'a subjectKeyIdentifier', (schema) => expectType(schema, OctetString).valueBlock.valueHexView),
    );
  },
  '2.5.29.15': (into, octets) => {
    into.keyUsage = decode(octets, 'a keyUsage', (schema) => expectType(schema, BitString).valueBlock.valueHexView[0] ?? 0);
  },
  '2.5.29.17': (into, octets) => {
    into.altNames = decode(octets, 'a subjectAltName', (schema) => new pkijs.AltName({ schema }).altNames.map(readAltName));
  },
  '2.5.29.19': (into, octets) => {
    const { cA, pathLenConstraint } = decode(octets, 'basicConstraints', (schema) => new pkijs.BasicConstraints({ schema }));
    into.basicConstraints = {
      ca: cA,
      pathLength: pathLenConstraint === undefined ? undefined : small(pathLenConstraint, 'pathLenConstraint'),
    };
  },
  '2.5.29.30': (into, octets) => {
    const { permittedSubtrees = [], excludedSubtrees = [] } = decode(
      octets,
      'nameConstraints',
      (schema) => new pkijs.NameConstraints({ schema }),
    );
    into.nameConstraints = { permitted: permittedSubtrees.map(readSubtree), excluded: excludedSubtrees.map(readSubtree) };
  },
  '2.5.29.31': (into, octets) => {
    const points = decode(octets, 'cRLDistributionPoints', (schema) => new pkijs.CRLDistributionPoints({ schema }).distributionPoints);
    into.distributionPoints = points.map(({ distributionPoint, reasons, cRLIssuer }) => ({
      names: Array.isArray(distributionPoint) ? distributionPoint.map(readGeneralName) : [],
      isPartial: reasons !== undefined || cRLIssuer !== undefined,
    }));
  },
  '2.5.29.32': (into, octets) => {
    const { certificatePolicies } = decode(octets, 'certificatePolicies', (schema) => new pkijs.CertificatePolicies({ schema }));
    into.policies = certificatePolicies.map(({ policyIdentifier }) => policyIdentifier);
  },
  '2.5.29.33': (into, octets) => {
    const { mappings } = decode(octets, 'policyMappings', (schema) => new pkijs.PolicyMappings({ schema }));
    into.policyMappings = mappings.map(({ issuerDomainPolicy, subjectDomainPolicy }) => [issuerDomainPolicy, subjectDomainPolicy] as const);
  },
  '2.5.29.35': (into, octets) => {
    const id = decode(octets, 'an authorityKeyIdentifier', (schema) => new pkijs.AuthorityKeyIdentifier({ schema }));
    const issuer = id.authorityCertIssuer?.map(readGeneralName).find((name) => name.kind === 'directoryName');
    into.authorityKeyId = {
      keyId: id.keyIdentifier && toHex(id.keyIdentifier.valueBlock.valueHexView),
      issuer: issuer?.dn,
      serial: id.authorityCertSerialNumber && toHex(id.authorityCertSerialNumber.valueBlock.valueHexView),
    };
  },
  '2.5.29.36': (into, octets) => {
    const read = decode(octets, 'policyConstraints', (schema) => new pkijs.PolicyConstraints({ schema }));
    const optional = (n: number | undefined): number | undefined => (n === undefined ? undefined : small(n, 'policyConstraints'));
    into.policyConstraints = { requireExplicit: optional(read.requireExplicitPolicy), inhibitMapping: optional(read.inhibitPolicyMapping) };
  },
  '2.5.29.37': (into, octets) => {
    into.extKeyUsage = decode(octets, 'an extendedKeyUsage', (schema) => new pkijs.ExtKeyUsage({ schema }).keyPurposes);
  },
  '2.5.29.54': (into, octets) => {
    into.inhibitAnyPolicy = small(
      decode(octets, 'inhibitAnyPolicy', (schema) => expectType(schema, Integer)),
      'inhibitAnyPolicy',
    );
  },
  '1.3.6.1.5.5.7.1.1': (into, octets) => {
    const { accessDescriptions } = decode(octets, 'authorityInfoAccess', (schema) => new pkijs.InfoAccess({ schema }));
    const responders = accessDescriptions.filter(({ accessMethod }) => accessMethod === '1.3.6.1.5.5.7.48.1');
    into.ocspUrls = responders
      .map(({ accessLocation }) => readGeneralName(accessLocation))
      .flatMap((name) => (name.kind === 'uniformResourceIdentifier' ? [name.text] : []));
  },
  '1.3.6.1.5.5.7.48.1.5': (into) => {
    into.ocspNoCheck = true;
  },
};

/** Known and without a say here: issuerAltName, privateKeyUsagePeriod (RFC 4945 section 5.1.3.3: "it SHOULD ignore it"), freshestCRL, subjectInfoAccess. */
const ignored = ['2.5.29.9', '2.5.29.16', '2.5.29.18', '2.5.29.46', '1.3.6.1.5.5.7.1.11'];

/**
 * Reads what a certificate's extensions say.
 *
 * @throws IpsecError `malformed` and the other codes of DER; an extension that is there twice is malformed, too (RFC 5280 section 4.2).
 */
export function readExtensions(list: readonly pkijs.Extension[]): Extensions {
  const into: Extensions = {};
  const seen = new Set<string>();
  const unknown: string[] = [];
  for (const { extnID, critical, extnValue } of list) {
    if (seen.has(extnID)) throw bad('the extensions of a certificate', 'each once', `${extnID} twice`);
    seen.add(extnID);
    const reader = Object.hasOwn(readers, extnID) ? readers[extnID] : undefined;
    if (reader) reader(into, extnValue.valueBlock.valueHexView);
    else if (critical && !ignored.includes(extnID)) unknown.push(extnID);
  }
  if (unknown.length > 0) into.unknownCritical = unknown;
  return into;
}

const decode = decodeWith;

function readSubtree({ base, minimum, maximum }: pkijs.GeneralSubtree): GeneralName {
  // RFC 5280 section 4.2.1.10: minimum is always zero, and maximum is absent.
  if (minimum !== 0 || maximum !== undefined) throw bad('nameConstraints', 'minimum 0 and no maximum', 'others');
  return readConstraint(base);
}

function readAltName(base: pkijs.GeneralName): GeneralName {
  const name = readGeneralName(base);
  // RFC 4945 section 5.1.3.6.2: "In other words, the CIDR notation MUST NOT be used in the SubjectAltName extension."
  if (name.kind === 'iPAddress' && name.octets.length !== 4 && name.octets.length !== 16)
    throw bad('an iPAddress', '4 or 16 octets', String(name.octets.length));
  return name;
}

/** In a constraint an address has a mask, and a name may be empty: its octets are taken as they are. */
function readConstraint(base: pkijs.GeneralName): GeneralName {
  const name = readGeneralName(base);
  if (name.kind === 'iPAddress' && name.octets.length !== 8 && name.octets.length !== 32)
    throw bad('nameConstraints', 'an address with a mask: 8 or 32 octets', `${name.octets.length} octets`);
  return name;
}

function small(value: number | Integer, what: string): number {
  const n = typeof value === 'number' ? value : value.valueBlock.isHexOnly ? -1 : value.valueBlock.valueDec;
  if (!Number.isSafeInteger(n) || n < 0) throw bad(what, 'a small number', String(n));
  return n;
}

function expectType<T>(schema: unknown, type: new () => T): T {
  if (!(schema instanceof type)) throw new Error(`not of the type ${type.name}`);
  return schema;
}

function bad(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { expected, found, blame: 'peer' });
}
