/**
 * One connection as JSON.
 *
 * @module
 */
import type { ConfigurationRequest, ConfigurationWant } from '../keying/configuration.js';
import { configurationWants } from '../ikev2/configuration-request.js';
import type { FurtherDemand, FurtherProof, RemoteAuthentication } from '../keying/connection.js';
import { parseIkeProposals } from '../ikev2/proposal-json.js';
import { type AddressRange, formatAddress, parseAddress, parsePrefix } from '../ip.js';
import { parsePadId, type PadEntry } from '../pad.js';
import { badMember, nameAmong } from '../spd/json-values.js';
import { type Identity, parseIdentity } from '../traffic-selector.js';
import { readOwnAuth, readPeerAuth } from './config-auth.js';
import type { FurtherJson, OwnAuthJson, PeerAuthJson, SharedAuthJson, XauthJson } from './config-auth-json.js';
import { type ChildJson, parseChild } from './config-child.js';
import { ikev1Names, parseIkev1, parsePhase1Proposals, refuseIkev1 } from './config-ikev1.js';
import { optionNames, type OptionsJson, parseOptions } from './config-options.js';
import type { EndpointConnection, EndpointPorts } from './config.js';
import type { ConnectionCredentials } from './credentials.js';
import {
  flagOf,
  integerOf,
  itemsOf,
  type Members,
  membersIn,
  membersOf,
  oneOrMore,
  type Place,
  type ReadContext,
  readText,
  textOf,
} from './json.js';

/** A connection as JSON. */
export interface ConnectionJson extends OptionsJson {
  /** No other has it. */
  readonly name: string;
  /** The version of IKE: 1 is deprecated, for peers that have nothing else. Default: that of the host. */
  readonly ike?: 1 | 2;
  /** IKEv1: whether phase 1 is aggressive mode; peers may begin so, too. Default false: main mode. */
  readonly aggressive?: boolean;
  /** IKEv1: whether aggressive mode may go with a shared secret, which whoever sees it can then guess offline. Default false. */
  readonly unsafeAggressivePsk?: boolean;
  /** IKEv1: XAUTH, by which a user logs in behind phase 1. */
  readonly xauth?: XauthJson;
  /** IKEv1: whether the client asks for its address, or the gateway pushes it. Default `pull`. */
  readonly modeConfig?: 'pull' | 'push';
  /** How both prove who they are, unless `local` or `remote` say otherwise. */
  readonly auth?: SharedAuthJson;
  /** Our side. */
  readonly local?: {
    /** Who we are, as `parseIdentity` reads it. Default: what our certificate says, the user name of EAP, or our address. */
    readonly id?: string;
    /** Our address when we begin. Default: the first of the host's of the peer's family. */
    readonly address?: string;
    /** How we prove it. */
    readonly auth?: OwnAuthJson;
    /** What we prove besides, in order (RFC 4739). */
    readonly further?: readonly FurtherJson<OwnAuthJson>[];
  };
  /** The peer. */
  readonly remote: {
    /** Where it is. Absent: it is the peer who begins. */
    readonly address?: string;
    /** Its UDP port of IKE. Default 500. */
    readonly port?: number;
    /** Its UDP port of NAT traversal. Default 4500. */
    readonly natPort?: number;
    /** Who it is, or may be, as `parsePadId` reads it: `"gw.example.com"`, `".example.com"`, `"*"`. Default: its address; of users of EAP anybody. */
    readonly id?: string;
    /** Addresses that it may begin from. Default: `address`, and any where there is none. */
    readonly from?: string | readonly string[];
    /** Addresses that it may have behind it. Default: what the Child SAs say. */
    readonly claims?: string | readonly string[];
    /** How it proves it. */
    readonly auth?: PeerAuthJson;
    /** What it has to prove besides, in order (RFC 4739). */
    readonly further?: readonly FurtherJson<PeerAuthJson>[];
  };
  /** Proposals for the IKE SA, best first: `"aes256gcm16-prfsha384-curve25519"`, as JSON, or `"default"`. */
  readonly proposals?: unknown;
  /** What is protected. */
  readonly children?: readonly ChildJson[];
  /** As client: what is asked for: `true` is an IPv4 address and name servers. */
  readonly request?: boolean | readonly ConfigurationWant[];
  /** As server: the pool that clients get their addresses from. */
  readonly pool?: string;
  /** As server: whether a client has to ask for an address. Default: with a pool and a Child SA that is for such addresses. */
  readonly requireRequest?: boolean;
  /** Whether we begin on the port of NAT traversal at once. Default false. */
  readonly startOnNatPort?: boolean;
}

const names = [
  ...['name', 'auth', 'local', 'remote', 'proposals', 'children', 'request', 'pool', 'requireRequest', 'startOnNatPort'],
  ...['ike', ...ikev1Names],
  ...optionNames,
];

