/**
 * Cookies (RFC 7296 section 2.6): a responder that is flooded with requests from forged addresses keeps nothing of a request until its sender
 * has shown that it receives what is sent to its address. Nothing here holds a request, a peer or a cookie; two secrets are all there is.
 *
 * @module
 */
import { EMPTY, equalBytes, writeU16 } from '../bytes.js';
import { hmacSha256_128 as mac } from '../suite/integ.js';
import type { FillRandom } from '../suite/types.js';

/** One secret. */
export interface CookieSecret {
  /** <VersionIDofSecret>: the first octet of its cookies. */
  readonly version: number;
  /** <secret>: 32 octets. */
  readonly key: Uint8Array;
  /** Milliseconds: when it was made. */
  readonly createdAt: number;
}

/** What cookies are made and recognized with: a value, replaced and never changed. */
export interface CookieSecrets {
  /** Makes cookies, and recognizes them. */
  readonly current: CookieSecret;
  /**
   * Recognizes cookies only. RFC 7296 section 2.6: "it MAY keep the old value of <secret> around for a short time and accept cookies computed
   * from either one."
   */
  readonly previous?: CookieSecret;
}

/** What a cookie is bound to: an IKE_SA_INIT request and where it came from. */
export interface CookieInput {
  /** Data of the Nonce payload. */
  readonly Ni: Uint8Array;
  /** IPi: the source address that the request showed, 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Its source port, to bind the cookie to that, too; absent or 0: any port. */
  readonly port?: number | undefined;
  /** SPIi: 8 octets. */
  readonly spiI: Uint8Array;
}

/**
 * Milliseconds after which a secret makes no more cookies. RFC 7296 section 2.6: "The responder should change the value of <secret> frequently,
 * especially if under attack." A cookie lives once to twice as long: longer than an initiator goes on sending its request.
 */
const lifetime = 30_000;

/** A first secret. @param random fills 32 octets. @param now milliseconds on the caller's monotonic clock. */
export function createCookieSecrets(random: FillRandom, now: number): CookieSecrets {
  return { current: createSecret(0, random, now) };
}

/**
 * Secrets that are not too old: a new one where the present one has served for 30 seconds, and otherwise the same value. To be called before each
 * use: RFC 7296 section 2.6: "The responder should not accept cookies indefinitely after <secret> is changed, since that would defeat part of the
 * DoS protection."
 */
export function rotateCookieSecrets(secrets: CookieSecrets, random: FillRandom, now: number): CookieSecrets {
  const { current } = secrets;
  const age = now - current.createdAt;
  if (age < lifetime) return secrets;
  // RFC 7296 section 2.6: "<VersionIDofSecret> should be changed whenever <secret> is regenerated."
  const next = createSecret((current.version + 1) & 0xff, random, now);
  return age < 2 * lifetime ? { current: next, previous: current } : { current: next };
}

/**
 * The data of a COOKIE notification, 17 octets: a version, and HMAC-SHA-256-128 where the RFC's example has a hash.
 *
 * RFC 7296 section 2.6: "Cookie = <VersionIDofSecret> | Hash(Ni | IPi | SPIi | <secret>)"
 *
 * @example
 * ```ts
 * import { computeCookie, createCookieSecrets, createNotify, rotateCookieSecrets, verifyCookie } from 'ipsec-ts/ike';
 *
 * const random = (target: Uint8Array): void => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
 * const secrets = createCookieSecrets(random, 0);
 * const request = { Ni: new Uint8Array(32), spiI: new Uint8Array(8).fill(1), address: Uint8Array.of(192, 0, 2, 1) };
 * const answer = createNotify('COOKIE', computeCookie(secrets, request));
 *
 * const later = rotateCookieSecrets(secrets, random, 40_000);
 * if (!verifyCookie(later, request, answer.data)) throw new Error('the secret before is still good');
 * const forged = { ...request, address: Uint8Array.of(192, 0, 2, 2) };
 * if (verifyCookie(later, forged, answer.data)) throw new Error('another address');
 * ```
 */
export function computeCookie(secrets: CookieSecrets, input: CookieInput): Uint8Array {
  return cookieOf(secrets.current, input);
}

/**
 * Whether a cookie is one of ours for this request. The comparison takes the same time wherever it differs.
 *
 * RFC 7296 section 2.6: "When one party receives an IKE_SA_INIT request containing a cookie whose contents do not match the value expected, that
 * party MUST ignore the cookie and process the message as if no cookie had been included".
 *
 * @param cookie the data of the COOKIE notification, of any length.
 */
export function verifyCookie(secrets: CookieSecrets, input: CookieInput, cookie: Uint8Array): boolean {
  const secret = [secrets.current, secrets.previous].find((s) => s?.version === cookie[0]);
  return secret !== undefined && equalBytes(cookieOf(secret, input), cookie);
}

function createSecret(version: number, random: FillRandom, now: number): CookieSecret {
  const key = new Uint8Array(mac.keyLength);
  random(key);
  return { version, key, createdAt: now };
}

/**
 * The order is not that of the RFC's example: with Ni first, whose length the initiator chooses, the end of Ni and the beginning of IPi could
 * change places, and a cookie that came to an IPv6 address would be good for an IPv4 address that equals its last 4 octets.
 */
function cookieOf({ version, key }: CookieSecret, { Ni, address, port = 0, spiI }: CookieInput): Uint8Array {
  const cookie = new Uint8Array(1 + mac.icvLength);
  cookie[0] = version;
  const place = new Uint8Array(3);
  writeU16(place, 0, port);
  place[2] = address.length;
  const context = mac.create(key);
  context.begin(EMPTY);
  for (const part of [spiI, place, address, Ni]) context.update(part, 0, part.length);
  context.finishInto(cookie, 1);
  context.destroy();
  return cookie;
}
