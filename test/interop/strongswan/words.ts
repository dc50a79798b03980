/** strongSwan's words for algorithms, and IANA's. */

/** One transform of a proposal by IANA's name. `keyLength` in bits, where the algorithm has several. */
export interface Transform {
  readonly type: 'ENCR' | 'PRF' | 'INTEG' | 'KE';
  readonly name: string;
  readonly keyLength?: number;
}

const aes = (word: string, name: string): [string, Transform][] =>
  [128, 192, 256].map((bits) => [word.replace('*', String(bits)), { type: 'ENCR', name, keyLength: bits }]);
const one = (type: Transform['type'], table: Record<string, string>): [string, Transform][] =>
  Object.entries(table).map(([word, name]) => [word, { type, name }]);

const words: ReadonlyMap<string, Transform> = new Map([
  ...aes('aes*gcm16', 'ENCR_AES_GCM_16'),
  ...aes('aes*gcm12', 'ENCR_AES_GCM_12'),
  ...aes('aes*gcm8', 'ENCR_AES_GCM_8'),
  ...aes('aes*ccm16', 'ENCR_AES_CCM_16'),
  ...aes('aes*ccm12', 'ENCR_AES_CCM_12'),
  ...aes('aes*ccm8', 'ENCR_AES_CCM_8'),
  ...aes('aes*', 'ENCR_AES_CBC'),
  ...aes('aes*ctr', 'ENCR_AES_CTR'),
  ...one('ENCR', { chacha20poly1305: 'ENCR_CHACHA20_POLY1305', '3des': 'ENCR_3DES', null: 'ENCR_NULL' }),
  ...one('PRF', {
    prfmd5: 'PRF_HMAC_MD5',
    prfsha1: 'PRF_HMAC_SHA1',
    prfsha256: 'PRF_HMAC_SHA2_256',
    prfsha384: 'PRF_HMAC_SHA2_384',
    prfsha512: 'PRF_HMAC_SHA2_512',
    prfaesxcbc: 'PRF_AES128_XCBC',
    prfaescmac: 'PRF_AES128_CMAC',
  }),
  ...one('INTEG', {
    md5: 'AUTH_HMAC_MD5_96',
    sha1: 'AUTH_HMAC_SHA1_96',
    sha256: 'AUTH_HMAC_SHA2_256_128',
    sha384: 'AUTH_HMAC_SHA2_384_192',
    sha512: 'AUTH_HMAC_SHA2_512_256',
    aesxcbc: 'AUTH_AES_XCBC_96',
    aescmac: 'AUTH_AES_CMAC_96',
  }),
  ...one('KE', {
    x25519: 'curve25519',
    x448: 'curve448',
    ecp256: 'ecp256',
    ecp384: 'ecp384',
    ecp521: 'ecp521',
    ecp256bp: 'brainpoolP256r1',
    ecp384bp: 'brainpoolP384r1',
    ecp512bp: 'brainpoolP512r1',
    ...Object.fromEntries(
      ['768', '1024', '1536', '2048', '3072', '4096', '6144', '8192', '1024s160', '2048s224', '2048s256'].map((n) => [
        `modp${n}`,
        `modp${n}`,
      ]),
    ),
  }),
]);

/** The transforms of each proposal in `aes128gcm16-prfsha256-x25519,aes256-sha256-modp2048`. */
export function parseProposals(text: string): Transform[][] {
  return text.split(',').map((proposal) =>
    proposal.split('-').map((word) => {
      const transform = words.get(word);
      if (transform === undefined) throw new Error(`no such word in test/interop/strongswan/words.ts: ${word}`);
      return transform;
    }),
  );
}
