/**
 * What both roles of Quick Mode need: room for more Child SAs, and what is reserved for them.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { ChildSa } from '../keying/child-sa.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Ikev1Action } from './events.js';
import type { UdpNumbers } from './quick-types.js';
import type { Authenticated } from './states.js';

/** Octets of our nonces in Quick Mode: as many as the peers send whose conversations are at hand. */
export const quickNonceLength = 32;

/** An old one, and its successors where both sides have begun to replace it: so many may stand for one Child SA at most. */
const perChild = 3;

/**
 * Whether more pairs may come: what waits for its last message counts.
 *
 * @param more those to come that replace nothing.
 * @param all those to come.
 * @throws IpsecError `no-additional-sas`.
 */
export function checkRoom(
  { children, exchanges, connection }: Pick<Authenticated, 'children' | 'exchanges' | 'connection'>,
  more: number,
  all: number,
  blame: 'caller' | 'peer',
): void {
  const { maxChildren } = connection.options;
  const isInUse = ({ status }: ChildSa): boolean => status === 'active' || status === 'rekeying';
  let waiting = 0;
  let fresh = 0;
  for (const { about } of exchanges) {
    if (about.kind === 'quick-offered') {
      waiting++;
      if (about.replaces === undefined) fresh++;
    } else if (about.kind === 'quick-answered' || about.kind === 'quick-committed') {
      waiting += about.granted.length;
      fresh += about.granted.filter(({ replaces }) => replaces === undefined).length;
    }
  }
  const inUse = children.filter(isInUse).length + fresh;
  if ((more === 0 || inUse + more <= maxChildren) && children.length + waiting + all <= perChild * maxChildren) return;
  throw new IpsecError('no-additional-sas', `Child SAs of connection ${connection.name}`, {
    blame,
    expected: `at most ${maxChildren} under one IKE SA`,
    found: `${inUse}, and ${more} more; ${children.length + waiting} with those that are on their way in or out`,
  });
}

/** A CPI, where there is one left: without it the Child SA has no IPComp. */
export function allocateCpi(env: IkeEnv): number | undefined {
  const cpi = attempt(() => env.allocateCpi());
  return cpi instanceof IpsecError ? undefined : cpi;
}

/** Gives back what was reserved. */
export function release(spi: number, cpi: number | undefined): Ikev1Action[] {
  return [{ type: 'releaseSpi', spi }, ...(cpi === undefined ? [] : [{ type: 'releaseCpi' as const, cpi }])];
}

/** RFC 3947 section 5.1: "If there is a NAT box between hosts, normal tunnel or transport encapsulations may not work.  In this case, UDP-Encapsulation SHOULD be used." */
export function udpOf({ nat, abilities }: Pick<Authenticated, 'nat' | 'abilities'>): UdpNumbers | undefined {
  return nat.local || nat.remote ? (abilities.natTraversal ?? 'RFC 3947') : undefined;
}
