/**
 * The two forms of an ECDSA signature: r | s in RFC 4754, DER in RFC 7427, whose signatures are as certificates have them.
 *
 * @module
 */
import { decodeDer, derExactly, encodeDer, encodeDerUnsigned, INTEGER, readDerUnsigned, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { curveOctets } from './public-key-check.js';

// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }     (RFC 3279 section 2.2.3)

/**
 * r | s as DER.
 *
 * @param signature an even number of octets, not zero.
 * @throws IpsecError `invalid-argument`.
 */
export function encodeEcdsaSignature(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  if (!Number.isInteger(half) || half === 0) {
    throw new IpsecError('invalid-argument', 'an ECDSA signature', {
      expected: 'r and s of the same length',
      found: `${signature.length} octets`,
    });
  }
  return encodeDer(SEQUENCE, encodeDerUnsigned(signature.subarray(0, half)), encodeDerUnsigned(signature.subarray(half)));
}

/**
 * DER as r | s, each as long as the order of the curve.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets`: not DER, a negative number, or one that is longer than the order.
 */
export function decodeEcdsaSignature(der: Uint8Array, curve: 'P-256' | 'P-384' | 'P-521'): Uint8Array {
  const octets = curveOctets(curve);
  const signature = new Uint8Array(2 * octets);
  const numbers = derExactly(decodeDer(der, { what: 'an ECDSA signature', path: 'signature' }, SEQUENCE), INTEGER, INTEGER);
  numbers.forEach((element, i) => {
    const number = readDerUnsigned(element);
    if (number.length > octets) {
      const facts = { path: 'signature', offset: element.start, expected: `a number of up to ${octets} octets`, found: `${number.length}` };
      throw new IpsecError('malformed', 'an ECDSA signature', facts);
    }
    signature.set(number, (i + 1) * octets - number.length);
  });
  return signature;
}
