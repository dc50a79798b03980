import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { describe } from 'vitest';
import { aeadRows } from '../../src/suite/aead.js';
import { createCmac, createXcbc } from '../../src/suite/cbc-mac.js';
import { createCcm } from '../../src/suite/ccm.js';
import { encrRows } from '../../src/suite/encr.js';
import { createHmac } from '../../src/suite/hmac.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { describeBehaviour, describeImplicitIv } from './behaviour.js';
import { describeVectors, type Engine } from './cases.js';

const hashes = { md5, sha1, sha256, sha384, sha512 };
const noble: Engine = {
  rows: [...aeadRows, ...encrRows, ...integRows, ...legacyRows],
  hmac: (hash, key, icvLength) => createHmac(hash, hashes[hash], key, icvLength),
  cmac: (key, icvLength) => createCmac('cmac', key, icvLength),
  xcbc: (key, icvLength) => createXcbc('xcbc', key, icvLength),
  ccm: (keyAndSalt, keyLength, icvLength) => createCcm('ccm', keyAndSalt, keyLength, icvLength, 15 - 8 - (keyAndSalt.length - keyLength)),
};

describe('vectors', () => {
  describeVectors(noble);
});
describe('behaviour', () => {
  describeBehaviour(noble);
});
describe('RFC 8750', () => {
  describeImplicitIv(noble);
});
