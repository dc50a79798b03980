/** XAUTH: its messages as strongSwan sends them, and what both sides make of them and of what should not be there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/bytes.js';
import { IpsecError, type IpsecErrorCode } from '../../src/errors.js';
import { configurationAttributesV1 } from '../../src/iana/ikev1-configuration.js';
import { afterPhase1 } from '../../src/ikev1/exchange/after-phase1.js';
import type { Outcome } from '../../src/ikev1/events.js';
import type { PayloadOfType } from '../../src/ikev1/payload-cases.js';
import type { XauthCredentials } from '../../src/ikev1/requests.js';
import type { Ikev1Sa, XauthClient, XauthServer } from '../../src/ikev1/states.js';
import {
  decodeXauthReply,
  decodeXauthRequest,
  decodeXauthStatus,
  encodeXauthAck,
  encodeXauthRefusal,
  encodeXauthReply,
  encodeXauthRequest,
  encodeXauthStatus,
} from '../../src/ikev1/xauth.js';
import { identityOfUser } from '../../src/keying/user.js';
import { aboutIn, connectionOf, envOf, handle, handleWith, octetsOf, phase1Over, recorded, sentIn } from './transaction-fixture.js';

type Attributes = PayloadOfType<'ATTR'>;
type Attribute = Attributes['attributes'][number];
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const attributes = (cfgType: Attributes['cfgType'], ...list: readonly Attribute[]): Attributes => ({
  type: 'ATTR',
  cfgType,
  identifier: 0,
  attributes: list,
});
const carol = (password = 'xauth-secret-42'): XauthCredentials => ({ user: 'carol', password: text(password) });

const [request, reply, set, ack] = recorded('ikev1-xauth-psk-modecfg') as [Attributes, Attributes, Attributes, Attributes];
const [, wrongReply, failure, failureAck] = recorded('ikev1-xauth-fail') as [Attributes, Attributes, Attributes, Attributes];

/** The code of what is thrown. */
function codeOf(run: () => unknown): IpsecErrorCode | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error.code;
    throw error;
  }
  return undefined;
}
function errorOf({ actions }: Outcome): IpsecError | undefined {
  return actions.find((action) => action.type === 'closed')?.error;
}
function wiped({ actions }: Outcome): unknown[] {
  return actions.flatMap((action) => (action.type === 'wipe' ? action.secrets : []));
}

describe('draft-ietf-ipsec-isakmp-xauth: the messages of strongSwan', () => {
  it('are read', () => {
    expect(decodeXauthRequest(request)).toEqual({
      hasType: false,
      wants: ['XAUTH-USER-NAME', 'XAUTH-USER-PASSWORD'],
      message: undefined,
    });
    expect(decodeXauthReply(reply)).toEqual(carol());
    expect(decodeXauthReply(wrongReply)).toEqual(carol('nope'));
    expect(decodeXauthStatus(set).isAccepted).toBe(true);
    expect(decodeXauthStatus(failure).isAccepted).toBe(false);
  });
  it('are written octet for octet', () => {
    expect(octetsOf(encodeXauthRequest(0))).toBe(octetsOf(request));
    expect(octetsOf(encodeXauthReply(0, decodeXauthRequest(request), carol()))).toBe(octetsOf(reply));
    expect(octetsOf(encodeXauthStatus(0, true))).toBe(octetsOf(set));
    expect(octetsOf(encodeXauthStatus(0, false))).toBe(octetsOf(failure));
    expect(octetsOf(encodeXauthAck(0))).toBe(octetsOf(ack));
    expect(octetsOf(failureAck)).toBe(octetsOf(ack));
  });
});

