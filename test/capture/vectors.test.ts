import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import type { DecodedDatagram } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture, writePcap } from '../../src/capture/pcap.js';
import { protectLike } from '../../src/capture/protect.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { encodePacket, parseAddress } from '../../src/ip.js';
import dpdk from '../../vectors/packets/dpdk-ipsec-packets.json' with { type: 'json' };
import gopacket from '../../vectors/packets/gopacket-ipsec-frames.json' with { type: 'json' };
import rfc3602 from '../../vectors/packets/rfc3602-esp-packets.json' with { type: 'json' };
import rub from '../../vectors/packets/rub-esp.json' with { type: 'json' };
import scapy from '../../vectors/packets/scapy-ipsec-reference-packets.json' with { type: 'json' };
import strongswan from '../../vectors/packets/strongswan-esp.json' with { type: 'json' };
import mcgrew from '../../vectors/suite/mcgrew-gcm-esp.json' with { type: 'json' };
import rfc7634 from '../../vectors/suite/rfc7634-esp-chacha20poly1305.json' with { type: 'json' };
import { captures } from './captures.js';
import { capture, keyFile, options } from './kernel-keys.js';

/** What the key file and the packet must come to; and sealed again like it, to the same octets. */
function check(sa: Record<string, unknown>, packet: string, seq: string, inner: string): void {
  const keys = parseKeyFile(keyFile([sa])).sas;
  const [found] = decodeAll(capture([packet]), sa);
  expect({ result: found?.result, reason: found?.reason, seq: found?.seq?.toString(), inner: found?.inner && toHex(found.inner) }).toEqual({
    result: 'ok',
    reason: undefined,
    seq,
    inner,
  });
  const [again] = [...protectLike(readCapture(capture([inner])), readCapture(capture([packet])), keys, options)];
  expect(again?.type === 'sealed' ? toHex(again.outer) : again).toBe(packet);
}

function decodeAll(file: Uint8Array, ...sas: Record<string, unknown>[]): DecodedDatagram[] {
  const receiver = createReceiver(parseKeyFile(keyFile(sas)).sas, options);
  return [...decodeCapture(readCapture(file), receiver)].filter((d) => d.type === 'datagram');
}

const ends = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const around = (esp: string): string => toHex(encodePacket(ends, 50, fromHex(esp)));
/** A header and a payload as transport mode gives them back. */
const inTransport = (protocol: number, plaintext: string, padLength: number): string =>
  toHex(encodePacket(ends, protocol, fromHex(plaintext).subarray(0, plaintext.length / 2 - 2 - padLength)));

describe('ESP and AH packets of others, opened and sealed again', () => {
  test.each(rfc7634.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const sa = { protocol: 'ESP', mode: c.mode, spi: c.spi, encryption: { name: 'ENCR_CHACHA20_POLY1305', key: c.keymat } };
    check(sa, c.packet, `${c.seq}`, c.innerPacket);
  });

  test.each(rfc3602.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const sa = { protocol: 'ESP', mode: c.mode, spi: c.spi, encryption: { name: 'ENCR_AES_CBC', key: c.key }, unsafeNoIntegrity: true };
    check(sa, c.packet, `${c.seq}`, c.innerPacket);
  });

  test('draft-mcgrew-gcm-test-01 case 4 has SPI 0, which no SA may have', () => {
    const [none] = mcgrew.cases.filter((c) => Number(`0x${c.spi}`) === 0);
    const sa = {
      protocol: 'ESP',
      mode: 'transport',
      spi: `0x${none!.spi}`,
      encryption: { name: 'ENCR_AES_GCM_16', key: none!.key + none!.salt },
    };
    expect(() => parseKeyFile(keyFile([sa]))).toThrow('an SPI: expected 1 to 0xffffffff');
  });

  test.each(mcgrew.cases.filter((c) => Number(`0x${c.spi}`) > 0).map((c) => [c.name, c] as const))('%s', (_, c) => {
    const seq = BigInt(`0x${c.seq}`);
    const sa = {
      protocol: 'ESP',
      mode: 'transport',
      spi: `0x${c.spi}`,
      esn: c.esn,
      startSeq: `${seq - 1n}`,
      encryption: { name: 'ENCR_AES_GCM_16', key: c.key + c.salt },
    };
    check(sa, around(c.espPacket), `${seq}`, inTransport(c.nextHeader, c.plaintext, c.padLength));
  });

  test.each(rub.cases.filter((c) => 'espPacket' in c).map((c) => [c.name, c] as const))('%s', (_, c) => {
    const sa = {
      protocol: 'ESP',
      mode: 'tunnel',
      spi: `0x${c.spi}`,
      encryption: { name: 'ENCR_AES_CBC', key: c.key },
      integrity: { name: 'AUTH_HMAC_SHA1_96', key: c.integKey },
    };
    check(sa, around(c.espPacket!), `${c.seq}`, c.innerPacket!);
  });

  const names: Readonly<Record<string, string>> = {
    AEAD_AES_GCM: 'ENCR_AES_GCM_16',
    AEAD_AES_CCM: 'ENCR_AES_CCM_16',
    CIPHER_AES_CBC: 'ENCR_AES_CBC',
    CIPHER_AES_CTR: 'ENCR_AES_CTR',
    CIPHER_3DES_CBC: 'ENCR_3DES',
    CIPHER_NULL: 'ENCR_NULL',
    AUTH_MD5_HMAC: 'AUTH_HMAC_MD5_96',
    AUTH_SHA256_HMAC: 'AUTH_HMAC_SHA2_256_128',
    AUTH_SHA512_HMAC: 'AUTH_HMAC_SHA2_512_256',
    AUTH_AES_XCBC_MAC: 'AUTH_AES_XCBC_96',
    AUTH_AES_GMAC: 'AUTH_AES_128_GMAC',
  };
  test.each(dpdk.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const [first, second] = c.algs.map((name) => names[name]!);
    const salt = 'ccmSalt' in c ? c.ccmSalt : 'salt' in c ? c.salt : undefined;
    const integrityName = c.proto === 'AH' ? first : second;
    const sa = {
      protocol: c.proto,
      mode: c.mode,
      spi: c.spi,
      esn: c.esn,
      ...(c.proto === 'ESP' && { encryption: { name: first, key: `${c.key ?? ''}${salt ?? ''}` } }),
      ...(integrityName !== undefined && {
        integrity: { name: integrityName, key: `${c.integKey ?? ''}${c.proto === 'AH' ? (salt ?? '') : ''}` },
      }),
    };
    check(sa, c.packet, `${c.seq}`, c.innerPacket);
  });

  test('scapy: ESN, high half 68; of the four others the set has no ESP octets', () => {
    const [esn, ...more] = scapy.cases.filter((c) => c.esn);
    expect([more.length, scapy.cases.length]).toEqual([0, 5]);
    const { packet, key, integKey, seqHigh, spi, plaintext } = esn!;
    const sa = {
      protocol: 'ESP',
      mode: 'transport',
      spi: `0x${spi}`,
      esn: true,
      startSeq: `${BigInt(seqHigh!) << 32n}`,
      encryption: { name: 'ENCR_AES_CBC', key },
      integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: integKey },
    };
    const [found] = decodeAll(capture([packet]), sa);
    expect([found?.result, found?.seq]).toEqual(['ok', (BigInt(seqHigh!) << 32n) + 1n]);
    const text = fromHex(plaintext!);
    expect(toHex(found!.inner!.subarray(20))).toBe(toHex(text.subarray(0, text.length - 2 - text.at(-2)!)));
    expect(found!.inner![9]).toBe(6);
  });
});

