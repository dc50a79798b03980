import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import type { Proposal, Transform } from '../../src/ike.js';
import {
  type ChildProposal,
  chooseChildProposal,
  chooseIkeProposal,
  encodeChildProposals,
  encodeIkeProposals,
  type IkeProposal,
} from '../../src/ikev2/proposal.js';
import { aes128Ccm8Iiv, aes128Gcm16, aes128Gcm8, aes128GmacEsp, aes256Gcm16, aes256Gcm8, chacha20Poly1305 } from '../../src/suite/aead.js';
import { curve25519, ecp256, modp2048 } from '../../src/suite/dh.js';
import { modp1024 } from '../../src/suite/dh-legacy.js';
import { aes128Cbc, aes192Cbc, aes256Cbc, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, aesXcbc96, hmacSha1_96, hmacSha256_128, hmacSha512_256 } from '../../src/suite/integ.js';
import { hmacSha256_96, tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha1, prfHmacSha256, prfHmacSha512 } from '../../src/suite/prf.js';

const t = (type: Transform['type'], id: number, keyLength?: number): Transform => ({
  type,
  id,
  attributes: keyLength === undefined ? [] : [{ type: 'Key Length', value: keyLength }],
});
const spi4 = Uint8Array.of(1, 2, 3, 4);
const spi8 = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const none = new Uint8Array(0);
const ikeOffer = (...transforms: Transform[]): Proposal => ({ proposalNum: 1, protocol: 'IKE', spi: none, transforms });
const espOffer = (...transforms: Transform[]): Proposal => ({ proposalNum: 1, protocol: 'ESP', spi: spi4, transforms });
const ahOffer = (...transforms: Transform[]): Proposal => ({ proposalNum: 1, protocol: 'AH', spi: spi4, transforms });
const numbered = (...proposals: Proposal[]): Proposal[] => proposals.map((p, i) => ({ ...p, proposalNum: i + 1 }));

const cbc: IkeProposal = {
  encryption: [aes256Cbc, aes128Cbc],
  integrity: [hmacSha256_128, hmacSha512_256],
  prf: [prfHmacSha256, prfHmacSha512],
  keyExchange: [curve25519, modp2048],
};
const gcm: IkeProposal = { ...cbc, encryption: [aes256Gcm16, aes128Gcm16], integrity: [] };
const espGcm: ChildProposal = { protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [], esn: [true, false] };
const espCbc: ChildProposal = { ...espGcm, encryption: [aes256Cbc], integrity: [hmacSha256_128] };
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

