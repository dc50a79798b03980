/**
 * The Security Association: "a simplex 'connection' that affords security services to the traffic carried by it"
 * (RFC 4301 section 4.1). One record, one direction, one protocol. What was negotiated is read-only; the few counters that
 * move with every packet are mutable and belong to whoever owns the record, which is one sender or one receiver, never both.
 *
 * @module
 */
import { EMPTY, wipe } from './bytes.js';
import { IpsecError } from './errors.js';
import { createReplayWindow, type ReplayWindow } from './replay-window.js';
import type {
  AeadContext,
  AeadRow,
  CipherContext,
  CipherRow,
  EncryptionRow,
  FillRandom,
  IntegrityContext,
  IntegrityRow,
} from './suite/types.js';
import type { SelectorPair } from './traffic-selector.js';

/** An algorithm and its keying material: key, and at its end the salt where the row has one. */
export interface Keyed<Row> {
  /** The algorithm. */
  readonly row: Row;
  /** `row.keyLength + row.saltLength` octets; copied. */
  readonly key: Uint8Array;
}

/** Soft limits ask for a successor; a hard limit ends the SA (RFC 4301 section 4.4.2.1). Each may be absent: no limit. */
export interface Lifetime {
  /** Seconds since the SA was made. */
  readonly seconds?: number;
  /** Octets of payload. */
  readonly octets?: number;
  /** Packets. */
  readonly packets?: number;
}

/** How the outer header of a tunnel is made (RFC 4301 section 5.1.2). */
export interface TunnelHeaderPolicy {
  /** IPv4 DF of the outer header: of the inner packet, always set, always clear (RFC 4301 section 8.1). Default `copy`. */
  readonly df?: 'copy' | 'set' | 'clear';
  /** RFC 6040: `normal` copies ECN, `compatibility` sends Not-ECT. Default `normal`. */
  readonly ecn?: 'normal' | 'compatibility';
  /** `copy` the inner DSCP or a fixed value 0 to 63. Default `copy`. */
  readonly dscp?: 'copy' | number;
  /** Outer TTL or Hop Limit, 1 to 255. Default 64. */
  readonly hopLimit?: number;
  /** Outer IPv6 Flow Label, 0 to 0xfffff. Default 0. */
  readonly flowLabel?: number;
}

/** What {@link createSa} takes. */
export interface SaConfig {
  /** The protocol of the SA. */
  readonly protocol: 'ESP' | 'AH';
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** Security Parameters Index, 1 to 2^32 - 1; IANA reserves 1 to 255, so they are for manual use alone. */
  readonly spi: number;
  /** Sender: 4 or 16 octets. In tunnel mode the outer source address, needed to seal. */
  readonly source?: Uint8Array | undefined;
  /** Receiver: 4 or 16 octets. In tunnel mode the outer destination address, needed to seal. */
  readonly destination?: Uint8Array | undefined;
  /** ESP's cipher or combined-mode algorithm; absent for AH. */
  readonly encryption?: Keyed<EncryptionRow> | undefined;
  /** AH's algorithm, or ESP's unless `encryption` is combined-mode. */
  readonly integrity?: Keyed<IntegrityRow> | undefined;
  /** Extended (64-bit) Sequence Numbers. Default false. */
  readonly esn?: boolean | undefined;
  /**
   * Receiver: size of the anti-replay window, 0 for none. Default 64; without integrity 0, since RFC 4303 section 3.4.3: "This
   * service MUST NOT be enabled unless the ESP integrity service also is enabled for the SA". A size given beside
   * `unsafeNoIntegrity` is taken at its word: then anybody on the path can move the window.
   */
  readonly replayWindow?: number | undefined;
  /** Highest sequence number already used (sender) or seen (receiver). Default 0: the next one is 1. */
  readonly startSeq?: number | undefined;
  /**
   * Sender: whether the number may wrap around. RFC 4303 section 3.3.3: "If anti-replay is disabled (as noted above), the sender
   * does not need to monitor or reset the counter", as with manual keys; with a counter as IV a wrap would repeat a nonce, so
   * then it is refused all the same. Default false.
   */
  readonly mayWrap?: boolean | undefined;
  /** ESP inside UDP (RFC 3948). */
  readonly encapsulation?: UdpEncapsulation | undefined;
  /** AH over IPv4: pad the header to a multiple of this and demand it on receipt. Absent: send by RFC 4302 (4), accept any. */
  readonly ahPadding?: 4 | 8 | undefined;
  /** ESP: the plaintext with its trailer is padded to a multiple of this, 4 to 256, besides what the cipher needs. Default 4. */
  readonly padTo?: number | undefined;
  /** Receiver: whether ESP padding has to be 1, 2, 3, ... (RFC 4303 section 2.4, SHOULD). Default true. */
  readonly checkPadding?: boolean | undefined;
  /** Tunnel-mode ESP: inner packets shorter than this many octets are filled up to it (TFC padding). Default 0: none. */
  readonly tfcLength?: number | undefined;
  /** Encryption without integrity, against the advice of RFC 8221 section 4. Never with ENCR_NULL. */
  readonly unsafeNoIntegrity?: boolean | undefined;
  /** What traffic may come out of this SA (checked by `process`). Absent: anything. */
  readonly selectors?: readonly SelectorPair[] | undefined;
  /** Outer header of a tunnel. */
  readonly tunnelHeader?: TunnelHeaderPolicy | undefined;
  /** When to ask for a successor. */
  readonly softLifetime?: Lifetime | undefined;
  /** When to stop. */
  readonly hardLifetime?: Lifetime | undefined;
  /** Milliseconds on the caller's monotonic clock at which the SA was made. Default 0. */
  readonly createdAt?: number | undefined;
  /** Where random IVs come from. Default: the platform's `crypto.getRandomValues`. */
  readonly random?: FillRandom | undefined;
}

