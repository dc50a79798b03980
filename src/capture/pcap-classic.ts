/**
 * The classic pcap file: one header, then records of one link type.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { MAXIMUM_FRAME, readU32In, type CaptureRecord, type CaptureTime } from './pcap-record.js';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Two records belong together when no more than this lies between them; only used to find the next record behind a broken one. */
const RESYNC_SECONDS = 7 * 86_400;

/** What the file header says. */
interface PcapFormat {
  readonly little: boolean;
  readonly fraction: 1_000_000 | 1_000_000_000;
  readonly linkType: number;
  readonly maximum: number;
}

/** The magic number, as read in big-endian order, of each variety. */
const magics: Readonly<Record<number, Pick<PcapFormat, 'little' | 'fraction'>>> = Object.freeze({
  0xa1b2c3d4: { little: false, fraction: 1_000_000 },
  0xd4c3b2a1: { little: true, fraction: 1_000_000 },
  0xa1b23c4d: { little: false, fraction: 1_000_000_000 },
  0x4d3cb2a1: { little: true, fraction: 1_000_000_000 },
});

/** Whether the octets begin with the magic number of a classic pcap file, in either byte order and either resolution. */
export function isPcap(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && magics[readU32In(bytes, 0, false)] !== undefined;
}

/**
 * The records of a pcap file, in order. A record whose length is impossible is reported, and reading goes on where the next two
 * plausible records follow each other. Throws `truncated` when not even the file header is whole.
 */
export function readPcap(bytes: Uint8Array): Iterable<CaptureRecord> {
  return readRecords(bytes, decodeFileHeader(bytes));
}

//   +---------------------------------------------------------------+
//   |                         Magic Number                          |
//   +-------------------------------+-------------------------------+
//   |         Major Version         |         Minor Version         |
//   +-------------------------------+-------------------------------+
//   |                   Reserved (time zone), twice                 |
//   +---------------------------------------------------------------+
//   |                            SnapLen                            |
//   +-------+-----+-------------------------------------------------+
//   |  FCS  |f|0 0|               0   |          LinkType           |
//   +-------+-----+-------------------------------------------------+
function decodeFileHeader(bytes: Uint8Array): PcapFormat {
  if (bytes.length < FILE_HEADER) {
    throw new IpsecError('truncated', 'the pcap file header', {
      path: 'capture',
      offset: 0,
      expected: `${FILE_HEADER} octets`,
      found: `${bytes.length}`,
    });
  }
  const magic = magics[readU32In(bytes, 0, false)];
  if (magic === undefined)
    throw new IpsecError('unknown-format', 'a pcap file', { path: 'capture', offset: 0, expected: 'magic number a1b2c3d4 or a1b23c4d' });
  const snapLength = readU32In(bytes, 16, magic.little);
  // The upper half holds the length of the frame check sequence, which the IP lengths cut off anyway.
  const linkType = readU32In(bytes, 20, magic.little) & 0xffff;
  return { ...magic, linkType, maximum: Math.max(snapLength > 0x7fffffff ? 0 : snapLength, MAXIMUM_FRAME) };
}

//   +---------------------------------------------------------------+
//   |                      Timestamp (seconds)                      |
//   +---------------------------------------------------------------+
//   |            Timestamp (microseconds or nanoseconds)            |
//   +---------------------------------------------------------------+
//   |                    Captured Packet Length                     |
//   +---------------------------------------------------------------+
//   |                    Original Packet Length                     |
//   +---------------------------------------------------------------+
//   /                          Packet Data                          /
function* readRecords(bytes: Uint8Array, format: PcapFormat): Generator<CaptureRecord> {
  const { little, fraction, linkType } = format;
  let lastSeconds = -1;
  let at = FILE_HEADER;
  for (let number = 1; at < bytes.length; number++) {
    const error = recordError(bytes, at, format, number);
    if (error !== undefined) {
      yield { number, error };
      at = nextPlausible(bytes, at + 1, format, lastSeconds);
      continue;
    }
    const seconds = readU32In(bytes, at, little);
    const captured = readU32In(bytes, at + 8, little);
    const start = at + RECORD_HEADER;
    lastSeconds = seconds;
    at = start + captured;
    // A fraction of a second or more is damage that does not keep the packet from being read.
    const nanoseconds = Math.min(readU32In(bytes, start - 12, little), fraction - 1) * (1e9 / fraction);
    yield {
      number,
      time: { seconds, nanoseconds },
      linkType,
      data: bytes.subarray(start, at),
      originalLength: readU32In(bytes, start - 4, little),
    };
  }
}

