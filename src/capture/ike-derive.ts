/**
 * The keys of an IKE SA, as exchanges and their secrets make them.
 *
 * @module
 */
import { concat } from '../bytes.js';
import { IpsecError } from '../errors.js';
import {
  computeRekeySkeyseed,
  computeSkeyseed,
  createSkContext,
  deriveIkeKeys,
  type IkeKeys,
  type KeyInput,
  type PayloadOfType,
  type Payload,
  type Proposal,
} from '../ike.js';
import { prfPlus } from '../suite/prf.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { findEncryption, findIntegrity } from '../suite/find.js';
import type { PrfRow } from '../suite/types-ike.js';
import { findChosen, findChosenPrf, type IkeAlgorithmRows } from './ike-rows.js';
import type { DerivedKeys, IkeSaRecord, InitExchange, SkPair } from './ike-sa.js';
import type { IkeSaKeys } from './ike-keys.js';

/** The first payload of a type. */
export function findPayload<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> | undefined {
  return payloads.find((p): p is PayloadOfType<Type> => p.type === type);
}

/** Runs a derivation; undefined where the algorithms are not at hand, or what the peers agreed on makes no keys. */
export function orNothing<T>(derive: () => T): T | undefined {
  try {
    return derive();
  } catch (error) {
    if (error instanceof IpsecError) return undefined;
    throw error;
  }
}

/** The contexts of keys that a file lists. Throws IpsecError with the place in the file. */
export function createListedPair(keys: IkeSaKeys, rows: IkeAlgorithmRows): SkPair {
  const { SK_ei, SK_er, SK_ai, SK_ar, path } = keys;
  try {
    const integrity = keys.integrity === undefined ? undefined : findIntegrity(rows.integrity, keys.integrity, SK_ai.length);
    return pairOf(findEncryption(rows.encryption, keys.encryption, SK_ei.length), integrity, { SK_ei, SK_er, SK_ai, SK_ar });
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    throw new IpsecError(error.code, error.message, { path, cause: error });
  }
}

function pairOf(
  encryption: EncryptionRow,
  integrity: IntegrityRow | undefined,
  { SK_ei, SK_er, SK_ai, SK_ar }: Pick<IkeKeys, 'SK_ei' | 'SK_er' | 'SK_ai' | 'SK_ar'>,
): SkPair {
  const separate = (key: Uint8Array) => (integrity === undefined ? {} : { integrity, integrityKey: key });
  return {
    i: createSkContext({ encryption, encryptionKey: SK_ei, ...separate(SK_ai) }),
    r: createSkContext({ encryption, encryptionKey: SK_er, ...separate(SK_ar) }),
  };
}

/** The keys of IKE_SA_INIT. RFC 7296 section 2.14: "SKEYSEED = prf(Ni | Nr, g^ir)" */
export function deriveInitKeys(init: InitExchange, rows: IkeAlgorithmRows, gIr: Uint8Array): DerivedKeys | undefined {
  const { request, response } = init;
  const Ni = findPayload(request.payloads, 'Nonce')?.data;
  const Nr = findPayload(response.payloads, 'Nonce')?.data;
  const proposal = findPayload(response.payloads, 'SA')?.proposals[0];
  if (Ni === undefined || Nr === undefined || proposal === undefined) return undefined;
  return orNothing(() => {
    const prf = findChosenPrf(proposal, rows);
    const SKEYSEED = computeSkeyseed(prf, { Ni, Nr, gIr });
    return { ...keysFrom(prf, proposal, rows, SKEYSEED, { Ni, Nr, spiI: response.spiI, spiR: response.spiR }), init };
  });
}

/**
 * The keys of an IKE SA that replaces another. RFC 7296 section 2.18: "SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)"; the secrets of
 * IKE_FOLLOWUP_KE stand behind the nonces (RFC 9370 section 2.2.4).
 */
export function deriveRekeyedKeys(
  old: DerivedKeys,
  proposal: Proposal,
  rows: IkeAlgorithmRows,
  input: Omit<KeyInput, 'gIr'> & Pick<IkeSaRecord, 'spiI' | 'spiR'>,
  secrets: readonly Uint8Array[],
): DerivedKeys | undefined {
  const [gIr, ...more] = secrets;
  if (gIr === undefined) return undefined;
  return orNothing(() => {
    const SKEYSEED = computeRekeySkeyseed(old.prf, old.keys.SK_d, { Ni: input.Ni, Nr: concat(input.Nr, ...more), gIr });
    return keysFrom(findChosenPrf(proposal, rows), proposal, rows, SKEYSEED, input);
  });
}

/** The next keys of the same IKE SA after a key exchange in IKE_INTERMEDIATE: RFC 9370 section 2.2.2. */
export function deriveNextKeys(
  { prf, keys, Ni, Nr, init }: DerivedKeys,
  rows: IkeAlgorithmRows,
  { spiI, spiR }: Pick<IkeSaRecord, 'spiI' | 'spiR'>,
  gIr: Uint8Array,
): DerivedKeys | undefined {
  const proposal = init && findPayload(init.response.payloads, 'SA')?.proposals[0];
  if (init === undefined || proposal === undefined) return undefined;
  return orNothing(() => {
    const SKEYSEED = computeRekeySkeyseed(prf, keys.SK_d, { Ni, Nr, gIr });
    return { ...keysFrom(prf, proposal, rows, SKEYSEED, { Ni, Nr, spiI, spiR }), init };
  });
}

function keysFrom(
  prf: PrfRow,
  proposal: Proposal,
  rows: IkeAlgorithmRows,
  SKEYSEED: Uint8Array,
  input: Omit<KeyInput, 'gIr'> & Pick<IkeSaRecord, 'spiI' | 'spiR'>,
): DerivedKeys {
  const { encryption, integrity } = findChosen(proposal, rows);
  if (encryption === undefined) throw new IpsecError('malformed', 'the proposal of an IKE SA', { expected: 'encryption', found: 'none' });
  const keys = deriveIkeKeys(prf, { encryption, ...(integrity && { integrity }) }, SKEYSEED, input);
  return { ...pairOf(encryption, integrity, keys), prf, keys, Ni: input.Ni, Nr: input.Nr };
}

/** RFC 8784 section 3: the post-quantum pre-shared key goes into SK_d, SK_pi and SK_pr, and into no other key. */
export function mixPpk({ prf, keys }: DerivedKeys, ppk: Uint8Array): IkeKeys {
  const mix = (key: Uint8Array): Uint8Array => prfPlus(prf, ppk, key, key.length);
  return { ...keys, SK_d: mix(keys.SK_d), SK_pi: mix(keys.SK_pi), SK_pr: mix(keys.SK_pr) };
}
