/** Chains of certificates, right and wrong, for a comparison with `openssl verify`. */
import type { CertificateQuestion } from '../../src/x509.js';
import { basicChains } from './openssl-cases-basic.js';
import { constraintChains } from './openssl-cases-constraints.js';
import { oddChains } from './openssl-cases-odd.js';
import { revocationChains } from './openssl-cases-revocation.js';
import type { Key, Made } from './maker.js';

/** One question for both. */
export interface Chain {
  readonly name: string;
  readonly certificate: Made | Uint8Array;
  readonly others?: readonly (Made | Uint8Array)[];
  readonly anchors: readonly Made[];
  readonly crls?: readonly Uint8Array[];
  readonly at?: number;
  /** For us. */
  readonly options?: Partial<CertificateQuestion>;
  /** The same for `openssl verify`. */
  readonly flags?: readonly string[];
  /** Why we refuse what openssl takes, or take what it refuses. */
  readonly differs?: string;
  /** Why we refuse, where one release of openssl does so, too, and another does not. */
  readonly releasesDiffer?: string;
}

/** Keys that only Node makes. */
export interface RsaKeys {
  readonly rsa: Key;
  readonly pss: Key;
  readonly pssOnly: Key;
  readonly rsa1024: Key;
  readonly rsaSha1: Key;
  readonly rsaSha512: Key;
}

/** All of them. */
export function chains(keys: RsaKeys): readonly Chain[] {
  return [...basicChains(keys), ...constraintChains(), ...oddChains(), ...revocationChains()];
}
