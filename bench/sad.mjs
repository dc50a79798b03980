// Look-up of an inbound SA: 10, 1,000 and 100,000 SAs with random SPIs, packets in random order. Baseline: a Map from number to entry.
import { addSa, checkTraffic, createSad, findInboundSa } from '../dist/sad.js';

const perCall = 1000;
const rounds = 64;

export async function run({ compare, measure, judged, sink }) {
  const rows = [];
  const times = new Map();
  for (const count of [10, 1000, 100_000]) {
    const { sad, map, order } = fill(count);
    const packet = new Uint8Array(40);
    let at = 0;
    const next = () => (at = (at + 1) % rounds) * perCall;
    const ns = compare(
      {
        sad: () => {
          let last;
          const from = next();
          for (let i = from; i < from + perCall; i++) last = findInboundSa(sad, 'ESP', order[i], packet, 12, 16, 4);
          sink(last);
        },
        map: () => {
          let last;
          const from = next();
          for (let i = from; i < from + perCall; i++) last = map.get(order[i]);
          sink(last);
        },
      },
      { per: perCall },
    );
    times.set(count, ns.sad);
    const row = { name: `find among ${count} SAs by SPI`, value: ns.sad, unit: 'ns', baseline: 'a Map', ratio: ns.map / ns.sad };
    rows.push(count === 1000 ? judged(row, { atMost: 40 }, ns.sad) : row);
  }
  const growth = times.get(100_000) / times.get(1000);
  rows.push(judged({ name: 'from 1,000 to 100,000 SAs', value: growth, unit: 'x' }, { atMost: 4 }, growth));

  const group = fillGroups(1000);
  rows.push({
    name: 'find among 3,000 multicast and unicast SAs by SPI, destination and source',
    value: measure(group.find(sink), { per: perCall }),
    unit: 'ns',
  });

  const limited = addSa(
    createSad(),
    bareSa(1, { softLifetime: { seconds: 1e6, octets: 1e12 }, hardLifetime: { seconds: 2e6, octets: 2e12, packets: 1e12 } }),
    {
      direction: 'outbound',
    },
  );
  const sad = createSad();
  const check = () => {
    let ok = 0;
    for (let i = 0; i < perCall; i++) if (checkTraffic(sad, limited, 1400, i) === 'ok') ok++;
    sink(ok);
  };
  rows.push({ name: 'check the lifetime before a packet', value: measure(check, { per: perCall }), unit: 'ns' });
  return rows;
}

function fill(count) {
  const sad = createSad();
  const map = new Map();
  const random = numbers(count);
  const spis = [];
  while (spis.length < count) {
    const spi = random();
    if (spi < 256 || map.has(spi)) continue;
    map.set(spi, addSa(sad, bareSa(spi), { direction: 'inbound' }));
    spis.push(spi);
  }
  const order = new Uint32Array(perCall * rounds);
  for (let i = 0; i < order.length; i++) order[i] = spis[random() % count];
  return { sad, map, order };
}

/** Each SPI three times: for one source of a group, for any source of another group, and unicast. */
function fillGroups(count) {
  const sad = createSad();
  const source = new Uint8Array([192, 0, 2, 7]);
  const groups = [new Uint8Array([224, 0, 0, 5]), new Uint8Array([224, 0, 0, 6])];
  for (let spi = 256; spi < 256 + count; spi++) {
    addSa(sad, bareSa(spi, { source, destination: groups[0] }), { direction: 'inbound' });
    addSa(sad, bareSa(spi, { destination: groups[1] }), { direction: 'inbound' });
    addSa(sad, bareSa(spi), { direction: 'inbound' });
  }
  const packets = [...groups, new Uint8Array([192, 0, 2, 1])].map((destination) => {
    const packet = new Uint8Array(20);
    packet.set(source, 12);
    packet.set(destination, 16);
    return packet;
  });
  const find = (sink) => () => {
    let last;
    for (let i = 0; i < perCall; i++) last = findInboundSa(sad, 'ESP', 256 + ((i * 7) % count), packets[i % 3], 12, 16, 4);
    sink(last);
  };
  return { find };
}

/** As much of an SA as the database looks at: keys would only cost time here. */
function bareSa(spi, more = {}) {
  return {
    protocol: 'ESP',
    mode: 'transport',
    spi,
    source: undefined,
    destination: undefined,
    esn: false,
    mayWrap: false,
    alive: true,
    softLifetime: {},
    hardLifetime: {},
    createdAt: 0,
    seq: 0,
    octets: 0,
    packets: 0,
    ...more,
  };
}

function numbers(seed) {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x ^ (x >>> 13)) >>> 0;
  };
}
