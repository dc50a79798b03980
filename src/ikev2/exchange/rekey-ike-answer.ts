/**
 * The peer rekeys the IKE SA: RFC 7296 sections 1.3.2, 2.8.2, 2.18 and 2.25.2.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { createNotify, encodeNotifyData } from '../notify-data.js';
import { payloadOf } from '../pick.js';
import { chooseIkeProposal, explainProposals } from '../proposal.js';
import type { About, Established, OwnRequest } from '../states.js';
import { freshSpi, nonceLength } from './ike-sa-init.js';
import { noteNotifies } from './informational-notify.js';
import { createSuccessor, handOver } from './rekey-ike-successor.js';

/**
 * Answers a request to replace the IKE SA, and replaces it: RFC 7296 section 2.8: "After the new equivalent IKE SA is created, the initiator deletes the old
 * IKE SA". While our own request for the same is under way, both go on, and the answer to ours decides.
 */
export function answerIkeRekey(sa: Established, message: OpenMessage, env: IkeEnv): Outcome {
  checkIdle(sa);
  const { payloads } = message;
  const ke = payloadOf(payloads, 'KE');
  const Ni = payloadOf(payloads, 'Nonce').data.slice();
  const offered = payloadOf(payloads, 'SA').proposals;
  const choice = chooseIkeProposal(offered, sa.connection.proposals, { rekey: true });
  if (choice === undefined)
    throw new IpsecError('no-proposal-chosen', 'the rekey of an IKE SA', { found: explainProposals(offered, sa.connection.proposals) });
  const row = choice.chosen.keyExchange;
  if (ke.method !== row.id) {
    // RFC 7296 section 1.3: "the responder MUST reject the request and indicate its preferred Diffie-Hellman group in the INVALID_KE_PAYLOAD Notify
    // payload."
    const reply = [createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method: row.id }))];
    return {
      sa,
      reply,
      actions: [{ type: 'audit', event: 'refused', detail: `a KE payload for method ${ke.method}; we want ${row.name}` }],
    };
  }
  const { sa: noted, actions: notes } = noteNotifies(sa, payloads);
  const exchange = row.generate(env.random);
  const Nr = new Uint8Array(nonceLength);
  env.random(Nr);
  const spiI = choice.proposal.spi.slice();
  const spiR = freshSpi(env);
  const gIr = attempt(() => exchange.shared(ke.data));
  if (gIr instanceof IpsecError) {
    exchange.destroy();
    throw gIr;
  }
  const own = noted.windows.outstanding.find(isIkeRekey);
  const made = createSuccessor(
    noted,
    { role: 'responder', spiI, spiR, suite: choice.chosen, input: { Ni, Nr, gIr } },
    own !== undefined,
    env,
  );
  const reply: Outcome['reply'] = [
    { type: 'SA', proposals: [choice.answer(spiR)] },
    { type: 'Nonce', data: Nr },
    { type: 'KE', method: row.id, data: exchange.publicValue },
  ];
  const actions: IkeAction[] = [...notes, ...made.actions, { type: 'wipe', secrets: [exchange] }, { type: 'newIkeSa', sa: made.sa }];
  if (own === undefined) {
    const handed = handOver(noted, made.sa, env);
    return { sa: handed.sa, reply, actions: [...actions, ...handed.actions] };
  }
  // RFC 7296 section 2.25.2: "it SHOULD reply as usual, and SHOULD prepare to close redundant SAs and move inherited Child SAs later based on the nonces".
  return {
    sa: withAbout(noted, own, { ...own.about, collision: { spiI, spiR, nonces: [Ni, Nr] } }),
    reply,
    actions: [...actions, { type: 'audit', event: 'collision', detail: 'both sides rekey the IKE SA' }],
  };
}

type IkeRekey = Extract<About, { readonly kind: 'rekeyIke' }>;

function isIkeRekey(request: OwnRequest): request is OwnRequest & { readonly about: IkeRekey } {
  return request.about.kind === 'rekeyIke';
}

/**
 * Nothing that crosses the rekey may be under way. RFC 7296 section 2.25.1: "If a peer receives a request to rekey the IKE SA, and it is currently creating,
 * rekeying, or closing a Child SA of that IKE SA, it SHOULD reply with TEMPORARY_FAILURE." Section 2.25.2: "If a peer receives a request to rekey an
 * IKE SA that it is currently trying to close, it SHOULD reply with TEMPORARY_FAILURE."
 */
function checkIdle(sa: Established): void {
  if (sa.awaitsChildren) throw busy('one that still has to get the Child SAs of the one before');
  if (sa.tasks.some(({ kind }) => kind === 'deleteIke')) throw busy('one that is about to be deleted');
  for (const { about } of sa.windows.outstanding) {
    if (about.kind === 'createChild' || about.kind === 'rekeyChild' || about.kind === 'deleteChild') throw busy(`${about.kind} under way`);
    if (about.kind === 'rekeyIke' && about.collision) throw busy('one that the peer has rekeyed already');
  }
}

function busy(found: string): IpsecError {
  return new IpsecError('temporary-failure', 'the rekey of an IKE SA', { expected: 'an IKE SA at rest', found });
}

function withAbout(sa: Established, request: OwnRequest, about: About): Established {
  const outstanding = sa.windows.outstanding.map((other) => (other === request ? { ...other, about } : other));
  return { ...sa, windows: { ...sa.windows, outstanding } };
}
