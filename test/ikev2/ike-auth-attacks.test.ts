/** IKE_AUTH under attack: messages go through `step`, sealed with the keys of the IKE SA, as somebody can who has done IKE_SA_INIT and no more. */
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/bytes.js';
import { computeSharedKeyAuth, decodeMessage, decodePayloads, encodeSignedOctets, openSk, type Payload, sealSk } from '../../src/ike.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv, StepResult } from '../../src/ikev2/events.js';
import { startAuth } from '../../src/ikev2/exchange/ike-auth.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { step } from '../../src/ikev2/sa.js';
import { sendRequest } from '../../src/ikev2/send.js';
import type { AuthSent, InitAnswered } from '../../src/ikev2/states.js';
import { parsePadId } from '../../src/pad.js';
import type { PrfRow } from '../../src/suite/types-ike.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { authRecords, type AuthRecord, connectionOf, envOf, initiatorOf, pathOf, responderOf } from './auth-records.js';

type Exchange = 'IKE_SA_INIT' | 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'INFORMATIONAL';
const random = (octets: Uint8Array): void => void octets.fill(0x42);
const record = authRecords.find(({ name }) => name.startsWith('ikev2-psk '))!;
const right = connectionOf(record, 'responder', record.secretOfInitiator);

/** A message of the initiator to the responder. */
function toResponder(
  sa: InitAnswered,
  r: AuthRecord,
  payloads: readonly Payload[],
  env: IkeEnv,
  exchange: Exchange = 'IKE_AUTH',
  more = {},
): StepResult {
  const { seal } = initiatorOf(r, right).crypto;
  const header = { spiI: r.spiI, spiR: r.spiR, exchange, isInitiator: true, isResponse: false, messageId: 1, ...more };
  const { local, remote } = pathOf(r, 'responder');
  return step(sa, { type: 'datagram', data: sealSk(seal, header, payloads, random), from: remote, to: local }, env);
}
/** What the peer can read of the answers. */
function readAnswers(r: AuthRecord, { actions }: StepResult): string[] {
  return actions
    .filter((a): a is Extract<IkeAction, { type: 'send' }> => a.type === 'send')
    .map(({ data }) => {
      const opened = openSk(initiatorOf(r, right).crypto.open, decodeMessage(data));
      if (!opened.ok) throw new Error(opened.reason);
      return decodePayloads(opened.firstPayload, opened.octets)
        .map((p) => (p.type === 'N' ? `N(${p.notify})` : p.type))
        .join(' ');
    });
}
const gains: readonly IkeAction['type'][] = ['established', 'installChild', 'newIkeSa', 'handOver'];
const gained = ({ actions }: StepResult): boolean => actions.some(({ type }) => gains.includes(type));

