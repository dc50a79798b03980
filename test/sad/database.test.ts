import { describe, expect, test } from 'vitest';
import { secretsOf } from '../../src/association.js';
import { addSa, allocateSpi, clearSad, createSad, findSa, findSentBy, listSas, MIN_SPI, releaseSpi, removeSa } from '../../src/sad.js';
import { aes256Cbc } from '../../src/suite/encr.js';
import { chacha20Poly1305 } from '../../src/suite/aead.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { parseAddress } from '../../src/ip.js';
import { ah, esp, keyOf, numbers, type SaSettings } from './make.js';

const inbound = { direction: 'inbound' } as const;
const outbound = { direction: 'outbound' } as const;

describe('removal wipes the keys', () => {
  const kinds: Record<string, SaSettings> = {
    'AES-GCM': {},
    'ChaCha20-Poly1305': { encryption: { row: chacha20Poly1305, key: keyOf(36) } },
    'AES-CBC with HMAC': {
      encryption: { row: aes256Cbc, key: keyOf(32) },
      integrity: { row: hmacSha256_128, key: keyOf(32) },
    },
    AH: { protocol: 'AH', encryption: undefined, integrity: { row: hmacSha256_128, key: keyOf(32) } },
  };
  test.each(Object.entries(kinds))('%s: every buffer with key material holds zeros afterwards', (_name, config) => {
    const sad = createSad();
    const sa = esp(0x100, config);
    const exportableKeys = { encryption: config.encryption?.key, integrity: config.integrity?.key };
    const entry = addSa(sad, sa, { ...inbound, exportableKeys });
    const kept = [entry.keys?.encryption, entry.keys?.integrity].filter((key) => key !== undefined);
    const secrets = [...secretsOf(sa), ...kept];
    expect(secrets.length).toBeGreaterThan(0);
    // HMAC hands out no buffer that is filled between packets: its state is in private fields of the hash, and wiped there.
    expect(secrets.some((buffer) => buffer.some((word) => word !== 0))).toBe(true);
    expect(kept.every((key) => key.some((octet) => octet !== 0))).toBe(true);
    expect(removeSa(sad, entry)).toBe(true);
    expect(secrets.every((buffer) => buffer.every((word) => word === 0))).toBe(true);
    expect(sa.alive).toBe(false);
    expect(findSa(sad, sa.protocol, 0x100)).toBeUndefined();
  });
  test('clearSad: all of them, both directions', () => {
    const sad = createSad();
    const sas = [esp(0x100), esp(0x200), ah(0x100)];
    addSa(sad, sas[0]!, inbound);
    addSa(sad, sas[1]!, outbound);
    addSa(sad, sas[2]!, inbound);
    clearSad(sad);
    expect(sad.size).toBe(0);
    expect(listSas(sad)).toEqual([]);
    for (const sa of sas) for (const buffer of secretsOf(sa)) expect(buffer.every((word) => word === 0)).toBe(true);
  });
  test('the keys that the caller gave are copied, never wiped', () => {
    const sad = createSad();
    const key = keyOf(20);
    removeSa(sad, addSa(sad, esp(0x100), { ...inbound, exportableKeys: { encryption: key } }));
    expect(key).toEqual(keyOf(20));
  });
  test('removal twice does nothing, also when the SPI is in use again', () => {
    const sad = createSad();
    const old = addSa(sad, esp(0x100), inbound);
    removeSa(sad, old);
    const next = addSa(sad, esp(0x100), inbound);
    expect(removeSa(sad, old)).toBe(false);
    expect(findSa(sad, 'ESP', 0x100)).toBe(next);
    expect(sad.size).toBe(1);
  });
  test('a wiped SA cannot come back', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0x100), inbound);
    removeSa(sad, entry);
    expect(() => addSa(sad, entry.sa, inbound)).toThrow(expect.objectContaining({ code: 'sa-deleted' }));
  });
});

