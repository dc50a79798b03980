/**
 * Proposals in configuration files: as JSON with IANA's names, or as compact text with the keywords of `proposal-keywords.ts`.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { AlgorithmChoice } from '../spd.js';
import { badMember, isRecord, nameAmong, type Warn, warnUnknown } from '../spd/json-values.js';
import type { IntegrityRow } from '../suite/types.js';
import type { PrfRow } from '../suite/types-ike.js';
import { numberChildProposals, numberIkeProposals } from './proposal-encode.js';
import { findRows, type RowsByKind, rowsOfKind } from './proposal-names.js';
import { createProposals, type SuiteRow } from './proposal-rows.js';
import { readChildText, readText } from './proposal-text.js';
import { TRUNCATED } from './proposal-transforms.js';
import type { AlgorithmKind, ChildProposal, IkeProposal } from '../keying/proposal-types.js';

/** An algorithm: IANA's name with or without the bits of the key behind it (`ENCR_AES_GCM_16-256`), or a keyword (`aes256gcm16`). */
export type ProposalAlgorithmJson = string | AlgorithmChoice;
type ListJson = ProposalAlgorithmJson | readonly ProposalAlgorithmJson[];

/** A proposal for an IKE SA as JSON, each list in order of preference; or as text: `"aes256gcm16-prfsha384-curve25519"`. */
export interface IkeProposalJson {
  /** Ciphers; one without a length of key stands for every length at hand. */
  readonly encryption: ListJson;
  /** Integrity algorithms; not needed when every cipher is a combined-mode one. */
  readonly integrity?: ListJson;
  /** Pseudorandom functions. Default: those with the hash functions of the integrity algorithms. */
  readonly prf?: ListJson;
  /** Groups. */
  readonly keyExchange: ListJson;
}

/** A proposal for Child SAs as JSON; or as text: `"aes256gcm16-curve25519-esn"`, for AH with `ah:` in front: `"ah:sha256"`. */
export interface ChildProposalJson {
  /** Default ESP. */
  readonly protocol?: 'ESP' | 'AH';
  /** Ciphers; none for AH. */
  readonly encryption?: ListJson;
  /** Integrity algorithms. */
  readonly integrity?: ListJson;
  /** Groups for perfect forward secrecy, and `"none"` when it may be left out. Default: none. */
  readonly keyExchange?: ListJson;
  /** Extended Sequence Numbers. Default: with, or without when the peer wants that. */
  readonly esn?: boolean | readonly boolean[];
}

const ikeMembers = ['encryption', 'integrity', 'prf', 'keyExchange'];
const childMembers = ['protocol', 'encryption', 'integrity', 'keyExchange', 'esn'];

/**
 * Reads a proposal for an IKE SA.
 *
 * @param rows what may be chosen from, of every kind and in any order.
 * @param path where the value stands, for errors.
 * @param warn is told of members that mean nothing.
 * @throws IpsecError `invalid-config`, `unknown-algorithm` or `unsafe-config`, with the path, what is there, what was expected and what
 * is near.
 *
 * @example
 * ```ts
 * import { parseIkeProposal } from 'ipsec-ts/ike';
 * import { aeadRows } from 'ipsec-ts/suite/aead';
 * import { keyExchangeRows } from 'ipsec-ts/suite/dh';
 * import { prfRows } from 'ipsec-ts/suite/prf';
 *
 * const rows = [...aeadRows, ...prfRows, ...keyExchangeRows];
 * const text = parseIkeProposal('aes256gcm16-prfsha384-curve25519', rows);
 * const json = parseIkeProposal({ encryption: 'ENCR_AES_GCM_16-256', prf: 'PRF_HMAC_SHA2_384', keyExchange: ['curve25519'] }, rows);
 * if (text.prf[0] !== json.prf[0] || json.keyExchange[0]?.id !== 31) throw new Error('never');
 * ```
 */
export function parseIkeProposal(value: unknown, rows: readonly SuiteRow[], path = 'proposal', warn: Warn = ignore): IkeProposal {
  const json = typeof value === 'string' ? readText(value, 'IKE', path) : value;
  if (!isRecord(json)) throw badMember('a proposal', path, 'an object, or text such as "aes256gcm16-prfsha384-curve25519"', value);
  warnUnknown(json, ikeMembers, path, warn);
  const place = placesIn(json, typeof value === 'string', path);
  const list = <Kind extends AlgorithmKind>(kind: Kind): RowsByKind[Kind][] =>
    listOf(json[kind]).flatMap((item, i) => findRows(item, kind, rows, place(kind, i)));
  const integrity = list('integrity');
  const truncated = integrity.findIndex(({ name }) => name === TRUNCATED);
  if (truncated >= 0)
    throw new IpsecError('invalid-config', 'a proposal for IKE', {
      path: place('integrity', truncated),
      expected: 'an algorithm with a number of its own',
      found: TRUNCATED,
    });
  const record: IkeProposal = {
    encryption: list('encryption'),
    integrity,
    prf: json['prf'] === undefined ? prfsLike(integrity, rows, place('prf')) : list('prf'),
    keyExchange: list('keyExchange'),
  };
  return checked(record, () => numberIkeProposals([record]), place);
}

