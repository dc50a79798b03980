/**
 * Encryption of messages: CBC whose IV goes on from one message of an exchange to the next.
 *
 * @module
 */
import { concat, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { IkeLimits } from '../isakmp/limits.js';
import type { HashRow } from '../suite/types-hash.js';
import type { CipherRow } from '../suite/types.js';
import { decodePayloads, type EncodedPayloads, encodeMessage, type EncryptedMessage, headerOf, type Ikev1Header } from './message.js';
import type { Payload } from './payload-cases.js';

/** The cipher of an ISAKMP SA, keyed: one key for both directions. It holds no IV. */
export interface MessageCipher {
  /** Octets of a block, and of an IV. */
  readonly blockSize: number;
  /** Encrypts whole blocks into a new array. */
  encrypt(iv: Uint8Array, octets: Uint8Array): Uint8Array;
  /** Decrypts whole blocks into a new array. */
  decrypt(iv: Uint8Array, octets: Uint8Array): Uint8Array;
  /** Overwrites the key with zeros. */
  destroy(): void;
}

/**
 * Keys the cipher of an ISAKMP SA.
 *
 * @param row a cipher in CBC: AES, or 3DES and DES out of `suite/legacy`.
 * @param key of `expandEncryptionKey`.
 * @throws IpsecError `unsupported`: not a cipher in CBC; `invalid-argument`: a key of another length, or one that is weak.
 */
export function createMessageCipher(row: CipherRow, key: Uint8Array): MessageCipher {
  if (row.isNull || row.ivKind !== 'random' || row.ivLength !== row.blockSize)
    throw new IpsecError('unsupported', 'the encryption of an ISAKMP SA', { expected: 'a cipher in CBC', found: row.name });
  const context = row.create(key);
  return {
    blockSize: row.blockSize,
    encrypt(iv, octets): Uint8Array {
      const out = octets.slice();
      context.encrypt(iv, out, 0, out.length);
      return out;
    },
    decrypt(iv, octets): Uint8Array {
      const out = octets.slice();
      context.decrypt(iv, out, 0, out.length);
      return out;
    },
    destroy(): void {
      context.destroy();
    },
  };
}

/**
 * The IV of the first message of phase 1 that is encrypted. RFC 2409 appendix B: it is "derived from a hash of a concatenation of the initiator's public
 * Diffie-Hellman value and the responder's public Diffie-Hellman value using the negotiated hash algorithm."
 *
 * @param blockSize as many octets are taken of the hash.
 */
export function computePhase1Iv(hash: HashRow, gXi: Uint8Array, gXr: Uint8Array, blockSize: number): Uint8Array {
  return hash.digest(gXi, gXr).slice(0, blockSize);
}

/**
 * The IV of the first message of any later exchange. RFC 2409 appendix B: it is "derived from a hash of a concatenation of the last phase 1 CBC output block
 * and the phase 2 message id using the negotiated hash algorithm."
 *
 * @param lastBlock `nextIv` of the last message of phase 1.
 */
export function computePhase2Iv(hash: HashRow, lastBlock: Uint8Array, messageId: number): Uint8Array {
  const id = new Uint8Array(4);
  writeU32(id, 0, messageId);
  return hash.digest(lastBlock, id).slice(0, lastBlock.length);
}

/** An open message. Nothing in it is authentic yet: that is for a HASH or SIG payload to show. */
export interface OpenedMessage {
  /** The payloads in their order. */
  readonly payloads: readonly Payload[];
  /** The same as octets, without padding. */
  readonly octets: Uint8Array;
  /** What stands behind them. Some peers send a whole block of it where none is needed: any length is taken, and none of it means anything. */
  readonly padding: Uint8Array;
  /**
   * RFC 2409 appendix B: "Subsequent messages MUST use the last CBC encryption block from the previous message as their initialization vector." To be kept
   * once the message has shown to be authentic: a forged one must not move it.
   */
  readonly nextIv: Uint8Array;
}

/**
 * Decrypts a message. There is no integrity check in it: octets from a stranger, or under a wrong key, are random payloads, and end as `malformed` or the like.
 * The message is not changed.
 *
 * @param iv of {@link computePhase1Iv}, {@link computePhase2Iv} or the message before.
 * @throws IpsecError `malformed` for no whole blocks; else as `decodePayloads`.
 *
 * @example
 * ```ts
 * import { createMessageCipher, decodeMessage, encodePayloads, openMessage, sealMessage } from 'ipsec-ts/ikev1';
 * import { aes128Cbc } from 'ipsec-ts/suite/encr';
 *
 * const cipher = createMessageCipher(aes128Cbc, new Uint8Array(16).fill(1));
 * const iv = new Uint8Array(16);
 * const header = { ckyI: new Uint8Array(8).fill(2), ckyR: new Uint8Array(8).fill(3), authenticationOnly: false, commit: false };
 * const payloads = encodePayloads([{ type: 'HASH', data: new Uint8Array(32) }]);
 * const sealed = sealMessage(cipher, iv, { ...header, exchange: 'Quick Mode', messageId: 0x1234 }, payloads);
 *
 * const message = decodeMessage(sealed.octets);
 * if (!message.isEncrypted || openMessage(cipher, iv, message).payloads[0]?.type !== 'HASH') throw new Error('what went in');
 * ```
 */
export function openMessage(cipher: MessageCipher, iv: Uint8Array, message: EncryptedMessage, limits: IkeLimits = {}): OpenedMessage {
  const { data, firstPayload } = message;
  const { blockSize } = cipher;
  if (data.length === 0 || data.length % blockSize !== 0) {
    const found = `${data.length}`;
    throw new IpsecError('malformed', 'the ciphertext of a message', { blame: 'peer', expected: `blocks of ${blockSize} octets`, found });
  }
  const plain = cipher.decrypt(iv, data);
  const { payloads, end } = decodePayloads(firstPayload, plain, limits);
  return { payloads, octets: plain.subarray(0, end), padding: plain.subarray(end), nextIv: data.slice(-blockSize) };
}

/** A sealed message. */
export interface SealedMessage {
  /** All of it. */
  readonly octets: Uint8Array;
  /** The IV of the next message of the exchange, whoever sends it. */
  readonly nextIv: Uint8Array;
}

/**
 * Encrypts payloads into a message. RFC 2409 appendix B: "Each message should be padded up to the nearest block size using bytes containing 0x00. The message
 * length in the header MUST include the length of the pad since this reflects the size of the ciphertext."
 *
 * @param payloads of `encodePayloads` or `encodeHashed`; at least one.
 * @param padding what stands behind them instead; with them it makes whole blocks.
 * @throws IpsecError `invalid-argument`: no payloads, or no whole blocks.
 */
export function sealMessage(
  cipher: MessageCipher,
  iv: Uint8Array,
  header: Ikev1Header,
  { firstPayload, octets }: EncodedPayloads,
  padding: Uint8Array = new Uint8Array(Math.ceil(octets.length / cipher.blockSize) * cipher.blockSize - octets.length),
): SealedMessage {
  if (octets.length === 0) throw new IpsecError('invalid-argument', 'payloads to encrypt', { expected: 'at least one', found: 'none' });
  const data = cipher.encrypt(iv, concat(octets, padding));
  return { octets: encodeMessage({ ...headerOf(header), firstPayload, data }), nextIv: data.slice(-cipher.blockSize) };
}
