/** Attacks on policy and processing, by the numbers of the project's table of attacks. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import {
  addFragment,
  createReassembler,
  decapsulateEcn,
  decodeIp,
  encodeEcho,
  encodeIcmp,
  encodePacket,
  encodeUdp,
  fixIpv4Checksum,
  fragmentPacket,
  parseAddress,
  setTrafficClass,
} from '../../src/ip.js';
import { encodeNonEspMarker } from '../../src/nat-t.js';
import { processInbound, processOutbound } from '../../src/process.js';
import { listSas, pathMtu, removeSa } from '../../src/sad.js';
import type { PolicyJson } from '../../src/spd.js';
import { addressA, addressB, host, sa, sent, told } from './hosts.js';

const udp = (from: string, to: string, ports: [number, number] = [4000, 53], octets = 40): Uint8Array =>
  encodeUdp({ source: parseAddress(from), destination: parseAddress(to), id: 77 }, ...ports, new Uint8Array(octets).fill(0xab));
const nets: PolicyJson = {
  action: 'PROTECT',
  local: '10.1.0.0/16',
  remote: '10.2.0.0/16',
  processing: { protocol: 'ESP', mode: 'tunnel' },
};
/** A peer that keeps to no policy. */
const anyPolicy: PolicyJson = { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } };
const gateways = (policy = nets): { peer: ReturnType<typeof host>; us: ReturnType<typeof host> } => ({
  peer: host([addressB], [anyPolicy], [sa(0x1002, addressB, addressA)]),
  us: host([addressA], [policy], [sa(0x1002, addressB, addressA), sa(0x1001, addressA, addressB, {}, 2)]),
});
const through = ({ peer, us }: ReturnType<typeof gateways>, packet: Uint8Array): string =>
  told(processInbound(us, sent(processOutbound(peer, packet, 0))[0]!, 0));

describe('attack 25: replay and the order of checks', () => {
  it('an old SA takes no packet after its removal, not even with the same SPI under another key', () => {
    const { peer, us } = gateways();
    const [first] = sent(processOutbound(peer, udp('10.2.0.1', '10.1.0.1'), 0));
    expect(told(processInbound(us, first!, 0))).toBe('deliver');
    removeSa(
      us.sad,
      listSas(us.sad).find((e) => e.sa.spi === 0x1002)!,
    );
    expect(told(processInbound(us, first!, 0))).toBe('no-sa');
    const rekeyed = host([addressA], [nets], [sa(0x1002, addressB, addressA, {}, 9)]);
    expect(told(processInbound(rekeyed, first!, 0))).toBe('icv');
    expect(listSas(rekeyed.sad)[0]!.sa.window.top).toBe(0);
  });
  it('a changed packet moves no window, whichever octet was changed', () => {
    const { peer, us } = gateways();
    const [packet] = sent(processOutbound(peer, udp('10.2.0.1', '10.1.0.1'), 0));
    const { sa: receiver } = listSas(us.sad).find((e) => e.direction === 'inbound')!;
    for (let i = 20; i < packet!.length; i++) {
      const forged = packet!.slice();
      forged[i]! ^= 0x80;
      expect(['icv', 'no-sa']).toContain(told(processInbound(us, forged, 0)));
      expect([receiver.window.top, receiver.seq, receiver.packets]).toEqual([0, 0, 0]);
    }
    expect(told(processInbound(us, packet!, 0))).toBe('deliver');
    expect(told(processInbound(us, packet!, 0))).toBe('replay');
  });
});

describe('attack 26: the last sequence number', () => {
  it('is the last packet of an SA, with 32 bits and with 64', () => {
    for (const [startSeq, esn] of [
      [0xfffffffe, false],
      [Number.MAX_SAFE_INTEGER - 1, true],
    ] as const) {
      const us = host([addressA], [nets], [sa(0x1001, addressA, addressB, { startSeq, esn })]);
      const packet = udp('10.1.0.1', '10.2.0.1');
      expect(told(processOutbound(us, packet, 0))).toBe('send');
      expect(told(processOutbound(us, packet, 0))).toBe('sequence-overflow');
      expect(told(processOutbound(us, packet, 0))).toBe('no-sa');
    }
  });
});

