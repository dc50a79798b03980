/**
 * The SAs that IKE agreed on in a capture: which of them may a packet belong to?
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import type { ChildGuess, DerivedChild } from './ike-child.js';
import type { ExchangePlace } from './ike-sa.js';

/** All of them, by protocol and SPI. Mutable. */
export interface ChildList {
  /** They were agreed on there. */
  readonly add: (added: readonly DerivedChild[], at: ExchangePlace) => void;
  /** Those that a packet may belong to, the likeliest first. */
  readonly find: (protocol: DerivedChild['protocol'], spi: number, source: Uint8Array, destination: Uint8Array) => readonly ChildGuess[];
  /** Ports on which their peers speak: ESP in UDP uses the same. */
  readonly udpPorts: ReadonlySet<number>;
}

/** Child SAs with one SPI that are kept: the newest. */
const MAXIMUM_SAME_SPI = 4;

/** An empty list. */
export function createChildList(): ChildList {
  const children = new Map<string, DerivedChild[]>();
  const udpPorts = new Set<number>();
  return {
    udpPorts,
    add(added, at): void {
      for (const child of added) {
        const name = `${child.protocol} ${child.spi}`;
        children.set(name, [child, ...(children.get(name) ?? [])].slice(0, MAXIMUM_SAME_SPI));
      }
      if (added.length === 0 || at.sourcePort === 500 || at.destinationPort === 500) return;
      udpPorts.add(at.sourcePort);
      udpPorts.add(at.destinationPort);
    },
    find(protocol, spi, source, destination): readonly ChildGuess[] {
      // A NAT or MOBIKE may have moved the peers; the SPI is still theirs.
      const rank = (child: DerivedChild): number =>
        (equalBytes(child.destination, destination) ? 2 : 0) + (equalBytes(child.source, source) ? 1 : 0);
      const named = children.get(`${protocol} ${spi}`) ?? [];
      return (named.length < 2 ? named : named.toSorted((a, b) => rank(b) - rank(a))).flatMap((child) => child.guesses());
    },
  };
}
