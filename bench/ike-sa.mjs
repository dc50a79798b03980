// Whole IKE SAs: handshakes of both roles in one process with a pre-shared key, rekeys while packets pass, memory of an established IKE SA,
// and 10,000 of them in one endpoint: what a datagram and a wake-up cost must not depend on their number.
import { randomFillSync } from 'node:crypto';
import process from 'node:process';
import {
  connect,
  createEndpoint,
  disconnect,
  parseEndpointConfig,
  receiveDatagram,
  receiveIp,
  rekeyChild,
  rekeyIke,
  sendInner,
  status,
  wake,
  wakeAt,
} from '../dist/endpoint.js';
import { encodeUdp, parseAddress } from '../dist/ip.js';
import { nodeRows } from '../dist/node/suite.js';
import { nodeKeyExchangeRows, nodePrfRows } from '../dist/node/suite-ike.js';
import { aeadRows } from '../dist/suite/aead.js';
import { keyExchangeRows } from '../dist/suite/dh.js';
import { encrRows } from '../dist/suite/encr.js';
import { integRows } from '../dist/suite/integ.js';
import { prfRows } from '../dist/suite/prf.js';

const random = (target) => void randomFillSync(target);
const noble = [...aeadRows, ...encrRows, ...integRows, ...prfRows, ...keyExchangeRows];
const native = [...nodeRows, ...nodePrfRows, ...nodeKeyExchangeRows];
const auth = { psk: 'a secret that both sides have' };
const few = { ms: 60, windows: 15 };

export async function run({ compare, judged, sink }) {
  return [...handshakes({ compare, judged, sink }), ...underLoad({ compare, sink }), ...many({ compare, judged, sink })];
}

/** Gateways that know each other; `b` takes whoever comes. */
function configOf(rows, own, { peer, id, peerId, net, peerNet }) {
  const json = {
    ike: 2,
    addresses: [own],
    limits: { halfOpen: { cookieThreshold: 1_000_000, total: 1_000_000, perAddress: 1_000_000 } },
    connections: [
      {
        name: 'peer',
        auth,
        local: { id },
        remote: { id: peerId, ...(peer && { address: peer }) },
        proposals: 'aes256gcm16-prfsha256-curve25519',
        children: [{ name: 'net', local: net, remote: peerNet, proposals: 'aes256gcm16' }],
      },
    ],
  };
  return parseEndpointConfig(json, { rows });
}

const ends = {
  a: { peer: '198.51.100.1', id: 'a.example.com', peerId: 'b.example.com', net: '10.1.0.0/16', peerNet: '10.2.0.0/16' },
  b: { id: 'b.example.com', peerId: 'a.example.com', net: '10.2.0.0/16', peerNet: '10.1.0.0/16' },
};

/** Carries everything between two endpoints until nothing more comes; the time stands still. */
function carry(queue, a, b, now) {
  let delivered = 0;
  for (let item = queue.shift(); item; item = queue.shift()) {
    const { to, action } = item;
    const take = (actions, other) => {
      for (const next of actions) {
        if (next.type === 'datagram' || next.type === 'ip') queue.push({ to: other, action: next });
        else if (next.type === 'deliver') delivered++;
      }
    };
    const actions = action.type === 'datagram' ? receiveDatagram(to, action, now) : receiveIp(to, action.packet, now);
    take(actions, to === a ? b : a);
  }
  return delivered;
}

const start = (queue, to, actions) => {
  for (const action of actions) if (action.type === 'datagram' || action.type === 'ip') queue.push({ to, action });
};

function handshake(configA, configB) {
  const a = createEndpoint(configA, { now: 0, random });
  const b = createEndpoint(configB, { now: 0, random });
  const queue = [];
  start(queue, b, connect(a, 'peer', 0));
  carry(queue, a, b, 0);
  return { a, b };
}

