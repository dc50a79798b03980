/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'eap-tls: a fragment that brings nothing is acknowledged, for ever',
    file: 'src/eap/tls-fragment.ts',
    find: "if (hasMore && data.length === 0) throw broken('fragment', 'TLS Data', 'none, and more to follow');",
    replace: '',
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: every message may be as large as the limit, and there is no end of messages',
    file: 'src/eap/tls-fragment.ts',
    find: 'left -= data.length;',
    replace: 'if (hasMore) left -= data.length;',
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: an acknowledgement may be anything',
    file: 'src/eap/tls-transport.ts',
    find: 'if (isAcknowledgement(packet)) return',
    replace: 'if (!packet.isStart) return',
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: a server without a certificate is as good as any',
    file: 'src/eap/tls-trust.ts',
    find: 'if (certificates.length === 0) {',
    replace:
      "if (certificates.length === 0 && isDone && about.role === 'peer') return { identity: undefined };\n  if (certificates.length === 0) {",
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: "eap-tls: the client's certificate is sent before the server's has been judged",
    file: 'src/eap/tls-trust.ts',
    find: 'if (verify === undefined && !isDone) return undefined;',
    replace: 'if (!isDone) return undefined;',
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: the authenticator believes the answer to the Identity Request',
    file: 'src/eap/tls-authenticator.ts',
    find: "return { kind: 'success', identity: proved!.identity };",
    replace: "return { kind: 'success', identity: claim };",
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: the MSK is the second half of the key material',
    file: 'src/eap/tls-key.ts',
    find: 'material.slice(0, 64)',
    replace: 'material.slice(64)',
    tests: ['test/node/eap-tls-openssl.node.test.ts'],
  },
  {
    name: 'eap-tls: with TLS 1.3 the peer is done before the server has promised to be',
    file: 'src/eap/tls-peer.ts',
    find: "isFinished = version === 'TLSv1.2' || isPromised;",
    replace: 'isFinished = output.length === 0;',
    tests: ['test/eap/tls.test.ts'],
  },
  {
    name: 'eap-tls: the server may have any name',
    file: 'src/node/eap-tls-session.ts',
    find: "if (role === 'server' || serverNames.length === 0) return 'trusted';",
    replace: "if (role === 'server' || serverNames.length > 0) return 'trusted';",
    tests: ['test/node/eap-tls.node.test.ts'],
  },
];
