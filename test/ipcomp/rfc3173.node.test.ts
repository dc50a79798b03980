import { deflateRawSync } from 'node:zlib';
import { Inflate } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { concat, readU16, toHex } from '../../src/bytes.js';
import { decodeIp, encodeUdp, fragmentPacket, parseAddress, verifyIpv4Checksum } from '../../src/ip.js';
import { cpiOf, createIpcomp, deflate, open, seal, type IpcompConfig } from '../../src/ipcomp.js';

const a4 = parseAddress('192.0.2.1');
const b4 = parseAddress('192.0.2.2');
const a6 = parseAddress('2001:db8::1');
const b6 = parseAddress('2001:db8::2');
const config: IpcompConfig = { cpi: 0x1234, mode: 'transport', codec: deflate };
const text = new TextEncoder().encode('the quick brown fox jumps over the lazy dog '.repeat(20));
const clear = encodeUdp({ source: a4, destination: b4 }, 1, 2, text);
const clear6 = encodeUdp({ source: a6, destination: b6 }, 1, 2, text);
const noise = encodeUdp({ source: a4, destination: b4 }, 1, 2, crypto.getRandomValues(new Uint8Array(300)));

/** An IPComp packet around any octets. */
function wrap(data: Uint8Array, cpi = 0x1234): Uint8Array {
  const packet = encodeUdp({ source: a4, destination: b4 }, 0, 0, data);
  const out = concat(packet.subarray(0, 20), Uint8Array.of(17, 0, cpi >>> 8, cpi & 255), data);
  out[2] = out.length >>> 8;
  out[3] = out.length & 255;
  out[9] = 108;
  return out;
}

describe('RFC 3173 section 2.1', () => {
  it('compresses what is behind the IP header and puts lengths, protocol and checksum right', () => {
    for (const packet of [clear, clear6]) {
      const sent = seal(createIpcomp(config), packet);
      const ip = decodeIp(sent);
      expect([ip.protocol, ip.totalLength, sent.length < 200]).toEqual([108, sent.length, true]);
      if (ip.version === 4) expect(verifyIpv4Checksum(sent)).toBe(true);
      expect([sent[ip.upperOffset], sent[ip.upperOffset + 1], readU16(sent, ip.upperOffset + 2)]).toEqual([17, 0, 0x1234]);
      expect(cpiOf(sent)).toBe(0x1234);
      expect(open(createIpcomp(config), sent)).toEqual(packet);
    }
  });
  it('compresses the inner header too in tunnel mode, in every mix of versions', () => {
    for (const packet of [clear, clear6])
      for (const [source, destination] of [
        [a4, b4],
        [a6, b6],
      ] as const) {
        const ipca = createIpcomp({ ...config, mode: 'tunnel', source, destination });
        const sent = seal(ipca, packet);
        expect(decodeIp(sent).protocol).toBe(108);
        expect(open(ipca, sent)).toEqual(packet);
      }
  });
  it('reads what another DEFLATE made', () => {
    expect(open(createIpcomp(config), wrap(deflateRawSync(clear.subarray(20))))).toEqual(clear);
  });
});

describe('RFC 3173 section 2.2', () => {
  it('sends small and incompressible datagrams in the original form', () => {
    const small = encodeUdp({ source: a4, destination: b4 }, 1, 2, text.subarray(0, 60));
    expect(seal(createIpcomp(config), small)).toEqual(small);
    expect(seal(createIpcomp(config), noise)).toEqual(noise);
    expect(seal(createIpcomp({ ...config, threshold: 0 }), small).length).toBeLessThanOrEqual(small.length);
  });
  it('encapsulates them all the same in tunnel mode', () => {
    const sent = seal(createIpcomp({ ...config, mode: 'tunnel', source: a4, destination: b4 }), noise);
    expect([decodeIp(sent).protocol, toHex(sent.subarray(20))]).toEqual([4, toHex(noise)]);
  });
  it('takes compressed octets of the caller when they say the same, and only then', () => {
    const mine = deflateRawSync(clear.subarray(20), { level: 1 });
    expect(toHex(seal(createIpcomp(config), clear, { compressed: mine }).subarray(24))).toBe(toHex(mine));
    const other = deflateRawSync(clear6.subarray(40), { level: 1 });
    expect(open(createIpcomp(config), seal(createIpcomp(config), clear, { compressed: other }))).toEqual(clear);
  });
});

describe('RFC 3173 section 3.3', () => {
  it('sends the flags as zero and ignores them on receipt', () => {
    const sent = seal(createIpcomp(config), clear);
    sent[21] = 0xff;
    expect(open(createIpcomp(config), sent)).toEqual(clear);
  });
  it('tells associations apart by the CPI', () => {
    expect(open(createIpcomp({ ...config, cpi: 2 }), seal(createIpcomp(config), clear))).toBeUndefined();
    for (const cpi of [-1, 65_536, 1.5]) expect(() => createIpcomp({ ...config, cpi })).toThrow(/a CPI: expected 0 to 65535/);
  });
});

describe('hostile IPComp', () => {
  it('row 35: a bomb is stopped at 65,535 octets, in time and memory that follow the packet', () => {
    const bomb = deflateRawSync(new Uint8Array(60_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(65_000);
    const pushed = vi.spyOn(Inflate.prototype, 'push');
    expect(open(createIpcomp(config), wrap(bomb))).toBeUndefined();
    expect(pushed.mock.calls.length).toBeLessThan(4); // a chunk of 128 octets may give 129 KiB; all of it would be 60 MB
    pushed.mockRestore();
    expect(open(createIpcomp(config), wrap(deflateRawSync(new Uint8Array(65_515))))?.length).toBe(65_535);
    expect(open(createIpcomp(config), wrap(deflateRawSync(new Uint8Array(65_516))))).toBeUndefined();
  });
  it('garbage, truncation at every octet, nothing at all and fragments give no packet', () => {
    const sent = seal(createIpcomp(config), clear);
    for (let n = 0; n < sent.length; n++) {
      const cut = sent.slice(0, n);
      if (n >= 4) cut.set([n >>> 8, n & 255], 2);
      expect(open(createIpcomp(config), cut)).toBeUndefined();
    }
    for (let i = 0; i < 200; i++) open(createIpcomp(config), wrap(crypto.getRandomValues(new Uint8Array(i))));
    for (const piece of fragmentPacket(seal(createIpcomp({ ...config, threshold: 0 }), noise), 200))
      expect(open(createIpcomp(config), piece)).toBeUndefined();
    expect(cpiOf(clear)).toBeLessThan(0);
  });
  it('a fragment is not compressed in transport mode', () => {
    const [first] = fragmentPacket(clear, 400);
    expect(() => seal(createIpcomp(config), first!)).toThrow(/whole datagrams/);
  });
});
