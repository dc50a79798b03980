import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decodeIp,
  encodeIpv4Header,
  encodeIpv6Header,
  extensionTable,
  findUpper,
  fragmentKind,
  ipTotalLength,
  ipVersion,
  namedAt,
  nextHeaderOffset,
  offsetOf,
  parseAddress,
  readFlow,
  setHopLimit,
  setNextHeader,
  setTotalLength,
  setTrafficClass,
  trafficClassOf,
  upperOffset,
  verifyIpv4Checksum,
} from '../../src/ip.js';
import { kernelPackets } from './kernel.js';

const source = parseAddress('2001:db8::1');
const destination = parseAddress('2001:db8::2');

/** An IPv6 packet with the given extension headers (type and octets, whose first octet this fills in) in front of `upper`. */
function v6(extensions: [number, string][], protocol: number, upper = '00'.repeat(8)): Uint8Array {
  const parts = extensions.map(([, hex], i) => {
    const octets = fromHex(hex);
    octets[0] = extensions[i + 1]?.[0] ?? protocol;
    return octets;
  });
  const rest = concat(...parts, fromHex(upper));
  return concat(encodeIpv6Header({ source, destination, protocol: extensions[0]?.[0] ?? protocol, payloadLength: rest.length }), rest);
}
const options8 = '0000010400000000';
const options16 = '0001010c000000000000000000000000';
const routing = `000200010000000020010db8000000000000000000000003`;
const fragment = (offsetAndFlags: string): string => `0000${offsetAndFlags}12345678`;

function error(octets: Uint8Array): IpsecError {
  try {
    decodeIp(octets);
  } catch (e) {
    if (e instanceof IpsecError) return e;
  }
  throw new Error('no IpsecError');
}

describe('RFC 791 section 3.1', () => {
  const plain = encodeIpv4Header({
    source: parseAddress('192.0.2.1'),
    destination: parseAddress('192.0.2.2'),
    protocol: 17,
    totalLength: 28,
  });
  const packet = concat(plain, new Uint8Array(8));

  it('reads all fields', () => {
    const p = decodeIp(fromHex('45b9001cbeef60204011000001020304050607080102030405060708'));
    expect(p).toMatchObject({
      version: 4,
      totalLength: 28,
      headerLength: 20,
      trafficClass: 0xb9,
      hopLimit: 64,
      df: true,
      id: 0xbeef,
      protocol: 17,
      upperOffset: 20,
      nextHeaderOffset: 9,
    });
    expect(p.fragment).toEqual({ offset: 256, more: true, id: 0xbeef, headerOffset: 0 });
    expect([toHex(p.source), toHex(p.destination)]).toEqual(['01020304', '05060708']);
  });

  it('ignores link padding', () => {
    expect(decodeIp(concat(packet, new Uint8Array(18))).totalLength).toBe(28);
  });

  it.each<[string, (p: Uint8Array) => Uint8Array, string, string, number]>([
    ['no octets', () => new Uint8Array(0), 'truncated', 'ip', 0],
    ['19 octets', (p) => p.subarray(0, 19), 'truncated', 'ip', 0],
    ['IHL 4', (p) => p.fill(0x44, 0, 1), 'malformed', 'ip.ihl', 0],
    ['IHL 15 without the octets', (p) => p.fill(0x4f, 0, 1), 'truncated', 'ip', 0],
    ['Total Length below the header', (p) => p.fill(19, 3, 4), 'malformed', 'ip.totalLength', 2],
    ['Total Length 0', (p) => p.fill(0, 2, 4), 'malformed', 'ip.totalLength', 2],
    ['Total Length beyond the octets', (p) => p.fill(29, 3, 4), 'truncated', 'ip.totalLength', 2],
    ['version 5', (p) => p.fill(0x55, 0, 1), 'unsupported', 'ip.version', 0],
  ])('refuses %s', (_, change, code, path, offset) => {
    expect(error(change(packet.slice()))).toMatchObject({ code, path, offset, blame: 'network' });
  });

  it.each([
    ['length 0', '0700000000000000'],
    ['length 1', '0701000000000000'],
    ['a length beyond the header', '0709000000000000'],
    ['no length', '0101010101010107'],
  ])('refuses an option with %s', (_, options) => {
    const header = encodeIpv4Header({
      source: parseAddress('192.0.2.1'),
      destination: parseAddress('192.0.2.2'),
      protocol: 17,
      totalLength: 28,
      options: fromHex(options),
    });
    expect(error(header)).toMatchObject({ code: 'malformed', path: 'ip.options' });
  });
});

