/** IKEv1 over real sockets: what configurations say comes about, and what is refused says why. */
import { constants, createPublicKey, publicDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerQuestion, type EndpointConfig, lintConfig } from '../../src/endpoint.js';
import { loadConfig } from '../../src/node.js';
import { loadIkev1 } from '../../src/node/ikev1.js';
import { publicKeyOfCertificate } from '../../src/suite/public-key.js';
import { readCertificates } from '../../src/x509.js';
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

const cert = (name: string): object => ({ certificate: `${name}.pem`, key: `${name}.key` });
const old = { ike: 1, proposals: 'aes128-sha256-ecp256' };
const users = { anna: 'correct horse battery staple' };

/** Both sides with version 1. */
async function play({ connection, gatewayConnection, ...wishes }: AuthWishes): Promise<Meeting> {
  meeting = await meet(folder, { ...wishes, connection: { ...old, ...connection }, gatewayConnection: { ...old, ...gatewayConnection } });
  return meeting;
}

async function expectPings({ error, client, clientLines, gatewayLines }: Meeting, from?: string): Promise<void> {
  expect([error?.message, clientLines, gatewayLines]).toEqual([undefined, clientLines, gatewayLines]);
  expect(await (from === undefined ? ping(client!, 2) : ping(client!, 2, [from, '10.2.0.1']))).toEqual([1, 2]);
}

describe('certificates on both sides', () => {
  test.each([
    ['RSA, main mode', 'gw-rsa', 'anna-rsa', {}],
    ['RSA, aggressive mode', 'gw-rsa', 'anna-rsa', { aggressive: true }],
    ['ECDSA P-256', 'gw', 'anna', {}],
    ['ECDSA P-384, aggressive mode', 'gw-384', 'anna-384', { aggressive: true }],
  ])('%s: an IKE SA, and pings', async (_what, gateway, client, how) => {
    const met = await play({ gateway: cert(gateway), client: cert(client), connection: how, gatewayConnection: how });
    await expectPings(met);
    expect(met.gatewayLines.join('\n')).toContain('IKE SA with anna@example.com');
    expect(met.client!.status().ikeSas[0]).toMatchObject({ version: 1, state: 'ESTABLISHED' });
  });

  test('a key in PKCS#12 signs, too', async () => {
    await expectPings(await play({ gateway: cert('gw'), client: { pkcs12: 'anna.p12', keyPassword: 'open sesame' } }));
  });

  test.each([
    ['from another authority', cert('stranger'), {}],
    ['that was revoked', cert('revoked'), { ca: 'ca.pem', crls: 'ca.crl' }],
  ])('a certificate %s is refused', async (_what, client, trusts) => {
    const { error, gatewayLines } = await play({
      client,
      ...(Object.keys(trusts).length > 0 && { gatewayTrusts: trusts }),
      connection: { setUpRetransmission: { tries: 2, first: 0.1 } },
    });
    expect(error).toBeDefined();
    expect(gatewayLines.join('\n')).toMatch(/no IKE SA|refused/);
  });

  test('each of several connections has its own trust: that of one is not that of the other', async () => {
    const { error } = await play({
      client: cert('stranger'),
      before: [
        {
          ...old,
          name: 'others',
          local: { auth: cert('gw') },
          remote: { id: 'bert@example.com', auth: { ca: 'other-ca.pem' } },
        },
      ],
      connection: { setUpRetransmission: { tries: 2, first: 0.1 } },
    });
    expect(error).toBeDefined();
  });
});

