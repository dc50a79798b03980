/** What a peer may send in Quick Mode, as initiator and as responder, and what is told of it. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { PayloadOfType, Phase2Attribute, Proposal, Transform } from '../../src/ikev1.js';
import { encodePhase2Attributes } from '../../src/ikev1.js';
import { readQuickAnswer } from '../../src/ikev1/quick-answer.js';
import { chooseQuick } from '../../src/ikev1/quick-choose.js';
import { explainQuick } from '../../src/ikev1/quick-explain.js';
import { heedResponderLifetime } from '../../src/ikev1/quick-lifetime.js';
import { encodeQuickOffer } from '../../src/ikev1/quick-sa.js';
import type { QuickChoice, QuickChooseOptions } from '../../src/ikev1/quick-types.js';
import { attempt } from '../../src/keying/attempt.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import type { ChildProposal } from '../../src/keying/proposal-types.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { ecp256, modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc } from '../../src/suite/encr.js';
import { hmacSha1_96, hmacSha256_128, hmacSha512_256 } from '../../src/suite/integ.js';
import { tripleDesCbc } from '../../src/suite/legacy.js';
import { must, policyV1, withTransforms } from './negotiation-records.js';

const plain = { encapsulation: 'Tunnel', lifetimes: [], others: [] } as const;
const aes = { ...plain, keyLength: 256, authentication: 'HMAC-SHA2-256' } as const;
type Values = Parameters<typeof encodePhase2Attributes>[0];

const transform = (values: Partial<Values> = {}, transformNum = 1, id: Transform['id'] = 'ESP_AES-CBC'): Transform => ({
  transformNum,
  id,
  attributes: encodePhase2Attributes({ ...aes, ...values }),
});
const spi = Uint8Array.of(0xc0, 0xff, 0xee, 1);
const proposal = (transforms: readonly Transform[], changes: Partial<Proposal> = {}): Proposal =>
  ({ proposalNum: 1, protocol: 'ESP', spi, transforms, ...changes }) as Proposal;
const offerOf = (...proposals: Proposal[]): PayloadOfType<'SA'> => ({ type: 'SA', doi: 'IPSEC', situation: 1, proposals });
const one = (values: Partial<Values> = {}, id?: Transform['id']) => offerOf(proposal([transform(values, 1, id)]));
const noNat: QuickChooseOptions = { udp: undefined, publicLength: undefined };
const ours = policyV1();
const choose = (sa: PayloadOfType<'SA'>, policy: ChildPolicy = ours, options: Partial<QuickChooseOptions> = {}): QuickChoice | undefined =>
  chooseQuick(sa, policy, { ...noNat, ...options });
/** Why nothing is chosen, which is so. */
function why(sa: PayloadOfType<'SA'>, policy: ChildPolicy = ours, options: Partial<QuickChooseOptions> = {}): string {
  expect(choose(sa, policy, options)).toBeUndefined();
  return explainQuick(sa, [policy], { ...noNat, ...options });
}
const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha512_256], keyExchange: [], esn: [false] };
const ahTransform = (values: Partial<Values> = {}) =>
  transform({ keyLength: undefined, authentication: 'HMAC-SHA2-512', ...values }, 1, 'AH_SHA2-512');
const ipcomp = (values: Partial<Values> = {}, changes: Partial<Proposal> = {}): Proposal =>
  proposal([{ transformNum: 1, id: 'IPCOMP_DEFLATE', attributes: encodePhase2Attributes({ ...plain, ...values }) }], {
    protocol: 'IPCOMP',
    spi: Uint8Array.of(0x12, 0x34),
    ...changes,
  } as Partial<Proposal>);

