/**
 * XAUTH (draft-ietf-ipsec-isakmp-xauth): a user proves who it is behind phase 1. Here is what its messages say; who says them is in `exchange/xauth-*.ts`.
 *
 * ```text
 *   gateway                                                         client
 *   ISAKMP_CFG_REQUEST  XAUTH-USER-NAME, XAUTH-USER-PASSWORD   -->
 *                                                              <--  ISAKMP_CFG_REPLY  the same, with what was asked for
 *   ISAKMP_CFG_SET      XAUTH-STATUS                           -->
 *                                                              <--  ISAKMP_CFG_ACK    XAUTH-STATUS
 * ```
 *
 * Both lines are exchanges of their own, with a Message ID each.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { PayloadOfType } from './payload-cases.js';
import { readableText, withoutNul } from './readable.js';
import type { XauthCredentials } from './requests.js';

/** The payload of the Transaction exchange. */
type Attributes = PayloadOfType<'ATTR'>;
type Attribute = Attributes['attributes'][number];

/** What is asked for, and which half of the credentials answers it: a password by its other names, too. */
const halves = {
  'XAUTH-USER-NAME': 'user',
  'XAUTH-USER-PASSWORD': 'password',
  'XAUTH-PASSCODE': 'password',
  'XAUTH-ANSWER': 'password',
} as const satisfies Partial<Record<Attribute['type'], keyof XauthCredentials>>;
type Wanted = keyof typeof halves;

/** XAUTH-TYPE: a name and a password, as they are. The only one here: others (RADIUS-CHAP, OTP, S/KEY) have died out. */
const GENERIC = 0;
/** XAUTH-STATUS: the user is who it says it is. */
const OK = 1;
const FAIL = 0;

/** Octets of a user's name, the same as RADIUS has room for. */
const longestName = 253;
/** Octets of a password. */
const longestPassword = 1024;

/** Whether a payload is about XAUTH, and not about Mode Config. */
export function isXauth({ attributes }: Attributes): boolean {
  return attributes.some(({ type }) => typeof type === 'string' && type.startsWith('XAUTH-'));
}

/** What a gateway asks for. */
export interface XauthRequest {
  /** Whether XAUTH-TYPE is there: then it stands in the reply, too. */
  readonly hasType: boolean;
  /** What is wanted, in order. */
  readonly wants: readonly Wanted[];
  /** What people are to see: XAUTH-MESSAGE, XAUTH-CHALLENGE. */
  readonly message: string | undefined;
}

/** A question for name and password. XAUTH-TYPE is left out, as strongSwan does: then it is the generic one. */
export function encodeXauthRequest(identifier: number): Attributes {
  return attributesOf('ISAKMP_CFG_REQUEST', identifier, [
    { type: 'XAUTH-USER-NAME', value: EMPTY },
    { type: 'XAUTH-USER-PASSWORD', value: EMPTY },
  ]);
}

/**
 * Reads a question.
 *
 * @throws IpsecError `malformed`: it is none. `unsupported`: one that names and passwords do not answer.
 */
export function decodeXauthRequest(payload: Attributes): XauthRequest {
  const what = 'a request of XAUTH';
  const { attributes } = payload;
  if (!isXauth(payload)) throw malformed(what, 'its attributes', 'none');
  const type = oneOf(attributes, 'XAUTH-TYPE', what)?.value;
  const wants = attributes.map((one) => one.type).filter((one): one is Wanted => typeof one === 'string' && Object.hasOwn(halves, one));
  if ((type !== undefined && type !== GENERIC) || wants.length === 0) {
    const found = type === undefined || type === GENERIC ? 'neither' : `XAUTH-TYPE ${describe(type)}`;
    throw new IpsecError('unsupported', what, { blame: 'peer', expected: 'XAUTH-USER-NAME or XAUTH-USER-PASSWORD, generic', found });
  }
  const texts = (['XAUTH-MESSAGE', 'XAUTH-CHALLENGE'] as const).map((one) => textOf(attributes, one));
  return { hasType: type !== undefined, wants, message: texts.filter((text) => text !== undefined).join(': ') || undefined };
}

/** The answer, with what was asked for and in that order. The octets of the password are not copied. */
export function encodeXauthReply(identifier: number, { hasType, wants }: XauthRequest, { user, password }: XauthCredentials): Attributes {
  const name = new TextEncoder().encode(user);
  const given = wants.map((type) => ({ type, value: halves[type] === 'user' ? name : password }));
  return attributesOf('ISAKMP_CFG_REPLY', identifier, hasType ? [{ type: 'XAUTH-TYPE', value: GENERIC }, ...given] : given);
}

