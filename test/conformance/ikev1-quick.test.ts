/** Requirements of RFC 2407, 2408 and 2409 about phase 2, between two hosts. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { decodePhase2Attributes } from '../../src/ikev1/attributes.js';
import { decodeClientId } from '../../src/ikev1/identification.js';
import { decodeNotifyData } from '../../src/ikev1/notify-data.js';
import type { Payload, PayloadOfType } from '../../src/ikev1/payload-cases.js';
import type { Proposal, Transform } from '../../src/ikev1/sa-payload.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import type { ChildProposal } from '../../src/keying/proposal-types.js';
import { ecp256 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc, nullEncryption } from '../../src/suite/encr.js';
import { hmacSha1_96, hmacSha256_128 } from '../../src/suite/integ.js';
import { desCbc, hmacMd5_96, tripleDesCbc } from '../../src/suite/legacy.js';
import { formatTrafficSelector } from '../../src/traffic-selector.js';
import {
  begin,
  detailsOf,
  espProposal,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  phase1Proposal,
  policyOf,
  receive,
  saOf,
  ts,
  twoHosts,
} from '../ikev1/two-hosts.js';
import { allOf, type Change, oneOf, type Spoken, wireOf } from './ikev1-wire.js';

const connection = { proposals: [{ ...phase1Proposal, keyExchange: [ecp256] }] };
const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [false] };

/** Two hosts up to the end of phase 1; `a` is about to ask for a Child SA. */
function phase1(policies: readonly ChildPolicy[] = [policyOf()], theirs: readonly ChildPolicy[] = policies) {
  const hosts = twoHosts({ connection, policies }, { connection, policies: theirs });
  const wire = wireOf(hosts);
  begin(hosts.a);
  for (let i = 0; i < 6; i++) wire.pass(i % 2 === 0 ? hosts.a : hosts.b);
  return { ...hosts, wire };
}
/** The same with everything said. */
function connected(...policies: Parameters<typeof phase1>) {
  const play = phase1(...policies);
  return { ...play, said: play.wire.talk() };
}

const proposalsOf = (message: Spoken): readonly Proposal[] => oneOf(message, 'SA').proposals;
const transformsOf = (message: Spoken): readonly Transform[] =>
  proposalsOf(message).flatMap(({ transforms }) => transforms as readonly Transform[]);
const valuesOf = ({ attributes }: Transform) => decodePhase2Attributes(attributes as Parameters<typeof decodePhase2Attributes>[0]);
const typesOf = ({ attributes }: Transform): (string | number)[] => attributes.map(({ type }) => type);
const notified = (said: readonly Spoken[]): PayloadOfType<'N'>[] => said.flatMap((message) => allOf(message, 'N'));

/** A message whose transforms are other ones. */
const withTransforms = (change: (transform: Transform) => readonly Transform[]) => ({
  payloads: (payloads: readonly Payload[]) =>
    payloads.map((payload) =>
      payload.type === 'SA'
        ? {
            ...payload,
            proposals: payload.proposals.map(
              (p) => ({ ...p, transforms: (p.transforms as readonly Transform[]).flatMap(change) }) as Proposal,
            ),
          }
        : payload,
    ),
});

