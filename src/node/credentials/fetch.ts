/**
 * Fetches what configurations let be fetched: small, soon, and over HTTP alone.
 *
 * @module
 */
import { concat } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { FetchOptions } from '../../x509.js';

/** For revocation lists and OCSP. Throws `timeout`, `limit-exceeded`, `peer-refused`. */
export async function fetchRevocation(url: string, { maxOctets, deadline, purpose, body }: FetchOptions): Promise<Uint8Array> {
  const request: RequestInit =
    purpose === 'ocsp'
      ? {
          method: 'POST',
          headers: { 'content-type': 'application/ocsp-request' },
          body: (body ?? new Uint8Array()) as Uint8Array<ArrayBuffer>,
        }
      : {};
  return await fetchOctets(url, request, maxOctets, deadline);
}

/** Octets of a certificate that is named by URL: no more than what a CERT payload carries. */
const mostOfCertificate = 65_535;
const timeOfCertificate = 5000;

/** For hash and URL (RFC 7296 section 3.6). The answer is an IpsecError where it could not be had. */
export async function fetchCertificate(url: string): Promise<Uint8Array | IpsecError> {
  try {
    // RFC 7296 section 3.6: "The behavior of other URL schemes is not currently specified, and such schemes SHOULD NOT be used in the absence of a document
    // specifying them."
    if (!/^http:\/\//i.test(url))
      throw new IpsecError('unsupported', 'the URL of a certificate', { expected: 'http:', found: JSON.stringify(url.slice(0, 80)) });
    return await fetchOctets(url, {}, mostOfCertificate, timeOfCertificate);
  } catch (error) {
    return error instanceof IpsecError ? error : new IpsecError('peer-refused', 'the URL of a certificate', { found: String(error) });
  }
}

async function fetchOctets(url: string, request: RequestInit, maxOctets: number, deadline: number): Promise<Uint8Array> {
  const what = `fetching ${url.slice(0, 200)}`;
  try {
    const { address, authorization } = withoutUser(url);
    const headers = new Headers(request.headers);
    if (authorization !== undefined) headers.set('authorization', authorization);
    const response = await fetch(address, { ...request, headers, redirect: 'error', signal: AbortSignal.timeout(deadline) });
    if (!response.ok) throw new IpsecError('peer-refused', what, { expected: 'HTTP status 200', found: String(response.status) });
    return await readBody(response, what, maxOctets);
  } catch (error) {
    if (error instanceof IpsecError) throw error;
    const isLate = (error as { readonly name?: string }).name === 'TimeoutError';
    const found = isLate ? 'none' : String((error as { readonly cause?: unknown }).cause ?? error);
    throw new IpsecError(isLate ? 'timeout' : 'peer-refused', what, { expected: `an answer in ${deadline} ms`, found, cause: error });
  }
}

/** RFC 4945 section 4.3.1: "it SHOULD support having user-name, password, and port parts in the URL." `fetch` takes no user there. */
function withoutUser(url: string): { readonly address: string; readonly authorization?: string } {
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '') return { address: url };
  const [user, password] = [parsed.username, parsed.password].map(decodeURIComponent);
  [parsed.username, parsed.password] = ['', ''];
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
  return { address: parsed.href, authorization: `Basic ${basic}` };
}

async function readBody({ body }: Response, what: string, maxOctets: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...pieces);
    length += value.length;
    if (length > maxOctets) {
      await reader.cancel();
      throw new IpsecError('limit-exceeded', what, { expected: `at most ${maxOctets} octets`, found: 'more' });
    }
    pieces.push(value);
  }
}
