/**
 * The authenticator's side of EAP (RFC 3748): what IKEv2's responder is, when it knows the users itself.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { EapStep } from '../ikev2/requests.js';
import type { FillRandom } from '../suite/types.js';
import { asIpsecError, formatEapTypes, formatMethods, formatTypeOf } from './explain.js';
import { decodeEap, decodeNak, encodeEap, type EapExpandedType, type EapMethodPacket, IDENTITY, typeOf } from './packet.js';
import { identityOfUser } from '../keying/user.js';
import { decodeText, quote } from './text.js';
import type { EapAuthenticatorSession, EapMethod } from './types.js';

/** What {@link createEapAuthenticator} takes. */
export interface EapAuthenticatorOptions {
  /** Methods that know our users, best first. */
  readonly methods: readonly EapMethod[];
  /** Where chance comes from. */
  readonly random: FillRandom;
  /**
   * Whether the peer is asked for its EAP identity first. Default false, for RFC 7296 section 3.16 says: "the responder SHOULD NOT send EAP Identity requests".
   * Peers whose IDi is an address or a certificate's name (Windows, some phones) have to be asked.
   */
  readonly identify?: boolean | undefined;
  /** Who the peer claims to be when it is not asked: IDi as text (`userOfIdentity`). Default: nobody. */
  readonly identity?: string | undefined;
  /** How many Requests are sent at most. Default 100. */
  readonly maxRounds?: number | undefined;
}

/** A conversation as authenticator. No function of it is ever rejected; after `success` and `failure` everything else is a failure. */
export interface EapAuthenticator {
  /** The first Request. To be called once. */
  begin(): Promise<EapStep>;
  /**
   * Takes a Response.
   *
   * @returns `continue` with a Request; `success` with the EAP Success, the MSK, which is the caller's, and who it is; `failure` with the EAP Failure and the reason.
   */
  receive(packet: Uint8Array): Promise<EapStep>;
  /** Forgets the secrets and ends the conversation. */
  destroy(): void;
}

/** What is going on. */
interface Conversation {
  readonly options: EapAuthenticatorOptions;
  /** Who the peer claims to be. */
  user: string;
  /** Of the Request that has no Response yet. */
  identifier: number;
  rounds: number;
  method: EapMethod | undefined;
  session: EapAuthenticatorSession | undefined;
  /** Whether the peer has answered by the method: then it is too late for a Nak. */
  isAnswered: boolean;
  /** Once it is over: why. */
  error: IpsecError | undefined;
  /** Methods that the peer did not want. */
  readonly tried: EapMethod[];
}

/**
 * Begins a conversation as authenticator.
 *
 * @throws IpsecError `invalid-config` without methods for an authenticator.
 *
 * @example
 * ```ts
 * import { createEapAuthenticator, decodeEap, mschapv2 } from 'ipsec-ts/eap';
 *
 * const random = (target: Uint8Array): void => target.set(crypto.getRandomValues(new Uint8Array(target.length)));
 * const methods = [mschapv2({ passwordOf: (user) => (user === 'carol' ? 'tuxmux' : undefined) })];
 * const step = await createEapAuthenticator({ methods, random, identify: true }).begin();
 * if (step.kind !== 'continue' || decodeEap(step.packet).code !== 'Request') throw new Error('who is there?');
 * ```
 */
export function createEapAuthenticator(options: EapAuthenticatorOptions): EapAuthenticator {
  if (!options.methods.some((method) => method.authenticator)) {
    const facts = { path: 'methods', expected: 'a method for an authenticator', found: formatMethods(options.methods) };
    throw new IpsecError('invalid-config', 'EAP as authenticator', facts);
  }
  // RFC 3748 section 4.1: "Initializing the first Identifier with a random number rather than starting from zero is recommended"
  const first = new Uint8Array(1);
  options.random(first);
  const conversation: Conversation = {
    options,
    user: options.identity ?? '',
    identifier: first[0]!,
    rounds: 0,
    method: undefined,
    session: undefined,
    isAnswered: false,
    error: undefined,
    tried: [],
  };
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = (run: () => Promise<EapStep>): Promise<EapStep> => {
    const step = queue.then(() => guard(conversation, run));
    queue = step;
    return step;
  };
  return {
    begin: () => inTurn(() => begin(conversation)),
    receive: (packet) => inTurn(() => receive(conversation, packet)),
    destroy() {
      end(conversation, fault(conversation, 'a conversation', 'one that was given up'));
    },
  };
}

/** Nothing but steps comes out. RFC 3748 section 4.2: after an unsuccessful end the authenticator "MUST transmit an EAP packet with the Code field set to 4 (Failure)". */
async function guard(conversation: Conversation, run: () => Promise<EapStep>): Promise<EapStep> {
  let { error } = conversation;
  try {
    if (!error) return await run();
  } catch (thrown) {
    error = end(conversation, asIpsecError(thrown, whoIs(conversation)));
  }
  return { kind: 'failure', packet: encodeEap({ code: 'Failure', identifier: conversation.identifier }), error: error };
}

async function begin(conversation: Conversation): Promise<EapStep> {
  if (conversation.rounds > 0) throw new IpsecError('invalid-argument', 'EAP', { expected: 'one beginning', found: 'another' });
  if (conversation.options.identify === true) return request(conversation, IDENTITY, new Uint8Array(0));
  return beginMethod(conversation, 'any');
}

