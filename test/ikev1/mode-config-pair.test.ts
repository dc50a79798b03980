/** Mode Config between two machines: pull, push, and both at once. */
import { describe, expect, it } from 'vitest';
import { encodeModeConfigRequest } from '../../src/ikev1/mode-config.js';
import { sendFirst } from '../../src/ikev1/send.js';
import { parseAddress, parsePrefix } from '../../src/ip.js';
import type { Configuration } from '../../src/keying/configuration.js';
import {
  begin,
  closedBy,
  deliver,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  type HostOptions,
  lose,
  nextWake,
  policyOf,
  receive,
  saOf,
  setClock,
  settle,
  ts,
  twoHosts,
} from './two-hosts.js';

const config: Configuration = {
  addresses: [{ address: parseAddress('10.3.0.1') }],
  dns: [parseAddress('10.2.1.53')],
  domains: ['example.org'],
  nbns: [],
  dhcp: [],
  pCscf: [],
  subnets: [parsePrefix('10.2.0.0/16')],
  unknown: [],
};
/** The client's end is the address that it is given. */
const policies = [policyOf({ local: [{ ...ts('any')[0]!, addresses: 'dynamic' }], remote: ts('10.2.0.0/16') })];
type ModeConfig = 'pull' | 'push' | undefined;

function hostsOf(client: ModeConfig, gateway: ModeConfig, more: HostOptions = {}): { readonly a: Host; readonly b: Host } {
  return twoHosts(
    { connection: { configuration: { wants: ['ipv4', 'dns4', 'domains', 'subnet4'] } }, ikev1: { modeConfig: client }, policies },
    {
      ikev1: { modeConfig: gateway },
      policies: [policyOf({ remote: ts('10.2.0.0/16'), local: ts('10.3.0.0/16') })],
      configure: () => config,
      ...more,
    },
  );
}

describe('Mode Config between two hosts', () => {
  it.each([
    ['the client pulls', 'pull', 'pull'],
    ['the client pulls by default', undefined, undefined],
    ['the gateway pushes', 'push', 'push'],
    ['the client pulls while the gateway pushes', 'pull', 'push'],
  ] as const)('%s', (_, client, gateway) => {
    const hosts = hostsOf(client, gateway);
    begin(hosts.a);
    settle(hosts);
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.a).assigned).toEqual(config);
    expect(establishedOf(hosts.b).leased).toEqual([parseAddress('10.3.0.1')]);
    expect([...hosts.a.sad.values()][0]?.child.local).toEqual(ts('10.3.0.1'));
    happen(hosts.a, { type: 'delete', reason: 'enough' });
    settle(hosts);
    expect(new Set(hosts.b.released)).toEqual(new Set(['0a030001']));
  });

  it('a client that is to be told by a gateway that does not, gives up', () => {
    const hosts = hostsOf('push', 'pull');
    begin(hosts.a);
    settle(hosts);
    expect(saOf(hosts.a).state).toBe('CONFIG_CLIENT');
    setClock(hosts, 120_000);
    expect(closedBy(hosts.a)?.code).toBe('timeout');
  });

  it('a client without an address gives up, and the gateway hears of it', () => {
    const hosts = hostsOf('pull', 'pull', { configure: () => undefined });
    begin(hosts.a);
    settle(hosts);
    expect(closedBy(hosts.a)?.code).toBe('internal-address-failure');
    expect(saOf(hosts.b).state).toBe('CLOSED');
  });

  it('a client may ask again', () => {
    const hosts = hostsOf('pull', 'pull');
    begin(hosts.a);
    settle(hosts);
    const { a, b } = hosts;
    const sa = establishedOf(a);
    const payloads = [encodeModeConfigRequest(1, { wants: ['ipv4'] })];
    const sent = sendFirst(sa, { exchange: 'Transaction', payloads, awaitsAnswer: false }, a.env, sa);
    for (const action of sent.actions) if (action.type === 'send') receive(b, action);
    expect(b.outbox).toHaveLength(1);
    expect(establishedOf(b).leased).toHaveLength(1);
    expect(b.released).toEqual(['0a030001']); // the second lease of the same address
  });

  it.each(['pull', 'push'] as const)('%s gets over the loss and the repetition of every single message', (way) => {
    for (let lost = 0; lost < 12; lost++) {
      const hosts = hostsOf(way, way);
      const { a, b } = hosts;
      begin(a);
      let count = 0;
      for (let i = 0; i < 500; i++) {
        const from = a.outbox.length > 0 ? a : b;
        if (from.outbox.length === 0) {
          if (a.sad.size === 1 && b.sad.size === 1) break;
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
      expect([lost, saOf(a).state, saOf(b).state, a.sad.size]).toEqual([lost, 'ESTABLISHED', 'ESTABLISHED', 1]);
      expect(establishedOf(b).leased).toHaveLength(1);
    }
  });
});