describe('RFC 8200 section 4', () => {
  it('reads all fields of the fixed header', () => {
    const p = decodeIp(
      concat(
        encodeIpv6Header({ source, destination, protocol: 17, payloadLength: 8, trafficClass: 0xb9, flowLabel: 0xabcde, hopLimit: 3 }),
        new Uint8Array(8),
      ),
    );
    expect(p).toMatchObject({
      version: 6,
      totalLength: 48,
      trafficClass: 0xb9,
      flowLabel: 0xabcde,
      hopLimit: 3,
      df: true,
      protocol: 17,
      upperOffset: 40,
      nextHeaderOffset: 6,
      extensions: [],
    });
  });

  it('steps over extension headers in any order and number', () => {
    const p = decodeIp(
      v6(
        [
          [0, options8],
          [60, options16],
          [43, routing],
          [60, options8],
          [44, fragment('0000')],
          [139, options8],
          [140, options8],
          [60, options8],
        ],
        6,
      ),
    );
    expect(p.extensions.map((e) => [e.type, e.offset, e.length])).toEqual([
      [0, 40, 8], [60, 48, 16], [43, 64, 24], [60, 88, 8], [44, 96, 8], [139, 104, 8], [140, 112, 8], [60, 120, 8],
    ]); // prettier-ignore
    expect(p).toMatchObject({ protocol: 6, upperOffset: 128, nextHeaderOffset: 120, id: 0x12345678 });
    expect(p.fragment).toEqual({ offset: 0, more: false, id: 0x12345678, headerOffset: 96 });
  });

  it.each([50, 51, 108, 135, 59, 41, 4])('stops at %i, which counts as the upper layer', (protocol) => {
    expect(decodeIp(v6([[60, options8]], protocol))).toMatchObject({ protocol, upperOffset: 48, nextHeaderOffset: 40 });
  });

  it('stops behind the Fragment header of a later fragment', () => {
    const p = decodeIp(v6([[44, fragment('0009')], [60, 'ffff000000000000']], 6)); // prettier-ignore
    expect(p).toMatchObject({ protocol: 60, upperOffset: 48, fragment: { offset: 8, more: true } });
  });

  it('lets the first of several Fragment headers that tells of a piece decide', () => {
    expect(decodeIp(v6([[44, fragment('0000')], [44, fragment('0001')], [44, fragment('0010')]], 6)).fragment).toMatchObject({ offset: 0, more: true, headerOffset: 48 }); // prettier-ignore
  });

  it('refuses Hop-by-Hop Options elsewhere than right behind the IPv6 header', () => {
    const octets = v6([[60, options8], [0, options8]], 6); // prettier-ignore
    expect(error(octets)).toMatchObject({ code: 'malformed', path: 'ip.extensions.1', offset: 48 });
    expect(findUpper(octets)).toBe(-1);
  });

  it('refuses a chain that is cut off', () => {
    expect(error(v6([[60, '00ff000000000000']], 6))).toMatchObject({
      code: 'truncated',
      path: 'ip.extensions.0',
      offset: 40,
      expected: '2048 octets',
      found: '16',
    });
    expect(error(v6([[44, fragment('0001')]], 60, '00000000'))).toMatchObject({ code: 'truncated', path: 'ip.extensions.1', offset: 48 });
  });

  it('says what is wrong with a jumbogram', () => {
    const octets = v6([[0, '0000c20400011170']], 59, '');
    octets.fill(0, 4, 6);
    expect(error(octets)).toMatchObject({ code: 'unsupported', path: 'ip.payloadLength', offset: 4 });
    expect(error(octets).message).toContain('jumbogram');
    expect(ipTotalLength(octets)).toBe(-1);
  });

  it('takes an empty packet: next header 59 and nothing behind it', () => {
    expect(decodeIp(v6([], 59, ''))).toMatchObject({ protocol: 59, totalLength: 40, upperOffset: 40 });
  });

  it('steps over what the caller configures (RFC 4301 section 4.4.1.1)', () => {
    const octets = v6([[60, options8], [135, options8], [51, '000400000000000100000001000000000000000000000000']], 17); // prettier-ignore
    expect(decodeIp(octets, extensionTable([60, 135, 51]))).toMatchObject({ protocol: 17, upperOffset: 80 });
    expect(decodeIp(octets, extensionTable([]))).toMatchObject({ protocol: 60, upperOffset: 40 });
    expect(upperOffset(octets, extensionTable([60, 135, 51]))).toBe(80);
  });
});

