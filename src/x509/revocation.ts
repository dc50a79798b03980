/**
 * Whether the certificates of a valid path are revoked: by what the peer sent, what was kept, and, with a callback, what their authorities say now.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { sha1 } from '../suite/sha1.js';
import { type Certificate, readCertificate } from './certificate.js';
import { findRevoked, readRevocationList, type RevocationList } from './crl.js';
import { keyUsageBits } from './extensions.js';
import { refuse } from './failures.js';
import type { AllLimits } from './limits.js';
import { findCached, keepCached, type RevocationCache } from './lru.js';
import { encodeOcspRequest, isStatusOf, type OcspResponse, readOcspResponse } from './ocsp.js';
import { formatTime } from './read-time.js';
import type { FetchRevocation, RevocationMode } from './revocation-types.js';
import { explainPath, type PathRules } from './rules.js';
import { explainAlgorithm, verifySignature, type Work } from './signature.js';
import type { Trusted } from './trusted.js';
import { ocspSigning } from './usages.js';

/** What there is to look at. */
export interface RevocationContext {
  readonly crls?: readonly Uint8Array[] | undefined;
  readonly ocspResponses?: readonly Uint8Array[] | undefined;
  readonly trusted: Trusted;
  readonly revocation?: RevocationMode | undefined;
  readonly fetch?: FetchRevocation | undefined;
  readonly cache?: RevocationCache | undefined;
  readonly rules: PathRules;
  readonly work: Work;
  readonly limits: AllLimits;
}

interface State extends RevocationContext {
  readonly lists: readonly RevocationList[];
  readonly responses: readonly OcspResponse[];
  /** Which signatures are known to be right. */
  readonly verified: Map<RevocationList | OcspResponse, Map<Certificate, boolean>>;
  fetches: number;
}

type Status =
  { readonly kind: 'good' } | { readonly kind: 'revoked'; readonly at: number; readonly reason: string; readonly by: string } | Unknown;
interface Unknown {
  readonly kind: 'unknown';
  readonly why: string;
}

/** A clock may be slow by this much. */
const skew = 300_000;
/** How old a response without nextUpdate may be, and how long what was fetched is kept at the most. */
const day = 86_400_000;

/**
 * Looks at each certificate of a valid path but the anchor.
 *
 * @throws IpsecError `authentication-failed`: one is revoked, or not known to be good although it has to be.
 */
export async function checkRevocation(path: readonly Certificate[], context: RevocationContext): Promise<('good' | 'unknown')[]> {
  const { revocation = 'if-available', limits, crls = [], ocspResponses = [], trusted } = context;
  if (revocation === 'off') return path.slice(1).map(() => 'unknown' as const);
  const state: State = {
    ...context,
    lists: [...trusted.lists, ...crls.slice(0, limits.revocations).flatMap((der) => ifWhole(() => readRevocationList(der, limits.octets)))],
    responses: ocspResponses.slice(0, limits.revocations).flatMap((der) => ifWhole(() => readOcspResponse(der, limits.octets))),
    verified: new Map(),
    fetches: 0,
  };
  const result: ('good' | 'unknown')[] = [];
  for (let i = 0; i + 1 < path.length; i++) {
    const certificate = path[i]!;
    const status = await findStatus(state, certificate, path[i + 1]!);
    const place = i === 0 ? 'path.0' : `path.${i} of ${path.length}`;
    if (status.kind === 'revoked') {
      const found = `revoked at ${formatTime(status.at)}, reason ${status.reason}, by ${status.by}`;
      throw refuse(`the certificate of ${certificate.title}`, { expected: 'one that is not revoked', found, path: place });
    }
    if (status.kind === 'unknown' && revocation === 'required')
      throw refuse(`the certificate of ${certificate.title}`, {
        expected: 'a revocation list or an OCSP response that shows it to be good',
        found: status.why,
        path: place,
      });
    result.push(status.kind);
  }
  return result;
}

// RFC 4945 section 5.2.1: "when a certificate is reported as revoked by one trusted source, the certificate MUST be considered revoked."
async function findStatus(state: State, certificate: Certificate, issuer: Certificate): Promise<Status> {
  const given: Status[] = [];
  for (const response of state.responses) given.push(await statusByOcsp(state, response, certificate, issuer));
  // A list that was fetched before is a source, too: a peer that knows itself to be on it may bring an older one.
  for (const list of [...state.lists, ...cachedLists(state, certificate, issuer)])
    given.push(await statusByList(state, list, certificate, issuer));
  const key = `${toHex(sha1(issuer.key.spki))}:${certificate.serial}`;
  const cached = findCached(state.cache, key, state.rules.at);
  const decided =
    given.find(({ kind }) => kind === 'revoked') ??
    given.find(({ kind }) => kind === 'good') ??
    (cached?.kind === 'good' ? cached : undefined);
  if (decided) return decided;
  const fetched = await fetchStatus(state, certificate, issuer, key);
  if (fetched.kind !== 'unknown') return fetched;
  const reasons = [...given, fetched].flatMap((status) => (status.kind === 'unknown' && status.why !== '' ? [status.why] : []));
  return { kind: 'unknown', why: [...new Set(reasons)].slice(0, 4).join('; ') || 'nothing about it' };
}

