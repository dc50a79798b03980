// What the SPD costs per packet: a hit in its flow cache, a miss among 1,000 and 100,000 policies of several shapes, and beside them what one
// would write first: a Map keyed by text, a loop over the policies.
import { createSpd, findOutbound, findOutboundPacket } from 'ipsec-ts/spd';
import { ANY, containsFlow } from 'ipsec-ts/traffic-selector';

/** @typedef {import('./harness.mjs').Row} Row */

const flows = 64;

/** @param {typeof import('./harness.mjs')} bench @returns {Promise<Row[]>} */
export async function run(bench) {
  return [...hits4(bench), ...hits6(bench), ...misses(bench)];
}

/** @returns {Row[]} */
function hits4({ compare, judged, sink }) {
  const spd = createSpd(shapes.subnets(1000));
  const packets = Array.from({ length: flows }, (_, i) => packet4(0x0a000000 + i, 0x0b000001 + 256 * i));
  const list = packets.map((p) => flowOf(4, p.subarray(12, 16), p.subarray(16, 20)));
  const byText = new Map(list.map((f) => [textOf(f), findOutbound(spd, f)]));
  const times = compare(
    {
      text: () => {
        let found = 0;
        for (let i = 0; i < flows; i++) if (byText.get(textOf(list[i])) !== undefined) found++;
        sink(found);
      },
      flow: () => {
        let found = 0;
        for (let i = 0; i < flows; i++) if (findOutbound(spd, list[i]) !== undefined) found++;
        sink(found);
      },
      packet: () => {
        let found = 0;
        for (let i = 0; i < flows; i++) if (findOutboundPacket(spd, packets[i]) !== undefined) found++;
        sink(found);
      },
    },
    { per: flows },
  );
  const row = (name, value) =>
    judged({ name, value, unit: 'ns', baseline: 'Map keyed by text', ratio: times.text / value }, { atMost: 25 }, value);
  return [
    { name: 'Map keyed by text', value: times.text, unit: 'ns' },
    row('flow-cache hit, IPv4 flow', times.flow),
    row('flow-cache hit, IPv4 packet', times.packet),
  ];
}

/** @returns {Row[]} */
function hits6({ compare, sink }) {
  const spd = createSpd(shapes.subnets(1000));
  const packets = Array.from({ length: flows }, (_, i) => packet6(i));
  const list = packets.map((p) => flowOf(6, p.subarray(8, 24), p.subarray(24, 40)));
  const times = compare(
    {
      flow: () => {
        for (let i = 0; i < flows; i++) sink(findOutbound(spd, list[i]));
      },
      packet: () => {
        for (let i = 0; i < flows; i++) sink(findOutboundPacket(spd, packets[i]));
      },
    },
    { per: flows },
  );
  return [
    { name: 'flow-cache hit, IPv6 flow', value: times.flow, unit: 'ns' },
    { name: 'flow-cache hit, IPv6 packet', value: times.packet, unit: 'ns' },
  ];
}

/** Each look-up is of another packet; the packet itself is at hand, as one that has just arrived. @returns {Row[]} */
function misses({ compare, judged, sink }) {
  const rows = [];
  for (const [shape, make] of Object.entries(shapes)) {
    for (const count of [1000, 100_000]) {
      const entries = make(count);
      const spd = createSpd([...entries, everything('DISCARD')], { flowCache: 64 }); // far too small for what passes: each look-up also searches and replaces
      const next = arrivals(entries);
      const times = compare(
        {
          arrive: () => {
            for (let i = 0; i < flows; i++) next();
            sink(next());
          },
          miss: () => {
            let found = 0;
            for (let i = 0; i < flows; i++) if (findOutboundPacket(spd, next()) !== undefined) found++;
            sink(found);
          },
          ...(count === 1000 && shape === 'subnets' ? { loop: linear(entries, next, sink) } : {}),
        },
        { per: flows },
      );
      if (times.loop !== undefined) rows.push({ name: 'loop over 1000 policies', value: times.loop, unit: 'ns' });
      const value = times.miss - times.arrive;
      const row = { name: `miss, ${count} policies: ${shape}`, value, unit: 'ns' };
      rows.push(count > 1000 ? judged(row, { atMost: 300 }, value) : row);
    }
  }
  return rows;
}

