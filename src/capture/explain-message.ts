/**
 * The octet map of an IKEv2 message: header, then payload after payload, every octet with its name, printed from the declarations that
 * read and write messages.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { IpsecError } from '../errors.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { payloadTypes } from '../iana/ikev2.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { pseudorandomFunctions } from '../iana/prf.js';
import { nameOf, type RegistryRow } from '../iana/registry.js';
import { messageCodec } from '../ikev2/message.js';
import { payloadTypesV2 } from '../ikev2/payload-cases.js';
import { chain } from '../isakmp/chain.js';
import { type Codec, type MappedField, octetMap } from '../wire.js';
import type { MappedHeader } from './packet-map.js';

/** What stands encrypted in a message, in clear: `opened` of `openSk`, `firstPayload` and `content` of a followed message. */
export interface ClearContent {
  /** The type of the first payload. */
  readonly firstPayload: number;
  /** The payloads, without padding. */
  readonly content: Uint8Array;
  /** Octets of IV in front of what is encrypted; with `icvLength` the octets of the SK payload are named too. */
  readonly ivLength?: number;
  /** Octets of Integrity Checksum Data at the end. */
  readonly icvLength?: number;
}

/** What {@link mapMessage} returns. */
export interface MessageMap {
  /** The header, then the payloads; offsets in the message. */
  readonly parts: readonly MappedHeader[];
  /** The payloads inside the Encrypted payload; offsets in what stands encrypted. */
  readonly inside: readonly MappedHeader[];
  /** Why reading stopped early, if it did. */
  readonly error?: IpsecError;
}

/** A chain of four-octet payloads maps into some ten rows each: what is longer is nothing that anybody reads. */
const limits = { payloads: 100, elements: 2000 };

/**
 * Explains a message field by field. Never throws for what is in it.
 *
 * @param octets without the Non-ESP Marker.
 * @param opened what its SK payload holds, if that is known; of fragments, of all of them together.
 *
 * @example
 * ```ts
 * import { mapMessage } from 'ipsec-ts/capture';
 * import { encodeMessage } from 'ipsec-ts/ike';
 *
 * const spi = new Uint8Array(8).fill(1);
 * const nonce = { type: 'Nonce', data: new Uint8Array(32) } as const;
 * const message = encodeMessage({ spiI: spi, spiR: spi, exchange: 'IKE_SA_INIT', isInitiator: true, isResponse: false, messageId: 0, payloads: [nonce] });
 * const [header, first] = mapMessage(message).parts;
 * if (header?.fields[0]?.path !== 'spiI' || first?.header !== 'Nonce' || first.fields.at(-1)?.offset !== 32) throw new Error('octet 32');
 * ```
 */
export function mapMessage(octets: Uint8Array, opened?: ClearContent): MessageMap {
  const { fields, error } = octetMap(messageCodec, octets, limits);
  const first = Number(fields.find(({ path }) => path === 'nextPayload')?.value ?? 0);
  const header = named(fields.filter(({ path }) => !path.startsWith('payloads.')));
  const clear = mapPayloads(fields, first).map((part) => (opened === undefined ? part : splitEncrypted(octets, part, opened)));
  const inside = opened === undefined ? undefined : mapContent(opened);
  const problem = error ?? inside?.error;
  return { parts: [{ header: 'IKE Header', fields: header }, ...clear], inside: inside?.parts ?? [], ...(problem && { error: problem }) };
}

function mapContent({ firstPayload, content }: ClearContent): { parts: MappedHeader[]; error?: IpsecError } {
  const codec: Codec<unknown> = chain(firstPayload, payloadTypesV2);
  const { fields, error } = octetMap(codec, content, { ...limits, path: ['payloads'] });
  return { parts: mapPayloads(fields, firstPayload), ...(error && { error }) };
}

/** RFC 7296 section 3.14: what the data of an SK payload is made of; of a fragment the clear length is not known here. */
function splitEncrypted(octets: Uint8Array, part: MappedHeader, { content, ivLength, icvLength }: ClearContent): MappedHeader {
  const data = part.fields.at(-1);
  if (data?.path !== 'data' || ivLength === undefined || icvLength === undefined || (part.header !== 'SK' && part.header !== 'SKF'))
    return part;
  const text = data.length - ivLength - icvLength;
  const padding = text - content.length - 1;
  const isWhole = part.header === 'SK' && padding >= 0;
  const sizes: readonly (readonly [string, number])[] = [
    ['initializationVector', ivLength],
    ...(isWhole
      ? ([
          ['encryptedPayloads', content.length],
          ['padding (encrypted)', padding],
          ['padLength (encrypted)', 1],
        ] as const)
      : ([['encryptedContent', text]] as const)),
    ['integrityChecksumData', icvLength],
  ];
  let { offset } = data;
  const rows = sizes.flatMap(([path, length]) => {
    const row: MappedField = { path, offset, length, value: octets.subarray(offset, offset + length) };
    offset += length;
    return length > 0 ? [row] : [];
  });
  return { ...part, fields: [...part.fields.slice(0, -1), ...rows] };
}

/** The rows of a chain, payload by payload; their paths begin inside the payload. */
function mapPayloads(fields: readonly MappedField[], first: number): MappedHeader[] {
  const parts: { header: string; fields: MappedField[] }[] = [];
  let type = first;
  for (const field of fields) {
    const match = /^payloads\.(\d+)\.(.*)$/.exec(field.path);
    if (match === null) continue;
    const index = Number(match[1]);
    if (index === parts.length) {
      parts.push({ header: nameOf(payloadTypes, type), fields: [] });
      if (match[2] === 'nextPayload') type = Number(field.value);
    }
    parts[index]?.fields.push({ ...field, path: match[2]! });
  }
  return parts.map((part) => ({ ...part, fields: named(part.fields, part.header) }));
}

const algorithms: Readonly<Record<string, readonly RegistryRow[]>> = {
  ENCR: encryptionAlgorithms,
  PRF: pseudorandomFunctions,
  INTEG: integrityAlgorithms,
  KE: keyExchangeMethods,
};

/** Names of numbers that mean something only beside another field. */
function named(fields: readonly MappedField[], header?: string): readonly MappedField[] {
  let transform: readonly RegistryRow[] | undefined;
  return fields.map((field) => {
    const { path, value, name } = field;
    if (/transforms\.\d+\.type$/.test(path)) transform = algorithms[name?.replace(/^ADDKE\d$/, 'KE') ?? ''];
    const table =
      path === 'nextPayload'
        ? payloadTypes
        : /transforms\.\d+\.id$/.test(path)
          ? transform
          : path === 'method' && header === 'KE'
            ? keyExchangeMethods
            : undefined;
    if (name !== undefined || table === undefined || typeof value !== 'number') return field;
    const found = path === 'nextPayload' && value === 0 ? 'none' : table.find(({ id }) => id === value)?.name;
    return found === undefined ? field : { ...field, name: found };
  });
}

/** Octets that one line shows. */
const SHOWN = 8;

/**
 * {@link mapMessage} as text: a line for each field with its offset, its octets, its name and its value. What stands encrypted follows behind
 * its payload, with offsets of its own.
 */
export function explainMessage(octets: Uint8Array, opened?: ClearContent): string {
  const { parts, inside, error } = mapMessage(octets, opened);
  return [
    ...parts.flatMap((part) => [part.header, ...part.fields.map((field) => formatField(octets, field, '  '))]),
    ...inside.flatMap((part) => [`  ${part.header}`, ...part.fields.map((field) => formatField(opened!.content, field, '    '))]),
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