describe('draft-ietf-ipsec-isakmp-xauth: questions', () => {
  it('with XAUTH-TYPE are answered with it, and in their order', () => {
    const asked = attributes(
      'ISAKMP_CFG_REQUEST',
      { type: 'XAUTH-TYPE', value: 0 },
      { type: 'XAUTH-PASSCODE', value: EMPTY },
      { type: 'XAUTH-USER-NAME', value: EMPTY },
      { type: 'XAUTH-NEXT-PIN', value: EMPTY },
    );
    expect(encodeXauthReply(9, decodeXauthRequest(asked), carol('1'))).toEqual({
      ...attributes(
        'ISAKMP_CFG_REPLY',
        { type: 'XAUTH-TYPE', value: 0 },
        { type: 'XAUTH-PASSCODE', value: text('1') },
        { type: 'XAUTH-USER-NAME', value: text('carol') },
      ),
      identifier: 9,
    });
  });
  it('have a text for people: on one line, not turned round, not too long', () => {
    const messageOf = (...list: readonly Attribute[]): string | undefined =>
      decodeXauthRequest(attributes('ISAKMP_CFG_REQUEST', ...request.attributes, ...list)).message;
    expect(messageOf({ type: 'XAUTH-MESSAGE', value: text('Enter\r\n  your \u202etoken\0') })).toBe('Enter your token');
    expect(messageOf({ type: 'XAUTH-MESSAGE', value: text('Token') }, { type: 'XAUTH-CHALLENGE', value: text('1234') })).toBe(
      'Token: 1234',
    );
    expect(messageOf({ type: 'XAUTH-MESSAGE', value: text('x'.repeat(5000)) })).toHaveLength(500);
    expect(messageOf({ type: 'XAUTH-MESSAGE', value: Uint8Array.of(0, 13, 10) })).toBeUndefined();
    expect(messageOf({ type: 'XAUTH-MESSAGE', value: 3 })).toBeUndefined();
  });
  it.each<[string, readonly Attribute[], IpsecErrorCode]>([
    ['without attributes', [], 'malformed'],
    ['for an address', [{ type: 'INTERNAL_IP4_ADDRESS', value: EMPTY }], 'malformed'],
    ['for CHAP', [{ type: 'XAUTH-TYPE', value: 1 }, ...request.attributes], 'unsupported'],
    ['of a type that is octets', [{ type: 'XAUTH-TYPE', value: Uint8Array.of(0, 0) }, ...request.attributes], 'unsupported'],
    [
      'of two types',
      [
        { type: 'XAUTH-TYPE', value: 0 },
        { type: 'XAUTH-TYPE', value: 1 },
      ],
      'malformed',
    ],
    ['for a new PIN alone', [{ type: 'XAUTH-NEXT-PIN', value: EMPTY }], 'unsupported'],
  ])('%s are refused', (_, list, code) => {
    expect(codeOf(() => decodeXauthRequest(attributes('ISAKMP_CFG_REQUEST', ...list)))).toBe(code);
  });
});

