/**
 * Keys in the form of Wireshark's tables, for hosts that ask for them. What Wireshark has no name for becomes a comment.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { formatAddress } from '../ip.js';
import type { IkeAction } from '../ikev2/events.js';
import type { ChildSa, ChildSaKeyPair, Path } from '../ikev2/states.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';

type Keys = Extract<IkeAction, { type: 'keys' }>;

/** A line of `ikev2_decryption_table`. */
export function decryptionTableLine({ spiI, spiR, suite, keys }: Keys): string {
  const { encryption, integrity } = suite;
  const cipher = ikeCipher(encryption);
  const mac = integrity ? ikeMacs[integrity.name] : 'NONE [RFC4306]';
  const named = cipher !== undefined && mac !== undefined;
  if (!named) return `# ${toHex(spiI)}: ${encryption.name}${integrity ? ` with ${integrity.name}` : ''} has no place in this table`;
  const { SK_ei, SK_er, SK_ai, SK_ar } = keys;
  return [spiI, spiR, SK_ei, SK_er].map(toHex).join() + `,"${cipher}",${toHex(SK_ai)},${toHex(SK_ar)},"${mac}"`;
}

/** Two lines of `esp_sa`, one for each direction. */
export function espSaLines(child: ChildSa, { local, remote }: Path, keys: ChildSaKeyPair): string[] {
  const { suite, spiIn, spiOut } = child;
  const cipher = suite.encryption && espCipher(suite.encryption);
  const mac = suite.integrity ? espMac(suite.integrity) : 'NULL';
  if (cipher === undefined || mac === undefined)
    return [
      `# 0x${spiIn.toString(16)}: ${suite.protocol} ${suite.encryption?.name ?? ''} ${suite.integrity?.name ?? ''} has no place in this table`,
    ];
  const line = (from: Uint8Array, to: Uint8Array, spi: number, key: ChildSaKeyPair['inbound']): string => {
    const fields = [
      from.length === 4 ? 'IPv4' : 'IPv6',
      formatAddress(from),
      formatAddress(to),
      `0x${spi.toString(16).padStart(8, '0')}`,
      cipher,
      key.encryption && key.encryption.length > 0 ? `0x${toHex(key.encryption)}` : '',
      mac,
      suite.integrity && key.integrity ? `0x${toHex(key.integrity)}` : '',
      ...(suite.esn ? ['64-bit'] : []),
    ];
    return fields.map((field) => `"${field}"`).join();
  };
  return [line(remote.address, local.address, spiIn, keys.inbound), line(local.address, remote.address, spiOut, keys.outbound)];
}

function ikeCipher({ name, keyLength }: EncryptionRow): string | undefined {
  const combined = /^ENCR_AES_(GCM|CCM)_(\d+)$/.exec(name);
  if (combined) return `AES-${combined[1]!}-${keyLength * 8} with ${combined[2]!} octet ICV [RFC5282]`;
  if (name === 'ENCR_AES_CBC') return `AES-CBC-${keyLength * 8} [RFC3602]`;
  if (name === 'ENCR_AES_CTR') return `AES-CTR-${keyLength * 8} [RFC5930]`;
  return name === 'ENCR_3DES' ? '3DES [RFC2451]' : undefined;
}

const ikeMacs: Readonly<Record<string, string | undefined>> = /* @__PURE__ */ Object.freeze({
  AUTH_HMAC_MD5_96: 'HMAC_MD5_96 [RFC2403]',
  AUTH_HMAC_SHA1_96: 'HMAC_SHA1_96 [RFC2404]',
  AUTH_HMAC_SHA2_256_128: 'HMAC_SHA2_256_128 [RFC4868]',
  AUTH_HMAC_SHA2_384_192: 'HMAC_SHA2_384_192 [RFC4868]',
  AUTH_HMAC_SHA2_512_256: 'HMAC_SHA2_512_256 [RFC4868]',
});

function espCipher({ name }: EncryptionRow): string | undefined {
  const gcm = /^ENCR_AES_GCM_(\d+)$/.exec(name);
  return gcm ? `AES-GCM with ${gcm[1]!} octet ICV [RFC4106]` : espCiphers[name];
}

const espCiphers: Readonly<Record<string, string | undefined>> = /* @__PURE__ */ Object.freeze({
  ENCR_NULL: 'NULL',
  ENCR_3DES: 'TripleDES-CBC [RFC2451]',
  ENCR_AES_CBC: 'AES-CBC [RFC3602]',
  ENCR_AES_CTR: 'AES-CTR [RFC3686]',
  ENCR_CHACHA20_POLY1305: 'ChaCha20 with Poly1305 [RFC7634]',
});

function espMac({ name }: IntegrityRow): string | undefined {
  const sha2 = /^AUTH_HMAC_SHA2_(\d+)_(\d+)$/.exec(name);
  if (sha2) return `HMAC-SHA-${sha2[1]!}-${sha2[2]!} [RFC4868]`;
  if (name === 'AUTH_HMAC_SHA1_96') return 'HMAC-SHA-1-96 [RFC2404]';
  return name === 'AUTH_AES_XCBC_96' ? 'AES-XCBC-MAC-96 [RFC3566]' : undefined;
}
