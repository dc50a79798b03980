/** Two hosts that speak EAP by a toy method: the initiator `a`, the responder `b`. */
import type { IkeAction } from '../../src/ikev2/events.js';
import type { Connection } from '../../src/keying/connection.js';
import type { Ask, AskEap } from '../../src/ikev2/requests.js';
import { type PadEntry, parsePadId } from '../../src/pad.js';
import type { IkeSa } from '../../src/ikev2/states.js';
import { answerAsk, begin, createJournal, createWorld, type Journal, mainKey, pass, secret, type World } from './model-hosts.js';
import { answerToy, type ToyEap } from './toy-eap.js';
import { type Host, type HostOptions, saOf } from './two-hosts.js';

/** How the two are set up. */
export interface EapOptions {
  readonly a?: Partial<ToyEap>;
  readonly b?: Partial<ToyEap>;
  /** EAP is all there is. */
  readonly alone?: boolean;
  readonly allowKeyless?: boolean;
  readonly connectionA?: Partial<Connection>;
  readonly connectionB?: Partial<Connection>;
  readonly hostA?: HostOptions;
  readonly hostB?: HostOptions;
  readonly journal?: Journal;
}

/** Two hosts and their wings. */
export interface EapWorld extends World {
  readonly toys: { readonly a: ToyEap; readonly b: ToyEap };
  /** What the wings were asked. */
  readonly asked: { readonly a: AskEap[]; readonly b: AskEap[] };
}

const eap = { method: 'eap' } as const;
const sharedKey = { method: 'shared-key', secret } as const;
const peerOf = (id: string): PadEntry => ({
  name: id,
  id: parsePadId(id),
  authentication: { protocol: 'IKEv2', method: 'as the connection says' },
  child: { lookup: 'id' },
});

/** Nothing has happened yet. */
export function createEapWorld(options: EapOptions = {}): EapWorld {
  const { alone = false, allowKeyless = false, connectionA = {}, connectionB = {}, hostA, hostB, journal = createJournal() } = options;
  const keyless = { ...eap, allowKeyless };
  const world = createWorld(
    journal,
    { ...hostA, connection: { localAuth: keyless, remoteAuth: alone ? keyless : sharedKey, peer: peerOf('b.example'), ...connectionA } },
    { ...hostB, connection: { localAuth: alone ? keyless : sharedKey, remoteAuth: keyless, peer: peerOf('a.example'), ...connectionB } },
  );
  const password = 'a password';
  return { ...world, toys: { a: { password, ...options.a }, b: { password, ...options.b } }, asked: { a: [], b: [] } };
}

/** What a host waits for. */
export function askOf(host: Host): Ask | undefined {
  return keysOf(host).flatMap((key) => saOf(host, key).waiting?.ask ?? [])[0];
}

function keysOf(host: Host): string[] {
  return [...host.sas.keys()];
}

/** The wing of a host answers; whether it was asked. */
export function answer(world: EapWorld, host: Host): boolean {
  const ask = askOf(host);
  if (ask?.kind !== 'eap') return false;
  world.asked[host.name].push(ask);
  answerAsk(world, host, answerToy(world.toys[host.name], ask));
  return true;
}

/** Everything takes its course, for so many steps at most. */
export function run(world: EapWorld, steps = 500): number {
  let taken = 0;
  for (; taken < steps; taken++) {
    const { a, b } = world;
    if (answer(world, a) || answer(world, b)) continue;
    if (a.outbox.length > 0) pass(world, a);
    else if (b.outbox.length > 0) pass(world, b);
    else break;
  }
  return taken;
}

/** From the first message to the end. */
export function play(options: EapOptions = {}): EapWorld {
  const world = createEapWorld(options);
  begin(world);
  run(world);
  return world;
}

/** The states of both. */
export function statesOf({ a, b }: World): string[] {
  return [a, b].map((host) => {
    const states = keysOf(host).map((key) => saOf(host, key).state);
    return states.find((state) => state !== 'CLOSED') ?? states[0] ?? 'none';
  });
}

/** Actions of a kind. */
export function actionsOf<Type extends IkeAction['type']>(host: Host, type: Type): Extract<IkeAction, { type: Type }>[] {
  return host.actions.filter((action): action is Extract<IkeAction, { type: Type }> => action.type === type);
}

/** Why a host's IKE SA ended. */
export function reasonOf(host: Host): string {
  const { error, reason } = actionsOf(host, 'closed')[0] ?? {};
  return error ? `${error.code}: ${error.message}` : (reason ?? 'it goes on');
}

/** The only IKE SA of a host. */
export function onlySa(host: Host): IkeSa {
  return saOf(host, mainKey(host));
}
