/** The captures themselves, as they were taken: Ethernet frames, NAT, ESP in UDP and packets of a real kernel. By secrets, by keys, and by Wireshark's table. */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { explainIke } from '../../src/capture/explain-ike.js';
import { parseIkev1DecryptionTable } from '../../src/capture/isakmp-table.js';
import wireshark from '../../vectors/ikev1/wireshark-ikev1-certs.json' with { type: 'json' };
import { libreswanTranscripts, transcripts, type Transcript } from '../ikev1/transcripts.js';
import { messagesOf } from './ike-captures.js';
import { decodeV1, ikev1Captures, keysOfV1, linesV1, secretsOfV1 } from './ikev1-captures.js';

type Frame = { frame: number; spi?: string; inner: string };
const plainOf = ({ messages }: Transcript): (string | null)[] => {
  const plain = new Map(messages.flatMap((m) => (m.plaintext === undefined ? [] : [[m.raw, m.plaintext] as const])));
  return messages.map(({ raw }) => plain.get(raw) ?? null);
};

describe.each(transcripts.map((t) => [t.name, t] as const))('%s.pcap', (name, transcript) => {
  const frames = (transcript.messages as unknown as Frame[]).map(({ frame }) => frame);

  test('every message, hash and packet, by the number of its record', () => {
    const lines = linesV1(ikev1Captures[`${name}.pcap`]!, secretsOfV1(transcript));
    const ike = lines.filter((line) => line.ike !== undefined);
    expect(ike.map((line) => line.packet)).toEqual(frames);
    expect(ike.map((line) => line.decrypted)).toEqual(plainOf(transcript));
    expect(ike.flatMap((line) => line.auth ?? [])).not.toContain('bad');
    const packets = (transcript.esp as unknown as Frame[]).filter((packet) => packet.spi !== undefined);
    expect(lines.filter((line) => line.protocol !== undefined).map((line) => [line.packet, line.result, line.inner])).toEqual(
      packets.map((packet) => [packet.frame, 'ok', packet.inner]),
    );
  });

  test('with the key alone', () => {
    const ike = linesV1(ikev1Captures[`${name}.pcap`]!, keysOfV1(transcript, false)).filter((line) => line.ike !== undefined);
    expect(ike.map((line) => line.decrypted)).toEqual(plainOf(transcript));
  });
});

test('both sides of the NAT', () => {
  const transcript = transcripts.find((t) => t.name === 'ikev1-nat')!;
  const [outside, inside] = ['ikev1-nat', 'ikev1-nat.inside'].map((name) =>
    linesV1(ikev1Captures[`${name}.pcap`]!, secretsOfV1(transcript)),
  );
  const summary = (lines: typeof outside): unknown => lines!.map(({ decrypted, auth, result, inner }) => [decrypted, auth, result, inner]);
  expect(summary(inside)).toEqual(summary(outside));
});

describe.each(libreswanTranscripts.map((t) => [t.name, t] as const))('libreswan-%s.pcap', (name, transcript) => {
  const { dhSharedSecrets: sharedSecrets, psk, messages, protected: sealed } = transcript;
  const cookieI = messages[0]!.hex.slice(0, 16);

  test('messages, hashes, and what the kernel sent', () => {
    const lines = linesV1(ikev1Captures[`libreswan-${name}.pcap`]!, { ike1Secrets: [{ cookieI, sharedSecrets, psk }] });
    const ike = lines.filter((line) => line.ike !== undefined);
    expect(ike.filter((line) => line.decrypted !== null).length).toBeGreaterThan(messages.filter((m) => m.plain !== undefined).length - 1);
    expect(new Set(ike.flatMap((line) => line.auth ?? []))).toEqual(new Set(['ok']));
    const packets = lines.filter((line) => line.protocol !== undefined);
    expect(packets.length).toBe(sealed.length);
    for (const [i, line] of packets.entries()) {
      expect([line.protocol, line.result]).toEqual([name.endsWith('ah') ? 'AH' : 'ESP', 'ok']);
      const payload = sealed[i]!.payload ?? '';
      expect(line.inner!.endsWith(payload)).toBe(true);
    }
  });
});

describe("Wireshark's own capture, with its own table", () => {
  const file = ikev1Captures['wireshark-ikev1-certs.pcap']!;
  const table = `# cookie, key\n"${wireshark.sa.ckyI}","${wireshark.sa.encKey}"\n`;
  const keys = { ike1: parseIkev1DecryptionTable(table).map(() => ({ cookieI: wireshark.sa.ckyI, key: wireshark.sa.encKey })) };

  test('what Wireshark decrypts', () => {
    const lines = linesV1(file, keys);
    const cases = wireshark.cases as { frame: number; plaintext?: string; payloadTypes: number[] }[];
    expect(lines.map((line) => [line.packet, line.decrypted])).toEqual(cases.map((c) => [c.frame, c.plaintext ?? null]));
    for (const [i, line] of lines.entries()) expect((line.clearPayloads ?? line.payloads).length).toBe(cases[i]!.payloadTypes.length);
  });

  test('in words: 3DES, certificates, a retransmitted Quick Mode with PFS', () => {
    const text = messagesOf(decodeV1(file, keys)).map((m) => explainIke(m));
    expect(text[1]).toContain('SA      0 ISAKMP #0: 3DES-CBC, MD5, RSA signatures, 1024-bit MODP Group, 28800 seconds');
    expect(text[4]).toContain('HDR*, ID, CERT, CR, SIG');
    expect(text[4]).toContain('ID      192.168.12.118 (ID_IPV4_ADDR)');
    expect(text[6]!.split('\n').slice(2)).toEqual(text[7]!.split('\n').slice(2));
    expect(text[8]).toContain('KE      128 octets');
    expect(text[8]).toMatch(/<-+ Quick Mode f2cfe203 -+ /);
  });

  test('the key of another is none', () => {
    const wrong = linesV1(file, { ike1: [{ cookieI: wireshark.sa.ckyI, key: wireshark.sa.encKey.replace('735b', '745b') }] });
    expect(wrong.map((line) => line.decrypted)).toEqual(wrong.map(() => null));
    expect(fromHex(wireshark.sa.encKey).length).toBe(24);
  });
});
