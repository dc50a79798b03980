/** EAP-TLS over `node:tls`: both roles of ours with each other. */
import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import type { TlsPeerAbout } from '../../src/eap/tls-trust.js';
import { IpsecError } from '../../src/errors.js';
import { createNodeTlsEngine } from '../../src/node/eap-tls.js';
import { messagesOf, tls } from '../eap/tls-records.js';
import { type End, ends, makeSessions, otherRoot, root, talk, type Wishes } from './eap-tls-pair.js';

const tls13 = { clientOptions: { versions: ['TLSv1.3'] }, serverOptions: { versions: ['TLSv1.3'] } } as const;
const versions = [
  ['TLS 1.2', {}],
  ['TLS 1.3', tls13],
] as const;

describe.each(versions)('RFC 5216 section 2.1.1 with %s: a conversation', (_, wishes: Wishes) => {
  test('both sides come to the same MSK of 64 octets, and the authenticator to the name in the certificate', async () => {
    const { peer, authenticator, identity, peerMsk, authenticatorMsk } = await talk(wishes);
    expect([peer, authenticator, identity]).toEqual(['done', 'success', 'alice@example.org']);
    expect(peerMsk).toHaveLength(64);
    expect(toHex(peerMsk!)).toBe(toHex(authenticatorMsk!));
  });

  test('every conversation has a key of its own', async () => {
    const [one, other] = [await talk(wishes), await talk(wishes)];
    expect(toHex(one.peerMsk!)).not.toBe(toHex(other.peerMsk!));
  });

  test.each([100, 256, 1024, 1400])('packets of %i octets', async (packetSize) => {
    const options = { packetSize };
    const { peer, authenticator, packets } = await talk({
      client: 'bob',
      server: 'rsaServer',
      clientOptions: { ...wishes.clientOptions, ...options },
      serverOptions: { ...wishes.serverOptions, ...options },
    });
    expect([peer, authenticator]).toEqual(['done', 'success']);
    expect(Math.max(...packets.map(({ length }) => length + 5))).toBeLessThanOrEqual(packetSize);
  });

  test.each<[End, string, string]>([
    ['alice', 'alice@example.org', 'alice@example.org'],
    ['alice', 'alice.example.org', 'alice.example.org'],
    ['alice', 'root', 'alice@example.org'],
    ['bob', 'alice@example.org', 'CN=bob, O=Example, C=CH'],
  ])('%s, who says to be %s, is %s', async (client, identity, who) => {
    expect(await talk({ ...wishes, client, identity })).toMatchObject({ authenticator: 'success', identity: who });
  });

  test('a judge says who it is', async () => {
    const heard: TlsPeerAbout[] = [];
    const chains: number[] = [];
    const verifyPeer = (chain: readonly Uint8Array[], about: TlsPeerAbout): Promise<{ identity: string }> => {
      heard.push(about);
      chains.push(chain.length);
      return Promise.resolve({ identity: 'number 7' });
    };
    const { authenticator, identity } = await talk({
      client: 'bob',
      clientOptions: { ...wishes.clientOptions, verifyPeer },
      serverOptions: { ...wishes.serverOptions, verifyPeer },
    });
    expect([authenticator, identity]).toEqual(['success', 'number 7']);
    expect(heard).toEqual([
      { role: 'peer', identity: 'alice@example.org', serverNames: ['vpn.example.org'] },
      { role: 'authenticator', identity: 'alice@example.org', serverNames: [] },
    ]);
    expect(chains).toEqual([3, 3]);
  });

  test('keys of node:crypto and DER do as well as PEM', async () => {
    const der = (pem: string): Uint8Array[] =>
      [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)/g)].map(([, text]) => new Uint8Array(Buffer.from(text!, 'base64')));
    const { certificates, privateKey } = ends.rsaServer;
    const serverEngine = { certificates: der(certificates), privateKey: createPrivateKey(privateKey), trustAnchors: der(root) };
    expect(await talk({ ...wishes, serverEngine })).toMatchObject({ authenticator: 'success' });
  });
});

