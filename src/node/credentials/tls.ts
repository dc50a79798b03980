/**
 * EAP-TLS: key, certificate, and who judges the other side's.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Finding, KeySpec } from '../../endpoint.js';
import type { EapMethod, TlsEngine, VerifyTlsPeer } from '../../eap.js';
import { IpsecError } from '../../errors.js';
import { type Identity, parseIdentity } from '../../traffic-selector.js';
import { createNodeTlsEngine } from '../eap-tls.js';
import { lintCertificate } from './certificate-findings.js';
import { readSource } from './sources.js';
import type { LoadedTrust } from './trust.js';
import type { LoadContext } from './types.js';
import { loadEap, loadX509 } from './wings.js';

/** What a side of EAP-TLS has. */
export interface TlsCredentials {
  readonly engine: TlsEngine;
  readonly trust: LoadedTrust;
  readonly findings: readonly Finding[];
}

/** Loads key and certificate. Throws IpsecError. */
export async function loadTlsKey(keys: KeySpec, path: string, trust: LoadedTrust, context: LoadContext): Promise<TlsCredentials> {
  const { certificates: places, key: place, keyPassword, pkcs12 } = keys;
  if (pkcs12)
    throw new IpsecError('invalid-config', 'EAP-TLS', {
      path: pkcs12.path,
      expected: '"certificate" and "key" (openssl pkcs12 -in FILE makes them)',
      found: 'PKCS#12',
    });
  if (places.length === 0 || !place)
    throw new IpsecError('invalid-config', 'EAP-TLS', {
      path,
      expected: '"certificate" and "key"',
      found: places.length === 0 ? 'no certificate' : 'no key',
    });
  const { readCertificates } = await loadX509();
  const sources = await Promise.all(places.map((certificate) => readSource(certificate, context.folder)));
  const certificates = sources.flatMap(({ data, source }) => readCertificates(data, { source }));
  const { data, findings } = await readSource(place, context.folder, true);
  const privateKey = readKey(data, keyPassword?.text, place.path);
  return {
    engine: createNodeTlsEngine({ certificates, privateKey }),
    trust,
    findings: [...findings, ...certificates.flatMap((der, i) => lintCertificate(der, i, places[0]!.path, context.clock()))],
  };
}

function readKey(data: string | Uint8Array, passphrase: string | undefined, path: string): KeyObject {
  const isText = typeof data === 'string' || data[0] !== 0x30;
  const key = typeof data === 'string' ? data : Buffer.from(data);
  const forms = isText
    ? [{ format: 'pem' as const }]
    : (['pkcs8', 'pkcs1', 'sec1'] as const).map((type) => ({ format: 'der' as const, type }));
  for (const form of forms) {
    try {
      return createPrivateKey({ key, ...form, ...(passphrase !== undefined && { passphrase }) });
    } catch {
      // The next form; what OpenSSL says of the last one helps nobody.
    }
  }
  throw new IpsecError('invalid-config', 'a private key', {
    path,
    expected: 'PEM or DER, and its password where it is encrypted',
    found: 'what OpenSSL does not take',
  });
}

/** The method for one role. @param serverNames as client: names of which the server's certificate has to hold one. */
export async function tlsMethod(
  { engine, trust: { config } }: TlsCredentials,
  role: 'peer' | 'authenticator',
  serverNames: readonly string[],
  { clock }: LoadContext,
): Promise<EapMethod> {
  const { eapTls } = await loadEap();
  return eapTls({ engine, roles: [role], serverNames, verifyPeer: await createTlsJudge(config, role, serverNames, clock) });
}

/** Who judges the other side's certificate: lists and authorities of the configuration count whatever there are of them, and nothing of what the other side sends takes their place. */
export async function createTlsJudge(
  config: LoadedTrust['config'],
  role: 'peer' | 'authenticator',
  serverNames: readonly string[],
  clock: LoadContext['clock'],
): Promise<VerifyTlsPeer> {
  const { createCertificateVerifier, explainCertificateIdentity } = await loadX509();
  const verify = createCertificateVerifier({
    extendedKeyUsages: [role === 'peer' ? 'serverAuth' : 'clientAuth', 'ipsecIKE', 'iKEIntermediate'],
    ...config,
  });
  const about = { kind: 'certificates', round: 0, peerId: { type: 'ID_NULL' }, matchIdentity: false, crls: [], ocspResponses: [] } as const;
  return async (certificates) => {
    const verdict = await verify({ ...about, certificates }, clock());
    if (verdict !== 'trusted' || role === 'authenticator') return verdict;
    const errors = serverNames.map((name) => explainCertificateIdentity(certificates[0]!, identityOf(name)));
    return errors.some((error) => error === undefined) ? 'trusted' : (errors[0] ?? noName());
  };
}

function identityOf(name: string): Identity {
  try {
    return parseIdentity(name);
  } catch {
    return { type: 'ID_KEY_ID', octets: new TextEncoder().encode(name) };
  }
}

function noName(): IpsecError {
  return new IpsecError('authentication-failed', 'the server of EAP-TLS', {
    blame: 'caller',
    expected: 'a name in "serverNames"',
    found: 'none',
  });
}
