/** Defects of the pseudorandom functions and key exchanges of src/suite and src/node/suite; what the fields mean stands in defects.mjs. */

const prf = ['test/suite/prf.test.ts'];
const dh = ['test/suite/dh.test.ts'];
const node = ['test/suite/dh.node.test.ts'];
const attacks = ['test/attacks/key-exchange.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'prf+: the counter starts at 0',
    file: 'src/suite/prf.ts',
    find: 'const next = context.compute(block, seed, counter);',
    replace: 'const next = context.compute(block, seed, Uint8Array.of(counter[0]! - 1));',
    tests: prf,
  },
  {
    name: 'prf+: the block before is left out',
    file: 'src/suite/prf.ts',
    find: 'context.compute(block, seed, counter)',
    replace: 'context.compute(seed, counter)',
    tests: prf,
  },
  {
    name: 'prf+: 256 blocks are given, the last with the counter 0',
    file: 'src/suite/prf.ts',
    find: 'const MAX_BLOCKS = 255;',
    replace: 'const MAX_BLOCKS = 256;',
    tests: prf,
  },
  {
    name: 'prf: AES-XCBC cuts a long key instead of hashing it',
    file: 'src/suite/prf-row.ts',
    find: 'if (key.length > AES) return keyOfKey(name, key, mac);',
    replace: 'if (key.length > AES) return key.slice(0, AES);',
    tests: prf,
  },
  {
    name: 'prf: AES-CMAC pads a short key with zeros, as AES-XCBC does',
    file: 'src/suite/prf-row.ts',
    find: 'return key.length === AES ? key.slice() : keyOfKey(name, key, mac);',
    replace: 'return xcbcKey(name, key, mac);',
    tests: prf,
  },
  {
    name: 'prf: only the first part counts',
    file: 'src/suite/prf-row.ts',
    find: 'for (const part of parts) context.update',
    replace: 'for (const part of parts.slice(0, 1)) context.update',
    tests: prf,
  },
  {
    name: 'key exchange: p-1 is a public value',
    file: 'src/suite/dh-modp.ts',
    find: 'if (r > 1n && r < p - 1n) return;',
    replace: 'if (r > 1n && r < p) return;',
    tests: attacks,
  },
  {
    name: 'key exchange: 1 is a public value',
    file: 'src/suite/dh-modp.ts',
    find: 'if (r > 1n && r < p - 1n) return;',
    replace: 'if (r > 0n && r < p - 1n) return;',
    tests: attacks,
  },
  {
    name: 'key exchange: numbers outside the subgroup are public values',
    file: 'src/suite/dh-modp.ts',
    find: 'if (order !== undefined) checkOrder',
    replace: 'if (order === undefined) return;\n      if (bits < 0) checkOrder',
    tests: attacks,
  },
  {
    name: 'key exchange: the shared secret is not padded to the length of the modulus',
    file: 'src/suite/dh-modp.ts',
    find: 'shared: (peerPublic) => power(bytesToNumberBE(peerPublic)),',
    replace: 'shared: (peerPublic) => ((s) => s.slice(s.findIndex((octet) => octet !== 0)))(power(bytesToNumberBE(peerPublic))),',
    tests: dh,
  },
  {
    name: 'key exchange: the digits of pi are rounded, not cut',
    file: 'src/suite/dh-pi.ts',
    find: 'const pi = BigInt(`0x${PI}`) >> (LONGEST - k);',
    replace: 'const pi = (BigInt(`0x${PI}`) >> (LONGEST - k)) + 1n;',
    tests: dh,
  },
  {
    name: 'key exchange: a point of any curve will do',
    file: 'src/suite/dh-ec.ts',
    find: '% p !== 0n) throw',
    replace: '% p !== 0n && p < 0n) throw',
    tests: attacks,
  },
  {
    name: 'key exchange: coordinates are reduced',
    file: 'src/suite/dh-ec.ts',
    find: 'if (x >= p || y >= p) throw',
    replace: 'if (x >= 2n * p || y >= 2n * p) throw',
    tests: attacks,
  },
  {
    name: 'key exchange: the shared secret is the y coordinate',
    file: 'src/suite/dh-ec.ts',
    find: '.slice(1, 1 + group.sharedLength),',
    replace: '.slice(1 + group.sharedLength),',
    tests: dh,
  },
  {
    name: 'key exchange: a shared secret of zeros is taken',
    file: 'src/suite/dh-montgomery.ts',
    find: 'if (any === 0) throw',
    replace: 'if (any < 0) throw',
    tests: dh,
  },
  {
    name: 'key exchange: the length of a public value is not looked at',
    file: 'src/suite/dh-row.ts',
    find: 'if (peerPublic.length !== publicLength)',
    replace: 'if (peerPublic.length > publicLength)',
    tests: attacks,
  },
  {
    name: 'key exchange: what an engine throws is passed on',
    file: 'src/suite/dh-row.ts',
    find: "throw invalidPublicValue(name, { expected: 'one that gives a secret', found: 'one that the engine refuses', cause });",
    replace: 'throw cause;',
    tests: attacks,
  },
  {
    name: 'key exchange: the private value outlives destroy()',
    file: 'src/suite/dh-row.ts',
    find: '      privateValue.fill(0);\n',
    replace: '',
    tests: dh,
  },
  {
    name: 'key exchange: the private value is the buffer of the caller',
    file: 'src/suite/dh-row.ts',
    find: 'privateValue.slice(), begin',
    replace: 'privateValue, begin',
    tests: dh,
  },
  {
    name: 'key exchange: zero is a private value',
    file: 'src/suite/dh-modp.ts',
    find: 'if (value.every((octet) => octet === 0)) throw',
    replace: 'if (value.length === 0) throw',
    tests: dh,
  },
  {
    name: 'key exchange, node: exchanges of one group share the private value',
    file: 'src/node/suite/key-exchange.ts',
    find: '      dh.setPrivateKey(privateValue);\n',
    replace: '',
    tests: node,
  },
  {
    name: 'key exchange, node: the shared secret is not padded on the left',
    file: 'src/node/suite/key-exchange.ts',
    find: 'octets.set(given, length - given.length);',
    replace: 'octets.set(given);',
    tests: node,
  },
];
