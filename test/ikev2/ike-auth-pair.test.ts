/** IKE_AUTH between an initiator and a responder of ours: what each of them says of its wishes, its means and its errors. */
import type { AskSharedKey } from '../../src/keying/asks.js';
import type { HandlerContext } from '../../src/ikev2/transition.js';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { offerEap } from '../../src/ikev2/exchange/eap.js';
import { answerAuth, finishAuth, startAuth } from '../../src/ikev2/exchange/ike-auth.js';
import type { Configuration } from '../../src/ikev2/configuration.js';
import type { ChildPolicy, Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv, Outcome } from '../../src/ikev2/events.js';
import { encodeMessage, type Payload } from '../../src/ike.js';
import { findPayload } from '../../src/ikev2/pick.js';
import type { AuthSent, Established } from '../../src/ikev2/states.js';
import { formatAddress, parseAddress, parsePrefix } from '../../src/ip.js';
import { parsePadId } from '../../src/pad.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { ANY, formatIdentity, formatTrafficSelector, parseIdentity, type TrafficSelector } from '../../src/traffic-selector.js';
import { authRecords, type AuthRecord, envOf, initiatorOf, openMessageOf, quietOptions, responderOf } from './auth-records.js';

const record = authRecords.find(({ name }) => name.startsWith('ikev2-psk '))!;
const secret = new TextEncoder().encode('one secret for the two of them');
const selector = (text: string): TrafficSelector => ({ protocol: ANY, addresses: parsePrefix(text), ports: ANY });
const policy = (name: string, local: string, remote: string, more: Partial<ChildPolicy> = {}): ChildPolicy => ({
  name,
  mode: 'tunnel',
  proposals: [{ protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [], esn: [false] }],
  local: [selector(local)],
  remote: [selector(remote)],
  ...more,
});
const connection = (local: string, peer: string, more: Partial<Connection> = {}): Connection => ({
  name: `${local} to ${peer}`,
  localId: parseIdentity(local),
  localAuth: { method: 'shared-key', secret },
  peer: { id: parsePadId(peer), authentication: { protocol: 'IKEv2', method: 'pre-shared-key' }, child: { lookup: 'id' } },
  remoteAuth: { method: 'shared-key', secret },
  proposals: [],
  children: [],
  options: quietOptions,
  ...more,
});
const alice = (more: Partial<Connection> = {}): Connection =>
  connection('alice.example', 'bob.example', { children: [policy('net', '10.1.0.0/16', '10.2.0.0/16')], ...more });
const bob = (more: Partial<Connection> = {}): Connection =>
  connection('bob.example', 'alice.example', { children: [policy('net', '10.2.0.0/16', '10.1.0.0/16')], ...more });
const options = (more: Partial<Connection['options']>): Pick<Connection, 'options'> => ({ options: { ...quietOptions, ...more } });

const ask = (local: string, peer: string): AskSharedKey => ({
  kind: 'shared-key',
  localId: parseIdentity(local),
  peerId: parseIdentity(peer),
});
/** What the outside world has said, to whichever of the two has asked. */
const context = (...secrets: unknown[]): HandlerContext => ({
  request: undefined,
  answers: secrets.flatMap((value) => [
    { ask: ask('alice.example', 'bob.example'), value },
    { ask: ask('bob.example', 'alice.example'), value },
  ]),
});
const names = (payloads: readonly Payload[] | undefined): string =>
  (payloads ?? []).map((p) => (p.type === 'N' ? String(p.notify) : p.type)).join(' ');
const kinds = ({ actions }: Outcome): string => actions.map(({ type }) => type).join(' ');
const actionOf = <Type extends IkeAction['type']>({ actions }: Outcome, type: Type): Extract<IkeAction, { type: Type }> =>
  actions.find((a): a is Extract<IkeAction, { type: Type }> => a.type === type)!;
const established = ({ sa }: Outcome): Established => {
  if (sa.state !== 'ESTABLISHED') throw new Error(sa.state);
  return sa;
};

interface Run {
  asked: Outcome;
  answered: Outcome;
  finished: Outcome;
}
const start = (initiator: Connection, env: IkeEnv = envOf(undefined), r: AuthRecord = record): Outcome =>
  startAuth(initiatorOf(r, initiator), undefined, env, []);
