import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { answerQuestion, type AskOutside, type EndpointConfig, type EndpointEvent } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import { createAnswers } from '../../src/node/answers.js';
import { parseConfig } from '../../src/node.js';

const forgotten: string[] = [];
const asked: string[] = [];
const config: EndpointConfig = parseConfig(
  { addresses: ['127.0.0.1'], connections: [{ name: 'users', local: { auth: { null: true } }, remote: { auth: { eap: 'token' } } }] },
  {
    credentials: {
      own: () => ({ auth: { method: 'null' } }),
      peer: () => ({
        auth: { method: 'eap' },
        answer: (question, connection) => {
          asked.push(`${question.kind} ${connection}`);
          if (asked.length > 1) throw new IpsecError('timeout', 'the card');
          return 'a step';
        },
        forget: (spiI, spiR) => void forgotten.push(`${toHex(spiI)} ${toHex(spiR)}`),
      }),
    },
  },
);
const ask = { kind: 'eap', role: 'authenticator', round: 0 } as AskOutside['ask'];
const question: AskOutside = { type: 'ask', id: 1, ask, connection: 'users' };
const refuse = (error: IpsecError): void => {
  throw error;
};

describe('answers', () => {
  test('of what the configuration brought with it; an IpsecError that is thrown is one, too', async () => {
    const answers = createAnswers(config, {}, refuse);
    expect(await answers.to(question)).toBe('a step');
    expect(await answers.to(question)).toMatchObject({ code: 'timeout' });
    expect(await answers.to({ ...question, connection: 'nobody' })).toBeUndefined();
    expect(asked).toEqual(['eap users', 'eap users']);
    expect(answerQuestion({ own: [], peer: [] }, ask, 'users')).toBeUndefined();
  });

  test('the conversations of an IKE SA end with it', () => {
    const answers = createAnswers(config, {}, refuse);
    const [spiI, spiR] = ['0102030405060708', '1112131415161718'];
    const event: EndpointEvent = {
      type: 'closed',
      connection: 'users',
      spiI,
      spiR,
      reason: 'over',
      error: undefined,
      wasEstablished: false,
    };
    answers.hear({ type: 'audit', event: 'refused', detail: '', connection: undefined });
    answers.hear(event);
    expect(forgotten).toEqual([`${spiI} ${spiR}`]);
  });

  test('what the program throws is told, and ends that authentication alone', async () => {
    const told: string[] = [];
    const answer = (): never => {
      throw new Error('the card is away');
    };
    const answers = createAnswers(config, { answer }, (error) => void told.push(error.message));
    expect(await answers.to(question)).toMatchObject({ code: 'invalid-argument' });
    expect(told).toEqual(['no answer about users: found Error: the card is away']);
  });
});
