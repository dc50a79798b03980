import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { createIkeFollower } from '../../src/capture/ike-follow.js';
import { readIkeKeyring } from '../../src/capture/ike-keys.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { createNotify, createSkContext, decodeMessage, encodeMessage, type IkeMessageFields, type Payload, sealSk } from '../../src/ike.js';
import { encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { type Transcript, transcripts } from '../ikev2/transcripts.js';
import {
  captureOf,
  captureOfTranscript,
  datagram,
  decodeWith,
  ikeRows,
  keysOfTranscript,
  type Line,
  linesOf,
  pskOf,
  secretsOfTranscript,
  sentIn,
} from './ike-captures.js';
import { ikev1Captures } from './ikev1-captures.js';
import { options } from './kernel-keys.js';

const transcriptOf = (name: string): Transcript => transcripts.find((t) => t.name === name)!;
const psk = transcriptOf('ikev2-psk');
const pfs = transcriptOf('group-curve25519');
const withPsk = (t: Transcript) => secretsOfTranscript(t, pskOf(t)[0]);
const packetsOf = (t: Transcript): Uint8Array[] =>
  sentIn(t).map(({ sent, isIke }) => datagram(sent, isIke && sent.sport !== 500 && sent.dport !== 500));
const ike = (lines: readonly Line[]): Line[] => lines.filter((line) => line.ike !== undefined);
const results = (lines: readonly Line[]): (string | undefined)[] =>
  lines.filter((l) => l.protocol !== undefined).map((l) => l.reason ?? l.result);
const plaintexts = (t: Transcript): (string | null)[] => t.messages.map((m) => m.plaintext ?? null);
const allOk = (t: Transcript): string[] => t.esp.map(() => 'ok');

describe('AUTH', () => {
  test('a wrong pre-shared key: AUTH is bad, and everything else opens', () => {
    const lines = linesOf(captureOfTranscript(psk), secretsOfTranscript(psk, '00'));
    expect(lines.flatMap((l) => l.auth ?? [])).toEqual(['bad', 'bad']);
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(psk));
    expect(results(lines)).toEqual(allOk(psk));
  });

  test('without a pre-shared key there is no verdict, nor of a signature', () => {
    expect(linesOf(captureOfTranscript(psk), secretsOfTranscript(psk, undefined)).flatMap((l) => l.auth ?? [])).toEqual([]);
    const signed = transcriptOf('ikev2-ed25519');
    expect(linesOf(captureOfTranscript(signed), secretsOfTranscript(signed, '00')).flatMap((l) => l.auth ?? [])).toEqual([]);
  });

  test('two peers with different keys: each fits one message', () => {
    const t = transcriptOf('ikev2-fail-psk');
    const verdicts = pskOf(t).map((key) => linesOf(captureOfTranscript(t), secretsOfTranscript(t, key)).flatMap((l) => l.auth ?? []));
    expect(verdicts.slice(0, 2)).toEqual([['ok'], ['bad']]);
  });

  test('RFC 7296 section 2.16: after EAP the shared key is another one, so there is no verdict', () => {
    const t = transcriptOf('ikev2-eap-mschapv2-vip');
    expect(linesOf(captureOfTranscript(t), secretsOfTranscript(t, '00')).flatMap((l) => l.auth ?? [])).toEqual([]);
  });

  test('RFC 9242: with IKE_INTERMEDIATE, whose messages AUTH covers', () => {
    const t = transcriptOf('swan6-mlkem768-x25519');
    expect(linesOf(captureOfTranscript(t), withPsk(t)).flatMap((l) => l.auth ?? [])).toEqual(['ok', 'ok']);
    expect(linesOf(captureOfTranscript(t), secretsOfTranscript(t, '00')).flatMap((l) => l.auth ?? [])).toEqual(['bad', 'bad']);
  });

  test('RFC 8784: without the post-quantum key the messages open, AUTH cannot be judged, and the Child SAs stay closed', () => {
    const t = transcriptOf('ikev2-ppk');
    const { ikeSecrets } = withPsk(t);
    const lines = linesOf(captureOfTranscript(t), { ikeSecrets: ikeSecrets.map((entry) => ({ ...entry, ppk: null })) });
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(t));
    expect(lines.flatMap((l) => l.auth ?? [])).toEqual([]);
    expect(results(lines)).toEqual(t.esp.map(() => 'unknown'));
    expect(results(linesOf(captureOfTranscript(t), withPsk(t)))).toEqual(allOk(t));
  });
});

