/** Requirements of RFC 3947 and RFC 3706, between two hosts of IKEv1. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { decodePhase2Attributes } from '../../src/ikev1/attributes.js';
import { createDpd, readDpd } from '../../src/ikev1/notify-data.js';
import type { Phase2Attribute } from '../../src/ikev1/sa-payload.js';
import { findVendorId } from '../../src/ikev1/vendor.js';
import { formatAddress, parseAddress } from '../../src/ip.js';
import type { Path, UdpEndpoint } from '../../src/keying/path.js';
import { ecp256 } from '../../src/suite/dh.js';
import {
  addresses,
  begin,
  detailsOf,
  establishedOf,
  expectAgreement,
  happen,
  type Host,
  type HostOptions,
  lose,
  nextWake,
  pathOf,
  phase1Proposal,
  receive,
  saOf,
  setClock,
  twoHosts,
} from '../ikev1/two-hosts.js';
import { allOf, type Change, oneOf, type Spoken, wireOf } from './ikev1-wire.js';

const plain: HostOptions = { connection: { proposals: [{ ...phase1Proposal, keyExchange: [ecp256] }] } };
const aggressive: HostOptions = { ...plain, ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } };

function start(a: HostOptions = plain, b: HostOptions = a, path?: Path) {
  const hosts = twoHosts(a, b);
  const wire = wireOf(hosts);
  begin(hosts.a, path && { path });
  return { ...hosts, wire };
}

const outside = parseAddress('203.0.113.7');
/** `a` sits behind a NAT, which gives ports of its own. */
const nat = (base = 20_000): Change => ({
  path: ({ local, remote }, from) =>
    from === 'a'
      ? { local: { address: outside, port: base + local.port }, remote }
      : { local, remote: { address: addresses.a, port: remote.port - base } },
});
const text = ({ address, port }: UdpEndpoint): string => `${formatAddress(address)}:${port}`;
const ways = (said: readonly Spoken[], from: 'a' | 'b'): string[] =>
  said.flatMap((message) => (message.from === from ? [`${text(message.path.local)} ${text(message.path.remote)}`] : []));
const vendors = (message: Spoken): (string | undefined)[] => allOf(message, 'VID').map(({ data }) => findVendorId(data));
const modeOf = (message: Spoken): unknown =>
  decodePhase2Attributes(oneOf(message, 'SA').proposals[0]!.transforms[0]!.attributes as readonly Phase2Attribute[]).encapsulation;

describe('RFC 3947 section 3: is there a NAT, and does the peer know what that is?', () => {
  it('the Vendor ID goes with the first message of either side', () => {
    const said = start().wire.talk();
    for (const message of said.slice(0, 2)) expect(vendors(message)).toContain('RFC 3947');
  });

  it('without the Vendor ID of both there is no NAT-D, and nobody changes ports', () => {
    for (const [a, b] of [
      [{ ...plain, options: { natTraversal: 'never' } }, plain],
      [plain, { ...plain, options: { natTraversal: 'never' } }],
    ] as const) {
      const said = start(a, b).wire.talk(nat());
      expect(said.flatMap((message) => allOf(message, 'NAT-D'))).toEqual([]);
      expect(new Set(ways(said, 'a'))).toEqual(new Set(['192.0.2.1:500 198.51.100.1:500']));
    }
  });

  it('a source port that is not 500 is answered where it came from', () => {
    const { wire } = start();
    const said = wire.talk(nat());
    expect(ways(said, 'b').slice(0, 2)).toEqual(['198.51.100.1:500 203.0.113.7:20500', '198.51.100.1:500 203.0.113.7:20500']);
  });
});

