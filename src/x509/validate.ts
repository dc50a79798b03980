/**
 * Is this certificate to be trusted, at this time, by these anchors? RFC 5280 section 6 with the profile of RFC 4945 section 5.1.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Certificate, readCertificate } from './certificate.js';
import { failureOf, refuseBroken, refuseWork } from './failures.js';
import { limitsOf } from './limits.js';
import type { RevocationCache } from './lru.js';
import { checkRevocation } from './revocation.js';
import { findPath } from './search.js';
import { readTrusted, type Trusted } from './trusted.js';
import { usageIdentifiers } from './usages.js';
import type { CertificateRules, ValidPath } from './validate-types.js';

/** What is to be validated, and by what. */
export interface CertificateQuestion extends CertificateRules {
  /** DER of the peer's certificate. */
  readonly certificate: Uint8Array;
  /** DER of others that may stand between, in any order; what is broken among them is left out. */
  readonly others?: readonly Uint8Array[] | undefined;
  /** DER of trust anchors: certificates of authorities, self-signed or not, or of the peer itself. They, too, have to be valid at `at`. */
  readonly anchors: readonly Uint8Array[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** DER of revocation lists. */
  readonly crls?: readonly Uint8Array[] | undefined;
  /** DER of OCSPResponses. */
  readonly ocspResponses?: readonly Uint8Array[] | undefined;
  /** Keeps what was fetched. */
  readonly cache?: RevocationCache | undefined;
}

/**
 * Builds a path from a certificate to a trust anchor and validates it. Signatures are checked by WebCrypto (`globalThis.crypto.subtle`); the work is
 * bounded by {@link CertificateLimits}, whatever the peer has sent.
 *
 * @throws IpsecError `authentication-failed`: why the certificate is not trusted. Others only for the caller's own mistakes: anchors that cannot be read
 *   (`invalid-config`).
 *
 * @example
 * ```ts
 * import { validateCertificate } from 'ipsec-ts/x509';
 *
 * const broken = new Uint8Array([0x30, 0x00]);
 * const at = 1_790_000_000_000;
 * const outcome = await validateCertificate({ certificate: broken, anchors: [], at }).catch((error) => error);
 * if (outcome.code !== 'authentication-failed') throw outcome;
 * ```
 */
export async function validateCertificate(question: CertificateQuestion): Promise<ValidPath> {
  // The lists of a question are a peer's: they are counted, and what is broken among them is left out.
  return validateWith(readTrusted({ anchors: question.anchors, responders: question.responders }), question);
}

/** {@link validateCertificate} with what was read before. */
export async function validateWith(trusted: Trusted, question: Omit<CertificateQuestion, 'anchors' | 'responders'>): Promise<ValidPath> {
  const limits = limitsOf(question.limits);
  const end = readEnd(question.certificate);
  const { anchors, intermediates } = trusted;
  const others = [...intermediates, ...(question.others ?? []).slice(0, limits.certificates).flatMap(readIfWhole)];
  const work = { signatures: 0, maxSignatures: limits.signatures };
  const rules = {
    at: question.at,
    extKeyUsages: usageIdentifiers(question.extendedKeyUsages),
    allowMissingBasicConstraints: question.allowMissingBasicConstraints ?? false,
    allowSha1: question.allowSha1,
    minRsaBits: question.minRsaBits,
    requirePolicy: question.requirePolicy ?? false,
    policies: question.policies,
    purpose: 'authentication',
  } as const;
  const found = await findPath(end, { anchors, others, rules, work, maxDepth: limits.depth, maxSteps: limits.steps });
  if ('kind' in found) throw failureOf(found, anchors);
  const revocation = await checkRevocation(found.path, { ...question, trusted, rules, work, limits }).catch((cause: unknown) => {
    throw cause instanceof IpsecError && cause.code !== 'authentication-failed'
      ? refuseWork(`the revocation of the certificate of ${end.title}`, cause)
      : cause;
  });
  return { certificates: found.path.map(({ der }) => der), policies: found.policies, revocation, signatureChecks: work.signatures };
}

function readEnd(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    throw refuseBroken("the peer's certificate", cause);
  }
}

function readIfWhole(der: Uint8Array): readonly Certificate[] {
  try {
    return [readCertificate(der)];
  } catch {
    return [];
  }
}
