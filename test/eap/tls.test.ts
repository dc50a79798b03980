/** EAP-TLS with an engine that plays a part: packets, limits, trust, keys. */
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import type { TlsProgress } from '../../src/eap/tls-engine.js';
import { createTlsReassembly, decodeTlsPacket, fragmentTlsMessage } from '../../src/eap/tls-fragment.js';
import { eapTls, type EapTlsOptions } from '../../src/eap/tls.js';
import type { EapAuthenticatorSession, EapAuthenticatorStep, EapPeerSession, EapPeerStep } from '../../src/eap/types.js';
import { IpsecError } from '../../src/errors.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import certificates from '../../vectors/eap/tls-certificates.json' with { type: 'json' };
import { messagesOf, type RecordedEap, tls, tlsMsk, ttls } from './tls-records.js';
import { done, type Scene, type ScriptedEngine, scriptedEngine } from './tls-script.js';

const env = { random: (octets: Uint8Array): Uint8Array => octets };
const start = Uint8Array.of(0x20);
const empty = Uint8Array.of(0);
const hello = Uint8Array.of(22, 3, 1, 0, 1, 1);
/** Type-Data of a message in one piece. */
const whole = (message: Uint8Array): Uint8Array => concat(Uint8Array.of(0x80, 0, 0, 0, message.length), message);

function peerOf(engine: ScriptedEngine, options: Partial<EapTlsOptions> = {}): EapPeerSession {
  return eapTls({ engine, serverNames: ['vpn.example.org'], ...options }).peer!('alice', env);
}
function authenticatorOf(engine: ScriptedEngine, options: Partial<EapTlsOptions> = {}): EapAuthenticatorSession {
  return eapTls({ engine, serverNames: ['vpn.example.org'], verifyPeer: () => ({ identity: 'carol' }), ...options }).authenticator!(
    'alice',
    env,
  );
}
async function hear(session: EapPeerSession, ...requests: Uint8Array[]): Promise<EapPeerStep> {
  let step: EapPeerStep | undefined;
  for (const [identifier, data] of requests.entries()) step = await session.receive(data, { identifier });
  return step!;
}
async function hearResponses(session: EapAuthenticatorSession, ...responses: Uint8Array[]): Promise<EapAuthenticatorStep> {
  let step: EapAuthenticatorStep | undefined;
  for (const [identifier, data] of responses.entries()) step = await session.receive(data, { identifier });
  return step!;
}
const dataOf = (packets: readonly RecordedEap[], from: RecordedEap['from']): string[] =>
  packets.filter((p) => p.from === from).map(({ typeData }) => toHex(typeData));

