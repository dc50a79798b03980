/** RFC 7296 section 2.25: two exchanges about the same SA overlap. One test for each sentence of sections 2.25.1 and 2.25.2. */
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import type { OwnRequest } from '../../src/ikev2/states.js';
import {
  deliver,
  expectAgreement,
  firstKey,
  happen,
  type Host,
  inUse,
  lose,
  mainKey,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
  viewOf,
} from './two-hosts.js';
import { openLast } from './open-last.js';

type Hosts = ReturnType<typeof twoHosts>;

/** What `from` answered to the other's last request. */
const answerOf = (from: Host): string[] => openLast(from).map(nameOf);

function nameOf(payload: Payload): string {
  if (payload.type === 'N') return String(payload.notify);
  return payload.type === 'D' ? `D(${String(payload.protocol)})` : payload.type;
}

/** Both have sent a request; then a's request reaches b. */
function cross(hosts: Hosts, a: Parameters<typeof happen>[1], b: Parameters<typeof happen>[1]): void {
  happen(hosts.a, a);
  happen(hosts.b, b);
  deliver(hosts.a, hosts.b);
}

const rekeyChild = (host: Host) => ({ type: 'rekeyChild', spiIn: host.name === 'a' ? 0xa000 : 0xb000 }) as const;
const deleteChild = (host: Host) => ({ type: 'deleteChild', spiIn: host.name === 'a' ? 0xa000 : 0xb000 }) as const;
const createChild = { type: 'createChild', policy: 'net' } as const;
const rekeyIke = { type: 'rekeyIke' } as const;
const deleteIke = { type: 'delete', reason: 'test' } as const;
const kindsOf = (requests: readonly OwnRequest[]): string[] => requests.map(({ about }) => about.kind);

