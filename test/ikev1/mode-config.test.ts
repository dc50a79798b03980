/** Mode Config: its messages as strongSwan sends them, pull and push, both sides. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { Outcome } from '../../src/ikev1/events.js';
import { afterPhase1 } from '../../src/ikev1/exchange/after-phase1.js';
import { encodePayloads } from '../../src/ikev1/message.js';
import { decodePayloads } from '../../src/ikev1/message.js';
import {
  decodeModeConfig,
  decodeModeConfigRequest,
  encodeModeConfig,
  encodeModeConfigAck,
  encodeModeConfigRequest,
} from '../../src/ikev1/mode-config.js';
import type { PayloadOfType } from '../../src/ikev1/payload-cases.js';
import type { AuthenticatedSa, ConfigClient, ConfigServer, Established } from '../../src/ikev1/states.js';
import { encodeXauthRequest, encodeXauthStatus } from '../../src/ikev1/xauth.js';
import { formatRange, parseAddress, parsePrefix } from '../../src/ip.js';
import type { Configuration, ConfigurationRequest } from '../../src/keying/configuration.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import type { Identity } from '../../src/traffic-selector.js';
import { aboutIn, connectionOf, envOf, handle, octetsOf, phase1Over, recorded, sentIn } from './transaction-fixture.js';

type Attributes = PayloadOfType<'ATTR'>;
type Attribute = Attributes['attributes'][number];
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const attributes = (cfgType: Attributes['cfgType'], ...list: readonly Attribute[]): Attributes => ({
  type: 'ATTR',
  cfgType,
  identifier: 0,
  attributes: list,
});
const nothing = { addresses: [], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] } as const;
const [, , , , request, reply] = recorded('ikev1-xauth-psk-modecfg') as [unknown, unknown, unknown, unknown, Attributes, Attributes];
/** What strongSwan gave, and what it was asked. */
const given: Configuration = { ...nothing, addresses: [{ address: parseAddress('10.3.0.1') }], dns: [parseAddress('10.2.1.53')] };
const wanted: ConfigurationRequest = { wants: ['ipv4', 'dns4'] };
const answer = { cfgType: 'ISAKMP_CFG_REPLY', identifier: 0 } as const;

