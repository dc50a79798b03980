import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SecurityAssociation } from '../../src/association.js';
import { equalAddresses, isMulticast, parseAddress } from '../../src/ip.js';
import {
  addSa,
  createSad,
  findInboundSa,
  findOutboundSas,
  findSa,
  findSentBy,
  listSas,
  newestSa,
  removeSa,
  takesDscp,
  type SadEntry,
} from '../../src/sad.js';
import { ah, esp, numbers } from './make.js';

const inbound = { direction: 'inbound' } as const;
const outbound = { direction: 'outbound' } as const;
const group = '224.0.0.5';

describe('RFC 4301 section 4.1: the longest match', () => {
  const sad = createSad();
  const unicast = addSa(sad, esp(0x1000), inbound);
  const anySource = addSa(sad, esp(0x1000, { to: group }), inbound);
  const oneSource = addSa(sad, esp(0x1000, { to: group, from: '192.0.2.7' }), inbound);
  const find = (to?: string, from?: string): SadEntry | undefined =>
    findSa(sad, 'ESP', 0x1000, to === undefined ? undefined : parseAddress(to), from === undefined ? undefined : parseAddress(from));

  test('1. SPI, destination address, and source address', () => {
    expect(oneSource.lookup).toBe('spi-destination-source');
    expect(find(group, '192.0.2.7')).toBe(oneSource);
  });
  test('2. both SPI and destination address', () => {
    expect(anySource.lookup).toBe('spi-destination');
    expect(find(group, '192.0.2.8')).toBe(anySource);
  });
  test('3. SPI and protocol', () => {
    expect(unicast.lookup).toBe('spi');
    expect(find('192.0.2.1', '192.0.2.7')).toBe(unicast);
    expect(find()).toBe(unicast);
    expect(findSa(sad, 'AH', 0x1000, parseAddress('192.0.2.1'))).toBeUndefined();
    expect(findSa(sad, 'ESP', 0x1001)).toBeUndefined();
  });
  test('"For multicast SAs, the protocol field is not employed": the longest match of the other protocol hides shorter ones', () => {
    const other = createSad();
    const alone = addSa(other, ah(0x1000), inbound);
    addSa(other, esp(0x1000, { to: group }), inbound);
    expect(findSa(other, 'AH', 0x1000, parseAddress('192.0.2.1'))).toBe(alone);
    expect(findSa(other, 'AH', 0x1000, parseAddress(group))).toBeUndefined();
  });
  test('a multicast entry of the other family or with other octets does not match', () => {
    const other = createSad();
    const six = addSa(other, ah(0x2000, { to: 'ff02::5' }), inbound);
    addSa(other, ah(0x2000, { to: 'ff02::6' }), inbound);
    expect(findSa(other, 'AH', 0x2000, parseAddress('ff02::5'))).toBe(six);
    expect(findSa(other, 'AH', 0x2000, parseAddress('ff02::7'))).toBeUndefined();
    expect(findSa(other, 'AH', 0x2000, parseAddress('224.0.0.5'))).toBeUndefined();
  });
  test('the order in which the entries came does not matter', () => {
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [1, 0, 2],
    ];
    for (const order of orders) {
      const shuffled = createSad();
      const made = order.map((i) =>
        addSa(shuffled, esp(0x1000, i === 0 ? {} : i === 1 ? { to: group } : { to: group, from: '192.0.2.7' }), inbound),
      );
      const found = findSa(shuffled, 'ESP', 0x1000, parseAddress(group), parseAddress('192.0.2.7'));
      expect(found).toBe(made[order.indexOf(2)]);
    }
  });
  test('the addresses are read where they stand in the packet', () => {
    const packet = new Uint8Array(40);
    packet.set(parseAddress('192.0.2.7'), 12);
    packet.set(parseAddress(group), 16);
    expect(findInboundSa(sad, 'ESP', 0x1000, packet, 12, 16, 4)).toBe(oneSource);
    packet[15] = 8;
    expect(findInboundSa(sad, 'ESP', 0x1000, packet, 12, 16, 4)).toBe(anySource);
    packet[19] = 6;
    expect(findInboundSa(sad, 'ESP', 0x1000, packet, 12, 16, 4)).toBe(unicast);
  });
  test('one SPI space for AH and ESP, or one for each', () => {
    const separate = createSad();
    const e = addSa(separate, esp(0x3000), inbound);
    const a = addSa(separate, ah(0x3000), inbound);
    expect([findSa(separate, 'ESP', 0x3000), findSa(separate, 'AH', 0x3000)]).toEqual([e, a]);
    const single = createSad({ spiSpace: 'single' });
    addSa(single, esp(0x3000), inbound);
    expect(() => addSa(single, ah(0x3000), inbound)).toThrow(expect.objectContaining({ code: 'invalid-argument', path: 'spi' }));
  });
  test('a unicast destination may identify too, when the caller wants it; then the protocol counts', () => {
    const two = createSad();
    const lookup = 'spi-destination';
    const one = addSa(two, esp(7, { to: '192.0.2.1' }), { ...inbound, lookup });
    const back = addSa(two, esp(7, { to: '192.0.2.2' }), { ...inbound, lookup });
    const other = addSa(two, ah(7, { to: '192.0.2.2' }), { ...inbound, lookup });
    expect(findSa(two, 'ESP', 7, parseAddress('192.0.2.1'))).toBe(one);
    expect(findSa(two, 'ESP', 7, parseAddress('192.0.2.2'))).toBe(back);
    expect(findSa(two, 'AH', 7, parseAddress('192.0.2.2'))).toBe(other);
    expect(findSa(two, 'AH', 7, parseAddress('192.0.2.1'))).toBeUndefined();
    expect(findSa(two, 'ESP', 7)).toBeUndefined();
  });
  test('two SAs with one identifier are refused, and the first stays', () => {
    expect(() => addSa(sad, esp(0x1000), inbound)).toThrow(expect.objectContaining({ code: 'invalid-argument', path: 'spi' }));
    expect(() => addSa(sad, esp(0x1000, { to: group }), inbound)).toThrow(expect.objectContaining({ path: 'spi' }));
    expect(() => addSa(sad, ah(0x1000, { to: group }), inbound)).toThrow(expect.objectContaining({ path: 'spi' }));
    expect(find(group)).toBe(anySource);
    expect(sad.size).toBe(3);
  });
  test('an identifier needs its addresses', () => {
    expect(() => addSa(sad, esp(9), { ...inbound, lookup: 'spi-destination' })).toThrow(expect.objectContaining({ path: 'destination' }));
    expect(() => addSa(sad, esp(9, { to: group }), { ...inbound, lookup: 'spi-destination-source' })).toThrow(
      expect.objectContaining({ path: 'source' }),
    );
  });
});

