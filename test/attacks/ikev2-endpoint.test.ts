/** Rows 21, 22, 33 and 41 of the list of known attacks, on a whole endpoint: strangers cost it little, and it says little to them. */
import { describe, expect, it } from 'vitest';
import { receiveDatagram, status, wake } from '../../src/endpoint.js';
import type { EndpointAction } from '../../src/endpoint.js';
import { parseAddress } from '../../src/ip.js';
import { encodeMessage } from '../../src/ike.js';
import { decodeMessage } from '../../src/ikev2/message.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { begin, createPair, createRandom, gateways, hostA, hostB, type Pair, run } from '../pair.js';

const at = (address: string, port = 500) => ({ address: parseAddress(address), port });
const sent = (actions: readonly EndpointAction[]) => actions.flatMap((action) => (action.type === 'datagram' ? [action] : []));

/** What `b` does with a datagram. */
function give(pair: Pair, data: Uint8Array, from = at(hostA)): ReturnType<typeof sent> {
  return sent(receiveDatagram(pair.b.endpoint, { data, from, to: at(hostB) }, pair.now));
}

/** The first message of `a`, which goes nowhere. */
function firstMessage(pair: Pair): Uint8Array {
  let first: Uint8Array | undefined;
  pair.onCarried.push(({ data }) => (first ??= data));
  pair.link = { ...pair.link, drop: () => true };
  begin(pair, pair.a);
  pair.onCarried.length = 0;
  pair.link = {};
  return first!;
}

/** `b` takes `a` from whatever address it comes. */
function fresh(): Pair {
  const { a, b } = gateways({});
  const [connection] = b['connections'] as [Readonly<Record<string, unknown>>];
  return createPair({ a, b: { ...b, connections: [{ ...connection, remote: { id: 'a.example.com' } }] }, seed: 7 });
}

describe('row 21: a flood', () => {
  it('row 21: 5,000 addresses, 20,000 requests: as many half-open IKE SAs as the limits say, and no answer longer than its request', () => {
    const pair = fresh();
    const request = firstMessage(pair).slice();
    const { endpoint } = pair.b;
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      request.set([1 + (i >>> 16), i >>> 8, i], 0);
      for (const { data } of give(pair, request, at(`10.${i % 5}.${(i >>> 2) % 250}.${i % 4}`)))
        most = Math.max(most, data.length - request.length);
    }
    const { halfOpen, ikeSas } = status(endpoint);
    expect([halfOpen, ikeSas.length, endpoint.requests.size, endpoint.ikeSas.size]).toEqual([64, 64, 64, 64]);
    expect(most).toBeLessThanOrEqual(0);
    wake(endpoint, pair.now + 31_000);
    expect([status(endpoint).halfOpen, endpoint.requests.size, endpoint.halfOpen.size]).toEqual([0, 0, 0]);
  });

  it('row 21: one address has 32 of them', () => {
    const pair = fresh();
    const request = firstMessage(pair).slice();
    for (let i = 0; i < 100; i++) {
      request[0] = 1 + i;
      give(pair, request);
    }
    expect(status(pair.b.endpoint).halfOpen).toBe(32);
  });

  it('row 21: cookies are worth nothing after two changes of the secret', () => {
    const pair = fresh();
    const request = firstMessage(pair).slice();
    for (let i = 0; i < 80; i++) {
      request[0] = 1 + i;
      give(pair, request, at(`10.0.0.${i}`));
    }
    request[0] = 0xee;
    const [asked] = give(pair, request);
    const [cookie] = decodeMessage(asked!.data).payloads;
    const { payloads, ...header } = decodeMessage(request);
    const again = encodeMessage({ ...header, payloads: [cookie!, ...payloads] });
    const flooded = (): void => {
      for (let i = 0; i < 80; i++) {
        request[0] = 1 + i;
        give(pair, request, at(`10.0.0.${i}`));
      }
    };
    pair.now += 31_000;
    wake(pair.b.endpoint, pair.now);
    flooded();
    pair.now += 31_000;
    wake(pair.b.endpoint, pair.now);
    flooded();
    const [answer] = give(pair, again);
    expect(decodeMessage(answer!.data).payloads.map((p) => (p.type === 'N' ? p.notify : p.type))).toEqual(['COOKIE']);
  });
});

