/**
 * What RFC 8247 (for IKE), RFC 8221 (for ESP and AH) and RFC 9395 say against a list of proposals, before a peer does.
 *
 * @module
 */
import { encryptionAlgorithms } from '../iana/encryption.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { pseudorandomFunctions } from '../iana/prf.js';
import { type AlgorithmRow, findById } from '../iana/registry.js';
import type { EncryptionRow } from '../suite/types.js';
import type { RowsByKind } from './proposal-names.js';
import type { SuiteRow } from './proposal-rows.js';
import { keyOfRow, NONE, servesIke, servesIntegrity, TRUNCATED } from './proposal-transforms.js';
import type { AlgorithmKind, ChildProposal, IkeProposal } from '../keying/proposal-types.js';

/** One thing to mend. */
export interface ProposalFinding {
  /** Where: `ike.0.encryption.1`. */
  readonly path: string;
  /** `error`: forbidden, or it cannot work; `warning`: it works and should not be so. */
  readonly level: 'error' | 'warning';
  /** What is wrong. */
  readonly message: string;
  /** Which document says so, and where. */
  readonly rfc: string;
}

/** What {@link lintProposals} looks at. */
export interface LintedProposals {
  /** Proposals for IKE SAs. */
  readonly ike?: readonly IkeProposal[] | undefined;
  /** Proposals for Child SAs. */
  readonly child?: readonly ChildProposal[] | undefined;
}

/**
 * Finds what is forbidden, discouraged, missing or without effect in proposals.
 *
 * @param path goes before every path of a finding.
 * @returns nothing, when there is nothing to say.
 *
 * @example
 * ```ts
 * import { lintProposals } from 'ipsec-ts/ike';
 * import { modp1024 } from 'ipsec-ts/suite/dh-legacy';
 * import { aes256Cbc } from 'ipsec-ts/suite/encr';
 * import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const ike = [{ encryption: [aes256Cbc], integrity: [hmacSha256_128], prf: [prfHmacSha256], keyExchange: [modp1024] }];
 * const [finding] = lintProposals({ ike });
 * if (finding?.path !== 'ike.0.keyExchange.0' || finding.rfc !== 'RFC 8247 section 2.4') throw new Error('never');
 * ```
 */
export function lintProposals({ ike, child }: LintedProposals, path = ''): ProposalFinding[] {
  const prefix = path === '' ? '' : `${path}.`;
  return [
    ...(ike ?? []).flatMap((record, i) => lintIke(record, `${prefix}ike.${i}`)),
    ...(child ?? []).flatMap((record, i) => lintChild(record, `${prefix}child.${i}`)),
  ];
}

function lintIke(record: IkeProposal, path: string): ProposalFinding[] {
  const { encryption, integrity, prf, keyExchange } = record;
  return [
    ...missing({ encryption, prf, keyExchange }, path, 'RFC 7296 section 3.3.3'),
    ...lintRows('encryption', encryption, 'IKE', path),
    ...lintRows('integrity', integrity, 'IKE', path),
    ...lintRows('prf', prf, 'IKE', path),
    ...lintRows('keyExchange', keyExchange, 'IKE', path),
    ...lintPair(record, path, 'RFC 8247 section 2.1'),
  ];
}

function lintChild(record: ChildProposal, path: string): ProposalFinding[] {
  const { protocol, encryption, integrity, keyExchange, esn } = record;
  const groups = keyExchange.map((row) => (row === 'none' ? undefined : row));
  return [
    ...missing(protocol === 'ESP' ? { encryption, esn } : { integrity, esn }, path, 'RFC 7296 section 3.3.3'),
    ...lintRows('encryption', encryption, protocol, path),
    ...lintRows('integrity', integrity, protocol, path),
    ...lintRows('keyExchange', groups, protocol, path),
    ...(protocol === 'ESP' ? [...lintPair(record, path, 'RFC 8221 section 4'), ...lintNull(encryption, path)] : []),
    ...(protocol === 'AH' && encryption.length > 0 ? [found(`${path}.encryption`, 'error', 'AH encrypts nothing', 'RFC 4302')] : []),
    ...lintTruncated(record, path),
    ...lintSecrecy(keyExchange, path),
    ...lintEsn(esn, path),
  ];
}

function missing(lists: Readonly<Record<string, readonly unknown[]>>, path: string, rfc: string): ProposalFinding[] {
  return Object.entries(lists).flatMap(([name, list]) =>
    list.length > 0 ? [] : [found(`${path}.${name}`, 'error', 'empty: a mandatory Transform Type would be missing', rfc)],
  );
}

const registries: Readonly<Record<AlgorithmKind, readonly AlgorithmRow[]>> = {
  encryption: encryptionAlgorithms,
  integrity: integrityAlgorithms,
  prf: pseudorandomFunctions,
  keyExchange: keyExchangeMethods,
};
const sectionsForIke = { encryption: '2.1', prf: '2.2', integrity: '2.3', keyExchange: '2.4' } as const;
const sectionsForEsp = { encryption: '5', integrity: '6' } as const;

function lintRows(
  kind: AlgorithmKind,
  rows: readonly (RowsByKind[AlgorithmKind] | undefined)[],
  protocol: 'IKE' | 'ESP' | 'AH',
  path: string,
): ProposalFinding[] {
  const keys = rows.map((row) => row && keyOfRow(row));
  return rows.flatMap((row, i) => {
    if (row === undefined) return [];
    const at = `${path}.${kind}.${i}`;
    const twice = keys.indexOf(keys[i]) < i ? [found(at, 'warning', `${row.name} stands there twice`, 'RFC 7296 section 3.3')] : [];
    return [...unfit(row, protocol, at), ...twice, ...byLevel(kind, row, protocol, at)];
  });
}

