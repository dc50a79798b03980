import { describe, expect, it } from 'vitest';
import { fromHex, readU32, toHex } from '../../src/bytes.js';
import {
  createSa,
  dropReason,
  fullSeq,
  nextSeq,
  open,
  openEspAt,
  openInto,
  openPayloadInto,
  seal,
  sealDummy,
  sealEspAt,
  sealInto,
  sealPayloadInto,
  secretsOf,
  wipeSa,
  type SaConfig,
  type SecurityAssociation,
} from '../../src/esp.js';
import { decodeIp, encodeUdp, encodeIpv6Header, fragmentPacket, parseAddress, verifyIpv4Checksum } from '../../src/ip.js';
import { aes128Gcm16, aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, hmacSha256_128 } from '../../src/suite/integ.js';

const a4 = parseAddress('192.0.2.1');
const b4 = parseAddress('192.0.2.2');
const a6 = parseAddress('2001:db8::1');
const b6 = parseAddress('2001:db8::2');
const key = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1);
const gcm: SaConfig = {
  protocol: 'ESP',
  mode: 'tunnel',
  spi: 0x1001,
  source: a4,
  destination: b4,
  encryption: { row: aes128Gcm16, key: key(20) },
};
const cbc: SaConfig = {
  protocol: 'ESP',
  mode: 'transport',
  spi: 0x1002,
  encryption: { row: aes128Cbc, key: key(16) },
  integrity: { row: hmacSha256_128, key: key(32) },
};
const nul: SaConfig = { ...cbc, spi: 0x1003, encryption: { row: nullEncryption, key: key(0) } };
const clear = encodeUdp({ source: a4, destination: b4 }, 1000, 2000, key(37));
const clear6 = encodeUdp({ source: a6, destination: b6 }, 1000, 2000, key(37));

function drop(sa: SecurityAssociation, packet: Uint8Array): string {
  const verdict = open(sa, packet);
  return verdict.ok ? 'ok' : verdict.drop;
}
/** An ESP packet with a text of the caller's own, so that trailers can be wrong under a right ICV. */
function forge(sa: SecurityAssociation, text: Uint8Array): Uint8Array {
  const p = sa.protection;
  if (p.kind !== 'separate' || !p.mac) throw new Error('separate algorithms wanted');
  const packet = encodeUdp({ source: a4, destination: b4 }, 0, 0, new Uint8Array(text.length + sa.icvLength)).slice();
  packet[9] = 50;
  const at = 20;
  packet.set(fromHex(sa.spi.toString(16).padStart(8, '0')), at);
  packet.set([0, 0, 0, ++sa.seq], at + 4);
  packet.set(text, at + 8);
  p.mac.begin(new Uint8Array(0));
  p.mac.update(packet, at, at + 8 + text.length);
  p.mac.finishInto(packet, at + 8 + text.length);
  return packet;
}

describe('RFC 4303 section 1', () => {
  it('offers integrity alone, and confidentiality with integrity', () => {
    for (const config of [nul, cbc, gcm]) {
      const sealed = seal(createSa(config), clear);
      expect(drop(createSa(config), sealed)).toBe('ok');
      expect(toHex(sealed).includes(toHex(clear.subarray(28)))).toBe(config === nul);
    }
  });
});

