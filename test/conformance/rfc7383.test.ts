import { describe, expect, it } from 'vitest';
import { readU16, toHex } from '../../src/bytes.js';
import { decodeMessage, type IkeMessage } from '../../src/ikev2/message.js';
import { fragmentMessage } from '../../src/ikev2/fragment.js';
import { createSkContext } from '../../src/ikev2/sk-context.js';
import type { Established } from '../../src/ikev2/states.js';
import { begin, createPair, gateways, type Pair, run, summary } from '../pair.js';
import {
  deliver,
  expectAgreement,
  firstKey,
  happen,
  type Host,
  lose,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from '../ikev2/two-hosts.js';

/** IKE messages as they stood in their datagrams, with the octets of the IP datagram. */
interface Sent {
  readonly from: 'a' | 'b';
  readonly at: number;
  readonly octets: number;
  readonly message: IkeMessage;
}
const watch = (pair: Pair): Sent[] => {
  const sent: Sent[] = [];
  pair.onCarried.push(({ from, at, type, data, source }) => {
    if (type !== 'datagram' || (source?.port === 4500 && toHex(data.subarray(0, 4)) !== '00000000')) return;
    const message = decodeMessage(source?.port === 4500 ? data.subarray(4) : data);
    sent.push({ from, at, octets: 20 + 8 + data.length, message });
  });
  return sent;
};
const fragmentOf = ({ message }: Sent): { fragmentNumber: number; totalFragments: number } | undefined => {
  const last = message.payloads.at(-1);
  return last?.type === 'SKF' ? last : undefined;
};
const fragmentation = (sizes: readonly number[] | boolean) => ({ connection: { fragmentation: sizes } });
const small = [200, 160];

describe('RFC 7383 section 2.3: negotiation', () => {
  it('the notification has no Protocol ID, no SPI, no data, and type 16430', () => {
    const pair = createPair(gateways({}));
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 1000);
    for (const from of ['a', 'b'] as const) {
      const init = sent.find((s) => s.from === from && s.message.exchange === 'IKE_SA_INIT')!;
      expect(toHex(init.message.raw)).toMatch(/(?:00|29)0000080000402e/);
    }
  });
});

describe('RFC 7383 section 2.4: using IKE fragmentation', () => {
  it.each([
    [small, false, false],
    [false, small, false],
    [small, small, true],
  ] as const)('only when both say so: %s and %s', (a, b, isUsed) => {
    const pair = createPair({ a: gateways(fragmentation(a)).a, b: gateways(fragmentation(b)).b });
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 1000);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    expect(sent.some((s) => fragmentOf(s) !== undefined)).toBe(isUsed);
  });

  it('what is longer than the threshold is cut to it, by either side; a liveness check and its answer are not', () => {
    const { a, b } = gateways({ connection: { fragmentation: small, timers: { liveness: 10 } } });
    const pair = createPair({ a, b });
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 30_000);
    for (const from of ['a', 'b'] as const) {
      const auth = sent.filter((s) => s.from === from && s.message.exchange === 'IKE_AUTH');
      expect(auth.length).toBeGreaterThan(1);
      for (const s of auth) expect(s.octets).toBeLessThanOrEqual(200);
      expect(auth.map(fragmentOf)).toMatchObject(auth.map((_, i) => ({ fragmentNumber: i + 1, totalFragments: auth.length })));
      const checks = sent.filter((s) => s.from === from && s.message.exchange === 'INFORMATIONAL');
      expect(checks.length).toBeGreaterThan(0);
      expect(checks.map(fragmentOf)).toEqual(checks.map(() => undefined));
    }
  });

  it('section 2.5.1: 1280 octets are the first threshold', () => {
    const pair = createPair(gateways({}));
    const sent = watch(pair);
    // A name of the peer that makes IKE_AUTH long.
    const long = `${'a'.repeat(60)}.`.repeat(24);
    const { a, b } = gateways({});
    const rename = (json: unknown): Record<string, unknown> =>
      JSON.parse(JSON.stringify(json).replaceAll('a.example.com', `${long}a.example.com`)) as Record<string, unknown>;
    const other = createPair({ a: rename(a), b: rename(b) });
    const sentByOther = watch(other);
    for (const p of [pair, other]) {
      begin(p, p.a);
      run(p, 1000);
      expect(summary(p.b)).toEqual(['ESTABLISHED 1']);
    }
    expect(sent.map(fragmentOf).filter(Boolean)).toEqual([]);
    const auth = sentByOther.filter((s) => s.from === 'a' && s.message.exchange === 'IKE_AUTH');
    expect(auth.map(fragmentOf)).toMatchObject([{ totalFragments: 2 }, { totalFragments: 2 }]);
    for (const { octets } of auth) expect(octets).toBeLessThanOrEqual(1280);
  });
});

/** Two hosts that take fragments, with an IKE SA and one Child SA. */
const fragmenting = (options = {}): { a: Host; b: Host } =>
  twoHosts(
    { options: { fragmentSizes: [140, 120, 110], ...options }, sa: { fragmentation: true } },
    { options: { fragmentSizes: [140, 120, 110], ...options }, sa: { fragmentation: true } },
  );
const totalOf = (data: Uint8Array): number => readU16(data, 34);
const datagramsOf = (host: Host): Uint8Array[] => host.outbox.map(({ data }) => data);