function recordError(bytes: Uint8Array, at: number, format: PcapFormat, number: number): IpsecError | undefined {
  const left = bytes.length - at;
  const path = `capture.${number}`;
  if (left < RECORD_HEADER)
    return new IpsecError('truncated', 'the header of a pcap record', {
      path,
      offset: at,
      expected: `${RECORD_HEADER} octets`,
      found: `${left}`,
    });
  const captured = readU32In(bytes, at + 8, format.little);
  if (captured > format.maximum)
    return new IpsecError('malformed', 'the captured length of a pcap record', {
      path,
      offset: at + 8,
      expected: `at most ${format.maximum}`,
      found: `${captured}`,
    });
  if (captured > left - RECORD_HEADER)
    return new IpsecError('truncated', 'the data of a pcap record', {
      path,
      offset: at + RECORD_HEADER,
      expected: `${captured} octets`,
      found: `${left - RECORD_HEADER}`,
    });
  return undefined;
}

/**
 * The next offset at which a record seems to begin: its header makes sense, its time is near that of the last good record (or of
 * the record behind it), and behind it lies the end of the file or another header that makes sense. Constant work per octet.
 */
function nextPlausible(bytes: Uint8Array, from: number, format: PcapFormat, lastSeconds: number): number {
  for (let at = from; at + RECORD_HEADER <= bytes.length; at++) {
    const end = plausibleEnd(bytes, at, format, lastSeconds);
    if (end === bytes.length) return at;
    if (end > 0 && plausibleEnd(bytes, end, format, readU32In(bytes, at, format.little)) > 0) return at;
  }
  return bytes.length;
}

function plausibleEnd(bytes: Uint8Array, at: number, { little, fraction, maximum }: PcapFormat, nearSeconds: number): number {
  if (at + RECORD_HEADER > bytes.length) return -1;
  const captured = readU32In(bytes, at + 8, little);
  const original = readU32In(bytes, at + 12, little);
  const end = at + RECORD_HEADER + captured;
  if (captured === 0 || captured > maximum || captured > original || original > MAXIMUM_FRAME || end > bytes.length) return -1;
  if (readU32In(bytes, at + 4, little) >= fraction) return -1;
  if (nearSeconds >= 0 && Math.abs(readU32In(bytes, at, little) - nearSeconds) > RESYNC_SECONDS) return -1;
  return end;
}

/** What {@link writePcap} writes of each packet. */
export interface WritablePacket {
  /** When it was captured. */
  readonly time: CaptureTime;
  /** The frame, from the first octet of the link type's header. */
  readonly data: Uint8Array;
  /** The frame's length before it was cut; absent: `data.length`. */
  readonly originalLength?: number;
}

/** What holds for the whole file that {@link writePcap} makes. */
export interface PcapOptions {
  /** The LINKTYPE_ value of every frame: 1 Ethernet, 101 raw IP. */
  readonly linkType: number;
  /** Times in nanoseconds instead of microseconds. */
  readonly nanoseconds?: boolean;
}

/**
 * A little-endian pcap file, which every capture program reads.
 *
 * @throws IpsecError `invalid-argument` for a link type, time or length that the format has no room for.
 */
export function writePcap(options: PcapOptions, records: Iterable<WritablePacket>): Uint8Array {
  const list = [...records];
  let length = FILE_HEADER;
  let snapLength = MAXIMUM_FRAME;
  for (const { data } of list) {
    length += RECORD_HEADER + data.length;
    snapLength = Math.max(snapLength, data.length);
  }
  if (!Number.isInteger(options.linkType) || options.linkType < 0 || options.linkType > 0xffff) {
    throw new IpsecError('invalid-argument', 'the link type of a capture', {
      path: 'linkType',
      expected: '0 to 65535',
      found: `${options.linkType}`,
    });
  }
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, options.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, options.linkType, true);
  let at = FILE_HEADER;
  for (const [i, { time, data, originalLength = data.length }] of list.entries()) {
    if (!isU32(time.seconds) || !isU32(time.nanoseconds) || time.nanoseconds > 999_999_999) {
      throw new IpsecError('invalid-argument', 'the time of a packet', {
        path: `${i}.time`,
        expected: 'seconds below 2^32, nanoseconds below 10^9',
      });
    }
    if (!isU32(originalLength) || originalLength < data.length) {
      throw new IpsecError('invalid-argument', 'the original length of a packet', {
        path: `${i}.originalLength`,
        expected: `at least ${data.length}`,
        found: `${originalLength}`,
      });
    }
    view.setUint32(at, time.seconds, true);
    view.setUint32(at + 4, options.nanoseconds === true ? time.nanoseconds : Math.floor(time.nanoseconds / 1000), true);
    view.setUint32(at + 8, data.length, true);
    view.setUint32(at + 12, originalLength, true);
    out.set(data, at + RECORD_HEADER);
    at += RECORD_HEADER + data.length;
  }
  return out;
}

function isU32(n: number): boolean {
  return Number.isInteger(n) && n >= 0 && n <= 0xffffffff;
}
