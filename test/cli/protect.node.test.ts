import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { readCapture, type CapturedPacket } from '../../src/capture/pcap.js';
import { kernelCases } from '../kernel-sa.js';
import { capture, jsonSa, keyFile } from '../capture/kernel-keys.js';
import { folder, ipsec } from './run.js';

const c = kernelCases.find((k) => k.name === 'nest-esptransport-in-esptun-u44')!;
const place = folder();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(place, name);
  writeFileSync(path, content);
  return path;
};
const keys = file('keys.json', keyFile(c.sas.map((s) => jsonSa(s, c.flags))));
const clear = file('clear.pcap', capture(c.packets.map((p) => p.plain ?? p.inner)));
const like = file('sealed.pcap', capture(c.packets.flatMap((p) => p.outerFragments ?? [p.outer])));
const rawPackets = (octets: Uint8Array): string[] => [...readCapture(octets)].map((r) => toHex((r as CapturedPacket).data));

describe('ipsec-ts protect', () => {
  test('--like --json: octet for octet', async () => {
    const ended = await ipsec(['protect', clear, '--keys', keys, '--like', like, '--json'], { cwd: place, root: resolve('.') });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const lines = ended.stdout.trim().split('\n');
    expect(lines).toEqual(c.packets.map((p, i) => `{"packet":${i + 1},"outer":"${p.outer}"}`));
    expect(existsSync(join(place, 'clear.protected.pcap'))).toBe(false);
  });

  test('without --like: a capture under a name of its own, that decodes to what went in', async () => {
    const cwd = folder();
    const ended = await ipsec(['protect', clear, '--keys', keys], { cwd, root: resolve('.') });
    expect(ended).toEqual({ code: 0, stdout: `clear.protected.pcap: ${c.packets.length} datagrams\n`, stderr: '' });
    const decoded = await ipsec(['decode', join(cwd, 'clear.protected.pcap'), '--keys', keys, '--json']);
    expect(
      decoded.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { inner: string }).inner),
    ).toEqual(c.packets.map((p) => p.plain ?? p.inner));
    expect(await ipsec(['protect', clear, '--keys', keys], { cwd, root: resolve('.') })).toMatchObject({
      code: 1,
      stderr: 'ipsec-ts: protect: cannot write clear.protected.pcap: it is there already; name another with --out\n',
    });
  });

  test('--out FILE, --out - and standard input', async () => {
    const out = join(place, 'out.pcap');
    expect((await ipsec(['protect', clear, '-k', keys, '--like', like, '-o', out])).stdout).toBe(`${out}: ${c.packets.length} datagrams\n`);
    expect(rawPackets(new Uint8Array(readFileSync(out)))).toEqual(c.packets.map((p) => p.outer));
    // A file that is named may be replaced.
    expect(
      (await ipsec(['protect', '-', '-k', keys, '--like', like, '-o', out], { input: new Uint8Array(readFileSync(clear)) })).code,
    ).toBe(0);
    const piped = await ipsec(['protect', clear, '-k', keys, '--like', like, '--out', '-']);
    expect([piped.code, piped.stderr, piped.stdout.length > 100]).toEqual([0, '', true]);
    expect(await ipsec(['protect', '-', '-k', '-'])).toMatchObject({
      code: 1,
      stderr: 'ipsec-ts: protect: standard input can be read once only\n',
    });
    expect(await ipsec(['protect', clear, '-k', keys, '-o', join(place, 'no', 'such', 'folder')])).toMatchObject({ code: 1 });
  });

  test('--sa', async () => {
    const [outermost] = c.sas;
    const ended = await ipsec(['protect', clear, '-k', keys, '--sa', `0x${outermost!.spi.toString(16)}`, '--json']);
    expect(ended.code).toBe(0);
    const spis = ended.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { outer: string }).outer.slice(40, 48));
    expect(new Set(spis)).toEqual(new Set([outermost!.spi.toString(16).padStart(8, '0')]));
    expect((await ipsec(['protect', clear, '-k', keys, '--sa', '0x77', '--json'])).stderr).toMatch(
      /^ipsec-ts: protect: --sa: expected SPIs of the key file: 0x.*, found "0x77"\n$/,
    );
  });

  test('what cannot be sealed ends with 1 and is said', async () => {
    const none = file('none.json', keyFile([]));
    const ended = await ipsec(['protect', clear, '-k', none, '--json']);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr.split('\n')[0]).toBe('ipsec-ts: datagram 1: no SA of the key file is for this packet');
    const short = file('short.pcap', capture(c.packets.slice(0, 1).map((p) => p.inner)));
    expect(await ipsec(['protect', short, '-k', keys, '--like', like, '--json'])).toMatchObject({ code: 1 });
  });
});
