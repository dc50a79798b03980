import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decodeClientId,
  decodeMessage,
  decodePhase1Id,
  encodeClientId,
  encodePayloads,
  encodePhase1Id,
  type PayloadOfType,
} from '../../src/ikev1.js';
import { parsePrefix } from '../../src/ip/range.js';
import { ANY, formatIdentity, formatTrafficSelector, OPAQUE, parseIdentity, type TrafficSelector } from '../../src/traffic-selector.js';
import { find, transcripts } from './transcripts.js';

type Id = PayloadOfType<'ID'>;
const id = (idType: Id['idType'], data: string, protocol = 0, port = 0): Id => ({
  type: 'ID',
  idType,
  protocol,
  port,
  data: fromHex(data),
});
const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('RFC 2407 section 4.6.2: identities of phase 1', () => {
  it.each(['192.0.2.1', '2001:db8::1', 'gw.example.org', 'alice@example.org', 'C=CH, O=Example, CN=gw'])('%s', (text) => {
    const identity = parseIdentity(text);
    const payload = encodePhase1Id(identity);
    expect(payload).toMatchObject({ protocol: 0, port: 0 });
    expect(typeof payload.idType).toBe('string');
    expect(formatIdentity(decodePhase1Id(payload))).toBe(formatIdentity(identity));
  });
  it('protocol and port are zero, or UDP and 500', () => {
    for (const [protocol, port] of [
      [0, 0],
      [17, 500],
      [17, 0],
    ] as const)
      expect(decodePhase1Id(id('ID_IPV4_ADDR', 'c0000201', protocol, port)).type).toBe('ID_IPV4_ADDR');
    for (const [protocol, port] of [
      [6, 500],
      [17, 4500],
      [0, 1],
    ] as const)
      expect(failure(() => decodePhase1Id(id('ID_IPV4_ADDR', 'c0000201', protocol, port)))).toMatchObject({
        code: 'malformed',
        blame: 'peer',
      });
  });
  it('traffic is nobody, and neither is what IKEv2 calls ID_NULL', () => {
    for (const type of ['ID_IPV4_ADDR_SUBNET', 'ID_LIST', 13] as const)
      expect(failure(() => decodePhase1Id(id(type, '')))).toMatchObject({ code: 'unsupported', blame: 'peer' });
    expect(failure(() => encodePhase1Id({ type: 'ID_NULL' })).code).toBe('unsupported');
  });
  it('of strongSwan', () => {
    const { messages } = transcripts.find(({ name }) => name === 'ikev1-aggressive-psk-open')!;
    const message = decodeMessage(fromHex(messages[0]!.raw));
    if (message.isEncrypted) throw new Error('encrypted');
    expect(decodePhase1Id(find(message.payloads, 'ID')!).type).toBe('ID_FQDN');
  });
});

describe('RFC 2407 section 4.6.2: traffic of phase 2', () => {
  const selector = (text: string, protocol = ANY, ports: TrafficSelector['ports'] = ANY): TrafficSelector => ({
    protocol,
    addresses: parsePrefix(text),
    ports,
  });
  it.each([
    ['10.1.2.3', 'ID_IPV4_ADDR', '0a010203'],
    ['10.1.0.0/16', 'ID_IPV4_ADDR_SUBNET', '0a010000ffff0000'],
    ['0.0.0.0/0', 'ID_IPV4_ADDR_SUBNET', '0000000000000000'],
    ['10.0.0.1-10.0.0.9', 'ID_IPV4_ADDR_RANGE', '0a0000010a000009'],
    ['2001:db8::1', 'ID_IPV6_ADDR', '20010db8000000000000000000000001'],
    ['2001:db8::/33', 'ID_IPV6_ADDR_SUBNET', '20010db8000000000000000000000000' + 'ffffffff800000000000000000000000'],
    ['2001:db8::-2001:db8::2', 'ID_IPV6_ADDR_RANGE', '20010db8000000000000000000000000' + '20010db8000000000000000000000002'],
  ] as const)('%s is %s', (text, idType, data) => {
    const payload = encodeClientId(selector(text, 17, { start: 53, end: 53 }));
    expect(payload).toEqual(id(idType, data, 17, 53));
    expect(toHex(encodePayloads([payload]).octets.subarray(5, 8))).toBe('110035');
    expect(formatTrafficSelector(decodeClientId(payload))).toBe(formatTrafficSelector(selector(text, 17, { start: 53, end: 53 })));
    expect(decodeClientId(encodeClientId(selector(text)))).toEqual(selector(text));
  });
  it('what IKEv1 cannot say', () => {
    for (const ports of [OPAQUE, { start: 1, end: 2 }, { start: 0, end: 0 }] as const)
      expect(failure(() => encodeClientId(selector('10.0.0.1', 6, ports))).code).toBe('invalid-argument');
    expect(failure(() => encodeClientId(selector('10.0.0.1', OPAQUE))).code).toBe('invalid-argument');
  });
  it('what no range is', () => {
    for (const wrong of [
      id('ID_FQDN', '61'),
      id('ID_IPV4_ADDR_SUBNET', '0a000000ff00ff00'),
      id(99, ''),
      id('ID_IPV6_ADDR_SUBNET', `${'00'.repeat(16)}${'00'.repeat(15)}01`),
    ])
      expect(failure(() => decodeClientId(wrong))).toMatchObject({ code: 'ts-unacceptable', blame: 'peer' });
    for (const wrong of [
      id('ID_IPV4_ADDR', '0a0000'),
      id('ID_IPV4_ADDR_RANGE', '0a0000020a000001'),
      { ...id('ID_IPV6_ADDR_SUBNET', ''), data: EMPTY },
    ])
      expect(failure(() => decodeClientId(wrong))).toMatchObject({ code: 'malformed', blame: 'peer' });
  });
  it('an address inside a subnet means the subnet', () => {
    expect(formatTrafficSelector(decodeClientId(id('ID_IPV4_ADDR_SUBNET', '0a010203ffffff00')))).toContain('10.1.2.0');
  });
});
