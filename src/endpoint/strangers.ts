/**
 * What passes between nodes that share no IKE SA: RFC 7296 sections 1.5, 2.5 and 2.21.4. Nobody vouches for these messages: what we send of them is
 * little and limited, and what comes is a hint at most.
 *
 * @module
 */
import { writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import { decodeMessage, encodeMessage } from '../ikev2/message.js';
import { createNotify } from '../ikev2/notify-data.js';
import type { PayloadOfType } from '../ikev2/payload-cases.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import { decodeHeader } from '../isakmp/header.js';
import { equalAddresses } from '../ip.js';
import type { Notification } from '../process.js';
import { takeToken } from '../process/limiter.js';
import { addressKey } from './keys.js';
import type { IkeEntry, Turn } from './state.js';
import { sendMessage } from './step.js';
import { count } from './turn.js';
import { isVersion1 } from './version1.js';

/** Octets of what {@link answerStranger} sends; to shorter requests nothing is said, so that it is never the larger of the two. */
const noticeLength = 36;

/**
 * Answers a request that belongs to no IKE SA, or is of a later version. RFC 7296 section 1.5: "The message is a response message, and thus it is sent to the IP
 * address and port from whence it came with the same IKE SPIs and the Message ID and Exchange Type are copied from the request."
 */
export function answerStranger(
  turn: Turn,
  request: Uint8Array,
  notify: 'INVALID_IKE_SPI' | 'INVALID_MAJOR_VERSION',
  from: UdpEndpoint,
  to: UdpEndpoint,
): void {
  const { endpoint, now } = turn;
  count(endpoint, `ike ${notify}`);
  if (request.length < noticeLength || !takeToken(endpoint.notices, now)) return;
  const { spiI, spiR, exchangeType, messageId, flags } = decodeHeader(request);
  const data = encodeMessage({
    spiI,
    spiR,
    exchange: exchangeType,
    // RFC 7296 section 3.1: the flag is that of the one who sends: the original initiator, if the request was not.
    isInitiator: (flags & 8) === 0,
    isResponse: true,
    messageId,
    payloads: [createNotify(notify)],
  });
  sendMessage(turn, data, { local: to, remote: from });
}

/**
 * ESP or AH came that no SA is for. RFC 7296 section 1.5: "if the receiving node has an active IKE SA to the IP address from whence the packet came, it MAY
 * send an INVALID_SPI notification of the wayward packet over that IKE SA in an INFORMATIONAL exchange.  The Notification Data contains the SPI of the
 * invalid packet." Without one nothing is said: it would only be a hint, and to the SPIs of an attacker's choice.
 */
export function reportInvalidSpi(turn: Turn, { spi, peer }: Notification): void {
  const [entry] = establishedWith(turn, peer);
  if (!entry) return;
  const data = new Uint8Array(4);
  writeU32(data, 0, spi);
  turn.todo.push({ kind: 'step', entry, event: { type: 'notify', payloads: [createNotify('INVALID_SPI', data)] } });
}

/**
 * A packet came out of an SA that is not for it. RFC 7296 section 3.10.1, INVALID_SELECTORS: "The Notification Data contains the start of the offending packet
 * (as in ICMP messages) and the SPI field of the notification is set to match the SPI of the Child SA."
 */
export function reportInvalidSelectors(turn: Turn, { protocol, spi, packet }: Notification): void {
  const record = turn.endpoint.children.get(spi);
  if (!record) return;
  const octets = new Uint8Array(4);
  writeU32(octets, 0, spi);
  const payloads = [createNotify('INVALID_SELECTORS', packet, { protocol, spi: octets })];
  turn.todo.push({ kind: 'step', entry: record.owner, event: { type: 'notify', payloads } });
}

/**
 * The notification of a message that nothing protects; undefined: it is none, or is protected.
 */
export function readNotice(message: Uint8Array): PayloadOfType<'N'>['notify'] | undefined {
  const decoded = attempt(() => decodeMessage(message));
  if (decoded instanceof IpsecError) return undefined;
  const [first] = decoded.payloads;
  return decoded.payloads.length === 1 && first?.type === 'N' ? first.notify : undefined;
}

/**
 * Somebody says that something is wrong with our SAs. RFC 7296 section 2.21.4: "A node should treat such a message (and also a network message like ICMP destination
 * unreachable) as a hint that there might be problems with SAs to that IP address and should initiate a liveness check for any such IKE SA.  An
 * implementation SHOULD limit the frequency of such tests to avoid being tricked into participating in a DoS attack."
 *
 * @param entry the IKE SA that it is about; absent: those with that address.
 */
export function takeNotice(turn: Turn, notify: string, from: UdpEndpoint, entry: IkeEntry | undefined): void {
  const { endpoint, now, todo } = turn;
  const about = entry ? [entry] : establishedWith(turn, from.address);
  if (about.length === 0 || !takeToken(endpoint.hints, now)) return;
  for (const one of about)
    if (equalAddresses(one.sa.path.remote.address, from.address)) todo.push({ kind: 'step', entry: one, event: { type: 'hint', notify } });
}

/** IKE SAs that one hint has looked after: many peers may stand behind one NAT. */
const mostHinted = 8;

/** Those of IKEv2: IKEv1 has no such messages that somebody would act upon. */
function establishedWith({ endpoint }: Turn, address: Uint8Array): IkeEntry[] {
  const found: IkeEntry[] = [];
  for (const entry of endpoint.byAddress.get(addressKey(address)) ?? []) {
    if (entry.sa.state === 'ESTABLISHED' && !isVersion1(entry.sa)) found.push(entry);
    if (found.length === mostHinted) break;
  }
  return found;
}
