/**
 * Finding a path from a certificate to an anchor in whatever the peer sent: loops, cross-signed authorities, many of one name. Every step and every
 * signature is counted, so the work is bounded whatever the graph.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { Certificate } from './certificate.js';
import { explainPath, type PathComplaint, type PathRules } from './rules.js';
import { explainAlgorithm, verifySignature, type Work } from './signature.js';

/** What is searched, and how far. */
export interface Search {
  readonly anchors: readonly Certificate[];
  /** Authorities that may stand between. */
  readonly others: readonly Certificate[];
  readonly rules: PathRules;
  readonly work: Work;
  /** The most certificates in a path, anchor and end among them. */
  readonly maxDepth: number;
  /** The most issuers that are tried, wherever. */
  readonly maxSteps: number;
}

/** A path whose signatures and rules are right. */
export interface FoundPath {
  /** The peer's certificate first, the anchor last. */
  readonly path: readonly Certificate[];
  /** Under which it is valid; `2.5.29.32.0`: any. */
  readonly policies: readonly string[];
}

/** Why there is none. */
export type SearchFailure =
  | { readonly kind: 'rule'; readonly path: readonly Certificate[]; readonly complaint: PathComplaint }
  /** Nobody has issued the last of the path; `hasNamesake`: somebody has the issuer's name, but another key. */
  | { readonly kind: 'untrusted'; readonly path: readonly Certificate[]; readonly hasNamesake: boolean }
  | { readonly kind: 'limit'; readonly path: readonly Certificate[]; readonly error: IpsecError };

interface State extends Search {
  steps: number;
  readonly signatures: Map<Certificate, Map<Certificate, boolean>>;
  failure: SearchFailure | undefined;
}

/** Looks for a path; anchors are tried first, then those of the peer in their order. */
export async function findPath(end: Certificate, search: Search): Promise<FoundPath | SearchFailure> {
  const state: State = { ...search, steps: 0, signatures: new Map(), failure: undefined };
  try {
    const found = await extend(state, [end]);
    return found ?? state.failure ?? { kind: 'untrusted', path: [end], hasNamesake: false };
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return state.failure?.kind === 'rule' ? state.failure : { kind: 'limit', path: [end], error };
  }
}

async function extend(state: State, path: readonly Certificate[]): Promise<FoundPath | undefined> {
  const top = path.at(-1)!;
  if (state.anchors.some(({ der }) => equalBytes(der, top.der))) {
    const result = explainPath(path, state.rules);
    if (!('index' in result)) return { path, policies: result };
    note(state, { kind: 'rule', path, complaint: result });
  }
  const candidates = path.length < state.maxDepth ? issuersOf(state, top, path) : [];
  let isSigned = false;
  for (const issuer of candidates) {
    if (++state.steps > state.maxSteps)
      throw new IpsecError('limit-exceeded', 'issuers of a certificate path', {
        expected: `up to ${state.maxSteps} issuers`,
        found: 'more',
        blame: 'peer',
      });
    const complaint = explainAlgorithm(top.signatureAlgorithm, issuer.key, state.rules);
    if (complaint) note(state, { kind: 'rule', path, complaint: { what: 'the signature', ...complaint, index: path.length - 1 } });
    if (complaint || !(await isSignedBy(state, top, issuer))) continue;
    isSigned = true;
    const found = await extend(state, [...path, issuer]);
    if (found) return found;
  }
  if (!isSigned) note(state, { kind: 'untrusted', path, hasNamesake: candidates.length > 0 });
  return undefined;
}

/** The failure that says most: of a whole path before one that ended nowhere, of a long path before a short one. */
function note(state: State, failure: SearchFailure): void {
  const rank = ({ kind, path }: SearchFailure): number => (kind === 'rule' ? 1000 : 0) + path.length;
  if (
    !state.failure ||
    (failure.kind !== state.failure.kind
      ? rank(failure) > rank(state.failure)
      : failure.kind === 'untrusted' && rank(failure) > rank(state.failure))
  )
    state.failure = failure;
}

function issuersOf(
  { anchors, others }: State,
  { issuer, extensions: { authorityKeyId } }: Certificate,
  path: readonly Certificate[],
): Certificate[] {
  const list: Certificate[] = [];
  for (const candidate of [...anchors, ...others]) {
    const { subject, extensions, serial, key } = candidate;
    if (subject.key !== issuer.key) continue;
    if (authorityKeyId?.keyId !== undefined && extensions.subjectKeyId !== undefined && authorityKeyId.keyId !== extensions.subjectKeyId)
      continue;
    if (authorityKeyId?.serial !== undefined && authorityKeyId.serial !== serial) continue;
    // The same name with the same key a second time adds nothing: this is what ends loops.
    if (path.some((c) => c.subject.key === subject.key && equalBytes(c.key.spki, key.spki))) continue;
    if (list.some(({ der }) => equalBytes(der, candidate.der))) continue;
    list.push(candidate);
  }
  return list;
}

/** Each pair is checked once. */
async function isSignedBy({ signatures, work }: State, certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const known = signatures.get(certificate)?.get(issuer);
  if (known !== undefined) return known;
  const isRight = await verifySignature(work, issuer.key, certificate.signatureAlgorithm, certificate.tbs, certificate.signature);
  const ofCertificate = signatures.get(certificate) ?? new Map<Certificate, boolean>();
  signatures.set(certificate, ofCertificate.set(issuer, isRight));
  return isRight;
}
