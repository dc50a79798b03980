/**
 * The peer's side of EAP (RFC 3748): what IKEv2's initiator is.
 *
 * RFC 3748 has much "silently discarded". Within IKEv2 nothing is lost, repeated or slipped in by strangers, and each message waits for its answer. So what should not
 * come ends the conversation.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { EapStep } from '../ikev2/requests.js';
import type { FillRandom } from '../suite/types.js';
import { asIpsecError, formatMethods, formatTypeOf, nearestMethod } from './explain.js';
import { createNak, createResponse, decodeEap, encodeEap, type EapMethodPacket, IDENTITY, NAK, NOTIFICATION, typeOf } from './packet.js';
import { encodeText, quote, quoteText } from './text.js';
import type { EapMethod, EapPeerSession } from './types.js';

/** What {@link createEapPeer} takes. */
export interface EapPeerOptions {
  /** Who we are: the answer to an Identity Request, and the user name of methods that are told no other. At most 1015 octets of UTF-8. */
  readonly identity: string;
  /** Methods with our credentials, best first. */
  readonly methods: readonly EapMethod[];
  /** Where chance comes from. */
  readonly random: FillRandom;
  /** How many Requests are answered at most. Default 100: RFC 7296 section 2.16 wants ten at least; long chains of certificates take some tens. */
  readonly maxRounds?: number | undefined;
  /** Is told what the authenticator wants to have shown to the user, in quotes: its Notifications. Only once the responder has proved itself. */
  readonly onNotification?: ((text: string) => void) | undefined;
}

/** What the peer knows beyond the packet. */
export interface EapPeerContext {
  /** Whether the responder of IKE has proved itself by AUTH. */
  readonly isResponderProved: boolean;
}

/** A conversation as peer. */
export interface EapPeer {
  /**
   * Takes a Request, a Success or a Failure.
   *
   * @returns `continue` with a Response; `success` once a Success came after the method's good end, with the MSK, which is the caller's; `failure` with the reason.
   *   After the last two everything else is a failure. It is never rejected.
   */
  receive(packet: Uint8Array, context: EapPeerContext): Promise<EapStep>;
  /** Forgets the secrets and ends the conversation. */
  destroy(): void;
}

/** What is going on. */
interface Conversation {
  readonly options: EapPeerOptions;
  readonly maxRounds: number;
  /** The last Request and what was answered. */
  last: { readonly request: Uint8Array; readonly response: Uint8Array } | undefined;
  rounds: number;
  method: EapMethod | undefined;
  session: EapPeerSession | undefined;
  /** Whether the method has come to its good end. */
  isDone: boolean;
  /** Once it is over: why. */
  error: IpsecError | undefined;
  /** Methods that were wanted and that we have not. */
  readonly refused: string[];
}

/**
 * Begins a conversation as peer.
 *
 * RFC 7296 section 2.16: EAP methods "MUST be used in conjunction with a public-key-signature-based authentication of the responder to the initiator". Before that has
 * happened nothing is answered but the Identity and, for EAP-only authentication, methods that are mutual, make a key and resist dictionary attacks (RFC 5998 section 4).
 *
 * @throws IpsecError `invalid-config` without methods for a peer, or with an identity that is too long.
 *
 * @example
 * ```ts
 * import { createEapPeer, encodeEap, mschapv2 } from 'ipsec-ts/eap';
 *
 * const random = (target: Uint8Array): void => target.set(crypto.getRandomValues(new Uint8Array(target.length)));
 * const peer = createEapPeer({ identity: 'carol', methods: [mschapv2({ password: 'tuxmux' })], random });
 * const step = await peer.receive(encodeEap({ code: 'Success', identifier: 1 }), { isResponderProved: true });
 * if (step.kind !== 'failure') throw new Error('a Success out of nowhere proves nothing');
 * ```
 */
