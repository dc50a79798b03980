/**
 * One kind of Child SA as JSON.
 *
 * @module
 */
import type { Lifetime } from '../association.js';
import type { ChildPolicy, DynamicSelector } from '../keying/connection.js';
import { parseChildProposals } from '../ikev2/proposal-json.js';
import { badMember, nameAmong } from '../spd/json-values.js';
import { parseSelectors, type TrafficSelector, trafficSelectorsOf } from '../traffic-selector.js';
import type { ChildOptions } from './config.js';
import { checkQuick, parseQuickProposals, readBundle } from './config-ikev1-child.js';
import { flagOf, integerOf, membersOf, numberOf, oneOrMore, type Place, type ReadContext, readText, textOf } from './json.js';

/** A kind of Child SA as JSON. */
export interface ChildJson {
  /** For people and for commands. Default `child-1`, `child-2` ... */
  readonly name?: string;
  /** Default `tunnel`. */
  readonly mode?: 'tunnel' | 'transport';
  /**
   * Our end: addresses, perhaps with protocol and ports (`"10.1.0.0/16"`, `"192.0.2.0/24 tcp 443"`), or `"dynamic"`: the address that was assigned to us, else that
   * of the IKE SA. Default `"dynamic"`.
   */
  readonly local?: string | readonly string[];
  /** The peer's end. Default `"dynamic"`. */
  readonly remote?: string | readonly string[];
  /** Proposals, best first: `"aes256gcm16-curve25519"`, as JSON, or `"default"`. */
  readonly proposals?: unknown;
  /** IKEv1: proposals for AH around ESP, both negotiated at once as one bundle: `"sha256"`. Default none. */
  readonly ah?: unknown;
  /** When a successor is asked for. Default after an hour. */
  readonly rekeyAfter?: Lifetime;
  /** When it ends. Default: everything of `rekeyAfter`, and a tenth more. */
  readonly lifetime?: Lifetime;
  /** 0 to 1: what part of `rekeyAfter` chance takes off. Default 0.1. */
  readonly lifetimeJitter?: number;
  /** Whether it is asked for when the IKE SA is set up. Default: the first one is. */
  readonly start?: boolean;
  /** Whether payloads are compressed, where the peer takes part. Default false. */
  readonly ipcomp?: boolean;
  /** Whether we take packets with TFC padding. Default true. */
  readonly tfcPadding?: boolean;
  /** Octets that inner packets are filled up to, where the peer takes that. Default 0. */
  readonly tfcLength?: number;
  /** Whether fragments without ports go where their first fragment went. Default false. */
  readonly nonFirstFragments?: boolean;
  /** Whether `mode` is insisted on. Default true. */
  readonly requireMode?: boolean;
  /** Whether each pair of addresses gets a Child SA of its own. Default false. */
  readonly singlePair?: boolean;
  /** Size of the anti-replay window. Default 1024. */
  readonly replayWindow?: number;
  /** DF of the outer header. Default `copy`. */
  readonly df?: 'copy' | 'set' | 'clear';
}

const names = [
  ...['name', 'mode', 'local', 'remote', 'proposals', 'rekeyAfter', 'lifetime', 'lifetimeJitter', 'start', 'ipcomp', 'tfcPadding'],
  ...['tfcLength', 'nonFirstFragments', 'requireMode', 'singlePair', 'replayWindow', 'df', 'ah'],
];

/** What a child of a configuration comes to. */
export interface ParsedChild {
  readonly policy: ChildPolicy;
  readonly options: ChildOptions;
}

const defaultRekey: Lifetime = { seconds: 3600 };