describe('attack 30: around the policy after decryption', () => {
  it('spoofed inner addresses, protocols and ports do not come out of an SA', () => {
    const web: PolicyJson = { ...nets, protocol: 'udp', localPorts: 53 };
    expect(through(gateways(web), udp('10.2.0.1', '10.1.0.1'))).toBe('deliver');
    expect(through(gateways(web), udp('10.3.0.1', '10.1.0.1'))).toBe('selectors');
    expect(through(gateways(web), udp('10.1.0.7', '10.1.0.1'))).toBe('selectors');
    expect(through(gateways(web), udp('10.2.0.1', '10.2.0.1'))).toBe('selectors');
    expect(through(gateways(web), udp('10.2.0.1', addressA))).toBe('selectors');
    expect(through(gateways(web), udp('10.2.0.1', '10.1.0.1', [53, 4000]))).toBe('selectors');
    expect(
      through(gateways(web), encodeEcho({ source: parseAddress('10.2.0.1'), destination: parseAddress('10.1.0.1'), id: 1, seq: 1 })),
    ).toBe('selectors');
  });
  it('a packet on the SA of somebody else is refused', () => {
    const third: PolicyJson = { ...nets, remote: '10.3.0.0/16', processing: { protocol: 'ESP', mode: 'tunnel', sa: [0x3002] } };
    const second: PolicyJson = { ...nets, processing: { protocol: 'ESP', mode: 'tunnel', sa: [0x1002] } };
    const us = host([addressA], [second, third], [sa(0x1002, addressB, addressA), sa(0x3002, '192.0.2.3', addressA, {}, 3)]);
    const evil = host(['192.0.2.3'], [anyPolicy], [sa(0x3002, '192.0.2.3', addressA, {}, 3)]);
    expect(told(processInbound(us, sent(processOutbound(evil, udp('10.2.0.1', '10.1.0.1'), 0))[0]!, 0))).toBe('selectors');
    expect(told(processInbound(us, sent(processOutbound(evil, udp('10.3.0.1', '10.1.0.1'), 0))[0]!, 0))).toBe('deliver');
  });
  it('clear packets for addresses behind the tunnel are dropped (as in CVE-2019-14899)', () => {
    const { us } = gateways();
    for (const clear of [udp('10.2.0.1', '10.1.0.1'), udp('10.2.0.1', '10.1.0.1', [53, 4000])])
      expect(told(processInbound(us, clear, 0))).toBe('policy');
    expect(told(processInbound(us, udp('198.51.100.1', '10.1.0.1'), 0))).toBe('no-policy');
  });
  it('neither the local network nor the address of the server is a way around (TunnelCrack)', () => {
    const road = [
      { action: 'BYPASS', remote: addressB, protocol: 'udp', localPorts: [500, 4500], remotePorts: [500, 4500] },
      { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } },
    ] as const;
    const us = host([addressA], [...road], [sa(0x1001, addressA, addressB)]);
    expect(told(processOutbound(us, udp(addressA, addressB, [500, 500]), 0))).toBe('bypass');
    expect(told(processOutbound(us, udp(addressA, addressB, [4000, 443]), 0))).toBe('send');
    expect(told(processOutbound(us, udp(addressA, '192.0.2.99'), 0))).toBe('send');
    expect(told(processInbound(us, udp('192.0.2.99', addressA), 0))).toBe('policy');
  });
  it('an ICMP error about a packet that the SA does not carry stays outside', () => {
    const policy: PolicyJson = { ...nets, protocol: 'udp' };
    const about = (quoted: Uint8Array): Uint8Array => {
      const message = new Uint8Array(8 + quoted.length);
      message.set([3, 1]);
      message.set(quoted, 8);
      return encodeIcmp({ source: parseAddress('10.2.0.1'), destination: parseAddress('10.1.0.1') }, message);
    };
    expect(through(gateways(policy), about(udp('10.1.0.1', '10.2.0.9')))).toBe('deliver');
    expect(through(gateways(policy), about(udp('10.1.0.1', '10.9.0.9')))).toBe('icmp-rejected');
    expect(through(gateways(policy), about(udp('10.2.0.9', '10.1.0.1')))).toBe('icmp-rejected');
    expect(through(gateways(policy), about(new Uint8Array(7)))).toBe('icmp-rejected');
    expect(through(gateways(policy), about(new Uint8Array(0)))).toBe('icmp-rejected');
  });
});