describe('RFC 7296 section 3.3', () => {
  test('the example: CBC with integrity, or GCM without', () => {
    const list: ChildProposal[] = [
      {
        protocol: 'ESP',
        encryption: [aes128Cbc, aes192Cbc, aes256Cbc, aes128Gcm8, aes256Gcm8],
        integrity: [hmacSha1_96, aesXcbc96],
        keyExchange: [],
        esn: [true, false],
      },
    ];
    const spi = Uint8Array.of(0x05, 0x23, 0x57, 0xbb);
    expect(encodeChildProposals(list, () => spi, auth)).toEqual([
      {
        proposalNum: 1,
        protocol: 'ESP',
        spi,
        transforms: [t('ENCR', 12, 128), t('ENCR', 12, 192), t('ENCR', 12, 256), t('INTEG', 2), t('INTEG', 5), t('ESN', 1), t('ESN', 0)],
      },
      { proposalNum: 2, protocol: 'ESP', spi, transforms: [t('ENCR', 18, 128), t('ENCR', 18, 256), t('ESN', 1), t('ESN', 0)] },
    ]);
  });

  test('numbers run from 1 over all records; the kind of the first cipher goes first', () => {
    const both = { ...cbc, encryption: [aes256Gcm16, aes256Cbc, chacha20Poly1305] };
    const proposals = encodeIkeProposals([cbc, both, { ...both, encryption: [aes128Cbc, aes128Gcm16] }]);
    expect(proposals.map((p) => [p.proposalNum, ...p.transforms.filter(({ type }) => type === 'ENCR').map(({ id }) => id)])).toEqual([
      [1, 12, 12],
      [2, 20, 28],
      [3, 12],
      [4, 12],
      [5, 20],
    ]);
    // RFC 5282 section 8: no integrity beside combined-mode ciphers.
    expect(proposals.map((p) => p.transforms.some(({ type }) => type === 'INTEG'))).toEqual([true, false, true, true, false]);
  });

  test('an SPI stands in every proposal where there is one, and is asked for once per protocol', () => {
    expect(encodeIkeProposals([gcm, cbc]).map(({ spi }) => spi.length)).toEqual([0, 0]);
    expect(encodeIkeProposals([gcm, cbc], spi8).map(({ spi }) => spi)).toEqual([spi8, spi8]);
    const asked: string[] = [];
    const proposals = encodeChildProposals([espGcm, ah, espCbc], (protocol) => Uint8Array.of(0, 0, 1, asked.push(protocol)), create);
    expect(asked).toEqual(['ESP', 'AH']);
    expect(proposals.map(({ protocol, spi }) => `${protocol} ${spi[3]}`)).toEqual(['ESP 1', 'AH 2', 'ESP 1']);
  });

  test('what cannot be said, or should not', () => {
    const ike = (change: Partial<IkeProposal>) => () => encodeIkeProposals([gcm, { ...cbc, ...change }]);
    const child = (change: Partial<ChildProposal>) => () => encodeChildProposals([{ ...espCbc, ...change }], () => spi4, create);
    expect(codeOf(ike({ encryption: [] }))).toBe('invalid-config 1.encryption');
    expect(codeOf(ike({ prf: [] }))).toBe('invalid-config 1.prf');
    expect(codeOf(ike({ keyExchange: [] }))).toBe('invalid-config 1.keyExchange');
    expect(codeOf(ike({ integrity: [] }))).toBe('unsafe-config 1.integrity');
    expect(codeOf(ike({ encryption: [aes256Cbc, nullEncryption] }))).toBe('unsafe-config 1.encryption.1');
    expect(codeOf(ike({ encryption: [aes128GmacEsp] }))).toBe('unsafe-config 1.encryption.0');
    expect(codeOf(ike({ encryption: [aes128Ccm8Iiv] }))).toBe('unsafe-config 1.encryption.0');
    expect(codeOf(ike({ integrity: [hmacSha256_128, hmacSha256_96] }))).toBe('unsupported 1.integrity.1');
    expect(codeOf(child({ integrity: [] }))).toBe('unsafe-config 0.integrity');
    expect(codeOf(child({ encryption: [] }))).toBe('invalid-config 0.encryption');
    expect(codeOf(child({ esn: [] }))).toBe('invalid-config 0.esn');
    expect(codeOf(child({ integrity: [aes128Gmac] }))).toBe('invalid-config 0.integrity.0');
    expect(codeOf(child({ protocol: 'AH' }))).toBe('invalid-config 0.encryption');
    expect(codeOf(child({ protocol: 'AH', encryption: [], integrity: [] }))).toBe('invalid-config 0.integrity');
    expect(codeOf(child({ encryption: [nullEncryption] }))).toBe('nothing thrown');
    expect(codeOf(child({ protocol: 'AH', encryption: [], integrity: [aes128Gmac] }))).toBe('nothing thrown');
    expect(codeOf(() => encodeIkeProposals([]))).toBe('invalid-config');
    expect(codeOf(() => encodeIkeProposals(Array.from({ length: 256 }, () => gcm)))).toBe('invalid-config');
    expect(encodeIkeProposals(Array.from({ length: 255 }, () => gcm)).at(-1)?.proposalNum).toBe(255);
  });

  test('the same algorithm of two engines is offered once', () => {
    const twice = { ...gcm, encryption: [aes256Gcm16, { ...aes256Gcm16, engine: 'other' }] };
    expect(encodeIkeProposals([twice])[0]!.transforms.filter(({ type }) => type === 'ENCR')).toEqual([t('ENCR', 20, 256)]);
  });
});

