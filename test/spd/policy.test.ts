import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { type Flow, OPAQUE, parseAddress, parsePrefix } from '../../src/ip.js';
import {
  bindRemote,
  createSpd,
  explainPolicy,
  findCorrelated,
  findInbound,
  findLocalName,
  findNamed,
  findOutbound,
  insertPolicy,
  parsePolicies,
  type PfpFlag,
  type PolicyJson,
  type ProtectPolicy,
  selectorOfFlow,
  selectorsForSa,
  type Spd,
} from '../../src/spd.js';
import { containsFlow, formatSelector, type SelectorJson, parseIdentity } from '../../src/traffic-selector.js';

const flowOf = (source: string, sourcePort: number, destination: string, destinationPort: number, protocol = 6): Flow => ({
  version: source.includes(':') ? 6 : 4,
  source: parseAddress(source),
  destination: parseAddress(destination),
  protocol,
  sourcePort,
  destinationPort,
});
const spdOf = (...policies: PolicyJson[]): Spd => createSpd(parsePolicies(policies));
const esp = { protocol: 'ESP', mode: 'tunnel' } as const;

describe('RFC 4301 section 4.4.1: The Security Policy Database', () => {
  it('"an user or administrator MUST be able to order the entries": the first match decides', () => {
    const both: PolicyJson[] = [
      { name: 'one', action: 'DISCARD', remote: '192.0.2.1' },
      { name: 'net', action: 'BYPASS', remote: '192.0.2.0/24' },
    ];
    const f = flowOf('10.0.0.1', 1, '192.0.2.1', 2);
    expect(findOutbound(spdOf(...both), f)?.name).toBe('one');
    expect(findOutbound(spdOf(...both.toReversed()), f)?.name).toBe('net');
  });
  it('SPD-S, SPD-O, SPD-I: "logically divided into three pieces"', () => {
    const spd = spdOf(
      { name: 's', action: 'PROTECT', processing: esp },
      { name: 'o', action: 'BYPASS', direction: 'out' },
      { name: 'i', action: 'DISCARD', direction: 'in' },
      { name: 'io', action: 'BYPASS' },
    );
    const names = (list: readonly { name?: string | undefined }[]): (string | undefined)[] => list.map((e) => e.name);
    expect([names(spd.secured), names(spd.outbound), names(spd.inbound)]).toEqual([['s'], ['o', 'io'], ['i', 'io']]);
    insertPolicy(spd, spd.entries[1]!, 0);
    expect(names(spd.outbound)).toEqual(['o', 'o', 'io']);
  });
  it('"For bypassed or discarded traffic, separate inbound and outbound entries are supported, e.g., to permit unidirectional flows"', () => {
    const spd = spdOf({ action: 'BYPASS', direction: 'out', remote: '192.0.2.1' });
    expect(findOutbound(spd, flowOf('10.0.0.1', 1, '192.0.2.1', 2))).toBeDefined();
    expect(findInbound(spd, flowOf('192.0.2.1', 2, '10.0.0.1', 1))).toBeUndefined();
  });
  it('"if a packet that is looked up in the SPD-I cannot be matched to an entry there, then the packet MUST be discarded": no match', () => {
    expect(findInbound(spdOf({ action: 'BYPASS', direction: 'out' }), flowOf('192.0.2.1', 2, '10.0.0.1', 1))).toBeUndefined();
    expect(findOutbound(createSpd(), flowOf('192.0.2.1', 2, '10.0.0.1', 1))).toBeUndefined();
  });
  it('what should have been protected and came in the clear finds the PROTECT entry, not a BYPASS behind it', () => {
    const spd = spdOf({ action: 'PROTECT', local: '10.1.0.0/16', remote: '10.2.0.0/16', processing: esp }, { action: 'BYPASS' });
    expect(findInbound(spd, flowOf('10.2.0.1', 2, '10.1.0.1', 1))?.action).toBe('PROTECT');
  });
});

