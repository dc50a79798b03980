/** What must hold of every SA payload of IKEv1 that anybody can send. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import type { Payload, PayloadOfType, Phase2Attribute, Proposal, Transform } from '../../src/ikev1.js';
import { decodePayloads, deriveSaKeys, encodePayloads, encodePhase1Attributes, encodePhase2Attributes } from '../../src/ikev1.js';
import { choosePhase1, encodePhase1Offer, readPhase1Answer } from '../../src/ikev1/phase1-offer.js';
import { encryptionOf } from '../../src/ikev1/phase1-transforms.js';
import { readQuickAnswer } from '../../src/ikev1/quick-answer.js';
import { chooseQuick } from '../../src/ikev1/quick-choose.js';
import { explainQuick } from '../../src/ikev1/quick-explain.js';
import { encodeQuickOffer, quickGroups } from '../../src/ikev1/quick-sa.js';
import { attempt } from '../../src/keying/attempt.js';
import type { ChildPolicy, Connection } from '../../src/keying/connection.js';
import type { ChildProposal } from '../../src/keying/proposal-types.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import { allCiphers, allGroups, allHashes, allMacs, allPrfs, connectionV1, must, policyV1, withTransforms } from './negotiation-records.js';

const some = <Row>(rows: readonly Row[], most = 4): fc.Arbitrary<Row[]> =>
  fc.shuffledSubarray([...rows], { maxLength: Math.min(most, rows.length) });
const groups = allGroups.slice(0, 5);
const anyConnection: fc.Arbitrary<Connection> = fc
  .array(fc.record({ encryption: some(allCiphers, 6), prf: some(allPrfs), keyExchange: some(groups), integrity: fc.constant([]) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((proposals) => connectionV1({ proposals }));
const anyRecord = (protocol: 'ESP' | 'AH'): fc.Arbitrary<ChildProposal> =>
  fc.record({
    protocol: fc.constant(protocol),
    encryption: protocol === 'AH' ? fc.constant([]) : some(allCiphers, 6),
    integrity: some(allMacs),
    keyExchange: some([...groups.slice(0, 2), 'none' as const]),
    esn: fc.constantFrom([true], [false], [true, false], [false, true]),
  });
const anyPolicy: fc.Arbitrary<ChildPolicy> = fc
  .record({
    mode: fc.constantFrom('tunnel' as const, 'transport' as const),
    proposals: fc.array(fc.oneof({ weight: 3, arbitrary: anyRecord('ESP') }, { weight: 1, arbitrary: anyRecord('AH') }), {
      minLength: 1,
      maxLength: 3,
    }),
    ah: fc.option(fc.array(anyRecord('AH'), { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 3 }),
    ipcomp: fc.boolean(),
    requireMode: fc.boolean(),
    hardLifetime: fc.option(
      fc.record({ seconds: fc.integer({ min: 1, max: 100_000 }), octets: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }),
      { nil: undefined },
    ),
  })
  .map((changes) => policyV1(changes));

/** Over the wire and back. */
function sent(sa: PayloadOfType<'SA'>): PayloadOfType<'SA'> {
  const [payload] = decodePayloads(1, encodePayloads([sa]).octets).payloads;
  if (payload?.type !== 'SA') throw new Error('not an SA payload');
  return payload;
}
const numRuns = 400;

describe('RFC 2409 section 5: two of us in phase 1', () => {
  test('agree on the first suite of the responder that the initiator has', () => {
    let chosen = 0;
    fc.assert(
      fc.property(anyConnection, anyConnection, fc.boolean(), (initiator, stranger, isSame) => {
        const responder = isSame ? { ...initiator, proposals: [...initiator.proposals].reverse() } : stranger;
        const encoded = attempt(() => encodePhase1Offer(initiator));
        fc.pre(!(encoded instanceof IpsecError));
        const sa = sent(encoded);
        // in the plainest way: the responder's lists inside each other, and of them the first that was offered
        const expected = suitesOf(responder).find((suite) => suitesOf(initiator).includes(suite));
        const choice = attempt(() => choosePhase1(sa, [responder], 'main'));
        if (choice instanceof IpsecError) {
          expect(choice.code).toBe('no-proposal-chosen');
          expect(expected).toBeUndefined();
          return;
        }
        chosen++;
        const { suite, answer } = choice;
        expect(`${suite.encryption.name} ${suite.encryption.keyLength} ${suite.prf.name} ${suite.keyExchange.id}`).toBe(expected);
        expect(suite.hash.prf.name).toBe(suite.prf.name);
        expect(must(sa.proposals[0]).transforms).toContain(must(answer.proposals[0]).transforms[0]);
        const read = readPhase1Answer(sent(answer), encoded, initiator);
        expect([read.encryption.name, read.encryption.keyLength, read.hash.id, read.keyExchange.id]).toEqual([
          suite.encryption.name,
          suite.encryption.keyLength,
          suite.hash.id,
          suite.keyExchange.id,
        ]);
        expect(read).toMatchObject({ authentication: suite.authentication, lifetimes: suite.lifetimes });
      }),
      { numRuns },
    );
    expect(chosen).toBeGreaterThan(numRuns / 10);
  });
});

