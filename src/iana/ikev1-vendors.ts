/**
 * Vendor IDs: what an implementation says of itself, and how IKEv1 announces what it can do beyond the RFCs. Most are the MD5 hash of a text.
 *
 * @module
 */

/** A Vendor ID. */
export interface VendorRow {
  /** The hash, or that part of it that is sent; octets that stand behind it are a version or flags. */
  readonly hex: string;
  /** What it stands for. */
  readonly name: string;
  /** The text whose MD5 hash `hex` is, or begins like. */
  readonly text?: string;
}

/** What names a draft of NAT traversal, which is its Vendor ID too. */
const natT = (number: string, hex: string): VendorRow => ({
  hex,
  name: `draft-ietf-ipsec-nat-t-ike-${number}`,
  text: `draft-ietf-ipsec-nat-t-ike-${number}`,
});

/** Vendor IDs that are seen on the wire. */
export const vendorIds: readonly VendorRow[] = /* @__PURE__ */ Object.freeze([
  { hex: '4a131c81070358455c5728f20e95452f', name: 'RFC 3947', text: 'RFC 3947' },
  /* @__PURE__ */ natT('00', '4485152d18b6bbcd0be8a8469579ddcc'),
  /* @__PURE__ */ natT('01', '16f6ca16e4a4066d83821a0f0aeaa862'),
  /* @__PURE__ */ natT('02', 'cd60464335df21f87cfdb2fc68b6a448'),
  // with a line feed behind it: what Windows and many others send
  {
    hex: '90cb80913ebb696e086381b5ec427b1f',
    name: 'draft-ietf-ipsec-nat-t-ike-02\\n',
    text: 'draft-ietf-ipsec-nat-t-ike-02\n',
  },
  /* @__PURE__ */ natT('03', '7d9419a65310ca6f2c179d9215529d56'),
  /* @__PURE__ */ natT('04', '9909b64eed937c6573de52ace952fa6b'),
  /* @__PURE__ */ natT('05', '80d0bb3def54565ee84645d4c85ce3ee'),
  /* @__PURE__ */ natT('06', '4d1e0e136deafa34c4f3ea9f02ec7285'),
  /* @__PURE__ */ natT('07', '439b59f8ba676c4c7737ae22eab8f582'),
  /* @__PURE__ */ natT('08', '8f8d83826d246b6fc7a8a6a428c11de8'),
  {
    hex: '27bab5dc01ea0760ea4e3190ac27c0d0',
    name: 'draft-stenberg-ipsec-nat-traversal-01',
    text: 'draft-stenberg-ipsec-nat-traversal-01',
  },
  {
    hex: '6105c422e76847e43f9684801292aecd',
    name: 'draft-stenberg-ipsec-nat-traversal-02',
    text: 'draft-stenberg-ipsec-nat-traversal-02',
  },
  {
    hex: '6a7434c19d7e36348090a02334c9c805',
    name: 'draft-huttunen-ipsec-esp-in-udp-00',
    text: 'draft-huttunen-ipsec-esp-in-udp-00.txt',
  },
  // RFC 3706 section 5.1 has the octets; the last two are the version, 1.0
  { hex: 'afcad71368a1f1c96b8696fc7757', name: 'Dead Peer Detection' },
  { hex: '09002689dfd6b712', name: 'XAUTH', text: 'draft-ietf-ipsra-isakmp-xauth-06.txt' },
  { hex: '12f5f28c457168a9702d9fe274cc', name: 'Cisco Unity', text: 'CISCO-UNITY' },
  // four octets of flags may follow
  { hex: '4048b7d56ebce88525e7de7f00d6c2d3', name: 'FRAGMENTATION', text: 'FRAGMENTATION' },
  { hex: '882fe56d6fd20dbc2251613b2ebe5beb', name: 'strongSwan', text: 'strongSwan' },
  { hex: '26244d38eddb61b3172a36e3d0cfb819', name: 'Vid-Initial-Contact', text: 'Vid-Initial-Contact' },
  { hex: '621b04bb09882ac1e15935fefa24aeee', name: 'GSSAPI', text: 'GSSAPI' },
  { hex: 'e3a5966a76379fe707228231e5ce8652', name: 'IKE CGA version 1', text: 'IKE CGA version 1' },
  { hex: 'fb1de3cdf341b7ea16b7e5be0855f120', name: 'MS-Negotiation Discovery Capable', text: 'MS-Negotiation Discovery Capable' },
  // four octets of version follow
  { hex: '1e2b516905991c7d7c96fcbfb587e461', name: 'MS NT5 ISAKMPOAKLEY', text: 'MS NT5 ISAKMPOAKLEY' },
  { hex: '4865617274426561745f4e6f74696679', name: 'HeartBeat_Notify' },
]);
