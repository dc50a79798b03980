/**
 * From the names in a key file to the rows of algorithms at hand, and to the configuration of an SA.
 *
 * @module
 */
import type { Keyed, SaConfig } from '../association.js';
import { IpsecError } from '../errors.js';
import { findEncryption, findIntegrity } from '../suite/find.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { ManualSa, NamedKey } from './keys-types.js';

/** The algorithms that a program has imported. */
export interface AlgorithmRows {
  /** For ESP: `[...aeadRows, ...encrRows]`. */
  readonly encryption: readonly EncryptionRow[];
  /** For AH and ESP: `integRows`. */
  readonly integrity: readonly IntegrityRow[];
}

/**
 * The algorithms of an SA with their keys. What must not be is refused here, with the place in the file: a name or a key length that
 * no row has, integrity beside a combined-mode algorithm, encryption without integrity.
 *
 * @throws IpsecError `unknown-algorithm`, `invalid-config`, `unsafe-config`.
 */
export function resolveAlgorithms(sa: ManualSa, rows: AlgorithmRows): Pick<SaConfig, 'encryption' | 'integrity'> {
  const encryption =
    sa.encryption && keyed(sa.encryption, `${sa.path}.encryption`, (name, octets) => findEncryption(rows.encryption, name, octets));
  const integrity =
    sa.integrity && keyed(sa.integrity, `${sa.path}.integrity`, (name, octets) => findIntegrity(rows.integrity, name, octets));
  if (encryption !== undefined) checkPair(encryption.row, integrity?.row, sa);
  return { ...(encryption && { encryption }), ...(integrity && { integrity }) };
}

function keyed<Row>({ name, key }: NamedKey, path: string, find: (name: string, octets: number) => Row): Keyed<Row> {
  try {
    return { row: find(name, key.length), key };
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    const { expected, found, nearest } = cause;
    throw new IpsecError(cause.code, name, {
      path,
      cause,
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
      ...(nearest !== undefined && { nearest }),
    });
  }
}

/**
 * RFC 8221 section 4: "Encryption without authentication is not effective and MUST NOT be used." Whoever wants it has to say so; with ENCR_NULL there is
 * nothing to want. RFC 8221 section 6: "In addition, AUTH_NONE authentication cannot be combined with ESP NULL encryption."
 */
function checkPair(encryption: EncryptionRow, integrity: IntegrityRow | undefined, sa: ManualSa): void {
  const path = `${sa.path}.integrity`;
  if (encryption.kind === 'aead') {
    if (integrity === undefined) return;
    throw new IpsecError('invalid-config', 'an ESP SA', {
      path,
      expected: `no integrity algorithm beside ${encryption.name}, which has its own`,
      found: integrity.name,
    });
  }
  if (integrity !== undefined || (sa.unsafeNoIntegrity && !encryption.isNull)) return;
  const expected = encryption.isNull ? 'an integrity algorithm' : 'an integrity algorithm, or "unsafeNoIntegrity": true';
  throw new IpsecError('unsafe-config', `an ESP SA with ${encryption.name}`, { path, expected, found: 'none' });
}

/**
 * What `createSa` takes, from an ESP or AH entry of a key file.
 *
 * @param mode needed where the entry's own is `by-next-header`; default `transport`.
 * @throws IpsecError as {@link resolveAlgorithms}; `invalid-argument` for an IPCOMP entry.
 */
export function toSaConfig(sa: ManualSa, rows: AlgorithmRows, mode: 'tunnel' | 'transport' = 'transport'): SaConfig {
  const { protocol, spi, source, destination, esn, replayWindow, startSeq, encapsulation, ahPadding, unsafeNoIntegrity } = sa;
  if (protocol === 'IPCOMP')
    throw new IpsecError('invalid-argument', 'a Security Association', { path: sa.path, expected: 'ESP or AH', found: 'IPCOMP' });
  return {
    protocol,
    mode: sa.mode === 'by-next-header' ? mode : sa.mode,
    spi,
    source,
    destination,
    ...resolveAlgorithms(sa, rows),
    esn,
    replayWindow,
    startSeq,
    encapsulation,
    ahPadding,
    unsafeNoIntegrity,
  };
}
