/** What a capture of IKEv1 may lack, repeat or forge, and which SAs a Quick Mode may agree on. */
import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { explainIke } from '../../src/capture/explain-ike.js';
import { createIkev1Follower, explainIkev1Message } from '../../src/capture/ikev1.js';
import { readIkev1Keyring } from '../../src/capture/isakmp-keys.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { seal as sealAh } from '../../src/ah.js';
import { createSa, seal as sealEsp } from '../../src/esp.js';
import { decodeMessage, encodeMessage, fragmentMessage, type Payload, type Proposal } from '../../src/ikev1.js';
import { encodeEcho, encodeUdp, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate, seal as sealIpcomp } from '../../src/ipcomp.js';
import { encodeNonEspMarker } from '../../src/nat-t.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hmacSha1_96, hmacSha256_128 } from '../../src/suite/integ.js';
import type { CipherRow, EncryptionRow } from '../../src/suite/types.js';
import johnAndOthers from '../../vectors/ikev1/ikev1-aggressive-psk-hash.json' with { type: 'json' };
import { type Transcript, transcripts } from '../ikev1/transcripts.js';
import { captureOf, datagram, type Line, messagesOf } from './ike-captures.js';
import { captureOfV1, decodeV1, ikev1Rows, keysOfV1, linesV1, secretsOfV1 } from './ikev1-captures.js';
import { begin, beginExchange, hosts, octets, psk, quickMode, send } from './ikev1-conversation.js';
import { options } from './kernel-keys.js';

const main = transcripts.find((t) => t.name === 'ikev1-main-psk')!;
const pfs = transcripts.find((t) => t.name === 'ikev1-quick-pfs')!;
const secrets = secretsOfV1(main);
/** The IP packets of a transcript's messages. */
const packetsOf = ({ messages }: Transcript): Uint8Array[] => messages.map((m) => datagram(m, m.sport !== 500 && m.dport !== 500));
/** Which messages were opened, and what became of their hashes. */
const opened = (lines: readonly Line[]): string[] =>
  lines.filter((l) => l.ike !== undefined).map((l) => (l.decrypted === null ? '-' : (l.auth ?? 'open')));
