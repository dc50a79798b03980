/**
 * What a key file holds, as values.
 *
 * @module
 */
import type { UdpEncapsulation } from '../association.js';

/** An algorithm by IANA's name, with its key and, at the end of the key, its salt. */
export interface NamedKey {
  /** `ENCR_AES_GCM_16`, `AUTH_HMAC_SHA2_256_128`. */
  readonly name: string;
  /** Key and salt. */
  readonly key: Uint8Array;
}

/** One SA of a key file: what a person wrote, checked, with the defaults filled in. */
export interface ManualSa {
  /** The protocol; for `IPCOMP` the `spi` is the CPI and the algorithm DEFLATE. */
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  /** `by-next-header` where the source of the SA does not say: tunnel when the Next Header is 4 or 41, else transport. */
  readonly mode: 'tunnel' | 'transport' | 'by-next-header';
  /** SPI, or CPI. */
  readonly spi: number;
  /** 4 or 16 octets; absent: any address. */
  readonly source?: Uint8Array;
  /** 4 or 16 octets; absent: any address. */
  readonly destination?: Uint8Array;
  /** ESP only. */
  readonly encryption?: NamedKey;
  /** AH, and ESP unless `encryption` is a combined-mode algorithm. */
  readonly integrity?: NamedKey;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
  /** Size of the anti-replay window, 0 for none. */
  readonly replayWindow: number;
  /** The highest sequence number already used; beyond 2^53 - 1 a `bigint`. */
  readonly startSeq: number | bigint;
  /** ESP in UDP. */
  readonly encapsulation?: UdpEncapsulation;
  /** AH over IPv4: what the header is padded to, and what is demanded on receipt. */
  readonly ahPadding?: 4 | 8;
  /** Encryption without integrity is wanted. */
  readonly unsafeNoIntegrity: boolean;
  /** Members that this format does not name, as they stand. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** Where the SA stands in its file, for messages: `sas.0`. */
  readonly path: string;
}

/** A key file, read. The IKE lists are kept as they are: who uses them checks them. */
export interface KeyFile {
  /** The SAs in the order of the file. */
  readonly sas: readonly ManualSa[];
  /** SK_* keys of IKE SAs. */
  readonly ike: readonly unknown[];
  /** Shared secrets of IKEv2 exchanges. */
  readonly ikeSecrets: readonly unknown[];
  /** Phase 1 keys of IKEv1. */
  readonly ike1: readonly unknown[];
  /** Shared secrets of IKEv1 exchanges. */
  readonly ike1Secrets: readonly unknown[];
  /** Every other member of the file; `policies` belongs here. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** What was ignored, each with its JSON path. */
  readonly warnings: readonly string[];
}
