import { describe, expect, it } from 'vitest';
import { configureClient, createPools } from '../../src/endpoint/leases.js';
import type { ConfigurationRequest } from '../../src/ike.js';
import { formatAddress, parseAddress } from '../../src/ip.js';
import { parseIdentity } from '../../src/traffic-selector.js';

describe('RFC 7619 section 2.5: addresses for those who prove nothing', () => {
  it('two of them never share one, whatever they ask for; one with a name keeps its own', () => {
    const pool = createPools([{ name: 'guests', ranges: ['10.3.0.1-10.3.0.9'] }]).get('guests')!;
    const ask = (who: string, previous?: string): string => {
      const request: ConfigurationRequest = { wants: ['ipv4'], ...(previous && { previous: [{ address: parseAddress(previous) }] }) };
      return formatAddress(configureClient(pool, parseIdentity(who), request)!.addresses[0]!.address);
    };
    expect(ask('ID_NULL')).toBe('10.3.0.1');
    expect(ask('ID_NULL', '10.3.0.1')).not.toBe('10.3.0.1');
    const [first] = [ask('a.example')];
    expect(ask('a.example', first)).toBe(first);
    expect(ask('b.example', first)).not.toBe(first);
    expect(ask('ID_NULL', first)).not.toBe(first);
  });
});
