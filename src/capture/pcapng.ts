/**
 * The pcapng file (draft-ietf-opsawg-pcapng): sections of blocks, each section in its own byte order, each interface with its own
 * link type and clock.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { MAXIMUM_FRAME, readU16In, readU32In, type CaptureRecord, type CaptureTime } from './pcap-record.js';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
/** Block types that a search for the next block believes in: all that the draft names with small numbers, and the section header. */
const LAST_COMMON_BLOCK = 12;

const OPTION_END = 0;
const OPTION_IF_TSRESOL = 9;
const OPTION_IF_TSOFFSET = 14;

/** One Interface Description Block. */
interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Ticks of its clock in a second. */
  readonly ticks: bigint;
  /** Seconds to add to every time. */
  readonly offset: bigint;
}

/** What the blocks so far have said; a Section Header Block starts afresh. */
interface Section {
  little: boolean;
  interfaces: Interface[];
}

type Packet = Omit<Extract<CaptureRecord, { data: Uint8Array }>, 'number'>;

/** Whether the octets begin with a Section Header Block's type, which is the same in both byte orders. */
export function isPcapng(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && readU32In(bytes, 0, false) === SECTION_HEADER;
}

/**
 * The packets of a pcapng file, in order. Unknown blocks and options are skipped; a broken block is reported, and reading goes on
 * at the next block whose two lengths agree.
 */
export function* readPcapng(bytes: Uint8Array): Generator<CaptureRecord> {
  const section: Section = { little: true, interfaces: [] };
  let number = 1;
  let at = 0;
  while (at < bytes.length) {
    const type = at + 4 <= bytes.length ? blockType(bytes, at, section) : -1;
    const length = blockLength(bytes, at, section, number);
    const isPacket = type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET;
    if (typeof length !== 'number') {
      yield { number, error: length };
      at = nextBlock(bytes, at + 1, section.little);
    } else {
      const end = at + length;
      const result = isPacket ? decodePacket(bytes, at, end, type, section, number) : decodeOther(bytes, at, end, type, section, number);
      if (result instanceof IpsecError) yield { number, error: result };
      else if (result !== undefined) yield { number, ...result };
      at = end;
    }
    if (isPacket) number++;
  }
}

//   +---------------------------------------------------------------+
//   |                          Block Type                           |
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |
//   +---------------------------------------------------------------+
//   /          Block Body (padded to a multiple of 4 octets)        /
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |
//   +---------------------------------------------------------------+

/** The type of the block at `at`; a Section Header Block first settles the byte order of what follows. */
function blockType(bytes: Uint8Array, at: number, section: Section): number {
  if (readU32In(bytes, at, false) !== SECTION_HEADER) return readU32In(bytes, at, section.little);
  if (at + 12 <= bytes.length) {
    // Byte-Order Magic 0x1A2B3C4D, in the order of the section
    if (readU32In(bytes, at + 8, true) === 0x1a2b3c4d) section.little = true;
    else if (readU32In(bytes, at + 8, false) === 0x1a2b3c4d) section.little = false;
  }
  return SECTION_HEADER;
}

function blockLength(bytes: Uint8Array, at: number, { little }: Section, number: number): number | IpsecError {
  const left = bytes.length - at;
  const path = `capture.${number}`;
  if (left < 12)
    return new IpsecError('truncated', 'a pcapng block', { path, offset: at, expected: 'at least 12 octets', found: `${left}` });
  const length = readU32In(bytes, at + 4, little);
  if (length < 12 || length % 4 !== 0) {
    return new IpsecError('malformed', 'the length of a pcapng block', {
      path,
      offset: at + 4,
      expected: 'a multiple of 4, at least 12',
      found: `${length}`,
    });
  }
  if (length > left)
    return new IpsecError('truncated', 'a pcapng block', { path, offset: at, expected: `${length} octets`, found: `${left}` });
  const trailing = readU32In(bytes, at + length - 4, little);
  if (trailing !== length) {
    return new IpsecError('malformed', 'the length at the end of a pcapng block', {
      path,
      offset: at + length - 4,
      expected: `${length}`,
      found: `${trailing}`,
    });
  }
  return length;
}

/** The next offset at which a block of a common type begins whose two lengths agree. Constant work per octet. */
function nextBlock(bytes: Uint8Array, from: number, little: boolean): number {
  for (let at = from; at + 12 <= bytes.length; at++) {
    const order = sectionOrder(bytes, at) ?? little;
    const type = readU32In(bytes, at, order);
    if (type !== SECTION_HEADER && (type === 0 || type > LAST_COMMON_BLOCK)) continue;
    const length = readU32In(bytes, at + 4, order);
    if (length < 12 || length % 4 !== 0 || length > bytes.length - at) continue;
    if (readU32In(bytes, at + length - 4, order) === length) return at;
  }
  return bytes.length;
}

function sectionOrder(bytes: Uint8Array, at: number): boolean | undefined {
  if (readU32In(bytes, at, false) !== SECTION_HEADER) return undefined;
  return readU32In(bytes, at + 8, true) === 0x1a2b3c4d;
}

