/**
 * Wireshark's table of IKEv2 SAs, the file `ikev2_decryption_table` of a profile: one IKE SA a line.
 *
 * ```text
 * SPIi,SPIr,SK_ei,SK_er,"AES-CBC-128 [RFC3602]",SK_ai,SK_ar,"HMAC_SHA2_256_128 [RFC4868]"
 * ```
 *
 * @module
 */
import { fromHex, toHex } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { readLines } from './esp-sa-fields.js';
import { baseName } from './esp-sa-names.js';
import type { IkeSaKeys } from './ike-keys.js';
import { tableCiphers, tableMacs } from './ikev2-table-names.js';

/** What {@link parseIkev2DecryptionTable} returns. */
export interface Ikev2DecryptionTable {
  /** The IKE SAs, in the order of the lines. */
  readonly keys: readonly IkeSaKeys[];
  /** Lines that were left out, each with its number. */
  readonly warnings: readonly string[];
}

/**
 * Reads the table. Fields may stand in quotes, octets may begin with `0x`.
 *
 * @throws IpsecError `invalid-config` or `unknown-algorithm` with the line for what Wireshark would not read; what it reads and we cannot do
 * is a warning.
 *
 * @example
 * ```ts
 * import { parseIkev2DecryptionTable } from 'ipsec-ts/capture';
 *
 * const zeros = '00'.repeat(16);
 * const line = `0102030405060708,1112131415161718,${zeros},${zeros},"AES-CBC-128 [RFC3602]",${zeros}0000,${zeros}0000,"HMAC_SHA1_96 [RFC2404]"`;
 * if (parseIkev2DecryptionTable(line).keys[0]?.encryption !== 'ENCR_AES_CBC') throw new Error('the table');
 * ```
 */
export function parseIkev2DecryptionTable(text: string): Ikev2DecryptionTable {
  const keys: IkeSaKeys[] = [];
  const warnings: string[] = [];
  for (const { fields, path } of readLines(text, 'ikev2_decryption_table')) {
    if (fields.length !== 8)
      throw new IpsecError('invalid-config', 'a line of ikev2_decryption_table', { path, expected: '8 fields', found: `${fields.length}` });
    const sa = readLine(fields, path, warnings);
    if (sa !== undefined) keys.push(sa);
  }
  return { keys, warnings };
}

function readLine(fields: readonly string[], path: string, warnings: string[]): IkeSaKeys | undefined {
  const [spiI, spiR, SK_ei, SK_er, cipherField, SK_ai, SK_ar, macField] = fields as readonly [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const cipher = tableCiphers[readName(cipherField, tableCiphers, 'an encryption algorithm', path)]!;
  const mac = tableMacs[readName(macField, tableMacs, 'an integrity algorithm', path)]!;
  const keys = {
    spiI: readSpi(spiI, path),
    spiR: readSpi(spiR, path),
    SK_ei: readOctets(SK_ei, path),
    SK_er: readOctets(SK_er, path),
    SK_ai: readOctets(SK_ai, path),
    SK_ar: readOctets(SK_ar, path),
  };
  if (cipher.iana === undefined || (cipher.isCombined === true) !== (mac.iana === undefined)) {
    warnings.push(`${path}: ${baseName(cipherField)} with ${baseName(macField)} is not supported, left out`);
    return undefined;
  }
  return { ...keys, encryption: cipher.iana, ...(mac.iana !== undefined && { integrity: mac.iana }), path };
}

function readName(field: string, table: Readonly<Record<string, unknown>>, what: string, path: string): string {
  const wanted = baseName(field).toLowerCase();
  const names = Object.keys(table);
  const known = names.find((name) => name.toLowerCase() === wanted);
  if (known !== undefined) return known;
  const nearest = nearestName(baseName(field), names);
  throw new IpsecError('unknown-algorithm', what, {
    path,
    expected: 'a name of Wireshark',
    found: JSON.stringify(field.slice(0, 60)),
    ...(nearest !== undefined && { nearest }),
  });
}

function readSpi(field: string, path: string): Uint8Array {
  const spi = readOctets(field, path);
  if (spi.length === 8) return spi;
  throw new IpsecError('invalid-config', "an IKE SA's SPI", { path, expected: '16 hexadecimal digits', found: `${spi.length} octets` });
}

/** The error never shows the text, which may be a key. */
function readOctets(field: string, path: string): Uint8Array {
  try {
    return fromHex(field);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw new IpsecError('invalid-config', 'octets in ikev2_decryption_table', {
      path,
      expected: error.expected ?? 'hexadecimal digits',
      found: error.found ?? 'something else',
    });
  }
}

/**
 * The table that Wireshark reads: one line for each IKE SA. What has no place in it (ChaCha20-Poly1305, AES-XCBC, AES-CMAC) becomes a
 * comment without its keys. The keys open every message of these IKE SAs: see {@link formatIkeSaKeyLog} for writing them while they are made.
 */
export function formatIkev2DecryptionTable(sas: readonly IkeSaKeys[]): string {
  return ['# IKEv2 SAs', ...sas.map(formatLine)].map((line) => `${line}\n`).join('');
}

function formatLine(sa: IkeSaKeys): string {
  const { spiI, spiR, SK_ei, SK_er, SK_ai, SK_ar, encryption, integrity, path } = sa;
  const cipher = cipherOf(encryption, SK_ei.length);
  const mac = integrity === undefined ? 'NONE' : Object.keys(tableMacs).find((name) => tableMacs[name]?.iana === integrity);
  if (cipher === undefined || mac === undefined) {
    const algorithms = integrity === undefined ? encryption : `${encryption} with ${integrity}`;
    return `# ${path}: ${algorithms} has no place in this table`;
  }
  return [
    toHex(spiI),
    toHex(spiR),
    toHex(SK_ei),
    toHex(SK_er),
    `"${cipher} [${tableCiphers[cipher]!.reference}]"`,
    toHex(SK_ai),
    toHex(SK_ar),
    `"${mac} [${tableMacs[mac]!.reference}]"`,
  ].join(',');
}

/** The salt at the end of the key: 4 octets in GCM and CTR, 3 in CCM. */
function cipherOf(encryption: string, octets: number): string | undefined {
  const salt = encryption.includes('_CCM_') ? 3 : encryption.includes('_GCM_') || encryption === 'ENCR_AES_CTR' ? 4 : 0;
  return Object.keys(tableCiphers).find((name) => {
    const { iana, bits } = tableCiphers[name]!;
    return iana === encryption && bits === (octets - salt) * 8;
  });
}
