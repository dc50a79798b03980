/**
 * Policies as JSON: what manual-keying files hold.
 *
 * @module
 */
import { fromHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { type Identity, mixesBeyond, parseIdentity, parseSelectors, type SelectorJson, type SelectorSet } from '../traffic-selector.js';
import { selectorMembers } from '../traffic-selector/parse.js';
import { checkPolicy, pfpFlags } from './check.js';
import { parseProcessing, type ProcessingJson } from './json-processing.js';
import { badMember, isRecord, listOf, nameAmong, type Warn, warnUnknown } from './json-values.js';
import type { PfpFlag, PolicyBase, SpdEntry } from './types.js';

/** A policy as JSON: one selector set stands in the policy itself, several in `selectors`. */
export interface PolicyJson extends SelectorJson {
  /** For people. */
  readonly name?: string;
  /** What is done. */
  readonly action: 'PROTECT' | 'BYPASS' | 'DISCARD';
  /** Default `both`. */
  readonly direction?: 'both' | 'in' | 'out';
  /** Several selector sets, as JSON or as text. */
  readonly selectors?: readonly (SelectorJson | string)[];
  /** Identities of peers, as `parseIdentity` reads them. */
  readonly names?: readonly string[];
  /** Names of local users: hexadecimal. */
  readonly localNames?: readonly string[];
  /** PROTECT: the selectors to populate from the packet. */
  readonly pfp?: readonly PfpFlag[];
  /** What becomes of fragments that show no ports. Default `selectors`. */
  readonly fragments?: 'selectors' | 'stateful';
  /** PROTECT: how; a list is a bundle, innermost layer first. */
  readonly processing?: ProcessingJson | readonly ProcessingJson[];
}

const members: readonly string[] = [
  ...['name', 'action', 'direction', 'selectors', 'names', 'localNames', 'pfp', 'fragments', 'processing'],
  ...selectorMembers,
];

/**
 * Reads a list of policies.
 *
 * @param value the list, such as `JSON.parse` makes it.
 * @param path where it stands in the file, for errors.
 * @param warn is told of members that mean nothing here; they are never refused.
 * @throws IpsecError `invalid-config` (or `unknown-algorithm`) with the path of the wrong value and, where one is near, the name that was meant.
 *
 * @example
 * ```ts
 * import { parsePolicies } from 'ipsec-ts/spd';
 *
 * const policies = parsePolicies([
 *   { action: 'BYPASS', protocol: 'udp', localPorts: 500, remotePorts: 500 },
 *   {
 *     action: 'PROTECT',
 *     local: '10.1.0.0/16',
 *     remote: ['10.2.0.0/16', '10.3.0.1-10.3.0.9'],
 *     processing: { protocol: 'ESP', mode: 'tunnel', source: '192.0.2.1', destination: '192.0.2.2', sa: ['0x1001', '0x1002'] },
 *   },
 *   { action: 'DISCARD' },
 * ]);
 * if (policies.length !== 3) throw new Error('three');
 * ```
 */
export function parsePolicies(value: unknown, path = 'policies', warn: Warn = () => undefined): SpdEntry[] {
  if (!Array.isArray(value)) throw badMember('a list of policies', path, 'a list', value);
  return value.map((policy: unknown, i) => parsePolicy(policy, `${path}.${i}`, warn));
}

function parsePolicy(value: unknown, path: string, warn: Warn): SpdEntry {
  if (!isRecord(value)) throw badMember('a policy', path, 'an object', value);
  warnUnknown(value, members, path, warn);
  const action = nameAmong(value['action'], ['PROTECT', 'BYPASS', 'DISCARD'] as const, 'an action', `${path}.action`);
  const base = parseBase(value, path, warn);
  const entry: SpdEntry = action === 'PROTECT' ? parseProtect(value, base, path, warn) : { ...base, action };
  if (action !== 'PROTECT')
    for (const name of ['pfp', 'processing'])
      if (value[name] !== undefined) throw badMember(`"${name}" in a ${action} policy`, `${path}.${name}`, 'none', value[name]);
  checkPolicy(entry, path);
  warnMixing(entry, path, warn);
  return entry;
}

// RFC 4301 section 4.4.1.2: "An implementation MAY warn users, to alert them to this problem if users create SPD entries with multiple
// selector sets, the syntax of which indicates possible conflicts with current IKE semantics."
function warnMixing({ action, selectors }: SpdEntry, path: string, warn: Warn): void {
  if (action !== 'PROTECT' || selectors.length < 2 || selectors.length > 100 || !mixesBeyond(selectors)) return;
  warn(
    new IpsecError('invalid-config', 'selector sets whose ends IKEv2 would mix', {
      path: `${path}.selectors`,
      expected: 'a policy for each set, unless every local end may go with every remote one',
      found: `${selectors.length} sets`,
    }),
  );
}

function parseProtect(value: Record<string, unknown>, base: PolicyBase, path: string, warn: Warn): SpdEntry {
  const flags = value['pfp'] === undefined ? undefined : listOf(value['pfp'], 'a list of selectors', `${path}.pfp`);
  const pfp = flags?.map((flag, i) => nameAmong(flag, pfpFlags, 'a selector to populate from the packet', `${path}.pfp.${i}`));
  const { layers, fragments } = parseProcessing(value['processing'], `${path}.processing`, warn);
  return { ...base, ...(fragments && { fragments }), action: 'PROTECT', ...(pfp && { pfp }), processing: layers };
}

function parseBase(value: Record<string, unknown>, path: string, warn: Warn): PolicyBase {
  const { name, direction, fragments } = value;
  if (name !== undefined && typeof name !== 'string') throw badMember('the name of a policy', `${path}.name`, 'text', name);
  return {
    ...(name !== undefined && { name }),
    ...(direction !== undefined && { direction: nameAmong(direction, ['both', 'in', 'out'] as const, 'a direction', `${path}.direction`) }),
    ...(fragments !== undefined && {
      fragments: nameAmong(fragments, ['selectors', 'stateful'] as const, 'a way with fragments', `${path}.fragments`),
    }),
    ...(value['names'] !== undefined && { names: readEach(value['names'], `${path}.names`, parseIdentity) }),
    ...(value['localNames'] !== undefined && { localNames: readEach(value['localNames'], `${path}.localNames`, fromHex) }),
    selectors: parseSets(value, path, warn),
  };
}

function readEach<T extends Identity | Uint8Array>(value: unknown, path: string, read: (text: string) => T): T[] {
  return listOf(value, 'a list of names', path).map((item, i) => {
    const place = `${path}.${i}`;
    if (typeof item !== 'string') throw badMember('a name', place, 'text', item);
    try {
      return read(item);
    } catch (error) {
      if (!(error instanceof IpsecError)) throw error;
      throw new IpsecError('invalid-config', 'a name', {
        path: place,
        expected: error.expected ?? 'an identity',
        found: JSON.stringify(item),
        cause: error,
      });
    }
  });
}

function parseSets(value: Record<string, unknown>, path: string, warn: Warn): SelectorSet[] {
  if (value['selectors'] === undefined) {
    const own = Object.fromEntries(selectorMembers.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])));
    return parseSelectors(own, path);
  }
  const both = selectorMembers.find((name) => value[name] !== undefined);
  if (both !== undefined) throw badMember(`"${both}" beside "selectors"`, `${path}.${both}`, 'one or the other', value[both]);
  return listOf(value['selectors'], 'a list of selector sets', `${path}.selectors`).flatMap((set, i) => {
    const place = `${path}.selectors.${i}`;
    if (typeof set !== 'string' && !isRecord(set)) throw badMember('a selector set', place, 'an object or text', set);
    if (typeof set !== 'string') warnUnknown(set, selectorMembers, place, warn);
    return parseSelectors(set, place);
  });
}
