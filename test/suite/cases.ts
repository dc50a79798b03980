/**
 * The vectors of others, put to an engine: the rows over noble and the rows over node:crypto answer to the same list.
 */
import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { findEncryption, findIntegrity } from '../../src/suite/find.js';
import type {
  AeadContext,
  AeadRow,
  CipherContext,
  CipherRow,
  EncryptionRow,
  IntegrityContext,
  IntegrityRow,
} from '../../src/suite/types.js';
import libreswanGcm from '../../vectors/suite/libreswan-gcm.json' with { type: 'json' };
import linuxCiphers from '../../vectors/suite/linux-testmgr-aes-cbc-ctr.json' with { type: 'json' };
import linuxMac from '../../vectors/suite/linux-testmgr-mac.json' with { type: 'json' };
import mcgrew from '../../vectors/suite/mcgrew-gcm-esp.json' with { type: 'json' };
import rfc2202 from '../../vectors/suite/rfc2202-hmac-md5-sha1.json' with { type: 'json' };
import rfc2410 from '../../vectors/suite/rfc2410-null.json' with { type: 'json' };
import rfc3566 from '../../vectors/suite/rfc3566-aes-xcbc-mac-96.json' with { type: 'json' };
import rfc3602 from '../../vectors/suite/rfc3602-aes-cbc.json' with { type: 'json' };
import rfc3610 from '../../vectors/suite/rfc3610-aes-ccm.json' with { type: 'json' };
import rfc3686 from '../../vectors/suite/rfc3686-aes-ctr.json' with { type: 'json' };
import rfc4231 from '../../vectors/suite/rfc4231-hmac-sha2.json' with { type: 'json' };
import rfc4493 from '../../vectors/suite/rfc4493-aes-cmac.json' with { type: 'json' };
import rfc4494 from '../../vectors/suite/rfc4494-aes-cmac-96.json' with { type: 'json' };
import rfc4868 from '../../vectors/suite/rfc4868-hmac-sha2-ipsec.json' with { type: 'json' };
import rfc7634 from '../../vectors/suite/rfc7634-esp-chacha20poly1305.json' with { type: 'json' };
import strongswanAead from '../../vectors/suite/strongswan-aead.json' with { type: 'json' };
import strongswanCrypters from '../../vectors/suite/strongswan-crypters.json' with { type: 'json' };
import strongswanIntegrity from '../../vectors/suite/strongswan-integrity.json' with { type: 'json' };
import wycheproofCcm11 from '../../vectors/suite/wycheproof/aes-ccm-11.json' with { type: 'json' };
import wycheproofCcm from '../../vectors/suite/wycheproof/aes-ccm-other-nonce.json' with { type: 'json' };
import wycheproofCmac from '../../vectors/suite/wycheproof/aes-cmac.json' with { type: 'json' };
import wycheproofGcm from '../../vectors/suite/wycheproof/aes-gcm.json' with { type: 'json' };
import wycheproofChacha from '../../vectors/suite/wycheproof/chacha20-poly1305.json' with { type: 'json' };
import wycheproofSha1 from '../../vectors/suite/wycheproof/hmac-sha1.json' with { type: 'json' };
import wycheproofSha256 from '../../vectors/suite/wycheproof/hmac-sha256.json' with { type: 'json' };
import wycheproofSha384 from '../../vectors/suite/wycheproof/hmac-sha384.json' with { type: 'json' };
import wycheproofSha512 from '../../vectors/suite/wycheproof/hmac-sha512.json' with { type: 'json' };

