/**
 * The building: which room stands on which floor, and what each room may import.
 * Imports go down, or stay inside their room; type imports count too; there are no cycles.
 * `npm run floors` checks it, `npm run floors:print` writes the picture in docs/architecture.md.
 *
 * A room is `src/NAME/` together with its public face `src/NAME.ts`.
 */

/** @typedef {{ floor: number, name: string, files?: string[], packages?: string[], node?: boolean, holds: string }} Room */

/** @type {readonly Room[]} */
export const rooms = [
  { floor: 0, name: 'foundations', files: ['bytes', 'errors', 'deadlines'], holds: 'octets, the one error class, a heap of deadlines' },
  { floor: 1, name: 'wire', holds: 'declarations of octets: one per structure, for both directions' },
  { floor: 1, name: 'der', holds: 'ASN.1 as names, keys and signatures have it: read strictly, written' },
  { floor: 1, name: 'iana', holds: 'registries as data, with RFC and requirement level per row' },
  { floor: 2, name: 'suite', packages: ['@noble/ciphers', '@noble/curves', '@noble/hashes'], holds: 'algorithms as values' },
  { floor: 2, name: 'ip', holds: 'headers, checksums, ECN, ICMP, fragments, flows' },
  { floor: 2, name: 'replay-window', holds: 'anti-replay: a ring of bits and the inference of ESN' },
  { floor: 3, name: 'traffic-selector', holds: 'ranges of address, protocol and port' },
  {
    floor: 4,
    name: 'association',
    files: ['association', 'verdict', 'frame'],
    holds: 'the SA record, its counter, its keyed context; what a packet comes to',
  },
  { floor: 3, name: 'nat-t', holds: 'UDP encapsulation' },
  { floor: 5, name: 'esp', holds: 'RFC 4303' },
  { floor: 5, name: 'ah', holds: 'RFC 4302' },
  { floor: 5, name: 'ipcomp', packages: ['fflate'], holds: 'RFC 3173' },
  { floor: 6, name: 'sad', holds: 'the Security Association Database' },
  { floor: 6, name: 'spd', holds: 'the Security Policy Database' },
  { floor: 6, name: 'pad', holds: 'the Peer Authorization Database' },
  { floor: 5, name: 'isakmp', holds: 'header, payload chain, attributes: what both versions of IKE share' },
  {
    floor: 7,
    name: 'keying',
    holds: 'what both versions of IKE and their host speak of: a connection, a Child SA, questions, actions',
  },
  { floor: 7, name: 'process', holds: 'RFC 4301 sections 5 to 8, pure over databases, packet and now' },
  { floor: 8, name: 'ikev2', holds: 'IKEv2: payloads, messages, keys, SK, fragments, AUTH, the machine' },
  { floor: 8, name: 'ikev1', holds: 'IKEv1, deprecated: payloads, messages, keys, hashes, the machine' },
  { floor: 9, name: 'ike', holds: 'the public face of ikev2' },
  {
    floor: 9,
    name: 'x509',
    packages: ['asn1js', 'pkijs'],
    holds: 'certificates: paths, revocation, identities; answers what the machine asks',
  },
  { floor: 9, name: 'eap', holds: 'EAP methods, both roles; answers what the machine asks' },
  { floor: 9, name: 'endpoint', holds: 'one host without I/O: RFC 4301 and IKE together' },
  { floor: 10, name: 'capture', holds: 'pcap, pcapng, decode, explain, key files: pure, so a page in a browser uses it too' },
  { floor: 11, name: 'node', node: true, holds: 'the only floor, with the command line, that touches Node' },
  { floor: 12, name: 'index', holds: 'the paved path' },
  { floor: 13, name: 'cli', node: true, holds: 'the command `ipsec-ts`' },
];

/** @param {Room} room */
export const roomPattern = (room) => `^src/(?:${(room.files ?? [room.name]).join('|')})(?:/|\\.ts$)`;

/** @param {readonly Room[]} list */
const anyOf = (list) => list.map(roomPattern);

const roomRules = rooms.map((room) => ({
  name: `floor-${room.floor}-${room.name}`,
  comment: `${room.name} (floor ${room.floor}) imports from lower floors and from itself only`,
  severity: 'error',
  from: { path: roomPattern(room) },
  to: { path: '^src/', pathNot: [...anyOf(rooms.filter((r) => r.floor < room.floor)), roomPattern(room)] },
}));

const packageRules = rooms.map((room) => ({
  name: `packages-of-${room.name}`,
  comment: `${room.name} uses ${room.packages?.join(', ') ?? 'no package'}`,
  severity: 'error',
  from: { path: roomPattern(room) },
  to: { path: 'node_modules', pathNot: (room.packages ?? []).map((p) => `node_modules/${p}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'node-only-upstairs',
      comment: 'the core runs in browsers: nothing of Node below floor 11',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf(rooms.filter((r) => r.node)) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ikev1-alone',
      comment: 'IKEv1 can be deleted: nothing names it but its own public face, and the files of captures that go with it',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:ikev1(?:/|\\.ts$)|iana/|capture/ikev1[-.]|endpoint/ikev1-types|node/ikev1\\.)' },
      to: { path: '^src/ikev1(?:/|\\.ts$)' },
    },
    {
      name: 'ikev1-names-alone',
      comment: 'the registries of IKEv1 are data for IKEv1 and for whoever explains captures',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:ikev1(?:/|\\.ts$)|iana/|capture/)' },
      to: { path: '^src/iana/ikev1' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench|sabotage|vectors|docs|dist)/' },
    },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
};
