/**
 * Default proposals from any engine's rows.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { HashRow } from '../suite/types-hash.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import type { ChildProposal, IkeProposal } from '../keying/proposal-types.js';

/** A row of any kind: what the lists of `ipsec-ts/suite/...` hold. Hashes are for IKEv1: no proposal of IKEv2 has any. */
export type SuiteRow = EncryptionRow | IntegrityRow | PrfRow | KeyExchangeRow | HashRow;

/** What to offer and to accept, when nobody says otherwise. */
export interface DefaultProposals {
  /** For IKE SAs. */
  readonly ike: readonly IkeProposal[];
  /** For Child SAs: ESP, with perfect forward secrecy if the peer takes part. */
  readonly child: readonly ChildProposal[];
}

/**
 * In order of preference: what RFC 8247 and RFC 8221 mark MUST or SHOULD for general use, and stronger members of the same families.
 * HMAC-SHA1, MUST- there, is left to those who name it. MODP groups, slow and large, come last.
 */
const encryption = ['ENCR_AES_GCM_16-256', 'ENCR_CHACHA20_POLY1305-256', 'ENCR_AES_GCM_16-128', 'ENCR_AES_CBC-256', 'ENCR_AES_CBC-128'];
const integrity = ['AUTH_HMAC_SHA2_256_128', 'AUTH_HMAC_SHA2_384_192', 'AUTH_HMAC_SHA2_512_256'];
const prf = ['PRF_HMAC_SHA2_256', 'PRF_HMAC_SHA2_384', 'PRF_HMAC_SHA2_512'];
const keyExchange = ['curve25519', 'ecp256', 'ecp384', 'modp3072', 'modp2048', 'modp4096'];
/**
 * RFC 8221 section 6: "Note that due to a long standing common implementation bug of this algorithm that truncates the hash at 96 bits
 * instead of 128 bits, it is recommended that implementations prefer AUTH_HMAC_SHA2_512_256 over AUTH_HMAC_SHA2_256_128 if they implement
 * AUTH_HMAC_SHA2_512_256."
 */
const espIntegrity = ['AUTH_HMAC_SHA2_512_256', 'AUTH_HMAC_SHA2_256_128', 'AUTH_HMAC_SHA2_384_192'];

/**
 * The default proposals made of the rows at hand: of the same names whatever the engine. What is not among the rows is left out.
 *
 * @param rows of every kind, in any order; of two rows that are the same algorithm the first counts.
 * @throws IpsecError `invalid-argument`: of some kind there is none of the defaults.
 *
 * @example
 * ```ts
 * import { createProposals } from 'ipsec-ts/ike';
 * import { nodeRows } from 'ipsec-ts/suite/node';
 * import { nodeKeyExchangeRows, nodePrfRows } from 'ipsec-ts/suite/node-ike';
 *
 * const { ike } = createProposals([...nodeRows, ...nodePrfRows, ...nodeKeyExchangeRows]);
 * if (ike[0]?.keyExchange[0]?.engine !== 'node') throw new Error('never');
 * ```
 */
export function createProposals(rows: readonly SuiteRow[]): DefaultProposals {
  const pick = <Row extends SuiteRow>(names: readonly string[], what: string, isOne: (row: SuiteRow) => row is Row): Row[] => {
    const found = names.flatMap((name) => rows.filter(isOne).find((row) => nameOf(row) === name) ?? []);
    if (found.length > 0) return found;
    throw new IpsecError('invalid-argument', `${what} for the default proposals`, {
      expected: `one of ${names.join(', ')}`,
      found: 'none',
    });
  };
  const ciphers = pick(encryption, 'a cipher', (row) => row.kind === 'aead' || row.kind === 'cipher');
  const groups = pick(keyExchange, 'a group', (row) => row.kind === 'ke');
  return {
    ike: [
      {
        encryption: ciphers,
        integrity: pick(integrity, 'an integrity algorithm', (row) => row.kind === 'integrity'),
        prf: pick(prf, 'a pseudorandom function', (row) => row.kind === 'prf'),
        keyExchange: groups,
      },
    ],
    child: [
      {
        protocol: 'ESP',
        encryption: ciphers,
        integrity: pick(espIntegrity, 'an integrity algorithm', (row) => row.kind === 'integrity'),
        keyExchange: [...groups, 'none'],
        esn: [true, false],
      },
    ],
  };
}

function nameOf(row: SuiteRow): string {
  if (row.kind === 'ke') return row.shortName;
  return row.kind === 'aead' || row.kind === 'cipher' ? `${row.name}-${row.keyLength * 8}` : row.name;
}
