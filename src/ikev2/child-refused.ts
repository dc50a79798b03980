/**
 * The peer refuses a Child SA: what that says, and which group it wants instead.
 *
 * @module
 */
import { IpsecError, type IpsecErrorCode } from '../errors.js';
import { groupsOf } from './child-proposals.js';
import { formatPair } from '../keying/selectors.js';
import { decodeNotifyData } from './notify-data.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { findNotify } from './pick.js';
import { explainProposals } from './proposal.js';
import type { ChildOffer } from './states.js';
import { isErrorNotify } from './transition.js';

const codeOf: Readonly<Partial<Record<string, IpsecErrorCode>>> = {
  NO_PROPOSAL_CHOSEN: 'no-proposal-chosen',
  INVALID_KE_PAYLOAD: 'invalid-ke-payload',
  TS_UNACCEPTABLE: 'ts-unacceptable',
  SINGLE_PAIR_REQUIRED: 'single-pair-required',
  NO_ADDITIONAL_SAS: 'no-additional-sas',
  INTERNAL_ADDRESS_FAILURE: 'internal-address-failure',
  FAILED_CP_REQUIRED: 'failed-cp-required',
  TEMPORARY_FAILURE: 'temporary-failure',
  CHILD_SA_NOT_FOUND: 'child-sa-not-found',
};

/**
 * The error of an answer that refuses an offer, with what was offered: the peer says no more than one word. Error types that are not known count, too: RFC 7296
 * section 3.10.1: "An implementation receiving a Notify payload with one of these types that it does not recognize in a response MUST assume that the corresponding
 * request has failed entirely."
 */
export function explainRefusal({ policy, proposals, ...offer }: ChildOffer, payloads: readonly Payload[]): IpsecError {
  const error = payloads.find((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && isErrorNotify(payload.notify));
  const name = typeof error?.notify === 'string' ? error.notify : `error ${error?.notify ?? 'without a name'}`;
  return new IpsecError(codeOf[name] ?? 'peer-refused', `the peer refuses a Child SA of policy ${policy.name}`, {
    blame: 'peer',
    expected: `an answer to the proposals ${explainProposals([], proposals)} and the traffic selectors ${formatPair(offer)}`,
    found: name,
  });
}

/**
 * The group to come back with. RFC 7296 section 1.3: "In the case of such a rejection, the CREATE_CHILD_SA exchange fails, and the initiator will probably retry the
 * exchange with a Diffie-Hellman proposal and KEi in the group that the responder gave in the INVALID_KE_PAYLOAD Notify payload."
 *
 * @returns undefined: the peer asks for none, for one that we have not offered, or for one that was tried; so that there is an end to it.
 */
export function groupAskedFor({ proposals, groupsTried }: ChildOffer, payloads: readonly Payload[]): number | undefined {
  const notify = findNotify(payloads, 'INVALID_KE_PAYLOAD');
  if (notify?.data.length !== 2) return undefined;
  const { method } = decodeNotifyData('INVALID_KE_PAYLOAD', notify.data);
  return groupsOf(proposals).some(({ id }) => id === method) && !groupsTried.includes(method) ? method : undefined;
}