describe('strongSwan 5.9.8, recorded', () => {
  test('RFC 5216 section 2.1.5: fragments come together to whole TLS records', () => {
    for (const packets of [tls, ttls]) {
      for (const from of ['peer', 'authenticator'] as const) {
        const reassembly = createTlsReassembly(65_536);
        const messages = packets
          .filter((p) => p.from === from)
          .map(({ typeData }) => decodeTlsPacket(typeData))
          .flatMap((packet) => reassembly.add(packet) ?? [])
          .filter(({ length }) => length > 0);
        expect(messages.map(toHex)).toEqual(messagesOf(packets, from).map(toHex));
        for (const message of messages) expect(recordsEnd(message)).toBe(message.length);
      }
    }
  });

  test('RFC 5216 section 3.1: the same fragments are made of the same messages', () => {
    for (const packets of [tls, ttls]) {
      expect(Math.max(...packets.map(({ size }) => size))).toBe(1024);
      for (const from of ['peer', 'authenticator'] as const) {
        const made = messagesOf(packets, from).flatMap((message) => fragmentTlsMessage(message, 1024));
        const recorded = dataOf(packets, from).filter((data) => data.length > 2);
        expect(made.map(toHex).filter((data) => data.length > 2)).toEqual(recorded);
      }
    }
  });

  test('RFC 5216 section 2.1.1: the peer answers octet for octet, and has the recorded MSK at the end', async () => {
    const [first, second] = messagesOf(tls, 'peer');
    const material = concat(tlsMsk, new Uint8Array(64));
    const engine = scriptedEngine([{ output: first! }, { output: second! }, done()], { material });
    const session = peerOf(engine);
    const answers: string[] = [];
    for (const { typeData } of tls.filter((p) => p.from === 'authenticator')) {
      expect(session.exportMsk?.()).toBeUndefined();
      const step = await session.receive(typeData, { identifier: 0 });
      expect(step).toMatchObject({ kind: 'respond' });
      answers.push(toHex(step.data!));
      expect('isDone' in step && step.isDone).toBe(answers.length === dataOf(tls, 'authenticator').length);
    }
    expect(answers).toEqual(dataOf(tls, 'peer'));
    expect(engine.given.map(toHex)).toEqual(['', ...messagesOf(tls, 'authenticator').map(toHex)]);
    expect(toHex(session.exportMsk!()!)).toBe(toHex(tlsMsk));
    expect(engine.wishes).toEqual([{ role: 'client', versions: ['TLSv1.2'], serverNames: ['vpn.example.org'] }]);
    expect(engine.exported).toEqual([['client EAP encryption', 128]]);
  });

  test('RFC 5216 section 2.1.1: so does the authenticator', async () => {
    const outputs = messagesOf(tls, 'authenticator');
    const material = concat(tlsMsk, new Uint8Array(64));
    const engine = scriptedEngine([{ output: outputs[0]! }, done('TLSv1.2', { output: outputs[1]! })], { material });
    const session = authenticatorOf(engine);
    const requests = [toHex(await session.begin({ identifier: 0 }))];
    let step: EapAuthenticatorStep | undefined;
    for (const { typeData } of tls.filter((p) => p.from === 'peer')) {
      expect(session.exportMsk?.()).toBeUndefined();
      step = await session.receive(typeData, { identifier: 0 });
      if (step.kind === 'request') requests.push(toHex(step.data));
    }
    expect(requests).toEqual(dataOf(tls, 'authenticator'));
    expect(step).toEqual({ kind: 'success', identity: 'carol' });
    expect(engine.given.map(toHex)).toEqual(messagesOf(tls, 'peer').map(toHex));
    expect(toHex(session.exportMsk!()!)).toBe(toHex(tlsMsk));
  });
});

/** Where the last whole record ends. */
function recordsEnd(message: Uint8Array): number {
  let at = 0;
  while (at + 5 <= message.length) at += 5 + message[at + 3]! * 256 + message[at + 4]!;
  return at;
}

describe('fragments', () => {
  test.each([64, 100, 1024, 1400, 65_535])('of packets of %i octets come together again', (packetSize) => {
    for (const length of [0, 1, packetSize - 10, packetSize - 9, 2 * packetSize - 16, 2 * packetSize - 15, 5000].filter((n) => n >= 0)) {
      const message = Uint8Array.from({ length }, (_, i) => i);
      const packets = fragmentTlsMessage(message, packetSize);
      expect(Math.max(...packets.map((p) => p.length + 5))).toBeLessThanOrEqual(packetSize);
      const reassembly = createTlsReassembly(1 << 20);
      const results = packets.map((packet) => reassembly.add(decodeTlsPacket(packet)));
      expect(results.slice(0, -1).every((r) => r === undefined)).toBe(true);
      expect(toHex(results.at(-1)!)).toBe(toHex(message));
    }
  });

  test('RFC 5216 section 3.1: reserved bits are ignored', () => {
    expect(decodeTlsPacket(Uint8Array.of(0x1f, 9))).toEqual({
      isStart: false,
      hasMore: false,
      messageLength: undefined,
      data: Uint8Array.of(9),
    });
  });

  test.each<[string, number[][], RegExp]>([
    ['no flags', [[]], /flags: expected 1 octet, found none/],
    ['L without a length', [[0x80, 0, 0, 1]], /TLS Message Length: expected 4 octets, found 3/],
    ['M without data', [[0xc0, 0, 0, 0, 5]], /fragment: expected TLS Data, found none/],
    ['M without data, later', [[0xc0, 0, 0, 0, 5, 1], [0x40]], /fragment: expected TLS Data, found none/],
    ['a first fragment without a length', [[0x40, 1, 2]], /first fragment: expected a TLS Message Length/],
    [
      'another length later',
      [
        [0xc0, 0, 0, 0, 5, 1],
        [0x80, 0, 0, 0, 6, 2, 3, 4, 5, 6],
      ],
      /expected 5 as before, found 6/,
    ],
    [
      'more than announced',
      [
        [0xc0, 0, 0, 0, 3, 1, 2],
        [0, 3, 4],
      ],
      /expected 3 octets together, as the first has announced, found 4/,
    ],
    [
      'less than announced',
      [
        [0xc0, 0, 0, 0, 5, 1, 2],
        [0, 3, 4],
      ],
      /expected 5 octets together, as the first has announced, found 4/,
    ],
    ['all that was announced, and still more to follow', [[0xc0, 0, 0, 0, 2, 1, 2]], /found 2 and more to follow/],
    ['a length that is not that of the only packet', [[0x80, 0, 0, 0, 2, 1]], /expected 2 octets together/],
    ['4 GiB announced', [[0xc0, 0xff, 0xff, 0xff, 0xff, 1]], /expected 2000 octets together at most/],
    ['one octet too many announced', [[0xc0, 0, 0, 0x07, 0xd1, 1]], /expected 2000 octets together at most/],
  ])('attack row 12: %s', (_, packets, reason) => {
    const add = (): void => {
      const reassembly = createTlsReassembly(2000);
      for (const packet of packets) reassembly.add(decodeTlsPacket(Uint8Array.from(packet)));
    };
    expect(add).toThrow(reason);
    expect(add).toThrow(IpsecError);
  });

  test('attack row 12: the limit is of the whole conversation, not of a message', () => {
    const reassembly = createTlsReassembly(2000);
    const add = (length: number): unknown => reassembly.add(decodeTlsPacket(concat(empty, new Uint8Array(length))));
    expect(add(1500)).toHaveLength(1500);
    expect(() => add(501)).toThrow(/2000 octets together at most/);
    expect(add(500)).toHaveLength(500);
    expect(() => add(1)).toThrow(/2000 octets together at most/);
  });
});

