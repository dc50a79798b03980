/**
 * PEM: blocks of base64 between BEGIN and END lines, as OpenSSL and everybody else write keys and certificates. Text around the blocks is skipped; what is
 * wrong inside one is told with its line.
 *
 * @module
 */
import { IpsecError, type IpsecErrorCode, type IpsecErrorDetails } from '../errors.js';

/** One block. */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` ... */
  readonly label: string;
  /** The number of its BEGIN line, from 1. */
  readonly line: number;
  /** The header lines of old encrypted keys, such as `DEK-Info: AES-256-CBC,...`. */
  readonly headers: readonly string[];
  /** What it holds. */
  readonly der: Uint8Array;
}

/** A file: either one structure of DER, or blocks. */
export type Armour = { readonly kind: 'der'; readonly der: Uint8Array } | { readonly kind: 'pem'; readonly blocks: readonly PemBlock[] };

/** More than any key, chain or collection of trust anchors needs; a large revocation list fits. */
const MAX_OCTETS = 1 << 26;

/**
 * Takes a file apart.
 *
 * @throws IpsecError `unknown-format` (neither PEM nor DER), `truncated`, `malformed`, `limit-exceeded`.
 */
export function readArmour(input: Uint8Array | string, source: string | undefined): Armour {
  if (input.length > MAX_OCTETS)
    throw fileError('limit-exceeded', 'a file of keys or certificates', source, {
      expected: `at most ${MAX_OCTETS} octets`,
      found: String(input.length),
    });
  if (typeof input !== 'string' && input[0] === 0x30) return { kind: 'der', der: input };
  const text = typeof input === 'string' ? input : textOf(input);
  const blocks = readBlocks(text, source);
  if (blocks.length > 0) return { kind: 'pem', blocks };
  throw fileError('unknown-format', 'a file of keys or certificates', source, {
    expected: 'PEM (a line that begins with -----BEGIN) or DER (a first octet 30)',
    found: firstOf(input, text),
  });
}

/** An error of a file: the caller has to look at it. */
export function fileError(
  code: IpsecErrorCode,
  what: string,
  source: string | undefined,
  details: Omit<IpsecErrorDetails, 'path' | 'blame'>,
): IpsecError {
  return new IpsecError(code, what, { ...details, ...(source === undefined ? {} : { path: source }), blame: 'caller' });
}

/** A file of a Windows editor may be UTF-16 with a byte order mark; the mark of UTF-8 is taken away by the decoder. */
function textOf(octets: Uint8Array): string {
  const [first, second] = octets;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(octets);
}

function firstOf(input: Uint8Array | string, text: string): string {
  if (text.trim() === '') return input.length === 0 ? 'nothing: it is empty' : 'nothing but white space';
  if (/^[\s\ufeff]*[A-Za-z0-9+/=\s]+$/.test(text.slice(0, 200))) return 'base64 without its BEGIN and END lines';
  if (typeof input === 'string' || /^[\s\x20-\x7e]{4}/.test(text)) return 'text';
  return `octets ${Array.from(input.subarray(0, 4), (octet) => octet.toString(16).padStart(2, '0')).join(' ')}`;
}

function readBlocks(text: string, source: string | undefined): PemBlock[] {
  const lines = text.split(/\r\n|\n|\r/);
  const blocks: PemBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const label = labelOf(lines[at]!, 'BEGIN');
    if (label === undefined) continue;
    const end = endOf(lines, at, label, source);
    const [headers, from] = headersOf(lines, at + 1, end);
    blocks.push({ label, line: at + 1, headers, der: decodeBase64(lines, from, end, label, at + 1, source) });
    at = end;
  }
  return blocks;
}

/** What a line begins or ends; white space around it and a byte order mark in front of it are no harm. */
function labelOf(line: string, word: 'BEGIN' | 'END'): string | undefined {
  const bare = line.replace(/^\ufeff/, '').trim();
  return bare.startsWith(`-----${word} `) && bare.endsWith('-----') && bare.length > word.length + 11
    ? bare.slice(word.length + 6, -5)
    : undefined;
}

function endOf(lines: readonly string[], begin: number, label: string, source: string | undefined): number {
  for (let at = begin + 1; at < lines.length; at++) {
    const line = lines[at]!;
    if (!line.includes('-----')) continue;
    if (labelOf(line, 'END') === label) return at;
    throw blockError('malformed', label, begin + 1, source, `-----END ${label}-----`, `${markOf(line)} in line ${at + 1}`);
  }
  throw blockError('truncated', label, begin + 1, source, `-----END ${label}-----`, 'the end of the file');
}

/** What a line with dashes is. It is not shown: a part of a private key may stand before them. */
function markOf(line: string): string {
  for (const word of ['BEGIN', 'END'] as const) {
    const label = labelOf(line, word);
    if (label !== undefined) return `-----${word} ${label.slice(0, 40)}-----`;
  }
  return 'dashes';
}

/** RFC 1421 header lines: `Name: value`, then an empty line. */
function headersOf(lines: readonly string[], from: number, end: number): [readonly string[], number] {
  if (!lines[from]!.includes(':')) return [[], from];
  let at = from;
  while (at < end && lines[at]!.trim() !== '') at++;
  return [lines.slice(from, at), at];
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = /* @__PURE__ */ new Map(/* @__PURE__ */ Array.from(alphabet, (character, value) => [character, value]));

/** Strict, for `atob` says only that something is wrong, and a secret should not pass through strings that nobody can wipe more than it must. */
function decodeBase64(
  lines: readonly string[],
  from: number,
  end: number,
  label: string,
  begin: number,
  source: string | undefined,
): Uint8Array {
  let characters = 0;
  for (let at = from; at < end; at++) characters += lines[at]!.length;
  const out = new Uint8Array(Math.ceil((characters * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  let padding = 0;
  for (let at = from; at < end; at++) {
    for (const character of lines[at]!) {
      if (character === ' ' || character === '\t') continue;
      const value = values.get(character);
      if (character === '=') padding++;
      if (value === undefined ? character !== '=' : padding > 0)
        throw blockError('malformed', label, begin, source, 'base64', `${shown(character)} in line ${at + 1}`);
      if (value === undefined) continue;
      held = ((held << 6) | value) & 0xffff;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      out[length++] = (held >>> bits) & 0xff;
    }
  }
  // 4 characters are 3 octets: 2 bits or 4 bits may be left over, and say how much padding there has to be.
  if (bits === 6 || padding !== bits / 2 || (held & ((1 << bits) - 1)) !== 0)
    throw blockError('malformed', label, begin, source, 'base64 in whole groups of 4 characters', `an end in the middle, line ${end}`);
  if (length === 0) throw blockError('malformed', label, begin, source, 'base64', `nothing before line ${end + 1}`);
  return out.subarray(0, length);
}

function shown(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0x20 && code < 0x7f ? JSON.stringify(character) : `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function blockError(
  code: 'malformed' | 'truncated',
  label: string,
  line: number,
  source: string | undefined,
  expected: string,
  found: string,
): IpsecError {
  return fileError(code, `the block ${label.slice(0, 40)} of line ${line}`, source, { expected, found });
}
