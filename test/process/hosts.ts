/** Hosts with manual keys, for tests that are easier to say in a program than in a scenario file. */
import type { SaConfig } from '../../src/association.js';
import { parseAddress } from '../../src/ip.js';
import { createManualDatabases, type Databases, type InboundResult, type ManualConfig, type OutboundResult } from '../../src/process.js';
import { parsePolicies, type PolicyJson } from '../../src/spd.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';

export const addressA = '192.0.2.1';
export const addressB = '192.0.2.2';

/** An ESP SA with AES-GCM; `fill` makes its key. */
export function sa(spi: number, from: string, to: string, more: Partial<SaConfig> = {}, fill = 1): SaConfig {
  return {
    protocol: 'ESP',
    mode: 'tunnel',
    spi,
    source: parseAddress(from),
    destination: parseAddress(to),
    encryption: { row: aes128Gcm16, key: new Uint8Array(20).fill(fill) },
    ...more,
  };
}

/** A host. */
export function host(
  addresses: string[],
  policies: PolicyJson[],
  sas: SaConfig[],
  options: Partial<Omit<ManualConfig, 'addresses' | 'sas' | 'policies'>> = {},
): Databases {
  return createManualDatabases({ addresses, policies: parsePolicies(policies), sas: sas.map((config) => ({ config })), ...options });
}

/** The packets of a result that has to send. */
export function sent(result: OutboundResult): readonly Uint8Array[] {
  if (result.action !== 'send') throw new Error(`${result.action} ${'reason' in result ? result.reason : ''}`);
  return result.packets;
}

/** What a result says in short: the action, and for discards the reason. */
export function told(result: OutboundResult | InboundResult): string {
  return result.action === 'discard' ? result.reason : result.action;
}
