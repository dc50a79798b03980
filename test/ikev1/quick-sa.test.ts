/** What Quick Mode offers, chooses and reads, against what strongSwan and libreswan did. */
import { describe, expect, test } from 'vitest';
import type { PayloadOfType, Phase2Attribute, Proposal, Transform } from '../../src/ikev1.js';
import { decodePhase2Attributes } from '../../src/ikev1.js';
import { readQuickAnswer } from '../../src/ikev1/quick-answer.js';
import { chooseQuick } from '../../src/ikev1/quick-choose.js';
import { encodeQuickOffer, quickGroups } from '../../src/ikev1/quick-sa.js';
import type { QuickChoice, QuickOfferOptions } from '../../src/ikev1/quick-types.js';
import { attempt } from '../../src/keying/attempt.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import type { ChildProposal } from '../../src/keying/proposal-types.js';
import { aes128Gcm16, aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { ecp256, modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, hmacSha1_96, hmacSha256_128, hmacSha512_256 } from '../../src/suite/integ.js';
import { hmacSha256_96, tripleDesCbc } from '../../src/suite/legacy.js';
import { must, negotiated, octetsOf, policyFor, policyV1 } from './negotiation-records.js';

const esp: ChildProposal = {
  protocol: 'ESP',
  encryption: [aes256Gcm16, aes128Cbc],
  integrity: [hmacSha256_128, hmacSha1_96],
  keyExchange: [modp2048],
  esn: [true, false],
};
const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha512_256], keyExchange: [], esn: [false] };
const plain: QuickOfferOptions = { spi: 0xc0ffee01, udp: undefined, group: undefined };
const valuesOf = ({ attributes }: Transform) => decodePhase2Attributes(attributes as readonly Phase2Attribute[]);
const transformsOf = (sa: PayloadOfType<'SA'>, i = 0) => must(sa.proposals[i]).transforms as readonly Transform[];

/** Both ends with one policy each: what the initiator makes of the responder's choice. */
function agree(initiator: ChildPolicy, responder: ChildPolicy, options: Partial<QuickOfferOptions> = {}) {
  const all = { ...plain, ...options };
  const sa = encodeQuickOffer(initiator, all);
  const publicLength = all.group?.publicLength;
  const choice = chooseQuick(sa, responder, { udp: all.udp, publicLength });
  const keyExchange = all.group && { row: all.group, exchange: {} as never };
  return {
    sa,
    choice,
    read:
      choice &&
      readQuickAnswer(choice.answer(0x5eed0001, choice.cpiOut === undefined ? undefined : 0x4321), { policy: initiator, sa, keyExchange }),
  };
}

