/**
 * The decisions of `ProcessConfig` as JSON, for files that configure processing without a program.
 *
 * @module
 */
import { extensionTable } from '../ip.js';
import { parseSelectors } from '../traffic-selector.js';
import { address, flag, integer, list, members, oneOf, type Reader, text } from './json.js';
import type { Forwarding, ForwardRule, IcmpList, IcmpOptions, IcmpPattern, ProcessConfig } from './options.js';
import type { RateLimit } from './limiter.js';

const port = integer(0, 0xffff);
const count = integer(0, 1_000_000);

const readers: Readonly<Record<string, Reader>> = Object.freeze({
  addresses: (value, path) => list(value, path).map((v, i) => text(v, `${path}.${i}`)),
  linkMtu: integer(68, 0xffff),
  fragment: oneOf('before', 'after'),
  reassembleOutbound: flag,
  opaqueFragmentsV6: flag,
  minFragmentOffset: integer(0, 0xffff),
  keyManagement: flag,
  maxPasses: integer(1, 16),
  forwarding: readForwarding,
  natPorts: (value, path) => list(value, path).map((v, i) => port(v, `${path}.${i}`)),
  ikePorts: (value, path) => list(value, path).map((v, i) => port(v, `${path}.${i}`)),
  icmp: readIcmpOptions,
  extensions: (value, path) => extensionTable(list(value, path).map((v, i) => integer(0, 255)(v, `${path}.${i}`))),
  notify: (value, path) => (value === 'none' ? value : readRate(value, path)),
});

/**
 * Reads the decisions.
 *
 * @param value JSON with the member names of {@link ProcessConfig}; `forwarding.unprotected` and `forwarding.protected` are lists of
 *   selectors (as in policies), each with an `action` of `loop` or `forward`.
 * @throws IpsecError `invalid-config` with the path of the wrong member.
 *
 * @example
 * ```ts
 * import { createDatabases, parseProcessConfig } from 'ipsec-ts/process';
 *
 * const config = parseProcessConfig({ addresses: ['192.0.2.1'], linkMtu: 1400, icmp: { answer: 'none' } });
 * if (createDatabases(config).options.linkMtu !== 1400) throw new Error('as it was written');
 * ```
 */
export function parseProcessConfig(value: unknown, path = 'options'): ProcessConfig {
  const given = members(value, path, Object.keys(readers));
  const read: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(given)) read[name] = readers[name]!(member, `${path}.${name}`);
  return { addresses: [], ...read };
}

function readForwarding(value: unknown, path: string): Partial<Forwarding> {
  const { unprotected, protected: inside } = members(value, path, ['unprotected', 'protected']);
  return {
    ...(unprotected !== undefined && { unprotected: readRules(unprotected, `${path}.unprotected`) }),
    ...(inside !== undefined && { protected: readRules(inside, `${path}.protected`) }),
  };
}

function readRules(value: unknown, path: string): ForwardRule[] {
  return list(value, path).map((rule, i) => {
    const at = `${path}.${i}`;
    const { action, ...selectors } = members(rule, at, [
      'local',
      'remote',
      'protocol',
      'localPorts',
      'remotePorts',
      'icmp',
      'mh',
      'action',
    ]);
    return { action: oneOf('loop', 'forward')(action, `${at}.action`), selectors: parseSelectors(selectors, at) };
  });
}

function readIcmpOptions(value: unknown, path: string): Partial<IcmpOptions> {
  const {
    unprotected,
    protected: inside,
    checkPayload,
    log,
    answer,
    rate,
    from,
  } = members(value, path, ['unprotected', 'protected', 'checkPayload', 'log', 'answer', 'rate', 'from']);
  return {
    ...(unprotected !== undefined && { unprotected: readIcmpList(unprotected, `${path}.unprotected`) }),
    ...(inside !== undefined && { protected: readIcmpList(inside, `${path}.protected`) }),
    ...(checkPayload !== undefined && { checkPayload: oneOf('by-policy', 'always')(checkPayload, `${path}.checkPayload`) }),
    ...(log !== undefined && { log: readIcmpList(log, `${path}.log`) }),
    ...(answer !== undefined && { answer: oneOf('all', 'path-mtu', 'none')(answer, `${path}.answer`) }),
    ...(rate !== undefined && { rate: readRate(rate, `${path}.rate`) }),
    ...(from !== undefined && { from: list(from, `${path}.from`).map((v, i) => address(v, `${path}.from.${i}`)) }),
  };
}

function readIcmpList(value: unknown, path: string): IcmpList {
  if (value === 'all' || value === 'none') return value;
  return list(value, path).map((pattern, i): IcmpPattern => {
    const at = `${path}.${i}`;
    const { version, type, code } = members(pattern, at, ['version', 'type', 'code']);
    return {
      version: version === 4 ? 4 : (integer(6, 6)(version, `${at}.version`) as 6),
      type: integer(0, 255)(type, `${at}.type`),
      ...(code !== undefined && { code: integer(0, 255)(code, `${at}.code`) }),
    };
  });
}

function readRate(value: unknown, path: string): RateLimit {
  const { perSecond, burst } = members(value, path, ['perSecond', 'burst']);
  return { perSecond: count(perSecond, `${path}.perSecond`), burst: count(burst, `${path}.burst`) };
}
