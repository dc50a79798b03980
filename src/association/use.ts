/**
 * The number of the next packet, and the end of an SA.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { SecurityAssociation } from './record.js';

const maxSeq = Number.MAX_SAFE_INTEGER;
const subspace = 2 ** 32;

/**
 * The number of the next packet, which from now on is used.
 *
 * @throws IpsecError `sequence-overflow`: RFC 4303 section 3.3.3: "the sender MUST NOT send a packet on an SA if doing so would cause the sequence number to cycle."
 */
export function nextSeq(sa: SecurityAssociation): number {
  requireAlive(sa);
  const last = sa.esn ? Math.min(maxSeq, (subspace - sa.epoch) * subspace - 1) : 0xffffffff;
  if (sa.seq < last) return ++sa.seq;
  if (!sa.mayWrap) {
    throw new IpsecError('sequence-overflow', `SA 0x${sa.spi.toString(16)} has used its last sequence number`, {
      expected: 'a new SA before this one runs out',
      found: String(sa.seq),
    });
  }
  return (sa.seq = 0);
}

/** The high half of a number of this SA, as the ICV covers it. */
export function seqHigh(sa: SecurityAssociation, seq: number): number {
  return sa.epoch + Math.floor(seq / subspace);
}

/** A number of this SA in full: what RFC 4303 calls the (Extended) Sequence Number, up to 2^64 - 1. For display and export. */
export function fullSeq(sa: Pick<SecurityAssociation, 'epoch'>, seq: number): bigint {
  return (BigInt(sa.epoch) << 32n) + BigInt(seq);
}

/** Throws `sa-deleted` when the keys of this SA are gone. */
export function requireAlive(sa: SecurityAssociation): void {
  if (!sa.alive) throw new IpsecError('sa-deleted', `SA 0x${sa.spi.toString(16)} is deleted and its keys are wiped`);
}

/** Ends an SA: overwrites its keys, schedules and pooled IVs. It can never seal or open again. */
export function wipeSa(sa: SecurityAssociation): void {
  sa.alive = false;
  const p = sa.protection;
  if (p.kind === 'combined') p.aead.destroy();
  else {
    if (p.kind === 'separate') p.cipher.destroy();
    p.mac?.destroy();
  }
  wipe(sa.scratch.aad, sa.scratch.iv, sa.scratch.ivPool);
}

/** Every buffer of this SA that holds key material; for tests that look whether they are zeros after {@link wipeSa}. */
export function secretsOf(sa: SecurityAssociation): readonly (Uint8Array | Uint32Array | Int32Array)[] {
  const p = sa.protection;
  if (p.kind === 'combined') return p.aead.secrets;
  return [...(p.kind === 'separate' ? p.cipher.secrets : []), ...(p.mac?.secrets ?? [])];
}
