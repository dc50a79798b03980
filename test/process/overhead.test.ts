import { describe, expect, it } from 'vitest';
import { ahLength, sealInto as sealAh } from '../../src/ah/packet.js';
import { createSa, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { fromHex } from '../../src/bytes.js';
import { seal as sealEsp } from '../../src/esp.js';
import { decodeIp, encodeUdp, parseAddress } from '../../src/ip.js';
import { effectiveMtu, overhead, sealedLength } from '../../src/process/overhead.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { isSupported, kernelCases, kernelLayers } from '../kernel-sa.js';

const key = (row: { keyLength: number; saltLength: number }): Uint8Array => new Uint8Array(row.keyLength + row.saltLength).fill(7);
const ends = {
  4: { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') },
  6: { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') },
} as const;

/** A configuration for every algorithm. */
function algorithms(): [string, Pick<SaConfig, 'protocol' | 'encryption' | 'integrity'>][] {
  const all: [string, Pick<SaConfig, 'protocol' | 'encryption' | 'integrity'>][] = [];
  for (const row of aeadRows) all.push([`${row.name} ${row.keyLength}`, { protocol: 'ESP', encryption: { row, key: key(row) } }]);
  const macs = integRows.filter((row) => row.ivLength === 0);
  for (const row of encrRows)
    for (const mac of macs)
      all.push([
        `${row.name} ${row.keyLength} ${mac.name}`,
        { protocol: 'ESP', encryption: { row, key: key(row) }, integrity: { row: mac, key: key(mac) } },
      ]);
  for (const row of integRows) all.push([`AH ${row.name}`, { protocol: 'AH', integrity: { row, key: key(row) } }]);
  return all;
}

function clear(version: 4 | 6, length: number): Uint8Array {
  return encodeUdp(ends[version], 1, 2, new Uint8Array(length - (version === 4 ? 28 : 48)));
}

function seal(sa: SecurityAssociation, packet: Uint8Array): number {
  if (sa.protocol === 'ESP') return sealEsp(sa, packet).length;
  return sealAh(sa, packet, new Uint8Array(packet.length + 40 + ahLength(sa, 6)));
}

describe('RFC 4301 section 8.2.1: the size of what is added', () => {
  for (const [name, algorithm] of algorithms())
    it(`${name}: a packet of the effective MTU fits, one octet more does not`, () => {
      for (const mode of ['tunnel', 'transport'] as const)
        for (const outer of [4, 6] as const)
          for (const inner of [4, 6] as const) {
            if (mode === 'transport' && inner !== outer) continue;
            for (const encapsulation of algorithm.protocol === 'ESP'
              ? [undefined, { sourcePort: 4500, destinationPort: 4500 }]
              : [undefined]) {
              const sa = createSa({ ...algorithm, ...ends[outer], mode, spi: 256, encapsulation });
              for (const mtu of [576, 1280, 1281, 1499, 1500]) {
                const fits = effectiveMtu(sa, mtu, { version: inner });
                expect(seal(sa, clear(inner, fits))).toBeLessThanOrEqual(mtu);
                expect(seal(sa, clear(inner, fits + 1))).toBeGreaterThan(mtu);
                expect(seal(sa, clear(inner, fits))).toBe(sealedLength(sa, fits, { version: inner }));
              }
            }
          }
    });

  it('says of every packet of the Linux-kernel cases how long it became', () => {
    let packets = 0;
    for (const c of kernelCases) {
      if (!isSupported(c.sas) || c.sas.length !== 2 || c.flags?.some((flag) => flag.startsWith('tfc'))) continue;
      for (const p of c.packets) {
        const [sa] = kernelLayers(c, p.dir);
        if (!sa || sa.protocol === 'IPCOMP' || p.tfcBytes !== undefined) continue;
        const [inner, outer] = [fromHex(p.inner), fromHex(p.outer)];
        const { version, totalLength, headerLength, extensions } = decodeIp(inner);
        const own = extensions.reduce((sum, e) => sum + e.length, headerLength);
        if (sa.protocol === 'ESP' && sa.mode === 'transport' && decodeIp(outer).upperOffset !== own) continue;
        expect([c.name, sealedLength(sa, totalLength, { version, headerLength: own })]).toEqual([c.name, outer.length]);
        packets++;
      }
    }
    expect(packets).toBeGreaterThan(500);
  });

  it('says 0 where nothing fits', () => {
    const [, algorithm] = algorithms()[0]!;
    const sa = createSa({ ...algorithm, ...ends[4], mode: 'tunnel', spi: 256 });
    expect(effectiveMtu(sa, 54)).toBe(0);
    expect(effectiveMtu(sa, 20)).toBe(0);
    expect(overhead(sa, 100)).toBe(sealedLength(sa, 100) - 100);
  });
});
