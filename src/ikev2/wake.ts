/**
 * Requests without an answer: sent again, or given up (RFC 7296 sections 2.1 and 2.4).
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { closeSa } from './closing.js';
import type { IkeAction, IkeEnv, Outcome } from './events.js';
import { connectionOf, type Living, retransmit } from './send.js';

/** Sends again what is due, and ends the IKE SA when a request was sent often enough. */
export function retransmitDue(sa: Living, env: IkeEnv): Outcome {
  const due = sa.windows.outstanding.filter((request) => request.retransmitAt <= env.now);
  const actions: IkeAction[] = [];
  let current: Living = sa;
  for (const request of due) {
    const sent = retransmit(current, request, env);
    if (sent === undefined) {
      // It was to end anyway, and ends without the peer's word.
      if (current.state === 'DELETING') {
        const over = closeSa(current, current.reason, undefined);
        return { sa: over.sa, actions: [...actions, ...over.actions] };
      }
      const end = closeSa(current, 'the peer does not answer', noAnswer(sa, request.exchange, request.tries));
      return { sa: end.sa, actions: [...actions, ...end.actions] };
    }
    current = sent.sa;
    actions.push(...sent.actions, {
      type: 'audit',
      event: 'retransmitted',
      detail: `${request.exchange} ${request.messageId}, try ${request.tries + 1}`,
    });
  }
  return { sa: current, actions };
}

/** What is told once nothing more is tried: in IKE_SA_INIT also what nobody vouched for. */
function noAnswer(sa: Living, exchange: string | number, tries: number): IpsecError {
  const hint = sa.state === 'INIT_SENT' ? sa.hint : undefined;
  return new IpsecError(hint === undefined ? 'timeout' : 'peer-refused', `${exchange} of connection ${connectionOf(sa).name}`, {
    expected: 'an answer',
    found: hint === undefined ? `none to ${tries} requests` : `${hint}, which nobody vouches for, and no other answer to ${tries} requests`,
  });
}
