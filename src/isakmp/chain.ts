/**
 * The chain of payloads: each begins with four octets, the first of which names the type of the next.
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import {
  addRow,
  bits,
  type Codec,
  countElement,
  fail,
  failLimit,
  failShort,
  failValue,
  grow,
  type Reader,
  reservedBits,
  rest,
  struct,
  u16,
  u8,
  type ValueOf,
  type Writer,
} from '../wire.js';

/** A payload type that is understood: what it is called, and what its body is made of. */
interface PayloadCase {
  /** The notation, which is the `type` of the value. */
  readonly type: string;
  /** What follows the generic header; the fields of a structure stand in the value beside `type`. */
  readonly body: Codec<object>;
  /** An Encrypted payload: nothing follows it, and its Next Payload, `firstPayload` in the value, tells what is inside. */
  readonly encrypts?: true;
  /** The value keeps a view of the body as received: see {@link Received}. */
  readonly keepsBody?: true;
}
/** Payload cases by number. */
export type PayloadCases = Readonly<Record<number, PayloadCase>>;

/** A payload whose type is not understood: skipped, but kept. */
export interface UnknownPayload {
  /** Tells payloads apart. */
  readonly type: 'unknown';
  /** Its number. */
  readonly payloadType: number;
  /** RFC 7296 section 2.5: "If the critical flag is set and the payload type is unrecognized, the message MUST be rejected". */
  readonly critical?: boolean;
  /** What follows the generic header. */
  readonly data: Uint8Array;
}

/** What a payload has in addition when it keeps its body. */
interface Received {
  /** The body as it was received, RESERVED octets included: what AUTH covers. Encoding ignores it. */
  readonly body?: Uint8Array;
}

type Flat<T> = { readonly [K in keyof T]: T[K] };
type CaseValue<C> = C extends { readonly type: infer Type; readonly body: infer Body }
  ? Flat<
      { readonly type: Type; readonly critical?: boolean } & ValueOf<Body> &
        (C extends { readonly encrypts: true } ? { readonly firstPayload: number } : unknown) &
        (C extends { readonly keepsBody: true } ? Received : unknown)
    >
  : never;
/** The payloads of a table of cases, tagged by `type`. */
export type PayloadOf<Cases> = { [K in keyof Cases]: CaseValue<Cases[K]> }[keyof Cases] | UnknownPayload;

/** Payload cases, indexed both ways. */
export interface PayloadTable<Cases> {
  readonly cases: Cases;
  /** Whether the second octet of a payload has a critical bit: in IKEv2. In ISAKMP it is RESERVED, and anything but zero is refused. */
  readonly hasCriticalBit: boolean;
  readonly byNumber: ReadonlyMap<number, PayloadCase>;
  readonly byType: ReadonlyMap<string, readonly [number, PayloadCase]>;
}

/** Indexes payload cases, once for each version of IKE. */
export function payloadTable<const Cases extends PayloadCases>(cases: Cases, hasCriticalBit = true): PayloadTable<Cases> {
  const entries = Object.entries<PayloadCase>(cases).map(([number, c]) => [Number(number), c] as const);
  return { cases, hasCriticalBit, byNumber: new Map(entries), byType: new Map(entries.map(([number, c]) => [c.type, [number, c]])) };
}

/**
 * Generic Payload Header, RFC 7296 section 3.2.
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Next Payload  |C|  RESERVED   |         Payload Length        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * @param first the field in front that names the type of the first payload (`firstOf`), or the type itself.
 */
export function chain<Cases extends PayloadCases>(first: string | number, table: PayloadTable<Cases>): Codec<readonly PayloadOf<Cases>[]> {
  const { cases, hasCriticalBit } = table;
  const make = (firstType: (r: Reader) => number, link: (w: Writer) => number): Codec<readonly PayloadOf<Cases>[]> => ({
    shape: { kind: 'chain', cases, first, hasCriticalBit },
    least: 0,
    depth: 1 + Math.max(...Object.values<PayloadCase>(cases).map((c) => c.body.depth)),
    read: (r) => readChain(r, table, firstType(r)) as readonly PayloadOf<Cases>[],
    write(w, payloads) {
      writeChain(w, table, payloads, link(w));
    },
  });
  if (typeof first === 'number') {
    return make(
      () => first,
      () => -1,
    );
  }
  const unbound = (r: Reader | Writer): never =>
    fail(r, 'invalid-argument', 'a declaration', `a struct with the field ${first}`, 'none', r.at);
  return {
    ...make(unbound, unbound),
    bind(scope) {
      const slot = scope.slotOf(first);
      return make(
        (r) => r.slots[r.base + slot]!,
        (w) => w.slots[w.base + slot]!,
      );
    },
  };
}

const genericHeader = /* @__PURE__ */ struct({ nextPayload: u8, critical: bits(1), reserved: reservedBits(7), payloadLength: u16 });

