/**
 * Users, whom EAP or XAUTH proves.
 *
 * @module
 */
import type { Identity } from '../traffic-selector.js';

/**
 * The identity of IKE that a user name of EAP or XAUTH is: `user@domain` is an ID_RFC822_ADDR, anything else an ID_KEY_ID of its octets. RFC 7296 section 2.16: "It is
 * important that policy lookups and access control decisions use the actual authenticated identity."
 *
 * @example
 * ```ts
 * import { identityOfUser, userOfIdentity } from 'ipsec-ts/eap';
 *
 * if (identityOfUser('carol@example.org').type !== 'ID_RFC822_ADDR') throw new Error('email');
 * if (userOfIdentity(identityOfUser('carol')) !== 'carol') throw new Error('key id');
 * ```
 */
export function identityOfUser(user: string): Identity {
  if (/^[^@\s\p{C}]+@[^@\s\p{C}]+$/u.test(user)) return { type: 'ID_RFC822_ADDR', name: user };
  return { type: 'ID_KEY_ID', octets: new TextEncoder().encode(user) };
}
