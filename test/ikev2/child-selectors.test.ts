/** Traffic selectors of a Child SA, from both ends: RFC 7296 sections 2.9, 2.9.1, 2.9.2 and 2.19; RFC 4301 section 4.4.3. */
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../src/ike.js';
import { acceptChild, type AcceptedChild, type ChildContext, completeChild, offerChild } from '../../src/ikev2/child.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import { findNotify, payloadOf } from '../../src/ikev2/pick.js';
import { parseAddress } from '../../src/ip.js';
import { ANY, formatTrafficSelector, type TrafficSelector } from '../../src/traffic-selector.js';
import { connectionOf, contextOf, envOf, policyOf, ts } from './child-fixtures.js';

const Ni = new Uint8Array(32).fill(1);
const Nr = new Uint8Array(32).fill(2);
const exchange = 'CREATE_CHILD_SA';
const text = (selectors: readonly unknown[]): string[] => selectors.map((s) => formatTrafficSelector(s as TrafficSelector));

/** A request with these selectors: the peer's end, ours. */
function request(TSi: readonly TrafficSelector[], TSr: readonly TrafficSelector[], policy = policyOf()): Payload[] {
  const { payloads } = offerChild(contextOf(connectionOf([policy])), policy, envOf({ spi: 0xc001 }), { exchange, Ni });
  return payloads.map((p): Payload =>
    p.type === 'TSi' || p.type === 'TSr' ? { type: p.type, selectors: p.type === 'TSi' ? TSi : TSr } : p,
  );
}

function grant(children: readonly ChildPolicy[], payloads: readonly Payload[], changes: Partial<ChildContext> = {}): AcceptedChild {
  const accepted = acceptChild(contextOf(connectionOf(children), changes), payloads, envOf(), { exchange, Ni, Nr });
  if ('invalidKe' in accepted) throw new Error('no group');
  return accepted;
}

const answered = ({ payloads }: AcceptedChild): string[][] => [
  text(payloadOf(payloads, 'TSi').selectors),
  text(payloadOf(payloads, 'TSr').selectors),
];
const policy = (local: string[], remote: string[], changes: Partial<ChildPolicy> = {}): ChildPolicy =>
  policyOf({ local: ts(...local), remote: ts(...remote), ...changes });