describe('RFC 3947 section 4: ports', () => {
  it('without a NAT everything stays on port 500', () => {
    const said = start().wire.talk();
    expect(new Set(ways(said, 'a'))).toEqual(new Set(['192.0.2.1:500 198.51.100.1:500']));
  });

  it('main mode: from the ID payload on the initiator sends from 4500 to 4500, and is answered there', () => {
    const play = start();
    const said = play.wire.talk(nat());
    expect(ways(said, 'a')).toEqual([
      '192.0.2.1:500 198.51.100.1:500',
      '192.0.2.1:500 198.51.100.1:500',
      '192.0.2.1:4500 198.51.100.1:4500',
      '192.0.2.1:4500 198.51.100.1:4500',
      '192.0.2.1:4500 198.51.100.1:4500',
    ]);
    expect(allOf(said[4]!, 'ID')[0]).toMatchObject({ port: 0 });
    expect(ways(said, 'b').slice(2)).toEqual(['198.51.100.1:4500 203.0.113.7:24500', '198.51.100.1:4500 203.0.113.7:24500']);
    expectAgreement(play, 1);
    expect(text(establishedOf(play.b).path.remote)).toBe('203.0.113.7:24500');
  });

  it('what the responder begins later goes there as well', () => {
    const play = start();
    play.wire.talk(nat());
    happen(play.b, { type: 'deleteChild', spiIn: establishedOf(play.b).children[0]!.spiIn });
    happen(play.b, { type: 'createChild', policy: 'net' });
    const said = play.wire.talk(nat());
    expect(new Set(ways(said, 'b'))).toEqual(new Set(['198.51.100.1:4500 203.0.113.7:24500']));
  });

  it('aggressive mode: with its last message', () => {
    const play = start(aggressive);
    const said = play.wire.talk(nat());
    expect(ways(said, 'a').slice(0, 2)).toEqual(['192.0.2.1:500 198.51.100.1:500', '192.0.2.1:4500 198.51.100.1:4500']);
    expect(text(establishedOf(play.b).path.remote)).toBe('203.0.113.7:24500');
    expectAgreement(play, 1);
  });

  it.each([
    ['main mode', plain],
    ['aggressive mode', aggressive],
  ])('%s may begin on port 4500, and stays there', (_name, options) => {
    const play = start(options, options, pathOf('a', 4500));
    const said = play.wire.talk(nat());
    expect(new Set(ways(said, 'a'))).toEqual(new Set(['192.0.2.1:4500 198.51.100.1:4500']));
    expectAgreement(play, 1);
  });

  it('an old message of main mode from the old port is discarded', () => {
    const play = start();
    play.wire.pass(play.a, nat());
    play.wire.pass(play.b, nat());
    const [old] = play.a.outbox as [Host['outbox'][number]];
    play.wire.talk(nat());
    const { path } = establishedOf(play.b);
    receive(play.b, { data: old.data, path: nat().path!(old.path, 'a') });
    expect(play.b.outbox).toEqual([]);
    expect(establishedOf(play.b).path).toEqual(path);
  });
});

describe('RFC 3947 section 5.1: encapsulation', () => {
  it('UDP where there is a NAT, and not beside it what would not get through', () => {
    const said = start().wire.talk(nat());
    const offer = said.find(({ header }) => header.exchange === 'Quick Mode')!;
    expect(oneOf(offer, 'SA').proposals.flatMap(({ transforms }) => transforms)).toHaveLength(1);
    expect(modeOf(offer)).toBe('UDP-Encapsulated-Tunnel');
  });
  it('none where there is no NAT', () => {
    const said = start().wire.talk();
    expect(modeOf(said.find(({ header }) => header.exchange === 'Quick Mode')!)).toBe('Tunnel');
  });
});

describe('RFC 3947 section 7: the NAT has another mapping', () => {
  const asked = (host: Host): void => {
    happen(host, { type: 'checkLiveness' });
  };

  it('who is not behind it follows what is genuine and fresh, and its Child SAs do', () => {
    const play = start();
    play.wire.talk(nat());
    asked(play.a);
    play.wire.pass(play.a, nat(30_000));
    expect(text(establishedOf(play.b).path.remote)).toBe('203.0.113.7:34500');
    const moved = play.b.actions.findLast((action) => action.type === 'moved');
    expect(moved).toMatchObject({ spis: establishedOf(play.b).children.map(({ spiIn }) => spiIn) });
  });

  it('who is behind it follows nothing', () => {
    const play = start();
    play.wire.talk(nat());
    asked(play.b);
    play.wire.pass(play.b, {
      path: ({ local }) => ({ local: { ...local, port: 9999 }, remote: { address: addresses.a, port: 4500 } }),
    });
    expect(text(establishedOf(play.a).path.remote)).toBe('198.51.100.1:4500');
    expect(play.a.actions.some(({ type }) => type === 'moved')).toBe(false);
  });

  it('nobody follows what is not genuine', () => {
    const play = start();
    play.wire.talk(nat());
    asked(play.a);
    play.wire.pass(play.a, { ...nat(30_000), raw: (octets) => (octets.set([octets[40]! ^ 1], 40), octets) });
    expect(text(establishedOf(play.b).path.remote)).toBe('203.0.113.7:24500');
  });
});

