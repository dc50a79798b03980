/**
 * What there is, as plain data for people and for displays.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { ChosenChild, ChosenIke } from '../ikev2/proposal.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import { formatAddress } from '../ip.js';
import { formatIdentity, formatTrafficSelector } from '../traffic-selector.js';
import type { Ikev1Action } from './ikev1-types.js';
import type { AnyIkeSa, ChildRecord, Endpoint, IkeEntry } from './state.js';
import { isVersion1 } from './version1.js';

/** An endpoint. Times are milliseconds on the caller's clock; Infinity: never. */
export interface EndpointStatus {
  /** In the order in which they began. */
  readonly ikeSas: readonly IkeStatus[];
  /** Half-open IKE SAs of peers. */
  readonly halfOpen: number;
  /** Packets that wait for Child SAs. */
  readonly waiting: number;
  /** How often each auditable event came. */
  readonly counts: Readonly<Record<string, number>>;
}

/** An IKE SA. */
export interface IkeStatus {
  /** Undefined: half open, and not known yet. */
  readonly connection: string | undefined;
  /** The version of IKE. */
  readonly version: 1 | 2;
  /** Where it stands. */
  readonly state: AnyIkeSa['state'];
  /** Whether we began it, or its rekey. */
  readonly role: 'initiator' | 'responder';
  /** 16 hexadecimal digits. */
  readonly spiI: string;
  /** 16 hexadecimal digits. */
  readonly spiR: string;
  /** Address and port. */
  readonly local: string;
  /** Address and port. */
  readonly remote: string;
  /** Undefined: not proved yet. */
  readonly peerId: string | undefined;
  /** IKEv1 with XAUTH: the name of the user, once it is proved. */
  readonly user: string | undefined;
  /** The algorithms, in words. */
  readonly suite: string | undefined;
  /** Where NATs stand. */
  readonly nat: 'none' | 'ours' | 'theirs' | 'both';
  /** When it began. */
  readonly createdAt: number;
  /** When it is replaced. */
  readonly rekeyAt: number;
  /** When it is authenticated anew. */
  readonly reauthenticateAt: number;
  /** When it ends whatever happens. */
  readonly expiresAt: number;
  /** Its Child SAs. */
  readonly children: readonly ChildStatus[];
}

/** A pair of Child SAs. */
export interface ChildStatus {
  /** The policy's name. */
  readonly name: string;
  /** The IPsec protocol. */
  readonly protocol: 'ESP' | 'AH';
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** Of what we receive. */
  readonly spiIn: number;
  /** Of what we send. */
  readonly spiOut: number;
  /** Our end, in words. */
  readonly local: string;
  /** The peer's end, in words. */
  readonly remote: string;
  /** The algorithms, in words. */
  readonly suite: string;
  /** SPIs of AH around it, where both are one bundle. */
  readonly ah?:
    | {
        /** The SPI that we receive on. */
        readonly spiIn: number;
        /** The peer's. */
        readonly spiOut: number;
      }
    | undefined;
  /** Whether ESP goes in UDP. */
  readonly inUdp: boolean;
  /** Whether its outbound half is in use. */
  readonly isUsed: boolean;
  /** Octets received. */
  readonly octetsIn: number;
  /** Packets received. */
  readonly packetsIn: number;
  /** Octets sent. */
  readonly octetsOut: number;
  /** Packets sent. */
  readonly packetsOut: number;
  /** When it was made. */
  readonly createdAt: number;
  /** When a successor is asked for. */
  readonly rekeyAt: number;
  /** When it ends. */
  readonly expiresAt: number;
}

/** What there is. It looks at every SA: for people, not for every packet. */
export function status(endpoint: Endpoint): EndpointStatus {
  const byOwner = groupByOwner(endpoint);
  let waiting = 0;
  for (const { packets } of endpoint.waiting.values()) waiting += packets.length;
  return {
    ikeSas: [...endpoint.ikeSas.values()].map((entry) => ikeStatus(entry, byOwner.get(entry) ?? [])),
    halfOpen: endpoint.halfOpenTotal,
    waiting,
    counts: Object.fromEntries(endpoint.counts),
  };
}

