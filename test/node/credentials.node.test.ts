/** What is loaded for a configuration, what is fetched for it, and what there is to say against it. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Finding, lintConfig } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import type { OwnSignature } from '../../src/keying/connection.js';
import { fetchCertificate, fetchRevocation } from '../../src/node/credentials/fetch.js';
import { loadConfig, type LoadConfigOptions, signatureRows } from '../../src/node.js';
import { makeCertificate, makeCrl, makePki, meet } from './auth.js';

let folder = '';
beforeAll(() => {
  folder = makePki();
});
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An HTTP server. @returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function refusal(loading: Promise<unknown>): Promise<IpsecError> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof IpsecError) return error;
  throw new Error('it was taken');
}

const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const cert = (name: string): object => ({ certificate: `${name}.pem`, key: `${name}.key` });

function load(
  auth: object,
  more: object = {},
  options: LoadConfigOptions = {},
  remote: object = { ca: 'ca.pem' },
): ReturnType<typeof loadConfig> {
  const connection = { name: 'c', local: { auth, ...more }, remote: { id: '*', auth: remote } };
  return loadConfig({ addresses: ['127.0.0.1'], connections: [connection] }, { folder, ...options });
}

async function own(auth: object): Promise<OwnSignature> {
  const { localAuth } = (await load(auth)).connections[0]!.ike;
  if (localAuth.method !== 'signature') throw new Error(localAuth.method);
  return localAuth;
}

describe('a certificate of ours', () => {
  test.each([
    ['gw-rsa', ['rsa-pss-sha256', 'rsa-pss-sha384', 'rsa-pss-sha512', 'rsa-sha256', 'rsa-sha384', 'rsa-sha512']],
    ['gw', ['ecdsa-sha256', 'ecdsa-sha384', 'ecdsa-sha512']],
    ['gw-384', ['ecdsa-sha384', 'ecdsa-sha256', 'ecdsa-sha512']],
    ['gw-ed', ['ed25519']],
  ])('%s signs with what is for its key, that of its curve first, and never over SHA-1', async (name, rows) => {
    const auth = await own(cert(name));
    expect(auth.rows.map(({ shortName }) => shortName)).toEqual(rows);
    expect([auth.certificates.length, auth.send]).toEqual([1, 'always']);
  });

  test('algorithms that are named, in their order; SHA-1 only so', async () => {
    const rows = (await own({ ...cert('gw-rsa'), schemes: ['rsa-sha256', 'rsa-sha1', 'ed25519'] })).rows;
    expect(rows.map(({ shortName }) => shortName)).toEqual(['rsa-sha256', 'rsa-sha1']);
    expect(signatureRows().at(-1)?.hash).toBe('SHA1');
  });

  test('who we are by it: its first name, or its subject', async () => {
    expect((await load(cert('anna'))).connections[0]?.ike.localId).toEqual({ type: 'ID_RFC822_ADDR', name: 'anna@example.com' });
    expect((await load(cert('ca'))).connections[0]?.ike.localId).toMatchObject({ type: 'ID_DER_ASN1_DN' });
  });

  test('a chain in one file goes out without the root', async () => {
    const chain = `${pem('gw.pem')}${pem('ca.pem')}`;
    expect((await own({ certificate: chain, key: pem('gw.key') })).certificates).toHaveLength(1);
  });

  test.each<[string, object, string, string, RegExp]>([
    [
      'the key of another',
      { certificate: 'gw.pem', key: 'anna.key' },
      'invalid-config',
      'key',
      /expected that of the certificate of "CN=gw, O=Example", EC P-256, found another, EC P-256/,
    ],
    [
      'an algorithm for other keys',
      { ...cert('gw'), schemes: 'rsa-sha256' },
      'invalid-config',
      'schemes',
      /expected one for EC P-256: ecdsa-sha256, .*found rsa-sha256/,
    ],
    [
      'an algorithm that is none',
      { ...cert('gw'), schemes: 'ecdsa-sha265' },
      'unknown-algorithm',
      'schemes',
      /did you mean ecdsa-sha256\?/,
    ],
    [
      'a file that is not there',
      { certificate: 'gw.crt', key: 'gw.key' },
      'invalid-config',
      'certificate',
      /cannot read gw\.crt: expected PEM, or a file that can be read, found no such file/,
    ],
    [
      'a key in place of a certificate',
      { certificate: 'gw.key', key: 'gw.key' },
      'unknown-format',
      'certificate: gw.key',
      /expected a certificate, found/,
    ],
    ['a locked key without its password', { certificate: 'gw.pem', key: 'gw-locked.key' }, 'invalid-argument', 'key', /password/],
    [
      'a locked key with another password',
      { certificate: 'gw.pem', key: 'gw-locked.key', keyPassword: 'sesame' },
      'invalid-argument',
      'key',
      /password/,
    ],
    ['PKCS#12 with another password', { pkcs12: 'anna.p12', keyPassword: 'sesame' }, 'invalid-argument', 'pkcs12', /password/],
    [
      'a public key that does not fit',
      { publicKey: 'gw.pub', key: 'anna.key' },
      'invalid-config',
      'key',
      /expected that of the public key, EC P-256, found another/,
    ],
  ])('%s', async (_what, auth, code, member, words) => {
    const error = await refusal(load(auth));
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('sesame');
    expect([error.path?.startsWith(`connections.0.local.auth.${member}`), error.code]).toEqual([true, code]);
  });
});

describe('what there is to say against certificates', () => {
  const day = 86_400_000;
  const findings = async (...args: Parameters<typeof load>): Promise<Finding[]> => lintConfig(await load(...args));
  const linesOf = (found: readonly Finding[]): string[] =>
    found.map(({ level, path, message }) => `${level} ${path.replace('connections.0.', '')}: ${message}`);

  test('nothing, where all is well', async () => {
    expect(linesOf(await findings(cert('gw')))).toEqual([]);
  });

  test('it has expired, is not valid yet, or ends soon', async () => {
    const at = async (days: number): Promise<string> =>
      linesOf(await findings(cert('gw'), {}, { clock: () => Date.now() + days * day })).join('\n');
    expect(await at(300)).toMatch(/^error local\.auth\.certificate: the certificate has expired at 20\d\d-\d\d-\d\d$/m);
    expect(await at(300)).toMatch(/^error remote\.auth\.ca: the certificate of "CN=ca, O=Example" has expired at /m);
    expect(await at(-3)).toMatch(/^error local\.auth\.certificate: the certificate is not valid before /m);
    expect(await at(10)).toMatch(/^warning local\.auth\.certificate: the certificate expires at /m);
  });

  test('it does not hold who we say we are', async () => {
    expect(linesOf(await findings(cert('gw'), { id: 'gate.example' })).join('\n')).toMatch(
      /^warning local\.auth\.certificate: the certificate does not speak for ID_FQDN gate\.example: .*did you mean gw\.example\?/m,
    );
  });

  test('a trust anchor that is none, and SHA-1', async () => {
    const lines = linesOf(await findings({ ...cert('gw-rsa'), schemes: 'rsa-sha1' }, {}, {}, { ca: ['ca.pem', 'gw.pem'] })).join('\n');
    expect(lines).toMatch(/^warning remote\.auth\.ca\.1: "CN=gw, O=Example" is no certification authority/m);
    expect(lines).toMatch(/^warning local\.auth\.schemes: signatures over SHA-1 can be forged$/m);
  });
});

describe('fetching, where the configuration lets it happen', () => {
  const caps = { maxOctets: 100, deadline: 300, purpose: 'crl' } as const;

  test('octets as they are; OCSP as a POST', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(`${request.method ?? ''} ${request.headers['content-type'] ?? ''}`);
      request.resume().on('end', () => response.end(Uint8Array.of(1, 2, 3)));
    });
    expect(await fetchRevocation(url, caps)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await fetchRevocation(url, { ...caps, purpose: 'ocsp', body: Uint8Array.of(9) })).toEqual(Uint8Array.of(1, 2, 3));
    expect(await fetchCertificate(url)).toEqual(Uint8Array.of(1, 2, 3));
    expect(seen).toEqual(['GET ', 'POST application/ocsp-request', 'GET ']);
  });

  test.each<[string, RequestListener, string]>([
    ['too much', (_request, response) => void response.end(new Uint8Array(101)), 'limit-exceeded'],
    ['nothing in time', () => undefined, 'timeout'],
    ['an error', (_request, response) => void response.writeHead(404).end(), 'peer-refused'],
    ['somewhere else', (_request, response) => void response.writeHead(302, { location: '/other' }).end(), 'peer-refused'],
  ])('%s is no answer', async (_what, listener, code) => {
    expect((await refusal(fetchRevocation(await serve(listener), caps))).code).toBe(code);
  });

  test('a certificate by anything but http: is none, nor is one longer than IKE has them', async () => {
    for (const url of ['https://127.0.0.1/', 'file:///etc/passwd', 'ftp://127.0.0.1/'])
      expect(await fetchCertificate(url)).toMatchObject({ code: 'unsupported' });
    expect(await fetchCertificate(await serve((_request, response) => void response.end(new Uint8Array(70_000))))).toMatchObject({
      code: 'limit-exceeded',
    });
  });

  test('a revocation list from where the certificate says: who is good gets in, who stands on it does not', async () => {
    const paths: string[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url ?? '');
      response.end(Uint8Array.from(atob(pem('fetched.crl').replaceAll(/-----.*-----|\s/g, '')), (letter) => letter.charCodeAt(0)));
    });
    const san = `email:anna@example.com\ncrlDistributionPoints=URI:${url}ca.crl`;
    makeCertificate(folder, 'listed', 'P-256', san);
    makeCertificate(folder, 'unlisted', 'P-256', san);
    makeCrl(folder, 'fetched', ['listed']);
    const gatewayTrusts = { ca: 'ca.pem', revocation: 'required', fetch: 'crls' };
    const good = await meet(folder, { client: cert('unlisted'), gatewayTrusts });
    await good.close();
    const bad = await meet(folder, { client: cert('listed'), gatewayTrusts });
    await bad.close();
    const still = await meet(folder, { client: cert('unlisted'), gatewayTrusts: { ...gatewayTrusts, fetch: 'ocsp' } });
    await still.close();
    expect([good.error, bad.error?.code, still.error?.code]).toEqual([undefined, 'peer-refused', 'peer-refused']);
    expect(bad.gatewayLines.join('\n')).toMatch(/no IKE SA: .*expected one that is not revoked, found revoked at 2025-01-01/);
    expect(paths).toEqual(['/ca.crl', '/ca.crl']);
  });

  test('nothing is fetched that the configuration does not name', async () => {
    const asked: string[] = [];
    const fetch = (url: string): Promise<Uint8Array> => {
      asked.push(url);
      return Promise.reject(new Error('away'));
    };
    const meeting = await meet(folder, {
      client: cert('anna'),
      gatewayTrusts: { ca: 'ca.pem', revocation: 'required' },
      gatewayOptions: { fetch },
    });
    expect([meeting.error?.code, asked]).toEqual(['peer-refused', []]);
    await meeting.close();
  });
});
