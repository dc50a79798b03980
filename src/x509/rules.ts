/**
 * Path validation (RFC 5280 section 6.1) of a path whose signatures are known to be right, and by good algorithms: names, times, constraints, usages, policies.
 *
 * @module
 */
import type { Certificate } from './certificate.js';
import { addNameRules, explainNames, noNameRules } from './constraints.js';
import { keyUsageBits } from './extensions.js';
import { applyPolicies, beginPolicies, endPolicies, type PolicyState, preparePolicies } from './policies.js';
import { type Complaint, explainKey, type Weakness } from './signature.js';
import { usageName } from './usages.js';
import { formatTime } from './read-time.js';
import { keyUsageNames } from './read-usages.js';

/** What a path has to keep to. */
export interface PathRules extends Weakness {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Object identifiers of extended key usages, one of which has to be there where any are. */
  readonly extKeyUsages: readonly string[];
  /** Whether certificates above the first need basicConstraints. */
  readonly allowMissingBasicConstraints: boolean;
  /** Whether a policy has to be valid along the whole path. */
  readonly requirePolicy: boolean;
  /** Which ones; undefined: any. */
  readonly policies: readonly string[] | undefined;
  /** The first certificate is to sign: `authentication` (RFC 4945 section 5.1.3.2), or OCSP responses. */
  readonly purpose: 'authentication' | 'ocsp';
}

/** What is wrong, and with which certificate. */
export interface PathComplaint extends Complaint {
  /** Its place in the path; 0 is the first. */
  readonly index: number;
}

/**
 * Why a path is not good; else the policies that it is valid under.
 *
 * @param path from the peer's certificate to the anchor, which belongs to it; one certificate alone is an anchor itself.
 */
export function explainPath(path: readonly Certificate[], rules: PathRules): PathComplaint | readonly string[] {
  const last = path.length - 1;
  let names = noNameRules;
  let policies: PolicyState = beginPolicies(last, rules.requirePolicy || rules.policies !== undefined);
  // Authorities below each one; the self-issued do not count.
  const below = path.map((_, i) => path.slice(1, i).filter((c) => !isSelfIssued(c)).length);
  for (let i = last; i >= 0; i--) {
    const certificate = path[i]!;
    const isAnchor = i === last;
    const selfIssued = isSelfIssued(certificate);
    const complaint =
      explainCertificate(certificate, rules) ??
      (i > 0 ? explainAuthority(certificate, below[i]!, isAnchor, rules) : explainEnd(certificate)) ??
      (!isAnchor && (i === 0 || !selfIssued) ? explainNames(names, certificate, i === 0) : undefined);
    if (complaint) return { ...complaint, index: i };
    if (!isAnchor) policies = applyPolicies(policies, certificate, selfIssued, i === 0);
    if (i > 0) {
      names = addNameRules(names, certificate);
      const prepared = isAnchor ? policies : preparePolicies(policies, certificate, selfIssued);
      if ('what' in prepared) return { ...prepared, index: i };
      policies = prepared;
    }
  }
  const end = last === 0 ? [] : endPolicies(policies, path[0]!, isSelfIssued(path[0]!), rules.policies);
  return 'what' in end ? { ...end, index: 0 } : end;
}

/** Whether issuer and subject are the same (RFC 5280 section 6.1: such certificates do not count for pathLenConstraint). */
function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return issuer.key === subject.key;
}

/** What holds for every certificate of a path. */
function explainCertificate(certificate: Certificate, rules: PathRules): Complaint | undefined {
  const { notBefore, notAfter, extensions, key } = certificate;
  if (rules.at < notBefore)
    return { what: 'the time', expected: `from ${formatTime(notBefore)}`, found: `${formatTime(rules.at)}: not yet valid` };
  if (rules.at > notAfter)
    return { what: 'the time', expected: `until ${formatTime(notAfter)}`, found: `${formatTime(rules.at)}: expired` };
  const { unknownCritical, extKeyUsage } = extensions;
  if (unknownCritical)
    return { what: 'critical extensions', expected: 'those that are known here', found: unknownCritical.slice(0, 8).join(', ') };
  const weak = explainKey(key, rules);
  if (weak) return { what: 'the public key', ...weak };
  // RFC 4945 section 5.1.3.12: "If EKU present AND contains either id-kp-ipsecIKE or anyExtendedKeyUsage, continue." Of an authority it bounds what it may issue.
  if (extKeyUsage && rules.purpose === 'authentication' && !extKeyUsage.some((id) => rules.extKeyUsages.includes(id)))
    return {
      what: 'extendedKeyUsage',
      expected: rules.extKeyUsages.map(usageName).join(' or '),
      found: extKeyUsage.slice(0, 8).map(usageName).join(', ') || 'none',
    };
  return undefined;
}

/** What holds for those that have issued one. */
function explainAuthority(certificate: Certificate, intermediates: number, isAnchor: boolean, rules: PathRules): Complaint | undefined {
  const { version, extensions } = certificate;
  const { basicConstraints, keyUsage } = extensions;
  // RFC 4945 section 5.1.1 leaves version 1 to anchors; section 5.1.3.9: "IKE implementations SHOULD reject CA certificates that do not contain this extension."
  if (basicConstraints ? !basicConstraints.ca : !((isAnchor && version < 3) || rules.allowMissingBasicConstraints))
    return {
      what: 'basicConstraints',
      expected: 'cA TRUE, for it has issued a certificate',
      found: basicConstraints ? 'cA FALSE' : `none in version ${version}`,
    };
  if (keyUsage !== undefined && (keyUsage & keyUsageBits.keyCertSign) === 0)
    return { what: 'keyUsage', expected: 'keyCertSign, for it has issued a certificate', found: formatKeyUsage(keyUsage) };
  const limit = basicConstraints?.pathLength ?? Infinity;
  if (intermediates > limit)
    return { what: 'pathLenConstraint', expected: `up to ${limit} authorities below`, found: String(intermediates) };
  return undefined;
}

/** What holds for the one that the peer signs with. */
function explainEnd({ extensions: { keyUsage } }: Certificate): Complaint | undefined {
  // RFC 4945 section 5.1.3.2: "at least one of the digitalSignature or the nonRepudiation bits in the KeyUsage extension MUST be set"
  const wanted = keyUsageBits.digitalSignature | keyUsageBits.nonRepudiation;
  if (keyUsage === undefined || (keyUsage & wanted) !== 0) return undefined;
  return { what: 'keyUsage', expected: 'digitalSignature or nonRepudiation', found: formatKeyUsage(keyUsage) };
}

/** Of the first octet; decipherOnly is alone in a second one, and nothing here asks for it. */
function formatKeyUsage(bits: number): string {
  return keyUsageNames.filter((_, i) => bits & (0x80 >> i)).join(', ') || 'none of the eight';
}
