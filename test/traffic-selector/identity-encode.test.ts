import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { decodePayloads } from '../../src/ike.js';
import { idTypes } from '../../src/iana/ikev2.js';
import { decodeIdentity, encodeDistinguishedName, encodeIdentity, formatIdentity, parseIdentity } from '../../src/traffic-selector.js';
import { transcripts } from '../ikev2/transcripts.js';

describe('RFC 7296 section 3.5: Identification Data', () => {
  it('of every recorded ID payload is written again octet for octet', () => {
    const seen = new Map<string, number>();
    for (const { messages } of transcripts)
      for (const m of messages) {
        const inside = m.reassembled ?? m.plaintext;
        if (inside === undefined || m.exchange !== 'IKE_AUTH') continue;
        if (m.first_payload === undefined || (m.fragment && m.reassembled === undefined)) continue;
        for (const payload of decodePayloads(m.fragment ? (m.response ? 36 : 35) : m.first_payload, fromHex(inside))) {
          if (payload.type !== 'IDi' && payload.type !== 'IDr') continue;
          const idType = idTypes.find(({ name }) => name === payload.idType)!;
          const again = encodeIdentity(decodeIdentity(idType.id, payload.data));
          expect([again.idType, toHex(again.data)]).toEqual([idType.id, toHex(payload.data)]);
          seen.set(idType.name, (seen.get(idType.name) ?? 0) + 1);
        }
      }
    expect(Object.fromEntries(seen)).toEqual({ ID_FQDN: 254, ID_DER_ASN1_DN: 3, ID_IPV4_ADDR: 3 });
  });

  it.each(['192.0.2.1', '2001:db8::1', 'a.example.org', 'jsmith@example.com', 'ID_KEY_ID:00ff', 'CN=a b, OU=x+UID=y, DC=example, C=US'])(
    '%s comes back',
    (text) => {
      const { idType, data } = encodeIdentity(parseIdentity(text));
      expect(formatIdentity(decodeIdentity(idType, data))).toBe(formatIdentity(parseIdentity(text)));
    },
  );

  it('distinguished names: long values, long identifiers, values that are no text, sets in order', () => {
    const long = 'x'.repeat(300);
    const dn = [[{ type: '2.999.16384', value: '#040107' }], [{ type: 'CN', value: long }], [{ type: 'UID', value: 'a' }, { type: 'CN', value: 'b' }]]; // prettier-ignore
    const der = encodeDistinguishedName(dn);
    expect(decodeIdentity(9, der)).toEqual({ type: 'ID_DER_ASN1_DN', dn: [dn[0], dn[1], [dn[2]![1], dn[2]![0]]] });
    expect(toHex(encodeDistinguishedName([]))).toBe('3000');
    // PrintableString where that will do, else UTF8String
    expect(toHex(encodeDistinguishedName([[{ type: 'C', value: 'US' }]]))).toBe('300d310b3009060355040613025553');
    expect(toHex(encodeDistinguishedName([[{ type: 'CN', value: 'ü' }]]))).toBe('300d310b300906035504030c02c3bc');
  });
});
