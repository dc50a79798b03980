import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open as openAh, openInto as openAhInto, seal as sealAh, zeroMutableFields } from '../../src/ah.js';
import { createSa, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { concat, writeU16 } from '../../src/bytes.js';
import {
  createReceiver,
  decodeCapture,
  explainDatagram,
  explainOther,
  formatLine,
  mapPacket,
  parseKeyFile,
  readCapture,
  type Receiver,
  toSaConfig,
  writePcap,
} from '../../src/capture.js';
import { IpsecError } from '../../src/errors.js';
import { open as openEsp, openInto as openEspInto, openPayloadInto, sealEspAt } from '../../src/esp.js';
import { findSecurityHeader } from '../../src/frame.js';
import {
  addFragment,
  createReassembler,
  decodeIcmp,
  decodeIp,
  encodeUdp,
  fixIpv4Checksum,
  innerPacketOf,
  ipTotalLength,
  readFlow,
} from '../../src/ip.js';
import { cpiOf, createIpcomp, deflate, open as openIpcomp } from '../../src/ipcomp.js';
import { createManualDatabases, parseProcessConfig, processInbound, processOutbound } from '../../src/process.js';
import { addSa, createSad, exportSa, importSa, listSas } from '../../src/sad.js';
import { createSpd, parsePolicies } from '../../src/spd.js';
import { aeadRows } from '../../src/suite/aead.js';
import { integRows } from '../../src/suite/integ.js';
import { capture, jsonSa, keyFile, options as captureOptions } from '../capture/kernel-keys.js';
import { isSupported, kernelCases, type KernelCase } from '../kernel-sa.js';
import { algorithms, anyConfig, anyPacket, ends4, SPI, stateOf } from './arbitraries.js';

/** Nothing but an IpsecError comes out. */
function onlyIpsecError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
  }
}
const anyOctets = fc.uint8Array({ maxLength: 200 });

