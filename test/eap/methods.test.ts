import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { type EapAuthenticatorSession, type EapMethod, type EapPeerSession, gtc, md5, mschapv2 } from '../../src/eap.js';
import {
  decodeFailure,
  decodeSuccess,
  encodeChallenge,
  encodeFailure,
  encodeResponse,
  encodeSuccess,
} from '../../src/eap/mschapv2-packet.js';
import { IpsecError } from '../../src/errors.js';
import { counting } from './run.js';

const env = (): { random: (target: Uint8Array) => void } => ({ random: counting() });
const peerSide = (method: EapMethod, identity = 'carol'): EapPeerSession => method.peer!(identity, env());
const authenticatorSide = (method: EapMethod, identity = 'carol'): EapAuthenticatorSession => method.authenticator!(identity, env());
const at = { identifier: 7 };
/** Of the octet 7, `tuxmux` and the octets 0 to 15, by md5sum. */
const MD5SUM = 'd946869aa3e4308b0da457d86aa8f920';
const text = (value: string): string => toHex(new TextEncoder().encode(value));

describe('rows', () => {
  test('a method is for the roles for which it has credentials', () => {
    for (const make of [mschapv2, md5, gtc]) {
      expect(make({}).peer ?? make({}).authenticator).toBeUndefined();
      expect([make({ password: 'x' }).peer, make({ passwordOf: () => 'x' }).authenticator].every(Boolean)).toBe(true);
    }
  });

  test('RFC 3748 section 7.10: "EAP Methods deriving keys MUST provide for mutual authentication"', () => {
    for (const make of [mschapv2, md5, gtc]) {
      const { makesKey, isMutual, resistsDictionary } = make({ password: 'x' });
      expect(makesKey && !isMutual).toBe(false);
      expect(resistsDictionary ?? false).toBe(false);
    }
  });
});

describe('RFC 3748 section 5.4: MD5-Challenge', () => {
  test('RFC 1994 section 4.1: MD5 of Identifier, secret and challenge', async () => {
    const challenge = await authenticatorSide(md5({ passwordOf: () => 'x' })).begin(at);
    expect(toHex(challenge)).toBe('10000102030405060708090a0b0c0d0e0f');
    const step = await peerSide(md5({ password: 'tuxmux' })).receive(challenge, at);
    expect(step).toEqual({ kind: 'respond', data: fromHex(`10${MD5SUM}${text('carol')}`), isDone: true });
  });

  test('who it is: the Name, or the identity where there is none', async () => {
    for (const [name, user] of [
      [text('dave'), 'dave'],
      ['', 'carol'],
    ] as const) {
      const asked: string[] = [];
      const session = authenticatorSide(md5({ passwordOf: (of) => (asked.push(of), 'tuxmux') }));
      await session.begin(at);
      expect(await session.receive(fromHex(`10${MD5SUM}${name}`), at)).toEqual({ kind: 'success', identity: user });
      expect(asked).toEqual([user]);
    }
  });

  test('octets as secret', async () => {
    const secret = fromHex('00ff80');
    const session = authenticatorSide(md5({ passwordOf: () => secret }));
    const answer = await peerSide(md5({ password: secret })).receive(await session.begin(at), at);
    if (answer.kind !== 'respond') throw new Error('no answer');
    expect(await session.receive(answer.data, at)).toMatchObject({ kind: 'success' });
    expect(secret).toEqual(fromHex('00ff80'));
  });

  test('one challenge, one Response', async () => {
    const session = authenticatorSide(md5({ passwordOf: () => 'tuxmux' }));
    const peer = peerSide(md5({ password: 'tuxmux' }));
    const challenge = await session.begin(at);
    const answer = await peer.receive(challenge, at);
    if (answer.kind !== 'respond') throw new Error('no answer');
    await session.receive(answer.data, at);
    await expect(async () => session.receive(answer.data, at)).rejects.toThrow(IpsecError);
    await expect(async () => peer.receive(challenge, at)).rejects.toThrow(IpsecError);
  });

  test.each(['', '00', '0061', '03aabb'])('Type-Data %j is none', async (hex) => {
    await expect(async () => peerSide(md5({ password: 'x' })).receive(fromHex(hex), at)).rejects.toThrow(IpsecError);
    const session = authenticatorSide(md5({ passwordOf: () => 'x' }));
    await session.begin(at);
    await expect(async () => session.receive(fromHex(hex), at)).rejects.toThrow(IpsecError);
  });

  test('a Response before the challenge is none, and nobody is asked', async () => {
    const session = authenticatorSide(md5({ passwordOf: () => 'tuxmux' }));
    await expect(async () => session.receive(fromHex(`10${MD5SUM}`), at)).rejects.toThrow(IpsecError);
  });
});

