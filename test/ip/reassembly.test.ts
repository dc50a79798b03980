import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  addFragment,
  createReassembler,
  decodeIp,
  ecn,
  encodeIpv4Header,
  encodeIpv6Header,
  encodeUdp,
  expire,
  fragmentPacket,
  parseAddress,
  type Reassembler,
  verifyIpv4Checksum,
} from '../../src/ip.js';

const v4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const v6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };

interface Bits { offset: number; length: number; more: boolean; id?: number; fill?: number; trafficClass?: number; protocol?: number } // prettier-ignore
const piece4 = ({ offset, length, more, id = 1, fill = 0xaa, trafficClass = 0, protocol = 17 }: Bits): Uint8Array =>
  concat(
    encodeIpv4Header({ ...v4, protocol, totalLength: 20 + length, fragmentOffset: offset, more, id, trafficClass }),
    new Uint8Array(length).fill(fill),
  );
const piece6 = ({ offset, length, more, id = 1, fill = 0xaa, trafficClass = 0, protocol = 17 }: Bits): Uint8Array => {
  const header = Uint8Array.of(protocol, 0, offset >>> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, id >>> 8, id);
  return concat(
    encodeIpv6Header({ ...v6, protocol: 44, payloadLength: 8 + length, trafficClass }),
    header,
    new Uint8Array(length).fill(fill),
  );
};
const outcome = (r: Reassembler, packet: Uint8Array, now = 0): string => {
  const result = addFragment(r, packet, now);
  return result.type === 'refused' ? result.reason : result.type;
};
const outcomes = (pieces: Uint8Array[]): string[] => {
  const r = createReassembler();
  return pieces.map((p) => outcome(r, p));
};

