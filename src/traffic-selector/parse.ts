/**
 * Selector sets from text and from JSON: what manual-keying files and the command line hold.
 *
 * @module
 */
import { type AddressRange, OPAQUE, protocols } from '../ip.js';
import { checkSelector } from './check.js';
import { badValue, parseAddresses, parsePorts, parseProtocol } from './parse-values.js';
import { ANY, type Ports, type SelectorSet } from './types.js';

/** A selector set as JSON. Whatever is absent is `any`. */
export interface SelectorJson {
  /** `"10.0.0.0/8"`, `"192.0.2.1-192.0.2.9"`, `"any"`, several with commas, or a list. */
  readonly local?: string | readonly string[];
  /** As `local`. */
  readonly remote?: string | readonly string[];
  /** A number, a name, `"any"`, `"opaque"`; a list of them makes a selector set for each. */
  readonly protocol?: number | string | readonly (number | string)[];
  /** `443`, `"1024-65535"`, `"any"`, `"opaque"`, or a list; for ICMP `"8/0"`, for the Mobility Header `"5"`. */
  readonly localPorts?: PortsJson;
  /** As `localPorts`. */
  readonly remotePorts?: PortsJson;
  /** ICMP or ICMPv6: both port selectors at once. Without `protocol` the family of the addresses decides which of the two. */
  readonly icmp?: PortsJson | TypeJson;
  /** Mobility Header: both port selectors at once. */
  readonly mh?: PortsJson | TypeJson;
}

/** Ports, or message types, as JSON. */
export type PortsJson = number | string | readonly (number | string)[];

/** A message type as JSON. */
export interface TypeJson {
  /** Message type 0 to 255, `"3-5"`, or `"any"`. */
  readonly type: number | string;
  /** ICMP code 0 to 255, `"0-3"`, or `"any"`, which is the default. */
  readonly code?: number | string;
  /** Whether it may be sent. Default true; false makes the local port selector OPAQUE (RFC 4301 section 4.4.1.3 D). */
  readonly send?: boolean;
  /** Whether it may be received. Default true; false makes the remote port selector OPAQUE (RFC 4301 section 4.4.1.3 C). */
  readonly receive?: boolean;
}

/** The members of {@link SelectorJson}. */
export const selectorMembers: readonly (keyof SelectorJson)[] = ['local', 'remote', 'protocol', 'localPorts', 'remotePorts', 'icmp', 'mh'];

/**
 * Reads one selector set.
 *
 * @param value JSON, or text: `LOCAL [PROTOCOL [PORTS]] <-> REMOTE [PORTS]`, or the remote half alone: `10.0.0.0/8 tcp 443`.
 * @param path where it stands in a configuration, for errors.
 * @throws IpsecError `invalid-config` with the path of the wrong value and, where one is near, the name that was meant.
 *
 * @example
 * ```ts
 * import { parseSelector } from 'ipsec-ts/traffic-selector';
 *
 * const a = parseSelector('10.0.0.0/8 tcp 443');
 * const b = parseSelector({ remote: '10.0.0.0/8', protocol: 'tcp', remotePorts: 443 });
 * if (a.protocol !== 6 || JSON.stringify(a) !== JSON.stringify(b)) throw new Error('two ways to say the same');
 * ```
 */
export function parseSelector(value: string | SelectorJson, path = 'selector'): SelectorSet {
  const sets = parseSelectors(value, path);
  if (sets.length !== 1) throw badValue('a selector set', `${path}.protocol`, 'one protocol', `${sets.length} protocols`);
  return sets[0]!;
}

/** {@link parseSelector} where `protocol` may be a list: RFC 4301 section 4.4.1.2 has one selector set for each. */
export function parseSelectors(value: string | SelectorJson, path = 'selector'): SelectorSet[] {
  if (typeof value === 'string') return parseText(value, path);
  if (!isObject(value)) throw badValue('a selector set', path, 'an object or text', value);
  const local = parseAddresses(value.local ?? 'any', `${path}.local`);
  const remote = parseAddresses(value.remote ?? 'any', `${path}.remote`);
  const named =
    value.protocol ??
    defaultProtocol(
      value,
      [local, remote].flatMap((a) => (a === ANY ? [] : a)),
      path,
    );
  const list: readonly unknown[] = Array.isArray(named) ? named : [named];
  if (list.length === 0) throw badValue('a Next Layer Protocol', `${path}.protocol`, 'one or more', 'none');
  return list.map((name, i) => {
    const protocol = parseProtocol(name, Array.isArray(named) ? `${path}.protocol.${i}` : `${path}.protocol`);
    const set: SelectorSet = { local, remote, protocol, ...parseBothPorts(value, protocol, path) };
    checkSelector(set, path);
    return set;
  });
}

