/**
 * DEFLATE for IPComp (RFC 2394, transform identifier 2) over `fflate`.
 *
 * @module
 */
import { deflateSync, Inflate } from 'fflate';
import type { CompressionCodec } from './packet.js';

/** One octet of DEFLATE gives at most 1032; chunks of this size keep what is made beyond a limit below 128 KiB. */
const chunk = 128;

/** IPCOMP_DEFLATE. Decompression stops as soon as there are more octets than allowed, so that a small packet cannot fill the memory. */
export const deflate: CompressionCodec = /* @__PURE__ */ Object.freeze({
  id: 2,
  name: 'IPCOMP_DEFLATE',
  compress: (data: Uint8Array): Uint8Array => deflateSync(data),
  decompress(data: Uint8Array, limit: number): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let length = 0;
    const stream = new Inflate((part) => {
      length += part.length;
      if (length <= limit) parts.push(part.slice());
    });
    try {
      for (let at = 0; at < data.length && length <= limit; at += chunk) {
        stream.push(data.subarray(at, at + chunk), at + chunk >= data.length);
      }
    } catch {
      return undefined; // not DEFLATE, or cut off
    }
    if (length > limit) return undefined;
    const out = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  },
});
