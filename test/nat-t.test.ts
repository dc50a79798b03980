import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, readU16, toHex, writeU16 } from '../src/bytes.js';
import { IpsecError } from '../src/errors.js';
import {
  decodeIp,
  encodeEcho,
  encodePacket,
  encodeUdp,
  fixIpv4Checksum,
  fragmentPacket,
  parseAddress,
  setTotalLength,
  upperChecksum,
  verifyIpv4Checksum,
} from '../src/ip.js';
import {
  classifyUdpPayload,
  decodeNonEspMarker,
  decodeUdpEncapsulation,
  encodeKeepalive,
  encodeNonEspMarker,
  encodeUdpEncapsulation,
  fixTransportChecksum,
  keepaliveDueAt,
  natTraversalPort,
} from '../src/nat-t.js';
import { kernelCases } from './ip/kernel.js';

const v4 = { source: parseAddress('10.0.0.5'), destination: parseAddress('192.0.2.2') };
const v6 = { source: parseAddress('fd00::5'), destination: parseAddress('2001:db8::2') };
const ports = { sourcePort: 4500, destinationPort: 62001 };
const payload = fromHex('c0ffee0100000001' + '00112233445566778899aabbccddeeff');

describe('RFC 3948 section 2: what arrives on port 4500', () => {
  it.each<[string, Uint8Array, string]>([
    ['a keepalive', encodeKeepalive(), 'keepalive'],
    ['one other octet', Uint8Array.of(0xfe), 'malformed'],
    ['two octets 0xFF', Uint8Array.of(0xff, 0xff), 'malformed'],
    ['nothing', new Uint8Array(0), 'malformed'],
    ['the marker alone', new Uint8Array(4), 'malformed'],
    ['the marker and 27 octets', new Uint8Array(31), 'malformed'],
    ['the marker and an IKE header', new Uint8Array(32), 'ike'],
    ['an SPI that begins with zeros', fromHex('000000010000000100000000'), 'esp'],
    ['an SPI that begins with 0xFF', fromHex('ff0000000000000100000000'), 'esp'],
    ['an SPI, cut off', fromHex('c0ffee010000000100'), 'malformed'],
  ])('%s', (_, octets, kind) => {
    expect(classifyUdpPayload(octets)).toBe(kind);
  });

  it('section 2.2: the Non-ESP Marker goes on and off', () => {
    const message = new Uint8Array(28).fill(0x2e);
    expect(classifyUdpPayload(encodeNonEspMarker(message))).toBe('ike');
    expect(decodeNonEspMarker(encodeNonEspMarker(message))).toEqual(message);
    expect(() => decodeNonEspMarker(payload)).toThrow(/expected the Non-ESP Marker and an IKE header, found esp/);
  });

  it('section 4: M is 20 seconds by default', () => {
    expect([keepaliveDueAt(1000), keepaliveDueAt(1000, 5000), natTraversalPort]).toEqual([21_000, 6000, 4500]);
  });

  it('section 2.3: the payload of a keepalive belongs to the caller', () => {
    encodeKeepalive().fill(0);
    expect(toHex(encodeKeepalive())).toBe('ff');
  });
});

