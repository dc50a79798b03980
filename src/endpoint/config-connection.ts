/**
 * One connection as JSON.
 *
 * @module
 */
import { fromHex } from '../bytes.js';
import type { ConfigurationRequest } from '../ikev2/configuration.js';
import { type ConfigurationWant, configurationWants } from '../ikev2/configuration-request.js';
import type { SharedKeyAuthentication } from '../ikev2/connection.js';
import { parseIkeProposals } from '../ikev2/proposal-json.js';
import { type AddressRange, formatAddress, parseAddress, parsePrefix } from '../ip.js';
import { parsePadId, type PadEntry } from '../pad.js';
import { badMember, nameAmong } from '../spd/json-values.js';
import { type Identity, parseIdentity } from '../traffic-selector.js';
import { type ChildJson, parseChild } from './config-child.js';
import { optionNames, type OptionsJson, parseOptions } from './config-options.js';
import type { EndpointConnection, EndpointPorts } from './config.js';
import { flagOf, integerOf, itemsOf, membersOf, oneOrMore, type Place, type ReadContext, readText, textOf } from './json.js';

/** A connection as JSON. */
export interface ConnectionJson extends OptionsJson {
  /** No other has it. */
  readonly name: string;
  /** How both prove who they are, unless `local` or `remote` say otherwise. */
  readonly auth?: AuthJson;
  /** Our side. */
  readonly local?: {
    /** Who we are, as `parseIdentity` reads it. Default: our address. */
    readonly id?: string;
    /** Our address when we begin. Default: the first of the host's of the peer's family. */
    readonly address?: string;
    /** How we prove it. */
    readonly auth?: AuthJson;
  };
  /** The peer. */
  readonly remote: {
    /** Where it is. Absent: it is the peer who begins. */
    readonly address?: string;
    /** Its UDP port of IKE. Default 500. */
    readonly port?: number;
    /** Its UDP port of NAT traversal. Default 4500. */
    readonly natPort?: number;
    /** Who it is, or may be, as `parsePadId` reads it: `"gw.example.com"`, `".example.com"`, `"*"`. Default: its address. */
    readonly id?: string;
    /** Addresses that it may begin from. Default: `address`, and any where there is none. */
    readonly from?: string | readonly string[];
    /** Addresses that it may have behind it. Default: what the Child SAs say. */
    readonly claims?: string | readonly string[];
    /** How it proves it. */
    readonly auth?: AuthJson;
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

/** How somebody proves who it is. The shared secret: as text (its UTF-8 octets), in hexadecimal, or to be asked for. */
export type AuthJson =
  | {
      /** Text: its UTF-8 octets are the secret. */
      readonly psk: string;
    }
  | {
      /** Octets in hexadecimal. */
      readonly pskHex: string;
    }
  | {
      /** The host is asked when the secret is needed. */
      readonly ask: true;
    };

const names = [
  ...['name', 'auth', 'local', 'remote', 'proposals', 'children', 'request', 'pool', 'requireRequest', 'startOnNatPort'],
  ...optionNames,
];

/** What the host says about all connections. */
export interface HostFacts {
  readonly addresses: readonly Uint8Array[];
  readonly ports: EndpointPorts;
  readonly isForced: boolean;
}

/** Reads one connection. */
export function parseConnection(place: Place, host: HostFacts, context: ReadContext): EndpointConnection {
  const member = membersOf(place, names, 'a connection', context);
  const name = textOf(member('name'), 'the name of a connection');
  const local = membersOf(member('local'), ['id', 'address', 'auth'], 'our side', context);
  const remote = membersOf(member('remote'), ['address', 'port', 'natPort', 'id', 'from', 'claims', 'auth'], 'the peer', context);
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
  const localAuth = readAuth(local('auth').value === undefined ? member('auth') : local('auth'), context);
  const remoteAuth = readAuth(remote('auth').value === undefined ? member('auth') : remote('auth'), context);
  const children = itemsOf(member('children'), 'a list of Child SAs').map((item, i) => parseChild(item, i + 1, context));
  const { peer, remoteId } = readPeer(name, remote('id'), remoteAddress, remote('claims'));
  const froms = oneOrMore(remote('from'), 'addresses').map((item) => readText(item, 'where the peer may begin from', parsePrefix));
  const proposals = member('proposals');
  const pool = member('pool').value === undefined ? undefined : textOf(member('pool'), 'the name of a pool');
  const request = readRequest(member('request'));
  const hasDynamic = children.some(({ policy }) => policy.remote.some(({ addresses }) => addresses === 'dynamic'));
  return {
    ike: {
      name,
      localId: local('id').value === undefined ? identityOf(ownAddress!) : readText(local('id'), 'who we are', parseIdentity),
      localAuth,
      peer,
      remoteAuth,
      proposals: parseIkeProposals(proposals.value, context.rows, proposals.path, context.warn),
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
  };
}

function readPeer(
  name: string,
  id: Place,
  address: Uint8Array | undefined,
  claims: Place,
): { readonly peer: PadEntry; readonly remoteId: Identity | undefined } {
  if (id.value === undefined && !address)
    throw badMember('who the peer is', id.path, 'an identity, a pattern such as ".example.com", or "*"', id.value);
  const padId = id.value === undefined ? parsePadId(formatAddress(address!)) : readText(id, 'who the peer is', parsePadId);
  const ranges = oneOrMore(claims, 'addresses').map((item) => readText(item, 'addresses of the peer', parsePrefix));
  const peer: PadEntry = {
    name,
    id: padId,
    authentication: { protocol: 'IKEv2', method: 'pre-shared-key' },
    child: ranges.length > 0 ? { lookup: 'traffic-selectors', addresses: ranges } : { lookup: 'id' },
  };
  // A pattern is nobody that could be asked for.
  const isExact = typeof id.value === 'string' && !/^[.@*]|\*\s*,|\/\d+$|^[\d.]+\s*-/.test(id.value.trim());
  return { peer, remoteId: isExact ? parseIdentity(id.value) : undefined };
}

function readAuth(place: Place, context: ReadContext): SharedKeyAuthentication {
  const forms = ['psk', 'pskHex', 'ask'];
  if (place.value === undefined)
    throw badMember('how somebody proves who it is', place.path, '{ "psk": ... }, { "pskHex": ... } or { "ask": true }', place.value);
  const member = membersOf(place, forms, 'how somebody proves who it is', context);
  const given = forms.filter((form) => member(form).value !== undefined);
  if (given.length !== 1)
    // What stands there may be a secret: only its members are told.
    throw badMember('how somebody proves who it is', place.path, `one of ${forms.join(', ')}`, given);
  if (given[0] === 'ask') return { method: 'ask-shared-key' };
  const secret = readSecret(member(given[0]!), given[0] === 'pskHex');
  return { method: 'shared-key', secret };
}

/** The octets of a secret. No error shows it. */
function readSecret({ value, path }: Place, isHex: boolean): Uint8Array {
  if (typeof value === 'string' && value !== '') {
    if (!isHex) return new TextEncoder().encode(value);
    if (/^([0-9a-f]{2})+$/i.test(value)) return fromHex(value);
  }
  throw badMember(
    'a shared secret',
    path,
    isHex ? 'an even number of hexadecimal digits' : 'text',
    isHex ? 'something else' : typeof value,
  );
}

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
