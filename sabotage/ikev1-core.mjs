/** Defects in what all messages of IKEv1 have in common. */
const step = ['test/ikev1/step.test.ts'];
const pair = ['test/ikev1/pair.test.ts'];
const model = ['test/ikev1/model-states.test.ts'];

export const defects = [
  {
    name: 'ikev1 core: a message that comes again is handled again',
    file: 'src/ikev1/sa.ts',
    find: 'if (exchange?.received && equalBytes(exchange.received, raw))',
    replace: 'if (exchange?.received && raw.length === 0)',
    tests: step,
  },
  {
    name: 'ikev1 core: repetitions are answered for ever',
    file: 'src/ikev1/send.ts',
    find: 'if (!sent || sent.repeats >= mostRepeats)',
    replace: 'if (!sent || sent.repeats > 1e9)',
    tests: step,
  },
  {
    name: 'ikev1 core: another CKY-R will do',
    file: 'src/ikev1/sa.ts',
    find: "return equalBytes(ckyR, sa.spiR) ? undefined : 'another CKY-R';",
    replace: "return sa.spiR.length === 8 ? undefined : 'another CKY-R';",
    tests: step,
  },
  {
    name: 'ikev1 core: a wrong HASH is taken in phase 2',
    file: 'src/ikev1/open.ts',
    find: 'if (!verifyHash(expected, hash))',
    replace: 'if (!verifyHash(expected, expected))',
    tests: step,
  },
  {
    name: 'ikev1 core: HASH(3) is that of any first message',
    file: 'src/ikev1/open.ts',
    find: "about?.kind === 'quick-answered'",
    replace: "about?.kind === 'config-pushed'",
    tests: pair,
  },
  {
    name: 'ikev1 core: an old message shows where the peer is',
    file: 'src/ikev1/sa.ts',
    find: 'return exchange ? { ...sa, heardAt: now, ...(sa.nat.follow && { path }) } : sa;',
    replace: 'return { ...sa, heardAt: now, ...(sa.nat.follow && { path }) };',
    tests: step,
  },
  {
    name: 'ikev1 core: in phase 2 messages may come in the clear',
    file: 'src/ikev1/sa.ts',
    find: 'if (messageId !== 0 || isAuthenticated(sa)) return drop(',
    replace: 'if (messageId === 1) return drop(',
    tests: model,
  },
  {
    name: 'ikev1 core: while one question is open another message is handled',
    file: 'src/ikev1/sa.ts',
    find: "if (sa.waiting) return drop(sa, 'unexpected'",
    replace: "if (sa.waiting && raw.length === 0) return drop(sa, 'unexpected'",
    tests: [...model, 'test/ikev1/xauth-pair.test.ts'],
  },
  {
    name: 'ikev1 core: a notification without protection closes an IKE SA that is there',
    file: 'src/ikev1/stray.ts',
    find: "if (isAuthenticated(sa) || !notify || !isError(notify.notify) || sa.role === 'responder')",
    replace: 'if (!notify)',
    tests: step,
  },
  {
    name: 'ikev1 core: exchanges that are over are kept for ever',
    file: 'src/ikev1/wake.ts',
    find: 'if (env.now < exchange.expires || !isAuthenticated(sa))',
    replace: 'if (env.now < Infinity || !isAuthenticated(sa))',
    tests: step,
  },
  {
    name: 'ikev1 core: half-open IKE SAs have no limit of one address',
    file: 'src/ikev1/respond.ts',
    find: 'halfOpen.fromAddress >= limits.perAddress',
    replace: 'halfOpen.fromAddress > 1e9',
    tests: step,
  },
  {
    name: 'ikev1 core: what was offered is given up without its SPI being given back',
    file: 'src/ikev1/closing.ts',
    find: "case 'quick-offered':\n      return dropOffer(about.offer);",
    replace: "case 'quick-offered':\n      return [];",
    tests: ['test/ikev1/quick-pair.test.ts', 'test/ikev1/quick.test.ts'],
  },
  {
    name: 'ikev1 core: the life that was agreed on does not end the IKE SA',
    file: 'src/ikev1/establish.ts',
    find: 'expire: now + lifetime,',
    replace: 'expire: Infinity,',
    tests: step,
  },
  {
    name: 'ikev1 core: IVs of phase 2 do not begin with the end of phase 1',
    file: 'src/ikev1/send.ts',
    find: 'computePhase2Iv(suite.hash, phase1.iv ?? firstIv, messageId)',
    replace: 'computePhase2Iv(suite.hash, firstIv, messageId)',
    tests: step,
  },
];