describe('RFC 7383 section 2.5.2: PMTU discovery', () => {
  /** Nothing gets through: what `a` sends in each try, and when. */
  const tries = (): { at: number; total: number; octets: string }[] => {
    const hosts = fragmenting();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const seen: { at: number; total: number; octets: string }[] = [];
    for (;;) {
      const sent = datagramsOf(hosts.a);
      if (sent.length === 0) return seen;
      expect(sent).toHaveLength(totalOf(sent[0]!));
      seen.push({ at: hosts.a.env.now, total: sent.length, octets: sent.map(toHex).join() });
      hosts.a.outbox.length = 0;
      setClock(hosts, hosts.a.sas.get(firstKey)!.wakeAt);
    }
  };
  const seen = tries();
  const probes = [...new Set(seen.map(({ total }) => total))].map((total) => seen.filter((t) => t.total === total));

  it('in any exchange: from larger values to smaller ones, each after several tries, each with more fragments', () => {
    expect(probes.length).toBeGreaterThan(1);
    expect(seen.map(({ total }) => total)).toEqual([...seen.map(({ total }) => total)].sort((x, y) => x - y));
    for (const probe of probes) {
      expect(probe.length).toBeGreaterThanOrEqual(3);
      expect(new Set(probe.map(({ octets }) => octets)).size).toBe(1);
    }
  });

  it('"When starting a new probe, the node MUST reset its retransmission timers so that if it employs exponential back-off the timers will start over."', () => {
    for (const probe of probes) {
      const waits = probe.slice(1).map(({ at }, i) => at - probe[i]!.at);
      expect(waits[0]).toBeLessThanOrEqual(500 * 1.2);
      waits.forEach((wait, i) => {
        if (i > 0) expect(wait).toBeGreaterThan(waits[i - 1]!);
      });
    }
  });

  it('with the smallest it goes on as with any request: a dozen times over several minutes', () => {
    const last = probes.at(-1)!;
    expect(last).toHaveLength(13);
    expect(last.at(-1)!.at - last[0]!.at).toBeGreaterThan(180_000);
  });

  it('comes through once a size fits', () => {
    const hosts = fragmenting();
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    const [first] = datagramsOf(hosts.a);
    while (datagramsOf(hosts.a).length === totalOf(first!)) {
      hosts.a.outbox.length = 0;
      setClock(hosts, hosts.a.sas.get(firstKey)!.wakeAt);
    }
    settle(hosts);
    expectAgreement(hosts, 2);
  });
});

describe('RFC 7383 sections 2.6 and 2.6.1: receiving', () => {
  it('a repeated first fragment brings the answer again, no other does', () => {
    const hosts = fragmenting();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    const request = [...a.outbox];
    expect(request.length).toBeGreaterThan(2);
    while (a.outbox.length > 0) deliver(a, b);
    const answer = datagramsOf(b).map(toHex);
    expect(answer.length).toBeGreaterThan(0);
    b.outbox.length = 0;
    for (const datagram of request.slice(1)) receive(b, datagram);
    expect(b.outbox).toEqual([]);
    receive(b, request[0]!);
    expect(datagramsOf(b).map(toHex)).toEqual(answer);
    expect(b.sad.size).toBe(2);
    settle(hosts);
    expectAgreement(hosts, 2);
  });

  it('"it MUST discard all IKE Fragment messages received so far for the exchange"', () => {
    const hosts = fragmenting();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    const request = [...a.outbox];
    deliver(a, b);
    expect((saOf(b) as Established).windows.requestQueue?.parts.size).toBe(1);
    setClock({ a: b, b }, b.sas.get(firstKey)!.wakeAt);
    expect((saOf(b) as Established).windows.requestQueue).toBeUndefined();
    for (const datagram of request.slice(1)) receive(b, datagram);
    expect(b.outbox).toEqual([]);
    expect(b.sad.size).toBe(1);
    receive(b, request[0]!);
    expect(b.outbox.length).toBeGreaterThan(0);
    expect(b.sad.size).toBe(2);
  });

  it('a fragment that is not genuine is dropped without a word, and the others stay', () => {
    const hosts = fragmenting();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    deliver(a, b);
    const [next] = a.outbox;
    const bad = next!.data.slice();
    bad[bad.length - 1]! ^= 1;
    const before = saOf(b);
    receive(b, { data: bad, path: next!.path });
    expect([b.outbox, saOf(b)]).toEqual([[], before]);
    settle(hosts);
    expectAgreement(hosts, 2);
  });
});

describe('RFC 7383 section 5', () => {
  it.each(['ESTABLISHED', 'DELETING'] as const)(
    'more than 64 KB in fragments: "the receiver SHOULD drop the connection and discard all the received fragments" (%s)',
    (state) => {
      const { a, b } = fragmenting();
      if (state === 'DELETING') {
        happen(b, { type: 'delete', reason: 'test' });
        lose(b);
      }
      const sa = saOf(a) as Established;
      const { suite, SK_ei } = a.keys.get(firstKey)!;
      const header = {
        spiI: sa.spiI,
        spiR: sa.spiR,
        exchange: 'INFORMATIONAL',
        isInitiator: true,
        isResponse: false,
        messageId: 2,
      } as const;
      const vendor = { type: 'V', data: new Uint8Array(50_000) } as const;
      const context = createSkContext({ encryption: suite.encryption, encryptionKey: SK_ei });
      const fragments = fragmentMessage(context, header, [vendor, vendor], a.env.random, { size: 40_000 });
      expect(fragments).toHaveLength(3);
      for (const data of fragments.slice(0, 2)) receive(b, { data, path: sa.path });
      const after = saOf(b);
      expect(after.windows.requestQueue).toBeUndefined();
      expect(after.state).toBe(state === 'DELETING' ? 'CLOSED' : 'DELETING');
      expect(b.sad.size).toBe(0);
    },
  );
});
