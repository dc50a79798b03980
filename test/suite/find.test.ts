import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { aeadRows, aes256Gcm16 } from '../../src/suite/aead.js';
import { aes192Cbc, encrRows } from '../../src/suite/encr.js';
import { findEncryption, findIntegrity } from '../../src/suite/find.js';
import { aes192Gmac, hmacSha256_128, integRows } from '../../src/suite/integ.js';

const encryption = [...aeadRows, ...encrRows];

function thrown(call: () => unknown): IpsecError {
  try {
    call();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('findEncryption and findIntegrity', () => {
  it('find the row by name and octets of keying material, salt included', () => {
    expect(findEncryption(encryption, 'ENCR_AES_GCM_16', 36)).toBe(aes256Gcm16);
    expect(findEncryption(encryption, 'ENCR_AES_CBC', 24)).toBe(aes192Cbc);
    expect(findIntegrity(integRows, 'AUTH_HMAC_SHA2_256_128', 32)).toBe(hmacSha256_128);
    expect(findIntegrity(integRows, 'AUTH_AES_192_GMAC', 28)).toBe(aes192Gmac);
    for (const row of encryption) expect(findEncryption(encryption, row.name, row.keyLength + row.saltLength)).toBe(row);
    for (const row of integRows) expect(findIntegrity(integRows, row.name, row.keyLength + row.saltLength)).toBe(row);
  });

  it('name the nearest and all that are known', () => {
    const error = thrown(() => findEncryption(encryption, 'ENCR_AES_GCM16', 36));
    expect(error.code).toBe('unknown-algorithm');
    expect(error.nearest).toBe('ENCR_AES_GCM_16');
    expect(error.expected).toContain('ENCR_AES_CBC');
    expect(error.expected?.match(/ENCR_AES_GCM_16\b/g)).toHaveLength(1);
    expect(error.found).toBe('"ENCR_AES_GCM16"');
    expect(thrown(() => findIntegrity(integRows, 'whirlpool', 64)).nearest).toBeUndefined();
    expect(thrown(() => findIntegrity([], 'AUTH_HMAC_SHA1_96', 20)).message).toContain('no rows were given');
  });

  it('name the key lengths that would fit', () => {
    expect(thrown(() => findEncryption(encryption, 'ENCR_AES_GCM_16', 16)).message).toBe(
      'key of ENCR_AES_GCM_16: expected 20 (16 + 4 of salt), 28 (24 + 4 of salt) or 36 (32 + 4 of salt) octets, found 16',
    );
    expect(thrown(() => findIntegrity(integRows, 'AUTH_HMAC_SHA1_96', 32)).message).toBe(
      'key of AUTH_HMAC_SHA1_96: expected 20 octets, found 32',
    );
  });
});
