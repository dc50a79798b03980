/** Who is not let in with IKEv1, and what both sides say about it. */
import { both, build, discreet, type Plan, type Who } from './auth-plan.js';
import { version1 } from './ikev1-auth.js';
import { logged, refused, type Scenario, weLog } from './play.js';
import { certificate, secret, sharedSecrets, type Way, wrongPassword, xauth } from './ways.js';

/** What is seen of a refusal. */
interface Refusal {
  /** Who is refused. */
  readonly who: Who;
  /** What our lines say when we refuse, and strongSwan's when it does. */
  readonly ours: RegExp;
  readonly theirs: RegExp;
  /** What our line says when we are refused. */
  readonly told: RegExp;
}

const right = secret(sharedSecrets[0]);
const wrong = secret(sharedSecrets[1]);
/** Each has one, and they are not the same. */
const twoSecrets = { client: { proves: wrong.proves, checks: right.checks }, gw: { proves: right.proves, checks: wrong.checks } };
const psk = { client: right, gw: right };
const rsa = both('rsa') as Readonly<Record<Who, Way>>;
const unsafe = { aggressive: true, unsafe: true };
/** strongSwan gives up sooner. */
const hasty = { retransmit_tries: 1, retransmit_timeout: 0.5, retransmit_base: 1 };

/** @param folder of the certificates. */
export function ikev1Refusals(folder: string): readonly Scenario[] {
  const no = (name: string, { who, ours, theirs, told }: Refusal, plan: Plan): Scenario[] =>
    build(folder, name, { charon: hasty, ...plan }, (us) => [
      refused(''),
      ...(us === who ? [logged(theirs), weLog(told)] : [weLog(ours)]),
      discreet,
    ]);
  const differ = (client: object, gw: object): NonNullable<Plan['more']> => ({ client, gw });
  return [
    ...no(
      'no proposal for phase 1',
      { who: 'client', ours: /./, theirs: /no proposal found[^]*N\(NO_PROP\)/, told: /./ },
      version1({ ...psk, more: differ({ ike: 'aes256-sha512-ecp384' }, {}) }),
    ),
    ...no(
      'another method of phase 1',
      { who: 'client', ours: /./, theirs: /no proposal found|no peer config found|but none allows/, told: /./ },
      version1({ client: { proves: rsa.client.proves, checks: right.checks }, gw: { proves: right.proves, checks: rsa.client.checks } }),
    ),
    ...no(
      'no proposal for quick mode',
      { who: 'client', ours: /./, theirs: /no matching proposal found, sending NO_PROPOSAL_CHOSEN/, told: /./ },
      version1({ ...psk, more: differ({ esp: 'aes256-sha512' }, {}) }),
    ),
    ...no(
      'identities of quick mode',
      { who: 'client', ours: /./, theirs: /no matching CHILD_SA config found for 10\.9\.9\.0\/24/, told: /./ },
      version1({ ...psk, more: differ({ localTs: '10.9.9.0/24' }, {}) }),
    ),
    ...no('another secret', { who: 'client', ours: /./, theirs: /could not decrypt payloads/, told: /./ }, version1(twoSecrets)),
    ...no(
      'another secret, aggressive mode',
      { who: 'gw', ours: /./, theirs: /calculated HASH does not match HASH payload/, told: /./ },
      version1(twoSecrets, unsafe),
    ),
    ...no(
      'aggressive mode with a secret',
      { who: 'client', ours: /./, theirs: /Aggressive Mode PSK disabled for security reasons/, told: /./ },
      version1({ ...psk, more: differ({ v1: unsafe }, { v1: {} }) }),
    ),
    ...(['client', 'gw'] as const).flatMap((who) => [
      ...no(
        `a stranger's name: ${who}`,
        { who, ours: /./, theirs: /no peer config found|IDir '\S+' does not match to '\S+'/, told: /./ },
        version1({ ...psk, ids: { [who]: 'stranger.example.org' }, expects: { [who === 'gw' ? 'client' : 'gw']: `${who}.example.org` } }),
      ),
      ...no(
        `an untrusted authority: ${who}`,
        {
          who,
          ours: /./,
          theirs: new RegExp(`issuer is "O=Example, CN=other-ca"[^]*no trusted ECDSA public key found for '${who}.example.org'`),
          told: /./,
        },
        version1({ [who]: certificate(`${who}-stranger`) }),
      ),
      ...no(
        `expired: ${who}`,
        { who, ours: /./, theirs: /subject certificate invalid \(valid from Jan 01 00:00:00 2023 to Jan 01 00:00:00 2024\)/, told: /./ },
        version1({ [who]: certificate(`${who}-expired`) }, { aggressive: true }),
      ),
    ]),
    ...no(
      'a wrong password',
      { who: 'client', ours: /./, theirs: /XAuth authentication of 'anna' failed/, told: /./ },
      version1({ client: [right, xauth(wrongPassword)], gw: right }),
    ),
    ...no(
      'hybrid: a wrong password',
      { who: 'client', ours: /./, theirs: /XAuth authentication of 'anna' failed/, told: /./ },
      version1({ client: xauth(wrongPassword), gw: certificate('gw-rsa') }),
    ),
    ...no(
      'hybrid: a false gateway',
      { who: 'gw', ours: /./, theirs: /no trusted RSA public key found for 'gw.example.org'/, told: /./ },
      version1({ client: xauth(), gw: certificate('gw-rsa', { ca: 'other-ca' }) }),
    ),
  ];
}
