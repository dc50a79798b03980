const identity = ['test/x509/identity.test.ts'];
const attacks = ['test/attacks/identities.test.ts'];
const broken = ['test/x509/read-broken.test.ts'];
const explain = 'src/x509/identity-explain.ts';

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'x509: a CN is a name although nobody allowed it',
    file: explain,
    find: 'if (inCommonName && options.allowCommonName === true &&',
    replace: 'if (inCommonName &&',
    tests: identity,
  },
  {
    name: 'x509: wildcards are matched although nobody allowed it',
    file: explain,
    find: 'allowWildcards === true &&',
    replace: 'allowWildcards !== false &&',
    tests: identity,
  },
  {
    name: 'x509: a DNS name matches whoever has it as an email domain or otherwise, whatever the type',
    file: explain,
    find: 'if (own.type !== claimed.type) return false;',
    replace: 'if (own.type === claimed.type || !claimed.type) return true;',
    tests: identity,
  },
  {
    name: 'x509: a NUL in a dNSName is nothing special',
    file: 'src/x509/identity.ts',
    find: 'if (/^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$/.test(name) &&',
    replace: 'if (/^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_\\0-]+)*\\.?$/.test(name) &&',
    tests: attacks,
  },
  {
    name: 'x509: the halves of a private key need not belong together',
    file: 'src/x509/read-key-info.ts',
    find: 'if (equalBytes(computed, found)) return;',
    replace: 'if (computed.length === found.length) return;',
    tests: broken,
  },
  {
    name: 'x509: a signature goes out that was not verified',
    file: 'src/x509/read-own-key.ts',
    find: 'if (row.verify(publicKey, octets, signature)) return signature;',
    replace: 'if (signature.length > 0) return signature;',
    tests: ['test/x509/read-own-key.test.ts'],
  },
  {
    name: 'x509: a line of a broken PEM file is shown in the error, key and all',
    file: 'src/x509/pem.ts',
    find: "  return 'dashes';",
    replace: '  return JSON.stringify(line);',
    tests: broken,
  },
  {
    name: 'x509: the MAC of PKCS#12 is not looked at',
    file: 'src/x509/read-pkcs12.ts',
    find: 'checkIntegrity: true',
    replace: 'checkIntegrity: false',
    tests: broken,
  },
  {
    name: 'distinguished names: what is no UTF-8 is all the same',
    file: 'src/traffic-selector/distinguished-name.ts',
    find: '{ fatal: true, ignoreBOM: true }',
    replace: '{ fatal: false, ignoreBOM: true }',
    tests: attacks,
  },
  {
    name: 'distinguished names: a name that begins as another is the other (CVE-2013-6075)',
    file: 'src/traffic-selector/distinguished-name.ts',
    find: 'return a.length === b.length && isUnder(a, b);',
    replace: 'return isUnder(a, b);',
    tests: attacks,
  },
];
