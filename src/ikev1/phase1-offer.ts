/**
 * What phase 1 offers and reads: RFC 2409 section 5. The choice of the responder is in `phase1-choose.ts`.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import { decodePhase1Attributes, encodePhase1Attributes, type Lifetime } from './attributes.js';
import type { PayloadOfType } from './payload-cases.js';
import { authenticationOf, isSharedKeyMethod } from './phase1-method.js';
import { encryptionOf, findRows, type Phase1Rows, rowsOf } from './phase1-transforms.js';
import { meaningOf, phase1Comparison } from './sa-compare.js';
import { formatPhase1Transform, formatProposals } from './sa-format.js';
import { type Phase1Proposal, SIT_IDENTITY_ONLY } from './sa-payload.js';
import type { Phase1Suite } from './states.js';

export { choosePhase1 } from './phase1-choose.js';

/** Transform # and # of Transforms are octets. */
const MOST = 255;
const MAX_SECONDS = 0xffffffff;

/**
 * The group of the KE payload with which aggressive mode begins: nothing but it is offered there. RFC 2409 section 5: "Due to message construction requirements the
 * group in which the Diffie-Hellman exchange is performed cannot be negotiated."
 *
 * @throws IpsecError `invalid-config`: the connection has nothing that can be offered.
 */
export function aggressiveGroup(connection: Connection): KeyExchangeRow {
  for (const { keyExchange } of rowsOf(connection)) return keyExchange;
  throw refuseProposals(connection);
}

/**
 * The SA payload that phase 1 begins with, in the mode of `connection.ikev1`: one proposal whose transforms are all that the connection accepts, best first.
 *
 * RFC 2409 section 5: "If multiple offers are being made for phase 1 exchanges (Main Mode and Aggressive Mode) they MUST take the form of multiple Transform Payloads
 * for a single Proposal Payload in a single SA payload."
 *
 * @throws IpsecError `invalid-config`: there is nothing to offer, or more than 255 transforms, or an authentication that IKEv1 has no method for; `unsafe-config`:
 * aggressive mode with a pre-shared key, where that is not asked for by name.
 */
export function encodePhase1Offer(connection: Connection): PayloadOfType<'SA'> {
  const authentication = authenticationOf(connection, 'initiator');
  const isAggressive = connection.ikev1?.mode === 'aggressive';
  if (isAggressive && isSharedKeyMethod(authentication) && connection.ikev1.unsafeAggressivePsk !== true) throw refuseSharedKey(connection);
  const group = isAggressive ? aggressiveGroup(connection).id : undefined;
  const lifetimes = lifetimesOf(connection);
  const seen = new Set<string>();
  const transforms: Phase1Proposal['transforms'][number][] = [];
  for (const rows of rowsOf(connection)) {
    if ((group !== undefined && rows.keyExchange.id !== group) || seen.has(keyOf(rows))) continue;
    seen.add(keyOf(rows));
    const { hash, keyExchange, encryption } = rows;
    const attributes = encodePhase1Attributes({
      ...encryptionOf(encryption),
      hash: hash.id,
      group: keyExchange.id,
      authentication,
      lifetimes,
      others: [],
    });
    transforms.push({ transformNum: transforms.length + 1, id: 'KEY_IKE', attributes });
    if (transforms.length > MOST)
      throw new IpsecError('invalid-config', `the proposals of connection ${connection.name}`, {
        expected: `at most ${MOST} transforms`,
        found: 'more',
      });
  }
  if (transforms.length === 0) throw refuseProposals(connection);
  const proposal: Phase1Proposal = { proposalNum: 1, protocol: 'ISAKMP', spi: EMPTY, transforms };
  return { type: 'SA', doi: 'IPSEC', situation: SIT_IDENTITY_ONLY, proposals: [proposal] };
}

/**
 * Reads the SA payload of the answer. RFC 2408 section 4.2: "The initiator MUST verify that the Security Association payload received from the responder matches one
 * of the proposals sent initially." It is found by what it says; the numbers, which a responder "SHOULD retain", decide nothing.
 *
 * @param offered the payload that was sent.
 * @throws IpsecError `no-proposal-chosen`: what came back is not one of the transforms that were offered, and nothing else.
 */
export function readPhase1Answer(answer: PayloadOfType<'SA'>, offered: PayloadOfType<'SA'>, connection: Connection): Phase1Suite {
  const offer = offered.proposals.find(isPhase1)!;
  const [proposal] = answer.proposals;
  if (answer.doi !== offered.doi || answer.situation !== offered.situation)
    throw refuse('the DOI and the situation of our offer', `${answer.doi}, ${answer.situation}`);
  if (answer.proposals.length !== 1 || proposal?.protocol !== 'ISAKMP' || proposal.transforms.length !== 1)
    throw refuse('one proposal for ISAKMP with one transform', formatProposals(answer.proposals));
  const transform = proposal.transforms[0]!;
  const meaning = meaningOf(transform, phase1Comparison);
  const chosen = meaning === undefined ? undefined : offer.transforms.find((other) => meaningOf(other, phase1Comparison) === meaning);
  if (chosen === undefined) {
    const same = offer.transforms.find(({ transformNum }) => transformNum === transform.transformNum);
    const expected =
      same === undefined ? formatProposals(offered.proposals) : `#${same.transformNum} ${formatPhase1Transform(same)}, as it was offered`;
    throw refuse(expected, formatPhase1Transform(transform));
  }
  const values = decodePhase1Attributes(chosen.attributes);
  const { rows } = findRows(connection, values)!; // it is our own offer
  return { ...rows, authentication: values.authentication!, lifetimes: values.lifetimes };
}

function isPhase1(proposal: PayloadOfType<'SA'>['proposals'][number]): proposal is Phase1Proposal {
  return proposal.protocol === 'ISAKMP';
}

/** Milliseconds on our side, seconds on the wire; what has no end is not said. */
function lifetimesOf({ options }: Connection): readonly Lifetime[] {
  if (!Number.isFinite(options.lifetime)) return [];
  return [{ type: 'seconds', duration: Math.min(MAX_SECONDS, Math.max(1, Math.floor(options.lifetime / 1000))) }];
}

function keyOf({ encryption, hash, keyExchange }: Phase1Rows): string {
  return `${encryption.id}/${encryption.keyLength} ${hash.id} ${keyExchange.id}`;
}

function refuse(expected: string, found: string): IpsecError {
  return new IpsecError('no-proposal-chosen', "the peer's choice for phase 1", { expected, found });
}

function refuseProposals({ name }: Connection): IpsecError {
  return new IpsecError('invalid-config', `the proposals of connection ${name}`, {
    expected: 'for IKEv1 a cipher in CBC, a pseudorandom function that is the HMAC of a hash at hand, and a group',
    found: 'none with all three',
  });
}

function refuseSharedKey({ name }: Connection): IpsecError {
  return new IpsecError('unsafe-config', `aggressive mode of connection ${name}`, {
    path: 'ikev1.unsafeAggressivePsk',
    expected: 'main mode, or signatures: whoever sees an aggressive mode with a pre-shared key can try passwords offline',
    found: 'a pre-shared key',
  });
}
