/** XAUTH between two machines, from the first message of phase 1 on, over networks that lose and repeat. */
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { encodeModeConfigRequest } from '../../src/ikev1/mode-config.js';
import type { Ikev1Ask } from '../../src/ikev1/requests.js';
import { sendFirst } from '../../src/ikev1/send.js';
import { parseAddress } from '../../src/ip.js';
import type { Configuration } from '../../src/keying/configuration.js';
import {
  begin,
  closedBy,
  deliver,
  detailsOf,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  type HostOptions,
  later,
  lose,
  nextWake,
  policyOf,
  receive,
  saOf,
  setClock,
  settle,
  twoHosts,
} from './two-hosts.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const passwords: Readonly<Record<string, string>> = { carol: 'xauth-secret-42', dave: 'another' };

/** A person with a name and a password. */
function person(user: string, password: string): NonNullable<HostOptions['answer']> {
  return (ask) => (ask.kind === 'xauth' && ask.role === 'client' ? { user, password: text(password) } : later);
}
/** Who knows the passwords of all. */
function judge(ask: Ikev1Ask): unknown {
  if (ask.kind !== 'xauth' || ask.role !== 'server') return later;
  const { user, password } = ask;
  const isRight = new TextDecoder().decode(password) === passwords[user];
  return isRight ? 'accepted' : new IpsecError('authentication-failed', `the password of ${user}`);
}
const client = (user = 'carol', password = 'xauth-secret-42', more: HostOptions = {}): HostOptions => ({
  ...more,
  ikev1: { xauth: 'client', ...more.ikev1 },
  answer: person(user, password),
});
const gateway = (more: HostOptions = {}): HostOptions => ({ ...more, ikev1: { xauth: 'server', ...more.ikev1 }, answer: judge });
const statesOf = ({ a, b }: { readonly a: Host; readonly b: Host }): string[] => [saOf(a).state, saOf(b).state];

/** Main mode, until its last message has come: what the gateway asks is still on the wire. */
function phase1({ a, b }: { readonly a: Host; readonly b: Host }): void {
  begin(a);
  for (let i = 0; i < 3; i++) {
    deliver(a, b);
    deliver(b, a);
  }
  expect(saOf(a).state).toBe('XAUTH_CLIENT');
}

