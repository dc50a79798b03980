/**
 * What the demo says: plain lines, and claims that are checked.
 *
 * @module
 */

/** Says and counts. */
export interface Claims {
  /** A line that claims nothing. */
  readonly say: (text: string) => void;
  /** A line that is so, or is marked as failed. */
  readonly claim: (text: string, holds: boolean) => void;
  /** How many were so. */
  readonly held: () => number;
  /** How many were not. */
  readonly failed: () => number;
}

/** Starts counting. */
export function createClaims(say: (text: string) => void): Claims {
  let held = 0;
  let failed = 0;
  return {
    say,
    claim(text, holds) {
      if (holds) held++;
      else failed++;
      say(`  ${holds ? 'ok    ' : 'FAILED'}  ${text}`);
    },
    held: () => held,
    failed: () => failed,
  };
}
