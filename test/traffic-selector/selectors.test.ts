import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Flow, OPAQUE, parseAddress } from '../../src/ip.js';
import {
  ANY,
  containsFlow,
  explainFlow,
  explainSelectors,
  intersectSelectors,
  isSubset,
  parseSelector,
  regionHolds,
  regionsOf,
  type SelectorSet,
  selectorsOfRegion,
} from '../../src/traffic-selector.js';
import { regionsOverlap, subtractRegion } from '../../src/traffic-selector/region-algebra.js';
import { direction, flow, selectorSet } from './arbitraries.js';

const tcp = (source: string, sourcePort: number, destination: string, destinationPort: number, protocol = 6): Flow => ({
  version: source.includes(':') ? 6 : 4,
  source: parseAddress(source),
  destination: parseAddress(destination),
  protocol,
  sourcePort,
  destinationPort,
});
const icmp = (source: string, destination: string, type: number, code = 0, protocol = 1): Flow =>
  tcp(source, type * 256 + code, destination, type * 256 + code, protocol);

describe('RFC 4301 section 4.4.1: OPAQUE and ANY', () => {
  const fragment = tcp('10.0.0.1', OPAQUE, '192.0.2.1', OPAQUE);
  const whole = tcp('10.0.0.1', 1024, '192.0.2.1', 443);
  it('"ANY is a wildcard that matches any value ... or that matches packets where that field is not present or is obscured"', () => {
    const any = [parseSelector('10.0.0.0/8 tcp <-> 192.0.2.0/24')];
    expect(containsFlow(any, fragment, 'outbound')).toBe(true);
    expect(containsFlow(any, whole, 'outbound')).toBe(true);
  });
  it('OPAQUE matches where the field is not available, and nowhere else', () => {
    const opaque = [parseSelector('10.0.0.0/8 tcp opaque <-> 192.0.2.0/24 opaque')];
    expect(containsFlow(opaque, fragment, 'outbound')).toBe(true);
    expect(containsFlow(opaque, whole, 'outbound')).toBe(false);
  });
  it('section 4.4.1.1: "If a port selector specifies a value other than ANY or OPAQUE, it cannot match packets that are non-initial fragments."', () => {
    const ports = [parseSelector('10.0.0.0/8 tcp 0-65534 <-> 192.0.2.0/24')];
    expect(containsFlow(ports, fragment, 'outbound')).toBe(false);
    expect(containsFlow(ports, whole, 'outbound')).toBe(true);
  });
  it('an OPAQUE protocol is that of an IPv6 fragment whose next layer is not visible', () => {
    const hidden = tcp('2001:db8::1', OPAQUE, '2001:db8::2', OPAQUE, OPAQUE);
    expect(containsFlow([parseSelector({ protocol: 'opaque' })], hidden, 'outbound')).toBe(true);
    expect(containsFlow([parseSelector('any')], hidden, 'outbound')).toBe(true);
    expect(containsFlow([parseSelector({ protocol: 'tcp' })], hidden, 'outbound')).toBe(false);
    expect(containsFlow([parseSelector({ protocol: 'opaque' })], tcp('2001:db8::1', 1, '2001:db8::2', 2), 'outbound')).toBe(false);
  });
});

describe('RFC 4301 section 4.4.1: directionality', () => {
  it('"the Local and Remote address and ports in an SPD entry are swapped to represent directionality"', () => {
    const set = [parseSelector('10.0.0.0/8 tcp 1024-65535 <-> 192.0.2.1 443')];
    const request = tcp('10.0.0.1', 40000, '192.0.2.1', 443);
    const answer = tcp('192.0.2.1', 443, '10.0.0.1', 40000);
    expect(containsFlow(set, request, 'outbound')).toBe(true);
    expect(containsFlow(set, answer, 'inbound')).toBe(true);
    expect(containsFlow(set, request, 'inbound')).toBe(false);
    expect(containsFlow(set, answer, 'outbound')).toBe(false);
  });
});

