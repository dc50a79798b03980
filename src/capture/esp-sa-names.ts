/**
 * What Wireshark calls the algorithms of ESP, and what IANA calls them. Names and references as Wireshark 4 writes them.
 *
 * @module
 */

/** An encryption algorithm of the table. */
export interface TableEncryption {
  /** IANA's name; absent where we have no such algorithm. */
  readonly iana?: string;
  /** Brings its own integrity check. */
  readonly combined?: true;
  /** What stands in brackets behind the name. */
  readonly reference?: string;
}

/** An authentication algorithm of the table. */
export interface TableIntegrity {
  /** IANA's name; absent where we have no such algorithm. */
  readonly iana?: string;
  /** Octets of ICV that are cut off and not looked at. */
  readonly unchecked?: number;
  /** What stands in brackets behind the name. */
  readonly reference?: string;
}

/** Encryption algorithms. */
export const tableEncryption: Readonly<Record<string, TableEncryption>> = Object.freeze({
  NULL: { iana: 'ENCR_NULL' },
  'TripleDES-CBC': { iana: 'ENCR_3DES', reference: 'RFC2451' },
  'AES-CBC': { iana: 'ENCR_AES_CBC', reference: 'RFC3602' },
  'AES-CTR': { iana: 'ENCR_AES_CTR', reference: 'RFC3686' },
  'DES-CBC': { iana: 'ENCR_DES', reference: 'RFC2405' },
  'CAST5-CBC': { reference: 'RFC2144' },
  'BLOWFISH-CBC': { reference: 'RFC2451' },
  'TWOFISH-CBC': {},
  // Older versions: the length of the ICV is in the authentication column.
  'AES-GCM': { combined: true, reference: 'RFC4106' },
  'AES-GCM with 8 octet ICV': { iana: 'ENCR_AES_GCM_8', combined: true, reference: 'RFC4106' },
  'AES-GCM with 12 octet ICV': { iana: 'ENCR_AES_GCM_12', combined: true, reference: 'RFC4106' },
  'AES-GCM with 16 octet ICV': { iana: 'ENCR_AES_GCM_16', combined: true, reference: 'RFC4106' },
  'ChaCha20 with Poly1305': { iana: 'ENCR_CHACHA20_POLY1305', combined: true, reference: 'RFC7634' },
});

/** Authentication algorithms. */
export const tableIntegrity: Readonly<Record<string, TableIntegrity>> = Object.freeze({
  NULL: {},
  'HMAC-SHA-1-96': { iana: 'AUTH_HMAC_SHA1_96', reference: 'RFC2404' },
  'HMAC-SHA-256-96': { iana: 'AUTH_HMAC_SHA2_256_96', reference: 'draft-ietf-ipsec-ciph-sha-256-00' },
  'HMAC-SHA-256-128': { iana: 'AUTH_HMAC_SHA2_256_128', reference: 'RFC4868' },
  'HMAC-SHA-384-192': { iana: 'AUTH_HMAC_SHA2_384_192', reference: 'RFC4868' },
  'HMAC-SHA-512-256': { iana: 'AUTH_HMAC_SHA2_512_256', reference: 'RFC4868' },
  'HMAC-MD5-96': { iana: 'AUTH_HMAC_MD5_96', reference: 'RFC2403' },
  'MAC-RIPEMD-160-96': { reference: 'RFC2857' },
  'AES-XCBC-MAC-96': { iana: 'AUTH_AES_XCBC_96', reference: 'RFC3566' },
  'ANY 64 bit authentication': { unchecked: 8, reference: 'no checking' },
  'ANY 96 bit authentication': { unchecked: 12, reference: 'no checking' },
  'ANY 128 bit authentication': { unchecked: 16, reference: 'no checking' },
  'ANY 192 bit authentication': { unchecked: 24, reference: 'no checking' },
  'ANY 256 bit authentication': { unchecked: 32, reference: 'no checking' },
});

/** A name without what stands in brackets behind it. */
export function baseName(name: string): string {
  return name.replace(/\s*\[[^\]]*\]\s*$/, '').trim();
}

/** IANA's name of the encryption of a line; undefined where we cannot do it. */
export function encryptionOf(encryption: string, integrity: string): { name: string; combined: boolean } | undefined {
  const { iana, combined = false } = tableEncryption[encryption]!;
  if (iana !== undefined) return { name: iana, combined };
  if (encryption !== 'AES-GCM') return undefined;
  const octets = integrity === 'NULL' ? 16 : tableIntegrity[integrity]!.unchecked;
  return octets === 8 || octets === 12 || octets === 16 ? { name: `ENCR_AES_GCM_${octets}`, combined } : undefined;
}

/** IANA's name of the integrity of a line, `none`, or undefined where we cannot do it. */
export function integrityOf(encryption: string, integrity: string): string | undefined {
  const { iana } = tableIntegrity[integrity]!;
  if (tableEncryption[encryption]!.combined === true) return iana === undefined ? 'none' : undefined;
  return integrity === 'NULL' ? 'none' : iana;
}
