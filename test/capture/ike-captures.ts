/** Captures and key files made of the conversations of `vectors/ikev2`, as a user would have them; and some of the captures themselves. */
import { fromHex, toHex } from '../../src/bytes.js';
import type { DecodedRecord, IkeFound } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { createIkeFollower } from '../../src/capture/ike-follow.js';
import { readIkeKeyring } from '../../src/capture/ike-keys.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { formatIkeLine, formatLine } from '../../src/capture/lines.js';
import { readCapture, writePcap } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import { encodeNonEspMarker } from '../../src/nat-t.js';
import { fibreChannelRows } from '../../src/suite/fibre-channel.js';
import { prfHmacMd5 } from '../../src/suite/prf-legacy.js';
import { prfRows } from '../../src/suite/prf.js';
import { type RecordedIkeSa, type RecordedKeys, secretOf, type Transcript } from '../ikev2/transcripts.js';
import { options } from './kernel-keys.js';

const inlined = import.meta.glob<string>('../../vectors/ikev2/captures/*.pcap', { query: '?url&inline', import: 'default', eager: true });

/** The captures of vectors/ikev2/captures, by name. */
export const ikeCaptures: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries(inlined).map(([path, uri]) => [
    path.slice(path.lastIndexOf('/') + 1),
    Uint8Array.from(atob(uri.slice(uri.indexOf(',') + 1)), (c) => c.charCodeAt(0)),
  ]),
);

/** Everything that the command line has. */
export const ikeRows = {
  encryption: options.rows.encryption,
  integrity: [...options.rows.integrity, ...fibreChannelRows],
  prf: [...prfRows, prfHmacMd5],
};

/** Decodes a capture with a key file. */
export function decodeWith(file: Uint8Array, keys: unknown): DecodedRecord[] {
  const keyFile = parseKeyFile(JSON.stringify(keys));
  const ike = createIkeFollower(readIkeKeyring(keyFile), ikeRows);
  return [...decodeCapture(readCapture(file), createReceiver(keyFile.sas, { ...options, ike }))];
}

/** A line of `decode --json`. */
export interface Line {
  packet: number;
  ike?: string;
  exchange: string;
  messageId: number;
  initiator: boolean;
  response: boolean;
  spiI: string;
  spiR: string;
  payloads: string[];
  decrypted: string | null;
  clearPayloads?: string[];
  auth?: string;
  protocol?: string;
  spi?: string;
  seq?: string;
  result?: string;
  reason?: string;
  inner?: string;
}

/** The lines of `decode --json`. */
export function linesOf(file: Uint8Array, keys: unknown): Line[] {
  return decodeWith(file, keys).flatMap((record) => {
    const line = record.type === 'datagram' ? formatLine(record) : record.type === 'ike' ? formatIkeLine(record) : undefined;
    return line === undefined ? [] : [JSON.parse(line) as Line];
  });
}

/** The IKE messages of a decoded capture. */
export function messagesOf(records: readonly DecodedRecord[]): IkeFound[] {
  return records.filter((r): r is IkeFound => r.type === 'ike');
}

/** One datagram of a transcript. */
export interface Sent {
  frame: number;
  src: string;
  sport: number;
  dst: string;
  dport: number;
  raw: string;
}

/** The IP packet around an IKE message or an ESP packet. */
export function datagram({ src, sport, dst, dport, raw }: Omit<Sent, 'frame'>, isMarked: boolean): Uint8Array {
  const ends = { source: parseAddress(src), destination: parseAddress(dst) };
  return encodeUdp(ends, sport, dport, isMarked ? encodeNonEspMarker(fromHex(raw)) : fromHex(raw));
}

/** Raw IP packets as a capture, a second apart. */
export function captureOf(packets: readonly Uint8Array[]): Uint8Array {
  return writePcap(
    { linkType: 101 },
    packets.map((data, i) => ({ time: { seconds: i, nanoseconds: 0 }, data })),
  );
}

/** What a transcript sent, in order. */
export function sentIn({ messages, esp }: Transcript): { sent: Sent; isIke: boolean }[] {
  // What has no SPI among the packets is a NAT-keepalive.
  const packets = (esp as unknown as (Sent & { spi?: string })[]).map((sent) => ({
    ...sent,
    raw: sent.spi === undefined ? 'ff' : sent.raw,
  }));
  return [...messages.map((sent) => ({ sent, isIke: true })), ...packets.map((sent) => ({ sent, isIke: false }))].sort(
    (a, b) => a.sent.frame - b.sent.frame,
  );
}

