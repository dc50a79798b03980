/**
 * Where the key of a method over TLS comes from.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { TlsProgress, TlsSession, TlsVersion } from './tls-engine.js';

/**
 * The MSK of EAP-TLS, 64 octets. RFC 5216 section 2.3: "Key_Material = TLS-PRF-128(master_secret, "client EAP encryption", client.random || server.random)" and
 * "MSK          = Key_Material(0,63)". With TLS 1.3 (RFC 9190 section 2.3) label and context are others, and the context is the method's Type.
 */
export function deriveTlsMsk(session: TlsSession, version: TlsVersion, type: number): Uint8Array {
  const material =
    version === 'TLSv1.2'
      ? session.exportKeyingMaterial('client EAP encryption', 128)
      : session.exportKeyingMaterial('EXPORTER_EAP_TLS_Key_Material', 128, Uint8Array.of(type));
  if (material.length !== 128)
    throw new IpsecError('invalid-config', 'TLS engine', { expected: '128 octets of key material', found: String(material.length) });
  const msk = material.slice(0, 64);
  wipe(material);
  return msk;
}

/** What was negotiated. @throws IpsecError `authentication-failed`: nothing that was offered */
export function negotiatedVersion({ version }: TlsProgress, versions: readonly TlsVersion[]): TlsVersion {
  if (version !== undefined && versions.includes(version)) return version;
  throw new IpsecError('authentication-failed', 'TLS version', { expected: versions.join(' or '), found: version ?? 'none' });
}
