/**
 * Messages of IKEv1, where the host takes part in it.
 *
 * @module
 */
import { attempt } from '../keying/attempt.js';
import { IpsecError } from '../errors.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import { machineOf } from './connect.js';
import { addEntry } from './entries.js';
import { envOf } from './env.js';
import { halfOpenKey, noSpi, requestKey, spiKey } from './keys.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';
import { applyResult, applyStray, stepSafely } from './step.js';
import { count } from './turn.js';
import { isVersion1 } from './version1.js';

/** Exchange Types that begin an IKE SA: Identity Protection (main mode) and Aggressive. */
const beginning: readonly number[] = [2, 4];

/**
 * A message of version 1, with a whole header. Its IKE SA is found by our cookie, or one begins. What belongs to none is dropped: nobody is told, for nothing could
 * vouch for what we would say, and IKEv1 wants no answer.
 */
export function receiveIkev1(turn: Turn, message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const { endpoint } = turn;
  const ckyR = spiKey(message, 8);
  const entry = findEntryV1(endpoint, spiKey(message), ckyR);
  if (entry) stepSafely(turn, entry, message, from, to);
  else if (ckyR === noSpi && beginning.includes(message[18]!)) receiveFirst(turn, message, from, to);
  else count(endpoint, 'ike stray');
}

/** RFC 2408 section 3.1 has no flag that says who began: so both cookies are looked up, each as the one that it would be. */
function findEntryV1({ ikeSas }: Endpoint, ckyI: string, ckyR: string): IkeEntry | undefined {
  const responder = ckyR === noSpi ? undefined : ikeSas.get(ckyR);
  if (responder && isVersion1(responder.sa) && responder.sa.role === 'responder') return responder;
  const initiator = ikeSas.get(ckyI);
  return initiator && isVersion1(initiator.sa) && initiator.sa.role === 'initiator' ? initiator : undefined;
}

/** The first message of phase 1: one that came before, or a new one. */
function receiveFirst(turn: Turn, message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const { endpoint } = turn;
  const key = requestKey(message, from, to);
  const known = endpoint.requests.get(key);
  if (known) {
    if (isVersion1(known.sa)) stepSafely(turn, known, message, from, to);
    else count(endpoint, 'ike version');
    return;
  }
  const { limits, halfOpenOld: total } = endpoint;
  if (endpoint.ikeSas.size >= limits.ikeSas) {
    count(endpoint, 'ike full');
    return;
  }
  const fromAddress = endpoint.halfOpen.get(halfOpenKey(from.address, 1)) ?? 0;
  const listener = { connections: endpoint.ikev1Connections, halfOpen: { total, fromAddress }, limits: limits.halfOpen };
  const response = attempt(() => machineOf(endpoint).respond({ data: message, from, to }, listener, envOf(turn, 1)));
  if (response instanceof IpsecError) {
    count(endpoint, `ike ${response.code}`);
    return;
  }
  const { sa, actions, wakeAt } = response;
  if (sa) applyResult(turn, addEntry(endpoint, sa, wakeAt, key), { sa, actions, wakeAt });
  else applyStray(turn, actions);
}
