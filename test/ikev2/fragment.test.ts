import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  addFragment,
  createSkContext,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  fragmentMessage,
  type FragmentLimits,
  type FragmentOptions,
  type FragmentQueue,
  type FragmentResult,
  type IkeHeaderFields,
  openSk,
  type Payload,
  type PayloadOfType,
  sealSk,
  type SkConfig,
} from '../../src/ike.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';

const header: IkeHeaderFields = {
  spiI: fromHex('0102030405060708'),
  spiR: fromHex('1112131415161718'),
  exchange: 'IKE_AUTH',
  isInitiator: true,
  isResponse: false,
  messageId: 1,
};
const gcm: SkConfig = { encryption: aes128Gcm16, encryptionKey: new Uint8Array(20).fill(7) };
const cbc: SkConfig = {
  encryption: aes128Cbc,
  encryptionKey: new Uint8Array(16).fill(8),
  integrity: hmacSha256_128,
  integrityKey: new Uint8Array(32).fill(9),
};
const random = (octets: Uint8Array): void => void octets.fill(0x5a);
const certificates = (octets: number): Payload[] => [
  { type: 'IDi', idType: 'ID_FQDN', data: fromHex('6869') },
  { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: Uint8Array.from({ length: octets }, (_, i) => i & 0xff) },
];
const cut = (payloads: readonly Payload[], options: FragmentOptions, c = gcm, fields = header): readonly Uint8Array[] =>
  fragmentMessage(createSkContext(c), fields, payloads, random, options);
const take = (queue: FragmentQueue | undefined, octets: Uint8Array, c = gcm, limits?: FragmentLimits): FragmentResult =>
  addFragment(queue, createSkContext(c), decodeMessage(octets), limits);
const kept = (result: FragmentResult): FragmentQueue => {
  if (result.kind !== 'kept') throw new Error(JSON.stringify(result));
  return result.queue;
};
const reason = (result: FragmentResult): string => (result.kind === 'dropped' ? result.reason : result.kind);
const skf = (octets: Uint8Array): PayloadOfType<'SKF'> => decodeMessage(octets).payloads.at(-1) as PayloadOfType<'SKF'>;
const whole = (payloads: readonly Payload[]): string => toHex(encodePayloads(payloads).octets);
/** A fragment with any numbers, sealed with the right key. */
const forge = (change: Partial<PayloadOfType<'SKF'>>, content: Uint8Array, before: Payload[] = [], fields = header): Uint8Array => {
  const context = createSkContext(gcm);
  const data = new Uint8Array(8 + content.length + 1 + 16);
  data.set(content, 8);
  const fragment = { type: 'SKF', firstPayload: 0, fragmentNumber: 1, totalFragments: 2, data, ...change } as const;
  const message = encodeMessage({ ...fields, payloads: [...before, fragment] });
  context.seal(message, message.length - data.length);
  return message;
};

