/** Requirements of RFC 2407, 2408 and 2409 about phase 1, between two hosts. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { computeHashI } from '../../src/ikev1/hashes.js';
import type { Payload } from '../../src/ikev1/payload-cases.js';
import type { Phase1Proposal } from '../../src/ikev1/sa-payload.js';
import { ikev1 } from '../../src/ikev1/ikev1.js';
import { ecp256, modp2048 } from '../../src/suite/dh.js';
import { modp768, modp1024 } from '../../src/suite/dh-legacy.js';
import { aes128Cbc, aes256Cbc } from '../../src/suite/encr.js';
import { legacyHashRows } from '../../src/suite/hash-legacy.js';
import { hashRows } from '../../src/suite/hash.js';
import { desCbc, tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha1, prfHmacSha256 } from '../../src/suite/prf.js';
import { prfHmacMd5 } from '../../src/suite/prf-legacy.js';
import {
  begin,
  connectionOf,
  deliver,
  detailsOf,
  establishedOf,
  expectAgreement,
  type Host,
  type HostOptions,
  nextWake,
  phase1Proposal,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from '../ikev1/two-hosts.js';
import { signerOf } from '../ikev2/signers.js';
import { signing } from '../ikev1/phase1-parties.js';
import { allOf, oneOf, say, shout, type Spoken, wireOf } from './ikev1-wire.js';

const fast = { ...phase1Proposal, keyExchange: [ecp256] };
const plain: HostOptions = { connection: { proposals: [fast] }, options: { initialContact: true } };
const aggressive: HostOptions = { ...plain, ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } };

function start(a: HostOptions = plain, b: HostOptions = a) {
  const hosts = twoHosts(a, b);
  const wire = wireOf(hosts);
  begin(hosts.a);
  return { ...hosts, wire };
}
type Play = ReturnType<typeof start>;

/** Messages 1 to `count`. */
const passed = ({ a, b, wire }: Play, count: number): Spoken[] => Array.from({ length: count }, (_, i) => wire.pass(i % 2 === 0 ? a : b));
const sent = ({ actions }: Host): number => actions.filter(({ type }) => type === 'send').length;
const isPhase1 = ({ header }: Spoken): boolean => header.exchange === 'Identity Protection' || header.exchange === 'Aggressive';
const offerOf = (message: Spoken): Phase1Proposal => oneOf(message, 'SA').proposals[0] as Phase1Proposal;
/** Message 1 with another SA payload. */
const withOffer = (change: (proposal: Phase1Proposal) => Phase1Proposal[]) => ({
  payloads: (payloads: readonly Payload[]) =>
    payloads.map((payload) =>
      payload.type === 'SA' ? { ...payload, proposals: change(payload.proposals[0] as Phase1Proposal) } : payload,
    ),
});
const notifiesOf = (host: Host): string[] =>
  host.outbox.flatMap(({ data }) => (data[18] === 5 && (data[19]! & 1) === 0 ? [`${(data[28 + 10]! << 8) | data[28 + 11]!}`] : []));
const NO_PROPOSAL_CHOSEN = '14';