describe('rows 21 and 22: strangers', () => {
  const random = createRandom(3);
  const message = (flags: number, version = 0x20): Uint8Array => {
    const data = new Uint8Array(80);
    random(data);
    data.set([46, version, 37, flags], 16);
    data.set([0, 0, 0, 80], 24);
    return data;
  };

  it('row 21: messages for no IKE SA: a few short answers a second, and none to answers', () => {
    const pair = fresh();
    const answers = Array.from({ length: 1000 }, () => give(pair, message(0x08))).flat();
    expect([answers.length, answers.every(({ data }) => data.length <= 80)]).toEqual([10, true]);
    pair.now += 1000;
    expect(Array.from({ length: 100 }, () => give(pair, message(0x28))).flat()).toEqual([]);
    expect(Array.from({ length: 100 }, () => give(pair, message(0x08))).flat().length).toBe(5);
  });

  it('row 9: messages of later versions: likewise', () => {
    const pair = fresh();
    expect(Array.from({ length: 100 }, () => give(pair, message(0x28, 0x30))).flat()).toEqual([]);
    expect(Array.from({ length: 100 }, () => give(pair, message(0x08, 0x30))).flat().length).toBe(10);
  });

  it('row 22: unprotected notifications about an IKE SA: a liveness check now and then, if they come from its address', () => {
    const pair = fresh();
    begin(pair, pair.a);
    run(pair, 5_000);
    expect(status(pair.b.endpoint).ikeSas.map(({ state }) => state)).toEqual(['ESTABLISHED']);
    run(pair, 60_000);
    const { sa } = [...pair.b.endpoint.ikeSas.values()][0]!;
    const notice = (spiI = sa.spiI): Uint8Array => encodeMessage({ spiI, spiR: sa.spiR, exchange: 'INFORMATIONAL', isInitiator: true, isResponse: true, messageId: 3, payloads: [createNotify('INVALID_IKE_SPI')] }); // prettier-ignore
    expect(Array.from({ length: 100 }, () => give(pair, notice(), at('203.0.113.9'))).flat()).toEqual([]);
    pair.now += 10_000;
    const checks = Array.from({ length: 100 }, () => give(pair, notice())).flat();
    expect(checks.length).toBe(1);
    expect(status(pair.b.endpoint).ikeSas.map(({ state }) => state)).toEqual(['ESTABLISHED']);
  });

  it('row 33: keepalives, markers and octets of anybody move nothing', () => {
    const pair = fresh();
    begin(pair, pair.a);
    run(pair, 5_000);
    const before = [...pair.b.endpoint.ikeSas.values()][0]!.sa.path;
    for (const data of [Uint8Array.of(0xff), new Uint8Array(4), new Uint8Array(0), new Uint8Array(28), new Uint8Array(3), message(0x08)])
      for (const port of [500, 4500])
        receiveDatagram(pair.b.endpoint, { data, from: at('203.0.113.9', 4500), to: at(hostB, port) }, pair.now);
    expect([...pair.b.endpoint.ikeSas.values()][0]!.sa.path).toBe(before);
  });

  it('rows 40 and 41: any datagram: nothing is thrown, and nothing is kept', () => {
    const pair = fresh();
    const pick = new Uint8Array(2);
    for (let i = 0; i < 3000; i++) {
      random(pick);
      const data = new Uint8Array(pick[0]! % 120);
      random(data);
      if (i % 2 === 0 && data.length >= 28)
        data.set([33 + (pick[1]! % 16), 0x20, 34 + (pick[1]! % 4), 0x08, 0, 0, 0, 0, 0, 0, 0, data.length], 16);
      if (i % 4 === 0 && data.length >= 28) data.fill(0, 8, 16);
      give(pair, data);
    }
    expect([pair.b.endpoint.ikeSas.size, pair.b.endpoint.requests.size]).toEqual([0, 0]);
  });
});
