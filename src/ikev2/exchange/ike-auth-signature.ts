/**
 * Authentication with a signature: RFC 7296 sections 2.15 and 3.8, RFC 4754, RFC 7427, RFC 8420.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { OwnSignature, TrustedCertificates, TrustedKeys } from '../connection.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { Checked, Claim, Proof } from './ike-auth-claim.js';

/** The Auth Methods of signatures. */
export const signatureMethods: readonly PayloadOfType<'AUTH'>['method'][] = ['RSA Digital Signature', 'Digital Signature'];

/** Signs. */
export function proveSignature(_own: OwnSignature, _claim: Claim): Proof {
  return { error: new IpsecError('unsupported', 'signatures') };
}

/** Checks the peer's signature with keys that we know. */
export function checkKey(_expected: TrustedKeys, _claim: Claim, _auth: PayloadOfType<'AUTH'>): Checked {
  return { error: new IpsecError('unsupported', 'signatures') };
}

/** Checks the peer's signature with the key of its certificate, and then whether that is to be trusted. */
export function checkCertificate(_expected: TrustedCertificates, _claim: Claim, _auth: PayloadOfType<'AUTH'>): Checked {
  return { error: new IpsecError('unsupported', 'signatures') };
}
