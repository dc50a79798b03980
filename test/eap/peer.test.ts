import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { createEapPeer, type EapMethod, encodeEap, gtc, md5, mschapv2 } from '../../src/eap.js';
import { IpsecError } from '../../src/errors.js';
import { counting, errorOf, hexOf, peerOf, proved } from './run.js';

const request = (identifier: number, type: number, hex = ''): Uint8Array =>
  encodeEap({ code: 'Request', identifier, type, data: fromHex(hex) });
const challenge = (identifier: number): Uint8Array => request(identifier, 4, '02aabb');

describe('RFC 3748 section 5.1', () => {
  test('the identity, as often as it is asked for before a method', async () => {
    const peer = createEapPeer({ identity: 'žofie@example.org', methods: [md5({ password: 'x' })], random: counting() });
    for (const identifier of [0, 1, 2]) {
      const step = await peer.receive(request(identifier, 1, '6e616d653a'), { isResponderProved: false });
      expect(new TextDecoder().decode(step.packet!.subarray(5))).toBe('žofie@example.org');
    }
  });

  test('an identity that is too long', () => {
    const options = { identity: 'ž'.repeat(508), methods: [md5({ password: 'x' })], random: counting() };
    expect(() => createEapPeer(options)).toThrow(IpsecError);
  });

  test('section 2.1: "Identity Requery is not supported"', async () => {
    const peer = peerOf(md5({ password: 'x' }));
    await peer.receive(challenge(1), proved);
    expect(errorOf(await peer.receive(request(2, 1), proved))).toContain('found an Identity Request in the middle of it');
  });
});

describe('RFC 3748 section 5.2', () => {
  test('a Notification is confirmed at any time, and told', async () => {
    const told: string[] = [];
    const methods = [md5({ password: 'x' })];
    const peer = createEapPeer({ identity: 'carol', methods, random: counting(), onNotification: (text) => told.push(text) });
    const say = (identifier: number): Promise<string> => peer.receive(request(identifier, 2, '6869 1b'), proved).then(hexOf);
    expect(await say(1)).toBe('0201000502');
    await peer.receive(challenge(2), proved);
    expect(await say(3)).toBe('0203000502');
    expect(told).toEqual(['"hi\uFFFD"', '"hi\uFFFD"']);
    expect((await peer.receive(encodeEap({ code: 'Success', identifier: 3 }), proved)).kind).toBe('success');
  });
});

describe('RFC 3748 section 5.3', () => {
  test('a method that we have not: a Nak with ours, best first, each once', async () => {
    const peer = peerOf(mschapv2({ password: 'x' }), md5({ password: 'x' }), mschapv2({ password: 'y' }), gtc({ isRight: () => true }));
    expect(hexOf(await peer.receive(request(7, 21, '20'), proved))).toBe('02070007031a04');
    expect(hexOf(await peer.receive(request(8, 43), proved))).toBe('02080007031a04');
    // the same one once more: it does not listen
    expect(errorOf(await peer.receive(request(9, 21, '20'), proved))).toBe(
      'authentication-failed: EAP as "carol": expected EAP-MSCHAP-V2 (26), MD5-Challenge (4), found an authenticator that wants EAP-TTLS (21), then EAP-FAST (43)',
    );
  });

  test('a near miss is named', async () => {
    const tls: EapMethod = { ...md5({ password: 'x' }), type: 13, name: 'EAP-TLS' };
    const peer = peerOf(tls);
    await peer.receive(request(1, 21), proved);
    expect(errorOf(await peer.receive(encodeEap({ code: 'Failure', identifier: 1 }), proved))).toContain('did you mean EAP-TLS (13)?');
  });

  test('of a vendor: an Expanded Nak', async () => {
    const peer = peerOf(md5({ password: 'x' }));
    const vendors = encodeEap({ code: 'Request', identifier: 3, type: 254, expanded: { vendorId: 9, vendorType: 4 }, data: fromHex('00') });
    expect(hexOf(await peer.receive(vendors, proved))).toBe('02030014fe00000000000003fe00000000000004');
  });

  test('section 5.7: a short Type in expanded form is the same method, and answered in that form', async () => {
    const long = encodeEap({
      code: 'Request',
      identifier: 3,
      type: 254,
      expanded: { vendorId: 0, vendorType: 4 },
      data: fromHex('02aabb'),
    });
    const short = await peerOf(md5({ password: 'x' })).receive(challenge(3), proved);
    const answer = await peerOf(md5({ password: 'x' })).receive(long, proved);
    expect(hexOf(answer).slice(8)).toBe(`fe00000000000004${hexOf(short).slice(10)}`);
    const who = encodeEap({ code: 'Request', identifier: 4, type: 254, expanded: { vendorId: 0, vendorType: 1 }, data: fromHex('') });
    expect(hexOf(await peerOf(md5({ password: 'x' })).receive(who, proved))).toContain(toHex(new TextEncoder().encode('carol')));
  });

  test.each(['010100060304', '010100060004', '01010014fe00000000000003fe00000000000004'])('%s: no Request', async (hex) => {
    expect(errorOf(await peerOf(md5({ password: 'x' })).receive(fromHex(hex), proved))).toContain('authentication-failed');
  });
});

