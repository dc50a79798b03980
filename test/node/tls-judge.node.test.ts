/** Who judges the certificates of EAP-TLS, by the lists and authorities of a configuration. */
import { describe, expect, test } from 'vitest';
import { createTlsJudge } from '../../src/node/credentials/tls.js';
import { certify, keyOf, list, today } from '../x509/maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const others = Array.from({ length: 40 }, (_, i) => certify({ subject: `CN=Other ${i}`, key: keyOf(`other ${i}`), ca: true }));
const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true }, root);
const about = { role: 'authenticator', identity: '', serverNames: [] } as const;

describe('row 18: EAP-TLS: what the configuration knows of certificates', () => {
  test('row 18: a client on the last of many lists is refused', async () => {
    const client = certify({ subject: 'CN=anna', key: keyOf('leaf'), serial: 7 }, root);
    const crls = [...others.map((other) => list(other)), list(root, { revoked: [7] })];
    const judge = await createTlsJudge({ anchors: [root.der], crls }, 'authenticator', [], () => today);
    expect(await judge([client.der], about)).toMatchObject({ code: 'authentication-failed' });
    const good = certify({ subject: 'CN=bert', key: keyOf('leaf'), serial: 8 }, root);
    expect(await judge([good.der], about)).toBe('trusted');
  });

  test('many authorities of ours leave room for those that the client sends', async () => {
    const client = certify({ subject: 'CN=anna', key: keyOf('leaf') }, sub);
    const intermediates = others.map(({ der }) => der);
    const judge = await createTlsJudge({ anchors: [root.der], intermediates }, 'authenticator', [], () => today);
    expect(await judge([client.der, sub.der], about)).toBe('trusted');
    expect(await judge([client.der], about)).toMatchObject({ code: 'authentication-failed' });
  });

  test('a server has to hold one of the names', async () => {
    const server = certify({ subject: 'CN=server', key: keyOf('leaf'), altNames: ['DNS:radius.example.com'] }, root);
    const verdict = async (...names: string[]): Promise<unknown> =>
      (await createTlsJudge({ anchors: [root.der] }, 'peer', names, () => today))([server.der], {
        ...about,
        role: 'peer',
        serverNames: names,
      });
    expect(await verdict('other.example.com', 'radius.example.com')).toBe('trusted');
    expect(await verdict('other.example.com')).toMatchObject({ code: 'authentication-failed' });
    expect(await verdict()).toMatchObject({ code: 'authentication-failed' });
  });
});