/** One look-up in a loop over the policies; it counts as many as a window of the others does. */
function linear(entries, next, sink) {
  return () => {
    for (let i = 0; i < flows; i++) {
      const p = next();
      const flow = flowOf(4, p.subarray(12, 16), p.subarray(16, 20));
      sink(entries.find((entry) => containsFlow(entry.selectors, flow, 'outbound')));
    }
  };
}

const everything = (action) => ({ action, selectors: [{ local: ANY, remote: ANY, protocol: ANY, localPorts: ANY, remotePorts: ANY }] });
const policy = (selectors) => ({ action: 'BYPASS', selectors: [{ ...everything('BYPASS').selectors[0], ...selectors }] });
const range = (start, end) => [{ start: octets(start), end: octets(end) }];

/** Ways in which many policies differ. */
const shapes = {
  subnets: (n) => Array.from({ length: n }, (_, i) => policy({ remote: range(0x0b000000 + 256 * i, 0x0b0000ff + 256 * i) })),
  hosts: (n) => {
    const random = generator();
    return Array.from({ length: n }, () => policy({ remote: range(...Array(2).fill(random(2 ** 32))) }));
  },
  'pairs of subnets': (n) => {
    const side = Math.ceil(Math.sqrt(n));
    const net = (base, i) => range(base + 256 * i, base + 255 + 256 * i);
    return Array.from({ length: n }, (_, i) => policy({ local: net(0x0a000000, i % side), remote: net(0x0b000000, Math.floor(i / side)) }));
  },
  'any remote address': (n) => Array.from({ length: n }, (_, i) => policy({ local: range(0x0a000000 + 16 * i, 0x0a00000f + 16 * i) })),
  'nested prefixes': (n) => {
    const random = generator();
    return Array.from({ length: n }, () => {
      const size = 2 ** random(9);
      const start = Math.floor((0x0b000000 + random(2 ** 25)) / size) * size;
      return policy({ remote: range(start, start + size - 1), protocol: 6, remotePorts: random(2) ? ANY : [{ start: 2, end: 2 }] });
    }).sort((a, b) => widthOf(a) - widthOf(b));
  },
};

const widthOf = ({ selectors: [{ remote }] }) => word(remote[0].end) - word(remote[0].start);

/** Packets that match the policies, one after the other in the same octets. */
function arrivals(entries) {
  const random = generator();
  const words = new Uint32Array(2 * 4096);
  for (let i = 0; i < words.length; i += 2) {
    const [{ local, remote }] = entries[random(entries.length)].selectors;
    const pick = (ranges) =>
      ranges === ANY ? random(2 ** 32) : word(ranges[0].start) + random(1 + word(ranges[0].end) - word(ranges[0].start));
    words[i] = pick(local);
    words[i + 1] = pick(remote);
  }
  const p = packet4(0, 0);
  let at = 0;
  return () => {
    at = (at + 2) % words.length;
    put(p, 12, words[at]);
    put(p, 16, words[at + 1]);
    return p;
  };
}

function packet4(source, destination) {
  const p = new Uint8Array(40);
  p.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6]);
  put(p, 12, source);
  put(p, 16, destination);
  p.set([0, 1, 0, 2], 20);
  return p;
}

function packet6(i) {
  const p = new Uint8Array(60);
  p.set([0x60, 0, 0, 0, 0, 20, 6, 64]);
  p.set([0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, i], 8);
  p.set([0x20, 1, 0x0d, 0xb8, 0, 2, 0, i, 0, 0, 0, 0, 0, 0, 0, 1], 24);
  p.set([0, 1, 0, 2], 40);
  return p;
}

const flowOf = (version, source, destination) => ({ version, source, destination, protocol: 6, sourcePort: 1, destinationPort: 2 });
const textOf = (f) => `${f.source.join('.')}|${f.destination.join('.')}|${f.protocol}|${f.sourcePort}|${f.destinationPort}`;
const octets = (n) => put(new Uint8Array(4), 0, n);
const word = (b) => ((b[0] << 24) | (b[1] << 16) | (b[2] << 8) | b[3]) >>> 0;

function put(b, at, n) {
  b[at] = n >>> 24;
  b[at + 1] = n >>> 16;
  b[at + 2] = n >>> 8;
  b[at + 3] = n;
  return b;
}

/** The same numbers in every run. */
function generator() {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
