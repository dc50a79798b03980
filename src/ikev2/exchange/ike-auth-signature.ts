/**
 * Authentication with a signature: RFC 7296 sections 2.15 and 3.8, RFC 4754, RFC 7427, RFC 7670, RFC 8420.
 *
 * @module
 */
import { equalBytes, isBytes, toHex } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { describePublicKey } from '../../suite/public-key.js';
import { sha1 } from '../../suite/sha1.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';
import { answerTo } from '../answers.js';
import { attempt } from '../../keying/attempt.js';
import { certificatePayloadsOf, readCertificatePayloads } from '../certificate-payload.js';
import type { OwnSignature, TrustedKeys } from '../../keying/connection.js';
import type { Ask } from '../events.js';
import type { PayloadOfType } from '../payload-cases.js';
import { chooseSignature, encodeSignatureAuth, type ReadSignature, readSignatureAuth, signatureLength } from '../signature-method.js';
import { type Checked, type Claim, failure, type Proof } from './ike-auth-claim.js';

/** Signs. */
export function proveSignature(own: OwnSignature, claim: Claim): Proof {
  const choice = attempt(() => chooseSignature(own.publicKey, own.rows, claim.hashAlgorithms));
  if (choice instanceof IpsecError) return { error: because(claim, choice) };
  const signature = sign(own, choice.row, claim);
  if (!isBytes(signature)) return signature;
  return { certificates: certificatePayloadsOf(own, claim.payloads), auth: encodeSignatureAuth(choice, signature) };
}

function sign(
  { publicKey, privateKey, certificates }: OwnSignature,
  row: SignatureRow,
  claim: Claim,
): Uint8Array | { readonly ask: Ask } | { readonly error: IpsecError } {
  const { localId, octets, answers } = claim;
  if (privateKey && row.sign) return row.sign(publicKey, privateKey, octets);
  const ask: Ask = { kind: 'sign', localId, publicKey, row, octets };
  const answered = answerTo(answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (value instanceof IpsecError) return { error: because(claim, value) };
  const length = signatureLength(publicKey);
  const expected = `a signature with ${row.name} of ${length} octets${row.keyType === 'EC' ? ', r | s' : ''}`;
  if (!isBytes(value) || value.length !== length) {
    const found = isBytes(value)
      ? `${value.length} octets${row.keyType === 'EC' && value[0] === 0x30 ? ', perhaps DER' : ''}`
      : 'no octets';
    return { error: failure(claim, expected, found) };
  }
  // What comes from outside is looked at before anybody gets it. A signature by another key than the one in our certificate would only tell us that the peer
  // does not take us. One that was computed wrongly may tell everybody the private key: of RSA, whose private operation is done in halves, one is enough.
  if (!row.verify(publicKey, octets, value)) {
    const where = certificates.length > 0 ? ', that of our certificate' : '';
    return { error: failure(claim, `${expected} that fits our public key, ${describePublicKey(publicKey)}${where}`, 'one that does not') };
  }
  return value;
}

/**
 * Checks the peer's signature with keys that we know. Where it sends its key as well (RFC 7670), that has to be one of them, and then AUTH has to be made with that one.
 * Certificates are not looked at: whoever has trusted the key has no use for them.
 */
export function checkKey({ keys, rows }: TrustedKeys, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const sent = attempt(() => readCertificatePayloads(claim.payloads, false));
  if (sent instanceof IpsecError) return { error: because(claim, sent) };
  const [rawKey] = sent.rawKeys;
  const allowed = rawKey ? keys.filter(({ spki }) => equalBytes(spki, rawKey)) : keys;
  if (allowed.length === 0) {
    const found = rawKey ? `a raw public key, SHA-1 ${toHex(sha1(rawKey))}` : 'no key';
    return { error: failure(claim, `one of ${namesOf(keys)}`, found) };
  }
  let nearest: IpsecError | undefined;
  for (const key of allowed) {
    const wrong = checkSignature(key, rows, claim, auth);
    if (wrong === undefined) return 'right';
    nearest ??= wrong;
  }
  return { error: nearest! };
}

function namesOf(keys: readonly PublicKey[]): string {
  return keys.map((key) => `${describePublicKey(key)} (SHA-1 ${toHex(sha1(key.spki))})`).join(', ') || 'no keys';
}

/** Verifies a peer's signature with one key. @returns why it is wrong; undefined: it is right. */
export function checkSignature(
  key: PublicKey,
  rows: readonly SignatureRow[],
  claim: Claim,
  auth: PayloadOfType<'AUTH'>,
): IpsecError | undefined {
  const read = attempt(() => readSignatureAuth(auth, key, rows, claim.hashAlgorithms));
  if (read instanceof IpsecError) return because(claim, read);
  if (isRight(key, read, claim.octets, auth)) return undefined;
  // Auth Method 1 does not say which hash it is; old peers know only this one, which nobody takes who does not ask for it.
  const orSha1 = auth.method === 'RSA Digital Signature' && !read.rows.some(({ hash }) => hash === 'SHA1') ? ' or with SHA-1' : '';
  const names = read.rows.map(({ name }) => name).join(' or ');
  return failure(
    claim,
    `a signature with ${names} over this very exchange, made with the key ${describePublicKey(key)} (SHA-1 ${toHex(sha1(key.spki))})`,
    `one made with another key${orSha1}, or over another exchange`,
  );
}

/**
 * What was found right, by the payload that it stands in. A handler that asks something runs anew with the very same message, and a signature is the dearest thing that it
 * looks at. Nothing is kept that is wrong, and nothing longer than its message; the result is that of a second look.
 */
const seen = /* @__PURE__ */ new WeakMap<
  PayloadOfType<'AUTH'>,
  { readonly row: SignatureRow; readonly spki: Uint8Array; readonly octets: Uint8Array }
>();

function isRight(key: PublicKey, { rows, signature }: ReadSignature, octets: Uint8Array, auth: PayloadOfType<'AUTH'>): boolean {
  const before = seen.get(auth);
  if (before && rows.includes(before.row) && equalBytes(before.spki, key.spki) && equalBytes(before.octets, octets)) return true;
  const row = rows.find((one) => one.verify(key, octets, signature));
  if (row) seen.set(auth, { row, spki: key.spki, octets });
  return row !== undefined;
}

function because(claim: Claim, cause: IpsecError): IpsecError {
  return failure(claim, cause.expected ?? 'a signature', cause.found ?? cause.message, cause);
}