describe.each(versions)('refusals with %s', (name, wishes: Wishes) => {
  test.each<[string, Wishes, RegExp]>([
    ['of another root', { server: 'untrustedServer' }, /expected a path to a trust anchor, found (SELF|UNABLE|DEPTH)/],
    ['of our own roots, which we do not trust', { clientEngine: { trustAnchors: otherRoot } }, /a path to a trust anchor, found/],
    ['without any root', { clientEngine: { trustAnchors: [] } }, /a path to a trust anchor, found/],
    ['expired', { server: 'expiredServer' }, /found CERT_HAS_EXPIRED/],
    ['for clients only', { server: 'clientAsServer' }, /found INVALID_PURPOSE/],
    ['with other names', { clientOptions: { serverNames: ['gw.example.org', '192.0.2.9'] } }, /gw.example.org or 192.0.2.9, found DNS:vpn/],
  ])("a peer does not go on with a server's certificate %s", async (_, { clientOptions, ...more }, reason) => {
    const outcome = await talk({ ...wishes, ...more, clientOptions: { ...wishes.clientOptions, ...clientOptions } });
    expect(outcome.peer).toMatchObject({ code: 'authentication-failed', message: expect.stringMatching(reason) as string });
    expect(outcome.authenticator).not.toBe('success');
    expect([outcome.peerMsk, outcome.authenticatorMsk]).toEqual([undefined, undefined]);
  });

  test('one of several names is enough, addresses too', async () => {
    const clientOptions = { ...wishes.clientOptions, serverNames: ['gw.example.org', '192.0.2.2'] };
    expect(await talk({ ...wishes, clientOptions })).toMatchObject({ peer: 'done', authenticator: 'success' });
  });

  test.each<[string, Wishes['client'], RegExp]>([
    ['with a certificate of another root', 'untrustedAlice', /a path to a trust anchor, found/],
    ['with an expired certificate', 'expiredAlice', /found CERT_HAS_EXPIRED/],
    ['with a certificate for servers', 'server', /found INVALID_PURPOSE/],
    ['without a certificate', 'none', /expected a certificate of the other side, found none/],
    ['with a certificate without a name', 'nameless', /expected a name for which it speaks, found none/],
  ])('an authenticator refuses a client %s', async (_, client, reason) => {
    const outcome = await talk({ ...wishes, client });
    expect(outcome.authenticator).toMatchObject({ code: 'authentication-failed', message: expect.stringMatching(reason) as string });
    expect(outcome.peer).not.toBe('done');
    expect([outcome.peerMsk, outcome.authenticatorMsk]).toEqual([undefined, undefined]);
  });

  test("a peer's judge refuses before the client's certificate has left", async () => {
    const verifyPeer = (): IpsecError => new IpsecError('authentication-failed', 'not this server');
    let left = 0;
    const onTheWay = (data: Uint8Array, from: string, packet: number): Uint8Array => {
      if (from === 'peer' && packet > 1) left += data.length - 1;
      return data;
    };
    const outcome = await talk({ ...wishes, onTheWay, clientOptions: { ...wishes.clientOptions, verifyPeer } });
    expect(outcome.peer).toMatchObject({ message: 'not this server' });
    // With TLS 1.3 the alert should have been encrypted, and not every server takes it.
    const refusal = { code: 'peer-refused', found: expect.stringMatching(/^its alert.certificate.unknown$/i) as string };
    if (name === 'TLS 1.2') expect(outcome.authenticator).toMatchObject(refusal);
    expect(outcome.authenticator).not.toBe('success');
    // Length and an alert record: no certificate.
    expect(left).toBe(4 + 7);
  });

  test('a packet that was changed on the way, whichever it is', async () => {
    const { packets } = await talk(wishes);
    for (const [place, { length }] of packets.entries()) {
      // Beyond flags, lengths and versions, in TLS itself.
      const index = Math.floor((length * 2) / 3);
      if (length < 16) continue;
      const onTheWay: Wishes['onTheWay'] = (data, _from, n) =>
        n === place ? data.with(Math.min(index, data.length - 1), data.at(index)! ^ 1) : data;
      const outcome = await talk({ ...wishes, onTheWay });
      expect.soft(outcome.authenticator, `packet ${place}`).not.toBe('success');
      expect.soft(outcome.authenticatorMsk, `packet ${place}`).toBeUndefined();
    }
  });

  test('a conversation that was given up has no key and answers nothing more', async () => {
    const { peer, authenticator } = makeSessions(wishes);
    const hello = await peer.receive(await authenticator.begin({ identifier: 0 }), { identifier: 0 });
    peer.destroy();
    authenticator.destroy();
    expect(await peer.receive(Uint8Array.of(0), { identifier: 1 })).toMatchObject({ kind: 'failed' });
    expect(await authenticator.receive(hello.data!, { identifier: 0 })).toMatchObject({ kind: 'failed' });
    expect([peer.exportMsk?.(), authenticator.exportMsk?.()]).toEqual([undefined, undefined]);
  });
});

