import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, installedWith, ipsec } from './run.js';

describe('ipsec-ts demo', () => {
  test('every line holds, and its files decode as they should', async () => {
    const out = join(folder(), 'demo');
    const ended = await ipsec(['demo', '--out', out]);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).not.toMatch(/^ *FAILED/m);
    expect(ended.stdout).toMatch(/\n37 claims held, 0 failed, [0-9.]+ s\n$/);
    for (const line of [
      'both have the same pair of ESP SAs',
      'a ping to 10.3.0.1 waited for its own Child SA (CREATE_CHILD_SA), and was answered',
      'a replayed packet is refused: replay',
      'a forged packet with a number to come is refused: icv',
      'west closed: its Delete ended the IKE SA and all Child SAs on both sides',
      'nothing else was sent',
      'she has got 10.77.0.1 from the pool: 10.77.0.1 <-> 10.2.0.0/16',
      '5 pings from 10.77.0.1 to 10.2.0.1, 5 answers',
      "the gateway's CERT and AUTH came before anna's first word of EAP",
      'it had asked for EAP, and got no answer to that: anna has sent 0 EAP payloads',
    ])
      expect(ended.stdout).toContain(`ok      ${line}`);
    for (const what of ['west rekeyed the Child SA', 'west rekeyed the IKE SA', 'east rekeyed the IKE SA', 'east rekeyed the Child SA'])
      expect(ended.stdout).toContain(`ok      under traffic: ${what}`);
    const [, sent, answered] = /of (\d+) pings meanwhile (\d+) were answered: not one was lost/.exec(ended.stdout) ?? [];
    expect(answered).toBe(sent);
    expect(Number(sent)).toBeGreaterThanOrEqual(120);
    expect(ended.stdout.match(/^ {2}west (--|<-) (IKE_SA_INIT|IKE_AUTH|CREATE_CHILD_SA|INFORMATIONAL) /gm)?.length).toBeGreaterThanOrEqual(
      24,
    );
    for (const line of [
      'users: no IKE SA: EAP-MSCHAPv2 of "anna@example.com": expected a known name and its password, found another password',
      'expected vpn.example.com as a dNSName of its subjectAltName, found dNSName printer.example.com',
      'anna <- IKE_AUTH response 1, ',
      'IDr, CERT, AUTH, EAP(Request MSCHAPv2 Challenge)',
    ])
      expect(ended.stdout).toContain(line);
    const tables = ['--ikev2', join(out, 'wireshark/ikev2_decryption_table'), '--esp-sa', join(out, 'wireshark/esp_sa')];
    const decoded = await ipsec(['decode', join(out, 'demo.pcap'), ...tables]);
    expect(decoded.stdout).toMatch(/ok, 1 replay, 1 icv\)/);
    expect(readFileSync(join(out, 'wireshark/preferences'), 'utf8')).toContain('esp.enable_encryption_decode: TRUE\n');
  });

  test('a line that is not so ends with 1; what is not installed is named and left out', async () => {
    const root = installedWith('@noble');
    const path = join(root, 'vectors/demo/linux-kernel.expected.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"inner": "45', '"inner": "46'));
    const ended = await ipsec(['demo', '--out', folder()], { root });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^ {2}FAILED {2}esp-gcm256-icv128-u44: 4 datagrams/m);
    expect(ended.stdout).toMatch(/^ {2}Left out: certificates need the packages pkijs and asn1js, .*npm install pkijs asn1js$/m);
    expect(ended.stdout).toMatch(/\n24 claims held, 1 failed/);
  });
});
