/**
 * GeneralName (RFC 5280 section 4.2.1.6): the kinds that constraints and identities speak of, as values.
 *
 * @module
 */
import { type Der, derContents, derFields, malformedDer } from '../der.js';
import { decodeDistinguishedName, type DistinguishedName } from '../traffic-selector.js';

/** A name in a subjectAltName, a constraint, a distribution point. */
export type GeneralName =
  | { readonly kind: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly text: string }
  | { readonly kind: 'directoryName'; readonly dn: DistinguishedName }
  | { readonly kind: 'iPAddress'; readonly octets: Uint8Array }
  /** otherName, x400Address, ediPartyName, registeredID: known to be there, and no more. */
  | { readonly kind: 'other'; readonly tag: number };

/** A distinguished name, read once. */
export interface Name {
  readonly dn: DistinguishedName;
  /** Equal for equal names: without case, repeated spaces, and the order inside a relative name (RFC 5280 section 7.1). */
  readonly key: string;
  /** DER. */
  readonly der: Uint8Array;
}

/** @throws IpsecError `malformed` */
export function readName(der: Uint8Array): Name {
  const dn = decodeDistinguishedName(der);
  const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ');
  const key = JSON.stringify(dn.map((rdn) => rdn.map(({ type, value }) => JSON.stringify([type, fold(value)])).sort()));
  return { dn, key, der };
}

const texts: Readonly<Record<number, 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'>> = {
  0x81: 'rfc822Name',
  0x82: 'dNSName',
  0x86: 'uniformResourceIdentifier',
};

/** @throws IpsecError `malformed` */
export function readGeneralName(element: Der): GeneralName {
  const { tag } = element;
  const kind = texts[tag];
  if (kind !== undefined) {
    const text = Array.from(derContents(element), (octet) => String.fromCharCode(octet)).join('');
    // A NUL in a name has been read as its end by one program and not by the next; no name needs what is not printable ASCII.
    if (!/^[\x20-\x7e]*$/.test(text)) throw malformedDer(element, 'printable ASCII', 'something else');
    return { kind, text };
  }
  if (tag === 0xa4) return { kind: 'directoryName', dn: decodeDistinguishedName(derContents(element)) };
  if (tag === 0x87) return { kind: 'iPAddress', octets: derContents(element) };
  if ([0xa0, 0xa3, 0xa5, 0x88].includes(tag)) return { kind: 'other', tag: tag & 0x1f };
  throw malformedDer(element, 'a GeneralName', `tag 0x${tag.toString(16)}`);
}

/** GeneralNames ::= SEQUENCE OF GeneralName, also with another tag in place of that of SEQUENCE. */
export function readGeneralNames(list: Der): readonly GeneralName[] {
  return derFields(list).map(readGeneralName);
}
