/**
 * Keys and secrets of IKEv2, as a key file or Wireshark's table gives them: the lists `ike` and `ikeSecrets`.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { isRecord, readHex, warnUnknown, wrong } from './keys-read.js';
import type { KeyFile } from './keys-types.js';

/** The keys that protect the messages of one IKE SA: one entry of `ike`. */
export interface IkeSaKeys {
  /** 8 octets: the IKE SA initiator's SPI. */
  readonly spiI: Uint8Array;
  /** 8 octets: the IKE SA responder's SPI. */
  readonly spiR: Uint8Array;
  /** Encryption, from the original initiator, salt at the end. */
  readonly SK_ei: Uint8Array;
  /** Encryption, from the original responder. */
  readonly SK_er: Uint8Array;
  /** Integrity, from the original initiator; empty with a combined-mode algorithm. */
  readonly SK_ai: Uint8Array;
  /** Integrity, from the original responder. */
  readonly SK_ar: Uint8Array;
  /** IANA's name. */
  readonly encryption: string;
  /** IANA's name; absent with a combined-mode algorithm. */
  readonly integrity?: string;
  /** Where it stands, for messages: `ike.0`. */
  readonly path: string;
}

/** The secrets from which everything about an IKE SA follows: one entry of `ikeSecrets`. */
export interface IkeSecrets {
  /** 8 octets. */
  readonly spiI: Uint8Array;
  /** 8 octets. */
  readonly spiR: Uint8Array;
  /** g^ir of IKE_SA_INIT, then of each later exchange that has one, in their order. */
  readonly sharedSecrets: readonly Uint8Array[];
  /** The pre-shared key: with it AUTH is verified. */
  readonly psk?: Uint8Array;
  /** The post-quantum pre-shared key of RFC 8784, where one is used. */
  readonly ppk?: Uint8Array;
  /** Where it stands: `ikeSecrets.0`. */
  readonly path: string;
}

/** What is known of IKE SAs. */
export interface IkeKeyring {
  /** Several with the same SPIs are tried in turn. */
  readonly keys: readonly IkeSaKeys[];
  /** At most one for a pair of SPIs is of use. */
  readonly secrets: readonly IkeSecrets[];
  /** What was ignored, each with its JSON path. */
  readonly warnings: readonly string[];
}

/**
 * Reads the lists `ike` and `ikeSecrets` of a key file.
 *
 * @throws IpsecError `invalid-config` with the place in the file; no message shows a key.
 *
 * @example
 * ```ts
 * import { parseKeyFile, readIkeKeyring } from 'ipsec-ts/capture';
 *
 * const file = parseKeyFile(`{ "ikeSecrets": [{ "spiI": "c7b65d2ba390cf06", "spiR": "981833d2b7c3c5ff", "sharedSecrets": ["00ff"], "psk": "736563726574" }] }`);
 * if (readIkeKeyring(file).secrets[0]?.psk?.length !== 6) throw new Error('secret');
 * ```
 */
export function readIkeKeyring(file: Pick<KeyFile, 'ike' | 'ikeSecrets'>): IkeKeyring {
  const warnings: string[] = [];
  const keys = file.ike.map((entry, i) => readKeys(entry, `ike.${i}`, warnings));
  const secrets = file.ikeSecrets.map((entry, i) => readSecrets(entry, `ikeSecrets.${i}`, warnings));
  const seen = new Set<string>();
  for (const { spiI, spiR, path } of secrets) {
    const pair = `${toHex(spiI)} ${toHex(spiR)}`;
    if (seen.has(pair)) warnings.push(`${path}: the same SPIs as an entry before it, not used`);
    seen.add(pair);
  }
  return { keys, secrets, warnings };
}

const keyMembers = ['spiI', 'spiR', 'SK_ei', 'SK_er', 'SK_ai', 'SK_ar', 'encryption', 'keyLength', 'integrity'];
/** Keys of the same SA that a file may hold besides: nothing here needs them. */
const silentMembers = ['SK_d', 'SK_pi', 'SK_pr', 'prf'];

function readKeys(value: unknown, path: string, warnings: string[]): IkeSaKeys {
  if (!isRecord(value)) throw wrong('the keys of an IKE SA', path, 'an object', value);
  const { spiI, spiR, SK_ei, SK_er, SK_ai, SK_ar, encryption, keyLength, integrity, ...rest } = value;
  warnUnknown(rest, path, keyMembers, silentMembers, warnings);
  const key = (name: string, octets: unknown, maybe: boolean): Uint8Array =>
    maybe && (octets === undefined || octets === null) ? new Uint8Array(0) : readHex(octets, `${path}.${name}`, `the key ${name}`);
  const integrityName = integrity === undefined || integrity === null ? undefined : readName(integrity, `${path}.integrity`);
  const keys = {
    ...readSpis(spiI, spiR, path),
    SK_ei: key('SK_ei', SK_ei, false),
    SK_er: key('SK_er', SK_er, false),
    SK_ai: key('SK_ai', SK_ai, true),
    SK_ar: key('SK_ar', SK_ar, true),
    encryption: readName(encryption, `${path}.encryption`),
    ...(integrityName !== undefined && integrityName !== 'NONE' && { integrity: integrityName }),
    path,
  };
  // The length of the key says the same, salt included; a contradiction is worth a word.
  const bits = keys.SK_ei.length * 8;
  if (keyLength !== undefined && keyLength !== null && !(typeof keyLength === 'number' && keyLength <= bits && keyLength >= bits - 32))
    warnings.push(`${path}.keyLength: ${JSON.stringify(keyLength).slice(0, 20)} does not fit SK_ei, which has ${bits} bits; ignored`);
  return keys;
}

function readSecrets(value: unknown, path: string, warnings: string[]): IkeSecrets {
  if (!isRecord(value)) throw wrong('the secrets of an IKE SA', path, 'an object', value);
  const { spiI, spiR, sharedSecrets, psk, ppk, ...rest } = value;
  warnUnknown(rest, path, ['spiI', 'spiR', 'sharedSecrets', 'psk', 'ppk'], [], warnings);
  if (!Array.isArray(sharedSecrets))
    throw wrong('the shared secrets', `${path}.sharedSecrets`, 'a list of hexadecimal strings', typeof sharedSecrets);
  return {
    ...readSpis(spiI, spiR, path),
    sharedSecrets: sharedSecrets.map((octets, i) => {
      const secret = readHex(octets, `${path}.sharedSecrets.${i}`, 'a shared secret');
      if (secret.length === 0) throw wrong('a shared secret', `${path}.sharedSecrets.${i}`, 'at least one octet', '');
      return secret;
    }),
    ...(psk !== undefined && psk !== null && { psk: readHex(psk, `${path}.psk`, 'the pre-shared key') }),
    ...(ppk !== undefined && ppk !== null && { ppk: readHex(ppk, `${path}.ppk`, 'the post-quantum pre-shared key') }),
    path,
  };
}

function readSpis(spiI: unknown, spiR: unknown, path: string): { spiI: Uint8Array; spiR: Uint8Array } {
  return { spiI: readSpi(spiI, `${path}.spiI`), spiR: readSpi(spiR, `${path}.spiR`) };
}

function readSpi(value: unknown, path: string): Uint8Array {
  const spi = readHex(value, path, "an IKE SA's SPI");
  if (spi.length === 8) return spi;
  throw new IpsecError('invalid-config', "an IKE SA's SPI", { path, expected: '8 octets', found: `${spi.length}` });
}

function readName(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong('the name of an algorithm', path, "IANA's name", value);
  return value;
}
