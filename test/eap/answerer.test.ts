import { describe, expect, test } from 'vitest';
import { createEapAnswerer, decodeEap, type EapAnswerer, encodeEap, gtc, identityOfUser, mschapv2, userOfIdentity } from '../../src/eap.js';
import { IpsecError } from '../../src/errors.js';
import type { AskEap, EapStep } from '../../src/ikev2/requests.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { authenticatorOf, errorOf, peerOf } from './run.js';

const spi = (number: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, number >>> 8, number);

function askOf(role: AskEap['role'], packet: Uint8Array | undefined, number = 1, extra: Partial<AskEap> = {}): AskEap {
  const ids = { localId: parseIdentity('gw.example.org'), otherId: parseIdentity('carol@example.org') };
  return { kind: 'eap', role, spiI: spi(number), spiR: spi(9), round: 0, ...ids, isResponderProved: true, packet, ...extra };
}

const passwordOf = (user: string): string | undefined => (user === 'carol' ? 'tuxmux' : undefined);
const server = (options: { maxConversations?: number; maxAge?: number } = {}): EapAnswerer =>
  createEapAnswerer({ authenticator: () => authenticatorOf([mschapv2({ passwordOf })]), ...options });
const client = (): EapAnswerer => createEapAnswerer({ peer: () => peerOf(mschapv2({ password: 'tuxmux' })) });

describe('createEapAnswerer', () => {
  test('both roles, to the end; then nothing is kept', async () => {
    const [ours, theirs] = [server(), client()];
    let step = await ours.answer(askOf('authenticator', undefined), 'phones', 0);
    let answer: EapStep | undefined;
    for (; step.kind === 'continue'; step = await ours.answer(askOf('authenticator', answer.packet), 'phones', 1)) {
      answer = await theirs.answer(askOf('peer', step.packet), 'gw', 1);
      expect([ours.size, theirs.size]).toEqual([1, 1]);
    }
    expect(step).toMatchObject({ kind: 'success', identity: identityOfUser('carol') });
    expect(await theirs.answer(askOf('peer', step.packet), 'gw', 2)).toMatchObject({ kind: 'success' });
    expect([ours.size, theirs.size]).toEqual([0, 0]);
  });

  test('the caller is told who asks, and for which connection', async () => {
    const asked: unknown[] = [];
    const answerer = createEapAnswerer({
      authenticator: (ask, connection) => {
        asked.push(connection, userOfIdentity(ask.otherId), ask.round);
        return new IpsecError('authentication-failed', 'nobody is let in today');
      },
    });
    const step = await answerer.answer(askOf('authenticator', undefined, 1, { round: 2 }), 'phones', 0);
    expect(errorOf(step)).toContain('nobody is let in today');
    expect(decodeEap(step.packet!)).toEqual({ code: 'Failure', identifier: 0 });
    expect(asked).toEqual(['phones', 'carol@example.org', 2]);
    expect(answerer.size).toBe(0);
  });

  test('conversations of other IKE SAs, rounds and roles are others', async () => {
    const answerer = server();
    const first = await answerer.answer(askOf('authenticator', undefined), 'phones', 0);
    const { identifier } = decodeEap(first.packet!);
    const answer = encodeEap({ code: 'Response', identifier, type: 3, data: Uint8Array.of(0) });
    for (const extra of [{ round: 1 }, { spiR: spi(8) }, { spiI: spi(2) }]) {
      expect(errorOf(await answerer.answer(askOf('authenticator', answer, 1, extra), 'phones', 0))).toContain('timeout: EAP of phones');
    }
    expect(answerer.size).toBe(1);
    expect(errorOf(await answerer.answer(askOf('authenticator', answer), 'phones', 0))).toContain('found a peer that wants no method');
  });

  test('a role that we do not have, a caller that throws, a peer without a packet', async () => {
    expect(errorOf(await client().answer(askOf('authenticator', undefined), 'x', 0))).toContain('expected an authenticator');
    const broken = createEapAnswerer({ peer: () => Promise.reject(new Error('no such user')) });
    expect(errorOf(await broken.answer(askOf('peer', encodeEap({ code: 'Failure', identifier: 0 })), 'x', 0))).toContain('no such user');
    expect(errorOf(await client().answer(askOf('peer', undefined), 'x', 0))).toContain('expected a packet for the peer');
  });

  test('a party of the caller that breaks its word', async () => {
    const party = {
      begin: () => Promise.reject(new Error('rejected')),
      receive: () => Promise.reject(new Error('rejected')),
      destroy() {
        throw new Error('not even that');
      },
    };
    const answerer = createEapAnswerer({ authenticator: () => party });
    expect(errorOf(await answerer.answer(askOf('authenticator', undefined), 'x', 0))).toContain('rejected');
    expect(answerer.size).toBe(0);
  });
});

