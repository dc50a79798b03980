import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { parseAddress } from '../../src/ip.js';
import { checkPolicy, createSpd, parsePolicies, type SpdEntry } from '../../src/spd.js';
import { formatSelector, parseIdentity, parseSelector } from '../../src/traffic-selector.js';

const esp = { protocol: 'ESP', mode: 'tunnel' };

describe('policies as JSON', () => {
  it('reads everything', () => {
    const warnings: string[] = [];
    const text = `[{
      "name": "branch", "action": "PROTECT", "local": ["10.1.0.0/16"], "remote": "10.2.0.0-10.2.3.255", "protocol": "tcp", "remotePorts": [80, "443-444"],
      "names": ["branch.example.com"], "localNames": ["03e8"], "pfp": ["remote", "remotePorts"], "fragments": "stateful", "colour": "blue",
      "processing": { "protocol": "ESP", "mode": "transport", "encryption": [{ "name": "ENCR_AES_GCM_16", "keyLength": 256 }, "ENCR_CHACHA20_POLY1305"], "sa": ["0x1001", 4098],
        "bundle": [{ "protocol": "AH", "mode": "tunnel", "source": "192.0.2.1", "destination": "192.0.2.2", "esn": false, "integrity": "AUTH_HMAC_SHA2_256_128",
          "df": "clear", "dscp": 46, "ecn": "compatibility", "lookup": "spi-destination", "dscpp": 1 }] }
    }]`;
    const [policy, ...rest] = parsePolicies(JSON.parse(text), 'policies', (w) => warnings.push(w.message));
    expect(rest).toEqual([]);
    expect(policy?.selectors.map(formatSelector)).toEqual(['10.1.0.0/16 tcp <-> 10.2.0.0/22 80,443-444']);
    expect({ ...policy, selectors: [] }).toEqual({
      name: 'branch',
      action: 'PROTECT',
      selectors: [],
      names: [parseIdentity('branch.example.com')],
      localNames: [Uint8Array.of(3, 0xe8)],
      pfp: ['remote', 'remotePorts'],
      fragments: 'stateful',
      processing: [
        {
          protocol: 'ESP',
          mode: 'transport',
          encryption: [{ name: 'ENCR_AES_GCM_16', keyLength: 256 }, { name: 'ENCR_CHACHA20_POLY1305' }],
          sas: [0x1001, 0x1002],
        },
        {
          protocol: 'AH',
          mode: 'tunnel',
          source: parseAddress('192.0.2.1'),
          destination: parseAddress('192.0.2.2'),
          esn: false,
          integrity: [{ name: 'AUTH_HMAC_SHA2_256_128' }],
          df: 'clear',
          dscp: 46,
          ecn: 'compatibility',
          lookup: 'spi-destination',
        },
      ],
    });
    expect(warnings).toEqual([
      'an unknown member, ignored (policies.0.colour)',
      'an unknown member, ignored: did you mean dscp? (policies.0.processing.bundle.0.dscpp)',
    ]);
  });
  it('RFC 4301 section 4.4.1.2: "An implementation MAY warn users" of selector sets that IKEv2 would mix', () => {
    const warned = (selectors: string[], action = 'PROTECT'): number => {
      let count = 0;
      parsePolicies([{ action, selectors, ...(action === 'PROTECT' && { processing: esp }) }], 'p', () => count++);
      return count;
    };
    const mixing = ['10.0.0.1 <-> 192.0.2.1', '10.0.0.2 <-> 192.0.2.2'];
    expect([warned(mixing), warned(mixing, 'BYPASS'), warned(['10.0.0.1 <-> 192.0.2.1', '10.0.0.1 <-> 192.0.2.2'])]).toEqual([1, 0, 0]);
  });
  it('reads several selector sets, as JSON and as text', () => {
    const [policy] = parsePolicies([
      { action: 'BYPASS', direction: 'out', selectors: [{ protocol: ['tcp', 'udp'], remotePorts: 53 }, '192.0.2.1 icmp 8'] },
    ]);
    expect(policy?.selectors.map(formatSelector)).toEqual(['any tcp <-> any 53', 'any udp <-> any 53', 'any icmp <-> 192.0.2.1 8']);
    expect(policy?.direction).toBe('out');
  });
  it('a list of layers is a bundle; what a layer says about fragments is said of the policy', () => {
    const [policy] = parsePolicies([
      {
        action: 'PROTECT',
        processing: [
          { ...esp, fragments: 'stateful' },
          { protocol: 'AH', mode: 'transport' },
        ],
      },
    ]);
    expect(policy?.action === 'PROTECT' && policy.processing.map((p) => p.protocol)).toEqual(['ESP', 'AH']);
    expect(policy?.fragments).toBe('stateful');
  });
  it('the DSCP map of section 4.4.1.2 has 64 values', () => {
    const map = Array.from({ length: 64 }, (_, i) => (i > 40 ? 0 : i));
    const [policy] = parsePolicies([{ action: 'PROTECT', processing: { ...esp, dscp: map } }]);
    expect(policy?.action === 'PROTECT' && policy.processing[0]?.dscp).toEqual(map);
  });
});