describe('Quick Mode of strongSwan and libreswan', () => {
  test('is all there', () => {
    expect(negotiated.quick.map(({ name }) => name)).toHaveLength(20);
  });
  for (const [i, { name, offer, answer, publicLength }] of negotiated.quick.entries()) {
    const policy = policyFor(offer.proposals);
    const values = valuesOf(must(transformsOf(offer)[0]));
    const udp = `${values.encapsulation}`.startsWith('UDP') ? ('RFC 3947' as const) : undefined;
    const strongSwan = values.lifetimes.length === 0;
    test(`${name} ${i}: we choose as the responder did`, () => {
      const choice = must(chooseQuick(offer, policy, { udp, publicLength }));
      const spi = must(answer.proposals[0]).spi;
      const own = choice.answer(new DataView(spi.buffer, spi.byteOffset).getUint32(0), undefined);
      // strongSwan writes the answer anew: a lifetime where none was offered, which is the default; to libreswan, which counts from 0, numbers and an order of its own
      const [transform] = transformsOf(answer);
      const unsaid = { ...must(transform), attributes: must(transform).attributes.slice(0, -2) };
      const echoed = name === 'peer-libreswan-ikev1' ? must(transformsOf(offer)[0]) : strongSwan ? unsaid : must(transform);
      const { proposalNum } = must(offer.proposals[0]);
      const expected = { ...answer, proposals: [{ ...must(answer.proposals[0]), proposalNum, transforms: [echoed] } as Proposal] };
      expect(octetsOf(own)).toBe(octetsOf(expected));
    });
    test(`${name} ${i}: the answer is what was offered`, () => {
      const row = policy.proposals[0]?.keyExchange[0];
      const keyExchange = row === undefined || row === 'none' ? undefined : { row, exchange: {} as never };
      const read = readQuickAnswer(answer, { policy, sa: offer, keyExchange });
      expect(read.suite).toMatchObject({ protocol: must(offer.proposals[0]).protocol, esn: false });
      expect(read.group?.id).toBe(values.group);
      expect(read.mode).toBe(policy.mode);
      expect(read.udp).toBe(udp);
      expect(read.lifetimes).toEqual({ offered: [{ type: 'seconds', duration: 28_800 }], effective: { seconds: 28_800 }, tell: [] });
    });
    test(`${name} ${i}: our offer has the attributes and the order that strongSwan has`, () => {
      if (!strongSwan) return;
      const group = quickGroups(policy)[0];
      const spi = must(offer.proposals[0]).spi;
      const sa = encodeQuickOffer(policy, { spi: new DataView(spi.buffer, spi.byteOffset).getUint32(0), udp, group });
      expect(octetsOf(sa)).toBe(octetsOf(offer));
    });
  }
});

