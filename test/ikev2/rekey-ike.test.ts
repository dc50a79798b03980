/** The IKE SA is replaced: what goes over to the new one, what is refused, and what is left of the old one. */
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { answerIkeRekey, finishIkeRekey, refusedIkeRekey, startRekeyIke } from '../../src/ikev2/exchange/rekey-ike.js';
import { hasLowestNonce } from '../../src/ikev2/exchange/rekey-ike-nonces.js';
import type { OpenMessage } from '../../src/ikev2/events.js';
import { createNotify, encodeNotifyData } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import type { Established, OwnRequest } from '../../src/ikev2/states.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { curve25519, ecp256, ecp384 } from '../../src/suite/dh.js';
import { prf, prfHmacSha256, prfHmacSha384, prfPlus } from '../../src/suite/prf.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { openLast, openSent } from './open-last.js';
import {
  deliver,
  expectAgreement,
  firstKey,
  happen,
  type Host,
  ikeProposal,
  inUse,
  keyOf,
  lose,
  mainKey,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
  viewOf,
} from './two-hosts.js';

const rekeyIke = { type: 'rekeyIke' } as const;
const typesOf = (payloads: readonly Payload[]): string[] => payloads.map((p) => (p.type === 'N' ? String(p.notify) : p.type));
const actionsOf = (host: Host, type: Host['actions'][number]['type']): Host['actions'] =>
  host.actions.filter((action) => action.type === type);

describe('RFC 7296 section 1.3.2', () => {
  test.each(['a', 'b'] as const)('%s rekeys the IKE SA: a second one takes its place', (name) => {
    const hosts = twoHosts();
    happen(hosts[name], rekeyIke);
    settle(hosts);
    expectAgreement(hosts, 1);
    const [a, b] = [inUse(hosts.a)[0]!, inUse(hosts.b)[0]!];
    expect(keyOf(a)).not.toBe(firstKey);
    // "the initiator in this rekey exchange is the new "original initiator" of the new IKE SA."
    expect([a.role, b.role]).toEqual(name === 'a' ? ['initiator', 'responder'] : ['responder', 'initiator']);
    // "The new IKE SA has its message counters set to 0, regardless of what they were in the earlier IKE SA." "The new IKE SA also has its window size reset to 1"
    for (const { windows } of [a, b]) expect([windows.nextOwnId, windows.nextPeerId, windows.ownSize]).toEqual([0, 0, 1]);
    expect(a.crypto.keys).toEqual(b.crypto.keys);
    for (const host of [hosts.a, hosts.b])
      expect(actionsOf(host, 'keys')).toMatchObject([{ spiI: a.spiI, spiR: a.spiR, keys: a.crypto.keys }]);
  });

  test('"any further requests (for example, to delete the IKE SA) will have consecutive numbering", and "The first IKE requests from both sides on the new IKE SA will have Message ID 0."', () => {
    const { a, b } = twoHosts();
    const idOf = (): [number, string] => [a.outbox[0]!.data[23]!, toHex(a.outbox[0]!.data.subarray(0, 8))];
    happen(a, rekeyIke);
    expect(idOf()).toEqual([2, 'a1'.repeat(8)]);
    deliver(a, b);
    deliver(b, a);
    expect(idOf()).toEqual([3, 'a1'.repeat(8)]);
    expect(openLast(a)).toEqual([{ type: 'D', protocol: 'IKE', spis: [] }]);
    deliver(a, b);
    happen(a, { type: 'checkLiveness' }, mainKey(a));
    expect(idOf()).toEqual([0, toHex(inUse(a)[0]!.spiI)]);
  });

  test('the old keys are wiped when the old IKE SA is closed, and not before; the new ones stay', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    const old = (host: Host): Uint8Array => (saOf(host) as Established).crypto.keys.SK_d;
    const [ofA, ofB] = [old(a), old(b)];
    happen(a, rekeyIke);
    deliver(a, b);
    deliver(b, a);
    expect([saOf(a).state, saOf(b).state]).toEqual(['DELETING', 'REPLACED']);
    expect([ofA, ofB].map((key) => key.some((octet) => octet !== 0))).toEqual([true, true]);
    settle(hosts);
    expect([ofA, ofB].map((key) => key.every((octet) => octet === 0))).toEqual([true, true]);
    for (const { crypto } of [...inUse(a), ...inUse(b)]) expect(crypto.keys.SK_d.some((octet) => octet !== 0)).toBe(true);
  });

  test('addresses, their leases and what has still to be asked go over', () => {
    const assigned = { addresses: [], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] };
    const hosts = twoHosts({ sa: { assigned } }, { sa: { leased: [Uint8Array.of(10, 9, 8, 7)] } });
    const { a, b } = hosts;
    happen(b, rekeyIke);
    happen(b, { type: 'createChild', policy: 'net' });
    settle(hosts);
    expect(inUse(a)[0]!.assigned).toBe(assigned);
    expect(inUse(b)[0]!.leased).toEqual([Uint8Array.of(10, 9, 8, 7)]);
    expect(b.released).toEqual([]);
    expectAgreement(hosts, 2);
    happen(a, { type: 'delete', reason: 'test' }, mainKey(a));
    settle(hosts);
    expect(b.released).toEqual(['0a090807']);
  });

  test('RFC 7296 section 2.3: "the new IKE SA starts with window size 1 until it is explicitly increased by sending a new SET_WINDOW_SIZE notification"', () => {
    const hosts = twoHosts({ options: { windowSize: 4 } });
    happen(hosts.b, rekeyIke);
    settle(hosts);
    expect([inUse(hosts.a)[0]!.windows.ownSize, inUse(hosts.b)[0]!.windows.ownSize]).toEqual([1, 4]);
  });
});

