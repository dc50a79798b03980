const answer = 'src/ikev2/exchange/ike-auth-answer.ts';
const established = 'src/ikev2/exchange/ike-auth-established.ts';
const grant = 'src/ikev2/exchange/ike-auth-grant.ts';
const admit = 'src/ikev2/exchange/ike-auth-admit.ts';
const methods = 'src/ikev2/exchange/ike-auth-methods.ts';
const sharedKey = 'src/ikev2/exchange/ike-auth-shared-key.ts';
const request = 'src/ikev2/exchange/ike-auth-request.ts';
const response = 'src/ikev2/exchange/ike-auth-response.ts';
const peer = 'src/ikev2/peer.ts';
const records = ['test/ikev2/ike-auth.test.ts'];
const pair = ['test/ikev2/ike-auth-pair.test.ts'];
const attacks = ['test/ikev2/ike-auth-attacks.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'IKE_AUTH: any AUTH will do',
    file: sharedKey,
    find: "  if (isRight) return 'right';",
    replace: "  if (secret.length > 0) return 'right';",
    tests: records,
  },
  {
    name: 'IKE_AUTH: an empty secret is a secret',
    file: sharedKey,
    find: 'if (isBytes(secret) && secret.length > 0) return secret;',
    replace: 'if (isBytes(secret)) return secret;',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: the Auth Method is not looked at',
    file: methods,
    find: 'if (authMethods.includes(auth.method)) return',
    replace: 'if (auth.method !== undefined) return',
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: an unknown identity is answered without the work',
    file: answer,
    find: '    checkNothing({ prf: sa.crypto.suite.prf, octets: signedOctetsOf(sa, IDi) }, auth);\n',
    replace: '',
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: a missing secret is answered without the work',
    file: sharedKey,
    find: '  const isRight = verifySharedKeyAuth(',
    replace: '  if (secret instanceof IpsecError) return { error: secret };\n  const isRight = verifySharedKeyAuth(',
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: identities that cannot be read are INVALID_SYNTAX, which others are not',
    file: answer,
    find: "throw found.code === 'authentication-failed'\n      ? found",
    replace: "throw found.code !== ''\n      ? found",
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: each side signs its own nonce',
    file: established,
    find: '{ message: message1, nonce: Nr, idBody',
    replace: '{ message: message1, nonce: Ni, idBody',
    tests: records,
  },
  {
    name: 'IKE_AUTH: both sides sign with SK_pi',
    file: established,
    find: 'SK_p: keys.SK_pr }',
    replace: 'SK_p: keys.SK_pi }',
    tests: records,
  },
  {
    name: 'IKE_AUTH: RESERVED of an ID payload is taken for zero',
    file: peer,
    find: 'return body ?? concat(',
    replace: 'return concat(',
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: the last connection that takes the identity decides',
    file: peer,
    find: '?? fitting[0];',
    replace: '?? fitting.at(-1);',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: IDr of the initiator is not heeded',
    file: peer,
    find: 'return (askedId && fitting.find(',
    replace: 'return (askedId && [].find(',
    tests: pair,
  },
  { name: 'IKE_AUTH: any responder will do', file: response, find: '  if (error) return { id, error };\n', replace: '', tests: pair },
  {
    name: 'IKE_AUTH: another IDr than the one asked for will do',
    file: peer,
    find: 'if (remoteId && !equalIdentities(remoteId, identity))',
    replace: 'if (remoteId && !equalIdentities(remoteId, remoteId))',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: SK_pi and SK_pr live on',
    file: established,
    find: 'secrets: [keys.SK_pi, keys.SK_pr, ...(msk ? [msk] : [])] };',
    replace: 'secrets: [] };',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: a Child SA that fails ends the IKE SA',
    file: grant,
    find: "if (notify.notify === 'INVALID_SYNTAX') return",
    replace: "if (notify.notify !== 'INVALID_MAJOR_VERSION') return",
    tests: pair,
  },
  {
    name: 'IKE_AUTH: an address stays leased although there is no Child SA',
    file: grant,
    find: 'if (accepted instanceof IpsecError) return refuse(established, accepted, release);',
    replace: 'if (accepted instanceof IpsecError) return refuse(established, accepted, []);',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: SA without TSi or TSr is read as if they were there',
    file: answer,
    find: 'if (found.length === 0 || found.length === types.length) return;',
    replace: 'if (found.length < 4) return;',
    tests: attacks,
  },
  {
    name: 'IKE_AUTH: childless, although the responder did not say that it can',
    file: request,
    find: 'if (wanted === undefined && takesChildless(sa)) return undefined;',
    replace: 'if (wanted === undefined) return undefined;',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: an SPI is allocated before the secret is there',
    file: request,
    find: "  if ('ask' in proof) return { sa: { ...sa, state: 'AUTH_SENT', first }, ask: proof.ask, actions: [] };",
    replace:
      "  if ('ask' in proof) return { sa: { ...sa, state: 'AUTH_SENT', first }, ask: proof.ask, actions: [], request: offerFirst(sa, first, env) as never };",
    tests: pair,
  },
  {
    name: 'IKE_AUTH: a Child SA that we cannot use stays at the peer',
    file: admit,
    find: 'return failed(offer, completed, [deleteTask(offer, payloads, env)]);',
    replace: 'return failed(offer, completed, []);',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: a client goes on without an address',
    file: admit,
    find: "if (isEnough || !configuration.wants.some((want) => want === 'ipv4' || want === 'ipv6')) return assigned;",
    replace: 'if (isEnough || configuration.wants.length > 0) return assigned;',
    tests: pair,
  },
  {
    name: 'IKE_AUTH: the responder is not told that it was not believed',
    file: 'src/ikev2/exchange/ike-auth-reject.ts',
    find: "payloads: [createNotify('AUTHENTICATION_FAILED')] },",
    replace: 'payloads: [] },',
    tests: attacks,
  },
];
