/**
 * Attacks on packets and on the SA that opens them. Each test says which row of the list of known attacks it stands for; rows 30 to 33 and
 * 36 are in boundary.test.ts, rows 39 and 41 in javascript.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open as openAh, openInto as openAhInto, seal as sealAh } from '../../src/ah.js';
import { createSa, nextSeq, wipeSa, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { writeU16 } from '../../src/bytes.js';
import { open as openEsp, openInto as openEspInto, seal as sealEsp, sealEspAt } from '../../src/esp.js';
import { encodeUdp, fixIpv4Checksum, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate, open as openIpcomp, seal as sealIpcomp } from '../../src/ipcomp.js';
import { markSeq } from '../../src/replay-window.js';
import { addSa, allocateSpi, createSad, exportSa, findSa, importSa, removeSa } from '../../src/sad.js';
import { aeadRows, aes128Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, encrRows, nullEncryption } from '../../src/suite/encr.js';
import { hmacSha256_128, integRows } from '../../src/suite/integ.js';
import type { AeadRow, EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import { dropReason, type Verdict } from '../../src/verdict.js';

const ends = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const clear = encodeUdp(ends, 1000, 2000, new Uint8Array(64).fill(0x5a));
const keyed = <Row extends EncryptionRow | IntegrityRow>(row: Row, first = 1): { row: Row; key: Uint8Array } => ({
  row,
  key: Uint8Array.from({ length: row.keyLength + row.saltLength }, (_, i) => first + i),
});
const gcm: SaConfig = { protocol: 'ESP', mode: 'tunnel', spi: 0x1001, ...ends, encryption: keyed(aes128Gcm16) };
const cbc: SaConfig = { ...gcm, encryption: keyed(aes128Cbc), integrity: keyed(hmacSha256_128) };
const nul: SaConfig = { ...cbc, encryption: keyed(nullEncryption) };
const ah: SaConfig = { ...gcm, protocol: 'AH', encryption: undefined, integrity: keyed(hmacSha256_128) };
const kinds = [
  ['ESP with AES-GCM', gcm],
  ['ESP with AES-CBC and HMAC', cbc],
  ['AH', ah],
] as const;

const seal = (sa: SecurityAssociation, packet = clear): Uint8Array => (sa.protocol === 'ESP' ? sealEsp : sealAh)(sa, packet);
const open = (sa: SecurityAssociation, packet: Uint8Array): Verdict => (sa.protocol === 'ESP' ? openEsp : openAh)(sa, packet);
const outcome = (sa: SecurityAssociation, packet: Uint8Array): string => {
  const verdict = open(sa, packet);
  return verdict.ok ? 'ok' : verdict.drop;
};
const stateOf = ({ seq, octets, packets, window }: SecurityAssociation): string =>
  JSON.stringify([seq, octets, packets, window.top, [...window.ring]]);
const broken = (packet: Uint8Array, at = packet.length - 1): Uint8Array => packet.map((b, i) => (i === at ? b ^ 1 : b));

describe.each(kinds)('row 25: replay and the order of checks, %s', (_, config) => {
  it('row 25: a forged packet moves no window, however far ahead its number is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.nat(10_000), fc.integer({ min: 1, max: 255 }), (seq, where, bits) => {
        const receiver = createSa({ ...config, startSeq: 1000 });
        const packet = (config.protocol === 'ESP' ? sealEsp : sealAh)(createSa(config), clear, { seq });
        const header = config.protocol === 'ESP' ? 20 : 32; // AH: what stands in front is not all covered
        packet[header + (where % (packet.length - header))]! ^= bits;
        const before = stateOf(receiver);
        expect(outcome(receiver, packet)).not.toBe('ok');
        expect(stateOf(receiver)).toBe(before);
      }),
      { numRuns: 150 },
    );
  });
  it('row 25: a packet opens once, whatever the order in which copies come', () => {
    const sender = createSa(config);
    const sent = Array.from({ length: 40 }, () => seal(sender));
    fc.assert(
      fc.property(fc.array(fc.nat(39), { maxLength: 80 }), (order) => {
        const receiver = createSa(config);
        expect(order.map((i) => outcome(receiver, sent[i]!))).toEqual(order.map((i, at) => (order.indexOf(i) === at ? 'ok' : 'replay')));
      }),
      { numRuns: 20 },
    );
  });
  it('row 25: after a rekey each SA opens its own packets, and an SPI in use again opens none of before', () => {
    const sad = createSad();
    const successor: SaConfig = {
      ...config,
      spi: 0x1002,
      ...(config.encryption && { encryption: keyed(config.encryption.row, 101) }),
      ...(config.integrity && { integrity: keyed(config.integrity.row, 101) }),
    };
    const [oldSender, newSender] = [createSa(config), createSa(successor)];
    const [first, held] = [seal(oldSender), seal(oldSender)];
    const old = addSa(sad, createSa(config), { direction: 'inbound' });
    addSa(sad, createSa(successor), { direction: 'inbound' });
    const receive = (spi: number, packet: Uint8Array): string => {
      const entry = findSa(sad, config.protocol, spi);
      return entry ? outcome(entry.sa, packet) : 'no-sa';
    };
    expect([receive(0x1001, first), receive(0x1002, seal(newSender)), receive(0x1002, held), receive(0x1001, first)]).toEqual([
      'ok',
      'ok',
      'no-sa',
      'replay',
    ]);
    removeSa(sad, old);
    expect(receive(0x1001, held)).toBe('no-sa');
    addSa(sad, createSa({ ...successor, spi: 0x1001 }), { direction: 'inbound' });
    expect(receive(0x1001, held)).toBe('icv');
  });
});

describe('row 25: check, verify, check again, mark', () => {
  /** AES-GCM that tells when it is asked, and can let something happen meanwhile. */
  function watched(meanwhile: () => void = () => undefined): { row: AeadRow; verified: () => number } {
    let verified = 0;
    const row: AeadRow = {
      ...aes128Gcm16,
      create: (key) => {
        const context = aes128Gcm16.create(key);
        return {
          ...context,
          open: (...args) => {
            verified++;
            const fits = context.open(...args);
            meanwhile();
            return fits;
          },
        };
      },
    };
    return { row, verified: () => verified };
  }
  it('row 25: a replay costs no cryptography, a forgery one verification', () => {
    const { row, verified } = watched();
    const receiver = createSa({ ...gcm, encryption: { row, key: keyed(row).key } });
    const packet = seal(createSa(gcm));
    expect([outcome(receiver, broken(packet)), verified()]).toEqual(['icv', 1]);
    expect([outcome(receiver, packet), verified()]).toEqual(['ok', 2]);
    for (let i = 0; i < 100; i++) expect(outcome(receiver, packet)).toBe('replay');
    expect(verified()).toBe(2);
  });
  it('row 25: a packet that another one overtakes while it is verified is a replay all the same, and releases nothing', () => {
    const { row } = watched(() => {
      markSeq(receiver.window, 1); // its copy, verified at the same time, was quicker
    });
    const receiver: SecurityAssociation = createSa({ ...gcm, encryption: { row, key: keyed(row).key } });
    const packet = seal(createSa(gcm));
    const out = new Uint8Array(packet.length);
    expect(dropReason(openEspInto(receiver, packet, out))).toBe('replay');
    expect(out.subarray(36, out.length - 16).every((b) => b === 0)).toBe(true);
    expect([receiver.packets, receiver.seq]).toEqual([0, 0]);
  });
});