describe('draft-ietf-ipsec-isakmp-xauth: answers', () => {
  const name = { type: 'XAUTH-USER-NAME', value: text('carol') } as const;
  const password = { type: 'XAUTH-USER-PASSWORD', value: text('secret') } as const;
  it('of clients that end strings with NUL are understood', () => {
    expect(decodeXauthReply(attributes('ISAKMP_CFG_REPLY', name, { ...password, value: text('secret\0') }))).toEqual(carol('secret'));
  });
  it.each<[string, readonly Attribute[]]>([
    ['without attributes', []],
    ['without a name', [password]],
    ['without a password', [name]],
    ['with an empty name', [{ ...name, value: EMPTY }, password]],
    ['with an empty password', [name, { ...password, value: Uint8Array.of(0) }]],
    ['with two names', [name, { ...name, value: text('dave') }, password]],
    ['with two passwords', [name, password, password]],
    ['with a number for a name', [{ ...name, value: 7 }, password]],
    ['with a number for a password', [name, { ...password, value: 7 }]],
    ['with a name that is no UTF-8', [{ ...name, value: Uint8Array.of(0xff, 0xfe) }, password]],
    ['with a name of two lines', [{ ...name, value: text('carol\nroot logged in') }, password]],
    ['with a name with NUL inside', [{ ...name, value: text('carol\0x') }, password]],
    ['with a name that runs backwards', [{ ...name, value: text('\u202elorac') }, password]],
    ['with a name of 254 octets', [{ ...name, value: text('x'.repeat(254)) }, password]],
    ['with a password of 1025 octets', [name, { ...password, value: new Uint8Array(1025).fill(1) }]],
    ['with XAUTH-STATUS alone', [{ type: 'XAUTH-STATUS', value: 0 }]],
    ['with XAUTH-STATUS OK beside them', [name, password, { type: 'XAUTH-STATUS', value: 1 }]],
    ['of another type', [{ type: 'XAUTH-TYPE', value: 2 }, name, password]],
  ])('%s are none', (_, list) => {
    expect(['authentication-failed', 'malformed']).toContain(codeOf(() => decodeXauthReply(attributes('ISAKMP_CFG_REPLY', ...list))));
  });
  it.each<[string, readonly Attribute[]]>([
    ['that say nothing', []],
    ['that say it in octets', [{ type: 'XAUTH-STATUS', value: Uint8Array.of(0, 1) }]],
    [
      'that say both',
      [
        { type: 'XAUTH-STATUS', value: 1 },
        { type: 'XAUTH-STATUS', value: 0 },
      ],
    ],
  ])('outcomes %s are malformed', (_, list) => {
    expect(codeOf(() => decodeXauthStatus(attributes('ISAKMP_CFG_SET', ...list)))).toBe('malformed');
  });
  it('OK is 1 and nothing else', () => {
    for (const value of [0, 2, 0x100, 0xffff])
      expect(decodeXauthStatus(attributes('ISAKMP_CFG_SET', { type: 'XAUTH-STATUS', value })).isAccepted).toBe(false);
  });
  it('users are identities as in IKEv2', () => {
    expect(identityOfUser('carol@example.org')).toEqual({ type: 'ID_RFC822_ADDR', name: 'carol@example.org' });
    expect(identityOfUser('carol')).toEqual({ type: 'ID_KEY_ID', octets: text('carol') });
  });
});

// ------------------------------------------------------------------------------------------------------------------ server

function server(): { sa: XauthServer; outcome: Outcome } {
  const outcome = afterPhase1(phase1Over(connectionOf({ xauth: 'server' }), 'responder'), envOf());
  if (outcome.sa.state !== 'XAUTH_SERVER') throw new Error(outcome.sa.state);
  return { sa: outcome.sa, outcome };
}
const requested = { kind: 'xauth-requested', identifier: 0 } as const;

