/**
 * IPv4 options by the whole option-type octet (copied flag, class and number). Whether an option may change on the way is AH's business.
 *
 * @module
 */
import { frozenTable, type RegistryRow } from './registry.js';

/** IPv4 options. */
export const ipv4Options: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'EOOL - End of Options List', rfc: 'RFC 791' },
  { id: 1, name: 'NOP - No Operation', rfc: 'RFC 791' },
  { id: 7, name: 'RR - Record Route', rfc: 'RFC 791' },
  { id: 10, name: 'ZSU - Experimental Measurement', rfc: 'RFC 4302' },
  { id: 11, name: 'MTUP - MTU Probe', rfc: 'RFC 1063' },
  { id: 12, name: 'MTUR - MTU Reply', rfc: 'RFC 1063' },
  { id: 15, name: 'ENCODE', rfc: 'RFC 4302' },
  { id: 25, name: 'QS - Quick-Start', rfc: 'RFC 4782' },
  { id: 68, name: 'TS - Time Stamp', rfc: 'RFC 791' },
  { id: 82, name: 'TR - Traceroute', rfc: 'RFC 1393' },
  { id: 130, name: 'SEC - Security', rfc: 'RFC 1108' },
  { id: 131, name: 'LSR - Loose Source Route', rfc: 'RFC 791' },
  { id: 133, name: 'E-SEC - Extended Security', rfc: 'RFC 1108' },
  { id: 134, name: 'CIPSO - Commercial Security', rfc: 'RFC 4302' },
  { id: 136, name: 'SID - Stream ID', rfc: 'RFC 791' },
  { id: 137, name: 'SSR - Strict Source Route', rfc: 'RFC 791' },
  { id: 142, name: 'VISA - Experimental Access Control', rfc: 'RFC 4302' },
  { id: 144, name: 'IMITD - IMI Traffic Descriptor', rfc: 'RFC 4302' },
  { id: 145, name: 'EIP - Extended Internet Protocol', rfc: 'RFC 1385' },
  { id: 147, name: 'ADDEXT - Address Extension', rfc: 'RFC 4302' },
  { id: 148, name: 'RTRALT - Router Alert', rfc: 'RFC 2113' },
  { id: 149, name: 'SDB - Selective Directed Broadcast', rfc: 'RFC 1770' },
  { id: 205, name: 'FINN - Experimental Flow Control', rfc: 'RFC 4302' },
]);
