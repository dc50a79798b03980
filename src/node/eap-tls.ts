/**
 * A TLS engine for EAP over `node:tls`: octets go in and out of memory, no network socket is opened.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { constants, type KeyObject } from 'node:crypto';
import { connect, createSecureContext, createServer, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsEngine, TlsVersion } from '../eap.js';
import { IpsecError } from '../errors.js';
import { createMemoryPipe, type MemoryPipe } from './eap-tls-pipe.js';
import { createNodeTlsSession, type NodeTlsEvents } from './eap-tls-session.js';

/** Credentials and trust of a TLS engine. */
export interface NodeTlsOptions {
  /** Our certificate, then those that issued it, without the root: PEM, or DER each. */
  readonly certificates?: string | readonly Uint8Array[] | undefined;
  /** Its private key: PEM (PKCS#8 or the older forms), or a key of `node:crypto`. */
  readonly privateKey?: string | KeyObject | undefined;
  /** Of an encrypted PEM. */
  readonly passphrase?: string | undefined;
  /** Certificates of those whom we trust, PEM or DER: then OpenSSL judges paths, purposes, dates and, as client, names. It looks at no revocation lists. */
  readonly trustAnchors?: string | readonly Uint8Array[] | undefined;
  /** Cipher suites in OpenSSL's notation; default Node's. */
  readonly ciphers?: string | undefined;
}

/**
 * The engine. Sessions are never resumed and never renegotiated. With TLS 1.2 a client learns the server's certificate before it sends its own; OpenSSL's
 * verdict comes with the end of the handshake, that of a `verifyPeer` as soon as the certificate is there. It works on Node, and on Bun as far as it was tried; Deno 2
 * cannot export keys.
 *
 * @throws IpsecError `invalid-config`: OpenSSL does not take certificates, key or ciphers; `unsupported`: a runtime that exports no keys
 *
 * @example
 * ```ts
 * import { createNodeTlsEngine } from 'ipsec-ts/node';
 *
 * const engine = createNodeTlsEngine({ trustAnchors: [] });
 * const session = engine.createSession({ role: 'client', versions: ['TLSv1.2'], serverNames: ['vpn.example.org'] });
 * const { output } = await session.advance(new Uint8Array());
 * session.destroy();
 * if (output[0] !== 22) throw new Error('a ClientHello is a handshake record');
 * ```
 */
export function createNodeTlsEngine(options: NodeTlsOptions): TlsEngine {
  // Deno 2 has none: without keys a method over TLS is worth nothing.
  if (!('exportKeyingMaterial' in TLSSocket.prototype)) {
    throw new IpsecError('unsupported', 'TLS', { expected: 'a runtime with tlsSocket.exportKeyingMaterial', found: 'one without' });
  }
  const common = commonOptions(options);
  const contexts = new Map<string, SecureContext>([['', contextOf(common)]]);
  const clientContext = (versions: readonly TlsVersion[]): SecureContext => {
    const known = contexts.get(versions.join()) ?? contextOf({ ...common, ...rangeOf(versions) });
    contexts.set(versions.join(), known);
    return known;
  };
  const verifies = options.trustAnchors !== undefined;
  return {
    name: 'node:tls',
    verifiesPeers: verifies,
    createSession: (wish) => {
      const pipe = createMemoryPipe();
      const open = (events: NodeTlsEvents): void => {
        if (wish.role === 'client') openClient(pipe, clientContext(wish.versions), events);
        else openServer(pipe, { ...common, ...rangeOf(wish.versions) }, events);
      };
      return createNodeTlsSession({ pipe, wish, verifies, open });
    },
  };
}

/** Whatever OpenSSL finds, the handshake goes on: whether the other is trusted is said afterwards, and by somebody who may know better. */
function openClient({ stream }: MemoryPipe, secureContext: SecureContext, events: NodeTlsEvents): void {
  const socket = connect({
    socket: stream,
    secureContext,
    rejectUnauthorized: false,
    servername: '',
    checkServerIdentity: () => undefined,
  });
  events.socket(socket);
  socket.on('secureConnect', () => {
    events.secure();
  });
  listen(socket, events);
}

/** A server that listens nowhere: only it, not a socket of its own, is told by Node what OpenSSL thinks of a client's certificate. */
function openServer({ stream }: MemoryPipe, options: SecureContextOptions, events: NodeTlsEvents): void {
  const server = createServer({ ...options, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    events.socket(socket);
    events.secure();
    listen(socket, events);
  });
  server.on('tlsClientError', (error) => {
    events.error(error);
  });
  server.emit('connection', stream);
}

function listen(socket: TLSSocket, events: NodeTlsEvents): void {
  socket.on('data', (octets: Uint8Array) => {
    events.data(octets);
  });
  socket.on('error', (error: Error) => {
    events.error(error);
  });
  socket.on('end', () => {
    events.error(undefined);
  });
  socket.on('close', () => {
    events.error(undefined);
  });
}

/**
 * LEGACY_SERVER_CONNECT: strongSwan's TLS does not know RFC 5746, and OpenSSL 3 would have nothing to do with such servers. What that RFC prevents, words of an
 * attacker before those of the client, is of no use where nothing but a handshake is said; and we do not renegotiate.
 */
function commonOptions({ certificates, privateKey, passphrase, trustAnchors, ciphers }: NodeTlsOptions): SecureContextOptions {
  return {
    // Without a list, or with an empty text, Node would trust every certification authority of the Web.
    ca: [asPem(trustAnchors ?? [])].filter((pem) => pem !== ''),
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_LEGACY_SERVER_CONNECT,
    ...(certificates !== undefined && { cert: asPem(certificates) }),
    ...(privateKey !== undefined && {
      key: typeof privateKey === 'string' ? privateKey : privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }),
    ...(passphrase !== undefined && { passphrase }),
    ...(ciphers !== undefined && { ciphers }),
  };
}

function asPem(certificates: string | readonly Uint8Array[]): string {
  if (typeof certificates === 'string') return certificates;
  const lines = certificates.map(
    (der) =>
      Buffer.from(der)
        .toString('base64')
        .match(/.{1,64}/g) ?? [],
  );
  return lines.map((base64) => ['-----BEGIN CERTIFICATE-----', ...base64, '-----END CERTIFICATE-----', ''].join('\n')).join('');
}

function rangeOf(versions: readonly TlsVersion[]): Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const [minVersion, maxVersion] = [versions.toSorted()[0]!, versions.toSorted().at(-1)!];
  return { minVersion, maxVersion };
}

function contextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : 'something else';
    throw new IpsecError('invalid-config', 'TLS', { path: 'certificates', expected: 'a certificate and its private key', found, cause });
  }
}