describe('attack 31: fragments around the ports of a policy', () => {
  const dns: PolicyJson = { ...nets, protocol: 'udp', localPorts: 53 };
  const pieces = (ports: [number, number], mtu = 300): Uint8Array[] => fragmentPacket(udp('10.2.0.1', '10.1.0.1', ports, 1000), mtu);

  it('a non-initial fragment needs an SA for all ports, or the state of its initial fragment', () => {
    const [first, second] = pieces([4000, 53]);
    expect(through(gateways(), second!)).toBe('deliver'); // ANY
    expect(through(gateways(dns), first!)).toBe('deliver');
    expect(through(gateways(dns), second!)).toBe('fragment');
    const stateful = gateways({ ...dns, fragments: 'stateful' });
    expect(through(stateful, second!)).toBe('fragment');
    expect(through(stateful, first!)).toBe('deliver');
    expect(through(stateful, second!)).toBe('deliver');
    expect(through(stateful, pieces([4000, 22])[0]!)).toBe('selectors');
  });
  it('a first fragment cut before its ports is not an initial fragment', () => {
    const whole = udp('10.2.0.1', '10.1.0.1', [4000, 22], 1000);
    const tiny = whole.slice(0, 20);
    tiny.set([0, 20], 2);
    tiny[6] = 0x20;
    fixIpv4Checksum(tiny);
    expect(through(gateways(dns), tiny)).toBe('fragment');
    expect(through(gateways({ ...dns, fragments: 'stateful' }), tiny)).toBe('fragment');
    const opaque: PolicyJson = { ...nets, protocol: 'udp', localPorts: 'opaque', remotePorts: 'opaque' };
    expect(through(gateways(opaque), tiny)).toBe('fragment'); // its offset, 0, is below the minimum
  });
  it('a later fragment cannot be laid over the initial one', () => {
    const stateful = gateways({ ...dns, fragments: 'stateful' });
    const [first, second] = pieces([4000, 53]);
    const over = second!.slice();
    over.set([0x20, 0x01], 6); // octet 8
    fixIpv4Checksum(over);
    expect(through(stateful, first!)).toBe('deliver');
    expect(through(stateful, over)).toBe('fragment');
  });
  it('overlaps among clear fragments condemn the datagram', () => {
    const us = host([addressA], [{ action: 'BYPASS', protocol: 'udp', localPorts: 53 }], []);
    const [first, second, third, fourth] = fragmentPacket(udp(addressB, addressA, [4000, 53], 1000), 300);
    const over = second!.slice();
    over.set([0x20, 0x01], 6);
    fixIpv4Checksum(over);
    expect([first!, over, second!, third!, fourth!].map((p) => told(processInbound(us, p, 0)))).toEqual([
      'more',
      'fragment',
      'fragment',
      'fragment',
      'fragment',
    ]);
  });
  it('state is bounded: a flood of initial fragments forgets the oldest', () => {
    const us = host([addressA], [{ action: 'BYPASS', remotePorts: 53, protocol: 'udp', fragments: 'stateful' }], [], {
      tracking: { datagrams: 16 },
    });
    for (let id = 0; id < 2000; id++) {
      const packet = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), id }, 1, 53, new Uint8Array(400));
      expect(told(processOutbound(us, fragmentPacket(packet, 300)[0]!, id))).toBe('bypass');
    }
    expect(us.tracker.datagrams.size).toBe(16);
  });
  it('fragments of protected packets cost no more than the bounds of the reassembler', () => {
    const us = host([addressA], [nets], [], { reassembly: { octets: 10_000, datagrams: 8 } });
    for (let id = 0; id < 500; id++) {
      const packet = encodePacket({ source: parseAddress(addressB), destination: parseAddress(addressA), id }, 50, new Uint8Array(1400));
      processInbound(us, fragmentPacket(packet, 700)[0]!, 0);
    }
    expect(us.reassembler.octets).toBeLessThanOrEqual(10_000);
    expect(us.reassembler.datagrams.size).toBeLessThanOrEqual(8);
  });
});

