/**
 * Small readers for JSON values, with errors that say where.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';

/** Is told of members that mean nothing. */
export type Warn = (warning: IpsecError) => void;

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An `invalid-config` error about one value. */
export function badMember(what: string, path: string, expected: string, found: unknown, nearest?: string): IpsecError {
  const shown = found === undefined ? 'nothing' : ((JSON.stringify(found) as string | undefined) ?? typeof found);
  return new IpsecError('invalid-config', what, {
    path,
    expected,
    found: shown.slice(0, 80),
    ...(nearest === undefined ? {} : { nearest }),
  });
}

/** The list itself. */
export function listOf(value: unknown, what: string, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badMember(what, path, 'a list', value);
  return value;
}

/** One of some names. */
export function nameAmong<const Name extends string>(value: unknown, names: readonly Name[], what: string, path: string): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw badMember(what, path, names.join(', '), value, typeof value === 'string' ? nearestName(value, names) : undefined);
}

/** Tells of members that are not among the known ones. */
export function warnUnknown(value: Record<string, unknown>, known: readonly string[], path: string, warn: Warn): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    warn(
      new IpsecError('invalid-config', 'an unknown member, ignored', {
        path: `${path}.${name}`,
        ...(nearest === undefined ? {} : { nearest }),
      }),
    );
  }
}
