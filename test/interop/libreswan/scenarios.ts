/** What is played with libreswan: the table. */

export const roles = ['initiator', 'responder'] as const;
/** Ours in the first exchange. */
export type Role = (typeof roles)[number];

export interface Scenario {
  readonly name: string;
  readonly version: 1 | 2;
  /** Ours that are played. */
  readonly roles: readonly Role[];
  /** IKEv1: phase 1 in three messages, although with a pre-shared key. */
  readonly aggressive: boolean;
  /** What both propose: for IKE and for the Child SA, in our words, which are strongSwan's, and in libreswan's. */
  readonly ike: readonly [ours: string, theirs: string];
  readonly child: readonly [ours: string, theirs: string];
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'tunnel' | 'transport';
  readonly esn: boolean;
  readonly pfs: boolean;
  /** ESP in UDP although no NAT is there. */
  readonly udp: boolean;
  /** the responder asks for cookies. */
  readonly cookie: boolean;
  /** IPv6, outside and inside. */
  readonly ipv6: boolean;
  /** Payloads are compressed. */
  readonly ipcomp: boolean;
  /** Our inner packets are filled up to 300 octets. */
  readonly tfc: boolean;
  /** We cut IKE messages into small pieces. */
  readonly fragments: boolean;
  /** Both rekey both SAs; otherwise each rekeys one. */
  readonly everyRekey: boolean;
}

const basic: Scenario = {
  name: '',
  version: 2,
  roles,
  aggressive: false,
  ike: ['aes128gcm16-prfsha256-x25519', 'aes_gcm128-sha2_256;dh31'],
  child: ['aes128gcm16', 'aes_gcm128'],
  protocol: 'ESP',
  mode: 'tunnel',
  esn: false,
  pfs: false,
  udp: false,
  cookie: false,
  ipv6: false,
  ipcomp: false,
  tfc: false,
  fragments: false,
  everyRekey: false,
};
const v1: Scenario = {
  ...basic,
  version: 1,
  ike: ['aes128-sha256-modp2048', 'aes128-sha2_256;modp2048'],
  child: ['aes128-sha1', 'aes128-sha1'],
};
const we: readonly Role[] = ['initiator'];
const they: readonly Role[] = ['responder'];
const legacy = ['3des-sha1-modp1536', '3des-sha1;modp1536'] as const;
const ofIke = {
  cbc: ['aes256-sha512-prfsha512-modp2048', 'aes256-sha2_512;modp2048'],
  chacha: ['chacha20poly1305-prfsha256-ecp256', 'chacha20_poly1305-sha2_256;dh19'],
  ctr: ['aes256ctr-sha256-prfsha256-ecp384', 'aes_ctr256-sha2_256;dh20'],
  ecp521: ['aes256gcm16-prfsha384-ecp521', 'aes_gcm256-sha2_384;dh21'],
} as const;
const cbc = ['aes256-sha256', 'aes256-sha2_256'] as const;
const chacha = ['chacha20poly1305', 'chacha20_poly1305'] as const;
const sha256 = ['sha256', 'sha2_256'] as const;

