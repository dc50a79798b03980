/**
 * X.500 distinguished names, as far as identities need them: read from DER and from text, compared, printed.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import {
  decodeDer,
  type Der,
  derContents,
  derFields,
  derListOf,
  derWhole,
  encodeDer,
  malformedDer,
  OBJECT_IDENTIFIER,
  readDerIdentifier,
  SEQUENCE,
  SET,
} from '../der.js';
import { IpsecError, nearestName } from '../errors.js';

/** One attribute of a relative distinguished name. */
export interface Attribute {
  /** Its short name (`CN`, `O`, `C` ...) or its object identifier with dots. */
  readonly type: string;
  /** Its text; of a type that is no text, `#` and the DER of the value in hexadecimal (RFC 4514 section 2.4). */
  readonly value: string;
}

/**
 * A distinguished name: relative distinguished names from the root (`C=US`) to the leaf (`CN=...`), which is the order of the octets and
 * the reverse of how it is written. A relative one has one attribute, seldom more.
 */
export type DistinguishedName = readonly (readonly Attribute[])[];

const UTF8_STRING = 0x0c;

/** Short names and object identifiers (RFC 4519, RFC 2985); of several names of one identifier the first is printed. */
const identifiers: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  GN: '2.5.4.42',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  E: '1.2.840.113549.1.9.1',
  SP: '2.5.4.8',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
});
const names = /* @__PURE__ */ Object.keys(identifiers);

function shortName(identifier: string): string {
  return names.find((name) => identifiers[name] === identifier) ?? identifier;
}

/** The object identifier of an attribute's type. */
export function identifierOf(type: string): string {
  return identifiers[type] ?? type;
}

/**
 * Reads a distinguished name as people write it (RFC 4514, with spaces allowed): leaf first, `CN = Stephen T. Kent, O = BBN Technologies,
 * SP = MA, C = US`. A backslash takes the meaning from `, + = \` and from spaces at the ends, or begins two hexadecimal digits.
 *
 * @throws IpsecError `invalid-argument`.
 */
export function parseDistinguishedName(text: string): DistinguishedName {
  return splitAt(text, ',')
    .map((rdn) => splitAt(rdn, '+').map(parseAttribute))
    .reverse();
}

function splitAt(text: string, separator: ',' | '+'): string[] {
  const pattern = separator === ',' ? /(?:\\.|[^\\,])+/gsu : /(?:\\.|[^\\+])+/gsu;
  const parts = text.match(pattern) ?? [];
  if (parts.length === 0 || parts.join(separator) !== text) throw badName('no empty parts and no backslash at the end', text);
  return parts;
}

function parseAttribute(text: string): Attribute {
  const equals = text.indexOf('=');
  const type = text
    .slice(0, Math.max(equals, 0))
    .trim()
    .toUpperCase()
    .replace(/^OID\./, '');
  const identifier = /^\d+(\.\d+)+$/.test(type) ? type : identifiers[type];
  if (identifier === undefined) {
    throw badName('attributes such as CN=name', text.trim(), equals < 0 ? undefined : nearestName(type, names));
  }
  const value = text.slice(equals + 1).replace(/^\s+|(?<!\\)\s+$/gu, '');
  return { type: shortName(identifier), value: isHexadecimal(value.toLowerCase()) ? value.toLowerCase() : textValue(unescape(value)) };
}

function unescape(value: string): string {
  const octets = (run: string): string => {
    const bytes = (run.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => Number.parseInt(pair, 16));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  };
  return value.replace(/(?:\\[0-9a-f]{2})+/gi, octets).replace(/\\(.)/gsu, '$1');
}

function badName(expected: string, found: string, nearest?: string): IpsecError {
  const shown = JSON.stringify(found.slice(0, 80));
  return new IpsecError('invalid-argument', 'a distinguished name', {
    expected,
    found: shown,
    ...(nearest === undefined ? {} : { nearest }),
  });
}

