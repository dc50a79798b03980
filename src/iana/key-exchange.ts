/**
 * IKEv2 Transform Type 4: key exchange methods, Diffie-Hellman groups until RFC 9370, with the requirement levels of RFC 8247
 * section 2.4 and the tests that a recipient of a public value makes (RFC 6989 section 5).
 *
 * @module
 */
import { type AlgorithmRow, frozenTable } from './registry.js';

/** A key exchange method. */
export interface KeyExchangeMethod extends AlgorithmRow {
  /** Where the recipient tests stand; null for NONE, which has no public value. */
  readonly recipientTests: string | null;
}

const SAFE_PRIME = 'RFC 6989, Section 2.1';
const SUBGROUP = 'RFC 6989, Section 2.2';
const CURVE = 'RFC 6989, Section 2.3';

/** Key exchange methods by Transform ID; the numbers 3 and 4 of IKEv1, curves over GF(2^n), never came over to IKEv2. */
export const keyExchangeMethods: readonly KeyExchangeMethod[] = /* @__PURE__ */ frozenTable<KeyExchangeMethod>([
  { id: 0, name: 'NONE', rfc: 'RFC 7296', esp: null, ike: null, recipientTests: null },
  {
    id: 1,
    name: '768-bit MODP Group',
    rfc: 'RFC 7296',
    esp: null,
    ike: 'MUST NOT',
    deprecated: 'RFC 8247',
    recipientTests: SAFE_PRIME,
  },
  { id: 2, name: '1024-bit MODP Group', rfc: 'RFC 7296', esp: null, ike: 'SHOULD NOT', recipientTests: SAFE_PRIME },
  { id: 5, name: '1536-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: 'SHOULD NOT', recipientTests: SAFE_PRIME },
  { id: 14, name: '2048-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: 'MUST', recipientTests: SAFE_PRIME },
  { id: 15, name: '3072-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: null, recipientTests: SAFE_PRIME },
  { id: 16, name: '4096-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: null, recipientTests: SAFE_PRIME },
  { id: 17, name: '6144-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: null, recipientTests: SAFE_PRIME },
  { id: 18, name: '8192-bit MODP Group', rfc: 'RFC 3526', esp: null, ike: null, recipientTests: SAFE_PRIME },
  { id: 19, name: '256-bit random ECP group', rfc: 'RFC 5903', esp: null, ike: 'SHOULD', recipientTests: CURVE },
  { id: 20, name: '384-bit random ECP group', rfc: 'RFC 5903', esp: null, ike: null, recipientTests: CURVE },
  { id: 21, name: '521-bit random ECP group', rfc: 'RFC 5903', esp: null, ike: null, recipientTests: CURVE },
  {
    id: 22,
    name: '1024-bit MODP Group with 160-bit Prime Order Subgroup',
    rfc: 'RFC 5114',
    esp: null,
    ike: 'MUST NOT',
    deprecated: 'RFC 8247',
    recipientTests: SUBGROUP,
  },
  {
    id: 23,
    name: '2048-bit MODP Group with 224-bit Prime Order Subgroup',
    rfc: 'RFC 5114',
    esp: null,
    ike: 'SHOULD NOT',
    recipientTests: SUBGROUP,
  },
  {
    id: 24,
    name: '2048-bit MODP Group with 256-bit Prime Order Subgroup',
    rfc: 'RFC 5114',
    esp: null,
    ike: 'SHOULD NOT',
    recipientTests: SUBGROUP,
  },
  { id: 25, name: '192-bit Random ECP Group', rfc: 'RFC 5114', esp: null, ike: null, recipientTests: CURVE },
  { id: 26, name: '224-bit Random ECP Group', rfc: 'RFC 5114', esp: null, ike: null, recipientTests: CURVE },
  { id: 27, name: 'brainpoolP224r1', rfc: 'RFC 6954', esp: null, ike: null, recipientTests: CURVE },
  { id: 28, name: 'brainpoolP256r1', rfc: 'RFC 6954', esp: null, ike: null, recipientTests: CURVE },
  { id: 29, name: 'brainpoolP384r1', rfc: 'RFC 6954', esp: null, ike: null, recipientTests: CURVE },
  { id: 30, name: 'brainpoolP512r1', rfc: 'RFC 6954', esp: null, ike: null, recipientTests: CURVE },
  { id: 31, name: 'Curve25519', rfc: 'RFC 8031', esp: null, ike: null, recipientTests: 'RFC 8031, Section 3.2' },
  { id: 32, name: 'Curve448', rfc: 'RFC 8031', esp: null, ike: null, recipientTests: 'RFC 8031, Section 3.2' },
  { id: 33, name: 'GOST3410_2012_256', rfc: 'RFC 9385', esp: null, ike: null, recipientTests: 'RFC 9385' },
  { id: 34, name: 'GOST3410_2012_512', rfc: 'RFC 9385', esp: null, ike: null, recipientTests: 'RFC 9385' },
]);