describe('RFC 4303 section 2', () => {
  it('puts 50 into the header in front, in IPv4, IPv6 and behind extension headers', () => {
    expect(seal(createSa(cbc), clear)[9]).toBe(50);
    expect(seal(createSa(gcm), clear6)[9]).toBe(50);
    expect(seal(createSa({ ...gcm, source: a6, destination: b6 }), clear)[6]).toBe(50);
    const hopByHop = new Uint8Array(clear6.length + 8);
    hopByHop.set(clear6.subarray(0, 40));
    hopByHop.set([17, 0, 1, 4, 0, 0, 0, 0], 40);
    hopByHop.set(clear6.subarray(40), 48);
    hopByHop[6] = 0;
    hopByHop[5] = hopByHop.length - 40;
    const sealed = seal(createSa(cbc), hopByHop);
    expect([sealed[6], sealed[40]]).toEqual([0, 50]);
    expect(open(createSa(cbc), sealed)).toMatchObject({ ok: true, packet: hopByHop });
  });
  it('never makes an SA with SPI 0, which MUST NOT be sent on the wire', () => {
    expect(() => createSa({ ...gcm, spi: 0 })).toThrow(/an SPI: expected 1 to 0xffffffff, found 0 \(spi\)/);
    for (const spi of [-1, 2 ** 32, 1.5, Number.NaN]) expect(() => createSa({ ...gcm, spi })).toThrow(/an SPI/);
  });
  it('numbers every packet one higher, always present, the first 1', () => {
    const sa = createSa({ ...nul, replayWindow: 0 });
    expect([1, 2, 3].map(() => readU32(seal(sa, clear), 24))).toEqual([1, 2, 3]);
  });
  it('carries 64-bit numbers of which the packet shows the lower half', () => {
    const config = { ...gcm, esn: true, startSeq: 2 ** 32 - 2 };
    const [sender, receiver] = [createSa(config), createSa(config)];
    for (const want of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1]) {
      const sealed = seal(sender, clear);
      expect(readU32(sealed, 24)).toBe(want % 2 ** 32);
      expect(open(receiver, sealed)).toMatchObject({ ok: true, seq: want });
    }
  });
  it('counts beyond 2^53 from an epoch, to the last number of 64 bits', () => {
    const config = { ...gcm, esn: true, startSeq: 2n ** 64n - 3n };
    const [sender, receiver] = [createSa(config), createSa(config)];
    for (const want of [2n ** 64n - 2n, 2n ** 64n - 1n]) {
      expect(open(receiver, seal(sender, clear)).ok).toBe(true);
      expect(fullSeq(receiver, receiver.seq)).toBe(want);
    }
    expect(() => seal(sender, clear)).toThrow(/last sequence number/);
  });
});

describe('RFC 4303 section 2.4', () => {
  it('pads with 1, 2, 3, ... up to the block and to 4 octets', () => {
    for (const [row, block] of [
      [nullEncryption, 4],
      [aes128Cbc, 16],
    ] as const) {
      const sa = createSa({ ...cbc, encryption: { row, key: key(row.keyLength) } });
      for (let n = 0; n < 40; n++) {
        const buffer = new Uint8Array(200);
        const length = sealEspAt(sa, n + 1, 17, buffer, 0, n);
        expect((length - 8 - sa.ivLength - sa.icvLength) % block).toBe(0);
        if (block !== 4) continue;
        const padLength = buffer[length - sa.icvLength - 2]!;
        expect([...buffer.subarray(8 + n, 8 + n + padLength)]).toEqual(Array.from({ length: padLength }, (_, i) => i + 1));
      }
    }
  });
  it('takes 0 to 255 octets of padding, and the user chooses how much', () => {
    const [sender, receiver] = [createSa({ ...nul, padTo: 256 }), createSa(nul)];
    const sealed = seal(sender, clear);
    expect((sealed.length - 20 - 8 - 16) % 256).toBe(0);
    expect(drop(receiver, sealed)).toBe('ok');
    const own = seal(createSa(nul), clear, { seq: 9, padding: Uint8Array.from({ length: 253 }, (_, i) => i + 1) });
    expect(drop(receiver, own)).toBe('ok');
    expect(() => seal(sender, clear, { padding: key(4) })).toThrow(/the Padding field: expected up to 255 octets/);
    expect(() => createSa({ ...nul, padTo: 6 })).toThrow(/multiple of 4/);
  });
  it('inspects the padding, unless told not to', () => {
    const sealed = seal(createSa(nul), clear, { padding: fromHex('000000000000000000000000000000000000000000').subarray(0, 1) });
    expect(drop(createSa(nul), sealed)).toBe('padding');
    expect(drop(createSa({ ...nul, checkPadding: false }), sealed)).toBe('ok');
  });
  it('refuses a pad length beyond the payload', () => {
    const sa = createSa(nul);
    expect(drop(createSa(nul), forge(sa, fromHex('0102030405ff')))).toBe('malformed'); // not a multiple of 4
    expect(drop(createSa(nul), forge(sa, fromHex('010203040506ff11')))).toBe('padding');
    expect(drop(createSa(nul), forge(sa, fromHex('010203040505' + '0611')))).toBe('padding');
  });
});

