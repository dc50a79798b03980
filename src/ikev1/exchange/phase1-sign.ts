/**
 * Signatures of phase 1: over HASH_I or HASH_R as it is (RFC 2409 section 5.1).
 *
 * RSA: the hash alone in the block of PKCS #1. ECDSA: RFC 4754 section 4 ties each curve to a hash function, and RFC 2409 section 5.1 has HASH_I made with the HMAC of that
 * function; the HMAC takes the place of the hash in the algorithm, as it does with RSA and with DSS. So nothing is hashed again; strongSwan does the same.
 *
 * @module
 */
import { isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { OwnSignature } from '../../keying/connection.js';
import { describePublicKey } from '../../suite/public-key.js';
import { curveOctets } from '../../suite/public-key-check.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';
import type { Identity } from '../../traffic-selector.js';
import type { Answered, AskHashSignature } from '../requests.js';
import { signatureHashName, verifyRsaSignature } from '../signature.js';
import type { Phase1Suite } from '../states.js';
import { answerTo } from './phase1-answers.js';
import { curveOf, type ProofKind } from './phase1-proofs.js';

/** What is signed or verified. */
export interface Signing {
  readonly suite: Pick<Phase1Suite, 'authentication'>;
  readonly kind: Extract<ProofKind, 'RSA' | 'EC'>;
  /** HASH_I or HASH_R. */
  readonly hash: Uint8Array;
}

/** Whether a key is of the kind that the Authentication Method is about. */
function fits(key: PublicKey, { suite, kind }: Signing): boolean {
  return key.type === kind && (key.type !== 'EC' || key.curve === curveOf(suite));
}

/**
 * Whether a signature is right. The rows say with which algorithms the peer may sign: RSASSA-PKCS1-v1_5 with any hash stands for that of IKEv1, which names none.
 */
export function verifySignature(key: PublicKey, rows: readonly SignatureRow[], signing: Signing, signature: Uint8Array): boolean {
  const { suite, hash } = signing;
  if (!fits(key, signing)) return false;
  if (key.type === 'RSA') return rows.some(isPkcs1) && verifyRsaSignature(key, hash, signature);
  const row = rows.find((one) => one.keyType === 'EC' && one.hash === signatureHashName(suite.authentication));
  return row?.verifyHash?.(key, hash, signature) === true;
}

/** All names of RFC 7427 appendix A.1 end so; those of RSASSA-PSS do not. */
function isPkcs1({ name, keyType }: SignatureRow): boolean {
  return keyType === 'RSA' && name.endsWith('WithRSAEncryption');
}

/**
 * Signs, or asks for the signature.
 *
 * @throws IpsecError `authentication-failed`: the key is of another kind, or what came from outside is no signature.
 */
export function sign(
  own: OwnSignature,
  localId: Identity,
  signing: Signing,
  answers: readonly Answered[],
): { readonly signature: Uint8Array } | { readonly ask: AskHashSignature } {
  const { publicKey, privateKey, rows } = own;
  const { suite, hash } = signing;
  const method = `${suite.authentication}`;
  if (!fits(publicKey, signing)) throw failed(`a key for ${method}`, describePublicKey(publicKey));
  const row = rows.find((one) => one.keyType === 'EC' && one.hash === signatureHashName(suite.authentication));
  if (publicKey.type === 'EC' && privateKey && row?.signHash) return { signature: row.signHash(publicKey, privateKey, hash) };
  const ask: AskHashSignature = { kind: 'sign-hash', localId, publicKey, hash };
  const answered = answerTo(answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (value instanceof IpsecError) throw failed(value.expected ?? `a signature for ${method}`, value.found ?? value.message, value);
  const length = publicKey.type === 'RSA' ? publicKey.modulus.length : publicKey.type === 'EC' ? 2 * curveOctets(publicKey.curve) : 0;
  const expected = `a signature for ${method} of ${length} octets${publicKey.type === 'EC' ? ', r | s' : ''}`;
  if (!isBytes(value) || value.length !== length) throw failed(expected, isBytes(value) ? `${value.length} octets` : 'no octets');
  // What comes from outside is looked at before anybody gets it: an RSA signature that was computed wrongly may tell everybody the private key.
  if (!verifySignature(publicKey, rows, signing, value))
    throw failed(`${expected} that fits our public key, ${describePublicKey(publicKey)}, by an algorithm of ours`, 'one that does not');
  return { signature: value };
}

function failed(expected: string, found: string, cause?: IpsecError): IpsecError {
  const details = { blame: 'caller', expected, found, ...(cause && { cause }) } as const;
  return new IpsecError('authentication-failed', 'our signature of phase 1', details);
}