describe('RFC 2407 section 4.5: one transform', () => {
  test('is chosen', () => {
    expect(choose(one())).toMatchObject({ suite: { encryption: aes256Cbc, integrity: hmacSha256_128 }, spiOut: 0xc0ffee01 });
  });
  test('with other algorithms, too few of them or too many, is not', () => {
    for (const [values, id] of [
      [{ keyLength: 128 }],
      [{ keyLength: undefined }],
      [{ authentication: 'HMAC-SHA' }],
      [{ authentication: undefined }],
      [{ authentication: 4711 }],
      [{ keyLength: undefined }, 'ESP_3DES'],
      [{ keyLength: undefined }, 'ESP_NULL'],
      [{}, 'ESP_AES-GCM_16'],
      [{ authentication: undefined }, 'ESP_AES-GCM_16'],
      [{}, 200],
    ] as [Partial<Values>, Transform['id']?][])
      expect(why(one(values, id))).toContain(
        'transform 1 of proposal 1 comes nearest to policy net, but its algorithms are none of ours. Offered: proposal 1: ESP',
      );
    const gcm = policyV1({ proposals: [{ ...must(ours.proposals[0]), encryption: [aes256Gcm16] }] });
    expect(choose(one({ authentication: undefined }, 'ESP_AES-GCM_16'), gcm)?.suite).toEqual({
      protocol: 'ESP',
      encryption: aes256Gcm16,
      esn: false,
    });
    expect(why(one({}, 'ESP_AES-GCM_16'), gcm)).toContain('none of ours');
    const des = policyV1({ proposals: [{ ...must(ours.proposals[0]), encryption: [tripleDesCbc] }] });
    expect(choose(one({ keyLength: undefined }, 'ESP_3DES'), des)?.suite.encryption).toBe(tripleDesCbc);
    expect(why(one({ keyLength: 192 }, 'ESP_3DES'), des)).toContain('none of ours');
  });
  test('with attributes that are not negotiated, or life types that nobody knows, is passed over', () => {
    const odd = (...others: Phase2Attribute[]) => one({ others });
    expect(why(odd({ type: 'Key Rounds', value: 16 }))).toContain(
      'transform 1 of proposal 1 is unacceptable: it has an attribute that is not negotiated, Key Rounds',
    );
    expect(why(odd({ type: 30_000, value: new Uint8Array(9) }))).toContain('number 30000');
    expect(why(one({ lifetimes: [{ type: 9, duration: 1 }] }))).toContain('its life type is 9');
    expect(
      choose(offerOf(proposal([transform({ others: [{ type: 99, value: 1 }] }, 1), transform({}, 2)])))?.answer(1, undefined).proposals[0]
        ?.transforms,
    ).toEqual([transform({}, 2)]);
  });
  test('with a life type that has no duration, or a duration of nothing, has the default', () => {
    const dangling = offerOf(proposal([{ ...transform(), attributes: [...transform().attributes, { type: 'SA Life Type', value: 1 }] }]));
    expect(choose(dangling)?.lifetimes.offered).toEqual([{ type: 'seconds', duration: 28_800 }]);
    expect(
      choose(
        one({
          lifetimes: [
            { type: 'seconds', duration: 0 },
            { type: 'kilobytes', duration: 0 },
          ],
        }),
      )?.lifetimes.offered,
    ).toEqual([{ type: 'seconds', duration: 28_800 }]);
    expect(
      choose(
        one({
          lifetimes: [
            { type: 'seconds', duration: 9 },
            { type: 'seconds', duration: 5 },
          ],
        }),
      )?.lifetimes.effective,
    ).toEqual({ seconds: 5 });
  });
  test('with the largest durations is harmless', () => {
    const lifetimes = [
      { type: 'seconds', duration: Number.MAX_SAFE_INTEGER } as const,
      { type: 'kilobytes', duration: Number.MAX_SAFE_INTEGER } as const,
    ];
    expect(choose(one({ lifetimes }), policyV1({ hardLifetime: { seconds: 60 } }))?.lifetimes).toMatchObject({
      effective: undefined,
      tell: [{ type: 'seconds', duration: 60 }],
    });
  });
  test('without an encapsulation mode has that of the policy', () => {
    expect(choose(one({ encapsulation: undefined }))).toMatchObject({ mode: 'tunnel', udp: undefined });
    expect(choose(one({ encapsulation: undefined }), policyV1({ mode: 'transport' }))).toMatchObject({ mode: 'transport' });
    expect(why(one({ encapsulation: undefined }), ours, { udp: 'RFC 3947' })).toContain('it is not in UDP, and there is a NAT');
  });
  test('in another mode, or one that nobody knows, is not chosen', () => {
    expect(why(one({ encapsulation: 'Transport' }))).toContain('its mode is transport, ours is tunnel');
    expect(why(one({ encapsulation: 77 }))).toContain('its encapsulation mode is 77');
    expect(why(one({ encapsulation: 'UDP-Encapsulated-Tunnel' }))).toContain('it is in UDP, and there is no NAT');
    for (const encapsulation of ['UDP-Encapsulated-Tunnel', 'UDP-Encapsulated-Tunnel (draft)'] as const)
      expect(choose(one({ encapsulation }), ours, { udp: 'RFC 3947' })?.mode).toBe('tunnel');
  });
});