describe('RFC 7296 section 2.7: one suite, one transform of each type', () => {
  test('our order decides, not the offer: cipher, integrity, prf, group', () => {
    const offered = encodeIkeProposals([
      {
        encryption: [aes128Cbc, aes256Cbc],
        integrity: [hmacSha512_256, hmacSha256_128],
        prf: [prfHmacSha512, prfHmacSha256],
        keyExchange: [modp2048, curve25519],
      },
    ]);
    const choice = chooseIkeProposal(offered, [cbc]);
    expect(choice?.chosen).toEqual({ encryption: aes256Cbc, integrity: hmacSha256_128, prf: prfHmacSha256, keyExchange: curve25519 });
    expect(choice?.answer(none)).toEqual(ikeOffer(t('ENCR', 12, 256), t('INTEG', 12), t('PRF', 5), t('KE', 31)));
  });

  test('our first list that fits wins over an earlier proposal', () => {
    const offered = encodeIkeProposals([cbc, gcm]);
    expect(chooseIkeProposal(offered, [gcm, cbc])?.proposal).toBe(offered[1]);
    expect(chooseIkeProposal(offered, [cbc, gcm])?.proposal).toBe(offered[0]);
    expect(chooseIkeProposal(offered, [{ ...cbc, encryption: [aes128Gcm16, aes256Cbc] }])?.chosen.encryption).toBe(aes128Gcm16);
  });

  test('of several proposals with that cipher the one with the better company, else the earlier', () => {
    const one = (change: Partial<IkeProposal>): IkeProposal => ({ ...cbc, ...change });
    const offered = encodeIkeProposals([
      one({ integrity: [hmacSha512_256] }),
      one({ keyExchange: [modp2048] }),
      one({ prf: [prfHmacSha512] }),
      one({ prf: [prfHmacSha512] }),
    ]);
    // Integrity counts first, then the prf, then the group: the second proposal.
    expect(chooseIkeProposal(offered, [cbc])?.proposal.proposalNum).toBe(2);
    expect(chooseIkeProposal(offered, [{ ...cbc, prf: [prfHmacSha512] }])?.proposal.proposalNum).toBe(3);
  });

  test('what the caller did not list is never chosen, whatever is offered: weak first, weak only', () => {
    const weak: IkeProposal = { encryption: [tripleDesCbc], integrity: [hmacSha1_96], prf: [prfHmacSha1], keyExchange: [modp1024] };
    const strong = { ...cbc, encryption: [aes256Cbc] };
    const offered = encodeIkeProposals([weak, { ...weak, encryption: [tripleDesCbc, aes256Cbc] }, strong]);
    expect(chooseIkeProposal(offered, [strong])?.proposal.proposalNum).toBe(3);
    expect(chooseIkeProposal(offered.slice(0, 2), [strong])).toBeUndefined();
    expect(chooseIkeProposal(offered, [strong, weak])?.proposal.proposalNum).toBe(3);
    expect(chooseIkeProposal(offered.slice(0, 1), [strong, weak])?.chosen.encryption).toBe(tripleDesCbc);
  });

  test('AH, ESP, or IKE: the protocol is the one of the record', () => {
    const offered = encodeChildProposals([ah, espGcm], () => spi4, create);
    expect(chooseChildProposal(offered, [espGcm, ah], create)?.chosen).toEqual({ protocol: 'ESP', encryption: aes256Gcm16, esn: true });
    expect(chooseChildProposal(offered, [ah], create)?.chosen).toEqual({ protocol: 'AH', integrity: hmacSha256_128, esn: true });
    expect(chooseChildProposal([{ ...offered[0]!, protocol: 'IKE' }], [ah, espGcm], create)).toBeUndefined();
    expect(chooseIkeProposal(offered, [gcm])).toBeUndefined();
  });
});

describe('RFC 7296 section 3.3.1', () => {
  const offer = encodeIkeProposals([gcm])[0]!;
  const child = encodeChildProposals([espGcm], () => spi4, create)[0]!;
  test('a proposal whose number is not its place is left alone', () => {
    expect(chooseIkeProposal([{ ...offer, proposalNum: 0 }], [gcm])).toBeUndefined();
    expect(chooseIkeProposal([offer, { ...offer, proposalNum: 1 }], [gcm])?.proposal).toBe(offer);
    expect(chooseIkeProposal([{ ...offer, transforms: [] }, offer], [gcm])).toBeUndefined();
    expect(
      chooseIkeProposal(
        [
          { ...offer, transforms: [] },
          { ...offer, proposalNum: 2 },
        ],
        [gcm],
      )?.answer(none).proposalNum,
    ).toBe(2);
  });
  test('an SPI of a wrong size, or zero, is none', () => {
    expect(chooseIkeProposal([offer], [gcm], { rekey: true })).toBeUndefined();
    expect(chooseIkeProposal([{ ...offer, spi: new Uint8Array(8) }], [gcm], { rekey: true })).toBeUndefined();
    expect(chooseIkeProposal([{ ...offer, spi: spi8 }], [gcm], { rekey: true })?.answer(spi8).spi).toEqual(spi8);
    for (const spi of [none, spi8, new Uint8Array(4)]) expect(chooseChildProposal([{ ...child, spi }], [espGcm], create)).toBeUndefined();
  });
});

