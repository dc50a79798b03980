/**
 * What goes into a step of the IKEv2 machine and what comes out of it, besides what both versions have.
 *
 * @module
 */
import type { KeyingAction, KeyingEvent } from '../keying/machine.js';
import type { IkeKeys } from './keys.js';
import type { Payload } from './payload-cases.js';
import type { ChosenIke } from './proposal.js';
import type { Ask, IkeSa, Inheritance, NewRequest } from './states.js';

export type { Answered, Ask, NewRequest, OpenMessage } from './requests.js';
export { type AuditEvent, type IkeEnv, type Secret, wipeSecrets } from '../keying/machine.js';

/** What happens to an IKE SA. */
export type IkeEvent =
  | KeyingEvent
  /** Tell the peer something, e.g. INVALID_SELECTORS. */
  | { readonly type: 'notify'; readonly payloads: readonly Payload[] }
  /** What the IKE SA that this one replaces has left to it (see the action `handOver`). */
  | ({ readonly type: 'inherit' } & Inheritance);

/** What is to be done, in order. */
export type IkeAction =
  | KeyingAction
  /** Find out; go on with an `answer`. */
  | { readonly type: 'ask'; readonly ask: Ask }
  /** An IKE SA that replaces this one: it is to be kept beside it. */
  | { readonly type: 'newIkeSa'; readonly sa: IkeSa }
  /**
   * All this goes to the IKE SA with these SPIs, as an event `inherit`. Should it be gone by then, its Child SAs are to be taken out of the SAD and
   * its addresses given back.
   */
  | ({ readonly type: 'handOver'; readonly to: { readonly spiI: Uint8Array; readonly spiR: Uint8Array } } & Inheritance)
  /** The answer by which this IKE SA ended, and the request as it came: whoever repeats that one has not got it (RFC 7296 section 2.1). */
  | { readonly type: 'farewell'; readonly request: Uint8Array; readonly datagrams: readonly Uint8Array[] }
  /** Keys came about: for a key log, where the user asked for one. */
  | { readonly type: 'keys'; readonly spiI: Uint8Array; readonly spiR: Uint8Array; readonly suite: ChosenIke; readonly keys: IkeKeys };

/** What a handler comes to. A handler that throws an `IpsecError` has changed nothing: the peer gets the notification that belongs to the code. */
export interface Outcome<Sa = IkeSa> {
  /** The IKE SA from now on. */
  readonly sa: Sa;
  /** To a request: the payloads of the answer. */
  readonly reply?: readonly Payload[] | undefined;
  /** What else is to be asked of the peer at once. */
  readonly request?: NewRequest | undefined;
  /** The handler cannot go on without an answer: it changed nothing yet, and runs anew with the answer. */
  readonly ask?: Ask | undefined;
  /** In order. */
  readonly actions: readonly IkeAction[];
}

/** What {@link step} gives. */
export interface StepResult {
  /** The IKE SA from now on. */
  readonly sa: IkeSa;
  /** What is to be done. */
  readonly actions: readonly IkeAction[];
  /** When to come back with `wake`; Infinity: not before something happens. */
  readonly wakeAt: number;
}
