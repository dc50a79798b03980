/**
 * The IKE SA that takes another one's place, and how it gets what the other one had: RFC 7296 sections 2.8, 2.8.2 and 2.18.
 *
 * @module
 */
import { authenticatedOf } from '../authenticated.js';
import { createIkeCrypto } from '../crypto.js';
import type { IkeAction, IkeEnv } from '../events.js';
import { computeRekeySkeyseed, type KeyInput } from '../keys.js';
import { establishedDeadlines, noDeadlines } from '../lifetimes.js';
import { createNotify, encodeNotifyData } from '../notify-data.js';
import type { ChosenIke } from '../proposal.js';
import type { Deadlines, Established, Inheritance, Replaced, Task } from '../states.js';
import { queueTask } from '../task-queue.js';
import { freshWindows } from '../windows.js';

/** What a rekey exchange has brought. */
export interface RekeyResult {
  /** Ours in the exchange. RFC 7296 section 1.3.2: "the initiator in this rekey exchange is the new "original initiator" of the new IKE SA." */
  readonly role: Established['role'];
  /** The new IKE SA's. */
  readonly spiI: Uint8Array;
  /** The new IKE SA's. */
  readonly spiR: Uint8Array;
  /** What was negotiated for it. */
  readonly suite: ChosenIke;
  /** Fresh nonces and g^ir (new). */
  readonly input: KeyInput;
}

/** Milliseconds that an IKE SA waits for the Child SAs of the one that it replaces: as long as an answer may take that decides about them. */
const undecidedLifetime = 600_000;
/** Milliseconds that a replaced IKE SA waits for the peer's Delete before we send ours. */
const replacedLifetime = 120_000;

/** The reason for which an old IKE SA ends, and no successor with it. */
export const expired = 'expired';

/**
 * The new IKE SA, without Child SAs. RFC 7296 section 2.18: "The new IKE SA MUST reset its message counters to 0." Section 1.3.2: "The new IKE SA also
 * has its window size reset to 1".
 *
 * @param old stays as it is.
 * @param awaitsChildren whether it is not decided yet that the new one takes the place of the old one.
 * @returns actions: the new keys for a key log, and what is to be wiped of those that led to them. The IKE SA itself is the caller's to hand out.
 */
export function createSuccessor(
  old: Established,
  { role, spiI, spiR, suite, input }: RekeyResult,
  awaitsChildren: boolean,
  env: IkeEnv,
): { readonly sa: Established; readonly actions: IkeAction[] } {
  // RFC 7296 section 2.18: "Because the rekeying exchange belongs to the old IKE SA, it is the old IKE SA's PRF that is used to generate SKEYSEED."
  const SKEYSEED = computeRekeySkeyseed(old.crypto.suite.prf, old.crypto.keys.SK_d, input);
  const crypto = createIkeCrypto(suite, SKEYSEED, { Ni: input.Ni, Nr: input.Nr, spiI, spiR }, role);
  const fresh = successorDeadlines(old, env);
  return {
    sa: {
      ...old,
      refusedSince: undefined,
      deletedEarly: undefined,
      role,
      spiI,
      spiR,
      crypto,
      awaitsChildren,
      windows: freshWindows,
      waiting: undefined,
      createdAt: env.now,
      heardAt: env.now,
      deadlines: awaitsChildren ? { ...noDeadlines, expire: env.now + undecidedLifetime, reauthenticate: fresh.reauthenticate } : fresh,
      children: [],
      leased: [],
      tasks: windowTasks(old, env),
    },
    actions: [
      { type: 'keys', spiI, spiR, suite, keys: crypto.keys },
      { type: 'wipe', secrets: [input.gIr, SKEYSEED] },
    ],
  };
}

/**
 * The deadlines of an IKE SA that takes the place of another. RFC 7296 section 2.8.3: "it does not authenticate the parties again", so what was due
 * because of the last authentication stays due.
 */
function successorDeadlines(old: Established, env: IkeEnv): Deadlines {
  const fresh = establishedDeadlines(old.connection, old.nat, env);
  return { ...fresh, reauthenticate: old.deadlines.reauthenticate };
}

/**
 * RFC 7296 section 2.3: "When rekeying an IKE SA, the new IKE SA starts with window size 1 until it is explicitly increased by sending a new SET_WINDOW_SIZE
 * notification."
 */
function windowTasks({ connection }: Established, { now }: IkeEnv): Task[] {
  const size = connection.options.windowSize;
  if (size <= 1) return [];
  return [{ kind: 'notify', notBefore: now, payloads: [createNotify('SET_WINDOW_SIZE', encodeNotifyData('SET_WINDOW_SIZE', { size }))] }];
}

/**
 * The old IKE SA gives everything that it has to its successor, and waits for its end. RFC 7296 section 2.8.2: "the other surviving new IKE SA MUST inherit
 * all the Child SAs."
 */
export function handOver(
  sa: Established,
  successor: Replaced['successor'],
  { now }: Pick<IkeEnv, 'now'>,
): { readonly sa: Replaced; readonly actions: IkeAction[] } {
  const to = { spiI: successor.spiI, spiR: successor.spiR };
  const tasks = sa.tasks.filter((task) => task.kind !== 'rekeyIke' && !(task.kind === 'deleteIke' && task.reason === expired));
  return {
    sa: {
      ...authenticatedOf(sa),
      state: 'REPLACED',
      successor: to,
      children: [],
      leased: [],
      assigned: undefined,
      tasks: [],
      deadlines: { ...noDeadlines, expire: now + replacedLifetime },
    },
    actions: [
      { type: 'handOver', to, children: sa.children, leased: sa.leased, tasks },
      { type: 'audit', event: 'rekeyed', detail: 'the IKE SA' },
    ],
  };
}

/** An IKE SA that has got what the one before had: now it is decided, and its life begins. */
export function inherit(sa: Established, { children, leased, tasks }: Inheritance, env: IkeEnv): Established {
  const heir: Established = {
    ...sa,
    awaitsChildren: false,
    children: [...sa.children, ...children],
    leased: [...sa.leased, ...leased],
    deadlines: sa.awaitsChildren ? successorDeadlines(sa, env) : sa.deadlines,
  };
  return tasks.reduce<Established>((next, task) => queueTask(next, task), heir);
}
