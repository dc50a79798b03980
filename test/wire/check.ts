/** The checks that every declaration has to pass. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { type Codec, decode, encode, octetMap } from '../../src/wire.js';
import { arbitrary } from './arbitrary.js';

/** Decodes, or gives the error, which has to be an `IpsecError` that points into the octets and blames the network. */
function attempt<T>(codec: Codec<T>, octets: Uint8Array): { value: T } | { error: IpsecError } {
  const before = toHex(octets);
  const result = decodeOrError(codec, octets);
  if (toHex(octets) !== before) throw new Error('the input was changed');
  return result;
}

function decodeOrError<T>(codec: Codec<T>, octets: Uint8Array): { value: T } | { error: IpsecError } {
  try {
    return { value: decode(codec, octets) };
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const { code, offset } = error;
    if (code !== 'truncated' && code !== 'malformed' && code !== 'trailing-octets') throw error;
    if (offset === undefined || offset < 0 || offset > octets.length) throw error;
    return { error };
  }
}

/** Payloads without the body that they were received with: its RESERVED octets are not sent again. */
function asSent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const hasBody = 'idType' in value || 'situation' in value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]) => (hasBody && key === 'body' ? [] : [[key, asSent(v)]])));
}

/** What decodes has to encode again, and that to decode to the same. */
function again<T>(codec: Codec<T>, octets: Uint8Array): void {
  const result = attempt(codec, octets);
  if ('value' in result) expect(asSent(decode(codec, encode(codec, result.value)))).toEqual(asSent(result.value));
  const map = octetMap(codec, octets);
  if ((map.error !== undefined && !('error' in result)) || (map.error === undefined && map.end < octets.length && 'value' in result))
    throw new Error('map and value differ');
  for (const { offset, length } of map.fields) {
    if (offset < 0 || offset + length > octets.length) throw new Error(`a row of the octet map outside: ${offset} + ${length}`);
  }
}

/** Round trip, truncation at every octet, every single-octet mutation, arbitrary octets. */
export function checkDeclaration(codec: Codec<unknown>, numRuns = 30): void {
  fc.assert(
    fc.property(arbitrary(codec, fc), (value) => {
      const octets = encode(codec, value);
      expect(octets.length).toBeGreaterThanOrEqual(codec.least);
      expect(decode(codec, octets)).toEqual(value);
      for (let length = 0; length < octets.length; length++) again(codec, octets.subarray(0, length));
      for (let i = 0; i < Math.min(octets.length, 64); i++) {
        const was = octets[i]!;
        for (const change of [0x01, 0x80, 0xff]) {
          octets[i] = was ^ change;
          again(codec, octets);
        }
        octets[i] = was;
      }
    }),
    { numRuns },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      again(codec, octets);
    }),
    { numRuns: 10 * numRuns },
  );
}
