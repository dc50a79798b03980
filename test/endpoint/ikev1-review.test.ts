/** What an adversary has tried on an endpoint that speaks IKEv1. */
import { expect, it } from 'vitest';
import { receiveDatagram, status } from '../../src/endpoint.js';
import { parseAddress } from '../../src/ip.js';
import { begin, createPair, gateways, hostB, type Pair, run } from '../pair.js';
import { oldGateways } from './ikev1-hosts.js';

/** The first datagram of `a`, which goes nowhere. */
function firstOf(pair: Pair): Uint8Array {
  let first: Uint8Array | undefined;
  pair.onCarried.push(({ data }) => (first ??= data));
  pair.link = { drop: () => true };
  begin(pair, pair.a);
  return first!.slice();
}

it('row 21: addresses that are forged fill the places for peers of IKEv1, which has no cookies that come first; not those of IKEv2', () => {
  const [old] = oldGateways().b['connections'] as [Readonly<Record<string, unknown>>];
  const { a, b } = gateways({});
  const [connection] = b['connections'] as [object];
  const anybody = {
    ...old,
    name: 'old',
    remote: { id: 'a.example.com' },
    children: [{ name: 'old', local: '10.3.0.0/16', remote: '10.4.0.0/16' }],
  };
  const both = {
    ...b,
    limits: { halfOpen: { total: 20, perAddress: 5 } },
    connections: [
      { ike: 2, ...connection },
      { ike: 1, ...anybody },
    ],
  };
  const pair = createPair({ a, b: both });
  const request = firstOf(createPair(oldGateways()));
  for (let i = 0; i < 100; i++) {
    request[0] = 1 + i;
    const address = parseAddress(i < 20 ? '192.0.2.1' : `203.0.113.${i}`);
    receiveDatagram(pair.b.endpoint, { data: request, from: { address, port: 500 }, to: { address: parseAddress(hostB), port: 500 } }, 0);
  }
  expect(status(pair.b.endpoint).halfOpen).toBe(20);
  begin(pair, pair.a);
  run(pair, 3000);
  expect(status(pair.a.endpoint).ikeSas.map(({ state }) => state)).toEqual(['ESTABLISHED']);
  run(pair, 60_000);
  const { halfOpen, halfOpenTotal, halfOpenOld } = pair.b.endpoint;
  expect([halfOpen.size, halfOpenTotal, halfOpenOld]).toEqual([0, 0, 0]);
});
