/**
 * Selectors: which packets a policy or an SA speaks of (RFC 4301 section 4.4.1.1), as text, as JSON, as octets of IKEv2, and the
 * arithmetic of them.
 *
 * @module
 */
export { OPAQUE } from './ip.js';
export * from './traffic-selector/types.js';
export { formatProtocol, hasOneSelector, hasPorts, protocolNumber } from './traffic-selector/protocol.js';
export { containsFlow } from './traffic-selector/match.js';
export { intersectSelectors, isSubset } from './traffic-selector/algebra.js';
export { explainFlow, explainSelectors } from './traffic-selector/explain.js';
export { checkSelector } from './traffic-selector/check.js';
export { type PortsJson, type SelectorJson, type TypeJson, parseSelector, parseSelectors } from './traffic-selector/parse.js';
export { formatSelector, formatTrafficSelector } from './traffic-selector/format.js';
export { type Region, type Span, regionHolds, regionsOf, selectorsOfRegion } from './traffic-selector/region.js';
export { type DecodedTrafficSelector, decodeTrafficSelector, encodeTrafficSelector } from './traffic-selector/wire.js';
export * from './traffic-selector/negotiate.js';
export * from './traffic-selector/identity.js';
export * from './traffic-selector/identity-encode.js';
export {
  type Attribute,
  decodeDistinguishedName,
  type DistinguishedName,
  equalDistinguishedNames,
  formatDistinguishedName,
  isUnder,
  parseDistinguishedName,
} from './traffic-selector/distinguished-name.js';
