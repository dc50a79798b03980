/**
 * Extended key usages (RFC 5280 section 4.2.1.12, RFC 4945 section 5.1.3.12).
 *
 * @module
 */

const identifiers = {
  ipsecIKE: '1.3.6.1.5.5.7.3.17',
  iKEIntermediate: '1.3.6.1.5.5.8.2.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
  anyExtendedKeyUsage: '2.5.29.37.0',
} as const;

/** Extended key usages that a caller may name. */
export type ExtendedKeyUsageName = 'ipsecIKE' | 'iKEIntermediate' | 'serverAuth' | 'clientAuth';

/**
 * What is taken where a certificate names usages. RFC 4945 section 5.1.3.12: "If EKU present AND contains either id-kp-ipsecIKE or anyExtendedKeyUsage,
 * continue." iKEIntermediate is what some products have in its place.
 *
 * @param more names or object identifiers.
 */
export function usageIdentifiers(more: readonly string[] = []): readonly string[] {
  const own = [identifiers.ipsecIKE, identifiers.iKEIntermediate, identifiers.anyExtendedKeyUsage];
  return [
    ...new Set([...own, ...more.map((name) => (Object.hasOwn(identifiers, name) ? identifiers[name as keyof typeof identifiers] : name))]),
  ];
}

/** The name of a usage, or its object identifier. */
export function usageName(identifier: string): string {
  return Object.entries(identifiers).find(([, id]) => id === identifier)?.[0] ?? identifier;
}

/** The usage that lets somebody sign OCSP responses for an authority (RFC 6960 section 4.2.2.2). */
export const ocspSigning: string = identifiers.OCSPSigning;
