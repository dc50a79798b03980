/**
 * Which identities does an entry speak of? RFC 4301 section 4.4.3.1.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { formatRange, parsePrefix, rangeContains } from '../ip.js';
import {
  equalDistinguishedNames,
  foldName,
  formatDistinguishedName,
  formatIdentity,
  type Identity,
  isUnder,
  parseDistinguishedName,
  parseIdentity,
} from '../traffic-selector.js';
import type { PadId } from './types.js';

/** Whether an entry's ID takes an identity. */
export function matchesId(id: PadId, identity: Identity): boolean {
  switch (id.type) {
    case 'any':
      // RFC 7619 section 2.4: "only those rules that explicitly have that flag turned on can be used with unauthenticated connections."
      return identity.type !== 'ID_NULL';
    case 'ID_NULL':
      return identity.type === 'ID_NULL';
    case 'ID_FQDN':
    case 'ID_RFC822_ADDR':
      return 'name' in identity && identity.type === id.type && matchesName(foldName(id.name), foldName(identity.name));
    case 'ID_DER_ASN1_DN':
      return 'dn' in identity && (id.subtree ? isUnder(identity.dn, id.dn) : equalDistinguishedNames(identity.dn, id.dn));
    case 'ID_KEY_ID':
      return 'octets' in identity && equalBytes(identity.octets, id.octets);
    default:
      return 'address' in identity && rangeContains(id.addresses, identity.address);
  }
}

// RFC 4301 section 4.4.3.1: "the string ".example.com" could be used to match any DNS name ending in these two domain name components" and
// "a sub-tree name such as "@example.com" could be used to match all the entities with names ending in those two domain name components to
// the right of the @."
function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('.') && !pattern.startsWith('@')) return name === pattern;
  const suffix = pattern.startsWith('@.') ? pattern.slice(1) : pattern;
  return name.length > suffix.length && name.endsWith(suffix);
}

/**
 * Reads an entry's ID from text. What {@link parseIdentity} reads is that one identity; besides there are `.example.com`, `@example.com`,
 * `@.example.com` (mail domains below it), `*, SP = MA, C = US` (the sub-tree), `192.0.2.0/24`, `192.0.2.1-192.0.2.9` and `*` (all but `ID_NULL`).
 *
 * @throws IpsecError `invalid-argument`.
 */
export function parsePadId(text: string): PadId {
  const value = text.trim();
  if (value === '*') return { type: 'any' };
  if (value.includes('=') && /^\*\s*,/.test(value))
    return { type: 'ID_DER_ASN1_DN', dn: parseDistinguishedName(value.replace(/^\*\s*,/, '')), subtree: true };
  if (value.startsWith('.')) return { type: 'ID_FQDN', name: `.${nameOf(parseIdentity(`ID_FQDN:${value.slice(1)}`))}` };
  if (value.startsWith('@')) {
    const dot = value.startsWith('@.') ? '.' : '';
    return { type: 'ID_RFC822_ADDR', name: `@${dot}${nameOf(parseIdentity(`ID_FQDN:${value.slice(1 + dot.length)}`))}` };
  }
  if (/^[\da-f.:]+(\/\d+|\s*-\s*[\da-f.:]+)$/i.test(value)) {
    const addresses = parsePrefix(value);
    return { type: addresses.start.length === 4 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR', addresses };
  }
  const identity = parseIdentity(value);
  if ('address' in identity) return { type: identity.type, addresses: { start: identity.address, end: identity.address } };
  return 'dn' in identity ? { ...identity, subtree: false } : identity;
}

function nameOf(identity: Identity): string {
  return formatIdentity(identity);
}

/** Writes an entry's ID so that {@link parsePadId} reads it back. */
export function formatPadId(id: PadId): string {
  if (id.type === 'any') return '*';
  if ('addresses' in id) return formatRange(id.addresses);
  if ('subtree' in id) return `${id.subtree ? '*, ' : ''}${formatDistinguishedName(id.dn)}`;
  return formatIdentity(id);
}