describe('RFC 3748 section 5.6: Generic Token Card', () => {
  test('the message is shown, the answer goes as it is', async () => {
    const session = authenticatorSide(
      gtc({ isRight: (user, answer) => user === 'carol' && answer === 'Password? 42', message: 'Password? ' }),
    );
    const peer = peerSide(gtc({ password: (user, message) => (user === 'carol' ? `${message}42` : undefined) }));
    const answer = await peer.receive(await session.begin(at), at);
    if (answer.kind !== 'respond') throw new Error('no answer');
    expect(await session.receive(answer.data, at)).toEqual({ kind: 'success', identity: 'carol' });
    await expect(async () => session.receive(answer.data, at)).rejects.toThrow(IpsecError);
  });

  test('the first octets of a password, and more than it, are not it', async () => {
    for (const answer of ['', 'tuxmu', 'tuxmux ', 'Tuxmux']) {
      const session = authenticatorSide(gtc({ passwordOf: () => 'tuxmux' }));
      await session.begin(at);
      expect(await session.receive(new TextEncoder().encode(answer), at)).toMatchObject({ kind: 'failed' });
    }
  });
});

describe('RFC 2759 section 5: the Success', () => {
  const proof = Uint8Array.from({ length: 20 }, (_, i) => 0xa0 + i);
  const success = (message: string): Uint8Array => fromHex(`0307${(4 + message.length).toString(16).padStart(4, '0')}${text(message)}`);

  test('with any message behind it, or none', () => {
    const digits = toHex(proof).toUpperCase();
    expect(decodeSuccess(encodeSuccess(7, proof))).toEqual(proof);
    for (const rest of ['', ' M=', ' M=Welcome\0', 'and so on']) expect(decodeSuccess(success(`S=${digits}${rest}`))).toEqual(proof);
  });

  test.each(['', 'S=', `S=${'A'.repeat(39)}`, `S=${'a'.repeat(40)}`, `S=${'G'.repeat(40)}`, `s=${'A'.repeat(40)}`, ` S=${'A'.repeat(40)}`])(
    '%j has no proof',
    (message) => {
      expect(() => decodeSuccess(success(message))).toThrow(IpsecError);
    },
  );
});

describe('RFC 2759 section 6: the Failure', () => {
  const failure = (message: string): Uint8Array => fromHex(`0407${(4 + message.length).toString(16).padStart(4, '0')}${text(message)}`);

  test('ours', () => {
    const data = encodeFailure(7, new Uint8Array(16).fill(0xab));
    expect(new TextDecoder().decode(data.subarray(4))).toBe(`E=691 R=0 C=${'AB'.repeat(16)} V=3 M=Authentication failed`);
    expect(decodeFailure(data)).toEqual({
      error: 'error 691 ERROR_AUTHENTICATION_FAILURE',
      mayRetry: false,
      message: '"Authentication failed"',
    });
  });

  test.each([
    ['E=648 R=0 C=0 V=3 M=Passwort abgelaufen', 'error 648 ERROR_PASSWD_EXPIRED', false, '"Passwort abgelaufen"'],
    ['E=691 R=1', 'error 691 ERROR_AUTHENTICATION_FAILURE', true, ''],
    ['E=4711 R=0', 'error 4711', false, ''],
    ['', 'no error code', false, ''],
    ['E=', 'no error code', false, ''],
    ['E=12345678901', 'no error code', false, ''],
    ['E=constructor R=1', 'no error code', true, ''],
    ['M=E=691 R=0\0', 'no error code', false, '"E=691 R=0"'],
    ['R=1E=691', 'no error code', false, ''],
  ])('%j', (message, error, mayRetry, words) => {
    expect(decodeFailure(failure(message))).toEqual({ error, mayRetry, message: words });
  });
});