describe('the table decides like the three steps of RFC 4301 section 4.1 written out', () => {
  interface Listed {
    entry: SadEntry;
    sa: SecurityAssociation;
  }
  /** Steps 1 to 3 over a plain list; step 3 with the protocol, steps 1 and 2 without it where the destination is multicast. */
  function search(list: Listed[], protocol: string, spi: number, to: Uint8Array, from: Uint8Array): SadEntry | undefined {
    for (const length of ['spi-destination-source', 'spi-destination', 'spi'] as const) {
      for (const { entry, sa } of list) {
        if (entry.lookup !== length || sa.spi !== spi) continue;
        const multicast = length !== 'spi' && isMulticast(sa.destination!);
        if (!multicast && sa.protocol !== protocol) continue;
        if (length !== 'spi' && !equalAddresses(sa.destination!, to)) continue;
        if (length === 'spi-destination-source' && !equalAddresses(sa.source!, from)) continue;
        return sa.protocol === protocol ? entry : undefined;
      }
    }
    return undefined;
  }

  test('any entries, added and removed in any order', () => {
    const v4 = fc.constantFrom(...['192.0.2.1', '192.0.2.2', '224.0.0.5', '224.0.0.6'].map(parseAddress));
    const v6 = fc.constantFrom(...['ff02::5', '2001:db8::1'].map(parseAddress));
    const ends = fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)); // a packet, and so an SA, has two addresses of one version
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'remove', 'find', 'find', 'find'),
      protocol: fc.constantFrom('ESP' as const, 'AH' as const),
      spi: fc.constantFrom(1, 2, 3, 0x9e3779b1, 0xffffffff),
      ends,
      lookup: fc.constantFrom('spi' as const, 'spi-destination' as const, 'spi-destination-source' as const),
      which: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sad = createSad();
        let list: Listed[] = [];
        for (const s of steps) {
          const [from, to] = s.ends;
          if (s.kind === 'add') {
            const sa = bare(s.protocol, s.spi, from, to);
            try {
              list.push({ entry: addSa(sad, sa, { direction: 'inbound', lookup: s.lookup }), sa });
            } catch {
              continue;
            }
          } else if (s.kind === 'remove' && list.length > 0) {
            const { entry } = list[s.which % list.length]!;
            expect(removeSa(sad, entry)).toBe(true);
            list = list.filter((l) => l.entry !== entry);
          } else expect(findSa(sad, s.protocol, s.spi, to, from)).toBe(search(list, s.protocol, s.spi, to, from));
        }
        expect(sad.size).toBe(list.length);
        expect(listSas(sad)).toEqual(list.map((l) => l.entry));
      }),
    );
  });

  test('20,000 SPIs come and go, consecutive and random', () => {
    const sad = createSad();
    const random = numbers(1);
    const known = new Map<number, SadEntry>();
    const order: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const spi = i % 2 === 0 ? 0x1000 + (i >>> 1) : (random() | 1) >>> 0;
      if (known.has(spi)) continue;
      known.set(spi, addSa(sad, bare('ESP', spi), { direction: 'inbound' }));
      order.push(spi);
      if (known.size <= 20_000) continue;
      const victim = order.splice(random() % order.length, 1)[0]!;
      expect(removeSa(sad, known.get(victim)!)).toBe(true);
      known.delete(victim);
    }
    for (const [spi, entry] of known) if (findSa(sad, 'ESP', spi) !== entry) expect.fail(`SPI ${spi}`);
    for (let i = 0; i < 1000; i++) {
      const spi = random();
      if (findSa(sad, 'ESP', spi) !== known.get(spi)) expect.fail(`SPI ${spi}`);
    }
    expect(sad.size).toBe(known.size);
    for (const entry of known.values()) removeSa(sad, entry);
    expect(sad.size).toBe(0);
    expect(listSas(sad)).toEqual([]);
  });
});