/** UDP ports around ESP (RFC 3948). */
export interface UdpEncapsulation {
  /** Sender's port, usually 4500. */
  readonly sourcePort: number;
  /** Receiver's port, usually 4500. */
  readonly destinationPort: number;
}

/** The keyed algorithms of an SA. */
export type Protection =
  | { readonly kind: 'combined'; readonly row: AeadRow; readonly aead: AeadContext }
  | {
      readonly kind: 'separate';
      readonly row: CipherRow;
      readonly cipher: CipherContext;
      readonly integrity: IntegrityRow | undefined;
      readonly mac: IntegrityContext | undefined;
    }
  | { readonly kind: 'integrity'; readonly integrity: IntegrityRow; readonly mac: IntegrityContext };

/** One Security Association. Made by {@link createSa}, ended by {@link wipeSa}. */
export interface SecurityAssociation {
  /** The protocol of the SA. */
  readonly protocol: 'ESP' | 'AH';
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** Security Parameters Index. */
  readonly spi: number;
  /** Sender's address, if known. */
  readonly source: Uint8Array | undefined;
  /** Receiver's address, if known. */
  readonly destination: Uint8Array | undefined;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
  /** Whether the sender's number may wrap. */
  readonly mayWrap: boolean;
  /** ESP inside UDP. */
  readonly encapsulation: UdpEncapsulation | undefined;
  /** AH over IPv4: header multiple, if fixed. */
  readonly ahPadding: 4 | 8 | undefined;
  /** ESP: multiple that the plaintext with its trailer is padded to; takes in the cipher's block. */
  readonly padTo: number;
  /** Whether received padding is inspected. */
  readonly checkPadding: boolean;
  /** TFC: shortest inner packet. */
  readonly tfcLength: number;
  /** What traffic may come out. */
  readonly selectors: readonly SelectorPair[] | undefined;
  /** Outer header of a tunnel. */
  readonly tunnelHeader: Required<TunnelHeaderPolicy>;
  /** When to ask for a successor. */
  readonly softLifetime: Lifetime;
  /** When to stop. */
  readonly hardLifetime: Lifetime;
  /** Milliseconds: when it was made. */
  readonly createdAt: number;
  /** The keyed algorithms. */
  readonly protection: Protection;
  /** Octets of IV in each packet. */
  readonly ivLength: number;
  /** Octets of ICV in each packet; 0 without integrity. */
  readonly icvLength: number;
  /** Receiver: the anti-replay window (size 0: none, but it follows the number for ESN). Mutable. */
  readonly window: ReplayWindow;
  /** The full number of the last packet sent, or at the receiver of the last one whose ICV did fit. Mutable. */
  seq: number;
  /** Payload octets so far. Mutable. */
  octets: number;
  /** Packets so far. Mutable. */
  packets: number;
  /** False once the keys are wiped. Mutable. */
  alive: boolean;
  /** Room for what is put together per packet, so that nothing is allocated. Mutable, private. */
  readonly scratch: Scratch;
  /** Where random IVs come from. */
  readonly random: FillRandom;
}

