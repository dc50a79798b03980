const auth = ['test/node/auth.node.test.ts'];
const loaded = ['test/node/credentials.node.test.ts'];
const users = ['test/node/users.node.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'node-auth: what the program answers does not count',
    file: 'src/node/answers.ts',
    find: 'if (own !== undefined) return own;',
    replace: 'if (own === null) return own;',
    tests: auth,
  },
  {
    name: 'node-auth: a question goes to the first connection that it may be about',
    file: 'src/endpoint/step.ts',
    find: 'return (findAskedConnection(sa) ?? sa.candidates[0])',
    replace: 'return (sa.candidates[0] ?? findAskedConnection(sa))',
    tests: auth,
  },
  {
    name: 'node-auth: the identity need not stand in the certificate',
    file: 'src/endpoint/config-connection.ts',
    find: "flagOf(member('matchIdentity'), true)",
    replace: "flagOf(member('matchIdentity'), false)",
    tests: ['test/endpoint/config-auth.test.ts', ...auth],
  },
  {
    name: 'node-auth: a private key of another certificate is taken',
    file: 'src/node/credentials/keys.ts',
    find: 'if (!equalPublicKeys(held, key.publicKey))',
    replace: 'if (held.type !== key.publicKey.type)',
    tests: loaded,
  },
  {
    name: 'node-auth: methods without a key need no leave',
    file: 'src/node/credentials/eap.ts',
    find: 'if (methodNames[name] || allowKeyless) return name;',
    replace: 'if (allowKeyless !== undefined) return name;',
    tests: users,
  },
  {
    name: 'node-auth: any name of a TLS server will do',
    file: 'src/node/credentials/tls.ts',
    find: 'return errors.some((error) => error === undefined)',
    replace: 'return errors.length > 0',
    tests: auth,
  },
  {
    name: 'node-auth: what is fetched may be as long as it likes',
    file: 'src/node/credentials/fetch.ts',
    find: 'if (length > maxOctets)',
    replace: 'if (length < maxOctets - maxOctets)',
    tests: loaded,
  },
  {
    name: 'node-auth: signatures over SHA-1 are a default',
    file: 'src/node/credentials/rows.ts',
    find: "all.filter(({ hash }) => hash !== 'SHA1')",
    replace: 'all.filter(({ hash }) => hash.length > 0)',
    tests: loaded,
  },
  {
    name: 'node-auth: an error shows the line of a file of users',
    file: 'src/node/credentials/users.ts',
    find: "found: colon < 0 ? 'no colon' : 'nothing on one side of it'",
    replace: 'found: bare',
    tests: users,
  },
  {
    name: 'node-auth: what is typed is shown',
    file: 'src/cli/host/prompt.ts',
    find: 'typed.push(key);',
    replace: '(typed.push(key), paper.write(key));',
    tests: ['test/cli/prompt.node.test.ts'],
  },
];
