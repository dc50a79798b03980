/**
 * What a configuration will run into, said before anything is sent: above all what only shows at the first rekey, behind the first NAT, or when
 * the peer is gone.
 *
 * @module
 */
import type { Lifetime } from '../association.js';
import type { ChildPolicy, Connection } from '../keying/connection.js';
import { lintProposals, type ProposalFinding } from '../ikev2/proposal-lint.js';
import { formatPadId } from '../pad.js';
import { isSubset } from '../traffic-selector.js';
import { childOptionsOf, type EndpointConfig, type EndpointConnection } from './config.js';
import { lintAuth } from './lint-auth.js';
import { lintIkev1 } from './lint-ikev1.js';
import { planPolicies } from './policies.js';

/** One thing to mend; `path` is that of the configuration as JSON. */
export type Finding = ProposalFinding;

/**
 * Finds what is forbidden, what cannot work, and what works at first and fails later.
 *
 * @returns nothing, when there is nothing to say.
 *
 * @example
 * ```ts
 * import { lintConfig, parseEndpointConfig } from 'ipsec-ts/endpoint';
 * import { aeadRows } from 'ipsec-ts/suite/aead';
 * import { keyExchangeRows } from 'ipsec-ts/suite/dh';
 * import { prfRows } from 'ipsec-ts/suite/prf';
 *
 * const rows = [...aeadRows, ...prfRows, ...keyExchangeRows];
 * const connection = { name: 'branch', auth: { psk: 'short' }, remote: { address: '192.0.2.2' }, proposals: 'aes256gcm16-prfsha256-curve25519' };
 * const config = parseEndpointConfig({ addresses: ['192.0.2.1'], connections: [connection] }, { rows });
 * const [finding] = lintConfig(config);
 * if (finding?.path !== 'connections.0.auth.psk') throw new Error('five octets are no secret');
 * ```
 */
export function lintConfig(config: EndpointConfig): Finding[] {
  return [
    ...config.connections.flatMap((connection, i) => lintConnection(config, connection, `connections.${i}`)),
    ...lintPeers(config),
    ...lintPolicies(config),
    ...(config.findings ?? []),
  ];
}

function lintConnection(config: EndpointConfig, connection: EndpointConnection, path: string): Finding[] {
  const { ike } = connection;
  return [
    ...lintProposals({ ike: ike.proposals }).map((found) => ({ ...found, path: found.path.replace(/^ike/, `${path}.proposals`) })),
    ...lintAuth(connection, path),
    ...(ike.version === 1 ? lintIkev1(connection, path) : []),
    ...lintTimers(ike, path),
    ...lintPath(config, connection, path),
    ...ike.children.flatMap((child, i) => lintChild(config, connection, child, `${path}.children.${i}`)),
  ];
}

function lintTimers({ options }: Connection, path: string): Finding[] {
  const { rekeyAfter, reauthenticateAfter, lifetime, lifetimeJitter, livenessInterval } = options;
  const at = `${path}.timers`;
  const findings: Finding[] = [];
  const planned = Math.min(rekeyAfter, reauthenticateAfter);
  if (lifetime <= planned && lifetime < Infinity)
    findings.push(
      error(`${at}.lifetime`, `the IKE SA ends after ${seconds(lifetime)}, before anything replaces it`, 'RFC 7296 section 2.8'),
    );
  else if (lifetime < Infinity && lifetime < planned + 60_000)
    findings.push(
      warning(
        `${at}.lifetime`,
        `${seconds(lifetime - planned)} are little time to replace the IKE SA over a link that loses`,
        'RFC 7296 section 2.8',
      ),
    );
  if (lifetimeJitter === 0)
    findings.push(
      warning(
        `${at}.jitter`,
        'without jitter two sides with the same times rekey at the same moment, again and again',
        'RFC 7296 section 2.8.1',
      ),
    );
  if (livenessInterval === Infinity) findings.push(warning(`${at}.liveness`, 'a peer that is gone is not noticed', 'RFC 7296 section 2.4'));
  return findings;
}

function lintPath({ encapsulation }: EndpointConfig, { ike, remote, pool }: EndpointConnection, path: string): Finding[] {
  const { fragmentSizes, natTraversal, keepaliveInterval } = ike.options;
  const findings: Finding[] = [];
  if (fragmentSizes.length === 0)
    findings.push(
      warning(`${path}.fragmentation`, 'a path that drops IP fragments loses long IKE messages for good', 'RFC 7383 section 1'),
    );
  if (encapsulation === 'always' && natTraversal !== 'force')
    findings.push(error(`${path}.nat`, 'this host takes ESP in UDP alone, and the peer is not told: "force"', 'RFC 7296 section 2.23'));
  if (natTraversal !== 'never' && keepaliveInterval > 60_000)
    findings.push(
      warning(`${path}.timers.keepalive`, `many NATs forget a mapping before ${seconds(keepaliveInterval)} are over`, 'RFC 3948 section 4'),
    );
  if (remote && pool !== undefined)
    findings.push(warning(`${path}.pool`, 'clients begin; where we begin ourselves nothing is leased', 'RFC 7296 section 2.19'));
  return findings;
}

