/**
 * Manual keying: SAs and policies that a person wrote down become databases. RFC 4301 section 4.5.1: "The simplest form of management is
 * manual management, in which a person manually configures each system with keying material and SA management data".
 *
 * The key file itself is read by `ipsec-ts/capture`; what it knows of an SA comes in here as `config`, all else it holds as `rest`.
 *
 * @module
 */
import { createSa, type SaConfig, type TunnelHeaderPolicy } from '../association.js';
import { IpsecError } from '../errors.js';
import { equalAddresses, formatRange } from '../ip.js';
import { createIpcomp, type IpcompConfig } from '../ipcomp/packet.js';
import { addSa, type SadEntry } from '../sad.js';
import { bindRemote, createSpd, insertPolicy, type ProcessingInfo, type ProtectPolicy, type SpdEntry } from '../spd.js';
import { addProtectingSa, type Place, saLayers } from './choose.js';
import { attachToSa, createDatabases, type Databases, type DatabasesConfig } from './databases.js';
import { isOwnAddress } from './icmp.js';
import { parseSaExtras, type SaExtras } from './manual-extras.js';

/** One SA, or IPComp Association, as a key file describes it. */
export interface ManualEntry {
  /** What `createSa` or `createIpcomp` takes. */
  readonly config: SaConfig | IpcompConfig;
  /** The members of its JSON that the key file's own format does not name: see {@link parseSaExtras}. */
  readonly rest?: Readonly<Record<string, unknown>> | undefined;
  /** Where it stands, for errors. Default `sas.N`. */
  readonly path?: string | undefined;
}

/** What {@link createManualDatabases} takes. */
export interface ManualConfig extends Omit<DatabasesConfig, 'spd'> {
  /** The SAs, of both directions. */
  readonly sas: readonly ManualEntry[];
  /** The policies, in order. */
  readonly policies: readonly SpdEntry[];
}

/**
 * Databases for manual keys: each SA is put at its layer of the policy that names its SPI in `processing.sas`, or that it names itself with
 * `policy`, or else of the first one whose protocol, mode and tunnel ends are its own. Its direction follows from our addresses: what goes
 * to them is inbound. No key management is asked for anything unless `keyManagement` says so.
 *
 * @throws IpsecError `invalid-config` with the path of what does not fit together; and as `createSa` and `addSa` do.
 *
 * @example
 * ```ts
 * import { encodeUdp, parseAddress } from 'ipsec-ts/ip';
 * import { createManualDatabases, processInbound, processOutbound } from 'ipsec-ts/process';
 * import { parsePolicies } from 'ipsec-ts/spd';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const [a, b] = [parseAddress('192.0.2.1'), parseAddress('192.0.2.2')];
 * const sa = { protocol: 'ESP', mode: 'transport', encryption: { row: aes128Gcm16, key: new Uint8Array(20) } } as const;
 * const sas = [{ config: { ...sa, spi: 0x1001, source: a, destination: b } }, { config: { ...sa, spi: 0x1002, source: b, destination: a } }];
 * const host = (own: string, peer: string) =>
 *   createManualDatabases({ addresses: [own], sas, policies: parsePolicies([{ action: 'PROTECT', remote: peer, processing: { protocol: 'ESP', mode: 'transport' } }]) });
 *
 * const sent = processOutbound(host('192.0.2.1', '192.0.2.2'), encodeUdp({ source: a, destination: b }, 7, 7, new Uint8Array(5)), 0);
 * if (sent.action !== 'send') throw new Error(sent.action);
 * const got = processInbound(host('192.0.2.2', '192.0.2.1'), sent.packets[0]!, 0);
 * if (got.action !== 'deliver') throw new Error(got.action);
 * ```
 */
export function createManualDatabases({ sas, policies, ...config }: ManualConfig): Databases {
  const db = createDatabases({ keyManagement: false, ...config, spd: createSpd(policies) });
  const all = sas.map((entry, i): Read => {
    const path = entry.path ?? `sas.${i}`;
    return { config: entry.config, path, extras: parseSaExtras(entry.rest ?? {}, path) };
  });
  const protecting = policies.filter((p) => p.action === 'PROTECT');
  const bound = new Map<string, ProtectPolicy>();
  const bind = (place: Place | undefined, read: Read): Place | undefined =>
    place && { ...place, policy: bindPolicy(db, place.policy, read, bound) };
  const entries = all.flatMap((read) =>
    'codec' in read.config ? [] : addManualSa(db, read, read.config, bind(findPlace(read, read.config, protecting), read)),
  );
  for (const read of all) if ('codec' in read.config) attachCompression(db, read, read.config, protecting, entries);
  return db;
}

interface Read {
  readonly config: SaConfig | IpcompConfig;
  readonly path: string;
  readonly extras: SaExtras;
}

/** An SA in the SAD, with the place that was found for it. */
interface Placed {
  readonly entry: SadEntry;
  readonly place: Place | undefined;
}

/**
 * A policy for names, bound to the addresses of one peer: an entry of its own in front of the named one. RFC 4301 section 4.4.1.1: "This
 * address overrides the Remote IP address value in the SPD, when the SPD entry is selected in this fashion."
 */
