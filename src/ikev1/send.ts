/**
 * Messages of ours become datagrams: covered by a HASH, sealed with the IV of their exchange, cut where they are too long, kept for those who repeat theirs.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { retransmitDelay, type RetransmissionPolicy } from '../keying/retransmission.js';
import type { Connection } from '../keying/connection.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Path } from '../keying/path.js';
import { computePhase2Iv, sealMessage } from './cipher.js';
import type { Ikev1Action } from './events.js';
import { keepExchange, retention } from './exchanges.js';
import { fragmentMessage } from './fragment.js';
import { computeHash1, computeHash2, computeHash3, encodeHashed } from './hashes.js';
import type { Nonces } from './keys.js';
import { encodeMessage, encodePayloads, type EncodedPayloads, type Ikev1Header } from './message.js';
import type { About, Exchange, FirstMessage, NewMessage, Sent } from './requests.js';
import type { Ikev1Sa, Living, Phase1Crypto } from './states.js';

/** The algorithms and keys of an IKE SA, once there are some. */
export function cryptoOf(sa: Ikev1Sa): Phase1Crypto | undefined {
  return 'crypto' in sa ? sa.crypto : undefined;
}

/** The connection of an IKE SA; of a half-open one the first that it may be. */
export function connectionOf(sa: Living): Connection {
  return 'connection' in sa ? sa.connection : sa.candidates[0]!;
}

/** The IV that the exchange begins with. RFC 2409 appendix B: for phase 2 it is made of "the last phase 1 CBC output block and the phase 2 message id". */
export function firstIvOf({ suite, firstIv }: Phase1Crypto, phase1: Exchange, messageId: number): Uint8Array {
  return messageId === 0 ? firstIv : computePhase2Iv(suite.hash, phase1.iv ?? firstIv, messageId);
}

/** What a message is sent with. */
export interface SendOptions {
  /** The connection, which says how long datagrams may be and how often they are repeated. */
  readonly connection: Connection;
  /** The keys, where the IKE SA is closed and has none any more. */
  readonly crypto?: Phase1Crypto | undefined;
  /** Of Quick Mode: what HASH(2) and HASH(3) cover. */
  readonly nonces?: Nonces | undefined;
}

/** What {@link sendIn} gives. */
export interface SentMessage<Sa> {
  readonly sa: Sa;
  readonly actions: readonly Ikev1Action[];
}

/**
 * Sends the next message of an exchange; the exchange is kept in the IKE SA.
 *
 */
export function sendIn<Sa extends Ikev1Sa>(
  sa: Sa,
  exchange: Exchange,
  message: NewMessage,
  env: IkeEnv,
  { crypto = cryptoOf(sa), connection, nonces }: SendOptions,
): SentMessage<Sa> {
  const { messageId } = exchange;
  const header: Ikev1Header = {
    ckyI: sa.spiI,
    ckyR: sa.spiR,
    exchange: exchange.exchange,
    messageId,
    authenticationOnly: false,
    commit: false,
  };
  // Notifications are protected as soon as there are keys (RFC 2409 section 5.7).
  const isEncrypted = messageId === 0 ? message.encrypted === true : exchange.exchange !== 'Informational' || crypto !== undefined;
  let octets: Uint8Array;
  let { iv } = exchange;
  if (isEncrypted) {
    if (!crypto) throw new IpsecError('invalid-argument', 'an encrypted message before there are keys');
    const payloads = messageId === 0 ? encodePayloads(message.payloads) : hashed(crypto, messageId, message, nonces);
    const sealed = sealMessage(crypto.cipher, iv ?? firstIvOf(crypto, sa.phase1, messageId), header, payloads);
    ({ octets, nextIv: iv } = sealed);
  } else octets = encodeMessage({ ...header, payloads: message.payloads });
  const size = sa.abilities.fragmentation ? sizeOf(connection, sa.path) : Infinity;
  const datagrams = fragmentMessage(header, octets, size, sa.nextFragmentId);
  const waits = message.awaitsAnswer;
  const retransmitAt = waits ? env.now + retransmitDelay(policyOf(connection, messageId), 1, env.random) : Infinity;
  const sent: Sent = { datagrams, tries: 1, retransmitAt, repeats: 0 };
  const cut = datagrams.length > 1 ? { ...sa, nextFragmentId: (sa.nextFragmentId % 0xffff) + 1 } : sa;
  return { sa: keepExchange(cut, { ...exchange, iv, sent }), actions: sendAll(datagrams, sa.path) };
}

