/**
 * A certificate for people: who, by whom, until when, which key, which identities it may claim in IKE, and what is wrong with it.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { decodePublicKey, describePublicKey } from '../suite/public-key.js';
import { sha256 } from '../suite/sha256.js';
import type { PublicKey } from '../suite/types-sign.js';
import { formatDistinguishedName } from '../traffic-selector.js';
import { type CertificateName, formatIdentityText, namesOfFields } from './identity.js';
import { printable } from './printable.js';
import { type CertificateFields, readFields } from './read-fields.js';
import { formatTime } from './read-time.js';
import { readUsages, type Usages } from './read-usages.js';

/** What there is to say of a certificate. */
export interface CertificateSummary {
  /** As text, leaf first; empty: it has none. */
  readonly subject: string;
  /** As text, leaf first. */
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** `2026-01-01T00:00:00Z`. */
  readonly notBefore: string;
  /** The last moment. */
  readonly notAfter: string;
  /** Whether it is valid at the time that was asked for: its own dates, nothing else. */
  readonly isTimely: boolean;
  /** `RSA-2048`, `EC P-256`; undefined: not one that IKEv2 signs with. */
  readonly key: string | undefined;
  /** Whether it may issue certificates. */
  readonly isCa: boolean;
  /** Absent: everything. */
  readonly keyUsage: readonly string[] | undefined;
  /** Absent: everything. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** SHA-256 of the whole, hexadecimal. */
  readonly sha256: string;
  /** What it may claim, in the form that `parseIdentity` reads, with its type. */
  readonly identities: readonly {
    /** `ID_FQDN` ... */
    readonly type: string;
    /** As `parseIdentity` reads it. */
    readonly text: string;
  }[];
  /** Names that allow nothing. */
  readonly unusable: readonly {
    /** `dNSName` ... */
    readonly kind: string;
    /** For people. */
    readonly text: string;
    /** Why. */
    readonly why: string;
  }[];
  /** What a peer may refuse it for. */
  readonly warnings: readonly string[];
}

const DAY = 86_400_000;
const SOON = 30 * DAY;

/**
 * Reads a certificate and what there is to say of it. Nothing is verified: neither its signature nor who issued it.
 *
 * @param certificate DER.
 * @param at milliseconds since 1970: the time at which it is to be valid.
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets`.
 */
export function summarizeCertificate(certificate: Uint8Array, at: number): CertificateSummary {
  const fields = readFields(certificate);
  const names = namesOfFields(fields);
  const usages = readUsages(fields);
  const key = keyOf(fields.spki);
  return {
    subject: formatDistinguishedName(fields.subject),
    issuer: formatDistinguishedName(fields.issuer),
    serial: toHex(fields.serial),
    notBefore: formatTime(fields.notBefore),
    notAfter: formatTime(fields.notAfter),
    isTimely: at >= fields.notBefore && at <= fields.notAfter,
    key: key instanceof IpsecError ? undefined : describePublicKey(key),
    ...usages,
    sha256: toHex(sha256(certificate)),
    identities: names.flatMap(({ identity }) => (identity ? [{ type: identity.type, text: formatIdentityText(identity) }] : [])),
    unusable: names.flatMap(({ kind, text, whyNot }) => (whyNot === undefined ? [] : [{ kind, text: printable(text), why: whyNot }])),
    warnings: [...timeWarnings(fields, at), ...keyWarnings(key, fields), ...usageWarnings(usages), ...nameWarnings(names, usages)],
  };
}

/**
 * The same as lines of text.
 *
 * @returns lines without a line end behind the last.
 * @throws IpsecError as {@link summarizeCertificate}.
 *
 * @example
 * ```ts
 * import { describeCertificate, readCertificates } from 'ipsec-ts/x509';
 *
 * function show(pem: string, now: number): string {
 *   return readCertificates(pem)
 *     .map((certificate) => describeCertificate(certificate, now))
 *     .join('\n\n');
 * }
 * if (show.length !== 2) throw new Error('never');
 * ```
 */
