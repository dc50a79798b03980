/**
 * EAP-TLS as authenticator: the server of the handshake (RFC 5216 section 2.1).
 *
 * @module
 */
import { EMPTY, concat, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { TlsProgress, TlsSession } from './tls-engine.js';
import { TLS_START } from './tls-fragment.js';
import { deriveTlsMsk, negotiatedVersion } from './tls-key.js';
import { asTlsError, type TlsMethodSettings } from './tls-settings.js';
import { createTlsTransport } from './tls-transport.js';
import { CERTIFICATE_UNKNOWN, proveTlsPeer, type ProvedTlsPeer } from './tls-trust.js';
import type { EapAuthenticatorSession, EapAuthenticatorStep } from './types.js';

/** Begins a conversation. @param claim what the other has answered to the Identity Request */
export function createTlsAuthenticator(settings: TlsMethodSettings, claim: string): EapAuthenticatorSession {
  const { engine, versions, verifyPeer, type } = settings;
  const transport = createTlsTransport(settings);
  let session: TlsSession | undefined;
  let proved: ProvedTlsPeer | undefined;
  let msk: Uint8Array | undefined;
  /** Why there will be a Failure as soon as the other has answered our alert, or whatever comes. */
  let over: IpsecError | undefined;
  let isSuccess = false;

  async function step(typeData: Uint8Array): Promise<EapAuthenticatorStep> {
    const turn = transport.receive(typeData);
    if (turn.kind === 'answer') return { kind: 'request', data: turn.data };
    if (msk !== undefined) return end(turn.message);
    if (turn.message.length === 0) throw unexpected('TLS records', 'none');
    session ??= engine.createSession({ role: 'server', versions, serverNames: [] });
    return follow(await session.advance(turn.message));
  }

  async function follow(progress: TlsProgress): Promise<EapAuthenticatorStep> {
    const { output, error, isDone } = progress;
    if (error !== undefined) return refuse(error, output);
    try {
      proved ??= await proveTlsPeer(progress, verifyPeer, { role: 'authenticator', identity: claim, serverNames: [] });
    } catch (refused) {
      // With TLS 1.2 our Finished has not been sent, so that an alert in the clear is what the other expects; with 1.3 it would not be understood.
      return refuse(asTlsError(refused), progress.version === 'TLSv1.2' ? CERTIFICATE_UNKNOWN : EMPTY);
    }
    if (over !== undefined) throw over; // given up meanwhile
    return { kind: 'request', data: transport.send(isDone ? concat(output, await finish(progress)) : output) };
  }

  /** The handshake is done. @returns what is to be sent besides our last flight */
  async function finish(progress: TlsProgress): Promise<Uint8Array> {
    const version = negotiatedVersion(progress, versions);
    if (progress.data.length > 0) throw unexpected('no application data', `${progress.data.length} octets`);
    if (proved?.identity === undefined) {
      throw new IpsecError('authentication-failed', 'EAP-TLS client certificate', {
        expected: 'a name for which it speaks',
        found: 'none',
      });
    }
    msk = deriveTlsMsk(session!, version, type);
    // RFC 9190 section 2.5: an octet of zero as application data promises that no more handshake messages follow.
    return version === 'TLSv1.2' ? EMPTY : session!.protect(Uint8Array.of(0));
  }

  /** The answer to our last flight. RFC 5216 section 2.1.3: "the peer MUST send an EAP-Response packet of EAP-Type=EAP-TLS, and no data." */
  async function end(message: Uint8Array): Promise<EapAuthenticatorStep> {
    if (message.length > 0) throw (await session!.advance(message)).error ?? unexpected('no data', `${message.length} octets`);
    isSuccess = true;
    return { kind: 'success', identity: proved!.identity };
  }

  /** RFC 5216 section 2.1.3: "To ensure that the peer receives the TLS alert message, the EAP server MUST wait for the peer to reply with an EAP-Response packet." */
  function refuse(error: IpsecError, alert: Uint8Array): EapAuthenticatorStep {
    over = error;
    forget();
    return alert.length > 0 ? { kind: 'request', data: transport.send(alert), refusal: error } : { kind: 'failed', error };
  }

  function forget(): void {
    session?.destroy();
    if (msk) wipe(msk);
    msk = undefined;
    isSuccess = false;
  }

  return {
    begin: () => TLS_START.slice(),
    receive: async (typeData) => {
      if (over !== undefined) return { kind: 'failed', error: over };
      try {
        return await step(typeData);
      } catch (error) {
        return refuse(asTlsError(error), EMPTY);
      }
    },
    exportMsk: () => (isSuccess ? msk?.slice() : undefined),
    destroy: () => {
      over ??= new IpsecError('authentication-failed', 'EAP-TLS conversation', { found: 'given up' });
      forget();
    },
  };
}

function unexpected(expected: string, found: string): IpsecError {
  return new IpsecError('invalid-syntax', 'EAP-TLS Response', { expected, found });
}