/** What is thrown. */
function thrownBy(run: () => unknown): IpsecError {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
function closedBy({ actions }: Outcome): IpsecError | undefined {
  return actions.find((action) => action.type === 'closed')?.error;
}
function auditIn({ actions }: Outcome): string[] {
  return actions.flatMap((action) => (action.type === 'audit' ? [action.detail] : []));
}
function releasedBy({ actions }: Outcome): string[] {
  return actions.flatMap((action) => (action.type === 'releaseAddress' ? [toHex(action.address)] : []));
}

describe('draft-dukes-ike-mode-cfg: the messages of strongSwan', () => {
  it('are read', () => {
    expect(decodeModeConfigRequest(request)).toMatchObject({ wants: wanted.wants, previous: [], unknown: [] });
    expect(decodeModeConfig(reply)).toEqual({ configuration: given, banner: undefined });
  });
  it('are written octet for octet', () => {
    expect(octetsOf(encodeModeConfigRequest(0, wanted))).toBe(octetsOf(request));
    expect(octetsOf(encodeModeConfig(given, { ...answer, asked: request }))).toBe(octetsOf(reply));
  });
});

describe('draft-dukes-ike-mode-cfg: requests', () => {
  it('have an attribute for every want that IKEv1 knows', () => {
    const wants = [
      'ipv4',
      'ipv6',
      'netmask',
      'dns4',
      'dns6',
      'domains',
      'nbns',
      'dhcp4',
      'dhcp6',
      'subnet4',
      'subnet6',
      'applicationVersion',
    ] as const;
    const encoded = encodeModeConfigRequest(7, { wants: [...wants, 'pCscf4', 'supported'], applicationVersion: 'ipsec-ts' });
    expect(encoded.identifier).toBe(7);
    expect(encoded.attributes.map(({ type }) => type)).toEqual([
      'INTERNAL_IP4_ADDRESS',
      'INTERNAL_IP6_ADDRESS',
      'INTERNAL_IP4_NETMASK',
      'INTERNAL_IP4_DNS',
      'INTERNAL_IP6_DNS',
      'UNITY_DEF_DOMAIN',
      'UNITY_SPLITDNS_NAME',
      'INTERNAL_IP4_NBNS',
      'INTERNAL_IP4_DHCP',
      'INTERNAL_IP6_DHCP',
      'INTERNAL_IP4_SUBNET',
      'UNITY_SPLIT_INCLUDE',
      'INTERNAL_IP6_SUBNET',
      'APPLICATION_VERSION',
    ]);
    expect(decodeModeConfigRequest(encoded)).toEqual({ wants, previous: [], applicationVersion: 'ipsec-ts', unknown: [] });
  });
  it('name the addresses that are wanted again', () => {
    const previous = [{ address: parseAddress('10.3.0.9') }, { address: parseAddress('fd00::9'), prefixLength: 128 }];
    const encoded = encodeModeConfigRequest(0, { wants: ['ipv4', 'ipv4', 'ipv6'], previous });
    expect(encoded.attributes.map(({ value }) => (value as Uint8Array).length)).toEqual([4, 0, 16]);
    expect(decodeModeConfigRequest(encoded)).toMatchObject({ wants: ['ipv4', 'ipv4', 'ipv6'], previous });
  });
  it('may hold what nobody knows, and numbers', () => {
    const odd = attributes(
      'ISAKMP_CFG_REQUEST',
      { type: 'UNITY_SAVE_PASSWD', value: EMPTY },
      { type: 'UNITY_PFS', value: 1 },
      { type: 20_000, value: Uint8Array.of(9) },
    );
    expect(decodeModeConfigRequest(odd).unknown).toEqual([
      { type: 28673, value: EMPTY },
      { type: 28679, value: Uint8Array.of(0, 1) },
      { type: 20_000, value: Uint8Array.of(9) },
    ]);
  });
});

describe('draft-dukes-ike-mode-cfg: what a gateway gives', () => {
  const all: Configuration = {
    ...nothing,
    addresses: [{ address: parseAddress('10.3.0.1') }, { address: parseAddress('fd00::1'), prefixLength: 128 }],
    netmask: parseAddress('255.255.255.0'),
    dns: [parseAddress('10.2.1.53'), parseAddress('fd00::53')],
    domains: ['example.org'],
    nbns: [parseAddress('10.2.1.54')],
    dhcp: [parseAddress('10.2.1.55'), parseAddress('fd00::55')],
    subnets: [parsePrefix('10.0.0.0/8'), parsePrefix('fd00::/16'), parsePrefix('0.0.0.0/0'), parsePrefix('192.0.2.1')],
    applicationVersion: 'ipsec-ts',
    unknown: [{ type: 20_000, value: Uint8Array.of(1) }],
  };
  it('comes back as it was, whichever way', () => {
    for (const cfgType of ['ISAKMP_CFG_REPLY', 'ISAKMP_CFG_SET'] as const) {
      const encoded = encodeModeConfig(all, { cfgType, identifier: 3 });
      expect(encoded).toMatchObject({ cfgType, identifier: 3 });
      expect(decodeModeConfig(encoded).configuration).toEqual(all);
    }
    expect(decodeModeConfig(encodeModeConfig({}, answer))).toEqual({ configuration: nothing, banner: undefined });
  });
  it('is told in the attributes of Cisco to those who ask for them', () => {
    const asked = attributes(
      'ISAKMP_CFG_REQUEST',
      { type: 'UNITY_SPLIT_INCLUDE', value: EMPTY },
      { type: 'UNITY_SPLITDNS_NAME', value: EMPTY },
    );
    const encoded = encodeModeConfig({ subnets: [parsePrefix('10.0.0.0/8'), parsePrefix('172.16.0.0/12')], domains: ['a.example', 'b.example'] }, { ...answer, asked }); // prettier-ignore
    expect(encoded.attributes).toEqual([
      { type: 'UNITY_DEF_DOMAIN', value: text('a.example') },
      { type: 'UNITY_SPLITDNS_NAME', value: text('a.example,b.example') },
      { type: 'UNITY_SPLIT_INCLUDE', value: fromHex('0a000000ff000000000000000000' + 'ac100000fff00000000000000000') },
    ]);
    const { configuration } = decodeModeConfig(encoded);
    expect(configuration.subnets.map(formatRange)).toEqual(['10.0.0.0/8', '172.16.0.0/12']);
    expect(configuration.domains).toEqual(['a.example', 'b.example']);
  });
  it('has a subnet once that is told in both ways', () => {
    const list: readonly Attribute[] = [
      { type: 'UNITY_SPLIT_INCLUDE', value: fromHex('0a000000ff000000000000000000') },
      { type: 'INTERNAL_IP4_SUBNET', value: fromHex('0a000000ff000000') },
      { type: 'INTERNAL_IP4_SUBNET', value: fromHex('0a000000ffff0000') },
    ];
    const { subnets } = decodeModeConfig(attributes('ISAKMP_CFG_REPLY', ...list)).configuration;
    expect(subnets.map(formatRange)).toEqual(['10.0.0.0/8', '10.0.0.0/16']);
  });
  it('has a text for people, and names that programs may use', () => {
    const read = decodeModeConfig(
      attributes(
        'ISAKMP_CFG_REPLY',
        { type: 'UNITY_BANNER', value: text('Welcome\r\nto \u202eus\0') },
        { type: 'UNITY_BANNER', value: text('once more') },
        { type: 'UNITY_DEF_DOMAIN', value: text('example.org\0') },
        { type: 'UNITY_SPLITDNS_NAME', value: text('a.example\0b.example, $(reboot) example.org') },
        { type: 'APPLICATION_VERSION', value: text('gateway\0') },
      ),
    );
    expect(read.banner).toBe('Welcome to us');
    expect(read.configuration.domains).toEqual(['example.org', 'a.example', 'b.example']);
    expect(read.configuration.applicationVersion).toBe('gateway');
  });
  it('has an IPv6 address in either form, and no netmask with holes', () => {
    const address = toHex(parseAddress('fd00::1'));
    const read = decodeModeConfig(
      attributes(
        'ISAKMP_CFG_REPLY',
        { type: 'INTERNAL_IP6_ADDRESS', value: fromHex(address) },
        { type: 'INTERNAL_IP6_ADDRESS', value: fromHex(`${address}40`) },
        { type: 'INTERNAL_IP4_SUBNET', value: fromHex('0a000000ff00ff00') },
        { type: 'UNITY_SPLIT_INCLUDE', value: fromHex('0a000000ff00ff00000000000000') },
      ),
    ).configuration;
    expect(read.addresses.map(({ prefixLength }) => prefixLength)).toEqual([128, 64]);
    expect(read.subnets).toEqual([]);
  });
  it('does not grow without bound', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `d${i}.example`).join(',');
    const { domains } = decodeModeConfig(attributes('ISAKMP_CFG_REPLY', { type: 'UNITY_SPLITDNS_NAME', value: text(names) })).configuration;
    expect(domains).toHaveLength(256);
  });
  it.each<[string, Attribute]>([
    ['an IPv4 address of 3 octets', { type: 'INTERNAL_IP4_ADDRESS', value: new Uint8Array(3) }],
    ['an IPv4 address that is a number', { type: 'INTERNAL_IP4_ADDRESS', value: 1 }],
    ['a netmask of 5 octets', { type: 'INTERNAL_IP4_NETMASK', value: new Uint8Array(5) }],
    ['a name server of 16 octets', { type: 'INTERNAL_IP4_DNS', value: new Uint8Array(16) }],
    ['an IPv6 address of 15 octets', { type: 'INTERNAL_IP6_ADDRESS', value: new Uint8Array(15) }],
    ['a prefix length of 129', { type: 'INTERNAL_IP6_ADDRESS', value: new Uint8Array(17).fill(129) }],
    ['a subnet of 4 octets', { type: 'INTERNAL_IP4_SUBNET', value: new Uint8Array(4) }],
    ['an IPv6 subnet of 16 octets', { type: 'INTERNAL_IP6_SUBNET', value: new Uint8Array(16) }],
    ['an entry of 8 octets', { type: 'UNITY_SPLIT_INCLUDE', value: new Uint8Array(8) }],
    ['a banner that is a number', { type: 'UNITY_BANNER', value: 5 }],
  ])('is malformed with %s', (_, attribute) => {
    const wrong = attributes('ISAKMP_CFG_REPLY', ...reply.attributes, attribute);
    expect(thrownBy(() => decodeModeConfig(wrong))).toMatchObject({ code: 'malformed', blame: 'peer', path: 'attributes.2' });
    if (attribute.type !== 'INTERNAL_IP6_SUBNET' && attribute.type !== 'INTERNAL_IP6_ADDRESS')
      expect(thrownBy(() => decodeModeConfigRequest(wrong)).code).toBe('malformed');
  });
  it.each<[string, Partial<Configuration>]>([
    ['addresses.0', { addresses: [{ address: new Uint8Array(5) }] }],
    ['dns.1', { dns: [parseAddress('10.0.0.1'), new Uint8Array(3)] }],
    ['nbns.0', { nbns: [new Uint8Array(16)] }],
    ['netmask', { netmask: new Uint8Array(16) }],
    ['subnets.0', { subnets: [parsePrefix('10.0.0.1-10.0.0.9')] }],
    ['domains.0', { domains: ['a b'] }],
    ['applicationVersion', { applicationVersion: 'ä' }],
  ])('is a mistake of ours with wrong %s', (path, config) => {
    expect(thrownBy(() => encodeModeConfig(config, answer))).toMatchObject({ code: 'invalid-argument', path });
  });
  it('is read from any octets, or refused', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.oneof(fc.integer({ min: 0, max: 17 }), fc.integer({ min: 28_672, max: 28_684 })), fc.uint8Array({ maxLength: 30 })),
          {
            maxLength: 8,
          },
        ),
        (list) => {
          const octets = encodePayloads([attributes('ISAKMP_CFG_SET', ...list.map(([type, value]) => ({ type, value })))]).octets;
          const [payload] = decodePayloads(14, octets).payloads;
          if (payload?.type !== 'ATTR') throw new Error('another payload');
          for (const run of [decodeModeConfig, decodeModeConfigRequest, encodeModeConfigAck]) {
            try {
              run(payload);
            } catch (error) {
              expect(error).toBeInstanceOf(IpsecError);
            }
          }
        },
      ),
    );
  });
});

