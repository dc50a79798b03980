/** What waits to be asked of the peer: order, window, bounds. */
import { describe, expect, test } from 'vitest';
import { authenticatedOf } from '../../src/ikev2/authenticated.js';
import { isHeldBack, nextTaskAt, queueTask, retryLater } from '../../src/ikev2/task-queue.js';
import { startTasks } from '../../src/ikev2/tasks.js';
import type { ChildSa, Established, OwnRequest, Replaced, Task } from '../../src/ikev2/states.js';
import { openSent } from './open-last.js';
import { firstKey, happen, type Host, type HostOptions, saOf, twoHosts } from './two-hosts.js';

const hostOf = (options: HostOptions = {}): Host => twoHosts(options).a;
const established = (options: HostOptions = {}): Established => saOf(hostOf(options)) as Established;
const wide = (size: number): HostOptions => ({ sa: { windows: { ...established().windows, ownSize: size } } });
const task = (kind: 'rekeyIke' | 'liveness', notBefore = 0): Task => ({ kind, notBefore });
const create = (notBefore = 0): Task => ({ kind: 'createChild', policy: established().connection.children[0]!, notBefore });
const remove = (spis: readonly number[], notBefore = 0): Task => ({ kind: 'deleteChild', spis, notBefore });
const rekey = (spiIn: number, notBefore = 0): Task => ({ kind: 'rekeyChild', spiIn, notBefore });
const end = (reason: string, notBefore = 0): Task => ({ kind: 'deleteIke', reason, notBefore });
const notify = (notBefore = 0): Task => ({ kind: 'notify', payloads: [], notBefore });
const queue = (sa: Established, ...tasks: readonly Task[]): Established => tasks.reduce((next, t) => queueTask(next, t), sa);
const kinds = (requests: readonly OwnRequest[]): string[] => requests.map(({ about }) => about.kind);
const start = (sa: Established, host: Host = hostOf()): ReturnType<typeof startTasks> => startTasks(sa, host.env);

describe('the queue', () => {
  test('the same twice is one, and the earlier time counts', () => {
    const sa = queue(
      established(),
      rekey(1, 9),
      rekey(2),
      rekey(1, 4),
      task('liveness', 7),
      task('liveness', 3),
      task('rekeyIke'),
      task('rekeyIke', 5),
    );
    expect(sa.tasks).toEqual([rekey(1, 4), rekey(2), task('liveness', 3), task('rekeyIke')]);
  });

  test('RFC 7296 section 1.4.1: "If there are many SAs to delete at the same time", they are one task', () => {
    expect(queue(established(), remove([1]), remove([2]), remove([1]), remove([3], 50)).tasks).toEqual([remove([1, 2]), remove([3], 50)]);
  });

  test('two Child SAs of one policy are two when their packets differ', () => {
    const [local] = established().children[0]!.local;
    const [remote] = established().children[0]!.remote;
    const first = { ...create(), first: [local!, remote!] } as Task;
    expect(queue(established(), create(), first, create(), first).tasks).toEqual([create(), first]);
  });

  test('what the peer asked for by INVALID_KE_PAYLOAD is not lost', () => {
    const sa = queue(established(), task('rekeyIke', 3), { kind: 'rekeyIke', notBefore: 8, group: 19, groupsTried: [31] });
    expect(sa.tasks).toEqual([{ kind: 'rekeyIke', notBefore: 3, group: 19, groupsTried: [31] }]);
  });

  test('the first reason for the end stays', () => {
    expect(queue(established(), end('first', 5), end('second', 2)).tasks).toEqual([end('first', 2)]);
  });

  test('it is bounded, but the end always has its place', () => {
    const full = queue(established(), ...Array.from({ length: 100 }, (_, i) => rekey(i)));
    expect(full.tasks).toHaveLength(2 * 4 + 16);
    expect(queueTask(full, notify())).toBe(full);
    expect(queueTask(full, end('now')).tasks).toHaveLength(2 * 4 + 17);
  });

  test('RFC 7296 section 2.25: "it MUST NOT immediately retry the operation; it MUST wait": 5 to 10 seconds', () => {
    const { env } = hostOf();
    const times = Array.from({ length: 50 }, () => retryLater(established(), rekey(1), { ...env, now: 1000 }).tasks[0]!.notBefore);
    for (const time of times) expect(time >= 6_000 && time < 11_000).toBe(true);
    expect(new Set(times).size).toBeGreaterThan(40);
  });
});

