import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodePayloads, encodePayloads, type Payload, type PayloadOfType } from '../../src/ike.js';
import { configurationAttributeTypes } from '../../src/iana/ikev2-configuration.js';
import {
  type Configuration,
  type ConfigurationRequest,
  type ConfigurationWant,
  decodeConfigurationReply,
  decodeConfigurationRequest,
  encodeConfigurationReply,
  encodeConfigurationRequest,
} from '../../src/ikev2/configuration.js';
import { formatAddress, formatRange, parseAddress, parsePrefix } from '../../src/ip.js';
import goIpsec from '../../vectors/ikev2/go-ipsec-payload-bodies.json' with { type: 'json' };
import { transcripts } from './transcripts.js';

type Cp = PayloadOfType<'CP'>;

const isCp = (payload: Payload): payload is Cp => payload.type === 'CP';
const nothing: Configuration = { addresses: [], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] };

/** A payload as octets without its generic header, and back. */
const bodyOf = (payload: Cp): string => toHex(encodePayloads([payload]).octets.subarray(4));
function fromBody(hex: string): Cp {
  const body = fromHex(hex);
  const [payload] = decodePayloads(47, concat(Uint8Array.of(0, 0, 0, 4 + body.length), body));
  if (!payload || !isCp(payload)) throw new Error('a Configuration payload');
  return payload;
}
/** A payload with one attribute. */
const one = (cfgType: Cp['cfgType'], type: Cp['attributes'][number]['type'], hex: string): Cp => ({
  type: 'CP',
  cfgType,
  attributes: [{ type, value: fromHex(hex) }],
});
function errorOf(action: () => unknown): IpsecError {
  try {
    action();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The Configuration payloads of a transcript, in their order. */
const recorded = (name: string): Cp[] =>
  transcripts
    .find((t) => t.name === name)!
    .messages.flatMap((m) => (m.plaintext === undefined || m.fragment ? [] : decodePayloads(m.first_payload!, fromHex(m.plaintext))))
    .filter(isCp);

describe('RFC 7296 section 2.19: conversations of strongSwan', () => {
  test('a client asks for an address and a name server', () => {
    for (const name of ['ikev2-cp-psk', 'ikev2-eap-mschapv2-vip', 'ikev2-fail-cp-required']) {
      const [asked] = recorded(name);
      expect(decodeConfigurationRequest(asked!)).toEqual({ wants: ['ipv4', 'dns4'], previous: [], unknown: [] });
      expect(bodyOf(encodeConfigurationRequest({ wants: ['ipv4', 'dns4'] }))).toBe(bodyOf(asked!));
    }
  });

  test('and is given them, with a subnet; what we say in its place is the same octets', () => {
    const [, given] = recorded('ikev2-cp-psk');
    const reply = decodeConfigurationReply(given!);
    expect(reply).toEqual({
      ...nothing,
      addresses: [{ address: parseAddress('10.3.0.1') }],
      dns: [parseAddress('10.2.1.53')],
      subnets: [parsePrefix('10.2.0.0/16')],
      netmask: fromHex('fffffff0'),
    });
    expect(bodyOf(encodeConfigurationReply(reply))).toBe(bodyOf(given!));
    const [, short] = recorded('ikev2-eap-mschapv2-vip');
    expect(decodeConfigurationReply(short!).subnets).toEqual([]);
    expect(bodyOf(encodeConfigurationReply(decodeConfigurationReply(short!)))).toBe(bodyOf(short!));
  });
});

describe('RFC 7296 section 3.15: what go-ipsec writes', () => {
  const bodies = new Map(goIpsec.cases.map(({ name, body }) => [name, body]));
  test('CFG_REQUEST with three empty attributes', () => {
    const body = bodies.get('cp_request')!;
    expect(decodeConfigurationRequest(fromBody(body)).wants).toEqual(['ipv4', 'netmask', 'dns4']);
    expect(bodyOf(encodeConfigurationRequest({ wants: ['ipv4', 'netmask', 'dns4'] }))).toBe(body);
  });
  test('CFG_REPLY with an IPv6 address of 17 octets', () => {
    const body = bodies.get('cp_reply_ip6')!;
    const reply = decodeConfigurationReply(fromBody(body));
    expect(reply.addresses).toEqual([{ address: parseAddress('fd00::1'), prefixLength: 64 }]);
    expect(bodyOf(encodeConfigurationReply(reply))).toBe(body);
  });
});

describe('RFC 7296 section 3.15: the examples of the text', () => {
  test('section 3.15.3: an IPv6 address and a name server', () => {
    const request = encodeConfigurationRequest({ wants: ['ipv6', 'dns6'] });
    expect(bodyOf(request)).toBe('01000000' + '00080000' + '000a0000');
    const reply = encodeConfigurationReply({
      addresses: [{ address: parseAddress('2001:DB8:0:1:2:3:4:5'), prefixLength: 64 }],
      dns: [parseAddress('2001:DB8:99:88:77:66:55:44')],
    });
    expect(bodyOf(reply)).toBe(`020000000008001120010db800000001000200030004000540000a001020010db8009900880077006600550044`);
  });

  test('section 3.15.2: subnets with netmasks', () => {
    const subnets = [parsePrefix('198.51.100.0/26'), parsePrefix('192.0.2.0/24'), parsePrefix('2001:db8::/32'), parsePrefix('0.0.0.0/0')];
    const reply = encodeConfigurationReply({ subnets });
    expect(reply.attributes.map(({ type, value }) => `${type} ${toHex(value)}`)).toEqual([
      'INTERNAL_IP4_SUBNET c6336400ffffffc0',
      'INTERNAL_IP4_SUBNET c0000200ffffff00',
      'INTERNAL_IP6_SUBNET 20010db800000000000000000000000020',
      'INTERNAL_IP4_SUBNET 0000000000000000',
    ]);
    expect(decodeConfigurationReply(reply).subnets.map(formatRange)).toEqual(subnets.map(formatRange));
  });

  test('section 2.20: the version of the peer', () => {
    const request = decodeConfigurationRequest(encodeConfigurationRequest({ wants: ['applicationVersion'], applicationVersion: 'us 1.0' }));
    expect(request).toEqual({ wants: ['applicationVersion'], previous: [], applicationVersion: 'us 1.0', unknown: [] });
    const text = 'foobar v1.3beta, (c) Foo Bar Inc.';
    expect(decodeConfigurationReply(encodeConfigurationReply({ applicationVersion: text })).applicationVersion).toBe(text);
    const declined = encodeConfigurationReply({ applicationVersion: '' });
    expect(bodyOf(declined)).toBe('0200000000070000');
    expect(decodeConfigurationReply(declined).applicationVersion).toBe('');
  });

  test('RFC 8598 section 3.4.1: name servers for two domains', () => {
    const config = {
      addresses: [{ address: parseAddress('198.51.100.234') }, { address: parseAddress('2001:DB8:0:1:2:3:4:5'), prefixLength: 64 }],
      dns: ['198.51.100.2', '198.51.100.4', '2001:DB8:99:88:77:66:55:44'].map(parseAddress),
      domains: ['example.com', 'city.other.test'],
    };
    const reply = encodeConfigurationReply(config);
    expect(reply.attributes.map(({ type }) => type)).toEqual([
      'INTERNAL_IP4_ADDRESS',
      'INTERNAL_IP6_ADDRESS',
      'INTERNAL_IP4_DNS',
      'INTERNAL_IP4_DNS',
      'INTERNAL_IP6_DNS',
      'INTERNAL_DNS_DOMAIN',
      'INTERNAL_DNS_DOMAIN',
    ]);
    expect(decodeConfigurationReply(reply)).toEqual({ ...nothing, ...config });
  });
});

describe('RFC 7296 section 3.15.1: addresses that are wanted again', () => {
  const [a, b, c] = ['10.3.0.1', '10.3.0.2', '2001:db8::1'].map((text) => ({ address: parseAddress(text) })) as [
    { address: Uint8Array },
    { address: Uint8Array },
    { address: Uint8Array },
  ];
  const valuesOf = (request: ConfigurationRequest): string[] =>
    encodeConfigurationRequest(request).attributes.map(({ type, value }) => `${type} ${toHex(value)}`.trim());

  test('each takes the place of one want of its family', () => {
    expect(valuesOf({ wants: ['ipv6', 'ipv4', 'dns4', 'ipv4', 'ipv4'], previous: [a, b, { ...c, prefixLength: 64 }] })).toEqual([
      'INTERNAL_IP6_ADDRESS 20010db800000000000000000000000140',
      'INTERNAL_IP4_ADDRESS 0a030001',
      'INTERNAL_IP4_DNS',
      'INTERNAL_IP4_ADDRESS 0a030002',
      'INTERNAL_IP4_ADDRESS',
    ]);
  });
  test('what is not wanted is not asked for', () => {
    expect(valuesOf({ wants: ['ipv4'], previous: [c, a, b] })).toEqual(['INTERNAL_IP4_ADDRESS 0a030001']);
  });
  test('read back: as many wants as attributes', () => {
    const request = decodeConfigurationRequest(encodeConfigurationRequest({ wants: ['ipv4', 'ipv4', 'ipv6'], previous: [b, c] }));
    expect(request.wants).toEqual(['ipv4', 'ipv4', 'ipv6']);
    expect(request.previous?.map(({ address, prefixLength }) => `${formatAddress(address)} ${prefixLength}`)).toEqual([
      '10.3.0.2 undefined',
      '2001:db8::1 128',
    ]);
  });
});

describe('RFC 7296 section 3.15.1: lengths of values', () => {
  // The table of the section; RFC 7651 for the last two.
  const lengths = [
    ['INTERNAL_IP4_ADDRESS', 4],
    ['INTERNAL_IP4_NETMASK', 4],
    ['INTERNAL_IP4_DNS', 4],
    ['INTERNAL_IP4_NBNS', 4],
    ['INTERNAL_IP4_DHCP', 4],
    ['INTERNAL_IP6_ADDRESS', 17],
    ['INTERNAL_IP6_DNS', 16],
    ['INTERNAL_IP6_DHCP', 16],
    ['INTERNAL_IP4_SUBNET', 8],
    ['INTERNAL_IP6_SUBNET', 17],
    ['P_CSCF_IP4_ADDRESS', 4],
    ['P_CSCF_IP6_ADDRESS', 16],
  ] as const;

  test.each(lengths)('%s: 0 or %d octets, in requests and replies', (type, length) => {
    for (let octets = 0; octets <= 20; octets++) {
      const hex = '00'.repeat(octets);
      for (const [cfgType, decode] of [
        ['CFG_REQUEST', decodeConfigurationRequest],
        ['CFG_REPLY', decodeConfigurationReply],
      ] as const) {
        const payload = one(cfgType, type, hex);
        if (octets === 0 || octets === length) decode(payload);
        else
          expect(errorOf(() => decode(payload))).toMatchObject({
            code: 'malformed',
            blame: 'peer',
            path: 'attributes.0',
            expected: `0 or ${length} octets`,
            found: `${octets}`,
          });
      }
    }
  });

  test('SUPPORTED_ATTRIBUTES: multiples of 2', () => {
    const reply = encodeConfigurationReply({ supported: ['INTERNAL_IP4_ADDRESS', 'INTERNAL_IP6_SUBNET', 0x7f01] });
    expect(bodyOf(reply)).toBe('02000000000e00060001000f7f01');
    expect(decodeConfigurationReply(reply).supported).toEqual(['INTERNAL_IP4_ADDRESS', 'INTERNAL_IP6_SUBNET', 0x7f01]);
    const odd = one('CFG_REPLY', 'SUPPORTED_ATTRIBUTES', '000100');
    expect(errorOf(() => decodeConfigurationReply(odd))).toMatchObject({ code: 'malformed', expected: 'an even number of octets' });
    expect(decodeConfigurationRequest(one('CFG_REQUEST', 'SUPPORTED_ATTRIBUTES', '')).wants).toEqual(['supported']);
  });

  test('a prefix length is at most 128', () => {
    for (const type of ['INTERNAL_IP6_ADDRESS', 'INTERNAL_IP6_SUBNET'] as const) {
      for (const last of ['81', 'ff'])
        expect(errorOf(() => decodeConfigurationReply(one('CFG_REPLY', type, `${'00'.repeat(16)}${last}`)))).toMatchObject({
          code: 'malformed',
          path: 'attributes.0',
          expected: '0 to 128',
        });
      decodeConfigurationReply(one('CFG_REPLY', type, `${'00'.repeat(16)}80`));
    }
    const asked = one('CFG_REQUEST', 'INTERNAL_IP6_ADDRESS', `${'00'.repeat(16)}81`);
    expect(errorOf(() => decodeConfigurationRequest(asked)).code).toBe('malformed');
  });
});

describe('RFC 7296 section 3.15.1: what is not understood is ignored, and kept', () => {
  test('unknown types, also empty ones', () => {
    const attributes: Cp['attributes'] = [
      { type: 23_456, value: fromHex('010203') },
      { type: 'INTERNAL_IP6_LINK', value: fromHex('00') },
      { type: 'FTT_KAT', value: fromHex('') },
    ];
    expect(decodeConfigurationReply({ type: 'CP', cfgType: 'CFG_REPLY', attributes })).toEqual({ ...nothing, unknown: attributes });
    const request = decodeConfigurationRequest({ type: 'CP', cfgType: 'CFG_REQUEST', attributes });
    expect(request).toEqual({ wants: [], previous: [], unknown: attributes });
    expect(encodeConfigurationRequest(request).attributes).toEqual(attributes);
    expect(encodeConfigurationReply({ unknown: attributes }).attributes).toEqual(attributes);
  });

  test('empty values in a reply say nothing', () => {
    for (const { name } of configurationAttributeTypes.filter(({ id }) => id <= 15 && id !== 7))
      expect(decodeConfigurationReply(one('CFG_REPLY', name, '')), name).toMatchObject(name === 'SUPPORTED_ATTRIBUTES' ? {} : nothing);
  });

  test('a netmask with holes is no subnet; octets behind the netmask do not count', () => {
    const holes = one('CFG_REPLY', 'INTERNAL_IP4_SUBNET', '0a000000ff00ff00');
    expect(decodeConfigurationReply(holes)).toEqual({ ...nothing, unknown: holes.attributes });
    const bits = one('CFG_REPLY', 'INTERNAL_IP4_SUBNET', '0a010203ffff0000');
    expect(decodeConfigurationReply(bits).subnets.map(formatRange)).toEqual(['10.1.0.0/16']);
    for (let length = 0; length <= 32; length++) {
      const range = parsePrefix(`0.0.0.0/${length}`);
      expect(decodeConfigurationReply(encodeConfigurationReply({ subnets: [range] })).subnets).toEqual([range]);
    }
  });

  test('text that nobody should print, and names that nobody should hand on', () => {
    for (const hex of ['1b5b324a', '610a', 'c3a9', '00', 'efbbbf61']) {
      const version = one('CFG_REPLY', 'APPLICATION_VERSION', hex);
      expect(decodeConfigurationReply(version)).toEqual({ ...nothing, unknown: version.attributes });
      expect(decodeConfigurationRequest(one('CFG_REQUEST', 'APPLICATION_VERSION', hex)).applicationVersion).toBeUndefined();
    }
    for (const name of ['a b', '$(reboot)', 'example.com\0', '`id`', "x';", 'a'.repeat(256)]) {
      const domain = one('CFG_REPLY', 'INTERNAL_DNS_DOMAIN', toHex(new TextEncoder().encode(name)));
      expect(decodeConfigurationReply(domain)).toEqual({ ...nothing, unknown: domain.attributes });
    }
  });

  test('of what may stand there once the first counts', () => {
    const attributes: Cp['attributes'] = [
      { type: 'INTERNAL_IP4_NETMASK', value: fromHex('ffffff00') },
      { type: 'APPLICATION_VERSION', value: fromHex('61') },
      { type: 'SUPPORTED_ATTRIBUTES', value: fromHex('0001') },
      { type: 'INTERNAL_IP4_NETMASK', value: fromHex('ffff0000') },
      { type: 'APPLICATION_VERSION', value: fromHex('62') },
      { type: 'SUPPORTED_ATTRIBUTES', value: fromHex('0002') },
    ];
    expect(decodeConfigurationReply({ type: 'CP', cfgType: 'CFG_REPLY', attributes })).toEqual({
      ...nothing,
      netmask: fromHex('ffffff00'),
      applicationVersion: 'a',
      supported: ['INTERNAL_IP4_ADDRESS'],
      unknown: attributes.slice(3),
    });
  });
});

describe('RFC 7296 section 3.15: CFG Types', () => {
  test('CFG_SET says things as a reply does, CFG_ACK as a request', () => {
    const set = fromBody(`03000000000300040a020135`);
    expect(decodeConfigurationReply(set).dns).toEqual([parseAddress('10.2.1.53')]);
    const ack = fromBody(`0400000000030000`);
    expect(decodeConfigurationRequest(ack).wants).toEqual(['dns4']);
    expect([bodyOf(set), bodyOf(ack)]).toEqual(['03000000000300040a020135', '0400000000030000']);
  });
  test('one in the place of another is refused', () => {
    for (const [cfgType, decode] of [
      ['CFG_REQUEST', decodeConfigurationReply],
      ['CFG_ACK', decodeConfigurationReply],
      ['CFG_REPLY', decodeConfigurationRequest],
      ['CFG_SET', decodeConfigurationRequest],
      [77, decodeConfigurationRequest],
      [77, decodeConfigurationReply],
    ] as const)
      expect(errorOf(() => decode({ type: 'CP', cfgType, attributes: [] }))).toMatchObject({ code: 'malformed', path: 'cfgType' });
  });
});

describe('a configuration that has no encoding', () => {
  test.each<[Partial<Configuration>, string]>([
    [{ addresses: [{ address: new Uint8Array(5) }] }, 'addresses.0'],
    [{ addresses: [{ address: new Uint8Array(16), prefixLength: 129 }] }, 'addresses.0'],
    [{ addresses: [{ address: new Uint8Array(16), prefixLength: 1.5 }] }, 'addresses.0'],
    [{ dns: [new Uint8Array(4), new Uint8Array(0)] }, 'dns.1'],
    [{ nbns: [new Uint8Array(16)] }, 'nbns.0'],
    [{ netmask: new Uint8Array(16) }, 'netmask'],
    [{ subnets: [parsePrefix('10.0.0.1-10.0.0.5')] }, 'subnets.0'],
    [{ domains: ['exämple.com'] }, 'domains.0'],
    [{ domains: [''] }, 'domains.0'],
    [{ applicationVersion: 'a\n' }, 'applicationVersion'],
  ])('%j', (config, path) => {
    expect(errorOf(() => encodeConfigurationReply(config))).toMatchObject({ code: 'invalid-argument', path });
  });
  test('a request', () => {
    const request: ConfigurationRequest = { wants: ['ipv4'], previous: [{ address: new Uint8Array(3) }] };
    expect(errorOf(() => encodeConfigurationRequest(request))).toMatchObject({ code: 'invalid-argument', path: 'previous.0' });
    const loud: ConfigurationRequest = { wants: ['applicationVersion'], applicationVersion: '\u0007' };
    expect(errorOf(() => encodeConfigurationRequest(loud)).path).toBe('applicationVersion');
  });
});

describe('rows 7 and 39: whatever octets come', () => {
  test('any attributes: read, or refused with an IpsecError; what was read is written and read again', () => {
    const attribute = fc.tuple(fc.integer({ min: 0, max: 0x7fff }), fc.uint8Array({ maxLength: 20 }));
    const known = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ maxLength: 20 }));
    const right = fc.constantFrom('00010004c0000201', '000f001120010db800000000000000000000000030', '0003000408080808', '00070003612e62');
    const octetsOf = ([type, value]: [number, Uint8Array]): string =>
      `${type.toString(16).padStart(4, '0')}${value.length.toString(16).padStart(4, '0')}${toHex(value)}`;
    const list = fc.array(fc.oneof(attribute.map(octetsOf), known.map(octetsOf), right), { maxLength: 6 });
    let read = 0;
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 4 }), (attributes, cfgType) => {
        const payload = fromBody(`0${cfgType}000000${attributes.join('')}`);
        try {
          if (cfgType % 3 === 1) {
            const request = decodeConfigurationRequest(payload);
            expect(decodeConfigurationRequest(encodeConfigurationRequest(request))).toEqual(request);
          } else {
            const reply = decodeConfigurationReply(payload);
            expect(decodeConfigurationReply(encodeConfigurationReply(reply))).toEqual(reply);
          }
          read++;
        } catch (error) {
          if (!(error instanceof IpsecError) || error.blame !== 'peer') throw error;
        }
      }),
      { numRuns: 1000, seed: 47 },
    );
    expect(read).toBeGreaterThan(100);
  });

  test('2,000 attributes are 2,000 wants: whoever leases addresses has to count them', () => {
    const attributes = Array.from({ length: 2000 }, () => ({ type: 'INTERNAL_IP4_ADDRESS', value: new Uint8Array(0) }) as const);
    expect(decodeConfigurationRequest({ type: 'CP', cfgType: 'CFG_REQUEST', attributes }).wants.length).toBe(2000);
  });

  test('wants are a closed list', () => {
    expectTypeOf<'ipv4' | 'subnet6' | 'applicationVersion'>().toExtend<ConfigurationWant>();
    expectTypeOf<'ipv5'>().not.toExtend<ConfigurationWant>();
  });
});
