// What the examples share: a claim is printed, and looked at. One that is not so ends the program with exit code 1.
import assert from 'node:assert/strict';

/** Prints a claim and checks it. */
export function claim(text, found, expected) {
  assert.deepEqual(found, expected, text);
  console.log(`  ${text}: ${found}`);
}

/** What became of a packet, in a word: the action, or why it was discarded. */
export function told(result) {
  return result.action === 'discard' ? `discarded (${result.reason})` : result.action;
}
