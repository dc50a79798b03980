/**
 * Fields that are there or not, and fields whose form another field decides.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Codec, fail, failValue, readMapped, type Reader, type Scope, type ValueOf } from './codec.js';
import { rest } from './octets.js';

/** A field that is there when octets are left; it takes at least one. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  if (codec.least < 1) {
    throw new IpsecError('invalid-argument', 'a declaration', {
      expected: 'an optional field of at least 1 octet',
      found: 'one that may be empty',
    });
  }
  const make = (of: Codec<T>): Codec<T | undefined> => ({
    shape: { kind: 'optional', of },
    least: 0,
    depth: of.depth,
    read: (r) => (r.at < r.end ? readMapped(r, of) : undefined),
    write(w, value) {
      if (value !== undefined) of.write(w, value);
    },
  });
  return codec.bind === undefined ? make(codec) : { ...make(codec), bind: (scope: Scope) => make(codec.bind!(scope)) };
}

/**
 * A field that is there when an earlier one says so.
 *
 * @param field the name of a number or flag in front; a flag counts as 1 or 0.
 */
export function when<T>(field: string, test: (value: number) => boolean, codec: Codec<T>): Codec<T | undefined> {
  const make = (of: Codec<T>, slot: number): Codec<T | undefined> => ({
    shape: { kind: 'when', of, field, test },
    least: 0,
    depth: of.depth,
    read: (r) => (test(slotValue(r, slot, field)) ? readMapped(r, of) : undefined),
    write(w, value) {
      const wanted = test(w.slots[w.base + slot]!);
      if (wanted !== (value !== undefined)) failValue(w, wanted ? `a value, as ${field} says` : `nothing, as ${field} says`, value);
      if (value !== undefined) of.write(w, value);
    },
  });
  return { ...make(codec, -1), bind: (scope) => make(codec.bind?.(scope) ?? codec, scope.slotOf(field)) };
}

/** The forms of a {@link variant}, by number. */
export type VariantCases = Readonly<Record<number, Codec<unknown>>>;

/**
 * A field whose form an earlier number decides.
 *
 * @param field the name of the number or flag in front; a flag counts as 1 or 0.
 * @param other for a number that no case names; default: all octets up to the end, as they are.
 */
export function variant<const Cases extends VariantCases>(field: string, cases: Cases): Codec<ValueOf<Cases[keyof Cases]> | Uint8Array>;
/** The same with a form of its own for all other numbers. */
export function variant<const Cases extends VariantCases, Other>(
  field: string,
  cases: Cases,
  other: Codec<Other>,
): Codec<ValueOf<Cases[keyof Cases]> | Other>;
export function variant(field: string, cases: VariantCases, fallback: Codec<unknown> = rest): Codec<unknown> {
  const depth = 1 + Math.max(fallback.depth, ...Object.values<Codec<unknown>>(cases).map((c) => c.depth));
  const make = (bound: ReadonlyMap<number, Codec<unknown>>, otherwise: Codec<unknown>, slot: number): Codec<unknown> => ({
    shape: { kind: 'variant', field, cases, other: fallback },
    least: 0,
    depth,
    read: (r) => readMapped(r, bound.get(slotValue(r, slot, field)) ?? otherwise),
    write(w, value) {
      (bound.get(w.slots[w.base + slot]!) ?? otherwise).write(w, value);
    },
  });
  const all = Object.entries<Codec<unknown>>(cases);
  return {
    ...make(new Map(), fallback, -1),
    bind: (scope) =>
      make(
        new Map(all.map(([tag, codec]) => [Number(tag), codec.bind?.(scope) ?? codec])),
        fallback.bind?.(scope) ?? fallback,
        scope.slotOf(field),
      ),
  };
}

function slotValue(r: Reader, slot: number, field: string): number {
  if (slot < 0) fail(r, 'invalid-argument', 'a declaration', `a struct with the field ${field}`, 'none', r.at);
  return r.slots[r.base + slot]!;
}
