/** Attacks on the boundary: packets that are genuine, or in the clear, and still must not pass. Rows 30 to 33 and 36 of the list of known attacks. */
import { describe, expect, it } from 'vitest';
import { open as openAh } from '../../src/ah.js';
import { createSa, type SaConfig, type SecurityAssociation } from '../../src/association.js';
import { concat, toHex, writeU16 } from '../../src/bytes.js';
import { seal as sealEsp } from '../../src/esp.js';
import {
  decodeIp,
  ecn,
  encodeEcho,
  encodeFragmentationNeeded,
  encodeIpv4Header,
  encodePacket,
  encodePacketTooBig,
  encodeDestinationUnreachable,
  encodeUdp,
  fixIpv4Checksum,
  fragmentPacket,
  parseAddress,
  setTrafficClass,
  trafficClassOf,
} from '../../src/ip.js';
import { encodeKeepalive, encodeUdpEncapsulation } from '../../src/nat-t.js';
import {
  createDatabases,
  processInbound,
  processOutbound,
  addProtectingSa,
  type Databases,
  type ProcessConfig,
} from '../../src/process.js';
import { listSas, pathMtu, type SadEntry } from '../../src/sad.js';
import { createSpd, parsePolicies, type ProtectPolicy } from '../../src/spd.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { parseSelectors, type SelectorJson } from '../../src/traffic-selector.js';

const gateway = { us: parseAddress('192.0.2.1'), peer: parseAddress('192.0.2.2'), other: parseAddress('192.0.2.3') };
const host = (text: string): Uint8Array => parseAddress(text);
const encryption = (n: number): SaConfig['encryption'] => ({ row: aes128Gcm16, key: new Uint8Array(20).fill(n) });
const tunnel: SaConfig = {
  protocol: 'ESP',
  mode: 'tunnel',
  spi: 0x1001,
  source: gateway.peer,
  destination: gateway.us,
  encryption: encryption(1),
};
const ah: SaConfig = {
  ...tunnel,
  protocol: 'AH',
  encryption: undefined,
  integrity: { row: hmacSha256_128, key: new Uint8Array(32).fill(4) },
};
const secondTunnel: SaConfig = { ...tunnel, spi: 0x1002, source: gateway.other, encryption: encryption(2) };

/** Policies of a gateway whose side is 10.1.0.0/16: two branches, one of them for one port alone; nothing else passes. */
const policies = parsePolicies([
  { action: 'BYPASS', local: '192.0.2.1', remote: '192.0.2.0/24', protocol: 'udp', localPorts: 500, remotePorts: 500 },
  { action: 'BYPASS', local: '192.0.2.1', protocol: 'icmp' },
  { action: 'BYPASS', local: '10.1.0.0/16', remote: '203.0.113.0/24', protocol: 'udp', remotePorts: 53, fragments: 'stateful' },
  { name: 'branch', action: 'PROTECT', local: '10.1.0.0/16', remote: '10.2.0.0/16', processing: { protocol: 'ESP', mode: 'tunnel' } },
  { name: 'web', action: 'PROTECT', local: '10.1.0.0/16', remote: '10.3.0.0/16', protocol: 'tcp', localPorts: 443, processing: { protocol: 'ESP', mode: 'tunnel' } },
  { name: 'all else', action: 'PROTECT', local: '10.9.0.1', remote: '0.0.0.0/0', processing: { protocol: 'ESP', mode: 'tunnel' } },
]); // prettier-ignore
const policyNamed = (name: string): ProtectPolicy => policies.find((p): p is ProtectPolicy => p.action === 'PROTECT' && p.name === name)!;