describe('RFC 4303 section 2.6', () => {
  it('makes dummy packets with every field, and drops them without an error', () => {
    for (const config of [
      gcm,
      { ...cbc, source: a4, destination: b4 },
      { ...gcm, source: a6, destination: b6, encapsulation: { sourcePort: 4500, destinationPort: 4500 } },
    ]) {
      const [sender, receiver] = [createSa(config), createSa(config)];
      const dummy = sealDummy(sender, 100);
      expect(decodeIp(dummy).totalLength).toBe(dummy.length);
      expect(drop(receiver, dummy)).toBe('dummy');
      expect(receiver.window.top).toBe(1);
      expect(drop(receiver, dummy)).toBe('replay');
    }
  });
  it('releases nothing of a dummy packet', () => {
    const [sender, receiver] = [createSa(gcm), createSa(gcm)];
    const dummy = sealDummy(sender, 64);
    const out = new Uint8Array(dummy.length);
    expect(dropReason(openInto(receiver, dummy, out))).toBe('dummy');
    expect(out.subarray(36, 36 + 64).every((b) => b === 0)).toBe(true);
  });
});

describe('RFC 4303 section 2.7', () => {
  it('adds TFC padding per packet and per SA, and does not touch the length of the datagram', () => {
    const [sender, receiver] = [createSa({ ...gcm, tfcLength: 1000 }), createSa(gcm)];
    const sealed = seal(sender, clear);
    expect(sealed.length).toBeGreaterThan(1000);
    expect(open(receiver, sealed)).toMatchObject({ ok: true, packet: clear });
    expect(open(receiver, seal(sender, clear, { tfc: 333 }))).toMatchObject({ ok: true, packet: clear });
    expect(() => seal(createSa(cbc), clear, { tfc: 10 })).toThrow(/TFC padding in transport mode/);
  });
  it('hides the length: packets of 60 and of 900 octets come out the same', () => {
    const sa = createSa({ ...gcm, tfcLength: 1200 });
    expect(seal(sa, clear).length).toBe(seal(sa, encodeUdp({ source: a4, destination: b4 }, 1, 2, key(900))).length);
  });
});

describe('RFC 4303 section 3.1', () => {
  it('stands behind the IP header in transport mode and around the whole packet in tunnel mode, in every mix of versions', () => {
    for (const packet of [clear, clear6])
      for (const [source, destination] of [
        [a4, b4],
        [a6, b6],
      ] as const) {
        const config = { ...gcm, source, destination };
        const sealed = seal(createSa(config), packet);
        expect(decodeIp(sealed)).toMatchObject({
          version: source.length === 4 ? 4 : 6,
          protocol: 50,
          upperOffset: source.length === 4 ? 20 : 40,
        });
        if (source.length === 4) expect(verifyIpv4Checksum(sealed)).toBe(true);
        expect(open(createSa(config), sealed)).toMatchObject({ ok: true, packet });
      }
    for (const packet of [clear, clear6]) {
      const sealed = seal(createSa(cbc), packet);
      expect(toHex(sealed.subarray(8, 9))).toBe(toHex(packet.subarray(8, 9)));
      expect(open(createSa(cbc), sealed)).toMatchObject({ ok: true, packet });
    }
  });
  it('goes inside UDP, in both modes', () => {
    const encapsulation = { sourcePort: 4500, destinationPort: 31000 };
    for (const config of [
      { ...gcm, encapsulation },
      { ...cbc, encapsulation },
    ]) {
      const sealed = seal(createSa(config), clear);
      expect(decodeIp(sealed).protocol).toBe(17);
      expect([sealed[20]! * 256 + sealed[21]!, sealed[22]! * 256 + sealed[23]!, sealed[26], sealed[27]]).toEqual([4500, 31000, 0, 0]);
      expect(open(createSa(config), sealed)).toMatchObject({ ok: true, packet: clear });
    }
  });
  it('applies transport mode to whole datagrams alone, tunnel mode to fragments too', () => {
    const [first] = fragmentPacket(encodeUdp({ source: a4, destination: b4 }, 1, 2, key(2000)), 576);
    expect(() => seal(createSa(cbc), first!)).toThrow(/transport mode applies to whole datagrams/);
    expect(open(createSa(gcm), seal(createSa(gcm), first!))).toMatchObject({ ok: true, packet: first });
  });
});

