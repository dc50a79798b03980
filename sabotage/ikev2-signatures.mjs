const certificate = 'src/ikev2/exchange/ike-auth-certificate.ts';
const signature = 'src/ikev2/exchange/ike-auth-signature.ts';
const method = 'src/ikev2/signature-method.ts';
const payload = 'src/ikev2/certificate-payload.ts';
const extensions = 'src/ikev2/exchange/init-extensions.ts';
const peer = 'src/ikev2/peer.ts';
const pair = ['test/ikev2/auth-signature-pair.test.ts'];
const attacks = ['test/attacks/ikev2-signatures.test.ts'];
const certificates = ['test/ikev2/certificate-payload.test.ts'];
const nobody = ['test/ikev2/auth-null.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'signatures in AUTH: none of them is verified when the certificate is trusted',
    file: certificate,
    find: '  if (wrong) return { error: wrong };',
    replace: "  if (wrong && !claim.answers.some(({ value }) => value === 'trusted') && claim.answers.length > 0) return { error: wrong };",
    tests: attacks,
  },
  {
    name: 'signatures in AUTH: the key of the last certificate is tried',
    file: certificate,
    find: 'publicKeyOfCertificate(own.certificates[0]!)',
    replace: "publicKeyOfCertificate(sent.certificates.flatMap((s) => (s.kind === 'given' ? [s.der] : [])).at(-1)!)",
    tests: pair,
  },
  {
    name: 'signatures in AUTH: nobody is asked whether a certificate is trusted',
    file: certificate,
    find: '  if (!answered) return { ask };\n  const { value } = answered;\n  if (value === ',
    replace: "  if (!answered) return 'right';\n  const { value } = answered;\n  if (value === ",
    tests: pair,
  },
  {
    name: 'signatures in AUTH: the answer to one request is taken for that to the next',
    file: 'src/ikev2/sa.ts',
    find: 'if (sa.waiting && !isAuthenticated(sa))',
    replace: 'if (sa.waiting && isAuthenticated(sa))',
    tests: attacks,
  },
  {
    name: 'signatures in AUTH: a verdict that is none is a yes',
    file: certificate,
    find: "if (value === 'trusted') return 'right';",
    replace: "if (!(value instanceof IpsecError)) return 'right';",
    tests: pair,
  },
  {
    name: 'signatures in AUTH: whether the identity has to stand in the certificate is not told',
    file: certificate,
    find: 'matchIdentity: claim.matchCertificate,',
    replace: 'matchIdentity: false,',
    tests: pair,
  },
  {
    name: 'signatures in AUTH: a raw key need not be one of ours',
    file: signature,
    find: 'keys.filter(({ spki }) => equalBytes(spki, rawKey))',
    replace: 'keys',
    tests: pair,
  },
  {
    name: 'signatures in AUTH: what came from outside is sent unseen',
    file: signature,
    find: 'if (!row.verify(publicKey, octets, value)) {',
    replace: 'if (value.length === 0) {',
    tests: pair,
  },
  {
    name: 'signatures in AUTH: a hash that the peer did not announce is signed with',
    file: method,
    find: 'usable.find(({ hash }) => peer.includes(hash));',
    replace: 'usable.find(({ hash }) => peer.includes(hash)) ?? usable[0];',
    tests: pair,
  },
  {
    name: 'signatures in AUTH: an older method will do although both sides know RFC 7427',
    file: method,
    find: '  if (own && peer) throw unsupported(',
    replace: '  if (own && !peer) throw unsupported(',
    tests: attacks,
  },
  {
    name: 'signatures in AUTH: all hashes are announced, whatever is verified',
    file: extensions,
    find: 'known.has(name) ? [name] : []',
    replace: 'known.size > 0 ? [name] : []',
    tests: pair,
  },
  {
    name: 'certificates: what is fetched is not compared with its hash',
    file: payload,
    find: 'if (!equalBytes(found, hash)) throw',
    replace: 'if (found.length !== hash.length) throw',
    tests: certificates,
  },
  {
    name: 'certificates: any URL is one',
    file: payload,
    find: String.raw`!/^http:\/\/[\x21-\x7e]+$/i.test(url)`,
    replace: 'url.length === 0',
    tests: certificates,
  },
  {
    name: 'certificates: any number of CERT payloads',
    file: payload,
    find: 'if (sent.length > MAX_PAYLOADS) throw',
    replace: 'if (sent.length > 100) throw',
    tests: pair,
  },
  {
    name: 'NULL authentication: a name finds the connection of those who have none',
    file: peer,
    find: "remoteAuth.method !== 'null' && takes(peer, peerId)",
    replace: 'takes(peer, peerId)',
    tests: nobody,
  },
  {
    name: 'NULL authentication: every connection is open to it',
    file: peer,
    find: "remoteAuth.method === 'null' && takes(peer, nobody)",
    replace: "remoteAuth.method === 'null' || takes(peer, nobody)",
    tests: nobody,
  },
  {
    name: 'NULL authentication: INITIAL_CONTACT of nobody is believed',
    file: peer,
    find: "remoteAuth.method !== 'null' && findNotify(payloads, 'INITIAL_CONTACT') !== undefined",
    replace: "findNotify(payloads, 'INITIAL_CONTACT') !== undefined",
    tests: nobody,
  },
];