/** Begins an exchange of its own. Nothing is kept of one that is about nothing. */
export function sendFirst<Sa extends Ikev1Sa>(
  sa: Sa,
  { exchange, about, ...message }: FirstMessage,
  env: IkeEnv,
  options: SendOptions,
): SentMessage<Sa> {
  const fresh = beginExchange(freshMessageId(sa, env), exchange, about, env);
  const sent = sendIn(sa, fresh, message, env, options);
  return about === undefined ? { ...sent, sa: { ...sent.sa, ...('exchanges' in sa && { exchanges: sa.exchanges }) } } : sent;
}

/** An exchange of which nothing was sent or received yet. */
export function beginExchange(messageId: number, exchange: Exchange['exchange'], about: About | undefined, { now }: IkeEnv): Exchange {
  const nothing = { iv: undefined, received: undefined, sent: undefined };
  return { messageId, exchange, ...nothing, about: about ?? { kind: 'done' }, expires: now + retention };
}

/** RFC 2408 section 3.1: "This value is randomly generated by the initiator of the Phase 2 negotiation." */
function freshMessageId(sa: Ikev1Sa, { random }: IkeEnv): number {
  const taken = 'exchanges' in sa ? sa.exchanges.map(({ messageId }) => messageId) : [];
  const octets = new Uint8Array(4);
  for (;;) {
    random(octets);
    const id = new DataView(octets.buffer).getUint32(0);
    if (id !== 0 && !taken.includes(id)) return id;
  }
}

/** How often the peer's repetitions of one message are answered: more of them come from somebody else. */
const mostRepeats = 16;

/** The peer has repeated its last message: it gets our answer once more. */
export function repeat<Sa extends Ikev1Sa>(sa: Sa, exchange: Exchange): SentMessage<Sa> {
  const { sent } = exchange;
  if (!sent || sent.repeats >= mostRepeats) return { sa, actions: [] };
  return { sa: keepExchange(sa, { ...exchange, sent: { ...sent, repeats: sent.repeats + 1 } }), actions: sendAll(sent.datagrams, sa.path) };
}

/** Sends once more what has no answer. @returns undefined when there were tries enough. */
export function retransmit<Sa extends Living>(sa: Sa, exchange: Exchange, env: IkeEnv): SentMessage<Sa> | undefined {
  const { sent } = exchange;
  if (!sent) return undefined;
  const policy = policyOf(connectionOf(sa), exchange.messageId);
  const tries = sa.role === 'responder' && exchange.messageId === 0 ? Math.min(policy.tries, affordable(exchange)) : policy.tries;
  if (sent.tries >= tries) return undefined;
  const retransmitAt = env.now + retransmitDelay(policy, sent.tries + 1, env.random);
  const again = keepExchange(sa, { ...exchange, sent: { ...sent, tries: sent.tries + 1, retransmitAt } });
  return { sa: again, actions: sendAll(sent.datagrams, sa.path) };
}

/** Who has proved nothing may have forged his address: by the clock nobody gets more than three times the octets that came from there. */
function affordable({ received, sent }: Exchange): number {
  const octets = (sent?.datagrams ?? []).reduce((sum, { length }) => sum + length, 0);
  return Math.floor((3 * (received?.length ?? 0)) / octets);
}

function sendAll(datagrams: readonly Uint8Array[], path: Path): Ikev1Action[] {
  return datagrams.map((data) => ({ type: 'send', data, path }));
}

function hashed(
  { suite, keys }: Phase1Crypto,
  messageId: number,
  { payloads, hash = 'HASH(1)' }: NewMessage,
  nonces: Nonces | undefined,
): EncodedPayloads {
  return encodeHashed(payloads, (message) => {
    if (hash === 'HASH(1)') return computeHash1(suite.prf, keys.SKEYID_a, messageId, message);
    if (!nonces) throw new IpsecError('invalid-argument', `${hash} of a message`, { expected: 'the nonces of Quick Mode', found: 'none' });
    const { Ni, Nr } = nonces;
    if (hash === 'HASH(2)') return computeHash2(suite.prf, keys.SKEYID_a, messageId, Ni, message);
    return computeHash3(suite.prf, keys.SKEYID_a, messageId, Ni, Nr);
  });
}

function policyOf({ options }: Connection, messageId: number): RetransmissionPolicy {
  return messageId === 0 ? options.setUp : options.established;
}

/** Octets that a message may have on its way; Infinity: it is never cut. */
function sizeOf({ options }: Connection, { remote: { address } }: Path): number {
  const datagram = options.fragmentSizes[0];
  // IP and UDP headers, Non-ESP Marker
  return datagram === undefined ? Infinity : datagram - (address.length === 4 ? 20 : 40) - 8 - 4;
}
