/**
 * Which Authentication Method of phase 1 a connection means.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { Phase1Suite } from './states.js';

/** The method, by our role in phase 1. Throws `invalid-config`: the connection's two authentications go together in no method. */
export function authenticationOf(_connection: Connection, _role: 'initiator' | 'responder'): Phase1Suite['authentication'] {
  throw new IpsecError('unsupported', 'authenticationOf');
}
