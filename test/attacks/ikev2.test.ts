/** The rows of the list of known attacks that concern IKEv2, on the machine: every message goes the whole way, sealed where it has to be. */
import { describe, expect, it } from 'vitest';
import { encodeMessage, encodePayloads, fragmentMessage } from '../../src/ike.js';
import { createCookieSecrets, rotateCookieSecrets } from '../../src/ikev2/cookie.js';
import { decodeMessage } from '../../src/ikev2/message.js';
import { createNotify, encodeNotifyData } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { encodeIkeProposals } from '../../src/ikev2/proposal.js';
import { respond, type RespondResult } from '../../src/ikev2/respond.js';
import { step } from '../../src/ikev2/sa.js';
import type { Established, Listening } from '../../src/ikev2/states.js';
import { aeadRows, aes128Gcm16, aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519, ecp256, keyExchangeRows } from '../../src/suite/dh.js';
import { encrRows } from '../../src/suite/encr.js';
import { hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { prfRows } from '../../src/suite/prf.js';
import { pathOf } from '../ikev2/child-fixtures.js';
import { check } from '../ikev2/model-check.js';
import {
  begin,
  connect,
  createJournal,
  createWorld,
  flood,
  forge,
  mainKey,
  order,
  pass,
  receive,
  requestOf,
  settle,
  takeWire,
  wait,
  type Wire,
  type World,
} from '../ikev2/model-hosts.js';
import { type Situation, situations } from '../ikev2/model-states.js';
import { type Host, type HostOptions, ikeProposal, randomOf, saOf } from '../ikev2/two-hosts.js';

const create = (a: HostOptions = {}, b: HostOptions = {}): World => createWorld(createJournal(), a, b);
const all = situations();
const named = (name: string): Situation => all.find((one) => one.name === name)!;
const stateOf = (host: Host): string => saOf(host, mainKey(host)).state;

/** A world in which `b` takes these proposals. */
const listeningWith = (proposals: World['b']['env']['connections'][0]['proposals'], a: HostOptions = {}): World =>
  create({ connection: { proposals }, ...a }, { connection: { proposals } });

/** Gives `b` a datagram as a first message. */
function ask({ b, listening }: Pick<World, 'b' | 'listening'>, data: Uint8Array, path = pathOf()): RespondResult {
  return respond({ data, from: path.local, to: path.remote }, listening.listener, b.env);
}
const sent = ({ actions }: RespondResult): Uint8Array[] => actions.flatMap((action) => (action.type === 'send' ? [action.data] : []));

/** The first message of `a` with other payloads. */
function firstWith(world: World, change: (payloads: readonly Payload[]) => readonly Payload[]): Uint8Array {
  if (world.a.sas.size === 0) begin(world);
  const { payloads, ...header } = decodeMessage(world.a.outbox[0]!.data);
  return encodeMessage({ ...header, payloads: change(payloads) });
}

function tryOn(host: Host, { data, path }: Wire): ReturnType<typeof step> {
  return step(saOf(host, mainKey(host)), { type: 'datagram', data, from: path.local, to: path.remote }, host.env);
}

describe('row 1: public values and groups', () => {
  it.each(keyExchangeRows.map((row) => [row.name, row] as const))(
    'row 1: %s: what is no public value makes no IKE SA and gets no answer',
    (_, row) => {
      const proposals = [{ ...ikeProposal, keyExchange: [row] }];
      const world = listeningWith(proposals, { connection: { proposals: [ikeProposal] } });
      begin(world);
      const length = lengthOf(row.id);
      // Of Curve25519 and Curve448 every number is taken but those of small order.
      const wrong = row.id === 31 || row.id === 32 ? new Uint8Array(length).fill(1, 0, 1) : new Uint8Array(length).fill(0xff);
      const values = [new Uint8Array(length), wrong, new Uint8Array(length - 1).fill(2), new Uint8Array(length + 1).fill(2)];
      for (const data of [...values, new Uint8Array(0), new Uint8Array(1)]) {
        const request = firstWith(world, (payloads) =>
          payloads.map((p): Payload => {
            if (p.type === 'SA') return { ...p, proposals: encodeIkeProposals(proposals) };
            return p.type === 'KE' ? { ...p, method: row.id, data } : p;
          }),
        );
        const result = ask(world, request);
        expect([result.sa, sent(result).length]).toEqual([undefined, 0]);
      }
    },
  );

  /** Octets of the public value of a group. */
  function lengthOf(id: number): number {
    return { 14: 256, 15: 384, 16: 512, 17: 768, 18: 1024, 19: 64, 20: 96, 21: 132, 28: 64, 29: 96, 30: 128, 31: 32, 32: 56 }[id]!;
  }

  it('row 1: every number of a group: its own, or INVALID_KE_PAYLOAD: CVE-2014-9221', () => {
    const world = create();
    const request = firstWith(world, (payloads) => payloads);
    const at = request.indexOf(31, 28 + 4) >= 0 ? placeOfKe(request) : 0;
    const tally = { kept: 0, refused: 0 };
    for (let id = 0; id < 0x10000; id++) {
      request[at] = id >>> 8;
      request[at + 1] = id & 0xff;
      const result = ask(world, request);
      if (result.sa) tally.kept++;
      else if (sent(result).length === 1 && sent(result)[0]!.length === 38) tally.refused++;
    }
    expect(tally).toEqual({ kept: 1, refused: 0xffff });
  });

  function placeOfKe(request: Uint8Array): number {
    const { payloads } = decodeMessage(request);
    const before = encodePayloads(
      payloads.slice(
        0,
        payloads.findIndex(({ type }) => type === 'KE'),
      ),
    ).octets.length;
    return 28 + before + 4;
  }
});

describe('row 2: proposals without what keys need', () => {
  it('row 2: any transforms: no IKE SA, or one with all of its keys', () => {
    const rows = [
      {
        encryption: [...aeadRows, ...encrRows.filter(({ isNull }) => !isNull)],
        integrity: integRows,
        prf: prfRows,
        keyExchange: [curve25519],
      },
    ];
    const usable = {
      ...rows[0]!,
      encryption: [aes256Gcm16, ...encrRows.filter(({ name }) => name.includes('CBC'))],
      integrity: [hmacSha256_128],
    };
    const world = listeningWith([usable], { connection: { proposals: [ikeProposal] } });
    begin(world);
    const random = randomOf(12);
    const octet = new Uint8Array(1);
    const chance = (n: number): number => (random(octet), octet[0]! % n);
    const [proposal] = encodeIkeProposals([usable]).slice(-1);
    const tally = { made: 0, refused: 0 };
    for (let i = 0; i < 400; i++) {
      const transforms = proposal!.transforms.filter(() => chance(3) > 0);
      const others = proposal!.transforms.map((t): (typeof transforms)[number] => (chance(4) === 0 ? { ...t, id: chance(40) } : t));
      const proposals = [{ ...proposal!, proposalNum: 1, transforms: i % 2 === 0 ? transforms : others }];
      const result = ask(
        world,
        firstWith(world, (payloads) => payloads.map((p) => (p.type === 'SA' ? { ...p, proposals } : p))),
      );
      if (!result.sa || result.sa.state !== 'INIT_ANSWERED') {
        tally.refused++;
        continue;
      }
      tally.made++;
      const { suite, keys } = result.sa.crypto;
      const { SK_ai, SK_ar, ...rest } = keys;
      for (const key of Object.values<Uint8Array>({ ...rest })) expect(key.length).toBeGreaterThan(15);
      expect([SK_ai.length > 0, SK_ar.length > 0]).toEqual([suite.integrity !== undefined, suite.integrity !== undefined]);
      expect(suite.encryption.kind === 'aead' || suite.integrity !== undefined).toBe(true);
    }
    expect(tally.made).toBeGreaterThan(20);
    expect(tally.refused).toBeGreaterThan(100);
  });
});

describe('row 3: payloads that are missing', () => {
  const whole: [string, string, boolean, string[]][] = [
    ['LISTENING', 'IKE_SA_INIT', false, ['SA(IKE)', 'KE', 'Nonce']],
    ['INIT_SENT', 'IKE_SA_INIT', true, ['SA(IKE)', 'KE', 'Nonce']],
    ['INIT_ANSWERED', 'IKE_AUTH', false, ['IDi', 'AUTH', 'SA', 'TSi', 'TSr']],
    ['AUTH_SENT', 'IKE_AUTH', true, ['IDr', 'AUTH', 'SA', 'TSi', 'TSr']],
    ['ESTABLISHED a', 'CREATE_CHILD_SA', false, ['SA', 'Nonce', 'TSi', 'TSr']],
    ['ESTABLISHED b', 'CREATE_CHILD_SA', false, ['N(REKEY_SA)', 'SA', 'Nonce', 'KE', 'TSi', 'TSr']],
    ['ESTABLISHED b', 'CREATE_CHILD_SA', false, ['SA(IKE)', 'Nonce', 'KE']],
    ['ESTABLISHED a, createChild under way', 'CREATE_CHILD_SA', true, ['SA', 'Nonce', 'TSi', 'TSr']],
    ['ESTABLISHED a, rekeyChild under way', 'CREATE_CHILD_SA', true, ['SA', 'Nonce', 'TSi', 'TSr']],
    ['ESTABLISHED b, rekeyIke under way', 'CREATE_CHILD_SA', true, ['SA(IKE)', 'Nonce', 'KE']],
    ['ESTABLISHED a', 'INFORMATIONAL', false, ['D(IKE)']],
    ['ESTABLISHED a, deleteChild under way', 'INFORMATIONAL', true, ['D']],
  ];

  it.each(whole)('row 3: %s, %s (answer: %s): each payload and each pair: CVE-2019-12312', (name, exchange, isResponse, names) => {
    expect(check(named(name), { exchange, isResponse, names }).verdict.kind).toBe('taken');
    for (let i = 0; i < names.length; i++)
      for (let j = i; j < names.length; j++)
        expect(check(named(name), { exchange, isResponse, names: names.filter((_, at) => at !== i && at !== j) }).wrong).toEqual([]);
  });
});

/** Payloads with octets changed: the first 48 of each body, and every generic header but the first, which AUTH does not cover. */
function* changed(payloads: readonly Payload[], which: number): Generator<Uint8Array> {
  const { octets } = encodePayloads(payloads);
  const start = encodePayloads(payloads.slice(0, which)).octets.length;
  const length = encodePayloads(payloads.slice(which, which + 1)).octets.length;
  for (let at = start + (which === 0 ? 4 : 0); at < start + Math.min(length, 52); at++)
    for (const value of [0, 1, 0xff, octets[at]! + 1, octets[at]! - 1]) {
      const data = octets.slice();
      data[at] = value;
      if (data[at] !== octets[at]) yield data;
    }
  for (let cut = start; cut < start + length; cut++) yield octets.slice(0, cut);
}

/** What came of a message of the peer: no exception, one answer at most. */
function expectSane({ sa, path, env }: Situation, data: Uint8Array): string {
  const result = step(sa as Established, { type: 'datagram', data, from: path.remote, to: path.local }, env());
  expect(result.actions.filter((action) => action.type === 'send' && (action.data[19]! & 0x20) !== 0).length).toBeLessThan(2);
  return result.sa.state;
}

describe('row 4: lengths and counts inside of what is protected', () => {
  it.each([
    ['INIT_ANSWERED', 'IKE_AUTH', false, ['IDi', 'AUTH', 'SA', 'TSi', 'TSr', 'CP']],
    ['AUTH_SENT', 'IKE_AUTH', true, ['IDr', 'AUTH', 'SA', 'TSi', 'TSr']],
    ['ESTABLISHED b', 'CREATE_CHILD_SA', false, ['N(REKEY_SA)', 'SA', 'Nonce', 'TSi', 'TSr']],
    ['ESTABLISHED a, createChild under way', 'CREATE_CHILD_SA', true, ['SA', 'Nonce', 'TSi', 'TSr']],
  ] as const)('row 4: %s, %s (answer: %s): CVE-2023-23009, CVE-2025-9242', (name, exchange, isResponse, names) => {
    const one = named(name);
    const dictionary = one.payloads(isResponse);
    const payloads = names.map((n) => dictionary[n]!);
    const { firstPayload } = encodePayloads(payloads);
    const header = { exchange, isResponse, messageId: isResponse ? one.asked!.messageId : one.nextId };
    for (const [i, { type }] of payloads.entries())
      for (const octets of changed(payloads, i)) {
        const state = expectSane(one, one.sealOctets(header, firstPayload, octets));
        expect([one.sa.state, 'ESTABLISHED', 'DELETING', 'CLOSED']).toContain(state);
        // What AUTH covers cannot be changed: the generic header and RESERVED of AUTH itself are not.
        if (type === 'IDi') expect(state).not.toBe('ESTABLISHED');
      }
  });
});

const withFragments: HostOptions = { options: { fragmentSizes: [1280, 576] } };

describe('rows 5 and 6: fragments', () => {
  /** `b` is half open and waits for IKE_AUTH in fragments of this size. */
  function halfOpen(
    size: number,
    own = withFragments,
  ): { readonly world: World; readonly fragments: readonly Uint8Array[]; readonly path: Wire['path'] } {
    const world = create(own, withFragments);
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    const sa = saOf(a, mainKey(a)) as unknown as Established;
    const { spiI, spiR, crypto, path } = sa;
    const header = { spiI, spiR, exchange: 'IKE_AUTH', messageId: 1, isResponse: false, isInitiator: true } as const;
    return { world, fragments: fragmentMessage(crypto.seal, header, requestOf(a).payloads, randomOf(7), { size }), path };
  }

  it('row 6: forged fragments cost nothing, and the genuine ones are taken after them', () => {
    const { world, fragments, path } = halfOpen(120);
    const { b } = world;
    expect(fragments.length).toBeGreaterThan(2);
    const before = saOf(b, mainKey(b));
    for (let i = 0; i < 20_000; i++) {
      const data = fragments[i % fragments.length]!.slice();
      const number = 28 + 4;
      if (i % 3 === 0) data[number + 1] = i & 0xff;
      if (i % 3 === 1) data[number + 3] = i & 0xff;
      data[data.length - 1 - (i % 16)]! ^= 1 + (i % 255);
      expect(tryOn(b, { data, path }).sa === before).toBe(true);
    }
    for (const data of fragments.toReversed()) receive(world, b, { data, path });
    expect(stateOf(b)).toBe('ESTABLISHED');
  });

  it('row 5: numbers that cannot be, 65,535 in all, a total that shrinks, the same again: CVE-2026-12413', () => {
    const { world, fragments, path } = halfOpen(120);
    const { a, b } = world;
    const [first] = fragments;
    receive(world, b, { data: first!, path });
    const kept = saOf(b, mainKey(b));
    expect(kept.windows.requestQueue?.parts.size).toBe(1);
    for (const [at, high, low] of [
      [32, 0, 0],
      [32, 0xff, 0xff],
      [34, 0, 0],
      [34, 0xff, 0xff],
      [34, 0, 1],
    ] as const) {
      const data = first!.slice();
      data[at] = high;
      data[at + 1] = low;
      expect(tryOn(b, { data, path }).sa).toBe(kept);
    }
    expect(tryOn(b, { data: first!, path }).sa.windows.requestQueue?.parts.size).toBe(1);
    const sa = saOf(a, mainKey(a)) as unknown as Established;
    const { spiI, spiR, crypto } = sa;
    const header = { spiI, spiR, exchange: 'IKE_AUTH', messageId: 1, isResponse: false, isInitiator: true } as const;
    const fewer = fragmentMessage(crypto.seal, header, requestOf(a).payloads, randomOf(8), { size: 200 });
    expect(fewer.length).toBeLessThan(fragments.length);
    expect(tryOn(b, { data: fewer[1]!, path }).sa.windows.requestQueue).toBe(kept.windows.requestQueue);
  });

  it('row 5: fragments of two messages are not put together, nor with one that is whole', () => {
    const { world, fragments, path } = halfOpen(120);
    const { a, b } = world;
    receive(world, b, { data: fragments[0]!, path });
    const whole = takeWire(a);
    receive(world, b, whole);
    expect(stateOf(b)).toBe('ESTABLISHED');
    expect(saOf(b, mainKey(b)).windows.requestQueue).toBeUndefined();
    for (const data of fragments.slice(1)) receive(world, b, { data, path });
    expect(saOf(b, mainKey(b)).windows.requestQueue).toBeUndefined();
  });

  it('row 5: a fragment where none were agreed on', () => {
    const { world, fragments, path } = halfOpen(120, {});
    const before = saOf(world.b, mainKey(world.b));
    expect(tryOn(world.b, { data: fragments[0]!, path }).sa).toBe(before);
  });

  it('row 6: an incomplete set is forgotten in time', () => {
    const { world, path } = halfOpen(120);
    const { a, b } = world;
    settle(world);
    const sa = saOf(a, mainKey(a)) as Established;
    const { spiI, spiR, crypto } = sa;
    const header = { spiI, spiR, exchange: 'INFORMATIONAL', messageId: 2, isResponse: false, isInitiator: true } as const;
    const parts = fragmentMessage(crypto.seal, header, [createNotify('INVALID_SPI', new Uint8Array(400))], randomOf(8), { size: 120 });
    receive(world, b, { data: parts[0]!, path });
    expect(saOf(b, mainKey(b)).windows.requestQueue).toBeDefined();
    expect(b.sas.get(mainKey(b))!.wakeAt).toBeLessThanOrEqual(60_000);
    wait(world, 60_000);
    expect(saOf(b, mainKey(b)).windows.requestQueue).toBeUndefined();
  });
});

describe('rows 7, 8 and 9: too much, and what is not known', () => {
  it('row 7: more payloads than the limits allow end a half-open IKE SA with one small answer', () => {
    const many = Array.from({ length: 3000 }, () => createNotify('INITIAL_CONTACT'));
    const one = named('INIT_ANSWERED');
    const data = one.seal({ exchange: 'IKE_AUTH', messageId: 1, isResponse: false }, many);
    const result = step(one.sa as Established, { type: 'datagram', data, from: one.path.remote, to: one.path.local }, one.env());
    const answers = result.actions.flatMap((action) => (action.type === 'send' ? [action.data.length] : []));
    expect([result.sa.state, answers.length, answers[0]! < 100]).toEqual(['CLOSED', 1, true]);
  });

  it('row 8: as many proposals and transforms as fit: an answer, or none, without going through their combinations', () => {
    const world = create();
    begin(world);
    const [proposal] = encodeIkeProposals([ikeProposal]);
    for (const [proposals, transforms] of [
      [255, 1],
      [60, 4],
      [1, 255],
      [20, 12],
    ] as const) {
      const spread = Array.from({ length: transforms }, (_, i) => proposal!.transforms[i % proposal!.transforms.length]!);
      const list = Array.from({ length: proposals }, (_, i) => ({ ...proposal!, proposalNum: i + 1, transforms: spread }));
      const request = firstWith(world, (payloads) => payloads.map((p) => (p.type === 'SA' ? { ...p, proposals: list } : p)));
      const result = ask(world, request);
      expect(sent(result).length).toBeLessThan(2);
      for (const answer of sent(result)) expect(answer.length).toBeLessThanOrEqual(request.length);
    }
  });

  it('row 9: unknown payloads, reserved bits and minor versions are stepped over; critical ones and major versions are not', () => {
    const world = create();
    const unknown = (critical: boolean): Payload => ({ type: 'unknown', payloadType: 199, critical, data: new Uint8Array(40) });
    const plain = firstWith(world, (payloads) => [...payloads, unknown(false)]);
    expect(ask(world, plain).sa).toBeDefined();
    const refused = ask(
      world,
      firstWith(world, (payloads) => [...payloads, unknown(true)]),
    );
    expect(refused.sa).toBeUndefined();
    expect(decodeMessage(sent(refused)[0]!).payloads).toMatchObject([{ notify: 'UNSUPPORTED_CRITICAL_PAYLOAD', data: Uint8Array.of(199) }]);
    for (let version = 0; version < 256; version++) {
      const data = plain.slice();
      data[17] = version;
      expect(ask(world, data).sa !== undefined).toBe(version >>> 4 === 2);
    }
    for (let flags = 0; flags < 256; flags++) {
      const data = plain.slice();
      data[19] = flags;
      expect(ask(world, data).sa !== undefined).toBe((flags & 0x28) === 0x08);
    }
  });
});

describe('row 21: floods of half-open IKE SAs, and amplification: CVE-2016-5361', () => {
  it('row 21: 100,000 requests from forged addresses: a cookie to each, nothing kept, no answer longer than its request', () => {
    const world = create();
    flood(world);
    const request = firstWith(world, (payloads) => payloads);
    const { listening } = world;
    const path = pathOf();
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      request[0] = 1 + (i % 255);
      request[1] = i >>> 8;
      const from = { address: Uint8Array.of(10, i >>> 16, i >>> 8, i), port: 500 };
      const { sa, actions, wakeAt } = respond({ data: request, from, to: path.remote }, listening.listener, world.b.env);
      if (sa || wakeAt !== Infinity) throw new Error('something was kept');
      for (const action of actions) if (action.type === 'send') most = Math.max(most, action.data.length);
    }
    expect(most).toBe(28 + 8 + 17);
    expect(most).toBeLessThan(request.length);
    expect([world.listening === listening, world.b.sas.size]).toEqual([true, 0]);
  });

  it('row 21: whatever the request: never a longer answer', () => {
    const world = create();
    const short = (payloads: readonly Payload[]): Payload[] =>
      payloads.filter(({ type }) => type !== 'N').map((p) => (p.type === 'Nonce' ? { ...p, data: p.data.subarray(0, 16) } : p));
    const shapes: ((payloads: readonly Payload[]) => readonly Payload[])[] = [
      (payloads) => payloads,
      short,
      (payloads) => [...short(payloads), createNotify('SIGNATURE_HASH_ALGORITHMS', Uint8Array.of(0, 2))],
      (payloads) => [...short(payloads), createNotify('SIGNATURE_HASH_ALGORITHMS', Uint8Array.of(0, 1))],
      (payloads) => payloads.filter(({ type }) => type === 'Nonce'),
      () => [],
      () => [{ type: 'unknown', payloadType: 199, critical: true, data: new Uint8Array(0) }],
      (payloads) => payloads.map((p) => (p.type === 'KE' ? { ...p, method: 14 } : p)),
    ];
    let answered = 0;
    for (const shape of shapes) {
      const request = firstWith(world, shape);
      for (const answer of sent(ask(world, request))) {
        answered++;
        expect(answer.length).toBeLessThanOrEqual(request.length);
      }
    }
    expect(answered).toBe(6);
  });

  it('row 21: a responder sends its answer again only to the same request from the same address, and never by the clock', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    const request = a.outbox[0]!;
    pass(world, a);
    b.outbox.length = 0;
    wait(world, 20_000);
    expect(b.outbox).toEqual([]);
    const elsewhere = { ...request, path: pathOf('203.0.113.7') };
    receive(world, b, elsewhere);
    expect(b.outbox.map(({ path }) => path.remote.address)).toEqual([pathOf().local.address]);
    wait(world, 20_000);
    expect(stateOf(b)).toBe('CLOSED');
  });

  it('row 21: half-open IKE SAs are limited, all of them and those of one address', () => {
    const world = create();
    const request = firstWith(world, (payloads) => payloads);
    const { listener } = world.listening;
    const at = (total: number, fromAddress: number): RespondResult => {
      const full: Listening = { state: 'LISTENING', listener: { ...listener, halfOpen: { total, fromAddress } } };
      return ask({ ...world, listening: full }, request);
    };
    expect([at(9, 99).sa !== undefined, at(10, 99).sa, sent(at(10, 99)).length]).toEqual([true, undefined, 1]);
    for (const [total, one] of [
      [100, 0],
      [9, 100],
    ] as const)
      expect(sent(at(total, one))).toEqual([]);
  });

  it('row 21: a cookie is worth something for one nonce, SPI and address, and for 30 to 60 seconds', () => {
    const world = create();
    flood(world);
    const bare = firstWith(world, (payloads) => payloads);
    const { payloads } = decodeMessage(sent(ask(world, bare))[0]!);
    const withCookie = (change: (payloads: readonly Payload[]) => readonly Payload[] = (p) => p): Uint8Array =>
      firstWith(world, (own) => [...payloads, ...change(own)]);
    expect(ask(world, withCookie()).sa).toBeDefined();
    expect(ask(world, withCookie(), pathOf('192.0.2.2')).sa).toBeUndefined();
    expect(
      ask(
        world,
        withCookie((own) => own.map((p) => (p.type === 'Nonce' ? { ...p, data: new Uint8Array(32) } : p))),
      ).sa,
    ).toBeUndefined();
    const otherSpi = withCookie();
    otherSpi[0]! ^= 1;
    expect(ask(world, otherSpi).sa).toBeUndefined();
    const { listener } = world.listening;
    const later = (now: number, cookies = listener.cookies): RespondResult => {
      let next = cookies;
      for (let at = 30_000; at <= now; at += 30_000) next = rotateCookieSecrets(next, randomOf(at), at);
      return ask({ ...world, listening: { state: 'LISTENING', listener: { ...listener, cookies: next } } }, withCookie());
    };
    expect([later(30_000).sa !== undefined, later(60_000).sa, later(0, createCookieSecrets(randomOf(8), 0)).sa]).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });
});

