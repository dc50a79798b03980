/**
 * For whom a client's certificate speaks, where nobody else says so.
 *
 * @module
 */
import {
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  derWhole,
  OBJECT_IDENTIFIER,
  readDerIdentifier,
  SEQUENCE,
} from '../der.js';
import { decodeIdentity, equalIdentities, type Identity, parseIdentity } from '../traffic-selector.js';

/**
 * The identity of whoever holds a certificate. RFC 5216 section 5.2: "All of the exported Peer-Ids and Server-Ids are considered valid." So the claim stands if
 * it is one of them; otherwise it is the first: of the subjectAltName, then the subject.
 *
 * @returns undefined: the certificate has no name that an identity can be made of
 */
export function identityOfCertificate(certificate: Uint8Array, claim: string): Identity | undefined {
  const claimed = valueOf(() => parseIdentity(claim));
  const identities = valueOf(() => readIdentities(certificate)) ?? [];
  return identities.find((name) => claimed !== undefined && equalIdentities(name, claimed)) ?? identities[0];
}

/** RFC 5280 section 4.1: TBSCertificate has the subject behind version, serialNumber, signature, issuer and validity. @throws IpsecError */
function readIdentities(certificate: Uint8Array): Identity[] {
  const [tbs] = derFields(decodeDer(certificate, { what: 'a certificate', path: 'certificate' }, SEQUENCE), SEQUENCE);
  const fields = derFields(tbs!);
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const names = extensions ? derFields(derExactly(extensions, SEQUENCE)[0]!).flatMap(readExtension) : [];
  if (subject?.tag === SEQUENCE && subject.end > subject.start) names.push(decodeIdentity(9, derWhole(subject)));
  return names;
}

function readExtension(extension: Der): Identity[] {
  const fields = derFields(extension, OBJECT_IDENTIFIER);
  if (readDerIdentifier(fields[0]!) !== SUBJECT_ALT_NAME) return [];
  const names = decodeDer(derContents(fields.at(-1)!), { what: 'a subjectAltName', path: 'certificate' }, SEQUENCE);
  return derFields(names).flatMap((name) => readName(name) ?? []);
}

/** A name that cannot be an identity is no identity; with a control character in it, none either. A wildcard is no host: nobody may be all hosts of a domain at once. */
function readName(name: Der): Identity | undefined {
  const octets = derContents(name);
  if (name.tag === DNS_NAME && octets.includes(ASTERISK)) return undefined;
  if (name.tag === IP_ADDRESS) return valueOf(() => decodeIdentity(octets.length === 4 ? 1 : 5, octets));
  const idType = name.tag === RFC822_NAME ? 3 : 2;
  return name.tag === RFC822_NAME || name.tag === DNS_NAME ? valueOf(() => decodeIdentity(idType, octets)) : undefined;
}

/** Tags: [0] and [3] of TBSCertificate; [1], [2] and [7] of GeneralName. */
const [VERSION, EXTENSIONS, RFC822_NAME, DNS_NAME, IP_ADDRESS] = [0xa0, 0xa3, 0x81, 0x82, 0x87];
const ASTERISK = 0x2a;
const SUBJECT_ALT_NAME = '2.5.29.17';

function valueOf<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
