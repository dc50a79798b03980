import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { nodeLegacyRows, nodeRows } from '../../src/node/suite.js';
import { createNodeAead, type NodeAead } from '../../src/node/suite/aead.js';
import { createNodeCmac, createNodeHmac, createNodeXcbc } from '../../src/node/suite/mac.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { describeBehaviour, describeImplicitIv, label } from './behaviour.js';
import { describeVectors, type Engine } from './cases.js';

const node: Engine = {
  rows: [...nodeRows, ...nodeLegacyRows],
  hmac: (hash, key, icvLength) => createNodeHmac(hash, hash, key, icvLength),
  cmac: (key, icvLength) => createNodeCmac('cmac', key, icvLength),
  xcbc: (key, icvLength) => createNodeXcbc('xcbc', key, icvLength),
  ccm: (keyAndSalt, keyLength, icvLength) =>
    createNodeAead('ccm', `aes-${keyLength * 8}-ccm` as NodeAead, keyAndSalt, keyLength, icvLength),
};
const nobleRows = [...aeadRows, ...encrRows, ...integRows, ...legacyRows];

describe('vectors', () => {
  describeVectors(node);
});
describe('behaviour', () => {
  describeBehaviour(node);
});
describe('RFC 8750', () => {
  describeImplicitIv(node);
});

describe('the two engines', () => {
  it('offer the same rows in the same order', () => {
    const facts = (rows: readonly (typeof nobleRows)[number][]): unknown[] => rows.map((row) => ({ ...row, engine: '', create: null }));
    expect(facts(node.rows)).toEqual(facts(nobleRows));
    expect(node.rows.every((row) => row.engine === 'node')).toBe(true);
    expect(nobleRows.every((row) => row.engine === 'noble')).toBe(true);
  });

  const octets = (min: number, max = min): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });
  it.each(nobleRows.map((row, i) => [label(row), row, node.rows[i]!] as const))('agree on %s, any length and alignment', (_, a, b) => {
    fc.assert(
      fc.property(
        octets(a.keyLength + a.saltLength),
        octets(a.kind === 'aead' ? 8 : a.ivLength),
        octets(0, 40),
        octets(0, 2000),
        fc.nat(7),
        (key, iv, aad, text, offset) => {
          const blockSize = 'blockSize' in a ? a.blockSize : 1;
          const end = offset + text.length - (text.length % blockSize);
          const results = [a, b].map((row) => {
            const buffer = new Uint8Array(2 * offset + text.length + 32).subarray(offset);
            buffer.set(text, offset);
            let opened = true;
            if (row.kind === 'aead') {
              row.create(key).seal(aad, iv, buffer, offset, end);
              const copy = buffer.slice();
              opened = row.create(key).open(aad, iv, copy, offset, end);
              expect(toHex(copy.subarray(offset, end))).toBe(toHex(text.subarray(0, end - offset)));
            } else if (row.kind === 'cipher') {
              const context = row.create(key);
              context.encrypt(iv, buffer, offset, end);
              context.encrypt(iv, buffer, offset, end);
            } else {
              const context = row.create(key);
              context.begin(iv);
              context.update(aad, 0, aad.length);
              context.update(buffer, offset, end);
              context.finishInto(buffer, end);
            }
            return { opened, buffer: toHex(buffer) };
          });
          expect(results[0]!.opened).toBe(true);
          expect(results[1]).toEqual(results[0]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
