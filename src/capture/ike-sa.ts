/**
 * One IKE SA of a capture: the keys that are known of it, and those that follow from its exchanges. Mutable: it moves with the messages.
 *
 * @module
 */
import type { IkeKeys, IkeMessage, OpenedSk, Payload, PayloadOfType, SkContext } from '../ike.js';
import type { FragmentQueue } from '../ikev2/reassembly.js';
import { openEncrypted } from '../ikev2/sk.js';
import type { PrfRow } from '../suite/types-ike.js';
import { type Claim, claimedSecrets, guessSecrets, proveSecret, type SecretPool } from './ike-secrets.js';
import type { IkeSecrets } from './ike-keys.js';

/** The contexts of both directions. */
export interface SkPair {
  /** Opens what the original initiator sent. */
  readonly i: SkContext;
  /** Opens what the original responder sent. */
  readonly r: SkContext;
}

/** Keys of an IKE SA that were derived, and what they were derived from. */
export interface DerivedKeys extends SkPair {
  /** The IKE SA's prf. */
  readonly prf: PrfRow;
  /** SK_d and all the others, as the exchange made them (RFC 8784 changes some afterwards). */
  readonly keys: IkeKeys;
  /** The initiator's nonce. */
  readonly Ni: Uint8Array;
  /** The responder's nonce. */
  readonly Nr: Uint8Array;
  /** The IKE_SA_INIT exchange that AUTH covers; absent in an IKE SA that replaces another. */
  readonly init?: InitExchange;
}

/** Two messages of IKE_SA_INIT. */
export interface InitExchange {
  /** The request. */
  readonly request: IkeMessage;
  /** Its response. */
  readonly response: IkeMessage;
}

/** Where keys may come from: an exchange, and secrets for it. */
interface KeyOrigin {
  /** Where the secrets are listed. */
  readonly pool: SecretPool;
  /** One for each key exchange; only a single one is ever guessed. */
  readonly claims: readonly Claim[];
  /** Derives the keys; undefined when that cannot be done. */
  readonly derive: (secrets: readonly Uint8Array[]) => DerivedKeys | undefined;
  /** What was derived, by the place of the secret in the pool. */
  readonly made: Map<number, DerivedKeys | undefined>;
}

/** An IKE SA. */
export interface IkeSaRecord {
  /** 8 octets. */
  readonly spiI: Uint8Array;
  /** 8 octets. */
  readonly spiR: Uint8Array;
  /** Contexts of keys that were listed as they are. */
  readonly listed: readonly SkPair[];
  /** Keys that a message proved, the newest last. */
  readonly proven: DerivedKeys[];
  /** What newer keys may come from, the likeliest first. */
  origins: KeyOrigin[];
  /** Responses of IKE_SA_INIT that were taken in: more than one only where some are forged. */
  readonly inits: IkeMessage[];
  /** The secrets of the SA's line. */
  readonly pool: SecretPool | undefined;
  /** The entry of the key file. */
  readonly entry: IkeSecrets | undefined;
  /** Fragments, by exchange and direction. */
  readonly fragments: Map<string, FragmentQueue>;
  /** Requests that wait for their responses. */
  readonly requests: Map<string, OpenedContent>;
  /** Exchanges that had their response: what comes again is a retransmission. */
  readonly answered: Set<string>;
  /** RFC 9370: exchanges that wait for IKE_FOLLOWUP_KE, by the data of their notification. */
  readonly followups: Map<string, (claims: readonly Claim[], at: ExchangePlace) => void>;
  /** What the exchanges of authentication said. */
  readonly auth: AuthFacts;
}

/** A message whose content is known. */
export interface ClearMessage {
  /** As it came; of a fragmented one the last fragment. */
  readonly message: IkeMessage;
  /** The type of the first payload inside. */
  readonly firstPayload: number;
  /** The payloads inside. */
  readonly content: Uint8Array;
}

/** The same, decoded. */
export interface OpenedContent extends ClearMessage {
  /** The clear payloads. */
  readonly payloads: readonly Payload[];
}

