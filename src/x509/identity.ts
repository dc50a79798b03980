/**
 * Which IKE identities a certificate may claim: its subject, and the dNSName, rfc822Name and iPAddress of its subjectAltName (RFC 4945 section 3.1).
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { decodeDer, type Der, derContents, derFields, derWhole, malformedDer, SEQUENCE } from '../der.js';
import { formatAddress } from '../ip.js';
import { decodeDistinguishedName, formatDistinguishedName, formatIdentity, type Identity } from '../traffic-selector.js';
import { type CertificateFields, readFields } from './read-fields.js';

/** A name in a certificate. */
export interface CertificateName {
  /** Where it stands: the subject, or a kind of GeneralName. */
  readonly kind: 'subject' | 'dNSName' | 'rfc822Name' | 'iPAddress' | 'otherName' | 'directoryName' | 'uniformResourceIdentifier' | 'other';
  /** For people. */
  readonly text: string;
  /** What it allows to claim. */
  readonly identity?: Identity | undefined;
  /** Or why it allows nothing. */
  readonly whyNot?: string | undefined;
}

/**
 * The identities that a certificate speaks for, the subject first, then those of its subjectAltName in order.
 *
 * @param certificate DER. Whether it is to be trusted is another question.
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` for what is no certificate.
 *
 * @example
 * ```ts
 * import { formatIdentity } from 'ipsec-ts/traffic-selector';
 * import { identitiesOfCertificate, readCertificates } from 'ipsec-ts/x509';
 *
 * const pem = `-----BEGIN CERTIFICATE-----
 * MIIBBjCBuaADAgECAgEBMAUGAytlcDANMQswCQYDVQQDDAJndzAgFw0yNjExMjEx
 * NjEyNDNaGA8yMTI2MTAyODE2MTI0M1owDTELMAkGA1UEAwwCZ3cwKjAFBgMrZXAD
 * IQCrwPyE5zLKYKQWFASypFBQTwWbWQORuzM8RSpcsNnIAKM8MDowGQYDVR0RBBIw
 * EIIOZ3cuZXhhbXBsZS5jb20wHQYDVR0OBBYEFJT6TGcDzHPmIkqRILsW0XhHreht
 * MAUGAytlcANBAD8FMtgTxf1A2Zr9s0+ZOe9Oyq0vaBI+YRAwmRZ1+R9tRnLOCuN3
 * N0+K/d1P0kSHz04Y8KVSOO6TkQSUNBpfsgY=
 * -----END CERTIFICATE-----`;
 * const [certificate] = readCertificates(pem, { source: 'gw.pem' });
 * const texts = identitiesOfCertificate(certificate!).map(formatIdentity);
 * if (texts.join() !== 'CN=gw,gw.example.com') throw new Error(texts.join());
 * ```
 */
export function identitiesOfCertificate(certificate: Uint8Array): Identity[] {
  return namesOfCertificate(certificate).flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
}

/**
 * All names of a certificate, those too that allow nothing, with the reason. Throws as {@link identitiesOfCertificate}.
 */
export function namesOfCertificate(certificate: Uint8Array): CertificateName[] {
  return namesOfFields(readFields(certificate));
}

/** {@link namesOfCertificate} of one that has been read. */
export function namesOfFields({ subject, extensions }: CertificateFields): CertificateName[] {
  const names: CertificateName[] = [];
  // RFC 4945 section 3.1.5: "Implementations MUST NOT populate ID with the Subject from the end-entity certificate if it is empty"
  if (subject.length > 0)
    names.push({ kind: 'subject', text: formatDistinguishedName(subject), identity: { type: 'ID_DER_ASN1_DN', dn: subject } });
  const alternative = extensions.get('2.5.29.17');
  if (alternative !== undefined) names.push(...alternativeNames(alternative.value));
  return names;
}

/** GeneralNames ::= SEQUENCE OF GeneralName, a CHOICE with one context tag each (RFC 5280 section 4.2.1.6). */
function alternativeNames(value: Uint8Array): CertificateName[] {
  const list = derFields(decodeDer(value, { what: 'the subjectAltName of a certificate', path: 'certificate.subjectAltName' }, SEQUENCE));
  return list.map(generalName);
}

function generalName(element: Der): CertificateName {
  const octets = derContents(element);
  switch (element.tag) {
    case 0x81:
      return mailName(latin1(octets));
    case 0x82:
      return dnsName(latin1(octets));
    case 0x87:
      return addressName(octets);
    case 0x86:
      return { kind: 'uniformResourceIdentifier', text: latin1(octets), whyNot: 'IKE has no identity of this kind' };
    case 0xa4: {
      const [name] = derFields(element, SEQUENCE);
      // RFC 4945 section 3.1.5 has the Subject alone for ID_DER_ASN1_DN.
      const text = formatDistinguishedName(decodeDistinguishedName(derWhole(name!)));
      return { kind: 'directoryName', text, whyNot: 'only the subject may be claimed as a distinguished name' };
    }
    case 0xa0:
      return { kind: 'otherName', text: `#${toHex(octets.subarray(0, 64))}`, whyNot: 'IKE has no identity of this kind' };
    case 0xa3:
    case 0xa5:
    case 0x88:
      return { kind: 'other', text: `#${toHex(octets.subarray(0, 64))}`, whyNot: 'IKE has no identity of this kind' };
    default:
      throw malformedDer(element, 'a GeneralName', `tag 0x${element.tag.toString(16)}`);
  }
}

function dnsName(name: string): CertificateName {
  const kind = 'dNSName';
  if (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(name) && name.length <= 255)
    return { kind, text: name, identity: { type: 'ID_FQDN', name } };
  // RFC 4945 section 5.1.3.6.1: "Implementations MAY treat certificates that contain wildcards in this field as syntactically invalid."
  return { kind, text: name, whyNot: name.includes('*') ? 'wildcards are not matched' : 'it is no DNS name' };
}

function mailName(name: string): CertificateName {
  const kind = 'rfc822Name';
  if (/^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(name)) return { kind, text: name, identity: { type: 'ID_RFC822_ADDR', name } };
  return { kind, text: name, whyNot: 'it is no email address' };
}

// RFC 4945 section 5.1.3.6.2: "the CIDR notation MUST NOT be used in the SubjectAltName extension."
function addressName(address: Uint8Array): CertificateName {
  const kind = 'iPAddress';
  if (address.length === 4 || address.length === 16) {
    const identity: Identity = { type: address.length === 4 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR', address };
    return { kind, text: formatAddress(address), identity };
  }
  const isRange = address.length === 8 || address.length === 32;
  const whyNot = isRange ? 'it is an address with a mask' : `it has ${address.length} octets`;
  return { kind, text: `#${toHex(address.subarray(0, 64))}`, whyNot };
}

/** IA5String: an octet above 127 has no business there, and stays visible as what it is. */
function latin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}

/** An identity as `parseIdentity` reads it: with its type where the text alone would be taken for something else. */
export function formatIdentityText(identity: Identity): string {
  const text = formatIdentity(identity);
  const isPlain = identity.type === 'ID_FQDN' ? !/^[\d.]+$/.test(text) : identity.type === 'ID_RFC822_ADDR' ? !text.includes('=') : true;
  return isPlain ? text : `${identity.type}:${text}`;
}
