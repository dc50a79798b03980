/**
 * Which declaration belongs to which payload type.
 *
 * @module
 */
import { type PayloadOf, payloadTable } from '../isakmp/chain.js';
import {
  attributes,
  certificate,
  deletion,
  fragment,
  identification,
  natOriginalAddress,
  nonce,
  notification,
  octets,
} from './payloads.js';
import { type Proposal, securityAssociation } from './sa-payload.js';

/**
 * The payloads of RFC 2408 and RFC 3947, and of the drafts that are in use. Proposals and transforms, 2 and 3, stand inside an SA payload. Before RFC 3947
 * NAT traversal had numbers out of the private range.
 */
export const payloadTypesV1 = /* @__PURE__ */ payloadTable(
  {
    1: { type: 'SA', body: securityAssociation, keepsBody: true },
    4: { type: 'KE', body: octets },
    5: { type: 'ID', body: identification, keepsBody: true },
    6: { type: 'CERT', body: certificate },
    7: { type: 'CR', body: certificate },
    8: { type: 'HASH', body: octets },
    9: { type: 'SIG', body: octets },
    10: { type: 'Nonce', body: nonce },
    11: { type: 'N', body: notification },
    12: { type: 'D', body: deletion },
    13: { type: 'VID', body: octets },
    14: { type: 'ATTR', body: attributes },
    20: { type: 'NAT-D', body: octets },
    21: { type: 'NAT-OA', body: natOriginalAddress },
    130: { type: 'NAT-D draft', body: octets },
    131: { type: 'NAT-OA draft', body: natOriginalAddress },
    132: { type: 'FRAG', body: fragment },
  },
  false,
);

type Wire = PayloadOf<(typeof payloadTypesV1)['cases']>;
/** ISAKMP has no critical bit. */
type WithoutCritical<P> = P extends unknown ? { readonly [K in keyof P as K extends 'critical' ? never : K]: P[K] } : never;

/** The Security Association payload. */
export interface SaPayload {
  /** Tells payloads apart. */
  readonly type: 'SA';
  /** Domain of Interpretation: a name, or a number without one. */
  readonly doi: Extract<Wire, { readonly type: 'SA' }>['doi'];
  /** A bitmap; 1 is SIT_IDENTITY_ONLY. */
  readonly situation: number;
  /** In any other situation all that follows, as it is; then there are no proposals. */
  readonly unread?: Uint8Array | undefined;
  /** Those of one number are wanted together, those of different numbers are alternatives: see `groupProposals`. */
  readonly proposals: readonly Proposal[];
  /** The body as it was received, which HASH_I and HASH_R cover (SAi_b). Encoding ignores it. */
  readonly body?: Uint8Array;
}

/** A payload: `type` tells which, and `'unknown'` stands for those that are not understood. */
export type Payload = SaPayload | WithoutCritical<Exclude<Wire, { readonly type: 'SA' }>>;
/** The payload of one type: `PayloadOfType<'SA'>`. */
export type PayloadOfType<Type extends Payload['type']> = Extract<Payload, { readonly type: Type }>;