interface World {
  readonly db: Databases;
  /** An SA of the peer's that seals for the branch, for the web policy. */
  readonly branch: SecurityAssociation;
  readonly web: SecurityAssociation;
  readonly outbound: SadEntry;
}
function world(config: Partial<ProcessConfig> = {}, selectors?: SelectorJson): World {
  const db = createDatabases({ addresses: ['192.0.2.1'], spd: createSpd(policies), ...config });
  const own = selectors && { selectors: parseSelectors(selectors) };
  addProtectingSa(db, createSa({ ...tunnel, ...own }), { direction: 'inbound', policy: policyNamed('branch') });
  addProtectingSa(db, createSa(secondTunnel), { direction: 'inbound', policy: policyNamed('web') });
  const back = createSa({ ...tunnel, spi: 0x2001, source: gateway.us, destination: gateway.peer, encryption: encryption(3) });
  const outbound = addProtectingSa(db, back, { direction: 'outbound', policy: policyNamed('branch') });
  return { db, branch: createSa(tunnel), web: createSa(secondTunnel), outbound };
}
const inbound = (db: Databases, packet: Uint8Array, now = 0): string => {
  const result = processInbound(db, packet, now);
  return result.action === 'discard' ? result.reason : result.action;
};
const outbound = (db: Databases, packet: Uint8Array, now = 0): string => {
  const result = processOutbound(db, packet, now);
  return result.action === 'discard' ? result.reason : result.action;
};
const udp = (from: string, to: string, ports = [1000, 2000], length = 20): Uint8Array =>
  encodeUdp({ source: host(from), destination: host(to) }, ports[0]!, ports[1]!, new Uint8Array(length).fill(7));
const tcp = (from: string, to: string, ports: readonly [number, number], flags = 0x10): Uint8Array => {
  const segment = new Uint8Array(20);
  writeU16(segment, 0, ports[0]);
  writeU16(segment, 2, ports[1]);
  segment[12] = 0x50;
  segment[13] = flags;
  return encodePacket({ source: host(from), destination: host(to) }, 6, segment);
};

