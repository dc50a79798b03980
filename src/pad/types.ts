/**
 * The structure of a PAD entry: RFC 4301 section 4.4.3.
 *
 * @module
 */
import type { AddressRange } from '../ip.js';
import type { DistinguishedName } from '../traffic-selector.js';

/** Which identities an entry speaks of: the six types of RFC 4301 section 4.4.3.1, that of RFC 7619, and any at all. */
export type PadId =
  | {
      /** "DNS name (specific or partial)", or "RFC 822 email address (complete or partially qualified)". */
      readonly type: 'ID_FQDN' | 'ID_RFC822_ADDR';
      /** `foo.example.com`, or `.example.com` for all names below it; `foo@example.com`, `@example.com` or `@.example.com`. */
      readonly name: string;
    }
  | {
      /** "Distinguished Name (complete or sub-tree constrained)". */
      readonly type: 'ID_DER_ASN1_DN';
      /** Root first. */
      readonly dn: DistinguishedName;
      /** Whether the names below it are meant as well. */
      readonly subtree: boolean;
    }
  | {
      /** "IPv4 address (range)", or "IPv6 address (range)". */
      readonly type: 'ID_IPV4_ADDR' | 'ID_IPV6_ADDR';
      /** "the same address range syntax used for SPD entries" */
      readonly addresses: AddressRange;
    }
  | {
      /** "Key ID (exact match only)". */
      readonly type: 'ID_KEY_ID';
      /** The octets. */
      readonly octets: Uint8Array;
    }
  | {
      /** "NULL ID (matches ID type only)" (RFC 7619 appendix A): who says that it is nobody, and who is not authenticated at all. */
      readonly type: 'ID_NULL';
    }
  | {
      /** Every identity but `ID_NULL`, which has to be named; for a last entry. */
      readonly type: 'any';
    };

/** How a peer proves its identity (RFC 4301 section 4.4.3.2). The PAD only keeps this: the key management reads it. */
export interface PeerAuthentication {
  /** The protocol: `IKEv2`, `IKEv1`, `KINK` ... */
  readonly protocol: string;
  /** "This document requires support for two required authentication data types": `certificate` and `pre-shared-key`; others may follow. */
  readonly method: string;
  /** The pre-shared secret, the trust anchor, where revocation is published: whatever the method needs. */
  readonly data?: unknown;
  /**
   * Whether the ID must stand in the certificate. RFC 4301 section 4.4.3.2: "implementations MUST provide a means for an administrator to require
   * a match between an asserted IKE ID and the subject name or subject alt name in a certificate." Default true.
   */
  readonly matchCertificate?: boolean | undefined;
  /**
   * Whether an ID that is an address, of a peer with a certificate, has to be the address that its packets come from. RFC 4945 section 3.1.1: "If ID is one of the
   * IP address types, then implementations MUST perform this verification by default." A peer behind a NAT cannot pass. Default true.
   */
  readonly matchAddress?: boolean | undefined;
}

/**
 * What a peer may ask for (RFC 4301 section 4.4.3.3): "Each PAD entry indicates whether the IKE ID is to be used as a symbolic name for SPD
 * matching, or whether an IP address asserted in a traffic selector payload is to be used."
 */
export interface ChildAuthorization {
  /** How the SPD is searched for a Child SA: by the peer's name, or by the remote addresses in its traffic selectors. */
  readonly lookup: 'id' | 'traffic-selectors';
  /**
   * The addresses that the peer may claim as its own, of either family. Needed for `traffic-selectors`; with `id` a further constraint,
   * such as the pool that road warriors get their addresses from.
   */
  readonly addresses?: readonly AddressRange[] | undefined;
}

/** One entry of the PAD: a peer or a group of peers. */
export interface PadEntry {
  /** For people: logs, explanations. */
  readonly name?: string | undefined;
  /** "The ID for each entry acts as the index for the PAD, i.e., it is the value used to select an entry." (section 4.4.3.1) */
  readonly id: PadId;
  /** How it proves who it is. */
  readonly authentication: PeerAuthentication;
  /** What it may ask for. */
  readonly child: ChildAuthorization;
  /** "peer gateway location info, e.g., IP address(es) or DNS names" (section 4.4.3). */
  readonly gateways?: readonly string[] | undefined;
}

/** A Peer Authorization Database: entries in order. It never changes; make another one instead. */
export interface Pad {
  /** The entries; the first that fits an identity decides. */
  readonly entries: readonly PadEntry[];
}
