/** ECDSA of IKEv1: what is signed is HASH_I or HASH_R itself. Judged by RFC 4754 and by OpenSSL, which hash a message; ours gets the hash of that message. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { ecdsaSha256 as nodeSha256, ecdsaSha384 as nodeSha384, ecdsaSha512 as nodeSha512 } from '../../src/node/suite-sign.js';
import { toBase64url } from '../../src/suite/base64url.js';
import { ecdsaSha256, ecdsaSha384, ecdsaSha512, encodePublicKey, type PublicKey } from '../../src/suite/sign.js';
import rfc4754 from '../../vectors/suite/rfc4754-ecdsa-auth.json' with { type: 'json' };

const curves = { sha256: 'P-256', sha384: 'P-384', sha512: 'P-521' } as const;
const engines = [
  ['noble', { sha256: ecdsaSha256, sha384: ecdsaSha384, sha512: ecdsaSha512 }],
  ['node', { sha256: nodeSha256, sha384: nodeSha384, sha512: nodeSha512 }],
] as const;

describe.each(engines)('RFC 4754 section 8, the hash alone (%s)', (_, rows) => {
  it.each(rfc4754.cases)('$name', ({ hash, priv, pubX, pubY, digest, signature }) => {
    const name = hash as keyof typeof curves;
    const row = rows[name];
    const octets = name === 'sha512' ? 66 : Number(name.slice(3)) / 8;
    const coordinates = [pubX, pubY].map((hex) => fromHex(hex.padStart(2 * octets, '0')));
    const key: PublicKey = encodePublicKey({
      type: 'EC',
      curve: curves[name],
      point: Uint8Array.of(4, ...coordinates[0]!, ...coordinates[1]!),
    });
    // the RFC prints that of SHA-512 as a number of 66 octets
    const h = fromHex(digest).slice(-Number(name.slice(3)) / 8);
    expect(row.verifyHash!(key, h, fromHex(signature))).toBe(true);
    expect(row.verifyHash!(key, h.with(0, h[0]! ^ 1), fromHex(signature))).toBe(false);

    const jwk = { kty: 'EC', crv: curves[name], x: toBase64url(coordinates[0]!), y: toBase64url(coordinates[1]!) };
    const d = fromHex(priv.padStart(2 * octets, '0'));
    const message = new TextEncoder().encode('what OpenSSL hashes and we do not');
    const hashed = createHash(name).update(message).digest();
    const ours = row.signHash!(key, d, hashed);
    const options = { dsaEncoding: 'ieee-p1363' } as const;
    expect(verify(name, message, { key: createPublicKey({ key: jwk, format: 'jwk' }), ...options }, ours)).toBe(true);
    const theirs = sign(name, message, { key: createPrivateKey({ key: { ...jwk, d: toBase64url(d) }, format: 'jwk' }), ...options });
    expect(row.verifyHash!(key, hashed, theirs)).toBe(true);
    expect(row.verify(key, hashed, theirs)).toBe(false);
  });
});
