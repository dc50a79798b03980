/**
 * What forgers do, with numbers: cube roots for keys whose exponent is 3, and a private key of nobody for signatures over encodings that no signer makes.
 */
import { concat, fromHex } from '../../src/bytes.js';
import { decodeDer, derFields, readDerUnsigned } from '../../src/der.js';
import { encodePublicKey, type PublicKeyParts } from '../../src/suite/public-key.js';
import { toNumber } from '../../src/suite/public-key-check.js';
import type { PublicKey } from '../../src/suite/types-sign.js';
import keys from '../../vectors/x509/private-keys.json' with { type: 'json' };

export type RsaKey = Extract<PublicKey, { type: 'RSA' }>;

const traditional = keys.cases.find(({ name }) => name === 'rsa-2048, traditional DER')!;
const der = Uint8Array.from(atob(traditional.der!.replace(/\s/g, '')), (character) => character.charCodeAt(0));
const [, modulus, exponent, d] = derFields(decodeDer(der, { what: 'a key', path: 'key' })).map((field) => readDerUnsigned(field));

/** RSA with 2048 bits and the exponent 65537, of which we have the private half. */
export const ownKey = rsaKey(modulus!, exponent!);
/** The same modulus with the exponent 3: whoever forges needs no private half. */
export const cubeKey = rsaKey(modulus!, Uint8Array.of(3));

function rsaKey(n: Uint8Array, e: Uint8Array): RsaKey {
  return encodePublicKey({ type: 'RSA', modulus: n, exponent: e } satisfies PublicKeyParts) as RsaKey;
}

/** A key that no function of ours would have made. */
export function rawKey(n: Uint8Array, e: Uint8Array): RsaKey {
  return { type: 'RSA', modulus: n, exponent: e, spki: ownKey.spki };
}

/** m^d mod n: a genuine signature over any encoded message. */
export function signEncoded(encoded: Uint8Array): Uint8Array {
  return toOctets(power(toNumber(encoded), toNumber(d!), toNumber(ownKey.modulus)), ownKey.modulus.length);
}

/** s^e mod n. */
export function openWith({ modulus: n, exponent: e }: RsaKey, signature: Uint8Array): Uint8Array {
  return toOctets(power(toNumber(signature), toNumber(e), toNumber(n)), n.length);
}

function power(base: bigint, e: bigint, n: bigint): bigint {
  let result = 1n;
  for (let b = base % n, rest = e; rest > 0n; rest >>= 1n, b = (b * b) % n) if ((rest & 1n) === 1n) result = (result * b) % n;
  return result;
}

/** Big-endian, with zeros in front. */
export function toOctets(number: bigint, length: number): Uint8Array {
  return fromHex(number.toString(16).padStart(2 * length, '0'));
}

/** A number whose cube begins with `prefix` and ends with `suffix`, both of the length that they have in `length` octets. The suffix has to be odd, or empty. */
export function forgeCube(length: number, prefix: Uint8Array, suffix: Uint8Array = new Uint8Array(0)): Uint8Array {
  const low = BigInt(8 * suffix.length);
  const b = cubeRootModulo(toNumber(suffix), low);
  const target = toNumber(concat(prefix, new Uint8Array(length - prefix.length)));
  const a = ((cubeRoot(target) >> low) + 1n) << low; // rounded up, so that the cube is above the target, and ends with zeros
  return toOctets(a + b, length);
}

/** The largest number whose cube is not above n. */
function cubeRoot(n: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << BigInt(Math.ceil(n.toString(2).length / 3)); bit > 0n; bit >>= 1n) if ((root + bit) ** 3n <= n) root += bit;
  return root;
}

/** x with x^3 = n modulo 2^bits, bit by bit: the cube of an odd number changes with each bit of it. */
function cubeRootModulo(n: bigint, bits: bigint): bigint {
  let x = 0n;
  for (let i = 0n; i < bits; i++) if ((((x ** 3n) ^ n) >> i) & 1n) x |= 1n << i;
  return x;
}