describe('attack 32: covert channels and PMTU', () => {
  it('ECN leaves the tunnel by the table of RFC 6040, DSCP not at all', () => {
    for (let inner = 0; inner < 4; inner++)
      for (let outer = 0; outer < 4; outer++) {
        const { peer, us } = gateways();
        const clear = udp('10.2.0.1', '10.1.0.1');
        setTrafficClass(clear, (20 << 2) | inner);
        const [packet] = sent(processOutbound(peer, clear, 0));
        setTrafficClass(packet!, (50 << 2) | outer);
        const result = processInbound(us, packet!, 0);
        const expected = decapsulateEcn(outer, inner);
        expect(told(result)).toBe(expected.drop ? 'ecn' : 'deliver');
        if (result.action === 'deliver') expect(decodeIp(result.packet).trafficClass).toBe((20 << 2) | expected.ecn);
        expect(result.audit.length > 0).toBe(expected.alarm !== 'none');
      }
  });
  it('forged ICMP cannot cut traffic into crumbs, and what it does is forgotten', () => {
    const icmp: PolicyJson = { action: 'BYPASS', protocol: 'icmp', direction: 'in' };
    const us = host([addressA], [icmp, nets], [sa(0x1001, addressA, addressB)]);
    const [packet] = sent(processOutbound(us, udp('10.1.0.1', '10.2.0.1'), 0));
    const forge = (mtu: number): Uint8Array => {
      const message = new Uint8Array(8 + packet!.length);
      message.set([3, 4, 0, 0, 0, 0, mtu >>> 8, mtu & 0xff]);
      message.set(packet!, 8);
      return encodeIcmp({ source: parseAddress('203.0.113.66'), destination: parseAddress(addressA) }, message);
    };
    const [entry] = listSas(us.sad);
    for (const mtu of [0, 1, 67, 68, 100, 575]) {
      processInbound(us, forge(mtu), 1000);
      expect(pathMtu(us.sad, entry!, 1000)).toBe(576);
    }
    processInbound(us, forge(65535), 2000);
    expect(pathMtu(us.sad, entry!, 2000)).toBe(576);
    expect(pathMtu(us.sad, entry!, 601_000)).toBe(Infinity);
  });
  it('an ICMP error never brings another, and answers are limited', () => {
    const us = host([addressA], [{ action: 'DISCARD' }], [], { icmp: { rate: { perSecond: 1, burst: 3 } } });
    let answers = 0;
    for (let i = 0; i < 100; i++) {
      const result = processOutbound(us, udp('10.1.0.1', '10.2.0.1'), i);
      if (result.action === 'discard' && result.answer) answers++;
    }
    expect(answers).toBe(3);
  });
});

