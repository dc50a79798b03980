import { describe, expect, it } from 'vitest';
import { createSa } from '../../src/association.js';
import { IpsecError } from '../../src/errors.js';
import { deflate } from '../../src/ipcomp.js';
import { decodeIcmp, encodePacket, encodeUdp, parseAddress } from '../../src/ip.js';
import {
  addProtectingSa,
  createDatabases,
  createManualDatabases,
  discardPending,
  findStaleSas,
  parseProcessConfig,
  parseSaExtras,
  processOutbound,
} from '../../src/process.js';
import { createLimiter, takeToken } from '../../src/process/limiter.js';
import { listSas } from '../../src/sad.js';
import { createSpd, parsePolicies, type PolicyJson, type ProcessingJson, type ProtectPolicy, removePolicy } from '../../src/spd.js';
import { addressA, addressB, host, sa } from './hosts.js';

/** The path of the error that something throws. */
function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return `${error.code} ${error.path ?? ''}${error.nearest === undefined ? '' : ` (${error.nearest})`}`;
    throw error;
  }
  return 'nothing';
}

describe('the decisions of an administrator', () => {
  it('have defaults', () => {
    const { options } = createDatabases({ addresses: ['192.0.2.1', '192.0.2.8/29', 'fe80::1', '224.0.0.5'] });
    expect([options.linkMtu, options.fragment, options.maxPasses, options.keyManagement]).toEqual([1500, 'after', 4, true]);
    expect(options.icmp.from.map((a) => a.length)).toEqual([4, 16]);
    expect(options.natPorts).toEqual([4500]);
    options.random(new Uint8Array(4));
  });
  it('are refused when they cannot be', () => {
    expect(errorOf(() => createDatabases({ addresses: [] }))).toBe('invalid-config addresses');
    expect(errorOf(() => createDatabases({ addresses: ['192.0.2'] }))).toBe('invalid-argument ');
    expect(errorOf(() => createDatabases({ addresses: ['::1'], linkMtu: 67 }))).toBe('invalid-config linkMtu');
    expect(errorOf(() => createDatabases({ addresses: ['::1'], maxPasses: 0 }))).toBe('invalid-config maxPasses');
  });
  it('say which IPv6 extension headers are stepped over', () => {
    const udp = Uint8Array.from([17, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 8, 0, 0]);
    const packet = encodePacket({ source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }, 60, udp);
    const spd = (): ReturnType<typeof createSpd> => createSpd(parsePolicies([{ action: 'BYPASS', protocol: 'udp' }]));
    const usual = createDatabases({ addresses: ['::1'], spd: spd() });
    const fewer = createDatabases({ ...parseProcessConfig({ addresses: ['::1'], extensions: [0, 43, 44] }), spd: spd() });
    expect(processOutbound(usual, packet, 0).action).toBe('bypass');
    expect(processOutbound(fewer, packet, 0).action).toBe('discard');
  });
  it('come from JSON, with the path of what is wrong and the name that was meant', () => {
    const config = parseProcessConfig({
      addresses: ['192.0.2.1'],
      natPorts: [4500, 4501],
      ikePorts: [],
      notify: 'none',
      forwarding: { unprotected: [{ remote: '10.0.0.0/8', action: 'loop' }], protected: [] },
      icmp: {
        log: 'all',
        unprotected: [
          { version: 4, type: 3, code: 4 },
          { version: 6, type: 2 },
        ],
        rate: { perSecond: 2, burst: 3 },
        from: ['192.0.2.1'],
        answer: 'path-mtu',
        protected: 'none',
      },
    });
    const { options } = createDatabases(config);
    expect([options.notify, options.natPorts.length, options.icmp.log, options.icmp.rate.burst]).toEqual(['none', 2, 'all', 3]);
    expect(options.forwarding.unprotected[0]?.action).toBe('loop');
    for (const [json, error] of [
      [7, 'invalid-config options'],
      [{ adresses: [] }, 'invalid-config options.adresses (addresses)'],
      [{ linkMtu: '1500' }, 'invalid-config options.linkMtu'],
      [{ fragment: 'befor' }, 'invalid-config options.fragment (before)'],
      [{ natPorts: [70000] }, 'invalid-config options.natPorts.0'],
      [{ addresses: 'x' }, 'invalid-config options.addresses'],
      [{ addresses: [null] }, 'invalid-config options.addresses.0'],
      [{ keyManagement: 1 }, 'invalid-config options.keyManagement'],
      [{ forwarding: { unprotected: [{ action: 'loops' }] } }, 'invalid-config options.forwarding.unprotected.0.action (loop)'],
      [{ forwarding: { protected: [{ remote: 'x', action: 'loop' }] } }, 'invalid-config options.forwarding.protected.0.remote'],
      [{ icmp: { unprotected: [{ version: 5, type: 1 }] } }, 'invalid-config options.icmp.unprotected.0.version'],
      [{ icmp: { checkPayload: 'allways' } }, 'invalid-config options.icmp.checkPayload (always)'],
      [{ notify: { perSecond: 1 } }, 'invalid-config options.notify.burst'],
    ] as const)
      expect(errorOf(() => parseProcessConfig(json))).toBe(error);
  });
});

