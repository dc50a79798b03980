const transcripts = 'test/capture/ikev1.test.ts';
const rules = 'test/capture/ikev1-rules.test.ts';
const words = 'test/capture/explain-ikev1.test.ts';
const keys = 'test/capture/ikev1-keys.test.ts';

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'capture of IKEv1: any HASH_I and HASH_R is right',
    file: 'src/capture/ikev1-auth.ts',
    find: "return fits ? 'ok' : 'bad';",
    replace: "return fits ? 'ok' : 'ok';",
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: any HASH(1) is right',
    file: 'src/capture/ikev1-auth.ts',
    find: "verifyHash(expected, hash) ? 'ok' : 'bad';",
    replace: "'ok';",
    tests: [rules],
  },
  {
    name: "capture of IKEv1: HASH_R is judged by the initiator's formula",
    file: 'src/capture/ikev1-auth.ts',
    find: 'byInitiator ? computeHashI : computeHashR',
    replace: 'byInitiator ? computeHashI : computeHashI',
    tests: [transcripts],
  },
  {
    name: 'capture of IKEv1: only the newest message gives an IV',
    file: 'src/capture/ikev1-open.ts',
    find: 'for (const before of seen.toReversed())',
    replace: 'for (const before of seen.slice(-1))',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: phase 2 begins with the first IV of phase 1',
    file: 'src/capture/ikev1-open.ts',
    find: 'const ends = [...blocks.map(({ last }) => last.subarray(-blockSize)),',
    replace: 'const ends = [',
    tests: [transcripts],
  },
  {
    name: 'capture of IKEv1: all of a message is decrypted with every key and every IV',
    file: 'src/capture/ikev1-open.ts',
    find: 'if (!looksOpen(candidate, iv, message)) continue;',
    replace: 'looksOpen(candidate, iv, message);',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: the messages that are remembered have no end',
    file: 'src/capture/ikev1-open.ts',
    find: 'if (chain.seen.length > MAXIMUM_SEEN) chain.seen.shift();',
    replace: '',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: the keys that are tried have no end',
    file: 'src/capture/ikev1-phase1.ts',
    find: 'found.length < MAXIMUM_CANDIDATES ? orNothing(make) : undefined',
    replace: 'orNothing(make)',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: the first public value is the only one',
    file: 'src/capture/ikev1-phase1.ts',
    find: 'if (list.length >= MAXIMUM_FACTS || list.some((other) => same(other, value))) return false;',
    replace: 'if (list.length > 0) return false;',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: SKEYID is always made as with signatures',
    file: 'src/capture/ikev1-phase1.ts',
    find: 'const usesPsk = pskMethods.includes(suite.authentication);',
    replace: 'const usesPsk = false;',
    tests: [transcripts],
  },
  {
    name: 'capture of IKEv1: a message with a wrong hash makes SAs',
    file: 'src/capture/ikev1-follow.ts',
    find: "|| auth !== 'ok' || nonce === undefined) return [];",
    replace: '|| nonce === undefined) return [];',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: every repetition of a Quick Mode claims a shared secret',
    file: 'src/capture/ikev1-follow.ts',
    find: '|| exchange.Nr !== undefined) return [];',
    replace: ') return [];',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: the keys of AH are made with the number of ESP',
    file: 'src/capture/ikev1-child.ts',
    find: "protocol === 'AH' ? AH : ESP",
    replace: "protocol === 'AH' ? ESP : ESP",
    tests: [transcripts],
  },
  {
    name: 'capture of IKEv1: every answer is to the first offer',
    file: 'src/capture/ikev1-child.ts',
    find: 'findOfferedV1(offers[n] ?? [], chosen)',
    replace: 'findOfferedV1(offers[0] ?? [], chosen)',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: the two directions of an SA are changed over',
    file: 'src/capture/ikev1-child.ts',
    find: 'return [direction(chosen.spi, at.destination, at.source), direction(offered.spi, at.source, at.destination)];\n}\n\n/** The algorithms',
    replace:
      'return [direction(offered.spi, at.destination, at.source), direction(chosen.spi, at.source, at.destination)];\n}\n\n/** The algorithms',
    tests: [words],
  },
  {
    name: 'capture of IKEv1: on one address everybody is the initiator',
    file: 'src/capture/ikev1-sa.ts',
    find: 'return isHis;',
    replace: 'return true;',
    tests: [rules],
  },
  {
    name: 'capture of IKEv1: passwords are shown as text',
    file: 'src/capture/ikev1-explain.ts',
    find: '/BANNER|DOMAIN|VERSION|DNS_NAME|HOSTNAME|MESSAGE|USER-NAME/',
    replace: '/BANNER|DOMAIN|VERSION|DNS_NAME|HOSTNAME|MESSAGE|USER-/',
    tests: [words],
  },
  {
    name: 'key log: the key of IKEv1 goes into the table of IKEv2',
    file: 'src/capture/key-log.ts',
    find: "{ table: 'ikev1_decryption_table', text: formatIkev1SaKeyLog(event) }",
    replace: "{ table: 'ikev2_decryption_table', text: formatIkev1SaKeyLog(event) }",
    tests: [keys],
  },
];