/** Where the parts of a packet under way lie in the output; see `frame.ts`. */
export interface Frame {
  /** Offset of the ESP or AH header. */
  at: number;
  /** Offset of the payload, behind that header. */
  payload: number;
  /** Octets of payload. */
  length: number;
  /** The payload's protocol. */
  nextHeader: number;
}

/** Working memory of an SA. */
export interface Scratch {
  /** AAD of combined modes; its octets 4 to 7 are the high half of an ESN. */
  readonly aad: Uint8Array;
  /** The IV of the packet under way. */
  readonly iv: Uint8Array;
  /** Random IVs drawn ahead. */
  readonly ivPool: Uint8Array;
  /** Where the next one begins. */
  ivPoolAt: number;
  /** The packet under way. */
  readonly frame: Frame;
  /** AH: the headers as the ICV covers them; grows to the longest seen. */
  headers: Uint8Array;
}

const maxSeq = Number.MAX_SAFE_INTEGER;
const ivPoolBlocks = 64;

/**
 * Makes an SA: checks the configuration against RFC 4303, 4302 and 8221 and keys its algorithms.
 *
 * @throws IpsecError `invalid-argument` with the path of the wrong member, or `unsafe-config` for a combination that would not protect.
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const sa = createSa({ protocol: 'ESP', mode: 'transport', spi: 0x1234, encryption: { row: aes128Gcm16, key: new Uint8Array(20) } });
 * if (sa.icvLength !== 16) throw new Error('GCM_16 has an ICV of 16 octets');
 * ```
 */
export function createSa(config: SaConfig): SecurityAssociation {
  const { protocol, mode, spi, startSeq = 0, esn = false } = config;
  if (!Number.isInteger(spi) || spi < 1 || spi > 0xffffffff) {
    // RFC 4303 section 2.1: "The SPI value of zero (0) is reserved for local, implementation-specific use and MUST NOT be sent on the wire."
    throw new IpsecError('invalid-argument', 'an SPI', { path: 'spi', expected: '1 to 0xffffffff', found: String(spi) });
  }
  if (!Number.isSafeInteger(startSeq) || startSeq < 0 || (!esn && startSeq > 0xffffffff)) {
    throw new IpsecError('invalid-argument', 'a sequence number', {
      path: 'startSeq',
      expected: esn ? '0 to 2^53 - 1' : '0 to 2^32 - 1 without esn',
      found: String(startSeq),
    });
  }
  checkAddresses(config);
  if (config.encapsulation && protocol !== 'ESP') {
    // RFC 3948 section 1: "the protection of the outer IP addresses in IPsec AH is inherently incompatible with NAT"
    throw new IpsecError('invalid-argument', 'UDP encapsulation', { path: 'encapsulation', expected: 'ESP', found: protocol });
  }
  const protection = protocol === 'ESP' ? keyEsp(config) : keyAh(config);
  const row = protection.kind === 'integrity' ? protection.integrity : protection.row;
  const random = config.random ?? fillFromPlatform;
  const randomIv = protection.kind === 'separate' && protection.row.ivKind === 'random';
  const padTo = config.padTo ?? 4;
  if (!Number.isInteger(padTo) || padTo < 4 || padTo > 256 || padTo % 4 !== 0) {
    throw new IpsecError('invalid-argument', 'an ESP padding multiple', {
      path: 'padTo',
      expected: 'a multiple of 4 up to 256',
      found: String(padTo),
    });
  }
  const header = config.tunnelHeader ?? {};
  return {
    protocol,
    mode,
    spi,
    source: config.source?.slice(),
    destination: config.destination?.slice(),
    esn,
    mayWrap: checkWrap(config, protection),
    encapsulation: config.encapsulation,
    ahPadding: config.ahPadding,
    padTo: leastCommonMultiple(padTo, protection.kind === 'integrity' ? 4 : protection.row.blockSize),
    checkPadding: config.checkPadding ?? true,
    tfcLength: config.tfcLength ?? 0,
    selectors: config.selectors,
    tunnelHeader: {
      df: header.df ?? 'copy',
      ecn: header.ecn ?? 'normal',
      dscp: header.dscp ?? 'copy',
      hopLimit: header.hopLimit ?? 64,
      flowLabel: header.flowLabel ?? 0,
    },
    softLifetime: config.softLifetime ?? {},
    hardLifetime: config.hardLifetime ?? {},
    createdAt: config.createdAt ?? 0,
    protection,
    ivLength: row.ivLength,
    icvLength: protection.kind === 'combined' ? protection.row.icvLength : (protection.integrity?.icvLength ?? 0),
    window: createReplayWindow(config.replayWindow ?? (protection.kind === 'separate' && !protection.mac ? 0 : 64), { esn, top: startSeq }),
    seq: startSeq,
    octets: 0,
    packets: 0,
    alive: true,
    scratch: {
      aad: new Uint8Array(esn ? 12 : 8),
      iv: new Uint8Array(row.kind === 'aead' ? 8 : row.ivLength),
      ivPool: randomIv ? new Uint8Array(row.ivLength * ivPoolBlocks) : EMPTY,
      ivPoolAt: randomIv ? row.ivLength * ivPoolBlocks : 0,
      frame: { at: 0, payload: 0, length: 0, nextHeader: 0 },
      headers: EMPTY,
    },
    random,
  };
}