describe('RFC 7296 section 2.3', () => {
  test('"An IKE endpoint MUST NOT exceed the peer\'s stated window size for transmitted IKE requests."', () => {
    const sa = queue(established(), notify(), notify(), notify());
    const one = start(sa);
    expect([kinds(one.sa.windows.outstanding), one.sa.tasks.length]).toEqual([['notify'], 2]);
    const host = hostOf();
    const two = start(queue(established(wide(2)), notify(), notify(), notify()), host);
    expect([kinds(two.sa.windows.outstanding), two.sa.tasks.length]).toEqual([['notify', 'notify'], 1]);
    expect(two.actions.map((action) => action.type === 'send' && action.data[23])).toEqual([2, 3]);
  });

  test('"it MUST wait until it has received responses to all requests up through request X-N": Message IDs count, not requests', () => {
    const started = start(queue(established(wide(2)), notify(), notify(), notify())).sa;
    const [first, second] = started.windows.outstanding;
    const after = (outstanding: readonly OwnRequest[]): typeof started => ({ ...started, windows: { ...started.windows, outstanding } });
    expect(start(after([first!]) as Established).sa.tasks).toHaveLength(1); // 2 has no answer: 4 may not go
    expect(nextTaskAt(after([first!]))).toBe(Infinity);
    expect(nextTaskAt(after([second!]))).toBe(0);
    expect(start(after([second!]) as Established).sa.tasks).toHaveLength(0);
  });
});

describe('order', () => {
  test('nothing before its time', () => {
    const sa = queue(established(), rekey(0xa000, 10), task('rekeyIke', 20));
    expect(start(sa).sa).toEqual(sa);
    expect(nextTaskAt(sa)).toBe(10);
  });

  test('RFC 7296 section 2.25.2: the rekey of the IKE SA goes before exchanges about Child SAs, and keeps them back', () => {
    const { sa } = start(queue(established(wide(3)), rekey(0xa000), remove([0xa000]), create(), task('rekeyIke'), notify()));
    expect(kinds(sa.windows.outstanding)).toEqual(['rekeyIke', 'notify']);
    expect(sa.tasks.map(({ kind }) => kind)).toEqual(['rekeyChild', 'deleteChild', 'createChild']);
    expect(nextTaskAt(sa)).toBe(Infinity);
  });

  test.each([create(), rekey(0xa000), remove([0xa000])])('it waits for those under way: $kind', (child) => {
    const { sa } = start(queue(established(wide(3)), child));
    const both = queueTask(sa as Established, task('rekeyIke'));
    expect(isHeldBack(both, both.tasks[0]!)).toBe(true);
    expect(kinds(start(both).sa.windows.outstanding)).toEqual([child.kind]);
  });

  test('the end of the IKE SA puts an end to everything else: Child SAs at once, the Delete when the window has room', () => {
    const busy = start(queue(established(), notify())).sa as Established;
    const ended = start(queue(busy, rekey(0xa000), end('over')));
    expect(ended.sa).toMatchObject({ state: 'DELETING', reason: 'over', children: [], tasks: [end('over')] });
    expect(ended.actions.map(({ type }) => type)).toEqual(['removeChild']);
    const free = startTasks({ ...ended.sa, windows: { ...ended.sa.windows, outstanding: [] } }, hostOf().env);
    expect(kinds(free.sa.windows.outstanding)).toEqual(['deleteIke']);
    expect(free.sa.tasks).toEqual([]);
  });

  test('while the IKE SA is being rekeyed its end waits: the peer would keep the new one', () => {
    const rekeying = start(queue(established(wide(2)), task('rekeyIke'))).sa as Established;
    const { sa, actions } = start(queue(rekeying, end('over')));
    expect([sa.state, sa.tasks, actions]).toEqual(['ESTABLISHED', [end('over')], []]);
  });

  test('an IKE SA that has still to get its Child SAs asks for nothing', () => {
    const sa = queue(
      { ...established(wide(9)), awaitsChildren: true },
      create(),
      rekey(0xa000),
      remove([0xa000]),
      task('rekeyIke'),
      task('liveness'),
      notify(),
    );
    expect(start(sa).sa).toEqual(sa);
    expect(nextTaskAt(sa)).toBe(Infinity);
    expect(start(queue(sa, end('over'))).sa.state).toBe('DELETING');
  });
});