describe('row 3: payloads that are missing', () => {
  const totals = { established: 0, refused: 0 };

  test.each(authRecords.map((r) => [r.name, r] as const))('%s: each payload and each pair dropped', (_, r) => {
    const connection = connectionOf(r, 'responder', r.secretOfInitiator);
    const { length } = r.request;
    for (let i = 0; i < length; i++)
      for (let j = i; j < length; j++) {
        const payloads = r.request.filter((_p, at) => at !== i && at !== j);
        const env = envOf(undefined);
        const result = toResponder(responderOf(r, [connection]), r, payloads, env);
        const types = payloads.map(({ type }) => type);
        const child = ['SA', 'TSi', 'TSr'].filter((type) => types.includes(type as Payload['type'])).length;
        if (types.includes('IDi') && types.includes('AUTH') && (child === 0 || child === 3)) {
          expect(result.sa.state).toBe('ESTABLISHED');
          totals.established++;
          continue;
        }
        expect([result.sa.state, gained(result), env.allocated]).toEqual(['CLOSED', false, 0]);
        // RFC 7296 section 2.16: without AUTH it is EAP that is wanted.
        const expected = types.includes('IDi') && !types.includes('AUTH') ? 'N(AUTHENTICATION_FAILED)' : 'N(INVALID_SYNTAX)';
        expect(readAnswers(r, result)).toEqual([expected]);
        expect(result.actions.find((a) => a.type === 'closed')?.error?.blame).toBe('peer');
        totals.refused++;
      }
  });

  test('all of them together', () => {
    expect(totals).toEqual({ established: 1136, refused: 2928 });
  });

  test('twice the same, and what has no business there', () => {
    const { request } = record;
    for (const type of ['IDi', 'AUTH', 'SA', 'TSi', 'TSr', 'IDr'] as const) {
      const result = toResponder(responderOf(record, [right]), record, [...request, findPayload(request, type)!], envOf(undefined));
      expect([result.sa.state, gained(result)]).toEqual(['CLOSED', false]);
    }
    for (const extra of [
      { type: 'Nonce', data: new Uint8Array(32) },
      { type: 'KE', method: 31, data: new Uint8Array(32) },
      { type: 'D', protocol: 'IKE', spis: [] },
    ] as const) {
      const result = toResponder(responderOf(record, [right]), record, [...request, extra], envOf(undefined));
      expect([result.sa.state, gained(result), readAnswers(record, result)]).toEqual(['CLOSED', false, ['N(INVALID_SYNTAX)']]);
    }
  });

  test('the initiator: each payload of the response dropped', () => {
    for (const r of authRecords.filter(({ response }) => findPayload(response, 'IDr'))) {
      for (const dropped of r.response) {
        const sa = initiatorSent(r);
        const result = toInitiator(sa, r, r.response.filter((p) => p !== dropped)); // prettier-ignore
        if (dropped.type === 'IDr' || dropped.type === 'AUTH') expect(gained(result)).toBe(false);
        else if (findPayload(r.response, 'AUTH')?.method === 'Shared Key Message Integrity Code')
          expect(result.sa.state).toBe('ESTABLISHED');
        if (['SA', 'TSi', 'TSr'].includes(dropped.type)) expect(result.actions.some(({ type }) => type === 'installChild')).toBe(false);
      }
    }
  });
});

/** The initiator, waiting for the response. */
function initiatorSent(r: AuthRecord): AuthSent {
  const connection = connectionOf(r, 'initiator', r.secretOfInitiator);
  const spi = findPayload(r.request, 'SA')?.proposals[0]?.spi;
  const base = initiatorOf(r, connection);
  const begun = startAuth({ ...base, windows: { ...base.windows, nextOwnId: 1 } }, undefined, envOf(spi), []);
  return sendRequest(begun.sa as AuthSent, begun.request!, envOf(spi)).sa;
}
/** A message of the responder to the initiator. */
function toInitiator(sa: AuthSent, r: AuthRecord, payloads: readonly Payload[], exchange: Exchange = 'IKE_AUTH', more = {}): StepResult {
  const header = { spiI: r.spiI, spiR: r.spiR, exchange, isInitiator: false, isResponse: true, messageId: 1, ...more };
  const { local, remote } = pathOf(r, 'initiator');
  const data = sealSk(responderOf(r, []).crypto.seal, header, payloads, random);
  return step(sa, { type: 'datagram', data, from: remote, to: local }, envOf(undefined));
}

