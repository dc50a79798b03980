/**
 * Certificate revocation lists (RFC 5280 section 5). The list itself may be long, so it is not made into objects: it is looked through for one number.
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import { decodeDer, type Der, derContents, derExactly, derFields, derListOf, readDerIdentifier, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { certificateLimits } from './asn1.js';
import { type Algorithm, readAlgorithm } from './certificate.js';
import { checkDer, children, type Element, readElement } from './der.js';
import { optionals, readPlace } from './extensions.js';
import { type GeneralName, type Name, readName } from './names.js';
import { readTime } from './read-time.js';

/** A revocation list. */
export interface RevocationList {
  readonly issuer: Name;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly tbs: Uint8Array;
  readonly algorithm: Algorithm;
  readonly signature: Uint8Array;
  /** DER of the entries, one behind the other. */
  readonly entries: Uint8Array;
  /** issuingDistributionPoint: which certificates it is for; undefined: all of the issuer. */
  readonly scope: { readonly names: readonly GeneralName[]; readonly usersOnly: boolean; readonly authoritiesOnly: boolean } | undefined;
  /** Why it cannot show that a certificate is good; undefined: it can. */
  readonly limitation: string | undefined;
  /** Of the whole. */
  readonly octets: number;
}

/** An entry of a list. */
export interface RevokedEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: string;
}

const what = 'a revocation list';
const place = { what, path: 'revocation list' };

/**
 * Reads a revocation list.
 *
 * @throws IpsecError and nothing else.
 */
export function readRevocationList(der: Uint8Array, maxOctets: number): RevocationList {
  checkDer(der, what, { octets: maxOctets, elements: maxOctets / 4 });
  const [tbs, algorithm, signature] = children(der, readElement(der, 0, der.length, what), what);
  if (tbs?.tag !== 0x30 || algorithm?.tag !== 0x30 || signature?.tag !== 0x03)
    throw bad('tbsCertList, algorithm and signature', 'something else');
  const fields = children(der, tbs, what);
  const isTime = (e: Element | undefined): boolean => e?.tag === 0x17 || e?.tag === 0x18;
  let i = fields[0]?.tag === 0x02 ? 1 : 0;
  const [inner, issuer, thisUpdate] = [fields[i], fields[i + 1], fields[i + 2]];
  if (!inner || !issuer || !thisUpdate || !isTime(thisUpdate)) throw bad('algorithm, issuer and thisUpdate', 'something else');
  i += 3;
  const nextUpdate = isTime(fields[i]) ? fields[i++] : undefined;
  const entries = fields[i]?.tag === 0x30 ? fields[i++] : undefined;
  const extensions = fields[i]?.tag === 0xa0 ? fields[i++] : undefined;
  if (i !== fields.length) throw bad('no more fields', `tag 0x${fields[i]!.tag.toString(16)}`);
  const octetsOf = (e: Element): Uint8Array => der.subarray(e.at, e.end);
  if (!equalBytes(octetsOf(inner), octetsOf(algorithm))) throw bad('one signature algorithm in both places', 'two');
  if (der[signature.start] !== 0) throw bad('a signature of whole octets', 'unused bits');
  const time = (e: Element): number => readTime(decodeDer(octetsOf(e), place));
  return {
    issuer: readName(octetsOf(issuer)),
    thisUpdate: time(thisUpdate),
    nextUpdate: nextUpdate && time(nextUpdate),
    tbs: octetsOf(tbs),
    algorithm: readAlgorithm(decodeDer(octetsOf(algorithm), place, SEQUENCE)),
    signature: der.subarray(signature.start + 1, signature.end),
    entries: entries ? der.subarray(entries.start, entries.end) : new Uint8Array(0),
    ...readListExtensions(extensions && der.subarray(extensions.start, extensions.end)),
    octets: der.length,
  };
}

/** authorityKeyIdentifier, issuerAltName, cRLNumber, freshestCRL, authorityInfoAccess: they change nothing of what the list says. */
const harmless = ['2.5.29.35', '2.5.29.18', '2.5.29.20', '2.5.29.46', '1.3.6.1.5.5.7.1.1'];

