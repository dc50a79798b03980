/**
 * One direction of an IKE SA, keyed: combined-mode (RFC 5282) or encryption and integrity (RFC 7296 section 3.14) behind one face.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { EncryptionRow, FillRandom, IntegrityRow } from '../suite/types.js';
import { checkAlgorithms } from './keys.js';

/** What a context is made of. */
export interface SkConfig {
  /** The IKE SA's encryption. */
  readonly encryption: EncryptionRow;
  /** SK_ei or SK_er: the key, then the salt. */
  readonly encryptionKey: Uint8Array;
  /** The IKE SA's integrity; absent with a combined-mode cipher. */
  readonly integrity?: IntegrityRow;
  /** SK_ai or SK_ar; absent with a combined-mode cipher. */
  readonly integrityKey?: Uint8Array;
  /** Where a counting IV begins: 8 octets; default zeros. One key never sees one IV twice: a context that replaces another goes on behind it. */
  readonly firstIv?: Uint8Array;
}

/** Keyed state of one direction. It seals or opens; sealing counts IVs, which is all that changes in it. */
export interface SkContext {
  /** Octets of IV in front of the ciphertext. */
  readonly ivLength: number;
  /** Octets of Integrity Checksum Data behind it. */
  readonly icvLength: number;
  /** What the plaintext is padded to. */
  readonly blockSize: number;
  /** The next IV: a counter, or random octets where it has to be unpredictable. */
  nextIv(random: FillRandom): Uint8Array;
  /** Encrypts and authenticates in place. `start`: where the IV begins, which stands there; the ICV fills the end of the message. */
  seal(message: Uint8Array, start: number): void;
  /** Verifies, then decrypts into a new array; nothing when the ICV does not fit. The message is not changed. */
  open(message: Uint8Array, start: number): Uint8Array | undefined;
  /** Overwrites all keys with zeros. */
  destroy(): void;
}

/**
 * Keys one direction of an IKE SA.
 *
 * @throws IpsecError `unsupported` for an algorithm that is not for IKE: ENCR_NULL (RFC 8247: MUST NOT), ENCR_NULL_AUTH_AES_GMAC, implicit
 * IVs (RFC 8750), AES-GMAC as integrity; `invalid-argument` for keys of another length or a pair of algorithms that does not fit.
 */
export function createSkContext(config: SkConfig): SkContext {
  checkAlgorithms(config);
  const { encryption, integrity } = config;
  if (encryption.kind === 'aead' ? encryption.implicitIv || encryption.name === 'ENCR_NULL_AUTH_AES_GMAC' : encryption.isNull)
    throw notForIke('encryption', encryption.name);
  if (integrity !== undefined && integrity.ivLength > 0) throw notForIke('integrity', integrity.name);
  const iv = createIvs(encryption, config.firstIv);
  return integrity === undefined ? combined(config, iv) : separate(config, integrity, iv);
}

type NextIv = SkContext['nextIv'];

/**
 * RFC 5282 section 5.1: "The associated data (A) MUST consist of the partial contents of the IKEv2 message, starting from the first octet of the
 * Fixed IKE Header through the last octet of the Payload Header of the Encrypted Payload": in a fragment the payload header has the
 * fragment's numbers too.
 */
function combined({ encryption, encryptionKey }: SkConfig, nextIv: NextIv): SkContext {
  if (encryption.kind !== 'aead') throw new IpsecError('invalid-argument', 'a combined-mode algorithm', { found: encryption.name });
  const { ivLength, icvLength } = encryption;
  const aead = encryption.create(encryptionKey);
  return {
    ivLength,
    icvLength,
    blockSize: encryption.blockSize,
    nextIv,
    seal(message, start): void {
      const text = start + ivLength;
      aead.seal(message.subarray(0, start), message.subarray(start, text), message, text, message.length - icvLength);
    },
    open(message, start): Uint8Array | undefined {
      const text = start + ivLength;
      const buffer = message.slice(text);
      const end = buffer.length - icvLength;
      return aead.open(message.subarray(0, start), message.subarray(start, text), buffer, 0, end) ? buffer.subarray(0, end) : undefined;
    },
    destroy(): void {
      aead.destroy();
    },
  };
}

/**
 * RFC 7296 section 3.14: "Integrity Checksum Data is the cryptographic checksum of the entire message starting with the Fixed IKE header through
 * the Pad Length.  The checksum MUST be computed over the encrypted message."
 */
function separate({ encryption, encryptionKey, integrityKey = EMPTY }: SkConfig, row: IntegrityRow, nextIv: NextIv): SkContext {
  if (encryption.kind !== 'cipher') throw new IpsecError('invalid-argument', 'a cipher without integrity', { found: encryption.name });
  const { ivLength, blockSize } = encryption;
  const { icvLength } = row;
  const cipher = encryption.create(encryptionKey);
  const integrity = row.create(integrityKey);
  return {
    ivLength,
    icvLength,
    blockSize,
    nextIv,
    seal(message, start): void {
      const text = start + ivLength;
      const end = message.length - icvLength;
      cipher.encrypt(message.subarray(start, text), message, text, end);
      integrity.begin(EMPTY);
      integrity.update(message, 0, end);
      integrity.finishInto(message, end);
    },
    open(message, start): Uint8Array | undefined {
      const text = start + ivLength;
      const end = message.length - icvLength;
      integrity.begin(EMPTY);
      integrity.update(message, 0, end);
      if (!integrity.finishVerify(message, end)) return undefined;
      const plain = message.slice(text, end);
      cipher.decrypt(message.subarray(start, text), plain, 0, plain.length);
      return plain;
    },
    destroy(): void {
      cipher.destroy();
      integrity.destroy();
    },
  };
}

/**
 * RFC 7296 section 3.14: "Senders MUST select a new unpredictable IV for every message" (CBC). RFC 5282 section 3.1: "The IV MUST be chosen
 * by the encryptor in a manner that ensures that the same IV value is used only once for a given key." (GCM, CCM): those are counted.
 */
function createIvs(encryption: EncryptionRow, first: Uint8Array | undefined): NextIv {
  const { ivLength } = encryption;
  if (encryption.kind === 'cipher' && encryption.ivKind === 'random') {
    return (random) => {
      const iv = new Uint8Array(ivLength);
      random(iv);
      return iv;
    };
  }
  const next = new Uint8Array(ivLength);
  if (first !== undefined && first.length !== ivLength)
    throw new IpsecError('invalid-argument', 'the first IV', { path: 'firstIv', expected: `${ivLength} octets`, found: `${first.length}` });
  if (first !== undefined) next.set(first);
  return () => {
    const iv = next.slice();
    increment(next); // 2^32 Message IDs of 2^16 fragments each do not reach the end of 64 bits
    return iv;
  };
}

function increment(counter: Uint8Array): void {
  for (let i = counter.length - 1; i >= 0; i--) {
    counter[i] = counter[i]! + 1;
    if (counter[i] !== 0) return;
  }
}

function notForIke(path: string, name: string): IpsecError {
  return new IpsecError('unsupported', 'an algorithm of an IKE SA', { path, expected: 'one that protects IKE messages', found: name });
}
