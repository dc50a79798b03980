/**
 * A Child SA is granted, or not: RFC 7296 sections 1.3.1, 2.7, 2.9, 2.9.2, 2.22 and 2.23.1.
 *
 * @module
 */
import { readU32, wipe } from '../bytes.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import { deriveKeyPair } from './child-keys.js';
import { matchPolicy } from './child-match.js';
import { decodeExtras, encodeExtras, encodeSpi, isDeflate } from './child-notify.js';
import { allocateCpi } from './child-offer.js';
import type { AcceptedChild, AcceptOptions, ChildContext, WrongGroup } from './child-types.js';
import type { IkeEnv } from './events.js';
import { createNotify } from './notify-data.js';
import type { Payload } from './payload-cases.js';
import { findPayload } from './pick.js';
import type { ChildSa } from './states.js';

/**
 * Answers the request for a Child SA. The policies of the connection are looked at in their order; at a rekey it is that of the old one.
 *
 * @param payloads of the request: SA, TSi and TSr have to be there.
 * @returns the Child SA, its keys and the payloads of the answer; or the group that the peer has to come back with.
 * @throws IpsecError `no-proposal-chosen`, `ts-unacceptable`, `single-pair-required`, `no-additional-sas` with both sides' lists and the first difference;
 * `invalid-public-value`, `spi-exhausted`. Nothing is reserved then.
 */
export function acceptChild(
  context: ChildContext,
  payloads: readonly Payload[],
  env: IkeEnv,
  { exchange, Ni, Nr, replaces }: AcceptOptions,
): AcceptedChild | WrongGroup {
  const keyExchange = exchange === 'CREATE_CHILD_SA';
  const extras = decodeExtras(payloads);
  const match = matchPolicy(context, payloads, { keyExchange, wantsTransport: extras.transport, replaces });
  const { policy, mode, choice, selectors } = match;
  const { chosen } = choice;
  const ke = findPayload(payloads, 'KE');
  // RFC 7296 section 1.3: "If the responder selects a proposal using a different Diffie-Hellman group (other than NONE), the responder MUST reject the
  // request and indicate its preferred Diffie-Hellman group in the INVALID_KE_PAYLOAD Notify payload."
  if (chosen.keyExchange && ke?.method !== chosen.keyExchange.id) return { invalidKe: chosen.keyExchange.id };

  const secret = chosen.keyExchange && ke && shareSecret(chosen.keyExchange, ke.data, env);
  try {
    const spiIn = env.allocateSpi();
    // RFC 7296 section 2.22: "The response MAY indicate acceptance of a single compression algorithm with a Notify payload of type IPCOMP_SUPPORTED."
    const cpiOut = policy.ipcomp === true ? extras.ipcomp.find(isDeflate)?.cpi : undefined;
    const cpiIn = cpiOut === undefined ? undefined : allocateCpi(env);
    const nonFirstFragments = policy.nonFirstFragments === true && extras.nonFirstFragments;
    const child: ChildSa = {
      policy,
      suite: chosen,
      mode,
      spiIn,
      spiOut: readU32(choice.proposal.spi, 0),
      local: selectors.local,
      remote: selectors.remote,
      ipcomp: cpiIn === undefined || cpiOut === undefined ? undefined : { cpiIn, cpiOut },
      peerTakesTfc: extras.takesTfc,
      nonFirstFragments,
      original: match.original,
      createdAt: env.now,
      status: 'active',
    };
    const said = {
      cpi: cpiIn,
      transport: mode === 'transport',
      takesTfc: policy.tfcPadding !== false || chosen.protocol === 'AH',
      nonFirstFragments,
    };
    return {
      child,
      keys: deriveKeyPair(context, chosen, { Ni, Nr, gIr: secret?.gIr }, 'responder'),
      payloads: [
        ...encodeExtras(said),
        { type: 'SA', proposals: [choice.answer(encodeSpi(spiIn))] },
        ...(keyExchange ? [{ type: 'Nonce' as const, data: Nr }] : []),
        ...(chosen.keyExchange && secret ? [{ type: 'KE' as const, method: chosen.keyExchange.id, data: secret.publicValue }] : []),
        { type: 'TSi', selectors: selectors.remote },
        { type: 'TSr', selectors: selectors.local },
        ...(match.hasMore ? [createNotify('ADDITIONAL_TS_POSSIBLE')] : []),
      ],
      actions: [],
    };
  } finally {
    if (secret) wipe(secret.gIr);
  }
}

/**
 * Our public value, and the shared secret. RFC 7296 section 1.3.1: "a Diffie-Hellman value in the KEr payload if KEi was included in the request and the selected
 * cryptographic suite includes that group."
 */
function shareSecret(
  row: KeyExchangeRow,
  peerPublic: Uint8Array,
  { random }: IkeEnv,
): { readonly gIr: Uint8Array; readonly publicValue: Uint8Array } {
  const exchange = row.generate(random);
  try {
    return { gIr: exchange.shared(peerPublic), publicValue: exchange.publicValue };
  } finally {
    exchange.destroy();
  }
}
