import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import {
  createEapAuthenticator,
  createEapPassThrough,
  createEapPeer,
  decodeEap,
  type EapAuthenticator,
  type EapMethod,
  type EapPeer,
  encodeEap,
  gtc,
  md5,
  mschapv2,
} from '../../src/eap.js';
import { decodeFailure, encodeFailure, encodeSuccess } from '../../src/eap/mschapv2-packet.js';
import { IpsecError } from '../../src/errors.js';
import type { EapStep } from '../../src/ikev2/requests.js';
import { authenticatorOf, converse, counting, errorOf, peerOf, proved } from '../eap/run.js';

const unproved = { isResponderProved: false };
const passwordOf = (): string => 'tuxmux';
const secret = { password: 'tuxmux', passwordOf };
const methods: Readonly<Record<string, EapMethod>> = { mschapv2: mschapv2(secret), md5: md5(secret), gtc: gtc(secret) };
/** A method that is mutual, makes a key and resists dictionaries, as EAP-TLS does: here it only says so. */
const safe: EapMethod = {
  type: 250,
  name: 'safe',
  shortName: 'safe',
  isMutual: true,
  makesKey: true,
  resistsDictionary: true,
  peer: () => ({
    receive: () => ({ kind: 'respond', data: Uint8Array.of(1), isDone: true }),
    exportMsk: () => new Uint8Array(64).fill(1),
    destroy: () => undefined,
  }),
};

const success = (identifier: number): Uint8Array => encodeEap({ code: 'Success', identifier });
const request = (identifier: number, type: number, hex: string): Uint8Array =>
  encodeEap({ code: 'Request', identifier, type, data: fromHex(hex) });
const challengeOf: Readonly<Record<string, Uint8Array>> = {
  mschapv2: request(1, 26, `0101001510${'00'.repeat(16)}`),
  md5: request(1, 4, '02aabb'),
  gtc: request(1, 6, '3f'),
};

describe('row 11: an EAP Success that is too early (CVE-2021-45079, CVE-2015-8023)', () => {
  /** What a true authenticator sends, in order, its Success last. */
  async function conversation(name: string): Promise<readonly Uint8Array[]> {
    const outcome = await converse(peerOf(methods[name]!), authenticatorOf([methods[name]!], { identify: true }));
    if (outcome.authenticator.kind !== 'success' || outcome.peer?.kind !== 'success') throw new Error('no success');
    return outcome.packets.filter((_, i) => i % 2 === 0);
  }

  test.each(Object.keys(methods))('%s: at every step but the last one it is a failure, and stays one', async (name) => {
    const packets = await conversation(name);
    for (let step = 0; step < packets.length - 1; step++) {
      const peer = peerOf(methods[name]!);
      for (const packet of packets.slice(0, step)) expect((await peer.receive(packet, proved)).kind).toBe('continue');
      expect(errorOf(await peer.receive(success(step), proved))).toContain('an EAP Success');
      for (const packet of packets.slice(step)) expect((await peer.receive(packet, proved)).kind).toBe('failure');
    }
  });

  test.each(Object.keys(methods))('%s: after the last one there is nothing more', async (name) => {
    const packets = await conversation(name);
    const peer = peerOf(methods[name]!);
    for (const packet of packets.slice(0, -1)) await peer.receive(packet, proved);
    expect((await peer.receive(packets.at(-1)!, proved)).kind).toBe('success');
    for (const packet of packets) expect((await peer.receive(packet, proved)).kind).toBe('failure');
  });

  test('a Success after a Nak, after a Notification, after a refusal', async () => {
    for (const packet of [request(1, 21, '20'), request(1, 2, '6869')]) {
      const peer = peerOf(...Object.values(methods));
      expect((await peer.receive(packet, proved)).kind).toBe('continue');
      expect(errorOf(await peer.receive(success(1), proved))).toContain('found an EAP Success');
    }
    const peer = peerOf(methods['mschapv2']!);
    await peer.receive(challengeOf['mschapv2']!, proved);
    const refused = encodeEap({ code: 'Request', identifier: 2, type: 26, data: encodeFailure(1, new Uint8Array(16)) });
    expect((await peer.receive(refused, proved)).kind).toBe('continue');
    expect(errorOf(await peer.receive(success(2), proved))).toContain('error 691');
  });

  test('the authenticator of MSCHAPv2 has to prove that it knows the password', async () => {
    const peer = peerOf(methods['mschapv2']!);
    await peer.receive(challengeOf['mschapv2']!, proved);
    const forged = encodeEap({ code: 'Request', identifier: 2, type: 26, data: encodeSuccess(1, new Uint8Array(20)) });
    expect(errorOf(await peer.receive(forged, proved))).toContain('found another authenticator response');
    expect((await peer.receive(success(2), proved)).kind).toBe('failure');
  });

  test('an MSK that is missing or short fails', async () => {
    for (const msk of [undefined, new Uint8Array(0), new Uint8Array(63)]) {
      const session = { ...safe.peer!('', { random: counting() }), exportMsk: () => msk };
      const peer = peerOf({ ...safe, peer: () => session });
      await peer.receive(request(1, 250, ''), proved);
      expect(errorOf(await peer.receive(success(1), proved))).toContain('expected an MSK of 64 octets');
    }
  });

  test('an authenticator takes no Success, no Request, no Failure', async () => {
    for (const packet of [success(1), encodeEap({ code: 'Failure', identifier: 1 }), request(1, 26, '03')]) {
      const authenticator = authenticatorOf([methods['mschapv2']!]);
      const first = await authenticator.begin();
      packet[1] = decodeEap(first.packet!).identifier;
      expect((await authenticator.receive(packet)).kind).toBe('failure');
    }
  });

  test('a peer that confirms a Success that was never sent', async () => {
    const authenticator = authenticatorOf([methods['mschapv2']!]);
    const { identifier } = decodeEap((await authenticator.begin()).packet!);
    const confirmation = encodeEap({ code: 'Response', identifier, type: 26, data: Uint8Array.of(3) });
    expect((await authenticator.receive(confirmation)).kind).toBe('failure');
  });
});

