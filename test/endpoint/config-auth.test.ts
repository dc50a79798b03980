import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import {
  answerQuestion,
  lintConfig,
  type Credentials,
  type EndpointConnection,
  loadCredentials,
  type OwnSpec,
  parseEndpointConfig,
  type PeerSpec,
} from '../../src/endpoint.js';
import type { Ask } from '../../src/ikev2/requests.js';
import type { PublicKey } from '../../src/suite/types-sign.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { allRows } from '../pair.js';

const secret = 'correct horse battery staple';
const key = (n: number): PublicKey => ({ type: 'Ed25519', point: new Uint8Array(32).fill(n), spki: Uint8Array.of(n) });

/** What was asked for, and answers that show who gave them. */
function recorder(): Credentials & { readonly owns: OwnSpec[]; readonly peers: PeerSpec[] } {
  const [owns, peers]: [OwnSpec[], PeerSpec[]] = [[], []];
  return {
    owns,
    peers,
    own(spec) {
      owns.push(spec);
      const answer = (): string => spec.path;
      if (spec.form === 'eap') return { auth: { method: 'eap', allowKeyless: spec.allowKeyless }, id: parseIdentity('anna'), answer };
      const auth = { method: 'signature' as const, publicKey: key(owns.length), rows: [], certificates: [] };
      return { auth, id: parseIdentity('gw.example.com'), answer };
    },
    peer(spec) {
      peers.push(spec);
      const answer = (): string => spec.path;
      if (spec.form === 'eap') return { auth: { method: 'eap', allowKeyless: spec.allowKeyless }, answer };
      if (spec.form === 'public-key') return { auth: { method: 'public-key', keys: [], rows: [] }, answer };
      return { auth: { method: 'certificate', rows: [], authorities: [] }, answer };
    },
  };
}

function json(local: object | undefined, remote: object, rest: object = {}): object {
  return { addresses: ['192.0.2.1'], connections: [{ name: 'c', ...(local && { local }), remote, ...rest }] };
}

function read(local: object | undefined, remote: object, rest: object = {}, credentials: Credentials = recorder()): EndpointConnection {
  return parseEndpointConfig(json(local, remote, rest), { rows: allRows, credentials }).connections[0]!;
}

function refusal(local: object | undefined, remote: object, rest: object = {}, credentials?: Credentials): IpsecError {
  try {
    parseEndpointConfig(json(local, remote, rest), { rows: allRows, credentials });
  } catch (error) {
    if (error instanceof IpsecError) return error;
  }
  throw new Error('it was taken');
}

const at = (path: string, text: string): object => ({ text, path: `connections.0.${path}` });

