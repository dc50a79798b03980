import { describe, expect, it } from 'vitest';
import { createSa } from '../../src/association.js';
import { seal } from '../../src/esp.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import { addProtectingSa, createDatabases, processInbound, processOutbound } from '../../src/process.js';
import { createSpd, parsePolicies, type ProtectPolicy } from '../../src/spd.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';

const us = parseAddress('2001:db8::1');
const them = parseAddress('2001:db8::2');
const integrity = { row: hmacSha256_128, key: new Uint8Array(32).fill(7) };
const encryption = { row: aes128Gcm16, key: new Uint8Array(20).fill(7) };

/** A packet of a flow with a label. */
function labelled(): Uint8Array {
  const packet = encodeUdp({ source: us, destination: them }, 1000, 2000, new Uint8Array(8));
  packet.set([0x0a, 0xbc, 0xde], 1);
  return packet;
}

describe('what the audit log is told (RFC 4303 and 4302, sections 3.3, 3.4.2 and 4)', () => {
  it('of a number that would overflow: SPI, time, addresses, number and the clear Flow ID', () => {
    for (const protocol of ['ESP', 'AH'] as const) {
      const spd = createSpd(parsePolicies([{ action: 'PROTECT', remote: '2001:db8::2', processing: { protocol, mode: 'transport' } }]));
      const db = createDatabases({ addresses: ['2001:db8::1'], spd });
      const algorithms = protocol === 'ESP' ? { encryption } : { integrity };
      const sa = createSa({ protocol, mode: 'transport', spi: 0x500, source: us, destination: them, ...algorithms, startSeq: 2 ** 32 - 1 });
      addProtectingSa(db, sa, { direction: 'outbound', policy: spd.entries[0] as ProtectPolicy });
      const result = processOutbound(db, labelled(), 1234);
      expect(result.action).toBe('acquire'); // the packet waits for a new SA
      expect(result.audit[0]).toMatchObject({
        event: 'sequence-overflow',
        at: 1234,
        spi: 0x500,
        protocol,
        source: us,
        destination: them,
        seq: 2 ** 32 - 1,
        flowLabel: 0xabcde,
      });
    }
  });
  it('of a packet without an SA: SPI, time, addresses, number and Flow ID', () => {
    const db = createDatabases({ addresses: ['2001:db8::2'] });
    const sealed = seal(createSa({ protocol: 'ESP', mode: 'transport', spi: 0x77777, encryption, startSeq: 41 }), labelled());
    const result = processInbound(db, sealed, 99);
    expect(result.audit[0]).toMatchObject({
      event: 'no-sa',
      at: 99,
      spi: 0x77777,
      seq: 42,
      source: us,
      destination: them,
      flowLabel: 0xabcde,
    });
  });
});
