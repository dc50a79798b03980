/**
 * The forwarding function of RFC 4301 figures 2 and 3, as far as nested SAs need it: does a packet cross the boundary again?
 *
 * @module
 */
import type { Flow } from '../ip.js';
import { containsFlow, type Direction } from '../traffic-selector.js';
import type { ForwardRule } from './options.js';

/** Whether the first rule that fits sends a packet across the boundary again. RFC 4301 appendix E. */
export function loopsBack(rules: readonly ForwardRule[], flow: Flow, direction: Direction): boolean {
  for (const { selectors, action } of rules) if (containsFlow(selectors, flow, direction)) return action === 'loop';
  return false;
}
