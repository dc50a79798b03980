/**
 * keys.json: Security Associations, and the secrets of IKE exchanges, as text. The same file is the manual-keying format.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { formatAddress } from '../ip/address.js';
import { parseJson } from './keys-json.js';
import { isRecord, warnUnknown } from './keys-read.js';
import { readSa } from './keys-sa.js';
import type { KeyFile, ManualSa } from './keys-types.js';

export { resolveAlgorithms, toSaConfig, type AlgorithmRows } from './keys-resolve.js';
export type { KeyFile, ManualSa, NamedKey } from './keys-types.js';

const ikeLists = ['ike', 'ikeSecrets', 'ike1', 'ike1Secrets'] as const;

/**
 * Reads a key file. Members that are not known give a warning, never an error; wrong values name their JSON path, and no message
 * ever shows a key.
 *
 * @param text JSON; a byte order mark in front is allowed.
 * @throws IpsecError `invalid-config`: no JSON (with line and column), a value of the wrong kind or out of range.
 *
 * @example
 * ```ts
 * import { parseKeyFile } from 'ipsec-ts/capture';
 *
 * const { sas } = parseKeyFile(`{ "sas": [{ "protocol": "ESP", "mode": "tunnel", "spi": "0x67229928",
 *   "encryption": { "name": "ENCR_AES_GCM_16", "key": "000102030405060708090a0b0c0d0e0f10111213" } }] }`);
 * if (sas[0]?.spi !== 0x67229928 || sas[0].replayWindow !== 64) throw new Error('defaults');
 * ```
 */
export function parseKeyFile(text: string): KeyFile {
  return readKeyFile(parseJson(text, 'the key file'));
}

/** {@link parseKeyFile} for JSON that is already parsed. */
export function readKeyFile(value: unknown): KeyFile {
  if (!isRecord(value)) {
    throw new IpsecError('invalid-config', 'the key file', {
      expected: 'an object such as {"sas": [...]}',
      found: Array.isArray(value) ? 'a list' : typeof value,
    });
  }
  const warnings: string[] = [];
  const { sas, ike, ikeSecrets, ike1, ike1Secrets, ...rest } = value;
  const lists = { ike, ikeSecrets, ike1, ike1Secrets };
  const [ikeKeys, secrets, ike1Keys, secrets1] = ikeLists.map((name) => readList(lists[name], name));
  warnUnknown(rest, '', ['sas', ...ikeLists, 'policies'], ['policies'], warnings);
  const read = readList(sas, 'sas').map((entry, i) => readSa(entry, `sas.${i}`, warnings));
  warnDuplicates(read, warnings);
  return { sas: read, ike: ikeKeys!, ikeSecrets: secrets!, ike1: ike1Keys!, ike1Secrets: secrets1!, rest, warnings };
}

function readList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new IpsecError('invalid-config', 'a member of the key file', { path, expected: 'a list', found: typeof value });
  return value;
}

function warnDuplicates(sas: readonly ManualSa[], warnings: string[]): void {
  const seen = new Map<string, string>();
  for (const { protocol, spi, source, destination, path } of sas) {
    const key = `${protocol} ${spi} ${toHex(source ?? new Uint8Array(0))} ${toHex(destination ?? new Uint8Array(0))}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else warnings.push(`${path}: the same protocol, SPI and addresses as ${first}`);
  }
}

/** The key file that {@link parseKeyFile} reads back: two spaces of indentation, a line feed at the end. */
export function formatKeyFile(sas: readonly ManualSa[]): string {
  return `${JSON.stringify({ sas: sas.map(writeSa) }, undefined, 2)}\n`;
}

function writeSa(sa: ManualSa): Record<string, unknown> {
  const {
    protocol,
    mode,
    spi,
    source,
    destination,
    encryption,
    integrity,
    esn,
    replayWindow,
    startSeq,
    encapsulation,
    ahPadding,
    unsafeNoIntegrity,
    rest,
  } = sa;
  return {
    protocol,
    mode,
    spi: `0x${spi.toString(16).padStart(protocol === 'IPCOMP' ? 4 : 8, '0')}`,
    ...(source && { source: formatAddress(source) }),
    ...(destination && { destination: formatAddress(destination) }),
    ...(encryption && { encryption: { name: encryption.name, key: toHex(encryption.key) } }),
    ...(integrity && { integrity: { name: integrity.name, key: toHex(integrity.key) } }),
    esn,
    replayWindow,
    startSeq: `${startSeq}`,
    ...(encapsulation && { encapsulation: { protocol: 'udp', ...encapsulation } }),
    ...(ahPadding && { ahPadding }),
    ...(unsafeNoIntegrity && { unsafeNoIntegrity }),
    ...rest,
  };
}
