/** Reading the answer to an offer. @module */
import { IpsecError } from '../errors.js';
import type { ChildContext, CompleteOptions, NewChild } from './child-types.js';
import type { IkeEnv } from './events.js';
import type { Payload } from './payload-cases.js';
import type { ChildOffer } from './states.js';

/** Reads the answer to an offer. */
export function completeChild(
  context: ChildContext,
  offer: ChildOffer,
  payloads: readonly Payload[],
  env: IkeEnv,
  options: CompleteOptions,
): NewChild {
  throw new IpsecError('unsupported', `${offer.spi} ${payloads.length} ${env.now} ${options.exchange} ${context.children.length}`);
}
