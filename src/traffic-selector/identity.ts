/**
 * Identities: the "Name" of RFC 4301 section 4.4.1.1 and what an ID payload of IKE asserts (RFC 7296 section 3.5).
 *
 * @module
 */
import { equalBytes, fromHex, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { equalAddresses, formatAddress, parseAddress } from '../ip.js';
import {
  decodeDistinguishedName,
  type DistinguishedName,
  equalDistinguishedNames,
  formatDistinguishedName,
  parseDistinguishedName,
} from './distinguished-name.js';

/** An identity, by the names of RFC 7296 section 3.5. */
export type Identity =
  | {
      /** An address. */
      readonly type: 'ID_IPV4_ADDR' | 'ID_IPV6_ADDR';
      /** 4 or 16 octets. */
      readonly address: Uint8Array;
    }
  | {
      /** RFC 4301 section 4.4.1.1: "a fully qualified DNS name", or "a fully qualified user name string (email)". */
      readonly type: 'ID_FQDN' | 'ID_RFC822_ADDR';
      /** `foo.example.com`, or `mozart@foo.example.com`. */
      readonly name: string;
    }
  | {
      /** RFC 4301 section 4.4.1.1: "X.500 distinguished name". */
      readonly type: 'ID_DER_ASN1_DN';
      /** Root first. */
      readonly dn: DistinguishedName;
    }
  | {
      /** RFC 4301 section 4.4.1.1: "a byte string". */
      readonly type: 'ID_KEY_ID';
      /** The octets. */
      readonly octets: Uint8Array;
    }
  | {
      /** Nobody in particular. RFC 7619 section 2.2: "The Identification Data field of the ID payload for this ID Type MUST be empty." */
      readonly type: 'ID_NULL';
    };

/** The kind of an identity. */
export type IdentityType = Identity['type'];
type NamedType = Exclude<IdentityType, 'ID_NULL'>;

const types: readonly NamedType[] = ['ID_IPV4_ADDR', 'ID_IPV6_ADDR', 'ID_FQDN', 'ID_RFC822_ADDR', 'ID_DER_ASN1_DN', 'ID_KEY_ID'];

/**
 * Reads an identity from text: an address, a distinguished name (it has a `=`), an email address (it has an `@`), else a DNS name; or any of
 * them behind its type and a colon, which `ID_KEY_ID:` with hexadecimal digits always needs; or `ID_NULL`.
 *
 * @throws IpsecError `invalid-argument`.
 *
 * @example
 * ```ts
 * import { formatIdentity, parseIdentity } from 'ipsec-ts/traffic-selector';
 *
 * if (parseIdentity('mozart@foo.example.com').type !== 'ID_RFC822_ADDR') throw new Error('email');
 * if (parseIdentity('CN = Stephen T. Kent, O = BBN Technologies, SP = MA, C = US').type !== 'ID_DER_ASN1_DN') throw new Error('DN');
 * if (formatIdentity(parseIdentity('ID_KEY_ID:00ff')) !== 'ID_KEY_ID:00ff') throw new Error('key id');
 * ```
 */
export function parseIdentity(text: string): Identity {
  if (text.trim() === 'ID_NULL') return { type: 'ID_NULL' };
  const type = types.find((name) => text.startsWith(`${name}:`)) ?? typeOf(text);
  const value = text.startsWith(`${type}:`) ? text.slice(type.length + 1).trim() : text.trim();
  switch (type) {
    case 'ID_IPV4_ADDR':
    case 'ID_IPV6_ADDR': {
      const address = parseAddress(value);
      if ((address.length === 4) !== (type === 'ID_IPV4_ADDR')) throw bad(type, text);
      return { type, address };
    }
    case 'ID_FQDN':
      // RFC 7296 section 3.5: "The string MUST NOT contain any terminators (e.g., NULL, CR, etc.)."
      if (!/^[\w-]+(\.[\w-]+)*\.?$/u.test(value)) throw bad('a DNS name such as foo.example.com', text);
      return { type, name: value };
    case 'ID_RFC822_ADDR':
      if (!/^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u.test(value)) throw bad('an email address such as mozart@foo.example.com', text);
      return { type, name: value };
    case 'ID_DER_ASN1_DN':
      return { type, dn: parseDistinguishedName(value) };
    case 'ID_KEY_ID':
      return { type, octets: fromHex(value) };
  }
}

function typeOf(text: string): NamedType {
  if (text.includes('=')) return 'ID_DER_ASN1_DN';
  if (text.includes('@')) return 'ID_RFC822_ADDR';
  if (text.includes(':')) return 'ID_IPV6_ADDR';
  return /^[\d.]+$/.test(text.trim()) ? 'ID_IPV4_ADDR' : 'ID_FQDN';
}

function bad(expected: string, text: string): IpsecError {
  return new IpsecError('invalid-argument', 'an identity', { expected, found: JSON.stringify(text.slice(0, 80)) });
}

/**
 * Reads the Identification Data of an ID payload (RFC 7296 section 3.5).
 *
 * @param idType ID Type: 1, 2, 3, 5, 9, 11 or 13.
 * @param data the octets behind the four of type and RESERVED; copied.
 * @throws IpsecError `unsupported` for another type (blame: the peer), `malformed` for wrong octets.
 */
export function decodeIdentity(idType: number, data: Uint8Array): Identity {
  switch (idType) {
    case 1:
    case 5: {
      const size = idType === 1 ? 4 : 16;
      if (data.length !== size) throw badData(`${size} octets`, String(data.length));
      return { type: idType === 1 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR', address: data.slice() };
    }
    case 2:
    case 3:
      return { type: idType === 2 ? 'ID_FQDN' : 'ID_RFC822_ADDR', name: decodeName(data) };
    case 9:
      return { type: 'ID_DER_ASN1_DN', dn: decodeDistinguishedName(data) };
    case 11:
      return { type: 'ID_KEY_ID', octets: data.slice() };
    case 13:
      if (data.length > 0) throw badData('no octets for ID_NULL', String(data.length));
      return { type: 'ID_NULL' };
    default:
      throw new IpsecError('unsupported', 'an ID Type', {
        path: 'id.type',
        expected: '1, 2, 3, 5, 9, 11 or 13',
        found: String(idType),
        blame: 'peer',
      });
  }
}

// RFC 7296 section 3.5: "Because of [EAI], implementations would be wise to treat this field as UTF-8 encoded text, not as pure ASCII."
function decodeName(data: Uint8Array): string {
  // A byte order mark is a character: without it the name would be another one.
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data);
  // Nor what ends a line, or turns it round, in the log that tells of this peer: nobody has vouched for it yet.
  if (name === '' || /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufffd]/u.test(name))
    throw badData('UTF-8 text without terminators', 'something else');
  return name;
}

