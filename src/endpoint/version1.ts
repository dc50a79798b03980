/**
 * What sets an IKE SA of IKEv1 apart for its endpoint.
 *
 * @module
 */
import type { Ikev1Sa } from './ikev1-types.js';
import type { AnyIkeSa } from './state.js';

/** Whether it is one. */
export function isVersion1(sa: AnyIkeSa): sa is Ikev1Sa {
  return 'version' in sa;
}

/** Whether its peer began it and has not proved all that it has to: with the secret of a group, or with none, that is a user's password. */
export function isHalfOpenV1(sa: Ikev1Sa): boolean {
  return sa.role === 'responder' && sa.state !== 'CLOSED' && (!('children' in sa) || sa.state === 'XAUTH_SERVER');
}

/** Whether phase 1 and what follows it before anything else are over. */
export function isAuthenticatedV1(sa: Ikev1Sa): boolean {
  return sa.state === 'ESTABLISHED';
}

/** Whether we have begun it and it is not there yet. */
export function isConnectingV1({ role, state }: Ikev1Sa): boolean {
  return role === 'initiator' && state !== 'ESTABLISHED' && state !== 'CLOSED';
}
