/** What an initiator asks of the outside world before its first IKE_AUTH request: IKE_SA_INIT is over by then, and nothing of it is done twice. */
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/keying/connection.js';
import { type Ask, step } from '../../src/ike.js';
import { parsePrefix } from '../../src/ip.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { ANY, type TrafficSelector } from '../../src/traffic-selector.js';
import { connectionOf, converse, type End, type Talk } from './converse.js';
import { answersOf, ownOf, signerOf } from './signers.js';
import { ikeProposal } from './two-hosts.js';

const [rsa, other] = [signerOf('rsa-a'), signerOf('ed25519-b')];
const trusting = ({ publicKey }: typeof rsa): Connection['remoteAuth'] => ({
  method: 'public-key',
  keys: [publicKey],
  rows: ownOf(rsa).rows,
});

/** Counts what a row computes. */
function counting(row: KeyExchangeRow, counts: { shared: number; destroyed: number }): KeyExchangeRow {
  return {
    ...row,
    generate: (random) => {
      const exchange = row.generate(random);
      return {
        ...exchange,
        shared: (peer) => (counts.shared++, exchange.shared(peer)),
        destroy: () => {
          counts.destroyed++;
          exchange.destroy();
        },
      };
    },
  };
}

function talk(answer: End['answer'], proposal = ikeProposal, first?: readonly [TrafficSelector, TrafficSelector]): Promise<Talk> {
  return converse(
    connectionOf(['a.example', 'b.example'], { localAuth: ownOf(rsa), remoteAuth: trusting(other) }, { proposals: [proposal] }),
    [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(other), remoteAuth: trusting(rsa) })],
    { a: answer, b: answersOf(other) },
    { first },
  );
}

describe('a signature from elsewhere in the first IKE_AUTH request', () => {
  test('the shared secret is computed once, and the key exchange is over before anybody signs', async () => {
    const counts = { shared: 0, destroyed: 0 };
    const seen: unknown[] = [];
    const sign = answersOf(rsa);
    const answer = (ask: Ask, { sa, actions }: End): unknown => {
      if (ask.kind === 'sign') seen.push([sa?.state, actions.filter(({ type }) => type === 'keys').length, counts.shared]);
      return sign(ask);
    };
    const keyExchange = ikeProposal.keyExchange.map((row) => counting(row, counts));
    const { a, b } = await talk(answer, { ...ikeProposal, keyExchange });
    expect([a.sa?.state, b.sa?.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(seen).toEqual([['AUTH_SENT', 1, 1]]);
    expect(counts.shared).toBe(1);
    expect(a.actions.filter(({ type }) => type === 'keys')).toHaveLength(1);
  });

  test('what is given up while it waits leaves no keys behind', async () => {
    let waiting: End['sa'];
    await talk((ask, { sa }) => {
      if (ask.kind === 'sign') waiting = sa;
      return undefined;
    });
    if (waiting?.state !== 'AUTH_SENT') throw new Error('it waits');
    const { keys, seal, open } = waiting.crypto;
    const secrets = [keys.SK_d, keys.SK_ei, keys.SK_er, keys.SK_pi, keys.SK_pr];
    const { sa, actions } = step(waiting, { type: 'delete', reason: 'no more' }, { ...envOf(), now: 1 });
    expect(sa.state).toBe('CLOSED');
    const wiped = actions.flatMap((action) => (action.type === 'wipe' ? action.secrets : []));
    expect(wiped).toEqual(expect.arrayContaining([...secrets, seal, open]));
  });

  test('the answer to IKE_SA_INIT a second time changes nothing', async () => {
    let waiting: End['sa'];
    const { a, b } = await talk((ask, { sa }) => {
      if (ask.kind === 'sign') waiting = sa;
      return answersOf(rsa)(ask);
    });
    if (waiting?.state !== 'AUTH_SENT') throw new Error('it waits');
    const again = step(waiting, { type: 'datagram', data: b.sent[0]!, from: b.endpoint, to: a.endpoint }, envOf());
    expect(again.sa).toEqual(waiting);
    expect(again.actions.map(({ type }) => type)).toEqual(['audit']);
  });
});

test('the packet that wants the IKE SA is not forgotten meanwhile', async () => {
  const first = ['10.0.0.7/32', '10.9.9.9/32'].map((prefix): TrafficSelector => ({
    protocol: ANY,
    ports: ANY,
    addresses: parsePrefix(prefix),
  }));
  const { a, b } = await talk(answersOf(rsa), ikeProposal, [first[0]!, first[1]!]);
  expect([a.sa?.state, b.sa?.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  const [, asked] = a.said;
  const offered = ['TSi', 'TSr'].map((type) => asked?.find((payload) => payload.type === type));
  expect(offered).toMatchObject(first.map((selector) => ({ selectors: [selector, expect.anything()] })));
});

function envOf(): End['env'] {
  return { now: 0, random: (octets) => octets, allocateSpi: () => 0xa000, allocateCpi: () => 300, connections: [] };
}
