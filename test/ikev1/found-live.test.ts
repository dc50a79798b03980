/** What live peers taught us. */
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { checkIdentifier } from '../../src/ikev1/mode-config.js';
import { begin, closedBy, saOf, settle, twoHosts } from './two-hosts.js';

describe('strongSwan 5.9.8', () => {
  it('answers XAUTH with an Identifier of zero', () => {
    const reply = { type: 'ATTR', cfgType: 'ISAKMP_CFG_REPLY', attributes: [] } as const;
    expect(() => {
      checkIdentifier({ ...reply, identifier: 0 }, 18_629);
      checkIdentifier({ ...reply, identifier: 18_629 }, 18_629);
    }).not.toThrow();
    expect(() => {
      checkIdentifier({ ...reply, identifier: 1 }, 18_629);
    }).toThrow(IpsecError);
  });

  it('keeps an IKE SA that it takes for established, whatever it is notified of: a responder that we refuse is sent a Delete, too', () => {
    const hosts = twoHosts({ connection: { remoteId: { type: 'ID_FQDN', name: 'another.example' } } });
    begin(hosts.a);
    settle(hosts);
    expect(saOf(hosts.a).state).toBe('CLOSED');
    expect(closedBy(hosts.a)).toMatchObject({ code: 'authentication-failed' });
    expect(saOf(hosts.b).state).toBe('CLOSED');
  });
});
