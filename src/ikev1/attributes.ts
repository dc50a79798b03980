/**
 * What the attributes of a transform say, in both phases.
 *
 * @module
 */
import { readU32, writeU32 } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { lifeTypes } from '../iana/ikev1.js';
import {
  type AttributeRow,
  encapsulationModes,
  phase1Attributes,
  phase1Authentication,
  phase1Encryption,
  phase1Hashes,
  phase2Attributes,
  phase2Authentication,
} from '../iana/ikev1-attributes.js';
import type { DataAttribute } from '../isakmp/attribute.js';
import type { Phase1Attribute, Phase2Attribute } from './sa-payload.js';

type NameOf<Table extends readonly { readonly name: string }[]> = Table[number]['name'];
interface Row {
  readonly id: number;
  readonly name: string;
}

/** How long an SA lives. RFC 2407 section 4.5.2 has two at once: so long, or so much, whichever comes first. */
export interface Lifetime {
  /** What is counted. */
  readonly type: NameOf<typeof lifeTypes> | number;
  /** How many: 0 to 2^53 - 1. */
  readonly duration: number;
}

/** The attributes of a phase 1 transform. Names where there are names, numbers otherwise. */
export interface Phase1Values {
  /** Encryption Algorithm. */
  readonly encryption?: NameOf<typeof phase1Encryption> | number | undefined;
  /** Key Length, in bits. RFC 2409 appendix A: "This attribute MUST NOT be used when the specified Encryption Algorithm uses a fixed length key." */
  readonly keyLength?: number | undefined;
  /** Hash Algorithm, whose HMAC is the prf. */
  readonly hash?: NameOf<typeof phase1Hashes> | number | undefined;
  /** Group Description: the same numbers as in IKEv2. */
  readonly group?: number | undefined;
  /** Authentication Method. */
  readonly authentication?: NameOf<typeof phase1Authentication> | number | undefined;
  /** Lifetimes, in their order. */
  readonly lifetimes: readonly Lifetime[];
  /** Attributes that are none of these. */
  readonly others: readonly Phase1Attribute[];
}

/** The attributes of a phase 2 transform. */
export interface Phase2Values {
  /** Key Length, in bits. */
  readonly keyLength?: number | undefined;
  /** Authentication Algorithm. */
  readonly authentication?: NameOf<typeof phase2Authentication> | number | undefined;
  /** Group Description, with PFS. */
  readonly group?: number | undefined;
  /** Encapsulation Mode. */
  readonly encapsulation?: NameOf<typeof encapsulationModes> | number | undefined;
  /** Lifetimes, in their order; RFC 2407 section 4.5: 8 hours where there are none. */
  readonly lifetimes: readonly Lifetime[];
  /** Extended (64-bit) Sequence Number. RFC 4304 section 2: 1 is the only value. */
  readonly esn?: number | undefined;
  /** Attributes that are none of these. */
  readonly others: readonly Phase2Attribute[];
}

/** Which attribute is which member; tables for those with names. */
interface Fields {
  readonly table: readonly AttributeRow[];
  readonly byMember: Readonly<Record<string, readonly [attribute: string, names: readonly Row[]]>>;
  readonly lifeType: string;
  readonly lifeDuration: string;
}

const phase1: Fields = {
  table: phase1Attributes,
  byMember: {
    encryption: ['Encryption Algorithm', phase1Encryption],
    keyLength: ['Key Length', []],
    hash: ['Hash Algorithm', phase1Hashes],
    group: ['Group Description', []],
    authentication: ['Authentication Method', phase1Authentication],
  },
  lifeType: 'Life Type',
  lifeDuration: 'Life Duration',
};
const phase2: Fields = {
  table: phase2Attributes,
  byMember: {
    keyLength: ['Key Length', []],
    authentication: ['Authentication Algorithm', phase2Authentication],
    group: ['Group Description', []],
    encapsulation: ['Encapsulation Mode', encapsulationModes],
    esn: ['Extended (64-bit) Sequence Number', []],
  },
  lifeType: 'SA Life Type',
  lifeDuration: 'SA Life Duration',
};

/**
 * Reads the attributes of a phase 1 transform.
 *
 * @throws IpsecError `malformed`: attributes that contradict each other, a duration without a type in front, a number that is octets.
 *
 * @example
 * ```ts
 * import { decodePhase1Attributes, encodePhase1Attributes } from 'ipsec-ts/ikev1';
 *
 * const attributes = encodePhase1Attributes({
 *   encryption: 'AES-CBC',
 *   keyLength: 256,
 *   hash: 'SHA2-256',
 *   group: 14,
 *   authentication: 'pre-shared key',
 *   lifetimes: [{ type: 'seconds', duration: 86_400 }],
 *   others: [],
 * });
 * const { lifetimes } = decodePhase1Attributes(attributes);
 * if (attributes.length !== 7 || lifetimes[0]?.duration !== 86_400) throw new Error('what went in');
 * ```
 */
export function decodePhase1Attributes(attributes: readonly Phase1Attribute[]): Phase1Values {
  return read(phase1, attributes) as unknown as Phase1Values;
}

/** Writes the attributes of a phase 1 transform, in the order of the members. Throws `invalid-argument`. */
export function encodePhase1Attributes(values: Phase1Values): readonly Phase1Attribute[] {
  return write(phase1, values as unknown as Loose) as readonly Phase1Attribute[];
}

