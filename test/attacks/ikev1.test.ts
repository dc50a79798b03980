/**
 * The list of known attacks on IKE, as far as IKEv1 has a side in it: rows 1 to 9, 16, 17, 37 and 39. The peer is the attacker: what is tampered with is sealed anew, under
 * the real keys and with the right HASH. Row 10 is test/ikev1/model-states.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { decodeMessage as decodeV2 } from '../../src/ike.js';
import {
  decodeMessage,
  decodePhase1Attributes,
  encodeMessage,
  ikev1,
  type Ikev1Header,
  openMessage,
  type Payload,
  SIT_IDENTITY_ONLY,
} from '../../src/ikev1.js';
import { findExchange } from '../../src/ikev1/exchanges.js';
import { firstIvOf } from '../../src/ikev1/send.js';
import type { Ikev1Sa } from '../../src/ikev1/states.js';
import { keyExchangeRows, modp2048 } from '../../src/suite/dh.js';
import { seal } from '../ikev1/model-states.js';
import {
  begin,
  deliver,
  type Host,
  type HostOptions,
  nextWake,
  pathOf,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from '../ikev1/two-hosts.js';

const EMPTY = new Uint8Array(0);
const ecp = keyExchangeRows.find(({ shortName }) => shortName === 'ecp256')!;
const quick: HostOptions = { connection: { proposals: [{ ...twoHosts().a.connection.proposals[0]!, keyExchange: [ecp] }] } };
const aggressive: HostOptions = { ...quick, ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } };

/** One message on its way, and the host that it is for as it was just before. */
interface Moment {
  readonly to: Host;
  /** Undefined: there is no IKE SA yet. */
  readonly sa: Ikev1Sa | undefined;
  readonly data: Uint8Array;
  readonly payloads: readonly Payload[];
}

/** Every message of a conversation. */
function momentsOf(options: HostOptions): Moment[] {
  const hosts = twoHosts(options, options);
  const moments: Moment[] = [];
  begin(hosts.a);
  for (;;) {
    const [from, to] = hosts.a.outbox.length > 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
    const first = from.outbox[0];
    if (!first) return moments;
    const sa = to.sas.size > 0 ? saOf(to) : undefined;
    moments.push({ to, sa, data: first.data, payloads: payloadsOf(sa, first.data) });
    deliver(from, to);
  }
}

/** The payloads of a message; of phase 2 without HASH. */
function payloadsOf(sa: Ikev1Sa | undefined, data: Uint8Array): readonly Payload[] {
  const message = decodeMessage(data);
  if (!message.isEncrypted) return message.payloads;
  if (!sa || !('crypto' in sa)) throw new Error('encrypted before there are keys');
  const exchange = findExchange(sa, message.messageId, message.exchange);
  const { payloads } = openMessage(sa.crypto.cipher, exchange?.iv ?? firstIvOf(sa.crypto, sa.phase1, message.messageId), message);
  return message.messageId === 0 ? payloads : payloads.slice(1);
}

/** Gives a host other payloads than the peer's; it is as if they had never come. */
function say({ to, sa, data }: Moment, payloads: readonly Payload[], change: Partial<Ikev1Header> = {}): Result {
  const { exchange, messageId, isEncrypted, ckyI, ckyR } = decodeMessage(data);
  const names = payloads.map((_, i) => String(i));
  const table = new Map(payloads.map((payload, i) => [String(i), payload]));
  const header = { ckyI, ckyR, exchange, messageId, authenticationOnly: false, commit: false, ...change };
  const octets =
    sa && isEncrypted ? seal(sa, { exchange, messageId, names, encrypted: true }, table) : encodeMessage({ ...header, payloads });
  return give({ to, sa }, octets);
}

interface Result {
  readonly state: string;
  readonly actions: readonly string[];
}

