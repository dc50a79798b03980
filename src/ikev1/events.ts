/**
 * What goes into a step of the IKEv1 machine and what comes out of it, besides what both versions have.
 *
 * @module
 */
import type { ChildSa } from '../keying/child-sa.js';
import type { KeyingAction, KeyingEvent } from '../keying/machine.js';
import type { About, FirstMessage, Ikev1Ask, NewMessage } from './requests.js';
import type { Ikev1Sa, Listening, Phase1Suite } from './states.js';

/** What happens to an IKE SA of IKEv1. */
export type Ikev1Event =
  | KeyingEvent
  /** Another IKE SA with the same peer gives us its Child SAs and the addresses that it had leased: that one is on its way out. */
  | { readonly type: 'adopt'; readonly children: readonly ChildSa[]; readonly leased: readonly Uint8Array[] }
  /** Another IKE SA has adopted our Child SAs: they are not ours any more. */
  | { readonly type: 'disown' };

/** What is to be done, in order. */
export type Ikev1Action =
  | KeyingAction
  /** The peer has said INITIAL-CONTACT only after `established`: it has no other IKE SA with us. */
  | { readonly type: 'initialContact' }
  /** Find out; go on with an `answer`. */
  | { readonly type: 'ask'; readonly ask: Ikev1Ask }
  /** Keys came about: for a key log, where the user asked for one. */
  | {
      readonly type: 'ikev1Keys';
      readonly spiI: Uint8Array;
      readonly spiR: Uint8Array;
      readonly suite: Phase1Suite;
      /** What messages are encrypted with: `expandEncryptionKey`. */
      readonly key: Uint8Array;
    };

/** What a handler comes to. A handler that throws an `IpsecError` has changed nothing. */
export interface Outcome<Sa = Ikev1Sa> {
  /** The IKE SA from now on; the exchanges in it are the step's to bring up to date. */
  readonly sa: Sa;
  /** The next message of the same exchange. */
  readonly send?: NewMessage | undefined;
  /** What the exchange is about from now on; absent: it is over, and kept for whoever repeats its last message. */
  readonly about?: About | undefined;
  /** Messages that begin exchanges of their own, in order, behind `send`. */
  readonly begin?: readonly FirstMessage[] | undefined;
  /** The handler cannot go on without an answer: it changed nothing yet, and runs anew with the answer. */
  readonly ask?: Ikev1Ask | undefined;
  /** In order. */
  readonly actions: readonly Ikev1Action[];
}

/** What `step` gives. */
export interface StepResult {
  /** The IKE SA from now on. */
  readonly sa: Ikev1Sa;
  /** What is to be done. */
  readonly actions: readonly Ikev1Action[];
  /** When to come back with `wake`; Infinity: not before something happens. */
  readonly wakeAt: number;
}

/** What a handler may come to where there was no IKE SA. */
export type FirstOutcome = Outcome<Ikev1Sa | Listening>;