describe('bounded', () => {
  test('the number of SAs', () => {
    const sad = createSad({ limit: 2 });
    addSa(sad, esp(0x100), inbound);
    const second = addSa(sad, esp(0x200), outbound);
    expect(() => addSa(sad, esp(0x300), inbound)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }));
    removeSa(sad, second);
    addSa(sad, esp(0x300), inbound);
    expect(sad.size).toBe(2);
  });
  test('the number of SPIs that are reserved', () => {
    const sad = createSad({ limit: 3 });
    const random = fill(numbers(7));
    for (let i = 0; i < 3; i++) allocateSpi(sad, random);
    expect(() => allocateSpi(sad, random)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }));
  });
});

describe('RFC 4303 section 2.1: SPIs of our own', () => {
  test('0 and 1 to 255 are never handed out', () => {
    const sad = createSad();
    const candidates = [0, 1, 255, 256, 3];
    let i = 0;
    const random = fill(() => candidates[i++ % candidates.length]!);
    expect(allocateSpi(sad, random)).toBe(MIN_SPI);
    // Now 256 is reserved: nothing that this source of chance gives is left.
    expect(() => allocateSpi(sad, random)).toThrow(expect.objectContaining({ code: 'spi-exhausted' }));
  });
  test('never one that is in use or was handed out; one that was given back may come again', () => {
    const sad = createSad();
    addSa(sad, esp(0x500), inbound);
    addSa(sad, ah(0x600), inbound);
    addSa(sad, esp(0x700, { to: '224.0.0.5' }), inbound);
    addSa(sad, esp(0x800), outbound); // the peer's choice: no reason against using the same number ourselves
    const queue = [0x500, 0x600, 0x700, 0x800, 0x800, 0x900, 0x800];
    const random = fill(() => queue.shift() ?? 0);
    expect(allocateSpi(sad, random)).toBe(0x800);
    expect(allocateSpi(sad, random)).toBe(0x900);
    releaseSpi(sad, 0x800);
    expect(allocateSpi(sad, random)).toBe(0x800);
  });
  test('an SA that is added takes its reservation, and after its removal the SPI is free', () => {
    const sad = createSad();
    const random = fill(() => 0x1234);
    const spi = allocateSpi(sad, random);
    const entry = addSa(sad, esp(spi), inbound);
    expect(sad.reserved.size).toBe(0);
    expect(() => allocateSpi(sad, random)).toThrow(expect.objectContaining({ code: 'spi-exhausted' }));
    removeSa(sad, entry);
    expect(allocateSpi(sad, random)).toBe(spi);
  });
  test('the whole range above 255 is used', () => {
    const sad = createSad();
    expect(
      allocateSpi(
        sad,
        fill(() => 0xffffffff),
      ),
    ).toBe(0xffffffff);
    expect(
      allocateSpi(
        sad,
        fill(() => 0x80000000),
      ),
    ).toBe(0x80000000);
  });
  test('manual SAs may have reserved SPIs (a configuration says what it says)', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), inbound);
    expect(findSa(sad, 'ESP', 1)).toBe(entry);
  });
});

describe('settings', () => {
  test('what the RFCs forbid is refused', () => {
    expect(() => createSad({ pathMtuAge: 299_999 })).toThrow(expect.objectContaining({ path: 'pathMtuAge' }));
    expect(() => createSad({ minPathMtu: 67 })).toThrow(expect.objectContaining({ path: 'minPathMtu' }));
    expect(() => createSad({ minPathMtu: NaN })).toThrow(expect.objectContaining({ path: 'minPathMtu' }));
    expect(createSad({ pathMtuAge: Infinity }).options).toEqual({
      spiSpace: 'per-protocol',
      limit: 2 ** 20,
      pathMtuAge: Infinity,
      minPathMtu: 576,
    });
  });
  test('two databases do not know of each other', () => {
    const [a, b] = [createSad(), createSad()];
    addSa(a, esp(0x100), inbound);
    expect(findSa(b, 'ESP', 0x100)).toBeUndefined();
    expect(findSentBy(b, 'ESP', 0x100, parseAddress('192.0.2.1'))).toEqual([]);
  });
});

function fill(next: () => number): (target: Uint8Array) => void {
  return (target) => {
    new DataView(target.buffer, target.byteOffset).setUint32(0, next());
  };
}