/** The answer of a client that gives none: XAUTH-STATUS alone. */
export function encodeXauthRefusal(identifier: number): Attributes {
  return attributesOf('ISAKMP_CFG_REPLY', identifier, [{ type: 'XAUTH-STATUS', value: FAIL }]);
}

/**
 * Reads an answer. The password is a view into the payload.
 *
 * @throws IpsecError `authentication-failed` or `malformed`: the client has given up, or name or password are not there, there twice, no text, or too long.
 */
export function decodeXauthReply({ attributes }: Attributes): XauthCredentials {
  const what = 'an answer to XAUTH';
  if (attributes.some(({ type }) => type === 'XAUTH-STATUS'))
    throw failed(what, 'a name and a password', 'XAUTH-STATUS: the client gives up');
  const type = oneOf(attributes, 'XAUTH-TYPE', what)?.value;
  if (type !== undefined && type !== GENERIC) throw failed(what, 'XAUTH-TYPE generic', describe(type));
  const user = nameOf(octetsOf(attributes, 'XAUTH-USER-NAME', longestName, what));
  if (user === undefined) throw failed('XAUTH-USER-NAME', 'text', 'octets that are none, or that change how a line is read');
  return { user, password: octetsOf(attributes, 'XAUTH-USER-PASSWORD', longestPassword, what) };
}

/** Tells a client how it went. */
export function encodeXauthStatus(identifier: number, isAccepted: boolean): Attributes {
  return attributesOf('ISAKMP_CFG_SET', identifier, [{ type: 'XAUTH-STATUS', value: isAccepted ? OK : FAIL }]);
}

/**
 * Reads how it went.
 *
 * @throws IpsecError `malformed`: it does not say.
 */
export function decodeXauthStatus({ attributes }: Attributes): { readonly isAccepted: boolean; readonly message: string | undefined } {
  const what = 'the outcome of XAUTH';
  const status = oneOf(attributes, 'XAUTH-STATUS', what)?.value;
  if (typeof status !== 'number') throw malformed(what, 'XAUTH-STATUS, a number', status === undefined ? 'none' : describe(status));
  return { isAccepted: status === OK, message: textOf(attributes, 'XAUTH-MESSAGE') };
}

/** The client has heard it. */
export function encodeXauthAck(identifier: number): Attributes {
  return attributesOf('ISAKMP_CFG_ACK', identifier, [{ type: 'XAUTH-STATUS', value: EMPTY }]);
}

/** Whether text may be the name of a user. */
export function isUserName(user: string): boolean {
  const octets = new TextEncoder().encode(user);
  return octets.length <= longestName && nameOf(octets) === user;
}

/** A name, if octets are one. Nothing in it may end a line or turn it round: logs tell of it, and backends look it up. */
function nameOf(octets: Uint8Array): string | undefined {
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets);
  return name === '' || /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufffd]/u.test(name) ? undefined : name;
}

function attributesOf(cfgType: Attributes['cfgType'], identifier: number, attributes: readonly Attribute[]): Attributes {
  return { type: 'ATTR', cfgType, identifier, attributes };
}

/** The attribute of a type; undefined: there is none. Throws `malformed` where there are two. */
function oneOf(attributes: readonly Attribute[], type: Attribute['type'], what: string): Attribute | undefined {
  const [one, ...others] = attributes.filter((attribute) => attribute.type === type);
  if (others.length > 0) throw malformed(what, `one ${type}`, `${others.length + 1}`);
  return one;
}

function octetsOf(attributes: readonly Attribute[], type: Attribute['type'], longest: number, what: string): Uint8Array {
  const value = oneOf(attributes, type, what)?.value;
  if (value === undefined || typeof value === 'number') throw failed(what, `${type}`, value === undefined ? 'none' : 'a number');
  const octets = withoutNul(value);
  if (octets.length === 0 || octets.length > longest) throw failed(what, `1 to ${longest} octets of ${type}`, `${octets.length}`);
  return octets;
}

function textOf(attributes: readonly Attribute[], type: Attribute['type']): string | undefined {
  const value = attributes.find((attribute) => attribute.type === type)?.value;
  return value === undefined || typeof value === 'number' ? undefined : readableText(value);
}

function describe(value: number | Uint8Array): string {
  return typeof value === 'number' ? `${value}` : `${value.length} octets`;
}

function malformed(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { blame: 'peer', expected, found });
}

function failed(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', what, { expected, found });
}