function suitesOf(connection: Connection): string[] {
  return connection.proposals.flatMap(({ encryption, prf, keyExchange }) =>
    encryption
      .filter((row) => encryptionOf(row) !== undefined)
      .flatMap((row) =>
        prf
          .filter(({ name }) => allHashes.some((hash) => hash.prf.name === name))
          .flatMap(({ name }) => keyExchange.map(({ id }) => `${row.name} ${row.keyLength} ${name} ${id}`)),
      ),
  );
}

describe('RFC 2409 section 5.5: two of us in Quick Mode', () => {
  test('agree on something that both have, with keys for all of it, or on nothing', () => {
    let chosen = 0;
    fc.assert(
      fc.property(
        anyPolicy,
        anyPolicy,
        fc.boolean(),
        fc.constantFrom(undefined, 'RFC 3947' as const, 'draft' as const),
        fc.nat(3),
        (initiator, stranger, isSame, udp, g) => {
          const all = quickGroups(initiator);
          const group = all[g % all.length];
          const encoded = attempt(() =>
            encodeQuickOffer(initiator, { spi: 0xc0ffee01, cpi: initiator.ipcomp === true ? 0x1234 : undefined, udp, group }),
          );
          fc.pre(!(encoded instanceof IpsecError));
          const responder = isSame ? { ...initiator, proposals: [...initiator.proposals].reverse() } : stranger;
          const sa = sent(encoded);
          const options = { udp, publicLength: group?.publicLength };
          const choice = chooseQuick(sa, responder, options);
          if (choice === undefined) {
            expect(isSame).toBe(false);
            expect(explainQuick(sa, [responder], options)).toContain('Offered: proposal 1');
            return;
          }
          chosen++;
          expect(choice).toMatchObject({ udp, group, spiOut: 0xc0ffee01 });
          expect(choice.ah === undefined).toBe((responder.ah ?? []).length === 0);
          expect(choice.cpiOut).toBe(initiator.ipcomp === true && responder.ipcomp === true ? 0x1234 : undefined);
          for (const suite of [choice.suite, ...(choice.ah ? [choice.ah.suite] : [])]) {
            const records = suite === choice.suite ? responder.proposals : must(responder.ah);
            expect(records.some((r) => r.protocol === suite.protocol && r.esn.includes(suite.esn))).toBe(true);
            const protocol = suite.protocol === 'AH' ? 2 : 3;
            const input = { protocol, spi: new Uint8Array(4), Ni: new Uint8Array(16), Nr: new Uint8Array(16) };
            const keys = deriveSaKeys(prfHmacSha256, suite, new Uint8Array(32), input);
            expect(keys.encryption.length + keys.integrity.length).toBeGreaterThan(0);
          }
          const read = readQuickAnswer(sent(choice.answer(0x5eed0001, choice.cpiOut === undefined ? undefined : 0x4321)), {
            policy: initiator,
            sa: encoded,
            keyExchange: group && { row: group, exchange: {} as never },
          });
          expect(read).toMatchObject({
            mode: choice.mode,
            udp,
            group,
            spiOut: 0x5eed0001,
            cpiOut: choice.cpiOut === undefined ? undefined : 0x4321,
          });
          expect(namesOf(read.suite)).toEqual(namesOf(choice.suite));
          expect(read.ah && namesOf(read.ah.suite)).toEqual(choice.ah && namesOf(choice.ah.suite));
          expect(read.lifetimes.offered).toEqual(choice.lifetimes.offered);
        },
      ),
      { numRuns },
    );
    expect(chosen).toBeGreaterThan(numRuns / 10);
  });
});

function namesOf({ protocol, encryption, integrity, keyExchange, esn }: NonNullable<ReturnType<typeof chooseQuick>>['suite']): unknown {
  return [protocol, encryption?.name, encryption?.keyLength, integrity?.name, keyExchange?.id, esn];
}

