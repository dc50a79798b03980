/**
 * Two IKE SAs with a Child SA between them, and CREATE_CHILD_SA and INFORMATIONAL exchanges by their handlers alone: what is framed, sealed and numbered is
 * not of interest here. Payloads go over the wire format. Everything is a value, so that one state can be played on in several ways.
 */
import { decodePayloads, encodePayloads, type Payload } from '../../src/ike.js';
import { acceptChild, completeChild, offerChild } from '../../src/ikev2/child.js';
import type { ChildPolicy, Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv, NewRequest, OpenMessage, Outcome } from '../../src/ikev2/events.js';
import {
  answerChild,
  answerChildRekey,
  finishChild,
  finishChildRekey,
  refusedChild,
  refusedChildRekey,
  startCreateChild,
  startRekeyChild,
} from '../../src/ikev2/exchange/create-child.js';
import { answerChildDelete, finishChildDelete, finishInformational } from '../../src/ikev2/exchange/informational.js';
import { childDeleteRequest } from '../../src/ikev2/exchange/informational-delete.js';
import { attempt } from '../../src/keying/attempt.js';
import { findNotify } from '../../src/ikev2/pick.js';
import { refusalOf } from '../../src/ikev2/refusal.js';
import type { ChildSa, Established, OwnRequest, Task } from '../../src/ikev2/states.js';
import { isErrorNotify } from '../../src/ikev2/transition.js';
import { IpsecError } from '../../src/errors.js';
import { connectionOf, contextOf, envOf, establishedOf, mirrored, pathOf } from './child-fixtures.js';

/** One end: `log` has every action so far. */
export interface End {
  readonly sa: Established;
  readonly env: IkeEnv;
  readonly log: readonly IkeAction[];
}

/** A message under way. */
export interface Wire {
  readonly exchange: 'CREATE_CHILD_SA' | 'INFORMATIONAL';
  readonly messageId: number;
  readonly isResponse: boolean;
  readonly firstPayload: number;
  readonly octets: Uint8Array;
}

/** What one end does and sends. */
export interface Step {
  readonly end: End;
  readonly wire: Wire;
}

/** Two ends with a Child SA between them, made by `a`. */
export function pairOf(
  policy: ChildPolicy,
  changes: { a?: Partial<Connection>; b?: Partial<Connection>; seed?: number } = {},
): { a: End; b: End } {
  const seed = changes.seed ?? 1;
  const envs = { a: envOf({ spi: 0xa001, seed }), b: envOf({ spi: 0xb001, seed: seed * 7 + 3 }) };
  const connections = { a: connectionOf([policy], changes.a), b: connectionOf([mirrored(policy)], changes.b) };
  const a = establishedOf(connections.a);
  const b = establishedOf(connections.b, { role: 'responder', path: pathOf('198.51.100.1', '192.0.2.1') });
  const first = connections.a.children[0]!;
  const Ni = new Uint8Array(32).fill(1);
  const Nr = new Uint8Array(32).fill(2);
  const { offer, payloads } = offerChild(contextOf(connections.a), first, envs.a, { exchange: 'IKE_AUTH', Ni });
  const accepted = acceptChild(b, payloads, envs.b, { exchange: 'IKE_AUTH', Ni, Nr });
  if ('invalidKe' in accepted) throw new Error('no group');
  const completed = completeChild(a, offer, accepted.payloads, envs.a, { exchange: 'IKE_AUTH', Nr });
  return {
    a: { sa: { ...a, children: [completed.child] }, env: envs.a, log: [] },
    b: { sa: { ...b, children: [accepted.child] }, env: envs.b, log: [] },
  };
}

/** Asks for what a task says; undefined: there is nothing to ask. */
export function start(end: End, task: Task): Step | undefined {
  const { sa, env } = end;
  switch (task.kind) {
    case 'createChild':
      return sendStarted(end, startCreateChild(sa, task, env));
    case 'rekeyChild':
      return sendStarted(end, startRekeyChild(sa, task, env));
    case 'deleteChild': {
      const children = sa.children.filter(({ spiIn }) => task.spis.includes(spiIn));
      if (children.length === 0) return undefined;
      const deleting = sa.children.map((child): ChildSa => (children.includes(child) ? { ...child, status: 'deleting' } : child));
      return sendStarted(end, { sa: { ...sa, children: deleting }, request: childDeleteRequest(children), actions: [] });
    }
    case 'notify':
      return sendStarted(end, {
        sa,
        request: { exchange: 'INFORMATIONAL', about: { kind: 'notify' }, payloads: task.payloads },
        actions: [],
      });
    default:
      throw new Error(`a task for somebody else: ${task.kind}`);
  }
}

