import { describe, expect, test } from 'vitest';
import { seal as sealAh } from '../../src/ah.js';
import { toHex } from '../../src/bytes.js';
import { createSa, seal as sealEsp, type SaConfig } from '../../src/esp.js';
import { createNotify, encodeNotifyData, type Payload } from '../../src/ike.js';
import { encodeEcho, encodePacket, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate, seal as sealIpcomp } from '../../src/ipcomp.js';
import { aes128Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { captureOf, type Line, linesOf } from './ike-captures.js';
import { begin, type ChildEnd, type ChildWish, hosts, inUdp, makeChild, replaceTalk, say } from './ike-conversation.js';

const G = ['11'.repeat(32), '22'.repeat(32), '33'.repeat(32), '44'.repeat(32)] as const;
const ping = (seq = 1): Uint8Array =>
  encodeEcho({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), id: 7, seq, data: new Uint8Array(200) });
const direct = (data: Uint8Array): Uint8Array => encodeEcho({ source: hosts.A, destination: hosts.B, id: 7, seq: 1, data });

/** The sending SA of A. */
function senderOf(
  wish: ChildWish,
  keys: Record<'A' | 'B', ChildEnd>,
  mode: 'tunnel' | 'transport' = 'tunnel',
  more: Partial<SaConfig> = {},
) {
  const { protocol = 'ESP', encryption, integrity, esn = false, spis } = wish;
  return createSa({
    protocol,
    mode,
    spi: spis.B,
    source: hosts.A,
    destination: hosts.B,
    esn,
    ...(encryption && { encryption: { row: encryption, key: keys.A.encryption } }),
    ...(integrity && { integrity: { row: integrity, key: keys.A.integrity } }),
    ...more,
  });
}
const packetsOf = (lines: readonly Line[]): unknown[] =>
  lines.filter((l) => l.protocol !== undefined).map((l) => [l.protocol, l.reason ?? l.result, ...(l.inner === undefined ? [] : [l.inner])]);
const spis = { A: 0x1000, B: 0x2000 };

describe('Child SAs of every kind', () => {
  const { talk, packets: init, entry } = begin(G[0]);
  const keys = { ikeSecrets: [{ ...entry, sharedSecrets: [G[0]] }] };
  const transportMode = (): Payload[] => [createNotify('USE_TRANSPORT_MODE')];
  const decode = (wish: ChildWish, protect: (keys: Record<'A' | 'B', ChildEnd>) => Uint8Array[]): unknown[] => {
    const child = makeChild(talk, wish);
    return packetsOf(linesOf(captureOf([...init, ...child.packets, ...protect(child.keys)]), keys));
  };

  test('AH in transport mode, with Extended Sequence Numbers', () => {
    const wish: ChildWish = { protocol: 'AH', integrity: hmacSha256_128, esn: true, spis, notifies: transportMode };
    const inner = direct(new Uint8Array(10));
    expect(decode(wish, (k) => [sealAh(senderOf(wish, k, 'transport'), inner)])).toEqual([['AH', 'ok', toHex(inner)]]);
    // ESN is part of what the ICV covers: without it the same keys do not fit.
    expect(decode({ ...wish, esn: false }, (k) => [sealAh(senderOf(wish, k, 'transport'), inner)])).toEqual(
      [['AH', 'ok', toHex(inner)]].map(() => ['AH', 'icv']),
    );
  });

  test('AH in tunnel mode', () => {
    const wish: ChildWish = { protocol: 'AH', integrity: hmacSha256_128, spis };
    expect(decode(wish, (k) => [sealAh(senderOf(wish, k), ping())])).toEqual([['AH', 'ok', toHex(ping())]]);
  });

  test('ESP in transport mode only when both sides say so', () => {
    const inner = direct(new Uint8Array(10));
    const wish: ChildWish = { encryption: chacha20Poly1305, esn: true, spis, notifies: transportMode };
    expect(decode(wish, (k) => [sealEsp(senderOf(wish, k, 'transport'), inner)])).toEqual([['ESP', 'ok', toHex(inner)]]);
    const declined: ChildWish = { encryption: chacha20Poly1305, spis, notifies: (from) => (from === 'A' ? transportMode() : []) };
    expect(decode(declined, (k) => [inUdp(sealEsp(senderOf(declined, k), ping()))])).toEqual([['ESP', 'ok', toHex(ping())]]);
  });

  test('IPComp inside ESP, in tunnel and in transport mode; a packet that stays as it is', () => {
    const cpi = (from: 'A' | 'B'): number => (from === 'A' ? 0x1111 : 0x2222);
    const notify = (from: 'A' | 'B'): Payload =>
      createNotify(
        'IPCOMP_SUPPORTED',
        encodeNotifyData('IPCOMP_SUPPORTED', { cpi: cpi(from), transform: 'IPCOMP_DEFLATE', attributes: new Uint8Array(0) }),
      );
    const ends = { source: hosts.A, destination: hosts.B };
    const tunnel: ChildWish = { encryption: aes128Cbc, integrity: hmacSha256_128, spis, notifies: (from) => [notify(from)] };
    expect(
      decode(tunnel, (k) => {
        const esp = senderOf(tunnel, k, 'transport');
        const compressed = sealIpcomp(createIpcomp({ cpi: cpi('B'), mode: 'tunnel', ...ends, codec: deflate }), ping(1));
        return [sealEsp(esp, compressed), sealEsp(esp, encodePacket(ends, 4, ping(2)))];
      }),
    ).toEqual([1, 2].map((seq) => ['ESP', 'ok', toHex(ping(seq))]));
    const transport: ChildWish = { ...tunnel, notifies: (from) => [notify(from), ...transportMode()] };
    const inner = direct(new Uint8Array(300));
    expect(
      decode(transport, (k) => {
        const esp = senderOf(transport, k, 'transport');
        const compressed = sealIpcomp(createIpcomp({ cpi: cpi('B'), mode: 'transport', ...ends, codec: deflate }), inner);
        return [sealEsp(esp, compressed), sealEsp(esp, inner)];
      }),
    ).toEqual([1, 2].map(() => ['ESP', 'ok', toHex(inner)]));
  });

  test('what cannot be keyed makes no SA: an algorithm that is not at hand, encryption without integrity', () => {
    const protect = (): Uint8Array[] => [encodePacket({ source: hosts.A, destination: hosts.B }, 50, new Uint8Array(64).fill(0x20))];
    const [unknown, alone] = [4711, aes128Cbc.id].map((id) => ({ ...aes128Gcm16, id }));
    for (const encryption of [unknown!, alone!])
      expect(decode({ encryption, spis: { A: 1, B: 0x20202020 } }, protect)).toEqual([['ESP', 'unknown']]);
  });
});

