import { describe, expect, expectTypeOf, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  createNotify,
  decodeMessage,
  decodeNotifyData,
  decodePayloads,
  encodeNotifyData,
  hasNotifyForm,
  type NotifyData,
  type Payload,
} from '../../src/ike.js';
import { transcripts } from './transcripts.js';

describe('Notification Data', () => {
  test('forms and octets', () => {
    expect(toHex(encodeNotifyData('INVALID_KE_PAYLOAD', { method: 20 }))).toBe('0014');
    expect(toHex(encodeNotifyData('SET_WINDOW_SIZE', { size: 7 }))).toBe('00000007');
    expect(toHex(encodeNotifyData('SIGNATURE_HASH_ALGORITHMS', { algorithms: ['SHA2-256', 'Identity', 1024] }))).toBe('000200050400');
    expect(decodeNotifyData('IPCOMP_SUPPORTED', fromHex('13eb02'))).toEqual({
      cpi: 5099,
      transform: 'IPCOMP_DEFLATE',
      attributes: fromHex(''),
    });
    expect(decodeNotifyData('UNSUPPORTED_CRITICAL_PAYLOAD', fromHex('c8'))).toEqual({ payloadType: 200 });
    expectTypeOf<NotifyData<'INVALID_MESSAGE_ID'>>().toEqualTypeOf<{ readonly messageId: number }>();
  });

  test('RFC 7296 section 2.6: a cookie has 1 to 64 octets', () => {
    for (const length of [0, 65]) expect(() => decodeNotifyData('COOKIE', new Uint8Array(length))).toThrow(IpsecError);
    for (const length of [1, 64]) expect(decodeNotifyData('COOKIE', new Uint8Array(length)).cookie.length).toBe(length);
  });

  test('RFC 7296 section 3.10: a Notify payload about no SA has Protocol ID zero', () => {
    expect(createNotify('INITIAL_CONTACT')).toEqual({
      type: 'N',
      protocol: 0,
      notify: 'INITIAL_CONTACT',
      spi: fromHex(''),
      data: fromHex(''),
    });
    const spi = fromHex('00000101');
    expect(createNotify('REKEY_SA', undefined, { protocol: 'ESP', spi })).toMatchObject({ protocol: 'ESP', spi });
    expect(createNotify(40_961, fromHex('01'))).toMatchObject({ notify: 40_961, data: fromHex('01') });
  });

  test('data of another length is refused', () => {
    for (const [name, hex] of [
      ['INVALID_KE_PAYLOAD', '14'],
      ['INVALID_KE_PAYLOAD', '001400'],
      ['SET_WINDOW_SIZE', '0007'],
      ['SIGNATURE_HASH_ALGORITHMS', '0002ff'],
      ['NAT_DETECTION_SOURCE_IP', '00'],
    ] as const) {
      // prettier-ignore
      expect(() => decodeNotifyData(name, fromHex(hex))).toThrow(IpsecError);
    }
    expect(hasNotifyForm('COOKIE')).toBe(true);
    for (const name of ['INITIAL_CONTACT', 'toString', '__proto__', 14]) expect(hasNotifyForm(name)).toBe(false);
  });

  test('every one in the strongSwan transcripts reads, and is written again octet for octet', () => {
    let count = 0;
    for (const m of transcripts.flatMap((t) => t.messages)) {
      if (m.raw[34] !== '2' || m.fragment) continue;
      const payloads: readonly Payload[] =
        m.plaintext === undefined ? decodeMessage(fromHex(m.raw)).payloads : decodePayloads(m.first_payload!, fromHex(m.plaintext));
      for (const p of payloads) {
        if (p.type !== 'N' || !hasNotifyForm(p.notify)) continue;
        expect(toHex(encodeNotifyData(p.notify, decodeNotifyData(p.notify, p.data)))).toBe(toHex(p.data));
        count++;
      }
    }
    expect(count).toBeGreaterThan(500);
  });
});
