import { describe, expect, it } from 'vitest';
import {
  ahLength,
  createSa,
  dropReason,
  open,
  openInto,
  seal,
  secretsOf,
  wipeSa,
  zeroMutableFields,
  type SaConfig,
  type SecurityAssociation,
} from '../../src/ah.js';
import { concat, fromHex, readU16, readU32, toHex, writeU16 } from '../../src/bytes.js';
import { encodeIpv4Header, encodeUdp, fixIpv4Checksum, fragmentPacket, parseAddress, setHopLimit, setTrafficClass } from '../../src/ip.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { aes128Gmac, aes256Gmac, aesXcbc96, hmacSha1_96, hmacSha256_128, hmacSha384_192 } from '../../src/suite/integ.js';
import { isSupported, kernelConfig, kernelCases, kernelTranscripts } from '../kernel-sa.js';

const a4 = parseAddress('192.0.2.1');
const b4 = parseAddress('192.0.2.2');
const a6 = parseAddress('2001:db8::1');
const b6 = parseAddress('2001:db8::2');
const key = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1);
const config: SaConfig = { protocol: 'AH', mode: 'transport', spi: 0x2001, integrity: { row: hmacSha256_128, key: key(32) } };
const clear = encodeUdp({ source: a4, destination: b4 }, 1000, 2000, key(37));
const clear6 = encodeUdp({ source: a6, destination: b6 }, 1000, 2000, key(37));

function drop(sa: SecurityAssociation, packet: Uint8Array): string {
  const verdict = open(sa, packet);
  return verdict.ok ? 'ok' : verdict.drop;
}
/** An IPv6 UDP packet with extension headers, `[type, body]`, in front of UDP. */
function withExtensions(...extensions: [number, string][]): Uint8Array {
  const headers = extensions.map(([, body], i) => concat(Uint8Array.of(extensions[i + 1]?.[0] ?? 17), fromHex(body)));
  const packet = concat(clear6.subarray(0, 40), ...headers, clear6.subarray(40));
  packet[6] = extensions[0]?.[0] ?? 17;
  writeU16(packet, 4, packet.length - 40);
  return packet;
}

describe('RFC 4302 section 2', () => {
  it('puts 51 into the header in front', () => {
    expect(seal(createSa(config), clear)[9]).toBe(51);
    expect(seal(createSa(config), clear6)[6]).toBe(51);
    expect(seal(createSa(config), withExtensions([0, '00050200000100']))[40]).toBe(51);
  });
  it('sends RESERVED as zero and ignores it on receipt, but for the ICV', () => {
    const sealed = seal(createSa(config), clear);
    expect(readU16(sealed, 22)).toBe(0);
    expect(drop(createSa(config), seal(createSa(config), clear, { reserved: 0xbeef }))).toBe('ok');
    sealed[22] = 1;
    expect(drop(createSa(config), sealed)).toBe('icv');
  });
  it('counts its length in words minus two', () => {
    expect(seal(createSa({ ...config, integrity: { row: hmacSha1_96, key: key(20) } }), clear)[21]).toBe(4);
  });
  it('numbers every packet one higher, the first 1', () => {
    const sa = createSa(config);
    expect([1, 2, 3].map(() => readU32(seal(sa, clear), 28))).toEqual([1, 2, 3]);
  });
});

