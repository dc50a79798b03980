/**
 * Row 37 of the list of attacks on IKE: what Informational exchanges of IKEv1 have been misused for. Libreswan took them without looking at their HASH (CVE-2019-10155),
 * fell over R-U-THERE of an IKE SA that it did not know (CVE-2009-0790), over messages in states that do not expect them (CVE-2022-23094) and over a CKY-R of zeros
 * (CVE-2023-30570). An Informational message has no answer that would show that it is new: so it must do no harm when it is played again.
 */
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes.js';
import { createDpd, createNotify, decodeMessage, encodeMessage, ikev1, type Ikev1Header, type Payload } from '../../src/ikev1.js';
import { begin, deliver, establishedOf, expectAgreement, happen, type Host, nextWake, pathOf, saOf, setClock, settle, twoHosts } from '../ikev1/two-hosts.js'; // prettier-ignore

type Hosts = ReturnType<typeof twoHosts>;

/** A copy of everything that was sent, in order. */
interface Wire {
  readonly hosts: Hosts;
  /** By the host that it was for. */
  readonly seen: { readonly to: Host; readonly data: Uint8Array }[];
}

/** Two hosts, and somebody who listens. */
function connected(): Wire {
  const hosts = twoHosts({ options: { livenessInterval: 20_000 } });
  const seen: Wire['seen'] = [];
  begin(hosts.a);
  const wire = { hosts, seen };
  listen(wire);
  expectAgreement(hosts, 1);
  return wire;
}

function listen({ hosts: { a, b }, seen }: Wire): void {
  for (;;) {
    const [from, to] = a.outbox.length > 0 ? [a, b] : [b, a];
    const first = from.outbox[0];
    if (!first) return;
    seen.push({ to, data: first.data });
    deliver(from, to);
  }
}

/** A host gets a datagram, which may come from anywhere. @returns the types of what it does. */
function give(to: Host, data: Uint8Array): string[] {
  const { local, remote: from } = pathOf(to.name);
  const before = saOf(to);
  const { sa, actions } = ikev1.step(before, { type: 'datagram', data, from, to: local }, to.env);
  expect(sa.state).toBe(before.state);
  if ('children' in before) expect(sa).toMatchObject({ children: before.children, heardAt: before.heardAt, path: before.path });
  return actions.map(({ type }) => type);
}

const harm = ['closed', 'removeChild', 'installChild', 'childFailed', 'releaseSpi', 'established', 'initialContact'];
function expectNoHarm(actions: readonly string[]): void {
  expect(actions.filter((type) => harm.includes(type))).toEqual([]);
}

/** All that an Informational message may say of an IKE SA and its Child SAs. */
function payloadsFor(to: Host): [string, Payload][] {
  const { spiI: ckyI, spiR: ckyR, children } = establishedOf(to);
  const spi = new Uint8Array(4);
  new DataView(spi.buffer).setUint32(0, children[0]!.spiOut);
  return [
    ['Delete of the IKE SA', { type: 'D', doi: 'IPSEC', protocol: 'ISAKMP', spis: [concat(ckyI, ckyR)] }],
    ['Delete of its Child SA', { type: 'D', doi: 'IPSEC', protocol: 'ESP', spis: [spi] }],
    ['R-U-THERE', createDpd('R-U-THERE', { ckyI, ckyR }, 1)],
    ['R-U-THERE-ACK', createDpd('R-U-THERE-ACK', { ckyI, ckyR }, 1)],
    ['INITIAL-CONTACT', createNotify('INITIAL-CONTACT', { ckyI, ckyR })],
    ['CONNECTED', createNotify('CONNECTED', { ckyI, ckyR })],
    ['NO-PROPOSAL-CHOSEN', createNotify('NO-PROPOSAL-CHOSEN', { ckyI, ckyR })],
    ['INVALID-COOKIE', createNotify('INVALID-COOKIE', { ckyI, ckyR })],
    ['AUTHENTICATION-FAILED', createNotify('AUTHENTICATION-FAILED', { ckyI, ckyR })],
  ];
}

