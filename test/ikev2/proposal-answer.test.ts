import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import type { Proposal, Transform } from '../../src/ike.js';
import { type ChildProposal, type IkeProposal, readChildAnswer, readIkeAnswer } from '../../src/ikev2/proposal.js';
import { aes128Gcm16, aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519, ecp256, modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc } from '../../src/suite/encr.js';
import { hmacSha256_128, hmacSha512_256 } from '../../src/suite/integ.js';
import { prfHmacSha256, prfHmacSha512 } from '../../src/suite/prf.js';

const t = (type: Transform['type'], id: number, keyLength?: number): Transform => ({
  type,
  id,
  attributes: keyLength === undefined ? [] : [{ type: 'Key Length', value: keyLength }],
});
const spi4 = Uint8Array.of(1, 2, 3, 4);
const spi8 = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const none = new Uint8Array(0);
const ikeOffer = (...transforms: Transform[]): Proposal => ({ proposalNum: 1, protocol: 'IKE', spi: none, transforms });
const ahOffer = (...transforms: Transform[]): Proposal => ({ proposalNum: 1, protocol: 'AH', spi: spi4, transforms });

const cbc: IkeProposal = {
  encryption: [aes256Cbc, aes128Cbc],
  integrity: [hmacSha256_128, hmacSha512_256],
  prf: [prfHmacSha256, prfHmacSha512],
  keyExchange: [curve25519, modp2048],
};
const gcm: IkeProposal = { ...cbc, encryption: [aes256Gcm16, aes128Gcm16], integrity: [] };
const espGcm: ChildProposal = { protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [], esn: [true, false] };
const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [true, false] };
const [create, auth] = [{ keyExchange: true }, { keyExchange: false }] as const;
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return `${error.code} ${error.path ?? ''}`.trim();
    throw error;
  }
  return 'nothing thrown';
};

describe('RFC 7296 section 3.3.6: "The initiator of an exchange MUST check that the accepted offer is consistent with one of its proposals"', () => {
  const sent = [gcm, cbc];
  const good = ikeOffer(t('ENCR', 20, 128), t('PRF', 7), t('KE', 14));
  const read = (...answer: Proposal[]) => codeOf(() => readIkeAnswer(answer, sent));
  const refused = 'no-proposal-chosen';

  test('a complete choice', () => {
    expect(readIkeAnswer([good], sent)).toEqual({
      chosen: { encryption: aes128Gcm16, prf: prfHmacSha512, keyExchange: modp2048 },
      spi: none,
    });
    const second: Proposal = { ...ikeOffer(t('KE', 31), t('PRF', 5), t('INTEG', 12), t('ENCR', 12, 128)), proposalNum: 2 };
    expect(readIkeAnswer([second], sent).chosen).toEqual({
      encryption: aes128Cbc,
      integrity: hmacSha256_128,
      prf: prfHmacSha256,
      keyExchange: curve25519,
    });
    expect(readIkeAnswer([{ ...good, spi: spi8 }], sent, { rekey: true }).spi).toBe(spi8);
    expect(readIkeAnswer([{ ...good, transforms: [...good.transforms, t('INTEG', 0)] }], sent).chosen.integrity).toBeUndefined();
  });
  test('anything else', () => {
    expect(read()).toBe(refused);
    expect(read(good, good)).toBe(refused);
    for (const proposalNum of [0, 3]) expect(read({ ...good, proposalNum })).toBe(refused);
    expect(read({ ...good, proposalNum: 2 })).toBe(refused);
    expect(read({ ...good, protocol: 'ESP' })).toBe(refused);
    expect(read({ ...good, transforms: [] })).toBe(refused);
    for (const missing of good.transforms.keys())
      expect(read({ ...good, transforms: good.transforms.filter((_, i) => i !== missing) })).toBe(refused);
    for (const more of [t('PRF', 5), t('ENCR', 20, 256), t('INTEG', 12), t('ESN', 0), t('ADDKE1', 0), t(77, 0)])
      expect(read({ ...good, transforms: [...good.transforms, more] })).toBe(refused);
    for (const other of [t('ENCR', 20, 192), t('ENCR', 20), t('ENCR', 3)])
      expect(read(ikeOffer(other, t('PRF', 7), t('KE', 14)))).toBe(refused);
    expect(codeOf(() => readIkeAnswer([good], sent, { rekey: true }))).toBe(refused);
  });
  test('of Child SAs', () => {
    const list = [espGcm, { ...ah, keyExchange: [ecp256, 'none' as const] }];
    const answer: Proposal = { ...ahOffer(t('INTEG', 12), t('KE', 19), t('ESN', 1)), proposalNum: 2 };
    expect(readChildAnswer([answer], list, create)).toEqual({
      chosen: { protocol: 'AH', integrity: hmacSha256_128, keyExchange: ecp256, esn: true },
      spi: spi4,
    });
    const child = (change: Partial<Proposal>, options: { keyExchange: boolean } = create) =>
      codeOf(() => readChildAnswer([{ ...answer, ...change }], list, options));
    expect(child({})).toBe('nothing thrown');
    expect(child({}, auth)).toBe(refused);
    expect(child({ transforms: [t('INTEG', 12), t('KE', 0), t('ESN', 1)] })).toBe('nothing thrown');
    expect(child({ transforms: [t('INTEG', 12), t('KE', 0), t('ESN', 1)] }, auth)).toBe('nothing thrown');
    expect(child({ transforms: [t('INTEG', 12), t('ESN', 1)] })).toBe('nothing thrown');
    expect(child({ transforms: [t('INTEG', 12), t('KE', 31), t('ESN', 1)] })).toBe(refused);
    expect(child({ spi: new Uint8Array(4) })).toBe(refused);
    expect(child({ spi: spi8 })).toBe(refused);
    expect(child({ protocol: 'ESP' })).toBe(refused);
  });
  test('the error says what was wrong', () => {
    expect(() => readIkeAnswer([ikeOffer(t('ENCR', 3), t('PRF', 7), t('KE', 14))], sent)).toThrow(
      "the peer's choice among our proposals: expected an algorithm that was offered, found ENCR_3DES",
    );
  });
});
