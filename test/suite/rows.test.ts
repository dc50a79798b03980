import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { concat, EMPTY, fromHex, readU32, toHex } from '../../src/bytes.js';
import { aeadRows, aes128GmacEsp, aes256Gcm16, aes256GmacEsp, chacha20Poly1305 } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { createHmac, type HashFunction, type HashState } from '../../src/suite/hmac.js';
import { aes128Gmac, integRows } from '../../src/suite/integ.js';
import { desCbc, legacyRows, tripleDesCbc } from '../../src/suite/legacy.js';
import gmacPacket from '../../vectors/linux-kernel/esp-gmac128-t6.json' with { type: 'json' };
import gmacEsnPacket from '../../vectors/linux-kernel/esp-esn-gmac256-u66.json' with { type: 'json' };

describe('what the rows say', () => {
  // RFC 7296 section 3.3.2, RFC 4106 section 8.3, RFC 4309 section 7.3, RFC 4543 section 9, RFC 4494 section 5, RFC 4868 section 4, RFC 7634 section 5, RFC 8750 section 8
  const registered: Record<string, readonly [id: number, keys: readonly number[], salt: number, iv: number, icv: number]> = {
    ENCR_DES: [2, [8], 0, 8, 0],
    ENCR_3DES: [3, [24], 0, 8, 0],
    ENCR_NULL: [11, [0], 0, 0, 0],
    ENCR_AES_CBC: [12, [16, 24, 32], 0, 16, 0],
    ENCR_AES_CTR: [13, [16, 24, 32], 4, 8, 0],
    ENCR_AES_CCM_8: [14, [16, 24, 32], 3, 8, 8],
    ENCR_AES_CCM_12: [15, [16, 24, 32], 3, 8, 12],
    ENCR_AES_CCM_16: [16, [16, 24, 32], 3, 8, 16],
    ENCR_AES_GCM_8: [18, [16, 24, 32], 4, 8, 8],
    ENCR_AES_GCM_12: [19, [16, 24, 32], 4, 8, 12],
    ENCR_AES_GCM_16: [20, [16, 24, 32], 4, 8, 16],
    ENCR_NULL_AUTH_AES_GMAC: [21, [16, 24, 32], 4, 8, 16],
    ENCR_CHACHA20_POLY1305: [28, [32], 4, 8, 16],
    ENCR_AES_CCM_8_IIV: [29, [16, 24, 32], 3, 0, 8],
    ENCR_AES_GCM_16_IIV: [30, [16, 24, 32], 4, 0, 16],
    ENCR_CHACHA20_POLY1305_IIV: [31, [32], 4, 0, 16],
    AUTH_HMAC_MD5_96: [1, [16], 0, 0, 12],
    AUTH_HMAC_SHA1_96: [2, [20], 0, 0, 12],
    AUTH_AES_XCBC_96: [5, [16], 0, 0, 12],
    AUTH_AES_CMAC_96: [8, [16], 0, 0, 12],
    AUTH_AES_128_GMAC: [9, [16], 4, 8, 16],
    AUTH_AES_192_GMAC: [10, [24], 4, 8, 16],
    AUTH_AES_256_GMAC: [11, [32], 4, 8, 16],
    AUTH_HMAC_SHA2_256_128: [12, [32], 0, 0, 16],
    AUTH_HMAC_SHA2_384_192: [13, [48], 0, 0, 24],
    AUTH_HMAC_SHA2_512_256: [14, [64], 0, 0, 32],
    AUTH_HMAC_SHA2_256_96: [0, [32], 0, 0, 12],
  };
  const rows = [...aeadRows, ...encrRows, ...integRows, ...legacyRows];

  it('is what is registered', () => {
    const said: Record<string, unknown> = {};
    for (const name of new Set(rows.map((row) => row.name))) {
      const same = rows.filter((row) => row.name === name);
      const one = (numbers: readonly number[]): unknown => (new Set(numbers).size === 1 ? numbers[0] : numbers);
      said[name] = [
        one(same.map((row) => row.id)),
        same.map((row) => row.keyLength),
        one(same.map((row) => row.saltLength)),
        one(same.map((row) => row.ivLength)),
        one(same.map((row) => ('icvLength' in row ? row.icvLength : 0))),
      ];
    }
    expect(said).toEqual(registered);
  });

  it('cannot be changed', () => {
    for (const row of rows) expect(Object.isFrozen(row)).toBe(true);
    for (const list of [aeadRows, encrRows, integRows, legacyRows]) expect(Object.isFrozen(list)).toBe(true);
  });
});