describe('RFC 4303 section 3.2', () => {
  it('refuses to have neither service: ENCR_NULL without integrity, whatever the flag', () => {
    const bare = { ...nul, integrity: undefined };
    expect(() => createSa(bare)).toThrow(/protects nothing/);
    expect(() => createSa({ ...bare, unsafeNoIntegrity: true })).toThrow(/protects nothing/);
  });
  it('refuses encryption without integrity unless the flag is set', () => {
    const bare = { ...cbc, integrity: undefined };
    expect(() => createSa(bare)).toThrow(/unsafeNoIntegrity: true/);
    expect(open(createSa({ ...bare, unsafeNoIntegrity: true }), seal(createSa({ ...bare, unsafeNoIntegrity: true }), clear))).toMatchObject(
      { ok: true, packet: clear },
    );
  });
  it('refuses integrity beside a combined mode, AH-GMAC in ESP, keys of the wrong length', () => {
    expect(() => createSa({ ...gcm, integrity: { row: hmacSha256_128, key: key(32) } })).toThrow(/brings its own integrity/);
    expect(() => createSa({ ...cbc, integrity: { row: aes128Gmac, key: key(20) } })).toThrow(/for AH alone/);
    expect(() => createSa({ ...gcm, encryption: { row: aes128Gcm16, key: key(16) } })).toThrow(
      /the key of ENCR_AES_GCM_16: expected 20 octets \(16 of key, then 4 of salt\), found 16 \(encryption.key\)/,
    );
  });
});

describe('RFC 4303 section 3.3.3', () => {
  it('refuses to send when the number would cycle, and a failed call uses no number', () => {
    const sa = createSa({ ...gcm, startSeq: 2 ** 32 - 2 });
    seal(sa, clear);
    for (let i = 0; i < 3; i++) expect(() => seal(sa, clear)).toThrow(expect.objectContaining({ code: 'sequence-overflow' }));
    expect(sa.seq).toBe(2 ** 32 - 1);
    const other = createSa(gcm);
    expect(() => sealInto(other, clear, new Uint8Array(10))).toThrow(/the output buffer/);
    expect(() => seal(other, key(5))).toThrow(/an IP packet/);
    expect(other.seq).toBe(0);
  });
  it('lets the number roll over for manual keys without anti-replay, but never where it is the IV', () => {
    const wrap = { ...cbc, mayWrap: true, startSeq: 2 ** 32 - 1 };
    const sa = createSa(wrap);
    expect([nextSeq(sa), nextSeq(sa)]).toEqual([0, 1]);
    for (const row of [aes256Gcm16, chacha20Poly1305])
      expect(() => createSa({ ...gcm, mayWrap: true, encryption: { row, key: key(row.keyLength + row.saltLength) } })).toThrow(
        /repeat a nonce/,
      );
    expect(() => createSa({ ...wrap, encryption: { row: aes128Ctr, key: key(20) } })).toThrow(/repeat a nonce/);
  });
});

