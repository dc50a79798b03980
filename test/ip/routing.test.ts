import { describe, expect, it } from 'vitest';
import { concat, fromHex, readU16, toHex } from '../../src/bytes.js';
import {
  decodeIp,
  encodeIpv4Header,
  encodeIpv6Header,
  finalDestination,
  formatAddress,
  parseAddress,
  upperChecksum,
} from '../../src/ip.js';
import { kernelPackets } from './kernel.js';

describe('packets of a Linux kernel', () => {
  it('every checksum in the clear is right over the final destination, source-routed packets too', () => {
    let right = 0;
    let routed = 0;
    for (const { name, member, octets } of kernelPackets()) {
      const decoded = decodeIp(octets);
      const { protocol, upperOffset, fragment, destination } = decoded;
      if (member.startsWith('outer') || fragment || ![6, 17, 58].includes(protocol)) continue;
      if (protocol === 17 && readU16(octets, upperOffset + 6) === 0) continue;
      expect(upperChecksum(octets, decoded), `${name} ${member}`).toBe(0);
      right++;
      if (toHex(finalDestination(octets, decoded)) !== toHex(destination)) routed++;
    }
    expect(right).toBeGreaterThan(1000);
    expect(routed).toBe(4); // type 0 Routing headers on their way
  });
});

describe('RFC 791 section 3.1: source routes', () => {
  const final = (options: string): string => {
    const header = encodeIpv4Header({
      source: parseAddress('192.0.2.1'),
      destination: parseAddress('192.0.2.2'),
      protocol: 6,
      totalLength: 20 + options.length / 2,
      options: fromHex(options),
    });
    return formatAddress(finalDestination(header, decodeIp(header)));
  };

  it.each([
    ['loose, two addresses to go', '830b040a0000010a00000200', '10.0.0.2'],
    ['loose, one to go', '830b080a0000010a00000200', '10.0.0.2'],
    ['strict', '890b040a0000010a00000200', '10.0.0.2'],
    ['the route is empty: pointer beyond the length', '830b0c0a0000010a00000200', '192.0.2.2'],
    ['no address', '83030400', '192.0.2.2'],
    ['record route is no route', '070b040a0000010a00000200', '192.0.2.2'],
  ])('%s', (_, options, expected) => {
    expect(final(options)).toBe(expected);
  });
});

describe('RFC 8200 section 8.1: Routing headers', () => {
  const a = '20010db800000000000000000000000a';
  const b = '20010db800000000000000000000000b';
  const final = (header: string): string => {
    const octets = fromHex(header);
    const packet = concat(
      encodeIpv6Header({
        source: parseAddress('::1'),
        destination: parseAddress('2001:db8::2'),
        protocol: 43,
        payloadLength: octets.length + 8,
      }),
      octets,
      new Uint8Array(8),
    );
    return formatAddress(finalDestination(packet, decodeIp(packet)));
  };

  it.each([
    ['type 0: the last address', `0604000200000000${a}${b}`, '2001:db8::b'],
    ['type 0, travelled', `0604000000000000${a}${b}`, '2001:db8::2'],
    ['type 2: the home address', `0602020100000000${a}`, '2001:db8::a'],
    ['type 4: the first of the Segment List, which is the last segment', `0604040101000000${a}${b}`, '2001:db8::a'],
    ['type 0 without an address', '0600000100000000', '2001:db8::2'],
    ['an unknown type', `0604fd0200000000${a}${b}`, '2001:db8::2'],
  ])('%s', (_, header, expected) => {
    expect(final(header)).toBe(expected);
  });
});