describe('readers of the packet path', () => {
  const agree = (octets: Uint8Array): void => {
    let decoded;
    try {
      decoded = decodeIp(octets);
    } catch (e) {
      expect(e).toBeInstanceOf(IpsecError);
      // IPv4 options are looked at by decodeIp alone
      if (!(e instanceof IpsecError && e.path === 'ip.options'))
        expect([findUpper(octets), upperOffset(octets), nextHeaderOffset(octets), fragmentKind(octets)]).toEqual([-1, -1, -1, -1]);
      return;
    }
    const place = findUpper(octets);
    expect([ipVersion(octets), ipTotalLength(octets), offsetOf(place), namedAt(place), octets[namedAt(place)]]).toEqual([
      decoded.version, decoded.totalLength, decoded.upperOffset, decoded.nextHeaderOffset, decoded.protocol,
    ]); // prettier-ignore
    expect([upperOffset(octets), nextHeaderOffset(octets)]).toEqual([decoded.upperOffset, decoded.nextHeaderOffset]);
    const { fragment: f } = decoded;
    expect(fragmentKind(octets)).toBe(f === undefined || (f.offset === 0 && !f.more) ? 0 : f.offset > 0 ? 2 : 1);
  };

  it('agree with decodeIp on every packet of the kernel, and on each cut off anywhere in its headers', () => {
    for (const { octets } of kernelPackets()) agree(octets);
    for (const { octets } of [...kernelPackets()].filter((_, i) => i % 50 === 0)) for (let n = 0; n < 90; n++) agree(octets.subarray(0, n));
  });

  it('agree with decodeIp on any octets, which throw nothing but IpsecError', () => {
    fc.assert(
      fc.property(fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x6f, 0x00), fc.uint8Array({ maxLength: 120 }), (first, octets) => {
        if (octets.length > 0) octets[0] = first;
        agree(octets);
      }),
      { numRuns: 2000 },
    );
  });

  it('agree with decodeIp on IPv6 packets whose chain of headers is random', () => {
    const next = fc.constantFrom(0, 43, 44, 60, 139, 140, 6, 17, 50, 51, 59, 135);
    fc.assert(
      fc.property(next, fc.array(fc.tuple(next, fc.nat(3), fc.nat(255), fc.nat(255)), { maxLength: 12 }), (protocol, chain) => {
        const body = concat(
          ...chain.map(([type, length, a, b]) =>
            Uint8Array.from({ length: 8 * (length + 1) }, (_, i) => [type, length, a & 1, b & 1][i] ?? 0),
          ),
        );
        agree(concat(encodeIpv6Header({ source, destination, protocol, payloadLength: body.length }), body));
      }),
      { numRuns: 2000 },
    );
  });

  it('find a header that is named beyond octet 65,535', () => {
    const body = new Uint8Array(65535);
    for (let i = 0; i < body.length; i += 8) body[i] = i + 8 < 65528 ? 60 : 17;
    const octets = concat(encodeIpv6Header({ source, destination, protocol: 60, payloadLength: body.length }), body);
    const { upperOffset: offset, nextHeaderOffset: named } = decodeIp(octets);
    expect([offset, named]).toEqual([65568, 65560]);
    expect([offsetOf(findUpper(octets)), namedAt(findUpper(octets))]).toEqual([offset, named]);
  });
  it('need time linear in the packet: 64 KiB of the shortest extension headers', () => {
    const body = new Uint8Array(65528);
    for (let i = 0; i < body.length; i += 8) body[i] = 60;
    const octets = concat(encodeIpv6Header({ source, destination, protocol: 60, payloadLength: body.length }), body);
    expect(findUpper(octets)).toBe(-1);
    expect(error(octets).code).toBe('truncated');
  });
});

