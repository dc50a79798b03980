/** Files that are broken, and passwords that are wrong: one error, which file, and no secret in it. */
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { readArmour } from '../../src/x509/pem.js';
import { readCertificates } from '../../src/x509/read-certificates.js';
import { readPkcs12 } from '../../src/x509/read-pkcs12.js';
import { readPrivateKey } from '../../src/x509/read-private-key.js';
import keys from '../../vectors/x509/private-keys.json' with { type: 'json' };
import pkcs12 from '../../vectors/x509/pkcs12.json' with { type: 'json' };
import { caught, certificate, fromBase64 } from './read-cases.js';

interface Case {
  readonly name: string;
  readonly pem?: string;
  readonly der?: string;
}
const find = (name: string): Case => (keys.cases as readonly Case[]).find((one) => one.name === name)!;
const derOf = (name: string): Uint8Array => fromBase64(find(name).der!);
const pemOf = (name: string): string => find(name).pem!;

/** Text of an error with everything that it carries. */
function allText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)} ${allText(error.cause)}`;
}

describe('passwords', () => {
  const encrypted = pemOf('p256, encrypted PKCS#8');

  it.each([
    [undefined, /expected its password, found none \(gw\.key\)$/],
    ['', /expected its password, found another one, or octets that were damaged/],
    ['wrong', /found another one/],
    ['correct-horse ', /found another one/],
  ])('%j', async (password, words) => {
    const error = await caught(() => readPrivateKey(encrypted, { password, source: 'gw.key' }));
    expect([error.code, error.path]).toEqual(['invalid-argument', 'gw.key']);
    expect(error.message).toMatch(words);
  });

  it('of 400 wrong ones, none comes through', async () => {
    const encrypted1 = pemOf('p256, encrypted, -v2 aes-128-cbc -v2prf hmacWithSHA1');
    for (let i = 0; i < 400; i++)
      expect((await caught(() => readPrivateKey(encrypted1, { password: `x${i}` }))).message).toMatch(/a password|its password/);
  });

  it('PKCS#12, with and without MAC', async () => {
    for (const name of ['defaults of OpenSSL 3', 'without MAC', 'certificates in the clear', 'key in the clear']) {
      const der = fromBase64(pkcs12.cases.find((one) => one.name === name)!.der);
      const error = await caught(() => readPkcs12(der, { password: 'hunter2', source: 'me.p12' }));
      expect([error.code, error.path]).toEqual(['invalid-argument', 'me.p12']);
      expect(error.message).toMatch(/expected its password/);
      expect(allText(error)).not.toContain('hunter2');
    }
  });

  it('a key that needs none takes none amiss', async () => {
    expect((await readPrivateKey(pemOf('p256, PKCS#8 PEM'), { password: 'x' })).publicKey.type).toBe('EC');
  });
});

describe('private keys', () => {
  it('RSA and EC, cut short at every octet and changed in every octet: an IpsecError, or a key', async () => {
    for (const name of ['p256, PKCS#8 DER', 'p384, traditional DER', 'ed25519, PKCS#8 DER', 'p256, encrypted PKCS#8 DER']) {
      const der = derOf(name);
      const secret = toHex(der.subarray(-20));
      for (let i = 0; i < der.length; i++) {
        const changed = der.slice();
        changed[i]! ^= 1 + (i % 255);
        for (const input of [der.slice(0, i), changed]) {
          const result = await readPrivateKey(input, { password: 'x', source: 'k' }).catch((error: unknown) => error);
          if (!(result instanceof Error)) continue;
          expect(result).toMatchObject({ name: 'IpsecError', path: 'k' });
          expect(allText(result)).not.toContain(secret);
        }
      }
    }
  });

  it('the halves have to belong together', async () => {
    const der = derOf('p256, traditional DER');
    // The scalar begins behind SEQUENCE, INTEGER 1 and OCTET STRING: at octet 7.
    const other = der.slice();
    other[10]! ^= 1;
    const error = await caught(() => readPrivateKey(other));
    expect(error.message).toMatch(/its own public key beside it, found another/);
  });

  it('those of Ed25519, too, where PKCS#8 has both (RFC 5958)', async () => {
    const der = derOf('ed25519, PKCS#8 DER');
    const { publicKey } = await readPrivateKey(der);
    const point = publicKey.spki.subarray(-32);
    const withPublic = (octets: Uint8Array): Uint8Array =>
      concat(Uint8Array.of(0x30, der.length - 2 + 35, 2, 1, 1), der.subarray(5), Uint8Array.of(0x81, 33, 0), octets);
    expect((await readPrivateKey(withPublic(point))).publicKey).toEqual(publicKey);
    expect((await caught(() => readPrivateKey(withPublic(point.slice().reverse())))).message).toMatch(/its own public key beside it/);
  });

  it('zero, and the order of the curve, are no keys', async () => {
    const der = derOf('p256, traditional DER');
    const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
    for (const scalar of [new Uint8Array(32), Uint8Array.from(order.match(/../g)!, (h) => parseInt(h, 16))]) {
      const error = await caught(() => readPrivateKey(concat(der.subarray(0, 7), scalar, der.subarray(39))));
      expect(error.message).toMatch(/a number from 1 to the order/);
    }
  });

  it('a scalar without its leading zeros, and one with an octet too many', async () => {
    const der = derOf('p384, traditional DER');
    const scalar = der.subarray(8, 56);
    const wrap = (octets: Uint8Array): Uint8Array =>
      concat(Uint8Array.of(0x30, 14 + octets.length, 2, 1, 1, 4, octets.length), octets, der.subarray(56, 65));
    const key = await readPrivateKey(wrap(scalar));
    expect(key.privateKey).toEqual(scalar);
    expect((await readPrivateKey(wrap(concat(Uint8Array.of(0), scalar)))).publicKey).toEqual(key.publicKey);
    const short = await readPrivateKey(wrap(scalar.subarray(0, 47)));
    expect(short.privateKey).toEqual(concat(Uint8Array.of(0), scalar.subarray(0, 47)));
    expect((await caught(() => readPrivateKey(wrap(concat(Uint8Array.of(1), scalar))))).message).toMatch(/48 octets/);
  });

  it('two keys in a file are one too many', async () => {
    const error = await caught(() => readPrivateKey(pemOf('p256, PKCS#8 PEM') + pemOf('p384, PKCS#8 PEM'), { source: 'k' }));
    expect(error.message).toMatch(/expected one private key, found another one in line 6 \(k\)/);
  });

  it('a line that ends in the middle of a key is not shown', async () => {
    const broken = pemOf('p256, PKCS#8 PEM').replace(/\n-----END/, '-----END');
    const error = await caught(() => readPrivateKey(broken));
    expect(error.message).toMatch(/found dashes in line/);
    for (const line of broken.trim().split('\n').slice(1)) expect(allText(error)).not.toContain(line.slice(0, 20));
  });

  it('more iterations than anybody waits for are refused', async () => {
    const der = derOf('p256, encrypted PKCS#8 DER');
    // INTEGER 2048, in DER 02 02 08 00, becomes 02 04 7f ff ff ff: all lengths around it grow by two.
    const at = toHex(der).indexOf('02020800') / 2;
    expect(at).toBeGreaterThan(0);
    const grown = concat(der.subarray(0, at), Uint8Array.of(2, 4, 0x7f, 0xff, 0xff, 0xff), der.subarray(at + 4));
    const outer: number[] = [];
    for (let i = 0; i < at; i++) if (grown[i] === 0x30) outer.push(i);
    for (const i of outer) {
      const long = grown[i + 1] === 0x81 ? i + 2 : i + 1;
      if (long + 1 + grown[long]! >= at) grown[long]! += 2;
    }
    expect((await caught(() => readPrivateKey(grown, { password: 'x' }))).code).toBe('limit-exceeded');
  });
});

describe('PKCS#12', () => {
  const der = fromBase64(pkcs12.cases.find((one) => one.name === 'key in the clear')!.der);

  it.each([
    ['nothing', new Uint8Array(), 'unknown-format', /expected PKCS#12, found nothing/],
    ['a text', new TextEncoder().encode('hello'), 'unknown-format', /expected PKCS#12, found something else/],
    ['a certificate', certificate('root'), 'malformed', /the structure of RFC 7292/],
    ['a private key', derOf('p256, PKCS#8 DER'), 'malformed', /the structure of RFC 7292/],
    ['too much', new Uint8Array((1 << 20) + 1), 'limit-exceeded', /at most/],
    ['nested without end', new Uint8Array(60_000).map((_, i) => [0x30, 0x80][i % 2]!), 'unknown-format', /something else/],
  ])('%s', async (_, input, code, words) => {
    const error = await caught(() => readPkcs12(input, { password: 'correct-horse', source: 'me.p12' }));
    expect([error.code, error.path]).toEqual([code, 'me.p12']);
    expect(error.message).toMatch(words);
  });

  it('cut short and changed: an IpsecError without the key, or what it was', async () => {
    const secret = fromBase64((keys.cases as readonly Case[]).find((one) => one.name === 'p256, PKCS#8 DER')!.der!).subarray(36, 56);
    for (let i = 0; i < der.length; i += 5) {
      const changed = der.slice();
      changed[i]! ^= 1 + (i % 255);
      for (const input of [der.slice(0, i), changed]) {
        const result = await readPkcs12(input, { password: 'correct-horse' }).catch((error: unknown) => error);
        if (!(result instanceof Error)) continue;
        expect(result).toBeInstanceOf(IpsecError);
        expect(allText(result)).not.toContain(toHex(secret));
      }
    }
  });
});

describe('certificates', () => {
  it('cut short at every octet: an IpsecError; changed in every octet: an IpsecError, or a certificate', async () => {
    const der = certificate('gateway');
    for (let i = 0; i < der.length; i++) {
      expect(await caught(() => readCertificates(concat(der.subarray(0, i))))).toBeInstanceOf(IpsecError);
      const changed = der.slice();
      changed[i]! ^= 1 << (i % 8);
      try {
        readCertificates(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
    }
  });

  it('PEM of random text: an IpsecError, or blocks', () => {
    const parts = ['-----BEGIN X-----', '-----END X-----', '\n', '\r\n', 'MAA=', 'A', '=', ':', '\0', '-----', '\ufeff', ' '];
    let state = 7;
    for (let run = 0; run < 3000; run++) {
      let text = '';
      for (let i = 0; i < 12; i++) text += parts[(state = (state * 48271) % 2147483647) % parts.length]!;
      try {
        readArmour(text, 'f');
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
    }
  });
});
