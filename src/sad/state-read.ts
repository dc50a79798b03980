/**
 * Reading members of a state, with the path of what is wrong.
 *
 * @module
 */
import type { Lifetime, TunnelHeaderPolicy } from '../association.js';
import { fromHex } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';

/** An object. Its members are read by name only. What is there instead is not repeated in the error: it may be a key. */
export function readRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(path, 'an object', Array.isArray(value) ? [] : typeof value);
  return value as Record<string, unknown>;
}

/** A list. */
export function readList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list', value);
  return value;
}

/** Text, of the given pattern. */
export function readText(value: unknown, path: string, pattern?: RegExp): string {
  if (typeof value !== 'string' || (pattern && !pattern.test(value)))
    throw wrong(path, pattern ? `text like ${pattern.source}` : 'text', value);
  return value;
}

/** One of some words. */
export function readWord<const Word extends string>(value: unknown, path: string, words: readonly Word[]): Word {
  const word = words.find((w) => w === value);
  if (word !== undefined) return word;
  const nearest = typeof value === 'string' ? nearestName(value, words) : undefined;
  throw wrong(path, words.join(' or '), value, nearest);
}

/** true or false. */
export function readFlag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
  return value;
}

/** A whole number from 0 to `high`. */
export function readCount(value: unknown, path: string, high: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > high)
    throw wrong(path, `a whole number from 0 to ${high}`, value);
  return value;
}

/** A whole number from 0 to `high` as decimal text. */
export function readDecimal(value: unknown, path: string, high: bigint): bigint {
  const number = BigInt(readText(value, path, /^\d{1,20}$/));
  if (number > high) throw wrong(path, `a decimal number up to ${high}`, value);
  return number;
}

/** Octets of a key in hexadecimal; what is there instead is never repeated in the error. */
export function readKey(value: unknown, path: string): Uint8Array {
  if (typeof value !== 'string') throw wrong(path, 'hexadecimal text', typeof value);
  return fromHex(value);
}

/** The multiple of AH's header over IPv4. */
export function readAhPadding(value: unknown, path: string): 4 | 8 | undefined {
  if (value === undefined || value === 4 || value === 8) return value;
  throw wrong(path, '4 or 8', value);
}

/** A lifetime; absent: none. */
export function readLifetime(value: unknown, path: string): Lifetime {
  const lifetime: { -readonly [K in keyof Lifetime]: Lifetime[K] } = {};
  if (value === undefined) return lifetime;
  const given = readRecord(value, path);
  for (const name of ['seconds', 'octets', 'packets'] as const) {
    const limit = given[name];
    if (limit === undefined) continue;
    if (typeof limit !== 'number' || !(limit >= 0)) throw wrong(`${path}.${name}`, 'a number from 0', limit);
    lifetime[name] = limit;
  }
  return lifetime;
}

/** The outer header of a tunnel. */
export function readTunnelHeader(value: unknown, path: string): TunnelHeaderPolicy | undefined {
  if (value === undefined) return undefined;
  const { df, ecn, dscp, hopLimit, flowLabel } = readRecord(value, path);
  return {
    df: readWord(df ?? 'copy', `${path}.df`, ['copy', 'set', 'clear']),
    ecn: readWord(ecn ?? 'normal', `${path}.ecn`, ['normal', 'compatibility', 'none']),
    dscp: dscp === undefined || dscp === 'copy' ? 'copy' : readCount(dscp, `${path}.dscp`, 63),
    hopLimit: readCount(hopLimit ?? 64, `${path}.hopLimit`, 255),
    flowLabel: flowLabel === 'copy' ? 'copy' : readCount(flowLabel ?? 0, `${path}.flowLabel`, 0xfffff),
  };
}

function wrong(path: string, expected: string, value: unknown, nearest?: string): IpsecError {
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const found = plain ? String(value).slice(0, 60) : value === undefined ? 'nothing' : `a value of type ${typeof value}`;
  return new IpsecError('invalid-config', 'the state of an SA', { path, expected, found, ...(nearest === undefined ? {} : { nearest }) });
}