describe('RFC 2407 section 4.5.2, RFC 4304 section 3: the whole negotiation is aborted', () => {
  const aborted = (...attributes: Phase2Attribute[]) => {
    const good = transform({}, 1);
    const error = attempt(() =>
      choose(offerOf(proposal([good, { transformNum: 2, id: 'ESP_AES-CBC', attributes: [...transform().attributes, ...attributes] }]))),
    );
    if (!(error instanceof IpsecError)) throw new Error('it was not');
    expect(error).toMatchObject({ code: 'no-proposal-chosen', blame: 'peer' });
    return error.message;
  };
  test('for attributes that contradict each other', () => {
    expect(aborted({ type: 'Key Length', value: 128 })).toContain(
      'transform 2 of proposal 1: expected attributes that do not contradict each other',
    );
    expect(aborted({ type: 'Encapsulation Mode', value: 2 })).toContain('for the second time');
    expect(aborted({ type: 'SA Life Duration', value: 2 })).toContain('SA Life Type in front');
    expect(aborted({ type: 'Group Description', value: Uint8Array.of(14) })).toContain('a number of two octets');
  });
  test('for a value of ESN that is none', () => {
    for (const value of [0, 2, 65_535])
      expect(aborted({ type: 'Extended (64-bit) Sequence Number', value })).toContain(`sequence numbers ${value}`);
  });
  test('but not for one attribute twice with the same value', () => {
    const twice = offerOf(proposal([{ ...transform(), attributes: [...transform().attributes, { type: 'Key Length', value: 256 }] }]));
    expect(choose(twice)).toBeDefined();
  });
});

describe('RFC 2409 section 5.5: the group', () => {
  const pfs = policyV1({ proposals: [{ ...must(ours.proposals[0]), keyExchange: [ecp256, modp2048] }] });
  const either = policyV1({ proposals: [{ ...must(ours.proposals[0]), keyExchange: [modp2048, 'none'] }] });
  test('has to be there with a KE payload, and must not be there without', () => {
    expect(choose(one({ group: 14 }), pfs, { publicLength: 256 })?.group).toBe(modp2048);
    expect(why(one({ group: 14 }), pfs)).toContain('it names group 14, and there is no KE payload');
    expect(why(one(), pfs, { publicLength: 256 })).toContain('it names no group, and there is a KE payload');
    expect(why(one(), pfs)).toContain('it is without PFS');
    expect(why(one({ group: 14 }), ours, { publicLength: 256 })).toContain('group 14 with 256 octets is none of ours');
    expect(choose(one(), either)?.group).toBeUndefined();
    expect(choose(one(), either)).toBeDefined();
    expect(why(one(), either, { publicLength: 256 })).toContain('it names no group, and there is a KE payload');
    expect(choose(one({ group: 14 }), either, { publicLength: 256 })?.group).toBe(modp2048);
    expect(why(one({ group: 14 }), either)).toContain('no KE payload');
  });
  test('is the one whose public value was sent', () => {
    const both = offerOf(proposal([transform({ group: 19 }, 1), transform({ group: 14 }, 2)]));
    expect(choose(both, pfs, { publicLength: 256 })?.answer(1, undefined).proposals[0]?.transforms[0]?.transformNum).toBe(2);
    expect(choose(both, pfs, { publicLength: 64 })?.group).toBe(ecp256);
    expect(why(both, pfs, { publicLength: 257 })).toContain('257 octets is none of ours');
  });
});

