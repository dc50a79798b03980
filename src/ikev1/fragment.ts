/**
 * Fragments of messages, as Cisco devised them: the only way for certificates through a path that loses IP fragments. Nobody authenticates a fragment, so what
 * comes together is only ever a message that still has to show that it is authentic.
 *
 * @module
 */
import { concat } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { encodeMessage, headerOf, type Ikev1Header } from './message.js';
import type { PayloadOfType } from './payload-cases.js';

type Fragment = PayloadOfType<'FRAG'>;

const LAST = 1;
/** Fragment Number is one octet, and begins with 1. */
const MOST = 255;
/** Header and generic header of a fragment, with what the payload begins with. */
const OVERHEAD = 28 + 4 + 4;

/**
 * Cuts a message into messages of a Fragment payload each.
 *
 * @param header the message's own; the fragments are not encrypted, whatever the message is.
 * @param octets the whole message.
 * @param size octets that a fragment has at most, header included.
 * @param fragmentId tells messages apart: the next number for each message that is cut.
 * @returns two messages or more, or the message itself when it is no longer than `size`.
 * @throws IpsecError `limit-exceeded`: more than 255 fragments; `invalid-argument`: no place for data.
 */
export function fragmentMessage(header: Ikev1Header, octets: Uint8Array, size: number, fragmentId: number): readonly Uint8Array[] {
  if (octets.length <= size) return [octets];
  const room = size - OVERHEAD;
  if (room < 1) throw new IpsecError('invalid-argument', 'the size of a fragment', { expected: `more than ${OVERHEAD}`, found: `${size}` });
  const count = Math.ceil(octets.length / room);
  if (count > MOST) throw new IpsecError('limit-exceeded', 'fragments of a message', { expected: `at most ${MOST}`, found: `${count}` });
  return Array.from({ length: count }, (_, i) => {
    const data = octets.subarray(i * room, (i + 1) * room);
    const payload: Fragment = { type: 'FRAG', fragmentId, fragmentNumber: i + 1, flags: i === count - 1 ? LAST : 0, data };
    return encodeMessage({ ...headerOf(header), payloads: [payload] });
  });
}

/** What has come of a message. It never changes: each fragment makes a new one. */
export interface FragmentSet {
  /** Of which message. */
  readonly fragmentId: number;
  /** Data by Fragment Number: copies. */
  readonly parts: ReadonlyMap<number, Uint8Array>;
  /** The Fragment Number of the last one, once it is known. */
  readonly last: number | undefined;
}

/** The octets that fragments of one message may have together, unless the caller says otherwise. */
const MOST_OCTETS = 65_535;

/**
 * Takes one more fragment.
 *
 * @param set what has come before; none at first. A fragment of another message begins anew: a peer sends one message at a time.
 * @param most octets that the fragments may have together; default 65,535.
 * @returns the message, once it is whole; else the set with the fragment in it. One that is there already changes nothing.
 * @throws IpsecError `bad-fragment`: no number, or one behind the last; `limit-exceeded`.
 */
export function addFragment(
  set: FragmentSet | undefined,
  { fragmentId, fragmentNumber, flags, data }: Fragment,
  most = MOST_OCTETS,
): { readonly set: FragmentSet } | { readonly message: Uint8Array } {
  const before = set?.fragmentId === fragmentId ? set : { fragmentId, parts: new Map<number, Uint8Array>(), last: undefined };
  const isLast = (flags & LAST) !== 0;
  const last = before.last ?? (isLast ? fragmentNumber : undefined);
  const highest = Math.max(fragmentNumber, ...before.parts.keys());
  if (fragmentNumber === 0 || data.length === 0 || (last !== undefined && highest > last) || (isLast && last !== fragmentNumber)) {
    const found = `${fragmentNumber}${isLast ? ', the last' : ''}`;
    throw new IpsecError('bad-fragment', 'a Fragment Number', { expected: last === undefined ? '1 to 255' : `1 to ${last}`, found });
  }
  if (before.parts.has(fragmentNumber)) return { set: before };
  const parts = new Map(before.parts).set(fragmentNumber, data.slice());
  const octets = [...parts.values()].reduce((sum, part) => sum + part.length, 0);
  if (octets > most) {
    const details = { blame: 'peer', expected: `at most ${most}`, found: `${octets}` } as const;
    throw new IpsecError('limit-exceeded', 'octets of a fragmented message', details);
  }
  if (last === undefined || parts.size < last) return { set: { fragmentId, parts, last } };
  return { message: concat(...Array.from({ length: last }, (_, i) => parts.get(i + 1)!)) };
}
