/**
 * Makes Security Associations, and refuses those that would not protect.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { createReplayWindow } from '../replay-window.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { tunnelTemplate, type Keyed, type SaConfig } from './config.js';
import type { Protection, SecurityAssociation } from './record.js';

const ivPoolBlocks = 64;

/**
 * Makes an SA: checks the configuration against RFC 4303, 4302 and 8221 and keys its algorithms.
 *
 * @throws IpsecError `invalid-argument` with the path of the wrong member, or `unsafe-config` for a combination that would not protect.
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const sa = createSa({ protocol: 'ESP', mode: 'transport', spi: 0x1234, encryption: { row: aes128Gcm16, key: new Uint8Array(20) } });
 * if (sa.icvLength !== 16) throw new Error('GCM_16 has an ICV of 16 octets');
 * ```
 */
export function createSa(config: SaConfig): SecurityAssociation {
  const { protocol, mode, spi, esn = false } = config;
  if (!Number.isInteger(spi) || spi < 1 || spi > 0xffffffff) {
    // RFC 4303 section 2.1: "The SPI value of zero (0) is reserved for local, implementation-specific use and MUST NOT be sent on the wire."
    throw new IpsecError('invalid-argument', 'an SPI', { path: 'spi', expected: '1 to 0xffffffff', found: String(spi) });
  }
  const { epoch, seq } = checkStart(config.startSeq ?? 0, esn);
  checkAddresses(config);
  if (config.encapsulation && protocol !== 'ESP') {
    // RFC 3948 section 1: "the protection of the outer IP addresses in IPsec AH is inherently incompatible with NAT"
    throw new IpsecError('invalid-argument', 'UDP encapsulation', { path: 'encapsulation', expected: 'ESP', found: protocol });
  }
  const protection = protocol === 'ESP' ? keyEsp(config) : keyAh(config);
  const row = protection.kind === 'integrity' ? protection.integrity : protection.row;
  const window = config.replayWindow ?? (protection.kind === 'separate' && !protection.mac ? 0 : 64);
  if (!Number.isInteger(window) || window < 0 || window > 2 ** 20) {
    throw new IpsecError('invalid-argument', 'a replay window', {
      path: 'replayWindow',
      expected: '0 to 1048576 packets',
      found: String(window),
    });
  }
  const random = config.random ?? fillFromPlatform;
  const randomIv = protection.kind === 'separate' && protection.row.ivKind === 'random';
  const padTo = config.padTo ?? 4;
  if (!Number.isInteger(padTo) || padTo < 4 || padTo > 256 || padTo % 4 !== 0) {
    throw new IpsecError('invalid-argument', 'an ESP padding multiple', {
      path: 'padTo',
      expected: 'a multiple of 4 up to 256',
      found: String(padTo),
    });
  }
  return {
    protocol,
    mode,
    spi,
    source: config.source?.slice(),
    destination: config.destination?.slice(),
    esn,
    epoch,
    mayWrap: checkWrap(config, protection),
    encapsulation: config.encapsulation,
    ahPadding: config.ahPadding,
    padTo: leastCommonMultiple(padTo, protection.kind === 'integrity' ? 4 : protection.row.blockSize),
    checkPadding: config.checkPadding ?? true,
    tfcLength: config.tfcLength ?? 0,
    selectors: config.selectors,
    tunnelHeader: tunnelTemplate(config.source?.slice(), config.destination?.slice(), config.tunnelHeader),
    softLifetime: config.softLifetime ?? {},
    hardLifetime: config.hardLifetime ?? {},
    createdAt: config.createdAt ?? 0,
    protection,
    ivLength: row.ivLength,
    icvLength: protection.kind === 'combined' ? protection.row.icvLength : (protection.integrity?.icvLength ?? 0),
    window: createReplayWindow(window, { esn, top: seq }),
    seq,
    octets: 0,
    packets: 0,
    alive: true,
    scratch: {
      aad: new Uint8Array(esn ? 12 : 8),
      iv: new Uint8Array(row.kind === 'aead' ? 8 : row.ivLength),
      ivPool: randomIv ? new Uint8Array(row.ivLength * ivPoolBlocks) : EMPTY,
      ivPoolAt: randomIv ? row.ivLength * ivPoolBlocks : 0,
      frame: { at: 0, payload: 0, length: 0, nextHeader: 0 },
      headers: EMPTY,
    },
    random,
  };
}