describe('row 10: out of turn', () => {
  const { request, response } = record;
  const pick = (payloads: readonly Payload[], ...types: Payload['type'][]): Payload[] =>
    payloads.filter(({ type }) => types.includes(type));
  const nonce: Payload = { type: 'Nonce', data: new Uint8Array(32) };
  const ike: Payload = { type: 'SA', proposals: [{ proposalNum: 1, protocol: 'IKE', spi: new Uint8Array(8).fill(1), transforms: [] }] };
  const ke: Payload = { type: 'KE', method: 31, data: new Uint8Array(32).fill(9) };
  const child = [...pick(request, 'SA'), nonce, ...pick(request, 'TSi', 'TSr')];
  const rekey = createNotify('REKEY_SA', undefined, { protocol: 'ESP', spi: Uint8Array.of(1, 2, 3, 4) });
  const messages: [string, readonly Payload[]][] = [
    ['nothing', []],
    ['a Delete of the IKE SA', [{ type: 'D', protocol: 'IKE', spis: [] }]],
    ['a Delete of a Child SA', [{ type: 'D', protocol: 'ESP', spis: [Uint8Array.of(1, 2, 3, 4)] }]],
    ['a rekey of the IKE SA', [ike, nonce, ke]],
    ['a Child SA', child],
    ['a rekey of a Child SA', [rekey, ...child]],
    ['INITIAL_CONTACT', [createNotify('INITIAL_CONTACT')]],
    ['EAP', [{ type: 'EAP', code: 'Success', identifier: 1, data: new Uint8Array(0) }]],
    ['the other role`s IKE_AUTH', [...pick(response, 'IDr', 'AUTH'), ...child]],
    ['AUTH alone', pick(request, 'AUTH')],
    ['an error', [createNotify('AUTHENTICATION_FAILED')]],
  ];
  const exchanges: Exchange[] = ['IKE_SA_INIT', 'IKE_AUTH', 'CREATE_CHILD_SA', 'INFORMATIONAL'];
  const cases = exchanges.flatMap((exchange) => messages.map(([name, payloads]) => [exchange, name, payloads] as const));

  test.each(cases)('to a responder before IKE_AUTH: %s with %s', (exchange, _, payloads) => {
    for (const messageId of [0, 1, 2])
      for (const isResponse of [false, true]) {
        const env = envOf(undefined);
        const sa = responderOf(record, [right]);
        const result = toResponder(sa, record, payloads, env, exchange, { messageId, isResponse });
        expect([gained(result), env.allocated]).toEqual([false, 0]);
        expect(['INIT_ANSWERED', 'CLOSED']).toContain(result.sa.state);
      }
  });

  test.each(cases)('to an initiator before the answer: %s with %s', (exchange, _, payloads) => {
    for (const messageId of [0, 1, 2])
      for (const isResponse of [false, true]) {
        const sa = initiatorSent(record);
        const result = toInitiator(sa, record, payloads, exchange, { messageId, isResponse });
        expect(gained(result)).toBe(false);
        expect(['AUTH_SENT', 'CLOSED', 'DELETING']).toContain(result.sa.state);
      }
  });

  test('what is sealed with other keys changes nothing at all', () => {
    const other = authRecords.find((r) => r !== record && r.suite.encryption === record.suite.encryption)!;
    const forged: AuthRecord = { ...other, spiI: record.spiI, spiR: record.spiR, path: record.path };
    const sa = responderOf(record, [right]);
    const result = toResponder(sa, forged, record.request, envOf(undefined));
    expect([result.sa, result.actions.map(({ type }) => type)]).toEqual([sa, ['audit']]);
  });

  test('RFC 7296 section 2.15: the initiator`s own words do not authenticate the responder', () => {
    const [idi] = pick(request, 'IDi');
    const echo = [{ ...idi!, type: 'IDr' } as Payload, ...pick(request, 'AUTH'), ...pick(response, 'SA', 'TSi', 'TSr')];
    const result = toInitiator(initiatorSent(record), record, echo);
    expect([result.sa.state, gained(result)]).toEqual(['DELETING', false]);
    const identity = pick(response, 'IDr');
    expect(gained(toInitiator(initiatorSent(record), record, [...identity, ...pick(request, 'AUTH', 'SA', 'TSi', 'TSr')]))).toBe(false);
  });

  test('the answer to a bad responder: AUTHENTICATION_FAILED, and closed with the reason once that is answered', () => {
    const auth = { ...findPayload(response, 'AUTH')!, data: new Uint8Array(32) };
    const rejected = toInitiator(initiatorSent(record), record, [...pick(response, 'IDr'), auth, ...pick(response, 'SA', 'TSi', 'TSr')]);
    expect([rejected.sa.state, rejected.sa.state === 'DELETING' && rejected.sa.children]).toEqual(['DELETING', []]);
    expect(readInitiator(rejected)).toEqual([['INFORMATIONAL', 2, 'N(AUTHENTICATION_FAILED)']]);
    const end = toInitiator(rejected.sa as never, record, [], 'INFORMATIONAL', { messageId: 2 });
    expect(end.sa.state).toBe('CLOSED');
    expect(end.actions.find((a) => a.type === 'closed')?.error?.code).toBe('authentication-failed');
  });
});

