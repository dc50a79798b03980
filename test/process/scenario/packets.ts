/** Packets as the scenario files describe them. */
import { fromHex, toHex, writeU16, writeU32 } from '../../../src/bytes.js';
import {
  checksum,
  decodeIp,
  encodeDestinationUnreachable,
  encodeEcho,
  encodeFragmentationNeeded,
  encodeIcmp,
  encodePacket,
  encodePacketTooBig,
  encodeUdp,
  fixIpv4Checksum,
  fragmentPacket,
  type PacketHeader,
  parseAddress,
  pseudoHeaderSum,
  setTrafficClass,
  trafficClassOf,
} from '../../../src/ip.js';
import { kernelCases } from '../../kernel-sa.js';

/** Fields of the IP header. */
interface Header {
  from: string;
  to: string;
  id?: number;
  df?: boolean;
  tos?: number;
  ttl?: number;
}
/** Where octets come from: `length` zeros, or hexadecimal. */
interface Data {
  length?: number;
  data?: string;
}
/** One packet: exactly one of the first ten members. */
export interface PacketJson {
  hex?: string;
  udp?: Header & Data & { ports: [number, number] };
  tcp?: Header & Data & { ports: [number, number]; syn?: boolean; mss?: number };
  echo?: Header & Data & { id?: number; seq?: number; reply?: boolean };
  /** Any protocol, with `data` behind the IP header. */
  ip?: Header & Data & { protocol: number };
  /** An ICMP error that quotes a packet: `kind` or type and code. */
  icmpError?: Header & {
    kind: 'too-big' | 'unreachable' | 'other';
    mtu?: number;
    type?: number;
    code?: number;
    quoting: PacketJson;
    octets?: number;
  };
  /** Octets that an earlier step put out under this name. */
  saved?: string;
  /** Which of several packets was saved. Default 0. */
  index?: number;
  /** A packet of a Linux kernel, from `vectors/linux-kernel`. */
  kernel?: { case: string; packet: number; part: 'outer' | 'inner' | 'innerDecap' | 'outerFragments'; index?: number };
  /** One fragment. */
  fragment?: { of: PacketJson; mtu: number; index: number; id?: number };
  /** Changes to a packet, in this order. */
  changed?: { of: PacketJson; set?: [number, string][]; flip?: number[]; ecn?: number; dscp?: number; header?: boolean; cut?: number };
}

/** What earlier steps put out. */
export type Saved = Map<string, Uint8Array[]>;

const headerOf = (h: Header): PacketHeader => ({
  source: parseAddress(h.from),
  destination: parseAddress(h.to),
  ...(h.id !== undefined && { id: h.id }),
  ...(h.df !== undefined && { df: h.df }),
  ...(h.tos !== undefined && { trafficClass: h.tos }),
  ...(h.ttl !== undefined && { hopLimit: h.ttl }),
});
/** Octets that tell where they stand, so that a misplaced one shows. */
const octetsOf = ({ length = 0, data }: Data): Uint8Array =>
  data === undefined ? Uint8Array.from({ length }, (_, i) => i & 0xff) : fromHex(data);

/** Makes the octets of a described packet. */
export function packetOf(json: PacketJson, saved: Saved): Uint8Array {
  if (json.hex !== undefined) return fromHex(json.hex);
  if (json.udp) return encodeUdp(headerOf(json.udp), ...json.udp.ports, octetsOf(json.udp));
  if (json.tcp) return tcp(json.tcp);
  if (json.echo) {
    const { id = 1, seq = 1, reply = false } = json.echo;
    return encodeEcho({ ...headerOf({ ...json.echo, id: 0 }), id, seq, reply, data: octetsOf(json.echo) });
  }
  if (json.ip) return encodePacket(headerOf(json.ip), json.ip.protocol, octetsOf(json.ip));
  if (json.icmpError) return icmpError(json.icmpError, saved);
  if (json.kernel) return kernel(json.kernel);
  if (json.saved !== undefined) {
    const found = saved.get(json.saved)?.[json.index ?? 0];
    if (!found) throw new Error(`nothing was saved as ${json.saved} ${json.index ?? 0}`);
    return found;
  }
  if (json.fragment) {
    const { of, mtu, index, id = 7 } = json.fragment;
    return fragmentPacket(packetOf(of, saved), mtu, id)[index]!.slice();
  }
  if (json.changed) return change(json.changed, saved);
  throw new Error(`no packet: ${JSON.stringify(json)}`);
}

