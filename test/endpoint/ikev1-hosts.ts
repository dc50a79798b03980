/** Hosts that speak IKEv1 with each other. */
import { begin, clearPacket, createPair, gateways, numbersOf, type Pair, type PairConfig, run, send } from '../pair.js';
import { expect } from 'vitest';

type Change = Parameters<typeof gateways>[0];

/** Two gateways as those of `gateways`, but of version 1; in small groups, so that the tests are quick. */
export function oldGateways({ connection, child, host }: Change = {}): ReturnType<typeof gateways> {
  return gateways({
    host: { ike: 1, ...host },
    connection: {
      proposals: 'aes128-sha256-ecp256',
      ...connection,
    },
    child: { proposals: 'aes128-sha256-ecp256-none', ...child },
  });
}

/** A session with one change, and a packet each way. */
export function session(
  change: Change = {},
  ends: readonly [string, string] = ['10.1.0.1', '10.2.0.1'],
  more: Partial<PairConfig> = {},
): Pair {
  const pair = createPair({ ...oldGateways(change), ...more });
  begin(pair, pair.a);
  run(pair, 3000);
  talk(pair, 1, ends);
  return pair;
}

/** A packet each way, with this number and the next. */
export function talk(pair: Pair, number: number, ends: readonly [string, string] = ['10.1.0.1', '10.2.0.1']): void {
  send(pair, pair.a, clearPacket(ends[0], ends[1], number, 600));
  send(pair, pair.b, clearPacket(ends[1], ends[0], number + 1, 600));
  run(pair, pair.now + 1000);
  expect([numbersOf(pair.b).at(-1), numbersOf(pair.a).at(-1)]).toEqual([number, number + 1]);
}
