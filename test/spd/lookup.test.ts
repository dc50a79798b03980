import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { type Flow, OPAQUE, parseAddress, readFlow } from '../../src/ip.js';
import {
  createSpd,
  findInbound,
  findInboundPacket,
  findOutbound,
  findOutboundPacket,
  insertPolicy,
  parsePolicies,
  type PolicyJson,
  removePolicy,
  type SpdEntry,
} from '../../src/spd.js';
import { direction, flow } from '../traffic-selector/arbitraries.js';
import { firstMatch } from '../twins/spd.js';
import { entries, entry } from './arbitraries.js';

const find = { outbound: findOutbound, inbound: findInbound };
const tcp = (source: string, sourcePort: number, destination: string, destinationPort: number, protocol = 6): Flow => ({
  version: source.includes(':') ? 6 : 4,
  source: parseAddress(source),
  destination: parseAddress(destination),
  protocol,
  sourcePort,
  destinationPort,
});
const spdOf = (...policies: PolicyJson[]): ReturnType<typeof createSpd> => createSpd(parsePolicies(policies));

describe('look-up', () => {
  it('decides like a search through the ordered list', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.tuple(flow, direction), { minLength: 20, maxLength: 60 }), (list, flows) => {
        const spd = createSpd(list, { flowCache: 16 });
        for (const [f, d] of [...flows, ...flows]) expect(find[d](spd, f)).toBe(firstMatch(list, f, d));
      }),
      { numRuns: 150 },
    );
  });
  it('and goes on doing so while entries come and go', () => {
    const change = fc.tuple(entry, fc.nat(), fc.boolean());
    fc.assert(
      fc.property(
        entries,
        fc.array(change, { maxLength: 60 }),
        fc.array(fc.tuple(flow, direction), { minLength: 10, maxLength: 20 }),
        (list, changes, flows) => {
          const spd = createSpd(list, { flowCache: 64 });
          const model = list.slice();
          changes.forEach(([e, place, remove], i) => {
            if (remove && model.length > 0) {
              const gone = model[place % model.length]!;
              model.splice(model.indexOf(gone), 1);
              expect(removePolicy(spd, gone)).toBe(true);
            } else {
              const at = place % (model.length + 1);
              model.splice(at, 0, e);
              insertPolicy(spd, e, at);
            }
            expect(spd.entries).toEqual(model);
            expect(spd.generation).toBe(i + 2);
            const [f, d] = flows[i % flows.length]!;
            expect(find[d](spd, f)).toBe(firstMatch(model, f, d));
          });
          for (const [f, d] of flows) expect(find[d](spd, f)).toBe(firstMatch(model, f, d));
        },
      ),
      { numRuns: 150 },
    );
  });
  it('finds the right one of very many, without looking at ANY more than once', () => {
    const list: SpdEntry[] = [];
    for (let i = 0; i < 5000; i++) {
      const at = Uint8Array.of(10, i >> 8, i & 255, 0);
      const end = Uint8Array.of(10, i >> 8, i & 255, 255);
      const wide = i % 50 === 49; // every fiftieth takes any remote address from one host
      const [selector] = parsePolicies([
        { action: 'BYPASS', protocol: 'tcp', ...(wide && { local: `192.0.2.${i % 256}`, remotePorts: String(1 + (i % 99)) }) },
      ]);
      const [set] = selector!.selectors;
      list.push({ action: 'BYPASS', name: String(i), selectors: [wide ? set! : { ...set!, remote: [{ start: at, end }] }] });
    }
    const spd = createSpd(list);
    const { leaves, nodes } = spd.index.trees.v4;
    expect(leaves.length).toBe(5000 * 13); // no box twice: memory grows with the policies alone
    expect(nodes.length).toBeLessThan(5000 * 2);
    for (let i = 0; i < 5000; i += 31) {
      const f = tcp(`192.0.2.${i % 256}`, 1000, `10.${i >> 8}.${i & 255}.9`, 1 + (i % 99));
      expect(findOutbound(spd, f)).toBe(firstMatch(list, f, 'outbound'));
    }
  });
  it('degrades to a search in order where all policies overlap', () => {
    const list = parsePolicies(
      Array.from({ length: 300 }, (_, i) => ({
        action: 'BYPASS',
        remote: `10.0.${300 - i > 255 ? 0 : i - 45}.0-10.1.${Math.max(0, 255 - i)}.255`,
      })),
    );
    const spd = createSpd(list, { flowCache: 0 });
    for (let i = 0; i < 256; i += 5)
      for (const net of [0, 1]) {
        const f = tcp('192.0.2.1', 1, `10.${net}.${i}.1`, 2);
        expect(findOutbound(spd, f)).toBe(firstMatch(list, f, 'outbound'));
      }
  });
});

