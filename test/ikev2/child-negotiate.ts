/** A Child SA negotiated between two ends. */
import { toHex } from '../../src/bytes.js';
import type { Payload } from '../../src/ike.js';
import { acceptChild, type AcceptedChild, type ChildContext, completeChild, type NewChild, offerChild } from '../../src/ikev2/child.js';
import type { ChildPolicy } from '../../src/keying/connection.js';
import type { ChildOffer } from '../../src/ikev2/states.js';
import { ANY, formatTrafficSelector, type TrafficSelector } from '../../src/traffic-selector.js';
import { connectionOf, contextOf, envOf, mirrored, pathOf, policyOf } from './child-fixtures.js';

/** Nonces of every exchange. */
export const Ni = new Uint8Array(32).fill(1);
export const Nr = new Uint8Array(32).fill(2);
/** Traffic selectors as text. */
export const text = (selectors: readonly unknown[]): string[] => selectors.map((s) => formatTrafficSelector(s as TrafficSelector));

/** What is different from plain ends. */
interface Ends {
  readonly initiator?: Partial<ChildContext>;
  readonly responder?: Partial<ChildContext>;
  /** What becomes of the answer on its way. */
  readonly answer?: (payloads: readonly Payload[]) => readonly Payload[];
}
/** A Child SA at both ends. */
interface Both {
  readonly offer: ChildOffer;
  readonly request: readonly Payload[];
  readonly accepted: AcceptedChild;
  readonly completed: NewChild;
}

/** A Child SA between an initiator and a responder with these policies; `responder` as the responder sees it. */
export function negotiate(
  initiator: ChildPolicy,
  responder: ChildPolicy | readonly ChildPolicy[] = mirrored(initiator),
  ends: Ends = {},
): Both {
  const swapped = pathOf('198.51.100.1', '192.0.2.1');
  const i = contextOf(connectionOf([initiator]), ends.initiator);
  const r = contextOf(connectionOf([responder].flat()), { path: swapped, ...ends.responder });
  const { offer, payloads } = offerChild(i, initiator, envOf(), { exchange: 'CREATE_CHILD_SA', Ni });
  const accepted = acceptChild(r, payloads, envOf({ spi: 0x2000, seed: 99 }), { exchange: 'CREATE_CHILD_SA', Ni, Nr });
  if ('invalidKe' in accepted) throw new Error('no group');
  const answer = ends.answer?.(accepted.payloads) ?? accepted.payloads;
  return { offer, request: payloads, accepted, completed: completeChild(i, offer, answer, envOf(), { exchange: 'CREATE_CHILD_SA', Nr }) };
}

/** Keys of both directions: inbound, outbound. */
export const hexKeys = ({ inbound, outbound }: NewChild['keys']): string[] =>
  [inbound, outbound].flatMap(({ encryption, integrity }) => [toHex(encryption!), toHex(integrity!)]);

/** The addresses of the IKE SA. */
export const dynamic = { protocol: ANY, addresses: 'dynamic', ports: ANY } as const;
/** Transport mode between the ends of the IKE SA. */
export const transport = policyOf({ name: 'host', mode: 'transport', local: [dynamic], remote: [dynamic] });
