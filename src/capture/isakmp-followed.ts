/**
 * What is found out about the messages of IKEv1. Shapes alone: nothing here needs IKEv1 itself, which whoever wants it hands in as a follower.
 *
 * @module
 */
import type { AuthVerdict } from './ike-auth.js';
import type { DerivedChild } from './ike-child.js';
import type { IkeFollower } from './ike-follow.js';
import type { ExchangePlace } from './ike-sa.js';

/** What was found out about a message of IKEv1. */
export interface FollowedIkev1 {
  /** What stands encrypted, with its padding; of a fragmented message at its last fragment. */
  readonly decrypted?: Uint8Array;
  /** The same without padding: the payloads. */
  readonly content?: Uint8Array;
  /** The type of the first payload inside. */
  readonly firstPayload?: number;
  /** Names of the payloads inside: of an encrypted message, or of one that came in fragments. */
  readonly clearPayloads?: readonly string[];
  /** The HASH payload, as far as it can be verified. */
  readonly auth?: AuthVerdict;
  /** The SAs that this message, the second of a Quick Mode, tells the keys of. */
  readonly children?: readonly DerivedChild[];
  /** The message itself, where this is the last of its fragments. */
  readonly whole?: Uint8Array;
  /** Whether the initiator of the ISAKMP SA sent it, as far as that is known. */
  readonly byInitiator?: boolean;
  /** All of it in words: made when it is asked for. */
  readonly explain: () => ExplainedIkev1;
}

/** A message of IKEv1 in words. */
export interface ExplainedIkev1 {
  /** `HDR*, HASH, SA, NONCE, ID, ID`: the notation of RFC 2409. */
  readonly outline: string;
  /** A line for each thing that is worth one, with the name of its payload. */
  readonly lines: readonly {
    /** The payload, in the notation of RFC 2409. */
    readonly name: string;
    /** What it says. */
    readonly line: string;
  }[];
  /** Why no more is known. */
  readonly note?: string;
}

/** The ISAKMP SAs of a capture. Mutable: one capture, one follower. */
export interface Ikev1Follower {
  /** Takes in the next message of version 1. Never throws for what is in it. */
  readonly follow: (octets: Uint8Array, at: ExchangePlace) => FollowedIkev1;
  /** The SAs that a packet may belong to, the likeliest first. */
  readonly findChildren: IkeFollower['findChildren'];
  /** Ports on which the peers of SAs speak: ESP in UDP uses the same. */
  readonly udpPorts: IkeFollower['udpPorts'];
}
