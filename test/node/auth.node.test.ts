/** Certificates, raw keys and EAP over real sockets: what configurations say comes about, and what is refused says why. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { type AuthWishes, makePki, meet, type Meeting } from './auth.js';
import { ping } from './pair.js';

let folder = '';
let meeting: Meeting | undefined;
beforeAll(() => {
  folder = makePki();
});
afterEach(async () => {
  await meeting?.close();
  meeting = undefined;
});

async function play(wishes: AuthWishes): Promise<Meeting> {
  meeting = await meet(folder, wishes);
  return meeting;
}

const cert = (name: string): object => ({ certificate: `${name}.pem`, key: `${name}.key` });
const users = { anna: 'correct horse battery staple' };
const mschapv2 = { eap: 'mschapv2', identity: 'anna', password: users.anna };

describe('certificates on both sides', () => {
  test.each([
    ['RSA', 'gw-rsa', 'anna-rsa', {}],
    ['RSA with PSS alone', 'gw-rsa', 'anna-rsa', { schemes: 'rsa-pss-sha384' }],
    ['RSA with PKCS#1 alone', 'gw-rsa', 'anna-rsa', { schemes: 'rsa-sha256' }],
    ['ECDSA P-256', 'gw', 'anna', {}],
    ['ECDSA P-384', 'gw-384', 'anna-384', {}],
    ['Ed25519', 'gw-ed', 'anna-ed', {}],
    ['RSA and Ed25519', 'gw-rsa', 'anna-ed', {}],
  ])('%s: an IKE SA, and pings', async (_what, gateway, client, schemes) => {
    const {
      error,
      client: host,
      gatewayLines,
    } = await play({ gateway: { ...cert(gateway), ...schemes }, client: { ...cert(client), ...schemes } });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
    expect(gatewayLines.join('\n')).toContain('IKE SA with anna@example.com');
    expect(await ping(host!, 2)).toEqual([1, 2]);
  });
});

describe('EAP-MSCHAPv2', () => {
  test('a user gets in, and an address', async () => {
    const { error, client, gatewayLines, clientLines } = await play({
      client: mschapv2,
      gatewayTrusts: { eap: 'mschapv2', users },
      connection: { request: true, children: [{ name: 'net', local: 'dynamic', remote: '10.2.0.0/16' }] },
      gatewayConnection: { pool: 'inside', children: [{ name: 'net', local: '10.2.0.0/16', remote: 'dynamic' }] },
      host: { pools: [{ name: 'inside', ranges: ['10.77.0.0/24'] }] },
    });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
    expect(clientLines.join('\n')).toMatch(/the peer gave us 10\.77\.0\.\d+/);
    const own = /10\.77\.0\.\d+/.exec(clientLines.join('\n'))![0];
    expect(await ping(client!, 1, [own, '10.2.0.1'])).toEqual([1]);
  });
});

describe('other ways', () => {
  test('keys that both sides know (RFC 7670), sent and not sent', async () => {
    const own = { publicKey: 'anna.pub', key: 'anna.key', sendRawKey: true };
    const trusts = { publicKey: ['gw-ed.pem', 'anna.pem'] };
    const { error, gatewayLines } = await play({
      client: own,
      clientTrusts: { publicKey: 'gw.pub' },
      gateway: { publicKey: 'gw.pub', key: 'gw.key' },
      gatewayTrusts: trusts,
      connection: { local: { id: 'anna@example.com', auth: own } },
      gatewayConnection: { local: { id: 'gw.example', auth: { publicKey: 'gw.pub', key: 'gw.key' } } },
    });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
  });

  test('PKCS#12, an encrypted key, and PEM in the configuration itself', async () => {
    const { error } = await play({
      client: { pkcs12: 'anna.p12', keyPassword: { env: 'P12' } },
      gateway: { certificate: readFileSync(join(folder, 'gw.pem'), 'utf8'), key: 'gw-locked.key', keyPassword: 'open sesame' },
      clientOptions: { env: { P12: 'open sesame' } },
    });
    expect(error).toBeUndefined();
  });

  test('EAP-TLS: a client with a certificate, known by the name in it', async () => {
    const tls = { eap: 'tls', ca: 'ca.pem' };
    const { error, gatewayLines } = await play({
      client: { ...tls, ...cert('anna'), identity: 'anna@example.com' },
      gatewayTrusts: { ...tls, ...cert('gw') },
    });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
    expect(gatewayLines.join('\n')).toContain('IKE SA with anna@example.com');
  });

  test.each<[string, object, object, RegExp]>([
    [
      'a server of another name',
      { serverNames: 'radius.example' },
      {},
      /home: no IKE SA: .*ID_FQDN radius\.example.*did you mean gw\.example|home: no IKE SA: .*radius\.example as a dNSName/,
    ],
    [
      'a server that nobody vouches for',
      { ca: 'other-ca.pem' },
      {},
      /home: no IKE SA: .*expected CN=other-ca, O=Example, found CN=ca, O=Example/,
    ],
    [
      'a client that nobody vouches for',
      cert('stranger'),
      {},
      /clients: no IKE SA: .*expected CN=ca, O=Example, found CN=other-ca, O=Example/,
    ],
    [
      'a client that was revoked',
      cert('revoked'),
      { crls: 'ca.crl' },
      /clients: no IKE SA: .*certificate of CN=revoked, O=Example: expected one that is not revoked/,
    ],
  ])('EAP-TLS: %s is refused', async (_what, client, gateway, line) => {
    const tls = { eap: 'tls', ca: 'ca.pem' };
    const { error, gatewayLines, clientLines } = await play({
      client: { ...tls, ...cert('anna'), identity: 'anna@example.com', ...client },
      gatewayTrusts: { ...tls, ...cert('gw'), ...gateway },
    });
    expect(error).toBeDefined();
    expect([...gatewayLines, ...clientLines].join('\n')).toMatch(line);
  });

  test('EAP alone (RFC 5998), where the method is mutual', async () => {
    const tls = { eap: 'tls', ca: 'ca.pem' };
    const { error } = await play({
      client: { ...tls, ...cert('anna'), identity: 'anna@example.com', serverNames: 'gw.example' },
      clientTrusts: { eap: 'tls', ca: 'ca.pem', ...cert('anna') },
      gateway: { ...tls, ...cert('gw') },
      gatewayTrusts: { ...tls, ...cert('gw') },
      gatewayConnection: { local: { id: 'gw.example', auth: { ...tls, ...cert('gw') } } },
    });
    expect(error).toBeUndefined();
  });

  test.each(['md5', 'gtc'])('EAP with %s, which makes no key, where both sides allow that', async (eap) => {
    const { error } = await play({ client: { ...mschapv2, eap, allowKeyless: true }, gatewayTrusts: { eap, users, allowKeyless: true } });
    expect(error).toBeUndefined();
  });

  test('a client is asked for its user name where IDi is an address', async () => {
    const { error, gatewayLines } = await play({
      client: { ...mschapv2, eap: ['mschapv2'] },
      connection: { local: { id: '127.0.0.1', auth: mschapv2 } },
      gatewayTrusts: { eap: 'mschapv2', users: 'users.txt' },
    });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
  });

  test('nobody (RFC 7619)', async () => {
    const { error } = await play({ client: { null: true }, gatewayTrusts: { null: true } });
    expect(error).toBeUndefined();
  });

  test('a certificate, and then a password (RFC 4739)', async () => {
    const { error } = await play({
      client: cert('anna'),
      connection: { local: { auth: cert('anna'), further: [{ auth: mschapv2 }] } },
      gatewayConnection: { remote: { further: [{ auth: { eap: 'mschapv2', users } }] } },
    });
    expect(error).toBeUndefined();
  });

  test('a question goes to the connection that it is about, not to the first', async () => {
    const staff = { name: 'staff', local: { auth: cert('gw') }, remote: { id: '@staff.example', auth: { ca: 'other-ca.pem' } } };
    const { error, gatewayLines } = await play({ client: cert('anna'), before: [staff] });
    expect([error, gatewayLines]).toEqual([undefined, gatewayLines]);
    await meeting?.close();
    const turned = { ...staff, remote: { id: '@staff.example', auth: { ca: 'ca.pem' } } };
    expect((await play({ client: cert('anna'), before: [turned], gatewayTrusts: { ca: 'other-ca.pem' } })).error?.code).toBe(
      'peer-refused',
    );
  });

  test('the program answers first, and what it says counts', async () => {
    const asked: string[] = [];
    const { error, gatewayLines } = await play({
      client: cert('anna'),
      hostOptions: {
        answer: (question) => {
          asked.push(question.kind);
          const refused = new IpsecError('authentication-failed', 'anna has left');
          return Promise.resolve(question.kind === 'certificates' ? refused : undefined);
        },
      },
    });
    expect([asked, error?.code]).toEqual([['certificates'], 'peer-refused']);
    expect(gatewayLines.join('\n')).toContain('anna has left');
  });
});

describe('who is refused leaves a line that says why', () => {
  const later = { clock: () => Date.now() + 40 * 365 * 86_400_000 };
  const ofGateway = (wishes: Partial<AuthWishes>): AuthWishes => ({ client: cert('anna'), ...wishes });
  const eap = { eap: 'mschapv2', users };

  test.each<[string, AuthWishes, RegExp]>([
    ['wrong key', ofGateway({ gatewayTrusts: { publicKey: 'gw.pem' } }), /expected .*EC P-256.*found/],
    [
      'an issuer that is not trusted',
      ofGateway({ client: cert('stranger') }),
      /the issuer of the certificate of CN=stranger, O=Example: expected CN=ca, O=Example, found CN=other-ca, O=Example/,
    ],
    [
      'expired',
      ofGateway({ gatewayOptions: later }),
      /the time of the certificate of .*: expected until 20\d\d-.*, found 20\d\d-.*: expired/,
    ],
    [
      'revoked',
      ofGateway({ client: cert('revoked'), gatewayTrusts: { ca: 'ca.pem', crls: 'ca.crl' } }),
      /the certificate of CN=revoked, O=Example: expected one that is not revoked, found revoked at 2025-01-01T00:00:00Z, reason keyCompromise/,
    ],
    [
      'no word about revocation where one is required',
      ofGateway({ gatewayTrusts: { ca: 'ca.pem', revocation: 'required' } }),
      /the certificate of CN=anna, O=Example: expected a revocation list or an OCSP response that shows it to be good, found nothing about it/,
    ],
    [
      'wrong name',
      ofGateway({ connection: { local: { id: 'anne@example.com', auth: cert('anna') } } }),
      /the certificate does not speak for ID_RFC822_ADDR anne@example\.com: expected .*, found rfc822Name anna@example\.com, .*did you mean anna@example\.com\?/,
    ],
    [
      'a name that no connection takes',
      ofGateway({ gatewayConnection: { remote: { id: '@example.org' } } }),
      /ID_RFC822_ADDR anna@example\.com is not in the PAD; entries of its type: @example\.org/,
    ],
    [
      'another signature algorithm',
      ofGateway({ client: { ...cert('anna-rsa'), schemes: 'rsa-sha256' }, gatewayTrusts: { ca: 'ca.pem', schemes: 'rsa-pss-sha256' } }),
      /expected one of RSASSA-PSS with SHA2-256, found/,
    ],
    [
      'wrong password',
      ofGateway({ client: { ...mschapv2, password: 'another one' }, gatewayTrusts: eap }),
      /EAP-MSCHAPv2 of "anna": expected a known name and its password, found another password/,
    ],
    [
      'unknown user',
      ofGateway({ client: { ...mschapv2, identity: 'bert' }, gatewayTrusts: eap }),
      /EAP-MSCHAPv2 of "bert": .*found a name that nobody has/,
    ],
    [
      'wrong EAP method',
      ofGateway({ client: { ...mschapv2, eap: 'md5', allowKeyless: true }, gatewayTrusts: eap }),
      /EAP of "anna" by EAP-MSCHAP-V2: expected EAP-MSCHAP-V2 \(26\), found a peer that wants MD5-Challenge \(4\)/,
    ],
    ['EAP where nobody has it', ofGateway({ client: mschapv2 }), /expected AUTH, for no connection has EAP, found none: it wants EAP/],
  ])('as the gateway: %s', async (_what, wishes, line) => {
    const { error, gatewayLines, clientLines } = await play(wishes);
    expect(['peer-refused', 'authentication-failed']).toContain(error?.code);
    expect(gatewayLines.filter((text) => text.includes('no IKE SA: '))).toEqual([expect.stringMatching(line)]);
    for (const text of [...gatewayLines, ...clientLines]) expect(text).not.toContain('horse');
  });

  test.each<[string, AuthWishes, RegExp]>([
    [
      'an issuer that is not trusted',
      ofGateway({ clientTrusts: { ca: 'other-ca.pem' } }),
      /the issuer of the certificate of CN=gw, O=Example: expected CN=other-ca, O=Example, found CN=ca, O=Example/,
    ],
    ['expired', ofGateway({ clientOptions: later }), /: expected until 20\d\d-.*, found 20\d\d-.*: expired/],
    [
      'wrong name',
      ofGateway({ gatewayConnection: { local: { id: 'gate.example', auth: cert('gw') } }, connection: { remote: { id: 'gate.example' } } }),
      /the certificate does not speak for ID_FQDN gate\.example: .*did you mean gw\.example\?/,
    ],
    [
      'another name than asked for',
      ofGateway({ connection: { remote: { id: 'gateway.example' } } }),
      /expected ID_FQDN gateway\.example, which was asked for, found ID_FQDN gw\.example/,
    ],
    [
      'wrong password',
      ofGateway({ client: { ...mschapv2, password: 'another one' }, gatewayTrusts: eap }),
      /EAP-MSCHAPv2 as "anna": expected the authenticator to take name and password, found error 691/,
    ],
    [
      'wrong EAP method',
      ofGateway({ client: { ...mschapv2, eap: 'md5', allowKeyless: true }, gatewayTrusts: eap }),
      /EAP as "anna": expected MD5-Challenge \(4\), found an authenticator that wants EAP-MSCHAP-V2 \(26\)/,
    ],
    ['whatever it was, to a client who is refused', ofGateway({ client: cert('stranger') }), /found AUTHENTICATION_FAILED/],
  ])('as the client: %s', async (_what, wishes, line) => {
    const { error, clientLines } = await play(wishes);
    expect(error?.message).toMatch(line);
    expect(clientLines.filter((text) => text.includes('no IKE SA: '))).toEqual([expect.stringMatching(line)]);
  });
});
