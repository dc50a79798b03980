/**
 * IPv6 extension headers, the options inside them, and routing types. Whether an option may change on the way is AH's business.
 *
 * @module
 */
import { frozenTable, type RegistryRow } from './registry.js';

/** Next Header values that are extension headers. */
export const ipv6ExtensionHeaders: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'IPv6 Hop-by-Hop Option', rfc: 'RFC 8200' },
  { id: 43, name: 'Routing Header for IPv6', rfc: 'RFC 8200' },
  { id: 44, name: 'Fragment Header for IPv6', rfc: 'RFC 8200' },
  { id: 50, name: 'Encapsulating Security Payload', rfc: 'RFC 4303' },
  { id: 51, name: 'Authentication Header', rfc: 'RFC 4302' },
  { id: 60, name: 'Destination Options for IPv6', rfc: 'RFC 8200' },
  { id: 135, name: 'Mobility Header', rfc: 'RFC 6275' },
  { id: 139, name: 'Host Identity Protocol', rfc: 'RFC 7401' },
  { id: 140, name: 'Shim6 Protocol', rfc: 'RFC 5533' },
  { id: 253, name: 'Use for experimentation and testing', rfc: 'RFC 3692' },
  { id: 254, name: 'Use for experimentation and testing', rfc: 'RFC 3692' },
]);

/** Hop-by-Hop and Destination options by the whole octet, with its two action bits and its change bit. */
export const ipv6Options: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0x00, name: 'Pad1', rfc: 'RFC 8200' },
  { id: 0x01, name: 'PadN', rfc: 'RFC 8200' },
  { id: 0x04, name: 'Tunnel Encapsulation Limit', rfc: 'RFC 2473' },
  { id: 0x05, name: 'Router Alert', rfc: 'RFC 2711' },
  { id: 0x07, name: 'CALIPSO', rfc: 'RFC 5570' },
  { id: 0x08, name: 'SMF_DPD', rfc: 'RFC 6621' },
  { id: 0x0f, name: 'Performance and Diagnostic Metrics (PDM)', rfc: 'RFC 8250' },
  { id: 0x23, name: 'RPL Option', rfc: 'RFC 9008' },
  { id: 0x26, name: 'Quick-Start', rfc: 'RFC 4782' },
  { id: 0x30, name: 'Minimum Path MTU Hop-by-Hop Option', rfc: 'RFC 9268' },
  { id: 0x63, name: 'RPL Option', rfc: 'RFC 6553' },
  { id: 0x6d, name: 'MPL Option', rfc: 'RFC 7731' },
  { id: 0x8b, name: 'ILNP Nonce', rfc: 'RFC 6744' },
  { id: 0x8c, name: 'Line-Identification Option', rfc: 'RFC 6788' },
  { id: 0xc2, name: 'Jumbo Payload', rfc: 'RFC 2675' },
  { id: 0xc9, name: 'Home Address', rfc: 'RFC 6275' },
  { id: 0xee, name: 'IPv6 DFF Header', rfc: 'RFC 6971' },
]);

/** Routing Types of the Routing header. */
export const ipv6RoutingTypes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Source Route', rfc: 'RFC 5095' },
  { id: 2, name: 'Type 2 Routing Header', rfc: 'RFC 6275' },
  { id: 3, name: 'RPL Source Route Header', rfc: 'RFC 6554' },
  { id: 4, name: 'Segment Routing Header (SRH)', rfc: 'RFC 8754' },
  { id: 5, name: 'CRH-16', rfc: 'RFC 9631' },
  { id: 6, name: 'CRH-32', rfc: 'RFC 9631' },
  { id: 253, name: 'RFC3692-style Experiment 1', rfc: 'RFC 4727' },
  { id: 254, name: 'RFC3692-style Experiment 2', rfc: 'RFC 4727' },
]);
