/**
 * We rekey the IKE SA: RFC 7296 sections 1.3.2, 2.8, 2.8.2 and 2.18. How a rekey of the peer is answered is in `rekey-ike-answer.ts`, the IKE SA
 * that comes of it in `rekey-ike-successor.ts`.
 *
 * @module
 */
import { attempt } from '../../keying/attempt.js';
import { IpsecError } from '../../errors.js';
import type { KeyExchangeRow } from '../../suite/types-ike.js';
import type { IkeAction, IkeEnv, NewRequest, OpenMessage, Outcome } from '../events.js';
import { decodeNotifyData } from '../notify-data.js';
import type { PayloadOfType } from '../payload-cases.js';
import { findNotify, payloadOf } from '../pick.js';
import { encodeIkeProposals, readIkeAnswer } from '../proposal.js';
import { sendRequest } from '../send.js';
import type { About, Established, Task } from '../states.js';
import { patience, queueTask, retryLater } from '../task-queue.js';
import { type HandlerContext, isErrorNotify } from '../transition.js';
import { freshSpi, nonceLength } from './ike-sa-init.js';
import { ikeDeleteRequest, startIkeDelete } from './informational-delete.js';
import { describeNotify, noteNotifies } from './informational-notify.js';
import { hasLowestNonce } from './rekey-ike-nonces.js';
import { createSuccessor, handOver, type RekeyResult } from './rekey-ike-successor.js';

export { answerIkeRekey } from './rekey-ike-answer.js';

type RekeyTask = Extract<Task, { readonly kind: 'rekeyIke' }>;
type IkeRekey = Extract<About, { readonly kind: 'rekeyIke' }>;

/**
 * The request to replace the IKE SA. RFC 7296 section 1.3.2: "HDR, SK {SA, Ni, KEi}", with the new SPI in the SA payload.
 *
 * @throws IpsecError `invalid-config`: the connection has no such key exchange method.
 */
export function startRekeyIke(
  sa: Established,
  task: RekeyTask,
  env: IkeEnv,
): { readonly sa: Established; readonly request: NewRequest; readonly actions: readonly IkeAction[] } {
  const row = groupOf(sa, task.group);
  const spi = freshSpi(env);
  const Ni = new Uint8Array(nonceLength);
  env.random(Ni);
  const exchange = row.generate(env.random);
  const groupsTried = [...(task.groupsTried ?? []), row.id];
  return {
    sa,
    actions: [],
    request: {
      exchange: 'CREATE_CHILD_SA',
      about: { kind: 'rekeyIke', spi, Ni, row, exchange, groupsTried, collision: undefined },
      payloads: [
        { type: 'SA', proposals: encodeIkeProposals(sa.connection.proposals, spi) },
        { type: 'Nonce', data: Ni },
        { type: 'KE', method: row.id, data: exchange.publicValue },
      ],
    },
  };
}

/** The group asked for; else the one that the peer took before, while we still offer it; else the first. */
function groupOf({ connection, crypto }: Established, group: number | undefined): KeyExchangeRow {
  const rows = connection.proposals.flatMap(({ keyExchange }) => keyExchange);
  const wanted = group ?? crypto.suite.keyExchange.id;
  const row = rows.find(({ id }) => id === wanted) ?? rows[0];
  if (row !== undefined) return row;
  throw new IpsecError('invalid-config', `the proposals of connection ${connection.name}`, {
    path: 'proposals',
    expected: 'a key exchange method',
  });
}

/**
 * There are new keys. RFC 7296 section 2.8: "After the new equivalent IKE SA is created, the initiator deletes the old IKE SA, and the Delete payload to
 * delete itself MUST be the last request sent over the old IKE SA."
 *
 * Section 2.8.2, where the peer did the same: "The new IKE SA containing the lowest nonce SHOULD be deleted by the node that created it, and the other
 * surviving new IKE SA MUST inherit all the Child SAs."
 */
export function finishIkeRekey(sa: Established, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const about = aboutOf(context);
  const spent: IkeAction = { type: 'wipe', secrets: [about.exchange] };
  const result = attempt(() => readAnswer(sa, message, about));
  // RFC 7296 section 2.21: "Such errors in parsing or processing response packets should still cause the recipient to clean up the IKE state (for
  // example, by sending a Delete for a bad SA)."
  if (result instanceof IpsecError) return giveUp(sa, result, [spent], env);
  const { sa: noted, actions: notes } = noteNotifies(sa, message.payloads);
  const made = createSuccessor(noted, result, false, env);
  const actions = [...notes, ...made.actions, spent];
  const { collision } = about;
  if (collision !== undefined && hasLowestNonce([about.Ni, result.input.Nr], collision.nonces)) {
    const doomed = startIkeDelete(made.sa, 'redundant');
    const sent = sendRequest(doomed.sa, ikeDeleteRequest('redundant'), env);
    const handed = handOver(noted, collision, env);
    return { sa: handed.sa, actions: [...actions, { type: 'newIkeSa', sa: sent.sa }, ...sent.actions, ...handed.actions] };
  }
  const handed = handOver(noted, made.sa, env);
  return {
    sa: queueTask(handed.sa, { kind: 'deleteIke', notBefore: env.now, reason: 'replaced' }),
    actions: [...actions, { type: 'newIkeSa', sa: made.sa }, ...handed.actions],
  };
}