describe('row 25: AH, overtaken while it is verified', () => {
  it('row 25: a packet that another one overtakes while it is verified is a replay all the same', () => {
    const row: IntegrityRow = {
      ...hmacSha256_128,
      create: (key) => {
        const context = hmacSha256_128.create(key);
        return {
          ...context,
          finishVerify: (icv, offset) => {
            const fits = context.finishVerify(icv, offset);
            markSeq(receiver.window, 1); // its copy, verified at the same time, was quicker
            return fits;
          },
        };
      },
    };
    const receiver: SecurityAssociation = createSa({ ...ah, integrity: { row, key: ah.integrity!.key } });
    expect(outcome(receiver, seal(createSa(ah)))).toBe('replay');
    expect([receiver.packets, receiver.seq]).toEqual([0, 0]);
  });
});

describe('row 26: numbers that would come twice', () => {
  it.each(kinds)('row 26: after 2^32 - 1, and with ESN after 2^64 - 1, %s sends nothing more', (_, config) => {
    for (const { esn, last } of [
      { esn: false, last: 2n ** 32n - 1n },
      { esn: true, last: 2n ** 64n - 1n },
    ]) {
      const sa = createSa({ ...config, esn, startSeq: last - 1n });
      expect(outcome(createSa({ ...config, esn, startSeq: last - 1n }), seal(sa))).toBe('ok');
      const used = sa.seq;
      for (let i = 0; i < 3; i++) expect(() => seal(sa)).toThrow(expect.objectContaining({ code: 'sequence-overflow' }));
      expect(() => nextSeq(sa)).toThrow(/last sequence number/);
      expect(sa.seq).toBe(used);
    }
  });
  it('row 26: no nonce twice under a key: not with a wrap, not from a clone, not from a state that comes back', () => {
    for (const row of aeadRows) expect(() => createSa({ ...gcm, encryption: keyed(row), mayWrap: true })).toThrow(/repeat a nonce/);
    const sad = createSad();
    const entry = addSa(sad, createSa(gcm), { direction: 'outbound', exportableKeys: { encryption: gcm.encryption!.key } });
    const nonces = new Set<string>();
    const send = (sa: SecurityAssociation): void => {
      const iv = seal(sa).subarray(28, 36).join();
      expect(nonces.has(iv)).toBe(false);
      nonces.add(iv);
    };
    for (let i = 0; i < 5; i++) send(entry.sa);
    const state = exportSa(entry, 0, { includeKeys: true });
    for (let i = 0; i < 5; i++) send(entry.sa); // sent after the export
    const options = { rows: aeadRows, now: 0 };
    expect(() => importSa(createSad(), state, options)).toThrow(/must skip numbers/);
    expect(() => importSa(createSad(), state, { ...options, seqMargin: 0 })).toThrow(/must skip numbers/);
    expect(() => importSa(sad, state, { ...options, seqMargin: 1000 })).toThrow(/holds the sending SA/);
    const back = importSa(createSad(), state, { ...options, seqMargin: 1000 });
    for (let i = 0; i < 5; i++) send(back.sa);
  });
  it('row 26: a failed call uses no number, and a removed SA sends nothing', () => {
    const sa = createSa(gcm);
    expect(() => seal(sa, new Uint8Array(3))).toThrow();
    expect(() => sealEsp(sa, clear, { iv: new Uint8Array(3) })).toThrow(/an IV/);
    wipeSa(sa);
    expect(() => seal(sa)).toThrow(/deleted/);
  });
});