describe('RFC 2408 section 4.2: proposals of one number', () => {
  const bundle = policyV1({ ah: [ah] });
  const espPart = proposal([transform()]);
  const ahPart = proposal([ahTransform()], { protocol: 'AH', spi: Uint8Array.of(0xab, 0, 0, 1) });
  test('are taken together', () => {
    const choice = choose(offerOf(ahPart, espPart), bundle);
    expect(choice).toMatchObject({ spiOut: 0xc0ffee01, ah: { spiOut: 0xab000001, suite: { integrity: hmacSha512_256 } } });
    expect(choice?.answer(0x5eed0001, undefined).proposals.map(({ protocol, spi: own }) => [protocol, toHex(own)])).toEqual([
      ['AH', '5eed0001'],
      ['ESP', '5eed0001'],
    ]);
  });
  test('are never taken in part', () => {
    expect(why(offerOf(espPart, ahPart))).toContain('has ESP and AH together, which policy net does not take');
    expect(why(offerOf(espPart), bundle)).toContain('has not ESP and AH together, as policy net wants');
    expect(why(offerOf(espPart, ipcomp()))).toContain('has IPComp, which policy net does not take');
    expect(why(offerOf(espPart, proposal([ahTransform({ authentication: 'HMAC-SHA' })], { protocol: 'AH' })), bundle)).toContain(
      'AH beside it has no algorithm of ours',
    );
    expect(why(offerOf(espPart, espPart))).toContain('more than ESP, AH and IPComp once each');
    expect(why(offerOf(espPart, { proposalNum: 1, protocol: 9, spi, transforms: [] }))).toContain('more than ESP, AH and IPComp once each');
    expect(why(offerOf(ipcomp()))).toContain('proposal 1 is for neither ESP nor AH');
  });
  test('are not taken in pieces, even where one piece would do', () => {
    const second = { ...espPart, proposalNum: 2 };
    expect(why(offerOf(espPart, ahPart, { ...espPart, proposalNum: 2 }, { ...ahPart, proposalNum: 3 }, ahPart), bundle)).toContain(
      'proposal 1',
    );
    expect(why(offerOf(espPart, { ...ipcomp(), proposalNum: 2 }, ahPart))).toContain('Offered: proposal 1: ESP');
    expect(choose(offerOf(espPart, second, ahPart))?.answer(1, undefined).proposals).toMatchObject([{ proposalNum: 2 }]);
  });
  test('have one mode and one group', () => {
    const withAh = (values: Partial<Values>) => offerOf(espPart, proposal([ahTransform(values)], { protocol: 'AH' }));
    expect(choose(withAh({ encapsulation: 'Transport' }), bundle)).toBeDefined();
    expect(choose(withAh({ encapsulation: undefined }), bundle)).toBeDefined();
    expect(why(withAh({ group: 14 }), bundle)).toContain('what stands beside it does not go with it');
    expect(choose(withAh({ encapsulation: 'UDP-Encapsulated-Tunnel' }), bundle)).toBeUndefined();
    const transport = policyV1({ mode: 'transport', ah: [ah] });
    expect(choose(offerOf(proposal([transform({ encapsulation: 'Transport' })]), ahPart), transport)).toBeUndefined();
  });
  test('have the shorter lifetime of both', () => {
    const sa = offerOf(
      proposal([transform({ lifetimes: [{ type: 'seconds', duration: 900 }] })]),
      proposal([ahTransform({ lifetimes: [{ type: 'seconds', duration: 800 }] })], { protocol: 'AH' }),
    );
    expect(choose(sa, bundle)?.lifetimes.effective).toEqual({ seconds: 800 });
  });
  test('of AH are not taken where there is a NAT', () => {
    expect(why(offerOf(ahPart), policyV1({ proposals: [ah] }), { udp: 'RFC 3947' })).toContain('has AH, and there is a NAT on the way');
    const inUdp = proposal([ahTransform({ encapsulation: 'UDP-Encapsulated-Tunnel' })], { protocol: 'AH' });
    expect(why(offerOf(inUdp), policyV1({ proposals: [ah] }), { udp: 'RFC 3947' })).toContain('has AH, and there is a NAT on the way');
    expect(why(offerOf(espPart, ahPart), bundle, { udp: 'draft' })).toContain('has AH, and there is a NAT on the way');
  });
  test('have SPIs that can be used', () => {
    for (const wrong of [[], [0, 0, 0, 0], [0, 0, 0, 255], [1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8]])
      expect(why(offerOf(proposal([transform()], { spi: Uint8Array.from(wrong) })))).toContain('no SPI of 4 octets, 256 or more, for ESP');
    expect(choose(offerOf(proposal([transform()], { spi: Uint8Array.of(0, 0, 1, 0) })))?.spiOut).toBe(256);
    expect(why(offerOf(espPart, { ...ahPart, spi: new Uint8Array(4) }), bundle)).toContain('for AH');
  });
  test('are of the IPSEC DOI, in the one situation', () => {
    expect(why({ ...one(), doi: 'ISAKMP' })).toContain('the DOI is ISAKMP');
    expect(why({ ...one(), situation: 2 })).toContain('the situation is 2');
    expect(why(offerOf())).toBe(
      'Offered: no proposal. Accepted: net, tunnel: ESP ESP_AES-CBC (256) with HMAC-SHA2-256; without PFS; no ESN',
    );
    expect(why(offerOf(proposal([])))).toContain('no transform');
  });
});

