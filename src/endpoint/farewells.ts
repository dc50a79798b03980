/**
 * The last answers of IKE SAs that are over: a minute long, and no more than some of them. An answer may be lost on its way, and then its request comes again.
 *
 * RFC 7296 section 2.1: "The responder MUST remember each response until it receives a request whose sequence number is larger than or equal to the
 * sequence number in the response plus its window size"; behind a Delete there is none to come.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import type { Farewell, Turn } from './state.js';

const lifetime = 60_000;
/** How many are kept; the oldest go first. */
const most = 1024;

/** Keeps the last answer of an IKE SA, under our SPI of it. */
export function keepFarewell({ endpoint: { farewells }, now }: Turn, key: string, { request, datagrams }: Omit<Farewell, 'until'>): void {
  for (const [oldest, { until }] of farewells) {
    if (until > now && farewells.size < most) break;
    farewells.delete(oldest);
  }
  farewells.set(key, { request, datagrams, until: now + lifetime });
}

/** The answer to a request that ended its IKE SA. Only the very same octets get it: nobody without the keys has made them. */
export function findFarewell({ endpoint, now }: Turn, key: string, request: Uint8Array): readonly Uint8Array[] | undefined {
  const farewell = endpoint.farewells.get(key);
  return farewell && farewell.until > now && equalBytes(farewell.request, request) ? farewell.datagrams : undefined;
}
