/**
 * IPComp (RFC 3173) with DEFLATE. This subpath alone needs the package `fflate`.
 *
 * @module
 */
export {
  cpiOf,
  createIpcomp,
  open,
  seal,
  type CompressionCodec,
  type IpcompAssociation,
  type IpcompConfig,
  type SealIpcompOptions,
} from './ipcomp/packet.js';
export { deflate } from './ipcomp/deflate.js';
