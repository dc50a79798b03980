/**
 * The structure of an SPD entry: RFC 4301 section 4.4.1.2 and its ASN.1 in appendix C.
 *
 * @module
 */
import type { Identity, SelectorSet } from '../traffic-selector.js';

/**
 * The selectors that have a "populate from packet" flag. RFC 4301 section 4.4.1: "If asserted for a given selector X, the flag indicates
 * that the SA to be created should take its value for X from the value in the packet."
 */
export type PfpFlag = 'local' | 'remote' | 'protocol' | 'localPorts' | 'remotePorts';

/** An algorithm by its IANA name. */
export interface AlgorithmChoice {
  /** `ENCR_AES_GCM_16`, `AUTH_HMAC_SHA2_256_128` ... */
  readonly name: string;
  /** Bits of the key, where the algorithm has several lengths. */
  readonly keyLength?: number | undefined;
}

/** How one layer of protection is applied. */
export interface ProcessingInfo {
  /** IPsec protocol, or IPComp (RFC 3173), which compresses before one of them. */
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  /** IPsec mode. */
  readonly mode: 'tunnel' | 'transport';
  /** Tunnel mode: the local tunnel address: our end, 4 or 16 octets. Where it is not known in advance, absent. */
  readonly source?: Uint8Array | undefined;
  /** Tunnel mode: the remote tunnel address: the peer's end, of the same family. */
  readonly destination?: Uint8Array | undefined;
  /** Extended Sequence Numbers. RFC 4301 section 4.4.2.1: "64-bit sequence numbers are the default". Default true. */
  readonly esn?: boolean | undefined;
  /** Encryption and combined-mode algorithms, "ordered by decreasing priority" (section 4.4.1.2). Absent: what the SA brings. */
  readonly encryption?: readonly AlgorithmChoice[] | undefined;
  /** Integrity algorithms, ordered by decreasing priority. */
  readonly integrity?: readonly AlgorithmChoice[] | undefined;
  /** Tunnel mode: the DF bit of the outer header (section 8.1). `copy` is "bypass". Default `copy`. */
  readonly df?: 'copy' | 'set' | 'clear' | undefined;
  /** Tunnel mode: `copy` is "bypass DSCP"; a value 0 to 63; or the map of 64 such values, inner to outer. Default `copy`. */
  readonly dscp?: 'copy' | number | readonly number[] | undefined;
  /** Tunnel mode: ECN by RFC 6040. Default `normal`. */
  readonly ecn?: 'normal' | 'compatibility' | undefined;
  /**
   * What identifies an inbound SA besides the protocol. RFC 4301 section 4.4.1: an SPD-S entry contains "bits indicating whether the SA lookup
   * makes use of the local and remote IP addresses in addition to the SPI". Default: by whether the SA is multicast.
   */
  readonly lookup?: 'spi' | 'spi-destination' | 'spi-destination-source' | undefined;
  /** Manual keying: the SPIs of the SAs that carry this layer, whatever their direction. */
  readonly sas?: readonly number[] | undefined;
}

/** What every SPD entry has. */
export interface PolicyBase {
  /** For people: logs, explanations. Not the selector "Name". */
  readonly name?: string | undefined;
  /**
   * "One to N selector sets that correspond to the "condition" for applying a particular IPsec action" (section 4.4.1.2). Mind how IKEv2
   * mixes the ends of several sets: `mixesBeyond` in `ipsec-ts/traffic-selector` tells.
   */
  readonly selectors: readonly SelectorSet[];
  /**
   * The packets that the entry speaks of: `both`, or those that go `out` or come `in` alone. RFC 4301 section 4.4.1: "For bypassed or
   * discarded traffic, separate inbound and outbound entries are supported, e.g., to permit unidirectional flows if required." With
   * PROTECT for manually keyed multicast, which has no other direction. Default `both`.
   */
  readonly direction?: 'both' | 'in' | 'out' | undefined;
  /**
   * The quasi-selector "Name": identities of peers (section 4.4.1.1, case 1). Such an entry is found by `findNamed`; by packets only where
   * its remote addresses are not ANY.
   */
  readonly names?: readonly Identity[] | undefined;
  /** Names of local users (section 4.4.1.1, case 2): "identifiers employed in named SPD entries are of type byte string". */
  readonly localNames?: readonly Uint8Array[] | undefined;
  /**
   * What becomes of fragments that show no ports. `selectors`: they go where the port selectors are ANY or OPAQUE (sections 7.1 and 7.2).
   * `stateful`: they also go where their first fragment went (section 7.3; for BYPASS section 7.4). Default `selectors`.
   */
  readonly fragments?: 'selectors' | 'stateful' | undefined;
}

/** SPD-S: traffic to be protected. */
export interface ProtectPolicy extends PolicyBase {
  /** What is done. */
  readonly action: 'PROTECT';
  /** The selectors whose value a new SA takes from the packet that asks for it. Default none. */
  readonly pfp?: readonly PfpFlag[] | undefined;
  /** How, innermost layer first. One, as a rule; more make a bundle (RFC 4301 section 4.3, appendix E). */
  readonly processing: readonly ProcessingInfo[];
}

/** SPD-O and SPD-I: traffic that crosses the boundary as it is, or not at all. */
export interface PassPolicy extends PolicyBase {
  /** What is done. */
  readonly action: 'BYPASS' | 'DISCARD';
}

/** One entry of the SPD. Entries are compared by identity: the same record, the same policy. */
export type SpdEntry = ProtectPolicy | PassPolicy;
