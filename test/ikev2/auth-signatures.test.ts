/**
 * IKE_AUTH with signatures against the recorded conversations of strongSwan: each side in turn is ours, and hears what the other one said.
 */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { answerAuth, finishAuth, startAuth } from '../../src/ikev2/exchange/ike-auth.js';
import type { Answered, Ask, Outcome } from '../../src/ikev2/events.js';
import { findPayload } from '../../src/ikev2/pick.js';
import type { AuthSent } from '../../src/ikev2/states.js';
import { encodePayloads, type Payload } from '../../src/ike.js';
import { type AuthRecord, envOf, initiatorOf, keymatOf, openMessageOf, responderOf, signatureRecords } from './auth-records.js';
import { authOf, publicKeyOf, type Side, signatureConnectionOf, signatureOf, spoiled } from './signature-records.js';

const spiOf = (payloads: readonly Payload[]): Uint8Array | undefined => findPayload(payloads, 'SA')?.proposals[0]?.spi;
const octetsOf = (payloads: readonly Payload[], ...types: Payload['type'][]): string =>
  toHex(encodePayloads(payloads.filter(({ type }) => types.includes(type))).octets);

/** Answers every question until there is none: signatures are those recorded. */
function settle(
  record: AuthRecord,
  side: Side,
  go: (answers: readonly Answered[]) => Outcome,
  verdict: unknown = 'trusted',
): [Outcome, Ask[]] {
  const answers: Answered[] = [];
  for (;;) {
    const outcome = go(answers);
    if (!outcome.ask) return [outcome, answers.map(({ ask }) => ask)];
    const { ask } = outcome;
    answers.push({ ask, value: ask.kind === 'sign' ? signatureOf(record, side) : ask.kind === 'certificates' ? verdict : undefined });
    if (answers.length > 4) throw new Error('it asks for ever');
  }
}

/** What a responder of ours says to a request. */
function answer(record: AuthRecord, request: readonly Payload[], verdict?: unknown): [Outcome, Ask[]] {
  const connection = signatureConnectionOf(record, 'responder');
  const message = openMessageOf(record, request, false);
  const env = envOf(spiOf(record.response));
  return settle(
    record,
    'responder',
    (answers) => answerAuth(responderOf(record, [connection]), message, env, { request: undefined, answers }),
    verdict,
  );
}

