/**
 * ESP by itself: the octets from the SPI to the ICV, whatever carries them. RFC 4303 section 2.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ----
 * |               Security Parameters Index (SPI)                 | ^Int.
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |Cov-
 * |                      Sequence Number                          | |ered
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ | ----
 * |                    IV, if the cipher has one                  | |   ^
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |   |
 * |                    Rest of Payload Data  (variable)           | |   |
 * ~                                                               ~ |   |
 * |               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |Conf.
 * |               |         TFC Padding * (optional, variable)    | |Cov-
 * +-+-+-+-+-+-+-+-+         +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |ered
 * |                         |        Padding (0-255 bytes)        | |   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |   |
 * |                               |  Pad Length   | Next Header   | v   v
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ------
 * |         Integrity Check Value-ICV   (variable)                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * This is the hot path: it works in place, with offsets, and allocates nothing.
 *
 * @module
 */
import { requireAlive, seqHigh, type SecurityAssociation } from '../association.js';
import { EMPTY, readU32, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { checkSeq, inferSeq, markSeq, noteFailure, resyncCandidates } from '../replay-window.js';
import { dropCodes } from '../verdict.js';

/** Octets of SPI and Sequence Number. */
export const ESP_HEADER_LENGTH = 8;
/** Octets of Pad Length and Next Header. */
export const ESP_TRAILER_LENGTH = 2;
/** Next Header of a dummy packet: RFC 4303 section 2.6, `No Next Header`. */
export const NO_NEXT_HEADER = 59;

/** What a caller may fix about one packet instead of letting the SA choose. */
export interface EspSealOptions {
  /** The IV as sent. For vectors and captures: under one key an IV must never be used twice. */
  readonly iv?: Uint8Array | undefined;
  /** The Padding field, octet for octet; its length must align the trailer. */
  readonly padding?: Uint8Array | undefined;
}

/** Length of the Padding field that aligns `textLength` octets of payload (with TFC padding) and the trailer for this SA. */
export function padLengthFor(sa: SecurityAssociation, textLength: number): number {
  const past = (textLength + ESP_TRAILER_LENGTH) % sa.padTo;
  return past === 0 ? 0 : sa.padTo - past;
}

/** Octets from SPI to ICV of an ESP packet with this many octets of payload (with TFC padding) and of Padding. */
export function espLength(sa: SecurityAssociation, textLength: number, padLength: number): number {
  return ESP_HEADER_LENGTH + sa.ivLength + textLength + padLength + ESP_TRAILER_LENGTH + sa.icvLength;
}

/**
 * Makes an ESP packet at `buffer[at...]`. The payload (with TFC padding) is there already, at `at + 8 + sa.ivLength`.
 *
 * @param seq the full sequence number, from `nextSeq`.
 * @returns octets from the SPI to the end of the ICV. The caller has made sure that they fit.
 * @throws IpsecError `invalid-argument` for an IV or a padding of the wrong length.
 */
export function sealEspAt(
  sa: SecurityAssociation,
  seq: number,
  nextHeader: number,
  buffer: Uint8Array,
  at: number,
  textLength: number,
  options?: EspSealOptions,
): number {
  requireAlive(sa);
  writeU32(buffer, at, sa.spi);
  writeU32(buffer, at + 4, seq);
  const text = at + ESP_HEADER_LENGTH + sa.ivLength;
  const iv = chooseIv(sa, seq, options?.iv);
  for (let i = 0; i < sa.ivLength; i++) buffer[at + ESP_HEADER_LENGTH + i] = iv[i]!;

  let end = text + textLength;
  const padLength = options?.padding ? checkPadding(sa, textLength, options.padding) : padLengthFor(sa, textLength);
  if (options?.padding) buffer.set(options.padding, end);
  // RFC 4303 section 2.4: "The first padding byte appended to the plaintext is numbered 1, with subsequent padding bytes making up a monotonically increasing sequence: 1, 2, 3, ...."
  else for (let i = 1; i <= padLength; i++) buffer[end + i - 1] = i;
  end += padLength;
  buffer[end++] = padLength;
  buffer[end++] = nextHeader;

  writeAad(sa, seq);
  const p = sa.protection;
  if (p.kind === 'combined') p.aead.seal(sa.scratch.aad, iv, buffer, text, end);
  else if (p.kind === 'separate') {
    p.cipher.encrypt(iv, buffer, text, end);
    if (p.mac) {
      macEsp(sa, p.mac, buffer, at, end);
      p.mac.finishInto(buffer, end);
    }
  }
  sa.packets++;
  sa.octets += textLength;
  return end + sa.icvLength - at;
}

/**
 * Opens the ESP packet at `data[at, end)` into `out`, at the same offsets: the payload begins at `out[at + 8 + sa.ivLength]`.
 * `data` and `out` may be one array. Order (RFC 4303 section 3.4): length, window, ICV, window again, mark, padding, Next Header.
 *
 * @returns `payload length * 256 + Next Header`, or a negative drop code (`dropReason`). After a drop nothing of the SA has
 *   changed, unless the ICV did fit: then the number counts as received; and `out` holds nothing that was deciphered.
 */
export function openEspAt(sa: SecurityAssociation, data: Uint8Array, at: number, end: number, out: Uint8Array): number {
  if (!sa.alive) return dropCodes['no-sa'];
  const text = at + ESP_HEADER_LENGTH + sa.ivLength;
  const textEnd = end - sa.icvLength;
  const length = textEnd - text;
  const p = sa.protection;
  if (p.kind === 'integrity' || length < ESP_TRAILER_LENGTH || end > data.length) return dropCodes.malformed;
  // RFC 4303 section 2.4: "the Pad Length and Next Header fields must be right aligned within a 4-byte word"
  if (length % (p.row.blockSize > 4 ? p.row.blockSize : 4) !== 0) return dropCodes.malformed;
  if (out.length < end) return dropCodes['buffer-too-small'];
  if (readU32(data, at) !== sa.spi) return dropCodes['no-sa'];

  let seq = inferSeq(sa.window, readU32(data, at + 4));
  if (!checkSeq(sa.window, seq)) return dropCodes.replay;

  if (out !== data) copyPacket(data, end, out);
  if (!decipher(sa, seq, out, at, text, textEnd)) {
    seq = noteFailure(sa.window) ? resynchronize(sa, data, at, end, out) : -1;
    if (seq < 0) return dropCodes.icv;
  }
  // RFC 4303 section 3.4.3: "The receive window is updated only if the integrity verification succeeds."
  // Looked at again, since an engine may have let other packets in between.
  if (!checkSeq(sa.window, seq)) return wiped(out, text, textEnd, dropCodes.replay);
  markSeq(sa.window, seq);
  sa.seq = seq;

  const padLength = out[textEnd - 2]!;
  const payloadLength = length - ESP_TRAILER_LENGTH - padLength;
  if (payloadLength < 0) return wiped(out, text, textEnd, dropCodes.padding);
  if (sa.checkPadding) {
    // The sum of differences, not the first one: how long this takes tells nothing of where the padding is wrong.
    let difference = 0;
    for (let i = 1; i <= padLength; i++) difference |= out[text + payloadLength + i - 1]! ^ i;
    if (difference !== 0) return wiped(out, text, textEnd, dropCodes.padding);
  }
  const nextHeader = out[textEnd - 1]!;
  // RFC 4303 section 3.4.4.1: "the (dummy) packet is discarded without further processing."
  if (nextHeader === NO_NEXT_HEADER) return wiped(out, text, textEnd, dropCodes.dummy);
  sa.packets++;
  sa.octets += payloadLength;
  return payloadLength * 256 + nextHeader;
}

/** Verifies and deciphers in place, as the packet with this number. False: the ICV does not fit, and nothing is deciphered. */
function decipher(sa: SecurityAssociation, seq: number, out: Uint8Array, at: number, text: number, textEnd: number): boolean {
  const { protection: p, scratch } = sa;
  if (p.kind === 'integrity') return false;
  if (p.kind === 'combined' && p.row.implicitIv) writeCounter(sa, scratch.iv, seq);
  else for (let i = 0; i < sa.ivLength; i++) scratch.iv[i] = out[at + ESP_HEADER_LENGTH + i]!;
  writeAad(sa, seq);
  if (p.kind === 'combined') return p.aead.open(scratch.aad, scratch.iv, out, text, textEnd);
  if (p.mac) {
    macEsp(sa, p.mac, out, at, textEnd);
    if (!p.mac.finishVerify(out, textEnd)) return false;
  }
  p.cipher.decrypt(scratch.iv, out, text, textEnd);
  return true;
}

/**
 * After a loss of more than 2^32 packets the high half of the number is no longer what the window infers. RFC 4303 appendix A3:
 * "authentication is retried using successively larger values for the upper half of the sequence number (Seqh)."
 *
 * @returns the number that verifies, or -1. A packet opened in place cannot be tried again: a failed try may have wiped it.
 */
function resynchronize(sa: SecurityAssociation, data: Uint8Array, at: number, end: number, out: Uint8Array): number {
  if (out === data) return -1;
  for (const seq of resyncCandidates(sa.window, readU32(data, at + 4))) {
    copyPacket(data, end, out);
    if (decipher(sa, seq, out, at, at + ESP_HEADER_LENGTH + sa.ivLength, end - sa.icvLength)) return seq;
  }
  return -1;
}

function chooseIv(sa: SecurityAssociation, seq: number, given: Uint8Array | undefined): Uint8Array {
  const { iv } = sa.scratch;
  const row = sa.protection.kind === 'integrity' ? undefined : sa.protection.row;
  if (given && sa.ivLength > 0) {
    if (given.length !== sa.ivLength) {
      throw new IpsecError('invalid-argument', 'an IV', { path: 'iv', expected: `${sa.ivLength} octets`, found: `${given.length}` });
    }
    iv.set(given);
  } else if (row?.kind === 'cipher' && row.ivKind === 'random') takeRandomIv(sa);
  else if (iv.length === 8) writeCounter(sa, iv, seq);
  return iv;
}

/** RFC 3602 section 3: "The IV MUST be chosen at random, and MUST be unpredictable." Drawn for many packets at a time. */
function takeRandomIv(sa: SecurityAssociation): void {
  const { iv, ivPool } = sa.scratch;
  if (sa.scratch.ivPoolAt >= ivPool.length) {
    sa.random(ivPool);
    sa.scratch.ivPoolAt = 0;
  }
  for (let i = 0; i < iv.length; i++) {
    iv[i] = ivPool[sa.scratch.ivPoolAt + i]!;
    ivPool[sa.scratch.ivPoolAt + i] = 0;
  }
  sa.scratch.ivPoolAt += iv.length;
}

function writeCounter(sa: SecurityAssociation, iv: Uint8Array, seq: number): void {
  writeU32(iv, 0, seqHigh(sa, seq));
  writeU32(iv, 4, seq);
}

/**
 * SPI and Sequence Number as RFC 4106 section 5 draws them: 8 octets, or with ESN 12 with the high half in the middle. With
 * separate algorithms only the high half is taken from here: it is appended for the ICV and not sent.
 */
function writeAad(sa: SecurityAssociation, seq: number): void {
  const { aad } = sa.scratch;
  writeU32(aad, 0, sa.spi);
  if (sa.esn) writeU32(aad, 4, seqHigh(sa, seq));
  writeU32(aad, aad.length - 4, seq);
}

function macEsp(
  sa: SecurityAssociation,
  mac: { begin(iv: Uint8Array): void; update(d: Uint8Array, s: number, e: number): void },
  b: Uint8Array,
  start: number,
  end: number,
): void {
  mac.begin(EMPTY);
  mac.update(b, start, end);
  // RFC 4303 section 3.3.2.1: "the high-order 32 bits of the sequence number are appended after the Next Header field for purposes of this computation, but are not transmitted."
  if (sa.esn) mac.update(sa.scratch.aad, 4, 8);
}

function checkPadding(sa: SecurityAssociation, textLength: number, padding: Uint8Array): number {
  const block = sa.protection.kind === 'integrity' ? 4 : Math.max(4, sa.protection.row.blockSize);
  if (padding.length > 255 || (textLength + padding.length + ESP_TRAILER_LENGTH) % block !== 0) {
    throw new IpsecError('invalid-argument', 'the Padding field', {
      path: 'padding',
      expected: `up to 255 octets that fill ${textLength} + 2 octets up to a multiple of ${block}`,
      found: `${padding.length}`,
    });
  }
  return padding.length;
}

/** Whole-array copies need no view: an array longer than `end` (octets behind the packet) is the rare case. */
function copyPacket(data: Uint8Array, end: number, out: Uint8Array): void {
  out.set(data.length <= out.length ? data : data.subarray(0, end));
}

function wiped(out: Uint8Array, start: number, end: number, code: number): number {
  out.fill(0, start, end);
  return code;
}
