/**
 * The key files of the command line, and the algorithms that it has: all of them, the old ones included, since it judges and explains
 * what others made.
 *
 * @module
 */
import {
  createIkeFollower,
  parseEspSa,
  parseIkev2DecryptionTable,
  parseKeyFile,
  readIkeKeyring,
  type EspSaTemplate,
  type IkeAlgorithmRows,
  type IkeKeyring,
  type ManualSa,
  type ReceiverOptions,
} from '../capture.js';
import { IpsecError } from '../errors.js';
import { aeadRows } from '../suite/aead.js';
import { encrRows } from '../suite/encr.js';
import { fibreChannelRows } from '../suite/fibre-channel.js';
import { integRows } from '../suite/integ.js';
import { legacyRows } from '../suite/legacy.js';
import { prfRows } from '../suite/prf.js';
import { prfHmacMd5 } from '../suite/prf-legacy.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { readText } from './files.js';
import { warn } from './output.js';

const rows: readonly (EncryptionRow | IntegrityRow)[] = [...aeadRows, ...encrRows, ...integRows, ...legacyRows, ...fibreChannelRows];

/** All rows, by kind. */
export const allRows: IkeAlgorithmRows = {
  encryption: rows.filter((row): row is EncryptionRow => row.kind !== 'integrity'),
  integrity: rows.filter((row): row is IntegrityRow => row.kind === 'integrity'),
  prf: [...prfRows, prfHmacMd5],
};

/** What the files said. */
export interface Keys {
  /** From both files, in order. */
  readonly sas: readonly ManualSa[];
  /** From `esp_sa`. */
  readonly templates: readonly EspSaTemplate[];
  /** Of IKE, from both files. */
  readonly keyring: IkeKeyring;
  /** Where the keys of IKE stand, for messages. */
  readonly keyringPath: string;
}

/** Reads the files; warnings go to standard error. Throws IpsecError with the name of the file in front. */
export async function readKeys(keysPath: string | undefined, espSaPath: string | undefined, ikev2Path?: string): Promise<Keys> {
  const file = keysPath === undefined ? undefined : await read(keysPath, parseKeyFile);
  const table = espSaPath === undefined ? undefined : await read(espSaPath, parseEspSa);
  const ikeTable = ikev2Path === undefined ? undefined : await read(ikev2Path, parseIkev2DecryptionTable);
  const ring = file === undefined || keysPath === undefined ? undefined : orNamed(keysPath, () => readIkeKeyring(file));
  for (const text of [...(file?.warnings ?? []), ...(ring?.warnings ?? [])]) warn(`${keysPath}: warning: ${text}`);
  for (const text of table?.warnings ?? []) warn(`${espSaPath}: warning: ${text}`);
  for (const text of ikeTable?.warnings ?? []) warn(`${ikev2Path}: warning: ${text}`);
  const old = file === undefined ? 0 : file.ike1.length + file.ike1Secrets.length;
  if (old > 0) warn(`${keysPath}: keys of IKEv1 are not used: this version does not open IKEv1`);
  const keyring = { keys: [...(ring?.keys ?? []), ...(ikeTable?.keys ?? [])], secrets: ring?.secrets ?? [], warnings: [] };
  return {
    sas: [...(file?.sas ?? []), ...(table?.sas ?? [])],
    templates: table?.templates ?? [],
    keyring,
    keyringPath: [keysPath, ikev2Path].filter((path) => path !== undefined).join(', '),
  };
}

/** What the SAs need: DEFLATE comes from a package that not everybody has installed. */
export async function optionsFor({ sas, templates, keyring, keyringPath }: Keys): Promise<ReceiverOptions> {
  const ike = orNamed(keyringPath, () => createIkeFollower(keyring, allRows));
  // IKE may agree on IPComp: without the package those packets stay as they are.
  const isNeeded = sas.some((sa) => sa.protocol === 'IPCOMP');
  const codec = isNeeded ? await loadDeflate() : keyring.secrets.length > 0 ? await loadDeflate().catch(() => undefined) : undefined;
  return { rows: allRows, templates, ike, ...(codec && { codec }) };
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