/** The whole exchange. */
function run(
  initiator: Connection,
  responders: readonly Connection[],
  more: { env?: Partial<IkeEnv>; record?: AuthRecord; add?: Payload[] } = {},
): Run {
  const r = more.record ?? record;
  const asked = start(initiator, envOf(fromHex('a1a1a1a1')), r);
  const payloads = [...(asked.request?.payloads ?? []), ...(more.add ?? [])];
  const answered = answerAuth(
    responderOf(r, responders),
    openMessageOf(r, payloads, false),
    envOf(fromHex('b0b0b0b0'), more.env),
    context(),
  );
  const finished = finishAuth(asked.sa as AuthSent, openMessageOf(r, answered.reply!, true), envOf(undefined), context());
  return { asked, answered, finished };
}
/** The error of the responder. */
function refusal(attempt: () => unknown): IpsecError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('it went well');
}

describe('RFC 7296 appendix C.2: IKE_AUTH exchange without EAP', () => {
  test('both sides, payloads in order, Child SAs with each other`s keys', () => {
    const { asked, answered, finished } = run(alice({ remoteId: parseIdentity('bob.example') }), [bob()]);
    expect(names(asked.request?.payloads)).toBe('IDi INITIAL_CONTACT IDr AUTH SA TSi TSr');
    expect(names(answered.reply)).toBe('IDr AUTH SA TSi TSr');
    expect(kinds(answered)).toBe('established installChild wipe wipe');
    expect(kinds(finished)).toBe('established installChild wipe wipe');
    const [a, b] = [established(finished), established(answered)];
    expect([formatIdentity(a.localId), formatIdentity(a.peerId), formatIdentity(b.localId), formatIdentity(b.peerId)]).toEqual([
      'alice.example',
      'bob.example',
      'bob.example',
      'alice.example',
    ]);
    const [ia, ib] = [actionOf(finished, 'installChild'), actionOf(answered, 'installChild')];
    expect([ia.send, ib.send, ia.child.spiIn, ia.child.spiOut]).toEqual(['now', 'now', ib.child.spiOut, ib.child.spiIn]);
    expect(toHex(ia.keys.inbound.encryption!)).toBe(toHex(ib.keys.outbound.encryption!));
    expect(a.children.concat(b.children).map(({ local }) => local.map(formatTrafficSelector).join())).toEqual([
      '10.1.0.0/16',
      '10.2.0.0/16',
    ]);
  });

  test('SK_pi and SK_pr are wiped once they have done their work, SK_d is not', () => {
    const { answered, finished } = run(alice(), [bob()]);
    for (const outcome of [answered, finished]) {
      const { SK_pi, SK_pr, SK_d } = established(outcome).crypto.keys;
      const wiped = outcome.actions.flatMap((a) => (a.type === 'wipe' ? a.secrets : []));
      expect([SK_pi, SK_pr, SK_d].map((key) => wiped.includes(key))).toEqual([true, true, false]);
    }
  });

  test('the other policies that start are asked for next, in order', () => {
    const children = [
      policy('a', '10.1.0.0/16', '10.2.0.0/16'),
      policy('b', '10.3.0.0/16', '10.2.0.0/16'),
      policy('c', '10.4.0.0/16', '10.2.0.0/16', { start: true }),
    ];
    const { finished } = run(alice({ children }), [bob()]);
    expect(established(finished).tasks).toEqual([{ kind: 'createChild', policy: children[2], notBefore: 5000 }]);
    const later = run(alice({ children: children.map((child, i) => ({ ...child, start: i > 0 })) }), [
      bob({ children: [policy('net', '10.2.0.0/16', '10.0.0.0/8')] }),
    ]);
    expect(established(later.finished).children[0]?.policy.name).toBe('b');
    expect(established(later.finished).tasks.map((task) => 'policy' in task && task.policy.name)).toEqual(['c']);
  });

  test('RFC 7296 section 2.9: the packet that wants the Child SA comes first', () => {
    const first = [selector('10.1.0.7'), selector('10.2.0.9')] as const;
    const { request } = startAuth(initiatorOf(record, alice()), first, envOf(undefined), []);
    const offered = findPayload(request!.payloads, 'TSi')!.selectors as TrafficSelector[];
    expect(offered.map(formatTrafficSelector)).toEqual(['10.1.0.7', '10.1.0.0/16']);
  });
});

