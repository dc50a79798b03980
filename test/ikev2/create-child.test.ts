/** The handlers of CREATE_CHILD_SA: RFC 7296 sections 1.3.1, 1.3.3, 2.8, 2.9 and 2.25. Both ends at once are in `create-child-collisions.test.ts`. */
import { describe, expect, test } from 'vitest';
import { createNotify, encodeNotifyData, encodePayloads, type Payload } from '../../src/ike.js';
import { encodeConfigurationRequest } from '../../src/ikev2/configuration.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv, OpenMessage } from '../../src/ikev2/events.js';
import { finishChild, finishChildRekey, refusedChild, refusedChildRekey } from '../../src/ikev2/exchange/create-child.js';
import { findNotify, findPayload, payloadOf } from '../../src/ikev2/pick.js';
import type { Deleting, Established, Replaced, Task } from '../../src/ikev2/states.js';
import { parseAddress } from '../../src/ip.js';
import { curve25519, ecp256 } from '../../src/suite/dh.js';
import { ANY } from '../../src/traffic-selector.js';
import { connectionOf, gcm, mirrored, policyOf, ts } from './child-fixtures.js';
import { answer, converse, type End, finish, kindsOf, openOf, pairOf, settle, start, startNext, type Wire } from './child-pair.js';

const spiOf = (end: End): number => end.sa.children[0]!.spiIn;
const rekey = (end: End): Task => ({ kind: 'rekeyChild', spiIn: spiOf(end), notBefore: 0 });
const create = (policy = policyOf()): Task => ({ kind: 'createChild', policy, notBefore: 0 });
const refusedWith = ({ wire }: { wire: Wire }): unknown => openOf(wire).payloads.map((p) => (p.type === 'N' ? p.notify : p.type));
const finished = (end: End, wire: Wire, payloads: readonly Payload[]): End =>
  finish(end, { ...wire, isResponse: true, ...encodePayloads(payloads) });
const installs = ({ log }: End): Extract<IkeAction, { type: 'installChild' }>[] => log.filter((x) => x.type === 'installChild');
const failures = ({ log }: End): unknown[] => log.flatMap((x) => (x.type === 'childFailed' ? [x.error.code] : []));
const pfs = policyOf({ proposals: [{ ...gcm, keyExchange: [curve25519, ecp256] }] });

