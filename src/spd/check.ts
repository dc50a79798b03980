/**
 * Is an SPD entry well formed? RFC 4301 sections 4.4.1 and 4.4.1.2.
 *
 * @module
 */
import { isBytes } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { ANY, checkSelector, OPAQUE, type SelectorSet } from '../traffic-selector.js';
import type { PfpFlag, ProcessingInfo, SpdEntry } from './types.js';

/** The selectors that can have a "populate from packet" flag. */
export const pfpFlags: readonly PfpFlag[] = /* @__PURE__ */ Object.freeze(['local', 'remote', 'protocol', 'localPorts', 'remotePorts']);

/**
 * Checks one entry.
 *
 * @param path where it stands, for the error.
 * @throws IpsecError `invalid-config` with the path of the wrong member.
 */
export function checkPolicy(entry: SpdEntry, path = 'policy'): void {
  requireOneOf(entry.action, ['PROTECT', 'BYPASS', 'DISCARD'], 'an action', `${path}.action`);
  requireOneOf(entry.direction ?? 'both', ['both', 'in', 'out'], 'a direction', `${path}.direction`);
  requireOneOf(entry.fragments ?? 'selectors', ['selectors', 'stateful'], 'a way with fragments', `${path}.fragments`);
  if (!isFilled(entry.selectors)) throw bad('an SPD entry', `${path}.selectors`, 'one selector set or more', 'none');
  entry.selectors.forEach((set, i) => {
    checkSelector(set, `${path}.selectors.${i}`);
  });
  if (entry.action !== 'PROTECT') return;
  checkPfp(entry.pfp ?? [], entry.selectors, path);
  if (!isFilled(entry.processing)) throw bad('a PROTECT entry', `${path}.processing`, 'one layer of protection or more', 'none');
  entry.processing.forEach((info, i) => {
    checkProcessing(info, `${path}.processing.${i}`);
  });
}

function isFilled(list: readonly unknown[]): boolean {
  return Array.isArray(list) && list.length > 0;
}

function checkPfp(flags: readonly PfpFlag[], selectors: readonly SelectorSet[], path: string): void {
  flags.forEach((flag, i) => {
    requireOneOf(flag, pfpFlags, 'a selector to populate from the packet', `${path}.pfp.${i}`);
    // RFC 4301 section 4.4.2.2: "Use of PFP=1 with an OPAQUE value is an error and SHOULD be prohibited by an IPsec implementation."
    if (selectors.some((set) => set[flag] === OPAQUE))
      throw bad(`${flag} from the packet`, `${path}.pfp.${i}`, 'a selector that is not OPAQUE', 'OPAQUE');
    // RFC 4301 section 7.1: with ANY protocol "the port field values are undefined and MUST be set to ANY as well"
    const ports = flag === 'localPorts' || flag === 'remotePorts';
    if (ports && !flags.includes('protocol') && selectors.some((set) => set.protocol === ANY))
      throw bad(`${flag} from the packet`, `${path}.pfp.${i}`, '"protocol" from the packet too, since the protocol is ANY', 'ports alone');
  });
}

function checkProcessing(info: ProcessingInfo, path: string): void {
  requireOneOf(info.protocol, ['ESP', 'AH', 'IPCOMP'], 'a protocol', `${path}.protocol`);
  requireOneOf(info.mode, ['tunnel', 'transport'], 'a mode', `${path}.mode`);
  requireOneOf(info.df ?? 'copy', ['copy', 'set', 'clear'], 'a rule for DF', `${path}.df`);
  requireOneOf(info.ecn ?? 'normal', ['normal', 'compatibility'], 'a rule for ECN', `${path}.ecn`);
  requireOneOf(info.lookup ?? 'spi', ['spi', 'spi-destination', 'spi-destination-source'], 'what identifies an SA', `${path}.lookup`);
  checkDscp(info.dscp ?? 'copy', `${path}.dscp`);
  checkTunnel(info, path);
  checkAlgorithms(info, path);
  info.sas?.forEach((spi, i) => {
    if (!Number.isInteger(spi) || spi < 1 || spi > 0xffffffff) throw bad('an SPI', `${path}.sas.${i}`, '1 to 0xffffffff', String(spi));
  });
}

function checkDscp(dscp: 'copy' | number | readonly number[], path: string): void {
  if (dscp === 'copy') return;
  const values = typeof dscp === 'number' ? [dscp] : dscp;
  if (
    !Array.isArray(values) ||
    !(values.length === 64 || typeof dscp === 'number') ||
    !values.every((v) => Number.isInteger(v) && v >= 0 && v < 64)
  )
    throw bad('a rule for DSCP', path, '"copy", a value 0 to 63, or 64 of them', JSON.stringify(dscp).slice(0, 60));
}

function checkTunnel({ mode, source, destination }: ProcessingInfo, path: string): void {
  const ends = { source, destination };
  for (const [name, address] of Object.entries(ends)) {
    if (address === undefined) continue;
    if (mode !== 'tunnel') throw bad('a tunnel address', `${path}.${name}`, 'none in transport mode', 'one');
    if (!isBytes(address) || (address.length !== 4 && address.length !== 16))
      throw bad('a tunnel address', `${path}.${name}`, '4 or 16 octets', 'something else');
  }
  // RFC 4301 section 4.4.2.1: "Tunnel header IP source and destination address -- both addresses must be either IPv4 or IPv6 addresses."
  if (source && destination && source.length !== destination.length)
    throw bad('tunnel addresses', `${path}.destination`, `the family of ${path}.source`, 'the other family');
}

function checkAlgorithms({ protocol, encryption, integrity }: ProcessingInfo, path: string): void {
  if (protocol !== 'ESP' && encryption !== undefined) throw bad(`encryption in ${protocol}`, `${path}.encryption`, 'none', 'some');
  if (protocol === 'IPCOMP' && integrity !== undefined) throw bad('integrity in IPCOMP', `${path}.integrity`, 'none', 'some');
  // RFC 4301 section 4.2: "A compliant implementation MUST NOT allow instantiation of an ESP SA that employs both NULL encryption and no
  // integrity algorithm."
  if ((encryption ?? []).some((choice) => choice.name === 'ENCR_NULL') && (integrity ?? []).length === 0)
    throw bad('ENCR_NULL', `${path}.integrity`, 'an integrity algorithm', 'none');
}

function requireOneOf(value: string, names: readonly string[], what: string, path: string): void {
  if (names.includes(value)) return;
  const text = typeof value === 'string' ? value : typeof value;
  const nearest = nearestName(text, names);
  const found = JSON.stringify(text.slice(0, 60));
  throw new IpsecError('invalid-config', what, { path, expected: names.join(', '), found, ...(nearest === undefined ? {} : { nearest }) });
}

function bad(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found });
}
