/**
 * The SAs that a Quick Mode agrees on, as receiving SAs for the packets of a capture. There may be several pairs, and each may be a bundle.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import { encapsulationModes, phase2Authentication } from '../iana/ikev1-attributes.js';
import { ahTransforms, espTransforms } from '../iana/ikev1-transforms.js';
import { decodePhase2Attributes, deriveSaKeys, groupProposals, type HashRow, type Payload, type Proposal, type SaKeys } from '../ikev1.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { type ChildGuess, compressed, type DerivedChild } from './ike-child.js';
import { orNothing } from './ike-derive.js';
import type { ExchangePlace } from './ike-sa.js';
import { type Claim, guessSecrets, proveSecret } from './ike-secrets.js';
import type { DerivedPhase1 } from './ikev1-phase1.js';
import type { AlgorithmRows } from './keys-resolve.js';
import type { ManualSa } from './keys-types.js';

/** The first two messages of a Quick Mode, which were verified. */
export interface QuickExchange {
  /** The payloads of the first. */
  readonly request: readonly Payload[];
  /** The payloads of the second. */
  readonly response: readonly Payload[];
  /** The nonce of the first. */
  readonly Ni: Uint8Array;
  /** The nonce of the second. */
  readonly Nr: Uint8Array;
  /** With PFS: what is claimed of the shared secrets. */
  readonly claim: Claim | undefined;
  /** The addresses of the second. */
  readonly at: ExchangePlace;
}

/** A proposal of ESP or AH, which has keys. */
type KeyedProposal = Extract<Proposal, { readonly protocol: 'ESP' | 'AH' }>;
interface Algorithms {
  readonly encryption?: EncryptionRow | undefined;
  readonly integrity?: IntegrityRow | undefined;
  readonly esn: boolean;
  readonly mode: ManualSa['mode'];
}

const AH = 2;
const ESP = 3;

/** Both directions of every SA; none of what cannot be keyed. */
export function deriveQuickChildren(
  hash: HashRow,
  phase1: DerivedPhase1,
  rows: AlgorithmRows,
  exchange: QuickExchange,
): readonly DerivedChild[] {
  const [offers, answers] = [exchange.request, exchange.response].map(proposalsOf) as [Proposal[][], Proposal[][]];
  // RFC 2409 section 5.5: "multiple SA's and keys can be negotiated with one exchange": the n-th answer is to the n-th offer.
  return answers.flatMap((proposals, n) => {
    const [bundle] = groupProposals(proposals);
    const isAlone = bundle?.length === 1;
    const isTunnel = bundle?.some(({ transforms }) => modeOf(transforms[0]?.attributes ?? [], true) === 'tunnel') === true;
    return (bundle ?? []).flatMap((chosen) => {
      const offered = findOfferedV1(offers[n] ?? [], chosen);
      if (offered === undefined) return [];
      if (chosen.protocol === 'IPCOMP') return compressionOf(chosen, offered, isTunnel ? 'tunnel' : 'transport', exchange, phase1.path);
      if (chosen.protocol !== 'ESP' && chosen.protocol !== 'AH') return [];
      return keyed(hash, phase1, rows, exchange, chosen, offered, isAlone);
    });
  });
}

function proposalsOf(payloads: readonly Payload[]): (readonly Proposal[])[] {
  return payloads.flatMap((payload) => (payload.type === 'SA' ? [payload.proposals] : []));
}

/** RFC 2408 section 4.2: the responder keeps the number of the proposal. Where one does not, the protocol is the best hint. */
function findOfferedV1(offers: readonly Proposal[], chosen: Proposal): Proposal | undefined {
  const sameProtocol = offers.filter(({ protocol }) => protocol === chosen.protocol);
  return sameProtocol.find(({ proposalNum }) => proposalNum === chosen.proposalNum) ?? sameProtocol[0];
}

