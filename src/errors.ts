/**
 * The one error class. What a peer or a network sends ends as a verdict or as an `IpsecError`, never as anything else.
 *
 * @module
 */

/**
 * Who has to change something for the error to go away, by code:
 * the `caller` (arguments, configuration), the `peer` (what it sent), or the `network` (octets that a path may have damaged).
 */
const blameOf = {
  'invalid-argument': 'caller',
  'invalid-config': 'caller',
  'unknown-algorithm': 'caller',
  'unsafe-config': 'caller',
  unsupported: 'caller',
  'limit-exceeded': 'caller',
  'buffer-too-small': 'caller',
  'sequence-overflow': 'caller',
  'sa-expired': 'caller',
  'sa-deleted': 'caller',
  'spi-exhausted': 'caller',
  'packet-too-big': 'caller',
  'decorrelation-limit': 'caller',
  'invalid-public-value': 'peer',
  'invalid-syntax': 'peer',
  'unsupported-critical-payload': 'peer',
  'no-proposal-chosen': 'peer',
  'invalid-ke-payload': 'peer',
  'authentication-failed': 'peer',
  'ts-unacceptable': 'peer',
  'single-pair-required': 'peer',
  'no-additional-sas': 'peer',
  'internal-address-failure': 'peer',
  'failed-cp-required': 'peer',
  'temporary-failure': 'peer',
  'child-sa-not-found': 'peer',
  'peer-refused': 'peer',
  timeout: 'network',
  'invalid-major-version': 'peer',
  truncated: 'network',
  malformed: 'network',
  'trailing-octets': 'network',
  'bad-checksum': 'network',
  'bad-fragment': 'network',
  'unknown-format': 'network',
} as const satisfies Record<string, Blame>;

/** Who is to blame: see {@link IpsecError.blame}. */
export type Blame = 'caller' | 'peer' | 'network';
/** Stable, closed set of error codes; `switch` narrows over it. */
export type IpsecErrorCode = keyof typeof blameOf;

/** What an {@link IpsecError} may carry besides its code and its message. */
export interface IpsecErrorDetails {
  /** Overrides the blame that belongs to the code. */
  readonly blame?: Blame;
  /** Where in a structure or a configuration: `sas.0.encryption.key`. */
  readonly path?: string;
  /** Octet offset in the input at which the trouble begins. */
  readonly offset?: number;
  /** What would have been right, in words. */
  readonly expected?: string;
  /** What was there instead, in words (never key material). */
  readonly found?: string;
  /** The nearest valid value, where one is near. */
  readonly nearest?: string;
  /** The error underneath, if any. */
  readonly cause?: unknown;
}

/**
 * Thrown for wrong arguments, wrong configuration and octets that cannot be decoded.
 *
 * @example
 * ```ts
 * import { IpsecError } from 'ipsec-ts/errors';
 *
 * const error = new IpsecError('truncated', 'an IPv4 header', { path: 'ip', offset: 0, expected: '20 octets', found: '3' });
 * if (error.code !== 'truncated' || error.blame !== 'network') throw error;
 * if (error.message !== 'an IPv4 header: expected 20 octets, found 3 (ip at octet 0)') throw error;
 * ```
 */
export class IpsecError extends Error {
  /** `'IpsecError'`. */
  override readonly name = 'IpsecError';
  /** Stable code from the closed set. */
  readonly code: IpsecErrorCode;
  /** Who has to change something for this error to go away. */
  readonly blame: Blame;
  /** Where in a structure or a configuration. */
  readonly path: string | undefined;
  /** Octet offset in the input. */
  readonly offset: number | undefined;
  /** What would have been right. */
  readonly expected: string | undefined;
  /** What was there instead. */
  readonly found: string | undefined;
  /** The nearest valid value. */
  readonly nearest: string | undefined;

  /** @param what names the thing that is wrong, without a full stop; expected, found and place are appended to it. */
  constructor(code: IpsecErrorCode, what: string, details: IpsecErrorDetails = {}) {
    super(sentence(what, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.blame = details.blame ?? blameOf[code];
    this.path = details.path;
    this.offset = details.offset;
    this.expected = details.expected;
    this.found = details.found;
    this.nearest = details.nearest;
  }
}

function sentence(what: string, d: IpsecErrorDetails): string {
  const facts = [
    d.expected === undefined ? '' : `expected ${d.expected}`,
    d.found === undefined ? '' : `found ${d.found}`,
    d.nearest === undefined ? '' : `did you mean ${d.nearest}?`,
  ].filter((s) => s !== '');
  const place = [d.path ?? '', d.offset === undefined ? '' : `at octet ${d.offset}`].filter((s) => s !== '').join(' ');
  return what + (facts.length > 0 ? `: ${facts.join(', ')}` : '') + (place === '' ? '' : ` (${place})`);
}

/** The member of `names` nearest to `name` by edit distance, if one is near enough to be a slip; for "did you mean". */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (a.length > 64 || Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