describe('RFC 7383 section 2.5: fragmenting', () => {
  test.each([
    ['AES-GCM', gcm],
    ['AES-CBC', cbc],
  ])('numbers, Next Payload, header and size, %s', (_, c) => {
    const payloads = certificates(3000);
    for (const size of [120, 548, 1232, 4000]) {
      const fragments = cut(payloads, { size }, c);
      fragments.forEach((octets, i) => {
        expect(octets.length).toBeLessThanOrEqual(size);
        expect(decodeMessage(octets)).toMatchObject({ ...header, payloads: [{ type: 'SKF' }] });
        expect(skf(octets)).toMatchObject({ fragmentNumber: i + 1, totalFragments: fragments.length, firstPayload: i === 0 ? 35 : 0 });
      });
      // As few as fit.
      const room = size - 36 - (c === gcm ? 8 + 16 : 16 + 16);
      const content = c === gcm ? room - 1 : Math.floor(room / 16) * 16 - 1;
      expect(fragments.length).toBe(Math.ceil(encodePayloads(payloads).octets.length / content));
    }
  });

  test('a short message is one fragment; so is one without payloads', () => {
    expect(cut(certificates(1), { size: 1232 }).length).toBe(1);
    const [only] = cut([], { size: 1232 });
    expect(skf(only!)).toMatchObject({ firstPayload: 0, fragmentNumber: 1, totalFragments: 1 });
    expect(take(undefined, only!)).toEqual({ kind: 'complete', firstPayload: 0, octets: new Uint8Array(0), unprotected: [] });
  });

  test('section 2.5.2: Total Fragments really increases with a smaller size', () => {
    const payloads = certificates(1000);
    const first = cut(payloads, { size: 600 });
    const second = cut(payloads, { size: 590, moreThan: first.length });
    expect(second.length).toBe(first.length + 1);
    expect(cut(payloads, { size: 300, moreThan: first.length }).length).toBeGreaterThan(first.length);
    expect(cut([], { size: 300, moreThan: 3 }).length).toBe(4);
  });

  test('a size that leaves no room, and more fragments than there are numbers', () => {
    const failure = (options: FragmentOptions): string => {
      try {
        cut(certificates(65_000), options);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
        return (error as IpsecError).message;
      }
      throw new Error('was accepted');
    };
    expect(failure({ size: 61 })).toBe('the size of an IKE fragment: expected at least 62 octets, found 61 (size)');
    for (const size of [0, -1, Number.NaN]) expect(failure({ size })).toContain('at least 62');
    expect(failure({ size: 62, moreThan: 65_535 })).toContain('at most 65535');
    expect(cut(certificates(4), { size: 62 }).length).toBe(encodePayloads(certificates(4)).octets.length);
  });
});

