/** Looking into what a host has sent. */
import { decodeMessage, decodePayloads } from '../../src/ikev2/message.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { openSk } from '../../src/ikev2/sk.js';
import { createSkContext } from '../../src/ikev2/sk-context.js';
import { keyOf, type Host } from './two-hosts.js';

/** The payloads of the last datagram that a host has sent under an IKE SA whose keys are there still. */
export function openLast(host: Host): readonly Payload[] {
  const sent = host.actions.filter((action) => action.type === 'send').at(-1);
  if (sent === undefined) throw new Error(`${host.name} has sent nothing`);
  return openSent(host, sent.data);
}

/** The payloads of a datagram that a host has sent. */
export function openSent(host: Host, data: Uint8Array): readonly Payload[] {
  const message = decodeMessage(data);
  const keys = host.keys.get(keyOf(message));
  if (keys === undefined) throw new Error('an IKE SA that is not known');
  const { suite, SK_ei, SK_er } = keys;
  const context = createSkContext({ encryption: suite.encryption, encryptionKey: message.isInitiator ? SK_ei : SK_er });
  const opened = openSk(context, message);
  if (!opened.ok) throw new Error(opened.reason);
  return decodePayloads(opened.firstPayload, opened.octets);
}
