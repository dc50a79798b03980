/** Certificates, raw keys and EAP over real sockets: what configurations say comes about, and what is refused says why. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
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
