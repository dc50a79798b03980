import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { encodeNotifyData, type Payload, type PayloadOfType } from '../../src/ikev1.js';
import type { Ikev1Action, Outcome } from '../../src/ikev1/events.js';
import { beginQuick, finishQuick2 } from '../../src/ikev1/exchange/quick-initiator.js';
import { answerQuick1, answerQuick3 } from '../../src/ikev1/exchange/quick-responder.js';
import { answerInformational } from '../../src/ikev1/exchange/informational.js';
import { encodeClientId } from '../../src/ikev1/identification.js';
import { encodeQuickOffer } from '../../src/ikev1/quick-sa.js';
import type { About, OpenMessage } from '../../src/ikev1/requests.js';
import type { AuthenticatedSa, Established } from '../../src/ikev1/states.js';
import { parseAddress } from '../../src/ip/address.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import { formatPair } from '../../src/keying/selectors.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import { modp2048, modp3072 } from '../../src/suite/dh.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { exchangeOf } from './quick-records.js';
import { find } from './transcripts.js';
import { connectionOf, phase1Over } from './transaction-fixture.js';
import { espPfsProposal, mirrored, policyOf, ts } from './two-hosts.js';

type Role = 'initiator' | 'responder';
const [addressA, addressB] = [parseAddress('192.0.2.1'), parseAddress('198.51.100.1')];

/** An IKE SA between 192.0.2.1, which has these policies, and 198.51.100.1, which has the same the other way round. */
function saOf(role: Role, policies: readonly ChildPolicy[], changes: Partial<Established> = {}): Established {
  const children = role === 'initiator' ? policies : policies.map(mirrored);
  const base = phase1Over(connectionOf({}, { children }), role);
  const [local, remote] = role === 'initiator' ? [addressA, addressB] : [addressB, addressA];
  return {
    ...base,
    state: 'ESTABLISHED',
    path: { local: { address: local, port: 500 }, remote: { address: remote, port: 500 } },
    abilities: { ...base.abilities, natTraversal: 'RFC 3947' },
    ...changes,
  };
}

interface Surroundings extends IkeEnv {
  readonly reserved: Set<number>;
}

/** Everything counts up; `spis`: how many there are. */
function envOf(seed: number, spis = 100): Surroundings {
  const reserved = new Set<number>();
  let left = spis;
  let octet = seed;
  return {
    now: 5000,
    reserved,
    random: (octets) => {
      for (let i = 0; i < octets.length; i++) octets[i] = octet = (Math.imul(octet, 197) + 89) & 0xff;
    },
    allocateSpi: () => {
      if (left-- === 0) throw new IpsecError('spi-exhausted', 'SPIs');
      const spi = seed * 0x1000 + reserved.size;
      reserved.add(spi);
      return spi;
    },
    allocateCpi: () => 0x400 + seed,
    connections: [],
  };
}

function messageOf(payloads: readonly Payload[], changes: Partial<OpenMessage> = {}): OpenMessage {
  return {
    ckyI: new Uint8Array(8).fill(1),
    ckyR: new Uint8Array(8).fill(2),
    exchange: 'Quick Mode',
    messageId: 7,
    isEncrypted: true,
    commit: false,
    payloads,
    raw: new Uint8Array(0),
    path: { local: { address: addressB, port: 500 }, remote: { address: addressA, port: 500 } },
    ...changes,
  };
}

interface Asked {
  readonly sa: Established;
  readonly about: Extract<About, { kind: 'quick-offered' }>;
  readonly payloads: readonly Payload[];
}

/** The first message. */
function asked(sa: Established, env: IkeEnv): Asked {
  const outcome = beginQuick(sa, { kind: 'createChild', policy: sa.connection.children[0]!, notBefore: 0 }, env);
  const first = outcome.begin?.[0];
  if (first?.about?.kind !== 'quick-offered') throw new Error(JSON.stringify(outcome.actions));
  return { sa, about: first.about, payloads: first.payloads };
}

/** The responder's answer to some payloads, changed on the way or not. */
function answered(sa: Established, payloads: readonly Payload[], env: IkeEnv = envOf(2)): Outcome<Established> {
  return answerQuick1(sa, messageOf(payloads), env);
}