describe.each([
  ['IPv4 (as RFC 8200 section 4.5)', piece4],
  ['RFC 8200 section 4.5', piece6],
])('%s', (_, piece) => {
  const first = piece({ offset: 0, length: 64, more: true });
  const second = piece({ offset: 64, length: 64, more: true });
  const last = piece({ offset: 128, length: 5, more: false });

  it('reassembles in order and in reverse', () => {
    expect(outcomes([first, second, last])).toEqual(['kept', 'kept', 'whole']);
    expect(outcomes([last, second, first])).toEqual(['kept', 'kept', 'whole']);
  });

  it.each<[string, Bits]>([
    ['over the end of one', { offset: 56, length: 64, more: true }],
    ['over the beginning of one', { offset: 8, length: 64, more: true }],
    ['inside one', { offset: 8, length: 8, more: true }],
    ['around one', { offset: 0, length: 136, more: true }],
    ['the same place with other octets', { offset: 0, length: 64, more: true, fill: 0xbb }],
    ['the same place with another length', { offset: 0, length: 56, more: true }],
  ])('an overlap (%s) refuses the datagram and all that comes of it', (_name, bits) => {
    expect(outcomes([first, piece(bits), first, second, last])).toEqual(['kept', 'overlap', 'overlap', 'overlap', 'overlap']);
  });

  it('exact duplicates are dropped', () => {
    expect(outcomes([first, first, second, first, second, last])).toEqual(['kept', 'kept', 'kept', 'kept', 'kept', 'whole']);
    expect(outcomes([last, last, first, second])).toEqual(['kept', 'kept', 'kept', 'whole']);
  });

  it('two ends, or data behind the end, refuse the datagram', () => {
    expect(outcomes([last, piece({ offset: 136, length: 8, more: false })])).toEqual(['kept', 'ends-differ']);
    expect(outcomes([last, piece({ offset: 136, length: 8, more: true })])).toEqual(['kept', 'ends-differ']);
    expect(outcomes([second, piece({ offset: 0, length: 8, more: false })])[1]).toBe('whole'); // a packet of its own
    expect(outcomes([piece({ offset: 200, length: 8, more: true }), last])).toEqual(['kept', 'ends-differ']);
    expect(outcomes([last, piece({ offset: 128, length: 5, more: true })])[1]).toBe('misaligned');
  });

  it('a fragment that is not the last and no multiple of 8 octets is discarded, the others stay', () => {
    expect(outcomes([first, piece({ offset: 64, length: 63, more: true }), second, last])).toEqual(['kept', 'misaligned', 'kept', 'whole']);
  });

  it('a fragment without data is discarded', () => {
    expect(outcomes([first, piece({ offset: 64, length: 0, more: true }), piece({ offset: 64, length: 0, more: false })])).toEqual([
      'kept',
      'empty',
      'empty',
    ]);
  });

  it('a fragment that leads beyond 65,535 octets is discarded ("ping of death")', () => {
    expect(outcomes([first, piece({ offset: 65528, length: 100, more: false })])).toEqual(['kept', 'too-long']);
    expect(outcomes([piece({ offset: 65512, length: piece === piece4 ? 3 : 23, more: false })])).toEqual(['kept']);
    expect(outcomes([piece({ offset: 65512, length: piece === piece4 ? 4 : 24, more: false })])).toEqual(['too-long']);
  });

  it('other Identification: another datagram', () => {
    expect(outcomes([first, piece({ offset: 64, length: 8, more: false, id: 2 }), piece({ offset: 64, length: 8, more: false })])).toEqual([
      'kept',
      'kept',
      'whole',
    ]);
  });

  it('RFC 3168 section 5.3: congestion that one fragment tells of is kept', () => {
    const r = createReassembler();
    addFragment(r, piece({ offset: 0, length: 8, more: true, trafficClass: ecn.ect0 }), 0);
    const result = addFragment(r, piece({ offset: 8, length: 8, more: false, trafficClass: ecn.ce }), 0);
    if (result.type !== 'whole') throw new Error(result.type);
    expect(decodeIp(result.packet).trafficClass).toBe(ecn.ce);
    if (piece === piece4) expect(verifyIpv4Checksum(result.packet)).toBe(true);
    const mixed = [piece({ offset: 0, length: 8, more: true }), piece({ offset: 8, length: 8, more: false, trafficClass: ecn.ce })];
    expect(outcomes(mixed)).toEqual(['kept', 'ecn']);
  });

  it('bounds: age', () => {
    const r = createReassembler({ age: 1000 });
    expect(outcome(r, first, 0)).toBe('kept');
    expect(outcome(r, second, 900)).toBe('kept');
    expect(outcome(r, last, 1000)).toBe('kept'); // of a new datagram: the old one is gone
    expect([r.datagrams.size, r.octets]).toEqual([1, 5]);
    expect(expire(r, 1999)).toEqual([]);
    expect(r.datagrams.size).toBe(1);
    expire(r, 2000);
    expect([r.datagrams.size, r.octets]).toEqual([0, 0]);
  });

  it('the first fragment of what expired is handed out', () => {
    const r = createReassembler();
    addFragment(r, second, 0);
    addFragment(r, first, 5);
    addFragment(r, piece({ offset: 8, length: 8, more: true, id: 2 }), 6);
    expect(expire(r, 59_999)).toEqual([]);
    expect(expire(r, 60_006).map(toHex)).toEqual([toHex(first)]);
  });

  it('bounds: fragments of one datagram', () => {
    const r = createReassembler({ fragments: 3 });
    const bits = [8, 24, 40, 56].map((offset) => piece({ offset, length: 8, more: true }));
    expect(bits.map((b) => outcome(r, b))).toEqual(['kept', 'kept', 'kept', 'too-many']);
    expect(r.octets).toBe(0);
  });

  it('bounds: datagrams and octets; the oldest go', () => {
    const r = createReassembler({ datagrams: 4, octets: 300 });
    for (let id = 0; id < 100; id++) outcome(r, piece({ offset: 64, length: 64, more: true, id }), id);
    expect(r.datagrams.size).toBe(4);
    expect(r.octets).toBe(256);
    expect(outcome(r, piece({ offset: 128, length: 64, more: true, id: 99 }))).toBe('kept');
    expect(r.octets).toBeLessThanOrEqual(300);
    expect(outcome(r, piece({ offset: 256, length: 304, more: true, id: 99 }))).toBe('too-many-octets');
    expect(r.octets).toBe(0);
  });

  it('never keeps more than its bounds, and counts what it keeps', () => {
    const anyPiece = fc.record({
      offset: fc.nat(20).map((n) => 8 * n),
      length: fc.nat(6).map((n) => 8 * n),
      more: fc.boolean(),
      id: fc.nat(5),
      fill: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPiece, fc.nat(40)), { maxLength: 80 }), (script) => {
        const r = createReassembler({ datagrams: 3, octets: 400, fragments: 4, age: 300 });
        let now = 0;
        for (const [bits, wait] of script) {
          addFragment(r, piece(bits), (now += wait));
          const kept = [...r.datagrams.values()];
          expect(r.octets).toBe(
            kept.reduce((sum, d) => sum + d.pieces.reduce((n, p) => n + p.octets.length, 0) + (d.first?.octets.length ?? 0), 0),
          );
          expect(r.octets <= 400 && kept.length <= 3 && kept.every((d) => d.pieces.length <= 4 && now - d.born < 300)).toBe(true);
        }
      }),
    );
  });

  it('keeps nothing of its input', () => {
    const r = createReassembler();
    const copies = [first, second, last].map((p) => p.slice());
    const results = copies.map((p) => {
      const result = addFragment(r, p, 0);
      p.fill(0xff);
      return result;
    });
    const plain = createReassembler();
    expect(results).toEqual([first, second, last].map((p) => addFragment(plain, p, 0)));
  });
});

