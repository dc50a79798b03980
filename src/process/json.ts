/**
 * Small readers of JSON values, each with the path of the value for its error.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { parseAddress } from '../ip.js';

/** Reads a value that stands at a path. */
export type Reader<T = unknown> = (value: unknown, path: string) => T;

/** The members of an object, none of which may have another name. */
export function members(value: unknown, path: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, `an object with ${names.join(', ')}`, value);
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const details = { path: `${path}.${name}`, expected: names.join(', '), found: JSON.stringify(name.slice(0, 60)) };
    throw new IpsecError('invalid-config', 'the name of a member', nearest === undefined ? details : { ...details, nearest });
  }
  return value as Record<string, unknown>;
}

/** A list. */
export function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list', value);
  return value as unknown[];
}

/** An address. */
export function address(value: unknown, path: string): Uint8Array {
  return parseAddress(text(value, path));
}

/** A string. */
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'text', value);
  return value;
}

/** `true` or `false`. */
export function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
  return value;
}

/** A reader of integers. */
export function integer(lowest: number, highest: number): Reader<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < lowest || value > highest)
      throw wrong(path, `${lowest} to ${highest}`, value);
    return value;
  };
}

/** A reader of one of some words. */
export function oneOf<const W extends string>(...words: readonly W[]): Reader<W> {
  return (value, path) => {
    const word = words.find((w) => w === value);
    if (word !== undefined) return word;
    const nearest = typeof value === 'string' ? nearestName(value, words) : undefined;
    throw wrong(path, words.join(', '), value, nearest);
  };
}

function wrong(path: string, expected: string, value: unknown, nearest?: string): IpsecError {
  const kind = Array.isArray(value)
    ? 'a list'
    : value === undefined
      ? 'nothing'
      : value !== null && typeof value === 'object'
        ? 'an object'
        : '';
  const found = kind === '' ? JSON.stringify(value).slice(0, 60) : kind;
  return new IpsecError('invalid-config', 'a value', { path, expected, found, ...(nearest !== undefined && { nearest }) });
}
