const rfc7296 = ['test/conformance/rfc7296.test.ts'];
const wire = ['test/conformance/rfc7296-endpoint.test.ts'];
const rfc7383 = ['test/conformance/rfc7383.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'conformance: an answer is remembered for longer than the window',
    file: 'src/ikev2/windows.ts',
    find: 'other.messageId > newest - size ||',
    replace: 'other.messageId > newest - size - 9 ||',
    tests: rfc7296,
  },
  {
    name: 'conformance: an answer is forgotten too early',
    file: 'src/ikev2/windows.ts',
    find: 'other.messageId > newest - size ||',
    replace: 'other.messageId > newest - size + 1 ||',
    tests: rfc7296,
  },
  {
    name: 'conformance: Message IDs end without a rekey',
    file: 'src/ikev2/windows.ts',
    find: "return nextOwnId > lastMessageId && outstanding.length === 0 ? 'none' : 'few';",
    replace: "return 'enough';",
    tests: rfc7296,
  },
  {
    name: 'conformance: a critical payload is passed over',
    file: 'src/ikev2/transition.ts',
    find: 'if (type === undefined) return;',
    replace: 'if (type !== 300) return;',
    tests: rfc7296,
  },
  {
    name: 'conformance: any cookie will do',
    file: 'src/ikev2/exchange/ike-sa-init-answer.ts',
    find: 'if (!cookie || !verifyCookie(cookies, input, cookie.data))',
    replace: 'if (!cookie)',
    tests: rfc7296,
  },
  {
    name: 'conformance: after INVALID_KE_PAYLOAD only that group is offered',
    file: 'src/ikev2/exchange/ike-sa-init.ts',
    find: 'proposals: encodeIkeProposals(connection.proposals) }',
    replace:
      'proposals: encodeIkeProposals(sa.groupsTried.length > 1 ? connection.proposals.map((p) => ({ ...p, keyExchange: [keyExchange.row] })) : connection.proposals) }',
    tests: rfc7296,
  },
  {
    name: 'conformance: an SPIi of zero begins an IKE SA',
    file: 'src/ikev2/respond.ts',
    find: '!zero(spiI) && zero(spiR)',
    replace: 'zero(spiR)',
    tests: rfc7296,
  },
  {
    name: 'conformance: who is behind a NAT follows another address',
    file: 'src/ikev2/exchange/init-extensions.ts',
    find: 'follow: remote && !local',
    replace: 'follow: remote',
    tests: rfc7296,
  },
  {
    name: 'conformance: nothing about NATs is said',
    file: 'src/ikev2/exchange/ike-sa-init.ts',
    find: '    ...natDetectionNotifies(connection, sa),\n',
    replace: '',
    tests: wire,
  },
  {
    name: 'conformance: INVALID_IKE_SPI with a Message ID of its own',
    file: 'src/endpoint/strangers.ts',
    find: '\n    messageId,',
    replace: '\n    messageId: 0,',
    tests: wire,
  },
  {
    name: 'conformance: fragments that were not agreed on',
    file: 'src/ikev2/exchange/ike-sa-init.ts',
    find: "connection.options.fragmentSizes.length > 0 && findNotify(payloads, 'IKEV2_FRAGMENTATION_SUPPORTED') !== undefined",
    replace: 'connection.options.fragmentSizes.length > 0',
    tests: rfc7383,
  },
  {
    name: 'conformance: smaller fragments wait as long as the last larger ones',
    file: 'src/ikev2/send.ts',
    find: 'nextTry(policy, tries - before, env)',
    replace: 'nextTry(policy, tries, env)',
    tests: rfc7383,
  },
  {
    name: 'conformance: fragments are kept for ever',
    file: 'src/ikev2/sa.ts',
    find: 'env.now >= sa.windows.queuesExpire ? forgetFragments(sa) : sa',
    replace: 'sa',
    tests: rfc7383,
  },
];