describe('RFC 7383 section 2.6: receiving', () => {
  const payloads = certificates(2500);

  test('in any order, each twice', () => {
    fc.assert(
      fc.property(fc.constantFrom(gcm, cbc), fc.integer({ min: 100, max: 1500 }), fc.infiniteStream(fc.nat()), (c, size, choice) => {
        const order = [...cut(payloads, { size }, c)];
        for (let i = order.length - 1; i > 0; i--) {
          const j = choice.next().value % (i + 1);
          [order[i], order[j]] = [order[j]!, order[i]!];
        }
        let queue: FragmentQueue | undefined;
        order.forEach((octets, i) => {
          const result = take(queue, octets, c);
          if (i === order.length - 1) {
            if (result.kind !== 'complete') throw new Error(JSON.stringify(result));
            expect(toHex(result.octets)).toBe(whole(payloads));
            expect(whole(decodePayloads(result.firstPayload, result.octets))).toBe(whole(payloads));
            return;
          }
          queue = kept(result);
          expect(reason(take(queue, octets, c))).toBe('duplicate');
        });
      }),
      { numRuns: 40 },
    );
  });

  test('one that does not verify changes nothing, and is not kept', () => {
    const [first, second, third] = cut(payloads, { size: 1000 }) as [Uint8Array, Uint8Array, Uint8Array];
    const queue = kept(take(undefined, first));
    const before = JSON.stringify([...queue.parts.keys(), queue.octets]);
    for (let at = 28; at < second.length; at += 7) {
      const bad = second.slice();
      bad[at]! ^= 0x10;
      let result: FragmentResult | undefined;
      try {
        result = take(queue, bad);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
      expect(result?.kind ?? 'dropped').toBe('dropped');
    }
    expect(JSON.stringify([...queue.parts.keys(), queue.octets])).toBe(before);
    expect(take(kept(take(queue, third)), second).kind).toBe('complete');
  });

  test('the numbers are authenticated', () => {
    const [first] = cut(payloads, { size: 1000 });
    for (const [at, to] of [
      [33, 2],
      [35, 4],
      [35, 9],
    ] as const) {
      // prettier-ignore
      const bad = first!.slice();
      bad[at] = to;
      expect(reason(take(undefined, bad))).toBe('icv');
    }
  });

  test('"contain non-zero values", "less than or equal to the value in the Total Fragments field"', () => {
    for (const [fragmentNumber, totalFragments] of [
      [0, 0],
      [0, 2],
      [1, 0],
      [3, 2],
      [65535, 65534],
    ] as const) {
      // prettier-ignore
      expect(reason(take(undefined, forge({ fragmentNumber, totalFragments }, fromHex('00'))))).toBe('malformed');
    }
  });

  test('"equal to or greater than": a set of more fragments starts over, one of fewer is stale', () => {
    const [large] = cut(payloads, { size: 1300 });
    const small = cut(payloads, { size: 700 });
    let queue = kept(take(undefined, large!));
    queue = kept(take(queue, small[1]!));
    expect([queue.total, [...queue.parts.keys()], queue.firstPayload]).toEqual([small.length, [2], 0]);
    expect(reason(take(queue, large!))).toBe('stale');
    for (const [i, octets] of small.entries()) {
      if (i === 1) continue;
      const result = take(queue, octets);
      if (result.kind === 'kept') queue = result.queue;
      else expect(result.kind === 'complete' && toHex(result.octets)).toBe(whole(payloads));
    }
  });

  test('a set that starts over has to verify first', () => {
    const [large] = cut(payloads, { size: 1300 });
    const queue = kept(take(undefined, large!));
    const other = { ...gcm, encryptionKey: new Uint8Array(20).fill(1) };
    const [forged] = cut(payloads, { size: 300 }, other);
    expect(reason(take(queue, forged!))).toBe('icv');
  });

  test('fragments of another message do not mix', () => {
    const [first] = cut(payloads, { size: 1300 });
    const queue = kept(take(undefined, first!));
    const others: IkeHeaderFields[] = [
      { ...header, messageId: 2 },
      { ...header, exchange: 'INFORMATIONAL' },
      { ...header, isResponse: true },
    ];
    for (const fields of others) expect(reason(take(queue, cut(payloads, { size: 1300 }, gcm, fields)[1]!))).toBe('other');
  });

  test('section 2.5.3: payloads in front of SKF in the first fragment alone', () => {
    const before: Payload[] = [{ type: 'unknown', payloadType: 200, data: fromHex('01') }];
    const queue = kept(take(undefined, forge({ firstPayload: 43 }, fromHex('0000'), before)));
    expect(queue.unprotected).toEqual(before);
    const second = forge({ fragmentNumber: 2 }, fromHex('0005ff'));
    expect(take(queue, second)).toEqual({ kind: 'complete', firstPayload: 43, octets: fromHex('00000005ff'), unprotected: before });
    expect(reason(take(queue, forge({ fragmentNumber: 2 }, fromHex('0005ff'), before)))).toBe('malformed');
  });

  test('an SK message is no fragment, and a fragment no SK message', () => {
    const sk = decodeMessage(sealSk(createSkContext(gcm), header, [], random));
    expect(addFragment(undefined, createSkContext(gcm), sk)).toEqual({ kind: 'dropped', reason: 'malformed' });
    const [fragment] = cut([], { size: 1000 });
    expect(openSk(createSkContext(gcm), decodeMessage(fragment!))).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('RFC 7383 section 5: bounded', () => {
  test('more fragments than the limit: refused before anything is decrypted', () => {
    const octets = forge({ fragmentNumber: 1, totalFragments: 129 }, fromHex('00'));
    expect(reason(take(undefined, octets))).toBe('limit');
    expect(take(undefined, octets, gcm, { fragments: 129 }).kind).toBe('kept');
    expect(reason(take(undefined, forge({ totalFragments: 65_535 }, fromHex('00'))))).toBe('limit');
  });

  test('more octets than the limit: the peer is broken or means harm', () => {
    const payloads = certificates(2500);
    const [first, second] = cut(payloads, { size: 1300 });
    const queue = kept(take(undefined, first!, gcm, { octets: 1300 }));
    expect(take(queue, second!, gcm, { octets: 1300 })).toEqual({ kind: 'overflow' });
    expect(take(undefined, first!, gcm, { octets: 100 })).toEqual({ kind: 'overflow' });
  });
});
