/**
 * What octet maps of both versions of IKE have in common.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { IpsecError } from '../errors.js';
import { nameOf, type RegistryRow } from '../iana/registry.js';
import type { MappedField } from '../wire.js';
import type { MappedHeader } from './packet-map.js';

/** What `mapMessage` and `mapIkev1Message` return. */
export interface MessageMap {
  /** The header, then the payloads; offsets in the message. */
  readonly parts: readonly MappedHeader[];
  /** The payloads inside the Encrypted payload; offsets in what stands encrypted. */
  readonly inside: readonly MappedHeader[];
  /** Why reading stopped early, if it did. */
  readonly error?: IpsecError;
}

/** A chain of four-octet payloads maps into some ten rows each: what is longer is nothing that anybody reads. */
export const mapLimits = { payloads: 100, elements: 2000 };

/** The rows of a chain, payload by payload; their paths begin inside the payload. */
export function mapPayloads(fields: readonly MappedField[], first: number, names: readonly RegistryRow[]): MappedHeader[] {
  const parts: { header: string; fields: MappedField[] }[] = [];
  let type = first;
  for (const field of fields) {
    const match = /^payloads\.(\d+)\.(.*)$/.exec(field.path);
    if (match === null) continue;
    const index = Number(match[1]);
    if (index === parts.length) {
      parts.push({ header: nameOf(names, type), fields: [] });
      if (match[2] === 'nextPayload') type = Number(field.value);
    }
    parts[index]?.fields.push({ ...field, path: match[2]! });
  }
  return parts;
}

/** Octets that one line shows. */
const SHOWN = 8;

/** A map as text. `content`: what stands encrypted, in clear. */
export function formatMessageMap(octets: Uint8Array, { parts, inside, error }: MessageMap, content: Uint8Array | undefined): string {
  return [
    ...parts.flatMap((part) => [part.header, ...part.fields.map((field) => formatField(octets, field, '  '))]),
    ...inside.flatMap((part) => [`  ${part.header}`, ...part.fields.map((field) => formatField(content!, field, '    '))]),
    ...(error === undefined ? [] : [`read no further: ${error.message}`]),
  ].join('\n');
}

function formatField(octets: Uint8Array, { path, offset, length, bits, value, name }: MappedField, indent: string): string {
  const there = octets.subarray(offset, offset + length);
  const hex = there.length <= SHOWN ? toHex(there) : `${toHex(there.subarray(0, SHOWN - 1))}..`;
  const where =
    bits === undefined ? '' : ` bit${bits.count > 1 ? 's' : ''} ${bits.from}${bits.count > 1 ? `-${bits.from + bits.count - 1}` : ''}`;
  const shown = name === undefined ? describe(value) : typeof value === 'number' && name !== '' ? `${value} (${name})` : name;
  return `${indent}${`${offset}`.padStart(4)}  ${hex.padEnd(2 * SHOWN)}  ${path}${where}${shown === '' ? '' : `: ${shown}`}`;
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return value.length > SHOWN ? `${value.length} octets` : value.length === 0 ? 'empty' : '';
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? `${Number(value)}` : '';
}
