import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { createEapAuthenticator, decodeEap, type EapAuthenticator, type EapMethod, encodeEap, gtc, md5, mschapv2 } from '../../src/eap.js';
import type { EapStep } from '../../src/ikev2/requests.js';
import { authenticatorOf, converse, counting, errorOf, hexOf, peerOf } from './run.js';

const users = new Map([
  ['carol', 'tuxmux'],
  ['dave@example.org', 'flux'],
]);
const passwordOf = (user: string): string | undefined => users.get(user);
const carol = { type: 'ID_KEY_ID', octets: new TextEncoder().encode('carol') };

/** A Response with the Identifier of the last Request. */
function responseTo(step: EapStep, type: number, hex: string): Uint8Array {
  return encodeEap({ code: 'Response', identifier: decodeEap(step.packet!).identifier, type, data: fromHex(hex) });
}

describe('RFC 7296 section 3.16: "the responder SHOULD NOT send EAP Identity requests"', () => {
  test('without one: the method begins, and knows who it is', async () => {
    const outcome = await converse(peerOf(mschapv2({ password: 'tuxmux' })), authenticatorOf([mschapv2({ passwordOf })]));
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: carol, isMutual: true });
    expect(outcome.packets).toHaveLength(5);
  });

  test('with one', async () => {
    const outcome = await converse(
      peerOf(mschapv2({ password: 'tuxmux' })),
      authenticatorOf([mschapv2({ passwordOf })], { identify: true }),
    );
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: carol });
    expect(outcome.packets).toHaveLength(7);
    expect(outcome.packets.map((packet) => packet[4] ?? 0)).toEqual([1, 1, 26, 26, 26, 26, 0]);
  });

  test('both sides have the same MSK, and each its own', async () => {
    const { peer, authenticator } = await converse(peerOf(mschapv2({ password: 'tuxmux' })), authenticatorOf([mschapv2({ passwordOf })]));
    if (peer?.kind !== 'success' || authenticator.kind !== 'success') throw new Error('no success');
    expect(peer.msk).toHaveLength(64);
    expect(peer.msk).toEqual(authenticator.msk);
    expect(peer.msk).not.toBe(authenticator.msk);
    expect(peer.isMutual).toBe(true);
  });
});

describe('RFC 3748 section 4.1', () => {
  test('"Any new (non-retransmission) Requests MUST modify the Identifier field."', async () => {
    const outcome = await converse(
      peerOf(mschapv2({ password: 'tuxmux' })),
      authenticatorOf([mschapv2({ passwordOf })], { random: (target) => target.fill(254), identify: true }),
    );
    expect(outcome.packets.map((packet) => packet[1])).toEqual([255, 255, 0, 0, 1, 1, 1]);
  });

  test('a Response with another Identifier, or another Type, or another Code', async () => {
    for (const change of [
      (packet: Uint8Array) => void (packet[1]! ^= 1),
      (packet: Uint8Array) => void (packet[4] = 4),
      (packet: Uint8Array) => void (packet[0] = 1),
    ]) {
      const authenticator = authenticatorOf([gtc({ passwordOf })], { identity: 'carol' });
      const packet = responseTo(await authenticator.begin(), 6, '747578 6d7578');
      change(packet);
      const step = await authenticator.receive(packet);
      expect(errorOf(step)).toContain('authentication-failed');
      expect(decodeEap(step.packet!).code).toBe('Failure');
      // and no second chance
      expect((await authenticator.receive(packet)).kind).toBe('failure');
    }
  });
});

