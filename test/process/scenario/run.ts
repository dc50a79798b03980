/** Runs a scenario file: hosts with manual keys and policies, packets, and what has to become of them. */
import { expect } from 'vitest';
import { readKeyFile, toSaConfig } from '../../../src/capture/keys.js';
import { toHex } from '../../../src/bytes.js';
import { decodeIp, formatAddress } from '../../../src/ip.js';
import { deflate } from '../../../src/ipcomp.js';
import {
  createManualDatabases,
  type Databases,
  type InboundResult,
  type ManualEntry,
  type OutboundResult,
  parseProcessConfig,
  processInbound,
  processOutbound,
} from '../../../src/process.js';
import { listSas, pathMtu } from '../../../src/sad.js';
import { parsePolicies } from '../../../src/spd.js';
import { aeadRows } from '../../../src/suite/aead.js';
import { encrRows } from '../../../src/suite/encr.js';
import { integRows } from '../../../src/suite/integ.js';
import { formatSelector } from '../../../src/traffic-selector.js';
import { answerTo, packetOf, type PacketJson, type Saved } from './packets.js';

/** A scenario file. */
export interface Scenario {
  title: string;
  /** The text of the RFC that says what has to happen, word for word. */
  rfc: { section: string; quote: string }[];
  /** SAs in the form of keys.json that all hosts know. */
  sas?: object[];
  hosts: Record<string, { options: object; policies: object[]; sas?: object[] }>;
  steps: Step[];
}
/** One packet at one host. */
interface Step {
  host: string;
  /** Milliseconds; default: the time of the step before. */
  at?: number;
  /** A packet from the protected side. */
  out?: PacketJson;
  /** A packet from the unprotected side. */
  in?: PacketJson;
  /** The local user who sends, as text. */
  user?: string;
  /** Keep what comes out under this name. */
  save?: string;
  /** Why, in words. */
  because?: string;
  expect: Expected;
}
/** What has to come out; what is not named is not compared. */
interface Expected {
  action: string;
  reason?: string;
  /** The clear or bypassed packet. */
  packet?: PacketJson;
  /** The packets sent. */
  packets?: PacketJson[];
  count?: number;
  /** Of the packets sent, the outer header of the first (`longest`: of the longest). */
  outer?: {
    version?: number;
    protocol?: number;
    from?: string;
    to?: string;
    df?: boolean;
    fragment?: boolean;
    id?: number;
    tos?: number;
    ttl?: number;
    octets?: number;
    longest?: number;
  };
  /** SPIs of the SAs. */
  path?: string[];
  seq?: number;
  answer?: { kind: 'prohibited' | 'unreachable' | 'too-big'; mtu?: number; from: string } | null;
  mtu?: number;
  audit?: { event: string; spi?: string; [member: string]: unknown }[];
  events?: { kind: string; reason: string }[];
  notify?: { type: string; spi: string; peer?: string } | null;
  policy?: string;
  selectors?: string[];
  lowered?: string[];
  moved?: { address: string; port: number } | null;
  message?: string;
  /** Path MTU that the SAD holds afterwards, by SPI. */
  pathMtu?: Record<string, number>;
  /** Top of the windows afterwards, by SPI. */
  top?: Record<string, number>;
}

const rows = { encryption: [...aeadRows, ...encrRows], integrity: integRows };

/** Databases of one host. */
function hostOf(scenario: Scenario, name: string): Databases {
  const host = scenario.hosts[name]!;
  const { sas } = readKeyFile({ sas: [...(scenario.sas ?? []), ...(host.sas ?? [])] });
  const entries = sas.map((sa): ManualEntry => {
    const { rest, path, mode } = sa;
    if (sa.protocol !== 'IPCOMP') return { config: { ...toSaConfig(sa, rows), random: (target) => target.fill(0x5a) }, rest, path };
    if (mode === 'by-next-header') throw new Error(path);
    return { config: { cpi: sa.spi, mode, source: sa.source, destination: sa.destination, codec: deflate }, rest, path };
  });
  const config = parseProcessConfig(host.options);
  return createManualDatabases({ ...config, random: (target) => target.fill(0x21), sas: entries, policies: parsePolicies(host.policies) });
}

/** Runs all steps. */
export function runScenario(scenario: Scenario): void {
  const hosts = new Map(Object.keys(scenario.hosts).map((name) => [name, hostOf(scenario, name)]));
  const saved: Saved = new Map();
  let now = 0;
  for (const [i, step] of scenario.steps.entries()) {
    const db = hosts.get(step.host);
    if (!db) throw new Error(`step ${i}: no host ${step.host}`);
    now = step.at ?? now;
    const packet = packetOf((step.out ?? step.in)!, saved);
    const before = toHex(packet);
    const user = step.user === undefined ? {} : { user: new TextEncoder().encode(step.user) };
    const result = step.out ? processOutbound(db, packet, now, user) : processInbound(db, packet, now);
    expect(toHex(packet)).toBe(before);
    const put =
      'packets' in result
        ? result.packets
        : 'packet' in result
          ? [result.packet]
          : 'answer' in result && result.answer
            ? [result.answer]
            : [];
    if (step.save !== undefined) saved.set(step.save, [...put]);
    expect({ step: i, ...seen(result, step, packet, db, now) }).toEqual({ step: i, ...wanted(step, saved) });
  }
}

