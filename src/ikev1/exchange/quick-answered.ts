/**
 * The answer to a Quick Mode that we have begun: RFC 2409 section 5.5.
 *
 * @module
 */
import { wipe } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { ChildSa } from '../../keying/child-sa.js';
import type { IkeEnv } from '../../keying/machine.js';
import { authorizeRemote, formatPair } from '../../keying/selectors.js';
import { coversTrafficSelector } from '../../traffic-selector.js';
import { dropOffer } from '../closing.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { decodeNotifyData } from '../notify-data.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { readQuickAnswer } from '../quick-answer.js';
import { readClientIds, readOriginals } from '../quick-ids.js';
import { installGranted } from '../quick-install.js';
import { deriveQuickKeys } from '../quick-keys.js';
import { heedResponderLifetime } from '../quick-lifetime.js';
import { asHosts, type QuickSelectors } from '../quick-selectors.js';
import { encodeSpi } from '../quick-spi.js';
import type { ChosenQuick, QuickOffer } from '../quick-types.js';
import { refusalOf } from '../refusal.js';
import type { About, FirstMessage, GrantedChild, NewMessage, OpenMessage } from '../requests.js';
import type { Established } from '../states.js';
import type { HandlerContext } from '../transition.js';

type Offered = Extract<About, { readonly kind: 'quick-offered' }>;

/** RFC 2409 section 5.5: the third message is a HASH alone, "for liveness". */
const proof: NewMessage = { payloads: [], hash: 'HASH(3)', awaitsAnswer: false };

/**
 * The peer grants what we have asked for.
 *
 * Where it sets the commit bit, RFC 2408 section 3.1: "the entity which did not set the Commit Bit MUST wait for an Informational Exchange containing a Notify payload
 * (with the CONNECTED Notify Message) from the entity which set the Commit Bit." Our last message is repeated until then: "The other option is to retransmit the last
 * ISAKMP message to force the other entity to retransmit the final message."
 */
export function finishQuick2(sa: Established, message: OpenMessage, env: IkeEnv, { exchange }: HandlerContext): Outcome<Established> {
  const about = exchange?.about;
  if (about?.kind !== 'quick-offered') return { sa, actions: [] };
  const { offer } = about;
  const read = attempt(() => readGrant(sa, about, message.payloads, env));
  if (read instanceof IpsecError) return refuse(sa, offer, read);
  const { granted, actions } = read;
  const used: Ikev1Action[] = offer.keyExchange ? [...actions, { type: 'wipe', secrets: [offer.keyExchange.exchange] }] : actions;
  if (message.commit)
    return { sa, send: { ...proof, awaitsAnswer: true }, about: { kind: 'quick-committed', granted: [granted] }, actions: used };
  const installed = installGranted(sa, [granted], 'us', env.now);
  return { sa: installed.sa, send: proof, actions: [...installed.actions, ...used] };
}

/** The peer learns that nothing comes of it, before it puts anything in place: it waits for our last message. */
function refuse(sa: Established, offer: QuickOffer, error: IpsecError): Outcome<Established> {
  const protocol = offer.sa.proposals[0]!.protocol;
  const told: FirstMessage = {
    exchange: 'Informational',
    payloads: [{ ...refusalOf(error, sa), protocol, spi: encodeSpi(offer.spi) }],
    awaitsAnswer: false,
  };
  return {
    sa,
    begin: [told],
    actions: [
      ...dropOffer(offer),
      { type: 'audit', event: 'refused', detail: error.message },
      { type: 'childFailed', policy: offer.policy.name, error },
    ],
  };
}

interface Grant {
  readonly granted: GrantedChild;
  readonly actions: Ikev1Action[];
}

