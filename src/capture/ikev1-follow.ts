/**
 * Follows the IKEv1 messages of a capture in their order: opens them, verifies their hashes, and derives what Quick Modes agree on.
 *
 * Nothing is looked ahead, and nothing is guessed: where a message is missing, the one behind it stays closed when its IV was the missing one's last block.
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import { payloadNamesV1 } from '../iana/ikev1.js';
import { addFragment, type ClearMessage, decodeMessage, type EncryptedMessage, type Ikev1Message, type PayloadOfType } from '../ikev1.js';
import { createChildList } from './ike-children.js';
import { orNothing } from './ike-derive.js';
import { namesInChain } from './ike-names.js';
import type { ExchangePlace } from './ike-sa.js';
import { claimSecret } from './ike-secrets.js';
import { judgeClear, judgePhase1, judgePhase2 } from './ikev1-auth.js';
import { deriveQuickChildren } from './ikev1-child.js';
import { explainIkev1, type ExplainInput } from './ikev1-explain.js';
import { type Opened, openInChain, phase2Ivs } from './ikev1-open.js';
import { checkKey, createEntry, createFacts, findCandidates, findPayloadV1, type Ikev1AlgorithmRows, noteFacts } from './ikev1-phase1.js';
import { allFacts, type CookieRecord, type Ends, exchangeOf, isakmpSaOf, type IsakmpSa, isFromInitiator } from './ikev1-sa.js';
import type { FollowedIkev1, Ikev1Follower } from './isakmp-followed.js';
import type { Ikev1Keyring } from './isakmp-keys.js';

/** Cookies whose initiator is remembered, for the ladder. */
const MAXIMUM_ENDS = 1024;
/** Messages of which some fragments are missing; those that never come whole are forgotten. */
const MAXIMUM_QUEUES = 16;

/** Everything but the words. */
type Found = Omit<FollowedIkev1, 'explain'>;
type FragmentSet = Parameters<typeof addFragment>[0];

/**
 * Makes a follower.
 *
 * @param keyring of `readIkev1Keyring` and of Wireshark's table.
 * @param rows the algorithms at hand: what is not among them stays closed.
 * @throws IpsecError with the place in the file: a listed key whose algorithm is not among the rows, or has another length of key.
 *
 * @example
 * ```ts
 * import { createIkev1Follower, createReceiver, decodeCapture, parseKeyFile, readCapture, readIkev1Keyring, writePcap } from 'ipsec-ts/capture';
 * import { encrRows } from 'ipsec-ts/suite/encr';
 * import { hashRows } from 'ipsec-ts/suite/hash';
 *
 * const rows = { encryption: encrRows, integrity: [], hashes: hashRows };
 * const file = parseKeyFile('{ "ike1Secrets": [] }');
 * const receiver = createReceiver(file.sas, { rows, ikev1: createIkev1Follower(readIkev1Keyring(file), rows) });
 * const decoded = [...decodeCapture(readCapture(writePcap({ linkType: 101 }, [])), receiver)];
 * if (decoded.length !== 0) throw new Error('an empty capture');
 * ```
 */
