/**
 * The anti-replay window of RFC 4303 section 3.4.3 as the ring of RFC 6479, with Extended Sequence Numbers (RFC 4303 appendix A).
 * A receiver asks {@link checkSeq} before the ICV is verified and once more after it, and calls {@link markSeq} only then:
 * RFC 4303 section 3.4.3: "The receive window is updated only if the integrity verification succeeds."
 * This module imports nothing, so that it can be used alone.
 *
 * @module
 */

/** The state of one receiver. Mutable: it belongs to the one who opens the packets of its SA. */
export interface ReplayWindow {
  /** W: how far behind `top` a packet may come, in packets; 0: nothing is checked. */
  readonly size: number;
  /** Whether packets carry only the low half of a longer number (Extended Sequence Numbers). */
  readonly esn: boolean;
  /** T: highest number authenticated so far. */
  top: number;
  /** Consecutive packets that failed authentication (RFC 4303 appendix A3.1). */
  failures: number;
  /** The ring: one bit per number, a power of two of words, at least one word more than the window needs. */
  readonly ring: Int32Array;
}

/** What {@link createReplayWindow} takes besides the size. */
export interface ReplayWindowOptions {
  /** Extended Sequence Numbers. Default false. */
  readonly esn?: boolean;
  /** Highest number already seen. Default 0: the first packet is 1. */
  readonly top?: number;
}

const subspace = 2 ** 32;
const maxSize = 2 ** 31;
const maxSeq = Number.MAX_SAFE_INTEGER;
const maxSeq32 = 0xffffffff;

/**
 * Makes a window that has seen `top` and nothing else. Lower numbers inside the window are fresh.
 *
 * @param size packets, 0 to 2^31; RFC 4303 section 3.4.3: "A minimum window size of 32 packets MUST be supported when 32-bit
 * sequence numbers are employed; a window size of 64 is preferred". Any number is kept exactly, multiple of 32 or not. 0 turns
 * the check off. Nothing is thrown: a fraction is rounded up, more than 2^31 becomes 2^31, and what is not a number or is
 * negative becomes 64, never 0. Memory: size / 8 octets, rounded up to a power of two and at least one word more.
 * @example
 * ```ts
 * import { checkSeq, createReplayWindow, inferSeq, markSeq } from 'ipsec-ts/replay-window';
 *
 * const window = createReplayWindow(64, { esn: true, top: 2 ** 32 - 2 });
 * const seq = inferSeq(window, 5); // the packet carries 5: by now that means 2^32 + 5
 * if (seq !== 2 ** 32 + 5 || !checkSeq(window, seq)) throw new Error('fresh');
 * markSeq(window, seq); // after the ICV was verified, never before
 * if (checkSeq(window, seq)) throw new Error('a replay');
 * ```
 */
export function createReplayWindow(size: number, options: ReplayWindowOptions = {}): ReplayWindow {
  const { esn = false, top = 0 } = options;
  const exact = size >= 0 ? Math.min(Math.ceil(size), maxSize) : 64;
  let words = 2;
  while ((words - 1) * 32 < exact) words *= 2;
  const w: ReplayWindow = { size: exact, esn, top, failures: 0, ring: new Int32Array(exact === 0 ? 0 : words) };
  if (top > 0) markSeq(w, top);
  return w;
}

/**
 * The whole number of a packet that carries `low`. Without ESN that is `low` itself.
 *
 * RFC 4303 appendix A2.2, case A (Tl >= W - 1): "If Seql >= Bl (where Bl = Tl - W + 1), then Seqh = Th",
 * "If Seql <  Bl (where Bl = Tl - W + 1), then Seqh = Th + 1"; case B, the window spans two subspaces:
 * "If Seql >= Bl (where Bl = Tl - W + 1), then Seqh = Th - 1", "If Seql <  Bl (where Bl = Tl - W + 1), then Seqh = Th".
 * Both cases say the same: the one number with these low bits in [B, B + 2^32), where B = T - W + 1 is the window's lower end.
 *
 * With size 0 there is no W; then the number nearest to `top` is meant.
 *
 * @param low the Sequence Number field, 0 to 2^32 - 1.
 * @returns 0, which is never fresh, where the rule ends below zero; possibly more than 2^53 - 1, which is never fresh either.
 */