describe('RFC 4543', () => {
  it.each([
    ['section 3: an ESP packet that Linux authenticated', gmacPacket, aes128GmacEsp, false],
    ['section 3.3: an ESP packet with an extended sequence number', gmacEsnPacket, aes256GmacEsp, true],
  ] as const)('%s', (_, capture, row, esn) => {
    for (const { dir, outer, seq } of capture.packets) {
      const { aead } = capture.sas.find((sa) => sa.dir === dir)!;
      const context = row.create(fromHex(aead.key + aead.salt));
      const packet = fromHex(outer);
      // fixed IPv6 header, then ESP: SPI, sequence number, IV
      const esp = 40;
      const full = BigInt(seq);
      const high = esn ? (full >> 32n).toString(16).padStart(8, '0') : '';
      expect(Number(full & 0xffffffffn)).toBe(readU32(packet, esp + 4));
      const aad = fromHex(toHex(packet.subarray(esp, esp + 4)) + high + toHex(packet.subarray(esp + 4, esp + 8)));
      const end = packet.length - row.icvLength;
      const iv = packet.slice(esp + 8, esp + 16);
      expect(context.open(aad, iv, packet, esp + 16, end)).toBe(true);
      expect(toHex(packet)).toBe(outer);
      packet[esp + 20]! ^= 1;
      expect(context.open(aad, iv, packet, esp + 16, end)).toBe(false);
      packet[esp + 20]! ^= 1;
      packet.fill(0, end);
      context.seal(aad, iv, packet, esp + 16, end);
      expect(toHex(packet)).toBe(outer);
      context.destroy();
    }
  });

  it('section 4: AH over the same octets has the same tag', () => {
    const key = Uint8Array.from({ length: 20 }, (_, i) => i);
    const iv = new Uint8Array(8).fill(9);
    const text = Uint8Array.from({ length: 50 }, (_, i) => i);
    const esp = new Uint8Array(66);
    esp.set(text);
    aes128GmacEsp.create(key).seal(fromHex('0102030405060708'), iv, esp, 0, 50);
    const ah = aes128Gmac.create(key);
    ah.begin(iv);
    for (const part of [fromHex('0102030405060708'), iv, text]) ah.update(part, 0, part.length);
    expect(ah.finishVerify(esp, 50)).toBe(true);
  });
});

describe('long texts, which are worked on in pieces', () => {
  it.each([
    ['RFC 7634', chacha20Poly1305, chacha20poly1305],
    ['RFC 4106', aes256Gcm16, gcm],
  ] as const)('%s: are what noble’s public function makes of them', (_, row, publicFunction) => {
    const key = Uint8Array.from({ length: 36 }, (_, i) => 3 * i);
    const iv = Uint8Array.from([8, 7, 6, 5, 4, 3, 2, 1]);
    const aad = Uint8Array.from([1, 2, 3]);
    const context = row.create(key);
    for (const length of [0, 1, 63, 64, 65, 2047, 2048, 2049, 4095, 4096, 4097, 6000]) {
      const text = Uint8Array.from({ length }, (_, i) => (i * i) & 0xff);
      const buffer = new Uint8Array(length + 16 + 1);
      buffer.set(text, 1);
      context.seal(aad, iv, buffer, 1, 1 + length);
      expect(toHex(buffer.subarray(1))).toBe(toHex(publicFunction(key.subarray(0, 32), concat(key.subarray(32), iv), aad).encrypt(text)));
      expect(context.open(aad, iv, buffer, 1, 1 + length)).toBe(true);
      expect(toHex(buffer.subarray(1, 1 + length))).toBe(toHex(text));
    }
    context.destroy();
  });
});

describe('RFC 2104', () => {
  it('the states that the key was hashed into are wiped, too', () => {
    const states: HashState[] = [];
    const spied: HashFunction = {
      outputLen: sha256.outputLen,
      blockLen: sha256.blockLen,
      create: () => {
        const state = sha256.create();
        states.push(state);
        return state;
      },
    };
    const context = createHmac('hmac', spied, new Uint8Array(32).fill(7), 16);
    context.begin(EMPTY);
    context.update(new Uint8Array(100), 0, 100);
    const numbers = (): unknown[] =>
      states.flatMap((s) => Object.entries(s).flatMap(([k, v]: [string, unknown]) => (/^[A-H]$/.test(k) ? [v] : [])));
    expect(numbers()).toHaveLength(24);
    expect(numbers().filter((n) => n !== 0).length).toBeGreaterThan(20);
    context.destroy();
    expect(numbers().every((n) => n === 0)).toBe(true);
    const buffers = states.map((s) => (s as unknown as { buffer: Uint8Array }).buffer);
    expect(buffers.every((b) => b.every((octet) => octet === 0))).toBe(true);
  });
});

describe('RFC 2405 section 4: weak keys of DES', () => {
  const weak = [
    '0101010101010101',
    'fefefefefefefefe',
    'e0e0e0e0f1f1f1f1',
    '1f1f1f1f0e0e0e0e',
    '011f011f010e010e',
    '1f011f010e010e01',
    '01e001e001f101f1',
    'e001e001f101f101',
    '01fe01fe01fe01fe',
    'fe01fe01fe01fe01',
    '1fe01fe00ef10ef1',
    'e01fe01ff10ef10e',
    '1ffe1ffe0efe0efe',
    'fe1ffe1ffe0efe0e',
    'e0fee0fef1fef1fe',
    'fee0fee0fef1fef1',
  ];

  it.each(weak)('%s is refused, with whatever parity', (key) => {
    expect(() => desCbc.create(fromHex(key))).toThrow(/weak/);
    expect(() => desCbc.create(fromHex(key).map((octet) => octet ^ 1))).toThrow(/weak/);
    expect(() => desCbc.create(fromHex(key).map((octet, i) => (i === 3 ? octet ^ 2 : octet)))).not.toThrow();
  });
});

describe('RFC 2451 section 2.3: degenerate keys of 3DES', () => {
  const [a, b] = ['0123456789abcdef', '23456789abcdef01'];
  it.each([
    [a + a + b, 'k1 = k2'],
    [a + b + b, 'k2 = k3'],
    [a + '0022446688aaccee' + b, 'k1 = k2'],
  ])('%s is refused', (key, found) => {
    expect(() => tripleDesCbc.create(fromHex(key))).toThrow(`found ${found}`);
  });
  it('two keys are allowed', () => {
    expect(() => tripleDesCbc.create(fromHex(a + b + a))).not.toThrow();
  });
});
