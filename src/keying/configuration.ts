/**
 * What a gateway configures a client with: by Configuration payloads of IKEv2 (RFC 7296 sections 2.19 and 3.15), by Mode Config of IKEv1.
 *
 * @module
 */
import type { configurationAttributeTypes } from '../iana/ikev2-configuration.js';
import type { AddressRange } from '../ip/address.js';

/** An Attribute Type: IANA's name, or the number of one without a name. */
export type ConfigurationAttributeType = (typeof configurationAttributeTypes)[number]['name'] | number;
/** A Configuration Attribute as it is on the wire. */
export interface ConfigurationAttribute {
  /** What it is. */
  readonly type: ConfigurationAttributeType;
  /** Its octets. */
  readonly value: Uint8Array;
}

/** Something to ask for. */
export type ConfigurationWant =
  | 'ipv4'
  | 'ipv6'
  | 'netmask'
  | 'dns4'
  | 'dns6'
  | 'domains'
  | 'nbns'
  | 'dhcp4'
  | 'dhcp6'
  | 'pCscf4'
  | 'pCscf6'
  | 'subnet4'
  | 'subnet6'
  | 'applicationVersion'
  | 'supported';

/** An address on the internal network. */
export interface InternalAddress {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** IPv6 alone: 0 to 128. IPv4 has INTERNAL_IP4_NETMASK instead. */
  readonly prefixLength?: number | undefined;
}

/** What a client asks for. */
export interface ConfigurationRequest {
  /**
   * What is wanted; `ipv4` and `ipv6` once for each address. RFC 7296 section 2.19: "CP(CFG_REQUEST) MUST contain at least an INTERNAL_ADDRESS
   * attribute (either IPv4 or IPv6) but MAY contain any number of additional attributes the initiator wants returned in the response." One in an
   * INFORMATIONAL exchange may ask for the version alone (section 2.20).
   */
  readonly wants: readonly ConfigurationWant[];
  /**
   * Addresses that are wanted again, each in the place of one `ipv4` or `ipv6`; more than those are not asked for. RFC 7296 section 3.15.1: "If a
   * specific address is requested, it likely indicates that a previous connection existed with this address and the requestor would like to reuse
   * that address."
   */
  readonly previous?: readonly InternalAddress[] | undefined;
  /** APPLICATION_VERSION of the one who asks; sent where the version is wanted. */
  readonly applicationVersion?: string | undefined;
  /** Everything else. */
  readonly unknown?: readonly ConfigurationAttribute[] | undefined;
}

/** What a gateway gives. */
export interface Configuration {
  /**
   * INTERNAL_IP4_ADDRESS and INTERNAL_IP6_ADDRESS: the client's, inside. RFC 7296 section 3.15.1: "The responder MAY only send up to the number of
   * addresses requested."
   */
  readonly addresses: readonly InternalAddress[];
  /** INTERNAL_IP4_NETMASK, 4 octets: the link that the IPv4 address is on. */
  readonly netmask?: Uint8Array | undefined;
  /** INTERNAL_IP4_DNS and INTERNAL_IP6_DNS: name servers, 4 or 16 octets each. */
  readonly dns: readonly Uint8Array[];
  /** INTERNAL_DNS_DOMAIN (RFC 8598): the domains that these servers are for; none: all. */
  readonly domains: readonly string[];
  /** INTERNAL_IP4_NBNS: NetBIOS name servers, 4 octets each. */
  readonly nbns: readonly Uint8Array[];
  /** INTERNAL_IP4_DHCP and INTERNAL_IP6_DHCP: 4 or 16 octets each. */
  readonly dhcp: readonly Uint8Array[];
  /** P_CSCF_IP4_ADDRESS and P_CSCF_IP6_ADDRESS (RFC 7651): servers of a telephone network, 4 or 16 octets each. */
  readonly pCscf: readonly Uint8Array[];
  /** INTERNAL_IP4_SUBNET and INTERNAL_IP6_SUBNET: prefixes behind the gateway. What follows from them says RFC 7296 section 3.15.2. */
  readonly subnets: readonly AddressRange[];
  /**
   * APPLICATION_VERSION: printable ASCII characters. RFC 7296 section 2.20: "An IKE implementation MAY decline to give out version information
   * prior to authentication or even after authentication"; then the text is empty.
   */
  readonly applicationVersion?: string | undefined;
  /** SUPPORTED_ATTRIBUTES. */
  readonly supported?: readonly ConfigurationAttributeType[] | undefined;
  /** Everything else, as it came. RFC 7296 section 3.15.1: "Unrecognized or unsupported attributes MUST be ignored in both requests and responses." */
  readonly unknown: readonly ConfigurationAttribute[];
}
