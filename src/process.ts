/**
 * IP traffic processing: RFC 4301 sections 5 to 8. Two functions decide about every packet that crosses the IPsec boundary; both are pure
 * over (databases, packet, now), and what they answer are values.
 *
 * @module
 */
export { discardPending, processOutbound, type Sender } from './process/outbound.js';
export { processEncapsulated, processInbound } from './process/inbound.js';
export { attachToSa, createDatabases, type Attachment, type Databases, type DatabasesConfig } from './process/databases.js';
export { addProtectingSa, findStaleSas, type ProtectingSaOptions } from './process/choose.js';
export {
  defaultIcmp,
  type ForwardRule,
  type Forwarding,
  type IcmpList,
  type IcmpOptions,
  type IcmpPattern,
  type ProcessConfig,
  type ProcessOptions,
} from './process/options.js';
export type { Limiter, RateLimit } from './process/limiter.js';
export type { FragmentTracker, TrackedDatagram, TrackerLimits } from './process/tracker.js';
export type { DiscardReason, ProcessAudit, ProcessEvent } from './process/audit.js';
export type { Refusal } from './process/icmp.js';
export type {
  AcquireResult,
  BypassResult,
  DeliverResult,
  DiscardResult,
  IkeResult,
  InboundResult,
  KeepaliveResult,
  LocalResult,
  MoreResult,
  Notification,
  OutboundResult,
  PeerEndpoint,
  Remarks,
  SendResult,
  TooBigResult,
} from './process/result.js';
export { createManualDatabases, type ManualConfig, type ManualEntry } from './process/manual.js';
export { parseSaExtras, type SaExtras } from './process/manual-extras.js';
export { parseProcessConfig } from './process/manual-options.js';
export { effectiveMtu, overhead, sealedLength, type ClearPacketShape } from './process/overhead.js';
export { clampMss, mssOf } from './ip.js';