describe('RFC 7296 section 2.9, the responder', () => {
  test('nothing acceptable: TS_UNACCEPTABLE, with both lists and the first difference', () => {
    expect(() => grant([policy(['192.0.2.0/24'], ['198.51.100.0/24'])], request(ts('198.51.100.0/24'), ts('203.0.113.0/24')))).toThrow(
      expect.objectContaining({
        code: 'ts-unacceptable',
        message:
          'the traffic selectors of a Child SA: local addresses: 203.0.113.0/24 is not within 192.0.2.0/24, they share nothing: ' +
          'expected 192.0.2.0/24 <-> 198.51.100.0/24, found 203.0.113.0/24 <-> 198.51.100.0/24',
      }),
    );
  });

  test('all of it acceptable: the same TSi and TSr, in their order', () => {
    const TSi = ts('198.51.100.43 tcp 1234', '198.51.100.0/24');
    const TSr = ts('192.0.2.9 tcp 80', '192.0.2.0/24');
    const accepted = grant([policy(['192.0.0.0/16'], ['198.51.0.0/16'])], request(TSi, TSr));
    expect(answered(accepted)).toEqual([text(TSi), text(TSr)]);
    expect(accepted.child).toMatchObject({ local: TSr, remote: TSi });
    expect(findNotify(accepted.payloads, 'ADDITIONAL_TS_POSSIBLE')).toBeUndefined();
  });

  test('the first selectors acceptable: a subset that includes them', () => {
    // The example of the section, with a responder that takes one address of the initiator.
    const payloads = request(ts('198.51.100.43 udp 53', '198.51.100.0/24'), ts('192.0.2.0/24'));
    expect(answered(grant([policy(['192.0.2.0/24'], ['198.51.100.43'])], payloads))).toEqual([
      ['198.51.100.43 udp 53', '198.51.100.43'],
      ['192.0.2.0/24'],
    ]);
  });

  test('a policy that includes the first selectors comes before one that does not', () => {
    const payloads = request(ts('198.51.100.43 udp 53', '198.51.100.0/24'), ts('192.0.2.0/24'));
    const children = [
      policy(['192.0.2.0/24'], ['198.51.100.128/25'], { name: 'upper' }),
      policy(['192.0.2.0/24'], ['198.51.100.0/25'], { name: 'lower' }),
    ];
    const accepted = grant(children, payloads);
    expect(accepted.child.policy.name).toBe('lower');
    // "other Traffic Selectors would also have been acceptable, though only in a separate SA"
    expect(accepted.payloads.at(-1)).toMatchObject({ type: 'N', notify: 'ADDITIONAL_TS_POSSIBLE', data: new Uint8Array(0) });
  });

  test('the first selectors not acceptable: an acceptable subset of the rest', () => {
    const payloads = request(ts('203.0.113.1 tcp 22', '198.51.100.0/24'), ts('192.0.2.0/24'));
    expect(answered(grant([policy(['192.0.2.0/25'], ['198.51.100.0/25'])], payloads))).toEqual([['198.51.100.0/25'], ['192.0.2.0/25']]);
  });

  test('the first of several policies, in order', () => {
    const children = [policy(['192.0.2.0/25'], ['0.0.0.0/0'], { name: 'one' }), policy(['192.0.2.128/25'], ['0.0.0.0/0'], { name: 'two' })];
    const accepted = grant(children, request(ts('198.51.100.0/24'), ts('192.0.2.0/24')));
    expect(accepted.child.policy.name).toBe('one');
    expect(answered(accepted)).toEqual([['198.51.100.0/24'], ['192.0.2.0/25']]);
    expect(findNotify(accepted.payloads, 'ADDITIONAL_TS_POSSIBLE')).toBeDefined();
    expect(grant(children, request(ts('198.51.100.0/24'), ts('192.0.2.200'))).child.policy.name).toBe('two');
  });

  test('selectors of a type that is not known are ignored, and not returned', () => {
    const unknown = { tsType: 241, octets: Uint8Array.of(241, 0, 0, 8, 1, 2, 3, 4) } as unknown as TrafficSelector;
    const accepted = grant([policyOf()], request([unknown, ...ts('10.2.0.0/16')], [...ts('10.1.0.0/16'), unknown]));
    expect(answered(accepted)).toEqual([['10.2.0.0/16'], ['10.1.0.0/16']]);
    expect(() => grant([policyOf()], request([unknown], ts('10.1.0.0/16')))).toThrow(expect.objectContaining({ code: 'ts-unacceptable' }));
  });

  test('what no packet fits is nothing: two IP versions, two protocols', () => {
    const both = policy(['10.0.0.0/8', '2001:db8::/32'], ['10.0.0.0/8', '2001:db8::/32']);
    expect(() => grant([both], request(ts('10.2.0.0/16'), ts('2001:db8:1::/48')))).toThrow(
      expect.objectContaining({ code: 'ts-unacceptable' }),
    );
    expect(() => grant([both], request(ts('10.2.0.0/16 tcp'), ts('10.1.0.0/16 udp')))).toThrow(
      expect.objectContaining({ code: 'ts-unacceptable' }),
    );
    const accepted = grant([both], request(ts('10.2.0.0/16', '2001:db8:2::/48'), ts('10.1.0.0/16')));
    expect(answered(accepted)).toEqual([['10.2.0.0/16'], ['10.1.0.0/16']]);
    const turned = grant([both], request(ts('10.2.0.0/16'), ts('10.1.0.0/16', '2001:db8:1::/48')));
    expect(answered(turned)).toEqual([['10.2.0.0/16'], ['10.1.0.0/16']]);
  });

  test('more selectors than a payload can hold are cut', () => {
    const many = Array.from({ length: 200 }, (_, i) => ts(`10.2.0.0/16 tcp ${i + 1}-${i + 1000}`)).flat();
    const accepted = grant([policy(['10.1.0.0/16'], ['10.2.0.0/17', '10.2.128.0/17'])], request(many, ts('10.1.0.0/16')));
    expect(payloadOf(accepted.payloads, 'TSi').selectors.length).toBe(255);
  });

  test('a policy of pairs: narrowed to the first pair, or SINGLE_PAIR_REQUIRED', () => {
    const pairs = policyOf({ singlePair: true });
    const accepted = grant([pairs], request(ts('10.2.0.7 tcp 443', '10.2.0.0/16'), ts('10.1.0.9 tcp 5000', '10.1.0.0/16')));
    expect(answered(accepted)).toEqual([
      ['10.2.0.7 tcp 443', '10.2.0.7'],
      ['10.1.0.9 tcp 5000', '10.1.0.9'],
    ]);
    expect(findNotify(accepted.payloads, 'ADDITIONAL_TS_POSSIBLE')).toBeDefined();
    expect(() => grant([pairs], request(ts('10.2.0.0/16'), ts('10.1.0.9')))).toThrow(
      expect.objectContaining({ code: 'single-pair-required', found: '10.1.0.9 <-> 10.2.0.0/16' }),
    );
  });
});

