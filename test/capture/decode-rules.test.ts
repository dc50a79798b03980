import { test as propertyTest, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { seal as sealAh } from '../../src/ah.js';
import { concat, fromHex, toHex, writeU16 } from '../../src/bytes.js';
import type { DecodedDatagram, DecodedRecord } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { parseEspSa } from '../../src/capture/esp-sa.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { formatLine } from '../../src/capture/lines.js';
import { readCapture, writePcap } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { createSa, seal, type SaConfig } from '../../src/esp.js';
import { addFragment, createReassembler, encodeEcho, encodePacket, encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate, seal as sealIpcomp } from '../../src/ipcomp.js';
import { encodeKeepalive, encodeNonEspMarker } from '../../src/nat-t.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { keyFile, options } from './kernel-keys.js';

const A = '192.0.2.1';
const B = '192.0.2.2';
const gcmKey = '000102030405060708090a0b0c0d0e0f10111213';
const macKey = '00'.repeat(32);
const ping = encodeEcho({
  source: parseAddress('10.1.0.1'),
  destination: parseAddress('10.2.0.1'),
  id: 1,
  seq: 1,
  data: new Uint8Array(40),
});
const between = (from: string, to: string): { source: Uint8Array; destination: Uint8Array } => ({
  source: parseAddress(from),
  destination: parseAddress(to),
});

const jsonEsp = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  protocol: 'ESP',
  mode: 'tunnel',
  spi: '0x1000',
  source: A,
  destination: B,
  encryption: { name: 'ENCR_AES_GCM_16', key: gcmKey },
  ...more,
});
const espSa = (more: Partial<SaConfig> = {}): ReturnType<typeof createSa> =>
  createSa({
    protocol: 'ESP',
    mode: 'tunnel',
    spi: 0x1000,
    ...between(A, B),
    encryption: { row: aes128Gcm16, key: fromHex(gcmKey) },
    ...more,
  });
const jsonAh = {
  protocol: 'AH',
  mode: 'transport',
  spi: 0x2000,
  source: A,
  destination: B,
  integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: macKey },
};
const ahSa = (): ReturnType<typeof createSa> =>
  createSa({ protocol: 'AH', mode: 'transport', spi: 0x2000, integrity: { row: hmacSha256_128, key: fromHex(macKey) } });

function records(packets: readonly Uint8Array[], ...sas: Record<string, unknown>[]): DecodedRecord[] {
  const file = writePcap(
    { linkType: 101 },
    packets.map((data, i) => ({ time: { seconds: i, nanoseconds: 0 }, data })),
  );
  return [...decodeCapture(readCapture(file), createReceiver(parseKeyFile(keyFile(sas)).sas, options))];
}
const datagrams = (packets: readonly Uint8Array[], ...sas: Record<string, unknown>[]): DecodedDatagram[] =>
  records(packets, ...sas).filter((r) => r.type === 'datagram');
const outline = (d: DecodedDatagram | undefined): unknown =>
  d && [
    d.result,
    ...(d.reason === undefined ? [] : [d.reason]),
    ...(d.layer === undefined ? [] : [d.layer]),
    ...(d.inner ? [toHex(d.inner)] : []),
  ];

