/**
 * Two recorded collisions of strongSwan with itself, each played from both ends by our handlers: with the recorded nonces and SPIs they send what was sent.
 * And recorded negotiations that came to less than was asked for, or to nothing, with policies of our own.
 */
import { describe, expect, test } from 'vitest';
import { fromHex, readU32, toHex } from '../../src/bytes.js';
import { encodePayloads, type Payload } from '../../src/ike.js';
import { acceptChild, type ChildContext, completeChild, offerChild } from '../../src/ikev2/child.js';
import { findPayload, payloadOf } from '../../src/ikev2/pick.js';
import type { ChildSa } from '../../src/ikev2/states.js';
import { parseAddress } from '../../src/ip.js';
import { ANY } from '../../src/traffic-selector.js';
import { envOf, establishedOf, gcm, policyOf, ts } from './child-fixtures.js';
import { answer, type End, finish, openOf, start, startNext, type Wire } from './child-pair.js';
import { contextFor, essence, exchangeOf, payloadsOf, recordedPolicy } from './child-records.js';
import { type Transcript, transcripts } from './transcripts.js';

const transcriptOf = (name: string): Transcript => transcripts.find((t) => t.name === name)!;
const spiOf = (payloads: readonly Payload[]): number => readU32(payloadOf(payloads, 'SA').proposals[0]!.spi, 0);
const nonceOf = (payloads: readonly Payload[]): Uint8Array => payloadOf(payloads, 'Nonce').data;

/** A message of the record as the peer would have sent it. */
function wireOf(transcript: Transcript, frame: number, isRekey = true): Wire {
  const message = transcript.messages.find((m) => m.frame === frame)!;
  const { octets, firstPayload } = encodePayloads(payloadsOf(transcript, message));
  const exchange = isRekey ? 'CREATE_CHILD_SA' : 'INFORMATIONAL';
  return { exchange, isResponse: message.response, messageId: 0, firstPayload, octets };
}

/** One end as it was after IKE_AUTH; it draws the recorded nonces and SPIs of the messages that it is to send. */
function endOf(transcript: Transcript, isInitiator: boolean, frames: readonly number[]): End {
  const [child] = transcript.child_sas;
  const { request, response, message } = exchangeOf(transcript, child!);
  const policy = recordedPolicy(request, isInitiator, null);
  const context = contextFor(transcript, child!, policy, message, isInitiator);
  const sent = frames.map((frame) =>
    payloadsOf(
      transcript,
      transcript.messages.find((m) => m.frame === frame)!,
    ),
  );
  const nonces = sent.map(nonceOf);
  const spis = [spiOf(isInitiator ? request : response), ...sent.map(spiOf)];
  const env = envOf({
    random: (octets) => {
      octets.set(octets.length === 32 ? nonces.shift()! : new Uint8Array(octets.length));
    },
    allocateSpi: () => spis.shift()!,
  });
  const [Ni, Nr] = [fromHex(child!.nonce_i), fromHex(child!.nonce_r)];
  const first = firstChild(context, isInitiator, request, response, env, Ni, Nr);
  const sa = {
    ...establishedOf(context.connection),
    ...context,
    children: [first],
    role: isInitiator ? 'initiator' : 'responder',
  } as End['sa'];
  return { sa, env, log: [] };
}

function firstChild(
  context: ChildContext,
  isInitiator: boolean,
  request: readonly Payload[],
  response: readonly Payload[],
  env: End['env'],
  Ni: Uint8Array,
  Nr: Uint8Array,
): ChildSa {
  const policy = context.connection.children[0]!;
  if (isInitiator)
    return completeChild(context, offerChild(context, policy, env, { exchange: 'IKE_AUTH', Ni }).offer, response, env, {
      exchange: 'IKE_AUTH',
      Nr,
    }).child;
  const accepted = acceptChild(context, request, env, { exchange: 'IKE_AUTH', Ni, Nr });
  if ('invalidKe' in accepted) throw new Error('no group');
  return accepted.child;
}

const rekey = (end: End) => start(end, { kind: 'rekeyChild', spiIn: end.sa.children[0]!.spiIn, notBefore: 0 })!;
const said = (wire: Wire): unknown => {
  const { payloads } = openOf(wire);
  const rest = payloads.filter((p) => p.type === 'D' || (p.type === 'N' && ['REKEY_SA', 'TEMPORARY_FAILURE'].includes(`${p.notify}`)));
  return [...essence(payloads), ...rest.map((p) => (p.type === 'D' ? { ...p, spis: p.spis.map(toHex) } : p))];
};

describe('ikev2-simultaneous-child-rekey', () => {
  const transcript = transcriptOf('ikev2-simultaneous-child-rekey');
  test.each([
    ['the original initiator', true, { ownRequest: 9, peerRequest: 10, ownAnswer: 12, peerAnswer: 11, ownDelete: 13 }],
    ['the original responder', false, { ownRequest: 10, peerRequest: 9, ownAnswer: 11, peerAnswer: 12, ownDelete: 14 }],
  ] as const)('%s', (_, isInitiator, frames) => {
    const asked = rekey(endOf(transcript, isInitiator, [frames.ownRequest, frames.ownAnswer]));
    expect(said(asked.wire)).toEqual(said(wireOf(transcript, frames.ownRequest)));
    const answered = answer(asked.end, wireOf(transcript, frames.peerRequest));
    expect(said(answered.wire)).toEqual(said(wireOf(transcript, frames.ownAnswer)));
    const done = finish(answered.end, wireOf(transcript, frames.peerAnswer));
    // Which of the two that is deleted, and by whom, is what the nonces say.
    expect(said(startNext(done).wire!)).toEqual(said(wireOf(transcript, frames.ownDelete, false)));
  });
});