describe('RFC 7296 section 1.3.1', () => {
  test('another Child SA', () => {
    const { a, b } = pairOf(pfs);
    const done = converse(a, b, create(pfs));
    const [left, right] = [done.a.sa.children[1]!, done.b.sa.children[1]!];
    expect([left.spiIn, left.spiOut]).toEqual([right.spiOut, right.spiIn]);
    expect(installs(done.a)).toMatchObject([{ send: 'now', replaces: undefined, path: a.sa.path, nat: { local: false, remote: false } }]);
    expect(installs(done.b)).toMatchObject([{ send: 'now', replaces: undefined }]);
    expect(installs(done.a)[0]!.keys.inbound).toEqual(installs(done.b)[0]!.keys.outbound);
    expect([done.a.sa.tasks, done.b.sa.tasks]).toEqual([[], []]);
    expect(payloadOf(openOf(done.request).payloads, 'Nonce').data.length).toBe(32);
  });

  test('the selectors of the packet stand first', () => {
    const { a } = pairOf(policyOf());
    const first = [ts('10.1.0.5 tcp 4711')[0]!, ts('10.2.0.6 tcp 80')[0]!] as const;
    const asked = start(a, { ...create(), first } as Task)!;
    expect(payloadOf(openOf(asked.wire).payloads, 'TSi').selectors).toEqual([...ts('10.1.0.5 tcp 4711'), ...ts('10.1.0.0/16')]);
  });

  test('NO_ADDITIONAL_SAS: the peer has enough, or we have', () => {
    const { a, b } = pairOf(policyOf(), { b: {} });
    const full = (end: End, maxChildren: number): End => {
      const { connection } = end.sa;
      return { ...end, sa: { ...end.sa, connection: { ...connection, options: { ...connection.options, maxChildren } } } };
    };
    const asked = start(a, create())!;
    const refused = answer(full(b, 1), asked.wire);
    expect(refusedWith(refused)).toEqual(['NO_ADDITIONAL_SAS']);
    const done = finish(asked.end, refused.wire);
    expect(failures(done)).toEqual(['no-additional-sas']);
    expect(done.sa.children.length).toBe(1);
    expect(done.log).toContainEqual({ type: 'releaseSpi', spi: 0xa002 });
    expect(start(full(a, 1), create())).toBeUndefined();
    // Those that have a successor do not count, but they may not be without number.
    const children = Array.from({ length: 12 }, () => ({ ...b.sa.children[0]!, status: 'rekeyed' as const }));
    expect(refusedWith(answer({ ...b, sa: { ...b.sa, children } }, asked.wire))).toEqual(['NO_ADDITIONAL_SAS']);
    expect(refusedWith(answer({ ...b, sa: { ...b.sa, children: children.slice(1) } }, asked.wire))).toContain('SA');
  });

  test.each([
    ['NO_PROPOSAL_CHOSEN', 'no-proposal-chosen'],
    ['TS_UNACCEPTABLE', 'ts-unacceptable'],
    ['INTERNAL_ADDRESS_FAILURE', 'internal-address-failure'],
    ['FAILED_CP_REQUIRED', 'failed-cp-required'],
    ['INVALID_KE_PAYLOAD', 'invalid-ke-payload'],
    [9000, 'peer-refused'],
  ] as const)('%s: there is none, and the IKE SA stays', (notify, code) => {
    const { a } = pairOf(policyOf());
    const asked = start(a, create())!;
    const done = finished(asked.end, asked.wire, [createNotify(notify)]);
    expect(failures(done)).toEqual([code]);
    expect(done.sa).toEqual({ ...asked.end.sa, windows: { ...asked.end.sa.windows, outstanding: [] } });
    const error = done.log.find((x) => x.type === 'childFailed')!.error;
    expect(error.message).toContain('10.1.0.0/16 <-> 10.2.0.0/16'); // what we had asked for: the peer says one word
    expect(error.message).toContain('ENCR_AES_GCM_16 (256)');
  });

  test('an answer that we cannot accept: what the peer has made is deleted', () => {
    const { a, b } = pairOf(policyOf());
    const asked = start(a, create())!;
    const { wire } = answer(b, asked.wire);
    const wider = openOf(wire).payloads.map((p): Payload => (p.type === 'TSr' ? { ...p, selectors: ts('0.0.0.0/0') } : p));
    const done = finished(asked.end, wire, wider);
    expect(failures(done)).toEqual(['ts-unacceptable']);
    expect(done.sa.children).toEqual(a.sa.children);
    const payloads: Payload[] = [{ type: 'D', protocol: 'ESP', spis: [Uint8Array.of(0, 0, 0xa0, 2)] }];
    expect(done.sa.tasks).toEqual([{ kind: 'notify', payloads, notBefore: 0 }]);
    expect(done.log).toContainEqual({ type: 'releaseSpi', spi: 0xa002 });
    const [peer] = [answer(b, asked.wire).end];
    const deleted = answer(peer, startNext(done).wire!);
    expect(deleted.end.sa.children).toEqual(b.sa.children);
    expect(kindsOf(deleted.end.log)).toEqual(['installChild', 'removeChild']);
  });

  test('an answer without a Nonce is none', () => {
    const { a, b } = pairOf(policyOf());
    const asked = start(a, create())!;
    const { wire } = answer(b, asked.wire);
    const done = finished(
      asked.end,
      wire,
      openOf(wire).payloads.filter(({ type }) => type !== 'Nonce'),
    );
    expect(failures(done)).toEqual(['invalid-syntax']);
  });
});

