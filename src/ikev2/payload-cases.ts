/**
 * Which declaration belongs to which payload type.
 *
 * @module
 */
import { type PayloadOf, payloadTable } from '../isakmp/chain.js';
import {
  authentication,
  certificate,
  configuration,
  deletion,
  eap,
  encrypted,
  encryptedFragment,
  identification,
  keyExchange,
  nonce,
  notify,
  vendorId,
} from './payloads.js';
import { securityAssociation } from './sa-payload.js';
import { trafficSelectors } from './ts-payload.js';

/** The payloads of RFC 7296 and RFC 7383. */
export const payloadTypesV2 = /* @__PURE__ */ payloadTable({
  33: { type: 'SA', body: securityAssociation },
  34: { type: 'KE', body: keyExchange },
  35: { type: 'IDi', body: identification, keepsBody: true },
  36: { type: 'IDr', body: identification, keepsBody: true },
  37: { type: 'CERT', body: certificate },
  38: { type: 'CERTREQ', body: certificate },
  39: { type: 'AUTH', body: authentication },
  40: { type: 'Nonce', body: nonce },
  41: { type: 'N', body: notify },
  42: { type: 'D', body: deletion },
  43: { type: 'V', body: vendorId },
  44: { type: 'TSi', body: trafficSelectors },
  45: { type: 'TSr', body: trafficSelectors },
  46: { type: 'SK', body: encrypted, encrypts: true },
  47: { type: 'CP', body: configuration },
  48: { type: 'EAP', body: eap },
  53: { type: 'SKF', body: encryptedFragment, encrypts: true },
});

/** A payload: `type` tells which, and `'unknown'` stands for those that are not understood. */
export type Payload = PayloadOf<(typeof payloadTypesV2)['cases']>;
/** The payload of one type: `PayloadOfType<'SA'>`. */
export type PayloadOfType<Type extends Payload['type']> = Extract<Payload, { readonly type: Type }>;
