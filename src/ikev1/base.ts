/**
 * What an IKE SA begins with.
 *
 * @module
 */
import type { IkeEnv } from '../keying/machine.js';
import type { Path } from '../keying/path.js';
import type { ExchangeName } from './requests.js';
import type { Base } from './states.js';

/** Nothing is known of the peer yet. */
const noAbilities = /* @__PURE__ */ Object.freeze({ natTraversal: undefined, dpd: false, fragmentation: false, xauth: false });

/** What the first message gives. */
export interface BaseOptions {
  readonly role: Base['role'];
  readonly ckyI: Uint8Array;
  readonly ckyR: Uint8Array;
  readonly path: Path;
  readonly exchange: Extract<ExchangeName, 'Identity Protection' | 'Aggressive'>;
  /** Milliseconds that it may stay without its peer having proved who it is. */
  readonly halfOpenLifetime: number;
  /** As initiator: the selectors of the packet that asks for the first Child SA. */
  readonly first?: Base['first'];
}

/** The part that all states have. Octets are copied. */
export function createBase({ role, ckyI, ckyR, path, exchange, halfOpenLifetime, first }: BaseOptions, { now }: IkeEnv): Base {
  const expire = now + halfOpenLifetime;
  return {
    version: 1,
    role,
    spiI: ckyI.slice(),
    spiR: ckyR.slice(),
    path,
    createdAt: now,
    deadlines: { expire, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity },
    phase1: {
      messageId: 0,
      exchange,
      iv: undefined,
      received: undefined,
      sent: undefined,
      about: { kind: 'phase1' },
      expires: Infinity,
    },
    fragments: undefined,
    nextFragmentId: 1,
    waiting: undefined,
    abilities: noAbilities,
    refusal: undefined,
    first,
  };
}

/**
 * A fresh cookie: 8 octets, not all of them zero. RFC 2408 section 2.5.3: "The cookie must depend on the specific parties.": that of chance belongs to nobody else,
 * and what an attacker could do with a cookie that he has collected ends with the limits on half-open IKE SAs.
 */
export function createCookie({ random }: IkeEnv): Uint8Array {
  const cookie = new Uint8Array(8);
  do random(cookie);
  while (cookie.every((octet) => octet === 0));
  return cookie;
}
