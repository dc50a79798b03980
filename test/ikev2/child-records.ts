/** The Child SAs of `vectors/ikev2/strongswan`, in this library's terms. */
import { fromHex, toHex } from '../../src/bytes.js';
import { decodeMessage, decodePayloads, type Payload, type PayloadOfType, type Proposal } from '../../src/ike.js';
import type { ChildContext } from '../../src/ikev2/child.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import { findNotify, findPayload, payloadOf } from '../../src/ikev2/pick.js';
import type { ChildProposal } from '../../src/ikev2/proposal.js';
import type { ChildSaKeyPair } from '../../src/ikev2/states.js';
import { parseAddress } from '../../src/ip.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import type { TrafficSelector } from '../../src/traffic-selector.js';
import { connectionOf, contextOf } from './child-fixtures.js';
import { childRecordOf } from './proposal-records.js';
import { prfOf, type RecordedMessage, type Transcript } from './transcripts.js';

/** One pair of Child SAs. */
export type RecordedChild = Transcript['child_sas'][number];

/** The payloads of a message, out of their protection. */
export function payloadsOf({ messages }: Transcript, m: RecordedMessage): readonly Payload[] {
  const hex = m.reassembled ?? m.plaintext;
  if (hex === undefined) return m.encrypted === true ? [] : decodeMessage(fromHex(m.raw)).payloads;
  const first = m.fragment
    ? messages.find((f) => f.spi_i === m.spi_i && f.message_id === m.message_id && f.flags === m.flags && f.fragment?.[0] === 1)
    : m;
  return decodePayloads(first?.first_payload ?? 0, fromHex(hex));
}

interface Exchange {
  request: readonly Payload[];
  response: readonly Payload[];
  message: RecordedMessage;
}

/** The two messages that hold the SPIs of a Child SA. */
export function exchangeOf(transcript: Transcript, child: RecordedChild): Exchange {
  const hasSpi = (payloads: readonly Payload[], spi: string): boolean =>
    payloads.some((p) => p.type === 'SA' && p.proposals.some((proposal) => toHex(proposal.spi) === spi));
  const clear = transcript.messages
    .filter((m) => m.raw.startsWith('2', 34) && (m.fragment === undefined || m.reassembled !== undefined))
    .map((message) => ({ message, payloads: payloadsOf(transcript, message) }));
  const request = clear.find(({ message, payloads }) => !message.response && hasSpi(payloads, child.spi_initiator))!;
  const response = clear.find(({ message, payloads }) => message.response && hasSpi(payloads, child.spi_responder))!;
  return { request: request.payloads, response: response.payloads, message: request.message };
}

/** A group whose exchange was done long ago. */
function recorded(row: KeyExchangeRow, publicValue: Uint8Array, shared: string): KeyExchangeRow {
  const exchange = { publicValue, shared: () => fromHex(shared), destroy: () => undefined, secrets: [] };
  return { ...row, generate: () => exchange, from: () => exchange };
}

function withGroup(record: ChildProposal, payloads: readonly Payload[], shared: string | null): ChildProposal {
  const ke = findPayload(payloads, 'KE');
  if (!ke || shared === null) return record;
  const keyExchange = record.keyExchange.map((row) => (row !== 'none' && row.id === ke.method ? recorded(row, ke.data, shared) : row));
  return { ...record, keyExchange };
}

const selectorsOf = ({ selectors }: PayloadOfType<'TSi'> | PayloadOfType<'TSr'>): TrafficSelector[] => selectors as TrafficSelector[];

/** The policy that offers, or takes, what stands in a message. */
export function recordedPolicy(payloads: readonly Payload[], isInitiator: boolean, shared: string | null): ChildPolicy {
  const [TSi, TSr] = [selectorsOf(payloadOf(payloads, 'TSi')), selectorsOf(payloadOf(payloads, 'TSr'))];
  return {
    name: 'recorded',
    mode: findNotify(payloads, 'USE_TRANSPORT_MODE') ? 'transport' : 'tunnel',
    requireMode: false,
    proposals: payloadOf(payloads, 'SA').proposals.map((proposal) => withGroup(childRecordOf(proposal), payloads, shared)),
    local: isInitiator ? TSi : TSr,
    remote: isInitiator ? TSr : TSi,
    tfcPadding: findNotify(payloads, 'ESP_TFC_PADDING_NOT_SUPPORTED') === undefined,
  };
}

/** An end of the IKE SA of a Child SA. */
export function contextFor(
  transcript: Transcript,
  child: RecordedChild,
  policy: ChildPolicy,
  message: RecordedMessage,
  isInitiator: boolean,
): ChildContext {
  const sa = transcript.ike_sas.find((s) => s.spi_i === child.ike_spi_i && s.spi_r === child.ike_spi_r)!;
  const ends = [
    { address: parseAddress(message.src), port: message.sport },
    { address: parseAddress(message.dst), port: message.dport },
  ] as const;
  const [local, remote] = isInitiator ? ends : [ends[1], ends[0]];
  const plain = contextOf(connectionOf([policy]));
  return {
    ...plain,
    path: { local, remote },
    crypto: {
      ...plain.crypto,
      suite: { ...plain.crypto.suite, prf: prfOf(sa.algorithms.prf_id) },
      keys: { ...plain.crypto.keys, SK_d: fromHex(sa.ppk?.sk_d ?? sa.sk_d) },
    },
  };
}

/** Keys in the order of the records. */
export const hexOf = (keys: ChildSaKeyPair, isInitiator: boolean): string[] => {
  const [i, r] = isInitiator ? [keys.outbound, keys.inbound] : [keys.inbound, keys.outbound];
  return [i.encryption, i.integrity, r.encryption, r.integrity].map((key) => toHex(key!));
};

/** The payloads that negotiate a Child SA, by type: peers put their notifications where they like, and add others. */
export function essence(payloads: readonly Payload[]): Payload[] {
  const types = ['SA', 'Nonce', 'KE', 'TSi', 'TSr'];
  const notifies = ['USE_TRANSPORT_MODE', 'ESP_TFC_PADDING_NOT_SUPPORTED', 'NON_FIRST_FRAGMENTS_ALSO', 'IPCOMP_SUPPORTED'];
  const order = ['ENCR', 'INTEG', 'KE', 'ESN']; // that of strongSwan; OpenIKED has another
  const inOrder = ({ transforms, ...rest }: Proposal): Proposal => ({
    ...rest,
    transforms: order.flatMap((type) => transforms.filter((t) => t.type === type)),
  });
  const plain = (p: Payload): Payload => (p.type === 'SA' ? { ...p, proposals: p.proposals.map(inOrder) } : p);
  return [
    ...types.flatMap((type) => payloads.filter((p) => p.type === type)),
    ...notifies.flatMap((notify) => payloads.filter((p) => p.type === 'N' && p.notify === notify)),
  ].map(plain);
}
