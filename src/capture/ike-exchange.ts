/**
 * What the exchanges of IKE SAs come to: Child SAs, IKE SAs that replace others, and new keys. Only messages that were opened get here, so
 * only the peers themselves move anything.
 *
 * @module
 */
import { EMPTY, toHex } from '../bytes.js';
import type { Payload } from '../ike.js';
import { deriveChildren, type DerivedChild, findOffered } from './ike-child.js';
import { deriveNextKeys, deriveRekeyedKeys, findPayload, mixPpk } from './ike-derive.js';
import { extendIntAuth } from './ike-intermediate.js';
import type { IkeAlgorithmRows } from './ike-rows.js';
import type { ClearMessage, DerivedKeys, ExchangePlace, IkeSaRecord, OpenedContent } from './ike-sa.js';
import { type Claim, claimSecret, type SecretPool } from './ike-secrets.js';

/** What happens outside of the IKE SA that the exchange belongs to. */
export interface ExchangeEffects {
  /** The algorithms at hand. */
  readonly rows: IkeAlgorithmRows;
  /** Child SAs were made. */
  readonly addChildren: (children: readonly DerivedChild[], at: ExchangePlace) => void;
  /** An IKE SA takes the place of `old`. The record of the new one, unless it is there already. */
  readonly addIkeSa: (old: IkeSaRecord, spiI: Uint8Array, spiR: Uint8Array) => IkeSaRecord | undefined;
}

/** Requests without a response that are remembered for one IKE SA: windows are small. */
const MAXIMUM_WAITING = 64;

/** Takes in a message whose content is known. `derived` are the keys that opened it. */
export function followExchange(
  sa: IkeSaRecord,
  derived: DerivedKeys,
  content: OpenedContent,
  at: ExchangePlace,
  effects: ExchangeEffects,
): void {
  const { payloads, message } = content;
  const { exchange, messageId, isInitiator, isResponse } = message;
  // Each side numbers the exchanges that it begins.
  const name = `${isInitiator === isResponse ? 'responder' : 'initiator'} ${messageId}`;
  if (!isResponse) {
    if (sa.answered.has(name)) return;
    sa.requests.set(name, content);
    if (sa.requests.size > MAXIMUM_WAITING) sa.requests.delete(sa.requests.keys().next().value!);
    return;
  }
  const request = sa.requests.get(name);
  if (request === undefined || sa.pool === undefined) return;
  sa.requests.delete(name);
  sa.answered.add(name);
  const both: Both = { sa, pool: sa.pool, derived, request: request.payloads, response: payloads, at, effects };
  if (exchange === 'IKE_AUTH') endAuth(both);
  else if (exchange === 'CREATE_CHILD_SA') endCreateChild(both);
  else if (exchange === 'IKE_INTERMEDIATE') endIntermediate(both, request, content);
  else if (exchange === 'IKE_FOLLOWUP_KE') endFollowup(both);
}

interface Both {
  readonly sa: IkeSaRecord;
  readonly pool: SecretPool;
  readonly derived: DerivedKeys;
  readonly request: readonly Payload[];
  readonly response: readonly Payload[];
  readonly at: ExchangePlace;
  readonly effects: ExchangeEffects;
}

/** The first Child SA: RFC 7296 section 2.17: "Ni and Nr are the nonces from the IKE_SA_INIT exchange if this request is the first Child SA created". */
function endAuth({ sa, pool, derived, response, at, effects }: Both): void {
  const { auth } = sa;
  const parent = keysAfterAuth(sa, derived);
  if (auth.offer === undefined || parent === undefined || findPayload(response, 'SA') === undefined) return;
  const { Ni, Nr } = derived;
  const exchange = { request: auth.offer, response, Ni, Nr, claims: [], at, path: pathOf(sa) };
  effects.addChildren(deriveChildren(parent, pool, effects.rows, exchange), at);
}

/**
 * A Child SA, or an IKE SA in the place of this one. A response without SA and Nonce is an error, which costs no secret: INVALID_KE_PAYLOAD,
 * NO_PROPOSAL_CHOSEN, TEMPORARY_FAILURE.
 */
function endCreateChild(both: Both): void {
  const { sa, pool, derived, request, response, at } = both;
  const chosen = findPayload(response, 'SA')?.proposals[0];
  if (chosen === undefined || findPayload(request, 'Nonce') === undefined || findPayload(response, 'Nonce') === undefined) return;
  const hasKe = findPayload(request, 'KE') !== undefined && findPayload(response, 'KE') !== undefined;
  const claims = hasKe ? [claimSecret(pool)] : [];
  const parent = keysAfterAuth(sa, derived);
  if (parent === undefined) return;
  const finish = (all: readonly Claim[], where: ExchangePlace): void => {
    if (chosen.protocol === 'IKE') replaceIkeSa({ ...both, derived: parent }, all);
    else addChild({ ...both, derived: parent }, all, where);
  };
  // RFC 9370 section 2.2.4: further key exchanges follow, and the keys wait for them.
  if (!postpone(sa, response, claims, finish)) finish(claims, at);
}