/** What a set of rows must offer to be tested here. The functions take keys of lengths that no row has. */
export interface Engine {
  readonly rows: readonly (EncryptionRow | IntegrityRow)[];
  hmac(hash: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512', key: Uint8Array, icvLength: number): IntegrityContext;
  cmac(key: Uint8Array, icvLength: number): IntegrityContext;
  xcbc(key: Uint8Array, icvLength: number): IntegrityContext;
  /** CCM with a nonce of salt and eight octets of IV; L follows from its length. */
  ccm(keyAndSalt: Uint8Array, keyLength: number, icvLength: number): AeadContext;
}

export function describeVectors(engine: Engine): void {
  const encryption = engine.rows.filter((row) => row.kind !== 'integrity');
  const integrity = engine.rows.filter((row) => row.kind === 'integrity');
  const aead = (name: string, keyAndSalt: Uint8Array): AeadContext => {
    const row: EncryptionRow = findEncryption(encryption, name, keyAndSalt.length);
    if (row.kind !== 'aead') throw new Error(name);
    return row.create(keyAndSalt);
  };
  const cipher = (name: string, keyAndSalt: Uint8Array): CipherContext => {
    const row: EncryptionRow = findEncryption(encryption, name, keyAndSalt.length);
    if (row.kind !== 'cipher') throw new Error(name);
    return row.create(keyAndSalt);
  };
  const mac = (name: string, key: Uint8Array): IntegrityContext => findIntegrity(integrity, name, key.length).create(key);

  describe('RFC 4106 AES-GCM', () => {
    it.each(mcgrew.cases)('$name', (v) => {
      checkAead(aead('ENCR_AES_GCM_16', fromHex(v.key + v.salt)), v);
    });
    it.each(libreswanGcm.cases)('$name', (v) => {
      checkAead(aead('ENCR_AES_GCM_16', fromHex(v.key + v.salt)), v);
    });
    it.each(wycheproofGcm.cases)('Wycheproof $tcId $comment', (v) => {
      checkAead(aead('ENCR_AES_GCM_16', fromHex(v.key + v.nonce.slice(0, 8))), { ...v, iv: v.nonce.slice(8) }, v.result === 'valid');
    });
  });

  describe('RFC 4309 AES-CCM', () => {
    it.each(wycheproofCcm11.cases)('Wycheproof $tcId', (v) => {
      checkAead(aead('ENCR_AES_CCM_16', fromHex(v.key + v.nonce.slice(0, 6))), { ...v, iv: v.nonce.slice(6) }, v.result === 'valid');
    });
    it.each(wycheproofCcm.cases)('other nonces: Wycheproof $tcId $comment', (v) => {
      const salt = v.nonce.slice(0, -16);
      const context = engine.ccm(fromHex(v.key + salt), v.key.length / 2, v.icv.length / 2);
      checkAead(context, { ...v, iv: v.nonce.slice(-16) }, v.result === 'valid');
    });
    it.each(rfc3610.cases)('other nonces: $name', (v) => {
      checkAead(engine.ccm(fromHex(v.key + v.nonce.slice(0, -16)), 16, v.icv.length / 2), { ...v, iv: v.nonce.slice(-16) });
    });
  });

  describe('RFC 7634 ChaCha20-Poly1305', () => {
    it.each(rfc7634.cases)('$name', (v) => {
      checkAead(aead('ENCR_CHACHA20_POLY1305', fromHex(v.keymat)), v);
    });
    it.each(wycheproofChacha.cases)('Wycheproof $tcId $comment', (v) => {
      checkAead(aead('ENCR_CHACHA20_POLY1305', fromHex(v.key + v.nonce.slice(0, 8))), { ...v, iv: v.nonce.slice(8) }, v.result === 'valid');
    });
  });

  describe('combined modes of strongSwan', () => {
    it.each(strongswanAead.cases)('$name $alg', (v) => {
      checkAead(aead(v.alg.replace('ICV', ''), fromHex(v.key + v.salt)), v);
    });
  });

  describe('RFC 3602 AES-CBC', () => {
    it.each(rfc3602.cases)('$name', (v) => {
      checkCipher(cipher('ENCR_AES_CBC', fromHex(v.key)), v);
    });
  });

  describe('RFC 3686 AES-CTR', () => {
    it.each(rfc3686.cases)('$name', (v) => {
      checkCipher(cipher('ENCR_AES_CTR', fromHex(v.key + v.salt)), v);
    });
  });

  describe('RFC 2410 NULL', () => {
    it.each(rfc2410.cases)('$name', (v) => {
      checkCipher(cipher('ENCR_NULL', EMPTY), { ...v, iv: '' });
    });
  });

  describe('ciphers of Linux and strongSwan', () => {
    it.each(linuxCiphers.cases)('$name', (v) => {
      checkCipher(cipher(`ENCR_${v.cipher.replace('-', '_')}`, fromHex(v.key + (v.salt ?? ''))), v);
    });
    it.each(strongswanCrypters.cases)('$name', (v) => {
      checkCipher(cipher(v.alg, fromHex((v.key ?? '') + (v.salt ?? ''))), { ...v, iv: v.iv ?? '' });
    });
  });

  describe('RFC 2202 HMAC-MD5 and HMAC-SHA1', () => {
    it.each(rfc2202.cases)('$name', (v) => {
      const hash = v.alg === 'HMAC-MD5' ? 'md5' : 'sha1';
      checkMac(engine.hmac(hash, fromHex(v.key), v.mac.length / 2), v.message, v.mac);
      if (v.icv96 !== undefined) checkMac(engine.hmac(hash, fromHex(v.key), 12), v.message, v.icv96);
    });
  });

  describe('RFC 4231 HMAC-SHA-2', () => {
    it.each(rfc4231.cases)('$name', (v) => {
      checkMac(engine.hmac(shaOf(v.alg), fromHex(v.key), v.mac.length / 2), v.message, v.mac);
    });
  });

  describe('RFC 4868 HMAC-SHA-256-128, 384-192, 512-256', () => {
    it.each(rfc4868.cases)('$name', (v) => {
      checkMac(engine.hmac(shaOf(v.alg), fromHex(v.key), v.output.length / 2), v.message, v.output);
      if (v.integAlg !== undefined) checkMac(mac(`AUTH_${v.integAlg.replaceAll('-', '_')}`, fromHex(v.key)), v.message, v.icv);
    });
  });

  describe('RFC 3566 AES-XCBC-MAC-96', () => {
    it.each(rfc3566.cases)('$name', (v) => {
      checkMac(mac('AUTH_AES_XCBC_96', fromHex(v.key)), v.message, v.icv);
      checkMac(engine.xcbc(fromHex(v.key), 16), v.message, v.mac);
    });
  });

  describe('RFC 4493 and RFC 4494 AES-CMAC-96', () => {
    it.each(rfc4493.cases)('$name', (v) => {
      checkMac(engine.cmac(fromHex(v.key), 16), v.message, v.mac);
    });
    it.each(rfc4494.cases)('$name', (v) => {
      checkMac(mac('AUTH_AES_CMAC_96', fromHex(v.key)), v.message, v.icv);
    });
    it.each(wycheproofCmac.cases)('Wycheproof $tcId $comment', (v) => {
      checkMac(engine.cmac(fromHex(v.key), 16), v.message, v.mac, v.result === 'valid');
    });
  });

  describe('integrity algorithms of Linux, strongSwan and Wycheproof', () => {
    it.each(linuxMac.cases)('$name', (v) => {
      const key = fromHex(v.key);
      const icvLength = v.mac.length / 2;
      const context =
        v.alg === 'AES-XCBC-MAC'
          ? engine.xcbc(key, icvLength)
          : v.alg === 'AES-CMAC'
            ? engine.cmac(key, icvLength)
            : engine.hmac(shaOf(v.alg), key, icvLength);
      checkMac(context, v.message, v.mac);
    });
    it.each(strongswanIntegrity.cases)('$name $alg', (v) => {
      // MD5 and SHA-1 are there with lengths that are not registered for IPsec, too
      const odd = /^AUTH_HMAC_(MD5|SHA1)_(?:128|160)$/.exec(v.alg);
      const key = fromHex(v.key);
      checkMac(odd === null ? mac(v.alg, key) : engine.hmac(odd[1] === 'MD5' ? 'md5' : 'sha1', key, v.icv.length / 2), v.message, v.icv);
    });
    it.each([
      ['sha1', wycheproofSha1],
      ['sha256', wycheproofSha256],
      ['sha384', wycheproofSha384],
      ['sha512', wycheproofSha512],
    ] as const)('Wycheproof HMAC-%s', (hash, set) => {
      for (const v of set.cases) checkMac(engine.hmac(hash, fromHex(v.key), v.mac.length / 2), v.message, v.mac, v.result === 'valid');
    });
  });
}

interface AeadVector {
  readonly iv: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly icv: string;
}

/** Seals and opens at an odd offset between two sentinels; a vector that is not valid must not open. */
function checkAead(context: AeadContext, v: AeadVector, valid = true): void {
  const iv = fromHex(v.iv);
  const aad = fromHex(v.aad);
  const length = v.plaintext.length / 2;
  const end = 3 + length;
  const buffer = fromHex(`eeeeee${v.ciphertext}${v.icv}ee`);
  expect(context.open(aad, iv, buffer, 3, end)).toBe(valid);
  expect(toHex(buffer.subarray(end))).toBe(`${v.icv}ee`);
  if (!valid) {
    if (length > 0) expect(toHex(buffer.subarray(3, end))).not.toBe(v.plaintext);
    return;
  }
  expect(toHex(buffer.subarray(0, end))).toBe(`eeeeee${v.plaintext}`);
  context.seal(aad, iv, buffer, 3, end);
  expect(toHex(buffer)).toBe(`eeeeee${v.ciphertext}${v.icv}ee`);
}

function checkCipher(context: CipherContext, v: { readonly iv: string; readonly plaintext: string; readonly ciphertext: string }): void {
  const iv = fromHex(v.iv);
  const buffer = fromHex(`eeeeee${v.plaintext}ee`);
  const end = buffer.length - 1;
  // twice, because some contexts chain over packets
  for (let i = 0; i < 2; i++) {
    context.encrypt(iv, buffer, 3, end);
    expect(toHex(buffer)).toBe(`eeeeee${v.ciphertext}ee`);
    context.decrypt(iv, buffer, 3, end);
    expect(toHex(buffer)).toBe(`eeeeee${v.plaintext}ee`);
  }
}

/** In one piece and in pieces, written and verified. */
function checkMac(context: IntegrityContext, message: string, icv: string, valid = true): void {
  const data = fromHex(message);
  const expected = fromHex(icv);
  for (const piece of [data.length, 1, 7, 16]) {
    const feed = (): void => {
      context.begin(EMPTY);
      for (let o = 0; o < data.length; o += piece) context.update(data, o, Math.min(o + piece, data.length));
    };
    const out = new Uint8Array(expected.length + 2).fill(0xee);
    feed();
    context.finishInto(out, 1);
    expect(toHex(out) === `ee${icv}ee`).toBe(valid);
    feed();
    expect(context.finishVerify(expected, 0)).toBe(valid);
  }
}

function shaOf(name: string): 'sha256' | 'sha384' | 'sha512' {
  return name.endsWith('256') ? 'sha256' : name.endsWith('384') ? 'sha384' : 'sha512';
}

/** The rows of one kind. */
export function aeadOf(engine: Engine): readonly AeadRow[] {
  return engine.rows.filter((row) => row.kind === 'aead');
}
/** The rows of one kind. */
export function ciphersOf(engine: Engine): readonly CipherRow[] {
  return engine.rows.filter((row) => row.kind === 'cipher');
}
/** The rows of one kind. */
export function integrityOf(engine: Engine): readonly IntegrityRow[] {
  return engine.rows.filter((row) => row.kind === 'integrity');
}
