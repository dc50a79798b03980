/**
 * Parts that only some configurations need: they are loaded when one does.
 *
 * @module
 */
import type * as Eap from '../../eap.js';
import { IpsecError } from '../../errors.js';
import type * as X509 from '../../x509.js';

/** `ipsec-ts/x509`. Throws `unsupported` that says what to install. */
export async function loadX509(): Promise<typeof X509> {
  try {
    return await import('../../x509.js');
  } catch (cause) {
    if ((cause as { readonly code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new IpsecError('unsupported', 'keys and certificates need the packages pkijs and asn1js', {
      expected: 'npm install pkijs asn1js',
      cause,
    });
  }
}

/** `ipsec-ts/eap`. */
export async function loadEap(): Promise<typeof Eap> {
  return await import('../../eap.js');
}
