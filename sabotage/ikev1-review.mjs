/** Defects that an adversary would look for in IKEv1. */
const review = ['test/ikev1/review.test.ts'];
const endpoint = ['test/endpoint/ikev1-review.test.ts'];
const sa = 'src/ikev1/sa.ts';

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'IKEv1: phase 2 under the Message ID of phase 1 does without a HASH',
    file: sa,
    find: 'const known = messageId === 0 ? sa.phase1 : ',
    replace: 'const known = messageId === 0 ? undefined : ',
    tests: review,
  },
  {
    name: 'IKEv1: one exchange takes the place of another that has its Message ID',
    file: sa,
    find: "if (exchange === 'Informational' || !known || known.exchange === exchange) return undefined;",
    replace: "if (exchange === 'Informational' || !known || known.exchange === exchange || messageId !== 0) return undefined;",
    tests: review,
  },
  {
    name: 'IKEv1: public values of strangers that have not seen our cookie are computed with',
    file: sa,
    find: 'if (ckyR.every((octet) => octet === 0)) return ',
    replace: 'if (ckyR.every((octet) => octet === 1)) return ',
    tests: review,
  },
  {
    name: 'IKEv1: what a stranger has said makes all of phase 1 short',
    file: sa,
    find: 'deadlines: { ...sa.deadlines, expire: Infinity } };',
    replace: 'deadlines: { ...sa.deadlines } };',
    tests: review,
  },
  {
    name: 'IKEv1: SPIs are lost with original addresses that are none',
    file: 'src/ikev1/exchange/quick-responder.ts',
    find: 'const originals = matches.map((match) => originalsOf(sa, request, match));',
    replace: 'const originals = { get 0() { return originalsOf(sa, request, matches[0]!); } } as readonly ChildSa["original"][];',
    tests: review,
  },
  {
    name: 'IKEv1: our own R-U-THERE is taken for the peer, wherever it comes from',
    file: 'src/ikev1/exchange/dpd.ts',
    find: 'if (isOurs(sa.dpd, sequence))',
    replace: 'if (isOurs(sa.dpd, sequence) && path.remote.port === 0)',
    tests: review,
  },
  {
    name: 'IKEv1: the secret of an address is that of every name',
    file: 'src/ikev1/exchange/phase1-secret.ts',
    find: 'const isSame = equalBytes(SKEYID, keys.SKEYID);',
    replace: 'const isSame = SKEYID.length === keys.SKEYID.length;',
    tests: review,
  },
  {
    name: 'IKEv1: one refusal, played again and again, keeps every Child SA from coming',
    file: 'src/ikev1/exchange/informational.ts',
    find: 'sa: named ? ended : spend(ended, message)',
    replace: 'sa: named ? ended : ended',
    tests: review,
  },
  {
    name: 'IKEv1: long answers are repeated to whoever is said to have asked',
    file: 'src/ikev1/send.ts',
    find: 'return Math.floor((3 * (received?.length ?? 0)) / octets);',
    replace: 'return received && octets > 0 ? 3 : 0;',
    tests: review,
  },
  {
    name: 'IKEv1: first messages of any length are kept',
    file: 'src/ikev1/respond.ts',
    find: 'const longestFirst = 16_384;',
    replace: 'const longestFirst = 65_536;',
    tests: review,
  },
  {
    name: 'IKEv1: the last message of aggressive mode that was lost stays lost',
    file: 'src/ikev1/sa.ts',
    find: "if (sa.state !== 'AGGRESSIVE_R1') return dropped;",
    replace: "if (sa.state !== 'MAIN_R1') return dropped;",
    tests: ['test/ikev1/found-live.test.ts'],
  },
  {
    name: 'IKEv1: an old Quick Mode begins anew',
    file: 'src/ikev1/wake.ts',
    find: 'sa: keepExchange(sa, { ...exchange, received: undefined, sent: undefined, expires: Infinity })',
    replace: 'sa: { ...sa, exchanges: sa.exchanges.filter((other) => other.messageId !== messageId) }',
    tests: review,
  },
  {
    name: 'IKEv1: a private value stays where the public value of the peer is none',
    file: 'src/ikev1/exchange/phase1-keys.ts',
    find: 'exchange.destroy();',
    replace: 'void exchange;',
    tests: review,
  },
  {
    name: 'endpoint: half-open IKE SAs of IKEv1 count against IKEv2',
    file: 'src/endpoint/receive.ts',
    find: 'total: halfOpenTotal - halfOpenOld,',
    replace: 'total: halfOpenTotal,',
    tests: endpoint,
  },
  {
    name: 'endpoint: half-open IKE SAs of IKEv1 count against the address of a peer of IKEv2',
    file: 'src/endpoint/keys.ts',
    find: 'return version === 2 ? addressKey(address) : ',
    replace: 'return version !== 0 ? addressKey(address) : ',
    tests: endpoint,
  },
];
