/**
 * Wireshark's table of ESP SAs, the file `esp_sa` of a profile: one SA a line, quoted fields, addresses and SPIs with wildcards.
 *
 * ```text
 * "IPv4","192.0.2.1","192.0.2.2","0x67229928","AES-CBC [RFC3602]","0x...","HMAC-SHA-256-128 [RFC4868]","0x..."
 * ```
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { equalAddresses, formatAddress, parseAddress } from '../ip/address.js';
import { baseName, encryptionOf, integrityOf, tableEncryption, tableIntegrity } from './esp-sa-names.js';
import { readLines } from './esp-sa-fields.js';
import type { ManualSa, NamedKey } from './keys-types.js';

/** An SA whose SPI is a pattern: `*`, or `0x` and eight digits of which some are `*`. */
export interface EspSaTemplate {
  /** In lower case. */
  readonly pattern: string;
  /** The rest; its `spi` is 0. */
  readonly sa: ManualSa;
}

/** What {@link parseEspSa} returns. */
export interface EspSaTable {
  /** The SAs with an SPI of their own. */
  readonly sas: readonly ManualSa[];
  /** The SAs that fit many SPIs: see {@link findEspSaTemplate}. */
  readonly templates: readonly EspSaTemplate[];
  /** Lines that were left out, and what was widened, each with its line. */
  readonly warnings: readonly string[];
}

/**
 * Reads the table. The file does not say whether an SA is in tunnel mode: every entry's mode is `by-next-header`. Wireshark checks no
 * sequence numbers; our anti-replay window is the default one.
 *
 * @throws IpsecError `invalid-config` with the line for what Wireshark would not read; what it reads and we cannot do is a warning.
 *
 * @example
 * ```ts
 * import { parseEspSa } from 'ipsec-ts/capture';
 *
 * const { sas } = parseEspSa('"IPv4","192.0.2.1","*","0x100","NULL","","HMAC-SHA-1-96 [RFC2404]","0x000102030405060708090a0b0c0d0e0f10111213"\n');
 * if (sas[0]?.encryption?.name !== 'ENCR_NULL' || sas[0].destination !== undefined) throw new Error('the table');
 * ```
 */
export function parseEspSa(text: string): EspSaTable {
  const sas: ManualSa[] = [];
  const templates: EspSaTemplate[] = [];
  const warnings: string[] = [];
  for (const { fields, path } of readLines(text, 'esp_sa')) {
    if (fields.length < 8)
      throw new IpsecError('invalid-config', 'a line of esp_sa', { path, expected: 'at least 8 fields', found: `${fields.length}` });
    const sa = readLine(fields, path, warnings);
    if (sa === undefined) continue;
    const spi = readSpi(fields[3]!, path);
    if (typeof spi === 'number') sas.push({ ...sa, spi });
    else templates.push({ pattern: spi, sa });
  }
  return { sas, templates, warnings };
}

function readLine(fields: readonly string[], path: string, warnings: string[]): ManualSa | undefined {
  const [family, from, to, , cipher, cipherKey, mac, macKey, length, upper] = fields;
  if (family !== 'IPv4' && family !== 'IPv6') {
    throw new IpsecError('invalid-config', 'the protocol of a line of esp_sa', {
      path,
      expected: 'IPv4 or IPv6',
      found: JSON.stringify(family),
    });
  }
  const source = readAddressField(from!, family, path, warnings);
  const destination = readAddressField(to!, family, path, warnings);
  const integrityName = readAlgorithm(mac!, tableIntegrity, 'authentication algorithm', path);
  const encryptionName = readAlgorithm(cipher!, tableEncryption, 'encryption algorithm', path);
  const encryption = encryptionOf(encryptionName, integrityName);
  const integrity = integrityOf(encryptionName, integrityName);
  if (encryption === undefined || integrity === undefined) {
    warnings.push(`${path}: ${baseName(cipher!)} with ${baseName(mac!)} is not supported, left out`);
    return undefined;
  }
  const unprotected = integrity === 'none' && !encryption.combined;
  if (unprotected && encryption.name === 'ENCR_NULL') {
    warnings.push(`${path}: neither encryption nor authentication, left out`);
    return undefined;
  }
  if (unprotected) warnings.push(`${path}: encryption without authentication`);
  const esn = length !== undefined && /64/.test(length);
  return {
    protocol: 'ESP',
    mode: 'by-next-header',
    spi: 0,
    ...(source && { source }),
    ...(destination && { destination }),
    encryption: { name: encryption.name, key: readKey(cipherKey!, `${path}.encryption`) },
    ...(integrity !== 'none' && { integrity: { name: integrity, key: readKey(macKey!, `${path}.authentication`) } }),
    esn,
    replayWindow: 64,
    startSeq: esn && upper !== undefined ? readUpper(upper, path) : 0,
    unsafeNoIntegrity: unprotected,
    rest: {},
    path,
  };
}

function readAlgorithm(name: string, table: Readonly<Record<string, unknown>>, what: string, path: string): string {
  const wanted = baseName(name).toLowerCase();
  const known = Object.keys(table).find((n) => n.toLowerCase() === wanted);
  if (known !== undefined) return known;
  const nearest = nearestName(baseName(name), Object.keys(table));
  throw new IpsecError('unknown-algorithm', what, {
    path,
    expected: 'a name of Wireshark',
    found: JSON.stringify(name.slice(0, 60)),
    ...(nearest !== undefined && { nearest }),
  });
}

