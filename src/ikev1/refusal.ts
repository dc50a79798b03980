/**
 * From an error of ours to the one notification that the peer may see of it. The error itself, with both sides' facts, is for our log.
 *
 * @module
 */
import { concat, EMPTY } from '../bytes.js';
import type { IpsecError, IpsecErrorCode } from '../errors.js';
import type { PayloadOfType } from './payload-cases.js';
import type { Ikev1Sa } from './states.js';

type Notify = PayloadOfType<'N'>['notify'];

/** Every code of an `IpsecError` that a handler may throw; all others are PAYLOAD-MALFORMED. */
const notifyOf: Partial<Record<IpsecErrorCode, Notify>> = {
  'no-proposal-chosen': 'NO-PROPOSAL-CHOSEN',
  'unknown-algorithm': 'NO-PROPOSAL-CHOSEN',
  'authentication-failed': 'AUTHENTICATION-FAILED',
  'ts-unacceptable': 'INVALID-ID-INFORMATION',
  'invalid-public-value': 'INVALID-KEY-INFORMATION',
  'no-additional-sas': 'NO-PROPOSAL-CHOSEN',
  'spi-exhausted': 'NO-PROPOSAL-CHOSEN',
  'limit-exceeded': 'NO-PROPOSAL-CHOSEN',
};

/** The notification for a refused message of phase 2, or for a first message that nobody takes. */
export function refusalOf({ code }: IpsecError, { spiI, spiR }: Pick<Ikev1Sa, 'spiI' | 'spiR'>): PayloadOfType<'N'> {
  const notify = notifyOf[code] ?? 'PAYLOAD-MALFORMED';
  return { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', spi: concat(spiI, spiR), notify, data: EMPTY };
}