/** Reads a proposal for Child SAs, as {@link parseIkeProposal} does. */
export function parseChildProposal(value: unknown, rows: readonly SuiteRow[], path = 'proposal', warn: Warn = ignore): ChildProposal {
  const json = typeof value === 'string' ? readChildText(value, path) : value;
  if (!isRecord(json)) throw badMember('a proposal', path, 'an object, or text such as "aes256gcm16-curve25519"', value);
  warnUnknown(json, childMembers, path, warn);
  const place = placesIn(json, typeof value === 'string', path);
  const list = <Kind extends AlgorithmKind>(kind: Kind): RowsByKind[Kind][] =>
    listOf(json[kind]).flatMap((item, i) => findRows(item, kind, rows, place(kind, i)));
  const record: ChildProposal = {
    protocol: json['protocol'] === undefined ? 'ESP' : nameAmong(json['protocol'], ['ESP', 'AH'], 'a protocol', place('protocol')),
    encryption: list('encryption'),
    integrity: list('integrity'),
    keyExchange: listOf(json['keyExchange']).flatMap((item, i): ChildProposal['keyExchange'] =>
      isNone(item) ? ['none'] : findRows(item, 'keyExchange', rows, place('keyExchange', i)),
    ),
    esn: readEsn(json['esn'], place('esn')),
  };
  return checked(record, () => numberChildProposals([record], { keyExchange: true }), place);
}

/**
 * Reads the proposals for IKE SAs: one, a list of them, or text with commas in between. `"default"` among them stands for
 * `createProposals(rows)`, and so does nothing at all.
 *
 * @throws IpsecError as {@link parseIkeProposal}; `invalid-config` for an empty list.
 */
export function parseIkeProposals(value: unknown, rows: readonly SuiteRow[], path = 'proposals', warn: Warn = ignore): IkeProposal[] {
  return readSeveral(value, path, (item, at) => (isDefault(item) ? createProposals(rows).ike : [parseIkeProposal(item, rows, at, warn)]));
}

/** Reads the proposals for Child SAs, as {@link parseIkeProposals} does. */
export function parseChildProposals(value: unknown, rows: readonly SuiteRow[], path = 'proposals', warn: Warn = ignore): ChildProposal[] {
  return readSeveral(value, path, (item, at) =>
    isDefault(item) ? createProposals(rows).child : [parseChildProposal(item, rows, at, warn)],
  );
}

function readSeveral<Record>(value: unknown, path: string, read: (item: unknown, path: string) => readonly Record[]): Record[] {
  const list = typeof value === 'string' ? value.split(',') : listOf(value ?? 'default');
  if (list.length === 0) throw badMember('proposals', path, 'at least one', value);
  return list.flatMap((item, i) => read(item, list.length === 1 && !Array.isArray(value) ? path : `${path}.${i}`));
}

const ignore: Warn = () => undefined;
const isDefault = (item: unknown): boolean => typeof item === 'string' && item.trim() === 'default';
const isNone = (item: unknown): boolean => typeof item === 'string' && /^(none|modpnone)$/i.test(item);

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** Where an algorithm stands: `path.encryption.1`; of text there is only one place. */
type Place = (member: string, index?: number | string) => string;

function placesIn(json: Readonly<Record<string, unknown>>, isText: boolean, path: string): Place {
  if (isText) return () => path;
  return (member, index) => `${path}.${member}${index === undefined || !Array.isArray(json[member]) ? '' : `.${index}`}`;
}

/** What could not be encoded is refused here, with the path of the configuration. */
function checked<Part>(record: Part, encode: () => unknown, place: Place): Part {
  try {
    encode();
    return record;
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const [, member = '', index] = (error.path ?? '').split('.');
    const { expected, found } = error;
    throw new IpsecError(error.code, 'a proposal', { path: place(member, index), ...(expected && { expected }), ...(found && { found }) });
  }
}

function readEsn(value: unknown, path: string): boolean[] {
  const list = listOf(value ?? [true, false]);
  if (list.length > 0 && list.every((item) => typeof item === 'boolean')) return [...new Set(list)];
  throw badMember('"esn"', path, 'true, false, or a list of them in order of preference', value);
}

/** PRFs with the hash function or cipher of an integrity algorithm, by Transform IDs. */
const prfOfIntegrity: Readonly<Record<number, number>> = { 1: 1, 2: 2, 5: 4, 6: 1, 7: 2, 8: 8, 12: 5, 13: 6, 14: 7 };

function prfsLike(integrity: readonly IntegrityRow[], rows: readonly SuiteRow[], path: string): PrfRow[] {
  const ids = new Set(integrity.map(({ id }) => prfOfIntegrity[id]));
  const found = [...ids].flatMap((id) => rowsOfKind(rows, 'prf').find((row) => row.id === id) ?? []);
  if (found.length > 0) return found;
  throw new IpsecError('invalid-config', 'a proposal for IKE', {
    path,
    expected: 'a pseudorandom function, such as prfsha256',
    found: 'none',
  });
}