function addChild({ sa, pool, derived, request, response, effects }: Both, claims: readonly Claim[], at: ExchangePlace): void {
  const Ni = findPayload(request, 'Nonce')!.data;
  const Nr = findPayload(response, 'Nonce')!.data;
  const exchange = { request, response, Ni, Nr, claims, at, path: pathOf(sa) };
  effects.addChildren(deriveChildren(derived, pool, effects.rows, exchange), at);
}

/** RFC 7296 section 2.18: "The new initiator SPI is supplied in the SPI field of the SA payload." */
function replaceIkeSa({ sa, pool, derived, request, response, effects }: Both, claims: readonly Claim[]): void {
  const chosen = findPayload(response, 'SA')!.proposals[0]!;
  const [spiI, spiR] = [findOffered(request, chosen)?.spi, chosen.spi];
  if (spiI?.length !== 8 || spiR.length !== 8 || claims.length === 0) return;
  const next = effects.addIkeSa(sa, spiI, spiR);
  if (next?.pool === undefined) return;
  const Ni = findPayload(request, 'Nonce')!.data;
  const Nr = findPayload(response, 'Nonce')!.data;
  const derive = (secrets: readonly Uint8Array[]): DerivedKeys | undefined =>
    deriveRekeyedKeys(derived, chosen, effects.rows, { Ni, Nr, spiI, spiR }, secrets);
  // An entry of the key file for the new SPIs has a list of its own, whose first secret made it; or the old one's list goes on.
  if (next.pool !== pool) next.origins.push({ pool: next.pool, claims: [claimSecret(next.pool)], derive, made: new Map() });
  next.origins.push({ pool, claims, derive, made: new Map() });
}

/** RFC 9242 and RFC 9370: a further key exchange before IKE_AUTH, after which the same IKE SA has other keys. */
function endIntermediate({ sa, pool, derived, request, response, effects }: Both, asked: ClearMessage, answered: ClearMessage): void {
  const [i, r] = [asked, answered].map((half, n) => extendIntAuth(derived, (n === 0 ? sa.auth.intI : sa.auth.intR) ?? EMPTY, half));
  Object.assign(sa.auth, { intI: i, intR: r });
  if (findPayload(request, 'KE') === undefined || findPayload(response, 'KE') === undefined) return;
  sa.origins.push({
    pool,
    claims: [claimSecret(pool)],
    derive: ([gIr]) => gIr && deriveNextKeys(derived, effects.rows, sa, gIr),
    made: new Map(),
  });
}

/** RFC 9370 section 2.2.4: the notification of the response before names the exchange that goes on. */
function endFollowup({ sa, pool, request, response, at }: Both): void {
  const link = linkOf(request);
  const finish = link === undefined ? undefined : sa.followups.get(link);
  if (link === undefined || finish === undefined) return;
  sa.followups.delete(link);
  if (findPayload(response, 'KE') === undefined) return;
  const claims = [claimSecret(pool)];
  if (!postpone(sa, response, claims, finish)) finish(claims, at);
}

function postpone(
  sa: IkeSaRecord,
  response: readonly Payload[],
  claims: readonly Claim[],
  finish: (all: readonly Claim[], at: ExchangePlace) => void,
): boolean {
  const link = linkOf(response);
  if (link === undefined) return false;
  sa.followups.set(link, (more, at) => {
    finish([...claims, ...more], at);
  });
  if (sa.followups.size > MAXIMUM_WAITING) sa.followups.delete(sa.followups.keys().next().value!);
  return true;
}

function linkOf(payloads: readonly Payload[]): string | undefined {
  for (const p of payloads) if (p.type === 'N' && p.notify === 'ADDITIONAL_KEY_EXCHANGE') return toHex(p.data);
  return undefined;
}

/** RFC 8784 section 3: what the peers go on with. Undefined when they mixed in a post-quantum key that is not known. */
function keysAfterAuth({ auth, entry }: IkeSaRecord, derived: DerivedKeys): DerivedKeys | undefined {
  if (!auth.usesPpk) return derived;
  return entry?.ppk && { ...derived, keys: mixPpk(derived, entry.ppk) };
}

function pathOf({ entry }: IkeSaRecord): string {
  return entry?.path ?? 'ikeSecrets';
}
