/**
 * From the transforms of a chosen proposal to the rows of algorithms at hand.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Proposal, Transform } from '../ike.js';
import type { PrfRow } from '../suite/types-ike.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { AlgorithmRows } from './keys-resolve.js';

/** The algorithms to choose from, those of IKE too. */
export interface IkeAlgorithmRows extends AlgorithmRows {
  /** Pseudorandom functions: `prfRows`. */
  readonly prf: readonly PrfRow[];
}

/** The algorithms of an IKE SA, of an ESP or of an AH SA. */
export interface ChosenAlgorithms {
  /** Absent in AH. */
  readonly encryption?: EncryptionRow;
  /** Absent with a combined-mode algorithm. */
  readonly integrity?: IntegrityRow;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
}

/**
 * The rows that a chosen proposal names.
 *
 * @throws IpsecError `unknown-algorithm`: none of the rows has that number and that length of key.
 */
export function findChosen({ transforms }: Proposal, rows: AlgorithmRows): ChosenAlgorithms {
  const encryption = transforms.find(({ type }) => type === 'ENCR');
  const integrity = transforms.find(({ type, id }) => type === 'INTEG' && id !== 0);
  return {
    ...(encryption && { encryption: findCipher(encryption, rows.encryption) }),
    ...(integrity && { integrity: findById(rows.integrity, integrity.id, 'integrity algorithm') }),
    esn: transforms.some(({ type, id }) => type === 'ESN' && id === 1),
  };
}

/** The pseudorandom function of a chosen proposal. Throws as {@link findChosen}. */
export function findChosenPrf({ transforms }: Proposal, rows: IkeAlgorithmRows): PrfRow {
  const id = transforms.find(({ type }) => type === 'PRF')?.id ?? 0;
  return findById(rows.prf, id, 'pseudorandom function');
}

/** RFC 7296 section 3.3.5: "The Key Length attribute specifies the key length in bits (MUST use network byte order) for certain transforms". */
function findCipher(transform: Transform, rows: readonly EncryptionRow[]): EncryptionRow {
  const bits = transform.attributes.find(({ type }) => type === 'Key Length')?.value;
  const named = rows.filter(({ id }) => id === transform.id);
  const found = bits === undefined ? (named.length === 1 ? named[0] : undefined) : named.find(({ keyLength }) => keyLength * 8 === bits);
  if (found !== undefined) return found;
  const length = typeof bits === 'number' ? ` with ${bits} bits` : '';
  throw new IpsecError('unknown-algorithm', 'encryption algorithm', { blame: 'peer', found: `number ${transform.id}${length}` });
}

function findById<Row extends { readonly id: number }>(rows: readonly Row[], id: number, what: string): Row {
  const found = rows.find((row) => row.id === id);
  if (found !== undefined && id !== 0) return found;
  throw new IpsecError('unknown-algorithm', what, { blame: 'peer', found: `number ${id}` });
}