describe('RFC 4301 section 4.4.1.1: ICMP type and code', () => {
  // "(T-start*256) + C-start <= (t*256) + c <= (T-end*256) + C-end"
  it('"a single type and a range of codes"', () => {
    const unreachable = [parseSelector({ protocol: 'icmp', icmp: { type: 3, code: '0-5' } })];
    expect(unreachable[0]!.localPorts).toEqual([{ start: 0x300, end: 0x305 }]);
    expect(containsFlow(unreachable, icmp('10.0.0.1', '192.0.2.1', 3, 5), 'outbound')).toBe(true);
    expect(containsFlow(unreachable, icmp('10.0.0.1', '192.0.2.1', 3, 6), 'outbound')).toBe(false);
    expect(containsFlow(unreachable, icmp('10.0.0.1', '192.0.2.1', 4, 1), 'outbound')).toBe(false);
  });
  it('"a single type and ANY code"', () => {
    const unreachable = [parseSelector({ protocol: 'icmp', icmp: { type: 3 } })];
    expect(unreachable[0]!.localPorts).toEqual([{ start: 0x300, end: 0x3ff }]);
  });
  it('"and ANY type and ANY code"', () => {
    expect(parseSelector({ protocol: 'icmp', icmp: { type: 'any', code: 'any' } }).localPorts).toBe(ANY);
  });
  it('tests a range of types and codes as the formula says', () => {
    const range = [parseSelector('any icmp 3/1-5/2 <-> any 3/1-5/2')];
    const accepted = (t: number, c: number): boolean => containsFlow(range, icmp('10.0.0.1', '192.0.2.1', t, c), 'inbound');
    expect([accepted(3, 0), accepted(3, 1), accepted(4, 255), accepted(5, 2), accepted(5, 3)]).toEqual([false, true, true, true, false]);
  });
});