describe('the JSON line', () => {
  test('has the members of the contract in their order, and no others', () => {
    const [d] = datagrams([seal(espSa({ esn: true, startSeq: 2 ** 32 }), ping)], jsonEsp({ esn: true, startSeq: '4294967296' }));
    expect(formatLine(d!)).toBe(
      `{"packet":1,"protocol":"ESP","spi":"0x00001000","seq":"4294967297","result":"ok","inner":"${toHex(ping)}","top":"4294967297"}`,
    );
  });

  test('without a window there is no top; a drop has its reason, a nested one its layer', () => {
    const sealed = seal(espSa(), ping);
    const [ok] = datagrams([sealed], jsonEsp({ replayWindow: 0 }));
    expect(Object.keys(JSON.parse(formatLine(ok!)) as object)).toEqual(['packet', 'protocol', 'spi', 'seq', 'result', 'inner']);
    const forged = sealed.with(sealed.length - 1, sealed.at(-1)! ^ 1);
    const [icv] = datagrams([forged], jsonEsp());
    expect(formatLine(icv!)).toBe('{"packet":1,"protocol":"ESP","spi":"0x00001000","seq":"1","result":"drop","reason":"icv","top":"0"}');
    const [nested] = datagrams([sealAh(ahSa(), forged)], jsonAh, jsonEsp());
    expect(formatLine(nested!)).toBe(
      '{"packet":1,"protocol":"AH","spi":"0x00002000","seq":"1","result":"drop","reason":"icv","layer":1,"top":"1"}',
    );
  });

  test('IPComp has no number and no window; the CPI stands as eight digits', () => {
    const ipca = createIpcomp({ cpi: 0x72a7, mode: 'transport', codec: deflate });
    const clear = encodeUdp(between(A, B), 1, 2, new Uint8Array(500));
    const [d] = datagrams([sealIpcomp(ipca, clear)], { protocol: 'IPCOMP', mode: 'transport', spi: '0x72a7', source: A, destination: B });
    expect(formatLine(d!)).toBe(`{"packet":1,"protocol":"IPCOMP","spi":"0x000072a7","result":"ok","inner":"${toHex(clear)}"}`);
  });

  test('without a key: what the packet shows', () => {
    const [d] = datagrams([seal(espSa(), ping)]);
    expect(formatLine(d!)).toBe('{"packet":1,"protocol":"ESP","spi":"0x00001000","seq":"1","result":"unknown"}');
  });

  test('too short for an SPI: malformed, without one', () => {
    const [d] = datagrams([encodePacket(between(A, B), 50, new Uint8Array(3))], jsonEsp());
    expect(formatLine(d!)).toBe('{"packet":1,"protocol":"ESP","result":"drop","reason":"malformed"}');
  });
});

