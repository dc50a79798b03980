/**
 * EAP packets as payloads and as octets (RFC 7296 section 3.16, RFC 3748 section 4).
 *
 * @module
 */
import { concat, EMPTY, isBytes, readU16, writeU16 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { eapCodes } from '../../iana/ikev2.js';
import type { PayloadOfType } from '../payload-cases.js';

/** An EAP packet in its payload. */
export type EapPayload = PayloadOfType<'EAP'>;

const headerLength = 4;

/** The octets of a packet that came: Code, Identifier, Length, Type and Type-Data. */
export function encodePacket({ code, identifier, data }: EapPayload): Uint8Array {
  const header = Uint8Array.of(typeof code === 'number' ? code : eapCodes.find(({ name }) => name === code)!.id, identifier, 0, 0);
  writeU16(header, 2, headerLength + data.length);
  return concat(header, data);
}

/**
 * Puts a packet that the outside world has made into its payload.
 *
 * @throws IpsecError `invalid-argument`: it is no EAP packet.
 */
export function createEapPayload(packet: unknown): EapPayload {
  const isPacket = isBytes(packet) && packet.length >= headerLength && readU16(packet, 2) === packet.length;
  const code = isPacket ? eapCodes.find(({ id }) => id === packet[0])?.name : undefined;
  if (!isPacket || code === undefined)
    throw new IpsecError('invalid-argument', 'an EAP packet that was handed in', {
      expected: 'Code 1 to 4, Identifier, Length of 2 octets that is right',
      found: isBytes(packet) ? `${packet.length} octets, the first of them ${packet[0] ?? 'missing'}` : typeof packet,
    });
  return { type: 'EAP', code, identifier: packet[1]!, data: packet.slice(headerLength) };
}

/** RFC 3748 section 4.2: "The Identifier field MUST match the Identifier field of the Response packet that it is sent in response to." */
export function createEapResult(code: 'Success' | 'Failure', answered: EapPayload | undefined): EapPayload {
  return { type: 'EAP', code, identifier: answered?.identifier ?? 0, data: EMPTY };
}

/**
 * Whether a packet may come to us. RFC 7296 section 3.16: "For other codes, the EAP message length MUST be four octets and the Type and Type_Data fields
 * MUST NOT be present."
 *
 * @param codes that our role gets.
 * @throws IpsecError `invalid-syntax`.
 */
export function checkPacket({ code, data }: EapPayload, codes: readonly EapPayload['code'][]): void {
  const hasType = code === 'Request' || code === 'Response';
  if (codes.includes(code) && data.length > 0 === hasType) return;
  throw new IpsecError('invalid-syntax', 'an EAP payload', {
    expected: codes.join(', '),
    found: `Code ${code} with ${data.length} octets behind Length`,
  });
}
