/**
 * What a key file may say of an SA beyond the keys: the members that only processing understands.
 *
 * @module
 */
import type { Lifetime, SaConfig, TunnelHeaderPolicy } from '../association.js';
import { type AddressRange, parsePrefix } from '../ip.js';
import type { ChecksumFix } from '../nat-t.js';
import type { SaLookup } from '../sad.js';
import { parseSelectors, type SelectorJson } from '../traffic-selector.js';
import { address, flag, integer, list, members, oneOf, type Reader, text } from './json.js';

/** The members, read. */
export interface SaExtras {
  /** `direction`: whether packets come out of the SA (`in`), go into it (`out`), or one record for each (`both`). */
  readonly direction?: 'in' | 'out' | 'both' | undefined;
  /** `policy`: the name of the policy that it serves. */
  readonly policy?: string | undefined;
  /** `layer`: which layer of the policy, 0 the innermost. */
  readonly layer?: number | undefined;
  /** `remote`: the addresses of a peer that its policy knows by name. */
  readonly remote?: readonly AddressRange[] | undefined;
  /** `lookup`: what identifies it on receipt. */
  readonly lookup?: SaLookup | undefined;
  /** `dscp`: the DSCP values whose packets it takes. */
  readonly dscp?: readonly number[] | undefined;
  /** `statefulFragments`: RFC 4301 section 7.3. */
  readonly statefulFragments?: boolean | undefined;
  /** `checksumFix`: `"recompute"`, `"clear"`, or `{"source", "destination"}`: the peer's real addresses behind a NAT. */
  readonly checksumFix?: ChecksumFix | undefined;
  /** `innerDscp`: `"copy"` overwrites the inner DSCP with the outer. */
  readonly innerDscp?: 'keep' | 'copy' | undefined;
  /** `selectors`, `softLifetime`, `hardLifetime`, `createdAt`, `tunnelHeader`, `tfcLength`, `padTo`, `mayWrap`, `checkPadding`: for `createSa`. */
  readonly sa: Partial<SaConfig>;
}

/** Each member with its reader; those of `sa` go to `createSa` as they are. */
const readers: Readonly<Record<string, Reader>> = Object.freeze({
  direction: oneOf('in', 'out', 'both'),
  policy: text,
  layer: integer(0, 16),
  remote: (value, path) => (Array.isArray(value) ? list(value, path) : [value]).map((v) => parsePrefix(text(v, path))),
  lookup: oneOf('spi', 'spi-destination', 'spi-destination-source'),
  dscp: (value, path) => list(value, path).map((v, i) => integer(0, 63)(v, `${path}.${i}`)),
  statefulFragments: flag,
  checksumFix: readChecksumFix,
  innerDscp: oneOf('keep', 'copy'),
});
const saReaders: Readonly<Record<string, Reader>> = Object.freeze({
  selectors: (value, path) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((v, i) =>
      parseSelectors(v as SelectorJson, Array.isArray(value) ? `${path}.${i}` : path),
    ),
  softLifetime: readLifetime,
  hardLifetime: readLifetime,
  createdAt: integer(0, Number.MAX_SAFE_INTEGER),
  tunnelHeader: readTunnelHeader,
  tfcLength: integer(0, 0xffff),
  padTo: integer(4, 256),
  mayWrap: flag,
  checkPadding: flag,
});

/** The names of the members, for those who read key files and want to know which they may pass over. */
export const saExtraMembers: readonly string[] = /* @__PURE__ */ Object.freeze([...Object.keys(readers), ...Object.keys(saReaders)]);

/**
 * Reads what an SA of a key file holds besides the members of the key file's own format. Other members are left alone.
 *
 * @throws IpsecError `invalid-config` with the path of a value that cannot be.
 */
export function parseSaExtras(rest: Readonly<Record<string, unknown>>, path = 'sa'): SaExtras {
  return { ...readMembers(rest, readers, path), sa: readMembers(rest, saReaders, path) };
}

function readMembers(
  rest: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, Reader>>,
  path: string,
): Record<string, never> {
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(known)) {
    if (Object.hasOwn(rest, name) && rest[name] !== undefined) read[name] = known[name]!(rest[name], `${path}.${name}`);
  }
  return read as Record<string, never>;
}

function readChecksumFix(value: unknown, path: string): ChecksumFix {
  if (value === 'recompute' || value === 'clear') return value;
  const { source, destination } = members(value, path, ['source', 'destination']);
  return { source: address(source, `${path}.source`), destination: address(destination, `${path}.destination`) };
}

function readLifetime(value: unknown, path: string): Lifetime {
  return numbers(value, path, ['seconds', 'octets', 'packets']);
}

function readTunnelHeader(value: unknown, path: string): TunnelHeaderPolicy {
  const names = ['df', 'ecn', 'dscp', 'hopLimit', 'flowLabel'];
  const { df, ecn, dscp, hopLimit, flowLabel } = members(value, path, names);
  return {
    ...(df !== undefined && { df: oneOf('copy', 'set', 'clear')(df, `${path}.df`) }),
    ...(ecn !== undefined && { ecn: oneOf('normal', 'compatibility', 'none')(ecn, `${path}.ecn`) }),
    ...(dscp !== undefined && { dscp: dscp === 'copy' ? dscp : integer(0, 63)(dscp, `${path}.dscp`) }),
    ...(hopLimit !== undefined && { hopLimit: integer(1, 255)(hopLimit, `${path}.hopLimit`) }),
    ...(flowLabel !== undefined && { flowLabel: flowLabel === 'copy' ? flowLabel : integer(0, 0xfffff)(flowLabel, `${path}.flowLabel`) }),
  };
}

function numbers(value: unknown, path: string, names: readonly string[]): Record<string, number> {
  const read: Record<string, number> = {};
  for (const [name, member] of Object.entries(members(value, path, names))) {
    read[name] = integer(0, Number.MAX_SAFE_INTEGER)(member, `${path}.${name}`);
  }
  return read;
}