export function inferSeq(w: ReplayWindow, low: number): number {
  return w.esn ? Math.max(guessSeq(w, low), w.size === 0 ? low : 0) : low;
}

/**
 * Whether a packet with this number may still come: it is to the right of the window, or inside and not yet marked.
 * RFC 4303 section 3.4.3: "Packets that contain sequence numbers lower than the "left" edge of the window are rejected."
 * 0 is refused, for section 3.3.3 makes 1 the number of the first packet. With size 0 every number passes that the SA can have at all.
 *
 * @param seq the whole number, from {@link inferSeq}.
 */
export function checkSeq(w: ReplayWindow, seq: number): boolean {
  const { top, size } = w;
  if (seq > top || size === 0) return seq <= (w.esn ? maxSeq : maxSeq32);
  if (seq <= top - size || seq < 1) return false;
  const { ring } = w;
  // Low 32 bits are enough to find the word: the ring's length divides 2^27, so the count goes on unbroken into the next subspace.
  return ((ring[(seq >>> 5) & (ring.length - 1)]! >>> (seq & 31)) & 1) === 0;
}

/**
 * Notes that the packet with this number was authenticated; from now on {@link checkSeq} refuses it. A number beyond `top`
 * moves the window. RFC 6479 section 2: "If S passes several blocks, we have to initialize several blocks instead of only one block."
 *
 * @param seq a number that {@link checkSeq} passes; one to the left of the window changes nothing.
 */
export function markSeq(w: ReplayWindow, seq: number): void {
  const { ring, top, size } = w;
  // RFC 4303 appendix A3.1: "Receipt of a valid packet on the SA resets the counter to zero."
  w.failures = 0;
  if (seq > top) {
    w.top = seq;
    // Below 2^53 this subtraction is exact, and a jump longer than the ring clears each word once.
    const passed = seq - top + (top & 31);
    const words = passed >= ring.length * 32 ? ring.length : passed >>> 5;
    const mask = ring.length - 1;
    for (let i = words, at = seq >>> 5; i > 0; i--, at--) ring[at & mask] = 0;
  } else if (seq <= top - size || seq < 1) return;
  if (size > 0) ring[(seq >>> 5) & (ring.length - 1)]! |= 1 << (seq & 31);
}

/**
 * Counts a packet that failed authentication and says whether it is time to look for lost synchronization with this one:
 * RFC 4303 appendix A3.1: "For each SA, the receiver records the number of consecutive packets that fail authentication."
 * Always false without ESN. The count starts again each time, so that whoever sends forged packets can add no more than
 * `limit / trigger` verifications to each of them (see {@link resyncCandidates}).
 *
 * @param trigger RFC 4303 appendix A3.1: "The value used to trigger the re-synchronization process is a local parameter." Default 256.
 */
export function noteFailure(w: ReplayWindow, trigger = 256): boolean {
  if (!w.esn || ++w.failures < trigger) return false;
  w.failures = 0;
  return true;
}

/**
 * The numbers to try on a packet for which {@link noteFailure} said true, in this order, until one verifies; then
 * {@link markSeq} with that one puts the window back in step.
 *
 * RFC 4303 appendix A3.2: "authentication is retried using successively larger values for the upper half of the sequence number
 * (Seqh). These values are generated by incrementing by one for each retry. The number of retries should be limited, in case this
 * is a packet from the "past" or a bogus packet."
 *
 * @param low the Sequence Number field.
 * @param limit most numbers to try. Default 16.
 * @returns numbers beyond `top`, ascending; none without ESN, none beyond 2^53 - 1.
 */
export function resyncCandidates(w: ReplayWindow, low: number, limit = 16): number[] {
  const candidates: number[] = [];
  for (let seq = guessSeq(w, low); w.esn && candidates.length < limit && (seq += subspace) <= maxSeq;) candidates.push(seq);
  return candidates;
}

function guessSeq(w: ReplayWindow, low: number): number {
  const bottom = w.top - (w.size === 0 ? maxSize : w.size) + 1;
  // (low - bottom) mod 2^32: how far above the lower end.
  return bottom + ((low - bottom) >>> 0);
}