function readListExtensions(octets: Uint8Array | undefined): Pick<RevocationList, 'scope' | 'limitation'> {
  let scope: RevocationList['scope'];
  let limitation: string | undefined;
  for (const { id, isCritical, value } of octets ? readList(decodeDer(octets, place, SEQUENCE)) : []) {
    if (id === '2.5.29.28') [scope, limitation] = readScope(value);
    // RFC 4945 section 5.2.2.4.1: "IKE implementations that do not support delta CRLs MUST reject CRLs that contain the DeltaCRLIndicator"
    else if (id === '2.5.29.27') limitation = 'it is a delta';
    else if (isCritical && !harmless.includes(id)) limitation = `its critical extension ${id} is not known`;
  }
  return { scope, limitation };
}

/** Extensions ::= SEQUENCE OF SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING } */
function readList(list: Der): { readonly id: string; readonly isCritical: boolean; readonly value: Uint8Array }[] {
  return derListOf(list, SEQUENCE).map((extension) => {
    const hasFlag = derFields(extension)[1]?.tag === 0x01;
    const [id, second, third] = derExactly(extension, 0x06, ...(hasFlag ? [0x01] : []), 0x04);
    const value = derContents(hasFlag ? third! : second!);
    return { id: readDerIdentifier(id!), isCritical: hasFlag && derContents(second!)[0] !== 0, value };
  });
}

/** IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1], onlyContainsCACerts [2], onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5] } */
function readScope(value: Uint8Array): [RevocationList['scope'], string | undefined] {
  const name = 'an issuingDistributionPoint';
  checkDer(value, name, certificateLimits);
  const [point, users, authorities, reasons, indirect, attributes] = optionals(
    decodeDer(value, { what: name, path: 'extension' }),
    0xa0,
    0x81,
    0x82,
    0x83,
    0x84,
    0x85,
  );
  const isTrue = (flag: Der | undefined): boolean => flag !== undefined && derContents(flag)[0] !== 0;
  const names = readPlace(point);
  const limitation = isTrue(indirect)
    ? 'it is indirect'
    : isTrue(attributes)
      ? 'it is for attribute certificates'
      : reasons
        ? 'it is for some reasons only'
        : point && !names
          ? 'its distribution point is a relative name'
          : undefined;
  return [{ names: names ?? [], usersOnly: isTrue(users), authoritiesOnly: isTrue(authorities) }, limitation];
}

const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  '7',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

/** The name of a CRLReason (RFC 5280 section 5.3.1). */
export const reasonName = (code: number): string => reasons[code] ?? String(code);

/**
 * The entry of a serial number, if there is one.
 *
 * @param serial hexadecimal.
 * @throws IpsecError `malformed`
 */
export function findRevoked({ entries }: RevocationList, serial: string): RevokedEntry | undefined {
  for (let at = 0; at < entries.length;) {
    const entry = readElement(entries, at, entries.length, what);
    const number = readElement(entries, entry.start, entry.end, what);
    if (entry.tag !== 0x30 || number.tag !== 0x02) throw bad('an entry that begins with a serial number', 'something else');
    if (2 * (number.end - number.start) === serial.length && toHex(entries.subarray(number.start, number.end)) === serial)
      return readEntry(entries.subarray(entry.at, entry.end));
    at = entry.end;
  }
  return undefined;
}

/** SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL } */
function readEntry(octets: Uint8Array): RevokedEntry {
  const [, time, extensions] = derFields(decodeDer(octets, place, SEQUENCE), 0x02);
  if (!time) throw bad('a time in an entry', 'none');
  const reason = (extensions ? readList(extensions) : []).find(({ id }) => id === '2.5.29.21')?.value;
  return { at: readTime(time), reason: reasonName(reason?.length === 3 ? reason[2]! : 0) };
}

function bad(expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { expected, found, blame: 'peer' });
}
