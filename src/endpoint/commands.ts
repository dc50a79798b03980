/**
 * What the administrator, or the host, asks of an endpoint.
 *
 * @module
 */
import { secretsIn } from '../keying/asks.js';
import { type IkeEvent, wipeSecrets } from '../ikev2/events.js';
import { IpsecError, nearestName } from '../errors.js';
import { beginIke, connectionNamed } from './connect.js';
import { takeTurn } from './run.js';
import { sendClear } from './send.js';
import type { ChildRecord, Endpoint, Turn } from './state.js';
import { applyResult, reauthenticate as supersede, stepIke } from './step.js';
import type { EndpointAction } from './types.js';

/**
 * A clear IP packet comes from the protected side: it is protected, waits until it can be, passes as it is, or goes nowhere, as policy says.
 *
 * @throws IpsecError for a wrong configuration alone.
 */
export function sendInner(endpoint: Endpoint, packet: Uint8Array, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    sendClear(turn, packet);
  });
}

/**
 * Sets up an IKE SA, and the Child SAs that are to be there at once.
 *
 * @throws IpsecError `invalid-argument` for a name that is none, or of a connection whose peer begins.
 */
export function connect(endpoint: Endpoint, connection: string, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    const begun = beginIke(turn, connectionNamed(endpoint, connection));
    if (!begun)
      throw new IpsecError('invalid-argument', `connection ${connection}`, {
        expected: 'the address of the peer, of the family of one of ours',
        found: 'none',
      });
    applyResult(turn, begun.entry, begun.result);
  });
}

/** Ends all IKE SAs of a connection: each peer is told, and the events `closed` say when it is done. Throws `invalid-argument`. */
export function disconnect(endpoint: Endpoint, connection: string, now: number): EndpointAction[] {
  return toConnection(endpoint, connection, now, { type: 'delete', reason: 'disconnected' });
}

/** Sets up one more Child SA, by the name of its policy. Throws `invalid-argument`. */
export function createChild(endpoint: Endpoint, connection: string, child: string, now: number): EndpointAction[] {
  const names = connectionNamed(endpoint, connection).ike.children.map(({ name }) => name);
  if (!names.includes(child)) {
    const nearest = nearestName(child, names);
    throw new IpsecError('invalid-argument', `a Child SA of connection ${connection}`, {
      expected: names.join(', ') || 'none: the connection has none',
      found: JSON.stringify(child),
      ...(nearest !== undefined && { nearest }),
    });
  }
  return toConnection(endpoint, connection, now, { type: 'createChild', policy: child });
}

/** Replaces the IKE SAs of a connection. Throws `invalid-argument`. */
export function rekeyIke(endpoint: Endpoint, connection: string, now: number): EndpointAction[] {
  // In IKEv1 there is no other way to replace one.
  if (connectionNamed(endpoint, connection).ike.version === 1) return reauthenticate(endpoint, connection, now);
  return toConnection(endpoint, connection, now, { type: 'rekeyIke' });
}

/** Replaces the IKE SAs of a connection by new ones with a new authentication; the old ones go once these are there. Throws `invalid-argument`. */
export function reauthenticate(endpoint: Endpoint, connection: string, now: number): EndpointAction[] {
  connectionNamed(endpoint, connection);
  return takeTurn(endpoint, now, (turn) => {
    for (const entry of [...(endpoint.byConnection.get(connection) ?? [])]) supersede(turn, entry);
  });
}

/** Replaces a pair of Child SAs, by our inbound SPI. Throws `invalid-argument`. */
export function rekeyChild(endpoint: Endpoint, spiIn: number, now: number): EndpointAction[] {
  return toChild(endpoint, spiIn, now, { type: 'rekeyChild', spiIn });
}

/** Ends a pair of Child SAs, by our inbound SPI. Throws `invalid-argument`. */
export function deleteChild(endpoint: Endpoint, spiIn: number, now: number): EndpointAction[] {
  return toChild(endpoint, spiIn, now, { type: 'deleteChild', spiIn });
}

/** Looks whether the peers of a connection are alive. Throws `invalid-argument`. */
export function checkLiveness(endpoint: Endpoint, connection: string, now: number): EndpointAction[] {
  return toConnection(endpoint, connection, now, { type: 'checkLiveness' });
}

/**
 * The answer to an `ask`. One that comes too late is nothing.
 *
 * @param value what the question wants: for `shared-key` the octets, or undefined where there are none.
 */
export function answer(endpoint: Endpoint, askId: number, value: unknown, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    const entry = endpoint.asks.get(askId);
    if (!entry) {
      wipeSecrets(secretsIn(value));
      return;
    }
    endpoint.asks.delete(askId);
    entry.ask = undefined;
    stepIke(turn, entry, { type: 'answer', value });
  });
}

/**
 * Ends everything: each peer is told. The endpoint goes on until all IKE SAs are closed, which `status` tells; who does not want to wait for
 * silent peers lets it go.
 */
export function closeEndpoint(endpoint: Endpoint, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    for (const entry of [...endpoint.ikeSas.values()]) stepIke(turn, entry, { type: 'delete', reason: 'the endpoint is closed' });
  });
}

function toConnection(endpoint: Endpoint, connection: string, now: number, event: IkeEvent): EndpointAction[] {
  connectionNamed(endpoint, connection);
  return takeTurn(endpoint, now, (turn) => {
    for (const entry of [...(endpoint.byConnection.get(connection) ?? [])]) stepIke(turn, entry, event);
  });
}

function toChild(endpoint: Endpoint, spiIn: number, now: number, event: IkeEvent): EndpointAction[] {
  const record: ChildRecord | undefined = endpoint.children.get(spiIn);
  if (!record)
    throw new IpsecError('invalid-argument', 'our inbound SPI of a Child SA', {
      expected: 'that of one that is there',
      found: `0x${spiIn.toString(16)}`,
    });
  return takeTurn(endpoint, now, (turn: Turn) => {
    stepIke(turn, record.owner, event);
  });
}
