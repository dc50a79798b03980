/** An IKE SA by the clock, and at our own command. */
import { describe, expect, test } from 'vitest';
import { command, wakeEstablished } from '../../src/ikev2/timers.js';
import type { IkeAction, Outcome } from '../../src/ikev2/events.js';
import type { Deadlines, Established } from '../../src/ikev2/states.js';
import { establishedDeadlines } from '../../src/ikev2/lifetimes.js';
import { pathOf } from './child-fixtures.js';
import { firstKey, happen, type Host, type HostOptions, receive, saOf, settle, setClock, twoHosts } from './two-hosts.js';

const never: Deadlines = { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity };
const hostOf = (options: HostOptions = {}): Host => twoHosts(options).a;
const due = (
  deadlines: Partial<Deadlines>,
  sa: Partial<Established> = {},
  options: HostOptions['options'] = {},
): { sa: Established; env: Host['env'] } => {
  const host = hostOf({ sa: { deadlines: { ...never, ...deadlines }, ...sa }, options });
  host.env.now = 1000;
  return { sa: saOf(host) as Established, env: host.env };
};
const wake = ({ sa, env }: { sa: Established; env: Host['env'] }): Outcome<Established> => wakeEstablished(sa, env) as Outcome<Established>;
const types = (actions: readonly IkeAction[]): string[] => actions.map(({ type }) => type);

describe('RFC 7296 section 2.8', () => {
  test('a time to rekey, once', () => {
    const { sa, actions } = wake(due({ rekey: 1000 }));
    expect(sa.tasks).toEqual([{ kind: 'rekeyIke', notBefore: 1000 }]);
    expect([sa.deadlines, actions]).toEqual([never, []]);
    expect(wake(due({ rekey: 1001 })).sa.tasks).toEqual([]);
  });

  test('"When the lifetime of a Security Association expires, the Security Association MUST NOT be used."', () => {
    const hosts = twoHosts({ sa: { deadlines: { ...never, expire: 1000 } } });
    setClock(hosts, 999);
    expect(saOf(hosts.a).state).toBe('ESTABLISHED');
    hosts.a.env.now = 1000;
    happen(hosts.a, { type: 'wake' });
    expect(saOf(hosts.a).state).toBe('DELETING');
    expect(hosts.a.sad.size).toBe(0);
    settle(hosts);
    expect([saOf(hosts.a), saOf(hosts.b)]).toMatchObject([{ state: 'CLOSED', reason: 'expired' }, { state: 'CLOSED' }]);
  });

  test('an IKE SA that expires while its successor is made leaves that one alone', () => {
    const hosts = twoHosts({ sa: { deadlines: { ...never, expire: 1000 } } });
    happen(hosts.a, { type: 'rekeyIke' });
    hosts.a.env.now = 1000;
    happen(hosts.a, { type: 'wake' });
    expect(saOf(hosts.a).state).toBe('ESTABLISHED'); // the answer is on its way
    settle(hosts);
    const left = [...hosts.a.sas].filter(([key]) => key !== firstKey).map(([, { sa }]) => sa.state);
    expect([left, [...hosts.a.sad.keys()]]).toEqual([['ESTABLISHED'], [0xa000]]);
  });

  test('RFC 7296 section 2.8.3: reauthentication is told once, and not by an IKE SA that still waits for its place', () => {
    const { sa, actions } = wake(due({ reauthenticate: 1000 }));
    expect([types(actions), sa.deadlines]).toEqual([['reauthenticate'], never]);
    const waiting = wake(due({ reauthenticate: 1000 }, { awaitsChildren: true }));
    expect([waiting.actions, waiting.sa.deadlines]).toEqual([[], never]);
  });

  test('the deadlines of a new IKE SA: "the timing of rekeying requests SHOULD be jittered"', () => {
    const { sa, env } = due(
      {},
      {},
      { lifetime: 900, rekeyAfter: 600, reauthenticateAfter: 800, lifetimeJitter: 0.25, livenessInterval: 30, keepaliveInterval: 20 },
    );
    const all = Array.from({ length: 200 }, () => establishedDeadlines(sa.connection, { ...sa.nat, local: true }, env));
    for (const { expire, rekey, reauthenticate, liveness, keepalive } of all) {
      expect([expire, liveness, keepalive]).toEqual([1900, 1030, 1020]);
      expect(rekey > 1450 && rekey <= 1600 && reauthenticate > 1600 && reauthenticate <= 1800).toBe(true);
    }
    expect(new Set(all.map(({ rekey }) => rekey)).size).toBeGreaterThan(150);
    expect(establishedDeadlines(sa.connection, sa.nat, env).keepalive).toBe(Infinity);
  });
});