function finished({ sa, about }: Asked, payloads: readonly Payload[], changes: Partial<OpenMessage> = {}): Outcome<Established> {
  return finishQuick2(sa, messageOf(payloads, changes), envOf(1), { exchange: exchangeOf(7, about), answers: [] });
}

const ofType = <Type extends Ikev1Action['type']>(actions: readonly Ikev1Action[], type: Type): Extract<Ikev1Action, { type: Type }>[] =>
  actions.filter((action): action is Extract<Ikev1Action, { type: Type }> => action.type === type);

/** The notification that a refusal sends. */
function refusal({ send, begin, about }: Outcome): PayloadOfType<'N'> {
  expect(send).toBeUndefined();
  expect(about).toBeUndefined();
  expect(begin).toHaveLength(1);
  return find(begin![0]!.payloads, 'N')!;
}

describe('RFC 2409 section 5.5: several SAs with one exchange', () => {
  const [one, two] = [
    policyOf(),
    policyOf({ name: 'ah', proposals: [{ protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [false] }] }),
  ];
  const offer = (policy: ChildPolicy, spi: number): Payload => encodeQuickOffer(policy, { spi, udp: undefined, group: undefined });
  const rest: readonly Payload[] = [
    { type: 'Nonce', data: new Uint8Array(16).fill(9) },
    encodeClientId(ts('10.1.0.0/16')[0]!),
    encodeClientId(ts('10.2.0.0/16')[0]!),
  ];

  it('all of them are granted, with keys of their own', () => {
    const env = envOf(2);
    const outcome = answered(saOf('responder', [one, two]), [offer(one, 0x111), offer(two, 0x222), offer(one, 0x333), ...rest], env);
    const sas = outcome.send!.payloads.filter((payload) => payload.type === 'SA');
    expect(sas.map(({ proposals }) => proposals[0]!.protocol)).toEqual(['ESP', 'AH', 'ESP']);
    expect(new Set(sas.map(({ proposals }) => toHex(proposals[0]!.spi))).size).toBe(3);
    const done = answerQuick3(outcome.sa, messageOf([]), env, { exchange: exchangeOf(7, outcome.about!), answers: [] });
    const installed = ofType(done.actions, 'installChild');
    expect(installed.map(({ child }) => child.spiOut)).toEqual([0x111, 0x222, 0x333]);
    expect(new Set(installed.map(({ keys }) => toHex(keys.inbound.integrity!))).size).toBe(3);
    expect(installed.map(({ replaces }) => replaces)).toEqual([undefined, undefined, undefined]);
    expect(done.sa.children.map(({ spiIn }) => spiIn)).toEqual([...env.reserved]);
  });

  it('one that is wrong has all of them refused, and nothing reserved', () => {
    const env = envOf(2);
    const odd = {
      ...offer(one, 0x222),
      proposals: [{ ...(offer(two, 0x222) as PayloadOfType<'SA'>).proposals[0]!, spi: fromHex('00000222') }],
    } as Payload;
    const outcome = answered(saOf('responder', [one]), [offer(one, 0x111), odd, ...rest], env);
    expect(refusal(outcome)).toMatchObject({ notify: 'NO-PROPOSAL-CHOSEN', protocol: 'ESP', spi: fromHex('00000111') });
    expect(env.reserved.size).toBe(0);
  });

  it('what was reserved is given back when there are not enough SPIs', () => {
    const outcome = answered(saOf('responder', [one]), [offer(one, 0x111), offer(one, 0x222), ...rest], envOf(2, 1));
    expect(refusal(outcome).notify).toBe('NO-PROPOSAL-CHOSEN');
    expect(ofType(outcome.actions, 'releaseSpi')).toEqual([{ type: 'releaseSpi', spi: 0x2000 }]);
  });

  it('no more than eight', () => {
    const env = envOf(2);
    const outcome = answered(saOf('responder', [one]), [...Array.from({ length: 9 }, (_, i) => offer(one, 0x300 + i)), ...rest], env);
    expect(refusal(outcome).notify).toBe('NO-PROPOSAL-CHOSEN');
    expect(env.reserved.size).toBe(0);
  });

  it('one group for all', () => {
    const both = policyOf({ proposals: [{ ...espPfsProposal, keyExchange: [modp2048, 'none'] }] });
    const ke: Payload = { type: 'KE', data: modp2048.generate((octets) => void octets.fill(3)).publicValue };
    const withGroup = encodeQuickOffer(both, { spi: 0x111, udp: undefined, group: modp2048 });
    expect(refusal(answered(saOf('responder', [both]), [withGroup, offer(one, 0x222), ke, ...rest])).notify).toBe('NO-PROPOSAL-CHOSEN');
  });
});