describe('RFC 4301 section 7: fragments', () => {
  const fragment = flowOf('10.0.0.1', OPAQUE, '192.0.2.1', OPAQUE);
  it('7.1: ANY ports take all fragments of a protocol', () => {
    const spd = spdOf({ name: 'tcp', action: 'PROTECT', protocol: 'tcp', processing: esp });
    expect(findOutbound(spd, fragment)?.name).toBe('tcp');
  });
  it('7.2: OPAQUE ports take the fragments, specific ports the rest', () => {
    const spd = spdOf(
      { name: 'web', action: 'PROTECT', protocol: 'tcp', remotePorts: 443, processing: esp },
      { name: 'fragments', action: 'PROTECT', protocol: 'tcp', localPorts: 'opaque', remotePorts: 'opaque', processing: esp },
    );
    expect(findOutbound(spd, fragment)?.name).toBe('fragments');
    expect(findOutbound(spd, flowOf('10.0.0.1', 999, '192.0.2.1', 443))?.name).toBe('web');
    expect(findOutbound(spd, flowOf('10.0.0.1', 999, '192.0.2.1', 80))).toBeUndefined();
  });
  it('7.1: "If the SA will carry traffic without regard to a specific protocol value ... the port field values are undefined and MUST be set to ANY"', () => {
    expect(() => parsePolicies([{ action: 'BYPASS', localPorts: 'opaque' }])).toThrow(/ports without a protocol/);
  });
});

describe('RFC 4301 appendix E', () => {
  const [A, B, C] = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];
  const spd = spdOf(
    { name: '1', action: 'BYPASS', local: C, remote: A, protocol: 'esp' },
    { name: '2', action: 'PROTECT', local: A, remote: C, protocol: ['icmp', 'esp'], processing: { ...esp, source: A, destination: B } },
    { name: '3', action: 'PROTECT', local: A, remote: C, processing: { protocol: 'ESP', mode: 'transport' } },
    { name: '4', action: 'BYPASS', local: A, remote: B, selectors: undefined as never, protocol: 'icmp' },
    { name: '4', action: 'BYPASS', local: A, remote: B, protocol: 'udp', localPorts: 500, remotePorts: 500 },
  );
  it('"An outbound TCP packet from A to C would match SPD rule 3"', () => {
    expect(findOutbound(spd, flowOf(A, 1024, C, 80))?.name).toBe('3');
  });
  it('looped back: "The packet is compared against SPD-I (see Figure 2), matches SPD rule 1, and so it is BYPASSed"', () => {
    expect(findInbound(spd, flowOf(A, OPAQUE, C, OPAQUE, 50))?.name).toBe('1');
  });
  it('"The packet is treated as an outbound packet and compared against the SPD for a third time.  This time it matches SPD rule 2"', () => {
    expect(findOutbound(spd, flowOf(A, OPAQUE, C, OPAQUE, 50))?.name).toBe('2');
  });
  it('inbound, unwrapped once: "compared against SPD-O (see Figure 3) and found to match SPD rule 1"', () => {
    expect(findOutbound(spd, flowOf(C, OPAQUE, A, OPAQUE, 50))?.name).toBe('1');
  });
  it('rule 4: IKE and ICMP between A and B', () => {
    expect(findOutbound(spd, flowOf(A, 500, B, 500, 17))?.action).toBe('BYPASS');
    expect(findOutbound(spd, flowOf(A, 0x800, B, 0x800, 1))?.action).toBe('BYPASS');
    expect(findOutbound(spd, flowOf(A, 53, B, 53, 17))).toBeUndefined();
  });
});

