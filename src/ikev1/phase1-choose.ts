/**
 * The responder's choice in phase 1: by our own order of preference, never by the peer's.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { PayloadOfType } from './payload-cases.js';
import { explainPhase1 } from './phase1-explain.js';
import { methodAsResponder } from './phase1-method.js';
import { findRows, isBefore, type Phase1Rows, type Ranks, type ReadPhase1, readPhase1 } from './phase1-transforms.js';
import { formatProposals } from './sa-format.js';
import { type Phase1Proposal, SIT_IDENTITY_ONLY } from './sa-payload.js';
import type { Phase1Suite } from './states.js';

/** What a responder has chosen. */
interface Phase1Choice {
  /** The connections that agree with it, in their order: never none. */
  readonly candidates: readonly Connection[];
  /** What was agreed on. */
  readonly suite: Phase1Suite;
  /** The SA payload of our answer. */
  readonly answer: PayloadOfType<'SA'>;
}

interface Fit {
  readonly read: ReadPhase1;
  readonly rows: Phase1Rows;
  readonly ranks: Ranks;
}

/**
 * Chooses from a peer's SA payload. The first connection that some transform suits decides, by its own order: the first record, then the first cipher, hash and
 * group. Public key encryption is never chosen (`refusedMethods`); aggressive mode only with connections that want it, and with a pre-shared key only with those
 * that ask for it by name.
 *
 * @param connections those that the addresses of the message suit, in order.
 * @throws IpsecError `no-proposal-chosen`: with what comes nearest, and both sides' lists.
 */
export function choosePhase1(sa: PayloadOfType<'SA'>, connections: readonly Connection[], mode: 'main' | 'aggressive'): Phase1Choice {
  const proposal = proposalOf(sa);
  const reads = readAll(proposal);
  const able = connections.flatMap((connection) => {
    const found = methodAsResponder(connection, mode);
    return typeof found === 'string' ? [] : [{ connection, method: found.method }];
  });
  for (const { connection, method } of able) {
    const best = bestOf(reads, connection, method);
    if (best === undefined) continue;
    const { transform, values } = best.read;
    return {
      candidates: able.filter((other) => other.method === method && findRows(other.connection, values)).map((other) => other.connection),
      suite: { ...best.rows, authentication: method, lifetimes: values.lifetimes },
      answer: {
        type: 'SA',
        doi: sa.doi,
        situation: sa.situation,
        proposals: [{ proposalNum: proposal.proposalNum, protocol: 'ISAKMP', spi: EMPTY, transforms: [transform as OfferedTransform] }],
      },
    };
  }
  throw explainPhase1(proposal, connections, mode);
}

type OfferedTransform = Phase1Proposal['transforms'][number];

/**
 * RFC 2409 section 5: "for phase 1 exchanges there MUST NOT be multiple Proposal Payloads for a single SA payload". RFC 2407 section 4.2.1: SIT_IDENTITY_ONLY "MUST" be
 * supported, and no other situation is.
 */
function proposalOf({ doi, situation, proposals }: PayloadOfType<'SA'>): Phase1Proposal {
  if (doi !== 'IPSEC' || situation !== SIT_IDENTITY_ONLY)
    throw new IpsecError('no-proposal-chosen', 'the SA payload of phase 1', {
      expected: 'the IPSEC DOI and SIT_IDENTITY_ONLY',
      found: `DOI ${doi}, situation ${situation}`,
    });
  const [proposal] = proposals;
  if (proposals.length === 1 && proposal?.protocol === 'ISAKMP') return proposal;
  throw new IpsecError('no-proposal-chosen', 'the SA payload of phase 1', {
    expected: 'one proposal, for ISAKMP',
    found: formatProposals(proposals),
  });
}

/** Each transform once; of several with one number the first counts, so that the answer says which. */
function readAll({ transforms }: Phase1Proposal): ReadPhase1[] {
  const numbers = new Set<number>();
  return transforms.flatMap((transform) => {
    if (numbers.has(transform.transformNum)) return [];
    numbers.add(transform.transformNum);
    const read = readPhase1(transform);
    return typeof read === 'string' ? [] : [read];
  });
}

function bestOf(reads: readonly ReadPhase1[], connection: Connection, method: Phase1Suite['authentication']): Fit | undefined {
  let best: Fit | undefined;
  for (const read of reads) {
    const found = read.values.authentication === method ? findRows(connection, read.values) : undefined;
    if (found && (!best || isBefore(found.ranks, best.ranks))) best = { read, ...found };
  }
  return best;
}
