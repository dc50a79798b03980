import { describe, expect, test } from 'vitest';
import type { Proposal, Transform } from '../../src/ike.js';
import {
  type ChildProposal,
  encodeChildProposals,
  encodeIkeProposals,
  explainProposals,
  formatChildProposal,
  formatIkeProposal,
  formatProposal,
  type IkeProposal,
} from '../../src/ikev2/proposal.js';
import { aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { curve25519, ecp256, modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc } from '../../src/suite/encr.js';
import { hmacSha1_96, hmacSha256_128 } from '../../src/suite/integ.js';
import { prfHmacSha1, prfHmacSha256 } from '../../src/suite/prf.js';

const gcm: IkeProposal = { encryption: [aes256Gcm16, chacha20Poly1305], integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] };
const cbc: IkeProposal = { ...gcm, encryption: [aes256Cbc], integrity: [hmacSha256_128], keyExchange: [curve25519, modp2048] };
const esp: ChildProposal = {
  protocol: 'ESP',
  encryption: [aes256Cbc],
  integrity: [hmacSha256_128],
  keyExchange: [curve25519, 'none'],
  esn: [true],
};
const ah: ChildProposal = { ...esp, protocol: 'AH', encryption: [] };
const spi = Uint8Array.of(0xc0, 0xff, 0xee, 1);
const why = (...parameters: Parameters<typeof explainProposals>): string => explainProposals(...parameters).split('. Offered: ')[0]!;
const ike = (...changes: Partial<IkeProposal>[]): Proposal[] => encodeIkeProposals(changes.map((change) => ({ ...cbc, ...change })));
const child = (change: Partial<ChildProposal>, base = esp): Proposal[] =>
  encodeChildProposals([{ ...base, ...change }], () => spi, { keyExchange: true });

describe('in words', () => {
  test('what is offered', () => {
    expect(formatProposal(encodeIkeProposals([cbc])[0]!)).toBe(
      'proposal 1, IKE: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_256; Curve25519 or 2048-bit MODP Group',
    );
    expect(formatProposal(child({})[0]!)).toBe(
      'proposal 1, ESP, SPI 0xc0ffee01: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; Curve25519 or no group; ESN',
    );
  });
  test('what nobody knows keeps its number', () => {
    const transforms: Transform[] = [
      { type: 'ENCR', id: 999, attributes: [{ type: 77, value: Uint8Array.of(1, 2) }] },
      { type: 'ADDKE1', id: 36, attributes: [] },
      { type: 200, id: 3, attributes: [] },
    ];
    expect(formatProposal({ proposalNum: 9, protocol: 200, spi: new Uint8Array(0), transforms })).toBe(
      'proposal 9, protocol 200: ENCR number 999 (attribute 77: 0x0102); type ADDKE1 number 36; type 200 number 3',
    );
    expect(formatProposal({ proposalNum: 1, protocol: 'IKE', spi: new Uint8Array(0), transforms: [] })).toBe('proposal 1, IKE: none');
  });
  test('what is accepted', () => {
    expect(formatIkeProposal(gcm)).toBe('IKE: ENCR_AES_GCM_16 (256) or ENCR_CHACHA20_POLY1305; PRF_HMAC_SHA2_256; Curve25519');
    expect(formatChildProposal({ ...ah, esn: [false, true] })).toBe('AH: AUTH_HMAC_SHA2_256_128; Curve25519 or no group; no ESN or ESN');
  });
});

