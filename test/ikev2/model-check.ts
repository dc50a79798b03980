/** One message of the peer in one situation: what the machine makes of it, held against the rules. */
import { IpsecError } from '../../src/errors.js';
import type { IkeAction, IkeEnv } from '../../src/ikev2/events.js';
import { respond } from '../../src/ikev2/respond.js';
import { step } from '../../src/ikev2/sa.js';
import type { IkeSa, Listening } from '../../src/ikev2/states.js';
import { findTaken } from './model-hosts.js';
import { judge, type Said, type Verdict } from './model-rules.js';
import type { Situation } from './model-states.js';

/** What came of it. */
interface Result {
  readonly sa: IkeSa | Listening;
  readonly actions: readonly IkeAction[];
}

type Env = IkeEnv & { readonly allocated: Set<number> };

/** What a peer may not get by a message that is refused. */
const gains: ReadonlySet<IkeAction['type']> = new Set([
  'established',
  'installChild',
  'newIkeSa',
  'handOver',
  'moved',
  'keys',
  'ask',
  'reauthenticate',
  'keepalive',
]);

/**
 * Gives a message to the machine.
 *
 * @returns the verdict of the rules, and all that the machine did otherwise.
 */
export function check(one: Situation, said: Said): { readonly verdict: Verdict; readonly wrong: readonly string[] } {
  const verdict = judge(one, said);
  const dictionary = one.payloads(said.isResponse);
  const payloads = said.names.map((name) => dictionary[name]!);
  const messageId = said.isResponse ? (one.asked?.messageId ?? 0) : one.nextId;
  const data = one.seal({ exchange: said.exchange as 'IKE_AUTH', messageId, isResponse: said.isResponse }, payloads);
  const env = one.env();
  const before = data.slice();
  const wrong: string[] = [];
  const fault = (text: string): void => {
    wrong.push(
      `${one.name}, ${said.exchange} ${said.isResponse ? 'response' : 'request'} of ${said.names.join(' ') || 'nothing'}: ${text}`,
    );
  };
  try {
    const result = play(one, data, env);
    if (data.some((octet, i) => octet !== before[i])) fault('the datagram was written to');
    compare(one, verdict, { result, env, data }, fault);
  } catch (error) {
    fault(`threw ${error instanceof IpsecError ? error.code : String(error)}`);
  }
  return { verdict, wrong };
}

function play({ sa, path }: Situation, data: Uint8Array, env: Env): Result {
  const [from, to] = [path.remote, path.local];
  if (sa.state !== 'LISTENING') return step(sa, { type: 'datagram', data, from, to }, env);
  const { sa: begun, actions } = respond({ data, from, to }, sa.listener, env);
  return { sa: begun ?? sa, actions };
}

interface Played {
  readonly result: Result;
  readonly env: Env;
  readonly data: Uint8Array;
}

