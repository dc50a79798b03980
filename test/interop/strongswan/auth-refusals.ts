/** Who is not let in, and what both sides say about it: ours word for word. */
import { anna, classic, type fails, ocsp, ocspResponder, type Plan, refusedBy, scheme, strict, type Who } from './auth-plan.js';
import type { Scenario } from './play.js';
import { certificate, eapPassword, eapTls, otherwise, rawKey, secret, sharedSecrets, type Way, wrongPassword } from './ways.js';

/** @param no makes a scenario. */
export function authRefusals(no: ReturnType<typeof fails>): Scenario[] {
  return [...refusals(no), ...oneSided(no), ...eapRefusals(no)];
}

/** Our line about who is refused in IKE_AUTH. The responder has no connection for it yet. */
function line(who: Who, reason: string): RegExp {
  const other = who === 'client' ? 'gw' : 'client';
  const between = `between ID_FQDN ${other}\\.example\\.org, which we are, and ID_FQDN ${who}\\.example\\.org`;
  return new RegExp(`^${who === 'client' ? 'a stranger' : 'gw'}: no IKE SA: authentication ${between}: ${reason}$`);
}

function refusals(no: ReturnType<typeof fails>): Scenario[] {
  return (['client', 'gw'] as const).flatMap((who) => {
    const other = who === 'client' ? 'gw' : 'client';
    const [dn, kind] = [`CN=${who}.example.org, O=Example`, who === 'gw' ? 'the gateway' : 'the client'];
    const whenWeCheck: Plan = { roles: [who === 'client' ? 'responder' : 'initiator'] };
    const whenTheyCheck: Plan = { roles: [who === 'client' ? 'initiator' : 'responder'] };
    const refuse = (name: string, reason: string, theirs: RegExp, plan: Plan): Scenario[] =>
      no(`${name}: ${kind}`, { who, ours: line(who, reason), theirs }, plan);
    const aKey = 'EC P-256 \\(SHA-1 [0-9a-f]{40}\\)';
    const anotherKey = `expected a signature with ecdsa-with-SHA256 over this very exchange, made with the key ${aKey}, found one made with another key, or over another exchange`;
    return [
      ...refuse(
        'an untrusted authority',
        `the issuer of the certificate of ${dn}: expected CN=ca, O=Example, found CN=other-ca, O=Example.*`,
        new RegExp(`issuer is "O=Example, CN=other-ca"[^]*no trusted ECDSA public key found for '${who}.example.org'`),
        { [who]: certificate(`${who}-stranger`) },
      ),
      ...refuse(
        'expired',
        `the time of the certificate of ${dn}: expected until 2024-01-01T00:00:00Z, found 20\\d\\d-\\d\\d-\\d\\dT\\S+Z: expired.*`,
        /subject certificate invalid \(valid from Jan 01 00:00:00 2023 to Jan 01 00:00:00 2024\)/,
        { [who]: certificate(`${who}-expired`) },
      ),
      ...refuse(
        'revoked by a list',
        `the certificate of ${dn}: expected one that is not revoked, found revoked at 2025-01-01T00:00:00Z, reason keyCompromise, by the revocation list of CN=ca, O=Example.*`,
        /certificate was revoked on Jan 01 00:00:00 UTC 2025, reason: key compromise/,
        { [who]: certificate(`${who}-revoked`, { crl: true }) },
      ),
      ...refuse(
        'revoked by OCSP',
        `the certificate of ${dn}: expected one that is not revoked, found revoked at 2025-01-01T00:00:00Z, reason keyCompromise, by .*OCSP.*`,
        /certificate was revoked on Jan 01 00:00:00 UTC 2025, reason: key compromise/,
        { [who]: certificate(`${who}-ocsp-revoked`, ocsp), before: ocspResponder },
      ),
      ...refuse(
        'nothing known about revocation',
        `the certificate of ${dn}: expected a revocation list or an OCSP response that shows it to be good, found nothing about it.*`,
        /constraint check failed: RULE_CRL_VALIDATION is SKIPPED, but requires at least GOOD/,
        { [who]: certificate(`${who}-p256`, strict) },
      ),
      ...refuse('another key than that of the certificate', anotherKey, /signature validation failed, looking for another key/, {
        [who]: otherwise(certificate(`${who}-p256`), { checks: rawKey(`${who}-p256`, `${who}-other.pem`).checks }),
      }),
      ...refuse('another raw key', anotherKey, /signature validation failed, looking for another key/, {
        [who]: rawKey(`${who}-p256`, `${who}-other.pub`),
      }),
      ...refuse(
        'another secret',
        'expected AUTH of 32 octets made with the secret of these two, found 32 octets made with another secret',
        /tried 1 shared key for '.*' - '.*', but MAC mismatched/,
        { [who]: otherwise(secret(sharedSecrets[0]), { proves: secret(sharedSecrets[1]).proves }) },
      ),
      ...refuse(
        'a secret where a certificate is expected',
        'expected Digital Signature, RSA Digital Signature, .*, found AUTH of method Shared Key Message Integrity Code',
        new RegExp(`no shared key found for '${other}.example.org' - '${who}.example.org'`),
        { [who]: otherwise(certificate(`${who}-p256`), { proves: secret(sharedSecrets[0]).proves }) },
      ),
      ...refuse('SHA-1 that nobody has allowed', 'expected a signature with sha256WithRSAEncryption or .*', /never/, {
        ...whenWeCheck,
        [who]: otherwise(certificate(`${who}-rsa`), { proves: certificate(`${who}-rsa`, scheme('rsa-sha1', 'pubkey')).proves }),
        charon: classic,
      }),
      ...refuse(
        'an algorithm that is not among ours',
        'expected one of sha256WithRSAEncryption, ecdsa-with-SHA512, found 1\\.2\\.840\\.113549\\.1\\.1\\.13',
        /never/,
        {
          ...whenWeCheck,
          [who]: otherwise(certificate(`${who}-rsa`, scheme('rsa-sha512', 'rsa-sha512')), {
            checks: certificate(`${who}-rsa`, { trust: { schemes: ['rsa-sha256', 'ecdsa-sha512'] } }).checks,
          }),
        },
      ),
      // What is not in the certificate strongSwan does not say of itself.
      ...no(
        `a name that is not in the certificate: ${kind}`,
        { who, ours: /never/, theirs: new RegExp(`no trusted ECDSA public key found for 'other.example.org'`) },
        { ...whenTheyCheck, ids: { [who]: 'other.example.org' } },
      ),
    ];
  });
}

