/**
 * Explicit Congestion Notification through tunnels: RFC 6040, which RFC 4301 section 5.1.2 note (6) became.
 *
 * @module
 */

/** The ECN field, the lower two bits of the traffic class octet (RFC 3168 section 5). */
export const ecn = {
  /** Not-ECT: the transport does not use ECN. */
  notEct: 0,
  /** ECT(1): ECN-Capable Transport. */
  ect1: 1,
  /** ECT(0): ECN-Capable Transport. */
  ect0: 2,
  /** CE: Congestion Experienced. */
  ce: 3,
} as const;

/**
 * What the ingress writes into the outer header: `'normal'` copies, `'compatibility'` writes Not-ECT, `'none'` writes Not-ECT and lets the
 * egress ignore the outer field too, for tunnels whose other end knows nothing of ECN.
 */
export type EcnMode = 'normal' | 'compatibility' | 'none';

/**
 * The ECN field of the outer header at the tunnel ingress.
 *
 * RFC 6040 section 4.1: "In normal mode, an encapsulator compliant with this specification MUST construct the outer encapsulating IP
 * header by copying the two-bit ECN field of the incoming IP header.  In compatibility mode, it clears the ECN field in the outer header
 * to the Not-ECT codepoint"
 *
 * @param inner the ECN field (0 to 3) or the whole traffic class octet of the packet that goes in.
 */
export function encapsulateEcn(inner: number, mode: EcnMode = 'normal'): number {
  return mode === 'normal' ? inner & 3 : ecn.notEct;
}

/** What the egress does. The records are shared and frozen. */
export interface EcnOutcome {
  /** The packet has to be dropped. */
  readonly drop: boolean;
  /** The ECN field of the packet that goes on, 0 to 3. */
  readonly ecn: number;
  /**
   * Whether this pair of fields can come from no known tunnel ingress: RFC 6040 section 4.2: "In these cases, particularly the more
   * dangerous ones, the decapsulator SHOULD log the event and MAY also raise an alarm."
   */
  readonly alarm: 'none' | 'possibly dangerous' | 'dangerous';
}

/**
 * The ECN field that leaves the tunnel egress, by the table of RFC 6040 section 4.2:
 *
 * ```text
 * +---------+------------------------------------------------+
 * |Arriving |            Arriving Outer Header               |
 * |   Inner +---------+------------+------------+------------+
 * |  Header | Not-ECT | ECT(0)     | ECT(1)     |     CE     |
 * +---------+---------+------------+------------+------------+
 * | Not-ECT | Not-ECT |Not-ECT(!!!)|Not-ECT(!!!)| <drop>(!!!)|
 * |  ECT(0) |  ECT(0) | ECT(0)     | ECT(1)     |     CE     |
 * |  ECT(1) |  ECT(1) | ECT(1) (!) | ECT(1)     |     CE     |
 * |    CE   |      CE |     CE     |     CE(!!!)|     CE     |
 * +---------+---------+------------+------------+------------+
 * ```
 *
 * @param outer the ECN field (0 to 3) or the whole traffic class octet of the outer header.
 * @param inner the same of the inner header.
 *
 * @example
 * ```ts
 * import { decapsulateEcn } from 'ipsec-ts/ip';
 *
 * if (decapsulateEcn(3, 2).ecn !== 3) throw new Error('congestion on the way is passed on');
 * if (!decapsulateEcn(3, 0).drop) throw new Error('a transport without ECN notices congestion by loss');
 * ```
 */
export function decapsulateEcn(outer: number, inner: number): EcnOutcome {
  return outcomes[((inner & 3) << 2) | (outer & 3)]!;
}

const outcomes: readonly EcnOutcome[] = /* @__PURE__ */ makeOutcomes();

function makeOutcomes(): readonly EcnOutcome[] {
  const { notEct, ect0, ect1, ce } = ecn;
  const table: EcnOutcome[] = [];
  for (const inner of [notEct, ect1, ect0, ce])
    for (const outer of [notEct, ect1, ect0, ce]) {
      // RFC 6040 section 4.2: "If the inner ECN field is Not-ECT and the outer ECN field is CE, the decapsulator MUST drop the packet."
      const drop = inner === notEct && outer === ce;
      // RFC 6040 section 4.2: "set the outgoing ECN field to the more severe marking of the outer and inner ECN fields, where the ranking
      // of severity from highest to lowest is CE, ECT(1), ECT(0), Not-ECT."
      const result = inner === notEct ? notEct : severity(outer) > severity(inner) ? outer : inner;
      const dangerous = (inner === notEct && outer !== notEct) || (inner === ce && outer === ect1);
      table.push(
        Object.freeze({
          drop,
          ecn: result,
          alarm: dangerous ? 'dangerous' : inner === ect1 && outer === ect0 ? 'possibly dangerous' : 'none',
        }),
      );
    }
  return table;
}

function severity(field: number): number {
  return field === ecn.ce ? 3 : field === ecn.ect1 ? 2 : field === ecn.ect0 ? 1 : 0;
}
