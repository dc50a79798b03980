/**
 * The hashes of MS-CHAP-V2 (RFC 2759 section 8) and the keys that come out of them (RFC 3079 section 3). Names are near those of the pseudocode there.
 *
 * Their weakness: the response is three DES blocks under 16 octets that are made of the password alone. Who has seen one on the wire finds these octets by trying
 * out 2^56 keys, and needs nothing more to log in. So it belongs inside a tunnel whose other end has proved itself.
 *
 * @module
 */
import { concat, toHex, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { encryptDesBlock, md4 } from '../suite/legacy.js';
import { sha1 } from '../suite/sha1.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** RFC 2759 section 8.7: Magic1 and Magic2, which are text. */
const SERVER_TO_CLIENT = 'Magic server to client signing constant';
const PAD = 'Pad to make it do more than one iteration';
/** RFC 3079 section 3.4: Magic1, Magic2 and Magic3, which are text as well. */
const MASTER_KEY = 'This is the MPPE Master Key';
const CLIENT_SENDS = 'On the client side, this is the send key; on the server side, it is the receive key.';
const CLIENT_RECEIVES = 'On the client side, this is the receive key; on the server side, it is the send key.';

/** A password, or the hash that is all that is needed of it. */
export type Mschapv2Password =
  | string
  | {
      /** {@link computeNtPasswordHash}: 16 octets; the caller's: they are copied. */
      readonly ntHash: Uint8Array;
    };

/** What both sides put into the response. */
export interface Mschapv2Challenge {
  /** 16 random octets of the authenticator. */
  readonly authenticatorChallenge: Uint8Array;
  /** 16 random octets of the peer. */
  readonly peerChallenge: Uint8Array;
  /** The user name, as the peer presents it; a Windows domain and a backslash in front are left out. */
  readonly userName: string;
}

/**
 * NtPasswordHash, RFC 2759 section 8.3: MD4 of the password in UTF-16, little-endian. Who has it can log in as well as who has the password.
 *
 * @returns 16 octets.
 */
export function computeNtPasswordHash(password: string): Uint8Array {
  const octets = new Uint8Array(2 * password.length);
  for (let i = 0; i < password.length; i++) {
    octets[2 * i] = password.charCodeAt(i);
    octets[2 * i + 1] = password.charCodeAt(i) >>> 8;
  }
  const hash = md4(octets);
  wipe(octets);
  return hash;
}

/** The hash of a password, for the caller to wipe. */
export function hashOf(password: Mschapv2Password): Uint8Array {
  return typeof password === 'string' ? computeNtPasswordHash(password) : password.ntHash.slice();
}

/**
 * ChallengeHash, RFC 2759 section 8.2.
 *
 * @returns 8 octets.
 */
export function computeChallengeHash({ authenticatorChallenge, peerChallenge, userName }: Mschapv2Challenge): Uint8Array {
  // "Only the user name (as presented by the peer and excluding any prepended domain name) is used as input to SHAUpdate()."
  const name = new TextEncoder().encode(userName.slice(userName.indexOf('\\') + 1));
  return sha1(peerChallenge, authenticatorChallenge, name).subarray(0, 8);
}

/**
 * ChallengeResponse of the challenge hash, RFC 2759 sections 8.1 and 8.5.
 *
 * @param passwordHash {@link computeNtPasswordHash}.
 * @returns 24 octets.
 * @throws IpsecError `invalid-argument` for a hash of another length than 16.
 *
 * @example
 * ```ts
 * import { computeNtPasswordHash, computeNtResponse } from 'ipsec-ts/eap';
 *
 * const challenge = { authenticatorChallenge: new Uint8Array(16), peerChallenge: new Uint8Array(16).fill(1), userName: 'BIGCO\\johndoe' };
 * const response = computeNtResponse(challenge, computeNtPasswordHash('clientPass'));
 * if (response.length !== 24) throw new Error('three DES blocks');
 * ```
 */
export function computeNtResponse(challenge: Mschapv2Challenge, passwordHash: Uint8Array): Uint8Array {
  if (passwordHash.length !== 16) {
    throw new IpsecError('invalid-argument', 'the NT hash of a password', { expected: '16 octets', found: String(passwordHash.length) });
  }
  const hash = computeChallengeHash(challenge);
  // "Set ZPasswordHash to PasswordHash zero-padded to 21 octets": of the last key only 16 bits are unknown
  const keys = new Uint8Array(21);
  keys.set(passwordHash);
  const response = concat(...[0, 7, 14].map((at) => encryptBlock(keys.subarray(at, at + 7), hash)));
  wipe(keys);
  return response;
}

/** DesEncrypt, RFC 2759 section 8.6: seven bits of the key stand in each octet, and the lowest bit, the parity, is ignored. */
function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const spread = new Uint8Array(8);
  for (let i = 0; i < 8; i++) spread[i] = ((i > 0 ? key[i - 1]! << (8 - i) : 0) | (i < 7 ? key[i]! >>> i : 0)) & 0xfe;
  const encrypted = encryptDesBlock(spread, block);
  wipe(spread);
  return encrypted;
}

/**
 * GenerateAuthenticatorResponse, RFC 2759 section 8.7: by this the authenticator shows that it has the password's hash, too.
 *
 * @param ntResponse {@link computeNtResponse}: the 24 octets that the peer sent.
 * @returns 20 octets; on the wire they are `S=` and 40 upper-case digits, see {@link formatAuthenticatorResponse}.
 */
export function computeAuthenticatorResponse(challenge: Mschapv2Challenge, passwordHash: Uint8Array, ntResponse: Uint8Array): Uint8Array {
  const hashHash = md4(passwordHash);
  const digest = sha1(hashHash, ntResponse, ascii(SERVER_TO_CLIENT));
  wipe(hashHash);
  return sha1(digest, computeChallengeHash(challenge), ascii(PAD));
}

/** The authenticator response as text. RFC 2759 section 5: "The hexadecimal digits A-F (if present) MUST be uppercase." */
export function formatAuthenticatorResponse(response: Uint8Array): string {
  return `S=${toHex(response).toUpperCase()}`;
}

/**
 * The MSK of EAP-MSCHAPv2: the two 128-bit keys of RFC 3079 section 3.3, first that by which the client sends, then that by which it receives, and 32 zeros.
 *
 * @returns 64 octets.
 */
export function deriveMschapv2Msk(passwordHash: Uint8Array, ntResponse: Uint8Array): Uint8Array {
  const hashHash = md4(passwordHash);
  const masterKey = sha1(hashHash, ntResponse, ascii(MASTER_KEY));
  const [shsPad1, shsPad2] = [new Uint8Array(40), new Uint8Array(40).fill(0xf2)];
  const msk = new Uint8Array(64);
  [CLIENT_SENDS, CLIENT_RECEIVES].forEach((direction, i) => {
    const key = sha1(masterKey.subarray(0, 16), shsPad1, ascii(direction), shsPad2);
    msk.set(key.subarray(0, 16), 16 * i);
    wipe(key);
  });
  wipe(hashHash, masterKey);
  return msk;
}
