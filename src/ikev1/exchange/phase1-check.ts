/**
 * The peer's proof of who it is: is it right, whom does it name, do we let that one in (RFC 2409 section 5, RFC 4301 section 4.4.3)?
 *
 * @module
 */
import { equalBytes, toHex } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { formatAddress } from '../../ip.js';
import { attempt } from '../../keying/attempt.js';
import type { AskCertificates } from '../../keying/asks.js';
import type { Connection } from '../../keying/connection.js';
import { describePublicKey, publicKeyOfCertificate } from '../../suite/public-key.js';
import { sha1 } from '../../suite/sha1.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';
import type { Identity } from '../../traffic-selector.js';
import { verifyHash } from '../hashes.js';
import { decodePhase1Id } from '../identification.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { Answered, Ikev1Ask, OpenMessage } from '../requests.js';
import { answerTo } from './phase1-answers.js';
import { type PeerCertificates, readCertificates } from './phase1-certificates.js';
import { computeProofHash, type Proving } from './phase1-keys.js';
import { bodyOf, onePayload } from './phase1-payloads.js';
import { between, type Known, wantedPeer } from './phase1-peer.js';
import { isMethodOf, otherSide, proofOf, type Side } from './phase1-proofs.js';
import { type Signing, verifySignature } from './phase1-sign.js';

/** What the peer's proof is checked with. */
export interface PeerProof {
  /** Which side the peer is. */
  readonly side: Side;
  /** Who it may be, in order. */
  readonly candidates: readonly Connection[];
  /** The one among the candidates, by its identity; `IpsecError`: why it is none. */
  readonly named: Known | IpsecError;
  /** What the hashes cover of its ID payload. */
  readonly idBody: Uint8Array;
  /** The message with the proof. */
  readonly message: OpenMessage;
  readonly answers: readonly Answered[];
}

/** What comes of a proof that is right; `refused`: its maker is genuine, and is not let in. */
export type Checked = Known | { readonly ask: Ikev1Ask } | { readonly refused: IpsecError };

/** Whom an ID payload names. @param find the one among the candidates. */
export function nameIn(id: PayloadOfType<'ID'>, find: (identity: Identity) => Known | IpsecError): Known | IpsecError {
  const identity = attempt(() => decodePhase1Id(id));
  return identity instanceof IpsecError ? identity : find(identity);
}

/** As initiator: whether the responder is the one that we want, and proves it. Throws and returns as {@link checkPeer}. */
export function checkResponder(sa: Proving, connection: Connection, message: OpenMessage, answers: readonly Answered[]): Checked {
  const id = onePayload(message.payloads, 'ID');
  return checkPeer(sa, {
    side: 'responder',
    candidates: [connection],
    named: nameIn(id, (identity) => wantedPeer(connection, identity)),
    idBody: bodyOf(id),
    message,
    answers,
  });
}

/**
 * Checks the peer's proof.
 *
 * @throws IpsecError the proof is wrong, or none: nobody knows who has sent the message.
 */
export function checkPeer(sa: Proving, proof: PeerProof): Checked {
  const { suite } = sa.crypto;
  const { side, candidates, message } = proof;
  const kind = proofOf(suite, side);
  // RFC 4301 section 4.4.3.4: "The PAD entry specifies the authentication method to be employed for the identified peer."
  const wanting = candidates.filter((connection) => isMethodOf(connection, suite, otherSide(side)));
  const named = among(wanting, proof.named);
  if (kind === 'RSA' || kind === 'EC') return checkSignature(sa, proof, wanting, named, kind);
  const expected = computeProofHash(sa, side, proof.idBody, wanting[0] ?? {});
  if (!verifyHash(expected, onePayload(message.payloads, 'HASH').data))
    throw failure(
      named,
      `HASH of ${expected.length} octets over this very exchange${kind === 'secret' ? ', under the secret of both' : ''}`,
      'another',
    );
  return named instanceof IpsecError ? { refused: refusal(named) } : named;
}

function among(wanting: readonly Connection[], known: Known | IpsecError): Known | IpsecError {
  if (known instanceof IpsecError || wanting.includes(known.connection)) return known;
  const { name, remoteAuth } = known.connection;
  return new IpsecError('authentication-failed', `how the peer of connection ${name} proves who it is`, {
    expected: remoteAuth.method,
    found: 'another method',
  });
}

/** RFC 2407 section 4.6.2: of an ID payload with wrong fields, "this MUST be treated as an error and the security association setup MUST be aborted." */
function refusal(cause: IpsecError): IpsecError {
  if (cause.code === 'authentication-failed') return cause;
  return new IpsecError('authentication-failed', 'the ID payload of the peer', { found: cause.message, cause });
}

function failure(named: Known | IpsecError, expected: string, found: string, cause?: IpsecError): IpsecError {
  const what =
    named instanceof IpsecError ? `authentication of a peer (${named.message})` : between(named.connection.localId, named.peerId);
  return new IpsecError('authentication-failed', what, { expected, found, ...(cause && { cause }) });
}

// ------------------------------------------------------------------------------------------------------------ signatures