function give({ to, sa }: Pick<Moment, 'to' | 'sa'>, data: Uint8Array): Result {
  const { remote: from, local } = pathOf(to.name);
  const copy = data.slice();
  const { sa: after, actions } = sa
    ? ikev1.step(sa, { type: 'datagram', data, from, to: local }, to.env)
    : ikev1.respond(
        { data, from, to: local },
        { connections: [to.connection], halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 9, perAddress: 9 } },
        to.env,
      );
  expect(data, 'a datagram is not written to').toEqual(copy);
  return { state: after?.state ?? 'LISTENING', actions: actions.map(({ type }) => type) };
}

const conversations: readonly [string, HostOptions][] = [
  ['main mode', quick],
  ['aggressive mode', aggressive],
];
const gains = ['established', 'installChild', 'closed', 'removeChild'];

describe('row 1: public values (RFC 6989; CVE-2014-9221, CVE-2015-3240)', () => {
  const values = (length: number): [string, Uint8Array][] => [
    ['zeros', new Uint8Array(length)],
    ['one', new Uint8Array(length).fill(1, length - 1)],
    ['ones', new Uint8Array(length).fill(0xff)],
    ['one octet too few', new Uint8Array(length - 1).fill(3)],
    ['one octet too many', new Uint8Array(length + 1).fill(3)],
    ['nothing', EMPTY],
  ];
  it.each([modp2048, ecp].flatMap((row) => values(row.publicLength).map(([name, value]) => [row.shortName, name, row, value] as const)))(
    '%s: %s makes no key on either side',
    (_, __, row, value) => {
      const options: HostOptions = { connection: { proposals: [{ ...twoHosts().a.connection.proposals[0]!, keyExchange: [row] }] } };
      for (const moment of [...momentsOf(options), ...momentsOf({ ...aggressive, ...options })]) {
        if (!moment.payloads.some(({ type }) => type === 'KE')) continue;
        const before = moment.sa?.state ?? 'LISTENING';
        const result = say(
          moment,
          moment.payloads.map((payload) => (payload.type === 'KE' ? { ...payload, data: value } : payload)),
        );
        expect(result.state).toBe(before);
        expect(result.actions).not.toContain('ikev1Keys');
      }
    },
  );

  it('groups of every number: those that we do not have are not chosen', () => {
    const [first] = momentsOf(quick);
    for (let group = 0; group < 0x10000; group += group < 64 ? 1 : 509) {
      if (group === 19) continue;
      const result = say(first!, [offerOf({ group })]);
      expect(result.state, `group ${group}`).toBe('LISTENING');
    }
  });
});

/** An SA payload of phase 1 that would do, but for what is changed. */
function offerOf(
  change: { readonly group?: number; readonly authentication?: number; readonly hash?: number; readonly encryption?: number } = {},
): Payload {
  const attributes = [
    { type: 'Encryption Algorithm', value: change.encryption ?? 7 },
    { type: 'Key Length', value: 128 },
    { type: 'Hash Algorithm', value: change.hash ?? 4 },
    { type: 'Group Description', value: change.group ?? 19 },
    { type: 'Authentication Method', value: change.authentication ?? 1 },
  ] as const;
  const transforms = [{ transformNum: 1, id: 'KEY_IKE', attributes }] as const;
  return {
    type: 'SA',
    doi: 'IPSEC',
    situation: SIT_IDENTITY_ONLY,
    proposals: [{ proposalNum: 1, protocol: 'ISAKMP', spi: EMPTY, transforms }],
  };
}

