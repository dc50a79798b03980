/**
 * Taking payloads out of a message of phase 1.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { encodePayloads } from '../message.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';

/** The payloads of a type, in their order. */
export function payloadsOf<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type>[] {
  return payloads.filter((payload): payload is PayloadOfType<Type> => payload.type === type);
}

/** The one payload of a type. Throws `malformed`: there is none, or there are several. */
export function onePayload<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> {
  const found = payloadsOf(payloads, type);
  if (found.length === 1) return found[0]!;
  throw new IpsecError('malformed', 'a message of phase 1', { blame: 'peer', expected: `one ${type} payload`, found: `${found.length}` });
}

/**
 * The SA payload of a message. RFC 2409 section 5: "The SA payload MUST precede all other payloads in a phase 1 exchange." and "there MUST NOT be multiple SA payloads."
 */
export function saPayloadOf(payloads: readonly Payload[]): PayloadOfType<'SA'> {
  const sa = onePayload(payloads, 'SA');
  if (payloads[0] === sa) return sa;
  const found = payloads[0]?.type;
  throw new IpsecError('malformed', 'a message of phase 1', {
    blame: 'peer',
    expected: 'the SA payload in front',
    ...(found && { found }),
  });
}

/** The body of an SA or ID payload, which HASH_I and HASH_R cover: of one that was received as it came, whatever is in reserved fields. A copy. */
export function bodyOf(payload: PayloadOfType<'SA'> | PayloadOfType<'ID'>): Uint8Array {
  return payload.body?.slice() ?? encodePayloads([payload]).octets.slice(GENERIC_HEADER);
}

const GENERIC_HEADER = 4;

/** Throws `malformed`: the message came in the clear. RFC 2409 section 4: "HDR* indicates payload encryption", which these messages have. */
export function checkEncrypted({ isEncrypted }: { readonly isEncrypted: boolean }): void {
  if (isEncrypted) return;
  throw new IpsecError('malformed', 'the last message of main mode', { blame: 'peer', expected: 'encryption', found: 'none' });
}
