import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, readU16, readU32, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  addFragment, checksum, createReassembler, decodeIp, encodeIpv4Header, encodeIpv6Header, encodeUdp, fragmentPacket, parseAddress, pseudoHeaderSum, verifyIpv4Checksum,
} from '../../src/ip.js'; // prettier-ignore
import { kernelCases } from './kernel.js';

const v4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const v6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 0xff);

function reassemble(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const r = createReassembler();
  let whole: Uint8Array | undefined;
  for (const piece of pieces) {
    const result = addFragment(r, piece, 0);
    if (result.type === 'whole') whole = result.packet;
  }
  return whole;
}

describe('RFC 791 section 3.2: fragmentation', () => {
  const packet = encodeUdp({ ...v4, id: 0x1234 }, 1, 2, noise(3000));

  it('cuts into pieces of at most the MTU, all but the last a multiple of 8 octets of data', () => {
    const pieces = fragmentPacket(packet, 1003);
    expect(pieces.map((p) => p.length)).toEqual([996, 996, 996, 100]);
    expect(pieces.map((p) => decodeIp(p).fragment)).toEqual(
      [0, 976, 1952, 2928].map((offset) => ({ offset, more: offset < 2928, id: 0x1234, headerOffset: 0 })),
    );
    expect(pieces.every((p) => verifyIpv4Checksum(p))).toBe(true);
    expect(reassemble(pieces)).toEqual(packet);
  });

  it('leaves a packet that fits alone, without its link padding', () => {
    expect(fragmentPacket(concat(packet, noise(9)), 3028)).toEqual([packet]);
  });

  it('cuts fragments again', () => {
    const pieces = fragmentPacket(packet, 1500).flatMap((p) => fragmentPacket(p, 600));
    expect(pieces.length).toBeGreaterThan(5);
    expect(reassemble(pieces.reverse())).toEqual(packet);
  });

  it('refuses a packet with DF set, and an MTU that leaves no room', () => {
    expect(() => fragmentPacket(encodeUdp({ ...v4, df: true }, 1, 2, noise(100)), 100)).toThrow(/DF set/);
    expect(() => fragmentPacket(packet, 27)).toThrow(/room for 8 octets of data/);
    expect(fragmentPacket(packet, 28).length).toBe(376);
  });

  // RFC 791 section 3.1: Security, loose and strict source route and stream identifier are copied; record route and timestamp are not
  it('copies only the options that have the copied flag', () => {
    const options = fromHex('01' + '070708c0000201' + '830704cb007102' + '44080d0000000000' + '94040000' + '00');
    const header = encodeIpv4Header({ ...v4, protocol: 17, totalLength: 20 + options.length + 1000, options });
    const whole = concat(header, noise(1000));
    const [first, ...others] = fragmentPacket(whole, 576);
    expect(toHex(first!.subarray(20, 48))).toBe(toHex(options));
    for (const other of others) expect(toHex(other.subarray(20, decodeIp(other).headerLength))).toBe('830704cb00710294' + '04000000');
    expect(reassemble([...others, first!])).toEqual(whole);
  });
});

describe('RFC 8200 section 4.5: fragmentation', () => {
  const packet = encodeUdp(v6, 1, 2, noise(3000));

  it('puts a Fragment header behind the Per-Fragment headers', () => {
    const pieces = fragmentPacket(packet, 1280, 0xdeadbeef);
    expect(pieces.map((p) => p.length)).toEqual([1280, 1280, 48 + 3008 - 2 * 1232]);
    for (const p of pieces)
      expect(decodeIp(p)).toMatchObject({ protocol: 17, nextHeaderOffset: 40, id: 0xdeadbeef, totalLength: p.length });
    expect(reassemble(pieces)).toEqual(packet);
  });

  it('Per-Fragment headers end with the Routing header; later extension headers go into the first fragment', () => {
    const chain = fromHex(
      '3c00010400000000' + '2b00010400000000' + '3c02000100000000' + '20010db8000000000000000000000009' + '1100010400000000',
    );
    const udp = packet.subarray(40);
    const whole = concat(encodeIpv6Header({ ...v6, protocol: 0, payloadLength: chain.length + udp.length }), chain, udp);
    const pieces = fragmentPacket(whole, 1280, 7);
    for (const [i, p] of pieces.entries()) {
      expect(toHex(p.subarray(40, 80))).toBe(toHex(concat(chain.subarray(0, 16), fromHex('2c'), chain.subarray(17, 40))));
      expect(p[80]).toBe(60);
      expect(decodeIp(p).protocol).toBe(i === 0 ? 17 : 60);
    }
    expect(reassemble(pieces)).toEqual(whole);
  });

  it('refuses a packet whose headers do not fit the first fragment, and a fragment', () => {
    const chain = concat(fromHex('110f'), new Uint8Array(126));
    const whole = concat(encodeIpv6Header({ ...v6, protocol: 60, payloadLength: 128 + 3008 }), chain, packet.subarray(40));
    expect(() => fragmentPacket(whole, 176)).toThrow(/IPv6 headers for this MTU/);
    expect(fragmentPacket(whole, 184).length).toBe(24);
    expect(() => fragmentPacket(fragmentPacket(packet, 1280)[0]!, 1000)).toThrow(/an IPv6 fragment/);
  });
});