describe('RFC 7296 section 2.18', () => {
  test('"it is the old IKE SA\'s PRF that is used to generate SKEYSEED", and a new suite may be agreed on', () => {
    const other = { encryption: [aes128Gcm16], integrity: [], prf: [prfHmacSha384], keyExchange: [ecp256] };
    const connection = { proposals: [other] };
    const hosts = twoHosts({ connection }, { connection });
    happen(hosts.a, rekeyIke);
    settle(hosts);
    expectAgreement(hosts, 1);
    const { crypto } = inUse(hosts.b)[0]!;
    expect(crypto.suite).toEqual({ encryption: aes128Gcm16, prf: prfHmacSha384, keyExchange: ecp256 });
    expect(crypto.keys.SK_d).toHaveLength(48);
    happen(hosts.b, { type: 'checkLiveness' }, mainKey(hosts.b));
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 7296 section 2.18, computed by hand', () => {
  test('"SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)", with the old prf; all keys with the new one', () => {
    const shared: Uint8Array[] = [];
    const watched: KeyExchangeRow = {
      ...ecp256,
      generate: (random) => {
        const exchange = ecp256.generate(random);
        return { ...exchange, publicValue: exchange.publicValue, destroy: () => undefined, shared: (peer) => note(exchange.shared(peer)) };
      },
    };
    const note = (secret: Uint8Array): Uint8Array => {
      shared.push(secret.slice());
      return secret;
    };
    const proposals = [{ encryption: [aes128Gcm16], integrity: [], prf: [prfHmacSha384], keyExchange: [watched] }];
    const { a, b } = twoHosts({ connection: { proposals } }, { connection: { proposals } });
    const SK_d = (saOf(a) as Established).crypto.keys.SK_d.slice();
    happen(a, rekeyIke);
    const Ni = nonceIn(openLast(a));
    deliver(a, b);
    const Nr = nonceIn(openLast(b));
    deliver(b, a);
    expect(shared).toHaveLength(2);
    const SKEYSEED = prf(prfHmacSha256, SK_d, shared[0]!, Ni, Nr);
    const { spiI, spiR, crypto } = inUse(a)[0]!;
    const material = prfPlus(prfHmacSha384, SKEYSEED, concat(Ni, Nr, spiI, spiR), 3 * 48 + 2 * 20);
    const { SK_ei, SK_er, SK_pi, SK_pr, SK_d: next } = crypto.keys;
    expect(toHex(concat(next, SK_ei, SK_er, SK_pi, SK_pr))).toBe(toHex(material));
  });

  function nonceIn(payloads: readonly Payload[]): Uint8Array {
    const nonce = payloads.find((payload) => payload.type === 'Nonce');
    if (nonce === undefined) throw new Error('no Nonce');
    return nonce.data;
  }
});

describe('RFC 7296 section 1.3', () => {
  test('"the responder MUST reject the request and indicate its preferred Diffie-Hellman group in the INVALID_KE_PAYLOAD Notify payload"', () => {
    const hosts = twoHosts(
      { connection: { proposals: [{ ...ikeProposal, keyExchange: [curve25519, ecp384] }] } },
      { connection: { proposals: [{ ...ikeProposal, keyExchange: [ecp384, curve25519] }] } },
    );
    const { a, b } = hosts;
    happen(a, rekeyIke);
    expect(openLast(a).find((p) => p.type === 'KE')).toMatchObject({ method: 31 });
    deliver(a, b);
    expect(openLast(b)).toMatchObject([{ type: 'N', notify: 'INVALID_KE_PAYLOAD', data: Uint8Array.of(0, 20) }]);
    deliver(b, a);
    expect(openLast(a).find((p) => p.type === 'KE')).toMatchObject({ method: 20 });
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(inUse(a)[0]!.crypto.suite.keyExchange).toBe(ecp384);
  });

  test.each([
    ['one that was not offered', 19],
    ['the one that was tried', 31],
  ])('INVALID_KE_PAYLOAD with %s is the end of it: no loop', (_, method) => {
    const { sa, request, env } = begun();
    const notify = createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method }));
    const outcome = refusedIkeRekey(sa, answerOf([notify]), env, { request, answers: [] });
    expect(outcome.sa).toMatchObject({ state: 'ESTABLISHED', tasks: [] });
    expect(outcome.actions.map(({ type }) => type)).toEqual(['wipe', 'audit', 'reauthenticate']);
  });

  test.each(['NO_PROPOSAL_CHOSEN', 'NO_ADDITIONAL_SAS', 12345] as const)(
    '%s: another IKE SA is asked for, and this one is kept until it expires',
    (notify) => {
      const { sa, request, env } = begun();
      const outcome = refusedIkeRekey(sa, answerOf([createNotify(notify)]), env, { request, answers: [] });
      expect(outcome.sa).toMatchObject({ state: 'ESTABLISHED', tasks: [], children: [{}] });
      expect(outcome.actions.map(({ type }) => type)).toEqual(['wipe', 'audit', 'reauthenticate']);
    },
  );

  test('a proposal that we do not take is refused, and nothing has changed', () => {
    const hosts = twoHosts({}, { connection: { proposals: [{ ...ikeProposal, encryption: [aes128Gcm16] }] } });
    const { a, b } = hosts;
    const before = saOf(b) as Established;
    happen(a, rekeyIke);
    deliver(a, b);
    expect(typesOf(openLast(b))).toEqual(['NO_PROPOSAL_CHOSEN']);
    const after = saOf(b) as Established;
    expect({ ...after, windows: before.windows }).toEqual(before);
    expect(actionsOf(b, 'audit')).toMatchObject([{ event: 'refused' }]);
    expect(JSON.stringify(actionsOf(b, 'audit'))).toContain('ENCR_AES_GCM_16');
  });

  test('a public value that fails its tests is refused', () => {
    const { a, b } = twoHosts();
    happen(a, rekeyIke);
    const [own] = saOf(a).windows.outstanding;
    const zero: Payload = { type: 'KE', method: 31, data: new Uint8Array(32) };
    const message = { ...answerOf([...own!.payloads.filter(({ type }) => type !== 'KE'), zero]), isResponse: false };
    expect(() => answerIkeRekey(saOf(b) as Established, message, b.env)).toThrow(
      expect.objectContaining({ code: 'invalid-public-value' }) as Error,
    );
  });
});

