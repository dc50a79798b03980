/** What must hold of every offer that anybody can send. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Proposal, Transform } from '../../src/ike.js';
import { deriveChildKeys, deriveIkeKeys } from '../../src/ike.js';
import {
  type ChildProposal,
  chooseChildProposal,
  chooseIkeProposal,
  encodeChildProposals,
  encodeIkeProposals,
  type IkeProposal,
  readChildAnswer,
  readIkeAnswer,
} from '../../src/ikev2/proposal.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../../src/suite/types-ike.js';
import { encryptionTransform, transform } from '../../src/ikev2/proposal-transforms.js';
import { allRows } from './proposal-records.js';

const encryption = allRows.filter((row): row is EncryptionRow => row.kind === 'aead' || row.kind === 'cipher');
const integrity = allRows.filter((row): row is IntegrityRow => row.kind === 'integrity');
const prf = allRows.filter((row): row is PrfRow => row.kind === 'prf');
const groups = allRows.filter((row): row is KeyExchangeRow => row.kind === 'ke');
const some = <Row>(rows: readonly Row[]): fc.Arbitrary<Row[]> => fc.shuffledSubarray([...rows], { maxLength: Math.min(8, rows.length) });

const anyIke: fc.Arbitrary<IkeProposal> = fc.record({
  encryption: some(encryption),
  integrity: some(integrity),
  prf: some(prf),
  keyExchange: some(groups),
});
const anyChild: fc.Arbitrary<ChildProposal> = fc.record({
  protocol: fc.constantFrom('ESP', 'AH'),
  encryption: some(encryption),
  integrity: some(integrity),
  keyExchange: some([...groups, 'none' as const]),
  esn: some([true, false]),
});

/** Transforms that belong there, and now and then one of another protocol, one of nobody's, or one gone wrong. */
function transformsFor(protocol: Proposal['protocol']): fc.Arbitrary<Transform[]> {
  const ciphers = encryption.map(encryptionTransform);
  const macs = [...integrity.map((row) => transform('INTEG', row.id)), transform('INTEG', 0)];
  const prfs = prf.map((row) => transform('PRF', row.id));
  const exchanges = [...groups.map((row) => transform('KE', row.id)), transform('KE', 0)];
  const esn = [transform('ESN', 0), transform('ESN', 1)];
  const lists =
    protocol === 'IKE' ? [ciphers, macs, prfs, exchanges] : protocol === 'AH' ? [macs, exchanges, esn] : [ciphers, macs, exchanges, esn];
  const junk: fc.Arbitrary<Transform> = fc.oneof(
    fc.constantFrom(...ciphers, ...macs, ...prfs, ...exchanges, ...esn),
    fc.record({
      type: fc.constantFrom<Transform['type']>('ENCR', 'PRF', 'INTEG', 'KE', 'ESN', 'ADDKE1', 13),
      id: fc.nat(65535),
      attributes: fc.array(
        fc.record({ type: fc.constantFrom('Key Length' as const, 15), value: fc.oneof(fc.nat(65535), fc.uint8Array({ maxLength: 4 })) }),
        { maxLength: 2 },
      ),
    }),
  );
  return fc
    .tuple(...lists.map((list) => fc.subarray([...list])), fc.option(junk, { nil: undefined, freq: 2 }))
    .map((parts) => parts.flat().filter((t) => t !== undefined));
}
const offerOf = (...protocols: Proposal['protocol'][]): fc.Arbitrary<Proposal[]> =>
  fc
    .array(
      fc.constantFrom(...protocols).chain((protocol) =>
        fc.record({
          protocol: fc.constant(protocol),
          spi: fc.constantFrom(new Uint8Array(0), Uint8Array.of(1, 2, 3, 4), new Uint8Array(8).fill(7)),
          transforms: transformsFor(protocol),
        }),
      ),
      { maxLength: 5 },
    )
    .map((proposals) => proposals.map((p, i) => ({ ...p, proposalNum: i + 1 })));

/** The rules of RFC 7296 section 2.7 for an answer, by themselves. */
function expectSingleSuite(answer: Proposal, offered: readonly Proposal[]): void {
  const proposal = offered[answer.proposalNum - 1]!;
  expect(answer.protocol).toBe(proposal.protocol);
  const types = answer.transforms.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(answer.transforms.every((t) => proposal.transforms.includes(t))).toBe(true);
}

