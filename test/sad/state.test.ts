import { describe, expect, test } from 'vitest';
import { fullSeq, secretsOf } from '../../src/association.js';
import { open, seal } from '../../src/esp.js';
import { encodeIpv4Header, parseAddress } from '../../src/ip.js';
import {
  addSa,
  createSad,
  exportSa,
  exportSad,
  importSa,
  importSad,
  listSas,
  removeSa,
  type ImportOptions,
  type SaState,
} from '../../src/sad.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { aes256Cbc } from '../../src/suite/encr.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { parseSelector } from '../../src/traffic-selector.js';
import { ah, esp, gcm, keyOf, type SaSettings } from './make.js';

const rows = [...aeadRows, ...encrRows, ...integRows];
const inbound = { direction: 'inbound' } as const;
const outbound = { direction: 'outbound' } as const;
const exportableKeys = { encryption: gcm.key };
const options: ImportOptions = { rows, now: 0, seqMargin: 1000 };
const ends = { from: '192.0.2.1', to: '192.0.2.2' };

/** What a process would write to a file and read back. */
const overJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function clear(): Uint8Array {
  const packet = new Uint8Array(60);
  packet.set(
    encodeIpv4Header({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), protocol: 17, totalLength: 60 }),
  );
  return packet;
}

const numberOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(24);
const ivOf = (packet: Uint8Array): string => [...packet.slice(28, 36)].join();

describe('a sending SA that comes back never uses a number, and so a nonce, twice', () => {
  test('its number jumps forward by the margin', () => {
    const before = createSad();
    const sender = addSa(before, esp(0x100, ends), { ...outbound, exportableKeys });
    const ivs = new Set<string>();
    for (let i = 0; i < 5; i++) ivs.add(ivOf(seal(sender.sa, clear())));
    const state = overJson(exportSa(sender, 0, { includeKeys: true }));
    expect(state.startSeq).toBe('5');
    // The first process goes on for as long as the margin foresees.
    for (let i = 0; i < 1000; i++) ivs.add(ivOf(seal(sender.sa, clear())));
    const after = importSa(createSad(), state, options);
    expect(after.sa.seq).toBe(1005);
    for (let i = 0; i < 100; i++) {
      const packet = seal(after.sa, clear());
      expect(ivs.has(ivOf(packet))).toBe(false);
      ivs.add(ivOf(packet));
      expect(numberOf(packet)).toBe(1006 + i);
    }
    expect(ivs.size).toBe(1105);
  });
  test('without a margin it is refused', () => {
    const sad = createSad();
    const state = exportSa(addSa(sad, esp(0x100, ends), { ...outbound, exportableKeys }), 0, { includeKeys: true });
    for (const seqMargin of [undefined, 0, -5, 1.5, NaN, Infinity]) {
      expect(() => importSa(createSad(), state, { rows, now: 0, seqMargin })).toThrow(
        expect.objectContaining({ code: 'invalid-argument', path: 'seqMargin' }),
      );
    }
  });
  test.each([
    { esn: false, last: 2n ** 32n - 1n },
    { esn: true, last: 2n ** 64n - 1n },
  ])('where the margin does not fit any more it is refused (esn $esn)', ({ esn, last }) => {
    const sad = createSad();
    const near = addSa(sad, esp(0x100, { ...ends, esn, startSeq: last - 1000n }), { ...outbound, exportableKeys });
    const state = overJson(exportSa(near, 0, { includeKeys: true }));
    expect(() => importSa(createSad(), state, options)).toThrow(expect.objectContaining({ code: 'sequence-overflow' }));
    const restored = importSa(createSad(), state, { ...options, seqMargin: 999 });
    expect(fullSeq(restored.sa, restored.sa.seq)).toBe(last - 1n);
    seal(restored.sa, clear());
    expect(() => seal(restored.sa, clear())).toThrow(expect.objectContaining({ code: 'sequence-overflow' }));
  });
  test('an SA that is still there is not cloned beside itself', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0x100, ends), { ...outbound, exportableKeys });
    const state = exportSa(entry, 0, { includeKeys: true });
    expect(() => importSa(sad, state, options)).toThrow(expect.objectContaining({ code: 'invalid-argument', path: 'spi' }));
    expect(listSas(sad)).toEqual([entry]);
    expect(entry.sa.alive).toBe(true);
    removeSa(sad, entry);
    importSa(sad, state, options);
  });
});

