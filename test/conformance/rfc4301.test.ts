/**
 * RFC 4301, requirement by requirement, where the scenarios under test/scenarios show it (their titles are made at run time, so these
 * give them names that a page can point to), and what no other test shows.
 */
import { describe, expect, it } from 'vitest';
import { createSa, type SaConfig } from '../../src/association.js';
import { open, seal } from '../../src/esp.js';
import { encodePacket, encodeUdp, fragmentPacket, parseAddress, setTrafficClass } from '../../src/ip.js';
import { addProtectingSa, createDatabases, processInbound, processOutbound } from '../../src/process.js';
import { addSa, checkLifetimes, createSad } from '../../src/sad.js';
import { createSpd, parsePolicies, type ProtectPolicy } from '../../src/spd.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { parseSelectors } from '../../src/traffic-selector.js';
import { runScenario, type Scenario } from '../process/scenario/run.js';

const files = import.meta.glob<Scenario>('../scenarios/*.json', { eager: true, import: 'default' });

/** Runs scenarios, by the names of their files. */
function scenarios(...names: readonly string[]): () => void {
  return () => {
    for (const name of names) {
      const scenario = files[`../scenarios/${name}.json`];
      if (!scenario) throw new Error(`no scenario ${name}`);
      runScenario(scenario);
    }
  };
}

describe('RFC 4301 sections 3 and 4.1: what can be protected, and how', () => {
  it('host to host, gateway to gateway, host to gateway', scenarios('case1-esp-transport', 'gateway-to-gateway', 'appendix-e-nested'));
  it('transport and tunnel mode, ESP and AH', scenarios('case1-esp-transport', 'case1-ah-transport', 'case1-ah-tunnel', 'tunnel-mixes'));
  it('ESP and AH on one packet are two SAs', scenarios('case1-ah-over-esp', 'bundle-missing-layer'));
  it('a gateway uses tunnel mode for the packets of others', scenarios('transport-for-others'));
  it('fragments need a tunnel', scenarios('fragments-transport'));
  it('multicast: the longest match; one SA for all senders of a group', scenarios('multicast-longest-match', 'multicast-ospfv3', 'multicast-router-advertisements')); // prettier-ignore
  it('several SAs with the same selectors, chosen by DSCP; the receiver takes both as they come', scenarios('dscp-selects-sa', 'selectors-choose-the-sa', 'rekey')); // prettier-ignore
  it('nesting, by policies with several layers and by forwarding tables', scenarios('case3-hosts-and-gateways', 'case4-layers', 'appendix-e-nested')); // prettier-ignore
});

describe('RFC 4301 section 4.4: databases', () => {
  it('the order of the entries decides', scenarios('ordering'));
  it('each of the three choices, for either direction', scenarios('outbound-protect-bypass-discard', 'inbound-clear', 'unidirectional'));
  it('what no entry matches is discarded', scenarios('outbound-no-policy', 'inbound-clear'));
  it('ICMP type and code, Mobility Header type', scenarios('icmp-types', 'mobility-header-types'));
  it('OPAQUE and ANY', scenarios('opaque-and-any'));
  it('names, of peers and of local users', scenarios('names-responder', 'names-initiator'));
  it('values of an SA from the entry, or from the packet', scenarios('populate-from-packet', 'acquire'));
  it('an SA without a policy is checked by an ordered search', scenarios('spi-space'));
  it('lifetimes, soft and hard', scenarios('lifetimes'));
  it('the last sequence number', scenarios('sequence-overflow'));
});

describe('RFC 4301 section 5: processing', () => {
  it('outbound: protect, bypass, discard, or ask for an SA', scenarios('outbound-protect-bypass-discard', 'acquire'));
  it('outbound: a looped packet needs SPD-I', scenarios('nesting-without-bypass', 'nesting-bounded'));
  it('outbound: fragments before or after IPsec, as configured', scenarios('pmtu-v4-fragment-before', 'pmtu-v4-fragment-after'));
  it('outbound: discards are recorded, and answered within a limit', scenarios('outbound-no-policy', 'discard-answers', 'pmtu-answers'));
  it('DSCP is copied, fixed or mapped', scenarios('dscp-of-the-outer-header'));
  it('inbound: clear packets, IKE included, need an entry', scenarios('inbound-clear', 'nat-t-transport'));
  it('inbound: fragments are put together first', scenarios('kernel-outer-fragments', 'fragments-to-this-device'));
  it('inbound: no SA', scenarios('inbound-no-sa'));
  it('inbound: selectors, with audit and notification within a limit', scenarios('inbound-selector-mismatch', 'bundle-missing-layer'));
  it('inbound: a looped packet needs SPD-O', scenarios('nesting-without-bypass', 'appendix-e-nested'));
});