describe('auth in JSON', () => {
  it('a certificate of ours and trust anchors for the peer: what is written comes to the host as it is', () => {
    const own = { certificate: ['a.pem', 'ca2.pem'], key: 'a.key', keyPassword: secret, schemes: 'rsa-pss-sha256', send: 'if-asked' };
    const trust = { ca: 'ca.pem', crls: ['ca.crl'], revocation: 'required', fetch: 'crls', matchIdentity: false, askOcsp: true };
    const credentials = recorder();
    const { ike } = read({ auth: own }, { id: '.example.com', auth: trust }, {}, credentials);
    expect(credentials.owns).toEqual([
      {
        form: 'certificate',
        path: 'connections.0.local.auth',
        keys: {
          certificates: [at('local.auth.certificate.0', 'a.pem'), at('local.auth.certificate.1', 'ca2.pem')],
          key: at('local.auth.key', 'a.key'),
          pkcs12: undefined,
          keyPassword: at('local.auth.keyPassword', secret),
        },
        schemes: [at('local.auth.schemes', 'rsa-pss-sha256')],
        send: 'if-asked',
      },
    ]);
    expect(credentials.peers).toMatchObject([
      {
        form: 'certificate',
        path: 'connections.0.remote.auth',
        trust: {
          authorities: [at('remote.auth.ca', 'ca.pem')],
          crls: [at('remote.auth.crls.0', 'ca.crl')],
          revocation: 'required',
          fetch: ['crls'],
        },
        askOcsp: true,
      },
    ]);
    expect([ike.localAuth.method, ike.remoteAuth.method]).toEqual(['signature', 'certificate']);
    expect(ike.peer.authentication).toEqual({ protocol: 'IKEv2', method: 'certificate', matchCertificate: false });
    expect(ike.localId).toEqual({ type: 'ID_FQDN', name: 'gw.example.com' });
  });

  it('RFC 4301 section 4.4.3.2: the identity has to stand in the certificate unless somebody says otherwise', () => {
    expect(read({ auth: { null: true } }, { id: '*', auth: { ca: 'ca.pem' } }).ike.peer.authentication.matchCertificate).toBe(true);
  });

  it('who we are: what the configuration says before what the certificate says', () => {
    expect(read({ id: 'b.example', auth: { pkcs12: 'a.p12' } }, { id: '*', auth: { ca: 'ca.pem' } }).ike.localId).toMatchObject({
      name: 'b.example',
    });
  });

  it('raw keys, NULL, EAP as client and as server', () => {
    const credentials = recorder();
    const raw = { publicKey: 'own.pem', key: 'own.key', sendRawKey: true };
    read({ auth: raw }, { id: 'b.example', auth: { publicKey: ['b.pem', 'c.pem'] } }, {}, credentials);
    expect([credentials.owns[0], credentials.peers[0]]).toMatchObject([
      { form: 'public-key', publicKey: { text: 'own.pem' }, keys: { key: { text: 'own.key' }, certificates: [] }, sendRawKey: true },
      { form: 'public-key', publicKeys: [{ text: 'b.pem' }, { text: 'c.pem' }] },
    ]);
    const { ike } = read({ auth: { null: true } }, { auth: { null: true } });
    expect([ike.localAuth, ike.remoteAuth, ike.peer.id]).toEqual([{ method: 'null' }, { method: 'null' }, { type: 'ID_NULL' }]);
    const client = recorder();
    const eap = {
      eap: ['mschapv2', 'tls'],
      identity: 'anna',
      password: secret,
      certificate: 'a.pem',
      key: 'a.key',
      ca: 'ca.pem',
      serverNames: ['gw'],
    };
    const remote = { address: '192.0.2.2', id: 'gw.example.com', auth: { ca: 'ca.pem' } };
    expect(read({ auth: eap }, remote, {}, client).ike).toMatchObject({
      localId: { name: 'anna' },
      localAuth: { method: 'eap', allowKeyless: false },
    });
    expect(client.owns).toMatchObject([
      { form: 'eap', methods: [{ text: 'mschapv2' }, { text: 'tls' }], password: { text: secret }, serverNames: [{ text: 'gw' }] },
    ]);
    const server = recorder();
    const users = { anna: secret };
    const demand = { eap: 'mschapv2', users, allowKeyless: true, routes: '.example.com' };
    const connection = read({ auth: { certificate: 'gw.pem', key: 'gw.key' } }, { auth: demand }, {}, server);
    expect(connection.ike.peer).toMatchObject({ id: { type: 'any' }, authentication: { method: 'eap' } });
    expect(server.peers).toMatchObject([
      {
        form: 'eap',
        users: { path: 'connections.0.remote.auth.users' },
        allowKeyless: true,
        routes: { type: 'ID_FQDN', name: '.example.com' },
      },
    ]);
    const [spec] = server.peers;
    const listed = spec?.form === 'eap' && spec.users && 'passwords' in spec.users ? spec.users.passwords : undefined;
    expect([...(listed ?? [])]).toEqual([['anna', secret]]);
  });

  it('EAP that the program answers itself needs no host that loads anything', () => {
    const auth = { eap: 'ask', allowKeyless: true, routes: '.example.com' };
    const config = parseEndpointConfig(json({ auth: { psk: secret } }, { auth }), { rows: allRows });
    expect(config.connections[0]?.ike.remoteAuth).toEqual({
      method: 'eap',
      allowKeyless: true,
      routes: { type: 'ID_FQDN', name: '.example.com' },
    });
    expect(refusal({ auth: { eap: ['ask', 'md5'] } }, { id: '*', auth: { psk: secret } })).toMatchObject({
      path: 'connections.0.local.auth.eap.0',
    });
  });

  it('RFC 4739: several proofs', () => {
    const further = [{ id: 'anna@example.com', auth: { eap: 'mschapv2', password: secret } }, { auth: { psk: secret } }];
    const demands = [{ id: '@example.com', auth: { eap: 'md5', users: 'users.txt' } }];
    const connection = read({ auth: { certificate: 'a', key: 'b' }, further }, { id: '*', auth: { ca: 'ca.pem' }, further: demands });
    expect(connection.ike.furtherProofs).toMatchObject([
      { id: { name: 'anna@example.com' }, auth: { method: 'eap' } },
      { id: { name: 'gw.example.com' }, auth: { method: 'shared-key' } },
    ]);
    expect(connection.ike.furtherDemands).toMatchObject([{ id: { name: '@example.com' }, auth: { method: 'eap' } }]);
    expect(connection.credentials?.own).toHaveLength(3);
  });

  it.each([
    [{ auth: { ca: 'ca.pem' } }, {}, 'local.auth', '"ca" stands in remote.auth'],
    [{ auth: { certificat: 'a.pem', key: 'k' } }, {}, 'local.auth', 'did you mean certificate?'],
    [{ auth: { key: 'k' } }, {}, 'local.auth', 'found ["key"]'],
    [{ auth: { certificate: 'a', pkcs12: 'b' } }, {}, 'local.auth', 'found ["certificate","pkcs12"]'],
    [{ auth: { eap: 'md5', psk: secret } }, {}, 'local.auth', 'found ["eap","psk"]'],
    [{ auth: { certificate: 'a.pem' } }, {}, 'local.auth.key', 'PEM, or the name of a file'],
    [{ auth: { certificate: [], key: 'k' } }, {}, 'local.auth.certificate', 'one or more'],
    [{ auth: { certificate: 'a', key: 'k', send: 'allways' } }, {}, 'local.auth.send', 'did you mean always?'],
    [{ auth: { certificate: 'a', key: 'k', keyPassword: { file: 'f' } } }, {}, 'local.auth.keyPassword', 'loadConfig of ipsec-ts/node'],
    [{ auth: { publicKey: 'a' } }, {}, 'local.auth.key', 'PEM, or the name of a file'],
    [{ auth: { eap: [] } }, {}, 'local.auth.eap', 'one or more'],
    [{ auth: { eap: 'md5', password: 7 } }, {}, 'local.auth.password', 'found "number"'],
    [{ auth: { null: 'yes' } }, {}, 'local.auth.null', 'expected true'],
    [{ auth: secret }, {}, 'local.auth', 'found "string"'],
    [{ auth: { psk: secret } }, { auth: { ca: 'ca.pem', revocation: 'on' } }, 'remote.auth.revocation', 'off, if-available, required'],
    [{ auth: { psk: secret } }, { auth: { ca: 'ca.pem', fetch: ['crl'] } }, 'remote.auth.fetch.0', 'did you mean crls?'],
    [{ auth: { psk: secret } }, { auth: { ca: 'ca.pem', matchIdentity: 1 } }, 'remote.auth.matchIdentity', 'true or false'],
    [{ auth: { psk: secret } }, { auth: { certificate: 'a' } }, 'remote.auth', '"certificate" stands in local.auth'],
    [{ auth: { psk: secret } }, { auth: { eap: 'md5', users: [secret] } }, 'remote.auth.users', 'found "a list"'],
    [{ auth: { psk: secret } }, { auth: { eap: 'md5', users: { anna: [secret] } } }, 'remote.auth.users.anna', 'found "object"'],
    [{ auth: { psk: secret } }, { auth: { eap: 'md5', routes: '@' } }, 'remote.auth.routes', 'who may ask for it'],
    [{ auth: { psk: secret } }, {}, 'remote.auth', 'expected { "psk": ... }'],
    [{ auth: { psk: secret }, further: [{}] }, { auth: { null: true } }, 'local.further.0.auth', 'found nothing'],
  ])('%j, %j', (local, remote, path, words) => {
    const error = refusal(local, { id: 'b.example', ...remote }, {}, recorder());
    expect([error.code, error.path]).toEqual(['invalid-config', `connections.0.${path}`]);
    expect(error.message).toContain(words);
    expect(JSON.stringify([error, error.message])).not.toContain('horse');
  });

  it('one "auth" for both sides takes forms that serve both', () => {
    expect(read(undefined, { id: '*' }, { auth: { null: true } }).ike.remoteAuth).toEqual({ method: 'null' });
    expect(refusal(undefined, { id: '*' }, { auth: { ca: 'ca.pem' } }).message).toContain(
      'one of psk, pskHex, ask, null; "ca" stands in remote.auth',
    );
  });

  it('where nobody loads keys, that is said', () => {
    const error = refusal({ auth: { certificate: 'a.pem', key: 'a.key' } }, { id: 'b.example', auth: { ca: 'ca.pem' } });
    expect(error.message).toBe(
      '"certificate": expected a host that loads keys and users: loadConfig of ipsec-ts/node, or the option "credentials", found none (connections.0.local.auth)',
    );
  });
});

