/**
 * Follows the IKEv2 messages of a capture in their order: opens them, verifies AUTH, and derives what the exchanges agree on.
 *
 * Nothing is looked ahead: a packet of a Child SA that stands in the capture in front of the response that ends its exchange has no key yet.
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import { addFragment, decodeMessage, decodePayloads, type IkeMessage, type Payload, type PayloadOfType } from '../ike.js';
import { type AuthVerdict, noteAuthFacts, verifyAuth } from './ike-auth.js';
import type { DerivedChild } from './ike-child.js';
import { type ChildList, createChildList } from './ike-children.js';
import { createListedPair, deriveInitKeys, findPayload, orNothing } from './ike-derive.js';
import { followExchange } from './ike-exchange.js';
import type { IkeKeyring, IkeSecrets } from './ike-keys.js';
import { namesInChain } from './ike-names.js';
import type { IkeAlgorithmRows } from './ike-rows.js';
import {
  createIkeSaRecord,
  type ExchangePlace,
  type IkeSaRecord,
  type OpenedContent,
  type OpenedMessage,
  openMessage,
  type SkPair,
} from './ike-sa.js';
import { type Claim, claimSecret, createSecretPool } from './ike-secrets.js';

/** The SPIs of an IKE SA, 8 octets each. */
export interface IkeSpis {
  /** The initiator's. */
  readonly spiI: Uint8Array;
  /** The responder's. */
  readonly spiR: Uint8Array;
}

/** What was found out about a message. */
export interface FollowedMessage {
  /** The message, decoded; absent when it is malformed. */
  readonly message?: IkeMessage;
  /** The content of its Encrypted payload (of this fragment). */
  readonly decrypted?: Uint8Array;
  /** Names of the payloads inside, once all of the message is there. */
  readonly clearPayloads?: readonly string[];
  /** All payloads that are clear now, those inside an Encrypted payload too; absent while fragments are missing. */
  readonly payloads?: readonly Payload[];
  /** The type of the first payload inside. */
  readonly firstPayload?: number;
  /** The octets of the payloads inside, fragments put together. */
  readonly content?: Uint8Array;
  /** Octets of IV in the Encrypted payload. */
  readonly ivLength?: number;
  /** Octets of Integrity Checksum Data in it. */
  readonly icvLength?: number;
  /** The AUTH payload, as far as it can be verified. */
  readonly auth?: AuthVerdict;
  /** The Child SAs that this response ends the exchange of, and whose keys follow. */
  readonly children?: readonly DerivedChild[];
  /** The IKE SA that takes the place of this one. */
  readonly successor?: IkeSpis;
}

/** The IKE SAs of a capture. Mutable: one capture, one follower. */
export interface IkeFollower {
  /** Takes in the next message. Never throws for what is in it. */
  readonly follow: (octets: Uint8Array, at: ExchangePlace) => FollowedMessage;
  /** The Child SAs that a packet may belong to, the likeliest first. */
  readonly findChildren: ChildList['find'];
  /** Ports on which the peers of Child SAs speak: ESP in UDP uses the same. */
  readonly udpPorts: ReadonlySet<number>;
}

/** Messages of IKE_SA_INIT that are kept for one pair of SPIs: retries, and forgeries. */
const MAXIMUM_INITS = 4;

/**
 * Makes a follower.
 *
 * @param keyring of `readIkeKeyring` and of Wireshark's table.
 * @param rows the algorithms at hand: what is not among them stays closed.
 * @throws IpsecError with the place in the file: listed keys for an algorithm that is not among the rows, or of another length.
 *
 * @example
 * ```ts
 * import { createIkeFollower, createReceiver, decodeCapture, parseKeyFile, readCapture, readIkeKeyring, writePcap } from 'ipsec-ts/capture';
 * import { aeadRows } from 'ipsec-ts/suite/aead';
 * import { prfRows } from 'ipsec-ts/suite/prf';
 *
 * const rows = { encryption: aeadRows, integrity: [], prf: prfRows };
 * const file = parseKeyFile('{ "ikeSecrets": [] }');
 * const receiver = createReceiver(file.sas, { rows, ike: createIkeFollower(readIkeKeyring(file), rows) });
 * const decoded = [...decodeCapture(readCapture(writePcap({ linkType: 101 }, [])), receiver)];
 * if (decoded.length !== 0) throw new Error('an empty capture');
 * ```
 */