export function createEapPeer(options: EapPeerOptions): EapPeer {
  if (!options.methods.some((method) => method.peer)) {
    const facts = { path: 'methods', expected: 'a method for a peer', found: formatMethods(options.methods) };
    throw new IpsecError('invalid-config', 'EAP as peer', facts);
  }
  const octets = encodeText(options.identity).length;
  // RFC 3748 section 5.1: "SHOULD NOT assume that an Identity Request or Response can be larger than 1020 octets."
  if (octets > 1015)
    throw new IpsecError('invalid-config', 'an EAP identity', { path: 'identity', expected: 'at most 1015 octets', found: String(octets) });
  const { maxRounds = 100 } = options;
  const conversation: Conversation = {
    options,
    maxRounds,
    last: undefined,
    rounds: 0,
    method: undefined,
    session: undefined,
    isDone: false,
    error: undefined,
    refused: [],
  };
  // RFC 3748 section 4.1: "Requests MUST be processed in the order that they are received, and MUST be processed to their completion"
  let queue: Promise<unknown> = Promise.resolve();
  return {
    receive(packet, context) {
      const step = queue.then(() => receive(conversation, packet, context));
      queue = step;
      return step;
    },
    destroy() {
      end(conversation, fault(conversation, 'a conversation', 'one that was given up'));
    },
  };
}

async function receive(conversation: Conversation, packet: Uint8Array, context: EapPeerContext): Promise<EapStep> {
  if (conversation.error) return { kind: 'failure', error: conversation.error };
  try {
    return await answer(conversation, packet, context);
  } catch (error) {
    return { kind: 'failure', error: end(conversation, asIpsecError(error, whoIs(conversation))) };
  }
}

async function answer(conversation: Conversation, octets: Uint8Array, context: EapPeerContext): Promise<EapStep> {
  const { last, maxRounds } = conversation;
  conversation.rounds++;
  if (conversation.rounds > maxRounds) {
    throw new IpsecError('limit-exceeded', whoIs(conversation), { blame: 'peer', expected: `at most ${maxRounds} rounds`, found: 'more' });
  }
  // RFC 3748 section 4.1: "If a peer receives a valid duplicate Request for which it has already sent a Response, it MUST resend its original Response without
  // reprocessing the Request."
  if (last && equalBytes(last.request, octets)) return { kind: 'continue', packet: last.response.slice() };

  const packet = decodeEap(octets);
  if (!('type' in packet)) {
    if (packet.code === 'Success') return succeed(conversation);
    throw wasRefused(conversation);
  }
  if (packet.code === 'Response') throw fault(conversation, 'a Request, a Success or a Failure', 'a Response');
  const response = encodeEap(await respond(conversation, packet, context));
  conversation.last = { request: octets.slice(), response };
  return { kind: 'continue', packet: response.slice() };
}

async function respond(conversation: Conversation, request: EapMethodPacket, context: EapPeerContext): Promise<EapMethodPacket> {
  const type = typeOf(request);
  // RFC 3748 section 5: "Nak (Type 3) or Expanded Nak (Type 254) are valid only for Response packets, they MUST NOT be sent in a Request."
  if (type === NAK || type === 0) throw fault(conversation, 'a method', `a Request of Type ${type}`);
  if (type === NOTIFICATION) return notify(conversation, request, context);
  if (type === IDENTITY) {
    // RFC 3748 section 2.1: "As a result, Identity Requery is not supported."
    if (conversation.method) throw fault(conversation, conversation.method.name, 'an Identity Request in the middle of it');
    return createResponse(request, encodeText(conversation.options.identity));
  }
  const begun = conversation.method;
  // RFC 3748 section 2.1: "the peer and authenticator MUST utilize only one authentication method (Type 4 or greater) within an EAP conversation"
  if (begun && begun.type !== type) throw fault(conversation, begun.name, `a Request for ${formatTypeOf(request)} after it`);
  const method = begun ?? findMethod(conversation, type);
  if (!method && !context.isResponderProved) throw unproved(conversation, formatTypeOf(request));
  return method ? runMethod(conversation, method, request, context) : refuse(conversation, request);
}

function findMethod({ options }: Conversation, type: number | undefined): EapMethod | undefined {
  return options.methods.find((method) => method.type === type && method.peer);
}

/** RFC 3748 section 5.2: "The peer MUST respond to a Notification Request with a Notification Response", even in the middle of a method. */
function notify(conversation: Conversation, request: EapMethodPacket, { isResponderProved }: EapPeerContext): EapMethodPacket {
  if (!isResponderProved && !conversation.method) throw unproved(conversation, 'a Notification');
  if (isResponderProved) conversation.options.onNotification?.(quoteText(request.data));
  return createResponse(request);
}