describe('RFC 2409 section 5.5: the offer', () => {
  const policy = policyV1({ proposals: [esp] });
  const sa = encodeQuickOffer(policy, { ...plain, group: modp2048 });
  test('has a transform for each suite, best first, and the group in every one', () => {
    expect(sa.proposals).toHaveLength(1);
    expect(sa.proposals[0]).toMatchObject({ proposalNum: 1, protocol: 'ESP', spi: Uint8Array.of(0xc0, 0xff, 0xee, 0x01) });
    expect(transformsOf(sa).map((t) => [t.transformNum, t.id, valuesOf(t).keyLength, valuesOf(t).authentication, valuesOf(t).esn])).toEqual(
      [
        [1, 'ESP_AES-GCM_16', 256, undefined, 1],
        [2, 'ESP_AES-GCM_16', 256, undefined, undefined],
        [3, 'ESP_AES-CBC', 128, 'HMAC-SHA2-256', 1],
        [4, 'ESP_AES-CBC', 128, 'HMAC-SHA2-256', undefined],
        [5, 'ESP_AES-CBC', 128, 'HMAC-SHA', 1],
        [6, 'ESP_AES-CBC', 128, 'HMAC-SHA', undefined],
      ],
    );
    for (const t of transformsOf(sa)) expect(valuesOf(t)).toMatchObject({ group: 14, encapsulation: 'Tunnel', lifetimes: [], others: [] });
  });
  test('leaves out what does not go with the group', () => {
    const several = policyV1({
      proposals: [
        { ...esp, keyExchange: [ecp256, 'none'] },
        { ...esp, encryption: [tripleDesCbc], keyExchange: [] },
        { ...esp, keyExchange: [modp2048, ecp256] },
      ],
    });
    expect(quickGroups(several).map((row) => row?.id)).toEqual([19, undefined, 14]);
    const ids = (group: QuickOfferOptions['group']) =>
      transformsOf(encodeQuickOffer(several, { ...plain, group })).map((t) => [t.id, valuesOf(t).group]);
    expect(new Set(ids(undefined).map(([id, group]) => `${id} ${group}`))).toEqual(
      new Set(['ESP_AES-GCM_16 undefined', 'ESP_AES-CBC undefined', 'ESP_3DES undefined']),
    );
    expect(ids(ecp256)).toHaveLength(6);
    expect(ids(modp2048).every(([, group]) => group === 14)).toBe(true);
    expect(() => encodeQuickOffer(policy, plain)).toThrow('without PFS');
    expect(() => encodeQuickOffer(policy, { ...plain, group: ecp256 })).toThrow('with 256-bit random ECP group');
    expect(quickGroups(policyV1())).toEqual([undefined]);
  });
  test('says the lifetimes of the policy, seconds and thousands of octets', () => {
    const lifetimes = (hardLifetime: ChildPolicy['hardLifetime']) =>
      valuesOf(must(transformsOf(encodeQuickOffer(policyV1({ hardLifetime }), plain))[0])).lifetimes;
    expect(lifetimes({ seconds: 3600 })).toEqual([{ type: 'seconds', duration: 3600 }]);
    expect(lifetimes({ seconds: 86_400.9, octets: 100_000_999, packets: 5 })).toEqual([
      { type: 'seconds', duration: 86_400 },
      { type: 'kilobytes', duration: 100_000 },
    ]);
    expect(lifetimes({ seconds: 0.5, octets: 12 })).toEqual([
      { type: 'seconds', duration: 1 },
      { type: 'kilobytes', duration: 1 },
    ]);
    expect(lifetimes({ seconds: Infinity, octets: Infinity })).toEqual([]);
    expect(lifetimes({ octets: 2 ** 52 })).toEqual([{ type: 'kilobytes', duration: 0xffffffff }]);
  });
  test('RFC 3947 section 5.1: says the mode by the numbers of the peer', () => {
    const mode = (m: ChildPolicy['mode'], udp: QuickOfferOptions['udp']) =>
      transformsOf(encodeQuickOffer(policyV1({ mode: m }), { ...plain, udp }))[0]?.attributes.find(
        ({ type }) => type === 'Encapsulation Mode',
      )?.value;
    expect([mode('tunnel', undefined), mode('transport', undefined)]).toEqual([1, 2]);
    expect([mode('tunnel', 'RFC 3947'), mode('transport', 'RFC 3947')]).toEqual([3, 4]);
    expect([mode('tunnel', 'draft'), mode('transport', 'draft')]).toEqual([61_443, 61_444]);
  });
  test('RFC 2407 section 4.4.3: names the algorithm of AH twice', () => {
    const rows = [hmacSha1_96, hmacSha256_128, hmacSha512_256, aes128Gmac];
    const transforms = transformsOf(encodeQuickOffer(policyV1({ proposals: [{ ...ah, integrity: rows }] }), plain));
    expect(transforms.map((t) => [t.id, valuesOf(t).authentication, valuesOf(t).keyLength])).toEqual([
      ['AH_SHA', 'HMAC-SHA', undefined],
      ['AH_SHA2-256', 'HMAC-SHA2-256', undefined],
      ['AH_SHA2-512', 'HMAC-SHA2-512', undefined],
      // RFC 4543 section 5.3
      ['AH_AES-128-GMAC', 'AES-128-GMAC', undefined],
    ]);
  });
  test('of ESP has no Key Length for keys of one length, and nothing that IKEv1 has no number for', () => {
    const record = {
      ...esp,
      encryption: [chacha20Poly1305, tripleDesCbc, nullEncryption],
      integrity: [aes128Gmac, hmacSha1_96],
      keyExchange: [],
      esn: [false],
    };
    const transforms = transformsOf(encodeQuickOffer(policyV1({ proposals: [record] }), plain));
    expect(transforms.map((t) => [t.transformNum, t.id, valuesOf(t).authentication, valuesOf(t).keyLength])).toEqual([
      [1, 'ESP_3DES', 'HMAC-SHA', undefined],
      [2, 'ESP_NULL', 'HMAC-SHA', undefined],
    ]);
    expect(() => encodeQuickOffer(policyV1({ proposals: [{ ...record, encryption: [chacha20Poly1305] }] }), plain)).toThrow(
      'IKEv1 has numbers for',
    );
    expect(() => encodeQuickOffer(policyV1({ proposals: [{ ...record, integrity: [] }] }), plain)).toThrow('IKEv1 has numbers for');
    // a row under the number of another, for a peer with its bug
    const quirk = { ...hmacSha256_96, id: 12 };
    expect(
      valuesOf(must(transformsOf(encodeQuickOffer(policyV1({ proposals: [{ ...record, integrity: [quirk] }] }), plain))[0])).authentication,
    ).toBe('HMAC-SHA2-256');
  });
  test('RFC 2408 section 4.2: AH beside ESP has its number, alternatives have their own', () => {
    const bundle = encodeQuickOffer(policyV1({ proposals: [esp], ah: [ah] }), { ...plain, group: modp2048 });
    expect(bundle.proposals.map(({ proposalNum, protocol }) => [proposalNum, protocol])).toEqual([
      [1, 'ESP'],
      [1, 'AH'],
    ]);
    expect(transformsOf(bundle, 1).map((t) => [t.transformNum, t.id, valuesOf(t).group])).toEqual([[1, 'AH_SHA2-512', 14]]);
    const mixed = encodeQuickOffer(policyV1({ proposals: [{ ...esp, keyExchange: [] }, ah, { ...esp, keyExchange: [] }] }), plain);
    expect(mixed.proposals.map(({ proposalNum, protocol, spi }) => [proposalNum, protocol, spi])).toEqual([
      [1, 'ESP', Uint8Array.of(0xc0, 0xff, 0xee, 1)],
      [2, 'AH', Uint8Array.of(0xc0, 0xff, 0xee, 1)],
      [3, 'ESP', Uint8Array.of(0xc0, 0xff, 0xee, 1)],
    ]);
  });
  test('RFC 3173 section 4.1: IPComp is offered, and to do without it', () => {
    const compressed = encodeQuickOffer(policyV1({ ipcomp: true, hardLifetime: { seconds: 600 } }), {
      ...plain,
      cpi: 0x1234,
      udp: 'RFC 3947',
    });
    expect(compressed.proposals.map(({ proposalNum, protocol }) => [proposalNum, protocol])).toEqual([
      [1, 'ESP'],
      [1, 'IPCOMP'],
      [2, 'ESP'],
    ]);
    expect(compressed.proposals[1]).toMatchObject({ spi: Uint8Array.of(0x12, 0x34) });
    const [transform] = transformsOf(compressed, 1);
    expect(transform).toMatchObject({ transformNum: 1, id: 'IPCOMP_DEFLATE' });
    expect(valuesOf(must(transform))).toEqual({
      encapsulation: 'UDP-Encapsulated-Tunnel',
      lifetimes: [{ type: 'seconds', duration: 600 }],
      others: [],
    });
  });
  test('RFC 3948 section 1: has no AH where there is a NAT', () => {
    const both = policyV1({ proposals: [ah, { ...esp, keyExchange: [] }] });
    expect(encodeQuickOffer(both, { ...plain, udp: 'RFC 3947' }).proposals.map(({ protocol }) => protocol)).toEqual(['ESP']);
    for (const policy of [policyV1({ proposals: [ah] }), policyV1({ ah: [ah] })]) {
      const error = attempt(() => encodeQuickOffer(policy, { ...plain, udp: 'draft' }));
      expect(error).toMatchObject({ code: 'no-proposal-chosen', blame: 'caller', found: 'AH' });
    }
  });
  test('has the algorithms in use where a Child SA is replaced, and the whole list where the policy has them no longer', () => {
    const replaces = (suite: QuickChoice['suite']) =>
      transformsOf(encodeQuickOffer(policy, { ...plain, group: modp2048, replaces: { suite, mode: 'transport' } })).map((t) => [
        t.id,
        valuesOf(t).encapsulation,
      ]);
    expect(replaces({ protocol: 'ESP', encryption: aes128Cbc, integrity: hmacSha1_96, esn: false })).toEqual([
      ['ESP_AES-CBC', 'Transport'],
    ]);
    expect(replaces({ protocol: 'ESP', encryption: aes256Gcm16, esn: true })).toEqual([['ESP_AES-GCM_16', 'Transport']]);
    expect(replaces({ protocol: 'ESP', encryption: aes128Gcm16, esn: true })).toHaveLength(6);
  });
  test('of too much is refused', () => {
    const ids = Array.from({ length: 300 }, () => ah);
    const alternating = ids.flatMap((record) => [record, { ...esp, keyExchange: [] }]);
    expect(() => encodeQuickOffer(policyV1({ proposals: alternating }), plain)).toThrow('at most 255');
  });
});