describe('RFC 4301 section 4.4.3: what the peer may claim', () => {
  const peer = (...ranges: string[]) => ({
    ...connectionOf([]).peer,
    child: { lookup: 'id' as const, addresses: ts(...ranges).map(({ addresses }) => addresses) },
  });
  const wide = policy(['10.1.0.0/16'], ['0.0.0.0/0']);

  test('the responder narrows to it', () => {
    const connection = connectionOf([wide], { peer: peer('10.2.1.0/24') });
    const accepted = acceptChild(contextOf(connection), request(ts('10.2.0.0/16'), ts('10.1.0.0/16')), envOf(), { exchange, Ni, Nr });
    expect('payloads' in accepted && answered(accepted)).toEqual([['10.2.1.0/24'], ['10.1.0.0/16']]);
    expect(() => acceptChild(contextOf(connection), request(ts('10.9.0.0/16'), ts('10.1.0.0/16')), envOf(), { exchange, Ni, Nr })).toThrow(
      expect.objectContaining({
        code: 'ts-unacceptable',
        message: expect.stringContaining('is not among the addresses it may claim') as string,
      }),
    );
  });

  test('the initiator offers no more than that, whether it knows the peer already or not', () => {
    const connection = connectionOf([wide], { peer: peer('10.2.1.0/24', '10.2.3.0/24') });
    for (const peerId of [undefined, contextOf(connection).peerId]) {
      const { offer } = offerChild(contextOf(connection, { peerId }), wide, envOf(), { exchange, Ni });
      expect(text(offer.remote)).toEqual(['10.2.1.0/24', '10.2.3.0/24']);
    }
  });

  test('another identity than the entry speaks of has nothing to claim', () => {
    const connection = connectionOf([wide], { peer: { ...peer('0.0.0.0/0'), id: { type: 'ID_FQDN', name: 'somebody.example' } } });
    expect(() => acceptChild(contextOf(connection), request(ts('10.2.0.0/16'), ts('10.1.0.0/16')), envOf(), { exchange, Ni, Nr })).toThrow(
      expect.objectContaining({ code: 'ts-unacceptable', message: expect.stringContaining('is not among the identities') as string }),
    );
  });
});