/** Reads one kind of Child SA. @param version of IKE. */
export function parseChild(place: Place, number: number, version: 1 | 2, context: ReadContext): ParsedChild {
  const member = membersOf(place, names, 'a Child SA', context);
  const mode = member('mode');
  const df = member('df');
  const softLifetime = readLifetime(member('rekeyAfter'), context) ?? readSoft(member('lifetime'), context) ?? defaultRekey;
  const policy: ChildPolicy = {
    name: member('name').value === undefined ? `child-${number}` : textOf(member('name'), 'the name of a Child SA'),
    mode: mode.value === undefined ? 'tunnel' : nameAmong(mode.value, ['tunnel', 'transport'], 'a mode', mode.path),
    proposals:
      version === 1
        ? parseQuickProposals(member('proposals'), context)
        : parseChildProposals(member('proposals').value, context.rows, member('proposals').path, context.warn),
    ...readBundle(member('ah'), version, context),
    local: readEnds(member('local')),
    remote: readEnds(member('remote')),
    softLifetime,
    hardLifetime: readLifetime(member('lifetime'), context) ?? longer(softLifetime),
    start: flagOf(member('start'), undefined),
    ipcomp: flagOf(member('ipcomp'), false),
    tfcPadding: flagOf(member('tfcPadding'), true),
    nonFirstFragments: flagOf(member('nonFirstFragments'), false),
    requireMode: flagOf(member('requireMode'), true),
    singlePair: flagOf(member('singlePair'), false),
  };
  checkFamilies(policy, place.path);
  if (version === 1) checkQuick(policy, place.path);
  const options: ChildOptions = {
    replayWindow: integerOf(member('replayWindow'), 0, 2 ** 20, undefined),
    lifetimeJitter: numberOf(member('lifetimeJitter'), 0, 1, undefined),
    tfcLength: integerOf(member('tfcLength'), 0, 0xffff, undefined),
    df: df.value === undefined ? undefined : nameAmong(df.value, ['copy', 'set', 'clear'], 'a rule for DF', df.path),
  };
  return { policy, options };
}

/** One end: `dynamic`, or whatever the remote half of a selector may be. */
function readEnds(place: Place): (TrafficSelector | DynamicSelector)[] {
  const items = oneOrMore(place.value === undefined ? { ...place, value: 'dynamic' } : place, 'one end of a Child SA');
  const ends = items.flatMap((item) => readEnd(item));
  if (ends.length === 0) throw badMember('one end of a Child SA', place.path, 'one or more, or "dynamic"', place.value);
  return ends;
}

function readEnd(place: Place): (TrafficSelector | DynamicSelector)[] {
  const dynamic = /^\s*dynamic\b/i;
  return readText(place, 'one end of a Child SA', (text) => {
    const { remote } = trafficSelectorsOf(parseSelectors(text.replace(dynamic, '0.0.0.0/0'), place.path));
    return remote.map((selector) => (dynamic.test(text) ? { ...selector, addresses: 'dynamic' } : selector));
  });
}

/** An end of one family has nothing to do with one of the other. */
function checkFamilies({ local, remote }: ChildPolicy, path: string): void {
  const families = (ends: ChildPolicy['local']): Set<number> =>
    new Set(ends.flatMap(({ addresses }) => (addresses === 'dynamic' ? [4, 16] : [addresses.start.length])));
  const [ours, theirs] = [families(local), families(remote)];
  if ([...ours].some((length) => theirs.has(length))) return;
  throw badMember(
    'the ends of a Child SA',
    `${path}.remote`,
    'addresses of the family of the local ones',
    [...theirs].map((n) => (n === 4 ? 'IPv4' : 'IPv6')),
  );
}

function readLifetime(place: Place, context: ReadContext): Lifetime | undefined {
  if (place.value === undefined) return undefined;
  const member = membersOf(place, ['seconds', 'octets', 'packets'], 'a lifetime', context);
  const [seconds, octets, packets] = ['seconds', 'octets', 'packets'].map((name) =>
    numberOf(member(name), 1, Number.MAX_SAFE_INTEGER, undefined),
  );
  return {
    ...(seconds !== undefined && { seconds }),
    ...(octets !== undefined && { octets }),
    ...(packets !== undefined && { packets }),
  };
}

/** Where only the end is said, a successor is asked for when nine tenths are over. */
function readSoft(place: Place, context: ReadContext): Lifetime | undefined {
  const hard = readLifetime(place, context);
  return hard && scale(hard, 0.9);
}

function longer(soft: Lifetime): Lifetime {
  return scale(soft, 1.1);
}

function scale({ seconds, octets, packets }: Lifetime, by: number): Lifetime {
  return {
    ...(seconds !== undefined && { seconds: Math.round(seconds * by * 1000) / 1000 }),
    ...(octets !== undefined && { octets: Math.floor(octets * by) }),
    ...(packets !== undefined && { packets: Math.floor(packets * by) }),
  };
}
