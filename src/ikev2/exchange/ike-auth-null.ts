/**
 * No authentication at all (RFC 7619).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { Checked, Claim, Proof } from './ike-auth-claim.js';

/** Makes our AUTH payload. */
export function proveNull(_claim: Claim): Proof {
  return { error: new IpsecError('unsupported', 'NULL authentication') };
}

/** Checks the peer's. */
export function checkNull(_claim: Claim, _auth: PayloadOfType<'AUTH'>): Checked {
  return { error: new IpsecError('unsupported', 'NULL authentication') };
}
