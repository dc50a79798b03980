/** What live peers taught us. */
import { describe, expect, it } from 'vitest';
import { concat, EMPTY } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { answerInformational } from '../../src/ikev1/exchange/informational.js';
import { checkIdentifier } from '../../src/ikev1/mode-config.js';
import {
  begin,
  closedBy,
  deliver,
  detailsOf,
  establishedOf,
  expectAgreement,
  happen,
  lose,
  nextWake,
  saOf,
  setClock,
  settle,
  twoHosts,
} from './two-hosts.js';

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

  it('sends the last message of aggressive mode once, and Quick Mode behind it: what waits for an answer from outside is not lost to the clock', () => {
    const asked = { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } } as const;
    const hosts = twoHosts({}, { connection: asked });
    begin(hosts.a);
    settle(hosts);
    expect(hosts.b.asked).toHaveLength(1);
    happen(hosts.b, { type: 'wake' });
    // once for its address, and once for its name
    for (let i = 0; i < 2; i++) {
      happen(hosts.b, { type: 'answer', value: new TextEncoder().encode('a secret that both sides have') });
      settle(hosts);
    }
    expectAgreement(hosts, 1);
  });

  it('says the first message of Quick Mode before we have the last one of aggressive mode, which is no sign of another secret', () => {
    const hosts = twoHosts(
      { ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } },
      { ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } },
    );
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    lose(hosts.a);
    settle(hosts);
    expect(detailsOf(hosts.b)).toEqual(['unexpected: a message of Quick Mode in AGGRESSIVE_R1']);
    // our own message once more has brought back the last one of phase 1
    expect(saOf(hosts.b)).toMatchObject({ state: 'ESTABLISHED', refusal: undefined });
    setClock(hosts, nextWake(hosts));
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it('says under its own keys that it cannot read our proof: we tell at last that the secrets are not the same', () => {
    const other = { method: 'shared-key', secret: new TextEncoder().encode('another secret') } as const;
    const hosts = twoHosts({}, { connection: { localAuth: other, remoteAuth: other } });
    begin(hosts.a);
    for (let i = 0; i < 2; i++) {
      deliver(hosts.a, hosts.b);
      deliver(hosts.b, hosts.a);
    }
    lose(hosts.a); // our proof; what the peer says of it is its own, encrypted, with a Message ID of its own
    const { spiI, spiR, path } = saOf(hosts.a);
    const header = concat(spiI, spiR, Uint8Array.of(8, 0x10, 5, 1, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 60));
    happen(hosts.a, { type: 'datagram', data: concat(header, new Uint8Array(32).fill(0x5a)), from: path.remote, to: path.local });
    for (let now = 1000; now < 100_000; now += 1000) setClock(hosts, now);
    expect(saOf(hosts.a).state).toBe('CLOSED');
    expect(closedBy(hosts.a)?.message).toMatch(
      /^an encrypted message of phase 1: expected one under the key that the secret of both sides leads to/,
    );
  });

  it('refuses a Quick Mode in an Informational exchange of its own, with an SPI of zeros', () => {
    const { a, b } = twoHosts();
    begin(a);
    for (let i = 0; i < 3; i++) {
      deliver(a, b);
      deliver(b, a);
    }
    const sa = establishedOf(a);
    expect(sa.exchanges.map(({ about }) => about.kind)).toEqual(['quick-offered']);
    const { spiI: ckyI, spiR: ckyR, path } = sa;
    const refusal = {
      type: 'N',
      doi: 'IPSEC',
      protocol: 'ESP',
      spi: new Uint8Array(4),
      notify: 'NO-PROPOSAL-CHOSEN',
      data: EMPTY,
    } as const;
    const about = { exchange: 'Informational', messageId: 0x5eed, isEncrypted: true, commit: false } as const;
    const after = answerInformational(sa, { ckyI, ckyR, ...about, payloads: [refusal], raw: EMPTY, path }, a.env);
    expect(after.sa).toMatchObject({ state: 'ESTABLISHED', exchanges: [{ about: { kind: 'done' } }, { exchange: 'Informational' }] });
    expect(after.actions).toContainEqual(expect.objectContaining({ type: 'childFailed' }));
  });
});