describe('RFC 7296 section 2.25', () => {
  test('"If a peer continues to receive TEMPORARY_FAILURE on the same IKE SA after several minutes, it SHOULD conclude that the state information is out of sync and close the IKE SA."', () => {
    const { sa, request, env } = begun();
    const refuse = (from: Established, now: number): Established =>
      refusedIkeRekey({ ...from, tasks: [] }, answerOf([createNotify('TEMPORARY_FAILURE')]), { ...env, now }, { request, answers: [] })
        .sa as Established;
    const first = refuse(sa, 0);
    expect(first).toMatchObject({ refusedSince: 0, tasks: [{ kind: 'rekeyIke', group: 31, groupsTried: [] }] });
    expect(first.tasks[0]!.notBefore).toBeGreaterThanOrEqual(5_000);
    expect(first.tasks[0]!.notBefore).toBeLessThan(10_000);
    const second = refuse(first, 299_999);
    expect(second.tasks.map(({ kind }) => kind)).toEqual(['rekeyIke']);
    expect(refuse(second, 300_000).tasks.map(({ kind }) => kind)).toEqual(['deleteIke']);
  });
});

describe('RFC 7296 section 2.21', () => {
  const cases: readonly (readonly [string, (payloads: readonly Payload[]) => readonly Payload[]])[] = [
    ['a KE payload of another method', (p) => p.map((x) => (x.type === 'KE' ? { ...x, method: 19 } : x))],
    ['a public value that fails its tests', (p) => p.map((x) => (x.type === 'KE' ? { ...x, data: new Uint8Array(32) } : x))],
    ['two proposals', (p) => p.map((x) => (x.type === 'SA' ? { ...x, proposals: [...x.proposals, ...x.proposals] } : x))],
    [
      'a proposal without an SPI',
      (p) => p.map((x) => (x.type === 'SA' ? { ...x, proposals: x.proposals.map((y) => ({ ...y, spi: new Uint8Array(0) })) } : x)),
    ],
    [
      'an SPI of zero',
      (p) => p.map((x) => (x.type === 'SA' ? { ...x, proposals: x.proposals.map((y) => ({ ...y, spi: new Uint8Array(8) })) } : x)),
    ],
  ];
  test.each(cases)(
    'an answer with %s: "Such errors in parsing or processing response packets should still cause the recipient to clean up the IKE state"',
    (_, change) => {
      const { a, b } = twoHosts();
      happen(a, rekeyIke);
      const [request] = saOf(a).windows.outstanding;
      deliver(a, b);
      const good = openSent(b, b.outbox[0]!.data);
      const outcome = finishIkeRekey(saOf(a) as Established, answerOf(change(good)), a.env, { request, answers: [] });
      expect((outcome.sa as Established).tasks.map(({ kind }) => kind)).toEqual(['deleteIke']);
      expect(outcome.actions.map(({ type }) => type)).toEqual(['wipe', 'audit']);
      const fine = finishIkeRekey(saOf(a) as Established, answerOf(good), a.env, { request, answers: [] });
      expect(fine.sa.state).toBe('REPLACED');
    },
  );
});

