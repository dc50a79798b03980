import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, readU16, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decodeIcmp, decodeIp, encodeDestinationUnreachable, encodeEcho, encodeFragmentationNeeded, encodeIpv6Header, encodePacket, encodePacketTooBig, encodeParameterProblem,
  encodeTimeExceeded, encodeUdp, fragmentPacket, innerPacketOf, isIcmpError, mayAnswerWithError, parseAddress, readFlow, readQuotedFlow, verifyIpv4Checksum,
} from '../../src/ip.js'; // prettier-ignore
import { kernelPackets } from './kernel.js';

const v4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('198.51.100.2') };
const v6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
const from4 = parseAddress('203.0.113.9');
const from6 = parseAddress('2001:db8::9');
const big4 = encodeUdp({ ...v4, df: true }, 1000, 53, new Uint8Array(1400).fill(7));
const big6 = encodeUdp(v6, 1000, 53, new Uint8Array(1400).fill(7));

describe('ICMP messages of a Linux kernel', () => {
  it('checksums verify, echo messages encode again', () => {
    let messages = 0;
    for (const { name, member, octets } of kernelPackets()) {
      const ip = decodeIp(octets);
      if (member !== 'inner' || ip.fragment || ip.protocol !== (ip.version === 4 ? 1 : 58)) continue;
      const message = decodeIcmp(octets, ip);
      expect(message, name).toMatchObject({ version: ip.version, checksumRight: true, error: false, code: 0 });
      const reply = message.type === 0 || message.type === 129;
      expect([0, 8, 128, 129]).toContain(message.type);
      const at = ip.upperOffset;
      const again = encodeEcho({
        ...ip,
        id: readU16(octets, at + 4),
        seq: readU16(octets, at + 6),
        data: octets.subarray(at + 8, ip.totalLength),
        reply,
      });
      expect(toHex(again.subarray(decodeIp(again).upperOffset))).toBe(toHex(octets.subarray(at, ip.totalLength)));
      messages++;
    }
    expect(messages).toBeGreaterThan(200);
  });
});

describe('RFC 1191 section 4: fragmentation needed', () => {
  const answer = encodeFragmentationNeeded(big4, 1280, from4)!;

  it('has type 3, code 4, the MTU, and quotes the packet within 576 octets', () => {
    const m = decodeIcmp(answer);
    expect(m).toMatchObject({ version: 4, type: 3, code: 4, mtu: 1280, error: true, checksumRight: true });
    expect(answer.length).toBe(576);
    expect(toHex(m.quoted)).toBe(toHex(big4.subarray(0, 548)));
    const ip = decodeIp(answer);
    expect([toHex(ip.source), toHex(ip.destination), ip.trafficClass]).toEqual([toHex(from4), toHex(v4.source), 0]);
    expect(verifyIpv4Checksum(answer)).toBe(true);
    expect(innerPacketOf(answer)).toEqual(m.quoted);
  });

  it('quotes no link padding', () => {
    const small = encodeUdp(v4, 1, 2, new Uint8Array(3));
    expect(innerPacketOf(encodeFragmentationNeeded(concat(small, new Uint8Array(40)), 68, from4)!)).toEqual(small);
  });
});

describe('RFC 4443 section 3.2: packet too big', () => {
  it('has type 2, code 0, the MTU, and quotes the packet within 1280 octets', () => {
    const answer = encodePacketTooBig(big6, 1400, from6)!;
    expect(answer.length).toBe(1280);
    expect(decodeIcmp(answer)).toMatchObject({ version: 6, type: 2, code: 0, mtu: 1400, error: true, checksumRight: true });
    expect(decodeIcmp(encodePacketTooBig(big6, 0xfffffff0, from6)!).mtu).toBe(0xfffffff0);
  });
});

describe('other errors', () => {
  it.each([
    [encodeDestinationUnreachable(big4, from4), 3, 13],
    [encodeDestinationUnreachable(big6, from6), 1, 1],
    [encodeDestinationUnreachable(big6, from6, 5), 1, 5],
    [encodeTimeExceeded(big4, from4), 11, 1],
    [encodeTimeExceeded(big6, from6, 0), 3, 0],
    [encodeParameterProblem(big4, from4, 20), 12, 0],
    [encodeParameterProblem(big6, from6, 40, 3), 4, 3],
  ])('error %#', (answer, type, code) => {
    expect(decodeIcmp(answer!)).toMatchObject({ type, code, error: true, checksumRight: true });
  });

  it('the pointer of a Parameter Problem', () => {
    expect(encodeParameterProblem(big4, from4, 20)!.subarray(24, 28)).toEqual(Uint8Array.of(20, 0, 0, 0));
    expect(encodeParameterProblem(big6, from6, 300)!.subarray(44, 48)).toEqual(Uint8Array.of(0, 0, 1, 44));
  });

  it('one family cannot answer the other', () => {
    expect(encodeDestinationUnreachable(big4, from6)).toBeUndefined();
  });

  it.each([
    [4, [3, 4, 5, 11, 12], [0, 8, 9, 10, 13, 14, 17]],
    [6, [1, 2, 3, 4, 100, 127], [128, 129, 133, 137, 255]],
  ] as const)('ICMP of IPv%i: which types report errors', (version, errors, others) => {
    expect(errors.every((type) => isIcmpError(version, type)) && !others.some((type) => isIcmpError(version, type))).toBe(true);
  });
});

