/** Transport mode, also behind NATs, from both ends: RFC 7296 sections 1.3.1 and 2.23.1. */
import { describe, expect, test } from 'vitest';
import { createNotify, type Payload } from '../../src/ike.js';
import { acceptChild, completeChild, offerChild } from '../../src/ikev2/child.js';
import { findNotify, payloadOf } from '../../src/ikev2/pick.js';
import type { ChildProposal } from '../../src/ikev2/proposal.js';
import { parseAddress } from '../../src/ip.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { connectionOf, contextOf, envOf, gcm, mirrored, pathOf, policyOf, ts } from './child-fixtures.js';
import { dynamic, negotiate, Ni, Nr, text, transport } from './child-negotiate.js';

const exchange = 'CREATE_CHILD_SA';
const refusing = (code: string): object => expect.objectContaining({ code }) as object;

describe('RFC 7296 section 1.3.1: USE_TRANSPORT_MODE', () => {
  test('agreed', () => {
    const { accepted, completed } = negotiate(transport);
    expect([accepted.child.mode, completed.child.mode]).toEqual(['transport', 'transport']);
    expect([text(completed.child.local), text(completed.child.remote)]).toEqual([['192.0.2.1'], ['198.51.100.1']]);
    expect([accepted.child.original, completed.child.original]).toEqual([undefined, undefined]);
  });

  test('"it MUST use exactly one IP address": of a wider policy that of the IKE SA', () => {
    const wide = policyOf({ mode: 'transport', local: ts('192.0.2.0/24 tcp', '192.0.0.0/8 udp'), remote: ts('0.0.0.0/0') });
    const { completed } = negotiate(wide);
    expect([text(completed.child.local), text(completed.child.remote)]).toEqual([['192.0.2.1 tcp', '192.0.2.1 udp'], ['198.51.100.1']]);
    const elsewhere = policyOf({ mode: 'transport' });
    expect(() => negotiate(elsewhere)).toThrow(refusing('ts-unacceptable'));
  });

  const tunnel = policyOf({ name: 'tunnel', local: [dynamic], remote: [dynamic] });
  test('declined: "If this is unacceptable to the initiator, the initiator MUST delete the SA."', () => {
    expect(() => negotiate(transport, tunnel)).toThrow(refusing('peer-refused'));
    const { accepted, completed } = negotiate({ ...transport, requireMode: false }, tunnel);
    expect([accepted.child.mode, completed.child.mode]).toEqual(['tunnel', 'tunnel']);
    expect(findNotify(accepted.payloads, 'USE_TRANSPORT_MODE')).toBeUndefined();
  });

  test('a responder that wants transport mode takes tunnel mode only where its policy says so', () => {
    expect(() => negotiate(tunnel, transport)).toThrow(refusing('no-proposal-chosen'));
    expect(negotiate(tunnel, { ...transport, requireMode: false }).completed.child.mode).toBe('tunnel');
    expect(negotiate(transport, [tunnel, transport]).accepted.child.policy.name).toBe('host');
    expect(negotiate(tunnel, [{ ...transport, requireMode: false }, tunnel]).accepted.child.policy.name).toBe('tunnel');
  });

  test('an answer with USE_TRANSPORT_MODE that we did not ask for', () => {
    const answer = (payloads: readonly Payload[]): Payload[] => [createNotify('USE_TRANSPORT_MODE'), ...payloads];
    expect(() => negotiate(policyOf(), undefined, { answer })).toThrow(refusing('peer-refused'));
  });
});