export function createIkeFollower(keyring: Pick<IkeKeyring, 'keys' | 'secrets'>, rows: IkeAlgorithmRows): IkeFollower {
  const sas = new Map<string, IkeSaRecord>();
  const requests = new Map<string, IkeMessage[]>();
  const children = createChildList();
  const listed = new Map<string, SkPair[]>();
  const secrets = new Map<string, IkeSecrets>();
  for (const keys of keyring.keys) {
    const pair = pairOf(keys.spiI, keys.spiR);
    listed.set(pair, [...(listed.get(pair) ?? []), createListedPair(keys, rows)]);
  }
  for (const entry of keyring.secrets) {
    const pair = pairOf(entry.spiI, entry.spiR);
    if (!secrets.has(pair)) secrets.set(pair, entry);
    requests.set(toHex(entry.spiI), []);
  }
  for (const pair of new Set([...listed.keys(), ...secrets.keys()])) {
    const { spiI, spiR } = secrets.get(pair) ?? keyring.keys.find((k) => pairOf(k.spiI, k.spiR) === pair)!;
    addRecord(spiI, spiR, undefined);
  }

  function addRecord(spiI: Uint8Array, spiR: Uint8Array, old: IkeSaRecord | undefined): IkeSaRecord | undefined {
    const pair = pairOf(spiI, spiR);
    const there = sas.get(pair);
    if (there !== undefined) {
      // Listed by its own secrets, or seen before it replaced anything: there is one record.
      return there.pool === undefined && old !== undefined ? replaceRecord(there, old) : there;
    }
    const entry = secrets.get(pair) ?? old?.entry;
    const own = secrets.get(pair);
    const pool = own === undefined ? old?.pool : createSecretPool(own.sharedSecrets);
    const record = createIkeSaRecord({ spiI: spiI.slice(), spiR: spiR.slice() }, { listed: listed.get(pair) ?? [], pool, entry });
    sas.set(pair, record);
    return record;
  }
  function replaceRecord(there: IkeSaRecord, old: IkeSaRecord): IkeSaRecord {
    const record = { ...there, pool: old.pool, entry: old.entry };
    sas.set(pairOf(there.spiI, there.spiR), record);
    return record;
  }

  let news: Pick<FollowedMessage, 'children' | 'successor'> = {};
  const effects = {
    rows,
    addChildren(added: readonly DerivedChild[], at: ExchangePlace): void {
      children.add(added, at);
      if (added.length > 0) news = { children: added };
    },
    addIkeSa(old: IkeSaRecord, spiI: Uint8Array, spiR: Uint8Array): IkeSaRecord | undefined {
      const record = addRecord(spiI, spiR, old);
      if (record !== undefined) news = { successor: record };
      return record;
    },
  };

  function followInit(message: IkeMessage): void {
    const sent = requests.get(toHex(message.spiI));
    if (sent === undefined) return;
    if (!message.isResponse) {
      if (sent.some(({ raw }) => equalBytes(raw, message.raw))) return;
      sent.unshift(keep(message));
      sent.length = Math.min(sent.length, MAXIMUM_INITS);
      return;
    }
    const sa = sas.get(pairOf(message.spiI, message.spiR));
    // COOKIE, INVALID_KE_PAYLOAD and every refusal come without SA and KE, and cost no secret.
    const pool = sa?.pool;
    if (
      sa === undefined ||
      pool === undefined ||
      findPayload(message.payloads, 'SA') === undefined ||
      findPayload(message.payloads, 'KE') === undefined
    )
      return;
    if (sa.proven.length > 0 || sa.inits.some(({ raw }) => equalBytes(raw, message.raw)) || sa.inits.length >= MAXIMUM_INITS) return;
    const response = keep(message);
    sa.inits.push(response);
    // Whatever was answered here, and may be forged: the pair of SPIs has one exchange, and one secret.
    const claim: Claim = sa.origins[0]?.claims[0] ?? claimSecret(pool);
    for (const request of sent)
      sa.origins.push({
        pool,
        claims: [claim],
        derive: ([gIr]) => gIr && deriveInitKeys({ request, response }, rows, gIr),
        made: new Map(),
      });
  }

  function followEncrypted(message: IkeMessage, payload: PayloadOfType<'SK' | 'SKF'>, at: ExchangePlace): FollowedMessage {
    const sa = sas.get(pairOf(message.spiI, message.spiR));
    const found = sa && openMessage(sa, message, payload);
    if (sa === undefined || found === undefined) return { message };
    const { opened } = found;
    const whole = payload.type === 'SK' ? opened : collect(sa, message, found);
    const { ivLength, icvLength } = found.pair.i;
    const part = { message, decrypted: opened.octets, ivLength, icvLength };
    if (whole === undefined) return part;
    const { firstPayload, octets } = whole;
    const inside = orNothing(() => decodePayloads(firstPayload, octets));
    const facts = { ...part, clearPayloads: namesInChain(firstPayload, octets), firstPayload, content: octets };
    if (inside === undefined) return facts;
    news = {};
    const auth = judge(sa, found, { message, payloads: inside, firstPayload, content: octets }, at);
    return { ...facts, payloads: [...message.payloads.slice(0, -1), ...inside], ...(auth && { auth }), ...news };
  }

  function judge(sa: IkeSaRecord, { derived }: OpenedMessage, content: OpenedContent, at: ExchangePlace): AuthVerdict | undefined {
    const { message, payloads: inside } = content;
    if (derived === undefined) return undefined;
    if (message.exchange === 'IKE_AUTH') noteAuthFacts(sa.auth, message, inside);
    const auth = verifyAuth(sa, derived, message, inside, requests.get(toHex(message.spiI)) ?? []);
    followExchange(sa, derived, content, at, effects);
    return auth;
  }

  return {
    udpPorts: children.udpPorts,
    findChildren: children.find,
    follow(octets, at): FollowedMessage {
      const message = orNothing(() => decodeMessage(octets));
      if (message === undefined) return {};
      const last = message.payloads.at(-1);
      if (last?.type === 'SK' || last?.type === 'SKF') return followEncrypted(message, last, at);
      if (message.exchange === 'IKE_SA_INIT') followInit(message);
      return { message, payloads: message.payloads };
    },
  };
}

