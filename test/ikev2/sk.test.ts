import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  createSkContext,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  type IkeHeaderFields,
  openSk,
  type Payload,
  type PayloadOfType,
  sealSk,
  type SkConfig,
} from '../../src/ike.js';
import { aeadRows, aes128Gcm16, aes128Gcm16Iiv, aes128GmacEsp, aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, encrRows, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, aesXcbc96, hmacSha1_96, hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { tripleDesCbc } from '../../src/suite/legacy.js';

const header: IkeHeaderFields = {
  spiI: fromHex('0102030405060708'),
  spiR: fromHex('1112131415161718'),
  exchange: 'CREATE_CHILD_SA',
  isInitiator: false,
  isResponse: true,
  messageId: 0xfffffffe,
};
const material = (octets: number, first = 1): Uint8Array => Uint8Array.from({ length: octets }, (_, i) => first + i);
const config = (encryption: SkConfig['encryption'], integrity?: SkConfig['integrity']): SkConfig => ({
  encryption,
  encryptionKey: material(encryption.keyLength + encryption.saltLength),
  ...(integrity && { integrity, integrityKey: material(integrity.keyLength, 99) }),
});
let seed = 1;
const random = (octets: Uint8Array): void => {
  for (let i = 0; i < octets.length; i++) octets[i] = seed = (seed * 75 + 74) % 65537;
};
const forIke = aeadRows.filter((row) => !row.implicitIv && row.name !== 'ENCR_NULL_AUTH_AES_GMAC');
const ciphers = [...encrRows.filter((row) => !row.isNull), tripleDesCbc];
const macs = integRows.filter((row) => row.ivLength === 0);
const suites: [string, SkConfig][] = [
  ...forIke.map((row): [string, SkConfig] => [`${row.name} ${8 * row.keyLength}`, config(row)]),
  ...ciphers.map((row): [string, SkConfig] => [`${row.name} ${8 * row.keyLength} with HMAC-SHA1`, config(row, hmacSha1_96)]),
  ...macs.map((row): [string, SkConfig] => [`AES-CBC with ${row.name}`, config(aes128Cbc, row)]),
];
const payloads: readonly Payload[] = [
  { type: 'N', protocol: 0, notify: 'INITIAL_CONTACT', spi: new Uint8Array(0), data: new Uint8Array(0) },
  { type: 'V', data: material(33) },
];
const reasonOf = (c: SkConfig, octets: Uint8Array): string => {
  const result = openSk(createSkContext(c), decodeMessage(octets));
  return result.ok ? 'ok' : result.reason;
};
const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe.each(suites)('RFC 7296 section 3.14 and RFC 5282: %s', (_, c) => {
  test('sealed and opened', () => {
    const sealed = sealSk(createSkContext(c), header, payloads, random);
    const message = decodeMessage(sealed);
    expect(message).toMatchObject({ ...header, payloads: [{ type: 'SK', firstPayload: 41 }] });
    const opened = openSk(createSkContext(c), message);
    if (!opened.ok) throw new Error(opened.reason);
    expect(decodePayloads(opened.firstPayload, opened.octets)).toEqual(payloads);
  });

  test('every octet of the message counts', () => {
    const sealed = sealSk(createSkContext(c), header, payloads, random);
    const context = createSkContext(c);
    for (let at = 0; at < sealed.length; at++) {
      const bad = sealed.slice();
      bad[at]! ^= 0x01;
      try {
        const result = openSk(context, decodeMessage(bad));
        expect(result.ok).toBe(false);
        if (at >= 32) expect(result).toEqual({ ok: false, reason: 'icv' });
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError); // a length, the version
      }
    }
    expect(openSk(context, decodeMessage(sealed)).ok).toBe(true);
  });

  test('the message is not changed, also where it is refused', () => {
    const sealed = sealSk(createSkContext(c), header, payloads, random);
    const before = toHex(sealed);
    openSk(createSkContext(c), decodeMessage(sealed));
    const other = {
      ...c,
      encryptionKey: c.encryptionKey.map((b) => b ^ 0xff),
      ...(c.integrityKey && { integrityKey: c.integrityKey.map((b) => b ^ 0xff) }),
    };
    expect(openSk(createSkContext(other), decodeMessage(sealed))).toEqual({ ok: false, reason: 'icv' });
    expect(toHex(sealed)).toBe(before);
  });

  test('padding is the least that fills a block', () => {
    const { ivLength, icvLength, blockSize } = createSkContext(c);
    for (let length = 0; length < 40; length++) {
      const content: Payload[] = length < 4 ? [] : [{ type: 'V', data: new Uint8Array(length - 4) }];
      const inner = length < 4 ? 0 : length;
      const sealed = sealSk(createSkContext(c), header, content, random);
      expect(sealed.length).toBe(28 + 4 + ivLength + Math.ceil((inner + 1) / blockSize) * blockSize + icvLength);
      const opened = openSk(createSkContext(c), decodeMessage(sealed));
      expect(opened.ok && toHex(opened.octets)).toBe(toHex(encodePayloads(content).octets));
    }
  });

  test('too short for IV, one block and ICV', () => {
    const context = createSkContext(c);
    const { ivLength, icvLength, blockSize } = context;
    for (let length = 0; length < ivLength + blockSize + icvLength; length++) {
      const octets = encodeMessage({ ...header, payloads: [{ type: 'SK', firstPayload: 0, data: new Uint8Array(length) }] });
      expect(openSk(context, decodeMessage(octets))).toEqual({ ok: false, reason: 'malformed' });
    }
  });
});

