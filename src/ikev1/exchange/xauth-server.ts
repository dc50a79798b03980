/**
 * XAUTH of the gateway: it asks who the user is, has somebody decide, and tells the client.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeEnv } from '../../keying/machine.js';
import { refuseSa } from '../closing.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { checkIdentifier } from '../mode-config.js';
import type { Answered, AskXauthServer, FirstMessage, OpenMessage } from '../requests.js';
import type { Established, XauthServer } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { decodeXauthReply, encodeXauthRequest, encodeXauthStatus } from '../xauth.js';
import { afterXauth } from './after-xauth.js';
import { aboutOf, attributesIn, createIdentifier } from './transaction.js';

/** Asks for the name and the password of the user. */
export function beginXauth(sa: Omit<Established, 'state'>, env: IkeEnv): Outcome<XauthServer> {
  const identifier = createIdentifier(env);
  const request: FirstMessage = {
    exchange: 'Transaction',
    payloads: [encodeXauthRequest(identifier)],
    awaitsAnswer: true,
    about: { kind: 'xauth-requested', identifier },
  };
  return { sa: { ...sa, state: 'XAUTH_SERVER' }, begin: [request], actions: [] };
}

/**
 * The client has answered. There is one answer: whoever gives a wrong one, or none, has to begin with phase 1 again, which is what slows down those that try
 * passwords.
 */
export function finishXauthReply(sa: XauthServer, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const payload = attributesIn(message);
  const given = attempt(() => {
    checkIdentifier(payload, aboutOf(context, 'xauth-requested').identifier);
    return decodeXauthReply(payload);
  });
  if (given instanceof IpsecError) return tell(sa, given, [], env);
  const { user, password } = given;
  const answered = answerIn(context.answers);
  if (!answered) return { sa, ask: { kind: 'xauth', role: 'server', peerId: sa.peerId, user, password }, actions: [] };
  const wiped: Ikev1Action = { type: 'wipe', secrets: [password, answered.ask.password] };
  const error = explain(sa, user, answered.value);
  if (error) return tell(sa, error, [wiped], env);
  return tell({ ...sa, user }, undefined, [wiped], env);
}

/** The client has heard how it went. */
export function finishXauthAck(sa: XauthServer, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const { identifier, error } = aboutOf(context, 'xauth-status');
  if (error) return refuseSa(sa, error);
  const wrong = attempt(() => {
    checkIdentifier(attributesIn(message), identifier);
  });
  return wrong instanceof IpsecError ? refuseSa(sa, wrong, 'PAYLOAD-MALFORMED') : afterXauth(sa, env);
}

/** Tells the client how it went. @param error it is refused. */
function tell(sa: XauthServer, error: IpsecError | undefined, actions: readonly Ikev1Action[], env: IkeEnv): Outcome {
  const identifier = createIdentifier(env);
  const status: FirstMessage = {
    exchange: 'Transaction',
    payloads: [encodeXauthStatus(identifier, error === undefined)],
    awaitsAnswer: true,
    about: { kind: 'xauth-status', identifier, error },
  };
  const audit: Ikev1Action[] = error ? [{ type: 'audit', event: 'refused', detail: error.message }] : [];
  return { sa, begin: [status], actions: [...audit, ...actions] };
}

function answerIn(answers: readonly Answered[]): { readonly ask: AskXauthServer; readonly value: unknown } | undefined {
  for (const { ask, value } of answers) if (ask.kind === 'xauth' && ask.role === 'server') return { ask, value };
  return undefined;
}

/** Why a user is refused; undefined: it is not. Nothing but `accepted` lets anybody in. */
function explain({ connection: { name } }: XauthServer, user: string, value: unknown): IpsecError | undefined {
  if (value === 'accepted') return undefined;
  const found = value instanceof IpsecError ? value.message : 'an answer that is neither `accepted` nor an IpsecError';
  return new IpsecError('authentication-failed', `the user ${JSON.stringify(user)} of connection ${name}`, { found, cause: value });
}
