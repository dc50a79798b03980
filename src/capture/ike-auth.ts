/**
 * Is the AUTH payload of a message right? As far as the secrets of the key file allow an answer.
 *
 * @module
 */
import { concat } from '../bytes.js';
import { type AuthFacts, type DerivedKeys, type IkeSaRecord } from './ike-sa.js';
import { encodeSignedOctets, type IkeMessage, type Payload, verifySharedKeyAuth } from '../ike.js';
import { intAuthOf } from './ike-intermediate.js';
import { findPayload, mixPpk, orNothing } from './ike-derive.js';

/** What was found out about an AUTH payload. */
export type AuthVerdict = 'ok' | 'bad';

/** Remembers what AUTH will need of the messages of IKE_AUTH, whose payloads these are. */
export function noteAuthFacts(auth: AuthFacts, { isInitiator, isResponse, messageId }: IkeMessage, payloads: readonly Payload[]): void {
  const idI = findPayload(payloads, 'IDi')?.body;
  const idR = findPayload(payloads, 'IDr')?.body;
  // An IDr of the initiator names whom it wants to talk to; AUTH covers the responder's own.
  if (isInitiator && idI !== undefined) auth.idI = idI;
  if (!isInitiator && idR !== undefined) auth.idR = idR;
  if (!isResponse && findPayload(payloads, 'SA') !== undefined) auth.offer = payloads;
  if (!isResponse) auth.messageId ??= messageId;
  if (findPayload(payloads, 'EAP') !== undefined) auth.hasEap = true;
  if (payloads.some((p) => p.type === 'N' && p.notify === 'PPK_IDENTITY')) auth[isResponse ? 'usesPpk' : 'offersPpk'] = true;
}

/**
 * Verifies an AUTH payload that was made with a shared key. Undefined: there is none, it was made otherwise, or something that it needs is
 * not known. `earlier`: other requests of IKE_SA_INIT with the same SPI, since the response does not say which of them it answers.
 */
export function verifyAuth(
  sa: IkeSaRecord,
  derived: DerivedKeys,
  message: IkeMessage,
  payloads: readonly Payload[],
  earlier: readonly IkeMessage[],
): AuthVerdict | undefined {
  const payload = findPayload(payloads, 'AUTH');
  const { auth, entry } = sa;
  const psk = entry?.psk;
  const { isInitiator } = message;
  const idBody = isInitiator ? auth.idI : auth.idR;
  if (payload?.method !== 'Shared Key Message Integrity Code' || psk === undefined || idBody === undefined) return undefined;
  if (derived.init === undefined) return undefined;
  const keys = keysForAuth(sa, derived, isInitiator);
  if (keys === undefined) return undefined;
  const { request, response } = derived.init;
  const nonce = isInitiator ? derived.Nr : derived.Ni;
  const SK_p = isInitiator ? keys.SK_pi : keys.SK_pr;
  const more = intAuthOf(auth.intI, auth.intR, auth.messageId ?? message.messageId);
  const fits = (signed: IkeMessage): boolean =>
    orNothing(() => {
      const octets = encodeSignedOctets(derived.prf, { message: signed.raw, nonce, idBody, SK_p });
      return verifySharedKeyAuth(derived.prf, psk, concat(octets, more), payload.data);
    }) === true;
  if (isInitiator ? fits(request) || earlier.some(fits) : fits(response)) return 'ok';
  // RFC 7296 section 2.16: "For EAP methods that create a shared key as a side effect of authentication, that shared key MUST be used by both
  // the initiator and responder to generate AUTH payloads": it is another one, which is not known.
  return auth.hasEap ? undefined : 'bad';
}

/** RFC 8784 section 3: the initiator signs as if its post-quantum key were taken; the responder's answer says whether it is. */
function keysForAuth({ auth, entry }: IkeSaRecord, derived: DerivedKeys, isInitiator: boolean): DerivedKeys['keys'] | undefined {
  if (!(isInitiator ? auth.offersPpk : auth.usesPpk)) return derived.keys;
  return entry?.ppk && mixPpk(derived, entry.ppk);
}
