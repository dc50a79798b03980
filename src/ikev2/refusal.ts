/**
 * From an error of ours to the one notification that the peer may see of it. What the peer learns never tells more than RFC 7296 section
 * 2.21 allows; the error itself, with both sides' facts, is for our log.
 *
 * @module
 */
import type { IpsecError, IpsecErrorCode } from '../errors.js';
import { findUnsupportedCritical } from './message.js';
import { createNotify, encodeNotifyData } from './notify-data.js';
import type { Payload, PayloadOfType } from './payload-cases.js';

/** Every code of an `IpsecError` that a handler may throw; all others are INVALID_SYNTAX. */
const notifyOf: Partial<Record<IpsecErrorCode, PayloadOfType<'N'>['notify']>> = {
  'no-proposal-chosen': 'NO_PROPOSAL_CHOSEN',
  'unknown-algorithm': 'NO_PROPOSAL_CHOSEN',
  'authentication-failed': 'AUTHENTICATION_FAILED',
  'ts-unacceptable': 'TS_UNACCEPTABLE',
  'single-pair-required': 'SINGLE_PAIR_REQUIRED',
  'no-additional-sas': 'NO_ADDITIONAL_SAS',
  'internal-address-failure': 'INTERNAL_ADDRESS_FAILURE',
  'failed-cp-required': 'FAILED_CP_REQUIRED',
  'temporary-failure': 'TEMPORARY_FAILURE',
  'child-sa-not-found': 'CHILD_SA_NOT_FOUND',
  // Out of our own means: the peer may try again later.
  'spi-exhausted': 'TEMPORARY_FAILURE',
  'limit-exceeded': 'NO_ADDITIONAL_SAS',
};

/** The notification for a refused request. @param asked the payloads of the request. */
export function refusalOf(error: IpsecError, asked: readonly Payload[] = []): PayloadOfType<'N'> {
  const payloadType = error.code === 'unsupported-critical-payload' ? findUnsupportedCritical(asked) : undefined;
  if (payloadType !== undefined)
    return createNotify('UNSUPPORTED_CRITICAL_PAYLOAD', encodeNotifyData('UNSUPPORTED_CRITICAL_PAYLOAD', { payloadType }));
  return createNotify(notifyOf[error.code] ?? 'INVALID_SYNTAX');
}