describe('a peer refuses', () => {
  test.each<[string, Uint8Array[], RegExp]>([
    ['a beginning without Start', [empty], /expected a Start without data, found something else/],
    ['a Start with data', [Uint8Array.of(0x20, 1)], /found a Start with data/],
    ['a second Start', [start, start], /expected no further Start/],
    ['nothing where records are due', [start, empty], /expected TLS records, found none/],
    ['no octets at all', [start, new Uint8Array()], /flags/],
  ])('attack row 12: %s', async (_, requests, reason) => {
    const session = peerOf(scriptedEngine([{ output: hello }]));
    const step = await hear(session, ...requests);
    expect(step).toMatchObject({ kind: 'failed', error: { code: 'invalid-syntax', message: expect.stringMatching(reason) as string } });
    expect(await hear(session, start)).toMatchObject({ kind: 'failed', error: { message: expect.stringMatching(reason) as string } });
  });

  test('attack row 12: something else than an acknowledgement of its fragment', async () => {
    const session = peerOf(scriptedEngine([{ output: new Uint8Array(200) }]), { packetSize: 100 });
    expect(await hear(session, start)).toMatchObject({ kind: 'respond', data: { length: 95 } });
    expect(await hear(session, whole(hello))).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringMatching(/an acknowledgement/) as string },
    });
  });

  test('attack row 12: a conversation that goes on and on', async () => {
    const session = peerOf(scriptedEngine([{ output: hello }]), { maxRounds: 10 });
    for (let i = 0; i <= 10; i++)
      expect(await hear(session, i === 0 ? start : whole(hello))).toMatchObject({ kind: 'respond', isDone: false });
    expect(await hear(session, whole(hello))).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringMatching(/10 packets at most/) as string },
    });
  });

  test('attack row 12: fragments of one octet for ever', async () => {
    const session = peerOf(scriptedEngine([{ output: hello }]));
    await hear(session, start, Uint8Array.of(0xc0, 0, 0, 0xff, 0xff, 1));
    let step: EapPeerStep;
    let rounds = 0;
    do step = await hear(session, Uint8Array.of(0x40, 1));
    while (step.kind === 'respond' && rounds++ < 1000);
    expect(step).toMatchObject({ kind: 'failed', error: { message: expect.stringMatching(/256 packets at most/) as string } });
  });

  const afterHello = async (options: Partial<EapTlsOptions>, ...scenes: Scene[]): Promise<EapPeerStep> => {
    const engine = scriptedEngine([{ output: hello }, ...scenes]);
    const session = peerOf(engine, options);
    const step = await hear(session, start, ...scenes.map(() => whole(hello)));
    expect(step.kind === 'failed').toBe(engine.destroyed > 0);
    expect(session.exportMsk!() === undefined).toBe(!('isDone' in step && step.isDone));
    return step;
  };
  const why = (reason: RegExp): object => ({
    kind: 'failed',
    error: { name: 'IpsecError', message: expect.stringMatching(reason) as string },
  });

  test.each<[string, Scene[], RegExp]>([
    ['a server without a certificate', [done('TLSv1.2', { certificates: undefined })], /a certificate of the other side, found none/],
    ['a server with an empty chain', [done('TLSv1.2', { certificates: [] })], /a certificate of the other side, found none/],
    ['a certificate that nobody has judged', [done('TLSv1.2', { verdict: undefined })], /a verdict on the certificate, found none/],
    ['what the engine refuses', [done('TLSv1.2', { verdict: new IpsecError('authentication-failed', 'expired') })], /^expired$/],
    ['another version than was offered', [done('TLSv1.3')], /TLS version: expected TLSv1.2, found TLSv1.3/],
    ['an unknown version', [done('TLSv1.2', { version: undefined })], /expected TLSv1.2, found none/],
    ['application data', [done('TLSv1.2', { data: Uint8Array.of(0) })], /expected no application data, found 1 octets/],
    ['an end before the client was heard', [done('TLSv1.2', { output: hello })], /a whole handshake/],
    ['an engine that throws', [new Error('out of order')], /^EAP-TLS: found out of order$/],
    ['words after the end', [done(), done()], /expected nothing more, found TLS records/],
  ])('attack row 13: %s', async (_, scenes, reason) => {
    expect(await afterHello({}, ...scenes)).toMatchObject(why(reason));
  });

  test('an engine with too little key material', async () => {
    const session = peerOf(scriptedEngine([{ output: hello }, done()], { material: new Uint8Array(64) }));
    expect(await hear(session, start, whole(hello))).toMatchObject(why(/expected 128 octets of key material, found 64/));
  });

  test('RFC 5216 section 2.1.3: an alert of the engine is sent, one of the server acknowledged', async () => {
    const error = new IpsecError('authentication-failed', 'broken record');
    const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 20);
    expect(await afterHello({}, { output: alert, error })).toEqual({ kind: 'failed', data: whole(alert), error });
    expect(await afterHello({}, { error })).toEqual({ kind: 'failed', data: empty, error });
    // RFC 5216 section 2.1.3 shows a server that tells only after Finished that it refuses the client.
    expect(await afterHello({}, done(), { error })).toEqual({ kind: 'failed', data: empty, error });
  });

  test('attack row 13: a server that the judge refuses, before anything more is sent', async () => {
    const certificate = [Uint8Array.of(0x30, 0)];
    for (const verifyPeer of [
      () => new IpsecError('authentication-failed', 'no'),
      () => Promise.resolve(new IpsecError('authentication-failed', 'no')),
      () => Promise.reject(new IpsecError('authentication-failed', 'no')),
    ]) {
      const step = await afterHello({ verifyPeer }, { output: new Uint8Array(500), certificates: certificate });
      expect(step).toMatchObject({ ...why(/^no$/), data: whole(Uint8Array.of(21, 3, 3, 0, 2, 2, 46)) });
    }
    const verifyPeer = (): never => {
      throw new TypeError('a bug');
    };
    expect(await afterHello({ verifyPeer }, { output: hello, certificates: certificate })).toMatchObject(why(/a bug/));
    expect(await afterHello({ verifyPeer: () => 'trusted' }, { output: hello, certificates: certificate })).toMatchObject({
      kind: 'respond',
      isDone: false,
    });
  });

  test('a judge who is still thinking when the conversation is given up', async () => {
    const engine = scriptedEngine([{ output: hello }, done()]);
    const session: EapPeerSession = peerOf(engine, {
      verifyPeer: () => {
        session.destroy();
        return 'trusted';
      },
    });
    expect(await hear(session, start, whole(hello))).toMatchObject(why(/given up/));
    expect(engine.exported).toEqual([]);
  });

  test('the judge is asked once', async () => {
    let asked = 0;
    const verifyPeer = (): 'trusted' => {
      asked++;
      return 'trusted';
    };
    const certificate = [Uint8Array.of(0x30, 0)];
    expect(await afterHello({ verifyPeer }, { output: hello, certificates: certificate }, done())).toMatchObject({
      kind: 'respond',
      isDone: true,
    });
    expect(asked).toBe(1);
  });

  test.each<[string, Partial<TlsProgress>[], object]>([
    ['the promise is there', [{ data: Uint8Array.of(0) }], { kind: 'respond', data: empty, isDone: true }],
    ['only a ticket so far', [{}], { kind: 'respond', data: empty, isDone: false }],
    ['a ticket, then the promise', [{}, { data: Uint8Array.of(0) }], { kind: 'respond', isDone: true }],
    ['another octet', [{ data: Uint8Array.of(1) }], why(/expected no application data/)],
    ['two octets', [{ data: Uint8Array.of(0, 0) }], why(/expected no application data/)],
    ['the promise twice', [{ data: Uint8Array.of(0) }, { data: Uint8Array.of(0) }], why(/expected nothing more/)],
    ['the promise before we have answered', [{ data: Uint8Array.of(0), output: hello }], why(/a whole handshake/)],
  ])('RFC 9190 section 2.5, TLS 1.3: %s', async (_, scenes, result) => {
    const versions = ['TLSv1.3'] as const;
    const more = scenes.map((scene) => done('TLSv1.3', scene));
    expect(await afterHello({ versions }, done('TLSv1.3', { output: hello }), ...more)).toMatchObject(result);
  });

  test('RFC 9190 section 2.3, TLS 1.3: other label, and the Type as context', async () => {
    const engine = scriptedEngine([{ output: hello }, done('TLSv1.3', { output: hello }), done('TLSv1.3', { data: Uint8Array.of(0) })]);
    const session = peerOf(engine, { versions: ['TLSv1.2', 'TLSv1.3'] });
    await hear(session, start, whole(hello));
    expect(session.exportMsk!()).toBeUndefined();
    await hear(session, whole(hello));
    expect(engine.exported).toEqual([['EXPORTER_EAP_TLS_Key_Material', 128, Uint8Array.of(13)]]);
    expect(toHex(session.exportMsk!()!)).toBe(toHex(Uint8Array.from({ length: 64 }, (_, i) => i)));
  });
});