describe('manual keying', () => {
  const esp = { protocol: 'ESP', mode: 'tunnel' } as const;
  it('reads what a key file says of an SA beyond its keys', () => {
    const extras = parseSaExtras({
      direction: 'in',
      policy: 'p',
      layer: 1,
      lookup: 'spi-destination',
      dscp: [0, 46],
      statefulFragments: true,
      innerDscp: 'copy',
      checksumFix: { source: '10.0.0.1', destination: '10.0.0.2' },
      remote: ['10.9.0.0/24'],
      selectors: '10.0.0.0/8 tcp <-> any',
      softLifetime: { seconds: 10 },
      hardLifetime: { octets: 5, packets: 6 },
      createdAt: 9,
      mayWrap: false,
      checkPadding: false,
      padTo: 8,
      tfcLength: 100,
      tunnelHeader: { df: 'set', ecn: 'none', dscp: 12, hopLimit: 9, flowLabel: 'copy' },
      comment: 'left alone',
    });
    expect(extras.sa.tunnelHeader).toEqual({ df: 'set', ecn: 'none', dscp: 12, hopLimit: 9, flowLabel: 'copy' });
    expect(extras.sa.selectors?.length).toBe(1);
    expect(extras).not.toHaveProperty('comment');
    for (const [json, error] of [
      [{ direction: 'inn' }, 'invalid-config sa.direction (in)'],
      [{ dscp: [64] }, 'invalid-config sa.dscp.0'],
      [{ layer: -1 }, 'invalid-config sa.layer'],
      [{ hardLifetime: { second: 1 } }, 'invalid-config sa.hardLifetime.second (seconds)'],
      [{ checksumFix: 'clean' }, 'invalid-config sa.checksumFix'],
      [{ tunnelHeader: { df: 'coppy' } }, 'invalid-config sa.tunnelHeader.df (copy)'],
      [{ policy: 7 }, 'invalid-config sa.policy'],
      [{ selectors: 'tcp' }, 'invalid-config sa.selectors.remote'],
    ] as const)
      expect(errorOf(() => parseSaExtras(json)).replace(/ \(.*\)$/, '')).toBe(error.replace(/ \(.*\)$/, ''));
  });
  it('finds the direction of an SA by our addresses', () => {
    const db = host(
      [addressA],
      [{ action: 'PROTECT', processing: esp }],
      [
        sa(0x1001, addressA, addressB),
        sa(0x1002, addressB, addressA),
        { ...sa(0x1003, addressA, addressB), source: undefined, destination: undefined, mode: 'transport' },
      ],
    );
    expect(listSas(db.sad).map((e) => `${e.sa.spi.toString(16)} ${e.direction}`)).toEqual([
      '1001 outbound',
      '1002 inbound',
      '1003 inbound',
      '1003 outbound',
    ]);
  });
  it('a policy that lists its SPIs takes no others', () => {
    const policies: PolicyJson[] = [
      { name: 'listed', action: 'PROTECT', protocol: 'tcp', processing: { ...esp, sa: [0x1001] } },
      { name: 'other', action: 'PROTECT', processing: esp },
    ];
    const db = host([addressA], policies, [sa(0x1001, addressA, addressB), sa(0x1003, addressA, addressB)]);
    expect(listSas(db.sad).map(({ policy }) => policy === db.spd.entries[0])).toEqual([true, false]);
  });
  it('an SA does not serve a layer of another protocol or mode', () => {
    const db = host([addressA], [{ action: 'PROTECT', processing: [{ protocol: 'ESP', mode: 'transport' }, esp] }], []);
    const policy = db.spd.entries[0] as ProtectPolicy;
    const add = (layer?: number): unknown =>
      addProtectingSa(db, createSa(sa(0x1001, addressA, addressB)), {
        direction: 'outbound',
        policy,
        ...(layer !== undefined && { layer }),
      });
    expect(errorOf(() => add())).toBe('invalid-argument layer');
    expect(errorOf(() => add(2))).toBe('invalid-argument layer');
    expect(errorOf(() => add(1))).toBe('nothing');
    expect(listSas(db.sad).length).toBe(1);
  });
  it('compression needs an SA around it', () => {
    const compression = { config: { cpi: 2, mode: 'transport', codec: deflate } } as const;
    const make = (processing: ProcessingJson[]): unknown =>
      createManualDatabases({ addresses: [addressA], policies: parsePolicies([{ action: 'PROTECT', processing }]), sas: [compression] });
    const ipcomp = { protocol: 'IPCOMP', mode: 'transport' } as const;
    expect(errorOf(() => make([ipcomp, { protocol: 'ESP', mode: 'transport' }]))).toBe('nothing');
    expect(errorOf(() => make([ipcomp]))).toBe('invalid-config sas.0');
    expect(errorOf(() => make([{ protocol: 'ESP', mode: 'transport' }]))).toBe('invalid-config sas.0');
  });
  it('says which SA has no policy to serve', () => {
    const policies = parsePolicies([{ name: 'web', action: 'PROTECT', processing: esp }]);
    const make = (rest: Record<string, unknown>): unknown =>
      createManualDatabases({ addresses: [addressA], policies, sas: [{ config: sa(0x1001, addressA, addressB), rest }] });
    expect(errorOf(() => make({ policy: 'web' }))).toBe('nothing');
    expect(errorOf(() => make({ policy: 'wub' }))).toBe('invalid-config sas.0.policy');
    expect(errorOf(() => make({ layer: 3 }))).toBe('nothing');
  });
});