describe('RFC 4303 section 3.4.1', () => {
  it('discards what looks like a fragment', () => {
    const sealed = seal(createSa(gcm), encodeUdp({ source: a4, destination: b4 }, 1, 2, key(1400)));
    const sa = createSa(gcm);
    for (const piece of fragmentPacket(sealed, 576)) expect(drop(sa, piece)).toBe('fragment');
    expect(sa.window.top).toBe(0);
  });
});

describe('RFC 4303 section 3.4.3', () => {
  it('refuses a replay before any cryptography, with the facts for the audit log', () => {
    const [sender, receiver] = [createSa(gcm), createSa(gcm)];
    const sealed = seal(sender, clear);
    expect(open(receiver, sealed).ok).toBe(true);
    sealed[sealed.length - 1]! ^= 1; // even a broken ICV is not looked at
    expect(open(receiver, sealed, 77)).toEqual({
      ok: false,
      drop: 'replay',
      audit: { event: 'replay', at: 77, spi: 0x1001, protocol: 'ESP', source: a4, destination: b4, seq: 1, flowLabel: undefined },
    });
  });
  it('audits a failed ICV with SPI, time, addresses, number and Flow ID', () => {
    const config = { ...gcm, source: a6, destination: b6, tunnelHeader: { flowLabel: 0xabcde } };
    const sealed = seal(createSa(config), clear);
    sealed[sealed.length - 1]! ^= 1;
    expect(open(createSa(config), sealed, 5)).toEqual({
      ok: false,
      drop: 'icv',
      audit: { event: 'icv', at: 5, spi: 0x1001, protocol: 'ESP', source: a6, destination: b6, seq: 1, flowLabel: 0xabcde },
    });
  });
  it('has a window of 64 by default, none without integrity, and starts it at zero', () => {
    expect(createSa(gcm).window).toMatchObject({ size: 64, top: 0 });
    const bare = { ...cbc, integrity: undefined };
    expect(createSa({ ...bare, unsafeNoIntegrity: true }).window.size).toBe(0);
    expect(createSa({ ...gcm, replayWindow: 32 }).window.size).toBe(32);
  });
});

describe('RFC 4303 section 3.4.4', () => {
  it('drops every packet with one octet changed behind the IP header, and leaves the SA as it was', () => {
    for (const config of [gcm, cbc, nul]) {
      const sealed = seal(createSa(config), clear);
      const sa = createSa(config);
      const before = JSON.stringify([sa.seq, sa.octets, sa.packets, sa.window]);
      for (let i = 20; i < sealed.length; i++) {
        const changed = sealed.slice();
        changed[i]! ^= 0x40;
        expect(['icv', 'malformed', 'replay', 'no-sa']).toContain(drop(sa, changed));
      }
      expect(JSON.stringify([sa.seq, sa.octets, sa.packets, sa.window])).toBe(before);
      expect(drop(sa, sealed)).toBe('ok');
    }
  });
  it('gives out no clear octet of a packet whose ICV does not fit', () => {
    for (const config of [gcm, cbc]) {
      const secret = encodeUdp({ source: a4, destination: b4 }, 1, 2, new Uint8Array(256).fill(0x5a));
      const sealed = seal(createSa(config), secret);
      sealed[sealed.length - 1]! ^= 1;
      const out = new Uint8Array(sealed.length);
      expect(dropReason(openInto(createSa(config), sealed, out))).toBe('icv');
      expect(toHex(out)).not.toContain('5a5a5a5a');
    }
  });
  it('leaves the received octets alone, and opens in place when told so', () => {
    const sealed = seal(createSa(gcm), clear);
    const copy = sealed.slice();
    expect(drop(createSa(gcm), sealed)).toBe('ok');
    expect(sealed).toEqual(copy);
    expect(openInto(createSa(gcm), sealed, sealed)).toBe(clear.length);
    expect(sealed.subarray(0, clear.length)).toEqual(clear);
  });
  it('refuses an inner packet that contradicts its Next Header, its length or the mode', () => {
    const sa = createSa({ ...nul, mode: 'tunnel', source: a4, destination: b4 });
    const receiver = (): SecurityAssociation => createSa({ ...nul, mode: 'tunnel', source: a4, destination: b4 });
    const text = (inner: Uint8Array, nextHeader: number): Uint8Array => {
      const pad = (6 - (inner.length % 4)) % 4;
      return Uint8Array.from([...inner, ...Array.from({ length: pad }, (_, i) => i + 1), pad, nextHeader]);
    };
    expect(drop(receiver(), forge(sa, text(clear, 4)))).toBe('ok');
    expect(drop(receiver(), forge(sa, text(clear, 41)))).toBe('malformed');
    expect(drop(receiver(), forge(sa, text(clear6, 4)))).toBe('malformed');
    expect(drop(receiver(), forge(sa, text(clear, 17)))).toBe('malformed');
    expect(drop(receiver(), forge(sa, text(clear.subarray(0, 30), 4)))).toBe('malformed');
    expect(drop(receiver(), forge(sa, text(clear.subarray(0, 0), 4)))).toBe('malformed');
  });
  it('survives truncation at every octet', () => {
    for (const config of [gcm, cbc, nul]) {
      const sealed = seal(createSa(config), clear);
      for (let n = 0; n < sealed.length; n++) {
        const cut = sealed.slice(0, n);
        if (n >= 20) cut.set([n >>> 8, n & 255], 2);
        expect(['malformed', 'icv']).toContain(drop(createSa(config), cut));
      }
    }
  });
});