function checkSignature(
  sa: Proving,
  proof: PeerProof,
  wanting: readonly Connection[],
  named: Known | IpsecError,
  kind: Signing['kind'],
): Checked {
  const { side, idBody, message } = proof;
  const signature = onePayload(message.payloads, 'SIG').data;
  const sent = readCertificates(message.payloads);
  // Whoever is none of ours has to be genuine all the same before it is told so; a certificate says with what that can be seen.
  const connection = named instanceof IpsecError ? wanting.find(({ remoteAuth }) => remoteAuth.method === 'certificate') : named.connection;
  if (!connection) throw refusal(named as IpsecError);
  const hash = computeProofHash(sa, side, idBody, connection);
  const signing: Signing = { suite: sa.crypto.suite, kind, hash };
  const { holders, rows } = holdersOf(connection, sent);
  const holder = holders.find(({ key }) => isRight(key, rows, signing, signature, message));
  if (!holder) {
    const names = holders.map(({ key }) => `${describePublicKey(key)} (SHA-1 ${toHex(sha1(key.spki))})`).join(' or ');
    const made =
      names || (sent.certificates.length > 0 ? 'the key of a certificate that can be read' : 'the key of a certificate in a CERT payload');
    const found = holders.length > 0 ? 'one made with another key, or over another exchange' : 'no such certificate';
    throw failure(named, `a signature for ${sa.crypto.suite.authentication} over this very exchange, made with ${made}`, found);
  }
  if (named instanceof IpsecError) return { refused: refusal(named) };
  const elsewhere = explainSource(named, message);
  if (elsewhere) return { refused: elsewhere };
  return holder.certificate ? judge(named, holder.certificate, sent, proof) : named;
}

/** A key by which the peer's signature may be right, and the certificate that it stands in. */
interface Holder {
  readonly key: PublicKey;
  readonly certificate?: Uint8Array;
}

/**
 * RFC 4945 section 3.3.10.3: "Implementations MUST NOT assume that CERTs are ordered in any way." Section 3.3.10.2: they "MUST be able to deal with receiving CERTs with
 * undecodable Certificate Data fields." So every certificate may be that of the peer; the one whose key has signed is the one that is judged.
 */
function holdersOf(
  { remoteAuth }: Connection,
  { certificates }: PeerCertificates,
): { readonly holders: readonly Holder[]; readonly rows: readonly SignatureRow[] } {
  if (remoteAuth.method === 'public-key') return { holders: remoteAuth.keys.map((key) => ({ key })), rows: remoteAuth.rows };
  if (remoteAuth.method !== 'certificate') return { holders: [], rows: [] };
  const holders = certificates.flatMap((certificate): Holder[] => {
    const key = attempt(() => publicKeyOfCertificate(certificate));
    return key instanceof IpsecError ? [] : [{ key, certificate }];
  });
  return { holders, rows: remoteAuth.rows };
}

/**
 * What was found right, by the message that it stands in. A handler that asks something runs anew with the very same message, and a signature is the dearest thing that it
 * looks at. The result is that of a second look.
 */
const seen = /* @__PURE__ */ new WeakMap<OpenMessage, { readonly spki: Uint8Array; readonly hash: Uint8Array; readonly rows: unknown }>();

function isRight(key: PublicKey, rows: readonly SignatureRow[], signing: Signing, signature: Uint8Array, message: OpenMessage): boolean {
  const before = seen.get(message);
  if (before?.rows === rows && equalBytes(before.spki, key.spki) && equalBytes(before.hash, signing.hash)) return true;
  const right = verifySignature(key, rows, signing, signature);
  if (right) seen.set(message, { spki: key.spki, hash: signing.hash, rows });
  return right;
}

/**
 * RFC 4945 section 3.1.1: "implementations MUST be capable of verifying that the address contained in the ID is the same as the address contained in the IP header."
 */
function explainSource(known: Known, { path: { remote } }: OpenMessage): IpsecError | undefined {
  const { connection, peerId } = known;
  const { matchAddress = true } = connection.peer.authentication;
  if (connection.remoteAuth.method !== 'certificate' || !matchAddress || !('address' in peerId)) return undefined;
  if (equalBytes(peerId.address, remote.address)) return undefined;
  const found = `packets from ${formatAddress(remote.address)}: a NAT, or another host (matchAddress: false takes both)`;
  return failure(known, `packets from ${formatAddress(peerId.address)}, the address that it says it is`, found);
}

/** RFC 4301 section 4.4.3.2: "the PAD entry" says how the certificate is to be validated; the outside world knows. Nothing but its plain yes is one. */
function judge(known: Known, own: Uint8Array, { certificates: sent, crls }: PeerCertificates, { answers }: PeerProof): Checked {
  const { connection, peerId } = known;
  const certificates = [own, ...sent.filter((other) => other !== own)];
  const { matchCertificate = true } = connection.peer.authentication;
  const asked = { peerId, matchIdentity: matchCertificate, certificates, crls, ocspResponses: [] };
  const ask: AskCertificates = { kind: 'certificates', round: 0, ...asked };
  const answered = answerTo(answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (value === 'trusted') return known;
  if (!(value instanceof IpsecError)) return { refused: failure(known, 'a verdict on the certificate', 'none') };
  return { refused: failure(known, value.expected ?? 'a certificate that is to be trusted', value.found ?? value.message, value) };
}
