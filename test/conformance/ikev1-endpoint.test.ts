/** Requirements of RFC 2408 and RFC 3947 that are the endpoint's: UDP ports, markers, whose SAs are replaced. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { reauthenticate } from '../../src/endpoint.js';
import { decodeMessage } from '../../src/ikev1/message.js';
import { act, begin, clearPacket, createPair, eventsOf, numbersOf, type Pair, run, send, summary } from '../pair.js';
import { oldGateways, talk } from '../endpoint/ikev1-hosts.js';

const zeros = '00000000';
/** UDP datagrams as they are sent. */
interface Sent {
  readonly from: 'a' | 'b';
  readonly data: Uint8Array;
  readonly source: number;
  readonly destination: number;
}
function watch(pair: Pair): Sent[] {
  const sent: Sent[] = [];
  pair.onCarried.push(({ from, type, data, source, destination }) => {
    if (type === 'datagram') sent.push({ from, data, source: source!.port, destination: destination!.port });
  });
  return sent;
}

/** `a` behind a NAT; `b` takes it from any address. */
function behindNat(connection: Readonly<Record<string, unknown>> = {}): Pair {
  const { a } = oldGateways({ connection });
  const { b } = oldGateways({ connection: { ...connection, remote: { id: 'a.example.com' } } });
  return createPair({ a, b, link: { nat: { address: '203.0.113.9' } } });
}

describe('RFC 2408 section 2.5.1: UDP port 500', () => {
  it('is where messages go from and to', () => {
    const pair = createPair(oldGateways());
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 3000);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    expect(sent).toHaveLength(9);
    for (const { source, destination, data } of sent) {
      expect([source, destination]).toEqual([500, 500]);
      expect(decodeMessage(data).ckyI).toHaveLength(8);
    }
  });
});

describe('RFC 3947 section 4: behind a NAT', () => {
  it('messages on port 4500 begin with four octets of zero, and everything goes there from the ID payload on', () => {
    const pair = behindNat();
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 3000);
    talk(pair, 1);
    const first = sent.findIndex(({ source }) => source === 4500);
    expect(first).toBe(4);
    for (const { source } of sent.slice(first)) expect(source).toBe(4500);
    const messages = sent.slice(first).filter(({ data }) => toHex(data.subarray(0, 4)) === zeros);
    expect(messages).toHaveLength(5);
    for (const { data } of messages) expect(decodeMessage(data.subarray(4)).isEncrypted).toBe(true);
  });

  it('a new phase 1 that the responder begins goes from 4500 to where the peer was last', () => {
    const pair = behindNat();
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 3000);
    const before = sent.length;
    act(pair, pair.b, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
    run(pair, pair.now + 20_000);
    expect(sent.length).toBeGreaterThan(before + 5);
    for (const { source } of sent.slice(before)) expect(source).toBe(4500);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    talk(pair, 1);
  });

  it('section 7: a mapping that changes is followed by a genuine packet, and told', () => {
    const pair = behindNat();
    begin(pair, pair.a);
    run(pair, 3000);
    talk(pair, 1);
    pair.mappings.clear();
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 50));
    run(pair, pair.now + 1000);
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 51));
    run(pair, pair.now + 1000);
    expect(numbersOf(pair.a).at(-1)).toBe(51);
    expect(eventsOf(pair.b, 'moved')).toHaveLength(1);
    expect(eventsOf(pair.a, 'moved')).toEqual([]);
  });

  it('section 6: INITIAL-CONTACT takes the place of what has the same identity, whatever its address and port', () => {
    const pair = behindNat();
    begin(pair, pair.a);
    run(pair, 3000);
    const again = createPair({ ...oldGateways(), seed: 9, link: { nat: { address: '203.0.113.200' } } });
    const fresh = { ...pair, link: again.link, a: again.a, queue: [], mappings: new Map<number, number>() };
    begin(fresh, fresh.a);
    run(fresh, fresh.now + 5000);
    expect(summary(fresh.b)).toEqual(['ESTABLISHED 1']);
    expect(eventsOf(fresh.b, 'closed')[0]!.reason).toBe('the peer began anew');
  });
});
