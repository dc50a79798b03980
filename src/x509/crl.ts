/**
 * Certificate revocation lists (RFC 5280 section 5). The list itself may be long, so it is not made into objects: it is looked through for one number.
 *
 * @module
 */
import * as pkijs from 'pkijs';
import { equalBytes, toHex } from '../bytes.js';
import { decodeDer } from '../der.js';
import { IpsecError } from '../errors.js';
import { decodeWith } from './asn1.js';
import { type Algorithm, readAlgorithm } from './certificate.js';
import { checkDer, children, type Element, readElement } from './der.js';
import { type GeneralName, type Name, readGeneralName, readName } from './names.js';
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
  const time = (e: Element): number => readTime(decodeDer(octetsOf(e), { what, path: 'time' }));
  return {
    issuer: readName(octetsOf(issuer)),
    thisUpdate: time(thisUpdate),
    nextUpdate: nextUpdate && time(nextUpdate),
    tbs: octetsOf(tbs),
    algorithm: decodeWith(octetsOf(algorithm), what, (schema) => readAlgorithm(new pkijs.AlgorithmIdentifier({ schema }))),
    signature: der.subarray(signature.start + 1, signature.end),
    entries: entries ? der.subarray(entries.start, entries.end) : new Uint8Array(0),
    ...readListExtensions(extensions && der.subarray(extensions.start, extensions.end)),
    octets: der.length,
  };
}

/** authorityKeyIdentifier, issuerAltName, cRLNumber, freshestCRL, authorityInfoAccess: they change nothing of what the list says. */
const harmless = ['2.5.29.35', '2.5.29.18', '2.5.29.20', '2.5.29.46', '1.3.6.1.5.5.7.1.1'];

function readListExtensions(octets: Uint8Array | undefined): Pick<RevocationList, 'scope' | 'limitation'> {
  if (!octets) return { scope: undefined, limitation: undefined };
  const list = decodeWith(octets, 'extensions of a revocation list', (schema) => new pkijs.Extensions({ schema }).extensions);
  let scope: RevocationList['scope'];
  let limitation: string | undefined;
  for (const { extnID, critical, extnValue } of list) {
    if (extnID === '2.5.29.28') {
      const point = decodeWith(
        extnValue.valueBlock.valueHexView,
        'an issuingDistributionPoint',
        (schema) => new pkijs.IssuingDistributionPoint({ schema }),
      );
      const { distributionPoint, onlyContainsUserCerts: usersOnly, onlyContainsCACerts: authoritiesOnly } = point;
      scope = { names: Array.isArray(distributionPoint) ? distributionPoint.map(readGeneralName) : [], usersOnly, authoritiesOnly };
      if (point.indirectCRL) limitation = 'it is indirect';
      else if (point.onlyContainsAttributeCerts) limitation = 'it is for attribute certificates';
      else if (point.onlySomeReasons !== undefined) limitation = 'it is for some reasons only';
      else if (distributionPoint !== undefined && !Array.isArray(distributionPoint))
        limitation = 'its distribution point is a relative name';
    } else if (extnID === '2.5.29.27') {
      // RFC 4945 section 5.2.2.4.1: "IKE implementations that do not support delta CRLs MUST reject CRLs that contain the DeltaCRLIndicator"
      limitation = 'it is a delta';
    } else if (critical && !harmless.includes(extnID)) limitation = `its critical extension ${extnID} is not known`;
  }
  return { scope, limitation };
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

function readEntry(octets: Uint8Array): RevokedEntry {
  return decodeWith(octets, 'an entry of a revocation list', (schema) => {
    const { revocationDate, crlEntryExtensions } = new pkijs.RevokedCertificate({ schema });
    const reason = crlEntryExtensions?.extensions.find(({ extnID }) => extnID === '2.5.29.21')?.extnValue.valueBlock.valueHexView;
    return { at: revocationDate.value.getTime(), reason: reason?.length === 3 ? reasonName(reason[2]!) : reasonName(0) };
  });
}

function bad(expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { expected, found, blame: 'peer' });
}
