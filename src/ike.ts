/**
 * IKEv2 (RFC 7296): messages to octets and back, keying material, the Encrypted payload and its fragments, AUTH, proposals;
 * and beside them the machine: `createIkeSa`, `respond` and `step`. Who only decodes gets no cipher, no curve and no machine.
 *
 * @module
 */
export { decodeHeader, type IkeHeader } from './isakmp/header.js';
export type { DataAttribute } from './isakmp/attribute.js';
export type { UnknownPayload } from './isakmp/chain.js';
export { defaultIkeLimits, type IkeLimits } from './isakmp/limits.js';
export {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  findUnsupportedCritical,
  type IkeMessage,
  type IkeMessageFields,
} from './ikev2/message.js';
export type { Payload, PayloadOfType } from './ikev2/payload-cases.js';
export type { Proposal, Transform } from './ikev2/sa-payload.js';
export type { UnknownTrafficSelector } from './ikev2/ts-payload.js';
export {
  type ChildKeys,
  type ChildSaKeys,
  computeRekeySkeyseed,
  computeSkeyseed,
  deriveChildKeys,
  deriveIkeKeys,
  type IkeKeys,
  type KeyedAlgorithms,
  type KeyInput,
  wipeIkeKeys,
} from './ikev2/keys.js';
export { createSkContext, type SkConfig, type SkContext } from './ikev2/sk-context.js';
export { type IkeHeaderFields, type OpenedSk, openSk, sealSk } from './ikev2/sk.js';
export * from './ikev2/fragment.js';
export * from './ikev2/reassembly.js';
export * from './ikev2/auth.js';
export * from './ikev2/digital-signature.js';
export * from './ikev2/nat-detection.js';
export * from './ikev2/notify-data.js';
export * from './ikev2/configuration.js';
export * from './ikev2/cookie.js';
export * from './keying/retransmission.js';
export * from './ikev2/proposal.js';
export * from './keying/connection.js';
export * from './ikev2/states.js';
export * from './ikev2/events.js';
export * from './keying/asks.js';
export type { KeyingAction, KeyingEvent } from './keying/machine.js';
export { createIkeSa, type IkeSaOptions } from './ikev2/exchange/ike-sa-init.js';
export { type IkeDatagram, respond, type RespondResult } from './ikev2/respond.js';
export { step } from './ikev2/sa.js';
export type { KeyExchange, KeyExchangeRow, PrfContext, PrfRow } from './suite/types-ike.js';
export type { PublicKey, SignatureHash, SignatureRow } from './suite/types-sign.js';
export type { FillRandom } from './suite/types.js';