describe('an authenticator refuses', () => {
  const why = (reason: RegExp): object => ({
    kind: 'failed',
    error: { name: 'IpsecError', message: expect.stringMatching(reason) as string },
  });
  const flight = done('TLSv1.2', { output: hello });

  test.each<[string, Scene[], Uint8Array[], RegExp]>([
    ['nothing where a ClientHello is due', [{}], [empty], /expected TLS records, found none/],
    ['a Start', [{}], [start], /expected no further Start/],
    ['a fragment that brings nothing', [{}], [Uint8Array.of(0x40)], /expected TLS Data/],
    ['records after the end', [flight], [whole(hello), whole(hello)], /expected no data, found 6 octets/],
    ['application data in the handshake', [done('TLSv1.2', { data: hello })], [whole(hello)], /expected no application data/],
    ['a version that was not offered', [done('TLSv1.3')], [whole(hello)], /TLS version: expected TLSv1.2, found TLSv1.3/],
    ['what makes the engine throw', [new Error('out of order')], [whole(hello)], /out of order/],
  ])('attack row 12: %s', async (_, scenes, responses, reason) => {
    const engine = scriptedEngine(scenes);
    const session = authenticatorOf(engine);
    expect(await session.begin({ identifier: 0 })).toEqual(start);
    expect(await hearResponses(session, ...responses)).toMatchObject(why(reason));
    expect(await hearResponses(session, empty)).toMatchObject(why(reason));
    expect(session.exportMsk!()).toBeUndefined();
  });

  test.each<[string, Partial<EapTlsOptions>, Scene, RegExp]>([
    [
      'a client without a certificate',
      {},
      done('TLSv1.2', { output: hello, certificates: undefined }),
      /a certificate of the other side, found none/,
    ],
    ['a client that the judge refuses', { verifyPeer: () => new IpsecError('authentication-failed', 'no') }, flight, /^no$/],
  ])('RFC 5216 section 2.1.3: %s gets an alert in place of our Finished, and then the Failure', async (_, options, scene, reason) => {
    const session = authenticatorOf(scriptedEngine([scene]), options);
    const alert = whole(Uint8Array.of(21, 3, 3, 0, 2, 2, 46));
    // Most clients give up then: so that it is known why without the Failure, too.
    const refusal = expect.objectContaining({ message: expect.stringMatching(reason) as string }) as IpsecError;
    expect(await hearResponses(session, whole(hello))).toEqual({ kind: 'request', data: alert, refusal });
    // A ClientHello would begin anew: that is not allowed either.
    expect(await hearResponses(session, whole(hello))).toMatchObject(why(reason));
  });

  test('RFC 5216 section 2.2: a claim that nothing proves', async () => {
    const session = authenticatorOf(scriptedEngine([flight]), { verifyPeer: () => 'trusted' });
    expect(await hearResponses(session, whole(hello))).toMatchObject(why(/expected a name for which it speaks, found none/));
  });

  test.each<[keyof typeof certificates.ends, string, string]>([
    ['alice', 'mallory@example.org', 'alice@example.org'],
    ['alice', 'alice.example.org', 'alice.example.org'],
    ['alice', 'CN=alice, O=Example, C=CH', 'CN=alice, O=Example, C=CH'],
    ['server', '192.0.2.2', '192.0.2.2'],
    ['bob', 'alice', 'CN=bob, O=Example, C=CH'],
    ['bob', '', 'CN=bob, O=Example, C=CH'],
  ])('RFC 5216 section 5.2: the certificate of %s, with the claim %s, speaks for %s', async (end, claim, identity) => {
    const [, base64] = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(certificates.ends[end].certificates)!;
    const der = Uint8Array.from(atob(base64!.replaceAll('\n', '')), (c) => c.charCodeAt(0));
    const engine = scriptedEngine([done('TLSv1.2', { output: hello, certificates: [der] })]);
    const session = eapTls({ engine, roles: ['authenticator'] }).authenticator!(claim, env);
    expect(await hearResponses(session, whole(hello), empty)).toEqual({ kind: 'success', identity: parseIdentity(identity) });
  });

  test('an alert that answers our Finished', async () => {
    const error = new IpsecError('peer-refused', 'TLS', { found: 'an alert' });
    const session = authenticatorOf(scriptedEngine([flight, { error }]));
    expect(await hearResponses(session, whole(hello), whole(Uint8Array.of(21, 3, 3, 0, 2, 2, 48)))).toEqual({ kind: 'failed', error });
    expect(session.exportMsk!()).toBeUndefined();
  });

  test('RFC 9190 section 2.5, TLS 1.3: our promise follows our last flight, and its answer is empty', async () => {
    const session = authenticatorOf(scriptedEngine([{ output: hello }, done('TLSv1.3', { output: hello })]), { versions: ['TLSv1.3'] });
    const step = await hearResponses(session, whole(hello), whole(hello));
    expect(step).toEqual({ kind: 'request', data: whole(concat(hello, Uint8Array.of(23, 3, 3, 0, 1, 0))) });
    expect(await hearResponses(session, empty)).toEqual({ kind: 'success', identity: 'carol' });
  });
});

