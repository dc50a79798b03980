/**
 * IKEv1: ISAKMP and Oakley (RFC 2407, 2408, 2409). **Deprecated by RFC 9395**: for old peers, for captures and for learning; take `ipsec-ts/ike` for anything
 * new. RFC 9395 section 6: "There are only security benefits if IKEv1 is deprecated and IKEv2 is used."
 *
 * Messages to octets and back, keying material, encryption, hashes; and beside them the machine, {@link ikev1}, which `createEndpoint` takes: main and aggressive mode with
 * pre-shared keys, RSA and ECDSA signatures, XAUTH, Mode Config, Quick Mode, deletes, Dead Peer Detection, in both roles. Modes that authenticate with public key
 * encryption are not here and will not be. Who only decodes gets no cipher and no machine.
 *
 * @module
 */
export { decodeHeader, type IkeHeader } from './isakmp/header.js';
export type { DataAttribute } from './isakmp/attribute.js';
export type { UnknownPayload } from './isakmp/chain.js';
export { defaultIkeLimits, type IkeLimits } from './isakmp/limits.js';
export {
  type ClearMessage,
  type DecodedPayloads,
  decodeMessage,
  decodePayloads,
  type EncodedPayloads,
  encodeMessage,
  encodePayloads,
  type EncryptedMessage,
  type Ikev1Header,
  type Ikev1Message,
  type Ikev1MessageFields,
} from './ikev1/message.js';
export type { Payload, PayloadOfType, SaPayload } from './ikev1/payload-cases.js';
export {
  groupProposals,
  type Phase1Attribute,
  type Phase1Proposal,
  type Phase2Attribute,
  type Proposal,
  SIT_IDENTITY_ONLY,
  type Transform,
} from './ikev1/sa-payload.js';
export * from './ikev1/attributes.js';
export * from './ikev1/identification.js';
export * from './ikev1/keys.js';
export * from './ikev1/hashes.js';
export * from './ikev1/cipher.js';
export * from './ikev1/signature.js';
export * from './ikev1/nat-detection.js';
export * from './ikev1/notify-data.js';
export * from './ikev1/vendor.js';
export * from './ikev1/fragment.js';
export type { HashRow } from './suite/types-hash.js';
export type { PrfRow } from './suite/types-ike.js';
export { ikev1 } from './ikev1/ikev1.js';
export type { Ikev1Machine } from './ikev1/machine.js';