function readAnswer({ connection }: Established, { payloads }: OpenMessage, about: IkeRekey): RekeyResult {
  const { chosen, spi } = readIkeAnswer(payloadOf(payloads, 'SA').proposals, connection.proposals, { rekey: true });
  const ke = payloadOf(payloads, 'KE');
  if (chosen.keyExchange.id !== about.row.id || ke.method !== about.row.id)
    throw new IpsecError('invalid-syntax', 'the key exchange method of the answer to a rekey', {
      expected: about.row.name,
      found: `${chosen.keyExchange.name}, with a KE payload for method ${ke.method}`,
    });
  const Nr = payloadOf(payloads, 'Nonce').data.slice();
  const gIr = about.exchange.shared(ke.data);
  return { role: 'initiator', spiI: about.spi, spiR: spi.slice(), suite: chosen, input: { Ni: about.Ni, Nr, gIr } };
}

/** The peer believes in keys that we have not: there is no way on from here. */
function giveUp(sa: Established, error: IpsecError, actions: readonly IkeAction[], { now }: IkeEnv): Outcome {
  return {
    sa: queueTask(sa, { kind: 'deleteIke', notBefore: now, reason: error.message }),
    actions: [...actions, { type: 'audit', event: 'malformed', detail: error.message }],
  };
}

/**
 * The peer does not rekey the IKE SA now, or not so, or not at all.
 *
 * RFC 7296 section 2.8.2: where the peer's own rekey was answered meanwhile, that one stands, and "the first peer can forget its own rekey attempt."
 *
 * RFC 7296 section 2.8: "If an SA has expired or is about to expire and rekeying attempts using the mechanisms described here fail, an implementation
 * MUST close the IKE SA and any associated Child SAs and then MAY start new ones." Its time to expire comes anyway; a new one is asked for before.
 */
export function refusedIkeRekey(sa: Established, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const about = aboutOf(context);
  const error = message.payloads.find((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && isErrorNotify(payload.notify))!;
  const refusal = describeNotify(error);
  const actions: IkeAction[] = [
    { type: 'wipe', secrets: [about.exchange] },
    { type: 'audit', event: 'peer-refused', detail: `rekey of the IKE SA: ${refusal}` },
  ];
  if (about.collision) {
    const handed = handOver(sa, about.collision, env);
    return { sa: handed.sa, actions: [...actions, ...handed.actions] };
  }
  if (error.notify === 'TEMPORARY_FAILURE') return { sa: tryAgain(sa, about, env), actions };
  const group = otherGroup(sa, message, about);
  if (group !== undefined) {
    const { groupsTried } = about;
    return { sa: queueTask(sa, { kind: 'rekeyIke', notBefore: env.now, group, groupsTried }), actions };
  }
  return {
    sa: { ...sa, deadlines: { ...sa.deadlines, rekey: Infinity, reauthenticate: Infinity } },
    actions: [...actions, { type: 'reauthenticate' }],
  };
}

function tryAgain(sa: Established, { row, groupsTried }: IkeRekey, env: IkeEnv): Established {
  const refusedSince = sa.refusedSince ?? env.now;
  const refused = { ...sa, refusedSince };
  if (env.now - refusedSince >= patience)
    return queueTask(refused, { kind: 'deleteIke', notBefore: env.now, reason: 'the peer went on answering TEMPORARY_FAILURE' });
  return retryLater(refused, { kind: 'rekeyIke', notBefore: env.now, group: row.id, groupsTried: groupsTried.slice(0, -1) }, env);
}

/**
 * The key exchange method that the peer asks for instead: one that we offered, and have not tried, so that there is an end to it. RFC 7296 section 1.3:
 * "the initiator will probably retry the exchange with a Diffie-Hellman proposal and KEi in the group that the responder gave in the INVALID_KE_PAYLOAD
 * Notify payload."
 */
function otherGroup({ connection }: Established, { payloads }: OpenMessage, { groupsTried }: IkeRekey): number | undefined {
  const notify = findNotify(payloads, 'INVALID_KE_PAYLOAD');
  if (notify?.data.length !== 2) return undefined;
  const { method } = decodeNotifyData('INVALID_KE_PAYLOAD', notify.data);
  const isOffered = connection.proposals.some(({ keyExchange }) => keyExchange.some(({ id }) => id === method));
  return isOffered && !groupsTried.includes(method) ? method : undefined;
}

function aboutOf({ request }: HandlerContext): IkeRekey {
  if (request?.about.kind === 'rekeyIke') return request.about;
  throw new IpsecError('invalid-argument', 'the answer to a rekey of the IKE SA', { expected: 'its request' });
}