function bindPolicy(db: Databases, policy: ProtectPolicy, { extras }: Read, bound: Map<string, ProtectPolicy>): ProtectPolicy {
  if (!extras.remote) return policy;
  const key = `${policy.name ?? db.spd.entries.indexOf(policy)} ${extras.remote.map(formatRange).join()}`;
  const known = bound.get(key);
  if (known) return known;
  const entry = bindRemote(policy, extras.remote) as ProtectPolicy;
  insertPolicy(db.spd, entry, db.spd.entries.indexOf(policy));
  bound.set(key, entry);
  return entry;
}

function addManualSa(db: Databases, read: Read, config: SaConfig, place: Place | undefined): Placed[] {
  const { extras } = read;
  const { checksumFix, innerDscp, lookup, dscp, statefulFragments } = extras;
  return directionsOf(db, read).map((direction) => {
    const tunnelHeader = { ...headerOf(place), ...config.tunnelHeader, ...extras.sa.tunnelHeader };
    const sa = createSa({ ...config, ...extras.sa, tunnelHeader });
    const common = {
      direction,
      ...(lookup && { lookup }),
      ...(dscp && { dscp }),
      ...(statefulFragments !== undefined && { statefulFragments }),
    };
    if (place) return { place, entry: addProtectingSa(db, sa, { ...common, ...place, checksumFix, innerDscp }) };
    const entry = addSa(db.sad, sa, common);
    attachToSa(db, entry, { checksumFix, innerDscp });
    return { place, entry };
  });
}

/** What the policy says about the outer header; a map of DSCP values is applied packet by packet. */
function headerOf(place: Place | undefined): TunnelHeaderPolicy {
  const { df, ecn, dscp } = place?.policy.processing[place.layer] ?? {};
  return { ...(df && { df }), ...(ecn && { ecn }), ...(dscp !== undefined && typeof dscp !== 'object' && { dscp }) };
}

/** The direction of an SA: as it says, or by our addresses; an SA that tells neither serves both, as RFC 4552 section 8 has it for a link. */
function directionsOf(db: Databases, { config, extras }: Read): ('inbound' | 'outbound')[] {
  const { direction } = extras;
  if (direction === 'in') return ['inbound'];
  if (direction === 'out') return ['outbound'];
  const { source, destination } = config;
  const sends = source !== undefined && isOwnAddress(db, source);
  const receives = destination !== undefined && isOwnAddress(db, destination);
  if (direction === 'both' || sends === receives) return ['inbound', 'outbound'];
  return [receives ? 'inbound' : 'outbound'];
}

/** The layer of a policy that an SA or IPComp Association serves. */
function findPlace(read: Read, config: SaConfig | IpcompConfig, policies: readonly ProtectPolicy[]): Place | undefined {
  const { policy: name, layer } = read.extras;
  const number = 'codec' in config ? config.cpi : config.spi;
  const protocol = 'codec' in config ? 'IPCOMP' : config.protocol;
  const named = name === undefined ? policies : policies.filter((p) => p.name === name);
  const fits = (info: ProcessingInfo, i: number): boolean => info.protocol === protocol && info.mode === config.mode && (layer ?? i) === i;
  const listed = firstPlace(named, (info, i) => fits(info, i) && (info.sas?.includes(number) ?? false));
  const found = listed ?? firstPlace(named, (info, i) => fits(info, i) && !info.sas && sameTunnel(info, config));
  if (!found && name !== undefined) {
    throw new IpsecError('invalid-config', 'the policy of an SA', {
      path: `${read.path}.policy`,
      expected: `a PROTECT policy with ${protocol} in ${config.mode} mode`,
      found: JSON.stringify(name),
    });
  }
  return found;
}

function firstPlace(policies: readonly ProtectPolicy[], fits: (info: ProcessingInfo, layer: number) => boolean): Place | undefined {
  for (const policy of policies) {
    const layer = policy.processing.findIndex(fits);
    if (layer >= 0) return { policy, layer };
  }
  return undefined;
}

/** Whether the tunnel of a policy, where it says which, is that of an SA: an inbound one has the ends changed over. */
function sameTunnel({ source, destination }: ProcessingInfo, config: SaConfig | IpcompConfig): boolean {
  const ends = [config.source, config.destination];
  return [source, destination].every((end) => !end || ends.some((other) => !other || equalAddresses(end, other)));
}

/** IPComp goes along with the SAs of the next layer around it. */
function attachCompression(
  db: Databases,
  read: Read,
  config: IpcompConfig,
  policies: readonly ProtectPolicy[],
  entries: readonly Placed[],
): void {
  const place = findPlace(read, config, policies);
  const around = place && saLayers(place.policy).find((layer) => layer > place.layer);
  if (!place || around === undefined) {
    throw new IpsecError('invalid-config', 'an IPComp Association', {
      path: read.path,
      expected: 'a policy with IPCOMP inside ESP or AH',
      found: 'none',
    });
  }
  const directions = directionsOf(db, read);
  for (const { entry, place: other } of entries) {
    if (other?.policy !== place.policy || other.layer !== around || !directions.includes(entry.direction)) continue;
    attachToSa(db, entry, { ...db.attachments.get(entry), ipcomp: createIpcomp(config) });
  }
}
