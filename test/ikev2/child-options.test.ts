/** IPComp, padding, fragments and key exchange of a Child SA, from both ends: RFC 7296 sections 1.3, 1.3.1, 2.8, 2.17 and 2.22. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { createNotify, encodeNotifyData, type Payload } from '../../src/ike.js';
import { acceptChild, completeChild, installChild, offerChild } from '../../src/ikev2/child.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import { wipeSecrets } from '../../src/ikev2/events.js';
import { findNotifies, findNotify, findPayload, payloadOf } from '../../src/ikev2/pick.js';
import type { ChildProposal } from '../../src/ikev2/proposal.js';
import type { ChildSa } from '../../src/ikev2/states.js';
import { aes128Gcm16, aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519, ecp256 } from '../../src/suite/dh.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hmacSha256_128, hmacSha384_192 } from '../../src/suite/integ.js';
import type { KeyExchange } from '../../src/suite/types-ike.js';
import { connectionOf, contextOf, envOf, gcm, mirrored, policyOf } from './child-fixtures.js';
import { hexKeys, negotiate, Ni, Nr, transport } from './child-negotiate.js';

const exchange = 'CREATE_CHILD_SA';
const refusing = (code: string): object => expect.objectContaining({ code }) as object;

describe('both ends have the same Child SA', () => {
  const cbc: ChildProposal = { protocol: 'ESP', encryption: [aes128Cbc], integrity: [hmacSha256_128], keyExchange: [], esn: [true, false] };
  const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [ecp256], esn: [true] };
  test.each([
    ['ESP, combined mode', [gcm], 'ESP', [36, 0]],
    ['ESP, encryption and integrity, ESN', [cbc], 'ESP', [16, 32]],
    ['AH with PFS', [ah], 'AH', [0, 32]],
    ['AH where ESP is not wanted', [ah, gcm], 'AH', [0, 32]],
  ] as const)('%s', (_, proposals, protocol, lengths) => {
    const { accepted, completed, request } = negotiate(policyOf({ proposals }), mirrored(policyOf({ proposals: proposals.slice(0, 1) })));
    const { child } = completed;
    expect(child.suite).toMatchObject({ protocol });
    expect([child.spiIn, child.spiOut]).toEqual([accepted.child.spiOut, accepted.child.spiIn]);
    expect([child.local, child.remote]).toEqual([accepted.child.remote, accepted.child.local]);
    expect(hexKeys(completed.keys)).toEqual([...hexKeys(accepted.keys).slice(2), ...hexKeys(accepted.keys).slice(0, 2)]);
    expect([completed.keys.inbound.encryption!.length, completed.keys.inbound.integrity!.length]).toEqual(lengths);
    expect(toHex(completed.keys.inbound.integrity!) + toHex(completed.keys.inbound.encryption!)).not.toBe(
      toHex(completed.keys.outbound.integrity!) + toHex(completed.keys.outbound.encryption!),
    );
    // One SPI for every protocol that is offered.
    expect(new Set(payloadOf(request, 'SA').proposals.map(({ spi }) => toHex(spi)))).toEqual(new Set(['00001000']));
  });

  test('the order of the payloads is that of appendix C.4', () => {
    const proposals = [{ ...gcm, keyExchange: [curve25519] }];
    const policy = { ...transport, proposals, ipcomp: true, tfcPadding: false, nonFirstFragments: true };
    const { request, accepted } = negotiate(policy);
    const names = (payloads: readonly Payload[]): unknown[] => payloads.map((p) => (p.type === 'N' ? p.notify : p.type));
    const expected = [
      'IPCOMP_SUPPORTED',
      'USE_TRANSPORT_MODE',
      'ESP_TFC_PADDING_NOT_SUPPORTED',
      'NON_FIRST_FRAGMENTS_ALSO',
      'SA',
      'Nonce',
      'KE',
      'TSi',
      'TSr',
    ];
    expect(names(request)).toEqual(expected);
    expect(names(accepted.payloads)).toEqual(expected);
  });

  test('RFC 7296 section 1.2: IKE_AUTH has neither Nonce nor KE, and its SA payload no group', () => {
    const policy = policyOf({ proposals: [{ ...gcm, keyExchange: [curve25519] }] });
    const context = contextOf(connectionOf([policy]));
    const { offer, payloads } = offerChild(context, policy, envOf(), { exchange: 'IKE_AUTH', Ni });
    const accepted = acceptChild(contextOf(connectionOf([mirrored(policy)])), payloads, envOf(), { exchange: 'IKE_AUTH', Ni, Nr });
    if ('invalidKe' in accepted) throw new Error('no group');
    for (const list of [payloads, accepted.payloads]) {
      expect(list.map(({ type }) => type)).toEqual(['SA', 'TSi', 'TSr']);
      expect(payloadOf(list, 'SA').proposals[0]!.transforms.some(({ type }) => type === 'KE')).toBe(false);
    }
    const completed = completeChild(context, offer, accepted.payloads, envOf(), { exchange: 'IKE_AUTH', Nr });
    expect(completed.child.suite.keyExchange).toBeUndefined();
    expect(hexKeys(completed.keys)[0]).toBe(hexKeys(accepted.keys)[2]);
  });
});

describe('RFC 7296 section 2.22', () => {
  const ipcomp = policyOf({ ipcomp: true });
  const deflate = (cpi: number, transform: string | number = 'IPCOMP_DEFLATE'): Payload =>
    createNotify('IPCOMP_SUPPORTED', encodeNotifyData('IPCOMP_SUPPORTED', { cpi, transform, attributes: new Uint8Array(0) }));

  test('proposed and accepted: each end has its own CPI', () => {
    const { accepted, completed } = negotiate(ipcomp);
    expect(completed.child.ipcomp).toEqual({ cpiIn: 300, cpiOut: 300 });
    expect(accepted.child.ipcomp).toEqual({ cpiIn: 300, cpiOut: 300 });
    expect(completed.actions).toEqual([]);
  });

  test('not accepted: the CPI is given back', () => {
    const { accepted, completed } = negotiate(ipcomp, mirrored(policyOf()));
    expect([accepted.child.ipcomp, completed.child.ipcomp]).toEqual([undefined, undefined]);
    expect(completed.actions).toEqual([{ type: 'releaseCpi', cpi: 300 }]);
  });

  test('not proposed: not accepted', () => {
    const { accepted } = negotiate(policyOf(), mirrored(ipcomp));
    expect(accepted.child.ipcomp).toBeUndefined();
    expect(findNotify(accepted.payloads, 'IPCOMP_SUPPORTED')).toBeUndefined();
  });

  test('of several algorithms that which we have; none with a CPI that is not for negotiation', () => {
    const { payloads } = offerChild(contextOf(connectionOf([policyOf()])), policyOf(), envOf(), { exchange, Ni });
    const context = contextOf(connectionOf([mirrored(ipcomp)]));
    const take = (...more: Payload[]): ChildSa['ipcomp'] => {
      const accepted = acceptChild(context, [...more, ...payloads], envOf(), { exchange, Ni, Nr });
      if ('invalidKe' in accepted) throw new Error('no group');
      expect(findNotifies(accepted.payloads, 'IPCOMP_SUPPORTED').length).toBe(accepted.child.ipcomp ? 1 : 0);
      return accepted.child.ipcomp;
    };
    expect(take(deflate(700, 'IPCOMP_LZS'), deflate(701), deflate(702))).toEqual({ cpiIn: 300, cpiOut: 701 });
    expect(take(deflate(700, 'IPCOMP_LZS'))).toBeUndefined();
    expect(take(deflate(2))).toBeUndefined();
  });

  test.each([
    ['more than one', ipcomp, [deflate(400), deflate(401)]],
    ['one that was not proposed', ipcomp, [deflate(400, 'IPCOMP_LZS')]],
    ['one where none was proposed', policyOf(), [deflate(400)]],
  ])('"MUST NOT accept" %s', (_, policy, more) => {
    const answer = (payloads: readonly Payload[]): readonly Payload[] => [
      ...more,
      ...payloads.filter((p) => p.type !== 'N' || p.notify !== 'IPCOMP_SUPPORTED'),
    ];
    expect(() => negotiate(policy, undefined, { answer })).toThrow(refusing('peer-refused'));
  });

  test('without a CPI left there is a Child SA without IPComp', () => {
    const allocateCpi = (): number => {
      throw new IpsecError('spi-exhausted', 'a CPI');
    };
    const { offer, payloads } = offerChild(contextOf(connectionOf([ipcomp])), ipcomp, envOf({ allocateCpi }), { exchange, Ni });
    expect([offer.cpi, findNotify(payloads, 'IPCOMP_SUPPORTED')]).toEqual([undefined, undefined]);
    const asked = offerChild(contextOf(connectionOf([ipcomp])), ipcomp, envOf(), { exchange, Ni }).payloads;
    const accepted = acceptChild(contextOf(connectionOf([mirrored(ipcomp)])), asked, envOf({ allocateCpi }), { exchange, Ni, Nr });
    expect('child' in accepted && [accepted.child.ipcomp, findNotify(accepted.payloads, 'IPCOMP_SUPPORTED')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('RFC 7296 section 1.3.1: padding and fragments', () => {
  test.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('ESP_TFC_PADDING_NOT_SUPPORTED: the initiator takes it %s, the responder %s', (i, r) => {
    const { accepted, completed } = negotiate(policyOf({ tfcPadding: i }), mirrored(policyOf({ tfcPadding: r })));
    expect([accepted.child.peerTakesTfc, completed.child.peerTakesTfc]).toEqual([i, r]);
  });

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, false],
  ])('NON_FIRST_FRAGMENTS_ALSO: the initiator %s, the responder %s: %s', (i, r, both) => {
    const { accepted, completed } = negotiate(policyOf({ nonFirstFragments: i }), mirrored(policyOf({ nonFirstFragments: r })));
    expect([accepted.child.nonFirstFragments, completed.child.nonFirstFragments]).toEqual([both, both]);
    expect(findNotify(accepted.payloads, 'NON_FIRST_FRAGMENTS_ALSO') !== undefined).toBe(both);
  });
});

describe('RFC 7296 section 1.3: key exchange', () => {
  const pfs = (...keyExchange: ChildProposal['keyExchange']): ChildPolicy => policyOf({ proposals: [{ ...gcm, keyExchange }] });

  test('the first group goes into KE', () => {
    const { request, accepted, completed, offer } = negotiate(pfs(curve25519, ecp256));
    expect(payloadOf(request, 'KE')).toMatchObject({ method: 31 });
    expect(payloadOf(accepted.payloads, 'KE')).toMatchObject({ method: 31 });
    expect(offer.groupsTried).toEqual([31]);
    expect(hexKeys(completed.keys)[0]).not.toBe(hexKeys(negotiate(policyOf()).completed.keys)[0]);
    // The private value is wiped once it is of no use.
    const exchange = offer.keyExchange!.exchange;
    expect(completed.actions).toEqual([{ type: 'wipe', secrets: [exchange] }]);
    for (const action of completed.actions) if (action.type === 'wipe') wipeSecrets(action.secrets);
    expect(exchange.secrets.every((secret) => secret.every((octet) => octet === 0))).toBe(true);
  });

  test('another group than that of KEi: INVALID_KE_PAYLOAD, and nothing is reserved', () => {
    const policy = pfs(curve25519, ecp256);
    const env = envOf();
    const { payloads } = offerChild(contextOf(connectionOf([policy])), policy, envOf(), { exchange, Ni });
    const responder = contextOf(connectionOf([mirrored(pfs(ecp256, curve25519))]));
    expect(acceptChild(responder, payloads, env, { exchange, Ni, Nr })).toEqual({ invalidKe: 19 });
    expect(env.allocateSpi()).toBe(0x1000);
    const again = offerChild(contextOf(connectionOf([policy])), policy, envOf(), { exchange, Ni, group: 19, groupsTried: [31] });
    expect(again.offer.groupsTried).toEqual([31, 19]);
    const accepted = acceptChild(responder, again.payloads, env, { exchange, Ni, Nr });
    expect('child' in accepted && accepted.child.suite.keyExchange?.id).toBe(19);
  });

  test('a group chosen, but no KE at all: INVALID_KE_PAYLOAD', () => {
    const { payloads } = offerChild(contextOf(connectionOf([policyOf()])), pfs('none', ecp256), envOf(), { exchange, Ni });
    expect(findPayload(payloads, 'KE')).toBeUndefined();
    expect(acceptChild(contextOf(connectionOf([mirrored(pfs(ecp256))])), payloads, envOf(), { exchange, Ni, Nr })).toEqual({
      invalidKe: 19,
    });
  });

  test('NONE chosen: KEi is of no use, and there is no KEr', () => {
    const { accepted, completed } = negotiate(pfs(curve25519, 'none'), mirrored(policyOf()));
    expect(findPayload(accepted.payloads, 'KE')).toBeUndefined();
    expect(completed.child.suite.keyExchange).toBeUndefined();
    expect(hexKeys(completed.keys)[0]).toBe(hexKeys(negotiate(policyOf()).completed.keys)[0]);
    expect(completed.actions).toMatchObject([{ type: 'wipe' }]);
  });

  test('PFS that one end does not have: NO_PROPOSAL_CHOSEN says why', () => {
    expect(() => negotiate(pfs(curve25519), mirrored(policyOf()))).toThrow(
      expect.objectContaining({ code: 'no-proposal-chosen', message: expect.stringContaining('Curve25519') as string }),
    );
  });

  test.each([
    ['no KE payload', (p: Payload): Payload[] => (p.type === 'KE' ? [] : [p])],
    ['a KE payload of another group', (p: Payload): Payload[] => (p.type === 'KE' ? [{ ...p, method: 19 }] : [p])],
    ['a public value that is none', (p: Payload): Payload[] => (p.type === 'KE' ? [{ ...p, data: new Uint8Array(32) }] : [p])],
    [
      'an algorithm that was not offered',
      (p: Payload): Payload[] => (p.type === 'SA' ? [{ ...p, proposals: withCipher(p.proposals) }] : [p]),
    ],
  ])('an answer with %s', (_, change) => {
    expect(() => negotiate(pfs(curve25519), undefined, { answer: (payloads) => payloads.flatMap(change) })).toThrow(
      expect.objectContaining({ name: 'IpsecError' }),
    );
  });
  const withCipher = (proposals: Extract<Payload, { type: 'SA' }>['proposals']): typeof proposals =>
    proposals.map((proposal) => ({
      ...proposal,
      transforms: proposal.transforms.map((t) =>
        t.type === 'ENCR' ? { ...t, attributes: [{ type: 'Key Length' as const, value: 128 }] } : t,
      ),
    }));

  test('a public value of the peer that is none reserves nothing', () => {
    const { payloads } = offerChild(contextOf(connectionOf([policyOf()])), pfs(curve25519), envOf(), { exchange, Ni });
    const bad = payloads.map((p): Payload => (p.type === 'KE' ? { ...p, data: new Uint8Array(32) } : p));
    const made: KeyExchange[] = [];
    const watched = {
      ...curve25519,
      generate: (random: Parameters<typeof curve25519.generate>[0]) => {
        const exchange = curve25519.generate(random);
        made.push(exchange);
        return exchange;
      },
    };
    const env = envOf();
    expect(() => acceptChild(contextOf(connectionOf([mirrored(pfs(watched))])), bad, env, { exchange, Ni, Nr })).toThrow(
      refusing('invalid-public-value'),
    );
    expect(env.allocateSpi()).toBe(0x1000);
    expect(made.flatMap(({ secrets }) => secrets).every((secret) => secret.every((octet) => octet === 0))).toBe(true);
  });
});

describe('RFC 7296 section 2.8: "the new Child SA SHOULD NOT have different Traffic Selectors and algorithms than the old one"', () => {
  const wide = policyOf({
    proposals: [{ ...gcm, encryption: [aes256Gcm16, aes128Gcm16], keyExchange: [ecp256, curve25519], esn: [true, false] }],
  });
  const { completed, accepted } = negotiate(
    wide,
    mirrored(policyOf({ proposals: [{ ...gcm, encryption: [aes128Gcm16], keyExchange: [ecp256] }] })),
  );

  test('the initiator offers what is in use, and the groups of its policy, the one in use first', () => {
    const child = { ...completed.child, suite: { ...completed.child.suite, keyExchange: curve25519 } };
    const { payloads } = offerChild(contextOf(connectionOf([wide])), wide, envOf(), { exchange, Ni, replaces: child });
    const [proposal, ...others] = payloadOf(payloads, 'SA').proposals;
    expect(others).toEqual([]);
    expect(proposal!.transforms.map(({ type, id, attributes }) => [type, id, attributes[0]?.value])).toEqual([
      ['ENCR', 20, 128],
      ['KE', 19, undefined],
      ['KE', 31, undefined],
      ['ESN', 0, undefined],
    ]);
    expect(payloadOf(payloads, 'KE').method).toBe(31);
  });

  test('the responder prefers what is in use to its own order', () => {
    const both: ChildProposal = { ...gcm, encryption: [aes256Gcm16, aes128Gcm16], keyExchange: ['none'] };
    const child = { ...accepted.child, policy: mirrored(policyOf({ proposals: [both] })) };
    const suite = { protocol: 'ESP', encryption: aes128Gcm16, esn: false } as const;
    const { payloads } = offerChild(contextOf(connectionOf([policyOf()])), policyOf({ proposals: [both] }), envOf(), { exchange, Ni });
    const again = acceptChild(contextOf(connectionOf([])), payloads, envOf(), { exchange, Ni, Nr, replaces: { ...child, suite } });
    expect('child' in again && again.child.suite.encryption).toBe(aes128Gcm16);
  });

  test('of several ciphers with integrity the pair in use', () => {
    const cbc: ChildProposal = { ...gcm, encryption: [aes128Cbc], integrity: [hmacSha384_192, hmacSha256_128] };
    const both = policyOf({ proposals: [{ ...cbc, integrity: [hmacSha384_192] }, cbc] });
    const first = negotiate(both, mirrored(policyOf({ proposals: [{ ...cbc, integrity: [hmacSha256_128] }] })));
    const { offer } = offerChild(contextOf(connectionOf([both])), both, envOf(), { exchange, Ni, replaces: first.completed.child });
    expect(offer.proposals).toEqual([{ ...cbc, integrity: [hmacSha256_128] }]);
  });

  test('a policy that no longer has them offers what it has', () => {
    const other = policyOf({ proposals: [gcm] });
    const { offer } = offerChild(contextOf(connectionOf([other])), other, envOf(), { exchange, Ni, replaces: completed.child });
    expect(offer.proposals).toBe(other.proposals);
  });
});

test('installChild gives the keys away and then wipes them', () => {
  const { completed } = negotiate(policyOf());
  const context = contextOf(connectionOf([]));
  const [install, wipe] = installChild(context, completed, 'now', 7);
  expect(install).toMatchObject({ type: 'installChild', child: completed.child, send: 'now', replaces: 7, path: context.path });
  expect(wipe).toMatchObject({ type: 'wipe' });
  if (wipe?.type === 'wipe') wipeSecrets(wipe.secrets);
  expect(hexKeys(completed.keys).join('')).toMatch(/^0+$/);
});

test('a connection without Child SAs grants none', () => {
  const { payloads } = offerChild(contextOf(connectionOf([])), policyOf(), envOf(), { exchange, Ni });
  expect(() => acceptChild(contextOf(connectionOf([])), payloads, envOf(), { exchange, Ni, Nr })).toThrow(refusing('no-additional-sas'));
});
