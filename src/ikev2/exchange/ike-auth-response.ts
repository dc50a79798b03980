/**
 * IKE_AUTH of the initiator, the response: RFC 7296 sections 1.2, 2.15, 2.21.2 and 3.15.4.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { formatIdentity, type Identity } from '../../traffic-selector.js';
import { attempt } from '../attempt.js';
import { completeChild, installChild } from '../child.js';
import { encodeSpi } from '../child-notify.js';
import { explainRefusal } from '../child-refused.js';
import { closeSa, dropOffer } from '../closing.js';
import { type Configuration, decodeConfigurationReply } from '../configuration.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { createNotify } from '../notify-data.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { expectedPeer, explainResponder, identityOf } from '../peer.js';
import { findNotify, findPayload, payloadOf } from '../pick.js';
import type { AuthSent, ChildOffer, ChildSa, Established, Task } from '../states.js';
import { type HandlerContext, isErrorNotify } from '../transition.js';
import type { Checked } from './ike-auth-claim.js';
import { claimOf, type ClaimFacts, establish, wipeAuthKeys } from './ike-auth-established.js';
import { checkIdentity } from './ike-auth-methods.js';
import { startingChildren } from './ike-auth-request.js';
import { startIkeDelete } from './informational-delete.js';
import { describeNotify, noteNotifies } from './informational-notify.js';

/**
 * RFC 7296 section 1.2: "The responder asserts its identity with the IDr payload, optionally sends one or more certificates (again with the certificate
 * containing the public key used to verify AUTH listed first), authenticates its identity and protects the integrity of the second message with
 * the AUTH payload, and completes negotiation of a Child SA".
 */
export function finishAuth(sa: AuthSent, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { payloads } = message;
  const IDr = payloadOf(payloads, 'IDr');
  const peerId = attempt(() => identityOf(IDr));
  if (peerId instanceof IpsecError) return rejectResponder(sa, expectedPeer(sa.connection, sa.path), peerId, env);
  const checked = checkResponder(sa, { id: IDr, connection: sa.connection, localId: sa.connection.localId, peerId, payloads, answers });
  if (checked === 'right') return admit(sa, peerId, payloads, env);
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  return rejectResponder(sa, peerId, checked.error, env);
}

function checkResponder(sa: AuthSent, facts: ClaimFacts): Checked {
  const { connection } = sa;
  const error = explainResponder(connection, facts.peerId);
  if (error) return { error };
  if (connection.remoteAuth.method === 'eap') return { error: new IpsecError('unsupported', 'EAP') };
  return checkIdentity(connection.remoteAuth, claimOf(sa, facts), payloadOf(facts.payloads, 'AUTH'));
}

/**
 * The responder is not who we want to talk to, but believes that there is an IKE SA. RFC 7296 section 2.21.2: "If the error occurs on the initiator, the
 * notification MAY be returned in a separate INFORMATIONAL exchange, usually with no other payloads. This is an exception for the general rule of
 * not starting new exchanges based on errors in responses."
 *
 * It is deleted at both ends without a Delete payload. Nothing is installed, and nobody is told that it was established.
 */
function rejectResponder(sa: AuthSent, claimed: Identity, error: IpsecError, env: IkeEnv): Outcome {
  const reason = 'the responder is not who it should be';
  const ending = startIkeDelete(establish(sa, sa.connection, claimed, env), reason);
  return {
    sa: { ...ending.sa, error, deadlines: { ...ending.sa.deadlines, expire: env.now + sa.connection.options.halfOpenLifetime } },
    request: { exchange: 'INFORMATIONAL', about: { kind: 'deleteIke', reason }, payloads: [createNotify('AUTHENTICATION_FAILED')] },
    actions: [audit(error), ...(sa.offer ? dropOffer(sa.offer) : []), ...ending.actions, wipeAuthKeys(sa)],
  };
}

/**
 * The responder is authenticated. RFC 7296 section 2.21.2: it "may include all the payloads associated with authentication (IDr, CERT, and AUTH) while
 * sending error notifications for the piggybacked exchanges (FAILED_CP_REQUIRED, NO_PROPOSAL_CHOSEN, and so on), and the initiator MUST NOT fail
 * the authentication because of this."
 */
function admit(sa: AuthSent, peerId: Identity, payloads: readonly Payload[], env: IkeEnv): Outcome {
  const { connection } = sa;
  const configured = attempt(() => assignedBy(sa, payloads));
  const assigned = configured instanceof IpsecError ? undefined : configured;
  const noted = noteNotifies<Established>({ ...establish(sa, connection, peerId, env), assigned }, payloads);
  const child = childOf(noted.sa, sa, payloads, configured instanceof IpsecError ? configured : undefined, env);
  const initialContact = findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
  return {
    sa: { ...noted.sa, children: child.children, tasks: [...child.tasks, ...laterChildren(sa, env)] },
    actions: [{ type: 'established', peerId, initialContact, assigned }, ...child.actions, ...noted.actions, wipeAuthKeys(sa)],
  };
}

