/** Keys of IKEv1: in key files, in Wireshark's table, in a key log. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { createIkev1Follower } from '../../src/capture/ikev1.js';
import { readIkev1Keyring } from '../../src/capture/isakmp-keys.js';
import { formatIkev1DecryptionTable, parseIkev1DecryptionTable } from '../../src/capture/isakmp-table.js';
import { formatIkev1SaKeyLog, formatKeyLog } from '../../src/capture/key-log.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { IpsecError } from '../../src/errors.js';
import { transcripts } from '../ikev1/transcripts.js';
import { ikev1Captures, ikev1Rows, linesV1 } from './ikev1-captures.js';

const read = (file: object): ReturnType<typeof readIkev1Keyring> => readIkev1Keyring(parseKeyFile(JSON.stringify(file)));
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return (error as IpsecError).message;
  }
  return 'accepted';
};
const cookieI = '8d1a18ce07adc798';
const key = '33b737ab7d1bc3e044911a443c995869';

describe('ike1 and ike1Secrets of a key file', () => {
  test('what an entry says', () => {
    const { keys, secrets, warnings } = read({
      ike1: [
        { cookieI, key, encryption: 'AES-CBC', keyLength: 128, hash: 'SHA2-256' },
        { cookieI, key },
      ],
      ike1Secrets: [{ cookieI, sharedSecrets: ['00ff', '01'], psk: '6b' }],
    });
    expect(keys.map((k) => [toHex(k.cookieI), toHex(k.key), k.encryption, k.hash, k.path])).toEqual([
      [cookieI, key, 'AES-CBC', 'SHA2-256', 'ike1.0'],
      [cookieI, key, undefined, undefined, 'ike1.1'],
    ]);
    expect(secrets.map((s) => [toHex(s.cookieI), s.sharedSecrets.map(toHex), s.psk && toHex(s.psk), s.path])).toEqual([
      [cookieI, ['00ff', '01'], '6b', 'ike1Secrets.0'],
    ]);
    expect(warnings).toEqual([]);
  });

  test('what IKEv2 calls the same algorithms', () => {
    const [entry] = read({ ike1: [{ cookieI, key, encryption: 'ENCR_AES_CBC', hash: 'PRF_HMAC_SHA2_256' }] }).keys;
    expect([entry?.encryption, entry?.hash]).toEqual(['AES-CBC', 'SHA2-256']);
  });

  test('warnings: other members, a length that the key does not have', () => {
    expect(
      read({ ike1: [{ cookieI, key, keyLength: 256, hsh: 1 }], ike1Secrets: [{ cookieI, sharedSecrets: [], pks: '' }] }).warnings,
    ).toEqual([
      'ike1.0.hsh: unknown member, ignored (did you mean hash?)',
      'ike1.0.keyLength: 256 is not that of the key, 128 bits; ignored',
      'ike1Secrets.0.pks: unknown member, ignored (did you mean psk?)',
    ]);
  });

  test.each<[object, string]>([
    [{ ike1: [1] }, 'ike1.0'],
    [{ ike1: [{ cookieI: '00', key }] }, 'ike1.0.cookieI'],
    [{ ike1: [{ cookieI }] }, 'ike1.0.key'],
    [{ ike1: [{ cookieI, key: '' }] }, 'ike1.0.key'],
    [{ ike1: [{ cookieI, key, encryption: 'AES-CBB' }] }, 'did you mean AES-CBC?'],
    [{ ike1: [{ cookieI, key, hash: 5 }] }, 'ike1.0.hash'],
    [{ ike1Secrets: [[]] }, 'ike1Secrets.0'],
    [{ ike1Secrets: [{ cookieI, sharedSecrets: '00' }] }, 'ike1Secrets.0.sharedSecrets'],
    [{ ike1Secrets: [{ cookieI, sharedSecrets: [''] }] }, 'ike1Secrets.0.sharedSecrets.0'],
    [{ ike1Secrets: [{ cookieI, sharedSecrets: [], psk: 'secret!' }] }, 'ike1Secrets.0.psk'],
  ])('%j is refused with its place, and without the secret', (file, place) => {
    const message = refusal(() => read(file));
    expect(message).toContain(place);
    expect(message).not.toContain('secret!');
  });

  test('a key that its algorithm cannot have is refused; what the rows have not, too', () => {
    const follower = (entry: object, rows = ikev1Rows): string =>
      refusal(() => createIkev1Follower(read({ ike1: [{ cookieI, key, ...entry }] }), rows));
    expect(follower({ encryption: 'AES-CBC', hash: 'SHA2-256' })).toBe('accepted');
    expect(follower({ encryption: '3DES-CBC' })).toContain('ike1.0.encryption');
    expect(follower({ encryption: 'IDEA-CBC' })).toContain('IDEA-CBC with a key of 16 octets');
    expect(follower({ hash: 'Tiger' })).toContain('ike1.0.hash');
  });
});

describe("Wireshark's table", () => {
  test('lines, with and without quotes, comments and 0x', () => {
    const text = `\ufeff# cookie,key\r\n${cookieI},${key}\n\n"0x${cookieI}","${key.toUpperCase()}"\n`;
    const keys = parseIkev1DecryptionTable(text);
    expect(keys.map((k) => [toHex(k.cookieI), toHex(k.key), k.path])).toEqual([
      [cookieI, key, 'ikev1_decryption_table.2'],
      [cookieI, key, 'ikev1_decryption_table.4'],
    ]);
    expect(formatIkev1DecryptionTable(keys.slice(1))).toBe(`# ISAKMP SAs\n${cookieI},${key}\n`);
  });

  test.each([
    [cookieI, '2 fields, found 1'],
    [`${cookieI},${key},00`, '2 fields, found 3'],
    [`${cookieI.slice(2)},${key}`, '16 hexadecimal digits'],
    [`${cookieI},`, 'at least one octet'],
    [`${cookieI},hidden`, 'octets in ikev1_decryption_table'],
  ])('%s is refused with its line', (text, why) => {
    const message = refusal(() => parseIkev1DecryptionTable(`\n${text}\n`));
    expect(message).toContain(why);
    expect(message).toContain('ikev1_decryption_table.2');
    expect(message).not.toContain('hidden');
  });

  test('arbitrary text throws nothing but IpsecError', () => {
    fc.assert(fc.property(fc.string(), (text) => refusal(() => parseIkev1DecryptionTable(text)).length > 0));
  });
});

describe('a key log', () => {
  test.each(transcripts.filter((t) => t.name !== 'ikev1-fail-psk').map((t) => [t.name, t] as const))(
    '%s: its lines open the capture',
    (name, t) => {
      const events = t.ike_sas.map(
        (sa) => ({ type: 'ikev1Keys', spiI: fromHex(sa.spi_i), spiR: fromHex(sa.spi_r), key: fromHex(sa.encryption_key) }) as const,
      );
      const log = events.map(formatKeyLog);
      expect(new Set(log.map(({ table }) => table))).toEqual(new Set(['ikev1_decryption_table']));
      expect(log.map(({ text }) => text)).toEqual(events.map(formatIkev1SaKeyLog));
      const keys = parseIkev1DecryptionTable(log.map(({ text }) => text).join(''));
      const ike1 = keys.map((k) => ({ cookieI: toHex(k.cookieI), key: toHex(k.key) }));
      const opened = linesV1(ikev1Captures[`${name}.pcap`]!, { ike1 }).filter((line) => typeof line.decrypted === 'string');
      expect(opened.length).toBe(t.messages.filter((m) => m.plaintext !== undefined).length);
    },
  );
});
