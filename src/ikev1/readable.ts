/**
 * Text of a peer that people are to see.
 *
 * @module
 */

const most = 500;

/**
 * Octets as text for people: UTF-8 on one line, no more than 500 characters, without what turns a line round; undefined: nothing to read.
 */
export function readableText(octets: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(octets.subarray(0, 4 * most)).slice(0, most);
  const line = text.replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return line === '' ? undefined : line;
}

/** Octets without the NULs at their end: some clients write strings as C has them. */
export function withoutNul(octets: Uint8Array): Uint8Array {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end--;
  return octets.subarray(0, end);
}