describe('loadCredentials', () => {
  const value = json({ auth: { certificate: 'a', key: 'k' } }, { id: '*', auth: { ca: 'ca' }, further: [{ auth: { eap: 'md5' } }] });

  it('loads one after the other, then reads with what was loaded', async () => {
    const [order, finals]: [string[], boolean[]] = [[], []];
    const give = recorder();
    const slowly = async <T>(path: string, credential: T): Promise<T> => {
      order.push(`${path} begins`);
      await Promise.resolve();
      order.push(`${path} ends`);
      return credential;
    };
    const config = await loadCredentials(
      (credentials, isFinal) => (finals.push(isFinal), parseEndpointConfig(value, { rows: allRows, credentials })),
      { own: (spec) => slowly(spec.path, give.own(spec)), peer: (spec) => slowly(spec.path, give.peer(spec)) },
    );
    expect(finals).toEqual([false, true]);
    expect(order.map((line) => line.replace('connections.0.', ''))).toEqual([
      'local.auth begins',
      'local.auth ends',
      'remote.auth begins',
      'remote.auth ends',
      'remote.further.0.auth begins',
      'remote.further.0.auth ends',
    ]);
    expect(config.connections[0]!.ike.localAuth.method).toBe('signature');
  });

  it('loads nothing where something else is wrong', async () => {
    const asked: string[] = [];
    const loader = {
      own: (spec: OwnSpec) => (asked.push(spec.path), recorder().own(spec)),
      peer: (spec: PeerSpec) => recorder().peer(spec),
    };
    const wrong = { ...value, otherwise: 'drop' };
    await expect(loadCredentials((credentials) => parseEndpointConfig(wrong, { rows: allRows, credentials }), loader)).rejects.toThrow(
      /otherwise/,
    );
    expect(asked).toEqual([]);
  });
});