describe('RFC 2409 section 5.5: Quick Mode', () => {
  it('HASH, SA, nonce, then IDci and IDcr, all of it encrypted', () => {
    const { said } = connected();
    expect(said.map(({ payloads }) => payloads.map(({ type }) => type))).toEqual([
      ['HASH', 'SA', 'Nonce', 'ID', 'ID'],
      ['HASH', 'SA', 'Nonce', 'ID', 'ID'],
      ['HASH'],
    ]);
    expect(said.every(({ isEncrypted, header }) => isEncrypted && header.exchange === 'Quick Mode')).toBe(true);
    for (const message of said.slice(0, 2))
      expect(allOf(message, 'ID').map((id) => formatTrafficSelector(decodeClientId(id)))).toEqual(['10.1.0.0/16', '10.2.0.0/16']);
  });

  it('the SA payload of the answer is one proposal with one transform, as it was offered, with its numbers', () => {
    const policy = policyOf({
      proposals: [{ ...espProposal, encryption: [aes256Cbc, aes128Cbc], integrity: [hmacSha256_128, hmacSha1_96] }],
    });
    const { said } = connected([policy], [policyOf()]);
    const [offer, answer] = said;
    expect(oneOf(offer!, 'SA')).toMatchObject({ doi: 'IPSEC', situation: 1 });
    expect(transformsOf(offer!).map(({ transformNum }) => transformNum)).toEqual([1, 2, 3, 4]);
    expect(transformsOf(offer!).map((t) => `${valuesOf(t).keyLength} ${valuesOf(t).authentication}`)).toEqual([
      '256 HMAC-SHA2-256',
      '256 HMAC-SHA',
      '128 HMAC-SHA2-256',
      '128 HMAC-SHA',
    ]);
    expect(transformsOf(answer!)).toEqual([transformsOf(offer!)[2]]);
    expect(proposalsOf(answer!).map(({ proposalNum }) => proposalNum)).toEqual([1]);
  });

  it('alternatives have rising proposal numbers, in the order of preference', () => {
    const { said } = connected([policyOf({ proposals: [ah, espProposal] })], [policyOf()]);
    expect(proposalsOf(said[0]!).map(({ proposalNum, protocol }) => [proposalNum, protocol])).toEqual([
      [1, 'AH'],
      [2, 'ESP'],
    ]);
    expect(proposalsOf(said[1]!).map(({ proposalNum, protocol }) => [proposalNum, protocol])).toEqual([[2, 'ESP']]);
  });

  it('what is wanted together has one number, and is granted together, a transform of each', () => {
    const policy = policyOf({
      ah: [{ ...ah, integrity: [hmacSha256_128, hmacSha1_96] }],
      proposals: [{ ...espProposal, encryption: [aes256Cbc, aes128Cbc] }],
    });
    const play = connected([policy], [policyOf({ ah: [{ ...ah, integrity: [hmacSha1_96] }] })]);
    const [offer, answer] = play.said;
    for (const message of [offer!, answer!])
      expect(proposalsOf(message).map(({ proposalNum, protocol }) => [proposalNum, protocol])).toEqual([
        [1, 'ESP'],
        [1, 'AH'],
      ]);
    expect(proposalsOf(offer!).map(({ transforms }) => transforms.length)).toEqual([2, 2]);
    expect(proposalsOf(answer!).map(({ transforms }) => transforms.map(({ transformNum }) => transformNum))).toEqual([[2], [2]]);
    expectAgreement(play, 1);
  });

  it('with PFS there is a KE payload, and its group in every transform', () => {
    const proposals = [{ ...espProposal, encryption: [aes256Cbc, aes128Cbc], keyExchange: [ecp256] }];
    const play = connected([policyOf({ proposals, ah: [ah] })]);
    for (const transform of transformsOf(play.said[0]!)) expect(valuesOf(transform).group).toBe(19);
    for (const message of play.said.slice(0, 2)) expect(oneOf(message, 'KE').data).toHaveLength(64);
    expectAgreement(play, 1);
  });

  it('the Authentication Algorithm stands in every transform of ESP and AH, ESP_NULL among them; a cipher with one length of key has no Key Length', () => {
    const policy = policyOf({ proposals: [{ ...espProposal, encryption: [tripleDesCbc, nullEncryption] }, ah] });
    const { said } = connected([policy]);
    expect(transformsOf(said[0]!).map(({ id }) => id)).toEqual(['ESP_3DES', 'ESP_NULL', 'AH_SHA2-256']);
    for (const transform of transformsOf(said[0]!)) {
      expect(valuesOf(transform).authentication).toBe('HMAC-SHA2-256');
      expect(typesOf(transform)).not.toContain('Key Length');
    }
  });

  it.each<[string, ChildProposal]>([
    ['ESP_DES with HMAC-MD5', { ...espProposal, encryption: [desCbc], integrity: [hmacMd5_96] }],
    ['ESP_NULL with HMAC-SHA', { ...espProposal, encryption: [nullEncryption], integrity: [hmacSha1_96] }],
    ['AH_MD5 with HMAC-MD5', { ...ah, integrity: [hmacMd5_96] }],
    ['AH_SHA with HMAC-SHA', { ...ah, integrity: [hmacSha1_96] }],
  ])('what was mandatory then works where somebody asks for it: %s', (_name, proposal) => {
    const play = connected([policyOf({ proposals: [proposal] })]);
    expectAgreement(play, 1);
  });

  it('a life type stands in front of its duration; lifetimes, authentication and encapsulation are negotiated', () => {
    const { said } = connected([policyOf({ hardLifetime: { seconds: 3600, octets: 5_000_000 } })]);
    for (const message of said.slice(0, 2)) {
      const [transform] = transformsOf(message);
      const types = typesOf(transform!).filter((type) => `${type}`.startsWith('SA Life'));
      expect(types).toEqual(['SA Life Type', 'SA Life Duration', 'SA Life Type', 'SA Life Duration']);
      expect(valuesOf(transform!)).toMatchObject({
        authentication: 'HMAC-SHA2-256',
        encapsulation: 'Tunnel',
        lifetimes: [
          { type: 'seconds', duration: 3600 },
          { type: 'kilobytes', duration: 5000 },
        ],
      });
    }
  });

  it('a responder that wants a shorter life says so in RESPONDER-LIFETIME, beside the SA payload as it was offered', () => {
    const play = connected([policyOf({ hardLifetime: { seconds: 3600 } })], [policyOf({ hardLifetime: { seconds: 600 } })]);
    const [, answer] = play.said;
    expect(valuesOf(transformsOf(answer!)[0]!).lifetimes).toEqual([{ type: 'seconds', duration: 3600 }]);
    const [notify] = allOf(answer!, 'N');
    expect(notify).toMatchObject({ doi: 'IPSEC', protocol: 'ESP', notify: 'RESPONDER-LIFETIME' });
    expect(toHex(notify!.spi)).toBe(toHex(proposalsOf(answer!)[0]!.spi));
    const { attributes } = decodeNotifyData('RESPONDER-LIFETIME', notify!.data);
    expect(decodePhase2Attributes(attributes).lifetimes).toEqual([{ type: 'seconds', duration: 600 }]);
    expect(establishedOf(play.a).children[0]!.lifetime?.seconds).toBe(600);
  });

  it('client identities apply to every SA of an exchange that asks for several', () => {
    const play = phase1();
    const offer = play.wire.pass(play.a);
    play.wire.talk();
    const [, sa, nonce, ...ids] = offer.payloads;
    const second = { ...(sa as PayloadOfType<'SA'>) };
    play.wire.say(play.a, play.b, [second, second, nonce!, ...ids], { exchange: 'Quick Mode', messageId: 0x1234 });
    const waiting = establishedOf(play.b).exchanges.find(({ messageId }) => messageId === 0x1234);
    if (waiting?.about.kind !== 'quick-answered') throw new Error(detailsOf(play.b).join('; '));
    expect(waiting.about.granted.map(({ child }) => child.remote.map(formatTrafficSelector))).toEqual([['10.1.0.0/16'], ['10.1.0.0/16']]);
  });

  it('client identities that no policy takes: INVALID-ID-INFORMATION', () => {
    const play = phase1([policyOf()], [policyOf({ local: ts('10.7.0.0/16') })]);
    const said = play.wire.talk();
    expect(notified(said).map(({ notify }) => notify)).toEqual(['INVALID-ID-INFORMATION']);
    expect(play.b.sad.size + play.a.sad.size + play.b.reserved.size + play.a.reserved.size).toBe(0);
    expect(play.a.actions.some(({ type }) => type === 'childFailed')).toBe(true);
  });
});

