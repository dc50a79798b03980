/**
 * Capture files: pcap (both byte orders, micro- and nanoseconds) and pcapng, read and written over `Uint8Array`.
 *
 * Own code, because nothing on npm fits: `pcap-parser` and `pcap-ng-parser` are Node streams over `Buffer`, end at the first broken
 * record, and have had no release in years; none writes a file or runs in a page without a polyfill.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { isPcap, readPcap } from './pcap-classic.js';
import type { CaptureRecord } from './pcap-record.js';
import { isPcapng, readPcapng } from './pcapng.js';

export { writePcap, type PcapOptions, type WritablePacket } from './pcap-classic.js';
export type { BrokenRecord, CapturedPacket, CaptureRecord, CaptureTime } from './pcap-record.js';

/**
 * The records of a capture file, in order and as they are asked for. A record that cannot be read comes as `{ number, error }`, and
 * the rest is read where the next record can be found. The frames are views into `bytes`: copy what you keep.
 *
 * @param bytes the whole file.
 * @throws IpsecError `unknown-format` when it is neither pcap nor pcapng, `truncated` when the file header is not whole. Iterating
 * never throws.
 *
 * @example
 * ```ts
 * import { readCapture, writePcap } from 'ipsec-ts/capture';
 *
 * const file = writePcap({ linkType: 101 }, [{ time: { seconds: 1, nanoseconds: 0 }, data: Uint8Array.of(0x45) }]);
 * for (const record of readCapture(file)) {
 *   if (record.error) throw record.error;
 *   if (record.number !== 1 || record.data[0] !== 0x45) throw new Error('not what was written');
 * }
 * ```
 */
export function readCapture(bytes: Uint8Array): Iterable<CaptureRecord> {
  if (isPcap(bytes)) return readPcap(bytes);
  if (isPcapng(bytes)) return readPcapng(bytes);
  const found =
    bytes.length === 0 ? 'an empty file' : bytes[0] === 0x1f && bytes[1] === 0x8b ? 'a gzip file: unpack it first' : describeStart(bytes);
  throw new IpsecError('unknown-format', 'a capture file', { path: 'capture', offset: 0, expected: 'pcap or pcapng', found });
}

function describeStart(bytes: Uint8Array): string {
  return `the octets ${Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, '0')).join(' ')}`;
}
