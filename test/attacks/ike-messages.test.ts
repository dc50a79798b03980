/**
 * Attacks on the octets of IKEv2 messages. Each test says which row of the list of known attacks it stands for; what needs the state of an
 * IKE SA has files of its own.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, writeU16, writeU32 } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  addFragment,
  createSkContext,
  decodeHeader,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  findUnsupportedCritical,
  fragmentMessage,
  type FragmentQueue,
  type FragmentResult,
  type IkeHeaderFields,
  type IkeLimits,
  type IkeMessage,
  type Payload,
} from '../../src/ike.js';
import { messageCodec } from '../../src/ikev2/message.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { ANY } from '../../src/traffic-selector.js';
import { octetMap } from '../../src/wire.js';
import { transcripts } from '../ikev2/transcripts.js';

const spi = fromHex('0102030405060708');
const header: IkeHeaderFields = { spiI: spi, spiR: spi, exchange: 'IKE_AUTH', isInitiator: true, isResponse: false, messageId: 1 };
const messageOf = (payloads: readonly Payload[]): Uint8Array => encodeMessage({ ...header, payloads });

/** The message, or the error, which has to be an `IpsecError` that does not blame us. */
function attempt(octets: Uint8Array, limits?: IkeLimits): IkeMessage | IpsecError {
  const before = octets.slice();
  const result = decodeOrError(octets, limits);
  if (!before.every((octet, i) => octet === octets[i])) throw new Error('the input was changed');
  const { offset = 0 } = result instanceof IpsecError ? result : {};
  if (offset < 0 || offset > octets.length) throw new Error(`an offset outside: ${offset}`);
  return result;
}

function decodeOrError(octets: Uint8Array, limits?: IkeLimits): IkeMessage | IpsecError {
  try {
    return decodeMessage(octets, limits);
  } catch (error) {
    if (error instanceof IpsecError && error.blame !== 'caller') return error;
    throw error;
  }
}

/** What decodes has to encode again, and that to decode to the same octets. */
function check(octets: Uint8Array): 'refused' | 'decoded' {
  const result = attempt(octets);
  if (result instanceof IpsecError) return 'refused';
  const once = encodeMessage(result);
  const twice = attempt(once);
  if (twice instanceof IpsecError || toHex(encodeMessage(twice)) !== toHex(once)) throw new Error(`not the same again: ${toHex(octets)}`);
  return 'decoded';
}

/** One message with every kind of payload, nested as deep as it goes. */
const everything = messageOf([
  {
    type: 'SA',
    proposals: [1, 2].map((proposalNum) => ({
      proposalNum,
      protocol: 'ESP',
      spi: fromHex('deadbeef'),
      transforms: [
        { type: 'ENCR', id: 12, attributes: [{ type: 'Key Length', value: 128 }, { type: 99, value: fromHex('0102030405') }] }, // prettier-ignore
        { type: 'INTEG', id: 12, attributes: [] },
        { type: 'ESN', id: 0, attributes: [] },
      ],
    })),
  },
  { type: 'KE', method: 31, data: new Uint8Array(32) },
  { type: 'IDi', idType: 'ID_FQDN', data: fromHex('6869') },
  { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: new Uint8Array(9) },
  { type: 'AUTH', method: 'Digital Signature', data: new Uint8Array(9) },
  { type: 'Nonce', data: new Uint8Array(16) },
  { type: 'N', protocol: 'ESP', notify: 'REKEY_SA', spi: fromHex('01020304'), data: fromHex('0506') },
  { type: 'D', protocol: 'ESP', spis: [fromHex('00000001'), fromHex('00000002')] },
  {
    type: 'TSi',
    selectors: [
      { protocol: ANY, addresses: { start: new Uint8Array(4), end: new Uint8Array(4).fill(255) }, ports: ANY },
      { protocol: 6, addresses: { start: new Uint8Array(16), end: new Uint8Array(16).fill(255) }, ports: { start: 1, end: 2 } },
      { tsType: 10, octets: fromHex('0a000008006c6162') },
    ],
  },
  { type: 'CP', cfgType: 'CFG_REPLY', attributes: [{ type: 'INTERNAL_IP4_ADDRESS', value: fromHex('c0000201') }, { type: 25, value: fromHex('') }] }, // prettier-ignore
  { type: 'EAP', code: 'Request', identifier: 1, data: fromHex('0102') },
  { type: 'unknown', payloadType: 200, data: fromHex('010203') },
]);
const real = transcripts
  .flatMap((t) => t.messages.filter((m) => m.encrypted !== true).map((m) => fromHex(m.raw)))
  .filter((_, i) => i % 9 === 0);

