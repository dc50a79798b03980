/**
 * A message of the peer is opened: decrypted with the IV of its exchange and, in phase 2, shown to be genuine by its HASH.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Path } from '../keying/path.js';
import { openMessage } from './cipher.js';
import { computeHash1, computeHash2, computeHash3, splitHash, verifyHash } from './hashes.js';
import type { EncryptedMessage, Ikev1Message } from './message.js';
import type { Payload } from './payload-cases.js';
import type { Exchange, OpenMessage } from './requests.js';
import { firstIvOf } from './send.js';
import type { Living, Phase1Crypto } from './states.js';

/** An open message, and the IV of the one that follows it. */
export interface Opened {
  readonly message: OpenMessage;
  /** Undefined: it was not encrypted. To be kept once the message has shown to be genuine. */
  readonly nextIv: Uint8Array | undefined;
}

/** A message with its protection taken off, in which nobody has looked for a HASH yet. */
interface Bare {
  readonly firstPayload: number;
  readonly octets: Uint8Array;
  readonly payloads: readonly Payload[];
  readonly nextIv: Uint8Array;
}

/**
 * Opens an encrypted message.
 *
 * @param exchange that of its Message ID, if there is one.
 * @returns `IpsecError`: `malformed` and its like where octets make no sense, as they do under a wrong key; `authentication-failed`: a wrong HASH.
 */
export function openEncrypted(
  sa: Living & { readonly crypto: Phase1Crypto },
  exchange: Exchange | undefined,
  header: Ikev1Message & EncryptedMessage,
  raw: Uint8Array,
  path: Path,
  env: IkeEnv,
): Opened | IpsecError {
  const { crypto, phase1 } = sa;
  const { messageId, firstPayload } = header;
  return attempt(() => {
    const iv = exchange?.iv ?? firstIvOf(crypto, phase1, messageId);
    const { payloads, octets, nextIv } = openMessage(crypto.cipher, iv, header, env.limits);
    const bare: Bare = { firstPayload, octets, payloads, nextIv };
    const genuine = messageId === 0 && header.exchange === phase1.exchange ? payloads : hashChecked(crypto, exchange, header, bare);
    return { message: describe(header, genuine, true, raw, path), nextIv };
  });
}

/** An open message of what came in the clear. */
export function describe(
  header: Ikev1Message,
  payloads: readonly Payload[],
  isEncrypted: boolean,
  raw: Uint8Array,
  path: Path,
): OpenMessage {
  const { ckyI, ckyR, exchange, messageId, commit } = header;
  return { ckyI, ckyR, exchange, messageId, isEncrypted, commit, payloads, raw, path };
}

/** RFC 2409 section 5.5 has three hashes: which of them is due follows from how far the exchange is. */
function hashChecked(
  { suite: { prf }, keys: { SKEYID_a } }: Phase1Crypto,
  exchange: Exchange | undefined,
  { messageId, exchange: name }: Ikev1Message,
  { firstPayload, octets }: Bare,
): readonly Payload[] {
  const { hash, message, payloads } = splitHash(firstPayload, octets);
  const about = name === 'Quick Mode' ? exchange?.about : undefined;
  const expected =
    about?.kind === 'quick-offered'
      ? computeHash2(prf, SKEYID_a, messageId, about.Ni, message)
      : about?.kind === 'quick-answered'
        ? computeHash3(prf, SKEYID_a, messageId, about.Ni, about.Nr)
        : computeHash1(prf, SKEYID_a, messageId, message);
  if (!verifyHash(expected, hash))
    throw new IpsecError('authentication-failed', `the HASH of a message of ${name}`, { expected: 'that of its octets', found: 'another' });
  return payloads;
}