describe('a receiving SA that comes back', () => {
  test('takes everything up to its highest number as seen', () => {
    for (const size of [32, 64, 100, 1024]) {
      const sender = esp(0x100, ends);
      const packets = Array.from({ length: 200 }, () => seal(sender, clear()));
      const before = addSa(createSad(), esp(0x100, { ...ends, replayWindow: size }), { ...inbound, exportableKeys });
      // Only every other packet came.
      for (let i = 0; i < 150; i += 2) expect(open(before.sa, packets[i]!).ok).toBe(true);
      const state = overJson(exportSa(before, 0, { includeKeys: true }));
      expect(state.startSeq).toBe('149');
      const after = importSa(createSad(), state, { rows, now: 0 });
      expect(after.sa.window.size).toBe(size);
      expect(packets.slice(0, 149).map((p) => open(after.sa, p).ok)).toEqual(new Array(149).fill(false));
      // The next ones are fresh, in order or not.
      expect([150, 149, 199, 151, 198].map((i) => open(after.sa, packets[i]!).ok)).toEqual([true, true, true, size > 48, true]);
    }
  });
  test('may jump forward as well, so that nothing of between export and import is taken twice', () => {
    const sender = esp(0x100, ends);
    const packets = Array.from({ length: 40 }, () => seal(sender, clear()));
    const before = addSa(createSad(), esp(0x100, ends), { ...inbound, exportableKeys });
    open(before.sa, packets[9]!);
    const state = exportSa(before, 0, { includeKeys: true });
    const after = importSa(createSad(), state, { rows, now: 0, windowMargin: 20 });
    expect(packets.map((p) => open(after.sa, p).ok)).toEqual(packets.map((_, i) => i >= 30));
  });
  test('needs no margin to send, for it does not send; its identifier must be free', () => {
    const sad = createSad();
    const state = exportSa(addSa(sad, esp(0x100, ends), { ...inbound, exportableKeys }), 0, { includeKeys: true });
    expect(() => importSa(sad, state, { rows, now: 0 })).toThrow(expect.objectContaining({ path: 'spi' }));
    importSa(createSad(), state, { rows, now: 0 });
  });
});

describe('keys', () => {
  const hex = '0b30557a9fc4e90e33587da2c7ec11365b80a5ca'.slice(0, 8); // keyOf() begins with it
  test('are in the export only when asked for', () => {
    const entry = addSa(createSad(), esp(0x100, ends), { ...inbound, exportableKeys });
    const plain = JSON.stringify(exportSa(entry, 0));
    expect(plain).not.toContain(hex);
    expect(plain).not.toContain('key');
    expect(JSON.stringify(exportSa(entry, 0, { includeKeys: true }))).toContain(hex);
  });
  test('that were not kept cannot be exported', () => {
    const entry = addSa(createSad(), esp(0x100, ends), inbound);
    expect(() => exportSa(entry, 0, { includeKeys: true })).toThrow(expect.objectContaining({ path: 'includeKeys' }));
    expect(exportSa(entry, 0).encryption).toEqual({ name: 'ENCR_AES_GCM_16' });
  });
  test('may come from elsewhere on import; without any it is refused', () => {
    const state = overJson(exportSa(addSa(createSad(), esp(0x100, ends), inbound), 0));
    expect(() => importSa(createSad(), state, options)).toThrow(expect.objectContaining({ path: 'encryption.key' }));
    const given = keyOf(20);
    const { sa } = importSa(createSad(), state, {
      ...options,
      keysOf: (s) => (s.spi === '0x00000100' ? { encryption: given } : undefined),
    });
    expect(open(sa, seal(esp(0x100, ends), clear())).ok).toBe(true);
    expect(given).toEqual(keyOf(20));
  });
  test('are kept after an import only when asked for', () => {
    const state = exportSa(addSa(createSad(), esp(0x100, ends), { ...inbound, exportableKeys }), 0, { includeKeys: true });
    expect(importSa(createSad(), state, options).keys).toBeUndefined();
    const kept = importSa(createSad(), state, { ...options, keepKeys: true });
    expect(exportSa(kept, 0, { includeKeys: true })).toEqual(state);
  });
  test('never appear in an error', () => {
    const state = exportSa(addSa(createSad(), esp(0x100, ends), { ...inbound, exportableKeys }), 0, { includeKeys: true });
    const bad = [
      { ...state, encryption: { ...state.encryption!, key: `${state.encryption!.key!}00` } },
      { ...state, encryption: { ...state.encryption!, key: `${state.encryption!.key!}zz` } },
      { ...state, encryption: { ...state.encryption!, key: [state.encryption!.key!] as unknown as string } },
      { ...state, encryption: state.encryption!.key as unknown as { name: string } },
      { ...state, encryption: { name: 'ENCR_AES_GCM_61', key: state.encryption!.key! } },
    ];
    for (const one of bad) {
      let message = '';
      try {
        importSa(createSad(), one, options);
      } catch (error) {
        message = String(error);
      }
      expect(message).toMatch(/IpsecError/);
      expect(message).not.toContain(hex.slice(0, 6));
    }
  });
});