describe('RFC 7296 section 2.19: an address with a Child SA that is not the first', () => {
  const dynamic = { protocol: ANY, addresses: 'dynamic', ports: ANY } as const;
  const address = parseAddress('10.3.0.1');
  const config = { addresses: [{ address }], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] };
  const asked = encodeConfigurationRequest({ wants: ['ipv4'] });
  /** A gateway without Child SAs, and the request of a client. */
  function gateway(changes: Partial<Connection> = {}, configure: NonNullable<IkeEnv['configure']> = () => config, proposals = [gcm]): End {
    const { b } = pairOf(policyOf());
    const connection = connectionOf([policyOf({ proposals, local: ts('10.1.0.0/16'), remote: [dynamic] })], changes);
    return { ...b, env: { ...b.env, configure }, sa: { ...b.sa, connection, children: [] } };
  }
  function requestOf(more: readonly Payload[], policy = policyOf({ local: ts('0.0.0.0/0'), remote: ts('10.1.0.0/16') })): Wire {
    const { wire } = start(pairOf(policyOf()).a, create(policy))!;
    return { ...wire, ...encodePayloads([...more, ...openOf(wire).payloads]) };
  }

  test('is leased, told in front of SA, and what TSi is narrowed to', () => {
    const done = answer(gateway(), requestOf([asked]));
    const { payloads } = openOf(done.wire);
    expect(payloads.map(({ type }) => type)).toEqual(['CP', 'SA', 'Nonce', 'TSi', 'TSr']);
    expect(payloadOf(payloads, 'TSi').selectors).toEqual(ts('10.3.0.1'));
    expect(done.end.sa.leased).toEqual([address]);
    expect(kindsOf(done.end.log)).toEqual(['installChild']);
  });

  test('is kept by one that has one', () => {
    let asks = 0;
    const end = gateway({}, () => (asks++, config));
    const done = answer({ ...end, sa: { ...end.sa, leased: [parseAddress('10.3.0.9')] } }, requestOf([asked]));
    expect(openOf(done.wire).payloads.map(({ type }) => type)).toEqual(['SA', 'Nonce', 'TSi', 'TSr']);
    expect(asks).toBe(0);
  });

  test('is given back where nothing comes of the Child SA', () => {
    const refused = answer(gateway(), requestOf([asked], policyOf({ local: ts('0.0.0.0/0'), remote: ts('192.0.2.0/24') })));
    expect(refusedWith(refused)).toEqual(['TS_UNACCEPTABLE']);
    const group = answer(
      gateway({}, undefined, [{ ...gcm, keyExchange: [ecp256] }]),
      requestOf([asked], policyOf({ ...pfs, local: ts('0.0.0.0/0'), remote: ts('10.1.0.0/16') })),
    );
    expect(refusedWith(group)).toEqual(['INVALID_KE_PAYLOAD']);
    const wrong = answer(
      gateway({}, () => ({ ...config, addresses: [{ address: new Uint8Array(3) }] })),
      requestOf([asked]),
    );
    expect(refusedWith(wrong)).toEqual(['INTERNAL_ADDRESS_FAILURE']);
    for (const { end } of [refused, group, wrong]) {
      expect(kindsOf(end.log)).toEqual(['releaseAddress']);
      expect(end.sa).toMatchObject({ leased: [], children: [] });
    }
  });

  test('there is none, or it has to be asked for', () => {
    expect(
      refusedWith(
        answer(
          gateway({}, () => undefined),
          requestOf([asked]),
        ),
      ),
    ).toEqual(['INTERNAL_ADDRESS_FAILURE']);
    expect(refusedWith(answer(gateway({ requiresConfiguration: true }), requestOf([])))).toEqual(['FAILED_CP_REQUIRED']);
    expect(refusedWith(answer(gateway({ requiresConfiguration: true }), requestOf([asked])))).toContain('CP');
  });
});

