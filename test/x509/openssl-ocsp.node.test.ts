/** `openssl ocsp` reads our requests, and we its responses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { validateCertificate } from '../../src/x509.js';
import { certify, day, keyOf, type Made, privateKeyOf } from './maker.js';

const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-ocsp-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write('openssl is not installed: no live OCSP responses\n');
    return false;
  }
})();

// openssl signs with the time of this machine.
const validity = { notBefore: 365 * day, notAfter: 2_500_000_000_000 };
const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true, ...validity });
const leaf = certify({ subject: 'CN=gw', key: keyOf('leaf'), ocspUrl: 'http://ocsp.example.com/', ...validity }, root);
const responder = certify({ subject: 'CN=Responder', key: keyOf('responder'), eku: ['1.3.6.1.5.5.7.3.9'], ...validity }, root);
const plain = certify({ subject: 'CN=Responder', key: keyOf('responder'), ...validity }, root);

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
const write = (name: string, data: string | Uint8Array): string => {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
};

/** What a responder of openssl answers. */
function answer(body: Uint8Array, status: 'good' | 'revoked', signer: Made, signerName: string, flags: readonly string[]): Uint8Array {
  const serial = leaf.serial.toString(16).toUpperCase().padStart(4, '0');
  const line = status === 'good' ? ['V', '480101000000Z', ''] : ['R', '480101000000Z', '260101000000Z,keyCompromise'];
  const out = join(folder, 'response.der');
  execFileSync(
    'openssl',
    [
      ...[
        'ocsp',
        '-index',
        write('index.txt', `${[...line, serial, 'unknown', '/CN=gw'].join('\t')}\n`),
        '-CA',
        write('ca.pem', pem('CERTIFICATE', root.der)),
      ],
      ...[
        '-rsigner',
        write('signer.pem', pem('CERTIFICATE', signer.der)),
        '-rkey',
        write('key.pem', pem('EC PRIVATE KEY', privateKeyOf(signerName))),
      ],
      ...['-reqin', write('request.der', body), '-respout', out, '-ndays', '1', ...flags],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Uint8Array(readFileSync(out));
}

describe.runIf(hasOpenssl)('RFC 6960: with openssl ocsp', () => {
  const ask = (status: 'good' | 'revoked', signer = root, signerName = 'root', flags: readonly string[] = []): Promise<string> =>
    validateCertificate({
      certificate: leaf.der,
      anchors: [root.der],
      at: Date.now(),
      revocation: 'required',
      fetch: (url, { body = new Uint8Array(0) }) => Promise.resolve(url).then(() => answer(body, status, signer, signerName, flags)),
    }).then(
      ({ revocation }) => revocation.join(),
      (error: unknown) => (error as Error).message,
    );

  it.each([
    ['by the authority', root, 'root', []],
    ['by key', root, 'root', ['-resp_key_id']],
    ['by a responder', responder, 'responder', []],
  ])('%s: good, and revoked', async (_, signer, name, flags) => {
    expect(await ask('good', signer, name, flags)).toBe('good');
    expect(await ask('revoked', signer, name, flags)).toContain('revoked at 2026-01-01T00:00:00Z, reason keyCompromise');
  });

  it('a responder that may not', async () => {
    expect(await ask('good', plain, 'responder')).toContain('no responder that may speak for the issuer has signed it');
  });
});
