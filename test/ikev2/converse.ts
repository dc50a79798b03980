/**
 * IKE_SA_INIT and IKE_AUTH between an initiator and a responder on the machine, message by message, with somebody in the middle who may change what is in the
 * clear, and a test that may change what is not. Questions are answered by whoever knows, which may take its time: WebCrypto does.
 */
import {
  type Ask,
  createIkeSa,
  createSkContext,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  openSk,
  type Payload,
  respond,
  sealSk,
  step,
} from '../../src/ike.js';
import { IpsecError } from '../../src/errors.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv } from '../../src/ikev2/events.js';
import { initialRetransmission } from '../../src/keying/retransmission.js';
import { createCookieSecrets } from '../../src/ikev2/cookie.js';
import type { IkeSa, Listener, UdpEndpoint } from '../../src/ikev2/states.js';
import { parsePrefix } from '../../src/ip.js';
import { parsePadId } from '../../src/pad.js';
import { ANY, parseIdentity, type TrafficSelector } from '../../src/traffic-selector.js';
import { quietOptions } from './auth-records.js';
import { ikeProposal, randomOf } from './two-hosts.js';

/** One end and what has come of it. */
export interface End {
  readonly name: 'a' | 'b';
  readonly endpoint: UdpEndpoint;
  readonly env: IkeEnv;
  /** Whoever knows; `end` as it is while it waits. */
  readonly answer: (ask: Ask, end: End) => unknown;
  sa: IkeSa | undefined;
  readonly actions: IkeAction[];
  readonly asks: Ask[];
  /** The octets that it has sent. */
  readonly sent: Uint8Array[];
  /** What it has sent, with its protection off. */
  readonly said: (readonly Payload[])[];
}

/** What somebody does to messages. */
export interface Middle {
  /** IKE_SA_INIT, which anybody can change. */
  readonly init?: (payloads: readonly Payload[], from: 'a' | 'b') => readonly Payload[];
  /** What is inside of IKE_AUTH, which only a test that has the keys can change. */
  readonly auth?: (payloads: readonly Payload[], from: 'a' | 'b') => readonly Payload[];
  /** Nobody in the middle: the packet that makes the initiator begin. */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
}

const octets = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));

/** A connection from `local` to `peer`, names or `ID_NULL`. */
export function connectionOf(
  [local, peer]: readonly [string, string],
  auth: Pick<Connection, 'localAuth' | 'remoteAuth'>,
  more: Partial<Connection> = {},
): Connection {
  const net: TrafficSelector = { protocol: ANY, ports: ANY, addresses: parsePrefix('10.0.0.0/8') };
  return {
    name: `${local} to ${peer}`,
    localId: parseIdentity(local),
    peer: { id: parsePadId(peer), authentication: { protocol: 'IKEv2', method: 'any' }, child: { lookup: 'id' } },
    proposals: [ikeProposal],
    children: [
      {
        name: 'net',
        mode: 'tunnel',
        proposals: [{ protocol: 'ESP', encryption: ikeProposal.encryption, integrity: [], keyExchange: [], esn: [false] }],
        local: [net],
        remote: [net],
      },
    ],
    options: { ...quietOptions, setUp: initialRetransmission },
    ...auth,
    ...more,
  };
}

function endOf(name: 'a' | 'b', connections: readonly Connection[], answer: End['answer']): End {
  let spi = name === 'a' ? 0xa000 : 0xb000;
  return {
    name,
    endpoint: { address: octets(name === 'a' ? '192.0.2.1' : '198.51.100.1'), port: 500 },
    env: { now: 0, random: randomOf(name === 'a' ? 3 : 4), allocateSpi: () => spi++, allocateCpi: () => 300, connections },
    answer,
    sa: undefined,
    actions: [],
    asks: [],
    sent: [],
    said: [],
  };
}

/** What came of it: both ends. */
export interface Talk {
  readonly a: End;
  readonly b: End;
}

