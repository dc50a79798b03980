import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { readCapture, writePcap, type CapturedPacket } from '../../src/capture/pcap.js';
import { kernelCases, kernelTranscripts } from '../kernel-sa.js';
import { jsonSa, keyFile } from '../capture/kernel-keys.js';
import { folder, installedWith, ipsec } from './run.js';

const demo = 'vectors/demo/linux-kernel.pcap';
const demoKeys = 'vectors/demo/linux-kernel.keys.json';
const expected = JSON.parse(readFileSync('vectors/demo/linux-kernel.expected.json', 'utf8')) as { packet: number; inner: string }[];
const inners = (stdout: string): unknown[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { packet: number; result: string; inner: string })
    .map(({ packet, result, inner }) => [packet, result, inner]);
const allRight = expected.map((e) => [e.packet, 'ok', e.inner]);
const octets = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
};

describe('ipsec-ts decode', () => {
  test('--json: one object a line', async () => {
    const ended = await ipsec(['decode', demo, '--keys', demoKeys, '--json']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(inners(ended.stdout)).toEqual(allRight);
  });

  test('text, and a last line that counts', async () => {
    const ended = await ipsec(['decode', demo, '--keys', demoKeys]);
    expect(ended.stdout).toMatch(/^#1 {2}0\.000000 {2}192\.0\.2\.1 > 192\.0\.2\.2 {2}ESP 0x[0-9a-f]{8} seq 1 {2}ok\n/);
    expect(ended.stdout).toMatch(/\n20 records: 18 protected \(18 ok\), 2 fragments\n$/);
    expect((await ipsec(['decode', demo])).stdout).toMatch(/\n20 records: 18 protected \(18 unknown\), 2 fragments\n$/);
  });

  test('standard input, for the capture or for the keys, not for both', async () => {
    expect(inners((await ipsec(['decode', '-', '--keys', demoKeys, '--json'], { input: octets(demo) })).stdout)).toEqual(allRight);
    expect(inners((await ipsec(['decode', demo, '--keys', '-', '--json'], { input: octets(demoKeys) })).stdout)).toEqual(allRight);
    expect(await ipsec(['decode', '-', '--keys', '-'])).toMatchObject({
      code: 1,
      stderr: 'ipsec-ts: decode: standard input can be read once only\n',
    });
  });

  test('keys from Windows: CRLF, a byte order mark, UTF-16', async () => {
    const text = readFileSync(demoKeys, 'utf8').replaceAll('\n', '\r\n');
    const utf16 = new Uint8Array(2 + text.length * 2);
    utf16.set([0xff, 0xfe]);
    for (let i = 0; i < text.length; i++) utf16[2 + 2 * i] = text.charCodeAt(i);
    for (const path of [write('crlf.json', text), write('bom.json', `\ufeff${text}`), write('utf16.json', utf16)])
      expect(inners((await ipsec(['decode', demo, '--keys', path, '--json'])).stdout)).toEqual(allRight);
  });

  test("Wireshark's table", async () => {
    const { sas } = JSON.parse(readFileSync(demoKeys, 'utf8')) as {
      sas: { spi: string; source: string; destination: string; encryption?: { name: string; key: string } }[];
    };
    const lines = sas
      .filter((sa) => sa.encryption?.name === 'ENCR_AES_GCM_16')
      .map(
        (sa) =>
          `"IPv4","${sa.source}","${sa.destination}","${sa.spi}","AES-GCM with 16 octet ICV [RFC4106]","0x${sa.encryption!.key}","NULL",""`,
      );
    const path = write('esp_sa', `# table\r\n${lines.join('\r\n')}\r\n`);
    const ended = await ipsec(['decode', demo, '--esp-sa', path, '--json']);
    const wanted = expected.filter((e) =>
      inners(ended.stdout).some((line) => (line as unknown[])[0] === e.packet && (line as unknown[])[1] === 'ok'),
    );
    expect(wanted.length).toBe(7);
    for (const e of wanted) expect(inners(ended.stdout)).toContainEqual([e.packet, 'ok', e.inner]);
  });

  test.each([
    ['no-such.pcap', 'cannot read no-such.pcap: there is no such file'],
    ['vectors', 'cannot read vectors: it is a directory'],
    ['package.json', 'package.json: a capture file: expected pcap or pcapng, found the octets 7b 0a 20 20 (capture at octet 0)'],
  ])('a file that is no capture: %s', async (path, message) => {
    expect(await ipsec(['decode', path, '--json'])).toEqual({ code: 1, stdout: '', stderr: `ipsec-ts: decode: ${message}\n` });
  });

  test('an empty file, an empty capture', async () => {
    const path = write('empty.pcap', '');
    expect((await ipsec(['decode', path])).stderr).toMatch(/empty\.pcap: a capture file: expected pcap or pcapng, found an empty file/);
    const none = write('none.pcap', writePcap({ linkType: 1 }, []));
    expect(await ipsec(['decode', none])).toEqual({ code: 0, stdout: '0 records: 0 protected\n', stderr: '' });
    expect(await ipsec(['decode', none, '--json'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('a wrong key file: its name, the JSON path, the nearest name', async () => {
    const text = readFileSync(demoKeys, 'utf8');
    for (const [wrong, message] of [
      [
        text.replace('ENCR_AES_GCM_16', 'ENCR_AES_GMC_16'),
        /keys\.json: an encryption algorithm: expected IANA's name, found "ENCR_AES_GMC_16", did you mean ENCR_AES_GCM_16\? \(sas\.0\.encryption\.name\)\n$/,
      ],
      [text.slice(0, -10), /keys\.json: the key file: expected valid JSON, found .* line [0-9]+, column [0-9]+/],
      [
        text.replace(/("name": "ENCR_AES_GCM_16",\s+"key": ")../, '$1'),
        /keys\.json: ENCR_AES_GCM_16: expected .*, found 35 \(sas\.0\.encryption\)\n$/,
      ],
    ] as const) {
      const ended = await ipsec(['decode', demo, '--keys', write('keys.json', wrong)]);
      expect([ended.code, ended.stdout]).toEqual([1, '']);
      expect(ended.stderr).toMatch(message);
    }
  });

  test('what is not known gives a warning', async () => {
    const keys = JSON.parse(readFileSync(demoKeys, 'utf8')) as Record<string, unknown>;
    const ike1 = [{ cookieI: '00'.repeat(8), key: '00', keylength: 8 }];
    const path = write('keys.json', JSON.stringify({ ...keys, sass: [], ike1 }));
    const ended = await ipsec(['decode', demo, '--keys', path, '--json']);
    expect([ended.code, inners(ended.stdout)]).toEqual([0, allRight]);
    expect(ended.stderr.split('\n').map((line) => line.replace(path, 'keys.json'))).toEqual([
      'ipsec-ts: keys.json: warning: sass: unknown member, ignored (did you mean sas?)',
      'ipsec-ts: keys.json: warning: ike1.0.keylength: unknown member, ignored (did you mean keyLength?)',
      '',
    ]);
  });

  test('a broken record is reported with its number, and the rest is read', async () => {
    const file = octets(demo);
    const path = write('cut.pcap', file.subarray(0, file.length - 4));
    const ended = await ipsec(['decode', path, '--keys', demoKeys, '--json']);
    expect([ended.code, inners(ended.stdout)]).toEqual([0, allRight.slice(0, -1)]);
    expect(ended.stderr).toMatch(/^ipsec-ts: record 20 is broken and passed over: /);
  });

  test('a long capture into a reader that goes away', async () => {
    const packets = [...readCapture(octets(demo))] as CapturedPacket[];
    const path = write('long.pcap', writePcap({ linkType: 1 }, Array.from({ length: 500 }, () => packets).flat()));
    const all = await ipsec(['decode', path, '--json']);
    expect(all.stdout.trim().split('\n')).toHaveLength(500 * expected.length);
    expect(await ipsec(['decode', path], { headOnly: true })).toMatchObject({ code: 0, stderr: '' });
  });

  test('without fflate: said only where IPComp is needed', async () => {
    const root = installedWith('@noble');
    expect(inners((await ipsec(['decode', demo, '--keys', demoKeys, '--json'], { root })).stdout)).toEqual(allRight);
    const path = write('keys.json', keyFile([{ protocol: 'IPCOMP', mode: 'transport', spi: 2 }]));
    expect(await ipsec(['decode', demo, '--keys', path], { root })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'ipsec-ts: decode: the key file has an IPCOMP entry, which needs the package fflate: expected npm install fflate\n',
    });
    expect((await ipsec(['decode', demo, '--keys', path, '--json'])).code).toBe(0);
  });
});

describe('ipsec-ts decode on the captures of a Linux kernel', () => {
  const captures = readdirSync('vectors/captures/linux-kernel').map((name) => name.replace('.pcap', ''));

  test.each(captures)('%s', async (name) => {
    const c = kernelCases.find((k) => k.name === name);
    const t = kernelTranscripts.find((k) => k.name === name);
    const sas = c ? c.sas.map((s) => jsonSa(s, c.flags)) : [jsonSa({ ...t!, startSeq: t!.receiverTop })];
    const ended = await ipsec(['decode', `vectors/captures/linux-kernel/${name}.pcap`, '--keys', '-', '--json'], { input: keyFile(sas) });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const found = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    if (c) {
      expect(found.map((l) => [l['result'], l['inner'], l['seq']])).toEqual(c.packets.map((p) => ['ok', p.plain ?? p.inner, p.seq]));
    } else if (name.startsWith('replay-')) {
      expect(found.map((l) => [l['result'] === 'ok', l['top']])).toEqual(t!.steps.map((s) => [s.accepted, s.top]));
    } else expect(found).toHaveLength(t!.steps.length);
  });

  test('there are fifteen', () => {
    expect(captures).toHaveLength(15);
  });

  test('and so do pcapng, VLAN, raw IP and Linux cooked captures of the same packets', async () => {
    const packets = [...readCapture(octets(demo))] as CapturedPacket[];
    const wrap = (header: number[], cut: number, v6: (p: Uint8Array) => boolean, type: number): Uint8Array =>
      writePcap(
        { linkType: type },
        packets.map(({ time, data }) => {
          const ip = data.subarray(cut);
          const six = v6(ip);
          return { time, data: concat(Uint8Array.from(header), Uint8Array.of(six ? 0x86 : 0x08, six ? 0xdd : 0x00), ip) };
        }),
      );
    const isV6 = (p: Uint8Array): boolean => p[0]! >>> 4 === 6;
    const variants = [
      wrap([...new Array<number>(12).fill(0), 0x81, 0, 0, 7], 14, isV6, 1),
      wrap(new Array<number>(14).fill(0), 14, isV6, 113),
      writePcap(
        { linkType: 101 },
        packets.map(({ time, data }) => ({ time, data: data.subarray(14) })),
      ),
      pcapngOf(packets),
    ];
    for (const file of variants) {
      const ended = await ipsec(['decode', '-', '--keys', demoKeys, '--json'], { input: file });
      expect(inners(ended.stdout)).toEqual(allRight);
    }
  });
});

/** A pcapng file with one Ethernet interface and Enhanced Packet Blocks, big-endian. */
function pcapngOf(packets: readonly CapturedPacket[]): Uint8Array {
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const padded = concat(body, new Uint8Array((4 - (body.length % 4)) % 4));
    const length = words(padded.length + 12);
    return concat(words(type), length, padded, length);
  };
  const words = (...values: number[]): Uint8Array => {
    const out = new Uint8Array(4 * values.length);
    values.forEach((v, i) => {
      new DataView(out.buffer).setUint32(4 * i, v);
    });
    return out;
  };
  const section = block(0x0a0d0d0a, concat(words(0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff)));
  const description = block(1, words(0x00010000, 0));
  const enhanced = packets.map(({ data }, i) => block(6, concat(words(0, 0, i, data.length, data.length), data)));
  return concat(section, description, ...enhanced);
}

test('the octets of the demo capture are those of its cases', () => {
  const frames = [...readCapture(octets(demo))] as CapturedPacket[];
  const outers = kernelCases.flatMap((c) => c.packets.flatMap((p) => p.outerFragments ?? [p.outer]));
  for (const { data } of frames) expect(outers).toContain(toHex(data.subarray(14)));
});