function readInitiator({ actions }: StepResult): unknown[] {
  return actions
    .filter((a): a is Extract<IkeAction, { type: 'send' }> => a.type === 'send')
    .map(({ data }) => {
      const message = decodeMessage(data);
      const opened = openSk(responderOf(record, []).crypto.open, message);
      if (!opened.ok) throw new Error(opened.reason);
      const inside = decodePayloads(opened.firstPayload, opened.octets).map((p) => (p.type === 'N' ? `N(${p.notify})` : p.type));
      return [message.exchange, message.messageId, inside.join(' ')];
    });
}

describe('RFC 7296 section 2.21.2: what an unauthenticated peer can learn', () => {
  const cases: [string, readonly Connection[], Payload[]][] = [
    ['a wrong secret', [{ ...right, remoteAuth: { method: 'shared-key', secret: Uint8Array.of(1) } }], []],
    ['an unknown identity', [{ ...right, peer: { ...right.peer, id: parsePadId('somebody.else.example') } }], []],
    ['no secret', [{ ...right, remoteAuth: { method: 'shared-key', secret: new Uint8Array(0) } }], []],
    ['no connection at all', [{ ...right, peer: { ...right.peer, id: parsePadId('192.0.2.0/24') } }], []],
    ['a signature where a secret is expected', [right], [{ ...findPayload(record.request, 'AUTH')!, method: 'Digital Signature' }]],
    ['octets that are no identity', [right], [{ ...findPayload(record.request, 'IDi')!, idType: 'ID_IPV6_ADDR' }]],
    ['AUTH that is cut', [right], [{ ...findPayload(record.request, 'AUTH')!, data: new Uint8Array(0) }]],
  ];

  test('is one and the same, and takes the same work', () => {
    const seen = cases.map(([name, connections, changed]) => {
      const counted = { keyed: 0, computed: 0 };
      const sa = responderOf(record, connections);
      const payloads = record.request.map((p) => changed.find(({ type }) => type === p.type) ?? p);
      const result = toResponder(
        { ...sa, crypto: { ...sa.crypto, suite: { ...sa.crypto.suite, prf: counting(sa.crypto.suite.prf, counted) } } },
        record,
        payloads,
        envOf(undefined),
      );
      expect([name, result.sa.state, gained(result)]).toEqual([name, 'CLOSED', false]);
      const [sent] = result.actions.filter((a) => a.type === 'send').map(({ data }) => data.length);
      return [readAnswers(record, result), sent, counted];
    });
    for (const one of seen) expect(one).toEqual(seen[0]);
    expect(seen[0]![0]).toEqual(['N(AUTHENTICATION_FAILED)']);
    // prf(SK_pi, IDi'), prf(secret, "Key Pad for IKEv2"), prf(that, octets)
    expect(seen[0]![2]).toEqual({ keyed: 3, computed: 3 });
  });

  test('while our log has the reason', () => {
    const reasons = cases.map(([, connections, changed]) => {
      const payloads = record.request.map((p) => changed.find(({ type }) => type === p.type) ?? p);
      const { actions } = toResponder(responderOf(record, connections), record, payloads, envOf(undefined));
      return actions.find((a) => a.type === 'closed')!.error!.message;
    });
    expect(new Set(reasons).size).toBe(cases.length);
    expect(reasons[0]).toContain('expected AUTH of 32 octets made with the secret of these two');
    expect(reasons[1]).toContain('ID_FQDN a.example.org is not in the PAD; entries of its type: somebody.else.example');
    expect(reasons[4]).toContain('expected Shared Key Message Integrity Code, found AUTH of method Digital Signature');
  });
});

