/** What all messages have in common: repetitions, forgeries, fragments, questions, bounds, time. */
import { describe, expect, it } from 'vitest';
import { computePhase2Iv, decodeMessage, encodeMessage, ikev1, openMessage, type Payload } from '../../src/ikev1.js';
import { findExchange } from '../../src/ikev1/exchanges.js';
import { hashSha256 } from '../../src/suite/hash.js';
import { parseAddress } from '../../src/ip.js';
import { dictionary, seal } from './model-states.js';
import {
  begin,
  closedBy,
  deliver,
  detailsOf,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  nextWake,
  pathOf,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from './two-hosts.js';

const types = ({ actions }: Host): string[] => actions.map(({ type }) => type);
const established = (): ReturnType<typeof twoHosts> => {
  const hosts = twoHosts();
  begin(hosts.a);
  settle(hosts);
  return hosts;
};

/** Who sends message `i` of main mode, from 0, and who gets it. */
function turn({ a, b }: ReturnType<typeof twoHosts>, i: number): [Host, Host] {
  return i % 2 === 0 ? [a, b] : [b, a];
}

describe('RFC 2408 section 4.1.1: a message that comes again', () => {
  it.each([1, 3, 5, 7])('of %i messages the last one: it gets the same answer, octet for octet, and changes nothing else', (count) => {
    const hosts = twoHosts();
    begin(hosts.a);
    for (let i = 1; i < count; i++) deliver(...turn(hosts, i - 1));
    const again = hosts.a.outbox[0]!;
    deliver(hosts.a, hosts.b);
    const before = saOf(hosts.b).state;
    const answer = hosts.b.outbox.shift()!;
    receive(hosts.b, again);
    expect(hosts.b.outbox).toEqual([answer]);
    expect(saOf(hosts.b).state).toBe(before);
  });

  it('again and again: there is an end of it', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const first = hosts.a.outbox[0]!;
    for (let i = 0; i < 100; i++) receive(hosts.b, first);
    expect(hosts.b.outbox.length).toBeLessThan(20);
    expect(hosts.b.sas.size).toBe(1);
  });

  it('goes where the peer is known to be, not where the repetition came from', () => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const first = hosts.a.outbox[0]!;
    deliver(hosts.a, hosts.b);
    hosts.b.outbox.length = 0;
    const elsewhere = { local: { address: parseAddress('203.0.113.9'), port: 500 }, remote: first.path.remote };
    receive(hosts.b, { ...first, path: elsewhere });
    expect(hosts.b.outbox.map(({ path }) => path.remote)).toEqual([first.path.local]);
  });
});

describe('what is forged', () => {
  it('does not move the IV: the genuine message is understood after it', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    for (let i = 0; i < 4; i++) deliver(...turn(hosts, i));
    const genuine = hosts.a.outbox[0]!;
    for (const at of [30, 44, 60]) {
      const forged = genuine.data.slice();
      forged[at] = forged[at]! ^ 1;
      receive(hosts.b, { ...genuine, data: forged });
    }
    expect(saOf(hosts.b).state).toBe('MAIN_R2');
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it('with a wrong HASH is dropped in phase 2, and noted', () => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const { data, path } = hosts.a.outbox[0]!;
    const forged = data.slice();
    forged[data.length - 1] = forged[data.length - 1]! ^ 1;
    hosts.b.actions.length = 0;
    receive(hosts.b, { data: forged, path });
    expect(types(hosts.b)).toEqual(['audit']);
    expect(detailsOf(hosts.b)[0]).toMatch(/^(?:icv|malformed)/);
    settle(hosts);
    expectAgreement(hosts, 2);
  });

  it('an old message of the peer, genuine as it is, does not show where the peer is', () => {
    const hosts = established();
    const sa = { ...establishedOf(hosts.b), nat: { supported: true, local: false, remote: true, follow: true } };
    const data = seal(sa, { exchange: 'Informational', messageId: 77, names: ['N(NO-PROPOSAL-CHOSEN)'], encrypted: true }, dictionary(sa));
    const from = { address: parseAddress('203.0.113.9'), port: 4500 };
    const { sa: after, actions } = ikev1.step(sa, { type: 'datagram', data, from, to: pathOf('b').local }, hosts.b.env);
    expect('path' in after && after.path).toEqual(sa.path);
    expect(actions.map(({ type }) => type)).not.toContain('moved');
  });

  it.each(['ckyI', 'ckyR'] as const)('with another %s is for nobody', (cookie) => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const data = hosts.a.outbox[0]!.data.slice();
    data[cookie === 'ckyI' ? 7 : 15]! ^= 1;
    const { actions } = ikev1.step(saOf(hosts.b), { type: 'datagram', data, from: pathOf('a').local, to: pathOf('b').local }, hosts.b.env);
    expect(actions).toEqual([{ type: 'audit', event: 'unexpected', detail: `another ${cookie === 'ckyI' ? 'CKY-I' : 'CKY-R'}` }]);
  });
});