describe('RFC 7296 section 1.3: INVALID_KE_PAYLOAD', () => {
  test('asked: again with that group, which both have then', () => {
    const { a, b } = pairOf(pfs);
    const picky: End = {
      ...b,
      sa: { ...b.sa, connection: connectionOf([mirrored(policyOf({ proposals: [{ ...gcm, keyExchange: [ecp256] }] }))]) },
    };
    const asked = start(a, create(pfs))!;
    const refused = answer(picky, asked.wire);
    expect(openOf(refused.wire).payloads).toMatchObject([{ notify: 'INVALID_KE_PAYLOAD', data: Uint8Array.of(0, 19) }]);
    expect(refused.end.sa).toBe(picky.sa);
    const told = finish(asked.end, refused.wire);
    expect(told.sa.tasks).toMatchObject([{ kind: 'createChild', group: 19, groupsTried: [31], notBefore: 0 }]);
    expect(told.log.map(({ type }) => type)).toEqual(['releaseSpi', 'wipe', 'audit']);
    const end = settle(told, picky);
    expect(end.a.sa.children[1]!.suite.keyExchange?.id).toBe(19);
    expect(failures(end.a)).toEqual([]);
  });

  test('a rekey, likewise', () => {
    const { a, b } = pairOf(pfs);
    const onlyEcp = { ...b.sa.children[0]!, policy: { ...b.sa.children[0]!.policy, proposals: [{ ...gcm, keyExchange: [ecp256] }] } };
    const picky: End = { ...b, sa: { ...b.sa, children: [onlyEcp] } };
    const asked = start(a, rekey(a))!;
    const told = finish(asked.end, answer(picky, asked.wire).wire);
    expect(told.sa.tasks).toEqual([{ kind: 'rekeyChild', spiIn: 0xa001, group: 19, groupsTried: [31], notBefore: 0 }]);
    expect(told.sa.children[0]!.status).toBe('active');
    const end = settle(told, picky);
    expect(end.a.sa.children.map(({ suite }) => suite.keyExchange?.id)).toEqual([19]);
  });

  test.each([
    ['a group that was not offered', 14],
    ['the group that was sent', 31],
  ])('%s: the end of it', (_, method) => {
    const { a } = pairOf(pfs);
    const notify = createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method }));
    for (const task of [create(pfs), rekey(a)]) {
      const asked = start(a, task)!;
      const done = finished(asked.end, asked.wire, [notify]);
      expect(failures(done)).toEqual(['invalid-ke-payload']);
      expect(done.sa.tasks).toEqual([]);
    }
  });

  test('a peer that asks for one group after the other comes to an end', () => {
    const { a } = pairOf(pfs);
    let end: End = { ...a, sa: { ...a.sa, tasks: [create(pfs)] } };
    let count = 0;
    while (end.sa.tasks.length > 0 && count++ < 10) {
      const { end: waiting, wire } = startNext(end);
      const { method } = payloadOf(openOf(wire!).payloads, 'KE');
      const data = encodeNotifyData('INVALID_KE_PAYLOAD', { method: method === 31 ? 19 : 31 });
      end = finished(waiting, wire!, [createNotify('INVALID_KE_PAYLOAD', data)]);
    }
    expect(count).toBe(2);
    expect(failures(end)).toEqual(['invalid-ke-payload']);
  });
});