function sendStarted(
  end: End,
  started: { sa: Established; request?: NewRequest | undefined; actions: readonly IkeAction[] } | undefined,
): Step | undefined {
  if (!started?.request) return undefined;
  const { windows } = started.sa;
  const request: OwnRequest = {
    ...started.request,
    messageId: windows.nextOwnId,
    datagrams: [],
    tries: 1,
    sizeIndex: 0,
    retransmitAt: Infinity,
  };
  const sa = { ...started.sa, windows: { ...windows, nextOwnId: request.messageId + 1, outstanding: [...windows.outstanding, request] } };
  const exchange = started.request.exchange as Wire['exchange'];
  return {
    end: { ...end, sa, log: [...end.log, ...started.actions] },
    wire: wireOf(exchange, request.messageId, false, started.request.payloads),
  };
}

/** Starts the next task that is due, and forgets those that have become pointless; no wire: nothing is due, or something is under way. */
export function startNext(end: End): { readonly end: End; readonly wire?: Wire } {
  const [task, ...tasks] = end.sa.tasks;
  if (!task || task.notBefore > end.env.now || end.sa.windows.outstanding.length > 0) return { end };
  const without: End = { ...end, sa: { ...end.sa, tasks } };
  return start(without, task) ?? startNext(without);
}

/** Answers a request. */
export function answer(end: End, wire: Wire): Step {
  const message = openOf(wire);
  const outcome = attempt(() => handleRequest(end, message));
  const refused = outcome instanceof IpsecError ? { sa: end.sa, reply: [refusalOf(outcome)], actions: [] } : outcome;
  return { end: after(end, refused), wire: wireOf(wire.exchange, wire.messageId, true, refused.reply ?? []) };
}

function handleRequest({ sa, env }: End, message: OpenMessage): Outcome {
  if (message.exchange === 'INFORMATIONAL') return answerChildDelete(sa, message);
  return findNotify(message.payloads, 'REKEY_SA') ? answerChildRekey(sa, message, env) : answerChild(sa, message, env);
}

/** Takes an answer. */
export function finish(end: End, wire: Wire): End {
  const request = end.sa.windows.outstanding.find(({ messageId }) => messageId === wire.messageId)!;
  const outstanding = end.sa.windows.outstanding.filter((other) => other !== request);
  const sa = { ...end.sa, windows: { ...end.sa.windows, outstanding } };
  const message = openOf(wire);
  const isError = message.payloads.some((p) => p.type === 'N' && isErrorNotify(p.notify));
  const context = { request, answers: [] };
  const { env } = end;
  switch (request.about.kind) {
    case 'createChild':
      return after(end, isError ? refusedChild(sa, message, env, context) : finishChild(sa, message, env, context));
    case 'rekeyChild':
      return after(end, isError ? refusedChildRekey(sa, message, env, context) : finishChildRekey(sa, message, env, context));
    case 'deleteChild':
      return after(end, finishChildDelete(sa, message, env, context));
    default:
      return after(end, finishInformational(sa, message));
  }
}

function after(end: End, { sa, actions }: Outcome): End {
  if (sa.state !== 'ESTABLISHED') throw new Error(`it is ${sa.state}`);
  return { ...end, sa, log: [...end.log, ...actions] };
}

function wireOf(exchange: Wire['exchange'], messageId: number, isResponse: boolean, payloads: readonly Payload[]): Wire {
  return { exchange, messageId, isResponse, ...encodePayloads(payloads) };
}

/** The payloads of a message. */
export function openOf({ exchange, messageId, isResponse, firstPayload, octets }: Wire): OpenMessage {
  return { exchange, messageId, isResponse, payloads: decodePayloads(firstPayload, octets), raw: octets, path: pathOf() };
}

/** A whole exchange that `a` begins by itself, without what follows from it. */
export function converse(a: End, b: End, task: Task): { a: End; b: End; request: Wire; response: Wire } {
  const asked = start(a, task);
  if (!asked) throw new Error('nothing to ask');
  const answered = answer(b, asked.wire);
  return { a: finish(asked.end, answered.wire), b: answered.end, request: asked.wire, response: answered.wire };
}

/** Goes on until neither end has anything to ask, however long that takes. */
export function settle(a: End, b: End): { a: End; b: End } {
  for (let i = 0; i < 50; i++) {
    for (const turn of ['a', 'b'] as const) {
      const [from, to] = turn === 'a' ? [a, b] : [b, a];
      const asked = startNext(from);
      const answered = asked.wire && answer(to, asked.wire);
      const ends = answered ? ([finish(asked.end, answered.wire), answered.end] as const) : ([asked.end, to] as const);
      [a, b] = turn === 'a' ? ends : [ends[1], ends[0]];
    }
    const at = Math.min(...[...a.sa.tasks, ...b.sa.tasks].map(({ notBefore }) => notBefore));
    if (at === Infinity) return { a, b };
    if (at > a.env.now) [a, b] = [later(a, at), later(b, at)];
  }
  throw new Error('no end');
}

/** The same end at another time. */
export function later(end: End, now: number): End {
  return { ...end, env: { ...end.env, now } };
}

/** The kinds of actions, but for wiping and notes. */
export function kindsOf(actions: readonly IkeAction[]): string[] {
  return actions.map(({ type }) => type).filter((type) => type !== 'wipe' && type !== 'audit');
}