describe('RFC 3748 section 5.3: Nak', () => {
  const both = [mschapv2({ passwordOf }), md5({ passwordOf }), gtc({ passwordOf })];

  test('our best method that the peer wants', async () => {
    const outcome = await converse(peerOf(gtc({ password: 'tuxmux' }), md5({ password: 'tuxmux' })), authenticatorOf(both));
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: carol, msk: undefined, isMutual: false });
    expect(outcome.packets.map((packet) => packet[4] ?? 0)).toEqual([26, 3, 4, 4, 0]);
  });

  test('none: both lists are in the log', async () => {
    const tls: EapMethod = { ...md5({ password: 'x' }), type: 13, name: 'EAP-TLS' };
    const { authenticator, peer } = await converse(peerOf(tls), authenticatorOf(both, { identity: 'carol' }));
    expect(errorOf(authenticator)).toBe(
      'authentication-failed: EAP of "carol" by EAP-MSCHAP-V2: expected EAP-MSCHAP-V2 (26), MD5-Challenge (4), Generic Token Card (GTC) (6), found a peer that wants EAP-TLS (13)',
    );
    expect(errorOf(peer)).toContain('expected EAP-TLS (13), found an authenticator that wants EAP-MSCHAP-V2 (26)');
  });

  test('"no viable alternatives", the same method again, one of a vendor', async () => {
    for (const nak of ['00', '1a', '1a1a1a', 'ff']) {
      const authenticator = authenticatorOf(both);
      const step = await authenticator.receive(responseTo(await authenticator.begin(), 3, nak));
      expect(errorOf(step)).toContain('found a peer that wants');
    }
    const authenticator = authenticatorOf(both);
    const { identifier } = decodeEap((await authenticator.begin()).packet!);
    const expanded = { vendorId: 0, vendorType: 3 };
    const data = fromHex('fe00000900000004');
    const step = await authenticator.receive(encodeEap({ code: 'Response', identifier, type: 254, expanded, data }));
    expect(errorOf(step)).toContain('method 4 of vendor 9');
  });

  test('each of our methods is tried once, whatever the peer says', async () => {
    const authenticator = authenticatorOf(both);
    let step = await authenticator.begin();
    let rounds = 0;
    for (; step.kind === 'continue'; rounds++) step = await authenticator.receive(responseTo(step, 3, '1a0406'));
    expect(rounds).toBe(3);
  });

  test('section 2.1: none after the method was answered, none to an Identity Request', async () => {
    const late = authenticatorOf(both);
    const peer = peerOf(mschapv2({ password: 'tuxmux' }));
    const answer = await peer.receive((await late.begin()).packet!, { isResponderProved: true });
    const success = await late.receive(answer.packet!);
    expect(errorOf(await late.receive(responseTo(success, 3, '04')))).toContain('found a Nak in the middle of it');
    const early = authenticatorOf(both, { identify: true });
    expect(errorOf(await early.receive(responseTo(await early.begin(), 3, '04')))).toContain('expected an Identity, found a Nak');
  });
});

describe('RFC 7296 section 2.16: who it is', () => {
  test('the authenticated name counts, not the claimed one', async () => {
    const peer = peerOf(mschapv2({ password: 'flux', user: 'dave@example.org' }));
    const outcome = await converse(peer, authenticatorOf([mschapv2({ passwordOf })], { identify: true }));
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: { type: 'ID_RFC822_ADDR', name: 'dave@example.org' } });
  });

  test('Generic Token Card has no name of its own: it is that of the Identity', async () => {
    const outcome = await converse(
      peerOf(gtc({ password: 'tuxmux' })),
      authenticatorOf([gtc({ passwordOf })], { identify: true, identity: 'dave' }),
    );
    expect(outcome.authenticator).toMatchObject({ kind: 'success', identity: carol });
    const hinted = await converse(
      peerOf(gtc({ password: 'flux' })),
      authenticatorOf([gtc({ passwordOf })], { identity: 'dave@example.org' }),
    );
    expect(hinted.authenticator).toMatchObject({ kind: 'success', identity: { type: 'ID_RFC822_ADDR' } });
  });

  test('somebody without a name is nobody', async () => {
    const outcome = await converse(peerOf(gtc({ password: 'x' })), authenticatorOf([gtc({ isRight: () => true })]));
    expect(errorOf(outcome.authenticator)).toContain('expected a user with a name, found none');
  });

  test('an Identity that is not UTF-8 is none', async () => {
    const authenticator = authenticatorOf([gtc({ passwordOf })], { identify: true });
    expect(errorOf(await authenticator.receive(responseTo(await authenticator.begin(), 1, 'ff')))).toContain('malformed: an EAP identity');
  });
});