describe('RFC 2408 section 4.2: two of us agree', () => {
  test('on what the responder likes best', () => {
    const initiator = policyV1({ proposals: [{ ...esp, keyExchange: [] }] });
    const responder = policyV1({
      proposals: [{ ...esp, encryption: [aes128Cbc, aes256Gcm16], integrity: [hmacSha1_96], keyExchange: ['none'], esn: [false, true] }],
    });
    const { choice, read } = agree(initiator, responder);
    expect(choice?.suite).toEqual({ protocol: 'ESP', encryption: aes128Cbc, integrity: hmacSha1_96, esn: false });
    expect(choice).toMatchObject({
      mode: 'tunnel',
      udp: undefined,
      spiOut: 0xc0ffee01,
      ah: undefined,
      cpiOut: undefined,
      group: undefined,
    });
    expect(choice?.answer(0x5eed0001, undefined).proposals[0]).toMatchObject({ proposalNum: 1, spi: Uint8Array.of(0x5e, 0xed, 0, 1) });
    expect(read?.suite).toEqual(choice?.suite);
    expect(read).toMatchObject({ policy: initiator, mode: 'tunnel', spiOut: 0x5eed0001 });
  });
  test('with PFS, ESN and a NAT', () => {
    const policy = policyV1({ mode: 'transport', proposals: [esp] });
    for (const udp of ['RFC 3947', 'draft'] as const) {
      const { choice, read } = agree(policy, policy, { group: modp2048, udp });
      expect(read?.suite).toEqual({ protocol: 'ESP', encryption: aes256Gcm16, keyExchange: modp2048, esn: true });
      expect(read).toMatchObject({ mode: 'transport', udp, group: modp2048 });
      expect(choice).toMatchObject({ mode: 'transport', udp, group: modp2048 });
    }
  });
  test('on ESP and AH together', () => {
    const policy = policyV1({ proposals: [esp], ah: [ah] });
    const { choice, read } = agree(policy, policy, { group: modp2048 });
    expect(choice?.answer(0x5eed0001, undefined).proposals.map(({ protocol, transforms }) => [protocol, transforms.length])).toEqual([
      ['ESP', 1],
      ['AH', 1],
    ]);
    for (const [chosen, spiOut] of [
      [choice, 0xc0ffee01],
      [read, 0x5eed0001],
    ] as const) {
      expect(chosen).toMatchObject({ suite: { protocol: 'ESP', encryption: aes256Gcm16 }, spiOut, group: modp2048 });
      expect(chosen?.ah).toEqual({ suite: { protocol: 'AH', integrity: hmacSha512_256, keyExchange: modp2048, esn: false }, spiOut });
    }
    expect(agree(policy, policyV1({ proposals: [esp] }), { group: modp2048 }).choice).toBeUndefined();
    expect(agree(policyV1({ proposals: [esp] }), policy, { group: modp2048 }).choice).toBeUndefined();
  });
  test('on AH alone', () => {
    const policy = policyV1({ proposals: [ah] });
    expect(agree(policy, policy).read?.suite).toEqual({ protocol: 'AH', integrity: hmacSha512_256, esn: false });
  });
  test('on IPComp where both have it, and without it where one has not', () => {
    const policy = policyV1({ ipcomp: true });
    const both = agree(policy, policy, { cpi: 0x1234 });
    expect(both.choice).toMatchObject({ cpiOut: 0x1234 });
    expect(both.choice?.answer(1, 0x4321).proposals[1]).toMatchObject({ protocol: 'IPCOMP', spi: Uint8Array.of(0x43, 0x21) });
    expect(both.read).toMatchObject({ cpiOut: 0x4321 });
    const one = agree(policy, policyV1(), { cpi: 0x1234 });
    expect(one.choice?.answer(1, undefined).proposals).toMatchObject([{ proposalNum: 2, protocol: 'ESP' }]);
    expect(one.read).toMatchObject({ cpiOut: undefined });
    expect(agree(policyV1(), policy).read).toMatchObject({ cpiOut: undefined });
  });
  test('on tunnel mode where transport mode is not insisted on', () => {
    const tunnel = policyV1();
    expect(agree(tunnel, policyV1({ mode: 'transport' })).choice).toBeUndefined();
    expect(agree(tunnel, policyV1({ mode: 'transport', requireMode: false })).choice?.mode).toBe('tunnel');
    expect(agree(policyV1({ mode: 'transport' }), tunnel).choice).toBeUndefined();
  });
  test('on nothing where one insists on PFS, on ESN, or on other algorithms', () => {
    const without = policyV1({ proposals: [{ ...esp, keyExchange: [] }] });
    expect(agree(without, policyV1({ proposals: [esp] })).choice).toBeUndefined();
    expect(agree(policyV1({ proposals: [esp] }), without, { group: modp2048 }).choice).toBeUndefined();
    expect(agree(policyV1(), policyV1({ proposals: [{ ...esp, keyExchange: [], esn: [true] }] })).choice).toBeUndefined();
    expect(
      agree(policyV1(), policyV1({ proposals: [{ ...esp, keyExchange: [], encryption: [aes256Cbc], integrity: [hmacSha1_96] }] })).choice,
    ).toBeUndefined();
  });
});

