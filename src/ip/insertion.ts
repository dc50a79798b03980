/**
 * Where ESP and AH go in transport mode.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { protocols } from './protocol.js';
import { extensionLength, type HeaderPlace, headerPlace, ipTotalLength } from './walk.js';

/**
 * Whether IPv6 Destination Options headers that no Routing header follows go behind the IPsec header (`'inside'`: encrypted by ESP) or
 * before it (`'outside'`: in the clear, as Linux does).
 */
export type DestinationOptionsPlace = 'inside' | 'outside';

/**
 * Finds the place of an ESP or AH header in transport mode: {@link offsetOf} is where its first octet goes, {@link namedAt} the octet that
 * names what stands there now, to be moved into the new header and replaced. Negative when the packet is malformed.
 *
 * IPv4: RFC 4303 section 3.1.1: "this translates to placing ESP after the IP header (and any options that it contains), but before the
 * next layer protocol."
 *
 * IPv6: RFC 4303 section 3.1.1: "In the IPv6 context, ESP is viewed as an end-to-end payload, and thus should appear after hop-by-hop,
 * routing, and fragmentation extension headers.  Destination options extension header(s) could appear before, after, or both before and
 * after the ESP header depending on the semantics desired.  However, because ESP protects only fields after the ESP header, it generally
 * will be desirable to place the destination options header(s) after the ESP header." RFC 4302 section 3.1.1 says the same of AH, without
 * the preference.
 *
 * ```text
 *        | orig |hop-by-hop,dest*,|   |dest|   |    | ESP   | ESP|
 *        |IP hdr|routing,fragment.|ESP|opt*|TCP|Data|Trailer| ICV|
 * ```
 *
 * An AH or ESP header that is there already stays behind: RFC 4302 section 3.1.1: "before any other IPsec headers that have already been
 * inserted". A Shim6 header stays in front, since it works below IPsec; a HIP header is payload.
 *
 * @param destinationOptions defaults to the RFC's recommendation. Those in front of a Routing header always stay in front.
 *
 * @example
 * ```ts
 * import { encodeUdp, espInsertionPoint, namedAt, offsetOf, parseAddress } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }, 1, 2, new Uint8Array(9));
 * const place = espInsertionPoint(packet);
 * if (offsetOf(place) !== 40 || packet[namedAt(place)] !== 17) throw new Error('behind the IPv6 header, whose Next Header names UDP');
 * ```
 */
export function espInsertionPoint(p: Uint8Array, destinationOptions: DestinationOptionsPlace = 'inside'): HeaderPlace {
  const end = ipTotalLength(p);
  if (end < 0) return -1;
  if (p[0]! >>> 4 === 4) return headerPlace((p[0]! & 15) * 4, 9);
  let place = headerPlace(40, 6);
  let named = 6;
  let at = 40;
  for (;;) {
    const type = p[named]!;
    const infront =
      type === protocols.HOPOPT || type === protocols['IPv6-Route'] || type === protocols['IPv6-Frag'] || type === protocols.Shim6;
    if (!infront && type !== protocols['IPv6-Opts']) return place;
    const length = type === protocols.HOPOPT && named !== 6 ? -1 : extensionLength(p, type, at, end);
    if (length < 0) return -1;
    named = at;
    at += length;
    if (infront || destinationOptions === 'outside') place = headerPlace(at, named);
    if (type === protocols['IPv6-Frag'] && readU16(p, named + 2) >>> 3 !== 0) return place;
  }
}
