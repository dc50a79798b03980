import { describe, expect, it } from 'vitest';
import { concat, EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  encapsulationModes,
  phase1Attributes,
  phase1Authentication,
  phase1Encryption,
  phase1Hashes,
  phase2Attributes,
  phase2Authentication,
} from '../../src/iana/ikev1-attributes.js';
import { ahTransforms, espTransforms } from '../../src/iana/ikev1-transforms.js';
import { encryptionAlgorithms } from '../../src/iana/encryption.js';
import { integrityAlgorithms } from '../../src/iana/integrity.js';
import { pseudorandomFunctions } from '../../src/iana/prf.js';
import { vendorIds } from '../../src/iana/ikev1-vendors.js';
import {
  addFragment,
  computeHash1,
  computeSkeyidSignatures,
  createDpd,
  createMessageCipher,
  createNotify,
  createVendorId,
  decodeMessage,
  decodeNotifyData,
  decodePhase1Attributes,
  decodePhase2Attributes,
  deriveKeymat,
  derivePhase1Keys,
  deriveSaKeys,
  encodeHashed,
  encodeNotifyData,
  encodePayloads,
  encodePhase1Attributes,
  encodePhase2Attributes,
  encodeRsaBlock,
  expandEncryptionKey,
  findVendorId,
  fragmentMessage,
  type FragmentSet,
  openMessage,
  type Payload,
  type PayloadOfType,
  type Phase1Attribute,
  type Phase1Values,
  readDpd,
  sealMessage,
  signatureHashName,
  splitHash,
  verifyHash,
  verifyRsaSignature,
  wipePhase1Keys,
} from '../../src/ikev1.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, nullEncryption } from '../../src/suite/encr.js';
import { hashRows, hashSha256 } from '../../src/suite/hash.js';
import { hashMd5 } from '../../src/suite/hash-legacy.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { desCbc, tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';

const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const header = {
  ckyI: new Uint8Array(8).fill(1),
  ckyR: new Uint8Array(8).fill(2),
  exchange: 'Quick Mode',
  authenticationOnly: false,
  commit: false,
  messageId: 7,
} as const;

describe('registries of IKEv1', () => {
  it('have each number and each name once, in order', () => {
    const all = [encapsulationModes, phase1Attributes, phase1Authentication, phase1Encryption, phase1Hashes, phase2Attributes];
    for (const table of [...all, phase2Authentication, ahTransforms, espTransforms]) {
      const ids = table.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
    }
  });
  it('name the same algorithms of IKEv2', () => {
    const names = (rows: readonly { readonly name: string }[]): string[] => rows.map(({ name }) => name);
    const ours = (rows: readonly { readonly ikev2: string | null }[]): string[] => rows.flatMap(({ ikev2 }) => ikev2 ?? []);
    expect(names(encryptionAlgorithms)).toEqual(expect.arrayContaining([...ours(phase1Encryption), ...ours(espTransforms)]));
    expect(names(integrityAlgorithms)).toEqual(expect.arrayContaining([...ours(ahTransforms), ...ours(phase2Authentication)]));
    expect(names(pseudorandomFunctions)).toEqual(expect.arrayContaining(ours(phase1Hashes)));
  });
});