describe('RFC 4301 section 6: ICMP', () => {
  it('unprotected messages, by type and code, and the log', scenarios('icmp-unprotected'));
  it('errors from the protected side', scenarios('icmp-protected-side'));
  it('forged path MTUs have a floor', scenarios('pmtu-poisoning'));
  it('the packet inside an error is checked', scenarios('icmp-error-checked', 'icmp-by-policy'));
  it('an error that no policy carries goes on the SA of the traffic that it speaks of', scenarios('icmp-error-return-sa'));
});

describe('RFC 4301 section 7: fragments', () => {
  it('7.1: an SA for all ports carries them all', scenarios('fragments-method1', 'kernel-inner-fragments'));
  it('7.2: an SA for non-initial fragments alone, with a check of their offset', scenarios('fragments-method2', 'fragments-method2-ipv6'));
  it('7.3: fragments follow their initial fragment', scenarios('fragments-method3', 'fragments-overlap-the-ports'));
  it('7.4: stateful checking of clear fragments', scenarios('fragments-bypass-stateful', 'fragments-to-this-device'));
});

describe('RFC 4301 section 8: path MTU and DF', () => {
  it('DF is copied, set or cleared', scenarios('df-bit', 'pmtu-6in4-df-set'));
  it(
    'what ICMP says is kept, mapped to the SA, and waits for traffic',
    scenarios('pmtu-learned', 'pmtu-learned-ah-and-udp', 'pmtu-transport'),
  );
  it('case 1: IPv4 with DF', scenarios('pmtu-v4-df'));
  it('case 2: IPv4 without DF', scenarios('pmtu-v4-fragment-after', 'pmtu-v4-fragment-before'));
  it('case 3: IPv6', scenarios('pmtu-v6'));
});

// ---- what no scenario shows -------------------------------------------------------------------------------------------------

const ends = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const sa: SaConfig = { protocol: 'ESP', mode: 'transport', spi: 0x1001, ...ends, encryption: { row: aes128Gcm16, key: new Uint8Array(20).fill(7) } }; // prettier-ignore
const clear = encodeUdp(ends, 1000, 2000, new Uint8Array(40));

describe('RFC 4301 section 4.1', () => {
  it('DSCP is not checked in transport mode, though it may change en route', () => {
    const policies = parsePolicies([{ action: 'PROTECT', remote: '192.0.2.1', processing: { protocol: 'ESP', mode: 'transport' } }]);
    const db = createDatabases({ addresses: ['192.0.2.2'], spd: createSpd(policies) });
    addProtectingSa(db, createSa(sa), { direction: 'inbound', policy: policies[0] as ProtectPolicy, dscp: [0] });
    const sender = createSa(sa);
    for (const octet of [0x00, 0xb8, 0xfc]) {
      const sealed = seal(sender, clear);
      setTrafficClass(sealed, octet);
      expect(processInbound(db, sealed, 0)).toMatchObject({ action: 'deliver' });
    }
  });
});

describe('RFC 4301 section 4.4.2.1', () => {
  it('the counters of the two ends may drift apart: lost packets end the sender’s SA and leave the receiver’s', () => {
    const limits = { hardLifetime: { packets: 5 }, softLifetime: { packets: 3 } };
    const [mine, theirs] = [createSad(), createSad()];
    const sending = addSa(mine, createSa({ ...sa, ...limits }), { direction: 'outbound' });
    const receiving = addSa(theirs, createSa({ ...sa, ...limits }), { direction: 'inbound' });
    const sent = [1, 2, 3, 4, 5].map(() => seal(sending.sa, clear));
    expect(open(receiving.sa, sent[4]!).ok).toBe(true); // the others are lost
    expect([sending.sa.packets, receiving.sa.packets]).toEqual([5, 1]);
    expect([checkLifetimes(mine, 0), checkLifetimes(theirs, 0)]).toEqual([[], []]); // nobody has asked about traffic yet
    expect(open(receiving.sa, sent[2]!).ok).toBe(true); // late, inside the window
    expect(receiving.state).toBe('fresh');
  });
});