describe('CVE-2019-10155: without protection', () => {
  it('nothing is believed, while a Quick Mode is under way or not', () => {
    const { hosts } = connected();
    for (const underWay of [false, true]) {
      if (underWay) {
        happen(hosts.a, { type: 'createChild', policy: 'net' });
        deliver(hosts.a, hosts.b);
      }
      for (const to of [hosts.a, hosts.b]) {
        const { spiI: ckyI, spiR: ckyR } = establishedOf(to);
        for (const [name, payload] of payloadsFor(to))
          for (const messageId of [0, 1, ...establishedOf(to).exchanges.map((exchange) => exchange.messageId)]) {
            const header: Ikev1Header = { ckyI, ckyR, exchange: 'Informational', authenticationOnly: false, commit: false, messageId };
            const actions = give(to, encodeMessage({ ...header, payloads: [payload] }));
            expect(actions, name).toEqual(['audit']);
            // section 3.1 of RFC 2408 has a bit for what is not encrypted, but authenticated: nobody has ever used it
            expectNoHarm(give(to, encodeMessage({ ...header, authenticationOnly: true, payloads: [payload] })));
          }
      }
    }
  });

  it('one bit that is changed is enough for a Delete to be nothing', () => {
    const wire = connected();
    happen(wire.hosts.a, { type: 'delete', reason: 'enough' });
    const deletes = wire.hosts.a.outbox.splice(0).map(({ data }) => data);
    expect(deletes).toHaveLength(2);
    for (const data of deletes)
      for (let at = 0; at < data.length; at++) {
        if (at === 19) continue; // flags, of which the reserved ones mean nothing
        const changed = data.slice();
        changed[at] = changed[at]! ^ (1 << (at % 8));
        expectNoHarm(give(wire.hosts.b, changed));
      }
    for (const data of deletes)
      for (let length = 0; length < data.length; length++) expectNoHarm(give(wire.hosts.b, data.subarray(0, length)));
  });
});

describe('CVE-2009-0790, CVE-2022-23094 and CVE-2023-30570: where nobody expects it', () => {
  it('an Informational message begins no IKE SA, and a closed one says nothing', () => {
    const wire = connected();
    const { seen, hosts } = wire;
    while (nextWake(hosts) <= 60_000) {
      setClock(hosts, nextWake(hosts));
      listen(wire);
    }
    const informational = seen.filter(({ data }) => data[18] === 5);
    expect(informational.length).toBeGreaterThanOrEqual(4);
    const stranger = twoHosts().b;
    const listener = { connections: [stranger.connection], halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 9, perAddress: 9 } };
    const { local: to, remote: from } = pathOf('b');
    for (const { data } of seen) {
      const message = decodeMessage(data);
      if (!message.isEncrypted && message.exchange === 'Identity Protection') continue;
      const { sa, actions } = ikev1.respond({ data, from, to }, listener, stranger.env);
      expect(sa).toBeUndefined();
      expect(actions.filter(({ type }) => type === 'send')).toEqual([]);
    }
    happen(hosts.a, { type: 'delete', reason: 'enough' });
    settle(hosts);
    for (const { to: host, data } of informational) expect(give(host, data)).toEqual([]);
  });

  it('a CKY-R of zeros, or of somebody else, is of no IKE SA that is there', () => {
    const { hosts, seen } = connected();
    for (const { to, data } of seen.slice(1))
      for (const octet of [0, 0xff]) {
        const crossed = data.slice();
        crossed.fill(octet, 8, 16);
        const actions = give(to, crossed);
        expectNoHarm(actions);
        expect(actions).not.toContain('send');
      }
    expectAgreement(hosts, 1);
  });
});

describe('what was genuine once, played again', () => {
  it('takes no Child SA away, answers nothing old, and shows no life', () => {
    const wire = connected();
    const { hosts, seen } = wire;
    happen(hosts.b, { type: 'createChild', policy: 'net' });
    listen(wire);
    happen(hosts.a, { type: 'deleteChild', spiIn: establishedOf(hosts.a).children[0]!.spiIn });
    while (nextWake(hosts) <= 100_000) {
      setClock(hosts, nextWake(hosts));
      listen(wire);
    }
    expect(establishedOf(hosts.a).children).toHaveLength(1);
    hosts.a.env.now = hosts.b.env.now = 150_000;
    const old = seen.filter(({ data }) => data[18] === 5);
    expect(old.length).toBeGreaterThanOrEqual(9);
    for (const [i, { to, data }] of old.entries()) {
      const actions = give(to, data);
      expectNoHarm(actions);
      // the last question may come once more, since its answer may have been lost
      if (i < old.length - 2) expect(actions).not.toContain('send');
    }
    for (const { to, data } of seen.filter((one) => one.data[18] === 32)) expectNoHarm(give(to, data));
  });
});
