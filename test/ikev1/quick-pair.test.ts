import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/ip.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import { formatPair } from '../../src/keying/selectors.js';
import { modp2048, modp3072 } from '../../src/suite/dh.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { createNotify } from '../../src/ikev1.js';
import { seal } from './model-states.js';
import {
  begin,
  deliver,
  detailsOf,
  espPfsProposal,
  espProposal,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  lose,
  nextWake,
  pathOf,
  policyOf,
  receive,
  saOf,
  setClock,
  settle,
  ts,
  twoHosts,
} from './two-hosts.js';

type Hosts = ReturnType<typeof twoHosts>;

/** Two hosts with an IKE SA and the Child SAs of these policies. */
function connected(policies: readonly ChildPolicy[] = [policyOf()], a: object = {}, b: object = {}): Hosts {
  const hosts = twoHosts({ policies, ...a }, { policies, ...b });
  begin(hosts.a);
  settle(hosts);
  return hosts;
}

/** Lets time pass until nothing is due before the end. */
function pass(hosts: Hosts, milliseconds: number): void {
  const end = hosts.a.env.now + milliseconds;
  for (let at = nextWake(hosts); at <= end; at = nextWake(hosts)) {
    setClock(hosts, at);
    settle(hosts);
  }
  setClock(hosts, end);
}

const last = <Type extends Host['actions'][number]['type']>(
  { actions }: Host,
  type: Type,
): Extract<Host['actions'][number], { type: Type }> =>
  actions.findLast((action): action is Extract<Host['actions'][number], { type: Type }> => action.type === type)!;

describe('RFC 2409 section 5.5: Quick Mode between two hosts', () => {
  const ah = { protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [false] } as const;
  const policies: Readonly<Record<string, ChildPolicy>> = {
    'ESP in tunnel mode': policyOf(),
    'with PFS': policyOf({ proposals: [espPfsProposal] }),
    AH: policyOf({ proposals: [ah] }),
    'AH around ESP': policyOf({ ah: [ah] }),
    'ESP with IPComp': policyOf({ ipcomp: true }),
    ESN: policyOf({ proposals: [{ ...espProposal, esn: [true] }] }),
    'transport mode': policyOf({ mode: 'transport', local: ts('any'), remote: ts('any') }),
    'dynamic addresses': policyOf({
      local: [{ ...ts('any')[0]!, addresses: 'dynamic' }],
      remote: [{ ...ts('any')[0]!, addresses: 'dynamic' }],
    }),
    'one port': policyOf({ local: ts('10.1.0.0/16 tcp'), remote: ts('10.2.0.1 tcp 443') }),
  };
  it.each(Object.entries(policies))('%s', (_name, policy) => {
    const hosts = connected([policy]);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.a).children[0]!.mode).toBe(policy.mode);
    expect(establishedOf(hosts.a).children[0]!.ah !== undefined).toBe(policy.ah !== undefined);
    expect(establishedOf(hosts.a).children[0]!.ipcomp !== undefined).toBe(policy.ipcomp === true);
    expect(last(hosts.b, 'installChild').send).toBe('now');
  });
  it('the responder asks as well', () => {
    const hosts = connected();
    happen(hosts.b, { type: 'createChild', policy: 'net' });
    settle(hosts);
    expectAgreement(hosts, 2);
  });
});