describe('RFC 7296 section 2.9: SINGLE_PAIR_REQUIRED', () => {
  test('asked because of a packet: again for its addresses alone', () => {
    const policy = policyOf();
    const { a, b } = pairOf(policy);
    const pairs: End = { ...b, sa: { ...b.sa, connection: connectionOf([mirrored(policyOf({ singlePair: true }))]) } };
    const first = [ts('10.1.0.5 tcp 4711')[0]!, ts('10.2.0.6 tcp 80')[0]!] as const;
    const asked = start(a, { ...create(policy), first } as Task)!;
    // This responder would have narrowed; another one refuses.
    const told = finished(asked.end, asked.wire, [createNotify('SINGLE_PAIR_REQUIRED')]);
    const { end, wire } = startNext(told);
    expect(payloadOf(openOf(wire!).payloads, 'TSi').selectors).toEqual(ts('10.1.0.5 tcp 4711', '10.1.0.5'));
    const done = finish(end, answer(pairs, wire!).wire);
    expect(done.sa.children[1]).toMatchObject({ local: ts('10.1.0.5 tcp 4711', '10.1.0.5'), remote: ts('10.2.0.6 tcp 80', '10.2.0.6') });
    expect(done.sa.children[1]!.policy).toBe(policy);
    // Once more the same answer: nothing is left to try.
    const again = finished(end, wire!, [createNotify('SINGLE_PAIR_REQUIRED')]);
    expect([again.sa.tasks, failures(again)]).toEqual([[], ['single-pair-required']]);
  });

  test('asked without a packet: there is no pair to ask for', () => {
    const { a, b } = pairOf(policyOf());
    const pairs: End = { ...b, sa: { ...b.sa, connection: connectionOf([mirrored(policyOf({ singlePair: true }))]) } };
    const asked = start(a, create())!;
    const refused = answer(pairs, asked.wire);
    expect(refusedWith(refused)).toEqual(['SINGLE_PAIR_REQUIRED']);
    expect(failures(finish(asked.end, refused.wire))).toEqual(['single-pair-required']);
  });
});

