/**
 * What the outside world has answered while a message waited.
 *
 * @module
 */
import type { Answered, Ask } from './requests.js';

/**
 * The answer to a question, if it was asked before. For one message there is one question of a kind, but for certificates that are named by URL: one each.
 * So the same handler, run anew, finds its answers whatever it has asked first.
 */
export function answerTo(answers: readonly Answered[], ask: Ask): Answered | undefined {
  return answers.find((answered) => isSameQuestion(answered.ask, ask));
}

function isSameQuestion(a: Ask, b: Ask): boolean {
  if (a.kind === 'fetch-certificate') return b.kind === a.kind && a.url === b.url;
  return a.kind === b.kind;
}