/** The fields that say how long or how many: where they stand, and how many octets they have. */
function lengthsIn(octets: Uint8Array): { path: string; offset: number; length: number; value: number }[] {
  const isLength = /(^|\.)(length|payloadLength|selectorLength|spiSize|numTransforms|numSpis|numberOfTss|lastSubstruc)$/;
  return octetMap(messageCodec, octets)
    .fields.filter(({ path }) => isLength.test(path))
    .map(({ path, offset, length, value }) => ({ path, offset, length, value: Number(value) }));
}

function withNumber(octets: Uint8Array, { offset, length }: { offset: number; length: number }, number: number): Uint8Array {
  const changed = octets.slice();
  if (length === 4) writeU32(changed, offset, number >>> 0);
  else if (length === 2) writeU16(changed, offset, number & 0xffff);
  else changed[offset] = number;
  return changed;
}

describe('row 4: lengths and counts', () => {
  it('row 4: every length and count at every level of nesting, off by one, zero, and as large as can be', () => {
    const levels = new Set<number>();
    let tried = 0;
    for (const octets of [everything, ...real]) {
      for (const field of lengthsIn(octets)) {
        levels.add(field.path.split('.').length);
        for (const number of [field.value - 1, field.value + 1, 0, 1, 3, 2 ** (8 * field.length) - 1, 2 ** (8 * field.length - 1)]) {
          if (number < 0 || number === field.value || number >= 2 ** (8 * field.length)) continue;
          tried++;
          check(withNumber(octets, field, number));
        }
      }
    }
    expect([...levels].sort((a, b) => a - b)).toEqual([1, 3, 5, 7, 10]);
    expect(tried).toBeGreaterThan(1000);
  });

  it('row 4: a count that does not agree with the octets is refused, whichever of the two is wrong', () => {
    for (const field of lengthsIn(everything)) {
      if (!/num|lastSubstruc/.test(field.path)) continue;
      for (const number of [field.value - 1, field.value + 1]) {
        if (number >= 0) expect([field.path, check(withNumber(everything, field, number))]).toEqual([field.path, 'refused']);
      }
    }
  });

  it('row 4: an attribute whose length runs into the next transform', () => {
    const at = toHex(everything).indexOf('00630005') / 2 + 2;
    expect(attempt(withNumber(everything, { offset: at, length: 2 }, 12))).toMatchObject({ code: 'truncated' });
  });

  it('row 4: Traffic Selectors whose start is above their end, and of a length that is not their family’s', () => {
    const selector = '0700001000000000' + '00000000' + 'ffffffff';
    const tsi = (text: string): IkeMessage | IpsecError => attempt(withPayload(44, fromHex(`01000000${text}`)));
    expect(tsi(selector)).not.toBeInstanceOf(IpsecError);
    expect(tsi('0700001000000000' + '00000001' + '00000000')).toMatchObject({ code: 'malformed' });
    expect(tsi('0700001001bb01ba' + '00000000' + 'ffffffff')).toMatchObject({ code: 'malformed' });
    expect(tsi('0800001000000000' + '00000000' + 'ffffffff')).toMatchObject({ code: 'truncated' });
    expect(tsi(`07000028000000000${'0'.repeat(63)}`)).toMatchObject({ code: 'trailing-octets' });
    expect(tsi('07000003')).toMatchObject({ code: 'malformed' });
    expect(tsi('')).toMatchObject({ code: 'truncated' });
  });

  it('row 4: truncated at every octet', () => {
    for (const octets of [everything, ...real.slice(0, 12)]) {
      for (let length = 0; length < octets.length; length++) expect(check(octets.slice(0, length))).toBe('refused');
    }
  });

  it('row 4: truncated at every octet, with a header that agrees', () => {
    for (let length = 28; length < everything.length; length++) {
      const octets = everything.slice(0, length);
      writeU32(octets, 24, length);
      check(octets);
    }
  });
});

/** A message with one payload of any type and body. */
function withPayload(type: number, body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(32 + body.length);
  octets.set(messageOf([]));
  octets[16] = type;
  writeU32(octets, 24, octets.length);
  writeU16(octets, 30, 4 + body.length);
  octets.set(body, 32);
  return octets;
}