describe('XAUTH of the gateway', () => {
  it('asks as strongSwan does, as soon as phase 1 is over, and not for ever', () => {
    const { sa, outcome } = server();
    expect(octetsOf(sentIn(outcome))).toBe(octetsOf(request));
    expect(outcome.begin).toMatchObject([{ exchange: 'Transaction', awaitsAnswer: true, about: requested }]);
    expect(outcome.actions).toEqual([]);
    expect(sa.deadlines.expire).toBe(121_000);
    const timed = connectionOf({ xauth: 'server' });
    const soon = afterPhase1(phase1Over({ ...timed, options: { ...timed.options, eapLifetime: 5000 } }), envOf());
    expect(soon.sa.deadlines.expire).toBe(6000);
  });

  it('has somebody decide, wipes the password, and tells the client as strongSwan does', () => {
    const { sa } = server();
    const asked = handle(sa, reply, { about: requested });
    expect(asked).toEqual({
      sa,
      ask: { kind: 'xauth', role: 'server', peerId: sa.peerId, user: 'carol', password: text('xauth-secret-42') },
      actions: [],
    });
    const told = handle(sa, reply, { about: requested, answers: [{ ask: asked.ask!, value: 'accepted' }] });
    expect(octetsOf(sentIn(told))).toBe(octetsOf(set));
    expect(told.sa).toMatchObject({ state: 'XAUTH_SERVER', user: 'carol' });
    expect(wiped(told)).toContainEqual(text('xauth-secret-42'));
    const done = handle(told.sa, ack, { about: aboutIn(told) });
    expect(done.sa).toMatchObject({ state: 'ESTABLISHED', user: 'carol' });
    expect(done.actions).toMatchObject([{ type: 'established' }]);
  });

  it('ends the IKE SA of whoever is refused, after it has heard so', () => {
    const { sa } = server();
    const told = handleWith(sa, wrongReply, new IpsecError('authentication-failed', 'a wrong password'), { about: requested });
    expect(octetsOf(sentIn(told))).toBe(octetsOf(failure));
    expect(told.sa).toMatchObject({ state: 'XAUTH_SERVER', user: undefined });
    expect(told.actions).toContainEqual({ type: 'audit', event: 'refused', detail: expect.stringContaining('"carol"') as string });
    expect(wiped(told)).toContainEqual(text('nope'));
    const done = handle(told.sa, failureAck, { about: aboutIn(told) });
    expect(done.sa.state).toBe('CLOSED');
    expect(errorOf(done)?.message).toMatch(/"carol".*a wrong password/);
    expect(done.begin?.[0]).toMatchObject({ exchange: 'Informational', payloads: [{ notify: 'AUTHENTICATION-FAILED' }] });
  });

  it('lets nobody in but by `accepted`', () => {
    for (const value of [undefined, true, 'ok', 1, { accepted: true }, new Error('accepted')]) {
      const told = handleWith(server().sa, reply, value, { about: requested });
      expect(decodeXauthStatus(sentIn(told)).isAccepted).toBe(false);
      expect(aboutIn(told)).toMatchObject({ error: { code: 'authentication-failed' } });
    }
  });

  it('asks nobody about an answer that is none, and refuses it', () => {
    for (const wrong of [
      attributes('ISAKMP_CFG_REPLY'),
      encodeXauthRefusal(0),
      attributes('ISAKMP_CFG_REPLY', { type: 'XAUTH-STATUS', value: 1 }),
      { ...reply, identifier: 1 },
      { ...reply, attributes: [...reply.attributes, ...reply.attributes] },
    ]) {
      const told = handle(server().sa, wrong, { about: requested });
      expect(told.ask).toBeUndefined();
      expect(decodeXauthStatus(sentIn(told)).isAccepted).toBe(false);
    }
  });

  it('takes an acknowledgement that belongs to something else for the end', () => {
    const told = handleWith(server().sa, reply, 'accepted', { about: requested });
    const done = handle(told.sa, { ...ack, identifier: 7 }, { about: aboutIn(told) });
    expect(done.sa.state).toBe('CLOSED');
    expect(errorOf(done)?.code).toBe('malformed');
  });

  it('has no row for anything else', () => {
    const { sa } = server();
    for (const [payload, about] of [
      [request, undefined],
      [set, undefined],
      [reply, undefined],
      [ack, undefined],
      [ack, requested],
      [set, requested],
      [reply, { kind: 'xauth-status', identifier: 0, error: undefined }],
      [reply, { kind: 'done' }],
    ] as const)
      expect(() => handle(sa, payload, { about })).toThrow('takes no');
  });
});

// ------------------------------------------------------------------------------------------------------------------ client

function client(more: Partial<XauthClient> = {}): XauthClient {
  const outcome = afterPhase1(phase1Over(connectionOf({ xauth: 'client' })), envOf());
  if (outcome.sa.state !== 'XAUTH_CLIENT') throw new Error(outcome.sa.state);
  expect(outcome).toMatchObject({ actions: [] });
  expect(outcome.begin).toBeUndefined();
  return { ...outcome.sa, ...more };
}
function asked(sa: Ikev1Sa = client()): XauthClient {
  const { sa: next } = handleWith(sa, request, carol());
  if (next.state !== 'XAUTH_CLIENT') throw new Error(next.state);
  return next;
}

