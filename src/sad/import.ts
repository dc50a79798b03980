/**
 * SAs out of JSON. A restored sender never uses a number a second time: RFC 4106 section 2 says of the nonce that it "MUST NOT
 * be used more than once" with a key, and the number is what keeps nonces apart.
 *
 * @module
 */
import { createSa, wipeSa, type SecurityAssociation } from '../association.js';
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { equalAddresses, parseAddress } from '../ip/address.js';
import { markSeq } from '../replay-window.js';
import { findEncryption, findIntegrity } from '../suite/find.js';
import type { EncryptionRow, FillRandom, IntegrityRow } from '../suite/types.js';
import { parseSelector, type SelectorPair } from '../traffic-selector.js';
import { addSa, removeSa, type Sad } from './database.js';
import type { SadEntry, SaKeys } from './entry.js';
import type { SaState } from './export.js';
import {
  readAhPadding,
  readCount,
  readDecimal,
  readFlag,
  readKey,
  readLifetime,
  readList,
  readRecord,
  readText,
  readTunnelHeader,
  readWord,
} from './state-read.js';
import { findHead } from './spi-table.js';

/** What {@link importSa} takes. */
export interface ImportOptions {
  /** The algorithms that may occur. */
  readonly rows: readonly (EncryptionRow | IntegrityRow)[];
  /** Milliseconds on the caller's monotonic clock. */
  readonly now: number;
  /**
   * By how much the number of a sending SA jumps forward, at least 1, with no default: more than the packets that were or may have
   * been sent since the export. RFC 6311 section 5.2: "The estimate is based on the outgoing IPsec bandwidth and the frequency of
   * synchronization between cluster members."
   */
  readonly seqMargin?: number | undefined;
  /** Likewise for the window of a receiving SA: packets that may have come since the export. Default 0: they could be replayed. */
  readonly windowMargin?: number | undefined;
  /** Milliseconds between export and import, for lifetimes. Default 0. */
  readonly elapsed?: number | undefined;
  /** The keys of an SA, where the state has none. */
  readonly keysOf?: ((state: SaState) => SaKeys | undefined) | undefined;
  /** Whether the keys are kept, so that the SA can be exported with them again. Default false. */
  readonly keepKeys?: boolean | undefined;
  /** Where random IVs come from. */
  readonly random?: FillRandom | undefined;
}

/**
 * Restores one SA and adds it to the database. A sending SA goes on `seqMargin` numbers later; of a receiving SA everything up
 * to the highest number seen counts as seen, so that nothing of before is accepted once more.
 *
 * @param state JSON as `exportSa` wrote it; everything in it is checked.
 * @throws IpsecError `sequence-overflow`: no number is left after the margin; `invalid-argument`: no margin, no key, or the
 *   database holds this sending SA already; `invalid-config` and `unsafe-config` with the path of the wrong member; `unknown-algorithm`.
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { addSa, createSad, exportSa, importSa } from 'ipsec-ts/sad';
 * import { aeadRows, aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const key = new Uint8Array(20).fill(7); // from a key exchange, never like this
 * const sa = createSa({ protocol: 'ESP', mode: 'transport', spi: 0x1234, encryption: { row: aes128Gcm16, key } });
 * const entry = addSa(createSad(), sa, { direction: 'outbound', exportableKeys: { encryption: key } });
 * const text = JSON.stringify(exportSa(entry, 0, { includeKeys: true }));
 *
 * const restored = importSa(createSad(), JSON.parse(text), { rows: aeadRows, now: 0, seqMargin: 2 ** 20 });
 * if (restored.sa.seq !== 2 ** 20) throw new Error('it goes on where the other cannot have been');
 * ```
 */
