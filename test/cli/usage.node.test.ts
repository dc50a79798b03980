import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ipsec } from './run.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe('ipsec-ts', () => {
  test('--version and --help', async () => {
    expect(await ipsec(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await ipsec(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['connect', 'serve', 'id', 'decode', 'protect', 'demo'])
      expect(help.stdout).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
    expect((await ipsec(['help'])).stdout).toBe(help.stdout);
    expect((await ipsec(['-h'])).stdout).toBe(help.stdout);
    expect(await ipsec(['-V'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test('without a command: the help, on standard error', async () => {
    const ended = await ipsec([]);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toBe((await ipsec(['--help'])).stdout);
  });

  test.each([
    ['decode', /ipsec-ts decode capture\.pcap --keys keys\.json/],
    ['id', /ipsec-ts id gateway\.pem/],
    ['protect', /ipsec-ts protect clear\.pcap --keys keys\.json --like sealed\.pcap --json/],
    ['demo', /ipsec-ts demo --out ipsec-demo/],
    ['connect', /ipsec-ts connect CONFIG\.json --ping 10\.2\.0\.1 --count 3/],
    ['serve', /ipsec-ts serve CONFIG\.json --check/],
  ])('%s --help has options, exit codes and examples', async (command, example) => {
    const ended = await ipsec([command, '--help']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(new RegExp(`^ipsec-ts ${command}`));
    expect(ended.stdout).toMatch(/^Exit code: 0 when/m);
    expect(ended.stdout).toMatch(example);
    expect((await ipsec(['help', command])).stdout).toBe(ended.stdout);
    expect((await ipsec([command, 'one', 'two', 'three', '-h'])).stdout).toBe(ended.stdout);
    expect(Math.max(...ended.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  test.each([
    [['decod'], 'ipsec-ts: unknown command decod, did you mean decode?\n'],
    [['--helf'], 'ipsec-ts: unknown option --helf, did you mean --help?\n'],
    [['wireshark'], 'ipsec-ts: unknown command wireshark\n'],
    [['decode'], 'ipsec-ts: decode: CAPTURE is missing\n'],
    [['decode', 'a', 'b'], 'ipsec-ts: decode: one argument too many: b\n'],
    [['decode', 'a', '--key', 'k'], 'ipsec-ts: decode: unknown option --key, did you mean --keys?\n'],
    [['decode', 'a', '--jsn'], 'ipsec-ts: decode: unknown option --jsn, did you mean --json?\n'],
    [['decode', 'a', '-x'], 'ipsec-ts: decode: unknown option -x\n'],
    [['decode', 'a', '--keys'], 'ipsec-ts: decode: --keys needs FILE\n'],
    [['decode', 'a', '--keys', '--json'], 'ipsec-ts: decode: --keys needs FILE\n'],
    [['decode', 'a', '--keys', 'x', '--keys', 'y'], 'ipsec-ts: decode: --keys is given twice\n'],
    [['decode', 'a', '--json=yes'], 'ipsec-ts: decode: --json takes no value\n'],
    [['protect', 'a'], 'ipsec-ts: protect: --keys FILE is missing\n'],
    [['conect', 'c.json'], 'ipsec-ts: unknown command conect, did you mean connect?\n'],
    [['connect', 'c.json', '--pong', '::1'], 'ipsec-ts: connect: unknown option --pong, did you mean --ping?\n'],
    [['serve'], 'ipsec-ts: serve: CONFIG.json|ADDRESS is missing\n'],
    [['connect', 'gw.example', '--password', 'hush'], 'ipsec-ts: connect: unknown option --password, did you mean --password-file?\n'],
    [['connect', 'gw.example', '--password=hush'], 'ipsec-ts: connect: unknown option --password, did you mean --password-file?\n'],
    [['serve', 'c.json', '--connection', 'x'], 'ipsec-ts: serve: unknown option --connection\n'],
    [['demo', 'fast'], 'ipsec-ts: demo: one argument too many: fast\n'],
  ])('%j is refused with what is nearest', async (args, message) => {
    const ended = await ipsec(args);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.startsWith(message)).toBe(true);
    expect(ended.stderr).toMatch(/^usage: ipsec-ts /m);
    expect(ended.stderr).not.toMatch(/^ +at /m);
  });
});