/** Those that are of one side by nature. */
function oneSided(no: ReturnType<typeof fails>): Scenario[] {
  const hash = 'expected an algorithm whose hash the peer verifies, found sha512WithRSAEncryption, but the peer announced SHA2-256';
  const strange = (who: Who): Way =>
    otherwise(certificate(`${who}-rsa`, scheme('rsa-sha512', 'rsa-sha512')), {
      checks: certificate(`${who}-rsa`, { ...scheme('rsa-sha256', 'rsa-sha256'), constraints: { auth: 'rsa-sha256' } }).checks,
    });
  return [
    ...no(
      'another name: the client',
      {
        who: 'client',
        ours: /^a stranger: no IKE SA: ID_FQDN client\.example\.org is not in the PAD; entries of its type: nobody\.example\.org: expected an identity of connection gw, found ID_FQDN client\.example\.org/,
        theirs: /looking for peer configs matching .*\[client\.example\.org\][^]*no matching peer config found/,
      },
      { expects: { gw: 'nobody.example.org' } },
    ),
    ...no(
      'another name: the gateway',
      {
        who: 'gw',
        ours: /^gw: no IKE SA: the identity of the responder of connection gw: ID_FQDN gw\.example\.org is not in the PAD; entries of its type: \.example\.net$/,
        theirs: /constraint check failed: identity 'nobody.example.org' required/,
      },
      { expects: { client: ['.example.net', 'nobody.example.org'] } },
    ),
    ...no(
      'no hash in common: the gateway',
      { who: 'gw', ours: refusedBy.client, theirs: /received AUTHENTICATION_FAILED notify error/, told: line('client', hash) },
      { gw: strange('gw') },
    ),
  ];
}

