import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { encodeUdp, formatAddress, parseAddress } from '../../src/ip.js';
import { type Databases, processInbound, processOutbound } from '../../src/process.js';
import { listSas } from '../../src/sad.js';
import type { PolicyJson } from '../../src/spd.js';
import { kernelPackets } from '../ip/kernel.js';
import { addressA, addressB, host, sa, sent, told } from './hosts.js';

const tunnel: PolicyJson = {
  action: 'PROTECT',
  local: '10.1.0.0/16',
  remote: '10.2.0.0/16',
  processing: { protocol: 'ESP', mode: 'tunnel' },
};
const rest: PolicyJson = { action: 'BYPASS', fragments: 'stateful' };
const makeHost = (): Databases =>
  host([addressA, '10.1.0.1', 'fe80::1'], [tunnel, rest], [sa(0x1001, addressA, addressB), sa(0x1002, addressB, addressA, {}, 2)]);
const counters = (db: Databases): unknown => listSas(db.sad).map(({ sa: s }) => [s.seq, s.packets, s.octets, s.window.top]);

/** Octets that look enough like a packet to get somewhere. */
const packetLike = fc
  .tuple(
    fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x6f),
    fc.uint8Array({ minLength: 19, maxLength: 200 }),
    fc.constantFrom(1, 6, 17, 44, 50, 51, 58, 60, 108, 135),
    fc.boolean(),
  )
  .map(([first, octets, protocol, ours]) => {
    const packet = Uint8Array.of(first, ...octets);
    const v4 = first < 0x50;
    packet.set(v4 ? [packet.length >>> 8, packet.length & 0xff] : [0, Math.max(0, packet.length - 40)], v4 ? 2 : 4);
    packet[v4 ? 9 : 6] = protocol;
    const to = parseAddress(v4 ? addressA : 'fe80::1');
    if (ours && packet.length >= (v4 ? 20 : 40)) packet.set(to, v4 ? 16 : 24);
    return packet;
  });

const all = [...kernelPackets()];

describe('whatever arrives', () => {
  test.prop([fc.oneof(packetLike, fc.uint8Array({ maxLength: 120 }))], { numRuns: 3000 })(
    'is answered with a value, and changes no SA unless it is genuine',
    (packet) => {
      const db = makeHost();
      const before = counters(db);
      const octets = toHex(packet);
      processInbound(db, packet, 0);
      expect(counters(db)).toEqual(before);
      processOutbound(db, packet, 0);
      expect(toHex(packet)).toBe(octets);
    },
  );

  test.prop([fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 1000 })(
    'packets of a kernel, one octet changed, throw nothing',
    (which, where, change) => {
      const { octets } = all[which % all.length]!;
      const packet = octets.slice(0, 400);
      packet[where % packet.length]! ^= change;
      const db = makeHost();
      processInbound(db, packet, 0);
      processOutbound(db, packet, 0);
    },
  );

  const port = fc.integer({ min: 0, max: 65535 });
  const low = fc.integer({ min: 0, max: 255 });
  test.prop([low, low, low, low, port, port, fc.integer({ min: 0, max: 4000 }), fc.boolean(), fc.integer({ min: 576, max: 2000 })], {
    numRuns: 400,
  })('what one gateway sends, the other delivers octet for octet', (a, b, c, d, sourcePort, destinationPort, length, before, linkMtu) => {
    const from = parseAddress(`10.1.${a}.${b}`);
    const to = parseAddress(`10.2.${c}.${d}`);
    const packet = encodeUdp(
      { source: from, destination: to, id: a * 256 + b },
      sourcePort,
      destinationPort,
      new Uint8Array(length).fill(c),
    );
    const us = host([addressA], [tunnel], [sa(0x1001, addressA, addressB)], { linkMtu, fragment: before ? 'before' : 'after' });
    const peer = host([addressB], [{ ...tunnel, local: '10.2.0.0/16', remote: '10.1.0.0/16' }], [sa(0x1001, addressA, addressB)]);
    const packets = sent(processOutbound(us, packet, 0));
    expect(Math.max(...packets.map((p) => p.length))).toBeLessThanOrEqual(linkMtu);
    const results = packets.map((p) => processInbound(peer, p, 0));
    const delivered = results.flatMap((r) => (r.action === 'deliver' ? [r.packet] : []));
    if (packets.length > 1 && before) expect(results.map(told)).toEqual(packets.map(() => 'deliver'));
    else expect(delivered.map(toHex)).toEqual([toHex(packet)]);
    expect(formatAddress(delivered[0]!.subarray(12, 16))).toBe(formatAddress(from));
  });
});