describe('row 30: policy after decryption', () => {
  it('row 30: the peer may send from its own network to ours, and from nowhere else, to nowhere else', () => {
    const { db, branch } = world();
    for (const [packet, want] of [
      [udp('10.2.0.9', '10.1.0.5'), 'deliver'],
      [udp('10.3.0.9', '10.1.0.5'), 'selectors'], // the other branch's address
      [udp('10.1.0.6', '10.1.0.5'), 'selectors'], // one of ours
      [udp('127.0.0.1', '10.1.0.5'), 'selectors'],
      [udp('10.2.0.9', '192.0.2.1'), 'selectors'], // the gateway itself
      [udp('10.2.0.9', '203.0.113.5'), 'selectors'], // through us to the world
      [udp('10.1.0.5', '10.2.0.9'), 'selectors'], // the way back is not the way there
      [encodeUdp({ source: host('2001:db8::9'), destination: host('2001:db8::1') }, 1, 2, new Uint8Array(3)), 'selectors'],
    ] as const)
      expect([toHex(packet.subarray(12, 20)), inbound(db, sealEsp(branch, packet))]).toEqual([toHex(packet.subarray(12, 20)), want]);
  });
  it('row 30: protocol and ports are looked at too, and each SA has its own', () => {
    const { db, branch, web } = world();
    const back = tcp('10.3.0.9', '10.1.0.5', [5000, 443]);
    for (const [sa, packet, want] of [
      [web, back, 'deliver'],
      [web, tcp('10.3.0.9', '10.1.0.5', [5000, 444]), 'selectors'],
      [web, tcp('10.3.0.9', '10.1.0.5', [443, 5000]), 'selectors'],
      [web, udp('10.3.0.9', '10.1.0.5', [5000, 443]), 'selectors'],
      [branch, back, 'selectors'], // genuine, but on the SA of another
      [web, udp('10.2.0.9', '10.1.0.5'), 'selectors'],
    ] as const)
      expect(inbound(db, sealEsp(sa, packet))).toBe(want);
  });
  it('row 30: an SA with selectors of its own is held to those, though its policy allows more', () => {
    const { db, branch } = world({}, { local: '10.1.0.5', remote: '10.2.0.9', protocol: 'udp', localPorts: 53 });
    expect(inbound(db, sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [9, 53])))).toBe('deliver');
    expect(inbound(db, sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [9, 54])))).toBe('selectors');
    expect(inbound(db, sealEsp(branch, udp('10.2.0.8', '10.1.0.5', [9, 53])))).toBe('selectors');
  });
  it('row 30: what policy wants protected is dropped in the clear, whoever it says it is from', () => {
    const { db } = world();
    for (const packet of [
      udp('10.2.0.9', '10.1.0.5'),
      tcp('10.3.0.9', '10.1.0.5', [5000, 443]),
      encodeEcho({ source: host('10.2.0.9'), destination: host('10.1.0.5'), id: 1, seq: 1 }),
    ])
      expect(inbound(db, packet)).toBe('policy');
    // CVE-2019-14899: who is on the link asks a client for its tunnel's inner address and for its connections.
    for (const flags of [0x02, 0x04, 0x12, 0x10])
      expect(inbound(db, tcp('198.51.100.66', '10.9.0.1', [443, 40_000], flags))).toBe('policy');
  });
  it('row 30: TunnelCrack: neither a local network nor the address of the VPN server takes traffic out of the tunnel', () => {
    const { db } = world();
    // LocalNet: the client is told that any address is on its link; ServerIP: that the server has any address
    for (const to of ['198.51.100.20', '192.0.2.77', '192.0.2.2', '10.2.0.9'])
      expect([to, outbound(db, udp('10.9.0.1', to))]).toEqual([to, 'acquire']);
    expect(outbound(db, udp('192.0.2.1', '192.0.2.2', [500, 500]))).toBe('bypass');
    expect(outbound(db, udp('192.0.2.1', '192.0.2.2', [500, 80]))).toBe('no-policy');
  });
  it('row 30: an ICMP error has to speak of a packet that its SA carries', () => {
    const { db, web } = world();
    const error = (quoted: Uint8Array, from = '10.3.0.1'): Uint8Array => encodeDestinationUnreachable(quoted, host(from), 1)!;
    // The host is unreachable that our own packet over this SA went to.
    expect(inbound(db, sealEsp(web, error(tcp('10.1.0.5', '10.3.0.9', [443, 5000]))))).toBe('deliver');
    for (const quoted of [
      tcp('10.1.0.5', '10.3.0.9', [444, 5000]), // another port
      tcp('10.1.0.5', '10.2.0.9', [443, 5000]), // traffic with the other branch
      udp('10.1.0.5', '203.0.113.53', [4000, 53]), // traffic that has nothing to do with a tunnel
    ])
      expect(inbound(db, sealEsp(web, error(quoted)))).toBe('icmp-rejected');
    const cut = error(tcp('10.1.0.5', '10.3.0.9', [443, 5000])).slice(0, 20 + 8 + 12);
    writeU16(cut, 2, cut.length);
    fixIpv4Checksum(cut);
    expect(inbound(db, sealEsp(web, cut))).toBe('icmp-rejected');
  });
  it('row 30: a discard tells the peer the same whether the ICV or the padding was wrong: nothing', () => {
    const { db, branch } = world();
    const forged = sealEsp(branch, udp('10.2.0.9', '10.1.0.5'));
    forged[forged.length - 1]! ^= 1;
    const padded = sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [1, 2], 21), { padding: Uint8Array.of(9) });
    const [icv, padding] = [processInbound(db, forged, 0), processInbound(db, padded, 0)];
    expect([icv, padding]).toMatchObject([{ reason: 'icv' }, { reason: 'padding' }]);
    for (const result of [icv, padding]) expect(Object.keys(result).filter((name) => name === 'notify' || name === 'answer')).toEqual([]);
  });
});

