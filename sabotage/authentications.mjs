const attacks = ['test/attacks/authentications.test.ts'];
const judge = ['test/node/tls-judge.node.test.ts'];
const certificates = ['test/attacks/certificates.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'authentications: the certificate of a second proof is judged by the trust anchors of the first',
    file: 'src/endpoint/credentials.ts',
    find: 'const judge = peer[round]?.credential;',
    replace: 'const judge = peer[0 * round]?.credential;',
    tests: attacks,
  },
  {
    name: 'authentications: the machine does not say which proof a certificate is for',
    file: 'src/ikev2/exchange/ike-auth-further.ts',
    find: 'round: rounds.ids.length, localId',
    replace: 'localId',
    tests: attacks,
  },
  {
    name: 'authentications: EAP that is a proof of the responder need not be mutual where it has proved something else before',
    file: 'src/ikev2/exchange/eap-initiator.ts',
    find: 'const isAlone = !responder.isProved || isProofOf(sa, responder);',
    replace: 'const isAlone = !responder.isProved;',
    tests: attacks,
  },
  {
    name: 'authentications: EAP that is a proof of the responder is of whom it was before',
    file: 'src/ikev2/exchange/eap-initiator.ts',
    find: 'if (!responder || isProofOf(sa, responder))',
    replace: 'if (!responder)',
    tests: attacks,
  },
  {
    name: 'authentications: who owes two proofs gets by with the one that is enough for everybody',
    file: 'src/ikev2/exchange/ike-auth-answer.ts',
    find: '(peer.id) === formatPadId(first.peer.id)',
    replace: "(peer.id) !== ''",
    tests: attacks,
  },
  {
    name: 'authentications: a name may end a line of our log, or turn it round',
    file: 'src/traffic-selector/identity.ts',
    find: '\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069',
    replace: '',
    tests: ['test/attacks/identities.test.ts'],
  },
  {
    name: 'authentications: a key of Ed25519 that is none is thrown',
    file: 'src/x509/signature.ts',
    find: '    return false;\n  }\n}\n\n/** WebCrypto',
    replace: '    if (scheme.hash === undefined) throw cause;\n    return false;\n  }\n}\n\n/** WebCrypto',
    tests: certificates,
  },
  {
    name: 'authentications: a half-open IKE SA counts for whatever address its last message came from',
    file: 'src/endpoint/entries.ts',
    find: '  if (halfOpen !== (entry.halfOpenFrom !== undefined))',
    replace:
      '  if (halfOpen && entry.halfOpenFrom !== undefined) countHalfOpen(endpoint, entry, undefined);\n  if (halfOpen !== (entry.halfOpenFrom !== undefined))',
    tests: attacks,
  },
  {
    name: 'authentications: an error beside the AUTH of EAP ends the IKE SA',
    file: 'src/ikev2/transitions-auth.ts',
    find: "with: ['AUTH'],\n    needs: [],\n    may: ['CP', 'SA', 'TSi', 'TSr'],",
    replace: "with: ['AUTH', 'SA'],\n    needs: [],\n    may: ['CP', 'SA', 'TSi', 'TSr'],",
    tests: attacks,
  },
  {
    name: 'authentications: lists of a configuration count for EAP-TLS no more than what a client sends',
    file: 'src/node/credentials/tls.ts',
    find: '    ...config,\n  });',
    replace: '    ...config,\n    crls: (config.crls ?? []).slice(0, 16),\n  });',
    tests: judge,
  },
  {
    name: 'authentications: a server of EAP-TLS may have any name',
    file: 'src/node/credentials/tls.ts',
    find: "if (verdict !== 'trusted' || role === 'authenticator') return verdict;",
    replace: 'if (serverNames.length >= 0) return verdict;',
    tests: judge,
  },
  {
    name: 'authentications: a wildcard in a certificate is somebody for EAP-TLS',
    file: 'src/eap/tls-names.ts',
    find: 'if (name.tag === DNS_NAME && octets.includes(ASTERISK)) return undefined;',
    replace: '',
    tests: certificates,
  },
  {
    name: 'authentications: a list that was fetched is forgotten where the peer brings another',
    file: 'src/x509/revocation.ts',
    find: 'for (const list of [...state.lists, ...cachedLists(state, certificate, issuer)])',
    replace: 'for (const list of [...state.lists, ...cachedLists(state, certificate, issuer).slice(0, 0)])',
    tests: certificates,
  },
];
