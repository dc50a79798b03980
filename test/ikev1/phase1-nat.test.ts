/** RFC 3947: NATs between the two, where they are found, and where IKE goes on. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { computeNatDiscovery, decodeMessage, encodeMessage } from '../../src/ikev1.js';
import type { Path, UdpEndpoint } from '../../src/keying/path.js';
import { parseAddress } from '../../src/ip.js';
import { hashSha256 } from '../../src/suite/hash.js';
import { signerOf } from '../ikev2/signers.js';
import { signing } from './phase1-parties.js';
import { addresses, begin, deliver, establishedOf, expectAgreement, type Host, type HostOptions, pathOf, twoHosts } from './two-hosts.js';

const aggressive = { ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } } as const satisfies HostOptions;
const outside = parseAddress('203.0.113.9');

/** A NAT in front of `a`, `b` or both: every port becomes another one outside. */
interface Nat {
  readonly a?: boolean;
  readonly b?: boolean;
}
const publicOf = (name: 'a' | 'b', { port }: UdpEndpoint): UdpEndpoint =>
  name === 'a' ? { address: outside, port: port + 10_000 } : { address: parseAddress('203.0.113.77'), port };
const privateOf = (name: 'a' | 'b', { port }: UdpEndpoint): UdpEndpoint =>
  name === 'a' ? { address: addresses.a, port: port - 10_000 } : { address: addresses.b, port };

/** What becomes of addresses on the way. */
function translate(from: 'a' | 'b', nat: Nat, { local, remote }: Path): Path {
  const to = from === 'a' ? 'b' : 'a';
  return { local: nat[from] ? publicOf(from, local) : local, remote: nat[to] ? privateOf(to, remote) : remote };
}

function settleBehind(hosts: { readonly a: Host; readonly b: Host }, nat: Nat): void {
  for (let i = 0; i < 100; i++) {
    const from = hosts.a.outbox.length > 0 ? hosts.a : hosts.b.outbox.length > 0 ? hosts.b : undefined;
    if (!from) return;
    const to = from === hosts.a ? hosts.b : hosts.a;
    deliver(from, to, ({ data, path }) => ({ data, path: translate(from.name, nat, path) }));
  }
  throw new Error('they never come to an end');
}

function talkBehind(a: HostOptions, b: HostOptions, nat: Nat, path?: Path): ReturnType<typeof twoHosts> {
  const hosts = twoHosts(a, b);
  begin(hosts.a, { path: path ?? (nat.b ? { ...pathOf('a'), remote: publicOf('b', pathOf('a').remote) } : pathOf('a')) });
  settleBehind(hosts, nat);
  return hosts;
}

const portsOf = ({ actions }: Host): string[] =>
  actions.flatMap((action) => (action.type === 'send' ? [`${action.path.local.port}>${action.path.remote.port}`] : []));

const modes: readonly (readonly [string, HostOptions, number])[] = [
  ['main', {}, 2],
  ['aggressive', aggressive, 1],
];

