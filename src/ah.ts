/**
 * AH, the Authentication Header (RFC 4302): integrity and anti-replay for IP packets, headers included.
 *
 * @module
 */
export { createSa, fullSeq, nextSeq, secretsOf, wipeSa, type SaConfig, type SecurityAssociation } from './association.js';
export { ahLength, open, openInto, seal, sealInto, seqOf, type SealAhOptions } from './ah/packet.js';
export { zeroMutableFields } from './ah/mutable.js';
export type { FrameOptions } from './frame.js';
export { dropReason, type AuditRecord, type DropReason, type Verdict } from './verdict.js';
