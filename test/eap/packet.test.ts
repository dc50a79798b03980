import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { decodeEap, decodeNak, type EapMethodPacket, type EapPacket, encodeEap } from '../../src/eap.js';
import { createNak } from '../../src/eap/packet.js';
import { IpsecError } from '../../src/errors.js';

const methodPacket = (hex: string): EapMethodPacket => decodeEap(fromHex(hex)) as EapMethodPacket;

const samples: readonly (readonly [string, EapPacket])[] = [
  ['0100000501', { code: 'Request', identifier: 0, type: 1, data: fromHex('') }],
  ['0207000a016361726f6c', { code: 'Response', identifier: 7, type: 1, data: fromHex('6361726f6c') }],
  ['03ff0004', { code: 'Success', identifier: 255 }],
  ['04000004', { code: 'Failure', identifier: 0 }],
  // an MIT method (Vendor-Id 20, RFC 3748 section 5.3.2)
  [
    '0102000efe0000140000000655aa',
    { code: 'Request', identifier: 2, type: 254, expanded: { vendorId: 20, vendorType: 6 }, data: fromHex('55aa') },
  ],
];

describe('RFC 3748 section 4', () => {
  test.each(samples)('%s', (hex, packet) => {
    expect(decodeEap(fromHex(hex))).toEqual(packet);
    expect(toHex(encodeEap(packet))).toBe(hex);
  });

  test('every packet that is cut off, and every octet behind one, is refused', () => {
    for (const [hex] of samples) {
      const octets = fromHex(hex);
      for (let length = 0; length < octets.length; length++) expect(() => decodeEap(octets.subarray(0, length))).toThrow(IpsecError);
      expect(() => decodeEap(fromHex(`${hex}00`))).toThrow(IpsecError);
    }
  });

  test('section 4.2: "Success and Failure packets MUST NOT contain additional data."', () => {
    expect(() => decodeEap(fromHex('0300000500'))).toThrow(IpsecError);
    expect(() => decodeEap(fromHex('0400000500'))).toThrow(IpsecError);
  });

  test.each(['0000000501', '0500000501', 'ff00000501', '01000004', '02000003', '0100000001', '01000006fe00'])('%s is none', (hex) => {
    expect(() => decodeEap(fromHex(hex))).toThrow(IpsecError);
  });

  test('any octets are a packet that is written the same way again, or an IpsecError', () => {
    const near = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(near, ([code, length, rest]) => {
        const octets = Uint8Array.from([code, 9, 0, length, ...rest]);
        let packet: EapPacket;
        try {
          packet = decodeEap(octets);
        } catch (error) {
          expect(error).toBeInstanceOf(IpsecError);
          return;
        }
        expect(encodeEap(packet)).toEqual(octets);
      }),
    );
  });
});

describe('RFC 3748 section 5.3', () => {
  test('the example of an Expanded Nak: OTP, and 6 of MIT', () => {
    const nak = methodPacket('0205001cfe00000000000003fe00000000000005fe00001400000006');
    expect(decodeNak(nak)).toEqual([
      { vendorId: 0, vendorType: 5 },
      { vendorId: 20, vendorType: 6 },
    ]);
  });

  test('the example of an Expanded Nak without alternative', () => {
    expect(decodeNak(methodPacket('02050014fe00000000000003fe00000000000000'))).toEqual([]);
    expect(decodeNak(methodPacket('020500060300'))).toEqual([]);
  });

  test('both kinds, made and read', () => {
    const asked = methodPacket('010500061a00');
    const expanded = methodPacket('0105000cfe00001400000006');
    for (const [types, wanted] of [
      [
        [13, 26],
        [13, 26],
      ],
      [[], []],
    ] as const) {
      for (const request of [asked, expanded]) {
        const nak = createNak(request, types);
        const read = decodeNak(methodPacket(toHex(encodeEap(nak))));
        expect(read).toEqual(wanted.map((vendorType) => ({ vendorId: 0, vendorType })));
        expect(nak.type).toBe(request === asked ? 3 : 254);
      }
    }
  });

  test('what is no Nak, and what is a wrong one', () => {
    expect(decodeNak(methodPacket('020500061a00'))).toBeUndefined();
    expect(decodeNak(methodPacket('0205000cfe00000900000003'))).toBeUndefined();
    for (const hex of [
      '0205000503',
      '0205000cfe00000000000003',
      '0205000dfe0000000000000300',
      '02050014fe0000000000000303000000000000ff',
    ]) {
      expect(() => decodeNak(methodPacket(hex))).toThrow(IpsecError);
    }
  });
});