describe('a notification without protection', () => {
  const say = (to: Host, notify: 'NO-PROPOSAL-CHOSEN' | 'INITIAL-CONTACT'): void => {
    const { spiI: ckyI, spiR: ckyR } = saOf(to);
    const payload: Payload = { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', spi: new Uint8Array(0), notify, data: new Uint8Array(0) };
    const header = {
      ckyI,
      ckyR: ckyR.every((octet) => octet === 0) ? new Uint8Array(8).fill(9) : ckyR,
      messageId: 5,
      authenticationOnly: false,
      commit: false,
    };
    receive(to, {
      data: encodeMessage({ ...header, exchange: 'Informational', payloads: [payload] }),
      path: pathOf(to.name === 'a' ? 'b' : 'a'),
    });
  };

  it('closes nothing: the genuine answer counts', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    say(hosts.a, 'NO-PROPOSAL-CHOSEN');
    expect(saOf(hosts.a).state).toBe('MAIN_I1');
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it('is what is told where nothing better comes, and the wait is shorter', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    say(hosts.a, 'NO-PROPOSAL-CHOSEN');
    hosts.a.outbox.length = 0;
    while (saOf(hosts.a).state !== 'CLOSED') setClock({ a: hosts.a, b: hosts.b }, nextWake(hosts));
    expect(hosts.a.env.now).toBeLessThanOrEqual(5_000);
    expect(closedBy(hosts.a)).toMatchObject({ code: 'peer-refused', found: 'NO-PROPOSAL-CHOSEN, which nobody vouches for' });
  });

  it('says nothing to an IKE SA that is there', () => {
    const hosts = established();
    const before = saOf(hosts.a);
    say(hosts.a, 'NO-PROPOSAL-CHOSEN');
    say(hosts.a, 'INITIAL-CONTACT');
    expect(saOf(hosts.a)).toEqual(before);
  });
});

describe('fragments, where both sides say that they take them', () => {
  it('a long message is cut, comes in any order, and is put together', () => {
    const options = { options: { fragmentSizes: [200] } };
    const hosts = twoHosts(options, options);
    begin(hosts.a);
    let cut = 0;
    for (let i = 0; i < 100 && hosts.a.outbox.length + hosts.b.outbox.length > 0; i++) {
      const [from, to] = hosts.a.outbox.length > 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
      const message = decodeMessage(from.outbox[0]!.data);
      if (!message.isEncrypted && message.payloads[0]?.type === 'FRAG') {
        cut++;
        from.outbox.reverse();
      }
      deliver(from, to);
    }
    expect(cut).toBeGreaterThan(0);
    expectAgreement(hosts, 1);
  });
});

describe('whoever forges addresses gets no more octets sent than he sends', () => {
  const answerTo = (data: Uint8Array): number => {
    const { b } = twoHosts({}, { options: { fragmentSizes: [1280] }, ikev1: { xauth: 'server' } });
    receive(b, { data, path: pathOf('a') });
    return b.outbox.reduce((sum, sent) => sum + sent.data.length, 0);
  };
  const header = {
    ckyI: new Uint8Array(8).fill(1),
    ckyR: new Uint8Array(8),
    messageId: 0,
    authenticationOnly: false,
    commit: false,
  } as const;

  it('a message with nothing in it is not answered by a notification that is longer', () => {
    expect(answerTo(encodeMessage({ ...header, exchange: 'Identity Protection', payloads: [] }))).toBe(0);
  });

  it('an offer without a Vendor ID gets none that nobody has asked for', () => {
    const { a } = twoHosts();
    begin(a);
    const message = decodeMessage(a.outbox[0]!.data);
    const payloads = message.isEncrypted ? [] : message.payloads.filter(({ type }) => type === 'SA');
    const data = encodeMessage({ ...header, exchange: 'Identity Protection', payloads });
    expect(answerTo(data)).toBeGreaterThan(0);
    expect(answerTo(data)).toBeLessThanOrEqual(data.length);
  });
});

describe('bounds', () => {
  it('half-open IKE SAs: from the limit on nobody is answered', () => {
    const { a, b } = twoHosts();
    begin(a);
    const { data } = a.outbox[0]!;
    for (const halfOpen of [
      { total: 100, fromAddress: 0 },
      { total: 0, fromAddress: 10 },
    ]) {
      const listener = { connections: [b.connection], halfOpen, limits: { total: 100, perAddress: 10 } };
      const { sa, actions } = ikev1.respond({ data, from: pathOf('a').local, to: pathOf('b').local }, listener, b.env);
      expect(sa).toBeUndefined();
      expect(actions.map(({ type }) => type)).toEqual(['audit']);
    }
  });

  it('a half-open IKE SA of a responder has an end, whatever its initiator sends', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    setClock({ a: hosts.b, b: hosts.b }, 29_999);
    expect(saOf(hosts.b).state).toBe('MAIN_R1');
    setClock({ a: hosts.b, b: hosts.b }, 30_000);
    expect(saOf(hosts.b).state).toBe('CLOSED');
  });

  it('exchanges that a peer begins and never ends: not more than so many', () => {
    const hosts = established();
    for (let i = 0; i < 100; i++) {
      happen(hosts.a, { type: 'createChild', policy: 'net', first: undefined });
      const message = hosts.a.outbox.shift();
      if (message) receive(hosts.b, message);
      hosts.b.outbox.length = 0;
      hosts.a.sas.set([...hosts.a.sas.keys()][0]!, { sa: { ...establishedOf(hosts.a), exchanges: [], tasks: [] }, wakeAt: Infinity });
    }
    const { exchanges } = establishedOf(hosts.b);
    expect(exchanges.filter(({ about }) => about.kind !== 'done').length).toBeLessThanOrEqual(32);
    expect(exchanges.length).toBeLessThanOrEqual(64);
    expect(hosts.b.reserved.size).toBeLessThanOrEqual(32);
  });

  it('of what is over nothing is kept after a while but that it was there', () => {
    const hosts = established();
    const [exchange] = establishedOf(hosts.b).exchanges;
    expect(exchange?.about.kind).toBe('done');
    hosts.b.env.now = 200_000;
    happen(hosts.b, { type: 'wake' });
    const kept = findExchange(saOf(hosts.b), exchange!.messageId, 'Quick Mode');
    expect(kept).toEqual({ ...exchange, received: undefined, sent: undefined, expires: Infinity });
  });
});

