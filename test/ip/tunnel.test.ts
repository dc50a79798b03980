import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decapsulateHeader,
  decodeIp,
  encodeOuterHeader,
  encodeUdp,
  outerHeaderLength,
  parseAddress,
  type TunnelTemplate,
  verifyIpv4Checksum,
} from '../../src/ip.js';
import { kernelCases } from './kernel.js';

const v4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const v6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
const template4: TunnelTemplate = { ...v4, df: 'copy', ecn: 'normal', dscp: 'copy', hopLimit: 64, flowLabel: 'copy' };
const template6: TunnelTemplate = { ...template4, ...v6 };
const udp = (family: typeof v4, trafficClass: number, df = false): Uint8Array =>
  encodeUdp({ ...family, trafficClass, df, hopLimit: 7 }, 1, 2, new Uint8Array(10));

function outer(template: TunnelTemplate, inner: Uint8Array, id = 0): ReturnType<typeof decodeIp> {
  const out = new Uint8Array(outerHeaderLength(template) + 100);
  const length = encodeOuterHeader(out, template, inner, 0, 50, 100, id);
  expect(length).toBe(outerHeaderLength(template));
  if (length === 20) expect(verifyIpv4Checksum(out)).toBe(true);
  return decodeIp(out);
}

describe('RFC 4301 section 5.1.2.1: IPv4 header construction for tunnel mode', () => {
  it('constructs version, header length, total length, ID, TTL, protocol, addresses; never copies options', () => {
    const inner = fromHex('46b90020dead40000911000001020304050607089404000000010002000c0000');
    const o = outer(template4, inner, 0xbeef);
    expect(o).toMatchObject({
      version: 4,
      headerLength: 20,
      totalLength: 120,
      id: 0xbeef,
      hopLimit: 64,
      protocol: 50,
    });
    expect([toHex(o.source), toHex(o.destination)]).toEqual([toHex(v4.source), toHex(v4.destination)]);
  });

  it('DS field and ECN: copied, mapped to a fixed value, ECN cleared', () => {
    expect(outer(template4, udp(v4, 0xb9)).trafficClass).toBe(0xb9);
    expect(outer({ ...template4, dscp: 10 }, udp(v4, 0xb9)).trafficClass).toBe((10 << 2) | 1);
    expect(outer({ ...template4, ecn: 'compatibility' }, udp(v6, 0xb9)).trafficClass).toBe(0xb8);
    expect(outer(template6, udp(v4, 0xb9)).trafficClass).toBe(0xb9);
    expect(outer(template6, udp(v6, 0xb9)).trafficClass).toBe(0xb9);
  });

  it.each([
    ['copy', true, true],
    ['copy', false, false],
    ['set', false, true],
    ['clear', true, false],
  ] as const)('RFC 4301 section 8.1: DF %s from %s is %s', (df, inner, expected) => {
    expect(outer({ ...template4, df }, udp(v4, 0, inner)).df).toBe(expected);
  });

  it('copying DF from IPv6 clears it', () => {
    expect(outer(template4, udp(v6, 0)).df).toBe(false);
    expect(outer({ ...template4, df: 'set' }, udp(v6, 0)).df).toBe(true);
  });
});

describe('RFC 4301 section 5.1.2.2: IPv6 header construction for tunnel mode', () => {
  it('constructs payload length, next header, hop limit, addresses', () => {
    const o = outer(template6, udp(v4, 0));
    expect(o).toMatchObject({ version: 6, totalLength: 140, hopLimit: 64, protocol: 50, flowLabel: 0, extensions: [] });
    expect([toHex(o.source), toHex(o.destination)]).toEqual([toHex(v6.source), toHex(v6.destination)]);
  });

  it('flow label: copied or configured', () => {
    const inner = udp(v6, 0);
    inner.set(fromHex('abcde'.padStart(6, '0')), 1);
    expect(outer(template6, inner).flowLabel).toBe(0xabcde);
    expect(outer({ ...template6, flowLabel: 0x12345 }, inner).flowLabel).toBe(0x12345);
    expect(outer({ ...template6, flowLabel: 0 }, inner).flowLabel).toBe(0);
  });
});

