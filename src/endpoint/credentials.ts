/**
 * How a configuration comes to its keys, certificates and users: the endpoint reads what is written, the host loads what is meant, and answers with it what
 * the machine asks. So nothing here knows of files, of X.509 or of EAP, and a host in a browser is served in the same way as one on Node.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { LocalAuthentication, RemoteAuthentication } from '../keying/connection.js';
import type { ProposalFinding } from '../ikev2/proposal-lint.js';
import type { AskEap } from '../ikev2/requests.js';
import type { AskCertificates } from '../keying/asks.js';
import type { PadId } from '../pad.js';
import type { Identity } from '../traffic-selector.js';
import type { OwnSpec, PeerSpec } from './credential-specs.js';
import type { EndpointAsk } from './types.js';

/** What the host makes of a {@link OwnSpec} or a {@link PeerSpec}. */
export interface Credential<Authentication> {
  /** What the machine needs to know of it. */
  readonly auth: Authentication;
  /** Of ours: who we are by it, for a configuration that does not say. */
  readonly id?: Identity | undefined;
  /** Answers what the machine asks about it (`EndpointAsk`), now or later; undefined: nothing is known. An `IpsecError` that it throws is an answer, too. @param connection its name, for errors. */
  readonly answer?: ((question: EndpointAsk, connection: string) => unknown) | undefined;
  /** An IKE SA is over: whatever is kept of its conversations is forgotten. */
  readonly forget?: ((spiI: Uint8Array, spiR: Uint8Array) => void) | undefined;
  /** What there is to say against it, for `lintConfig`. */
  readonly findings?: ((about: CredentialContext) => readonly ProposalFinding[]) | undefined;
}

/** What {@link Credential.findings} may want to know. */
export interface CredentialContext {
  /** Who we say we are. */
  readonly localId: Identity;
  /** Who the peer may be. */
  readonly peerId: PadId;
}

/** The hook of `parseEndpointConfig`: it has loaded before what it gives at once. What it refuses it throws, as an `IpsecError` with a path. */
export interface Credentials {
  /** What we prove who we are with. */
  own(spec: OwnSpec): Credential<LocalAuthentication>;
  /** What the peer's proof is measured by. */
  peer(spec: PeerSpec): Credential<RemoteAuthentication>;
}

/** The same, for hosts that have to wait: for files, for WebCrypto, for somebody to type a password. */
export interface CredentialLoader {
  /** What we prove who we are with. */
  own(spec: OwnSpec): Credential<LocalAuthentication> | Promise<Credential<LocalAuthentication>>;
  /** What the peer's proof is measured by. */
  peer(spec: PeerSpec): Credential<RemoteAuthentication> | Promise<Credential<RemoteAuthentication>>;
}

/** What one proof of the peer is measured by. */
export interface PeerCredential {
  /** Who it may be. */
  readonly id: PadId;
  /** By what. */
  readonly credential: Credential<RemoteAuthentication>;
}

/** What a host holds for one connection. */
export interface ConnectionCredentials {
  /** Ours: of `localAuth`, then of `furtherProofs`. Undefined: that needs none. */
  readonly own: readonly (Credential<LocalAuthentication> | undefined)[];
  /** The peer's: of `remoteAuth`, then of `furtherDemands`, with the identities that each is for. Undefined: that needs none. */
  readonly peer: readonly (PeerCredential | undefined)[];
  /** IKEv1: what answers XAUTH, in either role. Undefined: there is none, or the program answers itself. */
  readonly xauth?: Credential<unknown> | undefined;
}