describe('packets straight from their octets', () => {
  const ipv4 = (first: number, fragment: number, protocol: number, rest: Uint8Array, options = 0): Uint8Array => {
    const p = new Uint8Array(20 + options + rest.length);
    p.set([first, 0, 0, p.length, 0, 1, fragment >> 8, fragment & 255, 64, protocol, 0, 0, 10, 0, 0, 250, 10, 0, 0, 251]);
    p.fill(1, 20, 20 + options);
    p.set(rest, 20 + options);
    return p;
  };
  const ipv6 = (next: number, rest: Uint8Array): Uint8Array => {
    const p = new Uint8Array(40);
    p.set([0x60, 0, 0, 0, 0, rest.length, next, 64]);
    p.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 250], 8);
    p.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 251], 24);
    return concat(p, rest);
  };
  const upper = fc.uint8Array({ maxLength: 12 }).map((b) => b.map((x) => x % 6));
  const protocol = fc.constantFrom(1, 6, 17, 50, 51, 58, 59, 132, 135);
  const packet = fc.oneof(
    fc.tuple(fc.constantFrom(0, 0, 0x2000, 1, 0x2003), protocol, upper).map(([fragment, p, rest]) => ipv4(0x45, fragment, p, rest)),
    fc.tuple(protocol, upper).map(([p, rest]) => ipv4(0x46, 0, p, rest, 4)),
    fc.tuple(protocol, upper).map(([p, rest]) => ipv6(p, rest)),
    fc
      .tuple(protocol, upper, fc.constantFrom(0, 8, 1))
      .map(([p, rest, offset]) => ipv6(44, concat(Uint8Array.of(p, 0, 0, offset, 0, 0, 0, 1), rest))),
    fc.tuple(protocol, upper).map(([p, rest]) => ipv6(60, concat(Uint8Array.of(p, 0, 1, 4, 0, 0, 0, 0), rest))),
  );
  it('are decided as their flows are', () => {
    fc.assert(
      fc.property(entries, fc.array(packet, { minLength: 10, maxLength: 30 }), (list, packets) => {
        const [a, b] = [createSpd(list), createSpd(list, { flowCache: 0 })];
        for (const p of packets) {
          const before = p.slice();
          expect(findOutboundPacket(a, p)).toBe(findOutbound(b, readFlow(p)));
          expect(findInboundPacket(a, p)).toBe(firstMatch(list, readFlow(p), 'inbound'));
          expect(p).toEqual(before);
        }
      }),
      { numRuns: 200 },
    );
  });
  it('with link padding behind them too', () => {
    const list = parsePolicies([{ action: 'BYPASS', protocol: 'tcp', localPorts: '1-65535' }, { action: 'DISCARD' }]);
    const cut = concat(ipv4(0x45, 0, 6, Uint8Array.of(1, 1)), new Uint8Array(40)); // ports are cut off; what follows is not theirs
    expect(findOutboundPacket(createSpd(list), cut)).toBe(list[1]);
  });
  it.each([
    new Uint8Array(0),
    new Uint8Array(19).fill(0x45),
    Uint8Array.of(0x55),
    ipv4(0x45, 0, 6, new Uint8Array(20)).slice(0, 39),
    ipv6(6, new Uint8Array(20)).slice(0, 59),
    ipv4(0x45, 0, 6, new Uint8Array(0)).slice(0, 19),
    ipv6(6, new Uint8Array(9)).slice(0, 45),
  ])('malformed ones raise IpsecError %#', (octets) => {
    expect(() => findOutboundPacket(createSpd(), octets)).toThrow(IpsecError);
  });
});

