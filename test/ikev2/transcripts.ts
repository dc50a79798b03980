/** The IKEv2 conversations of `vectors/ikev2`, in this library's terms. */
import { fromHex } from '../../src/bytes.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { prfRows } from '../../src/suite/prf.js';
import { prfHmacMd5 } from '../../src/suite/prf-legacy.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import type { PrfRow } from '../../src/suite/types-ike.js';

interface Algorithms {
  encryption: string;
  encryption_id: number;
  key_length: number | null;
  integrity_id: number;
  prf: string;
  prf_id: number;
  group: string | null;
}
/** Seven keys, as hexadecimal. */
export interface RecordedKeys {
  skeyseed: string;
  shared_secret?: string;
  sk_d: string;
  sk_ai: string;
  sk_ar: string;
  sk_ei: string;
  sk_er: string;
  sk_pi: string;
  sk_pr: string;
}
/** One IKE SA of a strongSwan transcript. */
export interface RecordedIkeSa extends RecordedKeys {
  spi_i: string;
  spi_r: string;
  origin: string;
  nonce_i: string;
  nonce_r: string;
  algorithms: Algorithms;
  key_generations?: (RecordedKeys & { step: string })[];
  additional_shared_secret?: string;
  ppk?: { ppk: string; sk_d: string; sk_pi: string; sk_pr: string };
}
/** One pair of Child SAs. */
interface RecordedChild {
  ike_spi_i: string;
  ike_spi_r: string;
  origin: string;
  frame: number;
  protocol: string;
  spi_initiator: string;
  spi_responder: string;
  nonce_i: string;
  nonce_r: string;
  algorithms: Algorithms & { esn: number };
  pfs_shared_secret: string | null;
  additional_shared_secret?: string;
  encr_i: string;
  encr_r: string;
  integ_i: string;
  integ_r: string;
}
/** One message. */
export interface RecordedMessage {
  frame: number;
  src: string;
  sport: number;
  dst: string;
  dport: number;
  spi_i: string;
  spi_r: string;
  exchange: string;
  flags: number;
  message_id: number;
  raw: string;
  response: boolean;
  from_original_initiator: boolean;
  encrypted?: boolean;
  plaintext?: string;
  first_payload?: number;
  fragment?: [number, number];
  reassembled?: string;
  key_generation?: number;
  retransmission?: boolean;
  payloads?: { type: number; name: string }[];
}
/** One ESP packet. */
interface RecordedEsp {
  raw: string;
  spi: string;
  seq: number;
  inner: string;
  next_header: number;
}
/** One transcript. */
export interface Transcript {
  name: string;
  secrets: Record<'a' | 'b', Record<string, Record<string, string>>>;
  ike_sas: RecordedIkeSa[];
  child_sas: RecordedChild[];
  messages: RecordedMessage[];
  esp: RecordedEsp[];
  derivations: Record<'a' | 'b', { label: string; data: string }[]>;
}

const files = import.meta.glob<Transcript>('../../vectors/ikev2/strongswan/*.json', { eager: true, import: 'default' });
/** Every strongSwan transcript. */
export const transcripts: readonly Transcript[] = Object.values(files);

/** A libreswan transcript. */
export interface LibreswanTranscript {
  name: string;
  psk: string;
  dhSharedSecrets: string[];
  messages: {
    dir: 'AB' | 'BA';
    sport: number;
    dport: number;
    hex: string;
    plain?: string;
    firstPayload?: number;
    retransmission?: boolean;
  }[];
  protected: { outer: string; payload: string }[];
  kernelSAs: KernelSa[];
  kernelSAsAfterRekey?: KernelSa[];
}
/** A Child SA as the kernel shows it. */
export interface KernelSa {
  src: string;
  spi: number;
  proto: string;
  aead?: { name: string; keymat: string };
  enc?: { name: string; key?: string; keymat?: string };
  auth?: { name: string; key?: string; keymat?: string };
}
const libreswanFiles = import.meta.glob<LibreswanTranscript>('../../vectors/ikev2/libreswan/*.json', { eager: true, import: 'default' });
/** Every libreswan transcript. */
export const libreswanTranscripts: readonly LibreswanTranscript[] = Object.values(libreswanFiles);

const encryptionRows: readonly EncryptionRow[] = [...aeadRows, ...encrRows, ...legacyRows.filter((r) => r.kind === 'cipher')];
const integrityRows: readonly IntegrityRow[] = [...integRows, ...legacyRows.filter((r) => r.kind === 'integrity')];

/** The row of a Transform ID and a Key Length in bits. */
export function encryptionOf(id: number, keyLength: number | null | undefined): EncryptionRow {
  const row = encryptionRows.find((r) => r.id === id && (!keyLength || r.keyLength === keyLength / 8));
  if (row === undefined) throw new Error(`no encryption ${id}, ${keyLength ?? 'any'} bits`);
  return row;
}
/** The row of a Transform ID; none for 0. */
export function integrityOf(id: number): { integrity?: IntegrityRow } {
  if (id === 0) return {};
  const integrity = integrityRows.find((r) => r.id === id);
  if (integrity === undefined) throw new Error(`no integrity ${id}`);
  return { integrity };
}
/** The row of a Transform ID. */
export function prfOf(id: number): PrfRow {
  const row = [...prfRows, prfHmacMd5].find((r) => r.id === id);
  if (row === undefined) throw new Error(`no prf ${id}`);
  return row;
}

/** A secret of swanctl's configuration as octets. */
export function secretOf(text: string): Uint8Array {
  return text.startsWith('0x') ? fromHex(text) : new TextEncoder().encode(text.replace(/^"(.*)"$/s, '$1'));
}
