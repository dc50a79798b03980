/** What is played with strongSwan: the table. */
import { also, halfOpen, logged, natForgets, pause, pings, refused, rekey, remove, type Scenario, theyDie, theyPing, up } from './play.js';

const IKE = 'aes128gcm16-prfsha256-x25519';
const ESP = 'aes128gcm16';

/** The same in both roles. */
function both(name: string, ike: string, esp: string, steps: Scenario['steps'], more: Partial<Scenario> = {}): Scenario[] {
  return (['initiator', 'responder'] as const).map((role) => ({ name, role, ike, esp, steps, ...more }));
}

/** Each family of ciphers, integrity algorithms and pseudorandom functions, for IKE and ESP. */
const ciphers: [string, string][] = [
  ['aes128gcm16-prfsha256-x25519', 'aes128gcm16'],
  ['aes256gcm16-prfsha512-x25519', 'aes256gcm16'],
  ['aes192gcm12-prfsha384-x25519', 'aes192gcm12'],
  ['aes256gcm8-prfsha1-x25519', 'aes256gcm8'],
  ['aes128ccm16-prfsha256-x25519', 'aes128ccm16'],
  ['aes192ccm12-prfsha256-x25519', 'aes192ccm12'],
  ['aes256ccm8-prfsha256-x25519', 'aes256ccm8'],
  ['chacha20poly1305-prfsha256-x25519', 'chacha20poly1305'],
  ['aes128-sha256-prfsha256-x25519', 'aes128-sha256'],
  ['aes192-sha384-prfsha384-x25519', 'aes192-sha384'],
  ['aes256-sha512-prfsha512-x25519', 'aes256-sha512'],
  ['aes128-sha1-prfsha1-x25519', 'aes128-sha1'],
  ['aes128ctr-sha256-prfsha256-x25519', 'aes128ctr-sha256'],
  ['aes256ctr-sha256-prfsha256-x25519', 'aes256ctr-sha256'],
  ['aes128-aesxcbc-prfaesxcbc-x25519', 'aes128-aesxcbc'],
  ['aes128-aescmac-prfaescmac-x25519', 'aes128-aescmac'],
  ['3des-md5-prfmd5-x25519', '3des-md5'],
  ['aes128gcm16-prfsha256-x25519', 'null-sha256'],
];

/** Each group: in IKE_SA_INIT and again, as PFS, in CREATE_CHILD_SA. */
const groups = [
  ...['x25519', 'x448', 'ecp256', 'ecp384', 'ecp521', 'ecp256bp', 'ecp384bp', 'ecp512bp'],
  ...['modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192'],
  ...['modp768', 'modp1024', 'modp1536', 'modp1024s160', 'modp2048s224', 'modp2048s256'],
];

const slow = { receive_delay: 400, receive_delay_type: 36 }; // CREATE_CHILD_SA
const pfs = 'aes128gcm16-x25519';
const slowly = { them: { charon: slow } };
const everyRekey = [rekey('us', 'child'), rekey('them', 'child'), rekey('us', 'ike'), rekey('them', 'ike')];
const narrowed = /TS 10\.2\.1\.0\/25 === 10\.1\.1\.0\/25/;
const otherGroup = 'aes128gcm16-prfsha256-modp2048-x25519';

const another = {
  us: { also: { localTs: '10.1.2.0/24', remoteTs: '10.2.2.0/24', inner: '10.1.2.1', peerInner: '10.2.2.1' } },
  them: { also: { localTs: '10.2.2.0/24', remoteTs: '10.1.2.0/24', inner: '10.2.2.1', peerInner: '10.1.2.1' } },
};

/** In one role only: ours. */
const once = (role: Scenario['role'], name: string, steps: Scenario['steps'], more: Partial<Scenario> = {}): Scenario => ({
  name,
  role,
  ike: IKE,
  esp: ESP,
  steps,
  ...more,
});

