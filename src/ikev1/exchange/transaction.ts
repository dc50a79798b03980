/**
 * What all Transaction exchanges have in common.
 *
 * @module
 */
import { readU16 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { IkeEnv } from '../../keying/machine.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { About, NewMessage, OpenMessage } from '../requests.js';
import type { HandlerContext } from '../transition.js';

/** The one Attributes payload of a message: the row has seen to it that it is there. */
export function attributesIn({ payloads }: OpenMessage): PayloadOfType<'ATTR'> {
  return payloads.find((payload): payload is PayloadOfType<'ATTR'> => payload.type === 'ATTR')!;
}

/** What an exchange of ours is about: the row has seen to it that it is that. */
export function aboutOf<Kind extends About['kind']>({ exchange }: HandlerContext, kind: Kind): Extract<About, { readonly kind: Kind }> {
  const about = exchange?.about;
  if (about?.kind !== kind) throw new IpsecError('invalid-argument', `an exchange about ${kind}`, { found: about?.kind ?? 'none' });
  return about as Extract<About, { readonly kind: Kind }>;
}

/** A fresh Identifier. */
export function createIdentifier({ random }: IkeEnv): number {
  const octets = new Uint8Array(2);
  random(octets);
  return readU16(octets, 0);
}

/** The last message of an exchange: nobody answers it. */
export function last(payload: PayloadOfType<'ATTR'>): NewMessage {
  return { payloads: [payload], awaitsAnswer: false };
}
