/**
 * The peer asks for a Child SA, or for another one in the place of one: RFC 7296 sections 1.3.1, 1.3.3, 2.8.1 and 2.25.1.
 *
 * @module
 */
import { readU32 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import { acceptChild, installChild } from '../child.js';
import { type Configuration, encodeConfigurationReply } from '../configuration.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { createNotify, encodeNotifyData } from '../notify-data.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { findNotify, payloadOf } from '../pick.js';
import { refusalOf } from '../refusal.js';
import type { About, ChildSa, Established, OwnRequest } from '../states.js';
import { countChildren, findOwnRekey, withStatus } from './create-child-start.js';
import { configure } from './ike-auth-grant.js';
import { nonceLength } from './ike-sa-init.js';

/** An old one, its successor, and the redundant one of a collision: so many may stand for one Child SA at most. */
const perChild = 3;

/**
 * RFC 7296 section 1.3.1: "The responder replies (using the same Message ID to respond) with the accepted offer in an SA payload, a nonce in the Nr payload, and a
 * Diffie-Hellman value in the KEr payload if KEi was included in the request and the selected cryptographic suite includes that group."
 */
export function answerChild(sa: Established, message: OpenMessage, env: IkeEnv): Outcome {
  refuseWhileRekeying(sa);
  checkRoom(sa, countChildren(sa) < sa.connection.options.maxChildren);
  // RFC 7296 section 2.19: "A request for such a temporary address can be included in any request to create a Child SA". One that has its address keeps it.
  if (sa.leased.length > 0) return grant(sa, message, env, undefined);
  const { config, leased } = configure(sa, message.payloads, env);
  if (!config) return grant(sa, message, env, undefined);
  const granted = attempt((): Outcome => {
    const reply = encodeReply(config);
    const outcome = grant({ ...sa, leased }, message, env, undefined);
    // RFC 7296 section 2.19: "In all cases, the CP payload MUST be inserted before the SA payload."
    return hasMore(outcome, sa) ? { ...outcome, reply: [reply, ...(outcome.reply ?? [])] } : outcome;
  });
  const outcome = granted instanceof IpsecError ? { sa, reply: [refusalOf(granted)], actions: [refusedNote(granted.message)] } : granted;
  if (hasMore(outcome, sa)) return outcome;
  const released = leased.map((address): IkeAction => ({ type: 'releaseAddress', address }));
  return { ...outcome, sa, actions: [...outcome.actions, ...released] };
}

function hasMore({ sa }: Outcome, before: Established): boolean {
  return sa.state === 'ESTABLISHED' && sa.children.length > before.children.length;
}

function refusedNote(detail: string): IkeAction {
  return { type: 'audit', event: 'refused', detail };
}

/** The addresses are the host's, which may not have given what can be said. */
function encodeReply(config: Configuration): Payload {
  const payload = attempt(() => encodeConfigurationReply(config));
  if (!(payload instanceof IpsecError)) return payload;
  throw new IpsecError('internal-address-failure', 'what `configure` gave', { blame: 'caller', found: payload.message, cause: payload });
}

/** The peer replaces a Child SA. What is done where we do so, too, says RFC 7296 section 2.8.1: "it will just note the situation and respond as usual." */
export function answerChildRekey(sa: Established, message: OpenMessage, env: IkeEnv): Outcome {
  refuseWhileRekeying(sa);
  const notify = findNotify(message.payloads, 'REKEY_SA')!;
  const old = findRekeyed(sa, notify);
  // It may be the one that our own request has made there, whose answer was overtaken.
  if (!old && sa.windows.outstanding.some(({ about }) => about.kind === 'createChild' || about.kind === 'rekeyChild'))
    throw busy('a Child SA that is here', 'a request for one under way');
  // RFC 7296 section 2.25: "The SA that the initiator attempted to rekey is indicated by the SPI field in the Notify payload, which is copied from the SPI field in
  // the REKEY_SA notification."
  if (!old)
    return {
      sa,
      reply: [createNotify('CHILD_SA_NOT_FOUND', undefined, { protocol: notify.protocol, spi: notify.spi.slice() })],
      actions: [refusedNote(`rekey of an unknown Child SA of ${notify.protocol}`)],
    };
  // RFC 7296 section 2.25.1: "If a peer receives a request to rekey a Child SA that it is currently trying to close, it SHOULD reply with TEMPORARY_FAILURE."
  if (isClosing(sa, old)) throw busy('a Child SA that stays', 'one that is being deleted');
  // Which of the two successors stays is still to be decided: no third one before that.
  if (findOwnRekey(sa, old)?.collision) throw busy('an end of the rekey that is under way', 'another');
  checkRoom(sa, true);
  return grant(sa, message, env, old);
}

/**
 * RFC 7296 section 2.25.2: "If a peer receives a request to create or rekey a Child SA when it is currently rekeying the IKE SA, it SHOULD reply with
 * TEMPORARY_FAILURE." And while the Child SAs of the IKE SA before are still to come, nobody knows what there is.
 */
function refuseWhileRekeying({ windows, awaitsChildren }: Established): void {
  if (awaitsChildren) throw busy('the Child SAs of the IKE SA before', 'none yet');
  if (windows.outstanding.some(({ about }) => about.kind === 'rekeyIke')) throw busy('an IKE SA that stays', 'one that is being rekeyed');
}

function busy(expected: string, found: string): IpsecError {
  return new IpsecError('temporary-failure', 'a CREATE_CHILD_SA request', { expected, found });
}

/** RFC 7296 section 1.3: "The responder sends a NO_ADDITIONAL_SAS notification to indicate that a CREATE_CHILD_SA request is unacceptable". */
function checkRoom({ children, connection }: Established, hasRoom: boolean): void {
  const { maxChildren } = connection.options;
  if (hasRoom && children.length < perChild * maxChildren) return;
  throw new IpsecError('no-additional-sas', `a Child SA of connection ${connection.name}`, {
    expected: `at most ${maxChildren} under one IKE SA, and those they replace`,
    found: `${children.length}, and a request for another`,
  });
}

/** RFC 7296 section 1.3.3: "this is the SPI the exchange initiator would expect in inbound ESP or AH packets", so it is of those that we send. */
function findRekeyed({ children }: Established, { protocol, spi }: PayloadOfType<'N'>): ChildSa | undefined {
  if (spi.length !== 4) return undefined;
  return children.find(({ spiOut, suite }) => suite.protocol === protocol && spiOut === readU32(spi, 0));
}

function isClosing({ tasks, windows }: Established, { spiIn, status }: ChildSa): boolean {
  return (
    status === 'deleting' ||
    tasks.some((task) => task.kind === 'deleteChild' && task.spis.includes(spiIn)) ||
    windows.outstanding.some(({ about }) => about.kind === 'deleteChild' && about.spis.includes(spiIn))
  );
}

function grant(sa: Established, { payloads }: OpenMessage, env: IkeEnv, replaces: ChildSa | undefined): Outcome {
  const Ni = payloadOf(payloads, 'Nonce').data.slice();
  const Nr = new Uint8Array(nonceLength);
  env.random(Nr);
  const accepted = acceptChild(sa, payloads, env, { exchange: 'CREATE_CHILD_SA', Ni, Nr, replaces });
  if ('invalidKe' in accepted) {
    const { invalidKe: method } = accepted;
    const reply = [createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method }))];
    return { sa, reply, actions: [refusedNote(`a Child SA: we want key exchange method ${method}`)] };
  }
  const { child } = accepted;
  const noted = replaces ? noteRekey(sa, replaces, { spiIn: child.spiIn, nonces: [Ni, Nr] }) : sa;
  // RFC 7296 section 2.8: "When rekeying an SA, the responder continues to send traffic on the old SA until one of those events occurs."
  const send = replaces ? 'when-peer-is-ready' : 'now';
  return {
    sa: { ...noted, children: [...noted.children, child] },
    reply: accepted.payloads,
    actions: [
      ...accepted.actions,
      ...installChild(sa, accepted, send, replaces?.spiIn),
      ...(replaces ? [{ type: 'audit' as const, event: 'rekeyed' as const, detail: `Child SA ${child.policy.name}, by the peer` }] : []),
    ],
  };
}

/** RFC 7296 section 2.25.1: "it SHOULD reply as usual, and SHOULD prepare to close redundant SAs later based on the nonces (see Section 2.8.1)." */
function noteRekey(
  sa: Established,
  old: ChildSa,
  collision: NonNullable<Extract<About, { kind: 'rekeyChild' }>['collision']>,
): Established {
  const tasks = sa.tasks.filter((task) => task.kind !== 'rekeyChild' || task.spiIn !== old.spiIn);
  if (!findOwnRekey(sa, old)) return { ...withStatus(sa, old.spiIn, 'rekeyed'), tasks };
  const outstanding = sa.windows.outstanding.map((request): OwnRequest => {
    const { about } = request;
    return about.kind === 'rekeyChild' && about.old === old.spiIn ? { ...request, about: { ...about, collision } } : request;
  });
  return { ...sa, tasks, windows: { ...sa.windows, outstanding } };
}