describe('RFC 2408 section 4.3: another pair in the place of one', () => {
  const spisOf = ({ children }: { readonly children: readonly { spiIn: number; status: string }[] }): string[] =>
    children.map(({ spiIn, status }) => `${spiIn.toString(16)} ${status}`);

  it('the old one stays until the new one is in place, and is then deleted by who has replaced it', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    settle(hosts);
    expect(spisOf(establishedOf(hosts.a))).toEqual(['a000 rekeyed', 'a001 active']);
    expect(spisOf(establishedOf(hosts.b))).toEqual(['b000 rekeyed', 'b001 active']);
    expect(last(hosts.a, 'installChild')).toMatchObject({ send: 'when-peer-is-ready', replaces: 0xa000 });
    expect(last(hosts.b, 'installChild')).toMatchObject({ send: 'now', replaces: 0xb000 });
    // once more for the old one: it has its successor
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    expect(hosts.a.outbox).toEqual([]);
    pass(hosts, 10_000);
    expectAgreement(hosts, 1);
    expect(last(hosts.a, 'removeChild')).toMatchObject({ reason: 'replaced', child: { spiIn: 0xa000 } });
    expect(last(hosts.b, 'removeChild')).toMatchObject({ reason: 'replaced', child: { spiIn: 0xb000 } });
  });

  it('has the group of the old one', () => {
    const other = modp3072;
    const hosts = connected(
      [policyOf({ proposals: [{ ...espProposal, keyExchange: [other, modp2048] }] })],
      {},
      {
        policies: [policyOf({ proposals: [espPfsProposal] })],
      },
    );
    // the first choice of a is refused: there is one KE payload
    expect(last(hosts.a, 'childFailed').error.code).toBe('no-proposal-chosen');
    happen(hosts.b, { type: 'createChild', policy: 'net' });
    settle(hosts);
    expectAgreement(hosts, 1);
    happen(hosts.a, { type: 'rekeyChild', spiIn: establishedOf(hosts.a).children[0]!.spiIn });
    settle(hosts);
    pass(hosts, 10_000);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.a).children[0]!.suite.keyExchange).toBe(modp2048);
  });

  it('loses nothing when the last message is lost', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    lose(hosts.a);
    expect(spisOf(establishedOf(hosts.b))).toEqual(['b000 active']);
    pass(hosts, 10_000);
    expectAgreement(hosts, 1);
    expect(spisOf(establishedOf(hosts.b))).toEqual(['b001 active']);
  });

  it('by both at once: of two new ones the next time one goes, and it is the same for both', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    happen(hosts.b, { type: 'rekeyChild', spiIn: 0xb000 });
    settle(hosts);
    pass(hosts, 10_000);
    expectAgreement(hosts, 2);
    for (const host of [hosts.a, hosts.b])
      for (const { spiIn } of establishedOf(host).children) happen(host, { type: 'rekeyChild', spiIn });
    settle(hosts);
    pass(hosts, 10_000);
    expect(establishedOf(hosts.a).children.length).toBeLessThanOrEqual(2);
    expect(establishedOf(hosts.a).children.length).toBeGreaterThanOrEqual(1);
    const [one] = establishedOf(hosts.a).children;
    happen(hosts.a, { type: 'rekeyChild', spiIn: one!.spiIn });
    settle(hosts);
    pass(hosts, 10_000);
    expectAgreement(hosts, 1);
  });

  it('the old one goes on where the peer deletes the new one first', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    settle(hosts);
    happen(hosts.b, { type: 'deleteChild', spiIn: 0xb001 });
    settle(hosts);
    expect(spisOf(establishedOf(hosts.a))).toEqual(['a000 active']);
    pass(hosts, 20_000);
    expect(spisOf(establishedOf(hosts.a))).toEqual(['a000 active']);
  });

  it('is not there when the peer refuses it: the old one goes on', () => {
    const hosts = connected();
    const refusing = { ...hosts.b.connection, children: [policyOf({ local: ts('10.9.0.0/16'), remote: ts('10.8.0.0/16') })] };
    const entry = [...hosts.b.sas.entries()][0]!;
    hosts.b.sas.set(entry[0], { ...entry[1], sa: { ...establishedOf(hosts.b), connection: refusing } });
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    settle(hosts);
    expect(last(hosts.a, 'childFailed').error).toMatchObject({ code: 'ts-unacceptable', blame: 'peer' });
    expect(spisOf(establishedOf(hosts.a))).toEqual(['a000 active']);
    expect([...hosts.a.reserved, ...hosts.b.reserved]).toEqual([]);
  });
});

