/** The Quick Modes of the recorded conversations, and IKE SAs under which our handlers live through them. */
import { fromHex, toHex } from '../../src/bytes.js';
import { ahTransforms, espTransforms } from '../../src/iana/ikev1-transforms.js';
import { phase2Authentication } from '../../src/iana/ikev1-attributes.js';
import { decodePhase2Attributes, encodePayloads, type Payload, type PayloadOfType } from '../../src/ikev1.js';
import type { Exchange, OpenMessage } from '../../src/ikev1/requests.js';
import type { Established } from '../../src/ikev1/states.js';
import { decodeClientId } from '../../src/ikev1/identification.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import { parseAddress } from '../../src/ip/address.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { allCiphers, allGroups, allMacs, must, ts } from './negotiation-records.js';
import { type Child, find, Follower, libreswanTranscripts, secretOf, transcripts } from './transcripts.js';
import { connectionOf, phase1Over } from './transaction-fixture.js';

/** One recorded Quick Mode. */
export interface QuickRecord {
  readonly name: string;
  readonly messageId: number;
  /** The payloads of its messages, without HASH. */
  readonly messages: readonly (readonly Payload[])[];
  /** Keys of the pair, by the SPI of their receiver. */
  readonly child: Child;
  readonly follower: Follower;
  /** g(qm)^xy. */
  readonly gXy: Uint8Array | undefined;
}

/** Every one that was carried out to its end. */
export const quickRecords: readonly QuickRecord[] = collect();

function collect(): QuickRecord[] {
  const records: QuickRecord[] = [];
  for (const { name, messages, ike_sas, child_sas, secrets } of transcripts) {
    const text = Object.entries({ ...secrets.b, ...secrets.a }).find(([key]) => key.startsWith('ike'))?.[1]['secret'];
    const psk = ike_sas[0]!.algorithms.auth_method !== 3 && text !== undefined ? { psk: secretOf(text) } : {};
    const gQmXy = (child: number): Uint8Array => fromHex(must(child_sas[child]?.pfs_shared_secret ?? undefined));
    const gXy = (ckyI: Uint8Array): Uint8Array => fromHex(must(ike_sas.find((sa) => sa.spi_i === toHex(ckyI))).shared_secret);
    const said = messages.map(({ raw, plaintext }) => ({ raw, plain: plaintext }));
    records.push(...follow(name, said, () => new Follower({ ...psk, gXy, gQmXy }), gQmXy));
  }
  for (const { name, psk, dhSharedSecrets, messages } of libreswanTranscripts) {
    const gQmXy = (child: number): Uint8Array => fromHex(must(dhSharedSecrets[child + 1]));
    const make = (): Follower => new Follower({ psk: fromHex(psk), gXy: () => fromHex(must(dhSharedSecrets[0])), gQmXy });
    records.push(...follow(name, messages.map(({ hex, plain }) => ({ raw: hex, plain })), make, gQmXy)); // prettier-ignore
  }
  return records;
}

function follow(
  name: string,
  messages: readonly { raw: string; plain: string | undefined }[],
  make: () => Follower,
  gQmXy: (child: number) => Uint8Array,
): QuickRecord[] {
  const followers = new Map<string, Follower>();
  const open = new Map<string, (readonly Payload[])[]>();
  const records: QuickRecord[] = [];
  const seen = new Set<string>();
  for (const { raw, plain } of messages) {
    if (seen.has(raw)) continue;
    seen.add(raw);
    const octets = fromHex(raw);
    const cky = raw.slice(0, 16);
    const follower = followers.get(cky) ?? make();
    followers.set(cky, follower);
    const payloads = attemptRead(follower, octets, plain);
    if (payloads === undefined || octets[18] !== 32) continue;
    const key = raw.slice(40, 48);
    const list = open.get(key) ?? [];
    open.set(key, [...list, payloads.filter(({ type }) => type !== 'HASH')]);
    if (list.length !== 2) continue;
    const said = open.get(key)!;
    const n = records.filter((record) => record.follower === follower).length;
    const gXy = find(said[0]!, 'KE') && gQmXy(n);
    records.push({ name, messageId: Number.parseInt(key, 16), messages: said, child: follower.children[n]!, follower, gXy });
  }
  return records;
}

function attemptRead(follower: Follower, raw: Uint8Array, plain: string | undefined): readonly Payload[] | undefined {
  try {
    return follower.read(raw, plain);
  } catch {
    // a fragment, or a message under another secret
    return undefined;
  }
}

/** The SPI in an SA payload, as a number. */
export function spiIn(payloads: readonly Payload[]): number {
  return Number.parseInt(toHex(must(find(payloads, 'SA')).proposals[0]!.spi), 16);
}

/** The octets of payloads, which is what HASH(1) and HASH(2) cover. */
export function octetsOf(payloads: readonly Payload[]): string {
  return toHex(encodePayloads(payloads).octets);
}

