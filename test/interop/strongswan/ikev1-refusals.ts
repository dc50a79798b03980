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
      {
        who: 'client',
        ours: /^audit: refused: phase 1 in main mode: transform 1 comes nearest to connection gw, but its cipher is none of ours: expected gw: AES-CBC \(128\); .*, found proposal 1: ISAKMP: #1 AES-CBC \(256\), SHA2-512, 384-bit random ECP group, pre-shared key/,
        theirs: /no proposal found[^]*N\(NO_PROP\)/,
        told: unvouched('NO-PROPOSAL-CHOSEN'),
      },
      version1({ ...psk, more: differ({ ike: 'aes256-sha512-ecp384' }, {}) }),
    ),
    ...no(
      'another method of phase 1',
      {
        who: 'client',
        ours: /^audit: refused: phase 1 in main mode: transform 1 comes nearest to connection gw, but its method is RSA signatures, ours is pre-shared key: /,
        theirs: /but none allows RSA signature authentication using Main Mode/,
        told: unvouched('AUTHENTICATION-FAILED'),
      },
      version1({
        client: { proves: rsa.client.proves, checks: right.checks },
        gw: { proves: right.proves, checks: rsa.client.checks },
      }),
    ),
    ...no(
      'no proposal for quick mode',
      {
        who: 'client',
        ours: /^gw: refused: a Child SA of connection gw: transform 1 of proposal 1 comes nearest to policy net, but its algorithms are none of ours\. Offered: .* ESP_AES-CBC \(256\), HMAC-SHA2-512, .* Accepted: net, tunnel in UDP: ESP ESP_AES-CBC \(128\) with HMAC-SHA2-256/,
        theirs: /no matching proposal found, sending NO_PROPOSAL_CHOSEN/,
        told: /^gw: no Child SA net: a Child SA of policy net: expected an answer to our offer, found NO-PROPOSAL-CHOSEN$/,
      },
      version1({ ...psk, more: differ({ esp: 'aes256-sha512' }, {}) }),
    ),
    ...no(
      'identities of quick mode',
      {
        who: 'client',
        ours: /^gw: refused: a Child SA of connection gw: expected policy net has 10\.1\.1\.0\/24 <-> 10\.2\.1\.0\/24, found 10\.1\.1\.0\/24 <-> 10\.9\.9\.0\/24$/,
        theirs: /no matching CHILD_SA config found for 10\.9\.9\.0\/24/,
        told: /^gw: no Child SA net: a Child SA of policy net: expected an answer to our offer, found INVALID-ID-INFORMATION$/,
      },
      version1({ ...psk, more: differ({ localTs: '10.9.9.0/24' }, {}) }),
    ),
    ...no(
      'another secret',
      {
        who: 'client',
        ours: /^audit: refused: an encrypted message of phase 1: expected one under the key that the secret of both sides leads to, found /,
        theirs: /could not decrypt payloads/,
        told: /^gw: no IKE SA: an encrypted message of phase 1: expected one under the key that the secret of both sides leads to, found /,
      },
      version1(twoSecrets),
    ),
    ...no(
      'another secret, aggressive mode',
      {
        who: 'gw',
        ours: /^gw: no IKE SA: authentication between ID_FQDN client\.example\.org, which we are, and ID_FQDN gw\.example\.org: expected HASH of 32 octets over this very exchange, under the secret of both, found another$/,
        theirs: /calculated HASH does not match HASH payload/,
        told: /^audit: malformed: a payload: /, // what it says to that it says under another key
      },
      version1(twoSecrets, unsafe),
    ),
    ...no(
      'aggressive mode with a secret',
      {
        who: 'client',
        ours: /^audit: refused: a peer that no connection takes in aggressive mode: expected main mode, found aggressive mode$/,
        theirs: /Aggressive Mode PSK disabled for security reasons/,
        told: unvouched('AUTHENTICATION-FAILED'),
      },
      version1({ ...psk, more: differ({ v1: unsafe }, { v1: {} }) }),
    ),
    ...no(
      "a stranger's name: the client",
      {
        who: 'client',
        ours: /^a stranger: no IKE SA: ID_FQDN stranger\.example\.org is not in the PAD; entries of its type: client\.example\.org: expected an identity of connection gw, found ID_FQDN stranger\.example\.org/,
        theirs: /no peer config found/,
        told: unvouched('AUTHENTICATION-FAILED'),
      },
      version1({ ...psk, ids: { client: 'stranger.example.org' }, expects: { gw: 'client.example.org' } }),
    ),
    ...no(
      "a stranger's name: the gateway",
      {
        who: 'gw',
        ours: /^gw: no IKE SA: the identity of the responder of connection gw: expected ID_FQDN gw\.example\.org, which is wanted, found ID_FQDN stranger\.example\.org$/,
        theirs: /IDir 'stranger\.example\.org' does not match to 'gw\.example\.org'/,
        told: endedByPeer,
      },
      version1({ ...psk, ids: { gw: 'stranger.example.org' }, expects: { client: 'gw.example.org' } }),
    ),
    ...(['client', 'gw'] as const).flatMap((who) => {
      const untrusted = new RegExp(`issuer is "O=Example, CN=other-ca"[^]*no trusted ECDSA public key found for '${who}.example.org'`);
      const end = who === 'client' ? 'the client' : 'the gateway';
      return [
        ...no(
          `an untrusted authority: ${end}`,
          {
            who,
            ours: unproved(who, 'expected CN=ca, O=Example, found CN=other-ca, O=Example'),
            theirs: untrusted,
            told: who === 'client' ? unvouched('AUTHENTICATION-FAILED') : endedByPeer,
          },
          version1({ [who]: certificate(`${who}-stranger`) }),
        ),
        ...no(
          `expired: ${end}`,
          {
            who,
            ours: unproved(who, 'expected until 2024-01-01T00:00:00Z, found 20\\S+Z: expired'),
            theirs: /subject certificate invalid \(valid from Jan 01 00:00:00 2023 to Jan 01 00:00:00 2024\)/,
            told: who === 'client' ? unvouched('AUTHENTICATION-FAILED') : endedByPeer,
          },
          version1({ [who]: certificate(`${who}-expired`) }),
        ),
        ...no(
          `expired, aggressive mode: ${end}`,
          {
            who,
            ours: unproved(who, 'expected until 2024-01-01T00:00:00Z, found 20\\S+Z: expired'),
            theirs: /subject certificate invalid \(valid from Jan 01 00:00:00 2023 to Jan 01 00:00:00 2024\)/,
            told: who === 'client' ? endedByPeer : /^audit: notified: AUTHENTICATION-FAILED, without protection$/,
          },
          // As a client, strongSwan takes its IKE SA for one that is up, whatever it is notified of, and begins once more when nobody answers it.
          version1({ [who]: certificate(`${who}-expired`), ...(who === 'client' && { roles: ['initiator'] }) }, { aggressive: true }),
        ),
      ];
    }),
    ...no('a wrong password', password, version1({ client: [right, xauth(wrongPassword)], gw: right })),
    ...no('hybrid: a wrong password', password, version1({ client: xauth(wrongPassword), gw: certificate('gw-rsa') })),
    ...no(
      'hybrid: a false gateway',
      {
        who: 'gw',
        ours: unproved('gw', 'expected CN=other-ca, O=Example, found CN=ca, O=Example'),
        theirs: /no trusted RSA public key found for 'gw.example.org'/,
        told: /^a stranger: no IKE SA: deleted by the peer$/,
      },
      version1({ client: xauth(), gw: certificate('gw-rsa', { ca: 'other-ca' }) }),
    ),
  ];
}

/** Nobody has authenticated it: so it is told when the time is over, and ends nothing. */
function unvouched(notify: string): RegExp {
  return new RegExp(
    `^gw: no IKE SA: phase 1 of connection gw: expected the next message of the peer, found ${notify}, which nobody vouches for$`,
  );
}

/** Our line about who cannot prove who it is. */
function unproved(who: Who, reason: string): RegExp {
  const other = who === 'client' ? 'gw' : 'client';
  const between = `between ID_FQDN ${other}\\.example\\.org, which we are, and ID_FQDN ${who}\\.example\\.org`;
  return new RegExp(`^${who === 'client' ? 'a stranger' : 'gw'}: no IKE SA: authentication ${between}: ${reason}$`);
}

/** We took it for established, and have sent the last message of phase 1. */
const endedByPeer = /^gw: IKE SA closed: deleted by the peer$/;

const password: Refusal = {
  who: 'client',
  ours: /^a stranger: no IKE SA: the user "anna" of connection gw: .* found another password$/,
  theirs: /XAuth authentication of 'anna' failed/,
  told: /^gw: no IKE SA: XAUTH of connection gw: expected XAUTH-STATUS OK, found the gateway has refused "anna"$/,
};