describe('RFC 2409 section 5.5: what is asked for, and what is not had', () => {
  it('every policy that starts, more of them than may be under way at once', () => {
    const policies = Array.from({ length: 12 }, (_, i) =>
      policyOf({ name: `net${i}`, local: ts(`10.1.${i}.0/24`), remote: ts(`10.2.${i}.0/24`), start: true }),
    );
    const hosts = connected(policies, { options: { maxChildren: 12 } }, { options: { maxChildren: 12 } });
    expectAgreement(hosts, 12);
  });

  it('no more than there may be', () => {
    const policies = [0, 1, 2].map((i) => policyOf({ name: `net${i}`, local: ts(`10.1.${i}.0/24`), remote: ts(`10.2.${i}.0/24`) }));
    const hosts = connected(policies, { options: { maxChildren: 3 } }, { options: { maxChildren: 2 } });
    happen(hosts.a, { type: 'createChild', policy: 'net1' });
    settle(hosts);
    expectAgreement(hosts, 2);
    // the peer has enough, and says so by the one word that there is
    happen(hosts.a, { type: 'createChild', policy: 'net2' });
    settle(hosts);
    expect(last(hosts.a, 'childFailed').error).toMatchObject({ code: 'no-proposal-chosen', blame: 'peer' });
    happen(hosts.b, { type: 'createChild', policy: 'net2' });
    expect(last(hosts.b, 'childFailed').error).toMatchObject({ code: 'no-additional-sas', blame: 'caller' });
    expectAgreement(hosts, 2);
  });

  it('no more of those that take the place of others than three for each', () => {
    const hosts = connected([policyOf()], { options: { maxChildren: 100 } }, { options: { maxChildren: 2 } });
    for (let i = 0; i < 10; i++) {
      happen(hosts.a, { type: 'createChild', policy: 'net' });
      settle(hosts);
    }
    expect(establishedOf(hosts.b).children).toHaveLength(6);
    expectAgreement(hosts, 6);
  });

  it('the pair that holds the packet, of a policy with several', () => {
    const policy = policyOf({ local: ts('10.1.0.0/16', '10.3.0.0/16'), remote: ts('10.2.0.0/16', '10.4.0.0/16 tcp 443') });
    const hosts = twoHosts({ policies: [policy] });
    begin(hosts.a, { first: [ts('10.3.0.1 tcp 7000')[0]!, ts('10.4.0.1 tcp 443')[0]!] });
    settle(hosts);
    expectAgreement(hosts, 1);
    const [child] = establishedOf(hosts.a).children;
    expect(formatPair(child!)).toBe('10.3.0.0/16 <-> 10.4.0.0/16 tcp 443');
    happen(hosts.b, { type: 'createChild', policy: 'net' });
    settle(hosts);
    expectAgreement(hosts, 2);
    expect(formatPair(establishedOf(hosts.a).children[1]!)).toBe('10.1.0.0/16 <-> 10.2.0.0/16');
  });

  it('the pair of hosts of the packet, where every pair has its own', () => {
    const policy = policyOf({ singlePair: true });
    const hosts = twoHosts({ policies: [policy] });
    begin(hosts.a, { first: [ts('10.1.0.1')[0]!, ts('10.2.0.7')[0]!] });
    settle(hosts);
    expect(formatPair(establishedOf(hosts.b).children[0]!)).toBe('10.2.0.7 <-> 10.1.0.1');
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    expect(last(hosts.a, 'childFailed').error.code).toBe('single-pair-required');
  });

  it('one port, because of the packet, where IKEv1 cannot say several', () => {
    const policy = policyOf({ local: ts('10.1.0.0/16 tcp'), remote: ts('10.2.0.0/16 tcp 80-90'), start: false });
    const hosts = connected([policy]);
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    expect(last(hosts.a, 'childFailed').error).toMatchObject({ code: 'ts-unacceptable', blame: 'caller' });
    happen(hosts.a, { type: 'createChild', policy: 'net', first: [ts('10.1.0.1 tcp 5000')[0]!, ts('10.2.0.1 tcp 81')[0]!] });
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(formatPair(establishedOf(hosts.a).children[0]!)).toBe('10.1.0.1 tcp 5000 <-> 10.2.0.1 tcp 81');
  });

  const without = (changes: Partial<ChildPolicy>): ChildPolicy[] => [policyOf(changes)];
  it.each<[string, ChildPolicy[], string]>([
    ['IDs that no policy has: INVALID-ID-INFORMATION', without({ local: ts('10.1.0.0/24') }), 'ts-unacceptable'],
    ['another mode: NO-PROPOSAL-CHOSEN', without({ mode: 'transport', local: ts('any'), remote: ts('any') }), 'ts-unacceptable'],
    ['other algorithms: NO-PROPOSAL-CHOSEN', without({ proposals: [espPfsProposal] }), 'no-proposal-chosen'],
    ['no policy at all', [], 'no-proposal-chosen'],
  ])('%s', (_name, policies, code) => {
    const hosts = twoHosts({}, { policies });
    begin(hosts.a);
    settle(hosts);
    expect(last(hosts.a, 'childFailed').error).toMatchObject({ code, blame: 'peer' });
    expect(detailsOf(hosts.b).some((detail) => detail.startsWith('refused: '))).toBe(true);
    expectAgreement(hosts, 0);
  });

  it('what the PAD does not let the peer have', () => {
    const peer = twoHosts().b.connection.peer;
    const range = { start: parseAddress('10.7.0.0'), end: parseAddress('10.7.255.255') };
    const hosts = twoHosts({}, { connection: { peer: { ...peer, child: { ...peer.child, addresses: [range] } } } });
    begin(hosts.a);
    settle(hosts);
    expect(last(hosts.a, 'childFailed').error.code).toBe('ts-unacceptable');
    expectAgreement(hosts, 0);
  });

  it('nothing, when nobody answers: the SPI is given back', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    for (let i = 0; i < 20; i++) {
      hosts.a.outbox.length = 0;
      setClock(hosts, Math.min(nextWake(hosts), hosts.a.env.now + 200_000));
    }
    expect(last(hosts.a, 'childFailed').error.code).toBe('timeout');
    expect([...hosts.a.reserved]).toEqual([]);
    expect(establishedOf(hosts.a).children).toHaveLength(1);
  });

  it('nothing, when the last message never comes: what was granted is given back', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    deliver(hosts.a, hosts.b);
    expect(hosts.b.reserved.size).toBe(1);
    for (let i = 0; i < 20; i++) {
      hosts.a.outbox.length = 0;
      hosts.b.outbox.length = 0;
      setClock(hosts, Math.min(nextWake(hosts), hosts.a.env.now + 200_000));
    }
    expect([...hosts.b.reserved]).toEqual([]);
    expect(establishedOf(hosts.b).children).toHaveLength(1);
  });
});

