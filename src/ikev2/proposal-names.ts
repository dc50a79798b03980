/**
 * From the names of a configuration to rows.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { pseudorandomFunctions } from '../iana/prf.js';
import { findByName, type RegistryRow } from '../iana/registry.js';
import { badMember, isRecord } from '../spd/json-values.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import { keywords } from './proposal-keywords.js';
import type { SuiteRow } from './proposal-rows.js';
import { TRUNCATED } from './proposal-transforms.js';
import type { AlgorithmKind } from '../keying/proposal-types.js';

/** The rows of each kind. */
export interface RowsByKind {
  readonly encryption: EncryptionRow;
  readonly integrity: IntegrityRow;
  readonly prf: PrfRow;
  readonly keyExchange: KeyExchangeRow;
}

const registries: Readonly<Record<AlgorithmKind, readonly RegistryRow[]>> = {
  encryption: encryptionAlgorithms,
  integrity: integrityAlgorithms,
  prf: pseudorandomFunctions,
  keyExchange: keyExchangeMethods,
};
const words: Readonly<Record<AlgorithmKind, string>> = {
  encryption: 'a cipher',
  integrity: 'an integrity algorithm',
  prf: 'a pseudorandom function',
  keyExchange: 'a group',
};

/** AUTH_HMAC_SHA2_256_128. */
const TRUNCATED_GOES_AS = 12;

/** Those of the rows that are of one kind. */
export function rowsOfKind<Kind extends AlgorithmKind>(rows: readonly SuiteRow[], kind: Kind): RowsByKind[Kind][] {
  return rows.filter((row) => kindOf(row) === kind) as RowsByKind[Kind][];
}

function kindOf({ kind }: SuiteRow): AlgorithmKind | 'hash' {
  if (kind === 'aead' || kind === 'cipher') return 'encryption';
  return kind === 'ke' ? 'keyExchange' : kind;
}

/**
 * The rows that a name stands for: one, or for a cipher without a length of key every length at hand, the longest first.
 *
 * @param value `"ENCR_AES_GCM_16-256"`, `{ name: "ENCR_AES_GCM_16", keyLength: 256 }`, `"aes256gcm16"`, `"2048-bit MODP Group"`,
 * `"modp2048"`.
 * @throws IpsecError `unknown-algorithm`: nobody knows the name, or none of the rows is of that name; `invalid-config`: no name at all.
 */
export function findRows<Kind extends AlgorithmKind>(
  value: unknown,
  kind: Kind,
  rows: readonly SuiteRow[],
  path: string,
): RowsByKind[Kind][] {
  const { name, keyLength } = nameAndLength(value, kind, path);
  const ofKind = rowsOfKind(rows, kind);
  const isTruncated = kind === 'integrity' && (name === TRUNCATED || /^sha(2_)?256_96$/i.test(name));
  const wanted = isTruncated ? { id: TRUNCATED_GOES_AS } : (wantedOf(name, kind) ?? refuse(name, kind, path));
  const length = keyLength ?? wanted.keyLength;
  const found: RowsByKind[Kind][] = isTruncated
    ? ofKind.filter((row) => row.name === TRUNCATED).map((row) => ({ ...row, id: TRUNCATED_GOES_AS }))
    : ofKind.filter((row) => row.id === wanted.id && row.id !== 0 && hasLength(row, length));
  if (found.length > 0) return distinct(found).sort((a, b) => lengthOf(b) - lengthOf(a));
  throw new IpsecError('unknown-algorithm', `${words[kind]} that is not at hand`, {
    path,
    expected: [...new Set(ofKind.map(nameOf))].join(', ') || 'a row of that kind, but none was given',
    found: JSON.stringify(length === undefined ? name : `${name} (${length})`),
  });
}

function nameAndLength(value: unknown, kind: AlgorithmKind, path: string): { name: string; keyLength?: number } {
  const record: Record<string, unknown> = isRecord(value) ? value : { name: value };
  const { name, keyLength } = record;
  if (typeof name !== 'string') throw badMember(words[kind], path, 'its name', value);
  if (keyLength === undefined) return { name };
  if (typeof keyLength === 'number' && Number.isInteger(keyLength) && keyLength > 0) return { name, keyLength };
  throw badMember('a key length', `${path}.keyLength`, 'bits', keyLength);
}

/** IANA's name, with or without the bits of the key behind it, or a keyword. */
function wantedOf(name: string, kind: AlgorithmKind): { id: number; keyLength?: number } | undefined {
  const row = findByName(registries[kind], name);
  if (row) return row;
  const [, base = '', bits = ''] = /^(.+)-(\d{1,4})$/.exec(name) ?? [];
  const longer = kind === 'encryption' ? findByName(registries.encryption, base) : undefined;
  if (longer) return { id: longer.id, keyLength: Number(bits) };
  const keyword = keywords.get(name.toLowerCase());
  return keyword?.kind === kind ? keyword : undefined;
}

function refuse(name: string, kind: AlgorithmKind, path: string): never {
  const other = keywords.get(name.toLowerCase());
  if (other !== undefined && other.kind !== 'esn')
    throw new IpsecError('invalid-config', words[kind], { path, found: `${JSON.stringify(name)}, which is ${words[other.kind]}` });
  const known = [...registries[kind].map((row) => row.name), ...[...keywords].filter(([, k]) => k.kind === kind).map(([word]) => word)];
  const nearest = nearestName(name, known);
  throw new IpsecError('unknown-algorithm', words[kind], {
    path,
    found: JSON.stringify(name.slice(0, 60)),
    ...(nearest === undefined ? {} : { nearest }),
  });
}

function hasLength(row: SuiteRow, bits: number | undefined): boolean {
  return bits === undefined || lengthOf(row) === bits;
}

function lengthOf(row: SuiteRow): number {
  return row.kind === 'aead' || row.kind === 'cipher' ? row.keyLength * 8 : 0;
}

/** Of two rows that are the same algorithm, made by different engines, the first. */
function distinct<Row extends SuiteRow>(rows: readonly Row[]): Row[] {
  return rows.filter((row, i) => rows.findIndex((other) => lengthOf(other) === lengthOf(row)) === i);
}

function nameOf(row: SuiteRow): string {
  if (row.kind === 'ke') return row.shortName;
  return row.kind === 'aead' || row.kind === 'cipher' ? `${row.name} (${lengthOf(row)})` : row.name;
}
