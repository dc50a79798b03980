/**
 * EAP-MSCHAPv2: both sides prove to each other that they have the password (or its hash) without sending it.
 *
 * @module
 */
import { createMschapv2Authenticator } from './mschapv2-authenticator.js';
import type { Mschapv2Password } from './mschapv2-hash.js';
import { createMschapv2Peer } from './mschapv2-peer.js';
import type { PasswordLookup } from './secrets.js';
import type { EapMethod } from './types.js';

/** What {@link mschapv2} takes: `password` for a peer, `passwordOf` for an authenticator. */
export interface Mschapv2Options {
  /** As peer: our password. */
  readonly password?: Mschapv2Password | PasswordLookup<Mschapv2Password> | undefined;
  /** As peer: our user name. Default: the EAP identity. */
  readonly user?: string | undefined;
  /** As authenticator: the password of a user. The name is as the peer gives it, which may have a Windows domain and a backslash in front. */
  readonly passwordOf?: PasswordLookup<Mschapv2Password> | undefined;
  /** As authenticator: what we call ourselves. Default `server`: RFC 1994 section 4.1 wants an octet or more, and strongSwan takes no less. */
  readonly serverName?: string | undefined;
}

/**
 * EAP-MSCHAPv2 (type 26; RFC 2759, keys of RFC 3079). It is mutual and makes an MSK, but whoever sees it can guess the password, or try out 2^56 keys: it is
 * only for responders that have proved themselves before. Passwords are not changed by it: an expired one is a failure.
 *
 * @example
 * ```ts
 * import { createEapAuthenticator, createEapPeer, mschapv2 } from 'ipsec-ts/eap';
 *
 * const random = (target: Uint8Array): void => target.set(crypto.getRandomValues(new Uint8Array(target.length)));
 * const peer = createEapPeer({ identity: 'carol', methods: [mschapv2({ password: 'tuxmux' })], random });
 * const passwords = new Map([['carol', 'tuxmux']]);
 * const authenticator = createEapAuthenticator({ methods: [mschapv2({ passwordOf: (user) => passwords.get(user) })], random });
 *
 * let step = await authenticator.begin();
 * while (step.kind === 'continue') {
 *   const answer = await peer.receive(step.packet, { isResponderProved: true });
 *   if (answer.kind !== 'continue') throw new Error('too early');
 *   step = await authenticator.receive(answer.packet);
 * }
 * if (step.kind !== 'success' || step.msk?.length !== 64) throw new Error('both sides have the MSK now');
 * ```
 */
export function mschapv2(options: Mschapv2Options): EapMethod {
  const { password, passwordOf } = options;
  return {
    type: 26,
    name: 'EAP-MSCHAP-V2',
    shortName: 'mschapv2',
    isMutual: true,
    makesKey: true,
    resistsDictionary: false,
    peer: password === undefined ? undefined : (identity, env) => createMschapv2Peer(options.user ?? identity, password, env),
    authenticator: passwordOf && ((_identity, env) => createMschapv2Authenticator(passwordOf, options.serverName ?? 'server', env)),
  };
}
