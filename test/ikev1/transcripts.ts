/** The IKEv1 conversations of `vectors/ikev1`, in this library's terms. */
import { EMPTY, equalBytes, fromHex, toHex } from '../../src/bytes.js';
import { ahTransforms, espTransforms } from '../../src/iana/ikev1-transforms.js';
import { phase1Encryption, phase2Authentication } from '../../src/iana/ikev1-attributes.js';
import {
  type ClearMessage,
  computeHash1,
  computeHash2,
  computeHash3,
  computeHashI,
  computeHashR,
  computePhase1Iv,
  computePhase2Iv,
  computeSkeyidPsk,
  computeSkeyidSignatures,
  createMessageCipher,
  decodeMessage,
  decodePhase1Attributes,
  decodePhase2Attributes,
  derivePhase1Keys,
  deriveSaKeys,
  encodeMessage,
  encodePayloads,
  expandEncryptionKey,
  type Ikev1Message,
  type MessageCipher,
  openMessage,
  type Payload,
  type PayloadOfType,
  type Phase1Keys,
  type SaKeys,
  sealMessage,
  splitHash,
} from '../../src/ikev1.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { hashRows } from '../../src/suite/hash.js';
import { legacyHashRows } from '../../src/suite/hash-legacy.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import type { HashRow } from '../../src/suite/types-hash.js';
import type { CipherRow, EncryptionRow, IntegrityRow } from '../../src/suite/types.js';

/** One message, and what others found inside it. */
interface RecordedMessage {
  frame: number;
  raw: string;
  /** Payloads, padding included. */
  plaintext?: string;
  /** It came before. */
  retransmission?: boolean;
}
interface RecordedIkeSa {
  spi_i: string;
  spi_r: string;
  algorithms: { encryption: string; key_length: number; hash: string; auth_method: number; group_id: number };
  nonces: [string, string];
  ke_values: [string, string];
  shared_secret: string;
  skeyid: string;
  skeyid_d: string;
  skeyid_a: string;
  skeyid_e: string;
  encryption_key: string;
  phase1_iv: string;
  peer_b_keys?: { skeyid: string; skeyid_e: string; ka: string };
}
interface RecordedChild {
  ike_spi_i: string;
  ike_spi_r: string;
  protocol: string;
  spi_initiator: string;
  spi_responder: string;
  pfs_shared_secret: string | null;
  encr_i: string;
  encr_r: string;
  integ_i: string;
  integ_r: string;
}
/** One strongSwan transcript. */
export interface Transcript {
  name: string;
  secrets: Record<'a' | 'b', Record<string, Record<string, string>>>;
  ike_sas: RecordedIkeSa[];
  child_sas: RecordedChild[];
  messages: (RecordedMessage & {
    src: string;
    sport: number;
    dst: string;
    dport: number;
    spi_i: string;
    spi_r: string;
    exchange: string;
    message_id: number;
    payloads?: { type: number; name: string }[];
  })[];
  esp: { raw: string; spi: string; inner: string; next_header: number }[];
  derivations: Record<'a' | 'b', { label: string; data: string }[]>;
}
const files = import.meta.glob<Transcript>('../../vectors/ikev1/strongswan/*.json', { eager: true, import: 'default' });
/** Every strongSwan transcript. */
export const transcripts: readonly Transcript[] = Object.values(files);

/** A libreswan transcript. */
export interface LibreswanTranscript {
  name: string;
  psk: string;
  dhSharedSecrets: string[];
  messages: { dir: 'AB' | 'BA'; sport: number; dport: number; hex: string; plain?: string; retransmission?: boolean }[];
  protected: { outer: string; payload?: string }[];
  kernelSAs: { spi: number; enc?: { keymat: string }; auth?: { keymat: string } }[];
}
const libreswanFiles = import.meta.glob<LibreswanTranscript>('../../vectors/ikev1/libreswan/*.json', { eager: true, import: 'default' });
/** Every libreswan transcript. */
export const libreswanTranscripts: readonly LibreswanTranscript[] = Object.values(libreswanFiles);