describe('RFC 7296 section 3.3.6', () => {
  const good = [t('ENCR', 20, 256), t('PRF', 5), t('KE', 31)];
  test('a Transform Type that is not understood makes a proposal unacceptable, and that one only', () => {
    for (const type of [13, 42, 255, 'ESN'] as const) {
      expect(chooseIkeProposal([ikeOffer(...good, t(type, 0))], [gcm])).toBeUndefined();
      const choice = chooseIkeProposal(numbered(ikeOffer(...good, t(type, 0)), ikeOffer(...good)), [gcm]);
      expect(choice?.proposal.proposalNum).toBe(2);
    }
    for (const type of ['PRF', 13] as const) {
      expect(chooseChildProposal([espOffer(t('ENCR', 20, 256), t('ESN', 0), t(type, 5))], [espGcm], auth)).toBeUndefined();
    }
    expect(chooseChildProposal([ahOffer(t('ENCR', 11), t('INTEG', 12), t('ESN', 0))], [ah], auth)).toBeUndefined();
  });
  test('so does a mandatory one that is missing', () => {
    for (const missing of good.keys()) {
      expect(chooseIkeProposal([ikeOffer(...good.filter((_, i) => i !== missing))], [gcm])).toBeUndefined();
    }
    expect(chooseIkeProposal([ikeOffer(t('ENCR', 12, 256), t('PRF', 5), t('KE', 31))], [cbc])).toBeUndefined();
    expect(chooseChildProposal([ahOffer(t('ESN', 0))], [ah], auth)).toBeUndefined();
    expect(chooseChildProposal([espOffer(t('ESN', 0))], [espGcm], auth)).toBeUndefined();
  });
  test('an unknown number, or an unknown attribute, spoils its transform only', () => {
    const odd: Transform = { type: 'PRF', id: 5, attributes: [{ type: 99, value: 1 }] };
    const withOdd = [t('ENCR', 65535, 256), t('ENCR', 20, 256), odd, t('PRF', 60000), t('PRF', 7), t('KE', 1025), t('KE', 31)];
    expect(chooseIkeProposal([ikeOffer(...withOdd)], [gcm])?.chosen).toEqual({
      encryption: aes256Gcm16,
      prf: prfHmacSha512,
      keyExchange: curve25519,
    });
    expect(chooseIkeProposal([ikeOffer(t('ENCR', 20, 256), odd, t('KE', 31))], [gcm])).toBeUndefined();
  });
  test('additional key exchanges (RFC 9370): their NONE is chosen and returned, nothing else', () => {
    const choice = chooseIkeProposal([ikeOffer(...good, t('ADDKE1', 36), t('ADDKE1', 0), t('ADDKE3', 0))], [gcm]);
    expect(choice?.answer(none).transforms).toEqual([...good, t('ADDKE1', 0), t('ADDKE3', 0)]);
    expect(chooseIkeProposal([ikeOffer(...good, t('ADDKE1', 36))], [gcm])).toBeUndefined();
  });
});

describe('RFC 7296 section 3.3.5: Key Length', () => {
  const offer = (cipher: Transform) => [ikeOffer(cipher, t('INTEG', 12), t('PRF', 5), t('KE', 31))];
  const ours: IkeProposal = { ...cbc, encryption: [aes256Cbc, tripleDesCbc] };
  const chosen = (cipher: Transform) => chooseIkeProposal(offer(cipher), [ours])?.chosen.encryption;
  test('where it must be', () => {
    expect(chosen(t('ENCR', 12, 256))).toBe(aes256Cbc);
    expect(chosen(t('ENCR', 12))).toBeUndefined();
    expect(chosen(t('ENCR', 12, 128))).toBeUndefined();
    expect(chosen(t('ENCR', 12, 0))).toBeUndefined();
  });
  test('where it must not be', () => {
    expect(chosen(t('ENCR', 3))).toBe(tripleDesCbc);
    expect(chosen(t('ENCR', 3, 192))).toBeUndefined();
    const chacha = { ...gcm, encryption: [chacha20Poly1305] };
    expect(chooseIkeProposal([ikeOffer(t('ENCR', 28), t('PRF', 5), t('KE', 31))], [chacha])).toBeDefined();
    expect(chooseIkeProposal([ikeOffer(t('ENCR', 28, 256), t('PRF', 5), t('KE', 31))], [chacha])).toBeUndefined();
    for (const type of ['PRF', 'INTEG', 'KE'] as const) {
      const transforms = [t('ENCR', 12, 256), t('INTEG', 12), t('PRF', 5), t('KE', 31)];
      const spoilt = transforms.map((x) => (x.type === type ? { ...x, attributes: [{ type: 'Key Length' as const, value: 256 }] } : x));
      expect(chooseIkeProposal([ikeOffer(...spoilt)], [ours])).toBeUndefined();
    }
  });
  test('twice, or in the long form, or beside an attribute without meaning', () => {
    const length = { type: 'Key Length', value: 256 } as const;
    expect(chosen({ type: 'ENCR', id: 12, attributes: [length, length] })).toBeUndefined();
    expect(chosen({ type: 'ENCR', id: 12, attributes: [{ ...length, value: Uint8Array.of(1, 0) }] })).toBeUndefined();
    expect(chosen({ type: 'ENCR', id: 12, attributes: [length, { type: 15, value: 1 }] })).toBeUndefined();
  });
});