describe('nobody learns which users there are', () => {
  const methods: Readonly<Record<string, { readonly peer: EapMethod; readonly authenticator: EapMethod }>> = {
    mschapv2: { peer: mschapv2({ password: 'wrong!' }), authenticator: mschapv2({ passwordOf }) },
    md5: { peer: md5({ password: 'wrong!' }), authenticator: md5({ passwordOf }) },
    gtc: { peer: gtc({ password: 'wrong!' }), authenticator: gtc({ passwordOf }) },
  };

  test.each(Object.keys(methods))('%s: the packets for a name that nobody has are those for a wrong password', async (name) => {
    const { peer, authenticator } = methods[name]!;
    const forms: string[] = [];
    for (const user of ['carol', 'carla']) {
      const { createEapPeer } = await import('../../src/eap.js');
      const side = createEapPeer({ identity: user, methods: [peer], random: counting() });
      const outcome = await converse(side, createEapAuthenticator({ methods: [authenticator], random: () => undefined, identify: true }));
      expect(errorOf(outcome.authenticator)).toContain(
        user === 'carol' ? 'another' : name === 'gtc' ? 'another' : 'a name that nobody has',
      );
      const fromAuthenticator = outcome.packets.filter((_, i) => i % 2 === 0);
      forms.push(fromAuthenticator.map((packet) => hexOf({ kind: 'continue', packet })).join());
    }
    expect(forms[0]).toBe(forms[1]);
  });

  test.each(Object.keys(methods))('%s: the secret that stands for the missing one opens nothing', async (name) => {
    const { authenticator } = methods[name]!;
    // what the authenticator invents is known to this peer
    const zeros = '0000000000000000';
    const guess = { mschapv2: mschapv2({ password: zeros }), md5: md5({ password: zeros }), gtc: gtc({ password: zeros }) }[name]!;
    const { createEapPeer } = await import('../../src/eap.js');
    const side = createEapPeer({ identity: 'nobody', methods: [guess], random: counting() });
    const outcome = await converse(side, createEapAuthenticator({ methods: [authenticator], random: () => undefined, identify: true }));
    expect(errorOf(outcome.authenticator)).toContain('authentication-failed');
  });
});

describe('what goes wrong', () => {
  test('an authenticator without methods, a second beginning, a Response before the first Request', async () => {
    expect(() => authenticatorOf([md5({ password: 'x' })])).toThrow(/expected a method for an authenticator/);
    const twice = authenticatorOf([gtc({ passwordOf })]);
    await twice.begin();
    expect(errorOf(await twice.begin())).toContain('expected one beginning');
    const early = authenticatorOf([gtc({ passwordOf })]);
    expect((await early.receive(fromHex('0200000501'))).kind).toBe('failure');
  });

  test('a database that is not there: a Failure for the peer, the reason for the log', async () => {
    const broken = (): never => {
      throw new Error('no connection to the directory');
    };
    for (const method of [mschapv2({ passwordOf: broken }), md5({ passwordOf: broken }), gtc({ passwordOf: broken })]) {
      const outcome = await converse(
        peerOf(mschapv2({ password: 'x' }), md5({ password: 'x' }), gtc({ password: 'x' })),
        authenticatorOf([method], { identify: true }),
      );
      expect(errorOf(outcome.authenticator)).toContain('no connection to the directory');
      expect(decodeEap(outcome.packets.at(-1)!).code).toBe('Failure');
    }
  });

  test('given up', async () => {
    const authenticator: EapAuthenticator = authenticatorOf([mschapv2({ passwordOf })]);
    const first = await authenticator.begin();
    authenticator.destroy();
    expect(errorOf(await authenticator.receive(responseTo(first, 26, '03')))).toContain('given up');
  });

  test('a method that promises a key and has none', async () => {
    const keyless: EapMethod = { ...gtc({ password: 'tuxmux', passwordOf }), makesKey: true };
    const outcome = await converse(peerOf(keyless), authenticatorOf([keyless], { identity: 'carol' }));
    expect(errorOf(outcome.authenticator)).toContain('expected an MSK of 64 octets');
  });
});