describe('IPv4', () => {
  it('other protocol: another datagram', () => {
    expect(
      outcomes([piece4({ offset: 0, length: 8, more: true, protocol: 17 }), piece4({ offset: 8, length: 8, more: false, protocol: 6 })]),
    ).toEqual(['kept', 'kept']);
  });

  it('options of the first fragment alone may make it too long', () => {
    const options = new Uint8Array(40).fill(1);
    const first = concat(encodeIpv4Header({ ...v4, protocol: 17, totalLength: 68, more: true, id: 1, options }), new Uint8Array(8));
    const pieces = fragmentPacket(
      concat(encodeIpv4Header({ ...v4, protocol: 17, id: 1, totalLength: 65535 }), new Uint8Array(65515)),
      30000,
    );
    expect(outcomes([...pieces.slice(1), first])).toEqual(['kept', 'kept', 'kept']);
    const rest = concat(
      encodeIpv4Header({ ...v4, protocol: 17, totalLength: 20 + 29968 - 8 + 8, fragmentOffset: 8, more: true, id: 1 }),
      new Uint8Array(29968),
    );
    expect(outcomes([...pieces.slice(1), first, rest]).at(-1)).toBe('too-long');
  });

  it('DF of the first fragment stays, MF and the offset go', () => {
    const [a, b] = fragmentPacket(encodeUdp({ ...v4, id: 5 }, 1, 2, new Uint8Array(100)), 100);
    const r = createReassembler();
    addFragment(r, b!, 0);
    const result = addFragment(r, a!, 0);
    expect(result.type === 'whole' && decodeIp(result.packet).fragment === undefined && verifyIpv4Checksum(result.packet)).toBe(true);
  });
});

describe('IPv6', () => {
  it('other next header in another fragment: the first one counts', () => {
    const r = createReassembler();
    addFragment(r, piece6({ offset: 8, length: 8, more: false, protocol: 6 }), 0);
    const result = addFragment(r, piece6({ offset: 0, length: 8, more: true, protocol: 17 }), 0);
    expect(result.type === 'whole' && decodeIp(result.packet).protocol).toBe(17);
  });

  it('an atomic fragment is whole, even beside fragments with its Identification', () => {
    const r = createReassembler();
    expect(outcome(r, piece6({ offset: 8, length: 8, more: true }))).toBe('kept');
    const result = addFragment(r, piece6({ offset: 0, length: 24, more: false }), 0);
    expect(result.type === 'whole' && decodeIp(result.packet)).toMatchObject({ totalLength: 64, protocol: 17, extensions: [] });
    expect(r.datagrams.size).toBe(1);
  });

  it('a first fragment whose headers do not reach the upper layer is refused (RFC 8200 section 4.5)', () => {
    const r = createReassembler();
    expect(() => addFragment(r, piece6({ offset: 0, length: 8, more: true, protocol: 60, fill: 0x01 }), 0)).toThrow(IpsecError);
    expect(r.datagrams.size).toBe(0);
  });

  it('extension headers in front of the Fragment header of the first fragment stay', () => {
    const packet = concat(
      encodeIpv6Header({ ...v6, protocol: 0, payloadLength: 8 + 300 }),
      fromHex('1100010400000000'),
      new Uint8Array(300),
    );
    const r = createReassembler();
    const results = fragmentPacket(packet, 200, 3).map((p) => addFragment(r, p, 0));
    expect(results.at(-1)).toEqual({ type: 'whole', packet });
  });
});

describe('createReassembler', () => {
  it.each(['octets', 'datagrams', 'fragments', 'age'])('refuses a bound of 0 for %s', (name) => {
    expect(() => createReassembler({ [name]: 0 })).toThrow(IpsecError);
    expect(() => createReassembler({ [name]: Number.NaN })).toThrow(IpsecError);
  });

  it('hands back what is no fragment', () => {
    const packet = encodeUdp(v4, 1, 2, new Uint8Array(4));
    expect(addFragment(createReassembler(), concat(packet, new Uint8Array(9)), 0)).toEqual({ type: 'whole', packet });
  });
});