describe('padding', () => {
  /** Seals a message with padding of one's own: the last octet of `text` is the Pad Length. */
  const sealText = (c: SkConfig, text: Uint8Array): Uint8Array => {
    const context = createSkContext(c);
    const data = new Uint8Array(context.ivLength + text.length + context.icvLength);
    data.set(context.nextIv(random));
    data.set(text, context.ivLength);
    const message = encodeMessage({ ...header, payloads: [{ type: 'SK', firstPayload: 43, data }] });
    context.seal(message, message.length - data.length);
    return message;
  };
  const inner = encodePayloads([{ type: 'V', data: fromHex('0102') }]).octets;

  test('RFC 7296 section 3.14: any length that results in proper alignment, and any octets', () => {
    for (const [c, unit] of [
      [config(aes128Cbc, hmacSha1_96), 16],
      [config(aes256Gcm16), 1],
    ] as const) {
      // prettier-ignore
      for (let total = Math.ceil((inner.length + 1) / unit) * unit; total <= inner.length + 256; total += unit) {
        const text = new Uint8Array(total).fill(0xee);
        text.set(inner);
        text[total - 1] = total - 1 - inner.length;
        const opened = openSk(createSkContext(c), decodeMessage(sealText(c, text)));
        expect(opened.ok && toHex(opened.octets)).toBe(toHex(inner));
      }
    }
  });

  test('a Pad Length beyond the text is no payload', () => {
    const text = new Uint8Array(16);
    text[15] = 16;
    expect(reasonOf(config(aes128Cbc, hmacSha1_96), sealText(config(aes128Cbc, hmacSha1_96), text))).toBe('padding');
    text[15] = 15;
    expect(reasonOf(config(aes128Cbc, hmacSha1_96), sealText(config(aes128Cbc, hmacSha1_96), text))).toBe('ok');
  });

  test('a text that is not whole blocks', () => {
    const octets = sealText(config(aes256Gcm16), new Uint8Array(17));
    const { data } = decodeMessage(octets).payloads[0] as PayloadOfType<'SK'>;
    const cbc = encodeMessage({ ...header, payloads: [{ type: 'SK', firstPayload: 43, data: data.subarray(0, 16 + 17 + 12 - 8) }] });
    expect(reasonOf(config(aes128Cbc, hmacSha1_96), cbc)).toBe('malformed');
  });
});

