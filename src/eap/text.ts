/**
 * Text in EAP packets is UTF-8 (RFC 3748 section 5), and names of users are identities of IKE.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { formatIdentity, type Identity } from '../traffic-selector.js';

/** Text to octets. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Octets to text: two names are the same text only when they are the same octets.
 *
 * @param what names the text in the error.
 * @throws IpsecError `malformed` for what is not UTF-8.
 */
export function decodeText(octets: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (cause) {
    throw new IpsecError('malformed', what, { blame: 'peer', expected: 'UTF-8', found: `${octets.length} octets that are not`, cause });
  }
}

/** Octets to text for people, such as a message of the other side: no more than 200 characters, in quotes, without control characters. */
export function quoteText(octets: Uint8Array): string {
  return quote(new TextDecoder().decode(octets));
}

/** Text in quotes for an error: no more than 200 characters, without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200).replaceAll(/\p{C}/gu, '\uFFFD'));
}

/** The user name that an identity of IKE may stand for: its text, or the octets of an ID_KEY_ID where they are text. */
export function userOfIdentity(identity: Identity): string {
  switch (identity.type) {
    case 'ID_RFC822_ADDR':
    case 'ID_FQDN':
      return identity.name;
    case 'ID_KEY_ID':
      try {
        return decodeText(identity.octets, 'an ID_KEY_ID');
      } catch {
        return formatIdentity(identity);
      }
    default:
      return formatIdentity(identity);
  }
}
