/**
 * From rows to the proposals of an SA payload.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { encryptionTransform, keyOfTransform, NONE, servesIke, servesIntegrity, transform } from './proposal-transforms.js';
import type { ChildProposal, ChildProposalOptions, IkeProposal } from '../keying/proposal-types.js';
import type { Proposal, Transform } from './sa-payload.js';

/** Proposal Num and Num Transforms are octets. */
const MOST = 255;

/**
 * The proposals of an SA payload for an IKE SA, the most preferred first. RFC 7296 section 3.3.1: "When a proposal is made, the first
 * proposal in an SA payload MUST be 1, and subsequent proposals MUST be one more than the previous proposal".
 *
 * @param spi when an IKE SA is rekeyed: the 8 octets of our new SPI, for every proposal; else empty, the default.
 * @throws IpsecError `invalid-config`: a list is empty, or longer than an SA payload can hold; `unsafe-config`: a cipher that does not
 * serve IKE, or that has no integrity algorithm; `unsupported`: an integrity algorithm that has no number. The path says where in `list`.
 *
 * @example
 * ```ts
 * import { encodeIkeProposals } from 'ipsec-ts/ike';
 * import { aes256Gcm16 } from 'ipsec-ts/suite/aead';
 * import { curve25519 } from 'ipsec-ts/suite/dh';
 * import { aes256Cbc } from 'ipsec-ts/suite/encr';
 * import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const proposals = encodeIkeProposals([
 *   { encryption: [aes256Gcm16, aes256Cbc], integrity: [hmacSha256_128], prf: [prfHmacSha256], keyExchange: [curve25519] },
 * ]);
 * if (proposals.length !== 2) throw new Error('combined-mode ciphers and others are two proposals');
 * ```
 */
export function encodeIkeProposals(list: readonly IkeProposal[], spi: Uint8Array = EMPTY): Proposal[] {
  return numberIkeProposals(list).map(({ proposalNum, transforms }) => ({ proposalNum, protocol: 'IKE', spi, transforms }));
}

/**
 * The proposals of an SA payload for a pair of Child SAs, the most preferred first.
 *
 * @param spi the 4 octets of our inbound SPI for that protocol; asked once for each protocol in `list`.
 * @throws IpsecError as {@link encodeIkeProposals}.
 */
export function encodeChildProposals(
  list: readonly ChildProposal[],
  spi: (protocol: 'ESP' | 'AH') => Uint8Array,
  options: ChildProposalOptions,
): Proposal[] {
  const spis = new Map<'ESP' | 'AH', Uint8Array>();
  return numberChildProposals(list, options).map(({ proposalNum, record: { protocol }, transforms }) => {
    const own = spis.get(protocol) ?? spi(protocol);
    spis.set(protocol, own);
    return { proposalNum, protocol, spi: own, transforms };
  });
}

/** One proposal of an SA payload, and the part of a record of which it was made. */
export interface NumberedProposal<Part> {
  /** Its number on the wire. */
  readonly proposalNum: number;
  /** A record whose ciphers are all combined-mode ones, or none of them. */
  readonly record: Part;
  /** What it offers. */
  readonly transforms: Transform[];
}

/** What {@link encodeIkeProposals} makes of which record. */
export function numberIkeProposals(list: readonly IkeProposal[]): NumberedProposal<IkeProposal>[] {
  return numbered(
    list.flatMap((record, i) =>
      splitIke(record, i).map((part) => ({
        record: part,
        transforms: [
          ...part.encryption.map(encryptionTransform),
          ...part.integrity.map((row) => transform('INTEG', row.id)),
          ...part.prf.map((row) => transform('PRF', row.id)),
          ...part.keyExchange.map((row) => transform('KE', row.id)),
        ],
      })),
    ),
  );
}

/** What {@link encodeChildProposals} makes of which record. */
export function numberChildProposals(list: readonly ChildProposal[], options: ChildProposalOptions): NumberedProposal<ChildProposal>[] {
  return numbered(
    list.flatMap((record, i) =>
      splitChild(record, i).map((part) => ({
        record: part,
        transforms: [
          ...part.encryption.map(encryptionTransform),
          ...part.integrity.map((row) => transform('INTEG', row.id)),
          ...(options.keyExchange ? groupTransforms(part.keyExchange) : []),
          ...part.esn.map((esn) => transform('ESN', esn ? 1 : 0)),
        ],
      })),
    ),
  );
}

/**
 * RFC 7296 section 3.3.2: "If the initiator wishes to make use of the transform optional to the responder, it includes a transform
 * substructure with Transform ID = 0 as one of the options."
 */
