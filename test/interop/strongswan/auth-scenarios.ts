/** Authentication with strongSwan: the table. */
import { anna, both, classic, fails, type Method, ocsp, ocspResponder, type Plan, scheme, strict, works } from './auth-plan.js';
import { authRefusals } from './auth-refusals.js';
import { logged, pings, rekey, type Scenario, type Step, weLog } from './play.js';
import type { Section } from './swanctl.js';
import { certificate, type CertificateWishes, eapPassword, eapTls, otherwise, rawKey, secret, sharedSecrets } from './ways.js';

type Ids = NonNullable<Plan['ids']>;
type More = NonNullable<Plan['more']>;
const big: CertificateWishes = { chain: ['big-2', 'big-1'], ca: 'big-ca' };
const mail: Ids = { client: 'anna@example.org', gw: 'gate@example.org' };
const names: Ids = {
  client: ['CN=client.example.org, O=Example', 'O=Example, CN=client.example.org'],
  gw: ['CN=gw.example.org, O=Example', 'O=Example, CN=gw.example.org'],
};
const pool: More = {
  client: { asksAddress: true, localTs: 'dynamic', inner: '10.3.0.7' },
  gw: { pool: '10.3.0.7/32', remoteTs: 'dynamic', peerInner: '10.3.0.7' },
};
/** strongSwan asks for name servers where it can write them down. */
const nameServer: Scenario['steps'] = [
  logged(/CPRQ\(ADDR DNS\)|CPRP\(ADDR DNS/),
  {
    name: 'a name server',
    take: async (p) => {
      await (p.first === p.us ? weLog(/the peer gave us 10\.3\.0\.7/) : logged(/installing DNS server 192\.0\.2\.53/)).take(p);
    },
  },
];
const small: More = { client: { fragmentSize: 300 }, gw: { fragmentSize: 300 } };
const [P256, P384] = ['ECDSA_WITH_SHA256_DER', 'ECDSA_WITH_SHA384_DER'];
const RSA: Method = { we: 'RSA_EMSA_PSS_SHA2_256_SALT_32', they: 'RSA_EMSA_PKCS1_SHA2_256' };
const RSA4096: Method = { we: 'RSA_EMSA_PSS_SHA2_256_SALT_32', they: 'RSA_EMSA_PKCS1_SHA2_384' };
const fragments = [logged(/generating IKE_AUTH re.* \[ EF\(4\/\d+\) \]/), logged(/parsed IKE_AUTH re.* \[ EF\(4\/\d+\) \]/)];

/** It shows its certificate to those who ask. */
const ifAsked = otherwise(certificate('client-p256'), {
  proves: { ours: { certificate: 'client-p256.pem', key: 'client-p256.key', send: 'if-asked' } },
});

/** The client authenticates anew, make before break. */
const anew: Step = {
  name: 'the client authenticates anew',
  take: (p) => rekey(p.first === p.us ? 'us' : 'them', 'reauthentication').take(p),
};
/** strongSwan authenticates anew only when its rekeyed Child SAs are gone, which takes a while: so that comes first. */
const everything = [anew, pings, rekey('us', 'child'), rekey('them', 'child'), rekey('us', 'ike'), rekey('them', 'ike'), pings];
const gently: Section = { make_before_break: true };

/** What strongSwan 5.9.8 cannot do, and why. */
export const impossibleAuth: readonly (readonly [what: string, why: string])[] = [
  ['EAP-TLS with TLS 1.3', 'it does not send the octet of zero that RFC 9190 section 2.5 ends with'],
  ['OCSP in CERT payloads (RFC 4806), NULL authentication', 'it has neither'],
  ['its own name, not confirmed by its certificate', 'it says the name in the certificate instead; ours does it, and is refused'],
];

/** @param folder of the certificates. */
export function authScenarios(folder: string): readonly Scenario[] {
  return [...signatures(works(folder)), ...eap(works(folder)), ...authRefusals(fails(folder))];
}

function signatures(ok: ReturnType<typeof works>): Scenario[] {
  return [
    ...([256, 384, 512] as const).flatMap((bits) => [
      ...ok(`RSA PKCS#1, SHA-${bits}`, `RSA_EMSA_PKCS1_SHA2_${bits}`, both('rsa', scheme(`rsa-sha${bits}`, `rsa-sha${bits}`))),
      ...ok(
        `RSA PSS, SHA-${bits}`,
        `RSA_EMSA_PSS_SHA2_${bits}_SALT_${bits / 8}`,
        both('rsa', scheme(`rsa-pss-sha${bits}`, `rsa/pss-sha${bits}`)),
      ),
    ]),
    ...ok('RSA, SHA-1, Auth Method 1', 'RSA signature', { ...both('rsa', scheme('rsa-sha1', 'pubkey')), charon: classic }),
    ...ok('RSA, unless told otherwise', RSA, both('rsa')),
    ...ok('ECDSA P-256', P256, {}, [logged(/received cert request for "O=Example, CN=ca"/)]),
    ...ok('ECDSA P-384', P384, both('p384')),
    ...ok('ECDSA P-256, Auth Method 9', 'ECDSA-256 signature', { ...both('p256'), charon: classic }),
    ...ok('ECDSA P-384, Auth Method 10', 'ECDSA-384 signature', { ...both('p384'), charon: classic }),
    ...ok('Ed25519', 'ED25519', both('ed')),
    ...ok('RSA and Ed25519', [RSA, 'ED25519'], { ...both('rsa'), gw: certificate('gw-ed') }),
    ...ok('raw public keys, RSA', RSA, { client: rawKey('client-rsa'), gw: rawKey('gw-rsa') }),
    ...ok('raw public keys, P-256', P256, { client: rawKey('client-p256'), gw: rawKey('gw-p256') }),
    ...ok('a secret and RSA', ['pre-shared key', RSA], { client: secret(sharedSecrets[0]), gw: certificate('gw-rsa') }),
    ...ok('RSA and a secret', [RSA, 'pre-shared key'], { client: certificate('client-rsa'), gw: secret(sharedSecrets[0]) }),
    ...ok('RSA-4096, two intermediates', RSA4096, both('big', big), fragments),
    ...ok('RSA-4096, two intermediates, small fragments', RSA4096, { ...both('big', big), more: small }, fragments),
    ...ok('distinguished names', P256, { ids: names }),
    ...ok('mail addresses', P256, { ids: mail }),
    ...ok('anybody below an authority', P256, { expects: { gw: '*' } }),
    ...ok('a pattern of names', P256, { expects: { gw: ['.example.org', '*.example.org'] } }),
    ...ok('a certificate that is asked for', P256, { client: ifAsked }, [logged(/IKE_AUTH request 1 \[ IDi CERT /)]),
    ...ok(
      'a certificate that nobody asks for',
      P256,
      {
        client: otherwise(ifAsked, { checks: rawKey('client-p256', 'client-p256.pem').checks }),
        more: { gw: { connection: { send_certreq: false } } },
        roles: ['initiator'],
      },
      [logged(/parsed IKE_AUTH request 1 \[ IDi N/)],
    ),
    ...ok('revocation list: good', P256, both('p256', { crl: true, ...strict })),
    ...ok('OCSP: good', P256, { ...both('ocsp', ocsp), before: ocspResponder }),
    ...ok('every rekey, and authentication anew', P256, { charon: gently }, everything),
  ];
}

function eap(ok: ReturnType<typeof works>): Scenario[] {
  const password = eapPassword('mschapv2', { user: 'anna' });
  const annaBy = (method: string): Plan => ({ client: eapPassword(method), ids: anna });
  return [
    ...ok('EAP-MSCHAPv2, an address, a name server', ['EAP', P256], { ...annaBy('mschapv2'), more: pool }, nameServer),
    ...ok('EAP-MSCHAPv2, RSA', ['EAP', RSA], { ...annaBy('mschapv2'), gw: certificate('gw-rsa') }),
    ...ok('EAP-MSCHAPv2, another user name', ['EAP', P256], {
      client: password,
      expects: { gw: '*' },
      known: { client: 'ID_KEY_ID:616e6e61' },
    }),
    ...ok('EAP-MSCHAPv2, every rekey, authentication anew', ['EAP', P256], { ...annaBy('mschapv2'), charon: gently }, everything),
    ...ok('EAP-MD5', ['EAP', P256], annaBy('md5')),
    ...ok('EAP-GTC', ['EAP', P256], annaBy('gtc')),
    ...ok('EAP-TLS', ['EAP', P256], { client: eapTls('client-p256', 'gw-p256') }),
    ...ok('EAP-TLS, RSA', ['EAP', RSA], { client: eapTls('client-rsa', 'gw-rsa'), gw: certificate('gw-rsa') }),
    ...ok('a certificate, then EAP-MSCHAPv2 (RFC 4739)', P256, { client: [certificate('client-p256'), password] }, [
      logged(/authentication of '\S+' (\(myself\) )?with EAP/),
    ]),
    ...ok('a certificate, then another (RFC 4739)', P256, { client: [certificate('client-p256'), certificate('client-ed')] }, [
      logged(/authentication of '\S+' (\(myself\) )?with ED25519/),
    ]),
    ...ok('EAP-TLS alone (RFC 5998)', 'EAP', { client: eapTls('client-p256', 'gw-p256'), gw: eapTls('gw-p256', 'client-p256') }),
  ];
}