function readChain(r: Reader, { byNumber, hasCriticalBit }: AnyTable, first: number): readonly object[] {
  const payloads: object[] = [];
  const outer = r.end;
  const depth = r.depth++;
  for (let type = first; type !== 0;) {
    r.path[depth] = payloads.length;
    const at = r.at;
    if (payloads.length >= r.payloads) failLimit(r, 'payloads', at);
    countElement(r);
    const length = readLength(r, outer);
    const next = r.bytes[at]!;
    const known = byNumber.get(type);
    const value: Record<string, unknown> = { type: known?.type ?? 'unknown' };
    if (known === undefined) value['payloadType'] = type;
    if (!hasCriticalBit) checkReserved(r, at + 1);
    else if (r.bytes[at + 1]! >= 0x80) value['critical'] = true;
    if (known?.encrypts === true) value['firstPayload'] = next;
    r.end = at + length;
    if (known === undefined) readUnknown(r, value);
    else known.body.fill!(r, value);
    if (r.at !== r.end) fail(r, 'trailing-octets', 'a payload', `its end at octet ${r.at}`, `${r.end - r.at} more octets`, r.at);
    if (known?.keepsBody === true) value['body'] = r.bytes.subarray(at + 4, r.at);
    payloads.push(value);
    r.end = outer;
    // RFC 7296 section 3.1: "An Encrypted payload MUST be the last payload in a packet".
    type = known?.encrypts === true ? 0 : next;
  }
  r.depth = depth;
  return payloads;
}

/** Reads the generic header up to its Payload Length, which stays within the window and takes the header in. */
function readLength(r: Reader, outer: number): number {
  const at = r.at;
  if (outer - at < 4) failShort(r, 4);
  const length = readU16(r.bytes, at + 2);
  if (length < 4) fail(r, 'malformed', 'Payload Length', 'at least 4', `${length}`, at + 2);
  if (length > outer - at) fail(r, 'truncated', 'a payload', `${length} octets`, `${outer - at}`, at);
  if (r.map === undefined) r.at = at + 4;
  else genericHeader.read(r);
  return length;
}

/**
 * RFC 2408 section 5.3: "Verify the RESERVED field contains the value zero.  If the value in the RESERVED field is not zero, the message is
 * discarded".
 */
function checkReserved(r: Reader, at: number): void {
  if (r.bytes[at] !== 0) fail(r, 'malformed', 'RESERVED of a payload', '0', `${r.bytes[at]!}`, at);
}

function readUnknown(r: Reader, value: Record<string, unknown>): void {
  const at = r.at;
  value['data'] = rest.read(r);
  if (r.map === undefined) return;
  r.path[r.depth] = 'data';
  r.depth++;
  addRow(r, rest, at, value['data']);
  r.depth--;
}

type AnyTable = PayloadTable<unknown>;

/** A payload before it is written: `type` decides the rest. */
interface Loose {
  readonly type: unknown;
  readonly critical?: unknown;
  readonly firstPayload?: unknown;
  readonly payloadType?: unknown;
  readonly data?: unknown;
}

/** @param link where the type of the first payload goes; -1: nowhere. */
function writeChain(w: Writer, table: AnyTable, payloads: unknown, link: number): void {
  if (!Array.isArray(payloads)) failValue(w, 'a list of payloads', payloads);
  const list = payloads as readonly Loose[];
  const depth = w.depth++;
  for (let i = 0; i < list.length; i++) {
    w.path[depth] = i;
    const payload = list[i]!;
    const [number, known] = caseOf(w, table, payload);
    if (link >= 0) w.bytes[link] = number;
    const start = grow(w, 4);
    link = start;
    w.bytes[start] = 0;
    if (known?.encrypts === true) {
      if (i !== list.length - 1) failValue(w, `${known.type} at the end of the message`, i);
      w.bytes[start] = octetOf(w, payload.firstPayload);
    }
    if (payload.critical === true && !table.hasCriticalBit) failValue(w, 'no critical bit: ISAKMP has none', true);
    w.bytes[start + 1] = payload.critical === true ? 0x80 : 0;
    (known?.body ?? unknownBody).write(w, payload);
    const length = w.at - start;
    if (length > 0xffff) failValue(w, 'a payload of at most 65535 octets', length);
    writeU16(w.bytes, start + 2, length);
  }
  w.depth = depth;
}

const unknownBody = /* @__PURE__ */ struct({ data: rest }) as Codec<object>;

function caseOf(w: Writer, { byNumber, byType }: AnyTable, payload: Loose): readonly [number, PayloadCase | undefined] {
  if (typeof payload !== 'object' || (payload as unknown) === null) failValue(w, 'a payload', payload);
  const found = byType.get(payload.type as string);
  if (found !== undefined) return found;
  if (payload.type !== 'unknown') {
    const given = String(payload.type);
    const nearest = nearestName(given, byType.keys());
    throw new IpsecError('invalid-argument', 'the type of a payload', {
      path: w.path.slice(0, w.depth).join('.'),
      expected: `${[...byType.keys()].join(', ')} or unknown`,
      found: given,
      ...(nearest !== undefined && { nearest }),
    });
  }
  const number = octetOf(w, payload.payloadType);
  const known = byNumber.get(number);
  if (number === 0 || known !== undefined) failValue(w, known === undefined ? 'a type other than 0' : `type: '${known.type}'`, number);
  return [number, undefined];
}

function octetOf(w: Writer, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 255) || !Number.isInteger(value))
    failValue(w, 'a payload type of 0 to 255', value);
  return value;
}

/** The number that goes in front of a chain: the type of its first payload; 0 for none. */
export function firstTypeOf({ byType }: AnyTable, payloads: readonly { readonly type: string; readonly payloadType?: number }[]): number {
  const first = payloads[0];
  if (first === undefined) return 0;
  return byType.get(first.type)?.[0] ?? first.payloadType ?? 0;
}