function tcp(json: NonNullable<PacketJson['tcp']>): Uint8Array {
  const data = octetsOf(json);
  const options = json.mss === undefined ? new Uint8Array(0) : Uint8Array.of(2, 4, json.mss >>> 8, json.mss & 0xff);
  const upper = new Uint8Array(20 + options.length + data.length);
  writeU16(upper, 0, json.ports[0]);
  writeU16(upper, 2, json.ports[1]);
  writeU32(upper, 4, 1);
  upper[12] = ((20 + options.length) / 4) << 4;
  upper[13] = json.syn === true ? 0x02 : 0x10;
  writeU16(upper, 14, 0xffff);
  upper.set(options, 20);
  upper.set(data, 20 + options.length);
  const header = headerOf(json);
  writeU16(upper, 16, checksum(upper, 0, upper.length, pseudoHeaderSum(header.source, header.destination, 6, upper.length)));
  return encodePacket(header, 6, upper);
}

function icmpError(json: NonNullable<PacketJson['icmpError']>, saved: Saved): Uint8Array {
  const quoted = packetOf(json.quoting, saved).slice(0, json.octets ?? 576 - 28);
  const v4 = json.from.includes('.');
  const header = { ...headerOf(json) };
  const message = new Uint8Array(8 + quoted.length);
  const [type, code] =
    json.kind === 'too-big'
      ? v4
        ? [3, 4]
        : [2, 0]
      : json.kind === 'unreachable'
        ? v4
          ? [3, 1]
          : [1, 3]
        : [json.type ?? 0, json.code ?? 0];
  message[0] = type;
  message[1] = code;
  if (json.mtu !== undefined) writeU32(message, 4, json.mtu);
  message.set(quoted, 8);
  return encodeIcmp(header, message);
}

function kernel({ case: name, packet, part, index = 0 }: NonNullable<PacketJson['kernel']>): Uint8Array {
  const found = kernelCases.find((c) => c.name === name)?.packets[packet] as unknown as
    Record<string, string | string[] | undefined> | undefined;
  const octets = found?.[part] ?? (part === 'innerDecap' ? found?.['inner'] : undefined);
  if (octets === undefined) throw new Error(`no packet ${packet} ${part} in ${name}`);
  return fromHex(Array.isArray(octets) ? octets[index]! : octets);
}

function change({ of, set = [], flip = [], ecn, dscp, header = true, cut }: NonNullable<PacketJson['changed']>, saved: Saved): Uint8Array {
  const packet = packetOf(of, saved).slice(0, cut);
  for (const [at, octets] of set) packet.set(fromHex(octets), at < 0 ? packet.length + at : at);
  for (const at of flip) packet[at < 0 ? packet.length + at : at]! ^= 1;
  const trafficClass = trafficClassOf(packet);
  if (ecn !== undefined) setTrafficClass(packet, (trafficClass & 0xfc) | ecn);
  if (dscp !== undefined) setTrafficClass(packet, (dscp << 2) | (trafficClassOf(packet) & 3));
  if (header && packet[0]! >>> 4 === 4) fixIpv4Checksum(packet);
  return packet;
}

/** What an answer to a sender says, for comparison with a described one. */
export function answerTo(
  packet: Uint8Array,
  kind: 'prohibited' | 'unreachable' | 'too-big',
  mtu: number,
  from: string,
): string | undefined {
  const address = parseAddress(from);
  const v4 = decodeIp(packet).version === 4;
  const made =
    kind === 'too-big'
      ? (v4 ? encodeFragmentationNeeded : encodePacketTooBig)(packet, mtu, address)
      : encodeDestinationUnreachable(packet, address, kind === 'prohibited' ? undefined : v4 ? 1 : 3);
  return made && toHex(made);
}
