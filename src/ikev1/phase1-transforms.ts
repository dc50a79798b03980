/**
 * Between the rows of a connection and the transforms of phase 1.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { phase1Encryption, phase1Hashes } from '../iana/ikev1-attributes.js';
import { attempt } from '../keying/attempt.js';
import type { Connection } from '../keying/connection.js';
import type { HashRow } from '../suite/types-hash.js';
import type { EncryptionRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import { decodePhase1Attributes, type Phase1Values } from './attributes.js';
import type { Transform } from './sa-payload.js';
import type { Phase1Suite } from './states.js';

/** The rows of one transform. */
export type Phase1Rows = Pick<Phase1Suite, 'encryption' | 'hash' | 'prf' | 'keyExchange'>;

/** Ciphers with one length of key. */
const fixedKey: ReadonlySet<string> = /* @__PURE__ */ new Set(['DES-CBC', 'IDEA-CBC', '3DES-CBC']);

/** What phase 1 calls a cipher; undefined: it has none but those in CBC. */
export function encryptionOf(row: EncryptionRow): Pick<Phase1Values, 'encryption' | 'keyLength'> | undefined {
  const name = row.kind === 'cipher' ? phase1Encryption.find(({ ikev2 }) => ikev2 === row.name)?.name : undefined;
  return name && { encryption: name, keyLength: fixedKey.has(name) ? undefined : row.keyLength * 8 };
}

/** The hash whose HMAC a pseudorandom function is; undefined: the connection has none at hand. */
function hashOf({ ikev1 }: Connection, prf: PrfRow): HashRow | undefined {
  return ikev1?.hashes.find((hash) => hash.prf.name === prf.name);
}

/** Every transform that a connection has rows for, best first. */
export function* rowsOf(connection: Connection): Generator<Phase1Rows> {
  for (const { encryption, prf, keyExchange } of connection.proposals) {
    for (const cipher of encryption) {
      if (encryptionOf(cipher) === undefined) continue;
      for (const function_ of prf) {
        const hash = hashOf(connection, function_);
        if (hash === undefined) continue;
        for (const group of keyExchange) yield { encryption: cipher, hash, prf: function_, keyExchange: group };
      }
    }
  }
}

/** What the attributes of a transform say if they say all that is needed, and nothing that is not understood. */
export interface ReadPhase1 {
  /** The transform. */
  readonly transform: Transform;
  /** Its attributes. */
  readonly values: Phase1Values;
}

/**
 * Reads an offered transform.
 *
 * @returns in words what makes it unacceptable. Groups of one's own (Group Type, a prime) are among it, as are life types that nobody knows.
 */
export function readPhase1(transform: Transform): ReadPhase1 | string {
  if (transform.id !== 'KEY_IKE') return `its Transform-Id is ${transform.id}`;
  const values = attempt(() => decodePhase1Attributes(transform.attributes as Parameters<typeof decodePhase1Attributes>[0]));
  if (values instanceof IpsecError) return values.message;
  const [other] = values.others;
  if (other !== undefined)
    return `it has an attribute that is not negotiated, ${typeof other.type === 'number' ? 'number ' : ''}${other.type}`;
  const strange = values.lifetimes.find(({ type }) => typeof type === 'number');
  return strange === undefined ? { transform, values } : `its life type is ${strange.type}`;
}

/** How well a transform fits: places in the lists of the connection, the first that counts in front. */
export type Ranks = readonly number[];

/** The rows of a transform, and how much the connection likes them. */
export function findRows(connection: Connection, values: Phase1Values): { readonly rows: Phase1Rows; readonly ranks: Ranks } | undefined {
  for (const [i, record] of connection.proposals.entries()) {
    const e = record.encryption.findIndex((row) => isEncryption(row, values));
    const h = record.prf.findIndex((row) => isHash(hashOf(connection, row), values));
    const g = record.keyExchange.findIndex(({ id }) => id === values.group);
    const encryption = record.encryption[e];
    const prf = record.prf[h];
    const hash = prf && hashOf(connection, prf);
    const keyExchange = record.keyExchange[g];
    if (encryption && prf && hash && keyExchange) return { rows: { encryption, hash, prf, keyExchange }, ranks: [i, e, h, g] };
  }
  return undefined;
}

/** Whether a cipher is the one that a transform names. */
export function isEncryption(row: EncryptionRow, { encryption, keyLength }: Phase1Values): boolean {
  const own = encryptionOf(row);
  return own !== undefined && own.encryption === encryption && own.keyLength === keyLength;
}

/** Whether a connection has a pseudorandom function for the hash that a transform names. */
export function hasHash(connection: Connection, prfs: readonly PrfRow[], values: Phase1Values): boolean {
  return prfs.some((row) => isHash(hashOf(connection, row), values));
}

function isHash(row: HashRow | undefined, { hash }: Phase1Values): boolean {
  return row !== undefined && phase1Hashes.some(({ id, name }) => id === row.id && name === hash);
}

/** Whether one of two transforms is liked better. */
export function isBefore(a: Ranks, b: Ranks): boolean {
  const at = a.findIndex((rank, i) => rank !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

/** The groups of a connection, best first, those of one number once. */
export function groupsOf({ proposals }: Connection): readonly KeyExchangeRow[] {
  const all = proposals.flatMap(({ keyExchange }) => keyExchange);
  return all.filter(({ id }, i) => all.findIndex((other) => other.id === id) === i);
}
