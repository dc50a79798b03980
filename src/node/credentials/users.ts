/**
 * Users and passwords of EAP: from the configuration, or from a file.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Finding, PlacedText, UserList } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { lintPermissions, reasonOf } from './sources.js';

/** Names, passwords, and what there is to say against them. */
export interface Users {
  readonly passwords: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

/** Loads them. Throws `invalid-config`; no error shows a password. */
export async function loadUsers(users: PlacedText | UserList, folder: string): Promise<Users> {
  if ('passwords' in users) return { passwords: users.passwords, findings: lintPasswords(users.passwords, users.path) };
  const { text: name, path } = users;
  const file = resolve(folder, name);
  let text: string;
  try {
    text = decodeText(new Uint8Array(await readFile(file)));
  } catch (error) {
    throw new IpsecError('invalid-config', `cannot read ${name}`, {
      path,
      expected: 'a file of users',
      found: reasonOf(error),
      cause: error,
    });
  }
  const passwords = parseUsers(text, path, name);
  return { passwords, findings: [...(await lintPermissions(file, name, path)), ...lintPasswords(passwords, path)] };
}

/** The password of a user; undefined: there is none of that name. A Windows client may put its domain in front. */
export function findPassword({ passwords }: Users, user: string): string | undefined {
  return passwords.get(user) ?? passwords.get(user.slice(user.indexOf('\\') + 1));
}

/** An editor on Windows may write UTF-16, with a byte order mark. */
export function decodeText(octets: Uint8Array): string {
  const [first, second] = octets;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(octets);
}

/**
 * A file of users: JSON `{ "anna": "password" }`, or lines `anna : password`. In lines the first colon counts, white space around name and password does not;
 * empty lines and lines that begin with `#` are nothing. No error shows a password.
 *
 * @param path of the configuration, and `name` of the file, for errors.
 */
export function parseUsers(text: string, path: string, name: string): ReadonlyMap<string, string> {
  const users = text.trimStart().startsWith('{') ? fromJson(text, path, name) : fromLines(text, path, name);
  if (users.size > 0) return users;
  throw new IpsecError('invalid-config', name, { path, expected: 'one user or more', found: 'none' });
}

function fromJson(text: string, path: string, name: string): Map<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says may quote a password.
    throw new IpsecError('invalid-config', name, { path, expected: 'JSON, or lines "name : password"', found: 'JSON that is broken' });
  }
  return new Map(
    Object.entries(value as object).map(([user, password]): [string, string] => {
      if (typeof password === 'string' && password !== '' && user !== '') return [user, password];
      throw new IpsecError('invalid-config', `${name}: the password of ${JSON.stringify(user)}`, {
        path,
        expected: 'text',
        found: typeof password,
      });
    }),
  );
}

function fromLines(text: string, path: string, name: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) continue;
    const colon = bare.indexOf(':');
    const [user, password] = [bare.slice(0, Math.max(colon, 0)).trim(), bare.slice(colon + 1).trim()];
    const where = `${name} line ${i + 1}`;
    if (user === '' || password === '')
      throw new IpsecError('invalid-config', where, {
        path,
        expected: 'name : password',
        found: colon < 0 ? 'no colon' : 'nothing on one side of it',
      });
    if (users.has(user))
      throw new IpsecError('invalid-config', where, { path, expected: 'every user once', found: `${JSON.stringify(user)} again` });
    users.set(user, password);
  }
  return users;
}

/** Bits below which a password can be guessed by somebody who has seen one login. */
const enoughBits = 60;
/** Users that are named one by one. */
const mostNamed = 5;

/** Passwords that can be guessed. The names are told, never the passwords. */
export function lintPasswords(passwords: ReadonlyMap<string, string>, path: string): Finding[] {
  const weak = [...passwords].filter(([user, password]) => guessBits(password, user) < enoughBits).map(([user]) => user);
  if (weak.length === 0) return [];
  const more = weak.length > mostNamed ? ` and ${weak.length - mostNamed} more` : '';
  const who = `${weak
    .slice(0, mostNamed)
    .map((user) => JSON.stringify(user))
    .join(', ')}${more}`;
  const message = `the ${weak.length === 1 ? 'password' : 'passwords'} of ${who} can be guessed: use 12 characters or more of chance`;
  return [{ path, level: 'warning', message, rfc: 'RFC 7296 section 5' }];
}

const classes: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [/[^\x20-\x7e]/, 100],
];

/** At most how many bits a password has: repeated characters and the user's own name count little. */
function guessBits(password: string, user: string): number {
  const rest = user.length > 2 ? password.replaceAll(new RegExp(user.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), '') : password;
  const alphabet = classes.reduce((sum, [pattern, size]) => sum + (pattern.test(rest) ? size : 0), 0);
  const kinds = new Set(rest).size;
  return Math.min(rest.length, 2 * kinds) * Math.log2(Math.max(alphabet, 1));
}