describe('RFC 2407 section 4.5 and RFC 2408 sections 4.2 and 5: offers and answers that keep no rule', () => {
  const refusals = (change: Change) => {
    const play = phase1();
    play.wire.pass(play.a, change);
    const said = play.wire.talk();
    expect(establishedOf(play.b).children).toEqual([]);
    expect([...play.b.reserved, ...play.a.reserved]).toEqual([]);
    return notified(said).map(({ notify }) => notify);
  };

  it.each<[string, (transform: Transform) => Transform]>([
    ['attributes that contradict each other', (t) => ({ ...t, attributes: [...t.attributes, { type: 'Encapsulation Mode', value: 2 }] })],
    ['an attribute that nobody knows', (t) => ({ ...t, attributes: [...t.attributes, { type: 99, value: 2 }] })],
    [
      'an algorithm that nobody knows',
      (t) => ({ ...t, attributes: t.attributes.map((x) => (x.type === 'Authentication Algorithm' ? { ...x, value: 200 } : x)) }),
    ],
    ['ESP without integrity', (t) => ({ ...t, attributes: t.attributes.filter(({ type }) => type !== 'Authentication Algorithm') })],
    ['a transform that nobody knows', (t) => ({ ...t, id: 200 })],
    ['a duration without a life type', (t) => ({ ...t, attributes: [...t.attributes, { type: 'SA Life Duration', value: 60 }] })],
  ])('%s: nothing is set up, NO-PROPOSAL-CHOSEN', (_name, change) => {
    expect(refusals(withTransforms((transform) => [change(transform)]))).toEqual(['NO-PROPOSAL-CHOSEN']);
  });

  it('another situation: nothing is set up', () => {
    const change = (payloads: readonly Payload[]): Payload[] =>
      payloads.map((payload) => (payload.type === 'SA' ? { ...payload, situation: 5, unread: new Uint8Array(8), proposals: [] } : payload));
    expect(refusals({ payloads: change })).toEqual(['NO-PROPOSAL-CHOSEN']);
  });

  it('a transform that nobody knows is passed over, without a word, where another one suits', () => {
    const play = phase1();
    play.wire.pass(
      play.a,
      withTransforms((t) => [
        { ...t, id: 200 },
        { ...t, transformNum: 2 },
      ]),
    );
    const answer = play.wire.pass(play.b);
    expect(transformsOf(answer).map(({ transformNum }) => transformNum)).toEqual([2]);
    expect(notified([answer])).toEqual([]);
  });

  it('a message without SA behind its HASH, and one with a wrong HASH', () => {
    const order = phase1();
    order.wire.pass(order.a, { payloads: ([sa, ...others]) => [...others, sa!] });
    expect(establishedOf(order.b).children.length + order.b.reserved.size).toBe(0);
    const wrong = phase1();
    wrong.wire.pass(wrong.a, { raw: (octets) => (octets.set([octets[40]! ^ 1], 40), octets) });
    expect(establishedOf(wrong.b).exchanges).toEqual([]);
    expect(detailsOf(wrong.b).at(-1)).toMatch(/^(?:icv|malformed)/);
  });

  it.each<[string, (transform: Transform) => Transform[]]>([
    ['another key length', (t) => [{ ...t, attributes: t.attributes.map((x) => (x.type === 'Key Length' ? { ...x, value: 256 } : x)) }]],
    ['another mode', (t) => [{ ...t, attributes: t.attributes.map((x) => (x.type === 'Encapsulation Mode' ? { ...x, value: 2 } : x)) }]],
    ['an attribute less', (t) => [{ ...t, attributes: t.attributes.filter(({ type }) => type !== 'Authentication Algorithm') }]],
    ['two transforms', (t) => [t, { ...t, transformNum: 2 }]],
  ])('an answer with %s is rejected, on both sides', (_name, change) => {
    const play = phase1();
    play.wire.pass(play.a);
    play.wire.pass(play.b, withTransforms(change));
    play.wire.talk();
    for (const host of [play.a, play.b]) {
      expect(host.sad.size).toBe(0);
      expect([...host.reserved]).toEqual([]);
    }
    expect(play.a.actions.some(({ type }) => type === 'childFailed')).toBe(true);
  });
});