async function receive(conversation: Conversation, octets: Uint8Array): Promise<EapStep> {
  const { identifier, method, session } = conversation;
  const packet = decodeEap(octets);
  if (packet.code !== 'Response') throw fault(conversation, 'a Response', `a ${packet.code}`);
  // RFC 7296 section 3.16: "In a response message, this octet MUST be set to match the identifier in the corresponding request."
  if (packet.identifier !== identifier) throw fault(conversation, `the Identifier ${identifier}`, String(packet.identifier));
  const wanted = decodeNak(packet);
  if (wanted) return takeNak(conversation, wanted);
  const type = typeOf(packet);
  if (!method || !session) {
    if (conversation.rounds === 0 || type !== IDENTITY) throw fault(conversation, 'an Identity', formatTypeOf(packet));
    conversation.user = decodeText(packet.data, 'an EAP identity');
    return beginMethod(conversation, 'any');
  }
  // RFC 3748 section 4.1: "The Type field of a Response MUST either match that of the Request, or correspond to a legacy or Expanded Nak"
  if (type !== method.type) throw fault(conversation, method.name, formatTypeOf(packet));
  conversation.isAnswered = true;
  return runMethod(conversation, method, session, packet);
}

/** RFC 3748 section 2.1: "A peer MUST NOT send a Nak (legacy or expanded) in reply to a Request after an initial non-Nak Response has been sent." */
function takeNak(conversation: Conversation, wanted: readonly EapExpandedType[]): Promise<EapStep> {
  const { method } = conversation;
  if (!method) throw fault(conversation, 'an Identity', 'a Nak');
  if (conversation.isAnswered) throw fault(conversation, method.name, 'a Nak in the middle of it');
  conversation.session?.destroy();
  conversation.session = undefined;
  return beginMethod(conversation, wanted);
}

/** Our best method that the peer wants and that was not tried yet. */
async function beginMethod(conversation: Conversation, wanted: 'any' | readonly EapExpandedType[]): Promise<EapStep> {
  const { options, tried, user } = conversation;
  const ours = options.methods.filter((one) => one.authenticator);
  const isWanted = (one: EapMethod): boolean =>
    wanted === 'any' || wanted.some(({ vendorId, vendorType }) => vendorId === 0 && vendorType === one.type);
  const method = ours.find((one) => !tried.includes(one) && isWanted(one));
  if (!method) throw fault(conversation, formatMethods(ours), wanted === 'any' ? 'nothing' : `a peer that wants ${formatEapTypes(wanted)}`);
  tried.push(method);
  conversation.method = method;
  const session = method.authenticator!(user, { random: options.random });
  conversation.session = session;
  const data = await session.begin({ identifier: nextIdentifier(conversation) });
  return request(conversation, method.type, data);
}

/** RFC 3748 section 4.1: "Any new (non-retransmission) Requests MUST modify the Identifier field." */
function nextIdentifier({ identifier }: Conversation): number {
  return (identifier + 1) & 0xff;
}

function request(conversation: Conversation, type: number, data: Uint8Array, refusal?: IpsecError): EapStep {
  const { maxRounds = 100 } = conversation.options;
  if (conversation.rounds >= maxRounds) {
    throw new IpsecError('limit-exceeded', whoIs(conversation), { blame: 'peer', expected: `at most ${maxRounds} rounds`, found: 'more' });
  }
  const identifier = nextIdentifier(conversation);
  const packet = encodeEap({ code: 'Request', identifier, type, data });
  conversation.rounds++;
  conversation.identifier = identifier;
  return { kind: 'continue', packet, ...(refusal && { refusal }) };
}

async function runMethod(
  conversation: Conversation,
  method: EapMethod,
  session: EapAuthenticatorSession,
  { data, identifier }: EapMethodPacket,
): Promise<EapStep> {
  const step = await session.receive(data, { identifier });
  if (conversation.error) {
    session.destroy(); // given up meanwhile
    throw conversation.error;
  }
  if (step.kind === 'request') return request(conversation, method.type, step.data, step.refusal);
  if (step.kind === 'failed') throw step.error;
  const msk = session.exportMsk?.();
  if (method.makesKey && (msk?.length ?? 0) < 64)
    throw fault(conversation, `an MSK of 64 octets from ${method.name}`, `${msk?.length ?? 'none'}`);
  const user = step.identity ?? conversation.user;
  if (user === '') throw fault(conversation, 'a user with a name', 'none');
  end(conversation, fault(conversation, 'nothing after the EAP Success', 'another packet'));
  return {
    kind: 'success',
    // RFC 3748 section 4.2: "The Identifier field MUST match the Identifier field of the Response packet that it is sent in response to."
    packet: encodeEap({ code: 'Success', identifier }),
    msk: method.makesKey ? msk : undefined,
    identity: typeof user === 'string' ? identityOfUser(user) : user,
    isMutual: method.isMutual,
  };
}

function end(conversation: Conversation, error: IpsecError): IpsecError {
  conversation.session?.destroy();
  conversation.session = undefined;
  conversation.error ??= error;
  return conversation.error;
}

function whoIs({ user, method }: Conversation): string {
  return `EAP of ${user === '' ? 'a peer' : quote(user)}${method ? ` by ${method.name}` : ''}`;
}

function fault(conversation: Conversation, expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', whoIs(conversation), { expected, found });
}
