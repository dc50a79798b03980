/**
 * What a Security Association is made of.
 *
 * @module
 */
import type { TunnelTemplate } from '../ip/tunnel.js';
import type { UdpPorts } from '../nat-t.js';
import type { EncryptionRow, FillRandom, IntegrityRow } from '../suite/types.js';
import type { SelectorPair } from '../traffic-selector.js';

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

/**
 * How the outer header of a tunnel is made (RFC 4301 section 5.1.2). Defaults: DF, ECN and DSCP are copied, a TTL or Hop Limit
 * of 64, a Flow Label of 0.
 */
export type TunnelHeaderPolicy = Partial<Omit<TunnelTemplate, 'source' | 'destination'>>;

/** The outer header for a pair of tunnel ends; undefined where an end is not known, and then nothing can be sealed. */
export function tunnelTemplate(
  source: Uint8Array | undefined,
  destination: Uint8Array | undefined,
  policy: TunnelHeaderPolicy = {},
): TunnelTemplate | undefined {
  if (!source || !destination) return undefined;
  return { df: 'copy', ecn: 'normal', dscp: 'copy', hopLimit: 64, flowLabel: 0, ...policy, source, destination };
}

/** What `createSa` takes. */
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
  /**
   * Highest sequence number already used (sender) or seen (receiver). Default 0: the next one is 1. With ESN up to 2^64 - 1:
   * beyond 2^53 - 1 a `bigint`, and then the numbers of this SA count from an epoch (see `SecurityAssociation.epoch`).
   */
  readonly startSeq?: number | bigint | undefined;
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

/** UDP ports around ESP (RFC 3948), usually 4500 both. */
export type UdpEncapsulation = UdpPorts;