describe('RFC 3173 section 4.1: IPComp', () => {
  const policy = policyV1({ ipcomp: true });
  const offered = (...besides: Proposal[]) => choose(offerOf(proposal([transform()]), ...besides), policy);
  test('is preferred, unless the algorithms are worse', () => {
    const without = proposal([transform()], { proposalNum: 1 });
    const withIt = [proposal([transform()], { proposalNum: 2 }), ipcomp({}, { proposalNum: 2 })];
    expect(choose(offerOf(without, ...withIt), policy)?.cpiOut).toBe(0x1234);
    const two = policyV1({ ipcomp: true, proposals: [{ ...must(ours.proposals[0]), encryption: [aes256Cbc, aes128Cbc] }] });
    const worse = [proposal([transform({ keyLength: 128 })], { proposalNum: 2 }), ipcomp({}, { proposalNum: 2 })];
    expect(choose(offerOf(without, ...worse), two)?.cpiOut).toBeUndefined();
  });
  test('has its CPI in two octets or in four, of which two are ignored', () => {
    expect(offered(ipcomp({}, { spi: Uint8Array.of(0, 0, 0x12, 0x34) }))?.cpiOut).toBe(0x1234);
    expect(offered(ipcomp({}, { spi: Uint8Array.of(9, 9, 0x12, 0x34) }))?.cpiOut).toBe(0x1234);
    expect(offered(ipcomp({}, { spi: Uint8Array.of(9, 9, 0x12, 0x34) }))?.answer(1, 0x4321).proposals[1]?.spi).toEqual(
      Uint8Array.of(0x43, 0x21),
    );
    expect(offered(ipcomp({}, { spi: Uint8Array.of(0, 2) }))?.cpiOut).toBe(2);
    for (const wrong of [[], [0, 0], [0, 1], [0, 3], [0, 255], [0xf0, 0], [0xff, 0xff], [1, 2, 3]])
      expect(offered(ipcomp({}, { spi: Uint8Array.from(wrong) }))).toBeUndefined();
  });
  test('is DEFLATE in the same mode; what means nothing to it is ignored', () => {
    expect(
      offered(ipcomp({ group: 2, authentication: 'HMAC-MD5', keyLength: 5, others: [{ type: 'Key Rounds', value: 1 }] }))?.cpiOut,
    ).toBe(0x1234);
    expect(offered(ipcomp({ encapsulation: 'UDP-Encapsulated-Tunnel' }))?.cpiOut).toBe(0x1234);
    // the default is transport mode
    expect(offered(ipcomp({ encapsulation: undefined }))).toBeUndefined();
    expect(offered(ipcomp({ encapsulation: 'Transport' }))).toBeUndefined();
    const lzs = ipcomp().transforms[0] as Transform;
    expect(offered({ ...ipcomp(), transforms: [{ ...lzs, id: 'IPCOMP_LZS' }] } as Proposal)).toBeUndefined();
    expect(
      offered({
        ...ipcomp(),
        transforms: [
          { ...lzs, id: 'IPCOMP_LZS' },
          { ...lzs, transformNum: 2 },
        ],
      } as Proposal)?.answer(1, 0x4321).proposals[1]?.transforms,
    ).toEqual([{ ...lzs, transformNum: 2 }]);
    expect(explainQuick(offerOf(proposal([transform()]), ipcomp({ encapsulation: undefined })), [policy], noNat)).toContain(
      'IPComp beside it is not DEFLATE in the same mode',
    );
  });
});

