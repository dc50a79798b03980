/**
 * Vendor IDs by name.
 *
 * @module
 */
import { equalAt, fromHex } from '../bytes.js';
import { vendorIds } from '../iana/ikev1-vendors.js';
import type { PayloadOfType } from './payload-cases.js';

/**
 * What a Vendor ID stands for, if it is known: `RFC 3947`, `Dead Peer Detection`, `XAUTH`, `FRAGMENTATION`, `strongSwan`, ... Octets behind the known ones
 * are a version or flags.
 *
 * @param data of a VID payload.
 *
 * @example
 * ```ts
 * import { createVendorId, findVendorId } from 'ipsec-ts/ikev1';
 *
 * const payload = createVendorId('RFC 3947');
 * if (findVendorId(payload.data) !== 'RFC 3947') throw new Error('never');
 * ```
 */
export function findVendorId(data: Uint8Array): string | undefined {
  for (const { hex, name } of vendorIds) {
    const known = fromHex(hex);
    if (data.length >= known.length && equalAt(data, 0, known, 0, known.length)) return name;
  }
  return undefined;
}

/** A name of a Vendor ID that is sent. */
export type OwnVendorId = 'RFC 3947' | 'Dead Peer Detection' | 'XAUTH' | 'FRAGMENTATION';

/** Version or flags that stand behind. RFC 3706 section 5.1: the last two octets are the version, 1.0. FRAGMENTATION: in main mode and in all. */
const behind: Partial<Record<OwnVendorId, string>> = { 'Dead Peer Detection': '0100', FRAGMENTATION: '80000000' };

/** A VID payload that says what we can do. */
export function createVendorId(name: OwnVendorId): PayloadOfType<'VID'> {
  const { hex } = vendorIds.find((row) => row.name === name)!;
  return { type: 'VID', data: fromHex(hex + (behind[name] ?? '')) };
}
