/** Asking for a Child SA. @module */
import { IpsecError } from '../errors.js';
import type { ChildContext, OfferedChild, OfferOptions } from './child-types.js';
import type { ChildPolicy } from './connection.js';
import type { IkeEnv } from './events.js';

/** Asks for a Child SA. */
export function offerChild(context: ChildContext, policy: ChildPolicy, env: IkeEnv, options: OfferOptions): OfferedChild {
  throw new IpsecError('unsupported', `${policy.name} ${env.now} ${options.exchange} ${context.children.length}`);
}