describe('row 22: what nobody vouches for', () => {
  const answerTo = (world: World, payloads: readonly Payload[]): Wire => {
    const { spiI, path } = saOf(world.a, mainKey(world.a));
    const header = { spiI, spiR: new Uint8Array(8), exchange: 'IKE_SA_INIT', isInitiator: false, isResponse: true, messageId: 0 } as const;
    return { data: encodeMessage({ ...header, payloads }), path: { local: path.remote, remote: path.local } };
  };

  it('row 22: COOKIE for ever, with INVALID_KE_PAYLOAD in between: an end to it', () => {
    const proposals = [{ ...ikeProposal, keyExchange: [curve25519, ecp256] }];
    const world = create({ connection: { proposals } });
    begin(world);
    let asked = 0;
    for (let i = 0; i < 50 && stateOf(world.a) === 'INIT_SENT'; i++) {
      asked += world.a.outbox.splice(0).length;
      const method = i % 4 === 1 ? 19 : 31;
      const payloads = i % 2 === 0 ? [createNotify('COOKIE', new Uint8Array(8).fill(i))] : [createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method }))]; // prettier-ignore
      receive(world, world.a, answerTo(world, payloads));
    }
    expect([stateOf(world.a), asked]).toEqual(['CLOSED', 3]);
  });

  it('row 22: groups that were not offered, or were tried, are not gone to', () => {
    const world = create();
    begin(world);
    world.a.outbox.length = 0;
    for (const method of [31, 14, 2, 1, 0, 0xffff]) {
      receive(world, world.a, answerTo(world, [createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method }))]));
      expect([stateOf(world.a), world.a.outbox.length]).toEqual(['INIT_SENT', 0]);
    }
  });

  it('row 22: a thousand forged refusals, and the right answer after them', () => {
    const world = create();
    begin(world);
    for (let i = 0; i < 1000; i++)
      receive(world, world.a, answerTo(world, [createNotify((['NO_PROPOSAL_CHOSEN', 'INVALID_SYNTAX', 'AUTHENTICATION_FAILED', 'INVALID_MAJOR_VERSION'] as const)[i % 4]!)])); // prettier-ignore
    expect([stateOf(world.a), world.a.outbox.length]).toEqual(['INIT_SENT', 1]);
    settle(world);
    expect(stateOf(world.a)).toBe('ESTABLISHED');
  });

  it('row 22: refused for as long as it is tried: then it is told, and what was said with it', () => {
    const world = create();
    begin(world);
    receive(world, world.a, answerTo(world, [createNotify('NO_PROPOSAL_CHOSEN')]));
    for (let i = 0; i < 20 && stateOf(world.a) !== 'CLOSED'; i++) wait(world, 120_000);
    const closed = world.a.actions.find((action) => action.type === 'closed');
    expect(closed?.error?.code).toBe('peer-refused');
    expect(closed?.error?.message).toContain('NO_PROPOSAL_CHOSEN');
  });

  it('row 22: hints about an IKE SA make a liveness check at most, and seldom', () => {
    const world = create();
    const { a } = world;
    connect(world);
    wait(world, 11_000);
    const before = saOf(a, mainKey(a)) as Established;
    for (let i = 0; i < 100; i++) order(a, { type: 'hint', notify: 'INVALID_IKE_SPI' });
    const after = saOf(a, mainKey(a)) as Established;
    expect([a.outbox.length, after.children === before.children, requestOf(a).about.kind]).toEqual([1, true, 'liveness']);
    settle(world);
    for (let i = 0; i < 100; i++) order(a, { type: 'hint', notify: 'INVALID_IKE_SPI' });
    expect(a.outbox).toEqual([]);
  });
});

