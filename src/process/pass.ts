/**
 * What one call of `processOutbound` or `processInbound` carries along, and how it ends.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { checkLifetimes, lifetimesWakeAt } from '../sad.js';
import { type AuditFacts, auditOf, type DiscardReason, type ProcessAudit, type ProcessEvent } from './audit.js';
import { placeOf } from './choose.js';
import type { Databases } from './databases.js';
import { type DiscardResult, nothing, type Remarks } from './result.js';

/** A result that its remarks are still to be put to. */
export type Outcome<T> = T extends Remarks ? Omit<T, keyof Remarks> : never;

/** One call under way. */
export interface Pass {
  /** The context. */
  readonly db: Databases;
  /** Which way the packet goes. */
  readonly direction: 'outbound' | 'inbound';
  /** Milliseconds. */
  readonly now: number;
  /** Outbound: the local user who sends, where that is known. */
  readonly user: Uint8Array | undefined;
  /** What was noted so far. */
  audit: ProcessAudit[] | undefined;
}

/** A call that begins. */
export function createPass(db: Databases, direction: 'outbound' | 'inbound', now: number, user?: Uint8Array): Pass {
  return { db, direction, now, user, audit: undefined };
}

/** Notes an auditable event. */
export function note(pass: Pass, event: ProcessEvent, facts: AuditFacts): void {
  const { entry } = facts;
  const selectors = entry && (entry.sa.selectors ?? placeOf(pass.db, entry)?.policy.selectors);
  (pass.audit ??= []).push(auditOf(event, pass.direction, pass.now, { ...facts, selectors }));
}

/** Discards the packet, with a record. */
export function discard(
  pass: Pass,
  reason: DiscardReason,
  facts: AuditFacts,
  more: Pick<DiscardResult, 'answer' | 'notify'> = {},
): Outcome<DiscardResult> {
  note(pass, reason, facts);
  return { action: 'discard', reason, ...more };
}

/** The result: with all that was noted, and with the lifetimes that have ended by now. */
export function finish<T extends Outcome<Remarks & { action: string }>>(pass: Pass, outcome: T): T & Remarks {
  const { db, now, audit } = pass;
  const events = lifetimesWakeAt(db.sad) <= now ? checkLifetimes(db.sad, now) : nothing;
  return { ...outcome, audit: audit ?? nothing, events };
}

/** What sealing makes of a packet, or why it refuses it; throws on when that has nothing to do with the packet. */
export function refusalOf<T>(seal: () => T): T | DiscardReason {
  try {
    return seal();
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    switch (error.code) {
      case 'malformed':
      case 'truncated':
        return 'malformed';
      case 'bad-fragment':
        return 'fragment';
      case 'packet-too-big':
        return 'too-big';
      case 'sequence-overflow':
        return 'sequence-overflow';
      default:
        throw error;
    }
  }
}
