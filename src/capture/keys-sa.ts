/**
 * One entry of `sas` in a key file.
 *
 * @module
 */
import type { UdpEncapsulation } from '../association.js';
import { IpsecError, nearestName } from '../errors.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { integrityAlgorithms, integrityQuirks } from '../iana/integrity.js';
import { saExtraMembers } from '../process/manual-extras.js';
import {
  isRecord,
  readAddress,
  readCounter,
  readFlag,
  readHex,
  readInteger,
  readNumberOrHex,
  readWord,
  warnUnknown,
  wrong,
} from './keys-read.js';
import type { ManualSa, NamedKey } from './keys-types.js';

const members = [
  'protocol',
  'mode',
  'spi',
  'source',
  'destination',
  'encryption',
  'integrity',
  'esn',
  'replayWindow',
  'startSeq',
  'encapsulation',
  'ahPadding',
  'unsafeNoIntegrity',
] as const;

/** A window of a million packets is 128 KiB of bits; more is a slip of the keyboard. */
const MAXIMUM_WINDOW = 1 << 20;

/** Reads one SA; `path` is where it stands, `warnings` is added to. */
export function readSa(value: unknown, path: string, warnings: string[]): ManualSa {
  if (!isRecord(value)) throw wrong('a Security Association', path, 'an object', value);
  const given: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if ((members as readonly string[]).includes(name)) given[name] = member;
    else Object.defineProperty(rest, name, { value: member, enumerable: true });
  }
  warnUnknown(rest, path, [...members, ...saExtraMembers], saExtraMembers, warnings);
  const at = (name: (typeof members)[number]): string => `${path}.${name}`;

  const protocol = readWord(given['protocol'], at('protocol'), 'the protocol of an SA', ['ESP', 'AH', 'IPCOMP']);
  const mode = readWord(given['mode'], at('mode'), 'the mode of an SA', ['tunnel', 'transport']);
  const spi = readSpi(given['spi'], at('spi'), protocol, warnings);
  const source = readAddress(given['source'], at('source'));
  const destination = readAddress(given['destination'], at('destination'));
  if (source !== undefined && destination !== undefined && source.length !== destination.length) {
    throw wrong(
      'the addresses of an SA',
      path,
      'two addresses of one IP version',
      `${String(given['source'])} and ${String(given['destination'])}`,
    );
  }
  const algorithms = readAlgorithms(given, protocol, path, warnings);
  const esn = readFlag(given['esn'], at('esn'), 'esn');
  const replayWindow =
    given['replayWindow'] === undefined
      ? 64
      : readInteger(given['replayWindow'], at('replayWindow'), 'the size of the anti-replay window', 0, MAXIMUM_WINDOW);
  const startSeq =
    given['startSeq'] === undefined
      ? 0
      : readCounter(given['startSeq'], at('startSeq'), 'startSeq', esn ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn);
  const encapsulation = readEncapsulation(given['encapsulation'], at('encapsulation'), protocol, warnings);
  const ahPadding = readAhPadding(given['ahPadding'], at('ahPadding'));
  return {
    protocol,
    mode,
    spi,
    ...(source && { source }),
    ...(destination && { destination }),
    ...algorithms,
    esn,
    replayWindow,
    startSeq,
    ...(encapsulation && { encapsulation }),
    ...(ahPadding && { ahPadding }),
    unsafeNoIntegrity: readFlag(given['unsafeNoIntegrity'], at('unsafeNoIntegrity'), 'unsafeNoIntegrity'),
    rest,
    path,
  };
}

/**
 * RFC 4303 section 2.1: "The SPI value of zero (0) is reserved for local, implementation-specific use and MUST NOT be sent on the
 * wire." IANA keeps 1 to 255. A CPI has 16 bits.
 */
