/**
 * What the outside world has answered while a message waited.
 *
 * @module
 */
import { equalIdentities } from '../traffic-selector.js';
import type { Answered, Ask } from './requests.js';

/**
 * The answer to a question, if it was asked before. For one message there is one question of a kind, but for certificates that are named by URL, one each, and
 * for secrets of several identities (RFC 4739). So the same handler, run anew, finds its answers whatever it has asked first.
 */
export function answerTo(answers: readonly Answered[], ask: Ask): Answered | undefined {
  return answers.find((answered) => isSameQuestion(answered.ask, ask));
}

function isSameQuestion(a: Ask, b: Ask): boolean {
  if (a.kind === 'fetch-certificate') return b.kind === a.kind && a.url === b.url;
  if (a.kind === 'shared-key') return b.kind === a.kind && equalIdentities(a.localId, b.localId) && equalIdentities(a.peerId, b.peerId);
  return a.kind === b.kind;
}
