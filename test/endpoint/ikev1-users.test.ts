import { describe, expect, it } from 'vitest';
import { status } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import { act, begin, clearPacket, createPair, eventsOf, numbersOf, type Pair, parseHost, run, send, summary } from '../pair.js';
import { answer, reauthenticate, wake } from '../../src/endpoint.js';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A client of a group whose users log in, and its gateway; the program answers on both sides. */
function group(change: { readonly client?: object; readonly gateway?: object } = {}): Pair {
  const common = { ike: 1, auth: { psk: 'a secret of the whole group' }, proposals: 'aes128-sha256-ecp256' };
  const child = { name: 'net', proposals: 'aes128-sha256' };
  const client = {
    ...common,
    name: 'peer',
    local: { id: 'staff.example.com' },
    remote: { address: '192.0.2.2', id: 'b.example.com' },
    xauth: 'client',
    request: true,
    children: [{ ...child, local: 'dynamic', remote: '10.2.0.0/16' }],
    ...change.client,
  };
  const gateway = {
    ...common,
    name: 'peer',
    local: { id: 'b.example.com' },
    remote: { id: 'staff.example.com' },
    xauth: 'server',
    pool: 'inside',
    children: [{ ...child, local: '10.2.0.0/16', remote: 'dynamic' }],
    ...change.gateway,
  };
  const pair = createPair({
    a: { addresses: ['192.0.2.1'], connections: [client] },
    b: { addresses: ['192.0.2.2'], connections: [gateway], pools: [{ name: 'inside', ranges: ['10.77.0.0/24'], dns: '10.2.0.53' }] },
  });
  logIn(pair, 'anna', 'hush');
  pair.b.answers = ({ ask }) => {
    if (ask.kind !== 'xauth' || ask.role !== 'server') return undefined;
    const isRight = ['anna', 'bert'].includes(ask.user) && new TextDecoder().decode(ask.password) === 'hush';
    return isRight ? 'accepted' : new IpsecError('authentication-failed', 'a user');
  };
  return pair;
}

function logIn(pair: Pair, user: string, password: string): void {
  pair.a.answers = ({ ask }) => (ask.kind === 'xauth' ? { user, password: octets(password) } : undefined);
}

describe('XAUTH and Mode Config on whole endpoints', () => {
  it.each([
    ['pull', {}],
    ['push', { modeConfig: 'push' }],
  ])('a user logs in and gets an address by %s', (_name, how) => {
    const pair = group({ client: how, gateway: how });
    begin(pair, pair.a);
    run(pair, 5000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect(status(pair.b.endpoint).ikeSas[0]).toMatchObject({ user: 'anna', peerId: 'staff.example.com' });
    expect(eventsOf(pair.b, 'established')[0]!.user).toBe('anna');
    const [assigned] = eventsOf(pair.a, 'assigned');
    expect(assigned!.configuration.addresses[0]!.address.slice(0, 3)).toEqual(Uint8Array.of(10, 77, 0));
    const own = [...assigned!.configuration.addresses[0]!.address].join('.');
    send(pair, pair.a, clearPacket(own, '10.2.0.1', 1));
    send(pair, pair.b, clearPacket('10.2.0.1', own, 2));
    run(pair, pair.now + 1000);
    expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
    expect(pair.b.endpoint.halfOpenTotal).toBe(0);
  });

  it('a wrong password is refused; the IKE SA had belonged to no connection', () => {
    const pair = group();
    logIn(pair, 'anna', 'wrong');
    begin(pair, pair.a);
    run(pair, 60_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.a, 'closed')[0]).toMatchObject({ wasEstablished: false });
    expect(eventsOf(pair.b, 'closed')[0]).toMatchObject({ wasEstablished: false, connection: undefined });
    expect(pair.b.endpoint.halfOpenTotal).toBe(0);
  });

  it('a user counts as half open until its password is known to be right', () => {
    const pair = group();
    const asked: number[] = [];
    const answers = pair.b.answers;
    pair.b.answers = (action) => {
      asked.push(pair.b.endpoint.halfOpenTotal);
      return answers(action);
    };
    begin(pair, pair.a);
    run(pair, 5000);
    expect(asked).toEqual([1]);
  });

  it('another user of the group at the same address takes nothing over; the same one does, and keeps its address', () => {
    const pair = group();
    begin(pair, pair.a);
    run(pair, 5000);
    const before = status(pair.b.endpoint).ikeSas[0]!.children[0]!;
    logIn(pair, 'bert', 'hush');
    act(pair, pair.a, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
    run(pair, pair.now + 5000);
    const [other, ...rest] = status(pair.b.endpoint).ikeSas;
    expect([other!.user, other!.children.length, rest]).toEqual(['bert', 1, []]);
    expect(other!.children[0]!.spiIn).not.toBe(before.spiIn);
    expect(other!.children[0]!.remote).not.toBe(before.remote);
    expect(eventsOf(pair.a, 'childDown')).toHaveLength(1);
    const again = group();
    begin(again, again.a);
    run(again, 5000);
    act(again, again.a, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
    run(again, again.now + 5000);
    const kept = status(again.b.endpoint).ikeSas.map(({ user, children }) => [user, children.map(({ remote }) => remote)]);
    expect(kept).toEqual([['anna', [before.remote]]]);
    expect(eventsOf(again.a, 'childDown')).toEqual([]);
    const [pool] = [...again.b.endpoint.pools.values()];
    expect([...pool!.leases.values()].map(({ users }) => users)).toHaveLength(1);
  });

  it('an answer that comes too late is wiped', () => {
    const pair = group();
    const password = octets('hush');
    answer(pair.a.endpoint, 77, { user: 'anna', password }, 0);
    expect(password).toEqual(new Uint8Array(4));
  });
});

describe('RFC 2409 section 5.4: whose secret it is', () => {
  it('is asked for by the address in main mode, then by the name, and for the connection that it is about', () => {
    const host = (own: number, peer: number): object => ({
      ike: 1,
      addresses: [`192.0.2.${own}`],
      connections: [
        {
          name: 'asked',
          auth: { ask: true },
          local: { id: `${own}.example.com` },
          remote: { address: `192.0.2.${peer}`, id: `${peer}.example.com` },
          proposals: 'aes128-sha256-ecp256',
        },
      ],
    });
    const pair = createPair({ a: { ...host(1, 2) }, b: { ...host(2, 1) } });
    const asked: string[] = [];
    for (const side of [pair.a, pair.b])
      side.answers = ({ ask, connection }) => {
        asked.push(`${side.name} ${ask.kind} ${connection}`);
        return octets('a secret of two');
      };
    begin(pair, pair.a, 'asked');
    run(pair, 5000);
    expect([...asked].sort()).toEqual(['a shared-key asked', 'b shared-key asked', 'b shared-key asked']);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 0']);
  });

  it('time goes on where nobody answers', () => {
    const pair = group();
    pair.b.answers = () => undefined;
    begin(pair, pair.a);
    run(pair, 200_000);
    act(pair, pair.b, wake);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
  });
});

describe('a configuration of version 1', () => {
  it('is one with a hash for each pseudorandom function', () => {
    const { connections } = parseHost({
      ike: 1,
      addresses: ['192.0.2.1'],
      connections: [{ name: 'peer', auth: { psk: 'hush' }, remote: { address: '192.0.2.2' } }],
    });
    expect(connections[0]!.ike).toMatchObject({
      version: 1,
      ikev1: { mode: 'main', modeConfig: 'pull' },
      peer: { authentication: { protocol: 'IKEv1' } },
    });
  });
});