describe('RFC 4301 section 4.4.1: a change of the SPD', () => {
  it('leaves SAs whose policy is gone, and they are found', () => {
    const db = host(
      [addressA],
      [{ action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } }],
      [sa(0x1001, addressA, addressB), sa(0x1002, addressB, addressA)],
    );
    expect(findStaleSas(db)).toEqual([]);
    expect(removePolicy(db.spd, db.spd.entries[0]!)).toBe(true);
    expect(findStaleSas(db).map((entry) => entry.sa.spi)).toEqual([0x1001, 0x1002]);
  });
});

describe('RFC 4301 section 5.1.1: when key management fails', () => {
  const packet = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1') }, 1, 2, new Uint8Array(3));
  it('the sender is told: prohibited (b1) or unreachable (b2)', () => {
    const db = createDatabases({
      addresses: [addressA],
      spd: createSpd(parsePolicies([{ action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } }])),
    });
    expect(processOutbound(db, packet, 0).action).toBe('acquire');
    for (const [refusal, code] of [
      ['prohibited', 13],
      ['unreachable', 1],
    ] as const) {
      const result = discardPending(db, packet, refusal, 0);
      expect([result.reason, decodeIcmp(result.answer!).type, decodeIcmp(result.answer!).code]).toEqual([refusal, 3, code]);
      expect(result.audit[0]).toMatchObject({ event: refusal, nextProtocol: 17, sourcePort: 1, destinationPort: 2 });
    }
    expect(discardPending(db, new Uint8Array(3), 'prohibited', 0).reason).toBe('malformed');
  });
});

describe('a limit on answers', () => {
  it('lets a burst out, then one per interval, and never saves up more than the burst', () => {
    const limiter = createLimiter({ perSecond: 2, burst: 3 });
    const taken = (now: number, n: number): number => Array.from({ length: n }, () => takeToken(limiter, now)).filter(Boolean).length;
    expect(taken(0, 10)).toBe(3);
    expect(taken(499, 1)).toBe(0);
    expect(taken(500, 5)).toBe(1);
    expect(taken(1_000_000, 10)).toBe(3);
    expect(taken(5, 1)).toBe(0); // a clock that goes back earns nothing
  });
});
