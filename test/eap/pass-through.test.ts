import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import {
  createEapAuthenticator,
  createEapPassThrough,
  decodeEap,
  type EapBackend,
  type EapBackendAnswer,
  encodeEap,
  mschapv2,
} from '../../src/eap.js';
import { converse, counting, errorOf, peerOf } from './run.js';

/** What RADIUS would be: an authenticator of ours at the other end. */
function backendOf(password: string): EapBackend & { readonly users: string[]; isGone: boolean } {
  const users: string[] = [];
  const server = createEapAuthenticator({ methods: [mschapv2({ passwordOf: () => password })], random: counting() });
  let isBegun = false;
  return {
    users,
    isGone: false,
    async exchange(response, user): Promise<EapBackendAnswer> {
      users.push(user);
      const step = isBegun ? await server.receive(response) : await server.begin();
      isBegun = true;
      if (step.kind === 'continue') return { kind: 'challenge', packet: step.packet };
      if (step.kind === 'failure') return { kind: 'reject', reason: step.error.message };
      return { kind: 'accept', msk: step.msk };
    },
    destroy() {
      this.isGone = true;
    },
  };
}

describe('RFC 3748 section 2.3', () => {
  test('packets go through, the MSK comes back', async () => {
    const backend = backendOf('tuxmux');
    const { peer, authenticator } = await converse(peerOf(mschapv2({ password: 'tuxmux' })), createEapPassThrough(backend));
    if (peer?.kind !== 'success' || authenticator.kind !== 'success') throw new Error('no success');
    expect(peer.msk).toEqual(authenticator.msk);
    expect(authenticator).toMatchObject({ identity: { type: 'ID_KEY_ID' }, isMutual: true });
    expect(backend.users).toEqual(['carol', 'carol', 'carol']);
    expect(backend.isGone).toBe(true);
  });

  test('without asking the peer: IDi stands for the Identity', async () => {
    const backend = backendOf('tuxmux');
    const authenticator = createEapPassThrough(backend, { identify: false, identity: 'carol@example.org' });
    const outcome = await converse(peerOf(mschapv2({ password: 'tuxmux' })), authenticator);
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: { type: 'ID_RFC822_ADDR', name: 'carol@example.org' } });
    expect(decodeEap(outcome.packets[0]!)).toMatchObject({ code: 'Request', type: 26 });
  });

  test('a reject: the reason is ours, the peer gets a Failure', async () => {
    const { peer, authenticator } = await converse(peerOf(mschapv2({ password: 'wrong' })), createEapPassThrough(backendOf('tuxmux')));
    expect(errorOf(authenticator)).toContain('another password');
    expect(peer?.kind).toBe('failure');
  });

  const first = async (backend: EapBackend, maxRounds = 100): Promise<ReturnType<typeof converse>> =>
    converse(peerOf(mschapv2({ password: 'x' })), createEapPassThrough(backend, { maxRounds }));

  test('"the outcome MUST NOT be determined by the contents of an EAP packet": a Success in a challenge is none', async () => {
    const packet = encodeEap({ code: 'Success', identifier: 0 });
    expect(errorOf((await first({ exchange: () => ({ kind: 'challenge', packet }) })).authenticator)).toContain(
      'expected a Request from the back end',
    );
  });

  test('who it is says the back end, if it says so', async () => {
    const { authenticator } = await first({ exchange: () => ({ kind: 'accept', user: 'dave@example.org' }) });
    expect(authenticator).toMatchObject({ kind: 'success', identity: { name: 'dave@example.org' }, msk: undefined, isMutual: false });
    expect(errorOf((await first({ exchange: () => ({ kind: 'accept', user: '' }) })).authenticator)).toContain('a user with a name');
  });

  test('a back end that is broken, one that never ends, one whose key is too short', async () => {
    const broken = { exchange: () => Promise.reject(new Error('no answer from 192.0.2.9')) };
    expect(errorOf((await first(broken)).authenticator)).toContain('no answer from 192.0.2.9');
    let identifier = 0;
    const endless: EapBackend = {
      exchange: () => ({
        kind: 'challenge',
        packet: encodeEap({ code: 'Request', identifier: ++identifier & 255, type: 2, data: fromHex('61') }),
      }),
    };
    expect(errorOf((await first(endless, 7)).authenticator)).toContain('limit-exceeded');
    expect(identifier).toBe(7);
    expect(errorOf((await first({ exchange: () => ({ kind: 'accept', msk: new Uint8Array(63) }) })).authenticator)).toContain(
      'MSK of 64 octets',
    );
  });

  test('section 4.1: what does not match is not passed on', async () => {
    const passed: Uint8Array[] = [];
    const backend: EapBackend = { exchange: (response) => (passed.push(response), { kind: 'reject' }) };
    for (const hex of ['0201000a016361726f6c', '0100000a016361726f6c', '020000051a', '0200000b016361726f6c', '020000060 1ff']) {
      const authenticator = createEapPassThrough(backend);
      await authenticator.begin();
      expect((await authenticator.receive(fromHex(hex))).kind).toBe('failure');
    }
    expect(passed).toEqual([]);
  });

  test('given up while the back end thinks: its MSK is wiped', async () => {
    let answer: (value: EapBackendAnswer) => void = () => undefined;
    const authenticator = createEapPassThrough({ exchange: () => new Promise((resolve) => (answer = resolve)) });
    await authenticator.begin();
    const step = authenticator.receive(fromHex('0200000a016361726f6c'));
    await Promise.resolve();
    await Promise.resolve();
    authenticator.destroy();
    const msk = new Uint8Array(64).fill(1);
    answer({ kind: 'accept', msk });
    expect(errorOf(await step)).toContain('given up');
    expect(msk).toEqual(new Uint8Array(64));
  });
});