describe('row 27: extended sequence numbers', () => {
  it.each(kinds)('row 27: the half that is not sent is part of the ICV, %s', (_, config) => {
    const sender = createSa({ ...config, esn: true, startSeq: 7 * 2 ** 32 + 5 });
    const sealed = seal(sender);
    for (const high of [0, 1, 6, 8, 2 ** 20]) {
      const wrong = createSa({ ...config, esn: true, startSeq: high * 2 ** 32 + 5 });
      expect([high, outcome(wrong, sealed)]).toEqual([high, 'icv']);
    }
    expect(outcome(createSa({ ...config, startSeq: 5 }), sealed)).toBe('icv'); // a receiver without ESN
    expect(open(createSa({ ...config, esn: true, startSeq: 7 * 2 ** 32 + 5 }), sealed)).toMatchObject({ seq: 7 * 2 ** 32 + 6 });
  });
  it.each(kinds)('row 27: a window across 2^32, at every boundary, %s', (_, config) => {
    for (const boundary of [1, 2, 4095, 2 ** 20].map((k) => k * 2 ** 32)) {
      const esn = { ...config, esn: true, replayWindow: 64 };
      const sealWith = (seq: number): Uint8Array => (config.protocol === 'ESP' ? sealEsp : sealAh)(createSa(esn), clear, { seq });
      const receiver = createSa({ ...esn, startSeq: boundary - 30 });
      // far right, left of the boundary, on it, the left edge, beyond the left edge, again
      for (const [offset, want] of [
        [20, 'ok'],
        [-1, 'ok'],
        [0, 'ok'],
        [-43, 'ok'],
        [-44, 'icv'], // taken for 2^32 more
        [0, 'replay'],
        [-1, 'replay'],
        [21, 'ok'],
        [-43, 'icv'],
      ] as const)
        expect([boundary, offset, outcome(receiver, sealWith(boundary + offset))]).toEqual([boundary, offset, want]);
    }
  });
  it.each(kinds)('row 27: after a loss of more than 2^32 packets genuine packets find the way back, forged ones never, %s', (_, config) => {
    const receiver = createSa({ ...config, esn: true, startSeq: 9 });
    const sender = createSa({ ...config, esn: true, startSeq: 2 * 2 ** 32 + 50 });
    const forged = broken(seal(sender));
    for (let i = 0; i < 600; i++) expect(outcome(receiver, forged)).toBe('icv');
    expect(receiver.window.top).toBe(9);
    let tries = 0;
    while (outcome(receiver, seal(sender)) !== 'ok') if (++tries > 256) expect.fail('not in step after 256 genuine packets');
    expect(receiver.window.top).toBe(sender.seq);
  });
});