describe('tasks that have become pointless', () => {
  const child = (changes: Partial<ChildSa>): ChildSa => ({ ...established().children[0]!, ...changes });

  test('a Child SA that is gone, replaced or on its way out is neither rekeyed nor deleted twice', () => {
    const children = [child({ status: 'rekeyed' }), child({ spiIn: 2, status: 'deleting' })];
    const sa = { ...established(wide(9)), children };
    const { sa: after, actions } = start(queue(sa, rekey(0xa000), rekey(2), rekey(3), remove([3])));
    expect([after.tasks, after.windows.outstanding, actions]).toEqual([[], [], []]);
    const once = start(queue(sa, remove([0xa000]))).sa as Established;
    expect(kinds(start(queue(once, remove([0xa000]))).sa.windows.outstanding)).toEqual(['deleteChild']);
  });

  test('a Delete of a Child SA that is being rekeyed waits for the outcome', () => {
    const rekeying = start(queue(established(wide(9)), rekey(0xa000))).sa as Established;
    expect(rekeying.children[0]!.status).toBe('rekeying');
    const waiting = queueTask(rekeying, remove([0xa000]));
    expect(start(waiting).sa.tasks).toEqual([remove([0xa000])]);
    expect(nextTaskAt(waiting)).toBe(Infinity);
  });

  test('any request under way is a liveness check', () => {
    const { sa } = start(queue(established(wide(9)), notify(), task('liveness')));
    expect([kinds(sa.windows.outstanding), sa.tasks]).toEqual([['notify'], []]);
  });

  test('under an IKE SA that is replaced only the Delete is left', () => {
    const sa = established();
    const successor = { spiI: sa.spiI, spiR: sa.spiR };
    const replaced: Replaced = { ...authenticatedOf(sa), state: 'REPLACED', successor, children: [], tasks: [notify(), create()] };
    expect(startTasks(replaced, hostOf().env)).toMatchObject({ sa: { tasks: [], windows: { outstanding: [] } }, actions: [] });
    expect(startTasks(queueTask(replaced, end('replaced')), hostOf().env).sa.state).toBe('DELETING');
  });
});

describe('RFC 7296 section 3.11', () => {
  test('"It is possible to send multiple SPIs in a Delete payload; however, each SPI MUST be for the same protocol."', () => {
    const [esp] = established().children;
    const children = Array.from({ length: 70 }, (_, i): ChildSa => ({
      ...esp!,
      spiIn: i + 1,
      status: 'rekeyed',
      suite: { ...esp!.suite, protocol: i % 2 === 0 ? 'ESP' : 'AH' },
    }));
    const host = hostOf({ sa: { children } });
    happen(host, { type: 'checkLiveness' });
    for (const { spiIn } of children) happen(host, { type: 'deleteChild', spiIn });
    const sa = saOf(host) as Established;
    const { sa: after, actions } = startTasks({ ...sa, windows: { ...sa.windows, outstanding: [] } }, host.env);
    const payloads = actions.flatMap((action) => (action.type === 'send' ? openSent(host, action.data) : []));
    expect(payloads.map((p) => (p.type === 'D' ? [p.protocol, p.spis.length] : p.type))).toEqual([
      ['AH', 32],
      ['ESP', 32],
    ]);
    expect(after.windows.outstanding[0]!.about).toMatchObject({ kind: 'deleteChild', reason: 'replaced' });
    expect((after as Established).children.filter(({ status }) => status === 'deleting')).toHaveLength(64);
    expect(after.tasks).toEqual([remove([65, 66, 67, 68, 69, 70])]);
    expect(host.sas.has(firstKey)).toBe(true);
  });
});
