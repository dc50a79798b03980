/**
 * Child SAs that come out of the exchanges of a capture, as receiving SAs for its packets.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import { deriveChildKeys, type Payload, type PayloadOfType, type Proposal } from '../ike.js';
import { findPayload, orNothing } from './ike-derive.js';
import { findChosen, type IkeAlgorithmRows } from './ike-rows.js';
import type { DerivedKeys, ExchangePlace } from './ike-sa.js';
import { type Claim, claimedSecrets, guessSecrets, proveSecret, type SecretPool } from './ike-secrets.js';
import type { ManualSa } from './keys-types.js';
import { concat } from '../bytes.js';

/** One direction of a pair of Child SAs, with one guess of the secret that its keys come from. */
export interface ChildGuess {
  /** As an entry of a key file. */
  readonly manual: ManualSa;
  /** To be told once a packet was opened with it. */
  readonly prove: () => void;
}

/** One direction of a pair of Child SAs. */
export interface DerivedChild {
  /** ESP or AH; IPCOMP where the peers agreed on it. */
  readonly protocol: ManualSa['protocol'];
  /** The SPI, or the CPI. */
  readonly spi: number;
  /** The sender's address at the time of the exchange. */
  readonly source: Uint8Array;
  /** The receiver's address at the time of the exchange. */
  readonly destination: Uint8Array;
  /** The SA itself, the likeliest keys first. */
  readonly guesses: () => readonly ChildGuess[];
}

/** What a pair of Child SAs is made of. */
export interface ChildExchange {
  /** The payloads that asked. */
  readonly request: readonly Payload[];
  /** The payloads that answered. */
  readonly response: readonly Payload[];
  /** The nonces of the exchange. */
  readonly Ni: Uint8Array;
  /** Of the exchange. */
  readonly Nr: Uint8Array;
  /** One for each key exchange of it: none without PFS. */
  readonly claims: readonly Claim[];
  /** The addresses of the response. */
  readonly at: ExchangePlace;
  /** `ikeSecrets.0`. */
  readonly path: string;
}

/** The proposal of an offer that an answer chose. RFC 7296 section 3.3.1: the number of the accepted one is that of the offer. */
export function findOffered(request: readonly Payload[], chosen: Proposal): Proposal | undefined {
  const offers = findPayload(request, 'SA')?.proposals ?? [];
  return offers.find((p) => p.proposalNum === chosen.proposalNum && p.protocol === chosen.protocol);
}

/** Both directions of a Child SA, and of its IPComp associations; none when the exchange agreed on nothing that can be keyed. */
export function deriveChildren(
  parent: Pick<DerivedKeys, 'prf' | 'keys'>,
  pool: SecretPool,
  rows: IkeAlgorithmRows,
  exchange: ChildExchange,
): readonly DerivedChild[] {
  const { request, response, Ni, Nr, claims, at, path } = exchange;
  const [chosen] = findPayload(response, 'SA')?.proposals ?? [];
  const offered = chosen && findOffered(request, chosen);
  if (chosen === undefined || offered === undefined) return [];
  const { protocol } = chosen;
  if ((protocol !== 'ESP' && protocol !== 'AH') || chosen.spi.length !== 4 || offered.spi.length !== 4) return [];
  const algorithms = orNothing(() => findChosen(chosen, rows));
  if (algorithms === undefined) return [];
  const { encryption, integrity, esn } = algorithms;
  const both = (name: string): boolean => hasNotify(request, name) && hasNotify(response, name);
  const hasIpcomp = both('IPCOMP_SUPPORTED');
  // A packet that IPComp left as it is travels in the tunnel by itself (RFC 3173 section 2); one that it shrank has an IPComp header there.
  const mode = both('USE_TRANSPORT_MODE') ? 'transport' : hasIpcomp ? 'by-next-header' : 'tunnel';
  const { prf, keys } = parent;

  const keymat = new Map<number, ReturnType<typeof deriveChildKeys> | undefined>();
  const keysWith = (index: number): ReturnType<typeof deriveChildKeys> | undefined => {
    if (!keymat.has(index)) {
      const [gIr, ...more] = index < 0 ? claimedSecrets(pool, claims) : [pool.secrets[index]!];
      const input = { Ni, Nr: concat(Nr, ...more), ...(gIr && { gIr }) };
      const complete = claims.length === 0 || gIr !== undefined;
      keymat.set(index, complete ? orNothing(() => deriveChildKeys(prf, { ...algorithms }, keys.SK_d, input)) : undefined);
    }
    return keymat.get(index);
  };
  const direction = (side: 'initiator' | 'responder', spi: number, source: Uint8Array, destination: Uint8Array): DerivedChild => {
    const made = new Map<number, ChildGuess>();
    const guessOf = (index: number): readonly ChildGuess[] => {
      const known = made.get(index);
      if (known !== undefined) return [known];
      const material = keysWith(index)?.[side];
      if (material === undefined) return [];
      const guess: ChildGuess = {
        manual: {
          protocol,
          mode,
          spi,
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
        },
        prove: () => {
          if (index >= 0 && claims[0] !== undefined) proveSecret(pool, claims[0], index);
        },
      };
      made.set(index, guess);
      return [guess];
    };
    const guesses = (): readonly ChildGuess[] => (claims.length === 1 ? guessSecrets(pool, claims[0]!) : [-1]).flatMap(guessOf);
    return { protocol, spi, source, destination, guesses };
  };
  // The initiator of the exchange got the response: it is the destination here. Each side names the SPI that it wants to receive.
  const pair = [
    direction('initiator', readU32(chosen.spi, 0), at.destination, at.source),
    direction('responder', readU32(offered.spi, 0), at.source, at.destination),
  ];
  if (!hasIpcomp) return pair;
  const ipcompMode = both('USE_TRANSPORT_MODE') ? 'transport' : 'tunnel';
  return [
    ...pair,
    ...compressionOf(response, ipcompMode, at.destination, at.source, `${path}, negotiated in record ${at.packet}`),
    ...compressionOf(request, ipcompMode, at.source, at.destination, `${path}, negotiated in record ${at.packet}`),
  ];
}

/** RFC 7296 section 2.22: "a two-octet IPComp CPI followed by a one-octet Transform ID": 2 is DEFLATE. */
function compressionOf(
  payloads: readonly Payload[],
  mode: 'tunnel' | 'transport',
  source: Uint8Array,
  destination: Uint8Array,
  path: string,
): readonly DerivedChild[] {
  const notify = payloads.find((p): p is PayloadOfType<'N'> => p.type === 'N' && p.notify === 'IPCOMP_SUPPORTED' && p.data[2] === 2);
  if (notify === undefined || notify.data.length < 3) return [];
  const spi = readU16(notify.data, 0);
  return [compressed(spi, { mode, source, destination, path })];
}

function hasNotify(payloads: readonly Payload[], name: string): boolean {
  return payloads.some((p) => p.type === 'N' && p.notify === name);
}

/** An IPComp association that was agreed on: there is no key to it. */
export function compressed(
  spi: number,
  ends: Pick<ManualSa, 'mode' | 'path'> & Pick<DerivedChild, 'source' | 'destination'>,
): DerivedChild {
  const manual: ManualSa = {
    protocol: 'IPCOMP',
    spi,
    esn: false,
    replayWindow: 0,
    startSeq: 0,
    unsafeNoIntegrity: false,
    rest: {},
    ...ends,
  };
  const guess: ChildGuess = { manual, prove: () => undefined };
  return { protocol: 'IPCOMP', spi, source: ends.source, destination: ends.destination, guesses: () => [guess] };
}
