import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { decodeIp, encodeIpv6Header, espInsertionPoint, namedAt, offsetOf, parseAddress } from '../../src/ip.js';
import { kernelCases } from './kernel.js';

/** IPv6 with these headers, each of 8 octets (Routing: 24). */
function chain(...types: number[]): Uint8Array {
  const lengths = types.slice(0, -1).map((t) => (t === 43 ? 24 : 8));
  const payload = lengths.reduce((a, b) => a + b, 0) + 8;
  const p = new Uint8Array(40 + payload);
  p.set(encodeIpv6Header({ source: parseAddress('::1'), destination: parseAddress('::2'), protocol: types[0]!, payloadLength: payload }));
  let at = 40;
  lengths.forEach((length, i) => {
    p[at] = types[i + 1]!;
    p[at + 1] = types[i] === 44 ? 0 : length / 8 - 1;
    at += length;
  });
  return p;
}
const HBH = 0, ROUTING = 43, FRAGMENT = 44, DEST = 60, SHIM6 = 140, HIP = 139, TCP = 6, ESP = 50, AH = 51; // prettier-ignore
const place = (p: Uint8Array, options: 'inside' | 'outside'): number[] => {
  const found = espInsertionPoint(p, options);
  return [offsetOf(found), namedAt(found)];
};

describe('RFC 4303 section 3.1.1, RFC 4302 section 3.1.1: place in transport mode', () => {
  it.each<[string, number[], number[], number[]]>([
    ['no extension headers', [TCP], [40, 6], [40, 6]],
    ['hop-by-hop', [HBH, TCP], [48, 40], [48, 40]],
    ['destination options only', [DEST, TCP], [40, 6], [48, 40]],
    ['destination options in front of routing stay in front', [DEST, ROUTING, TCP], [72, 48], [72, 48]],
    ['all, in the recommended order', [HBH, DEST, ROUTING, FRAGMENT, DEST, TCP], [88, 80], [96, 88]],
    ['destination options on both sides of an AH that is there', [HBH, DEST, AH, DEST, TCP], [48, 40], [56, 48]],
    ['ESP is there already', [ROUTING, ESP], [64, 40], [64, 40]],
    ['Shim6 works below IPsec', [SHIM6, TCP], [48, 40], [48, 40]],
    ['HIP is payload', [HIP, TCP], [40, 6], [40, 6]],
  ])('%s', (_, types, inside, outside) => {
    expect([place(chain(...types), 'inside'), place(chain(...types), 'outside')]).toEqual([inside, outside]);
  });

  it('IPv4: behind the options', () => {
    expect(place(fromHex('4600001800000000401100000102030405060708940400000000000000000000'), 'inside')).toEqual([24, 9]);
  });

  it('is negative for malformed packets', () => {
    for (const p of [new Uint8Array(0), chain(DEST, TCP).subarray(0, 47), chain(DEST, HBH, TCP)]) expect(espInsertionPoint(p)).toBe(-1);
  });

  it("'outside' is where a Linux kernel puts ESP and AH", () => {
    let packets = 0;
    for (const c of kernelCases) {
      if (
        c.mode !== 'transport' ||
        !/^(esp|ah)-/.test(c.name) ||
        c.name.includes('udpencap') ||
        c.name.startsWith('ah-mut') ||
        c.name.includes('routed')
      )
        continue;
      for (const { inner, outer } of c.packets) {
        const { upperOffset, nextHeaderOffset, protocol } = decodeIp(fromHex(outer));
        expect(protocol).toBe(c.name.startsWith('esp') ? ESP : AH);
        expect(place(fromHex(inner), 'outside'), c.name).toEqual([upperOffset, nextHeaderOffset]);
        packets++;
      }
    }
    expect(packets).toBeGreaterThan(300);
  });
});
