/**
 * Quick Mode that the peer begins: RFC 2409 section 5.5.
 *
 * @module
 */
import { wipe } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { ChildSa } from '../../keying/child-sa.js';
import type { IkeEnv } from '../../keying/machine.js';
import { encodePhase2Attributes } from '../attributes.js';
import type { Outcome } from '../events.js';
import { encodeNotifyData } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import { encodeOriginals, readOriginals } from '../quick-ids.js';
import { installGranted, isForTheSame } from '../quick-install.js';
import { deriveQuickKeys } from '../quick-keys.js';
import { matchAll, type QuickMatch, type QuickRequest, readRequest } from '../quick-match.js';
import { checkRoom, quickNonceLength, release } from '../quick-room.js';
import { encodeSpi } from '../quick-spi.js';
import { refusalOf } from '../refusal.js';
import type { FirstMessage, GrantedChild, OpenMessage } from '../requests.js';
import type { Authenticated, Established } from '../states.js';
import type { HandlerContext } from '../transition.js';

/**
 * The peer asks for Child SAs. RFC 2409 section 5.5: "Using Quick Mode, multiple SA's and keys can be negotiated with one exchange": all of them are granted, or none.
 * What is granted waits for the third message: until then the first one may be an old one that somebody plays again.
 */
export function answerQuick1(sa: Established, { payloads }: OpenMessage, env: IkeEnv): Outcome<Established> {
  const granted = attempt(() => {
    const request = readRequest(sa, payloads);
    const matches = matchAll(sa, request);
    const replaced = findReplaced(sa, matches);
    checkRoom(sa, replaced.filter((old) => !old).length, matches.length, 'peer');
    return grant(sa, request, matches, replaced, env);
  });
  return granted instanceof IpsecError ? refuse(sa, payloads, granted) : granted;
}

/**
 * RFC 2409 section 5.5: "If the client identities are not acceptable to the Quick Mode responder (due to policy or other reasons), a Notify payload with Notify Message
 * Type INVALID-ID-INFORMATION (18) SHOULD be sent." It names the SPI of the offer, so that its sender finds out which one was meant.
 */
function refuse(sa: Established, payloads: readonly Payload[], error: IpsecError): Outcome<Established> {
  const asked = payloads.find((payload) => payload.type === 'SA')?.proposals[0];
  const about = asked && asked.protocol !== 'ISAKMP' && asked.spi.length === 4 ? { protocol: asked.protocol, spi: asked.spi } : {};
  const told: FirstMessage = { exchange: 'Informational', payloads: [{ ...refusalOf(error, sa), ...about }], awaitsAnswer: false };
  return { sa, begin: [told], actions: [{ type: 'audit', event: 'refused', detail: error.message }] };
}

/** The pair that each new one takes the place of: none of them twice, and none that another exchange replaces. */
function findReplaced({ children, exchanges }: Authenticated, matches: readonly QuickMatch[]): (ChildSa | undefined)[] {
  const taken = new Set<number | undefined>(
    exchanges.flatMap(({ about }) => (about.kind === 'quick-answered' ? about.granted.map(({ replaces }) => replaces) : [])),
  );
  return matches.map(({ choice: { policy, mode }, selectors }) => {
    const wanted = { policy, mode, local: [selectors.local], remote: [selectors.remote] };
    const old = children.find((child) => child.status !== 'rekeyed' && !taken.has(child.spiIn) && isForTheSame(child, wanted));
    taken.add(old?.spiIn);
    return old;
  });
}

function grant(
  sa: Established,
  request: QuickRequest,
  matches: readonly QuickMatch[],
  replaced: readonly (ChildSa | undefined)[],
  env: IkeEnv,
): Outcome<Established> {
  const { Ni } = request;
  // What may still be wrong with the message comes before anything is made or reserved for it.
  const originals = matches.map((match) => originalsOf(sa, request, match));
  const Nr = new Uint8Array(quickNonceLength);
  env.random(Nr);
  const exchanged = share(request, matches, env);
  const { reserved, error } = reserve(matches, env);
  if (error) {
    if (exchanged) wipe(exchanged.gXy);
    const refused = refuse(sa, request.payloads, error);
    return { ...refused, actions: [...reserved.flatMap(({ spi, cpi }) => release(spi, cpi)), ...refused.actions] };
  }
  const granted = matches.map((match, i): GrantedChild => {
    const child = childOf(match, reserved[i]!, originals[i], env);
    return { child, keys: deriveQuickKeys(sa.crypto, child, { Ni, Nr }, exchanged?.gXy), replaces: replaced[i]?.spiIn };
  });
  if (exchanged) wipe(exchanged.gXy);
  const isTransport = matches.some(({ choice }) => choice.mode === 'transport');
  return {
    sa,
    send: {
      payloads: [
        ...matches.map(({ choice }, i) => choice.answer(reserved[i]!.spi, reserved[i]!.cpi)),
        { type: 'Nonce', data: Nr },
        ...(exchanged ? [{ type: 'KE' as const, data: exchanged.publicValue }] : []),
        ...request.ids,
        ...encodeOriginals(sa, isTransport ? 'transport' : 'tunnel', 'the peer'),
        ...matches.flatMap((match, i) => tellLifetime(match, reserved[i]!.spi)),
      ],
      hash: 'HASH(2)',
      awaitsAnswer: true,
    },
    about: { kind: 'quick-answered', Ni, Nr, granted },
    actions: [],
  };
}

