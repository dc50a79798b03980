/**
 * What the Transaction exchange carries: Mode Config (draft-dukes-ike-mode-cfg), XAUTH (draft-ietf-ipsec-isakmp-xauth), and the attributes that Cisco's
 * Unity clients ask for. Drafts that never became RFCs: the numbers are those that captures show.
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** Types of an Attributes payload. */
export const configurationTypesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ISAKMP_CFG_REQUEST', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 2, name: 'ISAKMP_CFG_REPLY', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 3, name: 'ISAKMP_CFG_SET', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 4, name: 'ISAKMP_CFG_ACK', rfc: 'draft-dukes-ike-mode-cfg' },
]);

/** Attributes of an Attributes payload. */
export const configurationAttributesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'INTERNAL_IP4_ADDRESS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 2, name: 'INTERNAL_IP4_NETMASK', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 3, name: 'INTERNAL_IP4_DNS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 4, name: 'INTERNAL_IP4_NBNS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 5, name: 'INTERNAL_ADDRESS_EXPIRY', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 6, name: 'INTERNAL_IP4_DHCP', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 7, name: 'APPLICATION_VERSION', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 8, name: 'INTERNAL_IP6_ADDRESS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 9, name: 'INTERNAL_IP6_NETMASK', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 10, name: 'INTERNAL_IP6_DNS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 11, name: 'INTERNAL_IP6_NBNS', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 12, name: 'INTERNAL_IP6_DHCP', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 13, name: 'INTERNAL_IP4_SUBNET', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 14, name: 'SUPPORTED_ATTRIBUTES', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 15, name: 'INTERNAL_IP6_SUBNET', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 16520, name: 'XAUTH-TYPE', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16521, name: 'XAUTH-USER-NAME', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16522, name: 'XAUTH-USER-PASSWORD', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16523, name: 'XAUTH-PASSCODE', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16524, name: 'XAUTH-MESSAGE', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16525, name: 'XAUTH-CHALLENGE', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16526, name: 'XAUTH-DOMAIN', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16527, name: 'XAUTH-STATUS', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16528, name: 'XAUTH-NEXT-PIN', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 16529, name: 'XAUTH-ANSWER', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 28672, name: 'UNITY_BANNER', rfc: 'private' },
  { id: 28673, name: 'UNITY_SAVE_PASSWD', rfc: 'private' },
  { id: 28674, name: 'UNITY_DEF_DOMAIN', rfc: 'private' },
  { id: 28675, name: 'UNITY_SPLITDNS_NAME', rfc: 'private' },
  { id: 28676, name: 'UNITY_SPLIT_INCLUDE', rfc: 'private' },
  { id: 28677, name: 'UNITY_NATT_PORT', rfc: 'private' },
  { id: 28678, name: 'UNITY_LOCAL_LAN', rfc: 'private' },
  { id: 28679, name: 'UNITY_PFS', rfc: 'private' },
  { id: 28680, name: 'UNITY_FW_TYPE', rfc: 'private' },
  { id: 28681, name: 'UNITY_BACKUP_SERVERS', rfc: 'private' },
  { id: 28682, name: 'UNITY_DDNS_HOSTNAME', rfc: 'private' },
]);
