/**
 * What an administrator decides about processing, besides the policies.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type AddressRange, defaultExtensions, isMulticast, parsePrefix } from '../ip.js';
import { natTraversalPort } from '../nat-t.js';
import type { FillRandom } from '../suite/types.js';
import type { SelectorSet } from '../traffic-selector.js';
import type { RateLimit } from './limiter.js';

/** A kind of ICMP message: a type, and perhaps one code of it. RFC 4301 section 6.1.1: "This control MUST be at the granularity of ICMP type and MAY be at the granularity of ICMP type and code." */
export interface IcmpPattern {
  /** 4: ICMP, 6: ICMPv6. */
  readonly version: 4 | 6;
  /** Type. */
  readonly type: number;
  /** Code; absent: all. */
  readonly code?: number | undefined;
}

/** Some kinds of ICMP message. */
export type IcmpList = 'all' | 'none' | readonly IcmpPattern[];

/** Decisions about ICMP. RFC 4301 section 6. */
export interface IcmpOptions {
  /** Messages from the unprotected side, in the clear and addressed to this device, that are acted upon (section 6.1.1). */
  readonly unprotected: IcmpList;
  /** The same for the protected side (section 6.1.2). */
  readonly protected: IcmpList;
  /**
   * Whether the packet inside an ICMP error that comes out of an SA is checked. `by-policy`: only where the SA's selectors do not take the
   * message by its header, the convention of section 6.2. `always`: besides, which the last paragraph of section 11 speaks for.
   */
  readonly checkPayload: 'by-policy' | 'always';
  /** ICMP errors that leave an audit record. RFC 4301 section 6: "a mechanism SHOULD be provided to allow an administrator to cause ICMP error messages (selected, all, or none) to be logged" */
  readonly log: IcmpList;
  /** Whether senders of packets that are discarded or too big get an answer (section 5.1.1), and how many; `path-mtu`: the too big ones alone. */
  readonly answer: 'all' | 'path-mtu' | 'none';
  /** How many answers. */
  readonly rate: RateLimit;
  /** The addresses that answer, one per IP version. Default: the first single address of {@link ProcessOptions.addresses}. */
  readonly from: readonly Uint8Array[];
}

/** One line of a forwarding table: packets of these selectors go to the other side of the boundary again, or on. */
export interface ForwardRule {
  /** Which packets. `local` is the protected side, as in policies: the source of outbound packets, the destination of inbound ones. */
  readonly selectors: readonly SelectorSet[];
  /** `loop`: back across the boundary; `forward`: on its way. */
  readonly action: 'loop' | 'forward';
}

/**
 * The two forwarding tables of RFC 4301 appendix E, for nested SAs. The first rule that fits decides; without one a packet goes on its way.
 * Real routing stays with the caller.
 */
export interface Forwarding {
  /** For packets that come out of outbound processing: `loop` sends them back to the protected side. */
  readonly unprotected: readonly ForwardRule[];
  /** For packets that come out of inbound processing: `loop` sends them back to the unprotected side. */
  readonly protected: readonly ForwardRule[];
}

/** All decisions, with their defaults put in. */
export interface ProcessOptions {
  /** Addresses of this device, multicast groups that it has joined included. */
  readonly addresses: readonly AddressRange[];
  /** Octets of the largest packet on the unprotected link. Default 1500. */
  readonly linkMtu: number;
  /**
   * Where packets that are too big and may be cut are cut: `after` IPsec, as fragments of the outer packet, or `before` it where RFC 4301
   * section 5.1 lets that happen (IPv4 in tunnel mode). Default `after`.
   */
  readonly fragment: 'before' | 'after';
  /** Whether fragments from the protected side are put together first, as a bump-in-the-stack has to in front of transport mode (appendix D.1). Default false. */
  readonly reassembleOutbound: boolean;
  /** RFC 4301 section 7.2: whether SAs for non-initial fragments alone take IPv6 ones, which cannot be checked. Default false. */
  readonly opaqueFragmentsV6: boolean;
  /** RFC 4301 section 7.2: octets of the smallest offset of a non-initial IPv4 fragment on such an SA. Default 128, as appendix D.3 says. */
  readonly minFragmentOffset: number;
  /** Whether somebody is there to make an SA for a packet (`acquire`); false with manual keys alone: then it is discarded. Default true. */
  readonly keyManagement: boolean;
  /** How often one packet may cross the boundary, for nested SAs. Default 4. */
  readonly maxPasses: number;
  /** Nested SAs. Default: no loops. */
  readonly forwarding: Forwarding;
  /** UDP ports on which ESP and IKE share (RFC 3948). Default 4500. */
  readonly natPorts: readonly number[];
  /** UDP ports of IKE alone. Default 500. */
  readonly ikePorts: readonly number[];
  /** ICMP. */
  readonly icmp: IcmpOptions;
  /** Whether discards ask for a notification to the peer (RFC 4301 section 5.2 (5)), and how many. Default: 10 at once, 1 a second. */
  readonly notify: RateLimit | 'none';
  /**
   * Which IPv6 extension headers are stepped over on the way to the Next Layer Protocol: see `extensionTable` in `ipsec-ts/ip`. Default: the
   * list of RFC 4301 section 4.4.1.1.
   */
  readonly extensions: Uint8Array;
  /** Where Identifications of IPv6 fragments come from. Default: the platform's `crypto.getRandomValues`. */
  readonly random: FillRandom;
}

