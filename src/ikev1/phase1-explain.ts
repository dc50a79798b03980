/**
 * "It says no, and not why" is the complaint that this file answers, for phase 1.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import { methodAsResponder, refusedMethods } from './phase1-method.js';
import { encryptionOf, groupsOf, hasHash, isEncryption, readPhase1 } from './phase1-transforms.js';
import { formatGroup, formatProposals } from './sa-format.js';
import type { Phase1Proposal } from './sa-payload.js';

/** No more transforms and connections are held against each other: nobody has authenticated the offer. */
const MOST = 16;

/** One transform of theirs beside one connection of ours. */
interface Comparison {
  /** On how much both agree; less than nothing where there is no comparing. */
  readonly agreements: number;
  /** The first difference. */
  readonly words: string;
}

/**
 * Why nothing was chosen: what comes nearest and its first difference, then both sides' lists; for our own log.
 *
 * @param connections those that were asked.
 */
export function explainPhase1(proposal: Phase1Proposal, connections: readonly Connection[], mode: 'main' | 'aggressive'): IpsecError {
  const some = connections.slice(0, MOST);
  const pairs = proposal.transforms.slice(0, MOST).flatMap((transform) => some.map((connection) => compare(transform, connection, mode)));
  const nearest = pairs.reduce<Comparison | undefined>(
    (best, pair) => (best && best.agreements >= pair.agreements ? best : pair),
    undefined,
  );
  const ours = some.map((connection) => formatConnection(connection, mode)).join(' | ');
  return new IpsecError('no-proposal-chosen', `phase 1 in ${mode} mode${nearest ? `: ${nearest.words}` : ''}`, {
    expected: ours === '' ? 'nothing: there is no connection for these addresses' : ours,
    found: formatProposals([proposal]),
  });
}

function compare(transform: Phase1Proposal['transforms'][number], connection: Connection, mode: 'main' | 'aggressive'): Comparison {
  const name = `transform ${transform.transformNum}`;
  const read = readPhase1(transform);
  if (typeof read === 'string') return { agreements: -1, words: `${name} is unacceptable: ${read}` };
  const { values } = read;
  const offered = values.authentication;
  // attack by design: whatever else fits, this is what has to be said
  if (offered !== undefined && refusedMethods.has(offered))
    return { agreements: 0, words: `${name} wants ${offered}, which is refused always` };
  const able = methodAsResponder(connection, mode);
  if (typeof able === 'string') return { agreements: -2, words: `connection ${connection.name}: ${able}` };
  const { proposals } = connection;
  const differences = [
    unless(
      proposals.some(({ encryption }) => encryption.some((row) => isEncryption(row, values))),
      'cipher',
    ),
    unless(
      proposals.some(({ prf }) => hasHash(connection, prf, values)),
      'hash',
    ),
    unless(
      groupsOf(connection).some(({ id }) => id === values.group),
      'group',
    ),
    offered === able.method ? undefined : `its method is ${offered ?? 'not said'}, ours is ${able.method}`,
  ];
  const found = differences.filter((words) => words !== undefined);
  const first = found[0] ?? 'no record of ours holds all of it at once';
  return { agreements: differences.length - found.length, words: `${name} comes nearest to connection ${connection.name}, but ${first}` };
}

function unless(agreed: boolean, what: string): string | undefined {
  return agreed ? undefined : `its ${what} is none of ours`;
}

/** What a connection accepts: `gw: AES-CBC (256) or 3DES-CBC; PRF_HMAC_SHA2_256; 2048-bit MODP Group; RSA signatures`. */
function formatConnection(connection: Connection, mode: 'main' | 'aggressive'): string {
  const able = methodAsResponder(connection, mode);
  const { name, proposals } = connection;
  if (typeof able === 'string') return `${name}: nothing, ${able}`;
  const ciphers = proposals.flatMap(({ encryption }) => encryption.flatMap((row) => wordsOf(encryptionOf(row))));
  const prfs = proposals.flatMap(({ prf }) => prf.map((row) => row.name));
  const groups = groupsOf(connection).map(({ id }) => formatGroup(id));
  return `${name}: ${[ciphers, prfs, groups, [`${able.method}`]].map((words) => [...new Set(words)].join(' or ') || 'none').join('; ')}`;
}

function wordsOf(cipher: ReturnType<typeof encryptionOf>): string[] {
  return cipher === undefined ? [] : [`${cipher.encryption ?? ''}${cipher.keyLength === undefined ? '' : ` (${cipher.keyLength})`}`];
}