/**
 * The number of the next packet, which from now on is used.
 *
 * @throws IpsecError `sequence-overflow`: RFC 4303 section 3.3.3: "the sender MUST NOT send a packet on an SA if doing so would cause the sequence number to cycle."
 */
export function nextSeq(sa: SecurityAssociation): number {
  requireAlive(sa);
  const last = sa.esn ? maxSeq : 0xffffffff;
  if (sa.seq < last) return ++sa.seq;
  if (!sa.mayWrap) {
    throw new IpsecError('sequence-overflow', `SA 0x${sa.spi.toString(16)} has used its last sequence number`, {
      expected: 'a new SA before this one runs out',
      found: String(sa.seq),
    });
  }
  return (sa.seq = 0);
}

/** Throws `sa-deleted` when the keys of this SA are gone. */
export function requireAlive(sa: SecurityAssociation): void {
  if (!sa.alive) throw new IpsecError('sa-deleted', `SA 0x${sa.spi.toString(16)} is deleted and its keys are wiped`);
}

/** Ends an SA: overwrites its keys, schedules and pooled IVs. It can never seal or open again. */
export function wipeSa(sa: SecurityAssociation): void {
  sa.alive = false;
  const p = sa.protection;
  if (p.kind === 'combined') p.aead.destroy();
  else {
    if (p.kind === 'separate') p.cipher.destroy();
    p.mac?.destroy();
  }
  wipe(sa.scratch.aad, sa.scratch.iv, sa.scratch.ivPool);
}

/** Every buffer of this SA that holds key material; for tests that look whether they are zeros after {@link wipeSa}. */
export function secretsOf(sa: SecurityAssociation): readonly (Uint8Array | Uint32Array | Int32Array)[] {
  const p = sa.protection;
  if (p.kind === 'combined') return p.aead.secrets;
  return [...(p.kind === 'separate' ? p.cipher.secrets : []), ...(p.mac?.secrets ?? [])];
}

