/** Authentication in IKEv1 with strongSwan: the table. */
import { both, build, discreet, type Plan, quoted, usual, type Who, written } from './auth-plan.js';
import { logged, pings, rekey, type Scenario, type Step, up, weLog } from './play.js';
import type { Version1, Wishes } from './side.js';
import { certificate, type CertificateWishes, secret, sharedSecrets, type Way, xauth } from './ways.js';

type More = NonNullable<Plan['more']>;
const proposals = { ike: 'aes128-sha256-modp2048', esp: 'aes128-sha256' };
const psk = { client: secret(sharedSecrets[0]), gw: secret(sharedSecrets[0]) };
const rsa = both('rsa') as Readonly<Record<Who, Way>>;
const hybrid = { client: xauth(), gw: certificate('gw-rsa') };
const withUser = ({ client, gw }: Readonly<Record<Who, Way>>): Plan => ({ client: [client, xauth()], gw });
const big: CertificateWishes = { chain: ['big-2', 'big-1'], ca: 'big-ca' };
const names: NonNullable<Plan['ids']> = {
  client: ['CN=client.example.org, O=Example', 'O=Example, CN=client.example.org'],
  gw: ['CN=gw.example.org, O=Example', 'O=Example, CN=gw.example.org'],
};
const address: More = {
  client: { asksAddress: true, localTs: 'dynamic', inner: '10.3.0.7' },
  gw: { pool: '10.3.0.7/32', remoteTs: 'dynamic', peerInner: '10.3.0.7' },
};
const small: More = { client: { fragmentSize: 300 }, gw: { fragmentSize: 300 } };
const aggressive: Version1 = { aggressive: true };
const unsafe: Version1 = { aggressive: true, unsafe: true };

/** Both ends speak IKEv1. */
export function version1(plan: Plan, v1: Version1 = {}): Plan {
  const told = (wishes: Partial<Wishes> | undefined): Partial<Wishes> => ({ v1, ...wishes });
  return { proposals, ...plan, more: { client: told(plan.more?.client), gw: told(plan.more?.gw) } };
}

/** How strongSwan calls the method of phase 1, and the signatures in it. */
interface Method {
  readonly method: string;
  readonly signature?: string;
  readonly signs?: readonly Who[];
}
const [PSK, RSA]: readonly Method[] = [{ method: 'pre-shared key' }, { method: 'RSA signature', signature: 'RSA_EMSA_PKCS1_NULL' }];
const ecdsa = (bits: number): Method => ({ method: `ECDSA-${bits} signature`, signature: 'ECDSA_WITH_NULL' });
const hybridRsa: Method = { ...RSA!, method: 'HybridInitRSA', signs: ['gw'] };
const user = logged(/XAuth authentication of 'anna' (\(myself\) )?successful/);
const fragments = [logged(/generating ID_PROT re.* \[ FRAG\(2\/\d+\) \]|splitting IKE message/), logged(/received fragment #\d/)];
const anew: Step = {
  name: 'the client authenticates anew',
  take: (p) => rekey(p.first === p.us ? 'us' : 'them', 'reauthentication').take(p),
};

/** @param folder of the certificates. */
export function ikev1AuthScenarios(folder: string): readonly Scenario[] {
  const ok = (
    name: string,
    { method, signature = '', signs = ['client', 'gw'] }: Method,
    plan: Plan,
    more: Scenario['steps'] = [],
  ): Scenario[] =>
    build(folder, name, plan, (us, them) => {
      const id = (who: Who, by: 'us' | 'them'): string => quoted(written(plan.ids?.[who] ?? usual[who], by));
      const signed = (who: Who): boolean => signature !== '' && signs.includes(who);
      return [
        up,
        ...(us === 'client' ? [logged(new RegExp(`looking for ${method} peer configs matching `))] : []),
        ...(signed(us) ? [logged(new RegExp(`authentication of '${id(us, 'them')}' with ${signature} successful`))] : []),
        ...(signed(them) ? [logged(new RegExp(`authentication of '${id(them, 'them')}' \\(myself\\) successful`))] : []),
        weLog(new RegExp(`^gw: IKE SA with ${id(them, 'us')}(, user "anna",)? at `)),
        pings,
        ...more,
        discreet,
      ];
    });
  return [
    ...ok('a secret', PSK!, version1(psk)),
    ...ok('a secret, aggressive mode', PSK!, version1(psk, unsafe)),
    ...ok('RSA', RSA!, version1(rsa)),
    ...ok('RSA, aggressive mode', RSA!, version1(rsa, aggressive)),
    ...ok('RSA-4096, two intermediates', RSA!, version1(both('big', big)), fragments),
    ...ok('RSA-4096, two intermediates, small fragments', RSA!, version1({ ...both('big', big), more: small }), fragments),
    ...ok('ECDSA P-256', ecdsa(256), version1({})),
    ...ok('ECDSA P-384, aggressive mode', ecdsa(384), version1(both('p384'), aggressive)),
    ...ok('distinguished names', RSA!, version1({ ...rsa, ids: names })),
    ...ok('XAUTH behind a secret', { method: 'XAuthInitPSK' }, version1(withUser(psk)), [user]),
    ...ok('XAUTH behind a secret, an address', { method: 'XAuthInitPSK' }, version1({ ...withUser(psk), more: address }), [
      user,
      anew,
      pings,
      rekey('us', 'child'),
      rekey('them', 'child'),
      pings,
    ]),
    ...ok('XAUTH behind a secret, aggressive mode', { method: 'XAuthInitPSK' }, version1({ ...withUser(psk), more: address }, unsafe), [
      user,
    ]),
    ...ok('XAUTH behind RSA, an address', { ...RSA!, method: 'XAuthInitRSA' }, version1({ ...withUser(rsa), more: address }), [user]),
    ...ok(
      'XAUTH behind RSA, an address is pushed',
      { ...RSA!, method: 'XAuthInitRSA' },
      version1({ ...withUser(rsa), more: address }, { push: true }),
      [user],
    ),
    ...ok('hybrid', hybridRsa, version1(hybrid), [user]),
    ...ok('hybrid, aggressive mode, an address', hybridRsa, version1({ ...hybrid, more: address }, aggressive), [user]),
  ];
}
