/** Certificates, users and passwords on the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makePki } from '../node/auth.js';
import { installedWith, ipsec } from './run.js';

let folder = '';
const running: ChildProcess[] = [];
const password = 'correct horse battery staple';
beforeAll(() => {
  folder = makePki();
  writeFileSync(join(folder, 'password.txt'), `${password}\r\n`, { mode: 0o600 });
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** `ipsec-ts serve ...`, until its ports are known. */
async function serve(
  ...args: readonly string[]
): Promise<{ readonly ports: string; readonly seen: () => string; readonly errors: () => string }> {
  const child = spawn(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), 'serve', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const end = performance.now() + 20_000;
  for (;;) {
    const [, ike, nat] = /UDP ports (\d+) and (\d+)/.exec(stdout) ?? [];
    if (ike !== undefined && nat !== undefined) return { ports: `${ike},${nat}`, seen: () => stdout, errors: () => stderr };
    if (performance.now() > end || child.exitCode !== null) throw new Error(`no host: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const gateway = ['127.0.0.1', '--cert', 'gw.pem', '--key', 'gw.key', '--ports', '0,0', '--pool', '10.77.0.0/24', '--net', '10.2.0.0/16'];
const toGateway = (ports: string): readonly string[] => [
  ...['connect', '127.0.0.1', '--gateway-ports', ports, '--gateway-id', 'gw.example', '--ca', 'ca.pem', '--to', '10.2.0.0/16'],
  ...['--ping', '10.2.0.1', '--count', '1', '--interval', '0.01'],
];

describe('without a configuration', () => {
  test('a user with a password from a file gets an address, and pings', async () => {
    const { ports, seen } = await serve(...gateway, '--users', 'users.txt');
    const ended = await ipsec([...toGateway(ports), '--user', 'anna', '--password-file', 'password.txt'], { cwd: folder });
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/the peer gave us 10\.77\.0\.1$/m)]);
    expect(`${ended.stdout}${ended.stderr}${seen()}`).not.toContain('horse');
  });

  test('a certificate and a locked key with its password in the environment; PKCS#12', async () => {
    writeFileSync(join(folder, 'open.txt'), 'open sesame', { mode: 0o600 });
    const { ports: own } = await serve(...gateway, '--ca', 'ca.pem');
    const p12 = await ipsec([...toGateway(own), '--p12', 'anna.p12', '--password-file', 'open.txt'], { cwd: folder });
    expect([p12.code, p12.stdout]).toEqual([0, expect.stringContaining('1 packets transmitted, 1 received')]);
    const pem = await ipsec([...toGateway(own), '--cert', 'anna.pem', '--key', 'anna.key'], { cwd: folder });
    expect([pem.code, pem.stdout]).toEqual([0, expect.stringContaining('1 packets transmitted, 1 received')]);
  });

  test('a wrong password: both sides say why, and the exit code is 1', async () => {
    const { ports, seen } = await serve(...gateway, '--users', 'users.txt');
    writeFileSync(join(folder, 'wrong.txt'), 'quite another one');
    const ended = await ipsec([...toGateway(ports), '--user', 'anna', '--password-file', 'wrong.txt'], { cwd: folder });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/EAP-MSCHAPv2 as "anna": expected the authenticator to take name and password, found error 691/);
    expect(seen()).toMatch(/users: no IKE SA: EAP-MSCHAPv2 of "anna": expected a known name and its password, found another password/);
    expect(`${ended.stdout}${ended.stderr}${seen()}`).not.toMatch(/horse|quite another/);
  });

  test('an untrusted client: the gateway says who vouches for it', async () => {
    const { ports, seen } = await serve(...gateway, '--ca', 'ca.pem');
    const ended = await ipsec([...toGateway(ports), '--cert', 'stranger.pem', '--key', 'stranger.key'], { cwd: folder });
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('found AUTHENTICATION_FAILED')]);
    expect(seen()).toMatch(
      /the issuer of the certificate of CN=stranger, O=Example: expected CN=ca, O=Example, found CN=other-ca, O=Example/,
    );
  });

  test.each([
    [['connect', 'gw.example', '--user', 'anna'], /--ca: expected the file of a certificate that vouches for the gateway's, found none/],
    [
      ['connect', 'gw.example', '--ca', 'ca.pem'],
      /--ca: expected --user, --cert, --p12 or --psk-file with it, in place of CONFIG\.json, found none of them/,
    ],
    [['connect', '127.0.0.1', '--cert', 'anna.pem', '--ca', 'ca.pem'], /--key: expected --cert FILE and --key FILE, or --p12 FILE/],
    [
      ['connect', 'no-such-name.invalid', '--user', 'anna', '--ca', 'ca.pem'],
      /the gateway "no-such-name\.invalid": expected an address, or a name that has one/,
    ],
    [
      ['connect', '127.0.0.1', '--user', 'anna', '--ca', 'ca.pem', '--gateway-ports', '500'],
      /--gateway-ports: expected two UDP ports: 500,4500, found "500"/,
    ],
    [
      ['connect', '127.0.0.1', '--user', 'anna', '--ca', 'ca.pem', '--eap', 'mschap', '--password-file', 'password.txt'],
      /an EAP method: expected mschapv2, tls, md5, gtc, found "mschap", did you mean mschapv2\?/,
    ],
    [
      ['connect', '127.0.0.1', '--cert', 'anna.pem', '--key', 'gw.key', '--ca', 'ca.pem'],
      /a private key: expected that of the certificate of "[^"]*CN=anna[^"]*", EC P-256, found another, EC P-256/,
    ],
    [
      ['connect', '127.0.0.1', '--user', 'anna', '--ca', 'nowhere.pem', '--password-file', 'password.txt'],
      /cannot read nowhere\.pem: expected PEM, or a file that can be read, found no such file \(connections\.0\.remote\.auth\.ca\)/,
    ],
    [
      ['connect', '127.0.0.1', '--user', 'anna', '--ca', 'anna.key', '--password-file', 'password.txt'],
      /expected a certificate, found .*\(connections\.0\.remote\.auth\.ca/,
    ],
    [
      ['connect', '127.0.0.1', '--user', 'anna', '--ca', 'ca.pem', '--password-env', 'NO_SUCH_VARIABLE'],
      /a password of anna: expected a variable of the environment that is set, found "NO_SUCH_VARIABLE", which is not/,
    ],
    [['serve', '127.0.0.1', '--cert', 'gw.pem', '--key', 'gw.key'], /clients: expected --users FILE, --ca FILE, or both, found none/],
    [['serve', '127.0.0.1', '--users', 'users.txt'], /--users: expected --cert or --p12 with it, in place of CONFIG\.json/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await ipsec(args, { cwd: folder });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('a password is asked for on a terminal only: here is none', async () => {
    const { code, stderr } = await ipsec(['connect', '127.0.0.1', '--user', 'anna', '--ca', 'ca.pem'], { cwd: folder });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        'a password of anna: expected a terminal to ask on, or a file or a variable of the environment that holds it, found no terminal',
      ),
    ]);
  });

  test('what is not installed is named with how to install it', async () => {
    const root = installedWith('@noble/ciphers', '@noble/curves', '@noble/hashes');
    const { code, stderr } = await ipsec(['connect', '127.0.0.1', '--cert', 'anna.pem', '--key', 'anna.key', '--ca', 'ca.pem'], {
      cwd: folder,
      root,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('keys and certificates need the packages pkijs and asn1js: expected npm install pkijs asn1js'),
    ]);
  });
});

describe('--check', () => {
  test('says what is wrong with certificates, keys and passwords, and no secret', async () => {
    const remote = { id: '*', auth: { ca: ['ca.pem', 'gw.pem'] } };
    const json = {
      addresses: ['127.0.0.1'],
      connections: [
        { name: 'a', local: { id: 'gate.example', auth: { certificate: 'gw.pem', key: 'gw.key' } }, remote },
        {
          name: 'b',
          local: { auth: { certificate: 'gw.pem', key: 'open.key' } },
          remote: { auth: { eap: 'md5', users: 'weak.txt', allowKeyless: true } },
        },
        {
          name: 'c',
          local: { auth: { eap: 'mschapv2', identity: 'anna', password: 'hush' } },
          remote: { address: '127.0.0.9', id: 'gw.example', auth: { psk: 'chance: 3f0c1b7f5a0e4bd1' } },
        },
      ],
    };
    writeFileSync(join(folder, 'weak.txt'), 'anna: anna1\nbert: another0ne\n');
    writeFileSync(join(folder, 'open.key'), readFileSync(join(folder, 'gw.key')));
    for (const name of ['weak.txt', 'open.key']) chmodSync(join(folder, name), 0o644);
    writeFileSync(join(folder, 'CONFIG.json'), JSON.stringify(json));
    const { code, stdout } = await ipsec(['connect', 'CONFIG.json', '--check'], { cwd: folder });
    expect(code).toBe(0);
    for (const line of [
      /connections\.0\.local\.auth\.certificate: the certificate does not speak for ID_FQDN gate\.example: expected .*did you mean gw\.example\?/,
      /connections\.0\.remote\.auth\.ca\.1: .*CN=gw.* is no certification authority/,
      /connections\.1\.remote\.auth\.allowKeyless: a method without a key/,
      /connections\.1\.remote\.auth\.users: the passwords of "anna", "bert" can be guessed/,
      /connections\.2\.local\.auth\.password: this password can be guessed/,
      /connections\.2\.local\.auth\.password: a password that stands in the configuration itself/,
      /connections\.2\.remote\.auth: every user has this secret/,
    ])
      expect(stdout).toMatch(line);
    if (process.platform !== 'win32') {
      expect(stdout).toMatch(/connections\.1\.remote\.auth\.users: everybody on this machine may read weak\.txt: chmod 600/);
      expect(stdout).toMatch(/connections\.1\.local\.auth\.key: everybody on this machine may read open\.key/);
    }
    expect(stdout).not.toMatch(/hush|another0ne|anna1/);
  });
});

test('the process list shows no password: none is taken as an argument', async () => {
  for (const command of ['connect', 'serve']) {
    const { stdout } = await ipsec([command, '--help']);
    expect(stdout).toMatch(/--password-file FILE/);
    expect(stdout).not.toMatch(/--password [A-Z]|--psk [A-Z]/);
  }
});
