import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import type { Payload } from '../../src/ikev1.js';
import type { Ikev1Action, Outcome } from '../../src/ikev1/events.js';
import { beginQuick, finishQuick2 } from '../../src/ikev1/exchange/quick-initiator.js';
import { answerQuick1, answerQuick3 } from '../../src/ikev1/exchange/quick-responder.js';
import {
  envFor,
  establishedFor,
  exchangeOf,
  messageOf,
  modeOf,
  octetsOf,
  policyFor,
  type QuickRecord,
  quickRecords,
  spiIn,
} from './quick-records.js';
import { ts } from './negotiation-records.js';
import { find } from './transcripts.js';

/** libreswan numbers transforms from 0, has another order of attributes, and offers lifetimes. */
const isByLibreswan = (payloads: readonly Payload[]): boolean => find(payloads, 'SA')!.proposals[0]!.transforms[0]!.transformNum === 0;
const title = ({ name, messageId }: QuickRecord): string => `${name}, Message ID ${messageId.toString(16)}`;

/** The keys in an action, before they are wiped. */
function installed(actions: readonly Ikev1Action[]): Extract<Ikev1Action, { type: 'installChild' }> {
  const action = actions.find((one): one is Extract<Ikev1Action, { type: 'installChild' }> => one.type === 'installChild');
  if (!action) throw new Error(actions.map((one) => JSON.stringify(one)).join('\n'));
  return action;
}

/** That our pair is the recorded one. */
function expectRecorded(
  { keys, child }: ReturnType<typeof installed>,
  { child: recorded, messages }: QuickRecord,
  role: 'initiator' | 'responder',
): void {
  const [ours, theirs] = role === 'initiator' ? [recorded.toInitiator, recorded.toResponder] : [recorded.toResponder, recorded.toInitiator];
  const hex = ({ encryption, integrity }: { encryption?: Uint8Array | undefined; integrity?: Uint8Array | undefined }): string[] =>
    [encryption, integrity].map((key) => toHex(key!));
  expect(hex(keys.inbound)).toEqual(hex(ours));
  expect(hex(keys.outbound)).toEqual(hex(theirs));
  const [own, peer] = role === 'initiator' ? [0, 1] : [1, 0];
  expect(child).toMatchObject({
    spiIn: spiIn(messages[own]!),
    spiOut: spiIn(messages[peer]!),
    mode: modeOf(messages[0]!),
    status: 'active',
  });
}

/** The one message that an outcome begins. */
function begun({ begin, actions }: Outcome): NonNullable<Outcome['begin']>[number] {
  if (begin?.length !== 1) throw new Error(actions.map((action) => JSON.stringify(action)).join('\n'));
  return begin[0]!;
}

describe('RFC 2409 section 5.5: Quick Mode as it was recorded', () => {
  it('has every conversation that got so far', () => {
    expect(quickRecords.length).toBeGreaterThanOrEqual(17);
    expect(new Set(quickRecords.map(({ child }) => child.protocol))).toEqual(new Set(['ESP', 'AH']));
    expect(quickRecords.some(({ gXy }) => gXy)).toBe(true);
  });

  it.each(quickRecords.map((record) => [title(record), record] as const))('%s: as its initiator', (_title, record) => {
    const sa = establishedFor(record, 'initiator');
    const env = envFor(record, 'initiator');
    const policy = sa.connection.children[0]!;
    const first = begun(beginQuick(sa, { kind: 'createChild', policy, notBefore: 0 }, env));
    expect(first).toMatchObject({ exchange: 'Quick Mode', awaitsAnswer: true });
    if (!isByLibreswan(record.messages[0]!)) expect(octetsOf(first.payloads)).toBe(octetsOf(record.messages[0]!));
    // where libreswan speaks for itself alone, it sends no IDs
    const names = record.messages[0]!.map(({ type }) => type);
    expect(first.payloads.map(({ type }) => type)).toEqual(names.includes('ID') ? names : [...names, 'ID', 'ID']);
    const { about } = first;
    if (about?.kind !== 'quick-offered') throw new Error(about?.kind);
    // what came back speaks of what was sent
    const offer = { ...about.offer, sa: find(record.messages[0]!, 'SA')! };
    const exchange = exchangeOf(record.messageId, { ...about, offer });
    const outcome = finishQuick2(sa, messageOf(record, record.messages[1]!), env, { exchange, answers: [] });
    expect(outcome.send).toEqual({ payloads: [], hash: 'HASH(3)', awaitsAnswer: false });
    expect(outcome.about).toBeUndefined();
    expectRecorded(installed(outcome.actions), record, 'initiator');
    expect(installed(outcome.actions)).toMatchObject({ send: 'now', replaces: undefined });
    expect(outcome.sa.children).toHaveLength(1);
  });

  it.each(quickRecords.map((record) => [title(record), record] as const))('%s: as its responder', (_title, record) => {
    const sa = establishedFor(record, 'responder');
    const env = envFor(record, 'responder');
    const answered = answerQuick1(sa, messageOf(record, record.messages[0]!), env);
    if (!answered.send) throw new Error(JSON.stringify(answered.actions));
    expect(answered.send).toMatchObject({ hash: 'HASH(2)', awaitsAnswer: true });
    const { payloads } = answered.send;
    if (isByLibreswan(record.messages[1]!)) expect(octetsOf(payloads)).toBe(octetsOf(record.messages[1]!));
    // strongSwan adds lifetimes that nobody has offered
    expect(octetsOf(withoutSa(payloads))).toBe(octetsOf(withoutSa(record.messages[1]!)));
    expect(find(payloads, 'SA')!.proposals[0]!.transforms).toEqual(find(record.messages[0]!, 'SA')!.proposals[0]!.transforms);
    expect(answered.sa.children).toHaveLength(0);
    expect(answered.actions).toEqual([]);
    const exchange = exchangeOf(record.messageId, answered.about!);
    const outcome = answerQuick3(answered.sa, messageOf(record, []), env, { exchange, answers: [] });
    expectRecorded(installed(outcome.actions), record, 'responder');
    expect(installed(outcome.actions).send).toBe('now');
  });

  it('a policy for something else refuses each of them', () => {
    for (const record of quickRecords) {
      const sa = establishedFor(record, 'responder');
      const policy = policyFor(record, 'responder');
      const other = { ...policy, remote: ts('198.51.100.0/24') };
      const outcome = answerQuick1(
        { ...sa, connection: { ...sa.connection, children: [other] } },
        messageOf(record, record.messages[0]!),
        envFor(record, 'responder'),
      );
      expect(outcome.send).toBeUndefined();
      expect(outcome.begin).toMatchObject([{ exchange: 'Informational', payloads: [{ type: 'N', notify: 'INVALID-ID-INFORMATION' }] }]);
    }
  });
});

function withoutSa(payloads: readonly Payload[]): Payload[] {
  return payloads.filter(({ type }) => type !== 'SA');
}
