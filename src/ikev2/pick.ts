/**
 * Finding payloads in a message.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Payload, PayloadOfType } from './payload-cases.js';

/** The payload of a type; undefined: there is none. */
export function findPayload<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> | undefined {
  return payloads.find((payload): payload is PayloadOfType<Type> => payload.type === type);
}

/** The payload of a type that has to be there. Throws `invalid-syntax`. */
export function payloadOf<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> {
  const found = findPayload(payloads, type);
  if (found === undefined) throw new IpsecError('invalid-syntax', 'a message', { expected: `${type} in it`, found: 'none' });
  return found;
}

/** The first notification of a type. */
export function findNotify(payloads: readonly Payload[], notify: PayloadOfType<'N'>['notify']): PayloadOfType<'N'> | undefined {
  return payloads.find((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && payload.notify === notify);
}

/** All notifications of a type. */
export function findNotifies(payloads: readonly Payload[], notify: PayloadOfType<'N'>['notify']): PayloadOfType<'N'>[] {
  return payloads.filter((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && payload.notify === notify);
}
