/**
 * The processing info of a policy as JSON.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { integrityAlgorithms, integrityQuirks } from '../iana/integrity.js';
import { parseAddress } from '../ip.js';
import { badMember, isRecord, listOf, nameAmong, type Warn, warnUnknown } from './json-values.js';
import type { AlgorithmChoice, ProcessingInfo } from './types.js';

/** One layer of protection as JSON. */
export interface ProcessingJson {
  /** IPsec protocol, or IPComp. */
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  /** IPsec mode. */
  readonly mode: 'tunnel' | 'transport';
  /** Local tunnel address. */
  readonly source?: string;
  /** Remote tunnel address. */
  readonly destination?: string;
  /** Extended Sequence Numbers. Default true. */
  readonly esn?: boolean;
  /** Encryption or combined-mode algorithms by their IANA names, best first. */
  readonly encryption?: AlgorithmJson | readonly AlgorithmJson[];
  /** Integrity algorithms by their IANA names, best first. */
  readonly integrity?: AlgorithmJson | readonly AlgorithmJson[];
  /** DF of the outer header. Default `copy`. */
  readonly df?: 'copy' | 'set' | 'clear';
  /** DSCP of the outer header. Default `copy`. */
  readonly dscp?: 'copy' | number | readonly number[];
  /** ECN by RFC 6040. Default `normal`. */
  readonly ecn?: 'normal' | 'compatibility';
  /** As `fragments` of the policy, which this is part of. */
  readonly fragments?: 'selectors' | 'stateful';
  /** What identifies an inbound SA. Default: by whether it is multicast. */
  readonly lookup?: 'spi' | 'spi-destination' | 'spi-destination-source';
  /** Manual keying: SPIs of the SAs that carry this layer: numbers or `0x` text. */
  readonly sa?: readonly (number | string)[];
  /** Further layers, each around the ones before. */
  readonly bundle?: readonly ProcessingJson[];
}

/** An algorithm as JSON. */
export type AlgorithmJson = string | AlgorithmChoice;

const members = [
  'protocol',
  'mode',
  'source',
  'destination',
  'esn',
  'encryption',
  'integrity',
  'df',
  'dscp',
  'ecn',
  'fragments',
  'lookup',
  'sa',
  'sas',
  'bundle',
];

const lookups = ['spi', 'spi-destination', 'spi-destination-source'] as const;

/** What {@link parseProcessing} found. */
export interface ParsedProcessing {
  /** Innermost first. */
  readonly layers: ProcessingInfo[];
  /** When a layer says something about fragments. */
  readonly fragments?: 'selectors' | 'stateful';
}

/** Reads one layer, a list of them, or a layer with its `bundle`. */
export function parseProcessing(value: unknown, path: string, warn: Warn): ParsedProcessing {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (list.length === 0) throw badMember('the processing of a PROTECT policy', path, 'one layer of protection or more', value);
  const found = list.map((layer, i) => parseLayer(layer, Array.isArray(value) ? `${path}.${i}` : path, warn));
  const fragments = found.find((layer) => layer.fragments !== undefined)?.fragments;
  return { layers: found.flatMap((layer) => layer.layers), ...(fragments && { fragments }) };
}