describe('RFC 2407 section 4.5.4: lifetimes', () => {
  it('the shorter one counts at both ends, and an initiator with the longer one is told of it', () => {
    const longer = policyOf({ hardLifetime: { seconds: 7200 } });
    const shorter = policyOf({ hardLifetime: { seconds: 600 } });
    const one = twoHosts({ policies: [longer] }, { policies: [shorter] });
    begin(one.a);
    settle(one);
    expect(establishedOf(one.a).children[0]!.lifetime).toMatchObject({ seconds: 600 });
    const other = twoHosts({ policies: [shorter] }, { policies: [longer] });
    begin(other.a);
    settle(other);
    expect(establishedOf(other.b).children[0]!.lifetime).toMatchObject({ seconds: 600 });
  });
});

describe('RFC 2408 section 3.15: Deletes between two hosts', () => {
  it.each(['a', 'b'] as const)('%s deletes a Child SA', (name) => {
    const hosts = connected([
      policyOf({ ah: [{ protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [false] }] }),
    ]);
    const [by, other] = name === 'a' ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
    happen(by, { type: 'deleteChild', spiIn: establishedOf(by).children[0]!.spiIn });
    settle(hosts);
    expectAgreement(hosts, 0);
    expect(last(by, 'removeChild').reason).toBe('deleted');
    expect(last(other, 'removeChild').reason).toBe('peer-deleted');
  });

  it.each(['a', 'b'] as const)('%s ends the IKE SA', (name) => {
    const hosts = connected();
    const [by, other] = name === 'a' ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
    happen(by, { type: 'delete', reason: 'enough' });
    settle(hosts);
    for (const host of [hosts.a, hosts.b]) {
      expect(saOf(host).state).toBe('CLOSED');
      expect(host.sad.size).toBe(0);
      expect(host.reserved.size).toBe(0);
    }
    expect(last(other, 'closed')).toMatchObject({ reason: 'deleted by the peer', error: undefined });
  });

  it('one that comes before what it deletes is not forgotten', () => {
    const hosts = connected();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const proof = hosts.a.outbox.shift()!;
    happen(hosts.a, { type: 'deleteChild', spiIn: 0xa001 });
    deliver(hosts.a, hosts.b);
    receive(hosts.b, proof);
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 2408 section 3.1: the commit bit between two hosts', () => {
  /** The answer to a Quick Mode of a comes with the commit bit: b itself never sets it. */
  function committed(): Hosts {
    const hosts = connected();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a, ({ data, path }) => ({ path, data: data.map((octet, at) => (at === 19 ? octet | 2 : octet)) }));
    settle(hosts);
    return hosts;
  }

  it('CONNECTED puts the pair in place', () => {
    const hosts = committed();
    expect(establishedOf(hosts.a).children).toHaveLength(1);
    const sa = establishedOf(hosts.b);
    const exchange = establishedOf(hosts.a).exchanges.find(({ about }) => about.kind === 'quick-committed')!;
    const connectedNotify = createNotify('CONNECTED', { ckyI: sa.spiI, ckyR: sa.spiR });
    const said = { exchange: 'Informational', messageId: exchange.messageId, names: ['C'], encrypted: true } as const;
    receive(hosts.a, { data: seal(sa, said, new Map([['C', connectedNotify]])), path: pathOf('b') });
    expectAgreement(hosts, 2);
  });

  it('without it our last message is repeated, and then the pair is given up at both ends', () => {
    const hosts = committed();
    const before = hosts.a.actions.filter(({ type }) => type === 'send').length;
    expect(establishedOf(hosts.b).children).toHaveLength(2);
    pass(hosts, 100_000);
    expect(hosts.a.actions.filter(({ type }) => type === 'send').length - before).toBe(4 + 1);
    expect(last(hosts.a, 'childFailed').error.code).toBe('timeout');
    expect([...hosts.a.reserved]).toEqual([]);
    // what it was to replace is in use again
    expect(establishedOf(hosts.b).children.map(({ spiIn, status }) => [spiIn, status])).toEqual([[0xb000, 'active']]);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 3706: Dead Peer Detection between two hosts', () => {
  const options = { livenessInterval: 20_000 };
  it('asks where nothing was heard, and takes the answer for a sign of life', () => {
    const hosts = connected([policyOf()], { options });
    const asked = (): number => hosts.a.actions.filter(({ type }) => type === 'send').length;
    const before = asked();
    pass(hosts, 90_000);
    expect(asked() - before).toBe(4);
    expect(establishedOf(hosts.a).dpd.unanswered).toBeUndefined();
    expect(establishedOf(hosts.b).dpd.lastReceived).toBe(establishedOf(hosts.a).dpd.nextSequence - 1);
  });

  it('gives up a peer that is gone', () => {
    const hosts = connected([policyOf()], { options });
    for (let i = 0; i < 50 && saOf(hosts.a).state !== 'CLOSED'; i++) {
      hosts.a.outbox.length = 0;
      setClock(hosts, nextWake(hosts));
    }
    expect(saOf(hosts.a).state).toBe('CLOSED');
    expect(last(hosts.a, 'closed')).toMatchObject({ reason: 'the peer does not answer', error: { code: 'timeout' } });
    expect(hosts.a.sad.size).toBe(0);
  });

  it.each([1, 2, 3])('goes on when %i messages are lost', (lost) => {
    const hosts = connected([policyOf()], { options });
    for (let i = 0; i < lost; i++) {
      while (hosts.a.outbox.length === 0) setClock(hosts, nextWake(hosts));
      // now a question, now an answer
      if (i % 2 === 0) lose(hosts.a);
      else {
        deliver(hosts.a, hosts.b);
        if (hosts.b.outbox.length > 0) lose(hosts.b);
      }
    }
    pass(hosts, 200_000);
    expect(establishedOf(hosts.a).dpd.unanswered).toBeUndefined();
  });

  it('does not ask where the peer is heard on its Child SAs', () => {
    const hosts = connected([policyOf()], { options });
    Object.assign(hosts.a.env, { heardAt: () => hosts.a.env.now });
    const before = hosts.a.actions.filter(({ type }) => type === 'send').length;
    pass(hosts, 90_000);
    expect(hosts.a.actions.filter(({ type }) => type === 'send')).toHaveLength(before);
  });
});