describe('RFC 2408 section 3.1: the commit bit', () => {
  const committed = () => {
    const play = phase1();
    const { header } = play.wire.pass(play.a);
    play.wire.pass(play.b, { raw: (octets) => (octets.set([octets[19]! | 2], 19), octets) });
    return { ...play, messageId: header.messageId };
  };

  it('whoever did not set it waits for CONNECTED, under the Message ID of Quick Mode', () => {
    const { a, b, wire, messageId } = committed();
    expect(a.sad.size).toBe(0);
    const connectedBy = (id: number): void => {
      wire.say(b, a, [{ type: 'N', doi: 'IPSEC', protocol: 'ESP', notify: 'CONNECTED', spi: new Uint8Array(4), data: new Uint8Array(0) }], {
        messageId: id,
      });
    };
    connectedBy(0x4321);
    expect(a.sad.size).toBe(0);
    connectedBy(messageId);
    expect(a.sad.size).toBe(1);
  });
});

describe('RFC 2408 sections 3.15, 4.3 and 5.15: Deletes and replacements', () => {
  it('a Delete is protected, names SPIs of one protocol, and the other side cleans up', () => {
    const play = connected([policyOf({ ah: [ah] })]);
    const [child] = establishedOf(play.a).children;
    happen(play.a, { type: 'deleteChild', spiIn: child!.spiIn });
    const said = play.wire.talk();
    expect(said.every(({ isEncrypted, header }) => isEncrypted && header.exchange === 'Informational')).toBe(true);
    expect(said.flatMap((message) => allOf(message, 'D')).map(({ protocol, spis }) => [protocol, spis.length])).toEqual([
      ['ESP', 1],
      ['AH', 1],
    ]);
    expect(play.a.sad.size + play.b.sad.size).toBe(0);
  });

  it('the end of the IKE SA is told under its protection, by both cookies', () => {
    const play = connected();
    const { spiI, spiR } = saOf(play.a);
    happen(play.a, { type: 'delete', reason: 'enough' });
    const said = play.wire.talk();
    const deletes = said.flatMap((message) => allOf(message, 'D'));
    expect(said.every(({ isEncrypted }) => isEncrypted)).toBe(true);
    expect(deletes.at(-1)).toMatchObject({ protocol: 'ISAKMP' });
    expect(toHex(deletes.at(-1)!.spis[0]!)).toBe(toHex(spiI) + toHex(spiR));
    expect(saOf(play.b).state).toBe('CLOSED');
    expect(play.b.sad.size).toBe(0);
  });

  it('the new pair is used as soon as the other side has it, and the old one taken until it is deleted', () => {
    const play = connected();
    const old = establishedOf(play.a).children[0]!.spiIn;
    happen(play.a, { type: 'rekeyChild', spiIn: old });
    const said = play.wire.talk();
    const installs = (host: Host) => host.actions.flatMap((action) => (action.type === 'installChild' ? [action] : []));
    expect(installs(play.b).at(-1)).toMatchObject({ send: 'now' });
    expect(installs(play.a).at(-1)).toMatchObject({ send: 'when-peer-is-ready' });
    expect(installs(play.a).at(-1)!.replaces).toBe(old);
    expect(said.flatMap((message) => allOf(message, 'D'))).toEqual([]);
    expect(play.a.sad.has(old)).toBe(true);
  });
});