describe('RFC 4302 section 2.6', () => {
  it('pads the ICV field to 32 bits in IPv4 and 64 bits in IPv6, and no further', () => {
    const of = (row: typeof hmacSha1_96, octets: number, ahPadding?: 4 | 8): SecurityAssociation =>
      createSa({ ...config, integrity: { row, key: key(octets) }, ahPadding });
    expect([ahLength(of(hmacSha1_96, 20), 4), ahLength(of(hmacSha1_96, 20), 6)]).toEqual([24, 24]);
    expect([ahLength(of(hmacSha256_128, 32), 4), ahLength(of(hmacSha256_128, 32), 6)]).toEqual([28, 32]);
    expect([ahLength(of(hmacSha256_128, 32, 8), 4), ahLength(of(hmacSha384_192, 48), 6)]).toEqual([32, 40]);
    expect([ahLength(of(aesXcbc96, 16), 4), ahLength(of(aes128Gmac, 20), 6)]).toEqual([24, 40]);
  });
  it('takes other lengths from a peer unless the SA fixes one, as Linux does', () => {
    const sealed = seal(createSa({ ...config, ahPadding: 8 }), clear);
    expect(drop(createSa(config), sealed)).toBe('ok');
    expect(drop(createSa({ ...config, ahPadding: 8 }), sealed)).toBe('ok');
    expect(drop(createSa({ ...config, ahPadding: 4 }), sealed)).toBe('malformed');
    expect(drop(createSa(config), seal(createSa(config), clear, { padding: fromHex('aabbccdd') }))).toBe('ok');
    expect(() => seal(createSa(config), clear, { padding: key(3) })).toThrow(/multiple of 4/);
  });
  it('demands a multiple of 64 bits in IPv6', () => {
    const sealed = seal(createSa(config), clear6, { padding: fromHex('') });
    expect(drop(createSa(config), sealed)).toBe('malformed');
  });
});

describe('RFC 4302 section 3.3.3.1.1', () => {
  it('covers IPv4 but for DSCP, ECN, flags, fragment offset, TTL and checksum', () => {
    const sealed = seal(createSa(config), clear);
    const mutable = [1, 6, 7, 8, 10, 11];
    for (let i = 0; i < 20; i++) {
      const changed = sealed.slice();
      changed[i]! ^= i === 6 ? 0x40 : i === 7 ? 0 : 1; // of the flags DF: a fragment would be refused before the ICV
      expect([i, drop(createSa(config), changed)]).toEqual([
        i,
        mutable.includes(i) ? 'ok' : i === 0 || i === 2 || i === 3 || i === 9 ? expect.stringMatching(/malformed|icv/) : 'icv',
      ]);
    }
  });
  it('survives what routers do', () => {
    const sealed = seal(createSa(config), clear);
    setHopLimit(sealed, 3);
    setTrafficClass(sealed, 0xbb);
    expect(drop(createSa(config), sealed)).toBe('ok');
  });
  it('zeroes mutable options whole, keeps immutable ones, and stops at the end of the list', () => {
    const options = fromHex('940400008207aabbccddee01' + '0708040000000000' + '440c050011223344556677ff' + '00000000');
    const header = encodeIpv4Header({ source: a4, destination: b4, protocol: 51, totalLength: 20 + options.length, options });
    const h = header.slice();
    expect(zeroMutableFields(h, h.length)).toBe(h.length);
    expect(toHex(h.subarray(20))).toBe('940400008207aabbccddee01' + '0'.repeat(16) + '0'.repeat(24) + '00000000');
  });
  it('zeroes an option it does not recognize, by its length octet', () => {
    const options = fromHex('f106aabbccdd0101');
    const h = encodeIpv4Header({ source: a4, destination: b4, protocol: 51, totalLength: 28, options });
    zeroMutableFields(h, 28);
    expect(toHex(h.subarray(20))).toBe('0000000000000101');
  });
  it('puts the end of a loose or strict source route into the destination', () => {
    for (const type of ['83', '89']) {
      const options = fromHex(`${type}0b04cb007101c633640100`);
      const h = encodeIpv4Header({
        source: a4,
        destination: b4,
        protocol: 51,
        totalLength: 32,
        options: options,
      });
      zeroMutableFields(h, 32);
      expect(toHex(h.subarray(16, 20))).toBe('c6336401');
      const arrived = encodeIpv4Header({
        source: a4,
        destination: b4,
        protocol: 51,
        totalLength: 32,
        options: fromHex(`${type}0b0ccb007101c633640100`),
      });
      zeroMutableFields(arrived, 32);
      expect(arrived.subarray(16, 20)).toEqual(b4);
    }
  });
  it('refuses options that leave their header or never end', () => {
    for (const options of ['0700000001010101', '0701000001010101', '07ff000001010101', '0101010101010107']) {
      const h = encodeIpv4Header({ source: a4, destination: b4, protocol: 51, totalLength: 28 });
      const broken = concat(h.subarray(0, 20), fromHex(options));
      broken[0] = 0x47;
      expect(zeroMutableFields(broken, 28)).toBe(-1);
    }
  });
});

