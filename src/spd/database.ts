/**
 * The SPD: an ordered list of entries.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { checkPolicy } from './check.js';
import { createIndex, noteInsertion, noteRemoval, type SpdIndex } from './index.js';
import type { PassPolicy, ProtectPolicy, SpdEntry } from './types.js';

/** What {@link createSpd} takes besides the entries. */
export interface SpdOptions {
  /**
   * Flows that the flow cache remembers per IP version, rounded up to a power of two; 0 turns it off. Default 4096. A flow takes 32 octets over
   * IPv4 and 64 over IPv6, whether it is there or not.
   */
  readonly flowCache?: number | undefined;
  /** Where the entries stand in a configuration, for errors. Default `policies`. */
  readonly path?: string | undefined;
}

/**
 * A Security Policy Database. Make one per context and choose among them by the packet and where it came from: RFC 4301 section 4.4.1: "if
 * an implementation supports multiple SPDs, then it MUST include an explicit SPD selection function", which is the caller's.
 * Mutable: it belongs to one owner; {@link insertPolicy} and {@link removePolicy} change it.
 */
export interface Spd {
  /** All entries in their order. */
  readonly entries: readonly SpdEntry[];
  /** SPD-S: the entries that protect. */
  readonly secured: readonly ProtectPolicy[];
  /** SPD-O: the entries that bypass or discard outbound packets. */
  readonly outbound: readonly PassPolicy[];
  /** SPD-I: the entries that bypass or discard inbound packets. */
  readonly inbound: readonly PassPolicy[];
  /** Goes up with every change: what was derived from an older generation is out of date. */
  readonly generation: number;
  /** What the look-up uses. Private. @internal */
  readonly index: SpdIndex;
}

/**
 * Makes an SPD. What no entry matches is for the caller to discard: RFC 4301 section 4.4.1: "Every SPD SHOULD have a nominal, final entry that
 * matches anything that is otherwise unmatched, and discards it."
 *
 * @param entries in order: the first that matches a packet decides. They are kept and must not be changed afterwards.
 * @throws IpsecError `invalid-config` with the path of the wrong member.
 *
 * @example
 * ```ts
 * import { parseAddress, type Flow } from 'ipsec-ts/ip';
 * import { createSpd, findInbound, findOutbound, parsePolicies } from 'ipsec-ts/spd';
 *
 * const spd = createSpd(
 *   parsePolicies([
 *     { name: 'IKE', action: 'BYPASS', protocol: 'udp', localPorts: 500, remotePorts: 500 },
 *     { name: 'branch', action: 'PROTECT', local: '10.1.0.0/16', remote: '10.2.0.0/16', processing: { protocol: 'ESP', mode: 'tunnel' } },
 *   ]),
 * );
 * const [source, destination] = [parseAddress('10.1.0.1'), parseAddress('10.2.0.1')];
 * const flow: Flow = { version: 4, source, destination, protocol: 6, sourcePort: 5000, destinationPort: 80 };
 * if (findOutbound(spd, flow)?.name !== 'branch') throw new Error('to be protected');
 * if (findInbound(spd, flow) !== undefined) throw new Error('no match: discard');
 * ```
 */
export function createSpd(entries: readonly SpdEntry[] = [], options: SpdOptions = {}): Spd {
  const { flowCache = 4096, path = 'policies' } = options;
  if (!Number.isInteger(flowCache) || flowCache < 0 || flowCache > 2 ** 22)
    throw new IpsecError('invalid-argument', 'the size of a flow cache', {
      path: 'flowCache',
      expected: '0 to 2^22',
      found: String(flowCache),
    });
  entries.forEach((entry, i) => {
    checkPolicy(entry, `${path}.${i}`);
  });
  const list = entries.slice();
  const own: Omit<Spd, keyof typeof pieces> = { entries: list, generation: 1, index: createIndex(list, flowCache) };
  return Object.assign(Object.create(pieces) as typeof pieces, own);
}

/** Getters that all SPDs share, so that V8 gives all SPDs one shape: getters of their own would make each look-up slower. */
const pieces = {
  get secured(): readonly ProtectPolicy[] {
    return entriesOf(this).filter((e) => e.action === 'PROTECT');
  },
  get outbound(): readonly PassPolicy[] {
    return entriesOf(this).filter((e): e is PassPolicy => e.action !== 'PROTECT' && e.direction !== 'in');
  },
  get inbound(): readonly PassPolicy[] {
    return entriesOf(this).filter((e): e is PassPolicy => e.action !== 'PROTECT' && e.direction !== 'out');
  },
};

function entriesOf(spd: object): readonly SpdEntry[] {
  return (spd as Spd).entries;
}

/**
 * Inserts an entry.
 *
 * @param at its place in `spd.entries`: before the entry that is there now. Default: behind all others.
 * @throws IpsecError `invalid-config` for a wrong entry, `invalid-argument` for a wrong place.
 */
export function insertPolicy(spd: Spd, entry: SpdEntry, at: number = spd.entries.length): void {
  if (!Number.isInteger(at) || at < 0 || at > spd.entries.length)
    throw new IpsecError('invalid-argument', 'a place in the SPD', {
      path: 'at',
      expected: `0 to ${spd.entries.length}`,
      found: String(at),
    });
  checkPolicy(entry);
  const { entries } = changed(spd);
  entries.splice(at, 0, entry);
  noteInsertion(spd.index, entry, at);
}

/** Removes an entry, the same record that the look-up hands out. @returns whether it was there. */
export function removePolicy(spd: Spd, entry: SpdEntry): boolean {
  const at = spd.entries.indexOf(entry);
  if (at < 0) return false;
  const { entries } = changed(spd);
  entries.splice(at, 1);
  noteRemoval(spd.index, entry, at);
  return true;
}

/** The SPD as this module alone may change it; a generation later. */
function changed(spd: Spd): { entries: SpdEntry[]; generation: number } {
  const own = spd as unknown as { entries: SpdEntry[]; generation: number };
  own.generation++;
  return own;
}
