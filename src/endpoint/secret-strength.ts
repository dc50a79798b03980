/**
 * How well a shared secret can be guessed.
 *
 * @module
 */

/** Which octets a secret is made of, and how many there are of that kind. */
const alphabets: readonly (readonly [isOne: (octet: number) => boolean, size: number])[] = [
  [(octet) => octet >= 0x61 && octet <= 0x7a, 26],
  [(octet) => octet >= 0x41 && octet <= 0x5a, 26],
  [(octet) => octet >= 0x30 && octet <= 0x39, 10],
  [(octet) => octet >= 0x20 && octet <= 0x7e && !isAlphanumeric(octet), 33],
];

/**
 * Bits of chance that a secret has at the very most: few different octets and a small alphabet count little. Whoever chose it knows how much less there may be.
 *
 * @returns 0 and more.
 */
export function mostSecretBits(secret: Uint8Array): number {
  const octets = [...secret];
  const isText = octets.every((octet) => octet >= 0x20 && octet <= 0x7e);
  const alphabet = isText ? alphabets.reduce((sum, [isOne, size]) => sum + (octets.some(isOne) ? size : 0), 0) : 256;
  return Math.min(octets.length, 2 * new Set(octets).size) * Math.log2(Math.max(alphabet, 1));
}

function isAlphanumeric(octet: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(octet));
}
