/**
 * Generic Token Card (RFC 3748 section 5.6): a question in clear, an answer in clear.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { equalSecrets, inventPassword, octetsOf, type PasswordLookup } from './secrets.js';
import { decodeText, encodeText, quote, quoteText } from './text.js';
import type { EapAuthenticatorSession, EapEnv, EapMethod, EapPeerSession, MaybeAsync } from './types.js';

/** What {@link gtc} takes: `password` for a peer, `passwordOf` or `isRight` for an authenticator. */
export interface GtcOptions {
  /** As peer: the answer, or who finds it. `message` is the authenticator's, for people; undefined: there is no answer. */
  readonly password?: string | Uint8Array | ((user: string, message: string) => MaybeAsync<string | Uint8Array | undefined>) | undefined;
  /** As authenticator: the answer that is right for a user. */
  readonly passwordOf?: PasswordLookup<string | Uint8Array> | undefined;
  /** As authenticator, where the right answer is known elsewhere: whether it is this one. It has to take as long for a user that is none. */
  readonly isRight?: ((user: string, answer: string) => MaybeAsync<boolean>) | undefined;
  /** As authenticator: the question. Default `Password: `. */
  readonly message?: string | undefined;
}

/**
 * Generic Token Card (type 6). The answer, a password of one time or of many, goes over to the authenticator as it is: RFC 3748 section 5.6 says that it "MUST NOT be
 * used to provide support for cleartext passwords in the absence of a protected tunnel with server authentication." There is no key and no proof to the peer.
 *
 * @example
 * ```ts
 * import { gtc } from 'ipsec-ts/eap';
 *
 * const method = gtc({ password: (user, message) => `what ${user} reads from the token when asked ${message}` });
 * if (method.type !== 6 || method.makesKey) throw new Error('GTC');
 * ```
 */
export function gtc({ password, passwordOf, isRight, message = 'Password: ' }: GtcOptions): EapMethod {
  const check = isRight ?? (passwordOf && compareWith(passwordOf));
  return {
    type: 6,
    name: 'Generic Token Card (GTC)',
    shortName: 'gtc',
    isMutual: false,
    makesKey: false,
    peer: password === undefined ? undefined : (identity) => createPeer(identity, password),
    authenticator: check && ((identity, env) => createAuthenticator(identity, check, message, env)),
  };
}

type Check = (user: string, answer: string, env: EapEnv) => MaybeAsync<boolean>;

function compareWith(passwordOf: PasswordLookup<string | Uint8Array>): Check {
  return async (user, answer, env) => {
    const known = await passwordOf(user);
    return equalSecrets(octetsOf(known ?? inventPassword(env.random)), encodeText(answer)) && known !== undefined;
  };
}

function createPeer(user: string, password: NonNullable<GtcOptions['password']>): EapPeerSession {
  return {
    async receive(data) {
      const message = new TextDecoder().decode(data);
      const answer = typeof password === 'function' ? await password(user, message) : password;
      if (answer !== undefined) return { kind: 'respond', data: octetsOf(answer), isDone: true };
      const facts = { blame: 'caller', expected: `an answer to ${quoteText(data)}`, found: 'none' } as const;
      return { kind: 'failed', error: new IpsecError('authentication-failed', `Generic Token Card as ${quote(user)}`, facts) };
    },
    destroy() {
      // it keeps nothing
    },
  };
}

function createAuthenticator(user: string, check: Check, message: string, env: EapEnv): EapAuthenticatorSession {
  let isOver = false;
  return {
    begin: () => encodeText(message),
    async receive(data) {
      if (isOver) throw new IpsecError('malformed', 'Generic Token Card', { blame: 'peer', expected: 'one Response', found: 'another' });
      isOver = true;
      if (await check(user, decodeText(data, 'the answer of Generic Token Card'), env)) return { kind: 'success', identity: user };
      const facts = { expected: 'a known name and its answer', found: 'another' };
      return { kind: 'failed', error: new IpsecError('authentication-failed', `Generic Token Card of ${quote(user)}`, facts) };
    },
    destroy() {
      isOver = true;
    },
  };
}