function handshakes({ compare, judged, sink }) {
  const pairs = Object.fromEntries(
    Object.entries({ noble, native }).map(([name, rows]) => [
      name,
      [configOf(rows, '192.0.2.1', ends.a), configOf(rows, '198.51.100.1', ends.b)],
    ]),
  );
  for (const [a, b] of Object.values(pairs)) {
    const sides = handshake(a, b);
    for (const side of [sides.a, sides.b]) if (status(side).ikeSas[0]?.children.length !== 1) throw new Error('no Child SA');
  }
  // Four messages and the two of a Delete, between hosts that go on: code that runs some hundred times a second has to warm up first.
  const again = ([configA, configB]) => {
    const a = createEndpoint(configA, { now: 0, random });
    const b = createEndpoint(configB, { now: 0, random });
    const queue = [];
    return () => {
      start(queue, b, connect(a, 'peer', 0));
      carry(queue, a, b, 0);
      if (a.ikeSas.size !== 1 || b.ikeSas.size !== 1) throw new Error('no IKE SA');
      start(queue, b, disconnect(a, 'peer', 0));
      carry(queue, a, b, 0);
      sink(a);
    };
  };
  const ns = compare({ noble: again(pairs.noble), native: again(pairs.native) }, { ...few, warmup: 4000 });
  const ratio = ns.noble / ns.native;
  return [
    { name: 'handshakes with a Child SA, and their Delete, Curve25519, both roles', value: 1e9 / ns.noble, unit: 'a second' },
    judged({ name: 'the same with suite/node', value: 1e9 / ns.native, unit: 'a second', baseline: 'noble', ratio }, { atLeast: 4 }),
  ];
}

function underLoad({ compare, sink }) {
  const { a, b } = handshake(configOf(native, '192.0.2.1', ends.a), configOf(native, '198.51.100.1', ends.b));
  const packet = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1') }, 7, 7, new Uint8Array(1000));
  const queue = [];
  let now = 1;
  const pass = (count) => {
    let delivered = 0;
    for (let i = 0; i < count; i++) {
      start(queue, b, sendInner(a, packet, now));
      delivered += carry(queue, a, b, now);
    }
    if (delivered !== count) throw new Error(`${delivered} of ${count} packets`);
    return delivered;
  };
  const rest = () => {
    now += 10_000; // what was replaced is gone
    for (const side of [a, b]) if (wakeAt(side) <= now) start(queue, side === a ? b : a, wake(side, now));
    carry(queue, a, b, now);
  };
  const ns = compare(
    {
      plain: () => sink(pass(20)),
      child: () => {
        start(queue, b, rekeyChild(a, status(a).ikeSas[0].children.at(-1).spiIn, now));
        sink(pass(20));
        rest();
      },
      ike: () => {
        start(queue, b, rekeyIke(a, 'peer', now));
        sink(pass(20));
        rest();
      },
    },
    few,
  );
  return [
    { name: '20 packets of 1 KB through both endpoints', value: ns.plain / 1000, unit: 'us' },
    { name: 'the same while the Child SA is rekeyed', value: ns.child / 1000, unit: 'us', baseline: 'without', ratio: ns.plain / ns.child },
    { name: 'the same while the IKE SA is rekeyed', value: ns.ike / 1000, unit: 'us', baseline: 'without', ratio: ns.plain / ns.ike },
  ];
}

