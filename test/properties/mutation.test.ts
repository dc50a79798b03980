import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open as openAh, seal as sealAh } from '../../src/ah.js';
import { createSa, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { concat, equalBytes, writeU16 } from '../../src/bytes.js';
import { open as openEsp, seal as sealEsp } from '../../src/esp.js';
import { decodeIp, encodeIpv6Header, encodeUdp, fixIpv4Checksum, upperChecksum, verifyIpv4Checksum } from '../../src/ip.js';
import type { Verdict } from '../../src/verdict.js';
import { algorithms, anyConfig, ends4, ends6, SPI, stateOf } from './arbitraries.js';

const seal = (sa: SecurityAssociation, packet: Uint8Array): Uint8Array => (sa.protocol === 'ESP' ? sealEsp : sealAh)(sa, packet);
const open = (sa: SecurityAssociation, packet: Uint8Array): Verdict => (sa.protocol === 'ESP' ? openEsp : openAh)(sa, packet);

/** A UDP datagram, over IPv6 perhaps behind extension headers. */
const clearPacket = (version: 4 | 6, text: Uint8Array, trafficClass: number, chain: readonly number[]): Uint8Array => {
  if (version === 4) return encodeUdp({ ...ends4, trafficClass, id: text.length, df: text.length % 2 === 0 }, 1000, 2000, text);
  const datagram = encodeUdp({ ...ends6, trafficClass }, 1000, 2000, text);
  const headers = chain.map((_, i) => Uint8Array.of(i + 1 < chain.length ? 60 : 17, 0, 1, 4, 0, 0, 0, 0));
  const payload = concat(...headers, datagram.subarray(40));
  return concat(encodeIpv6Header({ ...ends6, protocol: chain.length > 0 ? 60 : 17, payloadLength: payload.length, trafficClass }), payload);
};
const anyClear = fc
  .tuple(
    fc.constantFrom(4 as const, 6 as const),
    fc.uint8Array({ maxLength: 90 }),
    fc.nat(255),
    fc.array(fc.constant(60), { maxLength: 2 }),
  )
  .map(([version, text, trafficClass, chain]) => clearPacket(version, text, trafficClass, chain));

describe('a changed packet', () => {
  // Each algorithm on its own, so that none is left to chance.
  it.each(algorithms)('never opens and never moves a window: $name', (algorithm) => {
    const mode = fc.constantFrom('tunnel' as const, 'transport' as const);
    fc.assert(
      fc.property(mode, fc.boolean(), anyClear, fc.nat(400), fc.integer({ min: 1, max: 255 }), (m, esn, clear, where, bits) => {
        const ends = clear[0]! >>> 4 === 4 ? ends4 : ends6;
        const config: SaConfig = { ...algorithm, ...ends, spi: SPI, mode: m, esn, startSeq: esn ? 2 ** 32 - 2 : 7 };
        const sealed = seal(createSa(config), clear);
        const receiver = createSa(config);
        const before = stateOf(receiver);
        const from = decodeIp(sealed).upperOffset;
        const changed = sealed.slice();
        changed[from + (where % (sealed.length - from))]! ^= bits;
        expect(open(receiver, changed).ok).toBe(false);
        expect(stateOf(receiver)).toBe(before);
        expect(open(receiver, sealed)).toMatchObject({ ok: true, packet: clear });
        expect(open(receiver, sealed)).toMatchObject({ ok: false, drop: 'replay' });
      }),
      { numRuns: 20 },
    );
  });
  it('nor does one that is cut, lengthened, or put together of two', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...algorithms),
        anyClear,
        anyClear,
        fc.nat(300),
        fc.integer({ min: 1, max: 40 }),
        (algorithm, a, b, where, by) => {
          const ends = a[0]! >>> 4 === 4 ? ends4 : ends6;
          const config: SaConfig = { ...algorithm, ...ends, spi: SPI, mode: 'tunnel' };
          const sender = createSa(config);
          const [one, two] = [seal(sender, a), seal(sender, b)];
          const receiver = createSa(config);
          const before = stateOf(receiver);
          const from = decodeIp(one).upperOffset + 12; // behind SPI and number, of ESP and of AH
          const cut = from + (where % Math.max(1, Math.min(one.length, two.length) - from - 1));
          const spliced = concat(one.subarray(0, cut), two.subarray(cut));
          const candidates = [one.slice(0, Math.max(from, one.length - by)), concat(one, new Uint8Array(by)), spliced];
          for (const p of candidates) {
            writeU16(p, p[0]! >>> 4 === 4 ? 2 : 4, p.length - (p[0]! >>> 4 === 4 ? 0 : 40));
            if (p[0]! >>> 4 === 4) fixIpv4Checksum(p);
            if (!equalBytes(p, one) && !equalBytes(p, two)) expect(open(receiver, p).ok).toBe(false);
          }
          expect(stateOf(receiver)).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('headers around what is protected', () => {
  it('are right in both directions: lengths, IPv4 checksum, UDP checksum, and the packet that comes out is the one that went in', () => {
    fc.assert(
      fc.property(anyConfig, anyClear, (config, clear) => {
        const fits = config.mode === 'tunnel' || config.encapsulation === undefined || clear[0]! >>> 4 === 4;
        const sealed = seal(createSa(config), clear);
        const outer = decodeIp(sealed);
        expect(outer.totalLength).toBe(sealed.length);
        if (outer.version === 4) expect(verifyIpv4Checksum(sealed)).toBe(true);
        else if (config.encapsulation && fits) expect(upperChecksum(sealed, outer)).toBe(0);
        const verdict = open(createSa(config), sealed);
        expect(verdict).toMatchObject({ ok: true, packet: clear });
        if (verdict.ok && clear[0]! >>> 4 === 4) expect(verifyIpv4Checksum(verdict.packet)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });
});
