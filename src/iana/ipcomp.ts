/**
 * IPComp transforms (RFC 7296 section 3.3.2, RFC 2407 section 4.4.5) with the requirement levels of RFC 8221 section 7. A transform's
 * number is also its well-known CPI (RFC 3173 section 3.3).
 *
 * @module
 */
import { type AlgorithmRow, frozenTable } from './registry.js';

/** IPComp transforms by number. */
export const ipcompTransforms: readonly AlgorithmRow[] = /* @__PURE__ */ frozenTable<AlgorithmRow>([
  { id: 1, name: 'IPCOMP_OUI', rfc: 'RFC 7296', esp: 'MUST NOT', ike: null, note: 'UNSPECIFIED' },
  { id: 2, name: 'IPCOMP_DEFLATE', rfc: 'RFC 2394', esp: 'MAY', ike: null },
  { id: 3, name: 'IPCOMP_LZS', rfc: 'RFC 2395', esp: 'MAY', ike: null },
  { id: 4, name: 'IPCOMP_LZJH', rfc: 'RFC 3051', esp: 'MAY', ike: null },
]);
