/**
 * Keys for hosts that ask for them (`keyLog`). They are copies: the SAs wipe theirs.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import type { IkeAction } from '../ikev2/events.js';
import type { Ikev1Action } from './ikev1-types.js';
import type { Turn } from './state.js';
import { tell } from './turn.js';

/** Tells the keys of an IKE SA. */
export function tellIkeKeys(turn: Turn, { spiI, spiR, suite, keys }: Extract<IkeAction, { type: 'keys' }>): void {
  if (turn.endpoint.config.keyLog !== true) return;
  const [SK_ei, SK_er, SK_ai, SK_ar] = [keys.SK_ei.slice(), keys.SK_er.slice(), keys.SK_ai.slice(), keys.SK_ar.slice()];
  const { encryption, integrity } = suite;
  tell(turn, { type: 'ikeKeys', spiI, spiR, encryption, integrity, keys: { SK_ei, SK_er, SK_ai, SK_ar } });
}

/** Tells the key of an IKE SA of IKEv1. */
export function tellIkev1Keys(turn: Turn, { spiI, spiR, suite, key }: Extract<Ikev1Action, { type: 'ikev1Keys' }>): void {
  if (turn.endpoint.config.keyLog !== true) return;
  const { encryption, hash } = suite;
  tell(turn, { type: 'ikev1Keys', spiI, spiR, encryption, hash: hash.name, key: key.slice() });
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
  const bundle = child.ah && keys.ah && { ...child.ah, keys: keys.ah };
  if (!bundle) return;
  for (const [spi, source, destination, { integrity: mac }] of [
    [bundle.spiIn, remote, local, bundle.keys.inbound],
    [bundle.spiOut, local, remote, bundle.keys.outbound],
  ] as const) {
    const { integrity: row, esn: isEsn } = bundle.suite;
    const copies = { encryption: EMPTY, integrity: mac?.slice() ?? EMPTY };
    tell(turn, {
      type: 'childKeys',
      protocol: 'AH',
      spi,
      source,
      destination,
      encryption: undefined,
      integrity: row,
      keys: copies,
      esn: isEsn,
    });
  }
}