describe('RFC 7296 section 2.8.1', () => {
  const n = (...octets: number[]): Uint8Array => Uint8Array.from(octets);
  test('""Lowest" means an octet-by-octet comparison", and "If you reach the end of one nonce, that nonce is the lower one."', () => {
    expect(hasLowestNonce([n(9, 9), n(1, 255)], [n(2, 0), n(3, 0)])).toBe(true);
    expect(hasLowestNonce([n(2, 0), n(3, 0)], [n(9, 9), n(1, 255)])).toBe(false);
    expect(hasLowestNonce([n(1, 2), n(8)], [n(1, 2, 0), n(8)])).toBe(true);
    expect(hasLowestNonce([n(1, 2, 0), n(8)], [n(1, 2), n(8)])).toBe(false);
    expect(hasLowestNonce([n(255), n(200)], [n(201), n(199, 0)])).toBe(false);
  });
});

describe('RFC 7296 section 2.8.2, where messages are lost', () => {
  test('the answer to a rekey comes again, and so does the Delete', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, rekeyIke);
    deliver(a, b);
    lose(b);
    setClock(hosts, 700);
    deliver(a, b);
    deliver(b, a);
    lose(a);
    setClock(hosts, 1_400);
    deliver(a, b);
    lose(b);
    expect(saOf(b).state).toBe('CLOSED');
    expectAlone(a, b);
  });

  test('a peer that never deletes the old IKE SA: we do', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, rekeyIke);
    deliver(a, b);
    expect(saOf(b).state).toBe('REPLACED');
    b.env.now = 120_000;
    happen(b, { type: 'wake' });
    expect(saOf(b).state).toBe('DELETING');
    expect(openLast(b)).toEqual([{ type: 'D', protocol: 'IKE', spis: [] }]);
    expect(inUse(b)).toMatchObject([{ children: [{}] }]);
  });

  test('an IKE SA that was made in vain ends by itself', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, rekeyIke);
    happen(b, rekeyIke);
    deliver(a, b);
    const waiting = inUse(b).find(({ awaitsChildren }) => awaitsChildren)!;
    expect(waiting.deadlines).toMatchObject({ expire: 600_000, rekey: Infinity, liveness: Infinity, keepalive: Infinity });
    b.env.now = 600_000;
    happen(b, { type: 'wake' }, keyOf(waiting));
    expect(saOf(b, keyOf(waiting))).toMatchObject({ state: 'CLOSED', reason: 'redundant' });
    expect([...b.sad.keys()]).toEqual([0xb000]);
  });

  test('the peer ends a Child SA under the new IKE SA before we know that it has the Child SAs', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const hosts = twoHosts({ seed }, { seed });
      const { a, b } = hosts;
      happen(a, rekeyIke);
      happen(b, rekeyIke);
      const [ofA, ofB] = [a.outbox.shift()!, b.outbox.shift()!];
      receive(b, ofA);
      receive(a, ofB);
      const toA = b.outbox.shift()!;
      deliver(a, b); // b knows all four nonces, a does not yet
      const heir = inUse(b).find(({ awaitsChildren }) => !awaitsChildren)!;
      happen(b, { type: 'deleteChild', spiIn: 0xb000 }, keyOf(heir));
      for (const datagram of b.outbox.splice(0)) receive(a, datagram);
      receive(a, toA);
      settle(hosts);
      setClock(hosts, 2_000); // where a did not even know the IKE SA, the Delete comes again
      settle(hosts);
      expect([...a.sad.keys(), ...b.sad.keys()]).toEqual([]);
      setClock(hosts, 600_000); // what was made in vain is gone
      settle(hosts);
      expectAgreement(hosts, 0);
    }
  });

  function expectAlone(a: Host, b: Host): void {
    expect(inUse(a).map(keyOf)).toEqual(inUse(b).map(keyOf));
    expect([...a.sad.keys(), ...b.sad.keys()]).toEqual([0xa000, 0xb000]);
    expect(viewOf(b).ike).toHaveLength(1);
  }
});

