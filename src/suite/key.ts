/**
 * What every keyed context checks: the length of its key once, its ranges once a packet.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

/** What {@link checkKey} needs to know of a row. */
export interface KeySize {
  /** IANA's name, for the message. */
  readonly name: string;
  /** Octets of key without the salt. */
  readonly keyLength: number;
  /** Octets of salt behind the key. */
  readonly saltLength: number;
}

/**
 * Refuses a key that is not exactly as long as the algorithm wants it: a key that is too short would be padded, one that is too
 * long would be cut, and either way two peers would disagree in silence.
 *
 * @throws IpsecError `invalid-argument` with the expected and the found number of octets; never the key itself.
 */
export function checkKey(key: Uint8Array, size: KeySize): void {
  const octets = size.keyLength + size.saltLength;
  if (key.length === octets) return;
  const expected =
    size.saltLength === 0 ? `${octets} octets` : `${octets} octets (${size.keyLength} of key, then ${size.saltLength} of salt)`;
  throw new IpsecError('invalid-argument', `key of ${size.name}`, { expected, found: `${key.length}` });
}

/**
 * Refuses to work outside the buffer or with an IV of the wrong length: both would otherwise read as zeros without a word.
 *
 * @param behind octets that must still fit behind `end` (the ICV).
 */
export function checkRange(iv: Uint8Array, ivLength: number, buffer: Uint8Array, start: number, end: number, behind: number): void {
  checkIv(iv, ivLength);
  if (!(start >= 0 && start <= end && end + behind <= buffer.length)) throw wrongRange(buffer, start, end, behind);
}

/** Refuses an IV of the wrong length. */
export function checkIv(iv: Uint8Array, ivLength: number): void {
  if (iv.length !== ivLength) throw new IpsecError('invalid-argument', 'IV', { expected: `${ivLength} octets`, found: `${iv.length}` });
}

/** {@link checkRange} for octets that are only read or only written. */
export function checkSpan(data: Uint8Array, start: number, end: number): void {
  if (!(start >= 0 && start <= end && end <= data.length)) throw wrongRange(data, start, end, 0);
}

/** Refuses a length that is not whole blocks. ESP pads to the block size; RFC 4303 section 2.4. */
export function checkBlocks(blockSize: number, start: number, end: number): void {
  if ((end - start) % blockSize !== 0)
    throw new IpsecError('invalid-argument', 'octets to encrypt', { expected: `a multiple of ${blockSize}`, found: `${end - start}` });
}

/** The error of a context that is used after `destroy()`: its key is zeros by then. */
export function destroyed(name: string): IpsecError {
  return new IpsecError('sa-deleted', `keyed context of ${name}`, { expected: 'a live one', found: 'one whose keys were wiped' });
}

/** The error of `update` or `finish` without `begin`, or after `destroy`: the tag would be of another message, or under no key. */
export function outOfTurn(name: string, live: boolean): IpsecError {
  if (!live) return destroyed(name);
  return new IpsecError('invalid-argument', `call of ${name}`, { expected: 'begin() first', found: 'update() or finish without it' });
}

function wrongRange(buffer: Uint8Array, start: number, end: number, behind: number): IpsecError {
  const room = behind === 0 ? '' : ` with ${behind} octets behind it`;
  return new IpsecError('invalid-argument', 'range in the buffer', {
    expected: `0 <= start <= end <= ${buffer.length}${room}`,
    found: `${start} to ${end}`,
  });
}