describe('row 12: lengths that lie (CVE-2025-62291, CVE-2026-35330, CVE-2026-25075)', () => {
  /** Packets of both directions of whole conversations. */
  async function samples(): Promise<{ readonly toPeer: readonly Uint8Array[]; readonly toAuthenticator: readonly Uint8Array[] }> {
    const all: Uint8Array[] = [];
    for (const method of Object.values(methods)) {
      all.push(...(await converse(peerOf(method), authenticatorOf([method], { identify: true }))).packets);
      const wrong = { mschapv2: mschapv2({ password: 'x' }), md5: md5({ password: 'x' }), gtc: gtc({ password: 'x' }) }[method.shortName]!;
      all.push(...(await converse(peerOf(wrong), authenticatorOf([method], { identify: true }))).packets);
    }
    return { toPeer: all.filter((packet) => packet[0] !== 2), toAuthenticator: all.filter((packet) => packet[0] === 2) };
  }

  /** A peer or an authenticator in each state that it can be in. */
  async function peersInEachState(): Promise<readonly EapPeer[]> {
    const peers = [peerOf(...Object.values(methods))];
    for (const [name, challenge] of Object.entries(challengeOf)) {
      const peer = peerOf(methods[name]!);
      await peer.receive(challenge, proved);
      peers.push(peer);
    }
    return peers;
  }

  async function authenticatorsInEachState(): Promise<readonly EapAuthenticator[]> {
    const all = [
      ...Object.values(methods).map((method) => authenticatorOf([method], { identity: 'carol' })),
      authenticatorOf(Object.values(methods), { identify: true }),
    ];
    for (const authenticator of all) await authenticator.begin();
    const late = authenticatorOf([methods['mschapv2']!]);
    const answer = await peerOf(methods['mschapv2']!).receive((await late.begin()).packet!, proved);
    await late.receive(answer.packet!);
    const passing = createEapPassThrough({ exchange: () => ({ kind: 'challenge', packet: request(9, 4, '0101') }) });
    await passing.begin();
    return [...all, late, passing];
  }

  const kinds = ['continue', 'success', 'failure'];
  function check(step: EapStep): void {
    expect(kinds).toContain(step.kind);
    if (step.kind === 'failure') expect(step.error).toBeInstanceOf(IpsecError);
    if (step.packet) expect(decodeEap(step.packet)).toBeDefined();
  }

  /** Cut off at every octet, with the Length as it was and with one that fits; every octet changed in several ways. */
  function* bent(packet: Uint8Array): Generator<Uint8Array> {
    for (let length = 0; length < packet.length; length++) {
      const cut = packet.slice(0, length);
      yield cut;
      if (length >= 4) {
        const fitting = cut.slice();
        fitting[2] = length >>> 8;
        fitting[3] = length;
        yield fitting;
      }
      for (const value of [0, 4, 0xff]) {
        const changed = packet.slice();
        changed[length] = value;
        yield changed;
      }
    }
  }

  test('every packet, cut off and bent at every octet, in every state: a step, never anything else', async () => {
    const { toPeer, toAuthenticator } = await samples();
    let count = 0;
    for (const sample of new Map(toPeer.map((packet) => [packet.join(), packet])).values()) {
      for (const packet of bent(sample)) {
        for (const peer of await peersInEachState()) {
          check(await peer.receive(packet, proved));
          count++;
        }
      }
    }
    for (const sample of new Map(toAuthenticator.map((packet) => [packet.join(), packet])).values()) {
      for (const packet of bent(sample)) {
        for (const authenticator of await authenticatorsInEachState()) {
          if (packet.length > 1) packet[1] = 1; // 0 is the first octet of chance; the first Request has 1
          check(await authenticator.receive(packet));
          count++;
        }
      }
    }
    expect(count).toBeGreaterThan(5000);
  }, 60_000);

  test('any octets as Type-Data of any method', async () => {
    const some = fc.tuple(fc.constantFrom(1, 2, 3, 4, 6, 13, 26, 254), fc.uint8Array({ maxLength: 64 }));
    await fc.assert(
      fc.asyncProperty(some, async ([type, data]) => {
        const octets = (code: number): Uint8Array => Uint8Array.from([code, 1, 0, 5 + data.length, type, ...data]);
        for (const peer of await peersInEachState()) check(await peer.receive(octets(1), proved));
        for (const authenticator of await authenticatorsInEachState()) check(await authenticator.receive(octets(2)));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('a Failure-Request of every length from none to its whole', () => {
    const whole = encodeFailure(1, new Uint8Array(16));
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.slice(0, length);
      if (length >= 4) {
        cut[2] = length >>> 8;
        cut[3] = length;
      }
      if (length < 4) expect(() => decodeFailure(cut)).toThrow(IpsecError);
      else expect(decodeFailure(cut).mayRetry).toBe(false);
      for (const lie of [0, 3, length + 1, 0xffff]) {
        const lying = cut.slice();
        if (length < 4) continue;
        lying[2] = lie >>> 8;
        lying[3] = lie;
        if (lie !== length) expect(() => decodeFailure(lying)).toThrow(IpsecError);
      }
    }
  });

  test('the longest Failure there is costs no more than its length', () => {
    for (const filling of ['E', 'M=', ' E=1', 'R=1 ', '\0', ' ']) {
      const text = filling.repeat(65_531 / filling.length);
      const data = Uint8Array.from([4, 1, (4 + text.length) >>> 8, 4 + text.length, ...new TextEncoder().encode(text)]);
      expect(decodeFailure(data).message.length).toBeLessThan(220);
    }
  });
});

describe('row 12: conversations that never end', () => {
  test('a peer answers no more Requests than it is allowed to', async () => {
    const options = { identity: 'carol', methods: [methods['gtc']!], random: counting(), maxRounds: 20 };
    for (const packetOf of [
      (i: number) => request(i & 255, 1, ''),
      (i: number) => request(i & 255, 2, '61'),
      (i: number) => request(i & 255, 6, '61'),
      () => request(7, 6, '61'),
    ]) {
      const peer = createEapPeer(options);
      let rounds = 0;
      while ((await peer.receive(packetOf(rounds), proved)).kind === 'continue') rounds++;
      expect(rounds).toBe(20);
    }
  });

  test('the initiator manages ten rounds at least (RFC 7296 section 2.16)', async () => {
    const peer = peerOf(methods['gtc']!);
    for (let i = 0; i < 50; i++) expect((await peer.receive(request(i, 2, '61'), proved)).kind).toBe('continue');
  });

  test('an authenticator asks no more than it is allowed to', async () => {
    const endless: EapMethod = {
      ...safe,
      authenticator: () => ({
        begin: () => new Uint8Array(1),
        receive: () => ({ kind: 'request', data: new Uint8Array(1) }),
        destroy: () => undefined,
      }),
    };
    const authenticator = createEapAuthenticator({ methods: [endless], random: counting(), identity: 'x', maxRounds: 20 });
    let rounds = 0;
    for (let step = await authenticator.begin(); step.kind === 'continue'; rounds++) {
      const { identifier } = decodeEap(step.packet);
      step = await authenticator.receive(encodeEap({ code: 'Response', identifier, type: 250, data: new Uint8Array(1) }));
      if (step.kind === 'failure') expect(errorOf(step)).toContain('limit-exceeded');
    }
    expect(rounds).toBe(20);
  });
});

describe('row 13: credentials for a server that has not proved itself (CVE-2015-4171, CVE-2023-26463)', () => {
  test.each(Object.keys(methods))('%s: nothing is answered but the Identity', async (name) => {
    const asked: string[] = [];
    const lookUp = (): string => (asked.push('the password'), 'tuxmux');
    const spied = { mschapv2: mschapv2({ password: lookUp }), md5: md5({ password: lookUp }), gtc: gtc({ password: lookUp }) }[name]!;
    const peer = peerOf(spied);
    expect((await peer.receive(request(0, 1, ''), unproved)).kind).toBe('continue');
    expect(errorOf(await peer.receive(challengeOf[name]!, unproved))).toBe(
      `authentication-failed: EAP as "carol": expected the responder to prove itself by AUTH first, found that it wants ${spied.name}`,
    );
    expect(asked).toEqual([]);
    // and it stays refused, proved or not
    expect((await peer.receive(challengeOf[name]!, proved)).kind).toBe('failure');
  });

  test('no Nak, which lists what we have, and no Notification', async () => {
    for (const packet of [request(1, 21, '20'), request(1, 2, '6869'), fromHex('0101000cfe00000900000004')]) {
      const peer = peerOf(safe, ...Object.values(methods));
      expect(errorOf(await peer.receive(packet, unproved))).toContain(
        'expected the responder to prove itself by AUTH first, or to want safe (250)',
      );
    }
  });

  test('RFC 5998 section 4: a method that is mutual, makes a key and resists dictionaries goes on', async () => {
    const told: string[] = [];
    const peer = createEapPeer({ identity: 'carol', methods: [safe], random: counting(), onNotification: (text) => told.push(text) });
    expect((await peer.receive(request(1, 250, ''), unproved)).kind).toBe('continue');
    expect((await peer.receive(request(2, 2, '6869'), unproved)).kind).toBe('continue');
    expect(told).toEqual([]); // what a stranger says is not shown
    expect(await peer.receive(success(2), unproved)).toMatchObject({ kind: 'success', isMutual: true });
  });

  test.each(['isMutual', 'makesKey', 'resistsDictionary'] as const)('without %s it does not', async (property) => {
    const peer = peerOf({ ...safe, [property]: false });
    expect((await peer.receive(request(1, 250, ''), unproved)).kind).toBe('failure');
  });

  test('a server that is proved only later cannot have had anything before', async () => {
    const peer = peerOf(methods['mschapv2']!);
    expect((await peer.receive(request(1, 1, ''), unproved)).kind).toBe('continue');
    expect((await peer.receive(challengeOf['mschapv2']!, proved)).kind).toBe('continue');
    const refused = encodeEap({ code: 'Request', identifier: 2, type: 26, data: encodeFailure(1, new Uint8Array(16)) });
    expect((await peer.receive(refused, unproved)).kind).toBe('failure');
  });
});
