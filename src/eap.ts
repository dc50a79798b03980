/**
 * EAP (RFC 3748) for IKEv2 (RFC 7296 section 2.16), both roles: packets, the peer, the authenticator, methods as rows, and a hook that passes everything through to a
 * back end. The IKE machine asks (`AskEap`), and {@link createEapAnswerer} answers.
 *
 * @module
 */
export {
  decodeEap,
  decodeNak,
  type EapExpandedType,
  type EapMethodPacket,
  type EapPacket,
  type EapResultPacket,
  encodeEap,
} from './eap/packet.js';
export * from './eap/types.js';
export * from './eap/peer.js';
export * from './eap/authenticator.js';
export * from './eap/pass-through.js';
export * from './eap/answerer.js';
export type { AskEap, EapStep } from './ikev2/requests.js';
export { md5, type Md5Options } from './eap/md5.js';
export { gtc, type GtcOptions } from './eap/gtc.js';
export { mschapv2, type Mschapv2Options } from './eap/mschapv2.js';
export {
  computeAuthenticatorResponse,
  computeChallengeHash,
  computeNtPasswordHash,
  computeNtResponse,
  deriveMschapv2Msk,
  formatAuthenticatorResponse,
  type Mschapv2Challenge,
  type Mschapv2Password,
} from './eap/mschapv2-hash.js';
export { eapTls, type EapTlsOptions } from './eap/tls.js';
export * from './eap/tls-engine.js';
export type { TlsPeerAbout, TlsPeerVerdict, VerifyTlsPeer } from './eap/tls-trust.js';
export type { PasswordLookup } from './eap/secrets.js';
export { userOfIdentity } from './eap/text.js';
export { identityOfUser } from './keying/user.js';