describe('RFC 4301 section 5', () => {
  it('IKE traffic needs a BYPASS entry, on its port and on the one it shares with ESP', () => {
    const marked = new Uint8Array(32); // the Non-ESP Marker and an IKE header
    for (const [port, message] of [
      [500, marked.subarray(4)],
      [4500, marked],
    ] as const) {
      const ike = encodeUdp(ends, port, port, message);
      const db = (policies: unknown): ReturnType<typeof createDatabases> =>
        createDatabases({ addresses: ['192.0.2.2'], spd: createSpd(parsePolicies(policies)) });
      expect(processInbound(db([]), ike, 0)).toMatchObject({ action: 'discard', reason: 'no-policy' });
      expect(processInbound(db([{ action: 'DISCARD' }]), ike, 0)).toMatchObject({ action: 'discard', reason: 'policy' });
      const bypass = { action: 'BYPASS', protocol: 'udp', localPorts: port, remotePorts: port };
      expect(processInbound(db([bypass]), ike, 0)).toMatchObject({ action: 'ike', message: marked.subarray(4), port });
      expect(processOutbound(createDatabases({ addresses: ['192.0.2.1'] }), ike, 0)).toMatchObject({ action: 'discard' });
    }
  });
  it('5.1: the end of the sequence numbers leaves records of SPI, time, the SA’s addresses and selectors, the packet’s addresses and Flow ID', () => {
    const ends6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
    const policies = parsePolicies([{ action: 'PROTECT', remote: '2001:db8:2::/48', processing: { protocol: 'ESP', mode: 'tunnel' } }]);
    const db = createDatabases({ addresses: ['2001:db8::1'], spd: createSpd(policies), keyManagement: false });
    const selectors = parseSelectors({ remote: '2001:db8:2::/48' });
    const last = createSa({ ...sa, ...ends6, mode: 'tunnel', startSeq: 2 ** 32 - 1, selectors });
    addProtectingSa(db, last, { direction: 'outbound', policy: policies[0] as ProtectPolicy });
    const inner = { source: parseAddress('2001:db8:1::5'), destination: parseAddress('2001:db8:2::5') };
    const packet = encodeUdp(inner, 1, 2, new Uint8Array(8));
    packet.set([0x60, 0x0a, 0xbc, 0xde]);
    expect(processOutbound(db, packet, 77)).toMatchObject({
      action: 'discard',
      reason: 'sequence-overflow',
      audit: [
        { event: 'sequence-overflow', at: 77, spi: 0x1001, ...ends6, selectors },
        { event: 'sequence-overflow', at: 77, ...inner, flowLabel: 0xabcde },
      ],
    });
  });
  it('5.2: a packet without an SA leaves a record of SPI, time, addresses, protocol, number and Flow ID', () => {
    const ends6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
    const db = createDatabases({ addresses: ['2001:db8::2'] });
    for (const [protocol, fields] of [
      ['ESP', [0, 0, 0x12, 0x34, 0, 0, 0, 9]],
      ['AH', [59, 4, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 9]],
    ] as const) {
      const packet = encodePacket(ends6, protocol === 'ESP' ? 50 : 51, Uint8Array.from([...fields, ...new Uint8Array(40)]));
      packet.set([0x60, 0x0a, 0xbc, 0xde]);
      expect(processInbound(db, packet, 99)).toMatchObject({
        action: 'discard',
        reason: 'no-sa',
        audit: [{ event: 'no-sa', at: 99, spi: 0x1234, protocol, ...ends6, seq: 9, flowLabel: 0xabcde }],
      });
    }
  });
});

describe('RFC 4301 section 7', () => {
  it('7.1: ANY protocol goes with ANY ports: neither OPAQUE nor a port beside it', () => {
    for (const localPorts of ['OPAQUE', 80, '1-65535'])
      expect(() => parseSelectors({ protocol: 'any', localPorts })).toThrow(expect.objectContaining({ code: 'invalid-config' }));
    expect(parseSelectors({ protocol: 'any', localPorts: 'any', remotePorts: 'any' })).toHaveLength(1);
  });
  it('7.4: fragments are discarded, or let through, by an entry as any other packet', () => {
    const [first, later] = fragmentPacket(encodeUdp(ends, 1000, 2000, new Uint8Array(1000)), 600);
    for (const [action, wanted] of [
      ['DISCARD', ['bypass', 'discard']],
      ['BYPASS', ['bypass', 'bypass']],
    ] as const) {
      const spd = createSpd(parsePolicies([{ action, protocol: 'udp', localPorts: 'OPAQUE', remotePorts: 'OPAQUE' }, { action: 'BYPASS', protocol: 'udp', localPorts: 1000 }])); // prettier-ignore
      const db = createDatabases({ addresses: ['198.51.100.1'], spd });
      expect([first!, later!].map((p) => processOutbound(db, p, 0).action)).toEqual(wanted);
    }
  });
});
