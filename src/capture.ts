/**
 * Captures: pcap and pcapng, key files, and what is in protected datagrams. Pure, so that a page in a browser can use it too.
 *
 * @module
 */
export {
  readCapture,
  writePcap,
  type BrokenRecord,
  type CapturedPacket,
  type CaptureRecord,
  type CaptureTime,
  type PcapOptions,
  type WritablePacket,
} from './capture/pcap.js';
export { ipPacketOf, linkTypeName, type LinkResult } from './capture/link.js';
export {
  formatKeyFile,
  parseKeyFile,
  readKeyFile,
  resolveAlgorithms,
  toSaConfig,
  type AlgorithmRows,
  type KeyFile,
  type ManualSa,
  type NamedKey,
} from './capture/keys.js';
export { findEspSaTemplate, formatEspSa, parseEspSa, type EspSaTable, type EspSaTemplate } from './capture/esp-sa.js';
export {
  createReceiver,
  findListed,
  type KeyedIpcomp,
  type KeyedSa,
  type ListedSa,
  type Receiver,
  type ReceiverOptions,
} from './capture/receiver.js';
export { type IkeKeyring, type IkeSaKeys, type IkeSecrets, readIkeKeyring } from './capture/ike-keys.js';
export { formatIkev2DecryptionTable, parseIkev2DecryptionTable, type Ikev2DecryptionTable } from './capture/ikev2-table.js';
export {
  formatChildSaKeyLog,
  formatIkeSaKeyLog,
  formatIkev1SaKeyLog,
  formatKeyLog,
  type KeyLogLine,
  type LoggedChildSa,
  type LoggedIkeSa,
  type LoggedIkev1Sa,
} from './capture/key-log.js';
export { createIkeFollower, type FollowedMessage, type IkeFollower, type IkeSpis } from './capture/ike-follow.js';
export type { AuthVerdict } from './capture/ike-auth.js';
export type { ChildGuess, DerivedChild } from './capture/ike-child.js';
export type { IkeOutline } from './capture/ike-names.js';
export type { IkeAlgorithmRows } from './capture/ike-rows.js';
export type { ExchangePlace } from './capture/ike-sa.js';
export { decodeCapture } from './capture/decode.js';
export type {
  AhLayer,
  BrokenRecordFound,
  DecodedDatagram,
  DecodedRecord,
  EspLayer,
  EspTrailer,
  FragmentFound,
  IkeFound,
  IpcompLayer,
  Layer,
  LayerPlace,
  OtherRecord,
  Result,
  UnprotectedFound,
} from './capture/datagram.js';
export { formatIkeLine, formatLine } from './capture/lines.js';
export { explainIke } from './capture/explain-ike.js';
export { explainDatagram, explainOther } from './capture/explain.js';
export { addToTally, createTally, formatTally, type Tally } from './capture/tally.js';
export {
  protectCapture,
  protectLike,
  type ProtectedRecord,
  type ProtectNote,
  type RefusedDatagram,
  type SealedDatagram,
} from './capture/protect.js';
export { createBundleChooser, type BundleChooser } from './capture/bundle.js';
export { explainMessage, mapMessage, type ClearContent } from './capture/explain-message.js';
export type { MessageMap } from './capture/message-map.js';
export * from './capture/ikev1.js';
export { readIkev1Keyring, type Ikev1Keyring, type Ikev1SaKey, type Ikev1Secrets } from './capture/isakmp-keys.js';
export { formatIkev1DecryptionTable, parseIkev1DecryptionTable } from './capture/isakmp-table.js';
export type { ExplainedIkev1, FollowedIkev1, Ikev1Follower } from './capture/isakmp-followed.js';
export { mapPacket, type MappedHeader, type PacketMap } from './capture/packet-map.js';
export type { BitSpan, MappedField } from './wire.js';