describe('RFC 5282 section 8: combined-mode ciphers and integrity', () => {
  const rest = [t('PRF', 5), t('KE', 31)];
  test('NONE is returned where it was offered', () => {
    const choice = chooseIkeProposal([ikeOffer(t('ENCR', 20, 256), t('INTEG', 0), ...rest)], [gcm]);
    expect(choice?.chosen.integrity).toBeUndefined();
    expect(choice?.answer(none).transforms).toEqual([t('ENCR', 20, 256), t('INTEG', 0), ...rest]);
  });
  test('a combined-mode cipher among others is passed over when integrity cannot be left out', () => {
    const mixed = [t('ENCR', 20, 256), t('ENCR', 12, 256), t('INTEG', 12), ...rest];
    const ours = { ...cbc, encryption: [aes256Gcm16, aes256Cbc] };
    expect(chooseIkeProposal([ikeOffer(...mixed)], [ours])?.chosen).toMatchObject({ encryption: aes256Cbc, integrity: hmacSha256_128 });
    expect(chooseIkeProposal([ikeOffer(...mixed)], [gcm])).toBeUndefined();
    expect(chooseIkeProposal([ikeOffer(...mixed, t('INTEG', 0))], [ours])?.chosen.encryption).toBe(aes256Gcm16);
  });
  test('a peer that names integrity beside combined-mode ciphers alone is not asked for it', () => {
    const choice = chooseIkeProposal([ikeOffer(t('ENCR', 20, 256), t('ENCR', 25, 128), t('INTEG', 12), ...rest)], [gcm]);
    expect(choice?.answer(none).transforms).toEqual([t('ENCR', 20, 256), ...rest]);
  });
  test('no other cipher goes without: NONE is no integrity algorithm, and neither is a row without a number', () => {
    const ours = { ...espCbc, encryption: [aes256Cbc, nullEncryption], integrity: [hmacSha256_96] };
    for (const cipher of [t('ENCR', 12, 256), t('ENCR', 11)]) {
      expect(chooseChildProposal([espOffer(cipher, t('INTEG', 0), t('ESN', 0))], [ours], auth)).toBeUndefined();
      expect(chooseChildProposal([espOffer(cipher, t('ESN', 0))], [ours, { ...ours, integrity: [] }], auth)).toBeUndefined();
    }
    expect(chooseChildProposal([ahOffer(t('INTEG', 0), t('ESN', 0))], [{ ...ah, integrity: [hmacSha256_96] }], auth)).toBeUndefined();
    expect(
      chooseChildProposal([espOffer(t('ENCR', 11), t('INTEG', 12), t('ESN', 0))], [{ ...ours, integrity: [hmacSha256_128] }], auth)?.chosen,
    ).toEqual({
      protocol: 'ESP',
      encryption: nullEncryption,
      integrity: hmacSha256_128,
      esn: false,
    });
  });
  test('what does not serve IKE is not chosen for it, even when it is listed', () => {
    for (const row of [aes128GmacEsp, aes128Ccm8Iiv, nullEncryption]) {
      const offer = ikeOffer(t('ENCR', row.id, row.kind === 'aead' ? 128 : undefined), t('INTEG', 12), ...rest);
      expect(chooseIkeProposal([offer], [{ ...cbc, encryption: [row] }])).toBeUndefined();
    }
    expect(
      chooseChildProposal([espOffer(t('ENCR', 12, 256), t('INTEG', 9), t('ESN', 0))], [{ ...espCbc, integrity: [aes128Gmac] }], auth),
    ).toBeUndefined();
    expect(chooseChildProposal([ahOffer(t('INTEG', 9), t('ESN', 0))], [{ ...ah, integrity: [aes128Gmac] }], auth)).toBeDefined();
  });
});