describe('IVs', () => {
  const ivOf = (sealed: Uint8Array, octets: number): string => toHex(sealed.subarray(32, 32 + octets));

  test('RFC 5282 section 3.1: a counter, so that no IV comes twice; random octets are not asked for', () => {
    const context = createSkContext({ ...config(aes128Gcm16), firstIv: fromHex('00000000fffffffe') });
    const never = (): void => {
      throw new Error('asked');
    };
    const ivs = Array.from({ length: 4 }, () => ivOf(sealSk(context, header, [], never), 8));
    expect(ivs).toEqual(['00000000fffffffe', '00000000ffffffff', '0000000100000000', '0000000100000001']);
    expect(ivOf(sealSk(createSkContext(config(chacha20Poly1305)), header, [], never), 8)).toBe('0000000000000000');
    expect(ivOf(sealSk(createSkContext(config(aes128Ctr, hmacSha1_96)), header, [], never), 8)).toBe('0000000000000000');
  });

  test('RFC 7296 section 3.14: unpredictable for CBC: as the caller draws it', () => {
    const context = createSkContext(config(aes128Cbc, hmacSha256_128));
    expect(
      ivOf(
        sealSk(context, header, [], (octets) => octets.fill(0xab)),
        16,
      ),
    ).toBe('ab'.repeat(16));
    expect(
      ivOf(
        sealSk(context, header, [], (octets) => octets.fill(0xcd)),
        16,
      ),
    ).toBe('cd'.repeat(16));
  });

  test('a first IV of another length', () => {
    expect(failure(() => createSkContext({ ...config(aes128Gcm16), firstIv: new Uint8Array(4) })).path).toBe('firstIv');
  });
});

describe('what does not protect IKE is refused', () => {
  test.each([
    ['ENCR_NULL', config(nullEncryption, hmacSha1_96)],
    ['an implicit IV', config(aes128Gcm16Iiv)],
    ['ENCR_NULL_AUTH_AES_GMAC', config(aes128GmacEsp)],
    ['AES-GMAC as integrity', { ...config(aes128Cbc, hmacSha1_96), integrity: aes128Gmac }],
  ])('%s', (_, c) => {
    expect(failure(() => createSkContext(c)).code).toBe('unsupported');
  });

  test('RFC 5282 section 8: an integrity algorithm beside a combined-mode one; none beside a cipher', () => {
    expect(failure(() => createSkContext(config(aes256Gcm16, aesXcbc96))).message).toContain(
      'no integrity algorithm beside a combined-mode one',
    );
    expect(failure(() => createSkContext(config(aes128Cbc))).message).toContain('expected an integrity algorithm, found none');
  });

  test('keys of another length, or none', () => {
    expect(failure(() => createSkContext({ ...config(aes256Gcm16), encryptionKey: new Uint8Array(32) })).code).toBe('invalid-argument');
    const noKey = { encryption: aes128Cbc, encryptionKey: new Uint8Array(16), integrity: hmacSha1_96 };
    expect(failure(() => createSkContext(noKey)).code).toBe('invalid-argument');
  });

  test('a context whose keys were wiped', () => {
    for (const c of [config(aes256Gcm16), config(aes128Cbc, hmacSha1_96)]) {
      const context = createSkContext(c);
      const sealed = sealSk(context, header, [], random);
      context.destroy();
      expect(failure(() => openSk(context, decodeMessage(sealed))).code).toBe('sa-deleted');
      expect(failure(() => sealSk(context, header, [], random)).code).toBe('sa-deleted');
    }
  });
});

test('a message without SK is not opened, nor one whose SK is a fragment', () => {
  const context = createSkContext(config(aes256Gcm16));
  for (const list of [
    [],
    payloads,
    [{ type: 'SKF', firstPayload: 0, fragmentNumber: 1, totalFragments: 1, data: new Uint8Array(99) }] as Payload[],
  ]) {
    const message = decodeMessage(encodeMessage({ ...header, payloads: list }));
    expect(openSk(context, message)).toEqual({ ok: false, reason: 'malformed' });
  }
});

test('payloads in front of SK are authenticated with it', () => {
  for (const c of [config(aes256Gcm16), config(aes128Cbc, hmacSha1_96)]) {
    const context = createSkContext(c);
    const data = new Uint8Array(context.ivLength + 16 + context.icvLength);
    data[context.ivLength + 15] = 15;
    const message = encodeMessage({
      ...header,
      payloads: [
        { type: 'V', data: fromHex('00') },
        { type: 'SK', firstPayload: 0, data },
      ],
    });
    context.seal(message, message.length - data.length);
    expect(reasonOf(c, message)).toBe('ok');
    message[32] = 1;
    expect(reasonOf(c, message)).toBe('icv');
  }
});

test('any content of any length comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(...suites), (data, [, c]) => {
      const content: Payload[] = [{ type: 'V', data }];
      const opened = openSk(createSkContext(c), decodeMessage(sealSk(createSkContext(c), header, content, random)));
      expect(opened.ok && decodePayloads(opened.firstPayload, opened.octets)).toEqual(content);
    }),
    { numRuns: 100 },
  );
});