describe('rows 23 and 24: weaker than it could be', () => {
  const strong = { ...ikeProposal, encryption: [aes256Gcm16] };
  const weak = { ...ikeProposal, encryption: [aes128Gcm16] };

  it.each(['strips', 'changes, octet for octet,'])('row 23: what somebody %s in the proposals on the way is missed by AUTH', (how) => {
    const proposals = [{ ...ikeProposal, encryption: [aes256Gcm16, aes128Gcm16] }];
    const world = create({ connection: { proposals } }, { connection: { proposals } });
    const { a, b } = world;
    begin(world);
    const request = takeWire(a);
    const { payloads, ...header } = decodeMessage(request.data);
    const [proposal] = encodeIkeProposals(how === 'strips' ? [weak] : proposals);
    const transforms = proposal!.transforms.map((t) => ({ ...t, attributes: t.attributes.map((one) => ({ ...one, value: 128 })) }));
    const forged = payloads.map((p): Payload => (p.type === 'SA' ? { ...p, proposals: [{ ...proposal!, transforms }] } : p));
    const data = encodeMessage({ ...header, payloads: forged });
    expect(data.length === request.data.length).toBe(how !== 'strips');
    receive(world, b, { ...request, data });
    expect((saOf(b, mainKey(b)) as Established).crypto.suite.encryption.keyLength).toBe(aes128Gcm16.keyLength);
    settle(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['CLOSED', 'CLOSED']);
    expect([a, b].some(({ actions }) => actions.some(({ type }) => type === 'established' || type === 'installChild'))).toBe(false);
  });

  it('row 23: so is a notification that somebody takes out or puts in', () => {
    for (const change of [
      (payloads: readonly Payload[]) => payloads.filter(({ type }) => type !== 'N'),
      (payloads: readonly Payload[]) => [...payloads, createNotify('INITIAL_CONTACT')],
    ]) {
      const world = create();
      begin(world);
      const request = takeWire(world.a);
      const { payloads, ...header } = decodeMessage(request.data);
      receive(world, world.b, { ...request, data: encodeMessage({ ...header, payloads: change(payloads) }) });
      settle(world);
      expect([stateOf(world.a), stateOf(world.b)]).toEqual(['CLOSED', 'CLOSED']);
    }
  });

  it('row 23: and a change of the answer', () => {
    const world = create();
    begin(world);
    pass(world, world.a);
    const answer = takeWire(world.b);
    const { payloads, ...header } = decodeMessage(answer.data);
    receive(world, world.a, { ...answer, data: encodeMessage({ ...header, payloads: [...payloads, createNotify('INITIAL_CONTACT')] }) });
    settle(world);
    expect([stateOf(world.a), stateOf(world.b)]).toEqual(['CLOSED', 'CLOSED']);
  });

  it('row 24: the order is ours: the initiator’s first choice is not taken where ours is offered, too', () => {
    const world = create({ connection: { proposals: [weak, strong] } }, { connection: { proposals: [strong, weak] } });
    connect(world);
    expect((saOf(world.b, mainKey(world.b)) as Established).crypto.suite.encryption.keyLength).toBe(aes256Gcm16.keyLength);
    const narrow = create({ connection: { proposals: [weak] } }, { connection: { proposals: [strong] } });
    connect(narrow);
    expect([stateOf(narrow.a), narrow.b.sas.size]).toEqual(['INIT_SENT', 0]);
  });
});