describe('XAUTH between two hosts', () => {
  it('comes behind main mode, and Quick Mode behind it', () => {
    const hosts = twoHosts(client(), gateway());
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect([establishedOf(hosts.a).user, establishedOf(hosts.b).user]).toEqual(['carol', 'carol']);
    expect(hosts.b.asked).toMatchObject([{ kind: 'xauth', role: 'server', user: 'carol' }]);
  });

  it('comes behind aggressive mode', () => {
    const aggressive = { mode: 'aggressive', unsafeAggressivePsk: true } as const;
    const hosts = twoHosts(client('dave', 'another', { ikev1: aggressive }), gateway({ ikev1: aggressive }));
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.b).user).toBe('dave');
  });

  it('works where the gateway begins phase 1', () => {
    const hosts = twoHosts(gateway(), client());
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.a).user).toBe('carol');
  });

  it('leaves no password anywhere', () => {
    const hosts = twoHosts(client(), gateway());
    begin(hosts.a);
    settle(hosts);
    const seen = hosts.b.asked.flatMap((ask) => (ask.kind === 'xauth' && ask.role === 'server' ? [ask.password] : []));
    expect(seen).toHaveLength(1);
    expect([...seen[0]!].every((octet) => octet === 0)).toBe(true);
  });

  it('refuses a wrong password: both sides end, and know why', () => {
    const hosts = twoHosts(client('carol', 'nope'), gateway());
    begin(hosts.a);
    settle(hosts);
    expect(statesOf(hosts)).toEqual(['CLOSED', 'CLOSED']);
    expect(closedBy(hosts.a)).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('refused "carol"') as string,
    });
    expect(closedBy(hosts.b)).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('the password of carol') as string,
    });
    expect(hosts.a.sad.size + hosts.b.sad.size).toBe(0);
  });

  it('ends where the user cancels: the gateway asks nobody', () => {
    const cancelled = new IpsecError('authentication-failed', 'cancelled');
    const hosts = twoHosts({ ikev1: { xauth: 'client' }, answer: () => cancelled }, gateway());
    begin(hosts.a);
    settle(hosts);
    expect(statesOf(hosts)).toEqual(['CLOSED', 'CLOSED']);
    expect(closedBy(hosts.a)?.message).toContain('cancelled');
    expect(hosts.b.asked).toEqual([]);
  });

  it('waits for somebody who types slowly, and asks once', () => {
    const hosts = twoHosts({ ...client(), answer: () => later }, gateway());
    begin(hosts.a);
    settle(hosts);
    for (const now of [1000, 3000, 7000]) {
      setClock(hosts, now);
      settle(hosts);
    }
    expect(hosts.a.asked).toHaveLength(1);
    happen(hosts.a, { type: 'answer', value: { user: 'carol', password: text('xauth-secret-42') } });
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it('does not wait for ever, on either side', () => {
    const silent = twoHosts({ ...client(), answer: () => later }, gateway());
    begin(silent.a);
    settle(silent);
    while (silent.a.env.now < 130_000 && statesOf(silent).some((state) => state !== 'CLOSED')) {
      const at = nextWake(silent);
      if (at === Infinity) break;
      setClock(silent, at);
      settle(silent);
    }
    expect(statesOf(silent)).toEqual(['CLOSED', 'CLOSED']);
    // A gateway whose question never comes.
    const mute = twoHosts(client(), gateway());
    phase1(mute);
    while (nextWake(mute) < 120_000) {
      setClock(mute, nextWake(mute));
      mute.b.outbox.length = 0;
    }
    setClock(mute, 120_000);
    expect(saOf(mute.a).state).toBe('CLOSED');
    expect(closedBy(mute.a)?.code).toBe('timeout');
  });

  it('gives no password before phase 1 has proved the gateway', () => {
    const wrong = { method: 'shared-key', secret: text('the secret of somebody else') } as const;
    const hosts = twoHosts(client(), gateway({ connection: { localAuth: wrong, remoteAuth: wrong } }));
    begin(hosts.a);
    settle(hosts);
    expect(hosts.a.asked).toEqual([]);
    expect(saOf(hosts.a).state).toBe('MAIN_I3');
  });

  it('lets nobody have Quick Mode who has not proved the user', () => {
    // A client that knows the secret of the group, and goes on without XAUTH.
    const hosts = twoHosts(client(), gateway());
    phase1(hosts);
    const { a, b } = hosts;
    const sa = saOf(a);
    if (sa.state !== 'XAUTH_CLIENT') throw new Error(sa.state);
    a.sas.set([...a.sas.keys()][0]!, { sa: { ...sa, state: 'ESTABLISHED' }, wakeAt: Infinity });
    happen(a, { type: 'createChild', policy: 'net' });
    expect(a.outbox).toHaveLength(1);
    b.outbox.length = 0;
    deliver(a, b);
    expect(saOf(b).state).toBe('XAUTH_SERVER');
    expect([b.sad.size, b.asked.length, b.outbox.length]).toEqual([0, 0, 0]);
    expect(detailsOf(b).at(-1)).toContain('Quick Mode in XAUTH_SERVER');
  });

  it('gives no address on behalf of a user that is not proved', () => {
    const hosts = twoHosts(client(), gateway({ configure: () => undefined }));
    phase1(hosts);
    const { a, b } = hosts;
    const sa = saOf(a);
    if (sa.state !== 'XAUTH_CLIENT') throw new Error(sa.state);
    const payloads = [encodeModeConfigRequest(1, { wants: ['ipv4'] })];
    const sent = sendFirst({ ...sa, state: 'ESTABLISHED' }, { exchange: 'Transaction', payloads, awaitsAnswer: false }, a.env, sa);
    b.outbox.length = 0;
    for (const action of sent.actions) if (action.type === 'send') receive(b, action);
    expect(saOf(b).state).toBe('XAUTH_SERVER');
    expect(b.outbox).toEqual([]);
    expect(detailsOf(b).at(-1)).toContain('Transaction in XAUTH_SERVER');
  });

  it('gets over the loss and the repetition of every single message', () => {
    for (let lost = 0; lost < 14; lost++) {
      const hosts = twoHosts(client('carol', 'xauth-secret-42', { seed: lost + 1 }), gateway());
      const { a, b } = hosts;
      begin(a);
      let count = 0;
      for (let i = 0; i < 500; i++) {
        const from = a.outbox.length > 0 ? a : b;
        if (from.outbox.length === 0) {
          if (saOf(a).state === 'ESTABLISHED' && saOf(b).state === 'ESTABLISHED' && a.sad.size === 1 && b.sad.size === 1) break;
          setClock(hosts, nextWake(hosts));
          continue;
        }
        const to = from === a ? b : a;
        if (count++ === lost) lose(from);
        else {
          const datagram = from.outbox[0]!;
          deliver(from, to);
          receive(to, datagram);
        }
      }
      expect([lost, ...statesOf(hosts)]).toEqual([lost, 'ESTABLISHED', 'ESTABLISHED']);
      expect(establishedOf(b).user).toBe('carol');
      expect(a.asked).toHaveLength(1);
      expect(b.asked).toHaveLength(1);
      expect(a.sad.size).toBe(1);
    }
  });

  it('and the address that the user gets is given back at the end', () => {
    const config: Configuration = {
      addresses: [{ address: parseAddress('10.3.0.1') }],
      dns: [],
      domains: [],
      nbns: [],
      dhcp: [],
      pCscf: [],
      subnets: [],
      unknown: [],
    };
    const hosts = twoHosts(
      client('carol', 'xauth-secret-42', { connection: { configuration: { wants: ['ipv4'] } }, policies: [policyOf()] }),
      gateway({ configure: () => config }),
    );
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.a).assigned?.addresses).toEqual(config.addresses);
    happen(hosts.a, { type: 'delete', reason: 'enough' });
    settle(hosts);
    expect(statesOf(hosts)).toEqual(['CLOSED', 'CLOSED']);
    expect(hosts.b.released).toEqual(['0a030001']);
    expect(detailsOf(hosts.b).filter((detail) => detail.startsWith('refused'))).toEqual([]);
  });
});
