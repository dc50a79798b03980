/**
 * What path validation is asked, and what it answers.
 *
 * @module
 */
import type { FetchRevocation, RevocationMode } from './revocation-types.js';
import type { ExtendedKeyUsageName } from './usages.js';

/** How certificates are judged. All checks are on by default (RFC 4945 section 5.1: "Therefore, all checks MUST be enabled by default."). */
export interface CertificateRules {
  /**
   * Extended key usages that are taken besides `ipsecIKE`, `iKEIntermediate` and anyExtendedKeyUsage, by name or object identifier: `serverAuth` and
   * `clientAuth`, where gateways have the certificates of web servers. A certificate without any is good for all. Default: none.
   */
  readonly extendedKeyUsages?: readonly (ExtendedKeyUsageName | (string & Record<never, never>))[] | undefined;
  /** Authorities without basicConstraints are taken. Default: false (RFC 4945 section 5.1.3.9). */
  readonly allowMissingBasicConstraints?: boolean | undefined;
  /** Signatures with SHA-1 are taken. Default: false. MD5 never is. */
  readonly allowSha1?: boolean | undefined;
  /** The least size of RSA keys. Default: 2048. */
  readonly minRsaBits?: number | undefined;
  /** Object identifiers: one of these policies has to be valid along the path. Default: none has to. */
  readonly policies?: readonly string[] | undefined;
  /** Some policy has to be valid along the path. Default: only where a certificate demands it. */
  readonly requirePolicy?: boolean | undefined;
  /** `if-available` (the default): what is known to be revoked is refused. `required`: what is not known to be good is. `off`: nobody looks. */
  readonly revocation?: RevocationMode | undefined;
  /** DER of OCSP responders that are trusted for every authority (RFC 6960 section 4.2.2.2, RFC 4806 section 2.2). Default: none. */
  readonly responders?: readonly Uint8Array[] | undefined;
  /** Gets revocation lists and asks OCSP responders, where certificates of a valid path name them. Without it nothing is fetched. */
  readonly fetch?: FetchRevocation | undefined;
  /** How much work one validation may be. */
  readonly limits?: CertificateLimits | undefined;
}

/** How much work one validation may be. What a peer sends beyond that is not looked at, or ends the validation. */
export interface CertificateLimits {
  /** Certificates in a path, from the peer's to the anchor; default 10. */
  readonly depth?: number | undefined;
  /** Certificates of the peer that are read, behind its own; default 32. */
  readonly certificates?: number | undefined;
  /** Issuers that are tried in all; default 256. */
  readonly steps?: number | undefined;
  /** Signatures that are checked in all, those of revocation lists and OCSP among them; default 64. */
  readonly signatures?: number | undefined;
  /** Revocation lists and OCSP responses of the peer that are read; default 16. */
  readonly revocations?: number | undefined;
  /** Fetches in all; default 4. */
  readonly fetches?: number | undefined;
  /** Octets of one revocation list or OCSP response, from the peer or fetched; default 4 MiB. */
  readonly octets?: number | undefined;
  /** Milliseconds that one fetch may take: handed on to the callback, which keeps to it; default 5000. */
  readonly fetchTime?: number | undefined;
}

/** A path that is valid. */
export interface ValidPath {
  /** DER: the certificate first, the anchor last; one only where the certificate is an anchor itself. */
  readonly certificates: readonly Uint8Array[];
  /** Object identifiers of the policies that it is valid under; `2.5.29.32.0`: any. */
  readonly policies: readonly string[];
  /** What is known of each certificate but the anchor: `good` by a revocation list or OCSP, or `unknown`. */
  readonly revocation: readonly ('good' | 'unknown')[];
  /** How many signatures were checked. */
  readonly signatureChecks: number;
}
