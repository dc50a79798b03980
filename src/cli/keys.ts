/**
 * The key files of the command line, and the algorithms that it has: all of them, the old ones included, since it judges and explains
 * what others made.
 *
 * @module
 */
import { parseEspSa, parseKeyFile, type EspSaTemplate, type ManualSa, type ReceiverOptions } from '../capture.js';
import { IpsecError } from '../errors.js';
import { aeadRows } from '../suite/aead.js';
import { encrRows } from '../suite/encr.js';
import { integRows } from '../suite/integ.js';
import { legacyRows } from '../suite/legacy.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { readText } from './files.js';
import { warn } from './output.js';

const rows: readonly (EncryptionRow | IntegrityRow)[] = [...aeadRows, ...encrRows, ...integRows, ...legacyRows];

/** All rows, by kind. */
export const allRows: ReceiverOptions['rows'] = {
  encryption: rows.filter((row): row is EncryptionRow => row.kind !== 'integrity'),
  integrity: rows.filter((row): row is IntegrityRow => row.kind === 'integrity'),
};

/** What the files said. */
export interface Keys {
  /** From both files, in order. */
  readonly sas: readonly ManualSa[];
  /** From `esp_sa`. */
  readonly templates: readonly EspSaTemplate[];
}

/** Reads the files; warnings go to standard error. Throws IpsecError with the name of the file in front. */
export async function readKeys(keysPath: string | undefined, espSaPath: string | undefined): Promise<Keys> {
  const file = keysPath === undefined ? undefined : await read(keysPath, parseKeyFile);
  const table = espSaPath === undefined ? undefined : await read(espSaPath, parseEspSa);
  for (const text of file?.warnings ?? []) warn(`${keysPath}: warning: ${text}`);
  for (const text of table?.warnings ?? []) warn(`${espSaPath}: warning: ${text}`);
  const ike = file === undefined ? 0 : file.ike.length + file.ikeSecrets.length + file.ike1.length + file.ike1Secrets.length;
  if (ike > 0) warn(`${keysPath}: keys of IKE are not used: this version does not decode IKE`);
  return { sas: [...(file?.sas ?? []), ...(table?.sas ?? [])], templates: table?.templates ?? [] };
}

/** What the SAs need: DEFLATE comes from a package that not everybody has installed. */
export async function optionsFor({ sas, templates }: Keys): Promise<ReceiverOptions> {
  const codec = sas.some((sa) => sa.protocol === 'IPCOMP') ? await loadDeflate() : undefined;
  return { rows: allRows, templates, ...(codec && { codec }) };
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