describe('headers', () => {
  it('every header of the kernel packets encodes again', () => {
    for (const { name, octets } of kernelPackets()) {
      const d = decodeIp(octets);
      const { trafficClass, hopLimit } = d;
      const again =
        d.version === 4
          ? encodeIpv4Header({
              source: d.source, destination: d.destination, protocol: d.protocol, totalLength: d.totalLength, trafficClass, hopLimit, id: d.id, df: d.df,
              more: d.fragment?.more ?? false, fragmentOffset: d.fragment?.offset ?? 0, options: octets.subarray(20, d.headerLength),
            }) // prettier-ignore
          : encodeIpv6Header({
              source: d.source,
              destination: d.destination,
              protocol: octets[6]!,
              payloadLength: d.totalLength - 40,
              trafficClass,
              hopLimit,
              flowLabel: d.flowLabel,
            });
      expect(toHex(again), name).toBe(toHex(octets.subarray(0, d.headerLength)));
    }
  });

  it('refuses what a header cannot hold', () => {
    const v4 = { source: new Uint8Array(4), destination: new Uint8Array(4), protocol: 1, totalLength: 20 };
    for (const wrong of [
      { source },
      { totalLength: 19 },
      { totalLength: 65536 },
      { options: new Uint8Array(3) },
      { options: new Uint8Array(44) },
      { fragmentOffset: 4 },
      { fragmentOffset: 65536 },
    ])
      expect(() => encodeIpv4Header({ ...v4, ...wrong })).toThrow(IpsecError);
    expect(() => encodeIpv6Header({ ...v4, payloadLength: 0 })).toThrow(IpsecError);
    expect(() => encodeIpv6Header({ source, destination, protocol: 1, payloadLength: 65536 })).toThrow(IpsecError);
  });

  it('fields set in place leave a right checksum and everything else as it was', () => {
    for (const { octets } of [...kernelPackets()].filter((_, i) => i % 20 === 0)) {
      const p = octets.slice();
      const before = decodeIp(octets);
      setTrafficClass(p, 0xa7);
      setHopLimit(p, 9);
      setNextHeader(p, before.nextHeaderOffset, 253);
      setTotalLength(p, p.length - 1);
      const after = decodeIp(p);
      expect(after).toEqual({
        ...before,
        trafficClass: 0xa7,
        hopLimit: 9,
        protocol: 253,
        totalLength: before.totalLength - 1,
        source: after.source,
        destination: after.destination,
      });
      expect([toHex(after.source), toHex(after.destination), trafficClassOf(p)]).toEqual([
        toHex(before.source),
        toHex(before.destination),
        0xa7,
      ]);
      if (after.version === 4) expect(verifyIpv4Checksum(p)).toBe(true);
    }
  });

  it('refuses a length beyond 16 bits', () => {
    expect(() => {
      setTotalLength(encodeIpv6Header({ source, destination, protocol: 1, payloadLength: 0 }), 65576);
    }).toThrow(/up to 65535/);
  });
});

describe('RFC 4301 section 4.4.1.1: selectors of a packet', () => {
  const flow = (octets: Uint8Array): number[] => {
    const f = readFlow(octets);
    return [f.protocol, f.sourcePort, f.destinationPort];
  };

  it.each([6, 17, 33, 132, 136])('ports of protocol %i', (protocol) => {
    expect(flow(v6([], protocol, 'c0de005000000000'))).toEqual([protocol, 0xc0de, 0x50]);
  });

  it('ICMP type and code', () => {
    expect(flow(v6([[0, options8]], 58, '8103000000000000'))).toEqual([58, 0x8103, 0x8103]);
  });

  it('Mobility Header type', () => {
    expect(flow(v6([[60, options8]], 135, '3b01050000000000'))).toEqual([135, 0x0500, 0x0500]);
  });

  it.each([50, 51, 108, 59, 41, 47, 89])('protocol %i has no ports', (protocol) => {
    expect(flow(v6([], protocol))).toEqual([protocol, -1, -1]);
  });

  it('is OPAQUE where the octets are missing', () => {
    expect(flow(v6([], 17, 'c0de00'))).toEqual([17, -1, -1]);
    expect(flow(v6([], 58, '80'))).toEqual([58, -1, -1]);
    expect(flow(v6([], 135, '3b01'))).toEqual([135, -1, -1]);
  });

  it('a later IPv4 fragment shows its protocol but no ports', () => {
    expect(flow(fromHex('4500001c000000010011000001020304050607080102030405060708'))).toEqual([17, -1, -1]);
    expect(flow(fromHex('4500001c000020000011000001020304050607080102030405060708'))).toEqual([17, 0x0102, 0x0304]);
  });

  it('a later IPv6 fragment shows what its Fragment header names, unless that is an extension header', () => {
    expect(flow(v6([[44, fragment('0008')]], 17))).toEqual([17, -1, -1]);
    expect(flow(v6([[44, fragment('0008')]], 60))).toEqual([-1, -1, -1]);
    expect(flow(v6([[44, fragment('0001')], [60, options8]], 17, '0001000200000000'))).toEqual([17, 1, 2]); // prettier-ignore
  });
});
