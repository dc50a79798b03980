/**
 * How long EAP may take.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Connection } from '../../keying/connection.js';
import type { IkeEnv } from '../events.js';
import type { Deadlines, Halfway } from '../states.js';

/**
 * How many packets of the peer there may be. RFC 7296 section 2.16: "The initiator of an IKE SA using EAP needs to be capable of extending the initial protocol
 * exchange to at least ten IKE_AUTH exchanges"; TLS with long chains takes more.
 */
export const maxEapPackets = 64;

/** Why it ends there. */
export function tooLong(): IpsecError {
  return new IpsecError('authentication-failed', 'EAP', { expected: `its end within ${maxEapPackets} packets`, found: 'one more' });
}

const eapLifetime = 120_000;

/** A whole conversation is to be over by then: people who type passwords count, those who hold on to a half-open IKE SA do not. */
export function eapDeadline({ deadlines }: Pick<Halfway, 'deadlines'>, { options }: Connection, { now }: IkeEnv): Deadlines {
  return { ...deadlines, expire: now + (options.eapLifetime ?? eapLifetime) };
}
