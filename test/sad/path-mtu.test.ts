import { describe, expect, test } from 'vitest';
import { addSa, createSad, notePathMtu, pathMtu, removeSa } from '../../src/sad.js';
import { esp } from './make.js';

const outbound = { direction: 'outbound' } as const;
const minutes = 60_000;

describe('RFC 4301 section 8.2.2: the PMTU of an SA is aged', () => {
  test('nothing is known, then what an ICMP message says, then after ten minutes nothing again', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    expect(pathMtu(sad, entry, 0)).toBe(Infinity);
    expect(notePathMtu(sad, entry, 1400, 5 * minutes)).toBe(true);
    expect(pathMtu(sad, entry, 5 * minutes)).toBe(1400);
    expect(pathMtu(sad, entry, 15 * minutes - 1)).toBe(1400);
    expect(pathMtu(sad, entry, 15 * minutes)).toBe(Infinity);
    expect(pathMtu(sad, entry, 15 * minutes)).toBe(Infinity);
  });
  test('the period is configurable, and may be infinite', () => {
    const sad = createSad({ pathMtuAge: Infinity });
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    notePathMtu(sad, entry, 1400, 0);
    expect(pathMtu(sad, entry, 1e15)).toBe(1400);
  });
  test('each SA has its own', () => {
    const sad = createSad();
    const [a, b] = [esp(1, { to: '192.0.2.1' }), esp(2, { to: '192.0.2.1' })].map((sa) => addSa(sad, sa, outbound));
    notePathMtu(sad, a!, 1400, 0);
    expect([pathMtu(sad, a!, 1), pathMtu(sad, b!, 1)]).toEqual([1400, Infinity]);
  });
});

describe('PMTU poisoning: unauthenticated ICMP', () => {
  test('an estimate is never raised by a message (RFC 1191 section 3)', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    notePathMtu(sad, entry, 1300, 0);
    expect(notePathMtu(sad, entry, 9000, 1)).toBe(false);
    expect(pathMtu(sad, entry, 1)).toBe(1300);
    // Nor does it keep the low one alive.
    expect(pathMtu(sad, entry, 10 * minutes)).toBe(Infinity);
  });
  test('IPv4: never below the floor of the database, 576 by default', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    expect(notePathMtu(sad, entry, 68, 0)).toBe(true);
    expect(pathMtu(sad, entry, 0)).toBe(576);
    const low = createSad({ minPathMtu: 296 });
    const slip = addSa(low, esp(1, { to: '192.0.2.1' }), outbound);
    notePathMtu(low, slip, 300, 0);
    expect(pathMtu(low, slip, 0)).toBe(300);
    notePathMtu(low, slip, 1, 0);
    expect(pathMtu(low, slip, 0)).toBe(296);
  });
  test('IPv4: 0, from a router older than RFC 1191, means the minimum of what is assumed and 576', () => {
    const sad = createSad({ minPathMtu: 68 });
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    notePathMtu(sad, entry, 0, 0);
    expect(pathMtu(sad, entry, 0)).toBe(576);
    notePathMtu(sad, entry, 500, 0);
    expect(notePathMtu(sad, entry, 0, 0)).toBe(false);
    expect(pathMtu(sad, entry, 0)).toBe(500);
  });
  test('IPv6: a message with less than 1280 is discarded (RFC 8201 section 4)', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '2001:db8::1' }), outbound);
    for (const mtu of [0, 68, 1279, -1, NaN]) expect(notePathMtu(sad, entry, mtu, 0)).toBe(false);
    expect(pathMtu(sad, entry, 0)).toBe(Infinity);
    expect(notePathMtu(sad, entry, 1280, 0)).toBe(true);
    expect(pathMtu(sad, entry, 0)).toBe(1280);
  });
  test('a removed SA learns nothing', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(1, { to: '192.0.2.1' }), outbound);
    removeSa(sad, entry);
    expect(notePathMtu(sad, entry, 1000, 0)).toBe(false);
  });
});