describe('the row', () => {
  const engine = scriptedEngine([{}]);
  const judgeless = scriptedEngine([{}], { verifiesPeers: false });

  test('is mutual, makes a key and resists dictionaries', () => {
    expect(eapTls({ engine, serverNames: ['a'] })).toMatchObject({
      type: 13,
      name: 'EAP-TLS',
      shortName: 'tls',
      isMutual: true,
      makesKey: true,
      resistsDictionary: true,
    });
    expect(eapTls({ engine, roles: ['authenticator'] }).peer).toBeUndefined();
    expect(eapTls({ engine, roles: ['peer'], serverNames: ['a'] }).authenticator).toBeUndefined();
  });

  test.each<[string, Parameters<typeof eapTls>[0], object]>([
    ['nobody who judges', { engine: judgeless, serverNames: ['a'] }, { code: 'unsafe-config', path: 'verifyPeer' }],
    ['no server named', { engine }, { code: 'unsafe-config', path: 'serverNames' }],
    ['no version', { engine, serverNames: ['a'], versions: [] }, { code: 'invalid-config', path: 'versions' }],
    ['packets that are too small', { engine, serverNames: ['a'], packetSize: 63 }, { code: 'invalid-config', path: 'packetSize' }],
    ['packets that are too large', { engine, serverNames: ['a'], packetSize: 65_536 }, { code: 'invalid-config', path: 'packetSize' }],
    ['no octets', { engine, serverNames: ['a'], maxOctets: 0 }, { code: 'invalid-config', path: 'maxOctets' }],
    ['half a round', { engine, serverNames: ['a'], maxRounds: 10.5 }, { code: 'invalid-config', path: 'maxRounds' }],
  ])('with %s', (_, options, error) => {
    expect(() => eapTls(options)).toThrow(expect.objectContaining(error) as Error);
  });
});
