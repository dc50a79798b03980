/**
 * MD5-Challenge (RFC 3748 section 5.4): CHAP (RFC 1994) in EAP.
 *
 * @module
 */
import { concat, equalBytes, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { md5 as hashMd5 } from '../suite/md5.js';
import { decode, encode, limit, prefixed, rest, struct, u8 } from '../wire.js';
import { findOwnPassword, inventPassword, octetsOf, type PasswordLookup } from './secrets.js';
import { decodeText, encodeText, quote } from './text.js';
import type { EapAuthenticatorSession, EapEnv, EapMethod, EapPeerSession } from './types.js';

/** What {@link md5} takes: `password` for a peer, `passwordOf` for an authenticator. */
export interface Md5Options {
  /** As peer: our password, text (as UTF-8) or octets. */
  readonly password?: string | Uint8Array | PasswordLookup<string | Uint8Array> | undefined;
  /** As peer: our user name. Default: the EAP identity. */
  readonly user?: string | undefined;
  /** As authenticator: the password of a user. The name is that of the Response, or the EAP identity where the Response has none. */
  readonly passwordOf?: PasswordLookup<string | Uint8Array> | undefined;
  /** As authenticator: what we call ourselves. Default: nothing. */
  readonly serverName?: string | undefined;
}

/**
 * Type-Data of MD5-Challenge, RFC 3748 section 5.4. RFC 1994 section 4.1: "The Value field is one or more octets."
 *
 * ```text
 *   |  Value-Size   |  Value ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Name ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const md5Challenge = /* @__PURE__ */ struct({ value: limit(prefixed(u8), 1, 255), name: rest });
const options = { path: ['md5'] };

/**
 * MD5-Challenge (type 4). The authenticator learns that the peer has the password; the peer learns nothing, and there is no key. Whoever sees it can guess the
 * password. RFC 7296 section 2.16: "EAP methods that do not establish a shared key SHOULD NOT be used".
 *
 * @example
 * ```ts
 * import { md5 } from 'ipsec-ts/eap';
 *
 * const method = md5({ password: 'tuxmux', passwordOf: (user) => (user === 'carol' ? 'tuxmux' : undefined) });
 * if (method.isMutual || method.makesKey) throw new Error('it is neither');
 * ```
 */
export function md5({ password, user, passwordOf, serverName = '' }: Md5Options): EapMethod {
  return {
    type: 4,
    name: 'MD5-Challenge',
    shortName: 'md5',
    isMutual: false,
    makesKey: false,
    peer: password === undefined ? undefined : (identity) => createPeer(user ?? identity, password),
    authenticator: passwordOf && ((identity, env) => createAuthenticator(identity, passwordOf, serverName, env)),
  };
}

/**
 * RFC 1994 section 4.1: "The Response Value is the one-way hash calculated over a stream of octets consisting of the Identifier, followed by (concatenated with)
 * the "secret", followed by (concatenated with) the Challenge Value."
 */
function computeResponse(identifier: number, password: string | Uint8Array, challenge: Uint8Array): Uint8Array {
  const octets = concat(Uint8Array.of(identifier), octetsOf(password), challenge);
  const value = hashMd5(octets);
  wipe(octets);
  return value;
}

function createPeer(user: string, password: NonNullable<Md5Options['password']>): EapPeerSession {
  let hasResponded = false;
  return {
    async receive(data, { identifier }) {
      if (hasResponded) throw new IpsecError('malformed', 'MD5-Challenge', { blame: 'peer', expected: 'one challenge', found: 'another' });
      hasResponded = true;
      const { value: challenge } = decode(md5Challenge, data, options);
      const value = computeResponse(identifier, await findOwnPassword(password, user, 'MD5-Challenge'), challenge);
      return { kind: 'respond', data: encode(md5Challenge, { value, name: encodeText(user) }), isDone: true };
    },
    destroy() {
      hasResponded = true;
    },
  };
}

function createAuthenticator(
  identity: string,
  passwordOf: PasswordLookup<string | Uint8Array>,
  serverName: string,
  env: EapEnv,
): EapAuthenticatorSession {
  let challenge: Uint8Array | undefined;
  return {
    begin() {
      challenge = new Uint8Array(16);
      env.random(challenge);
      return encode(md5Challenge, { value: challenge, name: encodeText(serverName) });
    },
    async receive(data, { identifier }) {
      const asked = challenge;
      challenge = undefined;
      if (!asked) throw new IpsecError('malformed', 'MD5-Challenge', { blame: 'peer', expected: 'one Response', found: 'another' });
      const { value, name } = decode(md5Challenge, data, options);
      const user = name.length === 0 ? identity : decodeText(name, 'the user name of MD5-Challenge');
      const known = await passwordOf(user);
      const isRight = equalBytes(computeResponse(identifier, known ?? inventPassword(env.random), asked), value);
      if (isRight && known !== undefined) return { kind: 'success', identity: user };
      const found = known === undefined ? 'a name that nobody has' : 'another password';
      const facts = { expected: 'a known name and its password', found };
      return { kind: 'failed', error: new IpsecError('authentication-failed', `MD5-Challenge of ${quote(user)}`, facts) };
    },
    destroy() {
      challenge = undefined;
    },
  };
}
