/**
 * Opens the encrypted messages of one exchange. Their IVs are chained, and all of them are public: the last block of the message before, or a hash of what was
 * sent in the clear. What is missing, repeated or forged in a capture is told by trying those that it can be; nothing is guessed.
 *
 * @module
 */
import { EMPTY, equalBytes, readU16 } from '../bytes.js';
import { payloadNamesV1 } from '../iana/ikev1.js';
import { computePhase2Iv, type EncryptedMessage, openMessage, type OpenedMessage } from '../ikev1.js';
import type { AuthVerdict } from './ike-auth.js';
import { orNothing } from './ike-derive.js';
import type { Candidate } from './ikev1-phase1.js';

/** An encrypted message that was seen. */
interface Seen {
  /** Its last octets: the IV of whatever came behind it. */
  readonly last: Uint8Array;
  /** Octets of ciphertext. */
  readonly length: number;
  /** Some key opened it. */
  isOpened: boolean;
  /** Which one of its exchange it is, from 1, as far as the chain of IVs tells. */
  position?: number | undefined;
}

/** The encrypted messages of one exchange, in their order. Mutable. */
export interface Chain {
  /** The newest last. */
  readonly seen: Seen[];
}

/** A message that some key opened. */
export interface Opened {
  /** With which. */
  readonly candidate: Candidate;
  /** What is in it. */
  readonly opened: OpenedMessage;
  /** Which one of its exchange it is, from 1. */
  readonly position: number | undefined;
  /** What its HASH payload is worth. */
  readonly auth: AuthVerdict | undefined;
  /** A HASH payload stands in front, but what follows it is no chain of payloads. */
  readonly isMalformed: boolean;
}

/** Messages that are remembered of one exchange, so that their last blocks are tried. */
const MAXIMUM_SEEN = 8;
/** The longest block that a cipher here has. */
const MAXIMUM_BLOCK = 16;
const HASH = 8;

/**
 * Opens a message with the first key and IV that fit, and remembers it. What verifies goes before what merely looks right.
 *
 * @param isProven the first of the keys has opened a message: then one that begins right is shown even if it is malformed.
 * @param firstIvs what the first message of the exchange may have for an IV.
 * @param judge verifies the HASH payload.
 */
export function openInChain(
  chain: Chain,
  candidates: readonly Candidate[],
  isProven: boolean,
  message: EncryptedMessage,
  firstIvs: (candidate: Candidate) => readonly Uint8Array[],
  judge: (candidate: Candidate, opened: OpenedMessage, position: number | undefined) => AuthVerdict | undefined,
): Opened | undefined {
  const { data } = message;
  const last = data.slice(-MAXIMUM_BLOCK);
  const again = chain.seen.find((seen) => seen.length === data.length && equalBytes(seen.last, last));
  let best: Opened | undefined;
  for (const [i, candidate] of candidates.entries()) {
    for (const { iv, position } of ivsFor(chain, candidate, again, firstIvs)) {
      if (!looksOpen(candidate, iv, message)) continue;
      const opened = orNothing(() => openMessage(candidate.cipher, iv, message));
      if (opened === undefined) {
        if (i === 0 && isProven && message.firstPayload === HASH) best ??= malformed(candidate, iv, message);
        continue;
      }
      const auth = judge(candidate, opened, position);
      if (best === undefined || best.isMalformed || auth === 'ok') best = { candidate, opened, position, auth, isMalformed: false };
      if (auth !== 'bad') break;
    }
    if (best !== undefined && !best.isMalformed && best.auth !== 'bad') break;
  }
  remember(chain, again ?? { last, length: data.length, isOpened: false }, best);
  return best;
}

/** All of it may be payloads, and all of it padding. */
function malformed(candidate: Candidate, iv: Uint8Array, { data }: EncryptedMessage): Opened {
  const { cipher } = candidate;
  const opened = { payloads: [], octets: cipher.decrypt(iv, data), padding: EMPTY, nextIv: data.slice(-cipher.blockSize) };
  return { candidate, opened, position: undefined, auth: undefined, isMalformed: true };
}

function remember(chain: Chain, seen: Seen, best: Opened | undefined): void {
  if (best !== undefined) Object.assign(seen, { isOpened: true, position: best.position });
  if (chain.seen.includes(seen)) return;
  chain.seen.push(seen);
  if (chain.seen.length > MAXIMUM_SEEN) chain.seen.shift();
}

interface PossibleIv {
  readonly iv: Uint8Array;
  readonly position: number | undefined;
}

/** RFC 2409 appendix B: the last block of the message before it, or it begins the exchange. Which one was before a repeated message is not the newest. */
function* ivsFor(
  { seen }: Chain,
  candidate: Candidate,
  again: Seen | undefined,
  firstIvs: (candidate: Candidate) => readonly Uint8Array[],
): Generator<PossibleIv> {
  const { blockSize } = candidate.cipher;
  for (const before of seen.toReversed())
    if (before !== again && before.last.length >= blockSize)
      yield { iv: before.last.subarray(-blockSize), position: before.position === undefined ? undefined : before.position + 1 };
  for (const iv of firstIvs(candidate)) if (iv.length === blockSize) yield { iv, position: 1 };
}

/** What a later exchange may begin with: the last block of phase 1, whichever message that was; of those that were opened first. */
export function phase2Ivs(phase1: Chain, { hash, cipher, phase1Iv }: Candidate, messageId: number): readonly Uint8Array[] {
  const { blockSize } = cipher;
  const newest = phase1.seen.filter(({ last }) => last.length >= blockSize).toReversed();
  const blocks = [...newest.filter(({ isOpened }) => isOpened), ...newest.filter(({ isOpened }) => !isOpened)];
  const ends = [...blocks.map(({ last }) => last.subarray(-blockSize)), ...(phase1Iv === undefined ? [] : [phase1Iv])];
  return ends.map((end) => computePhase2Iv(hash, end, messageId));
}

/**
 * Whether the first block is the beginning of a payload: Next Payload, RESERVED, and a length that fits; of a HASH payload that of the hash. A wrong key or IV gets
 * by here once in some millions, and then has to be a whole chain of payloads.
 */
function looksOpen({ cipher, hash }: Candidate, iv: Uint8Array, { data, firstPayload }: EncryptedMessage): boolean {
  const { blockSize } = cipher;
  if (data.length === 0 || data.length % blockSize !== 0) return false;
  const head = cipher.decrypt(iv, data.subarray(0, blockSize));
  const length = readU16(head, 2);
  const next = head[0]!;
  if (head[1] !== 0 || length < 4 || length > data.length || (next !== 0 && !payloadNamesV1.some(({ id }) => id === next))) return false;
  return firstPayload !== HASH || length === 4 + hash.outputLength;
}
