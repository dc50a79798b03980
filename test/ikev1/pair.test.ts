/** Two machines, from the first message to the last: what the parts come to together. */
import { describe, expect, it } from 'vitest';
import { begin, deliver, establishedOf, expectAgreement, happen, lose, nextWake, saOf, setClock, settle, twoHosts } from './two-hosts.js';

describe('main mode and quick mode with pre-shared keys', () => {
  it('six messages, then three', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(hosts.a.actions.filter(({ type }) => type === 'send')).toHaveLength(5);
    expect(hosts.b.actions.filter(({ type }) => type === 'send')).toHaveLength(4);
    expect(establishedOf(hosts.a).peerId).toEqual({ type: 'ID_FQDN', name: 'b.example' });
    expect(establishedOf(hosts.b).peerId).toEqual({ type: 'ID_FQDN', name: 'a.example' });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('the loss of message %i is made good', (number) => {
    const hosts = twoHosts();
    begin(hosts.a);
    let sent = 0;
    for (let i = 0; i < 200; i++) {
      const [from, to] = hosts.a.outbox.length > 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
      if (from.outbox.length === 0) {
        const at = nextWake(hosts);
        if (at > 60_000) break;
        setClock(hosts, at);
        continue;
      }
      if (sent++ === number) lose(from);
      else deliver(from, to);
    }
    expectAgreement(hosts, 1);
  });

  it('the end of it takes everything along', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    settle(hosts);
    happen(hosts.a, { type: 'delete', reason: 'enough' });
    settle(hosts);
    for (const host of [hosts.a, hosts.b]) {
      expect(saOf(host).state).toBe('CLOSED');
      expect(host.sad.size).toBe(0);
    }
  });
});
