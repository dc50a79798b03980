import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, installedWith, ipsec } from './run.js';

describe('ipsec-ts demo', () => {
  test('every line holds, and its files decode as they should', async () => {
    const out = join(folder(), 'demo');
    const ended = await ipsec(['demo', '--out', out]);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).not.toContain('FAILED');
    expect(ended.stdout).toMatch(/\n17 claims held, 0 failed, [0-9.]+ s\n$/);
    for (const line of [
      'a replayed packet is refused: replay',
      'a forged packet with the next number is refused: icv',
      'demo.pcap with wireshark/esp_sa: the same',
    ])
      expect(ended.stdout).toContain(`ok      ${line}`);
    const decoded = await ipsec(['decode', join(out, 'demo.pcap'), '--keys', join(out, 'keys.json')]);
    expect(decoded.stdout).toMatch(/\n24 records: 24 protected \(22 ok, 1 replay, 1 icv\)\n$/);
    expect(readFileSync(join(out, 'wireshark/decode_as_entries'), 'utf8')).toMatch(
      /^(?:decode_as_entry: udp\.port,[0-9]+,\(none\),UDPENCAP\n){2}$/,
    );
    expect(readFileSync(join(out, 'wireshark/preferences'), 'utf8')).toContain('esp.enable_encryption_decode: TRUE\n');
  });

  test('a line that is not so ends with 1', async () => {
    const root = installedWith('@noble');
    const path = join(root, 'vectors/demo/linux-kernel.expected.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"inner": "45', '"inner": "46'));
    const ended = await ipsec(['demo', '--out', folder()], { root });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^ {2}FAILED {2}esp-gcm256-icv128-u44: 4 datagrams/m);
    expect(ended.stdout).toMatch(/\n16 claims held, 1 failed/);
  });
});
