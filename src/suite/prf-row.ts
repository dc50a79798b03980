/**
 * A pseudorandom function from a message authentication code that is not truncated, whoever computes it.
 *
 * @module
 */
import { EMPTY, wipe } from '../bytes.js';
import { createHmac, type HashFunction } from './hmac.js';
import type { IntegrityContext } from './types.js';
import type { PrfContext, PrfRow } from './types-ike.js';

/** Octets of an AES-128 key and of a block. */
const AES = 16;

/** A MAC with a key that fits, and its whole tag. */
export type Mac = (name: string, key: Uint8Array, length: number) => IntegrityContext;

/**
 * RFC 7296 section 2.13: "For PRFs based on the HMAC construction, the preferred key size is equal to the length of the output of the
 * underlying hash function."
 */
export function hmacPrfRow(name: string, id: number, outputLength: number, engine: string, mac: Mac): PrfRow {
  return row(name, id, outputLength, false, engine, (key) => mac(name, key, outputLength));
}

/** A row of HMAC over a hash of noble. */
export function nobleHmacPrfRow(name: string, id: number, hash: HashFunction): PrfRow {
  return hmacPrfRow(name, id, hash.outputLen, 'noble', (_, key, length) => createHmac(name, hash, key, length));
}

/** AES-XCBC-PRF-128: {@link xcbcKey} makes the key fit. */
export function xcbcPrfRow(engine: string, mac: Mac): PrfRow {
  const name = 'PRF_AES128_XCBC';
  return row(name, 4, AES, true, engine, (key) => withKey(name, mac, xcbcKey(name, key, mac)));
}

/** AES-CMAC-PRF-128: {@link cmacKey} makes the key fit. */
export function cmacPrfRow(engine: string, mac: Mac): PrfRow {
  const name = 'PRF_AES128_CMAC';
  return row(name, 8, AES, true, engine, (key) => withKey(name, mac, cmacKey(name, key, mac)));
}

/**
 * RFC 4434 section 2: "If the key has fewer than 128 bits, lengthen it to exactly 128 bits by padding it on the right with zero bits."
 * RFC 4434 section 2: "If the key is 129 bits or longer, shorten it to exactly 128 bits by performing the steps in AES-XCBC-PRF-128
 * (that is, the algorithm described in this document).  In that re-application of this algorithm, the key is 128 zero bits; the message
 * is the too-long current key."
 */
function xcbcKey(name: string, key: Uint8Array, mac: Mac): Uint8Array {
  if (key.length > AES) return keyOfKey(name, key, mac);
  const padded = new Uint8Array(AES);
  padded.set(key);
  return padded;
}

/**
 * RFC 4615 section 3: "If it is longer or shorter than 128 bits, then we derive the key, K, by applying the AES-CMAC algorithm using the
 * 128-bit all-zero string as the key and VK as the input message."
 */
function cmacKey(name: string, key: Uint8Array, mac: Mac): Uint8Array {
  return key.length === AES ? key.slice() : keyOfKey(name, key, mac);
}

function keyOfKey(name: string, key: Uint8Array, mac: Mac): Uint8Array {
  const context = mac(name, new Uint8Array(AES), AES);
  const fitting = tagOf(context, AES, [key]);
  context.destroy();
  return fitting;
}

function withKey(name: string, mac: Mac, key: Uint8Array): IntegrityContext {
  const context = mac(name, key, AES);
  wipe(key);
  return context;
}

function row(
  name: string,
  id: number,
  outputLength: number,
  fixedKey: boolean,
  engine: string,
  keyed: (key: Uint8Array) => IntegrityContext,
): PrfRow {
  return Object.freeze({
    kind: 'prf',
    name,
    id,
    outputLength,
    preferredKeyLength: outputLength,
    fixedKey,
    engine,
    create: (key: Uint8Array): PrfContext => {
      const context = keyed(key);
      return {
        compute: (...parts): Uint8Array => tagOf(context, outputLength, parts),
        destroy: (): void => {
          context.destroy();
        },
        secrets: context.secrets,
      };
    },
  });
}

function tagOf(context: IntegrityContext, length: number, parts: readonly Uint8Array[]): Uint8Array {
  context.begin(EMPTY);
  for (const part of parts) context.update(part, 0, part.length);
  const tag = new Uint8Array(length);
  context.finishInto(tag, 0);
  return tag;
}