describe('answerQuestion', () => {
  const further = [{ auth: { eap: 'mschapv2' } }];
  const demands = [{ id: '.guests.example', auth: { ca: 'guests.pem' } }, { auth: { eap: 'md5' } }];
  const connection = read(
    { auth: { certificate: 'a', key: 'b' }, further },
    { id: '.example.com', auth: { ca: 'ca.pem' }, further: demands },
  );
  const ask = (question: object): unknown => answerQuestion(connection.credentials!, question as Ask, 'c');

  it('each question goes to what it is about', () => {
    expect(ask({ kind: 'sign', publicKey: key(1) })).toBe('connections.0.local.auth');
    expect(ask({ kind: 'sign', publicKey: key(9) })).toBeUndefined();
    expect(ask({ kind: 'certificates', round: 0, peerId: parseIdentity('a.example.com') })).toBe('connections.0.remote.auth');
    expect(ask({ kind: 'certificates', round: 1, peerId: parseIdentity('a.guests.example') })).toBe('connections.0.remote.further.0.auth');
    expect(ask({ kind: 'eap', role: 'peer', round: 1 })).toBe('connections.0.local.further.0.auth');
    expect(ask({ kind: 'eap', role: 'authenticator', round: 2 })).toBe('connections.0.remote.further.1.auth');
    expect(ask({ kind: 'eap', role: 'authenticator', round: 0 })).toBe('connections.0.remote.further.1.auth');
    expect(ask({ kind: 'fetch-certificate' })).toBe('connections.0.remote.auth');
    expect(ask({ kind: 'shared-key' })).toBeUndefined();
  });
});

