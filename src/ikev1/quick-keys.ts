/**
 * KEYMAT of a pair of Child SAs (RFC 2409 section 5.5), from our point of view.
 *
 * @module
 */
import type { ChildSa, ChildSaKeyPair } from '../keying/child-sa.js';
import type { ChosenChild } from '../keying/proposal-types.js';
import { deriveSaKeys, type Nonces } from './keys.js';
import { encodeSpi } from './quick-spi.js';
import type { Phase1Crypto } from './states.js';

/** Protocol-Id of RFC 2407 section 4.4.1. */
const protocolNumber = { AH: 2, ESP: 3 } as const;

/**
 * The keys of both directions, and of AH around them. RFC 2409 section 5.5: "The SPI chosen by the destination of the SA is used to derive KEYMAT for that SA.": what
 * we receive is keyed by our SPI.
 *
 * @param gXy g(qm)^xy, with PFS.
 */
export function deriveQuickKeys(
  crypto: Pick<Phase1Crypto, 'suite' | 'keys'>,
  { suite, spiIn, spiOut, ah }: Pick<ChildSa, 'suite' | 'spiIn' | 'spiOut' | 'ah'>,
  nonces: Nonces,
  gXy: Uint8Array | undefined,
): ChildSaKeyPair {
  const keysOf = (chosen: ChosenChild, spi: number): ReturnType<typeof deriveSaKeys> =>
    deriveSaKeys(crypto.suite.prf, chosen, crypto.keys.SKEYID_d, {
      ...nonces,
      protocol: protocolNumber[chosen.protocol],
      spi: encodeSpi(spi),
      gXy,
    });
  return {
    inbound: keysOf(suite, spiIn),
    outbound: keysOf(suite, spiOut),
    ah: ah && { inbound: keysOf(ah.suite, ah.spiIn), outbound: keysOf(ah.suite, ah.spiOut) },
  };
}