export function createIkev1Follower(keyring: Pick<Ikev1Keyring, 'keys' | 'secrets'>, rows: Ikev1AlgorithmRows): Ikev1Follower {
  const cookies = new Map<string, CookieRecord>();
  // Strangers do not push those out that the key files name.
  const ends = new Map<string, Ends>();
  const endsOfStrangers = new Map<string, Ends>();
  const queues = new Map<string, NonNullable<FragmentSet>>();
  const children = createChildList();
  for (const key of keyring.keys) {
    checkKey(key, rows);
    recordOf(key.cookieI).entries.keys.push(key);
  }
  for (const entry of keyring.secrets) recordOf(entry.cookieI).entries.secrets.push(createEntry(entry));

  function recordOf(cookieI: Uint8Array): CookieRecord {
    const name = toHex(cookieI);
    const record = cookies.get(name) ?? { entries: { keys: [], secrets: [] }, facts: createFacts(), sas: new Map() };
    cookies.set(name, record);
    return record;
  }

  /** Whether the initiator sent it, as far as what was seen of the ISAKMP SA tells. */
  function sideOf(message: Ikev1Message, at: ExchangePlace): boolean {
    const name = toHex(message.ckyI);
    const isFirst = isZero(message.ckyR);
    const all = cookies.has(name) ? ends : endsOfStrangers;
    const known = all.get(name);
    if (known !== undefined) return isFirst || isFromInitiator(known, at);
    // Behind the first message the one with the SA payload is the answer to it. Else the first to be seen is taken for the initiator's.
    const isAnswer = !isFirst && !message.isEncrypted && findPayloadV1(message.payloads, 'SA') !== undefined;
    const [initiator, responder] = isAnswer ? [at.destination, at.source] : [at.source, at.destination];
    all.set(name, {
      initiator: initiator.slice(),
      responder: responder.slice(),
      ports: [isAnswer ? at.destinationPort : at.sourcePort],
    });
    if (endsOfStrangers.size > MAXIMUM_ENDS) endsOfStrangers.delete(endsOfStrangers.keys().next().value!);
    return !isAnswer;
  }

  function follow(octets: Uint8Array, at: ExchangePlace): FollowedIkev1 {
    const message = orNothing(() => decodeMessage(octets));
    if (message === undefined) return withWords({}, { note: 'malformed: read no further' });
    const byInitiator = sideOf(message, at);
    const fragment = message.isEncrypted ? undefined : findPayloadV1(message.payloads, 'FRAG');
    if (fragment === undefined || message.isEncrypted) return followWhole(message, at, byInitiator);
    return followFragment(message, fragment, at, byInitiator);
  }

  function followFragment(message: ClearMessage, fragment: PayloadOfType<'FRAG'>, at: ExchangePlace, byInitiator: boolean): FollowedIkev1 {
    const name = `${toHex(message.ckyI)} ${toHex(message.ckyR)} ${byInitiator ? 'i' : 'r'}`;
    const added = orNothing(() => addFragment(queues.get(name), fragment));
    queues.delete(name);
    const part = { message, byInitiator, payloads: message.payloads } as const;
    if (added === undefined) return withWords({ byInitiator }, { ...part, note: 'a fragment that fits to none before it' });
    if ('set' in added) {
      queues.set(name, added.set);
      if (queues.size > MAXIMUM_QUEUES) queues.delete(queues.keys().next().value!);
      return withWords({ byInitiator }, { ...part, note: 'the others are missing so far' });
    }
    const inside = orNothing(() => decodeMessage(added.message));
    if (inside === undefined)
      return withWords({ byInitiator, whole: added.message }, { ...part, note: 'what the fragments make is malformed' });
    // Fragments of fragments are nothing that anybody sends: they are not put together again.
    const found = followWhole(inside, at, byInitiator);
    const names = inside.isEncrypted ? undefined : namesInChain(added.message[16]!, added.message.subarray(28), payloadNamesV1);
    const { explain } = found;
    return {
      ...found,
      whole: added.message,
      ...(names !== undefined && { clearPayloads: names }),
      explain: () => {
        const { outline, ...words } = explain();
        return { ...words, outline: `HDR, FRAG ${fragment.fragmentNumber}, the last: ${outline}` };
      },
    };
  }

  function followWhole(message: Ikev1Message, at: ExchangePlace, byInitiator: boolean): FollowedIkev1 {
    const cookie = cookies.get(toHex(message.ckyI));
    const sa =
      cookie === undefined || isZero(message.ckyR) ? undefined : isakmpSaOf(cookie, toHex(message.ckyR), message.ckyI, message.ckyR);
    if (message.isEncrypted) {
      if (cookie !== undefined && sa !== undefined) return followEncrypted(cookie, sa, message, at, byInitiator);
      const note = `not opened: a key file would need { "cookieI": "${toHex(message.ckyI)}" } in "ike1Secrets" or "ike1"`;
      return withWords({ byInitiator }, { message, byInitiator, note });
    }
    const auth = cookie === undefined ? undefined : followClear(cookie, sa, message, byInitiator);
    const found: Found = { byInitiator, ...(auth && { auth }) };
    return withWords(found, { message, byInitiator, payloads: message.payloads, auth });
  }

  /** Phase 1 in the clear. Informational messages in the clear are anybody's: they move nothing. */
  function followClear(cookie: CookieRecord, sa: IsakmpSa | undefined, message: ClearMessage, byInitiator: boolean): Found['auth'] {
    if (message.messageId !== 0 || message.exchange === 'Informational') return undefined;
    if (sa?.isProven !== true && noteFacts(sa?.facts ?? cookie.facts, message.payloads, byInitiator))
      for (const one of sa === undefined ? cookie.sas.values() : [sa]) if (!one.isProven) one.candidates = undefined;
    if (sa === undefined) return undefined;
    const facts = allFacts(cookie, sa);
    return judgeClear(candidatesOf(cookie, sa), cookie.entries, facts, sa, message.payloads, byInitiator, rows);
  }

  function candidatesOf(cookie: CookieRecord, sa: IsakmpSa): NonNullable<IsakmpSa['candidates']> {
    return (sa.candidates ??= findCandidates(allFacts(cookie, sa), cookie.entries, sa, rows));
  }

  function followEncrypted(
    cookie: CookieRecord,
    sa: IsakmpSa,
    message: EncryptedMessage,
    at: ExchangePlace,
    byInitiator: boolean,
  ): FollowedIkev1 {
    const { messageId, firstPayload } = message;
    const candidates = candidatesOf(cookie, sa);
    const exchange = messageId === 0 ? undefined : exchangeOf(sa, messageId);
    const facts = allFacts(cookie, sa);
    const result =
      exchange === undefined
        ? openInChain(
            sa.phase1,
            candidates,
            sa.isProven,
            message,
            ({ phase1Iv }) => (phase1Iv === undefined ? [] : [phase1Iv]),
            (candidate, { payloads }) => judgePhase1(candidate, facts, sa, payloads, byInitiator),
          )
        : openInChain(
            exchange,
            candidates,
            sa.isProven,
            message,
            (candidate) => phase2Ivs(sa.phase1, candidate, messageId),
            (candidate, { octets }, position) => judgePhase2(candidate, message, octets, position, exchange),
          );
    if (result === undefined) return withWords({ byInitiator }, { message, byInitiator, note: whyClosed(candidates.length) });
    const { candidate, opened, auth, isMalformed } = result;
    const found: Found = {
      byInitiator,
      decrypted: joined(opened.octets, opened.padding),
      content: opened.octets,
      firstPayload,
      clearPayloads: namesInChain(firstPayload, opened.octets, payloadNamesV1),
      ...(auth && { auth }),
    };
    if (isMalformed) return withWords(found, { message, byInitiator, note: 'opened, but malformed: read no further' });
    sa.isProven = true;
    sa.candidates = [candidate, ...candidates.filter((other) => other !== candidate)];
    candidate.derived?.prove();
    if (exchange === undefined) noteFacts(sa.facts, opened.payloads, byInitiator);
    else exchange.isKnown = true;
    const added = exchange === undefined ? [] : followQuick(exchange, message, result, at);
    children.add(added, at);
    const words = { message, byInitiator, payloads: opened.payloads, auth };
    return withWords({ ...found, ...(added.length > 0 && { children: added }) }, words);
  }

  /** Keeps what later messages and keys need; returns the SAs that the second message agrees on. Only what its hash verified gets here. */
  function followQuick(
    exchange: ReturnType<typeof exchangeOf>,
    message: EncryptedMessage,
    { candidate: { hash, derived }, opened: { payloads }, position, auth }: Opened,
    at: ExchangePlace,
  ): ReturnType<typeof deriveQuickChildren> {
    const nonce = findPayloadV1(payloads, 'Nonce')?.data;
    if (message.exchange !== 'Quick Mode' || derived === undefined || auth !== 'ok' || nonce === undefined) return [];
    if (position === 1 && exchange.Ni === undefined) Object.assign(exchange, { request: payloads, Ni: nonce });
    const { request, Ni } = exchange;
    if (position !== 2 || request === undefined || Ni === undefined || exchange.Nr !== undefined) return [];
    exchange.Nr = nonce;
    const hasKe = [request, payloads].every((list) => findPayloadV1(list, 'KE') !== undefined);
    const claim = hasKe ? claimSecret(derived.pool) : undefined;
    return deriveQuickChildren(hash, derived, rows, { request, response: payloads, Ni, Nr: nonce, claim, at });
  }

  return { follow, findChildren: children.find, udpPorts: children.udpPorts };
}

function whyClosed(candidates: number): string {
  return candidates === 0
    ? 'not opened: the messages of phase 1 that its key or its algorithms follow from are not here, or the algorithms are not at hand'
    : 'not opened: the key is another, or the message in front of it, whose last block is the IV, is not in the capture';
}

function withWords(found: Found, input: ExplainInput): FollowedIkev1 {
  return { ...found, explain: () => explainIkev1(input) };
}

/** Payloads and padding are parts of one array. */
function joined(octets: Uint8Array, padding: Uint8Array): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length + padding.length);
}

function isZero(cookie: Uint8Array): boolean {
  return equalBytes(cookie, new Uint8Array(8));
}