function eapRefusals(no: ReturnType<typeof fails>): Scenario[] {
  const client = (name: string, ours: RegExp, theirs: RegExp, told: RegExp, way: Way, more: Plan = {}): Scenario[] =>
    no(name, { who: 'client', ours, theirs, told }, { client: way, ids: anna, ...more });
  const alert = /^gw: no IKE SA: TLS: expected a handshake that the other side goes on with, found its alert certificate unknown$/;
  return [
    ...client(
      'EAP-MSCHAPv2, a wrong password',
      /^gw: no IKE SA: EAP-MSCHAPv2 of "anna@example\.org": expected a known name and its password, found another password$/,
      /EAP-MS-CHAPv2 verification failed, retry \(1\)[^]*EAP method EAP_MSCHAPV2 failed for peer anna@example\.org/,
      /^gw: no IKE SA: EAP-MSCHAPv2 as "anna@example\.org": expected the authenticator to take name and password, found error 691 ERROR_AUTHENTICATION_FAILURE, another password would be taken$/,
      eapPassword('mschapv2', { password: wrongPassword }),
    ),
    ...client(
      'EAP-MD5, a wrong password',
      /^gw: no IKE SA: MD5-Challenge of "anna@example\.org": expected a known name and its password, found another password$/,
      /EAP method EAP_MD5 failed for peer anna@example\.org/,
      /^gw: no IKE SA: EAP as "anna@example\.org" by MD5-Challenge: expected an EAP Success, found an EAP Failure$/,
      eapPassword('md5', { password: wrongPassword }),
    ),
    ...client(
      'EAP-GTC, a wrong password',
      /^gw: no IKE SA: Generic Token Card of "anna@example\.org": expected a known name and its answer, found another$/,
      /EAP method EAP_GTC failed for peer anna@example\.org/,
      /^gw: no IKE SA: EAP as "anna@example\.org" by Generic Token Card \(GTC\): expected an EAP Success, found an EAP Failure$/,
      eapPassword('gtc', { password: wrongPassword }),
    ),
    ...client(
      'EAP-MSCHAPv2, an unknown user',
      /^gw: no IKE SA: EAP-MSCHAPv2 of "bert": expected a known name and its password, found a name that nobody has$/,
      /no EAP key found for hosts 'gw\.example\.org' - 'bert'/,
      /^gw: no IKE SA: EAP-MSCHAPv2 as "bert": expected the authenticator to take name and password, found error 691 ERROR_AUTHENTICATION_FAILURE, another password would be taken$/,
      otherwise(eapPassword('mschapv2', { user: 'bert' }), { checks: eapPassword('mschapv2', { user: 'anna' }).checks }),
    ),
    ...client(
      'EAP, no method in common',
      /^gw: no IKE SA: EAP of "anna@example\.org" by EAP-MSCHAP-V2: expected EAP-MSCHAP-V2 \(26\), found a peer that wants MD5-Challenge \(4\)$/,
      /received EAP_NAK, sending EAP_FAILURE/,
      /^gw: no IKE SA: EAP as "anna@example\.org": expected MD5-Challenge \(4\), found an authenticator that wants EAP-MSCHAP-V2 \(26\)$/,
      eapPassword('mschapv2', { method: 'md5' }),
    ),
    ...client(
      'EAP where a certificate is expected',
      /^a stranger: no IKE SA: an initiator that calls itself ID_RFC822_ADDR anna@example\.org: expected AUTH, for no connection has EAP, found none: it wants EAP alone$/,
      /peer requested EAP, config unacceptable/,
      refusedBy.client,
      otherwise(eapPassword('mschapv2'), { checks: certificate('client-p256').checks }),
    ),
    ...client(
      'EAP-TLS, an untrusted authority: the client',
      /^gw: no IKE SA: .*the issuer of the certificate of CN=client\.example\.org, O=Example: expected CN=ca, O=Example, found CN=other-ca, O=Example/,
      /no trusted certificate found for 'client\.example\.org' to verify TLS peer[^]*EAP method EAP_TLS failed for peer client\.example\.org/,
      alert,
      eapTls('client-stranger', 'gw-p256'),
      { ids: {} },
    ),
    ...client(
      'EAP-TLS, revoked: the client',
      /^gw: no IKE SA: .*the certificate of CN=client\.example\.org, O=Example: expected one that is not revoked, found revoked at 2025-01-01T00:00:00Z, reason keyCompromise/,
      /certificate was revoked on Jan 01 00:00:00 UTC 2025, reason: key compromise/,
      alert,
      eapTls('client-revoked', 'gw-p256', { crl: true }),
      { ids: {} },
    ),
    ...no(
      'EAP-MSCHAPv2, an untrusted authority: the gateway',
      {
        who: 'gw',
        ours: /^gw: no IKE SA: authentication between ID_RFC822_ADDR anna@example\.org, which we are, and ID_FQDN gw\.example\.org: the issuer of the certificate of CN=gw\.example\.org, O=Example: expected CN=ca, O=Example, found CN=other-ca, O=Example/,
        theirs: /no trusted ECDSA public key found for 'gw\.example\.org'/,
        unheard: /EAP\/RES/,
        told: /^gw: no IKE SA: IKE_AUTH: expected an initiator that goes on, found one that has given up$/,
      },
      { client: eapPassword('mschapv2'), ids: anna, gw: certificate('gw-stranger') },
    ),
    ...no(
      'RFC 4739, the second proof is missing: the client',
      {
        who: 'client',
        ours: /^a stranger: no IKE SA: how ID_FQDN client\.example\.org proves who it is for connection gw: expected AUTH and further authentications \(RFC 4739\), found AUTH alone$/,
        theirs: /selected peer config 'gw' unacceptable: insufficient authentication rounds/,
      },
      { client: [certificate('client-p256'), eapPassword('mschapv2', { user: 'anna' })], proofs: { client: 1 } },
    ),
    ...no(
      'RFC 4739, a wrong second proof: the client',
      {
        who: 'client',
        ours: /^gw: no IKE SA: EAP-MSCHAPv2 of "anna": expected a known name and its password, found another password$/,
        theirs: /EAP-MS-CHAPv2 verification failed, retry \(1\)/,
        told: /^gw: no IKE SA: EAP-MSCHAPv2 as "anna": expected the authenticator to take name and password, found error 691 ERROR_AUTHENTICATION_FAILURE/,
      },
      { client: [certificate('client-p256'), eapPassword('mschapv2', { user: 'anna', password: wrongPassword })] },
    ),
    ...no(
      'a certificate where EAP is expected: the client',
      {
        who: 'client',
        ours: /^a stranger: no IKE SA: how ID_FQDN client\.example\.org proves who it is for connection gw: expected EAP, found AUTH alone$/,
        theirs: /constraint check failed: EAP identity '%any' required/,
      },
      { client: otherwise(certificate('client-p256'), { checks: eapPassword('mschapv2', { user: 'anna' }).checks }) },
    ),
    ...no(
      'EAP-MSCHAPv2 alone: the gateway',
      {
        who: 'gw',
        ours: /^gw: no IKE SA: EAP as "anna@example\.org": expected the responder to prove itself by AUTH first, found that it wants EAP-MSCHAP-V2$/,
        theirs: /never/,
        unheard: /EAP\/RES/,
      },
      { client: eapPassword('mschapv2'), gw: eapPassword('mschapv2'), ids: anna, roles: ['initiator'] },
    ),
    ...no(
      'EAP-TLS alone, an untrusted authority: the gateway',
      {
        who: 'gw',
        ours: /^gw: no IKE SA: the issuer of the certificate of CN=gw\.example\.org, O=Example: expected CN=ca, O=Example, found CN=other-ca, O=Example/,
        theirs: /no TLS public key found for server 'gw\.example\.org'/,
        told: alert,
      },
      { client: eapTls('client-p256', 'gw-stranger'), gw: eapTls('gw-stranger', 'client-p256') },
    ),
  ];
}
