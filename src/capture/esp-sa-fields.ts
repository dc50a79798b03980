/**
 * The fields of a line of a Wireshark table: quoted or bare, with commas between them.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

const quoted = /\s*"((?:[^"\\]|\\.)*)"\s*/y;
const bare = /\s*([^",\s]*)\s*/y;

/** Splits a line. In quotes `\xHH` is a character by its number, `\` before anything else stands for that. */
export function readFields(line: string, path: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    quoted.lastIndex = at;
    bare.lastIndex = at;
    const inQuotes = quoted.exec(line);
    const match = inQuotes ?? bare.exec(line);
    if (match === null) throw notAField(path, at);
    fields.push(inQuotes === null ? match[1]! : unescape(match[1]!));
    at += match[0].length;
    if (at >= line.length) return fields;
    if (line[at] !== ',') throw notAField(path, at);
  }
}

function notAField(path: string, at: number): IpsecError {
  return new IpsecError('invalid-config', 'a line of a Wireshark table', {
    path,
    expected: 'fields in double quotes with commas between them',
    found: `something else at column ${at + 1}`,
  });
}

function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_all, hex: string | undefined, character: string | undefined) =>
    hex === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
