/**
 * The shapes of public keys and of signature algorithms: what the AUTH payload of RFC 7296 section 3.8, RFC 4754, RFC 7427 and RFC 8420 is made with.
 * Rows like all others: a caller hands in those that it takes, and faster engines are further rows of the same names.
 *
 * @module
 */

/** A public key. `spki` is its SubjectPublicKeyInfo in DER (RFC 5280 section 4.1): what two equal keys have in common. */
export type PublicKey =
  | {
      /** RFC 8017. */
      readonly type: 'RSA';
      /** The modulus, big-endian, without leading zeros. */
      readonly modulus: Uint8Array;
      /** The public exponent, big-endian, without leading zeros. */
      readonly exponent: Uint8Array;
      /** DER. */
      readonly spki: Uint8Array;
    }
  | {
      /** RFC 5480. */
      readonly type: 'EC';
      /** The curve. */
      readonly curve: 'P-256' | 'P-384' | 'P-521';
      /** The point, uncompressed: 0x04, x, y. */
      readonly point: Uint8Array;
      /** DER. */
      readonly spki: Uint8Array;
    }
  | {
      /** RFC 8410. */
      readonly type: 'Ed25519' | 'Ed448';
      /** 32 or 57 octets. */
      readonly point: Uint8Array;
      /** DER. */
      readonly spki: Uint8Array;
    };

/** IANA's IKEv2 Hash Algorithms (RFC 7427 section 4, RFC 8420 section 2) that are known here. */
export type SignatureHash = 'SHA1' | 'SHA2-256' | 'SHA2-384' | 'SHA2-512' | 'Identity';

/** One signature algorithm. */
export interface SignatureRow {
  /** Tells rows apart. */
  readonly kind: 'sign';
  /** The name of RFC 7427 appendix A or RFC 8420, e.g. `sha256WithRSAEncryption`, `ecdsa-with-SHA384`, `id-Ed25519`; of PSS with its hash: `RSASSA-PSS with SHA2-256`. */
  readonly name: string;
  /** What configurations call it, e.g. `rsa-sha256`; the name of the export is near it. */
  readonly shortName: string;
  /** The keys that it is for. ECDSA rows serve every curve. */
  readonly keyType: PublicKey['type'];
  /** The hash that it begins with. RFC 8420 has "Identity" for EdDSA, which takes the message itself. */
  readonly hash: SignatureHash;
  /** The AlgorithmIdentifier in DER, as it is sent in an AUTH payload of RFC 7427. */
  readonly algorithmIdentifier: Uint8Array;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /**
   * Whether a signature is right. What is malformed is wrong: it throws nothing.
   *
   * @param signature RSA: as long as the modulus; ECDSA: r | s, each as long as the order of the curve (RFC 4754 section 7: the concatenation); EdDSA: 64 or 114 octets.
   */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Signs, with a private key that is at hand as octets: ECDSA (a scalar as long as the order), EdDSA (the seed). RSA rows have none: private RSA operations are
   * asked for.
   *
   * @param key the public half, which says the curve.
   */
  readonly sign?: ((key: PublicKey, privateKey: Uint8Array, message: Uint8Array) => Uint8Array) | undefined;
  /**
   * ECDSA alone: {@link verify} of what is a hash already. IKEv1 signs HASH_I and HASH_R as they are (RFC 2409 section 5.1).
   *
   * @param hash as long as `hash` of the row makes it.
   */
  readonly verifyHash?: ((key: PublicKey, hash: Uint8Array, signature: Uint8Array) => boolean) | undefined;
  /** ECDSA alone: {@link sign} of what is a hash already. */
  readonly signHash?: ((key: PublicKey, privateKey: Uint8Array, hash: Uint8Array) => Uint8Array) | undefined;
}
