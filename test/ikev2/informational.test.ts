/** INFORMATIONAL exchanges: Deletes, notifications, configuration. */
import { describe, expect, test } from 'vitest';
import type { OpenMessage } from '../../src/ikev2/events.js';
import { refuseTemporarily } from '../../src/ikev2/exchange/busy.js';
import { answerChildDelete, answerInformational, finishChildDelete, finishInformational } from '../../src/ikev2/exchange/informational.js';
import { createNotify, encodeNotifyData } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import type { ChildSa, Established, OwnRequest } from '../../src/ikev2/states.js';
import { openLast } from './open-last.js';
import { deliver, expectAgreement, happen, lose, saOf, setClock, settle, twoHosts } from './two-hosts.js';

const spi = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const deleteOf = (protocol: 'ESP' | 'AH', ...spis: number[]): Payload => ({ type: 'D', protocol, spis: spis.map(spi) });
const plain = (): Established => saOf(twoHosts().a) as Established;
const request = (payloads: readonly Payload[], messageId = 0): OpenMessage => ({
  exchange: 'INFORMATIONAL',
  messageId,
  isResponse: false,
  payloads,
  raw: new Uint8Array(28),
  path: plain().path,
});
const outstanding = (about: OwnRequest['about']): OwnRequest => ({
  messageId: 2,
  exchange: 'INFORMATIONAL',
  about,
  payloads: [],
  datagrams: [],
  tries: 1,
  sizeIndex: 0,
  retransmitAt: Infinity,
});

describe('RFC 7296 section 1.4.1', () => {
  test('"one includes Delete payloads for the inbound half of each SA pair": one Delete for each protocol, each SPI once', () => {
    const [esp] = plain().children;
    const more = (spiIn: number, spiOut: number, protocol: 'ESP' | 'AH'): ChildSa => ({
      ...esp!,
      spiIn,
      spiOut,
      suite: { ...esp!.suite, protocol },
    });
    const children = [more(1, 11, 'ESP'), more(2, 12, 'AH'), more(3, 13, 'ESP'), more(4, 12, 'ESP')];
    const outcome = answerChildDelete({ ...plain(), children }, request([deleteOf('ESP', 11, 13, 11, 99), deleteOf('AH', 12, 13)]));
    expect(outcome.reply).toEqual([deleteOf('AH', 2), deleteOf('ESP', 1, 3)]);
    expect((outcome.sa as Established).children.map(({ spiIn }) => spiIn)).toEqual([4]);
    expect(outcome.actions.map((a) => (a.type === 'removeChild' ? [a.child.spiIn, a.reason] : a.type))).toEqual([
      [1, 'peer-deleted'],
      [3, 'peer-deleted'],
      [2, 'peer-deleted'],
      'audit',
      'audit',
    ]);
  });

  test('"one never sends Delete payloads for the two sides of an SA in a single message": our own SPIs are not the peer\'s to name', () => {
    const outcome = answerChildDelete(plain(), request([deleteOf('ESP', 0xa000)]));
    expect(outcome.reply).toEqual([]);
    expect((outcome.sa as Established).children).toHaveLength(1);
  });

  test('"If a node receives a delete request for SAs for which it has already issued a delete request [...] the responses MUST NOT include Delete payloads for the deleted SAs"', () => {
    const hosts = twoHosts();
    happen(hosts.a, { type: 'deleteChild', spiIn: 0xa000 });
    happen(hosts.b, { type: 'deleteChild', spiIn: 0xb000 });
    deliver(hosts.a, hosts.b);
    expect(openLast(hosts.b)).toEqual([]);
    settle(hosts);
    expectAgreement(hosts, 0);
  });

  test('"The response to a request that deletes the IKE SA is an empty INFORMATIONAL response.", and all Child SAs go, at both ends', () => {
    const hosts = twoHosts();
    happen(hosts.a, { type: 'delete', reason: 'because' });
    expect(saOf(hosts.a).state).toBe('DELETING');
    expect(hosts.a.sad.size).toBe(0);
    deliver(hosts.a, hosts.b);
    expect(openLast(hosts.b)).toEqual([]);
    expect(hosts.b.actions.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'deleted by the peer', error: undefined });
    settle(hosts);
    expect(hosts.a.actions.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'because', error: undefined });
    expect([hosts.a.sad.size, hosts.b.sad.size]).toEqual([0, 0]);
  });

  test('the answer does not matter: our halves go', () => {
    const sa: Established = plain();
    const about = { kind: 'deleteChild', spis: [0xa000, 0xdead], reason: 'replaced' } as const;
    for (const payloads of [[], [deleteOf('ESP', 0xb000)], [deleteOf('AH', 1)], [createNotify('TEMPORARY_FAILURE')]]) {
      const outcome = finishChildDelete(sa, request(payloads), twoHosts().a.env, { request: outstanding(about), answers: [] });
      expect((outcome.sa as Established).children).toEqual([]);
      expect(outcome.actions[0]).toMatchObject({ type: 'removeChild', reason: 'replaced' });
    }
  });

  test('an SPI of another size is no SPI', () => {
    const bad: Payload = { type: 'D', protocol: 'ESP', spis: [new Uint8Array(8)] };
    expect(() => answerChildDelete(plain(), request([bad]))).toThrow(expect.objectContaining({ code: 'invalid-syntax' }) as Error);
  });
});

