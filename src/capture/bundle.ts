/**
 * Which SAs a clear packet goes through. A key file has no policies: this is a rule of thumb for it, `--sa` says it exactly.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { equalAddresses } from '../ip/address.js';
import type { ListedSa } from './receiver.js';

/** Chooses bundles for packet after packet: it remembers who talks to whom. */
export interface BundleChooser {
  /** The SAs for a packet, the outermost first; empty when none fits. */
  readonly choose: (source: Uint8Array, destination: Uint8Array) => readonly ListedSa[];
}

/**
 * Makes a chooser. The entries stand outermost first, as the file has them. Those between one pair of addresses are one direction; those
 * with the addresses changed over are the other. A packet belongs to the direction that names its own addresses, else to the one in which
 * its addresses were seen before, else to the first. Of that direction, from the innermost outwards, it goes through every tunnel, and
 * through every SA in transport mode whose addresses fit those that the packet has by then.
 */
export function createBundleChooser(listed: readonly ListedSa[]): BundleChooser {
  const directions = splitDirections(listed);
  const sides: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  function directionOf(source: Uint8Array, destination: Uint8Array): 0 | 1 {
    for (const d of [0, 1] as const) if (directions[d].some((entry) => names(entry, source, destination))) return d;
    return directions[1].length > 0 && (sides[1].has(toHex(source)) || sides[0].has(toHex(destination))) ? 1 : 0;
  }
  function choose(source: Uint8Array, destination: Uint8Array): readonly ListedSa[] {
    const direction = directionOf(source, destination);
    sides[direction].add(toHex(source));
    sides[direction === 0 ? 1 : 0].add(toHex(destination));
    const bundle: ListedSa[] = [];
    let [from, to] = [source, destination];
    for (const entry of directions[direction].toReversed()) {
      const { manual } = entry;
      if (manual.mode !== 'tunnel' && !fits(entry, from, to)) continue;
      bundle.unshift(entry);
      if (manual.mode === 'tunnel') [from, to] = [manual.source ?? from, manual.destination ?? to];
    }
    return bundle;
  }
  return { choose };
}

function splitDirections(listed: readonly ListedSa[]): readonly [readonly ListedSa[], readonly ListedSa[]] {
  const there: ListedSa[] = [];
  const back: ListedSa[] = [];
  for (const entry of listed) {
    const { source, destination } = entry.manual;
    const answers =
      source !== undefined &&
      destination !== undefined &&
      !equalAddresses(source, destination) &&
      there.some((e) => names(e, destination, source));
    (answers ? back : there).push(entry);
  }
  return [there, back];
}

/** Both addresses are given, and they are these. */
function names({ manual }: ListedSa, source: Uint8Array, destination: Uint8Array): boolean {
  return manual.source !== undefined && manual.destination !== undefined && fits({ manual }, source, destination);
}

function fits({ manual }: Pick<ListedSa, 'manual'>, source: Uint8Array, destination: Uint8Array): boolean {
  return (
    (manual.source === undefined || equalAddresses(manual.source, source)) &&
    (manual.destination === undefined || equalAddresses(manual.destination, destination))
  );
}