export function importSa(sad: Sad, state: SaState, options: ImportOptions): SadEntry {
  const s = readRecord(state, 'state');
  const direction = readWord(s['direction'], 'direction', ['inbound', 'outbound']);
  const keys = readKeys(s, state, options);
  let sa: SecurityAssociation | undefined;
  try {
    sa = create(s, direction, keys, options);
    if (direction === 'outbound') refuseClone(sad, sa);
    else seeEverything(sa);
    sa.octets = readCount(s['octets'] ?? 0, 'octets');
    sa.packets = readCount(s['packets'] ?? 0, 'packets');
    const policy = s['policy'];
    return addSa(sad, sa, {
      direction,
      lookup: s['lookup'] === undefined ? undefined : readWord(s['lookup'], 'lookup', ['spi', 'spi-destination', 'spi-destination-source']),
      policy: policy === undefined || typeof policy === 'number' ? policy : readText(policy, 'policy'),
      dscp: s['dscp'] === undefined ? undefined : readList(s['dscp'], 'dscp').map((d, i) => readCount(d, `dscp.${i}`, 63)),
      statefulFragments: readFlag(s['statefulFragments'] ?? false, 'statefulFragments'),
      exportableKeys: options.keepKeys === true ? keys : undefined,
    });
  } catch (error) {
    if (sa) wipeSa(sa);
    throw error;
  } finally {
    for (const key of [keys.encryption, keys.integrity]) if (key) wipe(key);
  }
}

/**
 * Restores all SAs of an `exportSad`: all of them, or after an error none.
 *
 * @throws IpsecError as {@link importSa}; paths begin with `sas.N`.
 */
export function importSad(sad: Sad, state: { readonly sas: readonly SaState[] }, options: ImportOptions): SadEntry[] {
  const restored: SadEntry[] = [];
  for (const [i, one] of readList(readRecord(state, 'state')['sas'], 'sas').entries()) {
    try {
      restored.push(importSa(sad, one as SaState, options));
    } catch (error) {
      for (const entry of restored) removeSa(sad, entry);
      if (!(error instanceof IpsecError)) throw error;
      throw new IpsecError(error.code, `SA ${i} of the state: ${error.message}`, {
        path: error.path === undefined ? `sas.${i}` : `sas.${i}.${error.path}`,
        cause: error,
      });
    }
  }
  return restored;
}

function create(s: Record<string, unknown>, direction: SadEntry['direction'], keys: SaKeys, options: ImportOptions): SecurityAssociation {
  const esn = readFlag(s['esn'] ?? false, 'esn');
  return createSa({
    protocol: readWord(s['protocol'], 'protocol', ['ESP', 'AH']),
    mode: readWord(s['mode'], 'mode', ['tunnel', 'transport']),
    spi: Number(readText(s['spi'], 'spi', /^0x[0-9a-f]{1,8}$/i)),
    source: s['source'] === undefined ? undefined : parseAddress(readText(s['source'], 'source')),
    destination: s['destination'] === undefined ? undefined : parseAddress(readText(s['destination'], 'destination')),
    ...readAlgorithms(s, keys, options.rows),
    esn,
    replayWindow: s['replayWindow'] === undefined ? undefined : readCount(s['replayWindow'], 'replayWindow', 2 ** 20),
    startSeq: readStart(s, direction, esn, options),
    encapsulation: readEncapsulation(s['encapsulation']),
    ahPadding: readAhPadding(s['ahPadding'], 'ahPadding'),
    unsafeNoIntegrity: readFlag(s['unsafeNoIntegrity'] ?? false, 'unsafeNoIntegrity'),
    mayWrap: readFlag(s['mayWrap'] ?? false, 'mayWrap'),
    padTo: readCount(s['padTo'] ?? 4, 'padTo'),
    checkPadding: readFlag(s['checkPadding'] ?? true, 'checkPadding'),
    tfcLength: readCount(s['tfcLength'] ?? 0, 'tfcLength', 0xffff),
    tunnelHeader: readTunnelHeader(s['tunnelHeader'], 'tunnelHeader'),
    selectors: readSelectors(s['selectors']),
    softLifetime: readLifetime(s['softLifetime'], 'softLifetime'),
    hardLifetime: readLifetime(s['hardLifetime'], 'hardLifetime'),
    createdAt: options.now - readCount(s['age'] ?? 0, 'age') - (options.elapsed ?? 0),
    random: options.random,
  });
}

