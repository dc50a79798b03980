import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { type Flow, OPAQUE, parseAddress, parsePrefix } from '../../src/ip.js';
import {
  ANY,
  containsFlow,
  decodeTrafficSelector,
  encodeTrafficSelector,
  formatTrafficSelector,
  mixesBeyond,
  narrowSelectors,
  parseSelector,
  selectorSetsOf,
  type TrafficSelector,
  trafficSelectorsOf,
} from '../../src/traffic-selector.js';
import vectors from '../../vectors/strongswan-traffic-selectors.json' with { type: 'json' };
import { direction, flow, selectorSet } from './arbitraries.js';

interface Plain {
  readonly net: string;
  readonly protocol: number;
  readonly startPort: number;
  readonly endPort: number;
}
interface Case {
  readonly name: string;
  readonly a?: Plain;
  readonly b?: Plain;
  readonly subset?: Plain | null;
  readonly net?: string;
  readonly host?: string;
  readonly includes?: boolean;
}
const cases = vectors.cases as readonly Case[];

/** Through octets, so that start 65535, end 0 is read by the decoder. */
function selectorOf({ net, protocol, startPort, endPort }: Plain): TrafficSelector {
  const { start, end } = parsePrefix(net);
  const length = 8 + 2 * start.length;
  const octets = [
    start.length === 4 ? 7 : 8,
    protocol,
    0,
    length,
    startPort >> 8,
    startPort & 255,
    endPort >> 8,
    endPort & 255,
    ...start,
    ...end,
  ];
  const { selector, next } = decodeTrafficSelector(Uint8Array.from(octets));
  expect(next).toBe(length);
  expect([...encodeTrafficSelector(selector!)]).toEqual(octets);
  return selector!;
}

describe("strongSwan's traffic selector vectors", () => {
  it.each(cases.filter((c) => c.a !== undefined))('$name', ({ a, b, subset }) => {
    const expected = subset ? [selectorOf(subset)] : [];
    expect(narrowSelectors([selectorOf(a!)], [selectorOf(b!)])).toEqual(expected);
    expect(narrowSelectors([selectorOf(b!)], [selectorOf(a!)])).toEqual(expected);
  });
  it.each(cases.filter((c) => c.host !== undefined))('$net includes $host: $includes', ({ net, host, includes }) => {
    const address = parseAddress(host!);
    const f: Flow = {
      version: address.length === 4 ? 4 : 6,
      source: address,
      destination: address,
      protocol: 6,
      sourcePort: 1,
      destinationPort: 1,
    };
    expect(containsFlow([parseSelector({ remote: net! })], f, 'outbound')).toBe(includes);
  });
});

