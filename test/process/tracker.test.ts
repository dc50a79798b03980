import { describe, expect, it } from 'vitest';
import { decodeIp, encodePacket, encodeUdp, fragmentPacket, parseAddress, readFlow } from '../../src/ip.js';
import { processInbound, processOutbound } from '../../src/process.js';
import { createFragmentTracker, findTracked, isInitialFragment, trackInitial } from '../../src/process/tracker.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { addressA, addressB, host, sa, sent, told } from './hosts.js';

const source = parseAddress('2001:db8:1::1');
const destination = parseAddress('2001:db8:2::1');

describe('RFC 4301 section 7.3: the state of fragments', () => {
  const pieces = (port: number, id = 9): Uint8Array[] =>
    fragmentPacket(encodeUdp({ source, destination }, 1, port, new Uint8Array(4000)), 1400, id);

  it('gives later fragments the ports of their first one, by context, addresses and Identification', () => {
    const tracker = createFragmentTracker();
    const [first, second] = pieces(53).map((octets) => ({ flow: readFlow(octets), decoded: decodeIp(octets) }));
    expect(isInitialFragment(first!.flow, first!.decoded)).toBe(true);
    expect(isInitialFragment(second!.flow, second!.decoded)).toBe(false);
    trackInitial(tracker, 'a', first!.flow, first!.decoded, 0);
    expect(findTracked(tracker, 'a', second!.flow, second!.decoded, 0)?.destinationPort).toBe(53);
    expect(findTracked(tracker, 'b', second!.flow, second!.decoded, 0)).toBe(undefined);
    const other = decodeIp(pieces(53, 10)[1]!);
    expect(findTracked(tracker, 'a', second!.flow, other, 0)).toBe(undefined);
    expect(findTracked(tracker, 'a', second!.flow, second!.decoded, 60_000)).toBe(undefined);
    expect(tracker.datagrams.size).toBe(0);
  });

  it('takes the same first fragment again, and the ports of another one from then on', () => {
    const tracker = createFragmentTracker();
    const [first, second] = pieces(53).map((octets) => ({ flow: readFlow(octets), decoded: decodeIp(octets) }));
    const longer = fragmentPacket(encodeUdp({ source, destination }, 1, 53, new Uint8Array(4000)), 1480, 9)[0]!;
    trackInitial(tracker, 'a', first!.flow, first!.decoded, 0);
    trackInitial(tracker, 'a', first!.flow, decodeIp(longer), 0);
    expect(findTracked(tracker, 'a', second!.flow, second!.decoded, 0)).toBe(undefined); // it would lie over the longer one
    const else1 = pieces(80)[0]!;
    trackInitial(tracker, 'a', readFlow(else1), decodeIp(else1), 0);
    expect(findTracked(tracker, 'a', second!.flow, second!.decoded, 0)?.destinationPort).toBe(80);
  });
});

describe('packets at the limits of IP', () => {
  const all = { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } } as const;
  const huge = encodeUdp(
    { source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), id: 1 },
    1,
    2,
    new Uint8Array(65535 - 28),
  );

  it('an outer packet beyond 65535 octets is not made: the inner one goes in pieces', () => {
    const us = host([addressA], [all], [sa(0x1001, addressA, addressB)]);
    const peer = host([addressB], [all], [sa(0x1001, addressA, addressB)]);
    const packets = sent(processOutbound(us, huge, 0));
    expect(packets.every((p) => p.length <= 1500 && decodeIp(p).fragment === undefined)).toBe(true);
    expect(new Set(packets.map((p) => told(processInbound(peer, p, 0)))).size).toBe(1);
  });
  it('where pieces are not for the SA, the sender is told what fits', () => {
    const us = host([addressA], [{ ...all, protocol: 'udp', remotePorts: 2 }], [sa(0x1001, addressA, addressB)]);
    const result = processOutbound(us, huge, 0);
    expect(result.action === 'icmp' && result.mtu).toBe(65478); // 20 + 8 + 8 + 65478 + 2 + 16 = 65532, the last multiple of 4
  });
  it('headers that AH has no rules for are refused, not thrown', () => {
    const config = sa(0x1001, '2001:db8:1::1', '2001:db8:2::1', { mode: 'transport' });
    const us = host(
      ['2001:db8:1::1'],
      [{ action: 'PROTECT', processing: { protocol: 'AH', mode: 'transport' } }],
      [{ ...config, protocol: 'AH', encryption: undefined, integrity: { row: hmacSha256_128, key: new Uint8Array(32) } }],
    );
    const routing = Uint8Array.of(17, 0, 99, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 8, 0, 0);
    expect(told(processOutbound(us, encodePacket({ source, destination }, 43, routing), 0))).toBe('malformed');
  });
});
