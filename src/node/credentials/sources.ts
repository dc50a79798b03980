/**
 * Files that a configuration names, or PEM that stands in it.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Finding, PlacedText } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';

/** What was read. */
export interface Source {
  /** PEM, or the octets of a file. */
  readonly data: string | Uint8Array;
  /** The place in the configuration and the name of the file, for errors. */
  readonly source: string;
  /** What there is to say against the file. */
  readonly findings: readonly Finding[];
}

/** Reads one. @param folder that names begin at. @param isSecret whether others should not be able to read it. Throws `invalid-config`. */
export async function readSource({ text, path }: PlacedText, folder: string, isSecret = false): Promise<Source> {
  if (text.includes('-----BEGIN ')) return { data: text, source: path, findings: [] };
  const file = resolve(folder, text);
  try {
    const data = new Uint8Array(await readFile(file));
    const findings = isSecret ? await lintPermissions(file, text, path) : [];
    return { data, source: `${path}: ${text}`, findings };
  } catch (error) {
    throw new IpsecError('invalid-config', `cannot read ${text}`, {
      path,
      expected: 'PEM, or a file that can be read',
      found: reasonOf(error),
      cause: error,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory',
  ENOTDIR: 'no such folder',
  EACCES: 'one that we may not read',
  EPERM: 'one that we may not read',
};

/** Why a file could not be read. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return (code === undefined ? undefined : reasons[code]) ?? code ?? message ?? String(error);
}

/** A secret that every user of this machine may read. Windows has no such bits. */
export async function lintPermissions(file: string, name: string, path: string): Promise<readonly Finding[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(file);
  if ((mode & 0o004) === 0) return [];
  return [{ path, level: 'warning', message: `everybody on this machine may read ${name}: chmod 600`, rfc: 'RFC 7296 section 5' }];
}

/** The same error with the place in front, where it has none of the configuration yet. */
export function placed(path: string, error: unknown): unknown {
  if (!(error instanceof IpsecError) || error.path?.startsWith(path) === true) return error;
  return new IpsecError('invalid-config', error.message, { path, cause: error });
}
