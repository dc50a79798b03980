/**
 * Readers of JSON values that say in their errors where the value stands, what it should be and what is near.
 *
 * @module
 */
import { fromHex } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { parseAddress } from '../ip/address.js';

/** An object of JSON: not a list, not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An `invalid-config` error; `found` shows a short value that is no secret. */
export function wrong(what: string, path: string, expected: string, value?: unknown, nearest?: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found: describe(value), ...(nearest !== undefined && { nearest }) });
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'an object';
  return JSON.stringify(value).slice(0, 60);
}

/** One of a few words. */
export function readWord<const Word extends string>(value: unknown, path: string, what: string, words: readonly Word[]): Word {
  const word = words.find((w) => w === value);
  if (word !== undefined) return word;
  const text = words.map((w) => JSON.stringify(w)).join(' or ');
  throw wrong(what, path, text, value, typeof value === 'string' ? nearestName(value, words) : undefined);
}

/** `true` or `false`; absent: false. */
export function readFlag(value: unknown, path: string, what: string): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw wrong(what, path, 'true or false', value);
}

/** A whole number from `low` to `high`. */
export function readInteger(value: unknown, path: string, what: string, low: number, high: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw wrong(what, path, `a whole number from ${low} to ${high}`, value);
}

/** A 64-bit number: a decimal string (or a number) up to `high`; beyond 2^53 - 1 a `bigint`. */
export function readCounter(value: unknown, path: string, what: string, high: bigint): number | bigint {
  const written = typeof value === 'string' && /^[0-9]{1,20}$/.test(value);
  if (!written && !(typeof value === 'number' && Number.isInteger(value) && value >= 0)) {
    throw wrong(what, path, 'a decimal string such as "0"', value);
  }
  if (!written && !Number.isSafeInteger(value)) throw wrong(what, path, 'a decimal string for a number beyond 2^53 - 1', value);
  const number = BigInt(value);
  if (number > high) throw wrong(what, path, `at most ${high}`, value);
  return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number;
}

/** A number, or a string of `0x` and hexadecimal digits. */
export function readNumberOrHex(value: unknown, path: string, what: string, low: number, high: number): number {
  if (typeof value === 'string' && !/^0x[0-9a-f]{1,16}$/i.test(value)) {
    const nearest = /^[0-9a-f]{8}$/i.test(value) ? `"0x${value}"` : undefined;
    throw wrong(what, path, 'a number, or a string of 0x and hexadecimal digits', value, nearest);
  }
  const number = typeof value === 'string' ? Number.parseInt(value.slice(2), 16) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= low && number <= high) return number;
  throw wrong(what, path, `${low} to 0x${high.toString(16)}`, value);
}

/** Octets in hexadecimal; `0x`, white space and colons are allowed. The error never shows the text. */
export function readHex(value: unknown, path: string, what: string): Uint8Array {
  if (typeof value !== 'string')
    throw new IpsecError('invalid-config', what, {
      path,
      expected: 'hexadecimal digits',
      found: value === undefined ? 'nothing' : `a ${typeof value}`,
    });
  try {
    return fromHex(value);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw new IpsecError('invalid-config', what, {
      path,
      expected: error.expected ?? 'hexadecimal digits',
      ...(error.found !== undefined && { found: error.found }),
    });
  }
}

/** An IP address; absent or null: undefined. */
export function readAddress(value: unknown, path: string): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong('an address', path, 'such as "192.0.2.1" or "2001:db8::1"', value);
  try {
    return parseAddress(value);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw wrong('an address', path, error.expected ?? 'an IP address', value);
  }
}

/** Warns of every member of `rest` that is not among `silent`, with the known member that is nearest in spelling. */
export function warnUnknown(
  rest: Record<string, unknown>,
  path: string,
  known: readonly string[],
  silent: readonly string[],
  warnings: string[],
): void {
  for (const name of Object.keys(rest)) {
    if (silent.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    warnings.push(`${path === '' ? '' : `${path}.`}${name.slice(0, 60)}: unknown member, ignored${hint}`);
  }
}