// ------------------------------------------------------------------------------------------------------------------ client

const pulling = (more: Partial<Connection> = {}): Connection => connectionOf({}, { configuration: wanted, ...more });
const pushing = connectionOf({ modeConfig: 'push' }, { configuration: wanted });
const configRequested = { kind: 'config-requested', identifier: 0 } as const;

function begun(connection: Connection): Outcome & { readonly sa: ConfigClient } {
  const outcome = afterPhase1(phase1Over(connection), envOf());
  const { sa } = outcome;
  if (sa.state !== 'CONFIG_CLIENT') throw new Error(sa.state);
  return { ...outcome, sa };
}
function establishedIn({ sa }: Outcome): Established {
  if (sa.state !== 'ESTABLISHED') throw new Error(sa.state);
  return sa;
}
const push = { ...reply, cfgType: 'ISAKMP_CFG_SET' } as const;

describe('Mode Config of the client', () => {
  it('asks as strongSwan does, and takes what it is given', () => {
    const asked = begun(pulling());
    expect(octetsOf(sentIn(asked))).toBe(octetsOf(request));
    expect(asked.begin).toMatchObject([{ exchange: 'Transaction', awaitsAnswer: true, about: configRequested }]);
    const done = handle(asked.sa, reply, { about: configRequested });
    expect(establishedIn(done).assigned).toEqual(given);
    expect(done.actions).toMatchObject([{ type: 'established', assigned: given }]);
    expect(done.send).toBeUndefined();
  });
  it('waits where the gateway is to push, and says what it has taken', () => {
    const waiting = begun(pushing);
    expect(waiting.begin).toBeUndefined();
    expect(waiting.sa.deadlines.expire).toBe(121_000);
    const done = handle(waiting.sa, { ...push, identifier: 5, attributes: [...push.attributes, { type: 20_000, value: EMPTY }] });
    expect(sentIn(done)).toEqual({
      ...attributes('ISAKMP_CFG_ACK', { type: 'INTERNAL_IP4_ADDRESS', value: EMPTY }, { type: 'INTERNAL_IP4_DNS', value: EMPTY }),
      identifier: 5,
    });
    expect(done.send?.awaitsAnswer).toBe(false);
    expect(establishedIn(done).assigned?.addresses).toEqual(given.addresses);
  });
  it('takes a push where it has asked; the answer that comes later changes nothing', () => {
    const { sa } = begun(pulling());
    const established = establishedIn(handle(sa, push));
    const other = attributes('ISAKMP_CFG_REPLY', { type: 'INTERNAL_IP4_ADDRESS', value: parseAddress('10.9.9.9') });
    expect(handle(established, other, { about: configRequested })).toEqual({ sa: established, actions: [] });
  });
  it('keeps its address when the gateway pushes another one later, and says so', () => {
    const established = establishedIn(handle(begun(pushing).sa, push));
    const other = attributes('ISAKMP_CFG_SET', { type: 'INTERNAL_IP4_ADDRESS', value: parseAddress('10.9.9.9') });
    const done = handle(established, other);
    expect(done.sa).toBe(established);
    expect(sentIn(done).attributes).toEqual([]);
    expect(auditIn(done)).toHaveLength(1);
  });
  it('ends without an address, and tells the gateway', () => {
    for (const without of [attributes('ISAKMP_CFG_REPLY'), { ...reply, attributes: reply.attributes.slice(1) }]) {
      const done = handle(begun(pulling()).sa, without, { about: configRequested });
      expect(done.sa.state).toBe('CLOSED');
      expect(closedBy(done)?.code).toBe('internal-address-failure');
      expect(done.begin).toMatchObject([{ exchange: 'Informational', payloads: [{ type: 'D', protocol: 'ISAKMP' }] }]);
    }
    const pushed = handle(begun(pushing).sa, { ...push, attributes: push.attributes.slice(1) });
    expect(closedBy(pushed)?.code).toBe('internal-address-failure');
    expect(sentIn(pushed).cfgType).toBe('ISAKMP_CFG_ACK');
  });
  it('does without one where it has not asked for one', () => {
    const { sa } = begun(pulling({ configuration: { wants: ['dns4'] } }));
    expect(establishedIn(handle(sa, attributes('ISAKMP_CFG_REPLY'), { about: configRequested })).assigned).toEqual(nothing);
  });
  it('ends with an answer that makes no sense, or that belongs to another question', () => {
    for (const wrong of [
      { ...reply, identifier: 1 },
      attributes('ISAKMP_CFG_REPLY', { type: 'INTERNAL_IP4_ADDRESS', value: new Uint8Array(5) }),
    ]) {
      const done = handle(begun(pulling()).sa, wrong, { about: configRequested });
      expect(closedBy(done)?.code).toBe('malformed');
    }
  });
  it('refuses what is pushed where nobody wants it, or what is no configuration', () => {
    const plain = afterPhase1(phase1Over(connectionOf({})), envOf()).sa;
    expect(plain.state).toBe('ESTABLISHED');
    expect(thrownBy(() => handle(plain, push)).code).toBe('unsupported');
    for (const sa of [begun(pushing).sa, establishedIn(handle(begun(pushing).sa, push))])
      for (const isAccepted of [true, false]) expect(thrownBy(() => handle(sa, encodeXauthStatus(0, isAccepted))).code).toBe('malformed');
    expect(thrownBy(() => handle(begun(pushing).sa, { ...push, attributes: [{ type: 'INTERNAL_IP4_DNS', value: 5 }] })).code).toBe(
      'malformed',
    );
  });
  it('tells people what the gateway says', () => {
    const banner = { type: 'UNITY_BANNER', value: text('Welcome') } as const;
    const done = handle(begun(pulling()).sa, { ...reply, attributes: [...reply.attributes, banner] }, { about: configRequested });
    expect(auditIn(done)).toEqual(['the gateway says: Welcome']);
  });
  it('has no row for answers to questions that it has not asked', () => {
    for (const sa of [begun(pushing).sa, begun(pulling()).sa]) {
      expect(() => handle(sa, reply)).toThrow('takes no');
      expect(() => handle(sa, reply, { about: { kind: 'done' } })).toThrow('takes no');
      expect(() => handle(sa, request)).toThrow('takes no');
    }
  });
});