describe('row 33: the peer’s address', () => {
  it('row 33: moves by a fresh genuine message of a peer behind a NAT, and by nothing else', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    a.outbox[0] = { ...a.outbox[0]!, path: pathOf('203.0.113.1') }; // a NAT in front of `a`
    pass(world, a);
    const outside = pathOf('203.0.113.1');
    const viaNat = (wire: Wire, path = outside): Wire => ({ ...wire, path: { ...path, remote: wire.path.remote } });
    const back = (): void => {
      receive(world, a, { ...takeWire(b), path: pathOf('198.51.100.1', '192.0.2.1') });
    };
    back();
    receive(world, b, viaNat(takeWire(a)));
    expect(stateOf(b)).toBe('ESTABLISHED');
    const { path, nat } = saOf(b, mainKey(b)) as Established;
    expect([path.remote.address, nat.follow]).toEqual([outside.local.address, true]);
    const message = forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, []);
    const thief = viaNat(message, pathOf('203.0.113.66'));
    const forged = thief.data.slice();
    forged[forged.length - 1]! ^= 1;
    expect((tryOn(b, { ...thief, data: forged }).sa as Established).path).toBe(path);
    receive(world, b, viaNat(message));
    const after = saOf(b, mainKey(b)) as Established;
    expect((tryOn(b, thief).sa as Established).path).toBe(after.path); // a repetition is not fresh
    const moved = tryOn(b, viaNat(forge(a, { exchange: 'INFORMATIONAL', messageId: 3 }, []), pathOf('203.0.113.9')));
    expect((moved.sa as Established).path.remote.address).toEqual(pathOf('203.0.113.9').local.address);
  });

  it('row 33: without a NAT it does not move at all', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    const { path } = saOf(b, mainKey(b));
    const message = forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, []);
    const { sa, actions } = tryOn(b, { ...message, path: pathOf('203.0.113.66') });
    expect([sa.path, actions.some(({ type }) => type === 'moved')]).toEqual([path, false]);
    order(b, { type: 'moved', from: { address: Uint8Array.of(203, 0, 113, 66), port: 500 } });
    expect(saOf(b, mainKey(b)).path).toBe(path);
  });
});

