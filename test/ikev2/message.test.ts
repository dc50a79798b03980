import { describe, expect, expectTypeOf, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { headerCodec } from '../../src/isakmp/header.js';
import {
  decodeHeader,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  findUnsupportedCritical,
  type IkeMessageFields,
  type Payload,
  type PayloadOfType,
  type Proposal,
} from '../../src/ike.js';
import { messageCodec } from '../../src/ikev2/message.js';
import { ANY, formatTrafficSelector, OPAQUE, type TrafficSelector } from '../../src/traffic-selector.js';
import { octetMap } from '../../src/wire.js';
import { checkDeclaration } from '../wire/check.js';

const spiI = fromHex('0102030405060708');
const spiR = fromHex('1112131415161718');
const fields: IkeMessageFields = {
  spiI,
  spiR,
  exchange: 'IKE_AUTH',
  isInitiator: true,
  isResponse: false,
  messageId: 1,
  payloads: [],
};
const message = (...payloads: Payload[]): Uint8Array => encodeMessage({ ...fields, payloads });
const bodyOf = (payload: Payload): string => toHex(encodePayloads([payload]).octets.subarray(4));
const again = (payload: Payload): Payload => {
  const { firstPayload, octets } = encodePayloads([payload]);
  return decodePayloads(firstPayload, octets)[0]!;
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

describe('RFC 7296 section 3.1: the IKE header', () => {
  test('the octets, and what follows from the value', () => {
    const nonce: Payload = { type: 'Nonce', data: new Uint8Array(16).fill(0xaa) };
    const octets = message(nonce, { type: 'V', data: fromHex('beef') });
    expect(toHex(octets)).toBe(
      '0102030405060708' + '1112131415161718' + '28202308' + '00000001' + '00000036' + // header
        '2b000014' + 'aa'.repeat(16) + // Nonce; the next one is a Vendor ID
        '00000006beef',
    ); // prettier-ignore
    const decoded = decodeMessage(octets);
    expect(decoded).toEqual({ ...fields, payloads: [nonce, { type: 'V', data: fromHex('beef') }], raw: octets });
    expect(decoded.raw).toBe(octets);
    expect((decoded.payloads[0] as PayloadOfType<'Nonce'>).data.buffer).toBe(octets.buffer);
  });

  test('"X" bits, the V flag and the minor version are ignored on receipt and cleared when sending', () => {
    const octets = message({ type: 'V', data: fromHex('00') });
    const odd = octets.slice();
    odd[17] = 0x2f;
    odd[19] = 0x08 | 0xd7;
    expect(decodeMessage(odd)).toEqual({ ...decodeMessage(octets), raw: odd });
    expect(toHex(encodeMessage(decodeMessage(odd)))).toBe(toHex(octets));
    expect(decodeHeader(odd)).toMatchObject({ majorVersion: 2, minorVersion: 15, flags: 0xdf });
  });

  test('flags I and R', () => {
    const flagsOf = (isInitiator: boolean, isResponse: boolean): number => encodeMessage({ ...fields, isInitiator, isResponse })[19]!;
    expect([flagsOf(true, false), flagsOf(false, true), flagsOf(true, true), flagsOf(false, false)]).toEqual([0x08, 0x20, 0x28, 0]);
  });

  test('an exchange without a name survives', () => {
    const octets = encodeMessage({ ...fields, exchange: 240 });
    expect(decodeMessage(octets).exchange).toBe(240);
    expect(toHex(encodeMessage(decodeMessage(octets)))).toBe(toHex(octets));
  });

  test('section 2.5: another major version is told from octets that cannot be read', () => {
    const octets = message();
    for (const version of [0, 1, 3, 15]) {
      octets[17] = version << 4;
      const error = failure(() => decodeMessage(octets));
      expect([error.code, error.blame, error.offset]).toEqual(['invalid-major-version', 'peer', 17]);
      expect(decodeHeader(octets).majorVersion).toBe(version);
    }
    expect(failure(() => decodeMessage(fromHex('01'))).code).toBe('truncated');
    expect(failure(() => decodeHeader(octets.subarray(0, 27))).code).toBe('truncated');
  });

  test('the Length is that of the message: neither less nor more', () => {
    const octets = message({ type: 'V', data: fromHex('00112233') });
    expect(failure(() => decodeMessage(octets.subarray(0, octets.length - 1))).code).toBe('truncated');
    expect(failure(() => decodeMessage(new Uint8Array([...octets, 0]))).code).toBe('trailing-octets');
    const error = failure(() => encodeMessage({ ...fields, spiI: fromHex('00') }));
    expect(error.message).toBe('a value to encode: expected 8 octets, found 1 (spiI at octet 0)');
  });
});

describe('RFC 7296 section 3.2: the chain', () => {
  test('unknown payloads are kept, with their critical bit', () => {
    const unknown: Payload = { type: 'unknown', payloadType: 200, critical: true, data: fromHex('0102') };
    const octets = message({ type: 'V', data: fromHex('') }, unknown, { ...unknown, critical: false, payloadType: 54 });
    const { payloads } = decodeMessage(octets);
    expect(payloads).toEqual([{ type: 'V', data: fromHex('') }, unknown, { type: 'unknown', payloadType: 54, data: fromHex('0102') }]);
    expect(toHex(encodeMessage({ ...fields, payloads }))).toBe(toHex(octets));
    expect(findUnsupportedCritical(payloads)).toBe(200);
    expect(findUnsupportedCritical(payloads.slice(2))).toBeUndefined();
  });

  test('the critical bit of a known payload is ignored, and survives', () => {
    const octets = message({ type: 'V', critical: true, data: fromHex('00') });
    expect(octets[29]).toBe(0x80);
    const { payloads } = decodeMessage(octets);
    expect(findUnsupportedCritical(payloads)).toBeUndefined();
    expect(toHex(encodeMessage({ ...fields, payloads }))).toBe(toHex(octets));
  });

  test('reserved bits of the generic header are ignored', () => {
    const octets = message({ type: 'V', data: fromHex('00') });
    octets[29] = 0x7f;
    expect(decodeMessage(octets).payloads).toEqual([{ type: 'V', data: fromHex('00') }]);
  });

  test('section 3.1: an Encrypted payload is the last one, and holds no other', () => {
    const sk: Payload = { type: 'SK', firstPayload: 35, data: fromHex('00112233') };
    const octets = message({ type: 'V', data: fromHex('00') }, sk);
    expect(decodeMessage(octets).payloads[1]).toEqual(sk);
    expect(failure(() => message(sk, { type: 'V', data: fromHex('00') })).message).toContain(
      'expected SK at the end of the message, found 0',
    );
    expect(failure(() => decodeMessage(new Uint8Array([...octets.subarray(0, 27), octets.length + 5, ...octets.subarray(28), 0, 0, 0, 5, 9]))).code).toBe('trailing-octets'); // prettier-ignore
    expect(failure(() => decodePayloads(46, encodePayloads([sk]).octets)).message).toContain('no other Encrypted payload in it');
    expect(failure(() => message({ ...sk, firstPayload: 256 })).message).toContain('0 to 255');
  });

  test('what cannot be a payload is refused with the nearest name', () => {
    expect(failure(() => message({ type: 'IDI' } as unknown as Payload)).message).toContain('did you mean IDi?');
    expect(failure(() => message({ type: 'constructor' } as unknown as Payload)).code).toBe('invalid-argument');
    expect(failure(() => message(undefined as unknown as Payload)).message).toContain('expected a payload, found nothing (payloads.0');
    expect(failure(() => message({ type: 'unknown', payloadType: 33, data: fromHex('') })).message).toContain("type: 'SA'");
    expect(failure(() => message({ type: 'unknown', payloadType: 0, data: fromHex('') })).code).toBe('invalid-argument');
    expect(failure(() => encodeMessage({ ...fields, payloads: 7 as unknown as Payload[] })).message).toContain('a list of payloads');
    expect(failure(() => message({ type: 'V', data: new Uint8Array(65_532) })).message).toContain('at most 65535 octets');
    expect(message({ type: 'V', data: new Uint8Array(65_531) }).length).toBe(28 + 65_535);
  });

  test('no payloads', () => {
    expect(decodePayloads(0, fromHex(''))).toEqual([]);
    expect(encodePayloads([])).toEqual({ firstPayload: 0, octets: fromHex('') });
    expect(failure(() => decodePayloads(0, fromHex('00000004'))).code).toBe('trailing-octets');
  });

  test('types: a payload narrows by its type', () => {
    const [payload] = decodePayloads(40, encodePayloads([{ type: 'Nonce', data: new Uint8Array(16) }]).octets);
    if (payload?.type === 'SA') expectTypeOf(payload.proposals).toEqualTypeOf<readonly Proposal[]>();
    if (payload?.type === 'N') expectTypeOf(payload.notify).toExtend<string | number>();
    if (payload?.type === 'IDi') expectTypeOf(payload.body).toEqualTypeOf<Uint8Array | undefined>();
    expectTypeOf<PayloadOfType<'SKF'>>().toHaveProperty('fragmentNumber');
  });
});

describe('RFC 7296 sections 3.3 to 3.16: every payload, as octets', () => {
  const id = fromHex('6578616d706c652e6f7267');
  const cases: [string, Payload, string][] = [
    ['SA', { type: 'SA', proposals: [{ proposalNum: 1, protocol: 'ESP', spi: fromHex('deadbeef'), transforms: [{ type: 'ENCR', id: 20, attributes: [{ type: 'Key Length', value: 256 }] }, { type: 'ESN', id: 0, attributes: [] }] }] }, '0000002001030402deadbeef' + '0300000c01000014800e0100' + '0000000805000000'], // prettier-ignore
    ['SA with a long attribute and unknown numbers', { type: 'SA', proposals: [{ proposalNum: 1, protocol: 9, spi: fromHex(''), transforms: [{ type: 77, id: 65535, attributes: [{ type: 99, value: fromHex('0102') }, { type: 98, value: 5 }] }] }] }, '0000001a01090001' + '000000124d00ffff' + '006300020102' + '80620005'], // prettier-ignore
    ['KE', { type: 'KE', method: 31, data: fromHex('0a0b') }, '001f00000a0b'],
    ['IDi', { type: 'IDi', idType: 'ID_FQDN', data: id }, '02000000' + toHex(id)],
    ['IDr', { type: 'IDr', idType: 201, data: fromHex('') }, 'c9000000'],
    ['CERT', { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: fromHex('3082') }, '043082'],
    ['CERTREQ', { type: 'CERTREQ', encoding: 'X.509 Certificate - Signature', data: fromHex('') }, '04'],
    ['AUTH', { type: 'AUTH', method: 'Digital Signature', data: fromHex('00') }, '0e00000000'],
    ['Nonce', { type: 'Nonce', data: new Uint8Array(16) }, '00'.repeat(16)],
    ['N', { type: 'N', protocol: 0, notify: 'COOKIE', spi: fromHex(''), data: fromHex('c0de') }, '00004006c0de'],
    [
      'N of a Child SA',
      { type: 'N', protocol: 'ESP', notify: 'REKEY_SA', spi: fromHex('01020304'), data: fromHex('') },
      '0304400901020304',
    ],
    ['N of unknown type', { type: 'N', protocol: 7, notify: 40961, spi: fromHex(''), data: fromHex('') }, '0700a001'],
    ['D of the IKE SA', { type: 'D', protocol: 'IKE', spis: [] }, '01000000'],
    ['D of two Child SAs', { type: 'D', protocol: 'AH', spis: [fromHex('00000001'), fromHex('00000002')] }, '020400020000000100000002'],
    ['V', { type: 'V', data: fromHex('ff') }, 'ff'],
    ['CP', { type: 'CP', cfgType: 'CFG_REQUEST', attributes: [{ type: 'INTERNAL_IP4_ADDRESS', value: fromHex('') }, { type: 16384, value: fromHex('01') }] }, '01000000' + '00010000' + '4000000101'], // prettier-ignore
    ['EAP', { type: 'EAP', code: 'Request', identifier: 5, data: fromHex('01') }, '0105000501'],
    ['EAP success', { type: 'EAP', code: 'Success', identifier: 6, data: fromHex('') }, '03060004'],
  ];
  test.each(cases)('%s', (_, payload, body) => {
    expect(bodyOf(payload)).toBe(body);
    expect(again(payload)).toEqual(payload.type === 'IDi' || payload.type === 'IDr' ? { ...payload, body: fromHex(body) } : payload);
  });

  test('TSi and TSr', () => {
    const https: TrafficSelector = {
      protocol: 6,
      addresses: { start: fromHex('c0000200'), end: fromHex('c00002ff') },
      ports: { start: 443, end: 443 },
    };
    const opaque: TrafficSelector = {
      protocol: 17,
      addresses: { start: new Uint8Array(16), end: new Uint8Array(16).fill(255) },
      ports: OPAQUE,
    };
    const all: TrafficSelector = { protocol: ANY, addresses: { start: fromHex('00000000'), end: fromHex('ffffffff') }, ports: ANY };
    const label = { tsType: 10, octets: fromHex('0a00000a') };
    const labelled = { tsType: 10, octets: fromHex('0a000008006c6162') };
    const payload: Payload = { type: 'TSi', selectors: [https, opaque, all, labelled] };
    expect(bodyOf(payload)).toBe(
      '04000000' + '0706001001bb01bbc0000200c00002ff' + `08110028ffff0000${'00'.repeat(16)}${'ff'.repeat(16)}` +
        '070000100000ffff00000000ffffffff' + '0a000008006c6162',
    ); // prettier-ignore
    const decoded = again(payload) as PayloadOfType<'TSi'>;
    expect(decoded).toEqual(payload);
    expect(formatTrafficSelector(decoded.selectors[0] as TrafficSelector)).toBe('192.0.2.0/24 tcp 443');
    expect(failure(() => bodyOf({ type: 'TSr', selectors: [label] })).message).toContain('(0.selectors.0 at octet 8)');
    expect(failure(() => bodyOf({ type: 'TSr', selectors: [{ tsType: 7, octets: fromHex('07000004') }] })).code).toBe('invalid-argument');
    const nowhere = { protocol: ANY, ports: ANY } as unknown as TrafficSelector;
    expect(failure(() => bodyOf({ type: 'TSr', selectors: [nowhere] })).code).toBe('invalid-argument');
    const mixed = { ...all, addresses: { start: new Uint8Array(4), end: new Uint8Array(16) } };
    expect(failure(() => bodyOf({ type: 'TSr', selectors: [mixed] })).code).toBe('invalid-argument');
  });

  test('a Traffic Selector that says nonsense: path and octet', () => {
    const octets = message({ type: 'V', data: fromHex('') }, { type: 'TSi', selectors: [{ protocol: ANY, addresses: { start: fromHex('00000000'), end: fromHex('ffffffff') }, ports: ANY }] }); // prettier-ignore
    octets[octets.length - 8] = 0xff;
    octets[octets.length - 4] = 0xfe;
    const error = failure(() => decodeMessage(octets));
    expect(error.message).toBe(
      'the Ending Address of a Traffic Selector: expected one that is not below the Starting Address, found a lower one (payloads.1.selectors.0 at octet 52)',
    );
  });

  test('section 3.9: a nonce has 16 to 256 octets', () => {
    for (const length of [0, 15, 257]) expect(failure(() => message({ type: 'Nonce', data: new Uint8Array(length) })).code).toBe('invalid-argument'); // prettier-ignore
    for (const length of [16, 256]) expect(again({ type: 'Nonce', data: new Uint8Array(length) }).type).toBe('Nonce');
    expect(failure(() => decodePayloads(40, fromHex(`00000013${'00'.repeat(15)}`))).message).toContain('expected 16 to 256, found 15');
  });

  test('section 3.11: SPIs of one size; none of size zero, however many they are said to be', () => {
    expect(failure(() => message({ type: 'D', protocol: 'ESP', spis: [fromHex('00000001'), fromHex('0001')] })).code).toBe(
      'invalid-argument',
    );
    expect(failure(() => decodePayloads(42, fromHex('000000080300ffff'))).code).toBe('malformed');
    expect(failure(() => decodePayloads(42, fromHex('0000000803040001'))).code).toBe('truncated');
  });

  test('section 3.16: the Length of an EAP message is four less than the Payload Length', () => {
    expect(failure(() => decodePayloads(48, fromHex('0000000903060004ff'))).code).toBe('trailing-octets');
    expect(failure(() => decodePayloads(48, fromHex('0000000803060005'))).code).toBe('truncated');
    expect(failure(() => decodePayloads(48, fromHex('0000000803060003'))).code).toBe('malformed');
  });

  test('section 2.15: the body of an ID payload is kept as it came, RESERVED octets included', () => {
    const octets = message({ type: 'IDi', idType: 'ID_IPV4_ADDR', data: fromHex('c0000201') });
    octets.set([1, 2, 3], 33);
    const payload = decodeMessage(octets).payloads[0] as PayloadOfType<'IDi'>;
    expect(toHex(payload.body!)).toBe('01010203c0000201');
    expect(toHex(payload.data)).toBe('c0000201');
    expect(bodyOf(payload)).toBe('01000000c0000201');
  });
});

describe('the octet map', () => {
  test('of a message: every octet has its row, down to attributes and selectors', () => {
    const octets = message(
      { type: 'SA', proposals: [{ proposalNum: 1, protocol: 'IKE', spi: fromHex(''), transforms: [{ type: 'ENCR', id: 12, attributes: [{ type: 'Key Length', value: 128 }] }] }] }, // prettier-ignore
      { type: 'TSi', selectors: [{ protocol: ANY, addresses: { start: fromHex('00000000'), end: fromHex('ffffffff') }, ports: ANY }] },
      { type: 'unknown', payloadType: 99, data: fromHex('0102') },
    );
    const { fields: rows, end, error } = octetMap(messageCodec, octets);
    expect([end, error]).toEqual([octets.length, undefined]);
    let at = 0;
    for (const { offset, length, bits } of rows) {
      if (bits === undefined || bits.from === 0) expect(offset).toBe(at);
      at = offset + length;
    }
    expect(at).toBe(octets.length);
    const named = Object.fromEntries(rows.map((row) => [row.path, row.name ?? row.value]));
    expect(named).toMatchObject({
      exchange: 'IKE_AUTH',
      majorVersion: 2,
      'payloads.0.nextPayload': 44,
      'payloads.0.proposals.0.protocol': 'IKE',
      'payloads.0.proposals.0.transforms.0.attributes.0.type': 'Key Length',
      'payloads.0.proposals.0.transforms.0.attributes.0.value': 128,
      'payloads.1.selectors.0.tsType': 'TS_IPV4_ADDR_RANGE',
      'payloads.1.selectors.0.selector.endPort': 65535,
      'payloads.2.data': fromHex('0102'),
    });
    expect(octetMap(headerCodec, octets.subarray(0, 28)).error).toBeUndefined();
  });
});

test('round trips, truncations and mutations of whole messages', () => {
  checkDeclaration(messageCodec, 60);
});