function compare(one: Situation, verdict: Verdict, { result, env, data }: Played, fault: (text: string) => void): void {
  const { sa: before, path } = one;
  const { sa: after, actions } = result;
  const sends = actions.flatMap((action) => (action.type === 'send' ? [action.data] : []));
  const answers = sends.filter((octets) => (octets[19]! & 0x20) !== 0);
  if (answers.length > 1) fault(`${answers.length} answers`);
  if (answers.some(({ length }) => length > 1280)) fault('a large answer');
  leaks(before, result, env, fault);
  if (verdict.kind === 'taken') {
    const { row } = verdict;
    if (findTaken(before, data, path, one.env())?.row !== row) fault(`another row than: ${row.story}`);
    // Nobody can make AUTH without the key of EAP, and nobody has it here.
    if (before.state.startsWith('EAP') && actions.some(({ type }) => gains.has(type) && type !== 'ask')) fault('gained something by EAP');
    if (![...row.to, before.state, 'DELETING', 'CLOSED'].includes(after.state)) fault(`led to ${after.state}`);
    return;
  }
  for (const { type } of actions) if (gains.has(type)) fault(`gained ${type}`);
  if (env.allocated.size > 0) fault('reserved an SPI');
  const [answer] = answers;
  const told = answer && one.open(answer).map((p) => (p.type === 'N' ? String(p.notify) : p.type));
  switch (verdict.kind) {
    case 'dropped':
      if (actions.some(({ type }) => type !== 'audit')) fault(`did ${actions.map(({ type }) => type).join(' ')}`);
      changes(before, after, ['heardAt'], []).forEach(fault);
      return;
    case 'declined':
      if (after !== before) fault('kept something');
      if (answer && answer.length > data.length) fault(`answered ${data.length} octets with ${answer.length}`);
      if (answer ? told?.join() !== verdict.notify : data.length > 36) fault(`said ${told?.join() ?? 'nothing'}`);
      return;
    case 'refused':
      if (told?.join() !== verdict.notify) fault(`said ${told?.join() ?? 'nothing'}, not ${verdict.notify}`);
      changes(before, after, ['heardAt', 'waiting'], ['replies', 'nextPeerId']).forEach(fault);
      return;
    case 'fatal':
      if (told?.join() !== verdict.notify) fault(`said ${told?.join() ?? 'nothing'}, not ${verdict.notify}`);
      if (after.state !== 'CLOSED') fault(`went on in ${after.state}`);
      return;
    case 'ended':
      if (answers.length > 0) fault('answered an answer');
      if (after.state !== verdict.to) fault(`went to ${after.state}, not ${verdict.to}`);
  }
}

/** What is another one than before. */
function changes(before: object, after: object, may: readonly string[], windows: readonly string[]): string[] {
  return Object.keys({ ...before, ...after }).flatMap((key) => {
    const [a, b] = [before, after].map((sa) => (sa as Record<string, unknown>)[key]);
    if (a === b || may.includes(key)) return [];
    if (key === 'windows') return changes(a as object, b as object, windows, []);
    return JSON.stringify(a) === JSON.stringify(b) && key !== 'crypto' ? [] : [`changed ${key}`];
  });
}

/** SPIs that were reserved and that nobody holds any more; Child SAs that went without being taken out, or were taken out and are still there. */
function leaks(before: IkeSa | Listening, { sa: after, actions }: Result, { allocated }: Env, fault: (text: string) => void): void {
  const held = new Set(
    actions.flatMap((action) => (action.type === 'installChild' ? [action.child.spiIn] : action.type === 'releaseSpi' ? [action.spi] : [])),
  );
  const asked = 'windows' in after ? after.windows.outstanding : [];
  for (const { about } of asked) if ('offer' in about) held.add(about.offer.spi);
  if ('offer' in after && after.offer) held.add(after.offer.spi);
  const reserved =
    'windows' in before ? before.windows.outstanding.flatMap(({ about }) => ('offer' in about ? [about.offer.spi] : [])) : [];
  if ('offer' in before && before.offer) reserved.push(before.offer.spi);
  for (const spi of [...allocated, ...reserved]) if (!held.has(spi)) fault(`lost SPI ${spi.toString(16)}`);
  const had = 'children' in before ? before.children.map(({ spiIn }) => spiIn) : [];
  const have = new Set('children' in after ? after.children.map(({ spiIn }) => spiIn) : []);
  const removed = new Set(actions.flatMap((action) => (action.type === 'removeChild' ? [action.child.spiIn] : [])));
  const handed = new Set(actions.flatMap((action) => (action.type === 'handOver' ? action.children.map(({ spiIn }) => spiIn) : [])));
  for (const spi of had) if (have.has(spi) === (removed.has(spi) || handed.has(spi))) fault(`lost sight of Child SA ${spi.toString(16)}`);
  if (!('crypto' in before)) return;
  const wiped = new Set(actions.flatMap((action) => (action.type === 'wipe' ? action.secrets : [])));
  if ('msk' in before && before.msk && !('msk' in after) && !wiped.has(before.msk)) fault('left the key of EAP behind');
  if (after.state !== 'CLOSED') return;
  const { keys, seal, open } = before.crypto;
  if (![...Object.values(keys as unknown as Record<string, Uint8Array>), seal, open].every((one) => wiped.has(one)))
    fault('left keys behind');
}
