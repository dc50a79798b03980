/**
 * How each side of IKE_AUTH proves who it is: one row for each method (RFC 7296 section 2.15). EAP is no row of these tables: it makes an AUTH payload only at its
 * end, by the key that it has made (`eap-*.ts`).
 *
 * @module
 */
import type { IpsecError } from '../../errors.js';
import { verifySharedKeyAuth } from '../auth.js';
import type { EapDemand, LocalAuthentication, OwnEap, RemoteAuthentication } from '../../keying/connection.js';
import type { PayloadOfType } from '../payload-cases.js';
import { signatureMethods } from '../signature-method.js';
import { checkCertificate } from './ike-auth-certificate.js';
import { type Checked, type Claim, failure, NULL_AUTHENTICATION, type Proof, SHARED_KEY } from './ike-auth-claim.js';
import { checkNull, proveNull } from './ike-auth-null.js';
import { askSharedKey, checkSharedKey, proveSharedKey, secretOf } from './ike-auth-shared-key.js';
import { checkKey, proveSignature } from './ike-auth-signature.js';

/** What makes an AUTH payload by itself. */
export type Provable = Exclude<LocalAuthentication, OwnEap>;
/** What an AUTH payload is checked with. */
export type Checkable = Exclude<RemoteAuthentication, EapDemand>;

type Named<Authentication, Name> = Extract<Authentication, { readonly method: Name }>;

/** Makes our AUTH payload, and the CERT payloads that go with it. */
const proofs: { readonly [Name in Provable['method']]: (own: Named<Provable, Name>, claim: Claim) => Proof } =
  /* @__PURE__ */ Object.freeze({
    'shared-key': (own, claim) => proveSharedKey(secretOf(own.secret, claim), claim),
    'ask-shared-key': (_own, claim) => {
      const answer = askSharedKey(claim);
      return 'ask' in answer ? answer : proveSharedKey(secretOf(answer.value, claim), claim);
    },
    signature: proveSignature,
    null: (_own, claim) => proveNull(claim),
  });

/** One way to check the peer's proof. */
interface Check<Expected> {
  /** The Auth Methods that it may come with. */
  readonly authMethods: readonly PayloadOfType<'AUTH'>['method'][];
  /** Checks it. It takes the time of a check also where there is nothing to check with. */
  readonly check: (expected: Expected, claim: Claim, auth: PayloadOfType<'AUTH'>) => Checked;
}

const checks: { readonly [Name in Checkable['method']]: Check<Named<Checkable, Name>> } = /* @__PURE__ */ Object.freeze({
  'shared-key': {
    authMethods: [SHARED_KEY],
    check: (expected, claim, auth) => checkSharedKey(secretOf(expected.secret, claim), claim, auth),
  },
  'ask-shared-key': {
    authMethods: [SHARED_KEY],
    check: (_expected, claim, auth) => {
      const answer = askSharedKey(claim);
      return 'ask' in answer ? answer : checkSharedKey(secretOf(answer.value, claim), claim, auth);
    },
  },
  'public-key': { authMethods: signatureMethods, check: checkKey },
  certificate: { authMethods: signatureMethods, check: checkCertificate },
  null: { authMethods: [NULL_AUTHENTICATION], check: (_expected, claim, auth) => checkNull(claim, auth) },
});

/** Makes our AUTH payload by the method of a connection. */
export function proveIdentity(own: Provable, claim: Claim): Proof {
  // A connection's method and the row of that name have one type; TypeScript does not follow that through the table.
  return (proofs[own.method] as (own: Provable, claim: Claim) => Proof)(own, claim);
}

/**
 * Checks the peer's AUTH payload. RFC 4301 section 4.4.3.4: "The PAD entry specifies the authentication method to be employed for the identified peer.
 * This ensures that the right method is used for each peer and that different methods can be used for different peers."
 */
export function checkIdentity(expected: Checkable, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const { authMethods, check } = checks[expected.method] as Check<Checkable>;
  if (authMethods.includes(auth.method)) return check(expected, claim, auth);
  checkNothing(claim, auth);
  return { error: wrongMethod(claim, authMethods, auth) };
}

function wrongMethod(claim: Claim, authMethods: Check<Checkable>['authMethods'], auth: PayloadOfType<'AUTH'>): IpsecError {
  return failure(claim, authMethods.join(', '), `AUTH of method ${auth.method}`);
}

/**
 * Does the work of a check and comes to nothing: for a peer that nobody knows. It must not tell by the time of its answer whether an identity is one of
 * ours.
 */
export function checkNothing({ prf, octets }: Pick<Claim, 'prf' | 'octets'>, auth: PayloadOfType<'AUTH'>): void {
  verifySharedKeyAuth(prf, new Uint8Array(32), octets, auth.data);
}
