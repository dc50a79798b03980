import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, readU16, toHex, writeU16 } from '../../src/bytes.js';
import { clampMss, decodeIp, encodePacket, encodeUdp, fragmentPacket, mssOf, parseAddress, upperChecksum } from '../../src/ip.js';
import { kernelPackets } from './kernel.js';

const families = [
  { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') },
  { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') },
];

/** A TCP segment with right checksum. */
function tcp(family: (typeof families)[0], flags: number, options: string): Uint8Array {
  const padded = fromHex(options + '00'.repeat((4 - ((options.length / 2) % 4)) % 4));
  const segment = concat(fromHex('c0de0050000000010000000050020400'), new Uint8Array(4), padded);
  segment[12] = ((20 + padded.length) / 4) << 4;
  segment[13] = flags;
  const packet = encodePacket(family, 6, segment);
  const decoded = decodeIp(packet);
  writeU16(packet, decoded.upperOffset + 16, upperChecksum(packet, decoded));
  return packet;
}
const right = (packet: Uint8Array): boolean => upperChecksum(packet, decodeIp(packet)) === 0;

describe.each(families)('clampMss, %#', (family) => {
  const at = family.source.length === 4 ? 40 : 60;

  it.each([
    ['SYN', 0x02, '020405b4', 2],
    ['SYN-ACK', 0x12, '020405b4', 2],
    ['behind an odd number of octets', 0x02, '01020405b4', 3],
    ['behind other options', 0x02, '0101080a0102030405060708' + '020405b4' + '0402', 14],
  ])('lowers the option of a %s and keeps the checksum right', (_, flags, options, offset) => {
    const packet = tcp(family, flags, options);
    expect(right(packet)).toBe(true);
    expect(clampMss(packet, 1360)).toBe(true);
    expect(readU16(packet, at + offset)).toBe(1360);
    expect(right(packet)).toBe(true);
    expect(clampMss(packet, 1360)).toBe(false);
  });

  it.each([
    ['another segment', 0x10, '020405b4'],
    ['a SYN without options', 0x02, ''],
    ['a SYN without the option', 0x02, '0402'],
    ['an option that is small enough', 0x02, '02040218'],
    ['an option of another length', 0x02, '020605b40000'],
    ['an option behind the end of the list', 0x02, '00020405b4'],
    ['an option with length 0', 0x02, '0500020405b4'],
    ['an option that is cut off', 0x02, '010102'],
    ['an option that leads beyond the header', 0x02, '0520'],
  ])('leaves %s alone', (_, flags, options) => {
    const packet = tcp(family, flags, options);
    const before = toHex(packet);
    expect(clampMss(packet, 1360)).toBe(false);
    expect(toHex(packet)).toBe(before);
  });

  it('leaves later fragments and other protocols alone', () => {
    const [, later] = fragmentPacket(
      encodePacket(family, 6, concat(new Uint8Array(64), fromHex('c0de005000000001000000006002040000000000020405b4'))),
      family.source.length === 4 ? 84 : 112,
    );
    expect(clampMss(later!, 100)).toBe(false);
    expect(clampMss(encodeUdp(family, 1, 2, new Uint8Array(40).fill(2)), 100)).toBe(false);
  });

  it('an update equals a recomputation, for any values', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 1, max: 0xffff }), fc.nat(3), (given, mss, nops) => {
        const packet = tcp(family, 2, '01'.repeat(nops) + '0204' + given.toString(16).padStart(4, '0'));
        expect(clampMss(packet, mss)).toBe(given > mss);
        expect(readU16(packet, at + nops + 2)).toBe(Math.min(given, mss));
        expect(right(packet)).toBe(true);
      }),
    );
  });
});

it('SYNs of a Linux kernel', () => {
  let clamped = 0;
  for (const { octets } of kernelPackets()) {
    const packet = octets.slice();
    const decoded = decodeIp(packet);
    if (decoded.protocol === 6) expect(upperChecksum(packet, decoded)).toBe(0);
    if (!clampMss(packet, 1200)) continue;
    expect(upperChecksum(packet, decoded)).toBe(0);
    clamped++;
  }
  expect(clamped).toBeGreaterThan(20);
});

it('any octets: never throws, never leaves the packet', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom('45000064000000004006', '6000000000400640'), (octets, start) => {
      octets.set(fromHex(start).subarray(0, octets.length));
      clampMss(octets, 5);
    }),
    { numRuns: 1000 },
  );
});

it('the MSS for an MTU', () => {
  expect([mssOf(1500, 4), mssOf(1500, 6), mssOf(1280, 6)]).toEqual([1460, 1440, 1220]);
});
