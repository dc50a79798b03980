/**
 * Name constraints (RFC 5280 section 4.2.1.10): which names an authority may speak of. All kinds, each name by itself: one that is permitted does not
 * excuse its neighbour.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { formatAddress } from '../ip.js';
import { type DistinguishedName, formatDistinguishedName, isUnder } from '../traffic-selector.js';
import type { Certificate } from './certificate.js';
import type { GeneralName } from './names.js';
import { printable } from './printable.js';
import type { Complaint } from './signature.js';

/** Constraints of the authorities so far: a name has to lie in one permitted sub-tree of each list that has some of its kind, and in no excluded one. */
export interface NameRules {
  readonly permitted: readonly (readonly GeneralName[])[];
  readonly excluded: readonly GeneralName[];
}

/** No constraints. */
export const noNameRules: NameRules = { permitted: [], excluded: [] };

const maxComparisons = 32_768;

/** Adds what a certificate of an authority says. */
export function addNameRules(rules: NameRules, { extensions: { nameConstraints } }: Certificate): NameRules {
  if (!nameConstraints) return rules;
  const { permitted, excluded } = nameConstraints;
  return {
    permitted: permitted.length > 0 ? [...rules.permitted, permitted] : rules.permitted,
    excluded: [...rules.excluded, ...excluded],
  };
}

/** Which name of a certificate its authorities may not speak of; undefined: none. */
export function explainNames(rules: NameRules, certificate: Certificate, isEnd: boolean): Complaint | undefined {
  if (rules.permitted.length === 0 && rules.excluded.length === 0) return undefined;
  const names = namesOf(certificate, isEnd);
  const size = rules.excluded.length + rules.permitted.reduce((sum, list) => sum + list.length, 0);
  if (names.length * size > maxComparisons)
    throw new IpsecError('limit-exceeded', 'name constraints', {
      expected: `up to ${maxComparisons} comparisons of names`,
      found: String(names.length * size),
      blame: 'peer',
    });
  for (const name of names) {
    const complaint = explainName(rules, name);
    if (complaint) return complaint;
  }
  return undefined;
}

function explainName(rules: NameRules, name: GeneralName): Complaint | undefined {
  const what = 'a name under name constraints';
  const isSameKind = (base: GeneralName): boolean =>
    base.kind === name.kind && (base.kind !== 'other' || base.tag === (name as typeof base).tag);
  const bad = rules.excluded.find((base) => isSameKind(base) && mayLieIn(name, base, true));
  if (bad) return { what, expected: `none in the excluded ${formatName(bad)}`, found: formatName(name) };
  for (const list of rules.permitted) {
    const bases = list.filter(isSameKind);
    if (bases.length > 0 && !bases.some((base) => mayLieIn(name, base, false)))
      return { what, expected: `one in the permitted ${bases.slice(0, 4).map(formatName).join(' or ')}`, found: formatName(name) };
  }
  return undefined;
}

/** The subject, its mail addresses, the other names, and at the end of a path a common name that looks like a host where no dNSName is. */
function namesOf({ subject: { dn }, extensions: { altNames = [] } }: Certificate, isEnd: boolean): GeneralName[] {
  const attributes = dn.flat();
  const mails = attributes.filter(({ type }) => type === 'E');
  const hosts =
    !isEnd || altNames.some(({ kind }) => kind === 'dNSName')
      ? []
      : attributes.filter(({ type, value }) => type === 'CN' && isHostName(value));
  return [
    ...(dn.length > 0 ? [{ kind: 'directoryName', dn } as const] : []),
    ...altNames,
    ...mails.map(({ value }) => ({ kind: 'rfc822Name', text: value }) as const),
    ...hosts.map(({ value }) => ({ kind: 'dNSName', text: value }) as const),
  ];
}

const isHostName = (text: string): boolean => /^[a-z0-9_]([\w-]*\w)?(\.[a-z0-9_]([\w-]*\w)?)+$/i.test(text);

/** What cannot be understood is never permitted and always excluded. */
function mayLieIn(name: GeneralName, base: GeneralName, ifUnclear: boolean): boolean {
  switch (name.kind) {
    case 'directoryName':
      return isUnder(name.dn, (base as { readonly dn: DistinguishedName }).dn);
    case 'iPAddress':
      return isInNetwork(name.octets, (base as { readonly octets: Uint8Array }).octets);
    case 'other':
      return ifUnclear;
    default: {
      const { text } = base as { readonly text: string };
      return textLiesIn(name.kind, name.text, text, ifUnclear) ?? ifUnclear;
    }
  }
}

/** Undefined: the name is not of the form of its kind. */
function textLiesIn(
  kind: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier',
  name: string,
  base: string,
  excluding: boolean,
): boolean | undefined {
  switch (kind) {
    case 'dNSName':
      return dnsLiesIn(foldHost(name), foldHost(base), excluding);
    case 'rfc822Name': {
      const at = name.lastIndexOf('@');
      if (at < 1 || at === name.length - 1) return undefined;
      const baseAt = base.lastIndexOf('@');
      if (baseAt < 0) return hostLiesIn(foldHost(name.slice(at + 1)), foldHost(base));
      // Case matters before the @, so what is permitted has to have it; whether a server minds is not known, so what is excluded need not.
      const local = (text: string): string => (excluding ? text.toLowerCase() : text);
      return local(name.slice(0, at)) === local(base.slice(0, baseAt)) && foldHost(name.slice(at + 1)) === foldHost(base.slice(baseAt + 1));
    }
    case 'uniformResourceIdentifier': {
      const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(name)?.[1];
      // RFC 5280 section 4.2.1.10: a URI whose host is an address, or that has none, is refused where URIs are constrained.
      if (host === undefined || /^[\d.]+$/.test(host)) return undefined;
      return hostLiesIn(foldHost(host), foldHost(base));
    }
  }
}

const foldHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** `example.com` is itself and all below it; `.example.com` all below it. */
function dnsLiesIn(name: string, base: string, excluding: boolean): boolean {
  if (base === '' || name === base) return true;
  if (name.endsWith(base.startsWith('.') ? base : `.${base}`)) return true;
  // A wildcard may stand for the excluded name itself.
  return excluding && name.startsWith('*.') && base.replace(/^\./, '').endsWith(name.slice(1));
}

/** A host is itself; `.example.com` all hosts below it. */
function hostLiesIn(host: string, base: string): boolean {
  return base === '' || (base.startsWith('.') ? host.endsWith(base) && host.length > base.length : host === base);
}

function isInNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const size = network.length / 2;
  return address.length === size && address.every((octet, i) => ((octet ^ network[i]!) & network[size + i]!) === 0);
}

/** A name for errors. */
function formatName(name: GeneralName): string {
  switch (name.kind) {
    case 'directoryName':
      return `directoryName ${printable(formatDistinguishedName(name.dn))}`;
    case 'iPAddress': {
      const { octets } = name;
      if (octets.length === 4 || octets.length === 16) return `iPAddress ${formatAddress(octets)}`;
      const half = octets.length / 2;
      return `iPAddress ${formatAddress(octets.subarray(0, half))}/${formatAddress(octets.subarray(half))}`;
    }
    case 'other':
      return `name of kind [${name.tag}]`;
    default:
      return `${name.kind} ${printable(name.text)}`;
  }
}
