/**
 * Numbers that follow from other fields and are not part of the value: on receipt they bound what is read, on sending they are
 * computed. Only a `struct` can read and write them.
 *
 * @module
 */
import { type Codec, fail, type HiddenCodec, type Reader, type Shape, type Writer } from './codec.js';

/** How a number on the wire stands for octets: octets = wire × unit + plus. */
export interface Scale {
  /** Octets per unit; default 1. */
  readonly unit?: number;
  /** Octets that are not counted; default 0. */
  readonly plus?: number;
}

/**
 * The size in octets of a later field of the same structure. The field names this one in turn: `bytes('spiSize')`.
 *
 * @param codec how the number itself is encoded: `u8`, `u16`, `bits(4)`.
 */
export function sizeOf(field: string, codec: Codec<number>, scale: Scale = {}): HiddenCodec {
  return derived(codec, { kind: 'size', of: codec, field, unit: scale.unit ?? 1, plus: scale.plus ?? 0 });
}

/** The number of elements of a later list of the same structure, which names this field in turn: `array(x, 'count')`. */
export function countOf(field: string, codec: Codec<number>): HiddenCodec {
  return derived(codec, { kind: 'count', of: codec, field, unit: 1, plus: 0 });
}

/** The size in octets that every element of a later list has: `array(bytes('spiSize'), 'numSpis')`. Zero when there are none. */
export function elementSizeOf(field: string, codec: Codec<number>): HiddenCodec {
  return derived(codec, { kind: 'each', of: codec, field, unit: 1, plus: 0 });
}

/** Whether a later field is a number and no octets: the AF bit of data attributes. Read as 1 or 0 by a `variant`. */
export function shortOf(field: string, codec: Codec<boolean>): HiddenCodec {
  const bit = codec as Codec<unknown> as Codec<number>;
  return derived(bit, { kind: 'short', of: bit, field, unit: 1, plus: 0 });
}

/** The type of the first element of a later chain, which names this field in turn: IKE's Next Payload. */
export function firstOf(field: string, codec: Codec<number>): HiddenCodec {
  return derived(codec, { kind: 'next', of: codec, field, unit: 1, plus: 0 });
}

/**
 * The length of the structure that this is a field of, from its first octet to its last. What follows in the structure is read
 * within that length, and has to fill it.
 */
export function lengthOf(codec: Codec<number>, scale: Scale = {}): HiddenCodec {
  return derived(codec, { kind: 'length', of: codec, unit: scale.unit ?? 1, plus: scale.plus ?? 0 });
}

function derived(codec: Codec<number>, shape: Shape): HiddenCodec {
  const outside = (r: Reader | Writer): never =>
    fail(r, 'invalid-argument', 'a declaration', 'a derived field inside a struct', 'one by itself', r.at);
  return { isHidden: true, shape, least: codec.least, depth: codec.depth, read: outside, write: outside };
}
