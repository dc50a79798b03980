/**
 * Identities as octets: what an ID payload of IKE carries (RFC 7296 section 3.5).
 *
 * @module
 */
import { EMPTY, fromHex } from '../bytes.js';
import { encodeDer, encodeDerIdentifier, SEQUENCE, SET } from '../der.js';
import { type Attribute, type DistinguishedName, identifierOf, isHexadecimal } from './distinguished-name.js';
import type { Identity } from './identity.js';

/** What an ID payload holds. */
export interface IdentityOctets {
  /** ID Type: 1, 2, 3, 5, 9, 11 or 13. */
  readonly idType: number;
  /** Identification Data. */
  readonly data: Uint8Array;
}

/**
 * Writes Identification Data so that `decodeIdentity` reads it back.
 *
 * @returns ID Type and the octets behind the four of type and RESERVED. Octets of the identity are not copied.
 *
 * @example
 * ```ts
 * import { decodeIdentity, encodeIdentity, formatIdentity, parseIdentity } from 'ipsec-ts/traffic-selector';
 *
 * const { idType, data } = encodeIdentity(parseIdentity('gw.branch.example.com'));
 * if (idType !== 2 || formatIdentity(decodeIdentity(idType, data)) !== 'gw.branch.example.com') throw new Error('ID_FQDN');
 * ```
 */
export function encodeIdentity(identity: Identity): IdentityOctets {
  switch (identity.type) {
    case 'ID_IPV4_ADDR':
      return { idType: 1, data: identity.address };
    case 'ID_IPV6_ADDR':
      return { idType: 5, data: identity.address };
    case 'ID_FQDN':
      return { idType: 2, data: new TextEncoder().encode(identity.name) };
    case 'ID_RFC822_ADDR':
      return { idType: 3, data: new TextEncoder().encode(identity.name) };
    case 'ID_DER_ASN1_DN':
      return { idType: 9, data: encodeDistinguishedName(identity.dn) };
    case 'ID_KEY_ID':
      return { idType: 11, data: identity.octets };
    case 'ID_NULL':
      return { idType: 13, data: EMPTY };
  }
}

/**
 * Writes a distinguished name as DER. How a text was encoded is not part of the name: that of `DC` and `E` becomes an IA5String, any other a
 * PrintableString where its characters allow that, else a UTF8String (RFC 5280 section 4.1.2.4 and appendix A).
 */
export function encodeDistinguishedName(name: DistinguishedName): Uint8Array {
  return encodeDer(SEQUENCE, ...name.map((rdn) => encodeDer(SET, ...sortSet(rdn.map(encodeAttribute)))));
}

function encodeAttribute({ type, value }: Attribute): Uint8Array {
  const isAscii = !/\P{ASCII}/u.test(value);
  const tag = (type === 'DC' || type === 'E') && isAscii ? 0x16 : /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? 0x13 : 0x0c;
  const text = isHexadecimal(value) ? fromHex(value.slice(1)) : encodeDer(tag, new TextEncoder().encode(value));
  return encodeDer(SEQUENCE, encodeDerIdentifier(identifierOf(type)), text);
}

/** X.690 section 11.6: the elements of a SET OF stand in ascending order of their octets. */
function sortSet(parts: Uint8Array[]): Uint8Array[] {
  return parts.sort((a, b) => {
    const at = a.findIndex((octet, i) => octet !== b[i]);
    return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
  });
}