describe('row 2: half an offer (CVE-2016-5391, CVE-2016-3071)', () => {
  const [first] = momentsOf(quick);
  const attribute = fc.record({
    type: fc.constantFrom(
      'Encryption Algorithm',
      'Key Length',
      'Hash Algorithm',
      'Group Description',
      'Authentication Method',
      'PRF',
      'Group Type',
    ),
    value: fc.constantFrom(0, 1, 2, 4, 7, 14, 19, 128, 256, 65535),
  });
  it('any attributes: all of what is needed is there, or nothing is chosen', () => {
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 8 }), (attributes) => {
        const sa = offerOf();
        if (sa.type !== 'SA') throw new Error('it is');
        const transforms = [{ transformNum: 1, id: 'KEY_IKE', attributes }] as never;
        const { state } = say(first!, [{ ...sa, proposals: [{ proposalNum: 1, protocol: 'ISAKMP', spi: EMPTY, transforms }] }]);
        if (state === 'LISTENING') return;
        const { encryption, keyLength, hash, group, authentication } = decodePhase1Attributes(attributes);
        expect({ encryption, keyLength, hash, group, authentication }).toEqual({
          encryption: 'AES-CBC',
          keyLength: 128,
          hash: 'SHA2-256',
          group: 19,
          authentication: 'pre-shared key',
        });
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe.each(conversations)('row 3: missing payloads in %s (CVE-2013-6467, CVE-2019-12312)', (_, options) => {
  it('each one and each pair', () => {
    for (const moment of momentsOf(options)) {
      const { payloads, sa } = moment;
      const needed = payloads.filter(({ type }) => type !== 'VID' && type !== 'NAT-D' && type !== 'N');
      for (const one of needed)
        for (const other of payloads) {
          const result = say(
            moment,
            payloads.filter((payload) => payload !== one && payload !== other),
          );
          const what = `${sa?.state ?? 'LISTENING'} without ${one.type} and ${other.type}`;
          // Quick Mode between the peers' own addresses has no ID payloads, so without them it may be another one.
          if (one.type === 'ID' && sa?.state === 'ESTABLISHED') continue;
          for (const gain of gains) expect(result.actions, what).not.toContain(gain);
          expect(result.state, what).toBe(sa?.state ?? 'LISTENING');
        }
    }
  });
});

describe.each(conversations)('rows 4 and 39: lengths that lie in %s (CVE-2025-9242)', (_, options) => {
  it('every two octets as every wrong length, sealed anew where they were encrypted', () => {
    for (const { to, sa, data } of momentsOf(options)) {
      for (let at = 16; at + 1 < data.length; at++)
        for (const value of [0, 3, 0xffff, data[at]! * 256 + data[at + 1]! + 1]) {
          const changed = data.slice();
          changed[at] = (value >> 8) & 0xff;
          changed[at + 1] = value & 0xff;
          if (changed.every((octet, i) => octet === data[i])) continue;
          const { actions } = give({ to, sa }, changed);
          // Octets that nothing covers, as in Vendor IDs, may change; but nobody gets in by it before the proof, and no Child SA comes of it.
          expect(actions.includes('installChild') || actions.includes('closed')).toBe(false);
        }
      for (let length = 0; length < data.length; length += 3) give({ to, sa }, data.subarray(0, length).slice());
    }
  });

  it('any octets at all', () => {
    const moments = momentsOf(options);
    fc.assert(
      fc.property(fc.nat(moments.length - 1), fc.uint8Array({ minLength: 20, maxLength: 300 }), fc.boolean(), (i, noise, keepsHeader) => {
        const { to, sa, data } = moments[i]!;
        const octets = noise.slice();
        if (keepsHeader) octets.set(data.subarray(0, 20));
        const { actions } = give({ to, sa }, octets);
        for (const gain of gains) expect(actions).not.toContain(gain);
      }),
      { numRuns: 1000, seed: 4 },
    );
  });
});

describe('rows 5 and 6: fragments (CVE-2016-1287)', () => {
  const [, second] = momentsOf({ ...quick, options: { fragmentSizes: [1280] } });
  const fragment = (fragmentNumber: number, flags: number, data: Uint8Array = new Uint8Array(100), fragmentId = 1): Payload => ({
    type: 'FRAG',
    fragmentId,
    fragmentNumber,
    flags,
    data,
  });
  const sayAll = (payloads: readonly Payload[]): Ikev1Sa => {
    const { to } = second!;
    let sa = second!.sa!;
    const { remote: from, local } = pathOf(to.name);
    for (const payload of payloads) {
      const { ckyI, ckyR } = decodeMessage(second!.data);
      const data = encodeMessage({
        ckyI,
        ckyR,
        exchange: 'Identity Protection',
        messageId: 0,
        authenticationOnly: false,
        commit: false,
        payloads: [payload],
      });
      ({ sa } = ikev1.step(sa, { type: 'datagram', data, from, to: local }, to.env));
    }
    return sa;
  };
  const octetsKept = (sa: Ikev1Sa): number => [...(sa.fragments?.parts.values() ?? [])].reduce((sum, { length }) => sum + length, 0);

  it.each([
    ['number 0', [fragment(0, 0)]],
    ['behind the last one', [fragment(2, 1), fragment(3, 0)]],
    ['two last ones', [fragment(2, 1), fragment(3, 1)]],
    ['no data', [fragment(1, 0, EMPTY)]],
    ['a fragment of fragments', [fragment(1, 1, encodeMessage({ ...headerOf(second!.data), payloads: [fragment(1, 1)] }))]],
    ['noise that comes together', [fragment(1, 0), fragment(2, 1)]],
  ] as const)('%s: nothing comes of it', (_, payloads) => {
    const sa = sayAll(payloads);
    expect(sa.state).toBe(second!.sa!.state);
  });

  it('a million octets of forged ones are not kept', () => {
    const many = Array.from({ length: 1000 }, (_, i) => fragment((i % 250) + 1, 0, new Uint8Array(1000), 1 + Math.floor(i / 250)));
    expect(octetsKept(sayAll(many))).toBeLessThanOrEqual(65_535);
  });
});

function headerOf(data: Uint8Array): Ikev1Header {
  const { ckyI, ckyR, exchange, messageId, authenticationOnly, commit } = decodeMessage(data);
  return { ckyI, ckyR, exchange, messageId, authenticationOnly, commit };
}

describe('rows 7 and 8: explosions of payloads and proposals', () => {
  const [first] = momentsOf(quick);
  it('more payloads than a message may have are not read', () => {
    const many = Array.from({ length: 2000 }, (): Payload => ({ type: 'VID', data: EMPTY }));
    expect(say(first!, [offerOf(), ...many]).state).toBe('LISTENING');
  });

  it('255 transforms that nobody likes in front of the one that will do: it is found', () => {
    const sa = offerOf();
    if (sa.type !== 'SA') throw new Error('it is');
    const [proposal] = sa.proposals;
    const transforms = Array.from({ length: 255 }, (_, i) => ({
      ...proposal!.transforms[0]!,
      transformNum: i + 1,
      attributes: proposal!.transforms[0]!.attributes.map((a) =>
        i < 254 && a.type === 'Group Description' ? { ...a, value: 1000 + i } : a,
      ),
    }));
    const result = say(first!, [{ ...sa, proposals: [{ ...proposal!, transforms }] } as Payload]);
    expect(['LISTENING', 'MAIN_R1']).toContain(result.state);
  });
});

describe('row 9: what nobody knows', () => {
  const [first] = momentsOf(quick);
  const header = decodeMessage(first!.data);
  it.each([
    ['a minor version', 17, 0x11],
    ['major version 3', 17, 0x30],
    ['version 2', 17, 0x20],
    ['major version 0', 17, 0x00],
  ] as const)('%s: no IKE SA', (_, at, value) => {
    const changed = first!.data.slice();
    changed[at] = value;
    expect(give(first!, changed).state).toBe('LISTENING');
  });
  it('reserved flags and a payload that nobody knows are no reason not to answer', () => {
    const changed = first!.data.slice();
    changed[19] = changed[19]! | 0xf8;
    expect(header.isEncrypted).toBe(false);
    expect(give(first!, changed).state).toBe('MAIN_R1');
    expect(say(first!, [...first!.payloads, { type: 'unknown', payloadType: 200, data: new Uint8Array(5) }]).state).toBe('MAIN_R1');
  });
});

describe('row 16: public key encryption (Felsch et al. 2018; CVE-2018-0131)', () => {
  it.each([
    [4, 'Encryption with RSA'],
    [5, 'Revised encryption with RSA'],
    [2, 'DSS signatures'],
    [65007, 'XAUTHInitRSAEncryption'],
    [65009, 'XAUTHInitRSARevisedEncryption'],
  ])('authentication method %i is never chosen, and the log names it', (authentication, name) => {
    for (const options of [quick, aggressive]) {
      const [moment] = momentsOf(options);
      const payloads = moment!.payloads.map((payload) => (payload.type === 'SA' ? offerOf({ authentication }) : payload));
      expect(say(moment!, payloads).state).toBe('LISTENING');
      const hosts = twoHosts(options, options);
      const { ckyI, ckyR, exchange } = decodeMessage(moment!.data);
      const data = encodeMessage({ ckyI, ckyR, exchange, messageId: 0, authenticationOnly: false, commit: false, payloads });
      receive(hosts.b, { data, path: pathOf('a') });
      const audits = hosts.b.actions.flatMap((action) => (action.type === 'audit' ? [action.detail] : []));
      expect(audits.join('\n')).toContain(name);
    }
  });
});

describe('row 17: passwords that are guessed offline (CVE-2018-5389)', () => {
  it('aggressive mode with a pre-shared key is not begun without the flag that says unsafe', () => {
    const hosts = twoHosts({ ...quick, ikev1: { mode: 'aggressive' } });
    expect(() => {
      begin(hosts.a);
    }).toThrow(/unsafeAggressivePsk/);
  });
  it('and not answered: not one octet that depends on the secret goes out', () => {
    const hosts = twoHosts(aggressive, { ...quick, ikev1: { mode: 'aggressive' } });
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    expect(hosts.b.sas.size).toBe(0);
    for (const { data } of hosts.b.outbox) expect(decodeMessage(data).exchange).toBe('Informational');
  });
  it('main mode gives a responder that has the wrong secret nothing to guess with, nor an initiator a second try', () => {
    const hosts = twoHosts(quick, {
      connection: {
        ...quick.connection,
        localAuth: { method: 'shared-key', secret: new Uint8Array(16) },
        remoteAuth: { method: 'shared-key', secret: new Uint8Array(16) },
      },
    });
    begin(hosts.a);
    settle(hosts);
    expect(saOf(hosts.a).state).toBe('MAIN_I3');
    expect(saOf(hosts.b).state).toBe('MAIN_R2');
    while (nextWake(hosts) < Infinity) {
      setClock(hosts, nextWake(hosts));
      settle(hosts);
    }
    expect([saOf(hosts.a).state, saOf(hosts.b).state]).toEqual(['CLOSED', 'CLOSED']);
  });
});

describe('row 37: messages of the other version (CVE-2015-3991)', () => {
  it('a message of one version under the number of the other is never taken apart', () => {
    for (const { data } of momentsOf(quick)) {
      const crossed = data.slice();
      crossed[17] = 0x20;
      expect(() => decodeMessage(crossed)).toThrow(IpsecError);
      expect(() => decodeV2(data)).toThrow(/version/);
      // Read as version 2 it is other payloads, or none; it throws nothing else.
      try {
        decodeV2(crossed);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
    }
  });
  it.each([33, 34, 35, 36, 39, 41, 43, 44, 46, 48, 53])('payload %i of IKEv2 in a message of version 1 says nothing', (type) => {
    for (const moment of momentsOf(quick)) {
      if (decodeMessage(moment.data).isEncrypted) continue;
      const payload: Payload = { type: 'unknown', payloadType: type, data: new Uint8Array(8) };
      expect(say(moment, [payload]).state).toBe(moment.sa?.state ?? 'LISTENING');
    }
  });
});
