const users = ['test/endpoint/ikev1-users.test.ts'];
const sessions = ['test/endpoint/ikev1.test.ts'];
const strangers = ['test/endpoint/ikev1-strangers.test.ts'];
const configs = ['test/endpoint/config-ikev1.test.ts'];
const node = ['test/node/ikev1.node.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'ikev1-endpoint: whoever has the secret of the group counts as let in before a password was asked for',
    file: 'src/endpoint/version1.ts',
    find: "|| sa.state === 'XAUTH_SERVER')",
    replace: ')',
    tests: users,
  },
  {
    name: 'ikev1-endpoint: half-open IKE SAs of version 1 are not counted',
    file: 'src/endpoint/version1.ts',
    find: "return sa.role === 'responder' && sa.state !== 'CLOSED' &&",
    replace: 'return sa.createdAt < 0 &&',
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: the other users of a group lose their Child SAs to whoever logs in',
    file: 'src/endpoint/entries.ts',
    find: 'isVersion1(sa) ? sa.user : undefined',
    replace: 'undefined',
    tests: users,
  },
  {
    name: 'ikev1-endpoint: Child SAs stay with the old IKE SA, and end with it',
    file: 'src/endpoint/adopt.ts',
    find: "type: 'adopt', children, leased",
    replace: "type: 'adopt', children: [], leased",
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: the old IKE SA takes what was taken over with it',
    file: 'src/endpoint/adopt.ts',
    find: "event: { type: 'disown' }",
    replace: "event: { type: 'wake' }",
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: a new phase 1 asks for Child SAs that it takes over',
    file: 'src/endpoint/reauthenticate.ts',
    find: '...(connection.version === 1 && { childless: true })',
    replace: '...(connection.version === undefined && { childless: true })',
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: a message of version 2 reaches an IKE SA of version 1',
    file: 'src/endpoint/receive.ts',
    find: 'if (entry && isVersion1(entry.sa)) count(',
    replace: 'if (entry && !entry.sa) count(',
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: a message of version 1 reaches an IKE SA of version 2',
    file: 'src/endpoint/receive-ikev1.ts',
    find: "if (responder && isVersion1(responder.sa) && responder.sa.role === 'responder') return responder;",
    replace: "if (responder && responder.sa.role === 'responder') return responder;",
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: a first message of version 2 is a repetition of one of version 1 with the same cookie',
    file: 'src/endpoint/receive.ts',
    find: 'if (known && isVersion1(known.sa)) {',
    replace: 'if (known && !known.sa) {',
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: a first message that is repeated makes another IKE SA',
    file: 'src/endpoint/receive-ikev1.ts',
    find: 'addEntry(endpoint, sa, wakeAt, key)',
    replace: 'addEntry(endpoint, sa, wakeAt)',
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: any exchange begins an IKE SA',
    file: 'src/endpoint/receive-ikev1.ts',
    find: 'ckyR === noSpi && beginning.includes(message[18]!)',
    replace: 'ckyR === noSpi && message[18]! >= 0',
    tests: strangers,
  },
  {
    name: 'ikev1-endpoint: a shorter life that the peer asks for is not heeded',
    file: 'src/endpoint/child-config.ts',
    find: '(lifetime?.[name] ?? Infinity) * part',
    replace: '(lifetime ? Infinity : Infinity) * part',
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: ESP of a bundle goes without AH',
    file: 'src/endpoint/policies.ts',
    find: "return ah ? [...inside, { protocol: 'AH', mode: 'transport' }] : inside;",
    replace: 'return inside;',
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: AH of a bundle stays in the SAD',
    file: 'src/endpoint/install.ts',
    find: 'if (record.ah) dropSa(endpoint, record.ah.inbound);',
    replace: '',
    tests: sessions,
  },
  {
    name: 'ikev1-endpoint: a secret that can be guessed offline goes with aggressive mode',
    file: 'src/endpoint/config-ikev1.ts',
    find: "if (isAggressive && kind === 'secret' && !unsafeAggressivePsk)",
    replace: "if (isAggressive && kind === 'eap' && !unsafeAggressivePsk)",
    tests: configs,
  },
  {
    name: 'ikev1-endpoint: a peer may prove nothing without XAUTH',
    file: 'src/endpoint/config-ikev1.ts',
    find: 'if (!isHybrid && own !== peer) {',
    replace: "if (!isHybrid && own !== peer && own !== 'null') {",
    tests: configs,
  },
  {
    name: 'ikev1-endpoint: more than one selector is taken, and one of them is negotiated',
    file: 'src/endpoint/config-ikev1-child.ts',
    find: 'if (ends.length > 1)',
    replace: 'if (ends.length > 9)',
    tests: configs,
  },
  {
    name: 'ikev1-endpoint: any password of a user will do',
    file: 'src/node/credentials/xauth.ts',
    find: 'if (password !== undefined && equalBytes(',
    replace: 'if (password !== undefined || equalBytes(',
    tests: node,
  },
  {
    name: 'ikev1-endpoint: the machine is loaded for everybody',
    file: 'src/node/ikev1.ts',
    find: 'if (!connections.some(({ ike }) => ike.version === 1)) return undefined;',
    replace: 'if (connections.length === 0) return undefined;',
    tests: node,
  },
];
