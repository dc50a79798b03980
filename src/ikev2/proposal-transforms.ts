/**
 * Between rows and transforms: numbers, Key Length attributes, and which transforms a proposal of a protocol may hold.
 *
 * @module
 */
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import type { Transform } from './sa-payload.js';

/** Transform ID 0 of INTEG and KE; the answer "without". */
export const NONE = 0;

/**
 * HMAC-SHA-256 cut to 96 bits has no number. Peers with the bug of which RFC 8221 section 6 tells offer
 * AUTH_HMAC_SHA2_256_128 and mean it; whoever has to live with one names the shorter algorithm, which goes under the number of the longer.
 */
export const TRUNCATED = 'AUTH_HMAC_SHA2_256_96';

/** RFC 9370: up to seven more key exchanges. */
export const additionalKeyExchanges = ['ADDKE1', 'ADDKE2', 'ADDKE3', 'ADDKE4', 'ADDKE5', 'ADDKE6', 'ADDKE7'] as const;

/** The Transform Types that a proposal of one protocol has. */
export interface TransformRules {
  /** RFC 7296 section 3.3.6: "a proposal that is missing a mandatory Transform Type" is unacceptable. */
  readonly mandatory: readonly Transform['type'][];
  /** Others that have a meaning there. */
  readonly optional: readonly Transform['type'][];
}

/**
 * RFC 7296 section 3.3.3. Two of its entries are softer here: INTEG is mandatory for IKE only without a combined-mode cipher (RFC 5282),
 * and a Child SA's proposal without ESN is read as one for plain sequence numbers, because peers send such (strongSwan before 5.9.6 in its
 * default proposal for AES-GCM, libreswan before 5.0 when its configuration does not name ESN). Of the additional key exchanges (RFC 9370)
 * no more is understood than their NONE.
 */
export const transformRules: Readonly<Record<'IKE' | 'ESP' | 'AH', TransformRules>> = {
  IKE: { mandatory: ['ENCR', 'PRF', 'KE'], optional: /* @__PURE__ */ withMore('INTEG') },
  ESP: { mandatory: ['ENCR'], optional: /* @__PURE__ */ withMore('INTEG', 'KE', 'ESN') },
  AH: { mandatory: ['INTEG'], optional: /* @__PURE__ */ withMore('KE', 'ESN') },
};

function withMore(...types: Transform['type'][]): Transform['type'][] {
  return [...types, ...additionalKeyExchanges];
}

/**
 * Ciphers with one length of key: DES-IV64, DES, 3DES, IDEA, 3IDEA, DES-IV32, NULL, ChaCha20-Poly1305 (RFC 7634, 8750) and the four of RFC
 * 9227. RFC 7296 section 3.3.5: "The Key Length attribute MUST NOT be used with transforms that use a fixed-length key."
 */
const fixedKeyIds: ReadonlySet<number> = /* @__PURE__ */ new Set([1, 2, 3, 5, 8, 9, 11, 28, 31, 32, 33, 34, 35]);

/** Combined-mode ciphers by number: AES-CCM, AES-GCM, AES-GMAC, Camellia-CCM, ChaCha20-Poly1305, implicit IVs, MGM. */
const combinedModeIds: ReadonlySet<number> = /* @__PURE__ */ new Set([
  14, 15, 16, 18, 19, 20, 21, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
]);

/** Whether a transform offers a combined-mode cipher; ours or not. */
export function isCombinedMode({ type, id }: Transform): boolean {
  return type === 'ENCR' && combinedModeIds.has(id);
}

/** Whether a cipher has one length of key, so that its transform carries no Key Length. */
function hasFixedKey(id: number): boolean {
  return fixedKeyIds.has(id);
}

/** The transform that offers a cipher. */
export function encryptionTransform(row: EncryptionRow): Transform {
  return transform('ENCR', row.id, hasFixedKey(row.id) ? undefined : row.keyLength * 8);
}

/** The transform of a number without attributes. */
export function transform(type: Transform['type'], id: number, keyLength?: number): Transform {
  return { type, id, attributes: keyLength === undefined ? [] : [{ type: 'Key Length', value: keyLength }] };
}

/**
 * What a transform is looked up by: `20/256`, `5`; undefined where it cannot be understood.
 *
 * RFC 7296 section 3.3.6: "if the responder receives a transform that it does not understand, or one that contains a Transform Attribute
 * it does not understand, it MUST consider this transform unacceptable"; section 3.3: "A transform MUST NOT have multiple attributes of
 * the same type." Section 3.3.5: "Attributes described as fixed length MUST NOT be encoded using the variable-length encoding unless that
 * length exceeds two bytes."
 */
export function keyOfTransform({ type, id, attributes }: Transform): string | undefined {
  const needsLength = type === 'ENCR' && !hasFixedKey(id);
  if (attributes.length !== (needsLength ? 1 : 0)) return undefined;
  const attribute = attributes[0];
  if (attribute === undefined) return `${id}`;
  return attribute.type === 'Key Length' && typeof attribute.value === 'number' ? `${id}/${attribute.value}` : undefined;
}

/** The key of {@link keyOfTransform} for a row. */
export function keyOfRow(row: EncryptionRow | IntegrityRow | PrfRow | KeyExchangeRow): string {
  const withLength = (row.kind === 'aead' || row.kind === 'cipher') && !hasFixedKey(row.id);
  return withLength ? `${row.id}/${row.keyLength * 8}` : `${row.id}`;
}

/**
 * Whether a cipher may protect an IKE SA. RFC 8247 section 2.1 forbids ENCR_NULL; AES-GMAC encrypts nothing either; and an IKE message has
 * no sequence number from which both ends could take an implicit IV (RFC 8750).
 */
export function servesIke(row: EncryptionRow): boolean {
  return row.kind === 'aead' ? row.ivLength > 0 && row.name !== 'ENCR_NULL_AUTH_AES_GMAC' : !row.isNull;
}

/**
 * Whether an integrity algorithm can be negotiated for a protocol: it has a number, and it carries no IV (AES-GMAC of Transform Type 3 is
 * for AH: RFC 4543 section 9).
 */
export function servesIntegrity(row: IntegrityRow, protocol: 'IKE' | 'ESP' | 'AH'): boolean {
  return row.id !== NONE && (protocol === 'AH' || row.ivLength === 0);
}
