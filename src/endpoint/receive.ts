/**
 * What comes from the unprotected side.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import { respond } from '../ikev2/respond.js';
import { rotateCookieSecrets } from '../ikev2/cookie.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import { headerLength } from '../isakmp/header.js';
import { classifyUdpPayload } from '../nat-t.js';
import { type InboundResult, processEncapsulated, processInbound } from '../process.js';
import { addEntry } from './entries.js';
import { envOf } from './env.js';
import { findFarewell } from './farewells.js';
import { noteHeard } from './install.js';
import { halfOpenKey, noSpi, requestKey, spiKey } from './keys.js';
import { noteResult } from './remarks.js';
import { takeTurn } from './run.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';
import { receiveIkev1 } from './receive-ikev1.js';
import { applyResult, applyStray, sendMessage, stepSafely } from './step.js';
import { answerStranger, readNotice, reportInvalidSelectors, reportInvalidSpi, takeNotice } from './strangers.js';
import { count } from './turn.js';
import { isVersion1 } from './version1.js';
import type { EndpointAction, EndpointDatagram } from './types.js';

/**
 * A UDP datagram came: IKE, ESP in UDP, or a NAT-keepalive. What it is follows from the port and the first octets (RFC 3948 section 2).
 *
 * It throws nothing for what is in the datagram.
 */
export function receiveDatagram(endpoint: Endpoint, { data, from, to }: EndpointDatagram, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    const { ports } = endpoint.config;
    if (to.port !== ports.nat) {
      if (to.port === ports.ike) receiveIke(turn, data, from, to);
      return;
    }
    switch (classifyUdpPayload(data)) {
      case 'esp':
        takeInbound(turn, processEncapsulated(endpoint.db, data, from, to.address, now));
        noteSeen(turn, readU32(data, 0));
        return;
      case 'ike':
        receiveIke(turn, data.subarray(4), from, to);
        return;
      case 'keepalive':
        return;
      case 'malformed':
        count(endpoint, 'malformed');
        return;
    }
  });
}

/**
 * An IP packet came from the unprotected side: ESP, AH, UDP with any of what {@link receiveDatagram} takes, or what policy lets pass.
 *
 * It throws nothing for what is in the packet.
 */
export function receiveIp(endpoint: Endpoint, packet: Uint8Array, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    takeInbound(turn, processInbound(endpoint.db, packet, now));
  });
}

function takeInbound(turn: Turn, result: InboundResult): void {
  const { owners } = turn.endpoint;
  noteResult(turn, result);
  switch (result.action) {
    case 'deliver': {
      turn.actions.push({ type: 'deliver', packet: result.packet });
      for (const entry of result.path) {
        const record = owners.get(entry);
        if (record) noteHeard(turn, record);
      }
      const { moved } = result;
      const owner = moved && owners.get(result.path[0]!)?.owner;
      if (moved && owner) turn.todo.push({ kind: 'step', entry: owner, event: { type: 'moved', from: moved } });
      return;
    }
    case 'bypass':
      turn.actions.push({ type: 'deliver', packet: result.packet });
      return;
    case 'discard':
      if (result.notify?.type === 'INVALID_SPI') reportInvalidSpi(turn, result.notify);
      else if (result.notify) reportInvalidSelectors(turn, result.notify);
      return;
    case 'ike':
      receiveIke(turn, result.message, result.from, { address: result.to, port: result.port });
      return;
    case 'more':
    case 'keepalive':
      return;
  }
}

/** Packets that are genuine without being delivered, such as dummies, show too that the peer is there. */
function noteSeen(turn: Turn, spi: number): void {
  const record = turn.endpoint.children.get(spi);
  if (record) noteHeard(turn, record);
}

const exchangeInit = 34;
const flagInitiator = 0x08;
const flagResponse = 0x20;

