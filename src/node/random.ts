/**
 * Chance.
 *
 * @module
 */
import { randomFillSync } from 'node:crypto';

/** Fills octets from `node:crypto`. */
export function fillRandom(target: Uint8Array): void {
  randomFillSync(target);
}
