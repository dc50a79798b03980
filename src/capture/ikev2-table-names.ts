/**
 * What Wireshark calls the algorithms of an IKEv2 SA, and what IANA calls them. Names and references as Wireshark 4 writes them; the name
 * of a cipher holds the length of its key.
 *
 * @module
 */

/** An encryption algorithm of the table. */
export interface TableCipher {
  /** IANA's name; absent where IKE has no such algorithm here. */
  readonly iana?: string;
  /** Bits of the key, without salt. */
  readonly bits?: number;
  /** Brings its own integrity check. */
  readonly isCombined?: true;
  /** What stands in brackets behind the name. */
  readonly reference: string;
}

/** An integrity algorithm of the table. */
export interface TableMac {
  /** IANA's name; absent for NONE, and for ICVs that nobody looks at. */
  readonly iana?: string;
  /** What stands in brackets behind the name. */
  readonly reference: string;
}

const sizes = [128, 192, 256] as const;

/** Encryption algorithms. */
export const tableCiphers: Readonly<Record<string, TableCipher>> = /* @__PURE__ */ Object.freeze({
  NULL: { reference: 'RFC2410' },
  '3DES': { iana: 'ENCR_3DES', bits: 192, reference: 'RFC2451' },
  ...bySize((bits) => [`AES-CBC-${bits}`, { iana: 'ENCR_AES_CBC', bits, reference: 'RFC3602' }]),
  ...bySize((bits) => [`AES-CTR-${bits}`, { iana: 'ENCR_AES_CTR', bits, reference: 'RFC5930' }]),
  ...combined('GCM'),
  ...combined('CCM'),
});

/** Integrity algorithms. */
export const tableMacs: Readonly<Record<string, TableMac>> = /* @__PURE__ */ Object.freeze({
  NONE: { reference: 'RFC4306' },
  HMAC_MD5_96: { iana: 'AUTH_HMAC_MD5_96', reference: 'RFC2403' },
  HMAC_SHA1_96: { iana: 'AUTH_HMAC_SHA1_96', reference: 'RFC2404' },
  HMAC_MD5_128: { iana: 'AUTH_HMAC_MD5_128', reference: 'RFC4595' },
  HMAC_SHA1_160: { iana: 'AUTH_HMAC_SHA1_160', reference: 'RFC4595' },
  HMAC_SHA2_256_128: { iana: 'AUTH_HMAC_SHA2_256_128', reference: 'RFC4868' },
  HMAC_SHA2_384_192: { iana: 'AUTH_HMAC_SHA2_384_192', reference: 'RFC4868' },
  HMAC_SHA2_512_256: { iana: 'AUTH_HMAC_SHA2_512_256', reference: 'RFC4868' },
  'ANY 64-bits of Authentication': { reference: 'No Checking' },
  'ANY 96-bits of Authentication': { reference: 'No Checking' },
  'ANY 128-bits of Authentication': { reference: 'No Checking' },
  'ANY 160-bits of Authentication': { reference: 'No Checking' },
  'ANY 192-bits of Authentication': { reference: 'No Checking' },
  'ANY 256-bits of Authentication': { reference: 'No Checking' },
});

function bySize(make: (bits: number) => readonly [string, TableCipher]): Record<string, TableCipher> {
  return Object.fromEntries(sizes.map(make));
}

function combined(mode: 'GCM' | 'CCM'): Record<string, TableCipher> {
  return Object.fromEntries(
    [16, 8, 12].flatMap((icv) =>
      sizes.map((bits) => [
        `AES-${mode}-${bits} with ${icv} octet ICV`,
        { iana: `ENCR_AES_${mode}_${icv}`, bits, isCombined: true, reference: 'RFC5282' },
      ]),
    ),
  );
}
