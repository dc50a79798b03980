/**
 * The shapes of algorithms. An algorithm is a row: a frozen value that says what it is and makes a keyed context. A caller
 * hands in the rows it wants; what it does not import is neither bundled nor negotiable. Faster engines are further rows of
 * the same names.
 *
 * A *context* is made once per Security Association and holds everything derived from the key. It works in place on
 * `buffer[start, end)`, allocates nothing of its own per packet, and never sees a number of a registry.
 *
 * @module
 */

/** A combined-mode algorithm (RFC 4106, 4309, 7634, 4543, 8750): encryption and integrity in one pass. */
export interface AeadRow {
  /** Tells rows apart. */
  readonly kind: 'aead';
  /** IANA's name, e.g. `ENCR_AES_GCM_16`. */
  readonly name: string;
  /** IANA's Transform Type 1 number. */
  readonly id: number;
  /** Octets of key without the salt. */
  readonly keyLength: number;
  /** Octets of salt at the end of the keying material. */
  readonly saltLength: number;
  /** Octets of IV carried in the packet; 0 with an implicit IV (RFC 8750). */
  readonly ivLength: number;
  /** RFC 8750: the IV is not sent, the sequence number stands for it. */
  readonly implicitIv: boolean;
  /** The plaintext's length must be a multiple of this before ESP's own alignment to 4. */
  readonly blockSize: number;
  /** Octets of Integrity Check Value. */
  readonly icvLength: number;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /** Keys the algorithm. @param key exactly `keyLength + saltLength` octets, copied. */
  create(key: Uint8Array): AeadContext;
}

/** Keyed state of one {@link AeadRow}. */
export interface AeadContext {
  /**
   * Encrypts `buffer[start, end)` in place and writes the ICV at `buffer[end, end + icvLength)`.
   * @param aad additional authenticated data: for ESP the SPI and the Sequence Number (with ESN the 64-bit one), for IKE the headers.
   * @param iv 8 octets: what the packet carries, or with an implicit IV the 64-bit sequence number. The nonce is salt ‖ iv.
   */
  seal(aad: Uint8Array, iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void;
  /**
   * Verifies the ICV at `buffer[end, end + icvLength)`, then decrypts `buffer[start, end)` in place.
   * @returns false when the ICV does not fit: then `buffer[start, end)` holds no plaintext (it may be wiped).
   */
  open(aad: Uint8Array, iv: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean;
  /** Overwrites every key, schedule and table with zeros; the context must not be used afterwards. */
  destroy(): void;
  /** The buffers that hold key material, for the test that reads them after `destroy`. */
  readonly secrets: readonly (Uint8Array | Uint32Array | Int32Array)[];
}

/** An encryption algorithm without integrity: AES-CBC, AES-CTR, NULL, and in `suite/legacy` DES and 3DES. */
export interface CipherRow {
  /** Tells rows apart. */
  readonly kind: 'cipher';
  /** IANA's name, e.g. `ENCR_AES_CBC`. */
  readonly name: string;
  /** IANA's Transform Type 1 number. */
  readonly id: number;
  /** Octets of key without the salt. */
  readonly keyLength: number;
  /** Octets of salt (RFC 3686 calls it nonce) at the end of the keying material. */
  readonly saltLength: number;
  /** Octets of IV carried in the packet. */
  readonly ivLength: number;
  /** How the IV has to be made: unpredictable (CBC), or merely never used twice (CTR). */
  readonly ivKind: 'random' | 'counter' | 'none';
  /** The plaintext's length must be a multiple of this. */
  readonly blockSize: number;
  /** True of ENCR_NULL alone: no confidentiality, so integrity is mandatory whatever the caller says. */
  readonly isNull: boolean;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /** Keys the algorithm. @param key exactly `keyLength + saltLength` octets, copied. */
  create(key: Uint8Array): CipherContext;
}

/** Keyed state of one {@link CipherRow}. */
export interface CipherContext {
  /** Encrypts `buffer[start, end)` in place; `end - start` is a multiple of the block size. */
  encrypt(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void;
  /** Decrypts `buffer[start, end)` in place. */
  decrypt(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void;
  /** Overwrites every key and schedule with zeros. */
  destroy(): void;
  /** The buffers that hold key material, for the test that reads them after `destroy`. */
  readonly secrets: readonly (Uint8Array | Uint32Array | Int32Array)[];
}

/** What the `encryption` of a Security Association may be. */
export type EncryptionRow = AeadRow | CipherRow;

/** An integrity algorithm (Transform Type 3). */
export interface IntegrityRow {
  /** Tells rows apart. */
  readonly kind: 'integrity';
  /** IANA's name, e.g. `AUTH_HMAC_SHA2_256_128`. */
  readonly name: string;
  /** IANA's Transform Type 3 number; 0 where none is assigned (quirks). */
  readonly id: number;
  /** Octets of key without the salt. */
  readonly keyLength: number;
  /** Octets of salt at the end of the keying material (AES-GMAC). */
  readonly saltLength: number;
  /** Octets of IV that AH carries in front of the ICV (AES-GMAC: 8, else 0). */
  readonly ivLength: number;
  /** Octets of Integrity Check Value after truncation. */
  readonly icvLength: number;
  /** Who computes: `noble`, `node`. */
  readonly engine: string;
  /** Keys the algorithm. @param key exactly `keyLength + saltLength` octets, copied. */
  create(key: Uint8Array): IntegrityContext;
}

/** Keyed state of one {@link IntegrityRow}: `begin`, any number of `update`, then one of the two `finish`. */
export interface IntegrityContext {
  /** Starts a message. @param iv `ivLength` octets; `EMPTY` for everything but AES-GMAC. */
  begin(iv: Uint8Array): void;
  /** Adds `data[start, end)`. */
  update(data: Uint8Array, start: number, end: number): void;
  /** Writes `icvLength` octets at `out[offset]`. */
  finishInto(out: Uint8Array, offset: number): void;
  /** Compares with the `icvLength` octets at `icv[offset]`, in time that does not depend on where they differ. */
  finishVerify(icv: Uint8Array, offset: number): boolean;
  /** Overwrites every key and inner state with zeros. */
  destroy(): void;
  /** The buffers that hold key material, for the test that reads them after `destroy`. */
  readonly secrets: readonly (Uint8Array | Uint32Array | Int32Array)[];
}

/** Fills `target[start, end)` with random octets; the library's only source of chance, handed in by the caller. */
export type FillRandom = (target: Uint8Array) => void;