describe('RFC 3706: Dead Peer Detection', () => {
  const watchful: HostOptions = { ...plain, options: { livenessInterval: 10_000 } };
  const sequencesOf = (said: readonly Spoken[], host: Host, notify: string): number[] =>
    said
      .flatMap((message) => allOf(message, 'N'))
      .filter((payload) => payload.notify === notify)
      .map((payload) => readDpd(payload, { ckyI: saOf(host).spiI, ckyR: saOf(host).spiR }).sequence);
  const connected = (a: HostOptions = watchful, b: HostOptions = a) => {
    const play = start(a, b);
    const said = play.wire.talk();
    return { ...play, said };
  };

  it('section 5.1: the Vendor ID goes with the first message of either side; who has not sent it is never asked', () => {
    const { said, a, wire } = connected();
    for (const message of said.slice(0, 2)) expect(vendors(message)).toContain('Dead Peer Detection');
    const deaf = start(watchful, plain);
    deaf.wire.pass(deaf.a);
    deaf.wire.pass(deaf.b, { payloads: (payloads) => payloads.filter(({ type }) => type !== 'VID') });
    deaf.wire.talk();
    happen(deaf.a, { type: 'checkLiveness' });
    setClock(deaf, 100_000);
    expect(deaf.wire.talk().filter(({ from }) => from === 'a')).toEqual([]);
    happen(a, { type: 'checkLiveness' });
    expect(wire.talk()).toHaveLength(2);
  });

  it('sections 5.2, 5.3 and 6.1: a question is answered with its number, both of them encrypted, with both cookies', () => {
    const { a, wire } = connected();
    happen(a, { type: 'checkLiveness' });
    const said = wire.talk();
    expect(said.every(({ isEncrypted, header }) => isEncrypted && header.exchange === 'Informational')).toBe(true);
    const [question, answer] = said.map((message) => oneOf(message, 'N'));
    expect(question).toMatchObject({ doi: 'IPSEC', protocol: 'ISAKMP', notify: 'R-U-THERE' });
    expect(answer).toMatchObject({ doi: 'IPSEC', protocol: 'ISAKMP', notify: 'R-U-THERE-ACK' });
    for (const { spi } of [question!, answer!]) expect(toHex(spi)).toBe(toHex(saOf(a).spiI) + toHex(saOf(a).spiR));
    expect(toHex(answer!.data)).toBe(toHex(question!.data));
  });

  it('section 6.2: each side counts on its own, from a random number below 2^31, one by one', () => {
    const first = { a: new Set<number>(), b: new Set<number>() };
    for (const seed of [1, 2, 3]) {
      const { a, b, wire } = connected({ ...watchful, seed });
      for (const host of [a, b]) {
        const numbers = [0, 1, 2].flatMap(() => {
          happen(host, { type: 'checkLiveness' });
          return sequencesOf(wire.talk(), a, 'R-U-THERE');
        });
        expect(numbers[0]).toBeLessThan(2 ** 31);
        expect(numbers).toEqual([numbers[0], numbers[0]! + 1, numbers[0]! + 2]);
        first[host.name].add(numbers[0]!);
      }
    }
    expect([first.a.size, first.b.size]).toEqual([3, 3]);
  });

  it('section 6.1: an answer with another number, or with other cookies, is none', () => {
    const { a, b, wire } = connected();
    happen(a, { type: 'checkLiveness' });
    const [sequence] = sequencesOf([wire.pass(a)], a, 'R-U-THERE');
    lose(b);
    const cookies = { ckyI: saOf(a).spiI, ckyR: saOf(a).spiR };
    const waits = (): boolean => establishedOf(a).dpd.unanswered !== undefined;
    wire.say(b, a, [createDpd('R-U-THERE-ACK', cookies, sequence! + 7)], { messageId: 0x101 });
    expect(waits()).toBe(true);
    wire.say(b, a, [createDpd('R-U-THERE-ACK', { ...cookies, ckyR: cookies.ckyI }, sequence!)], { messageId: 0x102 });
    expect(waits()).toBe(true);
    wire.say(b, a, [createDpd('R-U-THERE-ACK', cookies, sequence!)], { messageId: 0x103 });
    expect(waits()).toBe(false);
  });

  it('section 6.2: an old question is not answered', () => {
    const { a, b, wire } = connected();
    const cookies = { ckyI: saOf(a).spiI, ckyR: saOf(a).spiR };
    wire.say(a, b, [createDpd('R-U-THERE', cookies, 1000)], { messageId: 0x101 });
    expect(wire.talk()).toHaveLength(1);
    wire.say(a, b, [createDpd('R-U-THERE', cookies, 999)], { messageId: 0x102 });
    expect(wire.talk()).toHaveLength(0);
    expect(detailsOf(b).at(-1)).toMatch(/^replayed/);
  });

  it('section 5.4: a peer that was heard is not asked; one that is silent is asked again, and given up', () => {
    const { a, b, wire } = connected({ ...plain, options: { livenessInterval: 10_000 } }, plain);
    setClock({ a, b }, 8_000);
    happen(b, { type: 'checkLiveness' });
    wire.talk();
    setClock({ a, b }, 11_000);
    expect(a.outbox).toEqual([]);
    for (let at = nextWake({ a, b: a }); at < Infinity && saOf(a).state !== 'CLOSED'; at = nextWake({ a, b: a })) setClock({ a, b: a }, at);
    expect(a.outbox.length).toBeGreaterThan(2);
    expect(saOf(a).state).toBe('CLOSED');
    expect(a.sad.size).toBe(0);
  });
});
