import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { deflate } from '../../src/ipcomp.js';
import { configRows, nodeDeflate, parseConfig } from '../../src/node.js';
import { aeadRows } from '../../src/suite/aead.js';
import { prfRows } from '../../src/suite/prf.js';
import { keyExchangeRows } from '../../src/suite/dh.js';

const json = (ports?: unknown): object => ({
  ike: 2,
  addresses: ['127.0.0.1'],
  ...(ports !== undefined && { ports }),
  connections: [{ name: 'office', auth: { psk: 'hush' }, remote: { id: 'b.example' }, children: [{ remote: '10.2.0.0/16' }] }],
});

function wrong(value: unknown): string {
  try {
    parseConfig(value);
  } catch (error) {
    if (error instanceof IpsecError) return `${error.code} ${error.path ?? ''}`;
    throw error;
  }
  return 'fine';
}

describe('parseConfig', () => {
  test.each([
    [undefined, { ike: 500, nat: 4500 }],
    [{ ike: 1500 }, { ike: 1500, nat: 4500 }],
    [{ ike: 0 }, { ike: 0, nat: 4500 }],
    [{ nat: 0 }, { ike: 500, nat: 0 }],
    [
      { ike: 0, nat: 0 },
      { ike: 0, nat: 0 },
    ],
    [
      { ike: 7000, nat: 7000 },
      { ike: 7000, nat: 7000 },
    ],
    [{ ike: 4500 }, { ike: 4500, nat: 4500 }],
    [
      { nat: 1, ike: 0 },
      { ike: 0, nat: 1 },
    ],
    [
      { nat: 0, ike: 2 },
      { ike: 2, nat: 0 },
    ],
  ])('ports %j', (ports, expected) => {
    const value = json(ports);
    const before = JSON.stringify(value);
    expect(parseConfig(value).ports).toEqual(expected);
    expect(JSON.stringify(value)).toBe(before);
  });

  test.each([
    [json({ ike: -1 }), 'invalid-config ports.ike'],
    [json({ nat: 70_000 }), 'invalid-config ports.nat'],
    [json({ ike: 70_000, nat: 70_000 }), 'invalid-config ports.nat'],
    [json({ ike: 'any', nat: 0 }), 'invalid-config ports.ike'],
    [json([]), 'invalid-config ports'],
    [json(7), 'invalid-config ports'],
    [[], 'invalid-config configuration'],
    [undefined, 'invalid-config configuration'],
  ])('%j is refused', (value, expected) => {
    expect(wrong(value)).toBe(expected);
  });

  test('the caller may give the rows and the codec', () => {
    const config = parseConfig(json(), {
      rows: [...aeadRows, ...prfRows, ...keyExchangeRows, ...configRows().filter(({ kind }) => kind === 'integrity')],
      compression: deflate,
    });
    expect(config.compression).toBe(deflate);
    expect(config.connections[0]?.ike.proposals[0]?.keyExchange[0]?.engine).toBe('noble');
  });
});

describe('configRows', () => {
  const rows = configRows();
  const names = rows.map((row) => `${row.kind} ${row.name} ${'keyLength' in row ? row.keyLength : ''}`);

  test('every algorithm once, and node:crypto where it has it', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const row of [...aeadRows, ...prfRows, ...keyExchangeRows]) {
      const found = rows.find(
        ({ kind, name, ...rest }) =>
          kind === row.kind && name === row.name && (!('keyLength' in row) || ('keyLength' in rest && rest.keyLength === row.keyLength)),
      );
      expect(found, row.name).toBeDefined();
    }
    expect(rows.find(({ name }) => name === 'Curve25519')).toMatchObject({ engine: 'node' });
  });
});

describe('RFC 2394: DEFLATE over zlib', () => {
  const text = new TextEncoder().encode('all work and no play '.repeat(40));

  test('what fflate makes it opens, and the other way round', () => {
    expect(nodeDeflate.decompress(deflate.compress(text), 2000)).toEqual(text);
    expect(deflate.decompress(nodeDeflate.compress(text), 2000)).toEqual(text);
    expect(nodeDeflate.compress(text).constructor).toBe(Uint8Array);
    expect([nodeDeflate.id, nodeDeflate.name]).toEqual([deflate.id, deflate.name]);
  });

  test('a bomb, garbage, what is cut off: undefined', () => {
    const bomb = nodeDeflate.compress(new Uint8Array(1 << 22));
    expect(nodeDeflate.decompress(bomb, 65_535)).toBeUndefined();
    expect(nodeDeflate.decompress(nodeDeflate.compress(text), text.length - 1)).toBeUndefined();
    expect(nodeDeflate.decompress(nodeDeflate.compress(text), text.length)).toEqual(text);
    expect(nodeDeflate.decompress(nodeDeflate.compress(Uint8Array.of(1)), 0)).toBeUndefined();
    expect(nodeDeflate.decompress(nodeDeflate.compress(text).subarray(0, 9), 2000)).toBeUndefined();
    expect(nodeDeflate.decompress(Uint8Array.of(7, 255, 1, 2, 3), 2000)).toBeUndefined();
    expect(nodeDeflate.decompress(new Uint8Array(0), 2000)).toBeUndefined();
  });
});