describe('RFC 3947 sections 3.2 and 4', () => {
  for (const [mode, options, onOldPort] of modes) {
    it(`${mode} mode, no NAT: nobody moves`, () => {
      const hosts = talkBehind(options, options, {});
      expectAgreement(hosts, 1);
      for (const host of [hosts.a, hosts.b])
        expect(establishedOf(host).nat).toEqual({ supported: true, local: false, remote: false, follow: false });
      expect(new Set([...portsOf(hosts.a), ...portsOf(hosts.b)])).toEqual(new Set(['500>500']));
    });

    it(`${mode} mode, the initiator is behind a NAT: it moves with the message that is due, and the responder follows`, () => {
      const hosts = talkBehind(options, options, { a: true });
      expectAgreement(hosts, 1);
      expect(establishedOf(hosts.a).nat).toEqual({ supported: true, local: true, remote: false, follow: false });
      expect(establishedOf(hosts.b).nat).toEqual({ supported: true, local: false, remote: true, follow: true });
      const ours = portsOf(hosts.a);
      expect(ours.slice(0, onOldPort).every((ports) => ports === '500>500')).toBe(true);
      expect(ours.slice(onOldPort).every((ports) => ports === '4500>4500')).toBe(true);
      expect(portsOf(hosts.b).slice(0, onOldPort)).toEqual(Array(onOldPort).fill('500>10500'));
      expect(
        portsOf(hosts.b)
          .slice(onOldPort)
          .every((ports) => ports === '4500>14500'),
      ).toBe(true);
      expect(establishedOf(hosts.b).path).toEqual({
        local: { address: addresses.b, port: 4500 },
        remote: { address: outside, port: 14_500 },
      });
    });

    it(`${mode} mode, the responder is behind a NAT`, () => {
      const hosts = talkBehind(options, options, { b: true });
      expectAgreement(hosts, 1);
      expect(establishedOf(hosts.a).nat).toEqual({ supported: true, local: false, remote: true, follow: true });
      expect(establishedOf(hosts.b).nat).toEqual({ supported: true, local: true, remote: false, follow: false });
      expect(portsOf(hosts.a).at(-1)).toBe('4500>4500');
    });

    it(`${mode} mode, both are`, () => {
      const hosts = talkBehind(options, options, { a: true, b: true });
      expectAgreement(hosts, 1);
      for (const host of [hosts.a, hosts.b])
        expect(establishedOf(host).nat).toEqual({ supported: true, local: true, remote: true, follow: false });
    });

    it(`${mode} mode, one side never wants to know`, () => {
      const never: HostOptions = { ...options, options: { natTraversal: 'never' } };
      for (const [a, b] of [
        [never, options],
        [options, never],
      ] as const) {
        const hosts = talkBehind(a, b, { a: true });
        expectAgreement(hosts, 1);
        for (const host of [hosts.a, hosts.b]) expect(establishedOf(host).nat.supported).toBe(false);
        expect(new Set(portsOf(hosts.a))).toEqual(new Set(['500>500']));
      }
    });

    it(`${mode} mode, one side forces it: the other sees a NAT where none is`, () => {
      const force: HostOptions = { ...options, options: { natTraversal: 'force' } };
      const hosts = talkBehind(force, options, {});
      expectAgreement(hosts, 1);
      expect(establishedOf(hosts.a).nat).toMatchObject({ local: true, remote: false });
      expect(establishedOf(hosts.b).nat).toMatchObject({ local: false, remote: true });
      expect(portsOf(hosts.a).at(-1)).toBe('4500>4500');
      const back = talkBehind(options, force, {});
      expect(establishedOf(back.a).nat).toMatchObject({ local: false, remote: true });
      expect(establishedOf(back.b).nat).toMatchObject({ local: true, remote: false });
    });
  }

  it('who begins on port 4500 need not move', () => {
    const path = { local: { address: addresses.a, port: 4500 }, remote: { address: addresses.b, port: 24_500 } };
    const hosts = talkBehind({}, {}, { a: true }, path);
    expectAgreement(hosts, 1);
    expect(new Set(portsOf(hosts.a))).toEqual(new Set(['4500>24500']));
  });

  it('signatures and certificates go on the new ports, too', () => {
    const hosts = talkBehind(...signing(signerOf('rsa-a'), signerOf('rsa-b')), { a: true });
    expectAgreement(hosts, 1);
    expect(portsOf(hosts.a).slice(0, 3)).toEqual(['500>500', '500>500', '4500>4500']);
  });

  it('a peer that knows but a draft is answered in its numbers', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const without = (data: Uint8Array): Uint8Array => {
      const message = decodeMessage(data);
      if (message.isEncrypted) return data;
      return encodeMessage({
        ...message,
        payloads: message.payloads.filter((payload) => payload.type !== 'VID' || !toHex(payload.data).startsWith('4a131c81')),
      });
    };
    const next = (from: Host, to: Host): void => {
      deliver(from, to, ({ data, path }) => ({ data: without(data), path: translate(from.name, { a: true }, path) }));
    };
    next(hosts.a, hosts.b);
    const second = decodeMessage(hosts.b.outbox[0]!.data);
    const vids = second.isEncrypted ? [] : second.payloads.flatMap((payload) => (payload.type === 'VID' ? [toHex(payload.data)] : []));
    expect(vids).toContain('90cb80913ebb696e086381b5ec427b1f');
    expect(vids).not.toContain('4a131c81070358455c5728f20e95452f');
    next(hosts.b, hosts.a);
    const third = decodeMessage(hosts.a.outbox[0]!.data);
    expect(!third.isEncrypted && third.payloads.map(({ type }) => type)).toEqual(['KE', 'Nonce', 'NAT-D draft', 'NAT-D draft']);
    settleBehind(hosts, { a: true });
    expectAgreement(hosts, 1);
    expect(establishedOf(hosts.b)).toMatchObject({ abilities: { natTraversal: 'draft' }, nat: { remote: true, follow: true } });
  });

  it('the first NAT-D payload is the destination, the second the source', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const third = decodeMessage(hosts.a.outbox[0]!.data);
    const data = third.isEncrypted ? [] : third.payloads.flatMap((payload) => (payload.type === 'NAT-D' ? [toHex(payload.data)] : []));
    const of = (address: Uint8Array): string => toHex(computeNatDiscovery(hashSha256, { ...third, address, port: 500 }));
    expect(data).toEqual([of(addresses.b), of(addresses.a)]);
  });
});