describe('row 31: fragments that dodge policy', () => {
  const big = udp('10.3.0.9', '10.1.0.5', [5000, 443], 3000);
  const asTcp = (packet: Uint8Array): Uint8Array => {
    const p = packet.slice();
    p[9] = 6;
    fixIpv4Checksum(p);
    return p;
  };
  it('row 31: on an SA with ports, pieces that show none are refused; a first one is held to its ports', () => {
    const { db, web } = world();
    const [first, second] = fragmentPacket(asTcp(big), 1400);
    expect(inbound(db, sealEsp(web, first!))).toBe('deliver');
    expect(inbound(db, sealEsp(web, second!))).toBe('fragment');
    const [wrongPort] = fragmentPacket(asTcp(udp('10.3.0.9', '10.1.0.5', [5000, 22], 3000)), 1400);
    expect(inbound(db, sealEsp(web, wrongPort!))).toBe('selectors');
  });
  it('row 31: a first fragment too small for its ports is no initial fragment', () => {
    const { db, web } = world();
    const tiny = concat(
      encodeIpv4Header({ source: host('10.3.0.9'), destination: host('10.1.0.5'), protocol: 6, totalLength: 22, more: true, id: 5 }),
      new Uint8Array(2),
    );
    expect(inbound(db, sealEsp(web, tiny))).not.toBe('deliver');
  });
  it('row 31: in the clear, pieces go where their first one went, never over it, and not without it', () => {
    const { db } = world();
    const dns = udp('203.0.113.53', '10.1.0.5', [53, 4000], 600);
    const [first, second] = fragmentPacket(dns, 400);
    expect(inbound(db, second!)).not.toBe('bypass');
    expect(inbound(db, first!)).toBe('bypass');
    expect(inbound(db, second!)).toBe('bypass');
    const over = second!.slice();
    writeU16(over, 6, 1); // octet 8: over the ports and what follows
    fixIpv4Checksum(over);
    expect(inbound(db, over)).not.toBe('bypass');
    const stranger = second!.slice();
    stranger[4]! ^= 1; // another Identification
    fixIpv4Checksum(stranger);
    expect(inbound(db, stranger)).not.toBe('bypass');
  });
  it('row 31: pieces of ESP are put together; overlaps are refused with their datagram', () => {
    const { db, branch } = world();
    const sealed = sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [1, 2], 1000));
    const [first, second] = fragmentPacket(sealed, 700);
    expect([inbound(db, second!), inbound(db, first!)]).toEqual(['more', 'deliver']);
    const again = fragmentPacket(sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [1, 2], 1000)), 700);
    const over = again[1]!.slice();
    writeU16(over, 6, over[6]! * 256 + over[7]! - 2);
    fixIpv4Checksum(over);
    expect([inbound(db, again[0]!), inbound(db, over), inbound(db, again[1]!)]).toEqual(['more', 'fragment', 'fragment']);
  });
  it.each([
    ['ANY', undefined, true, true],
    ['OPAQUE', 'OPAQUE', false, true],
    ['one port', 443, true, false],
    ['a range', '1-65535', true, false],
  ] as const)('row 31: which fragments a policy with local port %s takes', (_, localPorts, shown, hidden) => {
    const json = { action: 'BYPASS', protocol: 'tcp', ...(localPorts !== undefined && { localPorts }) };
    const db = createDatabases({ addresses: ['192.0.2.1'], spd: createSpd(parsePolicies([json])) });
    const whole = tcp('198.51.100.9', '10.1.0.5', [5000, 443]);
    const later = concat(
      encodeIpv4Header({
        source: host('198.51.100.9'),
        destination: host('10.1.0.5'),
        protocol: 6,
        totalLength: 60,
        fragmentOffset: 1024,
        id: 9,
      }),
      new Uint8Array(40),
    );
    expect([inbound(db, whole) === 'bypass', inbound(db, later) === 'bypass']).toEqual([shown, hidden]);
  });
});

