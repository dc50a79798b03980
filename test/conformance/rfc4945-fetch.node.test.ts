/** RFC 4945 section 4.3.1, over HTTP. */
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { fetchCertificate } from '../../src/node/credentials/fetch.js';

describe('RFC 4945 section 4.3.1: where certificates are fetched', () => {
  it('the path as it is, the port, a user and a password', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? 'nobody'}`);
      response.end(Uint8Array.of(0x30, 0));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { readonly port: number };
    try {
      for (const path of ['/certificate.cer', '/certs/cert.pl?u=foo;a=pw;valid-to=+86400'])
        expect(await fetchCertificate(`http://127.0.0.1:${port}${path}`)).toEqual(Uint8Array.of(0x30, 0));
      expect(await fetchCertificate(`http://us%C3%A9r:pass%3Aword@127.0.0.1:${port}/certificate.cer`)).toEqual(Uint8Array.of(0x30, 0));
      expect(await fetchCertificate(`http://%ff@127.0.0.1:${port}/`)).toMatchObject({ code: 'peer-refused' });
    } finally {
      server.close();
    }
    const basic = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode('usér:pass:word')))}`;
    expect(asked).toEqual(['/certificate.cer nobody', '/certs/cert.pl?u=foo;a=pw;valid-to=+86400 nobody', `/certificate.cer ${basic}`]);
  });
});