describe('row 28: encryption that is not authenticated, and what a receiver tells', () => {
  it('row 28: ciphers alone are refused; so is ENCR_NULL alone, whatever the flag', () => {
    for (const row of encrRows) expect(() => createSa({ ...gcm, encryption: keyed(row) })).toThrow(/without integrity/);
    expect(() => createSa({ ...nul, integrity: undefined, unsafeNoIntegrity: true })).toThrow(/protects nothing/);
    expect(createSa({ ...gcm, encryption: keyed(aes128Ctr), unsafeNoIntegrity: true }).icvLength).toBe(0);
  });
  it('row 28: no padding oracle: whatever an attacker puts into the last blocks, it is the ICV that does not fit', () => {
    const sealed = seal(createSa(cbc));
    const receiver = createSa(cbc);
    const answers = new Set<string>();
    for (let octet = 0; octet < 256; octet++)
      for (const back of [17, 18, 32, 33]) {
        const tampered = sealed.slice();
        tampered[tampered.length - back] = octet;
        if (tampered[tampered.length - back] !== sealed[sealed.length - back]) answers.add(outcome(receiver, tampered));
      }
    expect([...answers]).toEqual(['icv']);
  });
  it('row 28: padding is looked at behind a right ICV alone, all of it, and the answer is one number wherever it is wrong', () => {
    const results = new Set<number>();
    const padding = Uint8Array.from({ length: 30 }, (_, i) => i + 1); // the payload and 2 octets make a multiple of 16 with it
    for (let at = 0; at < padding.length; at++) {
      const wrong = broken(padding, at);
      const out = new Uint8Array(400);
      const sealed = sealEsp(createSa(cbc), encodeUdp(ends, 1, 2, new Uint8Array(4)), { padding: wrong });
      const code = openEspInto(createSa(cbc), sealed, out);
      results.add(code);
      expect([at, dropReason(code)]).toEqual([at, 'padding']);
      expect(out.subarray(44, sealed.length - 16).every((b) => b === 0)).toBe(true);
      expect(dropReason(openEspInto(createSa(cbc), broken(sealed), out))).toBe('icv');
    }
    expect(results.size).toBe(1);
  });
  it('row 28: a pad length beyond the payload is refused where padding is not looked at, too', () => {
    const lenient: SaConfig = { ...nul, mode: 'transport', checkPadding: false };
    const sender = createSa(lenient);
    for (const padLength of [7, 8, 255]) {
      const out = new Uint8Array(200);
      out.set(encodeUdp(ends, 0, 0, new Uint8Array(0)).subarray(0, 20));
      out.set([1, 2, 3, 4, 5, 6], 28);
      // sealed as 4 octets of payload with 2 of padding; then the pad length is another, under an ICV that is right
      const sa = createSa(lenient);
      const length = 20 + sealEspAt(sa, ++sender.seq, 17, out, 20, 4);
      out[length - 18] = padLength;
      const { protection } = sa;
      if (protection.kind !== 'separate' || !protection.mac) throw new Error('separate algorithms');
      protection.mac.begin(new Uint8Array(0));
      protection.mac.update(out, 20, length - 16);
      protection.mac.finishInto(out, length - 16);
      out[9] = 50;
      writeU16(out, 2, length);
      fixIpv4Checksum(out);
      expect([padLength, outcome(createSa(lenient), out.slice(0, length))]).toEqual([padLength, 'padding']);
    }
  });
});

