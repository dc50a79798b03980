/** Poly1305 as RFC 8439 section 2.5.1 writes it, over big numbers: the readable twin of src/suite/poly1305.ts. */

const P = (1n << 130n) - 5n;

function littleEndian(octets: Uint8Array): bigint {
  return octets.reduceRight((n, octet) => (n << 8n) | BigInt(octet), 0n);
}

/** The tag of a message under a one-time key of 32 octets. */
export function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const s = littleEndian(key.subarray(16, 32));
  let a = 0n;
  for (let o = 0; o < message.length; o += 16) {
    const block = message.subarray(o, o + 16);
    const n = littleEndian(block) + (1n << BigInt(8 * block.length));
    a = ((a + n) * r) % P;
  }
  a += s;
  return Uint8Array.from({ length: 16 }, (_, i) => Number((a >> BigInt(8 * i)) & 0xffn));
}
