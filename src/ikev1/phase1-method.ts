/**
 * Which Authentication Method of phase 1 a connection means: both proofs and XAUTH are one number in IKEv1, and the same for both sides.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { Connection, LocalAuthentication, OwnSignature, RemoteAuthentication } from '../keying/connection.js';
import type { Phase1Suite } from './states.js';

type Method = Phase1Suite['authentication'];

/** What the method is called beside XAUTH, and with it by which side proves a user. */
interface MethodRow {
  /** Without XAUTH. */
  readonly plain: Method;
  /** The initiator of phase 1 is the client. */
  readonly init?: Method;
  /** The responder is. */
  readonly resp?: Method;
}

const sharedKey: MethodRow = { plain: 'pre-shared key', init: 'XAUTHInitPreShared', resp: 'XAUTHRespPreShared' };
const rsa: MethodRow = { plain: 'RSA signatures', init: 'XAUTHInitRSA', resp: 'XAUTHRespRSA' };
const ecdsa: Readonly<Record<'P-256' | 'P-384' | 'P-521', MethodRow>> = {
  'P-256': { plain: 'ECDSA with SHA-256 on the P-256 curve' },
  'P-384': { plain: 'ECDSA with SHA-384 on the P-384 curve' },
  'P-521': { plain: 'ECDSA with SHA-512 on the P-521 curve' },
};

/** Methods whose only secret is a pre-shared key: in aggressive mode anybody may try passwords on it. */
const sharedKeyMethods: ReadonlySet<Method> = /* @__PURE__ */ new Set<Method>([
  'pre-shared key',
  'XAUTHInitPreShared',
  'XAUTHRespPreShared',
]);

/** Whether phase 1 rests on a pre-shared key. */
export function isSharedKeyMethod(method: Method): boolean {
  return sharedKeyMethods.has(method);
}

/**
 * Methods that are known and never taken, whoever offers them. Those with public key encryption decrypt what a stranger sends, with a key that serves for signatures
 * too: a padding oracle there (Bleichenbacher) forges signatures elsewhere. RFC 4754 has three numbers in the place of ECDSA signatures.
 */
export const refusedMethods: ReadonlySet<Method> = /* @__PURE__ */ new Set<Method>([
  'DSS signatures',
  'Encryption with RSA',
  'Revised encryption with RSA',
  'ECDSA signatures',
  'HybridInitDSS',
  'HybridRespDSS',
  'XAUTHInitDSS',
  'XAUTHRespDSS',
  'XAUTHInitRSAEncryption',
  'XAUTHRespRSAEncryption',
  'XAUTHInitRSARevisedEncryption',
  'XAUTHRespRSARevisedEncryption',
]);

/**
 * The method that a connection means.
 *
 * @param role ours in phase 1.
 * @throws IpsecError `invalid-config`: its two authentications go together in no method of IKEv1.
 */
export function authenticationOf(connection: Connection, role: 'initiator' | 'responder'): Method {
  const { localAuth, remoteAuth, ikev1 } = connection;
  const xauth = ikev1?.xauth;
  const clientBegins = (xauth === 'client') === (role === 'initiator');
  if (localAuth.method === 'null' || remoteAuth.method === 'null') {
    // hybrid: the gateway signs, and the client proves a user by XAUTH, and nothing else
    const isHybrid =
      xauth === 'client' ? isDemand(remoteAuth) && localAuth.method === 'null' : xauth === 'server' && signsWithRsa(localAuth);
    if (!isHybrid || (xauth === 'server' && remoteAuth.method !== 'null')) throw refuse(connection);
    return clientBegins ? 'HybridInitRSA' : 'HybridRespRSA';
  }
  const row = methodOf(localAuth, remoteAuth);
  const method = row && (xauth === undefined ? row.plain : clientBegins ? row.init : row.resp);
  if (method === undefined) throw refuse(connection);
  return method;
}

function methodOf(local: LocalAuthentication, remote: RemoteAuthentication): MethodRow | undefined {
  if (isSharedKey(local) && isSharedKey(remote)) return sharedKey;
  if (local.method !== 'signature' || !isDemand(remote)) return undefined;
  const { publicKey } = local;
  if (publicKey.type === 'RSA') return rsa;
  return publicKey.type === 'EC' ? ecdsa[publicKey.curve] : undefined;
}

function isSharedKey({ method }: LocalAuthentication | RemoteAuthentication): boolean {
  return method === 'shared-key' || method === 'ask-shared-key';
}

/** Whether the peer has to sign. */
function isDemand({ method }: RemoteAuthentication): boolean {
  return method === 'public-key' || method === 'certificate';
}

function signsWithRsa(local: LocalAuthentication): local is OwnSignature {
  return local.method === 'signature' && local.publicKey.type === 'RSA';
}

function refuse({ name, localAuth, remoteAuth, ikev1 }: Connection): IpsecError {
  const key = localAuth.method === 'signature' ? ` (${localAuth.publicKey.type})` : '';
  return new IpsecError('invalid-config', `the authentication of connection ${name}`, {
    expected:
      'what IKEv1 has a method for: a pre-shared key on both sides, RSA or ECDSA signatures on both sides, or null for the client of XAUTH',
    found: `${localAuth.method}${key} here, ${remoteAuth.method} there, ${ikev1?.xauth === undefined ? 'no XAUTH' : `${ikev1.xauth} of XAUTH`}`,
  });
}

/**
 * The method that a responder may carry out with a connection.
 *
 * @returns in words why there is none.
 */
export function methodAsResponder(connection: Connection, mode: 'main' | 'aggressive'): { readonly method: Method } | string {
  const { version, ikev1 } = connection;
  if (version !== 1 || ikev1 === undefined) return 'it is not for IKEv1';
  if (mode === 'aggressive' && ikev1.mode !== 'aggressive') return 'it does not take aggressive mode';
  const method = attempt(() => authenticationOf(connection, 'responder'));
  if (method instanceof IpsecError) return method.message;
  if (mode === 'aggressive' && isSharedKeyMethod(method) && ikev1.unsafeAggressivePsk !== true)
    return 'it does not take aggressive mode with a pre-shared key: passwords could be tried offline (unsafeAggressivePsk)';
  return { method };
}