/** Where the numbers go on. */
function readStart(s: Record<string, unknown>, direction: SadEntry['direction'], esn: boolean, options: ImportOptions): bigint {
  const last = esn ? 2n ** 64n - 1n : 2n ** 32n - 1n;
  const exported = readDecimal(s['startSeq'], 'startSeq', last);
  if (direction === 'inbound') {
    const top = exported + BigInt(readCount(options.windowMargin ?? 0, 'windowMargin'));
    return top > last ? last : top;
  }
  const { seqMargin } = options;
  if (seqMargin === undefined || !Number.isSafeInteger(seqMargin) || seqMargin < 1) {
    throw new IpsecError('invalid-argument', 'a sending SA that comes back must skip numbers, or a nonce is used twice', {
      path: 'seqMargin',
      expected: 'more than the packets that may have been sent since the export, at least 1',
      found: String(seqMargin),
    });
  }
  // RFC 6311 section 5.2: "We note that IPsec allows the replay counter to skip forward by any amount."
  const start = exported + BigInt(seqMargin);
  if (start >= last) {
    throw new IpsecError('sequence-overflow', 'no sequence number is left after the margin', {
      path: 'startSeq',
      expected: `less than ${last - BigInt(seqMargin)}, or a new SA`,
      found: String(exported),
    });
  }
  return start;
}

/** One sending SA in two records would use each number twice. */
function refuseClone(sad: Sad, sa: SecurityAssociation): void {
  for (let other = findHead(sad.outbound, sa.spi); other; other = other.next) {
    const o = other.sa;
    const sameEnd = o.destination && sa.destination ? equalAddresses(o.destination, sa.destination) : o.destination === sa.destination;
    if (o.protocol === sa.protocol && sameEnd && o.encapsulation?.destinationPort === sa.encapsulation?.destinationPort) {
      throw new IpsecError('invalid-argument', `the database holds the sending SA 0x${sa.spi.toString(16)} already`, {
        path: 'spi',
        expected: 'an SA that is no longer in use',
      });
    }
  }
}

function seeEverything({ window }: SecurityAssociation): void {
  for (let seq = Math.max(1, window.top - window.size + 1); seq <= window.top; seq++) markSeq(window, seq);
}

function readKeys(s: Record<string, unknown>, state: SaState, options: ImportOptions): SaKeys {
  const keyOf = (name: 'encryption' | 'integrity'): Uint8Array | undefined => {
    if (s[name] === undefined) return undefined;
    const { key } = readRecord(s[name], name);
    return key === undefined ? given?.[name]?.slice() : readKey(key, `${name}.key`);
  };
  const given = options.keysOf?.(state);
  return { encryption: keyOf('encryption'), integrity: keyOf('integrity') };
}

function readAlgorithms(
  s: Record<string, unknown>,
  keys: SaKeys,
  rows: ImportOptions['rows'],
): Pick<Parameters<typeof createSa>[0], 'encryption' | 'integrity'> {
  const nameAndKey = (name: 'encryption' | 'integrity'): [string, Uint8Array] => {
    const text = readText(readRecord(s[name], name)['name'], `${name}.name`);
    const key = keys[name];
    if (!key) throw new IpsecError('invalid-argument', `the key of ${text}`, { path: `${name}.key`, expected: 'one from keysOf' });
    return [text, key];
  };
  const encryptionRows = rows.filter((row) => row.kind !== 'integrity');
  const integrityRows = rows.filter((row) => row.kind === 'integrity');
  const result: { -readonly [K in 'encryption' | 'integrity']?: Parameters<typeof createSa>[0][K] } = {};
  if (s['encryption'] !== undefined) {
    const [name, key] = nameAndKey('encryption');
    result.encryption = { row: findEncryption(encryptionRows, name, key.length), key };
  }
  if (s['integrity'] !== undefined) {
    const [name, key] = nameAndKey('integrity');
    result.integrity = { row: findIntegrity(integrityRows, name, key.length), key };
  }
  return result;
}

function readEncapsulation(value: unknown): { sourcePort: number; destinationPort: number } | undefined {
  if (value === undefined) return undefined;
  const { sourcePort, destinationPort } = readRecord(value, 'encapsulation');
  return {
    sourcePort: readCount(sourcePort, 'encapsulation.sourcePort', 0xffff),
    destinationPort: readCount(destinationPort, 'encapsulation.destinationPort', 0xffff),
  };
}

function readSelectors(value: unknown): SelectorPair[] | undefined {
  if (value === undefined) return undefined;
  return readList(value, 'selectors').map((text, i) => parseSelector(readText(text, `selectors.${i}`), `selectors.${i}`));
}
