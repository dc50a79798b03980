/**
 * What our own side wants of an IKE SA whose phase 1 is over, and what it has learned besides the messages of the peer.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { IkeEnv } from '../keying/machine.js';
import type { UdpEndpoint } from '../keying/path.js';
import { closeSa } from './closing.js';
import type { Ikev1Action, Ikev1Event, Outcome } from './events.js';
import { deleteChild, deletionOfAll } from './exchange/child-delete.js';
import { checkLiveness } from './exchange/dpd.js';
import type { Task } from './requests.js';
import type { AuthenticatedSa } from './states.js';
import { queueTask } from './tasks.js';

/** Every event that is neither a message, nor the clock, nor an answer. */
export type Command = Exclude<Ikev1Event, { readonly type: 'datagram' | 'wake' | 'answer' }>;

/** How long a message of the peer keeps hints from being followed, in milliseconds. */
const quietAfterHearing = 10_000;

/** Takes a command. */
export function command(sa: AuthenticatedSa, event: Command, env: IkeEnv): Outcome {
  switch (event.type) {
    case 'createChild':
      return createChild(sa, event, env);
    case 'rekeyChild':
      return { sa: queueTask(sa, { kind: 'rekeyChild', spiIn: event.spiIn, notBefore: env.now }) ?? sa, actions: [] };
    case 'deleteChild':
      return deleteChild(sa, event.spiIn, 'deleted');
    case 'rekeyIke':
      return { sa, actions: [{ type: 'reauthenticate' }] };
    case 'delete':
      return endSa(sa, event.reason, undefined);
    case 'checkLiveness':
      return checkLiveness(sa, env);
    case 'moved':
      return follow(sa, event.from);
    case 'adopt':
      return { sa: { ...sa, children: [...sa.children, ...event.children], leased: [...sa.leased, ...event.leased] }, actions: [] };
    case 'disown':
      return { sa: { ...sa, children: [], leased: [] }, actions: [] };
    case 'hint':
      return env.now - sa.heardAt < quietAfterHearing ? { sa, actions: [] } : checkLiveness(sa, env);
  }
}

/** The end that our side wants: the peer is told of all Child SAs and of the IKE SA, and nobody waits for it to say anything. */
export function endSa(sa: AuthenticatedSa, reason: string, error: IpsecError | undefined): Outcome {
  const end = closeSa(sa, reason, error);
  return { ...end, begin: deletionOfAll(sa) };
}

function createChild(
  sa: AuthenticatedSa,
  { policy: name, first }: Extract<Command, { readonly type: 'createChild' }>,
  env: IkeEnv,
): Outcome {
  const policy = sa.connection.children.find((child) => child.name === name);
  if (policy === undefined)
    return failed(
      sa,
      name,
      new IpsecError('invalid-argument', `connection ${sa.connection.name}`, { expected: 'the name of one of its policies', found: name }),
    );
  const task: Task = { kind: 'createChild', policy, first, notBefore: env.now };
  const next = queueTask(sa, task);
  return next
    ? { sa: next, actions: [] }
    : failed(sa, name, new IpsecError('limit-exceeded', 'what waits to be asked of the peer', { found: `${sa.tasks.length} tasks` }));
}

function failed(sa: AuthenticatedSa, policy: string, error: IpsecError): Outcome {
  const action: Ikev1Action = { type: 'childFailed', policy, error };
  return { sa, actions: [action] };
}

/** RFC 3947 section 6 leaves the new mapping of a NAT to be found out by what comes: UDP-encapsulated ESP that is genuine. */
function follow(sa: AuthenticatedSa, from: UdpEndpoint): Outcome {
  const { path, nat } = sa;
  const isSame = from.port === path.remote.port && equalBytes(from.address, path.remote.address);
  if (isSame || !nat.follow) return { sa, actions: [] };
  const moved = { ...path, remote: from };
  return { sa: { ...sa, path: moved }, actions: [{ type: 'moved', path: moved, spis: sa.children.map(({ spiIn }) => spiIn) }] };
}