describe('which shared secret belongs to which exchange', () => {
  const secretsOf = (t: Transcript): string[] => withPsk(t).ikeSecrets[0]!['sharedSecrets'] as string[];
  const withSecrets = (t: Transcript, sharedSecrets: readonly string[]): Line[] =>
    linesOf(captureOfTranscript(t), { ikeSecrets: [{ ...withPsk(t).ikeSecrets[0]!, sharedSecrets }] });

  test('in another order than that of the exchanges: what opens proves it', () => {
    const secrets = secretsOf(pfs);
    expect(secrets.length).toBe(2);
    const lines = withSecrets(pfs, secrets.toReversed());
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(pfs));
    expect(results(lines)).toEqual(allOk(pfs));
  });

  test('secrets of exchanges that failed may be listed too', () => {
    const [first, second] = secretsOf(pfs) as [string, string];
    const lines = withSecrets(pfs, ['01', first, '02', '03', second]);
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(pfs));
    expect(results(lines)).toEqual(allOk(pfs));
  });

  test('too few: what needs the missing one is unknown', () => {
    const lines = withSecrets(pfs, secretsOf(pfs).slice(0, 1));
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(pfs));
    const packet = sentIn(pfs).findIndex(({ sent }) => sent.frame === pfs.child_sas.find((c) => c.pfs_shared_secret !== null)!.frame) + 1;
    for (const line of lines.filter((l) => l.protocol !== undefined)) expect(line.result).toBe(line.packet < packet ? 'ok' : 'unknown');
    expect(withSecrets(pfs, []).map((l) => l.decrypted ?? null)).toEqual(lines.map(() => null));
  });

  test('an IKE SA that replaces another may have an entry of its own', () => {
    const t = transcriptOf('ikev2-ike-rekey');
    const [root] = withPsk(t).ikeSecrets;
    const [first, second] = root!['sharedSecrets'] as [string, string];
    const next = t.ike_sas[1]!;
    const own = (...sharedSecrets: string[]) => ({ spiI: next.spi_i, spiR: next.spi_r, sharedSecrets });
    // The secret that made it stands in either list, or in both.
    for (const entries of [
      [{ ...root, sharedSecrets: [first] }, own(second)],
      [root, own(second)],
      [root, own('00')],
      [own(), root],
    ]) {
      const lines = linesOf(captureOfTranscript(t), { ikeSecrets: entries });
      expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(t));
      expect(results(lines)).toEqual(allOk(t));
    }
  });

  const [request, response] = psk.messages.slice(0, 2).map((m): IkeMessageFields => decodeMessage(fromHex(m.raw))) as [
    IkeMessageFields,
    IkeMessageFields,
  ];
  const [first, second] = psk.messages as [Transcript['messages'][0], Transcript['messages'][0]];
  const insert = (before: number, ...messages: [Transcript['messages'][0], IkeMessageFields][]): Line[] => {
    const packets = packetsOf(psk);
    packets.splice(before, 0, ...messages.map(([like, fields]) => datagram({ ...like, raw: toHex(encodeMessage(fields)) }, false)));
    return linesOf(captureOf(packets), withPsk(psk));
  };
  const expectOpened = (lines: readonly Line[]): void => {
    expect(
      ike(lines)
        .slice(-psk.messages.length + 2)
        .map((l) => l.decrypted),
    ).toEqual(plaintexts(psk).slice(2));
    expect(lines.flatMap((l) => l.auth ?? [])).toEqual(['ok', 'ok']);
    expect(results(lines)).toEqual(allOk(psk));
  };
  const withPayloads = (fields: IkeMessageFields, payloads: readonly Payload[]): IkeMessageFields => ({ ...fields, payloads });

  test('RFC 7296 section 2.6: a request that is answered by a cookie costs none', () => {
    const cookie = { ...withPayloads(response, [createNotify('COOKIE', new Uint8Array(20).fill(7))]), spiR: new Uint8Array(8) };
    const bare = withPayloads(request, request.payloads.slice(0, 3));
    expectOpened(insert(0, [first, bare], [second, cookie]));
  });

  test('RFC 7296 section 2.7: nor does INVALID_KE_PAYLOAD, nor a refusal', () => {
    const refusals = (['INVALID_KE_PAYLOAD', 'NO_PROPOSAL_CHOSEN'] as const).map((name) => withPayloads(response, [createNotify(name)]));
    expectOpened(insert(1, ...refusals.map((r) => [second, r] as [Transcript['messages'][0], IkeMessageFields])));
  });

  test('a forged response with the right SPIs, before the real one or behind it, spoils nothing', () => {
    const nonce = { type: 'Nonce', data: new Uint8Array(32).fill(9) } as const;
    const forged = withPayloads(
      response,
      response.payloads.map((p) => (p.type === 'Nonce' ? nonce : p)),
    );
    expectOpened(insert(1, [second, forged]));
    expectOpened(insert(2, [second, forged]));
    const ask = withPayloads(
      request,
      request.payloads.map((p) => (p.type === 'Nonce' ? nonce : p)),
    );
    expectOpened(insert(1, [first, ask]));
    expectOpened(insert(0, [first, ask]));
  });

  test('RFC 7296 section 1.3: CREATE_CHILD_SA that is refused costs none', () => {
    const sa = pfs.ike_sas[0]!;
    const { ike: keys } = keysOfTranscript(pfs);
    const encryption = ikeRows.encryption.find((row) => row.name === keys[0]!['encryption'] && row.keyLength === 32)!;
    const header = { spiI: fromHex(sa.spi_i), spiR: fromHex(sa.spi_r), exchange: 'CREATE_CHILD_SA', messageId: 0 } as const;
    // The responder's first request: its numbers begin at 0, and the transcript uses none of them.
    const seal = (key: string, flags: { isInitiator: boolean; isResponse: boolean }, payloads: readonly Payload[]): string =>
      toHex(sealSk(createSkContext({ encryption, encryptionKey: fromHex(key) }), { ...header, ...flags }, payloads, () => undefined));
    const proposal = { proposalNum: 1, protocol: 'ESP', spi: new Uint8Array(4).fill(1), transforms: [] } as const;
    const ask = seal(sa.sk_er, { isInitiator: false, isResponse: false }, [
      { type: 'SA', proposals: [proposal] },
      { type: 'Nonce', data: new Uint8Array(32) },
      { type: 'KE', method: 31, data: new Uint8Array(32) },
    ]);
    const refuse = seal(sa.sk_ei, { isInitiator: true, isResponse: true }, [createNotify('TEMPORARY_FAILURE')]);
    const [toResponder, toInitiator] = [pfs.messages[2]!, pfs.messages[3]!];
    const packets = packetsOf(pfs);
    packets.splice(4, 0, datagram({ ...toInitiator, raw: ask }, true), datagram({ ...toResponder, raw: refuse }, true));
    // Guessing apart: a secret that nothing needs stands behind, and is not touched.
    const lines = linesOf(captureOf(packets), withPsk(pfs));
    expect(lines[4]!.clearPayloads).toEqual(['SA', 'Nonce', 'KE']);
    expect(lines[5]!.clearPayloads).toEqual(['N']);
    expect(results(lines)).toEqual(allOk(pfs));
  });

  test('retransmissions: every message twice', () => {
    const packets = packetsOf(pfs).flatMap((packet) => [packet, packet]);
    const lines = linesOf(captureOf(packets), withPsk(pfs));
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(pfs).flatMap((text) => [text, text]));
    expect(lines.flatMap((l) => l.auth ?? [])).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(results(lines)).toEqual(pfs.esp.flatMap(() => ['ok', 'replay']));
  });
});

