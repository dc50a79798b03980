/**
 * What happens to an IKE SA by the clock alone.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { IkeEnv } from '../keying/machine.js';
import { closeSa, dropExchange } from './closing.js';
import { endSa } from './commands.js';
import type { Ikev1Action, Outcome } from './events.js';
import { deletionOf } from './exchange/child-delete.js';
import { wakeDpd } from './exchange/dpd.js';
import { keepExchange, retention } from './exchanges.js';
import { tellFailure } from './quick-end.js';
import type { Exchange } from './requests.js';
import { connectionOf, retransmit } from './send.js';
import { type AuthenticatedSa, type Deadlines, isAuthenticated, type Living } from './states.js';

/** Does what is due. Every time that has come is moved or taken away, so that none comes twice. */
export function wake(sa: Living, env: IkeEnv): Outcome {
  if (env.now >= sa.deadlines.expire) {
    if (!isAuthenticated(sa) || sa.state !== 'ESTABLISHED') return closeSa(sa, 'it took too long', noAnswer(sa, 'phase 1'));
    return endSa(sa, 'its lifetime is over', undefined);
  }
  const exchanges = isAuthenticated(sa) ? [sa.phase1, ...sa.exchanges] : [sa.phase1];
  let outcome: Outcome = { sa, actions: [] };
  for (const exchange of exchanges) {
    if (outcome.sa.state === 'CLOSED') return outcome;
    outcome = merge(outcome, wakeExchange(outcome.sa, exchange, env));
  }
  return isAuthenticated(outcome.sa) ? merge(outcome, wakeInUse(outcome.sa, env)) : outcome;
}

function merge(first: Outcome, second: Outcome): Outcome {
  return { sa: second.sa, begin: [...(first.begin ?? []), ...(second.begin ?? [])], actions: [...first.actions, ...second.actions] };
}

/** Sends again what waits for an answer, gives up what has waited long enough, and forgets what is over. */
function wakeExchange(sa: Living, exchange: Exchange, env: IkeEnv): Outcome {
  const { sent, about, messageId } = exchange;
  if (about.kind === 'done') {
    if (env.now < exchange.expires || !isAuthenticated(sa)) return { sa, actions: [] };
    // Its first message begins nothing if it is played again: genuine as it is, it would take the room of what the peer wants now.
    return { sa: keepExchange(sa, { ...exchange, received: undefined, sent: undefined, expires: Infinity }), actions: [] };
  }
  if (env.now >= exchange.expires) return giveUp(sa, exchange, env);
  if (sent === undefined || env.now < sent.retransmitAt) return { sa, actions: [] };
  const again = retransmit(sa, exchange, env);
  if (!again) {
    // A responder has nothing to ask: the initiator does, until the half-open IKE SA is given up.
    if (messageId === 0 && (sa.role === 'responder' || isAuthenticated(sa)))
      return { sa: keepExchange(sa, { ...exchange, sent: { ...sent, retransmitAt: Infinity } }), actions: [] };
    return giveUp(sa, exchange, env);
  }
  const audit: Ikev1Action = { type: 'audit', event: 'retransmitted', detail: `${exchange.exchange} ${messageId}, try ${sent.tries + 1}` };
  return { sa: again.sa, actions: [...again.actions, audit] };
}

/** Nobody answers. A Child SA that cannot be had leaves the IKE SA as it is; without an end of phase 1, XAUTH or Mode Config there is none. */
function giveUp(sa: Living, exchange: Exchange, { now }: IkeEnv): Outcome {
  const { about } = exchange;
  const error = noAnswer(sa, exchange.exchange);
  if (!isAuthenticated(sa) || exchange.messageId === 0) return closeSa(sa, 'the peer does not answer', error);
  if (exchange.exchange === 'Transaction' && sa.state !== 'ESTABLISHED') return endSa(sa, 'the peer does not answer', error);
  const over = keepExchange(sa, { ...exchange, sent: undefined, about: { kind: 'done' }, expires: now + retention });
  // The peer may have the pair in place that we have given up.
  const begin = about.kind === 'quick-committed' ? [deletionOf(about.granted.map(({ child }) => child))] : [];
  return { sa: over, begin, actions: [...dropExchange(about), ...tellFailure(about, error)] };
}

function noAnswer(sa: Living, what: string): IpsecError {
  const { refusal } = sa;
  if (refusal && !isAuthenticated(sa)) return refusal;
  return new IpsecError('timeout', `${what} of connection ${connectionOf(sa).name}`, {
    expected: 'the next message of the peer',
    found: `none in time, in state ${sa.state}`,
  });
}

function wakeInUse(sa: AuthenticatedSa, env: IkeEnv): Outcome {
  const { now } = env;
  const { options } = sa.connection;
  const actions: Ikev1Action[] = [];
  let current = sa;
  if (now >= sa.deadlines.reauthenticate) {
    current = at(current, { reauthenticate: Infinity });
    actions.push({ type: 'reauthenticate' });
  }
  if (now >= sa.deadlines.keepalive) {
    current = at(current, { keepalive: now + options.keepaliveInterval });
    actions.push({ type: 'keepalive', path: sa.path });
  }
  const dpd = wakeDpd(current, env);
  return { ...dpd, actions: [...actions, ...dpd.actions] };
}

function at<Sa extends AuthenticatedSa>(sa: Sa, deadlines: Partial<Deadlines>): Sa {
  return { ...sa, deadlines: { ...sa.deadlines, ...deadlines } };
}