function badData(expected: string, found: string): IpsecError {
  return new IpsecError('malformed', 'Identification Data', { path: 'id.data', expected, found });
}

/** Writes an identity so that {@link parseIdentity} reads it back; a key id with its type. */
export function formatIdentity(id: Identity): string {
  switch (id.type) {
    case 'ID_IPV4_ADDR':
    case 'ID_IPV6_ADDR':
      return formatAddress(id.address);
    case 'ID_DER_ASN1_DN':
      return formatDistinguishedName(id.dn);
    case 'ID_KEY_ID':
      return `ID_KEY_ID:${toHex(id.octets)}`;
    case 'ID_NULL':
      return id.type;
    default:
      return id.name;
  }
}

/** The most of an identity that a log is given: a peer may claim 64 KiB before it has proved anything. */
const describedLength = 256;

/** An identity for people and logs: its type and what it says; of octets that are printable ASCII, these. Cut where it is long. It is not to be read back. */
export function describeIdentity(id: Identity): string {
  if (id.type === 'ID_NULL') return id.type;
  const whole = 'octets' in id ? describeOctets(id.octets) : formatIdentity(id);
  return `${id.type} ${whole.length > describedLength ? `${whole.slice(0, describedLength)}...` : whole}`;
}

function describeOctets(octets: Uint8Array): string {
  const isPrintable = octets.length > 0 && octets.every((octet) => octet >= 0x20 && octet < 0x7f);
  return isPrintable ? `"${String.fromCharCode(...octets.subarray(0, describedLength))}"` : toHex(octets.subarray(0, describedLength));
}

/** Whether two identities are the same; which says nothing of two that are nobody's, `ID_NULL`, but that they are of one type. Case does not matter in DNS names, in the domain of an email address, in distinguished names. */
export function equalIdentities(a: Identity, b: Identity): boolean {
  switch (a.type) {
    case 'ID_IPV4_ADDR':
    case 'ID_IPV6_ADDR':
      return 'address' in b && equalAddresses(a.address, b.address);
    case 'ID_DER_ASN1_DN':
      return 'dn' in b && equalDistinguishedNames(a.dn, b.dn);
    case 'ID_KEY_ID':
      return 'octets' in b && equalBytes(a.octets, b.octets);
    case 'ID_NULL':
      return b.type === 'ID_NULL';
    default:
      return 'name' in b && a.type === b.type && foldName(a.name) === foldName(b.name);
  }
}

/**
 * A DNS name or email address in the form in which names are compared: domain in lower case, without the dot of the root. Only ASCII has cases in the DNS; other
 * alphabets have letters whose small form is an ASCII letter.
 */
export function foldName(name: string): string {
  const at = name.lastIndexOf('@') + 1;
  const domain = name.slice(at).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return name.slice(0, at) + domain.replace(/\.$/, '');
}