describe('RFC 7296 sections 2.3, 2.4 and 2.8.1: what is said besides, and when what is due', () => {
  test('SET_WINDOW_SIZE, both ways', () => {
    const { asked, answered, finished } = run(alice(options({ windowSize: 4 })), [bob(options({ windowSize: 7 }))]);
    expect(names(asked.request?.payloads)).toBe('IDi INITIAL_CONTACT AUTH SA TSi TSr SET_WINDOW_SIZE');
    expect(names(answered.reply)).toBe('IDr AUTH SA TSi TSr SET_WINDOW_SIZE');
    expect([established(finished).windows.ownSize, established(answered).windows.ownSize]).toEqual([7, 4]);
  });

  test('INITIAL_CONTACT counts once the peer is authenticated', () => {
    const told = run(alice(), [bob()]);
    const silent = run(alice(options({ initialContact: false })), [bob()]);
    expect([told, silent].map(({ answered }) => actionOf(answered, 'established').initialContact)).toEqual([true, false]);
    expect(actionOf(told.finished, 'established').initialContact).toBe(false);
    expect(refusal(() => run(alice({ localAuth: { method: 'shared-key', secret: secret.slice(1) } }), [bob()])).code).toBe(
      'authentication-failed',
    );
  });

  test('deadlines, with chance taking something off', () => {
    const times = { rekeyAfter: 1000, reauthenticateAfter: 2000, lifetime: 3000, livenessInterval: 100, lifetimeJitter: 0.5 };
    const { answered } = run(alice(), [bob(options(times))]);
    // `random` gives 0x80808080, which is 0.50196 of 2^32.
    const { expire, rekey, reauthenticate, liveness, keepalive } = established(answered).deadlines;
    expect([expire, liveness, keepalive]).toEqual([8000, 5100, Infinity]);
    expect([Math.round(rekey), Math.round(reauthenticate)]).toEqual([5749, 6498]);
  });
});

describe('RFC 7296 section 1.2 and RFC 4301 section 4.4.3: which connection, which identity', () => {
  const asked = (remoteId: string): Connection => alice({ remoteId: parseIdentity(remoteId) });

  test('the first connection that takes IDi decides', () => {
    const other = connection('bob.example', '*', { remoteAuth: { method: 'shared-key', secret: secret.slice(1) } });
    expect(established(run(alice(), [bob(), other]).answered).connection.name).toBe('bob.example to alice.example');
    // RFC 4301 section 4.4.3.1: "The PAD is an ordered database": what stands behind does not help.
    expect(refusal(() => run(alice(), [other, bob()])).code).toBe('authentication-failed');
  });

  test('"to which of the responder`s identities it wants to talk"', () => {
    const two = [
      connection('bob.example', '*', { children: bob().children }),
      connection('carol.example', '*', { children: bob().children }),
    ];
    const { answered, finished } = run(alice({ remoteId: parseIdentity('carol.example'), peer: connection('x.example', '*').peer }), two);
    expect([established(answered).connection.name, formatIdentity(established(finished).peerId)]).toEqual([
      'carol.example to *',
      'carol.example',
    ]);
  });

  test('"the responder might use some other IDr", and the initiator "can close the SA"', () => {
    const { answered, finished } = run(asked('dave.example'), [bob()]);
    expect(established(answered).localId).toEqual(parseIdentity('bob.example'));
    expect(actionOf(answered, 'audit').detail).toBe(
      'the peer asked for ID_FQDN dave.example; by connection bob.example to alice.example we are ID_FQDN bob.example',
    );
    expect(finished.sa).toMatchObject({ state: 'DELETING', error: { code: 'authentication-failed' } });
    expect((finished.sa as { error?: IpsecError }).error?.message).toContain(
      'expected ID_FQDN dave.example, which was asked for, found ID_FQDN bob.example',
    );
  });

  test('a responder that the PAD entry does not take', () => {
    const { finished } = run(alice(), [connection('mallory.example', 'alice.example', { children: bob().children })]);
    expect(finished.sa.state).toBe('DELETING');
    expect(names(finished.request?.payloads)).toBe('AUTHENTICATION_FAILED');
    expect(finished.request).toMatchObject({ exchange: 'INFORMATIONAL', about: { kind: 'deleteIke' } });
    expect(kinds(finished)).toBe('audit releaseSpi wipe');
    expect(actionOf(finished, 'audit').detail).toContain('ID_FQDN mallory.example is not in the PAD; entries of its type: bob.example');
  });

  test('RFC 7296 section 2.15: AUTH covers the RESERVED octets of an ID payload as they came', () => {
    const started = start(alice());
    const changed = started.request!.payloads.map((p) => (p.type === 'IDi' ? { ...p, body: Uint8Array.of(2, 0, 0, 1, ...p.data) } : p));
    expect(
      refusal(() => answerAuth(responderOf(record, [bob()]), openMessageOf(record, changed, false), envOf(undefined), context())).code,
    ).toBe('authentication-failed');
  });

  test('what our log says of an identity that nobody knows', () => {
    const error = refusal(() => run(alice(), [connection('bob.example', 'eve.example'), connection('bob.example', '192.0.2.0/24')]));
    expect([error.code, error.blame]).toEqual(['authentication-failed', 'peer']);
    expect(error.message).toBe(
      'ID_FQDN alice.example is not in the PAD; entries of its type: eve.example: expected an identity of connection bob.example to eve.example, ' +
        'connection bob.example to 192.0.2.0/24, found ID_FQDN alice.example, did you mean connection bob.example to eve.example?',
    );
  });
});