describe('wrong policies are refused with their path', () => {
  it.each<[unknown, string, RegExp]>([
    [{}, 'p', /a list/],
    [['x'], 'p.0', /an object/],
    [[{ action: 'PROTET' }], 'p.0.action', /did you mean PROTECT/],
    [[{}], 'p.0.action', /nothing/],
    [[{ action: 'BYPASS', name: 5 }], 'p.0.name', /text/],
    [[{ action: 'BYPASS', direction: 'inn' }], 'p.0.direction', /did you mean in/],
    [[{ action: 'BYPASS', local: '10.0.0.1/8' }], 'p.0.local', /10\.0\.0\.0\/8/],
    [[{ action: 'BYPASS', selectors: 'any' }], 'p.0.selectors', /a list/],
    [[{ action: 'BYPASS', selectors: [] }], 'p.0.selectors', /one selector set or more/],
    [[{ action: 'BYPASS', selectors: [5] }], 'p.0.selectors.0', /object or text/],
    [[{ action: 'BYPASS', selectors: ['any', { protocol: 'tcpp' }] }], 'p.0.selectors.1.protocol', /did you mean tcp/],
    [[{ action: 'BYPASS', selectors: ['any'], protocol: 'tcp' }], 'p.0.protocol', /one or the other/],
    [[{ action: 'BYPASS', pfp: ['local'] }], 'p.0.pfp', /BYPASS/],
    [[{ action: 'DISCARD', processing: esp }], 'p.0.processing', /DISCARD/],
    [[{ action: 'BYPASS', fragments: 'drop' }], 'p.0.fragments', /selectors, stateful/],
    [[{ action: 'BYPASS', names: 'a.b' }], 'p.0.names', /a list/],
    [[{ action: 'BYPASS', names: ['a.b', 'a b'] }], 'p.0.names.1', /DNS name/],
    [[{ action: 'BYPASS', names: [7] }], 'p.0.names.0', /text/],
    [[{ action: 'BYPASS', localNames: ['xyz'] }], 'p.0.localNames.0', /0-9/],
    [[{ action: 'PROTECT' }], 'p.0.processing', /object/],
    [[{ action: 'PROTECT', processing: [] }], 'p.0.processing', /one layer/],
    [[{ action: 'PROTECT', processing: { mode: 'tunnel' } }], 'p.0.processing.protocol', /ESP, AH, IPCOMP/],
    [[{ action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunel' } }], 'p.0.processing.mode', /did you mean tunnel/],
    [[{ action: 'PROTECT', processing: { ...esp, source: 'host' } }], 'p.0.processing.source', /192\.0\.2\.1/],
    [[{ action: 'PROTECT', processing: { ...esp, source: '192.0.2.1', destination: '::1' } }], 'p.0.processing.0.destination', /family/],
    [
      [{ action: 'PROTECT', processing: { protocol: 'ESP', mode: 'transport', source: '192.0.2.1' } }],
      'p.0.processing.0.source',
      /transport/,
    ],
    [[{ action: 'PROTECT', processing: { ...esp, esn: 1 } }], 'p.0.processing.esn', /true or false/],
    [
      [{ action: 'PROTECT', processing: { ...esp, encryption: 'ENCR_AES_GCM16' } }],
      'p.0.processing.encryption',
      /did you mean ENCR_AES_GCM_16/,
    ],
    [
      [{ action: 'PROTECT', processing: { ...esp, encryption: [{ name: 'ENCR_AES_CBC', keyLength: 'x' }] } }],
      'p.0.processing.encryption.0.keyLength',
      /bits/,
    ],
    [[{ action: 'PROTECT', processing: { ...esp, encryption: [5] } }], 'p.0.processing.encryption.0', /IANA/],
    [[{ action: 'PROTECT', processing: { ...esp, encryption: 'ENCR_NULL' } }], 'p.0.processing.0.integrity', /integrity/],
    [
      [{ action: 'PROTECT', processing: { protocol: 'AH', mode: 'tunnel', encryption: 'ENCR_AES_CBC' } }],
      'p.0.processing.0.encryption',
      /AH/,
    ],
    [
      [{ action: 'PROTECT', processing: { protocol: 'IPCOMP', mode: 'tunnel', integrity: 'AUTH_HMAC_SHA1_96' } }],
      'p.0.processing.0.integrity',
      /IPCOMP/,
    ],
    [[{ action: 'PROTECT', processing: { ...esp, dscp: 64 } }], 'p.0.processing.0.dscp', /0 to 63/],
    [[{ action: 'PROTECT', processing: { ...esp, dscp: [1, 2] } }], 'p.0.processing.0.dscp', /64 of them/],
    [[{ action: 'PROTECT', processing: { ...esp, dscp: 'no' } }], 'p.0.processing.dscp', /copy/],
    [[{ action: 'PROTECT', processing: { ...esp, df: 'no' } }], 'p.0.processing.df', /copy, set, clear/],
    [[{ action: 'PROTECT', processing: { ...esp, lookup: 'spi-dest' } }], 'p.0.processing.lookup', /spi-destination/],
    [[{ action: 'PROTECT', processing: { ...esp, sa: ['0x0'] } }], 'p.0.processing.sa.0', /0xffffffff/],
    [[{ action: 'PROTECT', processing: { ...esp, sa: '0x1' } }], 'p.0.processing.sa', /a list/],
    [[{ action: 'PROTECT', processing: { ...esp, bundle: [{ protocol: 'AH' }] } }], 'p.0.processing.bundle.0.mode', /tunnel, transport/],
    [[{ action: 'PROTECT', pfp: ['remot'], processing: esp }], 'p.0.pfp.0', /did you mean remote/],
    [[{ action: 'PROTECT', pfp: ['remotePorts'], processing: esp }], 'p.0.pfp.0', /protocol is ANY/],
  ])('%j', (value, path, message) => {
    let error: unknown;
    try {
      parsePolicies(value, 'p');
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect(error).toMatchObject({ path, blame: 'caller' });
    expect((error as IpsecError).message).toMatch(message);
  });
  it('entries made by hand are checked too', () => {
    const good: SpdEntry = { action: 'BYPASS', selectors: [parseSelector('any')] };
    expect(() => {
      checkPolicy(good);
    }).not.toThrow();
    const wrong = (change: object): string => {
      try {
        createSpd([good, { ...good, ...change }]);
      } catch (error) {
        if (error instanceof IpsecError) return error.path ?? '';
      }
      return 'nothing thrown';
    };
    expect(wrong({ action: 'ALLOW' })).toBe('policies.1.action');
    expect(wrong({ selectors: undefined })).toBe('policies.1.selectors');
    expect(wrong({ selectors: [{ ...parseSelector('any'), protocol: 999 }] })).toBe('policies.1.selectors.0.protocol');
    expect(wrong({ action: 'PROTECT', processing: [] })).toBe('policies.1.processing');
    expect(wrong({ action: 'PROTECT', processing: [{ ...esp, sas: [0] }] })).toBe('policies.1.processing.0.sas.0');
    expect(wrong({ action: 'PROTECT', processing: [{ ...esp, source: new Uint8Array(5) }] })).toBe('policies.1.processing.0.source');
    expect(wrong({ action: 'PROTECT', processing: [esp], pfp: ['mh'] })).toBe('policies.1.pfp.0');
  });
});
