/**
 * Where passwords come from, and how they are compared.
 *
 * @module
 */
import { equalBytes, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { sha256 } from '../suite/sha256.js';
import type { FillRandom } from '../suite/types.js';
import { encodeText, quote } from './text.js';
import type { MaybeAsync } from './types.js';

/** Finds the password of a user, at once or later; undefined: there is no such user. */
export type PasswordLookup<Password> = (user: string) => MaybeAsync<Password | undefined>;

/** Our own password as peer. Throws `authentication-failed`, blame `caller`, where there is none. */
export async function findOwnPassword<Password extends string | object>(
  given: Password | PasswordLookup<Password>,
  user: string,
  method: string,
): Promise<Password> {
  const password = typeof given === 'function' ? await (given as PasswordLookup<Password>)(user) : given;
  if (password !== undefined) return password;
  throw new IpsecError('authentication-failed', `${method} as ${quote(user)}`, { blame: 'caller', expected: 'a password', found: 'none' });
}

/** Something to compare with where there is no such user, so that both cases cost the same: nobody knows it. */
export function inventPassword(random: FillRandom): string {
  const octets = new Uint8Array(8);
  random(octets);
  return toHex(octets);
}

/** Whether two secrets are the same; the time does not depend on where they differ, nor on how long each of them is. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return equalBytes(sha256(a), sha256(b));
}

/** A password as octets. */
export function octetsOf(password: string | Uint8Array): Uint8Array {
  return typeof password === 'string' ? encodeText(password) : password;
}
