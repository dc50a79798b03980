/**
 * Which policy, and why not another?
 *
 * @module
 */
import type { Flow } from '../ip.js';
import type { Direction } from '../traffic-selector.js';
import { nearestDifference } from '../traffic-selector/explain.js';
import { setsFor } from './boxes.js';
import type { Spd } from './database.js';
import { findInbound, findOutbound } from './find.js';
import type { SpdEntry } from './types.js';

/**
 * What the SPD says about a packet, in words for logs and people: which entry decides, or that none does and which comes nearest.
 *
 * @example
 * ```ts
 * import { parseAddress, type Flow } from 'ipsec-ts/ip';
 * import { createSpd, explainPolicy, parsePolicies } from 'ipsec-ts/spd';
 *
 * const spd = createSpd(parsePolicies([{ name: 'web', action: 'BYPASS', protocol: 'tcp', remotePorts: 443 }]));
 * const [source, destination] = [parseAddress('10.0.0.1'), parseAddress('192.0.2.1')];
 * const flow: Flow = { version: 4, source, destination, protocol: 6, sourcePort: 5000, destinationPort: 80 };
 * const why = explainPolicy(spd, flow, 'outbound');
 * if (why !== 'no policy matches: discard; nearest is policy 0 (web, BYPASS): remote port: 80, the selectors want 443') throw new Error(why);
 * ```
 */
export function explainPolicy(spd: Spd, flow: Flow, direction: Direction): string {
  const found = direction === 'outbound' ? findOutbound(spd, flow) : findInbound(spd, flow);
  if (found) return `${nameOf(found, spd.entries.indexOf(found))} decides`;
  let nearest = 'no policy matches: discard';
  let depth = -1;
  spd.entries.forEach((entry, i) => {
    const difference = nearestDifference(setsFor(entry, direction), flow, direction);
    if (difference === undefined || difference.depth <= depth) return;
    depth = difference.depth;
    nearest = `no policy matches: discard; nearest is ${nameOf(entry, i)}: ${difference.words}`;
  });
  return nearest;
}

function nameOf(entry: SpdEntry, index: number): string {
  return `policy ${index} (${entry.name === undefined ? '' : `${entry.name}, `}${entry.action})`;
}
