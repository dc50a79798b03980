/**
 * The single values of selectors as people write them: ranges of addresses, protocols, ports, ICMP type/code.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { type AddressRange, OPAQUE, parsePrefix, protocols } from '../ip.js';
import { hasOneSelector, protocolNames, protocolNumber } from './protocol.js';
import { type Addresses, ANY, type PortRange, type Ports } from './types.js';

/** An `invalid-config` error about one value. */
export function badValue(what: string, path: string, expected: string, found: unknown, nearest?: string): IpsecError {
  const shown = inWords(found);
  return new IpsecError('invalid-config', what, { path, expected, found: shown, ...(nearest === undefined ? {} : { nearest }) });
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : typeof value;
}

/** `"any"`, `"10.0.0.0/8"`, `"192.0.2.1-192.0.2.9"`, several with commas between them, or a list of such texts. */
export function parseAddresses(value: unknown, path: string): Addresses {
  const parts = texts(value, 'an address selector', '"any", an address, a prefix, a range, or a list of these', path);
  if (parts.length === 1 && isWord(parts[0]!.text, 'any')) return ANY;
  return parts.map(({ text, path: place }) => parseRange(text, place));
}

/** One range of addresses; the error of {@link parsePrefix} with its path. */
function parseRange(text: string, path: string): AddressRange {
  if (isWord(text, 'any')) throw badValue('"any" in a list of addresses', path, 'that it stands alone', text);
  try {
    return parsePrefix(text);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const { expected, found, nearest } = error;
    throw new IpsecError('invalid-config', 'a range of addresses', {
      path,
      cause: error,
      expected: expected ?? 'such as 192.0.2.0/24',
      found: found ?? JSON.stringify(text),
      ...(nearest === undefined ? {} : { nearest }),
    });
  }
}

/** A number 0 to 255, a name such as `"tcp"`, `"any"` or `"opaque"`. */
export function parseProtocol(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  const known = protocolNumber(text);
  if (known !== undefined) return known;
  throw badValue(
    'a Next Layer Protocol',
    path,
    'a number 0 to 255, a name, "any" or "opaque"',
    value,
    text === '' ? undefined : nearestName(text, protocolNames),
  );
}

/**
 * `"any"`, `"opaque"`, a port, `"1024-65535"`, several with commas, or a list. For ICMP `type`, `type/code`, `type/code-code`,
 * `type-type` or `type/code-type/code`; for the Mobility Header types.
 */
export function parsePorts(value: unknown, protocol: number, path: string): Ports {
  const parts = texts(value, 'a port selector', '"any", "opaque", a port, a range, or a list of these', path);
  if (parts.length === 1) {
    if (isWord(parts[0]!.text, 'any')) return ANY;
    if (isWord(parts[0]!.text, 'opaque')) return OPAQUE;
  }
  const ranges = parts.map(({ text, path: place }) =>
    hasOneSelector(protocol) ? parseTypes(text, protocol, place) : parsePortRange(text, place),
  );
  // RFC 4301 section 4.4.1.2: "ANY:     start = 0        end = <max>"
  return ranges.length === 1 && ranges[0]!.start === 0 && ranges[0]!.end === 0xffff ? ANY : ranges;
}

function parsePortRange(text: string, path: string): PortRange {
  const [, start, end] = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(text) ?? [];
  const range = { start: Number(start), end: Number(end ?? start) };
  if (start === undefined || range.end > 0xffff || range.start > range.end)
    throw badValue('a range of ports', path, 'a port 0 to 65535, or two with a hyphen, the lower first', text);
  return range;
}

function parseTypes(text: string, protocol: number, path: string): PortRange {
  const mobility = protocol === protocols['Mobility Header'];
  const pattern = mobility
    ? /^\s*(\d{1,3})()(?:\s*-\s*(\d{1,3})())?\s*$/
    : /^\s*(\d{1,3})(?:\/(\d{1,3}))?(?:\s*-\s*(\d{1,3})(?:\/(\d{1,3}))?)?\s*$/;
  const [match, type, code, second, secondCode] = pattern.exec(text) ?? [];
  const expected = mobility
    ? 'an MH type 0 to 255, or two with a hyphen'
    : 'type, type/code, type/code-code, type-type or type/code-type/code';
  if (match === undefined) throw badValue('a range of message types', path, expected, text);
  const given = [type, code, second, secondCode].filter((s) => s !== undefined && s !== '').map(Number);
  // "3/0-5": a single type and a range of codes; "3-5": a range of types
  const codes = Boolean(code) && second !== undefined && secondCode === undefined;
  const lastType = codes ? type : (second ?? type);
  const lastCode = mobility ? 0 : codes ? second : (secondCode ?? (second === undefined ? code : undefined) ?? 0xff);
  // RFC 4301 section 4.4.1.1: "(T-start*256) + C-start <= (t*256) + c <= (T-end*256) + C-end"
  const range = { start: Number(type) * 256 + Number(code || 0), end: Number(lastType) * 256 + Number(lastCode) };
  if (given.some((n) => n > 255) || range.start > range.end)
    throw badValue('a range of message types', path, `${expected}, each 0 to 255`, text);
  return range;
}

function isWord(text: string, word: string): boolean {
  return text.trim().toLowerCase() === word;
}

interface Text {
  readonly text: string;
  readonly path: string;
}

function texts(value: unknown, what: string, expected: string, path: string): Text[] {
  if (typeof value === 'number') return [{ text: String(value), path }];
  if (typeof value === 'string') return value.split(',').map((text) => ({ text: text.trim(), path }));
  if (!Array.isArray(value) || value.length === 0) throw badValue(what, path, expected, value);
  return value.flatMap((item: unknown, i) => {
    if (Array.isArray(item)) throw badValue(what, `${path}.${i}`, expected, item);
    return texts(item, what, expected, `${path}.${i}`);
  });
}
