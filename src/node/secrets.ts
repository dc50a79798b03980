/**
 * Secrets that do not stand in the configuration itself, but in the environment or in a file, or that somebody types.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Finding } from '../endpoint.js';
import { IpsecError } from '../errors.js';
import { lintPermissions, reasonOf } from './credentials/sources.js';
import { decodeText } from './credentials/users.js';

/** What somebody is asked for. */
export interface SecretQuestion {
  /** What it is, in words: `password of anna`, `shared secret`. */
  readonly what: string;
  /** Where it stands in the configuration. */
  readonly path: string;
  /** The name of the connection that it is for. */
  readonly connection: string | undefined;
}

/** Asks somebody, without showing what is typed. */
export type PromptSecret = (question: SecretQuestion) => Promise<string>;

/** Where secrets come from. */
export interface SecretSources {
  /** Names of files begin there. */
  readonly folder: string;
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absent: nobody can be asked. */
  readonly prompt: PromptSecret | undefined;
}

/** A configuration with its secrets. */
export interface WithSecrets {
  /** The JSON with the secrets in it. */
  readonly json: unknown;
  /** Paths of those that stood elsewhere. */
  readonly fetched: ReadonlySet<string>;
  /** Files that others may read. */
  readonly findings: readonly Finding[];
}

/** Members of `auth`, and of `xauth` of IKEv1, that are secrets, and what they are called. */
const secretNames: Readonly<Record<string, string>> = {
  psk: 'shared secret',
  pskHex: 'shared secret in hexadecimal',
  password: 'password',
  keyPassword: 'password of the private key',
};

/**
 * Fetches them, one after the other. The JSON that is given is not changed.
 *
 * @throws IpsecError `invalid-config` with the path of a secret that is not there.
 */
export async function fetchSecrets(json: unknown, sources: SecretSources): Promise<WithSecrets> {
  const fetched = new Set<string>();
  const findings: Finding[] = [];

  async function walk(value: unknown, path: string, about: { readonly connection?: string; readonly user?: string }): Promise<unknown> {
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [i, item] of value.entries()) items.push(await walk(item, join(path, String(i)), about));
      return items;
    }
    if (!isRecord(value)) return value;
    const { name, identity, user } = value;
    const who = [identity, user].find((text) => typeof text === 'string');
    const known = {
      ...about,
      ...(/^connections\.\d+$/.test(path) && typeof name === 'string' && { connection: name }),
      ...(who !== undefined && { user: who }),
    };
    const members: [string, unknown][] = [];
    for (const [member, inner] of Object.entries(value)) {
      const at = join(path, member);
      const kind = /(^|\.)x?auth\.users$/.test(path)
        ? `password of ${member}`
        : /(^|\.)x?auth$/.test(path)
          ? secretNames[member]
          : undefined;
      if (kind === undefined || !isRecord(inner)) {
        members.push([member, await walk(inner, at, known)]);
        continue;
      }
      const what = kind === 'password' && known.user !== undefined ? `password of ${known.user}` : kind;
      members.push([member, await fetchOne(inner, at, { what, path: at, connection: known.connection })]);
      fetched.add(at);
    }
    return Object.fromEntries(members);
  }

  async function fetchOne(source: Readonly<Record<string, unknown>>, path: string, question: SecretQuestion): Promise<string> {
    const { env, file, prompt } = source;
    if (Object.keys(source).length === 1) {
      if (typeof env === 'string') return fromEnvironment(env, path, question.what);
      if (typeof file === 'string') return await fromFile(file, path, question.what);
      if (prompt === true) return await fromPrompt(path, question);
    }
    // What stands there may be a secret: only the names of the members are told.
    throw new IpsecError('invalid-config', `a ${kindOf(question)}`, {
      path,
      expected: 'text, { "env": "NAME" }, { "file": "PATH" } or { "prompt": true }',
      found: `an object with ${Object.keys(source).join(', ') || 'nothing'}`,
    });
  }

  function fromEnvironment(name: string, path: string, what: string): string {
    const secret = sources.env[name];
    if (secret !== undefined && secret !== '') return secret;
    throw missing(what, `${path}.env`, 'a variable of the environment that is set', `${JSON.stringify(name)}, which is not`);
  }

  async function fromFile(name: string, path: string, what: string): Promise<string> {
    const file = resolve(sources.folder, name);
    let secret: string;
    try {
      secret = decodeText(new Uint8Array(await readFile(file))).replace(/\r?\n$/, '');
      findings.push(...(await lintPermissions(file, name, `${path}.file`)));
    } catch (error) {
      throw new IpsecError('invalid-config', `a ${what}`, {
        path: `${path}.file`,
        expected: 'a file that can be read',
        found: `${name}: ${reasonOf(error)}`,
        cause: error,
      });
    }
    if (secret !== '') return secret;
    throw missing(what, `${path}.file`, 'a file that is not empty', `${JSON.stringify(name)}, which is`);
  }

  async function fromPrompt(path: string, question: SecretQuestion): Promise<string> {
    if (!sources.prompt)
      throw missing(question.what, `${path}.prompt`, 'somebody who can be asked: a terminal, or the option "prompt"', 'nobody');
    const secret = await sources.prompt(question);
    if (secret !== '') return secret;
    throw missing(question.what, `${path}.prompt`, 'something typed', 'nothing');
  }

  return { json: await walk(json, '', {}), fetched, findings };
}

/** The environment of this process. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

function kindOf({ what }: SecretQuestion): string {
  return what;
}

function missing(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', `a ${what}`, { path, expected, found });
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