describe('RFC 2409 section 5.5: what a request has to have', () => {
  const policy = policyOf();
  const request = (): { sa: Established; payloads: readonly Payload[] } => ({
    sa: saOf('responder', [policy]),
    payloads: asked(saOf('initiator', [policy]), envOf(1)).payloads,
  });

  it('IDs: two, or none', () => {
    const { sa, payloads } = request();
    const id = find(payloads, 'ID')!;
    expect(refusal(answered(sa, payloads.slice(0, -1))).notify).toBe('PAYLOAD-MALFORMED');
    expect(refusal(answered(sa, [...payloads, id])).notify).toBe('PAYLOAD-MALFORMED');
    // none: the hosts themselves, for which there is no policy
    expect(
      refusal(
        answered(
          sa,
          payloads.filter(({ type }) => type !== 'ID'),
        ),
      ).notify,
    ).toBe('INVALID-ID-INFORMATION');
  });

  it('none mean the hosts that speak here, and none are sent back', () => {
    const hosts = policyOf({ local: ts('192.0.2.1'), remote: ts('198.51.100.1') });
    const { payloads } = asked(saOf('initiator', [hosts]), envOf(1));
    const outcome = answered(
      saOf('responder', [hosts]),
      payloads.filter(({ type }) => type !== 'ID'),
    );
    expect(outcome.send!.payloads.some(({ type }) => type === 'ID')).toBe(false);
    expect(outcome.about).toMatchObject({ granted: [{ child: { local: ts('198.51.100.1'), remote: ts('192.0.2.1') } }] });
  });

  it('names are no addresses', () => {
    const { sa, payloads } = request();
    const name: Payload = { type: 'ID', idType: 'ID_FQDN', protocol: 0, port: 0, data: new TextEncoder().encode('a.example') };
    const [sa1, nonce] = payloads;
    expect(refusal(answered(sa, [sa1!, nonce!, name, name])).notify).toBe('INVALID-ID-INFORMATION');
  });

  it('less than the policy says is granted, more is not', () => {
    const { sa, payloads } = request();
    const [sa1, nonce] = payloads;
    const ask = (initiator: string, responder: string): Outcome<Established> =>
      answered(sa, [sa1!, nonce!, encodeClientId(ts(initiator)[0]!), encodeClientId(ts(responder)[0]!)]);
    expect(
      formatPair((ask('10.1.7.0/24 udp', '10.2.0.1 udp 53').about as Extract<About, { kind: 'quick-answered' }>).granted[0]!.child),
    ).toBe('10.2.0.1 udp 53 <-> 10.1.7.0/24 udp');
    expect(refusal(ask('10.0.0.0/8', '10.2.0.0/16')).notify).toBe('INVALID-ID-INFORMATION');
    expect(refusal(ask('10.2.0.0/16', '10.1.0.0/16')).notify).toBe('INVALID-ID-INFORMATION');
  });

  it('the policy that says just that comes before one that says more', () => {
    const wide = policyOf({ name: 'wide', local: ts('10.0.0.0/8'), remote: ts('10.0.0.0/8') });
    const { payloads } = request();
    expect(answered(saOf('responder', [wide, policy]), payloads).about).toMatchObject({
      granted: [{ child: { policy: { name: 'net' } } }],
    });
    expect(answered(saOf('responder', [wide]), payloads).about).toMatchObject({ granted: [{ child: { policy: { name: 'wide' } } }] });
  });

  it('an SA payload in front', () => {
    const { sa, payloads } = request();
    expect(refusal(answered(sa, [...payloads.slice(1), payloads[0]!])).notify).toBe('PAYLOAD-MALFORMED');
  });

  it('a public value of the group, that is none of the weak ones', () => {
    const pfs = policyOf({ proposals: [espPfsProposal] });
    const { payloads } = asked(saOf('initiator', [pfs]), envOf(1));
    const sa = saOf('responder', [pfs]);
    const withKe = (data: Uint8Array): Payload[] => payloads.map((payload) => (payload.type === 'KE' ? { ...payload, data } : payload));
    const one = new Uint8Array(256);
    one[255] = 1;
    expect(refusal(answered(sa, withKe(one))).notify).toBe('INVALID-KEY-INFORMATION');
    expect(answered(sa, withKe(new Uint8Array(7))).send).toBeUndefined();
    expect(
      answered(
        sa,
        payloads.filter(({ type }) => type !== 'KE'),
      ).send,
    ).toBeUndefined();
    expect(answered(saOf('responder', [policy]), payloads).send).toBeUndefined();
    const env = envOf(2);
    answered(sa, withKe(one), env);
    expect(env.reserved.size).toBe(0);
  });
});

