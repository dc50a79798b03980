/**
 * The record of a Security Association: what was negotiated, and the few counters that move.
 *
 * @module
 */
import type { TunnelTemplate } from '../ip/tunnel.js';
import type { ReplayWindow } from '../replay-window.js';
import type { AeadContext, AeadRow, CipherContext, CipherRow, FillRandom, IntegrityContext, IntegrityRow } from '../suite/types.js';
import type { SelectorPair } from '../traffic-selector.js';
import type { Lifetime, UdpEncapsulation } from './config.js';

/** ESP with a combined-mode algorithm. */
export interface CombinedProtection {
  /** Tells the three apart. */
  readonly kind: 'combined';
  /** The algorithm. */
  readonly row: AeadRow;
  /** The algorithm, keyed. */
  readonly aead: AeadContext;
}

/** ESP with a cipher and an integrity algorithm, or by an explicit unsafe flag the cipher alone. */
export interface SeparateProtection {
  /** Tells the three apart. */
  readonly kind: 'separate';
  /** The cipher. */
  readonly row: CipherRow;
  /** The cipher, keyed. */
  readonly cipher: CipherContext;
  /** The integrity algorithm. */
  readonly integrity: IntegrityRow | undefined;
  /** The integrity algorithm, keyed. */
  readonly mac: IntegrityContext | undefined;
}

/** AH. */
export interface IntegrityProtection {
  /** Tells the three apart. */
  readonly kind: 'integrity';
  /** The integrity algorithm. */
  readonly integrity: IntegrityRow;
  /** The integrity algorithm, keyed. */
  readonly mac: IntegrityContext;
}

/** The keyed algorithms of an SA. */
export type Protection = CombinedProtection | SeparateProtection | IntegrityProtection;

/** One Security Association. Made by {@link createSa}, ended by {@link wipeSa}. */
export interface SecurityAssociation {
  /** The protocol of the SA. */
  readonly protocol: 'ESP' | 'AH';
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** Security Parameters Index. */
  readonly spi: number;
  /** Sender's address, if known. */
  readonly source: Uint8Array | undefined;
  /** Receiver's address, if known. */
  readonly destination: Uint8Array | undefined;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
  /**
   * What is added to the high half of every number of this SA: 0, unless it began beyond 2^53 - 1. `seq`, `window` and verdicts
   * hold numbers without it, which JavaScript counts exactly; `fullSeq` gives the whole of one.
   */
  readonly epoch: number;
  /** Whether the sender's number may wrap. */
  readonly mayWrap: boolean;
  /** ESP inside UDP. */
  readonly encapsulation: UdpEncapsulation | undefined;
  /** AH over IPv4: header multiple, if fixed. */
  readonly ahPadding: 4 | 8 | undefined;
  /** ESP: multiple that the plaintext with its trailer is padded to; takes in the cipher's block. */
  readonly padTo: number;
  /** Whether received padding is inspected. */
  readonly checkPadding: boolean;
  /** TFC: shortest inner packet. */
  readonly tfcLength: number;
  /** What traffic may come out. */
  readonly selectors: readonly SelectorPair[] | undefined;
  /** Outer header of a tunnel, where both ends are known. */
  readonly tunnelHeader: TunnelTemplate | undefined;
  /** When to ask for a successor. */
  readonly softLifetime: Lifetime;
  /** When to stop. */
  readonly hardLifetime: Lifetime;
  /** Milliseconds: when it was made. */
  readonly createdAt: number;
  /** The keyed algorithms. */
  readonly protection: Protection;
  /** Octets of IV in each packet. */
  readonly ivLength: number;
  /** Octets of ICV in each packet; 0 without integrity. */
  readonly icvLength: number;
  /** Receiver: the anti-replay window (size 0: none, but it follows the number for ESN). Mutable. */
  readonly window: ReplayWindow;
  /** The full number of the last packet sent, or at the receiver of the last one whose ICV did fit. Mutable. */
  seq: number;
  /** Payload octets so far. Mutable. */
  octets: number;
  /** Packets so far. Mutable. */
  packets: number;
  /** False once the keys are wiped. Mutable. */
  alive: boolean;
  /** Room for what is put together per packet, so that nothing is allocated. Mutable, private. */
  readonly scratch: Scratch;
  /** Where random IVs come from. */
  readonly random: FillRandom;
}

/** Where the parts of a packet under way lie in the output; see `frame.ts`. */
export interface Frame {
  /** Offset of the ESP or AH header. */
  at: number;
  /** Offset of the payload, behind that header. */
  payload: number;
  /** Octets of payload. */
  length: number;
  /** The payload's protocol. */
  nextHeader: number;
}

/** Working memory of an SA. */
export interface Scratch {
  /** AAD of combined modes; its octets 4 to 7 are the high half of an ESN. */
  readonly aad: Uint8Array;
  /** The IV of the packet under way. */
  readonly iv: Uint8Array;
  /** Random IVs drawn ahead. */
  readonly ivPool: Uint8Array;
  /** Where the next one begins. */
  ivPoolAt: number;
  /** The packet under way. */
  readonly frame: Frame;
  /** AH: the headers as the ICV covers them; grows to the longest seen. */
  headers: Uint8Array;
}