export const scenarios: readonly Scenario[] = [
  { ...basic, name: 'ESP, tunnel, ESN', esn: true },
  { ...basic, name: 'ESP, tunnel, PFS', pfs: true, everyRekey: true },
  { ...basic, name: 'ESP, tunnel, AES-CBC and HMAC, ESN', ike: ofIke.cbc, child: cbc, esn: true },
  { ...basic, name: 'ESP, tunnel, ChaCha20-Poly1305', ike: ofIke.chacha, child: chacha },
  { ...basic, name: 'ESP, tunnel, in UDP', udp: true },
  { ...basic, name: 'ESP, tunnel, cookie', cookie: true },
  { ...basic, name: 'ESP, tunnel, IPComp', ipcomp: true },
  { ...basic, name: 'ESP, tunnel, IPComp, in UDP', ipcomp: true, udp: true },
  { ...basic, name: 'ESP, tunnel, TFC padding, IKE in fragments', tfc: true, fragments: true, esn: true },
  { ...basic, name: 'ESP, tunnel, IPv6, ESN', ipv6: true, esn: true },
  { ...basic, name: 'ESP, transport, ESN', mode: 'transport', esn: true },
  { ...basic, name: 'ESP, transport, AES-CBC and HMAC', ike: ofIke.ctr, mode: 'transport', child: cbc },
  { ...basic, name: 'ESP, transport, in UDP', everyRekey: true, mode: 'transport', udp: true },
  { ...basic, name: 'ESP, transport, IPComp', mode: 'transport', ipcomp: true },
  { ...basic, name: 'ESP, transport, IPv6', mode: 'transport', ipv6: true, child: cbc },
  { ...basic, name: 'AH, tunnel, ESN', everyRekey: true, protocol: 'AH', child: sha256, esn: true },
  { ...basic, name: 'AH, tunnel', protocol: 'AH', child: ['sha1', 'sha1'] },
  { ...basic, name: 'AH, transport, ESN', ike: ofIke.ecp521, protocol: 'AH', mode: 'transport', child: sha256, esn: true },
  { ...basic, name: 'AH, transport, IPv6, ESN', ipv6: true, protocol: 'AH', mode: 'transport', child: sha256, esn: true },

  { ...v1, name: 'IKEv1, ESP, tunnel, PFS', pfs: true, everyRekey: true, child: cbc },
  { ...v1, roles: they, name: 'IKEv1, ESP, tunnel, aggressive mode, AES-GCM', aggressive: true, child: ['aes128gcm16', 'aes_gcm128'] },
  { ...v1, roles: we, name: 'IKEv1, ESP, tunnel, 3DES', ike: legacy, child: ['3des-sha1', '3des-sha1'] },
  { ...v1, roles: they, name: 'IKEv1, ESP, tunnel, in UDP', udp: true },
  { ...v1, roles: they, name: 'IKEv1, ESP, tunnel, IPComp', ipcomp: true },
  { ...v1, roles: they, name: 'IKEv1, ESP, tunnel, IPv6', ipv6: true },
  { ...v1, roles: they, name: 'IKEv1, ESP, transport', mode: 'transport' },
  { ...v1, roles: we, name: 'IKEv1, ESP, transport, in UDP', mode: 'transport', udp: true },
  { ...v1, name: 'IKEv1, AH, tunnel', protocol: 'AH', child: ['sha1', 'sha1'] },
  { ...v1, roles: we, name: 'IKEv1, AH, transport', protocol: 'AH', mode: 'transport', child: sha256 },
];

/** What does not work with it, and is none of our doing. */
export const remarks = [
  'no rekey of theirs under IKEv1: pluto "cannot force rekey of IKEv1 connection", and begins once more instead',
  'AH around ESP (IKEv1): neither libreswan 4.10 nor strongSwan 5.9.8 negotiates bundles any more',
  'no TFC padding of theirs: libreswan 4.10 says that it will pad (tfc=300), and tells the kernel nothing of it',
  'an AH pair that libreswan has replaced stays at both ends until its lifetime: libreswan 4.10 sends a Delete payload of SPI 0 for it',
];

/** pluto's host and net, ours: IPv4 and IPv6. */
export function addressesOf({ ipv6, mode }: Scenario): Record<'theirs' | 'ours', { host: string; net: string; inner: string }> {
  const of = (host: string, net: string, inner: string): { host: string; net: string; inner: string } => ({
    host,
    net,
    inner: mode === 'tunnel' ? inner : host,
  });
  return ipv6
    ? { theirs: of('fd99::1', 'fd00:1::/64', 'fd00:1::1'), ours: of('fd99::2', 'fd00:2::/64', 'fd00:2::1') }
    : { theirs: of('10.99.0.1', '10.1.0.0/24', '10.1.0.1'), ours: of('10.99.0.2', '10.2.0.0/24', '10.2.0.1') };
}

/** The connection in the words of ipsec.conf. */
export function plutoSettings(s: Scenario): Record<string, string> {
  const { theirs, ours } = addressesOf(s);
  const subnets = s.mode === 'tunnel' ? { leftsubnet: theirs.net, rightsubnet: ours.net } : { type: 'transport' };
  return {
    left: theirs.host,
    leftid: '@gw.example.org',
    right: ours.host,
    rightid: '@node.example.org',
    ...subnets,
    ikev2: s.version === 2 ? 'insist' : 'never',
    aggressive: s.aggressive ? 'yes' : 'no',
    ike: s.ike[1],
    phase2: s.protocol.toLowerCase(),
    phase2alg: s.child[1],
    esn: s.esn ? 'yes' : 'no',
    pfs: s.pfs ? 'yes' : 'no',
    encapsulation: s.udp ? 'yes' : 'no',
    compress: s.ipcomp ? 'yes' : 'no',
  };
}