const whole = ['-', '-', '-', '-', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'];
const without = (...indices: number[]): Uint8Array => captureOf(packetsOf(main).filter((_, i) => !indices.includes(i)));

describe('RFC 2409 appendix B: what a missing message closes', () => {
  test('nothing is missing', () => {
    expect(opened(linesV1(without(), secrets))).toEqual(whole);
  });

  test.each<[string, number[], string[]]>([
    ['the offer: HASH_I and HASH_R cannot be verified', [0], ['-', '-', '-', 'open', 'open', ...whole.slice(6)]],
    ['what was chosen: nothing can be opened', [1], whole.slice(1).map(() => '-')],
    ["the initiator's public value: nothing can be opened", [2], whole.slice(1).map(() => '-')],
    ['the message of HASH_I: the next stays closed, phase 2 does not', [4], ['-', '-', '-', '-', '-', ...whole.slice(6)]],
    ['the last of phase 1: of each exchange the first stays closed', [5], [...whole.slice(0, 5), '-', 'open', 'open', '-', '-']],
    ['the first of Quick Mode: its second stays closed', [6], [...whole.slice(0, 6), '-', 'open', ...whole.slice(9)]],
    ['the second of Quick Mode: its third stays closed', [7], [...whole.slice(0, 7), '-', ...whole.slice(9)]],
  ])('%s', (_, missing, expected) => {
    expect(opened(linesV1(without(...missing), secrets))).toEqual(expected);
  });

  test('with the key, the cipher and the hash listed, phase 1 may be missing but for its last message', () => {
    const lines = linesV1(without(0, 1, 2, 3, 4), keysOfV1(main));
    expect(opened(lines)).toEqual(['-', 'open', 'open', 'open', 'open', 'open']);
    // Without their names nothing says what the key is for.
    expect(opened(linesV1(without(0, 1, 2, 3, 4), keysOfV1(main, false)))).toEqual(['-', '-', '-', '-', '-', '-']);
  });

  test('what stays closed says why', () => {
    const words = (missing: number[], keys: unknown): string[] =>
      messagesOf(decodeV1(without(...missing), keys)).map((m) => explainIke(m).replace(/\s+/g, ' '));
    expect(words([4], secrets)[4]).toContain('HDR*, closed not opened: the key is another, or the message in front of it');
    expect(words([1], secrets)[4]).toContain('not opened: the messages of phase 1 that its key or its algorithms follow from are not here');
    expect(words([], {})[4]).toContain('not opened: a key file would need { "cookieI": "8d1a18ce07adc798" } in "ike1Secrets" or "ike1"');
  });
});

describe('repeated messages', () => {
  test('every message twice in a row, and all of them once more at the end', () => {
    const packets = packetsOf(main);
    const twice = captureOf([...packets.flatMap((packet) => [packet, packet]), ...packets]);
    expect(opened(linesV1(twice, secrets))).toEqual([...whole.flatMap((word) => [word, word]), ...whole]);
  });

  test('a Quick Mode that is repeated claims its shared secret once', () => {
    const packets = packetsOf(pfs);
    const esp = (pfs.esp as unknown as { src: string; dst: string; sport: number; dport: number; raw: string }[]).map((p) =>
      datagram(p, false),
    );
    const file = captureOf([...packets.flatMap((packet) => [packet, packet]), ...esp]);
    const found = messagesOf(decodeV1(file, secretsOfV1(pfs)));
    expect(found.flatMap(({ followedV1 }) => followedV1?.children ?? []).length).toBe(2 * pfs.child_sas.length);
    const lines = linesV1(file, secretsOfV1(pfs)).filter((line) => line.protocol !== undefined);
    expect(lines.map((line) => line.result)).toEqual(esp.map(() => 'ok'));
  });
});

describe('what others put into a capture', () => {
  const [m1, m2, m3, m4, m5, m6, q1, q2, q3, ...rest] = packetsOf(main) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const ends = { src: '192.0.2.1', dst: '192.0.2.2', sport: 4500, dport: 4500 };
  /** A message with the right header and other octets behind it. */
  const forged = (index: number, change: (data: Uint8Array) => Uint8Array): Uint8Array => {
    const message = decodeMessage(fromHex(main.messages[index]!.raw));
    const raw = message.isEncrypted
      ? encodeMessage({ ...message, data: change(message.data) })
      : encodeMessage({
          ...message,
          payloads: message.payloads.map((p) => ('data' in p ? { ...p, data: change(p.data) } : p)),
        });
    return datagram({ ...ends, ...main.messages[index]!, raw: toHex(raw) }, index > 3);
  };
  const flip = (data: Uint8Array): Uint8Array => data.map((octet) => octet ^ 0x55);

  test('other public values, other ciphertext: the real ones are opened', () => {
    const file = captureOf([
      m1,
      m2,
      forged(2, flip),
      m3,
      forged(3, flip),
      m4,
      forged(4, flip),
      m5,
      m6,
      forged(5, flip),
      q1,
      forged(6, flip),
      forged(7, flip),
      q2,
      q3,
      ...rest,
    ]);
    const real = opened(linesV1(file, secrets));
    expect(real).toEqual(['-', '-', '-', '-', '-', '-', '-', 'ok', 'ok', '-', 'ok', '-', '-', 'ok', 'ok', 'ok', 'ok']);
  });

  test('a changed message is opened, and its hash is wrong; one that is no chain of payloads any more shows what it is', () => {
    const at = (place: number): Uint8Array => forged(6, (data) => data.map((octet, i) => (i === place ? octet ^ 1 : octet)));
    // One block is another with it, and one octet of the next: of the hash itself, or of the SA payload.
    const lines = linesV1(captureOf([m1, m2, m3, m4, m5, m6, at(8 + 16), q1, q2, at(80), q3]), secrets);
    expect(opened(lines).slice(6)).toEqual(['bad', 'ok', 'ok', 'open', 'ok']);
    expect(lines[9]!.clearPayloads?.[0]).toBe('HASH');
    const words = messagesOf(decodeV1(captureOf([m1, m2, m3, m4, m5, m6, q1, at(80)]), secrets)).map((m) => explainIke(m));
    expect(words[7]).toContain('malformed');
    // In front of any message that shows the key to be the right one, nothing is said of it.
    expect(opened(linesV1(captureOf([m1, m2, m3, m4, at(80)]), secrets)).at(-1)).toBe('-');
  });

  test('a forged answer derives nothing', () => {
    const { talk, packets, entry } = begin('11'.repeat(256));
    const { say } = beginExchange(talk, 'Quick Mode', 9);
    const proposal: Proposal = {
      proposalNum: 1,
      protocol: 'ESP',
      spi: octets(1, 4),
      transforms: [{ transformNum: 1, id: 'ESP_NULL', attributes: [{ type: 'Authentication Algorithm', value: 2 }] }],
    };
    const payloads: Payload[] = [
      { type: 'SA', doi: 'IPSEC', situation: 1, proposals: [proposal] },
      { type: 'Nonce', data: octets(9, 16) },
    ];
    // HASH(1) where HASH(2) belongs: it does not cover the initiator's nonce.
    const file = captureOf([...packets, say('A', payloads), say('B', payloads)]);
    const found = messagesOf(decodeV1(file, { ike1Secrets: [{ ...entry, sharedSecrets: ['11'.repeat(256)] }] }));
    expect(found.slice(-2).map(({ followedV1 }) => [followedV1?.auth, followedV1?.children])).toEqual([
      ['ok', undefined],
      ['bad', undefined],
    ]);
  });

  test('RFC 2408 section 3.1: what is clear and informational moves nothing', () => {
    const message = decodeMessage(fromHex(main.messages[0]!.raw));
    const clear = encodeMessage({
      ...message,
      exchange: 'Informational',
      messageId: 0,
      payloads: [
        { type: 'KE', data: octets(1, 256) },
        { type: 'Nonce', data: octets(2, 32) },
      ],
    });
    const file = captureOf([m1, m2, datagram({ ...ends, raw: toHex(clear) }, true), m3, m4, m5, m6]);
    expect(opened(linesV1(file, secrets))).toEqual(['-', '-', '-', '-', '-', 'ok', 'ok']);
  });

  test('a chain of payloads of IKEv2 in a message of version 1', () => {
    const raw = main.messages[0]!.raw;
    const crossed = `${raw.slice(0, 32)}2e${raw.slice(34)}`;
    const lines = linesV1(captureOf([datagram({ ...ends, raw: crossed }, true), m1, m2, m3, m4, m5]), secrets);
    expect(lines[0]).toMatchObject({ ike: '1.0', payloads: ['0x2e', 'VID', 'VID', 'VID', 'VID', 'VID'], decrypted: null });
    expect(opened(lines).at(-1)).toBe('ok');
  });

  test('attack row 39: what a message costs does not grow with what came before', () => {
    let blocks = 0;
    const counting = (row: EncryptionRow): EncryptionRow => {
      if (row.kind !== 'cipher') return row;
      const create: CipherRow['create'] = (key) => {
        const context = row.create(key);
        return {
          ...context,
          encrypt: context.encrypt.bind(context),
          decrypt: (iv, data, at, length) => {
            blocks += Math.ceil(length / 16);
            context.decrypt(iv, data, at, length);
          },
          destroy: () => {
            context.destroy();
          },
        };
      };
      return { ...row, create };
    };
    const rows = { ...ikev1Rows, encryption: ikev1Rows.encryption.map(counting) };
    // Every list is as long as it gets: eight entries, each with ten secrets of which none is right.
    const sharedSecrets = Array.from({ length: 10 }, (_, i) => toHex(octets(i, 256)));
    const keyFile = parseKeyFile(
      JSON.stringify({ ike1Secrets: Array.from({ length: 8 }, () => ({ ...secrets.ike1Secrets[0], sharedSecrets })) }),
    );
    const ikev1 = createIkev1Follower(readIkev1Keyring(keyFile), rows);
    const noise = Array.from({ length: 240 }, (_, i) => {
      const message = decodeMessage(fromHex(main.messages[6]!.raw));
      if (!message.isEncrypted) throw new Error('not encrypted');
      const data = octets(i, 64 + 16 * (i % 40));
      const messageId = i % 3 === 0 ? 0 : i % 3 === 1 ? 7 : i;
      return datagram({ ...ends, raw: toHex(encodeMessage({ ...message, data, messageId })) }, true);
    });
    const costs: number[] = [];
    const receiver = createReceiver([], { ...options, ikev1 });
    let before = 0;
    for (const record of decodeCapture(readCapture(captureOf([m1, m2, m3, forged(2, flip), m4, forged(3, flip), ...noise])), receiver)) {
      if (record.type === 'ike') costs.push(blocks - before);
      before = blocks;
    }
    expect(costs.length).toBe(246);
    // 64 keys, 8 blocks before it and what an exchange may begin with: one block each.
    expect(Math.max(...costs)).toBeLessThanOrEqual(64 * 18);
    expect(Math.max(...costs.slice(-60))).toBeLessThanOrEqual(Math.max(...costs.slice(60, 150)));
  });

  test('attack row 39: cookies, exchanges, fragments and responders without end', () => {
    const message = decodeMessage(fromHex(main.messages[4]!.raw));
    if (!message.isEncrypted) throw new Error('not encrypted');
    const number = (i: number): Uint8Array => concat(Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(i >> 8, i & 255));
    const many = Array.from({ length: 3000 }, (_, i) => {
      const fields = i % 3 === 0 ? { ckyI: number(i) } : i % 3 === 1 ? { messageId: i } : { ckyR: number(i) };
      return datagram({ ...ends, raw: toHex(encodeMessage({ ...message, ...fields })) }, true);
    });
    const pieces = Array.from({ length: 200 }, (_, i) => {
      const fragment: Payload = { type: 'FRAG', fragmentId: i, fragmentNumber: 1 + (i % 9), flags: 0, data: octets(i, 500) };
      const { ckyI, exchange } = message;
      const clear = { ckyI, ckyR: number(i), exchange, authenticationOnly: false, commit: false, messageId: 0, payloads: [fragment] };
      return datagram({ ...ends, raw: toHex(encodeMessage(clear)) }, true);
    });
    const lines = linesV1(captureOf([m1, m2, m3, m4, m5, m6, q1, ...many, ...pieces, q2, q3]), secrets);
    expect(opened(lines).filter((word) => word === 'ok').length).toBe(5);
  });

  propertyTest.prop([fc.array(fc.tuple(fc.nat(11), fc.nat(400), fc.integer({ min: 1, max: 255 })), { maxLength: 12 })])(
    'octets changed anywhere: nothing is thrown, and nothing false is right',
    (changes) => {
      const packets = packetsOf(main).map((packet) => packet.slice());
      const touched = new Set<number>();
      for (const [which, at, mask] of changes) {
        const packet = packets[which];
        const place = 28 + (which > 3 ? 4 : 0) + at;
        if (packet === undefined || place >= packet.length) continue;
        packet[place]! ^= mask;
        touched.add(which);
      }
      for (const keys of [secrets, keysOfV1(main)]) {
        const lines = linesV1(captureOf(packets), keys).filter((line) => line.ike !== undefined);
        for (const record of messagesOf(decodeV1(captureOf(packets), keys))) explainIke(record);
        for (const [i, line] of lines.entries()) {
          const plain = main.messages[i]?.plaintext;
          if (line.auth === 'ok' && lines.length === packets.length && plain !== undefined && !touched.has(i))
            expect(line.decrypted).toBe(plain);
        }
      }
    },
  );
});

describe('wrong keys open nothing, and throw nothing', () => {
  test.each<[string, unknown]>([
    ['another secret', { ike1Secrets: [{ ...secrets.ike1Secrets[0], sharedSecrets: ['00'.repeat(256)] }] }],
    ['another pre-shared key', { ike1Secrets: [{ ...secrets.ike1Secrets[0], psk: '00' }] }],
    ['no pre-shared key', { ike1Secrets: [{ ...secrets.ike1Secrets[0], psk: null }] }],
    ['no secret', { ike1Secrets: [{ ...secrets.ike1Secrets[0], sharedSecrets: [] }] }],
    ['another cookie', { ike1Secrets: [{ ...secrets.ike1Secrets[0], cookieI: '00'.repeat(8) }] }],
    ['another key', { ike1: [{ ...keysOfV1(main).ike1[0], key: '00'.repeat(16) }] }],
    ['a key of another length', { ike1: [{ cookieI: keysOfV1(main).ike1[0]!['cookieI'], key: '00'.repeat(5) }] }],
  ])('%s', (_, keys) => {
    const lines = linesV1(captureOfV1(main), keys);
    expect(lines.filter((line) => line.ike !== undefined).map((line) => line.decrypted)).toEqual(whole.map(() => null));
    expect(lines.flatMap((line) => line.auth ?? [])).toEqual([]);
    expect(lines.filter((line) => line.protocol !== undefined).map((line) => line.result)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  test('wrong entries beside the right one, in front and behind', () => {
    const [right] = secrets.ike1Secrets;
    const wrong = { ...right, sharedSecrets: ['11'.repeat(256)], psk: '00' };
    const keys = {
      ike1Secrets: [wrong, { ...right, sharedSecrets: ['22', ...(right!['sharedSecrets'] as string[])] }, wrong],
      ike1: [{ cookieI: right!['cookieI'], key: '00'.repeat(16) }],
    };
    const lines = linesV1(captureOfV1(main), keys);
    expect(opened(lines)).toEqual(whole);
    expect(lines.filter((line) => line.result === 'ok').length).toBe(4);
  });
});

describe('aggressive mode: HASH_R in the clear is verified with the pre-shared key alone', () => {
  test.each(johnAndOthers.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const [ckyI, ckyR, ni, nr, gXi, gXr] = [c.ckyI, c.ckyR, c.ni, c.nr, c.gxi, c.gxr].map((hex) => fromHex(hex)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    // The octets of the SA payload as it was, in a chain in front of KE, nonce and ID.
    const body = fromHex(c.saOfferBody);
    const header = {
      ckyI,
      ckyR: new Uint8Array(8),
      exchange: 'Aggressive',
      authenticationOnly: false,
      commit: false,
      messageId: 0,
    } as const;
    const id = fromHex(c.idIrBody);
    const idPayload: Payload = { type: 'ID', idType: id[0]!, protocol: id[1]!, port: (id[2]! << 8) | id[3]!, data: id.subarray(4) };
    const wrapped = (payloads: Payload[], ckyRNow: Uint8Array): Uint8Array => {
      const tail = encodeMessage({ ...header, ckyR: ckyRNow, payloads });
      const generic = concat(Uint8Array.of(tail[16]!, 0, 0, body.length + 4), body);
      const message = concat(tail.subarray(0, 28), generic, tail.subarray(28));
      message[16] = 1;
      message[26] = message.length >> 8;
      message[27] = message.length & 255;
      return message;
    };
    const first = wrapped([{ type: 'KE', data: gXi }, { type: 'Nonce', data: ni }, idPayload], new Uint8Array(8));
    const hash: Payload = { type: 'HASH', data: fromHex(c.hashR) };
    const second = wrapped([{ type: 'KE', data: gXr }, { type: 'Nonce', data: nr }, idPayload, hash], ckyR);
    const file = captureOf([send('A', first, 500), send('B', second, 500)]);
    const judged = (key: string): unknown =>
      linesV1(file, { ike1Secrets: [{ cookieI: c.ckyI, sharedSecrets: [], psk: key }] }).map((line) => line.auth);
    expect(judged(c.psk)).toEqual([undefined, 'ok']);
    // HMAC fills a key up with zeros: behind it they would change nothing.
    expect(judged(`00${c.psk}`)).toEqual([undefined, 'bad']);
  });
});

test('messages of many implementations, damaged ones too: followed with wrong keys, explained and mapped without a word of complaint', () => {
  const sets = import.meta.glob<{ cases: { message?: string; isakmpMessage?: string }[] }>('../../vectors/ikev1/*.json', {
    eager: true,
    import: 'default',
  });
  const messages = Object.values(sets).flatMap(({ cases }) => cases.flatMap((c) => c.message ?? c.isakmpMessage ?? []));
  const cookies = new Set(messages.map((message) => message.slice(0, 16)).filter((cookie) => /^[0-9a-f]{16}$/.test(cookie)));
  const entries = [...cookies].map((cookieI) => ({ cookieI, sharedSecrets: ['11'.repeat(128)], psk: '6b' }));
  const keyFile = parseKeyFile(
    JSON.stringify({ ike1Secrets: entries, ike1: entries.map(({ cookieI }) => ({ cookieI, key: '22'.repeat(24) })) }),
  );
  const follower = createIkev1Follower(readIkev1Keyring(keyFile), ikev1Rows);
  const at = { packet: 1, source: hosts.A, destination: hosts.B, sourcePort: 500, destinationPort: 500 };
  for (const message of messages) {
    const raw = fromHex(message);
    const followed = follower.follow(raw, at);
    expect(followed.decrypted).toBeUndefined();
    expect(followed.explain().outline).toMatch(/^HDR/);
    expect(explainIkev1Message(raw)).toContain('ISAKMP Header');
  }
  expect(messages.length).toBeGreaterThan(40);
});

describe('fragments, as Cisco devised them', () => {
  const fragmented = (order: (pieces: Uint8Array[]) => Uint8Array[]): Line[] => {
    let id = 0;
    const packets = main.messages.flatMap((m, i) => {
      const octetsOf = fromHex(m.raw);
      const message = decodeMessage(octetsOf);
      const pieces = order([...fragmentMessage(message, octetsOf, 100, ++id)]);
      return pieces.map((piece) => datagram({ ...m, raw: toHex(piece) }, i > 3));
    });
    return linesV1(captureOf(packets), secrets);
  };

  test('every message in pieces: opened at the last of them', () => {
    const lines = fragmented((pieces) => pieces);
    expect(lines.filter((l) => l.decrypted !== null).map((l) => [l.decrypted, l.auth])).toEqual(
      main.messages.filter((m) => m.plaintext !== undefined).map((m) => [m.plaintext, 'ok']),
    );
    // Of a clear message the names stand at the last piece.
    expect(lines.find((l) => l.clearPayloads !== undefined)?.clearPayloads).toEqual(['SA', 'VID', 'VID', 'VID', 'VID', 'VID']);
  });

  test('in any order, and repeated', () => {
    const lines = fragmented((pieces) => (pieces.length < 2 ? pieces : [...pieces.slice(1).toReversed(), ...pieces.slice(0, -1)]));
    expect(lines.filter((l) => l.decrypted !== null).length).toBe(7);
  });

  test('one is missing: nothing comes of the message', () => {
    const lines = fragmented((pieces) => (pieces.length > 1 ? pieces.slice(0, -1) : pieces));
    expect(lines.filter((l) => l.decrypted !== null).length).toBe(0);
  });
});

test('several ISAKMP SAs at the same time', () => {
  const names = ['ikev1-main-psk', 'ikev1-quick-pfs', 'ikev1-xauth-psk-modecfg', 'ikev1-main-rsa', 'ikev1-aggressive-psk-open'];
  const all = transcripts.filter((t) => names.includes(t.name));
  const queues = all.map((t) => packetsOf(t));
  const mixed: Uint8Array[] = [];
  while (queues.some((queue) => queue.length > 0)) for (const queue of queues) mixed.push(...queue.splice(0, 1));
  const lines = linesV1(captureOf(mixed), { ike1Secrets: all.flatMap((t) => secretsOfV1(t).ike1Secrets) });
  expect(lines.filter((l) => l.decrypted !== null).length).toBe(
    all.reduce((sum, t) => sum + t.messages.filter((m) => m.plaintext !== undefined).length, 0),
  );
  expect(lines.flatMap((l) => l.auth ?? [])).not.toContain('bad');
});

test('both peers on one address: the ports tell them apart', () => {
  const home = parseAddress('127.0.0.1');
  const moved = main.messages.map((m) => {
    const ports: Record<string, number> = { '192.0.2.1 500': 1500, '192.0.2.1 4500': 5500, '192.0.2.2 500': 500, '192.0.2.2 4500': 4500 };
    const raw = fromHex(m.raw);
    const data = m.sport === 500 ? raw : encodeNonEspMarker(raw);
    return encodeUdp({ source: home, destination: home }, ports[`${m.src} ${m.sport}`]!, ports[`${m.dst} ${m.dport}`]!, data);
  });
  expect(opened(linesV1(captureOf(moved), secrets))).toEqual(whole);
});

const G = ['11'.repeat(256), '22'.repeat(256), '33'.repeat(256)] as const;
const attribute = (
  type: 'Encapsulation Mode' | 'Authentication Algorithm' | 'Key Length' | 'Extended (64-bit) Sequence Number',
  value: number,
) => ({ type, value });

describe('RFC 2409 section 5.5: what a Quick Mode agrees on', () => {
  const ping = (seq = 1): Uint8Array =>
    encodeEcho({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), id: 7, seq, data: new Uint8Array(200) });
  const direct = encodeEcho({ source: hosts.A, destination: hosts.B, id: 7, seq: 1, data: new Uint8Array(200) });
  const spis = { A: octets(200, 4), B: octets(100, 4) };
  const spiB = new DataView(spis.B.buffer).getUint32(0);
  const esp = (spi: Uint8Array, mode: number, more: Proposal['transforms'][number]['attributes'] = [], proposalNum = 1): Proposal => ({
    proposalNum,
    protocol: 'ESP',
    spi,
    transforms: [
      {
        transformNum: 1,
        id: 'ESP_AES-CBC',
        attributes: [
          attribute('Key Length', 128),
          attribute('Authentication Algorithm', 5),
          attribute('Encapsulation Mode', mode),
          ...(more as []),
        ],
      },
    ],
  });
  const ah = (spi: Uint8Array, mode: number, proposalNum = 1): Proposal => ({
    proposalNum,
    protocol: 'AH',
    spi,
    transforms: [
      { transformNum: 1, id: 'AH_SHA', attributes: [attribute('Authentication Algorithm', 2), attribute('Encapsulation Mode', mode)] },
    ],
  });
  const cut = (keymat: Uint8Array) => ({
    encryption: { row: aes128Cbc, key: keymat.slice(0, 16) },
    integrity: { row: hmacSha256_128, key: keymat.slice(16) },
  });
  const ends = { source: hosts.A, destination: hosts.B };
  const packets = (lines: readonly Line[]): unknown[] =>
    lines.filter((l) => l.protocol !== undefined).map((l) => [l.protocol, l.reason ?? l.result, l.inner]);

  test.each<[string, number, 'tunnel' | 'transport', number | undefined]>([
    ['tunnel', 1, 'tunnel', undefined],
    ['transport', 2, 'transport', undefined],
    ['tunnel, with Extended Sequence Numbers (RFC 4304)', 1, 'tunnel', 1],
  ])('ESP: %s', (_, number, mode, esn) => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const more = esn === undefined ? [] : [attribute('Extended (64-bit) Sequence Number', esn)];
    const { packets: quick, keymat } = quickMode(talk, [[esp(spis.A, number, more)]], [[esp(spis.B, number, more)]]);
    const sender = createSa({ protocol: 'ESP', mode, spi: spiB, ...ends, esn: esn === 1, ...cut(keymat(3, spis.B, 48)) });
    const inner = mode === 'tunnel' ? ping() : direct;
    const lines = linesV1(captureOf([...init, ...quick, sealEsp(sender, inner)]), { ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }] });
    expect(packets(lines)).toEqual([['ESP', 'ok', toHex(inner)]]);
  });

  test('a bundle of AH and ESP, and its keys of either protocol', () => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const bundle = (spi: Uint8Array): Proposal[] => [ah(spi, 2), esp(spi, 2)];
    const { packets: quick, keymat } = quickMode(talk, [bundle(spis.A)], [bundle(spis.B)], { from: 'A' });
    const inside = createSa({ protocol: 'ESP', mode: 'transport', spi: spiB, ...ends, ...cut(keymat(3, spis.B, 48)) });
    const outside = createSa({
      protocol: 'AH',
      mode: 'transport',
      spi: spiB,
      ...ends,
      integrity: { row: hmacSha1_96, key: keymat(2, spis.B, 20) },
    });
    const lines = linesV1(captureOf([...init, ...quick, sealAh(outside, sealEsp(inside, direct))]), {
      ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }],
    });
    expect(packets(lines)).toEqual([['AH', 'ok', toHex(direct)]]);
  });

  test('two SAs in one Quick Mode, begun by the responder of phase 1; alternatives that were not chosen', () => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const [second, third] = [octets(101, 4), octets(201, 4)];
    const { packets: quick, keymat } = quickMode(
      talk,
      [[ah(third, 1, 1), esp(spis.B, 1, [], 2)], [esp(second, 1)]],
      [[esp(spis.A, 1, [], 2)], [esp(third, 1)]],
      { from: 'B' },
    );
    const seal = (spi: Uint8Array): Uint8Array =>
      sealEsp(
        createSa({ protocol: 'ESP', mode: 'tunnel', spi: new DataView(spi.buffer).getUint32(0), ...ends, ...cut(keymat(3, spi, 48)) }),
        ping(),
      );
    const lines = linesV1(captureOf([...init, ...quick, seal(spis.B), seal(second)]), {
      ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }],
    });
    expect(packets(lines)).toEqual([
      ['ESP', 'ok', toHex(ping())],
      ['ESP', 'ok', toHex(ping())],
    ]);
  });

  test('PFS: the secrets are tried in turn, whatever their order', () => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const one = quickMode(talk, [[esp(spis.A, 1)]], [[esp(spis.B, 1)]], { messageId: 1, gXy: G[1] });
    const other = octets(102, 4);
    const two = quickMode(talk, [[esp(octets(202, 4), 1)]], [[esp(other, 1)]], { messageId: 2, gXy: G[2] });
    const seal = (spi: Uint8Array, keymat: Uint8Array): Uint8Array =>
      sealEsp(createSa({ protocol: 'ESP', mode: 'tunnel', spi: new DataView(spi.buffer).getUint32(0), ...ends, ...cut(keymat) }), ping());
    const file = captureOf([
      ...init,
      ...one.packets,
      ...two.packets,
      seal(spis.B, one.keymat(3, spis.B, 48)),
      seal(other, two.keymat(3, other, 48)),
    ]);
    for (const sharedSecrets of [[...G], [G[0], G[2], G[1]], [G[2], G[1], G[0]]])
      expect(packets(linesV1(file, { ike1Secrets: [{ ...entry, sharedSecrets }] })).map((p) => (p as string[])[1])).toEqual(['ok', 'ok']);
    const short = linesV1(file, { ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }] });
    expect(packets(short).map((p) => (p as string[])[1])).toEqual(['unknown', 'unknown']);
    const words = messagesOf(decodeV1(file, { ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }] })).map((m) => explainIke(m));
    expect(words[7]).toContain('its keys need a shared secret that is not listed');
  });

  test.each([2, 4])('IPComp inside of ESP, the CPI in %i octets', (size) => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const cpi = { A: Uint8Array.of(0x12, 0x34), B: Uint8Array.of(0x56, 0x78) };
    const compression = (host: 'A' | 'B'): Proposal => ({
      proposalNum: 1,
      protocol: 'IPCOMP',
      spi: concat(new Uint8Array(size - 2), cpi[host]),
      transforms: [{ transformNum: 1, id: 'IPCOMP_DEFLATE', attributes: [attribute('Encapsulation Mode', 1)] }],
    });
    const { packets: quick, keymat } = quickMode(talk, [[compression('A'), esp(spis.A, 1)]], [[compression('B'), esp(spis.B, 1)]]);
    const ipca = createIpcomp({ cpi: 0x5678, mode: 'tunnel', ...ends, codec: deflate });
    const sender = createSa({ protocol: 'ESP', mode: 'transport', spi: spiB, ...ends, ...cut(keymat(3, spis.B, 48)) });
    const packet = sealEsp(sender, sealIpcomp(ipca, ping()));
    const lines = linesV1(captureOf([...init, ...quick, packet]), { ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }] });
    expect(packets(lines)).toEqual([['ESP', 'ok', toHex(ping())]]);
  });

  test('the peers behind a NAT speak on other ports', () => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const { packets: quick, keymat } = quickMode({ ...talk, port: 40_000 }, [[esp(spis.A, 3)]], [[esp(spis.B, 3)]]);
    const sender = createSa({ protocol: 'ESP', mode: 'tunnel', spi: spiB, ...ends, ...cut(keymat(3, spis.B, 48)) });
    const inUdp = encodeUdp(ends, 40_000, 40_000, sealEsp(sender, ping()).subarray(20));
    const keys = {
      ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }],
      sas: [
        {
          protocol: 'ESP',
          mode: 'tunnel',
          spi: 1,
          encryption: { name: 'ENCR_NULL', key: '' },
          integrity: { name: 'AUTH_HMAC_SHA1_96', key: '00'.repeat(20) },
          encapsulation: { protocol: 'udp', sourcePort: 40_000, destinationPort: 40_000 },
        },
      ],
    };
    expect(packets(linesV1(captureOf([...init, ...quick, inUdp]), keys))).toEqual([['ESP', 'ok', toHex(ping())]]);
  });

  test('what has no keys derives nothing: SPIs of other lengths, algorithms that are not at hand, no integrity', () => {
    const { talk, packets: init, entry } = begin(G[0], 1, 500);
    const odd: Proposal[] = [
      esp(new Uint8Array(2), 1),
      { ...esp(spis.B, 1), transforms: [] },
      {
        proposalNum: 1,
        protocol: 'ESP',
        spi: spis.B,
        transforms: [{ transformNum: 1, id: 'ESP_CAST', attributes: [attribute('Authentication Algorithm', 5)] }],
      },
      {
        proposalNum: 1,
        protocol: 'ESP',
        spi: spis.B,
        transforms: [{ transformNum: 1, id: 'ESP_AES-CBC', attributes: [attribute('Key Length', 128)] }],
      },
      { proposalNum: 1, protocol: 'AH', spi: spis.B, transforms: [{ transformNum: 1, id: 'AH_DES', attributes: [] }] },
    ];
    const all = odd.flatMap((proposal, i) => quickMode(talk, [[proposal]], [[proposal]], { messageId: i + 1 }).packets);
    const found = messagesOf(decodeV1(captureOf([...init, ...all]), { ike1Secrets: [{ ...entry, sharedSecrets: [G[0]] }] }));
    expect(found.map(({ followedV1 }) => followedV1?.children ?? [])).toEqual(found.map(() => []));
    expect(new Set(found.slice(6).map(({ followedV1 }) => followedV1?.auth))).toEqual(new Set(['ok']));
    expect(psk).toBe(entry.psk);
  });
});
