/**
 * IKE_AUTH of the initiator, the request: RFC 7296 sections 1.2, 2.15, 2.16, 2.19 and appendices C.2 and C.3.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Identity, TrafficSelector } from '../../traffic-selector.js';
import { attempt } from '../../keying/attempt.js';
import { createCertificateRequests } from '../certificate-request.js';
import { offerChild, type OfferedChild } from '../child.js';
import { closeSa } from '../closing.js';
import { encodeConfigurationRequest } from '../configuration.js';
import type { ChildPolicy, Connection, FurtherProof } from '../../keying/connection.js';
import type { Answered, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { askingOf } from '../halfway.js';
import { decodeMessage } from '../message.js';
import { createNotify } from '../notify-data.js';
import { createOwnId } from '../own-id.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { expectedPeer } from '../../keying/peer.js';
import { createIdPayload, type IdPayload } from '../peer.js';
import { findNotify } from '../pick.js';
import type { Asking, AuthSent, EapWanted } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { anotherFollows, isMultiple, multipleAuthNotify, supportsMultiple } from './auth-rounds.js';
import type { Proof } from './ike-auth-claim.js';
import { claimOf, windowSizeNotify } from './ike-auth-established.js';
import { proveIdentity } from './ike-auth-methods.js';
import { demandsOf } from './init-extensions.js';

/**
 * Goes on where IKE_SA_INIT has ended: there are keys, and the responder is to be told who we are and what we want.
 *
 * @param base what is known by now.
 * @param first the selectors of the packet that wants the first Child SA.
 * @param answers to the questions that this function has asked before.
 * @returns the IKE_AUTH request; or a question, and then nothing is allocated yet, and {@link resumeAuth} goes on with the answer; or a closed IKE SA, where
 * our own configuration does not serve.
 */
export function startAuth(
  base: Omit<Asking, 'offer'>,
  first: readonly [TrafficSelector, TrafficSelector] | undefined,
  env: IkeEnv,
  answers: readonly Answered[],
): Outcome {
  const { connection } = base;
  const own = { id: connection.localId, auth: connection.localAuth };
  const sa = waitingIn({ ...base, offer: undefined }, own);
  const { payloads: responded } = decodeMessage(sa.message2);
  const wrong = explainMethods(connection, responded);
  if (wrong) return closeSa(sa, 'we cannot prove who we are', wrong);
  const proof = proveAsInitiator(sa, own, expectedPeer(connection, sa.path), answers);
  if ('ask' in proof) return { sa: { ...sa, state: 'AUTH_SENT', first }, ask: proof.ask, actions: [] };
  if ('error' in proof) return closeSa(sa, 'we cannot prove who we are', proof.error);
  const asked = attempt(() => {
    const configuration = connection.configuration && encodeConfigurationRequest(connection.configuration);
    return { configuration, child: offerFirst(sa, first, env) }; // what is allocated comes last
  });
  if (asked instanceof IpsecError) return closeSa(sa, 'we cannot ask for what the connection says', asked);
  const payloads = requestPayloads(connection, proof, asked.configuration, asked.child?.payloads ?? []);
  return {
    sa: { ...sa, offer: asked.child?.offer },
    request: { exchange: 'IKE_AUTH', about: { kind: 'IKE_AUTH' }, payloads },
    actions: [],
  };
}

/** The answer to a question of {@link startAuth} is there. The keys are, too: nothing of IKE_SA_INIT is done again. */
export function resumeAuth(sa: AuthSent, _message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  return startAuth(askingOf(sa), sa.first, env, answers);
}

/** RFC 7296 section 2.16: "An initiator indicates a desire to use EAP by leaving out the AUTH payload from the first message in the IKE_AUTH exchange." */
export function waitingIn(sa: Asking, { auth }: FurtherProof): AuthSent | EapWanted {
  return { ...sa, state: auth.method === 'eap' ? 'EAP_WANTED' : 'AUTH_SENT' };
}

/** Methods that do not go together, or that the responder is not able to. */
function explainMethods(connection: Connection, responded: readonly Payload[]): IpsecError | undefined {
  const { name, localAuth, remoteAuth } = connection;
  if (isMultiple(connection) && !supportsMultiple(responded))
    return new IpsecError('unsupported', `several authentications of connection ${name}`, {
      expected: 'MULTIPLE_AUTH_SUPPORTED of the responder (RFC 4739)',
      found: 'none',
    });
  // RFC 7619 section 2: with EAP "the responder MUST NOT use the NULL Authentication method".
  const isRight = localAuth.method === 'eap' ? remoteAuth.method !== 'null' : remoteAuth.method !== 'eap';
  if (isRight) return undefined;
  return new IpsecError('invalid-config', `connection ${name} as initiator`, {
    path: 'remoteAuth',
    expected: 'a responder that proves itself by AUTH, or EAP for both (RFC 5998)',
    found: `${remoteAuth.method} for the responder, ${localAuth.method} for us`,
  });
}