describe('why nothing was chosen', () => {
  test('both sides in one line', () => {
    expect(explainProposals(ike({ encryption: [aes128Cbc] }), [gcm, cbc])).toBe(
      'proposal 1 comes nearest, but no cipher in common: offered ENCR_AES_CBC (128), accepted ENCR_AES_GCM_16 (256) or ENCR_CHACHA20_POLY1305. ' +
        'Offered: proposal 1, IKE: ENCR_AES_CBC (128); AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_256; Curve25519 or 2048-bit MODP Group. ' +
        'Accepted: IKE: ENCR_AES_GCM_16 (256) or ENCR_CHACHA20_POLY1305; PRF_HMAC_SHA2_256; Curve25519 | ' +
        'IKE: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_256; Curve25519 or 2048-bit MODP Group',
    );
  });
  test('our own list alone', () => {
    expect(explainProposals([], [gcm])).toBe(formatIkeProposal(gcm));
    expect(explainProposals([], [])).toBe('nothing');
    expect(explainProposals(ike({}), [])).toMatch(/^Offered: proposal 1, IKE: .*\. Accepted: nothing$/);
  });
  test('the nearest pair: the one that agrees on most', () => {
    const offered = ike({ encryption: [aes128Cbc], integrity: [hmacSha1_96], prf: [prfHmacSha1] }, { keyExchange: [ecp256] });
    expect(why(offered, [gcm, cbc])).toBe(
      'proposal 2 comes nearest, but no group in common: offered 256-bit random ECP group, accepted Curve25519 or 2048-bit MODP Group',
    );
  });
  test('each type of transform', () => {
    expect(why(ike({ integrity: [hmacSha1_96] }), [cbc])).toMatch(
      /no integrity algorithm in common: offered AUTH_HMAC_SHA1_96, accepted AUTH_HMAC_SHA2_256_128$/,
    );
    expect(why(ike({ prf: [prfHmacSha1] }), [cbc])).toMatch(
      /no pseudorandom function in common: offered PRF_HMAC_SHA1, accepted PRF_HMAC_SHA2_256$/,
    );
    expect(why(child({ keyExchange: [] }), [{ ...esp, keyExchange: [ecp256] }])).toMatch(
      /no group in common: offered none, accepted 256-bit random ECP group$/,
    );
    expect(why(child({ keyExchange: [ecp256] }), [{ ...esp, keyExchange: [] }])).toMatch(
      /no group in common: offered 256-bit random ECP group, accepted none$/,
    );
    expect(why(child({ esn: [false] }), [esp])).toMatch(/no kind of sequence numbers in common: offered no ESN, accepted ESN$/);
    expect(why(child({ integrity: [hmacSha1_96] }, ah), [ah])).toMatch(/no integrity algorithm in common: offered AUTH_HMAC_SHA1_96/);
  });
  test('groups do not count in IKE_AUTH', () => {
    const offered = encodeChildProposals([{ ...esp, esn: [false] }], () => spi, { keyExchange: false });
    const ours: ChildProposal = { ...esp, keyExchange: [ecp256] };
    expect(why(offered, [ours])).toMatch(/no group in common/);
    expect(why(offered, [ours], { keyExchange: false })).toMatch(/sequence numbers/);
  });
  test('a Key Length that is missing, or too much', () => {
    const cipher = (id: number, ...lengths: number[]): Transform => ({
      type: 'ENCR',
      id,
      attributes: lengths.map((value) => ({ type: 'Key Length' as const, value })),
    });
    const offer = (t: Transform): Proposal[] => ike({}).map((p) => ({ ...p, transforms: [t, ...p.transforms.slice(1)] }));
    expect(why(offer(cipher(12)), [cbc])).toMatch(/offered ENCR_AES_CBC, accepted ENCR_AES_CBC \(256\); ENCR_AES_CBC has no Key Length$/);
    expect(why(offer(cipher(28, 256)), [gcm])).toMatch(/; ENCR_CHACHA20_POLY1305 \(256\) has a wrong Key Length$/);
  });
  test('proposals that nobody could accept', () => {
    const [good] = ike({});
    const spoilt = (change: Partial<Proposal>): string => why([{ ...good!, ...change }], [cbc]);
    const more = (...more: Transform[]): Partial<Proposal> => ({ transforms: [...good!.transforms, ...more] });
    expect(spoilt({ proposalNum: 3 })).toBe('proposal 3 is unacceptable: its number is 3, its place 1');
    expect(spoilt({ protocol: 'ESP' })).toBe('proposal 1 is for ESP, not for IKE');
    expect(spoilt({ transforms: good!.transforms.slice(1) })).toBe('proposal 1 is unacceptable: Transform Type ENCR is missing');
    expect(spoilt(more({ type: 'ESN', id: 0, attributes: [] }))).toBe(
      'proposal 1 is unacceptable: Transform Type ESN means nothing for IKE',
    );
    expect(spoilt(more({ type: 'ADDKE2', id: 36, attributes: [] }))).toBe(
      'proposal 1 is unacceptable: ADDKE2, an additional key exchange, is not optional',
    );
    expect(why(ike({}), [cbc], { rekey: true })).toBe('proposal 1 is unacceptable: its SPI has 0 octets instead of 8');
    expect(
      why(
        child({}).map((p) => ({ ...p, spi: new Uint8Array(4) })),
        [esp],
      ),
    ).toBe('proposal 1 is unacceptable: its SPI is zero');
    expect(spoilt({})).toBe('proposal 1 is acceptable');
  });
  test('integrity where there must be none', () => {
    const mixed: Proposal = {
      ...ike({})[0]!,
      transforms: [...ike({ encryption: [aes256Cbc] })[0]!.transforms, ...encodeIkeProposals([gcm])[0]!.transforms],
    };
    expect(why([mixed], [gcm])).toBe('proposal 1 comes nearest, but it has an integrity algorithm beside combined-mode ciphers');
  });
  test('a peer does not choose the length of our log', () => {
    const transforms = Array.from({ length: 255 }, (_, i): Transform => ({ type: i, id: i, attributes: [] }));
    const offered = Array.from({ length: 255 }, (_, i): Proposal => ({ proposalNum: i + 1, protocol: 'IKE', spi, transforms }));
    const text = explainProposals(offered, [gcm]);
    expect(text).toContain('and 239 more');
    expect(text.length).toBeLessThan(11_000);
    const many = ike({}).map((p) => ({ ...p, transforms: [...p.transforms, ...transforms.map((t) => ({ ...t, type: 'PRF' as const }))] }));
    expect(explainProposals(many, [gcm])).toContain(' or 244 more');
  });
});
