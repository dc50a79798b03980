/** Row 10 of the list of known attacks, and all else that a peer may try out of turn: it gains nothing. */
import { describe, expect, it } from 'vitest';
import { sealSk } from '../../src/ike.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import type { IkeHeaderFields } from '../../src/ikev2/sk.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { step } from '../../src/ikev2/sa.js';
import type { Established } from '../../src/ikev2/states.js';
import {
  begin,
  connect,
  createJournal,
  createWorld,
  forge,
  mainKey,
  order,
  pass,
  read,
  requestOf,
  settle,
  takeWire,
  type Wire,
  type World,
} from '../ikev2/model-hosts.js';
import { situations } from '../ikev2/model-states.js';
import { type Host, randomOf, saOf } from '../ikev2/two-hosts.js';

const create = (a = {}, b = {}): World => createWorld(createJournal(), a, b);

/** What a message does to a host's IKE SA, without its being done. */
function tryOn(host: Host, { data, path }: Wire, key = mainKey(host)): ReturnType<typeof step> {
  return step(saOf(host, key), { type: 'datagram', data, from: path.local, to: path.remote }, host.env);
}

/** It changes nothing at all, and nobody hears of it. */
function expectNothing(host: Host, wire: Wire, key = mainKey(host)): void {
  const before = saOf(host, key);
  const { sa, actions } = tryOn(host, wire, key);
  expect(sa).toBe(before);
  expect(actions.map(({ type }) => type)).toEqual(['audit']);
}

/** A message with any header that the host's keys seal. */
function sealed(host: Host, header: Partial<IkeHeaderFields>, payloads: readonly Payload[]): Wire {
  const sa = saOf(host, mainKey(host)) as Established;
  const { spiI, spiR, role, path, crypto } = sa;
  const plain = { spiI, spiR, exchange: 'INFORMATIONAL', messageId: 2, isResponse: false, isInitiator: role === 'initiator' } as const;
  return { data: sealSk(crypto.seal, { ...plain, ...header }, payloads, randomOf(4)), path };
}

const peer = situations().find(({ name }) => name === 'ESTABLISHED b')!;

/** What would replace the IKE SA or a Child SA, or make one. */
function creations(): Payload[][] {
  const p = peer.payloads(false);
  const child = [p['SA']!, p['Nonce']!, p['TSi']!, p['TSr']!];
  return [[p['SA(IKE)']!, p['Nonce']!, p['KE']!], child, [p['N(REKEY_SA)']!, ...child]];
}

describe('row 10: CVE-2014-2338: before the peer is authenticated', () => {
  it('row 10: CREATE_CHILD_SA and INFORMATIONAL to a half-open IKE SA change nothing and get no answer', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    const deletes: Payload[] = [{ type: 'D', protocol: 'IKE', spis: [] }];
    for (const payloads of [...creations(), [], deletes, [createNotify('INITIAL_CONTACT')]])
      for (const exchange of ['CREATE_CHILD_SA', 'INFORMATIONAL'] as const)
        for (const messageId of [0, 1, 2]) {
          const { sa, actions } = tryOn(b, forge(a, { exchange, messageId }, payloads));
          expect([sa.state, sa.windows.nextPeerId]).toEqual(['INIT_ANSWERED', 1]);
          expect(actions.filter(({ type }) => type !== 'audit')).toEqual([]);
          expect('children' in sa).toBe(false);
        }
    settle(world); // and what is in turn is taken after all of that
    expect(saOf(b, mainKey(b)).state).toBe('ESTABLISHED');
  });

  it('row 10: requests of the responder to an initiator that still waits for its IKE_AUTH', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    for (const payloads of [...creations(), []])
      for (const exchange of ['IKE_AUTH', 'CREATE_CHILD_SA', 'INFORMATIONAL'] as const) {
        const { sa, actions } = tryOn(a, forge(b, { exchange, messageId: 0 }, payloads));
        expect([sa.state, actions.map(({ type }) => type)]).toEqual(['AUTH_SENT', ['audit']]);
      }
  });

  it('row 10: the answers of a CREATE_CHILD_SA exchange do not stand for that of IKE_AUTH', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    for (const payloads of creations())
      expectNothing(a, forge(b, { exchange: 'CREATE_CHILD_SA', messageId: 1, isResponse: true }, payloads));
  });

  it('row 10: a rekey that was sealed before the end of IKE_AUTH is not taken afterwards by its old Message ID', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    const early = forge(a, { exchange: 'CREATE_CHILD_SA', messageId: 1 }, creations()[0]!);
    settle(world);
    const before = saOf(b, mainKey(b));
    const { sa, actions } = tryOn(b, early);
    expect([sa === before, actions]).toEqual([true, []]); // Message ID 1 is answered already, and this is no repetition of that request
  });
});

