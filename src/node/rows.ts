/**
 * Every algorithm that a configuration on Node may name: over `node:crypto` where this Node has it, else over noble.
 *
 * @module
 */
import { generateKeyPairSync, getCiphers, getCurves } from 'node:crypto';
import { aeadRows } from '../suite/aead.js';
import { keyExchangeRows } from '../suite/dh.js';
import { legacyKeyExchangeRows } from '../suite/dh-legacy.js';
import { encrRows } from '../suite/encr.js';
import { hashRows } from '../suite/hash.js';
import { legacyHashRows } from '../suite/hash-legacy.js';
import { integRows } from '../suite/integ.js';
import { legacyRows } from '../suite/legacy.js';
import { prfRows } from '../suite/prf.js';
import { legacyPrfRows } from '../suite/prf-legacy.js';
import type { HashRow } from '../suite/types-hash.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import type { SignatureRow } from '../suite/types-sign.js';
import { nodeLegacyRows, nodeRows } from './suite.js';
import { nodeLegacySignatureRows, nodeSignatureRows } from './suite-sign.js';
import { nodeKeyExchangeRows, nodeLegacyKeyExchangeRows, nodeLegacyPrfRows, nodePrfRows } from './suite-ike.js';

/** An algorithm of any kind. */
export type ConfigRow = EncryptionRow | IntegrityRow | PrfRow | KeyExchangeRow | HashRow;

/**
 * The algorithms. Those that RFC 8221 or RFC 8247 forbid are among them for peers that have nothing else: nobody gets them who does not name
 * them, and `lintConfig` says so.
 */
export function configRows(): ConfigRow[] {
  const native = [
    ...nodeRows,
    ...nodeLegacyRows,
    ...nodePrfRows,
    ...nodeLegacyPrfRows,
    ...nodeKeyExchangeRows,
    ...nodeLegacyKeyExchangeRows,
  ];
  const portable = [
    ...[...aeadRows, ...encrRows, ...integRows, ...legacyRows],
    ...[...prfRows, ...legacyPrfRows, ...keyExchangeRows, ...legacyKeyExchangeRows, ...hashRows, ...legacyHashRows],
  ];
  const rows = new Map<string, ConfigRow>();
  for (const row of [...native.filter(isAtHand), ...portable]) if (!rows.has(keyOf(row))) rows.set(keyOf(row), row);
  return [...rows.values()];
}

/** Signature algorithms over `node:crypto`, best first; those over SHA-1, which serve only who names them, at the end. */
export function signatureRows(): readonly SignatureRow[] {
  return [...nodeSignatureRows, ...nodeLegacySignatureRows];
}

function keyOf(row: ConfigRow): string {
  return `${row.kind} ${row.name} ${'keyLength' in row ? row.keyLength : ''}`;
}

/** OpenSSL can be built without some, and its FIPS provider refuses some: ChaCha20, Brainpool, the curves of RFC 7748. */
function isAtHand({ kind, name, ...rest }: ConfigRow): boolean {
  if (name.startsWith('ENCR_CHACHA20')) return ciphers.has('chacha20-poly1305');
  if (kind !== 'ke') return true;
  const { shortName } = rest as KeyExchangeRow;
  if (shortName.startsWith('brainpool')) return curves.has(shortName);
  if (shortName === 'curve25519') return works(() => generateKeyPairSync('x25519'));
  return shortName !== 'curve448' || works(() => generateKeyPairSync('x448'));
}

const ciphers: ReadonlySet<string> = new Set(getCiphers());
const curves: ReadonlySet<string> = new Set(getCurves());

function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