describe('EAP-MSCHAPv2, message by message', () => {
  const challenge = encodeChallenge(7, new Uint8Array(16), 'gw');

  test('every packet comes at its place only', async () => {
    const peer = peerSide(mschapv2({ password: 'x' }));
    const early = [encodeSuccess(7, new Uint8Array(20)), encodeFailure(7, new Uint8Array(16)), fromHex('02'), fromHex('05'), fromHex('')];
    for (const data of early) await expect(async () => peer.receive(data, at)).rejects.toThrow(/an OpCode: expected a Challenge \(1\)/);
    await peer.receive(challenge, at);
    await expect(async () => peer.receive(challenge, at)).rejects.toThrow(/expected Success \(3\) or Failure \(4\), found 1/);
    expect(peer.exportMsk?.()).toBeUndefined();
  });

  test('the challenge has a name: without one strongSwan does not take it', async () => {
    for (const serverName of [undefined, 'gw.example.org']) {
      const data = await authenticatorSide(mschapv2({ passwordOf: () => 'x', serverName })).begin(at);
      expect(toHex(data.subarray(21))).toBe(text(serverName ?? 'server'));
    }
  });

  test('a wrong proof of the authenticator ends it', async () => {
    const peer = peerSide(mschapv2({ password: 'x' }));
    await peer.receive(challenge, at);
    const step = await peer.receive(encodeSuccess(7, new Uint8Array(20)), at);
    expect(Object.keys(step)).toEqual(['kind', 'error']); // and no last word
    expect(step.kind).toBe('failed');
    expect(peer.exportMsk?.()).toBeUndefined();
  });

  test('the authenticator takes the confirmation alone, and one Response', async () => {
    const session = authenticatorSide(mschapv2({ passwordOf: () => 'x' }));
    const peer = peerSide(mschapv2({ password: 'x' }));
    const answer = await peer.receive(await session.begin(at), at);
    if (answer.kind !== 'respond') throw new Error('no answer');
    for (const data of ['', '03', '04', '07']) {
      await expect(async () => session.receive(fromHex(data), at)).rejects.toThrow(/expected a Response \(2\)/);
    }
    expect(await session.receive(answer.data, at)).toMatchObject({ kind: 'request' });
    expect(session.exportMsk?.()).toBeUndefined();
    for (const data of ['', '04', '0300', toHex(answer.data)]) {
      await expect(async () => session.receive(fromHex(data), at)).rejects.toThrow(/expected Success \(3\), alone/);
    }
    expect(await session.receive(fromHex('03'), at)).toEqual({ kind: 'success', identity: 'carol' });
    expect(session.exportMsk?.()).toHaveLength(64);
    session.destroy();
    expect(session.exportMsk?.()).toBeUndefined();
  });

  test('after a Failure no second try, no new password (RFC 2759 section 7)', async () => {
    for (const data of ['04', `07${'00'.repeat(585)}`, '']) {
      const session = authenticatorSide(mschapv2({ passwordOf: () => 'x' }));
      await session.begin(at);
      const wrong = encodeResponse(7, new Uint8Array(16), new Uint8Array(24), 'carol');
      const step = await session.receive(wrong, at);
      expect(toHex((step as { data: Uint8Array }).data)).toMatch(/^04/);
      expect(step).toMatchObject({ kind: 'request', refusal: { found: 'another password' } });
      expect(await session.receive(fromHex(data), at)).toMatchObject({ kind: 'failed' });
    }
  });

  test('RFC 2759 section 4: the database gets the whole name, the hash has it without the domain', async () => {
    const asked: string[] = [];
    const session = authenticatorSide(mschapv2({ passwordOf: (user) => (asked.push(user), 'x') }));
    const peer = peerSide(mschapv2({ password: 'x', user: 'BIGCO\\johndoe' }));
    const answer = await peer.receive(await session.begin(at), at);
    if (answer.kind !== 'respond') throw new Error('no answer');
    expect(await session.receive(answer.data, at)).toMatchObject({ kind: 'request' });
    expect(asked).toEqual(['BIGCO\\johndoe']);
    expect(await session.receive(fromHex('03'), at)).toEqual({ kind: 'success', identity: 'BIGCO\\johndoe' });
  });

  test('secrets are overwritten', async () => {
    const peer = peerSide(mschapv2({ password: { ntHash: new Uint8Array(16).fill(1) } }));
    await peer.receive(challenge, at);
    peer.destroy();
    expect(peer.exportMsk?.()).toBeUndefined();
  });
});