describe('everything an SA is comes back', () => {
  const cbc: SaSettings = {
    encryption: { row: aes256Cbc, key: keyOf(32) },
    integrity: { row: hmacSha256_128, key: keyOf(32) },
  };
  const cbcKeys = { encryption: keyOf(32), integrity: keyOf(32) };
  test('tunnel, transport, ESP, AH, every setting: the export of the import is the export', () => {
    const sad = createSad();
    addSa(
      sad,
      esp(0x100, {
        from: '2001:db8::1',
        to: '2001:db8::2',
        mode: 'tunnel',
        esn: true,
        replayWindow: 1024,
        startSeq: 2 ** 40,
        encapsulation: { sourcePort: 4500, destinationPort: 10_000 },
        padTo: 16,
        checkPadding: false,
        tfcLength: 500,
        selectors: [
          parseSelector('10.0.0.0/8 tcp 1024-65535 <-> 192.0.2.0/24 443'),
          parseSelector({ local: '10.0.0.1', remote: 'any', protocol: 'icmp', icmp: '8/0' }),
        ],
        tunnelHeader: { df: 'set', ecn: 'compatibility', dscp: 46, hopLimit: 7, flowLabel: 0xbeef },
        softLifetime: { seconds: 80, octets: 1e9 },
        hardLifetime: { seconds: 100, octets: 2e9, packets: 1e6 },
        createdAt: 500,
      }),
      { ...inbound, exportableKeys, policy: 'gateway', statefulFragments: true },
    );
    addSa(sad, esp(0x200, { ...ends, ...cbc, mayWrap: true }), { ...outbound, exportableKeys: cbcKeys, policy: 7, dscp: [0, 46] });
    addSa(sad, esp(0x300, { ...ends, ...cbc, integrity: undefined, unsafeNoIntegrity: true }), { ...inbound, exportableKeys: cbcKeys });
    addSa(sad, ah(0x400, { to: 'ff02::5', ahPadding: 8, replayWindow: 0 }), { ...inbound, exportableKeys: { integrity: keyOf(32) } });
    const state = overJson(exportSad(sad, 10_500, { includeKeys: true }));
    expect(state.sas.map((s) => s.age)).toEqual([10_000, 10_500, 10_500, 10_500]);
    const copy = createSad();
    const restored = importSad(copy, state, { rows, now: 3_000_000, seqMargin: 10, keepKeys: true });
    expect(restored.map((entry) => entry.sa.createdAt)).toEqual([2_990_000, 2_989_500, 2_989_500, 2_989_500]);
    const again = exportSad(copy, 3_000_000, { includeKeys: true });
    expect(again.sas[1]!.startSeq).toBe('10');
    expect(overJson(again)).toEqual({ sas: state.sas.map((s, i) => (i === 1 ? { ...s, startSeq: '10' } : s)) });
  });
  test('counters and the time that has passed', () => {
    const entry = addSa(createSad(), esp(0x100, { ...ends, hardLifetime: { seconds: 60 } }), { ...outbound, exportableKeys });
    for (let i = 0; i < 3; i++) seal(entry.sa, clear());
    const state = exportSa(entry, 20_000, { includeKeys: true });
    const back = importSa(createSad(), state, { ...options, now: 1_000_000, elapsed: 5000 });
    expect([back.sa.packets, back.sa.octets]).toEqual([3, 120]);
    expect(back.limits.hardAt).toBe(1_000_000 - 25_000 + 60_000);
  });
  test('an SA past its hard lifetime is left out, a removed one is refused', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0x100), inbound);
    entry.state = 'hard';
    expect(exportSad(sad, 0).sas).toEqual([]);
    removeSa(sad, entry);
    expect(() => exportSa(entry, 0)).toThrow(expect.objectContaining({ code: 'sa-deleted' }));
  });
});

