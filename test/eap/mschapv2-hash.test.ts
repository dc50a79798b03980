import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import {
  computeAuthenticatorResponse,
  computeChallengeHash,
  computeNtPasswordHash,
  computeNtResponse,
  deriveMschapv2Msk,
  formatAuthenticatorResponse,
} from '../../src/eap.js';
import { encryptDesBlock, md4 } from '../../src/suite/legacy.js';
import { IpsecError } from '../../src/errors.js';
import vectors from '../../vectors/rfc2759-rfc3079-mschapv2.json' with { type: 'json' };

type Case = { readonly [K in keyof (typeof vectors.cases)[number]]-?: string };
const caseOf = (name: string): Case => vectors.cases.find((one) => one.name === name) as unknown as Case;

// RFC 1320 appendix A.5, whose seven values are in every implementation of MD4
describe('RFC 1320 appendix A.5: the test suite of MD4', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('%j', (text, digest) => {
    const octets = new TextEncoder().encode(text);
    expect(toHex(md4(octets))).toBe(digest);
    expect(octets).toEqual(new TextEncoder().encode(text)); // the input stays what it was
  });

  test('lengths around a block are different digests', () => {
    const digests = new Set(Array.from({ length: 130 }, (_, length) => toHex(md4(new Uint8Array(length)))));
    expect(digests.size).toBe(130);
  });
});

describe('RFC 2759 section 9.2', () => {
  const known = caseOf('RFC2759 9.2');
  const challenge = {
    authenticatorChallenge: fromHex(known.authenticatorChallenge),
    peerChallenge: fromHex(known.peerChallenge),
    userName: known.userName,
  };
  const passwordHash = computeNtPasswordHash(known.password);
  const ntResponse = fromHex(known.ntResponse);

  test('every step', () => {
    expect(toHex(passwordHash)).toBe(known.passwordHash);
    expect(toHex(md4(passwordHash))).toBe(known.passwordHashHash);
    expect(toHex(computeChallengeHash(challenge))).toBe(known.challenge);
    expect(toHex(computeNtResponse(challenge, passwordHash))).toBe(known.ntResponse);
    expect(formatAuthenticatorResponse(computeAuthenticatorResponse(challenge, passwordHash, ntResponse))).toBe(
      known.authenticatorResponse,
    );
  });

  test('section 4: "only the user name is used, without any associated Windows NT domain name"', () => {
    const withDomain = { ...challenge, userName: `BIGCO\\${challenge.userName}` };
    expect(computeNtResponse(withDomain, passwordHash)).toEqual(ntResponse);
  });

  test('a hash of another length is no hash', () => {
    expect(() => computeNtResponse(challenge, passwordHash.subarray(1))).toThrow(IpsecError);
    expect(() => encryptDesBlock(new Uint8Array(7), new Uint8Array(8))).toThrow(IpsecError);
  });
});

test('RFC 2759 section 9.3: another password', () => {
  const known = caseOf('RFC2759 9.3 DES keys');
  expect(toHex(computeNtPasswordHash(known.password))).toBe(known.passwordHash);
});

test('RFC 3079 section 3.5.3: the client receives by the key by which the server sends', () => {
  const known = caseOf('RFC3079 3.5.3');
  const msk = deriveMschapv2Msk(computeNtPasswordHash('clientPass'), fromHex(known.ntResponse));
  expect(toHex(msk.subarray(16, 32))).toBe(known.sendStartKey128);
  expect(msk.length).toBe(64);
  expect(msk.subarray(32)).toEqual(new Uint8Array(32));
});
