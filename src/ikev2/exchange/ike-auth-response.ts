/**
 * IKE_AUTH of the initiator, the response: RFC 7296 sections 1.2, 2.15, 2.21.2 and 3.15.4.
 *
 * @module
 */
import { writeU32 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { formatIdentity, type Identity } from '../../traffic-selector.js';
import { attempt } from '../attempt.js';
import { completeChild, installChild, type NewChild } from '../child.js';
import { closeSa, dropOffer } from '../closing.js';
import { type Configuration, decodeConfigurationReply } from '../configuration.js';
import type { IkeAction, IkeEnv, NewRequest, OpenMessage, Outcome } from '../events.js';
import { createNotify } from '../notify-data.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { explainResponder, identityOf } from '../peer.js';
import { findNotify, findPayload, payloadOf } from '../pick.js';
import type { AuthSent, ChildOffer, Established, Task } from '../states.js';
import { type HandlerContext, isErrorNotify } from '../transition.js';
import { establish, signedOctetsOf, wipeAuthKeys } from './ike-auth-established.js';
import { type Checked, checkIdentity } from './ike-auth-methods.js';
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
  if (peerId instanceof IpsecError) return rejectResponder(sa, sa.connection.localId, peerId, env);
  const checked = checkResponder(sa, peerId, signedOctetsOf(sa, IDr), payloadOf(payloads, 'AUTH'), answers);
  if (checked === 'right') return admit(sa, peerId, payloads, env);
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  return rejectResponder(sa, peerId, checked.error, env);
}

function checkResponder(
  { connection, crypto }: AuthSent,
  peerId: Identity,
  octets: Uint8Array,
  auth: PayloadOfType<'AUTH'>,
  answers: readonly unknown[],
): Checked {
  const error = explainResponder(connection, peerId);
  if (error) return { error };
  return checkIdentity(connection.remoteAuth, { prf: crypto.suite.prf, octets, localId: connection.localId, peerId, answers }, auth);
}

/**
 * The responder is not who we want to talk to, but believes that there is an IKE SA. RFC 7296 section 2.21.2: "If the error occurs on the initiator, the
 * notification MAY be returned in a separate INFORMATIONAL exchange, usually with no other payloads. This is an exception for the general rule of
 * not starting new exchanges based on errors in responses."
 *
 * It is deleted at both ends without a Delete payload. Nothing is installed, and nobody is told that it was established.
 */
function rejectResponder(sa: AuthSent, claimed: Identity, error: IpsecError, env: IkeEnv): Outcome {
  const reason = error.message;
  const ending = startIkeDelete(establish(sa, sa.connection, claimed, env), reason);
  return {
    sa: { ...ending.sa, deadlines: { ...ending.sa.deadlines, expire: env.now + sa.connection.options.halfOpenLifetime } },
    request: { exchange: 'INFORMATIONAL', about: { kind: 'deleteIke', reason }, payloads: [createNotify('AUTHENTICATION_FAILED')] },
    actions: [
      { type: 'audit', event: 'refused', detail: reason },
      ...(sa.offer ? dropOffer(sa.offer) : []),
      ...ending.actions,
      wipeAuthKeys(sa),
    ],
  };
}

/**
 * The responder is authenticated. RFC 7296 section 2.21.2: it "may include all the payloads associated with authentication (IDr, CERT, and AUTH) while
 * sending error notifications for the piggybacked exchanges (FAILED_CP_REQUIRED, NO_PROPOSAL_CHOSEN, and so on), and the initiator MUST NOT fail
 * the authentication because of this."
 */
function admit(sa: AuthSent, peerId: Identity, payloads: readonly Payload[], env: IkeEnv): Outcome {
  const { connection, offer } = sa;
  const assigned = assignedBy(sa, payloads);
  const established: Established = {
    ...establish(sa, connection, peerId, env),
    assigned: assigned instanceof IpsecError ? undefined : assigned,
    tasks: laterChildren(sa, env),
  };
  const noted = noteNotifies(established, payloads);
  const child =
    offer && (assigned instanceof IpsecError ? refuseGranted(offer, assigned, payloads) : childOf(established, sa, offer, payloads, env));
  const initialContact = findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
  return {
    sa: { ...noted.sa, children: child?.children ?? [] },
    request: child?.request,
    actions: [
      { type: 'established', peerId, initialContact, assigned: established.assigned },
      ...(child?.actions ?? []),
      ...noted.actions,
      wipeAuthKeys(sa),
    ],
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
 */
function assignedBy({ connection }: AuthSent, payloads: readonly Payload[]): Configuration | IpsecError | undefined {
  const { configuration } = connection;
  if (configuration === undefined) return undefined; // nobody asked
  const reply = findPayload(payloads, 'CP');
  const assigned = reply && attempt(() => decodeConfigurationReply(reply));
  if (assigned instanceof IpsecError) return assigned;
  const isAnswered = assigned !== undefined && assigned.addresses.length > 0;
  if (isAnswered || !configuration.wants.some((want) => want === 'ipv4' || want === 'ipv6')) return assigned;
  return new IpsecError('peer-refused', `the configuration of connection ${connection.name}`, {
    expected: 'CFG_REPLY with an address',
    found: errorsOf(payloads) || (reply ? 'one without' : 'none'),
  });
}

/** What became of the Child SA. */
interface ChildResult {
  readonly children: Established['children'];
  readonly request?: NewRequest | undefined;
  readonly actions: readonly IkeAction[];
}

function childOf(established: Established, { Nr }: AuthSent, offer: ChildOffer, payloads: readonly Payload[], env: IkeEnv): ChildResult {
  const [proposal] = findPayload(payloads, 'SA')?.proposals ?? [];
  if (proposal === undefined) return failed(offer, refusalOf(offer, payloads));
  const completed = attempt((): NewChild => completeChild(established, offer, payloads, env, { exchange: 'IKE_AUTH', Nr }));
  if (completed instanceof IpsecError) return refuseGranted(offer, completed, payloads);
  return { children: [completed.child], actions: [...installChild(established, completed, 'now'), ...completed.actions] };
}

/** RFC 7296 section 1.2: "If creating the Child SA during the IKE_AUTH exchange fails for some reason, the IKE SA is still created as usual." */
function failed(offer: ChildOffer, error: IpsecError): ChildResult {
  return { children: [], actions: [{ type: 'childFailed', policy: offer.policy.name, error }, ...dropOffer(offer)] };
}

/** A Child SA that the responder has, if it granted one, and that we do not take: it is deleted, where its SPI is one that a Delete can name. */
function refuseGranted(offer: ChildOffer, error: IpsecError, payloads: readonly Payload[]): ChildResult {
  const [proposal] = findPayload(payloads, 'SA')?.proposals ?? [];
  if (proposal?.protocol !== 'ESP' && proposal?.protocol !== 'AH') return failed(offer, error);
  const spi = new Uint8Array(4);
  writeU32(spi, 0, offer.spi);
  const request: NewRequest = {
    exchange: 'INFORMATIONAL',
    about: { kind: 'deleteChild', spis: [offer.spi], reason: 'deleted' },
    payloads: [{ type: 'D', protocol: proposal.protocol, spis: [spi] }],
  };
  return { ...failed(offer, error), request };
}

function refusalOf({ policy }: ChildOffer, payloads: readonly Payload[]): IpsecError {
  const found = errorsOf(payloads);
  return new IpsecError(found === '' ? 'invalid-syntax' : 'peer-refused', `Child SA ${policy.name}`, {
    expected: 'SA, TSi and TSr of the responder',
    found: found || 'neither these nor a reason',
  });
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