describe('the order of preference in Quick Mode', () => {
  test('is ours: record, cipher, integrity algorithm, group, sequence numbers', () => {
    const all = [aes128Cbc, aes256Cbc].flatMap((c) =>
      (['HMAC-SHA', 'HMAC-SHA2-256'] as const).flatMap((a) => [undefined, 1].map((esn) => [c.keyLength * 8, a, esn] as const)),
    );
    const offered = offerOf(
      proposal(all.map(([keyLength, authentication, esn], i) => transform({ keyLength, authentication, esn }, i + 1))),
    );
    const record: ChildProposal = {
      ...must(ours.proposals[0]),
      encryption: [aes256Cbc, aes128Cbc],
      integrity: [hmacSha1_96, hmacSha256_128],
      esn: [true, false],
    };
    expect(choose(offered, policyV1({ proposals: [record] }))?.suite).toEqual({
      protocol: 'ESP',
      encryption: aes256Cbc,
      integrity: hmacSha1_96,
      esn: true,
    });
    const first = { ...record, encryption: [aes128Cbc], integrity: [hmacSha256_128], esn: [false] };
    expect(choose(offered, policyV1({ proposals: [first, record] }))?.suite).toEqual({
      protocol: 'ESP',
      encryption: aes128Cbc,
      integrity: hmacSha256_128,
      esn: false,
    });
  });
  test('passes over a transform whose number was there before', () => {
    const sa = offerOf(proposal([transform({ esn: 1 }, 5), transform({}, 5)]));
    expect(choose(sa)).toBeUndefined();
  });
});