function parseLayer(value: unknown, path: string, warn: Warn): ParsedProcessing {
  if (!isRecord(value)) throw badMember('the processing of a PROTECT policy', path, 'an object', value);
  warnUnknown(value, members, path, warn);
  const { source, destination, esn, dscp, bundle, fragments } = value;
  const protocol = nameAmong(value['protocol'], ['ESP', 'AH', 'IPCOMP'], 'a protocol', `${path}.protocol`);
  const mode = nameAmong(value['mode'], ['tunnel', 'transport'], 'a mode', `${path}.mode`);
  if (esn !== undefined && typeof esn !== 'boolean') throw badMember('"esn"', `${path}.esn`, 'true or false', esn);
  const sas = value['sa'] ?? value['sas'];
  const layer: ProcessingInfo = {
    protocol,
    mode,
    ...(source !== undefined && { source: readAddress(source, `${path}.source`) }),
    ...(destination !== undefined && { destination: readAddress(destination, `${path}.destination`) }),
    ...(esn !== undefined && { esn }),
    ...(value['encryption'] !== undefined && { encryption: readAlgorithms(value['encryption'], encryptionNames, `${path}.encryption`) }),
    ...(value['integrity'] !== undefined && { integrity: readAlgorithms(value['integrity'], integrityNames, `${path}.integrity`) }),
    ...(value['df'] !== undefined && { df: nameAmong(value['df'], ['copy', 'set', 'clear'], 'a rule for DF', `${path}.df`) }),
    ...(value['ecn'] !== undefined && { ecn: nameAmong(value['ecn'], ['normal', 'compatibility'], 'a rule for ECN', `${path}.ecn`) }),
    ...(value['lookup'] !== undefined && { lookup: nameAmong(value['lookup'], lookups, 'what identifies an SA', `${path}.lookup`) }),
    ...(dscp !== undefined && { dscp: readDscp(dscp, `${path}.dscp`) }),
    ...(sas !== undefined && { sas: listOf(sas, 'a list of SPIs', `${path}.sa`).map((spi, i) => readSpi(spi, `${path}.sa.${i}`)) }),
  };
  const around = bundle === undefined ? [] : listOf(bundle, 'a bundle', `${path}.bundle`);
  const outer = around.map((next, i) => parseLayer(next, `${path}.bundle.${i}`, warn));
  const own =
    fragments === undefined ? undefined : nameAmong(fragments, ['selectors', 'stateful'], 'a way with fragments', `${path}.fragments`);
  return { layers: [layer, ...outer.flatMap((o) => o.layers)], ...(own && { fragments: own }) };
}

function readAddress(value: unknown, path: string): Uint8Array {
  try {
    if (typeof value === 'string') return parseAddress(value);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
  }
  throw badMember('a tunnel address', path, 'such as 192.0.2.1 or 2001:db8::1', value);
}

function readSpi(value: unknown, path: string): number {
  const spi = typeof value === 'string' && /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(value) ? Number(value) : value;
  if (typeof spi !== 'number' || !Number.isInteger(spi) || spi < 1 || spi > 0xffffffff)
    throw badMember('an SPI', path, '1 to 0xffffffff, as a number or as 0x text', value);
  return spi;
}

function readDscp(value: unknown, path: string): 'copy' | number | readonly number[] {
  if (value === 'copy' || typeof value === 'number') return value;
  if (Array.isArray(value) && value.every((v: unknown) => typeof v === 'number')) return value;
  throw badMember('a rule for DSCP', path, '"copy", a value 0 to 63, or 64 of them', value);
}

const encryptionNames: readonly string[] = /* @__PURE__ */ encryptionAlgorithms.map((row) => row.name);
const integrityNames: readonly string[] = /* @__PURE__ */ [...integrityAlgorithms, ...integrityQuirks].map((row) => row.name);

function readAlgorithms(value: unknown, names: readonly string[], path: string): AlgorithmChoice[] {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return list.map((item, i) => readAlgorithm(item, names, Array.isArray(value) ? `${path}.${i}` : path));
}

function readAlgorithm(value: unknown, names: readonly string[], path: string): AlgorithmChoice {
  const { name, keyLength }: Record<string, unknown> = isRecord(value) ? value : { name: value };
  if (typeof name !== 'string') throw badMember('an algorithm', path, 'its IANA name', value);
  if (!names.includes(name)) {
    const nearest = nearestName(name, names);
    throw new IpsecError('unknown-algorithm', 'an algorithm', {
      path,
      found: JSON.stringify(name.slice(0, 60)),
      ...(nearest === undefined ? {} : { nearest }),
    });
  }
  if (keyLength === undefined) return { name };
  if (typeof keyLength !== 'number' || !Number.isInteger(keyLength) || keyLength < 1)
    throw badMember('a key length', `${path}.keyLength`, 'bits', keyLength);
  return { name, keyLength };
}