/** What is reserved for one pair. */
interface Reserved {
  readonly spi: number;
  readonly cpi: number | undefined;
}

/** Reserves for all of them; `error`: there was not enough for all, and what is reserved is to be given back. */
function reserve(matches: readonly QuickMatch[], env: IkeEnv): { readonly reserved: readonly Reserved[]; readonly error?: IpsecError } {
  const reserved: Reserved[] = [];
  for (const { choice } of matches) {
    const spi = attempt(() => env.allocateSpi());
    if (spi instanceof IpsecError) return { reserved, error: spi };
    const cpi = choice.cpiOut === undefined ? undefined : attempt(() => env.allocateCpi());
    if (cpi instanceof IpsecError) return { reserved: [...reserved, { spi, cpi: undefined }], error: cpi };
    reserved.push({ spi, cpi });
  }
  return { reserved };
}

/** Our public value, and the shared secret, with PFS. */
function share(
  { publicValue }: QuickRequest,
  [first]: readonly QuickMatch[],
  { random }: IkeEnv,
): { readonly gXy: Uint8Array; readonly publicValue: Uint8Array } | undefined {
  const group = first?.choice.group;
  if (!group || !publicValue) return undefined;
  const exchange = group.generate(random);
  try {
    return { gXy: exchange.shared(publicValue), publicValue: exchange.publicValue };
  } finally {
    exchange.destroy();
  }
}

function originalsOf(sa: Established, { payloads, said }: QuickRequest, { choice }: QuickMatch): ChildSa['original'] {
  return choice.mode === 'transport' ? readOriginals(sa, payloads, said, 'the peer') : undefined;
}

function childOf({ choice, selectors }: QuickMatch, { spi, cpi }: Reserved, original: ChildSa['original'], { now }: IkeEnv): ChildSa {
  const { policy, suite, mode, spiOut, cpiOut, ah, lifetimes } = choice;
  return {
    policy,
    suite,
    mode,
    spiIn: spi,
    spiOut,
    local: [selectors.local],
    remote: [selectors.remote],
    ipcomp: cpi === undefined || cpiOut === undefined ? undefined : { cpiIn: cpi, cpiOut },
    ah: ah && { suite: ah.suite, spiIn: spi, spiOut: ah.spiOut },
    lifetime: lifetimes.effective,
    // IKEv1 has no word for it.
    peerTakesTfc: false,
    nonFirstFragments: false,
    original,
    createdAt: now,
    status: 'active',
  };
}

/**
 * RFC 2407 section 4.5.4: "if the initiator offers an SA lifetime longer than the responder is willing to accept, the responder SHOULD include an ISAKMP Notification
 * Payload in the exchange that includes the responder's IPSEC SA payload."
 */
function tellLifetime({ choice: { lifetimes, suite } }: QuickMatch, spi: number): Payload[] {
  if (lifetimes.tell.length === 0) return [];
  const attributes = encodePhase2Attributes({ lifetimes: lifetimes.tell, others: [] });
  const data = encodeNotifyData('RESPONDER-LIFETIME', { attributes });
  return [{ type: 'N', doi: 'IPSEC', protocol: suite.protocol, notify: 'RESPONDER-LIFETIME', spi: encodeSpi(spi), data }];
}

/** The peer has proved that it is there now: it holds both nonces, and the message that began it is no old one. */
export function answerQuick3(sa: Established, _message: OpenMessage, env: IkeEnv, { exchange }: HandlerContext): Outcome<Established> {
  const about = exchange?.about;
  return about?.kind === 'quick-answered' ? installGranted(sa, about.granted, 'the peer', env.now) : { sa, actions: [] };
}