test('an exchange that is repeated as a whole makes no second SA, whose window would be empty', () => {
  const sent = sentIn(psk);
  const packets = packetsOf(psk);
  const exchange = packets.filter((_, i) => sent[i]!.isIke && [1, 2, 3, 4].includes(sent[i]!.sent.frame));
  const esp = packets.filter((_, i) => !sent[i]!.isIke);
  const lines = linesOf(captureOf([...exchange, ...esp, ...exchange, ...esp]), withPsk(psk));
  expect(results(lines)).toEqual([...allOk(psk), ...psk.esp.map(() => 'replay')]);
  expect(lines.flatMap((l) => l.auth ?? [])).toEqual(['ok', 'ok', 'ok', 'ok']);
});

describe('where IKE is found', () => {
  const expectAll = (packets: readonly Uint8Array[], t: Transcript = psk): void => {
    const lines = linesOf(captureOf(packets), withPsk(t));
    expect(ike(lines).map((l) => l.decrypted)).toEqual(plaintexts(t));
    expect(results(lines)).toEqual(allOk(t));
  };

  test('on ports of its own behind the Non-ESP Marker, and ESP on the same ports', () => {
    const port = (p: number): number => 40_000 + p;
    const moved = sentIn(psk).map(({ sent, isIke }) => datagram({ ...sent, sport: port(sent.sport), dport: port(sent.dport) }, isIke));
    expectAll(moved);
  });

  test('those ports are not looked at before a Child SA was made there', () => {
    const noise = datagram({ ...psk.messages[0]!, sport: 44_500, dport: 44_500, raw: 'c0ffee01'.repeat(8) }, false);
    const marked = datagram({ ...psk.messages[0]!, sport: 44_500, dport: 44_500 }, true);
    expect(decodeWith(captureOf([marked, noise]), withPsk(psk)).map((r) => r.type)).toEqual(['ike', 'other']);
    // A marker with something else behind it is no IKE either.
    const wrong = [`${psk.messages[0]!.raw}00`, psk.messages[0]!.raw.slice(0, 40), '00'.repeat(40)];
    const others = wrong.map((raw) => datagram({ ...psk.messages[0]!, sport: 44_500, dport: 44_500, raw }, true));
    expect(decodeWith(captureOf(others), {}).map((r) => r.type)).toEqual(['other', 'other', 'other']);
  });

  test('over IPv6, in fragments of IPv6 and of IPv4: a line at the record that completes it', () => {
    const ends = (src: string, dst: string): [Uint8Array, Uint8Array] => {
      const host = (address: string): Uint8Array => parseAddress(`2001:db8::${address.split('.').at(-1)!}`);
      return [host(src), host(dst)];
    };
    const packets = sentIn(psk).flatMap(({ sent, isIke }) => {
      const [source, destination] = ends(sent.src, sent.dst);
      const payload = fromHex(isIke && sent.sport !== 500 ? `00000000${sent.raw}` : sent.raw);
      const packet = encodeUdp({ source, destination }, sent.sport, sent.dport, payload);
      return isIke ? fragmentPacket(packet, 1280) : [packet];
    });
    expectAll(packets);
    const t = transcriptOf('ikev2-rsa-sig7427');
    const pieces = packetsOf(t).flatMap((packet) => fragmentPacket(packet, 576));
    expect(pieces.length).toBeGreaterThan(t.messages.length + t.esp.length);
    expectAll(pieces, t);
  });

  test('on port 500 with an SPI that begins with four zeros, and with a marker nobody needs', () => {
    const message = decodeMessage(fromHex(psk.messages[0]!.raw));
    const zeros = encodeMessage({ ...message, spiI: Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 4) });
    const lines = linesOf(captureOf([datagram({ ...psk.messages[0]!, raw: toHex(zeros) }, false), datagram(psk.messages[0]!, true)]), {});
    expect(lines.map((l) => l.spiI)).toEqual(['0000000001020304', psk.messages[0]!.spi_i]);
  });

  test('peers that move: the SPI is still theirs', () => {
    const moved = sentIn(psk).map(({ sent, isIke }) =>
      datagram(isIke ? sent : { ...sent, src: '198.51.100.7', sport: 1024 }, isIke && sent.sport !== 500),
    );
    expectAll(moved);
  });
});

