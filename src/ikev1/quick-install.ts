/**
 * Child SAs that are agreed on go to the one who owns the SAD.
 *
 * @module
 */
import type { ChildSa } from '../keying/child-sa.js';
import { formatPair } from '../keying/selectors.js';
import { coversTrafficSelector, type TrafficSelector } from '../traffic-selector.js';
import type { Ikev1Action } from './events.js';
import type { GrantedChild, Task } from './requests.js';
import type { AuthenticatedSa } from './states.js';

/**
 * Milliseconds for which a pair stays that was replaced, where it is ours to delete it: the peer puts its successor in place with the last message of Quick Mode,
 * which may have to come twice. RFC 2408 section 4.3: "deletion of an old SA is then dependent on local security policy."
 */
const overlap = 5_000;

/** What comes of it. */
interface Installed<Sa> {
  readonly sa: Sa;
  readonly actions: Ikev1Action[];
}

/**
 * Puts pairs into the SAD, and then overwrites our copies of the keys. Pairs that they replace stay for what is under way.
 *
 * @param by who has begun the exchange. As responders we hear of the last message that the peer is ready. As initiators we are ready first: where there is an old pair,
 * it goes on until the peer is heard on the new one, or until we delete the old one.
 */
export function installGranted<Sa extends AuthenticatedSa>(
  sa: Sa,
  granted: readonly GrantedChild[],
  by: 'us' | 'the peer',
  now: number,
): Installed<Sa> {
  let current = sa;
  const actions: Ikev1Action[] = [];
  for (const { child, keys, replaces } of granted) {
    const old = current.children.find(({ spiIn }) => spiIn === replaces);
    const { path, nat } = current;
    const both = keys.ah ? [keys, keys.ah] : [keys];
    const secrets = both
      .flatMap(({ inbound, outbound }) => [inbound, outbound])
      .flatMap(({ encryption, integrity }) => [encryption, integrity])
      .filter((key) => key !== undefined);
    actions.push(
      {
        type: 'installChild',
        child,
        keys,
        send: by === 'us' && old ? 'when-peer-is-ready' : 'now',
        replaces: old?.spiIn,
        path,
        nat: { local: nat.local, remote: nat.remote },
      },
      { type: 'wipe', secrets },
    );
    if (old) actions.push({ type: 'audit', event: 'rekeyed', detail: `Child SA ${child.policy.name}: ${formatPair(child)}` });
    const deletion: readonly Task[] = old && by === 'us' ? [{ kind: 'deleteChild', spiIn: old.spiIn, notBefore: now + overlap }] : [];
    current = {
      ...current,
      children: [...current.children.map((other) => (other === old ? { ...other, status: 'rekeyed' as const } : other)), child],
      tasks: [...current.tasks, ...deletion],
    };
  }
  return { sa: current, actions };
}

/** Whether two pairs are for the same traffic of the same policy: then the newer one takes the place of the older one. */
export function isForTheSame(a: Pick<ChildSa, 'policy' | 'mode' | 'local' | 'remote'>, b: typeof a): boolean {
  const same = (some: readonly TrafficSelector[], others: readonly TrafficSelector[]): boolean =>
    some.length === others.length &&
    some.every((one, i) => coversTrafficSelector(one, others[i]!) && coversTrafficSelector(others[i]!, one));
  return a.policy.name === b.policy.name && a.mode === b.mode && same(a.local, b.local) && same(a.remote, b.remote);
}