describe('lintConfig of authentication', () => {
  const cert = { certificate: 'a', key: 'b' };
  const findings = (local: object, remote: object): string[] => {
    const config = parseEndpointConfig(json({ auth: local }, { id: 'b.example', auth: remote }), {
      rows: allRows,
      credentials: recorder(),
    });
    // The recorder has no algorithms.
    return lintConfig(config).flatMap(({ level, path, message }) => (message.startsWith('no algorithm') ? [] : [`${level} ${path}`]));
  };

  it('has nothing to say about certificates on both sides, nor about EAP where the server has one', () => {
    expect(findings(cert, { ca: 'ca' })).toEqual([]);
    expect(findings({ eap: 'mschapv2' }, { ca: 'ca' })).toEqual([]);
    expect(findings(cert, { eap: 'mschapv2' })).toEqual([]);
    expect(findings({ eap: 'tls' }, { eap: 'tls' })).toEqual([]);
  });

  it.each([
    ['NULL of ours', { null: true }, { ca: 'ca' }, ['warning connections.0.local.auth']],
    ['NULL of the peer', cert, { null: true }, ['warning connections.0.remote.auth']],
    [
      'a method without a key as client',
      { eap: 'md5', allowKeyless: true },
      { ca: 'ca' },
      ['warning connections.0.local.auth.allowKeyless'],
    ],
    ['a method without a key as server', cert, { eap: 'md5', allowKeyless: true }, ['warning connections.0.remote.auth.allowKeyless']],
    ['EAP to a server with a shared secret', { eap: 'mschapv2' }, { psk: secret }, ['warning connections.0.remote.auth']],
    ['EAP by a server with a shared secret', { psk: secret }, { eap: 'mschapv2' }, ['warning connections.0.local.auth']],
    [
      'EAP to a server that proves nothing',
      { eap: 'md5' },
      { null: true },
      ['warning connections.0.remote.auth', 'error connections.0.remote.auth'],
    ],
    [
      'EAP by a server that proves nothing',
      { null: true },
      { eap: 'md5' },
      ['warning connections.0.local.auth', 'error connections.0.local.auth'],
    ],
    ['a short shared secret beside a certificate', { psk: 'hush' }, { ca: 'ca' }, ['warning connections.0.auth.psk']],
  ])('%s', (_what, local, remote, expected) => {
    expect(findings(local, remote)).toEqual(expected);
  });

  it('tells what the host has found', () => {
    const found = { path: 'here', level: 'warning' as const, message: 'expired', rfc: 'RFC' };
    const credentials = { ...recorder(), own: () => ({ auth: { method: 'null' as const }, findings: () => [found] }) };
    const config = parseEndpointConfig(json({ auth: cert }, { id: 'b.example', auth: { psk: secret } }), { rows: allRows, credentials });
    expect(lintConfig(config)).toContainEqual(found);
  });
});