describe('RFC 4302 section 3.3.3.1.2', () => {
  it('covers IPv6 but for DSCP, ECN, flow label and hop limit', () => {
    const sealed = seal(createSa(config), clear6);
    for (const i of [0, 1, 2, 3, 7]) {
      const changed = sealed.slice();
      changed[i]! ^= 1;
      expect([i, drop(createSa(config), changed)]).toEqual([i, 'ok']);
    }
    for (let i = 8; i < 40; i++) {
      const changed = sealed.slice();
      changed[i]! ^= 1;
      expect([i, drop(createSa(config), changed)]).toEqual([i, 'icv']);
    }
  });
  it('zeroes the data of options whose bit says that they change, and covers type and length', () => {
    const packet = withExtensions([0, '01' + '3e04aabbccdd' + '1e04aabbccdd' + '0000'], [60, '00' + '0104000000' + '00']);
    const sealed = seal(createSa(config), packet, { destinationOptions: 'outside' });
    expect(drop(createSa(config), sealed)).toBe('ok');
    const change = (at: number): string => {
      const changed = sealed.slice();
      changed[at]! ^= 0x41;
      return drop(createSa(config), changed);
    };
    expect([44, 45, 46, 47].map(change)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect([43, 50, 51, 52, 53].map(change).every((r) => r === 'icv' || r === 'malformed')).toBe(true);
  });
  it('orders a type 0 routing header as it will be at the receiver', () => {
    const [r1, r2] = [toHex(parseAddress('2001:db8:1::1')), toHex(parseAddress('2001:db8:2::2'))];
    const atSender = withExtensions([43, `04000200000000${r1}${r2}`]);
    const sa = createSa(config);
    const sealed = seal(sa, atSender);
    // RFC 2460 section 4.4, as two routers do it: swap the destination with the next address, one segment less each time
    for (const [left, address] of [
      [2, 0],
      [1, 1],
    ] as const) {
      expect(sealed[43]).toBe(left);
      const next = 48 + 16 * address;
      const held = sealed.slice(24, 40);
      sealed.copyWithin(24, next, next + 16);
      sealed.set(held, next);
      sealed[43]!--;
      sealed[7]!--;
    }
    expect(toHex(sealed.subarray(24, 40))).toBe(r2);
    expect(drop(createSa(config), sealed)).toBe('ok');
  });
  it('refuses a routing header with more segments left than addresses, or of a type without a rule', () => {
    expect(() => seal(createSa(config), withExtensions([43, '0200020000000' + '0' + toHex(a6)]))).toThrow(/options and routing headers/);
    expect(() => seal(createSa(config), withExtensions([43, '0209010000000' + '0' + toHex(a6)]))).toThrow(/options and routing headers/);
  });
  it('steps over the Fragment header of a whole datagram on both sides', () => {
    const atomic = withExtensions([44, '00000000001234']);
    const sealed = seal(createSa(config), atomic);
    expect(open(createSa(config), sealed)).toMatchObject({ ok: true, packet: atomic });
    // the same ICV as without the header
    const bare = seal(createSa(config), clear6);
    expect(toHex(sealed.subarray(60, 76))).toBe(toHex(bare.subarray(52, 68)));
  });
});

describe('RFC 4302 section 3.3.3.2', () => {
  it('appends the high half of an ESN for the ICV alone', () => {
    const esn = { ...config, esn: true, startSeq: 2 ** 40 };
    const sealed = seal(createSa(esn), clear);
    expect(sealed.length).toBe(clear.length + 28);
    expect(open(createSa(esn), sealed)).toMatchObject({ ok: true, seq: 2 ** 40 + 1 });
    expect(drop(createSa({ ...esn, startSeq: 2 ** 41 }), sealed)).toBe('icv');
  });
});

describe('RFC 4302 section 3.1', () => {
  it('protects in tunnel mode, in every mix of versions', () => {
    for (const packet of [clear, clear6])
      for (const [source, destination] of [
        [a4, b4],
        [a6, b6],
      ] as const) {
        const tunnel: SaConfig = { ...config, mode: 'tunnel', source, destination };
        expect(open(createSa(tunnel), seal(createSa(tunnel), packet))).toMatchObject({ ok: true, packet });
      }
  });
  it('has no cipher and no UDP around it', () => {
    expect(() => createSa({ ...config, encryption: { row: aes128Gcm16, key: key(20) } })).toThrow(/AH does not encrypt/);
    expect(() => createSa({ ...config, encapsulation: { sourcePort: 4500, destinationPort: 4500 } })).toThrow(/UDP encapsulation/);
    expect(() => createSa({ ...config, integrity: undefined })).toThrow(/AH needs an integrity algorithm/);
  });
});

describe('RFC 4302 section 3.4', () => {
  it('discards fragments, replays, other SPIs and what is cut off', () => {
    const sealed = seal(createSa(config), encodeUdp({ source: a4, destination: b4 }, 1, 2, key(1400)));
    for (const piece of fragmentPacket(sealed, 576)) expect(drop(createSa(config), piece)).toBe('fragment');
    const sa = createSa(config);
    expect([drop(sa, sealed), drop(sa, sealed)]).toEqual(['ok', 'replay']);
    expect(drop(createSa({ ...config, spi: 0x2002 }), sealed)).toBe('no-sa');
    for (let n = 0; n < 60; n++) {
      const cut = sealed.slice(0, n);
      if (n >= 20) {
        writeU16(cut, 2, n);
        fixIpv4Checksum(cut);
      }
      expect(['malformed', 'icv']).toContain(drop(createSa(config), cut));
    }
  });
  it('audits a failed ICV with the facts the RFC lists', () => {
    const sealed = seal(createSa(config), clear6);
    sealed[sealed.length - 1]! ^= 1;
    expect(open(createSa(config), sealed, 9)).toEqual({
      ok: false,
      drop: 'icv',
      audit: { event: 'icv', at: 9, spi: 0x2001, protocol: 'AH', source: a6, destination: b6, seq: 1, flowLabel: 0 },
    });
  });
  it('moves no window and counts nothing for a packet with one octet changed', () => {
    const sealed = seal(createSa(config), clear);
    const sa = createSa(config);
    const before = JSON.stringify([sa.seq, sa.octets, sa.packets, sa.window]);
    for (let i = 20; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i]! ^= 0x40;
      expect(drop(sa, changed)).not.toBe('ok');
    }
    expect(JSON.stringify([sa.seq, sa.octets, sa.packets, sa.window])).toBe(before);
    expect(dropReason(openInto(sa, sealed, new Uint8Array(10)))).toBe('buffer-too-small');
  });
  it('refuses to send when the number would cycle', () => {
    expect(() => seal(createSa({ ...config, startSeq: 2 ** 32 - 1 }), clear)).toThrow(
      expect.objectContaining({ code: 'sequence-overflow' }),
    );
  });
  it('is over when the SA is', () => {
    const sa = createSa({ ...config, integrity: { row: aes256Gmac, key: key(36) } });
    const sealed = seal(sa, clear);
    expect(secretsOf(sa).some((b) => b.some((x) => x !== 0))).toBe(true);
    wipeSa(sa);
    for (const b of secretsOf(sa)) expect(b.every((x) => x === 0)).toBe(true);
    expect(drop(sa, sealed)).toBe('no-sa');
    expect(() => seal(sa, clear)).toThrow(/deleted/);
  });
});

