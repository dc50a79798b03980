/** The captures themselves, as they were taken: Ethernet frames, IP fragments, NAT, both versions of IP. */
import { describe, expect, test } from 'vitest';
import { libreswanTranscripts, transcripts } from '../ikev2/transcripts.js';
import { ikeCaptures, linesOf, pskOf, secretsOfTranscript } from './ike-captures.js';

const names = Object.keys(ikeCaptures).map((file) => file.replace('.pcap', ''));

describe.each(names.filter((name) => transcripts.some((t) => t.name === name)).map((name) => [name] as const))('%s.pcap', (name) => {
  const transcript = transcripts.find((t) => t.name === name)!;

  test('every message, AUTH and packet, by the number of its record', () => {
    const lines = linesOf(ikeCaptures[`${name}.pcap`]!, secretsOfTranscript(transcript, pskOf(transcript)[0]));
    const ike = lines.filter((line) => line.ike !== undefined);
    expect(ike.map((line) => [line.packet, line.exchange, line.decrypted])).toEqual(
      transcript.messages.map((m) => [m.frame, m.exchange, m.plaintext ?? null]),
    );
    expect(ike.flatMap((line) => line.auth ?? [])).not.toContain('bad');
    const packets = transcript.esp as unknown as { frame: number; spi?: string; inner: string }[];
    expect(lines.filter((line) => line.protocol !== undefined).map((line) => [line.packet, line.result, line.inner])).toEqual(
      packets.filter((packet) => packet.spi !== undefined).map((packet) => [packet.frame, 'ok', packet.inner]),
    );
  });
});

describe.each(['ikev2-rekey', 'ikev2-compress'].map((name) => [name] as const))('libreswan-%s.pcap', (name) => {
  const transcript = libreswanTranscripts.find((t) => t.name === name)!;

  test('the packets of a real kernel, with rekeyed SAs and with IPComp', () => {
    const answer = transcript.messages.find(({ hex }) => !/^0+$/.test(hex.slice(16, 32)))!.hex;
    const { dhSharedSecrets: sharedSecrets, psk } = transcript;
    const keys = { ikeSecrets: [{ spiI: answer.slice(0, 16), spiR: answer.slice(16, 32), sharedSecrets, psk }] };
    const lines = linesOf(ikeCaptures[`libreswan-${name}.pcap`]!, keys);
    const esp = lines.filter((line) => line.protocol !== undefined);
    expect(esp.map((line) => [line.result, line.inner])).toEqual(transcript.protected.map(({ payload }) => ['ok', payload]));
    expect(new Set(lines.flatMap((line) => line.auth ?? []))).toEqual(new Set(['ok']));
  });
});

test('each capture is one of them', () => {
  const known = [...transcripts.map((t) => t.name), ...libreswanTranscripts.map((t) => `libreswan-${t.name}`)];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(names.length).toBe(14);
});
