/** What an adversary has tried on the machine of IKEv1, each with the one who could: off the path, on it, or with credentials of its own. */
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes.js';
import { createNotify, decodeMessage, encodeMessage, encodePayloads, ikev1, type Payload } from '../../src/ikev1.js';
import { sealMessage } from '../../src/ikev1/cipher.js';
import { computeHash1, encodeHashed } from '../../src/ikev1/hashes.js';
import { firstIvOf } from '../../src/ikev1/send.js';
import type { AuthenticatedSa, Established } from '../../src/ikev1/states.js';
import { parseAddress } from '../../src/ip.js';
import { modp2048 } from '../../src/suite/dh.js';
import {
  begin,
  closedBy,
  deliver,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  type HostOptions,
  pathOf,
  policyOf,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from './two-hosts.js';

type Hosts = ReturnType<typeof twoHosts>;

function established(a: HostOptions = {}, b: HostOptions = {}): Hosts {
  const hosts = twoHosts(a, b);
  begin(hosts.a);
  settle(hosts);
  expectAgreement(hosts, 1);
  for (const host of [hosts.a, hosts.b]) host.actions.length = 0;
  return hosts;
}

/** A message of phase 2 under the right keys. `hash: false`: nothing vouches for it. */
function seal(
  sa: AuthenticatedSa,
  exchange: 'Quick Mode' | 'Informational' | 'Transaction',
  messageId: number,
  payloads: readonly Payload[],
  hash = true,
): Uint8Array {
  const { crypto, phase1, spiI: ckyI, spiR: ckyR } = sa;
  const { suite, keys, cipher } = crypto;
  const header = { ckyI, ckyR, exchange, messageId, authenticationOnly: false, commit: false };
  const encoded = hash
    ? encodeHashed(payloads, (message) => computeHash1(suite.prf, keys.SKEYID_a, messageId, message))
    : encodePayloads(payloads);
  return sealMessage(cipher, firstIvOf(crypto, phase1, messageId), header, encoded).octets;
}

function give(to: Host, data: Uint8Array): string[] {
  const before = to.actions.length;
  receive(to, { data, path: pathOf(to.name === 'a' ? 'b' : 'a') });
  return to.actions.slice(before).map(({ type }) => type);
}

/** The payloads of a Quick Mode that the other host would begin. */
function quickOf({ a, b }: Hosts): readonly Payload[] {
  const { exchanges } = establishedOf(a);
  const known = exchanges.length;
  happen(a, { type: 'createChild', policy: 'net' });
  const { about } = establishedOf(a).exchanges[known]!;
  if (about.kind !== 'quick-offered') throw new Error('no offer');
  a.outbox.length = 0;
  expect(b.outbox).toEqual([]);
  return [about.offer.sa, { type: 'Nonce', data: about.Ni }];
}

describe('RFC 2408 section 3.1: the Message ID of phase 1 is zero, and that of nothing else', () => {
  it.each([true, false])('Quick Mode has none of its own: it is not looked at (HASH: %s)', (hash) => {
    const hosts = established();
    const payloads = quickOf(hosts);
    const before = establishedOf(hosts.b);
    expect(give(hosts.b, seal(before, 'Quick Mode', 0, payloads, hash))).toEqual(['audit']);
    expect(establishedOf(hosts.b)).toEqual(before);
    expect(hosts.b.reserved.size).toBe(0);
  });

  it.each([true, false])('nor is a Transaction, whose answer would have a password in the clear (HASH: %s)', (hash) => {
    const hosts = twoHosts(
      { ikev1: { xauth: 'client' }, answer: () => ({ user: 'alice', password: Uint8Array.of(1, 2, 3) }) },
      { ikev1: { xauth: 'server' }, answer: () => 'accepted' },
    );
    begin(hosts.a);
    for (let i = 0; i < 3; i++) {
      deliver(hosts.a, hosts.b);
      deliver(hosts.b, hosts.a);
    }
    const client = saOf(hosts.a);
    if (client.state !== 'XAUTH_CLIENT') throw new Error(client.state);
    const request: Payload = {
      type: 'ATTR',
      cfgType: 'ISAKMP_CFG_REQUEST',
      identifier: 7,
      attributes: [
        { type: 'XAUTH-USER-NAME', value: new Uint8Array(0) },
        { type: 'XAUTH-USER-PASSWORD', value: new Uint8Array(0) },
      ],
    } as never;
    expect(give(hosts.a, seal(client, 'Transaction', 0, [request], hash))).toEqual(['audit']);
    expect(hosts.a.asked).toEqual([]);
    expect(saOf(hosts.a)).toEqual(client);
  });
});

describe('RFC 2408 section 2.5.3: cookies keep strangers out', () => {
  it('who has not seen our cookie makes us compute nothing: a public value without it is dropped', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const genuine = hosts.a.outbox[0]!;
    const blind = genuine.data.slice();
    blind.fill(0, 8, 16);
    expect(saOf(hosts.b).state).toBe('MAIN_R1');
    expect(give(hosts.b, blind)).toEqual(['audit']);
    expect(saOf(hosts.b).state).toBe('MAIN_R1');
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 2408 section 3.1: a Message ID belongs to one exchange', () => {
  it('another exchange under the Message ID of a Quick Mode does not take its place: nothing that is reserved is lost', () => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    deliver(hosts.a, hosts.b);
    const before = establishedOf(hosts.b);
    const { messageId } = before.exchanges.find(({ about }) => about.kind === 'quick-answered')!;
    const request: Payload = { type: 'ATTR', cfgType: 'ISAKMP_CFG_REQUEST', identifier: 7, attributes: [] };
    expect(give(hosts.b, seal(before, 'Transaction', messageId, [request]))).toEqual(['audit']);
    // one that is refused, too
    expect(give(hosts.b, seal(before, 'Transaction', messageId, [{ ...request, cfgType: 'ISAKMP_CFG_SET' }]))).toEqual(['audit']);
    settle(hosts);
    expectAgreement(hosts, 2);
  });
});

describe('RFC 3947 section 5.2: original addresses that are none', () => {
  it('refuse a Child SA before anything is reserved for it', () => {
    const policy = policyOf({ mode: 'transport', local: [{ ...policyOf().local[0]!, addresses: 'dynamic' }], remote: [{ ...policyOf().remote[0]!, addresses: 'dynamic' }] }); // prettier-ignore
    const options: HostOptions = { policies: [policy], options: { natTraversal: 'force' } };
    const hosts = established(options, options);
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const { about } = establishedOf(hosts.a).exchanges.at(-1)!;
    if (about.kind !== 'quick-offered') throw new Error('no offer');
    hosts.a.outbox.length = 0;
    const lie: Payload = { type: 'NAT-OA', idType: 'ID_IPV4_ADDR', data: Uint8Array.of(10, 0, 0, 1) };
    const payloads: Payload[] = [about.offer.sa, { type: 'Nonce', data: about.Ni }, lie, lie, lie];
    for (let id = 1; id < 10; id++) expect(give(hosts.b, seal(establishedOf(hosts.b), 'Quick Mode', id, payloads))).toContain('audit');
    expect([...hosts.b.reserved]).toEqual([]);
  });
});

describe('a notification without protection', () => {
  it('does not make the rest of phase 1 short: what the responder then says counts', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    const { spiI: ckyI } = saOf(hosts.a);
    const header = { ckyI, ckyR: new Uint8Array(8).fill(9), messageId: 0, authenticationOnly: false, commit: false };
    const payload: Payload = { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', spi: new Uint8Array(0), notify: 'NO-PROPOSAL-CHOSEN', data: new Uint8Array(0) }; // prettier-ignore
    receive(hosts.a, { data: encodeMessage({ ...header, exchange: 'Informational', payloads: [payload] }), path: pathOf('b') });
    deliver(hosts.b, hosts.a);
    expect(saOf(hosts.a).state).toBe('MAIN_I2');
    setClock(hosts, 6_000);
    expect(saOf(hosts.a).state, `${closedBy(hosts.a)?.message}`).toBe('MAIN_I2');
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 3706: our own question, sent back to us', () => {
  it('is no sign of life, moves nobody, and keeps no question of the peer from being answered', () => {
    const hosts = established({ options: { livenessInterval: 20_000 } });
    setClock(hosts, 20_000);
    const [question] = hosts.a.outbox.splice(0);
    expect(question).toBeDefined();
    const before: Established = { ...establishedOf(hosts.a), nat: { supported: true, local: false, remote: true, follow: true } };
    const from = { address: parseAddress('203.0.113.9'), port: 4500 };
    const reflected = ikev1.step(before, { type: 'datagram', data: question!.data, from, to: pathOf('a').local }, hosts.a.env);
    expect(reflected.actions.map(({ type }) => type)).toEqual(['audit']);
    expect(reflected.sa).toMatchObject({ path: before.path, heardAt: before.heardAt, dpd: { lastReceived: before.dpd.lastReceived } });
    // and so once it has its answer
    receive(hosts.b, question!);
    settle(hosts);
    const later = establishedOf(hosts.a);
    expect(later.dpd.unanswered).toBeUndefined();
    expect(give(hosts.a, question!.data)).toEqual(['audit']);
    expect(establishedOf(hosts.a).dpd.lastReceived).toBe(later.dpd.lastReceived);
  });
});

describe('RFC 2409 section 5.4: a secret that somebody outside knows by the address of the peer', () => {
  const own = new TextEncoder().encode('of the address');
  const asked = { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } } as const;
  const talk = (ofName: unknown): Hosts => {
    const hosts = twoHosts(
      { connection: { localAuth: { method: 'shared-key', secret: own }, remoteAuth: { method: 'shared-key', secret: own } } },
      { connection: asked, answer: (ask) => (ask.kind !== 'shared-key' ? undefined : ask.peerId.type === 'ID_FQDN' ? ofName : own) },
    );
    begin(hosts.a);
    settle(hosts);
    return hosts;
  };

  it('lets nobody take a name that has another secret', () => {
    const { a, b } = talk(new TextEncoder().encode('of the name'));
    expect([saOf(a).state, saOf(b).state]).not.toContain('ESTABLISHED');
    expect(closedBy(b)).toMatchObject({ code: 'authentication-failed' });
  });

  it.each([undefined, new Uint8Array(0), own])('a name that has none, or the same, may be taken (%s)', (ofName) => {
    expectAgreement(talk(ofName), 1);
  });
});

describe('row 21: addresses that are forged', () => {
  const aggressive = { mode: 'aggressive', unsafeAggressivePsk: true } as const;

  it.each([
    ['as long as what they were sent', 0, 2],
    ['many times as long', 4000, 1],
  ])('get no more than three times what was sent in their name, with an answer %s', (_, more, sent) => {
    const hosts = twoHosts({ ikev1: aggressive }, { ikev1: aggressive });
    begin(hosts.a);
    const request = hosts.a.outbox[0]!.data.length;
    deliver(hosts.a, hosts.b);
    const [first] = hosts.b.outbox;
    const entry = hosts.b.sas.get([...hosts.b.sas.keys()][0]!)!;
    const { phase1 } = entry.sa;
    const data = concat(first!.data, new Uint8Array(more));
    entry.sa = { ...entry.sa, phase1: { ...phase1, sent: { ...phase1.sent!, datagrams: [data] } } };
    for (const now of [1_000, 3_000, 7_000, 15_000, 29_000]) setClock(hosts, now);
    const octets = hosts.b.outbox.map(({ data: { length } }) => length);
    expect(octets.length).toBeGreaterThanOrEqual(sent);
    expect(octets.slice(1).reduce((sum, length) => sum + length, data.length)).toBeLessThanOrEqual(Math.max(3 * request, data.length));
  });

  it('have no long messages kept for them', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const genuine = decodeMessage(hosts.a.outbox[0]!.data);
    if (genuine.isEncrypted) throw new Error('in the clear');
    const long: Payload = { type: 'VID', data: new Uint8Array(16_000) };
    give(hosts.b, encodeMessage({ ...genuine, payloads: [...genuine.payloads, long, long] }));
    expect(hosts.b.sas.size).toBe(0);
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('the first message of a Quick Mode, played again', () => {
  it('begins nothing, however late it comes: it takes no room from what the peer wants now', () => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const old = hosts.a.outbox[0]!.data;
    settle(hosts);
    for (const now of [130_000, 600_000, 10_000_000]) {
      setClock(hosts, now);
      happen(hosts.b, { type: 'wake' });
      expect(give(hosts.b, old)).toEqual(['audit']);
    }
    expectAgreement(hosts, 2);
    expect(establishedOf(hosts.b).exchanges.map(({ received, sent }) => received ?? sent)).toEqual([undefined, undefined]);
  });
});

describe('a refusal that names no offer', () => {
  it('ends the one that waits, and no other when somebody plays it again', () => {
    const hosts = established();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    hosts.a.outbox.length = 0;
    const { spiI: ckyI, spiR: ckyR } = establishedOf(hosts.a);
    const refusal = seal(establishedOf(hosts.a), 'Informational', 77, [createNotify('NO-PROPOSAL-CHOSEN', { ckyI, ckyR })]);
    expect(give(hosts.a, refusal)).toContain('childFailed');
    for (const now of [1, 300_000]) {
      setClock(hosts, now);
      happen(hosts.a, { type: 'createChild', policy: 'net' });
      expect(give(hosts.a, refusal)).toEqual([]);
      settle(hosts);
    }
    expectAgreement(hosts, 3);
  });
});

describe('a public value that is none', () => {
  it('leaves no private value of ours behind', () => {
    const made: { destroyed: boolean }[] = [];
    const row = {
      ...modp2048,
      generate(random: Parameters<typeof modp2048.generate>[0]): ReturnType<typeof modp2048.generate> {
        const exchange = modp2048.generate(random);
        const noted = { destroyed: false };
        made.push(noted);
        return {
          ...exchange,
          destroy(): void {
            noted.destroyed = true;
            exchange.destroy();
          },
        };
      },
    };
    const hosts = twoHosts({}, { connection: { proposals: [{ ...twoHosts().b.connection.proposals[0]!, keyExchange: [row] }] } });
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const genuine = decodeMessage(hosts.a.outbox[0]!.data);
    if (genuine.isEncrypted) throw new Error('in the clear');
    const payloads = genuine.payloads.map((payload) => (payload.type === 'KE' ? { ...payload, data: new Uint8Array(256) } : payload));
    for (let i = 0; i < 3; i++) give(hosts.b, encodeMessage({ ...genuine, payloads }));
    expect(saOf(hosts.b).state).toBe('MAIN_R1');
    expect(made.filter(({ destroyed }) => !destroyed)).toEqual([]);
  });
});