describe('RFC 7296 section 3.3.2: groups and ESN of Child SAs', () => {
  const offer = (...more: Transform[]) => [espOffer(t('ENCR', 20, 256), ...more)];
  const choose = (ours: Partial<ChildProposal>, ...more: Transform[]) =>
    chooseChildProposal(offer(...more), [{ ...espGcm, ...ours }], create);
  const [ke0, ke19, ke31, plain, extended] = [t('KE', 0), t('KE', 19), t('KE', 31), t('ESN', 0), t('ESN', 1)];

  test('without perfect forward secrecy: no group, or NONE among the groups', () => {
    expect(choose({}, plain)?.chosen.keyExchange).toBeUndefined();
    expect(choose({}, ke31, ke0, plain)?.answer(spi4).transforms).toEqual([t('ENCR', 20, 256), ke0, plain]);
    expect(choose({}, ke31, plain)).toBeUndefined();
  });
  test('with: one of our groups, and "none" at its place in our order', () => {
    expect(choose({ keyExchange: [curve25519, ecp256] }, ke19, ke31, plain)?.chosen.keyExchange).toBe(curve25519);
    expect(choose({ keyExchange: [ecp256] }, plain)).toBeUndefined();
    expect(choose({ keyExchange: [ecp256] }, ke0, ke31, plain)).toBeUndefined();
    expect(choose({ keyExchange: ['none', ecp256] }, ke19, ke0, plain)?.chosen.keyExchange).toBeUndefined();
    expect(choose({ keyExchange: [ecp256, 'none'] }, ke0, ke19, plain)?.chosen.keyExchange).toBe(ecp256);
    expect(choose({ keyExchange: [ecp256, 'none'] }, plain)?.answer(spi4).transforms).toEqual([t('ENCR', 20, 256), plain]);
  });
  test('"none" is offered as NONE, and nothing where there is no group', () => {
    const groups = (keyExchange: ChildProposal['keyExchange']) =>
      encodeChildProposals([{ ...espGcm, keyExchange }], () => spi4, create)[0]!.transforms.filter(({ type }) => type === 'KE');
    expect(groups([ecp256, 'none'])).toEqual([ke19, ke0]);
    expect([groups([]), groups(['none'])]).toEqual([[], []]);
  });
  test('RFC 7296 section 1.2: IKE_AUTH has no groups; whoever names them gets an answer without', () => {
    const withGroup = { ...espGcm, keyExchange: [ecp256] };
    expect(encodeChildProposals([withGroup], () => spi4, auth)[0]!.transforms).toEqual([t('ENCR', 20, 256), extended, plain]);
    expect(chooseChildProposal(offer(plain), [withGroup], auth)?.chosen.keyExchange).toBeUndefined();
    expect(chooseChildProposal(offer(ke31, plain), [withGroup], auth)?.answer(spi4).transforms).toEqual([t('ENCR', 20, 256), plain]);
    expect(chooseChildProposal(offer(ke31, ke0, plain), [withGroup], auth)?.answer(spi4).transforms).toEqual([
      t('ENCR', 20, 256),
      ke0,
      plain,
    ]);
  });
  test('ESN by our order', () => {
    expect(choose({}, plain, extended)?.chosen.esn).toBe(true);
    expect(choose({ esn: [false, true] }, plain, extended)?.chosen.esn).toBe(false);
    expect(choose({ esn: [true] }, plain)).toBeUndefined();
    expect(choose({ esn: [false] }, extended)).toBeUndefined();
  });
  test('an offer that leaves ESN out is one for plain sequence numbers, and the answer leaves it out too', () => {
    expect(choose({})?.chosen.esn).toBe(false);
    expect(choose({})?.answer(spi4).transforms).toEqual([t('ENCR', 20, 256)]);
    expect(choose({ esn: [true] })).toBeUndefined();
    expect(choose({}, t('ESN', 2))).toBeUndefined();
  });
});
