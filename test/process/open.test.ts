import { describe, expect, it } from 'vitest';
import { createSa, type SecurityAssociation } from '../../src/association.js';
import { readU16, toHex } from '../../src/bytes.js';
import { seal, sealDummy } from '../../src/esp.js';
import { espLength, padLengthFor, sealEspAt } from '../../src/esp/octets.js';
import { encodePacket, encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { createIpcomp, deflate } from '../../src/ipcomp.js';
import { attachToSa, createManualDatabases, processInbound } from '../../src/process.js';
import { listSas } from '../../src/sad.js';
import { parsePolicies, type PolicyJson, removePolicy } from '../../src/spd.js';
import { addressA, addressB, host, sa, told } from './hosts.js';

const transport: PolicyJson = { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'transport' } };
const tunnel: PolicyJson = { action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } };
const [a6, b6] = ['2001:db8::a', '2001:db8::b'];

/** ESP around any octets, with any Next Header: what no honest sender makes. */
function wrap(s: SecurityAssociation, nextHeader: number, payload: Uint8Array): Uint8Array {
  const esp = new Uint8Array(espLength(s, payload.length, padLengthFor(s, payload.length)));
  esp.set(payload, 8 + s.ivLength);
  sealEspAt(s, ++s.seq, nextHeader, esp, 0, payload.length);
  return encodePacket({ source: s.source!, destination: s.destination! }, 50, esp);
}

describe('RFC 4303 section 2.6: dummy packets', () => {
  it('are dropped without a record, and count as received', () => {
    const db = host([addressA], [tunnel], [sa(0x1002, addressB, addressA)]);
    const dummy = sealDummy(createSa(sa(0x1002, addressB, addressA)), 100);
    const result = processInbound(db, dummy, 0);
    expect([told(result), result.audit]).toEqual(['dummy', []]);
    expect(told(processInbound(db, dummy, 0))).toBe('replay');
  });
});

describe('RFC 4301 section 7: transport mode carries no fragments', () => {
  it('an IPv6 fragment inside ESP is refused', () => {
    const config = sa(0x1002, b6, a6, { mode: 'transport' });
    const db = host([a6], [transport], [config]);
    const piece = Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8);
    expect(told(processInbound(db, wrap(createSa(config), 44, piece), 0))).toBe('fragment');
  });
});

describe('RFC 3948 section 3.1.2: the checksum behind a NAT', () => {
  const udp = encodeUdp({ source: parseAddress(addressB), destination: parseAddress(addressA) }, 1, 2, new Uint8Array(9));
  it('is put right for packets that came in UDP, and for no others', () => {
    for (const encapsulation of [undefined, { sourcePort: 4500, destinationPort: 4500 }]) {
      const config = sa(0x1002, addressB, addressA, { mode: 'transport', encapsulation });
      const db = host([addressA], [transport], [config]);
      attachToSa(db, listSas(db.sad)[0]!, { checksumFix: 'clear' });
      const result = processInbound(db, seal(createSa(config), udp), 0);
      if (result.action !== 'deliver') throw new Error(told(result));
      expect(readU16(result.packet, 26)).toBe(encapsulation ? 0 : readU16(udp, 26));
    }
  });
});

describe('RFC 3173: compression inside an SA', () => {
  const config = sa(0x1002, addressB, addressA, { mode: 'transport' });
  const inner = encodeUdp({ source: parseAddress('10.2.0.1'), destination: parseAddress('10.1.0.1') }, 1, 2, new Uint8Array(9));
  const receive = (mode: 'tunnel' | 'transport', nextHeader: number, payload: Uint8Array): ReturnType<typeof processInbound> => {
    const db = host([addressA], [transport], [config]);
    attachToSa(db, listSas(db.sad)[0]!, { ipcomp: createIpcomp({ cpi: 2, mode, codec: deflate }) });
    return processInbound(db, wrap(createSa(config), nextHeader, payload), 0);
  };
  it('takes what travelled uncompressed, in a tunnel with its header', () => {
    const plain = receive('tunnel', 4, inner);
    expect(plain.action === 'deliver' && toHex(plain.packet)).toBe(toHex(inner));
    expect(told(receive('transport', 17, inner.subarray(20)))).toBe('deliver');
  });
  it('refuses what is neither', () => {
    expect(told(receive('tunnel', 41, inner))).toBe('ipcomp');
    expect(told(receive('tunnel', 4, new Uint8Array(0)))).toBe('ipcomp');
    expect(told(receive('tunnel', 17, inner))).toBe('ipcomp');
    expect(told(receive('tunnel', 4, Uint8Array.of(0x45, 0, 0xff, 0xff)))).toBe('malformed');
    expect(told(receive('transport', 108, Uint8Array.of(17, 0, 0, 2, 1, 2, 3, 4)))).toBe('ipcomp');
    expect(told(receive('transport', 108, Uint8Array.of(17, 0, 0, 9, 0x4b, 4, 0, 0)))).toBe('ipcomp');
  });
});

describe('RFC 4301 section 7.3: fragments stay on the SA of their first one', () => {
  it('even where both SAs serve the same ports', () => {
    const configs = [sa(0x1002, addressB, addressA), sa(0x1003, addressB, addressA, {}, 2)];
    const db = host([addressA], [{ ...tunnel, protocol: 'udp', localPorts: 53, fragments: 'stateful' }], configs);
    const packet = encodeUdp(
      { source: parseAddress('10.2.0.1'), destination: parseAddress('10.1.0.1'), id: 5 },
      1,
      53,
      new Uint8Array(900),
    );
    const [first, second, third] = fragmentPacket(packet, 400);
    const [one, other] = configs.map((config) => createSa(config));
    expect(told(processInbound(db, seal(one!, first!), 0))).toBe('deliver');
    expect(told(processInbound(db, seal(other!, second!), 0))).toBe('fragment');
    expect(told(processInbound(db, seal(one!, third!), 0))).toBe('deliver');
  });
});

describe('RFC 4301 section 7.3: fragments comply with the policy applied to the overall packet', () => {
  it('a fragment is not let through when the policy of its first one is gone', () => {
    const config = { ...sa(0x1002, addressB, addressA), statefulFragments: true };
    const dns: PolicyJson = { ...tunnel, protocol: 'udp', localPorts: 53 };
    const db = createManualDatabases({
      addresses: [addressA],
      policies: parsePolicies([{ ...dns, processing: { protocol: 'AH', mode: 'tunnel' } }]),
      sas: [{ config, rest: { statefulFragments: true } }],
    });
    const packet = encodeUdp(
      { source: parseAddress('10.2.0.1'), destination: parseAddress('10.1.0.1'), id: 5 },
      1,
      53,
      new Uint8Array(900),
    );
    const sender = createSa(config);
    const [first, second, third] = fragmentPacket(packet, 400).map((piece) => seal(sender, piece));
    expect([told(processInbound(db, first!, 0)), told(processInbound(db, second!, 0))]).toEqual(['deliver', 'deliver']);
    removePolicy(db.spd, db.spd.entries[0]!);
    expect(told(processInbound(db, third!, 0))).toBe('fragment');
  });
});
