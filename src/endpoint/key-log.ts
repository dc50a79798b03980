/**
 * Keys for hosts that ask for them (`keyLog`). They are copies: the SAs wipe theirs.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import type { IkeAction } from '../ikev2/events.js';
import type { Turn } from './state.js';
import { tell } from './turn.js';

/** Tells the keys of an IKE SA. */
export function tellIkeKeys(turn: Turn, { spiI, spiR, suite, keys }: Extract<IkeAction, { type: 'keys' }>): void {
  if (turn.endpoint.config.keyLog !== true) return;
  const [SK_ei, SK_er, SK_ai, SK_ar] = [keys.SK_ei.slice(), keys.SK_er.slice(), keys.SK_ai.slice(), keys.SK_ar.slice()];
  const { encryption, integrity } = suite;
  tell(turn, { type: 'ikeKeys', spiI, spiR, encryption, integrity, keys: { SK_ei, SK_er, SK_ai, SK_ar } });
}

/** Tells the keys of both directions of a Child SA. */
export function tellChildKeys(turn: Turn, { child, keys, path }: Extract<IkeAction, { type: 'installChild' }>): void {
  if (turn.endpoint.config.keyLog !== true) return;
  const { protocol, encryption, integrity, esn } = child.suite;
  const [local, remote] = [path.local.address, path.remote.address];
  for (const [spi, source, destination, { encryption: key, integrity: mac }] of [
    [child.spiIn, remote, local, keys.inbound],
    [child.spiOut, local, remote, keys.outbound],
  ] as const) {
    const copies = { encryption: key?.slice() ?? EMPTY, integrity: mac?.slice() ?? EMPTY };
    tell(turn, { type: 'childKeys', protocol, spi, source, destination, encryption, integrity, keys: copies, esn });
  }
}
