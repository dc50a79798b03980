/**
 * How each side of IKE_AUTH proves who it is: one row for each method (RFC 7296 section 2.15).
 *
 * @module
 */
import { isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { PrfRow } from '../../suite/types-ike.js';
import { formatIdentity, type Identity } from '../../traffic-selector.js';
import { computeSharedKeyAuth, verifySharedKeyAuth } from '../auth.js';
import type { Authentication } from '../connection.js';
import type { Ask } from '../events.js';
import type { PayloadOfType } from '../payload-cases.js';

/** What is proved or checked, and what it takes. */
export interface Claim {
  /** The IKE SA's prf. */
  readonly prf: PrfRow;
  /** What AUTH covers, of the side that proves: `encodeSignedOctets`. */
  readonly octets: Uint8Array;
  /** Who we are. */
  readonly localId: Identity;
  /** Who the peer says it is; for an initiator that has not heard yet, who it expects. */
  readonly peerId: Identity;
  /** What the outside world has said to the questions so far. */
  readonly answers: readonly unknown[];
}

/** A proof, a question to the outside world that comes first, or the reason why there is none. */
export type Proof = { readonly auth: PayloadOfType<'AUTH'> } | { readonly ask: Ask } | { readonly error: IpsecError };
/** What came of a check. */
export type Checked = 'right' | { readonly ask: Ask } | { readonly error: IpsecError };

/** One method. Certificates and EAP become further rows; what they need besides (CERT, several exchanges) comes with them. */
interface AuthenticationMethod<Method extends Authentication> {
  /** The Auth Method of its AUTH payloads. */
  readonly authMethod: PayloadOfType<'AUTH'>['method'];
  /** Makes our AUTH payload. */
  prove(own: Method, claim: Claim): Proof;
  /** Checks the peer's. It takes the time of a check also where there is nothing to check with. */
  check(expected: Method, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked;
}

const SHARED_KEY = 'Shared Key Message Integrity Code';

/** The methods by the name that a connection has for them. */
const authenticationMethods: {
  readonly [Name in Authentication['method']]: AuthenticationMethod<Extract<Authentication, { readonly method: Name }>>;
} = /* @__PURE__ */ Object.freeze({
  'shared-key': {
    authMethod: SHARED_KEY,
    prove: (own, claim) => proveSharedKey(secretOf(own.secret, claim), claim),
    check: (expected, claim, auth) => checkSharedKey(secretOf(expected.secret, claim), claim, auth),
  },
  'ask-shared-key': {
    authMethod: SHARED_KEY,
    prove: (_own, claim) => (claim.answers.length === 0 ? askSharedKey(claim) : proveSharedKey(secretOf(claim.answers[0], claim), claim)),
    check: (_expected, claim, auth) =>
      claim.answers.length === 0 ? askSharedKey(claim) : checkSharedKey(secretOf(claim.answers[0], claim), claim, auth),
  },
});

/** Makes our AUTH payload by the method of a connection. */
export function proveIdentity(own: Authentication, claim: Claim): Proof {
  return methodOf(own).prove(own, claim);
}

/**
 * Checks the peer's AUTH payload. RFC 4301 section 4.4.3.4: "The PAD entry specifies the authentication method to be employed for the identified peer.
 * This ensures that the right method is used for each peer and that different methods can be used for different peers."
 */
export function checkIdentity(expected: Authentication, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const method = methodOf(expected);
  if (auth.method === method.authMethod) return method.check(expected, claim, auth);
  checkNothing(claim, auth);
  return { error: failure(claim, method.authMethod as string, `AUTH of method ${auth.method}`) };
}

/**
 * Does the work of a check and comes to nothing: for a peer that nobody knows. It must not tell by the time of its answer whether an identity is one of
 * ours.
 */
export function checkNothing({ prf, octets }: Pick<Claim, 'prf' | 'octets'>, auth: PayloadOfType<'AUTH'>): void {
  verifySharedKeyAuth(prf, new Uint8Array(32), octets, auth.data);
}

// A connection's method and the row of that name have one type; TypeScript does not follow that through the table.
function methodOf(authentication: Authentication): AuthenticationMethod<Authentication> {
  return authenticationMethods[authentication.method];
}

/** Both sides' proofs may need the same secret: it is asked for once. */
function askSharedKey({ localId, peerId }: Claim): { readonly ask: Ask } {
  return { ask: { kind: 'shared-key', localId, peerId } };
}

/**
 * RFC 7296 section 1.2: "If either side uses a shared secret for authentication, the names in the ID payload MUST correspond to the key used to generate
 * the AUTH payload." So there is one or none; an empty one is none.
 */
function secretOf(secret: unknown, claim: Claim): Uint8Array | IpsecError {
  if (isBytes(secret) && secret.length > 0) return secret;
  return failure(claim, 'a shared secret of one octet or more', 'none');
}

function proveSharedKey(secret: Uint8Array | IpsecError, { prf, octets }: Claim): Proof {
  if (secret instanceof IpsecError) return { error: secret };
  return { auth: { type: 'AUTH', method: SHARED_KEY, data: computeSharedKeyAuth(prf, secret, octets) } };
}

function checkSharedKey(secret: Uint8Array | IpsecError, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  if (secret instanceof IpsecError) {
    checkNothing(claim, auth);
    return { error: secret };
  }
  if (verifySharedKeyAuth(claim.prf, secret, claim.octets, auth.data)) return 'right';
  return {
    error: failure(
      claim,
      `AUTH of ${claim.prf.outputLength} octets made with the secret of these two`,
      `${auth.data.length} octets made with another secret`,
    ),
  };
}

function failure({ localId, peerId }: Claim, expected: string, found: string): IpsecError {
  const [ours, theirs] = [localId, peerId].map((id) => `${id.type} ${formatIdentity(id)}`);
  return new IpsecError('authentication-failed', `authentication between ${ours}, which we are, and ${theirs}`, { expected, found });
}