describe('RFC 2409 appendix A: attributes of phase 1', () => {
  const values: Phase1Values = {
    encryption: 'AES-CBC',
    keyLength: 128,
    hash: 'SHA2-256',
    group: 14,
    authentication: 'pre-shared key',
    lifetimes: [
      { type: 'seconds', duration: 86_400 },
      { type: 'kilobytes', duration: 4 },
      { type: 3, duration: 2 ** 40 },
    ],
    others: [{ type: 'Field Size', value: 9 }],
  };
  it('go both ways', () => {
    const attributes = encodePhase1Attributes(values);
    expect(decodePhase1Attributes(attributes)).toEqual(values);
    expect(attributes.slice(0, 5)).toEqual([
      { type: 'Encryption Algorithm', value: 7 },
      { type: 'Key Length', value: 128 },
      { type: 'Hash Algorithm', value: 4 },
      { type: 'Group Description', value: 14 },
      { type: 'Authentication Method', value: 1 },
    ]);
    const durations = attributes.filter(({ type }) => type === 'Life Duration').map(({ value }) => value);
    expect(durations).toEqual([fromHex('00015180'), 4, fromHex('0000010000000000')]);
  });
  const read = (...attributes: Phase1Attribute[]): Phase1Values => decodePhase1Attributes(attributes);
  it('may say a thing twice, not two things', () => {
    const aes: Phase1Attribute = { type: 'Encryption Algorithm', value: 7 };
    expect(read(aes, aes).encryption).toBe('AES-CBC');
    expect(failure(() => read(aes, { ...aes, value: 5 }))).toMatchObject({ code: 'malformed', blame: 'peer', expected: 'AES-CBC' });
  });
  it('a number is never octets', () => {
    expect(failure(() => read({ type: 'Key Length', value: fromHex('00000080') })).code).toBe('malformed');
    expect(failure(() => read({ type: 'Life Type', value: fromHex('0001') })).code).toBe('malformed');
  });
  it('a duration follows its type', () => {
    const seconds: Phase1Attribute = { type: 'Life Type', value: 1 };
    const duration = (value: number | Uint8Array): Phase1Attribute => ({ type: 'Life Duration', value });
    expect(failure(() => read(duration(1), seconds)).code).toBe('malformed');
    expect(failure(() => read(seconds, duration(1), duration(2))).code).toBe('malformed');
    expect(read(seconds, duration(fromHex('000000000000000000000005'))).lifetimes).toEqual([{ type: 'seconds', duration: 5 }]);
    expect(read(seconds, duration(fromHex('001fffffffffffff'))).lifetimes[0]?.duration).toBe(Number.MAX_SAFE_INTEGER);
    for (const octets of ['0020000000000000', '010000000000000000', ''])
      expect(failure(() => read(seconds, duration(fromHex(octets)))).code).toBe('malformed');
  });
  it('names that are none are refused', () => {
    const wrong = { ...values, hash: 'SHA2-255' } as unknown as Phase1Values;
    expect(failure(() => encodePhase1Attributes(wrong))).toMatchObject({ code: 'invalid-argument', nearest: 'SHA2-256' });
    for (const duration of [-1, 0.5, 2 ** 53])
      expect(failure(() => encodePhase1Attributes({ ...values, lifetimes: [{ type: 1, duration }] })).code).toBe('invalid-argument');
    expect(read({ type: 'Hash Algorithm', value: 99 }).hash).toBe(99);
  });
});

describe('RFC 2407 section 4.5: attributes of phase 2', () => {
  it('the example: 24 hours or 100 MB', () => {
    const { lifetimes } = decodePhase2Attributes([
      { type: 'SA Life Type', value: 1 },
      { type: 'SA Life Duration', value: fromHex('00015180') },
      { type: 'SA Life Type', value: 2 },
      { type: 'SA Life Duration', value: fromHex('000186a0') },
    ]);
    expect(lifetimes).toEqual([
      { type: 'seconds', duration: 86_400 },
      { type: 'kilobytes', duration: 100_000 },
    ]);
  });
  it('go both ways, with Extended Sequence Numbers (RFC 4304)', () => {
    const values = {
      keyLength: 256,
      authentication: 'HMAC-SHA2-256',
      group: 14,
      encapsulation: 'UDP-Encapsulated-Transport',
      lifetimes: [],
      esn: 1,
      others: [],
    } as const;
    expect(decodePhase2Attributes(encodePhase2Attributes(values))).toEqual(values);
  });
});

describe('keys', () => {
  const gXy = new Uint8Array(16).fill(9);
  const cookies = { ckyI: new Uint8Array(8).fill(1), ckyR: new Uint8Array(8).fill(2) };
  it('no secret, no keys', () => {
    const nonces = { Ni: gXy, Nr: gXy };
    expect(failure(() => computeSkeyidSignatures(prfHmacSha256, nonces, EMPTY)).code).toBe('invalid-argument');
    expect(failure(() => derivePhase1Keys(prfHmacSha256, gXy, { gXy: EMPTY, ...cookies })).code).toBe('invalid-argument');
    const input = { ...nonces, protocol: 3, spi: EMPTY, gXy: EMPTY };
    expect(failure(() => deriveKeymat(prfHmacSha256, gXy, input, 16)).code).toBe('invalid-argument');
  });
  it('integrity is missing, or one too many', () => {
    const input = { Ni: gXy, Nr: gXy, protocol: 3, spi: EMPTY };
    const derive = (algorithms: Parameters<typeof deriveSaKeys>[1]): unknown => deriveSaKeys(prfHmacSha256, algorithms, gXy, input);
    for (const algorithms of [{}, { encryption: aes128Cbc }, { encryption: aes128Gcm16, integrity: hmacSha256_128 }])
      expect(failure(() => derive(algorithms)).code).toBe('invalid-argument');
    expect(derive({ encryption: nullEncryption, integrity: hmacSha256_128 })).toMatchObject({ encryption: EMPTY });
  });
  it('with PFS they are others', () => {
    const input = { Ni: gXy, Nr: gXy, protocol: 3, spi: Uint8Array.of(0, 0, 1, 0) };
    expect(deriveKeymat(prfHmacSha256, gXy, { ...input, gXy }, 16)).not.toEqual(deriveKeymat(prfHmacSha256, gXy, input, 16));
    expect(deriveKeymat(prfHmacSha256, gXy, input, 0)).toHaveLength(0);
  });
  it('are zeros in the end', () => {
    const keys = derivePhase1Keys(prfHmacSha256, gXy.slice(), { gXy, ...cookies });
    wipePhase1Keys(keys);
    for (const key of Object.values(keys) as Uint8Array[]) expect(key.every((octet) => octet === 0)).toBe(true);
  });
  it('are as long as the cipher wants', () => {
    for (const length of [8, 32, 33, 56, 96])
      expect(expandEncryptionKey(prfHmacSha256, new Uint8Array(32).fill(5), length)).toHaveLength(length);
  });
});

