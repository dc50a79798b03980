/**
 * The same chains for us and for `openssl verify`: one verdict, or a reason why not. What openssl said is kept in vectors/x509, so that runtimes
 * without it compare, too: WRITE_VECTORS=1 npx vitest run --project node test/x509/openssl.node.test.ts
 */
import { execFileSync } from 'node:child_process';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { children, readElement } from '../../src/x509/der.js';
import { validateCertificate } from '../../src/x509.js';
import { explicit, int, type Key, nul, oid, seq, today } from './maker.js';
import { type Chain, chains, type RsaKeys } from './openssl-cases.js';

const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-openssl-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const version = openssl(['version'])?.trim();
if (version === undefined) process.stdout.write('openssl is not installed: its recorded verdicts are compared instead (vectors.test.ts)\n');

/** What it prints on stdout and stderr; undefined: it is not there. */
function openssl(args: readonly string[]): string | undefined {
  try {
    return execFileSync('openssl', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: string; stdout?: string; stderr?: string };
    return code === 'ENOENT' ? undefined : stdout + stderr;
  }
}

function rsaKey(bits: number, hash: 'sha256' | 'sha1' | 'sha512', scheme: 'pkcs1' | 'pss' | 'pss only'): Key {
  const { privateKey, publicKey } =
    scheme === 'pss only' ? generateKeyPairSync('rsa-pss', { modulusLength: bits }) : generateKeyPairSync('rsa', { modulusLength: bits });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const [, contents] = children(spki, readElement(spki, 0, spki.length, 'a key'), 'a key');
  const bare = spki.subarray(contents!.start + 1, contents!.end);
  const sha256 = seq(oid('2.16.840.1.101.3.4.2.1'), nul);
  const pss = seq(
    oid('1.2.840.113549.1.1.10'),
    seq(explicit(0, sha256), explicit(1, seq(oid('1.2.840.113549.1.1.8'), sha256)), explicit(2, int(32))),
  );
  const pkcs1 = seq(oid({ sha256: '1.2.840.113549.1.1.11', sha1: '1.2.840.113549.1.1.5', sha512: '1.2.840.113549.1.1.13' }[hash]), nul);
  const key = scheme === 'pkcs1' ? privateKey : { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return { spki, bits: bare, algorithm: scheme === 'pkcs1' ? pkcs1 : pss, sign: (signed) => new Uint8Array(sign(hash, signed, key)) };
}

const keys: RsaKeys = {
  rsa: rsaKey(2048, 'sha256', 'pkcs1'),
  pss: rsaKey(2048, 'sha256', 'pss'),
  pssOnly: rsaKey(2048, 'sha256', 'pss only'),
  rsa1024: rsaKey(1024, 'sha256', 'pkcs1'),
  rsaSha1: rsaKey(2048, 'sha1', 'pkcs1'),
  rsaSha512: rsaKey(2048, 'sha512', 'pkcs1'),
};

const octetsOf = (made: Chain['certificate']): Uint8Array => (made instanceof Uint8Array ? made : made.der);
const pem = (label: string, list: readonly Uint8Array[]): string =>
  list
    .map(
      (der) =>
        `-----BEGIN ${label}-----\n${Buffer.from(der)
          .toString('base64')
          .replace(/.{64}(?!$)/g, '$&\n')}\n-----END ${label}-----\n`,
    )
    .join('');

/** `OK`, or what openssl complains of. */
function askOpenssl({ certificate, others = [], anchors, crls = [], at = today, flags = [] }: Chain): string {
  const file = (name: string, label: string, list: readonly Uint8Array[]): string => {
    const path = join(folder, name);
    writeFileSync(path, pem(label, list));
    return path;
  };
  const level = flags.includes('-auth_level') ? [] : ['-auth_level', '2'];
  const lists = crls.length > 0 ? ['-CRLfile', file('crls.pem', 'X509 CRL', crls)] : [];
  const untrusted = others.length > 0 ? ['-untrusted', file('others.pem', 'CERTIFICATE', others.map(octetsOf))] : [];
  const args = [
    'verify',
    '-no-CApath',
    '-no-CAstore',
    '-partial_chain',
    '-attime',
    String(Math.floor(at / 1000)),
    ...level,
    ...flags,
    ...lists,
  ];
  const said = openssl([
    ...args,
    '-CAfile',
    file('anchors.pem', 'CERTIFICATE', anchors.map(octetsOf)),
    ...untrusted,
    file('leaf.pem', 'CERTIFICATE', [octetsOf(certificate)]),
  ]);
  const reason =
    /error (\d+ at \d+ depth lookup: .*)/.exec(said ?? '')?.[1] ??
    /: OK\s*$/
      .exec(said ?? '')?.[0]
      .slice(2)
      .trim();
  return (
    reason ??
    (said ?? '')
      .split('\n')
      .find((line) => /error|unable/i.test(line))
      ?.replace(/^[0-9A-F]+:/, '') ??
    'nothing'
  );
}

async function askUs({ certificate, others = [], anchors, crls = [], at = today, options }: Chain): Promise<string> {
  const question = {
    certificate: octetsOf(certificate),
    others: others.map(octetsOf),
    anchors: anchors.map(octetsOf),
    crls,
    at,
    ...options,
  };
  return validateCertificate(question).then(
    () => 'OK',
    (error: unknown) => (error as Error).message,
  );
}

const all = chains(keys);

describe.runIf(version !== undefined)('RFC 5280 section 6: one verdict with openssl verify', () => {
  const recorded: unknown[] = [];
  it('the names of the chains are different ones', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(180);
  });

  it.each(all)('$name', async (chain) => {
    const theirs = askOpenssl(chain);
    const ours = await askUs(chain);
    expect({ isValid: ours === 'OK', ours, theirs }, JSON.stringify({ ours: ours, theirs })).toEqual({
      isValid: chain.releasesDiffer === undefined && (theirs === 'OK') !== (chain.differs !== undefined),
      ours,
      theirs,
    });
    recorded.push(record(chain, theirs));
  });

  const table: string[] = [];
  /** The place in a table of all octets: a root stands there once. */
  function place(der: Chain['certificate']): number {
    const text = Buffer.from(octetsOf(der)).toString('base64');
    if (!table.includes(text)) table.push(text);
    return table.indexOf(text);
  }

  function record(
    { name, certificate, others = [], anchors, crls = [], at = today, options = {}, flags = [], ...why }: Chain,
    verdict: string,
  ): unknown {
    const places = { certificate: place(certificate), others: others.map(place), anchors: anchors.map(place), crls: crls.map(place) };
    const reason = verdict === 'OK' ? (why.differs ?? why.releasesDiffer) : why.differs;
    return { name, at, ...places, options, flags, openssl: verdict, ...(reason === undefined ? {} : { differs: reason }) };
  }

  afterAll(() => {
    if (process.env['WRITE_VECTORS'] === undefined || recorded.length !== all.length) return;
    const page = {
      what: 'Certificate chains with the verdict of openssl verify -partial_chain -auth_level 2; numbers are places in `der`; `differs`: why our verdict is the other one',
      source: `made by test/x509/openssl.node.test.ts with WRITE_VECTORS=1; verdicts of ${version ?? ''}`,
      license: 'MIT (this project)',
      count: recorded.length,
      cases: recorded,
      der: table,
    };
    writeFileSync('vectors/x509/openssl-verify.json', `${JSON.stringify(page)}\n`);
  });
});