describe('RFC 7296 section 2.9, the initiator', () => {
  const context = contextOf(connectionOf([policyOf()]));
  const answer = (TSi: readonly TrafficSelector[], TSr: readonly TrafficSelector[]) => {
    const { offer, payloads } = offerChild(context, policyOf(), envOf(), { exchange, Ni });
    const accepted = grant([policyOf({ local: policyOf().remote, remote: policyOf().local })], payloads);
    const other = accepted.payloads.map((p): Payload =>
      p.type === 'TSi' ? { ...p, selectors: TSi } : p.type === 'TSr' ? { ...p, selectors: TSr } : p,
    );
    return completeChild(context, offer, other, envOf(), { exchange, Nr }).child;
  };

  test('the selectors of the packet come first, those of the policy behind', () => {
    const first = [ts('10.1.0.43 tcp 1234')[0]!, ts('10.2.0.9 tcp 80')[0]!] as const;
    const { offer, payloads } = offerChild(context, policyOf(), envOf(), { exchange, Ni, first });
    expect(text(payloadOf(payloads, 'TSi').selectors)).toEqual(['10.1.0.43 tcp 1234', '10.1.0.0/16']);
    expect(text(payloadOf(payloads, 'TSr').selectors)).toEqual(['10.2.0.9 tcp 80', '10.2.0.0/16']);
    expect(text(offer.local)).toEqual(['10.1.0.43 tcp 1234', '10.1.0.0/16']);
  });

  test('section 2.9.1: selectors of a packet that the policy is not for are not proposed', () => {
    const first = [ts('10.9.0.43')[0]!, ts('10.2.0.9')[0]!] as const;
    expect(text(offerChild(context, policyOf(), envOf(), { exchange, Ni, first }).offer.local)).toEqual(['10.1.0.0/16']);
  });

  test('a policy of pairs offers the pair of the packet, and nothing without one', () => {
    const pairs = policyOf({ singlePair: true });
    const first = [ts('10.1.0.43 tcp 1234')[0]!, ts('10.2.0.9 tcp 80')[0]!] as const;
    const { offer } = offerChild(context, pairs, envOf(), { exchange, Ni, first });
    expect([text(offer.local), text(offer.remote)]).toEqual([
      ['10.1.0.43 tcp 1234', '10.1.0.43'],
      ['10.2.0.9 tcp 80', '10.2.0.9'],
    ]);
    const env = envOf();
    expect(() => offerChild(context, pairs, env, { exchange, Ni })).toThrow(expect.objectContaining({ code: 'single-pair-required' }));
    expect(env.allocateSpi()).toBe(0x1000); // nothing was reserved
    const one = policy(['10.1.0.43'], ['10.2.0.9'], { singlePair: true });
    expect(text(offerChild(context, one, envOf(), { exchange, Ni }).offer.local)).toEqual(['10.1.0.43']);
  });

  test('takes any subset of the offer', () => {
    expect(answer(ts('10.1.7.0/24'), ts('10.2.0.0/17', '10.2.200.1 udp'))).toMatchObject({
      local: ts('10.1.7.0/24'),
      remote: ts('10.2.0.0/17', '10.2.200.1 udp'),
    });
  });

  test.each([
    ['more at our end', ts('10.0.0.0/8'), ts('10.2.0.0/16')],
    ["more at the peer's end", ts('10.1.0.0/16'), ts('10.2.0.0/16', '192.0.2.1')],
    ['nothing', [], ts('10.2.0.0/16')],
    ['nothing that fits together', ts('10.1.0.0/16 tcp'), ts('10.2.0.0/16 udp')],
  ])('takes no %s', (_, TSi, TSr) => {
    expect(() => answer(TSi, TSr)).toThrow(expect.objectContaining({ code: 'ts-unacceptable' }));
  });
});

describe('dynamic selectors', () => {
  const dynamic = { protocol: ANY, addresses: 'dynamic', ports: ANY } as const;

  test('are the addresses of the IKE SA', () => {
    const policyHere = policyOf({ local: [dynamic], remote: [dynamic] });
    const { offer } = offerChild(contextOf(connectionOf([policyHere])), policyHere, envOf(), { exchange, Ni });
    expect([text(offer.local), text(offer.remote)]).toEqual([['192.0.2.1'], ['198.51.100.1']]);
  });

  test('section 2.19: a client asks for all addresses, and gets those that are assigned', () => {
    const client = policyOf({ local: [dynamic], remote: ts('0.0.0.0/0') });
    const gateway = policyOf({ local: ts('10.2.1.0/24'), remote: [dynamic] });
    const connection = connectionOf([client], { configuration: { wants: ['ipv4'] } });
    const { offer, payloads } = offerChild(contextOf(connection), client, envOf(), { exchange: 'IKE_AUTH', Ni });
    expect(text(offer.local)).toEqual(['0.0.0.0/0']);
    const leased = [parseAddress('10.3.0.1')];
    const accepted = acceptChild(contextOf(connectionOf([gateway]), { leased }), payloads, envOf(), { exchange: 'IKE_AUTH', Ni, Nr });
    if ('invalidKe' in accepted) throw new Error('no group');
    expect(answered(accepted)).toEqual([['10.3.0.1'], ['10.2.1.0/24']]);
    const assigned = { addresses: [{ address: leased[0]! }] } as unknown as NonNullable<ChildContext['assigned']>;
    const { child } = completeChild(contextOf(connection, { assigned }), offer, accepted.payloads, envOf(), { exchange: 'IKE_AUTH', Nr });
    expect([text(child.local), text(child.remote)]).toEqual([['10.3.0.1'], ['10.2.1.0/24']]);
    // A gateway that answers more than it assigns: the Child SA is for what is assigned.
    const wide = accepted.payloads.map((p): Payload => (p.type === 'TSi' ? { ...p, selectors: ts('0.0.0.0/0') } : p));
    const narrowed = completeChild(contextOf(connection, { assigned }), offer, wide, envOf(), { exchange: 'IKE_AUTH', Nr });
    expect(text(narrowed.child.local)).toEqual(['10.3.0.1']);
  });

  test('of both IP versions where both are wanted', () => {
    const client = policyOf({ local: [dynamic], remote: ts('0.0.0.0/0', '::/0') });
    const connection = connectionOf([client], { configuration: { wants: ['ipv4', 'ipv6', 'dns4'] } });
    expect(text(offerChild(contextOf(connection), client, envOf(), { exchange: 'IKE_AUTH', Ni }).offer.local)).toEqual([
      '0.0.0.0/0',
      '::/0',
    ]);
  });
});

