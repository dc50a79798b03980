/**
 * EAP passed through to somebody else who knows the users, such as a RADIUS server (RFC 3748 section 2.3).
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { EapStep } from '../ikev2/requests.js';
import type { EapAuthenticator } from './authenticator.js';
import { asIpsecError } from './explain.js';
import { decodeEap, encodeEap, IDENTITY } from './packet.js';
import { identityOfUser } from '../keying/user.js';
import { decodeText, encodeText, quote } from './text.js';
import type { MaybeAsync } from './types.js';

/** One conversation with whoever authenticates the peer. Time limits are its own: what it throws ends the conversation. */
export interface EapBackend {
  /**
   * Takes a Response of the peer, whole. The first one is an Identity; RFC 3579 section 2.1 wants its text as User-Name in every Access-Request.
   *
   * @param user what the Identity says: a claim.
   */
  exchange(response: Uint8Array, user: string): MaybeAsync<EapBackendAnswer>;
  /** The conversation is over, well or not. */
  destroy?(): void;
}

/** What a back end answers. */
export type EapBackendAnswer =
  | {
      /** It goes on: RADIUS's Access-Challenge. */
      readonly kind: 'challenge';
      /** An EAP Request. */
      readonly packet: Uint8Array;
    }
  | {
      /** The peer is who it says: Access-Accept. */
      readonly kind: 'accept';
      /** The MSK: what RADIUS calls MS-MPPE-Recv-Key, then MS-MPPE-Send-Key. Undefined: the method makes none. Whoever gives it away owns it no more. */
      readonly msk?: Uint8Array | undefined;
      /**
       * Who it is: RADIUS's User-Name. Absent: what the Identity says. With methods that carry another identity inside (TTLS, PEAP) that is no more than a claim:
       * there the back end has to say it.
       */
      readonly user?: string | undefined;
      /** Whether the method has proved to the peer who the authenticator is. Default: whether there is an MSK (RFC 3748 section 7.10). */
      readonly isMutual?: boolean | undefined;
    }
  | {
      /** It is not: Access-Reject. */
      readonly kind: 'reject';
      /** Why, for our log. */
      readonly reason?: string | undefined;
    };

/** What {@link createEapPassThrough} takes beside the back end. */
export interface EapPassThroughOptions {
  /** Whether the peer is asked for its EAP identity. Default true. False: `identity` is handed to the back end as if the peer had answered it. */
  readonly identify?: boolean | undefined;
  /** Who the peer claims to be: IDi as text. */
  readonly identity?: string | undefined;
  /** How many Requests are sent at most. Default 100. */
  readonly maxRounds?: number | undefined;
}

/**
 * An authenticator that knows no method: a back end has them. RFC 3748 section 2.3: "it MUST determine the outcome of the authentication solely based on the
 * Accept/Reject indication sent by the backend authentication server; the outcome MUST NOT be determined by the contents of an EAP packet". So the Success or Failure
 * of the peer is made here, and packets are looked into no further than their Code, Identifier and Length.
 *
 * @example
 * ```ts
 * import { createEapPassThrough, decodeEap, encodeEap, type EapBackend } from 'ipsec-ts/eap';
 *
 * const backend: EapBackend = { exchange: (_response, user) => ({ kind: 'reject', reason: `${user} is on holiday` }) };
 * const authenticator = createEapPassThrough(backend);
 * const first = await authenticator.begin();
 * if (first.kind !== 'continue') throw new Error('an Identity Request');
 * const { identifier } = decodeEap(first.packet);
 * const response = encodeEap({ code: 'Response', identifier, type: 1, data: new TextEncoder().encode('carol') });
 * const step = await authenticator.receive(response);
 * if (step.kind !== 'failure' || !step.error.message.includes('holiday')) throw new Error('the reason is for the log');
 * ```
 */
export function createEapPassThrough(backend: EapBackend, options: EapPassThroughOptions = {}): EapAuthenticator {
  const { identify = true, maxRounds = 100 } = options;
  let user = options.identity ?? '';
  let identifier = 0;
  let rounds = 0;
  let isIdentified = false;
  let over: IpsecError | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const fault = (expected: string, found: string): IpsecError =>
    new IpsecError('authentication-failed', `EAP of ${quote(user)}, passed through`, { expected, found });

  function end(error: IpsecError): IpsecError {
    if (!over) backend.destroy?.();
    return (over ??= error);
  }

  function inTurn(run: () => MaybeAsync<EapStep>): Promise<EapStep> {
    const step = queue.then(async (): Promise<EapStep> => {
      let error = over;
      try {
        if (!error) return await run();
      } catch (thrown) {
        error = end(asIpsecError(thrown, `EAP of ${quote(user)}, passed through`));
      }
      return { kind: 'failure', packet: encodeEap({ code: 'Failure', identifier }), error: error };
    });
    queue = step;
    return step;
  }

  function begin(): MaybeAsync<EapStep> {
    if (identify) return ask(encodeEap({ code: 'Request', identifier, type: IDENTITY, data: new Uint8Array(0) }));
    isIdentified = true;
    return exchange(encodeEap({ code: 'Response', identifier, type: IDENTITY, data: encodeText(user) }));
  }

  function ask(packet: Uint8Array): EapStep {
    if (rounds >= maxRounds)
      throw new IpsecError('limit-exceeded', 'EAP, passed through', { expected: `at most ${maxRounds} rounds`, found: 'more' });
    rounds++;
    return { kind: 'continue', packet };
  }

  /** RFC 3748 section 4.1: an authenticator discards "Response messages with a non-matching Identifier value before acting on them in any way". */
  function receive(octets: Uint8Array): MaybeAsync<EapStep> {
    const packet = decodeEap(octets);
    if (packet.code !== 'Response') throw fault('a Response', `a ${packet.code}`);
    if (packet.identifier !== identifier) throw fault(`the Identifier ${identifier}`, String(packet.identifier));
    if (!isIdentified) {
      if (packet.type !== IDENTITY) throw fault('an Identity', `Type ${packet.type}`);
      user = decodeText(packet.data, 'an EAP identity');
      isIdentified = true;
    }
    return exchange(octets);
  }

  async function exchange(response: Uint8Array): Promise<EapStep> {
    const answer = await backend.exchange(response.slice(), user);
    if (over) {
      if (answer.kind === 'accept' && answer.msk) wipe(answer.msk);
      throw over;
    }
    switch (answer.kind) {
      case 'challenge': {
        const packet = decodeEap(answer.packet);
        if (packet.code !== 'Request') throw fault('a Request from the back end', `a ${packet.code}`);
        const step = ask(answer.packet.slice());
        identifier = packet.identifier;
        return step;
      }
      case 'accept': {
        const name = answer.user ?? user;
        if (name === '') throw fault('a user with a name', 'none');
        const { msk, isMutual = msk !== undefined } = answer;
        if (msk && msk.length < 64) throw fault('an MSK of 64 octets from the back end', String(msk.length));
        end(fault('nothing after the EAP Success', 'another packet'));
        return { kind: 'success', packet: encodeEap({ code: 'Success', identifier }), msk, identity: identityOfUser(name), isMutual };
      }
      case 'reject':
        throw fault('the back end to accept the peer', answer.reason ?? 'that it does not');
    }
  }

  return {
    begin: () => inTurn(begin),
    receive: (packet) => inTurn(() => receive(packet)),
    destroy() {
      end(fault('a conversation', 'one that was given up'));
    },
  };
}
