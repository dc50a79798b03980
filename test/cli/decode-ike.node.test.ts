import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatIkev2DecryptionTable } from '../../src/capture/ikev2-table.js';
import { readIkeKeyring } from '../../src/capture/ike-keys.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { keysOfTranscript, type Line, pskOf, secretsOfTranscript } from '../capture/ike-captures.js';
import { keysOfV1, secretsOfV1 } from '../capture/ikev1-captures.js';
import { transcripts as transcriptsV1 } from '../ikev1/transcripts.js';
import { transcripts } from '../ikev2/transcripts.js';
import { folder, ipsec } from './run.js';

const capture = 'vectors/ikev2/captures/ikev2-psk.pcap';
const transcript = transcripts.find((t) => t.name === 'ikev2-psk')!;
const secrets = secretsOfTranscript(transcript, pskOf(transcript)[0]);
const plaintexts = transcript.messages.map((m) => m.plaintext ?? null);
const write = (name: string, content: string): string => {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
};
const linesOf = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('ipsec-ts decode with IKE', () => {
  test('--json: a line for each message, with the members of the contract in their order', async () => {
    const { stdout, stderr, code } = await ipsec(['decode', capture, '--keys', write('keys.json', JSON.stringify(secrets)), '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = linesOf(stdout);
    const ike = lines.filter((line) => line.ike !== undefined);
    expect(ike.map((line) => line.decrypted)).toEqual(plaintexts);
    expect(Object.keys(ike[2]!)).toEqual([
      'packet',
      'ike',
      'exchange',
      'messageId',
      'initiator',
      'response',
      'spiI',
      'spiR',
      'payloads',
      'decrypted',
      'clearPayloads',
      'auth',
    ]);
    expect(ike[2]).toMatchObject({ packet: 3, ike: '2.0', exchange: 'IKE_AUTH', messageId: 1, payloads: ['SK'], auth: 'ok' });
    expect(lines.filter((line) => line.protocol !== undefined).map((line) => line.inner)).toEqual(
      transcript.esp.map((packet) => packet.inner),
    );
  });

  test('text: the ladder, then the packets', async () => {
    const { stdout } = await ipsec(['decode', capture, '--keys', write('keys.json', JSON.stringify(secrets))]);
    expect(stdout).toMatch(/^#1 {2}0\.000000 {2}192\.0\.2\.1:500 {2}-+ IKE_SA_INIT request 0 -+> {2}192\.0\.2\.2:500\n/);
    expect(stdout).toContain('AUTH    Shared Key Message Integrity Code, 32 octets: right');
    expect(stdout).toMatch(/ESP \(RFC 4303\) in UDP \(RFC 3948\), tunnel mode, ikeSecrets\.0, negotiated in record 4: ENCR_AES_GCM_16/);
    expect(stdout).toMatch(/\n10 records: 4 protected \(4 ok\), 6 IKE\n$/);
  });

  test("--ikev2: Wireshark's table; together with --keys", async () => {
    const { keys } = readIkeKeyring(parseKeyFile(JSON.stringify(keysOfTranscript(transcript))));
    const table = write('ikev2_decryption_table', formatIkev2DecryptionTable(keys));
    const { stdout, stderr } = await ipsec(['decode', capture, '--ikev2', table, '--json']);
    expect(stderr).toBe('');
    const ike = linesOf(stdout).filter((line) => line.ike !== undefined);
    expect(ike.map((line) => line.decrypted)).toEqual(plaintexts);
    const both = await ipsec(['decode', capture, '--ikev2', '-', '--keys', write('k.json', JSON.stringify(secrets)), '--json'], {
      input: readFileSync(table),
    });
    expect(linesOf(both.stdout).every((line) => line.result === undefined || line.result === 'ok')).toBe(true);
  });

  test('wrong files: their name, and the place in them', async () => {
    const bad = write('keys.json', JSON.stringify({ ikeSecrets: [{ spiI: '00', spiR: '00', sharedSecrets: [] }] }));
    expect(await ipsec(['decode', capture, '--keys', bad])).toMatchObject({
      code: 1,
      stderr: `ipsec-ts: decode: ${bad}: an IKE SA's SPI: expected 8 octets, found 1 (ikeSecrets.0.spiI)\n`,
    });
    const cipher = write('other.json', JSON.stringify({ ike: [{ ...keysOfTranscript(transcript).ike[0], encryption: 'ENCR_AES_CBE' }] }));
    expect((await ipsec(['decode', capture, '--keys', cipher])).stderr).toContain('did you mean ENCR_AES_CBC?');
    const table = write('table', 'x\n');
    expect((await ipsec(['decode', capture, '--ikev2', table])).stderr).toContain(
      `${table}: a line of ikev2_decryption_table: expected 8 fields`,
    );
  });

  test('IKEv1: from secrets, with keys, and with the table of Wireshark', async () => {
    const old = 'vectors/ikev1/captures/ikev1-main-psk.pcap';
    const t = transcriptsV1.find(({ name }) => name === 'ikev1-main-psk')!;
    const expected = t.messages.map((m) => m.plaintext ?? null);
    const files: [string, string][] = [
      ['--keys', write('secrets1.json', JSON.stringify(secretsOfV1(t)))],
      ['--keys', write('keys1.json', JSON.stringify(keysOfV1(t)))],
      ['--ikev1', write('ikev1_decryption_table', `${t.ike_sas[0]!.spi_i},${t.ike_sas[0]!.encryption_key}\n`)],
    ];
    for (const [option, path] of files) {
      const { stdout, stderr, code } = await ipsec(['decode', old, option, path, '--json']);
      expect([code, stderr]).toEqual([0, '']);
      const lines = linesOf(stdout);
      const ike = lines.filter((line) => line.ike !== undefined);
      expect(ike.map((line) => line.decrypted)).toEqual(expected);
      expect(ike[4]).toMatchObject({ packet: 5, ike: '1.0', exchange: 'Identity Protection', messageId: 0, payloads: [] });
      expect(Object.keys(ike[4]!)).toEqual(
        ['packet', 'ike', 'exchange', 'messageId', 'spiI', 'spiR', 'payloads', 'decrypted', 'clearPayloads', 'auth'].slice(
          0,
          path.includes('secrets1') ? 10 : 9,
        ),
      );
      const esp = lines.filter((line) => line.protocol !== undefined).map((line) => line.inner);
      expect(esp).toEqual(path.includes('secrets1') ? t.esp.map(({ inner }) => inner) : t.esp.map(() => undefined));
    }
    const { stdout } = await ipsec(['decode', old, '--keys', files[0]![1]]);
    expect(stdout).toContain('  HDR*, HASH, SA, NONCE, ID, ID\n      HASH    32 octets: right\n');
    expect(stdout).toMatch(/ESP \(RFC 4303\) in UDP \(RFC 3948\), tunnel mode, ike1Secrets\.0, negotiated in record 8: ENCR_AES_CBC/);
    expect(stdout).toMatch(/\n15 records: 4 protected \(4 ok\), 11 IKE\n$/);
  });

  test('IKEv1: wrong files', async () => {
    const old = 'vectors/ikev1/captures/ikev1-main-psk.pcap';
    const table = write('ikev1_table', 'x\n');
    expect(await ipsec(['decode', old, '--ikev1', table])).toMatchObject({
      code: 1,
      stderr: `ipsec-ts: decode: ${table}: a line of ikev1_decryption_table: expected 2 fields, found 1 (ikev1_decryption_table.1)\n`,
    });
    const bad = write('bad1.json', JSON.stringify({ ike1: [{ cookieI: '8d1a18ce07adc798', key: '00', encryption: 'AES-CBC' }] }));
    expect((await ipsec(['decode', old, '--keys', bad])).stderr).toContain('AES-CBC with a key of 1 octets (ike1.0.encryption)');
    expect((await ipsec(['decode', '-', '--ikev1', '-'], { input: '' })).stderr).toContain('standard input can be read once only');
  });
});
