/**
 * Which policy of ours an offer of Quick Mode meets: RFC 2409 section 5.5.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import { formatPair } from '../keying/selectors.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { chooseQuick } from './quick-choose.js';
import { explainQuick } from './quick-explain.js';
import { readClientIds } from './quick-ids.js';
import { udpOf } from './quick-room.js';
import { asHosts, type Fit, fitOf, type QuickSelectors } from './quick-selectors.js';
import type { QuickChoice, QuickChooseOptions } from './quick-types.js';
import type { Established } from './states.js';

/** How many SAs may be asked for at once. */
const mostOffers = 8;

/** The first message of Quick Mode, taken apart. */
export interface QuickRequest {
  readonly payloads: readonly Payload[];
  /** One SA payload for each pair that is wanted. */
  readonly offers: readonly PayloadOfType<'SA'>[];
  /** IDci and IDcr, as they came: they are sent back. */
  readonly ids: readonly PayloadOfType<'ID'>[];
  /** What they say, from our point of view. */
  readonly said: QuickSelectors;
  readonly Ni: Uint8Array;
  /** With PFS. */
  readonly publicValue: Uint8Array | undefined;
}

/** Throws `malformed`, `limit-exceeded`, or what `readClientIds` throws. */
export function readRequest(sa: Established, payloads: readonly Payload[]): QuickRequest {
  // RFC 2409 section 5.5: "a SA payload MUST immediately follow the HASH."
  if (payloads[0]?.type !== 'SA')
    throw new IpsecError('malformed', 'the first message of Quick Mode', {
      blame: 'peer',
      expected: 'an SA payload behind the HASH',
      found: payloads[0]?.type ?? 'nothing',
    });
  const offers = payloads.filter((payload): payload is PayloadOfType<'SA'> => payload.type === 'SA');
  if (offers.length > mostOffers)
    throw new IpsecError('limit-exceeded', 'the SA payloads of a Quick Mode', {
      blame: 'peer',
      expected: `at most ${mostOffers}`,
      found: `${offers.length}`,
    });
  return {
    payloads,
    offers,
    ids: payloads.filter((payload): payload is PayloadOfType<'ID'> => payload.type === 'ID'),
    said: readClientIds(sa, payloads, 'the peer'),
    Ni: payloads.find((payload) => payload.type === 'Nonce')!.data.slice(),
    publicValue: payloads.find((payload) => payload.type === 'KE')?.data,
  };
}

/** What an offer meets. */
export interface QuickMatch {
  readonly choice: QuickChoice;
  /** What the pair is for: the IDs, and in transport mode the addresses that they have on our side of a NAT. */
  readonly selectors: QuickSelectors;
}

/**
 * What all offers of a message meet. RFC 2409 section 5.5: "if a KE payload is sent, the attribute describing the Diffie-Hellman group (see section 6.1 and [Pip97]) MUST
 * be included in every transform of every proposal of every SA being negotiated." So there is one group, or none.
 *
 * @throws IpsecError as {@link matchQuick}.
 */
export function matchAll(sa: Established, request: QuickRequest): readonly QuickMatch[] {
  const matches = request.offers.map((offer) => matchQuick(sa, offer, request));
  const [first] = matches;
  const other = matches.find(({ choice }) => choice.group?.id !== first?.choice.group?.id);
  if (!other) return matches;
  throw new IpsecError('no-proposal-chosen', `Child SAs of connection ${sa.connection.name}`, {
    expected: `one group for all: ${first?.choice.group?.name ?? 'none'}`,
    found: other.choice.group?.name ?? 'none',
  });
}

interface Trial {
  readonly policy: ChildPolicy;
  readonly choice: QuickChoice | undefined;
  readonly selectors: QuickSelectors | undefined;
  readonly fit: Fit;
}

/**
 * Finds the policy: one that says just what the peer asks for comes before one that says more, else the first one in the order of the connection. Of what a peer
 * asks for nothing is taken away: RFC 2409 has no words for that.
 *
 * @throws IpsecError `no-additional-sas`: there is no policy; `ts-unacceptable`: none for these IDs; `no-proposal-chosen`: none with these algorithms.
 */
function matchQuick(sa: Established, offer: PayloadOfType<'SA'>, { said, publicValue }: QuickRequest): QuickMatch {
  const options: QuickChooseOptions = { udp: udpOf(sa), publicLength: publicValue?.length };
  const { children, name } = sa.connection;
  if (children.length === 0)
    throw new IpsecError('no-additional-sas', `a Child SA of connection ${name}`, {
      expected: 'none: there is no policy for one',
      found: 'a request',
    });
  const trials = children.map((policy) => tryPolicy(sa, offer, said, policy, options));
  const fitting = trials.filter((trial): trial is Trial & QuickMatch => trial.choice !== undefined && typeof trial.fit === 'string');
  const best = fitting.find(({ fit }) => fit === 'the same') ?? fitting[0];
  if (best) return { choice: best.choice, selectors: best.selectors };
  const meant = trials.filter(({ fit }) => typeof fit === 'string').map(({ policy }) => policy);
  if (meant.length > 0)
    throw new IpsecError('no-proposal-chosen', `a Child SA of connection ${name}: ${explainQuick(offer, meant, options)}`);
  throw new IpsecError('ts-unacceptable', `a Child SA of connection ${name}`, {
    expected: trials.map(({ fit }) => (typeof fit === 'string' ? fit : fit.why)).join('; '),
    found: formatPair({ local: [said.local], remote: [said.remote] }),
  });
}

function tryPolicy(
  sa: Established,
  offer: PayloadOfType<'SA'>,
  said: QuickSelectors,
  policy: ChildPolicy,
  options: QuickChooseOptions,
): Trial {
  const choice = chooseQuick(offer, policy, options);
  const mode = choice?.mode ?? policy.mode;
  const selectors = mode === 'transport' ? asHosts(sa, said) : said;
  const fit = selectors ? fitOf(sa, policy, mode, selectors) : { why: `policy ${policy.name} is for two hosts, in transport mode` };
  return { policy, choice, selectors, fit };
}
