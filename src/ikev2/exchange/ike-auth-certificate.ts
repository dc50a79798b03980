/**
 * The peer proves who it is with the key of its certificate (RFC 7296 sections 1.2, 2.15 and 3.6): first AUTH, then whether that certificate is to be trusted.
 *
 * @module
 */
import { equalBytes, isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { formatAddress } from '../../ip.js';
import { publicKeyOfCertificate } from '../../suite/public-key.js';
import { answerTo } from '../answers.js';
import { attempt } from '../../keying/attempt.js';
import { type CertificateSource, type PeerCertificates, readCertificatePayloads, readFetched } from '../certificate-payload.js';
import type { TrustedCertificates } from '../../keying/connection.js';
import type { Ask } from '../events.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { AskCertificates } from '../../keying/asks.js';
import { between, type Checked, type Claim, failure } from './ike-auth-claim.js';
import { checkSignature } from './ike-auth-signature.js';

/**
 * Checks the peer's signature with the key of its certificate, and then whether that is to be trusted.
 *
 * RFC 7296 section 1.2: "If any CERT payloads are included, the first certificate provided MUST contain the public key used to verify the AUTH field." So no other
 * one is tried: whoever has any of the certificates of a chain does not speak for the first.
 */
export function checkCertificate(expected: TrustedCertificates, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const sent = attempt(() => readCertificatePayloads(claim.payloads, expected.hashAndUrl === true));
  if (sent instanceof IpsecError) return { error: because(claim, sent) };
  const [first, ...others] = sent.certificates;
  if (first === undefined) return { error: failure(claim, certificateOf(expected), foundOf(sent)) };
  const own = take(first, claim);
  if (!('certificates' in own)) return own;
  const key = attempt(() => publicKeyOfCertificate(own.certificates[0]!));
  if (key instanceof IpsecError) return { error: because(claim, key) };
  const wrong = checkSignature(key, expected.rows, claim, auth);
  if (wrong) return { error: wrong };
  const elsewhere = explainSource(claim);
  if (elsewhere) return { error: elsewhere };
  // The peer holds the private key. Only now anything is looked up for it but that one certificate.
  const taken = [own];
  for (const source of others) {
    const more = take(source, claim);
    if (!('certificates' in more)) return more;
    taken.push(more);
  }
  return judge(claim, {
    kind: 'certificates',
    round: claim.round,
    peerId: claim.peerId,
    matchIdentity: claim.matchCertificate,
    certificates: taken.flatMap(({ certificates }) => certificates),
    crls: [...taken.flatMap(({ crls }) => crls), ...sent.crls],
    ocspResponses: sent.ocspResponses,
  });
}

/**
 * RFC 4945 section 3.1.1: "implementations MUST be capable of verifying that the address contained in the ID is the same as the address contained in the IP header."
 * Of other methods RFC 7296 section 3.5 says: "IKEv2 does not require this address to match the address in the IP header of IKEv2 packets".
 */
function explainSource(claim: Claim): IpsecError | undefined {
  const { peerId, sourceAddress } = claim;
  if (sourceAddress === undefined || !('address' in peerId) || equalBytes(peerId.address, sourceAddress)) return undefined;
  const found = `packets from ${formatAddress(sourceAddress)}: a NAT, or another host (matchAddress: false takes both)`;
  return failure(claim, `packets from ${formatAddress(peerId.address)}, the address that it says it is`, found);
}

function certificateOf({ authorities, hashAndUrl }: TrustedCertificates): string {
  const by = hashAndUrl ? ' or the URL of one' : '';
  return `a CERT payload with an X.509 certificate${by}; ours asked for ${authorities.length === 0 ? 'none' : `one below ${authorities.length === 1 ? 'our authority' : `one of ${authorities.length} authorities`}`}`;
}

function foundOf({ ignored, rawKeys, crls, ocspResponses }: PeerCertificates): string {
  const others = [
    ...ignored,
    ...rawKeys.map(() => 'Raw Public Key'),
    ...crls.map(() => 'a revocation list'),
    ...ocspResponses.map(() => 'OCSP Content'),
  ];
  return others.join(', ') || 'none';
}

type Taken = { readonly certificates: readonly Uint8Array[]; readonly crls: readonly Uint8Array[] };

/** A certificate that the peer has sent, or what is where it says. */
function take(source: CertificateSource, claim: Claim): Taken | { readonly ask: Ask } | { readonly error: IpsecError } {
  if (source.kind === 'given') return { certificates: [source.der], crls: [] };
  const ask: Ask = { kind: 'fetch-certificate', url: source.url, hash: source.hash };
  const answered = answerTo(claim.answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (value instanceof IpsecError) return { error: because(claim, value) };
  if (!isBytes(value)) return { error: failure(claim, `a certificate at ${source.url}`, 'none') };
  const read = attempt(() => readFetched(source, value));
  return read instanceof IpsecError ? { error: because(claim, read) } : read;
}

/** RFC 4301 section 4.4.3.2: "the PAD entry" says how the certificate is to be validated; the outside world knows. Nothing but its plain yes is one. */
function judge(claim: Claim, ask: AskCertificates): Checked {
  const answered = answerTo(claim.answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (value === 'trusted') return 'right';
  return { error: value instanceof IpsecError ? because(claim, value) : failure(claim, 'a verdict on the certificate', 'none') };
}

/** What was found about a certificate, said once: its error is the same with both sides in front. */
function because({ localId, peerId }: Claim, cause: IpsecError): IpsecError {
  const { message, expected, found, nearest, path, blame } = cause;
  const at = expected === undefined ? -1 : message.indexOf(`: expected ${expected}`);
  const what = `${between(localId, peerId)}: ${at < 0 ? message : message.slice(0, at)}`;
  if (at < 0) return new IpsecError('authentication-failed', what, { cause, blame });
  return new IpsecError('authentication-failed', what, {
    cause,
    blame,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    ...(nearest !== undefined && { nearest }),
    ...(path !== undefined && { path }),
  });
}