/** Reads the attributes of a phase 2 transform. Throws `malformed` as {@link decodePhase1Attributes}. */
export function decodePhase2Attributes(attributes: readonly Phase2Attribute[]): Phase2Values {
  return read(phase2, attributes) as unknown as Phase2Values;
}

/** Writes the attributes of a phase 2 transform, in the order of the members. Throws `invalid-argument`. */
export function encodePhase2Attributes(values: Phase2Values): readonly Phase2Attribute[] {
  return write(phase2, values as unknown as Loose) as readonly Phase2Attribute[];
}

type Loose = Readonly<Record<string, string | number | undefined>> & {
  readonly lifetimes: readonly Lifetime[];
  readonly others: readonly DataAttribute<string>[];
};

function read({ table, byMember, lifeType, lifeDuration }: Fields, attributes: readonly DataAttribute<string>[]): Loose {
  const members = new Map(Object.entries(byMember).map(([member, [attribute, names]]) => [attribute, { member, names }]));
  const values: Record<string, string | number> = {};
  const lifetimes: Lifetime[] = [];
  const others: DataAttribute<string>[] = [];
  let type: Lifetime['type'] | undefined;
  for (const attribute of attributes) {
    const known = members.get(attribute.type as string);
    if (attribute.type === lifeDuration) {
      // RFC 2407 section 4.5: "An SA Life Duration attribute MUST always follow an SA Life Type which describes the units of duration."
      if (type === undefined) throw malformed(lifeDuration, `${lifeType} in front`, 'none');
      lifetimes.push({ type, duration: durationOf(attribute.value) });
      type = undefined;
    } else if (attribute.type === lifeType) type = nameIn(lifeTypes, basic(table, attribute)) as Lifetime['type'];
    else if (known === undefined) others.push(attribute);
    else {
      const value = nameIn(known.names, basic(table, attribute));
      // RFC 2407 section 4.5.2: several of one class are right "so long as the different attribute entries do not conflict with one another."
      if ((values[known.member] ?? value) !== value)
        throw malformed(`${attribute.type} for the second time`, `${values[known.member]!}`, `${value}`);
      values[known.member] = value;
    }
  }
  return { ...values, lifetimes, others } as unknown as Loose;
}

/** RFC 2409 appendix A: "Attributes described as basic MUST NOT be encoded as variable." */
function basic(table: readonly AttributeRow[], { type, value }: DataAttribute<string>): number {
  if (typeof value === 'number') return value;
  const row = table.find(({ name }) => name === type);
  throw malformed(`the attribute ${row?.name ?? type}`, 'a number of two octets', `${value.length} octets of its own`);
}

const MAXIMUM_UPPER = 0x1fffff; // of 2^53 - 1

function durationOf(value: number | Uint8Array): number {
  if (typeof value === 'number') return value;
  const octets = new Uint8Array(8);
  const excess = value.length - 8;
  const isSmall = value.length > 0 && value.subarray(0, Math.max(0, excess)).every((octet) => octet === 0);
  const significant = value.subarray(Math.max(0, excess));
  octets.set(significant, 8 - significant.length);
  const upper = readU32(octets, 0);
  if (!isSmall || upper > MAXIMUM_UPPER) throw malformed('the duration of a life', '0 to 2^53 - 1', `${value.length} octets`);
  return upper * 0x1_0000_0000 + readU32(octets, 4);
}

function write({ byMember, lifeType, lifeDuration }: Fields, values: Loose): DataAttribute<string>[] {
  const attributes: DataAttribute<string>[] = [];
  for (const [member, [type, names]] of Object.entries(byMember)) {
    const value = values[member];
    if (value !== undefined) attributes.push({ type, value: numberIn(names, value, type) });
  }
  for (const { type, duration } of values.lifetimes)
    attributes.push({ type: lifeType, value: numberIn(lifeTypes, type, lifeType) }, { type: lifeDuration, value: durationValue(duration) });
  return [...attributes, ...values.others];
}

/** A number where it fits, else four octets, or eight: other lengths are rare, and not everybody reads them. */
function durationValue(duration: number): number | Uint8Array {
  if (!Number.isSafeInteger(duration) || duration < 0)
    throw new IpsecError('invalid-argument', 'the duration of a life', { expected: '0 to 2^53 - 1', found: `${duration}` });
  if (duration <= 0xffff) return duration;
  const octets = new Uint8Array(8);
  writeU32(octets, 0, Math.floor(duration / 0x1_0000_0000));
  writeU32(octets, 4, duration % 0x1_0000_0000);
  return duration <= 0xffffffff ? octets.subarray(4) : octets;
}

function nameIn(table: readonly Row[], id: number): string | number {
  return table.find((row) => row.id === id)?.name ?? id;
}

function numberIn(table: readonly Row[], value: string | number, what: string): number {
  const number = typeof value === 'number' ? value : table.find(({ name }) => name === value)?.id;
  if (number !== undefined) return number;
  const nearest = nearestName(`${value}`, table.map(({ name }) => name)); // prettier-ignore
  const details = { expected: 'a name of the registry, or a number', found: `${value}`, ...(nearest !== undefined && { nearest }) };
  throw new IpsecError('invalid-argument', what, details);
}

function malformed(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { blame: 'peer', path: 'attributes', expected, found });
}
