/** Requirements of RFC 4303 and RFC 4302 that are said of both, or that no test beside the code shows. */
import { describe, expect, it } from 'vitest';
import { open as openAh, seal as sealAh } from '../../src/ah.js';
import { createSa, fullSeq, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { readU32 } from '../../src/bytes.js';
import { open as openEsp, seal as sealEsp, sealDummy } from '../../src/esp.js';
import { decodeIp, encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { aeadRows, aes128Gcm16, aes256GmacEsp, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, encrRows, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, aesCmac96, aesXcbc96, hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import type { Verdict } from '../../src/verdict.js';

const ends4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const ends6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
const keyed = <Row extends EncryptionRow | IntegrityRow>(row: Row): { row: Row; key: Uint8Array } => ({
  row,
  key: Uint8Array.from({ length: row.keyLength + row.saltLength }, (_, i) => 3 * i + 1),
});
const esp: SaConfig = { protocol: 'ESP', mode: 'transport', spi: 0x1001, encryption: keyed(aes128Cbc), integrity: keyed(hmacSha256_128) };
const ah: SaConfig = { protocol: 'AH', mode: 'transport', spi: 0x1001, integrity: keyed(hmacSha256_128) };

const seal = (sa: SecurityAssociation, packet: Uint8Array): Uint8Array => (sa.protocol === 'ESP' ? sealEsp : sealAh)(sa, packet);
const open = (sa: SecurityAssociation, packet: Uint8Array, now?: number): Verdict =>
  (sa.protocol === 'ESP' ? openEsp : openAh)(sa, packet, now);
/** The Sequence Number field of a transport-mode packet. */
const numberOf = (packet: Uint8Array, { protocol }: SaConfig): number =>
  readU32(packet, decodeIp(packet).upperOffset + (protocol === 'ESP' ? 4 : 8));

describe.each([
  ['RFC 4303', esp],
  ['RFC 4302', ah],
])('%s', (_, config) => {
  const packet4 = encodeUdp(ends4, 7, 9, new Uint8Array(1400).fill(5));
  const packet6 = encodeUdp(ends6, 7, 9, new Uint8Array(1400).fill(5));

  it('the number is there and goes up although the receiver does not look at it', () => {
    const [sender, receiver] = [createSa(config), createSa({ ...config, replayWindow: 0 })];
    const sent = [1, 2, 3].map(() => seal(sender, packet4));
    expect(sent.map((p) => numberOf(p, config))).toEqual([1, 2, 3]);
    for (const i of [2, 0, 0, 1, 2]) expect(open(receiver, sent[i]!).ok).toBe(true);
  });
  it('the window is the receiver’s choice per SA: 32 at least, 64 by default, begun at zero', () => {
    expect(createSa(config).window).toMatchObject({ size: 64, top: 0 });
    for (const size of [32, 64, 1024]) {
      const [sender, receiver] = [createSa(config), createSa({ ...config, replayWindow: size })];
      const sent = Array.from({ length: size + 1 }, () => seal(sender, packet4));
      expect(open(receiver, sent[size]!).ok).toBe(true);
      expect([open(receiver, sent[1]!), open(receiver, sent[0]!)]).toMatchObject([{ ok: true }, { ok: false, drop: 'replay' }]);
    }
  });
  it('a replay is refused before the ICV is looked at, and once more when its own ICV is right', () => {
    const [sender, receiver] = [createSa(config), createSa(config)];
    const sealed = seal(sender, packet4);
    expect(open(receiver, sealed).ok).toBe(true);
    expect(open(receiver, sealed)).toMatchObject({ ok: false, drop: 'replay' });
    sealed[sealed.length - 1]! ^= 1;
    expect(open(receiver, sealed)).toMatchObject({ ok: false, drop: 'replay' });
  });
  it('a fragment is refused with SPI, time, addresses, number and Flow ID', () => {
    const sealed = [seal(createSa(config), packet4), seal(createSa(config), packet6)];
    const [first4] = fragmentPacket(sealed[0]!, 576);
    const [first6] = fragmentPacket(sealed[1]!, 1280, 1);
    first6!.set([0x6a, 0xb1, 0x23, 0x45], 0);
    const facts = { event: 'fragment', at: 12, spi: 0x1001, protocol: config.protocol, seq: 1 };
    expect(open(createSa(config), first4!, 12)).toEqual({
      ok: false,
      drop: 'fragment',
      audit: { ...facts, ...ends4, flowLabel: undefined },
    });
    expect(open(createSa(config), first6!, 12)).toEqual({ ok: false, drop: 'fragment', audit: { ...facts, ...ends6, flowLabel: 0x12345 } });
  });
  it('every drop has its record, for whoever keeps a log; nothing is logged by itself', () => {
    const [sender, receiver] = [createSa(config), createSa(config)];
    const sealed = seal(sender, packet6);
    const forged = sealed.slice();
    forged[forged.length - 1]! ^= 1;
    expect(open(receiver, sealed, 1).ok).toBe(true);
    for (const [packet, event] of [
      [sealed, 'replay'],
      [seal(sender, packet6).map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b)), 'icv'],
      [sealed.subarray(0, 47), 'malformed'],
    ] as const)
      expect(open(receiver, packet, 2)).toMatchObject({ ok: false, audit: { event, at: 2, spi: 0x1001, ...ends6 } });
  });
  it('the ICV of packets of any length, where the algorithm needs whole blocks and ESP or AH does not give them', () => {
    const rows = config.protocol === 'AH' ? [aesXcbc96, aesCmac96, aes128Gmac, hmacSha256_128] : [aesXcbc96, aesCmac96, hmacSha256_128];
    for (const row of rows)
      for (let n = 0; n < 35; n++) {
        const one = { ...config, integrity: keyed(row), ...(config.protocol === 'ESP' && { encryption: keyed(nullEncryption) }) };
        const sealed = seal(createSa(one), encodeUdp(ends4, 1, 2, new Uint8Array(n)));
        // implicit padding is not sent
        const { icvLength, ivLength } = createSa(one);
        const esp = Math.ceil((8 + n + 2) / 4) * 4 + 8;
        expect(sealed.length).toBe(20 + (config.protocol === 'ESP' ? esp : 12 + ivLength + 8 + n) + icvLength);
        expect(open(createSa(one), sealed).ok).toBe(true);
        sealed[sealed.length - 1]! ^= 1;
        expect(open(createSa(one), sealed).ok).toBe(false);
      }
  });
  it('ESN is offered beside 32-bit numbers, which end at 2^32 - 1', () => {
    const last = 2 ** 32 - 1;
    const plain = createSa({ ...config, startSeq: last - 1 });
    expect(numberOf(seal(plain, packet4), config)).toBe(last);
    expect(() => seal(plain, packet4)).toThrow(expect.objectContaining({ code: 'sequence-overflow', message: expect.stringMatching(/0x1001/) as string })); // prettier-ignore
    const [sender, receiver] = [0, 0].map(() => createSa({ ...config, esn: true, startSeq: last - 1 })) as [SecurityAssociation, SecurityAssociation]; // prettier-ignore
    const verdicts = [1, 2, 3].map(() => open(receiver, seal(sender, packet4)));
    expect(verdicts).toMatchObject([{ seq: last }, { seq: last + 1 }, { seq: last + 2 }]);
    expect(fullSeq(sender, sender.seq)).toBe(2n ** 32n + 1n);
  });
});

describe('RFC 4303 section 2.3', () => {
  it('the next layer header begins at a multiple of 8 octets from the ESP header, whatever the algorithm', () => {
    for (const row of [...aeadRows, ...encrRows, ...legacyRows]) {
      if (row.kind === 'integrity') continue;
      expect([row.name, (8 + row.ivLength) % 8]).toEqual([row.name, 0]);
    }
  });
});

describe('RFC 4303 section 3.4.4.1', () => {
  it('what comes out begins at the beginning of its buffer, so that its headers are aligned for IPv6', () => {
    for (const encryption of [keyed(aes128Gcm16), keyed(chacha20Poly1305), keyed(aes256GmacEsp)]) {
      const config: SaConfig = { protocol: 'ESP', mode: 'tunnel', spi: 256, ...ends6, encryption };
      const packet = encodeUdp(ends6, 1, 2, new Uint8Array(33));
      const verdict = openEsp(createSa(config), sealEsp(createSa(config), packet));
      if (!verdict.ok) throw new Error(verdict.drop);
      expect([verdict.packet.byteOffset % 8, decodeIp(verdict.packet).upperOffset % 8]).toEqual([0, 0]);
    }
  });
});

describe('RFC 4303 sections 2.6 and 2.7: per SA', () => {
  it('dummy packets and TFC padding are made for the SA that asks for them, as long as it asks, and for no other', () => {
    const config: SaConfig = { protocol: 'ESP', mode: 'tunnel', spi: 256, ...ends4, encryption: keyed(aes128Gcm16) };
    const packet = encodeUdp(ends4, 1, 2, new Uint8Array(10));
    expect(sealEsp(createSa({ ...config, tfcLength: 700 }), packet).length).toBeGreaterThan(700);
    expect(sealEsp(createSa(config), packet).length).toBeLessThan(100);
    for (const length of [0, 1, 64, 1300]) {
      const receiver = createSa(config);
      const dummy = sealDummy(createSa(config), length);
      expect(dummy.length).toBeGreaterThanOrEqual(20 + 16 + length + 2 + 16);
      expect(openEsp(receiver, dummy)).toMatchObject({ ok: false, drop: 'dummy' });
      expect([receiver.packets, receiver.octets]).toEqual([0, 0]);
    }
  });
});

describe('RFC 4303 section 3.2', () => {
  it('no combination of rows makes an SA that neither encrypts nor authenticates', () => {
    for (const row of [...encrRows, ...aeadRows])
      for (const integrity of [undefined, ...integRows]) {
        const config: SaConfig = {
          protocol: 'ESP',
          mode: 'transport',
          spi: 256,
          encryption: keyed<EncryptionRow>(row),
          integrity: integrity && keyed(integrity),
          unsafeNoIntegrity: true,
        };
        let sa: SecurityAssociation | undefined;
        try {
          sa = createSa(config);
        } catch (error) {
          expect(error).toMatchObject({ name: 'IpsecError' });
        }
        if (sa) expect([row.name, sa.icvLength > 0 || !(row.kind === 'cipher' && row.isNull)]).toEqual([row.name, true]);
      }
    expect(createSa({ ...esp, encryption: keyed(aes128Ctr), integrity: undefined, unsafeNoIntegrity: true }).icvLength).toBe(0);
  });
});