function groupByOwner({ children }: Endpoint): Map<IkeEntry, ChildRecord[]> {
  const groups = new Map<IkeEntry, ChildRecord[]>();
  for (const record of children.values()) {
    const group = groups.get(record.owner);
    if (group) group.push(record);
    else groups.set(record.owner, [record]);
  }
  return groups;
}

function ikeStatus({ sa, connection }: IkeEntry, children: readonly ChildRecord[]): IkeStatus {
  const { state, role, spiI, spiR, path, createdAt, deadlines } = sa;
  const nat = 'nat' in sa ? sa.nat : { local: false, remote: false };
  return {
    connection,
    version: isVersion1(sa) ? 1 : 2,
    state,
    role,
    spiI: toHex(spiI),
    spiR: toHex(spiR),
    local: formatEndpoint(path.local),
    remote: formatEndpoint(path.remote),
    peerId: 'peerId' in sa ? formatIdentity(sa.peerId) : undefined,
    user: 'user' in sa ? sa.user : undefined,
    suite: suiteOf(sa),
    nat: nat.local ? (nat.remote ? 'both' : 'ours') : nat.remote ? 'theirs' : 'none',
    createdAt,
    rekeyAt: deadlines.rekey,
    reauthenticateAt: deadlines.reauthenticate,
    expiresAt: deadlines.expire,
    children: children.map(childStatus),
  };
}

function suiteOf(sa: AnyIkeSa): string | undefined {
  if (isVersion1(sa)) {
    const suite = 'crypto' in sa ? sa.crypto.suite : 'suite' in sa ? sa.suite : undefined;
    return suite && formatSuiteV1(suite);
  }
  return 'crypto' in sa ? formatSuite(sa.crypto.suite) : undefined;
}

/** What was agreed on in phase 1. */
type SuiteV1 = Extract<Ikev1Action, { type: 'ikev1Keys' }>['suite'];

function formatSuiteV1({ encryption, hash, keyExchange, authentication }: SuiteV1): string {
  return [`${encryption.name}-${encryption.keyLength * 8}`, hash.name, keyExchange.shortName, authentication].join(', ');
}

function childStatus({ child, inbound, outbound }: ChildRecord): ChildStatus {
  const { suite, mode, spiIn, spiOut, ah } = child;
  return {
    name: child.policy.name,
    protocol: suite.protocol,
    mode,
    spiIn,
    spiOut,
    local: child.local.map(formatTrafficSelector).join(', '),
    remote: child.remote.map(formatTrafficSelector).join(', '),
    suite: ah ? `${formatSuite(suite)}, AH ${formatSuite(ah.suite)}` : formatSuite(suite),
    ...(ah && { ah: { spiIn: ah.spiIn, spiOut: ah.spiOut } }),
    inUdp: inbound.sa.encapsulation !== undefined,
    isUsed: outbound !== undefined,
    octetsIn: inbound.sa.octets,
    packetsIn: inbound.sa.packets,
    octetsOut: outbound?.sa.octets ?? 0,
    packetsOut: outbound?.sa.packets ?? 0,
    createdAt: child.createdAt,
    rekeyAt: inbound.limits.softAt,
    expiresAt: inbound.limits.hardAt,
  };
}

function formatEndpoint({ address, port }: UdpEndpoint): string {
  const text = formatAddress(address);
  return address.length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

function formatSuite(suite: ChosenIke | ChosenChild): string {
  const { encryption, integrity, keyExchange } = suite;
  return [
    encryption && `${encryption.name}-${encryption.keyLength * 8}`,
    integrity?.name,
    'prf' in suite ? suite.prf.name : undefined,
    keyExchange?.shortName,
    'esn' in suite && suite.esn ? 'ESN' : undefined,
  ]
    .filter((name) => name !== undefined)
    .join(', ');
}