describe('ESP in UDP of strongSwan, opened and sealed again', () => {
  const iana = (name: string): string => (name === '3DES' ? 'ENCR_3DES' : `ENCR_${name}`);
  test.each(strongswan.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const sas = c.sas.map((s) => ({
      protocol: 'ESP',
      mode: 'tunnel',
      spi: `0x${s.spi}`,
      esn: s.esn,
      encryption: { name: iana(s.encryption), key: s.encryptionKey },
      ...(s.integrityKey !== '' && { integrity: { name: `AUTH_${s.integrity}`, key: s.integrityKey } }),
    }));
    const file = capture(c.packets.map((p) => p.outer));
    const found = decodeAll(file, ...sas);
    expect(found.map((d) => [d.result, d.spi, d.seq, d.inner && toHex(d.inner)])).toEqual(
      c.packets.map((p) => ['ok', Number(`0x${p.spi}`), BigInt(p.seq), p.inner]),
    );
    const trailers = found.map((d) => (d.layers[0]?.protocol === 'ESP' ? d.layers[0].trailer : undefined));
    expect(trailers.map((t) => [t?.nextHeader, t?.padding.length])).toEqual(c.packets.map((p) => [p.nextHeader, p.padLength]));
    const again = protectLike(
      readCapture(capture(c.packets.map((p) => p.inner))),
      readCapture(file),
      parseKeyFile(keyFile(sas)).sas,
      options,
    );
    expect([...again].map((r) => (r.type === 'sealed' ? toHex(r.outer) : r))).toEqual(c.packets.map((p) => p.outer));
  });
});

describe('captures without keys: SPI and number of every ESP and AH packet, as another program reads them', () => {
  const sets = import.meta.glob<{ pcap: string; cases: { frame: number; kind: string; spi?: string; seq?: number }[] }>(
    '../../vectors/packets/capture-*.json',
    { eager: true, import: 'default' },
  );
  test.each(Object.values(sets).map((set) => [set.pcap, set] as const))('%s', (_, set) => {
    const name = set.pcap.slice(set.pcap.lastIndexOf('/') + 1).replace(/cap$/, (end) => (set.pcap.endsWith('.cap') ? `p${end}` : end));
    const found = decodeAll(captures[name]!).filter((d) => d.protocol !== 'IPCOMP');
    expect(found.map((d) => [d.packet, d.protocol, d.spi, Number(d.seq), d.result])).toEqual(
      set.cases
        .filter((c) => c.kind === 'esp' || c.kind === 'ah')
        .map((c) => [c.frame, c.kind.toUpperCase(), Number(`0x${c.spi}`), c.seq, 'unknown']),
    );
  });

  test.each(gopacket.cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const file = writePcap({ linkType: 1 }, [{ time: { seconds: 0, nanoseconds: 0 }, data: fromHex(c.frame) }]);
    const [found] = decodeAll(file);
    const { spi, seq } = c.ah ?? c.esp;
    expect(found).toMatchObject({ protocol: c.ah ? 'AH' : 'ESP', spi: Number(`0x${spi}`), seq: BigInt(seq), result: 'unknown' });
  });
});
