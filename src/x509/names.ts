/**
 * GeneralName (RFC 5280 section 4.2.1.6): the kinds that constraints and identities speak of, as values.
 *
 * @module
 */
import type { OctetString } from 'asn1js';
import { type GeneralName as PkiGeneralName, RelativeDistinguishedNames } from 'pkijs';
import { IpsecError } from '../errors.js';
import { decodeDistinguishedName, type DistinguishedName } from '../traffic-selector.js';

/** A name in a subjectAltName, a constraint, a distribution point. */
export type GeneralName =
  | { readonly kind: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly text: string }
  | { readonly kind: 'directoryName'; readonly dn: DistinguishedName }
  | { readonly kind: 'iPAddress'; readonly octets: Uint8Array }
  /** otherName, x400Address, ediPartyName, registeredID: known to be there, and no more. */
  | { readonly kind: 'other'; readonly tag: number };

const texts = { 1: 'rfc822Name', 2: 'dNSName', 6: 'uniformResourceIdentifier' } as const;

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

/** @throws IpsecError `malformed` */
export function readGeneralName({ type, value }: PkiGeneralName): GeneralName {
  const name: unknown = value;
  if (type === 1 || type === 2 || type === 6) {
    // A NUL in a name has been read as its end by one program and not by the next; no name needs what is not printable ASCII.
    if (typeof name !== 'string' || !/^[\x20-\x7e]*$/.test(name)) throw bad(texts[type], 'printable ASCII');
    return { kind: texts[type], text: name };
  }
  if (type === 4) {
    if (!(name instanceof RelativeDistinguishedNames)) throw bad('directoryName', 'a Name');
    return { kind: 'directoryName', dn: decodeDistinguishedName(new Uint8Array(name.valueBeforeDecode)) };
  }
  if (type === 7) return { kind: 'iPAddress', octets: (name as OctetString).valueBlock.valueHexView.slice() };
  return { kind: 'other', tag: type };
}

function bad(kind: string, expected: string): IpsecError {
  return new IpsecError('malformed', `a ${kind}`, { expected, blame: 'peer' });
}