function keyEsp(config: SaConfig): Protection {
  const { encryption, integrity } = config;
  if (!encryption) {
    throw new IpsecError('invalid-argument', 'ESP needs an encryption algorithm', {
      path: 'encryption',
      expected: 'a row, if only ENCR_NULL',
    });
  }
  const { row } = encryption;
  if (row.kind === 'aead') {
    if (integrity) {
      throw new IpsecError('invalid-argument', `${row.name} brings its own integrity`, {
        path: 'integrity',
        expected: 'none',
        found: integrity.row.name,
      });
    }
    return { kind: 'combined', row, aead: row.create(requireKey(encryption, 'encryption.key')) };
  }
  if (!integrity) {
    // RFC 4303 section 3.2.1: "Confidentiality-only ... MAY be supported"; RFC 8221 section 4 says why it MUST NOT be used.
    if (row.isNull) {
      throw new IpsecError('unsafe-config', 'ENCR_NULL without integrity protects nothing', {
        path: 'integrity',
        expected: 'an integrity algorithm',
      });
    }
    if (config.unsafeNoIntegrity !== true) {
      throw new IpsecError('unsafe-config', `${row.name} without integrity lets an attacker change packets and read them`, {
        path: 'integrity',
        expected: 'an integrity algorithm, a combined-mode algorithm, or unsafeNoIntegrity: true',
      });
    }
  } else if (integrity.row.ivLength > 0) {
    // RFC 4543 section 5.3, of AUTH_AES_GMAC: "This transform MUST NOT be used with ESP."
    throw new IpsecError('invalid-argument', `${integrity.row.name} is for AH alone`, {
      path: 'integrity',
      expected: 'an algorithm without an IV',
      nearest: 'ENCR_NULL_AUTH_AES_GMAC as encryption',
    });
  }
  return {
    kind: 'separate',
    row,
    cipher: row.create(requireKey(encryption, 'encryption.key')),
    integrity: integrity?.row,
    mac: integrity?.row.create(requireKey(integrity, 'integrity.key')),
  };
}

function keyAh(config: SaConfig): Protection {
  const { encryption, integrity } = config;
  if (encryption)
    throw new IpsecError('invalid-argument', 'AH does not encrypt', { path: 'encryption', expected: 'none', found: encryption.row.name });
  if (!integrity) throw new IpsecError('invalid-argument', 'AH needs an integrity algorithm', { path: 'integrity' });
  return { kind: 'integrity', integrity: integrity.row, mac: integrity.row.create(requireKey(integrity, 'integrity.key')) };
}

function requireKey(keyed: Keyed<EncryptionRow | IntegrityRow>, path: string): Uint8Array {
  const { row, key } = keyed;
  const expected = row.keyLength + row.saltLength;
  if (key.length !== expected) {
    throw new IpsecError('invalid-argument', `the key of ${row.name}`, {
      path,
      expected: row.saltLength > 0 ? `${expected} octets (${row.keyLength} of key, then ${row.saltLength} of salt)` : `${expected} octets`,
      found: `${key.length}`,
    });
  }
  return key;
}

/** A number that starts again would repeat a nonce. RFC 4106 section 2: "combination MUST NOT be used more than once." */
function checkWrap(config: SaConfig, protection: Protection): boolean {
  if (config.mayWrap !== true) return false;
  const counterIv =
    protection.kind === 'combined' ||
    (protection.kind === 'separate' ? protection.row.ivKind === 'counter' : protection.integrity.ivLength > 0);
  if (counterIv) {
    throw new IpsecError('unsafe-config', 'a sequence number that wraps would repeat a nonce of this algorithm', {
      path: 'mayWrap',
      expected: 'false',
    });
  }
  return true;
}

function checkAddresses({ source, destination, mode }: SaConfig): void {
  for (const [path, a] of [
    ['source', source],
    ['destination', destination],
  ] as const) {
    if (a && a.length !== 4 && a.length !== 16) {
      throw new IpsecError('invalid-argument', 'an address', { path, expected: '4 or 16 octets', found: `${a.length}` });
    }
  }
  if (mode === 'tunnel' && source && destination && source.length !== destination.length) {
    throw new IpsecError('invalid-argument', 'the ends of a tunnel', {
      path: 'destination',
      expected: 'one address family',
      found: 'IPv4 and IPv6',
    });
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let n = a;
  while (n % b !== 0) n += a;
  return n;
}

function fillFromPlatform(target: Uint8Array): void {
  globalThis.crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
}
