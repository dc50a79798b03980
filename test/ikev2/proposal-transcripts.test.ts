/**
 * The offers and answers of strongSwan, libreswan and OpenIKED: whoever accepts what the recorded responder accepted gives the recorded
 * answer, and whoever offers what the recorded initiator offered sends the recorded proposals and reads the answer.
 */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { decodeMessage, decodePayloads, type Payload, type PayloadOfType, type Proposal } from '../../src/ike.js';
import {
  chooseChildProposal,
  chooseIkeProposal,
  encodeChildProposals,
  encodeIkeProposals,
  readChildAnswer,
  readIkeAnswer,
} from '../../src/ikev2/proposal.js';
import { childRecordOf, ikeRecordOf, isKnown } from './proposal-records.js';
import { libreswanTranscripts, type Transcript, transcripts } from './transcripts.js';

interface Clear {
  exchange: string | number;
  isResponse: boolean;
  id: string;
  payloads: readonly Payload[];
}

function clear(raw: string, inner?: { hex: string; firstPayload: number }): Clear {
  const message = decodeMessage(fromHex(raw));
  return {
    exchange: message.exchange,
    isResponse: message.isResponse,
    // A request and its response: one number, from the end that began the exchange.
    id: `${raw.slice(0, 16)} ${message.isInitiator !== message.isResponse} ${message.messageId} ${message.exchange}`,
    payloads: inner ? decodePayloads(inner.firstPayload, fromHex(inner.hex)) : message.payloads,
  };
}

function clearOf({ messages }: Transcript): Clear[] {
  return messages.flatMap((m): Clear[] => {
    if (!m.raw.startsWith('2', 34)) return [];
    if (m.reassembled === undefined && m.fragment !== undefined) return [];
    const first = m.fragment
      ? messages.find((f) => f.spi_i === m.spi_i && f.message_id === m.message_id && f.flags === m.flags && f.fragment?.[0] === 1)
      : m;
    const hex = m.reassembled ?? m.plaintext;
    if (hex !== undefined) return [clear(m.raw, { hex, firstPayload: first?.first_payload ?? 0 })];
    return m.encrypted === true ? [] : [clear(m.raw)];
  });
}

interface Negotiation {
  exchange: string | number;
  offered: readonly Proposal[];
  answer: readonly Proposal[];
}

function negotiationsOf(messages: readonly Clear[]): Negotiation[] {
  const saOf = (m: Clear): PayloadOfType<'SA'> | undefined => m.payloads.find((p) => p.type === 'SA');
  return messages.flatMap((request): Negotiation[] => {
    const offer = saOf(request);
    if (request.isResponse || offer === undefined) return [];
    const response = messages.find((m) => m.isResponse && m.id === request.id && saOf(m) !== undefined);
    return response ? [{ exchange: request.exchange, offered: offer.proposals, answer: saOf(response)!.proposals }] : [];
  });
}

const conversations = [
  ...transcripts.map((t) => [t.name, negotiationsOf(clearOf(t))] as const),
  ...libreswanTranscripts.map(
    (t) =>
      [
        t.name,
        negotiationsOf(
          t.messages.map((m) => clear(m.hex, m.plain === undefined ? undefined : { hex: m.plain, firstPayload: m.firstPayload! })),
        ),
      ] as const,
  ),
].filter(([, negotiations]) => negotiations.length > 0);

const totals = { chosen: 0, unknown: 0, same: 0, otherOrder: 0 };

/** libreswan has the types in another order: PRF before INTEG. */
const inOrder = ({ transforms, ...rest }: Proposal) => ({
  ...rest,
  transforms: ['ENCR', 'PRF', 'INTEG', 'KE', 'ESN'].map((type) => transforms.filter((t) => t.type === type)),
});

function compare(ours: readonly Proposal[], theirs: readonly Proposal[]): void {
  expect(ours.map(inOrder)).toEqual(theirs.map(inOrder));
  totals[JSON.stringify(ours) === JSON.stringify(theirs) ? 'same' : 'otherOrder']++;
}

describe.each(conversations)('%s', (_, negotiations) => {
  test.each(negotiations.map((n, i) => [`${n.exchange} ${n.answer[0]!.protocol} ${i}`, n] as const))(
    '%s',
    (__, { exchange, offered, answer }) => {
      const [wanted] = answer;
      const isIke = wanted!.protocol === 'IKE';
      const rekey = exchange !== 'IKE_SA_INIT';
      const keyExchange = exchange === 'CREATE_CHILD_SA';
      const choice = isIke
        ? chooseIkeProposal(offered, [ikeRecordOf(wanted!)], { rekey })
        : chooseChildProposal(offered, [childRecordOf(wanted!)], { keyExchange });
      if (!isKnown(wanted!)) {
        expect(choice).toBeUndefined();
        totals.unknown++;
        return;
      }
      const ours = choice!.answer(wanted!.spi);
      compare([ours], answer);
      // strongSwan leaves the NONE of an optional additional key exchange out of its answer; we return it, as RFC 7296 section 2.7 has it.
      const declined = offered[wanted!.proposalNum - 1]!.transforms.filter(({ type, id }) => `${type}`.startsWith('ADDKE') && id === 0);
      expect(ours.transforms.slice(wanted!.transforms.length)).toEqual(declined);
      expect(choice!.proposal).toBe(offered[wanted!.proposalNum - 1]);
      totals.chosen++;

      if (!offered.every(isKnown)) return;
      if (isIke) {
        const sent = offered.map(ikeRecordOf);
        compare(encodeIkeProposals(sent, offered[0]!.spi), offered);
        expect(readIkeAnswer(answer, sent, { rekey })).toEqual({ chosen: choice!.chosen, spi: wanted!.spi });
      } else {
        const sent = offered.map(childRecordOf);
        compare(
          encodeChildProposals(sent, () => offered[0]!.spi, { keyExchange }),
          offered,
        );
        expect(readChildAnswer(answer, sent, { keyExchange })).toEqual({ chosen: choice!.chosen, spi: wanted!.spi });
      }
    },
  );
});

test('how many there were', () => {
  expect(totals).toEqual({ chosen: 216, unknown: 5, same: 415, otherOrder: 15 });
});