describe('bad input', () => {
  const good = overJson(
    exportSa(addSa(createSad(), esp(0x100, { ...ends, mode: 'tunnel' }), { ...outbound, exportableKeys }), 0, { includeKeys: true }),
  );
  const cases: [string, unknown, string][] = [
    ['direction', 'inbuond', 'direction'],
    ['protocol', 'IPCOMP', 'protocol'],
    ['mode', undefined, 'mode'],
    ['spi', 256, 'spi'],
    ['spi', '0x00000000', 'spi'],
    ['spi', '0x1000000000', 'spi'],
    ['esn', 1, 'esn'],
    ['replayWindow', 2 ** 20 + 1, 'replayWindow'],
    ['replayWindow', -1, 'replayWindow'],
    ['startSeq', 5, 'startSeq'],
    ['startSeq', '4294967296', 'startSeq'],
    ['startSeq', '-1', 'startSeq'],
    ['startSeq', '1e3', 'startSeq'],
    ['padTo', 5, 'padTo'],
    ['tfcLength', 70_000, 'tfcLength'],
    ['ahPadding', 5, 'ahPadding'],
    ['encapsulation', { sourcePort: 4500, destinationPort: 65_536 }, 'encapsulation.destinationPort'],
    ['tunnelHeader', { df: 'keep' }, 'tunnelHeader.df'],
    ['tunnelHeader', { dscp: 64 }, 'tunnelHeader.dscp'],
    ['hardLifetime', { seconds: 'soon' }, 'hardLifetime.seconds'],
    ['softLifetime', [], 'softLifetime'],
    ['age', -1, 'age'],
    ['octets', NaN, 'octets'],
    ['packets', '5', 'packets'],
    ['lookup', 'spi+destination', 'lookup'],
    ['policy', {}, 'policy'],
    ['dscp', [64], 'dscp.0'],
    ['selectors', 'any', 'selectors'],
    ['selectors', [5], 'selectors.0'],
    ['statefulFragments', 'no', 'statefulFragments'],
  ];
  test.each(cases)('%s: %j', (member, value, path) => {
    const state = { ...good, [member]: value };
    expect(() => importSa(createSad(), state, options)).toThrow(expect.objectContaining({ name: 'IpsecError', path }));
    const sad = createSad();
    expect(() => importSad(sad, { sas: [good, { ...state, spi: member === 'spi' ? value : '0x200' } as SaState] }, options)).toThrow(
      expect.objectContaining({ name: 'IpsecError', path: `sas.1.${path}` }),
    );
    // All or none.
    expect(listSas(sad)).toEqual([]);
  });
  test('what is no state at all', () => {
    for (const junk of [null, 5, 'x', [], undefined]) {
      expect(() => importSa(createSad(), junk as unknown as SaState, options)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
      expect(() => importSad(createSad(), junk as unknown as { sas: [] }, options)).toThrow(
        expect.objectContaining({ code: 'invalid-config' }),
      );
      if (Array.isArray(junk)) continue;
      expect(() => importSad(createSad(), { sas: junk as unknown as [] }, options)).toThrow(
        expect.objectContaining({ code: 'invalid-config' }),
      );
    }
  });
  test('a state that carries a prototype brings nothing in', () => {
    const state = JSON.parse(JSON.stringify(good).replace('{', '{"__proto__":{"mayWrap":true,"esn":true},')) as SaState;
    expect(importSa(createSad(), state, options).sa.esn).toBe(false);
  });
  test('after an error no key of the half-made SA is left', () => {
    const made: (readonly (Uint8Array | Uint32Array | Int32Array)[])[] = [];
    const spying = aeadRows.map((row) => ({
      ...row,
      create: (key: Uint8Array) => {
        const context = row.create(key);
        made.push(context.secrets);
        return context;
      },
    }));
    expect(() => importSa(createSad(), { ...good, packets: -1 }, { ...options, rows: spying })).toThrow(
      expect.objectContaining({ path: 'packets' }),
    );
    expect(made).toHaveLength(1);
    for (const secrets of made) for (const buffer of secrets) expect(buffer.every((word) => word === 0)).toBe(true);
  });
  test('what exportSa writes names its secrets only where it should', () => {
    expect(secretsOf(esp(1)).length).toBeGreaterThan(0);
    expect(Object.keys(good)).not.toContain('keys');
  });
});