function lintChild(config: EndpointConfig, connection: EndpointConnection, child: ChildPolicy, path: string): Finding[] {
  const options = childOptionsOf(connection, child);
  const findings = [
    ...lintProposals({ child: child.proposals }).map((found) => ({ ...found, path: found.path.replace(/^child/, `${path}.proposals`) })),
    ...lintSecrecy(connection.ike, child, path),
    ...lintLifetime(child, options.lifetimeJitter, path),
  ];
  if (options.replayWindow === 0)
    findings.push(warning(`${path}.replayWindow`, 'packets that were recorded can be sent again', 'RFC 4303 section 3.4.3'));
  if (child.ipcomp === true && config.compression === undefined)
    findings.push(warning(`${path}.ipcomp`, 'there is no compression on this host: nothing is compressed', 'RFC 7296 section 2.22'));
  if (config.encapsulation === 'always' && (child.ah !== undefined || child.proposals.some(({ protocol }) => protocol === 'AH')))
    findings.push(error(`${path}.proposals`, 'AH does not go through UDP, and this host has nothing else', 'RFC 3948 section 1'));
  if (child.mode === 'transport' && [...child.local, ...child.remote].some(isNetwork))
    findings.push(warning(path, 'transport mode is for the addresses of the two peers; here is a network', 'RFC 4301 section 4.1'));
  return findings;
}

/** IKE_AUTH knows no groups for Child SAs: whether they fit shows at the first rekey. */
function lintSecrecy({ proposals, version }: Connection, { proposals: offered }: ChildPolicy, path: string): Finding[] {
  const rfc = 'RFC 7296 section 1.2';
  const groups = offered.flatMap(({ keyExchange }) => keyExchange);
  const named = groups.flatMap((row) => (row === 'none' ? [] : [row]));
  if (named.length === 0)
    return [warning(`${path}.proposals`, 'no perfect forward secrecy; a peer that insists on it will refuse the first rekey', rfc)];
  // In IKEv1 every Child SA is negotiated with its group from the beginning.
  if (version === 1) return [];
  const ours = new Set(proposals.flatMap(({ keyExchange }) => keyExchange.map(({ id }) => id)));
  if (groups.includes('none') || named.some(({ id }) => ours.has(id))) return [];
  const names = named.map(({ shortName }) => shortName).join(', ');
  return [
    warning(`${path}.proposals`, `${names}: not among the groups of the IKE SA, so whether the peer has it shows at the first rekey`, rfc),
  ];
}

function lintLifetime({ softLifetime = {}, hardLifetime = {} }: ChildPolicy, jitter: number, path: string): Finding[] {
  const findings: Finding[] = [];
  for (const unit of ['seconds', 'octets', 'packets'] as const satisfies readonly (keyof Lifetime)[]) {
    const [soft, hard] = [softLifetime[unit] ?? Infinity, hardLifetime[unit] ?? Infinity];
    if (hard < Infinity && hard <= soft)
      findings.push(
        error(`${path}.lifetime.${unit}`, `it ends after ${hard} ${unit}, before anything replaces it`, 'RFC 4301 section 4.4.2.1'),
      );
    else if (hard < Infinity && hard < soft * 1.02)
      findings.push(warning(`${path}.lifetime.${unit}`, `only ${hard - soft} ${unit} to replace it`, 'RFC 4301 section 4.4.2.1'));
  }
  if (softLifetime.seconds !== undefined && jitter === 0)
    findings.push(
      warning(
        `${path}.lifetimeJitter`,
        'without jitter two sides with the same times rekey at the same moment, again and again',
        'RFC 7296 section 2.8.1',
      ),
    );
  return findings;
}

function isNetwork({ addresses }: ChildPolicy['local'][number]): boolean {
  return addresses !== 'dynamic' && addresses.start.some((octet, i) => octet !== addresses.end[i]);
}

/** The first connection that takes an identity gets it: another with the same is never asked. */
function lintPeers({ connections }: EndpointConfig): Finding[] {
  const seen = new Map<string, string>();
  return connections.flatMap(({ ike, remote }, i) => {
    const from = JSON.stringify(ike.remoteAddresses?.map(({ start, end }) => [[...start], [...end]]) ?? 'any');
    const who = `${ike.version ?? 2} ${formatPadId(ike.peer.id)} ${from} ${JSON.stringify(ike.localId)}`;
    const first = seen.get(who);
    seen.set(who, first ?? ike.name);
    if (first === undefined || remote !== undefined) return [];
    return [
      warning(`connections.${i}.remote.id`, `connection ${first} takes the same peer, and is looked at first`, 'RFC 4301 section 4.4.3.1'),
    ];
  });
}

/** A policy of which an earlier one takes everything. */
function lintPolicies(config: EndpointConfig): Finding[] {
  const { entries, connections } = planPolicies(config);
  return config.connections.flatMap(({ ike: { name } }, i) =>
    connections.get(name)!.plans.flatMap(({ spdEntry }, j) => {
      const at = spdEntry ? entries.indexOf(spdEntry) : 0;
      const before = entries
        .slice(0, at)
        .find((entry) => entry.direction !== 'in' && entry.direction !== 'out' && isSubset(spdEntry!.selectors, entry.selectors));
      if (!before) return [];
      return [
        warning(
          `connections.${i}.children.${j}`,
          `${before.name ?? before.action} stands before it and takes all of its packets`,
          'RFC 4301 section 4.4.1',
        ),
      ];
    }),
  );
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

function warning(path: string, message: string, rfc: string): Finding {
  return { path, level: 'warning', message, rfc };
}

function error(path: string, message: string, rfc: string): Finding {
  return { path, level: 'error', message, rfc };
}