describe('RFC 2408 section 4.2: whatever comes', () => {
  const connection = connectionV1({ proposals: [{ encryption: allCiphers, integrity: [], prf: allPrfs, keyExchange: groups }] });
  const phase1 = encodePhase1Offer({
    ...connection,
    proposals: connection.proposals.map((p) => ({ ...p, keyExchange: groups.slice(0, 1) })),
  });
  const policy = policyV1({
    ipcomp: true,
    proposals: [{ protocol: 'ESP', encryption: allCiphers, integrity: allMacs, keyExchange: [...groups, 'none'], esn: [true, false] }],
    ah: [{ protocol: 'AH', encryption: [], integrity: allMacs, keyExchange: [], esn: [true, false] }],
  });
  const quick = encodeQuickOffer(
    { ...policy, proposals: policy.proposals.map((p) => ({ ...p, encryption: p.encryption.slice(0, 2), integrity: allMacs.slice(0, 2) })) },
    { spi: 0xc0ffee01, cpi: 0x1234, udp: undefined, group: undefined },
  );
  /** Nothing but an `IpsecError` comes out, and nothing that was not offered. */
  function check(sa: PayloadOfType<'SA'>): void {
    const first = attempt(() => choosePhase1(sa, [connection], 'main'));
    if (!(first instanceof IpsecError)) expect(must(sa.proposals[0]).transforms).toContain(must(first.answer.proposals[0]).transforms[0]);
    attempt(() => readPhase1Answer(sa, phase1, connection));
    for (const publicLength of [undefined, must(groups[0]).publicLength]) {
      for (const own of [policy, { ...policy, ah: undefined }]) {
        const second = attempt(() => chooseQuick(sa, own, { udp: undefined, publicLength }));
        if (second !== undefined && !(second instanceof IpsecError))
          for (const { protocol, transforms } of second.answer(0x5eed0001, 0x4321).proposals)
            expect(
              sa.proposals.some((p) => p.protocol === protocol && (p.transforms as readonly Transform[]).includes(must(transforms[0]))),
            ).toBe(true);
      }
      expect(explainQuick(sa, [policy], { udp: undefined, publicLength }).length).toBeLessThan(10_000);
    }
    attempt(() => readQuickAnswer(sa, { policy, sa: quick, keyExchange: undefined }));
  }

  test('octets changed at random', () => {
    let decoded = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(phase1, quick),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (sa, changes) => {
          const octets = encodePayloads([sa]).octets.slice();
          for (const [at, value] of changes) octets[at % Math.min(octets.length, 120)] = value;
          const found = attempt((): readonly Payload[] => decodePayloads(1, octets).payloads);
          if (found instanceof IpsecError) return;
          for (const payload of found) if (payload.type === 'SA') check(payload);
          decoded++;
        },
      ),
      { numRuns: 150 },
    );
    expect(decoded).toBeGreaterThan(15);
  });

  test('attributes and proposals shuffled, doubled, of no registry', () => {
    const values = fc.oneof(fc.nat(30), fc.nat(65_535), fc.uint8Array({ maxLength: 12 }));
    const attribute = fc.record({
      type: fc.oneof(fc.nat(20), fc.nat(32_767), fc.constantFrom('Life Type', 'SA Life Type', 'SA Life Duration', 'Key Length')),
      value: values,
    });
    const transforms = fc.array(
      fc.record({
        transformNum: fc.nat(255),
        id: fc.oneof(fc.nat(30), fc.constantFrom('KEY_IKE', 'ESP_AES-CBC', 'ESP_NULL', 'AH_SHA')),
        attributes: fc.array(attribute, { maxLength: 6 }),
      }),
      { maxLength: 4 },
    );
    const good1 = encodePhase1Attributes({
      encryption: 'AES-CBC',
      keyLength: 128,
      hash: 'SHA',
      group: 14,
      authentication: 'pre-shared key',
      lifetimes: [],
      others: [],
    });
    const good2 = encodePhase2Attributes({
      keyLength: 128,
      authentication: 'HMAC-SHA',
      encapsulation: 'Tunnel',
      lifetimes: [],
      others: [],
    });
    const proposal = fc.record({
      proposalNum: fc.nat(3),
      protocol: fc.oneof(fc.constantFrom('ISAKMP', 'AH', 'ESP', 'IPCOMP'), fc.nat(9)),
      spi: fc.constantFrom(new Uint8Array(0), Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2)),
      transforms,
    });
    fc.assert(
      fc.property(fc.array(proposal, { maxLength: 5 }), fc.boolean(), fc.array(attribute, { maxLength: 2 }), (proposals, isGood, extra) => {
        const sa = { type: 'SA', doi: 'IPSEC', situation: 1, proposals: proposals as unknown as Proposal[] } as const;
        check(sa);
        if (!isGood) return;
        const more = extra as unknown as Phase2Attribute[];
        check(withTransforms(phase1, [{ transformNum: 1, id: 'KEY_IKE', attributes: [...good1, ...(more as never[])] }]));
        check(withTransforms(quick, [{ transformNum: 1, id: 'ESP_AES-CBC', attributes: [...good2, ...more] }]));
      }),
      { numRuns: 150 },
    );
  });
});