/** OCSP first: it is small. */
async function fetchStatus(state: State, certificate: Certificate, issuer: Certificate, key: string): Promise<Status> {
  const { ocspUrls = [] } = certificate.extensions;
  let last: Status = { kind: 'unknown', why: '' };
  for (const url of ocspUrls.filter(isFetchable)) {
    const body = encodeOcspRequest(certificate, issuer);
    const octets = await fetchOnce(state, url, { purpose: 'ocsp', body });
    for (const response of octets ? ifWhole(() => readOcspResponse(octets, state.limits.octets)) : []) {
      last = await statusByOcsp(state, response, certificate, issuer);
      // Without nextUpdate newer information is available at any time (RFC 6960 section 4.2.2.1): nothing to be kept.
      const until = Math.min(state.rules.at + day, ...response.singles.map(({ nextUpdate }) => nextUpdate ?? state.rules.at));
      if (last.kind === 'good' && until > state.rules.at) keepCached(state.cache, key, last, until);
      if (last.kind !== 'unknown') return last;
    }
  }
  for (const url of listUrls(certificate)) {
    for (const list of await fetchList(state, url, issuer)) {
      last = await statusByList(state, list, certificate, issuer);
      if (last.kind !== 'unknown') return last;
    }
  }
  return last;
}

/** Where the lists are that a certificate may be on. */
function listUrls({ extensions: { distributionPoints = [] } }: Certificate): string[] {
  return distributionPoints
    .filter(({ isPartial }) => !isPartial)
    .flatMap(({ names }) => names.flatMap((name) => ('text' in name && isFetchable(name.text) ? [name.text] : [])));
}

const listKey = (url: string, issuer: Certificate): string => `${toHex(sha1(issuer.key.spki))}:${url}`;

/** Lists that were fetched before: their signatures are right. No more of them are looked for than could be fetched. */
function cachedLists(state: State, certificate: Certificate, issuer: Certificate): readonly RevocationList[] {
  return listUrls(certificate)
    .slice(0, state.limits.fetches)
    .flatMap((url) => {
      const cached = findCached(state.cache, listKey(url, issuer), state.rules.at);
      if (cached?.kind !== 'list') return [];
      state.verified.set(cached.list, new Map([[issuer, true]]));
      return [cached.list];
    });
}

/** A list is kept only when its signature is right: nobody else's answer takes its place. */
async function fetchList(state: State, url: string, issuer: Certificate): Promise<readonly RevocationList[]> {
  const key = listKey(url, issuer);
  const cached = findCached(state.cache, key, state.rules.at);
  if (cached?.kind === 'list') {
    state.verified.set(cached.list, new Map([[issuer, true]]));
    return [cached.list];
  }
  const octets = await fetchOnce(state, url, { purpose: 'crl' });
  const lists = octets ? ifWhole(() => readRevocationList(octets.slice(), state.limits.octets)) : [];
  for (const list of lists)
    if (list.nextUpdate !== undefined && (await isSigned(state, list, issuer)))
      keepCached(state.cache, key, { kind: 'list', list }, Math.min(list.nextUpdate, state.rules.at + day));
  return lists;
}

const isFetchable = (url: string): boolean => url.length <= 2048 && /^https?:\/\/[^\s/]+/i.test(url);

async function fetchOnce(
  state: State,
  url: string,
  what: { readonly purpose: 'crl' | 'ocsp'; readonly body?: Uint8Array },
): Promise<Uint8Array | undefined> {
  const { fetch, limits } = state;
  if (!fetch || state.fetches >= limits.fetches) return undefined;
  state.fetches++;
  try {
    const octets = await fetch(url, { maxOctets: limits.octets, deadline: limits.fetchTime, ...what });
    return octets.length <= limits.octets ? octets : undefined;
  } catch {
    return undefined;
  }
}