describe('RFC 7296 section 2.4', () => {
  const options = { livenessInterval: 300 };
  test('"If no cryptographically protected messages have been received on an IKE SA or any of its Child SAs recently, the system needs to perform a liveness check"', () => {
    const { sa } = wake(due({ liveness: 1000 }, { heardAt: 700 }, options));
    expect(sa.tasks).toEqual([{ kind: 'liveness', notBefore: 1000 }]);
    expect(sa.deadlines.liveness).toBe(1300);
  });

  test('a message or a packet puts it off', () => {
    expect(wake(due({ liveness: 1000 }, { heardAt: 701 }, options)).sa).toMatchObject({ tasks: [], deadlines: { liveness: 1001 } });
    const { sa, env } = due({ liveness: 1000 }, { heardAt: 0 }, options);
    const heard = wakeEstablished(sa, { ...env, heardAt: (spis) => (spis.includes(0xa000) ? 950 : 0) }).sa;
    expect(heard).toMatchObject({ tasks: [], deadlines: { liveness: 1250 } });
  });

  test('who does not answer a dozen times is gone, and everything with it', () => {
    const hosts = twoHosts();
    happen(hosts.a, { type: 'checkLiveness' });
    for (let time = 0; time < 600_000 && saOf(hosts.a).state !== 'CLOSED'; time += 100) {
      hosts.a.env.now = time;
      happen(hosts.a, { type: 'wake' });
    }
    expect(saOf(hosts.a)).toMatchObject({ state: 'CLOSED', reason: 'the peer does not answer' });
    expect(hosts.a.outbox).toHaveLength(13);
    expect(hosts.a.sad.size).toBe(0);
  });

  test('"unprotected Notify messages MAY be ignored" when the peer was heard recently; section 2.21.4: "An implementation SHOULD limit the frequency of such tests"', () => {
    const hosts = twoHosts();
    const hint = { type: 'hint', notify: 'INVALID_IKE_SPI' } as const;
    const sent = (): number => hosts.a.outbox.length;
    setClock(hosts, 9_999);
    happen(hosts.a, hint);
    expect(sent()).toBe(0);
    setClock(hosts, 10_000);
    for (let i = 0; i < 100; i++) happen(hosts.a, hint);
    expect(sent()).toBe(1);
    settle(hosts);
    for (let i = 0; i < 100; i++) happen(hosts.a, hint);
    expect(sent()).toBe(0);
    // "A peer receiving such an unprotected Notify payload MUST NOT respond and MUST NOT change the state of any existing SAs."
    expect(saOf(hosts.a)).toMatchObject({ state: 'ESTABLISHED', children: [{ status: 'active' }] });
  });
});

describe('RFC 3948 section 4', () => {
  test('a NAT is kept awake', () => {
    const { sa, actions } = wake(due({ keepalive: 1000 }, {}, { keepaliveInterval: 20 }));
    expect(actions).toEqual([{ type: 'keepalive', path: sa.path }]);
    expect(sa.deadlines.keepalive).toBe(1020);
  });
});

describe('RFC 7296 section 2.23', () => {
  test('a fresh message from elsewhere moves the IKE SA and its Child SAs; a repeated one does not', () => {
    const hosts = twoHosts({}, { sa: { nat: { supported: true, local: false, remote: true, follow: true } } });
    const { a, b } = hosts;
    happen(a, { type: 'checkLiveness' });
    const { data, path } = a.outbox.shift()!;
    const elsewhere = { address: Uint8Array.of(203, 0, 113, 9), port: 61234 };
    const from = (local: typeof elsewhere): void => {
      receive(b, { data, path: { ...path, local } });
    };
    from(elsewhere);
    const moved = { local: path.remote, remote: elsewhere };
    expect(b.actions.filter(({ type }) => type === 'moved')).toEqual([{ type: 'moved', path: moved, spis: [0xb000] }]);
    from({ ...elsewhere, port: 1 });
    expect(b.actions.filter(({ type }) => type === 'moved')).toHaveLength(1);
    expect(saOf(b).path).toEqual(moved);
  });
});

describe('an end without the peer', () => {
  test('a Delete that nobody answers ends the IKE SA for the reason that it had', () => {
    const { a } = twoHosts();
    happen(a, { type: 'delete', reason: 'over' });
    for (let time = 0; time < 600_000 && saOf(a).state !== 'CLOSED'; time += 500) {
      a.env.now = time;
      happen(a, { type: 'wake' });
    }
    expect(a.actions.find(({ type }) => type === 'closed')).toEqual({ type: 'closed', reason: 'over', error: undefined });
  });
});

describe('no deadline comes twice', () => {
  test.each(['ESTABLISHED', 'awaiting'] as const)('%s: after a wake all that is left lies ahead', (kind) => {
    const everything = { rekey: 1, reauthenticate: 2, liveness: 3, keepalive: 4 };
    const { sa } = wake(due(everything, { awaitsChildren: kind === 'awaiting' }, { livenessInterval: 5, keepaliveInterval: 5 }));
    for (const at of Object.values(sa.deadlines) as number[]) expect(at).toBeGreaterThan(1000);
  });
});