const allHashes: readonly HashRow[] = [...hashRows, ...legacyHashRows];
const encryptionRows: readonly EncryptionRow[] = [...aeadRows, ...encrRows, ...legacyRows.filter((r) => r.kind === 'cipher')];
const integrityRows: readonly IntegrityRow[] = [...integRows, ...legacyRows.filter((r) => r.kind === 'integrity')];

/** The row of a Hash Algorithm. */
function hashOf(name: string | number | undefined): HashRow {
  return must(allHashes.find((row) => row.name === name));
}
/** The row of what IKEv2 calls the same cipher. */
function encryptionOf(ikev2: string | null | undefined, bits: number | undefined): EncryptionRow {
  return must(encryptionRows.find((row) => row.name === ikev2 && (bits === undefined || row.keyLength === bits / 8)));
}
/** The row of an Encryption Algorithm of phase 1. */
function cipherOf(name: string | number | undefined, bits: number | undefined): CipherRow {
  const row = encryptionOf(phase1Encryption.find((r) => r.name === name)?.ikev2, bits);
  if (row.kind !== 'cipher') throw new Error(row.name);
  return row;
}

/** What nobody can see on the wire. */
export interface Secrets {
  psk?: Uint8Array;
  /** g^xy of phase 1. */
  gXy: (ckyI: Uint8Array) => Uint8Array;
  /** g(qm)^xy of a Quick Mode with PFS, which is the n-th of the SA. */
  gQmXy: (child: number) => Uint8Array;
}

/** A pair of SAs that Quick Mode made. Keys by the SPI of their receiver. */
export interface Child {
  protocol: string;
  spiInitiator: string;
  spiResponder: string;
  toInitiator: SaKeys;
  toResponder: SaKeys;
}

interface Exchange {
  iv: Uint8Array;
  count: number;
  Ni: Uint8Array;
  Nr: Uint8Array;
  pfs: boolean;
  spiI: Uint8Array;
}

/** What somebody learns who listens and knows the secrets: one ISAKMP SA. */
export class Follower {
  readonly children: Child[] = [];
  readonly verified: string[] = [];
  keys: Phase1Keys | undefined;
  encryptionKey: Uint8Array | undefined;
  phase1Iv: Uint8Array | undefined;
  ckyI: Uint8Array = EMPTY;
  ckyR: Uint8Array = EMPTY;
  gXi: Uint8Array = EMPTY;
  gXr: Uint8Array = EMPTY;
  Ni: Uint8Array = EMPTY;
  Nr: Uint8Array = EMPTY;
  saBody: Uint8Array = EMPTY;
  idBodies: Uint8Array[] = [];
  signatures: { hash: Uint8Array; signature: Uint8Array; certificate: Uint8Array | undefined }[] = [];
  hash: HashRow | undefined;
  private cipher: MessageCipher | undefined;
  private iv: Uint8Array = EMPTY;
  private readonly exchanges = new Map<number, Exchange>();

  private readonly secrets: Secrets;

  constructor(secrets: Secrets) {
    this.secrets = secrets;
  }

  /** Reads a message, whose payloads it returns; checks all that can be checked. */
  read(raw: Uint8Array, plaintext: string | undefined): readonly Payload[] {
    const message = decodeMessage(raw);
    expectEqual(encodeMessage(message), raw, 'encoded again');
    if (!message.isEncrypted) {
      if (message.messageId === 0)
        this.phase1(message, message.payloads, toHex(message.ckyR) === '0000000000000000' || this.isInitiatorsNext());
      return message.payloads;
    }
    const exchange = message.messageId === 0 ? undefined : this.exchange(message);
    const iv = exchange?.iv ?? this.iv;
    const opened = openMessage(must(this.cipher), iv, message);
    if (plaintext !== undefined) expectEqual(opened.octets, fromHex(plaintext).subarray(0, opened.octets.length), 'opened');
    const again = encodePayloads(opened.payloads);
    expectEqual(again.octets, opened.octets, 'payloads encoded again');
    expectEqual(sealMessage(must(this.cipher), iv, message, again, opened.padding).octets, raw, 'sealed again');
    if (exchange === undefined) {
      this.iv = opened.nextIv;
      this.phase1(message, opened.payloads, this.isInitiatorsNext());
    } else {
      this.phase2(exchange, message, opened.octets, opened.payloads);
      exchange.iv = opened.nextIv;
    }
    return opened.payloads;
  }