describe('RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e): what must not be answered', () => {
  const udp = (source: string, destination: string): Uint8Array =>
    encodeUdp({ source: parseAddress(source), destination: parseAddress(destination) }, 1, 2, new Uint8Array(4));

  it('ordinary packets may be, echo requests too', () => {
    for (const packet of [big4, big6, encodeEcho({ ...v4, id: 1, seq: 1 }), encodeEcho({ ...v6, id: 1, seq: 1 })])
      expect(mayAnswerWithError(packet)).toBe(true);
  });

  it('an ICMP error', () => {
    for (const packet of [encodeTimeExceeded(big4, from4)!, encodePacketTooBig(big6, 1280, from6)!]) {
      expect(mayAnswerWithError(packet)).toBe(false);
      expect(encodeDestinationUnreachable(packet, packet[0]! >>> 4 === 4 ? from4 : from6)).toBeUndefined();
    }
  });

  it('an ICMPv6 Redirect, and ICMP whose type cannot be seen', () => {
    expect(mayAnswerWithError(encodePacket(v6, 58, fromHex('8900000000000000')))).toBe(false);
    expect(mayAnswerWithError(encodePacket(v6, 58, new Uint8Array(0)))).toBe(false);
  });

  it('a fragment that is not the first', () => {
    for (const [packet, from] of [
      [encodeUdp(v4, 1, 2, new Uint8Array(2000)), from4],
      [big6, from6],
    ] as const) {
      // prettier-ignore
      const [first, second] = fragmentPacket(packet, 800, 1);
      expect([mayAnswerWithError(first!), mayAnswerWithError(second!)]).toEqual([true, false]);
      expect(encodeTimeExceeded(second!, from)).toBeUndefined();
    }
  });

  it.each(['224.0.0.5', '255.255.255.255', 'ff02::5'])('a packet to %s', (destination) => {
    expect(mayAnswerWithError(udp(destination.includes(':') ? '2001:db8::1' : '192.0.2.1', destination))).toBe(false);
  });

  it('but Packet Too Big for IPv6 multicast', () => {
    expect(mayAnswerWithError(udp('2001:db8::1', 'ff0e::5'), 'packet-too-big')).toBe(true);
    expect(encodePacketTooBig(udp('2001:db8::1', 'ff0e::5'), 1280, from6)).toBeDefined();
    expect(mayAnswerWithError(udp('192.0.2.1', '224.0.0.5'), 'packet-too-big')).toBe(false);
  });

  it.each(['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1', 'ff02::1'])(
    'a packet from %s',
    (source) => {
      expect(mayAnswerWithError(udp(source, source.includes(':') ? '2001:db8::2' : '192.0.2.2'))).toBe(false);
    },
  );
});

describe('RFC 4301 section 6: the packet inside an error', () => {
  it('shows its selectors although it is cut off', () => {
    for (const [answer, packet] of [
      [encodeFragmentationNeeded(big4, 1280, from4)!, big4],
      [encodePacketTooBig(big6, 1280, from6)!, big6],
    ] as const)
      // prettier-ignore
      expect(readQuotedFlow(innerPacketOf(answer)!)).toEqual(readFlow(packet));
    // the 64 bits of RFC 792
    expect(readQuotedFlow(big4.subarray(0, 28))).toEqual(readFlow(big4));
    expect(readQuotedFlow(big4.subarray(0, 22))).toMatchObject({ protocol: 17, sourcePort: -1 });
  });

  it('ends where RFC 4884 says that extensions begin', () => {
    const answer = encodeTimeExceeded(big4, from4)!.slice();
    answer[25] = 32; // in 32-bit words
    expect(innerPacketOf(answer)!.length).toBe(128);
    const answer6 = encodeTimeExceeded(big6, from6)!.slice();
    answer6[44] = 16; // in 64-bit words
    expect(innerPacketOf(answer6)!.length).toBe(128);
  });

  it('a message that is no error carries none', () => {
    expect(innerPacketOf(encodeEcho({ ...v4, id: 1, seq: 1 }))).toBeUndefined();
  });

  it('throws nothing but IpsecError, whatever is quoted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(0x45, 0x60, 0x4f), (octets, first) => {
        if (octets.length > 0) octets[0] = first;
        try {
          readQuotedFlow(octets);
        } catch (e) {
          expect(e).toBeInstanceOf(IpsecError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeIcmp', () => {
  it('refuses what is not ICMP, is cut off, or is a fragment', () => {
    expect(() => decodeIcmp(big4)).toThrow(/expected 1, found 17/);
    expect(() => decodeIcmp(encodePacket(v6, 1, new Uint8Array(8)))).toThrow(/expected 58, found 1/);
    expect(() => decodeIcmp(encodePacket(v4, 1, new Uint8Array(7)))).toThrow(/expected 8 octets, found 7/);
    expect(() => decodeIcmp(fragmentPacket(encodeEcho({ ...v4, id: 1, seq: 1, data: new Uint8Array(99) }), 100)[0]!)).toThrow(
      /a whole packet/,
    );
  });

  it('sees a wrong checksum', () => {
    const ping = encodeEcho({ ...v6, id: 1, seq: 1 });
    ping[47] = 2;
    expect(decodeIcmp(ping).checksumRight).toBe(false);
  });

  it('counts the final destination of a Routing header (RFC 8200 section 8.1)', () => {
    const plain = encodeEcho({ ...v6, id: 1, seq: 1 });
    const header = concat(fromHex('3a02000100000000'), v6.destination);
    const via = encodeIpv6Header({ source: v6.source, destination: from6, protocol: 43, payloadLength: 24 + 8 });
    expect(decodeIcmp(concat(via, header, plain.subarray(40))).checksumRight).toBe(true);
    header[3] = 0; // arrived: the header has the final destination
    expect(decodeIcmp(concat(via, header, plain.subarray(40))).checksumRight).toBe(false);
  });
});