describe('what is not opened', () => {
  test('without keys: the outline, and null', () => {
    const lines = linesOf(captureOfTranscript(psk), {});
    expect(ike(lines).map((l) => [l.payloads.at(-1), l.decrypted, l.clearPayloads])).toEqual(
      psk.messages.map((m) => [m.encrypted === true ? 'SK' : 'N', null, undefined]),
    );
    expect(results(lines)).toEqual(psk.esp.map(() => 'unknown'));
    // A receiver without a follower shows the same.
    const plain = [...decodeCapture(readCapture(captureOfTranscript(psk)), createReceiver([], options))];
    expect(plain.filter((r) => r.type === 'ike').every((r) => r.outline !== undefined && r.followed === undefined)).toBe(true);
  });

  test('RFC 2409: IKEv1 shows its header and what is clear', () => {
    const lines = linesOf(ikev1Captures['ikev1-main-psk.pcap']!, {}).filter((line) => line.ike !== undefined);
    expect(lines.map((l) => [l.ike, l.exchange, l.payloads.join(' '), l.decrypted])).toEqual([
      ['1.0', 'Identity Protection', 'SA VID VID VID VID VID', null],
      ['1.0', 'Identity Protection', 'SA VID VID VID VID', null],
      ['1.0', 'Identity Protection', 'KE NONCE NAT-D NAT-D', null],
      ['1.0', 'Identity Protection', 'KE NONCE NAT-D NAT-D', null],
      ['1.0', 'Identity Protection', '', null],
      ['1.0', 'Identity Protection', '', null],
      ['1.0', 'Quick Mode', '', null],
      ['1.0', 'Quick Mode', '', null],
      ['1.0', 'Quick Mode', '', null],
      ['1.0', 'Informational', '', null],
      ['1.0', 'Informational', '', null],
    ]);
    expect(lines.every((line) => !('initiator' in line) && !('response' in line))).toBe(true);
  });

  test('ESP in front of the exchange that makes its SA has no key yet', () => {
    const [sent, packets] = [sentIn(psk), packetsOf(psk)];
    const [esp] = packets.splice(
      sent.findIndex(({ isIke }) => !isIke),
      1,
    );
    packets.splice(2, 0, esp!);
    expect(results(linesOf(captureOf(packets), withPsk(psk)))).toEqual(psk.esp.map((_, i) => (i === 0 ? 'unknown' : 'ok')));
  });

  test('an entry of `sas` comes before what IKE agreed on', () => {
    const { spi } = psk.esp[0]!;
    const sas = [{ protocol: 'ESP', mode: 'tunnel', spi: `0x${spi}`, encryption: { name: 'ENCR_AES_GCM_16', key: '00'.repeat(20) } }];
    const found = results(linesOf(captureOfTranscript(psk), { sas, ...withPsk(psk) }));
    expect(found).toEqual(psk.esp.map((packet) => (packet.spi === spi ? 'icv' : 'ok')));
  });

  test('malformed messages have a line as far as they can be read, others none', () => {
    const { raw } = psk.messages[0]!;
    const bad = [
      `${raw}00`,
      raw.slice(0, 100),
      raw.slice(0, 56),
      `${raw.slice(0, 60)}0003${raw.slice(64)}`,
      raw.slice(0, 54),
      '00'.repeat(28),
    ];
    const file = captureOf(bad.map((octets) => datagram({ ...psk.messages[0]!, raw: octets }, false)));
    expect(linesOf(file, withPsk(psk)).map((l) => [l.packet, l.payloads.join(' '), l.decrypted])).toEqual([
      [1, 'SA KE Nonce N N N N N', null],
      [2, 'SA', null],
      [3, '', null],
      [4, '', null],
    ]);
    const cut = captureOf([datagram(psk.messages[0]!, false).subarray(0, 130)]);
    expect(linesOf(cut, withPsk(psk)).map((l) => [l.payloads.join(' '), l.decrypted])).toEqual([['SA KE', null]]);
  });
});