/** Plays it until nobody has anything to say. */
export async function converse(
  initiator: Connection,
  responders: readonly Connection[],
  answers: { readonly a?: End['answer']; readonly b?: End['answer'] } = {},
  middle: Middle = {},
): Promise<Talk> {
  const nothing = (): undefined => undefined;
  const a = endOf('a', [], answers.a ?? nothing);
  const b = endOf('b', responders, answers.b ?? nothing);
  const listener: Listener = {
    connections: responders,
    halfOpen: { total: 0, fromAddress: 0 },
    cookies: createCookieSecrets(b.env.random, 0),
    limits: { cookieThreshold: 100, total: 100, perAddress: 100 },
  };
  const path = { local: a.endpoint, remote: b.endpoint };
  const begun = createIkeSa(initiator, { path, first: middle.first }, a.env);
  const wire: { from: End; data: Uint8Array }[] = [];
  const take = async (end: End, sa: IkeSa | undefined, actions: readonly IkeAction[]): Promise<void> => {
    end.sa = sa;
    end.actions.push(...actions.map(copyOfKeys));
    for (const action of actions) {
      if (action.type === 'send') {
        end.sent.push(action.data);
        wire.push({ from: end, data: action.data });
      }
      if (action.type !== 'ask') continue;
      end.asks.push(action.ask);
      const result = step(end.sa!, { type: 'answer', value: await end.answer(action.ask, end) }, end.env);
      await take(end, result.sa, result.actions);
    }
  };
  await take(a, begun.sa, begun.actions);
  for (let i = 0; i < 20; i++) {
    const next = wire.shift();
    if (next === undefined) return { a, b };
    const [from, to] = next.from === a ? [a, b] : [b, a];
    const data = change(from, next.data, middle);
    if (to.sa === undefined) {
      const result = respond({ data, from: from.endpoint, to: to.endpoint }, listener, to.env);
      await take(to, result.sa, result.actions);
    } else {
      const result = step(to.sa, { type: 'datagram', data, from: from.endpoint, to: to.endpoint }, to.env);
      await take(to, result.sa, result.actions);
    }
  }
  throw new Error('they never come to an end');
}

/** The machine wipes its keys. */
function copyOfKeys(action: IkeAction): IkeAction {
  if (action.type !== 'keys') return action;
  const keys = Object.fromEntries(Object.entries(action.keys).map(([name, key]) => [name, (key as Uint8Array).slice()]));
  return { ...action, keys: keys as unknown as typeof action.keys };
}

function change(from: End, data: Uint8Array, { init, auth }: Middle): Uint8Array {
  const message = decodeMessage(data);
  const { spiI, spiR, exchange, isInitiator, isResponse, messageId } = message;
  const header = { spiI, spiR, exchange, isInitiator, isResponse, messageId };
  if (message.exchange === 'IKE_SA_INIT') {
    from.said.push(message.payloads);
    return init ? encodeMessage({ ...header, payloads: [...init(message.payloads, from.name)] }) : data;
  }
  const logged = from.actions.find((action) => action.type === 'keys')!;
  const { encryption } = logged.suite;
  const encryptionKey = message.isInitiator ? logged.keys.SK_ei : logged.keys.SK_er;
  const context = createSkContext({ encryption, encryptionKey });
  const opened = openSk(context, message);
  if (!opened.ok) throw new Error(opened.reason);
  const payloads = decodePayloads(opened.firstPayload, opened.octets);
  from.said.push(payloads);
  if (message.exchange !== 'IKE_AUTH' || !auth) return data;
  return sealSk(context, header, [...auth(payloads, from.name)], randomOf(9));
}

/** What the end of an IKE SA was told to be. */
export function errorOf({ actions, sa }: End): IpsecError {
  const closed = actions.find((action) => action.type === 'closed');
  const error = (closed?.type === 'closed' ? closed.error : undefined) ?? (sa?.state === 'DELETING' ? sa.error : undefined);
  if (!(error instanceof IpsecError)) throw new Error(`no error in ${sa?.state ?? 'no state'}`);
  return error;
}

/** Names of payloads and notifications in a message. */
export function namesOf(payloads: readonly Payload[] | undefined): string {
  return (payloads ?? []).map((p) => (p.type === 'N' ? String(p.notify) : p.type)).join(' ');
}
