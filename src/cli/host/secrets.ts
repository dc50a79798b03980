/**
 * Secrets that do not stand in the configuration itself, but in the environment or in a file.
 *
 * @module
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { IpsecError } from '../../errors.js';
import { readText } from '../files.js';

/**
 * The same JSON with the secrets in it.
 *
 * @param folder that names of files begin at.
 * @throws IpsecError `invalid-config` with the path of a secret that is not there.
 */
export async function fetchSecrets(json: unknown, folder: string, path = ''): Promise<unknown> {
  if (Array.isArray(json)) return Promise.all(json.map((item, i) => fetchSecrets(item, folder, join(path, String(i)))));
  if (!isRecord(json)) return json;
  const members = Object.entries(json).map(async ([name, value]): Promise<[string, unknown]> => {
    const at = join(path, name);
    if (name === 'ask' && value === true && /(^|\.)auth$/.test(path)) throw nobodyAnswers(at);
    const isSecret = (name === 'psk' || name === 'pskHex') && isRecord(value);
    return [name, isSecret ? await fetchSecret(value, folder, at) : await fetchSecrets(value, folder, at)];
  });
  return Object.fromEntries(await Promise.all(members));
}

async function fetchSecret(source: Readonly<Record<string, unknown>>, folder: string, path: string): Promise<string> {
  const { env, file, ...rest } = source;
  if (Object.keys(rest).length === 0 && typeof env === 'string' && file === undefined) {
    const secret = process.env[env];
    if (secret === undefined || secret === '') throw missing(`${path}.env`, 'a variable of the environment that is set', env);
    return secret;
  }
  if (Object.keys(rest).length === 0 && typeof file === 'string' && env === undefined) {
    const secret = await readSecret(resolve(folder, file), `${path}.file`);
    if (secret === '') throw missing(`${path}.file`, 'a file that is not empty', file);
    return secret;
  }
  // What stands there may be a secret: only the names of the members are told.
  throw new IpsecError('invalid-config', 'a shared secret', {
    path,
    expected: 'text, { "env": "NAME" } or { "file": "PATH" }',
    found: `an object with ${Object.keys(source).join(', ') || 'nothing'}`,
  });
}

async function readSecret(file: string, path: string): Promise<string> {
  try {
    return (await readText(file)).replace(/\r?\n$/, '');
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    throw new IpsecError('invalid-config', cause.message, { path, cause });
  }
}

function missing(path: string, expected: string, name: string): IpsecError {
  return new IpsecError('invalid-config', 'a shared secret', { path, expected, found: `${JSON.stringify(name)}, which is not` });
}

function nobodyAnswers(path: string): IpsecError {
  return new IpsecError('invalid-config', 'a shared secret', {
    path,
    expected: '"psk" or "pskHex": here nobody can be asked',
    found: '"ask"',
  });
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
