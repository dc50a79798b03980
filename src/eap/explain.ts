/**
 * What EAP says to our log: who, which method was wanted, which are there.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { eapTypes } from '../iana/eap.js';
import { findById } from '../iana/registry.js';
import type { EapExpandedType, EapMethodPacket } from './packet.js';
import type { EapMethod } from './types.js';

/** `EAP-TLS (13)`, or the numbers of a vendor. */
function formatEapType({ vendorId, vendorType }: EapExpandedType): string {
  if (vendorId !== 0) return `method ${vendorType} of vendor ${vendorId}`;
  const name = findById(eapTypes, vendorType)?.name;
  return name === undefined ? `EAP method ${vendorType}` : `${name} (${vendorType})`;
}

/** The method that a packet is of: `EAP-TLS (13)`, or the numbers of a vendor. */
export function formatTypeOf({ type, expanded }: EapMethodPacket): string {
  return formatEapType(expanded ?? { vendorId: 0, vendorType: type });
}

/** The names of methods, best first. */
export function formatMethods(methods: readonly Pick<EapMethod, 'name' | 'type'>[]): string {
  const names = new Set(methods.map(({ name, type }) => `${name} (${type})`));
  return names.size === 0 ? 'no method' : [...names].join(', ');
}

/** The names of Types. */
export function formatEapTypes(types: readonly EapExpandedType[]): string {
  return types.length === 0 ? 'no method' : types.map(formatEapType).join(', ');
}

/** The method of ours whose name is nearest to one that we have not: `EAP-TLS` for `EAP-TTLS`. @param wanted as {@link formatTypeOf} writes them. */
export function nearestMethod(wanted: readonly string[], methods: readonly EapMethod[]): { nearest?: string } {
  const names = new Set(methods.map(({ name, type }) => `${name} (${type})`));
  const nearest = wanted.map((name) => nearestName(name, names)).find((name) => name !== undefined);
  return nearest === undefined ? {} : { nearest };
}

/** Any error as an `IpsecError`: what a method or a caller's function threw. */
export function asIpsecError(error: unknown, who: string): IpsecError {
  if (error instanceof IpsecError) return error;
  return new IpsecError('authentication-failed', who, {
    blame: 'caller',
    expected: 'no exception',
    found: String(error).slice(0, 200),
    cause: error,
  });
}