/** What the encoder refuses or the chooser passes over. */
function unfit(row: SuiteRow, protocol: 'IKE' | 'ESP' | 'AH', path: string): ProposalFinding[] {
  if (row.id === NONE)
    return [found(path, 'error', `${row.name} has no number of IANA's, so that it cannot be negotiated`, 'RFC 7296 section 3.3.2')];
  if (row.kind === 'integrity' && !servesIntegrity(row, protocol))
    return [found(path, 'error', `${row.name} is for AH alone`, 'RFC 4543 section 5.3')];
  if (row.name === TRUNCATED)
    return [found(path, 'warning', `${row.name} goes as AUTH_HMAC_SHA2_256_128: for peers with that bug alone`, 'RFC 8221 section 6')];
  if (protocol !== 'IKE' || (row.kind !== 'aead' && row.kind !== 'cipher') || servesIke(row)) return [];
  if (row.kind === 'aead' && row.implicitIv) return [found(path, 'error', `${row.name} is for ESP alone`, 'RFC 8750 section 7')];
  return [found(path, 'error', `${row.name} does not encrypt`, 'RFC 8247 section 2.1')];
}

function byLevel(kind: AlgorithmKind, row: SuiteRow, protocol: 'IKE' | 'ESP' | 'AH', path: string): ProposalFinding[] {
  const known = findById(registries[kind], row.id);
  const isForIke = protocol === 'IKE' || kind === 'keyExchange' || kind === 'prf';
  const level = isForIke ? known?.ike : known?.esp;
  const rfc = isForIke ? `RFC 8247 section ${sectionsForIke[kind]}` : `RFC 8221 section ${sectionsForEsp[kind]}`;
  if (level === 'MUST NOT')
    return row.kind === 'cipher' && row.isNull ? [] : [found(path, 'error', `${row.name} is at MUST NOT for ${protocol}`, rfc)];
  if (level === 'SHOULD NOT') return [found(path, 'warning', `${row.name} is at SHOULD NOT for ${protocol}`, rfc)];
  if (known?.deprecated !== undefined) return [found(path, 'error', `${row.name} is deprecated`, known.deprecated)];
  if (level === 'MUST-') return [found(path, 'warning', `${row.name} is at MUST-: only for peers that have nothing newer`, rfc)];
  return [];
}

/** Ciphers and integrity algorithms belong together, but for combined-mode ciphers. */
function lintPair({ encryption, integrity }: IkeProposal | ChildProposal, path: string, rfc: string): ProposalFinding[] {
  const cipher = encryption.find(({ kind }) => kind === 'cipher');
  if (cipher && integrity.length === 0) return [found(`${path}.integrity`, 'error', `${cipher.name} needs an integrity algorithm`, rfc)];
  if (cipher || integrity.length === 0 || encryption.length === 0) return [];
  return [found(`${path}.integrity`, 'warning', 'without effect: every cipher is a combined-mode one', 'RFC 5282 section 8')];
}

function lintNull(encryption: readonly EncryptionRow[], path: string): ProposalFinding[] {
  return encryption.flatMap((row, i) => {
    const isBare = row.kind === 'cipher' ? row.isNull : row.name === 'ENCR_NULL_AUTH_AES_GMAC';
    if (!isBare) return [];
    return [
      found(
        `${path}.encryption.${i}`,
        'warning',
        `${row.name} does not encrypt: everybody on the way can read the packets`,
        'RFC 8221 section 5',
      ),
    ];
  });
}

/** RFC 8221 section 6 wants AUTH_HMAC_SHA2_512_256 before AUTH_HMAC_SHA2_256_128, which some peers cut to 96 bits. */
function lintTruncated({ integrity }: ChildProposal, path: string): ProposalFinding[] {
  const [short, long] = ['AUTH_HMAC_SHA2_256_128', 'AUTH_HMAC_SHA2_512_256'].map((name) => integrity.findIndex((row) => row.name === name));
  if (short === undefined || long === undefined || short < 0 || long < short) return [];
  const message = 'AUTH_HMAC_SHA2_256_128, which some peers cut to 96 bits, stands before AUTH_HMAC_SHA2_512_256';
  return [found(`${path}.integrity.${short}`, 'warning', message, 'RFC 8221 section 6')];
}

/**
 * RFC 7296 section 1.3.1: "The CREATE_CHILD_SA request MAY optionally contain a KE payload for an additional Diffie-Hellman exchange to
 * enable stronger guarantees of forward secrecy for the Child SA."
 */
function lintSecrecy(keyExchange: ChildProposal['keyExchange'], path: string): ProposalFinding[] {
  if (keyExchange.some((row) => row !== 'none')) return [];
  const message = 'no group: without perfect forward secrecy, and a peer that insists on it refuses at the first rekey';
  return [found(`${path}.keyExchange`, 'warning', message, 'RFC 7296 section 1.3.1')];
}

/**
 * RFC 7296 section 3.3.2: "an initiator who supports ESNs will usually include two ESN transforms, with values "0" and "1", in its
 * proposals."
 */
function lintEsn(esn: readonly boolean[], path: string): ProposalFinding[] {
  if (esn.length !== 1) return [];
  const message = esn[0] === true ? 'insists on ESN, which not every peer has' : 'without ESN an SA ends after 2^32 packets at the latest';
  return [found(`${path}.esn`, 'warning', message, esn[0] === true ? 'RFC 7296 section 3.3.2' : 'RFC 4303 section 3.3.3')];
}

function found(path: string, level: ProposalFinding['level'], message: string, rfc: string): ProposalFinding {
  return { path, level, message, rfc };
}