async function statusByList(state: State, list: RevocationList, certificate: Certificate, issuer: Certificate): Promise<Status> {
  const unknown = (why: string): Unknown => ({ kind: 'unknown', why: `the revocation list of ${issuer.title}: ${why}` });
  if (list.issuer.key !== certificate.issuer.key) return { kind: 'unknown', why: '' };
  const { keyUsage } = issuer.extensions;
  if (keyUsage !== undefined && (keyUsage & keyUsageBits.cRLSign) === 0) return unknown('its issuer has no keyUsage cRLSign');
  const weak = explainAlgorithm(list.algorithm, issuer.key, state.rules);
  if (weak) return unknown(`expected ${weak.expected}, found ${weak.found}`);
  if (!(await isSigned(state, list, issuer))) return unknown('its signature is wrong');
  if (list.thisUpdate > state.rules.at + skew) return unknown(`it begins at ${formatTime(list.thisUpdate)}`);
  // Who is on the list stays revoked, however old or partial the list is.
  const entry = list.limitation === 'it is a delta' ? undefined : findRevoked(list, certificate.serial);
  if (entry && entry.reason !== 'removeFromCRL' && list.limitation !== 'it is indirect')
    return { kind: 'revoked', ...entry, by: `the revocation list of ${issuer.title}` };
  if (list.limitation !== undefined) return unknown(list.limitation);
  if (list.nextUpdate === undefined || list.nextUpdate < state.rules.at)
    return unknown(
      list.nextUpdate === undefined ? 'it does not say how long it is good' : `it was good until ${formatTime(list.nextUpdate)}`,
    );
  return isInScope(list, certificate) ? { kind: 'good' } : unknown('it is for other certificates');
}

/** RFC 4945 section 5.1.3.13: "IKE implementations MUST support validating that the contents of CRLDistributionPoints match those of the IssuingDistributionPoint to prevent CRL substitution" */
function isInScope({ scope }: RevocationList, { extensions }: Certificate): boolean {
  if (!scope) return true;
  const isAuthority = extensions.basicConstraints?.ca === true;
  if ((scope.usersOnly && isAuthority) || (scope.authoritiesOnly && !isAuthority)) return false;
  if (scope.names.length === 0) return true;
  const own = (extensions.distributionPoints ?? []).flatMap(({ names }) => names);
  return scope.names.some((a) =>
    own.some((b) => JSON.stringify([a.kind, 'text' in a ? a.text : a]) === JSON.stringify([b.kind, 'text' in b ? b.text : b])),
  );
}

async function statusByOcsp(state: State, response: OcspResponse, certificate: Certificate, issuer: Certificate): Promise<Status> {
  const unknown = (why: string): Unknown => ({ kind: 'unknown', why: `the OCSP response: ${why}` });
  for (const single of response.singles.slice(0, 64)) {
    if (!(await isStatusOf(single, certificate, issuer))) continue;
    const responder = await findResponder(state, response, issuer);
    if (!responder) return unknown('no responder that may speak for the issuer has signed it');
    if (single.thisUpdate > state.rules.at + skew) return unknown(`it begins at ${formatTime(single.thisUpdate)}`);
    if (typeof single.status === 'object') return { kind: 'revoked', ...single.status, by: `the OCSP responder ${responder.title}` };
    if ((single.nextUpdate ?? single.thisUpdate + day) < state.rules.at)
      return unknown(`it was good until ${formatTime(single.nextUpdate ?? single.thisUpdate + day)}`);
    return single.status === 'good' ? { kind: 'good' } : unknown('the responder does not know the certificate');
  }
  return { kind: 'unknown', why: '' };
}

/** RFC 6960 section 4.2.2.2: the issuer itself, a responder that is trusted here, or one that the issuer has made with id-kp-OCSPSigning. */
async function findResponder(state: State, response: OcspResponse, issuer: Certificate): Promise<Certificate | undefined> {
  const { responder } = response;
  const isMeant = ({ subject, key }: Certificate): boolean =>
    'nameKey' in responder ? subject.key === responder.nameKey : toHex(sha1(key.bits)) === toHex(responder.keyHash);
  for (const candidate of [issuer, ...state.trusted.responders].filter(isMeant))
    if (await isSigned(state, response, candidate)) return candidate;
  for (const delegate of response.certificates.flatMap((der) => ifWhole(() => readCertificate(der))).filter(isMeant)) {
    if (delegate.issuer.key !== issuer.subject.key || !delegate.extensions.extKeyUsage?.includes(ocspSigning)) continue;
    if ('index' in explainPath([delegate, issuer], { ...state.rules, requirePolicy: false, policies: undefined, purpose: 'ocsp' }))
      continue;
    if (explainAlgorithm(delegate.signatureAlgorithm, issuer.key, state.rules)) continue;
    if (!(await verifySignature(state.work, issuer.key, delegate.signatureAlgorithm, delegate.tbs, delegate.signature))) continue;
    if (await isSigned(state, response, delegate)) return delegate;
  }
  return undefined;
}

/** Each list and response is checked once by each key. */
async function isSigned(state: State, signed: RevocationList | OcspResponse, by: Certificate): Promise<boolean> {
  const known = state.verified.get(signed)?.get(by);
  if (known !== undefined) return known;
  const isRight =
    !explainAlgorithm(signed.algorithm, by.key, state.rules) &&
    (await verifySignature(state.work, by.key, signed.algorithm, signed.tbs, signed.signature));
  const ofSigned = state.verified.get(signed) ?? new Map<Certificate, boolean>();
  state.verified.set(signed, ofSigned.set(by, isRight));
  return isRight;
}

/** What is broken is left out. */
function ifWhole<T>(read: () => T): readonly T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof IpsecError) return [];
    throw error;
  }
}