describe('RFC 2408 section 3.1 and 2409 section 5: main mode', () => {
  it('SA payloads come first, KE payloads before encryption, and from then on all is encrypted', () => {
    const play = start();
    const said = play.wire.talk();
    expect(
      said.slice(0, 6).map(({ payloads }) => payloads.map(({ type }) => type).filter((type) => type !== 'VID' && type !== 'NAT-D')),
    ).toEqual([['SA'], ['SA'], ['KE', 'Nonce'], ['KE', 'Nonce'], ['ID', 'HASH', 'N'], ['ID', 'HASH']]);
    expect(said.map(({ isEncrypted }) => isEncrypted)).toEqual([false, false, false, false, true, true, true, true, true]);
    expectAgreement(play, 1);
  });

  it('the Message ID is 0 in phase 1, and nowhere else; no two exchanges have one', () => {
    const play = start();
    const said = play.wire.talk();
    say(play.b, play.a, [{ type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'R-U-THERE', spi: both(play.a), data: new Uint8Array(4) }]);
    said.push(...play.wire.talk());
    for (const { header } of said) expect(header.messageId === 0).toBe(header.exchange === 'Identity Protection');
    const exchanges = new Map(said.map(({ header }) => [header.messageId, header.exchange]));
    expect([...exchanges.values()]).toEqual(['Identity Protection', 'Quick Mode', 'Informational']);
  });

  it('Vendor IDs are sent in phase 1 alone; private payloads only to those who have announced them', () => {
    const options = { fragmentSizes: [576] } as const;
    const said = start({ ...plain, options }, plain).wire.talk();
    expect(said.filter((message) => allOf(message, 'VID').length > 0).every(isPhase1)).toBe(true);
    expect(said.flatMap(({ payloads }) => payloads).some(({ type }) => type === 'FRAG' || type === 'NAT-D draft' || type === 'ATTR')).toBe(
      false,
    );
    const never = start({ ...plain, options: { natTraversal: 'never' } }, plain).wire.talk();
    expect(never.flatMap((message) => allOf(message, 'NAT-D'))).toEqual([]);
  });

  it('flags are those that have a meaning, and the commit bit is not among ours; the version is 1.0', () => {
    for (const { raw, isEncrypted } of start().wire.talk()) {
      expect(raw[19]).toBe(isEncrypted ? 1 : 0);
      expect(raw[17]).toBe(0x10);
    }
  });

  it('cookies are random, of 8 octets, and another pair for each IKE SA', () => {
    const { a, b, wire } = start();
    wire.talk();
    begin(a);
    wireOf({ a, b });
    settle({ a, b });
    const cookies = [...a.sas.values(), ...b.sas.values()].flatMap(({ sa }) => [toHex(sa.spiI), toHex(sa.spiR)]);
    expect(new Set(cookies).size).toBe(4);
    expect(cookies.every((cookie) => /^[0-9a-f]{16}$/.test(cookie) && !cookie.startsWith('00000000'))).toBe(true);
  });

  it('cookies keep their places whoever speaks', () => {
    const play = start();
    const said = play.wire.talk();
    const { spiI, spiR } = establishedOf(play.a);
    for (const { header } of said.slice(1)) expect(toHex(header.ckyI)).toBe(toHex(spiI));
    for (const { header } of said.slice(2)) expect(toHex(header.ckyR)).toBe(toHex(spiR));
  });

  it('the public value is as long as the group, and a nonce has 8 to 256 octets', () => {
    const said = start({ connection: { proposals: [phase1Proposal] } }).wire.talk();
    for (const message of said.slice(2, 4)) {
      expect(oneOf(message, 'KE').data).toHaveLength(256);
      expect(oneOf(message, 'Nonce').data.length).toBeGreaterThanOrEqual(8);
    }
  });

  it('the ID payload names neither protocol nor port', () => {
    for (const message of start().wire.talk().slice(4, 6)) expect(oneOf(message, 'ID')).toMatchObject({ protocol: 0, port: 0 });
  });

  it('INITIAL-CONTACT goes with the last message of main mode, encrypted, without data', () => {
    const said = start().wire.talk();
    const [notify] = allOf(said[4]!, 'N');
    expect(notify).toMatchObject({ doi: 'IPSEC', protocol: 'ISAKMP', notify: 'INITIAL-CONTACT' });
    expect(toHex(notify!.spi)).toBe(toHex(said[4]!.header.ckyI) + toHex(said[4]!.header.ckyR));
    expect(notify!.data).toHaveLength(0);
    expect(said.filter(({ isEncrypted, payloads }) => !isEncrypted && payloads.some(({ type }) => type === 'N'))).toEqual([]);
  });
});

const both = (host: Host): Uint8Array => {
  const { spiI, spiR } = saOf(host);
  return Uint8Array.of(...spiI, ...spiR);
};