describe('RFC 7296 section 2.25.1', () => {
  test('"If a peer receives a request to rekey a Child SA that it is currently trying to close, it SHOULD reply with TEMPORARY_FAILURE."', () => {
    const hosts = twoHosts();
    cross(hosts, rekeyChild(hosts.a), deleteChild(hosts.b));
    expect(answerOf(hosts.b)).toEqual(['TEMPORARY_FAILURE']);
    settle(hosts);
    expectAgreement(hosts, 0);
  });

  test('"If a peer receives a request to rekey a Child SA that it is currently rekeying, it SHOULD reply as usual, and SHOULD prepare to close redundant SAs later based on the nonces (see Section 2.8.1)."', () => {
    const hosts = twoHosts();
    cross(hosts, rekeyChild(hosts.a), rekeyChild(hosts.b));
    expect(answerOf(hosts.b)).toEqual(['SA', 'Nonce', 'TSi', 'TSr']);
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  test('"If a peer receives a request to rekey a Child SA that does not exist, it SHOULD reply with CHILD_SA_NOT_FOUND."', () => {
    const hosts = twoHosts({}, { sa: { children: [] } });
    happen(hosts.a, rekeyChild(hosts.a));
    deliver(hosts.a, hosts.b);
    expect(answerOf(hosts.b)).toEqual(['CHILD_SA_NOT_FOUND']);
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  test('"If a peer receives a request to close a Child SA that it is currently trying to close, it SHOULD reply without a Delete payload (see Section 1.4.1)."', () => {
    const hosts = twoHosts();
    cross(hosts, deleteChild(hosts.a), deleteChild(hosts.b));
    expect(answerOf(hosts.b)).toEqual([]);
    deliver(hosts.b, hosts.a);
    expect(answerOf(hosts.a)).toEqual([]);
    settle(hosts);
    expectAgreement(hosts, 0);
  });

  test('"If a peer receives a request to close a Child SA that it is currently rekeying, it SHOULD reply as usual, with a Delete payload."', () => {
    const hosts = twoHosts();
    cross(hosts, deleteChild(hosts.a), rekeyChild(hosts.b));
    expect(answerOf(hosts.b)).toEqual(['D(ESP)']);
    passTime(hosts, 25_000);
    expectAgreement(hosts, 0);
  });

  test('"If a peer receives a request to close a Child SA that does not exist, it SHOULD reply without a Delete payload."', () => {
    const hosts = twoHosts({}, { sa: { children: [] } });
    happen(hosts.a, deleteChild(hosts.a));
    deliver(hosts.a, hosts.b);
    expect(answerOf(hosts.b)).toEqual([]);
    settle(hosts);
    expectAgreement(hosts, 0);
  });

  test.each([
    ['creating', createChild],
    ['rekeying', { type: 'rekeyChild', spiIn: 0xb000 }],
    ['closing', { type: 'deleteChild', spiIn: 0xb000 }],
  ] as const)(
    '"If a peer receives a request to rekey the IKE SA, and it is currently creating, rekeying, or closing a Child SA of that IKE SA, it SHOULD reply with TEMPORARY_FAILURE." (%s)',
    (_, command) => {
      const hosts = twoHosts();
      cross(hosts, rekeyIke, command);
      expect(answerOf(hosts.b)).toEqual(['TEMPORARY_FAILURE']);
      settle(hosts);
      // Section 2.25: "it MUST NOT immediately retry the operation"
      expect(viewOf(hosts.a).ike).toEqual([`${firstKey} ESTABLISHED`]);
      expect(kindsOf(saOf(hosts.a).windows.outstanding)).toEqual([]);
      setClock(hosts, 4_999);
      settle(hosts);
      expect(viewOf(hosts.a).ike).toEqual([`${firstKey} ESTABLISHED`]);
      passTime(hosts, 25_000);
      expect(mainKey(hosts.a)).not.toBe(firstKey);
      expectAgreement(hosts, command.type === 'deleteChild' ? 0 : command.type === 'createChild' ? 2 : 1);
    },
  );
});

describe('RFC 7296 section 2.25.2', () => {
  test('"If a peer receives a request to rekey an IKE SA that it is currently rekeying, it SHOULD reply as usual, and SHOULD prepare to close redundant SAs and move inherited Child SAs later based on the nonces (see Section 2.8.2)."', () => {
    const hosts = twoHosts();
    cross(hosts, rekeyIke, rekeyIke);
    expect(answerOf(hosts.b)).toEqual(['SA', 'Nonce', 'KE']);
    // Nothing is decided: the Child SA stays where it is.
    expect(inUse(hosts.b).map(({ awaitsChildren, children }) => [awaitsChildren, children.length])).toEqual([
      [false, 1],
      [true, 0],
    ]);
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  test('"If a peer receives a request to rekey an IKE SA that it is currently trying to close, it SHOULD reply with TEMPORARY_FAILURE."', () => {
    const hosts = twoHosts();
    cross(hosts, rekeyIke, deleteIke);
    expect(answerOf(hosts.b)).toEqual(['TEMPORARY_FAILURE']);
    settle(hosts);
    expect([viewOf(hosts.a), viewOf(hosts.b)]).toEqual([nothing, nothing]);
  });

  test('"If a peer receives a request to close an IKE SA that it is currently rekeying, it SHOULD reply as usual, and forget about its own rekeying request."', () => {
    const hosts = twoHosts();
    cross(hosts, deleteIke, rekeyIke);
    expect(answerOf(hosts.b)).toEqual([]);
    expect(saOf(hosts.b)).toMatchObject({ state: 'CLOSED', windows: { outstanding: [] } });
    settle(hosts);
    expect([viewOf(hosts.a), viewOf(hosts.b)]).toEqual([nothing, nothing]);
  });

  test('"If a peer receives a request to close an IKE SA that it is currently trying to close, it SHOULD reply as usual, and forget about its own close request."', () => {
    const hosts = twoHosts();
    cross(hosts, deleteIke, deleteIke);
    expect(answerOf(hosts.b)).toEqual([]);
    expect(saOf(hosts.b)).toMatchObject({ state: 'CLOSED', windows: { outstanding: [] } });
    settle(hosts);
    expect([viewOf(hosts.a), viewOf(hosts.b)]).toEqual([nothing, nothing]);
  });

  test.each([createChild, { type: 'rekeyChild', spiIn: 0xa000 }] as const)(
    '"If a peer receives a request to create or rekey a Child SA when it is currently rekeying the IKE SA, it SHOULD reply with TEMPORARY_FAILURE." (%o)',
    (command) => {
      const hosts = twoHosts();
      cross(hosts, command, rekeyIke);
      expect(answerOf(hosts.b)).toEqual(['TEMPORARY_FAILURE']);
      passTime(hosts, 25_000);
      expectAgreement(hosts, command.type === 'createChild' ? 2 : 1);
    },
  );

  test('"If a peer receives a request to delete a Child SA when it is currently rekeying the IKE SA, it SHOULD reply as usual, with a Delete payload."', () => {
    const hosts = twoHosts();
    cross(hosts, deleteChild(hosts.a), rekeyIke);
    expect(answerOf(hosts.b)).toEqual(['D(ESP)']);
    passTime(hosts, 25_000);
    expectAgreement(hosts, 0);
  });
});

const nothing = { ike: [], children: [] };

describe('RFC 7296 section 2.8.2', () => {
  test('the picture: B sees a request to close the IKE SA that it is rekeying, too', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, rekeyIke); // send req1
    happen(b, rekeyIke); // send req2
    lose(b);
    deliver(a, b); // recv req1
    const [, waiting] = inUse(b);
    deliver(b, a); // recv resp1: A has not noticed anything
    expect(saOf(a).state).toBe('DELETING');
    deliver(a, b); // recv req3: D()
    // "the first peer can forget its own rekey attempt."
    expect(saOf(b)).toMatchObject({ state: 'CLOSED', windows: { outstanding: [] } });
    expect(b.actions.filter((action) => action.type === 'removeChild')).toEqual([]);
    expect(inUse(b)).toHaveLength(1);
    expect(inUse(b)[0]).toMatchObject({ spiI: waiting!.spiI, awaitsChildren: false });
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  test('"the peer that did not notice the simultaneous rekey gets the request to rekey the IKE SA that it has already successfully rekeyed, it SHOULD return TEMPORARY_FAILURE"', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, rekeyIke);
    happen(b, rekeyIke);
    const [late] = b.outbox.splice(0);
    deliver(a, b);
    deliver(b, a);
    expect(saOf(a).state).toBe('DELETING');
    lose(a); // The Delete takes its time.
    b.outbox.push(late!);
    deliver(b, a);
    expect(openLast(a).map(nameOf)).toEqual(['TEMPORARY_FAILURE']);
    deliver(a, b);
    expect(saOf(b).state).toBe('REPLACED');
    expect(inUse(b)).toMatchObject([{ awaitsChildren: false, children: [{}] }]);
    setClock(hosts, 2_000);
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  test('"The new IKE SA containing the lowest nonce SHOULD be deleted by the node that created it, and the other surviving new IKE SA MUST inherit all the Child SAs."', () => {
    const survivors = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const hosts = twoHosts({ seed }, { seed });
      const { a, b } = hosts;
      happen(a, rekeyIke);
      happen(b, rekeyIke);
      deliver(a, b);
      const toA = b.outbox.pop()!;
      deliver(b, a);
      const ofB = outcomeOf(b, a.outbox.pop()!);
      const ofA = outcomeOf(a, toA);
      expect([ofA, ofB].sort()).toEqual(['redundant', 'survives']);
      survivors.add(ofA);
      settle(hosts);
      expectAgreement(hosts, 1);
    }
    expect(survivors.size).toBe(2);
  });
});

/** Delivers an answer to the one who asked, and says what becomes of what it has created. */
function outcomeOf(host: Host, answer: Host['outbox'][number]): 'survives' | 'redundant' {
  const before = new Set(host.sas.keys());
  receive(host, answer);
  const [created] = [...host.sas].filter(([key]) => !before.has(key)).map(([, { sa }]) => sa);
  return created?.state === 'ESTABLISHED' ? 'survives' : 'redundant';
}

/** Lets the time pass in small steps. */
function passTime(hosts: Hosts, until: number): void {
  for (let time = hosts.a.env.now; time <= until; time += 250) {
    setClock(hosts, time);
    settle(hosts);
  }
}
