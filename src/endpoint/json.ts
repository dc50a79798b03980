/**
 * Small readers of JSON values. Wrong values are refused with their path; unknown members only warn.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { badMember, isRecord, type Warn } from '../spd/json-values.js';
import type { SuiteRow } from '../ikev2/proposal-rows.js';
import type { Credentials } from './credentials.js';

/** What the readers of a configuration need. */
export interface ReadContext {
  /** Algorithms to choose from. */
  readonly rows: readonly SuiteRow[];
  /** Is told of what means nothing. */
  readonly warn: Warn;
  /** Loads what `auth` names; undefined: nobody does. */
  readonly credentials?: Credentials | undefined;
}

/** A value with its path. */
export interface Place {
  readonly value: unknown;
  readonly path: string;
}

/** An object, one member of which is a place. */
export type Members = (name: string) => Place;

/** The members of an object; of nothing there are none. */
export function membersOf({ value, path }: Place, names: readonly string[], what: string, { warn }: ReadContext): Members {
  if (value !== undefined && !isRecord(value)) throw badMember(what, path, `an object with ${names.join(', ')}`, value);
  const record = value ?? {};
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(record)) if (!names.includes(name)) warn(unknownMember(name, names, at(name)));
  return (name) => ({ value: Object.hasOwn(record, name) ? record[name] : undefined, path: at(name) });
}

/** The members of an object that has been looked at before. */
export function membersIn({ value, path }: Place): Members {
  return (name) => ({ value: isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined, path: `${path}.${name}` });
}

function unknownMember(name: string, names: readonly string[], path: string): IpsecError {
  const nearest = nearestName(name, names);
  return new IpsecError('invalid-config', 'an unknown member, ignored', { path, ...(nearest !== undefined && { nearest }) });
}

/** The items of a list; of nothing there are none. */
export function itemsOf({ value, path }: Place, what: string): Place[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badMember(what, path, 'a list', value);
  return value.map((item: unknown, i) => ({ value: item, path: `${path}.${i}` }));
}

/** The items of a list, or the one that stands in its place. */
export function oneOrMore(place: Place, what: string): Place[] {
  return Array.isArray(place.value) || place.value === undefined ? itemsOf(place, what) : [place];
}

/** Text. */
export function textOf({ value, path }: Place, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw badMember(what, path, 'text', value);
}

/** Text that something else reads; what that says is told with the path. */
export function readText<T>(place: Place, what: string, read: (text: string) => T): T {
  const text = textOf(place, what);
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw new IpsecError(error.code === 'unknown-algorithm' ? error.code : 'invalid-config', what, {
      path: place.path,
      expected: error.expected ?? error.message,
      found: JSON.stringify(text.slice(0, 80)),
      cause: error,
      ...(error.nearest !== undefined && { nearest: error.nearest }),
    });
  }
}

/** `true` or `false`; the default for nothing. */
export function flagOf<T>({ value, path }: Place, fallback: T): boolean | T {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw badMember('a switch', path, 'true or false', value);
}

/** A number; the default for nothing. */
export function numberOf<T>({ value, path }: Place, lowest: number, highest: number, fallback: T): number | T {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= lowest && value <= highest) return value;
  throw badMember('a number', path, `${lowest} to ${highest}`, value);
}

/** An integer; the default for nothing. */
export function integerOf<T>({ value, path }: Place, lowest: number, highest: number, fallback: T): number | T {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw badMember('an integer', path, `${lowest} to ${highest}`, value);
}

/** Seconds in the file, milliseconds here; `"never"` is Infinity. */
export function secondsOf<T>({ value, path }: Place, fallback: T): number | T {
  if (value === undefined) return fallback;
  if (value === 'never') return Infinity;
  if (typeof value === 'number' && value > 0 && value <= longest) return value * 1000;
  throw badMember('a time', path, 'seconds, more than 0, or "never"', value);
}

/** A century. */
const longest = 3_155_760_000;
