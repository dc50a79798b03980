import fc from 'fast-check';
import { type AddressRange, compareAddresses, type Flow, OPAQUE } from '../../src/ip.js';
import { ANY, type Addresses, hasOneSelector, hasPorts, type Ports, type SelectorSet } from '../../src/traffic-selector.js';

// Small worlds, so that random policies and random packets meet: the last octet of one prefix, a few ports, the protocols that differ in kind.
const hosts = 12;
const portValues = 6;
const protocolsHere = [0, 1, 6, 17, 50, 58, 135];

const version = fc.constantFrom(4 as const, 6 as const);

function address(v: 4 | 6, n: number): Uint8Array {
  // numbers around a carry, so that stepping from one address to the next crosses octets
  const a = v === 4 ? Uint8Array.of(10, 0, 0, 0) : Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  a[a.length - 2] = n >> 1 >= hosts / 4 ? 1 : 0;
  a[a.length - 1] = n >= hosts / 2 ? n - hosts / 2 : 256 - hosts / 2 + n;
  return a;
}

const range = (v: 4 | 6): fc.Arbitrary<AddressRange> =>
  fc.tuple(fc.nat(hosts - 1), fc.nat(hosts - 1)).map(([a, b]) => {
    const [x, y] = [address(v, a), address(v, b)];
    return compareAddresses(x, y) <= 0 ? { start: x, end: y } : { start: y, end: x };
  });

const addresses = (families: readonly (4 | 6)[]): fc.Arbitrary<Addresses> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<Addresses>(ANY) },
    { weight: 3, arbitrary: fc.array(fc.constantFrom(...families).chain(range), { minLength: 1, maxLength: 3 }) },
  );

const portList: fc.Arbitrary<Ports> = fc.array(
  fc.tuple(fc.nat(portValues - 1), fc.nat(portValues - 1)).map(([a, b]) => ({ start: Math.min(a, b) * 256, end: Math.max(a, b) * 256 })),
  { minLength: 1, maxLength: 2 },
);
const plainPorts: fc.Arbitrary<Ports> = fc.constantFrom<Ports[]>(ANY, OPAQUE);
const anyPorts: fc.Arbitrary<Ports> = fc.oneof(plainPorts, portList);

/** Valid selector sets. */
export const selectorSet: fc.Arbitrary<SelectorSet> = fc
  .tuple(fc.constantFrom<(4 | 6)[][]>([4], [6], [4, 6]), fc.constantFrom(ANY, OPAQUE, ...protocolsHere))
  .chain(([families, protocol]) => {
    const ports = protocol === ANY ? fc.constant<Ports>(ANY) : hasPorts(protocol) || hasOneSelector(protocol) ? anyPorts : plainPorts;
    const usable = protocol === OPAQUE ? ([6] as const) : families;
    return fc.record({
      local: addresses(usable),
      remote: addresses(usable),
      protocol: fc.constant(protocol),
      localPorts: ports,
      remotePorts: ports,
    });
  })
  .filter(
    ({ local, remote }) => local === ANY || remote === ANY || local.some((l) => remote.some((r) => l.start.length === r.start.length)),
  );

/** Flows that a packet can have. */
export const flow: fc.Arbitrary<Flow> = fc
  .tuple(version, fc.nat(hosts - 1), fc.nat(hosts - 1), fc.constantFrom(OPAQUE, ...protocolsHere), fc.nat(portValues), fc.nat(portValues))
  .map(([v, s, d, p, x, y]) => {
    const protocol = v === 4 && p === OPAQUE ? 6 : p;
    const value = (n: number): number => (n === portValues ? OPAQUE : n * 256);
    const [sourcePort, destinationPort] = hasOneSelector(protocol)
      ? [value(x), value(x)]
      : hasPorts(protocol) && x < portValues && y < portValues
        ? [value(x), value(y)]
        : [OPAQUE, OPAQUE];
    return { version: v, source: address(v, s), destination: address(v, d), protocol, sourcePort, destinationPort };
  });

export const direction = fc.constantFrom('outbound' as const, 'inbound' as const);
