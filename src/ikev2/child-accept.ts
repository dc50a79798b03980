/** Granting a Child SA. @module */
import { IpsecError } from '../errors.js';
import type { AcceptedChild, AcceptOptions, ChildContext, WrongGroup } from './child-types.js';
import type { IkeEnv } from './events.js';
import type { Payload } from './payload-cases.js';

/** Grants a Child SA. */
export function acceptChild(context: ChildContext, payloads: readonly Payload[], env: IkeEnv, options: AcceptOptions): AcceptedChild | WrongGroup {
  throw new IpsecError('unsupported', `${payloads.length} ${env.now} ${options.exchange} ${context.children.length}`);
}