describe('row 5: fragments', () => {
  const key = { encryption: aes128Gcm16, encryptionKey: new Uint8Array(20).fill(3) };
  const strange = { encryption: aes128Gcm16, encryptionKey: new Uint8Array(20).fill(4) };
  const content: Payload[] = [{ type: 'CERT', encoding: 'X.509 Certificate - Signature', data: new Uint8Array(4000) }];
  const fragments = fragmentMessage(createSkContext(key), header, content, () => undefined, { size: 800 });
  const receiver = createSkContext(key);
  const take = (queue: FragmentQueue | undefined, octets: Uint8Array): FragmentResult =>
    addFragment(queue, receiver, decodeMessage(octets));
  const outcome = (result: FragmentResult): string => (result.kind === 'dropped' ? result.reason : result.kind);
  const withNumbers = (octets: Uint8Array, number: number, total: number): Uint8Array =>
    withNumber(withNumber(octets, { offset: 32, length: 2 }, number), { offset: 34, length: 2 }, total);

  it('row 5: number 0, number above total, 65,535 in all, a total that shrinks, a duplicate', () => {
    const first = take(undefined, fragments[0]!);
    if (first.kind !== 'kept') throw new Error(first.kind);
    const { queue } = first;
    expect(outcome(take(queue, withNumbers(fragments[1]!, 0, 6)))).toBe('malformed');
    expect(outcome(take(queue, withNumbers(fragments[1]!, 7, 6)))).toBe('malformed');
    expect(outcome(take(queue, withNumbers(fragments[1]!, 65_535, 65_535)))).toBe('limit');
    expect(outcome(take(queue, withNumbers(fragments[1]!, 2, 2)))).toBe('stale');
    expect(outcome(take(queue, fragments[0]!))).toBe('duplicate');
    expect(outcome(take(queue, withNumbers(fragments[1]!, 3, 6)))).toBe('icv');
    expect([...queue.parts.keys()]).toEqual([1]);
  });

  it('row 5: payloads beside SKF, known or not, are refused but in the first fragment', () => {
    for (const before of [
      { type: 'unknown', payloadType: 200, data: new Uint8Array(5) },
      { type: 'V', data: new Uint8Array(5) },
    ] as const) {
      const { payloads } = decodeMessage(fragments[1]!);
      expect(outcome(take(undefined, encodeMessage({ ...header, payloads: [before, ...payloads] })))).toBe('malformed');
      const first = decodeMessage(fragments[0]!).payloads;
      expect(outcome(take(undefined, encodeMessage({ ...header, payloads: [before, ...first] })))).toBe('icv');
    }
  });

  it('rows 5 and 6: RFC 7383 section 2.6: verified before it is kept: forged fragments cost no memory', () => {
    const forger = createSkContext(strange);
    let queue: FragmentQueue | undefined;
    for (let i = 0; i < 2000; i++) {
      const [octets] = fragmentMessage(forger, header, [], () => undefined, { size: 200, moreThan: i % 100 });
      const result = take(queue, octets!);
      expect(result).toEqual({ kind: 'dropped', reason: 'icv' });
      if (result.kind === 'kept') queue = result.queue;
    }
    expect(queue).toBeUndefined();
    for (const octets of fragments) {
      const result = take(queue, octets);
      queue = result.kind === 'kept' ? result.queue : undefined;
      if (octets === fragments.at(-1)) expect(result.kind).toBe('complete');
    }
  });

  it('row 5: a fragment at the end of another exchange, an SK message between fragments', () => {
    const first = take(undefined, fragments[0]!);
    if (first.kind !== 'kept') throw new Error(first.kind);
    const octets = fragments[1]!.slice();
    octets[18] = 36;
    expect(outcome(take(first.queue, octets))).toBe('other');
    const sk = withPayload(46, new Uint8Array(60));
    expect(outcome(take(first.queue, sk))).toBe('malformed');
  });

  it('row 5: every octet of the SKF header in every value', () => {
    for (let at = 28; at < 36; at++) {
      for (let value = 0; value < 256; value++) {
        if (fragments[1]![at] === value) continue;
        const octets = fragments[1]!.slice();
        octets[at] = value;
        const message = attempt(octets);
        if (message instanceof IpsecError) continue;
        expect(addFragment(undefined, receiver, message).kind).toBe('dropped');
      }
    }
  });
});

