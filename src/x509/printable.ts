/**
 * Text of others for a log or a terminal.
 *
 * @module
 */

/** More of a name than anybody reads in an error. */
const LENGTH = 160;

/** A name as it may stand in a line: characters that steer a terminal or hide others become `\xx` of their UTF-8, as RFC 4514 writes them. @param length after which it is cut off. */
export function printable(text: string, length: number = LENGTH): string {
  const short = text.length > length ? `${text.slice(0, length)}...` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (octet) => `\\${octet.toString(16).padStart(2, '0')}`).join(''),
  );
}