describe('RFC 3748 section 4.1', () => {
  test('a repeated Request gets the same Response, without being processed again', async () => {
    let asked = 0;
    const peer = peerOf(gtc({ password: () => `${++asked}` }));
    const first = await peer.receive(request(1, 6, '3f'), proved);
    expect(await peer.receive(request(1, 6, '3f'), proved)).toEqual(first);
    expect(asked).toBe(1);
    expect(hexOf(await peer.receive(request(2, 6, '3f'), proved))).toBe('020200060632');
  });

  test('Requests are processed one after the other', async () => {
    const peer = peerOf(gtc({ password: async (_user, message) => Promise.resolve(message) }));
    const both = await Promise.all([peer.receive(request(1, 6, '61'), proved), peer.receive(request(2, 6, '62'), proved)]);
    expect(both.map(hexOf)).toEqual(['020100060661', '020200060662']);
  });
});

describe('RFC 3748 section 2.1: one method', () => {
  test('another one after it', async () => {
    const peer = peerOf(md5({ password: 'x' }), gtc({ password: 'x' }));
    await peer.receive(challenge(1), proved);
    expect(errorOf(await peer.receive(request(2, 6, '3f'), proved))).toBe(
      'authentication-failed: EAP as "carol" by MD5-Challenge: expected MD5-Challenge, found a Request for Generic Token Card (GTC) (6) after it',
    );
  });

  test('another one after a Nak is the way to agree', async () => {
    const peer = peerOf(md5({ password: 'x' }), gtc({ password: 'x' }));
    await peer.receive(request(1, 21), proved);
    expect(hexOf(await peer.receive(request(2, 6, '3f'), proved))).toBe('020200060678');
  });
});

describe('what goes wrong', () => {
  test('a Failure', async () => {
    const peer = peerOf(md5({ password: 'x' }));
    expect(errorOf(await peer.receive(encodeEap({ code: 'Failure', identifier: 1 }), proved))).toContain('found an EAP Failure');
    expect((await peer.receive(challenge(2), proved)).kind).toBe('failure'); // it is over
  });

  test('no password, and one that cannot be found', async () => {
    const none = peerOf(mschapv2({ password: () => undefined }));
    const asked = request(1, 26, `01010015 10 ${'00'.repeat(16)}`);
    expect(errorOf(await none.receive(asked, proved))).toBe(
      'authentication-failed: EAP-MSCHAPv2 as "carol": expected a password, found none',
    );
    const broken = peerOf(gtc({ password: () => Promise.reject(new Error('the prompt was closed')) }));
    expect(errorOf(await broken.receive(request(1, 6, '3f'), proved))).toContain('the prompt was closed');
    const silent = peerOf(gtc({ password: () => undefined }));
    expect(errorOf(await silent.receive(request(1, 6, '3f'), proved))).toContain('an answer to "?"');
  });

  test('a peer that nobody could log in with', () => {
    const options = { identity: 'carol', methods: [md5({ passwordOf: () => 'x' })], random: counting() };
    expect(() => createEapPeer(options)).toThrow(/expected a method for a peer, found MD5-Challenge/);
  });

  test('given up', async () => {
    const peer = peerOf(md5({ password: 'x' }));
    peer.destroy();
    expect(errorOf(await peer.receive(challenge(1), proved))).toContain('given up');
  });

  test('given up while the password is looked for: nothing is answered, and secrets are wiped', async () => {
    let found: (password: string) => void = () => undefined;
    const peer = peerOf(mschapv2({ password: () => new Promise((resolve) => (found = resolve)) }));
    const step = peer.receive(request(1, 26, `01010015 10 ${'00'.repeat(16)}`), proved);
    await Promise.resolve();
    await Promise.resolve();
    peer.destroy();
    found('x');
    expect(errorOf(await step)).toContain('given up');
  });
});