/** What the host says about all connections. */
export interface HostFacts {
  readonly addresses: readonly Uint8Array[];
  readonly ports: EndpointPorts;
  readonly isForced: boolean;
  /** The version of IKE of connections that do not say. */
  readonly version: 1 | 2;
}

/** Reads one connection. */
export function parseConnection(place: Place, host: HostFacts, context: ReadContext): EndpointConnection {
  const member = membersOf(place, names, 'a connection', context);
  const name = textOf(member('name'), 'the name of a connection');
  const version = versionOf(member('ike'), host.version);
  const local = membersOf(member('local'), ['id', 'address', 'auth', 'further'], 'our side', context);
  const remote = membersOf(
    member('remote'),
    ['address', 'port', 'natPort', 'id', 'from', 'claims', 'auth', 'further'],
    'the peer',
    context,
  );
  const remoteAddress = readAddress(remote('address'), 'the address of the peer');
  const localAddress = readAddress(local('address'), 'our address');
  const ownAddress = localAddress ?? host.addresses.find(({ length }) => length === (remoteAddress ?? host.addresses[0]!).length);
  if (remoteAddress && ownAddress?.length !== remoteAddress.length)
    throw badMember(
      'the address of the peer',
      remote('address').path,
      'one of the family of an address of ours',
      formatAddress(remoteAddress),
    );
  const natPort = integerOf(remote('natPort'), 1, 0xffff, 4500);
  const own = readOwnAuth(local('auth'), member('auth'), context);
  const theirs = readPeerAuth(remote('auth'), member('auth'), context);
  const children = itemsOf(member('children'), 'a list of Child SAs').map((item, i) => parseChild(item, i + 1, version, context));
  const { peer, remoteId } = readPeer(name, version, remote, remoteAddress, theirs.auth);
  const localId =
    local('id').value === undefined ? (own.id ?? identityOf(ownAddress!)) : readText(local('id'), 'who we are', parseIdentity);
  const further = readFurther(local('further'), remote('further'), localId, context);
  const froms = oneOrMore(remote('from'), 'addresses').map((item) => readText(item, 'where the peer may begin from', parsePrefix));
  const proposals = member('proposals');
  const pool = member('pool').value === undefined ? undefined : textOf(member('pool'), 'the name of a pool');
  const request = readRequest(member('request'));
  const sides = { both: member('auth'), local, remote, localAuth: own.auth };
  const ikev1 = version === 1 ? parseIkev1(member, sides, context) : refuseIkev1(member);
  const hasDynamic = children.some(({ policy }) => policy.remote.some(({ addresses }) => addresses === 'dynamic'));
  return {
    ike: {
      name,
      ...(ikev1 && { version, ikev1: ikev1.options }),
      localId,
      localAuth: own.auth,
      peer,
      remoteAuth: theirs.auth,
      ...(further.proofs.length > 0 && { furtherProofs: further.proofs }),
      ...(further.demands.length > 0 && { furtherDemands: further.demands }),
      proposals:
        version === 1
          ? parsePhase1Proposals(proposals, context)
          : parseIkeProposals(proposals.value, context.rows, proposals.path, context.warn),
      children: children.map(({ policy }) => policy),
      ...(froms.length > 0 ? { remoteAddresses: froms } : remoteAddress && { remoteAddresses: [onlyAddress(remoteAddress)] }),
      ...(localAddress && { localAddresses: [onlyAddress(localAddress)] }),
      ...(remoteId && { remoteId }),
      ...(request && { configuration: request }),
      requiresConfiguration: flagOf(member('requireRequest'), pool !== undefined && hasDynamic),
      options: parseOptions(member, { local: host.ports.nat, remote: natPort }, host.isForced, context),
    },
    localAddress,
    remote: remoteAddress && { address: remoteAddress, port: integerOf(remote('port'), 1, 0xffff, 500), natPort },
    startOnNatPort: flagOf(member('startOnNatPort'), false),
    children: Object.fromEntries(children.map(({ policy, options }) => [policy.name, options])),
    pool,
    credentials: {
      own: [own, ...further.credentials.own],
      peer: [{ id: peer.id, credential: theirs }, ...further.credentials.peer],
      ...(ikev1?.credential && { xauth: ikev1.credential }),
    },
  };
}

/** The version of IKE. */
export function versionOf(place: Place, fallback: 1 | 2): 1 | 2 {
  return integerOf(place, 1, 2, fallback) === 1 ? 1 : 2;
}

interface Further {
  readonly proofs: readonly FurtherProof[];
  readonly demands: readonly FurtherDemand[];
  readonly credentials: ConnectionCredentials;
}

