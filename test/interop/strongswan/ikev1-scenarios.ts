/** IKEv1 with strongSwan: the table. */
import { also, logged, lossy, pause, pings, rekey, remove, type Scenario, theyDie, up } from './play.js';
import type { Version1, Wishes } from './side.js';

type Role = Scenario['role'];
type More = Pick<Scenario, 'nat' | 'standIn'> & {
  /** What the one who begins and the other are told. */
  readonly client?: Partial<Wishes>;
  readonly gw?: Partial<Wishes>;
  readonly us?: Partial<Wishes>;
  readonly them?: Partial<Wishes>;
  readonly v1?: Version1;
  readonly ike?: string;
  readonly esp?: string;
  readonly roles?: readonly Role[];
};

const IKE = 'aes128-sha256-modp2048';
const ESP = 'aes128-sha256';

/** In both roles, unless told otherwise. */
function play(name: string, steps: Scenario['steps'], more: More = {}): Scenario[] {
  const { client, gw, us, them, v1 = {}, ike = IKE, esp = ESP, roles = ['initiator', 'responder'], ...rest } = more;
  return roles.map((role) => {
    const [first, second] = role === 'initiator' ? [client, gw] : [gw, client];
    return { name, role, ike, esp, steps, ...rest, us: { v1, ...first, ...us }, them: { v1, ...second, ...them } };
  });
}

const ciphers: readonly (readonly [ike: string, esp: string])[] = [
  ['aes128-sha1-modp2048', 'aes128-sha1'],
  ['aes128-sha256-modp2048', 'aes128-sha256'],
  ['aes256-sha512-modp3072', 'aes256-sha512'],
  ['aes192-sha384-ecp384', 'aes192-sha384'],
  ['aes256-sha256-ecp256', 'aes256gcm16'],
  ['aes128-sha256-ecp521', 'aes128gcm12'],
  ['aes128-sha1-modp1536', 'aes128gcm8'],
  ['3des-sha1-modp1024', '3des-sha1'],
  ['3des-md5-modp1024', '3des-md5'],
  ['aes128-md5-modp768', 'aes128-md5'],
  ['aes128-sha256-ecp512bp', 'aes128ccm16'],
  ['aes128-sha256-modp2048s256', 'aes128ctr-sha256'],
  ['aes128-sha256-ecp256bp', 'null-sha1'],
  ['aes128-sha256-modp4096', 'aes128-aesxcbc'],
];

const aggressive: Version1 = { aggressive: true, unsafe: true };
const anew = (who: 'us' | 'them'): Scenario['steps'] => [rekey(who, 'reauthentication'), pings];
const address: More = {
  client: { asksAddress: true, localTs: 'dynamic', inner: '10.3.0.7' },
  gw: { pool: '10.3.0.7/32', remoteTs: 'dynamic', peerInner: '10.3.0.7' },
};
const another = {
  us: { also: { localTs: '10.1.2.0/24', remoteTs: '10.2.2.0/24', inner: '10.1.2.1', peerInner: '10.2.2.1' } },
  them: { also: { localTs: '10.2.2.0/24', remoteTs: '10.1.2.0/24', inner: '10.2.2.1', peerInner: '10.1.2.1' } },
};
const whos = ['us', 'them'] as const;

export const ikev1Scenarios: readonly Scenario[] = [
  // The first ones in both roles, the others in one each.
  ...ciphers.flatMap(([ike, esp], i) => {
    const roles: readonly Role[] = i < 6 ? ['initiator', 'responder'] : [i % 2 === 0 ? 'initiator' : 'responder'];
    return play(`${ike} / ${esp}`, [up, pings], { ike, esp, roles });
  }),
  ...play('aggressive mode', [up, pings, rekey('us', 'child'), rekey('them', 'child'), pings], { v1: aggressive }),
  ...play('PFS', [up, pings, rekey('us', 'child'), rekey('them', 'child'), pings], { esp: 'aes128-sha256-modp2048' }),
  ...play('PFS with another group', [up, pings, rekey('us', 'child'), rekey('them', 'child'), pings], { esp: 'aes256gcm16-ecp256' }),
  ...whos.flatMap((who) => [
    ...play(`Child SA rekeyed by ${who}`, [up, rekey(who, 'child'), pings, rekey(who, 'child'), pings]),
    ...play(`authenticated anew by ${who}`, [up, pings, ...anew(who), rekey('us', 'child'), rekey('them', 'child'), pings]),
    ...play(`Child SA deleted by ${who}`, [up, pings, remove(who, 'child')]),
    ...play(`IKE SA deleted by ${who}`, [up, pings, remove(who, 'ike'), up, pings]),
    ...play(`another Child SA, wanted by ${who}`, [up, also(who), pings], another),
  ]),
  ...play('an address that is asked for', [up, pings], address),
  ...play('an address that is pushed', [up, pings], { ...address, v1: { push: true } }),
  ...play('the client is behind a NAT', [up, pings, rekey('us', 'child'), rekey('them', 'child'), pings], {
    nat: 'us',
    roles: ['initiator'],
  }),
  ...play('the client is behind a NAT', [up, pings, rekey('us', 'child'), rekey('them', 'child'), pings], {
    nat: 'them',
    roles: ['responder'],
  }),
  ...play('every third packet is lost', [lossy[0], up, rekey('us', 'child'), rekey('them', 'child'), lossy[1], pings]),
  ...play('every third packet is lost, aggressive mode', [lossy[0], up, lossy[1], pings], {
    v1: aggressive,
    roles: ['initiator'], // as initiator strongSwan sends its third message once, and never again
    standIn: false,
  }),
  ...play('IPv6 inside', [up, pings], {
    us: { localTs: 'fd00:1::/64', remoteTs: 'fd00:2::/64', inner: 'fd00:1::1', peerInner: 'fd00:2::1' },
    them: { localTs: 'fd00:2::/64', remoteTs: 'fd00:1::/64', inner: 'fd00:2::1', peerInner: 'fd00:1::1' },
  }),
  ...play('we ask whether they live', [up, pause(2.5), logged(/parsed INFORMATIONAL_V1 request \d+ \[ HASH N\(DPD\) \]/), pings], {
    us: { livenessSeconds: 1 },
  }),
  ...play('they ask whether we live', [up, pause(2.5), logged(/parsed INFORMATIONAL_V1 request \d+ \[ HASH N\(DPD_ACK\) \]/), pings], {
    them: { livenessSeconds: 1 },
  }),
  ...play('they die', [up, pings, theyDie], { us: { livenessSeconds: 1 } }),
];