  private readonly said: boolean[] = [];
  private isInitiatorsNext(): boolean {
    return this.said.length % 2 === 0;
  }

  private phase1(message: Pick<ClearMessage, 'ckyI' | 'ckyR'>, payloads: readonly Payload[], byInitiator: boolean): void {
    this.said.push(byInitiator);
    this.ckyI = message.ckyI;
    this.ckyR = message.ckyR;
    const sa = find(payloads, 'SA');
    if (sa !== undefined && byInitiator) this.saBody = must(sa.body);
    if (sa !== undefined && !byInitiator) this.choose(sa);
    const ke = find(payloads, 'KE');
    if (ke !== undefined) this[byInitiator ? 'gXi' : 'gXr'] = ke.data;
    const nonce = find(payloads, 'Nonce');
    if (nonce !== undefined) this[byInitiator ? 'Ni' : 'Nr'] = nonce.data;
    if (this.keys === undefined && this.gXr.length > 0) this.derive();
    const id = find(payloads, 'ID');
    if (id !== undefined) this.idBodies[byInitiator ? 0 : 1] = must(id.body);
    const hash = find(payloads, 'HASH');
    const sig = find(payloads, 'SIG');
    if (hash === undefined && sig === undefined) return;
    const idBody = must(this.idBodies[byInitiator ? 0 : 1]);
    const compute = byInitiator ? computeHashI : computeHashR;
    const { gXi, gXr, ckyI, ckyR, saBody } = this;
    const expected = compute(must(this.hash).prf, must(this.keys).SKEYID, { gXi, gXr, ckyI, ckyR, saBody, idBody });
    if (sig !== undefined) this.signatures.push({ hash: expected, signature: sig.data, certificate: find(payloads, 'CERT')?.data });
    if (hash === undefined) return;
    expectEqual(hash.data, expected, byInitiator ? 'HASH_I' : 'HASH_R');
    this.verified.push(byInitiator ? 'HASH_I' : 'HASH_R');
  }

  private choose(sa: PayloadOfType<'SA'>): void {
    const chosen = sa.proposals[0];
    if (chosen?.protocol !== 'ISAKMP') throw new Error('not a phase 1 proposal');
    this.values = decodePhase1Attributes(must(chosen.transforms[0]).attributes);
    this.hash = hashOf(this.values.hash);
  }
  private values: ReturnType<typeof decodePhase1Attributes> | undefined;

  private derive(): void {
    const { psk } = this.secrets;
    const gXy = this.secrets.gXy(this.ckyI);
    const row = must(this.hash).prf;
    const SKEYID = psk === undefined ? computeSkeyidSignatures(row, this, gXy) : computeSkeyidPsk(row, psk, this);
    this.keys = derivePhase1Keys(row, SKEYID, { gXy, ckyI: this.ckyI, ckyR: this.ckyR });
    const cipher = cipherOf(this.values?.encryption, this.values?.keyLength);
    this.encryptionKey = expandEncryptionKey(row, this.keys.SKEYID_e, cipher.keyLength);
    this.cipher = createMessageCipher(cipher, this.encryptionKey);
    this.iv = this.phase1Iv = computePhase1Iv(must(this.hash), this.gXi, this.gXr, cipher.blockSize);
  }

