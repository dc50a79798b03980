/**
 * The lines of a Wireshark table, and their fields: quoted or bare, with commas between them.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

const quoted = /\s*"((?:[^"\\]|\\.)*)"\s*/y;
const bare = /\s*([^",\s]*)\s*/y;

/** One line of a table. */
interface TableLine {
  /** Its fields. */
  readonly fields: readonly string[];
  /** Where it stands, for errors: `esp_sa.3`. */
  readonly path: string;
}

/** The lines of a table that are neither empty nor comments. @param name of the table. */
export function* readLines(text: string, name: string): Generator<TableLine> {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  for (const [i, line] of lines.entries()) {
    const path = `${name}.${i + 1}`;
    if (!/^\s*(#|$)/.test(line)) yield { fields: readFields(line, path), path };
  }
}

/** Splits a line. In quotes `\xHH` is a character by its number, `\` before anything else stands for that. */
function readFields(line: string, path: string): string[] {
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
