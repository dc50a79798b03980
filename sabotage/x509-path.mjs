const chains = ['test/x509/vectors.test.ts'];
const attacks = ['test/attacks/certificates.test.ts'];
const revocation = ['test/x509/revocation.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'x509 path: whoever has the name of an anchor needs no signature',
    file: 'src/x509/search.ts',
    find: 'if (complaint || !(await isSignedBy(state, top, issuer))) continue;',
    replace: 'if (complaint || (!state.anchors.includes(issuer) && !(await isSignedBy(state, top, issuer)))) continue;',
    tests: chains,
  },
  {
    name: 'x509 path: each signature is checked on every way anew',
    file: 'src/x509/search.ts',
    find: 'if (known !== undefined) return known;',
    replace: '',
    tests: attacks,
  },
  {
    name: 'x509 path: a certificate of an authority may be for something else',
    file: 'src/x509/rules.ts',
    find: '(keyUsage & keyUsageBits.keyCertSign) === 0',
    replace: 'keyUsage === 0',
    tests: chains,
  },
  {
    name: 'x509 path: self-issued certificates count for the length',
    file: 'src/x509/rules.ts',
    find: 'path.slice(1, i).filter((c) => !isSelfIssued(c)).length',
    replace: 'Math.max(0, i - 1)',
    tests: chains,
  },
  {
    name: 'x509 path: the anchor is good for ever',
    file: 'src/x509/rules.ts',
    find: 'if (rules.at > notAfter)',
    replace: 'if (rules.at > notAfter && certificate.issuer.key !== certificate.subject.key)',
    tests: chains,
  },
  {
    name: 'x509 constraints: one permitted name excuses the others',
    file: 'src/x509/constraints.ts',
    find: '    if (complaint) return complaint;\n  }\n  return undefined;',
    replace: '    if (!complaint) return undefined;\n    if (name === names.at(-1)) return complaint;\n  }\n  return undefined;',
    tests: attacks,
  },
  {
    name: 'x509 constraints: a domain that ends with the permitted one is below it',
    file: 'src/x509/constraints.ts',
    find: "base.startsWith('.') ? base : `.${base}`",
    replace: 'base',
    tests: chains,
  },
  {
    name: 'x509 policies: a mapped policy is still valid under its old name',
    file: 'src/x509/policies.ts',
    find: 'mappings.filter(([issuer]) => issuer === from).map(([, subject]) => subject)',
    replace: 'mappings.filter(([issuer]) => issuer === from).flat()',
    tests: chains,
  },
  {
    name: 'x509 DER: nobody looks at what stands behind the certificate',
    file: 'src/x509/der.ts',
    find: '  if (outer.end !== octets.length)',
    replace: '  if (outer.end > octets.length)',
    tests: ['test/x509/der.test.ts'],
  },
  {
    name: 'x509 revocation: any responder that the issuer has certified may speak',
    file: 'src/x509/revocation.ts',
    find: ' || !delegate.extensions.extKeyUsage?.includes(ocspSigning)',
    replace: '',
    tests: revocation,
  },
  {
    name: 'x509 revocation: a list for other certificates shows this one to be good',
    file: 'src/x509/revocation.ts',
    find: 'if (!scope) return true;',
    replace: 'if (scope !== null) return true;',
    tests: chains,
  },
  {
    name: 'x509 revocation: who is good by one source is not revoked by another',
    file: 'src/x509/revocation.ts',
    find: "given.find(({ kind }) => kind === 'revoked') ??",
    replace: '',
    tests: revocation,
  },
  {
    name: 'x509 revocation: whatever was fetched is kept',
    file: 'src/x509/revocation.ts',
    find: 'if (list.nextUpdate !== undefined && (await isSigned(state, list, issuer)))',
    replace: 'if (list.nextUpdate !== undefined)',
    tests: revocation,
  },
  {
    name: 'x509 cache: the octets of what goes are not taken off',
    file: 'src/x509/lru.ts',
    find: '    if (cache.entries.size < cache.maxEntries && cache.octets + octets <= cache.maxOctets) break;\n    cache.octets -= entry.octets;',
    replace: '    if (cache.entries.size < cache.maxEntries && cache.octets + octets <= cache.maxOctets + 0 * entry.octets) break;',
    tests: attacks,
  },
];
