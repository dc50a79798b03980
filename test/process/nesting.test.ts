import { describe, expect, it } from 'vitest';
import { decodeIcmp, decodeIp, encodeUdp, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate } from '../../src/ipcomp.js';
import { attachToSa, processInbound, processOutbound } from '../../src/process.js';
import { parseSelector } from '../../src/traffic-selector.js';
import type { PolicyJson } from '../../src/spd.js';
import { createSa, seal } from '../../src/esp.js';
import { host, sa, sent, told } from './hosts.js';

const [laptop, firewall, server] = ['203.0.113.7', '192.0.2.1', '10.9.0.3'];
const sas = [sa(0x7001, laptop, firewall), sa(0x7003, laptop, server, { mode: 'transport' })];
const udp = (octets: number, df: boolean): Uint8Array =>
  encodeUdp({ source: parseAddress(laptop), destination: parseAddress(server), df }, 1, 2, new Uint8Array(octets - 28));
const tunnel = { protocol: 'ESP', mode: 'tunnel', source: laptop, destination: firewall } as const;
const transport = { protocol: 'ESP', mode: 'transport' } as const;

const appendixE: PolicyJson[] = [
  { action: 'BYPASS', local: server, remote: laptop, protocol: 'esp' },
  { name: 'tunnel', action: 'PROTECT', local: laptop, remote: server, protocol: 'esp', processing: tunnel },
  { name: 'end to end', action: 'PROTECT', local: laptop, remote: server, processing: transport },
];
const loops = { forwarding: { unprotected: [{ selectors: [parseSelector(`${laptop} <-> ${server}`)], action: 'loop' as const }] } };
const layers: PolicyJson[] = [{ action: 'PROTECT', remote: server, processing: [transport, tunnel] }];

describe('RFC 4301 appendix E and section 8.2.1: path MTU through nested SAs', () => {
  // the tunnel takes 1446 octets of 1500; in these fit, in words of 4: 20 IP + 8 ESP + 8 IV + 1390 + 2 trailer + 16 ICV
  const fits = 1410;
  for (const [name, db] of [
    ['by forwarding tables', () => host([laptop], appendixE, sas, loops)],
    ['by layers', () => host([laptop], layers, sas)],
  ] as const) {
    it(`${name}: the sender is told what fits both`, () => {
      const result = processOutbound(db(), udp(fits + 1, true), 0);
      if (result.action !== 'icmp' || !result.answer) throw new Error(result.action);
      expect(result.mtu).toBe(fits);
      expect(decodeIcmp(result.answer).mtu).toBe(fits);
      expect(sent(processOutbound(db(), udp(fits, true), 0)).map((p) => p.length)).toEqual([1500]);
    });
    it(`${name}: without DF it goes in fragments, and comes out whole`, () => {
      const packets = sent(processOutbound(db(), udp(3000, false), 0));
      expect(Math.max(...packets.map((p) => p.length))).toBeLessThanOrEqual(1500);
      const gate = host(
        [firewall],
        [{ action: 'PROTECT', local: server, remote: laptop, processing: { protocol: 'ESP', mode: 'tunnel' } }],
        [sas[0]!],
      );
      const end = host([server], [{ action: 'PROTECT', remote: laptop, processing: transport }], [sas[1]!]);
      const behind = packets.flatMap((p) => {
        const result = processInbound(gate, p, 0);
        return result.action === 'deliver' ? [result.packet] : [];
      });
      const delivered = behind.flatMap((p) => {
        const result = processInbound(end, p, 0);
        return result.action === 'deliver' ? [result.packet] : [];
      });
      expect(delivered.map((p) => decodeIp(p).totalLength)).toEqual([3000]);
    });
  }

  it('a loop ends after as many passes as are allowed', () => {
    const everything = [{ selectors: [parseSelector('any')], action: 'loop' as const }];
    const policies: PolicyJson[] = [
      { action: 'BYPASS', direction: 'in' },
      { action: 'PROTECT', processing: transport },
    ];
    for (const maxPasses of [1, 3]) {
      const db = host([laptop], policies, [sa(0x7003, laptop, server, { mode: 'transport' })], {
        maxPasses,
        forwarding: { unprotected: everything },
      });
      const result = processOutbound(db, udp(100, false), 0);
      expect(result.action === 'discard' && result.reason).toBe('nesting');
      expect([...db.sad.newest.values()][0]?.sa.seq).toBe(maxPasses);
    }
  });

  it('a packet that is nested too deeply is not opened to the end', () => {
    const config = sa(0x7003, server, laptop, { mode: 'transport' });
    const sender = createSa(config);
    let packet = encodeUdp({ source: parseAddress(server), destination: parseAddress(laptop) }, 1, 2, new Uint8Array(9));
    for (let i = 0; i < 4; i++) packet = seal(sender, packet);
    const policies: PolicyJson[] = [
      { action: 'BYPASS', direction: 'out' },
      { action: 'PROTECT', direction: 'in', processing: transport },
    ];
    const loop = [{ selectors: [parseSelector({ protocol: 'esp' })], action: 'loop' as const }];
    const open = (maxPasses: number): string =>
      told(
        processInbound(
          host([laptop], policies, [{ ...config, replayWindow: 0 }], { maxPasses, forwarding: { protected: loop } }),
          packet,
          0,
        ),
      );
    expect([open(3), open(4)]).toEqual(['nesting', 'deliver']);
  });

  it('only the sender of the packet is told that it is too big', () => {
    const db = host([laptop], appendixE, sas, { ...loops, icmp: { rate: { perSecond: 0, burst: 1 } } });
    const result = processOutbound(db, udp(1500, true), 0);
    expect(result.action === 'icmp' && result.answer !== undefined).toBe(true);
    const again = processOutbound(db, udp(1500, true), 0);
    expect(again.action === 'icmp' && again.answer).toBe(undefined);
  });

  it('an SA that is missing in the second pass is asked for', () => {
    const db = host([laptop], appendixE, [sas[1]!], { ...loops, keyManagement: true });
    const result = processOutbound(db, udp(100, false), 0);
    expect(result.action === 'acquire' && result.policy.name).toBe('tunnel');
  });

  it('nothing is sealed, and no number used, when a layer has no SA', () => {
    const db = host([laptop], layers, [sas[1]!]);
    expect(processOutbound(db, udp(100, false), 0).action).toBe('discard');
    const [inner] = [...db.sad.newest.values()];
    expect(inner?.sa.seq).toBe(0);
  });
});

describe('RFC 4301 section 8.2.1: path MTU with compression in a tunnel of its own', () => {
  it('counts the header of that tunnel', () => {
    const [here, there] = ['192.0.2.1', '192.0.2.2'];
    const db = host([here], [{ action: 'PROTECT', processing: transport }], [sa(0x1001, here, there, { mode: 'transport' })]);
    const ipcomp = createIpcomp({ cpi: 2, mode: 'tunnel', source: parseAddress(here), destination: parseAddress(there), codec: deflate });
    attachToSa(db, [...db.sad.newest.values()][0]!, { ipcomp });
    const noise = Uint8Array.from({ length: 1419 }, (_, i) => (i * i * 167 + (i >>> 3) * 89) & 0xff);
    const clear = (octets: number): Uint8Array =>
      encodeUdp(
        { source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), df: true },
        1,
        2,
        noise.subarray(0, octets - 28),
      );
    const tooBig = processOutbound(db, clear(1447), 0);
    expect(tooBig.action === 'icmp' && tooBig.mtu).toBe(1446);
    expect(sent(processOutbound(db, clear(1446), 0))[0]!.length).toBeLessThanOrEqual(1500);
  });
});
