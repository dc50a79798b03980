/**
 * The table of IKE SAs: how one comes in, changes and goes out, and the indexes by which it is found without a search.
 *
 * @module
 */
import { placeDeadline } from '../deadlines.js';
import type { StateName } from '../ikev2/states.js';
import { addressKey, addTo, halfOpenKey, peerKey, spiKey, takeFrom } from './keys.js';
import type { AnyIkeSa, Endpoint, IkeEntry } from './state.js';
import { isAuthenticatedV1, isConnectingV1, isHalfOpenV1, isVersion1 } from './version1.js';

/**
 * Puts an IKE SA in.
 *
 * @param requestKey of the request that it came of, where the peer began.
 */
export function addEntry(endpoint: Endpoint, sa: AnyIkeSa, wakeAt: number, requestKey?: string): IkeEntry {
  const entry: IkeEntry = {
    kind: 'ike',
    deadline: Infinity,
    deadlineIndex: -1,
    sa,
    key: ownKeyOf(sa),
    requestKey,
    addressKey: '',
    peerKey: undefined,
    connection: undefined,
    halfOpenFrom: undefined,
    wasEstablished: false,
    supersedes: undefined,
    supersededBy: undefined,
    lingering: 0,
    ask: undefined,
  };
  endpoint.ikeSas.set(entry.key, entry);
  if (requestKey !== undefined) endpoint.requests.set(requestKey, entry);
  updateEntry(endpoint, entry, sa, wakeAt);
  return entry;
}

/** A responder whose initiator has not proved all that it has to. */
const halfOpenStates: readonly StateName[] = ['INIT_ANSWERED', 'EAP_REQUESTED', 'EAP_SUCCEEDED', 'AUTH_CONTINUES'];

/** The IKE SA behind an entry has become another value. */
export function updateEntry(endpoint: Endpoint, entry: IkeEntry, sa: AnyIkeSa, wakeAt: number): void {
  entry.sa = sa;
  const halfOpen = isVersion1(sa) ? isHalfOpenV1(sa) : halfOpenStates.includes(sa.state);
  const address = addressKey(sa.path.remote.address);
  // It stays that of the address that began it. An initiator that has proved nothing says by each message where it is: else it would get round the limit of its own
  // address, and use up that of another.
  if (halfOpen !== (entry.halfOpenFrom !== undefined))
    countHalfOpen(endpoint, entry, halfOpen ? halfOpenKey(sa.path.remote.address, isVersion1(sa) ? 1 : 2) : undefined);
  if (address !== entry.addressKey) {
    takeFrom(endpoint.byAddress, entry.addressKey, entry);
    addTo(endpoint.byAddress, address, entry);
    entry.addressKey = address;
  }
  const connection = 'connection' in sa && !(isVersion1(sa) && halfOpen) ? sa.connection.name : undefined;
  if (connection !== undefined && entry.connection === undefined) {
    entry.connection = connection;
    addTo(endpoint.byConnection, connection, entry);
  }
  // Whom a secret of a group lets in shows by the user's name alone, and that comes last.
  if ('peerId' in sa && entry.peerKey === undefined && (!isVersion1(sa) || isAuthenticatedV1(sa))) {
    entry.peerKey = peerKey(sa.connection.name, sa.peerId, isVersion1(sa) ? sa.user : undefined);
    addTo(endpoint.byPeer, entry.peerKey, entry);
  }
  // An initiator that refuses the responder tells it by a Delete, and was never established.
  if (sa.state === 'ESTABLISHED') entry.wasEstablished = true;
  placeDeadline(endpoint.timers, entry, wakeAt);
}

/** Takes an IKE SA out: it is closed. */
export function forgetEntry(endpoint: Endpoint, entry: IkeEntry): void {
  const { ikeSas, requests, byAddress, byPeer, byConnection, asks, timers } = endpoint;
  ikeSas.delete(entry.key);
  if (entry.requestKey !== undefined && requests.get(entry.requestKey) === entry) requests.delete(entry.requestKey);
  takeFrom(byAddress, entry.addressKey, entry);
  takeFrom(byPeer, entry.peerKey, entry);
  takeFrom(byConnection, entry.connection, entry);
  if (entry.ask !== undefined) asks.delete(entry.ask);
  if (entry.halfOpenFrom !== undefined) countHalfOpen(endpoint, entry, undefined);
  placeDeadline(timers, entry, Infinity);
}

/** The entry of an IKE SA by both its SPIs, whichever of them is ours. */
export function findEntry(
  { ikeSas }: Endpoint,
  { spiI, spiR }: { readonly spiI: Uint8Array; readonly spiR: Uint8Array },
): IkeEntry | undefined {
  const mine = [spiR, spiI].map((spi) => ikeSas.get(spiKey(spi)));
  const [responder, initiator] = mine;
  return responder?.sa.role === 'responder' ? responder : initiator?.sa.role === 'initiator' ? initiator : undefined;
}

/** An IKE SA of a connection under which Child SAs can be had: the one established last. */
export function findEstablished({ byConnection }: Endpoint, connection: string): IkeEntry | undefined {
  let found: IkeEntry | undefined;
  for (const entry of byConnection.get(connection) ?? []) if (entry.sa.state === 'ESTABLISHED') found = entry;
  return found;
}

/** An IKE SA of a connection that we have begun and that is not there yet. */
export function findConnecting({ byConnection }: Endpoint, connection: string): IkeEntry | undefined {
  for (const entry of byConnection.get(connection) ?? []) if (isConnecting(entry)) return entry;
  return undefined;
}

/** Whether we have begun an IKE SA that is not there yet. */
function isConnecting({ sa }: IkeEntry): boolean {
  if (isVersion1(sa)) return isConnectingV1(sa);
  const { state } = sa;
  return state === 'INIT_SENT' || state === 'AUTH_SENT' || state === 'EAP_WANTED' || state === 'EAP_SENT' || state === 'EAP_AUTH_SENT';
}

/** Our SPI of an IKE SA: the one that its messages to us are found by. */
function ownKeyOf({ role, spiI, spiR }: AnyIkeSa): string {
  return spiKey(role === 'initiator' ? spiI : spiR);
}

/** @param from the address that it counts for from now on, of {@link halfOpenKey}; undefined: it does not count any more. */
function countHalfOpen(endpoint: Endpoint, entry: IkeEntry, from: string | undefined): void {
  const address = from ?? entry.halfOpenFrom ?? '';
  const change = from === undefined ? -1 : 1;
  entry.halfOpenFrom = from;
  const count = (endpoint.halfOpen.get(address) ?? 0) + change;
  if (count > 0) endpoint.halfOpen.set(address, count);
  else endpoint.halfOpen.delete(address);
  endpoint.halfOpenTotal += change;
  if (isVersion1(entry.sa)) endpoint.halfOpenOld += change;
}
