/**
 * IKE_AUTH against the recorded conversations of strongSwan and libreswan: each side in turn is ours, and hears what the other one said.
 */
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { answerAuth, finishAuth, refusedAuth, startAuth } from '../../src/ikev2/exchange/ike-auth.js';
import type { IkeAction, Outcome } from '../../src/ikev2/events.js';
import { findPayload } from '../../src/ikev2/pick.js';
import type { AuthSent } from '../../src/ikev2/states.js';
import { encodePayloads, type Payload } from '../../src/ike.js';
import { isErrorNotify } from '../../src/ikev2/transition.js';
import { authRecords, type AuthRecord, connectionOf, envOf, initiatorOf, keymatOf, openMessageOf, responderOf } from './auth-records.js';

const context = { request: undefined, answers: [] };
const actionOf = <Type extends IkeAction['type']>({ actions }: Outcome, type: Type): Extract<IkeAction, { type: Type }> | undefined =>
  actions.find((a): a is Extract<IkeAction, { type: Type }> => a.type === type);
const spiOf = (payloads: readonly Payload[]): Uint8Array | undefined => findPayload(payloads, 'SA')?.proposals[0]?.spi;
const octetsOf = (payloads: readonly Payload[], ...types: Payload['type'][]): string =>
  toHex(encodePayloads(payloads.filter(({ type }) => types.includes(type))).octets);
const hasError = (payloads: readonly Payload[]): boolean => payloads.some((p) => p.type === 'N' && isErrorNotify(p.notify));
const wrong = (secret: Uint8Array): Uint8Array => concat(secret, Uint8Array.of(1));

const totals = { exchanges: 0, offered: 0, answered: 0, identical: 0, finished: 0, children: 0, refused: 0 };

/** What the initiator of a record has sent, made by us. */
function play(record: AuthRecord, secret = record.secretOfInitiator): { sa: AuthSent; payloads: readonly Payload[] } {
  const outcome = startAuth(initiatorOf(record, connectionOf(record, 'initiator', secret)), undefined, envOf(spiOf(record.request)), []);
  if (outcome.sa.state !== 'AUTH_SENT') throw new Error(outcome.sa.state);
  return { sa: outcome.sa, payloads: outcome.request?.payloads ?? [] };
}

describe.each(authRecords.map((record) => [record.name, record] as const))('%s', (_, record) => {
  const { request, response } = record;
  const fails = toHex(record.secretOfInitiator) !== toHex(record.secretOfResponder);
  const isMutual = findPayload(response, 'AUTH')?.method === 'Shared Key Message Integrity Code';
  totals.exchanges++;

  test('RFC 7296 section 2.15: the responder takes the recorded request, and answers with the recorded AUTH', () => {
    const connection = connectionOf(record, 'responder', record.secretOfInitiator);
    const sa = responderOf(record, [connection]);
    const outcome = answerAuth(sa, openMessageOf(record, request, false), envOf(spiOf(response)), context);
    expect(outcome.sa.state).toBe('ESTABLISHED');
    expect(actionOf(outcome, 'established')?.initialContact).toBe(request.some((p) => p.type === 'N' && p.notify === 'INITIAL_CONTACT'));
    if (isMutual) expect(octetsOf(outcome.reply!, 'IDr', 'AUTH')).toBe(octetsOf(response, 'IDr', 'AUTH'));
    const installed = actionOf(outcome, 'installChild');
    if (findPayload(response, 'SA')) {
      expect(octetsOf(outcome.reply!, 'SA', 'TSi', 'TSr')).toBe(octetsOf(response, 'SA', 'TSi', 'TSr'));
      if (record.keymat) expect(keymatOf(installed!.keys, 'responder')).toEqual(record.keymat);
      totals.answered++;
    }
    if (toHex(encodePayloads(outcome.reply!).octets) === toHex(encodePayloads(response).octets)) totals.identical++;
  });

  test('RFC 7296 section 2.15: the initiator says what was recorded, and takes the recorded response', () => {
    const { sa, payloads } = play(record);
    const said = ['IDi', 'IDr', 'AUTH', 'TSi', 'TSr'] as const;
    expect(octetsOf(payloads, ...said)).toBe(octetsOf(request, ...said));
    // OpenIKED has its transforms in another order.
    if (octetsOf(payloads, 'SA') === octetsOf(request, 'SA')) totals.offered++;
    if (fails) {
      const refused = refusedAuth(sa, openMessageOf(record, response, true));
      expect(refused.sa.state).toBe('CLOSED');
      expect(actionOf(refused, 'closed')?.error?.message).toContain('found AUTHENTICATION_FAILED');
      totals.refused++;
      return;
    }
    const outcome = finishAuth(sa, openMessageOf(record, response, true), envOf(undefined), context);
    if (!isMutual) {
      // The responder has a certificate, which this connection does not want.
      expect(outcome.sa.state).toBe('DELETING');
      return;
    }
    expect(outcome.sa.state).toBe('ESTABLISHED');
    totals.finished++;
    const installed = actionOf(outcome, 'installChild');
    expect(installed !== undefined).toBe(findPayload(response, 'SA') !== undefined);
    expect(actionOf(outcome, 'childFailed') !== undefined).toBe(hasError(response));
    if (!installed) return;
    totals.children++;
    if (record.keymat) expect(keymatOf(installed.keys, 'initiator')).toEqual(record.keymat);
  });

  test('a wrong secret: AUTHENTICATION_FAILED from either side, and nothing is established', () => {
    const env = envOf(spiOf(response));
    const connection = connectionOf(record, 'responder', wrong(record.secretOfInitiator));
    expect(() => answerAuth(responderOf(record, [connection]), openMessageOf(record, request, false), env, context)).toThrow(
      expect.objectContaining({ code: 'authentication-failed', blame: 'peer' }),
    );
    expect(env.allocated).toBe(0);
    if (fails) return;
    const { sa } = play(record, wrong(record.secretOfInitiator));
    const outcome = finishAuth(sa, openMessageOf(record, response, true), envOf(undefined), context);
    expect(outcome.sa.state).toBe('DELETING');
    expect(outcome.request?.payloads).toMatchObject([{ type: 'N', notify: 'AUTHENTICATION_FAILED' }]);
    expect(actionOf(outcome, 'established') ?? actionOf(outcome, 'installChild')).toBeUndefined();
    expect(outcome.actions.filter(({ type }) => type === 'releaseSpi').length).toBe(sa.offer ? 1 : 0);
  });
});

test('all of them together', () => {
  expect(totals).toEqual({ exchanges: 76, offered: 75, answered: 72, identical: 66, finished: 74, children: 71, refused: 1 });
});