function groupTransforms(groups: ChildProposal['keyExchange']): Transform[] {
  if (groups.every((row) => row === 'none')) return [];
  return groups.map((row) => transform('KE', row === 'none' ? NONE : row.id));
}

function splitIke(record: IkeProposal, index: number): IkeProposal[] {
  for (const list of ['encryption', 'prf', 'keyExchange'] as const) refuseEmpty(record[list], `${index}.${list}`);
  const unfit = record.encryption.findIndex((row) => !servesIke(row));
  if (unfit >= 0) throw unsafe(`${index}.encryption.${unfit}`, 'a cipher that may protect an IKE SA', record.encryption[unfit]!.name);
  return splitCiphers(record, 'IKE', index);
}

function splitChild(record: ChildProposal, index: number): ChildProposal[] {
  refuseEmpty(record.esn, `${index}.esn`);
  if (record.protocol === 'ESP') {
    refuseEmpty(record.encryption, `${index}.encryption`);
    return splitCiphers(record, 'ESP', index);
  }
  refuseEmpty(record.integrity, `${index}.integrity`);
  checkIntegrity(record.integrity, 'AH', index);
  if (record.encryption.length === 0) return [record];
  throw new IpsecError('invalid-config', 'a proposal for AH', { path: `${index}.encryption`, expected: 'no cipher' });
}

/**
 * RFC 5282 section 8: "if all of the encryption algorithms in any proposal are authenticated encryption algorithms, then the proposal MUST
 * NOT propose any integrity transforms."
 */
function splitCiphers<Part extends { readonly encryption: readonly EncryptionRow[]; readonly integrity: readonly IntegrityRow[] }>(
  record: Part,
  protocol: 'IKE' | 'ESP',
  index: number,
): Part[] {
  const combined = record.encryption.filter((row) => row.kind === 'aead');
  const others = record.encryption.filter((row) => row.kind === 'cipher');
  const parts: Part[] = [];
  if (combined.length > 0) parts.push({ ...record, encryption: combined, integrity: [] });
  if (others.length > 0) {
    // RFC 8221 section 4: "Encryption without authentication is not effective and MUST NOT be used." RFC 8247 section 2.1: "Algorithms
    // that are not AEAD MUST be used in conjunction with one of the integrity algorithms in Section 2.3."
    if (record.integrity.length === 0) throw unsafe(`${index}.integrity`, `an integrity algorithm for ${others[0]!.name}`, 'none');
    checkIntegrity(record.integrity, protocol, index);
    parts.push({ ...record, encryption: others });
  }
  return record.encryption[0]!.kind === 'aead' ? parts : parts.reverse();
}

function checkIntegrity(rows: readonly IntegrityRow[], protocol: 'IKE' | 'ESP' | 'AH', index: number): void {
  const unfit = rows.findIndex((row) => !servesIntegrity(row, protocol));
  if (unfit < 0) return;
  const { id, name } = rows[unfit]!;
  throw new IpsecError(id === NONE ? 'unsupported' : 'invalid-config', `an integrity algorithm for ${protocol}`, {
    path: `${index}.integrity.${unfit}`,
    expected: id === NONE ? 'one that IANA has given a number' : 'one that is not for AH alone',
    found: name,
  });
}

function refuseEmpty(list: readonly unknown[], path: string): void {
  if (list.length === 0) throw new IpsecError('invalid-config', 'a proposal', { path, expected: 'at least one', found: 'none' });
}

function unsafe(path: string, expected: string, found: string): IpsecError {
  return new IpsecError('unsafe-config', 'a proposal', { path, expected, found });
}

function numbered<Part>(parts: readonly { readonly record: Part; readonly transforms: readonly Transform[] }[]): NumberedProposal<Part>[] {
  const found = parts.map(({ record, transforms }, i) => ({ proposalNum: i + 1, record, transforms: distinct(transforms) }));
  const longest = Math.max(...found.map(({ transforms }) => transforms.length));
  if (found.length >= 1 && found.length <= MOST && longest <= MOST) return found;
  throw new IpsecError('invalid-config', 'the proposals of one SA payload', {
    expected: `1 to ${MOST}, with at most ${MOST} transforms each`,
    found: longest > MOST ? `${longest} transforms` : `${found.length}`,
  });
}

/** Rows of two engines may stand in one list. */
function distinct(transforms: readonly Transform[]): Transform[] {
  const seen = new Set<string>();
  return transforms.filter((t) => {
    const key = `${t.type} ${keyOfTransform(t) ?? ''}`;
    return !seen.has(key) && seen.add(key);
  });
}
