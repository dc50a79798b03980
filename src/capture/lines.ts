/**
 * The JSON lines of `ipsec-ts decode --json`: see docs for the contract. Programs depend on every member.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import type { DecodedDatagram } from './datagram.js';

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

/** `0x67229928`. */
export function formatSpi(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}