describe('ESP as the payload of a UDP socket', () => {
  it('seals and opens without IP headers in tunnel mode', () => {
    const [sender, receiver] = [createSa({ ...gcm, tfcLength: 100 }), createSa(gcm)];
    const out = new Uint8Array(400);
    const length = sealPayloadInto(sender, clear, out);
    const inner = new Uint8Array(400);
    expect(openPayloadInto(receiver, out.subarray(0, length), inner)).toBe(clear.length);
    expect(inner.subarray(0, clear.length)).toEqual(clear);
    expect(dropReason(openPayloadInto(receiver, out.subarray(0, length), inner))).toBe('replay');
    expect(() => sealPayloadInto(createSa(cbc), clear, out)).toThrow(/an SA in tunnel mode/);
    expect(() => sealPayloadInto(sender, clear, new Uint8Array(20))).toThrow(/the output buffer/);
  });
});

describe('RFC 4303 appendix A3', () => {
  it('finds its way back after a loss of more than 2^32 packets, and only with a genuine packet', () => {
    for (const config of [gcm, { ...cbc, mode: 'tunnel', source: a4, destination: b4 }] as const) {
      const receiver = createSa({ ...config, esn: true, startSeq: 5 });
      const sender = createSa({ ...config, esn: true, startSeq: 3 * 2 ** 32 + 100 });
      for (let i = 0; i < 255; i++) expect(drop(receiver, seal(sender, clear))).toBe('icv');
      const forged = seal(sender, clear);
      forged[forged.length - 1]! ^= 1;
      expect(drop(receiver, forged)).toBe('icv'); // the 256th failure tries the larger numbers; none verifies
      expect(receiver.window.top).toBe(5);
      for (let i = 0; i < 255; i++) expect(drop(receiver, seal(sender, clear))).toBe('icv');
      expect(open(receiver, seal(sender, clear))).toMatchObject({ ok: true, seq: sender.seq });
      expect(drop(receiver, seal(sender, clear))).toBe('ok');
    }
  });
});

