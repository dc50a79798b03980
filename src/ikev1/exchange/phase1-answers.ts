/**
 * What the outside world has answered while a message of phase 1 waited.
 *
 * @module
 */
import { equalIdentities } from '../../traffic-selector.js';
import type { Answered, Ikev1Ask } from '../requests.js';

/**
 * The answer to a question, if it was asked before. For one message there is one question of a kind, but for secrets, which are asked for by names. So the same handler,
 * run anew, finds its answers whatever it has asked first.
 */
export function answerTo(answers: readonly Answered[], ask: Ikev1Ask): Answered | undefined {
  return answers.find((answered) => isSameQuestion(answered.ask, ask));
}

function isSameQuestion(a: Ikev1Ask, b: Ikev1Ask): boolean {
  if (a.kind === 'shared-key') return b.kind === a.kind && equalIdentities(a.localId, b.localId) && equalIdentities(a.peerId, b.peerId);
  return a.kind === b.kind;
}
