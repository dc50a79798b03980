/**
 * What both roles of a method over TLS are told, checked.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { TlsEngine, TlsVersion } from './tls-engine.js';
import type { TlsLimits } from './tls-transport.js';
import type { VerifyTlsPeer } from './tls-trust.js';

/** The settings, complete. */
export interface TlsMethodSettings extends TlsLimits {
  /** IANA's EAP Method Type: it goes into the key with TLS 1.3. */
  readonly type: number;
  readonly engine: TlsEngine;
  readonly versions: readonly TlsVersion[];
  readonly serverNames: readonly string[];
  readonly verifyPeer: VerifyTlsPeer | undefined;
}

/** A number of an option. @throws IpsecError `invalid-config` */
export function tlsLimit(name: string, value: number, [min, max]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new IpsecError('invalid-config', 'EAP-TLS', { path: name, expected: `an integer from ${min} to ${max}`, found: String(value) });
}

/** Whatever an engine or a judge throws, as a reason for our log. */
export function asTlsError(error: unknown): IpsecError {
  if (error instanceof IpsecError) return error;
  return new IpsecError('authentication-failed', 'EAP-TLS', {
    found: error instanceof Error ? error.message : 'an unknown error',
    cause: error,
  });
}