describe('RFC 2407 section 4.5.4: lifetimes', () => {
  const lives = (offered: ChildPolicy['hardLifetime'], own: ChildPolicy['hardLifetime']) => {
    const { choice, read } = agree(policyV1({ hardLifetime: offered }), policyV1({ hardLifetime: own }));
    return { ...must(choice).lifetimes, initiator: must(read).lifetimes };
  };
  test('the shorter counts, and the initiator is told of it', () => {
    expect(lives({ seconds: 3600 }, { seconds: 3600 })).toMatchObject({
      effective: undefined,
      tell: [],
      initiator: { effective: undefined, tell: [] },
    });
    expect(lives({ seconds: 600 }, { seconds: 3600 })).toMatchObject({
      offered: [{ type: 'seconds', duration: 600 }],
      effective: { seconds: 600 },
      tell: [],
    });
    expect(lives({ seconds: 3600 }, { seconds: 600 })).toMatchObject({ effective: undefined, tell: [{ type: 'seconds', duration: 600 }] });
    expect(lives({ seconds: 3600, octets: 5_000_000 }, { seconds: 600, octets: 9_000_000, packets: 77 })).toMatchObject({
      effective: { seconds: 600, octets: 5_000_000, packets: 77 },
      tell: [{ type: 'seconds', duration: 600 }],
    });
    expect(lives({ seconds: 600 }, { seconds: 600, octets: 9_000_000 })).toMatchObject({
      effective: undefined,
      tell: [{ type: 'kilobytes', duration: 9000 }],
    });
  });
  test('of an offer that says nothing is 8 hours, for both', () => {
    expect(lives(undefined, undefined)).toMatchObject({
      effective: { seconds: 28_800 },
      tell: [],
      initiator: { effective: { seconds: 28_800 } },
    });
    expect(lives(undefined, { seconds: 3600 })).toMatchObject({ effective: undefined, tell: [{ type: 'seconds', duration: 3600 }] });
    expect(lives({ octets: 1_000_000 }, { seconds: 90_000 })).toMatchObject({ effective: { seconds: 28_800, octets: 1_000_000 } });
  });
  test('that is not a whole number on our side is no shorter on the other', () => {
    expect(lives({ seconds: 600.7, octets: 1_000_999 }, { seconds: 600.7, octets: 1_000_999 })).toMatchObject({
      effective: undefined,
      tell: [],
    });
  });
});