describe('XAUTH of the client', () => {
  it('waits to be asked, and not for ever', () => {
    expect(client().deadlines.expire).toBe(121_000);
  });

  it('answers as strongSwan does, and wipes the password', () => {
    const sa = client();
    const asks = handle(sa, request);
    const { localId, peerId } = sa;
    expect(asks).toEqual({ sa, ask: { kind: 'xauth', role: 'client', localId, peerId, message: undefined }, actions: [] });
    const credentials = carol();
    const answered = handle(sa, request, { answers: [{ ask: asks.ask!, value: credentials }] });
    expect(octetsOf(sentIn(answered))).toBe(octetsOf(reply));
    expect(answered.send?.awaitsAnswer).toBe(false);
    expect(wiped(answered)).toEqual([credentials.password]);
    expect(wiped(answered)[0]).toBe(credentials.password);
    expect(answered.sa).toMatchObject({ state: 'XAUTH_CLIENT', requests: 1, claimed: 'carol', user: undefined });
  });

  it('goes on once the gateway believes it', () => {
    const done = handle(asked(), set);
    expect(octetsOf(sentIn(done))).toBe(octetsOf(ack));
    expect(done.sa).toMatchObject({ state: 'ESTABLISHED', user: 'carol' });
    expect(done.sa).not.toHaveProperty('claimed');
    expect(done.actions).toMatchObject([{ type: 'established' }]);
  });

  it('ends where the gateway does not, and says so', () => {
    const done = handle(asked(), failure);
    expect(octetsOf(sentIn(done))).toBe(octetsOf(failureAck));
    expect(done.sa.state).toBe('CLOSED');
    expect(errorOf(done)).toMatchObject({ code: 'authentication-failed', message: expect.stringContaining('refused "carol"') as string });
    const said = handle(asked(), { ...failure, attributes: [...failure.attributes, { type: 'XAUTH-MESSAGE', value: text('locked') }] });
    expect(errorOf(said)?.message).toContain('"locked"');
  });

  it('may be asked again, four times more', () => {
    let sa: Ikev1Sa = client();
    for (let i = 0; i < 5; i++) sa = handleWith(sa, { ...request, identifier: i }, carol()).sa;
    const once = handle(sa, request);
    expect(once.ask).toBeUndefined();
    expect(octetsOf(sentIn(once))).toBe(octetsOf(encodeXauthRefusal(0)));
    expect(once.sa.state).toBe('CLOSED');
    expect(errorOf(once)?.code).toBe('authentication-failed');
    expect(handle(sa, set).sa.state).toBe('ESTABLISHED');
  });

  it('may be asked and told in one exchange', () => {
    const about = { kind: 'done' } as const;
    const { sa } = handleWith(client(), request, carol(), { about });
    expect(handle(sa, set, { about }).sa.state).toBe('ESTABLISHED');
  });

  it('tells the gateway when there is nobody to answer', () => {
    for (const value of [
      new IpsecError('authentication-failed', 'cancelled'),
      undefined,
      'carol',
      { user: 'carol' },
      { user: 'carol', password: 'secret' },
      { user: '', password: text('secret') },
      { user: 'carol\n', password: text('secret') },
      { user: 'x'.repeat(254), password: text('secret') },
      { user: '\ud800', password: text('secret') },
    ]) {
      const done = handleWith(client(), request, value);
      expect(octetsOf(sentIn(done))).toBe(octetsOf(encodeXauthRefusal(0)));
      expect(done.sa.state).toBe('CLOSED');
      expect(errorOf(done)?.code).toBe('authentication-failed');
      expect(done.begin).toMatchObject([{ exchange: 'Informational', payloads: [{ type: 'D', protocol: 'ISAKMP' }] }]);
      if (typeof value === 'object' && 'password' in value && typeof value.password !== 'string')
        expect(wiped(done).at(-1)).toBe(value.password);
    }
  });

  it('tells the gateway when the question is one that passwords do not answer', () => {
    const chap = { ...request, attributes: [{ type: 'XAUTH-TYPE', value: 1 } as const, ...request.attributes] };
    const done = handle(client(), chap);
    expect(done.ask).toBeUndefined();
    expect(octetsOf(sentIn(done))).toBe(octetsOf(encodeXauthRefusal(0)));
    expect(errorOf(done)?.message).toContain('XAUTH-TYPE 1');
  });

  it('does not believe a gateway that believes it without a question', () => {
    expect(codeOf(() => handle(client(), set))).toBe('malformed');
  });

  it('ends where a gateway refuses it without a question', () => {
    const done = handle(client(), failure);
    expect(done.sa.state).toBe('CLOSED');
    expect(errorOf(done)?.code).toBe('authentication-failed');
  });

  it('refuses what is neither a question nor an outcome', () => {
    expect(codeOf(() => handle(client(), attributes('ISAKMP_CFG_REQUEST')))).toBe('malformed');
    expect(codeOf(() => handle(asked(), attributes('ISAKMP_CFG_SET', { type: 'INTERNAL_IP4_ADDRESS', value: new Uint8Array(4) })))).toBe(
      'malformed',
    );
    for (const payload of [reply, ack]) expect(() => handle(client(), payload)).toThrow('takes no');
  });
});

