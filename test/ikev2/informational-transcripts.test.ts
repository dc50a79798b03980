/**
 * Every INFORMATIONAL exchange that strongSwan has had with itself, with libreswan and with OpenIKED: the machine takes the place of either side, and
 * says what was said.
 */
import { describe, expect, test } from 'vitest';
import { fromHex, readU32 } from '../../src/bytes.js';
import type { IkeEvent } from '../../src/ikev2/events.js';
import { decodePayloads } from '../../src/ikev2/message.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { step } from '../../src/ikev2/sa.js';
import { eventOf, ikeSaOf, insideOf, replayedEnv, replayedSa, sentOf } from './replayed-sa.js';
import { type RecordedMessage, type Transcript, transcripts } from './transcripts.js';

interface Exchange {
  readonly name: string;
  readonly transcript: Transcript;
  readonly request: RecordedMessage;
  readonly response: RecordedMessage;
  readonly asked: readonly Payload[];
  readonly answered: readonly Payload[];
}

const inside = ({ first_payload, plaintext }: RecordedMessage): readonly Payload[] => decodePayloads(first_payload!, fromHex(plaintext!));
const isSimple = (payloads: readonly Payload[]): boolean => payloads.every(({ type }) => type === 'D');

const exchanges: Exchange[] = transcripts.flatMap((transcript) =>
  transcript.messages.flatMap((request) => {
    if (request.exchange !== 'INFORMATIONAL' || request.response || request.retransmission || request.plaintext === undefined) return [];
    const response = transcript.messages.find(
      (m) =>
        m.response &&
        m.spi_i === request.spi_i &&
        m.message_id === request.message_id &&
        m.src !== request.src &&
        m.exchange === 'INFORMATIONAL',
    );
    const sa = transcript.ike_sas.find(({ spi_i, spi_r }) => spi_i === request.spi_i && spi_r === request.spi_r);
    if (response?.plaintext === undefined || sa === undefined) return [];
    const [asked, answered] = [inside(request), inside(response)];
    return isSimple(asked) && isSimple(answered)
      ? [{ name: `${transcript.name} frame ${request.frame}`, transcript, request, response, asked, answered }]
      : [];
  }),
);

const deleted = (payloads: readonly Payload[]): number[] =>
  payloads.flatMap((payload) => (payload.type === 'D' && payload.protocol !== 'IKE' ? payload.spis.map((spi) => readU32(spi, 0)) : []));

describe('RFC 7296 section 1.4, as strongSwan speaks it', () => {
  test('there are liveness checks, and Deletes of both kinds, from both roles', () => {
    const kinds = exchanges.map(({ asked, request }) => {
      const [first] = asked;
      return `${first?.type === 'D' ? String(first.protocol) : 'empty'} from the original ${request.from_original_initiator ? 'initiator' : 'responder'}`;
    });
    expect([...new Set(kinds)].sort()).toEqual([
      'ESP from the original initiator',
      'ESP from the original responder',
      'IKE from the original initiator',
      'IKE from the original responder',
      'empty from the original initiator',
    ]);
    expect(exchanges.length).toBeGreaterThan(60);
  });

  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    (_, { transcript, request, response, asked, answered }) => {
      const recorded = ikeSaOf(transcript, request);
      const isInitiator = request.from_original_initiator;
      const [theirs, ours] = [deleted(asked), deleted(answered)];
      // The one who answers.
      const sa = replayedSa(recorded, isInitiator ? 'responder' : 'initiator', ours.length === 1 ? { child: [ours[0]!, theirs[0]!] } : {});
      const answer = step({ ...sa, windows: { ...sa.windows, nextPeerId: request.message_id } }, eventOf(request), replayedEnv());
      expect(sentOf(answer.actions).map((data) => insideOf(recorded, data, !isInitiator))).toEqual([response.plaintext]);
      expect('children' in answer.sa ? answer.sa.children : []).toEqual([]);
      // The one who asks.
      const own = replayedSa(
        recorded,
        isInitiator ? 'initiator' : 'responder',
        theirs.length === 1 ? { child: [theirs[0]!, ours[0] ?? 1] } : {},
      );
      const [first] = asked;
      const command: IkeEvent =
        first?.type !== 'D'
          ? { type: 'checkLiveness' }
          : first.protocol === 'IKE'
            ? { type: 'delete', reason: 'test' }
            : { type: 'deleteChild', spiIn: theirs[0]! };
      const question = step({ ...own, windows: { ...own.windows, nextOwnId: request.message_id } }, command, replayedEnv());
      expect(sentOf(question.actions).map((data) => insideOf(recorded, data, isInitiator))).toEqual([request.plaintext]);
      const end = step(question.sa, eventOf(response), replayedEnv());
      expect('children' in end.sa ? end.sa.children : []).toEqual([]);
      expect(end.sa.state).toBe(first?.type === 'D' && first.protocol === 'IKE' ? 'CLOSED' : 'ESTABLISHED');
      expect(end.sa.windows.outstanding).toEqual([]);
    },
  );
});