/** A transcript as a capture. */
export function captureOfTranscript(transcript: Transcript): Uint8Array {
  const packets = sentIn(transcript).map(({ sent, isIke }) => datagram(sent, isIke && sent.sport !== 500 && sent.dport !== 500));
  return captureOf(packets);
}

/** `ikeSecrets` of a transcript: one entry for each IKE SA that IKE_SA_INIT made, with the secrets of all that came of it. */
export function secretsOfTranscript(transcript: Transcript, psk: string | undefined): { ikeSecrets: Record<string, unknown>[] } {
  const { ike_sas, child_sas, messages } = transcript;
  const rootOf = (sa: RecordedIkeSa): RecordedIkeSa => {
    if (!sa.origin.startsWith('rekey of ')) return sa;
    const [spiI, spiR] = sa.origin.slice('rekey of '.length).split('/');
    return rootOf(ike_sas.find((s) => s.spi_i === spiI && s.spi_r === spiR)!);
  };
  const roots = ike_sas.filter((sa) => rootOf(sa) === sa && (sa.shared_secret !== undefined || sa.key_generations !== undefined));
  const ikeSecrets = roots.map((root) => {
    // The frame of the exchange, and the secret.
    const found: [number, string][] = [];
    for (const sa of ike_sas.filter((s) => rootOf(s) === root)) {
      if (sa === root) for (const keys of sa.key_generations ?? [sa]) found.push([0, keys.shared_secret!]);
      else {
        const [spiI] = sa.origin.slice('rekey of '.length).split('/');
        const isEnd = (m: (typeof messages)[number]): boolean =>
          m.spi_i === spiI && m.exchange === 'CREATE_CHILD_SA' && m.response && (m.plaintext ?? '').includes(sa.spi_r);
        const { frame } = messages.find(isEnd)!;
        found.push([frame, sa.shared_secret!]);
        if (sa.additional_shared_secret !== undefined) found.push([frame + 1, sa.additional_shared_secret]);
      }
    }
    for (const child of child_sas) {
      const sa = ike_sas.find((s) => s.spi_i === child.ike_spi_i && s.spi_r === child.ike_spi_r)!;
      if (rootOf(sa) !== root || child.pfs_shared_secret === null) continue;
      const more = child.additional_shared_secret;
      found.push([child.frame - (more === undefined ? 0 : 3), child.pfs_shared_secret]);
      if (more !== undefined) found.push([child.frame, more]);
    }
    const sharedSecrets = found.toSorted(([a], [b]) => a - b).map(([, secret]) => secret);
    const ppk = root.ppk?.ppk;
    return { spiI: root.spi_i, spiR: root.spi_r, sharedSecrets, ...(psk !== undefined && { psk }), ...(ppk !== undefined && { ppk }) };
  });
  return { ikeSecrets };
}

/** `ike` of a transcript: the recorded keys of every IKE SA, of every generation. */
export function keysOfTranscript({ ike_sas }: Transcript): { ike: Record<string, unknown>[] } {
  const entry = (sa: RecordedIkeSa, keys: RecordedKeys): Record<string, unknown> => {
    const { encryption, key_length, integrity_id } = sa.algorithms;
    const integrity = ikeRows.integrity.find((row) => row.id === integrity_id && integrity_id !== 0)?.name;
    return {
      spiI: sa.spi_i,
      spiR: sa.spi_r,
      SK_ei: keys.sk_ei,
      SK_er: keys.sk_er,
      SK_ai: keys.sk_ai,
      SK_ar: keys.sk_ar,
      encryption: `ENCR_${encryption}`,
      keyLength: key_length,
      ...(integrity !== undefined && { integrity }),
    };
  };
  return { ike: ike_sas.flatMap((sa) => (sa.key_generations ?? [sa]).filter((k) => 'sk_ei' in k).map((k) => entry(sa, k))) };
}

/** The pre-shared keys of a transcript, in hexadecimal: configured, then logged (EAP's MSK, and where the daemon used another). */
export function pskOf({ secrets, derivations }: Transcript): string[] {
  const configured = [...Object.values(secrets.a), ...Object.values(secrets.b)].flatMap(({ secret }) =>
    secret === undefined ? [] : [toHex(secretOf(secret))],
  );
  const logged = [...derivations.a, ...derivations.b].filter(({ label }) => label === 'secret').map(({ data }) => data);
  return [...new Set([...configured, ...logged])];
}
