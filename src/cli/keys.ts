/**
 * The key files of the command line, and the algorithms that it has: all of them, the old ones included, since it judges and explains
 * what others made.
 *
 * @module
 */
import {
  createIkeFollower,
  createIkev1Follower,
  parseEspSa,
  parseIkev1DecryptionTable,
  parseIkev2DecryptionTable,
  parseKeyFile,
  readIkeKeyring,
  readIkev1Keyring,
  type EspSaTemplate,
  type IkeAlgorithmRows,
  type IkeKeyring,
  type Ikev1AlgorithmRows,
  type Ikev1Keyring,
  type ManualSa,
  type ReceiverOptions,
} from '../capture.js';
import { IpsecError } from '../errors.js';
import { aeadRows } from '../suite/aead.js';
import { encrRows } from '../suite/encr.js';
import { fibreChannelRows } from '../suite/fibre-channel.js';
import { hashRows } from '../suite/hash.js';
import { legacyHashRows } from '../suite/hash-legacy.js';
import { integRows } from '../suite/integ.js';
import { legacyRows } from '../suite/legacy.js';
import { prfRows } from '../suite/prf.js';
import { prfHmacMd5 } from '../suite/prf-legacy.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { readText } from './files.js';
import { warn } from './output.js';

const rows: readonly (EncryptionRow | IntegrityRow)[] = [...aeadRows, ...encrRows, ...integRows, ...legacyRows, ...fibreChannelRows];

/** All rows, by kind. */
export const allRows: IkeAlgorithmRows & Ikev1AlgorithmRows = {
  encryption: rows.filter((row): row is EncryptionRow => row.kind !== 'integrity'),
  integrity: rows.filter((row): row is IntegrityRow => row.kind === 'integrity'),
  prf: [...prfRows, prfHmacMd5],
  hashes: [...hashRows, ...legacyHashRows],
};

/** What the files said. */
export interface Keys {
  /** From both files, in order. */
  readonly sas: readonly ManualSa[];
  /** From `esp_sa`. */
  readonly templates: readonly EspSaTemplate[];
  /** Of IKEv2, from both files. */
  readonly keyring: IkeKeyring;
  /** Of IKEv1, from both files. */
  readonly keyringV1: Ikev1Keyring;
  /** Where the keys of IKE stand, for messages. */
  readonly keyringPath: string;
}

/** The files of the command line, where they are given. */
export interface KeyPaths {
  /** keys.json. */
  readonly keys?: string | undefined;
  /** Wireshark's table of ESP SAs. */
  readonly espSa?: string | undefined;
  /** Wireshark's table of IKEv2 SAs. */
  readonly ikev2?: string | undefined;
  /** Wireshark's table of IKEv1 keys. */
  readonly ikev1?: string | undefined;
}

/** Reads the files; warnings go to standard error. Throws IpsecError with the name of the file in front. */
export async function readKeys(paths: KeyPaths): Promise<Keys> {
  const file = paths.keys === undefined ? undefined : await read(paths.keys, parseKeyFile);
  const table = paths.espSa === undefined ? undefined : await read(paths.espSa, parseEspSa);
  const ikeTable = paths.ikev2 === undefined ? undefined : await read(paths.ikev2, parseIkev2DecryptionTable);
  const tableV1 = paths.ikev1 === undefined ? undefined : await read(paths.ikev1, parseIkev1DecryptionTable);
  const name = paths.keys ?? '';
  const ring = file && orNamed(name, () => readIkeKeyring(file));
  const ringV1 = file && orNamed(name, () => readIkev1Keyring(file));
  for (const text of [...(file?.warnings ?? []), ...(ring?.warnings ?? []), ...(ringV1?.warnings ?? [])]) warn(`${name}: warning: ${text}`);
  for (const text of table?.warnings ?? []) warn(`${paths.espSa}: warning: ${text}`);
  for (const text of ikeTable?.warnings ?? []) warn(`${paths.ikev2}: warning: ${text}`);
  return {
    sas: [...(file?.sas ?? []), ...(table?.sas ?? [])],
    templates: table?.templates ?? [],
    keyring: { keys: [...(ring?.keys ?? []), ...(ikeTable?.keys ?? [])], secrets: ring?.secrets ?? [], warnings: [] },
    keyringV1: { keys: [...(ringV1?.keys ?? []), ...(tableV1 ?? [])], secrets: ringV1?.secrets ?? [], warnings: [] },
    keyringPath: [paths.keys, paths.ikev2, paths.ikev1].filter((path) => path !== undefined).join(', '),
  };
}

/** What the SAs need: DEFLATE comes from a package that not everybody has installed. */
export async function optionsFor({ sas, templates, keyring, keyringV1, keyringPath }: Keys): Promise<ReceiverOptions> {
  const ike = orNamed(keyringPath, () => createIkeFollower(keyring, allRows));
  const ikev1 = orNamed(keyringPath, () => createIkev1Follower(keyringV1, allRows));
  // IKE may agree on IPComp: without the package those packets stay as they are.
  const isNeeded = sas.some((sa) => sa.protocol === 'IPCOMP');
  const mayAgree = keyring.secrets.length > 0 || keyringV1.secrets.length > 0;
  const codec = isNeeded ? await loadDeflate() : mayAgree ? await loadDeflate().catch(() => undefined) : undefined;
  return { rows: allRows, templates, ike, ikev1, ...(codec && { codec }) };
}

/** Puts the name of a file in front of what goes wrong with it. */
export function orNamed<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof IpsecError ? named(path, error) : error;
  }
}

async function loadDeflate(): Promise<ReceiverOptions['codec']> {
  try {
    return (await import('../ipcomp.js')).deflate;
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new IpsecError('unsupported', 'the key file has an IPCOMP entry, which needs the package fflate', {
      expected: 'npm install fflate',
      cause,
    });
  }
}

async function read<T>(path: string, parse: (text: string) => T): Promise<T> {
  const text = await readText(path);
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof IpsecError) throw named(path, error);
    throw error;
  }
}

/** The same error with the file in front of its message. */
export function named(path: string, error: IpsecError): IpsecError {
  return new IpsecError(error.code, `${path === '-' ? 'standard input' : path}: ${error.message}`, { cause: error });
}
