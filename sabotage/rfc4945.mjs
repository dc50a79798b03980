const certificate = 'src/ikev2/exchange/ike-auth-certificate.ts';
const ids = ['test/conformance/rfc4945.test.ts'];
const certificates = ['test/conformance/rfc4945-certificates.test.ts'];
const secrets = ['test/attacks/shared-key.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'RFC 4945: an identity that is an address may be any',
    file: certificate,
    find: '  if (elsewhere) return { error: elsewhere };\n',
    replace: '',
    tests: ids,
  },
  {
    name: 'RFC 4945: matchAddress is not heeded',
    file: 'src/ikev2/exchange/ike-auth-established.ts',
    find: 'matchAddress ? sa.path.remote.address : undefined',
    replace: 'sa.path.remote.address',
    tests: ids,
  },
  {
    name: 'RFC 4945: matchAddress is read as its opposite',
    file: 'src/endpoint/config-connection.ts',
    find: '...(!matchAddress && { matchAddress })',
    replace: '...(!matchAddress && { matchAddress: true })',
    tests: ids,
  },
  {
    name: 'RFC 4945: a distinguished name is written anew instead of as in the certificate',
    file: 'src/ikev2/own-id.ts',
    find: 'subject === undefined ? payload : { ...payload, data: subject }',
    replace: 'subject === undefined ? payload : payload',
    tests: ids,
  },
  {
    name: 'RFC 4945: the subject of the certificate goes out for any distinguished name',
    file: 'src/ikev2/own-id.ts',
    find: ' && equalDistinguishedNames(name, id.dn)',
    replace: '',
    tests: ids,
  },
  {
    name: 'RFC 4945: a list of another distribution point will do',
    file: 'src/x509/revocation.ts',
    find: '  if (scope.names.length === 0) return true;',
    replace: '  if (scope.names.length >= 0) return true;',
    tests: certificates,
  },
  {
    name: 'secrets of one octet many times are not warned of',
    file: 'src/endpoint/secret-strength.ts',
    find: 'Math.min(octets.length, 2 * new Set(octets).size)',
    replace: 'octets.length',
    tests: secrets,
  },
  {
    name: 'refusals: an IDr that is no identity is not a failed authentication',
    file: 'src/ikev2/exchange/ike-auth-response.ts',
    find: "new IpsecError('authentication-failed', `IDr for connection",
    replace: "new IpsecError('unsupported', `IDr for connection",
    tests: ['test/attacks/refusals.test.ts'],
  },
];
