const transcripts = ['test/ikev1/transcripts.test.ts'];
const vectors = ['test/ikev1/vectors.test.ts'];
const parts = ['test/ikev1/parts.test.ts'];
const message = ['test/ikev1/message.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'IKEv1: HASH_R has the cookies in the order of HASH_I',
    file: 'src/ikev1/hashes.ts',
    find: 'return prf(row, SKEYID, gXr, gXi, ckyR, ckyI, saBody, idBody);',
    replace: 'return prf(row, SKEYID, gXr, gXi, ckyI, ckyR, saBody, idBody);',
    tests: vectors,
  },
  {
    name: "IKEv1: HASH(2) does not have the initiator's nonce",
    file: 'src/ikev1/hashes.ts',
    find: 'return prf(row, SKEYID_a, messageIdOctets(messageId), Ni, message);',
    replace: 'return prf(row, SKEYID_a, messageIdOctets(messageId), Ni.subarray(Ni.length), message);',
    tests: transcripts,
  },
  {
    name: 'IKEv1: KEYMAT is the same for every SPI',
    file: 'src/ikev1/keys.ts',
    find: 'concat(gXy ?? EMPTY, Uint8Array.of(protocol), spi, Ni, Nr)',
    replace: 'concat(gXy ?? EMPTY, Uint8Array.of(protocol), EMPTY, Ni, Nr, spi.subarray(4))',
    tests: transcripts,
  },
  {
    name: 'IKEv1: PFS adds nothing to the keys',
    file: 'src/ikev1/keys.ts',
    find: 'concat(gXy ?? EMPTY, Uint8Array.of(protocol)',
    replace: 'concat(gXy?.subarray(gXy.length) ?? EMPTY, Uint8Array.of(protocol)',
    tests: transcripts,
  },
  {
    name: 'IKEv1: every message begins with the IV of the exchange',
    file: 'src/ikev1/cipher.ts',
    find: 'padding: plain.subarray(end), nextIv: data.slice(-blockSize)',
    replace: 'padding: plain.subarray(end), nextIv: iv.slice(-blockSize)',
    tests: transcripts,
  },
  {
    name: 'IKEv1: RESERVED of a payload may be anything',
    file: 'src/isakmp/chain.ts',
    find: "if (r.bytes[at] !== 0) fail(r, 'malformed'",
    replace: "if (r.bytes[at]! > 0xff) fail(r, 'malformed'",
    tests: message,
  },
  {
    name: 'IKEv1: what is behind the hash in an RSA signature does not matter',
    file: 'src/ikev1/signature.ts',
    find: 'equalBytes(block, encodeRsaBlock(hash, key.modulus.length))',
    replace: 'equalBytes(block.subarray(0, 3), encodeRsaBlock(hash, key.modulus.length).subarray(0, 3))',
    tests: transcripts,
  },
  {
    name: 'IKEv1: a transform that says two things means the second',
    file: 'src/ikev1/attributes.ts',
    find: 'if ((values[known.member] ?? value) !== value)',
    replace: 'if (values[known.member] === undefined && value === undefined)',
    tests: parts,
  },
  {
    name: 'IKEv1: a fragment that is there already is replaced',
    file: 'src/ikev1/fragment.ts',
    find: 'if (before.parts.has(fragmentNumber)) return { set: before };',
    replace: 'if (before.parts.has(-fragmentNumber)) return { set: before };',
    tests: parts,
  },
];