/** A policy for what a record has agreed on, as one of the sides has it. The group, if there is one, makes the recorded values. */
export function policyFor({ messages: [first, second], gXy }: QuickRecord, role: 'initiator' | 'responder'): ChildPolicy {
  const [proposal] = must(find(second!, 'SA')).proposals;
  const transform = proposal!.transforms[0]!;
  const { keyLength, authentication, group } = decodePhase2Attributes(transform.attributes as never);
  const isAh = proposal!.protocol === 'AH';
  const cipher = espTransforms.find(({ name }) => name === transform.id)?.ikev2;
  const mac = isAh
    ? ahTransforms.find(({ name }) => name === transform.id)?.ikev2
    : phase2Authentication.find(({ name }) => name === authentication)?.ikev2;
  const encryption = allCiphers.filter(
    (row) => !isAh && row.name === cipher && (keyLength === undefined || row.keyLength * 8 === keyLength),
  );
  const integrity = allMacs.filter((row) => row.name === mac);
  const own = role === 'initiator' ? first! : second!;
  const publicValue = find(own, 'KE')?.data;
  const row = group === undefined ? undefined : must(allGroups.find(({ id }) => id === group));
  const played: KeyExchangeRow[] = row && publicValue && gXy ? [{ ...row, generate: () => playedBack(publicValue, gXy) }] : [];
  const ids = first!.filter((payload): payload is PayloadOfType<'ID'> => payload.type === 'ID').map(decodeClientId);
  // without IDs it is the hosts themselves
  const any = ts('0.0.0.0/0');
  const [initiator, responder] = ids.length === 2 ? [[ids[0]!], [ids[1]!]] : [any, any];
  return {
    name: 'recorded',
    mode: modeOf(first!),
    proposals: [{ protocol: isAh ? 'AH' : 'ESP', encryption, integrity, keyExchange: played, esn: [false] }],
    local: role === 'initiator' ? initiator : responder,
    remote: role === 'initiator' ? responder : initiator,
  };
}

/** What the offer is for. */
export function modeOf(first: readonly Payload[]): 'tunnel' | 'transport' {
  const [transform] = must(find(first, 'SA')).proposals[0]!.transforms;
  return `${decodePhase2Attributes(transform!.attributes as never).encapsulation}`.toLowerCase().includes('transport')
    ? 'transport'
    : 'tunnel';
}

function playedBack(publicValue: Uint8Array, gXy: Uint8Array): ReturnType<KeyExchangeRow['generate']> {
  return { publicValue, shared: () => gXy.slice(), destroy: () => undefined, secrets: [] };
}

/** An IKE SA with the keys of a record; ESP goes in UDP where the record has it so. */
export function establishedFor(record: QuickRecord, role: 'initiator' | 'responder', changes: Partial<Established> = {}): Established {
  const { follower, messages } = record;
  const connection = connectionOf({}, { children: [policyFor(record, role)] });
  const base = phase1Over(connection, role);
  const isUdp =
    `${decodePhase2Attributes(must(find(messages[0]!, 'SA')).proposals[0]!.transforms[0]!.attributes as never).encapsulation}`.startsWith(
      'UDP',
    );
  const [us, them] = role === 'initiator' ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1'];
  return {
    ...base,
    state: 'ESTABLISHED',
    spiI: follower.ckyI,
    spiR: follower.ckyR,
    path: { local: { address: parseAddress(us), port: 500 }, remote: { address: parseAddress(them), port: 500 } },
    nat: { supported: true, local: isUdp, remote: false, follow: false },
    abilities: { ...base.abilities, natTraversal: 'RFC 3947', dpd: true },
    crypto: { ...base.crypto, suite: { ...base.crypto.suite, prf: must(follower.hash).prf }, keys: must(follower.keys) },
    ...changes,
  };
}

/** Surroundings in which our nonce and our SPI are the recorded ones. */
export function envFor({ messages }: QuickRecord, role: 'initiator' | 'responder'): IkeEnv {
  const own = messages[role === 'initiator' ? 0 : 1]!;
  return {
    now: 1000,
    random: (octets) => {
      octets.set(must(find(own, 'Nonce')).data);
    },
    allocateSpi: () => spiIn(own),
    allocateCpi: () => 0x400,
    connections: [],
  };
}

/** A message as the core hands it in. */
export function messageOf(
  { messageId, follower }: Pick<QuickRecord, 'messageId' | 'follower'>,
  payloads: readonly Payload[],
  changes: Partial<OpenMessage> = {},
): OpenMessage {
  return {
    ckyI: follower.ckyI,
    ckyR: follower.ckyR,
    exchange: 'Quick Mode',
    messageId,
    isEncrypted: true,
    commit: false,
    payloads,
    raw: new Uint8Array(0),
    path: { local: { address: parseAddress('192.0.2.1'), port: 500 }, remote: { address: parseAddress('192.0.2.2'), port: 500 } },
    ...changes,
  };
}

/** An exchange about something. */
export function exchangeOf(messageId: number, about: Exchange['about']): Exchange {
  return { messageId, exchange: 'Quick Mode', iv: undefined, received: undefined, sent: undefined, about, expires: Infinity };
}