describe('secrets that are asked for', () => {
  const asks = { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } } as const;

  test('the initiator asks before anything is allocated; then it has said the same', () => {
    const env = envOf(fromHex('a1a1a1a1'));
    const first = startAuth(initiatorOf(record, alice(asks)), undefined, env, []);
    expect([first.ask, env.allocated, first.actions]).toEqual([ask('alice.example', 'bob.example'), 0, []]);
    const second = startAuth(initiatorOf(record, alice(asks)), undefined, env, context(secret).answers);
    expect(second.request).toEqual(start(alice(), envOf(fromHex('a1a1a1a1'))).request);
  });

  test('whom it expects: the identity that it asks for, the only one of the PAD entry, or an address', () => {
    const expected = (more: Partial<Connection>) => formatIdentity((start(alice({ ...asks, ...more })).ask as AskSharedKey).peerId);
    const entry = (id: string) => ({ peer: connection('x.example', id).peer });
    expect(
      [{ remoteId: parseIdentity('r.example') }, entry('192.0.2.7'), entry('ID_KEY_ID:0102'), entry('CN=x'), entry('jo@example.com')].map(
        expected,
      ),
    ).toEqual(['r.example', '192.0.2.7', 'ID_KEY_ID:0102', 'CN=x', 'jo@example.com']);
    for (const id of ['*', '.example', '@example.com', '192.0.2.0/24', '*, O=x']) expect(expected(entry(id))).toBe('192.0.2.2');
  });

  test('the responder asks once for both proofs', () => {
    const { payloads } = start(alice()).request!;
    const sa = responderOf(record, [bob(asks)]);
    const env = envOf(undefined);
    const first = answerAuth(sa, openMessageOf(record, payloads, false), env, context());
    expect([first.ask, first.sa, first.reply, env.allocated]).toEqual([ask('bob.example', 'alice.example'), sa, undefined, 0]);
    expect(answerAuth(sa, openMessageOf(record, payloads, false), env, context(secret)).sa.state).toBe('ESTABLISHED');
  });

  test('the initiator asks for the secret of the responder that it has heard', () => {
    const { answered, asked } = run(alice(), [bob()]);
    const sa = { ...(asked.sa as AuthSent), connection: alice({ remoteAuth: { method: 'ask-shared-key' } }) };
    const message = openMessageOf(record, answered.reply!, true);
    expect(finishAuth(sa, message, envOf(undefined), context()).ask).toEqual(ask('alice.example', 'bob.example'));
    expect(finishAuth(sa, message, envOf(undefined), context(secret)).sa.state).toBe('ESTABLISHED');
    expect(finishAuth(sa, message, envOf(undefined), context(undefined)).sa.state).toBe('DELETING');
  });

  test.each([
    ['none', undefined],
    ['empty', new Uint8Array(0)],
    ['a string', 'secret'],
  ])('%s is no secret', (_, answer) => {
    const message = openMessageOf(
      record,
      start(alice({ localAuth: { method: 'shared-key', secret: Uint8Array.of(1) } })).request!.payloads,
      false,
    );
    const error = refusal(() => answerAuth(responderOf(record, [bob(asks)]), message, envOf(undefined), context(answer)));
    expect(error.message).toContain('expected a shared secret of one octet or more, found none');
    const own = startAuth(initiatorOf(record, alice(asks)), undefined, envOf(undefined), context(answer).answers);
    expect(own.sa.state).toBe('CLOSED');
    expect(actionOf(own, 'closed').error?.code).toBe('authentication-failed');
  });

  test('an empty secret in a connection proves nothing, to either side', () => {
    const empty = { method: 'shared-key', secret: new Uint8Array(0) } as const;
    expect(start(alice({ localAuth: empty })).sa.state).toBe('CLOSED');
    expect(refusal(() => run(alice(), [bob({ remoteAuth: empty })])).code).toBe('authentication-failed');
  });
});