/** Whether a value out of a JSON file is an object, whatever its type says. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function defaultProtocol(value: SelectorJson, ranges: readonly AddressRange[], path: string): string {
  if (value.mh !== undefined) return 'mh';
  if (value.icmp === undefined) return 'any';
  const families = new Set(ranges.map((range) => range.start.length));
  if (families.size !== 1)
    throw badValue('an ICMP selector', `${path}.protocol`, '"icmp" or "icmpv6", since the addresses do not tell', undefined);
  return families.has(4) ? 'icmp' : 'icmpv6';
}

function parseBothPorts(value: SelectorJson, protocol: number, path: string): Pick<SelectorSet, 'localPorts' | 'remotePorts'> {
  for (const name of ['icmp', 'mh'] as const) {
    const types = value[name];
    if (types === undefined) continue;
    const fits =
      name === 'mh' ? protocol === protocols['Mobility Header'] : protocol === protocols.ICMP || protocol === protocols['IPv6-ICMP'];
    if (!fits) throw badValue(`"${name}"`, `${path}.${name}`, `the protocol that it belongs to`, `protocol ${protocol}`);
    if (value.localPorts !== undefined || value.remotePorts !== undefined)
      throw badValue(`"${name}"`, `${path}.${name}`, 'either this or localPorts and remotePorts', 'both');
    return parseTypeSelector(types, protocol, `${path}.${name}`);
  }
  return {
    localPorts: parsePorts(value.localPorts ?? 'any', protocol, `${path}.localPorts`),
    remotePorts: parsePorts(value.remotePorts ?? 'any', protocol, `${path}.remotePorts`),
  };
}

function parseTypeSelector(value: PortsJson | TypeJson, protocol: number, path: string): Pick<SelectorSet, 'localPorts' | 'remotePorts'> {
  if (!isObject(value)) {
    const ports = parsePorts(value, protocol, path);
    return { localPorts: ports, remotePorts: ports };
  }
  const { type, code, send = true, receive = true } = value as TypeJson;
  if (!send && !receive) throw badValue('a message type', path, 'that it may be sent or received', 'neither');
  const ports = parseTypeAndCode(type, code, protocol, path);
  return { localPorts: send ? ports : OPAQUE, remotePorts: receive ? ports : OPAQUE };
}

// RFC 4301 section 4.4.1.1: "This 16-bit selector can contain a single type and a range of codes, a single type and ANY code, and ANY
// type and ANY code."
function parseTypeAndCode(type: number | string, code: number | string | undefined, protocol: number, path: string): Ports {
  const anyCode = code === undefined || (typeof code === 'string' && code.toLowerCase() === 'any');
  if (anyCode) return parsePorts(type, protocol, `${path}.type`);
  if (typeof type === 'string' && !/^\d+$/.test(type)) throw badValue('an ICMP code', `${path}.code`, 'a single type before it', type);
  return parsePorts(`${type}/${code}`, protocol, `${path}.code`);
}

function parseText(text: string, path: string): SelectorSet[] {
  const halves = text.split('<->').map((half) => half.trim().split(/\s+/));
  const [left, right] = halves.length === 1 ? [['any'], halves[0]!] : [halves[0]!, halves[1]!];
  const tooLong = halves.length === 1 ? right.length > 3 : left.length > 3 || right.length > 2;
  if (halves.length > 2 || text.trim() === '' || tooLong)
    throw badValue('a selector set', path, 'LOCAL [PROTOCOL [PORTS]] <-> REMOTE [PORTS], or REMOTE [PROTOCOL [PORTS]]', text);
  const [protocol = 'any', localPorts = 'any'] = halves.length === 1 ? [right[1]] : left.slice(1);
  const remotePorts = (halves.length === 1 ? right[2] : right[1]) ?? 'any';
  return parseSelectors({ local: left[0]!, remote: right[0]!, protocol, localPorts, remotePorts }, path);
}