describe('row 32: what headers carry across', () => {
  it('row 32: DSCP does not cross from outside; of ECN only congestion does, and never to who does not know it', () => {
    const { db, branch } = world();
    for (const [inner, outer, want] of [
      [0x28, 0xfc, 0x28],
      [0x28 | ecn.ect0, 0xfc | ecn.ce, 0x28 | ecn.ce],
      [0x28 | ecn.ect1, 0xfc | ecn.ect0, 0x28 | ecn.ect1],
      [ecn.notEct, ecn.ce, -1],
    ] as const) {
      const clear = udp('10.2.0.9', '10.1.0.5');
      setTrafficClass(clear, inner);
      const sealed = sealEsp(branch, clear);
      setTrafficClass(sealed, outer);
      const result = processInbound(db, sealed, 0);
      expect([inner, outer, result.action === 'deliver' ? trafficClassOf(result.packet) : -1]).toEqual([inner, outer, want]);
    }
  });
  it('row 32: where DSCP and DF would tell of the inside, they are fixed per SA', () => {
    for (const [inner, df] of [
      [0xb8, true],
      [0x00, false],
    ] as const) {
      const sa = createSa({ ...tunnel, tunnelHeader: { dscp: 10, df: 'clear', ecn: 'compatibility' } });
      const outer = decodeIp(
        sealEsp(
          sa,
          encodeUdp(
            { source: host('10.2.0.9'), destination: host('10.1.0.5'), df, trafficClass: inner | ecn.ect0 },
            1,
            2,
            new Uint8Array(9),
          ),
        ),
      );
      expect([outer.trafficClass, outer.df]).toEqual([10 << 2, false]);
    }
  });
  it('row 32: a forged ICMP message cuts the path to 576 octets at most, for a packet that we did send, and is forgotten', () => {
    const { db, outbound: entry } = world();
    const sent = processOutbound(db, udp('10.1.0.5', '10.2.0.9', [1, 2], 1300), 0);
    if (sent.action !== 'send') throw new Error(sent.action);
    const [packet] = sent.packets;
    const message = (mtu: number, quoted = packet!): Uint8Array => encodeFragmentationNeeded(quoted, mtu, host('198.51.100.1'))!;
    const foreign = packet!.slice();
    foreign[20]! ^= 0x40; // another SPI
    processInbound(db, message(600, foreign), 0);
    expect(pathMtu(db.sad, entry, 0)).toBe(Infinity);
    for (const mtu of [68, 1, 0]) {
      processInbound(db, message(mtu), 0);
      expect(pathMtu(db.sad, entry, 0)).toBe(576);
    }
    processInbound(db, message(9000), 1);
    expect(pathMtu(db.sad, entry, 1)).toBe(576);
    expect(pathMtu(db.sad, entry, 600_000)).toBe(Infinity);
  });
  it('row 32: IPv6: a Packet Too Big below 1280 is not believed at all', () => {
    const v6 = parsePolicies([
      { action: 'PROTECT', local: '2001:db8:1::/48', remote: '2001:db8:2::/48', processing: { protocol: 'ESP', mode: 'tunnel' } },
      { action: 'BYPASS', local: '2001:db8::1', protocol: 'ipv6-icmp' },
    ]);
    const db = createDatabases({ addresses: ['2001:db8::1'], spd: createSpd(v6) });
    const sa = createSa({ ...tunnel, source: host('2001:db8::1'), destination: host('2001:db8::2') });
    const entry = addProtectingSa(db, sa, { direction: 'outbound', policy: v6[0] as ProtectPolicy });
    const clear = encodeUdp({ source: host('2001:db8:1::5'), destination: host('2001:db8:2::5') }, 1, 2, new Uint8Array(1200));
    const sent = processOutbound(db, clear, 0);
    if (sent.action !== 'send') throw new Error(sent.action);
    for (const [mtu, want] of [
      [1279, Infinity],
      [0, Infinity],
      [1280, 1280],
    ] as const) {
      processInbound(db, encodePacketTooBig(sent.packets[0]!, mtu, host('2001:db8:ffff::1'))!, 0);
      expect([mtu, pathMtu(db.sad, entry, 0)]).toEqual([mtu, want]);
    }
  });
});

