/**
 * XAUTH of the client: the gateway, which phase 1 has proved, asks who the user is, and says whether it believes it.
 *
 * @module
 */
import { isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import { secretsIn } from '../../keying/asks.js';
import type { IkeEnv } from '../../keying/machine.js';
import { closeSa } from '../closing.js';
import { endSa } from '../commands.js';
import type { Outcome } from '../events.js';
import type { AskXauthClient, OpenMessage, XauthCredentials } from '../requests.js';
import type { XauthClient } from '../states.js';
import type { HandlerContext } from '../transition.js';
import {
  decodeXauthRequest,
  decodeXauthStatus,
  encodeXauthAck,
  encodeXauthRefusal,
  encodeXauthReply,
  isUserName,
  type XauthRequest,
} from '../xauth.js';
import { afterXauth } from './after-xauth.js';
import { attributesIn, last } from './transaction.js';

/** How often a gateway may ask: after a slip of the fingers, or for the next number of a token. More of it only gathers passwords. */
const mostRequests = 5;

/**
 * The gateway asks for a name and a password. A question that nobody can answer is answered by XAUTH-STATUS, and ends the IKE SA.
 *
 * @throws IpsecError `malformed`: it asks for something else.
 */
export function answerXauthRequest(sa: XauthClient, message: OpenMessage, _env: IkeEnv, { answers }: HandlerContext): Outcome {
  const payload = attributesIn(message);
  const request = attempt(() => decodeXauthRequest(payload));
  if (request instanceof IpsecError) {
    if (request.code !== 'unsupported') throw request;
    return giveUp(sa, payload.identifier, request);
  }
  if (sa.requests >= mostRequests)
    return giveUp(sa, payload.identifier, failed(sa, `${mostRequests} questions of the gateway at the most`, 'one more'));
  const answered = answers.find(({ ask }) => ask.kind === 'xauth' && ask.role === 'client');
  if (!answered) return { sa, ask: askOf(sa, request), actions: [] };
  const { value } = answered;
  if (!isCredentials(value)) {
    const found = value instanceof IpsecError ? value.message : 'an answer of another form';
    const end = giveUp(sa, payload.identifier, failed(sa, 'a name of 1 to 253 octets and a password', found));
    return { ...end, actions: [...end.actions, { type: 'wipe', secrets: secretsIn(value) }] };
  }
  return {
    sa: { ...sa, requests: sa.requests + 1, claimed: value.user },
    send: last(encodeXauthReply(payload.identifier, request, value)),
    actions: [{ type: 'wipe', secrets: [value.password] }],
  };
}

/**
 * The gateway says whether it believes us. That it believes somebody whom it has not asked is no answer: a user who is to be asked for would never have been.
 *
 * @throws IpsecError `malformed`: it says something else, or that.
 */
export function answerXauthStatus(sa: XauthClient, message: OpenMessage, env: IkeEnv): Outcome {
  const payload = attributesIn(message);
  const status = decodeXauthStatus(payload);
  const { requests, claimed, ...rest } = sa;
  const send = last(encodeXauthAck(payload.identifier));
  if (!status.isAccepted) {
    const said = status.message === undefined ? '' : `: ${JSON.stringify(status.message)}`;
    const error = failed(sa, 'XAUTH-STATUS OK', `the gateway has refused ${claimed === undefined ? 'us' : JSON.stringify(claimed)}${said}`);
    return { ...closeSa(sa, 'the peer refused us', error), send };
  }
  if (requests === 0)
    throw new IpsecError('malformed', 'XAUTH-STATUS', { blame: 'peer', expected: 'a question for the user in front', found: 'OK' });
  return { ...afterXauth({ ...rest, user: claimed }, env), send };
}

function askOf({ localId, peerId }: XauthClient, { message }: XauthRequest): AskXauthClient {
  return { kind: 'xauth', role: 'client', localId, peerId, message };
}

/** The gateway is told that there is no answer, and that the IKE SA is over. */
function giveUp(sa: XauthClient, identifier: number, error: IpsecError): Outcome {
  return { ...endSa(sa, 'there was no answer to XAUTH', error), send: last(encodeXauthRefusal(identifier)) };
}

function failed({ connection: { name } }: XauthClient, expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', `XAUTH of connection ${name}`, { expected, found });
}

function isCredentials(value: unknown): value is XauthCredentials {
  if (typeof value !== 'object' || value === null) return false;
  const { user, password } = value as Partial<Record<keyof XauthCredentials, unknown>>;
  return typeof user === 'string' && isUserName(user) && isBytes(password);
}
