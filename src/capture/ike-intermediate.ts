/**
 * What AUTH covers of IKE_INTERMEDIATE (RFC 9242 section 3.3.2).
 *
 * @module
 */
import { concat, EMPTY, writeU16, writeU32 } from '../bytes.js';
import type { IkeMessage } from '../ike.js';
import { prf } from '../suite/prf.js';
import type { ClearMessage, DerivedKeys } from './ike-sa.js';

const HEADER = 28;
const SK = 46;

/**
 * RFC 9242 section 3.3.2: "IntAuth_iN = prf(SK_piN, IntAuth_iN-1 | IntAuth_iNA [| IntAuth_iNP])", and the same for the responder.
 *
 * @param before IntAuth of the exchange before; empty for the first.
 */
export function extendIntAuth(derived: DerivedKeys, before: Uint8Array, { message, firstPayload, content }: ClearMessage): Uint8Array {
  const { keys } = derived;
  return prf(
    derived.prf,
    message.isInitiator ? keys.SK_pi : keys.SK_pr,
    before,
    associated(message, firstPayload, content.length),
    content,
  );
}

/**
 * The headers, as if the message had been sent whole and in clear: RFC 9242 section 3.3.2: "authentication is performed by adding the content of
 * these messages before their encryption and possible fragmentation".
 */
function associated({ raw, payloads }: IkeMessage, firstPayload: number, contentLength: number): Uint8Array {
  const last = payloads.at(-1);
  const isWhole = last?.type === 'SK';
  // Payloads in front of SK are part of it; a fragment other than the first does not have them (RFC 7383 section 2.5.3).
  const start = isWhole ? raw.length - last.data.length - 4 : HEADER;
  const headers = concat(raw.subarray(0, start), Uint8Array.of(firstPayload, isWhole ? raw[start + 1]! : 0, 0, 0));
  if (!isWhole) headers[16] = SK;
  writeU32(headers, 24, headers.length + contentLength);
  writeU16(headers, start + 2, 4 + contentLength);
  return headers;
}

/** RFC 9242 section 3.3.2: "IntAuth =  IntAuth_iN | IntAuth_rN | IKE_AUTH_MID" */
export function intAuthOf(initiator: Uint8Array | undefined, responder: Uint8Array | undefined, authMessageId: number): Uint8Array {
  if (initiator === undefined || responder === undefined) return EMPTY;
  const id = new Uint8Array(4);
  writeU32(id, 0, authMessageId);
  return concat(initiator, responder, id);
}