describe('RFC 7296 section 2.8.1, with Deletes', () => {
  const collision = { spiIn: 0xa002, nonces: [Uint8Array.of(0), Uint8Array.of(1)] } as const;
  const offer = {} as Extract<OwnRequest['about'], { kind: 'rekeyChild' }>['offer'];
  const [old] = plain().children;
  const theirs: ChildSa = { ...old!, spiIn: 0xa002, spiOut: 0xb002 };
  const colliding = (): Established => ({
    ...plain(),
    children: [{ ...old!, status: 'rekeying' }, theirs],
    windows: { ...plain().windows, outstanding: [outstanding({ kind: 'rekeyChild', offer, old: 0xa000, collision })] },
  });

  test('the peer gives up its own successor: ours is the only one, whatever the nonces say', () => {
    const outcome = answerChildDelete(colliding(), request([deleteOf('ESP', 0xb002)]));
    expect(outcome.reply).toEqual([deleteOf('ESP', 0xa002)]);
    expect(outcome.sa.windows.outstanding[0]!.about).toMatchObject({ kind: 'rekeyChild', collision: undefined });
    expect(outcome.actions).toMatchObject([{ type: 'removeChild', reason: 'redundant' }]);
  });

  test('the peer deletes the old one: its own successor stays in sight', () => {
    const outcome = answerChildDelete(colliding(), request([deleteOf('ESP', 0xb000)]));
    expect(outcome.reply).toEqual([deleteOf('ESP', 0xa000)]);
    expect(outcome.sa.windows.outstanding[0]!.about).toMatchObject({ kind: 'rekeyChild', collision });
  });

  test('the second picture: the first request is lost, and the Delete of the old one comes before it is repeated', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, { type: 'rekeyChild', spiIn: 0xa000 });
    lose(a);
    happen(b, { type: 'rekeyChild', spiIn: 0xb000 });
    deliver(b, a); // req2
    deliver(a, b); // resp2
    expect(openLast(b)).toEqual([deleteOf('ESP', 0xb000)]); // req3
    deliver(b, a);
    expect(openLast(a)).toEqual([deleteOf('ESP', 0xa000)]); // resp3
    deliver(a, b);
    setClock(hosts, 1_000); // resend req1
    deliver(a, b);
    expect(openLast(b)).toMatchObject([{ notify: 'CHILD_SA_NOT_FOUND' }]); // resp1
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('a Delete that comes before its Child SA', () => {
  test('the answer that makes the Child SA is lost, and the peer deletes it: nothing is left of it', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    deliver(a, b);
    lose(b);
    const made = [...b.sad.keys()].find((key) => key !== 0xb000)!;
    happen(b, { type: 'deleteChild', spiIn: made });
    deliver(b, a);
    expect(openLast(a)).toEqual([]);
    setClock(hosts, 1_000);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect((saOf(a) as Established).deletedEarly).toBeUndefined();
  });

  test('only so many are remembered, and none where nothing may come', () => {
    const quiet = answerChildDelete(plain(), request([deleteOf('ESP', 1, 2, 3)]));
    expect((quiet.sa as Established).deletedEarly).toBeUndefined();
    const many = Array.from({ length: 100 }, (_, i) => i);
    const waiting = answerChildDelete({ ...plain(), awaitsChildren: true }, request([deleteOf('ESP', ...many)]));
    expect((waiting.sa as Established).deletedEarly).toEqual(many.slice(36));
  });
});

describe('RFC 7296 section 1.4', () => {
  test('"That response MAY be an empty message."', () => {
    const sa = plain();
    expect(answerInformational(sa, request([]))).toEqual({ sa, reply: [], actions: [] });
    expect(finishInformational(sa, request([]))).toEqual({ sa, actions: [] });
  });

  test('RFC 7296 section 2.21.4: "The recipient MUST NOT change the state of any SAs as a result, but may wish to audit the event"', () => {
    const sa = plain();
    const errors = [
      createNotify('INVALID_SPI', spi(0xc0ffee01)),
      createNotify('INVALID_SELECTORS', new Uint8Array(20), { protocol: 'ESP', spi: spi(0xb000) }),
      createNotify('INVALID_MESSAGE_ID', encodeNotifyData('INVALID_MESSAGE_ID', { messageId: 7 })),
      createNotify('INVALID_SYNTAX'),
      createNotify('AUTHENTICATION_FAILED'),
      createNotify(9999),
    ];
    const outcome = answerInformational(sa, request(errors, 5));
    expect(outcome.sa).toBe(sa);
    expect(outcome.actions.map((action) => (action.type === 'audit' ? action.detail : action.type))).toEqual([
      'INVALID_SPI of SPI c0ffee01',
      'INVALID_SELECTORS of SPI 0000b000',
      'INVALID_MESSAGE_ID of Message ID 7',
      'INVALID_SYNTAX',
      'AUTHENTICATION_FAILED',
      'error 9999',
    ]);
  });

  test('RFC 7296 section 3.10.1: "status types in a request or response MUST be ignored"; section 2.4 of INITIAL_CONTACT: "receiving parties MAY ignore it in other messages"', () => {
    const sa = plain();
    const outcome = answerInformational(sa, request([createNotify('INITIAL_CONTACT'), createNotify(40000, new Uint8Array(3))]));
    expect(outcome).toEqual({ sa, reply: [], actions: [] });
  });
});

describe('RFC 7296 section 2.3', () => {
  const windowOf = (size: number): Payload => createNotify('SET_WINDOW_SIZE', encodeNotifyData('SET_WINDOW_SIZE', { size }));
  test.each([answerInformational, finishInformational])('"you can only increase it" (%o)', (handle) => {
    const wide = handle(plain(), request([windowOf(5)])).sa as Established;
    expect(wide.windows.ownSize).toBe(5);
    expect(handle(wide, request([windowOf(2)])).sa.windows.ownSize).toBe(5);
    expect(handle(wide, request([windowOf(0)])).sa.windows.ownSize).toBe(5);
    expect(handle(wide, request([windowOf(0xffffffff)])).sa.windows.ownSize).toBe(64);
  });

  test('"The data associated with a SET_WINDOW_SIZE notification MUST be 4 octets long"', () => {
    expect(() => answerInformational(plain(), request([createNotify('SET_WINDOW_SIZE', new Uint8Array(3))]))).toThrow(
      expect.objectContaining({ name: 'IpsecError' }) as Error,
    );
  });
});

describe('RFC 7296 section 2.21.2', () => {
  const after = (exchange: number): Established => {
    const header = new Uint8Array(28);
    header[18] = exchange;
    const sa = saOf(twoHosts().b) as Established;
    return { ...sa, windows: { ...sa.windows, replies: [{ messageId: 1, datagrams: [header] }] } };
  };
  test.each(['UNSUPPORTED_CRITICAL_PAYLOAD', 'INVALID_SYNTAX', 'AUTHENTICATION_FAILED'] as const)(
    '%s "in the INFORMATIONAL exchange immediately following it" ends the IKE SA, "without a Delete payload"',
    (notify) => {
      const outcome = answerInformational(after(35), request([createNotify(notify)], 2));
      expect(outcome.sa.state).toBe('CLOSED');
      expect(outcome.reply).toEqual([]);
      expect(outcome.actions.at(-1)).toMatchObject({ type: 'closed', error: { code: 'peer-refused' } });
      expect(outcome.actions.map(({ type }) => type)).toContain('removeChild');
    },
  );

  test('others do not, nor do these any later', () => {
    expect(answerInformational(after(35), request([createNotify('INVALID_SPI')], 2)).sa.state).toBe('ESTABLISHED');
    expect(answerInformational(after(35), request([createNotify('AUTHENTICATION_FAILED')], 3)).sa.state).toBe('ESTABLISHED');
    expect(answerInformational(after(37), request([createNotify('AUTHENTICATION_FAILED')], 2)).sa.state).toBe('ESTABLISHED');
  });
});

describe('RFC 7296 sections 2.20 and 3.15', () => {
  const ask = (payload: Payload): readonly Payload[] | undefined => answerInformational(plain(), request([payload])).reply;
  test('a version is asked for: "it MUST either return an empty string or no CP payload if CP is not supported"', () => {
    const attributes = [{ type: 'APPLICATION_VERSION' as const, value: new Uint8Array(0) }];
    expect(ask({ type: 'CP', cfgType: 'CFG_REQUEST', attributes })).toEqual([{ type: 'CP', cfgType: 'CFG_REPLY', attributes }]);
  });

  test('an address is not to be had without a Child SA', () => {
    const attributes = [{ type: 'INTERNAL_IP4_ADDRESS' as const, value: new Uint8Array(0) }];
    expect(ask({ type: 'CP', cfgType: 'CFG_REQUEST', attributes })).toEqual([{ type: 'CP', cfgType: 'CFG_REPLY', attributes: [] }]);
  });

  test('"If no attributes were accepted, the responder MUST return either an empty CFG_ACK payload or a response message without a CFG_ACK payload."', () => {
    const attributes = [{ type: 'INTERNAL_IP4_DNS' as const, value: new Uint8Array(4) }];
    expect(ask({ type: 'CP', cfgType: 'CFG_SET', attributes })).toEqual([{ type: 'CP', cfgType: 'CFG_ACK', attributes: [] }]);
    for (const cfgType of ['CFG_REPLY', 'CFG_ACK', 99] as const) expect(ask({ type: 'CP', cfgType, attributes })).toEqual([]);
  });
});

describe('RFC 7296 section 2.25.2', () => {
  test('under an IKE SA on its way out nothing is created', () => {
    const hosts = twoHosts();
    happen(hosts.a, { type: 'delete', reason: 'test' });
    const deleting = saOf(hosts.a);
    if (deleting.state !== 'DELETING') throw new Error(deleting.state);
    expect(() => refuseTemporarily(deleting)).toThrow(expect.objectContaining({ code: 'temporary-failure' }) as Error);
  });
});
