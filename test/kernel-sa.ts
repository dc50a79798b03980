/** The Security Associations of the Linux-kernel cases (`vectors/linux-kernel`), in this library's terms. */
import { concat, fromHex } from '../src/bytes.js';
import { createSa, type SaConfig, type SecurityAssociation } from '../src/association.js';
import { parseAddress } from '../src/ip.js';
import { createIpcomp, deflate, type IpcompAssociation } from '../src/ipcomp.js';
import { aeadRows } from '../src/suite/aead.js';
import { encrRows } from '../src/suite/encr.js';
import { integRows } from '../src/suite/integ.js';
import { legacyRows } from '../src/suite/legacy.js';
import type { EncryptionRow, IntegrityRow } from '../src/suite/types.js';

/** One SA of a case, as the JSON has it. */
export interface KernelSa {
  dir: 'AB' | 'BA';
  proto: 'esp' | 'ah' | 'ipcomp';
  mode: 'tunnel' | 'transport';
  src: string;
  dst: string;
  spi: number;
  esn: boolean;
  replayWindow: number;
  startSeq?: string;
  aead?: { name: string; key: string; salt: string; icvBits: number };
  enc?: { name: string; key: string; salt?: string };
  auth?: { name: string; key: string; icvBits: number };
  comp?: { name: string };
  udpEncap?: { sport: number; dport: number } | null;
}
/** One packet of a case. */
interface KernelPacket {
  dir: 'AB' | 'BA';
  seq: string;
  outer: string;
  inner: string;
  plain?: string;
  outerFragments?: string[];
  tfcBytes?: number;
}
/** One case. */
export interface KernelCase {
  name: string;
  flags?: string[];
  sas: KernelSa[];
  packets: KernelPacket[];
}
/** One anti-replay or malformed-packet transcript. */
export interface KernelTranscript extends Omit<KernelSa, 'dir'> {
  kind: 'replay';
  name: string;
  receiverTop: string;
  packets: { seq: string; valid: boolean; made: string; outer: string; inner?: string }[];
  steps: { packet: number; seq: string; accepted: boolean; counter: string | null; top: string; note?: string }[];
}

const files = import.meta.glob<KernelCase | KernelTranscript>('../vectors/linux-kernel/*.json', { eager: true, import: 'default' });
const all = Object.values(files);
/** Every transcript. */
export const kernelTranscripts = all.filter((c): c is KernelTranscript => 'steps' in c);
/** Every packet case, those of algorithms that this library does not have included: see {@link isSupported}. */
export const kernelCases = all.filter((c): c is KernelCase => 'sas' in c);

const linuxAead: Record<string, string> = {
  'rfc4106(gcm(aes))': 'ENCR_AES_GCM_',
  'rfc4309(ccm(aes))': 'ENCR_AES_CCM_',
  'rfc4543(gcm(aes))': 'ENCR_NULL_AUTH_AES_GMAC',
  'rfc7539esp(chacha20,poly1305)': 'ENCR_CHACHA20_POLY1305',
};
const linuxEnc: Record<string, string> = {
  'cbc(aes)': 'ENCR_AES_CBC',
  'cbc(des)': 'ENCR_DES',
  'cbc(des3_ede)': 'ENCR_3DES',
  'ecb(cipher_null)': 'ENCR_NULL',
  'rfc3686(ctr(aes))': 'ENCR_AES_CTR',
};
const linuxAuth: Record<string, string> = {
  'hmac(md5)96': 'AUTH_HMAC_MD5_96',
  'hmac(sha1)96': 'AUTH_HMAC_SHA1_96',
  'hmac(sha256)96': 'AUTH_HMAC_SHA2_256_96',
  'hmac(sha256)128': 'AUTH_HMAC_SHA2_256_128',
  'hmac(sha384)192': 'AUTH_HMAC_SHA2_384_192',
  'hmac(sha512)256': 'AUTH_HMAC_SHA2_512_256',
  'xcbc(aes)96': 'AUTH_AES_XCBC_96',
  'cmac(aes)96': 'AUTH_AES_CMAC_96',
};
const rows: readonly (EncryptionRow | IntegrityRow)[] = [...aeadRows, ...encrRows, ...integRows, ...legacyRows];

/** Whether this library has all the algorithms of a case; Blowfish, Camellia, CAST and RIPEMD-160 are not in its scope. */
export function isSupported(sas: readonly Omit<KernelSa, 'dir'>[]): boolean {
  return sas.every((s) => (!s.enc || s.enc.name in linuxEnc) && (!s.auth || `${s.auth.name}${s.auth.icvBits}` in linuxAuth));
}

function find<K extends string>(kind: K, name: string, octets: number): { row: Extract<EncryptionRow | IntegrityRow, { kind: K }> } {
  const row = rows.find((r) => r.kind === kind && r.name === name && r.keyLength + r.saltLength === octets);
  if (!row) throw new Error(`no row ${name} with ${octets} octets of key`);
  return { row: row as Extract<EncryptionRow | IntegrityRow, { kind: K }> };
}

/** The configuration of one direction of an SA. */
export function kernelConfig(s: Omit<KernelSa, 'dir'>, flags: readonly string[] = []): SaConfig {
  const aead = s.aead && concat(fromHex(s.aead.key), fromHex(s.aead.salt));
  const name = s.aead && linuxAead[s.aead.name]!;
  const encKey = s.enc && concat(fromHex(s.enc.key), fromHex(s.enc.salt ?? ''));
  return {
    protocol: s.proto === 'ah' ? 'AH' : 'ESP',
    mode: s.mode,
    spi: s.spi,
    source: parseAddress(s.src),
    destination: parseAddress(s.dst),
    esn: s.esn,
    replayWindow: s.replayWindow,
    startSeq: BigInt(s.startSeq ?? '0'),
    encryption:
      s.aead && aead && name !== undefined
        ? { ...find('aead', name.endsWith('_') ? `${name}${s.aead.icvBits / 8}` : name, aead.length), key: aead }
        : s.enc && encKey
          ? { ...find('cipher', linuxEnc[s.enc.name]!, encKey.length), key: encKey }
          : undefined,
    integrity: s.auth && {
      ...find('integrity', linuxAuth[`${s.auth.name}${s.auth.icvBits}`]!, s.auth.key.length / 2),
      key: fromHex(s.auth.key),
    },
    ahPadding: s.proto === 'ah' && s.src.includes('.') ? (flags.includes('align4') ? 4 : 8) : undefined,
    encapsulation: s.udpEncap ? { sourcePort: s.udpEncap.sport, destinationPort: s.udpEncap.dport } : undefined,
    unsafeNoIntegrity: s.enc !== undefined && s.auth === undefined,
  };
}

/** The layers of one direction, outermost first. */
export function kernelLayers(c: KernelCase, dir: 'AB' | 'BA'): (SecurityAssociation | IpcompAssociation)[] {
  return c.sas
    .filter((s) => s.dir === dir)
    .map((s) =>
      s.proto === 'ipcomp'
        ? createIpcomp({ cpi: s.spi, mode: s.mode, source: parseAddress(s.src), destination: parseAddress(s.dst), codec: deflate })
        : createSa(kernelConfig(s, c.flags)),
    );
}
