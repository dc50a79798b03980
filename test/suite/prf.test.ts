import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { findPrf, prfHmacSha256, prfRows } from '../../src/suite/prf.js';
import { legacyPrfRows } from '../../src/suite/prf-legacy.js';
import { describePrf } from './prf-cases.js';

describePrf([...prfRows, ...legacyPrfRows]);

describe('findPrf', () => {
  it('knows numbers and names', () => {
    expect(findPrf(prfRows, 5)).toBe(prfHmacSha256);
    expect(findPrf(prfRows, 'PRF_HMAC_SHA2_256')).toBe(prfHmacSha256);
  });
  it('refuses every other number, blaming the peer, and every other name with the nearest one', () => {
    for (let id = 0; id < 65536; id++) {
      if (prfRows.some((row) => row.id === id)) continue;
      try {
        findPrf(prfRows, id);
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof IpsecError && error.code === 'unknown-algorithm' && error.blame === 'peer')) throw error;
      }
    }
    expect(() => findPrf(prfRows, 'PRF_HMAC_SHA2_265')).toThrow(/did you mean PRF_HMAC_SHA2_256/);
    expect(() => findPrf([], 'PRF_HMAC_SHA2_265')).toThrow(/no rows were given/);
  });
});