describe('RFC 7296 section 2.21.2: authentication has succeeded, the Child SA has not', () => {
  test('TS_UNACCEPTABLE: "the IKE SA is still created as usual"', () => {
    const { answered, finished } = run(alice(), [bob({ children: [policy('other', '10.9.0.0/16', '10.8.0.0/16')] })]);
    expect(names(answered.reply)).toBe('IDr AUTH TS_UNACCEPTABLE');
    expect(kinds(answered)).toBe('established audit wipe');
    expect(actionOf(answered, 'audit').detail).toContain('10.9.0.0/16');
    expect(established(answered).children).toEqual([]);
    expect(kinds(finished)).toBe('established childFailed releaseSpi audit wipe');
    expect(actionOf(finished, 'childFailed')).toMatchObject({ policy: 'net', error: { code: 'ts-unacceptable', blame: 'peer' } });
    expect(established(finished).children).toEqual([]);
  });

  test.each([
    ['NO_PROPOSAL_CHOSEN', policy('net', '10.2.0.0/16', '10.1.0.0/16', { mode: 'transport' })],
    ['NO_ADDITIONAL_SAS', undefined],
  ])('%s', (notify, child) => {
    const { answered, finished } = run(alice(), [bob({ children: child ? [child] : [] })]);
    expect(names(answered.reply)).toBe(`IDr AUTH ${notify}`);
    expect(actionOf(finished, 'childFailed').error.message).toContain(`found ${notify}`);
  });

  test('an answer that we cannot use is deleted, and the IKE SA stays', () => {
    const { asked, answered } = run(alice(), [bob()]);
    const reply = answered.reply!.map((p) => (p.type === 'TSr' ? { ...p, selectors: [selector('10.0.0.0/8')] } : p));
    const finished = finishAuth(asked.sa as AuthSent, openMessageOf(record, reply, true), envOf(undefined), context());
    expect(kinds(finished)).toBe('established childFailed releaseSpi wipe');
    expect(established(finished).tasks).toEqual([
      { kind: 'notify', payloads: [{ type: 'D', protocol: 'ESP', spis: [fromHex('a1a1a1a1')] }], notBefore: 5000 },
    ]);
  });

  test('neither a Child SA nor a reason', () => {
    const { asked, answered } = run(alice(), [bob()]);
    const reply = answered.reply!.filter(({ type }) => type === 'IDr' || type === 'AUTH');
    const finished = finishAuth(asked.sa as AuthSent, openMessageOf(record, reply, true), envOf(undefined), context());
    expect(established(finished).children).toEqual([]);
    expect(actionOf(finished, 'childFailed').error.code).toBe('peer-refused');
  });

  test('INVALID_SYNTAX ends the IKE SA for both', () => {
    const add = [createNotify('IPCOMP_SUPPORTED', Uint8Array.of(1))];
    const { payloads } = start(alice()).request!;
    const answered = answerAuth(
      responderOf(record, [bob()]),
      openMessageOf(record, [...payloads, ...add], false),
      envOf(undefined),
      context(),
    );
    expect([names(answered.reply), answered.sa.state, kinds(answered)]).toEqual(['INVALID_SYNTAX', 'CLOSED', 'wipe closed']);
  });

  test('SA, TSi and TSr belong together: "The receiver should not verify the payloads related to authentication in this case."', () => {
    const { payloads } = start(alice()).request!;
    for (const type of ['SA', 'TSi', 'TSr']) {
      const message = openMessageOf(record, payloads.filter((p) => p.type !== type), false); // prettier-ignore
      expect(refusal(() => answerAuth(responderOf(record, [bob()]), message, envOf(undefined), context())).code).toBe('invalid-syntax');
    }
  });

  test('RFC 7296 section 2.16: who wants EAP is refused where no connection has it', () => {
    const { payloads } = start(alice()).request!;
    const message = openMessageOf(record, payloads.filter((p) => p.type !== 'AUTH'), false); // prettier-ignore
    const error = refusal(() => offerEap(responderOf(record, [bob()]), message, envOf(undefined), context()));
    expect([error.code, error.found]).toEqual(['authentication-failed', 'none: it wants EAP']);
  });
});

