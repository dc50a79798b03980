/**
 * The form of digital signatures in AUTH (RFC 7427).
 *
 * @module
 */
import { bytes, decode, encode, rest, sizeOf, struct, u8, type ValueOf } from '../wire.js';

/**
 * Authentication Data of the method Digital Signature, RFC 7427 section 3.
 *
 * ```text
 *   | ASN.1 Length  | AlgorithmIdentifier ASN.1 object              |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~        AlgorithmIdentifier ASN.1 object continuing            ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                         Signature Value                       ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const digitalSignature = /* @__PURE__ */ struct({
  asn1Length: sizeOf('algorithmIdentifier', u8),
  /** The DER encoding of an AlgorithmIdentifier. */
  algorithmIdentifier: bytes('asn1Length'),
  /** Signature Value. */
  signature: rest,
});
/** An algorithm and a signature made with it. */
export type DigitalSignature = ValueOf<typeof digitalSignature>;

/** Reads the `data` of an AUTH payload whose method is Digital Signature. Throws `truncated`. */
export function decodeDigitalSignature(data: Uint8Array): DigitalSignature {
  return decode(digitalSignature, data);
}

/** Writes the `data` of an AUTH payload whose method is Digital Signature. */
export function encodeDigitalSignature(value: DigitalSignature): Uint8Array {
  return encode(digitalSignature, value);
}