describe('octets from a network', () => {
  it('ESP and AH: any packet to any SA is a verdict, leaves the packet and the SA as they were, and releases nothing', () => {
    fc.assert(
      fc.property(anyConfig, anyPacket, fc.nat(3), (config, packet, shorter) => {
        const sa = createSa(config);
        const before = stateOf(sa);
        const copy = packet.slice();
        const verdict = (config.protocol === 'ESP' ? openEsp : openAh)(sa, packet);
        expect(verdict.ok).toBe(false);
        const out = new Uint8Array(Math.max(0, packet.length - shorter));
        expect((config.protocol === 'ESP' ? openEspInto : openAhInto)(sa, packet, out)).toBeLessThan(0);
        expect(openPayloadInto(sa, packet, new Uint8Array(packet.length))).toBeLessThan(0);
        expect(packet).toEqual(copy);
        expect(stateOf(sa)).toBe(before);
      }),
      { numRuns: 1500 },
    );
  });
  it('headers in front of AH, the place of a security header, ICMP, fragments: never anything but IpsecError', () => {
    const reassembler = createReassembler({ datagrams: 8, fragments: 8, octets: 2000 });
    fc.assert(
      fc.property(anyPacket, fc.nat(60), (packet, length) => {
        expect(zeroMutableFields(packet.slice(), Math.min(length, packet.length))).toBeLessThanOrEqual(packet.length);
        for (const protocol of [50, 51, 108]) expect(findSecurityHeader(packet, protocol)).toBeGreaterThanOrEqual(-1);
        for (const decode of [decodeIp, readFlow, decodeIcmp, innerPacketOf, mapPacket]) onlyIpsecError(() => decode(packet));
        onlyIpsecError(() => {
          const result = addFragment(reassembler, packet, 0);
          if (result.type === 'whole') expect(ipTotalLength(result.packet)).toBe(result.packet.length);
        });
        expect(reassembler.octets).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 2000 },
    );
  });
  it('IPComp: any octets behind any header give a packet or nothing', () => {
    fc.assert(
      fc.property(anyPacket, anyOctets, fc.constantFrom('tunnel', 'transport'), fc.boolean(), (packet, data, mode, compressed) => {
        const ipca = createIpcomp({ cpi: 2, mode, ...ends4, codec: deflate });
        const body = concat(Uint8Array.of(mode === 'tunnel' ? 4 : 17, 0, 0, 2), compressed ? deflate.compress(data) : data);
        const whole = encodeUdp(ends4, 0, 0, new Uint8Array(Math.max(0, body.length - 8))).slice();
        whole.set(body.subarray(0, whole.length - 20), 20);
        whole[9] = 108;
        fixIpv4Checksum(whole);
        for (const p of [packet, whole]) {
          const clear = openIpcomp(ipca, p);
          if (clear) expect(ipTotalLength(clear)).toBe(clear.length);
          expect(Number.isInteger(cpiOf(p))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('octets from a peer that has the keys', () => {
  /** An ESP packet with a text that no honest sender would make. */
  function sealText(sa: SecurityAssociation, text: Uint8Array, nextHeader: number): Uint8Array {
    const out = new Uint8Array(20 + 8 + sa.ivLength + text.length + 256 + sa.icvLength);
    out.set(encodeUdp(ends4, 0, 0, new Uint8Array(0)).subarray(0, 20));
    out.set(text, 28 + sa.ivLength);
    out[9] = 50;
    const length = 20 + sealEspAt(sa, ++sa.seq, nextHeader, out, 20, text.length);
    writeU16(out, 2, length);
    fixIpv4Checksum(out);
    return out.slice(0, length);
  }
  const text = fc.oneof(anyPacket, anyOctets);
  const nextHeader = fc.constantFrom(4, 41, 17, 6, 50, 51, 108, 44, 43, 59, 0, 255);
  const esp = algorithms.filter(({ protocol }) => protocol === 'ESP');

  it('ESP: whatever is inside, in either mode: a whole packet or a verdict', () => {
    fc.assert(
      fc.property(fc.constantFrom(...esp), fc.constantFrom('tunnel', 'transport'), text, nextHeader, (algorithm, mode, inside, next) => {
        const config: SaConfig = { ...algorithm, ...ends4, spi: SPI, mode };
        const verdict = openEsp(createSa(config), sealText(createSa(config), inside, next));
        if (verdict.ok) expect(ipTotalLength(verdict.packet)).toBe(verdict.packet.length);
      }),
      { numRuns: 800 },
    );
  });
  it('AH: whatever follows, in either mode: a whole packet or a verdict', () => {
    const transport = { protocol: 'AH', mode: 'transport', spi: SPI, ...ends4, integrity: algorithms.find(({ protocol }) => protocol === 'AH')!.integrity } as const; // prettier-ignore
    fc.assert(
      fc.property(text, nextHeader, fc.constantFrom('tunnel', 'transport'), (inside, next, mode) => {
        const clear = concat(encodeUdp(ends4, 0, 0, new Uint8Array(0)).subarray(0, 20), inside);
        writeU16(clear, 2, clear.length);
        clear[9] = next;
        fixIpv4Checksum(clear);
        const verdict = openAh(createSa({ ...transport, mode }), sealAh(createSa(transport), clear));
        if (verdict.ok) expect(ipTotalLength(verdict.packet)).toBe(verdict.packet.length);
      }),
      { numRuns: 500 },
    );
  });
  it('the boundary: whatever comes out of an SA is delivered or discarded', () => {
    const policies = parsePolicies([
      { action: 'PROTECT', remote: '192.0.2.1', protocol: 'udp', processing: { protocol: 'ESP', mode: 'transport', sas: ['0x1001'] } },
      { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel', sas: ['0x1002'] } },
    ]);
    const config = (mode: 'tunnel' | 'transport', spi: number): SaConfig => ({ ...esp[0]!, ...ends4, spi, mode });
    fc.assert(
      fc.property(fc.constantFrom('tunnel', 'transport'), text, nextHeader, (mode, inside, next) => {
        const db = createManualDatabases({
          addresses: ['192.0.2.2'],
          sas: [{ config: config('transport', 0x1001) }, { config: config('tunnel', 0x1002) }],
          policies,
        });
        const sealed = sealText(createSa(config(mode, mode === 'tunnel' ? 0x1002 : 0x1001)), inside, next);
        expect(['deliver', 'discard']).toContain(processInbound(db, sealed, 0).action);
      }),
      { numRuns: 800 },
    );
  });
  it('a bundle: whatever comes out of its outer layer, compressed or not', () => {
    const tunnels = parsePolicies([
      { action: 'PROTECT', local: '192.0.2.2', processing: [{ protocol: 'IPCOMP', mode: 'tunnel' }, { protocol: 'ESP', mode: 'transport', sas: [0x1001] }] },
      { action: 'PROTECT', processing: [{ protocol: 'ESP', mode: 'tunnel', sas: [0x1003] }, { protocol: 'ESP', mode: 'tunnel', sas: [0x1002] }] },
    ]); // prettier-ignore
    const config = (mode: 'tunnel' | 'transport', spi: number): SaConfig => ({ ...esp[0]!, ...ends4, spi, mode });
    fc.assert(
      fc.property(fc.boolean(), text, nextHeader, (compressed, inside, next) => {
        const db = createManualDatabases({
          addresses: ['192.0.2.2', '2001:db8::2'],
          sas: [
            { config: config('transport', 0x1001) },
            { config: config('tunnel', 0x1002) },
            { config: config('tunnel', 0x1003) },
            { config: { cpi: 2, mode: 'tunnel', ...ends4, codec: deflate } },
          ],
          policies: tunnels,
        });
        const outer = config(compressed ? 'transport' : 'tunnel', compressed ? 0x1001 : 0x1002);
        expect(['deliver', 'discard']).toContain(processInbound(db, sealText(createSa(outer), inside, next), 0).action);
      }),
      { numRuns: 800 },
    );
  });
});

describe('the boundary', () => {
  const policies = parsePolicies([
    { action: 'BYPASS', protocol: 'icmp' },
    { action: 'BYPASS', protocol: 'udp', remotePorts: 2000, fragments: 'stateful' },
    { action: 'PROTECT', protocol: 'tcp', processing: { protocol: 'AH', mode: 'transport', sas: [1] } },
    { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } },
  ]);
  const [gcm, ah] = [aeadRows[0]!, integRows[0]!];
  const keys = { esp: { row: gcm, key: new Uint8Array(20).fill(1) }, ah: { row: ah, key: new Uint8Array(ah.keyLength).fill(2) } };

  it('any packets, any fragments, in either direction: a result, and no SA moves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyPacket, fc.boolean()), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (packets, reassembleOutbound) => {
          const db = createManualDatabases({
            addresses: ['192.0.2.2', '2001:db8::2'],
            reassembleOutbound,
            sas: [
              { config: { protocol: 'ESP', mode: 'tunnel', spi: SPI, ...ends4, encryption: keys.esp }, rest: { direction: 'in' } },
              { config: { protocol: 'AH', mode: 'transport', spi: SPI, ...ends4, integrity: keys.ah }, rest: { direction: 'in' } },
            ],
            policies,
          });
          const before = listSas(db.sad).map(({ sa }) => stateOf(sa));
          for (const [i, [packet, out]] of packets.entries()) {
            const result = (out ? processOutbound : processInbound)(db, packet, i);
            expect(['bypass', 'discard', 'more', 'local', 'acquire', 'icmp', 'keepalive', 'ike']).toContain(result.action);
            for (const { event, at } of result.audit) expect([typeof event, at]).toEqual(['string', i]);
          }
          expect(listSas(db.sad).map(({ sa }) => stateOf(sa))).toEqual(before);
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('captures', () => {
  const cases = kernelCases.filter((c) => isSupported(c.sas) && c.packets.length > 0);
  const receivers = (c: KernelCase): Receiver =>
    createReceiver(parseKeyFile(keyFile(c.sas.map((s) => jsonSa(s, c.flags)))).sas, captureOptions);
  it('packets of a Linux kernel with octets changed, cut and repeated are decoded and explained', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.infiniteStream(fc.nat(0xffff)), (c, numbers) => {
        const next = (): number => numbers.next().value as number;
        const records = c.packets.slice(0, 4).map(({ outer }) => {
          const octets = outer.match(/../g)!;
          for (let n = next() % 3; n > 0; n--) octets[next() % octets.length] = (next() & 0xff).toString(16).padStart(2, '0');
          return octets.slice(0, next() % 4 === 0 ? next() % octets.length : undefined).join('');
        });
        for (const d of decodeCapture(readCapture(capture([...records, ...records])), receivers(c))) {
          if (d.type === 'datagram') expect([explainDatagram(d), formatLine(d)].every((t) => t.length > 0)).toBe(true);
          else expect(explainOther(d)).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });
  it('any records behind any link type', () => {
    const receiver = createReceiver([], captureOptions);
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 5 }), fc.constantFrom(0, 1, 101, 113, 228, 229, 276, 7), (packets, linkType) => {
        const file = writePcap({ linkType }, packets.map((data) => ({ time: { seconds: 1, nanoseconds: 2 }, data }))); // prettier-ignore
        expect([...decodeCapture(readCapture(file), receiver)]).toHaveLength(packets.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('files of an administrator', () => {
  const values: readonly unknown[] = [-1, 0, 0.5, 1e99, 2 ** 32, '', '0x', 'any', 'ESP', '1-', '10.0.0.0/99', '::/129', '9'.repeat(30), 'x'.repeat(5000), '__proto__', null, true, [], {}, [[]], [{}], [null]]; // prettier-ignore
  const count = (json: unknown): number => (isNode(json) ? Object.values(json).reduce((n: number, v) => n + count(v), 1) : 1);
  const isNode = (json: unknown): json is object => typeof json === 'object' && json !== null;
  const replace = (json: unknown, at: { n: number }, value: unknown): unknown => {
    if (at.n-- === 0) return value;
    if (Array.isArray(json)) return json.map((v: unknown) => replace(v, at, value));
    return isNode(json) ? Object.fromEntries(Object.entries(json).map(([k, v]) => [k, replace(v, at, value)])) : json;
  };
  /** The file is right; with any one of its values replaced by any of the above it is right or an IpsecError. */
  function holds(json: unknown, use: (spoiled: unknown) => unknown): void {
    use(json);
    for (let n = 0; n < count(json); n++)
      for (const value of values) {
        const spoiled = replace(json, { n }, value);
        onlyIpsecError(() => use(spoiled));
      }
  }
  it('SAs of keys.json', () => {
    const sas = [
      { protocol: 'ESP', mode: 'tunnel', spi: '0x1001', source: '192.0.2.1', destination: '192.0.2.2', encryption: { name: 'ENCR_AES_GCM_16', key: '01'.repeat(20) }, esn: true, replayWindow: 64, startSeq: '7', encapsulation: { protocol: 'udp', sourcePort: 4500, destinationPort: 4500 }, direction: 'in', layer: 0, dscp: [1], selectors: ['any', { local: '10.0.0.0/8' }], softLifetime: { seconds: 3 }, hardLifetime: { octets: 3 }, tunnelHeader: { df: 'copy', dscp: 3, ecn: 'normal', hopLimit: 3, flowLabel: 'copy' }, padTo: 8, tfcLength: 9, innerDscp: 'keep', statefulFragments: true, createdAt: 4, mayWrap: false, checkPadding: true },
      { protocol: 'AH', mode: 'transport', spi: 256, source: '2001:db8::1', destination: 'ff02::5', integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: '02'.repeat(32) }, lookup: 'spi-destination', checksumFix: { source: '10.0.0.1', destination: '10.0.0.2' } },
      { protocol: 'AH', mode: 'transport', spi: 257, integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: '02'.repeat(32) }, ahPadding: 8 },
    ]; // prettier-ignore
    holds(sas, (spoiled) => {
      const read = parseKeyFile(JSON.stringify({ sas: spoiled }));
      const entries = read.sas.map((sa) => ({ config: toSaConfig(sa, captureOptions.rows), rest: sa.rest, path: sa.path }));
      return createManualDatabases({ addresses: ['192.0.2.2'], policies: [], sas: entries });
    });
  });
  it('policies', () => {
    const policies = [
      { name: 'p', action: 'PROTECT', selectors: [{ local: '10.0.0.0/8', remote: ['10.1.0.0-10.1.0.9'], protocol: 'tcp', localPorts: [80, '90-99'] }, '10.0.0.0/8 tcp 80 <-> 10.2.0.0/16 443'], pfp: ['remote'], processing: [{ protocol: 'ESP', mode: 'tunnel', source: '192.0.2.1', destination: '192.0.2.2', df: 'copy', dscp: 9, ecn: 'normal', sa: ['0x1'], esn: true, encryption: [{ name: 'ENCR_AES_GCM_16', keyLength: 128 }], integrity: [{ name: 'AUTH_HMAC_SHA2_256_128' }] }] },
      { action: 'BYPASS', direction: 'in', protocol: 'icmp', icmp: { type: 8, code: '0-3' }, fragments: 'stateful', names: ['a.example'], localNames: ['aa'] },
      { action: 'BYPASS', protocol: 'mh', mh: 5 },
      { action: 'DISCARD' },
    ]; // prettier-ignore
    holds(policies, (spoiled) => createSpd(parsePolicies(spoiled)));
  });
  it('options', () => {
    const options = { addresses: ['192.0.2.2', 'ff02::5'], linkMtu: 1500, fragment: 'before', icmp: { log: 'all', unprotected: [{ version: 4, type: 3, code: 4 }], rate: { perSecond: 1, burst: 2 }, from: ['192.0.2.2'], checkPayload: 'always', answer: 'all' }, forwarding: { unprotected: [{ action: 'loop', remote: '10.0.0.0/8' }] }, notify: { perSecond: 1, burst: 1 }, natPorts: [4500], maxPasses: 3 }; // prettier-ignore
    holds(options, (spoiled) => createManualDatabases({ ...parseProcessConfig(spoiled), sas: [], policies: [] }));
  });
  it('states of SAs; after an error nothing is in the database', () => {
    const sa = createSa({ ...algorithms[0]!, ...ends4, mode: 'tunnel', spi: SPI, encapsulation: { sourcePort: 1, destinationPort: 2 } });
    const exportableKeys = { encryption: algorithms[0]!.encryption!.key };
    const entry = addSa(createSad(), sa, { direction: 'outbound', policy: 'p', dscp: [1], exportableKeys });
    const state = JSON.parse(JSON.stringify(exportSa(entry, 5, { includeKeys: true }))) as object;
    holds({ ...state, selectors: ['any'] }, (spoiled) => {
      const sad = createSad();
      try {
        return importSa(sad, spoiled as never, { rows: aeadRows, now: 0, seqMargin: 10 });
      } catch (error) {
        expect(sad.size).toBe(0);
        throw error;
      }
    });
  });
});