function readSpi(value: unknown, path: string, protocol: ManualSa['protocol'], warnings: string[]): number {
  if (protocol === 'IPCOMP') return readNumberOrHex(value, path, 'a CPI', 0, 0xffff);
  const spi = readNumberOrHex(value, path, 'an SPI', 1, 0xffffffff);
  if (spi < 256) warnings.push(`${path}: IANA reserves the SPIs 1 to 255`);
  return spi;
}

function readAlgorithms(
  given: Record<string, unknown>,
  protocol: ManualSa['protocol'],
  path: string,
  warnings: string[],
): Pick<ManualSa, 'encryption' | 'integrity'> {
  if (protocol === 'IPCOMP') {
    for (const name of ['encryption', 'integrity'])
      if (given[name] !== undefined) warnings.push(`${path}.${name}: IPComp has no keys, ignored`);
    return {};
  }
  const encryption = readNamedKey(given['encryption'], `${path}.encryption`, 'an encryption algorithm', encryptionNames());
  const integrity = readNamedKey(given['integrity'], `${path}.integrity`, 'an integrity algorithm', integrityNames());
  if (protocol === 'AH') {
    if (encryption !== undefined) throw wrong('an AH SA', `${path}.encryption`, 'no encryption (AH has none)', encryption.name);
    if (integrity === undefined) throw wrong('an AH SA', `${path}.integrity`, 'an integrity algorithm', undefined);
    return { integrity };
  }
  if (encryption === undefined) throw wrong('an ESP SA', `${path}.encryption`, 'an encryption algorithm (ENCR_NULL for none)', undefined);
  return { encryption, ...(integrity && { integrity }) };
}

function readNamedKey(value: unknown, path: string, what: string, names: readonly string[]): NamedKey | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw wrong(what, path, 'an object such as {"name": ..., "key": ...}', typeof value);
  const { name, key } = value;
  if (typeof name !== 'string') throw wrong(`the name of ${what}`, `${path}.name`, "IANA's name", name);
  if (name === 'NONE') return undefined;
  if (!names.includes(name)) {
    const nearest = nearestName(name, names);
    const details = { path: `${path}.name`, expected: "IANA's name", found: JSON.stringify(name.slice(0, 60)) };
    throw new IpsecError('unknown-algorithm', what, nearest === undefined ? details : { ...details, nearest });
  }
  if (name === 'ENCR_NULL' && key === undefined) return { name, key: new Uint8Array(0) };
  return { name, key: readHex(key, `${path}.key`, `the key of ${name}`) };
}

function encryptionNames(): readonly string[] {
  return encryptionAlgorithms.map((row) => row.name);
}

function integrityNames(): readonly string[] {
  return [...integrityAlgorithms, ...integrityQuirks].map((row) => row.name).filter((name) => name !== 'NONE');
}

function readEncapsulation(value: unknown, path: string, protocol: ManualSa['protocol'], warnings: string[]): UdpEncapsulation | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value))
    throw wrong('the encapsulation of an SA', path, '{"protocol": "udp", "sourcePort": 4500, "destinationPort": 4500}', value);
  const { protocol: carrier, sourcePort = 4500, destinationPort = 4500, ...rest } = value;
  readWord(carrier, `${path}.protocol`, 'the protocol around ESP', ['udp']);
  warnUnknown(rest, path, ['protocol', 'sourcePort', 'destinationPort'], [], warnings);
  // RFC 3948 is about ESP; nothing of the kind is defined for AH or IPComp.
  if (protocol !== 'ESP') warnings.push(`${path}: only ESP travels in UDP, ignored`);
  const ports = {
    sourcePort: readInteger(sourcePort, `${path}.sourcePort`, 'a UDP port', 0, 0xffff),
    destinationPort: readInteger(destinationPort, `${path}.destinationPort`, 'a UDP port', 0, 0xffff),
  };
  return protocol === 'ESP' ? ports : undefined;
}

function readAhPadding(value: unknown, path: string): 4 | 8 | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 4 || value === 8) return value;
  throw wrong('ahPadding', path, '4 or 8', value);
}
