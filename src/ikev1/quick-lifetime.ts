/**
 * How long SAs live, as Quick Mode negotiates it: RFC 2407 sections 4.5 and 4.5.4. An offer says what the initiator wishes. Whoever wants less lives shorter, and as
 * responder says so: "complete the negotiation and send an advisory notification to the initiator indicating the responder's true lifetime".
 *
 * @module
 */
import type { Lifetime as SaLifetime } from '../association.js';
import { decodePhase2Attributes, type Lifetime } from './attributes.js';
import type { QuickLifetimes } from './quick-types.js';
import type { Phase2Attribute } from './sa-payload.js';

/** RFC 2407 section 4.5: "If unspecified, the default value shall be assumed to be 28800 seconds (8 hours)." */
const defaultSeconds = 28_800;
/** Octets of a kilobyte. RFC 2407 section 4.5.2 counts so: "value = 0x186A0 = 100000KB = 100MB". */
const kilobyte = 1000;
const MOST = 0xffffffff;

/** What a policy wants, for an offer; what has no end is not said. */
export function lifetimesOf(policy: SaLifetime | undefined): Lifetime[] {
  const seconds = policy?.seconds;
  const octets = policy?.octets;
  return [
    ...(isFinite(seconds) ? [{ type: 'seconds' as const, duration: whole(seconds) }] : []),
    ...(isFinite(octets) ? [{ type: 'kilobytes' as const, duration: whole(octets / kilobyte) }] : []),
  ];
}

/** Down to a whole number, but never to nothing, which would be no limit. */
function whole(value: number): number {
  return Math.min(MOST, Math.max(1, Math.floor(value)));
}

function isFinite(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/**
 * What an offer comes to beside a policy.
 *
 * @param said what the chosen transforms say; nothing, or a duration of 0, stands for the default.
 */
export function settleLifetimes(
  said: readonly Lifetime[],
  policy: SaLifetime | undefined,
  role: 'initiator' | 'responder',
): QuickLifetimes {
  const seconds = leastOf(said, 'seconds') ?? defaultSeconds;
  const kilobytes = leastOf(said, 'kilobytes');
  const octets = octetsOf(kilobytes);
  const wish: SaLifetime = { seconds, ...(octets < Infinity && { octets }) };
  const ownSeconds = policy?.seconds ?? Infinity;
  const ownOctets = policy?.octets ?? Infinity;
  const tell: Lifetime[] =
    role === 'initiator'
      ? []
      : lifetimesOf(policy).filter(({ type, duration }) => duration < (type === 'seconds' ? seconds : (kilobytes ?? Infinity)));
  const isShorter = seconds < Math.floor(ownSeconds) || octets < floorTo(ownOctets, kilobyte);
  return {
    offered: [
      { type: 'seconds', duration: seconds },
      ...(kilobytes === undefined ? [] : [{ type: 'kilobytes' as const, duration: kilobytes }]),
    ],
    effective: isShorter ? shorterOf(policy, wish) : undefined,
    tell,
  };
}

/** More than can be counted is no limit. */
function octetsOf(kilobytes: number | undefined): number {
  const octets = (kilobytes ?? Infinity) * kilobyte;
  return Number.isSafeInteger(octets) ? octets : Infinity;
}

function floorTo(value: number, unit: number): number {
  return Number.isFinite(value) ? Math.floor(value / unit) * unit : value;
}

/** RFC 2407 section 4.5.2 allows several that do not conflict; of two that do the shorter counts. */
function leastOf(said: readonly Lifetime[], wanted: Lifetime['type']): number | undefined {
  const durations = said.filter(({ type, duration }) => type === wanted && duration > 0).map(({ duration }) => duration);
  return durations.length === 0 ? undefined : Math.min(...durations);
}

/** The shorter of each; what is left out is without end. */
function shorterOf(a: SaLifetime | undefined, b: SaLifetime): SaLifetime {
  const least = (member: keyof SaLifetime): number => Math.min(a?.[member] ?? Infinity, b[member] ?? Infinity);
  const [seconds, octets, packets] = [least('seconds'), least('octets'), least('packets')];
  return {
    ...(seconds < Infinity && { seconds }),
    ...(octets < Infinity && { octets }),
    ...(packets < Infinity && { packets }),
  };
}

/**
 * What remains of a lifetime once the data of a RESPONDER-LIFETIME notification have been read (RFC 2407 section 4.6.3.1). It makes a life shorter, never longer.
 *
 * @param current what the Child SA has now: its own lifetime, or the policy's.
 * @returns for `ChildSa.lifetime`.
 * @throws IpsecError `malformed`: attributes that contradict each other, a duration without a type.
 */
export function heedResponderLifetime(current: SaLifetime | undefined, attributes: readonly Phase2Attribute[]): SaLifetime | undefined {
  const { lifetimes } = decodePhase2Attributes(attributes);
  const seconds = leastOf(lifetimes, 'seconds');
  const octets = octetsOf(leastOf(lifetimes, 'kilobytes'));
  if (seconds === undefined && octets === Infinity) return current;
  return shorterOf(current, { ...(seconds !== undefined && { seconds }), ...(octets < Infinity && { octets }) });
}
