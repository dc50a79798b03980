/**
 * KEYMAT of a pair of Child SAs (RFC 7296 section 2.17), from our point of view.
 *
 * @module
 */
import type { ChildContext } from './child-types.js';
import { deriveChildKeys } from './keys.js';
import type { ChosenChild } from './proposal.js';
import type { ChildSaKeyPair } from './states.js';

/**
 * Derives the keys.
 *
 * @param input nonces of the exchange, and with perfect forward secrecy its shared secret.
 * @param role ours in the exchange. RFC 7296 section 2.17: "All keys for SAs carrying data from the initiator to the responder are taken before SAs going
 * from the responder to the initiator."
 */
export function deriveKeyPair(
  { crypto }: Pick<ChildContext, 'crypto'>,
  { encryption, integrity }: ChosenChild,
  input: { readonly Ni: Uint8Array; readonly Nr: Uint8Array; readonly gIr?: Uint8Array | undefined },
  role: 'initiator' | 'responder',
): ChildSaKeyPair {
  const { Ni, Nr, gIr } = input;
  const rows = { ...(encryption && { encryption }), ...(integrity && { integrity }) };
  const { initiator, responder } = deriveChildKeys(crypto.suite.prf, rows, crypto.keys.SK_d, { Ni, Nr, ...(gIr && { gIr }) });
  return role === 'initiator' ? { outbound: initiator, inbound: responder } : { outbound: responder, inbound: initiator };
}