describe('RFC 7296 sections 2.19 and 3.15.4: addresses', () => {
  const client = (wants: ('ipv4' | 'dns4')[] = ['ipv4', 'dns4']): Connection =>
    alice({
      configuration: { wants },
      children: [policy('net', '10.1.0.0/16', '10.2.0.0/16', { local: [{ ...selector('0.0.0.0/0'), addresses: 'dynamic' }] })],
    });
  const server = (more: Partial<Connection> = {}): Connection =>
    bob({
      children: [policy('net', '10.2.0.0/16', '10.1.0.0/16', { remote: [{ ...selector('0.0.0.0/0'), addresses: 'dynamic' }] })],
      ...more,
    });
  const given: Configuration = {
    addresses: [{ address: parseAddress('10.3.0.1') }],
    dns: [parseAddress('10.2.0.53')],
    domains: [],
    nbns: [],
    dhcp: [],
    pCscf: [],
    subnets: [],
    unknown: [],
  };

  test('CP before SA, the address assigned, and the Child SA is for it', () => {
    const { asked, answered, finished } = run(client(), [server()], { env: { configure: () => given } });
    expect(names(asked.request?.payloads)).toBe('IDi INITIAL_CONTACT AUTH CP SA TSi TSr');
    expect(names(answered.reply)).toBe('IDr AUTH CP SA TSi TSr');
    expect(established(answered).leased.map(formatAddress)).toEqual(['10.3.0.1']);
    expect(established(finished).assigned).toMatchObject({ addresses: [{ address: parseAddress('10.3.0.1') }], dns: given.dns });
    expect(established(finished).children[0]!.local.map(formatTrafficSelector)).toEqual(['10.3.0.1']);
    expect(actionOf(finished, 'established').assigned).toBe(established(finished).assigned);
  });

  test('the one who asks is the one who was authenticated', () => {
    const peers: string[] = [];
    const configure: IkeEnv['configure'] = (peer, { wants }) => {
      peers.push(`${formatIdentity(peer)} ${wants.join()}`);
      return given;
    };
    run(client(), [server()], { env: { configure } });
    expect(peers).toEqual(['alice.example ipv4,dns4']);
    const liar = { ...client(), localAuth: { method: 'shared-key', secret: secret.slice(1) } } as const;
    expect(refusal(() => run(liar, [server()], { env: { configure } })).code).toBe('authentication-failed');
    expect(peers.length).toBe(1);
  });

  test('INTERNAL_ADDRESS_FAILURE: "no Child SA will be created"', () => {
    const { answered, finished } = run(client(), [server()], { env: { configure: () => undefined } });
    expect(names(answered.reply)).toBe('IDr AUTH INTERNAL_ADDRESS_FAILURE');
    expect(established(answered)).toMatchObject({ children: [], leased: [] });
    expect(actionOf(finished, 'childFailed').error.code).toBe('internal-address-failure');
  });

  test('FAILED_CP_REQUIRED: "it simply causes the Child SA creation to fail"', () => {
    const { answered, finished } = run(alice(), [bob({ requiresConfiguration: true })], { env: { configure: () => given } });
    expect(names(answered.reply)).toBe('IDr AUTH FAILED_CP_REQUIRED');
    expect(actionOf(finished, 'childFailed').error.code).toBe('failed-cp-required');
    expect(
      established(run(client(), [server({ requiresConfiguration: true })], { env: { configure: () => given } }).answered).children.length,
    ).toBe(1);
  });

  test('"The responder MUST NOT send a CFG_REPLY without having first received a CP(CFG_REQUEST) from the initiator"', () => {
    const { answered } = run(alice(), [bob()], { env: { configure: () => given } });
    expect(names(answered.reply)).toBe('IDr AUTH SA TSi TSr');
    expect(established(answered).leased).toEqual([]);
  });

  test('"it can simply ignore all Configuration payloads"; the client "will treat a response without CFG_REPLY as an error"', () => {
    const { answered, finished } = run(client(), [bob({ children: [policy('net', '10.2.0.0/16', '10.1.0.0/16')] })]);
    expect(names(answered.reply)).toBe('IDr AUTH SA TSi TSr');
    expect(actionOf(finished, 'childFailed').error.message).toContain('expected CFG_REPLY with an address, found none');
    expect(established(finished)).toMatchObject({
      children: [],
      assigned: undefined,
      tasks: [{ kind: 'notify', payloads: [{ type: 'D' }] }],
    });
  });

  test('who only wants to know of name servers needs no address', () => {
    const { answered, finished } = run({ ...client(['dns4']), children: alice().children }, [bob()], {
      env: { configure: () => undefined },
    });
    expect(names(answered.reply)).toBe('IDr AUTH SA TSi TSr');
    expect(established(finished).children.length).toBe(1);
  });

  test('an address whose Child SA fails is free again', () => {
    const other = server({ children: [policy('net', '10.9.0.0/16', '10.1.0.0/16')] });
    const { answered } = run(client(), [other], { env: { configure: () => given } });
    expect(names(answered.reply)).toBe('IDr AUTH TS_UNACCEPTABLE');
    expect(formatAddress(actionOf(answered, 'releaseAddress').address)).toBe('10.3.0.1');
    expect(established(answered).leased).toEqual([]);
    const payloads = [...start(client()).request!.payloads, createNotify('IPCOMP_SUPPORTED', Uint8Array.of(1))];
    const fatal = answerAuth(
      responderOf(record, [server()]),
      openMessageOf(record, payloads, false),
      envOf(undefined, { configure: () => given }),
      context(),
    );
    expect([fatal.sa.state, kinds(fatal)]).toEqual(['CLOSED', 'releaseAddress wipe closed']);
  });

  test('a configuration that has no octets is our fault, not the peer`s', () => {
    const { answered } = run(client(), [server()], { env: { configure: () => ({ ...given, dns: [Uint8Array.of(1)] }) } });
    expect(names(answered.reply)).toBe('IDr AUTH INTERNAL_ADDRESS_FAILURE');
    expect(kinds(answered)).toBe('established releaseAddress audit wipe');
  });
});

