import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import * as declarations from '../../src/capture/declarations.js';
import { ipPacketOf } from '../../src/capture/link.js';
import { mapPacket } from '../../src/capture/packet-map.js';
import { readCapture } from '../../src/capture/pcap.js';
import { IpsecError } from '../../src/errors.js';
import { decodeIp } from '../../src/ip/packet.js';
import { type Codec, decode, encode, octetMap } from '../../src/wire.js';
import fc from 'fast-check';
import exthdr from '../../vectors/linux-kernel/esp-exthdr-gcm128-icv128-t6.json' with { type: 'json' };
import mutable4 from '../../vectors/linux-kernel/ah-mut4-sha1-t4.json' with { type: 'json' };
import { checkDeclaration } from '../wire/check.js';
import { captures } from './captures.js';

const packets = Object.entries(captures).flatMap(([name, file]) =>
  [...readCapture(file)].flatMap((record) => {
    if (record.error) return [];
    const link = ipPacketOf(record.linkType, record.data);
    return link.ok ? [{ name: `${name} ${record.number}`, packet: link.packet }] : [];
  }),
);
const kernel = [...exthdr.packets, ...mutable4.packets].map(({ outer }) => fromHex(outer));
const codecs = Object.entries(declarations).filter(([, value]) => typeof value === 'object') as [string, Codec<unknown>][];

describe('declarations of headers', () => {
  test.each(codecs)('%s: round trip, truncations, mutations', (_name, codec) => {
    checkDeclaration(codec, 10);
  });

  test('the IPv4 and IPv6 headers of real packets are decoded as src/ip does, and encoded again', () => {
    let whole = 0;
    for (const packet of [...packets.map((p) => p.packet), ...kernel]) {
      const v4 = packet[0]! >>> 4 === 4;
      const { fields, end, error } = octetMap(v4 ? declarations.ipv4Header : declarations.ipv6Header, packet);
      if (error !== undefined) continue;
      const value = (name: string): unknown => fields.find((f) => f.path === name)?.value;
      let ip;
      try {
        ip = decodeIp(packet);
      } catch (problem) {
        expect(problem).toBeInstanceOf(IpsecError);
        continue;
      }
      whole++;
      expect([value('source'), value('destination')]).toEqual([ip.source, ip.destination]);
      expect((Number(value('dscp')) << 2) | Number(value('ecn'))).toBe(ip.trafficClass);
      expect(value(v4 ? 'timeToLive' : 'hopLimit')).toBe(ip.hopLimit);
      expect(v4 ? value('totalLength') : Number(value('payloadLength')) + 40).toBe(ip.totalLength);
      if (v4) expect([value('df'), value('identification')]).toEqual([ip.df, ip.id]);
      else expect(value('flowLabel')).toBe(ip.flowLabel);
      const header = packet.subarray(0, end);
      const again = v4
        ? encode(declarations.ipv4Header, decode(declarations.ipv4Header, header))
        : encode(declarations.ipv6Header, decode(declarations.ipv6Header, header));
      expect(toHex(again)).toBe(toHex(header));
    }
    expect(whole).toBeGreaterThan(80);
  });

  test('ESP in clear: the trailer where the sizes put it', () => {
    const codec = declarations.openedEspPacket({ iv: 8, payload: 3, padding: 3, icv: 2 });
    const octets = fromHex('0000010000000007' + 'a1a2a3a4a5a6a7a8' + '616263' + '010203' + '03' + '3b' + 'eeff');
    expect(octetMap(codec, octets).fields.map((f) => [f.path, f.offset, f.length, f.name])).toEqual([
      ['spi', 0, 4, '0x00000100'],
      ['sequenceNumber', 4, 4, undefined],
      ['iv', 8, 8, undefined],
      ['payloadData', 16, 3, undefined],
      ['padding', 19, 3, undefined],
      ['padLength', 22, 1, undefined],
      ['nextHeader', 23, 1, 'IPv6-NoNxt'],
      ['icv', 24, 2, undefined],
    ]);
    expect(encode(codec, decode(codec, octets))).toEqual(octets);
  });
});

describe('the map of a whole packet', () => {
  const chain = (packet: Uint8Array): string =>
    mapPacket(packet)
      .headers.map((h) => h.header)
      .join(' > ');

  test('AH around ESP, extension headers, IPv4 options, ESP in UDP, ICMP', () => {
    const of = (name: string): Uint8Array => packets.find((p) => p.name === name)!.packet;
    expect(chain(of('arkime-ah-esp.pcap 1'))).toBe('IPv4 > AH > ESP');
    expect(chain(of('esp-exthdr-gcm128-icv128-t6.pcap 1'))).toMatch(/^IPv6 > .*ESP$/);
    expect(chain(of('cooked1.pcap 1'))).toBe('IPv4 > UDP');
    expect(chain(of('cooked1.pcap 2'))).toBe('IPv4 > UDP > ESP');
    expect(chain(of('cooked1.pcap 4'))).toBe('IPv6 > UDP > ESP');
    expect(chain(of('tcpdump-ikev2four.pcap 1'))).toBe('IPv4 > UDP');
    const options = mapPacket(kernel.find((p) => p[0] !== 0x60 && (p[0]! & 0x0f) > 5)!).headers[0]!.fields;
    expect(options.find((f) => f.path === 'options.0.type')?.name).toMatch(/ - /);
    expect(chain(fromHex(exthdr.inner[0]!))).toMatch(/(UDP|ICMPv6|TCP)$/);
  });

  test('every octet in clear has its row: rows follow each other without a gap', () => {
    for (const { packet } of packets) {
      const { headers, end, error } = mapPacket(packet);
      if (error !== undefined) continue;
      let at = 0;
      for (const { offset, length, bits } of headers.flatMap((h) => h.fields)) {
        if (bits === undefined || bits.from === 0) expect(offset).toBe(at);
        at = offset + length;
      }
      expect(at).toBe(end);
    }
  });

  test('what is cut off or broken ends the map with the error', () => {
    const { packet } = packets.find((p) => p.name === 'arkime-ah-esp.pcap 1')!;
    for (let length = 0; length < packet.length; length++) {
      const { headers, error } = mapPacket(packet.subarray(0, length));
      expect(headers.length).toBeGreaterThan(0);
      if (error !== undefined) expect(error.code).toBe('truncated');
      if (length < 20) expect(error).toBeDefined();
    }
    expect(mapPacket(fromHex('55')).error?.message).toBe('a field: expected 4, found 5 (version at octet 0)');
  });

  test('never throws, and takes linear time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x4f, 0x60), (octets, first) => {
        const packet = Uint8Array.of(first, ...octets);
        const { end } = mapPacket(packet);
        if (end > packet.length) throw new Error('outside');
      }),
      { numRuns: 2000 },
    );
    const headers = new Uint8Array(65_535);
    headers.set([0x60, 0, 0, 0, 0xff, 0xd7, 0, 64]);
    expect(mapPacket(headers).headers.length).toBe(64);
  });
});
