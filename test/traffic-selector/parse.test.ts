import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { OPAQUE, parsePrefix } from '../../src/ip.js';
import {
  ANY,
  checkSelector,
  formatSelector,
  isSubset,
  parseSelector,
  parseSelectors,
  type SelectorJson,
} from '../../src/traffic-selector.js';
import { selectorSet } from './arbitraries.js';

function errorOf(run: () => unknown): IpsecError {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing thrown');
}

describe('selectors as JSON and as text', () => {
  it('what is absent is any', () => {
    expect(parseSelector({})).toEqual({ local: ANY, remote: ANY, protocol: ANY, localPorts: ANY, remotePorts: ANY });
    expect(parseSelector('any')).toEqual(parseSelector({}));
  });
  it('reads addresses, ranges, prefixes and lists', () => {
    const { local, remote } = parseSelector({ local: ['10.0.0.0/8', '192.0.2.1-192.0.2.9'], remote: '192.0.2.128, 198.51.100.0/24' });
    expect(local).toEqual([parsePrefix('10.0.0.0/8'), parsePrefix('192.0.2.1-192.0.2.9')]);
    expect(remote).toEqual([parsePrefix('192.0.2.128'), parsePrefix('198.51.100.0/24')]);
  });
  it('reads protocols by number and by name', () => {
    for (const name of ['tcp', 'TCP', 6, '6']) expect(parseSelector({ protocol: name }).protocol).toBe(6);
    expect(parseSelector({ protocol: 'ipv6-icmp' }).protocol).toBe(58);
    expect(parseSelector({ protocol: 'opaque' }).protocol).toBe(OPAQUE);
  });
  it('makes one selector set for each protocol of a list, as appendix E writes "ICMP,ESP"', () => {
    expect(parseSelectors({ protocol: ['icmp', 'esp'] }).map((s) => s.protocol)).toEqual([1, 50]);
    expect(errorOf(() => parseSelector({ protocol: ['icmp', 'esp'] })).path).toBe('selector.protocol');
  });
  it('reads ports', () => {
    const ports = (value: SelectorJson['localPorts']): unknown => parseSelector({ protocol: 'tcp', localPorts: value! }).localPorts;
    expect(ports(80)).toEqual([{ start: 80, end: 80 }]);
    expect(ports('80, 443,1000-2000')).toEqual([
      { start: 80, end: 80 },
      { start: 443, end: 443 },
      { start: 1000, end: 2000 },
    ]);
    expect(ports([80, '90-91'])).toEqual([
      { start: 80, end: 80 },
      { start: 90, end: 91 },
    ]);
    expect(ports('opaque')).toBe(OPAQUE);
    expect(ports('0-65535')).toBe(ANY); // RFC 4301 section 4.4.1.2: "ANY: start = 0 end = <max>"
  });
  it('takes ICMP or ICMPv6 by the family of the addresses', () => {
    expect(parseSelector({ remote: '192.0.2.1', icmp: '8/0' }).protocol).toBe(1);
    expect(parseSelector({ remote: '2001:db8::1', icmp: { type: 128 } }).protocol).toBe(58);
    expect(parseSelector({ mh: 5 })).toMatchObject({ protocol: 135, localPorts: [{ start: 0x500, end: 0x500 }] });
    expect(parseSelector({ mh: '1-3', protocol: 'mh' })).toMatchObject({ remotePorts: [{ start: 0x100, end: 0x300 }] });
    expect(parseSelector({ protocol: 'icmpv6', icmp: '1-4' }).localPorts).toEqual([{ start: 0x100, end: 0x4ff }]);
  });
  it.each([
    ['10.0.0.0/8 tcp 443', { remote: '10.0.0.0/8', protocol: 'tcp', remotePorts: 443 }],
    ['10.0.0.0/8', { remote: '10.0.0.0/8' }],
    ['10.0.0.0/8 <-> any', { local: '10.0.0.0/8' }],
    ['10.0.0.0/8 50 <-> 192.0.2.1', { local: '10.0.0.0/8', remote: '192.0.2.1', protocol: 'esp' }],
    ['any udp opaque <-> 192.0.2.1 opaque', { remote: '192.0.2.1', protocol: 17, localPorts: 'opaque', remotePorts: 'opaque' }],
    [
      '10.0.0.0/8 tcp <-> 192.0.2.1,192.0.2.3 80,443',
      { local: '10.0.0.0/8', remote: ['192.0.2.1', '192.0.2.3'], protocol: 'tcp', remotePorts: [80, 443] },
    ],
    ['any icmp 8/0 <-> any 0/0', { protocol: 'icmp', localPorts: '8/0', remotePorts: '0/0' }],
  ])('text %s', (text, json) => {
    expect(parseSelector(text)).toEqual(parseSelector(json));
    expect(parseSelector(formatSelector(parseSelector(text)))).toEqual(parseSelector(text));
  });
  it('what is written is read back', () => {
    fc.assert(
      fc.property(selectorSet, (set) => {
        expect(isSubset([set], [parseSelector(formatSelector(set))])).toBe(true);
        expect(isSubset([parseSelector(formatSelector(set))], [set])).toBe(true);
      }),
    );
  });
});

