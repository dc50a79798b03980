/**
 * Times, retransmission, fragments, NAT traversal of a connection as JSON. Times are in seconds.
 *
 * @module
 */
import type { ConnectionOptions } from '../keying/connection.js';
import {
  checkRetransmissionPolicy,
  defaultRetransmission,
  initialRetransmission,
  type RetransmissionPolicy,
} from '../keying/retransmission.js';
import { badMember, nameAmong } from '../spd/json-values.js';
import { flagOf, integerOf, itemsOf, type Members, membersOf, numberOf, type Place, type ReadContext, secondsOf } from './json.js';

/** What goes with a connection as JSON; these stand in the connection itself. */
export interface OptionsJson {
  /** Times in seconds, or `"never"`. */
  readonly timers?: {
    /** Age at which the IKE SA is rekeyed. Default 4 hours. */
    readonly rekey?: number | 'never';
    /** Age at which it is authenticated anew. Default never. */
    readonly reauthenticate?: number | 'never';
    /** Age at which it ends. Default a tenth more than the later of these two. */
    readonly lifetime?: number | 'never';
    /** 0 to 1: what part of the first two chance takes off. Default 0.1. */
    readonly jitter?: number;
    /** How long nothing may be heard before it is asked whether the peer is alive. Default 60 s. */
    readonly liveness?: number | 'never';
    /** How often a NAT is kept awake. Default 20 s. */
    readonly keepalive?: number | 'never';
    /** How long a half-open IKE SA of a peer is kept. Default 30 s. */
    readonly halfOpen?: number;
    /** How long EAP may take from its first packet to its last, where people type passwords. Default 120 s. */
    readonly eap?: number;
  };
  /** How requests are repeated; `first` and `most` in seconds. */
  readonly retransmission?: Partial<RetransmissionPolicy>;
  /** How requests of IKE_SA_INIT and IKE_AUTH are repeated. */
  readonly setUpRetransmission?: Partial<RetransmissionPolicy>;
  /** How many requests of the peer may be under way. Default 1. */
  readonly window?: number;
  /** Octets of the IP datagrams that carry IKE, largest first; `false`: no fragmentation. Default `[1280, 576]`. */
  readonly fragmentation?: boolean | readonly number[];
  /** Default `detect`; with `"encapsulation": "always"` it is `force`. */
  readonly nat?: 'detect' | 'force' | 'never';
  /** Whether INITIAL_CONTACT is sent. Default true. */
  readonly initialContact?: boolean;
  /** Cookies and INVALID_KE_PAYLOADs that are followed. Default 5. */
  readonly maxInitTries?: number;
  /** Child SAs under one IKE SA. Default 64. */
  readonly maxChildren?: number;
  /** Whether the IKE SA is set up without a first Child SA. Default false. */
  readonly childless?: boolean;
}

/** Their names. */
export const optionNames = [
  ...['timers', 'retransmission', 'setUpRetransmission', 'window', 'fragmentation', 'nat', 'initialContact', 'maxInitTries'],
  ...['maxChildren', 'childless'],
];

const timerNames = ['rekey', 'reauthenticate', 'lifetime', 'jitter', 'liveness', 'keepalive', 'halfOpen', 'eap'];

/** Reads them. */
export function parseOptions(
  member: Members,
  natPorts: ConnectionOptions['natPorts'],
  isForced: boolean,
  context: ReadContext,
): ConnectionOptions {
  const timer = membersOf(member('timers'), timerNames, 'timers', context);
  const rekeyAfter = secondsOf(timer('rekey'), 14_400_000);
  const reauthenticateAfter = secondsOf(timer('reauthenticate'), Infinity);
  const planned = [rekeyAfter, reauthenticateAfter].filter((time) => time < Infinity);
  const nat = member('nat');
  return {
    setUp: readRetransmission(member('setUpRetransmission'), initialRetransmission, context),
    established: readRetransmission(member('retransmission'), defaultRetransmission, context),
    livenessInterval: secondsOf(timer('liveness'), 60_000),
    rekeyAfter,
    reauthenticateAfter,
    lifetime: secondsOf(timer('lifetime'), planned.length > 0 ? 1.1 * Math.max(...planned) : Infinity),
    lifetimeJitter: numberOf(timer('jitter'), 0, 1, 0.1),
    halfOpenLifetime: secondsOf(timer('halfOpen'), 30_000),
    eapLifetime: secondsOf(timer('eap'), 120_000),
    windowSize: integerOf(member('window'), 1, 64, 1),
    fragmentSizes: readFragmentation(member('fragmentation')),
    natPorts,
    natTraversal:
      nat.value === undefined
        ? isForced
          ? 'force'
          : 'detect'
        : nameAmong(nat.value, ['detect', 'force', 'never'], 'NAT traversal', nat.path),
    keepaliveInterval: secondsOf(timer('keepalive'), 20_000),
    initialContact: flagOf(member('initialContact'), true),
    maxInitTries: integerOf(member('maxInitTries'), 1, 20, 5),
    maxChildren: integerOf(member('maxChildren'), 1, 65_536, 64),
    childless: flagOf(member('childless'), false),
  };
}

const defaultFragmentSizes = [1280, 576];

/** RFC 7383 section 2.5.1 has 1280 octets for IPv6 and 576 for IPv4 as what every path takes. */
function readFragmentation(place: Place): readonly number[] {
  if (place.value === undefined || place.value === true) return defaultFragmentSizes;
  if (place.value === false) return [];
  const sizes = itemsOf(place, 'sizes of datagrams').map((item) => {
    const size = integerOf(item, 128, 0xffff, undefined);
    if (size === undefined) throw badMember('the size of a datagram', item.path, '128 to 65535', item.value);
    return size;
  });
  for (const [i, size] of sizes.entries())
    if (i > 0 && size >= sizes[i - 1]!) throw badMember('the size of a datagram', `${place.path}.${i}`, `less than ${sizes[i - 1]!}`, size);
  return sizes;
}

function readRetransmission(place: Place, defaults: RetransmissionPolicy, context: ReadContext): RetransmissionPolicy {
  if (place.value === undefined) return defaults;
  const member = membersOf(place, ['first', 'factor', 'most', 'tries', 'jitter'], 'retransmission', context);
  const policy: RetransmissionPolicy = {
    first: secondsOf(member('first'), defaults.first),
    factor: numberOf(member('factor'), 1, 10, defaults.factor),
    most: secondsOf(member('most'), defaults.most),
    tries: integerOf(member('tries'), 1, 100, defaults.tries),
    jitter: numberOf(member('jitter'), 0, 1, defaults.jitter),
  };
  checkRetransmissionPolicy(policy, place.path);
  return policy;
}