/** `*` is any address; a prefix or a pattern is too, with a warning; the whole length of a prefix is a single address. */
function readAddressField(text: string, family: 'IPv4' | 'IPv6', path: string, warnings: string[]): Uint8Array | undefined {
  if (text === '*') return undefined;
  const single = text.replace(family === 'IPv4' ? /\/32$/ : /\/128$/, '');
  if (/[*/]/.test(single)) {
    warnings.push(`${path}: ${JSON.stringify(text.slice(0, 60))} is read as any address`);
    return undefined;
  }
  try {
    const address = parseAddress(single);
    if ((address.length === 4) === (family === 'IPv4')) return address;
  } catch {
    // the same error as for an address of the other family
  }
  throw new IpsecError('invalid-config', 'an address in esp_sa', {
    path,
    expected: `an ${family} address or *`,
    found: JSON.stringify(text.slice(0, 60)),
  });
}

function readSpi(text: string, path: string): number | string {
  const spi = /^0x[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text.slice(2), 16) : /^[0-9]{1,10}$/.test(text) ? Number(text) : -1;
  if (spi > 0 && spi <= 0xffffffff) return spi;
  if (text === '*' || /^0x[0-9a-f*]{8}$/i.test(text)) return text.toLowerCase();
  throw new IpsecError('invalid-config', 'an SPI in esp_sa', {
    path,
    expected: 'such as 0x67229928, 0x672299** or *',
    found: JSON.stringify(text.slice(0, 60)),
  });
}

/** Wireshark takes a key that does not begin with 0x as its characters. */
function readKey(text: string, path: string): Uint8Array {
  if (!/^0x/i.test(text)) {
    if (/^[ -~]*$/.test(text)) return Uint8Array.from(text, (c) => c.charCodeAt(0));
    throw new IpsecError('invalid-config', 'a key in esp_sa', {
      path,
      expected: '0x and hexadecimal digits',
      found: 'characters outside ASCII',
    });
  }
  const digits = text.slice(2);
  if (!/^[0-9a-f]*$/i.test(digits))
    throw new IpsecError('invalid-config', 'a key in esp_sa', { path, expected: 'hexadecimal digits after 0x', found: 'something else' });
  // An odd digit in front is an octet of its own.
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => Number.parseInt(even.slice(2 * i, 2 * i + 2), 16));
}

function readUpper(text: string, path: string): number {
  const upper = text === '' ? 0 : Number(text);
  if (Number.isInteger(upper) && upper >= 0 && upper < 0x200000) return upper * 0x1_0000_0000;
  throw new IpsecError('invalid-config', 'the upper half of a sequence number in esp_sa', {
    path,
    expected: '0 to 2097151',
    found: JSON.stringify(text.slice(0, 60)),
  });
}

/** The first template that fits a packet, with the packet's SPI in it. */
export function findEspSaTemplate(
  templates: readonly EspSaTemplate[],
  spi: number,
  source: Uint8Array,
  destination: Uint8Array,
): ManualSa | undefined {
  const digits = `0x${spi.toString(16).padStart(8, '0')}`;
  const found = templates.find(
    ({ pattern, sa }) =>
      (pattern === '*' || Array.from(pattern).every((c, i) => c === '*' || c === digits[i])) &&
      (sa.source === undefined || equalAddresses(sa.source, source)) &&
      (sa.destination === undefined || equalAddresses(sa.destination, destination)),
  );
  return found && { ...found.sa, spi };
}

/**
 * The table that Wireshark reads. What has no place in it (AH, IPComp, algorithms it does not know) becomes a comment; an SA without
 * addresses becomes two lines, one for each IP version; an SA with 64-bit numbers gets the ninth column of newer versions.
 */
export function formatEspSa(sas: readonly ManualSa[]): string {
  return ['# ESP SAs', ...sas.flatMap(formatLines)].map((line) => `${line}\n`).join('');
}

function formatLines(sa: ManualSa): readonly string[] {
  const cipher = Object.keys(tableEncryption).find((name) => tableEncryption[name]?.iana === sa.encryption?.name);
  const mac =
    sa.integrity === undefined ? 'NULL' : Object.keys(tableIntegrity).find((name) => tableIntegrity[name]?.iana === sa.integrity?.name);
  if (sa.protocol !== 'ESP' || cipher === undefined || mac === undefined) {
    const algorithms = [sa.encryption?.name, sa.integrity?.name].filter((name) => name !== undefined).join(' with ');
    return [`# ${sa.path}: ${sa.protocol}${algorithms === '' ? '' : ` ${algorithms}`} has no place in this table`];
  }
  const address = sa.destination ?? sa.source;
  const families = address === undefined ? ['IPv4', 'IPv6'] : [address.length === 4 ? 'IPv4' : 'IPv6'];
  return families.map((family) =>
    [
      family,
      sa.source === undefined ? '*' : formatAddress(sa.source),
      sa.destination === undefined ? '*' : formatAddress(sa.destination),
      `0x${sa.spi.toString(16).padStart(8, '0')}`,
      fullName(cipher, tableEncryption),
      keyText(sa.encryption),
      fullName(mac, tableIntegrity),
      keyText(sa.integrity),
      ...(sa.esn ? ['64-bit'] : []),
    ]
      .map((field) => `"${field}"`)
      .join(','),
  );
}

function fullName(name: string, table: Readonly<Record<string, { readonly reference?: string } | undefined>>): string {
  const reference = table[name]?.reference;
  return reference === undefined ? name : `${name} [${reference}]`;
}

function keyText(algorithm: NamedKey | undefined): string {
  return algorithm === undefined || algorithm.key.length === 0 ? '' : `0x${toHex(algorithm.key)}`;
}