describe('Attributes payloads of any content', () => {
  const anyAttributes = fc.array(
    fc.record({
      type: fc.oneof(fc.constantFrom(...configurationAttributesV1.map(({ name }) => name)), fc.integer({ min: 0, max: 0x7fff })),
      value: fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 20 })),
    }),
    { maxLength: 6 },
  );
  it('are handled in every state, or refused', () => {
    const config = {
      addresses: [{ address: new Uint8Array(4) }],
      dns: [],
      domains: [],
      nbns: [],
      dhcp: [],
      pCscf: [],
      subnets: [],
      unknown: [],
    };
    const env = envOf({ configure: () => config });
    const plain = phase1Over(connectionOf({}));
    const asking = phase1Over(connectionOf({}, { configuration: { wants: ['ipv4'] } }));
    const inTurn = [
      [client(), 'ISAKMP_CFG_REQUEST', undefined],
      [asked(), 'ISAKMP_CFG_SET', undefined],
      [server().sa, 'ISAKMP_CFG_REPLY', requested],
      [server().sa, 'ISAKMP_CFG_ACK', { kind: 'xauth-status', identifier: 0, error: undefined }],
      [{ ...asking, state: 'CONFIG_CLIENT' }, 'ISAKMP_CFG_REPLY', { kind: 'config-requested', identifier: 0 }],
      [{ ...asking, state: 'CONFIG_CLIENT' }, 'ISAKMP_CFG_SET', undefined],
      [{ ...asking, state: 'ESTABLISHED' }, 'ISAKMP_CFG_SET', undefined],
      [{ ...plain, state: 'ESTABLISHED' }, 'ISAKMP_CFG_REQUEST', undefined],
      [{ ...plain, state: 'CONFIG_SERVER' }, 'ISAKMP_CFG_REQUEST', undefined],
      [{ ...plain, state: 'CONFIG_SERVER' }, 'ISAKMP_CFG_ACK', { kind: 'config-pushed', identifier: 0 }],
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...inTurn), anyAttributes, fc.constantFrom(0, 1), ([sa, cfgType, about], list, identifier) => {
        const payload = { ...attributes(cfgType, ...list), identifier };
        const code = codeOf(() => {
          const outcome = handle(sa, payload, { about, env });
          if (outcome.ask) handle(sa, payload, { about, env, answers: [{ ask: outcome.ask, value: carol() }] });
        });
        expect([undefined, 'malformed', 'unsupported']).toContain(code);
      }),
      { numRuns: 500 },
    );
  });
});
