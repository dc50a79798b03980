/**
 * The octet map of an IKEv2 message: header, then payload after payload, every octet with its name, printed from the declarations that
 * read and write messages.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { payloadTypes } from '../iana/ikev2.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { pseudorandomFunctions } from '../iana/prf.js';
import type { RegistryRow } from '../iana/registry.js';
import { messageCodec } from '../ikev2/message.js';
import { payloadTypesV2 } from '../ikev2/payload-cases.js';
import { chain } from '../isakmp/chain.js';
import { type Codec, type MappedField, octetMap } from '../wire.js';
import { formatMessageMap, mapLimits, mapPayloads, type MessageMap } from './message-map.js';
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
  const { fields, error } = octetMap(messageCodec, octets, mapLimits);
  const first = Number(fields.find(({ path }) => path === 'nextPayload')?.value ?? 0);
  const header = named(fields.filter(({ path }) => !path.startsWith('payloads.')));
  const clear = mapChain(fields, first).map((part) => (opened === undefined ? part : splitEncrypted(octets, part, opened)));
  const inside = opened === undefined ? undefined : mapContent(opened);
  const problem = error ?? inside?.error;
  return { parts: [{ header: 'IKE Header', fields: header }, ...clear], inside: inside?.parts ?? [], ...(problem && { error: problem }) };
}

function mapContent({ firstPayload, content }: ClearContent): { parts: MappedHeader[]; error?: IpsecError } {
  const codec: Codec<unknown> = chain(firstPayload, payloadTypesV2);
  const { fields, error } = octetMap(codec, content, { ...mapLimits, path: ['payloads'] });
  return { parts: mapChain(fields, firstPayload), ...(error && { error }) };
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

function mapChain(fields: readonly MappedField[], first: number): MappedHeader[] {
  return mapPayloads(fields, first, payloadTypes).map((part) => ({ ...part, fields: named(part.fields, part.header) }));
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

/**
 * {@link mapMessage} as text: a line for each field with its offset, its octets, its name and its value. What stands encrypted follows behind
 * its payload, with offsets of its own.
 */
export function explainMessage(octets: Uint8Array, opened?: ClearContent): string {
  return formatMessageMap(octets, mapMessage(octets, opened), opened?.content);
}