/** Puts the fragments of a message together; undefined while some are missing, or when they cannot be. */
function collect(
  sa: IkeSaRecord,
  message: IkeMessage,
  { pair }: OpenedMessage,
): { readonly firstPayload: number; readonly octets: Uint8Array } | undefined {
  const { messageId, isInitiator, isResponse } = message;
  const name = `${isInitiator ? 'i' : 'r'}${isResponse ? 'r' : 'q'} ${messageId}`;
  const result = addFragment(sa.fragments.get(name), isInitiator ? pair.i : pair.r, message);
  if (result.kind === 'dropped') return undefined;
  sa.fragments.delete(name);
  if (result.kind === 'complete') return result;
  if (result.kind === 'kept') sa.fragments.set(name, result.queue);
  if (sa.fragments.size > MAXIMUM_QUEUES) sa.fragments.delete(sa.fragments.keys().next().value!);
  return undefined;
}

/** Messages of which some fragments are missing; those that never come whole are forgotten. */
const MAXIMUM_QUEUES = 16;

/** A copy that does not hold the whole capture in memory. */
function keep(message: IkeMessage): IkeMessage {
  return orNothing(() => decodeMessage(message.raw.slice())) ?? message;
}

function pairOf(spiI: Uint8Array, spiR: Uint8Array): string {
  return `${toHex(spiI)} ${toHex(spiR)}`;
}