/** The Child SAs that the connection starts with and that were not asked for in IKE_AUTH. */
function laterChildren({ connection, offer }: AuthSent, { now }: IkeEnv): Task[] {
  return startingChildren(connection)
    .filter((policy) => policy !== offer?.policy)
    .map((policy) => ({ kind: 'createChild', policy, notBefore: now }));
}

/**
 * What the responder assigns. RFC 7296 section 3.15.4: "If the initiator requires the assignment of an IP address, it will treat a response without
 * CFG_REPLY as an error." It requires one if it asks for one.
 *
 * @throws IpsecError `internal-address-failure`, or what is wrong with the reply.
 */
function assignedBy({ connection }: AuthSent, payloads: readonly Payload[]): Configuration | undefined {
  const { configuration } = connection;
  if (configuration === undefined) return undefined; // nobody asked
  const reply = payloads.find((payload): payload is PayloadOfType<'CP'> => payload.type === 'CP' && payload.cfgType === 'CFG_REPLY');
  const assigned = reply && decodeConfigurationReply(reply);
  const isEnough = assigned !== undefined && assigned.addresses.length > 0;
  if (isEnough || !configuration.wants.some((want) => want === 'ipv4' || want === 'ipv6')) return assigned;
  throw new IpsecError('internal-address-failure', `the configuration of connection ${connection.name}`, {
    expected: 'CFG_REPLY with an address',
    found: errorsOf(payloads) || (reply ? 'one without' : 'none'),
  });
}

/** What becomes of the Child SA. */
interface ChildResult {
  readonly children: readonly ChildSa[];
  readonly tasks: readonly Task[];
  readonly actions: readonly IkeAction[];
}

/** @param trouble with the configuration: without it there is no use for the Child SA. */
function childOf(
  established: Established,
  { offer, Nr }: AuthSent,
  payloads: readonly Payload[],
  trouble: IpsecError | undefined,
  env: IkeEnv,
): ChildResult {
  if (offer === undefined) return { children: [], tasks: [], actions: trouble ? [audit(trouble)] : [] };
  const isGranted = findPayload(payloads, 'SA') !== undefined;
  if (!isGranted) return failed(offer, explainRefusal(offer, payloads), []);
  const completed = trouble ?? attempt(() => completeChild(established, offer, payloads, env, { exchange: 'IKE_AUTH', Nr }));
  if (completed instanceof IpsecError) return failed(offer, completed, [deleteTask(offer, payloads, env)]);
  return { children: [completed.child], tasks: [], actions: [...installChild(established, completed, 'now'), ...completed.actions] };
}

/** RFC 7296 section 1.2: "If creating the Child SA during the IKE_AUTH exchange fails for some reason, the IKE SA is still created as usual." */
function failed(offer: ChildOffer, error: IpsecError, tasks: readonly Task[]): ChildResult {
  return { children: [], tasks, actions: [{ type: 'childFailed', policy: offer.policy.name, error }, ...dropOffer(offer)] };
}

/**
 * The responder has a Child SA that we cannot use. RFC 7296 section 2.21: "Such errors in parsing or processing response packets should still cause the
 * recipient to clean up the IKE state (for example, by sending a Delete for a bad SA)."
 */
function deleteTask({ proposals, spi }: ChildOffer, payloads: readonly Payload[], { now }: IkeEnv): Task {
  const chosen = findPayload(payloads, 'SA')?.proposals[0]?.protocol;
  const protocol = chosen === 'AH' || chosen === 'ESP' ? chosen : proposals[0]!.protocol;
  return { kind: 'notify', payloads: [{ type: 'D', protocol, spis: [encodeSpi(spi)] }], notBefore: now };
}

function audit({ message }: IpsecError): IkeAction {
  return { type: 'audit', event: 'refused', detail: message };
}

/**
 * The responder does not take us. RFC 7296 section 1.2: "the information needs to be treated with caution. More precisely, assuming that the MAC verifies
 * correctly, the sender of the error Notify message is known to be the responder of the IKE_SA_INIT exchange, but the sender's identity cannot be
 * assured." Nobody else can answer under these keys, so there is nothing to wait for.
 */
export function refusedAuth(sa: AuthSent, { payloads }: OpenMessage): Outcome {
  const { name, localId, localAuth } = sa.connection;
  const error = new IpsecError('peer-refused', `IKE_AUTH of connection ${name}`, {
    expected: `a responder that takes us as ${localId.type} ${formatIdentity(localId)} with ${localAuth.method}`,
    found: errorsOf(payloads),
  });
  return closeSa(sa, 'the peer refused us', error);
}

function errorsOf(payloads: readonly Payload[]): string {
  return payloads
    .filter((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && isErrorNotify(payload.notify))
    .map(describeNotify)
    .join(', ');
}