describe('RFC 2409 appendix B: messages', () => {
  const iv = new Uint8Array(16).fill(3);
  const cipher = createMessageCipher(aes128Cbc, new Uint8Array(16).fill(4));
  const payloads: Payload[] = [{ type: 'Nonce', data: new Uint8Array(20).fill(5) }];
  it('are padded with zeros to the next block, and not at all when they fill it', () => {
    const filled = encodePayloads([{ type: 'KE', data: new Uint8Array(12) }]);
    expect(sealMessage(cipher, iv, header, filled).octets).toHaveLength(28 + 16);
    const sealed = sealMessage(cipher, iv, header, encodePayloads(payloads));
    expect(sealed.octets).toHaveLength(28 + 32);
    const message = decodeMessage(sealed.octets);
    if (!message.isEncrypted) throw new Error('clear');
    const opened = openMessage(cipher, iv, message);
    expect(opened.payloads).toEqual(payloads);
    expect(opened.padding).toEqual(new Uint8Array(8));
    expect(opened.nextIv).toEqual(sealed.nextIv);
    expect(toHex(sealed.nextIv)).toBe(toHex(sealed.octets.subarray(-16)));
  });
  it('of no whole blocks, of none at all and of nothing', () => {
    const octets = fromHex('00'.repeat(17));
    for (const data of [octets, EMPTY])
      expect(failure(() => openMessage(cipher, iv, { ...header, firstPayload: 8, data }))).toMatchObject({
        code: 'malformed',
        blame: 'peer',
      });
    expect(failure(() => sealMessage(cipher, iv, header, encodePayloads([]))).code).toBe('invalid-argument');
    expect(failure(() => sealMessage(cipher, iv, header, encodePayloads(payloads), new Uint8Array(3))).code).toBe('invalid-argument');
  });
  it('under another key are an IpsecError or payloads of chance, never anything else', () => {
    const { octets } = sealMessage(cipher, iv, header, encodePayloads(payloads));
    for (let i = 0; i < 200; i++) {
      const other = createMessageCipher(aes128Cbc, new Uint8Array(16).fill(i + 5));
      const message = decodeMessage(octets);
      if (!message.isEncrypted) throw new Error('clear');
      try {
        openMessage(other, iv, message);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
    }
  });
  it('only ciphers in CBC will do', () => {
    for (const row of [nullEncryption, aes128Ctr])
      expect(failure(() => createMessageCipher(row, new Uint8Array(row.keyLength + row.saltLength)))).toMatchObject({
        code: 'unsupported',
      });
    expect(
      createMessageCipher(
        tripleDesCbc,
        Uint8Array.from({ length: 24 }, (_, i) => 37 * i),
      ).blockSize,
    ).toBe(8);
    // a weak key of DES, as it would come out of SKEYID_e once in 2^52 times
    expect(failure(() => createMessageCipher(desCbc, new Uint8Array(8).fill(1))).code).toBe('invalid-argument');
  });
  it('after destroy() nothing is encrypted', () => {
    const gone = createMessageCipher(aes128Cbc, new Uint8Array(16));
    gone.destroy();
    expect(failure(() => gone.encrypt(iv, new Uint8Array(16))).code).toBe('sa-deleted');
  });
});

describe('RFC 2409 section 5.5: the HASH payload', () => {
  it('stands in front and covers all that follows', () => {
    const SKEYID_a = new Uint8Array(32).fill(6);
    const hashOf = (message: Uint8Array): Uint8Array => computeHash1(prfHmacSha256, SKEYID_a, 7, message);
    const { firstPayload, octets } = encodeHashed([{ type: 'VID', data: fromHex('01') }], hashOf);
    const { hash, message, payloads } = splitHash(firstPayload, octets);
    expect(toHex(message)).toBe('0000000501');
    expect(payloads).toEqual([{ type: 'VID', data: fromHex('01') }]);
    expect(verifyHash(hashOf(message), hash)).toBe(true);
    expect(verifyHash(hashOf(message.subarray(1)), hash)).toBe(false);
    expect(verifyHash(hashOf(message), hash.subarray(1))).toBe(false);
  });
  it('elsewhere it is none', () => {
    const { firstPayload, octets } = encodePayloads([
      { type: 'VID', data: EMPTY },
      { type: 'HASH', data: new Uint8Array(32) },
    ]);
    expect(failure(() => splitHash(firstPayload, octets)).code).toBe('malformed');
    expect(failure(() => splitHash(0, EMPTY)).code).toBe('malformed');
  });
});

describe('RFC 3706: Dead Peer Detection', () => {
  const cookies = { ckyI: header.ckyI, ckyR: header.ckyR };
  it('question and answer', () => {
    const question = createDpd('R-U-THERE', cookies, 0x7fffffff);
    expect(toHex(encodePayloads([question]).octets)).toBe(
      '00000020' + '00000001' + '01108d28' + '01'.repeat(8) + '02'.repeat(8) + '7fffffff',
    );
    expect(readDpd(question, cookies)).toEqual({ sequence: 0x7fffffff });
    expect(createDpd('R-U-THERE-ACK', cookies, 1).notify).toBe('R-U-THERE-ACK');
  });
  it('other cookies, another notification, another length', () => {
    const question = createDpd('R-U-THERE', cookies, 1);
    expect(failure(() => readDpd(question, { ...cookies, ckyR: header.ckyI })).code).toBe('malformed');
    expect(failure(() => readDpd(createNotify('INITIAL-CONTACT', cookies), cookies)).code).toBe('malformed');
    expect(failure(() => readDpd({ ...question, data: new Uint8Array(3) }, cookies)).code).toBe('truncated');
    expect(readDpd({ ...question, spi: EMPTY }, cookies)).toEqual({ sequence: 1 });
  });
  it('RFC 2407 section 4.6.3: the data of other notifications', () => {
    const attributes = encodePhase2Attributes({ lifetimes: [{ type: 'seconds', duration: 3600 }], others: [] });
    const data = encodeNotifyData('RESPONDER-LIFETIME', { attributes });
    expect(decodePhase2Attributes(decodeNotifyData('RESPONDER-LIFETIME', data).attributes).lifetimes).toEqual([
      { type: 'seconds', duration: 3600 },
    ]);
    expect(toHex(encodeNotifyData('REPLAY-STATUS', { status: 1 }))).toBe('00000001');
  });
});

describe('signatures', () => {
  it('RFC 2409 section 5.1: the hash alone stands in the block', () => {
    expect(toHex(encodeRsaBlock(fromHex('aabb'), 16))).toBe('0001' + 'ff'.repeat(11) + '00' + 'aabb');
    expect(failure(() => encodeRsaBlock(new Uint8Array(20), 30)).code).toBe('invalid-argument');
  });
  it('what is no RSA signature is wrong', () => {
    const key = { type: 'RSA', modulus: new Uint8Array(64).fill(0xff), exponent: Uint8Array.of(3), spki: EMPTY } as const;
    for (const length of [0, 63, 64, 65])
      expect(verifyRsaSignature(key, new Uint8Array(20), new Uint8Array(length).fill(0xff))).toBe(false);
    expect(verifyRsaSignature(key, new Uint8Array(60), new Uint8Array(64))).toBe(false);
    expect(verifyRsaSignature({ type: 'Ed25519', point: new Uint8Array(32), spki: EMPTY }, EMPTY, EMPTY)).toBe(false);
  });
  it('RFC 4754 section 4: ECDSA brings its hash', () => {
    expect(phase1Authentication.flatMap(({ name }) => signatureHashName(name) ?? [])).toEqual(['SHA2-256', 'SHA2-384', 'SHA2-512']);
    expect(signatureHashName(9)).toBeUndefined();
  });
});

describe('Vendor IDs', () => {
  it('are hashes of texts', () => {
    for (const { hex, text: said } of vendorIds)
      if (said !== undefined) expect(toHex(hashMd5.digest(text(said))).startsWith(hex)).toBe(true);
  });
  it('are found whatever version stands behind them', () => {
    for (const name of ['RFC 3947', 'Dead Peer Detection', 'XAUTH', 'FRAGMENTATION'] as const)
      expect(findVendorId(createVendorId(name).data)).toBe(name);
    expect(toHex(createVendorId('Dead Peer Detection').data)).toBe('afcad71368a1f1c96b8696fc77570100');
    for (const data of [EMPTY, fromHex('afcad713'), new Uint8Array(16)]) expect(findVendorId(data)).toBeUndefined();
  });
});

describe('hash algorithms', () => {
  it.each(hashRows)('$name', (row) => {
    expect(row.digest(text('ab'), EMPTY, text('c'))).toEqual(row.digest(text('abc')));
    expect(row.digest()).toHaveLength(row.outputLength);
    expect(row.prf.outputLength).toBe(row.outputLength);
    expect(phase1Hashes.find(({ id }) => id === row.id)).toMatchObject({ name: row.name, ikev2: row.prf.name });
  });
  it('FIPS 180-4: abc', () => {
    expect(toHex(hashSha256.digest(text('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('fragments', () => {
  const octets = Uint8Array.from({ length: 1000 }, (_, i) => i);
  const cut = (size: number): PayloadOfType<'FRAG'>[] =>
    fragmentMessage(header, octets, size, 9).map((raw) => {
      expect(raw.length).toBeLessThanOrEqual(size);
      const message = decodeMessage(raw);
      const payload = message.isEncrypted ? undefined : message.payloads[0];
      if (payload?.type !== 'FRAG') throw new Error('no fragment');
      return payload;
    });
  const join = (fragments: readonly PayloadOfType<'FRAG'>[]): Uint8Array | undefined => {
    let set: FragmentSet | undefined;
    for (const fragment of fragments) {
      const added = addFragment(set, fragment);
      if ('message' in added) return added.message;
      set = added.set;
    }
    return undefined;
  };
  it('come together in any order, and once each', () => {
    const fragments = cut(200);
    expect(fragments).toHaveLength(7);
    expect(join(fragments)).toEqual(octets);
    expect(join(fragments.toReversed())).toEqual(octets);
    expect(join(fragments.flatMap((f) => [f, f]))).toEqual(octets);
    expect(join(fragments.slice(1))).toBeUndefined();
  });
  it('the first of a number stays', () => {
    const [first, ...others] = cut(200);
    expect(join([first!, { ...first!, data: first!.data.map((octet) => octet ^ 1) }, ...others])).toEqual(octets);
  });
  it('of another message begin anew', () => {
    const [first, ...others] = cut(200);
    expect(join([{ ...first!, fragmentId: 8 }, ...others])).toBeUndefined();
    expect(join([{ ...first!, fragmentId: 8, data: concat(first!.data, first!.data) }, first!, ...others])).toEqual(octets);
  });
  it('numbers that cannot be', () => {
    const fragments = cut(200);
    const last = fragments.at(-1)!;
    const set = ((added) => ('set' in added ? added.set : undefined))(addFragment(undefined, last));
    for (const wrong of [
      { ...last, fragmentNumber: 0 },
      { ...last, fragmentNumber: 8, flags: 0 },
      { ...last, fragmentNumber: 3, flags: 1 },
      { ...last, fragmentNumber: 3, flags: 0, data: EMPTY },
    ])
      expect(failure(() => addFragment(set, wrong))).toMatchObject({ code: 'bad-fragment' });
    const high = ((added) => ('set' in added ? added.set : undefined))(addFragment(undefined, { ...last, flags: 0 }));
    expect(failure(() => addFragment(high, { ...last, fragmentNumber: 2 })).code).toBe('bad-fragment');
    expect(failure(() => addFragment(set, fragments[0]!, 150)).code).toBe('limit-exceeded');
  });
  it('are not too many, and not without room', () => {
    expect(failure(() => fragmentMessage(header, octets, 38, 1)).code).toBe('limit-exceeded');
    expect(failure(() => fragmentMessage(header, octets, 36, 1)).code).toBe('invalid-argument');
    expect(fragmentMessage(header, octets, 1000, 1)).toEqual([octets]);
  });
});
