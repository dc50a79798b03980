/**
 * Answers what the machine asks: the caller first, then what the configuration brought with it.
 *
 * @module
 */
import { fromHex } from '../bytes.js';
import { answerQuestion, type AskOutside, type EndpointConfig, type EndpointEvent } from '../endpoint.js';
import { IpsecError } from '../errors.js';
import type { HostOptions } from './types.js';

/** Who answers. */
export interface Answers {
  /** The answer; undefined: nobody knows. Whatever is thrown on the way is told as an IpsecError. */
  to(question: AskOutside): Promise<unknown>;
  /** Something happened: with an IKE SA its conversations end. */
  hear(event: EndpointEvent): void;
}

/** Makes them. @param refuse is told of what was thrown and is no IpsecError. */
export function createAnswers(
  { connections }: EndpointConfig,
  { answer }: Pick<HostOptions, 'answer'>,
  refuse: (error: IpsecError) => void,
): Answers {
  const credentials = new Map(connections.map((connection) => [connection.ike.name, connection.credentials]));
  const all = [...credentials.values()].flatMap((held) => [
    ...(held?.own ?? []),
    ...(held?.peer ?? []).map((at) => at?.credential),
    held?.xauth,
  ]);
  const forgetful = all.flatMap((credential) => credential?.forget ?? []);
  return {
    async to({ ask, connection }) {
      try {
        const own: unknown = await answer?.(ask, connection);
        if (own !== undefined) return own;
        const held = credentials.get(connection);
        return held && (await answerQuestion(held, ask, connection));
      } catch (error) {
        if (error instanceof IpsecError) return error;
        const refused = new IpsecError('invalid-argument', `no answer about ${connection}`, { cause: error, found: String(error) });
        refuse(refused);
        return refused;
      }
    },
    hear(event) {
      if (event.type === 'closed') for (const forget of forgetful) forget(fromHex(event.spiI), fromHex(event.spiR));
    },
  };
}
