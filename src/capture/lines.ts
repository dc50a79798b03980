/**
 * The JSON lines of `ipsec-ts decode --json`: see docs for the contract. Programs depend on every member.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { DecodedDatagram, IkeFound } from './datagram.js';

/**
 * One datagram as one line of JSON, without a line feed. `spi` is `0x` and eight digits (a CPI too); `seq` and `top` are decimal strings;
 * members that do not apply are absent.
 */
export function formatLine(d: DecodedDatagram): string {
  return JSON.stringify({
    packet: d.packet,
    protocol: d.protocol,
    ...(d.spi !== undefined && { spi: formatSpi(d.spi) }),
    ...(d.seq !== undefined && { seq: d.seq.toString() }),
    result: d.result,
    ...(d.reason !== undefined && { reason: d.reason }),
    ...(d.layer !== undefined && { layer: d.layer }),
    ...(d.inner !== undefined && { inner: toHex(d.inner) }),
    ...(d.top !== undefined && { top: d.top.toString() }),
  });
}

/**
 * A message of IKE as one line of JSON; undefined for a datagram that does not even begin as one. `initiator` and `response` are flags of
 * IKEv2: absent in IKEv1. `decrypted` is null where nothing is encrypted, or nothing opens it.
 */
export function formatIkeLine({ packet, outline, followed, followedV1 }: IkeFound): string | undefined {
  if (outline === undefined) return undefined;
  const { decrypted, clearPayloads, auth } = followed ?? followedV1 ?? {};
  const { header, version, exchange, payloads } = outline;
  const { messageId, flags, spiI, spiR } = header;
  const flag = (bit: number): boolean => (flags & bit) !== 0;
  return JSON.stringify({
    packet,
    ike: version,
    exchange,
    messageId,
    ...(header.majorVersion !== 1 && { initiator: flag(0x08), response: flag(0x20) }),
    spiI: toHex(spiI),
    spiR: toHex(spiR),
    payloads,
    decrypted: decrypted === undefined ? null : toHex(decrypted),
    ...(clearPayloads !== undefined && { clearPayloads }),
    ...(auth !== undefined && { auth }),
  });
}

/** `0x67229928`. */
export function formatSpi(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}