describe('RFC 2408 section 4.2: the answer of Quick Mode', () => {
  const policy = policyV1({
    ipcomp: true,
    ah: [ah],
    hardLifetime: { seconds: 3600 },
    proposals: [{ ...must(ours.proposals[0]), encryption: [aes256Cbc, aes128Cbc] }],
  });
  const sa = encodeQuickOffer(policy, { spi: 0xc0ffee01, cpi: 0x1234, udp: undefined, group: undefined });
  const offer = { policy, sa, keyExchange: undefined };
  const choice = must(choose(sa, policy));
  const answer = choice.answer(0x5eed0001, 0x4321);
  const read = (changes: Partial<PayloadOfType<'SA'>>) => readQuickAnswer({ ...answer, ...changes }, offer);
  const refused = (changes: Partial<PayloadOfType<'SA'>>): string => {
    const error = attempt(() => read(changes));
    if (!(error instanceof IpsecError)) throw new Error('it was not refused');
    expect(error).toMatchObject({ code: 'no-proposal-chosen', blame: 'peer' });
    return error.message;
  };
  const changed = (i: number, changes: Partial<Proposal>) => ({
    proposals: answer.proposals.map((p, k) => (k === i ? ({ ...p, ...changes } as Proposal) : p)),
  });
  const withAttributes = (i: number, change: (attributes: Transform['attributes']) => Transform['attributes']) => {
    const t = must(answer.proposals[i]).transforms[0] as Transform;
    return changed(i, { transforms: [{ ...t, attributes: change(t.attributes) }] });
  };
  test('is one of the suites that were offered', () => {
    expect(read({})).toMatchObject({ suite: { encryption: aes256Cbc }, ah: { spiOut: 0x5eed0001 }, cpiOut: 0x4321, mode: 'tunnel' });
    expect(read({}).lifetimes).toEqual({ offered: [{ type: 'seconds', duration: 3600 }], effective: undefined, tell: [] });
  });
  test('with an attribute changed, added, taken away or doubled is refused, in every protocol', () => {
    for (const i of [0, 1, 2]) {
      for (const one_ of (must(answer.proposals[i]).transforms[0] as Transform).attributes) {
        refused(withAttributes(i, (all) => all.map((a) => (a === one_ ? { ...a, value: 0xffff } : a))));
        refused(withAttributes(i, (all) => all.filter((a) => a !== one_)));
        refused(withAttributes(i, (all) => [...all, one_]));
      }
      refused(withAttributes(i, (all) => [...all, { type: 'Extended (64-bit) Sequence Number', value: 1 }]));
      refused(withAttributes(i, (all) => [...all, { type: 'Group Description', value: 14 }]));
      refused(withAttributes(i, (all) => [...all, { type: 'SA Life Type', value: 2 }, { type: 'SA Life Duration', value: 5 }]));
      refused(withAttributes(i, (all) => [...all, { type: 'SA Life Type', value: 1 }]));
    }
  });
  test('with more or less than one transform, or one proposal of each protocol, is refused', () => {
    const [esp, ahPart, compressed] = answer.proposals.map(must) as [Proposal, Proposal, Proposal];
    for (const i of [0, 1, 2]) {
      refused(changed(i, { transforms: [] }));
      const t = must(answer.proposals[i]).transforms[0];
      expect(refused(changed(i, { transforms: [t, t] } as Partial<Proposal>))).toContain('2 transforms');
      if (i < 2) refused({ proposals: answer.proposals.filter((_, k) => k !== i) }); // without IPComp it was offered
    }
    refused({ proposals: [...answer.proposals, esp] });
    refused({ proposals: [...answer.proposals, { ...esp, proposalNum: 2 }, { ...ahPart, proposalNum: 2 }] });
    refused({ proposals: [esp, ahPart, { ...compressed, proposalNum: 2 }] });
    refused({ proposals: [] });
    refused({ proposals: sa.proposals });
    refused({ doi: 'GDOI' });
    refused({ situation: 4, proposals: [] });
  });
  test('without a usable SPI or CPI is refused', () => {
    expect(refused(changed(0, { spi: new Uint8Array(4) }))).toContain('no SPI');
    refused(changed(1, { spi: new Uint8Array(8).fill(1) }));
    expect(refused(changed(2, { spi: Uint8Array.of(0, 1) }))).toContain('no CPI');
  });
  test('may leave IPComp out, for that was offered', () => {
    const without = choose(sa, { ...policy, ipcomp: false });
    expect(readQuickAnswer(must(without).answer(0x5eed0001, undefined), offer).cpiOut).toBeUndefined();
  });
  test('may have other numbers and another order: they decide nothing', () => {
    const proposals = answer.proposals.map((p) => {
      const t = p.transforms[0] as Transform;
      return { ...p, proposalNum: 9, transforms: [{ ...t, transformNum: 77, attributes: [...t.attributes].reverse() }] } as Proposal;
    });
    // a duration in front of its type says nothing
    refused({ proposals });
    const sorted = proposals.map(
      (p) => ({ ...p, transforms: (p.transforms as Transform[]).map((t) => ({ ...t, attributes: swapLife(t.attributes) })) }) as Proposal,
    );
    expect(read({ proposals: sorted.reverse() })).toMatchObject({ suite: { encryption: aes256Cbc }, cpiOut: 0x4321 });
  });
  test('has the group of our KE payload', () => {
    const pfs = policyV1({ proposals: [{ ...must(ours.proposals[0]), keyExchange: [modp2048, ecp256] }] });
    const asked = encodeQuickOffer(pfs, { spi: 0xc0ffee01, udp: undefined, group: modp2048 });
    const chosen = must(choose(asked, pfs, { publicLength: 256 })).answer(0x5eed0001, undefined);
    const keyExchange = { row: modp2048, exchange: {} as never };
    expect(readQuickAnswer(chosen, { policy: pfs, sa: asked, keyExchange }).group).toBe(modp2048);
    const other = withTransforms(chosen, [
      { ...(must(chosen.proposals[0]).transforms[0] as Transform), attributes: transform({ group: 19 }).attributes },
    ]);
    expect(() => readQuickAnswer(other, { policy: pfs, sa: asked, keyExchange })).toThrow("the peer's choice among our proposals");
  });
});