describe('RFC 7296 section 1.3.3', () => {
  test('a Child SA is replaced, and its initiator deletes the old one', () => {
    const { a, b } = pairOf(pfs);
    const done = converse(a, b, rekey(a));
    const [first] = openOf(done.request).payloads;
    expect(first).toMatchObject({
      type: 'N',
      notify: 'REKEY_SA',
      protocol: 'ESP',
      spi: Uint8Array.of(0, 0, 0xa0, 1),
      data: new Uint8Array(0),
    });
    expect(done.a.sa.children.map(({ status }) => status)).toEqual(['rekeyed', 'active']);
    expect(done.b.sa.children.map(({ status }) => status)).toEqual(['rekeyed', 'active']);
    expect(installs(done.a)).toMatchObject([{ send: 'now', replaces: 0xa001 }]);
    // "When rekeying an SA, the responder continues to send traffic on the old SA until one of those events occurs."
    expect(installs(done.b)).toMatchObject([{ send: 'when-peer-is-ready', replaces: 0xb001 }]);
    expect(done.a.sa.tasks).toEqual([{ kind: 'deleteChild', spis: [0xa001], notBefore: 0 }]);
    expect(done.b.sa.tasks).toEqual([]);
    const end = settle(done.a, done.b);
    expect(kindsOf(end.a.log)).toEqual(['installChild', 'removeChild']);
    expect(kindsOf(end.b.log)).toEqual(['installChild', 'removeChild']);
    expect(end.a.sa.children[0]!.suite.keyExchange?.id).toBe(31);
  });

  test('it does not count as another Child SA', () => {
    const { a, b } = pairOf(policyOf());
    const { connection } = b.sa;
    const one: End = { ...b, sa: { ...b.sa, connection: { ...connection, options: { ...connection.options, maxChildren: 1 } } } };
    expect(converse(a, one, rekey(a)).b.sa.children.length).toBe(2);
  });

  test.each([
    ['another SPI', { protocol: 'ESP', spi: Uint8Array.of(0, 0, 0xa0, 9) }],
    ['our own SPI instead of theirs', { protocol: 'ESP', spi: Uint8Array.of(0, 0, 0xb0, 1) }],
    ['another protocol', { protocol: 'AH', spi: Uint8Array.of(0, 0, 0xa0, 1) }],
    ['an SPI of another length', { protocol: 'ESP', spi: Uint8Array.of(0xa0, 1) }],
    ['no SPI', { protocol: 0, spi: new Uint8Array(0) }],
  ] as const)('REKEY_SA with %s: CHILD_SA_NOT_FOUND says which', (_, sa) => {
    const { a, b } = pairOf(policyOf());
    const { wire } = start(a, rekey(a))!;
    const payloads = openOf(wire).payloads.map((p): Payload =>
      p.type === 'N' && p.notify === 'REKEY_SA' ? createNotify('REKEY_SA', undefined, sa) : p,
    );
    const refused = answer(b, { ...wire, ...encodePayloads(payloads) });
    expect(openOf(refused.wire).payloads).toMatchObject([{ notify: 'CHILD_SA_NOT_FOUND', ...sa, data: new Uint8Array(0) }]);
    expect(refused.end.sa).toBe(b.sa);
    expect(refused.end.env.allocateSpi()).toBe(0xb002);
  });

  test('REKEY_SA of one that we do not know, while an answer may still bring it: TEMPORARY_FAILURE', () => {
    const { a, b } = pairOf(policyOf());
    const asked = start(b, create(b.sa.children[0]!.policy))!; // B has asked for another one
    const granted = answer(a, asked.wire); // A has granted it, and rekeys it before B has heard
    const { wire } = start(granted.end, { kind: 'rekeyChild', spiIn: granted.end.sa.children[1]!.spiIn, notBefore: 0 })!;
    const refused = answer(asked.end, wire);
    expect(refusedWith(refused)).toEqual(['TEMPORARY_FAILURE']);
    expect(refusedWith(answer(finish(asked.end, granted.wire), wire))).toContain('SA');
  });

  test('there is nothing to rekey that is gone, has a successor, is on its way out, or is being rekeyed', () => {
    const { a } = pairOf(policyOf());
    const withChild = (status: 'rekeyed' | 'deleting'): End => ({ ...a, sa: { ...a.sa, children: [{ ...a.sa.children[0]!, status }] } });
    expect(start(a, { kind: 'rekeyChild', spiIn: 77, notBefore: 0 })).toBeUndefined();
    expect(start(withChild('rekeyed'), rekey(a))).toBeUndefined();
    expect(start(withChild('deleting'), rekey(a))).toBeUndefined();
    expect(start(start(a, rekey(a))!.end, rekey(a))).toBeUndefined();
  });

  test('a rekey that has not been asked for yet is forgotten when the peer does it', () => {
    const { a, b } = pairOf(policyOf());
    const waiting: End = { ...b, sa: { ...b.sa, tasks: [rekey(b)] } };
    expect(answer(waiting, start(a, rekey(a))!.wire).end.sa.tasks).toEqual([]);
  });

  test('an answer that we cannot accept: the old one stays', () => {
    const { a, b } = pairOf(policyOf());
    const asked = start(a, rekey(a))!;
    const { wire } = answer(b, asked.wire);
    const narrower = openOf(wire).payloads.map((p): Payload => (p.type === 'TSr' ? { ...p, selectors: ts('10.2.0.0/24') } : p));
    const done = finished(asked.end, wire, narrower);
    expect(done.sa.children).toEqual(a.sa.children);
    expect(done.sa.tasks).toMatchObject([{ kind: 'notify', payloads: [{ type: 'D' }] }]);
    expect(failures(done)).toEqual(['ts-unacceptable']);
  });

  test('section 2.8: a refusal for good asks for a new IKE SA, where it is ours to begin', () => {
    const { a, b } = pairOf(policyOf());
    for (const [end, kinds] of [
      [a, ['releaseSpi', 'childFailed', 'reauthenticate']],
      [b, ['releaseSpi', 'childFailed']],
    ] as const) {
      const asked = start(end, rekey(end))!;
      const done = finished(asked.end, asked.wire, [createNotify('NO_ADDITIONAL_SAS')]);
      expect(kindsOf(done.log)).toEqual(kinds);
      expect(done.sa.children).toEqual(end.sa.children);
    }
  });
});

