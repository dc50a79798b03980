/**
 * Mode Config of the gateway: it answers clients that ask (pull), at any time, or tells them behind phase 1 (push).
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { Configuration, ConfigurationRequest, InternalAddress } from '../../keying/configuration.js';
import type { IkeEnv } from '../../keying/machine.js';
import { refuseSa } from '../closing.js';
import { establish } from '../establish.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { checkIdentifier, decodeModeConfigRequest, encodeModeConfig, type ModeConfigAnswer } from '../mode-config.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { FirstMessage, OpenMessage } from '../requests.js';
import type { AuthenticatedSa, ConfigServer, Established } from '../states.js';
import type { Identity } from '../../traffic-selector.js';
import type { HandlerContext } from '../transition.js';
import { identityOfUser } from '../../keying/user.js';
import { isXauth } from '../xauth.js';
import { aboutOf, attributesIn, createIdentifier, last } from './transaction.js';

type Attributes = PayloadOfType<'ATTR'>;

/** What a client that did not ask is told. */
const everything: ConfigurationRequest = /* @__PURE__ */ Object.freeze({
  wants: /* @__PURE__ */ Object.freeze([
    'ipv4',
    'ipv6',
    'netmask',
    'dns4',
    'dns6',
    'domains',
    'nbns',
    'dhcp4',
    'dhcp6',
    'subnet4',
    'subnet6',
  ] as const),
});

/** Whether we are one that configures others. Who asks for its own address is none. */
export function isServer({ connection }: Omit<Established, 'state'>, env: IkeEnv): boolean {
  return env.configure !== undefined && connection.configuration === undefined;
}

/** Tells a client its address before it asks. Where there is none for it, it has to do without. */
export function pushConfig(sa: Omit<Established, 'state'>, env: IkeEnv): Outcome<ConfigServer | Established> {
  const identifier = createIdentifier(env);
  const given = configure(sa, everything, { cfgType: 'ISAKMP_CFG_SET', identifier }, env);
  if (given.payload === undefined) {
    const established = establish(sa, env);
    return { ...established, actions: [...established.actions, ...given.actions] };
  }
  const push: FirstMessage = {
    exchange: 'Transaction',
    payloads: [given.payload],
    awaitsAnswer: true,
    about: { kind: 'config-pushed', identifier },
  };
  return { sa: { ...sa, state: 'CONFIG_SERVER', leased: given.leased }, begin: [push], actions: given.actions };
}

/**
 * A client asks. One that does before it has heard of what is pushed is served, and may go on: its acknowledgement changes nothing any more.
 *
 * @throws IpsecError `malformed`: it asks for something else, or in another way.
 */
export function answerConfigRequest(sa: ConfigServer | Established, message: OpenMessage, env: IkeEnv): Outcome {
  const asked = attributesIn(message);
  if (isXauth(asked)) throw new IpsecError('malformed', 'ISAKMP_CFG_REQUEST', { blame: 'peer', expected: 'Mode Config', found: 'XAUTH' });
  const answer = { cfgType: 'ISAKMP_CFG_REPLY', identifier: asked.identifier, asked } as const;
  const given = configure(sa, decodeModeConfigRequest(asked), answer, env);
  const send = last(given.payload ?? encodeModeConfig({}, answer));
  const next = { ...sa, leased: given.leased };
  if (next.state === 'ESTABLISHED') return { sa: next, send, actions: given.actions };
  const established = establish(next, env);
  return { ...established, send, actions: [...established.actions, ...given.actions] };
}

/** The client has heard what was pushed. What it takes of it is its own business. */
export function finishConfigAck(sa: ConfigServer | Established, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const { identifier } = aboutOf(context, 'config-pushed');
  if (sa.state === 'ESTABLISHED') return { sa, actions: [] };
  const wrong = attempt(() => {
    checkIdentifier(attributesIn(message), identifier);
  });
  return wrong instanceof IpsecError ? refuseSa(sa, wrong, 'PAYLOAD-MALFORMED') : establish(sa, env);
}

/** What a client is to be told. */
interface Given {
  /** Undefined: nothing. */
  readonly payload: Attributes | undefined;
  /** What it has from now on. */
  readonly leased: readonly Uint8Array[];
  readonly actions: readonly Ikev1Action[];
}

/**
 * Leases addresses, or finds those that the client has: Child SAs may be there for these, so that it keeps them for as long as this IKE SA is there, however
 * often it asks and whatever it asks for.
 */
function configure(sa: Omit<AuthenticatedSa, 'state'>, request: ConfigurationRequest, answer: ModeConfigAnswer, env: IkeEnv): Given {
  const { leased, connection } = sa;
  const nothing = (actions: readonly Ikev1Action[]): Given => ({ payload: undefined, leased, actions });
  if (connection.configuration !== undefined) return nothing([]);
  // An address that came with an older IKE SA may be among them twice.
  const once = leased.filter((address, i) => leased.findIndex((other) => equalBytes(other, address)) === i);
  const had = once.map((address): InternalAddress => ({ address }));
  const previous = [...had, ...(request.previous ?? []).filter(({ address }) => !isThere(leased, address))];
  const config = env.configure?.(clientOf(sa), { ...request, previous }, connection);
  if (!config && leased.length === 0)
    return nothing([{ type: 'audit', event: 'refused', detail: `Mode Config of connection ${connection.name}: there is no address` }]);
  const fresh = config?.addresses ?? [];
  const kept = fresh.filter(({ address }) => !isThere(leased, address));
  const told: Partial<Configuration> = { ...config, addresses: [...had.filter(({ address }) => isWanted(request, address)), ...kept] };
  const release = (all: readonly InternalAddress[]): Ikev1Action[] => all.map(({ address }) => ({ type: 'releaseAddress', address }));
  const payload = attempt(() => encodeModeConfig(told, answer));
  if (payload instanceof IpsecError)
    return nothing([{ type: 'audit', event: 'refused', detail: `what \`configure\` gave: ${payload.message}` }, ...release(fresh)]);
  // An address of the same IKE SA was leased once more: once is enough.
  return {
    payload,
    leased: [...leased, ...kept.map(({ address }) => address)],
    actions: release(fresh.filter((address) => !kept.includes(address))),
  };
}

/** Addresses belong to the user, where there is one: phase 1 may have proved a whole group. */
function clientOf({ user, peerId, connection }: Omit<AuthenticatedSa, 'state'>): Identity {
  return user === undefined || connection.ikev1?.xauth !== 'server' ? peerId : identityOfUser(user);
}

/** Whether there is an address of that family. */
function isThere(leased: readonly Uint8Array[], { length }: Uint8Array): boolean {
  return leased.some((address) => address.length === length);
}

function isWanted({ wants }: ConfigurationRequest, { length }: Uint8Array): boolean {
  return wants.includes(length === 4 ? 'ipv4' : 'ipv6');
}
