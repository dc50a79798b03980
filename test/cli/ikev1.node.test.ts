/** IKEv1 on the command line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makePki } from '../node/auth.js';
import { ipsec } from './run.js';

let folder = '';
const running: ChildProcess[] = [];
beforeAll(() => {
  folder = makePki();
  writeFileSync(join(folder, 'password.txt'), 'correct horse battery staple\n', { mode: 0o600 });
  writeFileSync(join(folder, 'group.psk'), 'a secret of the group: 3f0c1b7f5a0e4bd1\n', { mode: 0o600 });
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** `ipsec-ts serve` with one connection of version 1, until its ports are known. */
async function serve(connection: object): Promise<{ readonly ports: string; readonly seen: () => string }> {
  const common = { name: 'old', pool: 'inside', children: [{ local: '10.2.0.0/16', remote: 'dynamic' }] };
  const pools = [{ name: 'inside', ranges: ['10.77.0.0/24'], exclude: ['10.77.0.0/32'] }];
  const json = { ike: 1, addresses: ['127.0.0.1'], ports: { ike: 0, nat: 0 }, connections: [{ ...common, ...connection }], pools };
  writeFileSync(join(folder, 'serve.json'), JSON.stringify(json));
  const child = spawn(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), 'serve', 'serve.json'], {
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
    if (ike !== undefined && nat !== undefined) return { ports: `${ike},${nat}`, seen: () => `${stdout}${stderr}` };
    if (performance.now() > end || child.exitCode !== null) throw new Error(`no host: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const toGateway = (ports: string): readonly string[] => [
  ...['connect', '127.0.0.1', '--ike', '1', '--gateway-ports', ports, '--gateway-id', 'gw.example', '--to', '10.2.0.0/16'],
  ...['--ping', '10.2.0.1', '--count', '1', '--interval', '0.01'],
];
const user = ['--user', 'anna', '--password-file', 'password.txt'];
const certificate = { certificate: 'gw-rsa.pem', key: 'gw-rsa.key' };
const secret = { psk: { file: 'group.psk' } };

describe('without a configuration', () => {
  test.each([
    [
      'a secret of a group and a user, main mode',
      { local: { id: 'gw.example' }, auth: secret, remote: { id: '*' }, xauth: { users: 'users.txt' } },
      ['--psk-file', 'group.psk', '--id', 'staff', ...user],
    ],
    [
      'the same in aggressive mode',
      {
        local: { id: 'gw.example' },
        auth: secret,
        remote: { id: '*' },
        xauth: { users: 'users.txt' },
        aggressive: true,
        unsafeAggressivePsk: true,
      },
      ['--psk-file', 'group.psk', '--id', 'staff', '--aggressive', '--unsafe-aggressive-psk', ...user],
    ],
    [
      'a password alone',
      { local: { auth: certificate }, remote: { auth: { null: true } }, xauth: { users: 'users.txt' } },
      ['--ca', 'ca.pem', ...user],
    ],
    [
      'a certificate',
      { local: { auth: certificate }, remote: { id: '*', auth: { ca: 'ca.pem' } } },
      ['--ca', 'ca.pem', '--cert', 'anna-rsa.pem', '--key', 'anna-rsa.key'],
    ],
  ])('%s: an address, and a ping', async (_what, connection, args) => {
    const { ports, seen } = await serve(connection);
    const log = join(folder, 'keys');
    const { code, stdout, stderr } = await ipsec([...toGateway(ports), ...args, '--key-log', log], { cwd: folder });
    expect([code, stdout, stderr, seen()]).toEqual([
      0,
      expect.stringMatching(/the peer gave us 10\.77\.0\.\d+$/m),
      expect.stringContaining('IKEv1 is deprecated'),
      seen(),
    ]);
    expect(stdout).toContain('1 packets transmitted, 1 received');
    expect(`${stdout}${stderr}${seen()}`).not.toMatch(/horse|3f0c1b7f/);
    expect(readFileSync(join(log, 'ikev1_decryption_table'), 'utf8')).toMatch(/^[0-9a-f]{16},[0-9a-f]+$/m);
  });

  test.each([
    [['--ike', '3', '--psk-file', 'group.psk'], /--ike: expected 1 or 2, found "3"/],
    [['--ike', '1', '--psk-file', 'group.psk', '--aggressive'], /aggressive mode with a shared secret: .*guessed offline/],
    [['--ike', '1', '--user', 'anna', '--ca', 'ca.pem', '--eap', 'md5'], /--eap: expected none: IKEv1 has XAUTH/],
    [['--ike', '1', '--user', 'anna'], /--ca: expected the file of a certificate/],
    [['--aggressive'], /--aggressive: expected --user, --cert, --p12 or --psk-file with it/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await ipsec(['connect', '127.0.0.1', ...args], { cwd: folder });
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

test('where nobody can be asked, that is said', async () => {
  const json = {
    ike: 1,
    addresses: ['127.0.0.1'],
    connections: [{ name: 'old', auth: { psk: 'hush' }, remote: { address: '127.0.0.2' }, xauth: 'client' }],
  };
  writeFileSync(join(folder, 'asked.json'), JSON.stringify(json));
  const { code, stderr } = await ipsec(['connect', 'asked.json', '--check'], { cwd: folder });
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/XAUTH: expected "user" and "password": here nobody can be asked.*\(connections\.0\.xauth\)/),
  ]);
});
