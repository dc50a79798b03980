/** Two sides of EAP in one process, and their packets. */
import { toHex } from '../../src/bytes.js';
import {
  createEapAuthenticator,
  createEapPeer,
  type EapAuthenticator,
  type EapAuthenticatorOptions,
  type EapMethod,
  type EapPeer,
} from '../../src/eap.js';
import type { EapStep } from '../../src/ikev2/requests.js';

/** Chance that is none: 0, 1, 2 ... */
export function counting(): (target: Uint8Array) => void {
  let next = 0;
  return (target) => {
    for (let i = 0; i < target.length; i++) target[i] = next++ & 0xff;
  };
}

/** Chance that was recorded: each call gets the next of these. */
export function recorded(...values: readonly Uint8Array[]): (target: Uint8Array) => void {
  const left = [...values];
  return (target) => {
    const value = left.shift();
    if (value?.length !== target.length) throw new Error(`${target.length} octets were not recorded`);
    target.set(value);
  };
}

/** What a conversation came to. */
export interface Outcome {
  /** The last step of each side; undefined: it was still waiting. */
  readonly peer: EapStep | undefined;
  readonly authenticator: EapStep;
  /** All packets, in order. */
  readonly packets: readonly Uint8Array[];
}

export const proved = { isResponderProved: true };

/** Lets both talk until one of them is at an end. The last packet of the authenticator reaches the peer, too. */
export async function converse(peer: EapPeer, authenticator: EapAuthenticator, context = proved): Promise<Outcome> {
  const packets: Uint8Array[] = [];
  let fromAuthenticator = await authenticator.begin();
  for (;;) {
    const { packet } = fromAuthenticator;
    if (!packet) return { peer: undefined, authenticator: fromAuthenticator, packets };
    packets.push(packet);
    const fromPeer = await peer.receive(packet, context);
    if (fromPeer.kind !== 'continue') return { peer: fromPeer, authenticator: fromAuthenticator, packets };
    packets.push(fromPeer.packet);
    fromAuthenticator = await authenticator.receive(fromPeer.packet);
  }
}

export function peerOf(...methods: readonly EapMethod[]): EapPeer {
  return createEapPeer({ identity: 'carol', methods, random: counting() });
}

export function authenticatorOf(methods: readonly EapMethod[], options: Partial<EapAuthenticatorOptions> = {}): EapAuthenticator {
  return createEapAuthenticator({ methods, random: counting(), ...options });
}

/** The error of a step that is a failure. */
export function errorOf(step: EapStep | undefined): string {
  if (step?.kind !== 'failure') throw new Error(`no failure, but ${step?.kind ?? 'nothing'}`);
  return `${step.error.code}: ${step.error.message}`;
}

export function hexOf(step: EapStep): string {
  return toHex(step.packet ?? new Uint8Array(0));
}