describe('RFC 2409 section 5.5: what an answer has to have', () => {
  const policy = policyOf({ proposals: [espPfsProposal] });

  function exchange(): { first: Asked; reply: readonly Payload[] } {
    const first = asked(saOf('initiator', [policy]), envOf(1));
    return { first, reply: answered(saOf('responder', [policy]), first.payloads).send!.payloads };
  }
  /** It is refused by one notification that names our SPI, everything is given back, and the old Child SAs live on. */
  function expectRefused(outcome: Outcome<Established>, code: string): void {
    expect(refusal(outcome)).toMatchObject({ protocol: 'ESP', spi: fromHex('00001000') });
    expect(ofType(outcome.actions, 'childFailed')).toMatchObject([{ policy: 'net', error: { code } }]);
    expect(ofType(outcome.actions, 'releaseSpi')).toEqual([{ type: 'releaseSpi', spi: 0x1000 }]);
    expect(ofType(outcome.actions, 'wipe')).toHaveLength(1);
    expect(ofType(outcome.actions, 'installChild')).toEqual([]);
    expect(outcome.sa.children).toEqual([]);
  }

  it('what was offered', () => {
    const { first, reply } = exchange();
    const other = encodeQuickOffer(policyOf({ proposals: [{ ...espPfsProposal, esn: [true] }] }), {
      spi: 0x999,
      udp: undefined,
      group: modp2048,
    });
    expectRefused(finished(first, [other, ...reply.slice(1)]), 'no-proposal-chosen');
  });

  it('one SA payload', () => {
    const { first, reply } = exchange();
    expectRefused(finished(first, [reply[0]!, ...reply]), 'malformed');
  });

  it('a KE payload', () => {
    const { first, reply } = exchange();
    expectRefused(
      finished(
        first,
        reply.filter(({ type }) => type !== 'KE'),
      ),
      'malformed',
    );
    const short = reply.map((payload) => (payload.type === 'KE' ? { ...payload, data: new Uint8Array(9) } : payload));
    expectRefused(finished(first, short), 'invalid-public-value');
  });

  it('no KE payload where we have sent none', () => {
    const plain = policyOf();
    const first = asked(saOf('initiator', [plain]), envOf(1));
    const { payloads } = answered(saOf('responder', [plain]), first.payloads).send!;
    const outcome = finished(first, [...payloads, { type: 'KE', data: new Uint8Array(256).fill(5) }]);
    expect(ofType(outcome.actions, 'childFailed')).toMatchObject([{ error: { code: 'malformed' } }]);
  });

  it('our pair, or less of it', () => {
    const { first, reply } = exchange();
    const withIds = (initiator: string, responder: string): readonly Payload[] => [
      ...reply.filter(({ type }) => type !== 'ID'),
      encodeClientId(ts(initiator)[0]!),
      encodeClientId(ts(responder)[0]!),
    ];
    expect(ofType(finished(first, withIds('10.1.0.0/24', '10.2.0.0/16')).actions, 'installChild')).toMatchObject([
      { child: { local: ts('10.1.0.0/24'), remote: ts('10.2.0.0/16') } },
    ]);
    expectRefused(finished(first, withIds('10.0.0.0/8', '10.2.0.0/16')), 'ts-unacceptable');
    expectRefused(finished(first, withIds('10.2.0.0/16', '10.1.0.0/16')), 'ts-unacceptable');
    expectRefused(
      finished(
        first,
        reply.filter(({ type }) => type !== 'ID'),
      ),
      'ts-unacceptable',
    );
  });

  it('may tell of a shorter life', () => {
    const { first, reply } = exchange();
    const data = encodeNotifyData('RESPONDER-LIFETIME', {
      attributes: [
        { type: 'SA Life Type', value: 1 },
        { type: 'SA Life Duration', value: 300 },
      ],
    });
    const told: Payload = { type: 'N', doi: 'IPSEC', protocol: 'ESP', notify: 'RESPONDER-LIFETIME', spi: new Uint8Array(4), data };
    expect(ofType(finished(first, [...reply, told]).actions, 'installChild')).toMatchObject([{ child: { lifetime: { seconds: 300 } } }]);
    expectRefused(finished(first, [...reply, { ...told, data: new Uint8Array(3) }]), 'truncated');
  });

  it('with the group of another policy nothing is asked for twice', () => {
    const two = policyOf({ proposals: [{ ...espPfsProposal, keyExchange: [modp3072, modp2048] }] });
    const { about } = asked(saOf('initiator', [two]), envOf(1));
    expect(about.offer.keyExchange?.row).toBe(modp3072);
  });
});