describe('row 7: too many payloads', () => {
  const many = (count: number, octets = 4): Uint8Array =>
    messageOf(Array.from({ length: count }, () => ({ type: 'V', data: new Uint8Array(octets - 4) })));

  it('row 7: limits on payloads, elements and octets; each can be set', () => {
    expect(attempt(many(100))).not.toBeInstanceOf(IpsecError);
    expect(attempt(many(101))).toMatchObject({ code: 'limit-exceeded', blame: 'peer', path: 'payloads.100', offset: 28 + 400 });
    expect(attempt(many(101), { payloads: 101 })).not.toBeInstanceOf(IpsecError);
    expect(attempt(many(3), { payloads: 2 })).toMatchObject({ code: 'limit-exceeded' });
    expect(attempt(many(3), { elements: 2 })).toMatchObject({ code: 'limit-exceeded' });
    expect(attempt(many(3), { octets: 39 })).toMatchObject({ code: 'limit-exceeded' });
    expect(attempt(many(3), { octets: 40 })).not.toBeInstanceOf(IpsecError);
    expect(() => decodePayloads(43, many(3).subarray(28), { payloads: 2 })).toThrow(IpsecError);
  });

  it('row 7: 64 KiB of the shortest payloads, attributes, selectors and SPIs: linear, a hundred times over', () => {
    const no: IkeLimits = { octets: Infinity, payloads: Infinity, elements: Infinity };
    const shortest = [
      many(16_370),
      withPayload(47, new Uint8Array(65_528 - 4)), // attributes of type 0 without a value
      withPayload(
        42,
        Uint8Array.from({ length: 65_500 }, (_, i) => [3, 1, 65_496 >>> 8, 65_496 & 0xff][i] ?? 1),
      ),
      withPayload(44, fromHex(`ff000000${'09000004'.repeat(255)}`)),
    ];
    const counts = shortest.map((octets) => {
      const rows = octetMap(messageCodec, octets).fields.length;
      let last: IkeMessage | IpsecError = attempt(octets);
      for (let i = 0; i < 100; i++) last = decodeMessage(octets, no);
      expect(last).not.toBeInstanceOf(IpsecError);
      return rows / octets.length;
    });
    // Work is one step a field: no input has more fields than a bit more than one for each octet.
    for (const count of counts) expect(count).toBeLessThan(1.5);
    for (const octets of shortest.slice(0, 3)) expect(attempt(octets)).toMatchObject({ code: 'limit-exceeded' });
  });

  it('row 7: SPIs of no octets do not multiply', () => {
    expect(attempt(withPayload(42, fromHex('0300ffff')))).toMatchObject({ code: 'malformed' });
    expect(attempt(withPayload(42, fromHex('03000000')))).not.toBeInstanceOf(IpsecError);
  });
});

describe('row 8: too many proposals and transforms', () => {
  it('row 8: as many as 64 KiB hold, read in linear time; by default refused', () => {
    const transforms = Array.from({ length: 255 }, (_, i) => ({ type: 'ENCR' as const, id: i, attributes: [] }));
    const proposals = Array.from({ length: 31 }, (_, i) => ({
      proposalNum: i + 1,
      protocol: 'IKE' as const,
      spi: new Uint8Array(0),
      transforms,
    }));
    const octets = messageOf([{ type: 'SA', proposals }]);
    expect(octets.length).toBeGreaterThan(63_000);
    expect(attempt(octets)).toMatchObject({ code: 'limit-exceeded', path: 'payloads.0.proposals.7.transforms.206' });
    for (let i = 0; i < 50; i++) decodeMessage(octets, { elements: 10_000 });
    const message = decodeMessage(octets, { elements: 10_000 });
    expect(toHex(encodeMessage(message))).toBe(toHex(octets));
  });

  it('row 8: more transforms than a count can say are not encoded', () => {
    const transforms = Array.from({ length: 256 }, (_, id) => ({ type: 'PRF' as const, id, attributes: [] }));
    const proposal = { proposalNum: 1, protocol: 'IKE' as const, spi: new Uint8Array(0), transforms };
    expect(() => messageOf([{ type: 'SA', proposals: [proposal] }])).toThrow(
      'expected 0 to 255, found 256 (payloads.0.proposals.0.numTransforms at octet 39)',
    );
  });
});

