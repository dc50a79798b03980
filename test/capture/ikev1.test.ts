/**
 * Every IKEv1 conversation of strongSwan and libreswan, as a capture: opened from the shared secrets alone, and with the recorded keys. What comes out has to be
 * what an independent program recorded.
 */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { libreswanTranscripts, transcripts, type Transcript } from '../ikev1/transcripts.js';
import { captureOf, datagram, type Line } from './ike-captures.js';
import { captureOfV1, keysOfV1, linesV1, secretsOfV1 } from './ikev1-captures.js';

const exchanges: Record<string, string> = {
  MAIN_MODE: 'Identity Protection',
  AGGRESSIVE_MODE: 'Aggressive',
  QUICK_MODE: 'Quick Mode',
  INFORMATIONAL_V1: 'Informational',
  TRANSACTION: 'Transaction',
};
/** What stands in the one message that came in fragments: the transcript has its octets, not their names. */
const insideFragments = ['ID', 'CERT', 'SIG', 'CR', 'N'];
const totals = { messages: 0, opened: 0, authOk: 0, authBad: 0, esp: 0, openedWithKeys: 0 };

/** What each message has to come to, against what was recorded of it. */
function checkMessages(transcript: Transcript, lines: readonly Line[]): number {
  const ike = lines.filter((line) => line.ike !== undefined);
  expect(ike.length).toBe(transcript.messages.length);
  const plain = new Map(transcript.messages.flatMap((m) => (m.plaintext === undefined ? [] : [[m.raw, m] as const])));
  let opened = 0;
  for (const [i, m] of transcript.messages.entries()) {
    const line = ike[i]!;
    // Of a retransmission the first copy has the plaintext.
    const recorded = plain.get(m.raw);
    expect([line.ike, line.exchange, line.messageId, line.spiI, line.spiR]).toEqual([
      '1.0',
      exchanges[m.exchange],
      m.message_id,
      m.spi_i,
      m.spi_r,
    ]);
    expect(line.decrypted).toBe(recorded?.plaintext ?? null);
    const names = (recorded ?? m).payloads?.map(({ name }) => (name === 'CERTREQ' ? 'CR' : name));
    const isFragment = line.payloads[0] === 'FRAG';
    if (recorded === undefined || isFragment) expect(line.payloads).toEqual(names);
    if (isFragment) expect(line.clearPayloads).toEqual(recorded === undefined ? undefined : insideFragments);
    else expect(line.clearPayloads).toEqual(recorded === undefined ? undefined : names);
    if (line.decrypted !== null) opened++;
  }
  return opened;
}

describe.each(transcripts.map((t) => [t.name, t] as const))('strongSwan %s', (_, transcript) => {
  test('from the shared secrets: messages, hashes, ESP', () => {
    const lines = linesV1(captureOfV1(transcript), secretsOfV1(transcript));
    totals.messages += lines.filter((line) => line.ike !== undefined).length;
    totals.opened += checkMessages(transcript, lines);
    totals.authOk += lines.filter((line) => line.auth === 'ok').length;
    totals.authBad += lines.filter((line) => line.auth === 'bad').length;
    // Whatever was opened has a HASH payload, and it is right; SIG payloads are not judged.
    for (const line of lines.filter(({ clearPayloads }) => clearPayloads?.includes('HASH'))) expect(line.auth).toBe('ok');
    const esp = lines.filter((line) => line.protocol !== undefined);
    const expected = transcript.esp.filter((packet) => 'spi' in packet);
    expect(esp.map((line) => [line.result, line.spi, line.inner])).toEqual(expected.map(({ spi, inner }) => ['ok', `0x${spi}`, inner]));
    totals.esp += esp.length;
  });

  test('with the recorded keys', () => {
    const lines = linesV1(captureOfV1(transcript), keysOfV1(transcript));
    totals.openedWithKeys += checkMessages(transcript, lines);
    expect(lines.filter((line) => line.auth !== undefined)).toEqual([]);
    // The names of the algorithms follow from the capture.
    expect(linesV1(captureOfV1(transcript), keysOfV1(transcript, false))).toEqual(lines);
  });
});

test('all of them together', () => {
  expect(transcripts.length).toBe(17);
  // 140 messages were encrypted; one of them was sent four times. HASH_R of aggressive mode stands in the clear; two messages have a signature.
  expect(totals).toEqual({ messages: 214, opened: 143, authOk: 142, authBad: 0, esp: 64, openedWithKeys: 143 });
});

describe.each(libreswanTranscripts.map((t) => [t.name, t] as const))('libreswan %s', (_, transcript) => {
  const packets = transcript.messages.map(({ dir, sport, dport, hex }) => {
    const [src, dst] = dir === 'AB' ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1'];
    return datagram({ src, dst, sport, dport, raw: hex }, sport !== 500 && dport !== 500);
  });
  const { dhSharedSecrets: sharedSecrets, psk, protected: sealed, messages } = transcript;
  const file = captureOf([...packets, ...sealed.map(({ outer }) => fromHex(outer))]);
  const cookieI = messages[0]!.hex.slice(0, 16);

  test('from the shared secrets: messages, hashes, packets of the kernel', () => {
    const lines = linesV1(file, { ike1Secrets: [{ cookieI, sharedSecrets, psk }] });
    const [ike, packetsOf] = [lines.filter((line) => line.ike !== undefined), lines.filter((line) => line.ike === undefined)];
    const plain = new Map(messages.filter((m) => m.plain !== undefined).map((m) => [m.hex, m.plain!]));
    expect(ike.map((line) => line.decrypted)).toEqual(messages.map(({ hex }) => plain.get(hex) ?? null));
    for (const line of ike.filter(({ clearPayloads }) => clearPayloads?.includes('HASH'))) expect(line.auth).toBe('ok');
    expect(packetsOf.length).toBe(sealed.length);
    expect(packetsOf.map((line) => line.result)).toEqual(sealed.map(() => 'ok'));
    for (const [i, { payload }] of sealed.entries())
      if (payload !== undefined) expect(packetsOf[i]!.inner?.slice(-payload.length)).toBe(payload);
  });
});
