/**
 * What there is to say against keys and certificates of a configuration.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import type { Finding } from '../../endpoint.js';
import { describePublicKey } from '../../suite/public-key.js';
import type { PublicKey } from '../../suite/types-sign.js';

/** Two weeks: who renews certificates wants to know before. */
const soon = 14 * 86_400_000;

/** Dates. @param i its place in the chain. @param now milliseconds since 1970. */
export function lintCertificate(der: Uint8Array, i: number, path: string, now: number): Finding[] {
  const certificate = readX509(der);
  if (!certificate) return [];
  const which = i === 0 ? 'the certificate' : `the certificate of ${subjectOf(certificate)}`;
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const rfc = 'RFC 5280 section 4.1.2.5';
  if (now > to) return [{ path, level: 'error', message: `${which} has expired at ${isoOf(to)}`, rfc }];
  if (now < from) return [{ path, level: 'error', message: `${which} is not valid before ${isoOf(from)}`, rfc }];
  if (now > to - soon) return [{ path, level: 'warning', message: `${which} expires at ${isoOf(to)}`, rfc }];
  return [];
}

/** A trust anchor: dates, and whether it is one. */
export function lintAuthority(der: Uint8Array, path: string, now: number): Finding[] {
  const certificate = readX509(der);
  if (!certificate) return [];
  const findings = lintCertificate(der, 1, path, now);
  if (!certificate.ca)
    findings.push({
      path,
      level: 'warning',
      message: `${subjectOf(certificate)} is no certification authority: it vouches for nobody but itself`,
      rfc: 'RFC 5280 section 4.2.1.9',
    });
  return findings;
}

/** Keys that are too short. */
export function lintKey(key: PublicKey, path: string): Finding[] {
  if (key.type !== 'RSA' || key.modulus.length >= 256) return [];
  // RFC 8247 section 3.1.1: "key sizes less than 2048 are updated to SHOULD NOT"
  return [
    {
      path,
      level: 'warning',
      message: `${describePublicKey(key)} is too short; RSA keys need 2048 bits or more`,
      rfc: 'RFC 8247 section 3.1.1',
    },
  ];
}

/** The subject of a certificate, for errors. */
export function titleOf(der: Uint8Array): string {
  const certificate = readX509(der);
  return certificate ? subjectOf(certificate) : 'somebody';
}

/** Its subject on one line. */
function subjectOf({ subject, serialNumber }: X509Certificate): string {
  return JSON.stringify((subject as string | undefined)?.split('\n').reverse().join(', ') ?? `serial number ${serialNumber}`);
}

/** As Node reads it; what it cannot read is judged where it is used. */
export function readX509(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function isoOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
