/**
 * From SKEYSEED to two keyed directions.
 *
 * @module
 */
import type { ChosenIke } from './proposal.js';
import { deriveIkeKeys } from './keys.js';
import { createSkContext } from './sk-context.js';
import type { IkeCrypto, IkeSa } from './states.js';

/**
 * Derives and keys everything that an IKE SA needs.
 *
 * @param input the nonces and SPIs of the exchange that made it.
 * @param role ours in the IKE SA.
 */
export function createIkeCrypto(
  suite: ChosenIke,
  SKEYSEED: Uint8Array,
  input: { readonly Ni: Uint8Array; readonly Nr: Uint8Array; readonly spiI: Uint8Array; readonly spiR: Uint8Array },
  role: IkeSa['role'],
): IkeCrypto {
  const { encryption, integrity, prf } = suite;
  const rows = { encryption, ...(integrity && { integrity }) };
  const keys = deriveIkeKeys(prf, rows, SKEYSEED, input);
  const initiator = { ...rows, encryptionKey: keys.SK_ei, integrityKey: keys.SK_ai };
  const responder = { ...rows, encryptionKey: keys.SK_er, integrityKey: keys.SK_ar };
  const [ours, theirs] = role === 'initiator' ? [initiator, responder] : [responder, initiator];
  return { suite, keys, seal: createSkContext(ours), open: createSkContext(theirs) };
}