describe('RFC 4301 section 4.4.2.2: SPD, PFP flag, packet, and SAD', () => {
  const sadOf = (selectors: SelectorJson, pfp: PfpFlag[], f: Flow): string => {
    const [policy] = parsePolicies([{ action: 'PROTECT', ...selectors, pfp, processing: esp }]);
    const spd = createSpd([policy!]);
    if (findOutbound(spd, f) === undefined) return 'discard packet';
    return (
      selectorsForSa(policy as ProtectPolicy, f)
        ?.map(formatSelector)
        .join(' + ') ?? 'discard packet'
    );
  };
  const packet = flowOf('10.0.0.1', 1024, '192.0.2.3', 80);
  const fragment = flowOf('10.0.0.1', OPAQUE, '192.0.2.3', OPAQUE);
  const hidden = flowOf('2001:db8::1', OPAQUE, '2001:db8::2', OPAQUE, OPAQUE);
  it('section 4.4.1: "192.0.2.1 to 192.0.2.10": with PFP "192.0.2.3 (one host)", else "range of hosts"', () => {
    expect(sadOf({ remote: '192.0.2.1-192.0.2.10' }, ['remote'], packet)).toBe('any <-> 192.0.2.3');
    expect(sadOf({ remote: '192.0.2.1-192.0.2.10' }, [], packet)).toBe('any <-> 192.0.2.1-192.0.2.10');
    expect(sadOf({}, [], packet)).toBe('any <-> any');
    expect(sadOf({}, ['remote'], packet)).toBe('any <-> 192.0.2.3');
  });
  it.each<[string, SelectorJson, PfpFlag[], Flow, string]>([
    ['loc addr, list, 0', { local: '10.0.0.0/8' }, [], packet, '10.0.0.0/8 <-> any'],
    ['loc addr, ANY, 0', {}, [], packet, 'any <-> any'],
    ['loc addr, list, 1', { local: '10.0.0.0/8' }, ['local'], packet, '10.0.0.1 <-> any'],
    ['loc addr, ANY, 1', {}, ['local'], packet, '10.0.0.1 <-> any'],
    ['rem addr, list, 1', { remote: '192.0.2.0/24' }, ['remote'], packet, 'any <-> 192.0.2.3'],
    ['protocol, list, 0', { protocol: ['tcp', 'udp'] }, [], packet, 'any tcp <-> any + any udp <-> any'],
    ['protocol, OPAQUE, 0, prot. "P" (errata 2180)', { protocol: 'opaque' }, [], packet, 'discard packet'],
    ['protocol, list, 0, not avail.', { protocol: ['tcp', 'udp'] }, [], hidden, 'discard packet'],
    ['protocol, ANY, 0, not avail.', {}, [], hidden, 'any <-> any'],
    ['protocol, OPAQUE, 0, not avail.', { protocol: 'opaque' }, [], hidden, 'any opaque <-> any'],
    ['protocol, list, 1', { protocol: ['tcp', 'udp'] }, ['protocol'], packet, 'any tcp <-> any'],
    ['protocol, ANY, 1', {}, ['protocol'], packet, 'any tcp <-> any'],
    ['protocol, list, 1, not avail.', { protocol: ['tcp', 'udp'] }, ['protocol'], hidden, 'discard packet'],
    ['protocol, ANY, 1, not avail.', {}, ['protocol'], hidden, 'discard packet'],
    ['loc port, list, 0', { protocol: 'tcp', localPorts: '1024-2000' }, [], packet, 'any tcp 1024-2000 <-> any'],
    ['loc port, ANY, 0', { protocol: 'tcp' }, [], packet, 'any tcp <-> any'],
    ['loc port, list, 0, not avail.', { protocol: 'tcp', localPorts: '1024-2000' }, [], fragment, 'discard packet'],
    ['loc port, ANY, 0, not avail.', { protocol: 'tcp' }, [], fragment, 'any tcp <-> any'],
    ['loc port, OPAQUE, 0, not avail.', { protocol: 'tcp', localPorts: 'opaque' }, [], fragment, 'any tcp opaque <-> any'],
    ['loc port, list, 1', { protocol: 'tcp', localPorts: '1024-2000' }, ['localPorts'], packet, 'any tcp 1024 <-> any'],
    ['loc port, ANY, 1', { protocol: 'tcp' }, ['localPorts'], packet, 'any tcp 1024 <-> any'],
    ['loc port, ANY, 1, not avail.', { protocol: 'tcp' }, ['localPorts'], fragment, 'discard packet'],
    ['rem port, list, 1', { protocol: 'tcp', remotePorts: [80, 443] }, ['remotePorts'], packet, 'any tcp <-> any 80'],
    ['rem port, ANY, 1, not avail.', { protocol: 'tcp' }, ['remotePorts'], fragment, 'discard packet'],
    [
      'all',
      { protocol: 'tcp' },
      ['local', 'remote', 'protocol', 'localPorts', 'remotePorts'],
      packet,
      '10.0.0.1 tcp 1024 <-> 192.0.2.3 80',
    ],
    ['ports of any protocol', {}, ['protocol', 'remotePorts'], packet, 'any tcp <-> any 80'],
    ['a protocol without ports', {}, ['protocol', 'remotePorts'], flowOf('10.0.0.1', OPAQUE, '192.0.2.3', OPAQUE, 47), 'any gre <-> any'],
    ['sets of another protocol', { protocol: ['esp', 'tcp', 'udp'] }, ['remotePorts'], packet, 'any tcp <-> any 80 + any udp <-> any 80'],
  ])('%s', (_, selectors, pfp, f, expected) => {
    expect(sadOf(selectors, pfp, f)).toBe(expected);
  });
  const mh = (type: number): Flow => flowOf('2001:db8::1', type, '2001:db8::2', type, 135);
  const icmp = (type: number): Flow => flowOf('10.0.0.1', type, '192.0.2.3', type, 1);
  it.each<[string, SelectorJson, PfpFlag[], Flow, string]>([
    ['mh type, list, 0', { mh: '1-5' }, [], mh(0x500), 'any mh 1-5 <-> any 1-5'],
    ['mh type, list, 1', { mh: '1-5' }, ['localPorts', 'remotePorts'], mh(0x500), 'any mh 5 <-> any 5'],
    ['mh type, ANY, 1, not avail.', { protocol: 'mh' }, ['localPorts'], mh(OPAQUE), 'discard packet'],
    ['icmp, single type & range of codes, 0', { protocol: 'icmp', icmp: '3/0-5' }, [], icmp(0x301), 'any icmp 3/0-5 <-> any 3/0-5'],
    [
      'icmp, single type & range of codes, 1',
      { protocol: 'icmp', icmp: '3/0-5' },
      ['localPorts', 'remotePorts'],
      icmp(0x301),
      'any icmp 3/1 <-> any 3/1',
    ],
    ['icmp, ANY, 1', { protocol: 'icmp' }, ['localPorts', 'remotePorts'], icmp(0x800), 'any icmp 8/0 <-> any 8/0'],
    ['icmp, ANY, 0, not avail.', { protocol: 'icmp' }, [], icmp(OPAQUE), 'any icmp <-> any'],
    ['icmp, ANY, 1, not avail.', { protocol: 'icmp' }, ['localPorts'], icmp(OPAQUE), 'discard packet'],
    [
      'icmp, sent alone',
      { protocol: 'icmp', localPorts: '8', remotePorts: '0' },
      ['localPorts', 'remotePorts'],
      icmp(0x800),
      'any icmp 8/0 <-> any opaque',
    ],
  ])('%s', (_, selectors, pfp, f, expected) => {
    expect(sadOf(selectors, pfp, f)).toBe(expected);
  });
  it('"Use of PFP=1 with an OPAQUE value is an error and SHOULD be prohibited by an IPsec implementation."', () => {
    const refuse = (selectors: SelectorJson, pfp: PfpFlag): void => {
      expect(() => parsePolicies([{ action: 'PROTECT', ...selectors, pfp: [pfp], processing: esp }])).toThrow(/OPAQUE/);
    };
    refuse({ protocol: 'tcp', localPorts: 'opaque' }, 'localPorts');
    refuse({ protocol: 'opaque' }, 'protocol');
  });
  it('the packet itself, for the first Traffic Selector of a proposal', () => {
    const set = selectorOfFlow(packet);
    expect(formatSelector(set)).toBe('10.0.0.1 tcp 1024 <-> 192.0.2.3 80');
    expect(formatSelector(selectorOfFlow(packet, 'inbound'))).toBe('192.0.2.3 tcp 80 <-> 10.0.0.1 1024');
    expect(containsFlow([selectorOfFlow(fragment)], fragment, 'outbound')).toBe(true);
  });
});

