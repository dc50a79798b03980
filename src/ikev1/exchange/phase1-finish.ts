/**
 * The end of phase 1, in both modes and roles.
 *
 * @module
 */
import { readU32 } from '../../bytes.js';
import type { Connection } from '../../keying/connection.js';
import type { IkeEnv } from '../../keying/machine.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { createNotify } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import type { FirstMessage, NewMessage, OpenMessage } from '../requests.js';
import type { Agreed, Base, DpdState } from '../states.js';
import { afterPhase1 } from './after-phase1.js';
import type { Known } from './phase1-peer.js';

/** The part that all states have, and nothing else. */
export function baseOf(sa: Base): Base {
  const { version, role, spiI, spiR, path, createdAt, deadlines, phase1, fragments, nextFragmentId, waiting, abilities, refusal, first } =
    sa;
  return { version, role, spiI, spiR, path, createdAt, deadlines, phase1, fragments, nextFragmentId, waiting, abilities, refusal, first };
}

/** What the end of phase 1 comes with. */
export interface Ending {
  readonly known: Known;
  /** Whether the peer says that it has no other IKE SA with us. */
  readonly initialContact: boolean;
  /** Our last message of phase 1. */
  readonly send?: NewMessage | undefined;
  /** What begins right behind it. */
  readonly begin?: readonly FirstMessage[] | undefined;
  /** What is to be done before all else. */
  readonly actions?: readonly Ikev1Action[] | undefined;
}

/** The peer has proved who it is. What only proofs are made of is wiped: nothing after phase 1 needs SKEYID and SKEYID_e. */
export function completePhase1(sa: Agreed, { known, initialContact, send, begin = [], actions = [] }: Ending, env: IkeEnv): Outcome {
  const { crypto, nat } = sa;
  const { connection, peerId } = known;
  const after = afterPhase1(
    {
      ...baseOf(sa),
      refusal: undefined,
      connection,
      crypto,
      nat,
      localId: connection.localId,
      peerId,
      exchanges: [],
      children: [],
      tasks: [],
      assigned: undefined,
      leased: [],
      heardAt: env.now,
      dpd: createDpdState(env),
      user: undefined,
      initialContact,
    },
    env,
  );
  const { SKEYID, SKEYID_e } = crypto.keys;
  return {
    ...after,
    send: send ?? after.send,
    begin: [...begin, ...(after.begin ?? [])],
    actions: [...actions, ...after.actions, { type: 'wipe', secrets: [SKEYID, SKEYID_e] }],
  };
}

/** RFC 3706 section 6.2: "The first R-U-THERE message sent in a session MUST be a randomly chosen number." Its highest bit is zero: so there is room above it. */
function createDpdState({ random }: IkeEnv): DpdState {
  const octets = new Uint8Array(4);
  random(octets);
  const firstSequence = readU32(octets, 0) >>> 1;
  return { firstSequence, nextSequence: firstSequence, unanswered: undefined, lastReceived: undefined };
}

/** Tells the peer that we have no other IKE SA with it, where the connection wants that. */
export function initialContact({ options }: Connection, { spiI, spiR }: Pick<Base, 'spiI' | 'spiR'>): Payload[] {
  return options.initialContact ? [createNotify('INITIAL-CONTACT', { ckyI: spiI, ckyR: spiR })] : [];
}

/**
 * Whether the peer says that it has no other IKE SA with us. RFC 2407 section 4.6.3: "Notification Status Messages MUST be sent under the protection of an ISAKMP SA". Of a
 * peer that has proved nothing it means nothing: it would end those of others.
 */
export function isInitialContact({ connection }: Known, { isEncrypted, payloads }: OpenMessage): boolean {
  return (
    isEncrypted &&
    connection.remoteAuth.method !== 'null' &&
    payloads.some((payload) => payload.type === 'N' && payload.notify === 'INITIAL-CONTACT')
  );
}