describe('RFC 7296 section 3.13.1', () => {
  it('writes ANY as 0 to 65535 and OPAQUE as 65535 to 0', () => {
    const { remote } = trafficSelectorsOf([parseSelector('192.0.2.0/24 tcp')]);
    expect(toHex(encodeTrafficSelector(remote[0]!))).toBe('07060010' + '0000ffff' + 'c0000200' + 'c00002ff');
    const opaque = trafficSelectorsOf([parseSelector('2001:db8::/32 udp opaque')]).remote[0]!;
    expect(toHex(encodeTrafficSelector(opaque))).toBe('08110028' + 'ffff0000' + '20010db8' + '0'.repeat(24) + '20010db8' + 'f'.repeat(24));
  });
  it('ICMP: "Type in the most significant eight bits and Code in the least significant eight bits"; MH type: the low eight bits are zero', () => {
    expect(encodeTrafficSelector(trafficSelectorsOf([parseSelector('192.0.2.1 icmp 3/4')]).remote[0]!).subarray(4, 8)).toEqual(
      Uint8Array.of(3, 4, 3, 4),
    );
    expect(encodeTrafficSelector(trafficSelectorsOf([parseSelector('::1 mh 5')]).remote[0]!).subarray(4, 8)).toEqual(
      Uint8Array.of(5, 0, 5, 0),
    );
  });
  it('an OPAQUE protocol is 44, the "Fragment identifier" of RFC 4301 appendix C', () => {
    const octets = encodeTrafficSelector(trafficSelectorsOf([parseSelector({ remote: '::1', protocol: 'opaque' })]).remote[0]!);
    expect(octets[1]).toBe(44);
    expect(decodeTrafficSelector(octets).selector!.protocol).toBe(OPAQUE);
  });
  it('RFC 7296 section 2.9: "If the type of Traffic Selector proposed is unknown, the responder ignores that Traffic Selector"', () => {
    expect(decodeTrafficSelector(Uint8Array.of(9, 0, 0, 8, 1, 2, 3, 4))).toEqual({ type: 9, next: 8 });
  });
  it('reads at an offset', () => {
    const one = encodeTrafficSelector(trafficSelectorsOf([parseSelector('192.0.2.1')]).remote[0]!);
    const b = new Uint8Array(20);
    b.set(one, 4);
    expect(formatTrafficSelector(decodeTrafficSelector(b, 4).selector!)).toBe('192.0.2.1');
  });
  it.each([
    ['truncated', [7, 0, 0]],
    ['malformed', [7, 0, 0, 16, 0, 0, 255, 255, 1, 2, 3, 4]],
    ['malformed', [7, 0, 0, 3]],
    ['malformed', [7, 0, 0, 12, 0, 0, 255, 255, 1, 2, 3, 4]],
    ['malformed', [7, 0, 0, 16, 0, 0, 255, 255, 1, 2, 3, 5, 1, 2, 3, 4]],
    ['malformed', [7, 6, 0, 16, 0, 80, 0, 79, 1, 2, 3, 4, 1, 2, 3, 4]],
  ])('%s: %j', (code, octets) => {
    let error: unknown;
    try {
      decodeTrafficSelector(Uint8Array.from(octets));
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect((error as IpsecError).code).toBe(code);
  });
  it('no octets make it throw anything else, and what is decoded encodes to the same', () => {
    const header = fc.tuple(fc.constantFrom(7, 8), fc.nat(255)).chain(([type, protocol]) => {
      const length = type === 7 ? 16 : 40;
      return fc.uint8Array({ minLength: length - 4, maxLength: length }).map((rest) => Uint8Array.of(type, protocol, 0, length, ...rest));
    });
    fc.assert(
      fc.property(fc.oneof(header, fc.uint8Array({ maxLength: 50 })), (b) => {
        try {
          const { selector, next } = decodeTrafficSelector(b);
          if (selector) expect(encodeTrafficSelector(selector)).toEqual(b.slice(0, next));
        } catch (error) {
          expect(error).toBeInstanceOf(IpsecError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('RFC 7296 section 2.9', () => {
  const remote = (...texts: string[]): readonly TrafficSelector[] => trafficSelectorsOf(texts.map((t) => parseSelector(t))).remote;
  const shown = (list: readonly TrafficSelector[]): string[] => list.map(formatTrafficSelector);
  // "the first containing the address range (198.51.100.43 - 198.51.100.43) and the source port and IP protocol from the packet and the
  // second containing (198.51.100.0 - 198.51.100.255) with all ports and IP protocols"
  const offered = remote('198.51.100.43 tcp 40000', '198.51.100.0/24');
  it('keeps all where all is acceptable', () => {
    expect(shown(narrowSelectors(offered, remote('any')))).toEqual(['198.51.100.43 tcp 40000', '198.51.100.0/24']);
  });
  it('"the responder MUST narrow the Traffic Selectors to a subset that includes the initiator\'s first choices"', () => {
    const narrowed = narrowSelectors(offered, remote('198.51.100.64/26', '198.51.100.43'));
    expect(shown(narrowed)).toEqual(['198.51.100.43 tcp 40000', '198.51.100.64/26', '198.51.100.43']);
  });
  it('"If the responder\'s policy does not allow it to accept any part": nothing', () => {
    expect(narrowSelectors(offered, remote('203.0.113.0/24', '2001:db8::/32'))).toEqual([]);
  });
  it('section 3.13: TSi and TSr mix: "any of the four combinations of source/destination ports (100,300), (100,400), (200,300), and (200, 400)"', () => {
    const pair = trafficSelectorsOf([
      parseSelector('198.51.100.66 udp 100 <-> 0.0.0.0/0 300'),
      parseSelector('198.51.100.66 udp 200 <-> 0.0.0.0/0 400'),
    ]);
    expect([shown(pair.local), shown(pair.remote)]).toEqual([
      ['198.51.100.66 udp 100', '198.51.100.66 udp 200'],
      ['0.0.0.0/0 udp 300', '0.0.0.0/0 udp 400'],
    ]);
    const f = (sourcePort: number, destinationPort: number): Flow => ({
      version: 4,
      source: parseAddress('198.51.100.66'),
      destination: parseAddress('203.0.113.1'),
      protocol: 17,
      sourcePort,
      destinationPort,
    });
    const combinations = [f(100, 300), f(100, 400), f(200, 300), f(200, 400)];
    expect(combinations.map((c) => containsFlow(selectorSetsOf(pair), c, 'outbound'))).toEqual([true, true, true, true]);
    expect(containsFlow(selectorSetsOf(pair), f(300, 100), 'outbound')).toBe(false);
  });
  it('says nothing twice', () => {
    const pair = trafficSelectorsOf([parseSelector('10.0.0.0/8 tcp <-> 192.0.2.1 80'), parseSelector('10.0.0.0/8 tcp <-> 192.0.2.1 443')]);
    expect([shown(pair.local), shown(pair.remote)]).toEqual([['10.0.0.0/8 tcp'], ['192.0.2.1 tcp 80', '192.0.2.1 tcp 443']]);
    expect(shown(narrowSelectors(remote('192.0.2.0/24', '192.0.2.1'), remote('any', '192.0.2.0/25')))).toEqual(['192.0.2.0/24']);
  });
  it('tells when mix and match lets through more than was meant', () => {
    const two = [parseSelector('10.0.0.1 udp 100 <-> any 300'), parseSelector('10.0.0.1 udp 200 <-> any 400')];
    expect(mixesBeyond(two)).toBe(true);
    expect(mixesBeyond(two.slice(1))).toBe(false);
    expect(mixesBeyond([parseSelector('10.0.0.1 udp <-> any 300'), parseSelector('10.0.0.1 udp <-> any 400')])).toBe(false);
  });
  it('the Traffic Selectors of one set say the same as the set, of several no less', () => {
    fc.assert(
      fc.property(selectorSet, selectorSet, flow, direction, (a, b, f, d) => {
        if (containsFlow([a, b], f, d)) expect(containsFlow(selectorSetsOf(trafficSelectorsOf([a, b])), f, d)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
  it('writes what it cannot say shorter', () => {
    expect(formatTrafficSelector({ protocol: ANY, addresses: parsePrefix('::/0'), ports: ANY })).toBe('::/0');
    expect(formatTrafficSelector({ protocol: 17, addresses: parsePrefix('::1'), ports: OPAQUE })).toBe('::1 udp opaque');
  });
});