describe('RFC 4301 section 4.4.1.1: names', () => {
  const spd = spdOf(
    { name: 'mozart', action: 'PROTECT', names: ['mozart@foo.example.com', 'foo.example.com'], processing: esp },
    { name: 'kent', action: 'PROTECT', names: ['CN=Stephen T. Kent, C=US', 'ID_KEY_ID:00ff'], remote: '10.9.0.0/16', processing: esp },
    { name: 'user', action: 'BYPASS', localNames: ['03e8'], remote: '192.0.2.1' },
  );
  it('the four types of identifiers find their entry', () => {
    const named = (id: string): string | undefined => findNamed(spd, parseIdentity(id))?.name;
    expect(
      ['mozart@FOO.example.com', 'foo.example.com', 'CN=stephen t. kent, C=us', 'ID_KEY_ID:00ff', 'bar.example.com'].map(named),
    ).toEqual(['mozart', 'mozart', 'kent', 'kent', undefined]);
    expect(findLocalName(spd, Uint8Array.of(3, 0xe8))?.name).toBe('user');
    expect(findLocalName(spd, Uint8Array.of(3))).toBeUndefined();
  });
  it('"used by a responder (not an initiator)": no packet finds an entry for any remote address by it, but one with addresses', () => {
    expect(findOutbound(spd, flowOf('10.0.0.1', 1, '203.0.113.9', 2))).toBeUndefined();
    expect(findOutbound(spd, flowOf('10.0.0.1', 1, '10.9.0.9', 2))?.name).toBe('kent');
  });
  it('"the initiator\'s Source IP address ... is bound to the Remote IP address": "This address overrides the Remote IP address value in the SPD"', () => {
    const bound = bindRemote(findNamed(spd, parseIdentity('mozart@foo.example.com'))!, [parsePrefix('203.0.113.9')]);
    insertPolicy(spd, bound, 0);
    expect(findOutbound(spd, flowOf('10.0.0.1', 1, '203.0.113.9', 2))).toBe(bound);
    expect(findNamed(spd, parseIdentity('mozart@foo.example.com'))).toBe(spd.entries[1]);
    const [v4] = parsePolicies([{ action: 'BYPASS', local: '10.0.0.0/8', names: ['a.b'] }]);
    expect(bindRemote(v4!, [parsePrefix('::1'), parsePrefix('192.0.2.1')]).selectors.map(formatSelector)).toEqual([
      '10.0.0.0/8 <-> 192.0.2.1',
    ]);
  });
});

