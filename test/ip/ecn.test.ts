import { describe, expect, it } from 'vitest';
import { decapsulateEcn, ecn, encapsulateEcn } from '../../src/ip.js';

/** RFC 6040 section 4.2, figure 4: the lines of the table as the RFC prints them. */
const figure4 = `
| Not-ECT | Not-ECT |Not-ECT(!!!)|Not-ECT(!!!)| <drop>(!!!)|
|  ECT(0) |  ECT(0) | ECT(0)     | ECT(1)     |     CE     |
|  ECT(1) |  ECT(1) | ECT(1) (!) | ECT(1)     |     CE     |
|    CE   |      CE |     CE     |     CE(!!!)|     CE     |`;
/** RFC 6040 section 4.1, figure 3. */
const figure3 = `
|    Not-ECT      |   Not-ECT     |   Not-ECT     |
|     ECT(0)      |   Not-ECT     |    ECT(0)     |
|     ECT(1)      |   Not-ECT     |    ECT(1)     |
|       CE        |   Not-ECT     |      CE       |`;

const codepoint: Record<string, number> = { 'Not-ECT': ecn.notEct, 'ECT(0)': ecn.ect0, 'ECT(1)': ecn.ect1, CE: ecn.ce };
const rows = (table: string): string[][] => table.trim().split('\n').map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
const columns = ['Not-ECT', 'ECT(0)', 'ECT(1)', 'CE'];

describe('RFC 6040 section 4.2, figure 4', () => {
  const cases = rows(figure4).flatMap(([inner, ...cells]) => cells.map((cell, i): [string, string, string] => [inner!, columns[i]!, cell]));

  it.each(cases)('inner %s, outer %s: %s', (inner, outer, cell) => {
    const outcome = decapsulateEcn(codepoint[outer]!, codepoint[inner]!);
    const [, result, mark] = /^(\S+?) ?(\(!+\))?$/.exec(cell)!;
    expect(outcome.drop).toBe(result === '<drop>');
    if (!outcome.drop) expect(outcome.ecn).toBe(codepoint[result!]);
    expect(outcome.alarm).toBe(mark === '(!!!)' ? 'dangerous' : mark === '(!)' ? 'possibly dangerous' : 'none');
  });

  it('looks at the lower two bits alone and hands out frozen records', () => {
    expect(decapsulateEcn(0xb8 | ecn.ce, 0x2c | ecn.ect0)).toBe(decapsulateEcn(ecn.ce, ecn.ect0));
    expect(Object.isFrozen(decapsulateEcn(0, 0))).toBe(true);
  });
});

describe('RFC 6040 section 4.1, figure 3', () => {
  it.each(rows(figure3))('incoming %s: compatibility %s, normal %s', (incoming, compatibility, normal) => {
    const inner = codepoint[incoming]! | 0xb8;
    expect(encapsulateEcn(inner, 'compatibility')).toBe(codepoint[compatibility]);
    expect(encapsulateEcn(inner)).toBe(codepoint[normal]);
    expect(encapsulateEcn(inner, 'none')).toBe(ecn.notEct);
  });
});

it('RFC 3168 section 5: the codepoints', () => {
  expect([ecn.notEct, ecn.ect1, ecn.ect0, ecn.ce]).toEqual([0b00, 0b01, 0b10, 0b11]);
});