describe('deadlines of the new IKE SA', () => {
  test('fresh with jitter; reauthentication stays due when it was', () => {
    const options = { lifetime: 1000, rekeyAfter: 800, reauthenticateAfter: 5000, lifetimeJitter: 0.5, livenessInterval: 30 };
    const deadlines = { expire: 1, rekey: 1, reauthenticate: 4321, liveness: 1, keepalive: Infinity };
    const { a, b } = twoHosts({ options, sa: { deadlines } });
    a.env.now = 100;
    happen(a, rekeyIke);
    deliver(a, b);
    deliver(b, a);
    const { deadlines: fresh } = inUse(a)[0]!;
    expect(fresh).toMatchObject({ expire: 1100, reauthenticate: 4321, liveness: 130, keepalive: Infinity });
    expect(fresh.rekey).toBeGreaterThan(100 + 400);
    expect(fresh.rekey).toBeLessThan(100 + 800);
  });
});

/** The IKE SA of a host whose request to rekey it is under way, and that request. */
function begun(): { sa: Established; request: OwnRequest; env: Host['env'] } {
  const { a } = twoHosts();
  const sa = saOf(a) as Established;
  const { request } = startRekeyIke(sa, { kind: 'rekeyIke', notBefore: 0 }, a.env);
  return { sa, env: a.env, request: { ...request, messageId: 2, datagrams: [], tries: 1, sizeIndex: 0, retransmitAt: 500 } };
}

function answerOf(payloads: readonly Payload[]): OpenMessage {
  const { a } = twoHosts();
  return { exchange: 'CREATE_CHILD_SA', messageId: 2, isResponse: true, payloads, raw: new Uint8Array(28), path: saOf(a).path };
}