function swapLife(attributes: Transform['attributes']): Transform['attributes'] {
  const type = attributes.findIndex((a) => a.type === 'SA Life Type');
  const rest = attributes.filter((a) => a.type !== 'SA Life Type' && a.type !== 'SA Life Duration');
  return [...rest, must(attributes[type]), must(attributes[type - 1])];
}

describe('RFC 2407 section 4.6.3.1: RESPONDER-LIFETIME', () => {
  const say = (...lifetimes: Values['lifetimes']) => encodePhase2Attributes({ lifetimes, others: [] });
  test('makes a life shorter, never longer', () => {
    expect(heedResponderLifetime({ seconds: 3600, packets: 7 }, say({ type: 'seconds', duration: 600 }))).toEqual({
      seconds: 600,
      packets: 7,
    });
    expect(heedResponderLifetime({ seconds: 3600 }, say({ type: 'seconds', duration: 7200 }))).toEqual({ seconds: 3600 });
    expect(heedResponderLifetime(undefined, say({ type: 'kilobytes', duration: 5 }))).toEqual({ octets: 5000 });
    expect(heedResponderLifetime({ octets: 10_000 }, say({ type: 'kilobytes', duration: 5 }, { type: 'seconds', duration: 60 }))).toEqual({
      seconds: 60,
      octets: 5000,
    });
  });
  test('that says nothing changes nothing', () => {
    const current = { seconds: 3600 };
    expect(heedResponderLifetime(current, [])).toBe(current);
    expect(heedResponderLifetime(current, say({ type: 'seconds', duration: 0 }))).toBe(current);
    expect(heedResponderLifetime(undefined, say({ type: 3, duration: 5 }))).toBeUndefined();
    expect(() => heedResponderLifetime(current, [{ type: 'SA Life Duration', value: 5 }])).toThrow('SA Life Type in front');
  });
});

describe('what is told of offers as long as can be', () => {
  test('is of bounded length, and costs little', () => {
    const transforms = Array.from({ length: 255 }, (_, i) =>
      transform({ keyLength: 128, others: [{ type: 999, value: new Uint8Array(60) }] }, i),
    );
    const sa = offerOf(...Array.from({ length: 300 }, (_, i) => proposal(transforms, { proposalNum: i % 256 })));
    const policies = Array.from({ length: 40 }, (_, i) => policyV1({ name: `net${i}` }));
    expect(choose(sa)).toBeUndefined();
    expect(explainQuick(sa, policies, noNat).length).toBeLessThan(10_000);
  });
  test('names what comes nearest of many', () => {
    const sa = offerOf(
      proposal([transform({ keyLength: 128, encapsulation: 'Transport' }, 1), transform({ keyLength: 128 }, 2)]),
      proposal([transform({ esn: 1 })], { proposalNum: 2 }),
    );
    const other = policyV1({ name: 'other', mode: 'transport' });
    const words = explainQuick(sa, [other, ours], noNat);
    expect(words).toBe(
      'transform 1 of proposal 1 comes nearest to policy other, but its algorithms are none of ours. ' +
        'Offered: proposal 1: ESP SPI 0xc0ffee01: #1 ESP_AES-CBC (128), HMAC-SHA2-256, Transport or #2 ESP_AES-CBC (128), HMAC-SHA2-256, Tunnel | ' +
        'proposal 2: ESP SPI 0xc0ffee01: #1 ESP_AES-CBC (256), HMAC-SHA2-256, Tunnel, ESN. ' +
        'Accepted: other, transport: ESP ESP_AES-CBC (256) with HMAC-SHA2-256; without PFS; no ESN | ' +
        'net, tunnel: ESP ESP_AES-CBC (256) with HMAC-SHA2-256; without PFS; no ESN',
    );
  });
});