/** Where an exchange ended: the response's addresses and ports. */
export interface ExchangePlace {
  /** The number of the record. */
  readonly packet: number;
  /** Of the IP packet. */
  readonly source: Uint8Array;
  /** Of the IP packet. */
  readonly destination: Uint8Array;
  /** UDP. */
  readonly sourcePort: number;
  /** UDP. */
  readonly destinationPort: number;
}

/** What IKE_AUTH and its neighbours have shown. Mutable. */
export interface AuthFacts {
  /** The body of IDi as sent. */
  idI?: Uint8Array;
  /** The body of IDr as the responder sent it. */
  idR?: Uint8Array;
  /** The request that offered the first Child SA. */
  offer?: readonly Payload[];
  /** EAP was spoken: the shared key of the last AUTH is not the pre-shared one. */
  hasEap: boolean;
  /** What AUTH covers of the initiator's messages of IKE_INTERMEDIATE. */
  intI?: Uint8Array;
  /** What AUTH covers of the responder's. */
  intR?: Uint8Array;
  /** Message ID of the first request of IKE_AUTH. */
  messageId?: number;
  /** The initiator offers a post-quantum pre-shared key (RFC 8784). */
  offersPpk: boolean;
  /** The responder takes it. */
  usesPpk: boolean;
}

/** Makes a record that knows nothing yet. */
export function createIkeSaRecord(
  spis: Pick<IkeSaRecord, 'spiI' | 'spiR'>,
  known: Pick<IkeSaRecord, 'listed' | 'pool' | 'entry'>,
): IkeSaRecord {
  return {
    ...spis,
    ...known,
    proven: [],
    origins: [],
    inits: [],
    fragments: new Map(),
    requests: new Map(),
    answered: new Set(),
    followups: new Map(),
    auth: { hasEap: false, offersPpk: false, usesPpk: false },
  };
}

/** What {@link openMessage} found. */
export interface OpenedMessage {
  /** The content of the Encrypted payload. */
  readonly opened: Extract<OpenedSk, { ok: true }>;
  /** The contexts that opened it. */
  readonly pair: SkPair;
  /** The same, when they were derived. */
  readonly derived: DerivedKeys | undefined;
}

/**
 * Opens the Encrypted payload at the end of a message with whatever fits: keys that are proven, keys that its exchanges may have made, keys
 * that are listed. The first that opens a message is proven by it.
 */
export function openMessage(sa: IkeSaRecord, message: IkeMessage, payload: PayloadOfType<'SK' | 'SKF'>): OpenedMessage | undefined {
  const attempt = (pair: SkPair): OpenedMessage['opened'] | undefined => {
    const opened = openEncrypted(message.isInitiator ? pair.i : pair.r, message.raw, payload);
    return opened.ok ? opened : undefined;
  };
  for (const derived of sa.proven.toReversed()) {
    const opened = attempt(derived);
    if (opened !== undefined) return { opened, pair: derived, derived };
  }
  for (const origin of sa.origins) {
    for (const [derived, prove] of derivedFrom(origin)) {
      const opened = attempt(derived);
      if (opened === undefined) continue;
      prove();
      // What came of forged or repeated messages goes; the older keys stay for what is late.
      sa.proven.push(derived);
      sa.origins = [];
      return { opened, pair: derived, derived };
    }
  }
  for (const pair of sa.listed) {
    const opened = attempt(pair);
    if (opened !== undefined) return { opened, pair, derived: undefined };
  }
  return undefined;
}

/** The keys that an origin may have made, with what to do when they are the right ones. */
function* derivedFrom({ pool, claims, made, derive }: KeyOrigin): Generator<readonly [DerivedKeys, () => void]> {
  const [only] = claims;
  for (const index of claims.length === 1 ? guessSecrets(pool, only!) : [-1]) {
    if (!made.has(index)) made.set(index, derive(index < 0 ? claimedSecrets(pool, claims) : [pool.secrets[index]!]));
    const derived = made.get(index);
    if (derived === undefined) continue;
    const prove = (): void => {
      for (const claim of claims) {
        const place = index < 0 ? claim.index : index;
        if (place !== undefined) proveSecret(pool, claim, place);
      }
    };
    yield [derived, prove];
  }
}
