import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { ipPacketOf, linkTypeName } from '../../src/capture/link.js';

const v4 = fromHex('45000014000000004001000001020304');
const v6 = fromHex('6000000000003b40');
const macs = new Uint8Array(12);
const frame = (header: string, packet: Uint8Array): Uint8Array => concat(fromHex(header), packet);

describe('link types', () => {
  test.each([
    ['Ethernet', 1, concat(macs, frame('0800', v4)), v4, []],
    ['Ethernet', 1, concat(macs, frame('86dd', v6)), v6, []],
    ['Ethernet with one VLAN tag', 1, concat(macs, frame('8100600a0800', v4)), v4, [10]],
    ['Ethernet with stacked tags', 1, concat(macs, frame('88a8006481000fff86dd', v6)), v6, [100, 4095]],
    ['raw IP', 101, v4, v4, []],
    ['raw IP', 101, v6, v6, []],
    ['raw IP, BSD', 12, v4, v4, []],
    ['raw IP, OpenBSD', 14, v6, v6, []],
    ['raw IPv4', 228, v4, v4, []],
    ['raw IPv6', 229, v6, v6, []],
    ['Linux cooked v1', 113, frame('00000001000600112233445500000800', v4), v4, []],
    ['Linux cooked v1 with a VLAN tag', 113, frame('000000010006001122334455000081000007' + '86dd', v6), v6, [7]],
    ['Linux cooked v2', 276, frame('0800000000000001000100060011223344550000', v4), v4, []],
    ['Linux cooked v2 with a VLAN tag', 276, frame('81000000000000010001000600112233445500000009' + '0800', v4), v4, [9]],
    ['null, little-endian', 0, frame('02000000', v4), v4, []],
    ['null, big-endian', 0, frame('00000002', v4), v4, []],
    ['null, Linux and Windows', 0, frame('17000000', v6), v6, []],
    ['null, NetBSD and OpenBSD', 0, frame('18000000', v6), v6, []],
    ['null, FreeBSD', 0, frame('1c000000', v6), v6, []],
    ['null, Darwin', 0, frame('1e000000', v6), v6, []],
    ['null, Linux', 0, frame('0a000000', v6), v6, []],
    ['OpenBSD loopback', 108, frame('00000018', v6), v6, []],
  ] as const)('%s (%i)', (_name, linkType, octets, packet, vlans) => {
    const result = ipPacketOf(linkType, octets);
    if (!result.ok) throw new Error(result.reason);
    expect(toHex(result.packet)).toBe(toHex(packet));
    expect([result.offset, result.version, result.vlans]).toEqual([octets.length - packet.length, packet[0]! >>> 4, vlans]);
    expect(result.packet.buffer).toBe(octets.buffer);
    for (let length = 0; length <= result.offset; length++)
      expect(ipPacketOf(linkType, octets.subarray(0, length))).toMatchObject({ ok: false, problem: 'truncated' });
  });

  test.each([
    ['ARP', 1, concat(macs, frame('0806', v4)), 'not-ip', 'EtherType 0x0806 (ARP)'],
    ['802.3', 1, concat(macs, frame('0026', v4)), 'not-ip', 'an IEEE 802.3 or cooked frame without an EtherType (38)'],
    ['unknown EtherType', 1, concat(macs, frame('9999', v4)), 'not-ip', 'EtherType 0x9999'],
    ['the nibble contradicts', 1, concat(macs, frame('0800', v6)), 'malformed', 'the link layer says IPv4, the packet IP version 6'],
    ['no IP version', 1, concat(macs, frame('0800', fromHex('00'))), 'malformed', 'IP version 0'],
    ['raw, but no IP', 101, fromHex('1234'), 'not-ip', 'IP version 1'],
    ['raw IPv4, but version 6', 228, v6, 'malformed', 'the link layer says IPv4, the packet IP version 6'],
    ['cooked v2 with ARP', 276, concat(fromHex('0806'), new Uint8Array(20)), 'not-ip', 'protocol 0x0806 (ARP)'],
    ['AppleTalk on loopback', 0, frame('10000000', v4), 'not-ip', 'address family 16'],
    ['radiotap', 127, v4, 'unsupported-link-type', 'link type 127 (IEEE 802.11 with radiotap) is not supported'],
    ['nobody knows', 64999, v4, 'unsupported-link-type', 'link type 64999 is not supported'],
  ] as const)('refuses %s', (_name, linkType, octets, problem, reason) => {
    expect(ipPacketOf(linkType, octets)).toEqual({ ok: false, problem, reason });
  });

  test('names', () => {
    expect([1, 276, 5000].map(linkTypeName)).toEqual(['Ethernet', 'Linux cooked v2', 'link type 5000']);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 9, 77_777),
        fc.uint8Array({ maxLength: 64 }),
        (linkType, octets) => {
          ipPacketOf(linkType, octets);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