describe('ikev2-child-rekey-temporary-failure', () => {
  const transcript = transcriptOf('ikev2-child-rekey-temporary-failure');

  test('the one whose answer came before the request of the other', () => {
    const asked = rekey(endOf(transcript, true, [9]));
    expect(said(asked.wire)).toEqual(said(wireOf(transcript, 9)));
    const deleting = startNext(finish(asked.end, wireOf(transcript, 11)));
    expect(said(deleting.wire!)).toEqual(said(wireOf(transcript, 12, false)));
    const refused = answer(deleting.end, wireOf(transcript, 10));
    expect(said(refused.wire)).toEqual(said(wireOf(transcript, 13)));
  });

  test('the other one, which is told to come later, and knows better', () => {
    const asked = rekey(endOf(transcript, false, [10, 11]));
    const answered = answer(asked.end, wireOf(transcript, 9));
    expect(said(answered.wire)).toEqual(said(wireOf(transcript, 11)));
    const told = finish(answered.end, wireOf(transcript, 13));
    expect(told.sa.tasks).toEqual([]);
    const deleted = answer(told, wireOf(transcript, 12, false));
    expect(said(deleted.wire)).toEqual(said(wireOf(transcript, 14, false)));
    expect(deleted.end.sa.children.map(({ status }) => status)).toEqual(['active']);
  });
});

/** A recorded IKE_AUTH, asked of a responder with a policy of ours. */
function grant(name: string, changes: Parameters<typeof policyOf>[0], context: Partial<ChildContext> = {}) {
  const transcript = transcriptOf(name);
  const messages = transcript.messages.filter(({ exchange }) => exchange === 'IKE_AUTH');
  const [request, response] = messages.map((m) => payloadsOf(transcript, m)) as [Payload[], Payload[]];
  const child = transcript.child_sas[0] ?? {
    ...transcripts[0]!.child_sas[0]!,
    ike_spi_i: messages[0]!.spi_i,
    ike_spi_r: messages[0]!.spi_r,
  };
  const records = recordedPolicy(findPayload(response, 'SA') ? response : request, false, null);
  const policy = policyOf({ proposals: records.proposals, tfcPadding: records.tfcPadding, ...changes });
  const ends = { ...contextFor(transcript, child, policy, messages[0]!, false), ...context };
  const env = envOf(findPayload(response, 'SA') ? { spi: spiOf(response) } : {});
  const [Ni, Nr] = [new Uint8Array(32), new Uint8Array(32)];
  const run = () => acceptChild(ends, request, env, { exchange: 'IKE_AUTH', Ni, Nr });
  return { run, response };
}

const dynamic = { protocol: ANY, addresses: 'dynamic', ports: ANY } as const;

describe('with policies of our own', () => {
  test('ikev2-ts-narrowing: a wide request, a narrow policy', () => {
    const { run, response } = grant('ikev2-ts-narrowing', { local: ts('10.2.1.0/24'), remote: ts('10.1.1.0/24') });
    const accepted = run();
    expect('payloads' in accepted && essence(accepted.payloads)).toEqual(essence(response));
  });

  test('ikev2-cp-psk: all addresses wanted, one assigned', () => {
    const leased = [parseAddress('10.3.0.1')];
    const { run, response } = grant('ikev2-cp-psk', { local: ts('10.2.1.0/24'), remote: [dynamic] }, { leased });
    const accepted = run();
    expect('payloads' in accepted && essence(accepted.payloads)).toEqual(essence(response));
  });

  test('ikev2-transport-declined: tunnel mode instead', () => {
    const { run, response } = grant('ikev2-transport-declined', { local: [dynamic], remote: [dynamic] });
    const accepted = run();
    expect('payloads' in accepted && essence(accepted.payloads)).toEqual(essence(response));
  });

  test('ikev2-fail-ts-unacceptable: nothing in common', () => {
    const { run } = grant('ikev2-fail-ts-unacceptable', { local: ts('10.2.1.0/24'), remote: ts('10.1.1.0/24') });
    expect(run).toThrow(
      expect.objectContaining({ code: 'ts-unacceptable', expected: '10.2.1.0/24 <-> 10.1.1.0/24', found: '172.16.0.0/16 <-> 10.1.1.0/24' }),
    );
  });

  test('ikev2-fail-no-proposal-create-child: no algorithm in common', () => {
    const transcript = transcriptOf('ikev2-fail-no-proposal-create-child');
    const message = transcript.messages.find(({ frame }) => frame === 5)!;
    const request = payloadsOf(transcript, message);
    const policy = policyOf({ proposals: [gcm], local: ts('10.2.2.0/24'), remote: ts('10.1.2.0/24') });
    const context = contextFor(transcript, transcript.child_sas[0]!, policy, message, false);
    const run = () => acceptChild(context, request, envOf(), { exchange: 'CREATE_CHILD_SA', Ni: nonceOf(request), Nr: nonceOf(request) });
    expect(run).toThrow(expect.objectContaining({ code: 'no-proposal-chosen', message: expect.stringContaining('ESP') as string }));
  });
});
