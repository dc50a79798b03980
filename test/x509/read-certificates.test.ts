import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { formatDistinguishedName } from '../../src/traffic-selector.js';
import { readCertificates, readCrls, readPublicKeys } from '../../src/x509/read-certificates.js';
import { readFields } from '../../src/x509/read-fields.js';
import { formatTime } from '../../src/x509/read-time.js';
import { readPrivateKey } from '../../src/x509/read-private-key.js';
import vectors from '../../vectors/x509/certificates.json' with { type: 'json' };
import keys from '../../vectors/x509/private-keys.json' with { type: 'json' };
import pkcs12 from '../../vectors/x509/pkcs12.json' with { type: 'json' };
import { caught, certificate, fromBase64 } from './read-cases.js';

const pemOf = (name: string): string => vectors.cases.find((one) => one.name === name)!.pem;
const bundle = vectors.cases.map(({ pem }) => pem).join('');
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array =>
  Uint8Array.from(Array.from(`\ufeff${text}`).flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]));

describe('certificates of OpenSSL', () => {
  it.each(vectors.cases)('$name: $what', ({ pem, openssl }) => {
    const [der] = readCertificates(pem);
    const { subject, serial, notBefore, notAfter } = readFields(der!);
    const said = Object.fromEntries(
      openssl
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(toHex(serial).toUpperCase()).toBe(said['serial']);
    expect(formatDistinguishedName(subject).replace(/, /g, ',').replace('E=', 'emailAddress=')).toBe(said['subject']);
    // OpenSSL: "Nov 21 15:41:03 2026 GMT"
    const words = (at: number): string => {
      const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(.*)Z$/.exec(formatTime(at))!;
      const name = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[Number(month) - 1]!;
      return `${name} ${String(Number(day)).padStart(2)} ${time!} ${year!} GMT`;
    };
    expect([words(notBefore), words(notAfter)]).toEqual([said['notBefore'], said['notAfter']]);
  });
});

describe('readCertificates', () => {
  const one = certificate('gateway');

  it.each([
    ['PEM as text', pemOf('gateway')],
    ['PEM as octets', utf8(pemOf('gateway'))],
    ['DER', one],
    ['Windows line ends', pemOf('gateway').replaceAll('\n', '\r\n')],
    ['a byte order mark', utf8(`\ufeff${pemOf('gateway')}`)],
    ['a byte order mark in text', `\ufeff${pemOf('gateway')}`],
    ['UTF-16', utf16(pemOf('gateway'))],
    ['the text of openssl x509 -text around it', vectors.files['certificate with text']],
    ['no line end at the end', pemOf('gateway').trim()],
    ['white space', pemOf('gateway').replaceAll('\n', ' \n\n\t')],
    ['one long line', pemOf('gateway').replace(/(?<=[^-])\n(?=[^-])/g, '')],
    ['a key in the same file', vectors.files['private key'] + pemOf('gateway')],
  ])('%s', (_, input) => {
    expect(readCertificates(input, { source: 'f' })).toEqual([one]);
  });

  it('all of a bundle, in its order', () => {
    expect(readCertificates(bundle)).toEqual(vectors.cases.map(({ name }) => certificate(name)));
  });

  it.each([
    ['an empty file', '', 'unknown-format', /found nothing: it is empty/],
    ['white space', ' \n\n', 'unknown-format', /nothing but white space/],
    ['a text', 'remote 192.0.2.1', 'unknown-format', /expected PEM .* found text/],
    ['a ZIP file', Uint8Array.of(0x50, 0x4b, 3, 4, 0xff), 'unknown-format', /found octets 50 4b 03 04/],
    ['base64 alone', pemOf('v1').replace(/-----.*-----\n/g, ''), 'unknown-format', /base64 without its BEGIN and END lines/],
    ['a private key', vectors.files['private key'], 'unknown-format', /expected a certificate, found a private key/],
    ['a public key', vectors.files['public key'], 'unknown-format', /expected a certificate, found a public key/],
    ['a request', vectors.files.request, 'unknown-format', /found a request for a certificate/],
    ['PKCS#7', vectors.files['PKCS#7'], 'unknown-format', /openssl pkcs7 -print_certs/],
    ['a trusted certificate', vectors.files['trusted certificate'], 'unknown-format', /openssl x509 -in FILE/],
    ['a revocation list', vectors.files['revocation list'], 'unknown-format', /found a revocation list/],
    [
      'no END',
      pemOf('v1').replace(/-----END.*/, ''),
      'truncated',
      /block CERTIFICATE of line 1: expected -----END CERTIFICATE-----, found the end of the file/,
    ],
    ['another END', pemOf('v1').replace('END CERT', 'END OTHER CERT'), 'malformed', /found -----END OTHER CERTIFICATE----- in line 15/],
    ['BEGIN twice', `-----BEGIN CERTIFICATE-----\n${pemOf('v1')}`, 'malformed', /found -----BEGIN CERTIFICATE----- in line 2/],
    ['a star', pemOf('v1').replace('M', '*'), 'malformed', /expected base64, found "\*" in line 2/],
    ['NUL', pemOf('v1').replace('M', '\0'), 'malformed', /found the character U\+0000 in line 2/],
    ['a character less', pemOf('v1').replace('M', ''), 'malformed', /whole groups of 4 characters/],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', 'malformed', /found nothing before line 2/],
    ['padding in the middle', '-----BEGIN CERTIFICATE-----\nMA==MA==\n-----END CERTIFICATE-----', 'malformed', /in line 2/],
    [
      'no certificate inside',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----',
      'malformed',
      /block CERTIFICATE of line 1: a certificate/,
    ],
    [
      'DER of a key',
      fromBase64(keys.cases.find(({ name }) => name === 'p256, traditional DER')!.der!),
      'unknown-format',
      /a file of DER: expected a certificate, found a private key/,
    ],
    [
      'DER of a public key',
      readPublicKeys(vectors.files['public key'])[0]!.spki,
      'unknown-format',
      /expected a certificate, found a public key/,
    ],
    ['PKCS#12', fromBase64(pkcs12.cases[0]!.der), 'unknown-format', /found PKCS#12 \(openssl pkcs12 -in FILE/],
    [
      'a key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
      'unknown-format',
      /ssh-keygen -p -m PKCS8/,
    ],
    ['whatever', '-----BEGIN "X"-----\nAAAA\n-----END "X"-----', 'unknown-format', /found a block "\\"X\\""/],
    ['DER cut short', certificate('v1').subarray(0, 200), 'malformed', /a certificate in DER: .*length/],
    ['DER and more', Uint8Array.of(...certificate('v1'), 0), 'trailing-octets', /expected \d+ octets/],
  ])('%s: which file, and what is wrong', async (_, input, code, words) => {
    const error = await caught(() => readCertificates(input, { source: 'etc/gw.pem' }));
    expect([error.code, error.path, error.blame]).toEqual([code, 'etc/gw.pem', 'caller']);
    expect(error.message).toMatch(words);
  });

  it('tells the line of a block in a bundle', async () => {
    const at = bundle.split('\n').findIndex((line) => line.startsWith('MIID')) + 1;
    const broken = bundle
      .split('\n')
      .map((line, i) => (i === at ? `%${line}` : line))
      .join('\n');
    expect((await caught(() => readCertificates(broken))).message).toContain(`in line ${at + 1}`);
  });

  it('a huge file is refused before it is read', async () => {
    expect((await caught(() => readCertificates(new Uint8Array((1 << 26) + 1)))).code).toBe('limit-exceeded');
  });

  it('a megabyte of dashes is read in linear time', async () => {
    const lines = '-----BEGIN X\n'.repeat(80_000);
    expect((await caught(() => readCertificates(lines))).code).toBe('unknown-format');
    const ends = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE----\n'.repeat(40_000);
    expect((await caught(() => readCertificates(ends))).code).toBe('malformed');
  });
});

describe('readPublicKeys and readCrls', () => {
  it('PUBLIC KEY and RSA PUBLIC KEY are the same key', () => {
    const [first] = readPublicKeys(vectors.files['RSA PUBLIC KEY']);
    expect(readPublicKeys(vectors.files['public key of rsa-2048'])).toEqual([first]);
    expect(readPublicKeys(first!.spki)).toEqual([first]);
  });

  it('a revocation list', async () => {
    const [list] = readCrls(vectors.files['revocation list']);
    expect(readCrls(list!)).toEqual([list]);
    expect((await caught(() => readCrls(list!.subarray(0, 100), { source: 'crl' }))).message).toMatch(/found one of/);
    expect((await caught(() => readCrls(bundle))).message).toMatch(/expected a revocation list, found a certificate/);
  });

  it('what is in the file instead of a private key', async () => {
    expect((await caught(() => readPrivateKey(bundle, { source: 'k' }))).message).toMatch(
      /expected a private key, found a certificate \(k\)/,
    );
    expect((await caught(() => readPrivateKey(fromBase64(pkcs12.cases[0]!.der)))).message).toMatch(/found PKCS#12 \(openssl/);
    expect((await caught(() => readPrivateKey(certificate('v1')))).message).toMatch(/expected a private key, found a certificate/);
  });
});