/**
 * Reads a configuration whose keys have to be loaded. It is read twice: first to learn what there is to load, and whether all else is right, so that nobody is
 * asked for a password in vain; then with what was loaded.
 *
 * @param parse `parseEndpointConfig`, with these credentials among its options; `isFinal` at the second time, when warnings are worth telling.
 * @throws IpsecError what `parse` and `loader` throw.
 *
 * @example
 * ```ts
 * import { loadCredentials, parseEndpointConfig } from 'ipsec-ts/endpoint';
 * import { allRows as rows } from 'ipsec-ts/suite/all';
 *
 * const remote = { auth: { eap: 'token', users: { anna: 'hush' } } };
 * const json = { addresses: ['192.0.2.1'], connections: [{ name: 'guests', local: { auth: { psk: 'chance, and much of it' } }, remote }] };
 * const config = await loadCredentials((credentials) => parseEndpointConfig(json, { rows, credentials }), {
 *   own: () => ({ auth: { method: 'null' } }),
 *   peer: (spec) => Promise.resolve({ auth: { method: 'eap' }, answer: () => spec.form }),
 * });
 * if (config.connections[0]?.ike.remoteAuth.method !== 'eap') throw new Error('read');
 * ```
 */
export async function loadCredentials<T>(parse: (credentials: Credentials, isFinal: boolean) => T, loader: CredentialLoader): Promise<T> {
  const owns: OwnSpec[] = [];
  const peers: PeerSpec[] = [];
  parse({ own: (spec) => (owns.push(spec), unloaded), peer: (spec) => (peers.push(spec), unloaded) }, false);
  const own = new Map<string, Credential<LocalAuthentication>>();
  const peer = new Map<string, Credential<RemoteAuthentication>>();
  // One after the other: each may ask somebody something.
  for (const spec of owns) own.set(spec.path, await loader.own(spec));
  for (const spec of peers) peer.set(spec.path, await loader.peer(spec));
  return parse({ own: ({ path }) => loaded(own, path), peer: ({ path }) => loaded(peer, path) }, true);
}

const unloaded = /* @__PURE__ */ Object.freeze({ auth: { method: 'null' } } as const);

function loaded<T>(credentials: ReadonlyMap<string, T>, path: string): T {
  const found = credentials.get(path);
  if (found !== undefined) return found;
  throw new IpsecError('invalid-argument', 'a configuration', { path, expected: 'the same both times', found: 'another' });
}

/**
 * Answers a question of the machine with what the host holds for the connection.
 *
 * @param connection its name, for errors.
 * @returns undefined: nothing there knows of it.
 */
export function answerQuestion({ own, peer, xauth }: ConnectionCredentials, question: EndpointAsk, connection: string): unknown {
  switch (question.kind) {
    case 'xauth':
      return xauth?.answer?.(question, connection);
    case 'sign':
    case 'sign-hash':
      return own
        .find((held) => held?.auth.method === 'signature' && equalBytes(held.auth.publicKey.spki, question.publicKey.spki))
        ?.answer?.(question, connection);
    case 'certificates':
      return judgeOf(peer, question)?.answer?.(question, connection);
    case 'eap':
      return eapOf({ own, peer }, question)?.answer?.(question, connection);
    case 'fetch-certificate':
      return peer.find((held) => held?.credential.auth.method === 'certificate')?.credential.answer?.(question, connection);
    case 'shared-key':
      return undefined;
  }
}

/**
 * The one of the proof that it is about: that its certificates are trusted says nothing of another proof, even if both may come from the same identity. Else whoever has
 * what the first demand wants would have what the second one wants, too.
 */
function judgeOf(peer: ConnectionCredentials['peer'], { round }: AskCertificates): Credential<RemoteAuthentication> | undefined {
  const judge = peer[round]?.credential;
  return judge?.auth.method === 'certificate' ? judge : undefined;
}

function eapOf({ own, peer }: ConnectionCredentials, { role, round }: AskEap): Credential<unknown> | undefined {
  const held = role === 'peer' ? own : peer.map((at) => at?.credential);
  const isEap = (credential: (typeof held)[number]): boolean => credential?.auth.method === 'eap';
  return isEap(held[round]) ? held[round] : held.find(isEap);
}