/** An IKE message: its IKE SA is found by our SPI, or one begins. */
function receiveIke(turn: Turn, message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const { endpoint } = turn;
  if (message.length < headerLength) {
    count(endpoint, 'ike malformed');
    return;
  }
  const version = message[17]! >>> 4;
  const flags = message[19]!;
  const isRequest = (flags & flagResponse) === 0;
  if (version === 1 && endpoint.ikev1 && endpoint.ikev1Connections.length > 0) {
    receiveIkev1(turn, message, from, to);
    return;
  }
  if (version !== 2) {
    // RFC 7296 section 2.5: "If an endpoint receives a message with a higher major version number, it MUST drop the message and SHOULD send an unauthenticated
    // Notify message of type INVALID_MAJOR_VERSION containing the highest (closest) version number it supports."
    if (version > 2 && isRequest) answerStranger(turn, message, 'INVALID_MAJOR_VERSION', from, to);
    else count(endpoint, 'ike version');
    return;
  }
  const isFromInitiator = (flags & flagInitiator) !== 0;
  const own = spiKey(message, isFromInitiator ? 8 : 0);
  if (message[18] === exchangeInit && isFromInitiator && isRequest && own === noSpi) {
    receiveInit(turn, message, from, to);
    return;
  }
  const entry = own === noSpi ? undefined : endpoint.ikeSas.get(own);
  if (entry && isVersion1(entry.sa)) count(endpoint, 'ike version');
  else if (entry) receiveFor(turn, entry, message, from, to);
  else receiveStray(turn, own, message, isRequest, from, to);
}

/** A message for an IKE SA. Once there are keys, one without protection is a stranger's. */
function receiveFor(turn: Turn, entry: IkeEntry, message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const isNotice = message[16] === nextNotify && entry.sa.state !== 'INIT_SENT' && message[18] !== exchangeInit;
  const notice = isNotice ? readNotice(message) : undefined;
  if (notice !== undefined) takeNotice(turn, String(notice), from, entry);
  else stepSafely(turn, entry, message, from, to);
}

/** Next Payload of a message that begins with a Notify payload. */
const nextNotify = 41;

/** RFC 7296 section 2.21.4: "If the message is marked as a response, the node can audit the suspicious event but MUST NOT respond." */
function receiveStray(turn: Turn, own: string, message: Uint8Array, isRequest: boolean, from: UdpEndpoint, to: UdpEndpoint): void {
  const notice = message[16] === nextNotify ? readNotice(message) : undefined;
  const farewell = findFarewell(turn, own, message);
  if (farewell) for (const data of farewell) sendMessage(turn, data, { local: to, remote: from });
  else if (notice !== undefined) takeNotice(turn, String(notice), from, undefined);
  else if (isRequest) answerStranger(turn, message, 'INVALID_IKE_SPI', from, to);
  else count(turn.endpoint, 'ike stray');
}

/** An IKE_SA_INIT request: one that came before, or a new one. */
function receiveInit(turn: Turn, message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const { endpoint, now } = turn;
  const key = requestKey(message, from, to);
  const known = endpoint.requests.get(key);
  if (known && isVersion1(known.sa)) {
    count(endpoint, 'ike version');
    return;
  }
  if (known) {
    stepSafely(turn, known, message, from, to);
    return;
  }
  endpoint.cookies = rotateCookieSecrets(endpoint.cookies, endpoint.random, now);
  const { ikeConnections: connections, cookies, halfOpenTotal, halfOpenOld, limits } = endpoint;
  const fromAddress = endpoint.halfOpen.get(halfOpenKey(from.address, 2)) ?? 0;
  const listener = { connections, halfOpen: { total: halfOpenTotal - halfOpenOld, fromAddress }, cookies, limits: limits.halfOpen };
  const full = endpoint.ikeSas.size >= limits.ikeSas;
  if (full) {
    count(endpoint, 'ike full');
    return;
  }
  const { sa, actions, wakeAt } = respond({ data: message, from, to }, listener, envOf(turn, 2));
  if (sa) applyResult(turn, addEntry(endpoint, sa, wakeAt, key), { sa, actions, wakeAt });
  else applyStray(turn, actions);
}