describe('RFC 2408 section 3.1: the commit bit', () => {
  const policy = policyOf();

  function committed(): { sa: AuthenticatedSa; outcome: Outcome<Established> } {
    const first = asked(saOf('initiator', [policy]), envOf(1));
    const { payloads } = answered(saOf('responder', [policy]), first.payloads).send!;
    const outcome = finished(first, payloads, { commit: true });
    return { outcome, sa: { ...outcome.sa, exchanges: [exchangeOf(7, outcome.about!)] } };
  }
  const connected = (messageId: number): OpenMessage =>
    messageOf([{ type: 'N', doi: 'IPSEC', protocol: 'ESP', notify: 'CONNECTED', spi: new Uint8Array(4), data: new Uint8Array(0) }], {
      exchange: 'Informational',
      messageId,
    });

  it('nothing is used before CONNECTED, and our last message is repeated until then', () => {
    const { outcome, sa } = committed();
    expect(outcome.send).toMatchObject({ hash: 'HASH(3)', awaitsAnswer: true });
    expect(ofType(outcome.actions, 'installChild')).toEqual([]);
    expect(sa.children).toEqual([]);
    const done = answerInformational(sa, connected(7), envOf(1));
    expect(ofType(done.actions, 'installChild')).toMatchObject([{ child: { spiIn: 0x1000 }, send: 'now' }]);
    expect(done.sa).toMatchObject({ children: [{ spiIn: 0x1000 }], exchanges: [{ about: { kind: 'done' } }] });
    // once
    expect(answerInformational(done.sa as AuthenticatedSa, connected(7), envOf(1)).actions).toEqual([]);
  });

  it('of another exchange it says nothing about this one', () => {
    const { sa } = committed();
    expect(answerInformational(sa, connected(8), envOf(1))).toMatchObject({ sa, actions: [] });
  });
});