describe('RFC 2408 section 4.2 and RFC 2409 section 5: the offer of phase 1, and the choice', () => {
  const many: HostOptions = {
    connection: {
      proposals: [{ ...fast, encryption: [aes256Cbc, aes128Cbc], prf: [prfHmacSha256, prfHmacSha1], keyExchange: [modp2048, ecp256] }],
    },
  };

  it('one SA payload with one proposal; transforms are numbered upwards, the best first', () => {
    const [message] = passed(start(many), 1);
    expect(allOf(message!, 'SA')).toHaveLength(1);
    expect(oneOf(message!, 'SA')).toMatchObject({ doi: 'IPSEC', situation: 1 });
    expect(oneOf(message!, 'SA').proposals).toHaveLength(1);
    const { transforms } = offerOf(message!);
    expect(transforms.map(({ transformNum }) => transformNum)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const lengths = transforms.map(({ attributes }) => attributes.find(({ type }) => type === 'Key Length')?.value);
    expect(lengths).toEqual([256, 256, 256, 256, 128, 128, 128, 128]);
  });

  it('each transform has a cipher, a hash, a group by its number and a method, and no attribute of a private group', () => {
    for (const { attributes } of offerOf(passed(start(many), 1)[0]!).transforms) {
      const types = attributes.map(({ type }) => type);
      expect(types).toEqual(
        expect.arrayContaining(['Encryption Algorithm', 'Hash Algorithm', 'Group Description', 'Authentication Method']),
      );
      expect(types.some((type) => /^Group (?!Description)|^Field/.test(`${type}`))).toBe(false);
    }
  });

  it('a cipher with one length of key has no Key Length', () => {
    const weak = { connection: { proposals: [{ ...fast, encryption: [tripleDesCbc] }] } };
    const play = start(weak);
    const [message] = passed(play, 1);
    expect(offerOf(message!).transforms[0]!.attributes.map(({ type }) => type)).not.toContain('Key Length');
    play.wire.talk();
    expectAgreement(play, 1);
  });

  it('the answer is one proposal with one transform, as it was offered, with its numbers', () => {
    const play = start(many, plain);
    const [first, second] = passed(play, 2);
    const offered = offerOf(first!);
    const answer = offerOf(second!);
    expect(oneOf(second!, 'SA').proposals).toHaveLength(1);
    expect(answer.transforms).toHaveLength(1);
    expect(offered.transforms).toContainEqual(answer.transforms[0]);
    expect(answer.proposalNum).toBe(offered.proposalNum);
  });

  it('two proposals are none', () => {
    const { a, b, wire } = start();
    wire.pass(
      a,
      withOffer((proposal) => [proposal, { ...proposal, proposalNum: 2 }]),
    );
    expect(b.sas.size).toBe(0);
    expect(notifiesOf(b)).toEqual([NO_PROPOSAL_CHOSEN]);
  });

  it('two SA payloads are none, and an SA payload behind others is none', () => {
    for (const payloads of [(p: readonly Payload[]) => [p[0]!, ...p], (p: readonly Payload[]) => [...p.slice(1), p[0]!]]) {
      const { a, b, wire } = start();
      wire.pass(a, { payloads });
      expect(b.sas.size).toBe(0);
    }
  });

  it.each([
    ['without its hash', (type: string | number) => type !== 'Hash Algorithm'],
    ['without its group', (type: string | number) => type !== 'Group Description'],
    ['without its method', (type: string | number) => type !== 'Authentication Method'],
    ['without its cipher', (type: string | number) => type !== 'Encryption Algorithm'],
  ])('a transform %s is not chosen', (_name, keep) => {
    const { a, b, wire } = start();
    wire.pass(
      a,
      withOffer((p) => [
        { ...p, transforms: p.transforms.map((t) => ({ ...t, attributes: t.attributes.filter(({ type }) => keep(type)) })) },
      ]),
    );
    expect(b.sas.size).toBe(0);
    expect(notifiesOf(b)).toEqual([NO_PROPOSAL_CHOSEN]);
  });

  it('a group that the peer makes up is not chosen', () => {
    const { a, b, wire } = start();
    const own = [
      { type: 'Group Type', value: 1 },
      { type: 'Group Prime/Irreducible Polynomial', value: new Uint8Array(128).fill(0xff) },
      { type: 'Group Generator One', value: new Uint8Array(4).fill(2) },
    ] as const;
    wire.pass(
      a,
      withOffer((p) => [{ ...p, transforms: p.transforms.map((t) => ({ ...t, attributes: [...t.attributes, ...own] })) }]),
    );
    expect(b.sas.size).toBe(0);
    expect(notifiesOf(b)).toEqual([NO_PROPOSAL_CHOSEN]);
  });

  it('an unknown Transform-Id is passed over, and the next transform chosen', () => {
    const { a, b, wire } = start();
    wire.pass(
      a,
      withOffer((p) => [{ ...p, transforms: [{ ...p.transforms[0]!, id: 77 }, ...p.transforms.map((t) => ({ ...t, transformNum: 2 }))] }]),
    );
    expect(saOf(b).state).toBe('MAIN_R1');
    expect(offerOf(wire.pass(b)).transforms[0]?.transformNum).toBe(2);
  });

  it('an SPI in the proposal of phase 1 is ignored', () => {
    const { a, b, wire } = start();
    wire.pass(
      a,
      withOffer((p) => [{ ...p, spi: new Uint8Array(8).fill(9) }]),
    );
    expect(saOf(b).state).toBe('MAIN_R1');
  });

  it('another situation is refused', () => {
    const { a, b, wire } = start();
    wire.pass(a, {
      payloads: (payloads) =>
        payloads.map((payload) =>
          payload.type === 'SA' ? { ...payload, situation: 3, unread: new Uint8Array(8), proposals: [] } : payload,
        ),
    });
    expect(b.sas.size).toBe(0);
    expect(notifiesOf(b)).toEqual([NO_PROPOSAL_CHOSEN]);
  });

  it.each([
    [
      'with another value',
      (p: Phase1Proposal) => [
        {
          ...p,
          transforms: p.transforms.map((t) => ({
            ...t,
            attributes: t.attributes.map((x) => (x.type === 'Key Length' ? { ...x, value: 256 } : x)),
          })),
        },
      ],
    ],
    [
      'with an attribute more',
      (p: Phase1Proposal) => [
        {
          ...p,
          transforms: p.transforms.map((t) => ({
            ...t,
            attributes: [...t.attributes, { type: 'Life Type', value: 1 } as const, { type: 'Life Duration', value: 60 } as const],
          })),
        },
      ],
    ],
    [
      'with an attribute less',
      (p: Phase1Proposal) => [{ ...p, transforms: p.transforms.map((t) => ({ ...t, attributes: t.attributes.slice(1) })) }],
    ],
    ['with two transforms', (p: Phase1Proposal) => [{ ...p, transforms: [...p.transforms, ...p.transforms] }]],
  ])('an answer %s is rejected', (_name, change) => {
    const play = start();
    play.wire.pass(play.a);
    play.wire.pass(play.b, withOffer(change));
    expect(saOf(play.a).state).toBe('MAIN_I1');
    expect(detailsOf(play.a).at(-1)).toMatch(/^refused/);
  });

  it.each([
    ['DES, MD5, group 1', { encryption: [desCbc], prf: [prfHmacMd5], keyExchange: [modp768] }],
    ['3DES, SHA, group 2', { encryption: [tripleDesCbc], prf: [prfHmacSha1], keyExchange: [modp1024] }],
  ])('what was mandatory then works where somebody asks for it: %s, a pre-shared key', (_name, rows) => {
    const options: HostOptions = { connection: { proposals: [{ ...fast, ...rows }] }, ikev1: { hashes: [...hashRows, ...legacyHashRows] } };
    const play = start(options);
    play.wire.talk();
    expectAgreement(play, 1);
  });
});

describe('RFC 2408 section 5: what is wrong in phase 1 changes nothing', () => {
  it('a message of another version, with another cookie, cut off or with octets behind it', () => {
    const changes: readonly ((octets: Uint8Array) => Uint8Array)[] = [
      (octets) => (octets.set([0x20], 17), octets),
      (octets) => (octets.set([0x11], 17), octets),
      (octets) => (octets.set([octets[1]! ^ 1], 1), octets),
      (octets) => octets.subarray(0, -1),
      (octets) => Uint8Array.of(...octets, 0),
      (octets) => (octets.set([octets[24]! ^ 1], 24), octets),
      (octets) => (octets.set([1], 29), octets),
    ];
    for (const raw of changes) {
      const play = start();
      passed(play, 1);
      const before = sent(play.a);
      play.wire.pass(play.b, { raw });
      expect(saOf(play.a).state).toBe('MAIN_I1');
      expect(sent(play.a)).toBe(before);
    }
  });

  it('another exchange type in the middle of an exchange', () => {
    const play = start();
    passed(play, 2);
    play.wire.pass(play.a, { raw: (octets) => (octets.set([4], 18), octets) });
    expect(saOf(play.b).state).toBe('MAIN_R1');
    expect(detailsOf(play.b).at(-1)).toMatch(/Aggressive/);
  });

  it('Quick Mode in phase 1; main mode and aggressive mode behind it', () => {
    const play = start();
    passed(play, 4);
    shout(play.a, play.b, [{ type: 'Nonce', data: new Uint8Array(16) }], { exchange: 'Quick Mode', messageId: 9 });
    expect(saOf(play.b).state).toBe('MAIN_R2');
    play.wire.talk();
    const { exchanges } = establishedOf(play.b);
    for (const exchange of ['Identity Protection', 'Aggressive'] as const)
      say(play.a, play.b, [{ type: 'Nonce', data: new Uint8Array(16) }], { exchange, messageId: 0x99 });
    expect(establishedOf(play.b).exchanges).toEqual(exchanges);
  });

  it.each([
    ['zero', 0],
    ['one', 1],
  ])('a public value of %s', (_name, value) => {
    const play = start({ connection: { proposals: [phase1Proposal] } });
    passed(play, 2);
    const data = new Uint8Array(256);
    data[255] = value;
    play.wire.pass(play.a, { payloads: (payloads) => payloads.map((payload) => (payload.type === 'KE' ? { ...payload, data } : payload)) });
    expect(saOf(play.b).state).toBe('MAIN_R1');
  });

  it('a public value of another length', () => {
    const play = start({ connection: { proposals: [phase1Proposal] } });
    passed(play, 2);
    play.wire.pass(play.a, {
      payloads: (payloads) => payloads.map((payload) => (payload.type === 'KE' ? { ...payload, data: payload.data.subarray(1) } : payload)),
    });
    expect(saOf(play.b).state).toBe('MAIN_R1');
  });

  it('no ID payload, and no HASH payload', () => {
    for (const missing of ['ID', 'HASH']) {
      const play = start();
      passed(play, 4);
      play.wire.pass(play.a, { payloads: (payloads) => payloads.filter(({ type }) => type !== missing) });
      expect(saOf(play.b).state).toBe('MAIN_R2');
      expect(play.b.actions.some(({ type }) => type === 'established')).toBe(false);
    }
  });

  it('a HASH that is wrong', () => {
    const play = start();
    passed(play, 4);
    play.wire.pass(play.a, {
      payloads: (payloads) => payloads.map((payload) => (payload.type === 'HASH' ? { ...payload, data: new Uint8Array(32) } : payload)),
    });
    expect(saOf(play.b).state).toBe('MAIN_R2');
    expect(detailsOf(play.b).at(-1)).toMatch(/^refused/);
  });

  it('what is forged moves no IV: the genuine message opens after it', () => {
    const play = start();
    passed(play, 4);
    const [{ data, path }] = play.a.outbox as [Host['outbox'][number]];
    const forged = data.slice();
    forged.fill(0x5a, 28);
    receive(play.b, { data: forged, path });
    expect(saOf(play.b).state).toBe('MAIN_R2');
    play.wire.talk();
    expectAgreement(play, 1);
  });

  it('a repetition is answered with the same octets, and moves nothing', () => {
    const play = start();
    passed(play, 4);
    const [repeated] = play.a.outbox as [Host['outbox'][number]];
    play.wire.pass(play.a);
    const [answer] = play.b.outbox as [Host['outbox'][number]];
    receive(play.b, repeated);
    expect(play.b.outbox.map(({ data }) => toHex(data))).toEqual([toHex(answer.data), toHex(answer.data)]);
    play.b.outbox.pop();
    play.wire.talk();
    expectAgreement(play, 1);
  });

  it('an ID payload of another port ends it, once its HASH is right, and a log says so', () => {
    const play = start();
    passed(play, 4);
    const sa = saOf(play.a);
    if (sa.state !== 'MAIN_I3') throw new Error(sa.state);
    play.wire.pass(play.a, {
      payloads: (payloads) =>
        payloads.map((payload) => {
          if (payload.type === 'ID') return { ...payload, protocol: 17, port: 4500 };
          if (payload.type !== 'HASH') return payload;
          const { body } = oneOf({ payloads }, 'ID');
          const idBody = body!.slice();
          idBody.set([17, 4500 >> 8, 4500 & 255], 1);
          const { gXi, gXr, spiI, spiR, saBody, crypto } = sa;
          return {
            ...payload,
            data: computeHashI(crypto.suite.prf, crypto.keys.SKEYID, { gXi, gXr, ckyI: spiI, ckyR: spiR, saBody, idBody }),
          };
        }),
    });
    expect(saOf(play.b).state).toBe('CLOSED');
    expect(detailsOf(play.b).some((line) => /protocol and port of an identity/.test(line))).toBe(true);
  });

  it('a wrong secret: nothing is established', () => {
    const other = { method: 'shared-key', secret: new TextEncoder().encode('another secret than the one of a') } as const;
    const play = start(plain, { ...plain, connection: { proposals: [fast], localAuth: other, remoteAuth: other } });
    passed(play, 4);
    deliver(play.a, play.b);
    for (let at = nextWake(play); at < 120_000; at = nextWake(play)) {
      setClock(play, at);
      play.a.outbox.length = 0;
      play.b.outbox.length = 0;
    }
    for (const host of [play.a, play.b]) {
      expect(saOf(host).state).toBe('CLOSED');
      expect(host.actions.some(({ type }) => type === 'established')).toBe(false);
    }
  });
});

describe('RFC 2408 sections 1.7.1 and 5.1: strangers, and repetitions by the clock', () => {
  it('half-open IKE SAs are bounded', () => {
    const { a, b } = start();
    const [{ data, path }] = a.outbox as [Host['outbox'][number]];
    const { connection } = b;
    const respond = (total: number, fromAddress: number) =>
      ikev1.respond(
        { data, from: path.local, to: path.remote },
        { connections: [connection], halfOpen: { total, fromAddress }, limits: { total: 10, perAddress: 3 } },
        b.env,
      );
    expect(respond(9, 2).sa?.state).toBe('MAIN_R1');
    for (const [total, fromAddress] of [
      [10, 0],
      [3, 3],
    ] as const) {
      const { sa, actions } = respond(total, fromAddress);
      expect(sa).toBeUndefined();
      expect(actions.map(({ type }) => type)).toEqual(['audit']);
    }
  });

  it('a message goes again after ever longer times, and not for ever', () => {
    const play = start();
    play.a.outbox.length = 0;
    const times = [0];
    for (let at = nextWake(play); at < Infinity && times.length < 20; at = nextWake(play)) {
      setClock(play, at);
      if (play.a.outbox.length > 0) times.push(at);
      play.a.outbox.length = 0;
    }
    expect(times).toEqual([0, 1000, 3000, 7000, 15_000]);
    expect(saOf(play.a).state).toBe('CLOSED');
  });

  it('a responder repeats nothing on its own account', () => {
    const play = start();
    passed(play, 1);
    play.b.outbox.length = 0;
    play.a.outbox.length = 0;
    for (let at = nextWake({ a: play.b, b: play.b }); at < Infinity; at = nextWake({ a: play.b, b: play.b }))
      setClock({ a: play.b, b: play.b }, at);
    expect(play.b.outbox).toEqual([]);
    expect(saOf(play.b).state).toBe('CLOSED');
  });
});

describe('RFC 2409 section 5: aggressive mode', () => {
  it('three messages; nothing but the last may be encrypted', () => {
    const play = start(aggressive);
    const said = play.wire.talk();
    expect(said.slice(0, 3).map(({ header, isEncrypted }) => [header.exchange, isEncrypted])).toEqual([
      ['Aggressive', false],
      ['Aggressive', false],
      ['Aggressive', true],
    ]);
    expect(said[0]!.payloads.map(({ type }) => type).slice(0, 4)).toEqual(['SA', 'KE', 'Nonce', 'ID']);
    expectAgreement(play, 1);
  });

  it('RFC 2407 section 4.6.3: no status notification in it; INITIAL-CONTACT comes behind it, protected', () => {
    const said = start(aggressive).wire.talk();
    expect(said.slice(0, 3).flatMap((message) => allOf(message, 'N'))).toEqual([]);
    const told = said.find((message) => allOf(message, 'N').some(({ notify }) => notify === 'INITIAL-CONTACT'));
    expect(told).toMatchObject({ isEncrypted: true, header: { exchange: 'Informational' } });
  });

  it('with a pre-shared key it is neither begun nor answered, unless somebody wants that by name', () => {
    const careful: HostOptions = { ...plain, ikev1: { mode: 'aggressive' } };
    expect(() =>
      ikev1.createIkeSa(
        connectionOf('a', careful),
        { path: { local: { address: new Uint8Array(4), port: 500 }, remote: { address: new Uint8Array(4), port: 500 } } },
        twoHosts().a.env,
      ),
    ).toThrow(/aggressive/);
    const { b, wire, a } = start(aggressive, careful);
    wire.pass(a);
    expect(b.sas.size).toBe(0);
    expect(notifiesOf(b)).toEqual([NO_PROPOSAL_CHOSEN]);
  });
});

describe('RFC 2408 section 4.8: notifications without protection', () => {
  it('Deletes, R-U-THERE and errors in the clear change nothing', () => {
    const play = start();
    play.wire.talk();
    const before = { ...saOf(play.b) };
    const spi = both(play.a);
    for (const payload of [
      { type: 'D', doi: 'IPSEC', protocol: 'ISAKMP', spis: [spi] },
      { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'R-U-THERE', spi, data: new Uint8Array(4) },
      { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'INITIAL-CONTACT', spi, data: new Uint8Array(0) },
      { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'NO-PROPOSAL-CHOSEN', spi, data: new Uint8Array(0) },
    ] as const)
      shout(play.a, play.b, [payload]);
    expect(saOf(play.b)).toEqual(before);
    expect(play.b.outbox).toEqual([]);
  });
});

describe('RFC 2408 section 3.10 and RFC 2409 section 5: certificates are asked for', () => {
  it('by one payload that names no authority, where the message is sent anyhow: main mode has six messages still', () => {
    const play = start(...signing(signerOf('p256-a'), signerOf('p256-b')));
    const said = play.wire.talk().filter(isPhase1);
    expect(said.map((message) => allOf(message, 'CR').map(({ data }) => data.length))).toEqual([[], [], [], [0], [0], []]);
    expect(said.map((message) => allOf(message, 'CERT').length)).toEqual([0, 0, 0, 0, 1, 1]);
    expect(said[4]!.isEncrypted).toBe(true);
    expectAgreement(play, 1);
  });
});