/** Writes a distinguished name in the way of RFC 4514, leaf first: `CN=Stephen T. Kent, O=BBN Technologies, ST=MA, C=US`. */
export function formatDistinguishedName(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map((rdn) => rdn.map(({ type, value }) => `${type}=${escape(value)}`).join('+'))
    .join(', ');
}

/** What would steer a terminal, begin a line of a log, or hide other characters, is written as `\\xx` too. */
function escape(value: string): string {
  if (isHexadecimal(value)) return value;
  return value.replace(/[\\,+="<>;]|^[ #]| $/gu, '\\$&').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const octets = new TextEncoder().encode(character);
    return Array.from(octets, (octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');
  });
}

/** A value that is no text: `#` and the DER of it. */
export function isHexadecimal(value: string): boolean {
  return /^#([0-9a-f]{2})+$/.test(value);
}

/** A text that looks as one that is no text: it is written as the DER of its UTF8String, so that the two are never the same. */
function textValue(text: string): string {
  return isHexadecimal(text) ? `#${toHex(encodeDer(UTF8_STRING, new TextEncoder().encode(text)))}` : text;
}

/** Whether two names are the same; case and repeated spaces do not matter, nor does the order inside one relative name (RFC 5280 section 7.1). */
export function equalDistinguishedNames(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && isUnder(a, b);
}

/**
 * Whether a name lies in the sub-tree below another: RFC 4301 section 4.4.3.1: "an entry of the form "C = US, SP = MA" might be used to match
 * all DNs that contain these two attributes as the top two Relative Distinguished Names (RDNs)."
 */
export function isUnder(name: DistinguishedName, top: DistinguishedName): boolean {
  return top.length <= name.length && top.every((rdn, i) => foldRdn(rdn) === foldRdn(name[i]!));
}

function foldRdn(rdn: readonly Attribute[]): string {
  const folded = rdn.map(({ type, value }) => [type, value.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')]);
  return JSON.stringify(folded.map((pair) => JSON.stringify(pair)).sort());
}

// Name ::= SEQUENCE OF RelativeDistinguishedName ::= SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }      (RFC 5280 section 4.1.2.4)

/**
 * Reads a distinguished name from DER: what an ID payload of type ID_DER_ASN1_DN holds.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` with path and offset.
 */
export function decodeDistinguishedName(der: Uint8Array): DistinguishedName {
  const name = decodeDer(der, { what: 'a distinguished name', path: 'dn' }, SEQUENCE);
  return derListOf(name, SET).map((set) =>
    attributesOf(set).map((pair) => {
      const [type, value, more] = derFields(pair, OBJECT_IDENTIFIER);
      if (value === undefined || more !== undefined) throw malformedDer(pair, 'an attribute of two elements', more ? 'more' : 'one');
      return { type: shortName(readDerIdentifier(type!)), value: readText(value) };
    }),
  );
}

/** RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue */
function attributesOf(set: Der): readonly Der[] {
  const pairs = derListOf(set, SEQUENCE);
  if (pairs.length === 0) throw malformedDer(set, 'an attribute', 'none');
  return pairs;
}

/**
 * UTF8String, PrintableString, TeletexString, IA5String, BMPString; anything else as `#` and hexadecimal: so is what is not well-formed, for the sign that
 * replaces it would be the same for all of it.
 */
function readText(value: Der): string {
  const octets = derContents(value);
  const raw = `#${toHex(derWhole(value))}`;
  if (value.tag === 0x13 || value.tag === 0x14 || value.tag === 0x16) {
    const text = Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
    return isHexadecimal(text) ? raw : text;
  }
  if (value.tag !== UTF8_STRING && value.tag !== 0x1e) return raw;
  try {
    const text = new TextDecoder(value.tag === 0x1e ? 'utf-16be' : 'utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
    return isHexadecimal(text) ? raw : text;
  } catch {
    return raw;
  }
}