describe('row 9: critical payloads, reserved bits, versions', () => {
  it('row 9: an unknown payload with its critical bit is found wherever it stands; without the bit it is skipped', () => {
    const unknown = (critical: boolean): Payload => ({ type: 'unknown', payloadType: 255, critical, data: new Uint8Array(3) });
    const nonce: Payload = { type: 'Nonce', data: new Uint8Array(16) };
    for (const at of [0, 1, 2]) {
      const list = [nonce, nonce];
      const message = (critical: boolean): IkeMessage =>
        decodeMessage(messageOf([...list.slice(0, at), unknown(critical), ...list.slice(at)]));
      expect(findUnsupportedCritical(message(true).payloads)).toBe(255);
      expect(findUnsupportedCritical(message(false).payloads)).toBeUndefined();
      expect(message(false).payloads.filter((p) => p.type === 'Nonce').length).toBe(2);
    }
  });

  it('row 9: a broken payload is refused even where its type is unknown: "Skipped payloads are expected to have valid Next Payload and Payload Length fields"', () => {
    const octets = withPayload(255, new Uint8Array(8));
    for (const length of [0, 3, 13, 0xffff])
      expect(attempt(withNumber(octets, { offset: 30, length: 2 }, length))).toBeInstanceOf(IpsecError);
  });

  it('row 9: every reserved bit of every payload: the same value, and sent again as zero', () => {
    const { fields } = octetMap(messageCodec, everything);
    const clear = JSON.stringify(attempt(everything), replacer);
    let reserved = 0;
    for (const { path, offset, length, bits } of fields) {
      if (!/(reserved\w*|version|minorVersion)$/.test(path) || /majorVersion$/.test(path)) continue;
      const changed = everything.slice();
      if (bits === undefined) changed.fill(0xff, offset, offset + length);
      else for (let i = 0; i < bits.count; i++) changed[offset + ((bits.from + i) >> 3)]! ^= 0x80 >> ((bits.from + i) & 7);
      expect(toHex(changed)).not.toBe(toHex(everything));
      const message = attempt(changed);
      expect([path, JSON.stringify(message, replacer)]).toEqual([path, clear]);
      expect(toHex(encodeMessage(message as IkeMessage))).toBe(toHex(everything));
      reserved++;
    }
    expect(reserved).toBe(37);
  });

  it('row 9: versions: higher and lower major ones are refused before anything is read, minor ones ignored', () => {
    for (let version = 0; version < 256; version++) {
      const octets = everything.slice();
      octets[17] = version;
      octets[30] = 0xff; // nothing behind the header would make sense
      const error = attempt(octets);
      expect(error).toMatchObject({ code: version >>> 4 === 2 ? 'truncated' : 'invalid-major-version' });
      expect(decodeHeader(octets).majorVersion).toBe(version >>> 4);
    }
  });
});

/** Octets as text; raw octets and bodies left out. */
function replacer(key: string, value: unknown): unknown {
  if (key === 'raw' || key === 'body') return undefined;
  return value instanceof Uint8Array ? toHex(value) : value;
}

describe('any octets', () => {
  it('row 39: never anything but an IpsecError, and what decodes encodes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        check(octets);
      }),
      { numRuns: 2000 },
    );
  });

  it('row 39: a header that leads to any payload, and any octets in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 54 }), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        check(withPayload(type, body));
      }),
      { numRuns: 5000 },
    );
  });

  it('row 39: every octet of a message with everything in it, changed', () => {
    for (let at = 0; at < everything.length; at++) {
      for (const change of [0x01, 0x02, 0x40, 0x80, 0xff]) {
        const octets = everything.slice();
        octets[at]! ^= change;
        check(octets);
      }
    }
  });

  it('row 39: two octets changed at once, in real messages', () => {
    fc.assert(
      fc.property(fc.constantFrom(...real), fc.nat(), fc.nat(), fc.nat(255), fc.nat(255), (message, a, b, x, y) => {
        const octets = message.slice();
        octets[a % octets.length] = x;
        octets[b % octets.length] = y;
        check(octets);
      }),
      { numRuns: 3000 },
    );
  });

  it('row 41: names from the network are no keys: __proto__ and constructor mean nothing here', () => {
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(() => encodePayloads([{ type, data: new Uint8Array(0) } as unknown as Payload])).toThrow(IpsecError);
      expect(() => messageOf([{ type: 'N', protocol: 0, notify: type as 'COOKIE', spi: new Uint8Array(0), data: new Uint8Array(0) }])).toThrow(IpsecError); // prettier-ignore
    }
  });
});