describe('row 33: ESP in UDP', () => {
  const nat: SaConfig = { ...tunnel, encapsulation: { sourcePort: 4500, destinationPort: 4500 } };
  const behindNat = (): { db: Databases; sender: SecurityAssociation; entry: SadEntry } => {
    const db = createDatabases({ addresses: ['192.0.2.1'], spd: createSpd(policies) });
    return {
      db,
      sender: createSa(nat),
      entry: addProtectingSa(db, createSa(nat), { direction: 'inbound', policy: policyNamed('branch') }),
    };
  };
  /** The packet as if it came from elsewhere. */
  const movedTo = (packet: Uint8Array, address: string, port: number): Uint8Array => {
    const p = packet.slice();
    p.set(host(address), 12);
    writeU16(p, 20, port);
    fixIpv4Checksum(p);
    return p;
  };
  it('row 33: only a genuine, newest packet tells of another address or port, and nothing changes by itself', () => {
    const { db, sender, entry } = behindNat();
    const clear = udp('10.2.0.9', '10.1.0.5');
    const [one, two, three] = [sealEsp(sender, clear), sealEsp(sender, clear), sealEsp(sender, clear)];
    const forged = movedTo(two, '198.51.100.66', 6666);
    forged[forged.length - 1]! ^= 1;
    expect(processInbound(db, one, 0)).not.toHaveProperty('moved');
    expect(processInbound(db, forged, 0)).not.toHaveProperty('moved');
    expect(processInbound(db, movedTo(three, '203.0.113.7', 31_000), 0)).toMatchObject({
      action: 'deliver',
      moved: { address: host('203.0.113.7'), port: 31_000 },
    });
    // an older packet that somebody held back and sends from where he wants the traffic to go
    expect(processInbound(db, movedTo(two, '198.51.100.66', 6666), 0)).not.toHaveProperty('moved');
    expect(inbound(db, movedTo(three, '198.51.100.66', 6666))).toBe('replay');
    expect([entry.sa.source, entry.sa.encapsulation]).toEqual([gateway.peer, { sourcePort: 4500, destinationPort: 4500 }]);
  });
  it('row 33: keepalives are ignored from anywhere, and are no sign of life', () => {
    const { db, entry } = behindNat();
    const before = JSON.stringify([entry.sa.packets, entry.sa.seq, entry.state, entry.sa.window.top]);
    for (const from of ['192.0.2.2', '198.51.100.66']) {
      const keepalive = encodeUdp({ source: host(from), destination: gateway.us }, 4500, 4500, encodeKeepalive());
      expect(processInbound(db, keepalive, 0)).toEqual({ action: 'keepalive', audit: [], events: [] });
    }
    expect(JSON.stringify([entry.sa.packets, entry.sa.seq, entry.state, entry.sa.window.top])).toBe(before);
    for (const payload of [Uint8Array.of(0xfe), Uint8Array.of(0xff, 0xff), new Uint8Array(0), new Uint8Array(5)])
      expect(inbound(db, encodeUdp({ source: gateway.peer, destination: gateway.us }, 4500, 4500, payload))).toBe('malformed');
  });
  it('row 33: four zero octets are IKE and never an SPI; ESP on another port is no ESP', () => {
    const { db, sender } = behindNat();
    const zero = sealEsp(sender, udp('10.2.0.9', '10.1.0.5'));
    zero.fill(0, 28, 32);
    // IKE over port 4500 needs a BYPASS of its own, which these policies have for port 500 alone
    expect(inbound(db, zero)).not.toBe('deliver');
    expect(listSas(db.sad)[0]!.sa.window.top).toBe(0);
    const elsewhere = sealEsp(sender, udp('10.2.0.9', '10.1.0.5'));
    writeU16(elsewhere, 22, 4501);
    expect(inbound(db, elsewhere)).not.toBe('deliver');
  });
  it('row 33: transport mode: another address on the way is no other host, and tunnel mode leaves inner checksums alone', () => {
    const transport = parsePolicies([
      { action: 'PROTECT', local: '192.0.2.1', remote: '192.0.2.2', processing: { protocol: 'ESP', mode: 'transport' } },
    ]);
    const db = createDatabases({ addresses: ['192.0.2.1'], spd: createSpd(transport) });
    const config: SaConfig = { ...nat, mode: 'transport' };
    const original = { source: host('10.0.0.5'), destination: gateway.us };
    addProtectingSa(db, createSa(config), { direction: 'inbound', policy: transport[0] as ProtectPolicy, checksumFix: original });
    const sender = createSa(config);
    const sealed = sealEsp(sender, encodeUdp(original, 1, 2, new Uint8Array(8).fill(3)));
    const delivered = processInbound(db, movedTo(sealed, '192.0.2.2', 4500), 0);
    if (delivered.action !== 'deliver') throw new Error(delivered.action);
    expect(delivered.packet).toEqual(encodeUdp({ source: gateway.peer, destination: gateway.us }, 1, 2, new Uint8Array(8).fill(3)));
    // who is behind another NAT is not the peer of this SA, although the packet is genuine
    expect(inbound(db, movedTo(sealEsp(sender, encodeUdp(original, 1, 2, new Uint8Array(8))), '203.0.113.9', 4500))).toBe('selectors');
    const { db: tunnels, sender: inTunnel } = behindNat();
    const wrong = udp('10.2.0.9', '10.1.0.5');
    wrong[26]! ^= 0xff;
    expect(processInbound(tunnels, sealEsp(inTunnel, wrong), 0)).toMatchObject({ action: 'deliver', packet: wrong });
  });
  it('row 33: UDP around AH is nothing', () => {
    const { db } = behindNat();
    const esp = encodePacket({ source: gateway.peer, destination: gateway.us }, 50, new Uint8Array(64).fill(9));
    const inUdp = encodeUdpEncapsulation(esp, { sourcePort: 4500, destinationPort: 4500 });
    expect(openAh(createSa(ah), inUdp)).toMatchObject({ ok: false, drop: 'malformed' });
    expect(inbound(db, inUdp)).toBe('no-sa');
  });
});