/** What `createDatabases` takes: everything but the addresses may be absent. */
export interface ProcessConfig extends Partial<Omit<ProcessOptions, 'addresses' | 'icmp' | 'forwarding'>> {
  /** Addresses of this device: octets, ranges, or text such as `192.0.2.1` and `fe80::/10`. */
  readonly addresses: readonly (Uint8Array | AddressRange | string)[];
  /** ICMP. */
  readonly icmp?: Partial<IcmpOptions> | undefined;
  /** Nested SAs. */
  readonly forwarding?: Partial<Forwarding> | undefined;
}

/**
 * ICMP from the unprotected side that is acted upon unless the administrator says otherwise: echo, what reports unreachable destinations,
 * large packets, loops and wrong parameters, and what an IPv6 neighbour cannot do without; Redirect and Source Quench are not in it.
 */
export const defaultIcmp: readonly IcmpPattern[] = /* @__PURE__ */ Object.freeze(
  [
    ...[0, 3, 8, 11, 12].map((type): IcmpPattern => ({ version: 4, type })),
    ...[1, 2, 3, 4, 128, 129, 130, 131, 132, 133, 134, 135, 136, 143].map((type): IcmpPattern => ({ version: 6, type })),
  ].map((pattern) => Object.freeze(pattern)),
);

/**
 * Puts the defaults in.
 *
 * @throws IpsecError `invalid-config` or `invalid-argument` with the path of what cannot be.
 */
export function resolveOptions(config: ProcessConfig): ProcessOptions {
  const addresses = config.addresses.map(toRange);
  if (addresses.length === 0) throw invalid('the addresses of this device', 'addresses', 'one or more', 'none');
  const options: ProcessOptions = {
    linkMtu: 1500,
    fragment: 'after',
    reassembleOutbound: false,
    opaqueFragmentsV6: false,
    minFragmentOffset: 128,
    keyManagement: true,
    maxPasses: 4,
    natPorts: [natTraversalPort],
    ikePorts: [500],
    notify: { perSecond: 1, burst: 10 },
    extensions: defaultExtensions,
    random: fillFromPlatform,
    ...config,
    addresses,
    forwarding: { unprotected: [], protected: [], ...config.forwarding },
    icmp: {
      unprotected: defaultIcmp,
      protected: defaultIcmp,
      checkPayload: 'by-policy',
      log: 'none',
      answer: 'all',
      rate: { perSecond: 10, burst: 10 },
      from: firstOfEach(addresses),
      ...config.icmp,
    },
  };
  const { linkMtu, maxPasses } = options;
  // RFC 791 section 3.2: "Every internet module must be able to forward a datagram of 68 octets without further fragmentation."
  if (!(linkMtu >= 68)) throw invalid('the MTU of the link', 'linkMtu', '68 or more', String(linkMtu));
  if (!(Number.isInteger(maxPasses) && maxPasses >= 1 && maxPasses <= 16))
    throw invalid('the depth of nesting', 'maxPasses', '1 to 16', String(maxPasses));
  return options;
}

function toRange(address: Uint8Array | AddressRange | string): AddressRange {
  if (typeof address === 'string') return parsePrefix(address);
  return 'start' in address ? address : { start: address, end: address };
}

/** The first unicast address of each version that stands alone. */
function firstOfEach(addresses: readonly AddressRange[]): Uint8Array[] {
  const single = addresses.filter(({ start, end }) => start.every((octet, i) => octet === end[i]) && !isMulticast(start));
  return [4, 16].flatMap((length) => single.find(({ start }) => start.length === length)?.start ?? []);
}

function invalid(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found });
}

function fillFromPlatform(target: Uint8Array): void {
  globalThis.crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
}