describe('row 29: ICVs that are cut', () => {
  const lengths: Record<string, number> = { AUTH_HMAC_SHA1_96: 12, AUTH_HMAC_SHA2_256_128: 16, AUTH_HMAC_SHA2_384_192: 24, AUTH_HMAC_SHA2_512_256: 32, AUTH_AES_XCBC_96: 12, AUTH_AES_CMAC_96: 12, AUTH_AES_128_GMAC: 16, AUTH_AES_192_GMAC: 16, AUTH_AES_256_GMAC: 16 }; // prettier-ignore
  const configs: SaConfig[] = [
    ...aeadRows.map((row): SaConfig => ({ ...gcm, encryption: keyed(row) })),
    ...integRows.filter((row) => row.ivLength === 0).map((row): SaConfig => ({ ...nul, integrity: keyed(row) })),
    ...integRows.map((row): SaConfig => ({ ...ah, integrity: keyed(row) })),
  ];
  it('row 29: every algorithm has the length of its RFC', () => {
    for (const row of integRows) expect([row.name, row.icvLength]).toEqual([row.name, lengths[row.name]]);
    for (const row of aeadRows) expect([row.name, row.icvLength]).toEqual([row.name, Number(/_(8|12)(?:_|$)/.exec(row.name)?.[1] ?? 16)]);
  });
  it('row 29: each octet of the ICV counts, in every algorithm', () => {
    for (const config of configs) {
      const sealed = seal(createSa(config));
      const receiver = createSa(config);
      const icv = config.protocol === 'ESP' ? sealed.length - receiver.icvLength : 20 + 12 + receiver.ivLength;
      for (let i = 0; i < receiver.icvLength; i++)
        for (const bit of [1, 0x80]) {
          const changed = sealed.slice();
          changed[icv + i]! ^= bit;
          expect([config.encryption?.row.name, config.integrity?.row.name, i, outcome(receiver, changed)]).toEqual([config.encryption?.row.name, config.integrity?.row.name, i, 'icv']); // prettier-ignore
        }
      expect(outcome(receiver, sealed)).toBe('ok');
    }
  });
  it('row 29: a shorter ICV, down to none, is refused', () => {
    for (const config of configs) {
      const sealed = seal(createSa(config));
      const receiver = createSa(config);
      for (let cut = 1; cut <= receiver.icvLength; cut++) {
        const shorter = sealed.slice(0, sealed.length - cut);
        writeU16(shorter, 2, shorter.length);
        fixIpv4Checksum(shorter);
        expect(['icv', 'malformed']).toContain(outcome(receiver, shorter));
      }
      expect(receiver.window.top).toBe(0);
    }
  });
});

describe('row 34: IP-TFS', () => {
  it('row 34: there is none here: next header 144 (AGGFRAG) is no inner packet of a tunnel, and any protocol in transport mode', () => {
    // An aggregation that claims 65,535 octets of the next block: nothing is kept, nothing is waited for.
    const aggregated = Uint8Array.from([0, 0, 0xff, 0xff, ...clear]);
    const make = (config: SaConfig): Uint8Array => {
      const out = new Uint8Array(400);
      out.set(seal(createSa(config)).subarray(0, 20));
      out.set(aggregated, 36);
      const length = 20 + sealEspAt(createSa(config), 1, 144, out, 20, aggregated.length);
      writeU16(out, 2, length);
      fixIpv4Checksum(out);
      return out.slice(0, length);
    };
    expect(outcome(createSa(gcm), make(gcm))).toBe('malformed');
    const transport: SaConfig = { ...gcm, mode: 'transport' };
    const verdict = open(createSa(transport), make(transport));
    expect(verdict.ok && [verdict.packet[9], verdict.packet.length]).toEqual([144, 20 + aggregated.length]);
  });
});