export const scenarios: readonly Scenario[] = [
  ...ciphers.flatMap(([ike, esp]) => both(`${ike} / ${esp}`, ike, esp, [up, pings])),
  ...groups.flatMap((group) => {
    const proposals = { ike: `aes128gcm16-prfsha256-${group}`, esp: `aes128gcm16-${group}` };
    return [
      once('initiator', `group ${group}`, [up, pings, rekey('us', 'child'), pings], proposals),
      once('responder', `group ${group}`, [up, pings, rekey('them', 'child'), pings], proposals),
    ];
  }),

  once('initiator', 'cookie', [halfOpen, up, logged(/\[ N\(COOKIE\) \]/), pings], { them: { cookie: true } }),
  once('responder', 'cookie', [halfOpen, up, logged(/parsed IKE_SA_INIT response 0 \[ N\(COOKIE\) \]/), pings], { us: { cookie: true } }),
  once('initiator', 'INVALID_KE_PAYLOAD', [up, logged(/generating IKE_SA_INIT response 0 \[ N\(INVAL_KE\) \]/), pings], {
    us: { ike: otherGroup },
  }),
  once('responder', 'INVALID_KE_PAYLOAD', [up, logged(/parsed IKE_SA_INIT response 0 \[ N\(INVAL_KE\) \]/), pings], {
    them: { ike: otherGroup },
  }),
  once('initiator', 'INVALID_KE_PAYLOAD and a cookie', [halfOpen, up, logged(/\[ N\(COOKIE\) \]/), logged(/\[ N\(INVAL_KE\) \]/), pings], {
    us: { ike: otherGroup },
    them: { cookie: true },
  }),
  ...both(
    'fragments',
    IKE,
    ESP,
    [up, logged(/generating IKE_AUTH re.* \[ EF\(2\/\d\) \]/), logged(/parsed IKE_AUTH re.* \[ EF\(2\/\d\) \]/), pings],
    {
      us: { fragmentSize: 200 },
      them: { fragmentSize: 200 },
    },
  ),

  once('initiator', 'we are behind a NAT', [up, pings, ...everyRekey, pings], { nat: 'us' }),
  once('responder', 'they are behind a NAT', [up, pings, ...everyRekey, pings], { nat: 'them' }),
  once('responder', 'their NAT gives other ports', [up, pings, natForgets, theyPing, pings], { nat: 'them', standIn: false }),

  once('initiator', 'an address from their pool', [up, pings], {
    us: { asksAddress: true, localTs: 'dynamic', inner: '10.3.0.7' },
    them: { pool: '10.3.0.7/32', remoteTs: 'dynamic', peerInner: '10.3.0.7' },
  }),
  once('responder', 'an address from our pool', [up, pings], {
    us: { pool: '10.3.0.7/32', remoteTs: 'dynamic', peerInner: '10.3.0.7' },
    them: { asksAddress: true, localTs: 'dynamic', inner: '10.3.0.7' },
  }),
  once('initiator', 'narrowing by them', [up, logged(narrowed), pings], {
    us: { localTs: '10.1.0.0/16', remoteTs: '10.2.0.0/16' },
    them: { localTs: '10.2.1.0/25', remoteTs: '10.1.1.0/25' },
  }),
  once('responder', 'narrowing by us', [up, logged(narrowed), pings], {
    us: { localTs: '10.1.1.0/25', remoteTs: '10.2.1.0/25' },
    them: { localTs: '10.2.0.0/16', remoteTs: '10.1.0.0/16' },
  }),

  ...(['us', 'them', 'both'] as const).flatMap((who) => {
    const more = who === 'both' ? slowly : {};
    const crossed = who === 'both' ? [logged(/detected \w+ collision/)] : [];
    return [
      ...both(`Child SA rekeyed by ${who}`, IKE, ESP, [up, rekey(who, 'child'), ...crossed, pings, rekey(who, 'child'), pings], more),
      ...both(`Child SA rekeyed by ${who}, PFS`, IKE, pfs, [up, rekey(who, 'child'), ...crossed, pings], more),
      ...both(`IKE SA rekeyed by ${who}`, IKE, ESP, [up, rekey(who, 'ike'), ...crossed, ...everyRekey, pings], more),
    ];
  }),
  ...both(
    'INVALID_KE_PAYLOAD at a rekey by us',
    IKE,
    pfs,
    [up, rekey('us', 'child'), logged(/generating CREATE.* \[ N\(INVAL_KE\) \]/), pings],
    {
      us: { esp: 'aes128gcm16-ecp256-x25519' },
    },
  ),
  ...both(
    'INVALID_KE_PAYLOAD at a rekey by them',
    IKE,
    pfs,
    [up, rekey('them', 'child'), logged(/parsed CREATE.* \[ N\(INVAL_KE\) \]/), pings],
    {
      them: { esp: 'aes128gcm16-ecp256-x25519' },
    },
  ),

  once('initiator', 'IKE SA authenticated anew by us', [
    up,
    rekey('us', 'reauthentication'),
    pings,
    rekey('us', 'reauthentication'),
    pings,
  ]),
  once('responder', 'IKE SA authenticated anew by them', [up, rekey('them', 'reauthentication'), pings], {
    them: { charon: { make_before_break: true } },
  }),
  ...both('childless', IKE, pfs, [up, pings, ...everyRekey, pings], { us: { childless: true }, them: { childless: true } }),
  once('initiator', 'a packet of ours brings the tunnel up', [pings, ...everyRekey, pings]),
  ...(['us', 'them'] as const).flatMap((who) =>
    both(`another Child SA, wanted by ${who}`, IKE, pfs, [up, also(who), pings, rekey('them', 'ike'), rekey('us', 'ike'), pings], another),
  ),
  ...both('IPv6 inside', IKE, ESP, [up, pings, ...everyRekey, pings], {
    us: { localTs: 'fd00:1::/64', remoteTs: 'fd00:2::/64', inner: 'fd00:1::1', peerInner: 'fd00:2::1' },
    them: { localTs: 'fd00:2::/64', remoteTs: 'fd00:1::/64', inner: 'fd00:2::1', peerInner: 'fd00:1::1' },
  }),

  ...both('we ask whether they live', IKE, ESP, [up, pause(2.5), logged(/parsed INFORMATIONAL request \d+ \[ \]/), pings], {
    us: { livenessSeconds: 1 },
  }),
  ...both('they ask whether we live', IKE, ESP, [up, pause(2.5), logged(/sending DPD request/), pings], { them: { livenessSeconds: 1 } }),
  ...both('they die', IKE, ESP, [up, pings, theyDie], { us: { livenessSeconds: 1 } }),
  ...(['us', 'them'] as const).flatMap((who) => [
    ...both(`Child SA deleted by ${who}`, IKE, ESP, [up, pings, remove(who, 'child')]),
    ...both(`IKE SA deleted by ${who}`, IKE, ESP, [up, pings, remove(who, 'ike'), up, pings]),
  ]),
  ...both('refused IKE proposal', IKE, ESP, [refused('NO_PROPOSAL_CHOSEN')], { us: { ike: 'aes256-sha512-prfsha512-ecp384' } }),
  ...both('refused ESP proposal', IKE, ESP, [refused('NO_PROPOSAL_CHOSEN')], { us: { esp: 'aes256-sha512' } }),
  ...both('refused selectors', IKE, ESP, [refused('TS_UNACCEPTABLE')], { us: { localTs: '10.9.9.0/24' } }),
  ...both('wrong key', IKE, ESP, [refused('AUTHENTICATION_FAILED')], { us: { psk: 'another secret' } }),
  ...both('their identity is unknown to us', IKE, ESP, [refused('AUTHENTICATION_FAILED')], { them: { id: 'stranger.example.org' } }),
  once('initiator', 'our identity is unknown to them', [refused('AUTHENTICATION_FAILED')], { us: { id: 'stranger.example.org' } }),
  // RFC 7296 section 1.2 lets the responder "use some other IDr"; strongSwan does not accept that, and says so in an INFORMATIONAL exchange.
  once('responder', 'our identity is unknown to them', [refused('generating INFORMATIONAL request 2 [ N(AUTH_FAILED) ]')], {
    us: { id: 'stranger.example.org' },
  }),
];

/** What strongSwan 5.9.8 cannot do with its ESP in userspace (kernel-libipsec), why, and where else it is played. */
export const impossible: readonly (readonly [what: string, why: string])[] = [
  ['transport mode, AH, ESN, IPComp', 'kernel-libipsec has ESP in tunnel mode alone, with sequence numbers of 32 bits; see libreswan'],
  ['ESP without UDP', 'kernel-libipsec: "only UDP encapsulation is supported"; see libreswan'],
  ['their packet brings the tunnel up', 'kernel-libipsec has no trap policies'],
  ['our NAT gives other ports (it follows)', 'kernel-libipsec cannot move an SA; that we follow theirs is played'],
];