describe('RFC 4301 section 4.4.2: outbound SAs', () => {
  test('a policy is served by the newest SA, and by the older ones until they are removed', () => {
    const sad = createSad();
    const policy = { name: 'gateway' };
    expect(newestSa(sad, policy)).toBeUndefined();
    const first = addSa(sad, esp(0x100), { ...outbound, policy });
    const second = addSa(sad, esp(0x200), { ...outbound, policy });
    const third = addSa(sad, esp(0x300), { ...outbound, policy });
    addSa(sad, esp(0x400), { ...outbound, policy: 'another' });
    addSa(sad, esp(0x500), outbound);
    expect(findOutboundSas(sad, policy)).toEqual([third, second, first]);
    removeSa(sad, second);
    expect(findOutboundSas(sad, policy)).toEqual([third, first]);
    removeSa(sad, third);
    expect(newestSa(sad, policy)).toBe(first);
    removeSa(sad, first);
    expect(findOutboundSas(sad, policy)).toEqual([]);
    expect(findOutboundSas(sad, 'another')).toHaveLength(1);
  });
  test('"two hosts behind the same NAT could choose the same SPI value": both have their entry', () => {
    const sad = createSad();
    const nat = '198.51.100.1';
    const one = addSa(sad, esp(0x77, { from: '192.0.2.1', to: nat }), { ...outbound, policy: 1 });
    const two = addSa(sad, esp(0x77, { from: '192.0.2.1', to: nat }), { ...outbound, policy: 2 });
    expect(findOutboundSas(sad, 1)).toEqual([one]);
    expect(findOutboundSas(sad, 2)).toEqual([two]);
    expect(findSentBy(sad, 'ESP', 0x77, parseAddress(nat))).toEqual([two, one]);
  });
  test('an ICMP message is mapped by what it quotes of our packet', () => {
    const sad = createSad();
    const sent = addSa(sad, esp(0x77, { from: '192.0.2.1', to: '198.51.100.1' }), outbound);
    addSa(sad, esp(0x77), inbound);
    expect(findSentBy(sad, 'ESP', 0x77, parseAddress('198.51.100.1'))).toEqual([sent]);
    expect(findSentBy(sad, 'ESP', 0x77, parseAddress('198.51.100.2'))).toEqual([]);
    expect(findSentBy(sad, 'AH', 0x77, parseAddress('198.51.100.1'))).toEqual([]);
    expect(findSentBy(sad, 'ESP', 0x78, parseAddress('198.51.100.1'))).toEqual([]);
  });
  test('outbound SAs are not found on receipt', () => {
    const sad = createSad();
    addSa(sad, esp(0x77), outbound);
    expect(findSa(sad, 'ESP', 0x77)).toBeUndefined();
  });
  test('section 4.4.2.1: DSCP values select one of several SAs', () => {
    const sad = createSad();
    const voice = addSa(sad, esp(0x100), { ...outbound, dscp: [46] });
    const rest = addSa(sad, esp(0x200), outbound);
    expect([takesDscp(voice, 46), takesDscp(voice, 0), takesDscp(rest, 46), takesDscp(rest, 0)]).toEqual([true, false, true, true]);
    expect(() => addSa(sad, esp(0x300), { ...outbound, dscp: [0, 64] })).toThrow(expect.objectContaining({ path: 'dscp.1' }));
  });
});

/** As much of an SA as the database looks at: keys cost time. */
function bare(protocol: 'ESP' | 'AH', spi: number, source?: Uint8Array, destination?: Uint8Array): SecurityAssociation {
  const sa = { ...template[protocol], spi, source, destination, alive: true };
  return sa;
}
const template = { ESP: esp(1), AH: ah(1) };