describe('packets of a Linux kernel', () => {
  it('outer fragments come together to the outer packet, in every order, and the outer packet is cut into them again', () => {
    let datagrams = 0;
    let cut = 0;
    for (const c of kernelCases)
      for (const p of c.packets) {
        if (p.outerFragments === undefined) continue;
        const fragments = p.outerFragments.map((f) => fromHex(f));
        const outer = fromHex(p.outer);
        const last = fragments.at(-1)!;
        expect(toHex(reassemble(fragments)!), c.name).toBe(p.outer);
        expect(toHex(reassemble([...fragments].reverse())!), c.name).toBe(p.outer);
        expect(toHex(reassemble([last, ...fragments])!), c.name).toBe(p.outer);
        const id = outer[0]! >>> 4 === 6 ? readU32(last, 44) : 0;
        // once the kernel cut unevenly, the last piece being the largest
        if (fragments[0]!.length >= last.length) {
          expect(fragmentPacket(outer, fragments[0]!.length, id).map(toHex), c.name).toEqual(p.outerFragments);
          cut++;
        }
        datagrams++;
      }
    expect(datagrams).toBeGreaterThan(30);
    expect(cut).toBe(datagrams - 1);
  });

  it('inner fragments come together to datagrams whose checksum is right', () => {
    let datagrams = 0;
    for (const c of kernelCases) {
      const r = createReassembler();
      for (const p of c.packets) {
        const inner = fromHex(p.inner);
        const { fragment } = decodeIp(inner);
        const result = addFragment(r, inner, 0);
        if (fragment === undefined || result.type !== 'whole') continue;
        const { source, destination, protocol, upperOffset, totalLength } = decodeIp(result.packet);
        const sum = protocol === 1 ? 0 : pseudoHeaderSum(source, destination, protocol, totalLength - upperOffset);
        if (protocol !== 17 || readU16(result.packet, upperOffset + 6) !== 0)
          expect(checksum(result.packet, upperOffset, totalLength, sum), c.name).toBe(0);
        datagrams++;
      }
      expect(r.datagrams.size, c.name).toBe(0);
    }
    expect(datagrams).toBeGreaterThan(20);
  });
});

describe('any packet, any MTU', () => {
  const anyPacket = fc.oneof(
    fc
      .tuple(fc.nat(6000), fc.constantFrom('', '94040000', '070708c000020101', '8307040102030400'), fc.nat(0xffff))
      .map(([length, options, id]) => {
        const header = encodeIpv4Header({
          ...v4,
          protocol: 253,
          id,
          totalLength: 20 + options.length / 2 + length,
          options: fromHex(options),
        });
        return concat(header, noise(length));
      }),
    fc
      .tuple(fc.nat(6000), fc.constantFrom('', 'fd00010400000000', 'fd010104000000000000000000000000'), fc.constantFrom(0, 43, 60))
      .map(([length, chain, type]) => {
        const extension = fromHex(chain);
        return concat(
          encodeIpv6Header({ ...v6, protocol: chain === '' ? 253 : type, payloadLength: extension.length + length }),
          extension,
          noise(length),
        );
      }),
  );

  it('fragments in any order and duplicated come together again', () => {
    fc.assert(
      fc.property(anyPacket, fc.integer({ min: 150, max: 2000 }), fc.infiniteStream(fc.nat(1000)), (packet, mtu, random) => {
        const pieces = fragmentPacket(packet, mtu, 99);
        const key = (): number => random.next().value as number;
        const shuffled = [...pieces, ...pieces.filter(() => key() % 3 === 0)].map((p) => ({ p, k: key() })).sort((a, b) => a.k - b.k).map(({ p }) => p); // prettier-ignore
        const r = createReassembler();
        const wholes = shuffled.map((p) => addFragment(r, p, 0)).filter((result) => result.type !== 'kept');
        expect(wholes.length).toBeGreaterThan(0);
        expect(wholes[0]).toEqual({ type: 'whole', packet });
        for (const w of wholes) expect(w.type).toBe('whole');
      }),
    );
  });

  it('one fragment short, nothing comes', () => {
    fc.assert(
      fc.property(anyPacket, fc.integer({ min: 150, max: 2000 }), fc.nat(1000), (packet, mtu, n) => {
        const pieces = fragmentPacket(packet, mtu, 99);
        if (pieces.length === 1) return;
        expect(reassemble(pieces.filter((_, i) => i !== n % pieces.length))).toBeUndefined();
      }),
    );
  });

  it('throws nothing but IpsecError, whatever the octets', () => {
    fc.assert(
      fc.property(fc.constantFrom(0x45, 0x46, 0x60), fc.uint8Array({ maxLength: 200 }), fc.nat(300), (first, octets, mtu) => {
        if (octets.length > 3) {
          octets[0] = first;
          octets[2] = 0;
          if (first === 0x60) octets[4] = 0;
        }
        try {
          fragmentPacket(octets, mtu);
        } catch (e) {
          expect(e).toBeInstanceOf(IpsecError);
        }
      }),
    );
  });
});