describe('RFC 4302 appendix B3', () => {
  it('finds its way back after a loss of more than 2^32 packets', () => {
    const receiver = createSa({ ...config, esn: true, startSeq: 5 });
    const sender = createSa({ ...config, esn: true, startSeq: 2 * 2 ** 32 + 100 });
    for (let i = 0; i < 255; i++) expect(drop(receiver, seal(sender, clear))).toBe('icv');
    expect(open(receiver, seal(sender, clear))).toMatchObject({ ok: true, seq: sender.seq });
  });
});

describe('RFC 4543 section 4', () => {
  it('carries IV and ICV in the ICV field and needs no padding', () => {
    const gmac: SaConfig = { ...config, integrity: { row: aes128Gmac, key: key(20) } };
    const sealed = seal(createSa(gmac), clear);
    expect(sealed[21]).toBe((12 + 8 + 16) / 4 - 2);
    expect(toHex(sealed.subarray(32, 40))).toBe('0000000000000001');
    expect(drop(createSa(gmac), sealed)).toBe('ok');
    for (let i = 32; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i]! ^= 1;
      expect(drop(createSa(gmac), changed)).toBe('icv');
    }
    expect(() => createSa({ ...gmac, mayWrap: true })).toThrow(/repeat a nonce/);
  });
});