describe('attack 33: NAT traversal', () => {
  const encapsulation = { sourcePort: 4500, destinationPort: 4500 };
  const policy: PolicyJson = { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'transport' } };
  const ends = (): { peer: ReturnType<typeof host>; us: ReturnType<typeof host> } => ({
    peer: host([addressB], [policy], [sa(0x1002, addressB, addressA, { mode: 'transport', encapsulation })]),
    us: host([addressA], [policy], [sa(0x1002, addressB, addressA, { mode: 'transport', encapsulation })]),
  });
  const rewrite = (packet: Uint8Array, source: string, port: number): Uint8Array => {
    const out = packet.slice();
    out.set(parseAddress(source), 12);
    out.set([port >>> 8, port & 0xff], 20);
    fixIpv4Checksum(out);
    return out;
  };
  it('nobody moves a peer but the peer, with its newest packet', () => {
    const { peer, us } = ends();
    const [one, two, three] = [0, 0, 0].map(() => sent(processOutbound(peer, udp(addressB, addressA), 0))[0]!);
    const forged = rewrite(two!, '203.0.113.66', 1234);
    forged[40]! ^= 1;
    expect(told(processInbound(us, forged, 0))).toBe('icv');
    const newest = processInbound(us, rewrite(three!, '203.0.113.7', 61000), 0);
    expect(newest.action === 'deliver' && newest.moved?.port).toBe(61000);
    const old = processInbound(us, rewrite(one!, '203.0.113.66', 1234), 0);
    expect(old.action === 'deliver' && old.moved).toBe(undefined);
    expect(toHex(listSas(us.sad)[0]!.sa.source!)).toBe(toHex(parseAddress(addressB)));
  });
  it('a NAT-keepalive is ignored, and a marker without IKE behind it is dropped', () => {
    const { us } = ends();
    const on4500 = (payload: Uint8Array): Uint8Array =>
      encodeUdp({ source: parseAddress(addressB), destination: parseAddress(addressA) }, 4500, 4500, payload);
    expect(told(processInbound(us, on4500(Uint8Array.of(0xff)), 0))).toBe('keepalive');
    for (const payload of [new Uint8Array(0), Uint8Array.of(0xff, 0xff), Uint8Array.of(0), new Uint8Array(4), new Uint8Array(31)])
      expect(told(processInbound(us, on4500(payload), 0))).toBe('malformed');
    expect(told(processInbound(us, on4500(encodeNonEspMarker(new Uint8Array(28))), 0))).toBe('policy'); // IKE has no BYPASS here
    expect(told(processInbound(us, on4500(new Uint8Array(40).fill(1)), 0))).toBe('no-sa');
  });
  it('a wrong UDP checksum around ESP is refused', () => {
    const { peer, us } = ends();
    const [packet] = sent(processOutbound(peer, udp(addressB, addressA), 0));
    const odd = packet!.slice();
    odd.set([0x12, 0x34], 26);
    expect(told(processInbound(us, odd, 0))).toBe('malformed');
  });
});

describe('attack 36: lessons of kernels', () => {
  it('SPI 0 and the reserved ones find nothing', () => {
    const { us } = gateways();
    for (const spi of [0, 1, 255]) {
      const esp = new Uint8Array(64);
      esp[3] = spi;
      expect(
        told(processInbound(us, encodePacket({ source: parseAddress(addressB), destination: parseAddress(addressA) }, 50, esp), 0)),
      ).toBe('no-sa');
    }
  });
  it('no input is ever written to, nor anything around it', () => {
    const { peer, us } = gateways();
    const around = (packet: Uint8Array): { view: Uint8Array; check: () => void } => {
      const page = new Uint8Array(packet.length + 64).fill(0xc7);
      page.set(packet, 32);
      const before = toHex(page);
      return {
        view: page.subarray(32, 32 + packet.length),
        check: () => {
          expect(toHex(page)).toBe(before);
        },
      };
    };
    const clear = around(udp('10.2.0.1', '10.1.0.1', [4000, 53], 3000));
    const result = processOutbound(peer, clear.view, 0);
    clear.check();
    const reassembler = createReassembler();
    for (const piece of sent(result)) {
      const part = around(piece);
      const opened = processInbound(us, part.view, 0);
      part.check();
      if (opened.action === 'deliver') expect(toHex(opened.packet)).toBe(toHex(udp('10.2.0.1', '10.1.0.1', [4000, 53], 3000)));
      addFragment(reassembler, piece, 0);
    }
    const small = around(sent(processOutbound(peer, udp('10.2.0.1', '10.1.0.1'), 0))[0]!);
    const delivered = processInbound(us, small.view, 0);
    small.check();
    expect(told(delivered)).toBe('deliver');
    if (delivered.action === 'deliver') expect(delivered.packet.buffer).not.toBe(small.view.buffer);
  });
});