describe('look-up', () => {
  const sealed = seal(espSa(), ping);
  const wrong = { name: 'ENCR_AES_GCM_16', key: 'ff'.repeat(20) };

  test('no-sa where the file names the destination, unknown where it does not', () => {
    expect(outline(datagrams([sealed], jsonEsp({ spi: '0x1001' }))[0])).toEqual(['drop', 'no-sa']);
    expect(outline(datagrams([sealed], jsonEsp({ spi: '0x1001', destination: '192.0.2.3' }))[0])).toEqual(['unknown']);
    expect(outline(datagrams([sealed], jsonEsp({ spi: '0x1001', destination: undefined }))[0])).toEqual(['unknown']);
    // An SA with this SPI for another destination is not for this packet.
    expect(outline(datagrams([sealed], jsonEsp({ destination: '192.0.2.3' }))[0])).toEqual(['unknown']);
    // The protocol counts too.
    expect(outline(datagrams([sealed], { ...jsonAh, spi: '0x1000' })[0])).toEqual(['drop', 'no-sa']);
  });

  test('an SA without addresses fits any', () => {
    expect(outline(datagrams([sealed], jsonEsp({ source: undefined, destination: undefined }))[0])).toEqual(['ok', toHex(ping)]);
  });

  test('several SAs with one SPI: the destination decides, then the source, in any order of the file', () => {
    const right = jsonEsp();
    for (const other of [
      jsonEsp({ destination: '192.0.2.3', encryption: wrong }),
      jsonEsp({ source: undefined, destination: undefined, encryption: wrong }),
      jsonEsp({ source: undefined, encryption: wrong }),
      jsonEsp({ source: '192.0.2.9', encryption: wrong }),
    ]) {
      expect(outline(datagrams([sealed], right, other)[0])).toEqual(['ok', toHex(ping)]);
      expect(outline(datagrams([sealed], other, right)[0])).toEqual(['ok', toHex(ping)]);
    }
  });

  test('unicast: a NAT may have changed the source; multicast: a source that is given has to fit (RFC 4301 section 4.1)', () => {
    const natted = seal(espSa({ source: parseAddress('203.0.113.7') }), ping);
    expect(outline(datagrams([natted], jsonEsp())[0])).toEqual(['ok', toHex(ping)]);
    const group = seal(espSa({ destination: parseAddress('233.252.0.1') }), ping);
    expect(outline(datagrams([group], jsonEsp({ destination: '233.252.0.1' }))[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([group], jsonEsp({ destination: '233.252.0.1', source: undefined }))[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([group], jsonEsp({ destination: '233.252.0.1', source: '192.0.2.9' }))[0])).toEqual(['drop', 'no-sa']);
  });

  test("Wireshark's table: the mode follows the Next Header, an SPI may be a pattern", () => {
    const transport = seal(espSa({ mode: 'transport' }), encodeUdp(between(A, B), 1, 2, new Uint8Array(4)));
    const { sas, templates } = parseEspSa(`"IPv4","*","${B}","0x000010**","AES-GCM with 16 octet ICV [RFC4106]","0x${gcmKey}","NULL",""`);
    expect(sas).toEqual([]);
    const file = writePcap(
      { linkType: 101 },
      [sealed, sealed, seal(espSa({ spi: 0x10ff }), ping)].map((data) => ({
        time: { seconds: 0, nanoseconds: 0 },
        data,
      })),
    );
    const found = [...decodeCapture(readCapture(file), createReceiver([], { ...options, templates }))] as DecodedDatagram[];
    expect(found.map((d) => [d.spi, d.reason ?? d.result, d.layers[0]!.mode])).toEqual([
      [0x1000, 'ok', 'tunnel'],
      [0x1000, 'replay', undefined],
      [0x10ff, 'ok', 'tunnel'],
    ]);
    const [inTransport] = [
      ...decodeCapture(
        readCapture(writePcap({ linkType: 101 }, [{ time: { seconds: 0, nanoseconds: 0 }, data: transport }])),
        createReceiver([], { ...options, templates }),
      ),
    ] as DecodedDatagram[];
    expect(inTransport).toMatchObject({ result: 'ok', layers: [{ mode: 'transport' }] });
  });

  test('an IPCOMP entry needs a codec', () => {
    const { sas } = parseKeyFile(keyFile([{ protocol: 'IPCOMP', mode: 'tunnel', spi: 2 }]));
    expect(() => createReceiver(sas, { rows: options.rows })).toThrow('IPComp without a codec');
  });
});

describe('layers', () => {
  test('a layer inside for which no key is listed belongs to somebody else: the datagram is clear after every listed SA', () => {
    const host = seal(espSa({ spi: 0x3000, mode: 'transport' }), ping);
    const [d] = datagrams([seal(espSa(), host)], jsonEsp());
    expect(outline(d)).toEqual(['ok', toHex(host)]);
    expect(d!.layers.map((l) => [l.spi, l.result])).toEqual([
      [0x1000, 'ok'],
      [0x3000, 'unknown'],
    ]);
    // But where the file names the address of that host, its SPI is missing.
    expect(outline(datagrams([seal(espSa(), host)], jsonEsp(), jsonEsp({ spi: '0x9999', destination: '10.2.0.1' }))[0])).toEqual([
      'drop',
      'no-sa',
      1,
    ]);
  });

  test('fragments inside a tunnel are not put together', () => {
    const [piece] = fragmentPacket(encodeUdp(between('10.1.0.1', '10.2.0.1'), 1, 2, new Uint8Array(900)), 600);
    expect(outline(datagrams([seal(espSa(), piece!)], jsonEsp())[0])).toEqual(['ok', toHex(piece!)]);
  });

  test('fragments of the outer packet: one line, at the record that completes it, in any order', () => {
    const sealed = seal(espSa(), encodeUdp(between('10.1.0.1', '10.2.0.1'), 1, 2, new Uint8Array(1200)));
    const pieces = fragmentPacket(sealed, 576);
    expect(pieces.length).toBe(3);
    const found = records([pieces[2]!, pieces[0]!, ping, pieces[1]!], jsonEsp());
    expect(found.map((r) => r.type)).toEqual(['fragment', 'fragment', 'other', 'datagram']);
    expect(found[3]).toMatchObject({ packet: 4, result: 'ok' });
  });

  test('overlapping fragments are refused and said so', () => {
    const pieces = fragmentPacket(seal(espSa(), encodeUdp(between('10.1.0.1', '10.2.0.1'), 1, 2, new Uint8Array(1200))), 576);
    const shifted = pieces[1]!.slice();
    writeU16(shifted, 6, (shifted[6]! << 8) | (shifted[7]! - 1));
    expect(records([pieces[0]!, shifted], jsonEsp()).at(-1)).toMatchObject({ type: 'fragment', packet: 2, refused: 'overlap' });
  });

  test('AH over an IPv6 "atomic" fragment: the Fragment header is gone before AH looks', () => {
    const clear = encodeEcho({ ...between('2001:db8::1', '2001:db8::2'), id: 1, seq: 1, data: new Uint8Array(8) });
    const sealed = sealAh(ahSa(), clear);
    const atomic = concat(sealed.subarray(0, 40), Uint8Array.of(51, 0, 0, 0, 0, 0, 0, 7), sealed.subarray(40));
    atomic[6] = 44;
    writeU16(atomic, 4, atomic.length - 40);
    const whole = addFragment(createReassembler(), atomic, 0);
    expect(whole.type === 'whole' && toHex(whole.packet)).toBe(toHex(sealed));
    expect(outline(datagrams([atomic], { ...jsonAh, source: undefined, destination: undefined })[0])).toEqual(['ok', toHex(clear)]);
  });

  test('nesting has an end', () => {
    const sa = espSa({ replayWindow: 0 });
    let packet = ping;
    for (let i = 0; i < 40; i++) packet = seal(sa, packet);
    const [d] = datagrams([packet], jsonEsp({ replayWindow: 0 }));
    expect(d!.layers).toHaveLength(16);
    expect(d!.result).toBe('ok');
  });
});

describe('ESP in UDP (RFC 3948)', () => {
  const inUdp = (sourcePort: number, destinationPort: number): Uint8Array =>
    seal(espSa({ encapsulation: { sourcePort, destinationPort } }), ping);

  test('on port 4500, and on the ports that the key file names; it never excludes a packet', () => {
    expect(outline(datagrams([inUdp(4500, 4500)], jsonEsp())[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([inUdp(61000, 4500)], jsonEsp())[0])).toEqual(['ok', toHex(ping)]);
    expect(records([inUdp(5000, 5001)], jsonEsp())[0]!.type).toBe('other');
    const encapsulation = { protocol: 'udp', sourcePort: 5000, destinationPort: 5001 };
    expect(outline(datagrams([inUdp(5000, 5001)], jsonEsp({ encapsulation }))[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([inUdp(4500, 4500)], jsonEsp({ encapsulation }))[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([seal(espSa(), ping)], jsonEsp({ encapsulation }))[0])).toEqual(['ok', toHex(ping)]);
  });

  test('IKE behind the marker, IKE on port 500 and keepalives are none', () => {
    const udp = (port: number, payload: Uint8Array): Uint8Array => encodeUdp(between(A, B), port, port, payload);
    const types = records(
      [udp(4500, encodeNonEspMarker(new Uint8Array(28))), udp(500, new Uint8Array(28)), udp(4500, encodeKeepalive())],
      jsonEsp(),
    ).map((r) => r.type);
    expect(types).toEqual(['ike', 'ike', 'keepalive']);
  });

  test('a UDP datagram with too few octets for an SPI', () => {
    expect(outline(datagrams([encodeUdp(between(A, B), 4500, 4500, new Uint8Array(2))], jsonEsp())[0])).toEqual(['drop', 'malformed']);
  });
});

describe('RFC 3173 section 2.2: datagrams without an IPComp header', () => {
  const entry = (mode: string): Record<string, unknown> => ({ protocol: 'IPCOMP', mode, spi: '0x72a7', source: A, destination: B });

  test('transport mode: a line of their own', () => {
    const small = encodeEcho({ ...between(A, B), id: 1, seq: 1 });
    const [d] = datagrams([small], entry('transport'));
    expect([d?.protocol, d?.spi, outline(d)]).toEqual(['IPCOMP', 0x72a7, ['ok', toHex(small)]]);
    expect(datagrams([encodeEcho({ ...between(B, A), id: 1, seq: 1 })], entry('transport'))).toEqual([]);
  });

  test('tunnel mode: plain IP in IP is stripped; other traffic between the gateways is none of it', () => {
    const tunnelled = encodePacket(between(A, B), 4, ping);
    expect(outline(datagrams([tunnelled], entry('tunnel'))[0])).toEqual(['ok', toHex(ping)]);
    expect(datagrams([encodeEcho({ ...between(A, B), id: 1, seq: 1 })], entry('tunnel'))).toEqual([]);
    expect(outline(datagrams([encodePacket(between(A, B), 41, ping)], entry('tunnel'))[0])).toEqual(['drop', 'malformed']);
  });

  test('inside ESP', () => {
    const tunnelled = encodePacket(between(A, B), 4, ping);
    const sealed = seal(espSa({ mode: 'transport' }), tunnelled);
    expect(outline(datagrams([sealed], jsonEsp({ mode: 'transport' }), entry('tunnel'))[0])).toEqual(['ok', toHex(ping)]);
    expect(outline(datagrams([sealed], jsonEsp({ mode: 'transport' }))[0])).toEqual(['ok', toHex(tunnelled)]);
  });

  test('not for IKE between the two', () => {
    const ike = encodeUdp(between(A, B), 500, 500, new Uint8Array(28));
    expect(records([ike], entry('transport')).map((r) => r.type)).toEqual(['ike']);
  });

  test('a bomb is refused before it is made', () => {
    const zeros = deflate.compress(new Uint8Array(200_000));
    const bomb = encodePacket(between(A, B), 108, concat(Uint8Array.of(17, 0, 0x72, 0xa7), zeros));
    expect(outline(datagrams([bomb], entry('transport'))[0])).toEqual(['drop', 'malformed']);
  });
});

describe('what is cut off', () => {
  const sealed = seal(espSa(), ping);
  const read = (data: Uint8Array, originalLength: number): DecodedRecord => {
    const file = writePcap({ linkType: 101 }, [{ time: { seconds: 0, nanoseconds: 0 }, data, originalLength }]);
    return [...decodeCapture(readCapture(file), createReceiver(parseKeyFile(keyFile([jsonEsp()])).sas, options))][0]!;
  };

  test('by the capture: nobody knows what the receiver made of it', () => {
    expect(read(sealed.subarray(0, 60), sealed.length)).toMatchObject({
      type: 'datagram',
      spi: 0x1000,
      seq: 1n,
      result: 'unknown',
      cut: true,
    });
  });

  test('on the wire: malformed', () => {
    expect(read(sealed.subarray(0, 60), 60)).toMatchObject({ type: 'datagram', result: 'drop', reason: 'malformed', cut: true });
  });

  test('before the IP header ends', () => {
    expect(read(sealed.subarray(0, 12), 12)).toMatchObject({ type: 'other', reason: 'a malformed IP header' });
  });
});

describe('hostile captures', () => {
  const sas = parseKeyFile(
    keyFile([
      jsonEsp({ mode: 'transport', source: undefined, destination: undefined }),
      { ...jsonAh, source: undefined, destination: undefined },
      { protocol: 'IPCOMP', mode: 'transport', spi: 2 },
    ]),
  ).sas;
  const good = [
    seal(espSa({ mode: 'transport' }), ping),
    sealAh(ahSa(), ping),
    encodePacket(between(A, B), 108, concat(Uint8Array.of(4, 0, 0, 2), deflate.compress(ping))),
  ];
  const decodeAll = (packets: readonly Uint8Array[]): DecodedRecord[] => {
    const file = writePcap(
      { linkType: 101 },
      packets.map((data) => ({ time: { seconds: 0, nanoseconds: 0 }, data })),
    );
    return [...decodeCapture(readCapture(file), createReceiver(sas, options))];
  };

  propertyTest.prop([fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 8 })])(
    'arbitrary octets: never a throw, one value a record',
    (packets) => {
      expect(decodeAll(packets)).toHaveLength(packets.length);
    },
  );

  propertyTest.prop([
    fc.boolean(),
    fc.constantFrom(0, 4, 17, 41, 43, 44, 50, 51, 60, 108),
    fc.uint8Array({ maxLength: 200 }),
    fc.boolean(),
  ])('arbitrary octets behind an IP header, bare or inside ESP: never a throw, one value a record', (v6, protocol, body, sealed) => {
    const ends = v6 ? between('2001:db8::1', '2001:db8::2') : between(A, B);
    const packet = encodePacket(ends, protocol, body);
    const sa = espSa({ mode: 'transport' });
    const inside = sealed && protocol !== 43 && protocol !== 44 && protocol !== 60 && protocol !== 0 ? seal(sa, packet) : packet;
    expect(decodeAll([inside])).toHaveLength(1);
  });

  propertyTest.prop([fc.constantFrom(...good), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat()])(
    'a mutated packet: never a throw, and what AH or ESP covers never opens',
    (packet, at, change, length) => {
      const mutated = packet.slice(0, length % 4 === 0 ? length % packet.length : packet.length);
      if (mutated.length > 0) mutated[at % mutated.length]! ^= change;
      const [record] = decodeAll([mutated]);
      if (record?.type !== 'datagram' || record.protocol === 'IPCOMP' || record.result !== 'ok') return;
      // What opens was changed where nothing is covered: in the outer IP header.
      expect(toHex(mutated.subarray(20))).toBe(toHex(packet.subarray(20)));
    },
  );
});