function keyed(
  hash: HashRow,
  { keys: { SKEYID_d }, pool, path }: DerivedPhase1,
  rows: AlgorithmRows,
  { Ni, Nr, claim, at }: QuickExchange,
  chosen: KeyedProposal,
  offered: Proposal,
  isAlone: boolean,
): readonly DerivedChild[] {
  const algorithms = orNothing(() => findAlgorithms(chosen, rows, isAlone));
  if (algorithms === undefined || chosen.spi.length !== 4 || offered.spi.length !== 4) return [];
  const { protocol } = chosen;
  const { encryption, integrity, esn, mode } = algorithms;
  const number = protocol === 'AH' ? AH : ESP;
  const direction = (spi: Uint8Array, source: Uint8Array, destination: Uint8Array): DerivedChild => {
    const made = new Map<number, ChildGuess | undefined>();
    const make = (index: number): ChildGuess | undefined => {
      const gXy = index < 0 ? undefined : pool.secrets[index];
      const input = { Ni, Nr, protocol: number, spi, gXy };
      const material: SaKeys | undefined = orNothing(() => deriveSaKeys(hash.prf, { encryption, integrity }, SKEYID_d, input));
      if (material === undefined) return undefined;
      const manual: ManualSa = {
        protocol,
        mode,
        spi: readU32(spi, 0),
        source,
        destination,
        ...(encryption && { encryption: { name: encryption.name, key: material.encryption } }),
        ...(integrity && { integrity: { name: integrity.name, key: material.integrity } }),
        esn,
        replayWindow: 64,
        startSeq: 0,
        unsafeNoIntegrity: false,
        rest: {},
        path: `${path}, negotiated in record ${at.packet}`,
      };
      return {
        manual,
        prove: () => {
          if (claim !== undefined && index >= 0) proveSecret(pool, claim, index);
        },
      };
    };
    const guesses = (): readonly ChildGuess[] =>
      (claim === undefined ? [-1] : guessSecrets(pool, claim)).flatMap((index) => {
        if (!made.has(index)) made.set(index, make(index));
        return made.get(index) ?? [];
      });
    return { protocol, spi: readU32(spi, 0), source, destination, guesses };
  };
  // The initiator of the Quick Mode got the second message: it is the destination here. Each side names the SPI that it wants to receive.
  return [direction(chosen.spi, at.destination, at.source), direction(offered.spi, at.source, at.destination)];
}

/** The algorithms of a chosen proposal. Undefined where one of them is not at hand. */
function findAlgorithms(chosen: KeyedProposal, rows: AlgorithmRows, isAlone: boolean): Algorithms | undefined {
  const [transform] = chosen.transforms;
  if (transform === undefined) return undefined;
  const { keyLength, authentication, esn } = decodePhase2Attributes(transform.attributes);
  const common = { esn: esn === 1, mode: modeOf(transform.attributes, isAlone) };
  if (chosen.protocol === 'AH') {
    const integrity = findIntegrityRow(rows, ahTransforms.find(({ name }) => name === transform.id)?.ikev2);
    return integrity && { integrity, ...common };
  }
  const name = espTransforms.find((row) => row.name === transform.id)?.ikev2;
  const named = rows.encryption.filter((row) => row.name === name);
  const octets = keyLength === undefined ? (named.length > 1 ? 16 : named[0]?.keyLength) : keyLength / 8;
  const encryption = named.length === 1 ? named[0] : named.find((row) => row.keyLength === octets);
  const integrity = findIntegrityRow(rows, phase2Authentication.find((row) => row.name === authentication)?.ikev2);
  if (encryption === undefined || (encryption.kind !== 'aead' && integrity === undefined)) return undefined;
  return { encryption, integrity: encryption.kind === 'aead' ? undefined : integrity, ...common };
}

function findIntegrityRow(rows: AlgorithmRows, name: string | null | undefined): IntegrityRow | undefined {
  return rows.integrity.find((row) => row.name === name);
}

/** Of a bundle one tunnel is meant, and its protocols mean it all: then each packet says by its Next Header what is inside. */
function modeOf(attributes: Proposal['transforms'][number]['attributes'], isAlone: boolean): ManualSa['mode'] {
  const value = attributes.find(({ type }) => type === 'Encapsulation Mode')?.value;
  const name = encapsulationModes.find(({ id }) => id === value)?.name;
  if (!isAlone || name === undefined) return 'by-next-header';
  return name.includes('Transport') ? 'transport' : 'tunnel';
}

/** RFC 3173 section 4.1: "The CPI is sent in the SPI field of the proposal", in two octets or in four, of which the first two "MUST be ignored". */
function compressionOf(
  chosen: Proposal,
  offered: Proposal,
  mode: 'tunnel' | 'transport',
  { at }: QuickExchange,
  path: string,
): readonly DerivedChild[] {
  if (chosen.transforms[0]?.id !== 'IPCOMP_DEFLATE') return [];
  const direction = (cpi: Uint8Array, source: Uint8Array, destination: Uint8Array): readonly DerivedChild[] => {
    if (cpi.length !== 2 && cpi.length !== 4) return [];
    const told = `${path}, negotiated in record ${at.packet}`;
    return [compressed(readU16(cpi, cpi.length - 2), { mode, source, destination, path: told })];
  };
  return [...direction(chosen.spi, at.destination, at.source), ...direction(offered.spi, at.source, at.destination)];
}
