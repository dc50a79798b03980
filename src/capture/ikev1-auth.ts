/**
 * Is the HASH payload of a message right? As far as the secrets of the key file allow an answer.
 *
 * @module
 */
import {
  computeHash1,
  computeHash2,
  computeHash3,
  computeHashI,
  computeHashR,
  type HashRow,
  type Payload,
  splitHash,
  verifyHash,
} from '../ikev1.js';
import type { AuthVerdict } from './ike-auth.js';
import { orNothing } from './ike-derive.js';
import {
  type Candidate,
  type CookieEntries,
  findHash,
  findPayloadV1,
  type Half,
  halvesOf,
  type Ikev1AlgorithmRows,
  type Phase1Facts,
  skeyidOfPsk,
} from './ikev1-phase1.js';

/** The cookies of an ISAKMP SA. */
export interface CookiePair {
  /** CKY-I. */
  readonly ckyI: Uint8Array;
  /** CKY-R. */
  readonly ckyR: Uint8Array;
}

/** SKEYID, and what else HASH_I and HASH_R are made of. */
interface HashInput {
  readonly hash: HashRow;
  readonly SKEYID: Uint8Array;
  readonly i: Half;
  readonly r: Half;
}

/** SKEYIDs that are tried for one HASH payload in the clear. */
const MAXIMUM_TRIED = 64;

/** HASH_I or HASH_R of a message that was encrypted. Undefined: there is none, or something that it needs is not known. */
export function judgePhase1(
  { hash, derived }: Candidate,
  facts: Phase1Facts,
  cookies: CookiePair,
  payloads: readonly Payload[],
  byInitiator: boolean,
): AuthVerdict | undefined {
  if (derived === undefined) return undefined;
  return judge([{ hash, SKEYID: derived.keys.SKEYID, i: derived.i, r: derived.r }], facts, cookies, payloads, byInitiator);
}

/** The same of a message in the clear: HASH_R of aggressive mode, and HASH_I of some. The pre-shared key is enough for it, without any shared secret. */
export function judgeClear(
  candidates: readonly Candidate[],
  { secrets }: CookieEntries,
  facts: Phase1Facts,
  cookies: CookiePair,
  payloads: readonly Payload[],
  byInitiator: boolean,
  rows: Ikev1AlgorithmRows,
): AuthVerdict | undefined {
  if (findPayloadV1(payloads, 'HASH') === undefined) return undefined;
  const derived = candidates.flatMap(({ hash, derived: d }) => (d === undefined ? [] : [{ hash, SKEYID: d.keys.SKEYID, i: d.i, r: d.r }]));
  const fromPsk = facts.suites.flatMap((suite) => {
    const hash = findHash(suite, rows);
    if (hash === undefined) return [];
    return secrets.flatMap((entry) =>
      halvesOf(facts).flatMap(([i, r]) => {
        const SKEYID = skeyidOfPsk(entry, suite, hash, i, r);
        return SKEYID === undefined ? [] : [{ hash, SKEYID, i, r }];
      }),
    );
  });
  return judge([...derived, ...fromPsk].slice(0, MAXIMUM_TRIED), facts, cookies, payloads, byInitiator);
}

function judge(
  inputs: readonly HashInput[],
  { offers, idI, idR }: Phase1Facts,
  { ckyI, ckyR }: CookiePair,
  payloads: readonly Payload[],
  byInitiator: boolean,
): AuthVerdict | undefined {
  const received = findPayloadV1(payloads, 'HASH')?.data;
  const idBody = findPayloadV1(payloads, 'ID')?.body ?? (byInitiator ? idI : idR);
  if (received === undefined || idBody === undefined || inputs.length === 0 || offers.length === 0) return undefined;
  const compute = byInitiator ? computeHashI : computeHashR;
  const fits = inputs.some(({ hash, SKEYID, i, r }) =>
    offers.some((saBody) => verifyHash(compute(hash.prf, SKEYID, { gXi: i.ke, gXr: r.ke, ckyI, ckyR, saBody, idBody }), received)),
  );
  return fits ? 'ok' : 'bad';
}

/** What HASH(2) and HASH(3) of a Quick Mode need. */
export interface QuickNonces {
  /** The nonce of its first message. */
  readonly Ni?: Uint8Array | undefined;
  /** The nonce of its second message. */
  readonly Nr?: Uint8Array | undefined;
}

/**
 * HASH(1), HASH(2) or HASH(3) of a message of phase 2.
 *
 * @param position which message of its exchange it is, from 1; undefined where those before it are not in the capture.
 */
export function judgePhase2(
  { hash: { prf }, derived }: Candidate,
  { exchange, messageId, firstPayload }: { readonly exchange: string | number; readonly messageId: number; readonly firstPayload: number },
  octets: Uint8Array,
  position: number | undefined,
  { Ni, Nr }: QuickNonces,
): AuthVerdict | undefined {
  const split = orNothing(() => splitHash(firstPayload, octets));
  if (derived === undefined || split === undefined) return undefined;
  const { SKEYID_a } = derived.keys;
  const { hash, message } = split;
  const verdict = (expected: Uint8Array | undefined): AuthVerdict | undefined =>
    expected === undefined ? undefined : verifyHash(expected, hash) ? 'ok' : 'bad';
  // Informational, Transaction and New Group: every message has a hash over itself.
  if (exchange !== 'Quick Mode' || position === 1) return verdict(computeHash1(prf, SKEYID_a, messageId, message));
  if (position === 2) return verdict(Ni && computeHash2(prf, SKEYID_a, messageId, Ni, message));
  if (position === 3) return verdict(Ni && Nr && computeHash3(prf, SKEYID_a, messageId, Ni, Nr));
  return undefined;
}