describe('out of turn, once there is an IKE SA', () => {
  it('IKE_AUTH a second time ends it: RFC 7296 section 2.21.3', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    const { payloads } = requestOf(a);
    settle(world);
    const wire = forge(a, { exchange: 'IKE_AUTH', messageId: 2 }, payloads);
    const { sa, actions } = tryOn(b, wire);
    const sent = actions.flatMap((action) => (action.type === 'send' ? [action] : []));
    expect(sent.map(({ data }) => read(a, { data }).map((p) => (p.type === 'N' ? p.notify : p.type)))).toEqual([['INVALID_SYNTAX']]);
    expect([sa.state, actions.some(({ type }) => type === 'established' || type === 'installChild')]).toEqual(['CLOSED', false]);
  });

  it('a second IKE_SA_INIT, as it came and with both SPIs', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    const first = a.outbox[0]!;
    const key = connect(world) && mainKey(b);
    const sa = saOf(b, key);
    const withBoth = first.data.slice();
    withBoth.set(sa.spiR, 8);
    for (const data of [first.data, withBoth]) expectNothing(b, { ...first, data });
    for (const data of [first.data, withBoth]) expectNothing(a, { ...first, data });
  });

  it('answers that nobody asked for', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    for (const exchange of ['IKE_AUTH', 'CREATE_CHILD_SA', 'INFORMATIONAL'] as const)
      for (const messageId of [0, 1, 2, 3, 0xffffffff]) {
        expectNothing(a, forge(b, { exchange, messageId, isResponse: true }, creations()[1]!));
        expectNothing(b, forge(a, { exchange, messageId, isResponse: true }, []));
      }
    order(a, { type: 'checkLiveness' });
    expectNothing(a, forge(b, { exchange: 'CREATE_CHILD_SA', messageId: 2, isResponse: true }, creations()[1]!));
    expectNothing(a, forge(b, { exchange: 'INFORMATIONAL', messageId: 3, isResponse: true }, []));
  });

  it('the Initiator flag of the other role, and SPIs of others: RFC 7296 section 3.1', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    const nextOf = (host: Host): number => saOf(host, mainKey(host)).windows.nextPeerId;
    expectNothing(b, sealed(a, { isInitiator: false, messageId: nextOf(b) }, []));
    expectNothing(a, sealed(b, { isInitiator: true, messageId: nextOf(a) }, []));
    for (const spi of ['spiI', 'spiR'] as const) {
      const key = mainKey(b);
      expectNothing(b, sealed(a, { [spi]: new Uint8Array(8).fill(0x66), messageId: nextOf(b) }, []), key);
    }
  });

  it('Message IDs outside of the window: RFC 7296 section 2.3: "the invalid request MUST NOT be acknowledged."', () => {
    for (const windowSize of [1, 4]) {
      const world = create({}, { options: { windowSize } });
      const { a, b } = world;
      connect(world);
      const { nextPeerId } = saOf(b, mainKey(b)).windows;
      for (const messageId of [...(windowSize === 1 ? [0] : []), nextPeerId + windowSize, nextPeerId + 100, 0xffffffff, 0x80000000])
        expectNothing(b, sealed(a, { messageId }, [{ type: 'D', protocol: 'IKE', spis: [] }]));
      for (let messageId = nextPeerId; messageId < nextPeerId + windowSize; messageId++)
        expect(tryOn(b, sealed(a, { messageId }, [])).actions.map(({ type }) => type)).toEqual(['send']);
    }
  });

  it('a request again: the octets of the answer, and nothing else: RFC 7296 section 2.1', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    order(a, { type: 'createChild', policy: 'net' });
    const request = takeWire(a);
    const first = tryOn(b, request);
    const answer = first.actions.flatMap((action) => (action.type === 'send' ? [action.data] : []));
    a.outbox.push(request);
    pass(world, a);
    b.outbox.length = 0;
    const before = saOf(b, mainKey(b));
    const size = b.sad.size;
    for (let i = 0; i < 10; i++) {
      const again = tryOn(b, request);
      expect(again.sa).toBe(before);
      expect(again.actions.map(({ type }) => type)).toEqual(['send']);
      expect((again.actions[0] as { data: Uint8Array }).data.length).toBe(answer[0]!.length);
    }
    // The same Message ID with other contents is not a new request.
    const other = sealed(a, { exchange: 'INFORMATIONAL', messageId: 2 }, [{ type: 'D', protocol: 'IKE', spis: [] }]);
    const { sa, actions } = tryOn(b, other);
    expect([sa === before, actions.some(({ type }) => type === 'removeChild'), b.sad.size]).toEqual([true, false, size]);
  });

  it('our own messages, reflected', () => {
    const world = create();
    const { a, b } = world;
    begin(world);
    const own: Wire[] = [...a.outbox];
    for (let i = 0; i < 2; i++) {
      for (const host of [a, b]) {
        pass(world, host);
        own.push(...(host === a ? b : a).outbox);
      }
    }
    order(a, { type: 'checkLiveness' });
    own.push(...a.outbox);
    const fromA = own.filter(({ path }) => path.local.address[0] === 192);
    for (const wire of fromA) expectNothing(a, wire);
    for (const wire of own.filter((one) => !fromA.includes(one))) expectNothing(b, wire);
  });

  it('every octet of a genuine message changed: nothing is believed', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    order(a, { type: 'delete', reason: 'test' });
    const wire = takeWire(a);
    for (let at = 0; at < wire.data.length; at++)
      for (const bit of [1, 0x80]) {
        const data = wire.data.slice();
        data[at]! ^= bit;
        expectNothing(b, { ...wire, data });
      }
    for (let length = 0; length < wire.data.length; length++) expectNothing(b, { ...wire, data: wire.data.subarray(0, length) });
    expect(tryOn(b, wire).sa.state).toBe('CLOSED');
  });

  it('what is said of Child SAs that are others’: a Delete or a rekey names no SPI but ours', () => {
    const world = create();
    const { a, b } = world;
    connect(world);
    const sa = saOf(b, mainKey(b));
    const [child] = 'children' in sa ? sa.children : [];
    const octets = (spi: number): Uint8Array => Uint8Array.of(spi >>> 24, spi >>> 16, spi >>> 8, spi);
    const wrong: [string, Payload][] = [
      ['our own inbound SPI', { type: 'D', protocol: 'ESP', spis: [octets(child!.spiIn)] }],
      ['the other protocol', { type: 'D', protocol: 'AH', spis: [octets(child!.spiOut)] }],
      ['an SPI of nobody', { type: 'D', protocol: 'ESP', spis: [octets(0xdeadbeef)] }],
    ];
    for (const [name, payload] of wrong) {
      const { sa: after, actions } = tryOn(b, forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, [payload]));
      const sent = actions.flatMap((action) => (action.type === 'send' ? [read(a, action)] : []));
      expect([name, 'children' in after && after.children.length, sent]).toEqual([name, 1, [[]]]);
      expect(actions.some(({ type }) => type === 'removeChild')).toBe(false);
    }
  });
});