describe('RFC 7296 section 3.3.6: "a single complete set of parameters", or none', () => {
  test('for an IKE SA', () => {
    const numRuns = 1000;
    let chosen = 0;
    fc.assert(
      fc.property(
        offerOf('IKE', 'IKE', 'IKE', 'ESP', 4),
        fc.array(anyIke, { maxLength: 3 }),
        fc.boolean(),
        (offered, acceptable, rekey) => {
          const choice = chooseIkeProposal(offered, acceptable, { rekey });
          if (choice === undefined) return;
          chosen++;
          const { encryption: cipher, integrity: mac, prf: row, keyExchange } = choice.chosen;
          expect(acceptable.some((a) => a.encryption.includes(cipher) && a.prf.includes(row) && a.keyExchange.includes(keyExchange))).toBe(
            true,
          );
          expect(mac === undefined).toBe(cipher.kind === 'aead');
          expectSingleSuite(choice.answer(choice.proposal.spi), offered);
          // No key that protects anything has length 0.
          const keys = deriveIkeKeys(row, choice.chosen, new Uint8Array(row.preferredKeyLength), {
            Ni: new Uint8Array(16),
            Nr: new Uint8Array(16),
            spiI: new Uint8Array(8),
            spiR: new Uint8Array(8),
          });
          for (const key of [keys.SK_d, keys.SK_ei, keys.SK_er, keys.SK_pi, keys.SK_pr]) expect(key.length).toBeGreaterThan(0);
          expect(keys.SK_ai.length > 0).toBe(cipher.kind === 'cipher');
        },
      ),
      { numRuns },
    );
    expect(chosen).toBeGreaterThan(numRuns / 25);
  });

  test('for Child SAs', () => {
    const numRuns = 1000;
    let chosen = 0;
    fc.assert(
      fc.property(
        offerOf('ESP', 'AH', 'ESP', 'AH', 'IKE'),
        fc.array(anyChild, { maxLength: 3 }),
        fc.boolean(),
        (offered, acceptable, keyExchange) => {
          const choice = chooseChildProposal(offered, acceptable, { keyExchange });
          if (choice === undefined) return;
          chosen++;
          const { protocol, encryption: cipher, integrity: mac } = choice.chosen;
          expect(cipher === undefined).toBe(protocol === 'AH');
          expect(mac === undefined).toBe(cipher?.kind === 'aead');
          expect(mac?.id).not.toBe(0);
          if (!keyExchange) expect(choice.chosen.keyExchange).toBeUndefined();
          expectSingleSuite(choice.answer(choice.proposal.spi), offered);
          const { initiator } = deriveChildKeys(prf[0]!, choice.chosen, new Uint8Array(32), {
            Ni: new Uint8Array(16),
            Nr: new Uint8Array(16),
          });
          expect(initiator.encryption.length + initiator.integrity.length).toBeGreaterThan(0);
        },
      ),
      { numRuns },
    );
    expect(chosen).toBeGreaterThan(numRuns / 25);
  });
});

describe('two of us', () => {
  const refusesToEncode = (run: () => unknown): boolean => {
    try {
      run();
      return false;
    } catch {
      return true;
    }
  };
  test('an initiator reads what a responder chose of its offer', () => {
    fc.assert(
      fc.property(fc.array(anyIke, { minLength: 1, maxLength: 3 }), fc.array(anyIke, { maxLength: 3 }), (theirs, ours) => {
        fc.pre(!refusesToEncode(() => encodeIkeProposals(theirs)));
        // Whoever accepts everything that is offered chooses, and so does whoever has only one thing in common.
        for (const acceptable of [theirs, ours, [...ours, ...theirs]]) {
          const choice = chooseIkeProposal(encodeIkeProposals(theirs), acceptable);
          if (choice) expect(readIkeAnswer([choice.answer(new Uint8Array(0))], theirs).chosen).toEqual(choice.chosen);
          else expect(acceptable).toBe(ours);
        }
      }),
      { numRuns: 500 },
    );
  });
  test('and so with Child SAs', () => {
    const spi = Uint8Array.of(1, 2, 3, 4);
    fc.assert(
      fc.property(
        fc.array(anyChild, { minLength: 1, maxLength: 3 }),
        fc.array(anyChild, { maxLength: 3 }),
        fc.boolean(),
        (theirs, ours, keyExchange) => {
          fc.pre(!refusesToEncode(() => encodeChildProposals(theirs, () => spi, { keyExchange })));
          for (const acceptable of [theirs, ours, [...ours, ...theirs]]) {
            const choice = chooseChildProposal(
              encodeChildProposals(theirs, () => spi, { keyExchange }),
              acceptable,
              { keyExchange },
            );
            if (choice) expect(readChildAnswer([choice.answer(spi)], theirs, { keyExchange }).chosen).toEqual(choice.chosen);
            else expect(acceptable).toBe(ours);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('255 proposals of 255 transforms', () => {
  test('every transform is read once', () => {
    let reads = 0;
    const transforms = Array.from({ length: 254 }, (_, i): Transform => {
      const { type, id, attributes } = i < 200 ? encryptionTransform(encryption[i % encryption.length]!) : transform('PRF', i);
      return {
        type,
        id,
        get attributes() {
          reads++;
          return attributes;
        },
      };
    });
    const offered = Array.from({ length: 255 }, (_, i): Proposal => ({
      proposalNum: i + 1,
      protocol: 'IKE',
      spi: new Uint8Array(0),
      transforms: [...transforms, transform('KE', 31)],
    }));
    const acceptable = Array.from({ length: 10 }, (): IkeProposal => ({ encryption, integrity, prf, keyExchange: groups }));
    expect(chooseIkeProposal(offered, acceptable)).toBeUndefined();
    expect(reads).toBe(255 * 254);
  });
});
