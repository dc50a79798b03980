/**
 * Wireshark's table of IKEv1 keys, the file `ikev1_decryption_table` of a profile: one ISAKMP SA a line, the initiator's cookie and the key that messages are
 * encrypted with. Cipher, hash and IVs follow from the capture.
 *
 * @module
 */
import { fromHex, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { readLines } from './esp-sa-fields.js';
import type { Ikev1SaKey } from './isakmp-keys.js';

/**
 * Reads the table. Fields may stand in quotes, octets may begin with `0x`.
 *
 * @throws IpsecError `invalid-config` with the line for what Wireshark would not read; no message shows a key.
 *
 * @example
 * ```ts
 * import { formatIkev1DecryptionTable, parseIkev1DecryptionTable } from 'ipsec-ts/capture';
 *
 * const keys = parseIkev1DecryptionTable('fafaeb49382a763c,735be0cb62f82675c4f7bf8fbab9b56834ba76d6ab4fa240\n');
 * if (keys[0]?.key.length !== 24 || !formatIkev1DecryptionTable(keys).includes('fafaeb49382a763c,735b')) throw new Error('the table');
 * ```
 */
export function parseIkev1DecryptionTable(text: string): readonly Ikev1SaKey[] {
  const keys: Ikev1SaKey[] = [];
  for (const { fields, path } of readLines(text, 'ikev1_decryption_table')) {
    const [cookie, key] = fields;
    if (fields.length !== 2 || cookie === undefined || key === undefined)
      throw new IpsecError('invalid-config', 'a line of ikev1_decryption_table', { path, expected: '2 fields', found: `${fields.length}` });
    const cookieI = readOctets(cookie, path);
    if (cookieI.length !== 8) {
      const found = `${cookieI.length} octets`;
      throw new IpsecError('invalid-config', "the initiator's cookie", { path, expected: '16 hexadecimal digits', found });
    }
    const octets = readOctets(key, path);
    if (octets.length === 0)
      throw new IpsecError('invalid-config', 'the key of phase 1', { path, expected: 'at least one octet', found: 'none' });
    keys.push({ cookieI, key: octets, path });
  }
  return keys;
}

/** The error never shows the text, which may be a key. */
function readOctets(field: string, path: string): Uint8Array {
  try {
    return fromHex(field);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw new IpsecError('invalid-config', 'octets in ikev1_decryption_table', {
      path,
      expected: error.expected ?? 'hexadecimal digits',
      found: error.found ?? 'something else',
    });
  }
}

/** The table that Wireshark reads. The keys open every message of these ISAKMP SAs. */
export function formatIkev1DecryptionTable(keys: readonly Pick<Ikev1SaKey, 'cookieI' | 'key'>[]): string {
  return ['# ISAKMP SAs', ...keys.map(formatIkev1DecryptionLine)].map((line) => `${line}\n`).join('');
}

/** One line of it, without a line feed. */
export function formatIkev1DecryptionLine({ cookieI, key }: Pick<Ikev1SaKey, 'cookieI' | 'key'>): string {
  return `${toHex(cookieI)},${toHex(key)}`;
}
