/**
 * What a host answers when the machine asks whether a peer's certificate is to be trusted.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { AskCertificates, CertificateVerdict } from '../keying/asks.js';
import { refuse } from './failures.js';
import { type CertificateIdentityOptions, explainCertificateIdentity } from './identity-explain.js';
import { createRevocationCache, type RevocationCache } from './lru.js';
import { readTrusted } from './trusted.js';
import { validateWith } from './validate.js';
import type { CertificateRules } from './validate-types.js';

/** What certificates of peers are judged by. */
export interface CertificateVerifierConfig extends CertificateRules {
  /** DER of trust anchors. */
  readonly anchors: readonly Uint8Array[];
  /** DER of authorities below the anchors that peers may leave out. */
  readonly intermediates?: readonly Uint8Array[] | undefined;
  /** DER of revocation lists that are at hand. */
  readonly crls?: readonly Uint8Array[] | undefined;
  /** How names in certificates are compared with identities. */
  readonly identity?: CertificateIdentityOptions | undefined;
  /** Keeps what was fetched; without it the verifier has one of its own with 256 entries. */
  readonly cache?: RevocationCache | undefined;
}

/**
 * The answer to the question of a peer's certificate.
 *
 * @param at milliseconds since 1970.
 */
export type CertificateVerifier = (ask: AskCertificates, at: number) => Promise<CertificateVerdict>;

/**
 * Makes what answers `AskCertificates`: path validation, revocation, and whether the certificate speaks for the identity that the peer claims.
 *
 * @returns a function that never rejects: whatever the peer has sent, it answers `trusted` or an {@link IpsecError} `authentication-failed` that says
 *   what was expected and what was found.
 * @throws IpsecError `invalid-config`: a certificate or a list of the configuration cannot be read.
 *
 * @example
 * ```ts
 * import { parseIdentity } from 'ipsec-ts/traffic-selector';
 * import { createCertificateVerifier } from 'ipsec-ts/x509';
 *
 * const verify = createCertificateVerifier({ anchors: [] });
 * const peerId = parseIdentity('gw.example.com');
 * const ask = { kind: 'certificates', round: 0, peerId, matchIdentity: true, certificates: [], crls: [], ocspResponses: [] } as const;
 * const verdict = await verify(ask, 1_790_000_000_000);
 * if (verdict === 'trusted' || verdict.code !== 'authentication-failed') throw new Error('nothing is no certificate');
 * ```
 */
export function createCertificateVerifier(config: CertificateVerifierConfig): CertificateVerifier {
  const trusted = readTrusted(config);
  const cache = config.cache ?? createRevocationCache();
  return async (ask, at) => {
    const [certificate, ...others] = ask.certificates;
    if (!certificate) return refuse("the peer's certificate", { expected: 'one', found: 'none' });
    try {
      // A certificate of the wrong name is not worth a fetch.
      const wrongName = ask.matchIdentity ? explainCertificateIdentity(certificate, ask.peerId, config.identity) : undefined;
      await validateWith(trusted, {
        ...config,
        certificate,
        others,
        at,
        crls: ask.crls,
        ocspResponses: ask.ocspResponses,
        cache,
        ...(wrongName ? { revocation: 'off', fetch: undefined } : {}),
      });
      return wrongName ?? 'trusted';
    } catch (error) {
      return error instanceof IpsecError && error.code === 'authentication-failed'
        ? error
        : refuse("the peer's certificate", { found: reasonOf(error), cause: error });
    }
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
