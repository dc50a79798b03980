/**
 * HMAC (RFC 2104) with the key's two blocks hashed once: RFC 2104 section 4: "the intermediate results of the compression
 * function on the B-byte blocks (K XOR ipad) and (K XOR opad) can be precomputed only once at the time of generation of the
 * key K". Per packet the two states are copied, which allocates nothing.
 *
 * @module
 */
import type { CHash, Hash } from '@noble/hashes/utils.js';
import { checkKey, checkSpan, destroyed, outOfTurn } from './key.js';
import type { IntegrityContext, IntegrityRow } from './types.js';

/** A hash function of noble: `sha1`, `sha256`, `sha384`, `sha512`, `md5`. */
export type HashFunction = Pick<CHash, 'outputLen' | 'blockLen'> & { create(): HashState };
/** A running hash of noble. */
export type HashState = Pick<Hash<HashState>, 'update' | 'digestInto' | 'destroy' | '_cloneInto'>;

/** A row of HMAC, whose key is as long as the hash (RFC 2403, 2404, 4868). @param hash made when a key is: nothing runs at import. */
export function hmacRow(name: string, id: number, hash: HashFunction, icvLength: number): IntegrityRow {
  const size = { name, keyLength: hash.outputLen, saltLength: 0 };
  return Object.freeze({
    kind: 'integrity',
    ...size,
    id,
    ivLength: 0,
    icvLength,
    engine: 'noble',
    create: (key: Uint8Array): IntegrityContext => {
      checkKey(key, size);
      return createHmac(name, hash, key, icvLength);
    },
  });
}

/** HMAC with a key of any length. What noble keeps of the key are private fields of its states; `destroy()` zeroes those too. */
export function createHmac(name: string, hash: HashFunction, key: Uint8Array, icvLength: number): IntegrityContext {
  const pad = new Uint8Array(hash.blockLen);
  if (key.length > hash.blockLen) digestKey(hash, key, pad);
  else pad.set(key);
  for (let i = 0; i < pad.length; i++) pad[i] = pad[i]! ^ 0x36;
  const inner = hash.create().update(pad);
  for (let i = 0; i < pad.length; i++) pad[i] = pad[i]! ^ 0x36 ^ 0x5c;
  const outer = hash.create().update(pad);
  pad.fill(0);
  const work = hash.create();
  const digest = new Uint8Array(hash.outputLen);
  let live = true;
  let running = false;

  return {
    begin(): void {
      if (!live) throw destroyed(name);
      running = true;
      inner._cloneInto(work);
    },
    update(data, start, end): void {
      if (!running) throw outOfTurn(name, live);
      checkSpan(data, start, end);
      work.update(start === 0 && end === data.length ? data : data.subarray(start, end));
    },
    finishInto(out, offset): void {
      checkSpan(out, offset, offset + icvLength);
      finish();
      for (let i = 0; i < icvLength; i++) out[offset + i] = digest[i]!;
      digest.fill(0);
    },
    finishVerify(icv, offset): boolean {
      checkSpan(icv, offset, offset + icvLength);
      finish();
      let difference = 0;
      for (let i = 0; i < icvLength; i++) difference |= icv[offset + i]! ^ digest[i]!;
      digest.fill(0);
      return difference === 0;
    },
    destroy(): void {
      live = false;
      running = false;
      inner.destroy();
      outer.destroy();
      work.destroy();
      digest.fill(0);
    },
    secrets: [pad, digest],
  };

  function finish(): void {
    if (!running) throw outOfTurn(name, live);
    running = false;
    work.digestInto(digest);
    outer._cloneInto(work);
    work.update(digest).digestInto(digest);
  }
}

/** RFC 2104 section 2: keys longer than a block are hashed first. */
function digestKey(hash: HashFunction, key: Uint8Array, pad: Uint8Array): void {
  const state = hash.create().update(key);
  state.digestInto(pad.subarray(0, hash.outputLen));
  state.destroy();
}