function refusal(run: () => unknown): IpsecError {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** An initiator of ours that has sent its request. */
function start(record: AuthRecord): [Outcome, Ask[]] {
  const base = initiatorOf(record, signatureConnectionOf(record, 'initiator'));
  const env = envOf(spiOf(record.request));
  return settle(record, 'initiator', (answers) => startAuth(base, undefined, env, answers));
}

function finish(record: AuthRecord, sent: Outcome, response: readonly Payload[], verdict?: unknown): [Outcome, Ask[]] {
  const message = openMessageOf(record, response, true);
  const run = (answers: readonly Answered[]): Outcome =>
    finishAuth(sent.sa as AuthSent, message, envOf(undefined), { request: undefined, answers });
  return settle(record, 'initiator', run, verdict);
}

const isSigned = (record: AuthRecord, side: Side): boolean => authOf(record, side).method !== 'Shared Key Message Integrity Code';
const withSpoiledAuth = (payloads: readonly Payload[]): Payload[] =>
  payloads.map((payload) => (payload.type === 'AUTH' ? { ...payload, data: spoiled(payload.data) } : payload));

const totals = { exchanges: 0, answered: 0, identical: 0, asked: 0, finished: 0, signatures: 0 };

describe.each(signatureRecords.map((record) => [record.name, record] as const))('%s', (_, record) => {
  const { request, response } = record;
  totals.exchanges++;

  test('RFC 7296 section 2.15: the responder takes the recorded request, and answers with the recorded IDr, CERT and AUTH', () => {
    const [outcome, asks] = answer(record, request);
    expect(outcome.sa.state).toBe('ESTABLISHED');
    expect(octetsOf(outcome.reply!, 'IDr', 'CERT', 'AUTH', 'SA', 'TSi', 'TSr')).toBe(
      octetsOf(response, 'IDr', 'CERT', 'AUTH', 'SA', 'TSi', 'TSr'),
    );
    totals.answered++;
    if (toHex(encodePayloads(outcome.reply!).octets) === toHex(encodePayloads(response).octets)) totals.identical++;
    const certificates = asks.find((ask) => ask.kind === 'certificates');
    expect(certificates !== undefined).toBe(findPayload(request, 'CERT') !== undefined);
    if (certificates) expect(toHex(certificates.certificates[0]!)).toBe(toHex(findPayload(request, 'CERT')!.data));
    if (isSigned(record, 'initiator')) totals.signatures++;
    const installed = outcome.actions.find((action) => action.type === 'installChild');
    if (record.keymat) expect(keymatOf(installed!.keys, 'responder')).toEqual(record.keymat);
  });

  test('RFC 7296 section 2.15: the initiator says what was recorded, and takes the recorded response', () => {
    const [sent] = start(record);
    const said = ['IDi', 'CERT', 'CERTREQ', 'IDr', 'AUTH', 'SA', 'TSi', 'TSr'] as const;
    expect(octetsOf(sent.request!.payloads, ...said)).toBe(octetsOf(request, ...said));
    totals.asked++;
    const [outcome, asks] = finish(record, sent, response);
    expect(outcome.sa.state).toBe('ESTABLISHED');
    totals.finished++;
    if (isSigned(record, 'responder')) totals.signatures++;
    expect(asks.map(({ kind }) => kind)).toEqual(findPayload(response, 'CERT') ? ['certificates'] : []);
    const installed = outcome.actions.find((action) => action.type === 'installChild');
    if (record.keymat) expect(keymatOf(installed!.keys, 'initiator')).toEqual(record.keymat);
  });

  test('AUTH with one bit turned: refused from either side, and nobody is asked for a verdict', () => {
    const error = refusal(() => answer(record, withSpoiledAuth(request)));
    expect([error.code, error.blame]).toEqual(['authentication-failed', expect.stringMatching('peer|network')]);
    const [sent] = start(record);
    const [outcome, asks] = finish(record, sent, withSpoiledAuth(response));
    expect([outcome.sa.state, outcome.request?.payloads]).toMatchObject(['DELETING', [{ notify: 'AUTHENTICATION_FAILED' }]]);
    expect(asks).toEqual([]);
  });

  test('a verdict other than "trusted" is the reason that is told', () => {
    const verdict = new IpsecError('authentication-failed', 'the certificate', {
      expected: 'a day before 2000-01-01',
      found: '2026-11-21',
    });
    for (const [payloads, run] of [
      [request, () => refusal(() => answer(record, request, verdict))],
      [response, () => (finish(record, start(record)[0], response, verdict)[0].sa as { error?: IpsecError }).error!],
    ] as const) {
      if (!findPayload(payloads, 'CERT')) continue;
      const error = run();
      expect([error.code, error.cause]).toEqual(['authentication-failed', verdict]);
      expect(error.message).toContain('a day before 2000-01-01');
    }
  });

  test('the other side`s key is not that of this one', () => {
    expect(publicKeyOf(record, 'initiator').spki).not.toEqual(publicKeyOf(record, 'responder').spki);
    if (!isSigned(record, 'initiator')) return;
    const swapped = request.map((payload) => (payload.type === 'AUTH' ? (authOf(record, 'responder') as Payload) : payload));
    expect(refusal(() => answer(record, swapped)).code).toBe('authentication-failed');
  });
});

test('all of them together', () => {
  expect(totals).toEqual({ exchanges: 13, answered: 13, identical: 13, asked: 13, finished: 13, signatures: 25 });
});
