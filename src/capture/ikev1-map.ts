/**
 * The octet map of an IKEv1 message: header, then payload after payload, printed from the declarations that read and write messages.
 *
 * @module
 */
import { payloadNamesV1 } from '../iana/ikev1.js';
import { clearMessageCodec, encryptedMessageCodec } from '../ikev1/message.js';
import { payloadTypesV1 } from '../ikev1/payload-cases.js';
import { chain } from '../isakmp/chain.js';
import { type Codec, octetMap } from '../wire.js';
import { formatMessageMap, mapLimits, mapPayloads, type MessageMap } from './message-map.js';
import type { MappedHeader } from './packet-map.js';

/** What stands encrypted in a message, in clear: `firstPayload` and `content` of a followed message. */
export interface ClearIkev1Content {
  /** The type of the first payload. */
  readonly firstPayload: number;
  /** The payloads, without padding. */
  readonly content: Uint8Array;
}

const FLAGS = 19;
const ENCRYPTION = 1;

/**
 * Explains a message field by field. Never throws for what is in it.
 *
 * @param octets without the Non-ESP Marker; a whole message, put together where it came in fragments.
 * @param opened what stands encrypted in it, if that is known.
 *
 * @example
 * ```ts
 * import { mapIkev1Message } from 'ipsec-ts/capture';
 * import { encodeMessage } from 'ipsec-ts/ikev1';
 *
 * const header = { ckyI: new Uint8Array(8).fill(1), ckyR: new Uint8Array(8), authenticationOnly: false, commit: false, messageId: 0 } as const;
 * const message = encodeMessage({ ...header, exchange: 'Identity Protection', payloads: [{ type: 'KE', data: new Uint8Array(128) }] });
 * const [first, second] = mapIkev1Message(message).parts;
 * if (first?.fields[0]?.path !== 'ckyI' || second?.header !== 'KE' || second.fields.at(-1)?.offset !== 32) throw new Error('octet 32');
 * ```
 */
export function mapIkev1Message(octets: Uint8Array, opened?: ClearIkev1Content): MessageMap {
  const isEncrypted = octets.length > FLAGS && (octets[FLAGS]! & ENCRYPTION) !== 0;
  const codec: Codec<unknown> = isEncrypted ? encryptedMessageCodec : clearMessageCodec;
  const { fields, error } = octetMap(codec, octets, mapLimits);
  const first = Number(fields.find(({ path }) => path === 'nextPayload')?.value ?? 0);
  const header = fields
    .filter(({ path }) => !path.startsWith('payloads.'))
    .map((field) => (/^(?:next|first)Payload$/.test(field.path) ? { ...field, name: nameOfNext(field.value) } : field));
  const inside = opened === undefined ? undefined : mapContent(opened);
  const problem = error ?? inside?.error;
  return {
    parts: [{ header: 'ISAKMP Header', fields: header }, ...mapPayloads(fields, first, payloadNamesV1)].map(named),
    inside: (inside?.parts ?? []).map(named),
    ...(problem && { error: problem }),
  };
}

function mapContent({ firstPayload, content }: ClearIkev1Content): MessageMap {
  const codec: Codec<unknown> = chain(firstPayload, payloadTypesV1);
  const { fields, error } = octetMap(codec, content, { ...mapLimits, path: ['payloads'] });
  return { parts: mapPayloads(fields, firstPayload, payloadNamesV1), inside: [], ...(error && { error }) };
}

function named(part: MappedHeader): MappedHeader {
  return {
    ...part,
    fields: part.fields.map((field) => (field.path === 'nextPayload' ? { ...field, name: nameOfNext(field.value) } : field)),
  };
}

function nameOfNext(value: unknown): string {
  return value === 0 ? 'none' : (payloadNamesV1.find(({ id }) => id === value)?.name ?? '');
}

/** {@link mapIkev1Message} as text: a line for each field with its offset, its octets, its name and its value. What stands encrypted follows, with offsets of its own. */
export function explainIkev1Message(octets: Uint8Array, opened?: ClearIkev1Content): string {
  return formatMessageMap(octets, mapIkev1Message(octets, opened), opened?.content);
}
