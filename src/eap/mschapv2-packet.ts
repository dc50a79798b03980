/**
 * The packets of MS-CHAP-V2 (RFC 2759 sections 3 to 6), as EAP-MSCHAPv2 carries them: OpCode is the Code of CHAP, and MS-CHAPv2-ID its Identifier.
 *
 * @module
 */
import { fromHex, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { bytes, constant, decode, encode, lengthOf, reserved, rest, struct, u16, u8 } from '../wire.js';
import { formatAuthenticatorResponse } from './mschapv2-hash.js';
import { encodeText, quote } from './text.js';

/** OpCodes. */
export const opCodes = { Challenge: 1, Response: 2, Success: 3, Failure: 4 } as const;

/**
 * Challenge, RFC 2759 section 3: "MS-CHAP-V2 authenticators send an 16-octet challenge Value field."
 *
 * ```text
 *   |    OpCode     |  MS-CHAPv2-ID |          MS-Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Value-Size   |  Challenge, 16 octets
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Server Name ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const challenge = /* @__PURE__ */ struct({
  opCode: constant(u8, 1),
  id: u8,
  length: lengthOf(u16),
  valueSize: constant(u8, 16),
  challenge: bytes(16),
  name: rest,
});

/**
 * Response, RFC 2759 section 4: Peer-Challenge, eight octets "Reserved, must be zero", NT-Response, Flags; then the Name of the user.
 *
 * ```text
 *   |    OpCode     |  MS-CHAPv2-ID |          MS-Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Value-Size   |  Response, 49 octets
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Name ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const response = /* @__PURE__ */ struct({
  opCode: constant(u8, 2),
  id: u8,
  length: lengthOf(u16),
  valueSize: constant(u8, 49),
  peerChallenge: bytes(16),
  reserved: reserved(8),
  ntResponse: bytes(24),
  flags: reserved(1),
  name: rest,
});

/** Success and Failure of the authenticator: a Message, which "contrary to the standard CHAP rules, does affect the operation of the protocol". */
const message = /* @__PURE__ */ struct({ opCode: u8, id: u8, length: lengthOf(u16), message: rest });

/** What follows from a Failure, RFC 2759 section 6. */
export interface Mschapv2Failure {
  /** A number and, where it is known, its name; `no error code` where none stands there. */
  readonly error: string;
  /** Whether the authenticator would take another try. */
  readonly mayRetry: boolean;
  /** Its message for people, in quotes; empty: none. */
  readonly message: string;
}

/** RFC 2759 section 6. */
const errorNames: Readonly<Record<string, string>> = {
  646: 'ERROR_RESTRICTED_LOGON_HOURS',
  647: 'ERROR_ACCT_DISABLED',
  648: 'ERROR_PASSWD_EXPIRED',
  649: 'ERROR_NO_DIALIN_PERMISSION',
  691: 'ERROR_AUTHENTICATION_FAILURE',
  709: 'ERROR_CHANGING_PASSWORD',
};

const options = { path: ['mschapv2'] };

/** Writes a Challenge. */
export function encodeChallenge(id: number, value: Uint8Array, name: string): Uint8Array {
  return encode(challenge, { id, challenge: value, name: encodeText(name) });
}

/** Reads a Challenge. Throws `truncated` or `malformed`. */
export function decodeChallenge(data: Uint8Array): { id: number; challenge: Uint8Array; name: Uint8Array } {
  return decode(challenge, data, options);
}

/** Writes a Response. */
export function encodeResponse(id: number, peerChallenge: Uint8Array, ntResponse: Uint8Array, name: string): Uint8Array {
  return encode(response, { id, peerChallenge, ntResponse, name: encodeText(name) });
}

/** Reads a Response. Throws `truncated` or `malformed`. */
export function decodeResponse(data: Uint8Array): { id: number; peerChallenge: Uint8Array; ntResponse: Uint8Array; name: Uint8Array } {
  return decode(response, data, options);
}

/** Writes the authenticator's Success, RFC 2759 section 5: "S=<auth_string> M=<message>". */
export function encodeSuccess(id: number, authenticatorResponse: Uint8Array): Uint8Array {
  const text = `${formatAuthenticatorResponse(authenticatorResponse)} M=OK`;
  return encode(message, { opCode: opCodes.Success, id, message: encodeText(text) });
}

/** The 20 octets of the authenticator response in a Success. Throws `truncated` or `malformed`. */
export function decodeSuccess(data: Uint8Array): Uint8Array {
  const { message: octets } = decode(message, data, options);
  const text = asciiOf(octets.subarray(0, 42));
  if (/^S=[0-9A-F]{40}$/.test(text)) return fromHex(text.slice(2));
  throw new IpsecError('malformed', 'the Success of MSCHAPv2', {
    blame: 'peer',
    expected: 'S= and 40 upper-case digits',
    found: quote(text),
  });
}

/** Writes the authenticator's Failure: wrong name or password, and no retry. RFC 2759 section 6 on the challenge: "MUST be exactly 32 octets long and MUST be present." */
export function encodeFailure(id: number, nextChallenge: Uint8Array): Uint8Array {
  const text = `E=691 R=0 C=${toHex(nextChallenge).toUpperCase()} V=3 M=Authentication failed`;
  return encode(message, { opCode: opCodes.Failure, id, message: encodeText(text) });
}

/**
 * Reads the authenticator's Failure. What is missing in it or odd changes nothing: it has failed. RFC 2759 section 6: "implementations should deal with codes not
 * on this list gracefully."
 *
 * @throws IpsecError `truncated` or `malformed` where not even its header is right.
 */
export function decodeFailure(data: Uint8Array): Mschapv2Failure {
  const text = asciiOf(decode(message, data, options).message.subarray(0, 1020));
  const code = /(?:^| )E=(\d{1,10})(?: |$)/.exec(text)?.[1];
  const words = /(?:^| )M=(.*)$/s.exec(text)?.[1]?.replace(/\0+$/, '') ?? '';
  const name = code === undefined ? undefined : errorNames[code];
  return {
    error: code === undefined ? 'no error code' : `error ${code}${name === undefined ? '' : ` ${name}`}`,
    mayRetry: /(?:^| )R=1(?: |$)/.test(text),
    message: words === '' ? '' : quote(words),
  };
}

/** The peer's Success or Failure is its OpCode alone. */
export function encodeResult(opCode: 3 | 4): Uint8Array {
  return Uint8Array.of(opCode);
}

/** Characters 0 to 255: no octet is lost, and nothing is thrown. */
function asciiOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
}
