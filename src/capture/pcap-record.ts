/**
 * What a capture file holds, whatever its format: packets with a number, a time and a link type, and records that could not be read.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';

/** A moment, in whole seconds since 1970-01-01 UTC and nanoseconds within that second: no format's resolution is lost. */
export interface CaptureTime {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  /** 0 to 999 999 999. */
  readonly nanoseconds: number;
}

/** One captured frame. */
export interface CapturedPacket {
  /** From 1, as other programs number it; a broken record takes a number too. */
  readonly number: number;
  /** When it was captured; zero where the format does not say (Simple Packet Block). */
  readonly time: CaptureTime;
  /** The LINKTYPE_ value: what the frame begins with. See `ipPacketOf`. */
  readonly linkType: number;
  /** What was captured of the frame: a view into the file. */
  readonly data: Uint8Array;
  /** How long the frame was; more than `data.length` when the capture cut it. */
  readonly originalLength: number;
  /** Only a {@link BrokenRecord} has one. */
  readonly error?: undefined;
}

/** A record that cannot be read. Reading goes on behind it where the next record can be found. */
export interface BrokenRecord {
  /** The number the packet would have had; of a broken block that holds no packet, the number of the packet that follows. */
  readonly number: number;
  /** What is wrong with it, and at which octet of the file. */
  readonly error: IpsecError;
}

/** What {@link CapturedPacket} and {@link BrokenRecord} have in common: test `record.error`. */
export type CaptureRecord = CapturedPacket | BrokenRecord;

/** The largest frame that is believed: what libpcap itself takes (MAXIMUM_SNAPLEN). Larger lengths are damage. */
export const MAXIMUM_FRAME = 262_144;

/** Reads 16 bits in the byte order of the file. */
export function readU16In(b: Uint8Array, offset: number, little: boolean): number {
  return little ? b[offset]! | (b[offset + 1]! << 8) : (b[offset]! << 8) | b[offset + 1]!;
}

/** Reads 32 bits, unsigned, in the byte order of the file. */
export function readU32In(b: Uint8Array, offset: number, little: boolean): number {
  return little
    ? (b[offset]! | (b[offset + 1]! << 8) | (b[offset + 2]! << 16) | (b[offset + 3]! << 24)) >>> 0
    : ((b[offset]! << 24) | (b[offset + 1]! << 16) | (b[offset + 2]! << 8) | b[offset + 3]!) >>> 0;
}
