/**
 * JSON with an error that says where: line and column, the same in every engine, and never a piece of the text, which may be a key.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

/** Parses JSON; a byte order mark in front is allowed. Throws `invalid-config` with line, column and offset. */
export function parseJson(text: string, what: string): unknown {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    const offset = findJsonError(json);
    const before = json.slice(0, offset).split(/\r\n|\r|\n/);
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw new IpsecError('invalid-config', what, {
      expected: 'valid JSON',
      found: offset >= json.length ? `its end at ${place}` : `an error at ${place}`,
      offset,
    });
  }
}

const blank = /[ \t\r\n]*/y;
const scalar =
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const memberName = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"[ \t\r\n]*:/y;

/** Where a text stops being JSON. A stack of open brackets, no recursion, one pass. */
function findJsonError(text: string): number {
  const open: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match !== null;
  };
  const closes = (): boolean => open.length > 0 && text[at] === (open.at(-1) === '{' ? '}' : ']');
  for (;;) {
    // In front of a value: or of the end of an empty list or object.
    take(blank);
    const bracket = text[at];
    if (bracket === '{' || bracket === '[') {
      open.push(bracket);
      at++;
      take(blank);
      if (!closes()) {
        if (bracket === '{' && !take(memberName)) return at;
        continue;
      }
    } else if (!take(scalar)) return at;
    // Behind a value.
    for (take(blank); closes(); take(blank)) {
      open.pop();
      at++;
    }
    if (open.length === 0 || text[at] !== ',') return at;
    at++;
    take(blank);
    if (open.at(-1) === '{' && !take(memberName)) return at;
  }
}