function keyEsp(config: SaConfig): Protection {
  const { encryption, integrity } = config;
  if (!encryption) {
    throw new IpsecError('invalid-argument', 'ESP needs an encryption algorithm', {
      path: 'encryption',
      expected: 'a row, if only ENCR_NULL',
    });
  }
  const { row } = encryption;
  if (row.kind === 'aead') {
    if (integrity) {
      throw new IpsecError('invalid-argument', `${row.name} brings its own integrity`, {
        path: 'integrity',
        expected: 'none',
        found: integrity.row.name,
      });
    }
    return { kind: 'combined', row, aead: row.create(requireKey(encryption, 'encryption.key')) };
  }
  if (!integrity) {
    // RFC 4303 section 1: "confidentiality-only (MAY be supported)"; but RFC 8221 section 4: "Encryption without authentication is not effective and MUST NOT be used."
    if (row.isNull) {
      throw new IpsecError('unsafe-config', 'ENCR_NULL without integrity protects nothing', {
        path: 'integrity',
        expected: 'an integrity algorithm',
      });
    }
    if (config.unsafeNoIntegrity !== true) {
      throw new IpsecError('unsafe-config', `${row.name} without integrity lets an attacker change packets and read them`, {
        path: 'integrity',
        expected: 'an integrity algorithm, a combined-mode algorithm, or unsafeNoIntegrity: true',
      });
    }
  } else if (integrity.row.ivLength > 0) {
    // RFC 4543 section 5.3, of AUTH_AES_GMAC: "This transform MUST NOT be used with ESP."
    throw new IpsecError('invalid-argument', `${integrity.row.name} is for AH alone`, {
      path: 'integrity',
      expected: 'an algorithm without an IV',
      nearest: 'ENCR_NULL_AUTH_AES_GMAC as encryption',
    });
  }
  return {
    kind: 'separate',
    row,
    cipher: row.create(requireKey(encryption, 'encryption.key')),
    integrity: integrity?.row,
    mac: integrity?.row.create(requireKey(integrity, 'integrity.key')),
  };
}

function keyAh(config: SaConfig): Protection {
  const { encryption, integrity } = config;
  if (encryption)
    throw new IpsecError('invalid-argument', 'AH does not encrypt', { path: 'encryption', expected: 'none', found: encryption.row.name });
  if (!integrity) throw new IpsecError('invalid-argument', 'AH needs an integrity algorithm', { path: 'integrity' });
  return { kind: 'integrity', integrity: integrity.row, mac: integrity.row.create(requireKey(integrity, 'integrity.key')) };
}

function requireKey(keyed: Keyed<EncryptionRow | IntegrityRow>, path: string): Uint8Array {
  const { row, key } = keyed;
  const expected = row.keyLength + row.saltLength;
  if (key.length !== expected) {
    throw new IpsecError('invalid-argument', `the key of ${row.name}`, {
      path,
      expected: row.saltLength > 0 ? `${expected} octets (${row.keyLength} of key, then ${row.saltLength} of salt)` : `${expected} octets`,
      found: `${key.length}`,
    });
  }
  return key;
}

/** A number that starts again would repeat a nonce. RFC 4106 section 2: "combination MUST NOT be used more than once." */
function checkWrap(config: SaConfig, protection: Protection): boolean {
  if (config.mayWrap !== true) return false;
  const counterIv =
    protection.kind === 'combined' ||
    (protection.kind === 'separate' ? protection.row.ivKind === 'counter' : protection.integrity.ivLength > 0);
  if (counterIv) {
    throw new IpsecError('unsafe-config', 'a sequence number that wraps would repeat a nonce of this algorithm', {
      path: 'mayWrap',
      expected: 'false',
    });
  }
  return true;
}

function checkStart(start: number | bigint, esn: boolean): { epoch: number; seq: number } {
  const last = esn ? 2n ** 64n - 1n : 2n ** 32n - 1n;
  if ((typeof start === 'number' && !Number.isSafeInteger(start)) || start < 0 || BigInt(start) > last) {
    throw new IpsecError('invalid-argument', 'a sequence number', {
      path: 'startSeq',
      expected: esn ? '0 to 2^64 - 1, beyond 2^53 - 1 as a bigint' : '0 to 2^32 - 1 without esn',
      found: String(start),
    });
  }
  const exact = Number(start);
  if (exact <= Number.MAX_SAFE_INTEGER) return { epoch: 0, seq: exact };
  // One subspace is left below, so that the window can reach back into it.
  const epoch = Number(BigInt(start) >> 32n) - 1;
  return { epoch, seq: Number(BigInt(start) - (BigInt(epoch) << 32n)) };
}

function checkAddresses({ source, destination }: SaConfig): void {
  for (const [path, a] of [
    ['source', source],
    ['destination', destination],
  ] as const) {
    if (a && a.length !== 4 && a.length !== 16) {
      throw new IpsecError('invalid-argument', 'an address', { path, expected: '4 or 16 octets', found: `${a.length}` });
    }
  }
  if (source && destination && source.length !== destination.length) {
    throw new IpsecError('invalid-argument', 'the ends of an SA', {
      path: 'destination',
      expected: 'one address family',
      found: 'IPv4 and IPv6',
    });
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let n = a;
  while (n % b !== 0) n += a;
  return n;
}

function fillFromPlatform(target: Uint8Array): void {
  globalThis.crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
}
