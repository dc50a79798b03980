/**
 * Mode Config of the client: it asks for its address (pull), or waits until the gateway gives it one (push).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { ConfigurationRequest } from '../../keying/configuration.js';
import type { IkeEnv } from '../../keying/machine.js';
import { endSa } from '../commands.js';
import { establish } from '../establish.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { checkIdentifier, decodeModeConfig, encodeModeConfigAck, encodeModeConfigRequest, type ModeConfig } from '../mode-config.js';
import type { FirstMessage, OpenMessage } from '../requests.js';
import type { ConfigClient, Established } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { isXauth } from '../xauth.js';
import { aboutOf, attributesIn, createIdentifier, last } from './transaction.js';

/** Asks, or waits. */
export function beginConfig(sa: Omit<Established, 'state'>, wanted: ConfigurationRequest, env: IkeEnv): Outcome<ConfigClient> {
  const waiting: ConfigClient = { ...sa, state: 'CONFIG_CLIENT' };
  if (sa.connection.ikev1?.modeConfig === 'push') return { sa: waiting, actions: [] };
  const identifier = createIdentifier(env);
  const request: FirstMessage = {
    exchange: 'Transaction',
    payloads: [encodeModeConfigRequest(identifier, wanted)],
    awaitsAnswer: true,
    about: { kind: 'config-requested', identifier },
  };
  return { sa: waiting, begin: [request], actions: [] };
}

/** The gateway has answered. Where it has also pushed, and that came first, this changes nothing any more. */
export function finishConfigReply(sa: ConfigClient | Established, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  if (sa.state === 'ESTABLISHED') return { sa, actions: [] };
  const payload = attributesIn(message);
  const given = attempt(() => {
    checkIdentifier(payload, aboutOf(context, 'config-requested').identifier);
    return assignedBy(sa, decodeModeConfig(payload));
  });
  return given instanceof IpsecError ? endSa(sa, 'there is no address', given) : accept(sa, given, env);
}

/**
 * The gateway pushes, asked or not.
 *
 * @throws IpsecError `malformed` or `unsupported`: it is no configuration, or we are nobody's client.
 */
export function answerConfigSet(sa: ConfigClient | Established, message: OpenMessage, env: IkeEnv): Outcome {
  const payload = attributesIn(message);
  if (isXauth(payload)) throw new IpsecError('malformed', 'ISAKMP_CFG_SET', { blame: 'peer', expected: 'a configuration', found: 'XAUTH' });
  if (sa.connection.configuration === undefined)
    throw new IpsecError('unsupported', 'ISAKMP_CFG_SET', {
      blame: 'peer',
      expected: 'none: nobody here is to be configured',
      found: 'one',
    });
  if (sa.state === 'ESTABLISHED') {
    // Child SAs are there for the address that we have: nothing of this is taken, and the acknowledgement says so.
    const audit: Ikev1Action = { type: 'audit', event: 'notified', detail: 'a configuration behind the first one is not taken' };
    return { sa, send: last(encodeModeConfigAck({ ...payload, attributes: [] })), actions: [audit] };
  }
  const given = decodeModeConfig(payload);
  const send = last(encodeModeConfigAck(payload));
  const enough = attempt(() => assignedBy(sa, given));
  const outcome = enough instanceof IpsecError ? endSa(sa, 'there is no address', enough) : accept(sa, enough, env);
  return { ...outcome, send };
}

/** Whoever asks for an address needs one: throws `internal-address-failure` where there is none. */
function assignedBy({ connection }: ConfigClient, given: ModeConfig): ModeConfig {
  const wants = connection.configuration?.wants ?? [];
  const { addresses } = given.configuration;
  if (addresses.length > 0 || !wants.some((want) => want === 'ipv4' || want === 'ipv6')) return given;
  throw new IpsecError('internal-address-failure', `the configuration of connection ${connection.name}`, {
    expected: 'an address from the gateway',
    found: 'none',
  });
}

function accept(sa: ConfigClient, { configuration, banner }: ModeConfig, env: IkeEnv): Outcome {
  const told: Ikev1Action[] = banner === undefined ? [] : [{ type: 'audit', event: 'notified', detail: `the gateway says: ${banner}` }];
  const established = establish({ ...sa, assigned: configuration }, env);
  return { ...established, actions: [...established.actions, ...told] };
}
