/**
 * The INFORMATIONAL exchange: RFC 7296 sections 1.4, 2.4, 2.20, 2.21 and 3.15. Deletes are in `informational-delete.ts`.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { closeSa } from '../closing.js';
import { encodeConfigurationReply } from '../configuration.js';
import type { OpenMessage, Outcome } from '../events.js';
import type { Payload } from '../payload-cases.js';
import { findPayload } from '../pick.js';
import type { WithTasks } from '../task-queue.js';
import { describeNotify, findEndAfterAuth, noteNotifies } from './informational-notify.js';

export { answerChildDelete, answerIkeDelete, finishChildDelete, finishIkeDelete } from './informational-delete.js';

/**
 * RFC 7296 section 1.4: "The recipient of an INFORMATIONAL exchange request MUST send some response; otherwise, the sender will assume the message was
 * lost in the network and will retransmit it.  That response MAY be an empty message."
 *
 * INITIAL_CONTACT has its place in IKE_AUTH. RFC 7296 section 2.4: "receiving parties MAY ignore it in other messages."
 */
export function answerInformational(sa: WithTasks, message: OpenMessage): Outcome {
  const end = findEndAfterAuth(sa, message);
  if (end !== undefined) {
    const error = new IpsecError('peer-refused', 'our IKE_AUTH response', {
      expected: 'an initiator that takes it',
      found: describeNotify(end),
    });
    return { ...closeSa(sa, 'the peer did not take our IKE_AUTH response', error), reply: [] };
  }
  const noted = noteNotifies(sa, message.payloads);
  return { ...noted, reply: answerConfiguration(message.payloads) };
}

/**
 * Configuration outside of the creation of a Child SA: there are no addresses to be had, and no version to be told. RFC 7296 section 2.20: "In that case,
 * it MUST either return an empty string or no CP payload if CP is not supported."
 *
 * RFC 7296 section 3.15.1: "If no attributes were accepted, the responder MUST return either an empty CFG_ACK payload or a response message without a
 * CFG_ACK payload."
 */
function answerConfiguration(payloads: readonly Payload[]): Payload[] {
  const asked = findPayload(payloads, 'CP');
  if (asked?.cfgType === 'CFG_SET') return [{ type: 'CP', cfgType: 'CFG_ACK', attributes: [] }];
  if (asked?.cfgType !== 'CFG_REQUEST') return [];
  const wantsVersion = asked.attributes.some(({ type }) => type === 'APPLICATION_VERSION');
  return [encodeConfigurationReply(wantsVersion ? { applicationVersion: '' } : {})];
}

/**
 * The peer is there, or has heard what we told it. RFC 7296 section 2.4: "Receipt of a fresh cryptographically protected message on an IKE SA or any of
 * its Child SAs ensures liveness of the IKE SA and all of its Child SAs."
 */
export function finishInformational(sa: WithTasks, message: OpenMessage): Outcome {
  return noteNotifies(sa, message.payloads);
}
