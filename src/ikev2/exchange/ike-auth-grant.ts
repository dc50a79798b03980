/**
 * What the responder gives to an initiator that has proved who it is: configuration, and the first Child SA (RFC 7296 sections 1.2, 2.19 and 3.15.4).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import { acceptChild, installChild } from '../child.js';
import { type Configuration, decodeConfigurationRequest, encodeConfigurationReply } from '../configuration.js';
import type { IkeAction, IkeEnv } from '../events.js';
import type { Payload } from '../payload-cases.js';
import { findPayload } from '../pick.js';
import { refusalOf } from '../refusal.js';
import type { Established, InitAnswered } from '../states.js';

/** What there is in the answer behind AUTH, and what becomes of the IKE SA. */
export type Granted =
  | { readonly sa: Established; readonly payloads: readonly Payload[]; readonly actions: readonly IkeAction[] }
  | {
      /** The request is malformed where only an authenticated peer's is read: there is no IKE SA. */
      readonly fatal: IpsecError;
      readonly actions: readonly IkeAction[];
    };

/**
 * Gives what was asked for, or says why not.
 *
 * @param established the IKE SA, without Child SAs.
 * @param nonces of IKE_SA_INIT.
 * @param asked the payloads of the request. Without SA, TSi and TSr no Child SA is wanted (RFC 6023).
 */
export function grant(
  established: Established,
  { Ni, Nr }: Pick<InitAnswered, 'Ni' | 'Nr'>,
  asked: readonly Payload[],
  env: IkeEnv,
): Granted {
  const configured = attempt(() => configure(established, asked, env));
  if (configured instanceof IpsecError) return refuse(established, configured, []);
  const { config, leased } = configured;
  const release = leased.map((address): IkeAction => ({ type: 'releaseAddress', address }));
  const payloads = attempt(() => (config ? [encodeConfigurationReply(config)] : []));
  if (payloads instanceof IpsecError) {
    const error = new IpsecError('internal-address-failure', 'what `configure` gave', {
      blame: 'caller',
      found: payloads.message,
      cause: payloads,
    });
    return refuse(established, error, release);
  }
  const sa: Established = { ...established, leased };
  if (!findPayload(asked, 'SA')) return { sa, payloads, actions: [] };
  const accepted = attempt(() => acceptChild(sa, asked, env, { exchange: 'IKE_AUTH', Ni, Nr }));
  if (accepted instanceof IpsecError) return refuse(established, accepted, release);
  // RFC 7296 section 1.2: "Note that IKE_AUTH messages do not contain KEi/KEr or Ni/Nr payloads."
  if ('invalidKe' in accepted)
    return refuse(
      established,
      new IpsecError('no-proposal-chosen', 'a Child SA in IKE_AUTH', { expected: 'no group', found: 'one' }),
      release,
    );
  return {
    sa: { ...sa, children: [accepted.child] },
    payloads: [...payloads, ...accepted.payloads],
    actions: [...installChild(sa, accepted, 'now'), ...accepted.actions],
  };
}

/** What the initiator is to be told, if anything, and its addresses. */
export interface Configured {
  readonly config: Configuration | undefined;
  readonly leased: readonly Uint8Array[];
}

const nothing: Configured = { config: undefined, leased: [] };

/**
 * RFC 7296 section 2.19: "The responder MUST NOT send a CFG_REPLY without having first received a CP(CFG_REQUEST) from the initiator".
 *
 * @throws IpsecError `failed-cp-required`, `internal-address-failure`, or `malformed` for a request that cannot be read.
 */
export function configure({ connection, peerId }: Established, asked: readonly Payload[], env: IkeEnv): Configured {
  const request = findPayload(asked, 'CP');
  if (request?.cfgType !== 'CFG_REQUEST') {
    // RFC 7296 section 2.19: "In the case where the IRAS's configuration requires that CP be used for a given identity IDi, but IRAC has failed to send a
    // CP(CFG_REQUEST), IRAS MUST fail the request, and terminate the Child SA creation with a FAILED_CP_REQUIRED error."
    if (connection.requiresConfiguration !== true || !findPayload(asked, 'SA')) return nothing;
    throw new IpsecError('failed-cp-required', `a Child SA of connection ${connection.name}`, {
      expected: 'CP(CFG_REQUEST)',
      found: 'none',
    });
  }
  // RFC 7296 section 3.15.4: "If the responder does not support Configuration payloads at all, it can simply ignore all Configuration payloads."
  if (!env.configure) return nothing;
  const wanted = decodeConfigurationRequest(request);
  const config = env.configure(peerId, wanted, connection);
  if (config) return { config, leased: config.addresses.map(({ address }) => address) };
  // RFC 7296 section 3.15.4: "The responder sends INTERNAL_ADDRESS_FAILURE only if no addresses can be assigned."
  if (!wanted.wants.some((want) => want === 'ipv4' || want === 'ipv6')) return nothing;
  throw new IpsecError('internal-address-failure', `the configuration of a client of connection ${connection.name}`, {
    expected: 'an address that is free',
    found: 'none',
  });
}

/**
 * RFC 7296 section 2.21.2: "If authentication has succeeded in the IKE_AUTH exchange, the IKE SA is established; however, establishing the Child SA or
 * requesting configuration information may still fail. This failure does not automatically cause the IKE SA to be deleted."
 *
 * RFC 7296 section 2.21.2 of what does: "the UNSUPPORTED_CRITICAL_PAYLOAD, INVALID_SYNTAX, and AUTHENTICATION_FAILED notifications are the only ones to
 * cause the IKE SA to be deleted or not created, without a Delete payload."
 */
function refuse(sa: Established, error: IpsecError, release: readonly IkeAction[]): Granted {
  const notify = refusalOf(error);
  if (notify.notify === 'INVALID_SYNTAX') return { fatal: error, actions: release };
  return { sa, payloads: [notify], actions: [...release, { type: 'audit', event: 'refused', detail: error.message }] };
}