describe('RFC 3947 section 5: transport mode through a NAT', () => {
  const policy = policyOf({ mode: 'transport', local: ts('0.0.0.0/0 udp 1701'), remote: ts('0.0.0.0/0 udp') });
  const inside = parseAddress('10.0.0.5');
  /** The initiator is behind a NAT, whose address is 192.0.2.1. */
  const initiator = saOf('initiator', [policy], {
    path: { local: { address: inside, port: 4500 }, remote: { address: addressB, port: 4500 } },
    nat: { supported: true, local: true, remote: false, follow: false },
  });
  const responder = saOf('responder', [policy], { nat: { supported: true, local: false, remote: true, follow: true } });
  const textOf = (payloads: readonly Payload[], type: string): string[] =>
    payloads.flatMap((payload) => (payload.type === type && 'data' in payload ? [toHex(payload.data)] : []));

  it('both sides tell each other the addresses as they know them', () => {
    const first = asked(initiator, envOf(1));
    // section 5.2: "The Initiator NAT-OA payload is first."
    expect(textOf(first.payloads, 'NAT-OA')).toEqual(['0a000005', 'c6336401']);
    expect(find(first.payloads, 'SA')!.proposals[0]!.transforms[0]!.attributes).toContainEqual({ type: 'Encapsulation Mode', value: 4 });
    const outcome = answered(responder, first.payloads);
    const { payloads } = outcome.send!;
    expect(textOf(payloads, 'NAT-OA')).toEqual(['c0000201', 'c6336401']);
    // the IDs go back as they came
    expect(textOf(payloads, 'ID')).toEqual(textOf(first.payloads, 'ID'));
    const { child } = (outcome.about as Extract<About, { kind: 'quick-answered' }>).granted[0]!;
    // what is on our side of the NAT counts for the policy, what the peer knows for the checksums
    expect(formatPair(child)).toBe('198.51.100.1 udp <-> 192.0.2.1 udp 1701');
    expect(child.original).toEqual({ local: addressB, remote: inside });
    const [installed] = ofType(finished(first, payloads).actions, 'installChild');
    expect(formatPair(installed!.child)).toBe('10.0.0.5 udp 1701 <-> 198.51.100.1 udp');
    expect(installed!.child.original).toEqual({ local: addressA, remote: addressB });
    expect(installed!.child.mode).toBe('transport');
  });

  it('without NAT-OA the addresses of the IDs are taken', () => {
    const { payloads } = asked(initiator, envOf(1));
    const { about } = answered(
      responder,
      payloads.filter(({ type }) => type !== 'NAT-OA'),
    );
    expect((about as Extract<About, { kind: 'quick-answered' }>).granted[0]!.child.original).toEqual({ local: addressB, remote: inside });
  });

  it('NAT-OA of another family, or three of them, are refused', () => {
    const { payloads } = asked(initiator, envOf(1));
    const oa = find(payloads, 'NAT-OA')!;
    expect(refusal(answered(responder, [...payloads, oa])).notify).toBe('PAYLOAD-MALFORMED');
    const wrong = payloads.map((payload) => (payload.type === 'NAT-OA' ? { ...payload, data: new Uint8Array(16) } : payload));
    expect(refusal(answered(responder, wrong)).notify).toBe('PAYLOAD-MALFORMED');
  });

  it('a subnet is none of the hosts that speak here', () => {
    const [sa1, nonce] = asked(initiator, envOf(1)).payloads;
    const ids = [encodeClientId(ts('10.0.0.0/24 udp 1701')[0]!), encodeClientId(ts('198.51.100.1 udp')[0]!)];
    expect(refusal(answered(responder, [sa1!, nonce!, ...ids])).notify).toBe('INVALID-ID-INFORMATION');
  });

  it('with the numbers of the drafts for a peer that has no others', () => {
    const old = { ...initiator, abilities: { ...initiator.abilities, natTraversal: 'draft' as const } };
    const { payloads } = asked(old, envOf(1));
    expect(textOf(payloads, 'NAT-OA draft')).toHaveLength(2);
    expect(find(payloads, 'SA')!.proposals[0]!.transforms[0]!.attributes).toContainEqual({ type: 'Encapsulation Mode', value: 61444 });
  });

  it('tunnel mode has no NAT-OA', () => {
    const net = policyOf();
    const { payloads } = asked({ ...initiator, connection: { ...initiator.connection, children: [net] } }, envOf(1));
    expect(payloads.some(({ type }) => type === 'NAT-OA')).toBe(false);
  });
});