describe('exchanges that cross', () => {
  const rekey = (gIr: string, spi: number): ChildWish => ({ encryption: aes128Gcm16, gIr, spis: { A: spi, B: spi + 1 } });

  test('RFC 7296 section 2.8.1: both rekey the Child SA with PFS; the secrets in either order', () => {
    const { talk, packets, entry } = begin(G[0]);
    const [mine, theirs] = [rekey(G[1], 0x3000), rekey(G[2], 0x4000)];
    const first = makeChild(talk, mine, { from: 'A', messageId: 2, seed: 60 });
    const second = makeChild(talk, theirs, { from: 'B', messageId: 0, seed: 70 });
    const sent = [
      ...packets,
      first.packets[0],
      second.packets[0],
      second.packets[1],
      first.packets[1],
      inUdp(sealEsp(senderOf(mine, first.keys), ping(1))),
      inUdp(sealEsp(senderOf(theirs, second.keys), ping(2))),
    ];
    for (const sharedSecrets of [G.slice(0, 3), [G[0], G[2], G[1]]]) {
      const lines = linesOf(captureOf(sent), { ikeSecrets: [{ ...entry, sharedSecrets }] });
      expect(packetsOf(lines)).toEqual([1, 2].map((seq) => ['ESP', 'ok', toHex(ping(seq))]));
    }
  });

  test('RFC 7296 section 2.8.2: both rekey the IKE SA; both new ones are known', () => {
    const { talk, packets, entry } = begin(G[0]);
    const one = replaceTalk(talk, G[1], 'A', 2, 80);
    const two = replaceTalk(talk, G[2], 'B', 0, 90);
    const goodbye: Payload[] = [{ type: 'D', protocol: 'IKE', spis: [] }];
    const child = rekey(G[3], 0x5000);
    const made = makeChild(two.next, child, { from: 'A', messageId: 0, seed: 100 });
    const sent = [
      ...packets,
      one.packets[0],
      two.packets[0],
      two.packets[1],
      one.packets[1],
      say(one.next, 'A', 'INFORMATIONAL', 0, false, goodbye),
      say(two.next, 'B', 'INFORMATIONAL', 0, false, []),
      ...made.packets,
      inUdp(sealEsp(senderOf(child, made.keys), ping())),
    ];
    for (const sharedSecrets of [[...G], [G[0], G[2], G[1], G[3]]]) {
      const lines = linesOf(captureOf(sent), { ikeSecrets: [{ ...entry, sharedSecrets }] });
      expect(lines.slice(6, 8).map((l) => l.clearPayloads)).toEqual([['D'], []]);
      expect(packetsOf(lines)).toEqual([['ESP', 'ok', toHex(ping())]]);
    }
  });

  test('an SPI that is used again after its SA is gone', () => {
    const { talk, packets, entry } = begin(G[0]);
    const wish: ChildWish = { encryption: aes128Gcm16, spis };
    const again: ChildWish = { ...wish, gIr: G[1] };
    const [old, next] = [makeChild(talk, wish), makeChild(talk, again, { messageId: 2, seed: 60 })];
    const sender = senderOf(wish, old.keys);
    const sent = [
      ...packets,
      ...old.packets,
      inUdp(sealEsp(sender, ping(1))),
      ...next.packets,
      inUdp(sealEsp(senderOf(again, next.keys), ping(2))),
      inUdp(sealEsp(sender, ping(3))),
    ];
    const lines = linesOf(captureOf(sent), { ikeSecrets: [{ ...entry, sharedSecrets: G.slice(0, 2) }] });
    expect(packetsOf(lines)).toEqual([1, 2, 3].map((seq) => ['ESP', 'ok', toHex(ping(seq))]));
  });

  test('two IKE SAs in one capture, each with its own list', () => {
    const [one, two] = [begin(G[0], 1), begin(G[1], 20)];
    const wish = (spi: number): ChildWish => ({ encryption: aes128Gcm16, spis: { A: spi, B: spi + 1 } });
    const [a, b] = [makeChild(one.talk, wish(0x6000)), makeChild(two.talk, wish(0x7000))];
    const sent = [
      ...one.packets,
      ...two.packets,
      ...a.packets,
      ...b.packets,
      inUdp(sealEsp(senderOf(wish(0x6000), a.keys), ping(1))),
      inUdp(sealEsp(senderOf(wish(0x7000), b.keys), ping(2))),
    ];
    const ikeSecrets = [
      { ...two.entry, sharedSecrets: [G[1]] },
      { ...one.entry, sharedSecrets: [G[0]] },
    ];
    expect(packetsOf(linesOf(captureOf(sent), { ikeSecrets }))).toEqual([1, 2].map((seq) => ['ESP', 'ok', toHex(ping(seq))]));
  });
});
