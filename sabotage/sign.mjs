/** Defects of signatures, public keys and DER in src/suite, src/node/suite and src/der.ts; what the fields mean stands in defects.mjs. */

const vectors = ['test/suite/sign.test.ts'];
const attacks = ['test/attacks/signatures.test.ts'];
const find = ['test/suite/sign-find.test.ts'];
const keys = ['test/suite/public-key.test.ts'];
const der = ['test/der.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'sign: PKCS#1 v1.5 is compared only where the hash is',
    file: 'src/suite/sign-rsa.ts',
    find: 'return expected !== undefined && equalBytes(encoded, expected);',
    replace: 'return expected !== undefined && equalBytes(encoded.subarray(-32), expected.subarray(-32));',
    tests: attacks,
  },
  {
    name: 'sign: PKCS#1 v1.5 is compared only where DigestInfo is, whatever the padding',
    file: 'src/suite/sign-rsa.ts',
    find: 'return expected !== undefined && equalBytes(encoded, expected);',
    replace: 'return expected !== undefined && equalBytes(encoded.subarray(-51), expected.subarray(-51));',
    tests: attacks,
  },
  {
    name: 'sign: an RSA signature of n or more is taken modulo n',
    file: 'src/suite/sign-rsa.ts',
    find: '  if (s >= n) return undefined;\n',
    replace: '',
    tests: attacks,
  },
  {
    name: 'sign: PSS takes what is between 00 and 01 for zeros',
    file: 'src/suite/sign-pss.ts',
    find: 'db.subarray(0, zeros).some((octet) => octet !== 0) || db[zeros]',
    replace: 'db[zeros]',
    tests: attacks,
  },
  {
    name: 'sign: PSS finds the salt where the first 01 is',
    file: 'src/suite/sign-pss.ts',
    find: 'const zeros = dbLength - saltLength - 1;',
    replace: 'const zeros = Math.max(0, db.indexOf(1));',
    tests: attacks,
  },
  {
    name: 'sign: PSS does not look at the bits above the modulus',
    file: 'src/suite/sign-pss.ts',
    find: '  if (masked[0]! >>> (8 - unused) !== 0) return false;\n',
    replace: '',
    tests: attacks,
  },
  {
    name: 'sign: over OpenSSL the salt of PSS may have any length',
    file: 'src/node/suite/sign.ts',
    find: 'const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };',
    replace: 'const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength && constants.RSA_PSS_SALTLEN_AUTO };',
    tests: ['test/attacks/signatures.node.test.ts'],
  },
  {
    name: 'sign: the salt length of RSASSA-PSS is not looked at',
    file: 'src/suite/sign-find.ts',
    find: 'if (salt !== hashes[hash].length)',
    replace: 'if (salt > 0xffff)',
    tests: find,
  },
  {
    name: 'sign: the hash of MGF1 is not looked at',
    file: 'src/suite/sign-find.ts',
    find: 'if (mask !== hash)',
    replace: 'if (mask === undefined)',
    tests: find,
  },
  {
    name: 'sign: ECDSA wants a low s',
    file: 'src/suite/sign-ec.ts',
    find: '{ lowS: false }',
    replace: '{ lowS: true }',
    tests: vectors,
  },
  {
    name: 'sign: the nonce of ECDSA is made with the hash of the curve',
    file: 'src/suite/sign-ec.ts',
    find: 'ecdsa(Point, hash, { lowS: false })',
    replace:
      "({ ...ecdsa(Point, hash, { lowS: false }), sign: (m, d) => ({ 'P-256': p256, 'P-384': p384, 'P-521': p521 })[curve].sign(hash(m), d, { prehash: false }) })",
    tests: vectors,
  },
  {
    name: 'sign: r and s of an ECDSA signature in DER may be longer than the order',
    file: 'src/suite/sign-ec-form.ts',
    find: 'if (number.length > octets) {',
    replace: 'if (number.length > 2 * octets) {',
    tests: attacks,
  },
  {
    name: 'sign: Ed25519 as ZIP 215 has it',
    file: 'src/suite/sign-ed.ts',
    find: 'const STRICT = { zip215: false };',
    replace: 'const STRICT = { zip215: true };',
    tests: attacks,
  },
  {
    name: 'public key: an even exponent is taken',
    file: 'src/suite/public-key-check.ts',
    find: "  if ((exponent.at(-1)! & 1) === 0) throw invalidKey('an RSA exponent', 'an odd number', 'an even one');\n",
    replace: '',
    tests: attacks,
  },
  {
    name: 'public key: a point beside the curve is taken',
    file: 'src/suite/public-key-check.ts',
    find: '(y * y - (x * x - 3n) * x - b()) % p !== 0n',
    replace: '(y * y - (x * x - 3n) * x - b()) === 0n',
    tests: keys,
  },
  {
    name: 'public key: it lives in the octets that it was read from',
    file: 'src/suite/public-key.ts',
    find: 'checkedKey(parts, new Uint8Array(derWhole(element)))',
    replace: 'checkedKey(parts, derWhole(element))',
    tests: keys,
  },
  {
    name: 'DER: a length may be longer than needed',
    file: 'src/der.ts',
    find: '(octets === 1 ? 0x80 : 0x100)',
    replace: '(octets === 1 ? 0 : 0x100)',
    tests: der,
  },
  {
    name: 'DER: an element may reach beyond the one that holds it',
    file: 'src/der.ts',
    find: 'if (start + length > limit)',
    replace: 'if (start + length > source.length)',
    tests: der,
  },
  {
    name: 'DER: numbers may have leading zeros',
    file: 'src/der.ts',
    find: 'if (octets[1]! < 0x80)',
    replace: 'if (octets[1]! > 0xff)',
    tests: der,
  },
];
