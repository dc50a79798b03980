/** Captures and key files made of the conversations of `vectors/ikev1`, as a user would have them; and the captures themselves. */
import { toHex } from '../../src/bytes.js';
import type { DecodedRecord } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { createIkev1Follower, type Ikev1AlgorithmRows } from '../../src/capture/ikev1.js';
import { readIkev1Keyring } from '../../src/capture/isakmp-keys.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { formatIkeLine, formatLine } from '../../src/capture/lines.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { hashRows } from '../../src/suite/hash.js';
import { legacyHashRows } from '../../src/suite/hash-legacy.js';
import { secretOf, type Transcript } from '../ikev1/transcripts.js';
import { captureOf, datagram, type Line } from './ike-captures.js';
import { options } from './kernel-keys.js';

const inlined = import.meta.glob<string>('../../vectors/ikev1/captures/*.pcap', { query: '?url&inline', import: 'default', eager: true });

/** The captures of vectors/ikev1/captures, by name. */
export const ikev1Captures: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries(inlined).map(([path, uri]) => [
    path.slice(path.lastIndexOf('/') + 1),
    Uint8Array.from(atob(uri.slice(uri.indexOf(',') + 1)), (c) => c.charCodeAt(0)),
  ]),
);

/** Everything that the command line has. */
export const ikev1Rows: Ikev1AlgorithmRows = { ...options.rows, hashes: [...hashRows, ...legacyHashRows] };

/** Decodes a capture with a key file. */
export function decodeV1(file: Uint8Array, keys: unknown): DecodedRecord[] {
  const keyFile = parseKeyFile(JSON.stringify(keys));
  const ikev1 = createIkev1Follower(readIkev1Keyring(keyFile), ikev1Rows);
  return [...decodeCapture(readCapture(file), createReceiver(keyFile.sas, { ...options, ikev1 }))];
}

/** The lines of `decode --json`. */
export function linesV1(file: Uint8Array, keys: unknown): Line[] {
  return decodeV1(file, keys).flatMap((record) => {
    const line = record.type === 'datagram' ? formatLine(record) : record.type === 'ike' ? formatIkeLine(record) : undefined;
    return line === undefined ? [] : [JSON.parse(line) as Line];
  });
}

type Sent = { frame: number; src: string; sport: number; dst: string; dport: number; raw: string };

/** A transcript as a capture. What has no SPI among the packets is a NAT-keepalive. */
export function captureOfV1({ messages, esp }: Transcript): Uint8Array {
  const packets = (esp as unknown as (Sent & { spi?: string })[]).map((sent) => (sent.spi === undefined ? { ...sent, raw: 'ff' } : sent));
  const all = [...messages.map((sent) => ({ sent, isIke: true })), ...packets.map((sent) => ({ sent: sent, isIke: false }))];
  return captureOf(
    all
      .sort((a, b) => a.sent.frame - b.sent.frame)
      .map(({ sent, isIke }) => datagram(sent, isIke && sent.sport !== 500 && sent.dport !== 500)),
  );
}

/** `ike1Secrets` of a transcript: an entry for each cookie and each pre-shared key. */
export function secretsOfV1({ ike_sas, child_sas, secrets }: Transcript): { ike1Secrets: Record<string, unknown>[] } {
  const psks = [...Object.entries(secrets.a), ...Object.entries(secrets.b)].flatMap(([name, entry]) =>
    name.startsWith('ike') && entry['secret'] !== undefined ? [toHex(secretOf(entry['secret']))] : [],
  );
  const ike1Secrets = ike_sas.flatMap(({ spi_i, spi_r, shared_secret }) => {
    const later = child_sas.filter((child) => child.ike_spi_i === spi_i && child.ike_spi_r === spi_r && child.pfs_shared_secret !== null);
    const entry = { cookieI: spi_i, sharedSecrets: [shared_secret, ...later.map((child) => child.pfs_shared_secret)] };
    return psks.length === 0 ? [entry] : [...new Set(psks)].map((psk) => ({ ...entry, psk }));
  });
  return { ike1Secrets };
}

/** `ike1` of a transcript: the recorded keys. */
export function keysOfV1({ ike_sas }: Transcript, withNames = true): { ike1: Record<string, unknown>[] } {
  const ciphers: Record<string, string> = { '3DES': '3DES-CBC', AES_CBC: 'AES-CBC' };
  const hashes: Record<string, string> = { md5: 'MD5', sha1: 'SHA', sha256: 'SHA2-256' };
  const ike1 = ike_sas.flatMap(({ spi_i, encryption_key, peer_b_keys, algorithms: { encryption, key_length, hash } }) =>
    [encryption_key, ...(peer_b_keys === undefined ? [] : [peer_b_keys.ka])].map((key) => ({
      cookieI: spi_i,
      key,
      ...(withNames && { encryption: ciphers[encryption], hash: hashes[hash], ...(key_length > 0 && { keyLength: key_length }) }),
    })),
  );
  return { ike1 };
}