describe('row 36: the boundary writes nothing into what it is given', () => {
  it('row 36: whatever becomes of the packet, in either direction', () => {
    const { db, branch, web } = world();
    const sealed = sealEsp(branch, udp('10.2.0.9', '10.1.0.5'));
    const packets = [
      sealed,
      sealed, // a replay
      sealed.map((b, i) => (i === 40 ? b ^ 1 : b)),
      sealEsp(web, udp('10.2.0.9', '10.1.0.5')),
      ...fragmentPacket(sealEsp(branch, udp('10.2.0.9', '10.1.0.5', [1, 2], 900)), 500),
      udp('203.0.113.53', '10.1.0.5', [53, 4000]),
      encodeUdp({ source: gateway.peer, destination: gateway.us }, 4500, 4500, new Uint8Array(40)),
      encodeUdpEncapsulation(sealEsp(branch, udp('10.2.0.9', '10.1.0.5')), { sourcePort: 4500, destinationPort: 4500 }),
      udp('10.1.0.5', '10.2.0.9'),
      udp('10.1.0.5', '10.2.0.9', [1, 2], 1500),
      udp('10.1.0.5', '10.8.0.9'),
      new Uint8Array(7),
    ];
    for (const packet of packets) {
      const copy = packet.slice();
      processInbound(db, packet, 0);
      processOutbound(db, packet, 0);
      expect(packet).toEqual(copy);
    }
  });
});