describe('rows 38 to 41', () => {
  const one = named('INIT_ANSWERED');

  it('row 38: identities of every type and of any octets: nobody, without AUTH over them', () => {
    const dictionary = one.payloads(false);
    for (let idType = 0; idType < 256; idType++)
      for (const name of [
        new Uint8Array(0),
        new Uint8Array(4),
        new Uint8Array(16),
        Uint8Array.of(0x30, 0x82, 0xff, 0xff),
        new TextEncoder().encode('__proto__'),
      ]) {
        const payloads = ['IDi', 'AUTH', 'SA', 'TSi', 'TSr'].map((label): Payload =>
          label === 'IDi' ? { type: 'IDi', idType, data: name } : dictionary[label]!,
        );
        const data = one.seal({ exchange: 'IKE_AUTH', messageId: 1, isResponse: false }, payloads);
        expect(expectSane(one, data)).toBe('CLOSED');
      }
  });

  it('rows 39 and 40: any octets in any payload, in every state: an end to it, and one answer at most', () => {
    const random = randomOf(40);
    const pick = new Uint8Array(4);
    for (const situation of all) {
      if (situation.sa.state === 'LISTENING' || situation.sa.state === 'INIT_SENT') continue;
      for (let i = 0; i < 120; i++) {
        const isResponse = i % 3 === 0 && situation.asked !== undefined;
        const messageId = isResponse ? situation.asked.messageId : situation.nextId;
        const exchange = isResponse ? situation.asked.exchange : i % 2 === 0 ? 'CREATE_CHILD_SA' : 'IKE_AUTH';
        random(pick);
        const octets = new Uint8Array(4 * (pick[0]! % 40));
        random(octets);
        // Headers that lead on, so that more than the first payload is looked at.
        for (let at = 0; at + 4 <= octets.length; at += 4 * (1 + (octets[at + 3]! % 6)))
          octets.set([33 + (octets[at]! % 16), 0, 0, 4 * (1 + (octets[at + 3]! % 6))], at);
        expectSane(situation, situation.sealOctets({ exchange, messageId, isResponse }, 33 + (pick[1]! % 16), octets));
      }
    }
  });

  it('row 41: a datagram is the caller’s again once it is taken: overwriting it changes nothing', () => {
    const world = create(withFragments, withFragments);
    const { a, b } = world;
    begin(world);
    for (let i = 0; i < 100 && (a.outbox.length > 0 || b.outbox.length > 0); i++) {
      const from = a.outbox.length > 0 ? a : b;
      const wire = takeWire(from);
      const data = wire.data.slice();
      receive(world, from === a ? b : a, { ...wire, data });
      data.fill(0xee);
      if (stateOf(a) === 'ESTABLISHED' && i < 6) order(a, { type: 'createChild', policy: 'net' });
    }
    expect([stateOf(a), stateOf(b), a.sad.size === b.sad.size && a.sad.size > 1]).toEqual(['ESTABLISHED', 'ESTABLISHED', true]);
    order(a, { type: 'rekeyIke' });
    settle(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('row 41: names from the network are no keys', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const world = create({ connection: { localId: { type: 'ID_FQDN', name } } });
      connect(world);
      expect((saOf(world.b, mainKey(world.b)) as Established).peerId).toEqual({ type: 'ID_FQDN', name });
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }
  });
});