describe('RFC 2409 appendix B: the IV of an exchange of phase 2', () => {
  it('is made of the last block of phase 1 and the Message ID', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    for (let i = 0; i < 5; i++) deliver(...turn(hosts, i));
    const sixth = hosts.b.outbox[0]!.data;
    deliver(hosts.b, hosts.a);
    const first = decodeMessage(hosts.a.outbox[0]!.data);
    if (!first.isEncrypted) throw new Error('it is');
    const iv = computePhase2Iv(hashSha256, sixth.slice(-16), first.messageId);
    expect(openMessage(establishedOf(hosts.a).crypto.cipher, iv, first).payloads[0]?.type).toBe('HASH');
  });
});

describe('lifetimes', () => {
  it('RFC 2409 appendix A: the life that was offered ends it, and before that another phase 1 is due', () => {
    const hosts = twoHosts({ options: { lifetime: 3_600_000 } });
    begin(hosts.a);
    settle(hosts);
    for (const host of [hosts.a, hosts.b]) {
      const { deadlines } = establishedOf(host);
      expect(deadlines.expire).toBe(3_600_000);
      expect(deadlines.reauthenticate).toBeLessThan(3_600_000);
    }
    setClock(hosts, establishedOf(hosts.a).deadlines.reauthenticate);
    expect(types(hosts.a)).toContain('reauthenticate');
    setClock(hosts, 3_600_000);
    settle(hosts);
    expect([saOf(hosts.a).state, saOf(hosts.b).state]).toEqual(['CLOSED', 'CLOSED']);
    expect(hosts.a.sad.size + hosts.b.sad.size).toBe(0);
  });
});

describe('the hash of a message is of the negotiated kind', () => {
  it('NAT-D payloads are as long as SHA-256', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const third = decodeMessage(hosts.a.outbox[0]!.data);
    const found = third.isEncrypted ? [] : third.payloads.flatMap((payload) => (payload.type === 'NAT-D' ? [payload.data.length] : []));
    expect(found).toEqual([hashSha256.outputLength, hashSha256.outputLength]);
  });
});