export function describeCertificate(certificate: Uint8Array, at: number): string {
  const summary = summarizeCertificate(certificate, at);
  const { subject, issuer, serial, notBefore, notAfter, key, isCa, keyUsage, extendedKeyUsage, identities, unusable } = summary;
  const types = identities.map(({ type }) => type.length);
  const width = Math.max(0, ...types);
  const rows = [
    ['subject', subject === '' ? 'none' : printable(subject, Infinity)],
    ['issuer', printable(issuer, Infinity)],
    ['serial', serial],
    ['valid', `${notBefore} to ${notAfter}`],
    ['key', `${key ?? 'unknown'}${isCa ? ', of a certification authority' : ''}`],
    ['usage', [...(keyUsage ?? []), ...(extendedKeyUsage ?? [])].join(', ') || 'not limited'],
    ['SHA-256', (summary.sha256.match(/../g) ?? []).join(':')],
  ] as const;
  return [
    ...rows.map(([name, value]) => `${name.padEnd(8)} ${value}`),
    identities.length > 0 ? 'may claim in IKE' : 'may claim nothing in IKE',
    ...identities.map(({ type, text }) => `  ${type.padEnd(width)}  ${printable(text, Infinity)}`),
    ...unusable.map(({ kind, text, why }) => `  not ${kind} ${text}: ${why}`),
    ...summary.warnings.map((text) => `warning: ${text}`),
  ].join('\n');
}

function keyOf(spki: Uint8Array): PublicKey | IpsecError {
  try {
    return decodePublicKey(spki);
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
}

function timeWarnings({ notBefore, notAfter }: CertificateFields, at: number): string[] {
  if (at < notBefore) return [`it is not valid before ${formatTime(notBefore)}`];
  if (at > notAfter) return [`it expired at ${formatTime(notAfter)}`];
  const days = Math.floor((notAfter - at) / DAY);
  return notAfter - at < SOON ? [days < 1 ? 'it expires within a day' : `it expires in ${days} ${days === 1 ? 'day' : 'days'}`] : [];
}

function keyWarnings(key: PublicKey | IpsecError, { signatureAlgorithm }: CertificateFields): string[] {
  const weak = oldSignatures[signatureAlgorithm];
  const own =
    key instanceof IpsecError
      ? [`its key cannot be used: ${key.message}`]
      : key.type === 'RSA' && key.modulus.length < 256
        ? // RFC 8247 section 4.1
          ['RSA keys below 2048 bits are too weak']
        : [];
  return weak === undefined ? own : [...own, `it is signed with ${weak}, which is broken`];
}

const oldSignatures: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
});

function usageWarnings({ keyUsage, extendedKeyUsage, isCa }: Usages): string[] {
  const warnings: string[] = [];
  if (isCa) warnings.push('it is of a certification authority: trust it, but do not claim an identity with it');
  // RFC 4945 section 5.1.3.2: "If KU present and doesn't mention digitalSignature or nonRepudiation (both, in addition to other KUs, is also fine), reject cert."
  if (!isCa && keyUsage !== undefined && !keyUsage.includes('digitalSignature') && !keyUsage.includes('nonRepudiation'))
    warnings.push('its keyUsage has neither digitalSignature nor nonRepudiation: peers refuse it (RFC 4945 section 5.1.3.2)');
  // RFC 4945 section 5.1.3.12: "If EKU present AND contains either id-kp-ipsecIKE or anyExtendedKeyUsage, continue."
  const forIke = ['ipsecIKE', 'anyExtendedKeyUsage', 'iKEIntermediate'];
  if (!isCa && extendedKeyUsage !== undefined && !extendedKeyUsage.some((name) => forIke.includes(name)))
    warnings.push('its extendedKeyUsage has not ipsecIKE: peers may refuse it (RFC 4945 section 5.1.3.12)');
  return warnings;
}

function nameWarnings(names: readonly CertificateName[], { isCa }: Usages): string[] {
  const usable = names.filter(({ identity }) => identity !== undefined);
  if (isCa || usable.some(({ kind }) => kind !== 'subject')) return [];
  return [
    usable.length === 0
      ? 'it holds no name that can be claimed'
      : 'it has no subjectAltName that can be claimed: only its whole subject can, as ID_DER_ASN1_DN',
  ];
}
