/**
 * ESP, the Encapsulating Security Payload (RFC 4303): confidentiality, integrity and anti-replay for IP packets.
 *
 * @module
 */
export {
  createSa,
  fullSeq,
  nextSeq,
  secretsOf,
  wipeSa,
  type CombinedProtection,
  type Frame,
  type IntegrityProtection,
  type Keyed,
  type Lifetime,
  type Protection,
  type SaConfig,
  type Scratch,
  type SecurityAssociation,
  type SeparateProtection,
  type TunnelHeaderPolicy,
  type UdpEncapsulation,
} from './association.js';
export { open, openInto, openPayloadInto, seal, sealDummy, sealInto, sealPayloadInto, seqOf, type SealEspOptions } from './esp/packet.js';
export { espLength, openEspAt, padLengthFor, sealEspAt, type EspSealOptions } from './esp/octets.js';
export type { FrameOptions } from './frame.js';
export { dropCodes, dropReason, type AuditRecord, type DropReason, type Verdict } from './verdict.js';
