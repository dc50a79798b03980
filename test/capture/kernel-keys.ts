/** Key files and captures for the Linux-kernel cases, as a user would have them. */
import { fromHex } from '../../src/bytes.js';
import { writePcap } from '../../src/capture/pcap.js';
import { deflate } from '../../src/ipcomp.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import type { KernelSa } from '../kernel-sa.js';

const both: readonly (EncryptionRow | IntegrityRow)[] = [...aeadRows, ...encrRows, ...integRows, ...legacyRows];

/** Everything that the command line has. */
export const options = {
  rows: {
    encryption: both.filter((row): row is EncryptionRow => row.kind !== 'integrity'),
    integrity: both.filter((row): row is IntegrityRow => row.kind === 'integrity'),
  },
  codec: deflate,
};

const names: Readonly<Record<string, string>> = {
  'rfc4106(gcm(aes))': 'ENCR_AES_GCM_',
  'rfc4309(ccm(aes))': 'ENCR_AES_CCM_',
  'rfc4543(gcm(aes))': 'ENCR_NULL_AUTH_AES_GMAC',
  'rfc7539esp(chacha20,poly1305)': 'ENCR_CHACHA20_POLY1305',
  'cbc(aes)': 'ENCR_AES_CBC',
  'cbc(des)': 'ENCR_DES',
  'cbc(des3_ede)': 'ENCR_3DES',
  'ecb(cipher_null)': 'ENCR_NULL',
  'rfc3686(ctr(aes))': 'ENCR_AES_CTR',
  'hmac(md5)96': 'AUTH_HMAC_MD5_96',
  'hmac(sha1)96': 'AUTH_HMAC_SHA1_96',
  'hmac(sha256)96': 'AUTH_HMAC_SHA2_256_96',
  'hmac(sha256)128': 'AUTH_HMAC_SHA2_256_128',
  'hmac(sha384)192': 'AUTH_HMAC_SHA2_384_192',
  'hmac(sha512)256': 'AUTH_HMAC_SHA2_512_256',
  'xcbc(aes)96': 'AUTH_AES_XCBC_96',
  'cmac(aes)96': 'AUTH_AES_CMAC_96',
};

const protocols = { esp: 'ESP', ah: 'AH', ipcomp: 'IPCOMP' } as const;

/** One entry of `sas`; Linux pads AH over IPv4 to 8 octets unless the SA has the flag `align4`. */
export function jsonSa(s: Omit<KernelSa, 'dir'>, flags: readonly string[] = []): Record<string, unknown> {
  const name = s.aead && names[s.aead.name]!;
  const encryption =
    s.aead && name !== undefined
      ? { name: name.endsWith('_') ? `${name}${s.aead.icvBits / 8}` : name, key: s.aead.key + s.aead.salt }
      : s.enc && { name: names[s.enc.name], key: s.enc.key + (s.enc.salt ?? '') };
  return {
    protocol: protocols[s.proto],
    mode: s.mode,
    spi: `0x${s.spi.toString(16).padStart(8, '0')}`,
    source: s.src,
    destination: s.dst,
    ...(encryption && { encryption }),
    ...(s.auth && { integrity: { name: names[`${s.auth.name}${s.auth.icvBits}`], key: s.auth.key } }),
    esn: s.esn,
    replayWindow: s.replayWindow,
    startSeq: s.startSeq ?? '0',
    ...(s.udpEncap && { encapsulation: { protocol: 'udp', sourcePort: s.udpEncap.sport, destinationPort: s.udpEncap.dport } }),
    ...(s.proto === 'ah' && s.src.includes('.') && { ahPadding: flags.includes('align4') ? 4 : 8 }),
    ...(s.enc && !s.auth && { unsafeNoIntegrity: true }),
  };
}

/** keys.json. */
export function keyFile(sas: readonly Record<string, unknown>[]): string {
  return JSON.stringify({ sas });
}

/** A capture of raw IP packets in hexadecimal, a second apart. */
export function capture(packets: readonly string[]): Uint8Array {
  return writePcap(
    { linkType: 101 },
    packets.map((hex, i) => ({ time: { seconds: i, nanoseconds: 0 }, data: fromHex(hex) })),
  );
}
