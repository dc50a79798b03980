/**
 * DEFLATE for IPComp (RFC 2394) over the zlib that comes with Node.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { CompressionCodec } from '../ipcomp.js';

/** IPCOMP_DEFLATE, as `deflate` of `ipsec-ts/ipcomp` is, without the package that that one needs. */
export const nodeDeflate: CompressionCodec = Object.freeze({
  id: 2,
  name: 'IPCOMP_DEFLATE',
  compress: (data: Uint8Array): Uint8Array => octetsOf(deflateRawSync(data)),
  decompress(data: Uint8Array, limit: number): Uint8Array | undefined {
    try {
      const octets = octetsOf(inflateRawSync(data, { maxOutputLength: Math.max(1, limit) }));
      return octets.length <= limit ? octets : undefined;
    } catch {
      return undefined; // not DEFLATE, cut off, or too much
    }
  },
});

function octetsOf({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