/** IDi, and our AUTH; that is missing where EAP is to come. */
export type InitiatorProof =
  | { readonly IDi: IdPayload; readonly certificates: readonly Payload[]; readonly auth: Payload | undefined }
  | Extract<Proof, { readonly ask: unknown } | { readonly error: unknown }>;

/** @param peerId who the responder is, or who we expect. */
export function proveAsInitiator(sa: Asking, own: FurtherProof, peerId: Identity, answers: readonly Answered[]): InitiatorProof {
  const { id, auth } = own;
  const IDi = createOwnId('IDi', own);
  if (auth.method === 'eap') return { IDi, certificates: [], auth: undefined };
  const { payloads } = decodeMessage(sa.message2); // its CERTREQ
  const proof = proveIdentity(auth, claimOf(sa, { id: IDi, connection: sa.connection, localId: id, peerId, payloads, answers }));
  return 'auth' in proof ? { IDi, ...proof } : proof;
}

/** In the order of RFC 7296 appendices C.2 and C.3. */
function requestPayloads(
  connection: Connection,
  { IDi, certificates, auth }: Extract<InitiatorProof, { readonly IDi: unknown }>,
  configuration: PayloadOfType<'CP'> | undefined,
  child: readonly Payload[],
): Payload[] {
  const { remoteId, localAuth, remoteAuth, options } = connection;
  return [
    IDi,
    ...certificates,
    // RFC 7296 section 2.4: "The INITIAL_CONTACT notification, if sent, MUST be in the first IKE_AUTH request or response".
    // Of who stays nameless it says nothing (RFC 7619 section 2.3).
    ...(options.initialContact && localAuth.method !== 'null' ? [createNotify('INITIAL_CONTACT')] : []),
    ...createCertificateRequests(demandsOf(connection)),
    ...(remoteId ? [createIdPayload('IDr', remoteId)] : []),
    ...(auth ? [auth] : []),
    // RFC 7296 section 2.19: "In all cases, the CP payload MUST be inserted before the SA payload."
    ...(configuration ? [configuration] : []),
    ...child,
    // RFC 5998 section 3: "If the initiator does not wish to use public-key-based responder authentication, it includes an EAP_ONLY_AUTHENTICATION
    // notification payload (16417) in message 3."
    ...(remoteAuth.method === 'eap' ? [createNotify('EAP_ONLY_AUTHENTICATION')] : []),
    ...multipleAuthNotify([connection]),
    ...(auth ? anotherFollows(connection, 1) : []),
    ...windowSizeNotify(options),
  ];
}

/**
 * What is asked for in IKE_AUTH: the first Child SA that the connection starts with, if it has one. Without one the exchange has no SA, TSi and TSr
 * payloads, but RFC 6023 section 3: "The initiator MUST NOT send the modified IKE_AUTH request if the notification was not present."
 *
 * @throws IpsecError `unsupported`: there is nothing to ask for, and the responder wants to be asked.
 */
function offerFirst(sa: Asking, first: readonly [TrafficSelector, TrafficSelector] | undefined, env: IkeEnv): OfferedChild | undefined {
  const { connection, Ni } = sa;
  const policy = startingChildren(connection)[0];
  const wanted = connection.options.childless ? undefined : policy;
  if (wanted === undefined && takesChildless(sa)) return undefined;
  const child = policy ?? connection.children[0];
  if (child === undefined)
    throw new IpsecError('unsupported', `connection ${connection.name} without Child SAs`, {
      expected: 'CHILDLESS_IKEV2_SUPPORTED of the responder (RFC 6023)',
      found: 'none',
    });
  return offerChild({ ...sa, children: [], leased: [] }, child, env, { exchange: 'IKE_AUTH', Ni, first });
}

/** What an initiator asks for of its own accord, in order: the policies that say so, and the first one unless it says otherwise. */
export function startingChildren({ children }: Connection): readonly ChildPolicy[] {
  return children.filter(({ start }, i) => start ?? i === 0);
}

/** RFC 6023 section 3: "A supporting responder MUST include the Notify payload, described in Section 4, within the IKE_SA_INIT response." */
function takesChildless({ message2 }: Asking): boolean {
  return findNotify(decodeMessage(message2).payloads, 'CHILDLESS_IKEV2_SUPPORTED') !== undefined;
}