describe('explanations', () => {
  const spd = spdOf(
    { name: 'branch', action: 'PROTECT', local: '10.1.0.0/16', remote: '10.2.0.0/16', processing: esp },
    { action: 'BYPASS', direction: 'in', protocol: 'udp', localPorts: 500 },
  );
  it('name the policy that decides', () => {
    expect(explainPolicy(spd, flowOf('10.1.0.1', 1, '10.2.0.1', 2), 'outbound')).toBe('policy 0 (branch, PROTECT) decides');
    expect(explainPolicy(spd, flowOf('192.0.2.1', 1, '10.9.0.1', 500, 17), 'inbound')).toBe('policy 1 (BYPASS) decides');
  });
  it('or the one that comes nearest', () => {
    expect(explainPolicy(spd, flowOf('10.1.0.1', 1, '10.3.0.1', 2), 'outbound')).toBe(
      'no policy matches: discard; nearest is policy 0 (branch, PROTECT): remote address: 10.3.0.1, the selectors want 10.2.0.0/16',
    );
    expect(explainPolicy(spd, flowOf('192.0.2.1', 1, '10.9.0.1', 501, 17), 'inbound')).toContain('local port: 501, the selectors want 500');
    expect(explainPolicy(createSpd(), flowOf('192.0.2.1', 1, '10.9.0.1', 501, 17), 'inbound')).toBe('no policy matches: discard');
  });
});

describe('RFC 4301 section 4.4.1: "check the impact of an SPD change on extant SAs"', () => {
  it('the entries that a change can concern are those correlated with it', () => {
    const list = parsePolicies([
      { name: 'a', action: 'BYPASS', remote: '10.0.0.0/8', protocol: 'tcp' },
      { name: 'b', action: 'BYPASS', remote: '10.1.0.0/16', protocol: 'udp' },
      { name: 'c', action: 'BYPASS', direction: 'in', remote: '10.1.0.0/16' },
      { name: 'd', action: 'PROTECT', names: ['a.b'], processing: esp },
    ]);
    const [changed] = parsePolicies([{ action: 'DISCARD', direction: 'out', remote: '10.1.2.3', protocol: ['tcp', 'esp'] }]);
    expect(findCorrelated(list, changed!).map((e) => e.name)).toEqual(['a']);
    expect(findCorrelated(list, list[0]!).map((e) => e.name)).toEqual(['c']);
  });
});

describe('several SPDs', () => {
  it('are several records; which one is asked is the caller\'s "SPD selection function"', () => {
    const spds = { inside: spdOf({ action: 'BYPASS' }), outside: spdOf({ action: 'DISCARD' }) };
    const f = flowOf('10.0.0.1', 1, '192.0.2.1', 2);
    expect([findOutbound(spds.inside, f)?.action, findOutbound(spds.outside, f)?.action]).toEqual(['BYPASS', 'DISCARD']);
  });
  it('a partial one, SPD-I alone', () => {
    const spd = spdOf({ action: 'BYPASS', direction: 'in' });
    expect([spd.secured, spd.outbound]).toEqual([[], []]);
  });
});

describe('insertPolicy refuses', () => {
  it.each([-1, 2, 0.5])('place %d', (at) => {
    const spd = spdOf({ action: 'BYPASS' });
    expect(() => {
      insertPolicy(spd, spd.entries[0]!, at);
    }).toThrow(IpsecError);
    expect([spd.entries.length, spd.generation]).toEqual([1, 1]);
  });
  it('a wrong entry, and nothing has changed', () => {
    const spd = spdOf({ action: 'BYPASS' });
    expect(() => {
      insertPolicy(spd, { action: 'BYPASS', selectors: [] });
    }).toThrow(IpsecError);
    expect([spd.entries.length, spd.generation]).toEqual([1, 1]);
  });
});