describe('RFC 4301 section 4.4.1.3', () => {
  it('A. AH has no "port" selectors: Local and Remote are OPAQUE', () => {
    const ah = [parseSelector({ protocol: 'ah', localPorts: 'opaque', remotePorts: 'opaque' })];
    expect(containsFlow(ah, tcp('10.0.0.1', OPAQUE, '192.0.2.1', OPAQUE, 51), 'outbound')).toBe(true);
  });
  const binding = 0x500; // Mobility Header message type 5: Binding Update
  const mh = (d: 'outbound' | 'inbound', local: string, remote: string): boolean =>
    containsFlow(
      [parseSelector({ protocol: 'mh', localPorts: local, remotePorts: remote })],
      tcp('2001:db8::1', binding, '2001:db8::2', binding, 135),
      d,
    );
  it('B. "if Mobility Headers of a specified type are allowed to be sent and received via an SA"', () => {
    expect([mh('outbound', '5', '5'), mh('inbound', '5', '5')]).toEqual([true, true]);
    expect([mh('outbound', '4', '4'), mh('inbound', '4', '4')]).toEqual([false, false]);
  });
  it('B. "allowed to be sent but NOT received": Remote\'s "port" selector is OPAQUE', () => {
    expect([mh('outbound', '5', 'opaque'), mh('inbound', '5', 'opaque')]).toEqual([true, false]);
  });
  it('B. "allowed to be received but NOT sent": Local\'s "port" selector is OPAQUE', () => {
    expect([mh('outbound', 'opaque', '5'), mh('inbound', 'opaque', '5')]).toEqual([false, true]);
  });
  it('C and D. "willing to allow systems behind it to send ICMP traceroutes, but is not willing to let outside systems run ICMP traceroutes"', () => {
    const set = parseSelector({ protocol: 1, icmp: { type: 30, receive: false } });
    expect(set).toEqual({
      local: ANY,
      remote: ANY,
      protocol: 1,
      localPorts: [{ start: 30 * 256, end: 30 * 256 + 255 }],
      remotePorts: OPAQUE,
    });
    const traceroute = icmp('10.0.0.1', '192.0.2.1', 30);
    expect(containsFlow([set], traceroute, 'outbound')).toBe(true);
    expect(containsFlow([set], traceroute, 'inbound')).toBe(false);
    const other = parseSelector({ protocol: 1, icmp: { type: 30, send: false } });
    expect(containsFlow([other], traceroute, 'outbound')).toBe(false);
    expect(containsFlow([other], traceroute, 'inbound')).toBe(true);
  });
  it('a fragment without the type goes where both sides take OPAQUE', () => {
    const fragment = tcp('10.0.0.1', OPAQUE, '192.0.2.1', OPAQUE, 1);
    const takes = (local: string, remote: string): boolean =>
      containsFlow([parseSelector({ protocol: 'icmp', localPorts: local, remotePorts: remote })], fragment, 'outbound');
    expect([takes('any', 'any'), takes('opaque', 'opaque'), takes('opaque', '8'), takes('8', 'opaque')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('regions', () => {
  it('hold what the selector set holds', () => {
    fc.assert(
      fc.property(
        selectorSet,
        flow,
        direction,
        (set, f, d) => regionsOf(set).some((r) => regionHolds(r, f, d)) === containsFlow([set], f, d),
      ),
      { numRuns: 5000 },
    );
  });
  it('become selector sets that hold the same', () => {
    fc.assert(
      fc.property(
        selectorSet,
        flow,
        direction,
        (set, f, d) => containsFlow(regionsOf(set).flatMap(selectorsOfRegion), f, d) === containsFlow([set], f, d),
      ),
      { numRuns: 1000 },
    );
  });
  it('are subtracted without rest and without overlap', () => {
    fc.assert(
      fc.property(selectorSet, selectorSet, flow, direction, (a, b, f, d) => {
        for (const x of regionsOf(a))
          for (const y of regionsOf(b)) {
            const left = subtractRegion(x, y);
            expect(left.filter((piece) => regionHolds(piece, f, d)).length).toBe(regionHolds(x, f, d) && !regionHolds(y, f, d) ? 1 : 0);
            expect(left.some((piece) => left.some((other) => other !== piece && regionsOverlap(piece, other)))).toBe(false);
          }
      }),
      { numRuns: 1000 },
    );
  });
  it('of any protocol with ports (only a peer can ask for such) still decide like the set', () => {
    const ports = [{ start: 256, end: 512 }];
    const odd: SelectorSet = { local: ANY, remote: ANY, protocol: ANY, localPorts: ports, remotePorts: OPAQUE };
    fc.assert(
      fc.property(flow, direction, (f, d) => regionsOf(odd).some((r) => regionHolds(r, f, d)) === containsFlow([odd], f, d)),
      { numRuns: 2000 },
    );
  });
});

describe('intersection and subset', () => {
  it('a packet fits the intersection when it fits both', () => {
    fc.assert(
      fc.property(selectorSet, selectorSet, flow, direction, (a, b, f, d) => {
        const both = containsFlow(intersectSelectors([a], [b]), f, d);
        expect(both).toBe(containsFlow([a], f, d) && containsFlow([b], f, d));
      }),
      { numRuns: 5000 },
    );
  });
  it('an intersection is within both sides, and a subset of what is fits nothing else', () => {
    fc.assert(
      fc.property(selectorSet, selectorSet, flow, direction, (a, b, f, d) => {
        const both = intersectSelectors([a], [b]);
        expect(isSubset(both, [a])).toBe(true);
        expect(isSubset(both, [b])).toBe(true);
        if (isSubset([a], [b]) && containsFlow([a], f, d)) expect(containsFlow([b], f, d)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
  it('sees that several sets together cover one', () => {
    const whole = [parseSelector('10.0.0.0/8 tcp <-> 192.0.2.0/24')];
    const halves = [parseSelector('10.0.0.0/9 tcp <-> 192.0.2.0/24'), parseSelector('10.128.0.0/9 tcp <-> 192.0.2.0/24')];
    expect(isSubset(whole, halves)).toBe(true);
    expect(isSubset(whole, halves.slice(1))).toBe(false);
    expect(isSubset([], halves)).toBe(true);
    expect(isSubset(whole, [])).toBe(false);
  });
  it('keeps the order of the first list', () => {
    const a = [parseSelector('any <-> 192.0.2.2'), parseSelector('any <-> 192.0.2.0/24')];
    const b = [parseSelector('any <-> 192.0.0.0/16')];
    expect(intersectSelectors(a, b)).toEqual(a);
  });
  it('OPAQUE and a specific type in one direction leave the other direction', () => {
    const send = parseSelector({ protocol: 'icmp', icmp: { type: 8, receive: false } });
    const both = parseSelector({ protocol: 'icmp', icmp: { type: 8 } });
    expect(intersectSelectors([send], [both])).toEqual([send]);
    expect(intersectSelectors([send], [parseSelector({ protocol: 'icmp', icmp: { type: 8, send: false } })])).toEqual([]);
  });
});

describe('explanations', () => {
  const offered = parseSelector('10.0.0.0/8 tcp 1024-65535 <-> 192.0.2.0/24 443');
  it.each([
    ['any', undefined],
    ['11.0.0.0/8 <-> any', 'local addresses: 10.0.0.0/8 is not within 11.0.0.0/8, they share nothing'],
    ['any <-> 192.0.2.64/26', 'remote addresses: 192.0.2.0/24 is not within 192.0.2.64/26, they share 192.0.2.64/26'],
    ['any udp <-> any', 'protocol: tcp is not udp'],
    ['any tcp 80 <-> any', 'local ports: 1024-65535 is not within 80, they share nothing'],
    ['any tcp <-> any 440-450', undefined],
    ['any tcp <-> any opaque', 'remote ports: 443 is not within opaque, they share nothing'],
  ])('tcp against %s', (text, words) => {
    expect(explainSelectors([offered], [parseSelector(text)])).toBe(words);
  });
  it('speaks of the nearest of several', () => {
    const ours = [parseSelector('172.16.0.0/12 <-> any'), parseSelector('10.0.0.0/8 <-> 192.0.2.1')];
    expect(explainSelectors([offered], ours)).toBe('remote addresses: 192.0.2.0/24 is not within 192.0.2.1, they share 192.0.2.1');
    expect(explainSelectors([offered], [])).toBe('there is nothing to compare with: no selectors');
  });
  it.each([
    [tcp('10.0.0.1', 2000, '192.0.2.1', 443), undefined],
    [tcp('11.0.0.1', 2000, '192.0.2.1', 443), 'local address: 11.0.0.1, the selectors want 10.0.0.0/8'],
    [tcp('10.0.0.1', 2000, '192.0.3.1', 443), 'remote address: 192.0.3.1, the selectors want 192.0.2.0/24'],
    [tcp('10.0.0.1', 2000, '192.0.2.1', 443, 17), 'protocol: udp, the selectors want tcp'],
    [tcp('10.0.0.1', 80, '192.0.2.1', 443), 'local port: 80, the selectors want 1024-65535'],
    [tcp('10.0.0.1', 2000, '192.0.2.1', 80), 'remote port: 80, the selectors want 443'],
    [tcp('10.0.0.1', OPAQUE, '192.0.2.1', OPAQUE), 'local port: not visible in the packet (OPAQUE), the selectors want 1024-65535'],
  ])('flow %#', (f, words) => {
    expect(explainFlow([offered], f, 'outbound')).toBe(words);
  });
  it('names the ICMP type', () => {
    const echo = [parseSelector({ protocol: 'icmp', icmp: '8/0' })];
    expect(explainFlow(echo, icmp('10.0.0.1', '192.0.2.1', 0), 'inbound')).toBe('remote type: 0/0, the selectors want 8/0');
    expect(explainFlow([], icmp('10.0.0.1', '192.0.2.1', 0), 'inbound')).toBe('there are no selectors');
  });
  it('agree with the decision', () => {
    fc.assert(
      fc.property(selectorSet, selectorSet, flow, direction, (a, b, f, d) => {
        expect(explainFlow([a], f, d) === undefined).toBe(containsFlow([a], f, d));
        expect(explainSelectors([a], [b]) === undefined).toBe(isSubset([a], [b]));
      }),
      { numRuns: 1000 },
    );
  });
});