/** The expectation with its packets made. */
function wanted({ expect: e }: Step, saved: Saved): Record<string, unknown> {
  const hex = (p: PacketJson): string => toHex(packetOf(p, saved));
  return { ...e, ...(e.packet && { packet: hex(e.packet) }), ...(e.packets && { packets: e.packets.map(hex) }) };
}

/** The same members of the result. */
function seen(
  r: OutboundResult | InboundResult,
  { expect: e }: Step,
  packet: Uint8Array,
  db: Databases,
  now: number,
): Record<string, unknown> {
  const sent = 'packets' in r ? r.packets : [];
  const notify = 'notify' in r ? r.notify : undefined;
  const moved = 'moved' in r ? r.moved : undefined;
  const all: Record<keyof Expected, () => unknown> = {
    action: () => r.action,
    reason: () => ('reason' in r ? r.reason : undefined),
    packet: () => ('packet' in r ? toHex(r.packet) : undefined),
    packets: () => sent.map(toHex),
    count: () => sent.length,
    outer: () => only(e.outer!, outerOf(sent)),
    path: () => ('path' in r ? r.path.map((entry) => spi(entry.sa.spi)) : undefined),
    seq: () => ('seq' in r ? r.seq : undefined),
    answer: () => answered(r, e.answer, packet),
    mtu: () => ('mtu' in r ? r.mtu : undefined),
    audit: () => audited(r, e.audit!),
    events: () => r.events.map(({ kind, reason }) => ({ kind, reason })),
    notify: () => notify && only(e.notify ?? {}, { type: notify.type, spi: spi(notify.spi), peer: formatAddress(notify.peer) }),
    policy: () => ('policy' in r ? r.policy.name : undefined),
    selectors: () => ('selectors' in r ? r.selectors.map((set) => formatSelector(set)) : undefined),
    lowered: () => ('lowered' in r ? r.lowered?.map((entry) => spi(entry.sa.spi)) : undefined),
    moved: () => (moved ? { address: formatAddress(moved.address), port: moved.port } : null),
    message: () => ('message' in r ? toHex(r.message) : undefined),
    pathMtu: () =>
      bySpi(e.pathMtu!, (wantedSpi) => {
        const found = listSas(db.sad).find(({ sa, direction }) => sa.spi === wantedSpi && direction === 'outbound');
        return found && pathMtu(db.sad, found, now);
      }),
    top: () =>
      bySpi(
        e.top!,
        (wantedSpi) => listSas(db.sad).find(({ sa, direction }) => sa.spi === wantedSpi && direction === 'inbound')?.sa.window.top,
      ),
  };
  return Object.fromEntries(Object.keys(e).map((name) => [name, all[name as keyof Expected]() ?? null]));
}

const spi = (n: number | undefined): string => `0x${(n ?? 0).toString(16)}`;

function bySpi(expected: Record<string, number>, read: (spi: number) => number | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, read(Number(name))]));
}

/** Of `found`, the members that `expected` names. */
function only(expected: object, found: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, found[name]]));
}

function outerOf(sent: readonly Uint8Array[]): Record<string, unknown> {
  const d = decodeIp(sent[0]!);
  return {
    version: d.version,
    protocol: d.protocol,
    from: formatAddress(d.source),
    to: formatAddress(d.destination),
    df: d.df,
    fragment: d.fragment !== undefined,
    id: d.id,
    tos: d.trafficClass,
    ttl: d.hopLimit,
    octets: d.totalLength,
    longest: Math.max(...sent.map((p) => p.length)),
  };
}

/** An answer is compared octet for octet with what the RFC's type and code make of the packet. */
function answered(r: OutboundResult | InboundResult, expected: Expected['answer'], packet: Uint8Array): unknown {
  const answer = 'answer' in r ? r.answer : undefined;
  if (!answer || !expected) return answer ? toHex(answer) : null;
  return answerTo(packet, expected.kind, expected.mtu ?? 0, expected.from) === toHex(answer) ? expected : toHex(answer);
}

function audited(r: OutboundResult | InboundResult, expected: NonNullable<Expected['audit']>): unknown {
  return r.audit.map((record, i) =>
    only(expected[i] ?? record, {
      ...record,
      spi: record.spi === undefined ? undefined : spi(record.spi),
      source: record.source && formatAddress(record.source),
      destination: record.destination && formatAddress(record.destination),
      selectors: record.selectors?.map((set) => formatSelector(set)),
    }),
  );
}