describe('RFC 3948 sections 3.2 to 3.5: the UDP header', () => {
  it.each([v4, v6])('goes in and out, %#', (family) => {
    const esp = encodePacket(family, 50, payload);
    const udp = encodeUdpEncapsulation(esp, ports);
    const back = decodeUdpEncapsulation(udp);
    expect(back).toEqual({ ...ports, kind: 'esp', payload, packet: esp, checksumAbsent: family === v4 });
    const decoded = decodeIp(udp);
    expect(decoded).toMatchObject({ protocol: 17, totalLength: esp.length + 8 });
    if (family === v4) expect(verifyIpv4Checksum(udp) && verifyIpv4Checksum(back.packet)).toBe(true);
    else expect(upperChecksum(udp, decoded)).toBe(0);
  });

  it('stands behind IPv4 options and IPv6 extension headers', () => {
    const options = concat(fromHex('460000300000000040320000'), v4.source, v4.destination, fromHex('94040000'), payload);
    fixIpv4Checksum(options);
    expect(decodeUdpEncapsulation(encodeUdpEncapsulation(options, ports)).packet).toEqual(options);
    const chain = encodePacket(v6, 60, concat(fromHex('3200010400000000'), payload));
    expect(decodeIp(encodeUdpEncapsulation(chain, ports))).toMatchObject({ protocol: 17, nextHeaderOffset: 40, upperOffset: 48 });
    expect(decodeUdpEncapsulation(encodeUdpEncapsulation(chain, ports)).packet).toEqual(chain);
  });

  it('every UDP-encapsulated packet of a Linux kernel: taken apart and made again octet for octet', () => {
    let packets = 0;
    for (const c of kernelCases) {
      if (!c.name.includes('udpencap')) continue;
      for (const { outer } of c.packets) {
        const octets = fromHex(outer);
        const { kind, packet, sourcePort, destinationPort, checksumAbsent } = decodeUdpEncapsulation(octets);
        expect([kind, sourcePort, destinationPort, checksumAbsent]).toEqual(['esp', 4500, 4500, c.family === 'v4']);
        expect(decodeIp(packet).protocol).toBe(50);
        expect(toHex(encodeUdpEncapsulation(packet, { sourcePort, destinationPort })), c.name).toBe(outer);
        packets++;
      }
    }
    expect(packets).toBe(94);
  });

  it('section 2.1: a checksum that is there is verified', () => {
    const udp = encodeUdpEncapsulation(encodePacket(v4, 50, payload), ports);
    const decoded = decodeIp(udp);
    writeU16(udp, 26, upperChecksum(udp, decoded));
    expect(decodeUdpEncapsulation(udp)).toMatchObject({ kind: 'esp', checksumAbsent: false });
    udp[40] = udp[40]! ^ 1;
    expect(() => decodeUdpEncapsulation(udp)).toThrow(expect.objectContaining({ code: 'bad-checksum', path: 'udp.checksum', offset: 26 }));
  });

  it('a checksum of zero over IPv6 is taken', () => {
    const udp = encodeUdpEncapsulation(encodePacket(v6, 50, payload), ports);
    writeU16(udp, 46, 0);
    expect(decodeUdpEncapsulation(udp)).toMatchObject({ kind: 'esp', checksumAbsent: true });
  });

  it('IKE and keepalives are told apart, and have no ESP packet', () => {
    for (const [octets, kind] of [
      [encodeKeepalive(), 'keepalive'],
      [new Uint8Array(40), 'ike'],
      [new Uint8Array(2), 'malformed'],
    ] as const)
      // prettier-ignore
      expect(decodeUdpEncapsulation(encodeUdp(v4, 4500, 4500, octets))).toMatchObject({ kind, payload: octets, packet: new Uint8Array(0) });
  });

  it('octets behind the UDP Length do not reach ESP', () => {
    const longer = concat(encodeUdpEncapsulation(encodePacket(v4, 50, payload), ports), new Uint8Array(6));
    setTotalLength(longer, longer.length);
    expect(decodeUdpEncapsulation(longer).payload).toEqual(payload);
  });

  it.each<[string, (p: Uint8Array) => Uint8Array, string, string]>([
    ['another protocol', () => encodePacket(v4, 6, payload), 'malformed', 'ip.protocol'],
    ['a cut-off UDP header', () => encodePacket(v4, 17, new Uint8Array(7)), 'truncated', 'udp'],
    ['UDP Length below 8', (p) => p.fill(7, 25, 26), 'malformed', 'udp.length'],
    ['UDP Length beyond the packet', (p) => p.fill(payload.length + 9, 25, 26), 'malformed', 'udp.length'],
    ['a fragment', (p) => fragmentPacket(p, 36)[0]!, 'bad-fragment', 'ip.fragment'],
  ])('refuses %s', (_, change, code, path) => {
    const udp = encodeUdpEncapsulation(encodePacket(v4, 50, payload), ports);
    expect(() => decodeUdpEncapsulation(change(udp))).toThrow(expect.objectContaining({ code, path }));
  });

  it('encodes nothing but whole ESP packets that have room', () => {
    expect(() => encodeUdpEncapsulation(encodePacket(v4, 51, payload), ports)).toThrow(IpsecError);
    expect(() => encodeUdpEncapsulation(fragmentPacket(encodePacket(v4, 50, payload), 36)[0]!, ports)).toThrow(IpsecError);
    expect(() => encodeUdpEncapsulation(encodePacket(v4, 50, new Uint8Array(65510)), ports)).toThrow(/up to 65535/);
  });

  it('throws nothing but IpsecError, whatever the octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom('450000300000000040110000', '6000000000081140', ''),
        (octets, start) => {
          octets.set(fromHex(start).subarray(0, octets.length));
          try {
            decodeUdpEncapsulation(octets);
          } catch (e) {
            expect(e).toBeInstanceOf(IpsecError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('RFC 3948 section 3.1.2: transport mode decapsulation NAT procedure', () => {
  /** What a NAT does to a packet whose upper layer it cannot see. */
  const translate = (packet: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array => {
    const p = packet.slice();
    const at = p[0]! >>> 4 === 4 ? 12 : 8;
    p.set(source, at);
    p.set(destination, at + source.length);
    if (at === 12) fixIpv4Checksum(p);
    return p;
  };
  const upperRight = (p: Uint8Array): boolean => upperChecksum(p, decodeIp(p)) === 0;
  const address = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

  it.each([4, 16])('TCP and UDP of a Linux kernel, %i octets of address: right again from the original addresses', (length) => {
    const packets = kernelCases
      .flatMap((c) => c.packets.map((p) => fromHex(p.plain ?? p.inner)))
      .filter((p) => {
        const d = decodeIp(p);
        return (
          d.source.length === length &&
          d.headerLength <= 40 &&
          (d.version === 6 || d.headerLength === 20) &&
          !d.fragment &&
          d.extensions.length === 0 &&
          [6, 17, 58].includes(d.protocol)
        );
      });
    expect(packets.length).toBeGreaterThan(50);
    fc.assert(
      fc.property(fc.constantFrom(...packets), address(length), address(length), (packet, source, destination) => {
        const original = decodeIp(packet);
        const received = translate(packet, source, destination);
        expect(fixTransportChecksum(received, original)).toBe(true);
        expect(upperRight(received)).toBe(true);
        expect(fixTransportChecksum(received, 'recompute')).toBe(true);
        expect(upperRight(received)).toBe(true);
        // and back: the packet as the peer made it
        const back = translate(received, original.source, original.destination);
        expect(fixTransportChecksum(back, { source, destination })).toBe(true);
        expect(toHex(back)).toBe(toHex(packet));
      }),
      { numRuns: 300 },
    );
  });

  it('"If the received and real address are the same for a given address [...], the operations cancel"', () => {
    const packet = encodeUdp(v4, 1000, 53, payload);
    const same = packet.slice();
    expect(fixTransportChecksum(same, v4)).toBe(true);
    expect(same).toEqual(packet);
  });

  it('from the original addresses damage stays visible; computed afresh it does not', () => {
    const damaged = encodeUdp(v4, 1000, 53, payload);
    damaged[40] = damaged[40]! ^ 4;
    const received = translate(damaged, v4.destination, v4.source);
    fixTransportChecksum(received, v4);
    expect(upperRight(received)).toBe(false);
    fixTransportChecksum(received, 'recompute');
    expect(upperRight(received)).toBe(true);
  });

  it.each([v4, v6])('UDP without a checksum stays without, %#', (family) => {
    const packet = encodeUdp(family, 1, 2, payload);
    writeU16(packet, decodeIp(packet).upperOffset + 6, 0);
    const before = toHex(packet);
    for (const fix of [{ source: family.destination, destination: family.source }, 'recompute', 'clear'] as const)
      expect(fixTransportChecksum(packet, fix)).toBe(false);
    expect(toHex(packet)).toBe(before);
  });

  it('RFC 768: a UDP checksum that comes out as zero is sent as 0xFFFF', () => {
    const other = { source: parseAddress('203.0.113.7'), destination: v4.destination };
    let seen = 0;
    for (let word = 0; word <= 0xffff; word++) {
      const data = Uint8Array.of(word >>> 8, word);
      const packet = encodeUdp(v4, 1, 2, data);
      if (readU16(encodeUdp(other, 1, 2, data), 26) !== 0xffff) continue;
      const received = translate(packet, other.source, other.destination);
      fixTransportChecksum(received, v4);
      expect(readU16(received, 26)).toBe(0xffff);
      fixTransportChecksum(received, 'recompute');
      expect(readU16(received, 26)).toBe(0xffff);
      expect(upperRight(received)).toBe(true);
      seen++;
      break;
    }
    expect(seen).toBe(1);
  });

  it('way 3: the UDP checksum is set to zero over IPv4, and nothing else is', () => {
    const packet = encodeUdp(v4, 1, 2, payload);
    expect(fixTransportChecksum(packet, 'clear')).toBe(true);
    expect(readU16(packet, 26)).toBe(0);
    expect(fixTransportChecksum(encodeUdp(v6, 1, 2, payload), 'clear')).toBe(false);
    expect(fixTransportChecksum(encodePacket(v4, 6, new Uint8Array(20).fill(1)), 'clear')).toBe(false);
  });

  it('a first fragment is put right, a later one has no checksum', () => {
    const packet = encodeUdp(v4, 1, 2, new Uint8Array(200).fill(9));
    const [first, second] = fragmentPacket(packet, 120).map((p) => translate(p, v4.destination, v4.source));
    const before = toHex(second!);
    expect([fixTransportChecksum(first!, v4), fixTransportChecksum(second!, v4), toHex(second!) === before]).toEqual([true, false, true]);
    expect(fixTransportChecksum(first!, 'recompute')).toBe(false);
    const whole = translate(packet, v4.destination, v4.source);
    fixTransportChecksum(whole, v4);
    expect(readU16(first!, 26)).toBe(readU16(whole, 26));
  });

  it('leaves other protocols, cut-off headers and addresses of another family alone', () => {
    const packets = [
      encodePacket(v4, 47, payload),
      encodeEcho({ ...v4, id: 1, seq: 1 }),
      encodePacket(v4, 6, new Uint8Array(17)),
      encodePacket(v4, 17, new Uint8Array(7)),
    ];
    for (const packet of packets) {
      const before = toHex(packet);
      for (const fix of [v6, v4, 'recompute', 'clear'] as const) expect(fixTransportChecksum(packet, fix)).toBe(false);
      expect(toHex(packet)).toBe(before);
    }
    expect(fixTransportChecksum(encodeUdp(v4, 1, 2, payload), v6)).toBe(false);
  });

  it('UDP-Lite and DCCP, whose checksum may cover less, are put right from the addresses alone', () => {
    for (const protocol of [33, 136]) {
      const packet = encodePacket(v4, protocol, concat(fromHex('0001000200080000'), payload));
      writeU16(packet, 26, upperChecksum(packet, decodeIp(packet)));
      const received = translate(packet, v4.destination, parseAddress('198.51.100.77'));
      expect(fixTransportChecksum(received, 'recompute')).toBe(false);
      expect(fixTransportChecksum(received, v4)).toBe(true);
      expect(upperRight(received)).toBe(true);
    }
  });
});