describe('encodeOuterHeader', () => {
  it('reads an inner packet behind the header in the same memory', () => {
    const buffer = new Uint8Array(300).fill(0xff);
    buffer.set(udp(v4, 0x2e, true), 60);
    encodeOuterHeader(buffer, template4, buffer, 60, 50, 200);
    expect(decodeIp(buffer)).toMatchObject({ trafficClass: 0x2e, df: true, totalLength: 220 });
  });

  it('refuses what does not fit, and leaves the buffer alone', () => {
    const small = new Uint8Array(39);
    expect(() => encodeOuterHeader(small, template6, udp(v4, 0), 0, 50, 1)).toThrow(IpsecError);
    const out = new Uint8Array(40);
    expect(() => encodeOuterHeader(out, template4, udp(v4, 0), 0, 50, 65516)).toThrow(/up to 65535/);
    expect(() => encodeOuterHeader(out, template6, udp(v4, 0), 0, 50, 65536)).toThrow(/up to 65535/);
    expect(out.every((octet) => octet === 0)).toBe(true);
  });
});

describe('packets of a Linux kernel', () => {
  const tunnels = kernelCases.filter((c) => c.mode === 'tunnel' && /^(esp|ah)-/.test(c.name) && !c.name.includes('udpencap'));

  // the kernel's SAs left DF clear in every case, and took no flow label from inside
  it('every outer tunnel header is what its template says', () => {
    let headers = 0;
    for (const c of tunnels)
      for (const p of c.packets) {
        const sent = fromHex(p.outerSent ?? p.outer);
        const o = decodeIp(sent);
        const inner = fromHex(p.inner);
        const template: TunnelTemplate = {
          source: o.source, destination: o.destination, df: 'clear', dscp: 'copy', hopLimit: o.hopLimit, flowLabel: o.flowLabel,
          ecn: (c as { flags?: string[] }).flags?.includes('noecn') ? 'none' : 'normal',
        }; // prettier-ignore
        const out = new Uint8Array(40);
        const length = encodeOuterHeader(out, template, inner, 0, o.protocol, o.totalLength - o.headerLength, o.id);
        expect(toHex(out.subarray(0, length)), c.name).toBe(toHex(sent.subarray(0, o.headerLength)));
        headers++;
      }
    expect(headers).toBeGreaterThan(500);
  });

  it('the decapsulated header is what the receiving kernel made of it', () => {
    let marked = 0;
    for (const c of tunnels.filter((t) => /^esp-(dscp|noecn)/.test(t.name)))
      for (const p of c.packets) {
        const inner = fromHex(p.inner);
        const flags = (c as { flags?: string[] }).flags ?? [];
        const outcome = decapsulateHeader(decodeIp(fromHex(p.outer)).trafficClass, inner, {
          ecn: flags.includes('noecn') ? 'none' : 'normal',
          dscp: flags.includes('decap-dscp') ? 'copy' : 'keep',
        });
        expect(outcome.drop).toBe(false);
        expect(toHex(inner), c.name).toBe(p.innerDecap ?? p.inner);
        if (p.innerDecap !== undefined) marked++;
      }
    expect(marked).toBe(9);
  });
});

describe('decapsulateHeader', () => {
  it('RFC 6040 section 4.2: CE over Not-ECT drops the packet and changes nothing', () => {
    const inner = udp(v4, 0xb8);
    const before = toHex(inner);
    expect(decapsulateHeader(0x03, inner, { ecn: 'normal', dscp: 'copy' }).drop).toBe(true);
    expect(toHex(inner)).toBe(before);
  });

  it.each([v4, v6])('RFC 4301 section 5.1.2.2 note (9): DSCP is kept, or copied where configured', (family) => {
    const kept = udp(family, 0x2a);
    decapsulateHeader(0xb9, kept, { ecn: 'normal', dscp: 'keep' });
    const copied = udp(family, 0x2a);
    decapsulateHeader(0xb9, copied, { ecn: 'normal', dscp: 'copy' });
    // ECT(1) outside an ECT(0) goes in: RFC 6040 figure 4
    expect([decodeIp(kept).trafficClass, decodeIp(copied).trafficClass]).toEqual([0x29, 0xb9]);
    if (family === v4) expect(verifyIpv4Checksum(kept) && verifyIpv4Checksum(copied)).toBe(true);
  });
});
