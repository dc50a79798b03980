/**
 * Keys and secrets of IKEv1, as a key file gives them: the lists `ike1` and `ike1Secrets`.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { phase1Encryption, phase1Hashes } from '../iana/ikev1-attributes.js';
import { isRecord, readHex, warnUnknown, wrong } from './keys-read.js';
import type { KeyFile } from './keys-types.js';

/** The key that the messages of one ISAKMP SA are encrypted with: one entry of `ike1`, or one line of Wireshark's table. */
export interface Ikev1SaKey {
  /** 8 octets: CKY-I. */
  readonly cookieI: Uint8Array;
  /** The key itself, expanded where the cipher needs more than SKEYID_e has. */
  readonly key: Uint8Array;
  /** IANA's name of the Encryption Algorithm: `AES-CBC`. Needed only where the capture lacks the SA payloads. */
  readonly encryption?: string;
  /** IANA's name of the Hash Algorithm: `SHA2-256`. */
  readonly hash?: string;
  /** Where it stands, for messages: `ike1.0`. */
  readonly path: string;
}

/** The secrets from which everything about an ISAKMP SA follows: one entry of `ike1Secrets`. */
export interface Ikev1Secrets {
  /** 8 octets: CKY-I. */
  readonly cookieI: Uint8Array;
  /** g^xy of phase 1, then of each Quick Mode with PFS, in their order. */
  readonly sharedSecrets: readonly Uint8Array[];
  /** The pre-shared key. Without it nothing follows where the peers authenticate with one. */
  readonly psk?: Uint8Array;
  /** Where it stands: `ike1Secrets.0`. */
  readonly path: string;
}

/** What is known of ISAKMP SAs. Of several entries with one cookie each is tried. */
export interface Ikev1Keyring {
  /** Of `ike1`, and of Wireshark's table. */
  readonly keys: readonly Ikev1SaKey[];
  /** Of `ike1Secrets`. */
  readonly secrets: readonly Ikev1Secrets[];
  /** What was ignored, each with its JSON path. */
  readonly warnings: readonly string[];
}

/**
 * Reads the lists `ike1` and `ike1Secrets` of a key file.
 *
 * @throws IpsecError `invalid-config` or `unknown-algorithm` with the place in the file; no message shows a key.
 *
 * @example
 * ```ts
 * import { parseKeyFile, readIkev1Keyring } from 'ipsec-ts/capture';
 *
 * const file = parseKeyFile(`{ "ike1Secrets": [{ "cookieI": "8d1a18ce07adc798", "sharedSecrets": ["00ff"], "psk": "736563726574" }] }`);
 * if (readIkev1Keyring(file).secrets[0]?.psk?.length !== 6) throw new Error('secret');
 * ```
 */
export function readIkev1Keyring(file: Pick<KeyFile, 'ike1' | 'ike1Secrets'>): Ikev1Keyring {
  const warnings: string[] = [];
  const keys = file.ike1.map((entry, i) => readKey(entry, `ike1.${i}`, warnings));
  const secrets = file.ike1Secrets.map((entry, i) => readSecrets(entry, `ike1Secrets.${i}`, warnings));
  return { keys, secrets, warnings };
}

function readKey(value: unknown, path: string, warnings: string[]): Ikev1SaKey {
  if (!isRecord(value)) throw wrong('the key of an ISAKMP SA', path, 'an object', value);
  const { cookieI, key, encryption, keyLength, hash, ...rest } = value;
  warnUnknown(rest, path, ['cookieI', 'key', 'encryption', 'keyLength', 'hash'], ['cookieR'], warnings);
  const octets = readHex(key, `${path}.key`, 'the key of phase 1');
  if (octets.length === 0) throw wrong('the key of phase 1', `${path}.key`, 'at least one octet', '');
  // The length of the key says the same; a contradiction is worth a word.
  if (keyLength !== undefined && keyLength !== null && keyLength !== octets.length * 8)
    warnings.push(
      `${path}.keyLength: ${JSON.stringify(keyLength).slice(0, 20)} is not that of the key, ${octets.length * 8} bits; ignored`,
    );
  const cipher = readName(encryption, `${path}.encryption`, 'encryption algorithm', phase1Encryption);
  const hashName = readName(hash, `${path}.hash`, 'hash algorithm', phase1Hashes);
  return {
    cookieI: readCookie(cookieI, `${path}.cookieI`),
    key: octets,
    ...(cipher !== undefined && { encryption: cipher }),
    ...(hashName !== undefined && { hash: hashName }),
    path,
  };
}

function readSecrets(value: unknown, path: string, warnings: string[]): Ikev1Secrets {
  if (!isRecord(value)) throw wrong('the secrets of an ISAKMP SA', path, 'an object', value);
  const { cookieI, sharedSecrets, psk, ...rest } = value;
  warnUnknown(rest, path, ['cookieI', 'sharedSecrets', 'psk'], ['cookieR'], warnings);
  if (!Array.isArray(sharedSecrets))
    throw wrong('the shared secrets', `${path}.sharedSecrets`, 'a list of hexadecimal strings', typeof sharedSecrets);
  return {
    cookieI: readCookie(cookieI, `${path}.cookieI`),
    sharedSecrets: sharedSecrets.map((octets, i) => {
      const secret = readHex(octets, `${path}.sharedSecrets.${i}`, 'a shared secret');
      if (secret.length === 0) throw wrong('a shared secret', `${path}.sharedSecrets.${i}`, 'at least one octet', '');
      return secret;
    }),
    ...(psk !== undefined && psk !== null && { psk: readHex(psk, `${path}.psk`, 'the pre-shared key') }),
    path,
  };
}

function readCookie(value: unknown, path: string): Uint8Array {
  const cookie = readHex(value, path, "the initiator's cookie");
  if (cookie.length === 8) return cookie;
  throw new IpsecError('invalid-config', "the initiator's cookie", { path, expected: '8 octets', found: `${cookie.length}` });
}

/** A name of the registry, or what IKEv2 calls the same: `ENCR_AES_CBC`. */
function readName(
  value: unknown,
  path: string,
  what: string,
  table: readonly { readonly name: string; readonly ikev2: string | null }[],
): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong(`the name of the ${what}`, path, "IANA's name", value);
  const found = table.find(({ name, ikev2 }) => name === value || ikev2 === value)?.name;
  if (found !== undefined) return found;
  const nearest = nearestName(value, table.map(({ name }) => name)); // prettier-ignore
  throw new IpsecError('unknown-algorithm', what, {
    path,
    expected: 'a name of the registry of IKEv1',
    found: JSON.stringify(value.slice(0, 60)),
    ...(nearest !== undefined && { nearest }),
  });
}
