/**
 * The answer to an offer of ours: RFC 7296 sections 1.3.1, 2.7, 2.9, 2.22 and 2.23.1.
 *
 * @module
 */
import { readU32, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { TrafficSelectorPair } from '../traffic-selector.js';
import { deriveKeyPair } from './child-keys.js';
import { knownSelectors, originalOf, substitute } from './child-match.js';
import { decodeExtras, isDeflate } from './child-notify.js';
import { authorizeRemote, coversAll, formatPair, narrowPair, resolveSelectors } from '../keying/selectors.js';
import type { ChildContext, CompleteOptions, NewChild } from './child-types.js';
import type { IkeEnv } from './events.js';
import type { Payload } from './payload-cases.js';
import { findPayload, payloadOf } from './pick.js';
import { type ChosenChild, readChildAnswer } from './proposal.js';
import type { ChildOffer, ChildSa } from './states.js';

/**
 * Reads the answer to {@link offerChild}.
 *
 * @param payloads of the answer, without an error: SA, TSi and TSr have to be there.
 * @returns the Child SA and its keys; among the actions is that the private value is wiped, and that a CPI is given back which is not needed.
 * @throws IpsecError the peer answered what we cannot accept. The Child SA is there for the peer, so that it has to be deleted: RFC 7296 section 1.3.1: "the
 * initiator MUST delete the SA"; and what the offer has reserved is still reserved (`dropOffer`).
 */
export function completeChild(
  context: ChildContext,
  offer: ChildOffer,
  payloads: readonly Payload[],
  env: IkeEnv,
  { exchange, Nr, rekey = false }: CompleteOptions,
): NewChild {
  const { policy, spi, cpi, Ni } = offer;
  const keyExchange = exchange === 'CREATE_CHILD_SA';
  const { chosen, spi: peerSpi } = readChildAnswer(payloadOf(payloads, 'SA').proposals, offer.proposals, { keyExchange });
  const extras = decodeExtras(payloads);
  const mode = modeOf(policy, extras.transport);
  const { selectors, original } = readSelectors(context, offer, payloads, mode, rekey);
  const ipcomp = ipcompOf(cpi, extras.ipcomp);
  const gIr = chosen.keyExchange && sharedSecret(offer, chosen.keyExchange, payloads);
  const child: ChildSa = {
    policy,
    suite: chosen,
    mode,
    spiIn: spi,
    spiOut: readU32(peerSpi, 0),
    local: selectors.local,
    remote: selectors.remote,
    ipcomp,
    peerTakesTfc: extras.takesTfc,
    // RFC 7296 section 1.3.1: "It is enabled only if NON_FIRST_FRAGMENTS_ALSO notification is included in both the request proposing an SA and the response
    // accepting it."
    nonFirstFragments: policy.nonFirstFragments === true && extras.nonFirstFragments,
    original,
    createdAt: env.now,
    status: 'active',
  };
  const keys = deriveKeyPair(context, chosen, { Ni, Nr, gIr }, 'initiator');
  if (gIr) wipe(gIr);
  return {
    child,
    keys,
    actions: [
      ...(cpi === undefined || ipcomp ? [] : [{ type: 'releaseCpi' as const, cpi }]),
      ...(offer.keyExchange ? [{ type: 'wipe' as const, secrets: [offer.keyExchange.exchange] }] : []),
    ],
  };
}

/**
 * RFC 7296 section 1.3.1: "If the responder declines the request, the Child SA will be established in tunnel mode. If this is unacceptable to the initiator, the
 * initiator MUST delete the SA."
 */
function modeOf({ name, mode, requireMode = true }: ChildOffer['policy'], agreed: boolean): ChildSa['mode'] {
  if (agreed && mode === 'tunnel')
    throw new IpsecError('peer-refused', `the mode of Child SA ${name}`, {
      expected: 'tunnel mode, as asked',
      found: 'USE_TRANSPORT_MODE',
    });
  if (!agreed && mode === 'transport' && requireMode)
    throw new IpsecError('peer-refused', `the mode of Child SA ${name}`, {
      expected: 'USE_TRANSPORT_MODE',
      found: 'tunnel mode: the peer declines',
    });
  return agreed ? 'transport' : 'tunnel';
}

/**
 * RFC 7296 section 2.23.1: "Do address substitution before using those Traffic Selectors for anything other than storing original content of them. This includes
 * verification that Traffic Selectors were narrowed correctly by the other end, creation of the SAD entry, and so on."
 */
function readSelectors(
  context: ChildContext,
  offer: ChildOffer,
  payloads: readonly Payload[],
  mode: ChildSa['mode'],
  rekey: boolean,
): { readonly selectors: TrafficSelectorPair; readonly original: ChildSa['original'] } {
  const received = { local: knownSelectors(payloadOf(payloads, 'TSi')), remote: knownSelectors(payloadOf(payloads, 'TSr')) };
  const seen = mode === 'transport' ? substitute(context, received) : received;
  const narrower = seen && coversAll(offer.local, seen.local) && coversAll(offer.remote, seen.remote) ? seen : undefined;
  const selectors = narrower && narrowPair(narrower, rekey ? offer : resolveSelectors(context, offer.policy, mode));
  if (!selectors) throw refusal(offer, received, 'a subset of them');
  // RFC 7296 section 2.9.2: "the new SA MUST NOT have narrower selectors than the original."
  if (rekey && !(coversAll(selectors.local, offer.local) && coversAll(selectors.remote, offer.remote)))
    throw refusal(offer, received, 'all of them, at a rekey');
  const { why } = authorizeRemote(context, selectors.remote);
  if (why !== undefined) throw refusal(offer, received, `what the PAD allows (${why})`);
  return {
    selectors: { local: selectors.local, remote: selectors.remote },
    original: mode === 'transport' ? originalOf(context, received) : undefined,
  };
}

function refusal(offer: ChildOffer, received: TrafficSelectorPair, expected: string): IpsecError {
  return new IpsecError('ts-unacceptable', `the peer's answer to the traffic selectors ${formatPair(offer)}`, {
    expected,
    found: formatPair(received),
  });
}

/**
 * RFC 7296 section 2.22: "implementations of this specification MUST NOT accept an IPComp algorithm that was not proposed, MUST NOT accept more than one".
 */
function ipcompOf(
  cpiIn: number | undefined,
  answers: readonly { readonly cpi: number; readonly transform: string | number }[],
): ChildSa['ipcomp'] {
  const [answer] = answers;
  if (answer === undefined) return undefined;
  if (cpiIn !== undefined && answers.length === 1 && isDeflate(answer)) return { cpiIn, cpiOut: answer.cpi };
  throw new IpsecError('peer-refused', "the peer's IPCOMP_SUPPORTED", {
    expected: cpiIn === undefined ? 'none, since none was proposed' : 'one, with IPCOMP_DEFLATE and a CPI of 256 or more',
    found: answers.map(({ cpi, transform }) => `${transform} with CPI ${cpi}`).join(', '),
  });
}

function sharedSecret({ keyExchange }: ChildOffer, row: NonNullable<ChosenChild['keyExchange']>, payloads: readonly Payload[]): Uint8Array {
  const ke = findPayload(payloads, 'KE');
  if (keyExchange?.row.id === row.id && ke?.method === row.id) return keyExchange.exchange.shared(ke.data);
  throw new IpsecError('peer-refused', "the peer's key exchange", {
    expected: keyExchange ? `a KE payload for ${keyExchange.row.name}` : 'none, or INVALID_KE_PAYLOAD',
    found: `${row.name} chosen, with ${ke ? `a KE payload for method ${ke.method}` : 'no KE payload'}`,
  });
}