describe('XAUTH', () => {
  const net = {
    connection: { request: true, children: [{ name: 'net', local: 'dynamic', remote: '10.2.0.0/16' }] },
    gatewayConnection: { pool: 'inside', children: [{ name: 'net', local: '10.2.0.0/16', remote: 'dynamic' }] },
    host: { pools: [{ name: 'inside', ranges: ['10.77.0.0/24'] }] },
  };
  const login = { xauth: { user: 'anna', password: users.anna } };

  async function logIn(wishes: AuthWishes): Promise<void> {
    const met = await play({
      ...wishes,
      connection: { ...net.connection, ...login, ...wishes.connection },
      gatewayConnection: { ...net.gatewayConnection, xauth: { users: 'users.txt' }, ...wishes.gatewayConnection },
      host: net.host,
    });
    const own = /10\.77\.0\.\d+/.exec(met.clientLines.join('\n'))?.[0];
    await expectPings(met, own);
    expect(met.gatewayLines.join('\n')).toContain('user "anna"');
  }

  test('behind a secret', async () => {
    const psk = { psk: 'a secret of the whole group: 3f0c1b7f5a0e4bd1' };
    await logIn({
      client: psk,
      clientTrusts: psk,
      gatewayTrusts: psk,
      connection: { local: { id: 'staff' } },
      gatewayConnection: { local: { id: 'gw.example', auth: psk } },
    });
  });

  test('behind certificates', async () => {
    await logIn({ client: cert('anna-rsa'), gateway: cert('gw-rsa') });
  });

  test.each([[{}], [{ aggressive: true }]])('hybrid: the client has nothing but its password, %o', async (how) => {
    await logIn({
      client: { null: true },
      gateway: cert('gw-rsa'),
      gatewayTrusts: { null: true },
      connection: how,
      gatewayConnection: how,
    });
  });

  test('a wrong password is refused, and the log says whose', async () => {
    const { error, gatewayLines } = await play({
      client: cert('anna-rsa'),
      gateway: cert('gw-rsa'),
      connection: { xauth: { user: 'anna', password: 'another' } },
      gatewayConnection: { xauth: { users } },
    });
    expect(error?.code).toBe('authentication-failed');
    expect(gatewayLines.join('\n')).toMatch(/XAUTH of "anna"/);
    expect(gatewayLines.join('\n')).not.toContain('another"');
  });
});

describe('what a configuration brings with it', () => {
  test('the RSA signature over the raw hash (RFC 2409 section 5.1)', async () => {
    const config = await loadConfig(
      {
        ike: 1,
        addresses: ['192.0.2.1'],
        connections: [{ name: 'peer', local: { auth: cert('gw-rsa') }, remote: { id: '*', auth: { ca: 'ca.pem' } } }],
      },
      { folder },
    );
    const [der] = readCertificates(readFileSync(join(folder, 'gw-rsa.pem'), 'utf8'), { source: 'gw-rsa.pem' });
    const publicKey = publicKeyOfCertificate(der!);
    const hash = new Uint8Array(32).fill(7);
    const { credentials, ike } = config.connections[0]!;
    const signature = await answerQuestion(credentials!, { kind: 'sign-hash', localId: ike.localId, publicKey, hash }, 'peer');
    const key = createPublicKey(readFileSync(join(folder, 'gw-rsa.pem')));
    expect(new Uint8Array(publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature as Uint8Array))).toEqual(hash);
    const tooLong = { kind: 'sign-hash', localId: ike.localId, publicKey, hash: new Uint8Array(250) } as const;
    expect(() => answerQuestion(credentials!, tooLong, 'peer')).toThrow(/that it refuses/);
  });

  test('a password from the environment; one that stands there is told', async () => {
    const json = (password: unknown): object => ({
      ike: 1,
      addresses: ['192.0.2.1'],
      connections: [
        { name: 'peer', auth: { psk: 'X7#kq0!zLw93@pVbTm5^cR' }, remote: { address: '192.0.2.2' }, xauth: { user: 'anna', password } },
      ],
    });
    const asked: string[] = [];
    const prompt = ({ what, path }: { readonly what: string; readonly path: string }): Promise<string> => {
      asked.push(`${what} ${path}`);
      return Promise.resolve(users.anna);
    };
    const config = await loadConfig(json({ prompt: true }), { prompt });
    expect(asked).toEqual(['password of anna connections.0.xauth.password']);
    const [{ credentials, ike }] = config.connections as [(typeof config.connections)[0]];
    const question = { kind: 'xauth', role: 'client', localId: ike.localId, peerId: ike.localId, message: undefined } as const;
    expect(answerQuestion(credentials!, question, 'peer')).toEqual({ user: 'anna', password: new TextEncoder().encode(users.anna) });
    expect(lintConfig(config).filter(({ path }) => path.endsWith('password'))).toEqual([]);
    expect(lintConfig(await loadConfig(json(users.anna))).filter(({ path }) => path.endsWith('password'))).toHaveLength(1);
  });

  test('the machine, where a connection wants it and nowhere else', async () => {
    const config = (ike: number): Promise<EndpointConfig> =>
      loadConfig({
        ike,
        addresses: ['192.0.2.1'],
        connections: [{ name: 'peer', auth: { psk: 'X7#kq0!zLw93@pVbTm5^cR' }, remote: { address: '192.0.2.2' } }],
      });
    expect(await loadIkev1(await config(2))).toBeUndefined();
    expect(await loadIkev1(await config(1))).toHaveProperty('respond');
  });
});
