/**
 * Answers what the IKE machine asks about EAP: which conversation a question belongs to, how many there may be, and for how long.
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { AskEap, EapStep } from '../ikev2/requests.js';
import type { EapAuthenticator } from './authenticator.js';
import { asIpsecError } from './explain.js';
import { encodeEap } from './packet.js';
import type { EapPeer } from './peer.js';
import type { MaybeAsync } from './types.js';

/** What {@link createEapAnswerer} takes. */
export interface EapAnswererOptions {
  /** Begins a conversation as peer. An `IpsecError` says why there is none. Absent: we are no peer. @param connection the name of the connection. */
  readonly peer?: ((ask: AskEap, connection: string) => MaybeAsync<EapPeer | IpsecError>) | undefined;
  /** Begins a conversation as authenticator. Absent: we are none. */
  readonly authenticator?: ((ask: AskEap, connection: string) => MaybeAsync<EapAuthenticator | IpsecError>) | undefined;
  /** How many conversations there may be at a time; then new ones are refused. Default 10 000. */
  readonly maxConversations?: number | undefined;
  /** Milliseconds from the beginning of a conversation after which it is forgotten. Default 300 000. */
  readonly maxAge?: number | undefined;
}

/** The conversations of a host. */
export interface EapAnswerer {
  /**
   * The answer to a question of the machine. It is never rejected: what goes wrong is a `failure`.
   *
   * @param connection the name of the connection that it is about.
   * @param now milliseconds of any clock that does not go back.
   */
  answer(ask: AskEap, connection: string, now: number): Promise<EapStep>;
  /**
   * An IKE SA is gone: its conversations are destroyed.
   *
   * @param spiI 8 octets.
   * @param spiR 8 octets; to be given as responder, for there SPIi is what the initiator chose, and two of them may choose the same.
   */
  forget(spiI: Uint8Array, spiR?: Uint8Array): void;
  /** How many conversations there are. */
  readonly size: number;
}

interface Conversation {
  readonly begunAt: number;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly party: Promise<EapPeer | EapAuthenticator | IpsecError>;
}

/**
 * Keeps the EAP conversations of a host: the answer to every question of kind `eap`.
 *
 * @example
 * ```ts
 * import { createEapAnswerer, createEapAuthenticator, mschapv2 } from 'ipsec-ts/eap';
 *
 * const random = (target: Uint8Array): void => target.set(crypto.getRandomValues(new Uint8Array(target.length)));
 * const passwords = new Map([['carol', 'tuxmux']]);
 * const methods = [mschapv2({ passwordOf: (user) => passwords.get(user) })];
 * const answerer = createEapAnswerer({ authenticator: () => createEapAuthenticator({ methods, random, identify: true }) });
 *
 * const localId = { type: 'ID_FQDN', name: 'gw.example.org' } as const;
 * const otherId = { type: 'ID_FQDN', name: 'phone' } as const;
 * const [spiI, spiR] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];
 * const ask = { kind: 'eap', role: 'authenticator', spiI, spiR, round: 0, localId, otherId, isResponderProved: true, packet: undefined } as const;
 * const step = await answerer.answer(ask, 'phones', performance.now());
 * if (step.kind !== 'continue' || answerer.size !== 1) throw new Error('an Identity Request');
 * ```
 */
export function createEapAnswerer(options: EapAnswererOptions): EapAnswerer {
  const { maxConversations = 10_000, maxAge = 300_000 } = options;
  /** In the order of their beginnings. */
  const conversations = new Map<string, Conversation>();

  function drop(key: string, conversation: Conversation): void {
    if (conversations.get(key) === conversation) conversations.delete(key);
    const destroy = (party: Awaited<Conversation['party']>): void => {
      if (!(party instanceof IpsecError)) party.destroy();
    };
    void conversation.party.then(destroy).catch(() => undefined); // a caller's own party may throw
  }

  function dropOld(now: number): void {
    for (const [key, conversation] of conversations) {
      if (now - conversation.begunAt < maxAge) return;
      drop(key, conversation);
    }
  }

  async function begin(ask: AskEap, connection: string): Promise<EapPeer | EapAuthenticator | IpsecError> {
    const create = ask.role === 'peer' ? options.peer : options.authenticator;
    if (!create)
      return new IpsecError('authentication-failed', `EAP of ${connection}`, {
        blame: 'caller',
        expected: ask.role === 'peer' ? 'a peer' : 'an authenticator',
        found: 'none',
      });
    try {
      return await create(ask, connection);
    } catch (error) {
      return asIpsecError(error, `EAP of ${connection}`);
    }
  }

  function find(ask: AskEap, key: string, connection: string, now: number): Conversation | IpsecError {
    const found = conversations.get(key);
    if (found && !(ask.role === 'authenticator' && !ask.packet)) return found;
    if (found) drop(key, found);
    if (ask.role === 'authenticator' && ask.packet) {
      const facts = { expected: `a conversation of at most ${maxAge} ms`, found: 'none any more' };
      return new IpsecError('timeout', `EAP of ${connection}`, facts);
    }
    if (conversations.size >= maxConversations) {
      const facts = { path: 'maxConversations', expected: `at most ${maxConversations} at a time`, found: 'one more' };
      return new IpsecError('limit-exceeded', `EAP of ${connection}`, facts);
    }
    const conversation: Conversation = { begunAt: now, spiI: ask.spiI.slice(), spiR: ask.spiR.slice(), party: begin(ask, connection) };
    conversations.set(key, conversation);
    return conversation;
  }

  async function answer(ask: AskEap, connection: string, now: number): Promise<EapStep> {
    dropOld(now);
    const key = `${ask.role} ${toHex(ask.spiI)} ${toHex(ask.spiR)} ${ask.round}`;
    const conversation = find(ask, key, connection, now);
    if (conversation instanceof IpsecError) return fail(ask, conversation);
    const party = await conversation.party;
    const step = party instanceof IpsecError ? fail(ask, party) : await play(party, ask, connection);
    if (step.kind !== 'continue') drop(key, conversation);
    return step;
  }

  return {
    answer,
    forget(spiI, spiR) {
      for (const [key, conversation] of conversations) {
        if (equalBytes(conversation.spiI, spiI) && (!spiR || equalBytes(conversation.spiR, spiR))) drop(key, conversation);
      }
    },
    get size() {
      return conversations.size;
    },
  };
}

async function play(party: EapPeer | EapAuthenticator, ask: AskEap, connection: string): Promise<EapStep> {
  const { packet, isResponderProved } = ask;
  try {
    if ('begin' in party) return await (packet ? party.receive(packet) : party.begin());
    if (packet) return await party.receive(packet, { isResponderProved });
    throw new IpsecError('invalid-argument', 'EAP', { expected: 'a packet for the peer', found: 'none' });
  } catch (error) {
    return fail(ask, asIpsecError(error, `EAP of ${connection}`)); // a caller's own party broke its word
  }
}

/** A failure; of an authenticator with the EAP Failure for the peer. */
function fail({ role, packet }: AskEap, error: IpsecError): EapStep {
  if (role === 'peer') return { kind: 'failure', error };
  return { kind: 'failure', packet: encodeEap({ code: 'Failure', identifier: packet?.[1] ?? 0 }), error };
}