describe('RFC 7296 section 2.25', () => {
  const sa = { protocol: 'ESP', spi: Uint8Array.of(0, 0, 0xa0, 1) } as const;
  test('CHILD_SA_NOT_FOUND: the Child SA is deleted without a word, and another one asked for', () => {
    const { a } = pairOf(policyOf());
    const asked = start(a, rekey(a))!;
    const done = finished(asked.end, asked.wire, [createNotify('CHILD_SA_NOT_FOUND', undefined, sa)]);
    expect(kindsOf(done.log)).toEqual(['releaseSpi', 'removeChild']);
    expect(done.sa.children).toEqual([]);
    expect(done.sa.tasks).toEqual([{ kind: 'createChild', policy: policyOf(), notBefore: 0 }]);
    const { wire } = startNext(done);
    expect(findNotify(openOf(wire!).payloads, 'REKEY_SA')).toBeUndefined();
  });

  test('"if the Child SA does not yet exist": there is another one in its place', () => {
    const { a } = pairOf(policyOf());
    const other = { ...a.sa.children[0]!, spiIn: 0xa005, spiOut: 0xb005 };
    const asked = start({ ...a, sa: { ...a.sa, children: [...a.sa.children, other] } }, rekey(a))!;
    const done = finished(asked.end, asked.wire, [createNotify('CHILD_SA_NOT_FOUND', undefined, sa)]);
    expect([done.sa.children, done.sa.tasks]).toEqual([[other], []]);
    const lesser = { ...other, remote: ts('10.2.0.0/24') };
    const again = start({ ...a, sa: { ...a.sa, children: [...a.sa.children, lesser] } }, rekey(a))!;
    expect(finished(again.end, again.wire, [createNotify('CHILD_SA_NOT_FOUND', undefined, sa)]).sa.tasks.length).toBe(1);
  });

  test('section 2.25.2: TEMPORARY_FAILURE while we rekey the IKE SA, or wait for what it inherits', () => {
    const { a, b } = pairOf(policyOf());
    const about = { kind: 'rekeyIke' } as Established['windows']['outstanding'][number]['about'];
    const rekeying: End = { ...b, sa: { ...b.sa, windows: { ...b.sa.windows, outstanding: [{ about } as never] } } };
    const waiting: End = { ...b, sa: { ...b.sa, awaitsChildren: true, children: [] } };
    for (const end of [rekeying, waiting])
      for (const task of [create(), rekey(a)]) {
        const refused = answer(end, start(a, task)!.wire);
        expect(refusedWith(refused)).toEqual(['TEMPORARY_FAILURE']);
        expect(refused.end.sa).toBe(end.sa);
      }
  });

  test('TEMPORARY_FAILURE for a new one: again, but later, with the same packet in front', () => {
    const { a, b } = pairOf(policyOf());
    const first = [ts('10.1.0.5 tcp 4711')[0]!, ts('10.2.0.6 tcp 80')[0]!] as const;
    const asked = start(a, { ...create(), first } as Task)!;
    const done = finished(asked.end, asked.wire, [createNotify('TEMPORARY_FAILURE')]);
    expect(done.sa.tasks).toMatchObject([{ kind: 'createChild', first }]);
    expect(done.sa.tasks[0]!.notBefore).toBeGreaterThanOrEqual(5_000);
    expect(done.sa.refusedSince).toBe(0);
    const end = settle(done, b);
    expect(end.a.sa.children.length).toBe(2);
    expect(end.a.sa.refusedSince).toBeUndefined();
  });
});

