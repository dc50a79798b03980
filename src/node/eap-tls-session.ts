/**
 * One TLS session of `node:tls` in memory.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { EMPTY } from '../bytes.js';
import type { TlsProgress, TlsSession, TlsVersion, TlsWish } from '../eap.js';
import { IpsecError } from '../errors.js';
import type { MemoryPipe } from './eap-tls-pipe.js';

/** What a TLS socket tells. */
export interface NodeTlsEvents {
  /** There is a socket; a server has none before the handshake is done. */
  socket(socket: TLSSocket): void;
  /** The handshake is done. */
  secure(): void;
  /** Application data. */
  data(octets: Uint8Array): void;
  /** It is over. */
  error(error: Error | undefined): void;
}

/** What a session is made of. */
export interface NodeTlsParts {
  readonly pipe: MemoryPipe;
  readonly wish: TlsWish;
  /** Whether OpenSSL has trust anchors, so that its verdict is one. */
  readonly verifies: boolean;
  /** Puts a TLS socket on the pipe. */
  readonly open: (events: NodeTlsEvents) => void;
}

/** Begins a session. */
export function createNodeTlsSession({ pipe, wish, verifies, open }: NodeTlsParts): TlsSession {
  let socket: TLSSocket | undefined;
  let isDone = false;
  let data = EMPTY;
  let error: IpsecError | undefined;
  let certificates: readonly Uint8Array[] | undefined;

  open({
    socket: (opened) => {
      socket = opened;
      pipe.stir();
    },
    secure: () => {
      isDone = true;
      pipe.stir();
    },
    data: (octets) => {
      data = new Uint8Array(Buffer.concat([data, octets]));
      pipe.stir();
    },
    error: (cause) => {
      error ??= asReason(cause);
      pipe.stir();
    },
  });

  function progress(): TlsProgress {
    const output = pipe.take();
    const received = data;
    data = EMPTY;
    if (error !== undefined || socket === undefined) {
      return { output, data: received, isDone: false, version: undefined, certificates: undefined, verdict: undefined, error };
    }
    certificates ??= chainOf(socket);
    const verdict = verifies && isDone ? judge(socket, wish) : undefined;
    return { output, data: received, isDone, version: versionOf(socket), certificates, verdict, error };
  }

  function usable(): TLSSocket {
    if (socket !== undefined && isDone && error === undefined) return socket;
    throw error ?? new IpsecError('invalid-argument', 'TLS', { expected: 'a handshake that is done', found: 'none' });
  }

  return {
    advance: async (input) => {
      if (error === undefined && input.length > 0) pipe.push(input);
      await pipe.settle();
      return progress();
    },
    protect: async (octets) => {
      usable().write(octets);
      await pipe.settle();
      return pipe.take();
    },
    exportKeyingMaterial: (label, length, context) => {
      const exportFrom = usable();
      // Without a context is not the same as with an empty one (RFC 5705), and @types/node knows only the second.
      const args = (context === undefined ? [length, label] : [length, label, Buffer.from(context)]) as [number, string, Buffer];
      return new Uint8Array(exportFrom.exportKeyingMaterial(...args));
    },
    destroy: () => {
      error ??= new IpsecError('authentication-failed', 'TLS', { found: 'given up' });
      socket?.destroy();
      pipe.stream.destroy();
    },
  };
}

function versionOf(socket: TLSSocket): TlsVersion | undefined {
  const version = socket.getProtocol();
  return version === 'TLSv1.2' || version === 'TLSv1.3' ? version : undefined;
}

/** With the issuers that OpenSSL has found; the one at the top is its own. */
function chainOf(socket: TLSSocket): Uint8Array[] | undefined {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && next.fingerprint256 !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256);
    chain.push(new Uint8Array(next.raw));
    next = next.issuerCertificate;
  }
  return chain.length > 0 ? chain : undefined;
}

/** What OpenSSL says of the path; and, of a server, whether its certificate holds one of the names (RFC 2818 section 3.1, as Node checks it). */
function judge(socket: TLSSocket, { role, serverNames }: TlsWish): 'trusted' | IpsecError {
  if (!socket.authorized) {
    // Typed as an Error, and in truth the name of OpenSSL's verdict.
    const reason: unknown = socket.authorizationError;
    return refused('a path to a trust anchor', reason instanceof Error ? reason.message : String(reason));
  }
  if (role === 'server' || serverNames.length === 0) return 'trusted';
  const certificate = socket.getPeerCertificate();
  if (serverNames.some((name) => checkServerIdentity(name, certificate) === undefined)) return 'trusted';
  return refused(serverNames.join(' or '), certificate.subjectaltname ?? 'no subjectAltName');
}

function refused(expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', 'TLS certificate', { expected, found });
}

/** OpenSSL's words. An alert is what the other side has said; anything else we have found ourselves. */
function asReason(cause: Error | undefined): IpsecError {
  if (cause === undefined) return new IpsecError('peer-refused', 'TLS', { found: 'a close' });
  const { reason = cause.message } = cause as { readonly reason?: string };
  if (!/alert/i.test(reason)) return new IpsecError('authentication-failed', 'TLS', { found: reason, cause });
  const found = `its ${reason.replace(/^(ssl|tls)v[^ _]*[ _]/i, '')}`;
  return new IpsecError('peer-refused', 'TLS', { expected: 'a handshake that the other side goes on with', found, cause });
}
