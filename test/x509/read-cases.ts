/** What the tests of reading share. */
import { IpsecError } from '../../src/errors.js';
import { readCertificates } from '../../src/x509/read-certificates.js';
import vectors from '../../vectors/x509/certificates.json' with { type: 'json' };

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The error that something ends with; anything but an IpsecError is a defect. */
export async function caught(run: () => unknown): Promise<IpsecError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A certificate of vectors/x509/certificates.json. */
export function certificate(name: string): Uint8Array {
  const found = vectors.cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no certificate ${name}`);
  return readCertificates(found.pem)[0]!;
}