describe('RFC 7296 section 2.23.1', () => {
  // The figure: Client IP1 - NAT A - IPN1 ... IPN2 - NAT B - IP2 Server
  const [IP1, IPN1, IPN2, IP2] = ['10.0.0.1', '203.0.113.7', '198.51.100.2', '192.168.9.2'] as const;
  const client = { path: pathOf(IP1, IPN2), nat: { supported: true, local: true, remote: true, follow: false } };
  const server = { path: pathOf(IP2, IPN1), nat: { supported: true, local: true, remote: true, follow: true } };
  const udp = policyOf({
    mode: 'transport',
    local: [{ ...dynamic, protocol: 17, ports: { start: 1701, end: 1701 } }],
    remote: [{ ...dynamic, protocol: 17 }],
  });

  test('both behind NATs: the selectors at each end are what that end sees', () => {
    const { request, accepted, completed } = negotiate(udp, mirrored(udp), { initiator: client, responder: server });
    expect([text(payloadOf(request, 'TSi').selectors), text(payloadOf(request, 'TSr').selectors)]).toEqual([
      [`${IP1} udp 1701`],
      [`${IPN2} udp`],
    ]);
    // "it will thus send back Traffic Selectors having IPN1 and IP2 as their IP addresses"
    expect([text(payloadOf(accepted.payloads, 'TSi').selectors), text(payloadOf(accepted.payloads, 'TSr').selectors)]).toEqual([
      [`${IPN1} udp 1701`],
      [`${IP2} udp`],
    ]);
    expect([text(accepted.child.local), text(accepted.child.remote)]).toEqual([[`${IP2} udp`], [`${IPN1} udp 1701`]]);
    expect([text(completed.child.local), text(completed.child.remote)]).toEqual([[`${IP1} udp 1701`], [`${IPN2} udp`]]);
    // "Store the original Traffic Selector IP addresses as received source and destination address"
    expect(accepted.child.original).toEqual({ local: parseAddress(IPN2), remote: parseAddress(IP1) });
    expect(completed.child.original).toEqual({ local: parseAddress(IPN1), remote: parseAddress(IP2) });
  });

  test('one end behind a NAT: the other address stays', () => {
    const nated = { path: pathOf(IP1, '198.51.100.1'), nat: { supported: true, local: true, remote: false, follow: false } };
    const open = { path: pathOf('198.51.100.1', IPN1), nat: { supported: true, local: false, remote: true, follow: true } };
    const { accepted, completed } = negotiate(udp, mirrored(udp), { initiator: nated, responder: open });
    expect([text(accepted.child.local), text(accepted.child.remote)]).toEqual([['198.51.100.1 udp'], [`${IPN1} udp 1701`]]);
    expect([text(completed.child.local), text(completed.child.remote)]).toEqual([[`${IP1} udp 1701`], ['198.51.100.1 udp']]);
    expect(completed.child.original).toEqual({ local: parseAddress(IPN1), remote: parseAddress('198.51.100.1') });
  });

  test('the server rekeys, as the initiator of that exchange', () => {
    const first = negotiate(udp, mirrored(udp), { initiator: client, responder: server });
    const asServer = contextOf(connectionOf([mirrored(udp)]), server);
    const asClient = contextOf(connectionOf([udp]), client);
    const { offer, payloads } = offerChild(asServer, first.accepted.child.policy, envOf(), {
      exchange,
      Ni,
      replaces: first.accepted.child,
    });
    const again = acceptChild(asClient, payloads, envOf(), { exchange, Ni, Nr, replaces: first.completed.child });
    if ('invalidKe' in again) throw new Error('no group');
    const done = completeChild(asServer, offer, again.payloads, envOf(), { exchange, Nr, rekey: true });
    expect([text(again.child.local), text(again.child.remote)]).toEqual([[`${IP1} udp 1701`], [`${IPN2} udp`]]);
    expect([text(done.child.local), text(done.child.remote)]).toEqual([[`${IP2} udp`], [`${IPN1} udp 1701`]]);
    expect(done.child.original).toEqual(first.accepted.child.original);
    expect(again.child.original).toEqual(first.completed.child.original);
  });

  test('a rekey after the NAT has given the client another address', () => {
    const first = negotiate(udp, mirrored(udp), { initiator: client, responder: server });
    const { payloads } = offerChild(contextOf(connectionOf([udp]), client), udp, envOf(), {
      exchange,
      Ni,
      replaces: first.completed.child,
    });
    const moved = contextOf(connectionOf([mirrored(udp)]), { ...server, path: pathOf(IP2, '203.0.113.99') });
    const again = acceptChild(moved, payloads, envOf(), { exchange, Ni, Nr, replaces: first.accepted.child });
    expect('child' in again && text(again.child.remote)).toEqual(['203.0.113.99 udp 1701']);
  });

  test('no policy for transport mode: the substitution is undone, and tunnel mode is what is left', () => {
    const tunnel = policyOf({ local: ts(`${IPN2} udp`), remote: ts('10.0.0.0/24 udp') });
    const { accepted, completed } = negotiate({ ...udp, requireMode: false }, tunnel, { initiator: client, responder: server });
    expect(accepted.child).toMatchObject({ mode: 'tunnel', original: undefined });
    expect([text(completed.child.local), text(completed.child.remote)]).toEqual([[`${IP1} udp 1701`], [`${IPN2} udp`]]);
    expect([text(accepted.child.local), text(accepted.child.remote)]).toEqual([[`${IPN2} udp`], [`${IP1} udp 1701`]]);
  });

  test('RFC 3948 section 1: AH does not pass a NAT', () => {
    const ah: ChildProposal = { protocol: 'AH', encryption: [], integrity: [hmacSha256_128], keyExchange: [], esn: [false] };
    const offered = (...proposals: ChildProposal[]) =>
      offerChild(contextOf(connectionOf([]), client), { ...udp, proposals }, envOf(), { exchange, Ni });
    expect(payloadOf(offered(ah, gcm).payloads, 'SA').proposals).toMatchObject([{ proposalNum: 1, protocol: 'ESP' }]);
    expect(() => offered(ah)).toThrow(refusing('no-proposal-chosen'));
    const server_ = contextOf(connectionOf([mirrored({ ...udp, proposals: [ah] })]), server);
    const open = offerChild(contextOf(connectionOf([]), { path: client.path }), { ...udp, proposals: [ah, gcm] }, envOf(), {
      exchange,
      Ni,
    });
    expect(() => acceptChild(server_, open.payloads, envOf(), { exchange, Ni, Nr })).toThrow(
      expect.objectContaining({ code: 'no-proposal-chosen', expected: 'ESP: there is a NAT on the way' }),
    );
    const both = contextOf(connectionOf([mirrored({ ...udp, proposals: [ah, gcm] })]), server);
    const accepted = acceptChild(both, open.payloads, envOf(), { exchange, Ni, Nr });
    expect('child' in accepted && accepted.child.suite.protocol).toBe('ESP');
  });

  test('a request with several addresses is none for transport mode', () => {
    const { payloads } = offerChild(contextOf(connectionOf([udp]), client), udp, envOf(), { exchange, Ni });
    const several = payloads.map((p): Payload => (p.type === 'TSi' ? { ...p, selectors: ts('10.0.0.1 udp', '10.0.0.2 udp') } : p));
    const at = contextOf(connectionOf([mirrored(udp)]), server);
    expect(() => acceptChild(at, several, envOf(), { exchange, Ni, Nr })).toThrow(
      expect.objectContaining({ code: 'no-proposal-chosen', found: 'transport mode, but for several addresses' }),
    );
  });

  test('the PAD is asked about the substituted address', () => {
    const addresses = ts('203.0.113.0/24').map((s) => s.addresses);
    const connection = connectionOf([mirrored(udp)]);
    const pad = { ...connection, peer: { ...connection.peer, child: { lookup: 'id' as const, addresses } } };
    const { payloads } = offerChild(contextOf(connectionOf([udp]), client), udp, envOf(), { exchange, Ni });
    expect(acceptChild(contextOf(pad, server), payloads, envOf(), { exchange, Ni, Nr })).toHaveProperty('child');
    const other = { ...pad, peer: { ...pad.peer, child: { lookup: 'id' as const, addresses: ts('10.0.0.0/24').map((s) => s.addresses) } } };
    expect(() => acceptChild(contextOf(other, server), payloads, envOf(), { exchange, Ni, Nr })).toThrow(refusing('ts-unacceptable'));
  });
});