describe('bounds', () => {
  test('in number: new ones are refused, old ones go on', async () => {
    const answerer = server({ maxConversations: 2 });
    const first = await answerer.answer(askOf('authenticator', undefined, 1), 'x', 0);
    await answerer.answer(askOf('authenticator', undefined, 2), 'x', 0);
    expect(errorOf(await answerer.answer(askOf('authenticator', undefined, 3), 'x', 0))).toContain('limit-exceeded');
    const answer = await peerOf(mschapv2({ password: 'tuxmux' })).receive(first.packet!, { isResponderProved: true });
    expect((await answerer.answer(askOf('authenticator', answer.packet, 1), 'x', 0)).kind).toBe('continue');
  });

  test('in age', async () => {
    const answerer = server({ maxAge: 1000, maxConversations: 2 });
    const first = await answerer.answer(askOf('authenticator', undefined, 1), 'x', 0);
    await answerer.answer(askOf('authenticator', undefined, 2), 'x', 500);
    await answerer.answer(askOf('authenticator', undefined, 3), 'x', 1000);
    expect(answerer.size).toBe(2);
    expect(errorOf(await answerer.answer(askOf('authenticator', first.packet, 1), 'x', 1000))).toContain(
      'a conversation of at most 1000 ms',
    );
  });

  test('ten thousand that begin and never go on', async () => {
    const answerer = server({ maxConversations: 100 });
    for (let i = 0; i < 10_000; i++) await answerer.answer(askOf('authenticator', undefined, i), 'x', i);
    expect(answerer.size).toBe(100);
  });

  test('an IKE SA that is gone: forgotten, even while a password is looked for', async () => {
    let found: (password: string) => void = () => undefined;
    const answerer = createEapAnswerer({ peer: () => peerOf(gtc({ password: () => new Promise((resolve) => (found = resolve)) })) });
    const question = encodeEap({ code: 'Request', identifier: 1, type: 6, data: Uint8Array.of(63) });
    const step = answerer.answer(askOf('peer', question), 'x', 0);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    answerer.forget(spi(2));
    answerer.forget(spi(1), spi(8)); // another responder's with the same SPIi
    expect(answerer.size).toBe(1);
    answerer.forget(spi(1));
    expect(answerer.size).toBe(0);
    found('x');
    expect(errorOf(await step)).toContain('given up');
  });
});

describe('RFC 7296 section 2.16: users are identities', () => {
  test.each([
    ['carol@example.org', 'ID_RFC822_ADDR'],
    ['carol', 'ID_KEY_ID'],
    ['gw.example.org', 'ID_KEY_ID'],
    ['192.0.2.1', 'ID_KEY_ID'],
    ['BIGCO\\carol', 'ID_KEY_ID'],
    ['a@b@c', 'ID_KEY_ID'],
    ['carol@example.org\0', 'ID_KEY_ID'],
    ['carol @example.org', 'ID_KEY_ID'],
    ['@example.org', 'ID_KEY_ID'],
    ['žofie', 'ID_KEY_ID'],
    ['', 'ID_KEY_ID'],
  ])('%j is an %s', (user, type) => {
    expect(identityOfUser(user).type).toBe(type);
    expect(userOfIdentity(identityOfUser(user))).toBe(user);
  });

  test('other identities as user names', () => {
    expect(userOfIdentity(parseIdentity('192.0.2.1'))).toBe('192.0.2.1');
    expect(userOfIdentity(parseIdentity('CN=carol'))).toBe('CN=carol');
    expect(userOfIdentity(parseIdentity('gw.example.org'))).toBe('gw.example.org');
    expect(userOfIdentity(parseIdentity('ID_KEY_ID:ff'))).toBe('ID_KEY_ID:ff');
  });
});