/** RFC 3748 section 5.3.1: "Where a peer receives a Request for an unacceptable authentication Type (4-253,255) [...], a Nak Response (Type 3) MUST be sent." */
function refuse(conversation: Conversation, request: EapMethodPacket): EapMethodPacket {
  const wanted = formatTypeOf(request);
  if (conversation.refused.includes(wanted)) throw wasRefused(conversation);
  conversation.refused.push(wanted);
  const types = conversation.options.methods.filter((method) => method.peer).map((method) => method.type);
  return createNak(request, [...new Set(types)]);
}

async function runMethod(
  conversation: Conversation,
  method: EapMethod,
  request: EapMethodPacket,
  { isResponderProved }: EapPeerContext,
): Promise<EapMethodPacket> {
  // RFC 5998 section 3: "the initiator MUST verify that the proposed EAP method is allowed by this specification, and MUST abort the protocol immediately otherwise."
  if (!isResponderProved && !isSafeAlone(method)) throw unproved(conversation, method.name);
  const { identity, random } = conversation.options;
  conversation.method = method;
  const session = (conversation.session ??= method.peer!(identity, { random }));
  const step = await session.receive(request.data, { identifier: request.identifier });
  if (conversation.error) {
    session.destroy(); // given up meanwhile
    throw conversation.error;
  }
  if (step.kind === 'failed') {
    if (!step.data) throw step.error;
    end(conversation, step.error);
    return createResponse(request, step.data);
  }
  conversation.isDone = step.isDone;
  return createResponse(request, step.data);
}

/** RFC 5998 section 4: a method that is mutual, key-generating and "resistant to dictionary attacks". */
function isSafeAlone(method: EapMethod): boolean {
  return method.isMutual && method.makesKey && method.resistsDictionary === true;
}

/**
 * RFC 3748 section 4.2: "A peer EAP implementation receiving a Success or Failure packet where sending one is not explicitly permitted MUST silently discard it."
 * It goes on: "This ensures that a rogue authenticator will not be able to bypass mutual authentication". The Identifier of the packet is not looked at, for RFC 7296
 * section 3.16 says that it "serves no function here", and some authenticators count it up.
 */
function succeed(conversation: Conversation): EapStep {
  const { method, session, isDone } = conversation;
  if (!method || !session) throw fault(conversation, 'a method to run first', 'an EAP Success');
  if (!isDone) throw fault(conversation, `${method.name} to come to its end`, 'an EAP Success in the middle of it');
  const msk = session.exportMsk?.();
  if (method.makesKey && (msk?.length ?? 0) < 64)
    throw fault(conversation, `an MSK of 64 octets from ${method.name}`, `${msk?.length ?? 'none'}`);
  end(conversation, fault(conversation, 'nothing after the EAP Success', 'another packet'));
  return { kind: 'success', msk: method.makesKey ? msk : undefined, isMutual: method.isMutual };
}

function end(conversation: Conversation, error: IpsecError): IpsecError {
  conversation.session?.destroy();
  conversation.session = undefined;
  conversation.error ??= error;
  return conversation.error;
}

function whoIs({ options: { identity }, method }: Conversation): string {
  return `EAP as ${quote(identity)}${method ? ` by ${method.name}` : ''}`;
}

function fault(conversation: Conversation, expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', whoIs(conversation), { expected, found });
}

/** The authenticator said Failure. What it wanted before is the likeliest reason. */
function wasRefused(conversation: Conversation): IpsecError {
  const { method, refused, options } = conversation;
  const ours = options.methods.filter((one) => one.peer);
  if (method || refused.length === 0) return fault(conversation, 'an EAP Success', 'an EAP Failure');
  const nearest = nearestMethod(refused, ours);
  const facts = { expected: formatMethods(ours), found: `an authenticator that wants ${refused.join(', then ')}`, ...nearest };
  return new IpsecError('authentication-failed', whoIs(conversation), facts);
}

function unproved(conversation: Conversation, wanted: string): IpsecError {
  const safe = conversation.options.methods.filter((method) => method.peer && isSafeAlone(method));
  const expected = `the responder to prove itself by AUTH first${safe.length > 0 ? `, or to want ${formatMethods(safe)}` : ''}`;
  return fault(conversation, expected, `that it wants ${wanted}`);
}
