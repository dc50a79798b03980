/**
 * Whether an answer says what was offered.
 *
 * RFC 2409 section 5: "If the initiator of an exchange notices that attribute values have changed or attributes have been added or deleted from an offer made, that
 * response MUST be rejected." That leaves a responder the order of attributes and the encoding of durations, and peers make use of it: strongSwan writes the
 * answer anew, in its own order, and a lifetime into it where none was offered.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { DataAttribute } from '../isakmp/attribute.js';
import type { Transform } from './sa-payload.js';

/** What the attributes of a phase are compared by. */
export interface Comparison {
  /** The attribute that says what is counted. */
  readonly lifeType: string;
  /** The attribute behind it. */
  readonly lifeDuration: string;
  /** Seconds of an offer that says nothing, or 0; undefined: it is without end. */
  readonly defaultSeconds: number | undefined;
}

/** Phase 1. */
export const phase1Comparison: Comparison = { lifeType: 'Life Type', lifeDuration: 'Life Duration', defaultSeconds: undefined };
/** Phase 2. RFC 2407 section 4.5: "If unspecified, the default value shall be assumed to be 28800 seconds (8 hours)." */
export const phase2Comparison: Comparison = { lifeType: 'SA Life Type', lifeDuration: 'SA Life Duration', defaultSeconds: 28_800 };

/**
 * Everything that a transform says, in an order of its own: two transforms that say the same have the same.
 *
 * @returns undefined: a duration without a type, or a type without a duration. Nothing is the same as that.
 */
export function meaningOf({ id, attributes }: Transform, { lifeType, lifeDuration, defaultSeconds }: Comparison): string | undefined {
  const said: string[] = [];
  let type: string | undefined;
  let hasSeconds = false;
  for (const attribute of attributes) {
    if ((attribute.type === lifeDuration) !== (type !== undefined)) return undefined;
    if (attribute.type === lifeType) type = valueOf(attribute);
    else if (type === undefined) said.push(`${attribute.type}=${valueOf(attribute)}`);
    else {
      const duration = durationOf(attribute.value);
      const isSeconds = type === SECONDS;
      // A life of no seconds is one of which nothing is said: strongSwan writes it so.
      if (!isSeconds || duration !== '0') said.push(`life ${type}=${duration}`);
      hasSeconds ||= isSeconds && duration !== '0';
      type = undefined;
    }
  }
  if (type !== undefined) return undefined;
  if (!hasSeconds && defaultSeconds !== undefined) said.push(`life ${SECONDS}=${defaultSeconds.toString(16)}`);
  return `${id}: ${said.sort().join(', ')}`;
}

/** The number of the life type "seconds". */
const SECONDS = '1';

function valueOf({ value }: DataAttribute<string>): string {
  return typeof value === 'number' ? `${value}` : `0x${toHex(value)}`;
}

/** RFC 2409 appendix A: "an attribute offered as variable (or basic) by the initiator of this protocol MAY be returned to the initiator as a basic (or variable)." */
function durationOf(value: number | Uint8Array): string {
  if (typeof value === 'number') return value.toString(16);
  return toHex(value).replace(/^0+(?=.)/, '') || 'nothing';
}