describe('the end of an SA', () => {
  it('leaves zeros in every key buffer and neither seals nor opens again', () => {
    for (const config of [gcm, cbc, nul, { ...gcm, encryption: { row: chacha20Poly1305, key: key(36) } }]) {
      const sa = createSa(config);
      const sealed = seal(sa, clear);
      // HMAC keeps its key in noble's own states, which its destroy() zeroes; what it lists is zero at rest.
      if (config !== nul) expect(secretsOf(sa).some((b) => b.some((x) => x !== 0))).toBe(true);
      wipeSa(sa);
      for (const b of secretsOf(sa)) expect(b.every((x) => x === 0)).toBe(true);
      expect(sa.scratch.ivPool.every((x) => x === 0)).toBe(true);
      expect(() => seal(sa, clear)).toThrow(expect.objectContaining({ code: 'sa-deleted' }));
      expect(drop(sa, sealed)).toBe('no-sa');
    }
  });
  it('copies what it is given: a key overwritten by the caller changes nothing', () => {
    const mine = key(20);
    const sa = createSa({ ...gcm, encryption: { row: aes128Gcm16, key: mine } });
    mine.fill(0);
    expect(drop(createSa(gcm), seal(sa, clear))).toBe('ok');
  });
});

describe('initialization vectors', () => {
  it('of CBC are random and drawn from the source the caller gives', () => {
    let drawn = 0;
    const sa = createSa({ ...cbc, random: (t) => t.fill(++drawn) });
    const ivs = Array.from({ length: 65 }, () => toHex(seal(sa, clear).subarray(28, 44)));
    expect(ivs[0]).toBe('01'.repeat(16));
    expect(ivs[64]).toBe('02'.repeat(16));
    const other = createSa(cbc);
    expect(new Set(Array.from({ length: 200 }, () => toHex(seal(other, clear).subarray(28, 44)))).size).toBe(200);
  });
  it('of counter modes are the number, so that none comes twice under a key', () => {
    const sa = createSa(gcm);
    expect([1, 2, 3].map(() => toHex(seal(sa, clear).subarray(28, 36)))).toEqual([
      '0000000000000001',
      '0000000000000002',
      '0000000000000003',
    ]);
  });
  it('given by the caller must have the right length', () => {
    expect(() => seal(createSa(gcm), clear, { iv: key(7) })).toThrow(/an IV: expected 8 octets, found 7/);
  });
});

describe('buffers', () => {
  it('of any alignment and with octets behind the packet do', () => {
    const big = new Uint8Array(600);
    for (let shift = 0; shift < 9; shift++) {
      const sealed = seal(createSa(gcm), clear);
      big.fill(0xee);
      big.set(sealed, shift);
      const out = new Uint8Array(700).subarray(shift % 5);
      expect(openInto(createSa(gcm), big.subarray(shift), out)).toBe(clear.length);
      expect(out.subarray(0, clear.length)).toEqual(clear);
    }
  });
  it('that are too small are said so', () => {
    const sealed = seal(createSa(gcm), clear);
    expect(dropReason(openInto(createSa(gcm), sealed, new Uint8Array(sealed.length - 1)))).toBe('buffer-too-small');
  });
  it('of ESP alone work at any offset', () => {
    const sa = createSa(gcm);
    const buffer = new Uint8Array(300);
    buffer.set(clear, 50 + 16);
    const length = sealEspAt(sa, 1, 4, buffer, 50, clear.length);
    expect(openEspAt(createSa(gcm), buffer, 50, 50 + length, buffer)).toBe(clear.length * 256 + 4);
  });
  it('with an empty payload, and of the largest size', () => {
    const empty = encodeIpv6Header({ source: a6, destination: b6, protocol: 59, payloadLength: 0 });
    expect(open(createSa(cbc), seal(createSa(cbc), encodeUdp({ source: a4, destination: b4 }, 1, 2, new Uint8Array(0)))).ok).toBe(true);
    expect(open(createSa(gcm), seal(createSa(gcm), empty))).toMatchObject({ ok: true, packet: empty });
    const large = encodeUdp({ source: a4, destination: b4 }, 1, 2, new Uint8Array(65_400));
    expect(open(createSa(gcm), seal(createSa(gcm), large))).toMatchObject({ ok: true, packet: large });
    expect(() => seal(createSa(gcm), encodeUdp({ source: a4, destination: b4 }, 1, 2, new Uint8Array(65_507)))).toThrow(/65535/);
  });
});
