/**
 * EAP-TLS as peer: the client of the handshake (RFC 5216 section 2.1).
 *
 * @module
 */
import { EMPTY, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { TlsProgress, TlsSession } from './tls-engine.js';
import { decodeTlsPacket } from './tls-fragment.js';
import { deriveTlsMsk, negotiatedVersion } from './tls-key.js';
import { asTlsError, type TlsMethodSettings } from './tls-settings.js';
import { createTlsTransport } from './tls-transport.js';
import { CERTIFICATE_UNKNOWN, proveTlsPeer, type ProvedTlsPeer } from './tls-trust.js';
import type { EapPeerSession, EapPeerStep } from './types.js';

/** Begins a conversation. @param identity what was answered to the Identity Request */
export function createTlsPeer(settings: TlsMethodSettings, identity: string): EapPeerSession {
  const { engine, versions, serverNames, verifyPeer, type } = settings;
  const transport = createTlsTransport(settings);
  let session: TlsSession | undefined;
  let proved: ProvedTlsPeer | undefined;
  let msk: Uint8Array | undefined;
  let isFinished = false;
  let over: IpsecError | undefined;

  async function step(typeData: Uint8Array): Promise<EapPeerStep> {
    if (session === undefined) return follow(await start(typeData).advance(EMPTY));
    const turn = transport.receive(typeData);
    if (turn.kind === 'answer') return { kind: 'respond', data: turn.data, isDone: false };
    if (turn.message.length === 0) throw unexpected('TLS records', 'none');
    return follow(await session.advance(turn.message));
  }

  function start(typeData: Uint8Array): TlsSession {
    // RFC 5216 section 2.1.1: "the Start (S) bit set, and no data."
    const { isStart, data } = decodeTlsPacket(typeData);
    if (!isStart || data.length > 0) throw unexpected('a Start without data', isStart ? 'a Start with data' : 'something else');
    session = engine.createSession({ role: 'client', versions, serverNames });
    return session;
  }

  async function follow(progress: TlsProgress): Promise<EapPeerStep> {
    const { output, error } = progress;
    // RFC 5216 section 2.1.3: "The peer MAY send an EAP-Response packet of EAP-Type=EAP-TLS containing a TLS Alert message"; an alert of the server is answered without data.
    if (error !== undefined) return fail(error, transport.send(output));
    if (msk !== undefined && (progress.version === 'TLSv1.2' || isFinished)) throw unexpected('nothing more', 'TLS records');
    try {
      proved ??= await proveTlsPeer(progress, verifyPeer, { role: 'peer', identity, serverNames });
    } catch (refused) {
      // What waits in `output` is our certificate: it stays here.
      return fail(asTlsError(refused), output.length > 0 ? transport.send(CERTIFICATE_UNKNOWN) : undefined);
    }
    if (over !== undefined) throw over; // given up meanwhile
    const isDone = proved !== undefined && progress.isDone && isComplete(progress);
    return { kind: 'respond', data: transport.send(output), isDone };
  }

  /** Whether the server has said its last word: Finished, or with TLS 1.3 the octet by which it promises to send no more (RFC 9190 section 2.5). */
  function isComplete(progress: TlsProgress): boolean {
    const { output, data } = progress;
    const version = negotiatedVersion(progress, versions);
    msk ??= deriveTlsMsk(session!, version, type);
    const isPromised = data.length === 1 && data[0] === 0;
    if (data.length > 0 && !(version === 'TLSv1.3' && isPromised)) throw unexpected('no application data', `${data.length} octets`);
    isFinished = version === 'TLSv1.2' || isPromised;
    if (isFinished && output.length > 0) throw unexpected('a whole handshake', 'an end before we had answered');
    return isFinished;
  }

  function fail(error: IpsecError, data?: Uint8Array): EapPeerStep {
    over = error;
    forget();
    return { kind: 'failed', data, error };
  }

  function forget(): void {
    session?.destroy();
    if (msk) wipe(msk);
    msk = undefined;
    isFinished = false;
  }

  return {
    receive: async (typeData) => {
      if (over !== undefined) return { kind: 'failed', error: over };
      try {
        return await step(typeData);
      } catch (error) {
        return fail(asTlsError(error));
      }
    },
    exportMsk: () => (isFinished ? msk?.slice() : undefined),
    destroy: () => {
      over ??= new IpsecError('authentication-failed', 'EAP-TLS conversation', { found: 'given up' });
      forget();
    },
  };
}

function unexpected(expected: string, found: string): IpsecError {
  return new IpsecError('invalid-syntax', 'EAP-TLS Request', { expected, found });
}