describe('commands', () => {
  const { sa, env } = due({});
  test('become tasks', () => {
    const tasks = (event: Parameters<typeof command>[1]): unknown => (command(sa, event, env).sa as Established).tasks;
    expect(tasks({ type: 'createChild', policy: 'net' })).toEqual([
      { kind: 'createChild', notBefore: 1000, policy: sa.connection.children[0] },
    ]);
    expect(tasks({ type: 'rekeyChild', spiIn: 7 })).toEqual([{ kind: 'rekeyChild', notBefore: 1000, spiIn: 7 }]);
    expect(tasks({ type: 'deleteChild', spiIn: 7 })).toEqual([{ kind: 'deleteChild', notBefore: 1000, spis: [7] }]);
    expect(tasks({ type: 'rekeyIke' })).toEqual([{ kind: 'rekeyIke', notBefore: 1000 }]);
    expect(tasks({ type: 'delete', reason: 'r' })).toEqual([{ kind: 'deleteIke', notBefore: 1000, reason: 'r' }]);
    expect(tasks({ type: 'checkLiveness' })).toEqual([{ kind: 'liveness', notBefore: 1000 }]);
    expect(tasks({ type: 'notify', payloads: [] })).toEqual([{ kind: 'notify', notBefore: 1000, payloads: [] }]);
  });

  test('a Child SA that cannot be asked for is told at once', () => {
    const failed = (outcome: Outcome): unknown =>
      outcome.actions.map((a) => (a.type === 'childFailed' ? [a.policy, a.error.code] : a.type));
    expect(failed(command(sa, { type: 'createChild', policy: 'nett' }, env))).toEqual([['nett', 'invalid-argument']]);
    const full = { ...sa, tasks: Array.from({ length: 99 }, (_, i) => ({ kind: 'rekeyChild' as const, notBefore: 0, spiIn: i })) };
    expect(failed(command(full, { type: 'createChild', policy: 'net' }, env))).toEqual([['net', 'limit-exceeded']]);
    const host = hostOf();
    happen(host, { type: 'delete', reason: 'test' });
    const deleting = saOf(host);
    if (deleting.state !== 'DELETING') throw new Error(deleting.state);
    expect(failed(command(deleting, { type: 'createChild', policy: 'net' }, env))).toEqual([['net', 'sa-deleted']]);
    for (const type of ['rekeyIke', 'checkLiveness'] as const)
      expect(command(deleting, { type }, env)).toEqual({ sa: deleting, actions: [] });
  });

  test('RFC 7296 section 2.23: "A host behind a NAT SHOULD NOT do this type of dynamic address update"', () => {
    const from = { address: Uint8Array.of(203, 0, 113, 9), port: 40000 };
    const nat = (follow: boolean): Established => ({ ...sa, nat: { supported: true, local: !follow, remote: true, follow } });
    const moved = command(nat(true), { type: 'moved', from }, env);
    expect(moved.actions).toEqual([{ type: 'moved', path: { local: pathOf().local, remote: from }, spis: [0xa000] }]);
    expect(moved.sa.path.remote).toBe(from);
    expect(command(moved.sa as Established, { type: 'moved', from: { ...from } }, env).actions).toEqual([]);
    expect(command(nat(false), { type: 'moved', from }, env)).toEqual({ sa: nat(false), actions: [] });
  });

  test('an inheritance: Child SAs, leases and tasks are added, and the IKE SA is in use from now on', () => {
    const host = hostOf({ sa: { awaitsChildren: true, children: [], deadlines: { ...never, expire: 5 } }, options: { lifetime: 700 } });
    const heir = saOf(host) as Established;
    const children = sa.children;
    const inheritance = { children, leased: [Uint8Array.of(10, 0, 0, 1)], tasks: [{ kind: 'liveness', notBefore: 0 }] } as const;
    const outcome = command(heir, { type: 'inherit', ...inheritance }, host.env);
    expect(outcome.actions).toEqual([]);
    expect(outcome.sa).toMatchObject({ awaitsChildren: false, ...inheritance, deadlines: { expire: 700 } });
  });

  test('an inheritance that comes too late ends with its heir', () => {
    const host = hostOf();
    happen(host, { type: 'delete', reason: 'test' });
    const deleting = saOf(host);
    if (deleting.state !== 'DELETING') throw new Error(deleting.state);
    const inheritance = { children: sa.children, leased: [Uint8Array.of(10, 0, 0, 1)], tasks: [] };
    const outcome = command(deleting, { type: 'inherit', ...inheritance }, env);
    expect(outcome.actions).toEqual([{ type: 'removeChild', child: sa.children[0], reason: 'closed' }]);
    expect(outcome.sa).toMatchObject({ state: 'DELETING', leased: inheritance.leased });
  });
});
