/**
 * What a method over TLS needs of a TLS engine: octets in, octets out, no socket. `ipsec-ts/node` has one over `node:tls`.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { MaybeAsync } from './types.js';

/** A version of TLS that the keys of a method are defined for. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** An engine with credentials and trust anchors already inside. */
export interface TlsEngine {
  /** What it is, for messages: `node:tls`. */
  readonly name: string;
  /** Whether it judges certificates itself ({@link TlsProgress.verdict}). If not, the method wants a `verifyPeer`. */
  readonly verifiesPeers: boolean;
  /** Begins a handshake, without resumption. @throws IpsecError what the engine cannot do or was not given */
  createSession(wish: TlsWish): TlsSession;
}

/** What a session is to be. */
export interface TlsWish {
  /** An EAP peer is the client, an authenticator the server. A server asks for a certificate. */
  readonly role: 'client' | 'server';
  /** What may be negotiated; at least one. */
  readonly versions: readonly TlsVersion[];
  /** As client, for the engine's own verdict: the server's certificate has to hold one of these names. Empty: names are no business of the engine. */
  readonly serverNames: readonly string[];
}

/** A handshake and what comes after it. Nothing that the other side sends may throw: that is told in {@link TlsProgress.error}. */
export interface TlsSession {
  /**
   * Takes TLS records of the other side, and runs until there is nothing more to do without more of them.
   *
   * @param input whole records or parts of them; empty as client: begin
   */
  advance(input: Uint8Array): MaybeAsync<TlsProgress>;
  /** Protects application data. @returns TLS records. @throws IpsecError before the handshake is done, or when the session has ended */
  protect(data: Uint8Array): MaybeAsync<Uint8Array>;
  /**
   * RFC 5705, or RFC 8446 section 7.5, which with TLS 1.2 and without a context is the PRF that RFC 5216 section 2.3 wants.
   *
   * @param context undefined: none
   * @returns `length` octets that the caller owns
   * @throws IpsecError before the handshake is done, or when the session has ended
   */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array;
  /** Ends it without a word, and forgets its secrets. */
  destroy(): void;
}

/** Where a session stands. */
export interface TlsProgress {
  /** TLS records for the other side: all of the flight, alerts too. Empty: it waits. */
  readonly output: Uint8Array;
  /** Application data that came. */
  readonly data: Uint8Array;
  /** Whether the handshake is done, so that both Finished have been verified or, TLS 1.3 as client, the server's. */
  readonly isDone: boolean;
  /** What was negotiated, once that is known. */
  readonly version: TlsVersion | undefined;
  /** DER, that of the other side first, then those that issued it. As early as the engine can tell, so that nothing more is sent to the wrong one. */
  readonly certificates: readonly Uint8Array[] | undefined;
  /** Of an engine that verifies, when the handshake is done: whether path, purpose and name are in order. */
  readonly verdict: 'trusted' | IpsecError | undefined;
  /** It is over: an alert, a broken record, a close. `output` may hold an alert that is still to be sent. */
  readonly error: IpsecError | undefined;
}
