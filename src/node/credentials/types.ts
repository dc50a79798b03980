/**
 * What the loaders of credentials share.
 *
 * @module
 */
import type { SignatureRow } from '../../suite/types-sign.js';
import type { FetchRevocation } from '../../x509.js';

/** What they need. */
export interface LoadContext {
  /** Names of files begin there. */
  readonly folder: string;
  /** Signature algorithms to choose from, best first. */
  readonly signatureRows: readonly SignatureRow[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Where a configuration lets something be fetched. */
  readonly fetch: FetchRevocation;
  /** Paths of secrets that stood elsewhere. */
  readonly fetched: ReadonlySet<string>;
}