describe('wrong selectors are refused with their path', () => {
  it.each<[SelectorJson | string, string, RegExp]>([
    [{ local: '10.0.0.1/8' }, 's.local', /did you mean 10\.0\.0\.0\/8/],
    [{ local: [] }, 's.local', /a list/],
    [{ local: ['10.0.0.0/8', 'any'] }, 's.local.1', /stands alone/],
    [{ remote: ['192.0.2.1', 'host'] }, 's.remote.1', /host/],
    [{ remote: '192.0.2.9-192.0.2.1' }, 's.remote', /lower address first/],
    [{ protocol: 'tpc' }, 's.protocol', /did you mean tcp/],
    [{ protocol: 256 }, 's.protocol', /256/],
    [{ protocol: [] }, 's.protocol', /none/],
    [{ protocol: ['tcp', 'x25'] }, 's.protocol.1', /x25/],
    [{ protocol: 'tcp', localPorts: 70000 }, 's.localPorts', /65535/],
    [{ protocol: 'tcp', remotePorts: ['80', '9-8'] }, 's.remotePorts.1', /lower first/],
    [{ protocol: 'tcp', remotePorts: 'http' }, 's.remotePorts', /http/],
    [{ protocol: 'icmp', icmp: { type: 256 } }, 's.icmp.type', /255/],
    [{ protocol: 'icmp', icmp: { type: '3-4', code: 1 } }, 's.icmp.code', /single type/],
    [{ protocol: 'icmp', icmp: { type: 3, send: false, receive: false } }, 's.icmp', /neither/],
    [{ protocol: 'icmp', icmp: '8', localPorts: '8' }, 's.icmp', /both/],
    [{ protocol: 'tcp', icmp: '8' }, 's.icmp', /belongs/],
    [{ icmp: '8' }, 's.protocol', /do not tell/],
    [{ local: '10.0.0.0/8', remote: '2001:db8::/32' }, 's', /family/],
    [{ localPorts: 80 }, 's.localPorts', /a protocol, or any ports/],
    [{ protocol: 'esp', localPorts: 80 }, 's.localPorts', /OPAQUE or ANY/],
    [{ protocol: 'opaque', local: '10.0.0.0/8' }, 's.protocol', /IPv6/],
    ['', 's', /REMOTE/],
    ['any tcp 1 <-> any 2 3', 's', /REMOTE/],
    ['a <-> b <-> c', 's', /REMOTE/],
  ])('%j', (value, path, message) => {
    const error = errorOf(() => parseSelectors(value, 's'));
    expect(error.code).toBe('invalid-config');
    expect(error.path).toBe(path);
    expect(error.message).toMatch(message);
  });
  it.each([null, 5, [], true])('%j instead of an object', (value) => {
    expect(errorOf(() => parseSelector(value as unknown as SelectorJson, 's')).path).toBe('s');
  });
  it('typed values are checked too', () => {
    const good = parseSelector('10.0.0.0/8 tcp 1 <-> 192.0.2.1 2');
    const wrong = (change: object): string =>
      errorOf(() => {
        checkSelector({ ...good, ...change }, 'x');
      }).path ?? '';
    expect(wrong({ local: [] })).toBe('x.local');
    expect(wrong({ local: [{ start: Uint8Array.of(1, 2, 3), end: Uint8Array.of(1, 2, 3) }] })).toBe('x.local.0');
    expect(wrong({ remote: [{ start: Uint8Array.of(2, 0, 0, 0), end: Uint8Array.of(1, 0, 0, 0) }] })).toBe('x.remote.0');
    expect(wrong({ protocol: 1.5 })).toBe('x.protocol');
    expect(wrong({ localPorts: [] })).toBe('x.localPorts');
    expect(wrong({ remotePorts: [{ start: 5, end: 4 }] })).toBe('x.remotePorts');
  });
});
