/**
 * Quick Mode that we begin: RFC 2409 section 5.5. What the answer comes to is in `quick-answered.ts`.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { ChildSa } from '../../keying/child-sa.js';
import type { ChildPolicy } from '../../keying/connection.js';
import type { IkeEnv } from '../../keying/machine.js';
import { substituteAddress } from '../../keying/selectors.js';
import type { KeyExchangeRow } from '../../suite/types-ike.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { encodeClientIds, encodeOriginals } from '../quick-ids.js';
import { isForTheSame } from '../quick-install.js';
import { allocateCpi, checkRoom, quickNonceLength, release, udpOf } from '../quick-room.js';
import { encodeQuickOffer, quickGroups } from '../quick-sa.js';
import { pairToAsk, type QuickSelectors } from '../quick-selectors.js';
import type { QuickOffer } from '../quick-types.js';
import type { FirstMessage, Task } from '../requests.js';
import type { AuthenticatedSa, Established } from '../states.js';
import { deleteChild } from './child-delete.js';

export { finishQuick2 } from './quick-answered.js';

/**
 * Begins what a task asks for. RFC 2409 section 5.5: "HDR*, HASH(1), SA, Ni [, KE ] [, IDci, IDcr ]".
 *
 * @returns what cannot be asked for is told by `childFailed`; then nothing is reserved.
 */
export function beginQuick(sa: Established, task: Task, env: IkeEnv): Outcome<AuthenticatedSa> {
  switch (task.kind) {
    case 'createChild':
      return ask(sa, task.policy, { first: task.first, replaces: undefined }, env);
    case 'rekeyChild':
      return rekey(sa, task.spiIn, env);
    case 'deleteChild':
      // Unless its successor has gone before it, and it is needed again.
      return isReplaced(sa, task.spiIn) ? deleteChild(sa, task.spiIn, 'replaced') : { sa, actions: [] };
  }
}

function isReplaced({ children }: Established, spiIn: number): boolean {
  return children.some((child) => child.spiIn === spiIn && child.status === 'rekeyed');
}

/**
 * Another pair in the place of one. RFC 2408 section 4.3: "Modification of a Protocol SA (phase 2 negotiation) follows the same procedure as creation of a Protocol SA."
 *
 * Where both sides do so at once there are two new pairs. The next time one of them goes without a successor, so that they do not become ever more: both sides find the
 * same one, by the SPIs.
 */
function rekey(sa: Established, spiIn: number, env: IkeEnv): Outcome<AuthenticatedSa> {
  const old = sa.children.find((child) => child.spiIn === spiIn);
  const isUnderWay = sa.exchanges.some(({ about }) => about.kind === 'quick-offered' && about.replaces === spiIn);
  if (!old || old.status === 'rekeyed' || isUnderWay) return { sa, actions: [] };
  const twin = sa.children.find((child) => child.status === 'active' && child !== old && isForTheSame(child, old));
  if (twin && rankOf(old) < rankOf(twin)) {
    const detail = `Child SA ${old.policy.name}: there are two for the same, one of them goes`;
    const deleted = deleteChild(sa, spiIn, 'redundant');
    return { ...deleted, actions: [{ type: 'audit', event: 'collision', detail }, ...deleted.actions] };
  }
  return ask(sa, old.policy, { first: undefined, replaces: old }, env);
}

/** The same for both sides: the lower SPI of the two. */
function rankOf({ spiIn, spiOut }: ChildSa): number {
  return Math.min(spiIn, spiOut);
}

interface AskOptions {
  readonly first: Extract<Task, { kind: 'createChild' }>['first'];
  readonly replaces: ChildSa | undefined;
}

function ask(sa: Established, policy: ChildPolicy, { first, replaces }: AskOptions, env: IkeEnv): Outcome<AuthenticatedSa> {
  const failed = (error: IpsecError): Ikev1Action => ({ type: 'childFailed', policy: policy.name, error });
  const plan = attempt(() => {
    checkRoom(sa, replaces ? 0 : 1, 1, 'caller');
    const pair = replaces ? pairInUse(sa, replaces) : pairToAsk(sa, policy, first);
    return { pair, ids: encodeClientIds(pair), group: groupFor(policy, replaces), spi: env.allocateSpi() };
  });
  if (plan instanceof IpsecError) return { sa, actions: [failed(plan)] };
  const { pair, ids, group, spi } = plan;
  const cpi = policy.ipcomp === true ? allocateCpi(env) : undefined;
  const encoded = attempt(() => encodeQuickOffer(policy, { spi, cpi, udp: udpOf(sa), group, replaces }));
  if (encoded instanceof IpsecError) return { sa, actions: [...release(spi, cpi), failed(encoded)] };
  const Ni = new Uint8Array(quickNonceLength);
  env.random(Ni);
  const keyExchange = group && { row: group, exchange: group.generate(env.random) };
  const offer: QuickOffer = { policy, sa: encoded, spi, cpi, ...pair, keyExchange };
  const message: FirstMessage = {
    exchange: 'Quick Mode',
    payloads: [
      encoded,
      { type: 'Nonce', data: Ni },
      ...(keyExchange ? [{ type: 'KE' as const, data: keyExchange.exchange.publicValue }] : []),
      ...ids,
      ...encodeOriginals(sa, replaces?.mode ?? policy.mode, 'us'),
    ],
    awaitsAnswer: true,
    about: { kind: 'quick-offered', offer, Ni, replaces: replaces?.spiIn },
  };
  return { sa, begin: [message], actions: [] };
}

/** The pair of the old Child SA. The addresses of transport mode are those of the IKE SA, which may have moved. */
function pairInUse({ path }: Established, { mode, local, remote }: ChildSa): QuickSelectors {
  if (mode === 'tunnel') return { local: local[0]!, remote: remote[0]! };
  return { local: substituteAddress(local, path.local.address)[0]!, remote: substituteAddress(remote, path.remote.address)[0]! };
}

/** RFC 2409 section 5.5 has one KE payload: so a new pair has the group of the old one, where the policy still has it, else the first choice. */
function groupFor(policy: ChildPolicy, replaces: ChildSa | undefined): KeyExchangeRow | undefined {
  const groups = quickGroups(policy);
  const inUse = replaces && groups.find((row) => row?.id === replaces.suite.keyExchange?.id);
  return inUse ?? groups[0];
}