function decodeOther(bytes: Uint8Array, at: number, end: number, type: number, section: Section, number: number): IpsecError | undefined {
  const path = `capture.${number}`;
  if (type === SECTION_HEADER) {
    section.interfaces = [];
    const magic = readU32In(bytes, at + 8, section.little);
    if (end - at >= 28 && magic === 0x1a2b3c4d) return undefined;
    return new IpsecError('malformed', 'a Section Header Block', {
      path,
      offset: at + 8,
      expected: 'Byte-Order Magic 1a2b3c4d and at least 28 octets',
      found: `${magic.toString(16)}, ${end - at} octets`,
    });
  }
  if (type !== INTERFACE_DESCRIPTION) return undefined;
  if (end - at < 20) {
    // The place is kept, so that the interfaces behind it keep their numbers.
    section.interfaces.push({ linkType: -1, snapLength: 0, ticks: 1_000_000n, offset: 0n });
    return new IpsecError('truncated', 'an Interface Description Block', {
      path,
      offset: at,
      expected: 'at least 20 octets',
      found: `${end - at}`,
    });
  }
  section.interfaces.push(decodeInterface(bytes, at, end - 4, section.little));
  return undefined;
}

// Interface Description Block
//   +-------------------------------+-------------------------------+
//   |           LinkType            |           Reserved            |
//   +-------------------------------+-------------------------------+
//   |                            SnapLen                            |
//   +---------------------------------------------------------------+
//   /                      Options (variable)                       /
function decodeInterface(bytes: Uint8Array, at: number, end: number, little: boolean): Interface {
  let ticks = 1_000_000n;
  let offset = 0n;
  for (let o = at + 16; o + 4 <= end;) {
    const code = readU16In(bytes, o, little);
    const length = readU16In(bytes, o + 2, little);
    const value = o + 4;
    if (code === OPTION_END || value + length > end) break;
    // if_tsresol: with its highest bit clear the other seven are a negative power of 10, with it set a negative power of 2.
    if (code === OPTION_IF_TSRESOL && length >= 1) ticks = (bytes[value]! & 0x80 ? 2n : 10n) ** BigInt(bytes[value]! & 0x7f);
    if (code === OPTION_IF_TSOFFSET && length >= 8) offset = BigInt.asIntN(64, readU64In(bytes, value, little));
    o = value + length + (-length & 3);
  }
  return { linkType: readU16In(bytes, at + 8, little), snapLength: readU32In(bytes, at + 12, little), ticks, offset };
}

// Enhanced Packet Block                                               (obsolete) Packet Block: 16 bits Interface ID, 16 bits Drops Count,
//   +---------------------------------------------------------------+ then the same
//   |                         Interface ID                          |
//   +---------------------------------------------------------------+ Simple Packet Block: Original Packet Length, then the data
//   |              Timestamp: upper, then lower 32 bits             |
//   +---------------------------------------------------------------+
//   |                    Captured Packet Length                     |
//   +---------------------------------------------------------------+
//   |                    Original Packet Length                     |
//   +---------------------------------------------------------------+
//   /              Packet Data, padded; then Options                /
function decodePacket(bytes: Uint8Array, at: number, end: number, type: number, section: Section, number: number): Packet | IpsecError {
  const { little, interfaces } = section;
  const path = `capture.${number}`;
  const simple = type === SIMPLE_PACKET;
  const start = at + (simple ? 12 : 28);
  const room = end - 4 - start;
  if (room < 0)
    return new IpsecError('truncated', 'a pcapng packet block', {
      path,
      offset: at,
      expected: `at least ${start + 4 - at} octets`,
      found: `${end - at}`,
    });
  const id = simple ? 0 : type === OBSOLETE_PACKET ? readU16In(bytes, at + 8, little) : readU32In(bytes, at + 8, little);
  const from = interfaces[id];
  if (from === undefined)
    return new IpsecError('malformed', 'the Interface ID of a pcapng packet block', {
      path,
      offset: at + 8,
      expected: `below ${interfaces.length}`,
      found: `${id}`,
    });
  const originalLength = readU32In(bytes, start - 4, little);
  // A Simple Packet Block has no captured length: it is the lesser of the original length and the interface's SnapLen.
  const captured = simple
    ? Math.min(originalLength, from.snapLength === 0 ? originalLength : from.snapLength)
    : readU32In(bytes, at + 20, little);
  if (captured > room) {
    return new IpsecError('malformed', 'the captured length of a pcapng packet block', {
      path,
      offset: simple ? at + 8 : at + 20,
      expected: `at most ${room}`,
      found: `${captured}`,
    });
  }
  if (captured > Math.max(MAXIMUM_FRAME, from.snapLength)) {
    return new IpsecError('malformed', 'the captured length of a pcapng packet block', {
      path,
      offset: at + 20,
      expected: `at most ${MAXIMUM_FRAME}`,
      found: `${captured}`,
    });
  }
  const time = simple ? { seconds: 0, nanoseconds: 0 } : timeOf(readU32In(bytes, at + 12, little), readU32In(bytes, at + 16, little), from);
  return { time, linkType: from.linkType, data: bytes.subarray(start, start + captured), originalLength };
}

function timeOf(upper: number, lower: number, { ticks, offset }: Interface): CaptureTime {
  if (ticks === 1_000_000n && offset === 0n) {
    const microseconds = upper * 0x1_0000_0000 + lower;
    if (microseconds <= Number.MAX_SAFE_INTEGER) {
      return { seconds: Math.floor(microseconds / 1_000_000), nanoseconds: (microseconds % 1_000_000) * 1000 };
    }
  }
  const count = (BigInt(upper) << 32n) | BigInt(lower);
  return { seconds: Number(count / ticks + offset), nanoseconds: Number(((count % ticks) * 1_000_000_000n) / ticks) };
}

function readU64In(b: Uint8Array, offset: number, little: boolean): bigint {
  const first = BigInt(readU32In(b, offset, little));
  const second = BigInt(readU32In(b, offset + 4, little));
  return little ? (second << 32n) | first : (first << 32n) | second;
}
