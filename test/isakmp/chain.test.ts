import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { dataAttribute } from '../../src/isakmp/attribute.js';
import { chain, firstTypeOf, payloadTable } from '../../src/isakmp/chain.js';
import { decodeHeader, headerLength } from '../../src/isakmp/header.js';
import { decode, encode, firstOf, octetMap, rest, struct, u16, u8 } from '../../src/wire.js';
import { checkDeclaration } from '../wire/check.js';

/** A few payloads of IKEv1 (RFC 2408): other numbers, the same chain. */
const table = payloadTable({
  8: { type: 'HASH', body: struct({ data: rest }) },
  10: { type: 'NONCE', body: struct({ data: rest }), keepsBody: true },
  11: { type: 'N', body: struct({ doi: u16, data: rest }) },
});
const message = struct({ nextPayload: firstOf('payloads', u8), payloads: chain('nextPayload', table) });

describe('RFC 2408 section 3.2: the chain of payloads', () => {
  const value = {
    payloads: [
      { type: 'HASH', data: fromHex('aa') },
      { type: 'N', doi: 1, data: fromHex('') },
      { type: 'unknown', payloadType: 13, data: fromHex('bbcc') },
    ],
  } as const;
  const wire = '08' + '0b000005aa' + '0d0000060001' + '00000006bbcc';

  test('Next Payload and Payload Length follow from the value', () => {
    expect(toHex(encode(message, value))).toBe(wire);
    expect(decode(message, fromHex(wire))).toEqual(value);
    expect(toHex(encode(message, { payloads: [] }))).toBe('00');
    expect(firstTypeOf(table, value.payloads)).toBe(8);
    expect(firstTypeOf(table, value.payloads.slice(2))).toBe(13);
    expect(firstTypeOf(table, [])).toBe(0);
  });

  test('the octet map names every header', () => {
    expect(octetMap(message, fromHex(wire)).fields.map((f) => [f.path, f.offset, f.length])).toEqual([
      ['nextPayload', 0, 1],
      ['payloads.0.nextPayload', 1, 1],
      ['payloads.0.critical', 2, 1],
      ['payloads.0.reserved', 2, 1],
      ['payloads.0.payloadLength', 3, 2],
      ['payloads.0.data', 5, 1],
      ['payloads.1.nextPayload', 6, 1],
      ['payloads.1.critical', 7, 1],
      ['payloads.1.reserved', 7, 1],
      ['payloads.1.payloadLength', 8, 2],
      ['payloads.1.doi', 10, 2],
      ['payloads.1.data', 12, 0],
      ['payloads.2.nextPayload', 12, 1],
      ['payloads.2.critical', 13, 1],
      ['payloads.2.reserved', 13, 1],
      ['payloads.2.payloadLength', 14, 2],
      ['payloads.2.data', 16, 2],
    ]);
  });

  test('errors say where', () => {
    const error = (hex: string): string => {
      try {
        decode(message, fromHex(hex));
      } catch (e) {
        return String(e);
      }
      throw new Error('was accepted');
    };
    expect(error('080b0000')).toBe('IpsecError: a field: expected 4 octets, found 3 (payloads.0 at octet 1)');
    expect(error('0800000003')).toBe('IpsecError: Payload Length: expected at least 4, found 3 (payloads.0 at octet 3)');
    expect(error('0b00000005aa')).toBe('IpsecError: a field: expected 2 octets, found 1 (payloads.0.doi at octet 5)');
    expect(error('080b000004' + '00000009aa')).toBe('IpsecError: a payload: expected 9 octets, found 5 (payloads.1 at octet 5)');
    expect(error('0800000004ff')).toBe(
      'IpsecError: octets behind a structure: expected its end at octet 5, found 1 more octets (at octet 5)',
    );
  });

  test('round trips and mutations', () => {
    checkDeclaration(struct({ nextPayload: firstOf('payloads', u8), payloads: chain('nextPayload', payloadTable({ 8: table.cases[8], 11: table.cases[11] })) })); // prettier-ignore
  });
});

describe('RFC 2408 section 3.3: data attributes', () => {
  const attribute = dataAttribute([{ id: 1, name: 'ENCRYPTION' }]);

  test('AF follows from the value', () => {
    for (const [value, wire] of [
      [{ type: 'ENCRYPTION', value: 7 }, '80010007'],
      [{ type: 12, value: fromHex('00007080') }, '000c000400007080'],
      [{ type: 32767, value: fromHex('') }, '7fff0000'],
    ] as const) {
      expect(toHex(encode(attribute, value))).toBe(wire);
      expect(decode(attribute, fromHex(wire))).toEqual(value);
    }
    expect(() => encode(attribute, { type: 1, value: 65_536 })).toThrow('0 to 65535');
    expect(() => encode(attribute, { type: 32_768, value: 1 })).toThrow('0 to 32767');
  });

  test('round trips and mutations', () => {
    checkDeclaration(attribute);
  });
});

test('RFC 2408 section 3.1: the header of IKEv1 reads the same way', () => {
  const octets = fromHex('75cc633d664fd55600000000000000000110040000000000000000f0');
  expect(octets.length).toBe(headerLength);
  expect(decodeHeader(octets)).toEqual({
    spiI: fromHex('75cc633d664fd556'),
    spiR: new Uint8Array(8),
    nextPayload: 1,
    majorVersion: 1,
    minorVersion: 0,
    exchangeType: 4,
    flags: 0,
    messageId: 0,
    length: 240,
  });
});