/** What is proved besides (RFC 4739). */
function readFurther(ours: Place, theirs: Place, localId: Identity, context: ReadContext): Further {
  const own = itemsOf(ours, 'further proofs').map((item) => {
    const member = membersOf(item, ['id', 'auth'], 'a further proof of ours', context);
    const credential = readOwnAuth(member('auth'), nothing(item.path), context);
    const id = member('id').value === undefined ? (credential.id ?? localId) : readText(member('id'), 'who we are', parseIdentity);
    return { id, credential };
  });
  const peer = itemsOf(theirs, 'further proofs').map((item) => {
    const member = membersOf(item, ['id', 'auth'], 'a further proof of the peer', context);
    const credential = readPeerAuth(member('auth'), nothing(item.path), context);
    const id = member('id').value === undefined ? ({ type: 'any' } as const) : readText(member('id'), 'who the peer is', parsePadId);
    const matching = credential.auth.method === 'certificate' ? matchingOf(membersIn(member('auth'))) : {};
    return { id, credential, matching };
  });
  return {
    proofs: own.map(({ id, credential }) => ({ id, auth: credential.auth })),
    demands: peer.map(({ id, credential, matching }) => ({ id, auth: credential.auth, ...matching })),
    credentials: { own: own.map(({ credential }) => credential), peer: peer.map(({ id, credential }) => ({ id, credential })) },
  };
}

function nothing(path: string): Place {
  return { value: undefined, path: `${path}.auth` };
}

function readPeer(
  name: string,
  version: 1 | 2,
  remote: Members,
  address: Uint8Array | undefined,
  auth: RemoteAuthentication,
): { readonly peer: PadEntry; readonly remoteId: Identity | undefined } {
  const [id, claims] = [remote('id'), remote('claims')];
  // RFC 7619 section 2.2: what a peer says that proves nothing must not be used for policy. It is nobody; an identity is only what is asked for.
  // With XAUTH it is a user's password that counts, and the identity is that of a group.
  const isNobody = auth.method === 'null' && version === 2;
  // Whose users are listed is known by that list.
  const isListed = auth.method === 'eap' || auth.method === 'null';
  const isAnybody = isNobody || (id.value === undefined && isListed && !address);
  if (id.value === undefined && !address && !isAnybody)
    throw badMember('who the peer is', id.path, 'an identity, a pattern such as ".example.com", or "*"', id.value);
  const padId = isAnybody
    ? parsePadId(isNobody ? 'ID_NULL' : '*')
    : id.value === undefined
      ? parsePadId(formatAddress(address!))
      : readText(id, 'who the peer is', parsePadId);
  const ranges = oneOrMore(claims, 'addresses').map((item) => readText(item, 'addresses of the peer', parsePrefix));
  const peer: PadEntry = {
    name,
    id: padId,
    authentication: {
      protocol: version === 1 ? 'IKEv1' : 'IKEv2',
      method: padMethods[auth.method],
      ...(auth.method === 'certificate' && matchingOf(membersIn(remote('auth')))),
    },
    child: ranges.length > 0 ? { lookup: 'traffic-selectors', addresses: ranges } : { lookup: 'id' },
  };
  // A pattern is nobody that could be asked for.
  const isExact = typeof id.value === 'string' && !/^[.@*]|\*\s*,|\/\d+$|^[\d.]+\s*-/.test(id.value.trim());
  return { peer, remoteId: isExact ? parseIdentity(id.value) : undefined };
}

/** What a peer with a certificate is held to; all of it by default (RFC 4945 section 3.1). */
function matchingOf(member: Members): Pick<PadEntry['authentication'], 'matchCertificate' | 'matchAddress'> {
  const [matchCertificate, matchAddress] = [flagOf(member('matchIdentity'), true), flagOf(member('matchAddress'), true)];
  return { matchCertificate, ...(!matchAddress && { matchAddress }) };
}

/** RFC 4301 section 4.4.3.2 has the first two. */
const padMethods: Readonly<Record<RemoteAuthentication['method'], string>> = {
  'shared-key': 'pre-shared-key',
  'ask-shared-key': 'pre-shared-key',
  certificate: 'certificate',
  'public-key': 'public-key',
  null: 'null',
  eap: 'eap',
};

function readRequest(place: Place): ConfigurationRequest | undefined {
  const { value } = place;
  if (value === undefined || value === false) return undefined;
  if (value === true) return { wants: ['ipv4', 'dns4'] };
  return {
    wants: itemsOf(place, 'what is asked for').map((item) => nameAmong(item.value, configurationWants, 'what is asked for', item.path)),
  };
}

function readAddress(place: Place, what: string): Uint8Array | undefined {
  return place.value === undefined ? undefined : readText(place, what, parseAddress);
}

function identityOf(address: Uint8Array): Identity {
  return { type: address.length === 4 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR', address };
}

function onlyAddress(address: Uint8Array): AddressRange {
  return { start: address, end: address };
}
