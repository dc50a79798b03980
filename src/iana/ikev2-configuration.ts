/**
 * IKEv2 Configuration Payload CFG Types and Attribute Types.
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** CFG Types. */
export const cfgTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'CFG_REQUEST', rfc: 'RFC 7296' },
  { id: 2, name: 'CFG_REPLY', rfc: 'RFC 7296' },
  { id: 3, name: 'CFG_SET', rfc: 'RFC 7296' },
  { id: 4, name: 'CFG_ACK', rfc: 'RFC 7296' },
]);

/** Configuration Payload Attribute Types. */
export const configurationAttributeTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'INTERNAL_IP4_ADDRESS', rfc: 'RFC 7296' },
  { id: 2, name: 'INTERNAL_IP4_NETMASK', rfc: 'RFC 7296' },
  { id: 3, name: 'INTERNAL_IP4_DNS', rfc: 'RFC 7296' },
  { id: 4, name: 'INTERNAL_IP4_NBNS', rfc: 'RFC 7296' },
  { id: 6, name: 'INTERNAL_IP4_DHCP', rfc: 'RFC 7296' },
  { id: 7, name: 'APPLICATION_VERSION', rfc: 'RFC 7296' },
  { id: 8, name: 'INTERNAL_IP6_ADDRESS', rfc: 'RFC 7296' },
  { id: 10, name: 'INTERNAL_IP6_DNS', rfc: 'RFC 7296' },
  { id: 12, name: 'INTERNAL_IP6_DHCP', rfc: 'RFC 7296' },
  { id: 13, name: 'INTERNAL_IP4_SUBNET', rfc: 'RFC 7296' },
  { id: 14, name: 'SUPPORTED_ATTRIBUTES', rfc: 'RFC 7296' },
  { id: 15, name: 'INTERNAL_IP6_SUBNET', rfc: 'RFC 7296' },
  { id: 16, name: 'MIP6_HOME_PREFIX', rfc: 'RFC 5026' },
  { id: 17, name: 'INTERNAL_IP6_LINK', rfc: 'RFC 5739' },
  { id: 18, name: 'INTERNAL_IP6_PREFIX', rfc: 'RFC 5739' },
  { id: 19, name: 'HOME_AGENT_ADDRESS', rfc: '3GPP TS 24.302' },
  { id: 20, name: 'P_CSCF_IP4_ADDRESS', rfc: 'RFC 7651' },
  { id: 21, name: 'P_CSCF_IP6_ADDRESS', rfc: 'RFC 7651' },
  { id: 22, name: 'FTT_KAT', rfc: '3GPP TS 24.302' },
  { id: 23, name: 'EXTERNAL_SOURCE_IP4_NAT_INFO', rfc: '3GPP TS 29.139' },
  { id: 24, name: 'TIMEOUT_PERIOD_FOR_LIVENESS_CHECK', rfc: '3GPP TS 24.302' },
  { id: 25, name: 'INTERNAL_DNS_DOMAIN', rfc: 'RFC 8598' },
  { id: 26, name: 'INTERNAL_DNSSEC_TA', rfc: 'RFC 8598' },
  { id: 27, name: 'ENCDNS_IP4', rfc: 'RFC 9464' },
  { id: 28, name: 'ENCDNS_IP6', rfc: 'RFC 9464' },
  { id: 29, name: 'ENCDNS_DIGEST_INFO', rfc: 'RFC 9464' },
]);