describe('hostile captures', () => {
  const t = transcriptOf('ikev2-fragmentation-bigchain');
  const file = captureOfTranscript(t);
  const { ikeSecrets } = withPsk(t);
  const keys = { ikeSecrets, ...keysOfTranscript(t) };
  const keyFile = parseKeyFile(JSON.stringify(keys));
  const keyring = readIkeKeyring(keyFile);

  propertyTest.prop(
    [fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })],
    {
      numRuns: 300,
    },
  )('octets changed anywhere: every record comes to something, nothing is thrown', (changes) => {
    const copy = file.slice();
    for (const [at, mask] of changes) if (at >= 24) copy[at]! ^= mask;
    const receiver = createReceiver(keyFile.sas, { ...options, ike: createIkeFollower(keyring, ikeRows) });
    for (const record of decodeCapture(readCapture(copy), receiver)) expect(typeof record.type).toBe('string');
  });

  test('every message cut at every octet', () => {
    const follower = createIkeFollower(keyring, ikeRows);
    const at = { packet: 1, source: new Uint8Array(4), destination: new Uint8Array(4), sourcePort: 500, destinationPort: 500 };
    for (const { raw } of t.messages) {
      const octets = fromHex(raw);
      for (let length = 0; length < octets.length; length += 7)
        expect(follower.follow(octets.subarray(0, length), at).decrypted).toBeUndefined();
    }
  });

  test('what cannot be opened costs no memory: fragments, requests and guesses are bounded', () => {
    const follower = createIkeFollower(keyring, ikeRows);
    const at = { packet: 1, source: new Uint8Array(4), destination: new Uint8Array(4), sourcePort: 500, destinationPort: 500 };
    const sk = fromHex(t.messages.find((m) => m.exchange === 'INFORMATIONAL')!.raw);
    for (const m of t.messages.slice(0, 2)) follower.follow(fromHex(m.raw), at);
    for (let i = 0; i < 500; i++) {
      const forged = sk.slice();
      forged[forged.length - 1]! ^= 1 + (i % 255);
      expect(follower.follow(forged, at).decrypted).toBeUndefined();
    }
    expect(toHex(follower.follow(fromHex(t.messages[2]!.raw), at).decrypted!)).toBe(t.messages[2]!.plaintext);
  });
});