describe('AH packets of a Linux kernel', () => {
  it('are made again octet for octet from the clear packet, its header, the number and the padding', () => {
    let count = 0;
    for (const c of kernelCases.filter(
      (k) => isSupported(k.sas) && k.sas.every((s) => s.proto === 'ah') && k.sas.filter((s) => s.dir === 'AB').length === 1,
    )) {
      for (const p of c.packets) {
        const outer = fromHex(p.outer);
        const raw = c.sas.find((s) => s.dir === p.dir)!;
        const sa = createSa({ ...kernelConfig(raw, c.flags), replayWindow: 0 });
        const at = headerLength(outer);
        const size = (outer[at + 1]! + 2) * 4;
        const icvEnd = at + 12 + sa.icvLength;
        const sealed = seal(sa, fromHex(p.plain ?? p.inner), {
          seq: Number(BigInt(p.seq) - (BigInt(sa.epoch) << 32n)),
          outer: outer.slice(0, at),
          padding: outer.slice(icvEnd, at + size),
        });
        expect([c.name, toHex(sealed)]).toEqual([c.name, p.outer]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(250);
  });
  it('of the malformed transcript: where Linux and RFC 4302 agree, and where the length is our own to choose', () => {
    const t = kernelTranscripts.find((x) => x.name === 'malformed-ah-v4')!;
    for (const ahPadding of [8, undefined] as const) {
      const sa = createSa({ ...kernelConfig(t), ahPadding });
      for (const step of t.steps) {
        const result = drop(sa, fromHex(t.packets[step.packet]!.outer));
        // With ahPadding: 8 we demand Linux's length; without it any length whose ICV verifies will do.
        const want = step.accepted || (ahPadding === undefined && step.note?.includes('28 bytes') === true);
        expect([step.note, result === 'ok']).toEqual([step.note, want]);
      }
    }
  });
});

/** Offset of the AH header of a kernel packet. */
function headerLength(packet: Uint8Array): number {
  if (packet[0]! >>> 4 === 4) return (packet[0]! & 15) * 4;
  let at = 40;
  for (let type = packet[6]!; type !== 51;) {
    type = packet[at]!;
    at += (packet[at + 1]! + 1) * 8;
  }
  return at;
}
