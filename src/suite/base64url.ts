/**
 * The alphabet of JSON Web Keys (RFC 7517), in which OpenSSL and WebCrypto get keys: reading DER takes OpenSSL several times as long.
 *
 * @module
 */

/** Octets as base64url, without padding. */
export function toBase64url(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Base64url as octets. */
export function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}