// ------------------------------------------------------------------------------------------------------------------ server

/** A pool that remembers who asked. */
function pool(give: (peer: Identity, request: ConfigurationRequest) => Configuration | undefined = () => given): {
  env: IkeEnv;
  asked: { peer: Identity; request: ConfigurationRequest }[];
} {
  const asked: { peer: Identity; request: ConfigurationRequest }[] = [];
  const configure: IkeEnv['configure'] = (peer, wants) => {
    asked.push({ peer, request: wants });
    return give(peer, wants);
  };
  return { env: envOf({ configure }), asked };
}
function serving(connection: Connection, env: IkeEnv, more: Partial<Established> = {}): Outcome<AuthenticatedSa> {
  return afterPhase1({ ...phase1Over(connection, 'responder'), ...more }, env);
}
function serverIn({ sa }: Outcome): ConfigServer {
  if (sa.state !== 'CONFIG_SERVER') throw new Error(sa.state);
  return sa;
}

describe('Mode Config of the gateway', () => {
  it('waits for clients that pull, and answers as strongSwan does', () => {
    const { env, asked } = pool();
    const { sa } = serving(connectionOf({}), env);
    expect(sa.state).toBe('ESTABLISHED');
    expect(asked).toEqual([]);
    const done = handle(sa, request, { env });
    expect(octetsOf(sentIn(done))).toBe(octetsOf(reply));
    expect(done.send?.awaitsAnswer).toBe(false);
    expect(establishedIn(done).leased).toEqual([parseAddress('10.3.0.1')]);
    expect(asked).toMatchObject([{ peer: sa.peerId, request: { wants: ['ipv4', 'dns4'], previous: [] } }]);
  });
  it('answers with the Identifier of the question', () => {
    const { env } = pool();
    expect(sentIn(handle(serving(connectionOf({}), env).sa, { ...request, identifier: 20 }, { env })).identifier).toBe(20);
  });
  it('leases to the user, where there is one', () => {
    const { env, asked } = pool();
    const connection = connectionOf({ xauth: 'server' });
    handle({ ...phase1Over(connection), state: 'ESTABLISHED', user: 'carol' }, request, { env });
    // The name of a client of XAUTH is its own, and no proof of who its peer is.
    handle({ ...phase1Over(connectionOf({ xauth: 'client' })), state: 'ESTABLISHED', user: 'carol' }, request, { env });
    expect(asked.map(({ peer }) => peer)).toEqual([
      { type: 'ID_KEY_ID', octets: text('carol') },
      { type: 'ID_FQDN', name: 'b.example.org' },
    ]);
  });
  it('gives a client that asks again what it has, and nobody else what it has not', () => {
    let last = 0;
    const { env, asked } = pool(() => ({ ...given, addresses: [{ address: Uint8Array.of(10, 3, 0, ++last) }] }));
    let { sa } = handle(serving(connectionOf({}), env).sa, request, { env });
    for (let i = 2; i < 5; i++) {
      const again = handle(sa, request, { env });
      expect(octetsOf(sentIn(again))).toBe(octetsOf(reply));
      expect(releasedBy(again)).toEqual([`0a03000${i}`]);
      expect(asked.at(-1)?.request.previous).toEqual([{ address: parseAddress('10.3.0.1') }]);
      ({ sa } = again);
      expect(establishedIn(again).leased).toEqual([parseAddress('10.3.0.1')]);
    }
  });
  it('gives back one of two leases of the same address', () => {
    const { env } = pool();
    const { sa } = handle(serving(connectionOf({}), env).sa, request, { env });
    const again = handle(sa, request, { env });
    expect(releasedBy(again)).toEqual(['0a030001']);
    expect(establishedIn(again).leased).toHaveLength(1);
  });
  it('adds an address of the other family', () => {
    const v6 = { address: parseAddress('fd00::1'), prefixLength: 128 };
    const { env } = pool((_, { wants }) => ({
      ...nothing,
      addresses: [...(wants.includes('ipv4') ? given.addresses : []), ...(wants.includes('ipv6') ? [v6] : [])],
    }));
    const { sa } = handle(serving(connectionOf({}), env).sa, request, { env });
    const more = handle(sa, encodeModeConfigRequest(1, { wants: ['ipv6'] }), { env });
    expect(sentIn(more).attributes).toEqual([{ type: 'INTERNAL_IP6_ADDRESS', value: v6.address }]);
    expect(releasedBy(more)).toEqual([]);
    expect(establishedIn(more).leased).toEqual([parseAddress('10.3.0.1'), v6.address]);
  });
  it('gives an address that came with an older IKE SA, once', () => {
    const { env } = pool();
    const address = parseAddress('10.3.0.7');
    const { sa } = serving(connectionOf({}), env, { leased: [address, address.slice()] });
    const done = handle(sa, request, { env });
    expect(sentIn(done).attributes[0]).toEqual({ type: 'INTERNAL_IP4_ADDRESS', value: address });
    expect(sentIn(done).attributes.filter(({ type }) => type === 'INTERNAL_IP4_ADDRESS')).toHaveLength(1);
    expect(releasedBy(done)).toEqual(['0a030001']);
  });
  it('answers with nothing where there is nothing, and remembers that', () => {
    const { env } = pool(() => undefined);
    const done = handle(serving(connectionOf({}), env).sa, request, { env });
    expect(sentIn(done)).toEqual(attributes('ISAKMP_CFG_REPLY'));
    expect(auditIn(done)).toHaveLength(1);
    expect(establishedIn(done).leased).toEqual([]);
    expect(sentIn(handle(serving(connectionOf({}), envOf()).sa, request)).attributes).toEqual([]);
  });
  it('gives back what cannot be told', () => {
    const { env } = pool(() => ({ ...given, netmask: new Uint8Array(3) }));
    const done = handle(serving(connectionOf({}), env).sa, request, { env });
    expect(sentIn(done).attributes).toEqual([]);
    expect(releasedBy(done)).toEqual(['0a030001']);
    expect(establishedIn(done).leased).toEqual([]);
  });
  it('is no gateway for its own gateway', () => {
    const { env, asked } = pool();
    const established = establishedIn(handle(begun(pulling()).sa, reply, { about: configRequested }));
    expect(sentIn(handle(established, request, { env })).attributes).toEqual([]);
    expect(asked).toEqual([]);
  });
  it('refuses requests that are none of Mode Config, or malformed', () => {
    const { env } = pool();
    const { sa } = serving(connectionOf({}), env);
    expect(thrownBy(() => handle(sa, encodeXauthRequest(0), { env })).code).toBe('malformed');
    const wrong = attributes('ISAKMP_CFG_REQUEST', { type: 'INTERNAL_IP4_ADDRESS', value: new Uint8Array(5) });
    expect(thrownBy(() => handle(sa, wrong, { env })).code).toBe('malformed');
  });

  it('pushes, and goes on once the client has heard it', () => {
    const { env, asked } = pool();
    const pushed = serving(connectionOf({ modeConfig: 'push' }), env);
    expect(asked[0]?.request.wants).toContain('ipv4');
    expect(octetsOf(sentIn(pushed))).toBe(octetsOf(push));
    expect(pushed.begin).toMatchObject([{ exchange: 'Transaction', awaitsAnswer: true, about: { kind: 'config-pushed', identifier: 0 } }]);
    expect(serverIn(pushed)).toMatchObject({ leased: [parseAddress('10.3.0.1')], deadlines: { expire: 121_000 } });
    const done = handle(pushed.sa, attributes('ISAKMP_CFG_ACK'), { about: aboutIn(pushed), env });
    expect(establishedIn(done).leased).toEqual([parseAddress('10.3.0.1')]);
    expect(done.actions).toMatchObject([{ type: 'established' }]);
  });
  it('does without where there is nothing to push', () => {
    const { env } = pool(() => undefined);
    const done = serving(connectionOf({ modeConfig: 'push' }), env);
    expect(done.sa.state).toBe('ESTABLISHED');
    expect(auditIn(done)).toHaveLength(1);
    expect(serving(connectionOf({ modeConfig: 'push' }), envOf()).sa.state).toBe('ESTABLISHED');
  });
  it('serves a client that asks before it has heard of the push, with the same address', () => {
    const { env } = pool();
    const pushed = serving(connectionOf({ modeConfig: 'push' }), env);
    const done = handle(pushed.sa, request, { env });
    expect(octetsOf(sentIn(done))).toBe(octetsOf(reply));
    expect(establishedIn(done).leased).toHaveLength(1);
    const later = handle(done.sa, attributes('ISAKMP_CFG_ACK'), { about: aboutIn(pushed), env });
    expect(later).toEqual({ sa: done.sa, actions: [] });
  });
  it('ends where the acknowledgement belongs to something else, and gives the address back', () => {
    const { env } = pool();
    const pushed = serving(connectionOf({ modeConfig: 'push' }), env);
    const done = handle(pushed.sa, { ...attributes('ISAKMP_CFG_ACK'), identifier: 9 }, { about: aboutIn(pushed), env });
    expect(closedBy(done)?.code).toBe('malformed');
    expect(releasedBy(done)).toEqual(['0a030001']);
  });
});