function counting(row: PrfRow, counted: { keyed: number; computed: number }): PrfRow {
  return {
    ...row,
    create(key) {
      counted.keyed++;
      const made = row.create(key);
      return {
        ...made,
        compute(...parts) {
          counted.computed++;
          return made.compute(...parts);
        },
      };
    },
  };
}

describe('row 38: identities of every type', () => {
  const anyone: Connection = { ...right, peer: { ...right.peer, id: { type: 'any' } } };
  const { message1, Nr, keys, suite, secretOfInitiator } = record;
  /** An ID payload with the AUTH that belongs to it, by somebody who has the secret. */
  const authenticated = (idType: number, data: Uint8Array, reserved = 0): Payload[] => {
    const idBody = concat(Uint8Array.of(idType, 0, 0, reserved), data);
    const octets = encodeSignedOctets(suite.prf, { message: message1, nonce: Nr, idBody, SK_p: keys.SK_pi });
    const auth = computeSharedKeyAuth(suite.prf, secretOfInitiator, octets);
    return record.request.map((p): Payload => {
      if (p.type === 'IDi') return { ...p, idType, data };
      return p.type === 'AUTH' ? { ...p, data: auth } : p;
    });
  };

  test('are an identity, or nobody', () => {
    const types = new Set<number>();
    for (let idType = 0; idType < 256; idType++)
      for (const data of [
        new Uint8Array(0),
        Uint8Array.of(0x30, 0),
        new Uint8Array(4),
        new Uint8Array(16),
        new TextEncoder().encode('a.b'),
        new Uint8Array(300).fill(0x30),
      ]) {
        const result = toResponder(responderOf(record, [anyone]), record, authenticated(idType, data), envOf(undefined));
        if (result.sa.state === 'ESTABLISHED') types.add(idType);
        else expect([result.sa.state, readAnswers(record, result)]).toEqual(['CLOSED', ['N(AUTHENTICATION_FAILED)']]);
      }
    expect([...types]).toEqual([1, 2, 3, 5, 9, 11]);
  });

  test('RFC 7296 section 3.5: "RESERVED - MUST be sent as zero; MUST be ignored on receipt", and AUTH covers it', () => {
    const { local, remote } = pathOf(record, 'responder');
    const name = new TextEncoder().encode('a.example.org');
    const answer = (signed: number, sent: number): StepResult => {
      const data = sealReserved(authenticated(2, name, signed), sent);
      return step(responderOf(record, [right]), { type: 'datagram', data, from: remote, to: local }, envOf(undefined));
    };
    const { sa } = answer(7, 7);
    expect(sa.state === 'ESTABLISHED' && sa.peerId).toEqual(parseIdentity('a.example.org'));
    expect([answer(7, 0), answer(0, 7), answer(0, 0)].map((result) => result.sa.state)).toEqual(['CLOSED', 'CLOSED', 'ESTABLISHED']);
  });

  /** Seals payloads and then, in what is to be encrypted, sets the last RESERVED octet of the first one. */
  function sealReserved(payloads: readonly Payload[], reserved: number): Uint8Array {
    const { spiI, spiR } = record;
    const header = { spiI, spiR, exchange: 'IKE_AUTH', isInitiator: true, isResponse: false, messageId: 1 } as const;
    const { seal } = initiatorOf(record, right).crypto;
    const message = sealSk(seal, header, payloads, random);
    const start = 28 + 4; // IKE header, generic header of SK
    const plain = responderOf(record, []).crypto.open.open(message, start)!;
    plain[7] = reserved;
    message.fill(0x77, start, start + seal.ivLength);
    message.set(plain, start + seal.ivLength);
    seal.seal(message, start);
    return message;
  }
});
