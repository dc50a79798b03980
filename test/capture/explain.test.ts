import { test as propertyTest, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { seal as sealAh } from '../../src/ah.js';
import { fromHex } from '../../src/bytes.js';
import type { DecodedDatagram, DecodedRecord } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { explainDatagram, explainOther } from '../../src/capture/explain.js';
import { describeIp } from '../../src/capture/explain-ip.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture, writePcap } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { addToTally, createTally, formatTally } from '../../src/capture/tally.js';
import { createSa, seal } from '../../src/esp.js';
import { encodeEcho, encodePacket, encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { kernelCases, kernelTranscripts } from '../kernel-sa.js';
import { capture, jsonSa, keyFile, options } from './kernel-keys.js';

function decode(file: Uint8Array, keys: string): DecodedRecord[] {
  return [...decodeCapture(readCapture(file), createReceiver(parseKeyFile(keys).sas, options))];
}
const explain = (record: DecodedRecord | undefined): string => {
  if (record?.type !== 'datagram') throw new Error('no datagram');
  return explainDatagram(record);
};
const kernel = (name: string, withKeys = true): DecodedDatagram[] => {
  const c = kernelCases.find((k) => k.name === name)!;
  const keys = withKeys ? keyFile(c.sas.map((s) => jsonSa(s, c.flags))) : '{}';
  return decode(capture(c.packets.map((p) => p.outer)), keys).filter((d) => d.type === 'datagram');
};

describe('explainDatagram', () => {
  test('nested layers, field by field with the names of the RFCs', () => {
    expect(explain(kernel('ipcomp-esp-ah-t4')[2])).toBe(
      `
#3  0.000000  192.0.2.1 > 192.0.2.2  AH 0x0b5d745a seq 2  ok
  IPv4 192.0.2.1 > 192.0.2.2, 160 octets, TTL 64, Identification 0xaf7c
  AH (RFC 4302), transport mode, sas.0: AUTH_HMAC_SHA1_96
      20  Next Header                      50 (ESP)
      21  Payload Len                      4: a header of 24 octets
      22  RESERVED                         0
      24  Security Parameters Index (SPI)  0x0b5d745a
      28  Sequence Number                  2
      32  Integrity Check Value-ICV        ed3092986c572198a788db0a: right
          anti-replay window of 32, highest number 2
    IPv4 192.0.2.1 > 192.0.2.2, 136 octets, TTL 64, Identification 0xaf7c
    ESP (RFC 4303), transport mode, sas.1: ENCR_AES_CBC (128 bits), AUTH_HMAC_SHA1_96
        20  Security Parameters Index (SPI)  0x2b44b66e
        24  Sequence Number                  2
        28  IV                               9d1e7274900d62986b69e59de78b8507
        44  Payload Data                     69 octets
       113  Padding                          010203040506070809
       122  Pad Length                       9
       123  Next Header                      108 (IPComp)
       124  Integrity Check Value-ICV        c457cc25ddc599a0307bef25: right
      IPv4 192.0.2.1 > 192.0.2.2, 89 octets, TTL 64, Identification 0xaf7c
      IPComp (RFC 3173), transport mode, sas.2: IPCOMP_DEFLATE
          20  Next Header                  17 (UDP)
          21  Flags                        0
          22  Compression Parameter Index  29351
          24  compressed                   65 octets, decompressed 1208
        IPv4 192.0.2.1 > 192.0.2.2, 1228 octets, TTL 64, Identification 0xaf7c: UDP 40001 > 7000, 1200 octets of data`.trimStart(),
    );
  });

  test('ESP in UDP, TFC padding, ESN, a datagram without its IPComp header', () => {
    expect(explain(kernel('esp-udpencap-ccm128-icv128-u46')[0])).toMatch(
      /ESP \(RFC 4303\) in UDP \(RFC 3948\)[^]*UDP Source Port +4500\n[^]*UDP Checksum +0x39fb/,
    );
    expect(explain(kernel('esp-tfc-chachapoly-u66')[0])).toMatch(/104 {2}TFC Padding +285 octets: 0{32}\.\.\./);
    const esn = kernelCases.find((c) => c.name === 'esp-highseq-gcm128-icv128-t4')!;
    const [d] = kernel(esn.name);
    const low = BigInt(esn.packets[0]!.seq) & 0xffff_ffffn;
    expect(explain(d)).toContain(
      `Sequence Number                  ${esn.sas[0]!.esn ? `${low}; in full, with the inferred high half: ` : ''}${esn.packets[0]!.seq}\n`,
    );
    expect(explain(kernel('ipcomp-t4')[0])).toContain('IPComp header  none: small, or it would not shrink (RFC 3173 section 2.2)');
  });

  test('without keys: what can be seen, and what a key file would need', () => {
    const text = explain(kernel('esp-gcm256-icv128-t4', false)[0]);
    expect(text).toContain('Payload Data, Padding and ICV');
    expect(text).toMatch(
      /not opened: a key file would need \{ "protocol": "ESP", "spi": "0x[0-9a-f]{8}", "destination": "192\.0\.2\.2" \} and its keys/,
    );
    expect(explain(kernel('ah-sha256-u64', false)[0])).toMatch(/not verified: IPv6 .*: ICMPv6 Echo Request/);
    expect(explain(kernel('ah-sha256-t6', false)[0])).toMatch(/not verified: [0-9]+ octets of 58 \(IPv6-ICMP\)/);
    expect(explain(kernel('ipcomp-u44', false)[0])).toMatch(
      /"protocol": "IPCOMP", "spi": "0x00007380", "destination": "192\.0\.2\.2" \}$/m,
    );
  });

  test('every reason for a drop has its words', () => {
    const t = kernelTranscripts.find((k) => k.name === 'malformed-esp-gcm128-icv128-v4')!;
    const file = capture([...t.steps, t.steps[0]!].map((s) => t.packets[s.packet]!.outer));
    const texts = decode(file, keyFile([jsonSa({ ...t, startSeq: t.receiverTop })])).map(explain);
    for (const [note, words] of [
      ['ICV wrong in the last bit', /: WRONG\n[^]*dropped: the ICV does not fit/],
      ['pad bytes all zero (ICV right)', /: right\n[^]*dropped: the Padding is not 1, 2, 3/],
      ['next header 59 (dummy packet)', /: right\n[^]*dropped: a dummy packet/],
      ['unknown SPI', /drop: no-sa\n[^]*dropped: the key file names the destination, but has no SA with this SPI/],
      ['only the first 12 bytes of a packet', /4 octets: too short for an IV and an ICV\n[^]*dropped: the octets contradict themselves/],
      ['only the first 0 bytes of a packet', /192\.0\.2\.2 {2}ESP {2}drop: malformed\n/],
    ] as const) {
      const i = t.steps.findIndex((s) => s.note === note);
      expect(texts[i]).toMatch(words);
    }
    expect(texts.at(-1)).toMatch(/drop: replay\n[^]*dropped: the number was received before/);
  });

  test('a nested drop names its layer, a missing window is said, times count from the first record', () => {
    const key = '00'.repeat(32);
    const esp = {
      protocol: 'ESP',
      mode: 'transport',
      spi: 0x1000,
      replayWindow: 0,
      encryption: { name: 'ENCR_NULL' },
      integrity: { name: 'AUTH_HMAC_SHA2_256_128', key },
    };
    const ah = { protocol: 'AH', mode: 'transport', spi: 0x2000, replayWindow: 0, integrity: { name: 'AUTH_HMAC_SHA2_256_128', key } };
    const other = { protocol: 'ESP', mode: 'transport', spi: 0x1000 } as const;
    const wrong = createSa({
      ...other,
      encryption: { row: options.rows.encryption.find((r) => r.name === 'ENCR_NULL')!, key: new Uint8Array(0) },
      integrity: { row: hmacSha256_128, key: new Uint8Array(32).fill(1) },
    });
    const outer = createSa({ protocol: 'AH', mode: 'transport', spi: 0x2000, integrity: { row: hmacSha256_128, key: fromHex(key) } });
    const packet = sealAh(
      outer,
      seal(wrong, encodeEcho({ source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2'), id: 1, seq: 1 })),
    );
    const [d] = decode(
      writePcap({ linkType: 101 }, [{ time: { seconds: 12, nanoseconds: 500_000_000 }, data: packet }]),
      keyFile([ah, esp]),
    );
    if (d?.type !== 'datagram') throw new Error('no datagram');
    expect(explainDatagram(d, { seconds: 2, nanoseconds: 750_000_000 })).toMatch(
      /^#1 {2}9\.750000 {2}10\.0\.0\.1 > 10\.0\.0\.2 {2}AH 0x00002000 seq 1 {2}drop: icv, layer 1\n/,
    );
    expect(explainDatagram(d, { seconds: 12, nanoseconds: 500_001_000 })).toMatch(/^#1 {2}-0\.000001 /);
    expect(explainDatagram(d)).toContain('no anti-replay check');
  });

  test('a datagram that the capture cut', () => {
    const c = kernelCases.find((k) => k.name === 'esp-gcm256-icv128-t4')!;
    const whole = fromHex(c.packets[0]!.outer);
    const file = writePcap({ linkType: 101 }, [
      { time: { seconds: 0, nanoseconds: 0 }, data: whole.subarray(0, 40), originalLength: whole.length },
    ]);
    expect(explain(decode(file, keyFile(c.sas.map((s) => jsonSa(s))))[0])).toContain(
      'The capture holds 40 octets of this datagram: the rest is missing.',
    );
  });
});

describe('explainOther and the tally', () => {
  test('broken records and refused fragments are worth a line, the rest is counted', () => {
    const pieces = fragmentPacket(
      encodePacket({ source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') }, 50, new Uint8Array(1000)),
      576,
    );
    const ends = { source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') };
    const packets = [
      pieces[0]!,
      pieces[0]!.with(9, 51).with(6, 0).with(7, 1),
      encodeUdp(ends, 500, 500, new Uint8Array(4)),
      encodeUdp(ends, 1, 2, new Uint8Array(4)),
      encodeUdp(ends, 4500, 4500, Uint8Array.of(0xff)),
      ...pieces,
    ];
    const file = writePcap(
      { linkType: 101 },
      packets.map((data) => ({ time: { seconds: 0, nanoseconds: 0 }, data })),
    );
    const records = decode(file.subarray(0, file.length - 5), '{}');
    const tally = createTally();
    for (const record of records) addToTally(tally, record);
    expect(formatTally(tally)).toMatch(/^7 records: 0 protected, [0-9] fragments, 1 IKE, 1 not protected, 1 NAT-keepalives, 1 broken$/);
    const lines = records.flatMap((r) => (r.type === 'datagram' ? [] : [explainOther(r)])).filter((text) => text !== undefined);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^record 7 is broken and passed over: /);
    expect(explainOther({ type: 'fragment', packet: 3, refused: 'overlap' })).toBe('record 3: a fragment was refused: overlap');
    const none = createTally();
    expect(formatTally(none)).toBe('0 records: 0 protected');
    addToTally(
      none,
      records.find((r) => r.type === 'ike')!,
    );
    expect(formatTally(none)).toBe('1 record: 0 protected, 1 IKE');
  });
});

describe('describeIp', () => {
  const ends = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
  test('fragments, options, protocols without a name, what is no IP', () => {
    const [first, second] = fragmentPacket(
      encodeUdp({ source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') }, 1, 2, new Uint8Array(900)),
      576,
    );
    expect(describeIp(first!, true)).toMatch(/fragment from octet 0, more follow: UDP 1 > 2/);
    expect(describeIp(second!, true)).toMatch(/fragment from octet 552: [0-9]+ octets of UDP$/);
    expect(describeIp(encodePacket(ends, 253, new Uint8Array(3)), true)).toMatch(/: .*, 3 octets$/);
    expect(
      describeIp(encodePacket({ ...ends, trafficClass: 0xb8 }, 6, fromHex(`00500051${'00'.repeat(8)}5012${'00'.repeat(6)}`)), true),
    ).toMatch(/traffic class 0xb8: TCP 80 > 81 \[SYN ACK\], 0 octets of data$/);
    expect(describeIp(encodePacket(ends, 58, fromHex('0104000000000000')), true)).toMatch(/ICMPv6 Destination Unreachable, code 4$/);
    expect(describeIp(Uint8Array.of(0x45), true)).toMatch(/^not an IP packet: /);
  });

  propertyTest.prop([fc.uint8Array({ maxLength: 80 })])('never throws', (octets) => {
    expect(describeIp(octets, true).length).toBeGreaterThan(0);
  });
});