describe('the flow cache', () => {
  it('tells apart what differs in one octet, one direction, one OPAQUE', () => {
    const list = parsePolicies([
      { name: 'a', action: 'BYPASS', direction: 'out', local: '10.0.0.1', protocol: 'tcp', remotePorts: 80 },
      { name: 'b', action: 'BYPASS', direction: 'in', remote: '10.0.0.1', protocol: 'tcp', localPorts: 80 },
      { name: 'c', action: 'BYPASS', protocol: 'tcp', localPorts: 'opaque', remotePorts: 'opaque' },
      { name: 'd', action: 'BYPASS', protocol: 'tcp', localPorts: 65535, remotePorts: 65535 },
      { name: 'e', action: 'BYPASS', remote: '2001:db8::1:0:0' },
    ]);
    const spd = createSpd(list);
    const names = (): (string | undefined)[] => [
      findOutbound(spd, tcp('10.0.0.1', 5, '10.0.0.2', 80))?.name,
      findInbound(spd, tcp('10.0.0.1', 5, '10.0.0.2', 80))?.name,
      findOutbound(spd, tcp('10.0.0.2', 5, '10.0.0.1', 80))?.name,
      findOutbound(spd, tcp('10.0.0.1', OPAQUE, '10.0.0.2', OPAQUE))?.name,
      findOutbound(spd, tcp('10.0.0.1', 65535, '10.0.0.2', 65535))?.name,
      findOutbound(spd, tcp('10.0.0.1', 5, '10.0.0.2', 80, 17))?.name,
      findOutbound(spd, tcp('::1', 5, '2001:db8::1:0:0', 80))?.name,
      findOutbound(spd, tcp('::1', 5, '2001:db8::1:0:1', 80))?.name,
    ];
    const expected = ['a', 'b', undefined, 'c', 'd', undefined, 'e', undefined];
    expect([names(), names(), names()]).toEqual([expected, expected, expected]);
  });
  it('forgets everything when the SPD changes', () => {
    const spd = spdOf({ name: 'all', action: 'BYPASS' });
    const f = tcp('10.0.0.1', 5, '10.0.0.2', 80);
    expect(findOutbound(spd, f)?.name).toBe('all');
    const [stop] = parsePolicies([{ name: 'stop', action: 'DISCARD', remote: '10.0.0.2' }]);
    insertPolicy(spd, stop!, 0);
    expect(findOutbound(spd, f)?.name).toBe('stop');
    expect(removePolicy(spd, stop!)).toBe(true);
    expect(findOutbound(spd, f)?.name).toBe('all');
    expect(removePolicy(spd, stop!)).toBe(false);
  });
  it('keeps its size, whatever passes', () => {
    const spd = createSpd(parsePolicies([{ action: 'BYPASS' }]), { flowCache: 100 });
    const { table } = spd.index.cache4;
    for (let i = 0; i < 5000; i++) expect(findOutbound(spd, tcp(`10.0.${i >> 8}.${i & 255}`, i, '10.0.0.2', 80))).toBe(spd.entries[0]);
    expect(spd.index.cache4.table).toBe(table);
    expect(table.length).toBe(128 * 8);
  });
  it('of IPv6 compares whole addresses, even of two that look alike', () => {
    const spd = createSpd(parsePolicies([{ name: 'a', action: 'BYPASS', remote: '2001:db8::/64' }]), { flowCache: 1 });
    const octet = fc.nat(3);
    const address = fc.tuple(octet, octet, octet, octet).map(([a, b, c, d]) => parseAddress(`2001:db8:${a}:${b}:${c}::${d}`));
    fc.assert(
      fc.property(address, address, (source, destination) => {
        const f: Flow = { version: 6, source, destination, protocol: 17, sourcePort: 1, destinationPort: 1 };
        expect(findOutbound(spd, f)).toBe(firstMatch(spd.entries, f, 'outbound'));
      }),
      { numRuns: 2000 },
    );
  });
  it('has a size that makes sense', () => {
    for (const flowCache of [-1, 1.5, 2 ** 23]) expect(() => createSpd([], { flowCache })).toThrow(IpsecError);
  });
});
