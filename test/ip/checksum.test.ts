import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, readU16, writeU16 } from '../../src/bytes.js';
import { checksum, onesComplementSum, pseudoHeaderSum, updateChecksum, updateChecksumOctets, verifyIpv4Checksum } from '../../src/ip.js';
import rfc1071 from '../../vectors/rfc1071-checksum.json' with { type: 'json' };
import { kernelPackets } from './kernel.js';

describe('RFC 1071', () => {
  it.each(rfc1071.cases)('$name', ({ data, onesComplementSum: sum, checksum: check }) => {
    const b = fromHex(data);
    expect(onesComplementSum(b, 0, b.length).toString(16)).toBe(sum);
    expect(checksum(b, 0, b.length).toString(16).padStart(4, '0')).toBe(check);
  });

  it('section 2: an odd last octet counts as the high half of a word', () => {
    expect(onesComplementSum(Uint8Array.of(1, 2, 3), 0, 3)).toBe(0x0102 + 0x0300);
  });

  it('section 1: the sum over octets that carry their checksum is all ones', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), (b) => {
        writeU16(b, 2, 0);
        writeU16(b, 2, checksum(b, 0, b.length));
        return checksum(b, 0, b.length) === 0;
      }),
    );
  });

  it('agrees with a sum that carries after every word, over 200,000 octets of ones', () => {
    const b = new Uint8Array(200_000).fill(0xff);
    expect(onesComplementSum(b, 0, b.length)).toBe(0xffff);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (octets) => {
        let sum = 0;
        for (let i = 0; i < octets.length; i += 2) {
          sum += (octets[i]! << 8) | (octets[i + 1] ?? 0);
          if (sum > 0xffff) sum -= 0xffff;
        }
        return onesComplementSum(octets, 0, octets.length) === sum;
      }),
    );
  });
});

describe('RFC 1624', () => {
  it('section 4: the example that RFC 1141 gets wrong', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('an update equals a recomputation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat(9), fc.nat(0xffff), (b, word, value) => {
        b[0] = 0x45; // "there is guaranteed to be at least one non-zero field in the IP header": RFC 1624 section 3
        const at = word === 5 || word === 0 ? 2 : 2 * word;
        writeU16(b, 10, 0);
        const before = checksum(b, 0, 20);
        const updated = updateChecksum(before, readU16(b, at), value);
        writeU16(b, at, value);
        return updated === checksum(b, 0, 20);
      }),
    );
  });

  it('an update of whole addresses equals a recomputation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (a, b) => {
        const sum = pseudoHeaderSum(a, a, 17, 8);
        return updateChecksumOctets(sum ^ 0xffff, a, b) === (pseudoHeaderSum(a, b, 17, 8) ^ 0xffff);
      }),
    );
  });
});

describe('packets of a Linux kernel', () => {
  it('every IPv4 header verifies, and none does with one bit changed', () => {
    let headers = 0;
    for (const { name, octets } of kernelPackets()) {
      if (octets[0]! >>> 4 !== 4) continue;
      headers++;
      expect(verifyIpv4Checksum(octets), name).toBe(true);
      const changed = octets.slice(0, 60);
      changed[12] = changed[12]! ^ 1;
      expect(verifyIpv4Checksum(changed), name).toBe(false);
    }
    expect(headers).toBeGreaterThan(500);
  });

  it('every UDP checksum in the clear verifies over its pseudo-header', () => {
    let datagrams = 0;
    for (const { name, member, octets } of kernelPackets()) {
      const v4 = octets[0]! >>> 4 === 4;
      if (octets[v4 ? 9 : 6] !== 17 || member === 'outer' || member === 'outerSent' || (v4 && (readU16(octets, 6) & 0x3fff) !== 0))
        continue;
      const at = v4 ? (octets[0]! & 15) * 4 : 40;
      const length = readU16(octets, at + 4);
      if (readU16(octets, at + 6) === 0) continue;
      const routed = v4 && at > 20; // a source route changes the destination on the way
      if (routed) continue;
      datagrams++;
      const sum = v4
        ? pseudoHeaderSum(octets.subarray(12, 16), octets.subarray(16, 20), 17, length)
        : pseudoHeaderSum(octets.subarray(8, 24), octets.subarray(24, 40), 17, length);
      expect(checksum(octets, at, at + length, sum), `${name} ${member}`).toBe(0);
    }
    expect(datagrams).toBeGreaterThan(300);
  });
});