  private exchange(message: Ikev1Message): Exchange {
    const { messageId } = message;
    let exchange = this.exchanges.get(messageId);
    if (exchange === undefined) {
      const iv = computePhase2Iv(must(this.hash), this.iv, messageId);
      exchange = { iv, count: 0, Ni: EMPTY, Nr: EMPTY, pfs: false, spiI: EMPTY };
      this.exchanges.set(messageId, exchange);
    }
    exchange.count++;
    return exchange;
  }

  private phase2(exchange: Exchange, header: Ikev1Message, octets: Uint8Array, payloads: readonly Payload[]): void {
    const row = must(this.hash).prf;
    const { SKEYID_a } = must(this.keys);
    const { hash, message } = splitHash(8, octets);
    const id = header.messageId;
    if (header.exchange !== 'Quick Mode' || exchange.count === 1) {
      expectEqual(hash, computeHash1(row, SKEYID_a, id, message), 'HASH(1)');
      this.verified.push(`${header.exchange} HASH(1)`);
    } else if (exchange.count === 2) {
      expectEqual(hash, computeHash2(row, SKEYID_a, id, exchange.Ni, message), 'HASH(2)');
      this.verified.push('HASH(2)');
    } else {
      expectEqual(hash, computeHash3(row, SKEYID_a, id, exchange.Ni, exchange.Nr), 'HASH(3)');
      this.verified.push('HASH(3)');
    }
    if (header.exchange !== 'Quick Mode' || exchange.count > 2) return;
    const sa = must(find(payloads, 'SA')).proposals[0]!;
    const nonce = must(find(payloads, 'Nonce')).data;
    if (exchange.count === 1) {
      exchange.Ni = nonce;
      exchange.spiI = sa.spi;
      exchange.pfs = find(payloads, 'KE') !== undefined;
    } else {
      exchange.Nr = nonce;
      this.child(exchange, sa);
    }
  }

  private child(exchange: Exchange, chosen: PayloadOfType<'SA'>['proposals'][number]): void {
    if (chosen.protocol !== 'ESP' && chosen.protocol !== 'AH') throw new Error(`${chosen.protocol}`);
    const transform = chosen.transforms[0]!;
    const { keyLength, authentication } = decodePhase2Attributes(transform.attributes);
    const encryption =
      chosen.protocol === 'ESP' ? encryptionOf(espTransforms.find((r) => r.name === transform.id)?.ikev2, keyLength) : undefined;
    const integrityName =
      chosen.protocol === 'AH'
        ? ahTransforms.find((r) => r.name === transform.id)?.ikev2
        : phase2Authentication.find((r) => r.name === authentication)?.ikev2;
    const integrity = integrityRows.find((r) => r.name === integrityName);
    const gXy = exchange.pfs ? this.secrets.gQmXy(this.children.length) : undefined;
    const keysOf = (spi: Uint8Array): SaKeys =>
      deriveSaKeys(must(this.hash).prf, { encryption, integrity }, must(this.keys).SKEYID_d, {
        Ni: exchange.Ni,
        Nr: exchange.Nr,
        protocol: chosen.protocol === 'AH' ? 2 : 3,
        spi,
        gXy,
      });
    this.children.push({
      protocol: chosen.protocol,
      spiInitiator: toHex(exchange.spiI),
      spiResponder: toHex(chosen.spi),
      toInitiator: keysOf(exchange.spiI),
      toResponder: keysOf(chosen.spi),
    });
  }
}

/** The first payload of a type. */
export function find<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> | undefined {
  return payloads.find((payload): payload is PayloadOfType<Type> => payload.type === type);
}

/** A secret of swanctl's configuration as octets. */
export function secretOf(text: string): Uint8Array {
  return text.startsWith('0x') ? fromHex(text) : new TextEncoder().encode(text.replace(/^"(.*)"$/s, '$1'));
}

function expectEqual(found: Uint8Array, expected: Uint8Array, what: string): void {
  if (!equalBytes(found, expected)) throw new Error(`${what}:\n${toHex(found)}\nis not\n${toHex(expected)}`);
}

function must<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('nothing there');
  return value;
}
