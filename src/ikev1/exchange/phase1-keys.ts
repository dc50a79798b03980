/**
 * The keys of phase 1, and the hashes that authenticate it (RFC 2409 section 5 and appendix B).
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { Connection } from '../../keying/connection.js';
import type { IkeEnv, Secret } from '../../keying/machine.js';
import type { KeyExchangeRow, PrfRow } from '../../suite/types-ike.js';
import { computePhase1Iv, createMessageCipher } from '../cipher.js';
import type { Ikev1Action } from '../events.js';
import { computeHashI, computeHashR } from '../hashes.js';
import { computeSkeyidPsk, computeSkeyidSignatures, derivePhase1Keys, expandEncryptionKey } from '../keys.js';
import { signatureHashName } from '../signature.js';
import type { Agreed, Phase1Crypto, Phase1Suite } from '../states.js';
import { proofOf, type ProofKind, type Side } from './phase1-proofs.js';

/** Octets of our nonces. RFC 2409 section 5: "The length of nonce payload MUST be between 8 and 256 bytes inclusive." */
export const nonceLength = 32;

/** What keys are made of. */
export interface KeyMaterial extends Pick<Agreed, 'spiI' | 'spiR' | 'gXi' | 'gXr' | 'Ni' | 'Nr'> {
  readonly suite: Phase1Suite;
  /** g^xy; wiped by the actions. */
  readonly gXy: Uint8Array;
  /** The pre-shared key; undefined: the method has none. */
  readonly secret: Uint8Array | undefined;
}

/** @returns the keys; `actions`: they are told, and what led to them is wiped. */
export function createCrypto(material: KeyMaterial): { readonly crypto: Phase1Crypto; readonly actions: readonly Ikev1Action[] } {
  const { suite, spiI, spiR, gXi, gXr, gXy, secret } = material;
  const SKEYID = secret ? computeSkeyidPsk(suite.prf, secret, material) : computeSkeyidSignatures(suite.prf, material, gXy);
  const keys = derivePhase1Keys(suite.prf, SKEYID, { gXy, ckyI: spiI, ckyR: spiR });
  const key = expandEncryptionKey(suite.prf, keys.SKEYID_e, suite.encryption.keyLength);
  if (suite.encryption.kind !== 'cipher')
    throw new IpsecError('unsupported', 'the encryption of phase 1', { expected: 'a cipher in CBC', found: suite.encryption.name });
  const cipher = createMessageCipher(suite.encryption, key);
  const firstIv = computePhase1Iv(suite.hash, gXi, gXr, cipher.blockSize);
  return {
    crypto: { suite, keys, cipher, firstIv },
    actions: [
      { type: 'ikev1Keys', spiI, spiR, suite, key },
      { type: 'wipe', secrets: [gXy, key] },
    ],
  };
}

/** The secrets of keys that were made and come to nothing, because a question has to be answered first: they are made anew. */
export function secretsOf({ keys, cipher }: Phase1Crypto): readonly Secret[] {
  return [keys.SKEYID, keys.SKEYID_d, keys.SKEYID_a, keys.SKEYID_e, cipher];
}

/**
 * Throws `invalid-public-value`: the peer has sent our own public value back. The RFC does not speak of it, but one that does nothing but send our messages back must not get
 * near a hash of ours.
 */
export function checkNotOurs(ours: Uint8Array, theirs: Uint8Array): void {
  if (!equalBytes(ours, theirs)) return;
  throw new IpsecError('invalid-public-value', 'the public value of the peer', { expected: 'one of its own', found: 'ours' });
}

/**
 * The responder's part of the key exchange: its public value, and the secret of both. Its private value is overwritten in any case: where the peer's is no public value the
 * message is dropped, and nobody else would.
 *
 * @throws IpsecError `invalid-public-value`.
 */
export function shareWith(
  row: KeyExchangeRow,
  theirs: Uint8Array,
  { random }: Pick<IkeEnv, 'random'>,
): { readonly publicValue: Uint8Array; readonly gXy: Uint8Array } {
  const exchange = row.generate(random);
  try {
    const { publicValue } = exchange;
    checkNotOurs(publicValue, theirs);
    return { publicValue, gXy: exchange.shared(theirs) };
  } finally {
    exchange.destroy();
  }
}

/** What a proof is about. */
export type Proving = Pick<Agreed, 'crypto' | 'spiI' | 'spiR' | 'saBody' | 'gXi' | 'gXr'>;

/**
 * HASH_I or HASH_R. RFC 2409 section 5.1: "the signature will be over HASH_I and HASH_R as above, except using the HMAC version of the hash algorithm associated with the
 * signature method."
 *
 * @param hashes those at hand: one that belongs to a signature method need not have been negotiated.
 * @throws IpsecError `unsupported`: the hash that belongs to the signature method is not at hand.
 */
export function computeProofHash(sa: Proving, side: Side, idBody: Uint8Array, { ikev1 }: Pick<Connection, 'ikev1'>): Uint8Array {
  const { crypto, spiI, spiR, saBody, gXi, gXr } = sa;
  const compute = side === 'initiator' ? computeHashI : computeHashR;
  const row = prfOf(crypto.suite, proofOf(crypto.suite, side), ikev1);
  return compute(row, crypto.keys.SKEYID, { gXi, gXr, ckyI: spiI, ckyR: spiR, saBody, idBody });
}

function prfOf(suite: Phase1Suite, kind: ProofKind, ikev1: Connection['ikev1']): PrfRow {
  const name = kind === 'EC' ? signatureHashName(suite.authentication) : undefined;
  if (name === undefined || suite.hash.name === name) return suite.prf;
  const row = ikev1?.hashes.find((hash) => hash.name === name);
  if (row) return row.prf;
  const found = ikev1?.hashes.map((hash) => hash.name).join(', ');
  throw new IpsecError('unsupported', `the hash of ${suite.authentication}`, { expected: name, ...(found && { found }) });
}
