/**
 * Does a certificate speak for the identity that its holder claims? RFC 4945 section 3.1.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { equalDistinguishedNames, type Identity } from '../traffic-selector.js';
import { type CertificateName, formatIdentityText, namesOfFields } from './identity.js';
import { printable } from './printable.js';
import { type CertificateFields, readFields } from './read-fields.js';

/** What is allowed beyond RFC 4945, for certificates of others that cannot be had otherwise. */
export interface CertificateIdentityOptions {
  /** `*.example.com` in a dNSName speaks for one label in place of the `*`. Off by default; RFC 4945 section 3.1.2 forbids it. */
  readonly allowWildcards?: boolean | undefined;
  /** The subject's CN speaks for an ID_FQDN or an ID_RFC822_ADDR where there is no subjectAltName. Off by default; RFC 4945 section 3.1.9 forbids it. */
  readonly allowCommonName?: boolean | undefined;
}

/** How many names an error lists. */
const SHOWN = 6;
/** And how many are compared to find the nearest. */
const COMPARED = 64;

/**
 * Why a certificate does not speak for an identity; undefined: it does.
 *
 * ID_FQDN has to be a dNSName and ID_RFC822_ADDR an rfc822Name of the subjectAltName, whole, upper and lower case being the same; ID_IPV4_ADDR and
 * ID_IPV6_ADDR an iPAddress; ID_DER_ASN1_DN the whole subject. ID_KEY_ID and ID_NULL stand in no certificate.
 *
 * @param certificate DER.
 * @returns `authentication-failed` with what was expected, what the certificate holds and what is nearest; a broken certificate does not speak for anybody.
 *
 * @example
 * ```ts
 * import { parseIdentity } from 'ipsec-ts/traffic-selector';
 * import { explainCertificateIdentity } from 'ipsec-ts/x509';
 *
 * const error = explainCertificateIdentity(new Uint8Array(), parseIdentity('gw.example.com'));
 * if (error?.code !== 'authentication-failed') throw new Error('nothing is no certificate');
 * ```
 */
export function explainCertificateIdentity(
  certificate: Uint8Array,
  identity: Identity,
  options: CertificateIdentityOptions = {},
): IpsecError | undefined {
  let names: readonly CertificateName[];
  let fields: CertificateFields;
  try {
    fields = readFields(certificate);
    names = namesOfFields(fields);
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    return new IpsecError('authentication-failed', `the certificate for ${claimOf(identity)}: ${cause.message}`, { cause });
  }
  if (names.some((name) => speaksFor(name, identity, options))) return undefined;
  const commonNames = fields.subject.flat().filter(({ type }) => type === 'CN');
  const inCommonName = 'name' in identity && commonNames.some(({ value }) => foldCase(value) === foldCase(identity.name));
  if (inCommonName && options.allowCommonName === true && !fields.extensions.has('2.5.29.17')) return undefined;
  const nearest = nearestOf(names, identity);
  return new IpsecError('authentication-failed', `the certificate does not speak for ${claimOf(identity)}`, {
    path: 'certificate',
    expected: expectedFor(identity),
    found: `${listOf(names, identity.type)}${inCommonName ? ' (a CN is not read as a name: RFC 4945 section 3.1.9)' : ''}`,
    ...(nearest === undefined ? {} : { nearest }),
  });
}

function speaksFor(
  { kind, text, identity: own }: CertificateName,
  claimed: Identity,
  { allowWildcards }: CertificateIdentityOptions,
): boolean {
  if (own === undefined) {
    return (
      allowWildcards === true && kind === 'dNSName' && claimed.type === 'ID_FQDN' && matchesWildcard(foldCase(text), foldCase(claimed.name))
    );
  }
  if (own.type !== claimed.type) return false;
  // RFC 4945 section 3.1.1: "binary comparison MUST be performed."
  if ('address' in own) return 'address' in claimed && equalBytes(own.address, claimed.address);
  if ('dn' in own) return 'dn' in claimed && equalDistinguishedNames(own.dn, claimed.dn);
  // RFC 4945 section 3.1.2: "case-insensitive string comparison MUST be performed." Section 3.1.3 has the same for the whole of an email address.
  return 'name' in own && 'name' in claimed && foldCase(own.name) === foldCase(claimed.name);
}

/** ASCII only: other alphabets have letters whose small form is an ASCII letter. The dot of the root is no difference. */
function foldCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, '');
}

function matchesWildcard(pattern: string, name: string): boolean {
  const dot = name.indexOf('.');
  return /^\*(\.[a-z0-9_-]+){2,}$/.test(pattern) && dot > 0 && name.slice(dot) === pattern.slice(1);
}

function claimOf(identity: Identity): string {
  const text = printable(formatIdentityText(identity).replace(`${identity.type}:`, ''));
  return text === identity.type ? text : `${identity.type} ${text}`;
}

function expectedFor(identity: Identity): string {
  switch (identity.type) {
    case 'ID_FQDN':
      return `${printable(identity.name)} as a dNSName of its subjectAltName`;
    case 'ID_RFC822_ADDR':
      return `${printable(identity.name)} as an rfc822Name of its subjectAltName`;
    case 'ID_DER_ASN1_DN':
      return `the subject ${printable(formatIdentityText(identity))}`;
    case 'ID_KEY_ID':
    case 'ID_NULL':
      return `a kind of identity that stands in certificates (${identity.type} does not)`;
    default:
      return `${formatIdentityText(identity)} as an iPAddress of its subjectAltName`;
  }
}

/** Which names an identity has to be among; the list begins with them. */
const kinds: Readonly<Record<Identity['type'], CertificateName['kind'] | undefined>> = /* @__PURE__ */ Object.freeze({
  ID_FQDN: 'dNSName',
  ID_RFC822_ADDR: 'rfc822Name',
  ID_IPV4_ADDR: 'iPAddress',
  ID_IPV6_ADDR: 'iPAddress',
  ID_DER_ASN1_DN: 'subject',
  ID_KEY_ID: undefined,
  ID_NULL: undefined,
});

function listOf(names: readonly CertificateName[], type: Identity['type']): string {
  if (names.length === 0) return 'no names at all';
  const first = names.filter(({ kind }) => kind === kinds[type]);
  const sorted = [...first, ...names.filter(({ kind }) => kind !== kinds[type])];
  const shown = sorted
    .slice(0, SHOWN)
    .map(({ kind, text, whyNot }) => `${kind} ${printable(text)}${whyNot === undefined ? '' : ` (${whyNot})`}`);
  const more = names.length - shown.length;
  const bare = names.every(({ kind }) => kind === 'subject') ? ', no subjectAltName' : '';
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}${bare}`;
}

/** The nearest of the same kind, else of those that may be claimed at all. */
function nearestOf(names: readonly CertificateName[], claimed: Identity): string | undefined {
  const own = names.slice(0, COMPARED).flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
  const wanted = formatIdentityText(claimed);
  const textsOf = (list: readonly Identity[]): string[] => list.map((identity) => formatIdentityText(identity));
  const found = nearestName(wanted, textsOf(own.filter((identity) => identity.type === claimed.type))) ?? nearestName(wanted, textsOf(own));
  return found === undefined ? undefined : printable(found);
}
