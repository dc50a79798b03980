import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import vectors from '../../vectors/x509/certificates.json' with { type: 'json' };
import { folder, installedWith, ipsec } from './run.js';

const place = folder();
const pemOf = (name: string): string => vectors.cases.find((one) => one.name === name)!.pem;
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(place, name), text);
  return join(place, name);
};
afterAll(() => {
  rmSync(place, { recursive: true });
});

describe('ipsec-ts id', () => {
  test('which identities a certificate may claim', async () => {
    const path = file('gw.pem', pemOf('gateway'));
    const { code, stdout, stderr } = await ipsec(['id', path]);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`${path}:`);
    expect(lines).toContain('    ID_FQDN         gw.example.com');
    expect(lines).toContain('    not dNSName *.branch.example.com: wildcards are not matched');
    expect(lines.at(-1)).toBe('');
  });

  test('several files, bundles, standard input', async () => {
    const bundle = file('chain.pem', pemOf('sub') + pemOf('root'));
    const { stdout, code } = await ipsec(['id', '-', bundle], { input: pemOf('only-cn').replaceAll('\n', '\r\n') });
    expect(code).toBe(0);
    expect(stdout.match(/^\S.*:$/gm)).toEqual(['standard input:', `${bundle}, 1 of 2:`, `${bundle}, 2 of 2:`]);
    expect(stdout).toContain('warning: it has no subjectAltName');
    expect(stdout).toContain('warning: it is of a certification authority');
  });

  test('--json: one object a line', async () => {
    const bundle = file('both.pem', pemOf('gateway') + pemOf('weak'));
    const { stdout, code } = await ipsec(['id', bundle, '--json']);
    expect(code).toBe(0);
    const objects = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toEqual([
      expect.objectContaining({ file: bundle, index: 0, key: 'EC P-256', isCa: false, warnings: [] }),
      expect.objectContaining({
        file: bundle,
        index: 1,
        key: 'RSA-1024',
        warnings: expect.arrayContaining(['RSA keys below 2048 bits are too weak']) as unknown,
      }),
    ]);
    expect(objects[0]!['identities']).toContainEqual({ type: 'ID_IPV4_ADDR', text: '192.0.2.1' });
  });

  test('a file that is something else does not hide the others', async () => {
    const [key, good] = [file('gw.key', vectors.files['private key']), file('good.pem', pemOf('v1'))];
    const { code, stdout, stderr } = await ipsec(['id', key, join(place, 'none.pem'), good]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      `ipsec-ts: id: a file of PEM: expected a certificate, found a private key (${key})`,
      `ipsec-ts: id: cannot read ${join(place, 'none.pem')}: there is no such file`,
    ]);
    expect(stdout).toContain('CN=version 1');
  });

  test('a broken block: which file, which line', async () => {
    const broken = file('broken.pem', pemOf('v1').replace('M', '?'));
    expect((await ipsec(['id', broken])).stderr).toBe(
      `ipsec-ts: id: the block CERTIFICATE of line 1: expected base64, found "?" in line 2 (${broken})\n`,
    );
  });

  test('the command line', async () => {
    const missing = await ipsec(['id']);
    expect([missing.code, missing.stderr]).toEqual([2, 'ipsec-ts: id: CERT.pem is missing\nusage: ipsec-ts id CERT.pem ... [--json]\n']);
    expect((await ipsec(['id', 'x', '--jsn'])).stderr).toContain('unknown option --jsn, did you mean --json?');
    expect((await ipsec(['id', '-', '-'])).stderr).toBe('ipsec-ts: id: standard input can be read once only\n');
    expect((await ipsec(['id', '--help'])).stdout).toContain('ipsec-ts id gateway.pem');
    expect((await ipsec(['identity', 'x'])).stderr).toContain('unknown command identity');
  });

  test('works without the optional packages', async () => {
    const root = installedWith('@noble/curves', '@noble/hashes', '@noble/ciphers');
    expect((await ipsec(['id', file('only.pem', pemOf('gateway'))], { root })).code).toBe(0);
    rmSync(root, { recursive: true });
  });
});