/** One endpoint with many IKE SAs, each with a Child SA, from as many identities. */
function crowd(count) {
  const server = createEndpoint(
    parseEndpointConfig(
      {
        ike: 2,
        addresses: ['198.51.100.1'],
        limits: { halfOpen: { cookieThreshold: 1_000_000, total: 1_000_000, perAddress: 1_000_000 } },
        pools: [{ name: 'pool', ranges: ['10.8.0.0/15'] }],
        connections: [
          {
            name: 'staff',
            auth,
            local: { id: 'b.example.com' },
            remote: { id: '.staff.example.com' },
            pool: 'pool',
            proposals: 'aes256gcm16-prfsha256-curve25519',
            children: [{ name: 'net', local: '10.2.0.0/16', remote: 'dynamic', proposals: 'aes256gcm16' }],
          },
        ],
      },
      { rows: native },
    ),
    { now: 0, random },
  );
  let last;
  for (let i = 0; i < count; i++) {
    const own = `10.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    const client = createEndpoint(
      parseEndpointConfig(
        {
          ike: 2,
          addresses: [own],
          connections: [
            {
              name: 'peer',
              auth,
              local: { id: `c${i}.staff.example.com` },
              remote: { id: 'b.example.com', address: '198.51.100.1' },
              request: ['ipv4'],
              proposals: 'aes256gcm16-prfsha256-curve25519',
              children: [{ name: 'net', local: 'dynamic', remote: '10.2.0.0/16', proposals: 'aes256gcm16' }],
            },
          ],
        },
        { rows: native },
      ),
      { now: 0, random },
    );
    const queue = [];
    start(queue, server, connect(client, 'peer', 0));
    carry(queue, client, server, 0);
    last = client;
  }
  return { server, last };
}

/** What two directions of SK and two of ESP cost in keyed contexts alone. */
function contextOctets() {
  const row = native.find(({ name, keyLength }) => name === 'ENCR_AES_GCM_16' && keyLength === 32);
  const count = 4000;
  globalThis.gc?.();
  const before = process.memoryUsage();
  const contexts = Array.from({ length: count }, () => row.create(new Uint8Array(36)));
  globalThis.gc?.();
  const after = process.memoryUsage();
  return ((after.heapUsed + after.external - before.heapUsed - before.external) / contexts.length) * 4;
}

function many({ compare, judged, sink }) {
  const [few1, many1] = [100, 10_000];
  const small = crowd(few1);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const large = crowd(many1);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const octets = (after.heapUsed + after.external - before.heapUsed - before.external) / many1;
  const keyed = contextOctets();
  const count = status(large.server).ikeSas.length;
  if (count !== many1) throw new Error(`${count} IKE SAs`);
  const liveness = ({ server }) => {
    const at = wakeAt(server);
    sink(wake(server, Math.min(at, 1)));
  };
  // A datagram that is not genuine takes the whole way to its IKE SA and ends at the ICV.
  const forged = ({ server, last }) => {
    const [sa] = status(last).ikeSas;
    const spi = (text) => text.match(/../g).map((digits) => Number.parseInt(digits, 16));
    const header = [...spi(sa.spiI), ...spi(sa.spiR), 46, 0x20, 37, 0x08, 0, 0, 0, 2, 0, 0, 0, 92, 0, 0, 0, 64];
    const data = new Uint8Array(92);
    data.set(header);
    const end = (text) => {
      const at = text.lastIndexOf(':');
      return { address: parseAddress(text.slice(0, at).replace(/^\[|\]$/g, '')), port: Number(text.slice(at + 1)) };
    };
    const from = end(sa.local);
    const to = end(sa.remote);
    return () => sink(receiveDatagram(server, { data, from, to }, 1));
  };
  const ns = compare({ fewer: forged(small), more: forged(large), wakeFewer: () => liveness(small), wakeMore: () => liveness(large) });
  return [
    { name: 'keyed contexts of an IKE SA with one Child SA, one end', value: keyed / 1024, unit: 'KiB' },
    judged({ name: 'memory of both beyond them', value: (octets - keyed) / 1024, unit: 'KiB' }, { atMost: 16 }),
    { name: `a forged datagram among ${few1} IKE SAs`, value: ns.fewer, unit: 'ns' },
    judged({ name: `among ${many1}`, value: ns.more, unit: 'ns', baseline: `${few1}`, ratio: ns.more / ns.fewer }, { atMost: 1.5 }),
    { name: `a wake-up among ${few1}`, value: ns.wakeFewer, unit: 'ns' },
    judged(
      { name: `among ${many1}`, value: ns.wakeMore, unit: 'ns', baseline: `${few1}`, ratio: ns.wakeMore / ns.wakeFewer },
      { atMost: 1.5 },
    ),
  ];
}