describe('RFC 7296 section 2.9.2', () => {
  const old = (changes = {}) =>
    grant([policy(['10.1.0.0/16'], ['10.2.0.0/16'])], request(ts('10.2.0.0/24'), ts('10.1.0.0/24')), changes).child;
  const again = (payloads: readonly Payload[], replaces = old()) =>
    acceptChild(contextOf(connectionOf([])), payloads, envOf(), { exchange, Ni, Nr, replaces });

  test('the same, or more, as far as the policy goes', () => {
    const same = again(request(ts('10.2.0.0/24'), ts('10.1.0.0/24')));
    expect('payloads' in same && answered(same)).toEqual([['10.2.0.0/24'], ['10.1.0.0/24']]);
    const more = again(request(ts('0.0.0.0/0'), ts('10.1.0.0/24')));
    expect('payloads' in more && answered(more)).toEqual([['10.2.0.0/24', '10.2.0.0/16'], ['10.1.0.0/24']]);
  });

  test('"The responder MUST NOT narrow down the Traffic Selectors narrower than the scope currently in use."', () => {
    // The policy has become narrower: what is in use stays.
    const child = old();
    const narrower = { ...child, policy: { ...child.policy, remote: ts('10.2.0.0/28') } };
    const accepted = again(request(ts('10.2.0.0/24'), ts('10.1.0.0/24')), narrower);
    expect('payloads' in accepted && answered(accepted)[0]).toEqual(['10.2.0.0/24']);
  });

  test('"Thus, the new SA MUST NOT have narrower selectors than the original."', () => {
    expect(() => again(request(ts('10.2.0.0/25'), ts('10.1.0.0/24')))).toThrow(expect.objectContaining({ code: 'ts-unacceptable' }));
    // Two halves are as much as the whole.
    expect(again(request(ts('10.2.0.0/25', '10.2.0.128/25'), ts('10.1.0.0/24')))).toHaveProperty('child');
  });

  test('the initiator proposes what is in use, without the packet, and takes nothing less', () => {
    const mine = policyOf();
    const context = contextOf(connectionOf([mine]));
    const child = { ...old(), policy: mine, local: ts('10.1.3.0/24'), remote: ts('10.2.3.0/24') };
    const { offer, payloads } = offerChild(context, mine, envOf(), { exchange, Ni, replaces: child });
    expect([text(offer.local), text(offer.remote)]).toEqual([['10.1.3.0/24'], ['10.2.3.0/24']]);
    expect(payloads[0]).toMatchObject({ type: 'N', notify: 'REKEY_SA', protocol: 'ESP', spi: Uint8Array.of(0, 0, 0x10, 0) });
    const accepted = grant([policy(['10.2.3.0/24'], ['10.1.3.0/25'])], payloads);
    expect(() => completeChild(context, offer, accepted.payloads, envOf(), { exchange, Nr, rekey: true })).toThrow(
      expect.objectContaining({ code: 'ts-unacceptable', expected: 'all of them, at a rekey' }),
    );
    expect(completeChild(context, offer, accepted.payloads, envOf(), { exchange, Nr }).child.local).toEqual(ts('10.1.3.0/25'));
  });
});
