/**
 * EAP-TLS (RFC 5216): both sides prove with certificates who they are, and end with a key. With TLS 1.2, or 1.3 (RFC 9190) where that is wanted.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { createTlsAuthenticator } from './tls-authenticator.js';
import type { TlsEngine, TlsVersion } from './tls-engine.js';
import { createTlsPeer } from './tls-peer.js';
import { tlsLimit, type TlsMethodSettings } from './tls-settings.js';
import type { VerifyTlsPeer } from './tls-trust.js';
import type { EapMethod } from './types.js';

/** What EAP-TLS is to be told. */
export interface EapTlsOptions {
  /** TLS, with the own certificate and private key inside; on Node `createNodeTlsEngine`. */
  readonly engine: TlsEngine;
  /** For which roles; both if left out. */
  readonly roles?: readonly ('peer' | 'authenticator')[] | undefined;
  /** As peer: names of the servers that are wanted, of which the server's certificate has to hold one: DNS names or addresses. Without a `verifyPeer` there must be one. */
  readonly serverNames?: readonly string[] | undefined;
  /** Judges the certificates in place of the engine, e.g. by the rules of `ipsec-ts/x509`; then names are its business, too. */
  readonly verifyPeer?: VerifyTlsPeer | undefined;
  /**
   * Default `['TLSv1.2']`. With 1.3 (RFC 9190) the server ends with a promise, an octet of zero; without it the peer is not done. strongSwan 5.9.8 does not send it,
   * so that 1.3 fails there.
   */
  readonly versions?: readonly TlsVersion[] | undefined;
  /** Octets of the EAP packets in which we send long messages, 64 to 65535; default 1024. */
  readonly packetSize?: number | undefined;
  /** Octets of all TLS messages of a conversation that are taken, 1024 to 16777216; default 65536. */
  readonly maxOctets?: number | undefined;
  /** Packets of a conversation that are taken, 4 to 65536; default 256. */
  readonly maxRounds?: number | undefined;
}

/**
 * The method EAP-TLS. As peer it goes on only with a server whose certificate `verifyPeer`, or else the engine, has found in order; as authenticator who the
 * other is comes from the client's certificate, never from what was answered to the Identity Request.
 *
 * @throws IpsecError `unsafe-config`: nobody would judge certificates, or no server is named; `invalid-config`: a limit is out of its range
 *
 * @example
 * ```ts
 * import { eapTls, type TlsEngine } from 'ipsec-ts/eap';
 *
 * // An engine that cannot judge certificates: without a judge there is no method.
 * const engine: TlsEngine = { name: 'none', verifiesPeers: false, createSession: () => { throw new Error('not begun here'); } };
 * const method = eapTls({ engine, roles: ['peer'], verifyPeer: (certificates) => (certificates.length > 0 ? 'trusted' : { identity: '' }) });
 * if (method.type !== 13 || !method.isMutual || method.authenticator !== undefined) throw new Error('not EAP-TLS');
 * ```
 */
export function eapTls(options: EapTlsOptions): EapMethod {
  const settings = settle(options);
  const { roles = ['peer', 'authenticator'] } = options;
  if (settings.verifyPeer === undefined) {
    if (!settings.engine.verifiesPeers)
      throw unsafe('verifyPeer', 'a judge of certificates', `none, and ${settings.engine.name} judges none`);
    if (roles.includes('peer') && settings.serverNames.length === 0) throw unsafe('serverNames', 'the names of servers', 'none');
  }
  return {
    type: settings.type,
    name: 'EAP-TLS',
    shortName: 'tls',
    isMutual: true,
    makesKey: true,
    resistsDictionary: true,
    peer: roles.includes('peer') ? (identity) => createTlsPeer(settings, identity) : undefined,
    authenticator: roles.includes('authenticator') ? (identity) => createTlsAuthenticator(settings, identity) : undefined,
  };
}

function settle({ engine, serverNames, verifyPeer, versions, packetSize, maxOctets, maxRounds }: EapTlsOptions): TlsMethodSettings {
  if (versions?.length === 0)
    throw new IpsecError('invalid-config', 'EAP-TLS', { path: 'versions', expected: 'one at least', found: 'none' });
  return {
    type: EAP_TLS,
    engine,
    versions: versions ?? ['TLSv1.2'],
    serverNames: serverNames ?? [],
    verifyPeer,
    packetSize: tlsLimit('packetSize', packetSize ?? 1024, [64, 65_535]),
    maxOctets: tlsLimit('maxOctets', maxOctets ?? 65_536, [1024, 16_777_216]),
    maxRounds: tlsLimit('maxRounds', maxRounds ?? 256, [4, 65_536]),
  };
}

const EAP_TLS = 13;

function unsafe(path: string, expected: string, found: string): IpsecError {
  return new IpsecError('unsafe-config', 'EAP-TLS', { path, expected, found });
}
