/**
 * What the initiator makes of all that stands behind the AUTH of a responder that has proved who it is: configuration, and the first Child SA (RFC 7296
 * sections 1.2, 2.21.2 and 3.15.4).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Identity } from '../../traffic-selector.js';
import { attempt } from '../../keying/attempt.js';
import { completeChild, installChild } from '../child.js';
import { encodeSpi } from '../child-notify.js';
import { explainRefusal } from '../child-refused.js';
import { dropOffer } from '../closing.js';
import { type Configuration, decodeConfigurationReply } from '../configuration.js';
import type { IkeAction, IkeEnv, Outcome } from '../events.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { isInitialContact } from '../peer.js';
import { findPayload } from '../pick.js';
import type { Asking, ChildOffer, ChildSa, Established, Task } from '../states.js';
import { establish, wipeAuthKeys } from './ike-auth-established.js';
import { startingChildren } from './ike-auth-request.js';
import { describeErrors, noteNotifies } from './informational-notify.js';

/**
 * The responder is authenticated. RFC 7296 section 2.21.2: it "may include all the payloads associated with authentication (IDr, CERT, and AUTH) while
 * sending error notifications for the piggybacked exchanges (FAILED_CP_REQUIRED, NO_PROPOSAL_CHOSEN, and so on), and the initiator MUST NOT fail
 * the authentication because of this."
 *
 * @param ids who it is, as it has proved: once, but with RFC 4739.
 */
export function admitResponder(sa: Asking, ids: readonly Identity[], payloads: readonly Payload[], env: IkeEnv): Outcome {
  const { connection } = sa;
  const [peerId, ...furtherIds] = ids as [Identity, ...Identity[]];
  const configured = attempt(() => assignedBy(sa, payloads));
  const assigned = configured instanceof IpsecError ? undefined : configured;
  const noted = noteNotifies<Established>({ ...establish(sa, connection, peerId, env), assigned }, payloads);
  const child = childOf(noted.sa, sa, payloads, configured instanceof IpsecError ? configured : undefined, env);
  const initialContact = isInitialContact(connection, payloads);
  return {
    sa: { ...noted.sa, children: child.children, tasks: [...child.tasks, ...laterChildren(sa, env)] },
    actions: [{ type: 'established', peerId, furtherIds, initialContact, assigned }, ...child.actions, ...noted.actions, wipeAuthKeys(sa)],
  };
}

/** The Child SAs that the connection starts with and that were not asked for in IKE_AUTH. */
function laterChildren({ connection, offer }: Asking, { now }: IkeEnv): Task[] {
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
function assignedBy({ connection }: Asking, payloads: readonly Payload[]): Configuration | undefined {
  const { configuration } = connection;
  if (configuration === undefined) return undefined; // nobody asked
  const reply = payloads.find((payload): payload is PayloadOfType<'CP'> => payload.type === 'CP' && payload.cfgType === 'CFG_REPLY');
  const assigned = reply && decodeConfigurationReply(reply);
  const isEnough = assigned !== undefined && assigned.addresses.length > 0;
  if (isEnough || !configuration.wants.some((want) => want === 'ipv4' || want === 'ipv6')) return assigned;
  throw new IpsecError('internal-address-failure', `the configuration of connection ${connection.name}`, {
    expected: 'CFG_REPLY with an address',
    found: describeErrors(payloads) || (reply ? 'one without' : 'none'),
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
  { offer, Nr }: Asking,
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
