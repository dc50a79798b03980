/**
 * The protection of a message taken off, whole or in fragments.
 *
 * @module
 */
import type { AuditEvent } from './events.js';
import type { IkeMessage } from './message.js';
import { addFragment, type FragmentQueue } from './reassembly.js';
import type { Living } from './send.js';
import { openEncrypted } from './sk.js';

/** What opening comes to. */
export type OpenedMessage =
  | {
      /** All of it is here. */
      readonly kind: 'whole';
      readonly firstPayload: number;
      readonly octets: Uint8Array;
      /** Whether a repetition of it asks for the answer again. */
      readonly repeats: boolean;
    }
  | {
      /** A fragment, and others are missing. */
      readonly kind: 'kept';
      readonly queue: FragmentQueue;
      readonly repeats: boolean;
    }
  | {
      /** Genuine fragments of more octets than any message has. */
      readonly kind: 'overflow';
    }
  | {
      /** Not genuine, or not wanted. */
      readonly kind: 'refused';
      readonly event: AuditEvent;
      readonly detail: string;
    };

/**
 * Verifies and decrypts a message of the peer.
 *
 * @param queue the fragments of its direction so far.
 */
export function openMessage(sa: Living, message: IkeMessage, queue: FragmentQueue | undefined): OpenedMessage {
  if (!('crypto' in sa)) return refused('unexpected', 'a protected message before there are keys');
  const { open } = sa.crypto;
  const last = message.payloads.at(-1);
  if (last?.type === 'SK') {
    const opened = openEncrypted(open, message.raw, last);
    return opened.ok
      ? { kind: 'whole', firstPayload: opened.firstPayload, octets: opened.octets, repeats: true }
      : refused(opened.reason === 'icv' ? 'icv' : 'malformed', `SK: ${opened.reason}`);
  }
  if (last?.type !== 'SKF') return refused('unexpected', 'a message without protection');
  if (!sa.fragmentation) return refused('unexpected', 'a fragment, which was not agreed on');
  const repeats = last.fragmentNumber === 1;
  // A queue of another message is of one that was given up.
  const mine = queue?.messageId === message.messageId ? queue : undefined;
  const result = addFragment(mine, open, message);
  switch (result.kind) {
    case 'complete':
      return { kind: 'whole', firstPayload: result.firstPayload, octets: result.octets, repeats };
    case 'kept':
      return { kind: 'kept', queue: result.queue, repeats };
    case 'overflow':
      return result;
    default:
      return refused(result.reason === 'icv' ? 'icv' : 'dropped', `fragment: ${result.reason}`);
  }
}

function refused(event: AuditEvent, detail: string): OpenedMessage {
  return { kind: 'refused', event, detail };
}
