/**
 * The datagrams of a capture of clear traffic, one after the other.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { addFragment, createReassembler } from '../ip/reassembly.js';
import { fragmentKind, ipTotalLength } from '../ip/walk.js';
import { ipPacketOf } from './link.js';
import type { CaptureRecord, CaptureTime } from './pcap-record.js';

/** One datagram, or one fragment where fragments may stay. */
export interface ClearDatagram {
  /** Which one it is, from 1: this counts datagrams, not records. */
  readonly number: number;
  /** When its last record was captured. */
  readonly time: CaptureTime;
  /** The IP packet: a view into the capture, or memory of its own when it was put together. */
  readonly packet: Uint8Array;
}

/** Reads clear datagrams in order. */
export interface ClearReader {
  /**
   * The next one; undefined at the end. `mayStay` says of a fragment whether it is taken as it is (tunnel mode); else the datagram is put
   * together first (transport mode).
   */
  readonly next: (mayStay: (packet: Uint8Array) => boolean) => ClearDatagram | undefined;
}

/** Makes a reader. What is no IP packet, is broken or malformed is passed over and reported to `note`. */
export function createClearReader(records: Iterable<CaptureRecord>, note: (text: string) => void): ClearReader {
  const iterator = records[Symbol.iterator]();
  const reassembler = createReassembler();
  let count = 0;
  let now = 0;
  function next(mayStay: (packet: Uint8Array) => boolean): ClearDatagram | undefined {
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
      const record = step.value;
      if (record.error !== undefined) {
        note(`record ${record.number}: ${record.error.message}`);
        continue;
      }
      const link = ipPacketOf(record.linkType, record.data);
      if (!link.ok) continue;
      const total = ipTotalLength(link.packet);
      if (total < 0) {
        note(`record ${record.number}: a malformed IP header`);
        continue;
      }
      const packet = link.packet.subarray(0, total);
      const { time } = record;
      now = Math.max(now, time.seconds * 1000 + time.nanoseconds / 1e6);
      if (fragmentKind(packet) <= 0 || mayStay(packet)) return { number: ++count, time, packet };
      const whole = putTogether(packet, record.number);
      if (whole !== undefined) return { number: ++count, time, packet: whole };
    }
    return undefined;
  }
  function putTogether(packet: Uint8Array, record: number): Uint8Array | undefined {
    try {
      const result = addFragment(reassembler, packet, now);
      if (result.type === 'refused') note(`record ${record}: a fragment was refused: ${result.reason}`);
      return result.type === 'whole' ? result.packet : undefined;
    } catch (error) {
      if (!(error instanceof IpsecError)) throw error;
      note(`record ${record}: ${error.message}`);
      return undefined;
    }
  }
  return { next };
}
