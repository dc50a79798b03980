/**
 * The RSA signature of IKEv1, which WebCrypto cannot make.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { constants, createPrivateKey, privateEncrypt } from 'node:crypto';
import { wipe } from '../../bytes.js';
import { IpsecError } from '../../errors.js';

/**
 * The private key operation on a hash as it is. RFC 2409 section 5.1: "RSA signatures MUST be encoded as a private key encryption in PKCS #1 format and not as a
 * signature in PKCS #1 format (which includes the OID of the hash algorithm)."
 *
 * @param exportKey gives the key as PKCS #8 in DER; the copy is wiped.
 * @throws IpsecError `invalid-argument`: the key is too short for the hash, or OpenSSL does not take it.
 */
export function signHash(exportKey: () => Uint8Array, hash: Uint8Array): Uint8Array {
  const der = exportKey();
  try {
    const key = createPrivateKey({ key: Buffer.from(der.buffer, der.byteOffset, der.length), format: 'der', type: 'pkcs8' });
    return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, hash));
  } catch (cause) {
    throw new IpsecError('invalid-argument', 'an RSA signature of IKEv1', {
      expected: 'a key that OpenSSL takes, with room for the hash',
      found: 'that it refuses',
      cause,
    });
  } finally {
    wipe(der);
  }
}