describe('strongSwan 5.9.8, recorded', () => {
  const said = (from: 'peer' | 'authenticator'): Uint8Array => messagesOf(tls, from)[0]!;

  test('its ServerHello, which knows nothing of RFC 5746, is taken, its certificate read; its signature is for another client', async () => {
    const session = createNodeTlsEngine({}).createSession({ role: 'client', versions: ['TLSv1.2'], serverNames: [] });
    await session.advance(new Uint8Array());
    const { error, output } = await session.advance(said('authenticator'));
    expect(error).toMatchObject({ found: expect.stringMatching(/bad.signature/i) as string });
    // Alert decrypt_error.
    expect([...output.subarray(0, 3), output.at(-1)]).toEqual([21, 3, 3, 51]);
    session.destroy();
  });

  test('its ClientHello is answered', async () => {
    const session = createNodeTlsEngine(ends.rsaServer).createSession({ role: 'server', versions: ['TLSv1.2'], serverNames: [] });
    const { error, output } = await session.advance(said('peer'));
    expect(error).toBeUndefined();
    // ServerHelloDone is at the end of the flight.
    expect([...output.subarray(-4)]).toEqual([14, 0, 0, 0]);
    session.destroy();
  });
});

describe('the engine', () => {
  test('peers that have no version in common', async () => {
    const outcome = await talk({ clientOptions: { versions: ['TLSv1.2'] }, serverOptions: { versions: ['TLSv1.3'] } });
    expect(outcome.authenticator).toMatchObject({ message: expect.stringMatching(/unsupported.protocol/i) as string });
    expect(outcome.peer).toMatchObject({ code: 'peer-refused', message: expect.stringMatching(/alert.protocol.version/i) as string });
  });

  test('either version, and the better one is taken', async () => {
    const both = { versions: ['TLSv1.2', 'TLSv1.3'] } as const;
    const { peer, authenticator, packets } = await talk({ clientOptions: both, serverOptions: both });
    expect([peer, authenticator]).toEqual(['done', 'success']);
    // With TLS 1.3 certificates are encrypted.
    expect(packets.some((data) => new TextDecoder().decode(data).includes('vpn.example.org'))).toBe(false);
  });

  test('names what is wrong with certificates and keys', () => {
    const wrong = (options: Parameters<typeof createNodeTlsEngine>[0]): unknown => {
      try {
        return createNodeTlsEngine(options);
      } catch (error) {
        return error;
      }
    };
    for (const options of [
      { certificates: 'nothing', privateKey: ends.alice.privateKey },
      { certificates: ends.alice.certificates, privateKey: ends.bob.privateKey },
      { certificates: [Uint8Array.of(0x30, 0)] },
      { ciphers: 'NO-SUCH-CIPHER' },
    ]) {
      expect(wrong(options)).toMatchObject({
        name: 'IpsecError',
        code: 'invalid-config',
        message: expect.stringMatching(/^TLS/) as string,
      });
    }
  });

  test('keys and application data only when the handshake is done', async () => {
    const session = createNodeTlsEngine({}).createSession({ role: 'client', versions: ['TLSv1.2'], serverNames: [] });
    expect(() => session.exportKeyingMaterial('client EAP encryption', 128)).toThrow(/expected a handshake that is done/);
    await expect((async () => session.protect(Uint8Array.of(0)))()).rejects.toThrow(/expected a handshake that is done/);
    session.destroy();
    expect(await session.advance(Uint8Array.of(1))).toMatchObject({ error: { code: 'authentication-failed' } });
  });
});
