/** SAs with every algorithm, and packets that are nearly right: for properties about what a network can send. */
import fc from 'fast-check';
import type { Keyed, SaConfig, SecurityAssociation } from '../../src/association.js';
import { concat, writeU16 } from '../../src/bytes.js';
import { fixIpv4Checksum, parseAddress } from '../../src/ip.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows, nullEncryption } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import type { CipherRow, EncryptionRow, IntegrityRow } from '../../src/suite/types.js';

export const ends4 = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
export const ends6 = { source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') };
export const SPI = 0x1001;

/** An algorithm with a key; 3DES wants three that differ, DES no weak one. */
function keyed<Row extends EncryptionRow | IntegrityRow>(row: Row): Keyed<Row> {
  return { row, key: Uint8Array.from({ length: row.keyLength + row.saltLength }, (_, i) => (i * 37 + 11) & 0xff) };
}

const macs: readonly IntegrityRow[] = [...integRows, ...legacyRows.filter((row): row is IntegrityRow => row.kind === 'integrity')];
const ciphers: readonly CipherRow[] = [...encrRows, ...legacyRows.filter((row): row is CipherRow => row.kind === 'cipher')];

/** The algorithms of an SA, one entry for each that there is: combined modes, ciphers with an ICV, ICVs over ENCR_NULL, AH. */
export const algorithms: readonly (Pick<SaConfig, 'protocol' | 'encryption' | 'integrity'> & { readonly name: string })[] = [
  ...aeadRows.map((row) => ({ name: `ESP ${row.name} ${row.keyLength * 8}`, protocol: 'ESP' as const, encryption: keyed(row) })),
  ...ciphers.map((row, i) => {
    const mac = macs.filter((m) => m.ivLength === 0)[i % 4]!;
    return {
      name: `ESP ${row.name} ${row.keyLength * 8} ${mac.name}`,
      protocol: 'ESP' as const,
      encryption: keyed(row),
      integrity: keyed(mac),
    };
  }),
  ...macs
    .filter((row) => row.ivLength === 0)
    .map((row) => ({ name: `ESP NULL ${row.name}`, protocol: 'ESP' as const, encryption: keyed(nullEncryption), integrity: keyed(row) })),
  ...macs.map((row) => ({ name: `AH ${row.name}`, protocol: 'AH' as const, integrity: keyed(row) })),
];

/** Any SA: any algorithm, mode, family, with ESN, in UDP, with or without a window. */
export const anyConfig: fc.Arbitrary<SaConfig> = fc
  .record({
    algorithm: fc.constantFrom(...algorithms),
    mode: fc.constantFrom('tunnel' as const, 'transport' as const),
    ends: fc.constantFrom(ends4, ends6),
    esn: fc.boolean(),
    startSeq: fc.constantFrom(0, 70, 2 ** 32 - 40),
    replayWindow: fc.constantFrom(0, 1, 64, 1024),
    udp: fc.boolean(),
    ahPadding: fc.constantFrom(undefined, 4 as const, 8 as const),
  })
  .map(({ algorithm, ends, udp, startSeq, ...rest }): SaConfig => ({
    spi: SPI,
    ...algorithm,
    ...ends,
    ...rest,
    startSeq: rest.esn ? startSeq : startSeq % 2 ** 31,
    encapsulation: udp && algorithm.protocol === 'ESP' ? { sourcePort: 4500, destinationPort: 4500 } : undefined,
  }));

/** What of an SA a packet could move. */
export const stateOf = ({ seq, octets, packets, window }: SecurityAssociation): string =>
  JSON.stringify([seq, octets, packets, window.top, [...window.ring]]);

const upper = fc.constantFrom(50, 51, 108, 17, 6, 1, 58, 4, 41, 59, 135, 255);
const extension = fc.constantFrom(0, 43, 44, 60, 139);
const octets = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

const payload = fc.oneof(
  octets(120),
  // SPI and number of the SA under test, behind what ESP, AH, or UDP around ESP have in front of them
  fc
    .tuple(fc.constantFrom(0, 4, 8), fc.nat(2000), octets(120))
    .map(([skip, seq, rest]) => concat(new Uint8Array(skip).fill(4), Uint8Array.of(0, 0, 0x10, 1, 0, 0, seq >> 8, seq & 0xff), rest)),
);

const packet4 = fc
  .record({
    protocol: upper,
    options: fc.oneof(fc.constant(new Uint8Array(0)), octets(40)),
    flags: fc.constantFrom(0, 0, 0, 0x4000, 0x2000, 1, 0x2007),
    id: fc.nat(3),
    payload,
  })
  .map(({ protocol, options, flags, id, payload: rest }) => {
    const header = new Uint8Array(20 + (options.length & ~3));
    header[0] = 0x40 | (header.length / 4);
    writeU16(header, 2, header.length + rest.length);
    writeU16(header, 4, id);
    writeU16(header, 6, flags);
    header[8] = 64;
    header[9] = protocol;
    header.set(ends4.source, 12);
    header.set(ends4.destination, 16);
    header.set(options.subarray(0, header.length - 20), 20);
    fixIpv4Checksum(header);
    return concat(header, rest);
  });

const packet6 = fc
  .record({
    chain: fc.array(fc.tuple(extension, octets(24), fc.nat(2)), { maxLength: 4 }),
    protocol: upper,
    payload,
  })
  .map(({ chain, protocol, payload: rest }) => {
    const headers = chain.map(([type, body, words], i) => {
      const h = new Uint8Array(type === 44 ? 8 : 8 * (words + 1));
      h.set(body.subarray(0, h.length - 2), 2);
      h[0] = chain[i + 1]?.[0] ?? protocol;
      h[1] = type === 44 ? 0 : words;
      return h;
    });
    const header = new Uint8Array(40);
    header[0] = 0x60;
    header[6] = chain[0]?.[0] ?? protocol;
    header[7] = 64;
    header.set(ends6.source, 8);
    header.set(ends6.destination, 24);
    const packet = concat(header, ...headers, rest);
    writeU16(packet, 4, packet.length - 40);
    return packet;
  });

/** Changes single octets, or cuts, or lengthens. */
const damaged = (packets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(packets, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 }), fc.integer({ min: -40, max: 8 }))
    .map(([packet, changes, longer]) => {
      const p = new Uint8Array(Math.max(0, packet.length + Math.min(longer, 0) * (longer < -20 ? 1 : 0) + Math.max(longer, 0)));
      p.set(packet.subarray(0, p.length));
      for (const [at, value] of changes) if (at < p.length) p[at] = value;
      return p;
    });

/** Packets of either version: headers that are right, with any extension headers and options, and any octets behind them; or a few octets wrong. */
export const anyPacket: fc.Arbitrary<Uint8Array> = fc.oneof(packet4, packet6, damaged(fc.oneof(packet4, packet6)), octets(100));