describe('an IKE SA on its way out', () => {
  /** An answer to a request of `a`, as it finds an IKE SA in another state. */
  function late<Sa>(task: (a: End) => Task, change: (sa: Established) => Sa, payloads?: readonly Payload[]) {
    const { a, b } = pairOf(policyOf());
    const asked = start(a, task(a))!;
    const request = asked.end.sa.windows.outstanding[0]!;
    const message: OpenMessage = payloads ? { ...openOf(answer(b, asked.wire).wire), payloads } : openOf(answer(b, asked.wire).wire);
    return {
      sa: change({ ...asked.end.sa, windows: { ...asked.end.sa.windows, outstanding: [] } }),
      message,
      env: a.env,
      context: { request, answers: [] },
    };
  }
  const successor = { spiI: new Uint8Array(8).fill(3), spiR: new Uint8Array(8).fill(4) };
  const replaced = (sa: Established): Replaced => ({ ...sa, state: 'REPLACED', successor, children: [] });
  const deleting = (sa: Established): Deleting => ({ ...sa, state: 'DELETING', reason: 'test', children: [] });

  test('what was granted under a replaced one goes to its successor', () => {
    const { sa, message, env, context } = late(() => create(), replaced);
    const { actions, sa: next } = finishChild(sa, message, env, context);
    expect(kindsOf(actions)).toEqual(['installChild', 'handOver']);
    expect(actions.at(-1)).toMatchObject({ type: 'handOver', to: successor, children: [{ spiIn: 0xa002 }], leased: [], tasks: [] });
    expect(next).toBe(sa);
  });

  test('with the Delete of the old one', () => {
    const { sa, message, env, context } = late(rekey, replaced);
    const { actions } = finishChildRekey(sa, message, env, context);
    expect(actions.at(-1)).toMatchObject({ children: [{ spiIn: 0xa002 }], tasks: [{ kind: 'deleteChild', spis: [0xa001] }] });
    expect(actions[0]).toMatchObject({ type: 'installChild', replaces: 0xa001 });
  });

  test('what was refused for now is asked for under the successor', () => {
    for (const task of [() => create(), rekey]) {
      const { sa, message, env, context } = late(task, replaced, [createNotify('TEMPORARY_FAILURE')]);
      const handler = context.request.about.kind === 'createChild' ? refusedChild : refusedChildRekey;
      const { actions } = handler(sa, message, env, context);
      expect(actions.at(-1)).toMatchObject({
        type: 'handOver',
        to: successor,
        children: [],
        tasks: [{ kind: context.request.about.kind }],
      });
    }
  });

  test('what cannot be used is deleted under the successor', () => {
    const { sa, message, env, context } = late(() => create(), replaced);
    const payloads = message.payloads.filter(({ type }) => type !== 'TSi');
    const { actions } = finishChild(sa, { ...message, payloads }, env, context);
    expect(actions.at(-1)).toMatchObject({ type: 'handOver', children: [], tasks: [{ kind: 'notify', payloads: [{ type: 'D' }] }] });
  });

  test('under one that is being deleted nothing comes of it', () => {
    for (const [task, handlers] of [
      [() => create(), [finishChild, refusedChild]],
      [rekey, [finishChildRekey, refusedChildRekey]],
    ] as const)
      for (const handler of handlers) {
        const { sa, message, env, context } = late(
          task,
          deleting,
          handler.name.startsWith('refused') ? [createNotify('TEMPORARY_FAILURE')] : undefined,
        );
        const outcome = handler(sa, message, env, context);
        expect([outcome.sa, kindsOf(outcome.actions)]).toEqual([sa, ['releaseSpi']]);
      }
  });

  test('an answer to another request is none of theirs', () => {
    const { sa, message, env, context } = late(rekey, (x) => x);
    const foreign = { ...context, request: { ...context.request, about: { kind: 'liveness' } as const } };
    for (const handler of [finishChild, finishChildRekey, refusedChild, refusedChildRekey])
      expect(handler(sa, message, env, foreign)).toEqual({ sa, actions: [] });
  });
});

test('what cannot be asked for is told, and nothing is sent', () => {
  const { a } = pairOf(policyOf());
  const elsewhere = policyOf({ mode: 'transport' });
  expect(start(a, create(elsewhere))).toBeUndefined();
  expect(findPayload(openOf(start(a, create())!.wire).payloads, 'KE')).toBeUndefined();
});