describe('RFC 2408 sections 5.1 and 5.14, RFC 2409 section 10: what comes again, and what is told', () => {
  it('what is forged under the Message ID of an exchange moves no IV', () => {
    const play = phase1();
    play.wire.pass(play.a);
    const [{ data, path }] = play.b.outbox as [Host['outbox'][number]];
    const forged = data.slice();
    forged.fill(0xa5, 28);
    receive(play.a, { data: forged, path });
    expect(play.a.sad.size).toBe(0);
    play.wire.talk();
    expectAgreement(play, 1);
  });

  it('an error goes in an exchange of its own, with another Message ID', () => {
    const play = phase1([policyOf()], [policyOf({ local: ts('10.7.0.0/16') })]);
    const said = play.wire.talk();
    const told = said.find((message) => allOf(message, 'N').length > 0)!;
    expect(told.header).toMatchObject({ exchange: 'Informational', isEncrypted: true });
    expect(told.header.messageId).not.toBe(said[0]!.header.messageId);
  });

  it('the SPI of a notification about the IKE SA is ignored', () => {
    const play = connected();
    const spi = new Uint8Array(16).fill(7);
    play.wire.say(play.a, play.b, [
      { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'INITIAL-CONTACT', spi, data: new Uint8Array(0) },
    ]);
    expect(play.b.actions.some(({ type }) => type === 'initialContact')).toBe(true);
  });
});
