/**
 * A Child SA goes to the one who owns the SAD.
 *
 * @module
 */
import type { ChildContext, NewChild } from './child-types.js';
import type { IkeAction } from './events.js';

/**
 * Hands over both SAs of a pair, and then overwrites our copies of the keys.
 *
 * @param send when ours is used: see the action.
 * @param replaces our inbound SPI of the old pair.
 */
export function installChild(
  { path, nat }: Pick<ChildContext, 'path' | 'nat'>,
  { child, keys }: Pick<NewChild, 'child' | 'keys'>,
  send: 'now' | 'when-peer-is-ready',
  replaces?: number,
): IkeAction[] {
  const { inbound, outbound } = keys;
  return [
    { type: 'installChild', child, keys, send, replaces, path, nat: { local: nat.local, remote: nat.remote } },
    {
      type: 'wipe',
      secrets: [inbound.encryption, inbound.integrity, outbound.encryption, outbound.integrity].filter((key) => key !== undefined),
    },
  ];
}
