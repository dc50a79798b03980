/**
 * Seals the clear datagrams of a capture: like those of another capture, octet for octet, or afresh.
 *
 * @module
 */
import { seal as sealAh } from '../ah/packet.js';
import { IpsecError } from '../errors.js';
import { seal as sealEsp } from '../esp/packet.js';
import { seal as sealIpcomp } from '../ipcomp/packet.js';
import { createBundleChooser } from './bundle.js';
import { createClearReader, type ClearDatagram } from './clear.js';
import type { DecodedDatagram } from './datagram.js';
import { decodeCapture } from './decode.js';
import type { ManualSa } from './keys.js';
import type { CaptureRecord, CaptureTime } from './pcap-record.js';
import { createReceiver, type ListedSa, type ReceiverOptions } from './receiver.js';
import { sealLike } from './seal-like.js';

/** A datagram that was sealed. */
export interface SealedDatagram {
  /** Tells it from the others. */
  readonly type: 'sealed';
  /** Which datagram of the capture, from 1. */
  readonly packet: number;
  /** When it was captured. */
  readonly time: CaptureTime;
  /** The protected IP packet, whole: it is not fragmented for any MTU. */
  readonly outer: Uint8Array;
}

/** A datagram that could not be sealed. */
export interface RefusedDatagram {
  /** Tells it from the others. */
  readonly type: 'refused';
  /** Which datagram of the capture, from 1. */
  readonly packet: number;
  /** Why. */
  readonly error: IpsecError;
}

/** Something that the reader should know. */
export interface ProtectNote {
  /** Tells it from the others. */
  readonly type: 'note';
  /** In words. */
  readonly text: string;
}

/** What became of one datagram of the clear capture, or a note. */
export type ProtectedRecord = SealedDatagram | RefusedDatagram | ProtectNote;

/**
 * Seals each clear datagram as the datagram at the same place of `like` was sealed: IV, padding, TFC padding, sequence number, outer
 * headers, place among the extension headers, compressed octets. So the output can be compared octet for octet; it must never be sent.
 * Datagrams of `like` that no SA opens have no counterpart and are passed over.
 *
 * @param clear the clear capture.
 * @param like the protected capture.
 * @throws IpsecError as `createReceiver`.
 */
export function* protectLike(
  clear: Iterable<CaptureRecord>,
  like: Iterable<CaptureRecord>,
  sas: readonly ManualSa[],
  options: ReceiverOptions,
): Generator<ProtectedRecord> {
  const receiver = createReceiver(sas, { ...options, lenient: true });
  const notes: string[] = [];
  const reader = createClearReader(clear, (text) => notes.push(text));
  for (const model of decodeCapture(like, receiver)) {
    if (model.type === 'broken') notes.push(`--like, record ${model.packet}: ${model.error.message}`);
    if (model.type !== 'datagram') continue;
    if (model.result !== 'ok') {
      notes.push(`--like, record ${model.packet}: not opened (${model.reason ?? model.result}), passed over`);
      continue;
    }
    const innermost = model.layers.findLast((layer) => layer.result === 'ok');
    const datagram = reader.next(() => innermost?.mode === 'tunnel');
    yield* drain(notes);
    if (datagram === undefined) {
      yield { type: 'note', text: `the capture ends before --like does: its record ${model.packet} has no counterpart` };
      return;
    }
    yield seal(datagram, (packet) => sealAs(model, packet));
  }
  let rest = 0;
  while (reader.next(() => true) !== undefined) rest++;
  yield* drain(notes);
  if (rest > 0) yield { type: 'note', text: `--like ends first: ${rest} datagrams of the capture were not sealed` };
}

function sealAs(model: DecodedDatagram, packet: Uint8Array): Uint8Array {
  return sealLike(model.layers, packet);
}

/**
 * Seals each clear datagram with the SAs that fit it (see `createBundleChooser`), with sequence numbers from `startSeq` + 1 and IVs of our
 * own. A datagram that no SA fits is refused.
 *
 * @param only SPIs of the bundle for every datagram, the outermost first, instead of the choice.
 * @throws IpsecError as `createReceiver`; `invalid-argument` for an SPI that the file does not have.
 */
export function* protectCapture(
  clear: Iterable<CaptureRecord>,
  sas: readonly ManualSa[],
  options: ReceiverOptions,
  only?: readonly number[],
): Generator<ProtectedRecord> {
  const { sas: listed } = createReceiver(sas, options);
  const fixed = only?.map((spi) => {
    const found = listed.find((entry) => entry.manual.spi === spi);
    if (found !== undefined) return found;
    throw new IpsecError('invalid-argument', 'an SPI of the bundle', {
      path: 'sa',
      expected: 'one of the key file',
      found: `0x${spi.toString(16)}`,
    });
  });
  const chooser = createBundleChooser(listed);
  const choose = (packet: Uint8Array): readonly ListedSa[] => fixed ?? chooser.choose(...addresses(packet));
  const notes: string[] = [];
  const reader = createClearReader(clear, (text) => notes.push(text));
  for (;;) {
    const datagram = reader.next((packet) => choose(packet).at(-1)?.manual.mode === 'tunnel');
    yield* drain(notes);
    if (datagram === undefined) return;
    yield seal(datagram, (packet) => sealThrough(choose(packet), packet));
  }
}

function addresses(p: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return p[0]! >>> 4 === 4 ? [p.subarray(12, 16), p.subarray(16, 20)] : [p.subarray(8, 24), p.subarray(24, 40)];
}

function sealThrough(bundle: readonly ListedSa[], clear: Uint8Array): Uint8Array {
  if (bundle.length === 0) throw new IpsecError('invalid-argument', 'no SA of the key file is for this packet');
  let packet = clear;
  for (const entry of bundle.toReversed()) {
    if (entry.kind === 'ipcomp') packet = sealIpcomp(entry.ipca, packet);
    else packet = entry.sa.protocol === 'ESP' ? sealEsp(entry.sa, packet) : sealAh(entry.sa, packet);
  }
  return packet;
}

function seal({ number, time, packet }: ClearDatagram, how: (packet: Uint8Array) => Uint8Array): ProtectedRecord {
  try {
    return { type: 'sealed', packet: number, time, outer: how(packet) };
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return { type: 'refused', packet: number, error };
  }
}

function* drain(notes: string[]): Generator<ProtectedRecord> {
  for (const text of notes.splice(0)) yield { type: 'note', text };
}