/** Throws what is wrong with the answer; then nothing has changed. */
function readGrant(sa: Established, { offer, Ni, replaces }: Offered, payloads: readonly Payload[], env: IkeEnv): Grant {
  const chosen = readQuickAnswer(onlySa(payloads), offer);
  const said = readClientIds(sa, payloads, 'us');
  const selectors = selectorsOf(sa, offer, chosen, said);
  const original = chosen.mode === 'transport' ? readOriginals(sa, payloads, said, 'us') : undefined;
  const lifetime = lifetimeOf(chosen, payloads);
  const Nr = payloads.find((payload) => payload.type === 'Nonce')!.data.slice();
  const gXy = secretOf(offer, chosen, payloads);
  const ipcomp = offer.cpi !== undefined && chosen.cpiOut !== undefined ? { cpiIn: offer.cpi, cpiOut: chosen.cpiOut } : undefined;
  const child: ChildSa = {
    policy: offer.policy,
    suite: chosen.suite,
    mode: chosen.mode,
    spiIn: offer.spi,
    spiOut: chosen.spiOut,
    local: [selectors.local],
    remote: [selectors.remote],
    ipcomp,
    ah: chosen.ah && { suite: chosen.ah.suite, spiIn: offer.spi, spiOut: chosen.ah.spiOut },
    lifetime,
    // IKEv1 has no word for it.
    peerTakesTfc: false,
    nonFirstFragments: false,
    original,
    createdAt: env.now,
    status: 'active',
  };
  const keys = deriveQuickKeys(sa.crypto, child, { Ni, Nr }, gXy);
  if (gXy) wipe(gXy);
  const unused: Ikev1Action[] = offer.cpi === undefined || ipcomp ? [] : [{ type: 'releaseCpi', cpi: offer.cpi }];
  return { granted: { child, keys, replaces }, actions: unused };
}

function onlySa(payloads: readonly Payload[]): PayloadOfType<'SA'> {
  const [first, second] = payloads.filter((payload) => payload.type === 'SA');
  if (first && !second) return first;
  throw new IpsecError('malformed', 'the answer of Quick Mode', {
    blame: 'peer',
    expected: 'one SA payload, as in our offer',
    found: 'several',
  });
}

/** What the peer makes of our pair: the same, or less, as some do though RFC 2409 does not speak of it. */
function selectorsOf(sa: Established, offer: QuickOffer, { mode }: ChosenQuick, said: QuickSelectors): QuickSelectors {
  const pair = mode === 'transport' ? asHosts(sa, said) : said;
  const isWithin = pair && coversTrafficSelector(offer.local, pair.local) && coversTrafficSelector(offer.remote, pair.remote);
  if (pair && isWithin && authorizeRemote(sa, [pair.remote]).why === undefined) return pair;
  const list = ({ local, remote }: QuickSelectors): string => formatPair({ local: [local], remote: [remote] });
  throw new IpsecError('ts-unacceptable', "the peer's IDs in Quick Mode", {
    expected: `those of our offer: ${list(offer)}`,
    found: list(said),
  });
}

/** RFC 2407 section 4.5.4: what the responder does not want to live as long is told by RESPONDER-LIFETIME. */
function lifetimeOf({ lifetimes, suite }: ChosenQuick, payloads: readonly Payload[]): ChildSa['lifetime'] {
  let { effective } = lifetimes;
  for (const payload of payloads) {
    if (payload.type !== 'N' || payload.notify !== 'RESPONDER-LIFETIME' || payload.protocol === 'ISAKMP') continue;
    const isOurs = payload.protocol === suite.protocol || payload.protocol === 'AH' || payload.protocol === 'ESP';
    if (isOurs) effective = heedResponderLifetime(effective, decodeNotifyData('RESPONDER-LIFETIME', payload.data).attributes);
  }
  return effective;
}

function secretOf({ keyExchange }: QuickOffer, { group }: ChosenQuick, payloads: readonly Payload[]): Uint8Array | undefined {
  const ke = payloads.find((payload) => payload.type === 'KE');
  if (!ke && !group) return undefined;
  if (ke && group && keyExchange?.row.id === group.id) return keyExchange.exchange.shared(ke.data);
  throw new IpsecError('malformed', 'the KE payload of Quick Mode', {
    blame: 'peer',
    expected: group ? `one of group ${group.name}` : 'none, since we have sent none',
    found: ke ? 'one' : 'none',
  });
}
