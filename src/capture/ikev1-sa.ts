/**
 * One ISAKMP SA of a capture: what was said in the clear, the keys that may fit, and its exchanges. Mutable: it moves with the messages.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import type { Payload } from '../ikev1.js';
import type { ExchangePlace } from './ike-sa.js';
import { type Candidate, type CookieEntries, createFacts, type Phase1Facts } from './ikev1-phase1.js';
import type { Chain } from './ikev1-open.js';

/** An exchange of phase 2. */
export interface Phase2Exchange extends Chain {
  /** The payloads of the first message of a Quick Mode, once it was verified. */
  request?: readonly Payload[];
  /** Its nonce. */
  Ni?: Uint8Array;
  /** The nonce of the second message, once that was verified. */
  Nr?: Uint8Array;
  /** Some message of it was opened. */
  isKnown: boolean;
}

/** An ISAKMP SA: a pair of cookies. */
export interface IsakmpSa {
  /** 8 octets. */
  readonly ckyI: Uint8Array;
  /** 8 octets. */
  readonly ckyR: Uint8Array;
  /** What its own messages say. */
  readonly facts: Phase1Facts;
  /** The encrypted messages of phase 1. */
  readonly phase1: Chain;
  /** By Message ID. */
  readonly exchanges: Map<number, Phase2Exchange>;
  /** The keys that may fit, the one that did last first; undefined: to be found. */
  candidates: Candidate[] | undefined;
  /** A message was opened: what is said in the clear from now on moves nothing. */
  isProven: boolean;
}

/** What begins with one cookie of an initiator. */
export interface CookieRecord {
  /** What the key files have for it. */
  readonly entries: CookieEntries;
  /** What first messages say, in which there is no second cookie yet. */
  readonly facts: Phase1Facts;
  /** By the responder's cookie. */
  readonly sas: Map<string, IsakmpSa>;
}

/** Who is who: addresses, and where both are the same ports. */
export interface Ends {
  /** Of the initiator. */
  readonly initiator: Uint8Array;
  /** Of the responder. */
  readonly responder: Uint8Array;
  /** Of the initiator. */
  readonly ports: number[];
}

/** Responders that answer to one cookie: all but one are forged. */
const MAXIMUM_SAS = 4;
/** Exchanges that are remembered of one ISAKMP SA. */
const MAXIMUM_EXCHANGES = 64;
/** Ports that are remembered of one side: a NAT moves them once or twice. */
const MAXIMUM_PORTS = 4;

/** The record of a pair of cookies. */
export function isakmpSaOf(cookie: CookieRecord, name: string, ckyI: Uint8Array, ckyR: Uint8Array): IsakmpSa {
  const there = cookie.sas.get(name);
  if (there !== undefined) return there;
  if (cookie.sas.size >= MAXIMUM_SAS) dropOne(cookie.sas, ({ isProven }) => isProven);
  const made: IsakmpSa = {
    ckyI: ckyI.slice(),
    ckyR: ckyR.slice(),
    facts: createFacts(),
    phase1: { seen: [] },
    exchanges: new Map(),
    candidates: undefined,
    isProven: false,
  };
  cookie.sas.set(name, made);
  return made;
}

/** The record of an exchange. */
export function exchangeOf({ exchanges }: IsakmpSa, messageId: number): Phase2Exchange {
  const there = exchanges.get(messageId);
  if (there !== undefined) return there;
  if (exchanges.size >= MAXIMUM_EXCHANGES) dropOne(exchanges, ({ isKnown }) => isKnown);
  const made: Phase2Exchange = { seen: [], isKnown: false };
  exchanges.set(messageId, made);
  return made;
}

/** The oldest goes, of those that nobody has proven first. */
function dropOne<K, V>(map: Map<K, V>, isProven: (value: V) => boolean): void {
  for (const [key, value] of map) {
    if (isProven(value)) continue;
    map.delete(key);
    return;
  }
  map.delete(map.keys().next().value!);
}

/** What both records say. */
export function allFacts(cookie: CookieRecord, sa: IsakmpSa): Phase1Facts {
  const { idI = cookie.facts.idI, idR } = sa.facts;
  return {
    offers: [...cookie.facts.offers, ...sa.facts.offers],
    suites: sa.facts.suites,
    halvesI: [...cookie.facts.halvesI, ...sa.facts.halvesI],
    halvesR: sa.facts.halvesR,
    ...(idI && { idI }),
    ...(idR && { idR }),
  };
}

/** Who sent it? Learns the ports that the initiator moves to. */
export function isFromInitiator({ initiator, responder, ports }: Ends, { source, sourcePort, destinationPort }: ExchangePlace): boolean {
  if (!equalBytes(initiator, responder)) return equalBytes(source, initiator);
  const isHis = ports.includes(sourcePort) || !ports.includes(destinationPort);
  const port = isHis ? sourcePort : destinationPort;
  if (!ports.includes(port) && ports.length < MAXIMUM_PORTS) ports.push(port);
  return isHis;
}