describe('RFC 6023: an IKE SA without Child SAs', () => {
  const { spiI, spiR } = record;
  const header = { spiI, spiR, exchange: 'IKE_SA_INIT', isInitiator: false, isResponse: true, messageId: 0 } as const;
  const withPayloads = (...payloads: Payload[]): AuthRecord => ({ ...record, message2: encodeMessage({ ...header, payloads }) });
  const supported = withPayloads(createNotify('CHILDLESS_IKEV2_SUPPORTED'));
  const startWithout = (initiator: Connection): Outcome => start(initiator, envOf(undefined), withPayloads());

  test('"A supporting initiator MAY send the modified IKE_AUTH request, described in Section 5, if the notification was included"', () => {
    for (const initiator of [
      alice({ children: [] }),
      alice(options({ childless: true })),
      alice({ children: [policy('x', '10.1.0.0/16', '10.2.0.0/16', { start: false })] }),
    ]) {
      const { asked, answered, finished } = run(initiator, [bob()], { record: supported });
      expect(names(asked.request?.payloads)).toBe('IDi INITIAL_CONTACT AUTH');
      expect(names(answered.reply)).toBe('IDr AUTH');
      expect([kinds(answered), kinds(finished)]).toEqual(['established wipe', 'established wipe']);
      expect(established(finished).tasks.length).toBe(initiator.options.childless ? 1 : 0);
    }
  });

  test('"The initiator MUST NOT send the modified IKE_AUTH request if the notification was not present."', () => {
    expect(names(startWithout(alice(options({ childless: true }))).request?.payloads)).toBe('IDi INITIAL_CONTACT AUTH SA TSi TSr');
    const none = startWithout(alice({ children: [] }));
    expect([none.sa.state, kinds(none)]).toEqual(['CLOSED', 'wipe closed']);
    expect(actionOf(none, 'closed').error?.message).toContain('CHILDLESS_IKEV2_SUPPORTED');
  });

  test('what a connection cannot offer ends it, with the reason', () => {
    const bad = start(alice({ children: [policy('net', '10.1.0.0/16', '10.2.0.0/16', { proposals: [] })] }));
    expect([bad.sa.state, actionOf(bad, 'closed').error?.code]).toEqual(['CLOSED', 'invalid-config']);
  });
});
