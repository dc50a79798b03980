import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { createProposals, encodeIkeProposals } from '../../src/ikev2/proposal.js';
import { encodePayloads } from '../../src/ikev2/message.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { sealSk } from '../../src/ikev2/sk.js';
import { createSkContext } from '../../src/ikev2/sk-context.js';
import { aeadRows, aes128Gcm16, aes256Gcm16 } from '../../src/suite/aead.js';
import { allRows } from '../../src/suite/all.js';
import { curve25519 } from '../../src/suite/dh.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';

const header = {
  spiI: new Uint8Array(8).fill(1),
  spiR: new Uint8Array(8).fill(2),
  exchange: 'INFORMATIONAL',
  isInitiator: true,
  isResponse: false,
  messageId: 7,
} as const;
const payloads: readonly Payload[] = [{ type: 'V', data: new Uint8Array(21).fill(9) }];
const never = (): void => {
  throw new Error('asked for randomness');
};
const copy = (octets: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(octets);

/** A sealed message opened by somebody else’s AES-GCM: WebCrypto. */
const openElsewhere = async (sealed: Uint8Array, key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> => {
  const imported = await crypto.subtle.importKey('raw', copy(key), 'AES-GCM', false, ['decrypt']);
  const algorithm = { name: 'AES-GCM', iv: copy(nonce), additionalData: copy(additionalData) };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, imported, copy(sealed.subarray(40))));
};

describe('RFC 5282 sections 4 and 5.1', () => {
  it.each([aes128Gcm16, aes256Gcm16])('the nonce is the salt and the IV', async (row) => {
    const material = Uint8Array.from({ length: row.keyLength + 4 }, (_, i) => i + 1);
    const sealed = sealSk(createSkContext({ encryption: row, encryptionKey: material }), header, payloads, never);
    const nonce = concat(material.subarray(row.keyLength), sealed.subarray(32, 40));
    expect(nonce).toHaveLength(12);
    const text = await openElsewhere(sealed, material.subarray(0, row.keyLength), nonce, sealed.subarray(0, 32));
    expect(toHex(text)).toBe(`${toHex(encodePayloads(payloads).octets)}00`);
  });

  it('the associated data run from the first octet of the IKE header to the fourth of the Encrypted Payload, and no further', async () => {
    const material = Uint8Array.from({ length: 20 }, (_, i) => i + 1);
    const sealed = sealSk(createSkContext({ encryption: aes128Gcm16, encryptionKey: material }), header, payloads, never);
    const nonce = concat(material.subarray(16), sealed.subarray(32, 40));
    for (const end of [28, 31, 32, 33, 40]) {
      const opened = openElsewhere(sealed, material.subarray(0, 16), nonce, sealed.subarray(0, end));
      if (end === 32) expect(await opened).toHaveLength(26);
      else await expect(opened).rejects.toThrow();
    }
  });
});

describe('RFC 5282 section 3.2', () => {
  it('AES-GCM and AES-CCM with an ICV of 8, 12 or 16 octets, and no others', () => {
    const rows = aeadRows.filter(({ name, implicitIv }) => /^ENCR_AES_[GC]CM/.test(name) && !implicitIv);
    for (const cipher of ['GCM', 'CCM']) {
      const lengths = rows.filter(({ name }) => name.includes(cipher)).map(({ icvLength }) => icvLength);
      expect([...new Set(lengths)].sort((x, y) => x - y)).toEqual([8, 12, 16]);
    }
    for (const row of rows) {
      const context = createSkContext({ encryption: row, encryptionKey: new Uint8Array(row.keyLength + row.saltLength).fill(1) });
      const inner = encodePayloads(payloads).octets.length + 1;
      expect(sealSk(context, header, payloads, never)).toHaveLength(28 + 4 + 8 + inner + row.icvLength);
    }
  });
});

describe('RFC 5282 sections 7.2 and 7.3', () => {
  it('Key Length stands beside every AES-GCM and AES-CCM: 128, 192 or 256', () => {
    const rows = aeadRows.filter(({ name, implicitIv }) => /^ENCR_AES_[GC]CM/.test(name) && !implicitIv);
    const offered = encodeIkeProposals([{ encryption: rows, integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] }]);
    const ciphers = offered.flatMap(({ transforms }) => transforms.filter(({ type }) => type === 'ENCR'));
    expect(ciphers).toHaveLength(rows.length);
    ciphers.forEach(({ attributes }, i) => {
      expect(attributes).toEqual([{ type: 'Key Length', value: 8 * rows[i]!.keyLength }]);
      expect([128, 192, 256]).toContain(8 * rows[i]!.keyLength);
    });
  });

  it('the default proposals have an ICV of 16 octets, and keys of 128 or 256 bits', () => {
    const ciphers = createProposals(allRows).ike.flatMap(({ encryption }) => encryption.filter((row) => row.kind === 'aead'));
    expect(ciphers.length).toBeGreaterThan(1);
    for (const { name, keyLength, icvLength } of ciphers) {
      expect([name, icvLength]).toEqual([name, 16]);
      expect([16, 32]).toContain(keyLength);
    }
  });
});
