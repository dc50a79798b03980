/**
 * The Security Association: "a simplex 'connection' that affords security services to the traffic carried by it"
 * (RFC 4301 section 4.1). One record, one direction, one protocol. What was negotiated is read-only; the few counters that
 * move with every packet are mutable and belong to whoever owns the record, which is one sender or one receiver, never both.
 *
 * @module
 */
export {
  tunnelTemplate,
  type Keyed,
  type Lifetime,
  type SaConfig,
  type TunnelHeaderPolicy,
  type UdpEncapsulation,
} from './association/config.js';
export type {
  CombinedProtection,
  Frame,
  IntegrityProtection,
  Protection,
  Scratch,
  SecurityAssociation,
  SeparateProtection,
} from './association/record.js';
export { createSa } from './association/create.js';
export { moveSa, type SaEnds } from './association/move.js';
export { fullSeq, nextSeq, requireAlive, secretsOf, seqHigh, wipeSa } from './association/use.js';