describe('row 35: decompression bombs', () => {
  it('row 35: no packet becomes longer than 65,535 octets, and a bomb costs no more than a packet', () => {
    const ipca = createIpcomp({ cpi: 2, mode: 'transport', codec: deflate });
    const fits = sealIpcomp(ipca, encodeUdp(ends, 1, 2, new Uint8Array(65_000)));
    expect(fits.length).toBeLessThan(200);
    expect(openIpcomp(ipca, fits)?.length).toBe(65_028);
    let made = 0;
    for (const size of [65_516, 65_536, 10_000_000]) {
      const bomb = deflate.compress(new Uint8Array(size));
      const packet = new Uint8Array(Math.min(24 + bomb.length, 65_535));
      packet.set(fits.subarray(0, 24));
      packet.set(bomb.subarray(0, packet.length - 24), 24);
      writeU16(packet, 2, packet.length);
      fixIpv4Checksum(packet);
      expect([size, openIpcomp(ipca, packet)]).toEqual([size, undefined]);
      made++;
    }
    expect(made).toBe(3);
    expect(deflate.decompress(deflate.compress(new Uint8Array(10_000_000)), 1000)).toBeUndefined();
    expect(deflate.decompress(deflate.compress(new Uint8Array(1000)), 1000)?.length).toBe(1000);
  });
  it('row 35: what was compressed twice is opened one layer a call', () => {
    const ipca = createIpcomp({ cpi: 2, mode: 'transport', codec: deflate, threshold: 0 });
    const packet = encodeUdp(ends, 1, 2, new Uint8Array(65_000));
    const twice = sealIpcomp(ipca, sealIpcomp(ipca, packet));
    expect([twice[9], twice[20], twice.length < 100]).toEqual([108, 108, true]);
    const once = openIpcomp(ipca, twice)!;
    expect([once[9], once[20], once.length < 200]).toEqual([108, 17, true]);
    expect(openIpcomp(ipca, once)).toEqual(packet);
    expect(openIpcomp(ipca, packet)).toBeUndefined();
  });
});

describe('row 36: SPIs that are none, and octets that are not ours', () => {
  it('row 36: SPI 0 is in no SA, is handed out to nobody and matches nothing; 1 to 255 are handed out to nobody', () => {
    for (const protocol of ['ESP', 'AH'] as const)
      expect(() => createSa({ ...(protocol === 'ESP' ? gcm : ah), spi: 0 })).toThrow(/an SPI: expected 1 to 0xffffffff, found 0/);
    const sad = createSad();
    addSa(sad, createSa(gcm), { direction: 'inbound' });
    for (const protocol of ['ESP', 'AH'] as const) expect(findSa(sad, protocol, 0)).toBeUndefined();
    let next = -1;
    const upward = (octets: Uint8Array): void => {
      octets.set([0, 0, ++next >> 8, next & 0xff]);
    };
    // 64 tries are not enough to get past 255 from 0: the randomness is none
    expect(() => allocateSpi(sad, upward)).toThrow(expect.objectContaining({ code: 'spi-exhausted' }));
    next = 199;
    expect(allocateSpi(sad, upward)).toBe(256);
  });
  it.each([
    ...kinds,
    ['ESP with ENCR_NULL', nul],
    ['ESP with ChaCha20-Poly1305', { ...gcm, encryption: keyed(chacha20Poly1305) }],
  ] as const)('row 36: opening writes nothing into the packet it is given, genuine or not, %s', (_, config) => {
    const sealed = seal(createSa(config));
    for (const packet of [sealed, broken(sealed), broken(sealed, 30), sealed.subarray(0, 60)]) {
      const copy = packet.slice();
      const out = new Uint8Array(packet.length);
      open(createSa(config), packet);
      (config.protocol === 'ESP' ? openEspInto : openAhInto)(createSa(config), packet, out);
      expect(packet).toEqual(copy);
    }
  });
  it('row 36: sealing writes nothing into the packet it is given', () => {
    for (const [, config] of kinds) {
      const mine = clear.slice();
      seal(createSa(config), mine);
      expect(mine).toEqual(clear);
    }
  });
});
