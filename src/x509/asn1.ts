/**
 * The one door to asn1js and pkijs: whatever they throw comes out as an `IpsecError`. What comes with every certificate is read without them, by the strict
 * reader of `der.ts`; OCSP responses, parameters of RSASSA-PSS and files of keys are theirs.
 *
 * @module
 */
import { type AsnType, fromBER } from 'asn1js';
import { IpsecError } from '../errors.js';
import { checkDer, type DerLimits } from './der.js';

/** Enough for a certificate with thousands of names; a chain of such ones is still read in a moment. */
export const certificateLimits: DerLimits = { octets: 65_536, elements: 8192 };

/**
 * Reads octets that {@link checkDer} has passed, by a class of pkijs.
 *
 * @param what names the structure in errors: `a certificate`.
 * @throws IpsecError and nothing else.
 */
export function decodeWith<T>(octets: Uint8Array, what: string, read: (schema: AsnType) => T, limits: DerLimits = certificateLimits): T {
  checkDer(octets, what, limits);
  try {
    const { offset, result } = fromBER(octets, {
      maxDepth: 32,
      maxNodes: limits.elements,
      maxContentLength: limits.octets,
      parseEmbedded: false,
    });
    if (offset === -1) throw new Error(result.error);
    return read(result);
  } catch (cause) {
    if (cause instanceof IpsecError) throw cause;
    throw new IpsecError('malformed', what, {
      expected: 'its ASN.1',
      found: cause instanceof Error ? cause.message : String(cause),
      blame: 'peer',
      cause,
    });
  }
}
